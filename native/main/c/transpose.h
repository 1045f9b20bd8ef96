/* Matrices turned over, as images are between n c h w and n h w c: element by element, whatever it holds. */

/* Fewer elements than this are not worth waking the other threads. */
#define TRANSPOSE_ALONE 32768

/* How many lines of a row of the source are read before those of other rows, which lie in other pages. */
#define TRANSPOSE_LINES 8

/*
 * A tile is a cache line high and wide: lines of the source are read whole and those of the result written whole, so that it
 * does not matter how many of either fall into one set of the cache. Tiles go along the rows of the result, a few abreast.
 */
#define DEFINE_TRANSPOSE(name, type)                                                                                      \
  static void name##_edge(const struct residual_transpose *o, const type *src, type *dst, int64_t height, int64_t width) { \
    for (int64_t c = 0; c < width; c++) {                                                                                 \
      for (int64_t r = 0; r < height; r++) {                                                                              \
        dst[c * o->dst_stride + r] = src[r * o->src_stride + c];                                                          \
      }                                                                                                                   \
    }                                                                                                                     \
  }                                                                                                                       \
                                                                                                                          \
  static void name##_tile(const struct residual_transpose *o, const type *src, type *dst) {                               \
    enum { SIDE = 64 / sizeof(type) };                                                                                    \
    type tile[SIDE][SIDE], line[SIDE];                                                                                    \
    for (int r = 0; r < SIDE; r++) {                                                                                      \
      memcpy(tile[r], src + r * o->src_stride, sizeof line);                                                              \
    }                                                                                                                     \
    for (int c = 0; c < SIDE; c++) {                                                                                      \
      for (int r = 0; r < SIDE; r++) {                                                                                    \
        line[r] = tile[r][c];                                                                                             \
      }                                                                                                                   \
      memcpy(dst + c * o->dst_stride, line, sizeof line);                                                                 \
    }                                                                                                                     \
  }                                                                                                                       \
                                                                                                                          \
  static void name(const struct residual_transpose *o) {                                                                  \
enum { SIDE = 64 / sizeof(type), BLOCK = TRANSPOSE_LINES * SIDE };                                                    \
    int64_t matrix = o->rows * o->columns;                                                                                \
    int64_t down = (o->rows + SIDE - 1) / SIDE, across = (o->columns + BLOCK - 1) / BLOCK;                                \
    _Pragma("omp parallel for collapse(3) schedule(static) num_threads(o->matrices * matrix < TRANSPOSE_ALONE ? 1 : o->threads)")\
    for (int64_t n = 0; n < o->matrices; n++) {                                                                           \
      for (int64_t x = 0; x < across; x++) {                                                                              \
        for (int64_t y = 0; y < down; y++) {                                                                              \
          int64_t r = y * SIDE, height = least(SIDE, o->rows - r), end = least((x + 1) * BLOCK, o->columns);              \
          for (int64_t c = x * BLOCK; c < end; c += SIDE) {                                                               \
            int64_t width = least(SIDE, end - c);                                                                         \
            const type *src = (const type *)o->src + n * matrix + r * o->src_stride + c;                                  \
            type *dst = (type *)o->dst + n * matrix + c * o->dst_stride + r;                                              \
            if (height == SIDE && width == SIDE) {                                                                        \
              name##_tile(o, src, dst);                                                                                   \
            } else {                                                                                                      \
              name##_edge(o, src, dst, height, width);                                                                    \
            }                                                                                                             \
          }                                                                                                               \
        }                                                                                                                 \
      }                                                                                                                   \
    }                                                                                                                     \
  }

DEFINE_TRANSPOSE(transpose_bytes, uint8_t)
DEFINE_TRANSPOSE(transpose_halves, uint16_t)
DEFINE_TRANSPOSE(transpose_words, uint32_t)

static void transpose_matrices(const struct residual_transpose *o) {
  if (o->bytes == 1) {
    transpose_bytes(o);
  } else if (o->bytes == 2) {
    transpose_halves(o);
  } else {
    transpose_words(o);
  }
}
