package dev.residual.io.data;

import dev.residual.io.files.FileErrors;
import dev.residual.io.images.ImageFile;
import dev.residual.io.images.Orientation;
import dev.residual.io.images.Pixels;
import dev.residual.io.images.StoredImage;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipException;
import java.util.zip.ZipFile;

/** Images in a zip archive, which are read where they lie; nothing is unpacked to disk. */
final class ZipStore implements ImageStore {
  private static final int LONGEST = 300;

  /** Deflate codes at most so many bytes by one. */
  private static final long MOST_INFLATED = 1032;

  private final Path file;
  private final ZipFile zip;
  private final long bytes;

  ZipStore(Path file) throws IOException {
    this.file = file;
    try {
      bytes = Files.size(file);
      zip = open(file);
    } catch (IOException | RuntimeException e) {
      throw new IOException(
          FileErrors.printable(file + ": not a zip archive: " + e.getMessage()), e);
    }
  }

  private static ZipFile open(Path file) throws IOException {
    try {
      return new ZipFile(file.toFile());
    } catch (ZipException e) {
      // Old archives have names in the encoding of DOS.
      try {
        return new ZipFile(file.toFile(), dos());
      } catch (ZipException second) {
        throw e;
      }
    }
  }

  private static Charset dos() {
    return Charset.isSupported("IBM437") ? Charset.forName("IBM437") : StandardCharsets.ISO_8859_1;
  }

  @Override
  public Folder find() throws IOException {
    Folder root = new Folder();
    Enumeration<? extends ZipEntry> entries = zip.entries();
    while (entries.hasMoreElements()) {
      String entry = entries.nextElement().getName();
      // Archives made on Windows may have its separators.
      String path = entry.indexOf('/') < 0 ? entry.replace('\\', '/') : entry;
      List<String> names = names(path);
      if (!names.isEmpty()) {
        try {
          add(root, names, path.endsWith("/"), entry);
        } catch (IOException e) {
          throw new IOException(FileErrors.printable(location()) + ": " + e.getMessage(), e);
        }
      }
    }
    return root;
  }

  /** The names of folders and file on a path; none if it is hidden or leads out of the archive. */
  private static List<String> names(String path) {
    List<String> names = new ArrayList<>();
    if (path.startsWith("/")) {
      return names;
    }
    for (String name : path.split("/")) {
      if (name.isEmpty() || name.equals(".")) {
        continue;
      }
      if (ImageStore.isHidden(name)) {
        return List.of();
      }
      names.add(name);
    }
    return names;
  }

  private void add(Folder root, List<String> names, boolean folder, String entry)
      throws IOException {
    if (names.size() > Folder.MAX_DEPTH) {
      throw new IOException(
          "%s lies below %d folders, at most %d are accepted"
              .formatted(FileErrors.quote(entry), names.size() - 1, Folder.MAX_DEPTH));
    }
    Folder at = root;
    int depth = folder ? names.size() : names.size() - 1;
    for (String name : names.subList(0, depth)) {
      at = at.folder(name);
    }
    if (!folder) {
      String path = String.join("/", names);
      if (ImageFile.isImage(names.getLast())) {
        at.add(names.getLast(), new Entry(path, entry));
      } else {
        at.pass(path);
      }
    }
  }

  @Override
  public String location() {
    return file.toString();
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }

  /** An image by the name of its entry. */
  private final class Entry implements StoredImage {
    private final String path;
    private final String entry;

    Entry(String path, String entry) {
      this.path = path;
      // Most are the same text, which need not be kept twice.
      this.entry = entry.equals(path) ? path : entry;
    }

    @Override
    public String path() {
      return path;
    }

    @Override
    public Pixels read(Orientation orientation) throws IOException {
      String place =
          file + "!/" + (path.length() > LONGEST ? path.substring(0, LONGEST) + "..." : path);
      ZipEntry found = zip.getEntry(entry);
      if (found == null) {
        throw new IOException(FileErrors.printable(place) + ": no such entry");
      }
      try (InputStream in = zip.getInputStream(found)) {
        // The sizes that the archive states may be lies, but none is larger than this.
        long most = MOST_INFLATED * Math.min(bytes, Math.max(0, found.getCompressedSize()));
        return ImageFile.decode(
            place, in, Math.min(most, Math.max(0, found.getSize())), orientation);
      } catch (ZipException e) {
        throw new IOException(FileErrors.printable(place + ": " + e.getMessage()), e);
      }
    }
  }
}
