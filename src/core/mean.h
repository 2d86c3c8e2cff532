/* mean.h - means, totals and ratios of measurements within domains, and their
 * influence.
 *
 * A record adds w z to its domain with z = (1, x - c) or (1, y - b, x - c): the
 * centres b and c are numbers near the data taken off so that sums of large
 * numbers with a small spread keep their digits. Every function takes the
 * totals T of z in each domain, domains doubles a variable, one variable after
 * the other, and gives
 *
 *   estimate  [out]  domains; NaN where it has no value.
 *   value     [out]  domains * variables: the derivative of the estimate of a
 *                    domain with respect to its totals, 0 where there is none.
 * (Binder 1983, Int. Stat. Rev. 51:279-292, with constants; the scores of
 * survey-weighted means and ratios are in every textbook, e.g. Sarndal,
 * Swensson & Wretman 1992, chapter 5.) Allocates nothing, keeps no state. */
#ifndef IOI_CORE_MEAN_H
#define IOI_CORE_MEAN_H

#include <stddef.h>

/* Mean of x: c + T1/T0; NaN where T0 is not above 0. */
void ioi_mean(const double *totals, size_t domains, double c, double *estimate,
              double *value);

/* Total of x, T1 + c T0; of people, T0, where `variables` is 1. NaN where T0 is
 * not above 0: a domain without people has no total. */
void ioi_total(const double *totals, size_t domains, size_t variables, double c,
               double *estimate, double *value);

/* Ratio of the total of y to that of x, (T1 + b T0)/(T2 + c T0); NaN where the
 * denominator is 0 or T0 is not above 0. */
void ioi_ratio(const double *totals, size_t domains, double b, double c,
               double *estimate, double *value);

/* Design effect against simple random sampling with replacement: the variance
 * v over that of n records drawn at random from a population with the spread
 * of these, v (n - 1)/(T0 sum w e^2), where e is the derivative above applied to
 * z, less its mean (Kish 1965, deft^2). 0 where v is 0, NaN
 * where these do not differ.
 *
 *   moments  [in]  for each pair a <= b of variables, (0, 0), (0, 1), ..,
 *                  (1, 1), .., the sum of w z_a z_b; domains doubles each.
 *   value    [in]  as above.
 *   v, n     [in]  variance and records of each domain.
 *   deff     [out] domains. */
void ioi_mean_deff(const double *moments, const double *value, size_t domains,
                   size_t variables, const double *v, const double *n,
                   double *deff);

#endif
