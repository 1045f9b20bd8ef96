/** Pictures of numbers and of images, as PNG files. */
package dev.residual.cli.picture;
