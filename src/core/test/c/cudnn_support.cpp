// The engines, and what heuristics answer.
#include "cudnn_support.h"

#include <algorithm>

#include "cudnn_patterns.h"
#include "software_device.h"

namespace cudnn {
namespace {

const Knob TILE = {KNOB_TYPE_TILE_SIZE, 0, 7, 2};
const Knob SPLIT = {KNOB_TYPE_SPLIT_K_BUF, 1, 16, 1};
const Knob STAGES = {KNOB_TYPE_STAGES, 1, 4, 3};
const Knob CONFIGURATION = {KNOB_TYPE_KERNEL_CFG, 0, 31, 4};

// Workspaces are no multiples of 16, as cuDNN's are.
const Engine ENGINES[] = {
    // index, name, tensor cores, nondeterministic, compiles, workspace, copies, multiple, knobs
    {0, "normalisation", false, false, true, 270916, false, 1, {CONFIGURATION}},
    {1, "fusion, strided gradients too", true, false, true, 0, false, 1, {TILE, STAGES}},
    {2, "normalisation, two passes", false, false, true, 541780, false, 1, {CONFIGURATION}},
    {3, "fusion, statistics", true, false, true, 0, false, 1, {TILE}},
    {4, "fusion", true, false, true, 131, false, 8, {TILE, STAGES}},
    {30, "pooling", false, false, true, 0, false, 1, {CONFIGURATION}},
    {51, "statistics", false, false, false, 0, false, 1, {}},
    {52, "any channels", false, false, true, 0, false, 1, {CONFIGURATION}},
    {53, "pointwise", false, false, true, 0, false, 1, {CONFIGURATION}},
    {62, "tensor cores", true, false, false, 131, false, 8, {TILE, SPLIT}},
    {65, "tensor cores, split sums", true, true, false, 4096, false, 8, {TILE, SPLIT}},
    {67, "transformed copies", true, false, false, 1024, true, 8, {TILE}},
    {70, "plain loops", false, false, false, 0, false, 1, {}},
};

EngineChoice usual(const std::shared_ptr<const Graph>& graph, int64_t index) {
  EngineChoice choice = {graph, index, {}, 0, false};
  for (const Knob& knob : engine(index)->knobs) choice.knobs[knob.type] = knob.usual;
  return choice;
}

bool contains(const std::vector<int64_t>& indices, int64_t index) {
  return std::find(indices.begin(), indices.end(), index) != indices.end();
}

}  // namespace

const Engine* engine(int64_t index) {
  for (const Engine& engine : ENGINES)
    if (engine.index == index) return &engine;
  return nullptr;
}

std::string refusal(const Graph& graph, int capability) {
  Facts facts(graph);
  const Pattern* pattern = pattern_of(facts);
  if (!pattern) return "no engine knows this pattern of operations";
  std::string reason = pattern->refuses(facts, capability);
  return reason.empty() ? "" : std::string(pattern->name) + ": " + reason;
}

std::vector<EngineChoice> choices(const std::shared_ptr<const Graph>& graph, int mode, int capability) {
  Facts facts(*graph);
  const Pattern* pattern = pattern_of(facts);
  // For pooling cuDNN offers configurations of which none finalises.
  if (!pattern || (!facts.resamplings && !refusal(*graph, capability).empty())) return {};
  if (mode == HEUR_MODE_FALLBACK || (pattern->a.empty() && pattern->b.empty()) || pattern->fallback_only(facts)) {
    if (mode != HEUR_MODE_FALLBACK) return {};
    return {usual(graph, pattern->fallback[0])};
  }
  std::vector<EngineChoice> found;
  std::vector<int64_t> indices = mode == HEUR_MODE_B ? pattern->b : pattern->a;
  if (software_device_get("nondeterministic") != 0)
    std::stable_partition(indices.begin(), indices.end(), [](int64_t index) { return engine(index)->nondeterministic; });
  for (int64_t index : indices) {
    found.push_back(usual(graph, index));
    if (found.size() > 1 || engine(index)->knobs.empty()) continue;
    // The best engine comes with a second setting.
    EngineChoice other = found.back();
    const Knob& knob = engine(index)->knobs[0];
    other.knobs[knob.type] = mode == HEUR_MODE_B ? knob.most : knob.least;
    found.push_back(other);
  }
  return found;
}

std::string check_support(const EngineChoice& choice, int capability) {
  std::string reason = refusal(*choice.graph, capability);
  if (!reason.empty()) return reason;
  Facts facts(*choice.graph);
  const Pattern* pattern = pattern_of(facts);
  bool fallback = contains(pattern->fallback, choice.engine);
  if (!fallback && (pattern->fallback_only(facts) ||
                    (!contains(pattern->a, choice.engine) && !contains(pattern->b, choice.engine))))
    return std::string(pattern->name) + ": engine " + std::to_string(choice.engine) + " is not for it";
  if (engine(choice.engine)->multiple > 1 && facts.convolution) return channels_in_16_bytes(facts);
  return "";
}

bool rounds_floats(const EngineChoice& choice) {
  Facts facts(*choice.graph);
  return engine(choice.engine)->tensor_cores && facts.convolution && facts.convolution->inputs()[0]->type == DATA_FLOAT &&
         facts.convolution->inputs()[1]->type == DATA_FLOAT;
}

int64_t workspace_bytes(const EngineChoice& choice) {
  const Engine& chosen = *engine(choice.engine);
  int64_t bytes = chosen.workspace;
  if (chosen.copies)
    for (const auto& [id, tensor] : choice.graph->tensors) bytes += tensor->bytes();
  return bytes;
}

}  // namespace cudnn
