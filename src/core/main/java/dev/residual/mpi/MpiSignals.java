package dev.residual.mpi;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import dev.residual.bindings.mpi.MpiCalls;
import dev.residual.engine.CommunicationException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.IntFunction;

/**
 * Short messages between the threads of processes, whatever those who compute do: how far each is,
 * and that one fails.
 */
final class MpiSignals {
  private static final int QUERY = 1;
  private static final int ANSWER = 2;
  private static final int FAILURE = 3;
  private static final int SEEN = 4;

  /** A message: who sends it, how many exchanges it has begun, and a text. */
  private static final int TEXT = 16;

  private static final int BYTES = 2048;

  private static final long UNKNOWN = -1;
  private static final Duration ANSWERS = Duration.ofSeconds(5);
  private static final Duration FAREWELL = Duration.ofSeconds(3);
  private static final Duration LAST_WORDS = Duration.ofMillis(300);
  private static final long LOOK_NANOS = 5_000_000;

  private final MpiThread thread;
  private final MpiCalls calls;
  private final int rank;
  private final IntFunction<String> names;
  private final MemorySegment flag;
  private final MemorySegment received;
  private final List<Sending> sent = new ArrayList<>();

  /** How many exchanges each process has begun, as far as it has answered. */
  private final AtomicLongArray progress;

  /** 1 for each that has seen that this one fails. */
  private final AtomicLongArray seen;

  private volatile Consumer<CommunicationException> listener = failure -> {};

  /** A message on its way, whose memory must stay. */
  private record Sending(MemorySegment bytes, MemorySegment request) {}

  /** Messages among processes that have these names. */
  MpiSignals(MpiThread thread, MpiCalls calls, int rank, int size, IntFunction<String> names) {
    this.thread = thread;
    this.calls = calls;
    this.rank = rank;
    this.names = names;
    flag = thread.arena().allocate(JAVA_INT);
    received = thread.arena().allocate(BYTES, 8);
    progress = new AtomicLongArray(size);
    seen = new AtomicLongArray(size);
  }

  /** Has somebody told of the failure of another process, before that one ends. */
  void onFailure(Consumer<CommunicationException> told) {
    listener = told;
  }

  /** Takes what has come, and answers it; on the thread. */
  void serve() {
    for (int tag = QUERY; tag <= SEEN; tag++) {
      while (take(tag)) {
        answer(tag, received.get(JAVA_INT, 0));
      }
    }
    sent.removeIf(this::isDone);
  }

  private boolean take(int tag) {
    thread.check("MPI_Iprobe", calls.probe(tag, flag));
    if (!MpiThread.isSet(flag)) {
      return false;
    }
    thread.check("MPI_Recv", calls.receive(received, BYTES, tag));
    return true;
  }

  private void answer(int tag, int from) {
    switch (tag) {
      case QUERY -> send(ANSWER, from, "");
      case ANSWER -> progress.set(from, received.get(JAVA_LONG, 8));
      case FAILURE -> {
        String reason = received.getString(TEXT);
        CommunicationException failure =
            new CommunicationException("%s failed: %s".formatted(names.apply(from), reason));
        listener.accept(failure);
        send(SEEN, from, "");
        finishSending();
        thread.halt(failure);
      }
      default -> seen.set(from, 1);
    }
  }

  /** Sees to it that messages have left, before no call is made any more. */
  private void finishSending() {
    await(
        LAST_WORDS,
        () -> {
          sent.removeIf(this::isDone);
          return sent.isEmpty();
        });
  }

  private boolean isDone(Sending sending) {
    // A process that is gone takes nothing any more.
    return calls.test(sending.request(), flag) != 0 || MpiThread.isSet(flag);
  }

  private void send(int tag, int to, String text) {
    MemorySegment bytes = thread.arena().allocate(BYTES, 8);
    bytes.set(JAVA_INT, 0, rank);
    bytes.set(JAVA_LONG, 8, thread.begun());
    byte[] words = text.getBytes(StandardCharsets.UTF_8);
    int length = Math.min(words.length, BYTES - TEXT - 1);
    MemorySegment.copy(MemorySegment.ofArray(words), 0, bytes, TEXT, length);
    MemorySegment request = thread.arena().allocate(MpiCalls.HANDLE_BYTES, MpiCalls.HANDLE_BYTES);
    if (calls.send(bytes, BYTES, to, tag, request) == 0) {
      sent.add(new Sending(bytes, request));
    }
  }

  private void sendAll(int tag, String text) {
    thread.call(
        () -> {
          for (int to = 0; to < progress.length(); to++) {
            if (to != rank) {
              send(tag, to, text);
            }
          }
          return rank;
        });
  }

  /** Which processes keep the others waiting, in words; asks them, and waits for their answers. */
  String blame() {
    for (int i = 0; i < progress.length(); i++) {
      progress.set(i, i == rank ? thread.begun() : UNKNOWN);
    }
    sendAll(QUERY, "");
    await(ANSWERS, () -> thread.isHalted() || !all(progress).contains(UNKNOWN));
    List<Long> begun = all(progress);
    long most = begun.stream().mapToLong(Long::longValue).max().orElse(0);
    List<String> reasons = new ArrayList<>();
    for (int i = 0; i < begun.size(); i++) {
      if (begun.get(i) == UNKNOWN) {
        reasons.add(names.apply(i) + " does not answer: it is gone, stopped or out of reach");
      } else if (begun.get(i) < most) {
        reasons.add(
            "%s is at exchange %d of %d: it does something else, or hangs"
                .formatted(names.apply(i), begun.get(i), most));
      }
    }
    return reasons.isEmpty() ? "all processes are there" : String.join("; ", reasons);
  }

  /** Tells all others that this process fails, and waits shortly for them to have seen it. */
  void fail(String reason) {
    seen.set(rank, 1);
    sendAll(FAILURE, reason);
    await(FAREWELL, () -> thread.isHalted() || !all(seen).contains(0L));
  }

  private static List<Long> all(AtomicLongArray numbers) {
    long[] copy = new long[numbers.length()];
    Arrays.setAll(copy, numbers::get);
    return Arrays.stream(copy).boxed().toList();
  }

  private static void await(Duration limit, BooleanSupplier condition) {
    long end = System.nanoTime() + limit.toNanos();
    while (!condition.getAsBoolean() && System.nanoTime() < end) {
      LockSupport.parkNanos(LOOK_NANOS);
    }
  }
}
