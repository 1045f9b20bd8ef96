package dev.residual.spark;

import dev.residual.nn.Networks;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.ml.Estimator;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.ParamMap;
import org.apache.spark.ml.param.StringArrayParam;
import org.apache.spark.ml.util.Identifiable$;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Function1;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag$;

/**
 * Trains a network on the executors of a cluster: a process for each task of a barrier stage, of as
 * many threads as a task has processors, each of which takes its part of every batch.
 *
 * <p>The output is a folder that driver and executors all see. It gets what the command {@code
 * train} writes, a checkpoint among it. Where a process or its host is lost, Spark begins the stage
 * again, and the training goes on from the checkpoint. So does the same call of another application
 * after the first one was killed. A training that is complete is not done again.
 *
 * <p>A process is a JVM beside its executor's, whose memory Spark counts as {@code
 * spark.executor.memoryOverhead}; {@code JDK_JAVA_OPTIONS} in the environment of executors bounds
 * its heap. Where Spark gives out the resource {@code gpu}, a process sees the GPUs of its task.
 */
public final class ResidualTrainer extends Estimator<ResidualModel> {
  private static final Logger LOGGER = LoggerFactory.getLogger(ResidualTrainer.class);

  private final String uid;
  private final Param<String> network;
  private final Param<String> output;
  private final Param<String> imageCol;
  private final Param<String> labelCol;
  private final Param<String> validationIndicatorCol;
  private final IntParam processes;
  private final StringArrayParam arguments;
  private final Param<String> mpirun;

  /** A trainer of resnet18 that has to be told its output. */
  public ResidualTrainer() {
    this(Identifiable$.MODULE$.randomUID("residualTrainer"));
  }

  private ResidualTrainer(String uid) {
    this.uid = uid;
    network = new Param<>(this, "network", "name of the network, as resnet18");
    output = new Param<>(this, "output", "folder of the results, which all hosts see");
    imageCol = new Param<>(this, "imageCol", "column of image files, or of decoded images");
    labelCol = new Param<>(this, "labelCol", "column of the names of classes");
    validationIndicatorCol =
        new Param<>(this, "validationIndicatorCol", "column that is true where a row is held out");
    processes = new IntParam(this, "processes", "processes; 0 for one for each executor");
    arguments = new StringArrayParam(this, "arguments", "of the command train");
    mpirun = new Param<>(this, "mpirun", "launcher of MPI; empty to look for it on the PATH");
    setDefault(network, "resnet18");
    setDefault(output, "");
    setDefault(imageCol, "content");
    setDefault(labelCol, "label");
    setDefault(validationIndicatorCol, "");
    setDefault(processes, 0);
    setDefault(arguments, new String[0]);
    setDefault(mpirun, "");
  }

  /** The name of the network to train, as {@link Networks#named} takes it. */
  public ResidualTrainer setNetwork(String name) {
    Networks.named(name);
    set(network, name);
    return this;
  }

  /**
   * Where the results go.
   *
   * @param folder an absolute path that driver and executors all see
   */
  public ResidualTrainer setOutput(String folder) {
    if (!Path.of(folder).isAbsolute()) {
      throw new IllegalArgumentException(
          "the output is '%s': expected an absolute path, which is the same on all hosts"
              .formatted(folder));
    }
    set(output, folder);
    return this;
  }

  /** The column of images; {@code content} by default. */
  public ResidualTrainer setImageCol(String name) {
    set(imageCol, name);
    return this;
  }

  /** The column of the names of classes, of any type; {@code label} by default. */
  public ResidualTrainer setLabelCol(String name) {
    set(labelCol, name);
    return this;
  }

  /** The boolean column that is true for images which the network is tested on; none by default. */
  public ResidualTrainer setValidationIndicatorCol(String name) {
    set(validationIndicatorCol, name);
    return this;
  }

  /** How many processes train; by default one for each executor, of {@code spark.task.cpus}. */
  public ResidualTrainer setProcesses(int number) {
    if (number < 0) {
      throw new IllegalArgumentException(number + " processes: expected at least 1, or 0");
    }
    set(processes, number);
    return this;
  }

  /**
   * More of the command line of {@code train}, as {@code "--epochs", "10"}; its paths are absolute
   * and the same on all hosts.
   */
  public ResidualTrainer setArguments(String... options) {
    set(arguments, options.clone());
    return this;
  }

  /** The path of MPICH's {@code mpirun} on the executors' hosts, where it is not found. */
  public ResidualTrainer setMpirun(String path) {
    set(mpirun, path);
    return this;
  }

  /**
   * Trains on the images of a DataFrame, which are written to the output first.
   *
   * @throws IllegalArgumentException if it lacks a column, or there is no output
   * @throws UncheckedIOException if images cannot be written, or the model cannot be read
   */
  @Override
  public ResidualModel fit(Dataset<?> dataset) {
    StructType schema = dataset.schema();
    transformSchema(schema);
    String indicator = getOrDefault(validationIndicatorCol);
    ImageFolder folder =
        new ImageFolder(
            Path.of(requireOutput(), "dataframe").toString(),
            ImageColumn.of(schema, getOrDefault(imageCol)),
            schema.fieldIndex(getOrDefault(labelCol)),
            indicator.isEmpty() ? -1 : schema.fieldIndex(indicator));
    try {
      folder.write(dataset.toDF());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return fit(dataset.sparkSession(), folder.folder());
  }

  /**
   * Trains on images that all hosts see.
   *
   * @param data a folder or archive, as the option {@code --data} takes it
   * @throws IllegalArgumentException if the command line is wrong, with its words
   * @throws UncheckedIOException if the model cannot be read
   */
  public ResidualModel fit(SparkSession spark, String data) {
    JavaSparkContext context = new JavaSparkContext(spark.sparkContext());
    List<String> options = new ArrayList<>(List.of("--model", getOrDefault(network)));
    options.addAll(List.of("--data", data));
    options.addAll(Arrays.asList(getOrDefault(arguments)));
    TrainingTask task = new TrainingTask(getOrDefault(mpirun), options, requireOutput());
    int number = number(context);
    List<Integer> tasks = IntStream.range(0, number).boxed().toList();
    RDD<String> refusals =
        context
            .parallelize(tasks, number)
            .rdd()
            .barrier()
            .mapPartitions(
                (Function1<Iterator<Integer>, Iterator<String>> & Serializable)
                    ignored -> CollectionConverters.asScala(task.run().iterator()),
                false,
                ClassTag$.MODULE$.apply(String.class));
    // Spark begins a barrier stage again only if another one follows it.
    List<String> refused = refusals.toJavaRDD().repartition(1).collect();
    if (!refused.isEmpty()) {
      throw new IllegalArgumentException(String.join("\n", refused));
    }
    try {
      Path file = Path.of(requireOutput(), "model.safetensors");
      return copyValues(ResidualModel.read(file), extractParamMap()).setParent(this);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private String requireOutput() {
    String folder = getOrDefault(output);
    if (folder.isEmpty()) {
      throw new IllegalArgumentException("there is no output: setOutput names its folder");
    }
    return folder;
  }

  private int number(JavaSparkContext context) {
    int given = (Integer) getOrDefault(processes);
    if (given > 0) {
      return given;
    }
    // The driver is listed among them, and some may be yet to come.
    int there = context.sc().statusTracker().getExecutorInfos().length - 1;
    int all = Math.max(there, context.sc().conf().getInt("spark.executor.instances", 1));
    LOGGER.info("{} processes train: one for each executor", all);
    return all;
  }

  @Override
  public StructType transformSchema(StructType schema) {
    ImageColumn.of(schema, getOrDefault(imageCol));
    schema.fieldIndex(getOrDefault(labelCol));
    String indicator = getOrDefault(validationIndicatorCol);
    if (!indicator.isEmpty() && !schema.apply(indicator).dataType().equals(DataTypes.BooleanType)) {
      throw new IllegalArgumentException(
          "column '%s' is %s: expected boolean, true where a row is held out"
              .formatted(indicator, schema.apply(indicator).dataType().catalogString()));
    }
    return schema;
  }

  @Override
  public ResidualTrainer copy(ParamMap extra) {
    return copyValues(new ResidualTrainer(uid), extra);
  }

  @Override
  public String uid() {
    return uid;
  }

  /** The parameter of {@link #setNetwork}. */
  public Param<String> network() {
    return network;
  }

  /** The parameter of {@link #setOutput}. */
  public Param<String> output() {
    return output;
  }

  /** The parameter of {@link #setImageCol}. */
  public Param<String> imageCol() {
    return imageCol;
  }

  /** The parameter of {@link #setLabelCol}. */
  public Param<String> labelCol() {
    return labelCol;
  }

  /** The parameter of {@link #setValidationIndicatorCol}. */
  public Param<String> validationIndicatorCol() {
    return validationIndicatorCol;
  }

  /** The parameter of {@link #setProcesses}. */
  public IntParam processes() {
    return processes;
  }

  /** The parameter of {@link #setArguments}. */
  public StringArrayParam arguments() {
    return arguments;
  }

  /** The parameter of {@link #setMpirun}. */
  public Param<String> mpirun() {
    return mpirun;
  }
}
