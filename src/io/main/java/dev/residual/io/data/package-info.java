/** Data sets, and the loader that makes batches of their images on threads of its own. */
package dev.residual.io.data;
