/* segregation_chance.c - draws of counts and of tables under chance. */
#include "core/segregation_chance.h"

#include <math.h>
#include <string.h>

/* ln n!: a product below 16, else Stirling's series. */
static double log_factorial(double n)
{
  double product = 1;
  if (n < 16) {
    for (double k = 2; k <= n; k++) product *= k;
    return log(product);
  }
  const double s = 1 / (n * n), half_log_two_pi = 0.91893853320467274178;
  return (n + 0.5) * log(n) - n + half_log_two_pi
         + (1 / 12.0 - s * (1 / 360.0 - s * (1 / 1260.0 - s / 1680))) / n;
}

static double log_choose(double n, double k)
{
  return log_factorial(n) - log_factorial(k) - log_factorial(n - k);
}

static double probability(const ioi_urn *u, double k)
{
  const double rest = u->all - u->marked;
  if (u->kind == IOI_URN_KEEP)
    return exp(log_choose(u->marked, k) + log_choose(rest, u->size - k)
               - log_choose(u->all, u->size));
  return exp(log_choose(u->size, k) + k * log(u->marked / u->all)
             + (u->size - k) * log(rest / u->all));
}

/* The only value where there is no choice, else -1. */
static double certain(const ioi_urn *u)
{
  if (u->size == 0 || u->marked == 0) return 0;
  return u->marked == u->all ? u->size : -1;
}

double ioi_urn_draw(const ioi_urn *urn, ioi_stream *stream)
{
  const double sure = certain(urn);
  if (sure >= 0) return sure;
  const double mode = ioi_urn_mode(urn), top = probability(urn, mode);
  for (;;) {
    double left = ioi_stream_unit(stream) - top;
    if (left < 0) return mode;
    double up = top, down = top;
    for (double k = 0; up > 0 || down > 0; k++) {
      up *= ioi_urn_ratio(urn, mode + k);
      left -= up;
      if (left < 0) return mode + k + 1;
      down = mode - k > 0 ? down / ioi_urn_ratio(urn, mode - k - 1) : 0;
      left -= down;
      if (left < 0) return mode - k - 1;
      if (up + down < 1e-30) break; /* rounding left a sliver: draw again */
    }
  }
}

void ioi_chance_table(const double *unit, size_t units, const double *group,
                      size_t groups, ioi_null_model model, ioi_stream *stream,
                      double *left, double *drawn)
{
  const int keep = model == IOI_NULL_FIXED;
  double all = 0;
  memcpy(left, group, groups * sizeof *left);
  for (size_t g = 0; g < groups; g++) all += group[g];
  for (size_t i = 0; i < units; i++) {
    double room = unit[i], others = all;
    for (size_t g = 0; g < groups; g++) {
      const ioi_urn urn = {others, left[g], room,
                           keep ? IOI_URN_KEEP : IOI_URN_REPLACE};
      const double n = g + 1 == groups ? room
                       : others > 0    ? ioi_urn_draw(&urn, stream)
                                       : 0;
      drawn[g * units + i] = n;
      others -= left[g];
      room -= n;
      if (keep) left[g] -= n;
    }
    if (keep) all -= unit[i];
  }
}
