#include "self_test_cudnn.h"

#include <cmath>
#include <cstring>

#include "cudnn_descriptor.h"
#include "cudnn_graph.h"
#include "cudnn_values.h"

namespace cudnn_test {

int64_t Operand::elements() const {
  int64_t product = 1;
  for (int64_t extent : dims) product *= extent;
  return product;
}

Descriptors::~Descriptors() {
  for (void* descriptor : created) cudnnBackendDestroyDescriptor(descriptor);
}

void* Descriptors::create(int type) {
  void* descriptor = nullptr;
  DONE(cudnnBackendCreateDescriptor(type, &descriptor));
  created.push_back(descriptor);
  return descriptor;
}

void Descriptors::set(void* descriptor, int name, int type, int64_t count, const void* elements) {
  if (cudnnBackendSetAttribute(descriptor, name, type, count, elements) == STATUS_SUCCESS) return;
  char why[300];
  cudnnGetLastErrorString(why, sizeof why);
  throw Failure{"attribute " + std::to_string(name) + ": " + why};
}

void Descriptors::set_int(void* descriptor, int name, int type, int value) { set(descriptor, name, type, 1, &value); }

void Descriptors::set_int64(void* descriptor, int name, std::vector<int64_t> values) {
  set(descriptor, name, TYPE_INT64, static_cast<int64_t>(values.size()), values.data());
}

void Descriptors::set_double(void* descriptor, int name, double value) { set(descriptor, name, TYPE_DOUBLE, 1, &value); }

void Descriptors::set_child(void* descriptor, int name, void* child) {
  set(descriptor, name, TYPE_BACKEND_DESCRIPTOR, 1, &child);
}

void* Descriptors::finalize(void* descriptor) {
  if (cudnnBackendFinalize(descriptor) == STATUS_SUCCESS) return descriptor;
  char why[300];
  cudnnGetLastErrorString(why, sizeof why);
  throw Failure{why};
}

Operand& Graph::image(int64_t n, int64_t c, int64_t h, int64_t w, int type, Storage storage) {
  int64_t id = static_cast<int64_t>(operands.size()) + 1;
  return operands[id] = Operand{id, {n, c, h, w}, type, storage, {}};
}

Operand& Graph::scalar(float value, int type) {
  Operand& operand = image(1, 1, 1, 1, type, BY_VALUE);
  operand.values = {value};
  return operand;
}

void* Graph::tensor(const Operand& operand) {
  void*& made = tensors[operand.id];
  if (made) return made;
  made = descriptors.create(BACKEND_TENSOR_DESCRIPTOR);
  int64_t c = operand.dims[1], h = operand.dims[2], w = operand.dims[3];
  bool is_virtual = operand.storage == VIRTUAL, by_value = operand.storage == BY_VALUE;
  descriptors.set_int64(made, ATTR_TENSOR_UNIQUE_ID, {operand.id});
  descriptors.set_int(made, ATTR_TENSOR_DATA_TYPE, TYPE_DATA_TYPE, operand.type);
  descriptors.set_int64(made, ATTR_TENSOR_BYTE_ALIGNMENT, {16});
  descriptors.set_int64(made, ATTR_TENSOR_DIMENSIONS, operand.dims);
  descriptors.set_int64(made, ATTR_TENSOR_STRIDES, {c * h * w, 1, c * w, c});
  descriptors.set(made, ATTR_TENSOR_IS_VIRTUAL, TYPE_BOOLEAN, 1, &is_virtual);
  descriptors.set(made, ATTR_TENSOR_IS_BY_VALUE, TYPE_BOOLEAN, 1, &by_value);
  return descriptors.finalize(made);
}

void* Graph::operation(int kind, const std::map<int, const Operand*>& operands) {
  void* operation = descriptors.create(kind);
  for (auto [attribute, operand] : operands) descriptors.set_child(operation, attribute, tensor(*operand));
  operations.push_back(operation);
  return operation;
}

void Graph::convolution(int kind, const std::map<int, const Operand*>& operands, int64_t stride, int64_t padding,
                        int64_t dilation, int math, double beta) {
  void* parameters = descriptors.create(BACKEND_CONVOLUTION_DESCRIPTOR);
  descriptors.set_int(parameters, ATTR_CONVOLUTION_COMP_TYPE, TYPE_DATA_TYPE, math);
  descriptors.set_int(parameters, ATTR_CONVOLUTION_CONV_MODE, TYPE_CONVOLUTION_MODE, CROSS_CORRELATION);
  descriptors.set_int64(parameters, ATTR_CONVOLUTION_SPATIAL_DIMS, {2});
  descriptors.set_int64(parameters, ATTR_CONVOLUTION_DILATIONS, {dilation, dilation});
  descriptors.set_int64(parameters, ATTR_CONVOLUTION_FILTER_STRIDES, {stride, stride});
  descriptors.set_int64(parameters, ATTR_CONVOLUTION_PRE_PADDINGS, {padding, padding});
  descriptors.set_int64(parameters, ATTR_CONVOLUTION_POST_PADDINGS, {padding, padding});
  descriptors.finalize(parameters);
  void* node = operation(kind, operands);
  // Alpha, beta and the parameters come first among the attributes of each kind.
  int alpha = kind == BACKEND_OPERATION_CONVOLUTION_FORWARD_DESCRIPTOR         ? ATTR_OPERATION_CONVOLUTION_FORWARD_ALPHA
              : kind == BACKEND_OPERATION_CONVOLUTION_BACKWARD_DATA_DESCRIPTOR ? ATTR_OPERATION_CONVOLUTION_BWD_DATA_ALPHA
                                                                               : ATTR_OPERATION_CONVOLUTION_BWD_FILTER_ALPHA;
  descriptors.set_double(node, alpha, 1);
  descriptors.set_double(node, alpha + 1, beta);
  descriptors.set_child(node, alpha + 2, parameters);
  descriptors.finalize(node);
}

void Graph::pointwise(int mode, const Operand& x, const Operand* b, const Operand& y, double alpha2) {
  void* parameters = descriptors.create(BACKEND_POINTWISE_DESCRIPTOR);
  descriptors.set_int(parameters, ATTR_POINTWISE_MODE, TYPE_POINTWISE_MODE, mode);
  descriptors.set_int(parameters, ATTR_POINTWISE_MATH_PREC, TYPE_DATA_TYPE, DATA_FLOAT);
  descriptors.finalize(parameters);
  std::map<int, const Operand*> given = {{ATTR_OPERATION_POINTWISE_XDESC, &x}, {ATTR_OPERATION_POINTWISE_YDESC, &y}};
  if (b) given[ATTR_OPERATION_POINTWISE_BDESC] = b;
  void* node = operation(BACKEND_OPERATION_POINTWISE_DESCRIPTOR, given);
  descriptors.set_child(node, ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, parameters);
  if (alpha2 != 1) descriptors.set_double(node, ATTR_OPERATION_POINTWISE_ALPHA2, alpha2);
  descriptors.finalize(node);
}

void Graph::relu_backward(const Operand& dy, const Operand& x, const Operand& dx) {
  void* parameters = descriptors.create(BACKEND_POINTWISE_DESCRIPTOR);
  descriptors.set_int(parameters, ATTR_POINTWISE_MODE, TYPE_POINTWISE_MODE, POINTWISE_RELU_BWD);
  descriptors.set_int(parameters, ATTR_POINTWISE_MATH_PREC, TYPE_DATA_TYPE, DATA_FLOAT);
  descriptors.finalize(parameters);
  void* node = operation(BACKEND_OPERATION_POINTWISE_DESCRIPTOR, {{ATTR_OPERATION_POINTWISE_XDESC, &x},
                                                                  {ATTR_OPERATION_POINTWISE_DYDESC, &dy},
                                                                  {ATTR_OPERATION_POINTWISE_DXDESC, &dx}});
  descriptors.set_child(node, ATTR_OPERATION_POINTWISE_PW_DESCRIPTOR, parameters);
  descriptors.finalize(node);
}

void Graph::statistics(const Operand& x, const Operand& sum, const Operand& squares) {
  void* node = operation(BACKEND_OPERATION_GEN_STATS_DESCRIPTOR, {{ATTR_OPERATION_GENSTATS_XDESC, &x},
                                                                  {ATTR_OPERATION_GENSTATS_SUMDESC, &sum},
                                                                  {ATTR_OPERATION_GENSTATS_SQSUMDESC, &squares}});
  descriptors.set_int(node, ATTR_OPERATION_GENSTATS_MODE, TYPE_GENSTATS_MODE, GENSTATS_SUM_SQSUM);
  descriptors.set_int(node, ATTR_OPERATION_GENSTATS_MATH_PREC, TYPE_DATA_TYPE, DATA_FLOAT);
  descriptors.finalize(node);
}

void Graph::reduction(int reduction_operator, const Operand& x, const Operand& y) {
  void* parameters = descriptors.create(BACKEND_REDUCTION_DESCRIPTOR);
  descriptors.set_int(parameters, ATTR_REDUCTION_OPERATOR, TYPE_REDUCTION_OPERATOR_TYPE, reduction_operator);
  descriptors.set_int(parameters, ATTR_REDUCTION_COMP_TYPE, TYPE_DATA_TYPE, DATA_FLOAT);
  descriptors.finalize(parameters);
  void* node = operation(BACKEND_OPERATION_REDUCTION_DESCRIPTOR,
                         {{ATTR_OPERATION_REDUCTION_XDESC, &x}, {ATTR_OPERATION_REDUCTION_YDESC, &y}});
  descriptors.set_child(node, ATTR_OPERATION_REDUCTION_DESC, parameters);
  descriptors.finalize(node);
}

void Graph::norm_forward(const std::map<int, const Operand*>& operands, int phase) {
  void* node = operation(BACKEND_OPERATION_NORM_FORWARD_DESCRIPTOR, operands);
  descriptors.set_int(node, ATTR_OPERATION_NORM_FWD_MODE, TYPE_NORM_MODE, BATCH_NORM);
  descriptors.set_int(node, ATTR_OPERATION_NORM_FWD_PHASE, TYPE_NORM_FWD_PHASE, phase);
  descriptors.finalize(node);
}

void Graph::norm_backward(const std::map<int, const Operand*>& operands) {
  void* node = operation(BACKEND_OPERATION_NORM_BACKWARD_DESCRIPTOR, operands);
  descriptors.set_int(node, ATTR_OPERATION_NORM_BWD_MODE, TYPE_NORM_MODE, BATCH_NORM);
  descriptors.finalize(node);
}

void* Graph::finish() {
  if (finished) return finished;
  finished = descriptors.create(BACKEND_OPERATIONGRAPH_DESCRIPTOR);
  descriptors.set(finished, ATTR_OPERATIONGRAPH_OPS, TYPE_BACKEND_DESCRIPTOR, static_cast<int64_t>(operations.size()),
                  operations.data());
  return descriptors.finalize(finished);
}

std::vector<void*> Graph::configurations(int mode) {
  void* heuristics = descriptors.create(BACKEND_ENGINEHEUR_DESCRIPTOR);
  descriptors.set_child(heuristics, ATTR_ENGINEHEUR_OPERATION_GRAPH, finish());
  descriptors.set_int(heuristics, ATTR_ENGINEHEUR_MODE, TYPE_HEUR_MODE, mode);
  descriptors.finalize(heuristics);
  int64_t count = -1;
  DONE(cudnnBackendGetAttribute(heuristics, ATTR_ENGINEHEUR_RESULTS, TYPE_BACKEND_DESCRIPTOR, 0, &count, nullptr));
  std::vector<void*> results;
  for (int64_t i = 0; i < count; i++) results.push_back(descriptors.create(BACKEND_ENGINECFG_DESCRIPTOR));
  int64_t given = -1;
  DONE(cudnnBackendGetAttribute(heuristics, ATTR_ENGINEHEUR_RESULTS, TYPE_BACKEND_DESCRIPTOR, count, &given, results.data()));
  REQUIRE(given == count);
  return results;
}

void* Graph::plan() {
  for (int mode : {HEUR_MODE_A, HEUR_MODE_B, HEUR_MODE_FALLBACK})
    for (void* configuration : configurations(mode)) {
      void* plan = descriptors.create(BACKEND_EXECUTION_PLAN_DESCRIPTOR);
      descriptors.set_child(plan, ATTR_EXECUTION_PLAN_ENGINE_CONFIG, configuration);
      if (cudnnBackendFinalize(plan) == STATUS_SUCCESS) return plan;
    }
  return nullptr;
}

void Graph::run() {
  Fixture fixture;
  void* chosen = plan();
  REQUIRE(chosen != nullptr);
  int64_t workspace = -1;
  DONE(cudnnBackendGetAttribute(chosen, ATTR_EXECUTION_PLAN_WORKSPACE_SIZE, TYPE_INT64, 1, nullptr, &workspace));

  std::vector<CUdeviceptr> blocks;
  auto allocate = [&](size_t bytes) {
    blocks.emplace_back();
    OK(cuMemAlloc_v2(&blocks.back(), bytes));
    return blocks.back();
  };
  std::map<int64_t, CUdeviceptr> places;
  std::vector<std::vector<unsigned char>> values;
  std::vector<int64_t> ids;
  std::vector<void*> pointers;
  for (auto& [id, operand] : operands) {
    if (operand.storage == VIRTUAL || !tensors.count(id)) continue;
    operand.values.resize(operand.elements());
    values.push_back(encode(operand));
    ids.push_back(id);
    if (operand.storage == BY_VALUE) {
      pointers.push_back(values.back().data());
      continue;
    }
    places[id] = allocate(values.back().size());
    OK(cuMemcpyHtoD_v2(places[id], values.back().data(), values.back().size()));
    pointers.push_back(reinterpret_cast<void*>(places[id]));
  }
  void* scratch = workspace > 0 ? reinterpret_cast<void*>(allocate(workspace)) : nullptr;

  void* pack = descriptors.create(BACKEND_VARIANT_PACK_DESCRIPTOR);
  descriptors.set_int64(pack, ATTR_VARIANT_PACK_UNIQUE_IDS, ids);
  descriptors.set(pack, ATTR_VARIANT_PACK_DATA_POINTERS, TYPE_VOID_PTR, static_cast<int64_t>(pointers.size()), pointers.data());
  descriptors.set(pack, ATTR_VARIANT_PACK_WORKSPACE, TYPE_VOID_PTR, 1, &scratch);
  descriptors.finalize(pack);
  void* handle = nullptr;
  DONE(cudnnCreate(&handle));
  DONE(cudnnSetStream(handle, fixture.stream));
  DONE(cudnnBackendExecute(handle, chosen, pack));
  OK(cuStreamSynchronize(fixture.stream));
  for (auto [id, place] : places) {
    std::vector<unsigned char> bytes(encode(operands.at(id)).size());
    OK(cuMemcpyDtoH_v2(bytes.data(), place, bytes.size()));
    operands.at(id).values = decode(operands.at(id), bytes);
  }
  DONE(cudnnDestroy(handle));
  for (CUdeviceptr block : blocks) OK(cuMemFree_v2(block));
}

static Tensor as_tensor(const Operand& operand) {
  int64_t c = operand.dims[1], h = operand.dims[2], w = operand.dims[3];
  Tensor tensor;
  tensor.type = operand.type;
  tensor.dims = operand.dims;
  tensor.strides = {c * h * w, 1, c * w, c};
  return tensor;
}

std::vector<unsigned char> encode(const Operand& operand) {
  Tensor tensor = as_tensor(operand);
  std::vector<unsigned char> bytes(tensor.bytes());
  Values values{operand.values, {}};
  round_to(tensor, values);
  store(tensor, values, bytes.data());
  return bytes;
}

std::vector<float> decode(const Operand& operand, const std::vector<unsigned char>& bytes) {
  Values values = load(as_tensor(operand), bytes.data());
  if (values.wide()) return std::vector<float>(values.doubles.begin(), values.doubles.end());
  return values.floats;
}

bool near(const std::vector<float>& left, const std::vector<float>& right, float tolerance) {
  if (left.size() != right.size()) return false;
  for (size_t i = 0; i < left.size(); i++)
    if (!(std::fabs(left[i] - right[i]) <= tolerance)) return false;
  return true;
}

std::vector<float> pattern(int64_t count, float step) {
  std::vector<float> values;
  for (int64_t i = 0; i < count; i++) values.push_back(step * static_cast<float>(i * i * 7 % 23 - 11 + i % 3));
  return values;
}

}  // namespace cudnn_test
