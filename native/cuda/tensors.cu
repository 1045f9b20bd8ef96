/* Many tensors in one launch: casts, the check for overflow, and the optimiser's step. */
#include "tables.h"

template <class S, class T> DEVICE void cast_chunks(const cast_tensors_args &args) {
  for_chunks<tensor_entry>(
      args.table, args.entries, args.chunks, [](const tensor_entry &e) { return aligned(e.src, e.dst); },
      [&](const tensor_entry &entry, auto w, int64_t i) {
        float x[w.n];
        load(at<S>(entry.src) + i, x);
        store(at<T>(entry.dst) + i, x);
      });
}

template <class S> DEVICE void cast_chunks_from(const cast_tensors_args &args) {
  BY_NEXT_TYPE(args.dst_type, cast_chunks, S, args)
}

KERNEL(cast_tensors) { BY_TYPE(args.src_type, cast_chunks_from, args) }

template <class T> DEVICE void check_chunks(const overflow_check_args &args) {
  for_chunks<tensor_entry>(
      args.table, args.entries, args.chunks, [](const tensor_entry &e) { return aligned(e.src); },
      [&](const tensor_entry &entry, auto w, int64_t i) {
        float x[w.n], apart = 0;
        load(at<T>(entry.src) + i, x);
#pragma unroll
        for (int k = 0; k < w.n; k++) { apart += x[k] - x[k]; } /* 0 of numbers, NaN of all else */
        if (apart != 0) { *at<int32_t>(args.overflow) = 1; }
      });
}

KERNEL(overflow_check) { BY_TYPE(args.type, check_chunks, args) }

KERNEL(loss_scale_update) {
  if (thread_of_grid() != 0) { return; }
  int *good_steps = at<int32_t>(args.good_steps), *overflow = at<int32_t>(args.overflow);
  float given = factor_of(args.given);
  if (given == 0) {
    *at<float>(args.factor) = 0;
    *overflow = 0;
    return;
  }
  float scale = *at<float>(args.scale), next = scale;
  bool valid = scale >= 1 && scale <= args.largest, good = valid && *overflow == 0;
  bool grows = good && *good_steps >= args.interval - 1;
  if (!valid) {
    next = args.initial;
  } else if (!good) {
    next = scale < 2 ? 1 : scale / 2;
  } else if (grows) {
    next = scale > args.largest / 2 ? args.largest : scale * 2;
  }
  *at<float>(args.factor) = good ? given / scale : 0;
  *at<float>(args.scale) = next;
  *good_steps = good && !grows ? *good_steps + 1 : 0;
  *overflow = 0;
}

template <class T, class H> DEVICE void sgd_chunks(const sgd_args &args) {
  float factor = args.factor == 0 ? 1 : wide(*at<T>(args.factor));
  if (factor == 0) { return; }
  for_chunks<sgd_entry>(
      args.table, args.entries, args.chunks,
      [](const sgd_entry &e) { return aligned(e.parameter, e.gradient, e.velocity, e.half); },
      [&](const sgd_entry &entry, auto w, int64_t i) {
        float rate = wide(*at<T>(entry.learning_rate));
        float p[w.n], g[w.n], v[w.n];
        load(at<T>(entry.parameter) + i, p);
        load(at<T>(entry.gradient) + i, g);
        fill(v, 0);
        if (entry.velocity != 0) { load(at<T>(entry.velocity) + i, v); }
#pragma unroll
        for (int k = 0; k < w.n; k++) {
          float step = g[k] * factor + entry.decay * p[k];
          v[k] = entry.momentum * v[k] + step;
          p[k] -= rate * (entry.nesterov ? step + entry.momentum * v[k] : v[k]);
        }
        if (entry.velocity != 0) { store(at<T>(entry.velocity) + i, v); }
        store(at<T>(entry.parameter) + i, p);
        if (entry.half != 0) { store(at<H>(entry.half) + i, p); }
      });
}

template <class T> DEVICE void sgd_of(const sgd_args &args) {
  if (args.half_type == TYPE_F16) {
    sgd_chunks<T, f16>(args);
  } else {
    sgd_chunks<T, bf16>(args);
  }
}

KERNEL(sgd) { BY_TYPE(args.type, sgd_of, args) }
