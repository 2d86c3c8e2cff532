/* stream.h - random numbers: a stream of its own for each (seed, number), so
 * that a result does not depend on threads or on the order of the work.
 *
 * xoshiro256** (Blackman & Vigna 2021, ACM Trans. Math. Softw. 47(4):36),
 * started by splitmix64 (Steele, Lea & Flood 2014, OOPSLA, 453-472). The seed
 * comes from R. */
#ifndef IOI_CORE_STREAM_H
#define IOI_CORE_STREAM_H

#include <stdint.h>

typedef struct {
  uint64_t state[4];
} ioi_stream;

void ioi_stream_open(ioi_stream *stream, uint64_t seed, uint64_t number);

static inline uint64_t ioi_rotate(uint64_t x, int by)
{
  return (x << by) | (x >> (64 - by));
}

static inline uint64_t ioi_stream_bits(ioi_stream *stream)
{
  uint64_t *s = stream->state;
  const uint64_t out = ioi_rotate(s[1] * 5, 7) * 9, t = s[1] << 17;
  s[2] ^= s[0];
  s[3] ^= s[1];
  s[1] ^= s[2];
  s[0] ^= s[3];
  s[2] ^= t;
  s[3] = ioi_rotate(s[3], 45);
  return out;
}

/* Uniform on (0, 1), never 0 or 1. */
static inline double ioi_stream_unit(ioi_stream *stream)
{
  return ((double) (ioi_stream_bits(stream) >> 12) + 0.5) * 0x1p-52;
}

/* One of 0 .. n - 1, all alike; n > 0. */
uint64_t ioi_stream_below(ioi_stream *stream, uint64_t n);

/* Poisson with mean m, 0 <= m < 1e15: inversion below 12, else Hoermann's
 * transformed rejection (1993, Insurance: Math. Econ. 12:39-45). */
double ioi_stream_poisson(ioi_stream *stream, double mean);

#endif
