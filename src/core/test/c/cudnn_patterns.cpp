// The support surface: one row a pattern of operations, tried from the first. It follows what cuDNN 9.24 was seen to accept.
#include "cudnn_patterns.h"

#include "cudnn_values.h"

namespace cudnn {
namespace {

std::string want(bool fits, const char* otherwise) { return fits ? "" : otherwise; }

// The first that is not empty.
std::string first(std::initializer_list<std::string> reasons) {
  for (const std::string& reason : reasons)
    if (!reason.empty()) return reason;
  return "";
}

std::string float_math(const Facts& f) {
  for (const NodePointer& node : f.graph.nodes)
    if (node->math >= 0 && node->math != DATA_FLOAT) return node->name() + " does not compute in FLOAT";
  return "";
}

std::string aligned(const Facts& f) {
  for (const auto& [id, tensor] : f.graph.tensors)
    if (!tensor->is_virtual && !tensor->by_value && tensor->alignment % 16 != 0)
      return "tensor " + std::to_string(id) + " is not aligned to 16 bytes";
  return "";
}

std::string layout(const Facts& f) {
  for (const Tensor* image : f.images())
    if (!is_channels_last(*image)) return "tensor " + std::to_string(image->id) + " is not in channels-last order";
  return aligned(f);
}

bool float_type(int type) { return type == DATA_FLOAT || type == DATA_HALF || type == DATA_BFLOAT16; }

std::string storage(const Facts& f) {
  return want(float_type(f.storage()), "the images are not all HALF, all BFLOAT16 or all FLOAT");
}

std::string ampere(int capability) { return want(capability >= 80, "wants compute capability 8.0 or later"); }

std::string hopper(int capability) {
  return want(capability == 80 || capability == 90, "wants compute capability 8.0 or 9.0");
}

// The first operand of a pointwise operation has the extents of its result.
std::string broadcasts(const Facts& f) {
  for (const NodePointer& node : f.graph.nodes)
    if (node->kind == BACKEND_OPERATION_POINTWISE_DESCRIPTOR &&
        node->at(ATTR_OPERATION_POINTWISE_XDESC).dims != node->outputs()[0]->dims)
      return "the first operand of a pointwise operation is spread";
  return "";
}

// Sums over all pixels of all images are what is reduced.
std::string sums(const Facts& f, int most) {
  for (const NodePointer& node : f.graph.nodes) {
    if (node->kind != BACKEND_OPERATION_REDUCTION_DESCRIPTOR) continue;
    const Tensor& y = node->at(ATTR_OPERATION_REDUCTION_YDESC);
    if (node->reduction != REDUCE_TENSOR_ADD || y.elements() != y.channels() || y.type != DATA_FLOAT)
      return "reductions are sums over all but the channels, in FLOAT";
  }
  return want(f.reductions <= most, "too many reductions");
}

bool reads(const Node* node, const Tensor* tensor) {
  for (const TensorPointer& input : node->inputs())
    if (input->id == tensor->id) return true;
  return false;
}

// --- Convolutions ----------------------------------------------------------------------------------------------------

std::string int8_types(const Facts& f, int result) {
  return first({want(f.convolution_is(BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR), "INT8 is for forward only"),
                want(f.convolution->math == DATA_INT32, "INT8 wants INT32 as the computing type"),
                want(f.image()->channels() % 4 == 0 && f.response()->channels() % 4 == 0, "INT8 wants channels by 4"),
                want(result == DATA_INT8 || result == DATA_INT32 || result == DATA_FLOAT, "the type of an INT8 result")});
}

// Operands are of one type, and the result of that type or FLOAT.
std::string convolution_types(const Facts& f) {
  auto inputs = f.convolution->inputs();
  int type = inputs[0]->is_virtual ? inputs[1]->type : inputs[0]->type, result = f.convolution->outputs()[0]->type;
  for (const TensorPointer& input : inputs)
    if (input->type != type && !input->is_virtual) return "the convolution's operands differ in type";
  if (type == DATA_INT8) return int8_types(f, result);
  return first({want(float_type(type), "the convolution's operands are not HALF, BFLOAT16, FLOAT or INT8"),
                want(result == type || result == DATA_FLOAT, "the result is neither of the operands' type nor FLOAT"),
                want(f.convolution->math == DATA_FLOAT, "a convolution of floats does not compute in FLOAT")});
}

// From halves straight to a FLOAT result there are plain loops alone.
bool float_result_of_halves(const Facts& f) {
  const Tensor& result = *f.convolution->outputs()[0];
  return !result.is_virtual && result.type == DATA_FLOAT &&
         (f.convolution_is(BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR) ? f.response() : f.image())->type != DATA_FLOAT &&
         f.image()->type != DATA_INT8;
}

std::string convolution(const Facts& f, int) {
  bool weights = f.convolution_is(BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR);
  return first({convolution_types(f), layout(f),
                want(!weights || !float_result_of_halves(f) || (f.image()->channels() % 8 == 0 && f.response()->channels() % 8 == 0),
                     "a FLOAT weight gradient of halves wants channels by 8")});
}

// So it is with a FLOAT response of halves that a FLOAT bias is added to.
bool float_bias_and_response_of_halves(const Facts& f) {
  if (!f.convolution_is(BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR) || f.image()->type == DATA_FLOAT) return false;
  for (const Node* node : f.after) {
    const Tensor* b = node->find(ATTR_OPERATION_POINTWISE_BDESC);
    const Tensor& y = *node->outputs()[0];
    if (b && !b->by_value && !b->is_virtual && b->type == DATA_FLOAT && !y.is_virtual && y.type == DATA_FLOAT) return true;
  }
  return false;
}

bool never(const Facts&) { return false; }

std::string statistics(const Facts& f, int capability) {
  std::string modes = f.modes(f.after);
  const Tensor& x = f.node(BACKEND_OPERATION_GEN_STATS_DESCRIPTOR)->at(ATTR_OPERATION_GENSTATS_XDESC);
  return first({ampere(capability), convolution_types(f), storage(f), want(modes == "" || modes == "ADD", "only an ADD may come between"),
                want(!x.is_virtual, "the response is not kept"), want(f.channels_are(DATA_FLOAT), "statistics are not FLOAT"),
                want(f.response()->channels() % (f.half() ? 8 : 4) == 0, "channels of the response"), layout(f), float_math(f)});
}

// Scale, bias and ReLU in the main loop of a convolution, with and without statistics.
std::string main_loop_forward(const Facts& f, int capability) {
  bool coefficients_half = f.before.size() == 3;
  bool virtual_storage = true;
  for (const auto& [id, tensor] : f.graph.tensors)
    if (tensor->is_virtual) virtual_storage &= tensor->type == f.storage();
  for (const Node* node : f.before)
    if (const Tensor* b = node->find(ATTR_OPERATION_POINTWISE_BDESC)) coefficients_half &= b->type == DATA_HALF;
  bool precompiled = f.storage() == DATA_HALF && coefficients_half && f.statistics == 1;
  return first({hopper(capability),
                want(f.modes(f.before) == "MUL ADD RELU_FWD" && f.after.empty(), "wants MUL ADD RELU_FWD before the convolution"),
                storage(f), want(precompiled || virtual_storage, "virtual tensors are not of the images' type"), layout(f),
                float_math(f), broadcasts(f), want(!f.grouped(), "no groups"), channels_in_16_bytes(f)});
}

std::string main_loop_weights(const Facts& f, int capability) {
  bool coefficients_half = true;
  for (const Node* node : f.before)
    if (const Tensor* b = node->find(ATTR_OPERATION_POINTWISE_BDESC)) coefficients_half &= b->type == DATA_HALF;
  return first({hopper(capability),
                want(f.modes(f.before) == "MUL ADD RELU_FWD" && f.after.empty(), "wants MUL ADD RELU_FWD before the gradient"),
                want(f.storage() == DATA_HALF && coefficients_half, "is for HALF alone"), layout(f), float_math(f),
                broadcasts(f), want(!f.grouped(), "no groups"), want(f.image()->channels() % 8 == 0, "channels by 8"),
                want(f.response()->channels() % 8 == 0, "channels by 8")});
}

// The forward pass is computed again in front of the ReLU's gradient: for each batch norm (x - mean) * invstd * scale + bias.
std::string main_loop_data(const Facts& f, int capability) {
  int added = 0, multiplied = 0, gradients = 0;
  for (const Node* node : f.after) {
    added += node->pointwise.mode == POINTWISE_ADD;
    multiplied += node->pointwise.mode == POINTWISE_MUL;
    gradients += node->pointwise.mode == POINTWISE_RELU_BWD;
  }
  int n = f.gradient_statistics, extra = added - 2 * n;
  const Node* gradient = f.pointwise_of(POINTWISE_RELU_BWD);
  bool known = n <= 2 && gradients == 1 && multiplied == 2 * n && extra >= n - 1 && extra <= 2 && f.before.empty() &&
               f.only(2 + added + multiplied + n);
  if (known)
    for (const NodePointer& node : f.graph.nodes)
      if (node->kind == BACKEND_OPERATION_BN_BWD_WEIGHTS_DESCRIPTOR)
        known &= reads(node.get(), gradient->find(ATTR_OPERATION_POINTWISE_DXDESC));
  return first({hopper(capability), want(known, "wants batch norm computed again, RELU_BWD and its sums"),
                want(!gradient || !gradient->at(ATTR_OPERATION_POINTWISE_DXDESC).is_virtual, "the ReLU's gradient is not kept"),
                want(extra == 0 || !f.strided() || capability == 80, "with a sum only stride 1 on 9.0"), want(f.storage() == DATA_HALF, "is for HALF alone"),
                want(f.channels_are(DATA_FLOAT), "parameters and sums are not FLOAT"), layout(f), float_math(f), broadcasts(f),
                want(!f.grouped(), "no groups"), channels_in_16_bytes(f)});
}

std::string epilogue(const Facts& f, int capability) {
  bool data = f.convolution_is(BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR);
  bool weights = f.convolution_is(BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR);
  return first({ampere(capability), convolution_types(f), layout(f), broadcasts(f), sums(f, data ? 2 : 1),
                want(!weights || f.image()->type == DATA_FLOAT || f.image()->channels() % 2 == 0, "an odd number of channels"),
                want(f.before.empty(), "pointwise operations before a convolution")});
}

// --- Normalisations --------------------------------------------------------------------------------------------------

std::string norm_forward(const Facts& f, int capability) {
  const Node& norm = *f.node(BACKEND_OPERATION_NORM_FORWARD_DESCRIPTOR);
  const Node *add = f.pointwise_of(POINTWISE_ADD), *relu = f.pointwise_of(POINTWISE_RELU_FWD);
  const Node* compare = f.pointwise_of(POINTWISE_CMP_GT);
  const Tensor* y = norm.find(ATTR_OPERATION_NORM_FWD_YDESC);
  bool wired = !f.pointwise || y->is_virtual;
  if (add) wired &= reads(add, y), y = add->find(ATTR_OPERATION_POINTWISE_YDESC);
  if (relu) wired &= reads(relu, y), y = relu->find(ATTR_OPERATION_POINTWISE_YDESC);
  if (compare) wired &= compare->at(ATTR_OPERATION_POINTWISE_XDESC).id == y->id;
  std::string modes = f.modes(f.after);
  bool known = modes == "" || modes == "RELU_FWD" || modes == "RELU_FWD CMP_GT" || modes == "ADD RELU_FWD" ||
               modes == "ADD RELU_FWD CMP_GT";
  return first({ampere(capability),
                want(norm.mode == BATCH_NORM && norm.phase == NORM_FWD_TRAINING, "only batch norm, training"),
                want(known && wired, "takes ADD, RELU_FWD and CMP_GT of the ReLU's result, in this order, and no ADD alone"),
                storage(f), want(f.channels_are(DATA_FLOAT), "parameters and statistics are not FLOAT"), layout(f),
                float_math(f), channels_in_16_bytes(f)});
}

std::string norm_backward(const Facts& f, int capability) {
  const Node& norm = *f.node(BACKEND_OPERATION_NORM_BACKWARD_DESCRIPTOR);
  const Node *add = f.pointwise_of(POINTWISE_ADD), *product = f.pointwise_of(POINTWISE_MUL);
  const Node *again = f.node(BACKEND_OPERATION_NORM_FORWARD_DESCRIPTOR), *gradient = f.pointwise_of(POINTWISE_RELU_BWD);
  const Tensor& dy = norm.at(ATTR_OPERATION_NORM_BWD_DYDESC);
  std::string modes = f.modes(f.after);
  bool known = again ? modes == "RELU_BWD" : modes == "" || modes == "MUL" || modes == "ADD MUL", masked = !product;
  if (product) {
    known &= product->at(ATTR_OPERATION_POINTWISE_YDESC).id == dy.id;
    for (const TensorPointer& input : product->inputs()) masked |= input->type == DATA_BOOLEAN;
  }
  if (add && product) known &= reads(product, add->find(ATTR_OPERATION_POINTWISE_YDESC));
  if (again && gradient) {
    known &= again->phase != NORM_FWD_TRAINING && again->mode == BATCH_NORM;
    known &= gradient->at(ATTR_OPERATION_POINTWISE_DXDESC).id == dy.id;
    known &= gradient->at(ATTR_OPERATION_POINTWISE_XDESC).id == again->at(ATTR_OPERATION_NORM_FWD_YDESC).id;
  }
  return first({ampere(capability), want(norm.mode == BATCH_NORM, "only batch norm"),
                want(known && masked, "takes ADD and the product with a BOOLEAN mask before it, or the ReLU's gradient"),
                want(!norm.find(ATTR_OPERATION_NORM_BWD_EPSILON_DESC), "no engine takes epsilon"), storage(f),
                want(!dy.is_virtual || dy.type == f.storage(), "a virtual dy is not of the images' type"),
                want(f.channels_are(DATA_FLOAT), "parameters and statistics are not FLOAT"), layout(f), float_math(f),
                channels_in_16_bytes(f)});
}

std::string finalize_statistics(const Facts& f, int capability) {
  const Node& node = *f.node(BACKEND_OPERATION_BN_FINALIZE_STATISTICS_DESCRIPTOR);
  const Tensor& count = node.at(ATTR_OPERATION_BN_FINALIZE_ACCUM_COUNT_DESC);
  bool types = count.type == DATA_INT64 && count.by_value;
  for (const auto& [attribute, tensor] : node.tensors) {
    bool equivalent = attribute == ATTR_OPERATION_BN_FINALIZE_EQ_SCALE_DESC || attribute == ATTR_OPERATION_BN_FINALIZE_EQ_BIAS_DESC;
    if (tensor.get() != &count) types &= tensor->type == DATA_FLOAT || (equivalent && tensor->type == DATA_HALF);
  }
  return first({ampere(capability), want(types, "statistics are FLOAT, the count INT64 by value, equivalents FLOAT or HALF"),
                float_math(f)});
}

// --- The table -------------------------------------------------------------------------------------------------------

const Pattern PATTERNS[] = {
    // name, recognises, refuses, fallback only, engines of heuristics A, B and FALLBACK
    {"pooling", [](const Facts& f) { return f.resamplings > 0; },
     [](const Facts&, int) -> std::string { return "has no engine"; }, never, {30}, {30}, {52}},

    {"convolution", [](const Facts& f) { return f.convolution && f.nodes() == 1; },
     convolution, float_result_of_halves, {62, 67, 65}, {65, 62, 70}, {70}},

    {"scale, bias, ReLU and convolution",
     [](const Facts& f) {
       return f.convolution_is(BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR) && !f.before.empty() &&
              f.only(1 + f.pointwise + f.statistics);
     },
     main_loop_forward, never, {62, 67}, {67, 62}, {3}},

    {"convolution and statistics",
     [](const Facts& f) {
       return f.convolution_is(BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR) && f.statistics == 1 &&
              f.only(2 + f.pointwise);
     },
     statistics, never, {3, 62, 67}, {67, 3}, {3}},

    {"scale, bias, ReLU and weight gradient",
     [](const Facts& f) {
       return f.convolution_is(BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR) && !f.before.empty();
     },
     main_loop_weights, never, {62, 67}, {67, 62}, {62}},

    {"data gradient, ReLU's gradient and batch norm's sums",
     [](const Facts& f) {
       return f.convolution_is(BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR) && f.gradient_statistics > 0;
     },
     main_loop_data, never, {62}, {67}, {62}},

    {"finalize", [](const Facts& f) { return f.finalizations == 1 && f.nodes() == 1; }, finalize_statistics, never,
     {}, {}, {51}},

    {"norm forward", [](const Facts& f) { return f.norms_forward == 1 && f.only(1 + f.pointwise); }, norm_forward, never,
     {0, 2}, {2, 0}, {0}},

    {"norm backward",
     [](const Facts& f) { return f.norms_backward == 1 && f.norms_forward <= 1 && f.only(1 + f.norms_forward + f.pointwise); },
     norm_backward, never, {0, 2}, {2, 0}, {0}},

    {"convolution and pointwise operations",
     [](const Facts& f) { return f.convolution && f.only(1 + f.pointwise + f.reductions); },
     epilogue, float_bias_and_response_of_halves, {4, 1, 62}, {1, 65, 4}, {52}},

    {"pointwise operations", [](const Facts& f) { return f.only(f.pointwise + f.reductions); },
     [](const Facts& f, int) { return first({aligned(f), broadcasts(f), float_math(f), sums(f, 1)}); },
     never, {53, 52}, {52}, {52}},
};

}  // namespace

const Pattern* pattern_of(const Facts& facts) {
  for (const Pattern& pattern : PATTERNS)
    if (pattern.recognises(facts)) return &pattern;
  return nullptr;
}

std::string channels_in_16_bytes(const Facts& facts) {
  int64_t multiple = facts.half() ? 8 : 4;
  for (const Tensor* image : facts.images())
    if (image->channels() % multiple != 0)
      return std::to_string(image->channels()) + " channels are no multiple of " + std::to_string(multiple);
  return "";
}

}  // namespace cudnn
