package dev.residual.bindings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class AvailableMemoryTest {
  @TempDir Path root;
  private Path own = Path.of("");

  @BeforeEach
  void ownGroup() throws IOException {
    own = Files.writeString(root.resolve("own"), "1:name=other:/\n0::/jobs/mine\n");
  }

  private void group(String name, String limit, long used, String statistics) throws IOException {
    Path group = Files.createDirectories(root.resolve(name));
    Files.writeString(group.resolve("memory.max"), limit + "\n");
    Files.writeString(group.resolve("memory.current"), used + "\n");
    Files.writeString(group.resolve("memory.stat"), statistics);
  }

  @Test
  void filesThatAreKeptInMemoryMakeRoom() throws IOException {
    group("", "8000", 7900, "anon 900\ninactive_file 4000\nactive_file 3000\n");
    assertThat(AvailableMemory.groups(root, own)).isEqualTo(7100);
  }

  @Test
  void theTightestOfTheGroupsAroundTheProcessCounts() throws IOException {
    group("", "max", 7000, "");
    group("jobs", "5000", 1000, "");
    group("jobs/mine", "6000", 500, "");
    group("jobs/others", "10", 10, "");
    assertThat(AvailableMemory.groups(root, own)).isEqualTo(4000);
    group("jobs/mine", "1000", 2000, "");
    assertThat(AvailableMemory.groups(root, own)).isZero();
  }

  @Test
  void groupsOfTheFirstVersionLieBelowTheirController() throws IOException {
    Files.writeString(own, "5:cpuset:/\n4:cpu,memory:/docker/mine\n0::/\n");
    firstVersion("", 9_223_372_036_854_771_712L, 70_000, "");
    firstVersion("docker", 5000, 1000, "total_inactive_file 300\ntotal_active_file 200\n");
    assertThat(AvailableMemory.groups(root, own)).isEqualTo(4500);
    firstVersion("docker/mine", 2000, 1500, "inactive_file 700\ntotal_inactive_file 100\n");
    assertThat(AvailableMemory.groups(root, own)).isEqualTo(600);
  }

  private void firstVersion(String name, long limit, long used, String statistics)
      throws IOException {
    Path group = Files.createDirectories(root.resolve("memory").resolve(name));
    Files.writeString(group.resolve("memory.limit_in_bytes"), limit + "\n");
    Files.writeString(group.resolve("memory.usage_in_bytes"), used + "\n");
    Files.writeString(group.resolve("memory.stat"), statistics);
  }

  @Test
  @EnabledOnOs(OS.LINUX)
  void memoryThatIsPromisedAndNotTouchedIsNotAvailable() {
    long promised = 256L << 20;
    long tolerance = 4L << 20;
    long before = NativeMemory.untouched();
    try (NativeScope scope = NativeScope.open()) {
      MemorySegment slab = scope.slab("a test", promised);
      assertThat(NativeMemory.untouched() - before).isEqualTo(promised);
      slab.asSlice(0, promised / 2).fill((byte) 1);
      assertThat(NativeMemory.untouched() - before)
          .isBetween(promised / 2 - tolerance, promised / 2);
    }
    assertThat(NativeMemory.untouched()).isEqualTo(before);
  }

  @Test
  void withoutLimitsOrGroupsNothingIsHeldBack() throws IOException {
    assertThat(AvailableMemory.groups(root.resolve("absent"), root.resolve("absent")))
        .isEqualTo(Long.MAX_VALUE);
    group("", "max", 7000, "inactive_file 1\n");
    assertThat(AvailableMemory.groups(root, own)).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void theMachineSaysWhatItHas() throws IOException {
    Path meminfo =
        Files.writeString(root.resolve("meminfo"), "MemFree: 1 kB\nMemAvailable:   12 kB\n");
    assertThat(AvailableMemory.machine(meminfo)).hasValue(12 * 1024);
    assertThat(AvailableMemory.machine(root.resolve("absent"))).isEmpty();
    assertThat(AvailableMemory.bytes()).isPositive();
  }
}
