/* segregation_resample.c - tables of persons or units drawn anew. */
#include "core/segregation_resample.h"

#include <stdlib.h>
#include <string.h>

#include "core/segregation_parts.h"

/* Poisson draws for all cells; their sum. */
static double draw_cells(const ioi_table *table, double part,
                         ioi_stream *stream, double *drawn)
{
  double sum = 0;
  for (size_t g = 0; g < table->groups; g++) {
    const double *n = table->count + g * table->stride;
    double *out = drawn + g * table->units;
    for (size_t i = 0; i < table->units; i++) {
      out[i] = ioi_stream_poisson(stream, n[i] * part);
      sum += out[i];
    }
  }
  return sum;
}

/* Adds `more` persons: uniform numbers in descending order cut the cells, which
 * are passed once, from the last. */
static void fill_up(const ioi_table *table, double all, double more,
                    ioi_stream *stream, double *drawn)
{
  double cut = 1, above = all;
  size_t cell = table->units * table->groups;
  for (double left = more; left > 0; left--) {
    cut *= pow(ioi_stream_unit(stream), 1 / left);
    while (cell > 0
           && (above > cut * all || cell == table->units * table->groups)) {
      cell--;
      above -=
        table->count[cell / table->units * table->stride + cell % table->units];
    }
    drawn[cell]++;
  }
}

void ioi_resample_persons(const ioi_table *table, double all,
                          ioi_stream *stream, double *drawn)
{
  const double whole = floor(all + 0.5), spare = 6 * sqrt(whole);
  const double part = whole > spare ? (whole - spare) / all : 0;
  double got;
  do got = draw_cells(table, part, stream, drawn);
  while (got > whole);
  fill_up(table, all, whole - got, stream, drawn);
}

void ioi_resample_by_group(const ioi_prepared *m, ioi_stream *stream,
                           double *drawn)
{
  const ioi_table *table = m->table;
  for (size_t g = 0; g < table->groups; g++) {
    const ioi_table one = {table->count + g * table->stride, table->stride,
                           table->units, 1};
    ioi_resample_persons(&one, m->group[g], stream, drawn + g * table->units);
  }
}

void ioi_resample_units(const ioi_prepared *m, ioi_stream *stream,
                        double *times, double *drawn)
{
  const ioi_table *table = m->table;
  size_t place = 0;
  memset(times, 0, m->occupied * sizeof *times);
  for (size_t k = 0; k < m->occupied; k++)
    times[ioi_stream_below(stream, m->occupied)]++;
  size_t k = 0; /* among the units with members */
  for (size_t i = 0; i < table->units; i++) {
    if (!(m->unit[i] > 0)) continue;
    for (double c = times[k++]; c > 0; c--, place++)
      for (size_t g = 0; g < table->groups; g++)
        drawn[g * m->occupied + place] = table->count[g * table->stride + i];
  }
}

static int ascending(const void *one, const void *two)
{
  const double a = *(const double *) one, b = *(const double *) two;
  return (a > b) - (a < b);
}

/* Linear between order statistics (Hyndman & Fan 1996, type 7). */
static double quantile(const double *sorted, size_t n, double p)
{
  const double at = p * (double) (n - 1);
  const size_t below = (size_t) at;
  if (below + 1 >= n) return sorted[n - 1];
  return sorted[below]
         + (at - (double) below) * (sorted[below + 1] - sorted[below]);
}

ioi_bootstrap ioi_bootstrap_limits(const double *theta, size_t step,
                                   size_t reps, double estimate, double level,
                                   double *sorted)
{
  ioi_bootstrap out = {NAN, NAN, NAN, 0};
  ioi_exact sum = {0, 0};
  for (size_t k = 0; k < reps; k++) {
    if (isnan(theta[k * step])) continue;
    sorted[out.values++] = theta[k * step];
    ioi_exact_add(&sum, theta[k * step]);
  }
  if (out.values < 2) return out;
  qsort(sorted, out.values, sizeof *sorted, ascending);
  out.mean = ioi_exact_value(&sum) / (double) out.values;
  out.low = 2 * estimate - quantile(sorted, out.values, (1 + level) / 2);
  out.high = 2 * estimate - quantile(sorted, out.values, (1 - level) / 2);
  return out;
}
