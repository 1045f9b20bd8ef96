package dev.residual.bench.gpu;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is tested and measured.
 *
 * @param device as {@link dev.residual.Backends#named} takes it
 * @param data the folder of real weights and images, null if there is none
 * @param golden the folder of golden runs, null if they are to be looked for
 * @param batch images of a step whose speed is measured
 * @param tests those of the contract as JUnit selects; empty: all
 */
record Settings(
    String device, @Nullable Path data, @Nullable Path golden, int batch, List<String> tests) {}
