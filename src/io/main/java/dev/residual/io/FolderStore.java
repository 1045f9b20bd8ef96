package dev.residual.io;

import java.io.IOException;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;

/** Images in a folder and the folders below; links are followed. */
final class FolderStore implements ImageStore {
  private final Path root;
  private final SortedSet<String> images = new TreeSet<>();
  private final SortedSet<String> folders = new TreeSet<>();

  FolderStore(Path root) throws IOException {
    this.root = root;
    Files.walkFileTree(
        root, Set.of(FileVisitOption.FOLLOW_LINKS), Integer.MAX_VALUE, new Collector());
  }

  @Override
  public String location() {
    return root.toString();
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
    return ImageFile.read(root.resolve(path));
  }

  @Override
  public void close() {}

  private String path(Path file) {
    return root.relativize(file).toString().replace(file.getFileSystem().getSeparator(), "/");
  }

  private final class Collector extends SimpleFileVisitor<Path> {
    @Override
    public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) {
      if (!folder.equals(root)) {
        if (ImageStore.isHidden(folder.getFileName().toString())) {
          return FileVisitResult.SKIP_SUBTREE;
        }
        folders.add(path(folder));
      }
      return FileVisitResult.CONTINUE;
    }

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      String name = file.getFileName().toString();
      if (attributes.isRegularFile() && !ImageStore.isHidden(name) && ImageFile.isImage(name)) {
        images.add(path(file));
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
