// Batch normalisation, whole and in parts, against values worked out by hand: two pixels a channel, x = (1, 3).
#include <cmath>

#include "self_test_cudnn.h"

namespace cudnn_test {
namespace {

// Four channels that see the same two values.
std::vector<float> pixels(float first, float second) { return {first, first, first, first, second, second, second, second}; }

struct Norm {
  Graph graph;
  Operand& x = graph.image(1, 4, 1, 2, DATA_FLOAT);
  Operand& mean = graph.channels(4);
  Operand& inverse = graph.channels(4);
  Operand& scale = graph.channels(4);
  Operand& bias = graph.channels(4);
  Operand& epsilon = graph.scalar(3);
  Operand& factor = graph.scalar(0.25f);
  Operand& old_mean = graph.channels(4);
  Operand& old_variance = graph.channels(4);
  Operand& new_mean = graph.channels(4);
  Operand& new_variance = graph.channels(4);

  Norm() {
    x.values = pixels(1, 3);  // mean 2, variance 1: with epsilon 3 the inverse deviation is 1/2
    scale.values = {1, 2, 3, 4};
    bias.values = {0, 1, 0, -1};
    old_mean.values = {0, 0, 4, 4};
    old_variance.values = {1, 1, 1, 5};
  }

  void forward(Operand& y) {
    graph.norm_forward({{ATTR_OPERATION_NORM_FWD_XDESC, &x},
                        {ATTR_OPERATION_NORM_FWD_MEAN_DESC, &mean},
                        {ATTR_OPERATION_NORM_FWD_INV_VARIANCE_DESC, &inverse},
                        {ATTR_OPERATION_NORM_FWD_SCALE_DESC, &scale},
                        {ATTR_OPERATION_NORM_FWD_BIAS_DESC, &bias},
                        {ATTR_OPERATION_NORM_FWD_EPSILON_DESC, &epsilon},
                        {ATTR_OPERATION_NORM_FWD_EXP_AVG_FACTOR_DESC, &factor},
                        {ATTR_OPERATION_NORM_FWD_INPUT_RUNNING_MEAN_DESC, &old_mean},
                        {ATTR_OPERATION_NORM_FWD_INPUT_RUNNING_VAR_DESC, &old_variance},
                        {ATTR_OPERATION_NORM_FWD_OUTPUT_RUNNING_MEAN_DESC, &new_mean},
                        {ATTR_OPERATION_NORM_FWD_OUTPUT_RUNNING_VAR_DESC, &new_variance},
                        {ATTR_OPERATION_NORM_FWD_YDESC, &y}});
  }

  void require_statistics() {
    REQUIRE(near(mean.values, {2, 2, 2, 2}));
    REQUIRE(near(inverse.values, {0.5f, 0.5f, 0.5f, 0.5f}));
    REQUIRE(near(new_mean.values, {0.5f, 0.5f, 3.5f, 3.5f}));
    REQUIRE(near(new_variance.values, {1.25f, 1.25f, 1.25f, 4.25f}));  // of 2 values the unbiased variance is 2
  }
};

void training_normalises_and_keeps_statistics() {
  Norm norm;
  Operand& y = norm.graph.image(1, 4, 1, 2, DATA_FLOAT);
  norm.forward(y);
  norm.graph.run();
  REQUIRE(near(y.values, {-0.5f, 0, -1.5f, -3, 0.5f, 2, 1.5f, 1}));
  norm.require_statistics();
}

void training_adds_and_cuts_and_keeps_a_mask() {
  Norm norm;
  Operand& normalised = norm.graph.image(1, 4, 1, 2, DATA_FLOAT, VIRTUAL);
  Operand& z = norm.graph.image(1, 4, 1, 2, DATA_FLOAT);
  Operand& total = norm.graph.image(1, 4, 1, 2, DATA_FLOAT, VIRTUAL);
  Operand& y = norm.graph.image(1, 4, 1, 2, DATA_FLOAT);
  Operand& zero = norm.graph.scalar(0);
  Operand& mask = norm.graph.image(1, 4, 1, 2, DATA_BOOLEAN);
  z.values = {1, 0, 1, 1, -1, 0, 0, 0};
  norm.forward(normalised);
  norm.graph.pointwise(POINTWISE_ADD, normalised, &z, total);
  norm.graph.pointwise(POINTWISE_RELU_FWD, total, nullptr, y);
  norm.graph.pointwise(POINTWISE_CMP_GT, y, &zero, mask);
  norm.graph.run();
  REQUIRE(near(y.values, {0.5f, 0, 0, 0, 0, 2, 1.5f, 1}));
  REQUIRE(near(mask.values, {1, 0, 0, 0, 0, 1, 1, 1}));
  norm.require_statistics();
}

// dy = (1, 3) and the normalised x = (-1/2, 1/2): dbias 4, dscale 1, dx = scale / 2 * (dy - 2 -+ 1/4).
void the_gradient_subtracts_what_the_statistics_give() {
  Norm norm;
  Operand& dy = norm.graph.image(1, 4, 1, 2, DATA_FLOAT);
  Operand& mask = norm.graph.image(1, 4, 1, 2, DATA_BOOLEAN);
  Operand& masked = norm.graph.image(1, 4, 1, 2, DATA_FLOAT);
  Operand& dx = norm.graph.image(1, 4, 1, 2, DATA_FLOAT);
  Operand& dscale = norm.graph.channels(4);
  Operand& dbias = norm.graph.channels(4);
  norm.mean.values = {2, 2, 2, 2};
  norm.inverse.values = {0.5f, 0.5f, 0.5f, 0.5f};
  dy.values = pixels(1, 3);
  mask.values = {1, 1, 1, 0, 1, 1, 1, 1};
  norm.graph.pointwise(POINTWISE_MUL, dy, &mask, masked);
  norm.graph.norm_backward({{ATTR_OPERATION_NORM_BWD_XDESC, &norm.x},
                            {ATTR_OPERATION_NORM_BWD_MEAN_DESC, &norm.mean},
                            {ATTR_OPERATION_NORM_BWD_INV_VARIANCE_DESC, &norm.inverse},
                            {ATTR_OPERATION_NORM_BWD_SCALE_DESC, &norm.scale},
                            {ATTR_OPERATION_NORM_BWD_DYDESC, &masked},
                            {ATTR_OPERATION_NORM_BWD_DXDESC, &dx},
                            {ATTR_OPERATION_NORM_BWD_DSCALE_DESC, &dscale},
                            {ATTR_OPERATION_NORM_BWD_DBIAS_DESC, &dbias}});
  norm.graph.run();
  REQUIRE(near(masked.values, {1, 1, 1, 0, 3, 3, 3, 3}));
  REQUIRE(near(dbias.values, {4, 4, 4, 3}));
  REQUIRE(near(dscale.values, {1, 1, 1, 1.5f}));
  // Channel 3: dy = (0, 3), so dx = 4 / 2 * (0 - 3/2 + 3/8, 3 - 3/2 - 3/8).
  REQUIRE(near(dx.values, {-0.375f, -0.75f, -1.125f, -2.25f, 0.375f, 0.75f, 1.125f, 2.25f}));
}

void statistics_of_a_response_are_those_of_its_rounded_values() {
  Graph graph;
  Operand& x = graph.image(1, 8, 1, 2, DATA_HALF);
  Operand& w = graph.image(8, 8, 1, 1, DATA_HALF);
  Operand& y = graph.image(1, 8, 1, 2, DATA_HALF);
  Operand& sum = graph.channels(8);
  Operand& squares = graph.channels(8);
  x.values.assign(16, 0);
  x.values[0] = 2048, x.values[1] = 1, x.values[8] = 1;
  w.values.assign(64, 0);
  w.values[0] = w.values[1] = 1;
  graph.convolution(BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
                    {{ATTR_OPERATION_CONVOLUTION_FORWARD_X, &x},
                     {ATTR_OPERATION_CONVOLUTION_FORWARD_W, &w},
                     {ATTR_OPERATION_CONVOLUTION_FORWARD_Y, &y}},
                    1, 0);
  graph.statistics(y, sum, squares);
  graph.run();
  REQUIRE(y.values[0] == 2048 && y.values[8] == 1);
  REQUIRE(sum.values[0] == 2049 && squares.values[0] == 2048.0f * 2048 + 1);
  REQUIRE(sum.values[1] == 0);
}

void finalize_makes_of_sums_what_training_makes_of_values() {
  Norm norm;
  Operand& sum = norm.graph.channels(4);
  Operand& squares = norm.graph.channels(4);
  Operand& eq_scale = norm.graph.channels(4, DATA_HALF);
  Operand& eq_bias = norm.graph.channels(4, DATA_HALF);
  Operand& count = norm.graph.scalar(2, DATA_INT64);
  sum.values = {4, 4, 4, 4};
  squares.values = {10, 10, 10, 10};
  void* node = norm.graph.operation(BACKEND_OPERATION_BN_FINALIZE_STATISTICS_DESCRIPTOR,
                                    {{ATTR_OPERATION_BN_FINALIZE_Y_SUM_DESC, &sum},
                                     {ATTR_OPERATION_BN_FINALIZE_Y_SQ_SUM_DESC, &squares},
                                     {ATTR_OPERATION_BN_FINALIZE_SCALE_DESC, &norm.scale},
                                     {ATTR_OPERATION_BN_FINALIZE_BIAS_DESC, &norm.bias},
                                     {ATTR_OPERATION_BN_FINALIZE_PREV_RUNNING_MEAN_DESC, &norm.old_mean},
                                     {ATTR_OPERATION_BN_FINALIZE_PREV_RUNNING_VAR_DESC, &norm.old_variance},
                                     {ATTR_OPERATION_BN_FINALIZE_UPDATED_RUNNING_MEAN_DESC, &norm.new_mean},
                                     {ATTR_OPERATION_BN_FINALIZE_UPDATED_RUNNING_VAR_DESC, &norm.new_variance},
                                     {ATTR_OPERATION_BN_FINALIZE_SAVED_MEAN_DESC, &norm.mean},
                                     {ATTR_OPERATION_BN_FINALIZE_SAVED_INV_STD_DESC, &norm.inverse},
                                     {ATTR_OPERATION_BN_FINALIZE_EQ_SCALE_DESC, &eq_scale},
                                     {ATTR_OPERATION_BN_FINALIZE_EQ_BIAS_DESC, &eq_bias},
                                     {ATTR_OPERATION_BN_FINALIZE_ACCUM_COUNT_DESC, &count},
                                     {ATTR_OPERATION_BN_FINALIZE_EPSILON_DESC, &norm.epsilon},
                                     {ATTR_OPERATION_BN_FINALIZE_EXP_AVERATE_FACTOR_DESC, &norm.factor}});
  norm.graph.descriptors.set_int(node, ATTR_OPERATION_BN_FINALIZE_STATS_MODE, TYPE_BN_FINALIZE_STATS_MODE,
                                 BN_FINALIZE_STATISTICS_TRAINING);
  norm.graph.descriptors.set_int(node, ATTR_OPERATION_BN_FINALIZE_MATH_PREC, TYPE_DATA_TYPE, DATA_FLOAT);
  norm.graph.descriptors.finalize(node);
  norm.graph.run();
  norm.require_statistics();
  REQUIRE(near(eq_scale.values, {0.5f, 1, 1.5f, 2}));
  REQUIRE(near(eq_bias.values, {-1, -1, -3, -5}));
}

// A data gradient through one weight of 1, whose coefficients must give the dx of the whole gradient above.
void sums_behind_a_data_gradient_give_the_coefficients() {
  Graph graph;
  Operand& dy = graph.image(1, 8, 1, 2, DATA_HALF);
  Operand& w = graph.image(8, 8, 1, 1, DATA_HALF);
  Operand& partial = graph.image(1, 8, 1, 2, DATA_FLOAT, VIRTUAL);
  Operand& x = graph.image(1, 8, 1, 2, DATA_HALF);
  Operand& mean = graph.channels(8);
  Operand& inverse = graph.channels(8);
  Operand& scale = graph.channels(8);
  Operand& bias = graph.channels(8);
  Operand& dz = graph.image(1, 8, 1, 2, DATA_HALF);
  std::vector<Operand*> steps;
  for (int i = 0; i < 4; i++) steps.push_back(&graph.image(1, 8, 1, 2, DATA_FLOAT, VIRTUAL));
  std::vector<Operand*> sums;
  for (int i = 0; i < 5; i++) sums.push_back(&graph.channels(8));
  w.values.assign(64, 0);
  for (int c = 0; c < 8; c++) w.values[c * 8 + c] = 1;
  for (float value : {1.0f, 3.0f})
    for (int c = 0; c < 8; c++) dy.values.push_back(value), x.values.push_back(value);
  mean.values.assign(8, 2);
  inverse.values.assign(8, 0.5f);
  scale.values.assign(8, 4);
  bias.values.assign(8, 1);  // normalised and scaled: (-1, 3), so only the second pixel passes
  graph.convolution(BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
                    {{ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, &partial},
                     {ATTR_OPERATION_CONVOLUTION_BWD_DATA_W, &w},
                     {ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY, &dy}},
                    1, 0);
  graph.pointwise(POINTWISE_ADD, x, &mean, *steps[0], -1);
  graph.pointwise(POINTWISE_MUL, *steps[0], &inverse, *steps[1]);
  graph.pointwise(POINTWISE_MUL, *steps[1], &scale, *steps[2]);
  graph.pointwise(POINTWISE_ADD, *steps[2], &bias, *steps[3]);
  graph.relu_backward(partial, *steps[3], dz);
  void* node = graph.operation(BACKEND_OPERATION_BN_BWD_WEIGHTS_DESCRIPTOR,
                               {{ATTR_OPERATION_BN_BWD_WEIGHTS_MEAN_DESC, &mean},
                                {ATTR_OPERATION_BN_BWD_WEIGHTS_INVSTD_DESC, &inverse},
                                {ATTR_OPERATION_BN_BWD_WEIGHTS_BN_SCALE_DESC, &scale},
                                {ATTR_OPERATION_BN_BWD_WEIGHTS_X_DESC, &x},
                                {ATTR_OPERATION_BN_BWD_WEIGHTS_DY_DESC, &dz},
                                {ATTR_OPERATION_BN_BWD_WEIGHTS_DBN_SCALE_DESC, sums[0]},
                                {ATTR_OPERATION_BN_BWD_WEIGHTS_DBN_BIAS_DESC, sums[1]},
                                {ATTR_OPERATION_BN_BWD_WEIGHTS_EQ_DY_SCALE_DESC, sums[2]},
                                {ATTR_OPERATION_BN_BWD_WEIGHTS_EQ_X_SCALE_DESC, sums[3]},
                                {ATTR_OPERATION_BN_BWD_WEIGHTS_EQ_BIAS, sums[4]}});
  graph.descriptors.set_int(node, ATTR_OPERATION_BN_BWD_WEIGHTS_MATH_PREC, TYPE_DATA_TYPE, DATA_FLOAT);
  graph.descriptors.finalize(node);
  graph.run();
  REQUIRE(dz.values[0] == 0 && dz.values[8] == 3);
  REQUIRE(sums[0]->values[0] == 1.5f && sums[1]->values[0] == 3);
  float dy_scale = sums[2]->values[0], x_scale = sums[3]->values[0], constant = sums[4]->values[0];
  REQUIRE(dy_scale == 2);
  REQUIRE(dy_scale * 0 + x_scale * 1 + constant == -2.25f);
  REQUIRE(dy_scale * 3 + x_scale * 3 + constant == 2.25f);
}

}  // namespace
}  // namespace cudnn_test

const std::vector<Case> CUDNN_NORM_CASES = {
#define CASE(name) {"cudnn: " #name, cudnn_test::name}
    CASE(training_normalises_and_keeps_statistics), CASE(training_adds_and_cuts_and_keeps_a_mask),
    CASE(the_gradient_subtracts_what_the_statistics_give), CASE(statistics_of_a_response_are_those_of_its_rounded_values),
    CASE(finalize_makes_of_sums_what_training_makes_of_values), CASE(sums_behind_a_data_gradient_give_the_coefficients),
};
