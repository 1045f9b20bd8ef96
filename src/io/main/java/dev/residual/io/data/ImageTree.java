package dev.residual.io.data;

import dev.residual.io.files.FileErrors;
import dev.residual.io.images.StoredImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The images of a store sorted into classes.
 *
 * @param classes the names of the class folders, sorted
 * @param images class by class, sorted by their paths
 * @param labels the class of each image
 * @param parted whether the store itself keeps training and evaluation apart
 */
record ImageTree(List<String> classes, List<StoredImage> images, int[] labels, boolean parted) {
  /** The names of folders that hold the images for a purpose, in any case. */
  private static final Map<String, Part> PARTS =
      Map.of(
          "train", Part.TRAIN,
          "training", Part.TRAIN,
          "val", Part.VALIDATION,
          "valid", Part.VALIDATION,
          "validation", Part.VALIDATION,
          "test", Part.TEST,
          "testing", Part.TEST);

  /**
   * The images of one part; where the store has only one part, all of them.
   *
   * @param notes told, in one line each, what of the store is left out
   */
  static ImageTree of(ImageStore store, Part part, Consumer<String> notes) throws IOException {
    String location = FileErrors.printable(store.location());
    Folder root = root(store.find());
    Map<Part, String> parts = parts(root, location);
    if (parts.isEmpty()) {
      return read(root, location, null, false, notes);
    }
    noteOutside(root, parts, location, notes);
    String name = choose(parts, part, location);
    String trainName = parts.get(Part.TRAIN);
    ImageTree train =
        trainName == null
            ? null
            : read(
                root.folder(trainName),
                place(location, trainName),
                null,
                true,
                name.equals(trainName) ? notes : ignored -> {});
    if (train != null && name.equals(trainName)) {
      return new ImageTree(train.classes, train.images, train.labels, parts.size() > 1);
    }
    List<String> known = train == null ? null : train.classes;
    return read(root.folder(name), place(location, name), known, true, notes);
  }

  private static String place(String location, String folder) {
    return location + ", " + FileErrors.printable(folder) + "/";
  }

  /** The folders that are parts: those of such a name that hold folders. */
  private static Map<Part, String> parts(Folder root, String location) throws IOException {
    Map<Part, String> parts = new EnumMap<>(Part.class);
    for (var folder : root.folders().entrySet()) {
      Part part = part(folder.getKey());
      if (part != null && !folder.getValue().folders().isEmpty()) {
        String other = parts.putIfAbsent(part, folder.getKey());
        if (other != null) {
          throw new IOException(
              "%s has two folders for one part, %s/ and %s/"
                  .formatted(location, other, folder.getKey()));
        }
      }
    }
    return parts;
  }

  private static @Nullable Part part(String folder) {
    return PARTS.get(folder.toLowerCase(Locale.ROOT));
  }

  private static void noteOutside(
      Folder root, Map<Part, String> parts, String location, Consumer<String> notes) {
    List<String> outside =
        root.folders().keySet().stream()
            .filter(name -> !parts.containsValue(name))
            .map(name -> FileErrors.quote(name + "/"))
            .collect(Collectors.toCollection(ArrayList::new));
    root.images().keySet().forEach(name -> outside.add(FileErrors.quote(name)));
    if (!outside.isEmpty()) {
      String more = outside.size() == 1 ? "" : " and %d more".formatted(outside.size() - 1);
      notes.accept(
          "%s: %s%s beside %s/ is left out"
              .formatted(location, outside.getFirst(), more, String.join("/, ", parts.values())));
    }
  }

  private static String choose(Map<Part, String> parts, Part part, String location)
      throws IOException {
    List<Part> wanted =
        switch (part) {
          case TRAIN -> List.of(Part.TRAIN);
          case VALIDATION -> List.of(Part.VALIDATION, Part.TEST, Part.TRAIN);
          case TEST -> List.of(Part.TEST, Part.VALIDATION);
        };
    for (Part choice : wanted) {
      if (parts.containsKey(choice)) {
        return parts.get(choice);
      }
    }
    throw new IOException(
        "%s has the parts %s/, but no %s"
            .formatted(
                location,
                String.join("/, ", parts.values()),
                part == Part.TRAIN ? "train/ for training" : "test/ or val/ for evaluation"));
  }

  /** The folder that has others side by side, or images: archives often have one around all. */
  private static Folder root(Folder top) {
    Folder root = top;
    while (root.images().isEmpty() && root.folders().size() == 1) {
      String name = root.folders().firstKey();
      Folder only = root.folder(name);
      if (part(name) != null || !only.images().isEmpty() || only.folders().isEmpty()) {
        break;
      }
      root = only;
    }
    return root;
  }

  /** The class folders, numbered in sorted order or after the given classes. */
  private static ImageTree read(
      Folder folder,
      String place,
      @Nullable List<String> known,
      boolean parted,
      Consumer<String> notes)
      throws IOException {
    if (folder.folders().isEmpty()) {
      throw new IOException(
          "%s has no class folders: expected one folder of images for each class, as cat/1.jpg"
              .formatted(place));
    }
    List<String> classes = known == null ? List.copyOf(folder.folders().keySet()) : known;
    Map<String, Integer> numbers = new HashMap<>();
    for (int i = 0; i < classes.size(); i++) {
      numbers.put(classes.get(i), i);
    }
    List<StoredImage> images = new ArrayList<>();
    List<Integer> labels = new ArrayList<>();
    for (var member : folder.folders().entrySet()) {
      String name = FileErrors.quote(member.getKey());
      Integer label = numbers.get(member.getKey());
      if (label == null) {
        throw new IOException(
            "%s: the class %s is not among those for training".formatted(place, name));
      }
      List<StoredImage> found = member.getValue().allImages();
      if (found.isEmpty()) {
        throw new IOException("%s: the class folder %s holds no image".formatted(place, name));
      }
      images.addAll(found);
      found.forEach(image -> labels.add(label));
    }
    noteOthers(folder, place, notes);
    int[] array = labels.stream().mapToInt(Integer::intValue).toArray();
    return new ImageTree(classes, List.copyOf(images), array, parted);
  }

  private static void noteOthers(Folder folder, String place, Consumer<String> notes) {
    if (folder.others() > 0) {
      notes.accept(
          "%s: files that are no image by their names are left out: %d, as %s"
              .formatted(place, folder.others(), FileErrors.quote(folder.other())));
    }
    if (!folder.images().isEmpty()) {
      notes.accept(
          "%s: images beside the class folders are left out: %d, as %s"
              .formatted(
                  place, folder.images().size(), FileErrors.quote(folder.images().firstKey())));
    }
  }
}
