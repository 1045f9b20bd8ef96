/* A range of addresses from which allocations are cut, each between pages that nobody may touch, and never at the same
 * place twice: what is used after it was freed traps. An allocation ends flush with its last page where its size is a
 * multiple of 256 bytes; elsewhere, and before it, stand bytes whose change is seen when it is freed. */
#ifndef SPACE_H
#define SPACE_H

#include <cstdint>
#include <map>
#include <string>

struct Block {
  uint64_t address;
  uint64_t bytes;
  uint64_t first;  // of its pages
  uint64_t end;
  bool live;
  const void *context;
};

class Space {
 public:
  /* At `wanted`, if nothing is there. */
  Space(const char *name, uint64_t wanted, uint64_t bytes);

  /* Null if the system has no memory, or the range has no addresses left. All bits of fresh memory are set: NaN. */
  const Block *allocate(uint64_t bytes, const void *context);
  /* An empty text, or what was written where nothing was allocated. */
  std::string free(uint64_t address);

  void free_all(const void *context);

  /* The block whose pages, live or freed, have the address, or null. */
  const Block *block(uint64_t address) const;
  /* Whether the address was in a block or in the page after one. */
  bool used(uint64_t address) const;
  bool contains(uint64_t address) const { return address >= begin_ && address < end_; }
  /* An empty text if [address, address + bytes) is in one live block. */
  std::string problem(uint64_t address, uint64_t bytes) const;
  std::string describe(uint64_t address) const;

  /* Makes all live blocks readable and writable, or neither; new ones are as the others. */
  void open(bool open);

  /* Closes what was opened of pages that nobody may touch now. */
  void restore(uint64_t from, uint64_t to) const;

  uint64_t live_bytes() const { return live_bytes_; }
  uint64_t live_blocks() const { return live_.size(); }
  uint64_t live_blocks(const void *context) const;

 private:
  void protect(const Block &block, bool open) const;

  const char *name_;
  uint64_t begin_ = 0;
  uint64_t end_ = 0;
  uint64_t next_ = 0;
  uint64_t live_bytes_ = 0;
  bool open_ = false;
  std::map<uint64_t, Block> blocks_;        // by first
  std::map<uint64_t, const Block *> live_;  // by address
};

#endif
