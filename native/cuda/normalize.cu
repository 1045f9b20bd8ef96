/* Images of bytes as floats, channel by channel. */
#include "device.h"

template <class T> DEVICE void normalize_elements(const normalize_args &args) {
  const float *mean = at<float>(args.mean), *deviation = at<float>(args.deviation);
  const uint8_t *src = at<uint8_t>(args.src);
  int64_t apart = args.src_row_major ? args.positions : 1; /* from one channel to the next */
  /* A vector is of one position where the channels of dst are whole vectors. */
  bool vectors = args.dst_channels % 8 == 0 && aligned(args.dst);
  for_elements(args.images * args.positions * args.dst_channels, vectors, [&](auto w, int64_t i) {
    int64_t row = quotient(i, args.dst_channels);
    int c = (int)(i - row * args.dst_channels);
    int64_t n = quotient(row, args.positions);
    const uint8_t *first = src + (args.src_row_major ? n * args.channels * args.positions + row - n * args.positions
                                                     : row * args.channels);
    float x[w.n];
#pragma unroll
    for (int k = 0; k < w.n; k++, c++) {
      x[k] = c < args.channels ? ((float)first[c * apart] / 255.0f - mean[c]) / deviation[c] : 0.0f;
    }
    store(at<T>(args.dst) + i, x);
  });
}

KERNEL(normalize) { BY_TYPE(args.type, normalize_elements, args) }
