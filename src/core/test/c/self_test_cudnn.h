// What the tests of the double of cuDNN share: graphs written in few words, run on values and read back.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "cudnn_api.h"
#include "self_test.h"

namespace cudnn_test {

using namespace cudnn;

#define DONE(call) REQUIRE((call) == STATUS_SUCCESS)

enum Storage { MEMORY, VIRTUAL, BY_VALUE };

// A tensor in channels-last order; its values are floats, which are converted to its type in memory.
struct Operand {
  int64_t id;
  std::vector<int64_t> dims;
  int type;
  Storage storage;
  std::vector<float> values;  // given, or read back by Graph::run

  int64_t elements() const;
};

// Descriptors that are destroyed together.
class Descriptors {
 public:
  Descriptors() = default;
  Descriptors(const Descriptors&) = delete;
  ~Descriptors();

  void* create(int type);
  void set(void* descriptor, int name, int type, int64_t count, const void* elements);
  void set_int(void* descriptor, int name, int type, int value);
  void set_int64(void* descriptor, int name, std::vector<int64_t> values);
  void set_double(void* descriptor, int name, double value);
  void set_child(void* descriptor, int name, void* child);
  void* finalize(void* descriptor);

 private:
  std::vector<void*> created;
};

class Graph {
 public:
  Operand& image(int64_t n, int64_t c, int64_t h, int64_t w, int type, Storage storage = MEMORY);
  Operand& channels(int64_t c, int type = DATA_FLOAT) { return image(1, c, 1, 1, type); }
  Operand& scalar(float value, int type = DATA_FLOAT);

  // kind is the operation's descriptor type; operands lie under their attributes.
  void* operation(int kind, const std::map<int, const Operand*>& operands);  // not finalised yet
  void convolution(int kind, const std::map<int, const Operand*>& operands, int64_t stride, int64_t padding,
                   int64_t dilation = 1, int math = DATA_FLOAT, double beta = 0);
  void pointwise(int mode, const Operand& x, const Operand* b, const Operand& y, double alpha2 = 1);
  void relu_backward(const Operand& dy, const Operand& x, const Operand& dx);
  void statistics(const Operand& x, const Operand& sum, const Operand& squares);
  void reduction(int reduction_operator, const Operand& x, const Operand& y);
  void norm_forward(const std::map<int, const Operand*>& operands, int phase = NORM_FWD_TRAINING);
  void norm_backward(const std::map<int, const Operand*>& operands);

  void* last() const { return operations.back(); }

  // The finalised operation graph.
  void* finish();
  // The configurations that heuristics answer.
  std::vector<void*> configurations(int mode);
  // The first plan that finalises, of all modes, or null.
  void* plan();
  // Runs the plan and reads back all operands in memory. memory: where to take it from.
  void run();

  Descriptors descriptors;
  std::map<int64_t, Operand> operands;

 private:
  void* tensor(const Operand& operand);

  std::map<int64_t, void*> tensors;
  std::vector<void*> operations;
  void* finished = nullptr;
};

// The values of an element type as they lie in memory, and back.
std::vector<unsigned char> encode(const Operand& operand);
std::vector<float> decode(const Operand& operand, const std::vector<unsigned char>& bytes);

// Whether all differ by no more than tolerance.
bool near(const std::vector<float>& left, const std::vector<float>& right, float tolerance = 0);

// 1, 2, 3.. times a step, in a pattern without symmetry.
std::vector<float> pattern(int64_t count, float step = 0.25f);

}  // namespace cudnn_test
