/* The arguments of the kernels in loss.cu and ranking.cu. `kernels.h` includes this and says what holds for all kernels. */
#ifndef RESIDUAL_CUDA_LOSS_H
#define RESIDUAL_CUDA_LOSS_H

/* ---- loss.cu ---- */

/*
 * dst = exp(src - max) / sum(exp(src - max)), or its logarithm (log), along an axis of so many elements with this stride. lines
 * are the places where the axis begins. ROWS(lines).
 */
typedef struct softmax_args {
  uint64_t src, dst;
  int64_t lines, stride;
  int32_t extent, log, type;
} softmax_args;

/*
 * The cross-entropy of the softmax of each row with its label (int32), as double into row_losses; NaN where the label is no
 * class. Where targets is not 0, it has a number of `type` for each class of each row, and labels are not read. ROWS(rows).
 * `mean_loss` follows.
 */
typedef struct cross_entropy_args {
  uint64_t logits, labels, targets, row_losses;
  double smoothing;
  int64_t rows;
  int32_t classes, type;
} cross_entropy_args;

/* The mean of row_losses (doubles) times `weight` as one element of `type`. One block. */
typedef struct mean_loss_args {
  uint64_t row_losses, loss;
  double weight;
  int64_t rows;
  int32_t type;
} mean_loss_args;

/*
 * diff_logits = (softmax * sum of the row's targets - target) * weight * (diff_loss or 1) / rows; diff_loss is one element of
 * diff_loss_type. ROWS(rows).
 */
typedef struct cross_entropy_backward_args {
  uint64_t logits, labels, targets, diff_loss, diff_logits;
  double smoothing, weight;
  int64_t rows;
  int32_t classes, type, diff_loss_type;
} cross_entropy_backward_args;

/* ---- ranking.cu ---- */

/*
 * ranks[row] (int32): how many classes come before the label's, INT32_MAX for rows from *counted (int32, or 0 for all) on and
 * for labels that are no class. ROWS(rows). `top_k_counts` follows.
 */
typedef struct label_ranks_args {
  uint64_t logits, labels, counted, ranks;
  int64_t rows;
  int32_t classes, type;
} label_ranks_args;

/*
 * counts[i] (int32): how many ranks are below ks[i]. A grid of `size` blocks, at most TOP_K_LIMIT; more k take more launches.
 */
typedef struct top_k_counts_args {
  uint64_t ranks, counts;
  int64_t rows;
  int32_t ks[TOP_K_LIMIT];
  int32_t size;
} top_k_counts_args;

#endif
