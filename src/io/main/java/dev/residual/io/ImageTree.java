package dev.residual.io;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * The images of a store sorted into classes.
 *
 * @param classes the names of the class folders, sorted
 * @param paths the paths of the images, class by class, sorted
 * @param labels the class of each image
 * @param parted whether the store itself keeps training and evaluation apart
 */
record ImageTree(List<String> classes, List<String> paths, int[] labels, boolean parted) {
  private static final List<String> PARTS = List.of("train", "val", "test");

  /** The images of one part; where the store has only one part, all of them. */
  static ImageTree of(ImageStore store, Part part) throws IOException {
    String root = root(store);
    SortedSet<String> parts = new TreeSet<>();
    for (String folder : store.folders()) {
      String[] names = folder.substring(Math.min(root.length(), folder.length())).split("/");
      if (names.length >= 2 && PARTS.contains(names[0])) {
        parts.add(names[0]);
      }
    }
    if (parts.isEmpty()) {
      return read(store, root, null, false);
    }
    String chosen = choose(store, parts, part);
    ImageTree train = parts.contains("train") ? read(store, root + "train/", null, true) : null;
    if (train != null && chosen.equals("train")) {
      return new ImageTree(train.classes, train.paths, train.labels, parts.size() > 1);
    }
    return read(store, root + chosen + "/", train == null ? null : train.classes, true);
  }

  private static String choose(ImageStore store, SortedSet<String> parts, Part part)
      throws IOException {
    List<String> wanted =
        switch (part) {
          case TRAIN -> List.of("train");
          case VALIDATION -> List.of("val", "test", "train");
          case TEST -> List.of("test", "val");
        };
    for (String name : wanted) {
      if (parts.contains(name)) {
        return name;
      }
    }
    throw new IOException(
        "%s has the parts %s, but no %s for %s"
            .formatted(
                store.location(),
                String.join("/, ", parts) + "/",
                String.join("/ or ", wanted) + "/",
                part == Part.TRAIN ? "training" : "evaluation"));
  }

  /** The folder that holds all others, as archives often have one, with a slash at the end. */
  private static String root(ImageStore store) {
    String root = "";
    while (!store.images().isEmpty()) {
      SortedSet<String> names = new TreeSet<>();
      boolean deep = true;
      for (String path : store.images()) {
        String[] parts = path.substring(root.length()).split("/");
        names.add(parts[0]);
        deep &= parts.length >= 3;
      }
      for (String folder : store.folders()) {
        if (folder.startsWith(root)) {
          names.add(folder.substring(root.length()).split("/")[0]);
        }
      }
      if (!deep || names.size() != 1 || PARTS.contains(names.first())) {
        return root;
      }
      root += names.first() + "/";
    }
    return root;
  }

  /** The class folders under a prefix, numbered in sorted order or after the given classes. */
  private static ImageTree read(
      ImageStore store, String prefix, @Nullable List<String> known, boolean parted)
      throws IOException {
    TreeMap<String, List<String>> members = new TreeMap<>();
    for (String folder : store.folders()) {
      if (folder.startsWith(prefix) && folder.indexOf('/', prefix.length()) < 0) {
        members.put(folder.substring(prefix.length()), new ArrayList<>());
      }
    }
    String place = prefix.isEmpty() ? store.location() : store.location() + ", " + prefix;
    if (members.isEmpty()) {
      throw new IOException(
          "%s has no class folders: expected one folder of images for each class, as cat/1.jpg"
              .formatted(place));
    }
    for (String path : store.images()) {
      int slash = path.indexOf('/', prefix.length());
      if (path.startsWith(prefix) && slash >= 0) {
        String name = path.substring(prefix.length(), slash);
        members.computeIfAbsent(name, absent -> new ArrayList<>()).add(path);
      }
    }
    List<String> classes = known == null ? List.copyOf(members.keySet()) : known;
    List<String> paths = new ArrayList<>();
    List<Integer> labels = new ArrayList<>();
    for (var member : members.entrySet()) {
      int label = classes.indexOf(member.getKey());
      if (label < 0) {
        throw new IOException(
            "%s: the class %s is not among those of train/".formatted(place, member.getKey()));
      }
      if (member.getValue().isEmpty()) {
        throw new IOException(
            "%s: the class folder %s holds no JPEG, PNG, BMP or GIF image"
                .formatted(place, member.getKey()));
      }
      for (String path : member.getValue()) {
        paths.add(path);
        labels.add(label);
      }
    }
    int[] array = labels.stream().mapToInt(Integer::intValue).toArray();
    return new ImageTree(classes, List.copyOf(paths), array, parted);
  }
}
