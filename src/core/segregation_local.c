/* segregation_local.c - scores of units and of groups. */
#include "core/segregation_local.h"

#include <math.h>
#include <string.h>

#include "core/sum.h"

static double cell(const ioi_table *table, size_t i, size_t g)
{
  return table->count[g * table->stride + i];
}

static double unit_total(const ioi_table *table, size_t i)
{
  double sum = 0;
  for (size_t g = 0; g < table->groups; g++) sum += cell(table, i, g);
  return sum;
}

static ioi_status column_total(const double *x, size_t n, double *total)
{
  ioi_exact sum = {0, 0};
  for (size_t i = 0; i < n; i++) {
    if (!(x[i] >= 0 && x[i] < INFINITY)) return IOI_EDOMAIN;
    ioi_exact_add(&sum, x[i]);
  }
  *total = ioi_exact_value(&sum);
  return *total < INFINITY ? IOI_OK : IOI_EDOMAIN;
}

/* Total of each group and of all. */
static ioi_status group_totals(const ioi_table *table, double *total,
                               double *all)
{
  *all = 0;
  for (size_t g = 0; g < table->groups; g++) {
    ioi_status status =
      column_total(table->count + g * table->stride, table->units, total + g);
    if (status != IOI_OK) return status;
    *all += total[g];
  }
  if (!(*all < INFINITY)) return IOI_EDOMAIN;
  return *all > 0 ? IOI_OK : IOI_EEMPTY;
}

/* x ln(x), 0 at 0 */
static double xlogx(double x)
{
  return x > 0 ? x * log(x) : 0;
}

/* Entropy and Simpson's index of everybody. */
static void whole_scores(const double *total, double all, size_t groups,
                         double *whole)
{
  whole[0] = whole[1] = 0;
  for (size_t g = 0; g < groups; g++) {
    const double p = total[g] / all;
    whole[0] -= xlogx(p);
    whole[1] += p * ((all - total[g]) / all);
  }
}

/* The three scores of a unit with t > 0 members. */
static void unit_scores(const ioi_table *table, size_t i, double t,
                        const double *total, double all, double *divergence,
                        double *entropy, double *simpson)
{
  double apart = 0, mixed = 0, meet = 0;
  for (size_t g = 0; g < table->groups; g++) {
    const double n = cell(table, i, g), p = n / t;
    if (!(n > 0)) continue;
    apart += p * log(p * (all / total[g]));
    mixed -= p * log(p);
    meet += p * ((t - n) / t);
  }
  *divergence = apart > 0 ? apart : 0;
  *entropy = mixed > 0 ? mixed : 0;
  *simpson = meet;
}

ioi_status ioi_local_units(const ioi_table *table, double *divergence,
                           double *entropy, double *simpson, double *share,
                           double *whole, double *work)
{
  double all;
  ioi_status status = group_totals(table, work, &all);
  if (status != IOI_OK) return status;
  whole_scores(work, all, table->groups, whole);
  for (size_t i = 0; i < table->units; i++) {
    const double t = unit_total(table, i);
    share[i] = t / all;
    divergence[i] = entropy[i] = simpson[i] = NAN;
    if (t > 0)
      unit_scores(table, i, t, work, all, divergence + i, entropy + i,
                  simpson + i);
  }
  return IOI_OK;
}

/* L_g and the local D of a group with `of_group` members. */
static void group_scores(const double *n, const double *t, size_t units,
                         double of_group, double all, double *divergence,
                         double *local_d)
{
  ioi_exact apart = {0, 0}, distance = {0, 0};
  for (size_t i = 0; i < units; i++) {
    const double q = n[i] / of_group, r = t[i] / all;
    if (n[i] > 0) ioi_exact_add(&apart, q * log(q / r));
    ioi_exact_add(&distance, fabs(q - r));
  }
  const double sum = ioi_exact_value(&apart);
  *divergence = sum > 0 ? sum : 0;
  *local_d = ioi_exact_value(&distance) / 2;
}

ioi_status ioi_local_groups(const ioi_table *table, double *divergence,
                            double *local_d, double *share, double *work)
{
  double all = 0, total;
  for (size_t g = 0; g < table->groups; g++) {
    if (column_total(table->count + g * table->stride, table->units, &total))
      return IOI_EDOMAIN;
    all += total;
  }
  if (!(all < INFINITY)) return IOI_EDOMAIN;
  if (!(all > 0)) return IOI_EEMPTY;
  for (size_t i = 0; i < table->units; i++) work[i] = unit_total(table, i);
  for (size_t g = 0; g < table->groups; g++) {
    const double *n = table->count + g * table->stride;
    column_total(n, table->units, &total);
    share[g] = total / all;
    divergence[g] = local_d[g] = NAN;
    if (total > 0)
      group_scores(n, work, table->units, total, all, divergence + g,
                   local_d + g);
  }
  return IOI_OK;
}

ioi_status ioi_local_quotient(const ioi_table *table, double *quotient,
                              double *work)
{
  double all;
  ioi_status status = group_totals(table, work, &all);
  if (status != IOI_OK) return status;
  for (size_t i = 0; i < table->units; i++) {
    const double t = unit_total(table, i);
    for (size_t g = 0; g < table->groups; g++)
      quotient[g * table->units + i] =
        t > 0 && work[g] > 0 ? cell(table, i, g) / t * (all / work[g]) : NAN;
  }
  return IOI_OK;
}

ioi_status ioi_local_extremes(const ioi_table *table, size_t a, size_t b,
                              double *extremes)
{
  double all = 0, total;
  for (size_t g = 0; g < table->groups; g++) {
    if (column_total(table->count + g * table->stride, table->units, &total))
      return IOI_EDOMAIN;
    all += total;
  }
  if (!(all < INFINITY)) return IOI_EDOMAIN;
  if (!(all > 0)) return IOI_EEMPTY;
  for (size_t i = 0; i < table->units; i++) {
    const double t = unit_total(table, i);
    extremes[i] = t > 0 ? (cell(table, i, a) - cell(table, i, b)) / t : NAN;
  }
  return IOI_OK;
}

ioi_status ioi_local_dissimilarity(const double *x, const double *y, size_t n,
                                   double *difference, double *part,
                                   double *share, double *impact)
{
  double x_all, y_all;
  if (column_total(x, n, &x_all) || column_total(y, n, &y_all))
    return IOI_EDOMAIN;
  if (!(x_all > 0 && y_all > 0)) return IOI_EEMPTY;
  ioi_exact sum = {0, 0};
  double occupied = 0;
  for (size_t i = 0; i < n; i++) {
    const int some = x[i] > 0 || y[i] > 0;
    difference[i] = some ? x[i] / x_all - y[i] / y_all : NAN;
    part[i] = fabs(difference[i]) / 2;
    if (some) ioi_exact_add(&sum, part[i]);
    occupied += some;
  }
  const double d = ioi_exact_value(&sum);
  for (size_t i = 0; i < n; i++) {
    share[i] = d > 0 ? part[i] / d : NAN;
    impact[i] = 100 * occupied * share[i];
  }
  return IOI_OK;
}
