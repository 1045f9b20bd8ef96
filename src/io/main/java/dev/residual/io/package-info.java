/** Files: network weights, images and data sets. */
package dev.residual.io;
