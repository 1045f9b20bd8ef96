/* Runs the blocks of a grid; threads that meet a barrier become fibers. */
#include "host_cuda_launch.h"

#include <sys/mman.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <mutex>
#include <thread>
#include <vector>

#ifndef __x86_64__
#include <ucontext.h>
#endif

namespace {

constexpr size_t STACK = 64 << 10, GUARD = 16 << 10;

/* A grid that takes longer is shared with one more thread. */
constexpr auto ALONE = std::chrono::microseconds(200);

#ifdef __x86_64__
/* Saves what a call keeps, and the stack pointer at *from, and goes on where `to` was saved. */
extern "C" void host_cuda_switch(void **from, void *to);
/* Where a new stack begins: calls the function in rbx with what is in r12. */
extern "C" void host_cuda_enter();
asm(".text\n"
    ".hidden host_cuda_switch\n"
    ".globl host_cuda_switch\n"
    ".type host_cuda_switch, @function\n"
    "host_cuda_switch:\n"
    "  push %rbp\n  push %rbx\n  push %r12\n  push %r13\n  push %r14\n  push %r15\n"
    "  mov %rsp, (%rdi)\n"
    "  mov %rsi, %rsp\n"
    "  pop %r15\n  pop %r14\n  pop %r13\n  pop %r12\n  pop %rbx\n  pop %rbp\n"
    "  ret\n"
    ".size host_cuda_switch, .-host_cuda_switch\n"
    ".hidden host_cuda_enter\n"
    ".globl host_cuda_enter\n"
    ".type host_cuda_enter, @function\n"
    "host_cuda_enter:\n"
    "  mov %r12, %rdi\n"
    "  call *%rbx\n"
    "  hlt\n"
    ".size host_cuda_enter, .-host_cuda_enter\n");
using context = void *;
#else
using context = ucontext_t;
void host_cuda_switch(context *from, context &to) { swapcontext(from, &to); }
#endif

struct block_runner;

struct fiber {
  char *stack; /* above a guard */
  context state;
  block_runner *runner;
  bool done;
  int line; /* of the barrier it waits at */
};

/* Stacks that nobody uses; they are kept until the process ends or this library is closed. */
struct fiber_pool {
  std::mutex lock;
  std::vector<fiber *> idle;

  fiber *take() {
    std::lock_guard<std::mutex> hold(lock);
    if (!idle.empty()) {
      fiber *f = idle.back();
      idle.pop_back();
      return f;
    }
    void *memory = mmap(nullptr, GUARD + STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory, GUARD, PROT_NONE) != 0) { return nullptr; }
    return new fiber{static_cast<char *>(memory) + GUARD, {}, nullptr, false, 0};
  }

  void give(fiber *f) {
    std::lock_guard<std::mutex> hold(lock);
    idle.push_back(f);
  }

  ~fiber_pool() {
    for (fiber *f : idle) {
      munmap(f->stack - GUARD, GUARD + STACK);
      delete f;
    }
  }
};

fiber_pool pool;

/* Runs one block after the other on one thread of the host. */
struct block_runner {
  const host_cuda_kernel *kernel;
  host_cuda_block block;
  std::vector<fiber *> fibers; /* the first `begun` hold threads of the block */
  size_t begun = 0;
  fiber *current = nullptr;
  context main;
  const char *fault = nullptr;

  block_runner(const host_cuda_kernel *kernel, const void *args, host_cuda_index grid, host_cuda_index threads)
      : kernel(kernel), block{args, grid, threads, {}, 0, false, wait} {}

  ~block_runner() {
    for (fiber *f : fibers) { pool.give(f); }
  }

  static block_runner *runner_of(host_cuda_block *block) {
    return reinterpret_cast<block_runner *>(reinterpret_cast<char *>(block) - offsetof(block_runner, block));
  }

  static void wait(host_cuda_block *block, int line) {
    block_runner *runner = runner_of(block);
    fiber *f = runner->current;
    f->line = line;
    host_cuda_switch(&f->state, runner->main);
  }

  static void run_fiber(fiber *f) {
    for (;;) {
      f->runner->kernel->entry(&f->runner->block);
      f->done = true;
      host_cuda_switch(&f->state, f->runner->main);
    }
  }

#ifdef __x86_64__
  static void prepare(fiber *f) {
    void **top = reinterpret_cast<void **>(f->stack + STACK);
    *--top = nullptr;
    *--top = nullptr;
    *--top = reinterpret_cast<void *>(host_cuda_enter);
    *--top = nullptr;                               /* rbp */
    *--top = reinterpret_cast<void *>(run_fiber);   /* rbx */
    *--top = f;                                     /* r12 */
    for (int i = 0; i < 3; i++) { *--top = nullptr; } /* r13, r14, r15 */
    f->state = top;
  }
#else
  static void begin(unsigned high, unsigned low) {
    run_fiber(reinterpret_cast<fiber *>(static_cast<uintptr_t>(high) << 16 << 16 | low));
  }

  static void prepare(fiber *f) {
    getcontext(&f->state);
    f->state.uc_stack.ss_sp = f->stack;
    f->state.uc_stack.ss_size = STACK;
    f->state.uc_link = nullptr;
    uintptr_t address = reinterpret_cast<uintptr_t>(f);
    makecontext(&f->state, reinterpret_cast<void (*)()>(begin), 2, static_cast<unsigned>(address >> 16 >> 16),
        static_cast<unsigned>(address));
  }
#endif

  void resume(fiber *f) {
    current = f;
    host_cuda_switch(&main, f->state);
  }

  bool add_fiber() {
    fiber *f = pool.take();
    if (f == nullptr) {
      fault = "no memory for the stacks of a block's threads";
      return false;
    }
    f->runner = this;
    prepare(f);
    fibers.push_back(f);
    return true;
  }

  /* Whether all threads of the block wait at the same barrier; if none does, the block is done. */
  bool at_barrier(uint32_t threads) {
    uint32_t waiting = 0;
    int line = 0;
    for (size_t i = 0; i < begun; i++) {
      fiber *f = fibers[i];
      if (!f->done) {
        if (waiting++ > 0 && f->line != line) { fault = "threads of a block wait at different barriers"; }
        line = f->line;
      }
    }
    if (waiting != 0 && waiting != threads) { fault = "threads of a block ended while others wait at a barrier"; }
    return waiting != 0 && fault == nullptr;
  }

  void run() {
    uint32_t threads = block.threads.x * block.threads.y * block.threads.z;
    block.next = 0;
    begun = 0;
    bool backwards = block.reversed;
    do {
      if (begun == fibers.size() && !add_fiber()) { return; }
      fiber *f = fibers[begun++];
      f->done = false;
      resume(f);
    } while (block.next < threads);
    while (at_barrier(threads)) {
      backwards = !backwards;
      for (size_t i = 0; i < begun; i++) {
        fiber *f = fibers[backwards ? begun - 1 - i : i];
        if (!f->done) { resume(f); }
      }
    }
  }
};

/* One launch, whose blocks two threads may share. */
struct grid_runner {
  const host_cuda_kernel *kernel;
  const void *args;
  host_cuda_index grid, threads;
  uint64_t blocks = static_cast<uint64_t>(grid.x) * grid.y * grid.z;
  std::atomic<uint64_t> next{0};
  std::atomic<const char *> fault{nullptr};
  std::thread helper;

  grid_runner(const host_cuda_kernel *kernel, const void *args, host_cuda_index grid, host_cuda_index threads)
      : kernel(kernel), args(args), grid(grid), threads(threads) {}

  void run(bool is_caller) {
    auto start = std::chrono::steady_clock::now();
    block_runner runner(kernel, args, grid, threads);
    for (uint64_t b; fault.load() == nullptr && (b = next++) < blocks;) {
      runner.block.index = {static_cast<uint32_t>(b % grid.x), static_cast<uint32_t>(b / grid.x % grid.y),
          static_cast<uint32_t>(b / grid.x / grid.y)};
      runner.block.reversed = b % 2 != 0;
      runner.run();
      if (runner.fault != nullptr) { fault = runner.fault; }
      if (is_caller && !helper.joinable() && b + 2 < blocks && std::chrono::steady_clock::now() - start > ALONE) {
        helper = std::thread([this] { run(false); });
      }
    }
  }
};

}  // namespace

const char *host_cuda_launch(
    const host_cuda_kernel *kernel, const void *args, host_cuda_index grid, host_cuda_index threads) {
  grid_runner runner(kernel, args, grid, threads);
  runner.run(true);
  if (runner.helper.joinable()) { runner.helper.join(); }
  return runner.fault;
}
