/* The functions of the driver that the double has, by the names that drivers export. */
#ifndef DRIVER_FUNCTIONS_H
#define DRIVER_FUNCTIONS_H

#include "driver.h"

#define DRIVER_API extern "C" __attribute__((visibility("default")))

/* Starting and devices */
DRIVER_API CUresult cuInit(unsigned flags);
DRIVER_API CUresult cuDriverGetVersion(int *version);
DRIVER_API CUresult cuDeviceGetCount(int *count);
DRIVER_API CUresult cuDeviceGet(CUdevice *to, int ordinal);
DRIVER_API CUresult cuDeviceGetName(char *name, int size, CUdevice of);
DRIVER_API CUresult cuDeviceGetUuid_v2(CUuuid *uuid, CUdevice of);
DRIVER_API CUresult cuDeviceGetPCIBusId(char *id, int size, CUdevice of);
DRIVER_API CUresult cuDeviceTotalMem_v2(size_t *bytes, CUdevice of);
DRIVER_API CUresult cuDeviceGetAttribute(int *to, CUdevice_attribute attribute, CUdevice of);
DRIVER_API CUresult cuDevicePrimaryCtxRetain(CUcontext *to, CUdevice of);
DRIVER_API CUresult cuDevicePrimaryCtxRelease_v2(CUdevice of);
DRIVER_API CUresult cuDevicePrimaryCtxSetFlags_v2(CUdevice of, unsigned);
DRIVER_API CUresult cuDevicePrimaryCtxGetState(CUdevice of, unsigned *flags, int *active);
DRIVER_API CUresult cuCtxSetCurrent(CUcontext context);
DRIVER_API CUresult cuCtxGetCurrent(CUcontext *to);
DRIVER_API CUresult cuProfilerStart();
DRIVER_API CUresult cuProfilerStop();

/* Memory */
DRIVER_API CUresult cuMemGetInfo_v2(size_t *left, size_t *total);
DRIVER_API CUresult cuMemAlloc_v2(CUdeviceptr *to, size_t bytes);
DRIVER_API CUresult cuMemFree_v2(CUdeviceptr address);
DRIVER_API CUresult cuMemHostAlloc(void **to, size_t bytes, unsigned);
DRIVER_API CUresult cuMemFreeHost(void *address);
DRIVER_API CUresult cuPointerGetAttribute(void *to, CUpointer_attribute attribute, CUdeviceptr address);

/* Copies */
DRIVER_API CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void *from, size_t bytes, CUstream stream);
DRIVER_API CUresult cuMemcpyDtoHAsync_v2(void *to, CUdeviceptr from, size_t bytes, CUstream stream);
DRIVER_API CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream);
DRIVER_API CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, size_t count, CUstream stream);
DRIVER_API CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value, size_t count, CUstream stream);
DRIVER_API CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void *from, size_t bytes);
DRIVER_API CUresult cuMemcpyDtoH_v2(void *to, CUdeviceptr from, size_t bytes);
DRIVER_API CUresult cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes);
DRIVER_API CUresult cuMemsetD8_v2(CUdeviceptr to, unsigned char value, size_t count);

/* Streams */
DRIVER_API CUresult cuStreamCreateWithPriority(CUstream *stream, unsigned flags, int);
DRIVER_API CUresult cuStreamCreate(CUstream *stream, unsigned flags);
DRIVER_API CUresult cuStreamDestroy_v2(CUstream handle);
DRIVER_API CUresult cuStreamSynchronize(CUstream handle);
DRIVER_API CUresult cuStreamQuery(CUstream handle);
DRIVER_API CUresult cuCtxSynchronize();

/* Events */
DRIVER_API CUresult cuEventCreate(CUevent *to, unsigned flags);
DRIVER_API CUresult cuEventDestroy_v2(CUevent handle);
DRIVER_API CUresult cuEventRecord(CUevent handle, CUstream stream);
DRIVER_API CUresult cuEventQuery(CUevent handle);
DRIVER_API CUresult cuEventSynchronize(CUevent handle);
DRIVER_API CUresult cuEventElapsedTime(float *milliseconds, CUevent from, CUevent to);
DRIVER_API CUresult cuStreamWaitEvent(CUstream stream, CUevent handle, unsigned flags);

/* Capture */
DRIVER_API CUresult cuThreadExchangeStreamCaptureMode(CUstreamCaptureMode *mode);
DRIVER_API CUresult cuStreamBeginCapture_v2(CUstream handle, CUstreamCaptureMode mode);
DRIVER_API CUresult cuStreamEndCapture(CUstream handle, CUgraph *to);
DRIVER_API CUresult cuStreamIsCapturing(CUstream handle, CUstreamCaptureStatus *to);

/* Graphs */
DRIVER_API CUresult cuGraphCreate(CUgraph *to, unsigned flags);
DRIVER_API CUresult cuGraphDestroy(CUgraph graph);
DRIVER_API CUresult cuGraphGetNodes(CUgraph handle, CUgraphNode *nodes, size_t *count);
DRIVER_API CUresult cuGraphInstantiateWithFlags(CUgraphExec *to, CUgraph handle, unsigned long long flags);
DRIVER_API CUresult cuGraphExecDestroy(CUgraphExec exec);
DRIVER_API CUresult cuGraphUpload(CUgraphExec exec, CUstream stream);
DRIVER_API CUresult cuGraphLaunch(CUgraphExec handle, CUstream stream);

/* Modules */
DRIVER_API CUresult cuModuleLoadData(CUmodule *to, const void *image);
DRIVER_API CUresult cuModuleLoadDataEx(CUmodule *to, const void *image, unsigned, CUjit_option *, void **);
DRIVER_API CUresult cuModuleUnload(CUmodule handle);
DRIVER_API CUresult cuModuleGetFunction(CUfunction *to, CUmodule handle, const char *name);
DRIVER_API CUresult cuFuncGetAttribute(int *to, CUfunction_attribute attribute, CUfunction handle);
DRIVER_API CUresult cuFuncSetAttribute(CUfunction handle, CUfunction_attribute, int);

/* Launches */
DRIVER_API CUresult cuLaunchKernel(CUfunction handle, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
                               unsigned block_y, unsigned block_z, unsigned shared_bytes, CUstream stream, void **arguments,
                               void **extra);

/* Results */
DRIVER_API CUresult cuGetErrorName(CUresult result, const char **name);
DRIVER_API CUresult cuGetErrorString(CUresult result, const char **text);

#endif
