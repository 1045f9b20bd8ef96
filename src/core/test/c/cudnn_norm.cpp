// Batch normalisation: whole, and in the parts that fuse with convolutions. Sums over an image are taken in double.
#include <algorithm>
#include <cmath>

#include "cudnn_interpreter.h"

namespace cudnn {
namespace {

using Channels = std::vector<double>;

// Sums of value(i, c) over all pixels, for each channel.
template <typename Value>
Channels sum(int64_t elements, int64_t channels, Value value) {
  Channels total(channels);
#pragma omp parallel
  {
    Channels mine(channels);
#pragma omp for
    for (int64_t pixel = 0; pixel < elements / channels; pixel++)
      for (int64_t c = 0; c < channels; c++) mine[c] += value(pixel * channels + c, c);
#pragma omp critical
    for (int64_t c = 0; c < channels; c++) total[c] += mine[c];
  }
  return total;
}

template <typename Value>
std::vector<float> map(int64_t elements, int64_t channels, Value value) {
  std::vector<float> result(elements);
#pragma omp parallel for
  for (int64_t pixel = 0; pixel < elements / channels; pixel++)
    for (int64_t c = 0; c < channels; c++)
      result[pixel * channels + c] = static_cast<float>(value(pixel * channels + c, c));
  return result;
}

Channels channels(const Workings& workings, const Tensor& tensor) {
  const Values& values = workings.at(tensor.id);
  if (values.wide()) return values.doubles;
  return Channels(values.floats.begin(), values.floats.end());
}

double scalar(const Workings& workings, const Node& node, int attribute) {
  return workings.at(node.at(attribute).id).at(0);
}

void set(Workings& workings, const Tensor* tensor, Channels values) {
  if (tensor) workings[tensor->id].doubles.swap(values);
}

// (1 - factor) * old + factor * statistic
void update(Workings& workings, const Node& node, int old, int updated, double factor, const Channels& statistic) {
  if (!node.find(old) || !node.find(updated)) return;
  Channels values = channels(workings, node.at(old));
  for (size_t c = 0; c < values.size(); c++) values[c] = (1 - factor) * values[c] + factor * statistic[c];
  set(workings, node.find(updated), values);
}

// Running variances are unbiased ones; a single element has none and counts as biased.
Channels unbiased(Channels variance, double count) {
  for (double& v : variance) v *= count / std::max(count - 1, 1.0);
  return variance;
}

Channels inverse(Channels variance, double epsilon) {
  for (double& v : variance) v = 1 / std::sqrt(v + epsilon);
  return variance;
}

struct Moments {
  Channels mean, variance;
};

Moments moments(const std::vector<float>& x, int64_t c) {
  int64_t elements = static_cast<int64_t>(x.size());
  double count = static_cast<double>(elements / c);
  Moments moments;
  moments.mean = sum(elements, c, [&](int64_t i, int64_t) { return static_cast<double>(x[i]); });
  for (double& mean : moments.mean) mean /= count;
  moments.variance = sum(elements, c, [&](int64_t i, int64_t channel) {
    double centred = x[i] - moments.mean[channel];
    return centred * centred;
  });
  for (double& variance : moments.variance) variance /= count;
  return moments;
}

}  // namespace

void compute_statistics(const Node& node, Workings& workings) {
  const Tensor& x = node.at(ATTR_OPERATION_GENSTATS_XDESC);
  const std::vector<float>& values = workings.at(x.id).floats;
  set(workings, node.find(ATTR_OPERATION_GENSTATS_SUMDESC),
      sum(x.elements(), x.channels(), [&](int64_t i, int64_t) { return static_cast<double>(values[i]); }));
  set(workings, node.find(ATTR_OPERATION_GENSTATS_SQSUMDESC),
      sum(x.elements(), x.channels(), [&](int64_t i, int64_t) { return static_cast<double>(values[i]) * values[i]; }));
}

void compute_finalize(const Node& node, Workings& workings) {
  Channels mean = channels(workings, node.at(ATTR_OPERATION_BN_FINALIZE_Y_SUM_DESC));
  Channels variance = channels(workings, node.at(ATTR_OPERATION_BN_FINALIZE_Y_SQ_SUM_DESC));
  Channels eq_scale = channels(workings, node.at(ATTR_OPERATION_BN_FINALIZE_SCALE_DESC));
  Channels eq_bias = channels(workings, node.at(ATTR_OPERATION_BN_FINALIZE_BIAS_DESC));
  double count = scalar(workings, node, ATTR_OPERATION_BN_FINALIZE_ACCUM_COUNT_DESC);
  double factor = scalar(workings, node, ATTR_OPERATION_BN_FINALIZE_EXP_AVERATE_FACTOR_DESC);
  for (size_t c = 0; c < mean.size(); c++) {
    mean[c] /= count;
    variance[c] = std::max(variance[c] / count - mean[c] * mean[c], 0.0);
  }
  Channels inverse_deviation =
      inverse(variance, scalar(workings, node, ATTR_OPERATION_BN_FINALIZE_EPSILON_DESC));
  for (size_t c = 0; c < mean.size(); c++) {
    eq_scale[c] *= inverse_deviation[c];
    eq_bias[c] -= mean[c] * eq_scale[c];
  }
  update(workings, node, ATTR_OPERATION_BN_FINALIZE_PREV_RUNNING_MEAN_DESC,
         ATTR_OPERATION_BN_FINALIZE_UPDATED_RUNNING_MEAN_DESC, factor, mean);
  update(workings, node, ATTR_OPERATION_BN_FINALIZE_PREV_RUNNING_VAR_DESC,
         ATTR_OPERATION_BN_FINALIZE_UPDATED_RUNNING_VAR_DESC, factor, unbiased(variance, count));
  set(workings, node.find(ATTR_OPERATION_BN_FINALIZE_SAVED_MEAN_DESC), mean);
  set(workings, node.find(ATTR_OPERATION_BN_FINALIZE_SAVED_INV_STD_DESC), inverse_deviation);
  set(workings, node.find(ATTR_OPERATION_BN_FINALIZE_EQ_SCALE_DESC), eq_scale);
  set(workings, node.find(ATTR_OPERATION_BN_FINALIZE_EQ_BIAS_DESC), eq_bias);
}

// dx = eq_dy_scale * dy + eq_x_scale * x + eq_bias is then the gradient.
void compute_gradient_statistics(const Node& node, Workings& workings) {
  const Tensor& x = node.at(ATTR_OPERATION_BN_BWD_WEIGHTS_X_DESC);
  const std::vector<float>& xs = workings.at(x.id).floats;
  const std::vector<float>& dys = workings.at(node.at(ATTR_OPERATION_BN_BWD_WEIGHTS_DY_DESC).id).floats;
  Channels mean = channels(workings, node.at(ATTR_OPERATION_BN_BWD_WEIGHTS_MEAN_DESC));
  Channels inverse_deviation = channels(workings, node.at(ATTR_OPERATION_BN_BWD_WEIGHTS_INVSTD_DESC));
  Channels scale = channels(workings, node.at(ATTR_OPERATION_BN_BWD_WEIGHTS_BN_SCALE_DESC));
  int64_t elements = x.elements(), count = elements / x.channels();
  Channels dscale = sum(elements, x.channels(), [&](int64_t i, int64_t c) {
    return (xs[i] - mean[c]) * inverse_deviation[c] * dys[i];
  });
  Channels dbias = sum(elements, x.channels(), [&](int64_t i, int64_t) { return static_cast<double>(dys[i]); });
  Channels dy_scale(mean.size()), x_scale(mean.size()), bias(mean.size());
  for (size_t c = 0; c < mean.size(); c++) {
    dy_scale[c] = scale[c] * inverse_deviation[c];
    x_scale[c] = -dy_scale[c] * inverse_deviation[c] * dscale[c] / static_cast<double>(count);
    bias[c] = -dy_scale[c] * dbias[c] / static_cast<double>(count) - x_scale[c] * mean[c];
  }
  set(workings, node.find(ATTR_OPERATION_BN_BWD_WEIGHTS_DBN_SCALE_DESC), dscale);
  set(workings, node.find(ATTR_OPERATION_BN_BWD_WEIGHTS_DBN_BIAS_DESC), dbias);
  set(workings, node.find(ATTR_OPERATION_BN_BWD_WEIGHTS_EQ_DY_SCALE_DESC), dy_scale);
  set(workings, node.find(ATTR_OPERATION_BN_BWD_WEIGHTS_EQ_X_SCALE_DESC), x_scale);
  set(workings, node.find(ATTR_OPERATION_BN_BWD_WEIGHTS_EQ_BIAS), bias);
}

void compute_norm_forward(const Node& node, Workings& workings) {
  const Tensor& x = node.at(ATTR_OPERATION_NORM_FWD_XDESC);
  const std::vector<float>& xs = workings.at(x.id).floats;
  Channels scale = channels(workings, node.at(ATTR_OPERATION_NORM_FWD_SCALE_DESC));
  Channels bias = channels(workings, node.at(ATTR_OPERATION_NORM_FWD_BIAS_DESC));
  bool training = node.phase == NORM_FWD_TRAINING;
  Channels mean, variance, inverse_deviation;
  if (training) {
    Moments batch = moments(xs, x.channels());
    mean = batch.mean, variance = batch.variance;
    inverse_deviation = inverse(variance, scalar(workings, node, ATTR_OPERATION_NORM_FWD_EPSILON_DESC));
  } else {
    mean = channels(workings, node.at(ATTR_OPERATION_NORM_FWD_MEAN_DESC));
    inverse_deviation = channels(workings, node.at(ATTR_OPERATION_NORM_FWD_INV_VARIANCE_DESC));
  }
  workings[node.at(ATTR_OPERATION_NORM_FWD_YDESC).id].floats =
      map(x.elements(), x.channels(), [&](int64_t i, int64_t c) {
        return (xs[i] - mean[c]) * inverse_deviation[c] * scale[c] + bias[c];
      });
  if (!training) return;
  if (node.find(ATTR_OPERATION_NORM_FWD_EXP_AVG_FACTOR_DESC)) {
    double factor = scalar(workings, node, ATTR_OPERATION_NORM_FWD_EXP_AVG_FACTOR_DESC);
    double count = static_cast<double>(x.elements() / x.channels());
    update(workings, node, ATTR_OPERATION_NORM_FWD_INPUT_RUNNING_MEAN_DESC,
           ATTR_OPERATION_NORM_FWD_OUTPUT_RUNNING_MEAN_DESC, factor, mean);
    update(workings, node, ATTR_OPERATION_NORM_FWD_INPUT_RUNNING_VAR_DESC,
           ATTR_OPERATION_NORM_FWD_OUTPUT_RUNNING_VAR_DESC, factor, unbiased(variance, count));
  }
  set(workings, node.find(ATTR_OPERATION_NORM_FWD_MEAN_DESC), mean);
  set(workings, node.find(ATTR_OPERATION_NORM_FWD_INV_VARIANCE_DESC), inverse_deviation);
}

void compute_norm_backward(const Node& node, Workings& workings) {
  const Tensor& x = node.at(ATTR_OPERATION_NORM_BWD_XDESC);
  const std::vector<float>& xs = workings.at(x.id).floats;
  const std::vector<float>& dys = workings.at(node.at(ATTR_OPERATION_NORM_BWD_DYDESC).id).floats;
  Channels scale = channels(workings, node.at(ATTR_OPERATION_NORM_BWD_SCALE_DESC)), mean, inverse_deviation;
  if (node.find(ATTR_OPERATION_NORM_BWD_MEAN_DESC)) {
    mean = channels(workings, node.at(ATTR_OPERATION_NORM_BWD_MEAN_DESC));
    inverse_deviation = channels(workings, node.at(ATTR_OPERATION_NORM_BWD_INV_VARIANCE_DESC));
  } else {
    Moments again = moments(xs, x.channels());
    mean = again.mean;
    inverse_deviation = inverse(again.variance, scalar(workings, node, ATTR_OPERATION_NORM_BWD_EPSILON_DESC));
  }
  double count = static_cast<double>(x.elements() / x.channels());
  Channels dscale = sum(x.elements(), x.channels(), [&](int64_t i, int64_t c) {
    return (xs[i] - mean[c]) * inverse_deviation[c] * dys[i];
  });
  Channels dbias = sum(x.elements(), x.channels(), [&](int64_t i, int64_t) { return static_cast<double>(dys[i]); });
  workings[node.at(ATTR_OPERATION_NORM_BWD_DXDESC).id].floats =
      map(x.elements(), x.channels(), [&](int64_t i, int64_t c) {
        double normalised = (xs[i] - mean[c]) * inverse_deviation[c];
        return scale[c] * inverse_deviation[c] * (dys[i] - (dbias[c] + normalised * dscale[c]) / count);
      });
  set(workings, node.find(ATTR_OPERATION_NORM_BWD_DSCALE_DESC), dscale);
  set(workings, node.find(ATTR_OPERATION_NORM_BWD_DBIAS_DESC), dbias);
}

}  // namespace cudnn
