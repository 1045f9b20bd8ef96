package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.io.onnx.format.GraphProto;
import dev.residual.io.onnx.format.ModelProto;
import dev.residual.io.onnx.format.NodeProto;
import dev.residual.io.onnx.format.OperatorSetIdProto;
import dev.residual.io.onnx.format.TensorProto;
import dev.residual.io.onnx.format.TensorTypeProto;
import dev.residual.io.onnx.format.TypeProto;
import dev.residual.io.onnx.format.ValueInfoProto;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class VerifyTest {
  @TempDir Path folder;

  /** A folder with a model of one node, its input, and an output. */
  private Path model(String name, String type, float input, float output) throws IOException {
    Path place = Files.createDirectories(folder.resolve(name));
    TypeProto floats =
        TypeProto.newBuilder().setTensorType(TensorTypeProto.newBuilder().setElemType(1)).build();
    ModelProto model =
        ModelProto.newBuilder()
            .setIrVersion(8)
            .addOpsetImport(OperatorSetIdProto.newBuilder().setVersion(17))
            .setGraph(
                GraphProto.newBuilder()
                    .addInput(ValueInfoProto.newBuilder().setName("x").setType(floats))
                    .addNode(NodeProto.newBuilder().setOpType(type).addInput("x").addOutput("y"))
                    .addOutput(ValueInfoProto.newBuilder().setName("y")))
            .build();
    Files.write(place.resolve("model.onnx"), model.toByteArray());
    Path data = Files.createDirectories(place.resolve("test_data_set_0"));
    Files.write(data.resolve("input_0.pb"), tensor(input));
    Files.write(data.resolve("output_0.pb"), tensor(output));
    return place;
  }

  private static byte[] tensor(float element) {
    return TensorProto.newBuilder()
        .setDataType(1)
        .addDims(1)
        .addFloatData(element)
        .build()
        .toByteArray();
  }

  @Test
  void printsTheLargestDifference() throws IOException {
    Path place = model("one", "Relu", 1, 1.0005f);

    Invocation done = Invocation.success("verify", place.resolve("model.onnx"), place);

    assertThat(done.out().lines())
        .containsExactly(
            "passed   %s: y differs by 0.000500 at most, 0.00050 of its largest number"
                .formatted(place.resolve("test_data_set_0")),
            "1 cases: 1 passed, 0 failed, 0 refused");
  }

  @Test
  void failsWhereADifferenceIsTooLarge() throws IOException {
    Path place = model("one", "Relu", 1, 1.1f);

    Invocation done = Invocation.of("verify", place, "--rtol", "0.05");

    assertThat(done.code()).isEqualTo(1);
    assertThat(done.out()).contains("failed ", "y differs by 0.100 at most", "1 failed");
    Invocation.success("verify", place, "--rtol", "0", "--atol", "0.11");
  }

  @Test
  void aDifferenceIsSmallBesideLargeNumbers() throws IOException {
    Path place = model("one", "Relu", 100.05f, 100);

    Invocation.success("verify", place, "--rtol", "0", "--atol", "0.001");
    assertThat(Invocation.of("verify", place, "--rtol", "0", "--atol", "0.0001").code())
        .isEqualTo(1);
  }

  @Test
  void verifiesNothingWhereAllIsRefused() throws IOException {
    Path place = model("one", "Erf", 1, 1);

    assertThat(Invocation.of("verify", place).code()).isEqualTo(1);
    assertThat(Invocation.failure("verify", place.resolve("model.onnx"), place.resolve("none")))
        .endsWith("none is no folder of test data");
  }

  @Test
  void countsCasesOfManyModels() throws IOException {
    model("a", "Relu", 1, 1);
    model("b", "Sigmoid", 1, 1);
    model("c", "Erf", 1, 1);

    Invocation done = Invocation.of("verify", folder, "--json");

    assertThat(done.code()).isEqualTo(1);
    assertThat(done.out())
        .startsWith(
            "{\"cases\":3,\"passed\":1,\"failed\":1,\"refused\":1,\"refusals\":[{\"case\":\"")
        .contains("node 'y' (Erf): this operation of opset 17 is not supported");
  }

  @Test
  void refusalsBesideWhatPassedAreNoFailures() throws IOException {
    model("a", "Relu", 1, 1);
    model("c", "Erf", 1, 1);

    assertThat(Invocation.success("verify", folder).out())
        .contains("refused  ")
        .endsWith("1 passed, 0 failed, 1 refused\n");
  }

  @Test
  void asksForTestData() throws IOException {
    Path model = model("one", "Relu", 1, 1).resolve("model.onnx");

    assertThat(Invocation.wrongUse("verify", model)).contains("folders of test data");
    assertThat(Invocation.failure("verify", model, Files.createDirectory(folder.resolve("empty"))))
        .contains("no output_0.pb");
    assertThat(Invocation.wrongUse("verify", folder, "--rtol", "-1")).contains("--rtol");
  }
}
