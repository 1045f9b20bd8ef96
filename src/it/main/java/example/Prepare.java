package example;

import dev.residual.io.onnx.OnnxWriter;
import dev.residual.io.weights.WeightFile;
import dev.residual.nn.ResNet;
import dev.residual.nn.Weights;
import java.awt.Color;
import java.awt.GradientPaint;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Path;
import javax.imageio.ImageIO;

/**
 * Writes what the others read: an image, random weights, and the network with them as an ONNX file.
 */
final class Prepare {
  private Prepare() {}

  static void main(String[] args) throws IOException {
    Path folder = Path.of(args[0]);
    ResNet network = ResNet.named("resnet20-cifar");
    Weights weights = network.initializer(0).weights(network.inference(1).graph());
    WeightFile.write(folder.resolve("weights.safetensors"), weights);
    OnnxWriter.write(folder.resolve("network.onnx"), network.inference(1), weights);
    ImageIO.write(image(), "png", folder.resolve("image.png").toFile());
  }

  private static BufferedImage image() {
    BufferedImage image = new BufferedImage(48, 40, BufferedImage.TYPE_INT_RGB);
    Graphics2D graphics = image.createGraphics();
    graphics.setPaint(new GradientPaint(0, 0, Color.RED, 48, 40, Color.CYAN));
    graphics.fillRect(0, 0, 48, 40);
    graphics.dispose();
    return image;
  }
}
