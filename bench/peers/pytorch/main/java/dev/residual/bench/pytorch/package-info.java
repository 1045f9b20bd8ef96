/** PyTorch through the Java API of org.bytedeco. */
@NullMarked
package dev.residual.bench.pytorch;

import org.jspecify.annotations.NullMarked;
