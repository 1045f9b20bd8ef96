/* Dropout, whose choice follows the row-major index of an element in every layout, and dropout of whole rows. */
#include "device.h"

/* Whether the element at a row-major index is kept: splitmix64 by counter, of which 53 bits count. */
DEVICE bool keeps(uint64_t random, uint64_t index, uint64_t threshold) {
  uint64_t z = random * 0xD1342543DE82EF95ull + index * 0x9E3779B97F4A7C15ull;
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ z >> 27) * 0x94D049BB133111EBull;
  z ^= z >> 31;
  return z >> 11 >= threshold;
}

template <class T> DEVICE void dropout_elements(const dropout_args &args) {
  uint64_t random = *at<uint64_t>(args.random);
  uint64_t threshold = (uint64_t)ceil(args.probability * 9007199254740992.0); /* 2^53 */
  int64_t channels = args.channels, image = args.positions * channels;
  bool vectors = aligned(args.src, args.dst, args.mask);
  for_elements(args.images * image, vectors, [&](auto w, int64_t i) {
    int64_t row = quotient(i, channels), n = quotient(i, image);
    int64_t c = i - row * channels, p = row - n * args.positions;
    float x[w.n];
    vector<uint8_t, w.n> kept;
    load(at<T>(args.src) + i, x);
#pragma unroll
    for (int k = 0; k < w.n; k++) {
      bool keep = keeps(random, (uint64_t)((n * channels + c) * args.positions + p), threshold);
      kept.elements[k] = keep ? 1 : 0;
      x[k] *= keep ? args.scale : 0.0f;
      if (++c == channels) {
        c = 0;
        if (++p == args.positions) {
          p = 0;
          n++;
        }
      }
    }
    store(at<T>(args.dst) + i, x);
    store<w.n>(at<uint8_t>(args.mask) + i, kept);
  });
}

KERNEL(dropout) { BY_TYPE(args.type, dropout_elements, args) }

template <class T> DEVICE void dropout_backward_elements(const dropout_backward_args &args) {
  for_elements(args.count, aligned(args.diff_dst, args.mask, args.diff_src), [&](auto w, int64_t i) {
    float g[w.n], kept[w.n];
    load(at<T>(args.diff_dst) + i, g);
    load(at<uint8_t>(args.mask) + i, kept);
#pragma unroll
    for (int k = 0; k < w.n; k++) { g[k] *= kept[k] * args.scale; }
    store(at<T>(args.diff_src) + i, g);
  });
}

KERNEL(dropout_backward) { BY_TYPE(args.type, dropout_backward_elements, args) }

KERNEL(keep_rows) {
  uint64_t threshold = (uint64_t)ceil(args.probability * 9007199254740992.0); /* 2^53 */
  for (int64_t n = thread_of_grid(); n < args.rows; n += threads_of_grid()) {
    at<uint8_t>(args.mask)[n] = keeps(*at<uint64_t>(args.random), (uint64_t)n, threshold) ? 1 : 0;
  }
}

template <class T> DEVICE void scale_rows_elements(const scale_rows_args &args) {
  for_elements(args.rows * args.row_elements, aligned(args.src, args.dst), [&](auto w, int64_t i) {
    int64_t row = quotient(i, args.row_elements), place = i - row * args.row_elements;
    float x[w.n];
    load(at<T>(args.src) + i, x);
#pragma unroll
    for (int k = 0; k < w.n; k++) {
      x[k] *= at<uint8_t>(args.mask)[row] ? args.scale : 0.0f;
      if (++place == args.row_elements) {
        place = 0;
        row++;
      }
    }
    store(at<T>(args.dst) + i, x);
  });
}

KERNEL(scale_rows) { BY_TYPE(args.type, scale_rows_elements, args) }

KERNEL(advance) {
  if (thread_of_grid() == 0) { ++*at<int64_t>(args.random); }
}
