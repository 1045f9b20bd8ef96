// The patterns of operations that engines know.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cudnn_facts.h"

namespace cudnn {

struct Pattern {
  const char* name;
  bool (*recognises)(const Facts&);
  std::string (*refuses)(const Facts&, int capability);  // empty where engines exist
  bool (*fallback_only)(const Facts&);
  std::vector<int64_t> a, b, fallback;  // engines that the heuristics answer
};

// The first pattern that recognises the graph, or null.
const Pattern* pattern_of(const Facts& facts);

// Empty where every image's channels fill whole 16 bytes, or what does not.
std::string channels_in_16_bytes(const Facts& facts);

}  // namespace cudnn
