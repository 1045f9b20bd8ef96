/** Image files and their pixels, and the transforms that make a network's input of them. */
package dev.residual.io.images;
