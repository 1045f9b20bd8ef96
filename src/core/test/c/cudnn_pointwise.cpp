// Pointwise operations and reductions.
#include <algorithm>
#include <cmath>

#include "cudnn_interpreter.h"

namespace cudnn {
namespace {

// For each element of `large`, the element of `small` that is spread over it; both in channels-last order.
std::vector<int64_t> spread(const Tensor& small, const Tensor& large) {
  Tensor dense = large;
  int64_t stride = 1;
  for (size_t rank = large.dims.size(), i = 0; i < rank; i++) {
    // From the fastest dimension to the slowest: channels, then spatial ones from the last, then the batch.
    size_t dimension = i == 0 && rank > 1 ? 1 : i + 1 == rank ? 0 : rank - i;
    dense.strides[dimension] = small.dims[dimension] == 1 ? 0 : stride;
    stride *= small.dims[dimension];
  }
  return places(dense);
}

// The elements of an operand, spread over the result.
struct Operand {
  const Values& values;
  bool same = false;
  int64_t period = 0;  // of a tensor with channels alone, or 1 for a single element
  std::vector<int64_t> index;

  Operand(const Tensor& tensor, const Tensor& result, const Workings& workings) : values(workings.at(tensor.id)) {
    same = tensor.dims == result.dims;
    if (!same && tensor.elements() == 1) period = 1;
    else if (!same && tensor.elements() == tensor.channels()) period = tensor.channels();
    else if (!same) index = spread(tensor, result);
  }

  std::vector<float> floats(int64_t count) const {
    std::vector<float> result(count);
    if (same) {
      if (values.wide()) std::copy(values.doubles.begin(), values.doubles.end(), result.begin());
      else result = values.floats;
    } else if (period == 1) {
      std::fill(result.begin(), result.end(), static_cast<float>(values.at(0)));
    } else if (period > 1) {
      for (int64_t i = 0; i < count; i += period)
        for (int64_t c = 0; c < period; c++) result[i + c] = static_cast<float>(values.at(c));
    } else {
      for (int64_t i = 0; i < count; i++) result[i] = static_cast<float>(values.at(index[i]));
    }
    return result;
  }
};

template <typename Function>
void each(std::vector<float>& x, Function function) {
  int64_t count = static_cast<int64_t>(x.size());
#pragma omp parallel for
  for (int64_t i = 0; i < count; i++) x[i] = function(x[i]);
}

template <typename Function>
void each(std::vector<float>& x, const std::vector<float>& b, Function function) {
  int64_t count = static_cast<int64_t>(x.size());
#pragma omp parallel for
  for (int64_t i = 0; i < count; i++) x[i] = function(x[i], b[i]);
}

void unary(const Pointwise& pointwise, std::vector<float>& x) {
  float lower = static_cast<float>(pointwise.lower), slope = static_cast<float>(pointwise.slope);
  float upper = static_cast<float>(pointwise.upper);
  bool keeps_nan = pointwise.propagates_nan;
  switch (pointwise.mode) {
    case POINTWISE_SQRT:
      return each(x, [](float v) { return std::sqrt(v); });
    case POINTWISE_ABS:
      return each(x, [](float v) { return std::fabs(v); });
    case POINTWISE_EXP:
      return each(x, [](float v) { return std::exp(v); });
    case POINTWISE_LOG:
      return each(x, [](float v) { return std::log(v); });
    case POINTWISE_NEG:
      return each(x, [](float v) { return -v; });
    case POINTWISE_RSQRT:
      return each(x, [](float v) { return 1 / std::sqrt(v); });
    case POINTWISE_RECIPROCAL:
      return each(x, [](float v) { return 1 / v; });
    case POINTWISE_LOGICAL_NOT:
      return each(x, [](float v) { return v == 0 ? 1.0f : 0.0f; });
    case POINTWISE_RELU_FWD:
      return each(x, [=](float v) {
        if (v != v) return keeps_nan ? v : lower;
        float raised = v > lower ? v : lower + (slope == 0 ? 0 : slope * (v - lower));
        return raised < upper ? raised : upper;
      });
    default:  // IDENTITY
      return;
  }
}

void binary(const Pointwise& pointwise, std::vector<float>& x, const std::vector<float>& b) {
  switch (pointwise.mode) {
    case POINTWISE_ADD:
      return each(x, b, [](float p, float q) { return p + q; });
    case POINTWISE_SUB:
      return each(x, b, [](float p, float q) { return p - q; });
    case POINTWISE_MUL:
      return each(x, b, [](float p, float q) { return p * q; });
    case POINTWISE_DIV:
      return each(x, b, [](float p, float q) { return p / q; });
    case POINTWISE_MIN:
      return each(x, b, [](float p, float q) { return std::fmin(p, q); });
    case POINTWISE_MAX:
      return each(x, b, [](float p, float q) { return std::fmax(p, q); });
    case POINTWISE_CMP_EQ:
      return each(x, b, [](float p, float q) { return p == q ? 1.0f : 0.0f; });
    case POINTWISE_CMP_NEQ:
      return each(x, b, [](float p, float q) { return p != q ? 1.0f : 0.0f; });
    case POINTWISE_CMP_GT:
      return each(x, b, [](float p, float q) { return p > q ? 1.0f : 0.0f; });
    case POINTWISE_CMP_GE:
      return each(x, b, [](float p, float q) { return p >= q ? 1.0f : 0.0f; });
    case POINTWISE_CMP_LT:
      return each(x, b, [](float p, float q) { return p < q ? 1.0f : 0.0f; });
    case POINTWISE_CMP_LE:
      return each(x, b, [](float p, float q) { return p <= q ? 1.0f : 0.0f; });
    case POINTWISE_LOGICAL_AND:
      return each(x, b, [](float p, float q) { return p != 0 && q != 0 ? 1.0f : 0.0f; });
    case POINTWISE_LOGICAL_OR:
      return each(x, b, [](float p, float q) { return p != 0 || q != 0 ? 1.0f : 0.0f; });
  }
}

// The gradient of the ReLU of x: dy where x lies between the clips, `slope` of it below, nothing above.
void relu_backward(const Pointwise& pointwise, std::vector<float>& dy, const std::vector<float>& x) {
  float lower = static_cast<float>(pointwise.lower), upper = static_cast<float>(pointwise.upper);
  float slope = static_cast<float>(pointwise.slope);
  each(dy, x, [=](float g, float v) { return v > lower ? (v < upper ? g : 0.0f) : slope == 0 ? 0.0f : slope * g; });
}

void scale(std::vector<float>& x, double factor) {
  float f = static_cast<float>(factor);
  if (f != 1) each(x, [f](float v) { return f * v; });
}

}  // namespace

void compute_pointwise(const Node& node, Workings& workings) {
  bool gradient = node.pointwise.mode == POINTWISE_RELU_BWD;
  const Tensor& y = node.at(gradient ? ATTR_OPERATION_POINTWISE_DXDESC : ATTR_OPERATION_POINTWISE_YDESC);
  auto operand = [&](int attribute) { return Operand(node.at(attribute), y, workings).floats(y.elements()); };
  std::vector<float> x = operand(ATTR_OPERATION_POINTWISE_XDESC);
  scale(x, node.alpha);
  if (gradient) {
    std::vector<float> dy = operand(ATTR_OPERATION_POINTWISE_DYDESC);
    relu_backward(node.pointwise, dy, x);
    x.swap(dy);
  } else if (node.find(ATTR_OPERATION_POINTWISE_TDESC)) {
    std::vector<float> b = operand(ATTR_OPERATION_POINTWISE_BDESC), t = operand(ATTR_OPERATION_POINTWISE_TDESC);
    for (size_t i = 0; i < x.size(); i++) x[i] = t[i] != 0 ? x[i] : b[i];
  } else if (node.find(ATTR_OPERATION_POINTWISE_BDESC)) {
    std::vector<float> b = operand(ATTR_OPERATION_POINTWISE_BDESC);
    scale(b, node.beta);
    binary(node.pointwise, x, b);
  } else {
    unary(node.pointwise, x);
  }
  workings[y.id].floats.swap(x);
}

void compute_reduction(const Node& node, Workings& workings) {
  const Tensor& x = node.at(ATTR_OPERATION_REDUCTION_XDESC);
  const Tensor& y = node.at(ATTR_OPERATION_REDUCTION_YDESC);
  const Values& values = workings.at(x.id);
  std::vector<int64_t> target = spread(y, x);
  bool product = node.reduction == REDUCE_TENSOR_MUL;
  bool extreme = node.reduction == REDUCE_TENSOR_MIN || node.reduction == REDUCE_TENSOR_MAX;
  double start = product ? 1 : !extreme ? 0 : node.reduction == REDUCE_TENSOR_MIN ? HUGE_VAL : -HUGE_VAL;
  std::vector<double> result(y.elements(), start);
  for (size_t i = 0; i < target.size(); i++) {
    double& r = result[target[i]];
    double v = values.at(static_cast<int64_t>(i));
    switch (node.reduction) {
      case REDUCE_TENSOR_MUL:
        r *= v;
        break;
      case REDUCE_TENSOR_MIN:
        r = std::fmin(r, v);
        break;
      case REDUCE_TENSOR_MAX:
        r = std::fmax(r, v);
        break;
      case REDUCE_TENSOR_AMAX:
        r = std::fmax(r, std::fabs(v));
        break;
      case REDUCE_TENSOR_NORM1:
        r += std::fabs(v);
        break;
      case REDUCE_TENSOR_NORM2:
        r += v * v;
        break;
      default:  // ADD, AVG
        r += v;
        break;
    }
  }
  double count = static_cast<double>(x.elements()) / static_cast<double>(y.elements());
  for (double& r : result) {
    if (node.reduction == REDUCE_TENSOR_AVG) r /= count;
    if (node.reduction == REDUCE_TENSOR_NORM2) r = std::sqrt(r);
  }
  workings[y.id].doubles.swap(result);
}

}  // namespace cudnn
