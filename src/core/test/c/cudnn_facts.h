// What the rules of support ask about an operation graph.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "cudnn_descriptor.h"
#include "cudnn_graph.h"

namespace cudnn {

struct Facts {
  const Graph& graph;
  const Node* convolution = nullptr;  // the only one, or null
  int convolutions = 0, pointwise = 0, statistics = 0, finalizations = 0, gradient_statistics = 0;
  int norms_forward = 0, norms_backward = 0, reductions = 0, resamplings = 0;
  std::vector<const Node*> before, after;  // pointwise operations the convolution reads from, and the others

  explicit Facts(const Graph& graph);

  int nodes() const { return static_cast<int>(graph.nodes.size()); }
  bool only(int parts) const { return parts == nodes(); }
  bool convolution_is(int kind) const { return convolution && convolution->kind == kind; }
  // The convolution's images, filter and response, or their gradients.
  const Tensor* image() const;
  const Tensor* filter() const;
  const Tensor* response() const;
  bool grouped() const { return image()->channels() != filter()->channels(); }
  bool strided() const;

  std::string modes(const std::vector<const Node*>& nodes) const;  // "MUL ADD RELU_FWD"
  const Node* node(int kind) const;                                // the first of a kind
  const Node* pointwise_of(int mode) const;                        // the first of a mode

  // The images: tensors of more than one pixel or with channels, in memory and not.
  std::vector<const Tensor*> images() const;
  // The storage type of the images in memory, -1 if they differ.
  int storage() const;
  bool half() const;  // HALF or BFLOAT16
  // The types of per-channel tensors and scalars in memory are all this one.
  bool channels_are(int type) const;
};

}  // namespace cudnn
