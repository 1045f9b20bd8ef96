package dev.residual.bindings;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.residual.bindings.turbojpeg.TurboJpegLibrary;
import dev.residual.bindings.webp.WebPLibrary;
import java.io.File;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@EnabledOnOs(OS.LINUX)
class OptionalLibraryTest {

  private static final String SWITCH = "residual.test";
  private static final String PLACE = "residual.test.path";

  private final AtomicInteger versions = new AtomicInteger();
  @TempDir Path folder;

  @AfterEach
  void clear() {
    System.clearProperty(SWITCH);
    System.clearProperty(PLACE);
  }

  @Test
  void oneThatIsThereIsLoadedOnce() throws Exception {
    choose(FakeLibrary.compile(folder.resolve("libfake.so"), "int fake = 1;"));
    OptionalLibrary library = library();

    assertThat(library.isAvailable()).isTrue();
    assertThat(library.get()).isSameAs(library.get());
    assertThat(versions).hasValue(1);
  }

  @Test
  void theSwitchDoesWithoutIt() throws Exception {
    choose(FakeLibrary.compile(folder.resolve("libfake.so"), "int fake = 2;"));
    System.setProperty(SWITCH, "off");
    OptionalLibrary library = library();

    assertThat(library.isAvailable()).isFalse();
    System.clearProperty(SWITCH);
    assertThat(library.isAvailable()).isTrue();
  }

  @Test
  void oneThatIsMissingIsNotLookedForAgain() throws Exception {
    choose(folder.resolve("libfake.so"));
    OptionalLibrary library = library();

    assertThat(library.isAvailable()).isFalse();
    FakeLibrary.compile(folder.resolve("libfake.so"), "int fake = 3;");
    assertThat(library.isAvailable()).isFalse();
    assertThatThrownBy(library::get)
        .isInstanceOf(NativeLibraryException.class)
        .hasMessageContaining("no usable fake 1.0.0 or later")
        .hasMessageContaining("there is no such file");
  }

  /** Other libraries of these names do no harm. */
  @Test
  void decodersAreToldByTheirFunctions() throws Exception {
    Path fake = FakeLibrary.compile(folder.resolve("libfake.so"), "int fake = 4;");

    for (String name : List.of("turbojpeg", "webp")) {
      String output =
          ChildJvm.run(
              "-Dresidual." + name + ".path=" + fake,
              "--enable-native-access=ALL-UNNAMED",
              "-cp",
              ChildJvm.location(NativeLibrary.class)
                  + File.pathSeparator
                  + ChildJvm.location(Decoders.class),
              Decoders.class.getName(),
              name);
      assertThat(output)
          .contains("is there: false", "running without lib" + name, "so it is not lib" + name);
    }
  }

  /** Says whether there is a decoder. */
  static final class Decoders {
    public static void main(String[] names) {
      System.out.println(
          "is there: "
              + (names[0].equals("webp")
                  ? WebPLibrary.isAvailable()
                  : TurboJpegLibrary.isAvailable()));
    }
  }

  private OptionalLibrary library() {
    return new OptionalLibrary(
        SWITCH,
        new LibrarySearch(
            "fake",
            PLACE,
            List.of(),
            List.of("libfake.so"),
            List.of(),
            VersionRange.since(new LibraryVersion(1, 0, 0)),
            library -> new LibraryVersion(versions.incrementAndGet(), 0, 0),
            "do this"));
  }

  private void choose(Path path) {
    System.setProperty(PLACE, path.toString());
  }
}
