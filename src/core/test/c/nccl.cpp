/* The double of libnccl.so.2: sums and collections of floats between ranks that are threads or processes of this machine. */
#include <algorithm>
#include <chrono>
#include <cstring>
#include <thread>

#include "driver_functions.h"
#include "nccl_api.h"
#include "nccl_clique.h"
#include "software_device.h"

namespace {

using nccl::Clique;

constexpr const char *KIND = "nccl communicator";
constexpr auto SHORTLY = std::chrono::milliseconds(500), LATER = std::chrono::milliseconds(10000);

using Communicator = std::shared_ptr<Clique>;

thread_local std::string last_error;

ncclResult_t misuse(const char *function, ncclResult_t result, const std::string &what) {
  last_error = what;
  software_device_violation(function, "%s", what.c_str());
  return result;
}

/* An exchange in a stream or a graph. */
struct Exchange {
  Communicator clique;
  const char *function;
  nccl::Kind kind;
  const float *from;
  float *to;
  int64_t count;
};

void run(void *state) {
  auto *exchange = static_cast<Exchange *>(state);
  std::string problem = exchange->clique->exchange(exchange->kind, exchange->from, exchange->to, exchange->count);
  if (!problem.empty()) software_device_violation(exchange->function, "%s", problem.c_str());
}

void release(void *state) { delete static_cast<Exchange *>(state); }

uint64_t address(const void *pointer) { return reinterpret_cast<uint64_t>(pointer); }

ncclResult_t enqueue(const char *function, nccl::Kind kind, const void *from, void *to, size_t count, uint64_t received, int type,
                     void *handle, void *stream) {
  auto *communicator = static_cast<Communicator *>(software_device_object(function, KIND, handle));
  if (communicator == nullptr) return ncclInvalidArgument;
  if (software_device_check_call(function, 0) != 0 || software_device_check_stream(function, stream) != 0) return ncclUnhandledCudaError;
  if (type < 0 || type >= ncclNumTypes) return misuse(function, ncclInvalidArgument, "no such type");
  if (type != ncclFloat32) return misuse(function, ncclInvalidArgument, "a type that the double does not know");
  if (count == 0 || from == nullptr || to == nullptr) return misuse(function, ncclInvalidArgument, "no numbers, or null for them");
  if (software_device_check_range(function, "what is sent", address(from), 4 * count, 4) != 0 ||
      software_device_check_range(function, "what is received", address(to), 4 * received, 4) != 0) {
    return ncclInvalidArgument;
  }
  auto exchange = std::make_unique<Exchange>();
  *exchange = {*communicator, function, kind, static_cast<const float *>(from), static_cast<float *>(to), static_cast<int64_t>(count)};
  if (software_device_enqueue(function, stream, function, run, exchange.get(), release) != 0) return ncclUnhandledCudaError;
  exchange.release();
  return ncclSuccess;
}

/* Whether nothing uses a communicator any more, within some time: neither work nor a graph. */
bool unused(const Communicator &communicator, std::chrono::milliseconds limit) {
  auto end = std::chrono::steady_clock::now() + limit;
  while (communicator.use_count() > 1 && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  return communicator.use_count() == 1;
}

ncclResult_t end(const char *function, void *handle, bool aborts) {
  auto *found = static_cast<Communicator *>(software_device_close(function, KIND, handle));
  if (found == nullptr) return ncclInvalidArgument;
  std::unique_ptr<Communicator> communicator(found);
  (*communicator)->leave();
  if (aborts) (*communicator)->abort();
  if (!unused(*communicator, aborts ? LATER : SHORTLY)) {
    // That work may wait for others for ever.
    (*communicator)->abort();
    return misuse(function, ncclInvalidUsage, "work or a graph uses the communicator: the real one would wait for it for ever");
  }
  return ncclSuccess;
}

}  // namespace

NCCL_API ncclResult_t ncclGetVersion(int *version) {
  if (version == nullptr) return misuse("ncclGetVersion", ncclInvalidArgument, "null for the version");
  *version = 23007;
  return ncclSuccess;
}

NCCL_API const char *ncclGetErrorString(ncclResult_t result) {
  static const char *const NAMES[] = {"ncclSuccess",      "ncclUnhandledCudaError", "ncclSystemError", "ncclInternalError", "ncclInvalidArgument",
                                      "ncclInvalidUsage", "ncclRemoteError",        "ncclInProgress"};
  return result >= 0 && result <= ncclInProgress ? NAMES[result] : "unknown";
}

NCCL_API const char *ncclGetLastError(void *) { return last_error.c_str(); }

NCCL_API ncclResult_t ncclGetUniqueId(ncclUniqueId *id) {
  if (id == nullptr) return misuse("ncclGetUniqueId", ncclInvalidArgument, "null for the id");
  std::string name = Clique::create();
  if (name.empty()) return ncclSystemError;
  memset(id, 0, sizeof *id);
  memcpy(id->internal, name.data(), name.size());
  return ncclSuccess;
}

NCCL_API ncclResult_t ncclCommInitRank(void **to, int ranks, ncclUniqueId id, int rank) {
  const char *function = "ncclCommInitRank";
  CUcontext context = nullptr;
  if (to == nullptr) return misuse(function, ncclInvalidArgument, "null for the communicator");
  if (ranks < 1 || ranks > nccl::MOST_RANKS || rank < 0 || rank >= ranks) {
    return misuse(function, ncclInvalidArgument, "rank " + std::to_string(rank) + " of " + std::to_string(ranks));
  }
  if (software_device_check_call(function, 1) != 0 || cuCtxGetCurrent(&context) != 0) return ncclUnhandledCudaError;
  id.internal[sizeof id.internal - 1] = 0;
  std::string problem;
  Communicator clique = Clique::join(id.internal, ranks, rank, address(context), problem);
  if (!clique) return misuse(function, ncclInvalidUsage, problem);
  *to = software_device_open(KIND, new Communicator(clique));
  return ncclSuccess;
}

NCCL_API ncclResult_t ncclCommDestroy(void *communicator) { return end("ncclCommDestroy", communicator, false); }

NCCL_API ncclResult_t ncclCommAbort(void *communicator) { return end("ncclCommAbort", communicator, true); }

NCCL_API ncclResult_t ncclCommGetAsyncError(void *handle, ncclResult_t *error) {
  auto *communicator = static_cast<Communicator *>(software_device_object("ncclCommGetAsyncError", KIND, handle));
  if (communicator == nullptr) return ncclInvalidArgument;
  if (error == nullptr) return misuse("ncclCommGetAsyncError", ncclInvalidArgument, "null for the error");
  *error = (*communicator)->misses_others() ? ncclRemoteError : ncclSuccess;
  return ncclSuccess;
}

NCCL_API ncclResult_t ncclAllReduce(const void *from, void *to, size_t count, int type, int operation, void *communicator, void *stream) {
  if (operation != ncclSum) return misuse("ncclAllReduce", ncclInvalidArgument, "no operation that the double knows");
  return enqueue("ncclAllReduce", nccl::SUM, from, to, count, count, type, communicator, stream);
}

NCCL_API ncclResult_t ncclAllGather(const void *from, void *to, size_t count, int type, void *handle, void *stream) {
  auto *communicator = static_cast<Communicator *>(software_device_object("ncclAllGather", KIND, handle));
  if (communicator == nullptr) return ncclInvalidArgument;
  uint64_t all = count * (*communicator)->ranks();
  return enqueue("ncclAllGather", nccl::GATHER, from, to, count, all, type, handle, stream);
}
