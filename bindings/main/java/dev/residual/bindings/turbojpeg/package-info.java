/**
 * The TurboJPEG API of libjpeg-turbo, which is optional: generated declarations, the library and
 * decoding.
 */
package dev.residual.bindings.turbojpeg;
