// Convolutions of the double against plain sums.
#include "self_test_cudnn.h"

namespace cudnn_test {
namespace {

struct Shape {
  int64_t n, c, h, w, k, window, stride, padding, dilation, groups;
};

const Shape SHAPES[] = {
    {1, 8, 5, 5, 8, 3, 1, 1, 1, 1},   {2, 3, 7, 9, 5, 3, 2, 1, 1, 1},  {2, 4, 8, 8, 40, 1, 1, 0, 1, 1},
    {1, 4, 9, 9, 4, 1, 2, 0, 1, 1},   {1, 6, 11, 7, 8, 3, 1, 2, 2, 2}, {1, 3, 12, 12, 7, 7, 2, 3, 1, 1},
    {3, 300, 1, 1, 10, 1, 1, 0, 1, 1}, {1, 8, 4, 4, 8, 3, 1, 1, 1, 8},  {1, 2, 4, 4, 3, 3, 3, 0, 1, 1},
};

int64_t extent(int64_t size, const Shape& s) { return (size + 2 * s.padding - s.dilation * (s.window - 1) - 1) / s.stride + 1; }

// Calls visit(image element, filter element, response element) for each product of the convolution.
template <typename Visit>
void products(const Shape& s, Visit visit) {
  int64_t rows = extent(s.h, s), columns = extent(s.w, s), c = s.c / s.groups, k = s.k / s.groups;
  for (int64_t n = 0; n < s.n; n++)
    for (int64_t y = 0; y < rows; y++)
      for (int64_t x = 0; x < columns; x++)
        for (int64_t o = 0; o < s.k; o++)
          for (int64_t r = 0; r < s.window; r++)
            for (int64_t q = 0; q < s.window; q++)
              for (int64_t i = 0; i < c; i++) {
                int64_t iy = y * s.stride - s.padding + r * s.dilation, ix = x * s.stride - s.padding + q * s.dilation;
                if (iy < 0 || iy >= s.h || ix < 0 || ix >= s.w) continue;
                visit(((n * s.h + iy) * s.w + ix) * s.c + o / k * c + i, ((o * s.window + r) * s.window + q) * c + i,
                      ((n * rows + y) * columns + x) * s.k + o);
              }
}

void forward(const Shape& s, int type) {
  Graph graph;
  Operand& x = graph.image(s.n, s.c, s.h, s.w, type);
  Operand& w = graph.image(s.k, s.c / s.groups, s.window, s.window, type);
  Operand& y = graph.image(s.n, s.k, extent(s.h, s), extent(s.w, s), DATA_FLOAT);
  x.values = pattern(x.elements());
  w.values = pattern(w.elements());
  std::vector<float> expected(y.elements());
  products(s, [&](int64_t i, int64_t f, int64_t r) { expected[r] += x.values[i] * w.values[f]; });
  graph.convolution(BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
                    {{ATTR_OPERATION_CONVOLUTION_FORWARD_X, &x},
                     {ATTR_OPERATION_CONVOLUTION_FORWARD_W, &w},
                     {ATTR_OPERATION_CONVOLUTION_FORWARD_Y, &y}},
                    s.stride, s.padding, s.dilation);
  graph.run();
  REQUIRE(near(y.values, expected));  // all sums are exact
}

void backward_data(const Shape& s, int type) {
  Graph graph;
  Operand& dx = graph.image(s.n, s.c, s.h, s.w, DATA_FLOAT);
  Operand& w = graph.image(s.k, s.c / s.groups, s.window, s.window, type);
  Operand& dy = graph.image(s.n, s.k, extent(s.h, s), extent(s.w, s), type);
  dx.values = pattern(dx.elements(), 2);
  w.values = pattern(w.elements());
  dy.values = pattern(dy.elements());
  std::vector<float> expected = dx.values;
  products(s, [&](int64_t i, int64_t f, int64_t r) { expected[i] += dy.values[r] * w.values[f]; });
  graph.convolution(BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR,
                    {{ATTR_OPERATION_CONVOLUTION_BWD_DATA_DX, &dx},
                     {ATTR_OPERATION_CONVOLUTION_BWD_DATA_W, &w},
                     {ATTR_OPERATION_CONVOLUTION_BWD_DATA_DY, &dy}},
                    s.stride, s.padding, s.dilation, DATA_FLOAT, 1);
  graph.run();
  REQUIRE(near(dx.values, expected));
}

void backward_filter(const Shape& s, int type) {
  Graph graph;
  Operand& x = graph.image(s.n, s.c, s.h, s.w, type);
  Operand& dw = graph.image(s.k, s.c / s.groups, s.window, s.window, DATA_FLOAT);
  Operand& dy = graph.image(s.n, s.k, extent(s.h, s), extent(s.w, s), type);
  x.values = pattern(x.elements());
  dy.values = pattern(dy.elements());
  std::vector<float> expected(dw.elements());
  products(s, [&](int64_t i, int64_t f, int64_t r) { expected[f] += x.values[i] * dy.values[r]; });
  graph.convolution(BACKEND_OPERATION_CONVOLUTION_BACKWARD_FILTER_DESCRIPTOR,
                    {{ATTR_OPERATION_CONVOLUTION_BWD_FILTER_X, &x},
                     {ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DW, &dw},
                     {ATTR_OPERATION_CONVOLUTION_BWD_FILTER_DY, &dy}},
                    s.stride, s.padding, s.dilation);
  graph.run();
  REQUIRE(near(dw.values, expected));
}

void all(void (*direction)(const Shape&, int)) {
  for (const Shape& shape : SHAPES)
    for (int type : {DATA_FLOAT, DATA_HALF, DATA_BFLOAT16}) {
      // No engine makes a FLOAT weight gradient of halves with other numbers of channels.
      if (direction == backward_filter && type != DATA_FLOAT && (shape.c % 8 != 0 || shape.k % 8 != 0)) continue;
      direction(shape, type);
    }
}

void convolutions_forward_are_sums_of_products() { all(forward); }
void convolutions_backward_data_accumulate() { all(backward_data); }
void convolutions_backward_filter_sum_over_pixels() { all(backward_filter); }

void integers_are_exact() {
  Graph graph;
  Operand& x = graph.image(1, 1024, 3, 3, DATA_INT8);
  Operand& w = graph.image(4, 1024, 3, 3, DATA_INT8);
  Operand& y = graph.image(1, 4, 1, 1, DATA_INT32);
  x.values.assign(x.elements(), 127);
  w.values.assign(w.elements(), 127);
  w.values[0] = 126;
  graph.convolution(BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
                    {{ATTR_OPERATION_CONVOLUTION_FORWARD_X, &x},
                     {ATTR_OPERATION_CONVOLUTION_FORWARD_W, &w},
                     {ATTR_OPERATION_CONVOLUTION_FORWARD_Y, &y}},
                    1, 0, 1, DATA_INT32);
  graph.run();
  // 148,644,864 is a float, 127 less is not: the difference shows which sum was rounded.
  REQUIRE(y.values[1] == 127.0f * 127 * 9216);
  REQUIRE(y.values[0] == static_cast<float>(127 * 127 * 9216 - 127));
}

void responses_are_rounded_to_nearest_even() {
  for (int type : {DATA_HALF, DATA_BFLOAT16}) {
    Graph graph;
    Operand& x = graph.image(1, 8, 1, 4, type);
    Operand& w = graph.image(8, 8, 1, 1, type);
    Operand& y = graph.image(1, 8, 1, 4, type);
    x.values.assign(32, 0);
    w.values.assign(64, 0);
    float unit = type == DATA_HALF ? 2048 : 256;  // above it only even numbers are there
    for (int pixel = 0; pixel < 4; pixel++) x.values[pixel * 8] = unit, x.values[pixel * 8 + 1] = static_cast<float>(pixel);
    w.values[0] = w.values[1] = 1;
    graph.convolution(BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
                      {{ATTR_OPERATION_CONVOLUTION_FORWARD_X, &x},
                       {ATTR_OPERATION_CONVOLUTION_FORWARD_W, &w},
                       {ATTR_OPERATION_CONVOLUTION_FORWARD_Y, &y}},
                      1, 0);
    graph.run();
    REQUIRE(y.values[0] == unit);
    REQUIRE(y.values[8] == unit);
    REQUIRE(y.values[16] == unit + 2);
    REQUIRE(y.values[24] == unit + 4);
  }
}

}  // namespace
}  // namespace cudnn_test

const std::vector<Case> CUDNN_CONVOLUTION_CASES = {
#define CASE(name) {"cudnn: " #name, cudnn_test::name}
    CASE(convolutions_forward_are_sums_of_products), CASE(convolutions_backward_data_accumulate),
    CASE(convolutions_backward_filter_sum_over_pixels), CASE(integers_are_exact), CASE(responses_are_rounded_to_nearest_even),
};
