// What finalised descriptors mean: tensors, operations, and the graph they form.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace cudnn {

struct Descriptor;

struct Tensor {
  int64_t id = 0, alignment = 0;
  int type = 0;
  std::vector<int64_t> dims, strides;
  bool is_virtual = false, by_value = false;

  int64_t elements() const;
  int64_t span() const;   // elements of memory from the first to the last
  int64_t bytes() const;  // of memory
  int64_t channels() const { return dims.size() > 1 ? dims[1] : 1; }
  bool operator==(const Tensor& other) const;
};

using TensorPointer = std::shared_ptr<const Tensor>;

struct Convolution {
  int type = 0;
  std::vector<int64_t> dilations, strides, before, after;
};

struct Pointwise {
  int mode = 0;
  bool propagates_nan = false;
  double lower = 0, upper = 0, slope = 0;
};

// An operation: the descriptor's type says which, and its tensors lie under their attributes.
struct Node {
  int kind = 0;
  std::map<int, TensorPointer> tensors;
  Convolution convolution;
  Pointwise pointwise;
  int mode = 0;   // of a normalisation
  int phase = 0;  // of a normalisation
  int reduction = 0;
  int math = -1;  // the type it computes in, -1 where its descriptor names none
  double alpha = 1, beta = 0;  // of a convolution; the two factors of a pointwise operation

  const Tensor* find(int attribute) const;
  const Tensor& at(int attribute) const { return *tensors.at(attribute); }
  std::vector<TensorPointer> inputs() const;
  std::vector<TensorPointer> outputs() const;
  std::string name() const;
};

using NodePointer = std::shared_ptr<const Node>;

struct Graph {
  std::vector<NodePointer> nodes;            // each after those that make its inputs
  std::map<int64_t, TensorPointer> tensors;  // by id

  // The node that makes a tensor, or null.
  const Node* producer(int64_t id) const;
};

// Reads the attributes of a descriptor that is about to be finalised. Empty, or what is wrong.
std::string read_tensor(const Descriptor& descriptor, Tensor& tensor);
std::string read_node(const Descriptor& descriptor, Node& node);
std::string read_graph(const std::vector<NodePointer>& nodes, Graph& graph);

// Whether the shapes of a node fit together, by cuDNN's rules for its kind. Empty, or what is wrong.
std::string check_shapes(const Node& node);

int64_t bits_per_element(int type);
std::string type_name(int type);
std::string text(const std::vector<int64_t>& values);

}  // namespace cudnn
