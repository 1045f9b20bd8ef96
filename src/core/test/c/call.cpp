/* What every call of the API must hold. */
#include "device.h"

Call::Call(const char *function, Kind kind) : function(function), lock(device.lock) {
  Entry entry;
  note_host();
  tell_faults();
  if (kind == BEFORE_INIT) return;
  if (!require(device.initialized, CUDA_ERROR_NOT_INITIALIZED, "before cuInit") || kind == ANYWHERE) return;
  bool unsafe = kind == UNSAFE || kind == UNSAFE_RELEASE, release = kind == RELEASE || kind == UNSAFE_RELEASE;
  if (!release && device.counts.error != 0) {
    status = static_cast<CUresult>(device.counts.error);
    return;
  }
  if (current_context == nullptr) {
    fail(CUDA_ERROR_INVALID_CONTEXT, "this thread has no current context");
  } else if (!find_entry(Context::KIND, current_context, entry)) {
    fail(CUDA_ERROR_INVALID_CONTEXT, "the current context was released");
  } else if (unsafe && capture_forbids()) {
    fail(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "not while a stream captures");
  }
}

CUresult Call::fail(CUresult status, const std::string &what) {
  violation(function, what);
  return this->status = status;
}

CUresult Call::end() const { return ok() ? static_cast<CUresult>(device.counts.error) : status; }

std::shared_ptr<void> Call::find(const char *kind, const void *handle) {
  Entry entry;
  if (!ok()) return nullptr;
  if (!find_entry(kind, handle, entry)) {
    fail(CUDA_ERROR_INVALID_HANDLE, describe_handle(kind, handle));
  } else if (entry.context != nullptr && entry.context != current_context) {
    fail(CUDA_ERROR_INVALID_HANDLE, format("the %s is of another context than the current one", kind));
  } else {
    return entry.object;
  }
  return nullptr;
}

std::shared_ptr<Stream> Call::stream(const void *handle) {
  require(reinterpret_cast<uint64_t>(handle) > 2, CUDA_ERROR_INVALID_HANDLE, "the default stream, which is not to be used");
  return find<Stream>(handle);
}

CUresult Call::launch(const std::shared_ptr<Stream> &stream, Work work) {
  Settings &settings = device.settings;
  if (settings.refuse > 0 && --settings.refuse == 0) return status = CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES;
  if (settings.fail > 0 && --settings.fail == 0) work.run = [] { return std::string("it fails, as a test wants"); };
  return push(stream, std::move(work));
}

CUresult Call::push(const std::shared_ptr<Stream> &stream, Work work) {
  if (!stream->capture) {
    enqueue(stream, std::move(work));
  } else if (stream->capture->invalid) {
    fail(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, "the capture of the stream was ended by a call before");
  } else {
    add_node(*stream, std::move(work));
  }
  return status;
}

extern "C" {

int software_device_check_call(const char *function, int unsafe) {
  return Call(function, unsafe ? Call::UNSAFE : Call::PLAIN).status;
}

int software_device_check_stream(const char *function, void *stream) {
  Call call(function);
  call.stream(stream);
  return call.status;
}

int software_device_check_range(const char *function, const char *what, uint64_t address, uint64_t bytes, uint64_t alignment) {
  Call call(function);
  if (!call.ok()) return call.status;
  std::string problem = device.memory.problem(address, bytes);
  if (!problem.empty()) return call.fail(CUDA_ERROR_INVALID_VALUE, std::string(what) + ": " + problem);
  if (address % alignment != 0) {
    return call.fail(CUDA_ERROR_INVALID_VALUE, format("%s: the address %#llx is no multiple of %llu", what,
        static_cast<unsigned long long>(address), static_cast<unsigned long long>(alignment)));
  }
  return 0;
}

int software_device_enqueue(const char *function, void *stream, const char *name, void (*run)(void *), void *state,
                            void (*release)(void *)) {
  Call call(function);
  std::shared_ptr<Stream> to = call.stream(stream);
  if (!to) return call.status;
  auto released = std::make_shared<bool>(false);  // not if the work is refused
  std::shared_ptr<void> kept(state, [=](void *object) { if (*released && release != nullptr) release(object); });
  Work work;
  work.name = name;
  work.run = [=] {
    run(kept.get());
    return std::string();
  };
  call.launch(to, std::move(work));
  *released = call.ok();
  return call.status;
}

}  // extern "C"
