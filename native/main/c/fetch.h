/* What tiles fetch for those that come after them. */
#ifndef FETCH_H
#define FETCH_H

#include "rows.h"

/* A range of memory to fetch, a few lines with each tile. */
typedef struct {
  const char *next;
  const char *end;
} fetch_range;

static inline const char *take(fetch_range *range, int64_t lines) {
  const char *from = range->next;
  if (from >= range->end) {
    return NULL;
  }
  range->next += lines * 64;
  return from;
}

/* The lines of memory that each tile fetches, at most one with each of its own. */
static inline int64_t lines_of_tile(const fetch_range *a, const fetch_range *b, int64_t tiles, int64_t lines) {
  return least(((a->end - a->next) + (b->end - b->next)) / 64 / tiles + 1, lines);
}

#endif
