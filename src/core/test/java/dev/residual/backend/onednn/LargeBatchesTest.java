package dev.residual.backend.onednn;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.residual.Batches;
import dev.residual.OpCase;
import dev.residual.OpCases;
import dev.residual.RandomInputs;
import dev.residual.RepeatedMemory;
import dev.residual.Roles;
import dev.residual.backend.reference.ReferenceBackend;
import dev.residual.bindings.AvailableMemory;
import dev.residual.engine.Session;
import dev.residual.graph.Graph;
import dev.residual.graph.Role;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Tensor;
import java.lang.foreign.Arena;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;

/**
 * Operations on tensors whose elements an int does not count, or whose bytes 32 bits do not: each
 * row of a few images, again and again, gives the same again and again.
 *
 * <p>{@code -Dresidual.large} is a pattern of the names of rows.
 */
@Tag("slow")
class LargeBatchesTest {
  private static final long SEED = 1;

  private static final Pattern ROWS =
      Pattern.compile(
          System.getProperty(
              "residual.large",
              "conv( backward (data|weights)|\\+bias\\+add\\+relu)?"
                  + " (3x3, 64 channels|1x1 stride 2|groups 32|dilation 2)"
                  + "|conv backward weights\\+bias 1x1"
                  + "|conv (u8, u8|s8, s8|u8, u8 added, s8) 3x3, 64 channels"
                  + "|bn(\\+add\\+relu\\+mask| inference\\+add\\+relu| backward| backward frozen)?"
                  + " 2x16x6x6"
                  + "|(max pool, backward|(avg pool|avg pool backward)) 3x3 stride 2.*"
                  + "|global avg pool.* 1x64x7x7"
                  + "|(relu|relu backward|add|cast to half|cast from half|dropout 0.4 backward)"
                  + " 2x64x3x3"
                  + "|(quantize|dequantize) (u8|s8) 1x64x4x4"
                  + "|concat( backward)? \\[16, 32, 16\\]"
                  + "|zero-pad shortcut( backward)? 2x16x8x8.*"
                  + "|normalize 2x3x5x7"
                  + "|reshape 3x16x1x1.*"
                  + "|linear(\\+bias| backward data| backward weights\\+bias) 8x64 to 10"));

  @TestFactory
  Stream<DynamicTest> repeatedImagesGiveRepeatedResults() {
    return FloatTypes.ofCpu().stream()
        .flatMap(
            dtype ->
                OpCases.all().stream()
                    .filter(row -> ROWS.matcher(row.name()).matches())
                    .map(
                        row ->
                            DynamicTest.dynamicTest(dtype + " " + row, () -> require(row, dtype))));
  }

  private static void require(OpCase row, DType dtype) {
    Graph few = Roles.withoutCasts(row.graph(dtype));
    Batches batches = new Batches(few);
    int times = times(few, batches);
    Graph many = batches.repeated(times);
    long bytes = many.values().stream().mapToLong(Value::bytes).sum();
    assumeTrue(
        bytes + (1L << 30) < AvailableMemory.bytes(), () -> "needs " + bytes + " bytes of memory");
    Map<Value, Tensor> inputs = RandomInputs.of(few, SEED);
    try (Arena arena = Arena.ofConfined();
        Session session = new OneDnnBackend().compile(many);
        Session reference = new ReferenceBackend().compile(few)) {
      Map<Value, RepeatedMemory> memories = new HashMap<>();
      for (Value value : few.values()) {
        Value large = batches.repeated(value, times);
        if (value.role() != Role.ACTIVATION) {
          reference.write(value, inputs.get(value));
        }
        if (!batches.contains(value)) {
          if (value.role() != Role.ACTIVATION) {
            session.write(large, inputs.get(value));
          }
        } else if (value.role() == Role.INPUT || few.outputs().contains(value)) {
          RepeatedMemory memory = new RepeatedMemory(arena, value, times, session.layout(large));
          if (value.role() == Role.INPUT) {
            memory.fill(inputs.get(value));
          }
          session.bind(large, memory.all());
          memories.put(value, memory);
        }
      }
      reference.run();
      session.run();
      // Sums of as many times the summands lose more by rounding, as any sum does.
      OpCase ofAll = new OpCase(row.name(), Math.multiplyExact(row.terms(), times), row.graphs());
      for (Value value : few.outputs()) {
        Tensor expected = reference.read(value);
        double tolerance = row.tolerance(dtype);
        if (memories.containsKey(value)) {
          memories.get(value).require(row.name(), expected, tolerance);
        } else {
          RepeatedMemory.requireSum(
              row.name() + ", " + value.name(),
              expected,
              session.read(value),
              value.name().startsWith("diff") ? times : 1,
              ofAll.tolerance(dtype));
        }
      }
    }
  }

  /** How often images repeat, so that the largest tensor has more elements, or bytes, than that. */
  private static int times(Graph few, Batches batches) {
    long times = 0;
    for (Value value : few.values()) {
      long elements = value.shape().elements();
      if (batches.contains(value) && elements == batches.largest()) {
        long most = value.dtype().bytes() == 4 ? 1L << 30 : 1L << 31;
        times = Math.max(times, most / elements + 9);
      }
    }
    return Math.toIntExact(times);
  }
}
