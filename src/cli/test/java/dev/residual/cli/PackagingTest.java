package dev.residual.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What our jars hold, or the folders of classes that become jars later in the build. */
class PackagingTest {
  private static final String NATIVES = "dev/residual/natives/linux-x86_64/onednn.sha256";
  private static final String PROTOBUF = "dev/residual/io/onnx/protobuf/Message.class";
  private static final long MOST_BYTES = 20_000_000;

  @Test
  void nativeLibrariesAreSmall() throws Exception {
    check(
        NATIVES,
        root -> {
          try (var files = Files.walk(root)) {
            List<Path> regular = files.filter(Files::isRegularFile).toList();
            long bytes = 0;
            for (Path file : regular) {
              bytes += Files.size(file);
            }
            assertThat(bytes).as("bytes of %s", regular).isLessThan(MOST_BYTES);
          }
        });
  }

  @Test
  void theNoticeNamesEachLibraryThatIsCarried() throws Exception {
    check(
        NATIVES,
        root ->
            assertThat(Files.readAllLines(root.resolve(NATIVES)))
                .hasSize(2)
                .allSatisfy(line -> assertThat(notice(root)).contains(line.split("\\s+")[1])));
  }

  @ParameterizedTest
  @ValueSource(strings = {NATIVES, PROTOBUF})
  void whatIsCarriedHasItsLicence(String carried) throws Exception {
    check(
        carried,
        root ->
            assertThat(
                    Pattern.compile("licenses/[\\w.-]+\\.txt")
                        .matcher(notice(root))
                        .results()
                        .map(MatchResult::group))
                .isNotEmpty()
                .allSatisfy(
                    name -> assertThat(root.resolve("META-INF").resolve(name)).isNotEmptyFile()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        NATIVES,
        PROTOBUF,
        "dev/residual/bindings/Platform.class",
        "dev/residual/Backends.class",
        "dev/residual/io/Classifier.class",
        "dev/residual/cli/Main.class"
      })
  void eachHasOurLicence(String resource) throws Exception {
    check(
        resource,
        root -> assertThat(root.resolve("META-INF/LICENSE")).content().contains("Apache License"));
  }

  private static String notice(Path root) throws IOException {
    return Files.readString(root.resolve("META-INF/NOTICE"));
  }

  private interface Check {
    void of(Path root) throws IOException;
  }

  /** Checks the root of the jar or folder that holds a resource. */
  private static void check(String resource, Check check) throws IOException, URISyntaxException {
    URI found = PackagingTest.class.getClassLoader().getResource(resource).toURI();
    if (found.getScheme().equals("jar")) {
      try (FileSystem jar = FileSystems.newFileSystem(found, Map.of())) {
        check.of(jar.getPath("/"));
      }
    } else {
      Path root = Path.of(found);
      for (int i = resource.split("/").length; i > 0; i--) {
        root = root.getParent();
      }
      check.of(root);
    }
  }
}
