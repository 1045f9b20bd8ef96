/* Where windows and images meet. */
#ifndef RESIDUAL_CUDA_WINDOW_H
#define RESIDUAL_CUDA_WINDOW_H

#include "device.h"

/* Indices from a first one to before an end. */
struct span { int first, end; };

/*
 * a / b of numbers that are not negative. Most strides and dilations are 1; few windows are so large that 32 bits do not do:
 * bit by bit then, which takes few registers.
 */
DEVICE int64_t window_quotient(int64_t a, int64_t b) {
  if (b == 1) { return a; }
  if (((a | b) >> 31) == 0) { return (int64_t)((uint32_t)a / (uint32_t)b); }
  int64_t quotient = 0;
#pragma unroll 1
  for (int bit = 62; bit >= 0; bit--) {
    if (a >> bit >= b) {
      a -= b << bit;
      quotient |= (int64_t)1 << bit;
    }
  }
  return quotient;
}

/* The elements of a kernel, along one extent, that meet an image when its first lies at `start`. */
DEVICE span kernel_span(int64_t start, int kernel, int dilation, int extent) {
  int64_t first = start >= 0 ? 0 : window_quotient(dilation - 1 - start, dilation);
  int64_t end = start >= extent ? 0 : window_quotient(extent - start + dilation - 1, dilation);
  end = smaller(kernel, end);
  return {(int)smaller(first, end), (int)end};
}

/* The positions of a window, along one extent, among which are all that meet an element; `from` is its index plus padding. */
DEVICE span position_span(int64_t from, int kernel, int dilation, int stride, int positions) {
  int64_t reach = from - (int64_t)(kernel - 1) * dilation;
  int64_t first = reach <= 0 ? 0 : window_quotient(reach + stride - 1, stride);
  int64_t end = smaller(positions, window_quotient(from, stride) + 1);
  return {(int)smaller(first, end), (int)end};
}

/* The element of a kernel that meets an image's element from a window's position, or -1. */
DEVICE int kernel_element(int64_t from, int position, int stride, int dilation) {
  int64_t distance = from - (int64_t)position * stride;
  int64_t element = window_quotient(distance, dilation);
  return element * dilation == distance ? (int)element : -1;
}

/* A place of an image, and the first of some channels there. */
struct place {
  int64_t image;
  int y, x, c;
};

/* The i-th group of n channels in images of these extents. */
DEVICE place place_of(int64_t i, int height, int width, int channels, int n) {
  int64_t groups = channels / n;
  int64_t position = quotient(i, groups), row = quotient(position, width), image = quotient(row, height);
  return {image, (int)(row - image * height), (int)(position - row * width), (int)(i - position * groups) * n};
}

/* Where the window of a position begins, along each extent. */
DEVICE int64_t start_y(const window_shape &s, int oy) { return (int64_t)oy * s.stride_height - s.pad_top; }
DEVICE int64_t start_x(const window_shape &s, int ox) { return (int64_t)ox * s.stride_width - s.pad_left; }

DEVICE span kernel_rows(const window_shape &s, int oy) {
  return kernel_span(start_y(s, oy), s.kernel_height, s.dilation_height, s.height);
}

DEVICE span kernel_columns(const window_shape &s, int ox) {
  return kernel_span(start_x(s, ox), s.kernel_width, s.dilation_width, s.width);
}

/* Calls f(ky, kx, y, x) for the elements of the window at a position that meet the image, in row-major order. */
template <class F> DEVICE void for_window(const window_shape &s, int oy, int ox, F f) {
  span rows = kernel_rows(s, oy), columns = kernel_columns(s, ox);
  for (int ky = rows.first; ky < rows.end; ky++) {
    int y = (int)(start_y(s, oy) + (int64_t)ky * s.dilation_height);
    for (int kx = columns.first; kx < columns.end; kx++) {
      f(ky, kx, y, (int)(start_x(s, ox) + (int64_t)kx * s.dilation_width));
    }
  }
}

/*
 * Calls f(ky, kx, oy, ox) for the positions whose window meets an element of the image, and the element of the window that
 * does.
 */
template <class F> DEVICE void for_positions(const window_shape &s, int y, int x, F f) {
  int64_t from_y = (int64_t)y + s.pad_top, from_x = (int64_t)x + s.pad_left;
  span rows = position_span(from_y, s.kernel_height, s.dilation_height, s.stride_height, s.out_height);
  span columns = position_span(from_x, s.kernel_width, s.dilation_width, s.stride_width, s.out_width);
  for (int oy = rows.first; oy < rows.end; oy++) {
    int ky = kernel_element(from_y, oy, s.stride_height, s.dilation_height);
    for (int ox = columns.first; ox < columns.end && ky >= 0; ox++) {
      int kx = kernel_element(from_x, ox, s.stride_width, s.dilation_width);
      if (kx >= 0) { f(ky, kx, oy, ox); }
    }
  }
}

#endif
