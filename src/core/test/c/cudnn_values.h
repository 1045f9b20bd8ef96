// Elements of tensors: how they lie in memory, and the numbers they stand for.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "cudnn_api.h"
#include "cudnn_graph.h"

namespace cudnn {

inline float float_of(uint32_t bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

inline uint32_t bits_of(float value) {
  uint32_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

inline float half_to_float(uint16_t half) {
  uint32_t magnitude = half & 0x7fffu;
  // The exponent's bias grows from 15 to 127; the product also makes subnormal halves normal.
  uint32_t bits = bits_of(float_of(magnitude << 13) * 0x1p112f);
  bits = magnitude >= 0x7c00u ? 0x7f800000u | (magnitude & 0x3ffu) << 13 : bits;
  return float_of(bits | (half & 0x8000u) << 16);
}

// To nearest, ties to even.
inline uint16_t float_to_half(float value) {
  uint32_t bits = bits_of(value), magnitude = bits & 0x7fffffffu;
  uint32_t normal = (magnitude - (112u << 23) + 0xfffu + ((magnitude >> 13) & 1)) >> 13;
  uint32_t subnormal = bits_of(float_of(magnitude) + 0.5f) - 0x3f000000u;
  uint32_t half = magnitude < 0x38800000u ? subnormal : normal;
  half = magnitude >= 0x477ff000u ? 0x7c00u : half;
  half = magnitude > 0x7f800000u ? 0x7e00u : half;
  return static_cast<uint16_t>(half | (bits >> 16 & 0x8000u));
}

inline float bfloat16_to_float(uint16_t value) { return float_of(static_cast<uint32_t>(value) << 16); }

// To nearest, ties to even; not-a-number stays so.
inline uint16_t float_to_bfloat16(float value) {
  uint32_t bits = bits_of(value);
  uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1)) >> 16;
  return static_cast<uint16_t>((bits & 0x7fffffffu) > 0x7f800000u ? bits >> 16 | 0x40u : rounded);
}

// What tensor cores see of a float: 10 bits of its mantissa, to nearest.
inline float round_to_tensor_core(float value) {
  uint32_t bits = bits_of(value);
  bool finite = (bits & 0x7f800000u) != 0x7f800000u;
  return finite ? float_of((bits + 0xfffu + ((bits >> 13) & 1)) & ~0x1fffu) : value;
}

// The elements of one tensor in channels-last order (n, h, w, c), whatever its strides are: floats, or doubles where a
// float does not hold every value of the type.
struct Values {
  std::vector<float> floats;
  std::vector<double> doubles;

  bool wide() const { return !doubles.empty(); }
  double at(int64_t i) const { return wide() ? doubles[i] : floats[i]; }
};

bool is_wide(int type);

// Reads a tensor from memory.
Values load(const Tensor& tensor, const void* memory);

// Rounds to the tensor's type, as storing and loading would.
void round_to(const Tensor& tensor, Values& values);

// Writes a tensor that round_to has been applied to.
void store(const Tensor& tensor, const Values& values, void* memory);

// One element of a type.
double load_scalar(int type, const void* memory);

// Places of the elements of a tensor, in elements from its first, in channels-last order.
std::vector<int64_t> places(const Tensor& tensor);

// Whether the channels-last order is the order in memory.
bool is_channels_last(const Tensor& tensor);

}  // namespace cudnn
