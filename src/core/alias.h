/* alias.h - draws from a law of few values by one random number each (Walker 1977,
 * ACM Trans. Math. Softw. 3:253-256; tables as by Vose 1991, IEEE Trans. Softw. Eng.
 * 17:972-975). */
#ifndef IOI_CORE_ALIAS_H
#define IOI_CORE_ALIAS_H

#include <stddef.h>

#include "core/stream.h"

/* A column: its own value with probability `keep`, else `other`. */
typedef struct {
  double keep, other;
} ioi_alias;

/* The columns of a law over 0 .. n - 1.
 *   p       [in,out]  n weights, not negative, not all 0; not kept.
 *   column  [out]     n columns.
 *   work    [out]     n numbers. */
void ioi_alias_make(double *p, size_t n, ioi_alias *column, size_t *work);

static inline double ioi_alias_draw(const ioi_alias *column, size_t n,
                                    ioi_stream *stream)
{
  const double at = ioi_stream_unit(stream) * (double) n;
  const size_t k = (size_t) at;
  const double value[] = {column[k].other, (double) k};
  return value[at - (double) k
               < column[k].keep]; /* a branch would be a guess */
}

#endif
