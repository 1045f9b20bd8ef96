package dev.residual.spark;

import dev.residual.cli.picture.PngFile;
import dev.residual.io.data.DrawnShapes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/** DataFrames of small drawn images. */
final class Shapes {
  static final int SIDE = 16;
  private static final StructType SCHEMA =
      new StructType().add("content", DataTypes.BinaryType).add("label", DataTypes.StringType);

  private Shapes() {}

  /** PNG files and what they show. */
  static Dataset<Row> files(SparkSession spark, int number, long seed) throws IOException {
    DrawnShapes shapes = new DrawnShapes(number, SIDE, seed);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < number; i++) {
      byte[] file = PngFile.bytes(PngFile.picture(shapes.image(i), 1));
      rows.add(RowFactory.create(file, shapes.classes().get(shapes.label(i))));
    }
    return spark.createDataFrame(rows, SCHEMA);
  }
}
