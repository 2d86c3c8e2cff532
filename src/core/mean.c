/* mean.c - means, totals and ratios within domains. */
#include "core/mean.h"

#include <float.h>
#include <math.h>

/* No estimate, no influence. */
static void undefined(double *estimate, double *value, size_t variables)
{
  *estimate = NAN;
  for (size_t a = 0; a < variables; a++) value[a] = 0;
}

void ioi_mean(const double *totals, size_t domains, double c, double *estimate,
              double *value)
{
  for (size_t d = 0; d < domains; d++) {
    const double n = totals[d], off = totals[domains + d] / n;
    if (!(n > 0)) {
      undefined(estimate + d, value + 2 * d, 2);
      continue;
    }
    estimate[d] = c + off;
    value[2 * d] = -off / n;
    value[2 * d + 1] = 1 / n;
  }
}

void ioi_total(const double *totals, size_t domains, size_t variables, double c,
               double *estimate, double *value)
{
  for (size_t d = 0; d < domains; d++) {
    double *at = value + d * variables;
    if (!(totals[d] > 0)) {
      undefined(estimate + d, at, variables);
      continue;
    }
    estimate[d] =
      variables == 1 ? totals[d] : totals[domains + d] + c * totals[d];
    at[0] = variables == 1 ? 1 : c;
    if (variables > 1) at[1] = 1;
  }
}

void ioi_ratio(const double *totals, size_t domains, double b, double c,
               double *estimate, double *value)
{
  for (size_t d = 0; d < domains; d++) {
    const double n = totals[d];
    const double y = totals[domains + d] + b * n;
    const double x = totals[2 * domains + d] + c * n;
    if (!(n > 0) || x == 0) {
      undefined(estimate + d, value + 3 * d, 3);
      continue;
    }
    const double r = y / x;
    estimate[d] = r;
    value[3 * d] = (b - r * c) / x;
    value[3 * d + 1] = 1 / x;
    value[3 * d + 2] = -r / x;
  }
}

/* Sum of w e^2 in a domain, e less its mean; 0 where it is but rounding. The
 * derivative for T0 adds the same to every e, so it is left out rather than taken
 * off again. */
static double spread(const double *moments, const double *value, size_t domains,
                     size_t variables, size_t d, double n)
{
  double square = 0, size = 0;
  size_t pair = variables; /* behind (0, 0), (0, 1), .. */
  for (size_t a = 1; a < variables; a++)
    for (size_t b = a; b < variables; b++, pair++) {
      const double factor = (a == b ? 1 : 2) * value[a] * value[b];
      const double raw = moments[pair * domains + d];
      const double taken =
        moments[a * domains + d] / moments[d] * moments[b * domains + d];
      square += factor * (raw - taken);
      size += fabs(factor) * (fabs(raw) + fabs(taken));
    }
  return square > 8 * DBL_EPSILON * sqrt(n) * size ? square : 0;
}

void ioi_mean_deff(const double *moments, const double *value, size_t domains,
                   size_t variables, const double *v, const double *n,
                   double *deff)
{
  for (size_t d = 0; d < domains; d++) {
    double all =
      moments[d]
      * spread(moments, value + d * variables, domains, variables, d, n[d]);
    deff[d] = v[d] >= 0 && all > 0 ? v[d] * (n[d] - 1) / all : (double) NAN;
  }
}
