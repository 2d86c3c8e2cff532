/* rates.h - limits for counts of events and for proportions from plain counts.
 *
 * Notation: O a count of events, x people with a property out of n, p = x/n,
 * q = 1 - p, tail = (1 - level)/2, z the upper normal quantile at tail,
 * C(tail; df) the lower quantile of chi-square, B(tail; a, b) that of the beta
 * distribution. Counts need not be whole (weighted or modelled counts). */
#ifndef IOI_CORE_RATES_H
#define IOI_CORE_RATES_H

#include <stddef.h>

#include "core/distribution.h"
#include "core/status.h"

/* The methods, in the order of the R argument `ci` of ioi_rate(). */
typedef enum {
  IOI_RATE_BYAR = 0,
  IOI_RATE_EXACT,
  IOI_RATE_WILSON,
  IOI_RATE_WILSON_CC,
  IOI_RATE_CLOPPER_PEARSON,
  IOI_RATE_JEFFREYS,
  IOI_RATE_AGRESTI_COULL,
  IOI_RATE_OHID
} ioi_rate_method;

/* 1 for a method of counts (byar, exact, ohid), 0 for one of proportions. */
int ioi_rate_is_count(ioi_rate_method method);

/* Two-sided limits for the mean of a Poisson count.
 *
 *   byar   low O (1 - 1/(9O) - z/(3 sqrt O))^3 and the same with O + 1 and + z
 *          for high (Breslow and Day 1987, eq. 2.10). As the formula gives it:
 *          below 0 for one or two events at high levels.
 *   exact  C(tail; 2O)/2 and C(1 - tail; 2O + 2)/2 (Garwood 1936)
 *   ohid   exact below 10 events, Byar from 10 on (the rule of the Office for
 *          Health Improvement and Disparities)
 * low is 0 where O is 0.
 *
 *   method    [in]   one of the three.
 *   level     [in]   between 0 and 1.
 *   count     [in]   n counts O, finite and >= 0; NaN gives NaN limits.
 *   n         [in]   how many; 0 is fine.
 *   low, high [out]  n limits each, counts. May not overlap `count`.
 *
 * IOI_EDOMAIN: level outside (0, 1), not a method of counts, a count negative
 * or infinite; limits written so far stay. Allocates nothing, keeps no state. */
ioi_status ioi_count_limits(const ioi_distribution *distribution,
                            ioi_rate_method method, double level,
                            const double *count, size_t n, double *low,
                            double *high);

/* Two-sided limits for a proportion from counts.
 *
 *   wilson           score limits (Wilson 1927)
 *   wilson_cc        with continuity correction (Newcombe 1998)
 *   clopper_pearson  B(tail; x, n-x+1), B(1-tail; x+1, n-x); 0 and 1 at the ends
 *   jeffreys         B(tail; x+1/2, n-x+1/2) and 1-tail, as it is at the ends
 *   agresti_coull    Wald on n + z^2 and x + z^2/2, not clipped
 *
 *   x         [in]   m numerators, 0 <= x <= its n; NaN gives NaN limits.
 *   people    [in]   m denominators n, finite; 0 or NaN gives NaN limits.
 *   m         [in]   how many.
 *   low, high [out]  m limits each, fractions.
 *
 * IOI_EDOMAIN: as above, or x > n. Allocates nothing, keeps no state. */
ioi_status ioi_people_limits(const ioi_distribution *distribution,
                             ioi_rate_method method, double level,
                             const double *x, const double *people, size_t m,
                             double *low, double *high);

/* Exact Poisson test that count O has mean E: twice the smaller of P(X <= O)
 * and P(X >= O), at most 1; with mid_p half of P(X = O) is taken off each tail.
 * NaN unless O >= 0 and E > 0, both finite. */
double ioi_count_test(const ioi_distribution *distribution, double count,
                      double expected, int mid_p);

#endif
