/* Options: those that NVRTC has. */
#include <cstdlib>
#include <set>

#include "nvrtc.h"

namespace {

/* Of which another compiler needs to know nothing. */
const std::set<std::string> WITHOUT_VALUE = {
    "-default-device", "--device-as-default-execution-space", "-lineinfo", "--generate-line-info", "-G", "--device-debug",
    "-restrict", "--restrict", "-w", "--disable-warnings", "-extra-device-vectorization", "--extra-device-vectorization",
    "-dopt", "--display-error-number", "-err-no", "--no-display-error-number", "-no-err-no", "-minimal", "--minimal",
    "-dw", "--device-w", "--relocatable-device-code=false"};
const std::set<std::string> WITH_VALUE = {
    "-maxrregcount", "--maxrregcount", "-ftz", "--ftz", "-prec-sqrt", "--prec-sqrt", "-prec-div", "--prec-div", "--ptxas-options", "-Xptxas",
    "--diag-error", "-diag-error", "--diag-suppress", "-diag-suppress", "--diag-warn", "-diag-warn", "--split-compile", "-split-compile"};
const std::set<std::string> STANDARDS = {"c++03", "c++11", "c++14", "c++17", "c++20"};

std::string refused(const std::string &option) { return "nvrtc: error: unrecognized option " + option + "\n"; }

bool truth(const std::string &value, bool &to) {
  to = value == "true";
  return to || value == "false";
}

}  // namespace

std::string CompilerOptions::read(const std::vector<std::string> &options) {
  std::string standard = "c++17";
  bool fused = true, fast = false;
  for (const std::string &option : options) {
    size_t equals = option.find('=');
    std::string name = option.substr(0, equals), value = equals == std::string::npos ? "" : option.substr(equals + 1);
    if (name == "-arch" || name == "--gpu-architecture") {
      bool real = value.rfind("sm_", 0) == 0;
      architecture = atoi(value.c_str() + (real ? 3 : 0));
      if (!real) return "the double compiles for real architectures (sm_NN) only, not for " + option + "\n";
      if (!is_architecture(architecture)) return "nvrtc: error: invalid value for --gpu-architecture (-arch)\n";
    } else if (name == "-std" || name == "--std") {
      standard = value;
      if (STANDARDS.count(value) == 0) return refused(option);
    } else if (name == "-fmad" || name == "--fmad") {
      if (!truth(value, fused)) return refused(option);
    } else if (option == "-use_fast_math" || option == "--use_fast_math") {
      fast = true;
    } else if (option.rfind("-D", 0) == 0 && option.size() > 2) {
      flags.push_back(option);
    } else if (name == "--define-macro" && !value.empty()) {
      flags.push_back("-D" + value);
    } else if (WITHOUT_VALUE.count(option) == 0 && (WITH_VALUE.count(name) == 0 || value.empty())) {
      return refused(option);
    }
  }
  flags.push_back("-std=gnu++" + standard.substr(3));
  flags.push_back(fused ? "-ffp-contract=fast" : "-ffp-contract=off");
  if (fast) flags.push_back("-ffast-math");
  return "";
}
