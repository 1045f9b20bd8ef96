package dev.residual.backend.cudnn.plan;

/** A plan that is excluded by what is demanded of plans. */
final class PlanRefusal extends RuntimeException {
  private static final long serialVersionUID = 1L;

  PlanRefusal(String words) {
    super(words);
  }
}
