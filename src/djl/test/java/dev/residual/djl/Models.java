package dev.residual.djl;

import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.transform.CenterCrop;
import ai.djl.modality.cv.transform.Normalize;
import ai.djl.modality.cv.transform.ResizeShort;
import ai.djl.modality.cv.transform.ToTensor;
import ai.djl.modality.cv.translator.ImageClassificationTranslator;
import ai.djl.repository.zoo.Criteria;
import dev.residual.io.onnx.OnnxWriter;
import dev.residual.io.weights.ModelCard;
import dev.residual.io.weights.Safetensors;
import dev.residual.io.weights.WeightFile;
import dev.residual.nn.ResNet;
import dev.residual.nn.Weights;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A small network in files of all formats, and how a user of the Deep Java Library loads them. */
final class Models {
  static final int SIDE = 72;
  static final List<String> ANIMALS = List.of("ape", "bee", "cat", "dog", "emu");
  static final ResNet NETWORK =
      ResNet.named("resnet20-cifar").classes(ANIMALS.size()).input(SIDE, SIDE);
  private static final float[] MEAN = {0.485f, 0.456f, 0.406f};
  private static final float[] STD = {0.229f, 0.224f, 0.225f};

  private Models() {}

  static Weights weights() {
    return NETWORK.initializer(1).weights(NETWORK.inference(1).graph());
  }

  static Path safetensors(Path folder) throws IOException {
    Path file = folder.resolve("animals.safetensors");
    ModelCard card = new ModelCard(NETWORK.name(), SIDE, ANIMALS);
    Safetensors.write(file, weights(), card.metadata());
    return file;
  }

  static Path checkpoint(Path folder) throws IOException {
    Path file = folder.resolve("animals.pth");
    WeightFile.write(file, weights());
    return file;
  }

  static Path onnx(Path folder) throws IOException {
    Path file = folder.resolve("animals.onnx");
    OnnxWriter.write(file, NETWORK.inference(1), weights());
    return file;
  }

  /** As a program has it for whatever engine: nothing of this project is in it. */
  static Criteria.Builder<Image, Classifications> criteria(Path model) {
    ImageClassificationTranslator translator =
        ImageClassificationTranslator.builder()
            .addTransform(new ResizeShort((SIDE * 8 + 6) / 7))
            .addTransform(new CenterCrop(SIDE, SIDE))
            .addTransform(new ToTensor())
            .addTransform(new Normalize(MEAN, STD))
            .optSynset(ANIMALS)
            .optApplySoftmax(true)
            .build();
    return Criteria.builder()
        .setTypes(Image.class, Classifications.class)
        .optModelPath(model)
        .optTranslator(translator);
  }
}
