/* segregation_compare.c - exchange of values by rank. */
#include "core/segregation_compare.h"

#include <gsl/gsl_sort.h>
#include <math.h>
#include <string.h>

static int all_numbers(const double *x, size_t n)
{
  for (size_t i = 0; i < n; i++)
    if (isnan(x[i])) return 0;
  return 1;
}

/* The value at share h of sorted x. */
static double quantile(const double *x, size_t m, double h)
{
  const double at = h * (double) m - 0.5;
  if (!(at > 0)) return x[0];
  if (at >= (double) (m - 1)) return x[m - 1];
  const size_t low = (size_t) at;
  const double part = at - (double) low;
  return part > 0 ? x[low] + part * (x[low + 1] - x[low]) : x[low];
}

ioi_status ioi_rank_exchange(const double *own, size_t n, const double *other,
                             size_t m, double *mapped, double *work,
                             size_t *order)
{
  if (n == 0 || m == 0) return IOI_EEMPTY;
  if (!all_numbers(own, n) || !all_numbers(other, m)) return IOI_EDOMAIN;
  memcpy(work, other, m * sizeof *work);
  gsl_sort(work, 1, m);
  gsl_sort_index(order, own, 1, n);
  for (size_t from = 0, to; from < n; from = to) {
    for (to = from + 1; to < n && own[order[to]] == own[order[from]];) to++;
    const double rank = (double) (from + to + 1) / 2;
    const double value = quantile(work, m, (rank - 0.5) / (double) n);
    for (size_t k = from; k < to; k++) mapped[order[k]] = value;
  }
  return IOI_OK;
}
