/* NCCL's types and numbers, as far as the double needs them. */
#ifndef NCCL_API_H
#define NCCL_API_H

#include <stddef.h>

#define NCCL_API extern "C" __attribute__((visibility("default")))

typedef struct {
  char internal[128];
} ncclUniqueId;

typedef enum {
  ncclSuccess = 0,
  ncclUnhandledCudaError = 1,
  ncclSystemError = 2,
  ncclInternalError = 3,
  ncclInvalidArgument = 4,
  ncclInvalidUsage = 5,
  ncclRemoteError = 6,
  ncclInProgress = 7,
} ncclResult_t;

enum { ncclSum = 0 };
enum { ncclFloat32 = 7, ncclNumTypes = 12 };

NCCL_API ncclResult_t ncclGetVersion(int *version);
NCCL_API const char *ncclGetErrorString(ncclResult_t result);
NCCL_API const char *ncclGetLastError(void *communicator);
NCCL_API ncclResult_t ncclGetUniqueId(ncclUniqueId *id);
NCCL_API ncclResult_t ncclCommInitRank(void **to, int ranks, ncclUniqueId id, int rank);
NCCL_API ncclResult_t ncclCommDestroy(void *communicator);
NCCL_API ncclResult_t ncclCommAbort(void *communicator);
NCCL_API ncclResult_t ncclCommGetAsyncError(void *communicator, ncclResult_t *error);
NCCL_API ncclResult_t ncclAllReduce(const void *from, void *to, size_t count, int type, int operation, void *communicator, void *stream);
NCCL_API ncclResult_t ncclAllGather(const void *from, void *to, size_t count, int type, void *communicator, void *stream);

#endif
