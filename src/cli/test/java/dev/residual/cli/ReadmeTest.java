package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.io.data.DrawnShapes;
import dev.residual.io.weights.WeightFile;
import dev.residual.nn.ResNet;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.lang.reflect.Constructor;
import java.lang.reflect.Method;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.Diagnostic;
import javax.tools.DiagnosticCollector;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/** What the README shows is true: its programs run, its commands exist, its table is up to date. */
class ReadmeTest {
  private static final Pattern PROGRAM = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);
  private static final Pattern COMMAND = Pattern.compile("^    residual (.+)$", Pattern.MULTILINE);
  private static final Pattern SUPPORT =
      Pattern.compile("<!-- support -->\n(.*?)<!-- /support -->", Pattern.DOTALL);

  @TempDir Path folder;

  private static Path file() {
    Path folder = Path.of("").toAbsolutePath();
    while (!Files.exists(folder.resolve("README.md"))) {
      folder = folder.getParent();
    }
    return folder.resolve("README.md");
  }

  @Test
  void everyProgramCompilesAndRuns() throws Exception {
    writeFiles();
    List<String> outputs = new ArrayList<>();
    Matcher programs = PROGRAM.matcher(Files.readString(file()));
    while (programs.find()) {
      outputs.add(run(here(programs.group(1)), "Example" + outputs.size()));
    }
    assertThat(outputs).hasSize(4);
    assertThat(outputs.get(0).lines())
        .hasSize(5)
        .allMatch(l -> l.matches("class \\d+  0\\.\\d+.*"));
    assertThat(outputs.get(1)).startsWith("Metrics[epoch=5, ");
    assertThat(folder.resolve("runs/mine/model.safetensors")).exists();
    assertThat(outputs.get(2)).isEqualTo("Tensor[F32 1x1000]");
    assertThat(outputs.get(3)).isEqualTo("Tensor[F32 1x64x112x112]");
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
    compile(source, name);
    PrintStream screen = System.out;
    ByteArrayOutputStream output = new ByteArrayOutputStream();
    System.setOut(new PrintStream(output, true, StandardCharsets.UTF_8));
    try (URLClassLoader loader = new URLClassLoader(new URL[] {folder.toUri().toURL()})) {
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

  private void compile(String source, String name) {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    DiagnosticCollector<JavaFileObject> diagnostics = new DiagnosticCollector<>();
    JavaFileObject unit =
        new SimpleJavaFileObject(
            URI.create("string:///" + name + ".java"), JavaFileObject.Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return source;
          }
        };
    List<String> options =
        List.of("-d", folder.toString(), "-classpath", System.getProperty("java.class.path"));
    compiler.getTask(null, null, diagnostics, options, null, List.of(unit)).call();
    assertThat(diagnostics.getDiagnostics())
        .filteredOn(diagnostic -> diagnostic.getKind() == Diagnostic.Kind.ERROR)
        .isEmpty();
  }

  @Test
  void everyCommandIsUnderstood() throws IOException {
    Matcher commands = COMMAND.matcher(Files.readString(file()));
    int count = 0;
    while (commands.find()) {
      Console console = Console.system();
      CommandLine commandLine = new CommandLine(new ResidualCommand(), new CommandFactory(console));
      commandLine.parseArgs(commands.group(1).split(" +"));
      count++;
    }
    assertThat(count).isGreaterThan(5);
  }

  @Test
  void theTableOfOperationsIsThatOfTheCases() throws IOException {
    String text = Files.readString(file());
    Matcher section = SUPPORT.matcher(text);
    assertThat(section.find()).isTrue();
    String table = SupportTable.markdown();
    if ("write".equals(System.getProperty("residual.readme"))) {
      assertThat(SupportTable.ofThisProcessor(table))
          .as("only a processor with bf16 and VNNI can tell what is supported")
          .isEqualTo(table);
      Files.writeString(
          file(), text.substring(0, section.start(1)) + table + text.substring(section.end(1)));
    } else {
      assertThat(SupportTable.ofThisProcessor(section.group(1)))
          .as("run this test with -Dresidual.readme=write to bring the README up to date")
          .isEqualTo(SupportTable.ofThisProcessor(table));
    }
  }
}
