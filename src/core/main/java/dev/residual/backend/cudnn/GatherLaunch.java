package dev.residual.backend.cudnn;

import dev.residual.graph.Value;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * An exchange that collects what all processes have, in the order of their numbers.
 *
 * @param own what this process has, of F32
 * @param all where they lie one after the other
 */
record GatherLaunch(Value own, Value all) implements Launch {
  @Override
  public List<Value> reads() {
    return List.of(own);
  }

  @Override
  public List<Value> writes() {
    return List.of(all);
  }

  @Override
  public GatherLaunch map(UnaryOperator<Value> places) {
    return new GatherLaunch(places.apply(own), places.apply(all));
  }

  @Override
  public String implementation() {
    return "exchange";
  }
}
