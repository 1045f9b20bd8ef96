/* The parts of the double of NVRTC. */
#ifndef NVRTC_H
#define NVRTC_H

#include <string>
#include <vector>

#include "nvrtc_functions.h"
#include "software_device.h"

bool is_architecture(int number);

struct SourceFile {
  std::string name, text;
};

/* The options of NVRTC, as far as they mean something to another compiler. */
struct CompilerOptions {
  int architecture = 75;
  std::vector<std::string> flags;  // for the C++ compiler

  /* An empty text, or what NVRTC would refuse. */
  std::string read(const std::vector<std::string> &options);
};

/* Compiles the first file, which may include the others, to what cuModuleLoadData takes. */
bool compile(const std::vector<SourceFile> &files, const CompilerOptions &options, std::string &log, std::string &module);

#endif
