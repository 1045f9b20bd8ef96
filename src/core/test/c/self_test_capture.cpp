/* Capture and graphs. */
#include <thread>
#include <vector>

#include "self_test.h"

static CUgraphExec captured(Fixture &f, CUgraph &graph, const std::function<void()> &work) {
  CUgraphExec exec = nullptr;
  OK(cuStreamBeginCapture_v2(f.stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
  work();
  OK(cuStreamEndCapture(f.stream, &graph));
  OK(cuGraphInstantiateWithFlags(&exec, graph, 0));
  return exec;
}

static void a_graph_is_replayed() {
  Fixture f;
  CUgraph graph = nullptr;
  static int releases;
  releases = 0;
  auto increment = [](void *at) { ++*static_cast<int *>(at); };
  f.put(f.memory, {0});
  CUgraphExec exec = captured(f, graph, [&] {
    int *counter = reinterpret_cast<int *>(f.memory);
    OK(static_cast<CUresult>(software_device_enqueue("test", f.stream, "increment", increment, counter, [](void *) { releases++; })));
    OK(cuMemcpyDtoHAsync_v2(f.pinned, f.memory, 4, f.stream));
  });
  size_t nodes = 0;
  OK(cuGraphGetNodes(graph, nullptr, &nodes));
  REQUIRE(nodes == 2 && f.get(f.memory, 1)[0] == 0);
  for (int i = 0; i < 5; i++) OK(cuGraphLaunch(exec, i % 2 ? f.other : f.stream));
  OK(cuCtxSynchronize());
  REQUIRE(*reinterpret_cast<int *>(f.pinned) == 5 && software_device_get("graph-launches") >= 5);
  OK(cuGraphDestroy(graph));
  REQUIRE(releases == 0);
  OK(cuGraphExecDestroy(exec));
  REQUIRE(releases == 1);
  CAUGHT("the graph exec was destroyed", cuGraphLaunch(exec, f.stream));
  CAUGHT("the graph was destroyed", cuGraphDestroy(graph));
}

/* How often a branch of the graph that should come second does. */
static int branches_in_order(bool waits) {
  Fixture f;
  CUevent begin = nullptr, end = nullptr, join = nullptr;
  for (CUevent *event : {&begin, &end, &join}) OK(cuEventCreate(event, 0));
  CUgraph graph = nullptr;
  CUgraphExec exec = captured(f, graph, [&] {
    OK(cuEventRecord(begin, f.stream));
    OK(cuStreamWaitEvent(f.other, begin, 0));
    OK(cuMemsetD32Async(f.memory, 7, 1, f.other));
    OK(cuEventRecord(end, f.other));
    if (waits) OK(cuStreamWaitEvent(f.stream, end, 0));
    OK(cuMemcpyDtoHAsync_v2(f.pinned, f.memory, 4, f.stream));
    OK(cuStreamWaitEvent(f.stream, end, 0));
  });
  int right = 0;
  for (int i = 0; i < 20; i++) {
    OK(cuMemsetD8Async(f.memory, 0, 4, f.stream));
    OK(cuGraphLaunch(exec, f.stream));
    OK(cuStreamSynchronize(f.stream));
    right += *reinterpret_cast<unsigned *>(f.pinned) == 7;
  }
  OK(cuGraphExecDestroy(exec));
  OK(cuGraphDestroy(graph));
  for (CUevent event : {begin, end, join}) OK(cuEventDestroy_v2(event));
  return right;
}

static void branches_join() {
  REQUIRE(branches_in_order(true) == 20);
  REQUIRE(branches_in_order(false) < 20);
}

static void a_branch_that_is_not_joined() {
  Fixture f;
  CUevent event = nullptr;
  CUgraph graph = nullptr;
  OK(cuEventCreate(&event, 0));
  OK(cuStreamBeginCapture_v2(f.stream, CU_STREAM_CAPTURE_MODE_RELAXED));
  OK(cuEventRecord(event, f.stream));
  OK(cuStreamWaitEvent(f.other, event, 0));
  OK(cuMemsetD8Async(f.memory, 0, 4, f.other));
  CAUGHT("was not joined", REQUIRE(cuStreamEndCapture(f.stream, &graph) == CUDA_ERROR_STREAM_CAPTURE_UNJOINED));
  REQUIRE(graph == nullptr);
  CAUGHT("recorded by a capture", cuEventSynchronize(event));
  OK(cuEventDestroy_v2(event));
}

/* A call that spoils the capture, and what it answers. */
static void spoils(const std::function<CUresult(Fixture &)> &call, CUresult answer) {
  Fixture f;
  CUgraph graph = nullptr;
  OK(cuStreamBeginCapture_v2(f.stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
  CAUGHT("captur", REQUIRE(call(f) == answer));
  REQUIRE(cuStreamEndCapture(f.stream, &graph) == CUDA_ERROR_STREAM_CAPTURE_INVALIDATED && graph == nullptr);
  f.put(f.memory, {1});
}

static void calls_that_spoil_a_capture() {
  CUresult unsupported = CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  spoils([](Fixture &f) { return cuStreamSynchronize(f.stream); }, unsupported);
  spoils([](Fixture &f) { return cuStreamQuery(f.stream); }, unsupported);
  spoils([](Fixture &) {
    CUdeviceptr memory = 0;
    return cuMemAlloc_v2(&memory, 8);
  }, unsupported);
  spoils([](Fixture &f) { return cuStreamSynchronize(f.other); }, unsupported);
  spoils([](Fixture &f) { return cuMemFree_v2(f.memory); }, unsupported);
  spoils([](Fixture &f) {
    CUevent outside = nullptr;
    OK(cuEventCreate(&outside, 0));
    OK(cuEventRecord(outside, f.other));
    CUresult result = cuStreamWaitEvent(f.stream, outside, 0);
    OK(cuEventDestroy_v2(outside));
    return result;
  }, CUDA_ERROR_STREAM_CAPTURE_ISOLATION);
}

static void calls_that_a_capture_refuses() {
  Fixture f;
  CUgraph graph = nullptr;
  float pageable = 0;
  CAUGHT("does not capture", cuStreamEndCapture(f.stream, &graph));
  OK(cuStreamBeginCapture_v2(f.stream, CU_STREAM_CAPTURE_MODE_RELAXED));
  CAUGHT("captures already", cuStreamBeginCapture_v2(f.stream, CU_STREAM_CAPTURE_MODE_RELAXED));
  CAUGHT("not pinned", cuMemcpyDtoHAsync_v2(&pageable, f.memory, 4, f.stream));
  CAUGHT("not while a stream captures", cuCtxSynchronize());
  CUdeviceptr memory = 0;
  OK(cuMemAlloc_v2(&memory, 8));  // a relaxed capture allows it
  OK(cuMemFree_v2(memory));
  OK(cuStreamEndCapture(f.stream, &graph));
  OK(cuGraphDestroy(graph));
}

/* The capture is over, for what is allocated after the failure was forgiven would spoil it. */
static void a_device_that_fails_ends_a_capture() {
  Fixture f;
  CUgraph graph = nullptr;
  CAUGHT("as a test wants", {
    REQUIRE(software_device_set("fail", 1) == 0);
    OK(static_cast<CUresult>(software_device_enqueue("test", f.other, "fails", [](void *) {}, nullptr, nullptr)));
    OK(cuStreamBeginCapture_v2(f.stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
    while (software_device_get("error") == 0) std::this_thread::yield();
    REQUIRE(cuStreamEndCapture(f.stream, &graph) == CUDA_ERROR_LAUNCH_FAILED && graph == nullptr);
  });
  REQUIRE(software_device_set("error", 0) == 0);
  CUdeviceptr memory = 0;
  OK(cuMemAlloc_v2(&memory, 8));
  OK(cuMemFree_v2(memory));
}

const std::vector<Case> CAPTURE_CASES = {
    {"a graph is replayed", a_graph_is_replayed},
    {"branches join", branches_join},
    {"a branch that is not joined", a_branch_that_is_not_joined},
    {"calls that spoil a capture", calls_that_spoil_a_capture},
    {"calls that a capture refuses", calls_that_a_capture_refuses},
    {"a device that fails ends a capture", a_device_that_fails_ends_a_capture},
};
