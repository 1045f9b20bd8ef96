/* Exchanges of two ranks, which are threads with a device each. */
#include <numeric>
#include <thread>
#include <vector>

#include "nccl_api.h"
#include "self_test.h"

#define DONE(call) REQUIRE((call) == ncclSuccess)

namespace {

constexpr size_t COUNT = 300000;  // more than the ranks show each other at once

struct Rank {
  int rank;
  CUcontext context = nullptr;
  CUstream stream = nullptr;
  CUdeviceptr memory = 0;
  void *communicator = nullptr;

  explicit Rank(int rank) : rank(rank) {
    OK(cuInit(0));
    OK(cuDevicePrimaryCtxRetain(&context, rank));
    OK(cuCtxSetCurrent(context));
    OK(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
    OK(cuMemAlloc_v2(&memory, 8 * COUNT));
  }
  ~Rank() {
    cuStreamSynchronize(stream);
    cuMemFree_v2(memory);
    cuStreamDestroy_v2(stream);
    cuDevicePrimaryCtxRelease_v2(rank);
    cuCtxSetCurrent(nullptr);
  }
  void *at(size_t place) const { return reinterpret_cast<void *>(memory + 4 * place); }
  void put(size_t place, const std::vector<float> &values) {
    OK(cuMemcpyHtoDAsync_v2(memory + 4 * place, values.data(), 4 * values.size(), stream));
    OK(cuStreamSynchronize(stream));
  }
  std::vector<float> get(size_t place, size_t count) {
    std::vector<float> values(count);
    OK(cuMemcpyDtoHAsync_v2(values.data(), memory + 4 * place, 4 * count, stream));
    return values;
  }
};

/* Runs a part for each of two ranks; what failed in either. */
void together(const std::function<void(Rank &)> &part, bool joins = true) {
  software_device_set("devices", 2);
  ncclUniqueId id;
  DONE(ncclGetUniqueId(&id));
  std::string failures[2];
  std::vector<std::thread> threads;
  for (int rank = 0; rank < 2; rank++) {
    threads.emplace_back([&, rank] {
      try {
        Rank own(rank);
        if (joins) DONE(ncclCommInitRank(&own.communicator, 2, id, rank));
        part(own);
        if (joins && own.communicator) DONE(ncclCommDestroy(own.communicator));
      } catch (const Failure &failure) {
        failures[rank] = failure.what;
      }
    });
  }
  for (std::thread &thread : threads) thread.join();
  software_device_set("devices", 1);
  for (const std::string &failure : failures) {
    if (!failure.empty()) throw Failure{failure};
  }
}

std::vector<float> numbers(int rank) {
  std::vector<float> values(COUNT);
  std::iota(values.begin(), values.end(), static_cast<float>(1000000 * rank));
  return values;
}

void sums_and_collections() {
  together([](Rank &own) {
    own.put(0, numbers(own.rank));
    DONE(ncclAllReduce(own.at(0), own.at(0), COUNT, ncclFloat32, ncclSum, own.communicator, own.stream));
    std::vector<float> sums = own.get(0, COUNT);
    for (size_t i = 0; i < COUNT; i++) REQUIRE(sums[i] == static_cast<float>(i) + (1000000 + static_cast<float>(i)));
    own.put(own.rank * COUNT, numbers(own.rank));
    DONE(ncclAllGather(own.at(own.rank * COUNT), own.at(0), COUNT, ncclFloat32, own.communicator, own.stream));
    REQUIRE(own.get(0, COUNT) == numbers(0) && own.get(COUNT, COUNT) == numbers(1));
  });
}

void a_captured_sum_is_made_at_each_launch() {
  together([](Rank &own) {
    own.put(0, {1, 2});
    OK(cuStreamBeginCapture_v2(own.stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
    DONE(ncclAllReduce(own.at(0), own.at(0), 2, ncclFloat32, ncclSum, own.communicator, own.stream));
    CUgraph graph = nullptr;
    CUgraphExec exec = nullptr;
    OK(cuStreamEndCapture(own.stream, &graph));
    OK(cuGraphInstantiateWithFlags(&exec, graph, 0));
    OK(cuGraphDestroy(graph));
    for (int i = 0; i < 3; i++) OK(cuGraphLaunch(exec, own.stream));
    REQUIRE((own.get(0, 2) == std::vector<float>{8, 16}));
    OK(cuGraphExecDestroy(exec));
  });
}

void a_graph_keeps_its_communicator() {
  together([](Rank &own) {
    OK(cuStreamBeginCapture_v2(own.stream, CU_STREAM_CAPTURE_MODE_THREAD_LOCAL));
    DONE(ncclAllReduce(own.at(0), own.at(0), 2, ncclFloat32, ncclSum, own.communicator, own.stream));
    CUgraph graph = nullptr;
    OK(cuStreamEndCapture(own.stream, &graph));
    if (own.rank == 0) CAUGHT("a graph uses the communicator", REQUIRE(ncclCommDestroy(own.communicator) == ncclInvalidUsage));
    OK(cuGraphDestroy(graph));
    if (own.rank == 0) own.communicator = nullptr;
  });
}

void an_abort_ends_a_sum_that_waits() {
  together([](Rank &own) {
    if (own.rank == 0) {
      ncclResult_t error = ncclSuccess;
      DONE(ncclAllReduce(own.at(0), own.at(0), 2, ncclFloat32, ncclSum, own.communicator, own.stream));
      while (error == ncclSuccess) DONE(ncclCommGetAsyncError(own.communicator, &error));
      REQUIRE(error == ncclRemoteError && cuStreamQuery(own.stream) == CUDA_ERROR_NOT_READY);
    }
    DONE(ncclCommAbort(own.communicator));
    own.communicator = nullptr;
    OK(cuStreamSynchronize(own.stream));
  });
}

void what_is_no_exchange() {
  together([](Rank &own) {
    void *unknown = own.at(0);
    if (own.rank != 0) return;
    auto sum = [&](void *from, size_t count, int type, int operation, void *communicator) {
      return ncclAllReduce(from, own.at(0), count, type, operation, communicator, own.stream);
    };
    CAUGHT("null for them", REQUIRE(sum(nullptr, 1, ncclFloat32, ncclSum, own.communicator) == ncclInvalidArgument));
    CAUGHT("no such type", REQUIRE(sum(own.at(0), 1, ncclNumTypes, ncclSum, own.communicator) == ncclInvalidArgument));
    CAUGHT("no operation", REQUIRE(sum(own.at(0), 1, ncclFloat32, 9, own.communicator) == ncclInvalidArgument));
    CAUGHT("what is sent", REQUIRE(sum(own.at(0), 3 * COUNT, ncclFloat32, ncclSum, own.communicator) == ncclInvalidArgument));
    CAUGHT("nccl communicator", REQUIRE(sum(own.at(0), 1, ncclFloat32, ncclSum, unknown) == ncclInvalidArgument));
    CAUGHT("what is received", REQUIRE(ncclAllGather(own.at(0), own.at(0), 2 * COUNT, ncclFloat32, own.communicator, own.stream) ==
                                       ncclInvalidArgument));
  });
}

void ranks_that_sum_other_things() {
  CAUGHT("exchanges other things", together([](Rank &own) {
    DONE(ncclAllReduce(own.at(0), own.at(0), 2 + own.rank, ncclFloat32, ncclSum, own.communicator, own.stream));
    OK(cuStreamSynchronize(own.stream));
  }));
}

/* What both ranks say, with a device that the first has, too, or their own. */
void refused(const char *text, const std::function<ncclResult_t(Rank &, ncclUniqueId)> &join) {
  ncclUniqueId id;
  DONE(ncclGetUniqueId(&id));
  CAUGHT(text, together([&](Rank &own) { REQUIRE(join(own, id) == ncclInvalidUsage); }, false));
}

void ranks_that_do_not_fit() {
  refused("there are 2 ranks, this one 3", [](Rank &own, ncclUniqueId id) {
    if (own.rank == 1) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    return ncclCommInitRank(&own.communicator, 2 + own.rank, id, own.rank);
  });
  refused("there is a rank 1 already", [](Rank &own, ncclUniqueId id) { return ncclCommInitRank(&own.communicator, 2, id, 1); });
  refused("have the same device", [](Rank &own, ncclUniqueId id) {
    static CUcontext first;
    if (own.rank == 0) first = own.context;
    if (own.rank == 1) std::this_thread::sleep_for(std::chrono::milliseconds(50));
    OK(cuCtxSetCurrent(first));
    ncclResult_t result = ncclCommInitRank(&own.communicator, 2, id, own.rank);
    OK(cuCtxSetCurrent(own.context));
    return result;
  });
  Fixture f;
  void *communicator = nullptr;
  ncclUniqueId id = {};
  CAUGHT("no id of", REQUIRE(ncclCommInitRank(&communicator, 2, id, 0) == ncclInvalidUsage));
  CAUGHT("rank 2 of 2", REQUIRE(ncclCommInitRank(&communicator, 2, id, 2) == ncclInvalidArgument));
}

}  // namespace

const std::vector<Case> NCCL_CASES = {
    {"sums and collections", sums_and_collections},
    {"a captured sum is made at each launch", a_captured_sum_is_made_at_each_launch},
    {"a graph keeps its communicator", a_graph_keeps_its_communicator},
    {"an abort ends a sum that waits", an_abort_ends_a_sum_that_waits},
    {"what is no exchange", what_is_no_exchange},
    {"ranks that sum other things", ranks_that_sum_other_things},
    {"ranks that do not fit", ranks_that_do_not_fit},
};
