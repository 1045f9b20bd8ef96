// Tensors: their extents, and where their elements lie.
#include <map>

#include "cudnn_api.h"
#include "cudnn_graph.h"

namespace cudnn {

int64_t Tensor::elements() const {
  int64_t product = 1;
  for (int64_t extent : dims) product *= extent;
  return product;
}

int64_t Tensor::span() const {
  int64_t last = 0;
  for (size_t i = 0; i < dims.size(); i++) last += (dims[i] - 1) * strides[i];
  return last + 1;
}

int64_t Tensor::bytes() const { return (span() * bits_per_element(type) + 7) / 8; }

bool Tensor::operator==(const Tensor& other) const {
  return id == other.id && alignment == other.alignment && type == other.type && dims == other.dims &&
         strides == other.strides && is_virtual == other.is_virtual && by_value == other.by_value;
}

int64_t bits_per_element(int type) {
  switch (type) {
    case DATA_BOOLEAN:
      return 1;
    case DATA_INT8:
    case DATA_UINT8:
      return 8;
    case DATA_HALF:
    case DATA_BFLOAT16:
      return 16;
    case DATA_FLOAT:
    case DATA_INT32:
      return 32;
    case DATA_DOUBLE:
    case DATA_INT64:
      return 64;
    default:
      return 0;
  }
}

std::string type_name(int type) {
  static const std::map<int, const char*> names = {
      {DATA_FLOAT, "FLOAT"}, {DATA_DOUBLE, "DOUBLE"}, {DATA_HALF, "HALF"},         {DATA_INT8, "INT8"},
      {DATA_INT32, "INT32"}, {DATA_UINT8, "UINT8"},   {DATA_BFLOAT16, "BFLOAT16"}, {DATA_INT64, "INT64"},
      {DATA_BOOLEAN, "BOOLEAN"}};
  auto found = names.find(type);
  return found == names.end() ? "type " + std::to_string(type) : found->second;
}

std::string text(const std::vector<int64_t>& values) {
  std::string joined;
  for (int64_t value : values) joined += (joined.empty() ? "" : " ") + std::to_string(value);
  return "(" + joined + ")";
}

}  // namespace cudnn
