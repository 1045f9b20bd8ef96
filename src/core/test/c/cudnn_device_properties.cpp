// Descriptions of devices in JSON: the members that cuDNN 9.24 writes.
#include <cstdlib>

#include "cudnn_plan.h"
#include "software_device.h"

namespace cudnn {

// The values stand for an H100; those that tell devices apart come from the software device.
static const struct {
  const char *name, *value;
} MEMBERS[] = {
    {"cudaDeviceId", "0"},
    {"deviceVer", nullptr},
    {"driverVer", nullptr},
    {"maxGridSize", "[2147483647,65535,65535]"},
    {"maxBlockSize", "[1024,1024,64]"},
    {"regsPerBlock", "65536"},
    {"multiProcessorCount", "132"},
    {"smCountOrigin", "0"},
    {"warpSize", "32"},
    {"maxSharedMemoryPerBlock", "49152"},
    {"maxSharedMemoryPerBlockOptin", "232448"},
    {"reservedSharedMemoryPerBlock", "1024"},
    {"maxRegistersPerSM", "65536"},
    {"maxCtasPerSM", "32"},
    {"maxThreadsPerBlock", "1024"},
    {"maxThreadsPerSM", "2048"},
    {"pciDeviceId", "0"},
    {"isTccDriver", "0"},
    {"supportCoopLaunch", "1"},
    {"totalGlobalMem", nullptr},
    {"smClockRateKHz", "1980000"},
    {"memClockRateKHz", "2619000"},
    {"l2CacheSize", "52428800"},
    {"deviceName", "\"Software device\""},
};

int current_capability() {
  int64_t devices = software_device_get("devices");
  return devices > 0 ? static_cast<int>(software_device_get("compute-capability")) : 0;
}

std::string device_json() {
  std::string json;
  for (const auto& member : MEMBERS) {
    std::string name = member.name, value = member.value ? member.value : "";
    if (name == "deviceVer") value = std::to_string(current_capability() * 10);
    if (name == "driverVer") value = std::to_string(software_device_get("driver-version"));
    if (name == "totalGlobalMem") value = std::to_string(software_device_get("memory"));
    json += (json.empty() ? "{\"" : ",\"") + name + "\":" + value;
  }
  return json + "}";
}

std::string read_device_json(const std::string& json, int& capability) {
  for (const auto& member : MEMBERS)
    if (json.find("\"" + std::string(member.name) + "\"") == std::string::npos)
      return "the description has no member " + std::string(member.name);
  size_t colon = json.find(':', json.find("\"deviceVer\""));
  int version = colon == std::string::npos ? 0 : std::atoi(json.c_str() + colon + 1);
  if (version < 500 || version % 10 != 0) return "deviceVer is not like 900";
  capability = version / 10;
  return "";
}

}  // namespace cudnn
