/*
 * The arguments of the kernels in tensors.cu, updates.cu and muon.cu: many tensors in one launch, and the steps of optimisers.
 * `kernels.h` includes this and says what holds for all kernels. Tensors of optimisers other than sgd are f32. Where `factor` (one element, or 0 for 1) holds 0, an update changes nothing. `half` is 0, or
 * takes the new parameter in half_type.
 */
#ifndef RESIDUAL_CUDA_UPDATES_H
#define RESIDUAL_CUDA_UPDATES_H

/* ---- tensors.cu: many tensors in one launch ---- */

/*
 * One tensor of a table in device memory. It is worked on in chunks of CHUNK_ELEMENTS; first_chunk is the number of chunks of
 * all entries before it. Entries with count 0 are not allowed. The kernels are told entries and chunks, the number of all.
 */
typedef struct tensor_entry {
  uint64_t src, dst;
  int64_t count, first_chunk;
} tensor_entry;

/* dst = src in another type, for each entry. CHUNKS. */
typedef struct cast_tensors_args {
  uint64_t table; /* tensor_entry */
  int64_t chunks;
  int32_t entries, src_type, dst_type;
} cast_tensors_args;

/*
 * *overflow (int32) = 1 if an element of an entry's src is infinite or NaN; else it stays, so it is 0 before the launch.
 * CHUNKS.
 */
typedef struct overflow_check_args {
  uint64_t table; /* tensor_entry; dst is not used */
  uint64_t overflow;
  int64_t chunks;
  int32_t entries, type;
} overflow_check_args;

/*
 * The step of a dynamic loss scale, all f32 but *good_steps and *overflow (int32). After an overflow: factor = 0, scale / 2
 * (at least 1), good_steps = 0. Else factor = *given / scale (given is 0 for 1), and after `interval` good steps in a row scale * 2
 * (at most largest). A scale out of [1, largest], as that of a new session, becomes `initial`, and the factor 0. Where *given is 0,
 * the factor is, and scale and good_steps stay. overflow = 0. One block of one thread.
 */
typedef struct loss_scale_update_args {
  uint64_t scale, good_steps, given, factor, overflow;
  float initial, largest;
  int32_t interval;
} loss_scale_update_args;

/*
 * One parameter of `sgd`: g = gradient * factor + decay * parameter; velocity = momentum * velocity + g;
 * parameter -= rate * (nesterov ? g + momentum * velocity : velocity).
 */
typedef struct sgd_entry {
  uint64_t parameter, gradient;
  uint64_t velocity;      /* or 0 without momentum */
  uint64_t half;          /* or 0: the new parameter in half_type */
  uint64_t learning_rate; /* one element of `type` */
  int64_t count, first_chunk;
  float momentum, decay;
  int32_t nesterov, reserved;
} sgd_entry;

/* One step for all entries, whose tensors have `type`. CHUNKS. */
typedef struct sgd_args {
  uint64_t table;  /* sgd_entry */
  uint64_t factor; /* one element of `type`, or 0 for 1; where it holds 0, nothing is changed */
  int64_t chunks;
  int32_t entries, type, half_type;
} sgd_args;

/* ---- updates.cu ---- */

typedef struct lerp_entry {
  uint64_t target, source, share; /* share is one element */
  int64_t count, first_chunk;
} lerp_entry;

/* target += share * (source - target); a share of 0 keeps the bits, one of 1 copies those of source. CHUNKS. */
typedef struct lerp_args {
  uint64_t table; /* lerp_entry */
  int64_t chunks;
  int32_t entries;
} lerp_args;

/* partial[chunk] (double) = the sum of the squares of a chunk. CHUNKS. */
typedef struct sum_squares_args {
  uint64_t table; /* tensor_entry; dst is not used */
  uint64_t partial;
  int64_t chunks;
  int32_t entries;
} sum_squares_args;

/*
 * *factor = *given * min(1, most / (norm + 1e-6)), where the norm is *given * sqrt(the sum of partial); NaN where the norm is not
 * finite. 0 where *given is; given is 0 for 1. One block.
 */
typedef struct gradient_clip_args {
  uint64_t partial, given, factor;
  double most;
  int64_t chunks;
} gradient_clip_args;

typedef struct adamw_entry {
  uint64_t parameter, gradient, mean, variance;
  uint64_t steps;       /* int32: how many were done */
  uint64_t corrections; /* two elements, from adamw_corrections: the rate's factor, and that of the variance's root */
  uint64_t half, learning_rate;
  int64_t count, first_chunk;
  double beta1, beta2;
  float epsilon, decay;
} adamw_entry;

/* Counts a step of each entry, and says how it puts the bias of the moments right. ELEMENTS(entries). */
typedef struct adamw_corrections_args {
  uint64_t table; /* adamw_entry */
  uint64_t factor;
  int32_t entries;
} adamw_corrections_args;

/*
 * g = gradient * factor; mean = beta1 * mean + (1 - beta1) * g; variance = beta2 * variance + (1 - beta2) * g * g; parameter = (1 -
 * rate * decay) * parameter - rate * first * mean / (second * sqrt(variance) + epsilon), with the corrections first and second. CHUNKS.
 */
typedef struct adamw_args {
  uint64_t table; /* adamw_entry */
  uint64_t factor;
  int64_t chunks;
  int32_t entries, half_type;
} adamw_args;

typedef struct lars_entry {
  uint64_t parameter, gradient, velocity;
  uint64_t ratio; /* one element, from lars_ratios */
  uint64_t half, learning_rate;
  int64_t count, first_chunk;
  float trust, momentum, decay, epsilon;
} lars_entry;

/*
 * ratio = trust * p / (g + decay * p + epsilon), of the norms of parameter and gradient * factor; 1 where one is 0. `partial` is
 * what sum_squares makes of a table of parameters, each before its gradient. ROWS(entries).
 */
typedef struct lars_ratios_args {
  uint64_t table; /* lars_entry */
  uint64_t partial, factor;
  int32_t entries;
} lars_ratios_args;

/* velocity = momentum * velocity + ratio * (gradient * factor + decay * parameter); parameter -= rate * velocity. CHUNKS. */
typedef struct lars_args {
  uint64_t table; /* lars_entry */
  uint64_t factor;
  int64_t chunks;
  int32_t entries, half_type;
} lars_args;

/* ---- muon.cu ---- */

/* g = gradient * factor; velocity = momentum * velocity + g; direction = g + momentum * velocity. ELEMENTS(count). */
typedef struct muon_direction_args {
  uint64_t gradient, velocity, direction, factor;
  int64_t count;
  float momentum;
} muon_direction_args;

/* direction /= epsilon + sqrt(the sum of partial), which is a double a chunk. ELEMENTS(count). */
typedef struct muon_normalize_args {
  uint64_t direction, partial, factor;
  int64_t count, chunks;
  float epsilon;
} muon_normalize_args;

/*
 * dst = alpha * first * second + beta * add + diagonal on the diagonal: rows by inner times inner by columns. Elements of the
 * factors lie `row` and `column` strides apart, those of dst and add row-major; add may be 0. ROWS(tiles of PRODUCT_TILE by
 * PRODUCT_TILE). Nothing is done where the factor is 0.
 */
typedef struct matrix_product_args {
  uint64_t first, second, add, dst, factor;
  int64_t first_row, first_column, second_row, second_column;
  int32_t rows, columns, inner;
  float alpha, beta, diagonal;
} matrix_product_args;

/*
 * parameter = keep * parameter - rate * scale * direction; keep is 1 - rate * decay, or, for a norm above 0, norm / sqrt(the sum
 * of partial), the squares of the parameter. ELEMENTS(count).
 */
typedef struct muon_args {
  uint64_t parameter, direction, partial, half, learning_rate, factor;
  int64_t count, chunks;
  float scale, decay, norm;
  int32_t half_type;
} muon_args;

#endif
