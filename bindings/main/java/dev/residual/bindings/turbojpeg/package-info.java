/** The TurboJPEG API of libjpeg-turbo, as far as decoding uses it; the library is optional. */
@NullMarked
package dev.residual.bindings.turbojpeg;

import org.jspecify.annotations.NullMarked;
