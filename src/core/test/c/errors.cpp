/* Names of results. */
#include "device.h"

#define RESULTS(X)                                                       \
  X(SUCCESS, "no error")                                                 \
  X(ERROR_INVALID_VALUE, "invalid argument")                             \
  X(ERROR_OUT_OF_MEMORY, "out of memory")                                \
  X(ERROR_NOT_INITIALIZED, "not initialized")                            \
  X(ERROR_NO_DEVICE, "no device")                                        \
  X(ERROR_INVALID_DEVICE, "invalid device")                              \
  X(ERROR_INVALID_IMAGE, "invalid image")                                \
  X(ERROR_INVALID_CONTEXT, "invalid context")                            \
  X(ERROR_NO_BINARY_FOR_GPU, "no binary for this device")                \
  X(ERROR_INVALID_HANDLE, "invalid handle")                              \
  X(ERROR_NOT_FOUND, "not found")                                        \
  X(ERROR_NOT_READY, "not ready")                                        \
  X(ERROR_ILLEGAL_ADDRESS, "illegal memory access")                      \
  X(ERROR_LAUNCH_OUT_OF_RESOURCES, "too many resources for a launch")    \
  X(ERROR_LAUNCH_FAILED, "launch failed")                                \
  X(ERROR_NOT_SUPPORTED, "not supported")                                \
  X(ERROR_SYSTEM_DRIVER_MISMATCH, "the driver does not fit the system")  \
  X(ERROR_STREAM_CAPTURE_UNSUPPORTED, "not while capturing")             \
  X(ERROR_STREAM_CAPTURE_INVALIDATED, "the capture was spoiled")         \
  X(ERROR_STREAM_CAPTURE_MERGE, "two captures would become one")         \
  X(ERROR_STREAM_CAPTURE_UNMATCHED, "not the stream the capture is of")  \
  X(ERROR_STREAM_CAPTURE_UNJOINED, "a captured stream was not joined")   \
  X(ERROR_STREAM_CAPTURE_ISOLATION, "an event from outside the capture") \
  X(ERROR_CAPTURED_EVENT, "the event was captured")                      \
  X(ERROR_STREAM_CAPTURE_WRONG_THREAD, "not the thread that captures")   \
  X(ERROR_UNKNOWN, "unknown error")

DRIVER_API CUresult cuGetErrorName(CUresult result, const char **name) {
  switch (result) {
#define NAME(result, text) \
  case CUDA_##result: *name = "CUDA_" #result; return CUDA_SUCCESS;
    RESULTS(NAME)
  }
  *name = nullptr;
  return CUDA_ERROR_INVALID_VALUE;
}

DRIVER_API CUresult cuGetErrorString(CUresult result, const char **text) {
  switch (result) {
#define TEXT(result, said) \
  case CUDA_##result: *text = said; return CUDA_SUCCESS;
    RESULTS(TEXT)
  }
  *text = nullptr;
  return CUDA_ERROR_INVALID_VALUE;
}
