/* How kernels that were compiled with host_cuda.h are run. */
#ifndef HOST_CUDA_LAUNCH_H
#define HOST_CUDA_LAUNCH_H

#define HOST_CUDA_LAUNCHER
#include "host_cuda.h"

/*
 * Runs all blocks of a grid and returns when they are done: null, or what was wrong (text that stays): threads of a block that
 * wait at different barriers, or leave while others wait. May be called by several threads at a time. Blocks are shared by the
 * caller and, when they take long, one more thread. args is read until the call returns.
 */
const char *host_cuda_launch(
    const host_cuda_kernel *kernel, const void *args, host_cuda_index grid, host_cuda_index threads);

#endif
