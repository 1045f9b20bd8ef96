// The double of libcudnn.so.9: the functions of its backend API, with every call checked.
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <new>

#include "cudnn_descriptor.h"
#include "cudnn_plan.h"
#include "software_device.h"

#pragma GCC visibility push(default)

using namespace cudnn;

using Reference = std::shared_ptr<Descriptor>;

static Reference* reference(const char* function, void* descriptor) {
  return static_cast<Reference*>(software_device_object(function, DESCRIPTOR_KIND, descriptor));
}

static std::atomic<size_t>& version() {
  static const char* set = std::getenv("RESIDUAL_DEVICE_CUDNN_VERSION");
  static std::atomic<size_t> version(set ? std::strtoul(set, nullptr, 10) : 92400);
  return version;
}

extern "C" {

size_t cudnnGetVersion(void) { return version(); }

// For tests: what cudnnGetVersion answers.
void software_device_set_cudnn_version(size_t value) { version() = value; }

size_t cudnnGetCudartVersion(void) { return 13000; }

size_t cudnnGetMaxDeviceVersion(void) { return 1210; }

int cudnnGraphVersionCheck(void) { return STATUS_SUCCESS; }

const char* cudnnGetErrorString(int status) {
  switch (status) {
    case STATUS_SUCCESS:
      return "CUDNN_STATUS_SUCCESS";
    case STATUS_NOT_INITIALIZED:
      return "CUDNN_STATUS_NOT_INITIALIZED";
    case STATUS_BAD_PARAM:
      return "CUDNN_STATUS_BAD_PARAM";
    case STATUS_BAD_PARAM_NULL_POINTER:
      return "CUDNN_STATUS_BAD_PARAM_NULL_POINTER";
    case STATUS_BAD_PARAM_MISALIGNED_POINTER:
      return "CUDNN_STATUS_BAD_PARAM_MISALIGNED_POINTER";
    case STATUS_BAD_PARAM_NOT_FINALIZED:
      return "CUDNN_STATUS_BAD_PARAM_NOT_FINALIZED";
    case STATUS_BAD_PARAM_OUT_OF_BOUND:
      return "CUDNN_STATUS_BAD_PARAM_OUT_OF_BOUND";
    case STATUS_BAD_PARAM_SIZE_INSUFFICIENT:
      return "CUDNN_STATUS_BAD_PARAM_SIZE_INSUFFICIENT";
    case STATUS_BAD_PARAM_SHAPE_MISMATCH:
      return "CUDNN_STATUS_BAD_PARAM_SHAPE_MISMATCH";
    case STATUS_BAD_PARAM_DUPLICATED_ENTRIES:
      return "CUDNN_STATUS_BAD_PARAM_DUPLICATED_ENTRIES";
    case STATUS_BAD_PARAM_ATTRIBUTE_TYPE:
      return "CUDNN_STATUS_BAD_PARAM_ATTRIBUTE_TYPE";
    case STATUS_BAD_PARAM_DESCRIPTOR_TYPE:
      return "CUDNN_STATUS_BAD_PARAM_DESCRIPTOR_TYPE";
    case STATUS_NOT_SUPPORTED:
      return "CUDNN_STATUS_NOT_SUPPORTED";
    case STATUS_NOT_SUPPORTED_ARCH_MISMATCH:
      return "CUDNN_STATUS_NOT_SUPPORTED_ARCH_MISMATCH";
    case STATUS_NOT_SUPPORTED_CUDA_GRAPH_NATIVE_API:
      return "CUDNN_STATUS_NOT_SUPPORTED_CUDA_GRAPH_NATIVE_API";
    case STATUS_INTERNAL_ERROR:
      return "CUDNN_STATUS_INTERNAL_ERROR";
    case STATUS_EXECUTION_FAILED:
      return "CUDNN_STATUS_EXECUTION_FAILED";
    default:
      return "CUDNN_STATUS unknown";
  }
}

int cudnnCreate(void** handle) {
  if (!handle) return misuse("cudnnCreate", STATUS_BAD_PARAM_NULL_POINTER, "no place for the handle");
  if (current_capability() == 0) return refuse(STATUS_NOT_INITIALIZED, "there is no device");
  if (software_device_check_call("cudnnCreate", 1) != 0) return refuse(STATUS_NOT_INITIALIZED, "no current context");
  *handle = software_device_open(HANDLE_KIND, new Handle());
  return STATUS_SUCCESS;
}

int cudnnDestroy(void* handle) {
  auto* object = static_cast<Handle*>(software_device_close("cudnnDestroy", HANDLE_KIND, handle));
  if (!object) return refuse(STATUS_BAD_PARAM, "no handle");
  delete object;
  return STATUS_SUCCESS;
}

int cudnnSetStream(void* handle, void* stream) {
  auto* object = static_cast<Handle*>(software_device_object("cudnnSetStream", HANDLE_KIND, handle));
  if (!object) return refuse(STATUS_BAD_PARAM, "no handle");
  if (stream && software_device_check_stream("cudnnSetStream", stream) != 0) return refuse(STATUS_BAD_PARAM, "no stream");
  object->stream = stream;
  return STATUS_SUCCESS;
}

int cudnnGetStream(void* handle, void** stream) {
  auto* object = static_cast<Handle*>(software_device_object("cudnnGetStream", HANDLE_KIND, handle));
  if (!object) return refuse(STATUS_BAD_PARAM, "no handle");
  if (!stream) return misuse("cudnnGetStream", STATUS_BAD_PARAM_NULL_POINTER, "no place for the stream");
  *stream = object->stream;
  return STATUS_SUCCESS;
}

int cudnnBackendCreateDescriptor(int type, void** descriptor) {
  const char* function = "cudnnBackendCreateDescriptor";
  if (!descriptor) return misuse(function, STATUS_BAD_PARAM_NULL_POINTER, "no place for the descriptor");
  if (!is_descriptor_type(type)) return misuse(function, STATUS_NOT_SUPPORTED, "descriptor type %d", type);
  auto* object = new Reference(std::make_shared<Descriptor>());
  (*object)->type = type;
  *descriptor = software_device_open(DESCRIPTOR_KIND, object);
  return STATUS_SUCCESS;
}

int cudnnBackendDestroyDescriptor(void* descriptor) {
  auto* object =
      static_cast<Reference*>(software_device_close("cudnnBackendDestroyDescriptor", DESCRIPTOR_KIND, descriptor));
  if (!object) return refuse(STATUS_BAD_PARAM, "no descriptor");
  delete object;
  return STATUS_SUCCESS;
}

int cudnnBackendFinalize(void* descriptor) {
  const char* function = "cudnnBackendFinalize";
  Reference* object = reference(function, descriptor);
  if (!object) return refuse(STATUS_BAD_PARAM, "no descriptor");
  Descriptor& target = **object;
  if (target.finalized)
    return misuse(function, STATUS_BAD_PARAM, "%s is finalised already", descriptor_name(target.type));
  for (const AttributeRow* row : attribute_rows(target.type))
    if ((row->rule == REQUIRED || row->rule == INPUT || row->rule == OUTPUT) && !target.has(row->name))
      return misuse(function, STATUS_BAD_PARAM, "%s lacks %s", descriptor_name(target.type), row->text);
  int status = finalize(target);
  target.finalized = status == STATUS_SUCCESS;
  return status;
}

// Takes the descriptors of an attribute's elements: finalised, and of the row's type.
static int take_children(const char* function, const AttributeRow& row, int64_t count, const void* elements,
                         Attribute& attribute) {
  for (int64_t i = 0; i < count; i++) {
    Reference* child = reference(function, static_cast<void* const*>(elements)[i]);
    if (!child) return refuse(STATUS_BAD_PARAM, "no descriptor");
    if (row.child >= 0 && (*child)->type != row.child)
      return misuse(function, STATUS_BAD_PARAM_DESCRIPTOR_TYPE, "%s takes a %s, not a %s", row.text,
                    descriptor_name(row.child), descriptor_name((*child)->type));
    if (!(*child)->finalized)
      return misuse(function, STATUS_BAD_PARAM_NOT_FINALIZED, "%s takes finalised descriptors", row.text);
    attribute.descriptors.push_back(*child);
  }
  return STATUS_SUCCESS;
}

int cudnnBackendSetAttribute(void* descriptor, int name, int type, int64_t count, const void* elements) {
  const char* function = "cudnnBackendSetAttribute";
  Reference* object = reference(function, descriptor);
  if (!object) return refuse(STATUS_BAD_PARAM, "no descriptor");
  Descriptor& target = **object;
  const char* owner = descriptor_name(target.type);
  const AttributeRow* row = attribute_row(target.type, name);
  if (!row) return misuse(function, STATUS_BAD_PARAM, "%s has no attribute %d", owner, name);
  if (target.finalized) return misuse(function, STATUS_BAD_PARAM, "%s of a finalised %s", row->text, owner);
  if (row->rule == READ_ONLY) return misuse(function, STATUS_BAD_PARAM, "%s is only read", row->text);
  if (type != row->type && type != row->other_type)
    return misuse(function, STATUS_BAD_PARAM_ATTRIBUTE_TYPE, "%s is of type %d, not %d", row->text, row->type, type);
  if (count < row->least || count > row->most)
    return misuse(function, STATUS_BAD_PARAM, "%s takes no %lld elements", row->text, static_cast<long long>(count));
  if (count > 0 && !elements) return misuse(function, STATUS_BAD_PARAM_NULL_POINTER, "%s from nowhere", row->text);
  if (type == TYPE_HANDLE && !software_device_object(function, HANDLE_KIND, *static_cast<void* const*>(elements)))
    return refuse(STATUS_BAD_PARAM, "no handle");
  Attribute attribute;
  attribute.type = type;
  attribute.count = count;
  if (type == TYPE_BACKEND_DESCRIPTOR) {
    int status = take_children(function, *row, count, elements, attribute);
    if (status != STATUS_SUCCESS) return status;
  } else {
    const auto* bytes = static_cast<const unsigned char*>(elements);
    attribute.bytes.assign(bytes, bytes + count * static_cast<int64_t>(element_size(type)));
  }
  target.attributes[name] = std::move(attribute);
  return STATUS_SUCCESS;
}

// Copies what an attribute holds into descriptors that the caller has made, which are then finalised; they may have held another.
static int give_children(const char* function, const AttributeRow& row, const Attribute& attribute, int64_t count,
                         void* elements) {
  for (int64_t i = 0; i < count; i++) {
    Reference* place = reference(function, static_cast<void**>(elements)[i]);
    if (!place) return refuse(STATUS_BAD_PARAM, "no descriptor");
    if ((*place)->type != attribute.descriptors[i]->type)
      return misuse(function, STATUS_BAD_PARAM_DESCRIPTOR_TYPE, "%s gives a %s, not a %s", row.text,
                    descriptor_name(attribute.descriptors[i]->type), descriptor_name((*place)->type));
    **place = *attribute.descriptors[i];
  }
  return STATUS_SUCCESS;
}

int cudnnBackendGetAttribute(void* descriptor, int name, int type, int64_t requested, int64_t* count, void* elements) {
  const char* function = "cudnnBackendGetAttribute";
  Reference* object = reference(function, descriptor);
  if (!object) return refuse(STATUS_BAD_PARAM, "no descriptor");
  const Descriptor& source = **object;
  const AttributeRow* row = attribute_row(source.type, name);
  if (!row) return misuse(function, STATUS_BAD_PARAM, "%s has no attribute %d", descriptor_name(source.type), name);
  if (!source.finalized)
    return misuse(function, STATUS_BAD_PARAM_NOT_FINALIZED, "%s of a %s that is not finalised", row->text,
                  descriptor_name(source.type));
  if (type != row->type && type != row->other_type)
    return misuse(function, STATUS_BAD_PARAM_ATTRIBUTE_TYPE, "%s is of type %d, not %d", row->text, row->type, type);
  if (requested < 0 || (requested > 0 && !elements))
    return misuse(function, STATUS_BAD_PARAM, "no place for %lld elements of %s", static_cast<long long>(requested), row->text);
  auto found = source.attributes.find(name);
  if (found == source.attributes.end()) {
    if (count) *count = 0;
    return refuse(row->rule == READ_ONLY ? STATUS_NOT_SUPPORTED : STATUS_BAD_PARAM, "%s is not set", row->text);
  }
  const Attribute& attribute = found->second;
  if (type != attribute.type)
    return misuse(function, STATUS_BAD_PARAM_ATTRIBUTE_TYPE, "%s is of type %d, not %d", row->text, attribute.type, type);
  int64_t given = std::min(requested, attribute.count);
  // Asked for none, it tells how many there are; except for knobs, where it tells none.
  if (count) *count = requested == 0 && name != ATTR_ENGINECFG_KNOB_CHOICES ? attribute.count : given;
  if (type == TYPE_BACKEND_DESCRIPTOR) return give_children(function, *row, attribute, given, elements);
  std::copy_n(attribute.bytes.begin(), given * static_cast<int64_t>(element_size(type)), static_cast<unsigned char*>(elements));
  return STATUS_SUCCESS;
}

}  // extern "C"
