package dev.residual.engine.program;

import static java.util.Objects.requireNonNull;

import dev.residual.engine.Communicator;
import dev.residual.engine.MemoryPlan;
import dev.residual.graph.AllReduce;
import dev.residual.graph.Graph;
import dev.residual.graph.Op;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;

/**
 * The sums over processes of a program: what an {@link AllReduce} takes lies in one piece of memory
 * of its own, where it is computed and summed without a copy.
 */
final class Exchanges {
  private final Communicator communicator;
  private final Map<AllReduce, Sum> sums = new LinkedHashMap<>();
  private final List<Sum> running = new ArrayList<>();

  /** One operation, and where its tensors lie. */
  private static final class Sum {
    final AllReduce op;
    final Buffer buffer;
    final Communicator.Exchange exchange;
    MemorySegment memory = MemorySegment.NULL;

    Sum(AllReduce op, Communicator communicator) {
      this.op = op;
      long bytes = op.srcs().stream().mapToLong(value -> MemoryPlan.align(value.bytes())).sum();
      buffer = new Buffer(op.dsts().getFirst().name(), bytes);
      buffer.follow(segment -> memory = segment);
      exchange = communicator.sum(DType.F32, bytes / DType.F32.bytes());
    }

    /** Tells where each tensor lies, before and after. */
    void place(BiConsumer<Value, Buffer> put) {
      long offset = 0;
      for (int i = 0; i < op.srcs().size(); i++) {
        Value src = op.srcs().get(i);
        Buffer part = buffer.slice(offset, src.bytes());
        put.accept(src, part);
        put.accept(op.dsts().get(i), part);
        offset += MemoryPlan.align(src.bytes());
      }
    }

    Step start() {
      return named(() -> exchange.start(memory));
    }

    Step await() {
      return named(exchange::await);
    }
  }

  /** A step that tells what it is. */
  private static Step named(Runnable work) {
    return new Step() {
      @Override
      public void run() {
        work.run();
      }

      @Override
      public String implementation(Op op) {
        return "exchange";
      }
    };
  }

  Exchanges(Graph graph, Communicator communicator) {
    communicator.require(graph);
    this.communicator = communicator;
    for (Op op : graph.ops()) {
      if (op instanceof AllReduce reduce) {
        sums.put(reduce, new Sum(reduce, communicator));
      }
    }
  }

  /** Gives tensors their places, before anything is lowered. */
  void place(Program program) {
    for (Sum sum : sums.values()) {
      program.workspace(sum.buffer);
      sum.place(program::place);
    }
  }

  /** Begins a sum. */
  void start(AllReduce op, Program program) {
    Sum sum = requireNonNull(sums.get(op));
    running.add(sum);
    program.step(sum.start());
  }

  /** Waits for the sums that an operation reads. */
  void await(Op op, Program program) {
    List<Sum> read =
        running.stream()
            .filter(sum -> sum.op.dsts().stream().anyMatch(op.inputs()::contains))
            .toList();
    for (Sum sum : read) {
      program.stepOf(sum.op, sum.await());
    }
    running.removeAll(read);
  }

  /** The step that sums the numbers in a buffer and waits for them. */
  Step whole(Buffer buffer, DType dtype) {
    Communicator.Exchange exchange = communicator.sum(dtype, buffer.bytes() / dtype.bytes());
    return named(() -> exchange.run(buffer.segment()));
  }

  /** Waits for the sums that nothing reads. */
  void end(Program program) {
    running.forEach(sum -> program.stepOf(sum.op, sum.await()));
    running.clear();
  }
}
