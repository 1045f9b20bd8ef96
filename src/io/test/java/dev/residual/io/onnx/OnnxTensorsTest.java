package dev.residual.io.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.residual.io.onnx.format.TensorProto;
import dev.residual.io.onnx.protobuf.ByteString;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class OnnxTensorsTest {
  private static final ExternalData NONE = new ExternalData(Path.of(""));

  private static TensorProto.Builder proto(int type, int elements) {
    return TensorProto.newBuilder().setName("t").setDataType(type).addDims(elements);
  }

  @ParameterizedTest
  @EnumSource
  void areReadAsTheyAreWritten(DType type) throws IOException {
    Tensor tensor = OnnxFiles.counting(2, 3).to(type);

    Tensor read = OnnxTensors.of(OnnxTensors.proto("t", tensor), NONE);

    assertThat(read.dtype()).isEqualTo(type);
    assertThat(read.shape()).isEqualTo(tensor.shape());
    assertThat(read.data().mismatch(tensor.data())).isEqualTo(-1);
  }

  @ParameterizedTest
  @CsvSource({
    "2,U8,255",
    "3,S8,-1",
    "4,I32,65535",
    "5,I32,-1",
    "6,I32,-1",
    "9,U8,1",
    "12,I64,4294967295"
  })
  void listsOfIntegersAreRead(int type, DType expected, long element) throws IOException {
    TensorProto.Builder proto = proto(type, 2);
    if (type == 12) {
      proto.addUint64Data(0).addUint64Data(element);
    } else {
      proto.addInt32Data(0).addInt32Data((int) element);
    }

    Tensor tensor = OnnxTensors.of(proto.build(), NONE);

    assertThat(tensor.dtype()).isEqualTo(expected);
    assertThat(tensor.toDoubles()).containsExactly(0, element);
  }

  @Test
  void listsOfFloatsAreRead() throws IOException {
    TensorProto halves = proto(10, 1).addInt32Data(0x3C00).build();
    TensorProto brains = proto(16, 1).addInt32Data(0x3F80).build();
    TensorProto doubles = proto(11, 1).addDoubleData(0.1).build();
    TensorProto longs = proto(7, 1).addInt64Data(Long.MIN_VALUE).build();

    assertThat(OnnxTensors.of(halves, NONE).get(0)).isOne();
    assertThat(OnnxTensors.of(brains, NONE).get(0)).isOne();
    assertThat(OnnxTensors.of(doubles, NONE).get(0)).isEqualTo(0.1);
    assertThat(Integers.at(OnnxTensors.of(longs, NONE), 0)).isEqualTo(Long.MIN_VALUE);
  }

  @Test
  void shortIntegersGetWider() throws IOException {
    ByteString raw = ByteString.copyFrom(new byte[] {-1, -1, 1, 0});

    assertThat(OnnxTensors.of(proto(4, 2).setRawData(raw).build(), NONE).toDoubles())
        .containsExactly(65535, 1);
    assertThat(OnnxTensors.of(proto(5, 2).setRawData(raw).build(), NONE).toDoubles())
        .containsExactly(-1, 1);
    assertThat(OnnxTensors.of(proto(12, 1).setRawData(raw).build(), NONE).toDoubles())
        .containsExactly(0x1FFFF);
  }

  @Test
  void rawElementsAreNotCopied() throws IOException {
    TensorProto proto = OnnxTensors.proto("t", Tensor.zeros(DType.F32, Shape.of(2)));

    Tensor tensor = OnnxTensors.of(proto, NONE);

    assertThat(tensor.data().isReadOnly()).isTrue();
  }

  @Test
  void whatDoesNotFitIsRefused() {
    refuse(proto(1, 3).setRawData(ByteString.copyFrom(new byte[8])), "8 bytes, expected 12");
    refuse(proto(1, 3).addFloatData(1), "1 elements, expected 3");
    refuse(proto(1, -1), "the extent -1, it must be at least 1 and fit an integer");
    refuse(proto(1, 1 << 30).addDims(1 << 20), "0 elements, expected");
    refuse(proto(1, 1 << 30).addDims(1 << 30), "shape [1073741824, 1073741824]: more than");
    refuse(proto(8, 1), "elements of type 8 are not supported");
    refuse(proto(13, 1).addUint64Data(-1), "the element 18446744073709551615, more than");
  }

  private static void refuse(TensorProto.Builder proto, String reason) {
    assertThatExceptionOfType(IOException.class)
        .isThrownBy(() -> OnnxTensors.of(proto.build(), NONE))
        .withMessageStartingWith("tensor 't': " + reason);
  }
}
