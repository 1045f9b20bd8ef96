package dev.residual.cli.picture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.inspect.HeatMap;
import java.awt.Color;
import java.awt.image.BufferedImage;
import org.junit.jupiter.api.Test;

class HeatPictureTest {
  private static BufferedImage grey() {
    BufferedImage image = new BufferedImage(40, 20, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < 800; i++) {
      image.setRGB(i % 40, i / 40, 0x808080);
    }
    return image;
  }

  @Test
  void whereNothingSpeaksForAClassTheImageStaysAsItIs() {
    BufferedImage picture = HeatPicture.over(grey(), new HeatMap(2, 2, new float[4]));
    for (int i = 0; i < 800; i++) {
      assertThat(picture.getRGB(i % 40, i / 40) & 0xFFFFFF).isEqualTo(0x808080);
    }
  }

  @Test
  void theMostIsRedAndFallsOffToTheNextPlace() {
    BufferedImage picture =
        HeatPicture.over(grey(), new HeatMap(2, 4, new float[] {0, 0, 0, 0, 0, 0, 8, 0}));
    Color middle = new Color(picture.getRGB(25, 15));
    assertThat(middle.getRed()).isGreaterThan(middle.getBlue() + 60);
    // 0.55 of the way from the middle of the hot place to that of the next.
    assertThat(picture.getRGB(30, 15))
        .isEqualTo(ColorMap.mix(0x808080, ColorMap.HEAT.of(0.45), 0.65 * 0.45));
    assertThat(picture.getRGB(35, 15) & 0xFFFFFF).as("the middle of the next").isEqualTo(0x808080);
    assertThat(picture.getRGB(2, 2) & 0xFFFFFF).isEqualTo(0x808080);
  }

  @Test
  void numbersHaveTheColoursOfTheirPlaceBetweenLeastAndGreatest() {
    BufferedImage picture = HeatPicture.draw(new float[] {9, -2, 0, 2}, 1, 1, 3);
    assertThat(picture.getRGB(0, 0) & 0xFFFFFF).isEqualTo(0x440154);
    assertThat(picture.getRGB(2, 0) & 0xFFFFFF).isEqualTo(0xFDE725);
    assertThat(picture.getRGB(1, 0) & 0xFFFFFF).isEqualTo(ColorMap.VIRIDIS.of(0.5) & 0xFFFFFF);
    BufferedImage flat = HeatPicture.draw(new float[] {3, 3}, 0, 2, 1);
    assertThat(flat.getRGB(0, 0)).isEqualTo(flat.getRGB(0, 1));
  }
}
