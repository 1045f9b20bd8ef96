// What programs must not do: each is caught, with a line that says what it was.
#include "self_test_cudnn.h"

namespace cudnn_test {
namespace {

const double ONE = 1;

// A tensor with everything set, not finalised.
void* tensor(Descriptors& descriptors, std::vector<int64_t> dims, std::vector<int64_t> strides) {
  void* tensor = descriptors.create(BACKEND_TENSOR_DESCRIPTOR);
  descriptors.set_int64(tensor, ATTR_TENSOR_UNIQUE_ID, {1});
  descriptors.set_int(tensor, ATTR_TENSOR_DATA_TYPE, TYPE_DATA_TYPE, DATA_FLOAT);
  descriptors.set_int64(tensor, ATTR_TENSOR_BYTE_ALIGNMENT, {16});
  descriptors.set_int64(tensor, ATTR_TENSOR_DIMENSIONS, dims);
  descriptors.set_int64(tensor, ATTR_TENSOR_STRIDES, strides);
  return tensor;
}

void attributes_are_checked_against_the_table() {
  Descriptors descriptors;
  void* t = descriptors.create(BACKEND_TENSOR_DESCRIPTOR);
  int64_t value = 1;
  int type = DATA_FLOAT;
  CAUGHT("TENSOR has no attribute 700", cudnnBackendSetAttribute(t, 700, TYPE_INT64, 1, &value));
  CAUGHT("TENSOR_UNIQUE_ID is of type 3, not 23", cudnnBackendSetAttribute(t, ATTR_TENSOR_UNIQUE_ID, TYPE_INT32, 1, &value));
  CAUGHT("TENSOR_DATA_TYPE is of type 1, not 3", cudnnBackendSetAttribute(t, ATTR_TENSOR_DATA_TYPE, TYPE_INT64, 1, &value));
  CAUGHT("TENSOR_DATA_TYPE takes no 2 elements", cudnnBackendSetAttribute(t, ATTR_TENSOR_DATA_TYPE, TYPE_DATA_TYPE, 2, &type));
  CAUGHT("TENSOR_UNIQUE_ID from nowhere", cudnnBackendSetAttribute(t, ATTR_TENSOR_UNIQUE_ID, TYPE_INT64, 1, nullptr));
  CAUGHT("TENSOR lacks TENSOR_UNIQUE_ID", cudnnBackendFinalize(t));
  CAUGHT("TENSOR_UNIQUE_ID of a TENSOR that is not finalised",
         cudnnBackendGetAttribute(t, ATTR_TENSOR_UNIQUE_ID, TYPE_INT64, 1, nullptr, &value));
  CAUGHT("descriptor type 99", void* d = nullptr; cudnnBackendCreateDescriptor(99, &d));
  void* plan = descriptors.create(BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  CAUGHT("EXECUTION_PLAN_WORKSPACE_SIZE is only read",
         cudnnBackendSetAttribute(plan, ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, TYPE_INT64, 1, &value));
  CAUGHT("EXECUTION_PLAN_ENGINE_CONFIG takes a ENGINECFG, not a TENSOR",
         cudnnBackendSetAttribute(plan, ATTR_EXECUTION_PLAN_ENGINE_CONFIG, TYPE_BACKEND_DESCRIPTOR, 1, &t));
}

void descriptors_have_a_life() {
  Descriptors descriptors;
  void* t = tensor(descriptors, {1, 8, 2, 2}, {32, 1, 16, 8});
  void* node = descriptors.create(BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
  CAUGHT("takes finalised descriptors",
         cudnnBackendSetAttribute(node, ATTR_OPERATION_POINTWISE_XDESC, TYPE_BACKEND_DESCRIPTOR, 1, &t));
  descriptors.finalize(t);
  int64_t id = 2;
  CAUGHT("TENSOR_UNIQUE_ID of a finalised TENSOR", cudnnBackendSetAttribute(t, ATTR_TENSOR_UNIQUE_ID, TYPE_INT64, 1, &id));
  CAUGHT("finalised already", cudnnBackendFinalize(t));
  void* gone = nullptr;
  DONE(cudnnBackendCreateDescriptor(BACKEND_TENSOR_DESCRIPTOR, &gone));
  DONE(cudnnBackendDestroyDescriptor(gone));
  CAUGHT("cudnn descriptor", cudnnBackendFinalize(gone));
  CAUGHT("cudnn descriptor", cudnnBackendDestroyDescriptor(gone));
  CAUGHT("cudnn descriptor",
         cudnnBackendSetAttribute(node, ATTR_OPERATION_POINTWISE_XDESC, TYPE_BACKEND_DESCRIPTOR, 1, &gone));
  CAUGHT("cudnnDestroy", cudnnDestroy(t));
  int64_t before = software_device_get("leaks");
  void* left = nullptr;
  DONE(cudnnBackendCreateDescriptor(BACKEND_TENSOR_DESCRIPTOR, &left));
  REQUIRE(software_device_get("leaks") == before + 1);
  DONE(cudnnBackendDestroyDescriptor(left));
}

void tensors_must_have_room_for_their_elements() {
  Descriptors descriptors;
  CAUGHT("overlap", cudnnBackendFinalize(tensor(descriptors, {1, 8, 2, 2}, {32, 1, 8, 8})));
  CAUGHT("not all positive", cudnnBackendFinalize(tensor(descriptors, {1, 0, 2, 2}, {32, 1, 16, 8})));
  CAUGHT("differ in number", cudnnBackendFinalize(tensor(descriptors, {1, 8, 2, 2}, {32, 1, 16})));
}

void forward(Graph& graph, int64_t rows, int64_t window) {
  graph.convolution(BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR,
                    {{ATTR_OPERATION_CONVOLUTION_FORWARD_X, &graph.image(1, 8, 4, 4, DATA_FLOAT)},
                     {ATTR_OPERATION_CONVOLUTION_FORWARD_W, &graph.image(8, 8, window, window, DATA_FLOAT)},
                     {ATTR_OPERATION_CONVOLUTION_FORWARD_Y, &graph.image(1, 8, rows, 4, DATA_FLOAT)}},
                    1, window / 2);
}

// Runs something that throws because a call that must succeed does not.
template <typename Run>
void ignored(Run run) {
  try {
    run();
  } catch (const Failure&) {
  }
}

void shapes_must_fit() {
  Graph graph;
  CAUGHT("a response of extent 3", ignored([&] { forward(graph, 3, 3); }));
  Operand& x = graph.image(1, 8, 4, 4, DATA_FLOAT);
  Operand& b = graph.image(1, 8, 4, 2, DATA_FLOAT);
  Operand& y = graph.image(1, 8, 4, 4, DATA_FLOAT);
  CAUGHT("does not spread", ignored([&] { graph.pointwise(POINTWISE_ADD, x, &b, y); }));
  CAUGHT("not those of pointwise mode 0", ignored([&] { graph.pointwise(POINTWISE_ADD, x, nullptr, y); }));
  CAUGHT("GENSTATS_SUMDESC is (1 4 1 1), not (1 8 1 1)",
         ignored([&] { graph.statistics(x, graph.channels(4), graph.channels(8)); }));
  CAUGHT("must be given by value", ignored([&] {
           graph.norm_forward({{ATTR_OPERATION_NORM_FWD_XDESC, &x},
                               {ATTR_OPERATION_NORM_FWD_SCALE_DESC, &graph.channels(8)},
                               {ATTR_OPERATION_NORM_FWD_BIAS_DESC, &graph.channels(8)},
                               {ATTR_OPERATION_NORM_FWD_EPSILON_DESC, &graph.image(1, 1, 1, 1, DATA_FLOAT)},
                               {ATTR_OPERATION_NORM_FWD_YDESC, &y}});
         }));
}

void virtual_tensors_are_made_once_and_used() {
  Operand* operands[4];
  auto images = [&](Graph& graph) {
    for (Operand*& operand : operands) operand = &graph.image(1, 8, 4, 4, DATA_FLOAT, &operand == operands ? MEMORY : VIRTUAL);
  };
  Graph unmade, unused, twice, cycle;
  images(unmade);
  Operand& y = unmade.image(1, 8, 4, 4, DATA_FLOAT);
  unmade.pointwise(POINTWISE_IDENTITY, *operands[1], nullptr, y);
  CAUGHT("virtual tensor 2 is not made", ignored([&] { unmade.finish(); }));
  images(unused);
  unused.pointwise(POINTWISE_IDENTITY, *operands[0], nullptr, *operands[1]);
  CAUGHT("virtual tensor 2 is not used", ignored([&] { unused.finish(); }));
  images(twice);
  Operand& z = twice.image(1, 8, 4, 4, DATA_FLOAT);
  twice.pointwise(POINTWISE_IDENTITY, *operands[0], nullptr, z);
  twice.pointwise(POINTWISE_NEG, *operands[0], nullptr, z);
  CAUGHT("written by two operations", ignored([&] { twice.finish(); }));
  images(cycle);
  cycle.pointwise(POINTWISE_IDENTITY, *operands[1], nullptr, *operands[2]);
  cycle.pointwise(POINTWISE_IDENTITY, *operands[2], nullptr, *operands[1]);
  CAUGHT("cycle", ignored([&] { cycle.finish(); }));
}

void ids_stand_for_one_tensor() {
  Graph graph;
  Operand x = graph.image(1, 8, 4, 4, DATA_FLOAT);
  graph.pointwise(POINTWISE_IDENTITY, x, nullptr, graph.image(1, 8, 4, 4, DATA_FLOAT));
  Descriptors descriptors;
  Graph other;
  other.pointwise(POINTWISE_IDENTITY, other.image(2, 8, 4, 4, DATA_FLOAT), nullptr, other.image(2, 8, 4, 4, DATA_FLOAT));
  void* both = descriptors.create(BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  void* nodes[] = {graph.last(), other.last()};
  descriptors.set(both, ATTR_OPERATIONGRAPH_OPS, TYPE_BACKEND_DESCRIPTOR, 2, nodes);
  CAUGHT("two different tensors have the id", cudnnBackendFinalize(both));
}

// y = -x on the device, with what the pack holds changed by the case.
struct Execution {
  Fixture fixture{4096};
  Graph graph;
  void *plan, *handle = nullptr;
  std::vector<int64_t> ids = {1, 2};
  std::vector<void*> pointers;

  Execution() {
    Operand& x = graph.image(1, 8, 4, 4, DATA_FLOAT);
    graph.pointwise(POINTWISE_NEG, x, nullptr, graph.image(1, 8, 4, 4, DATA_FLOAT));
    plan = graph.plan();
    DONE(cudnnCreate(&handle));
    DONE(cudnnSetStream(handle, fixture.stream));
    pointers = {at(0), at(1024)};
  }

  ~Execution() { cudnnDestroy(handle); }

  void* at(int64_t offset) { return reinterpret_cast<void*>(fixture.memory + offset); }

  int execute() {
    void *pack = graph.descriptors.create(BACKEND_VARIANT_PACK_DESCRIPTOR), *none = nullptr;
    graph.descriptors.set_int64(pack, ATTR_VARIANT_PACK_UNIQUE_IDS, ids);
    graph.descriptors.set(pack, ATTR_VARIANT_PACK_DATA_POINTERS, TYPE_VOID_PTR, static_cast<int64_t>(pointers.size()),
                          pointers.data());
    graph.descriptors.set(pack, ATTR_VARIANT_PACK_WORKSPACE, TYPE_VOID_PTR, 1, &none);
    int status = cudnnBackendFinalize(pack);
    return status == STATUS_SUCCESS ? cudnnBackendExecute(handle, plan, pack) : status;
  }
};

void packs_are_checked_against_the_graph() {
  Execution e;
  DONE(e.execute());
  e.ids = {1};
  CAUGHT("1 ids and 2 pointers", e.execute());
  e.pointers = {e.at(0)};
  CAUGHT("the pack lacks tensor 2", e.execute());
  e.ids = {1, 3}, e.pointers = {e.at(0), e.at(1024)};
  CAUGHT("no tensor 3 in memory", e.execute());
  e.ids = {1, 1};
  CAUGHT("the id 1 twice", e.execute());
  e.ids = {1, 2}, e.pointers = {e.at(0), nullptr};
  CAUGHT("tensor 2 is null", e.execute());
  e.pointers = {e.at(0), e.at(1028)};
  CAUGHT("tensor 2", e.execute());
  e.pointers = {e.at(0), e.at(4096 - 256)};
  CAUGHT("tensor 2", e.execute());
  alignas(16) static float host[128];
  e.pointers = {host, e.at(1024)};
  CAUGHT("tensor 1", e.execute());
}

void plans_run_later_and_in_graphs() {
  Execution e;
  std::vector<float> x(128, 3);
  e.fixture.put(e.fixture.memory, x);
  OK(cuStreamBeginCapture_v2(e.fixture.stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
  DONE(e.execute());
  CUgraph captured = nullptr;
  OK(cuStreamEndCapture(e.fixture.stream, &captured));
  CUgraphExec launched = nullptr;
  OK(cuGraphInstantiateWithFlags(&launched, captured, 0));
  for (float value : {3.0f, 5.0f}) {
    e.fixture.put(e.fixture.memory, std::vector<float>(128, value));
    OK(cuGraphLaunch(launched, e.fixture.stream));
    OK(cuStreamSynchronize(e.fixture.stream));
    REQUIRE(e.fixture.get(e.fixture.memory + 1024, 128)[127] == -value);
  }
  OK(cuGraphExecDestroy(launched));
  OK(cuGraphDestroy(captured));
}

void plans_of_other_devices_do_not_run() {
  Execution e;
  DONE(software_device_set("compute-capability", 80));
  CAUGHT("the plan is for compute capability 90, the device has 80", e.execute());
  DONE(software_device_set("compute-capability", 90));
}

void described_devices_want_a_kernel_cache() {
  Graph graph;
  forward(graph, 4, 3);
  void* here = graph.descriptors.finalize(graph.descriptors.create(BACKEND_DEVICEPROP_DESCRIPTOR));
  char json[2000];
  int64_t length = 0;
  DONE(cudnnBackendGetAttribute(here, ATTR_DEVICEPROP_JSON_REPRESENTATION, TYPE_CHAR, sizeof json, &length, json));
  void* device = graph.descriptors.create(BACKEND_DEVICEPROP_DESCRIPTOR);
  graph.descriptors.set(device, ATTR_DEVICEPROP_JSON_REPRESENTATION, TYPE_CHAR, length, json);
  graph.descriptors.finalize(device);
  void* plan = graph.descriptors.create(BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  graph.descriptors.set_child(plan, ATTR_EXECUTION_PLAN_ENGINE_CONFIG, graph.configurations(HEUR_MODE_A)[0]);
  graph.descriptors.set_child(plan, ATTR_EXECUTION_PLAN_DEVICEPROP, device);
  CAUGHT("no kernel cache", cudnnBackendFinalize(plan));
}

void numbers_may_be_float_or_double() {
  Descriptors descriptors;
  void* node = descriptors.create(BACKEND_OPERATION_POINTWISE_DESCRIPTOR);
  float one = 1;
  descriptors.set(node, ATTR_OPERATION_POINTWISE_ALPHA1, TYPE_FLOAT, 1, &one);
  descriptors.set(node, ATTR_OPERATION_POINTWISE_ALPHA1, TYPE_DOUBLE, 1, &ONE);
}

}  // namespace
}  // namespace cudnn_test

const std::vector<Case> CUDNN_MISUSE_CASES = {
#define CASE(name) {"cudnn: " #name, cudnn_test::name}
    CASE(attributes_are_checked_against_the_table), CASE(descriptors_have_a_life),
    CASE(tensors_must_have_room_for_their_elements), CASE(shapes_must_fit), CASE(virtual_tensors_are_made_once_and_used),
    CASE(ids_stand_for_one_tensor), CASE(packs_are_checked_against_the_graph), CASE(plans_run_later_and_in_graphs),
    CASE(plans_of_other_devices_do_not_run), CASE(described_devices_want_a_kernel_cache), CASE(numbers_may_be_float_or_double),
};
