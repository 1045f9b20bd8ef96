package dev.residual.backend.cudnn;

import static org.assertj.core.api.Assertions.assertThat;

import dev.residual.graph.Graph;
import dev.residual.graph.Lerp;
import dev.residual.graph.Op;
import dev.residual.graph.Relu;
import dev.residual.graph.SgdUpdate;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.List;
import org.junit.jupiter.api.Test;

class UpdateGroupsTest {
  private static final Shape SHAPE = Shape.of(4);
  private static final Value RATE = Value.input("rate", Shape.SCALAR);
  private static final Value SHARE = Value.input("share", Shape.SCALAR);
  private static final Value G = Value.input("g", SHAPE);
  private static final Value A = Value.parameter("a", SHAPE);
  private static final Value B = Value.parameter("b", SHAPE);
  private static final Value SLOW_A = Value.state("slow.a", SHAPE, DType.F32);
  private static final Value SLOW_B = Value.state("slow.b", SHAPE, DType.F32);
  private static final SgdUpdate FIRST = SgdUpdate.of(A, G, RATE);
  private static final SgdUpdate SECOND = SgdUpdate.of(B, G, RATE);

  private static List<Op> together(Op op, Op... ops) {
    return UpdateGroups.of(new Graph(List.of(ops), List.of()), op);
  }

  @Test
  void updatesWaitForTheLast() {
    Op between = new Relu(G, Value.activation("r", SHAPE));
    assertThat(together(FIRST, FIRST, between, SECOND)).containsExactly(FIRST, SECOND);
    assertThat(together(SECOND, FIRST, between, SECOND)).containsExactly(FIRST, SECOND);
  }

  @Test
  void noUpdateWaitsBehindWhoReadsIt() {
    Op reader = new Relu(A, Value.activation("r", SHAPE));
    assertThat(together(FIRST, FIRST, reader, SECOND)).containsExactly(FIRST);
    assertThat(together(FIRST, FIRST, SECOND, reader)).containsExactly(FIRST, SECOND);
    Lerp average = new Lerp(SLOW_A, A, SHARE);
    assertThat(together(FIRST, FIRST, average, SECOND)).containsExactly(FIRST);
  }

  @Test
  void noUpdateWaitsBehindWhoChangesWhatItReads() {
    Lerp first = new Lerp(SLOW_A, A, SHARE);
    Lerp second = new Lerp(SLOW_B, B, SHARE);
    assertThat(together(first, first, FIRST, second)).containsExactly(first);
    assertThat(together(first, first, SECOND, second)).containsExactly(first, second);
  }

  @Test
  void whatFollowsFromEachOtherIsNotDoneAtOnce() {
    Lerp there = new Lerp(SLOW_A, A, SHARE);
    Lerp back = new Lerp(A, SLOW_A, SHARE);
    assertThat(together(there, there, back)).containsExactly(there);
    SgdUpdate again = SgdUpdate.of(A, G, SHARE);
    assertThat(together(FIRST, FIRST, again)).containsExactly(FIRST);
  }

  @Test
  void factorsAndSharesDivideGroups() {
    Lerp first = new Lerp(SLOW_A, A, SHARE);
    Lerp other = new Lerp(SLOW_B, B, RATE);
    assertThat(together(first, first, other)).containsExactly(first);
    SgdUpdate scaled = SECOND.withFactor(SHARE);
    assertThat(together(FIRST, FIRST, scaled)).containsExactly(FIRST);
  }
}
