/** The CPU backend: graphs lowered to oneDNN primitives. */
package dev.residual.backend.onednn;
