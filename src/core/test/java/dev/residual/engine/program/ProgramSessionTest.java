package dev.residual.engine.program;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.residual.SessionContract;
import dev.residual.engine.Backend;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.Relu;
import dev.residual.graph.Value;
import dev.residual.tensor.Shape;
import dev.residual.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/** What programs promise on a device whose memory is out of reach and whose work is queued. */
class ProgramSessionTest extends SessionContract {
  private final Value src = Value.input("src", Shape.of(16));
  private final Value dst = Value.activation("dst", Shape.of(16));
  private final Graph relu = Graph.of(new Relu(src, dst));

  @Override
  protected Backend backend() {
    return new QueuedBackend();
  }

  /** The reference's sessions are made of heap arrays. */
  @Override
  protected boolean allocatesNothing() {
    return false;
  }

  private static Tensor numbers(float first) {
    float[] numbers = new float[16];
    numbers[0] = first;
    return Tensor.of(Shape.of(16), numbers);
  }

  @Test
  void memoryOfTheDeviceIsUsedInPlaceAndFinishWaits() {
    try (Session session = backend().compile(relu);
        Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(dst.bytes(), 64);
      session.bind(dst, MemorySegment.ofAddress(memory.address()));
      session.write(src, numbers(3));
      session.run();
      assertThat(memory.get(ValueLayout.JAVA_FLOAT, 0)).isZero();
      session.finish();
      assertThat(memory.get(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(3);
    }
  }

  @Test
  void memoryOfTheHostIsCompleteWhenARunReturns() {
    try (Session session = backend().compile(relu);
        Arena arena = Arena.ofConfined()) {
      MemorySegment device = arena.allocate(dst.bytes(), 64);
      MemorySegment host = arena.allocate(dst.bytes(), 64);
      session.bind(dst, MemorySegment.ofAddress(device.address()));
      session.bind(dst, host);
      session.write(src, numbers(5));
      session.run();
      assertThat(host.get(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(5);
      assertThat(device.get(ValueLayout.JAVA_FLOAT, 0)).isZero();
    }
  }

  @Test
  void aBindingAfterARunDoesNotTurnItAside() {
    try (Session session = backend().compile(relu);
        Arena arena = Arena.ofConfined()) {
      MemorySegment first = arena.allocate(dst.bytes(), 64);
      MemorySegment second = arena.allocate(dst.bytes(), 64);
      session.bind(dst, MemorySegment.ofAddress(first.address()));
      session.write(src, numbers(7));
      session.run();
      session.bind(dst, MemorySegment.ofAddress(second.address()));
      assertThat(first.get(ValueLayout.JAVA_FLOAT, 0)).isEqualTo(7);
      assertThat(second.get(ValueLayout.JAVA_FLOAT, 0)).isZero();
    }
  }

  @Test
  void theNullAddressIsNoMemory() {
    try (Session session = backend().compile(relu)) {
      assertThatThrownBy(() -> session.bind(dst, MemorySegment.NULL))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void whatIsWrittenAfterARunDoesNotReachIt() {
    try (Session session = backend().compile(relu)) {
      session.write(src, numbers(1));
      session.run();
      session.write(src, numbers(2));
      assertThat(session.read(dst).get(0)).isEqualTo(1);
      session.run();
      assertThat(session.read(dst).get(0)).isEqualTo(2);
    }
  }
}
