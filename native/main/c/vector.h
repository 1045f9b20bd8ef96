/* One vector of floats and what is done to it, for the instructions that the compiler was told to use. */
#ifndef VECTOR_H
#define VECTOR_H

#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

/* The nearest bf16, of two the even one; NaN stays NaN. */
static inline uint16_t round_bf16(float v) {
  uint32_t bits;
  memcpy(&bits, &v, sizeof v);
  uint32_t nearest = (bits + 0x7fff + (bits >> 16 & 1)) >> 16;
  return (uint16_t)(v == v ? nearest : bits >> 16 | 0x40);
}

#if defined(__AVX512F__)

#define WIDTH 16
typedef __m512 vec;
static inline vec load(const float *p) { return _mm512_loadu_ps(p); }
static inline void store(float *p, vec v) { _mm512_storeu_ps(p, v); }
/* Past the caches, to a multiple of the vector's size. */
static inline void stream(float *p, vec v) { _mm512_stream_ps(p, v); }
static inline vec load_bf16(const uint16_t *p) {
  __m512i bits = _mm512_cvtepu16_epi32(_mm256_loadu_si256((const __m256i *)p));
  return _mm512_castsi512_ps(_mm512_slli_epi32(bits, 16));
}
static inline void store_bf16(uint16_t *p, vec v) {
#if defined(__AVX512BF16__)
  __m256i rounded = (__m256i)_mm512_cvtneps_pbh(v);
#else
  __m512i bits = _mm512_castps_si512(v);
  __m512i high = _mm512_srli_epi32(bits, 16);
  __m512i odd = _mm512_and_si512(high, _mm512_set1_epi32(1));
  __m512i nearest = _mm512_srli_epi32(_mm512_add_epi32(bits, _mm512_add_epi32(odd, _mm512_set1_epi32(0x7fff))), 16);
  __mmask16 nan = _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q);
  __m256i rounded = _mm512_cvtepi32_epi16(_mm512_mask_or_epi32(nearest, nan, high, _mm512_set1_epi32(0x40)));
#endif
  _mm256_storeu_si256((__m256i *)p, rounded);
}
static inline vec splat(float x) { return _mm512_set1_ps(x); }
static inline vec add(vec a, vec b) { return _mm512_add_ps(a, b); }
static inline vec sub(vec a, vec b) { return _mm512_sub_ps(a, b); }
static inline vec mul(vec a, vec b) { return _mm512_mul_ps(a, b); }
static inline vec fma3(vec a, vec b, vec c) { return _mm512_fmadd_ps(a, b, c); }
static inline vec load_8bit(const void *p, int with_sign) {
  __m128i v = _mm_loadu_si128((const __m128i *)p);
  return _mm512_cvtepi32_ps(with_sign ? _mm512_cvtepi8_epi32(v) : _mm512_cvtepu8_epi32(v));
}
/* Four vectors as the nearest integers, of two the even one, that 8 bits hold; NaN as 0. */
static inline void store_8bit(void *p, const vec v[4], int with_sign) {
  for (int i = 0; i < 4; i++) {
    vec number = _mm512_maskz_mov_ps(_mm512_cmp_ps_mask(v[i], v[i], _CMP_ORD_Q), v[i]);
    __m512i n = _mm512_cvtps_epi32(_mm512_min_ps(number, splat(255)));
    __m128i bytes = with_sign ? _mm512_cvtsepi32_epi8(n) : _mm512_cvtusepi32_epi8(_mm512_max_epi32(n, _mm512_setzero_si512()));
    _mm_storeu_si128((__m128i *)p + i, bytes);
  }
}
/* Zero where the element is negative; of NaN, which is the second operand, NaN. */
static inline vec relu(vec v) { return _mm512_max_ps(_mm512_setzero_ps(), v); }
/* One bit an element: whether a gradient passes its ReLU, as it does where it is positive, or NaN. */
static inline void store_mask(uint8_t *p, vec v) {
  uint16_t m = _mm512_cmp_ps_mask(v, _mm512_setzero_ps(), _CMP_NLE_UQ);
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
static inline void stream(float *p, vec v) { _mm256_stream_ps(p, v); }
static inline vec load_bf16(const uint16_t *p) {
  __m256i bits = _mm256_cvtepu16_epi32(_mm_loadu_si128((const __m128i *)p));
  return _mm256_castsi256_ps(_mm256_slli_epi32(bits, 16));
}
static inline void store_bf16(uint16_t *p, vec v) {
  __m256i bits = _mm256_castps_si256(v);
  __m256i high = _mm256_srli_epi32(bits, 16);
  __m256i odd = _mm256_and_si256(high, _mm256_set1_epi32(1));
  __m256i nearest = _mm256_srli_epi32(_mm256_add_epi32(bits, _mm256_add_epi32(odd, _mm256_set1_epi32(0x7fff))), 16);
  __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(v, v, _CMP_UNORD_Q));
  __m256i rounded = _mm256_blendv_epi8(nearest, _mm256_or_si256(high, _mm256_set1_epi32(0x40)), nan);
  _mm_storeu_si128(
      (__m128i *)p, _mm_packus_epi32(_mm256_castsi256_si128(rounded), _mm256_extracti128_si256(rounded, 1)));
}
static inline vec splat(float x) { return _mm256_set1_ps(x); }
static inline vec add(vec a, vec b) { return _mm256_add_ps(a, b); }
static inline vec sub(vec a, vec b) { return _mm256_sub_ps(a, b); }
static inline vec mul(vec a, vec b) { return _mm256_mul_ps(a, b); }
static inline vec fma3(vec a, vec b, vec c) { return _mm256_fmadd_ps(a, b, c); }
static inline vec load_8bit(const void *p, int with_sign) {
  __m128i v = _mm_loadl_epi64((const __m128i *)p);
  return _mm256_cvtepi32_ps(with_sign ? _mm256_cvtepi8_epi32(v) : _mm256_cvtepu8_epi32(v));
}
static inline void store_8bit(void *p, const vec v[4], int with_sign) {
  __m256i n[4];
  for (int i = 0; i < 4; i++) {
    vec number = _mm256_and_ps(v[i], _mm256_cmp_ps(v[i], v[i], _CMP_ORD_Q));
    n[i] = _mm256_cvtps_epi32(_mm256_min_ps(number, splat(255)));
  }
  __m256i a = _mm256_packs_epi32(n[0], n[1]), b = _mm256_packs_epi32(n[2], n[3]);
  __m256i bytes = with_sign ? _mm256_packs_epi16(a, b) : _mm256_packus_epi16(a, b); /* fours of each vector, then the others */
  const __m256i in_order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
  _mm256_storeu_si256((__m256i *)p, _mm256_permutevar8x32_epi32(bytes, in_order));
}
static inline vec relu(vec v) { return _mm256_max_ps(_mm256_setzero_ps(), v); }
static inline void store_mask(uint8_t *p, vec v) {
  *p = (uint8_t)_mm256_movemask_ps(_mm256_cmp_ps(v, _mm256_setzero_ps(), _CMP_NLE_UQ));
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
static inline vec load_bf16(const uint16_t *p) {
  uint32_t bits = (uint32_t)*p << 16;
  float v;
  memcpy(&v, &bits, sizeof v);
  return v;
}
static inline void store_bf16(uint16_t *p, vec v) { *p = round_bf16(v); }
static inline vec splat(float x) { return x; }
static inline vec add(vec a, vec b) { return a + b; }
static inline vec sub(vec a, vec b) { return a - b; }
static inline vec mul(vec a, vec b) { return a * b; }
static inline vec fma3(vec a, vec b, vec c) { return a * b + c; }
static inline vec load_8bit(const void *p, int with_sign) { return with_sign ? *(const int8_t *)p : *(const uint8_t *)p; }
static inline void store_8bit(void *p, const vec v[4], int with_sign) {
  float least = with_sign ? -128 : 0, most = with_sign ? 127 : 255;
  for (int i = 0; i < 4; i++) {
    float number = v[i] == v[i] ? v[i] : 0;
    float bounded = number > most ? most : number > least ? number : least;
    ((uint8_t *)p)[i] = (uint8_t)(int)__builtin_rintf(bounded);
  }
}
static inline vec relu(vec v) { return v < 0 ? 0 : v; }

#endif

/* Elements of images of either type; `bf16` is a constant where these are inlined. Stored ones are rounded to nearest. */
static inline vec get(const void *p, int64_t i, int bf16) {
  return bf16 ? load_bf16((const uint16_t *)p + i) : load((const float *)p + i);
}
static inline void put(void *p, int64_t i, vec v, int bf16) {
  if (bf16) {
    store_bf16((uint16_t *)p + i, v);
  } else {
    store((float *)p + i, v);
  }
}
static inline const void *element(const void *p, int64_t i, int bf16) {
  return (const char *)p + i * (bf16 ? 2 : 4);
}

/* WIDTH elements that lie `stride` apart. */
static inline vec gather(const void *from, int64_t first, int64_t stride, int bf16) {
  float lanes[WIDTH];
  if (stride == 1) {
    return get(from, first, bf16);
  }
  for (int i = 0; i < WIDTH; i++) {
    int64_t at = first + i * stride;
    if (bf16) {
      uint32_t bits = (uint32_t)((const uint16_t *)from)[at] << 16;
      memcpy(lanes + i, &bits, sizeof bits);
    } else {
      lanes[i] = ((const float *)from)[at];
    }
  }
  return load(lanes);
}

#if WIDTH > 1
#define STORE_MASK(mask, i, v) store_mask((mask) + (i) / 8, v)
#define MASKED(mask, i, v) masked((mask) + (i) / 8, v)
#else
#define STORE_MASK(mask, i, v) \
  ((mask)[(i) / 8] = (uint8_t)((((mask)[(i) / 8]) & ~(1 << (i) % 8)) | (!((v) <= 0) << (i) % 8)))
#define MASKED(mask, i, v) ((mask)[(i) / 8] >> (i) % 8 & 1 ? (v) : 0)
#endif

#endif
