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
 * Each segment has exactly the size of its value. If it lies outside the heap and begins at a
 * multiple of 64 bytes, it is used in place; other memory is copied. {@link
 * dev.residual.Kernels#rowMajor} takes images n c h w, and transposes them where the backend needs
 * another order. {@link dev.residual.Kernels#statistics} tell how many bytes were copied, and how
 * many requests found their operation compiled.
 *
 * <p>Several threads may use one cache. Calls of the same operation wait for each other.
 *
 * <h2>The caller's memory</h2>
 *
 * <p>Images and results lie in a {@link java.lang.foreign.MemorySegment}: of an array, of an NIO
 * buffer, or outside the heap; aligned or not; read-only if it is only read. The processor's
 * sessions hold images channels last, n h w c. Images in that {@link dev.residual.tensor.Layout}
 * are copied once, and those in n c h w transposed by all threads of the session. {@code bind} does
 * without the copy: {@link dev.residual.engine} tells how. A {@link dev.residual.tensor.Tensor} is
 * always row-major, and can lie in an NIO buffer, too.
 *
 * {@snippet :
 * Tensor logits(Network network, ByteBuffer pixels) { // n h w c from position to limit, in nativeOrder()
 *   return network.run(MemorySegment.ofBuffer(pixels), Layout.CHANNELS_LAST);
 * }
 * }
 *
 * <p>{@link dev.residual.dlpack} shares memory with PyTorch, NumPy and others without a copy.
 *
 * <h2>Graphs</h2>
 *
 * <p>Networks and kernels are graphs underneath. {@link dev.residual.engine} tells how a graph is
 * compiled, written, run and read, and what holds for memory, threads and errors.
 */
package dev.residual;
