package dev.residual.spark;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
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
  private static final int LAST_WORDS = 10;

  private final Process process;
  private final BufferedReader output;
  private final Deque<String> words = new ArrayDeque<>();

  private Hydra(Process process) {
    this.process = process;
    output = process.inputReader(Charset.defaultCharset());
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
  List<String> commands() throws IOException {
    List<String> commands = new ArrayList<>();
    for (String line = output.readLine(); line != null; line = output.readLine()) {
      if (line.startsWith(COMMAND)) {
        commands.add(line.substring(COMMAND.length()).strip());
      } else if (line.equals(END)) {
        Thread.ofPlatform().daemon().name("residual-output").start(this::listen);
        return commands;
      } else {
        remember(line);
      }
    }
    throw new IOException(
        "mpirun tells no commands: expected that of MPICH, or another whose launcher is Hydra; it"
            + " said: "
            + lastWords());
  }

  private void listen() {
    output
        .lines()
        .forEach(
            line -> {
              LOGGER.info(line);
              remember(line);
            });
  }

  private void remember(String line) {
    synchronized (words) {
      words.add(line);
      if (words.size() > LAST_WORDS) {
        words.remove();
      }
    }
  }

  /** What the processes said last: their reasons, if any gave one. */
  String lastWords() {
    synchronized (words) {
      List<String> reasons = words.stream().filter(line -> line.startsWith("residual: ")).toList();
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
  }
}
