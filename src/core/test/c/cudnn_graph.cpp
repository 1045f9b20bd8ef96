#include "cudnn_graph.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "cudnn_descriptor.h"

namespace cudnn {

const Tensor* Node::find(int attribute) const {
  auto found = tensors.find(attribute);
  return found == tensors.end() ? nullptr : found->second.get();
}

// Statistics are made in training and read in inference.
static bool is_output(const Node& node, int attribute) {
  bool statistics = attribute == ATTR_OPERATION_NORM_FWD_MEAN_DESC || attribute == ATTR_OPERATION_NORM_FWD_INV_VARIANCE_DESC;
  if (statistics && node.phase != NORM_FWD_TRAINING) return false;
  Rule rule = attribute_row(node.kind, attribute)->rule;
  return rule == OUTPUT || rule == OPTIONAL_OUTPUT;
}

static std::vector<TensorPointer> side(const Node& node, bool outputs) {
  std::vector<TensorPointer> found;
  for (const auto& [attribute, tensor] : node.tensors)
    if (is_output(node, attribute) == outputs) found.push_back(tensor);
  return found;
}

std::vector<TensorPointer> Node::inputs() const { return side(*this, false); }
std::vector<TensorPointer> Node::outputs() const { return side(*this, true); }
std::string Node::name() const { return descriptor_name(kind); }

const Node* Graph::producer(int64_t id) const {
  for (const NodePointer& node : nodes)
    for (const TensorPointer& output : node->outputs())
      if (output->id == id) return node.get();
  return nullptr;
}

static void read_convolution(const Descriptor& parameters, Convolution& convolution) {
  convolution.type = parameters.value<int>(ATTR_CONVOLUTION_COMP_TYPE, 0);
  convolution.dilations = parameters.values<int64_t>(ATTR_CONVOLUTION_DILATIONS);
  convolution.strides = parameters.values<int64_t>(ATTR_CONVOLUTION_FILTER_STRIDES);
  convolution.before = parameters.values<int64_t>(ATTR_CONVOLUTION_PRE_PADDINGS);
  convolution.after = parameters.values<int64_t>(ATTR_CONVOLUTION_POST_PADDINGS);
}

std::string read_node(const Descriptor& descriptor, Node& node) {
  node.kind = descriptor.type;
  for (const auto& [name, attribute] : descriptor.attributes) {
    const AttributeRow* row = attribute_row(descriptor.type, name);
    if (row->child == BACKEND_TENSOR_DESCRIPTOR) node.tensors[name] = attribute.descriptors[0]->tensor;
    if (row->type == TYPE_DATA_TYPE) node.math = descriptor.value<int>(name, 0);
    if (row->child == BACKEND_CONVOLUTION_DESCRIPTOR) {
      read_convolution(*attribute.descriptors[0], node.convolution);
      node.math = node.convolution.type;
    }
    if (row->child == BACKEND_REDUCTION_DESCRIPTOR) {
      node.reduction = attribute.descriptors[0]->value<int>(ATTR_REDUCTION_OPERATOR, 0);
      node.math = attribute.descriptors[0]->value<int>(ATTR_REDUCTION_COMP_TYPE, 0);
    }
    if (row->child == BACKEND_POINTWISE_DESCRIPTOR) {
      const Descriptor& parameters = *attribute.descriptors[0];
      node.math = parameters.value<int>(ATTR_POINTWISE_MATH_PREC, 0);
      node.pointwise.mode = parameters.value<int>(ATTR_POINTWISE_MODE, 0);
      node.pointwise.propagates_nan = parameters.value<int>(ATTR_POINTWISE_NAN_PROPAGATION, 0) != 0;
      node.pointwise.lower = parameters.number(ATTR_POINTWISE_RELU_LOWER_CLIP, 0);
      node.pointwise.upper = parameters.number(ATTR_POINTWISE_RELU_UPPER_CLIP, HUGE_VAL);
      node.pointwise.slope = parameters.number(ATTR_POINTWISE_RELU_LOWER_CLIP_SLOPE, 0);
    }
  }
  switch (descriptor.type) {
    case BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR:
      node.alpha = descriptor.number(ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA, 1);
      node.beta = descriptor.number(ATTR_OPERATION_CONVOLUTION_FORWARD_BETA, 0);
      break;
    case BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR:
      node.alpha = descriptor.number(ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA, 1);
      node.beta = descriptor.number(ATTR_OPERATION_CONVOLUTION_BWD_DATA_BETA, 0);
      break;
    case BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR:
      node.alpha = descriptor.number(ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA, 1);
      node.beta = descriptor.number(ATTR_OPERATION_CONVOLUTION_BWD_FILTER_BETA, 0);
      break;
    case BACKEND_OPERATION_POINTWISE_DESCRIPTOR:
      node.alpha = descriptor.number(ATTR_OPERATION_POINTWISE_ALPHA1, 1);
      node.beta = descriptor.number(ATTR_OPERATION_POINTWISE_ALPHA2, 1);
      break;
    case BACKEND_OPERATION_NORM_FORWARD_DESCRIPTOR:
      node.mode = descriptor.value<int>(ATTR_OPERATION_NORM_FWD_MODE, 0);
      node.phase = descriptor.value<int>(ATTR_OPERATION_NORM_FWD_PHASE, 0);
      break;
    case BACKEND_OPERATION_NORM_BACKWARD_DESCRIPTOR:
      node.mode = descriptor.value<int>(ATTR_OPERATION_NORM_BWD_MODE, 0);
      break;
    default:
      break;
  }
  return check_shapes(node);
}

// Puts the nodes into an order in which each comes after those that make its inputs. False if there is none.
static bool sort(const std::vector<NodePointer>& nodes, const std::set<int64_t>& made, Graph& graph) {
  std::set<int64_t> ready;
  std::vector<NodePointer> left = nodes;
  while (!left.empty()) {
    auto next = std::find_if(left.begin(), left.end(), [&](const NodePointer& node) {
      auto inputs = node->inputs();
      return std::all_of(inputs.begin(), inputs.end(),
                         [&](const TensorPointer& input) { return !made.count(input->id) || ready.count(input->id); });
    });
    if (next == left.end()) return false;
    for (const TensorPointer& output : (*next)->outputs()) ready.insert(output->id);
    graph.nodes.push_back(*next);
    left.erase(next);
  }
  return true;
}

std::string read_graph(const std::vector<NodePointer>& nodes, Graph& graph) {
  std::set<int64_t> made, used;
  for (const NodePointer& node : nodes) {
    for (const auto& [attribute, tensor] : node->tensors) {
      auto [entry, fresh] = graph.tensors.emplace(tensor->id, tensor);
      if (!fresh && !(*entry->second == *tensor))
        return "two different tensors have the id " + std::to_string(tensor->id);
    }
    for (const TensorPointer& output : node->outputs()) {
      if (output->by_value) return node->name() + " writes tensor " + std::to_string(output->id) + ", given by value";
      if (!made.insert(output->id).second)
        return "tensor " + std::to_string(output->id) + " is written by two operations or twice by one";
    }
    for (const TensorPointer& input : node->inputs()) used.insert(input->id);
  }
  for (const auto& [id, tensor] : graph.tensors) {
    if (tensor->is_virtual && !made.count(id)) return "virtual tensor " + std::to_string(id) + " is not made by any operation";
    if (tensor->is_virtual && !used.count(id)) return "virtual tensor " + std::to_string(id) + " is not used by any operation";
  }
  if (!sort(nodes, made, graph)) return "the operations form a cycle";
  return "";
}

}  // namespace cudnn
