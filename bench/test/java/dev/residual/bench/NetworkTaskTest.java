package dev.residual.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.residual.CpuRuntime;
import dev.residual.io.onnx.OnnxWriter;
import dev.residual.nn.ResNet;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NetworkTaskTest {

  @Test
  void parametersNameNetworkBatchAndPrecision() {
    NetworkTask task = NetworkTask.parse("resnet50 x 32", "bf16", 2);
    assertThat(task.network().name()).isEqualTo("resnet50");
    assertThat(task.batch()).isEqualTo(32);
    assertThat(task.dtype()).isEqualTo(DType.BF16);
    assertThatThrownBy(() -> NetworkTask.parse("resnet50", "f32", 1))
        .hasMessageContaining("is not a workload");
    assertThatThrownBy(() -> NetworkTask.parse("resnet50 x 1", "f8", 1))
        .hasMessageContaining("is no precision");
  }

  @Test
  void aNetworkMayBeAnOnnxFile(@TempDir Path folder) throws IOException {
    ResNet resnet = ResNet.named("resnet20-cifar");
    Path file = folder.resolve("some.onnx");
    OnnxWriter.write(file, resnet.inference(1), resnet.firstWeights(0));

    NetworkTask task = NetworkTask.parse(file + " x 2", "f32", 1);
    assertThat(task.network().name()).isEqualTo("some.onnx");
    assertThat(task.images().shape()).isEqualTo(Shape.of(2, 3, 32, 32));
    try (Job job = new ResidualFramework("cpu").inference(task)) {
      job.run();
    }
  }

  @Test
  void integersInferButDoNotTrain() {
    NetworkTask task = NetworkTask.parse("resnet20-cifar x 2", "int8", 1);
    ResidualFramework framework = new ResidualFramework("cpu");
    assertThatThrownBy(() -> framework.training(task))
        .isInstanceOf(UnsupportedOperationException.class);
    assumeThat(CpuRuntime.load().int8()).as("this processor sums 8-bit products").isTrue();
    try (Job job = framework.inference(task)) {
      job.run();
    }
  }
}
