/* vector.h - hints to the compiler for the loops that take the time. */
#ifndef IOI_CORE_VECTOR_H
#define IOI_CORE_VECTOR_H

#include <stddef.h>
#include <stdint.h>

/* Before a loop whose turns do not depend on each other: several at a time.
 * Changes no result: there is no order of additions to keep. */
#ifdef _OPENMP
#define IOI_VECTOR _Pragma("omp simd")
#else
#define IOI_VECTOR
#endif

/* Before a function whose loop is compiled anew for every constant it is given. */
#ifdef __GNUC__
#define IOI_INLINE static inline __attribute__((always_inline))
#else
#define IOI_INLINE static inline
#endif

/* Before a function that is called only where ioi_is_wide(): it may use AVX and
 * fused multiplication, whose results differ in the last bit, by the rounding
 * that fusing spares. */
#if defined(__GNUC__) && defined(__x86_64__) && !defined(_WIN32)
#define IOI_WIDE __attribute__((target("fma")))
static inline int ioi_is_wide(void)
{
  return __builtin_cpu_supports("fma") != 0;
}

/* Four doubles in such a function, as they lie in an array. */
typedef double ioi_lanes
  __attribute__((vector_size(32), aligned(8), may_alias));
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
