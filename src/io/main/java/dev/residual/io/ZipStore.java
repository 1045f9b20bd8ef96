package dev.residual.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/** Images in a zip archive, which are read where they lie; nothing is unpacked to disk. */
final class ZipStore implements ImageStore {
  private final Path file;
  private final ZipFile zip;
  private final SortedSet<String> images = new TreeSet<>();
  private final SortedSet<String> folders = new TreeSet<>();

  ZipStore(Path file) throws IOException {
    this.file = file;
    try {
      zip = new ZipFile(file.toFile());
    } catch (IOException e) {
      throw new IOException(file + ": not a zip archive: " + e.getMessage(), e);
    }
    for (ZipEntry entry : Collections.list(zip.entries())) {
      add(entry.getName());
    }
  }

  private void add(String path) {
    String[] names = path.split("/");
    // An empty name is that of a path from the root, which no archive should have.
    if (Arrays.stream(names).anyMatch(name -> name.isEmpty() || ImageStore.isHidden(name))) {
      return;
    }
    for (int slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) {
      folders.add(path.substring(0, slash));
    }
    if (!path.endsWith("/") && ImageFile.isImage(path)) {
      images.add(path);
    }
  }

  @Override
  public String location() {
    return file.toString();
  }

  @Override
  public SortedSet<String> images() {
    return images;
  }

  @Override
  public SortedSet<String> folders() {
    return folders;
  }

  @Override
  public Pixels read(String path) throws IOException {
    String name = file + "!/" + path;
    ZipEntry entry = zip.getEntry(path);
    if (entry == null) {
      throw new IOException(name + ": no such entry");
    }
    try (InputStream in = zip.getInputStream(entry)) {
      return ImageFile.decode(name, in, entry.getSize());
    }
  }

  @Override
  public void close() throws IOException {
    zip.close();
  }
}
