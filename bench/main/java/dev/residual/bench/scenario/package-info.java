/** The scenarios of MLPerf's load generator: how a network answers those who send it images. */
@NullMarked
package dev.residual.bench.scenario;

import org.jspecify.annotations.NullMarked;
