package dev.residual.io.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.residual.io.images.Images;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class DataSetsTest {
  @TempDir Path folder;

  /** A folder, or an archive, with images at these paths. */
  private String store(boolean zip, String... paths) throws IOException {
    return zip
        ? Images.zip(folder.resolve("set.zip"), paths).toString()
        : Images.folder(folder.resolve("set"), paths).toString();
  }

  private static List<String> names(DataSet set) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < set.size(); i++) {
      names.add(set.name(i) + "=" + set.label(i));
    }
    return names;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void foldersInSortedOrderAreTheClasses(boolean zip) throws IOException {
    String spec = store(zip, "dog/b.png", "cat/2.PNG", "cat/1.png", "dog/deep/a.png");

    try (DataSet set = DataSets.open(spec, Part.TEST, 32)) {
      assertThat(set.classes()).containsExactly("cat", "dog");
      assertThat(names(set))
          .containsExactly("cat/1.png=0", "cat/2.PNG=0", "dog/b.png=1", "dog/deep/a.png=1");
      assertThat(set.image(2).rgb()).isEqualTo(Images.pattern(4, 5).rgb());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void partsServeTrainingAndEvaluation(boolean zip) throws IOException {
    String spec =
        store(
            zip, "train/a/1.png", "train/b/2.png", "train/c/2.png", "val/b/3.png", "test/c/4.png");

    try (DataSet train = DataSets.open(spec, Part.TRAIN, 32);
        DataSet validation = DataSets.open(spec, Part.VALIDATION, 32);
        DataSet test = DataSets.open(spec, Part.TEST, 32)) {
      assertThat(names(train))
          .containsExactly("train/a/1.png=0", "train/b/2.png=1", "train/c/2.png=2");
      // Numbers are those of training, though a class is not there.
      assertThat(names(validation)).containsExactly("val/b/3.png=1");
      assertThat(names(test)).containsExactly("test/c/4.png=2");
      assertThat(test.classes()).containsExactly("a", "b", "c");
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"VALIDATION", "TEST"})
  void oneEvaluationPartServesBothWays(Part part) throws IOException {
    String spec = store(false, "train/a/1.png", "test/a/2.png");

    try (DataSet set = DataSets.open(spec, part, 32)) {
      assertThat(names(set)).containsExactly("test/a/2.png=0");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "train/"})
  void withoutPartsEveryTenthImageOfAClassIsHeldOut(String prefix) throws IOException {
    List<String> paths = new ArrayList<>();
    for (int i = 10; i < 23; i++) {
      paths.add(prefix + "a/" + i + ".png");
    }
    paths.add(prefix + "b/1.png");
    String spec = store(false, paths.toArray(String[]::new));

    try (DataSet train = DataSets.open(spec, Part.TRAIN, 32);
        DataSet validation = DataSets.open(spec, Part.VALIDATION, 32)) {
      assertThat(names(validation)).containsExactly(prefix + "a/11.png=0", prefix + "a/21.png=0");
      assertThat(train.size()).isEqualTo(12);
      assertThat(names(train))
          .contains(prefix + "b/1.png=1")
          .doesNotContainAnyElementsOf(names(validation));
      assertThat(train.classes()).isEqualTo(validation.classes());
    }
  }

  @Test
  void trainingImagesAloneServeNoTest() throws IOException {
    String spec = store(false, "train/a/1.png");

    assertThatThrownBy(() -> DataSets.open(spec, Part.TEST, 32))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("has the parts train/, but no test/ or val/ for evaluation");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void hiddenAndOtherFilesArePassedOver(boolean zip) throws IOException {
    String spec =
        store(
            zip,
            "set/cat/1.png",
            "set/cat/notes.txt",
            "set/cat/.2.png",
            "set/.git/3.png",
            "__MACOSX/set/cat/._1.png",
            "set/dog/4.png");

    try (DataSet set = DataSets.open(spec, Part.TEST, 32)) {
      assertThat(names(set)).containsExactly("set/cat/1.png=0", "set/dog/4.png=1");
    }
  }

  @Test
  void aClassMayHaveTheNameOfAPart() throws IOException {
    String spec = store(false, "car/1.png", "train/2.png");

    try (DataSet set = DataSets.open(spec, Part.TEST, 32)) {
      assertThat(set.classes()).containsExactly("car", "train");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anEmptyClassFolderIsNamed(boolean zip) throws IOException {
    String spec = store(zip, "cat/1.png", "dog/");

    assertThatThrownBy(() -> DataSets.open(spec, Part.TEST, 32))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("the class folder 'dog' holds no");
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aClassThatIsNotTrainedIsNamed(boolean zip) throws IOException {
    String spec = store(zip, "train/a/1.png", "test/b/1.png");

    assertThatThrownBy(() -> DataSets.open(spec, Part.TEST, 32))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("the class 'b' is not among those for training");
  }

  @Test
  void imagesWithoutClassFoldersAreRefused() throws IOException {
    String spec = store(false, "1.png", "2.png");

    assertThatThrownBy(() -> DataSets.open(spec, Part.TEST, 32))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("has no class folders");
    Path empty = Files.createDirectory(folder.resolve("empty"));
    assertThatThrownBy(() -> DataSets.open(empty.toString(), Part.TEST, 32))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("empty has no class folders");
  }

  @Test
  void whatIsNoDataSetIsRefusedWithWhatWouldBe() throws IOException {
    Path text = Files.writeString(folder.resolve("set.tar"), "x");
    Path broken = Files.writeString(folder.resolve("broken.zip"), "PK no zip");

    assertThatThrownBy(() -> DataSets.open(folder + "/none", Part.TRAIN, 32))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("/none does not exist: expected 'shapes', a folder or .zip");
    assertThatThrownBy(() -> DataSets.open(text.toString(), Part.TRAIN, 32))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is a file other than .zip");
    assertThatThrownBy(() -> DataSets.open(broken.toString(), Part.TRAIN, 32))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("broken.zip: not a zip archive");
    assertThatThrownBy(() -> DataSets.open("a\0b", Part.TRAIN, 32))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is not a path");
  }

  @ParameterizedTest
  @CsvSource({"Train, Test", "TRAINING, testing", "train, Valid", "train, validation"})
  void partsHaveOtherNamesToo(String train, String test) throws IOException {
    String spec = store(true, train + "/a/1.png", test + "/a/2.png", test + "/a/3.png");

    try (DataSet trained = DataSets.open(spec, Part.TRAIN, 32);
        DataSet tested = DataSets.open(spec, Part.TEST, 32)) {
      assertThat(names(trained)).containsExactly(train + "/a/1.png=0");
      assertThat(names(tested)).containsExactly(test + "/a/2.png=0", test + "/a/3.png=0");
    }
  }

  @Test
  void twoFoldersForOnePartAreRefused() throws IOException {
    String spec = store(false, "train/a/1.png", "val/a/2.png", "valid/a/3.png");

    assertThatThrownBy(() -> DataSets.open(spec, Part.TRAIN, 32))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("two folders for one part, val/ and valid/");
  }

  @ParameterizedTest
  @ValueSource(strings = {"set\\cat\\1.png", "./cat/1.png", "cat//1.png", "./set/./cat/1.png"})
  void archivesMayHaveOtherSeparatorsAndStepsThatLeadNowhere(String path) throws IOException {
    String spec = store(true, path, path.replace("cat", "dog"));

    try (DataSet set = DataSets.open(spec, Part.TEST, 32)) {
      assertThat(set.classes()).containsExactly("cat", "dog");
      assertThat(set.image(1).height()).isEqualTo(5);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"dog//", "x/", "cat/../", "./", "//", "/"})
  void folderNamesThatAreEmptyAreNoClasses(String path) throws IOException {
    String spec = store(true, "top/cat/1.png", "top/dog/2.png", "top/" + path);

    try {
      DataSets.open(spec, Part.TEST, 32).close();
    } catch (IOException e) {
      assertThat(e).hasMessageContaining("the class folder 'x' holds no");
    }
  }

  @Test
  void twoEntriesOfOnePathAreRefused() throws IOException {
    String spec = store(true, "cat/1.png", "cat//1.png");

    assertThatThrownBy(() -> DataSets.open(spec, Part.TEST, 32))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("there are two files 'cat/1.png'");
  }

  @Test
  void whatIsLeftOutIsNoted() throws IOException {
    String spec =
        store(
            true,
            "train/a/1.png",
            "train/a/notes.txt",
            "train/a/Thumbs.db",
            "train/b/2.avif",
            "train/b/3.png",
            "train/4.png",
            "extra/5.png",
            ".DS_Store");
    List<String> notes = new ArrayList<>();

    DataSets.open(spec, Part.TRAIN, 32, notes::add).close();

    assertThat(notes)
        .satisfiesExactlyInAnyOrder(
            note -> assertThat(note).contains("'extra/' beside train/ is left out"),
            note -> assertThat(note).contains("no image").contains("2, as 'train/"),
            note ->
                assertThat(note).contains("beside the class folders").contains("1, as '4.png'"));
  }

  @Test
  void namesFromArchivesAreQuotedOnOneLine() throws IOException {
    String spec = store(true, "cat\u001B[31m\n\u009Bevil\u202E/1.txt", "dog/1.png");

    assertThatThrownBy(() -> DataSets.open(spec, Part.TEST, 32))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("'cat [31m evil ' holds no");
  }

  @Test
  void foldersNestedWithoutMeasureAreRefusedSoon() throws IOException {
    String spec = store(true, "c/" + "a/".repeat(30_000) + "1.png");

    IOException refused =
        assertTimeoutPreemptively(
            Duration.ofSeconds(20),
            () -> assertThrows(IOException.class, () -> DataSets.open(spec, Part.TEST, 32)));

    assertThat(refused).hasMessageContaining("lies below 30001 folders, at most 100");
    assertThat(refused.getMessage().length()).isLessThan(500);
  }

  @Test
  void linksAreFollowedButNotWithoutEnd() throws IOException {
    Path set = Images.folder(folder.resolve("set"), "cat/1.png", "real/2.png");
    Files.createSymbolicLink(set.resolve("dog"), set.resolve("real"));
    Files.createSymbolicLink(set.resolve("real/around"), set);
    try (DataSet data = DataSets.open(set.toString(), Part.TEST, 32)) {
      assertThat(data.classes()).containsExactly("cat", "dog", "real");
      assertThat(names(data)).contains("cat/1.png=0", "dog/2.png=1", "real/2.png=2");
    }
    // Each of these folders has two links to the next one: 2^40 paths.
    Path fan = Images.folder(folder.resolve("fan"), "0/");
    for (int i = 0; i < 40; i++) {
      Path next = Files.createDirectory(folder.resolve("next" + i));
      Path at = i == 0 ? fan.resolve("0") : folder.resolve("next" + (i - 1));
      Files.createSymbolicLink(at.resolve("a"), next);
      Files.createSymbolicLink(at.resolve("b"), next);
    }
    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () ->
            assertThatThrownBy(() -> DataSets.open(fan.toString(), Part.TEST, 32))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("links lead to this folder more than 100 times"));
  }

  /** Names of files are bytes: whatever the locale, these are UTF-8 and Latin-1. */
  @Test
  void namesBeyondAsciiAreReadInEveryLocale() throws IOException {
    String root = Files.createDirectory(folder.resolve("set")).toUri().toString();
    for (String name : List.of("chat_%C3%A9", "%E7%8C%AB", "g%E9", "g%E8")) {
      Path cat = Files.createDirectory(Path.of(URI.create(root + name)));
      Files.write(
          Path.of(URI.create(cat.toUri() + "%C3%BC.png")),
          Images.encode(Images.pattern(4, 5), "png"));
    }

    try (DataSet set = DataSets.open(folder.resolve("set").toString(), Part.TEST, 32)) {
      assertThat(set.classes()).containsExactly("chat_\u00E9", "g\u00E8", "g\u00E9", "\u732B");
      assertThat(set.name(3)).isEqualTo("\u732B/\u00FC.png");
      for (int i = 0; i < 4; i++) {
        assertThat(set.image(i).rgb()).isEqualTo(Images.pattern(4, 5).rgb());
      }
    }
  }

  @Test
  void oldArchivesHaveNamesInTheEncodingOfDos() throws IOException {
    Path file = Images.zip(folder.resolve("set.zip"), "chat_x/1.png", "dog/2.png");
    byte[] bytes = Files.readAllBytes(file);
    for (int i = 0; i + 1 < bytes.length; i++) {
      if (bytes[i] == '_' && bytes[i + 1] == 'x') {
        bytes[i + 1] = (byte) 0x82;
      }
    }
    // The flag of names in UTF-8, in the headers of files and of the directory.
    for (int i = 0; i + 8 < bytes.length; i++) {
      if (bytes[i] == 'P' && bytes[i + 1] == 'K' && (bytes[i + 2] == 1 || bytes[i + 2] == 3)) {
        bytes[i + (bytes[i + 2] == 1 ? 9 : 7)] &= ~8;
      }
    }
    Files.write(file, bytes);

    try (DataSet set = DataSets.open(file.toString(), Part.TEST, 32)) {
      assertThat(set.classes()).containsExactly("chat_\u00E9", "dog");
      assertThat(set.image(0).rgb()).hasSize(60);
    }
  }

  @Test
  void pathsFromTheRootOfAnArchiveArePassedOver() throws IOException {
    String spec = store(true, "/x.png", "//y.png", "../a/z.png", "cat/1.png");

    try (DataSet set = DataSets.open(spec, Part.TEST, 32)) {
      assertThat(names(set)).containsExactly("cat/1.png=0");
    }
  }

  @Test
  void aDamagedEntryIsNamedWhenItIsRead() throws IOException {
    Path zip = Images.zip(folder.resolve("set.zip"), "cat/1.png", "cat/2.png");
    byte[] bytes = Files.readAllBytes(zip);
    // The first entry's content begins after 30 bytes of header and its name.
    java.util.Arrays.fill(bytes, 39, 100, (byte) 0x55);
    Files.write(zip, bytes);

    try (DataSet set = DataSets.open(zip.toString(), Part.TEST, 32)) {
      assertThatThrownBy(() -> set.image(0))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("set.zip!/cat/1.png: ");
      assertThat(set.image(1).rgb()).hasSize(75);
    }
  }

  @Test
  void aClosedArchiveIsAnIllegalState() throws IOException {
    DataSet set = DataSets.open(store(true, "cat/1.png"), Part.TEST, 32);
    set.close();
    set.close();

    assertThatThrownBy(() -> set.image(0)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void shapesNeedNoFiles() throws IOException {
    try (DataSet train = DataSets.open("shapes", Part.TRAIN, 16);
        DataSet test = DataSets.open("shapes", Part.TEST, 16)) {
      assertThat(train.size()).isEqualTo(10_000);
      assertThat(test.size()).isEqualTo(2_000);
      assertThat(train.image(0).rgb()).hasSize(3 * 16 * 16).isNotEqualTo(test.image(0).rgb());
    }
  }
}
