// Pointwise operations, reductions and element types, against values worked out by hand.
#include <cmath>
#include <limits>

#include "self_test_cudnn.h"
#include "cudnn_values.h"

namespace cudnn_test {
namespace {

// y = mode(x, b) for one image of four channels.
std::vector<float> result(int mode, std::vector<float> x_values, std::vector<float> b_values, double alpha2 = 1) {
  Graph graph;
  int64_t pixels = static_cast<int64_t>(x_values.size()) / 4;
  Operand& x = graph.image(1, 4, 1, pixels, DATA_FLOAT);
  x.values = x_values;
  Operand* b = nullptr;
  if (b_values.size() == x_values.size()) b = &graph.image(1, 4, 1, pixels, DATA_FLOAT);
  else if (b_values.size() == 4) b = &graph.channels(4);
  else if (b_values.size() == 1) b = &graph.scalar(b_values[0]);
  if (b) b->values = b_values;
  Operand& y = graph.image(1, 4, 1, pixels, DATA_FLOAT);
  graph.pointwise(mode, x, b, y, alpha2);
  graph.run();
  return y.values;
}

void pointwise_modes_compute_what_they_are_called() {
  REQUIRE(near(result(POINTWISE_ADD, {1, 2, 3, 4}, {10, 20, 30, 40}), {11, 22, 33, 44}));
  REQUIRE(near(result(POINTWISE_ADD, {1, 2, 3, 4}, {10, 20, 30, 40}, -1), {-9, -18, -27, -36}));
  REQUIRE(near(result(POINTWISE_SUB, {1, 2, 3, 4}, {1}), {0, 1, 2, 3}));
  REQUIRE(near(result(POINTWISE_MUL, {1, 2, 3, 4, 5, 6, 7, 8}, {1, 0, 2, -1}), {1, 0, 6, -4, 5, 0, 14, -8}));
  REQUIRE(near(result(POINTWISE_DIV, {1, 2, 3, 4}, {2}), {0.5f, 1, 1.5f, 2}));
  REQUIRE(near(result(POINTWISE_MAX, {1, 2, 3, 4}, {2.5f}), {2.5f, 2.5f, 3, 4}));
  REQUIRE(near(result(POINTWISE_MIN, {1, 2, 3, 4}, {2.5f}), {1, 2, 2.5f, 2.5f}));
  REQUIRE(near(result(POINTWISE_CMP_GT, {1, 2, 3, 4}, {2}), {0, 0, 1, 1}));
  REQUIRE(near(result(POINTWISE_CMP_GE, {1, 2, 3, 4}, {2}), {0, 1, 1, 1}));
  REQUIRE(near(result(POINTWISE_SQRT, {1, 4, 9, 16}, {}), {1, 2, 3, 4}));
  REQUIRE(near(result(POINTWISE_RECIPROCAL, {1, 2, 4, 8}, {}), {1, 0.5f, 0.25f, 0.125f}));
  REQUIRE(near(result(POINTWISE_RSQRT, {1, 4, 16, 64}, {}), {1, 0.5f, 0.25f, 0.125f}));
  REQUIRE(near(result(POINTWISE_RELU_FWD, {-1, 0, 2, -3}, {}), {0, 0, 2, 0}));
  REQUIRE(near(result(POINTWISE_IDENTITY, {-1, 0, 2, -3}, {}), {-1, 0, 2, -3}));
  REQUIRE(near(result(POINTWISE_NEG, {-1, 0, 2, -3}, {}), {1, 0, -2, 3}));
}

void the_gradient_of_relu_passes_where_its_input_is_positive() {
  Graph graph;
  Operand& dy = graph.image(1, 4, 1, 1, DATA_FLOAT);
  Operand& x = graph.image(1, 4, 1, 1, DATA_FLOAT);
  Operand& dx = graph.image(1, 4, 1, 1, DATA_FLOAT);
  dy.values = {1, 2, 3, 4};
  x.values = {-1, 0, 0.5f, 7};
  graph.relu_backward(dy, x, dx);
  graph.run();
  REQUIRE(near(dx.values, {0, 0, 3, 4}));
}

void masks_are_packed_eight_to_a_byte() {
  Graph graph;
  Operand& x = graph.image(1, 4, 1, 3, DATA_FLOAT);
  Operand& zero = graph.scalar(0);
  Operand& mask = graph.image(1, 4, 1, 3, DATA_BOOLEAN);
  x.values = {1, -1, 1, 1, 0, -2, 3, 4, -1, 1, -1, -1};
  graph.pointwise(POINTWISE_CMP_GT, x, &zero, mask);
  graph.run();
  REQUIRE(near(mask.values, {1, 0, 1, 1, 0, 0, 1, 1, 0, 1, 0, 0}));
  REQUIRE(encode(mask) == (std::vector<unsigned char>{0xcd, 0x02}));
}

void each_tensor_is_rounded_to_its_type() {
  for (int type : {DATA_FLOAT, DATA_HALF}) {
    Graph graph;
    Operand& x = graph.image(1, 4, 1, 1, DATA_HALF);
    Operand& sum = graph.image(1, 4, 1, 1, type, VIRTUAL);
    Operand& y = graph.image(1, 4, 1, 1, DATA_FLOAT);
    x.values = {2048, 2048, 2048, 2048};
    Operand& one = graph.scalar(1);
    graph.pointwise(POINTWISE_ADD, x, &one, sum);
    graph.pointwise(POINTWISE_IDENTITY, sum, nullptr, y);
    graph.run();
    REQUIRE(y.values[0] == (type == DATA_HALF ? 2048.0f : 2049.0f));
  }
}

void sums_over_pixels_are_reduced() {
  Graph graph;
  Operand& x = graph.image(2, 4, 1, 2, DATA_FLOAT);
  Operand& sum = graph.channels(4);
  x.values = {1, 2, 3, 4, 10, 20, 30, 40, 100, 200, 300, 400, 1000, 2000, 3000, 4000};
  graph.reduction(REDUCE_TENSOR_ADD, x, sum);
  graph.run();
  REQUIRE(near(sum.values, {1111, 2222, 3333, 4444}));
}

void halves_have_the_bits_of_the_standard() {
  using namespace cudnn;
  struct {
    float value;
    uint16_t half, bfloat16;
  } const rows[] = {
      {0.0f, 0x0000, 0x0000},        {-0.0f, 0x8000, 0x8000},         {1.0f, 0x3c00, 0x3f80},
      {-2.0f, 0xc000, 0xc000},       {65504.0f, 0x7bff, 0x4780},      {65519.0f, 0x7bff, 0x4780},
      {65520.0f, 0x7c00, 0x4780},    {0x1p-24f, 0x0001, 0x3380},      {0x1p-25f, 0x0000, 0x3300},
      {0x1.8p-25f, 0x0001, 0x3340},  {0x1p-14f, 0x0400, 0x3880},      {1.00048828125f, 0x3c00, 0x3f80},
      {1.00146484375f, 0x3c02, 0x3f80}, {1.00390625f, 0x3c04, 0x3f80}, {1.01171875f, 0x3c0c, 0x3f82},
      {1e30f, 0x7c00, 0x714a},       {HUGE_VALF, 0x7c00, 0x7f80},
  };
  for (const auto& row : rows) {
    REQUIRE(float_to_half(row.value) == row.half);
    REQUIRE(float_to_bfloat16(row.value) == row.bfloat16);
  }
  float nan = std::numeric_limits<float>::quiet_NaN();
  REQUIRE(std::isnan(half_to_float(float_to_half(nan))) && std::isnan(bfloat16_to_float(float_to_bfloat16(nan))));
  for (uint32_t bits = 0; bits < 0x10000; bits++) {
    float half = half_to_float(static_cast<uint16_t>(bits));
    REQUIRE(std::isnan(half) || float_to_half(half) == bits);
  }
  REQUIRE(half_to_float(0x0001) == 0x1p-24f && half_to_float(0x7bff) == 65504.0f && std::isinf(half_to_float(0x7c00)));
}

}  // namespace
}  // namespace cudnn_test

const std::vector<Case> CUDNN_OPERATION_CASES = {
#define CASE(name) {"cudnn: " #name, cudnn_test::name}
    CASE(pointwise_modes_compute_what_they_are_called), CASE(the_gradient_of_relu_passes_where_its_input_is_positive),
    CASE(masks_are_packed_eight_to_a_byte), CASE(each_tensor_is_rounded_to_its_type), CASE(sums_over_pixels_are_reduced),
    CASE(halves_have_the_bits_of_the_standard),
};
