package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.cli.picture.PngFile;
import dev.residual.io.data.DrawnShapes;
import dev.residual.io.weights.WeightFile;
import dev.residual.nn.ResNet;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What the README shows is true: its programs run, and its commands exist. */
class ReadmeTest {
  private static final Pattern PROGRAM = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
  private static final Pattern COMMAND = Pattern.compile("^    residual (.+)$", Pattern.MULTILINE);

  @TempDir Path folder;

  private static String text() throws IOException {
    return Files.readString(Sources.project().resolve("README.md"));
  }

  @Test
  void everyProgramCompilesAndRuns() throws Exception {
    writeFiles();
    List<String> outputs = new ArrayList<>();
    Matcher programs = PROGRAM.matcher(text());
    while (programs.find()) {
      // What is no program belongs to a module that is not on this class path, and is tested there.
      if (programs.group(1).contains("void main")) {
        outputs.add(run(here(programs.group(1)), "Example" + outputs.size()));
      }
    }
    assertThat(outputs).hasSize(5);
    assertThat(outputs.get(0).lines())
        .hasSize(5)
        .allMatch(l -> l.matches("class \\d+  0\\.\\d+.*"));
    assertThat(outputs.get(1)).startsWith("Metrics[epoch=5, ");
    assertThat(folder.resolve("runs/mine/model.safetensors")).exists();
    assertThat(outputs.get(2)).matches("512 numbers by [0-9a-f]{64}");
    assertThat(outputs.get(3)).matches("\\[-?\\d\\S*(, -?\\d\\S*){4}]");
    assertThat(outputs.get(4)).isEqualTo("[0.0, 0.0, 0.0, 0.0, 0.0]");
  }

  /** What the programs read. */
  private void writeFiles() throws IOException {
    ResNet network = ResNet.named("resnet18");
    WeightFile.write(
        folder.resolve("resnet18.pth"),
        network.initializer(1).weights(network.inference(1).graph()));
    PngFile.write(folder.resolve("photo.jpg"), new DrawnShapes(1, 64, 1).image(0), 1);
    Pictures.dataSet(folder.resolve("my-images"));
  }

  /** A program with the files of this test for those that it names. */
  private String here(String source) {
    return source
        .replace("Path.of(\"", "Path.of(\"" + folder + "/")
        .replace("\"my-images\"", "\"" + folder + "/my-images\"");
  }

  private String run(String source, String name) throws Exception {
    Sources sources = new Sources(folder);
    sources.compile(name, source);
    PrintStream screen = System.out;
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    System.setOut(new PrintStream(output, true, StandardCharsets.UTF_8));
    try (URLClassLoader loader = sources.loader()) {
      Class<?> program = loader.loadClass(name);
      Constructor<?> constructor = program.getDeclaredConstructor();
      constructor.setAccessible(true);
      Method main = program.getDeclaredMethod("main");
      main.setAccessible(true);
      main.invoke(constructor.newInstance());
    } finally {
      System.setOut(screen);
    }
    return output.toString(StandardCharsets.UTF_8).strip();
  }

  @Test
  void everyCommandIsUnderstood() throws IOException {
    Matcher commands = COMMAND.matcher(text());
    int count = 0;
    while (commands.find()) {
      Console console = Console.system();
      CommandLine commandLine = new CommandLine(new ResidualCommand(), new CommandFactory(console));
      commandLine.parseArgs(commands.group(1).split(" +"));
      count++;
    }
    assertThat(count).isGreaterThan(5);
  }
}
