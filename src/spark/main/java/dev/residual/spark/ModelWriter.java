package dev.residual.spark;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import org.apache.hadoop.fs.Path;
import org.apache.spark.ml.util.DefaultParamsWriter$;
import org.apache.spark.ml.util.MLWriter;

/** Saves a model to any file system of Spark: its parameters, and the file of its weights. */
final class ModelWriter extends MLWriter {
  /** The file of weights beside Spark's own. */
  static final String WEIGHTS = "model.safetensors";

  private final ResidualModel model;

  ModelWriter(ResidualModel model) {
    this.model = model;
  }

  @Override
  public void saveImpl(String path) {
    DefaultParamsWriter$.MODULE$.saveMetadata(model, path, sparkSession());
    Path file = new Path(path, WEIGHTS);
    try (OutputStream out =
        file.getFileSystem(sparkSession().sparkContext().hadoopConfiguration()).create(file)) {
      out.write(model.weights());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
