package dev.residual.backend.cudnn.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.backend.cudnn.operation.ElementType;
import dev.residual.backend.cudnn.operation.OperationGraph;
import dev.residual.bindings.LibraryVersion;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ErrataTest {
  private static final LibraryVersion VERSION = new LibraryVersion(9, 23, 1);
  private static final OperationGraph FORWARD =
      new PlanGraphs(ElementType.HALF, 8, 64, 8).forward();
  private static final OperationGraph NORM =
      new PlanGraphs(ElementType.HALF, 8, 64, 8).norm(false);

  private static DeviceDescription device(String capability) {
    return new DeviceDescription("a device", capability, 1, 1, 1, 1, "{}");
  }

  @Test
  void anErratumIsOfADeviceAVersionAndAnOperation() {
    Errata known = Errata.of(device("8.6"), VERSION);
    assertThat(known.reason(FORWARD, 5)).contains("differ from run to run");
    assertThat(known.reason(FORWARD, 4)).isEmpty();
    assertThat(known.reason(NORM, 5)).isEmpty();
    assertThat(Errata.of(device("9.0"), VERSION).reason(FORWARD, 5)).isEmpty();
    LibraryVersion mended = new LibraryVersion(9, 24, 0);
    assertThat(Errata.of(device("8.6"), mended).reason(FORWARD, 5)).isEmpty();
    LibraryVersion older = new LibraryVersion(9, 22, 0);
    assertThat(Errata.of(device("8.6"), older).reason(FORWARD, 5)).isEmpty();
  }

  @Test
  void aStarStandsForAllOperations() {
    Stream<String> lines = Stream.of("# a comment", "", "9.0 9.0.0 10.0.0 * 7 it is wrong");
    Errata errata = Errata.parse(lines, device("9.0"), VERSION);
    assertThat(errata.reason(FORWARD, 7)).isEqualTo("it is wrong");
    assertThat(errata.reason(NORM, 7)).isEqualTo("it is wrong");
  }
}
