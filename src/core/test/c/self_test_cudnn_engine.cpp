// Heuristics, engines and plans: which graphs have some, and where.
#include "self_test_cudnn.h"

#include <algorithm>
#include <set>

namespace cudnn_test {
namespace {

void forward(Graph& graph, int64_t channels, int type, int64_t k = 16) {
  Operand& x = graph.image(1, channels, 4, 4, type);
  Operand& w = graph.image(k, channels, 1, 1, type);
  Operand& y = graph.image(1, k, 4, 4, type);
  graph.convolution(BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
                    {{ATTR_OPERATION_CONVOLUTION_FORWARD_X, &x},
                     {ATTR_OPERATION_CONVOLUTION_FORWARD_W, &w},
                     {ATTR_OPERATION_CONVOLUTION_FORWARD_Y, &y}},
                    1, 0);
}

template <typename T>
std::vector<T> read(void* descriptor, int name, int type) {
  int64_t count = 0;
  DONE(cudnnBackendGetAttribute(descriptor, name, type, 0, &count, nullptr));
  std::vector<T> values(count);
  DONE(cudnnBackendGetAttribute(descriptor, name, type, count, &count, values.data()));
  return values;
}

void* engine_of(Graph& graph, void* configuration) {
  void* engine = graph.descriptors.create(BACKEND_ENGINE_DESCRIPTOR);
  DONE(cudnnBackendGetAttribute(configuration, ATTR_ENGINECFG_ENGINE, TYPE_BACKEND_DESCRIPTOR, 1, nullptr, &engine));
  return engine;
}

// The knobs of a configuration: asked for none it tells of none, so many are asked for.
std::vector<void*> knobs_of(Graph& graph, void* configuration) {
  int64_t count = -1;
  DONE(cudnnBackendGetAttribute(configuration, ATTR_ENGINECFG_KNOB_CHOICES, TYPE_BACKEND_DESCRIPTOR, 0, &count, nullptr));
  REQUIRE(count == 0);
  std::vector<void*> knobs;
  for (int i = 0; i < 64; i++) knobs.push_back(graph.descriptors.create(BACKEND_KNOB_CHOICE_DESCRIPTOR));
  DONE(cudnnBackendGetAttribute(configuration, ATTR_ENGINECFG_KNOB_CHOICES, TYPE_BACKEND_DESCRIPTOR, 64, &count, knobs.data()));
  knobs.resize(count);
  return knobs;
}

int finalize_plan(Graph& graph, void* configuration) {
  void* plan = graph.descriptors.create(BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  graph.descriptors.set_child(plan, ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configuration);
  return cudnnBackendFinalize(plan);
}

void heuristics_answer_several_kinds_of_engines() {
  Graph graph;
  forward(graph, 16, DATA_HALF);
  std::set<int64_t> engines, workspaces;
  std::set<int> notes;
  for (int mode : {HEUR_MODE_A, HEUR_MODE_B, HEUR_MODE_FALLBACK})
    for (void* configuration : graph.configurations(mode)) {
      void* engine = engine_of(graph, configuration);
      engines.insert(read<int64_t>(engine, ATTR_ENGINE_GLOBAL_INDEX, TYPE_INT64)[0]);
      workspaces.insert(read<int64_t>(configuration, ATTR_ENGINECFG_WORKSPACE_SIZE, TYPE_INT64)[0]);
      for (int note : read<int>(engine, ATTR_ENGINE_NUMERICAL_NOTE, TYPE_NUMERICAL_NOTE)) notes.insert(note);
      REQUIRE(finalize_plan(graph, configuration) == STATUS_SUCCESS);
      if (mode == HEUR_MODE_FALLBACK) REQUIRE(*workspaces.begin() == 0);
    }
  REQUIRE(engines.size() >= 3 && workspaces.size() >= 3);
  REQUIRE(notes.count(NUMERICAL_NOTE_NONDETERMINISTIC) == 1);
}

void exact_floats_have_engines_without_a_note() {
  Graph graph;
  forward(graph, 16, DATA_FLOAT);
  int exact = 0, rounding = 0;
  for (int mode : {HEUR_MODE_A, HEUR_MODE_B, HEUR_MODE_FALLBACK})
    for (void* configuration : graph.configurations(mode)) {
      std::vector<int> notes = read<int>(engine_of(graph, configuration), ATTR_ENGINE_NUMERICAL_NOTE, TYPE_NUMERICAL_NOTE);
      bool rounds = std::count(notes.begin(), notes.end(), NUMERICAL_NOTE_DOWN_CONVERT_INPUTS) != 0;
      (rounds ? rounding : exact) += finalize_plan(graph, configuration) == STATUS_SUCCESS;
    }
  REQUIRE(exact > 0 && rounding > 0);
}

// The first plan is one for tensor cores: 1 + 2^-11 loses its last bit there.
void tensor_cores_round_floats() {
  Graph graph;
  forward(graph, 16, DATA_FLOAT);
  graph.operands.at(1).values.assign(256, 1 + 0x1p-11f);
  graph.operands.at(2).values.assign(256, 1);
  graph.run();
  REQUIRE(graph.operands.at(3).values[0] == 16);
}

void plans_are_made_with_the_properties_of_the_device_that_is_there() {
  Graph graph;
  forward(graph, 16, DATA_HALF);
  void* device = graph.descriptors.finalize(graph.descriptors.create(BACKEND_DEVICEPROP_DESCRIPTOR));
  void* plan = graph.descriptors.create(BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  graph.descriptors.set_child(plan, ATTR_EXECUTION_PLAN_ENGINE_CONFIG, graph.configurations(HEUR_MODE_A)[0]);
  graph.descriptors.set_child(plan, ATTR_EXECUTION_PLAN_DEVICEPROP, device);
  graph.descriptors.finalize(plan);
}

void odd_channels_have_fewer_engines() {
  Graph graph;
  forward(graph, 3, DATA_HALF);
  int finalized = 0, refused = 0;
  for (int mode : {HEUR_MODE_A, HEUR_MODE_B, HEUR_MODE_FALLBACK})
    for (void* configuration : graph.configurations(mode))
      (finalize_plan(graph, configuration) == STATUS_SUCCESS ? finalized : refused)++;
  REQUIRE(finalized > 0 && refused > 0);
}

void configurations_are_rebuilt_from_numbers() {
  Graph graph;
  forward(graph, 16, DATA_HALF);
  for (void* configuration : graph.configurations(HEUR_MODE_A)) {
    int64_t index = read<int64_t>(engine_of(graph, configuration), ATTR_ENGINE_GLOBAL_INDEX, TYPE_INT64)[0];
    std::vector<void*> choices;
    for (void* knob : knobs_of(graph, configuration)) {
      void* choice = graph.descriptors.create(BACKEND_KNOB_CHOICE_DESCRIPTOR);
      graph.descriptors.set_int(choice, ATTR_KNOB_CHOICE_KNOB_TYPE, TYPE_KNOB_TYPE,
                                read<int>(knob, ATTR_KNOB_CHOICE_KNOB_TYPE, TYPE_KNOB_TYPE)[0]);
      graph.descriptors.set_int64(choice, ATTR_KNOB_CHOICE_KNOB_VALUE,
                                  read<int64_t>(knob, ATTR_KNOB_CHOICE_KNOB_VALUE, TYPE_INT64));
      choices.push_back(graph.descriptors.finalize(choice));
    }
    void* engine = graph.descriptors.create(BACKEND_ENGINE_DESCRIPTOR);
    graph.descriptors.set_child(engine, ATTR_ENGINE_OPERATION_GRAPH, graph.finish());
    graph.descriptors.set_int64(engine, ATTR_ENGINE_GLOBAL_INDEX, {index});
    graph.descriptors.finalize(engine);
    void* rebuilt = graph.descriptors.create(BACKEND_ENGINECFG_DESCRIPTOR);
    graph.descriptors.set_child(rebuilt, ATTR_ENGINECFG_ENGINE, engine);
    graph.descriptors.set(rebuilt, ATTR_ENGINECFG_KNOB_CHOICES, TYPE_BACKEND_DESCRIPTOR,
                          static_cast<int64_t>(choices.size()), choices.data());
    graph.descriptors.finalize(rebuilt);
    REQUIRE(finalize_plan(graph, rebuilt) == STATUS_SUCCESS);
    REQUIRE(read<int64_t>(rebuilt, ATTR_ENGINECFG_WORKSPACE_SIZE, TYPE_INT64) ==
            read<int64_t>(configuration, ATTR_ENGINECFG_WORKSPACE_SIZE, TYPE_INT64));
  }
  void* unknown = graph.descriptors.create(BACKEND_ENGINE_DESCRIPTOR);
  graph.descriptors.set_child(unknown, ATTR_ENGINE_OPERATION_GRAPH, graph.finish());
  graph.descriptors.set_int64(unknown, ATTR_ENGINE_GLOBAL_INDEX, {79});
  REQUIRE(cudnnBackendFinalize(unknown) == STATUS_NOT_SUPPORTED);
}

// A main-loop fusion: scale, bias, ReLU, convolution, statistics.
void main_loop(Graph& graph, int type, int coefficients) {
  Operand& x = graph.image(2, 16, 4, 4, type);
  Operand& scale = graph.channels(16, coefficients);
  Operand& bias = graph.channels(16, coefficients);
  Operand& scaled = graph.image(2, 16, 4, 4, DATA_FLOAT, VIRTUAL);
  Operand& shifted = graph.image(2, 16, 4, 4, DATA_FLOAT, VIRTUAL);
  Operand& active = graph.image(2, 16, 4, 4, DATA_FLOAT, VIRTUAL);
  Operand& w = graph.image(8, 16, 3, 3, type);
  Operand& y = graph.image(2, 8, 4, 4, type);
  graph.pointwise(POINTWISE_MUL, x, &scale, scaled);
  graph.pointwise(POINTWISE_ADD, scaled, &bias, shifted);
  graph.pointwise(POINTWISE_RELU_FWD, shifted, nullptr, active);
  graph.convolution(BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
                    {{ATTR_OPERATION_CONVOLUTION_FORWARD_X, &active},
                     {ATTR_OPERATION_CONVOLUTION_FORWARD_W, &w},
                     {ATTR_OPERATION_CONVOLUTION_FORWARD_Y, &y}},
                    1, 1);
  graph.statistics(y, graph.channels(8), graph.channels(8));
}

void main_loop_fusions_want_halves_and_their_devices() {
  for (int64_t capability : {80, 90, 100, 120}) {
    DONE(software_device_set("compute-capability", capability));
    Graph half, bfloat16, single;
    main_loop(half, DATA_HALF, DATA_HALF);
    main_loop(bfloat16, DATA_BFLOAT16, DATA_BFLOAT16);
    REQUIRE((half.plan() != nullptr) == (capability <= 90));
    REQUIRE(bfloat16.plan() == nullptr);
  }
  DONE(software_device_set("compute-capability", 90));
}

void norms_want_whole_groups_of_channels(int type, int64_t channels, bool fits) {
  Graph graph;
  Operand& x = graph.image(2, channels, 4, 4, type);
  Operand& y = graph.image(2, channels, 4, 4, type);
  graph.norm_forward({{ATTR_OPERATION_NORM_FWD_XDESC, &x},
                      {ATTR_OPERATION_NORM_FWD_MEAN_DESC, &graph.channels(channels)},
                      {ATTR_OPERATION_NORM_FWD_INV_VARIANCE_DESC, &graph.channels(channels)},
                      {ATTR_OPERATION_NORM_FWD_SCALE_DESC, &graph.channels(channels)},
                      {ATTR_OPERATION_NORM_FWD_BIAS_DESC, &graph.channels(channels)},
                      {ATTR_OPERATION_NORM_FWD_EPSILON_DESC, &graph.scalar(1)},
                      {ATTR_OPERATION_NORM_FWD_YDESC, &y}});
  REQUIRE((graph.plan() != nullptr) == fits);
}

void norms_want_16_bytes_of_channels() {
  norms_want_whole_groups_of_channels(DATA_HALF, 8, true);
  norms_want_whole_groups_of_channels(DATA_BFLOAT16, 12, false);
  norms_want_whole_groups_of_channels(DATA_FLOAT, 12, true);
  norms_want_whole_groups_of_channels(DATA_FLOAT, 35, false);
}

void a_sum_without_relu_has_no_engine_behind_a_norm() {
  Graph graph;
  Operand& x = graph.image(2, 8, 4, 4, DATA_HALF);
  Operand& normalised = graph.image(2, 8, 4, 4, DATA_FLOAT, VIRTUAL);
  Operand& z = graph.image(2, 8, 4, 4, DATA_HALF);
  Operand& y = graph.image(2, 8, 4, 4, DATA_HALF);
  graph.norm_forward({{ATTR_OPERATION_NORM_FWD_XDESC, &x},
                      {ATTR_OPERATION_NORM_FWD_SCALE_DESC, &graph.channels(8)},
                      {ATTR_OPERATION_NORM_FWD_BIAS_DESC, &graph.channels(8)},
                      {ATTR_OPERATION_NORM_FWD_EPSILON_DESC, &graph.scalar(1)},
                      {ATTR_OPERATION_NORM_FWD_YDESC, &normalised}});
  graph.pointwise(POINTWISE_ADD, normalised, &z, y);
  REQUIRE(graph.configurations(HEUR_MODE_A).empty());
  char why[300];
  cudnnGetLastErrorString(why, sizeof why);
  REQUIRE(std::string(why).find("no ADD alone") != std::string::npos);
}

void plans_are_made_for_devices_that_are_not_there() {
  Graph graph;
  main_loop(graph, DATA_HALF, DATA_HALF);
  void* here = graph.descriptors.create(BACKEND_DEVICEPROP_DESCRIPTOR);
  graph.descriptors.finalize(here);
  std::vector<char> json = read<char>(here, ATTR_DEVICEPROP_JSON_REPRESENTATION, TYPE_CHAR);
  std::string text = json.data();
  REQUIRE(text.find("\"deviceVer\":900") != std::string::npos);
  for (const char* version : {"900", "1000"}) {
    std::string other = text;
    other.replace(other.find(":900"), 4, std::string(":") + version);
    void* device = graph.descriptors.create(BACKEND_DEVICEPROP_DESCRIPTOR);
    graph.descriptors.set(device, ATTR_DEVICEPROP_JSON_REPRESENTATION, TYPE_CHAR, static_cast<int64_t>(other.size()) + 1,
                          other.c_str());
    graph.descriptors.finalize(device);
    void* cache = graph.descriptors.create(BACKEND_KERNEL_CACHE_DESCRIPTOR);
    graph.descriptors.set_child(cache, ATTR_KERNEL_CACHE_OPERATION_GRAPH, graph.finish());
    graph.descriptors.finalize(cache);
    void* plan = graph.descriptors.create(BACKEND_EXECUTION_PLAN_DESCRIPTOR);
    graph.descriptors.set_child(plan, ATTR_EXECUTION_PLAN_ENGINE_CONFIG, graph.configurations(HEUR_MODE_A)[0]);
    graph.descriptors.set_child(plan, ATTR_EXECUTION_PLAN_KERNEL_CACHE, cache);
    graph.descriptors.set_child(plan, ATTR_EXECUTION_PLAN_DEVICEPROP, device);
    bool supported = std::string(version) == "900";
    REQUIRE(cudnnBackendFinalize(plan) == (supported ? STATUS_SUCCESS : STATUS_NOT_SUPPORTED));
  }
  void* broken = graph.descriptors.create(BACKEND_DEVICEPROP_DESCRIPTOR);
  graph.descriptors.set(broken, ATTR_DEVICEPROP_JSON_REPRESENTATION, TYPE_CHAR, 3, "{}");
  REQUIRE(cudnnBackendFinalize(broken) == STATUS_BAD_PARAM);
}

}  // namespace
}  // namespace cudnn_test

const std::vector<Case> CUDNN_ENGINE_CASES = {
#define CASE(name) {"cudnn: " #name, cudnn_test::name}
    CASE(heuristics_answer_several_kinds_of_engines), CASE(odd_channels_have_fewer_engines),
    CASE(exact_floats_have_engines_without_a_note), CASE(tensor_cores_round_floats),
    CASE(plans_are_made_with_the_properties_of_the_device_that_is_there),
    CASE(configurations_are_rebuilt_from_numbers), CASE(main_loop_fusions_want_halves_and_their_devices),
    CASE(norms_want_16_bytes_of_channels), CASE(a_sum_without_relu_has_no_engine_behind_a_norm),
    CASE(plans_are_made_for_devices_that_are_not_there),
};
