/* How a matrix of rows by channels is shared among threads, and the arrays that each thread needs. */
#ifndef ROWS_H
#define ROWS_H

#include "kernels.h"
#include "vector.h"

/*
 * Cases of a switch over flags, in which they are constants: the compiler makes a loop of its own for each combination.
 */
#define EACH_OF_2(CASE, flags) CASE(flags) CASE((flags) + 1)
#define EACH_OF_4(CASE, flags) EACH_OF_2(CASE, flags) EACH_OF_2(CASE, (flags) + 2)
#define EACH_OF_8(CASE, flags) EACH_OF_4(CASE, flags) EACH_OF_4(CASE, (flags) + 4)
#define EACH_OF_16(CASE, flags) EACH_OF_8(CASE, flags) EACH_OF_8(CASE, (flags) + 8)

/* Sums in float are flushed to double after this many rows. */
#define FLUSH_ROWS 512

/* Rows are read this far ahead, in bytes. */
#define AHEAD 4096

static inline void fetch(const void *p, int64_t i, int bf16) {
  __builtin_prefetch((const char *)element(p, i, bf16) + AHEAD);
}

typedef struct {
  int64_t joined;   /* rows joined to one, so that there are enough channels for long loops */
  int64_t rows;     /* joined rows */
  int64_t channels; /* of a joined row */
} matrix;

static inline matrix join_rows(int64_t rows, int64_t channels) {
  int64_t joined = 1;
  while (channels * joined * 2 <= JOINED_CHANNELS && rows % (joined * 2) == 0) {
    joined *= 2;
  }
  matrix m = {joined, rows / joined, channels * joined};
  return m;
}

/* The first row of a thread. Elements before it are a multiple of 8, so that no byte of a mask is shared. */
static inline int64_t share(const matrix *m, int thread, int threads) {
  int64_t row = m->rows * thread / threads;
  if (thread == threads) {
    return m->rows;
  }
  while (row * m->channels % 8 != 0) {
    row--;
  }
  return row;
}

typedef struct {
  float *constant; /* 3 * channels: what the passes over rows multiply by and add */
  char *own;       /* what each thread has for itself */
  int64_t stride;  /* bytes from one thread's to the next one's */
  int64_t channels;
} scratch_arrays;

static inline scratch_arrays scratch_of(void *scratch, int64_t channels) {
  scratch_arrays s;
  s.constant = (float *)scratch;
  s.own = (char *)scratch + shared_bytes(channels);
  s.stride = own_bytes(channels);
  s.channels = channels;
  return s;
}

/* 2 * channels */
static inline double *sums_of(const scratch_arrays *s, int thread) { return (double *)(s->own + thread * s->stride); }

/* 2 * channels */
static inline float *partial_of(const scratch_arrays *s, int thread) {
  return (float *)(sums_of(s, thread) + 2 * s->channels);
}

/* A copy of what is given for each channel. */
static inline float *given_of(const scratch_arrays *s, int thread) { return partial_of(s, thread) + 2 * s->channels; }

/* The first channel that a thread works out; threads write to different cache lines. */
static inline int64_t channel_share(int64_t channels, int thread, int threads) {
  return thread == threads ? channels : channels / 16 * thread / threads * 16;
}

/* Denormals as zero while a kernel runs; Java needs the old state back on the calling thread. */
static inline uint32_t flush_denormals(void) {
#if defined(__x86_64__)
  uint32_t old = _mm_getcsr();
  _mm_setcsr(old | 0x8040);
  return old;
#else
  return 0;
#endif
}

static inline void restore_denormals(uint32_t old) {
#if defined(__x86_64__)
  _mm_setcsr(old);
#else
  (void)old;
#endif
}

#endif
