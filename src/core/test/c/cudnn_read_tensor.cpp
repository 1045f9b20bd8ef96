// What makes a tensor's attributes valid.
#include <algorithm>

#include "cudnn_descriptor.h"

namespace cudnn {

std::string read_tensor(const Descriptor& descriptor, Tensor& tensor) {
  tensor.id = descriptor.value<int64_t>(ATTR_TENSOR_UNIQUE_ID, 0);
  tensor.alignment = descriptor.value<int64_t>(ATTR_TENSOR_BYTE_ALIGNMENT, 0);
  tensor.type = descriptor.value<int>(ATTR_TENSOR_DATA_TYPE, 0);
  tensor.dims = descriptor.values<int64_t>(ATTR_TENSOR_DIMENSIONS);
  tensor.strides = descriptor.values<int64_t>(ATTR_TENSOR_STRIDES);
  tensor.is_virtual = descriptor.value<bool>(ATTR_TENSOR_IS_VIRTUAL, false);
  tensor.by_value = descriptor.value<bool>(ATTR_TENSOR_IS_BY_VALUE, false);

  int64_t bits = bits_per_element(tensor.type);
  if (bits == 0) return "elements of " + type_name(tensor.type) + " are not known to the double";
  if (tensor.dims.size() != tensor.strides.size())
    return "extents " + text(tensor.dims) + " and strides " + text(tensor.strides) + " differ in number";
  for (int64_t extent : tensor.dims)
    if (extent <= 0) return "extents " + text(tensor.dims) + " are not all positive";
  for (int64_t stride : tensor.strides)
    if (stride <= 0) return "strides " + text(tensor.strides) + " are not all positive";
  if (tensor.alignment <= 0 || tensor.alignment * 8 % bits != 0)
    return "alignment " + std::to_string(tensor.alignment) + " is no multiple of an element";
  if (tensor.is_virtual && tensor.by_value) return "a tensor is virtual or given by value, not both";
  if (tensor.by_value && tensor.elements() != 1) return "a tensor of extents " + text(tensor.dims) + " by value";
  if (descriptor.value<int64_t>(ATTR_TENSOR_VECTOR_COUNT, 1) != 1) return "vectorised tensors are not known to the double";

  // No two elements may share a place.
  std::vector<std::pair<int64_t, int64_t>> order;
  for (size_t i = 0; i < tensor.dims.size(); i++)
    if (tensor.dims[i] > 1) order.emplace_back(tensor.strides[i], tensor.dims[i]);
  std::sort(order.begin(), order.end());
  int64_t used = 1;
  for (auto [stride, extent] : order) {
    if (stride < used) return "strides " + text(tensor.strides) + " overlap for extents " + text(tensor.dims);
    used = stride * extent;
  }
  return "";
}

}  // namespace cudnn
