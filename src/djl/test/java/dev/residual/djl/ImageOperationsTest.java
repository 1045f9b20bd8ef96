package dev.residual.djl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.djl.modality.cv.transform.CenterCrop;
import ai.djl.modality.cv.transform.Normalize;
import ai.djl.modality.cv.transform.ResizeShort;
import ai.djl.modality.cv.transform.ToTensor;
import ai.djl.modality.cv.util.NDImageUtils;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.translate.Pipeline;
import dev.residual.io.images.Images;
import dev.residual.io.images.Normalization;
import dev.residual.io.images.Pixels;
import dev.residual.io.images.Transforms;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ImageOperationsTest {
  private final NDManager manager = NDManager.newBaseManager("Residual");
  private final Pixels pixels = Images.pattern(100, 150);
  private final NDArray image = array(pixels);

  @AfterEach
  void close() {
    manager.close();
  }

  private NDArray array(Pixels given) {
    return manager.create(
        ByteBuffer.wrap(given.rgb()), new Shape(given.height(), given.width(), 3), DataType.UINT8);
  }

  @Test
  void aPipelineGivesTheBitsThatTheClassifierSees() {
    Pixels fitting = Transforms.resizeCrop(80, 70).apply(pixels, new SplittableRandom(0));
    float[] expected = new float[fitting.rgb().length];
    Normalization.IMAGENET.write(fitting, MemorySegment.ofArray(expected), 0);

    Pipeline pipeline =
        new Pipeline(
            new ResizeShort(80),
            new CenterCrop(70, 70),
            new ToTensor(),
            new Normalize(Normalization.IMAGENET.mean(), Normalization.IMAGENET.std()));
    NDArray found = pipeline.transform(new NDList(image)).singletonOrThrow();

    assertThat(found.getShape()).isEqualTo(new Shape(3, 70, 70));
    assertThat(found.transpose(1, 2, 0).toFloatArray()).isEqualTo(expected);
  }

  @Test
  void proportionsMayChange() {
    NDArray resized = NDImageUtils.resize(image, 40, 50);
    assertThat(resized.getShape()).isEqualTo(new Shape(50, 40, 3));
    assertThat(resized.getDataType()).isEqualTo(DataType.UINT8);
    Pixels expected = Transforms.resize(50, 40).apply(pixels, new SplittableRandom(0));
    assertThat(resized.toByteArray()).isEqualTo(expected.rgb());
  }

  @Test
  void partsAreCutOut() {
    Pixels expected = pixels.crop(5, 7, 20, 30);
    NDArray cropped = NDImageUtils.crop(image, 7, 5, 30, 20);
    assertThat(cropped.toByteArray()).isEqualTo(expected.rgb());
  }

  @Test
  void severalImagesAreScaledAsEachIs() {
    NDArray both = NDArrays.stack(new NDList(image, array(Images.pattern(100, 150))));
    NDArray scaled = NDImageUtils.toTensor(both);
    assertThat(scaled.getShape()).isEqualTo(new Shape(2, 3, 100, 150));
    assertThat(scaled.get(1)).isEqualTo(NDImageUtils.toTensor(image));
    float[] mean = Normalization.IMAGENET.mean();
    float[] std = Normalization.IMAGENET.std();
    assertThat(NDImageUtils.normalize(scaled, mean, std).get(1))
        .isEqualTo(NDImageUtils.normalize(scaled.get(1), mean, std));
  }

  @Test
  void channelsMustBeAsManyAsMeans() {
    NDArray grey = manager.zeros(new Shape(1, 4, 4));
    assertThatIllegalArgumentException()
        .isThrownBy(() -> NDImageUtils.normalize(grey, new float[3], new float[3]))
        .withMessageContaining("expected 3 channels h w");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> NDImageUtils.toTensor(manager.zeros(new Shape(4))));
  }
}
