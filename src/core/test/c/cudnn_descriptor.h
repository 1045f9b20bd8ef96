// Descriptors of the backend API, and the table of their attributes.
#pragma once

#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "cudnn_api.h"
#include "cudnn_graph.h"

namespace cudnn {

struct Plan;
struct EngineChoice;

struct Attribute {
  int type = 0;
  int64_t count = 0;
  std::vector<unsigned char> bytes;                      // of everything but descriptors
  std::vector<std::shared_ptr<Descriptor>> descriptors;  // finalised ones
};

struct Descriptor {
  int type = 0;
  bool finalized = false;
  std::map<int, Attribute> attributes;

  // What the attributes mean, once the descriptor is finalised.
  TensorPointer tensor;
  NodePointer node;
  std::shared_ptr<const Graph> graph;
  std::shared_ptr<const EngineChoice> choice;  // of an engine and an engine configuration
  std::shared_ptr<const Plan> plan;
  int capability = 0;      // of device properties: 90
  bool described = false;  // device properties in words of the program, not of a device that is there

  bool has(int name) const { return attributes.count(name) != 0; }

  template <typename T>
  T value(int name, T otherwise) const {
    auto found = attributes.find(name);
    if (found == attributes.end()) return otherwise;
    T value;
    std::memcpy(&value, found->second.bytes.data(), sizeof value);
    return value;
  }

  template <typename T>
  std::vector<T> values(int name) const {
    auto found = attributes.find(name);
    if (found == attributes.end()) return {};
    std::vector<T> values(found->second.count);
    std::memcpy(values.data(), found->second.bytes.data(), values.size() * sizeof(T));
    return values;
  }

  // A number that may be given as float or double.
  double number(int name, double otherwise) const;

  const Descriptor* child(int name) const;

  // Attributes that the library computes.
  template <typename T>
  void put(int name, int attribute_type, const std::vector<T>& values) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(values.data());
    attributes[name] = {attribute_type, static_cast<int64_t>(values.size()), {bytes, bytes + values.size() * sizeof(T)}, {}};
  }
  void put_children(int name, std::vector<std::shared_ptr<Descriptor>> children);
};

enum Rule : int {
  REQUIRED = 1,
  OPTIONAL = 2,
  READ_ONLY = 3,  // computed by the library
  INPUT = 4,      // a required tensor that an operation reads
  OUTPUT = 5,     // a required tensor that an operation writes
  OPTIONAL_INPUT = 6,
  OPTIONAL_OUTPUT = 7,
};

struct AttributeRow {
  int descriptor;
  int name;
  const char* text;
  int type, other_type;  // type codes it may be given with
  int64_t least, most;   // elements
  Rule rule;
  int child;  // the type of the descriptors it holds, -1 for operations of any kind
};

// The row of an attribute, or null where the descriptor has no such attribute.
const AttributeRow* attribute_row(int descriptor, int name);

// The rows of a descriptor.
std::vector<const AttributeRow*> attribute_rows(int descriptor);

bool is_descriptor_type(int type);
const char* descriptor_name(int type);
size_t element_size(int attribute_type);

// The last error's text. refuse() is for what the library cannot do, misuse() for what a program must not: it is also
// reported to the software device as a violation. Both return the status.
int refuse(int status, const char* format, ...) __attribute__((format(printf, 2, 3)));
int misuse(const char* function, int status, const char* format, ...) __attribute__((format(printf, 3, 4)));

// Computes what a descriptor's attributes mean. A status.
int finalize(Descriptor& descriptor);

}  // namespace cudnn
