/* segregation_resample.c - tables of persons or units drawn anew. */
#include "core/segregation_resample.h"

#include <stdlib.h>
#include <string.h>

#include "core/segregation_parts.h"

/* Values of a Poisson law of mean c or less, all but 1e-18 of it. */
static size_t values_of(size_t c)
{
  return c + (size_t) ceil(9 * sqrt((double) c)) + 20;
}

size_t ioi_persons_columns(void)
{
  size_t sum = 0;
  for (size_t c = 1; c <= IOI_SMALL; c++) sum += values_of(c);
  return sum;
}

static void poisson_law(double mean, size_t n, ioi_alias *column)
{
  double p[IOI_SMALL_VALUES];
  size_t work[IOI_SMALL_VALUES];
  p[0] = exp(-mean);
  for (size_t k = 1; k < n; k++) p[k] = p[k - 1] * mean / (double) k;
  ioi_alias_make(p, n, column, work);
}

/* The part of the persons that is drawn cell by cell, of all members. */
static double part_of(double all)
{
  const double whole = floor(all + 0.5), spare = 6 * sqrt(whole);
  return whole > spare ? (whole - spare) / all : 0;
}

void ioi_persons_laws(double all, ioi_alias *column, ioi_small_laws *laws)
{
  for (size_t c = 1; c <= IOI_SMALL; c++) {
    laws->of[c] = column;
    laws->values[c] = values_of(c);
    poisson_law((double) c * part_of(all), laws->values[c], column);
    column += laws->values[c];
  }
}

static double draw_cell(double n, double part, const ioi_small_laws *laws,
                        ioi_stream *stream)
{
  if (!(n > 0)) return 0;
  const size_t c = laws && n <= IOI_SMALL ? (size_t) n : 0;
  if (c == 0 || (double) c != n) return ioi_stream_poisson(stream, n * part);
  return ioi_alias_draw(laws->of[c], laws->values[c], stream);
}

/* Poisson draws for all cells; their sum. */
static double draw_cells(const ioi_table *table, double part,
                         const ioi_small_laws *laws, ioi_stream *stream,
                         double *drawn)
{
  double sum = 0;
  for (size_t g = 0; g < table->groups; g++) {
    const double *n = table->count + g * table->stride;
    double *out = drawn + g * table->units;
    for (size_t i = 0; i < table->units; i++) {
      out[i] = draw_cell(n[i], part, laws, stream);
      sum += out[i];
    }
  }
  return sum;
}

static double next_cut(double cut, double more, ioi_stream *stream)
{
  return more > 0 ? cut * pow(ioi_stream_unit(stream), 1 / more) : cut;
}

/* The first cell with members. */
static size_t first_cell(const ioi_table *table)
{
  size_t k = 0;
  while (
    !(table->count[k / table->units * table->stride + k % table->units] > 0))
    k++;
  return k;
}

/* Adds `more` persons: uniform numbers in descending order cut the cells, which
 * are passed once, from the last. The first with members takes what rounding
 * leaves. */
static void fill_up(const ioi_table *table, double all, double more,
                    ioi_stream *stream, double *drawn)
{
  double cut = next_cut(all, more, stream), above = all;
  for (size_t g = table->groups; g-- > 0;) {
    const double *n = table->count + g * table->stride;
    for (size_t i = table->units; i-- > 0;) {
      above -= n[i];
      for (; cut > above && n[i] > 0 && more > 0;
           cut = next_cut(cut, --more, stream))
        drawn[g * table->units + i]++;
    }
  }
  if (more > 0) drawn[first_cell(table)] += more;
}

void ioi_resample_persons(const ioi_table *table, double all,
                          const ioi_small_laws *laws, ioi_stream *stream,
                          double *drawn)
{
  const double whole = floor(all + 0.5);
  double got;
  do got = draw_cells(table, part_of(all), laws, stream, drawn);
  while (got > whole);
  if (got < whole) fill_up(table, all, whole - got, stream, drawn);
}

void ioi_resample_by_group(const ioi_prepared *m, ioi_stream *stream,
                           double *drawn)
{
  const ioi_table *table = m->table;
  for (size_t g = 0; g < table->groups; g++) {
    const ioi_table one = {table->count + g * table->stride, table->stride,
                           table->units, 1};
    ioi_resample_persons(&one, m->group[g], NULL, stream,
                         drawn + g * table->units);
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
