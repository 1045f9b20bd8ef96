package dev.residual.cli.profile;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What the operations of one kind take of a step.
 *
 * @param kind of operation
 * @param calls in a step
 * @param seconds of a step
 * @param share of the step's time, of one
 * @param flops in a second
 * @param bytes in a second
 * @param roofline the time that the machine's limits would take, of the time that it took
 */
record KindTime(
    String kind,
    double calls,
    double seconds,
    double share,
    double flops,
    double bytes,
    double roofline) {

  /** The kinds of a profile, the slowest first. */
  static List<KindTime> of(Profile profile, Roofline roofline) {
    Map<String, List<OpTime>> kinds = new LinkedHashMap<>();
    for (OpTime operation : profile.operations()) {
      kinds.computeIfAbsent(operation.kind(), _ -> new ArrayList<>()).add(operation);
    }
    List<KindTime> times = new ArrayList<>();
    kinds.forEach((kind, operations) -> times.add(of(kind, operations, profile, roofline)));
    times.sort(Comparator.comparingDouble(KindTime::seconds).reversed());
    return times;
  }

  private static KindTime of(
      String kind, List<OpTime> operations, Profile profile, Roofline roofline) {
    double seconds = operations.stream().mapToDouble(OpTime::seconds).sum();
    int steps = profile.steps().size();
    return new KindTime(
        kind,
        (double) operations.size() / steps,
        seconds / steps,
        seconds / steps / profile.seconds(),
        operations.stream().mapToLong(OpTime::flops).sum() / seconds,
        operations.stream().mapToLong(OpTime::bytes).sum() / seconds,
        operations.stream().mapToDouble(roofline::seconds).sum() / seconds);
  }
}
