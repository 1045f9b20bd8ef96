package dev.residual.bench;

import static java.util.Objects.requireNonNull;

import dev.residual.Backends;
import dev.residual.io.Embedder;
import dev.residual.io.EmbedderOptions;
import dev.residual.io.data.DrawnShapes;
import dev.residual.io.images.Pixels;
import dev.residual.io.weights.ModelCard;
import dev.residual.io.weights.TrainedModel;
import dev.residual.nn.ImageNetwork;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * Images brought to the network's size and embedded, alone and into a Lucene index in memory. Files
 * are not decoded.
 *
 * <p>Run with {@code make bench B=Embedding}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(
    value = 1,
    jvmArgsAppend = {"--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"})
@Warmup(iterations = 2, time = 3)
@Measurement(iterations = 5, time = 3)
public class EmbeddingBenchmark {
  /** The network, with weights by chance, and the images a run. */
  @Param("resnet18 x 64")
  public String workload;

  /** Ours alone. */
  @Param(Frameworks.RESIDUAL)
  public String framework;

  /** Sessions, which share the threads. */
  @Param("2")
  public int sessions;

  private List<Pixels> images = List.of();
  private @Nullable Embedder embedder;
  private @Nullable ByteBuffersDirectory directory;
  private @Nullable IndexWriter writer;

  /** Draws images, and compiles the network. */
  @Setup
  public void open() {
    NetworkTask task = NetworkTask.parse(workload, "f32", 1);
    DrawnShapes shapes = new DrawnShapes(task.batch(), 320, 1);
    images = IntStream.range(0, task.batch()).mapToObj(shapes::image).toList();
    ImageNetwork network = task.network();
    ModelCard card = ModelCard.of(Map.of());
    TrainedModel model =
        new TrainedModel(
            network, Path.of(network.name()), network.firstWeights(0), card, List.of());
    EmbedderOptions options = EmbedderOptions.DEFAULT.withSessions(sessions);
    embedder = new Embedder(Backends.cpu(), model, options);
  }

  /** Begins an index. */
  @Setup(Level.Iteration)
  public void openIndex() throws IOException {
    directory = new ByteBuffersDirectory();
    writer = new IndexWriter(directory, new IndexWriterConfig());
  }

  /** Embeds all images. */
  @Benchmark
  public void embed(Blackhole blackhole) {
    Embedder open = requireNonNull(embedder);
    images.parallelStream().forEach(image -> blackhole.consume(open.embed(image)));
  }

  /** Embeds all images and adds them to the index. */
  @Benchmark
  public void index() {
    Embedder open = requireNonNull(embedder);
    IndexWriter index = requireNonNull(writer);
    images.parallelStream().forEach(image -> add(index, open.embed(image)));
  }

  private static void add(IndexWriter index, float[] row) {
    Document document = new Document();
    document.add(new KnnFloatVectorField("row", row, VectorSimilarityFunction.DOT_PRODUCT));
    try {
      index.addDocument(document);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Ends the index. */
  @TearDown(Level.Iteration)
  public void closeIndex() throws IOException {
    requireNonNull(writer).close();
    requireNonNull(directory).close();
  }

  /** Frees the network. */
  @TearDown
  public void close() {
    requireNonNull(embedder).close();
  }
}
