package dev.residual.backend.cudnn;

import dev.residual.graph.SoftmaxCrossEntropy;
import dev.residual.graph.SoftmaxCrossEntropyBackward;
import dev.residual.graph.TopK;
import dev.residual.graph.Value;
import dev.residual.tensor.DType;
import dev.residual.tensor.Shape;
import java.util.ArrayList;
import java.util.List;

/** Losses and rankings, by our own kernels. */
final class LossLaunches {
  private LossLaunches() {}

  static List<Launch> of(SoftmaxCrossEntropy op) {
    int rows = op.logits().shape().dim(0);
    Value losses = Value.activation(op.loss().name() + ".rows", Shape.of(rows), DType.F64);
    return List.of(
        new KernelLaunch("cross_entropy")
            .in("logits", op.logits())
            .in(labels(op.labels()), op.labels())
            .out("row_losses", losses)
            .with("smoothing", op.smoothing())
            .with("rows", rows)
            .with("classes", op.logits().shape().dim(1))
            .type(op.logits())
            .rows(rows),
        new KernelLaunch("mean_loss")
            .in("row_losses", losses)
            .out("loss", op.loss())
            .with("weight", op.weight())
            .with("rows", rows)
            .type(op.loss()));
  }

  static List<Launch> of(SoftmaxCrossEntropyBackward op) {
    int rows = op.logits().shape().dim(0);
    Value diffLoss = op.diffLoss();
    KernelLaunch launch =
        new KernelLaunch("cross_entropy_backward")
            .in("logits", op.logits())
            .in(labels(op.labels()), op.labels())
            .out("diff_logits", op.diffLogits())
            .with("smoothing", op.smoothing())
            .with("weight", op.weight())
            .with("rows", rows)
            .with("classes", op.logits().shape().dim(1))
            .type(op.logits())
            .rows(rows);
    if (diffLoss != null) {
      launch.in("diff_loss", diffLoss).type("diff_loss_type", diffLoss);
    }
    return List.of(launch);
  }

  private static String labels(Value labels) {
    return labels.dtype().isFloating() ? "targets" : "labels";
  }

  static List<Launch> of(TopK op) {
    int rows = op.logits().shape().dim(0);
    Value counted = op.rows();
    Value ranks = Value.activation(op.counts().name() + ".ranks", Shape.of(rows), DType.I32);
    KernelLaunch ranking =
        new KernelLaunch("label_ranks")
            .in("logits", op.logits())
            .in("labels", op.labels())
            .out("ranks", ranks)
            .with("rows", rows)
            .with("classes", op.logits().shape().dim(1))
            .type(op.logits())
            .rows(rows);
    if (counted != null) {
      ranking.in("counted", counted);
    }
    List<Launch> launches = new ArrayList<>();
    launches.add(ranking);
    int limit = KernelTypes.TOP_K_LIMIT;
    for (int from = 0; from < op.ks().size(); from += limit) {
      List<Integer> ks = op.ks().subList(from, Math.min(from + limit, op.ks().size()));
      launches.add(
          new KernelLaunch("top_k_counts")
              .in("ranks", ranks)
              .out("counts", op.counts(), (long) from * Integer.BYTES)
              .with("rows", rows)
              .with("ks", ks.stream().mapToDouble(k -> k).toArray())
              .with("size", ks.size())
              .on(ks.size()));
    }
    return launches;
  }
}
