package dev.residual.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.ServiceLoader;
import java.util.stream.Stream;

/**
 * The frameworks by name: {@code residual}, and the peers that were built.
 *
 * <p>A peer is a folder of jars with a class loader of its own, for peers carry versions of the
 * same libraries that contradict each other.
 */
public final class Frameworks {
  /** The name of Residual's framework. */
  public static final String RESIDUAL = "residual";

  /** The name of the processor among devices. */
  public static final String CPU = "cpu";

  /** The property that names the folder of the peers. */
  public static final String FOLDER = "residual.bench.peers";

  private Frameworks() {}

  /**
   * A framework on a device.
   *
   * @param device as {@link dev.residual.Backends#named} takes it
   * @throws UnsupportedOperationException if the framework is not here, or not for this device
   */
  public static Framework named(String name, String device) {
    if (name.equals(RESIDUAL)) {
      return new ResidualFramework(device);
    }
    if (!device.equals(CPU)) {
      throw new UnsupportedOperationException(
          "its libraries here have no code for GPUs; of peers, PyTorch of Python runs on "
              + device);
    }
    return peer(name);
  }

  private static Framework peer(String name) {
    Path folder = folder().resolve(name).resolve("target");
    if (!Files.exists(folder.resolve("peer.jar"))) {
      throw new UnsupportedOperationException(
          "there is no %s: build the peers with `mvn -Ppeers package`".formatted(folder));
    }
    try (Stream<Path> libraries = Files.list(folder.resolve("lib"))) {
      URL[] jars =
          Stream.concat(Stream.of(folder.resolve("peer.jar")), libraries)
              .map(Frameworks::url)
              .toArray(URL[]::new);
      URLClassLoader loader = new URLClassLoader(name, jars, Frameworks.class.getClassLoader());
      // JavaCPP would count the resident memory of all libraries against the Java heap.
      System.setProperty("org.bytedeco.javacpp.maxbytes", "0");
      System.setProperty("org.bytedeco.javacpp.maxphysicalbytes", "0");
      // Libraries that look for their parts by the thread's loader find those of the peer.
      Thread.currentThread().setContextClassLoader(loader);
      return ServiceLoader.load(Framework.class, loader)
          .findFirst()
          .orElseThrow(() -> new IllegalStateException("no framework in " + folder));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The names of the peers whose sources are here. */
  public static List<String> peers() throws IOException {
    try (Stream<Path> folders = Files.list(folder())) {
      return folders
          .filter(folder -> Files.exists(folder.resolve("pom.xml")))
          .map(folder -> folder.getFileName().toString())
          .sorted()
          .toList();
    }
  }

  private static Path folder() {
    return Path.of(System.getProperty(FOLDER, "bench/peers"));
  }

  private static URL url(Path path) {
    try {
      return path.toUri().toURL();
    } catch (MalformedURLException e) {
      throw new IllegalStateException(e);
    }
  }
}
