// Execution plans, handles, and the descriptions of devices.
#pragma once

#include <memory>
#include <string>

#include "cudnn_support.h"

namespace cudnn {

struct Plan {
  EngineChoice choice;
  int64_t workspace = 0;
  int capability = 0;
};

// What cudnnCreate gives.
struct Handle {
  void* stream = nullptr;
};

constexpr const char* HANDLE_KIND = "cudnn handle";
constexpr const char* DESCRIPTOR_KIND = "cudnn descriptor";

// The compute capability of the device that is there, 90; 0 without one.
int current_capability();

// The description of the device that is there, as cuDNN writes it.
std::string device_json();

// Reads a description. Empty and the compute capability, or what is wrong.
std::string read_device_json(const std::string& json, int& capability);

}  // namespace cudnn
