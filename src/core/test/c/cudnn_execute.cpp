// Running plans: every pointer of the variant pack is checked, and the graph's interpreter is queued on the handle's stream.
#include <atomic>
#include <cstring>
#include <deque>

#include "cudnn_descriptor.h"
#include "cudnn_interpreter.h"
#include "cudnn_plan.h"
#include "software_device.h"

#pragma GCC visibility push(default)

using namespace cudnn;

namespace {

// A plan with its memory, which may run many times.
struct Work {
  std::shared_ptr<const Plan> plan;
  std::map<int64_t, void*> addresses;
  std::deque<double> scalars;  // 8 bytes of each value that was given with the call
  void* workspace;
};

// Sums that are added up as their parts come: their last bits differ from run to run.
void disturb(const Graph& graph, const std::map<int64_t, void*>& addresses) {
  static std::atomic<int> runs{0};
  if (runs++ % 2 == 0) return;
  for (const auto& [id, tensor] : graph.tensors) {
    if (tensor->is_virtual || !graph.producer(id)) continue;
    Values values = load(*tensor, addresses.at(id));
    for (float& value : values.floats) value *= 1 + 0x1p-10f;
    round_to(*tensor, values);
    store(*tensor, values, addresses.at(id));
  }
}

void run(void* state) {
  auto* work = static_cast<Work*>(state);
  // What lies in a workspace is lost.
  if (work->plan->workspace > 0) std::memset(work->workspace, 0xff, static_cast<size_t>(work->plan->workspace));
  run_graph(*work->plan->choice.graph, work->addresses, rounds_floats(work->plan->choice));
  if (engine(work->plan->choice.engine)->nondeterministic) disturb(*work->plan->choice.graph, work->addresses);
}

void release(void* state) { delete static_cast<Work*>(state); }

const Descriptor* finalized(const char* function, void* descriptor, int type) {
  auto* object = static_cast<std::shared_ptr<Descriptor>*>(software_device_object(function, DESCRIPTOR_KIND, descriptor));
  if (!object) return nullptr;
  if ((*object)->type == type && (*object)->finalized) return object->get();
  misuse(function, STATUS_BAD_PARAM_NOT_FINALIZED, "not a finalised %s", descriptor_name(type));
  return nullptr;
}

int check_tensor(const char* function, const Tensor& tensor, void* pointer) {
  std::string name = "tensor " + std::to_string(tensor.id);
  int64_t alignment = std::max<int64_t>(tensor.alignment, 16);
  int result = software_device_check_range(function, name.c_str(), reinterpret_cast<uint64_t>(pointer),
                                           static_cast<uint64_t>(tensor.bytes()), static_cast<uint64_t>(alignment));
  return result == 0 ? STATUS_SUCCESS : refuse(STATUS_EXECUTION_FAILED, "%s is not in device memory", name.c_str());
}

// Checks a variant pack against a plan's graph and takes its addresses and values.
int bind(const char* function, const Graph& graph, const Descriptor& pack, Work& work) {
  std::vector<int64_t> ids = pack.values<int64_t>(ATTR_VARIANT_PACK_UNIQUE_IDS);
  std::vector<void*> pointers = pack.values<void*>(ATTR_VARIANT_PACK_DATA_POINTERS);
  for (size_t i = 0; i < ids.size(); i++) {
    auto found = graph.tensors.find(ids[i]);
    if (found == graph.tensors.end() || found->second->is_virtual)
      return misuse(function, STATUS_BAD_PARAM, "the graph has no tensor %lld in memory", static_cast<long long>(ids[i]));
    const Tensor& tensor = *found->second;
    if (!pointers[i])
      return misuse(function, STATUS_BAD_PARAM_NULL_POINTER, "tensor %lld is null", static_cast<long long>(ids[i]));
    if (tensor.by_value) {
      work.scalars.emplace_back();
      std::memcpy(&work.scalars.back(), pointers[i], static_cast<size_t>(tensor.bytes()));
      work.addresses[ids[i]] = &work.scalars.back();
    } else {
      int status = check_tensor(function, tensor, pointers[i]);
      if (status != STATUS_SUCCESS) return status;
      work.addresses[ids[i]] = pointers[i];
    }
  }
  for (const auto& [id, tensor] : graph.tensors)
    if (!tensor->is_virtual && !work.addresses.count(id))
      return misuse(function, STATUS_BAD_PARAM, "the pack lacks tensor %lld", static_cast<long long>(id));
  return STATUS_SUCCESS;
}

int bind_workspace(const char* function, const Plan& plan, const Descriptor& pack, Work& work) {
  work.workspace = pack.value<void*>(ATTR_VARIANT_PACK_WORKSPACE, nullptr);
  if (plan.workspace == 0) return STATUS_SUCCESS;
  int result = software_device_check_range(function, "workspace", reinterpret_cast<uint64_t>(work.workspace),
                                           static_cast<uint64_t>(plan.workspace), 16);
  return result == 0 ? STATUS_SUCCESS : refuse(STATUS_BAD_PARAM_SIZE_INSUFFICIENT, "the workspace is not in device memory");
}

}  // namespace

extern "C" {

int cudnnBackendExecute(void* handle, void* plan, void* pack) {
  const char* function = "cudnnBackendExecute";
  auto* context = static_cast<Handle*>(software_device_object(function, HANDLE_KIND, handle));
  if (!context) return refuse(STATUS_BAD_PARAM, "no handle");
  if (software_device_check_call(function, 0) != 0) return refuse(STATUS_EXECUTION_FAILED, "the device does not take calls");
  const Descriptor* planned = finalized(function, plan, BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  const Descriptor* packed = finalized(function, pack, BACKEND_VARIANT_PACK_DESCRIPTOR);
  if (!planned || !packed) return refuse(STATUS_BAD_PARAM_NOT_FINALIZED, "plan or variant pack is not finalised");
  if (planned->plan->capability != current_capability())
    return misuse(function, STATUS_NOT_SUPPORTED_ARCH_MISMATCH, "the plan is for compute capability %d, the device has %d",
                  planned->plan->capability, current_capability());
  auto work = std::make_unique<Work>();
  work->plan = planned->plan;
  int status = bind(function, *planned->plan->choice.graph, *packed, *work);
  if (status == STATUS_SUCCESS) status = bind_workspace(function, *planned->plan, *packed, *work);
  if (status != STATUS_SUCCESS) return status;
  std::string name = "cudnn";
  for (const NodePointer& node : planned->plan->choice.graph->nodes) name += " " + node->name();
  int result = software_device_enqueue(function, context->stream, name.c_str(), run, work.get(), release);
  if (result != 0) return refuse(STATUS_EXECUTION_FAILED, "the stream answers %d", result);
  work.release();
  return STATUS_SUCCESS;
}

int cudnnGetExecutionPlanWorkspaceSize(void*, void* plan, void*, size_t* size) {
  const Descriptor* planned =
      finalized("cudnnGetExecutionPlanWorkspaceSize", plan, BACKEND_EXECUTION_PLAN_DESCRIPTOR);
  if (!planned || !size) return refuse(STATUS_BAD_PARAM, "no plan or no place for the size");
  *size = static_cast<size_t>(planned->plan->workspace);
  return STATUS_SUCCESS;
}

int cudnnBackendPopulateCudaGraph(void*, void*, void*, void*) {
  return refuse(STATUS_NOT_SUPPORTED_CUDA_GRAPH_NATIVE_API, "plans are captured from streams");
}

int cudnnBackendUpdateCudaGraph(void*, void*, void*, void*) {
  return refuse(STATUS_NOT_SUPPORTED_CUDA_GRAPH_NATIVE_API, "plans are captured from streams");
}

}  // extern "C"
