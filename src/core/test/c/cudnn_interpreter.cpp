#include "cudnn_interpreter.h"

namespace cudnn {

static void compute(const Node& node, Workings& workings, bool rounds_floats) {
  switch (node.kind) {
    case BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR:
    case BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR:
    case BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR:
      return compute_convolution(node, workings, rounds_floats);
    case BACKEND_OPERATION_POINTWISE_DESCRIPTOR:
      return compute_pointwise(node, workings);
    case BACKEND_OPERATION_REDUCTION_DESCRIPTOR:
      return compute_reduction(node, workings);
    case BACKEND_OPERATION_GEN_STATS_DESCRIPTOR:
      return compute_statistics(node, workings);
    case BACKEND_OPERATION_BN_FINALIZE_STATISTICS_DESCRIPTOR:
      return compute_finalize(node, workings);
    case BACKEND_OPERATION_BN_BWD_WEIGHTS_DESCRIPTOR:
      return compute_gradient_statistics(node, workings);
    case BACKEND_OPERATION_NORM_FORWARD_DESCRIPTOR:
      return compute_norm_forward(node, workings);
    case BACKEND_OPERATION_NORM_BACKWARD_DESCRIPTOR:
      return compute_norm_backward(node, workings);
  }
}

static std::vector<float> operand(const Workings& workings, const Tensor& tensor, bool rounds_floats) {
  std::vector<float> values = workings.at(tensor.id).floats;
  if (rounds_floats && tensor.type == DATA_FLOAT)
    for (float& value : values) value = round_to_tensor_core(value);
  return values;
}

void compute_convolution(const Node& node, Workings& workings, bool rounds_floats) {
  const Tensor* result;
  std::vector<double> sums;
  auto values = [&](const Tensor& tensor) { return operand(workings, tensor, rounds_floats); };
  if (node.kind == BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR) {
    const Tensor& x = node.at(ATTR_OPERATION_CONVOLUTION_FORWARD_X);
    const Tensor& w = node.at(ATTR_OPERATION_CONVOLUTION_FORWARD_W);
    result = node.find(ATTR_OPERATION_CONVOLUTION_FORWARD_Y);
    sums = convolve_forward(node.convolution, x, w, *result, values(x), values(w));
  } else if (node.kind == BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR) {
    const Tensor& w = node.at(ATTR_OPERATION_CONVOLUTION_BWD_DATA_W);
    const Tensor& dy = node.at(ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY);
    result = node.find(ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX);
    sums = convolve_backward_data(node.convolution, *result, w, dy, values(w), values(dy));
  } else {
    const Tensor& x = node.at(ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X);
    const Tensor& dy = node.at(ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY);
    result = node.find(ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW);
    sums = convolve_backward_filter(node.convolution, x, *result, dy, values(x), values(dy));
  }
  if (node.alpha != 1)
    for (double& sum : sums) sum *= node.alpha;
  if (node.beta != 0) {
    const Values& before = workings.at(result->id);
    for (size_t i = 0; i < sums.size(); i++) sums[i] += node.beta * before.at(static_cast<int64_t>(i));
  }
  workings[result->id] = Values{{}, std::move(sums)};
}

static bool reads_result(const Node& node) {
  bool convolution = node.kind == BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR ||
                     node.kind == BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR ||
                     node.kind == BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR;
  return convolution && node.beta != 0;
}

void run_graph(const Graph& graph, const std::map<int64_t, void*>& addresses, bool rounds_floats) {
  Workings workings;
  for (const auto& [id, tensor] : graph.tensors) {
    const Node* producer = graph.producer(id);
    if (!producer || reads_result(*producer)) workings[id] = load(*tensor, addresses.at(id));
  }
  for (const NodePointer& node : graph.nodes) {
    compute(*node, workings, rounds_floats);
    for (const TensorPointer& output : node->outputs()) round_to(*output, workings.at(output->id));
  }
  for (const auto& [id, tensor] : graph.tensors)
    if (!tensor->is_virtual && graph.producer(id)) store(*tensor, workings.at(id), addresses.at(id));
}

}  // namespace cudnn
