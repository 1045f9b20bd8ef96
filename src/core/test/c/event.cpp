/* Events: places in a stream. */
#include "device.h"

DRIVER_API CUresult cuEventCreate(CUevent *to, unsigned flags) {
  Call call("cuEventCreate");
  call.require(to != nullptr, CUDA_ERROR_INVALID_VALUE, "null for the event");
  call.require(flags <= 3, CUDA_ERROR_INVALID_VALUE, "flags that the double does not know");
  if (!call.ok()) return call.status;
  auto event = std::make_shared<Event>();
  event->flags = flags;
  *to = static_cast<CUevent>(open_handle(Event::KIND, event, current_context));
  return call.status;
}

DRIVER_API CUresult cuEventDestroy_v2(CUevent handle) {
  Call call("cuEventDestroy", Call::RELEASE);
  call.close<Event>(handle);
  return call.end();
}

DRIVER_API CUresult cuEventRecord(CUevent handle, CUstream stream_handle) {
  Call call("cuEventRecord");
  std::shared_ptr<Event> event = call.find<Event>(handle);
  std::shared_ptr<Stream> stream = call.stream(stream_handle);
  if (!call.ok()) return call.status;
  event->capture = stream->capture;
  event->nodes = stream->nodes;
  if (!stream->capture) record(stream, event);
  return call.status;
}

/* The event, unless a capture has it. */
static std::shared_ptr<Event> real_event(Call &call, CUevent handle) {
  std::shared_ptr<Event> event = call.find<Event>(handle);
  if (event && event->capture) {
    event->capture->invalid = true;
    call.fail(CUDA_ERROR_CAPTURED_EVENT, "the event was recorded by a capture");
  }
  return event;
}

DRIVER_API CUresult cuEventQuery(CUevent handle) {
  Call call("cuEventQuery", Call::UNSAFE);
  std::shared_ptr<Event> event = real_event(call, handle);
  return call.ok() && !event->complete() ? CUDA_ERROR_NOT_READY : call.end();
}

DRIVER_API CUresult cuEventSynchronize(CUevent handle) {
  Call call("cuEventSynchronize", Call::UNSAFE);
  std::shared_ptr<Event> event = real_event(call, handle);
  if (!call.ok()) return call.status;
  device.counts.synchronizations++;
  uint64_t generation = event->recorded;
  call.wait([&] { return event->completed >= generation; });
  return call.end();
}

DRIVER_API CUresult cuEventElapsedTime(float *milliseconds, CUevent from, CUevent to) {
  Call call("cuEventElapsedTime");
  std::shared_ptr<Event> start = real_event(call, from), end = real_event(call, to);
  call.require(milliseconds != nullptr, CUDA_ERROR_INVALID_VALUE, "null for the time");
  if (!call.ok()) return call.status;
  call.require(!((start->flags | end->flags) & CU_EVENT_DISABLE_TIMING), CUDA_ERROR_INVALID_HANDLE, "an event without time");
  call.require(start->recorded > 0 && end->recorded > 0, CUDA_ERROR_INVALID_HANDLE, "an event that was never recorded");
  if (!call.ok()) return call.status;
  if (!start->complete() || !end->complete()) return CUDA_ERROR_NOT_READY;
  *milliseconds = static_cast<float>((end->seconds - start->seconds) * 1000);
  return call.end();
}

/* A stream that waits for an event of a capture takes part in it. */
static void join(Call &call, const std::shared_ptr<Stream> &stream, const Event &event) {
  const std::shared_ptr<Capture> &capture = event.capture;
  if (!call.require(capture->active, CUDA_ERROR_INVALID_VALUE, "the capture that recorded the event has ended")) return;
  if (!call.require(!stream->capture || stream->capture == capture, CUDA_ERROR_STREAM_CAPTURE_MERGE, "the event is of another capture")) return;
  if (!stream->capture) {
    stream->capture = capture;
    stream->nodes.clear();
    capture->streams.push_back(stream);
  }
  stream->nodes.insert(event.nodes.begin(), event.nodes.end());
}

DRIVER_API CUresult cuStreamWaitEvent(CUstream stream_handle, CUevent handle, unsigned flags) {
  Call call("cuStreamWaitEvent");
  std::shared_ptr<Stream> stream = call.stream(stream_handle);
  std::shared_ptr<Event> event = call.find<Event>(handle);
  call.require(flags == 0, CUDA_ERROR_INVALID_VALUE, "flags are to be 0");
  if (!call.ok()) return call.status;
  if (event->capture) {
    join(call, stream, *event);
  } else if (stream->capture) {
    stream->capture->invalid = true;
    call.fail(CUDA_ERROR_STREAM_CAPTURE_ISOLATION, "the stream captures, the event was recorded outside of the capture");
  } else {
    order(stream, event);
  }
  return call.status;
}
