package dev.residual.backend.onednn;

import dev.residual.graph.Value;
import org.jspecify.annotations.Nullable;

/**
 * What an operation takes labels for: those that are equal need one check in a run.
 *
 * @param value the labels
 * @param classes what they are below
 * @param rows how many of them count, or null for all
 */
record Labels(Value value, int classes, @Nullable Value rows) {

  Labels(Value value, Value logits, @Nullable Value rows) {
    this(value, logits.shape().dim(1), rows);
  }

  /** All labels of these logits. */
  Labels(Value value, Value logits) {
    this(value, logits, null);
  }
}
