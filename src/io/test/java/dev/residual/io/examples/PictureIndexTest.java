package dev.residual.io.examples;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.residual.Backends;
import dev.residual.io.Embedder;
import dev.residual.io.EmbedderOptions;
import dev.residual.io.TestData;
import dev.residual.io.data.DataSet;
import dev.residual.io.data.DataSets;
import dev.residual.io.data.DrawnShapes;
import dev.residual.io.data.Part;
import dev.residual.io.weights.WeightFile;
import dev.residual.nn.ResNet;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PictureIndexTest {
  private static final String SMALL = "resnet20-cifar";
  private static final EmbedderOptions OPTIONS = EmbedderOptions.DEFAULT.withSessions(2);

  @TempDir Path folder;

  /** Even a network with weights by chance places both next to each other. */
  @Test
  void aSceneIsFoundByAnotherSizeOfIt() throws IOException {
    DataSet pictures = new DrawnShapes(300, 32, 1);
    DataSet larger = new DrawnShapes(300, 48, 1);
    try (Embedder embedder = small(1)) {
      PictureIndex.write(folder, embedder, pictures);
      try (PictureIndex index = PictureIndex.open(folder, embedder)) {
        for (int i = 0; i < pictures.size(); i++) {
          assertThat(index.search(pictures.image(i), 3)).hasSize(3).startsWith(pictures.name(i));
          assertThat(index.search(larger.image(i), 1)).containsExactly(pictures.name(i));
        }
      }
    }
  }

  @Test
  void anIndexOfOtherWeightsIsRefused() throws IOException {
    try (Embedder one = small(1);
        Embedder other = small(2)) {
      PictureIndex.write(folder, one, new DrawnShapes(3, 32, 1));
      assertThatIOException()
          .isThrownBy(() -> PictureIndex.open(folder, other))
          .withMessageContaining("was written with the embedder " + one.hash());
    }
  }

  private Embedder small(long seed) throws IOException {
    ResNet network = ResNet.named(SMALL);
    Path weights = folder.resolve(seed + ".safetensors");
    WeightFile.write(weights, network.initializer(seed).weights(network.inference(1).graph()));
    return Embedder.open(Backends.cpu(), SMALL, weights, OPTIONS);
  }

  /** Measured: 0.902. By chance it would be 0.1. */
  @Test
  @Tag("slow")
  void picturesOfAClassFindEachOther() throws IOException {
    Path weights = TestData.path("imagenet/resnet18-ktb-small.safetensors");
    String data = TestData.path("imagenet/imagenette-val-400.zip").toString();
    try (DataSet pictures = DataSets.open(data, Part.TEST, 224);
        Embedder embedder = Embedder.open(Backends.cpu(), "resnet18", weights, OPTIONS)) {
      PictureIndex.write(folder, embedder, pictures);
      try (PictureIndex index = PictureIndex.open(folder, embedder)) {
        assertThat(precisionAt10(index, pictures)).isBetween(0.89, 0.91);
      }
    }
  }

  /** Of the ten nearest to each picture, itself left out, the part that is of its class. */
  private static double precisionAt10(PictureIndex index, DataSet pictures) throws IOException {
    long right = 0;
    for (int i = 0; i < pictures.size(); i++) {
      String name = pictures.name(i);
      List<String> found = index.search(pictures.image(i), 11);
      assertThat(found).hasSize(11).startsWith(name);
      right += found.stream().skip(1).filter(other -> areOfOneClass(name, other)).count();
    }
    return right / 10.0 / pictures.size();
  }

  private static boolean areOfOneClass(String one, String other) {
    return String.valueOf(Path.of(one).getParent())
        .equals(String.valueOf(Path.of(other).getParent()));
  }
}
