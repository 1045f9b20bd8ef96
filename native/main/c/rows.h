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

/* Joined channels are at most JOINED_CHANNELS or the channels themselves. */
static inline int64_t joined_limit(int64_t channels) {
  return channels > JOINED_CHANNELS ? channels : JOINED_CHANNELS;
}

typedef struct {
  double *sums;    /* threads * 2 * channels */
  float *partial;  /* threads * 2 * channels */
  float *constant; /* 4 * channels: what the passes over rows multiply by and add */
} scratch_arrays;

static inline scratch_arrays scratch_of(void *scratch, int64_t channels, int threads) {
  scratch_arrays s;
  s.sums = (double *)scratch;
  s.partial = (float *)(s.sums + 2 * channels * threads);
  s.constant = s.partial + 2 * channels * threads;
  return s;
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
