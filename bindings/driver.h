/* What the bindings of the CUDA driver are made from: its header, and what that leaves out or renames. */
#include <cuda.h>

/* CUDA 12.8 gave the name to a function that older drivers lack; all of them export the old one. */
#undef cuEventElapsedTime
CUresult cuEventElapsedTime(float *milliseconds, CUevent start, CUevent end);

/* Of cudaProfiler.h, which the packages of pip lack. */
CUresult cuProfilerStart(void);
CUresult cuProfilerStop(void);
