/**
 * The C structures of DLPack, by which libraries lend each other tensors without a copy, and the
 * functions that give them back.
 *
 * <p>{@link dev.residual.bindings.dlpack.ManagedTensor} is a tensor that was borrowed, {@link
 * dev.residual.bindings.dlpack.LentTensors} are those that others borrow. {@link
 * dev.residual.bindings.dlpack.SharedMemory} counts who uses memory.
 */
package dev.residual.bindings.dlpack;
