/* The rounding to integers of 8 bits. */
#ifndef RESIDUAL_CUDA_QUANTIZE_H
#define RESIDUAL_CUDA_QUANTIZE_H

#include "device.h"

DEVICE void integer_bounds(int32_t type, float &low, float &high) {
  low = type == TYPE_U8 ? 0.0f : -128.0f;
  high = type == TYPE_U8 ? 255.0f : 127.0f;
}

/* The integer nearest to a quotient that was rounded already, kept within bounds; NaN becomes 0. */
DEVICE int integer_within(float whole, float low, float high) {
  return whole != whole ? 0 : (int)(whole < low ? low : whole > high ? high : whole);
}

#endif
