package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.cli.picture.PngFile;
import dev.residual.io.data.DrawnShapes;
import dev.residual.io.weights.WeightFile;
import dev.residual.nn.ResNet;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InspectTest {
  @TempDir static Path shared;
  @TempDir Path folder;
  private static Path weights;
  private static Path photo;

  @BeforeAll
  static void writeFiles() throws IOException {
    ResNet network = ResNet.named("resnet20-cifar");
    weights = shared.resolve("weights.safetensors");
    WeightFile.write(weights, network.initializer(1).weights(network.inference(1).graph()));
    photo = shared.resolve("photo.png");
    PngFile.write(photo, new DrawnShapes(1, 40, 1).image(0), 1);
  }

  private static Object[] command(String command, Object... more) {
    List<Object> all = new ArrayList<>(List.of(command, "--model", "resnet20-cifar"));
    all.addAll(List.of("--weights", weights, "--threads", 1));
    all.addAll(Arrays.asList(more));
    return all.toArray();
  }

  private static BufferedImage picture(Path file) throws IOException {
    return ImageIO.read(file.toFile());
  }

  @Test
  void theFolderShowsFiltersBlocksClassesAndLayers() throws IOException {
    Path out = folder.resolve("out");
    Path twin = folder.resolve("photo.bmp");
    Files.copy(photo, twin);
    Path data = Pictures.write(folder.resolve("data"), 3, 4, 32, 2);
    Object[] looks = {"--data", data, "--images", 10, "--out", out, photo, twin};
    Invocation looked = Invocation.success(command("inspect", looks));
    assertThat(looked.err()).contains("names no classes; taken to be those of CIFAR-10");
    assertThat(looked.out().lines())
        .containsExactly(
            out.resolve("filters.png").toString(),
            out.resolve("photo-blocks.png").toString(),
            out.resolve("photo-gradcam.png").toString(),
            out.resolve("photo-2-blocks.png").toString(),
            out.resolve("photo-2-gradcam.png").toString(),
            out.resolve("responses.csv").toString(),
            out.resolve("responses.png").toString());
    assertThat(picture(out.resolve("filters.png")).getWidth())
        .as("all in a row")
        .isGreaterThan(900);
    BufferedImage blocks = picture(out.resolve("photo-blocks.png"));
    assertThat(blocks.getHeight()).as("ten rows").isGreaterThan(1120);
    assertThat(picture(out.resolve("photo-gradcam.png")).getWidth()).isEqualTo(702);
    assertThat(picture(out.resolve("responses.png"))).isNotNull();
    List<String> responses = Files.readAllLines(out.resolve("responses.csv"));
    assertThat(responses).hasSize(20).startsWith("layer,standard deviation");
    assertThat(responses.get(1)).matches("bn1,\\d\\.\\d+");
  }

  @Test
  void aClassIsGivenByNameOrNumber() throws IOException {
    byte[] frog = gradCam("frog");
    assertThat(gradCam("6")).isEqualTo(frog);
    assertThat(gradCam("3")).isNotEqualTo(frog);
    assertThat(Invocation.failure(command("inspect", "--class", "10", "--out", folder, photo)))
        .contains("--class 10 is none of the 10 classes", "0 to 9");
  }

  private byte[] gradCam(String label) throws IOException {
    Path out = folder.resolve(label);
    Invocation.success(command("inspect", "--class", label, "--out", out, photo));
    return Files.readAllBytes(out.resolve("photo-gradcam.png"));
  }

  @Test
  void classificationsAreExplained() throws IOException {
    Path out = folder.resolve("why");
    Invocation classified = Invocation.success(command("classify", "--explain", out, photo));
    Path picture = out.resolve("photo-gradcam.png");
    assertThat(classified.out()).contains("%", picture.toString());
    Path looked = folder.resolve("looked");
    Invocation.success(command("inspect", "--out", looked, photo));
    assertThat(picture)
        .as("of the first class")
        .hasSameBinaryContentAs(looked.resolve("photo-gradcam.png"));
  }

  @Test
  void networksOfOnnxFilesAreInspected() throws IOException {
    Path onnx = folder.resolve("small.onnx");
    Invocation.success("convert", weights, onnx, "--model", "resnet20-cifar", "--fold");
    Path out = folder.resolve("onnx");
    assertThat(Invocation.success("inspect", "--model", onnx, "--out", out, photo).out())
        .contains("filters.png", "photo-blocks.png", "photo-gradcam.png");
  }

  @Test
  void whatInspectDoesNotTakeIsRefused() {
    assertThat(Invocation.wrongUse(command("inspect", "--precision", "bf16", photo)))
        .contains("inspect computes in f32");
    assertThat(Invocation.failure(command("inspect", "--out", photo, photo)))
        .contains("photo.png is a file; --out takes a folder");
    assertThat(Invocation.wrongUse(command("inspect", "--images", 0))).contains("--images is 0");
  }
}
