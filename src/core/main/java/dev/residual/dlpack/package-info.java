/**
 * Tensors that are shared with other libraries in the same process by DLPack, without a copy.
 *
 * <p>Libraries hand over the address of a C structure. In Python a PyCapsule holds it, called
 * {@code dltensor_versioned} or, the older one, {@code dltensor}. {@code PyCapsule_GetPointer}
 * gives the address. Whoever takes it renames the capsule to {@code used_dltensor_versioned} or
 * {@code used_dltensor}; {@code PyCapsule_New} makes a capsule of an address.
 *
 * {@snippet :
 * float[] logits(Network network, long borrowed) { // the address of a DLManagedTensorVersioned
 *   try (SharedTensor images = SharedTensor.borrowVersioned(borrowed)) {
 *     return network.run(images.memory(), images.layout()).toFloats();
 *   }
 * }
 *
 * void lend() {
 *   Shape shape = Shape.of(1, 3, 224, 224);
 *   long address;
 *   try (SharedTensor tensor = SharedTensor.zeros(DType.F32, shape, Layout.CHANNELS_LAST)) {
 *     // Sessions can be bound to tensor.memory() here.
 *     address = tensor.lendVersioned();
 *   }
 *   // The memory lives on: the borrower gives it back by the structure's deleter.
 *   SharedTensor.borrowVersioned(address).close();
 * }
 * }
 *
 * <p>Each structure is deleted once. A tensor that is borrowed is given back when it is closed. One
 * that is lent is freed when it is closed here and its last borrower has deleted it, from whatever
 * thread.
 */
package dev.residual.dlpack;
