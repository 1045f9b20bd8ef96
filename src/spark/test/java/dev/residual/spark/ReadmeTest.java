package dev.residual.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the README shows for Spark compiles. */
class ReadmeTest {
  private static final Pattern TRAINING =
      Pattern.compile("```java\n(ResidualModel model.*?)```", Pattern.DOTALL);

  private static final String PROGRAM =
      """
      import dev.residual.spark.*;
      import org.apache.spark.sql.*;

      class Example {
        void run(Dataset<Row> images) {
          %s
        }
      }
      """;

  @TempDir Path folder;

  @Test
  void theTrainingCompiles() throws Exception {
    Matcher training = TRAINING.matcher(Files.readString(Path.of("../../README.md")));
    assertThat(training.find()).isTrue();
    Path source = folder.resolve("Example.java");
    Files.writeString(source, PROGRAM.formatted(training.group(1)));
    StringWriter words = new StringWriter();
    var compiler = ToolProvider.getSystemJavaCompiler();
    var files = compiler.getStandardFileManager(null, null, null);
    List<String> options =
        List.of("-d", folder.toString(), "-cp", System.getProperty("java.class.path"));
    boolean compiles =
        compiler
            .getTask(words, files, null, options, null, files.getJavaFileObjects(source))
            .call();
    assertThat(compiles).as("%s", words).isTrue();
  }
}
