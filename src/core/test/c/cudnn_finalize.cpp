// What finalising means for each type of descriptor.
#include "cudnn_descriptor.h"
#include "cudnn_plan.h"
#include "cudnn_support.h"
#include "software_device.h"

namespace cudnn {
namespace {

constexpr const char* FUNCTION = "cudnnBackendFinalize";

int wrong(const Descriptor& descriptor, const std::string& reason) {
  return misuse(FUNCTION, STATUS_BAD_PARAM, "%s: %s", descriptor_name(descriptor.type), reason.c_str());
}

std::shared_ptr<Descriptor> made(int type) {
  auto descriptor = std::make_shared<Descriptor>();
  descriptor->type = type;
  descriptor->finalized = true;
  return descriptor;
}

int finalize_convolution(const Descriptor& descriptor) {
  int64_t spatial = descriptor.value<int64_t>(ATTR_CONVOLUTION_SPATIAL_DIMS, 0);
  for (int name : {ATTR_CONVOLUTION_DILATIONS, ATTR_CONVOLUTION_FILTER_STRIDES, ATTR_CONVOLUTION_PRE_PADDINGS,
                   ATTR_CONVOLUTION_POST_PADDINGS}) {
    std::vector<int64_t> values = descriptor.values<int64_t>(name);
    bool padding = name == ATTR_CONVOLUTION_PRE_PADDINGS || name == ATTR_CONVOLUTION_POST_PADDINGS;
    if (static_cast<int64_t>(values.size()) != spatial)
      return wrong(descriptor, std::string(attribute_row(descriptor.type, name)->text) + " has " +
                                   std::to_string(values.size()) + " elements for " + std::to_string(spatial) + " dimensions");
    for (int64_t value : values)
      if (value < (padding ? 0 : 1))
        return wrong(descriptor, std::string(attribute_row(descriptor.type, name)->text) + " is " + text(values));
  }
  if (descriptor.value<int>(ATTR_CONVOLUTION_CONV_MODE, 0) != CROSS_CORRELATION)
    return refuse(STATUS_NOT_SUPPORTED, "the double only cross-correlates");
  if (spatial != 2) return refuse(STATUS_NOT_SUPPORTED, "the double only convolves in two dimensions");
  return STATUS_SUCCESS;
}

int finalize_graph(Descriptor& descriptor) {
  std::vector<NodePointer> nodes;
  for (const auto& operation : descriptor.attributes.at(ATTR_OPERATIONGRAPH_OPS).descriptors) {
    if (!operation->node) return wrong(descriptor, std::string("holds a ") + descriptor_name(operation->type));
    nodes.push_back(operation->node);
  }
  auto graph = std::make_shared<Graph>();
  std::string reason = read_graph(nodes, *graph);
  if (!reason.empty()) return wrong(descriptor, reason);
  descriptor.graph = graph;
  descriptor.put<int64_t>(ATTR_OPERATIONGRAPH_ENGINE_GLOBAL_COUNT, TYPE_INT64, {ENGINE_COUNT});
  return STATUS_SUCCESS;
}

// Fills in what can be read of an engine.
void describe_engine(Descriptor& descriptor) {
  const Engine& engine = *cudnn::engine(descriptor.choice->engine);
  std::vector<int> numerical, behavior;
  if (engine.tensor_cores) numerical.push_back(NUMERICAL_NOTE_TENSOR_CORE);
  if (rounds_floats(*descriptor.choice)) numerical.push_back(NUMERICAL_NOTE_DOWN_CONVERT_INPUTS);
  if (engine.nondeterministic) numerical.push_back(NUMERICAL_NOTE_NONDETERMINISTIC);
  if (engine.compiles) behavior.push_back(BEHAVIOR_NOTE_RUNTIME_COMPILATION);
  descriptor.put<int>(ATTR_ENGINE_NUMERICAL_NOTE, TYPE_NUMERICAL_NOTE, numerical);
  descriptor.put<int>(ATTR_ENGINE_BEHAVIOR_NOTE, TYPE_BEHAVIOR_NOTE, behavior);
  std::vector<std::shared_ptr<Descriptor>> knobs;
  for (const Knob& knob : engine.knobs) {
    auto info = made(BACKEND_KNOB_INFO_DESCRIPTOR);
    info->put<int>(ATTR_KNOB_INFO_TYPE, TYPE_KNOB_TYPE, {knob.type});
    info->put<int64_t>(ATTR_KNOB_INFO_MINIMUM_VALUE, TYPE_INT64, {knob.least});
    info->put<int64_t>(ATTR_KNOB_INFO_MAXIMUM_VALUE, TYPE_INT64, {knob.most});
    info->put<int64_t>(ATTR_KNOB_INFO_STRIDE, TYPE_INT64, {1});
    knobs.push_back(info);
  }
  descriptor.put_children(ATTR_ENGINE_KNOB_INFO, knobs);
}

int finalize_engine(Descriptor& descriptor) {
  int64_t index = descriptor.value<int64_t>(ATTR_ENGINE_GLOBAL_INDEX, -1);
  if (!engine(index)) return refuse(STATUS_NOT_SUPPORTED, "no engine has the global index %lld", static_cast<long long>(index));
  const Descriptor* device = descriptor.child(ATTR_ENGINE_DEVICEPROP);
  auto choice = std::make_shared<EngineChoice>();
  choice->graph = descriptor.child(ATTR_ENGINE_OPERATION_GRAPH)->graph;
  choice->engine = index;
  choice->capability = device ? device->capability : 0;
  choice->described = device && device->described;
  descriptor.choice = choice;
  describe_engine(descriptor);
  return STATUS_SUCCESS;
}

void describe_configuration(Descriptor& descriptor, const EngineChoice& choice) {
  descriptor.put<int64_t>(ATTR_ENGINECFG_WORKSPACE_SIZE, TYPE_INT64, {workspace_bytes(choice)});
  descriptor.put<int64_t>(ATTR_ENGINECFG_SHARED_MEMORY_USED, TYPE_INT64, {49152});
}

int finalize_configuration(Descriptor& descriptor) {
  auto choice = std::make_shared<EngineChoice>(*descriptor.child(ATTR_ENGINECFG_ENGINE)->choice);
  const std::vector<Knob>& knobs = engine(choice->engine)->knobs;
  for (const Knob& knob : knobs) choice->knobs[knob.type] = knob.usual;
  if (descriptor.has(ATTR_ENGINECFG_KNOB_CHOICES))
    for (const auto& chosen : descriptor.attributes.at(ATTR_ENGINECFG_KNOB_CHOICES).descriptors) {
      int type = chosen->value<int>(ATTR_KNOB_CHOICE_KNOB_TYPE, 0);
      int64_t value = chosen->value<int64_t>(ATTR_KNOB_CHOICE_KNOB_VALUE, 0);
      bool fits = false;
      for (const Knob& knob : knobs) fits |= knob.type == type && knob.least <= value && value <= knob.most;
      if (!fits)
        return refuse(STATUS_NOT_SUPPORTED, "engine %lld takes no value %lld of knob %d", static_cast<long long>(choice->engine),
                      static_cast<long long>(value), type);
      choice->knobs[type] = value;
    }
  descriptor.choice = choice;
  describe_configuration(descriptor, *choice);
  return STATUS_SUCCESS;
}

// The configuration that stands for a choice, as if a program had made it.
std::shared_ptr<Descriptor> configuration(const EngineChoice& choice, const Descriptor& heuristics) {
  auto chosen_engine = made(BACKEND_ENGINE_DESCRIPTOR);
  chosen_engine->choice = std::make_shared<EngineChoice>(choice);
  chosen_engine->put<int64_t>(ATTR_ENGINE_GLOBAL_INDEX, TYPE_INT64, {choice.engine});
  chosen_engine->attributes[ATTR_ENGINE_OPERATION_GRAPH] = heuristics.attributes.at(ATTR_ENGINEHEUR_OPERATION_GRAPH);
  describe_engine(*chosen_engine);
  std::vector<std::shared_ptr<Descriptor>> knobs;
  for (auto [type, value] : choice.knobs) {
    auto knob = made(BACKEND_KNOB_CHOICE_DESCRIPTOR);
    knob->put<int>(ATTR_KNOB_CHOICE_KNOB_TYPE, TYPE_KNOB_TYPE, {type});
    knob->put<int64_t>(ATTR_KNOB_CHOICE_KNOB_VALUE, TYPE_INT64, {value});
    knobs.push_back(knob);
  }
  auto result = made(BACKEND_ENGINECFG_DESCRIPTOR);
  result->choice = chosen_engine->choice;
  result->put_children(ATTR_ENGINECFG_ENGINE, {chosen_engine});
  result->put_children(ATTR_ENGINECFG_KNOB_CHOICES, knobs);
  describe_configuration(*result, choice);
  return result;
}

int finalize_heuristics(Descriptor& descriptor) {
  int mode = descriptor.value<int>(ATTR_ENGINEHEUR_MODE, -1);
  if (mode < HEUR_MODE_INSTANT || mode > HEUR_MODE_A) return wrong(descriptor, "mode " + std::to_string(mode));
  const Descriptor* device = descriptor.child(ATTR_ENGINEHEUR_DEVICEPROP);
  int capability = device ? device->capability : current_capability();
  if (capability == 0) return refuse(STATUS_NOT_INITIALIZED, "heuristics want a device or the description of one");
  std::vector<std::shared_ptr<Descriptor>> results;
  const auto& graph = descriptor.child(ATTR_ENGINEHEUR_OPERATION_GRAPH)->graph;
  for (EngineChoice choice : choices(graph, mode, capability)) {
    choice.capability = device ? capability : 0;
    choice.described = device && device->described;
    results.push_back(configuration(choice, descriptor));
  }
  if (results.empty()) refuse(STATUS_SUCCESS, "%s", refusal(*graph, capability).c_str());
  descriptor.put_children(ATTR_ENGINEHEUR_RESULTS, results);
  return STATUS_SUCCESS;
}

int finalize_plan(Descriptor& descriptor) {
  const EngineChoice& choice = *descriptor.child(ATTR_EXECUTION_PLAN_ENGINE_CONFIG)->choice;
  const Descriptor* device = descriptor.child(ATTR_EXECUTION_PLAN_DEVICEPROP);
  if ((device ? device->described : choice.described) && !descriptor.has(ATTR_EXECUTION_PLAN_KERNEL_CACHE))
    return misuse(FUNCTION, STATUS_INTERNAL_ERROR, "EXECUTION_PLAN: cuDNN crashes where a plan for a described device has no kernel cache");
  int capability = device ? device->capability : choice.capability ? choice.capability : current_capability();
  if (capability == 0) return refuse(STATUS_NOT_INITIALIZED, "a plan wants a device or the description of one");
  std::string reason = check_support(choice, capability);
  if (!reason.empty()) return refuse(STATUS_NOT_SUPPORTED, "%s", reason.c_str());
  auto plan = std::make_shared<Plan>();
  plan->choice = choice;
  plan->workspace = workspace_bytes(choice);
  plan->capability = capability;
  descriptor.plan = plan;
  descriptor.put<int64_t>(ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, TYPE_INT64, {plan->workspace});
  return STATUS_SUCCESS;
}

int finalize_pack(const Descriptor& descriptor) {
  std::vector<int64_t> ids = descriptor.values<int64_t>(ATTR_VARIANT_PACK_UNIQUE_IDS);
  size_t pointers = descriptor.values<void*>(ATTR_VARIANT_PACK_DATA_POINTERS).size();
  if (ids.size() != pointers)
    return wrong(descriptor, std::to_string(ids.size()) + " ids and " + std::to_string(pointers) + " pointers");
  for (size_t i = 0; i < ids.size(); i++)
    for (size_t j = 0; j < i; j++)
      if (ids[i] == ids[j]) return wrong(descriptor, "the id " + std::to_string(ids[i]) + " twice");
  return STATUS_SUCCESS;
}

int finalize_device(Descriptor& descriptor) {
  if (descriptor.has(ATTR_DEVICEPROP_JSON_REPRESENTATION)) {
    std::vector<char> characters = descriptor.values<char>(ATTR_DEVICEPROP_JSON_REPRESENTATION);
    if (characters.back() != 0) return wrong(descriptor, "the description does not end with a zero");
    descriptor.described = true;
    std::string reason = read_device_json(characters.data(), descriptor.capability);
    return reason.empty() ? STATUS_SUCCESS : refuse(STATUS_BAD_PARAM, "%s", reason.c_str());
  }
  if (current_capability() == 0) return refuse(STATUS_NOT_INITIALIZED, "there is no device");
  descriptor.capability = current_capability();
  std::string json = device_json();
  descriptor.put<char>(ATTR_DEVICEPROP_JSON_REPRESENTATION, TYPE_CHAR, {json.c_str(), json.c_str() + json.size() + 1});
  return STATUS_SUCCESS;
}

}  // namespace

int finalize(Descriptor& descriptor) {
  switch (descriptor.type) {
    case BACKEND_TENSOR_DESCRIPTOR: {
      auto tensor = std::make_shared<Tensor>();
      std::string reason = read_tensor(descriptor, *tensor);
      if (!reason.empty()) return wrong(descriptor, reason);
      descriptor.tensor = tensor;
      return STATUS_SUCCESS;
    }
    case BACKEND_CONVOLUTION_DESCRIPTOR:
      return finalize_convolution(descriptor);
    case BACKEND_POINTWISE_DESCRIPTOR:
    case BACKEND_REDUCTION_DESCRIPTOR:
    case BACKEND_RESAMPLE_DESCRIPTOR:
    case BACKEND_KNOB_CHOICE_DESCRIPTOR:
    case BACKEND_KERNEL_CACHE_DESCRIPTOR:
      return STATUS_SUCCESS;
    case BACKEND_OPERATIONGRAPH_DESCRIPTOR:
      return finalize_graph(descriptor);
    case BACKEND_ENGINE_DESCRIPTOR:
      return finalize_engine(descriptor);
    case BACKEND_ENGINECFG_DESCRIPTOR:
      return finalize_configuration(descriptor);
    case BACKEND_ENGINEHEUR_DESCRIPTOR:
      return finalize_heuristics(descriptor);
    case BACKEND_EXECUTION_PLAN_DESCRIPTOR:
      return finalize_plan(descriptor);
    case BACKEND_VARIANT_PACK_DESCRIPTOR:
      return finalize_pack(descriptor);
    case BACKEND_DEVICEPROP_DESCRIPTOR:
      return finalize_device(descriptor);
    case BACKEND_KNOB_INFO_DESCRIPTOR:
      return wrong(descriptor, "is only read");
    default: {
      auto node = std::make_shared<Node>();
      std::string reason = read_node(descriptor, *node);
      if (!reason.empty()) return wrong(descriptor, reason);
      descriptor.node = node;
      return STATUS_SUCCESS;
    }
  }
}

}  // namespace cudnn
