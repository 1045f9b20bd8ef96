package dev.residual.cli;

import dev.residual.io.files.FileName;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/** Names for what is written about images in files: theirs without the ending, each once. */
final class ImageNames {
  private final Set<String> given = new HashSet<>();

  /** Such as {@code photo}, and {@code photo-2} for another file of that name. */
  String of(Path image) {
    String file = FileName.of(image);
    int end = file.lastIndexOf('.');
    String name = end > 0 ? file.substring(0, end) : file;
    String free = name;
    for (int i = 2; !given.add(free); i++) {
      free = name + "-" + i;
    }
    return free;
  }
}
