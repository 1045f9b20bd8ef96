package dev.residual.io.data;

import dev.residual.io.files.FileErrors;
import dev.residual.io.files.FileName;
import dev.residual.io.images.ImageFile;
import dev.residual.io.images.Orientation;
import dev.residual.io.images.Pixels;
import dev.residual.io.images.StoredImage;
import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Images in a folder and the folders below; links are followed. */
final class FolderStore implements ImageStore {
  /** So often may links lead to the same folder, before they are taken to have no end. */
  private static final int MOST_VISITS = 100;

  private final Path root;

  FolderStore(Path root) {
    this.root = root;
  }

  @Override
  public String location() {
    return root.toString();
  }

  @Override
  public Folder find() throws IOException {
    Collector collector = new Collector();
    Files.walkFileTree(root, Set.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE, collector);
    return collector.top;
  }

  @Override
  public void close() {}

  /** A file where it was found: a path that went through a string may lead nowhere. */
  private record FoundImage(String path, Path file) implements StoredImage {
    @Override
    public Pixels read(Orientation orientation) throws IOException {
      return ImageFile.read(file, orientation);
    }
  }

  private static final class Collector extends SimpleFileVisitor<Path> {
    private final Folder top = new Folder();
    private final Deque<Folder> folders = new ArrayDeque<>();
    private final Deque<String> prefixes = new ArrayDeque<>();
    private final Map<Object, Integer> visits = new HashMap<>();

    @Override
    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes)
        throws IOException {
      if (folders.isEmpty()) {
        folders.push(top);
        prefixes.push("");
        return FileVisitResult.CONTINUE;
      }
      String name = FileName.of(folder);
      if (ImageStore.isHidden(name)) {
        return FileVisitResult.SKIP_SUBTREE;
      }
      Object key = attributes.fileKey();
      if (key != null && visits.merge(key, 1, Integer::sum) > MOST_VISITS) {
        throw new IOException(
            "%s: links lead to this folder more than %d times"
                .formatted(FileErrors.printable(folder.toString()), MOST_VISITS));
      }
      if (folders.size() > Folder.MAX_DEPTH) {
        throw new IOException(
            "%s lies below %d folders, at most %d are accepted"
                .formatted(FileErrors.quote(folder), folders.size(), Folder.MAX_DEPTH));
      }
      folders.push(folders.element().folder(name));
      prefixes.push(prefixes.element() + name + "/");
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult postVisitDirectory(Path folder, @Nullable IOException failure)
        throws IOException {
      if (failure != null) {
        throw FileErrors.in(folder, failure);
      }
      folders.pop();
      prefixes.pop();
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
      String name = FileName.of(file);
      if (!ImageStore.isHidden(name)) {
        String path = prefixes.element() + name;
        if (attributes.isRegularFile() && ImageFile.isImage(name)) {
          folders.element().add(name, new FoundImage(path, file));
        } else {
          folders.element().pass(path);
        }
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException failure) throws IOException {
      if (failure instanceof FileSystemLoopException) {
        return FileVisitResult.CONTINUE;
      }
      throw FileErrors.in(file, failure);
    }
  }
}
