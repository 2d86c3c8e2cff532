/* vector.h - two hints to the compiler for loops over a block of rows. Neither
 * changes a result: what they mark has no order of additions to keep. */
#ifndef IOI_CORE_VECTOR_H
#define IOI_CORE_VECTOR_H

#include <stddef.h>
#include <stdint.h>

/* Before a loop whose turns do not depend on each other: several at a time. */
#ifdef _OPENMP
#define IOI_VECTOR _Pragma("omp simd")
#else
#define IOI_VECTOR
#endif

/* Asks for the `bytes` after the first `bytes` from `at` on: columns are read in
 * short runs, too short for the processor to foresee the next. May point beyond
 * an array; nothing is read. */
static inline void ioi_prefetch_next(const void *at, size_t bytes)
{
#ifdef __GNUC__
  const uintptr_t next = (uintptr_t) at + bytes;
  for (size_t b = 0; b < bytes; b += 64)
    __builtin_prefetch((const void *) (next + b));
#else
  (void) at;
  (void) bytes;
#endif
}

#endif
