/** oneDNN through the Java API of org.bytedeco. */
@NullMarked
package dev.residual.bench.onednn;

import org.jspecify.annotations.NullMarked;
