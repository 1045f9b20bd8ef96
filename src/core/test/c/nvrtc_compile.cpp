/* Runs the C++ compiler, on files in a folder of its own. */
#include <dlfcn.h>
#include <fcntl.h>
#include <ftw.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>

#include "module_header.h"
#include "nvrtc.h"

namespace {

std::string environment(const char *name, const char *otherwise) {
  const char *value = getenv(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

/* Where this library lies, with host_cuda.h beside it. */
std::string own_folder() {
  Dl_info info;
  dladdr(reinterpret_cast<void *>(&own_folder), &info);
  std::string path = info.dli_fname;
  return path.substr(0, path.rfind('/'));
}

int remove_entry(const char *path, const struct stat *, int, struct FTW *) { return remove(path); }

class TemporaryFolder {
 public:
  TemporaryFolder() : path(environment("TMPDIR", "/tmp") + "/software-device-XXXXXX") { made = mkdtemp(&path[0]) != nullptr; }
  ~TemporaryFolder() { nftw(path.c_str(), remove_entry, 8, FTW_DEPTH | FTW_PHYS); }

  std::string write(const std::string &name, const std::string &text) const {
    std::string file = path + "/" + name;
    for (size_t slash = path.size(); slash != std::string::npos; slash = file.find('/', slash + 1)) {
      mkdir(file.substr(0, slash).c_str(), 0700);
    }
    std::ofstream(file, std::ios::binary) << text;
    return file;
  }

  std::string read(const std::string &name) const {
    std::ostringstream text;
    text << std::ifstream(path + "/" + name, std::ios::binary).rdbuf();
    return text.str();
  }

  std::string path;
  bool made;
};

/* Whether a command ends well; what it says goes to a file. */
bool run(const std::vector<std::string> &command, const std::string &output) {
  std::vector<char *> arguments;
  for (const std::string &word : command) arguments.push_back(const_cast<char *>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  pid_t child = 0;
  int status = posix_spawnp(&child, arguments[0], &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (status != 0) return false;
  while (waitpid(child, &status, 0) < 0) {
    if (errno != EINTR) return false;
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

bool compile(const std::vector<SourceFile> &files, const CompilerOptions &options, std::string &log, std::string &module) {
  TemporaryFolder folder;
  if (!folder.made) return log = "no folder for temporary files", false;
  std::string source = folder.write(files[0].name, files[0].text);
  for (size_t i = 1; i < files.size(); i++) folder.write(files[i].name, files[i].text);
  std::string own = own_folder();
  std::vector<std::string> command = {environment("CXX", "c++"), "-x", "c++", "-O2", "-march=native", "-fPIC", "-shared",
      "-w", "-fvisibility=hidden", "-fno-strict-aliasing", "-fno-gnu-unique", "-U_FORTIFY_SOURCE", "-I" + own, "-include", own + "/host_cuda.h",
      "-I" + folder.path};
  command.insert(command.end(), options.flags.begin(), options.flags.end());
  command.insert(command.end(), {source, "-o", folder.path + "/module.so"});
  bool good = run(command, folder.path + "/log");
  log = folder.read("log");
  if (!good) {
    if (log.empty()) log = "the C++ compiler (" + command[0] + ") could not be run\n";
    return false;
  }
  std::string library = folder.read("module.so");
  ModuleHeader header = {MODULE_MAGIC, library.size(), static_cast<uint64_t>(options.architecture)};
  module.assign(reinterpret_cast<const char *>(&header), sizeof header);
  module += library;
  return true;
}
