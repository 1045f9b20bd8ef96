// Which operation graphs have an engine, on which devices, and what the engines are like.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cudnn_graph.h"

namespace cudnn {

struct Knob {
  int type;
  int64_t least, most, usual;
};

struct Engine {
  int64_t index;
  const char* name;
  bool tensor_cores, nondeterministic, compiles;
  int64_t workspace;       // bytes it asks for
  bool copies;             // and as many as all tensors have
  int64_t multiple;        // of the channels of every image, in 16-byte units of halves: 8, 1
  std::vector<Knob> knobs;
};

constexpr int64_t ENGINE_COUNT = 80;

// The engine of a global index, or null where the number stands for none of the double's.
const Engine* engine(int64_t index);

// An engine for a graph with a setting of its knobs.
struct EngineChoice {
  std::shared_ptr<const Graph> graph;
  int64_t engine = 0;
  std::map<int, int64_t> knobs;
  int capability = 0;      // of the device it was chosen for, 0: the one that is there
  bool described = false;  // that device was described by the program
};

// Why no engine computes a graph, empty where one may.
std::string refusal(const Graph& graph, int capability);

// What heuristics answer for a graph, best first; nothing where no engine may exist.
std::vector<EngineChoice> choices(const std::shared_ptr<const Graph>& graph, int mode, int capability);

// Empty where the engine computes the graph on a device of this compute capability (90), or why it does not.
std::string check_support(const EngineChoice& choice, int capability);

// Whether the engine rounds operands of type FLOAT to the 10 bits of tensor cores.
bool rounds_floats(const EngineChoice& choice);

int64_t workspace_bytes(const EngineChoice& choice);

}  // namespace cudnn
