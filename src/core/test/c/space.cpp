#include "space.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

namespace {

const uint64_t PAGE = 4096, ALIGNMENT = 256, LARGE = 4 << 20;
const unsigned char FRESH = 0xFF, BORDER = 0xA5;

uint64_t rounded(uint64_t value, uint64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

void *pointer(uint64_t address) { return reinterpret_cast<void *>(address); }

std::string text(const char *format, unsigned long long a, unsigned long long b, unsigned long long c) {
  char line[200];
  snprintf(line, sizeof line, format, a, b, c);
  return line;
}

/* The first byte of [from, to) that is no border any more, or 0. */
uint64_t written(uint64_t from, uint64_t to) {
  auto *begin = static_cast<unsigned char *>(pointer(from)), *end = static_cast<unsigned char *>(pointer(to));
  auto *at = std::find_if(begin, end, [](unsigned char value) { return value != BORDER; });
  return at == end ? 0 : reinterpret_cast<uint64_t>(at);
}

}  // namespace

Space::Space(const char *name, uint64_t wanted, uint64_t bytes) : name_(name) {
  void *range = mmap(pointer(wanted), bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (range != MAP_FAILED) {
    begin_ = reinterpret_cast<uint64_t>(range);
    end_ = begin_ + bytes;
    next_ = begin_ + PAGE;
  }
}

const Block *Space::allocate(uint64_t bytes, const void *context) {
  uint64_t taken = rounded(bytes, ALIGNMENT);
  uint64_t first = rounded(next_, PAGE);
  uint64_t end = first + rounded(taken, PAGE);
  if (end < first || end + PAGE > end_) return nullptr;
  Block block = {end - taken, bytes, first, end, true, context};
  if (mprotect(pointer(first), end - first, PROT_READ | PROT_WRITE) != 0) return nullptr;
  if (end - first >= LARGE) madvise(pointer(first), end - first, MADV_HUGEPAGE);
  memset(pointer(first), BORDER, block.address - first);
  memset(pointer(block.address), FRESH, bytes);
  memset(pointer(block.address + bytes), BORDER, taken - bytes);
  protect(block, open_);
  next_ = end + PAGE;
  live_bytes_ += bytes;
  const Block *kept = &(blocks_[first] = block);
  live_[block.address] = kept;
  return kept;
}

std::string Space::free(uint64_t address) {
  Block &block = blocks_.at(live_.at(address)->first);
  protect(block, true);
  uint64_t end = block.address + block.bytes;
  uint64_t before = written(block.first, block.address), after = written(end, block.end);
  std::string problem;
  if (before != 0) problem = text("a byte was written %llu bytes before the %llu bytes at %#llx", address - before, block.bytes, address);
  if (after != 0) problem = text("a byte was written %llu bytes after the %llu bytes at %#llx", after - end, block.bytes, address);
  madvise(pointer(block.first), block.end - block.first, MADV_DONTNEED);
  protect(block, false);
  block.live = false;
  live_bytes_ -= block.bytes;
  live_.erase(address);
  return problem;
}

void Space::free_all(const void *context) {
  std::map<uint64_t, const Block *> live = live_;
  for (auto &entry : live) {
    if (entry.second->context == context) free(entry.first);
  }
}

const Block *Space::block(uint64_t address) const {
  auto after = blocks_.upper_bound(address);
  if (after == blocks_.begin()) return nullptr;
  const Block *before = &std::prev(after)->second;
  return address < before->end ? before : nullptr;
}

bool Space::used(uint64_t address) const { return block(address) != nullptr || block(address - PAGE) != nullptr; }

std::string Space::problem(uint64_t address, uint64_t bytes) const {
  const Block *in = block(address);
  if (in == nullptr || !in->live || address < in->address || bytes > in->address + in->bytes - std::min(address, in->address + in->bytes)) {
    return text("%llu bytes from ", bytes, 0, 0) + describe(address);
  }
  return "";
}

std::string Space::describe(uint64_t address) const {
  if (!contains(address)) return std::string("no ") + name_;
  const Block *in = block(address);
  if (in == nullptr) in = block(address - PAGE);  // in the page that follows a block
  if (in == nullptr) return std::string(name_) + " that was never allocated";
  long long offset = static_cast<long long>(address - in->address);
  char line[200];
  snprintf(line, sizeof line, "byte %lld of %llu bytes of %s at %#llx%s", offset, static_cast<unsigned long long>(in->bytes), name_,
           static_cast<unsigned long long>(in->address), in->live ? "" : ", which are freed");
  return line;
}

void Space::open(bool open) {
  open_ = open;
  for (auto &entry : live_) protect(*entry.second, open);
}

void Space::restore(uint64_t from, uint64_t to) const {
  for (uint64_t page = from; page < to; page += PAGE) {
    const Block *in = block(page);
    bool live = in != nullptr && in->live;
    if (!live) madvise(pointer(page), PAGE, MADV_DONTNEED);
    mprotect(pointer(page), PAGE, live && open_ ? PROT_READ | PROT_WRITE : PROT_NONE);
  }
}

uint64_t Space::live_blocks(const void *context) const {
  return std::count_if(live_.begin(), live_.end(), [&](auto &entry) { return entry.second->context == context; });
}

void Space::protect(const Block &block, bool open) const {
  mprotect(pointer(block.first), block.end - block.first, open ? PROT_READ | PROT_WRITE : PROT_NONE);
}
