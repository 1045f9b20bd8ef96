/* How the blocks of a launch share the chunks of many tensors. */
#ifndef RESIDUAL_CUDA_TABLES_H
#define RESIDUAL_CUDA_TABLES_H

#include "device.h"

/* The entry of a table that a chunk belongs to. */
template <class Entry> DEVICE const Entry &entry_of(uint64_t table, int entries, int64_t chunk) {
  const Entry *all = at<Entry>(table);
  int low = 0;
  for (int high = entries; high - low > 1;) {
    int middle = (low + high) / 2;
    if (all[middle].first_chunk <= chunk) { low = middle; } else { high = middle; }
  }
  return all[low];
}

/* Calls f(entry, width<n>, i) for vectors and single elements of the chunks of a block; aligned_entry tells of vectors. */
template <class Entry, class A, class F> DEVICE void for_chunks(
    uint64_t table, int entries, int64_t chunks, A aligned_entry, F f) {
  for (int64_t chunk = blockIdx.x; chunk < chunks; chunk += gridDim.x) {
    const Entry entry = entry_of<Entry>(table, entries, chunk);
    int64_t begin = (chunk - entry.first_chunk) * CHUNK_ELEMENTS, end = smaller(begin + CHUNK_ELEMENTS, entry.count);
    bool vectors = aligned_entry(entry);
    for (int64_t i = begin + threadIdx.x * 8; i < end; i += BLOCK_ELEMENTS) {
      if (vectors && i + 8 <= end) {
        f(entry, width<8>(), i);
      } else {
        for (int64_t k = i; k < smaller(i + 8, end); k++) { f(entry, width<1>(), k); }
      }
    }
  }
}

/* What gradients are multiplied by; 0 skips the step. */
DEVICE float factor_of(uint64_t factor) { return factor == 0 ? 1 : *at<float>(factor); }

/* Writes new elements of a parameter as halves, too, if they are wanted. */
template <int N> DEVICE void store_half(uint64_t half, int type, int64_t i, const float (&x)[N]) {
  if (half == 0) { return; }
  if (type == TYPE_F16) {
    store(at<f16>(half) + i, x);
  } else {
    store(at<bf16>(half) + i, x);
  }
}

/* The sum of doubles, in a fixed order; all threads of a block get it. */
DEVICE double sum_of(const double *values, int64_t count, double *shared) {
  double sum = 0;
  for (int64_t i = threadIdx.x; i < count; i += BLOCK_THREADS) { sum += values[i]; }
  return block_sum(sum, shared);
}

#endif
