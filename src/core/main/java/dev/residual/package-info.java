/**
 * The entrance of the library: backends, and single operations on the caller's memory.
 *
 * <h2>Backends</h2>
 *
 * <p>A {@link dev.residual.engine.Backend} is a place where graphs are computed. {@link
 * dev.residual.Backends#cpu} is the processor. {@link dev.residual.Backends#reference} is plain
 * Java: slow, and the specification that other backends are tested against. A backend holds no
 * native memory, needs no closing, and may be shared between threads. {@link
 * dev.residual.CpuRuntime#load} tells which libraries and instructions the processor's backend
 * uses.
 *
 * <p>Native access must be granted: {@code java --enable-native-access=dev.residual.bindings}, or
 * {@code ALL-UNNAMED} on the class path.
 *
 * <h2>A network</h2>
 *
 * <p>{@link dev.residual.inference.Network} takes a network and its weights through all that makes
 * inference fast. Weights come from a file ({@code dev.residual.io.weights}), from a training
 * ({@link dev.residual.train}), or are drawn.
 *
 * {@snippet :
 * float[] logits() {
 *   ResNet network = ResNet.named("resnet20-cifar");
 *   Weights weights = network.initializer(0).weights(network.inference(1).graph());
 *   try (Network inference = Network.of(Backends.cpu(), "resnet20-cifar", weights)) {
 *     return inference.run(new float[2 * 3 * 32 * 32]); // two images, n c h w
 *   }
 * }
 * }
 *
 * <h2>One operation</h2>
 *
 * <p>{@link dev.residual.Kernels} is for frameworks that call operation by operation. It compiles
 * an operation when it is first met, and keeps it. The {@link dev.residual.Kernel} that it gives
 * runs the operation on the caller's memory without a copy.
 *
 * {@snippet :
 * void convolve() {
 *   Value src = Value.input("src", Shape.of(1, 64, 56, 56));
 *   Window window = Window.square(3, 1, 1); // kernel, stride, padding
 *   Conv2d convolution = Conv2d.of("conv", src, 64, window);
 *
 *   try (Arena arena = Arena.ofShared();
 *       Kernels kernels = new Kernels(Backends.cpu(), CompileOptions.DEFAULT, 100);
 *       Kernel kernel = kernels.compile(convolution)) {
 *     Layout layout = kernel.layout(src); // images lie channels last on the CPU
 *     MemorySegment images = arena.allocate(src.bytes(), 64);
 *     MemorySegment filters = arena.allocate(convolution.weights().bytes(), 64);
 *     MemorySegment results = arena.allocate(convolution.dst().bytes(), 64);
 *     kernel.run(images, filters, results); // as often as needed
 *   }
 * }
 * }
 *
 * <p>The memory comes in the order of {@link dev.residual.Kernel#values}: inputs, then outputs.
 * Each segment lies outside the heap, begins at a multiple of 64 bytes, and has exactly the size of
 * its value. {@link dev.residual.Kernels#rowMajor} takes memory that is row-major instead: n c h w,
 * unaligned, or of an array. It copies where the backend needs another order.
 *
 * <p>Several threads may use one cache. Calls of the same operation wait for each other.
 *
 * <h2>Graphs</h2>
 *
 * <p>Networks and kernels are graphs underneath. {@link dev.residual.engine} tells how a graph is
 * compiled, written, run and read, and what holds for memory, threads and errors.
 */
package dev.residual;
