/* Streams: each has a queue, and a thread that does what is in it, later. */
#include <csignal>

#include <chrono>

#include "device.h"

namespace {

/* Signals other than faults are for the threads of the program; faults are handled on a stack of their own, as kernels run
 * on small ones. */
void prepare_thread(std::vector<char> &fault_stack) {
  sigset_t others;
  sigfillset(&others);
  for (int fault : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP}) sigdelset(&others, fault);
  pthread_sigmask(SIG_SETMASK, &others, nullptr);
  stack_t stack = {};
  stack.ss_sp = fault_stack.data();
  stack.ss_size = fault_stack.size();
  sigaltstack(&stack, nullptr);
}

/* Device memory is open to everybody while any stream works, and closed when none does. */
void open_memory(bool &open, bool to) {
  if (open == to) return;
  open = to;
  int before = device.running;
  device.running += to ? 1 : -1;
  if ((before == 0) != (device.running == 0)) device.memory.open(to);
}

/* Microseconds: long ones where nothing was queued before, so that what does not wait comes too early. */
int delay(Stream &stream, bool first) {
  if (device.settings.delay == 0) return 0;
  unsigned dice = stream.random() % 256;
  if (dice == 0) return 1000 + stream.random() % 2000;
  return first ? 50 + stream.random() % 400 : dice < 48 ? stream.random() % 100 : 0;
}

void finish(Stream &stream, const Work &work, const std::string &problem) {
  tell_faults();
  if (!problem.empty()) {
    violation(work.name, problem);
    if (device.counts.error == 0) device.counts.error = CUDA_ERROR_LAUNCH_FAILED;
  }
  if (work.reached) {
    work.reached->completed = std::max(work.reached->completed, work.generation);
    work.reached->seconds = std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
  }
  count_queued(work, -1);
  stream.busy = false;
  device.changed.notify_all();
}

void work_until_closed(const std::shared_ptr<Stream> &stream) {
  std::vector<char> fault_stack(1 << 16);
  prepare_thread(fault_stack);
  std::unique_lock<std::mutex> lock(device.lock);
  bool open = false, first = true;
  while (true) {
    if (stream->queue.empty()) {
      open_memory(open, false);
      first = true;
      device.changed.wait(lock, [&] { return stream->closing || !stream->queue.empty(); });
      if (stream->queue.empty()) return;
    }
    Work work = std::move(stream->queue.front());
    stream->queue.pop_front();
    stream->busy = true;
    if (int microseconds = delay(*stream, first)) {
      open_memory(open, false);
      lock.unlock();
      std::this_thread::sleep_for(std::chrono::microseconds(microseconds));
      lock.lock();
    }
    first = false;
    if (device.ended) device.changed.wait(lock, [] { return false; });
    if (work.awaited && work.awaited->completed < work.generation) {
      open_memory(open, false);
      device.changed.wait(lock, [&] { return work.awaited->completed >= work.generation; });
    }
    std::string problem;
    if (work.run && device.counts.error == 0) {
      open_memory(open, true);
      device.counts.operations++;
      lock.unlock();
      problem = guarded(work.name.c_str(), work.run);
      lock.lock();
    }
    if (stream->queue.empty()) open_memory(open, false);  // before who waits goes on
    finish(*stream, work, problem);
    lock.unlock();
    work = Work();  // what it held may come back with calls
    lock.lock();
  }
}

}  // namespace

std::shared_ptr<Stream> make_stream() {
  auto stream = std::make_shared<Stream>();
  stream->random.seed(device.settings.seed * 1000 + ++device.streams);
  std::thread(work_until_closed, stream).detach();
  return stream;
}

void enqueue(const std::shared_ptr<Stream> &stream, Work work) {
  count_queued(work, 1);
  stream->queue.push_back(std::move(work));
  device.changed.notify_all();
}

void order(const std::shared_ptr<Stream> &stream, const std::shared_ptr<Event> &awaited) {
  Work work;
  work.name = "wait";
  work.awaited = awaited;
  work.generation = awaited->recorded;
  enqueue(stream, std::move(work));
}

void record(const std::shared_ptr<Stream> &stream, const std::shared_ptr<Event> &event) {
  Work work;
  work.name = "event";
  work.reached = event;
  work.generation = ++event->recorded;
  enqueue(stream, std::move(work));
}

DRIVER_API CUresult cuStreamCreateWithPriority(CUstream *stream, unsigned flags, int) {
  Call call("cuStreamCreate");
  call.require(stream != nullptr, CUDA_ERROR_INVALID_VALUE, "null for the stream");
  call.require(flags == CU_STREAM_NON_BLOCKING, CUDA_ERROR_INVALID_VALUE, "a stream that is not CU_STREAM_NON_BLOCKING waits for the default stream");
  if (call.ok()) *stream = static_cast<CUstream>(open_handle(Stream::KIND, make_stream(), current_context));
  return call.status;
}

DRIVER_API CUresult cuStreamCreate(CUstream *stream, unsigned flags) { return cuStreamCreateWithPriority(stream, flags, 0); }

/* What is queued is still done. */
DRIVER_API CUresult cuStreamDestroy_v2(CUstream handle) {
  Call call("cuStreamDestroy", Call::RELEASE);
  std::shared_ptr<Stream> stream = call.stream(handle);
  if (!stream) return call.end();
  if (stream->capture) return call.fail(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "the stream captures");
  call.close<Stream>(handle);
  stream->closing = true;
  device.changed.notify_all();
  return call.end();
}

/* The stream, if it captures not; else the capture is spoiled. */
static std::shared_ptr<Stream> quiet_stream(Call &call, CUstream handle) {
  std::shared_ptr<Stream> stream = call.stream(handle);
  if (stream && stream->capture) {
    stream->capture->invalid = true;
    call.fail(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "the stream captures");
  }
  return stream;
}

DRIVER_API CUresult cuStreamSynchronize(CUstream handle) {
  Call call("cuStreamSynchronize", Call::UNSAFE);
  std::shared_ptr<Stream> stream = quiet_stream(call, handle);
  if (!call.ok()) return call.status;
  device.counts.synchronizations++;
  call.wait([&] { return stream->idle(); });
  return call.end();
}

DRIVER_API CUresult cuStreamQuery(CUstream handle) {
  Call call("cuStreamQuery", Call::UNSAFE);
  std::shared_ptr<Stream> stream = quiet_stream(call, handle);
  return call.ok() && !stream->idle() ? CUDA_ERROR_NOT_READY : call.end();
}

DRIVER_API CUresult cuCtxSynchronize() {
  Call call("cuCtxSynchronize");
  call.require(device.captures.empty(), CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "not while a stream captures");
  if (!call.ok()) return call.status;
  device.counts.synchronizations++;
  call.wait([&] {
    for (auto &object : device.objects) {
      bool stream = std::string(object.second.kind) == Stream::KIND;
      if (stream && !std::static_pointer_cast<Stream>(object.second.object)->idle()) return false;
    }
    return true;
  });
  return call.end();
}
