package dev.residual.nn;

import dev.residual.graph.GraphBuilder;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import java.util.List;

/**
 * The networks of Simonyan and Zisserman, "Very Deep Convolutional Networks for Large-Scale Image
 * Recognition" (2014): five stages of 3x3 convolutions, each followed by max pooling.
 *
 * @param depths the number of convolutions of each stage
 * @param normalized whether batch normalisation follows each convolution
 */
record VggLayers(List<Integer> depths, boolean normalized) implements Layers {
  private static final List<Integer> CHANNELS = List.of(64, 128, 256, 512, 512);

  @Override
  public Value logits(GraphBuilder graph, Value images, int classes, Mode mode) {
    Modules modules = new Modules(graph, mode);
    Value x = images;
    int module = 0;
    for (int stage = 0; stage < depths.size(); stage++) {
      for (int i = 0; i < depths.get(stage); i++) {
        x = modules.conv(name(module++), x, CHANNELS.get(stage), Window.square(3, 1, 1));
        x = normalized ? modules.norm(name(module++), x, 1e-5) : x;
        x = graph.relu(name(module++), x);
      }
      x = graph.maxPool2d(name(module++), x, Window.square(2, 2, 0));
    }
    x = graph.flatten("flatten", modules.adaptiveAvgPool("avgpool", x, 7));
    x = modules.hidden("classifier", 0, x, 4096);
    x = modules.dropout("classifier.2", x, 0.5);
    x = modules.hidden("classifier", 3, x, 4096);
    x = modules.dropout("classifier.5", x, 0.5);
    return modules.linear("logits", "classifier.6", x, classes);
  }

  private static String name(int module) {
    return "features." + module;
  }
}
