package dev.residual.bench.deeplearning4j;

import dev.residual.bench.Framework;
import dev.residual.bench.Job;
import dev.residual.bench.NetworkTask;
import dev.residual.tensor.DType;
import dev.residual.tensor.Tensor;
import org.deeplearning4j.nn.graph.ComputationGraph;
import org.nd4j.linalg.api.ndarray.INDArray;
import org.nd4j.linalg.factory.Nd4j;

/** Deeplearning4j: layers in a computation graph, channels first. */
public final class Deeplearning4jFramework implements Framework {

  /** The framework, for the service loader. */
  public Deeplearning4jFramework() {}

  @Override
  public String description() {
    return "Deeplearning4j 1.0.0-M2.1, computation graph, channels first";
  }

  @Override
  public Job training(NetworkTask task) {
    ComputationGraph graph = graph(task);
    INDArray[] images = {images(task)};
    INDArray labels = Nd4j.zeros(task.batch(), task.network().classes());
    int[] classes = task.labels();
    for (int i = 0; i < classes.length; i++) {
      labels.putScalar(i, classes[i], 1);
    }
    INDArray[] expected = {labels};
    return new GraphJob(() -> graph.fit(images, expected));
  }

  @Override
  public Job inference(NetworkTask task) {
    ComputationGraph graph = graph(task);
    INDArray images = images(task);
    return new GraphJob(() -> graph.output(false, images));
  }

  private static ComputationGraph graph(NetworkTask task) {
    if (task.dtype() != DType.F32) {
      throw new UnsupportedOperationException(
          "Deeplearning4j has no convolution in " + task.dtype());
    }
    Nd4j.getEnvironment().setMaxThreads(task.threads());
    Nd4j.getEnvironment().setMaxMasterThreads(task.threads());
    ComputationGraph graph = new ComputationGraph(Layers.of(task));
    graph.init();
    return graph;
  }

  private static INDArray images(NetworkTask task) {
    Tensor images = task.images();
    return Nd4j.create(images.toFloats()).reshape(images.shape().dims());
  }

  /** What runs; the memory is freed with the process. */
  private record GraphJob(Runnable work) implements Job {
    @Override
    public void run() {
      work.run();
    }

    @Override
    public void close() {
      // Nothing to do: see above.
    }
  }
}
