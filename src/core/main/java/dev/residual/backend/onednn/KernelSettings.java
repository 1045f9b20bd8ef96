package dev.residual.backend.onednn;

/**
 * What the steps of a session are made with.
 *
 * @param threads inside an operation
 * @param kernels whether Residual's own kernels are there
 */
record KernelSettings(int threads, boolean kernels) {}
