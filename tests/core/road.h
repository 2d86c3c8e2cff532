/* road.h - what the tests share: cmocka, reproducible draws, and comparisons of
 * doubles. */
#ifndef IOI_TESTS_ROAD_H
#define IOI_TESTS_ROAD_H

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

/* splitmix64 (Steele, Lea & Flood 2014, OOPSLA, 453-472). */
static inline uint64_t draw_bits(uint64_t *seed)
{
  uint64_t z = (*seed += UINT64_C(0x9E3779B97F4A7C15));
  z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
  return z ^ (z >> 31);
}

/* One of 0 .. n - 1. */
static inline size_t draw_below(uint64_t *seed, size_t n)
{
  return (size_t) (draw_bits(seed) % n);
}

/* A number in [0, 1) with all its 53 bits drawn. */
static inline double draw_unit(uint64_t *seed)
{
  return (double) (draw_bits(seed) >> 11) * 0x1p-53;
}

/* Within tolerance of what is wanted; NaN wanted is NaN got. */
static inline void near(double got, double want, double tolerance)
{
  if (isnan(want) ? !isnan(got) : !(fabs(got - want) <= tolerance))
    fail_msg("%.17g is not %.17g within %g", got, want, tolerance);
}

/* The same bits, but that +0 and -0 are one number. */
static inline void same(const double *got, const double *want, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (!(got[i] == want[i]))
      fail_msg("value %zu: %.17g is not %.17g", i, got[i], want[i]);
}

/* n zeroed things that the caller frees: exactly n, so that a step beyond them
 * is found; one where n is 0. */
static inline void *zeroed(size_t n, size_t size)
{
  void *out = calloc(n > 0 ? n : 1, size);
  assert_non_null(out);
  return out;
}

#endif
