package dev.residual.bench.gpu;

import dev.residual.bench.gpu.Programs.Ended;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * Thousands of training steps that are to take no more memory than the first hundreds.
 *
 * @param device as {@link dev.residual.Backends#named} takes it
 */
record MemoryPart(String device, int steps) implements Part {
  private static final String MIB = "%.1f MiB";

  @Override
  public String name() {
    return "memory";
  }

  @Override
  public Duration limit() {
    return Duration.ofSeconds(60);
  }

  @Override
  public Finding run(Programs programs) throws IOException {
    // A heap that is touched at once: what grows is none of it.
    List<String> command =
        Programs.java("-Xms256m", "-Xmx256m", "-XX:+AlwaysPreTouch", "-XX:+UseSerialGC");
    command.addAll(List.of(MemoryGrowth.class.getName(), device, "" + steps));
    Ended ended = programs.run(name(), command);
    Map<String, Object> figures = Json.lastObject(ended.output());
    if (!ended.isRight() || figures.isEmpty()) {
      return Finding.failed(ended.problem());
    }
    double host = Json.number(figures, "hostGrowthBytes");
    double gpu = Json.number(figures, "deviceGrowthBytes");
    String summary =
        ("%d steps; from step %.0f on the process grew by " + MIB + ", the GPU's memory by " + MIB)
            .formatted(steps, Json.number(figures, "from"), host / (1 << 20), gpu / (1 << 20));
    boolean isFlat = MemoryGrowth.isFlat((long) host, (long) gpu);
    return Finding.of(isFlat, summary).withRows(List.of(figures));
  }
}
