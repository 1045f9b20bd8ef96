package dev.residual.djl;

import ai.djl.modality.Classifications;
import ai.djl.modality.cv.Image;
import ai.djl.modality.cv.ImageFactory;
import ai.djl.modality.cv.transform.CenterCrop;
import ai.djl.modality.cv.transform.Normalize;
import ai.djl.modality.cv.transform.ResizeShort;
import ai.djl.modality.cv.transform.ToTensor;
import ai.djl.modality.cv.translator.ImageClassificationTranslator;
import ai.djl.ndarray.NDList;
import ai.djl.repository.zoo.Criteria;
import ai.djl.translate.NoopTranslator;
import dev.residual.io.images.Images;
import dev.residual.io.onnx.OnnxWriter;
import dev.residual.io.weights.ModelCard;
import dev.residual.io.weights.Safetensors;
import dev.residual.io.weights.WeightFile;
import dev.residual.nn.ResNet;
import dev.residual.nn.Weights;
import dev.residual.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A small network in files of all formats, and how a user of the Deep Java Library loads them. */
final class Models {
  static final int SIDE = 70;
  static final List<String> ANIMALS = List.of("ape", "bee", "cat", "dog", "emu");
  static final ResNet NETWORK =
      ResNet.named("resnet20-cifar").classes(ANIMALS.size()).input(SIDE, SIDE);
  private static final float[] MEAN = {0.485f, 0.456f, 0.406f};
  private static final float[] STD = {0.229f, 0.224f, 0.225f};

  private Models() {}

  /** Drawn by chance; the last layer is so small that no class is certain. */
  static Weights weights() {
    Weights weights = NETWORK.initializer(1).weights(NETWORK.inference(1).graph());
    Tensor last = weights.get("linear.weight");
    for (int i = 0; i < last.shape().elements(); i++) {
      last.set(i, last.get(i) / 50);
    }
    return weights;
  }

  static Path safetensors(Path folder) throws IOException {
    Path file = folder.resolve("animals.safetensors");
    ModelCard card = new ModelCard(NETWORK.name(), SIDE, ANIMALS);
    Safetensors.write(file, weights(), card.metadata());
    return file;
  }

  /** Nothing in it tells the network, and nothing the size of images. */
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

  /** As a program has it for whatever engine. */
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
        .optTranslator(translator)
        .optEngine("Residual");
  }

  /** A model of arrays. */
  static Criteria.Builder<NDList, NDList> arrays(Path model) {
    return Criteria.builder()
        .setTypes(NDList.class, NDList.class)
        .optModelPath(model)
        .optTranslator(new NoopTranslator())
        .optEngine("Residual");
  }

  static Path photo(Path folder, int height, int width) throws IOException {
    Path file = folder.resolve("%dx%d.png".formatted(height, width));
    return Files.write(file, Images.encode(Images.pattern(height, width), "png"));
  }

  static Image image(Path file) throws IOException {
    return ImageFactory.getInstance().fromFile(file);
  }
}
