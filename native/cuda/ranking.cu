/* The ranks of labels among the classes. */
#include "device.h"

#define LAST_RANK 0x7fffffff

/* How many rows count, of an int32 that is there or not. */
DEVICE int64_t rows_that_count(uint64_t counted, int64_t rows) {
  return counted == 0 ? rows : smaller(*at<int32_t>(counted), rows);
}

template <class T> DEVICE void ranks_of(const label_ranks_args &args, int *shared) {
  int64_t counted = rows_that_count(args.counted, args.rows);
  for (int64_t n = blockIdx.x; n < args.rows; n += gridDim.x) {
    int label = at<int32_t>(args.labels)[n];
    bool ranked = n < counted && label >= 0 && label < args.classes;
    int before = 0;
    if (ranked) {
      const T *row = at<T>(args.logits) + n * args.classes;
      float own = wide(row[label]);
      for (int c = threadIdx.x; c < args.classes; c += BLOCK_THREADS) {
        float other = wide(row[c]);
        before += c != label && (!(other <= own) || (other == own && c < label)) ? 1 : 0;
      }
    }
    before = block_sum(before, shared);
    if (threadIdx.x == 0) { at<int32_t>(args.ranks)[n] = ranked ? before : LAST_RANK; }
  }
}

KERNEL(label_ranks) {
  __shared__ int shared[BLOCK_THREADS];
  BY_TYPE(args.type, ranks_of, args, shared)
}

KERNEL(top_k_counts) {
  __shared__ int shared[BLOCK_THREADS];
  int k = args.ks[blockIdx.x], found = 0;
  for (int64_t n = threadIdx.x; n < args.rows; n += BLOCK_THREADS) {
    int rank = at<int32_t>(args.ranks)[n];
    found += rank != LAST_RANK && rank < k ? 1 : 0;
  }
  found = block_sum(found, shared);
  if (threadIdx.x == 0) { at<int32_t>(args.counts)[blockIdx.x] = found; }
}
