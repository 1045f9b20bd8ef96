// Rules for the shapes of each kind of operation.
#include <algorithm>

#include "cudnn_descriptor.h"

namespace cudnn {
namespace {

std::string check_convolution(const Node& node, const Tensor& x, const Tensor& w, const Tensor& y) {
  const Convolution& convolution = node.convolution;
  size_t spatial = convolution.strides.size();
  if (x.dims.size() != spatial + 2 || w.dims.size() != spatial + 2 || y.dims.size() != spatial + 2)
    return "images " + text(x.dims) + ", filter " + text(w.dims) + " and response " + text(y.dims) + " are not of " +
           std::to_string(spatial) + " spatial dimensions";
  if (x.dims[0] != y.dims[0]) return "images " + text(x.dims) + " and response " + text(y.dims) + " differ in number";
  if (y.dims[1] != w.dims[0]) return "response " + text(y.dims) + " and filter " + text(w.dims) + " differ in channels";
  if (x.dims[1] % w.dims[1] != 0 || w.dims[0] % (x.dims[1] / w.dims[1]) != 0)
    return "images " + text(x.dims) + " and filter " + text(w.dims) + " form no groups";
  for (size_t i = 0; i < spatial; i++) {
    int64_t window = convolution.dilations[i] * (w.dims[i + 2] - 1) + 1;
    int64_t padded = x.dims[i + 2] + convolution.before[i] + convolution.after[i];
    int64_t extent = padded < window ? 0 : (padded - window) / convolution.strides[i] + 1;
    if (y.dims[i + 2] != extent)
      return "a response of extent " + std::to_string(y.dims[i + 2]) + " where images " + text(x.dims) + ", filter " +
             text(w.dims) + " and padding make " + std::to_string(extent);
  }
  return "";
}

enum Operands { ONE, TWO, SELECT, GRADIENT, UNKNOWN };

Operands operands(int mode) {
  switch (mode) {
    case POINTWISE_ADD:
    case POINTWISE_MUL:
    case POINTWISE_MIN:
    case POINTWISE_MAX:
    case POINTWISE_DIV:
    case POINTWISE_SUB:
    case POINTWISE_CMP_EQ:
    case POINTWISE_CMP_NEQ:
    case POINTWISE_CMP_GT:
    case POINTWISE_CMP_GE:
    case POINTWISE_CMP_LT:
    case POINTWISE_CMP_LE:
    case POINTWISE_LOGICAL_AND:
    case POINTWISE_LOGICAL_OR:
      return TWO;
    case POINTWISE_SQRT:
    case POINTWISE_ABS:
    case POINTWISE_EXP:
    case POINTWISE_LOG:
    case POINTWISE_NEG:
    case POINTWISE_RSQRT:
    case POINTWISE_IDENTITY:
    case POINTWISE_RECIPROCAL:
    case POINTWISE_RELU_FWD:
    case POINTWISE_LOGICAL_NOT:
      return ONE;
    case POINTWISE_RELU_BWD:
      return GRADIENT;
    case POINTWISE_BINARY_SELECT:
      return SELECT;
    default:
      return UNKNOWN;
  }
}

// Whether `small` can be spread over `large`: each extent the same, or 1.
bool spreads(const Tensor& small, const Tensor& large) {
  if (small.dims.size() != large.dims.size()) return false;
  for (size_t i = 0; i < small.dims.size(); i++)
    if (small.dims[i] != large.dims[i] && small.dims[i] != 1) return false;
  return true;
}

std::string check_pointwise(const Node& node) {
  Operands wanted = operands(node.pointwise.mode);
  if (wanted == UNKNOWN) return "pointwise mode " + std::to_string(node.pointwise.mode) + " is not known to the double";
  auto given = [&](int attribute) { return node.find(attribute) != nullptr; };
  bool gradient = wanted == GRADIENT;
  if (!given(ATTR_OPERATION_POINTWISE_XDESC) || given(ATTR_OPERATION_POINTWISE_YDESC) == gradient ||
      given(ATTR_OPERATION_POINTWISE_DXDESC) != gradient || given(ATTR_OPERATION_POINTWISE_DYDESC) != gradient ||
      given(ATTR_OPERATION_POINTWISE_BDESC) != (wanted == TWO || wanted == SELECT) ||
      given(ATTR_OPERATION_POINTWISE_TDESC) != (wanted == SELECT))
    return "the tensors are not those of pointwise mode " + std::to_string(node.pointwise.mode);
  const Tensor& y = node.at(gradient ? ATTR_OPERATION_POINTWISE_DXDESC : ATTR_OPERATION_POINTWISE_YDESC);
  for (const TensorPointer& input : node.inputs())
    if (!spreads(*input, y)) return "an operand " + text(input->dims) + " does not spread over the result " + text(y.dims);
  for (size_t i = 0; i < y.dims.size(); i++) {
    auto inputs = node.inputs();
    if (std::none_of(inputs.begin(), inputs.end(), [&](const TensorPointer& t) { return t->dims[i] == y.dims[i]; }))
      return "no operand has the extents of the result " + text(y.dims);
  }
  return "";
}

// Every tensor but the named ones has the channels of x and extents of 1.
std::string check_per_channel(const Node& node, const Tensor& x, const std::vector<int>& whole,
                              const std::vector<int>& scalars) {
  if (x.dims.size() < 3) return "an image " + text(x.dims) + " without spatial dimensions";
  for (const auto& [attribute, tensor] : node.tensors) {
    const char* name = attribute_row(node.kind, attribute)->text;
    std::vector<int64_t> wanted(x.dims.size(), 1);
    if (std::count(whole.begin(), whole.end(), attribute)) wanted = x.dims;
    else if (!std::count(scalars.begin(), scalars.end(), attribute)) wanted[1] = x.dims[1];
    if (tensor->dims != wanted) return std::string(name) + " is " + text(tensor->dims) + ", not " + text(wanted);
  }
  return "";
}

std::string check_norm_forward(const Node& node) {
  for (int scalar : {ATTR_OPERATION_NORM_FWD_EPSILON_DESC, ATTR_OPERATION_NORM_FWD_EXP_AVG_FACTOR_DESC})
    if (node.find(scalar) && !node.find(scalar)->by_value)
      return std::string(attribute_row(node.kind, scalar)->text) + " must be given by value";
  bool training = node.phase == NORM_FWD_TRAINING;
  if (training && !node.find(ATTR_OPERATION_NORM_FWD_EPSILON_DESC)) return "training wants epsilon";
  if (!training && (!node.find(ATTR_OPERATION_NORM_FWD_MEAN_DESC) || !node.find(ATTR_OPERATION_NORM_FWD_INV_VARIANCE_DESC)))
    return "inference wants mean and inverse variance";
  int running = 0;
  for (int attribute :
       {ATTR_OPERATION_NORM_FWD_EXP_AVG_FACTOR_DESC, ATTR_OPERATION_NORM_FWD_INPUT_RUNNING_MEAN_DESC,
        ATTR_OPERATION_NORM_FWD_INPUT_RUNNING_VAR_DESC, ATTR_OPERATION_NORM_FWD_OUTPUT_RUNNING_MEAN_DESC,
        ATTR_OPERATION_NORM_FWD_OUTPUT_RUNNING_VAR_DESC})
    running += node.find(attribute) != nullptr;
  if (running != 0 && (running != 5 || !training))
    return "running statistics want training, all four tensors and the averaging factor";
  return check_per_channel(node, node.at(ATTR_OPERATION_NORM_FWD_XDESC),
                           {ATTR_OPERATION_NORM_FWD_XDESC, ATTR_OPERATION_NORM_FWD_YDESC},
                           {ATTR_OPERATION_NORM_FWD_EPSILON_DESC, ATTR_OPERATION_NORM_FWD_EXP_AVG_FACTOR_DESC});
}

std::string check_norm_backward(const Node& node) {
  const Tensor* mean = node.find(ATTR_OPERATION_NORM_BWD_MEAN_DESC);
  const Tensor* inverse = node.find(ATTR_OPERATION_NORM_BWD_INV_VARIANCE_DESC);
  if (!mean != !inverse) return "mean and inverse variance are given together, or not at all";
  if (!mean && !node.find(ATTR_OPERATION_NORM_BWD_EPSILON_DESC)) return "neither the statistics nor epsilon are given";
  return check_per_channel(
      node, node.at(ATTR_OPERATION_NORM_BWD_XDESC),
      {ATTR_OPERATION_NORM_BWD_XDESC, ATTR_OPERATION_NORM_BWD_DYDESC, ATTR_OPERATION_NORM_BWD_DXDESC},
      {ATTR_OPERATION_NORM_BWD_EPSILON_DESC});
}

}  // namespace

std::string check_shapes(const Node& node) {
  switch (node.kind) {
    case BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR:
      return check_convolution(node, node.at(ATTR_OPERATION_CONVOLUTION_FORWARD_X),
                               node.at(ATTR_OPERATION_CONVOLUTION_FORWARD_W), node.at(ATTR_OPERATION_CONVOLUTION_FORWARD_Y));
    case BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR:
      return check_convolution(node, node.at(ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX),
                               node.at(ATTR_OPERATION_CONVOLUTION_BWD_DATA_W), node.at(ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY));
    case BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR:
      return check_convolution(node, node.at(ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X),
                               node.at(ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW),
                               node.at(ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY));
    case BACKEND_OPERATION_POINTWISE_DESCRIPTOR:
      return check_pointwise(node);
    case BACKEND_OPERATION_GEN_STATS_DESCRIPTOR:
      return check_per_channel(node, node.at(ATTR_OPERATION_GENSTATS_XDESC), {ATTR_OPERATION_GENSTATS_XDESC}, {});
    case BACKEND_OPERATION_BN_FINALIZE_STATISTICS_DESCRIPTOR:
      return check_per_channel(node, node.at(ATTR_OPERATION_BN_FINALIZE_Y_SUM_DESC), {},
                               {ATTR_OPERATION_BN_FINALIZE_ACCUM_COUNT_DESC, ATTR_OPERATION_BN_FINALIZE_EPSILON_DESC,
                                ATTR_OPERATION_BN_FINALIZE_EXP_AVERATE_FACTOR_DESC});
    case BACKEND_OPERATION_BN_BWD_WEIGHTS_DESCRIPTOR:
      return check_per_channel(node, node.at(ATTR_OPERATION_BN_BWD_WEIGHTS_X_DESC),
                               {ATTR_OPERATION_BN_BWD_WEIGHTS_X_DESC, ATTR_OPERATION_BN_BWD_WEIGHTS_DY_DESC}, {});
    case BACKEND_OPERATION_NORM_FORWARD_DESCRIPTOR:
      return check_norm_forward(node);
    case BACKEND_OPERATION_NORM_BACKWARD_DESCRIPTOR:
      return check_norm_backward(node);
    case BACKEND_OPERATION_REDUCTION_DESCRIPTOR: {
      const Tensor& x = node.at(ATTR_OPERATION_REDUCTION_XDESC);
      const Tensor& y = node.at(ATTR_OPERATION_REDUCTION_YDESC);
      return spreads(y, x) ? "" : "a reduction of " + text(x.dims) + " to " + text(y.dims);
    }
    default:
      return "";
  }
}

}  // namespace cudnn
