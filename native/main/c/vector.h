/* One vector of floats and what is done to it, for the instructions that the compiler was told to use. */
#ifndef VECTOR_H
#define VECTOR_H

#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)

#define WIDTH 16
typedef __m512 vec;
static inline vec load(const float *p) { return _mm512_loadu_ps(p); }
static inline void store(float *p, vec v) { _mm512_storeu_ps(p, v); }
static inline vec splat(float x) { return _mm512_set1_ps(x); }
static inline vec add(vec a, vec b) { return _mm512_add_ps(a, b); }
static inline vec sub(vec a, vec b) { return _mm512_sub_ps(a, b); }
static inline vec mul(vec a, vec b) { return _mm512_mul_ps(a, b); }
static inline vec fma3(vec a, vec b, vec c) { return _mm512_fmadd_ps(a, b, c); }
/* Zero where the element is not positive; stores one bit an element. */
static inline vec relu(vec v) { return _mm512_max_ps(v, _mm512_setzero_ps()); }
static inline void store_mask(uint8_t *p, vec v) {
  uint16_t m = _mm512_cmp_ps_mask(v, _mm512_setzero_ps(), _CMP_GT_OQ);
  memcpy(p, &m, 2);
}
static inline vec masked(const uint8_t *p, vec v) {
  uint16_t m;
  memcpy(&m, p, 2);
  return _mm512_maskz_mov_ps(m, v);
}

#elif defined(__AVX2__)

#define WIDTH 8
typedef __m256 vec;
static inline vec load(const float *p) { return _mm256_loadu_ps(p); }
static inline void store(float *p, vec v) { _mm256_storeu_ps(p, v); }
static inline vec splat(float x) { return _mm256_set1_ps(x); }
static inline vec add(vec a, vec b) { return _mm256_add_ps(a, b); }
static inline vec sub(vec a, vec b) { return _mm256_sub_ps(a, b); }
static inline vec mul(vec a, vec b) { return _mm256_mul_ps(a, b); }
static inline vec fma3(vec a, vec b, vec c) { return _mm256_fmadd_ps(a, b, c); }
static inline vec relu(vec v) { return _mm256_max_ps(v, _mm256_setzero_ps()); }
static inline void store_mask(uint8_t *p, vec v) {
  *p = (uint8_t)_mm256_movemask_ps(_mm256_cmp_ps(v, _mm256_setzero_ps(), _CMP_GT_OQ));
}
static inline vec masked(const uint8_t *p, vec v) {
  const __m256i bits = _mm256_setr_epi32(1, 2, 4, 8, 16, 32, 64, 128);
  __m256i m = _mm256_and_si256(_mm256_set1_epi32(*p), bits);
  return _mm256_and_ps(v, _mm256_castsi256_ps(_mm256_cmpeq_epi32(m, bits)));
}

#else

/* Any processor: one element at a time. A byte of the mask must not be shared by threads, see share() in rows.h. */
#define WIDTH 1
typedef float vec;
static inline vec load(const float *p) { return *p; }
static inline void store(float *p, vec v) { *p = v; }
static inline vec splat(float x) { return x; }
static inline vec add(vec a, vec b) { return a + b; }
static inline vec sub(vec a, vec b) { return a - b; }
static inline vec mul(vec a, vec b) { return a * b; }
static inline vec fma3(vec a, vec b, vec c) { return a * b + c; }
static inline vec relu(vec v) { return v > 0 ? v : 0; }

#endif

#if WIDTH > 1
#define STORE_MASK(mask, i, v) store_mask((mask) + (i) / 8, v)
#define MASKED(mask, i, v) masked((mask) + (i) / 8, v)
#else
#define STORE_MASK(mask, i, v) \
  ((mask)[(i) / 8] = (uint8_t)((((mask)[(i) / 8]) & ~(1 << (i) % 8)) | (((v) > 0) << (i) % 8)))
#define MASKED(mask, i, v) ((mask)[(i) / 8] >> (i) % 8 & 1 ? (v) : 0)
#endif

#endif
