package dev.residual.io.data;

import dev.residual.io.files.FileErrors;
import dev.residual.io.images.StoredImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A folder of a tree of image files; names are sorted. */
final class Folder {
  /** Folders may be nested so deep; sets of images have four levels. */
  static final int MAX_DEPTH = 100;

  private final SortedMap<String, Folder> folders = new TreeMap<>();
  private final SortedMap<String, StoredImage> images = new TreeMap<>();
  private int others;
  private @Nullable String other;

  /** The folders in this one, by their names. */
  SortedMap<String, Folder> folders() {
    return folders;
  }

  /** The images in this folder itself, by their names. */
  SortedMap<String, StoredImage> images() {
    return images;
  }

  /** The folder of this name, which is made if there is none. */
  Folder folder(String name) {
    return folders.computeIfAbsent(name, absent -> new Folder());
  }

  /**
   * Adds an image.
   *
   * @throws IOException if there is one of this name
   */
  void add(String name, StoredImage image) throws IOException {
    if (images.putIfAbsent(name, image) != null) {
      throw new IOException("there are two files " + FileErrors.quote(image.path()));
    }
  }

  /** Notes a file that is no image. */
  void pass(String path) {
    others++;
    other = path;
  }

  /** The number of files in this folder and below that are no images. */
  int others() {
    return all().stream().mapToInt(folder -> folder.others).sum();
  }

  /** The path of one of the files that are no images. */
  String other() {
    return all().stream()
        .map(folder -> folder.other)
        .filter(path -> path != null)
        .findFirst()
        .orElse("");
  }

  /** All images in this folder and below, sorted by their paths. */
  List<StoredImage> allImages() {
    List<StoredImage> sorted = new ArrayList<>();
    all().forEach(folder -> sorted.addAll(folder.images.values()));
    sorted.sort(Comparator.comparing(StoredImage::path));
    return sorted;
  }

  /** This folder and those below. */
  private List<Folder> all() {
    List<Folder> all = new ArrayList<>(List.of(this));
    for (int i = 0; i < all.size(); i++) {
      all.addAll(all.get(i).folders.values());
    }
    return all;
  }
}
