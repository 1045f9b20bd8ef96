/* Meetings in shared memory: each rank shows a chunk of its numbers, and reads those of all when all have. */
#include "nccl_clique.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <mutex>
#include <random>
#include <set>

namespace nccl {

namespace {

const std::string FOLDER = "/dev/shm/";
const std::string PREFIX = "residual-nccl-";

/* Meetings that this process has opened and not all ranks have joined. */
struct Open {
  std::mutex lock;
  std::set<std::string> names;
  ~Open() {
    for (const std::string &name : names) unlink((FOLDER + name).c_str());
  }
} open_meetings;

Meeting *map(const std::string &name, int flags) {
  int file = ::open((FOLDER + name).c_str(), O_RDWR | O_CLOEXEC | flags, 0600);
  if (file < 0) return nullptr;
  bool sized = (flags & O_CREAT) == 0 || ftruncate(file, sizeof(Meeting)) == 0;
  void *memory = sized ? mmap(nullptr, sizeof(Meeting), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0) : MAP_FAILED;
  close(file);
  return memory == MAP_FAILED ? nullptr : static_cast<Meeting *>(memory);
}

void forget(const std::string &name) {
  std::lock_guard<std::mutex> guard(open_meetings.lock);
  unlink((FOLDER + name).c_str());
  open_meetings.names.erase(name);
}

bool gone(int process) { return kill(process, 0) != 0 && errno == ESRCH; }

}  // namespace

std::string Clique::create() {
  std::random_device random;
  std::string name = PREFIX + std::to_string(getpid()) + "-" + std::to_string(random()) + std::to_string(random());
  Meeting *meeting = map(name, O_CREAT | O_EXCL);
  if (meeting == nullptr) return "";
  munmap(meeting, sizeof(Meeting));
  std::lock_guard<std::mutex> guard(open_meetings.lock);
  open_meetings.names.insert(name);
  return name;
}

std::shared_ptr<Clique> Clique::join(const std::string &name, int size, int rank, uint64_t context, std::string &problem) {
  Meeting *meeting = name.rfind(PREFIX, 0) == 0 ? map(name, 0) : nullptr;
  if (meeting == nullptr) {
    problem = "no id of ncclGetUniqueId's, or one that was used already";
    return nullptr;
  }
  std::shared_ptr<Clique> clique(new Clique(meeting, size, rank));
  int none = 0, nobody = 0;
  meeting->size.compare_exchange_strong(none, size);
  if (meeting->size != size) {
    problem = "another rank says that there are " + std::to_string(meeting->size) + " ranks, this one " + std::to_string(size);
  } else if (meeting->ranks[rank].context = context, !meeting->ranks[rank].process.compare_exchange_strong(nobody, getpid())) {
    problem = "there is a rank " + std::to_string(rank) + " already";
  }
  for (int other = 0; other < size && problem.empty(); other++) {
    const Rank &its = meeting->ranks[other];
    if (other != rank && its.process == getpid() && its.context == context) {
      problem = "ranks " + std::to_string(other) + " and " + std::to_string(rank) + " have the same device";
    }
  }
  if (!problem.empty()) meeting->failed = true;
  clique->wait([&] {
    return meeting->failed || std::all_of(meeting->ranks, meeting->ranks + size, [](const Rank &other) { return other.process != 0; });
  });
  forget(name);
  if (meeting->failed && problem.empty()) problem = "another rank was refused";
  return problem.empty() ? clique : nullptr;
}

Clique::~Clique() { munmap(meeting, sizeof(Meeting)); }

/* Waits for the others, as kernels do: for ever, unless it is aborted. */
template <class Done>
bool Clique::wait(Done done) {
  for (int turn = 0; !done(); turn++) {
    if (aborted) return false;
    usleep(turn < 100 ? 10 : 200);
    for (int other = 0; other < size && turn % 64 == 63; other++) {
      const Rank &its = meeting->ranks[other];
      if (its.left || (its.process != 0 && gone(its.process))) missing = true;
    }
  }
  return true;
}

std::string Clique::disagreement(Kind kind, int64_t count) const {
  for (int other = 0; other < size; other++) {
    const Rank &its = meeting->ranks[other];
    if (its.kind != kind || its.count != static_cast<uint64_t>(count)) {
      return "rank " + std::to_string(other) + " exchanges other things than rank " + std::to_string(rank) + ": " +
             std::to_string(its.count) + " numbers beside " + std::to_string(count);
    }
  }
  return "";
}

std::string Clique::exchange(Kind kind, const float *from, float *to, int64_t count) {
  Rank &own = meeting->ranks[rank];
  for (int64_t first = 0; first < count; first += CHUNK, chunk++) {
    int64_t length = std::min(CHUNK, count - first);
    auto all = [&](std::atomic<uint64_t> Rank::*progress, uint64_t least) {
      return wait([&] {
        return std::all_of(meeting->ranks, meeting->ranks + size, [&](const Rank &other) { return other.*progress >= least; });
      });
    };
    if (!all(&Rank::seen, chunk)) return "";
    std::copy_n(from + first, length, meeting->chunks[rank]);
    own.kind = kind;
    own.count = count;
    own.shown = chunk + 1;
    if (!all(&Rank::shown, chunk + 1)) return "";
    std::string problem = disagreement(kind, count);
    if (!problem.empty()) return problem;
    // In the order of the ranks, whoever adds.
    for (int64_t i = 0; i < length && kind == SUM; i++) {
      float sum = 0;
      for (int other = 0; other < size; other++) sum += meeting->chunks[other][i];
      to[first + i] = sum;
    }
    for (int other = 0; other < size && kind == GATHER; other++) {
      std::copy_n(meeting->chunks[other], length, to + other * count + first);
    }
    own.seen = chunk + 1;
  }
  return "";
}

}  // namespace nccl
