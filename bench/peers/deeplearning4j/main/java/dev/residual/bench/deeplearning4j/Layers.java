package dev.residual.bench.deeplearning4j;

import dev.residual.bench.NetworkTask;
import dev.residual.graph.Add;
import dev.residual.graph.BatchNorm;
import dev.residual.graph.Conv2d;
import dev.residual.graph.GlobalAvgPool;
import dev.residual.graph.Linear;
import dev.residual.graph.MaxPool2d;
import dev.residual.graph.Op;
import dev.residual.graph.Relu;
import dev.residual.graph.Reshape;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.nn.Mode;
import dev.residual.nn.Model;
import java.util.HashMap;
import java.util.Map;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration;
import org.deeplearning4j.nn.conf.ComputationGraphConfiguration.GraphBuilder;
import org.deeplearning4j.nn.conf.NeuralNetConfiguration;
import org.deeplearning4j.nn.conf.graph.ElementWiseVertex;
import org.deeplearning4j.nn.conf.inputs.InputType;
import org.deeplearning4j.nn.conf.layers.ActivationLayer;
import org.deeplearning4j.nn.conf.layers.BatchNormalization;
import org.deeplearning4j.nn.conf.layers.ConvolutionLayer;
import org.deeplearning4j.nn.conf.layers.GlobalPoolingLayer;
import org.deeplearning4j.nn.conf.layers.OutputLayer;
import org.deeplearning4j.nn.conf.layers.PoolingType;
import org.deeplearning4j.nn.conf.layers.SubsamplingLayer;
import org.nd4j.linalg.activations.Activation;
import org.nd4j.linalg.learning.config.Nesterovs;
import org.nd4j.linalg.lossfunctions.LossFunctions.LossFunction;

/** A training graph in Deeplearning4j's layers. */
final class Layers {
  private final GraphBuilder builder;

  /** The layer that computes a value. */
  private final Map<Value, String> names = new HashMap<>();

  private Layers(GraphBuilder builder) {
    this.builder = builder;
  }

  static ComputationGraphConfiguration of(NetworkTask task) {
    Model model = task.model(Mode.TRAINING);
    GraphBuilder builder =
        new NeuralNetConfiguration.Builder()
            .seed(1)
            .updater(new Nesterovs(NetworkTask.LEARNING_RATE, NetworkTask.MOMENTUM))
            .l2(NetworkTask.WEIGHT_DECAY)
            .graphBuilder()
            .addInputs("images")
            .setInputTypes(
                InputType.convolutional(task.network().height(), task.network().width(), 3));
    Layers layers = new Layers(builder);
    layers.names.put(model.images(), "images");
    model.graph().ops().forEach(layers::add);
    return builder.setOutputs(layers.name(model.logits())).build();
  }

  private void add(Op op) {
    Value dst = op.outputs().getFirst();
    String name = dst.name().replace('.', '_');
    switch (op) {
      case Conv2d o -> {
        Window w = o.window();
        builder.addLayer(
            name,
            new ConvolutionLayer.Builder(w.kernelH(), w.kernelW())
                .stride(w.strideH(), w.strideW())
                .padding(w.padTop(), w.padLeft())
                .nOut(dst.shape().dim(1))
                .hasBias(false)
                .activation(Activation.IDENTITY)
                .build(),
            name(o.src()));
      }
      case BatchNorm o ->
          builder.addLayer(
              name,
              new BatchNormalization.Builder().eps(o.epsilon()).decay(1 - o.momentum()).build(),
              name(o.src()));
      case Relu o -> builder.addLayer(name, new ActivationLayer(Activation.RELU), name(o.src()));
      case Add o ->
          builder.addVertex(
              name,
              new ElementWiseVertex(ElementWiseVertex.Op.Add),
              name(o.src0()),
              name(o.src1()));
      case MaxPool2d o -> {
        Window w = o.window();
        builder.addLayer(
            name,
            new SubsamplingLayer.Builder(SubsamplingLayer.PoolingType.MAX)
                .kernelSize(w.kernelH(), w.kernelW())
                .stride(w.strideH(), w.strideW())
                .padding(w.padTop(), w.padLeft())
                .build(),
            name(o.src()));
      }
      case GlobalAvgPool o ->
          builder.addLayer(
              name, new GlobalPoolingLayer.Builder(PoolingType.AVG).build(), name(o.src()));
      case Reshape o -> names.put(dst, name(o.src()));
      case Linear o ->
          builder.addLayer(
              name,
              new OutputLayer.Builder(LossFunction.MCXENT)
                  .activation(Activation.SOFTMAX)
                  .nOut(dst.shape().dim(1))
                  .build(),
              name(o.src()));
      default ->
          throw new UnsupportedOperationException("Deeplearning4j has no layer " + op.kind());
    }
    names.putIfAbsent(dst, name);
  }

  private String name(Value value) {
    return names.getOrDefault(value, value.name());
  }
}
