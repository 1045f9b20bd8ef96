/** libwebp, which is optional: generated declarations, the library and decoding. */
package dev.residual.bindings.webp;
