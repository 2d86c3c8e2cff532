/* segregation_gini.c - Gini indices by sorting units once for each group. */
#include <stdlib.h>
#include <string.h>

#include "core/segregation_parts.h"

/* Where counting digits begins to be faster than comparing. */
enum { FEW = 400, DIGIT = 11, DIGITS = 1 << DIGIT, PASSES = 6 };

static int by_share(const void *one, const void *two)
{
  const ioi_sorted *a = one, *b = two;
  if (a->p != b->p) return a->p < b->p ? -1 : 1;
  return a->unit < b->unit ? -1 : a->unit > b->unit;
}

/* Doubles that are not negative stand in the order of their bits. */
static size_t digit_of(double p, int pass)
{
  uint64_t bits;
  memcpy(&bits, &p, sizeof bits);
  return (size_t) (bits >> (pass * DIGIT)) & (DIGITS - 1);
}

/* One pass of a radix sort; 0 where all have the same digit, which moves
 * nothing. */
static int sort_pass(const ioi_sorted *from, size_t n, int pass, ioi_sorted *to)
{
  size_t start[DIGITS] = {0};
  for (size_t i = 0; i < n; i++) start[digit_of(from[i].p, pass)]++;
  if (start[digit_of(from[0].p, pass)] == n) return 0;
  size_t before = 0;
  for (size_t d = 0; d < DIGITS; d++) {
    const size_t here = start[d];
    start[d] = before;
    before += here;
  }
  for (size_t i = 0; i < n; i++)
    to[start[digit_of(from[i].p, pass)]++] = from[i];
  return 1;
}

/* Sorts the first n; the result stands in the first or the second n. */
static const ioi_sorted *sort_units(ioi_sorted *sorted, size_t n)
{
  if (n < FEW) {
    qsort(sorted, n, sizeof *sorted, by_share);
    return sorted;
  }
  ioi_sorted *from = sorted, *to = sorted + n;
  for (int pass = 0; pass < PASSES; pass++)
    if (sort_pass(from, n, pass, to)) {
      ioi_sorted *other = from;
      from = to;
      to = other;
    }
  return from;
}

/* Units that hold x alone come last and those that hold y alone first; only the
 * others are sorted. */
typedef struct {
  size_t mixed;
  double x_alone, y_alone, X, Y;
} division;

static division divide(const double *x, const double *y, size_t n,
                       ioi_sorted *sorted)
{
  division out = {0, 0, 0, 0, 0};
  ioi_exact x_alone = {0, 0}, y_alone = {0, 0}, X = {0, 0}, Y = {0, 0};
  for (size_t i = 0; i < n; i++) {
    ioi_exact_add(&X, x[i]);
    ioi_exact_add(&Y, y[i]);
    if (x[i] > 0 && y[i] > 0)
      sorted[out.mixed++] = (ioi_sorted){x[i] / (x[i] + y[i]), (uint32_t) i};
    else if (y[i] > 0)
      ioi_exact_add(&y_alone, y[i]);
    else
      ioi_exact_add(&x_alone, x[i]);
  }
  out.x_alone = ioi_exact_value(&x_alone);
  out.y_alone = ioi_exact_value(&y_alone);
  out.X = ioi_exact_value(&X);
  out.Y = ioi_exact_value(&Y);
  return out;
}

/* Units from `from` on with the same share: the end of the run. */
static size_t run_end(const ioi_sorted *at, size_t from, size_t n)
{
  size_t to = from + 1;
  while (to < n && at[to].p == at[from].p) to++;
  return to;
}

/* Below a unit is `under` and above it the rest but its run. */
static void alone_slopes(const double *x, const double *y, size_t n,
                         const division *d, double *s_x, double *s_y)
{
  for (size_t i = 0; i < n; i++) {
    s_x[i] = s_y[i] = 0;
    if (x[i] > 0 && y[i] == 0) {
      s_x[i] = d->Y;
      s_y[i] = -(d->X - d->x_alone);
    } else if (y[i] > 0 && x[i] == 0) {
      s_x[i] = -(d->Y - d->y_alone);
      s_y[i] = d->X;
    }
  }
}

static void mixed_slopes(const double *x, const double *y, const ioi_sorted *at,
                         const division *d, double *s_x, double *s_y)
{
  ioi_exact X = {0, 0}, Y = {0, 0};
  ioi_exact_add(&Y, d->y_alone);
  for (size_t from = 0; from < d->mixed;) {
    const size_t to = run_end(at, from, d->mixed);
    const double x_under = ioi_exact_value(&X), y_under = ioi_exact_value(&Y);
    for (size_t k = from; k < to; k++) {
      ioi_exact_add(&X, x[at[k].unit]);
      ioi_exact_add(&Y, y[at[k].unit]);
    }
    const double x_over = d->X - ioi_exact_value(&X);
    const double y_over = d->Y - ioi_exact_value(&Y);
    for (size_t k = from; k < to; k++) {
      s_x[at[k].unit] = y_under - y_over;
      s_y[at[k].unit] = x_over - x_under;
    }
    from = to;
  }
}

double ioi_gini_sum(const double *x, const double *y, size_t n,
                    ioi_sorted *sorted, double *s_x, double *s_y)
{
  const division d = divide(x, y, n, sorted);
  const ioi_sorted *at = sort_units(sorted, d.mixed);
  ioi_exact X = {0, 0}, Y = {0, 0}, sum = {0, 0};
  ioi_exact_add(&Y, d.y_alone);
  for (size_t k = 0; k < d.mixed; k++) {
    const double a = x[at[k].unit], b = y[at[k].unit];
    ioi_exact_add(&sum, a * ioi_exact_value(&Y));
    ioi_exact_add(&sum, -b * ioi_exact_value(&X));
    ioi_exact_add(&X, a);
    ioi_exact_add(&Y, b);
  }
  ioi_exact_add(&sum, d.x_alone * d.Y);
  if (s_x) {
    alone_slopes(x, y, n, &d, s_x, s_y);
    mixed_slopes(x, y, at, &d, s_x, s_y);
  }
  const double S = ioi_exact_value(&sum);
  return S > 4 * IOI_TIE * d.X * d.Y ? S : 0;
}

/* G = sum_g S_g / (T T I), S_g of group g against everybody. */
ioi_status ioi_segregation_gini_many(const ioi_prepared *m, double *value,
                                     double *u)
{
  const ioi_table *table = m->table;
  const size_t units = table->units, groups = table->groups;
  const double I = ioi_interaction(m->group, groups, m->all), T = m->all;
  double *by_unit = m->space->real + units + groups,
         *by_group = by_unit + units;
  ioi_exact sum = {0, 0};
  if (u) memset(by_unit, 0, units * sizeof *by_unit);
  for (size_t g = 0; g < groups; g++) {
    const double *n = table->count + g * table->stride;
    const double S = ioi_gini_sum(n, m->unit, units, m->space->sorted,
                                  u ? u + g * units : NULL, by_group);
    ioi_exact_add(&sum, S / T);
    for (size_t i = 0; u && i < units; i++) by_unit[i] += by_group[i];
  }
  const double G = ioi_exact_value(&sum) / T / I;
  if (!(G < INFINITY)) return IOI_EDOMAIN;
  *value = G > 1 ? 1 : G;
  for (size_t g = 0; u && g < groups; g++) {
    const double P = m->group[g] / T, slope = 1 - 2 * P + (1 - I); /* of TI */
    for (size_t i = 0; i < units; i++)
      u[g * units + i] =
        (u[g * units + i] + by_unit[i]) / T / T / I - G / T - G * slope / I / T;
  }
  return IOI_OK;
}
