package dev.residual.spark;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The launcher of MPICH and its kin, which tells the commands that start the processes, and leaves
 * it to others to carry them out on the hosts.
 *
 * <p>Each process has a name of its own in place of a host's, and so a command of its own. The
 * network interfaces of hosts are MPI's own finding.
 */
final class Hydra implements AutoCloseable {
  /** Its names, from the one that is surely it to the one that may be another MPI's. */
  private static final List<String> NAMES =
      List.of("mpiexec.hydra", "mpirun.mpich", "mpiexec", "mpirun");

  private static final Logger LOGGER = LoggerFactory.getLogger(Hydra.class);
  private static final String COMMAND = "HYDRA_LAUNCH: ";
  private static final String END = "HYDRA_LAUNCH_END";
  private static final String REASON = "residual: ";
  private static final int LINES = 10;
  private static final Duration BEGINNING = Duration.ofSeconds(60);
  private static final Duration LAST_WORDS = Duration.ofSeconds(2);
  private static final Duration FAREWELL = Duration.ofSeconds(5);

  private final Process process;
  private final Thread listener;
  private final CompletableFuture<List<String>> commands = new CompletableFuture<>();

  /** What the processes gave as reasons, the first ones. */
  private final List<String> reasons = new ArrayList<>();

  /** What else was said, the last lines. */
  private final List<String> words = new ArrayList<>();

  private Hydra(Process process) {
    this.process = process;
    listener = Thread.ofPlatform().daemon().name("residual-output").start(this::listen);
  }

  /**
   * Starts the launcher.
   *
   * @param program its path, or a name; empty for the first of the usual names that is on the PATH
   * @param address by which this host is known to the others
   * @param command of each process, as the launcher's users give it
   */
  static Hydra start(String program, String address, int processes, List<String> command)
      throws IOException {
    List<String> hosts =
        Stream.iterate(0, i -> i + 1).limit(processes).map(i -> "process" + i).toList();
    List<String> whole =
        new ArrayList<>(
            List.of(
                program.isEmpty() ? find(System.getenv("PATH")) : program, "-launcher", "manual"));
    whole.addAll(List.of("-disable-hostname-propagation", "-localhost", address));
    // The folder and the environment of this process are nothing to other hosts.
    whole.addAll(List.of("-wdir", "/", "-genvnone"));
    whole.addAll(List.of("-hosts", String.join(",", hosts), "-n", String.valueOf(processes)));
    whole.addAll(command);
    return new Hydra(new ProcessBuilder(whole).redirectErrorStream(true).start());
  }

  private static String find(String path) throws IOException {
    for (String name : NAMES) {
      for (String folder : path.split(":", -1)) {
        if (Files.isExecutable(Path.of(folder, name))) {
          return name;
        }
      }
    }
    throw new IOException(
        "there is no mpirun on the PATH of this executor (%s): install MPICH, or name its launcher by setMpirun"
            .formatted(path));
  }

  /**
   * The command that starts each process.
   *
   * @throws IOException with the launcher's words if it does not tell them
   */
  List<String> commands() throws IOException, InterruptedException {
    try {
      return commands.get(BEGINNING.toSeconds(), TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException(
          "mpirun tells no commands: expected that of MPICH, or another whose launcher is Hydra; it"
              + " said: "
              + lastWords(),
          e);
    }
  }

  private void listen() {
    List<String> told = new ArrayList<>();
    try (BufferedReader output = process.inputReader(Charset.defaultCharset())) {
      for (String line = output.readLine(); line != null; line = output.readLine()) {
        if (commands.isDone()) {
          LOGGER.info(line);
          remember(line);
        } else if (line.startsWith(COMMAND)) {
          told.add(line.substring(COMMAND.length()).strip());
        } else if (line.equals(END)) {
          commands.complete(told);
        } else {
          remember(line);
        }
      }
    } catch (IOException e) {
      LOGGER.debug("mpirun was ended", e);
    }
    commands.completeExceptionally(new IOException("mpirun has ended"));
  }

  private synchronized void remember(String line) {
    boolean isReason = line.startsWith(REASON);
    if (!isReason && words.size() == LINES) {
      words.removeFirst();
    }
    if (!isReason) {
      words.add(line);
    } else if (reasons.size() < LINES) {
      reasons.add(line);
    }
  }

  /** What the processes gave as reasons; if none did, what was said last. */
  String lastWords() throws InterruptedException {
    if (!process.isAlive()) {
      // It may have been heard only in part.
      listener.join(LAST_WORDS);
    }
    synchronized (this) {
      return String.join("\n", reasons.isEmpty() ? words : reasons);
    }
  }

  Process process() {
    return process;
  }

  /** Ends it, and with it all processes. */
  @Override
  public void close() {
    process.destroy();
    try {
      // It waits for proxies that have yet to come.
      if (!process.waitFor(FAREWELL)) {
        process.destroyForcibly().waitFor(FAREWELL);
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
