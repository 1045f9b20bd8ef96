package dev.residual.bindings;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.probe.LoadOneDnn;
import java.io.File;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** On class path and module path, with native access granted and not. */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64")
class NativeAccessTest {

  private static final String CLASSES = ChildJvm.bindings();
  private static final String PROBE = ChildJvm.location(LoadOneDnn.class).toString();
  private static final String MAIN = LoadOneDnn.class.getName();

  @Test
  void loadsOnTheClassPath() throws Exception {
    String output =
        ChildJvm.run(
            "--illegal-native-access=deny",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            CLASSES + File.pathSeparator + PROBE,
            MAIN);
    assertThat(output).startsWith("oneDNN 3.").contains("in module null");
  }

  @Test
  void loadsOnTheModulePathWithAccessForTheBindingsAlone() throws Exception {
    String output =
        ChildJvm.run(
            "--illegal-native-access=deny",
            "--enable-native-access=dev.residual.bindings",
            "-p",
            CLASSES,
            "--add-modules",
            "dev.residual.bindings",
            "-cp",
            PROBE,
            MAIN);
    assertThat(output).startsWith("oneDNN 3.").contains("in module dev.residual.bindings");
  }

  @Test
  void namesTheOptionWhenTheClassPathHasNoAccess() throws Exception {
    String output =
        ChildJvm.run(
            "--illegal-native-access=deny", "-cp", CLASSES + File.pathSeparator + PROBE, MAIN);
    assertThat(output)
        .startsWith("ACCESS_DENIED")
        .contains("allow it: java --enable-native-access=ALL-UNNAMED");
  }

  @Test
  void namesTheOptionWhenTheModuleHasNoAccess() throws Exception {
    String output =
        ChildJvm.run(
            "--illegal-native-access=deny",
            "-p",
            CLASSES,
            "--add-modules",
            "dev.residual.bindings",
            "-cp",
            PROBE,
            MAIN);
    assertThat(output)
        .startsWith("ACCESS_DENIED")
        .contains("allow it: java --enable-native-access=dev.residual.bindings");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "small", "virtual"})
  void threadsWithLittleStackLoadToo(String how) throws Exception {
    ChildJvm.Outcome outcome =
        ChildJvm.run(
            Map.of(),
            "-Xss256k",
            "--enable-native-access=ALL-UNNAMED",
            "-cp",
            CLASSES + File.pathSeparator + PROBE,
            MAIN,
            how);
    assertThat(outcome.output()).startsWith("oneDNN 3.");
    assertThat(outcome.exit()).isZero();
  }

  @Test
  void aGeneratedFunctionReportsTheMissingLibraryItself() throws Exception {
    String output =
        ChildJvm.run(
            "--enable-native-access=ALL-UNNAMED",
            "-Dresidual.onednn.path=/absent",
            "-cp",
            CLASSES + File.pathSeparator + PROBE,
            MAIN,
            "direct");
    assertThat(output).as("and no ExceptionInInitializerError").startsWith("MISSING");
  }
}
