package dev.residual.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.XZOutputStream;

class CarriedLibraryTest {

  private static final Platform PLATFORM = new Platform("linux", "x86_64");

  @TempDir Path cache;

  private final Map<String, byte[]> resources = new HashMap<>();
  private final CarriedLibrary library = new CarriedLibrary("fake", PLATFORM, new Resources());

  @Test
  void unpacksInTheOrderOfTheList() throws Exception {
    carry("libgomp.so.1", "first", "libdnnl.so.3", "second");
    List<Path> files = library.unpack(cache);
    assertThat(files)
        .extracting(f -> f.getFileName().toString())
        .containsExactly("libgomp.so.1", "libdnnl.so.3");
    assertThat(files.getLast()).hasContent("second");
    assertThat(library.unpack(cache)).isEqualTo(files);
  }

  @Test
  void anotherContentHasAnotherFolder() throws Exception {
    carry("libdnnl.so.3", "old");
    Path old = library.unpack(cache).getLast();
    carry("libdnnl.so.3", "new");
    assertThat(library.unpack(cache).getLast()).isNotEqualTo(old).hasContent("new");
    assertThat(old).hasContent("old");
  }

  @Test
  void aDamagedFileIsReplaced() throws Exception {
    carry("libdnnl.so.3", "whole");
    Path file = library.unpack(cache).getLast();
    Files.writeString(file, "who");
    assertThat(library.unpack(cache).getLast()).hasContent("whole");
  }

  @Test
  void aFileThatIsNotThePackedOneIsRefused() throws Exception {
    carry("libdnnl.so.3", "packed");
    resources.put("libdnnl.so.3", "exchanged".getBytes(StandardCharsets.UTF_8));
    assertDamaged();
  }

  @Test
  void aCompressedFileIsUnpacked() throws Exception {
    carry("libdnnl.so.3", "large ".repeat(1000));
    compress("libdnnl.so.3");
    assertThat(library.unpack(cache).getLast()).hasFileName("libdnnl.so.3").content().hasSize(6000);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 3, 30, 60})
  void aCompressedFileThatIsCutOffIsRefused(int length) throws Exception {
    carry("libdnnl.so.3", "large ".repeat(1000));
    compress("libdnnl.so.3");
    resources.computeIfPresent("libdnnl.so.3.xz", (_, bytes) -> Arrays.copyOf(bytes, length));
    assertDamaged();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 7, 30})
  void aCompressedFileWithAChangedByteIsRefused(int index) throws Exception {
    carry("libdnnl.so.3", "large ".repeat(1000));
    compress("libdnnl.so.3");
    resources.get("libdnnl.so.3.xz")[index] ^= 1;
    assertDamaged();
  }

  @Test
  void manyMayUnpackAtTheSameTime() throws Exception {
    carry("libdnnl.so.3", "x".repeat(1 << 20));
    try (var threads = Executors.newFixedThreadPool(8)) {
      List<Future<List<Path>>> unpacked = new ArrayList<>();
      for (int i = 0; i < 32; i++) {
        unpacked.add(threads.submit(() -> library.unpack(cache)));
      }
      for (Future<List<Path>> files : unpacked) {
        assertThat(files.get().getLast()).hasSize(1 << 20);
      }
    }
    try (var left = Files.walk(cache)) {
      assertThat(left.filter(Files::isRegularFile)).hasSize(1);
    }
  }

  @Test
  void aCacheThatIsNoFolderIsRefused() throws Exception {
    carry("libdnnl.so.3", "x");
    Path file = Files.createFile(cache.resolve("file"));
    assertThatThrownBy(() -> library.unpack(file))
        .isInstanceOf(Refusal.class)
        .hasMessageContaining("it cannot be unpacked");
  }

  private void assertDamaged() throws IOException {
    assertThatThrownBy(() -> library.unpack(cache))
        .isInstanceOf(Refusal.class)
        .hasMessageContaining("libdnnl.so.3 in the jar is not the file that was packed");
    try (var left = Files.walk(cache)) {
      assertThat(left.filter(Files::isRegularFile)).as("nothing half done is left").isEmpty();
    }
  }

  /** Replaces a resource by its .xz. */
  private void compress(String file) throws IOException {
    var compressed = new ByteArrayOutputStream();
    try (var out = new XZOutputStream(compressed, new LZMA2Options())) {
      out.write(resources.remove(file));
    }
    resources.put(file + ".xz", compressed.toByteArray());
  }

  private void carry(String... filesAndContents) throws Exception {
    StringBuilder list = new StringBuilder();
    for (int i = 0; i < filesAndContents.length; i += 2) {
      byte[] content = filesAndContents[i + 1].getBytes(StandardCharsets.UTF_8);
      resources.put(filesAndContents[i], content);
      String hash = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(content));
      list.append(hash).append("  ").append(filesAndContents[i]).append('\n');
    }
    resources.put("fake.sha256", list.toString().getBytes(StandardCharsets.UTF_8));
  }

  private final class Resources extends ClassLoader {
    @Override
    public InputStream getResourceAsStream(String name) {
      byte[] content = resources.get(name.substring("dev/residual/natives/linux-x86_64/".length()));
      return content == null ? null : new ByteArrayInputStream(content);
    }
  }
}
