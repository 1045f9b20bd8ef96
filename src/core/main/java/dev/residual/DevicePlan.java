package dev.residual;

import dev.residual.backend.cudnn.CudnnBackend;
import dev.residual.backend.cudnn.DeviceProgram;
import dev.residual.engine.UnsupportedOpException;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.inference.Network;
import dev.residual.nn.ImageNetwork;
import dev.residual.nn.Model;
import dev.residual.tensor.DType;
import dev.residual.train.Sgd;
import dev.residual.train.TrainingGraph;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What a network becomes on an NVIDIA GPU that need not be there: cuDNN is asked for its plans as
 * if it were.
 *
 * <p>From then on this process cannot use a GPU. Making the plans of a network for the first time
 * takes minutes; they are kept on disk.
 *
 * @param device the name of the GPU
 * @param batch the images of a step
 * @param rows the launches of a step, in their order
 * @param regions how many operations have launches of their own; the work of others is part of
 *     these
 * @param unplanned how many operations are left to slow kernels although cuDNN has a pattern for
 *     such
 * @param bytesPerImage the bytes that move between the GPU and its memory, for each image
 * @param boundPerImage what would remain of them if everything were fused into the convolutions
 * @param deviceBytes the memory of the GPU that a session takes
 * @param predictedImagesPerSecond from bytes, arithmetic, and the experience of others: a
 *     prediction, not a measurement
 */
public record DevicePlan(
    String device,
    int batch,
    List<Row> rows,
    int regions,
    int unplanned,
    double bytesPerImage,
    double boundPerImage,
    long deviceBytes,
    double predictedImagesPerSecond) {

  /** All lists of patterns. */
  public static final int ALL_PATTERNS = DeviceProgram.LISTS;

  private static final Sgd SGD = new Sgd(0.9, 1e-4);

  /**
   * A launch.
   *
   * @param region what is computed: the first result of the operation
   * @param operation the kind of the operation
   * @param pattern {@code cudnn:} and the nodes of an operation graph, or {@code cuda:} and one of
   *     Residual's own kernels
   * @param engine of cuDNN, with its settings; empty for a kernel
   * @param workspaceBytes the memory that the engine needs while it runs
   * @param bytes the bytes that move between the GPU and its memory
   * @param refusal why cuDNN has no plan for the operation; empty if it has, or need not have
   */
  public record Row(
      String region,
      String operation,
      String pattern,
      String engine,
      long workspaceBytes,
      long bytes,
      String refusal) {

    private static Row of(DeviceProgram.Row row) {
      Op op = row.op();
      return new Row(
          (op.outputs().isEmpty() ? op.updates() : op.outputs()).getFirst().name(),
          op.kind(),
          row.implementation(),
          row.engine(),
          row.workspace(),
          row.bytes(),
          row.refusal());
    }
  }

  /** Copies the list. */
  public DevicePlan {
    rows = List.copyOf(rows);
  }

  /**
   * The step of a training, with momentum and weight decay.
   *
   * @param precision of activations: {@link DType#F32}, {@link DType#BF16} or {@link DType#F16}
   * @param device {@code a100}, {@code h100}, {@code h200}, or a file that {@link
   *     CudaRuntime#describe} made
   * @param patterns the last list of patterns to try: 1, the norms beside the convolutions; 2,
   *     their statistics in the convolutions; or {@link #ALL_PATTERNS}, in half precision all of
   *     them in the convolutions
   * @throws dev.residual.bindings.NativeLibraryException if there is no cuDNN; the message tells
   *     what to do
   * @throws IllegalArgumentException if there is no such device, or the batch is below 1
   * @throws IllegalStateException if this process has used a GPU
   */
  public static DevicePlan ofTraining(
      ImageNetwork network, int batch, DType precision, String device, int patterns) {
    Model model = network.training(batch);
    TrainingGraph step = TrainingGraph.of(model, SGD, 0).withPrecision(precision);
    return of(step.fused(CudnnBackend::canRun).graph(), batch, device, patterns);
  }

  /**
   * A run of a network that infers, batch norms folded; otherwise like {@link #ofTraining}.
   *
   * @throws dev.residual.bindings.NativeLibraryException if there is no cuDNN
   * @throws IllegalArgumentException if there is no such device, or the batch is below 1
   * @throws IllegalStateException if this process has used a GPU
   */
  public static DevicePlan ofInference(
      ImageNetwork network, int batch, DType precision, String device, int patterns) {
    Model model = network.inference(batch);
    return of(Network.graph(model, precision, CudnnBackend::canRun), batch, device, patterns);
  }

  /**
   * A graph.
   *
   * @param batch the images of a run
   * @param device as {@link #ofTraining} takes it
   * @param patterns as {@link #ofTraining} takes it
   * @throws dev.residual.bindings.NativeLibraryException if there is no cuDNN
   * @throws UnsupportedOpException if the backend cannot run an operation
   * @throws IllegalArgumentException if there is no such device
   * @throws IllegalStateException if this process has used a GPU
   */
  public static DevicePlan of(Graph graph, int batch, String device, int patterns) {
    DeviceProgram program = DeviceProgram.of(graph, device, patterns);
    Set<Op> regions = new HashSet<>();
    long bytes = 0;
    for (DeviceProgram.Row row : program.rows()) {
      regions.add(row.op());
      bytes += row.bytes();
    }
    return new DevicePlan(
        program.device().name(),
        batch,
        program.rows().stream().map(Row::of).toList(),
        regions.size(),
        program.unplanned(),
        (double) bytes / batch,
        (double) program.bound() / batch,
        program.memory(),
        batch / program.seconds());
  }

  /** How many kernels a step launches, if each plan of cuDNN's is one. */
  public int kernels() {
    return rows.size();
  }
}
