/* Vectors of numbers beside vectors of floats: which of two wins, and the place where it was found. */
#ifndef PLACES_H
#define PLACES_H

#include "vector.h"

#if defined(__AVX512F__)

typedef __mmask16 chosen;
typedef __m512i ints;
/* Where v is larger than a, or NaN. */
static inline chosen wins(vec v, vec a) {
  return _mm512_cmp_ps_mask(v, a, _CMP_GT_OQ) | _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);
}
static inline vec choose(chosen m, vec yes, vec no) { return _mm512_mask_mov_ps(no, m, yes); }
static inline vec divide(vec a, vec b) { return _mm512_div_ps(a, b); }
static inline ints splat_int(int32_t i) { return _mm512_set1_epi32(i); }
static inline ints choose_int(chosen m, ints yes, ints no) { return _mm512_mask_mov_epi32(no, m, yes); }
/* The first `n` of WIDTH, of 4 bytes if `wide`, else of 1; `n` is a constant where there are WIDTH. */
static inline ints get_ints(const void *p, int64_t i, int64_t n, int wide) {
  __mmask16 part = (__mmask16)((1u << n) - 1);
  return wide ? _mm512_maskz_loadu_epi32(part, (const int32_t *)p + i)
              : _mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(part, (const uint8_t *)p + i));
}
static inline void put_ints(void *p, int64_t i, int64_t n, ints v, int wide) {
  __mmask16 part = (__mmask16)((1u << n) - 1);
  if (wide) {
    _mm512_mask_storeu_epi32((int32_t *)p + i, part, v);
  } else {
    _mm512_mask_cvtepi32_storeu_epi8((uint8_t *)p + i, part, v);
  }
}
static inline chosen same_ints(ints a, ints b) { return _mm512_cmpeq_epi32_mask(a, b); }

/* The first `n` of WIDTH elements, others 0. */
static inline vec get_part(const void *p, int64_t i, int64_t n, int bf16) {
  __mmask16 part = (__mmask16)((1u << n) - 1);
  if (n == WIDTH) {
    return get(p, i, bf16);
  }
  if (!bf16) {
    return _mm512_maskz_loadu_ps(part, (const float *)p + i);
  }
  __m512i bits = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(part, (const uint16_t *)p + i));
  return _mm512_castsi512_ps(_mm512_slli_epi32(bits, 16));
}

static inline void put_part(void *p, int64_t i, int64_t n, vec v, int bf16) {
  __mmask16 part = (__mmask16)((1u << n) - 1);
  uint16_t rounded[WIDTH];
  if (n == WIDTH) {
    put(p, i, v, bf16);
  } else if (bf16) {
    store_bf16(rounded, v);
    memcpy((uint16_t *)p + i, rounded, 2 * n);
  } else {
    _mm512_mask_storeu_ps((float *)p + i, part, v);
  }
}

#else

#if defined(__AVX2__)

typedef __m256 chosen;
typedef __m256i ints;
static inline chosen wins(vec v, vec a) {
  return _mm256_or_ps(_mm256_cmp_ps(v, a, _CMP_GT_OQ), _mm256_cmp_ps(v, v, _CMP_UNORD_Q));
}
static inline vec choose(chosen m, vec yes, vec no) { return _mm256_blendv_ps(no, yes, m); }
static inline vec divide(vec a, vec b) { return _mm256_div_ps(a, b); }
static inline ints splat_int(int32_t i) { return _mm256_set1_epi32(i); }
static inline ints choose_int(chosen m, ints yes, ints no) { return _mm256_blendv_epi8(no, yes, _mm256_castps_si256(m)); }
static inline ints load_ints(const void *p, int wide) {
  return wide ? _mm256_loadu_si256((const __m256i *)p) : _mm256_cvtepu8_epi32(_mm_loadl_epi64((const __m128i *)p));
}
static inline void store_ints(void *p, ints v, int wide) {
  if (wide) {
    _mm256_storeu_si256((__m256i *)p, v);
  } else {
    __m128i words = _mm_packus_epi32(_mm256_castsi256_si128(v), _mm256_extracti128_si256(v, 1));
    _mm_storel_epi64((__m128i *)p, _mm_packus_epi16(words, words));
  }
}
static inline chosen same_ints(ints a, ints b) { return _mm256_castsi256_ps(_mm256_cmpeq_epi32(a, b)); }

#else

typedef int chosen;
typedef int32_t ints;
static inline chosen wins(vec v, vec a) { return v > a || v != v; }
static inline vec choose(chosen m, vec yes, vec no) { return m ? yes : no; }
static inline vec divide(vec a, vec b) { return a / b; }
static inline ints splat_int(int32_t i) { return i; }
static inline ints choose_int(chosen m, ints yes, ints no) { return m ? yes : no; }
static inline ints load_ints(const void *p, int wide) { return wide ? *(const int32_t *)p : *(const uint8_t *)p; }
static inline void store_ints(void *p, ints v, int wide) {
  if (wide) {
    *(int32_t *)p = v;
  } else {
    *(uint8_t *)p = (uint8_t)v;
  }
}
static inline chosen same_ints(ints a, ints b) { return a == b; }

#endif

static inline ints get_ints(const void *p, int64_t i, int64_t n, int wide) {
  int64_t size = wide ? 4 : 1;
  char part[4 * WIDTH] = {0};
  if (n == WIDTH) {
    return load_ints((const char *)p + i * size, wide);
  }
  memcpy(part, (const char *)p + i * size, n * size);
  return load_ints(part, wide);
}

static inline void put_ints(void *p, int64_t i, int64_t n, ints v, int wide) {
  int64_t size = wide ? 4 : 1;
  char part[4 * WIDTH];
  if (n == WIDTH) {
    store_ints((char *)p + i * size, v, wide);
    return;
  }
  store_ints(part, v, wide);
  memcpy((char *)p + i * size, part, n * size);
}

/* The first `n` of WIDTH elements, others 0. */
static inline vec get_part(const void *p, int64_t i, int64_t n, int bf16) {
  float part[WIDTH] = {0};
  if (n == WIDTH) {
    return get(p, i, bf16);
  }
  memcpy(part, element(p, i, bf16), n * (bf16 ? 2 : 4));
  return get(part, 0, bf16);
}

static inline void put_part(void *p, int64_t i, int64_t n, vec v, int bf16) {
  float part[WIDTH];
  if (n == WIDTH) {
    put(p, i, v, bf16);
    return;
  }
  put(part, 0, v, bf16);
  memcpy((char *)p + i * (bf16 ? 2 : 4), part, n * (bf16 ? 2 : 4));
}

#endif

#endif
