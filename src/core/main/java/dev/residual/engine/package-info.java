/**
 * Backends and sessions: graphs are compiled, written, run and read.
 *
 * <h2>The order of calls</h2>
 *
 * <ol>
 *   <li>{@link dev.residual.engine.Backend#compile} takes all memory that a graph needs, chooses
 *       kernels, and gives a {@link dev.residual.engine.Session}.
 *   <li>{@code write} copies elements into inputs, parameters and states. They keep them until they
 *       are written again. Before the first time they are zeros.
 *   <li>{@code run} executes all operations. It allocates nothing.
 *   <li>{@code read} copies the outputs of the graph out.
 *   <li>{@code close} frees everything.
 * </ol>
 *
 * {@snippet :
 * Tensor convolve() {
 *   Value x = Value.input("x", Shape.of(1, 3, 32, 32));
 *   Window window = Window.square(3, 1, 1); // kernel, stride, padding
 *   Conv2d convolution = Conv2d.of("conv", x, 16, window);
 *   Value weights = convolution.weights();
 *   Graph graph = Graph.of(convolution);
 *
 *   try (Session session = Backends.cpu().compile(graph)) {
 *     session.write(weights, Tensor.zeros(DType.F32, weights.shape()));
 *     session.write(x, Tensor.zeros(DType.F32, x.shape()));
 *     session.run();
 *     return session.read(convolution.dst());
 *   }
 * }
 * }
 *
 * <p>The first compilation on a machine takes longer: it measures which kernel is fastest for each
 * convolution, and keeps the choice in a file. {@code withMeasured(false)} of {@link
 * dev.residual.engine.CompileOptions} does without.
 *
 * <h2>The caller's memory</h2>
 *
 * <p>{@code bind} lets a value lie in the caller's memory from then on. On the CPU nothing is
 * copied. The memory lies outside the heap, begins at a multiple of 64 bytes, and has exactly the
 * size of the value. Its elements have the order that {@code layout} tells. The arena must live
 * until the session is closed or the value is bound to other memory.
 *
 * {@snippet :
 * void runInPlace(Graph graph, Value x, Value y) {
 *   try (Arena arena = Arena.ofShared();
 *       Session session = Backends.cpu().compile(graph)) {
 *     MemorySegment images = arena.allocate(x.bytes(), 64);
 *     MemorySegment results = arena.allocate(y.bytes(), 64);
 *     session.bind(x, images);
 *     session.bind(y, results);
 *     session.run(); // reads images, writes results
 *   }
 * }
 * }
 *
 * <p>A bound parameter is taken to be constant: bind or write it again after changing it.
 *
 * <h2>Threads</h2>
 *
 * <p>A session serves one thread at a time, any thread. A call that overlaps with another one
 * throws. Inside an operation a session uses as many threads as {@link
 * dev.residual.engine.CompileOptions} say.
 *
 * <p>{@code fork} gives another thread a session of its own that shares the parameters. A graph
 * that updates parameters cannot fork. {@link dev.residual.engine.SessionPool} keeps several such
 * sessions busy. Many sessions of one thread each compute the most images in a second. One session
 * of all threads has the shortest time for one batch.
 *
 * {@snippet :
 * List<Tensor> runAll(Graph graph, Value x, Value y, List<Tensor> batches) {
 *   Session first = Backends.cpu().compile(graph, new CompileOptions(1));
 *   // write parameters to the first session here
 *   try (SessionPool pool = new SessionPool(first, 4)) { // closes all its sessions
 *     List<CompletableFuture<Tensor>> results = new ArrayList<>();
 *     for (Tensor batch : batches) {
 *       results.add(
 *           pool.submit(
 *               session -> {
 *                 session.write(x, batch);
 *                 session.run();
 *                 return session.read(y);
 *               }));
 *     }
 *     return results.stream().map(CompletableFuture::join).toList();
 *   }
 * }
 * }
 *
 * <p>A {@link dev.residual.engine.Batcher} puts single requests of many callers together into
 * batches, and refuses those that its queue has no room for. {@code BatchedNetwork} of {@code
 * dev.residual.inference} does so with the images of a network.
 *
 * <h2>Lifetime</h2>
 *
 * <p>A session owns its memory and its native handles. They are freed by {@code close} alone, never
 * by the collector. What forks share lives until the last of them is closed. Closing again does
 * nothing.
 *
 * <h2>Errors</h2>
 *
 * <p>All are unchecked.
 *
 * <ul>
 *   <li>{@link IllegalArgumentException}: a value, shape, size or piece of memory does not fit. It
 *       is thrown where a graph is made, memory is bound, or data are written.
 *   <li>{@link dev.residual.engine.UnsupportedOpException}: a backend cannot run an operation. It
 *       is thrown by {@code compile}.
 *   <li>{@link dev.residual.bindings.NativeException}: a native library reported an error, or the
 *       memory for a graph is not there. The message says how much is needed.
 *   <li>{@link dev.residual.bindings.NativeLibraryException}: a native library cannot be loaded. It
 *       is thrown by {@link dev.residual.Backends#cpu}. The message says what was tried.
 *   <li>{@link IllegalStateException}: a session is closed, or used by two threads at once; bound
 *       memory is closed; a label is no class.
 * </ul>
 *
 * <h2>Looking inside</h2>
 *
 * <p>{@code steps} lists what a session executes: each operation, the kernel that was chosen for
 * it, and its cost. A flight recording that asks for {@link dev.residual.engine.OpEvent} gets an
 * event for each of them, with its time; one that asks for {@link dev.residual.engine.BatchEvent}
 * gets an event for each batch.
 */
package dev.residual.engine;
