package dev.residual.bindings;

import dev.residual.bindings.NativeLibraryException.Reason;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tukaani.xz.XZIOException;
import org.tukaani.xz.XZInputStream;

/**
 * A library that Residual carries as a resource, with the libraries it needs, and its unpacking.
 *
 * <p>The list {@code NAME.sha256} beside the files names each with its SHA-256, in the order of
 * loading. A large one is carried compressed, as {@code FILE.xz}. They are unpacked once for all
 * processes, into a folder named by the hash of that list. Each file is written beside its place,
 * checked, and moved there in one step, so that processes may do so at the same time and none sees
 * half a file; a file that is there already is checked as well.
 */
final class CarriedLibrary {

  private static final String FOLDER = "dev/residual/natives/";

  private record Entry(String sha256, String file) {}

  private final String name;
  private final Platform platform;
  private final @Nullable ClassLoader resources;

  CarriedLibrary(String name, Platform platform) {
    this(name, platform, CarriedLibrary.class.getClassLoader());
  }

  CarriedLibrary(String name, Platform platform, @Nullable ClassLoader resources) {
    this.name = name;
    this.platform = platform;
    this.resources = resources;
  }

  /**
   * Unpacks all files below {@code cache} and gives their paths, in the order of loading; the last
   * is the library itself.
   */
  List<Path> unpack(Path cache) throws Refusal {
    String list = list();
    Path folder =
        cache.resolve(
            name
                + "-"
                + hex(digest().digest(list.getBytes(StandardCharsets.UTF_8))).substring(0, 16));
    try {
      createPrivate(folder);
      List<Path> files = new ArrayList<>();
      for (String line : list.lines().toList()) {
        String[] fields = line.split("\\s+\\*?", 2);
        files.add(unpack(new Entry(fields[0], fields[1]), folder));
      }
      return files;
    } catch (IOException e) {
      throw new Refusal(
          Reason.UNREADABLE,
          "it cannot be unpacked there (" + e + ")",
          "name a folder that this user may write to: java -Dresidual.cache=/path/to/folder");
    }
  }

  private String list() throws Refusal {
    try (InputStream in = open(name + ".sha256")) {
      if (in == null) {
        throw new Refusal(
            Reason.OTHER_PLATFORM,
            "none is carried for " + platform,
            "put the jar residual-native for "
                + platform
                + " on the class path or module path, if there is one, or install the library");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new Refusal(
          Reason.DAMAGED,
          "the jar that carries it cannot be read (" + e + ")",
          "fetch the jar anew");
    }
  }

  private Path unpack(Entry entry, Path folder) throws IOException, Refusal {
    Path file = folder.resolve(entry.file());
    if (Files.isRegularFile(file)) {
      try (InputStream in = Files.newInputStream(file)) {
        if (hash(in).equals(entry.sha256())) {
          return file;
        }
      }
    }
    WholeFile.<Refusal>write(file, part -> copy(entry, part));
    return file;
  }

  private void copy(Entry entry, Path part) throws IOException, Refusal {
    MessageDigest digest = digest();
    try (InputStream content = content(entry.file())) {
      Files.copy(new DigestInputStream(content, digest), part, StandardCopyOption.REPLACE_EXISTING);
    } catch (XZIOException | EOFException e) {
      throw damaged(entry);
    }
    if (!hex(digest.digest()).equals(entry.sha256())) {
      throw damaged(entry);
    }
  }

  private static Refusal damaged(Entry entry) {
    return new Refusal(
        Reason.DAMAGED,
        entry.file() + " in the jar is not the file that was packed",
        "fetch the jar residual-native anew");
  }

  private InputStream content(String file) throws IOException {
    InputStream compressed = open(file + ".xz");
    if (compressed != null) {
      try {
        return new XZInputStream(compressed);
      } catch (IOException e) {
        compressed.close();
        throw e;
      }
    }
    InputStream plain = open(file);
    if (plain == null) {
      throw new IOException("the jar lacks " + file);
    }
    return plain;
  }

  private @Nullable InputStream open(String file) {
    String path = FOLDER + platform + "/" + file;
    return resources == null
        ? ClassLoader.getSystemResourceAsStream(path)
        : resources.getResourceAsStream(path);
  }

  /**
   * Creates the folder for this user alone, and refuses one that belongs to somebody else: what
   * lies in it will be executed.
   */
  private static void createPrivate(Path folder) throws IOException {
    if (!folder.getFileSystem().supportedFileAttributeViews().contains("posix")) {
      Files.createDirectories(folder);
      return;
    }
    Files.createDirectories(
        folder, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    String user = System.getProperty("user.name", "?");
    for (Path path : List.of(folder.toAbsolutePath().getParent(), folder)) {
      String owner = Files.getOwner(path).getName();
      // An administrator may have unpacked it for all; a user without a name, as in some
      // containers, cannot be compared.
      if (!owner.equals(user) && !owner.equals("root") && !user.equals("?")) {
        throw new IOException(path + " belongs to " + owner);
      }
    }
  }

  private static String hash(InputStream in) throws IOException {
    MessageDigest digest = digest();
    byte[] buffer = new byte[1 << 16];
    for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
      digest.update(buffer, 0, n);
    }
    return hex(digest.digest());
  }

  private static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(bytes);
  }

  private static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
