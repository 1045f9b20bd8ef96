/* Streams, events, and what comes too early without a wait. */
#include <cstdlib>
#include <vector>

#include "self_test.h"

static void a_missing_wait_shows() {
  Fixture f;
  f.put(f.memory, {1});
  int early = 0;
  for (int i = 0; i < 20; i++) {
    f.pinned[0] = 0;
    OK(cuMemcpyDtoHAsync_v2(f.pinned, f.memory, 4, f.stream));
    early += f.pinned[0] == 0;
    OK(cuStreamSynchronize(f.stream));
    REQUIRE(f.pinned[0] == 1);
  }
  REQUIRE(early >= 5);
}

static void pinned_memory_that_changes_too_early_shows() {
  Fixture f;
  f.pinned[0] = 1;
  OK(cuMemcpyHtoDAsync_v2(f.memory, f.pinned, 4, f.stream));
  f.pinned[0] = 2;
  REQUIRE(f.get(f.memory, 1)[0] == 2);
}

static void pageable_memory_is_read_at_once() {
  Fixture f;
  float value = 1;
  OK(cuMemcpyHtoDAsync_v2(f.memory, &value, 4, f.stream));
  value = 2;
  REQUIRE(f.get(f.memory, 1)[0] == 1);
}

/* How often a fill by one stream comes before a copy by another. */
static int in_order(bool waits) {
  Fixture f;
  CUevent event = nullptr;
  OK(cuEventCreate(&event, CU_EVENT_DISABLE_TIMING));
  int right = 0;
  for (unsigned i = 1; i <= 40; i++) {
    OK(cuMemsetD32Async(f.memory, i, 1, f.stream));
    OK(cuEventRecord(event, f.stream));
    if (waits) OK(cuStreamWaitEvent(f.other, event, 0));
    OK(cuMemcpyDtoHAsync_v2(f.pinned, f.memory, 4, f.other));
    OK(cuStreamSynchronize(f.other));
    right += *reinterpret_cast<unsigned *>(f.pinned) == i;
    OK(cuStreamSynchronize(f.stream));
  }
  OK(cuEventDestroy_v2(event));
  return right;
}

static void streams_wait_for_events() {
  REQUIRE(in_order(true) == 40);
  REQUIRE(in_order(false) < 40);
}

static void events_have_times() {
  Fixture f;
  CUevent from = nullptr, to = nullptr;
  float milliseconds = -1;
  OK(cuEventCreate(&from, 0));
  OK(cuEventCreate(&to, 0));
  CAUGHT("never recorded", cuEventElapsedTime(&milliseconds, from, to));
  OK(cuEventRecord(from, f.stream));
  OK(cuMemsetD8Async(f.memory, 0, 1024, f.stream));
  OK(cuEventRecord(to, f.stream));
  REQUIRE(cuEventQuery(to) == CUDA_ERROR_NOT_READY);
  REQUIRE(cuStreamQuery(f.stream) == CUDA_ERROR_NOT_READY);
  OK(cuEventSynchronize(to));
  OK(cuEventQuery(to));
  OK(cuEventElapsedTime(&milliseconds, from, to));
  REQUIRE(milliseconds >= 0 && milliseconds < 10000);
  OK(cuEventDestroy_v2(from));
  OK(cuEventDestroy_v2(to));
}

static void calls_without_a_stream_wait() {
  Fixture f;
  float one = 1, back = 0;
  OK(cuMemcpyHtoD_v2(f.memory, &one, 4));
  OK(cuMemcpyDtoD_v2(f.memory + 4, f.memory, 4));
  OK(cuMemcpyDtoH_v2(&back, f.memory + 4, 4));
  REQUIRE(back == 1);
}

static void work_of_other_libraries() {
  Fixture f;
  static int runs, releases;
  runs = releases = 0;
  OK(static_cast<CUresult>(software_device_enqueue("test", f.stream, "work", [](void *) { runs++; }, &runs, [](void *) { releases++; })));
  OK(cuStreamSynchronize(f.stream));
  CAUGHT("the default stream", software_device_enqueue("test", nullptr, "work", [](void *) { runs++; }, &runs, [](void *) { releases++; }));
  REQUIRE(runs == 1 && releases <= 1);
  REQUIRE(software_device_check_range("test", "x", f.memory, 1024, 256) == 0);
  CAUGHT("x: 1024 bytes", software_device_check_range("test", "x", f.memory + 256, 1024, 256));
  CAUGHT("no multiple of 256", software_device_check_range("test", "x", f.memory + 8, 8, 256));
}

static void a_wild_access_ends_the_work() {
  Fixture f;
  auto wild = [](void *at) { *static_cast<int *>(at) = 1; };
  CAUGHT("wild work: access to the address 0x40", software_device_enqueue("test", f.stream, "wild work", wild, reinterpret_cast<void *>(64), nullptr);
         REQUIRE(cuStreamSynchronize(f.stream) == CUDA_ERROR_LAUNCH_FAILED));
}

static void delays_can_be_left_out() {
  software_device_set("delay", 0);
  {
    Fixture f;
    f.put(f.memory, {3});
    REQUIRE(f.get(f.memory, 1)[0] == 3);
  }
  software_device_set("delay", 1);
}

const std::vector<Case> ORDER_CASES = {
    {"a missing wait shows", a_missing_wait_shows},
    {"pinned memory that changes too early shows", pinned_memory_that_changes_too_early_shows},
    {"pageable memory is read at once", pageable_memory_is_read_at_once},
    {"streams wait for events", streams_wait_for_events},
    {"events have times", events_have_times},
    {"calls without a stream wait", calls_without_a_stream_wait},
    {"work of other libraries", work_of_other_libraries},
    {"a wild access ends the work", a_wild_access_ends_the_work},
    {"delays can be left out", delays_can_be_left_out},
};
