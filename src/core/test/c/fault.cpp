/* Accesses to memory that must not be touched: between allocations, after they were freed, by the host. The page is opened for
 * the moment, so that what runs can end, with whatever threads and stacks it has; what happened is noted here and told by
 * the next who holds the lock. */
#include <sys/mman.h>

#include <atomic>
#include <csetjmp>
#include <csignal>

#include "device.h"

/* Of the initial model: a handler must not allocate. */
#define HANDLER_LOCAL __attribute__((tls_model("initial-exec"))) static thread_local

namespace {

const int SIGNALS[] = {SIGSEGV, SIGBUS, SIGFPE};
const uint64_t PAGE = 4096;

/* Adjacent pages that were opened. */
struct Fault {
  uint64_t address;  // the first
  uint64_t from, to;
  const char *work;  // null: not a thread of a stream
  bool host;
};

Fault faults[256];
std::atomic<size_t> count{0}, pages{0};
const size_t MOST_PAGES = 65536;
std::atomic_flag noting = ATOMIC_FLAG_INIT;

HANDLER_LOCAL sigjmp_buf *escape = nullptr;
HANDLER_LOCAL uint64_t wild_address = 0;
HANDLER_LOCAL int wild_signal = 0;
HANDLER_LOCAL const char *work = nullptr;
HANDLER_LOCAL bool host = false;

struct sigaction before[NSIG];

Space *space_of(uint64_t address) {
  return device.memory.contains(address) ? &device.memory : device.pinned.contains(address) ? &device.pinned : nullptr;
}

/* Whether the access can go on. */
bool note(uint64_t address) {
  uint64_t page = address / PAGE * PAGE;
  while (noting.test_and_set()) {}
  bool adjacent = count > 0 && faults[count - 1].to == page && faults[count - 1].work == work;
  bool noted = pages < MOST_PAGES && (adjacent || count < sizeof faults / sizeof *faults);
  if (noted && adjacent) faults[count - 1].to += PAGE;
  if (noted && !adjacent) faults[count++] = {address, page, page + PAGE, work, host && work == nullptr};
  pages += noted;
  noting.clear();
  return noted && mprotect(reinterpret_cast<void *>(page), PAGE, PROT_READ | PROT_WRITE) == 0;
}

void handle(int number, siginfo_t *info, void *context) {
  int saved = errno;
  uint64_t address = reinterpret_cast<uint64_t>(info->si_addr);
  if (number == SIGSEGV && space_of(address) != nullptr && note(address)) {
    errno = saved;
    return;
  }
  if (escape != nullptr) {
    wild_address = address;
    wild_signal = number;
    siglongjmp(*escape, 1);
  }
  const struct sigaction &next = before[number];
  if (next.sa_flags & SA_SIGINFO) {
    next.sa_sigaction(number, info, context);
  } else if (next.sa_handler != SIG_DFL && next.sa_handler != SIG_IGN) {
    next.sa_handler(number);
  } else {
    signal(number, SIG_DFL);  // the access faults again
  }
}

}  // namespace

/* In front of the handlers there are: a virtual machine has its own, and needs them. */
void catch_faults() {
  static bool caught = false;
  if (caught) return;
  caught = true;
  for (int number : SIGNALS) {
    sigaction(number, nullptr, &before[number]);
    struct sigaction action = before[number];
    if (!(action.sa_flags & SA_SIGINFO)) sigemptyset(&action.sa_mask);
    action.sa_sigaction = handle;
    action.sa_flags |= SA_SIGINFO | SA_ONSTACK;
    sigaction(number, &action, nullptr);
  }
}

void note_host() { host = true; }

void tell_faults() {
  while (count > 0) {
    while (noting.test_and_set()) {}
    Fault fault = faults[--count];
    pages -= (fault.to - fault.from) / PAGE;
    noting.clear();
    Space *space = space_of(fault.address);
    violation(fault.work != nullptr ? fault.work : fault.host ? "access by the host" : "a thread of an operation",
              format("access to the address %#llx: ", static_cast<unsigned long long>(fault.address)) + space->describe(fault.address));
    space->restore(fault.from, fault.to);
    if (!fault.host && device.counts.error == 0) device.counts.error = CUDA_ERROR_ILLEGAL_ADDRESS;
  }
}

std::string guarded(const char *name, const std::function<std::string()> &run) {
  sigjmp_buf here;
  if (sigsetjmp(here, 1) == 0) {
    escape = &here;
    work = name;
    std::string problem = run();
    escape = nullptr;
    work = nullptr;
    return problem;
  }
  escape = nullptr;
  work = nullptr;
  if (wild_signal == SIGFPE) return "a division by zero";
  return format("access to the address %#llx: neither device nor pinned memory", static_cast<unsigned long long>(wild_address));
}
