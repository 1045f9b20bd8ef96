#include "cudnn_interpreter.h"

namespace cudnn {

static void compute(const Node& node, Workings& workings) {
  switch (node.kind) {
    case BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR:
    case BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR:
    case BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR:
      return compute_convolution(node, workings);
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

void compute_convolution(const Node& node, Workings& workings) {
  const Tensor* result;
  std::vector<double> sums;
  if (node.kind == BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR) {
    const Tensor& x = node.at(ATTR_OPERATION_CONVOLUTION_FORWARD_X);
    const Tensor& w = node.at(ATTR_OPERATION_CONVOLUTION_FORWARD_W);
    result = node.find(ATTR_OPERATION_CONVOLUTION_FORWARD_Y);
    sums = convolve_forward(node.convolution, x, w, *result, workings.at(x.id).floats, workings.at(w.id).floats);
  } else if (node.kind == BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR) {
    const Tensor& w = node.at(ATTR_OPERATION_CONVOLUTION_BWD_DATA_W);
    const Tensor& dy = node.at(ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY);
    result = node.find(ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX);
    sums = convolve_backward_data(node.convolution, *result, w, dy, workings.at(w.id).floats, workings.at(dy.id).floats);
  } else {
    const Tensor& x = node.at(ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X);
    const Tensor& dy = node.at(ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY);
    result = node.find(ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW);
    sums = convolve_backward_filter(node.convolution, x, *result, dy, workings.at(x.id).floats, workings.at(dy.id).floats);
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

void run_graph(const Graph& graph, const std::map<int64_t, void*>& addresses) {
  Workings workings;
  for (const auto& [id, tensor] : graph.tensors) {
    const Node* producer = graph.producer(id);
    if (!producer || reads_result(*producer)) workings[id] = load(*tensor, addresses.at(id));
  }
  for (const NodePointer& node : graph.nodes) {
    compute(*node, workings);
    for (const TensorPointer& output : node->outputs()) round_to(*output, workings.at(output->id));
  }
  for (const auto& [id, tensor] : graph.tensors)
    if (!tensor->is_virtual && graph.producer(id)) store(*tensor, workings.at(id), addresses.at(id));
}

}  // namespace cudnn
