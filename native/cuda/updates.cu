/* The steps of optimisers on many parameters at once, and what they need of gradients as a whole. */
#include "tables.h"

KERNEL(lerp) {
  for_chunks<lerp_entry>(
      args.table, args.entries, args.chunks, [](const lerp_entry &e) { return aligned(e.target, e.source); },
      [&](const lerp_entry &entry, auto w, int64_t i) {
        float share = *at<float>(entry.share), t[w.n], s[w.n];
        if (share == 0) { return; }
        load(at<f32>(entry.target) + i, t);
        load(at<f32>(entry.source) + i, s);
#pragma unroll
        for (int k = 0; k < w.n; k++) {
          t[k] = share == 1 ? s[k] : share < 0.5f ? t[k] + share * (s[k] - t[k]) : s[k] - (1 - share) * (s[k] - t[k]);
        }
        store(at<f32>(entry.target) + i, t);
      });
}

KERNEL(sum_squares) {
  __shared__ double shared[BLOCK_THREADS];
  for (int64_t chunk = blockIdx.x; chunk < args.chunks; chunk += gridDim.x) {
    const tensor_entry entry = entry_of<tensor_entry>(args.table, args.entries, chunk);
    int64_t begin = (chunk - entry.first_chunk) * CHUNK_ELEMENTS, end = smaller(begin + CHUNK_ELEMENTS, entry.count);
    double sum = 0;
    for (int64_t i = begin + threadIdx.x; i < end; i += BLOCK_THREADS) {
      double x = at<float>(entry.src)[i];
      sum += x * x;
    }
    sum = block_sum(sum, shared);
    if (threadIdx.x == 0) { at<double>(args.partial)[chunk] = sum; }
  }
}

KERNEL(gradient_clip) {
  __shared__ double shared[BLOCK_THREADS];
  double given = factor_of(args.given);
  double norm = fabs(given) * sqrt(sum_of(at<double>(args.partial), args.chunks, shared));
  if (threadIdx.x == 0) {
    double part = args.most / (norm + 1e-6);
    part = norm - norm != 0 ? norm - norm : part < 1 ? part : 1;
    *at<float>(args.factor) = given == 0 ? 0 : (float)(given * part);
  }
}

KERNEL(adamw_corrections) {
  if (factor_of(args.factor) == 0) { return; }
  for (int64_t i = thread_of_grid(); i < args.entries; i += threads_of_grid()) {
    const adamw_entry &entry = at<adamw_entry>(args.table)[i];
    int steps = ++*at<int32_t>(entry.steps);
    at<float>(entry.corrections)[0] = (float)(1 / (1 - pow(entry.beta1, (double)steps)));
    at<float>(entry.corrections)[1] = (float)(1 / sqrt(1 - pow(entry.beta2, (double)steps)));
  }
}

KERNEL(adamw) {
  float factor = factor_of(args.factor);
  if (factor == 0) { return; }
  for_chunks<adamw_entry>(
      args.table, args.entries, args.chunks,
      [](const adamw_entry &e) { return aligned(e.parameter, e.gradient, e.mean, e.variance) && aligned(e.half); },
      [&](const adamw_entry &entry, auto w, int64_t i) {
        float rate = *at<float>(entry.learning_rate), keep = 1 - rate * entry.decay;
        float step = rate * at<float>(entry.corrections)[0], scale = at<float>(entry.corrections)[1];
        float beta1 = (float)entry.beta1, rest1 = (float)(1 - entry.beta1);
        float beta2 = (float)entry.beta2, rest2 = (float)(1 - entry.beta2);
        float p[w.n], g[w.n], m[w.n], v[w.n];
        load(at<f32>(entry.parameter) + i, p);
        load(at<f32>(entry.gradient) + i, g);
        load(at<f32>(entry.mean) + i, m);
        load(at<f32>(entry.variance) + i, v);
#pragma unroll
        for (int k = 0; k < w.n; k++) {
          float gradient = g[k] * factor;
          m[k] = beta1 * m[k] + rest1 * gradient;
          v[k] = beta2 * v[k] + rest2 * gradient * gradient;
          p[k] = keep * p[k] - step * m[k] / (scale * sqrtf(v[k]) + entry.epsilon);
        }
        store(at<f32>(entry.mean) + i, m);
        store(at<f32>(entry.variance) + i, v);
        store(at<f32>(entry.parameter) + i, p);
        store_half(entry.half, args.half_type, i, p);
      });
}

KERNEL(lars_ratios) {
  __shared__ double shared[BLOCK_THREADS];
  for (int64_t i = blockIdx.x; i < args.entries; i += gridDim.x) {
    const lars_entry &entry = at<lars_entry>(args.table)[i];
    int64_t chunks = (entry.count + CHUNK_ELEMENTS - 1) / CHUNK_ELEMENTS;
    const double *squares = at<double>(args.partial) + 2 * entry.first_chunk;
    double p = sqrt(sum_of(squares, chunks, shared));
    double g = fabs((double)factor_of(args.factor)) * sqrt(sum_of(squares + chunks, chunks, shared));
    double ratio = p > 0 && g > 0 ? entry.trust * p / (g + entry.decay * p + entry.epsilon) : 1;
    if (threadIdx.x == 0) { *at<float>(entry.ratio) = (float)ratio; }
  }
}

KERNEL(lars) {
  float factor = factor_of(args.factor);
  if (factor == 0) { return; }
  for_chunks<lars_entry>(
      args.table, args.entries, args.chunks,
      [](const lars_entry &e) { return aligned(e.parameter, e.gradient, e.velocity, e.half); },
      [&](const lars_entry &entry, auto w, int64_t i) {
        float rate = *at<float>(entry.learning_rate), ratio = *at<float>(entry.ratio);
        float p[w.n], g[w.n], v[w.n];
        load(at<f32>(entry.parameter) + i, p);
        load(at<f32>(entry.gradient) + i, g);
        load(at<f32>(entry.velocity) + i, v);
#pragma unroll
        for (int k = 0; k < w.n; k++) {
          v[k] = entry.momentum * v[k] + ratio * (g[k] * factor + entry.decay * p[k]);
          p[k] -= rate * v[k];
        }
        store(at<f32>(entry.velocity) + i, v);
        store(at<f32>(entry.parameter) + i, p);
        store_half(entry.half, args.half_type, i, p);
      });
}
