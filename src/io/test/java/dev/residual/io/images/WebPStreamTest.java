package dev.residual.io.images;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WebPStreamTest {
  private static final String LOSSY = "56503820 0A000000 000000 9D012A 0300 0200";
  private static final String CANVAS = "56503858 0A000000 02000000 070000 050000";

  @Test
  void framesLieOnACanvas() throws IOException {
    WebPStream stream =
        WebPStream.of(
            riff(CANVAS + "414E4D46 22000000 010000 020000 020000 010000 000000 00" + LOSSY));

    assertThat(stream.canvas()).isEqualTo(new ImageSize(8, 6));
    assertThat(stream.size()).isEqualTo(new ImageSize(3, 2));
    assertThat(stream.left()).isEqualTo(2);
    assertThat(stream.top()).isEqualTo(4);
    assertThat(stream.still()).isEqualTo(riff(LOSSY));
  }

  @ParameterizedTest
  @CsvSource({
    "'', it has no picture",
    "41424344 02000000 0000, it has no picture",
    "56503820 FF000000 000000 9D012A 0300 0200, it is cut short",
    "56503820 04000000 000000 9D, it is cut short",
    "56503820 0A000000 000000 9D012A 0000 0200, its header states 0 x 2 pixels",
    "56503858 0A000000 02000000 010000 010000 56503820 0A000000 000000 9D012A 0300 0200,"
        + " its picture of 3 x 2 pixels does not fit into 2 x 2",
    "56503858 0A000000 02000000 FFFFFF FFFFFF 56503820 0A000000 000000 9D012A 0300 0200,"
        + " its 16777216 x 16777216 pixels are more than the 178 million that are accepted",
    "56503858 0A000000 02000000 070000 050000 414E4D46 FFFFFFFF 010000 020000, it is cut short",
    "56503820 0A000000 000000 9D012A 0300 0200, its data are damaged"
  })
  void whatIsNotAsItSaysIsRefused(String chunks, String reason) {
    assertThatThrownBy(() -> ImageFile.decode("x", riff(chunks)))
        .isInstanceOf(IOException.class)
        .hasMessage("x: cannot decode the image: " + reason);
  }

  @Test
  void otherFilesOfChunksAreRefused() {
    byte[] sound = ForgedImages.hex("52494646 04000000 57415645");

    assertThatThrownBy(() -> ImageFile.decode("x", sound))
        .hasMessage("x: cannot decode the image: it is a RIFF file, but no WebP image");
  }

  private static byte[] riff(String chunks) {
    byte[] content = ForgedImages.hex(chunks);
    return ForgedImages.hex(
        "52494646 %02X000000 57454250 %s".formatted(4 + content.length, chunks));
  }
}
