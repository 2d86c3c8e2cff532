/* segregation_parts.h - what the files of the segregation indices share. */
#ifndef IOI_CORE_SEGREGATION_PARTS_H
#define IOI_CORE_SEGREGATION_PARTS_H

#include <math.h>

#include "core/segregation.h"
#include "core/sum.h"

static inline int ioi_usable(double x)
{
  return x >= 0 && x < INFINITY;
}

/* Shares that differ by no more than this part of their sum are a tie: sums of
 * weights that should be equal differ by some rounding errors. */
#define IOI_TIE 1e-14

/* sign(a/A - b/B) without the division, so that equal shares of whole numbers
 * tie exactly. */
static inline double ioi_side(double a, double a_all, double b, double b_all)
{
  double x = a * b_all, y = b * a_all;
  if (fabs(x - y) <= IOI_TIE * (x + y)) return 0;
  return x > y ? 1 : -1;
}

/* n - t N/T as n (1 - P) - (t - n) P: where one group is nearly everybody, no
 * digits are lost in the difference. 0 at a tie. */
static inline double ioi_excess(double n, double t, double group, double all)
{
  double over = n * ((all - group) / all), under = (t - n) * (group / all);
  return fabs(over - under) <= IOI_TIE * (over + under) ? 0 : over - under;
}

/* (1 + d) ln(1 + d) - d = d^2/2 - d^3/6 + d^4/12 - ..., |d| <= 0.05. */
static inline double ioi_divergence_series(double d)
{
  double sum = 0;
  for (int k = 13; k >= 2; k--) sum = 1.0 / (k * (k - 1)) - d * sum;
  return d * d * sum;
}

/* n ln(n/m) - n + m, m > 0, given n - m: not negative, and exact where n and m
 * nearly agree. */
static inline double ioi_divergence(double n, double m, double excess)
{
  if (!(n > 0)) return m;
  const double d = excess / m;
  if (fabs(d) > 0.05) return n * log(n / m) - excess;
  return m * ioi_divergence_series(d);
}

/* ln(n/m), given n - m; 0 where n is 0, whose logarithm is infinite. */
static inline double ioi_log_ratio(double n, double m, double excess)
{
  if (!(n > 0)) return 0;
  const double d = excess / m;
  return fabs(d) > 0.05 ? log(n / m) : log1p(d);
}

/* ln(N/T), N > 0. */
double ioi_log_share(double group, double all);

/* Entropy of two or more group totals, natural logarithm. */
double ioi_entropy(const double *group, size_t groups, double all);

/* sum P_g (1 - P_g). */
double ioi_interaction(const double *group, size_t groups, double all);

/* S = sum_i (x_i Y_<i - y_i X_<i), totals over the units below i in the order
 * of x/(x + y), which is 1/2 sum_ij |x_i y_j - x_j y_i|: O(n log n). s_x and
 * s_y: its derivatives, n values each, or both NULL. sorted: 2 * n. */
double ioi_gini_sum(const double *x, const double *y, size_t n,
                    ioi_sorted *sorted, double *s_x, double *s_y);

/* The sums of a table that are known already, by ioi_cells; NaN for others. */
double *ioi_segregation_shared(const ioi_prepared *margins);

/* The indices of all groups, by topic; statuses of ioi_segregation(). */
ioi_status ioi_segregation_sum_many(const ioi_prepared *margins,
                                    const ioi_segregation_index *index,
                                    double *value, double *u);
ioi_status ioi_segregation_gini_many(const ioi_prepared *margins, double *value,
                                     double *u);
ioi_status ioi_segregation_symmetric_many(const ioi_prepared *margins,
                                          double *value, double *u);
ioi_status ioi_segregation_composition(const ioi_segregation_index *index,
                                       const double *group, size_t groups,
                                       double all, double *value,
                                       double *slope);
ioi_status ioi_segregation_exposure(const ioi_prepared *margins, size_t a,
                                    size_t b, double *value, double *u);

#endif
