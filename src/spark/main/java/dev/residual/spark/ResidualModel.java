package dev.residual.spark;

import dev.residual.io.weights.TrainedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.ml.Model;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.ml.util.MLReader;
import org.apache.spark.ml.util.MLWritable;
import org.apache.spark.ml.util.MLWriter;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * A network that adds to each row what its image shows: the most probable class and its
 * probability, or, where a column is named for it, an embedding.
 *
 * <p>Executors get the weights from the driver, and keep a compiled network for as long as they use
 * it. A row without an image gets nulls. One whose file is no image fails, with its words.
 */
public final class ResidualModel extends Model<ResidualModel> implements MLWritable {
  private final String uid;
  private final byte[] weights;
  private final String key = UUID.randomUUID().toString();
  private final Param<String> imageCol;
  private final Param<String> predictionCol;
  private final Param<String> probabilityCol;
  private final Param<String> embeddingCol;
  private final IntParam batchSize;

  /**
   * A network that was saved.
   *
   * @param weights the content of their file
   */
  ResidualModel(String uid, byte[] weights) {
    this.uid = uid;
    this.weights = weights;
    imageCol = new Param<>(this, "imageCol", "column of image files, or of decoded images");
    predictionCol = new Param<>(this, "predictionCol", "column that gets the class");
    probabilityCol = new Param<>(this, "probabilityCol", "column that gets its probability");
    embeddingCol = new Param<>(this, "embeddingCol", "column that gets an embedding instead");
    batchSize = new IntParam(this, "batchSize", "images that are computed together");
    setDefault(imageCol, "content");
    setDefault(predictionCol, "prediction");
    setDefault(probabilityCol, "probability");
    setDefault(embeddingCol, "");
    setDefault(batchSize, 16);
  }

  /**
   * The network of a file of weights, which the driver sees.
   *
   * @throws IOException naming the file, if it cannot be read, or does not say which network its
   *     weights are of
   */
  public static ResidualModel read(Path weights) throws IOException {
    TrainedModel.read(weights);
    return new ResidualModel(
        Identifiable$.MODULE$.randomUID("residualModel"), Files.readAllBytes(weights));
  }

  /** What loads a saved model: {@code ResidualModel.read().load(path)}. */
  public static MLReader<ResidualModel> read() {
    return new ModelReader();
  }

  /** What saves this model: {@code model.save(path)}, alone or as a stage of a pipeline. */
  @Override
  public MLWriter write() {
    return new ModelWriter(this);
  }

  /** The content of the file of its weights. */
  byte[] weights() {
    return weights;
  }

  /** The column of images; {@code content} by default. */
  public ResidualModel setImageCol(String name) {
    set(imageCol, name);
    return this;
  }

  /** The column that gets the name of the most probable class; {@code prediction} by default. */
  public ResidualModel setPredictionCol(String name) {
    set(predictionCol, name);
    return this;
  }

  /** The column that gets the probability of that class; {@code probability} by default. */
  public ResidualModel setProbabilityCol(String name) {
    set(probabilityCol, name);
    return this;
  }

  /**
   * The column that gets an array of floats of length 1 in place of a prediction; none if empty.
   */
  public ResidualModel setEmbeddingCol(String name) {
    set(embeddingCol, name);
    return this;
  }

  /** How many images of a partition are computed together; 16 by default. */
  public ResidualModel setBatchSize(int images) {
    if (images < 1) {
      throw new IllegalArgumentException("a batch of %d: expected at least 1".formatted(images));
    }
    set(batchSize, images);
    return this;
  }

  /**
   * The rows with the columns added.
   *
   * @throws IllegalArgumentException if there is no column of images, or a column to add is there
   */
  @Override
  public Dataset<Row> transform(Dataset<?> dataset) {
    StructType schema = transformSchema(dataset.schema());
    JavaSparkContext context = new JavaSparkContext(dataset.sparkSession().sparkContext());
    ExecutorModel model =
        new ExecutorModel(
            key, context.broadcast(weights), isEmbedder(), (Integer) getOrDefault(batchSize));
    ImageColumn images = ImageColumn.of(dataset.schema(), getOrDefault(imageCol));
    return dataset.toDF().mapPartitions(new ImageRows(model, images), Encoders.row(schema));
  }

  private boolean isEmbedder() {
    return !getOrDefault(embeddingCol).isEmpty();
  }

  @Override
  public StructType transformSchema(StructType schema) {
    ImageColumn.of(schema, getOrDefault(imageCol));
    List<Param<String>> added =
        isEmbedder() ? List.of(embeddingCol) : List.of(predictionCol, probabilityCol);
    StructType result = schema;
    for (Param<String> column : added) {
      String name = getOrDefault(column);
      if (Arrays.asList(result.fieldNames()).contains(name)) {
        throw new IllegalArgumentException(
            "there is a column '%s' already: name another one for %s"
                .formatted(name, column.name()));
      }
      result = result.add(name, type(column));
    }
    return result;
  }

  private DataType type(Param<String> column) {
    if (column.equals(embeddingCol)) {
      return DataTypes.createArrayType(DataTypes.FloatType, false);
    }
    return column.equals(predictionCol) ? DataTypes.StringType : DataTypes.DoubleType;
  }

  @Override
  public ResidualModel copy(ParamMap extra) {
    return copyValues(new ResidualModel(uid, weights), extra).setParent(parent());
  }

  @Override
  public String uid() {
    return uid;
  }

  /** The parameter of {@link #setImageCol}. */
  public Param<String> imageCol() {
    return imageCol;
  }

  /** The parameter of {@link #setPredictionCol}. */
  public Param<String> predictionCol() {
    return predictionCol;
  }

  /** The parameter of {@link #setProbabilityCol}. */
  public Param<String> probabilityCol() {
    return probabilityCol;
  }

  /** The parameter of {@link #setEmbeddingCol}. */
  public Param<String> embeddingCol() {
    return embeddingCol;
  }

  /** The parameter of {@link #setBatchSize}. */
  public IntParam batchSize() {
    return batchSize;
  }
}
