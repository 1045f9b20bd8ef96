/* Graphs: recorded work, done again at each launch, in any order that its captured dependences allow. */
#include "device.h"

DRIVER_API CUresult cuGraphCreate(CUgraph *to, unsigned flags) {
  Call call("cuGraphCreate");
  if (call.require(to != nullptr && flags == 0, CUDA_ERROR_INVALID_VALUE, "null for the graph, or flags that are not 0")) {
    *to = static_cast<CUgraph>(open_handle(Graph::KIND, std::make_shared<Graph>(), current_context));
  }
  return call.status;
}

DRIVER_API CUresult cuGraphDestroy(CUgraph graph) {
  Call call("cuGraphDestroy", Call::RELEASE);
  call.close<Graph>(graph);
  return call.end();
}

/* The nodes have numbers, which no other call takes. */
DRIVER_API CUresult cuGraphGetNodes(CUgraph handle, CUgraphNode *nodes, size_t *count) {
  Call call("cuGraphGetNodes");
  std::shared_ptr<Graph> graph = call.find<Graph>(handle);
  if (!graph || !call.require(count != nullptr, CUDA_ERROR_INVALID_VALUE, "null for the count")) return call.status;
  size_t size = graph->nodes.size();
  for (size_t i = 0; nodes != nullptr && i < *count; i++) nodes[i] = reinterpret_cast<CUgraphNode>(i < size ? i + 1 : 0);
  *count = nodes == nullptr ? size : std::min(*count, size);
  return call.status;
}

DRIVER_API CUresult cuGraphInstantiateWithFlags(CUgraphExec *to, CUgraph handle, unsigned long long flags) {
  Call call("cuGraphInstantiate");
  std::shared_ptr<Graph> graph = call.find<Graph>(handle);
  if (!graph || !call.require(to != nullptr && flags == 0, CUDA_ERROR_INVALID_VALUE, "null for the answer, or flags that are not 0")) return call.status;
  auto exec = std::make_shared<GraphExec>();
  exec->nodes = graph->nodes;
  *to = static_cast<CUgraphExec>(open_handle(GraphExec::KIND, exec, current_context));
  return call.status;
}

DRIVER_API CUresult cuGraphExecDestroy(CUgraphExec exec) {
  Call call("cuGraphExecDestroy", Call::RELEASE);
  call.close<GraphExec>(exec);
  return call.end();
}

static std::shared_ptr<GraphExec> launchable(Call &call, CUgraphExec handle, const std::shared_ptr<Stream> &stream) {
  std::shared_ptr<GraphExec> exec = call.find<GraphExec>(handle);
  call.require(!stream || !stream->capture, CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "graphs within graphs, which the double does not know");
  return call.ok() ? exec : nullptr;
}

DRIVER_API CUresult cuGraphUpload(CUgraphExec exec, CUstream stream) {
  Call call("cuGraphUpload");
  launchable(call, exec, call.stream(stream));
  return call.status;
}

/* Numbers of nodes, each after those before it; which of several comes first is chance. */
static std::vector<int> some_order(const std::vector<Node> &nodes, std::minstd_rand &random) {
  std::vector<int> order, ready, missing;
  std::vector<std::vector<int>> after(nodes.size());
  for (size_t i = 0; i < nodes.size(); i++) {
    missing.push_back(static_cast<int>(nodes[i].before.size()));
    for (int before : nodes[i].before) after[before].push_back(static_cast<int>(i));
    if (missing[i] == 0) ready.push_back(static_cast<int>(i));
  }
  while (!ready.empty()) {
    std::swap(ready[random() % ready.size()], ready.back());
    int next = ready.back();
    ready.pop_back();
    order.push_back(next);
    for (int node : after[next]) {
      if (--missing[node] == 0) ready.push_back(node);
    }
  }
  return order;
}

DRIVER_API CUresult cuGraphLaunch(CUgraphExec handle, CUstream stream_handle) {
  Call call("cuGraphLaunch");
  std::shared_ptr<Stream> stream = call.stream(stream_handle);
  std::shared_ptr<GraphExec> exec = launchable(call, handle, stream);
  if (!exec) return call.status;
  for (Node &node : exec->nodes) {
    std::string problem = node.work.launch ? launch_problem(*node.work.launch) : "";
    if (!problem.empty()) return call.fail(CUDA_ERROR_INVALID_VALUE, node.work.name + ": " + problem);
  }
  device.counts.graph_launches++;
  order(stream, exec->done);
  for (int node : some_order(exec->nodes, stream->random)) enqueue(stream, exec->nodes[node].work);
  record(stream, exec->done);
  return call.status;
}
