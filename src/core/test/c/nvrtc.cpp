/* The double of NVRTC: compiles CUDA C++ with the C++ compiler of the machine, for the software device. */
#include "nvrtc.h"

#include <cstdio>
#include <cstring>

namespace {

struct Program {
  static constexpr const char *KIND = "nvrtc program";
  std::string name;
  std::vector<SourceFile> files;  // the program's own first
  std::string log;
  std::string module;  // empty until it is compiled
};

Program *program(const char *function, nvrtcProgram handle) {
  return static_cast<Program *>(software_device_object(function, Program::KIND, handle));
}

nvrtcResult copy(const std::string &text, char *to) {
  if (to == nullptr) return NVRTC_ERROR_INVALID_INPUT;
  memcpy(to, text.data(), text.size());
  return NVRTC_SUCCESS;
}

const int ARCHITECTURES[] = {75, 80, 86, 87, 88, 89, 90, 100, 103, 110, 120, 121};

}  // namespace

bool is_architecture(int number) {
  for (int architecture : ARCHITECTURES) {
    if (architecture == number) return true;
  }
  return false;
}

NVRTC_API nvrtcResult nvrtcVersion(int *major, int *minor) {
  if (major == nullptr || minor == nullptr) return NVRTC_ERROR_INVALID_INPUT;
  *major = 13;
  *minor = 99;  // none that NVIDIA has: what is kept on disk is kept by the version
  return NVRTC_SUCCESS;
}

NVRTC_API nvrtcResult nvrtcGetNumSupportedArchs(int *count) {
  if (count == nullptr) return NVRTC_ERROR_INVALID_INPUT;
  *count = sizeof ARCHITECTURES / sizeof *ARCHITECTURES;
  return NVRTC_SUCCESS;
}

NVRTC_API nvrtcResult nvrtcGetSupportedArchs(int *to) {
  if (to == nullptr) return NVRTC_ERROR_INVALID_INPUT;
  memcpy(to, ARCHITECTURES, sizeof ARCHITECTURES);
  return NVRTC_SUCCESS;
}

NVRTC_API const char *nvrtcGetErrorString(nvrtcResult result) {
  switch (result) {
    case NVRTC_SUCCESS: return "NVRTC_SUCCESS";
    case NVRTC_ERROR_INVALID_INPUT: return "NVRTC_ERROR_INVALID_INPUT";
    case NVRTC_ERROR_INVALID_PROGRAM: return "NVRTC_ERROR_INVALID_PROGRAM";
    case NVRTC_ERROR_INVALID_OPTION: return "NVRTC_ERROR_INVALID_OPTION";
    case NVRTC_ERROR_COMPILATION: return "NVRTC_ERROR_COMPILATION";
    case NVRTC_ERROR_INTERNAL_ERROR: return "NVRTC_ERROR_INTERNAL_ERROR";
  }
  return "NVRTC_ERROR unknown";
}

NVRTC_API nvrtcResult nvrtcCreateProgram(nvrtcProgram *to, const char *source, const char *name, int headers,
                                         const char *const *texts, const char *const *names) {
  if (to == nullptr || source == nullptr || headers < 0 || (headers > 0 && (texts == nullptr || names == nullptr))) {
    software_device_violation("nvrtcCreateProgram", "null for the program, its source or its headers");
    return NVRTC_ERROR_INVALID_INPUT;
  }
  auto *program = new Program;
  program->name = name != nullptr && *name != '\0' ? name : "default_program";
  program->files.push_back({program->name, source});
  for (int i = 0; i < headers; i++) program->files.push_back({names[i], texts[i]});
  *to = static_cast<nvrtcProgram>(software_device_open(Program::KIND, program));
  return NVRTC_SUCCESS;
}

NVRTC_API nvrtcResult nvrtcDestroyProgram(nvrtcProgram *handle) {
  if (handle == nullptr) return NVRTC_ERROR_INVALID_PROGRAM;
  auto *program = static_cast<Program *>(software_device_close("nvrtcDestroyProgram", Program::KIND, *handle));
  if (program == nullptr) return NVRTC_ERROR_INVALID_PROGRAM;
  delete program;
  *handle = nullptr;
  return NVRTC_SUCCESS;
}

NVRTC_API nvrtcResult nvrtcCompileProgram(nvrtcProgram handle, int count, const char *const *texts) {
  Program *of = program("nvrtcCompileProgram", handle);
  if (of == nullptr) return NVRTC_ERROR_INVALID_PROGRAM;
  of->module.clear();
  CompilerOptions options;
  of->log = options.read(std::vector<std::string>(texts, texts + count));
  if (!of->log.empty()) return NVRTC_ERROR_INVALID_OPTION;
  return compile(of->files, options, of->log, of->module) ? NVRTC_SUCCESS : NVRTC_ERROR_COMPILATION;
}

NVRTC_API nvrtcResult nvrtcGetProgramLogSize(nvrtcProgram handle, size_t *size) {
  Program *of = program("nvrtcGetProgramLogSize", handle);
  if (of == nullptr) return NVRTC_ERROR_INVALID_PROGRAM;
  if (size == nullptr) return NVRTC_ERROR_INVALID_INPUT;
  *size = of->log.size() + 1;
  return NVRTC_SUCCESS;
}

NVRTC_API nvrtcResult nvrtcGetProgramLog(nvrtcProgram handle, char *to) {
  Program *of = program("nvrtcGetProgramLog", handle);
  return of == nullptr ? NVRTC_ERROR_INVALID_PROGRAM : copy(of->log + '\0', to);
}

NVRTC_API nvrtcResult nvrtcGetCUBINSize(nvrtcProgram handle, size_t *size) {
  Program *of = program("nvrtcGetCUBINSize", handle);
  if (of == nullptr) return NVRTC_ERROR_INVALID_PROGRAM;
  if (size == nullptr) return NVRTC_ERROR_INVALID_INPUT;
  *size = of->module.size();
  return NVRTC_SUCCESS;
}

NVRTC_API nvrtcResult nvrtcGetCUBIN(nvrtcProgram handle, char *to) {
  Program *of = program("nvrtcGetCUBIN", handle);
  return of == nullptr ? NVRTC_ERROR_INVALID_PROGRAM : copy(of->module, to);
}

/* The software device has no PTX; this says so to who reads it. */
static const std::string PTX = std::string("// no PTX: compiled for the software device\n") + '\0';

NVRTC_API nvrtcResult nvrtcGetPTXSize(nvrtcProgram handle, size_t *size) {
  if (program("nvrtcGetPTXSize", handle) == nullptr) return NVRTC_ERROR_INVALID_PROGRAM;
  if (size == nullptr) return NVRTC_ERROR_INVALID_INPUT;
  *size = PTX.size();
  return NVRTC_SUCCESS;
}

NVRTC_API nvrtcResult nvrtcGetPTX(nvrtcProgram handle, char *to) {
  return program("nvrtcGetPTX", handle) == nullptr ? NVRTC_ERROR_INVALID_PROGRAM : copy(PTX, to);
}
