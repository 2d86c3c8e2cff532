/* stream.c - streams of random numbers. */
#include "core/stream.h"

#include <gsl/gsl_sf_gamma.h>
#include <math.h>

static uint64_t split_mix(uint64_t *state)
{
  uint64_t z = (*state += UINT64_C(0x9E3779B97F4A7C15));
  z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
  z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
  return z ^ (z >> 31);
}

void ioi_stream_open(ioi_stream *stream, uint64_t seed, uint64_t number)
{
  uint64_t first = seed;
  uint64_t start = split_mix(&first) ^ number;
  for (int i = 0; i < 4; i++) stream->state[i] = split_mix(&start);
}

uint64_t ioi_stream_below(ioi_stream *stream, uint64_t n)
{
  const uint64_t whole = UINT64_MAX - UINT64_MAX % n;
  uint64_t bits;
  do bits = ioi_stream_bits(stream);
  while (bits >= whole);
  return bits % n;
}

static double by_inversion(ioi_stream *stream, double mean)
{
  double p = exp(-mean), u = ioi_stream_unit(stream), k = 0;
  while (u > p && k < 200) {
    u -= p;
    k++;
    p *= mean / k;
  }
  return k;
}

static double by_rejection(ioi_stream *stream, double mean)
{
  const double b = 0.931 + 2.53 * sqrt(mean), a = -0.059 + 0.02483 * b;
  const double c = 1.1239 + 1.1328 / (b - 3.4), v_r = 0.9277 - 3.6224 / (b - 2);
  const double log_mean = log(mean);
  for (;;) {
    const double u = ioi_stream_unit(stream) - 0.5;
    const double v = ioi_stream_unit(stream), us = 0.5 - fabs(u);
    const double k = floor((2 * a / us + b) * u + mean + 0.43);
    if (us >= 0.07 && v <= v_r) return k;
    if (k < 0 || (us < 0.013 && v > us)) continue;
    if (log(v) + log(c) - log(a / (us * us) + b)
        <= -mean + k * log_mean - gsl_sf_lngamma(k + 1))
      return k;
  }
}

double ioi_stream_poisson(ioi_stream *stream, double mean)
{
  if (!(mean > 0)) return 0;
  return mean < 12 ? by_inversion(stream, mean) : by_rejection(stream, mean);
}
