package dev.residual.io.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.io.TestData;
import dev.residual.io.images.SplitMix;
import dev.residual.io.images.Transform;
import dev.residual.io.images.Transforms;
import java.io.IOException;
import java.util.zip.CRC32;
import org.junit.jupiter.api.Test;

/** Decoding and resizing of real images; the expected numbers are from Pillow 12.3. */
class RealImagesTest {

  private static String crc32(DataSet set, Transform transform) throws IOException {
    CRC32 crc = new CRC32();
    for (int i = 0; i < set.size(); i++) {
      crc.update(transform.apply(set.image(i), new SplitMix(0)).rgb());
    }
    return String.format("%08x", crc.getValue());
  }

  private static DataSet open(String name) throws IOException {
    return DataSets.open(TestData.path(name).toString(), Part.TEST, 32);
  }

  @Test
  void cifarJpegsDecodeToTheBit() throws IOException {
    try (DataSet set = open("cifar10/cifar10-jpeg.zip")) {
      assertThat(set.size()).isEqualTo(10_000);
      assertThat(set.classes()).hasSize(10).startsWith("airplane").endsWith("truck");
      assertThat(crc32(set, Transforms.none())).isEqualTo("1b4f3165");
    }
  }

  @Test
  void imagenetteDecodesAndResizesToTheBit() throws IOException {
    try (DataSet set = open("imagenet/imagenette-val-400.zip")) {
      assertThat(set.size()).isEqualTo(400);
      assertThat(crc32(set, Transforms.none())).isEqualTo("ed651c3d");
      assertThat(crc32(set, Transforms.parse("resize256-crop224"))).isEqualTo("00329a9a");
    }
  }

  @Test
  void imagenetteFoldersStandForOutputsOfImagenet() throws IOException {
    ClassIndex index = ClassIndex.read(TestData.path("imagenet/classes.txt"));
    try (DataSet set = index.relabel(open("imagenet/imagenette-val-400.zip"))) {
      assertThat(set.name(0)).startsWith("n01440764/");
      assertThat(set.label(0)).isZero();
      assertThat(set.classes().get(set.label(399))).isEqualTo("n03888257");
      assertThat(set.classes().size()).isBetween(400, 1000);
    }
  }

  @Test
  void carsOfAllSizesDecodeAndResizeToTheBit() throws IOException {
    try (DataSet set = open("cars/cars30.zip")) {
      assertThat(set.size()).isEqualTo(274);
      assertThat(set.classes()).hasSize(30);
      assertThat(crc32(set, Transforms.none())).isEqualTo("d04cf12c");
      assertThat(crc32(set, Transforms.parse("resize256-crop224"))).isEqualTo("538bfca6");
    }
  }
}
