// Computes the nodes of an operation graph by plain loops. Sums are taken in double or in short float sums; each result is
// rounded once, to the declared type of its tensor, be it virtual or not.
#pragma once

#include <map>

#include "cudnn_graph.h"
#include "cudnn_values.h"

namespace cudnn {

// The values of the tensors of a graph, by id.
using Workings = std::map<int64_t, Values>;

// y = the convolution of x with w, for images of two spatial dimensions; sums only, without alpha and beta.
std::vector<double> convolve_forward(const Convolution&, const Tensor& x, const Tensor& w, const Tensor& y,
                                     const std::vector<float>& x_values, const std::vector<float>& w_values);
std::vector<double> convolve_backward_data(const Convolution&, const Tensor& dx, const Tensor& w, const Tensor& dy,
                                           const std::vector<float>& w_values, const std::vector<float>& dy_values);
std::vector<double> convolve_backward_filter(const Convolution&, const Tensor& x, const Tensor& dw, const Tensor& dy,
                                             const std::vector<float>& x_values, const std::vector<float>& dy_values);

// Each computes the outputs of one node from its inputs; outputs are not yet rounded.
// rounds_floats: operands of type FLOAT lose all but 10 bits.
void compute_convolution(const Node& node, Workings& workings, bool rounds_floats);
void compute_pointwise(const Node& node, Workings& workings);
void compute_reduction(const Node& node, Workings& workings);
void compute_statistics(const Node& node, Workings& workings);
void compute_finalize(const Node& node, Workings& workings);
void compute_gradient_statistics(const Node& node, Workings& workings);
void compute_norm_forward(const Node& node, Workings& workings);
void compute_norm_backward(const Node& node, Workings& workings);

// Runs a graph on memory: an address for each tensor that is not virtual; those given by value point to host memory.
void run_graph(const Graph& graph, const std::map<int64_t, void*>& addresses, bool rounds_floats);

}  // namespace cudnn
