/* The ranks of a communicator: threads of one process or several processes of this machine, which meet in shared memory. */
#ifndef NCCL_CLIQUE_H
#define NCCL_CLIQUE_H

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

namespace nccl {

constexpr int MOST_RANKS = 16;
constexpr int64_t CHUNK = 1 << 18;  // floats that a rank shows the others at once

/* What an exchange is; all ranks must mean the same. */
enum Kind : uint64_t { SUM = 1, GATHER = 2 };

struct Rank {
  std::atomic<int> process;       // 0 until it has joined
  std::atomic<uint64_t> context;  // its device
  std::atomic<uint64_t> kind, count;
  std::atomic<uint64_t> shown, seen;  // chunks
  std::atomic<bool> left;
};

struct Meeting {
  std::atomic<int> size;
  std::atomic<bool> failed;
  Rank ranks[MOST_RANKS];
  float chunks[MOST_RANKS][CHUNK];
};

/* One rank's view. */
class Clique {
 public:
  /* A new meeting; its name, which is below 128 characters. */
  static std::string create();

  /* Joins and waits for the others; null after `problem` was written. */
  static std::shared_ptr<Clique> join(const std::string &name, int size, int rank, uint64_t context, std::string &problem);

  ~Clique();

  /* The exchange of all ranks, on device memory; what the ranks disagree in, or an empty text. Ends early after an abort. */
  std::string exchange(Kind kind, const float *from, float *to, int64_t count);

  void leave() { meeting->ranks[rank].left = true; }
  void abort() { aborted = true; }
  int ranks() const { return size; }
  bool misses_others() const { return missing; }

 private:
  Clique(Meeting *meeting, int size, int rank) : meeting(meeting), size(size), rank(rank) {}
  template <class Done>
  bool wait(Done done);
  std::string disagreement(Kind kind, int64_t count) const;

  Meeting *const meeting;
  const int size, rank;
  uint64_t chunk = 0;
  std::atomic<bool> aborted{false}, missing{false};
};

}  // namespace nccl

#endif
