package dev.residual.spark;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import org.apache.hadoop.fs.Path;
import org.apache.spark.ml.util.DefaultParamsReader$;
import org.apache.spark.ml.util.DefaultParamsReader.Metadata;
import org.apache.spark.ml.util.MLReader;

/** Loads what {@link ModelWriter} has saved. */
final class ModelReader extends MLReader<ResidualModel> {
  @Override
  public ResidualModel load(String path) {
    Metadata metadata =
        DefaultParamsReader$.MODULE$.loadMetadata(
            path, sparkSession(), ResidualModel.class.getName());
    Path file = new Path(path, ModelWriter.WEIGHTS);
    try (InputStream in =
        file.getFileSystem(sparkSession().sparkContext().hadoopConfiguration()).open(file)) {
      ResidualModel model = new ResidualModel(metadata.uid(), in.readAllBytes());
      metadata.getAndSetParams(model, metadata.getAndSetParams$default$2());
      return model;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
