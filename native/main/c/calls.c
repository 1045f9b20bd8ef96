/*
 * The calls under way, and the end of the process.
 *
 * A JVM that exits waits 0.3 seconds for threads in native code. Then exit() destroys the static data of all libraries,
 * among them code that oneDNN made and calls, while a long primitive may still need it. So calls are counted, and exit()
 * first waits for those under way; their threads do not come back from Java. What takes longer than the limit is left to
 * itself, and the process ends at once, without destructors.
 */
#if defined(__linux__)
#define _GNU_SOURCE
#endif
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kernels.h"

#define LIMIT_MILLISECONDS 2000

/* Threads count in different cache lines, as far as there are enough. */
#define LINES 64
static struct {
  _Alignas(64) atomic_int calls;
} lines[LINES];
static atomic_int ended;

/* Whether this thread is the one that exits, and may still call. */
static _Thread_local int exits;

static atomic_int *own_line(void) {
  static atomic_uint threads;
  static _Thread_local atomic_int *own;
  if (!own) {
    own = &lines[atomic_fetch_add(&threads, 1) % LINES].calls;
  }
  return own;
}

static inline atomic_int *enter(void) {
  atomic_int *calls = own_line();
  atomic_fetch_add(calls, 1);
  if (__builtin_expect(atomic_load(&ended) && !exits, 0)) {
    atomic_fetch_sub(calls, 1);
    for (;;) {
      pause();
    }
  }
  return calls;
}

int residual_run(int32_t kernel, const void *arguments) {
  atomic_int *calls = enter();
  int status = residual_run_kernel(kernel, arguments);
  atomic_fetch_sub_explicit(calls, 1, memory_order_release);
  return status;
}

int residual_execute(residual_primitive_execute execute, void *primitive, void *stream, int count, const void *arguments) {
  atomic_int *calls = enter();
  int status = execute(primitive, stream, count, arguments);
  atomic_fetch_sub_explicit(calls, 1, memory_order_release);
  return status;
}

#if defined(__GLIBC__)

static int under_way(void) {
  int calls = 0;
  for (int i = 0; i < LINES; i++) {
    calls += atomic_load(&lines[i].calls);
  }
  return calls;
}

static void await_calls(int status, void *unused) {
  (void)unused;
  exits = 1;
  atomic_store(&ended, 1);
  for (int waited = 0; under_way() > 0; waited++) {
    if (waited == LIMIT_MILLISECONDS) {
      fflush(NULL);
      _exit(status);
    }
    usleep(1000);
  }
}

/* Destructors run in reverse: static data that is made on first use would go before us, had we been registered earlier. */
void residual_await_at_exit(void) { on_exit(await_calls, NULL); }

#else

void residual_await_at_exit(void) {}

#endif
