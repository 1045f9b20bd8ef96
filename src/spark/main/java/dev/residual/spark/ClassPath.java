package dev.residual.spark;

import java.io.File;
import java.net.URISyntaxException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What another JVM needs on its class path to know the classes of this one. */
final class ClassPath {
  private ClassPath() {}

  /** The class path of this JVM, and the jars that Spark has added to an application's. */
  static String current() {
    Set<String> places = new LinkedHashSet<>();
    for (ClassLoader loader = Thread.currentThread().getContextClassLoader();
        loader != null;
        loader = parent(loader)) {
      if (loader instanceof URLClassLoader added) {
        for (URL url : added.getURLs()) {
          addFile(url, places);
        }
      }
    }
    for (String place : System.getProperty("java.class.path").split(File.pathSeparator)) {
      // The other JVM works in another folder.
      places.add(new File(place).getAbsolutePath());
    }
    return String.join(File.pathSeparator, places);
  }

  private static @Nullable ClassLoader parent(ClassLoader loader) {
    return loader.getParent();
  }

  private static void addFile(URL url, Set<String> places) {
    if (url.getProtocol().equals("file")) {
      try {
        places.add(Path.of(url.toURI()).toString());
      } catch (URISyntaxException e) {
        throw new IllegalStateException(url + " is not the place of a file", e);
      }
    }
  }
}
