package dev.residual.io.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.residual.io.images.Images;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ClassIndexTest {
  @TempDir Path folder;

  private ClassIndex read(String text) throws IOException {
    return ClassIndex.read(Files.writeString(folder.resolve("classes.txt"), text));
  }

  @Test
  void linesAreAFolderAndAnIndex() throws IOException {
    assertThat(read("n1 7\n\n great white shark\t 2 \r\nx 0").outputs())
        .isEqualTo(Map.of("n1", 7, "great white shark", 2, "x", 0));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a 1;b|line 2: 'b' is not a folder and an index",
        "a -1|line 1: 'a -1' is not",
        "a 1.5|line 1: 'a 1.5' is not",
        "a 1;;b 100000|line 3: index 100000 is above 99999",
        "a 1;a 2|line 2: a second index for 'a'",
        ";|has no lines 'folder index'"
      })
  void otherLinesAreNamed(String lines, String message) {
    assertThatThrownBy(() -> read(lines.replace(';', '\n')))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("classes.txt")
        .hasMessageContaining(message);
  }

  @Test
  void aByteOrderMarkAndEndsOfLinesAsWindowsHasThemArePassedOver() throws IOException {
    assertThat(read("\uFEFFcat 3\r\ndog 5\r\n").outputs()).isEqualTo(Map.of("cat", 3, "dog", 5));
  }

  @ParameterizedTest
  @ValueSource(strings = {" ", "a ", "1 ", "1", " 1"})
  void longLinesTakeTimeInProportion(String part) throws IOException {
    String line = "x" + part.repeat(400_000) + "y";

    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () ->
            assertThatThrownBy(() -> read(line))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("line 1")
                .hasMessageContaining("is not a folder and an index"));
  }

  @Test
  void aListThatIsNoneIsNotReadToItsEnd() throws IOException {
    Path large = folder.resolve("large.txt");
    try (var file = new RandomAccessFile(large.toFile(), "rw")) {
      file.setLength(1L << 33);
    }

    assertThatThrownBy(() -> ClassIndex.read(large))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("large.txt has more than 16 MiB");
  }

  @ParameterizedTest
  @CsvSource({
    "a 1;b 0, 2, true",
    "a 1;b 0, 9, true",
    "a b 7, 9, true",
    "Sedan 2012;Coupe 2012, 2, false",
    "Sedan 1;Sedan 0, 2, false",
    "a 1;b 1, 2, false",
    "a 2;b 1, 2, false",
    "a 0;b, 2, false"
  })
  void numbersAreIndicesWhereEachIsOneOfItsOwn(String lines, int outputs, boolean numbering) {
    assertThat(ClassIndex.numbering(List.of(lines.split(";")), outputs).isPresent())
        .isEqualTo(numbering);
  }

  @Test
  void bytesThatAreNoTextAndMissingFilesAreRefused() throws IOException {
    Path binary = Files.write(folder.resolve("x"), new byte[] {-1, -2, -3});

    assertThatThrownBy(() -> ClassIndex.read(binary)).hasMessageContaining("not a text in UTF-8");
    assertThatThrownBy(() -> ClassIndex.read(folder.resolve("none")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("none: no such file");
  }

  @Test
  void labelsBecomeTheIndices() throws IOException {
    String spec = Images.folder(folder.resolve("set"), "a/1.png", "b/2.png").toString();

    try (DataSet set = read("b 1\na 3").relabel(DataSets.open(spec, Part.TEST, 32))) {
      assertThat(set.label(0)).isEqualTo(3);
      assertThat(set.label(1)).isEqualTo(1);
      assertThat(set.classes()).containsExactly("0", "b", "2", "a");
      assertThat(set.name(0)).isEqualTo("a/1.png");
      assertThatThrownBy(() -> read("b 1").relabel(set))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("class '0' has no index");
    }
  }

  @Test
  void aClassOfSeveralFoldersHasTheNamesOfAll() throws IOException {
    Path root = Images.folder(folder.resolve("data"), "moth/1.png", "ant/1.png", "bee/1.png");
    String lines = "moth 1\nant 1\nbee 1\nwasp 0\nfly 1";
    try (DataSet set = read(lines).relabel(DataSets.open(root.toString(), Part.TEST, 32))) {
      assertThat(set.classes()).containsExactly("wasp", "ant, bee, fly, moth");
    }
  }
}
