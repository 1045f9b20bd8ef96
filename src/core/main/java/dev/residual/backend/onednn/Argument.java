package dev.residual.backend.onednn;

import dev.residual.engine.program.Buffer;
import java.lang.foreign.MemorySegment;

/**
 * A tensor that a primitive is executed with.
 *
 * @param index which argument it is, one of oneDNN's DNNL_ARG constants
 * @param buffer where it lies
 * @param descriptor how it lies there
 */
record Argument(int index, Buffer buffer, MemorySegment descriptor) {}
