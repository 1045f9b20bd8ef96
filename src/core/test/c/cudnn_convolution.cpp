// Convolutions of images in channels-last order, fast enough to train small networks. Forward and backward data are one
// loop: each pixel of the result gathers pixels of the source through the taps of the filter.
#include <algorithm>
#include <cstring>

#include "cudnn_interpreter.h"

namespace cudnn {
namespace {

#ifdef __AVX512F__
constexpr int LANES = 16;
#else
constexpr int LANES = 8;
#endif
typedef float Vector __attribute__((vector_size(LANES * sizeof(float))));

constexpr int PIXELS = 6;          // of the result, computed together
constexpr int LONGEST_SUM = 256;   // terms added in float before they go to a double

struct Shape {
  int64_t batch, groups, rows, columns, taps_y, taps_x;  // rows and columns of the response
  int64_t image_rows, image_columns, c, k;               // channels of one group
  int64_t stride_y, stride_x, before_y, before_x, dilation_y, dilation_x;
};

Shape shape_of(const Convolution& convolution, const Tensor& x, const Tensor& w, const Tensor& y) {
  Shape s;
  s.batch = x.dims[0];
  s.groups = x.dims[1] / w.dims[1];
  s.c = w.dims[1];
  s.k = w.dims[0] / s.groups;
  s.taps_y = w.dims[2], s.taps_x = w.dims[3];
  s.image_rows = x.dims[2], s.image_columns = x.dims[3];
  s.rows = y.dims[2], s.columns = y.dims[3];
  s.stride_y = convolution.strides[0], s.stride_x = convolution.strides[1];
  s.before_y = convolution.before[0], s.before_x = convolution.before[1];
  s.dilation_y = convolution.dilations[0], s.dilation_x = convolution.dilations[1];
  return s;
}

// Adds to total[pixel][lane] the products of `channels` channels of each source pixel with a block of the filter.
template <int VECTORS>
void multiply(const float* const* sources, int64_t channels, const float* filter, double (*total)[2 * LANES]) {
  Vector sums[PIXELS][VECTORS] = {};
  for (int64_t i = 0; i < channels; i++) {
    Vector weights[VECTORS];
    for (int v = 0; v < VECTORS; v++) std::memcpy(&weights[v], filter + (i * VECTORS + v) * LANES, sizeof(Vector));
#pragma GCC unroll 6
    for (int p = 0; p < PIXELS; p++)
      for (int v = 0; v < VECTORS; v++) sums[p][v] += sources[p][i] * weights[v];
  }
  for (int p = 0; p < PIXELS; p++)
    for (int v = 0; v < VECTORS; v++)
      for (int lane = 0; lane < LANES; lane++) total[p][v * LANES + lane] += sums[p][v][lane];
}

// A filter as blocks of output channels: [block][tap][input channel][lanes].
struct Blocks {
  int width, count;
  std::vector<float> weights;
};

// weight(o, tap, i) is the filter's element for an output channel, a tap and an input channel.
template <typename Weight>
Blocks pack(int64_t outputs, int64_t taps, int64_t inputs, Weight weight) {
  Blocks blocks;
  blocks.width = outputs > LANES ? 2 * LANES : LANES;
  blocks.count = static_cast<int>((outputs + blocks.width - 1) / blocks.width);
  blocks.weights.resize(blocks.count * taps * inputs * blocks.width);
  for (int64_t o = 0; o < outputs; o++)
    for (int64_t tap = 0; tap < taps; tap++)
      for (int64_t i = 0; i < inputs; i++)
        blocks.weights[((o / blocks.width * taps + tap) * inputs + i) * blocks.width + o % blocks.width] = weight(o, tap, i);
  return blocks;
}

// One row of pixels of the result: pixel p takes, for each tap, the source pixel that source(p, tap) points to, or none.
template <typename Source>
void gather_row(int64_t pixels, int64_t first, int64_t step, int64_t taps, int64_t inputs, int64_t outputs,
                const Blocks& blocks, const float* zeros, Source source, double* result, int64_t result_stride) {
  for (int64_t start = first; start < pixels; start += PIXELS * step) {
    std::vector<const float*> table(taps * PIXELS, zeros);
    std::vector<char> present(taps);
    for (int64_t tap = 0; tap < taps; tap++)
      for (int p = 0; p < PIXELS; p++) {
        int64_t pixel = start + p * step;
        const float* found = pixel < pixels ? source(pixel, tap) : nullptr;
        if (found) table[tap * PIXELS + p] = found, present[tap] = 1;
      }
    for (int block = 0; block < blocks.count; block++) {
      double total[PIXELS][2 * LANES] = {};
      for (int64_t tap = 0; tap < taps; tap++) {
        if (!present[tap]) continue;
        const float* filter = blocks.weights.data() + (block * taps + tap) * inputs * blocks.width;
        for (int64_t i = 0; i < inputs; i += LONGEST_SUM) {
          const float* sources[PIXELS];
          for (int p = 0; p < PIXELS; p++) sources[p] = table[tap * PIXELS + p] + i;
          int64_t channels = std::min<int64_t>(LONGEST_SUM, inputs - i);
          if (blocks.width > LANES) multiply<2>(sources, channels, filter + i * blocks.width, total);
          else multiply<1>(sources, channels, filter + i * blocks.width, total);
        }
      }
      int64_t lanes = std::min<int64_t>(blocks.width, outputs - block * blocks.width);
      for (int p = 0; p < PIXELS && start + p * step < pixels; p++)
        for (int64_t lane = 0; lane < lanes; lane++)
          result[(start + p * step) * result_stride + block * blocks.width + lane] = total[p][lane];
    }
  }
}

}  // namespace

std::vector<double> convolve_forward(const Convolution& convolution, const Tensor& x, const Tensor& w, const Tensor& y,
                                     const std::vector<float>& x_values, const std::vector<float>& w_values) {
  Shape s = shape_of(convolution, x, w, y);
  std::vector<double> result(y.elements());
  std::vector<float> zeros(s.c);
  int64_t taps = s.taps_y * s.taps_x;
  for (int64_t g = 0; g < s.groups; g++) {
    Blocks blocks = pack(s.k, taps, s.c, [&](int64_t k, int64_t tap, int64_t c) {
      return w_values[((g * s.k + k) * taps + tap) * s.c + c];
    });
#pragma omp parallel for collapse(2) schedule(dynamic)
    for (int64_t n = 0; n < s.batch; n++)
      for (int64_t row = 0; row < s.rows; row++)
        gather_row(s.columns, 0, 1, taps, s.c, s.k, blocks, zeros.data(),
                   [&](int64_t column, int64_t tap) -> const float* {
                     int64_t iy = row * s.stride_y - s.before_y + tap / s.taps_x * s.dilation_y;
                     int64_t ix = column * s.stride_x - s.before_x + tap % s.taps_x * s.dilation_x;
                     if (iy < 0 || iy >= s.image_rows || ix < 0 || ix >= s.image_columns) return nullptr;
                     return &x_values[((n * s.image_rows + iy) * s.image_columns + ix) * s.groups * s.c + g * s.c];
                   },
                   &result[(n * s.rows + row) * s.columns * s.groups * s.k + g * s.k], s.groups * s.k);
  }
  return result;
}

std::vector<double> convolve_backward_data(const Convolution& convolution, const Tensor& dx, const Tensor& w,
                                           const Tensor& dy, const std::vector<float>& w_values,
                                           const std::vector<float>& dy_values) {
  Shape s = shape_of(convolution, dx, w, dy);
  std::vector<double> result(dx.elements());
  std::vector<float> zeros(s.k);
  int64_t taps = s.taps_y * s.taps_x;
  for (int64_t g = 0; g < s.groups; g++) {
    Blocks blocks = pack(s.c, taps, s.k, [&](int64_t c, int64_t tap, int64_t k) {
      return w_values[((g * s.k + k) * taps + tap) * s.c + c];
    });
#pragma omp parallel for collapse(2) schedule(dynamic)
    for (int64_t n = 0; n < s.batch; n++)
      for (int64_t row = 0; row < s.image_rows; row++)
        // Pixels a stride apart are reached through the same taps: others are then left out for all of them at once.
        for (int64_t phase = 0; phase < std::min(s.stride_x, s.image_columns); phase++)
          gather_row(s.image_columns, phase, s.stride_x, taps, s.k, s.c, blocks, zeros.data(),
                     [&](int64_t column, int64_t tap) -> const float* {
                       int64_t oy = row + s.before_y - tap / s.taps_x * s.dilation_y;
                       int64_t ox = column + s.before_x - tap % s.taps_x * s.dilation_x;
                       if (oy < 0 || oy % s.stride_y != 0 || oy / s.stride_y >= s.rows) return nullptr;
                       if (ox < 0 || ox % s.stride_x != 0 || ox / s.stride_x >= s.columns) return nullptr;
                       return &dy_values[((n * s.rows + oy / s.stride_y) * s.columns + ox / s.stride_x) * s.groups * s.k +
                                         g * s.k];
                     },
                     &result[(n * s.image_rows + row) * s.image_columns * s.groups * s.c + g * s.c], s.groups * s.c);
  }
  return result;
}

// The gradient of PIXELS input channels and a block of output channels for one tap, summed over all pixels.
template <int VECTORS>
static void correlate(const Shape& s, int64_t g, int64_t tap, int64_t c, int64_t k, const float* x, const float* dy,
                      double (*total)[2 * LANES]) {
  int64_t dy_stride = s.groups * s.k, x_stride = s.groups * s.c;
  int64_t left = tap % s.taps_x * s.dilation_x - s.before_x;
  int64_t from = left >= 0 ? 0 : (-left + s.stride_x - 1) / s.stride_x;
  int64_t to = s.image_columns - left <= 0 ? 0 : std::min(s.columns, (s.image_columns - left - 1) / s.stride_x + 1);
  int64_t c_lanes = std::min<int64_t>(PIXELS, s.c - c), k_lanes = std::min<int64_t>(VECTORS * LANES, s.k - k);
  Vector sums[PIXELS][VECTORS] = {};
  int64_t terms = 0;
  auto flush = [&] {
    for (int p = 0; p < PIXELS; p++)
      for (int v = 0; v < VECTORS; v++) {
        for (int lane = 0; lane < LANES; lane++) total[p][v * LANES + lane] += sums[p][v][lane];
        sums[p][v] = Vector{};
      }
    terms = 0;
  };
  for (int64_t n = 0; n < s.batch; n++)
    for (int64_t row = 0; row < s.rows; row++) {
      int64_t iy = row * s.stride_y - s.before_y + tap / s.taps_x * s.dilation_y;
      if (iy < 0 || iy >= s.image_rows) continue;
      const float* gradient = dy + ((n * s.rows + row) * s.columns) * dy_stride + g * s.k + k;
      const float* image = x + (n * s.image_rows + iy) * s.image_columns * x_stride + g * s.c + c;
      for (int64_t column = from; column < to; column++) {
        Vector gradients[VECTORS] = {};
        if (k_lanes == VECTORS * LANES) std::memcpy(&gradients, gradient + column * dy_stride, sizeof gradients);
        else std::memcpy(&gradients, gradient + column * dy_stride, k_lanes * sizeof(float));
        const float* pixel = image + (column * s.stride_x + left) * x_stride;
        float some[PIXELS] = {};
        if (c_lanes < PIXELS) std::copy_n(pixel, c_lanes, some), pixel = some;
#pragma GCC unroll 6
        for (int p = 0; p < PIXELS; p++)
          for (int v = 0; v < VECTORS; v++) sums[p][v] += pixel[p] * gradients[v];
      }
      terms += to - from;
      if (terms >= LONGEST_SUM / 2) flush();
    }
  flush();
}

std::vector<double> convolve_backward_filter(const Convolution& convolution, const Tensor& x, const Tensor& dw,
                                             const Tensor& dy, const std::vector<float>& x_values,
                                             const std::vector<float>& dy_values) {
  Shape s = shape_of(convolution, x, dw, dy);
  std::vector<double> result(dw.elements());
  int64_t taps = s.taps_y * s.taps_x, tiles = (s.c + PIXELS - 1) / PIXELS;
  int64_t width = s.k > LANES ? 2 * LANES : LANES, blocks = (s.k + width - 1) / width;
#pragma omp parallel for collapse(3) schedule(dynamic)
  for (int64_t g = 0; g < s.groups; g++)
    for (int64_t tap = 0; tap < taps; tap++)
      for (int64_t piece = 0; piece < tiles * blocks; piece++) {
        int64_t c = piece / blocks * PIXELS, k = piece % blocks * width;
        double total[PIXELS][2 * LANES] = {};
        if (width > LANES) correlate<2>(s, g, tap, c, k, x_values.data(), dy_values.data(), total);
        else correlate<1>(s, g, tap, c, k, x_values.data(), dy_values.data(), total);
        for (int64_t p = 0; p < PIXELS && c + p < s.c; p++)
          for (int64_t lane = 0; lane < width && k + lane < s.k; lane++)
            result[((g * s.k + k + lane) * taps + tap) * s.c + c + p] = total[p][lane];
      }
  return result;
}

}  // namespace cudnn
