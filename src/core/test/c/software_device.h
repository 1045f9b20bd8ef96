/* What the doubles share. The double of libcuda.so.1 is the software device: it holds memory, runs queued work and keeps
 * the books. The doubles of the other libraries are linked against it and use the calls below; tests use the last part. */
#ifndef SOFTWARE_DEVICE_H
#define SOFTWARE_DEVICE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SOFTWARE_DEVICE_API __attribute__((visibility("default")))

/* --- Work ---------------------------------------------------------------------------------------------------------- */

/* Queues run(state), which a worker thread calls later. While the stream captures, it becomes a node of the graph, and run
 * is called at each launch of it. release(state), which may be null, is called once, when nothing will call run any more.
 * `name` is copied. `function` names the caller in messages. Returns a CUresult: 0, or what is wrong with the stream; then
 * neither is called. Only run, on the thread that calls it, can read and write device memory; a bad access ends it. */
SOFTWARE_DEVICE_API int software_device_enqueue(const char *function, void *stream, const char *name, void (*run)(void *),
                                                void *state, void (*release)(void *));

/* --- Checks: 0, or a CUresult after a line about the violation ------------------------------------------------------ */

/* The calling thread has a current context, nothing failed before, and no capture forbids the call if it is `unsafe` (if it
 * may allocate or wait: making a plan is not, synchronising is). */
SOFTWARE_DEVICE_API int software_device_check_call(const char *function, int unsafe);

/* [address, address + bytes) lies in one live allocation of device memory, and address is a multiple of alignment.
 * `what` names the argument. */
SOFTWARE_DEVICE_API int software_device_check_range(const char *function, const char *what, uint64_t address, uint64_t bytes,
                                                    uint64_t alignment);

/* The stream is alive. */
SOFTWARE_DEVICE_API int software_device_check_stream(const char *function, void *stream);

/* Prints "software device: FUNCTION: MESSAGE", and counts a trap. */
SOFTWARE_DEVICE_API void software_device_violation(const char *function, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* --- Objects: handles are numbers that are never given twice, and no addresses --------------------------------------- */

/* A new handle of a kind ("cudnn tensor"); what is never closed is a leak. `kind` must stay: a literal. */
SOFTWARE_DEVICE_API void *software_device_open(const char *kind, void *object);

/* The object of a handle, or null after a line that says what the handle is: null, closed already, of another kind. */
SOFTWARE_DEVICE_API void *software_device_object(const char *function, const char *kind, const void *handle);

/* The same, and the handle is closed: the caller owns the object. */
SOFTWARE_DEVICE_API void *software_device_close(const char *function, const char *kind, const void *handle);

/* --- For tests ------------------------------------------------------------------------------------------------------- */

/* Settings, also taken from the environment (RESIDUAL_DEVICE_ and the name in capitals, - as _) when the library is loaded:
 *   init                what cuInit answers, 0
 *   driver-version      13000
 *   devices             1
 *   compute-capability  90
 *   memory              bytes of a device, 8 GiB
 *   delay               1: queued work runs after random delays; 0: as soon as it can
 *   seed                of the delays
 *   nondeterministic    1: heuristics answer engines first whose results differ from run to run
 *   refuse              N: the Nth kernel or plan from now on is refused when it is launched
 *   fail                N: the Nth kernel or plan from now on fails when it runs
 * Counts, which set changes too:
 *   traps               violations so far
 *   launches, copies, operations, graph-launches, synchronizations
 *   error               the CUresult that every call answers since a kernel failed, 0 if none did
 * Read only:
 *   live                objects that are open; live.KIND: of that kind; bytes: device memory in use
 *   leaks               live less the contexts
 * Returns the value, or -1 for a name that is not there; set answers 0 or -1. */
SOFTWARE_DEVICE_API int64_t software_device_get(const char *name);
SOFTWARE_DEVICE_API int software_device_set(const char *name, int64_t value);

/* Copies a text ("traps": the lines about violations since traps was last set; "leaks": a line a kind), cut to `size` with
 * its closing zero, and returns its whole length; -1 for another name. */
SOFTWARE_DEVICE_API int64_t software_device_text(const char *name, char *text, int64_t size);

#ifdef __cplusplus
}
#endif

#endif
