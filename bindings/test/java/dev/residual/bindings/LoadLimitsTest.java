package dev.residual.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class LoadLimitsTest {
  @TempDir Path folder;

  private LoadLimits limits(String limits, String mounts) throws IOException {
    return new LoadLimits(
        Files.writeString(folder.resolve("limits"), limits),
        Files.writeString(folder.resolve("mounts"), mounts));
  }

  @Test
  void theLimitOfAddressesIsRead() throws IOException {
    String line = "Max address space         %s           unlimited            bytes\n";
    assertThat(limits(line.formatted("1126400000"), "").addressSpace()).hasValue(1126400000);
    assertThat(limits(line.formatted("unlimited"), "").addressSpace()).isEmpty();
    assertThat(limits("", "").addressSpace()).isEmpty();
  }

  @Test
  void theMountNearestToAFileTells() throws IOException {
    String mounts =
        """
        21 1 0:20 / / rw,noexec - ext4 /dev/sda rw
        22 21 0:21 / /a\\040b rw,relatime - tmpfs none rw
        23 22 0:22 / /a\\040b/c rw,nosuid,noexec shared:1 - tmpfs none rw
        """;
    LoadLimits limits = limits("", mounts);
    assertThat(limits.isNoexec(Path.of("/x/lib.so"))).isTrue();
    assertThat(limits.isNoexec(Path.of("/a b/lib.so"))).isFalse();
    assertThat(limits.isNoexec(Path.of("/a b/c/lib.so"))).isTrue();
    assertThat(limits.isNoexec(Path.of("/a b/cd/lib.so"))).isFalse();
  }

  @Test
  @EnabledOnOs(value = OS.LINUX, architectures = "amd64")
  void aLimitOfAddressesIsNotTakenForANoexecFolder() throws Exception {
    String classes =
        String.join(
            ":",
            ChildJvm.location(NativeLibrary.class).toString(),
            ChildJvm.natives().toString(),
            ChildJvm.location(LoadLimitsTest.class).toString());
    // Whatever else the JVM needs, a library of 60 MB no longer fits at some limit.
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    String found = "";
    for (int megabytes = 1500;
        megabytes > 700 && !found.contains("failed to map");
        megabytes -= 50) {
      Process process =
          new ProcessBuilder(
                  "sh",
                  "-c",
                  "ulimit -v %d; exec \"$@\"".formatted(megabytes * 1024),
                  "sh",
                  java,
                  "-Xmx32m",
                  "-XX:+UseSerialGC",
                  "-XX:TieredStopAtLevel=1",
                  "-XX:ReservedCodeCacheSize=16m",
                  "-XX:CompressedClassSpaceSize=16m",
                  "-XX:-CreateCoredumpOnCrash",
                  "-XX:ErrorFile=" + folder.resolve("error"),
                  "--enable-native-access=ALL-UNNAMED",
                  "-cp",
                  classes,
                  "dev.residual.probe.LoadOneDnn")
              .redirectErrorStream(true)
              .start();
      found = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      process.waitFor();
    }
    assumeTrue(found.contains("failed to map"), "the JVM failed before the library did");
    assertThat(found)
        .contains("limited to", "ulimit -v unlimited")
        .doesNotContain("noexec", "NOT_EXECUTABLE");
  }
}
