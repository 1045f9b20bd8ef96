package dev.residual.train;

import dev.residual.graph.passes.GradientAccumulation;
import dev.residual.nn.Weights;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import org.jspecify.annotations.Nullable;

/**
 * The epochs of a training: steps, checkpoints, evaluation, metrics.
 *
 * <p>Owns neither trainer nor evaluator. A training that is {@linkplain #restore restored} from the
 * state of another one, of the same settings on the same kind of machine, ends with the same
 * weights and metrics, bit for bit, times left out. Serves one thread; any other may {@link #stop}
 * it.
 */
public final class Training {
  private final Stages stages;
  private final Recipe recipe;
  private final Map<String, String> settings;
  private final Together together;
  private final List<Metrics> metrics = new ArrayList<>();
  private @Nullable Evaluator evaluator;
  private @Nullable BatchSource test;
  private @Nullable BatchSource views;
  private List<Double> viewWeights = List.of();
  private ViewAverage viewAverage = ViewAverage.PROBABILITIES;
  private @Nullable Accuracy viewed;
  private Checkpoints checkpoints = Checkpoints.NONE;
  private Stage stage;
  private long interval = Long.MAX_VALUE;

  private int epoch;
  private int batch;
  private double loss = Double.NaN;
  private double learningRate;
  private double lossSum;
  private long images;
  private long top1;
  private long top5;
  private long nanos;
  private long mark;
  private long saved;

  /** Whether steps were done since the state was saved. */
  private boolean unsaved;

  private volatile boolean stopped;

  /**
   * A training that begins with the trainer's weights.
   *
   * @param settings what else must be the same to resume, as text by name: model, data, seed
   * @throws IllegalArgumentException if shape or classes of source, recipe and trainer differ, or
   *     the source has no full batch
   */
  public Training(
      Trainer trainer, Recipe recipe, BatchSource source, Map<String, String> settings) {
    this(always(new Stage(trainer, source)), recipe, settings);
  }

  /**
   * A training whose trainer and source may change with the epoch.
   *
   * @param settings what else must be the same to resume, as text by name: model, data, seed
   * @throws IllegalArgumentException if recipe and trainer differ
   */
  public Training(Stages stages, Recipe recipe, Map<String, String> settings) {
    this.stages = stages;
    this.stage = stages.at(0);
    together = new Together(stage.trainer().communicator());
    if (recipe.batch() != stage.trainer().graph().batch() * together.size()) {
      throw new IllegalArgumentException(
          "a recipe for %d images for %d networks of %s"
              .formatted(recipe.batch(), together.size(), stage.trainer().graph().images()));
    }
    this.recipe = recipe;
    Map<String, String> all = new LinkedHashMap<>(settings);
    all.putAll(recipe.settings());
    this.settings = Collections.unmodifiableMap(all);
  }

  private static Stages always(Stage stage) {
    return epoch -> stage;
  }

  /** Evaluates at the end of each epoch. */
  public Training evaluatedBy(Evaluator evaluator, BatchSource test) {
    this.evaluator = evaluator;
    this.test = test;
    return this;
  }

  /**
   * Evaluates once more at the end, by the average of several views of each image; {@link #viewed}
   * tells the result.
   *
   * @param views those of one image after each other
   * @param weights of the views of each image
   * @param average what is averaged
   */
  public Training finallyEvaluatedBy(BatchSource views, List<Double> weights, ViewAverage average) {
    this.views = views;
    this.viewWeights = List.copyOf(weights);
    this.viewAverage = average;
    return this;
  }

  /**
   * Saves the state at the end of each epoch, and within.
   *
   * @param seconds the least time between two checkpoints within an epoch; if infinite there are
   *     none, not even where the training is stopped
   */
  public Training savedTo(Checkpoints checkpoints, double seconds) {
    this.checkpoints = checkpoints;
    this.interval = Double.isInfinite(seconds) ? Long.MAX_VALUE : (long) (seconds * 1e9);
    return this;
  }

  /**
   * Goes on where another training was.
   *
   * @throws IllegalArgumentException if its settings or tensors differ, saying how
   */
  public void restore(TrainingState state) {
    List<String> differences = state.differences(settings);
    if (!differences.isEmpty()) {
      throw new IllegalArgumentException(
          "the training to resume is another one: " + String.join("; ", differences));
    }
    if (state.batch() > batches() || state.epoch() > recipe.epochs()) {
      throw new IllegalArgumentException(
          "position: epoch %d, batch %d, of %d epochs of %d batches"
              .formatted(state.epoch(), state.batch(), recipe.epochs(), batches()));
    }
    stage = stages.at(Math.min(state.epoch(), recipe.epochs() - 1));
    trainer().restore(state.weights(), state.states());
    epoch = state.epoch();
    batch = state.batch();
    Totals totals = state.totals();
    lossSum = totals.loss();
    images = totals.images();
    top1 = totals.top1();
    top5 = totals.top5();
    nanos = (long) (totals.seconds() * 1e9);
    metrics.clear();
    metrics.addAll(state.metrics());
  }

  /**
   * Trains to the last epoch, or until the recipe loses patience.
   *
   * @return the metrics of all epochs
   * @throws DivergenceException if a loss or a weight is not finite; the last checkpoint is from
   *     before
   * @throws IOException if a checkpoint cannot be saved
   * @throws CancellationException if it was stopped; its state has been saved, if there are
   *     checkpoints within epochs
   * @throws IllegalStateException if the recipe has patience and nothing evaluates
   */
  public List<Metrics> run(TrainingListener listener) throws IOException {
    if (recipe.patience() > 0 && evaluator == null) {
      throw new IllegalStateException(
          "the recipe ends after %d epochs without a better accuracy, but nothing evaluates"
              .formatted(recipe.patience()));
    }
    requireAlike();
    saved = System.nanoTime();
    try {
      while (!recipe.isComplete(metrics)) {
        stage = stages.at(epoch);
        epoch(listener);
      }
      viewed = evaluateViews(listener);
    } catch (CancellationException e) {
      if (unsaved && interval != Long.MAX_VALUE) {
        save();
      }
      throw e;
    }
    return List.copyOf(metrics);
  }

  /**
   * Ends {@link #run} after the step, or the batch of the evaluation, that is under way. Any thread
   * may call it; a training that was stopped stays so.
   */
  public void stop() {
    stopped = true;
  }

  private void epoch(TrainingListener listener) throws IOException {
    steps(listener);
    Metrics row = finish(listener);
    metrics.add(row);
    epoch++;
    batch = 0;
    clear();
    save();
    listener.epoch(row);
  }

  /** Of several processes each has the same settings, position and weights. */
  private void requireAlike() {
    if (together.size() == 1) {
      return;
    }
    Map<String, String> things = new LinkedHashMap<>(settings);
    things.put("position", position(batch));
    things.put("graph", trainer().graph().graph().toString());
    together.requireEqual(things);
    requireSameWeights();
  }

  private void requireSameWeights() {
    if (together.size() > 1) {
      trainer().shareStatistics();
      together.requireEqual("weights", trainer().weights());
      together.requireEqual("states", trainer().states());
    }
  }

  private void requireGoing() {
    // Several processes stop after the same step.
    if (together.size() == 1 ? stopped : together.stops()) {
      throw new CancellationException("stopped after " + position(batch));
    }
  }

  /** The result by several views of each image, when {@link #run} has ended; else empty. */
  public Optional<Accuracy> viewed() {
    return Optional.ofNullable(viewed);
  }

  /** Whether there is nothing left to train. */
  public boolean isComplete() {
    return recipe.isComplete(metrics);
  }

  /** Copies out the weights to be used: their averages, where the recipe keeps these. */
  public Weights trained() {
    return trainer().trained();
  }

  private Trainer trainer() {
    return stage.trainer();
  }

  /** The settings, those of the recipe included. */
  public Map<String, String> settings() {
    return settings;
  }

  /** The epoch, from 0. */
  public int epoch() {
    return epoch;
  }

  /** The number of epochs. */
  public int epochs() {
    return recipe.epochs();
  }

  /** The number of batches done in this epoch. */
  public int batch() {
    return batch;
  }

  /** The number of batches of an epoch. */
  public int batches() {
    return stage.source().batches();
  }

  /** The loss of the last step, NaN before the first. */
  public double loss() {
    return loss;
  }

  /** The learning rate of the last step. */
  public double learningRate() {
    return learningRate;
  }

  /** The mean loss of this epoch so far. */
  public double meanLoss() {
    return lossSum / images;
  }

  /** The part of the images of this epoch so far whose class was ranked first. */
  public double top1Rate() {
    return (double) top1 / images;
  }

  /** The images trained on in a second, in this epoch so far. */
  public double imagesPerSecond() {
    return images / (nanos / 1e9);
  }

  /**
   * A copy of everything needed to resume.
   *
   * @throws DivergenceException if a weight or another tensor is not finite
   */
  public TrainingState state() {
    Weights weights = trainer().weights();
    weights.tensors().forEach(this::checkFinite);
    Weights states = trainer().states();
    // A mean gradient that overflowed is passed over, and forgotten.
    states
        .tensors()
        .forEach(
            (name, tensor) -> {
              if (!GradientAccumulation.isMean(name)) {
                checkFinite(name, tensor);
              }
            });
    Totals totals = new Totals(lossSum, images, top1, top5, nanos / 1e9);
    return new TrainingState(settings, epoch, batch, totals, weights, states, metrics);
  }

  private void steps(TrainingListener listener) throws IOException {
    requireGoing();
    if (batch == batches()) {
      return;
    }
    mark = System.nanoTime();
    try (Batches batches = stage.source().epoch(epoch, batch)) {
      for (Batch next = batches.next(); next != null; next = batches.next()) {
        step(next);
        listener.step(this);
        requireGoing();
        if (batch < batches() && together.saves()) {
          save();
          mark = System.nanoTime();
        }
      }
    }
    if (batch != batches()) {
      throw new IllegalStateException(
          "the source gave %d batches in epoch %d instead of %d"
              .formatted(batch, epoch + 1, batches()));
    }
  }

  private void step(Batch next) {
    learningRate = recipe.schedule().learningRate(epoch, batch, batches());
    for (Control control : trainer().graph().controls()) {
      trainer().set(control.value(), control.rule().at(epoch, batch, batches()));
    }
    double own = trainer().step(next, learningRate);
    boolean isDue = System.nanoTime() - saved >= interval;
    together.step(own, trainer().top1(), trainer().top5(), stopped, isDue);
    loss = together.loss();
    if (!Double.isFinite(loss)) {
      throw new DivergenceException(
          "the loss is %s in %s at a learning rate of %s"
              .formatted(loss, position(batch + 1), learningRate));
    }
    batch++;
    unsaved = true;
    int count = next.count() * together.size();
    lossSum += loss * count;
    images += count;
    top1 += together.top1();
    top5 += together.top5();
    long now = System.nanoTime();
    nanos += now - mark;
    mark = now;
  }

  private Metrics finish(TrainingListener listener) {
    double lastRate = recipe.schedule().learningRate(epoch, batches() - 1, batches());
    requireSameWeights();
    Accuracy accuracy = new Accuracy(0, 0, 0);
    if (evaluator != null) {
      evaluator.write(trained());
      BatchSource images = Objects.requireNonNull(test);
      accuracy =
          together.total(
              evaluator.evaluate(images, done -> evaluated(listener, done, images.batches())));
    }
    return new Metrics(
        epoch + 1,
        lastRate,
        meanLoss(),
        top1Rate(),
        accuracy.top1Rate(),
        accuracy.top5Rate(),
        imagesPerSecond(),
        nanos / 1e9);
  }

  private @Nullable Accuracy evaluateViews(TrainingListener listener) {
    BatchSource images = views;
    if (images == null || evaluator == null) {
      return null;
    }
    evaluator.write(trained());
    return evaluator.evaluate(
        images, viewWeights, viewAverage, done -> evaluated(listener, done, images.batches()));
  }

  private void evaluated(TrainingListener listener, int done, int batches) {
    listener.evaluation(done, batches);
    requireGoing();
  }

  private void clear() {
    lossSum = 0;
    images = 0;
    top1 = 0;
    top5 = 0;
    nanos = 0;
  }

  private void save() throws IOException {
    if (checkpoints != Checkpoints.NONE) {
      checkpoints.save(state());
      saved = System.nanoTime();
    }
    unsaved = false;
  }

  private void checkFinite(String name, Tensor tensor) {
    if (!tensor.isFinite()) {
      throw new DivergenceException(
          "%s holds numbers that are not finite after %s".formatted(name, position(batch)));
    }
  }

  private String position(int step) {
    return "epoch %d of %d, step %d of %d".formatted(epoch + 1, recipe.epochs(), step, batches());
  }
}
