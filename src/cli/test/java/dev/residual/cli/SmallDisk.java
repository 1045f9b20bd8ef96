package dev.residual.cli;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A disk in memory of a given size, which root alone can have. */
final class SmallDisk implements AutoCloseable {
  private final Path folder;

  /** A disk at a folder, which is made; without the right to it, the test is skipped. */
  SmallDisk(Path folder, long bytes) throws IOException, InterruptedException {
    this.folder = Files.createDirectories(folder);
    assumeTrue(
        run("mount", "-t", "tmpfs", "-o", "size=" + bytes, "tmpfs", folder.toString()),
        "no small disk can be mounted here");
  }

  /** Changes its options, as {@code size=100k} or {@code ro}. */
  void remount(String options) throws IOException, InterruptedException {
    assumeTrue(run("mount", "-o", "remount," + options, folder.toString()), options);
  }

  private static boolean run(String... command) throws IOException, InterruptedException {
    try {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start()
              .waitFor()
          == 0;
    } catch (IOException e) {
      return false;
    }
  }

  @Override
  public void close() throws IOException, InterruptedException {
    boolean ignored = run("umount", "--lazy", folder.toString());
  }
}
