package dev.residual.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.residual.Backends;
import dev.residual.io.Embedder;
import dev.residual.io.weights.ModelCard;
import dev.residual.io.weights.Safetensors;
import dev.residual.nn.ResNet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Networks applied to DataFrames, in this JVM. */
class ResidualModelTest {
  private static final List<String> CLASSES = List.of("ape", "bee", "cat");
  private static final ResNet NETWORK =
      ResNet.named("resnet20-cifar").classes(CLASSES.size()).input(Shapes.SIDE, Shapes.SIDE);
  @TempDir static Path folder;
  private static SparkSession spark;
  private static Path weights;

  @BeforeAll
  static void start() throws IOException {
    spark =
        SparkSession.builder().master("local[2]").config("spark.ui.enabled", "false").getOrCreate();
    weights = folder.resolve("three.safetensors");
    ModelCard card = new ModelCard(NETWORK.name(), Shapes.SIDE, CLASSES);
    Safetensors.write(
        weights, NETWORK.initializer(1).weights(NETWORK.inference(1).graph()), card.metadata());
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  private static ResidualModel model() throws IOException {
    return ResidualModel.read(weights);
  }

  @Test
  void embeddingsAreThoseOfTheEmbedder() throws IOException {
    ResidualModel model = model().setEmbeddingCol("embedding").setBatchSize(3);
    List<Row> rows = model.transform(Shapes.files(spark, 11, 1)).collectAsList();
    assertThat(rows).hasSize(11);
    try (var embedder = Embedder.open(Backends.cpu(), NETWORK.name(), weights)) {
      for (Row row : rows) {
        float[] expected = embedder.embed(row.<byte[]>getAs("content"));
        List<Float> found = row.getList(row.fieldIndex("embedding"));
        assertThat(found).hasSize(expected.length);
        for (int i = 0; i < expected.length; i++) {
          assertThat(found.get(i)).isCloseTo(expected[i], within(1e-6f));
        }
      }
    }
  }

  /** What Spark has decoded and the files themselves show the same. */
  @Test
  void decodedImagesAreClassifiedAsTheirFiles() throws IOException {
    Path pictures = Files.createDirectories(folder.resolve("pictures"));
    List<Row> files = Shapes.files(spark, 8, 1).collectAsList();
    for (int i = 0; i < files.size(); i++) {
      Files.write(pictures.resolve(i + ".png"), files.get(i).<byte[]>getAs("content"));
    }
    Dataset<Row> decoded = spark.read().format("image").load(pictures.toString());
    Dataset<Row> read = spark.read().format("binaryFile").load(pictures.toString());
    List<Row> expected =
        model().transform(read).orderBy("path").select("prediction", "probability").collectAsList();
    assertThat(
            model()
                .setImageCol("image")
                .transform(decoded)
                .orderBy("image.origin")
                .select("prediction", "probability")
                .collectAsList())
        .isEqualTo(expected);
  }

  @Test
  void aRowWithoutAnImageGetsNulls() throws IOException {
    StructType schema = new StructType().add("content", DataTypes.BinaryType);
    Dataset<Row> rows = spark.createDataFrame(List.of(RowFactory.create((Object) null)), schema);
    Row row = model().transform(rows).first();
    assertThat(row.isNullAt(1)).isTrue();
    assertThat(row.isNullAt(2)).isTrue();
  }

  @Test
  void whatIsNoImageFailsWithItsWords() throws IOException {
    StructType schema = new StructType().add("content", DataTypes.BinaryType);
    Dataset<Row> rows =
        spark.createDataFrame(List.of(RowFactory.create((Object) new byte[] {1, 2})), schema);
    Dataset<Row> predicted = model().transform(rows);
    assertThatThrownBy(predicted::collectAsList).rootCause().hasMessageContaining("column content");
  }

  @Test
  void columnsThatAreThereAreNotReplaced() throws IOException {
    ResidualModel model = model().setPredictionCol("label");
    Dataset<Row> rows = Shapes.files(spark, 10, 1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.transform(rows))
        .withMessage("there is a column 'label' already: name another one for predictionCol");
  }

  @Test
  void itIsAStageOfAPipeline() throws IOException {
    Pipeline pipeline = new Pipeline().setStages(new PipelineStage[] {model().setBatchSize(2)});
    Dataset<Row> rows = Shapes.files(spark, 10, 1);
    PipelineModel fitted = pipeline.fit(rows);
    assertThat(fitted.transform(rows).select("prediction").distinct().collectAsList())
        .allSatisfy(row -> assertThat(CLASSES).contains(row.getString(0)));
  }

  @Test
  void aPipelineIsSavedAndLoaded() throws IOException {
    Dataset<Row> rows = Shapes.files(spark, 10, 1);
    ResidualModel model = model().setPredictionCol("animal");
    String place = folder.resolve("saved").toString();
    new Pipeline().setStages(new PipelineStage[] {model}).fit(rows).save(place);
    assertThat(PipelineModel.load(place).transform(rows).select("animal").collectAsList())
        .isEqualTo(model.transform(rows).select("animal").collectAsList());
  }
}
