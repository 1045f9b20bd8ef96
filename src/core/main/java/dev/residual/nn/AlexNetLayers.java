package dev.residual.nn;

import dev.residual.graph.GraphBuilder;
import dev.residual.graph.Value;
import dev.residual.graph.Window;

/**
 * AlexNet in the form of one tower: Krizhevsky, "One weird trick for parallelizing convolutional
 * neural networks" (2014).
 */
record AlexNetLayers() implements Layers {

  @Override
  public Value logits(GraphBuilder graph, Value images, int classes, Mode mode) {
    Modules modules = new Modules(graph, mode);
    Window pool = Window.square(3, 2, 0);
    Value x = conv(modules, 0, images, 64, Window.square(11, 4, 2));
    x = graph.maxPool2d("features.2", x, pool);
    x = conv(modules, 3, x, 192, Window.square(5, 1, 2));
    x = graph.maxPool2d("features.5", x, pool);
    x = conv(modules, 6, x, 384, Window.square(3, 1, 1));
    x = conv(modules, 8, x, 256, Window.square(3, 1, 1));
    x = conv(modules, 10, x, 256, Window.square(3, 1, 1));
    x = graph.maxPool2d("features.12", x, pool);
    x = graph.flatten("flatten", modules.adaptiveAvgPool("avgpool", x, 6));
    x = modules.dropout("classifier.0", x, 0.5);
    x = modules.hidden("classifier", 1, x, 4096);
    x = modules.dropout("classifier.3", x, 0.5);
    x = modules.hidden("classifier", 4, x, 4096);
    return modules.linear("logits", "classifier.6", x, classes);
  }

  private static Value conv(Modules modules, int i, Value src, int channels, Window window) {
    Value x = modules.conv("features." + i, src, channels, window);
    return modules.graph().relu("features." + (i + 1), x);
  }
}
