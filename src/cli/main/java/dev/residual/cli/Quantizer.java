package dev.residual.cli;

import dev.residual.Backends;
import dev.residual.calibration.ActivationCalibration;
import dev.residual.cli.output.Failure;
import dev.residual.engine.CompileOptions;
import dev.residual.io.data.DataSet;
import dev.residual.io.data.DataSets;
import dev.residual.io.data.Loader;
import dev.residual.io.data.LoaderOptions;
import dev.residual.io.data.Part;
import dev.residual.io.images.Transform;
import dev.residual.io.images.Transforms;
import dev.residual.io.weights.ModelCard;
import dev.residual.io.weights.TrainedModel;
import dev.residual.nn.ImageNetwork;
import dev.residual.nn.Model;
import dev.residual.quantization.ActivationStatistics;
import dev.residual.quantization.QuantizedWeights;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The conversion of a trained network to 8-bit integers, calibrated on some images. */
record Quantizer(TrainedModel trained, Transform transform, int images) {
  private static final int BATCH = 8;

  /** Takes a network and its weights, which may not be quantised already. */
  static Quantizer of(
      TrainedModel trained, @Nullable String transform, int images, Console console) {
    trained.notes().forEach(console::warn);
    if (trained.isQuantized()) {
      throw new Failure(trained.file() + " holds 8-bit weights already");
    }
    Transform steps = transform == null ? trained.transform() : Transforms.parse(transform);
    return new Quantizer(trained, steps, images);
  }

  /** What the file tells about itself: what the original told, and how it was made. */
  Map<String, String> metadata() {
    ModelCard card = trained.card();
    ImageNetwork network = trained.architecture();
    Map<String, String> metadata =
        new LinkedHashMap<>(
            new ModelCard(
                    network.name(),
                    network.height(),
                    card.classes(),
                    card.normalization(),
                    card.transform())
                .metadata());
    metadata.put("quantization", "int8, convolutions, symmetric");
    return metadata;
  }

  /** The network's weights in 8-bit integers, with scales measured on the images of a data set. */
  QuantizedWeights quantized(String data) throws IOException {
    try (DataSet set = DataSets.open(data, Part.TRAIN, trained.architecture().height())) {
      int batch = trained.batch(Math.min(BATCH, set.size()));
      LoaderOptions options =
          LoaderOptions.training(batch)
              .withCacheBytes(0)
              .withNormalization(trained.card().normalization());
      Loader loader = new Loader(set, transform, options);
      TrainedModel fitting = trained.input(loader.shape().dim(2), loader.shape().dim(3));
      Model model = fitting.architecture().inference(batch);
      ActivationStatistics statistics =
          ActivationCalibration.measure(
              Backends.cpu(),
              CompileOptions.DEFAULT,
              model,
              trained.weights(),
              loader,
              Math.ceilDiv(images, batch));
      return QuantizedWeights.of(model.graph(), trained.weights(), statistics);
    }
  }
}
