package dev.residual.backend.cudnn.plan;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.residual.backend.cudnn.SoftwareDevice;
import dev.residual.backend.cudnn.device.CudaDevice;
import dev.residual.backend.cudnn.device.CudaMemory;
import dev.residual.backend.cudnn.operation.ElementType;
import dev.residual.backend.cudnn.operation.GraphTensor;
import dev.residual.backend.cudnn.operation.OperationGraph;
import dev.residual.backend.cudnn.operation.Pointwise;
import dev.residual.backend.cudnn.operation.Pointwise.Mode;
import dev.residual.bindings.NativeException;
import dev.residual.bindings.cuda.Cuda;
import dev.residual.bindings.cuda.CudaDriver;
import dev.residual.bindings.cudnn.Cudnn;
import dev.residual.bindings.cudnn.CudnnLibrary;
import dev.residual.engine.program.TuningFile;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/** Plans for a device that is there: the software device, which also tells what is left open. */
class CudnnPlannerTest {
  @RegisterExtension static final SoftwareDevice DEVICE = new SoftwareDevice();

  private static final PlanGraphs HALVES = new PlanGraphs(ElementType.HALF, 2, 8, 5);
  private static final PlanGraphs FLOATS = new PlanGraphs(ElementType.FLOAT, 2, 8, 5);

  private CudaDevice cuda;
  private CudaMemory memory;
  private MemorySegment handle;
  private DeviceDescription description;

  @BeforeEach
  void openDevice() {
    cuda = CudaDevice.open(0);
    cuda.enter();
    memory = new CudaMemory(cuda);
    handle =
        memory
            .scope()
            .create("cudnnCreate", CudnnLibrary::check, Cudnn::cudnnCreate, Cudnn::cudnnDestroy);
    CudnnLibrary.check("cudnnSetStream", Cudnn.cudnnSetStream(handle, memory.stream().handle()));
    description = DeviceDescription.parse(CudnnPlanner.describe(handle.address()), "the device");
  }

  @AfterEach
  void closeDevice() {
    memory.close();
  }

  private CudnnPlanner planner(PlanSettings settings, Timer timer) {
    return CudnnPlanner.of(handle.address(), description, settings, timer, cuda::enter);
  }

  @Test
  void graphsOfOneSignatureShareAPlan() {
    try (CudnnPlanner planner = planner(PlanSettings.DEFAULT, null)) {
      Plan plan = planner.plan(FLOATS.forward()).orElseThrow();
      assertThat(planner.plan(FLOATS.forward())).containsSame(plan);
      assertThat(planner.refusal(FLOATS.forward())).isEmpty();
      assertThat(plan.graph()).isEqualTo(FLOATS.forward());
      assertThat(planner.plan(HALVES.forward())).isPresent();
    }
  }

  @Test
  void aGraphThatNoEngineTakesIsRefusedInWords() {
    try (CudnnPlanner planner = planner(PlanSettings.DEFAULT, null)) {
      OperationGraph odd = new PlanGraphs(ElementType.HALF, 2, 35, 5).norm(true);
      assertThat(planner.plan(odd)).isEmpty();
      assertThat(planner.refusal(odd)).startsWith("no engine takes the graph: ");
    }
  }

  @Test
  void theFastestIsTakenAndKept(@TempDir Path folder) throws Exception {
    TuningFile file = new TuningFile(folder.resolve("choices.txt"));
    PlanSettings settings = PlanSettings.DEFAULT.withChoices(file).withTrials(3);
    List<String> timed = new ArrayList<>();
    Timer timer =
        plan -> {
          timed.add(plan.engine());
          return 100L - timed.size();
        };
    String engine;
    try (CudnnPlanner planner = planner(settings, timer)) {
      engine = planner.plan(addition()).orElseThrow().engine();
    }
    assertThat(timed).hasSizeBetween(2, 3).doesNotHaveDuplicates().last().isEqualTo(engine);
    timed.clear();
    try (CudnnPlanner planner = planner(settings, timer)) {
      assertThat(planner.plan(addition()).orElseThrow().engine()).isEqualTo(engine);
      assertThat(timed).isEmpty();
    }
    Files.writeString(folder.resolve("choices.txt"), "");
    try (CudnnPlanner planner = planner(settings, timer)) {
      assertThat(planner.plan(addition())).isPresent();
      assertThat(timed).isNotEmpty();
    }
  }

  @Test
  void aPlanThatFailsWhileItIsTimedIsPassedOver() {
    List<String> timed = new ArrayList<>();
    Timer timer =
        plan -> {
          timed.add(plan.engine());
          if (timed.size() == 1) {
            throw new NativeException("cudnnBackendExecute", 5000, "A_NAME", "a reason");
          }
          return timed.size();
        };
    try (CudnnPlanner planner = planner(PlanSettings.DEFAULT, timer)) {
      assertThat(planner.plan(addition()).orElseThrow().engine()).isEqualTo(timed.get(1));
    }
  }

  @Test
  void manyGraphsArePlannedByThreads() {
    List<OperationGraph> graphs = new ArrayList<>(HALVES.fusions().values());
    graphs.addAll(FLOATS.fusions().values());
    graphs.addAll(List.copyOf(graphs));
    try (CudnnPlanner planner = planner(PlanSettings.DEFAULT.withThreads(4), null)) {
      planner.prepare(graphs);
      graphs.forEach(
          graph ->
              assertThat(planner.plan(graph).isPresent() || !planner.refusal(graph).isEmpty())
                  .isTrue());
    }
  }

  @Test
  void threadsThatAskForOnePlanWaitForIt() {
    Timer slow =
        plan -> {
          LockSupport.parkNanos(50_000_000);
          return 1;
        };
    List<OperationGraph> graphs = IntStream.range(0, 8).mapToObj(i -> addition("y" + i)).toList();
    try (CudnnPlanner planner = planner(PlanSettings.DEFAULT.withThreads(4), slow)) {
      planner.prepare(graphs);
      assertThat(graphs.stream().map(planner::plan).distinct()).hasSize(1);
    }
  }

  @Test
  void aPlanDiesWithItsPlanner() {
    CudnnPlanner planner = planner(PlanSettings.DEFAULT, null);
    Plan plan = planner.plan(addition()).orElseThrow();
    planner.close();
    planner.close();
    assertThatIllegalStateException()
        .isThrownBy(() -> planner.plan(addition()))
        .withMessageContaining("closed");
    try (BoundPlan bound = plan.bind()) {
      assertThatIllegalStateException().isThrownBy(() -> bound.point(new long[] {16, 32, 48}, 16));
    }
  }

  /** y = x + b. */
  private static OperationGraph addition() {
    return addition("y");
  }

  private static OperationGraph addition(String result) {
    GraphTensor x = GraphTensor.image("x", 1, 8, 1, 1, ElementType.FLOAT);
    return OperationGraph.of(
        Pointwise.of(
            Mode.ADD, x, GraphTensor.channels("b", 8, ElementType.FLOAT), x.named(result)));
  }

  @Test
  void aBoundPlanFollowsMemory() {
    long b = numbers(0.5f);
    long y = numbers(0);
    try (CudnnPlanner planner = planner(PlanSettings.DEFAULT, null)) {
      Plan plan = planner.plan(addition()).orElseThrow();
      long workspace = memory.slab("workspace", plan.workspaceBytes()).address();
      try (BoundPlan bound = plan.bind()) {
        assertThatIllegalStateException().isThrownBy(() -> bound.execute(handle.address()));
        for (float number : new float[] {1, 2, 3}) {
          bound.point(new long[] {numbers(number), b, y}, workspace);
          bound.execute(handle.address());
          bound.execute(handle.address());
          assertThat(number(y)).isEqualTo(number + 0.5f);
        }
        bound.close();
        assertThatIllegalStateException().isThrownBy(() -> bound.execute(handle.address()));
      }
      plan.execute(handle.address(), new long[] {b, b, y}, workspace);
      assertThat(number(y)).isEqualTo(1);
    }
  }

  @Test
  void addressesAreChecked() {
    try (CudnnPlanner planner = planner(PlanSettings.DEFAULT, null);
        BoundPlan bound = planner.plan(addition()).orElseThrow().bind()) {
      assertThatIllegalArgumentException()
          .isThrownBy(() -> bound.point(new long[] {16, 32}, 16))
          .withMessageContaining("3 addresses are needed");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> bound.point(new long[] {16, 0, 32}, 16))
          .withMessageContaining("b:float[1,8,1,1] must be a multiple of 16, not 0x0");
      assertThatIllegalArgumentException()
          .isThrownBy(() -> bound.point(new long[] {16, 32, 40}, 16))
          .withMessageContaining("not 0x28");
    }
  }

  private long numbers(float value) {
    MemorySegment slab = memory.slab("numbers", 8 * JAVA_FLOAT.byteSize());
    CudaDriver.check(
        "cuMemsetD32Async",
        Cuda.cuMemsetD32Async(
            slab.address(), Float.floatToIntBits(value), 8, memory.stream().handle()));
    memory.finish();
    return slab.address();
  }

  private float number(long address) {
    memory.finish();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment host = arena.allocate(JAVA_FLOAT, 8);
      CudaDriver.check(
          "cuMemcpyDtoHAsync",
          Cuda.cuMemcpyDtoHAsync_v2(host, address, host.byteSize(), memory.stream().handle()));
      memory.finish();
      return host.getAtIndex(JAVA_FLOAT, 7);
    }
  }
}
