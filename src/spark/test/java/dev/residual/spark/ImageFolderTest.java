package dev.residual.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What processes of a training read of a DataFrame. */
class ImageFolderTest {
  private static SparkSession spark;
  @TempDir Path folder;

  @BeforeAll
  static void start() {
    spark =
        SparkSession.builder().master("local[2]").config("spark.ui.enabled", "false").getOrCreate();
  }

  @AfterAll
  static void stop() {
    spark.stop();
  }

  /** The files by their places in the folder, and what a hash says of their content. */
  private Map<String, Integer> written(Dataset<Row> rows) throws IOException {
    ImageColumn images = ImageColumn.of(rows.schema(), "content");
    Path place = folder.resolve("images");
    new ImageFolder(place.toString(), images, rows.schema().fieldIndex("label"), -1).write(rows);
    Map<String, Integer> all = new TreeMap<>();
    try (Stream<Path> files = Files.walk(place)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        all.put(place.relativize(file).toString(), Arrays.hashCode(Files.readAllBytes(file)));
      }
    }
    return all;
  }

  @Test
  void orderAndPartitionsMakeNoDifference() throws IOException {
    Dataset<Row> rows = Shapes.files(spark, 20, 1);
    Map<String, Integer> all = written(rows);
    assertThat(all).hasSize(20);
    assertThat(written(rows.orderBy("content").repartition(5))).isEqualTo(all);
  }

  @Test
  void anImageCountsAsOftenAsItIsThere() throws IOException {
    Dataset<Row> rows = Shapes.files(spark, 20, 1);
    Map<String, Integer> all = written(rows.union(rows.limit(4)).union(rows.limit(2)));
    assertThat(all).hasSize(26);
    assertThat(written(rows.limit(2).union(rows).union(rows.limit(4)).repartition(3)))
        .isEqualTo(all);
    assertThat(all.keySet()).filteredOn(name -> name.contains("-1.")).hasSize(4);
    assertThat(all.keySet()).filteredOn(name -> name.contains("-2.")).hasSize(2);
  }

  @Test
  void otherImagesHaveOtherNames() throws IOException {
    assertThat(written(Shapes.files(spark, 20, 1)).keySet())
        .doesNotContainAnyElementsOf(written(Shapes.files(spark, 20, 2)).keySet());
  }
}
