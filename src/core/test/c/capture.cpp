/* Capture: what is put into a stream is recorded instead, each piece with what it comes after. */
#include "device.h"

static thread_local CUstreamCaptureMode thread_mode = CU_STREAM_CAPTURE_MODE_GLOBAL;

bool capture_forbids() {
  bool forbidden = false;
  for (auto &capture : device.captures) {
    bool own = capture->thread == std::this_thread::get_id() && capture->mode != CU_STREAM_CAPTURE_MODE_RELAXED;
    bool global = capture->mode == CU_STREAM_CAPTURE_MODE_GLOBAL && thread_mode == CU_STREAM_CAPTURE_MODE_GLOBAL;
    if (thread_mode != CU_STREAM_CAPTURE_MODE_RELAXED && (own || global)) forbidden = capture->invalid = true;
  }
  return forbidden;
}

void add_node(Stream &stream, Work work) {
  std::vector<Node> &nodes = stream.capture->graph.nodes;
  nodes.push_back({std::move(work), stream.nodes});
  stream.nodes = {static_cast<int>(nodes.size()) - 1};
}

DRIVER_API CUresult cuThreadExchangeStreamCaptureMode(CUstreamCaptureMode *mode) {
  Call call("cuThreadExchangeStreamCaptureMode");
  if (call.require(mode != nullptr && *mode <= 2u, CUDA_ERROR_INVALID_VALUE, "no such mode")) std::swap(*mode, thread_mode);
  return call.status;
}

DRIVER_API CUresult cuStreamBeginCapture_v2(CUstream handle, CUstreamCaptureMode mode) {
  Call call("cuStreamBeginCapture");
  std::shared_ptr<Stream> stream = call.stream(handle);
  call.require(mode <= 2u, CUDA_ERROR_INVALID_VALUE, "no such mode");
  call.require(!stream || !stream->capture, CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "the stream captures already");
  if (!call.ok()) return call.status;
  auto capture = std::make_shared<Capture>();
  capture->mode = mode;
  capture->thread = std::this_thread::get_id();
  capture->origin = stream.get();
  capture->streams.push_back(stream);
  stream->capture = capture;
  stream->nodes.clear();
  device.captures.insert(capture);
  return call.status;
}

/* Adds what comes before the nodes. */
static void add_before(const Graph &graph, std::set<int> &nodes) {
  std::vector<int> open(nodes.begin(), nodes.end());
  while (!open.empty()) {
    int node = open.back();
    open.pop_back();
    for (int before : graph.nodes[node].before) {
      if (nodes.insert(before).second) open.push_back(before);
    }
  }
}

static bool joined(const Capture &capture) {
  std::set<int> reached = capture.origin->nodes;
  add_before(capture.graph, reached);
  for (auto &stream : capture.streams) {
    for (int node : stream->nodes) {
      if (reached.count(node) == 0) return false;
    }
  }
  return true;
}

DRIVER_API CUresult cuStreamEndCapture(CUstream handle, CUgraph *to) {
  Call call("cuStreamEndCapture", Call::RELEASE);
  std::shared_ptr<Stream> stream = call.stream(handle);
  if (!stream || !call.require(to != nullptr, CUDA_ERROR_INVALID_VALUE, "null for the graph")) return call.status;
  std::shared_ptr<Capture> capture = stream->capture;
  *to = nullptr;
  if (!call.require(capture != nullptr, CUDA_ERROR_INVALID_VALUE, "the stream does not capture")) return call.status;
  bool thread = capture->mode == CU_STREAM_CAPTURE_MODE_RELAXED || capture->thread == std::this_thread::get_id();
  call.require(thread, CUDA_ERROR_STREAM_CAPTURE_WRONG_THREAD, "another thread began the capture");
  call.require(capture->origin == stream.get(), CUDA_ERROR_STREAM_CAPTURE_UNMATCHED, "the capture began in another stream");
  if (!call.ok()) return call.status;
  call.require(joined(*capture), CUDA_ERROR_STREAM_CAPTURE_UNJOINED, "a stream that took part was not joined: its last work has nothing after it");
  for (auto &part : capture->streams) {
    part->capture = nullptr;
    part->nodes.clear();
  }
  capture->active = false;
  device.captures.erase(capture);
  if (call.ok()) call.status = call.end();
  if (capture->invalid && call.ok()) call.status = CUDA_ERROR_STREAM_CAPTURE_INVALIDATED;  // told when it happened
  if (call.ok()) {
    auto graph = std::make_shared<Graph>(std::move(capture->graph));
    *to = static_cast<CUgraph>(open_handle(Graph::KIND, graph, current_context));
  }
  call.discarded.push_back(capture);
  return call.status;
}

DRIVER_API CUresult cuStreamIsCapturing(CUstream handle, CUstreamCaptureStatus *to) {
  Call call("cuStreamIsCapturing");
  std::shared_ptr<Stream> stream = call.stream(handle);
  if (!stream || !call.require(to != nullptr, CUDA_ERROR_INVALID_VALUE, "null for the answer")) return call.status;
  *to = !stream->capture            ? CU_STREAM_CAPTURE_STATUS_NONE
        : stream->capture->invalid ? CU_STREAM_CAPTURE_STATUS_INVALIDATED
                                   : CU_STREAM_CAPTURE_STATUS_ACTIVE;
  return call.status;
}
