#include "cudnn_values.h"

#include <algorithm>

namespace cudnn {

bool is_wide(int type) { return type == DATA_INT32 || type == DATA_INT64 || type == DATA_DOUBLE; }

// The dimensions from the slowest to the fastest: batch, spatial, channels.
static std::vector<int> channels_last(size_t rank) {
  std::vector<int> order = {0};
  for (size_t i = 2; i < rank; i++) order.push_back(static_cast<int>(i));
  if (rank > 1) order.push_back(1);
  return order;
}

bool is_channels_last(const Tensor& tensor) {
  std::vector<int> order = channels_last(tensor.dims.size());
  int64_t stride = 1;
  for (auto dimension = order.rbegin(); dimension != order.rend(); dimension++) {
    if (tensor.dims[*dimension] > 1 && tensor.strides[*dimension] != stride) return false;
    stride *= tensor.dims[*dimension];
  }
  return true;
}

std::vector<int64_t> places(const Tensor& tensor) {
  std::vector<int64_t> places = {0};
  for (int dimension : channels_last(tensor.dims.size())) {
    std::vector<int64_t> longer;
    longer.reserve(places.size() * tensor.dims[dimension]);
    for (int64_t place : places)
      for (int64_t i = 0; i < tensor.dims[dimension]; i++) longer.push_back(place + i * tensor.strides[dimension]);
    places.swap(longer);
  }
  return places;
}

static bool bit(const void* memory, int64_t i) { return static_cast<const uint8_t*>(memory)[i / 8] >> (i % 8) & 1; }

template <typename T, typename V, typename Convert>
static void read(const Tensor& tensor, const void* memory, std::vector<V>& values, Convert convert) {
  const T* elements = static_cast<const T*>(memory);
  values.resize(tensor.elements());
  if (is_channels_last(tensor)) {
    for (size_t i = 0; i < values.size(); i++) values[i] = convert(elements[i]);
  } else {
    std::vector<int64_t> at = places(tensor);
    for (size_t i = 0; i < values.size(); i++) values[i] = convert(elements[at[i]]);
  }
}

template <typename T, typename V, typename Convert>
static void write(const Tensor& tensor, const std::vector<V>& values, void* memory, Convert convert) {
  T* elements = static_cast<T*>(memory);
  if (is_channels_last(tensor)) {
    for (size_t i = 0; i < values.size(); i++) elements[i] = convert(values[i]);
  } else {
    std::vector<int64_t> at = places(tensor);
    for (size_t i = 0; i < values.size(); i++) elements[at[i]] = convert(values[i]);
  }
}

Values load(const Tensor& tensor, const void* memory) {
  Values values;
  switch (tensor.type) {
    case DATA_FLOAT:
      read<float>(tensor, memory, values.floats, [](float v) { return v; });
      break;
    case DATA_HALF:
      read<uint16_t>(tensor, memory, values.floats, half_to_float);
      break;
    case DATA_BFLOAT16:
      read<uint16_t>(tensor, memory, values.floats, bfloat16_to_float);
      break;
    case DATA_INT8:
      read<int8_t>(tensor, memory, values.floats, [](int8_t v) { return static_cast<float>(v); });
      break;
    case DATA_UINT8:
      read<uint8_t>(tensor, memory, values.floats, [](uint8_t v) { return static_cast<float>(v); });
      break;
    case DATA_INT32:
      read<int32_t>(tensor, memory, values.doubles, [](int32_t v) { return static_cast<double>(v); });
      break;
    case DATA_INT64:
      read<int64_t>(tensor, memory, values.doubles, [](int64_t v) { return static_cast<double>(v); });
      break;
    case DATA_DOUBLE:
      read<double>(tensor, memory, values.doubles, [](double v) { return v; });
      break;
    case DATA_BOOLEAN:
      for (int64_t place : places(tensor)) values.floats.push_back(bit(memory, place));
      break;
  }
  return values;
}

static float clamp(double value, double least, double most) {
  return static_cast<float>(std::isnan(value) ? 0 : std::clamp(std::nearbyint(value), least, most));
}

static void narrow(Values& values) {
  if (!values.wide()) return;
  values.floats.assign(values.doubles.begin(), values.doubles.end());
  values.doubles.clear();
}

void round_to(const Tensor& tensor, Values& values) {
  if (is_wide(tensor.type)) {
    if (!values.wide()) values.doubles.assign(values.floats.begin(), values.floats.end());
    values.floats.clear();
    if (tensor.type == DATA_INT32)
      for (double& value : values.doubles)
        value = std::isnan(value) ? 0 : std::clamp(std::nearbyint(value), -0x1p31, 0x1p31 - 1);
    return;
  }
  // As on a device, a sum is a float before it is rounded to a shorter type.
  narrow(values);
  float* floats = values.floats.data();
  int64_t count = static_cast<int64_t>(values.floats.size());
  switch (tensor.type) {
    case DATA_HALF:
#pragma omp parallel for simd
      for (int64_t i = 0; i < count; i++) floats[i] = half_to_float(float_to_half(floats[i]));
      break;
    case DATA_BFLOAT16:
#pragma omp parallel for simd
      for (int64_t i = 0; i < count; i++) floats[i] = bfloat16_to_float(float_to_bfloat16(floats[i]));
      break;
    case DATA_INT8:
      for (int64_t i = 0; i < count; i++) floats[i] = clamp(floats[i], -128, 127);
      break;
    case DATA_UINT8:
      for (int64_t i = 0; i < count; i++) floats[i] = clamp(floats[i], 0, 255);
      break;
    case DATA_BOOLEAN:
      for (int64_t i = 0; i < count; i++) floats[i] = floats[i] != 0;
      break;
    default:
      break;
  }
}

void store(const Tensor& tensor, const Values& values, void* memory) {
  switch (tensor.type) {
    case DATA_FLOAT:
      write<float>(tensor, values.floats, memory, [](float v) { return v; });
      break;
    case DATA_HALF:
      write<uint16_t>(tensor, values.floats, memory, float_to_half);
      break;
    case DATA_BFLOAT16:
      write<uint16_t>(tensor, values.floats, memory, float_to_bfloat16);
      break;
    case DATA_INT8:
      write<int8_t>(tensor, values.floats, memory, [](float v) { return static_cast<int8_t>(v); });
      break;
    case DATA_UINT8:
      write<uint8_t>(tensor, values.floats, memory, [](float v) { return static_cast<uint8_t>(v); });
      break;
    case DATA_INT32:
      write<int32_t>(tensor, values.doubles, memory, [](double v) { return static_cast<int32_t>(v); });
      break;
    case DATA_INT64:
      write<int64_t>(tensor, values.doubles, memory, [](double v) { return static_cast<int64_t>(v); });
      break;
    case DATA_DOUBLE:
      write<double>(tensor, values.doubles, memory, [](double v) { return v; });
      break;
    case DATA_BOOLEAN: {
      uint8_t* bytes = static_cast<uint8_t*>(memory);
      std::vector<int64_t> at = places(tensor);
      for (size_t i = 0; i < at.size(); i++) {
        uint8_t mask = static_cast<uint8_t>(1 << at[i] % 8);
        bytes[at[i] / 8] = static_cast<uint8_t>(values.floats[i] != 0 ? bytes[at[i] / 8] | mask : bytes[at[i] / 8] & ~mask);
      }
      break;
    }
  }
}

double load_scalar(int type, const void* memory) {
  Tensor one;
  one.type = type;
  one.dims = one.strides = {1};
  return load(one, memory).at(0);
}

}  // namespace cudnn
