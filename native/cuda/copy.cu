/* Copies of elements of 1, 2, 4 or 8 bytes: padded, cut, transposed, and the shortcut without parameters. */
#include "device.h"

#define BY_BYTES(bytes, f, ...)                   \
  switch (bytes) {                                \
    case 1: f<block_of<1>>(__VA_ARGS__); break;   \
    case 2: f<block_of<2>>(__VA_ARGS__); break;   \
    case 4: f<block_of<4>>(__VA_ARGS__); break;   \
    default: f<block_of<8>>(__VA_ARGS__);         \
  }

/* Copies rows in units of T: all numbers count such units. */
template <class T> DEVICE void copy_units(
    const copy_channels_args &args, int64_t src_stride, int64_t dst_stride, int64_t src_units, int64_t dst_units) {
  const T *src = at<T>(args.src);
  T *dst = at<T>(args.dst);
  for (int64_t i = thread_of_grid(); i < args.rows * dst_units; i += threads_of_grid()) {
    int64_t row = quotient(i, dst_units), unit = i - row * dst_units;
    dst[row * dst_stride + unit] = unit < src_units ? src[row * src_stride + unit] : T{};
  }
}

template <class T> DEVICE void copy_elements(const copy_channels_args &args) {
  constexpr int n = 16 / (int)sizeof(T);
  if (aligned(args.src, args.dst) &&
      (args.src_channels | args.dst_channels | args.src_stride | args.dst_stride) % n == 0) {
    copy_units<block_of<16>>(
        args, args.src_stride / n, args.dst_stride / n, args.src_channels / n, args.dst_channels / n);
  } else {
    copy_units<T>(args, args.src_stride, args.dst_stride, args.src_channels, args.dst_channels);
  }
}

KERNEL(copy_channels) { BY_BYTES(args.element_bytes, copy_elements, args) }

template <class T> DEVICE void transpose_tiles(const transpose_args &args, char *shared) {
  constexpr int tile = TRANSPOSE_TILE, step = BLOCK_THREADS / tile;
  T (*elements)[tile + 1] = reinterpret_cast<T (*)[tile + 1]>(shared);
  int x = threadIdx.x % tile, y = threadIdx.x / tile;
  int64_t across = (args.columns + tile - 1) / tile, down = (args.rows + tile - 1) / tile;
  for (int64_t i = blockIdx.x; i < args.images * down * across; i += gridDim.x) {
    int64_t image = quotient(i, down * across), rest = i - image * down * across;
    int64_t row = quotient(rest, across) * tile, column = (rest - quotient(rest, across) * across) * tile;
    const T *src = at<T>(args.src) + image * args.rows * args.columns;
    T *dst = at<T>(args.dst) + image * args.rows * args.columns;
    __syncthreads();
    for (int k = y; k < tile; k += step) {
      if (row + k < args.rows && column + x < args.columns) {
        elements[k][x] = src[(row + k) * args.columns + column + x];
      }
    }
    __syncthreads();
    for (int k = y; k < tile; k += step) {
      if (column + k < args.columns && row + x < args.rows) {
        dst[(column + k) * args.rows + row + x] = elements[x][k];
      }
    }
  }
}

KERNEL(transpose) {
  __shared__ block_of<8> shared[TRANSPOSE_TILE * (TRANSPOSE_TILE + 1)];
  BY_BYTES(args.element_bytes, transpose_tiles, args, reinterpret_cast<char *>(shared))
}

/* Each unit of dst, which has these extents, with the place of the one of src that it is a copy of. */
template <class T, bool backward> DEVICE void shortcut_units(const shortcut_args &args, int n) {
  int stride = args.stride, offset = args.offset / n;
  int height = backward ? args.height : args.out_height, width = backward ? args.width : args.out_width;
  int channels = (backward ? args.channels : args.out_channels) / n;
  int src_height = backward ? args.out_height : args.height, src_width = backward ? args.out_width : args.width;
  int src_channels = (backward ? args.out_channels : args.channels) / n;
  for (int64_t i = thread_of_grid(); i < args.images * height * width * channels; i += threads_of_grid()) {
    int64_t position = quotient(i, channels), row = quotient(position, width), image = quotient(row, height);
    int c = (int)(i - position * channels), x = (int)(position - row * width), y = (int)(row - image * height);
    int from = backward ? c + offset : c - offset;
    bool copied = backward ? y % stride == 0 && x % stride == 0 : from >= 0 && from < src_channels;
    int64_t src_y = backward ? y / stride : (int64_t)y * stride, src_x = backward ? x / stride : (int64_t)x * stride;
    at<T>(args.dst)[i] =
        copied ? at<T>(args.src)[((image * src_height + src_y) * src_width + src_x) * src_channels + from] : T{};
  }
}

template <bool backward> DEVICE void shortcut_elements(const shortcut_args &args) {
  int n = 16 / args.element_bytes;
  if (aligned(args.src, args.dst) && (args.channels | args.out_channels | args.offset) % n == 0) {
    shortcut_units<block_of<16>, backward>(args, n);
  } else if (args.element_bytes == 2) {
    shortcut_units<block_of<2>, backward>(args, 1);
  } else {
    shortcut_units<block_of<4>, backward>(args, 1);
  }
}

KERNEL(shortcut) { shortcut_elements<false>(args); }

KERNEL(shortcut_backward) { shortcut_elements<true>(args); }
