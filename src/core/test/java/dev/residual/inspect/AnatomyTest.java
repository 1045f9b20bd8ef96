package dev.residual.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.graph.Conv2d;
import dev.residual.graph.GraphBuilder;
import dev.residual.graph.Value;
import dev.residual.graph.Window;
import dev.residual.nn.Model;
import dev.residual.nn.Networks;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AnatomyTest {

  private static Anatomy anatomy(String name) {
    return Anatomy.of(Networks.named(name).inference(1));
  }

  private static List<String> names(List<Value> values) {
    return values.stream().map(Value::name).toList();
  }

  @ParameterizedTest
  @CsvSource({
    "resnet18, conv1.weight, layer4.1.relu, 9, 16",
    "resnet50, conv1.weight, layer4.2.relu, 17, 16",
    "resnet50-v2, conv1.weight, relu, 17, 16",
    "plain18, conv1.weight, layer4.1.relu, 17, 16",
    "resnet20-cifar, conv1.weight, layer3.2.relu, 10, 19",
    "alexnet, features.0.weight, features.11, 5, 3",
    "vgg16, features.0.weight, features.29, 13, 13",
    "vgg16_bn, features.0.weight, features.42, 13, 13",
    "googlenet, conv1.conv.weight, inception5b, 12, 19"
  })
  void thePartsOfNamedNetworksAreFound(
      String name, String filters, String features, int blocks, int layers) {
    Anatomy anatomy = anatomy(name);
    assertThat(anatomy.filters().orElseThrow().name()).isEqualTo(filters);
    assertThat(anatomy.features().orElseThrow().name()).isEqualTo(features);
    assertThat(names(anatomy.blocks())).hasSize(blocks).endsWith(features);
    assertThat(anatomy.layers()).hasSize(layers);
  }

  @Test
  void blocksAreWhatOneHandsToTheNext() {
    assertThat(names(anatomy("resnet18").blocks()))
        .startsWith("maxpool", "layer1.0.relu", "layer1.1.relu", "layer2.0.relu");
    assertThat(names(anatomy("vgg11").blocks())).startsWith("features.2", "features.5");
  }

  @Test
  void responsesAreThoseBeforeTheActivation() {
    assertThat(names(anatomy("resnet20-cifar").layers()))
        .startsWith("bn1", "layer1.0.bn1", "layer1.0.bn2");
    assertThat(names(anatomy("vgg11").layers())).startsWith("features.0", "features.3");
  }

  @Test
  void logitsOfTwoMapsHaveNoLastOne() {
    GraphBuilder graph = new GraphBuilder(DType.F32);
    Value images = graph.input("images", Shape.of(1, 3, 8, 8));
    Conv2d left = Conv2d.of("left", images, 4, Window.square(3, 1, 1));
    Conv2d right = Conv2d.of("right", images, 4, Window.square(1, 1, 0));
    graph.add(left);
    graph.add(right);
    Value first = graph.flatten("flat1", graph.globalAvgPool("pool1", left.dst()));
    Value second = graph.flatten("flat2", graph.globalAvgPool("pool2", right.dst()));
    Value logits = graph.add("logits", first, second);
    Anatomy anatomy = Anatomy.of(new Model("two", graph.build(logits), images, logits));
    assertThat(anatomy.features()).isEmpty();
    assertThat(anatomy.blocks()).isEmpty();
    assertThat(names(anatomy.layers())).containsExactly("left");
  }
}
