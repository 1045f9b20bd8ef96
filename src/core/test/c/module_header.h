/* What a module is, from the double of NVRTC to that of the driver: this, and the bytes of a shared library. */
#ifndef MODULE_HEADER_H
#define MODULE_HEADER_H

#include <cstdint>

#define MODULE_MAGIC "software cubin"

struct ModuleHeader {
  char magic[16];
  uint64_t bytes;         // of the library
  uint64_t architecture;  // 90: sm_90
};

#endif
