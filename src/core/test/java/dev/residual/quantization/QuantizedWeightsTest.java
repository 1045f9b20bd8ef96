package dev.residual.quantization;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.graph.Conv2d;
import dev.residual.graph.Graph;
import dev.residual.graph.QuantizedConv2d;
import dev.residual.graph.Value;
import dev.residual.graph.passes.Fusion;
import dev.residual.graph.passes.Quantization;
import dev.residual.nn.BatchNormFolding;
import dev.residual.nn.BatchNormFolding.Folded;
import dev.residual.nn.ResNet;
import org.junit.jupiter.api.Test;

class QuantizedWeightsTest {

  @Test
  void unmeasuredOnesAreThoseOfAWholeQuantizedNetwork() {
    ResNet network = ResNet.named("resnet20-cifar");
    Graph inference = network.inference(1).graph();
    Folded folded = BatchNormFolding.fold(inference, network.initializer(0).weights(inference));
    Graph fused = Fusion.fuse(folded.graph(), Conv2d.class::isInstance);
    QuantizedWeights unmeasured = QuantizedWeights.unmeasured(fused, folded.weights());
    assertThat(unmeasured.scales())
        .containsOnlyKeys(Quantization.scaled(fused).stream().map(Value::name).toList());
    assertThat(unmeasured.graph(fused).ops().stream().filter(QuantizedConv2d.class::isInstance))
        .hasSameSizeAs(Quantization.convolutions(fused));
  }
}
