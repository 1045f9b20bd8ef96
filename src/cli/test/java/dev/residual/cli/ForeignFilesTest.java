package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.io.weights.ModelCard;
import dev.residual.io.weights.Safetensors;
import dev.residual.nn.Model;
import dev.residual.nn.ResNet;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Names, labels and images as others make them, and the locales that they meet. */
class ForeignFilesTest {
  @TempDir static Path folder;

  private static Path image;

  @BeforeAll
  static void draw() throws IOException {
    image = folder.resolve("image.png");
    ImageIO.write(new BufferedImage(32, 32, BufferedImage.TYPE_INT_RGB), "png", image.toFile());
  }

  /** Untrained weights of a network for these classes. */
  private static Path weights(List<String> classes) throws IOException {
    ResNet network = ResNet.named("resnet20-cifar").classes(classes.size());
    Model model = network.inference(1);
    Path file = Files.createTempFile(folder, "model", ".safetensors");
    Safetensors.write(
        file,
        network.initializer(0).weights(model.graph()),
        new ModelCard(network.name(), 32, classes).metadata());
    return file;
  }

  /** A set of one image for each class. */
  private static Path set(String... classes) throws IOException {
    Path set = Files.createTempDirectory(folder, "set");
    for (String name : classes) {
      Files.copy(image, Files.createDirectory(set.resolve(name)).resolve("1.png"));
    }
    return set;
  }

  private static Object[] command(String name, Path weights, Object... more) {
    Object[] all = new Object[more.length + 5];
    System.arraycopy(
        new Object[] {name, "--model", "resnet20-cifar", "--weights", weights}, 0, all, 0, 5);
    System.arraycopy(more, 0, all, 5, more.length);
    return all;
  }

  @ParameterizedTest
  @CsvSource({
    "'\uFEFFSedan 2012\r\nSedan 2010\r\nCoupe 2012', Sedan 2012, Sedan 2010, Coupe 2012",
    "'moon 2\nround thing 1\nstar 0', star, round thing, moon",
    "'moon 2\nsun 1', class 0, sun, moon"
  })
  void labelsThatEndInNumbersAreNamesUnlessTheyNumber(String text, String a, String b, String c)
      throws IOException {
    Path labels = Files.writeString(folder.resolve("labels.txt"), text);

    String out =
        Invocation.success(
                command("classify", weights(List.of("x", "y", "z")), "--labels", labels, image))
            .out();

    assertThat(out.lines().skip(1).map(line -> line.substring(line.indexOf('%') + 3)))
        .containsExactlyInAnyOrder(a, b, c);
  }

  @Test
  void namesFromFilesAreOneLineWithoutControls() throws IOException {
    Path weights = weights(List.of("a\u001B[31m\nb", "c\u009B5m", "d\u202Ee"));

    String out = Invocation.success(command("classify", weights, image)).out();
    String error = Invocation.failure(command("evaluate", weights, "--data", set("f\u001B[1m\ng")));

    assertThat(out.lines()).hasSize(4);
    assertThat(out).contains("a [31m b", "c 5m", "d e");
    assertThat(error).contains("the class 'f [1m g' is not among the 3 that");
    assertThat(out + error).doesNotContainPattern("[\\p{Cc}\\p{Cf}&&[^\n]]");
  }

  @Test
  void classesThatTheFileDoesNotNameAreRefused() throws IOException {
    Path weights = weights(List.of("cat", "dog"));

    assertThat(Invocation.success(command("evaluate", weights, "--data", set("dog"))).out())
        .contains("images  1");
    assertThat(Invocation.failure(command("evaluate", weights, "--data", set("bear", "cat"))))
        .contains("the class 'bear' is not among the 2 that", "--classes F");
  }

  @Test
  void viewsOfAnImageAreAveraged() throws IOException {
    Path weights = weights(List.of("cat", "dog"));
    Path set = set("cat", "dog");

    // Of a black image all parts are the same: one of the two is right.
    for (String views : List.of("--ten-crop", "--scales=32,48", "--flip", "--shifts")) {
      assertThat(Invocation.success(command("evaluate", weights, "--data", set, views)).out())
          .contains("images  2", "top-1   1, 50.00 %", "top-5   2, 100.00 %");
    }
    assertThat(
            Invocation.wrongUse(
                command("evaluate", weights, "--data", set, "--ten-crop", "--transform=crop32")))
        .contains("--ten-crop: ten crops need a transform resizeR-cropC");
    assertThat(
            Invocation.wrongUse(
                command("evaluate", weights, "--data", set, "--ten-crop", "--scales=32")))
        .contains("only one of --scales, --ten-crop, --flip and --shifts is possible");
    assertThat(
            Invocation.wrongUse(
                command("evaluate", weights, "--data", set, "--flip", "--transform=none")))
        .contains("--flip: views need a transform resizeR-cropC or cropC");
    assertThat(
            Invocation.wrongUse(
                command("evaluate", weights, "--data", set, "--scales=32", "--transform=crop32")))
        .contains("--scales goes without --transform");
    assertThat(Invocation.wrongUse(command("evaluate", weights, "--data", set, "--scales=32,0")))
        .contains("--scales is 0, expected 1 to 2048");
  }

  @Test
  void whatOfASetIsLeftOutIsNoted() throws IOException {
    Path set = set("cat", "dog");
    Files.writeString(set.resolve("cat/notes.txt"), "notes");

    Invocation run =
        Invocation.success(command("evaluate", weights(List.of("cat", "dog")), "--data", set));

    assertThat(run.err()).contains("note: ", "are left out: 1, as 'cat/notes.txt'");
  }

  @ParameterizedTest
  @ValueSource(strings = {"resize1-crop8192", "resize8192-crop224", "crop8192"})
  void sizesOfTransformsAreLimited(String transform) throws IOException {
    assertThat(
            Invocation.wrongUse(
                command("classify", weights(List.of("a", "b")), "--transform", transform, image)))
        .contains("is 8192, expected 1 to 2048");
  }

  @ParameterizedTest
  @CsvSource({"ar, EG", "de, DE", "hi, IN"})
  void numbersLookAlikeInEveryCountry(String language, String country) throws Exception {
    Path weights = weights(List.of("cat", "dog"));
    List<String> locale = List.of("-Duser.language=" + language, "-Duser.country=" + country);

    Subprocess evaluated =
        Subprocess.run(locale, strings(command("evaluate", weights, "--data", set("cat"))));
    Subprocess refused =
        Subprocess.run(
            locale, strings(command("classify", weights, "--transform", "crop9999", image)));

    assertThat(evaluated.output()).contains("images  1", "top-5   1, 100.00 %");
    assertThat(refused.output()).contains("crop is 9999, expected 1 to 2048");
  }

  @Test
  void namesBeyondAsciiAreWrittenWithoutALocaleToo() throws Exception {
    Path weights = weights(List.of("chat_\u00E9", "\u732B"));
    ProcessBuilder builder =
        Subprocess.builder(List.of(), strings(command("classify", weights, image)));
    builder.environment().put("LC_ALL", "C");
    Process process = builder.start();

    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

    assertThat(process.waitFor()).as(out).isZero();
    assertThat(out).contains("chat_\u00E9", "\u732B");
  }

  /** A megabyte of zeroes for three hundred of pixels. */
  @Test
  void anImageThatTheHeapHasNoRoomForIsRefusedInOneLine() throws Exception {
    Path large = folder.resolve("large.png");
    var pixels = new BufferedImage(10_000, 10_000, BufferedImage.TYPE_BYTE_BINARY);
    ImageIO.write(pixels, "png", large.toFile());

    Subprocess run =
        Subprocess.run(
            List.of("-Xmx64m"),
            strings(command("classify", weights(List.of("cat", "dog")), large)));

    assertThat(run.code()).isEqualTo(1);
    assertThat(run.output().lines().filter(line -> line.startsWith("residual: ")))
        .singleElement()
        .asString()
        .contains("large.png: cannot decode the image", "the Java heap, of 6", "-Xmx");
  }

  private static String[] strings(Object[] arguments) {
    String[] strings = new String[arguments.length];
    for (int i = 0; i < strings.length; i++) {
      strings[i] = arguments[i].toString();
    }
    return strings;
  }
}
