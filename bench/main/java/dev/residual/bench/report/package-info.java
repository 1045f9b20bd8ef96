/** What becomes of measurements: files, tables, charts and comparisons. */
@NullMarked
package dev.residual.bench.report;

import org.jspecify.annotations.NullMarked;
