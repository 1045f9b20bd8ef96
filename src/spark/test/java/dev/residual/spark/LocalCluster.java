package dev.residual.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.sql.SparkSession;

/** A cluster of two executors of one processor each, which are JVMs of this machine. */
final class LocalCluster implements AutoCloseable {
  private final SparkSession spark;

  LocalCluster() throws IOException {
    Files.createDirectories(Path.of(System.getenv("SPARK_HOME"), "jars"));
    spark =
        SparkSession.builder()
            .master("local-cluster[2,1,1024]")
            .config("spark.executor.extraClassPath", System.getProperty("java.class.path"))
            .config("spark.executor.extraJavaOptions", "--enable-native-access=ALL-UNNAMED")
            .config("spark.ui.enabled", "false")
            .getOrCreate();
  }

  SparkSession spark() {
    return spark;
  }

  /** The JVMs of the executors. */
  static List<ProcessHandle> executors() {
    return ProcessHandle.current()
        .children()
        .filter(process -> process.info().command().orElse("").endsWith("java"))
        .toList();
  }

  @Override
  public void close() {
    spark.stop();
  }
}
