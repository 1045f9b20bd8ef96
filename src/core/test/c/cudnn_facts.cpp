#include "cudnn_facts.h"

#include <set>

namespace cudnn {

static bool is_convolution(int kind) {
  return kind == BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR ||
         kind == BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR ||
         kind == BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR;
}

Facts::Facts(const Graph& graph) : graph(graph) {
  for (const NodePointer& node : graph.nodes) {
    if (is_convolution(node->kind)) convolutions++, convolution = node.get();
    pointwise += node->kind == BACKEND_OPERATION_POINTWISE_DESCRIPTOR;
    statistics += node->kind == BACKEND_OPERATION_GEN_STATS_DESCRIPTOR;
    finalizations += node->kind == BACKEND_OPERATION_BN_FINALIZE_STATISTICS_DESCRIPTOR;
    gradient_statistics += node->kind == BACKEND_OPERATION_BN_BWD_WEIGHTS_DESCRIPTOR;
    norms_forward += node->kind == BACKEND_OPERATION_NORM_FORWARD_DESCRIPTOR;
    norms_backward += node->kind == BACKEND_OPERATION_NORM_BACKWARD_DESCRIPTOR;
    reductions += node->kind == BACKEND_OPERATION_REDUCTION_DESCRIPTOR;
    resamplings += node->kind == BACKEND_OPERATION_RESAMPLE_FWD_DESCRIPTOR ||
                   node->kind == BACKEND_OPERATION_RESAMPLE_BWD_DESCRIPTOR;
  }
  if (convolutions != 1) convolution = nullptr;

  // Walks back from the convolution through virtual tensors; the nodes are sorted.
  std::set<int64_t> wanted;
  if (convolution)
    for (const TensorPointer& input : convolution->inputs()) wanted.insert(input->id);
  std::set<const Node*> earlier;
  for (auto node = graph.nodes.rbegin(); node != graph.nodes.rend(); node++)
    for (const TensorPointer& output : (*node)->outputs())
      if (wanted.count(output->id) && earlier.insert(node->get()).second)
        for (const TensorPointer& input : (*node)->inputs()) wanted.insert(input->id);
  for (const NodePointer& node : graph.nodes)
    if (node->kind == BACKEND_OPERATION_POINTWISE_DESCRIPTOR)
      (earlier.count(node.get()) ? before : after).push_back(node.get());
}

// The first of three attributes that the convolution has.
static const Tensor* operand(const Node& convolution, int forward, int data, int filter) {
  for (int attribute : {forward, data, filter})
    if (const Tensor* tensor = convolution.find(attribute)) return tensor;
  return nullptr;
}

const Tensor* Facts::image() const {
  return operand(*convolution, ATTR_OPERATION_CONVOLUTION_FORWARD_X, ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX,
                 ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X);
}

const Tensor* Facts::filter() const {
  return operand(*convolution, ATTR_OPERATION_CONVOLUTION_FORWARD_W, ATTR_OPERATION_CONVOLUTION_BWD_DATA_W,
                 ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW);
}

const Tensor* Facts::response() const {
  return operand(*convolution, ATTR_OPERATION_CONVOLUTION_FORWARD_Y, ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY,
                 ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY);
}

bool Facts::strided() const {
  for (int64_t stride : convolution->convolution.strides)
    if (stride != 1) return true;
  return false;
}

static const char* mode_name(int mode) {
  switch (mode) {
    case POINTWISE_ADD:
      return "ADD";
    case POINTWISE_SUB:
      return "SUB";
    case POINTWISE_MUL:
      return "MUL";
    case POINTWISE_RELU_FWD:
      return "RELU_FWD";
    case POINTWISE_RELU_BWD:
      return "RELU_BWD";
    case POINTWISE_CMP_GT:
      return "CMP_GT";
    case POINTWISE_IDENTITY:
      return "IDENTITY";
    default:
      return "OTHER";
  }
}

std::string Facts::modes(const std::vector<const Node*>& nodes) const {
  std::string joined;
  for (const Node* node : nodes)
    joined += (joined.empty() ? "" : " ") + std::string(mode_name(node->pointwise.mode));
  return joined;
}

const Node* Facts::node(int kind) const {
  for (const NodePointer& node : graph.nodes)
    if (node->kind == kind) return node.get();
  return nullptr;
}

const Node* Facts::pointwise_of(int mode) const {
  for (const NodePointer& node : graph.nodes)
    if (node->kind == BACKEND_OPERATION_POINTWISE_DESCRIPTOR && node->pointwise.mode == mode) return node.get();
  return nullptr;
}

static bool is_channels(const Tensor& tensor) { return tensor.elements() == tensor.channels(); }

// A filter, and an image of one pixel in a batch of one, count as images where a convolution has them.
std::vector<const Tensor*> Facts::images() const {
  std::set<int64_t> operands;
  if (convolution)
    for (const auto& [attribute, tensor] : convolution->tensors) operands.insert(tensor->id);
  std::vector<const Tensor*> images;
  for (const auto& [id, tensor] : graph.tensors)
    if (!is_channels(*tensor) || operands.count(id)) images.push_back(tensor.get());
  return images;
}

int Facts::storage() const {
  int type = -1;
  for (const Tensor* image : images()) {
    if (image->is_virtual || image->type == DATA_BOOLEAN) continue;
    if (type >= 0 && type != image->type) return -1;
    type = image->type;
  }
  return type;
}

bool Facts::half() const { return storage() == DATA_HALF || storage() == DATA_BFLOAT16; }

bool Facts::channels_are(int type) const {
  std::set<int64_t> whole;
  for (const Tensor* image : images()) whole.insert(image->id);
  for (const auto& [id, tensor] : graph.tensors)
    if (!tensor->is_virtual && !tensor->by_value && !whole.count(id) && tensor->type != type) return false;
  return true;
}

}  // namespace cudnn
