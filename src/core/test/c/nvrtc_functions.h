/* The functions of NVRTC that the double has, and their types. */
#ifndef NVRTC_FUNCTIONS_H
#define NVRTC_FUNCTIONS_H

#include <stddef.h>

#define NVRTC_API extern "C" __attribute__((visibility("default")))

typedef struct _nvrtcProgram *nvrtcProgram;

typedef enum {
  NVRTC_SUCCESS = 0,
  NVRTC_ERROR_INVALID_INPUT = 3,
  NVRTC_ERROR_INVALID_PROGRAM = 4,
  NVRTC_ERROR_INVALID_OPTION = 5,
  NVRTC_ERROR_COMPILATION = 6,
  NVRTC_ERROR_INTERNAL_ERROR = 11
} nvrtcResult;

NVRTC_API nvrtcResult nvrtcVersion(int *major, int *minor);
NVRTC_API nvrtcResult nvrtcGetNumSupportedArchs(int *count);
NVRTC_API nvrtcResult nvrtcGetSupportedArchs(int *to);
NVRTC_API const char *nvrtcGetErrorString(nvrtcResult result);
NVRTC_API nvrtcResult nvrtcCreateProgram(nvrtcProgram *to, const char *source, const char *name, int headers, const char *const
    *texts, const char *const *names);
NVRTC_API nvrtcResult nvrtcDestroyProgram(nvrtcProgram *program);
NVRTC_API nvrtcResult nvrtcCompileProgram(nvrtcProgram program, int count, const char *const *texts);
NVRTC_API nvrtcResult nvrtcGetProgramLogSize(nvrtcProgram program, size_t *size);
NVRTC_API nvrtcResult nvrtcGetProgramLog(nvrtcProgram program, char *to);
NVRTC_API nvrtcResult nvrtcGetCUBINSize(nvrtcProgram program, size_t *size);
NVRTC_API nvrtcResult nvrtcGetCUBIN(nvrtcProgram program, char *to);
NVRTC_API nvrtcResult nvrtcGetPTXSize(nvrtcProgram program, size_t *size);
NVRTC_API nvrtcResult nvrtcGetPTX(nvrtcProgram program, char *to);

#endif
