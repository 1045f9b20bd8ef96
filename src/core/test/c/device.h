/* The inside of the software device. One lock guards all of it; a call of the API is a Call, which holds the lock and knows
 * what is wrong. Queued work runs without the lock, on the thread of its stream. */
#ifndef DEVICE_H
#define DEVICE_H

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "driver_functions.h"
#include "software_device.h"
#include "space.h"

class Call;

struct Context {
  static constexpr const char *KIND = "context";
  CUdevice device;
  CUcontext handle;
  int retained = 1;
  std::shared_ptr<struct Stream> legacy;  // of the copies that name no stream
};

struct Event {
  static constexpr const char *KIND = "event";
  unsigned flags = 0;
  uint64_t recorded = 0;   // how often it was recorded
  uint64_t completed = 0;  // which of these the device has reached
  double seconds = 0;
  std::shared_ptr<struct Capture> capture;  // that recorded it last, if one did
  std::set<int> nodes;                      // of the capture, before it
  bool complete() const { return completed >= recorded; }
};

/* A launch that waits in a stream or stands in a graph. */
struct Launch;

/* What a stream does or a graph holds. */
struct Work {
  std::string name;
  std::function<std::string()> run;       // reads and writes memory, answers what went wrong; may be empty
  std::shared_ptr<Launch> launch;         // if it is a kernel
  std::shared_ptr<Event> awaited, reached;  // as recorded the generation-th time
  uint64_t generation = 0;
};

struct Node {
  Work work;
  std::set<int> before;
};

struct Graph {
  static constexpr const char *KIND = "graph";
  std::vector<Node> nodes;
};

struct GraphExec {
  static constexpr const char *KIND = "graph exec";
  std::vector<Node> nodes;
  std::shared_ptr<Event> done = std::make_shared<Event>();  // its launches follow each other
};

struct Capture {
  CUstreamCaptureMode mode;
  std::thread::id thread;
  struct Stream *origin;
  Graph graph;
  std::vector<std::shared_ptr<struct Stream>> streams;
  bool invalid = false;
  bool active = true;
};

struct Stream {
  static constexpr const char *KIND = "stream";
  std::deque<Work> queue;
  bool busy = false;
  bool closing = false;
  std::minstd_rand random;
  std::shared_ptr<Capture> capture;
  std::set<int> nodes;  // of the capture, before what comes next
  bool idle() const { return queue.empty() && !busy; }
};

struct Settings {
  int64_t init = 0;
  int64_t driver_version = 13000;
  int64_t devices = 1;
  int64_t compute_capability = 90;
  int64_t memory = int64_t{8} << 30;
  int64_t delay = 1;
  int64_t seed = 1;
  int64_t nondeterministic = 0;
  int64_t refuse = 0;
  int64_t fail = 0;
};

struct Counts {
  int64_t traps = 0, launches = 0, copies = 0, operations = 0, graph_launches = 0, synchronizations = 0, error = 0;
};

/* An object behind a handle. */
struct Entry {
  const char *kind;
  std::shared_ptr<void> object;
  CUcontext context;
};

/* All there is. It is never destroyed, for streams work until the process ends. */
struct Device {
  std::mutex lock;
  std::condition_variable changed;
  Settings settings;
  Counts counts;
  bool initialized = false;
  bool ended = false;  // the process
  uint64_t handles = 0;
  std::map<uint64_t, Entry> objects;  // by handle
  std::map<std::string, int64_t> live;
  std::map<CUdevice, std::shared_ptr<Context>> contexts;
  std::set<std::shared_ptr<Capture>> captures;
  uint64_t streams = 0;
  int running = 0;  // streams that may touch memory now
  std::string lines;  // about violations
  // Where the upper halves of addresses are numbers that are hardly anything else: launch.cpp looks for addresses.
  Space memory{"device memory", 0x6A5B00000000, uint64_t{4} << 40};
  Space pinned{"pinned memory", 0x716B00000000, uint64_t{1} << 40};
};

extern Device &device;
extern thread_local CUcontext current_context;

/* books.cpp, all with the lock held */
void violation(const std::string &function, const std::string &what);
void *open_handle(const char *kind, std::shared_ptr<void> object, CUcontext context);
std::string describe_handle(const char *kind, const void *handle);
bool find_entry(const char *kind, const void *handle, Entry &entry);
void close_handle(const void *handle);
int64_t leaks(CUcontext context);
void report_at_end();  // what is still open when the process ends
std::string format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* fault.cpp */
void catch_faults();
void note_host();    // this thread is one of the program's
void tell_faults();  // as violations; with the lock held
/* Runs work that may touch memory; what it answers, or what ended it. */
std::string guarded(const char *name, const std::function<std::string()> &run);

/* One call of the API. */
class Call {
 public:
  enum Kind { PLAIN, UNSAFE, RELEASE, UNSAFE_RELEASE, ANYWHERE, BEFORE_INIT };
  /* PLAIN calls want a current context. UNSAFE ones, which allocate or wait, are also refused while a capture forbids them;
   * RELEASE ones do their work when the device has failed, too. ANYWHERE needs no context, BEFORE_INIT not even cuInit. */
  Call(const char *function, Kind kind = PLAIN);

  bool ok() const { return status == CUDA_SUCCESS; }
  CUresult fail(CUresult status, const std::string &what);  // a violation
  CUresult end() const;
  bool require(bool condition, CUresult status, const char *what) {
    if (!condition && ok()) fail(status, what);
    return ok();
  }

  template <class T>
  std::shared_ptr<T> find(const void *handle) {
    return std::static_pointer_cast<T>(find(T::KIND, handle));
  }
  template <class T>
  std::shared_ptr<T> close(const void *handle) {
    std::shared_ptr<T> object = find<T>(handle);
    if (object) close_handle(handle);
    discarded.push_back(object);
    return object;
  }
  /* A stream that is alive. */
  std::shared_ptr<Stream> stream(const void *handle);

  /* Queues work, or makes it a node of the capture; kernels and plans may be refused or made to fail. */
  CUresult launch(const std::shared_ptr<Stream> &stream, Work work);
  CUresult push(const std::shared_ptr<Stream> &stream, Work work);
  void wait(const std::function<bool()> &until) { device.changed.wait(lock, until); }

  const char *const function;
  CUresult status = CUDA_SUCCESS;
  std::vector<std::shared_ptr<void>> discarded;  // destroyed when the lock is no longer held
  std::unique_lock<std::mutex> lock;

 private:
  std::shared_ptr<void> find(const char *kind, const void *handle);
};

/* stream.cpp */
std::shared_ptr<Stream> make_stream();
void enqueue(const std::shared_ptr<Stream> &stream, Work work);
void order(const std::shared_ptr<Stream> &stream, const std::shared_ptr<Event> &awaited);
void record(const std::shared_ptr<Stream> &stream, const std::shared_ptr<Event> &event);

/* capture.cpp: whether a capture forbids this thread to allocate or to wait; it is spoiled then. */
bool capture_forbids();
void add_node(Stream &stream, Work work);

/* launch.cpp: what is wrong with a launch now, or an empty text. */
std::string launch_problem(const Launch &launch);
/* Counts a launch of its module's that waits (1) or no longer does (-1). */
void count_queued(const Work &work, int change);

#endif
