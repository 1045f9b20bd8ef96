package dev.residual.io.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class Cifar10Test {
  private static final int RECORD = 1 + 3 * 32 * 32;

  @TempDir Path folder;

  /** Records with labels from {@code first} on; plane c holds {@code 10 label + c} everywhere. */
  private static void write(Path file, int first, int count) throws IOException {
    byte[] bytes = new byte[count * RECORD];
    for (int i = 0; i < bytes.length; i++) {
      int label = first + i / RECORD;
      int at = i % RECORD;
      bytes[i] = (byte) (at == 0 ? label : 10 * label + (at - 1) / 1024);
    }
    Files.createDirectories(file.getParent());
    Files.write(file, bytes);
  }

  @Test
  void planesBecomePixels() throws IOException {
    Path batches = folder.resolve("cifar-10-batches-bin");
    write(batches.resolve("data_batch_1.bin"), 0, 3);
    write(batches.resolve("data_batch_2.bin"), 3, 2);
    write(batches.resolve("test_batch.bin"), 9, 1);

    for (Path path : new Path[] {folder, batches}) {
      try (DataSet train = DataSets.open(path.toString(), Part.TRAIN, 32);
          DataSet test = DataSets.open(path.toString(), Part.TEST, 32)) {
        assertThat(train.size()).isEqualTo(5);
        assertThat(train.label(4)).isEqualTo(4);
        assertThat(train.name(4)).isEqualTo("data_batch_2.bin#1");
        assertThat(train.classes()).hasSize(10).startsWith("airplane");
        assertThat(train.image(4).crop(31, 31, 1, 1).rgb()).containsExactly(40, 41, 42);
        assertThat(test.size()).isEqualTo(1);
        assertThat(test.label(0)).isEqualTo(9);
      }
    }
  }

  @Test
  void aFileOfAnotherSizeOrWithOtherLabelsIsRefusedByName() throws IOException {
    write(folder.resolve("data_batch_1.bin"), 8, 3);
    Files.write(folder.resolve("test_batch.bin"), new byte[RECORD + 1]);

    assertThatThrownBy(() -> DataSets.open(folder.toString(), Part.TRAIN, 32))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("data_batch_1.bin#2 has the label 10");
    assertThatThrownBy(() -> DataSets.open(folder.toString(), Part.TEST, 32))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("test_batch.bin has 3074 bytes");
  }

  @Test
  void aMissingPartIsNamed() throws IOException {
    write(folder.resolve("data_batch_1.bin"), 0, 1);

    assertThatThrownBy(() -> DataSets.open(folder.toString(), Part.TEST, 32))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("has no test_batch.bin");
  }

  @Test
  void thePythonVersionIsToldApart() throws IOException {
    Files.createDirectory(folder.resolve("cifar-10-batches-py"));

    assertThatThrownBy(() -> DataSets.open(folder.toString(), Part.TEST, 32))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("holds the Python version");
  }

  @Test
  void aFileThatIsCutShortMeanwhileIsNamed() throws IOException {
    Path file = folder.resolve("data_batch_1.bin");
    write(file, 0, 3);

    try (DataSet set = DataSets.open(folder.toString(), Part.TRAIN, 32)) {
      Files.write(file, new byte[RECORD + 7]);

      assertThat(set.image(0).height()).isEqualTo(32);
      assertThatThrownBy(() -> set.image(2))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("data_batch_1.bin#2: ");
    }
  }

  @Test
  void closedFilesAreAnIllegalState() throws IOException {
    write(folder.resolve("data_batch_1.bin"), 0, 1);
    DataSet set = DataSets.open(folder.toString(), Part.TRAIN, 32);
    set.close();
    set.close();

    assertThatThrownBy(() -> set.image(0)).isInstanceOf(IllegalStateException.class);
  }
}
