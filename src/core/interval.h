/* interval.h - limits for one estimate: a proportion from a survey, any
 * estimate on the t scale, a proportion from plain counts.
 *
 * Notation: p the estimated proportion, v = se^2 its design variance, df its
 * degrees of freedom, n the records it rests on (unweighted), tail =
 * (1 - level)/2, t(df) and z the upper quantiles at tail, B(tail; a, b) that of
 * the beta distribution.
 *     n0  = p(1 - p)/v                    effective sample size
 *     adj = (t(n - 1)/t(df))^2            1 if df is infinite
 *     nk  = min(n, n0 adj)                n if p is 0 or 1, or v is 0
 */
#ifndef IOI_CORE_INTERVAL_H
#define IOI_CORE_INTERVAL_H

#include "core/distribution.h"
#include "core/status.h"

/* The methods, in the order of the R argument `ci`. */
typedef enum {
  IOI_INTERVAL_LOGIT = 0,
  IOI_INTERVAL_XLOGIT,
  IOI_INTERVAL_WALD,
  IOI_INTERVAL_ARCSINE,
  IOI_INTERVAL_LIKELIHOOD,
  IOI_INTERVAL_BETA,
  IOI_INTERVAL_NCHS,
  IOI_INTERVAL_WILSON,
  IOI_INTERVAL_WILSON_ADJUSTED,
  IOI_INTERVAL_AGRESTI_COULL,
  IOI_INTERVAL_JEFFREYS,
  IOI_INTERVAL_UNIFORM
} ioi_interval_method;

/* What became of one pair of limits. */
typedef enum {
  IOI_LIMITS_AS_ASKED = 0,
  IOI_LIMITS_NCHS,   /* the method has none here: those of NCHS instead */
  IOI_LIMITS_NO_DF,  /* none: df is 0 or less */
  IOI_LIMITS_MISSING /* none: a value they need is missing or out of range */
} ioi_limits_note;

/* Two-sided limits of a proportion from a complex survey.
 *
 *   logit, xlogit   expit(logit p -+ t s/(p(1 - p)))
 *   wald            p -+ t s, not clipped
 *   arcsine         sin^2 of asin(sqrt p) -+ t s/(2 sqrt(p(1 - p))), the angle
 *                   held within 0 and pi/2
 *   likelihood      both roots q of the scaled binomial likelihood ratio (Rao
 *                   and Scott 1984): 2 n0 [p log(p/q)
 *                   + (1 - p) log((1 - p)/(1 - q))] = t^2, solved exactly
 *   beta            Korn and Graubard (1998), m = n0 adj without a cap:
 *                   B(tail; mp, m(1-p) + 1) and B(1-tail; mp + 1, m(1-p))
 *   nchs            the same with m = nk (Parker et al. 2017)
 *   wilson          Wilson (1927) with m = n0 and t
 *   wilson_adjusted Wilson with m = nk and z, so that df counts once
 *   agresti_coull   m = nk + z^2, (nk p + z^2/2)/m, then Wald, clipped
 *   jeffreys        B with nk p + 1/2 and nk(1 - p) + 1/2
 *   uniform         B with nk p + 1 and nk(1 - p) + 1
 *                   (Franco, Little, Louis and Slud 2019 for the last four)
 *
 *   p  [in]     proportion, 0 to 1 (any finite number for wald)
 *   se [in]     standard error, finite and >= 0; one below 1e-10 p is taken
 *               as 0, for nothing but rounding is left of it
 *   n  [in]     records, > 0; read where the method or p of 0 or 1 needs it
 *   df [in]     degrees of freedom, > 0, may be infinite (z for t)
 *   level [in]  between 0 and 1
 *   low, high [out]  limits as fractions, NaN where note says there are none
 *   note [out]  what became of them
 *
 * At p of 0 or 1 wilson takes m = n; logit, xlogit, wald, arcsine, likelihood
 * and beta have no limits, or only a point, and give those of nchs with
 * IOI_LIMITS_NCHS (so does beta where n <= 1 leaves adj undefined). With se of
 * 0 and 0 < p < 1 the first six and wilson are the point p, the methods on nk
 * take n. A row that has no limits is noted, it is not an error.
 *
 * IOI_EDOMAIN: level is outside (0, 1) or the method is not one of the above;
 * nothing is written. Allocates nothing and keeps no state. */
ioi_status ioi_interval_proportion(const ioi_distribution *distribution,
                                   ioi_interval_method method, double p,
                                   double se, double n, double df, double level,
                                   double *low, double *high,
                                   ioi_limits_note *note);

/* estimate -+ t(df) se: means, totals, ratios, gaps. Arguments, notes and
 * status as above; se = 0 gives the estimate twice. */
ioi_status ioi_interval_t(const ioi_distribution *distribution, double estimate,
                          double se, double df, double level, double *low,
                          double *high, ioi_limits_note *note);

/* The upper t quantile at (1 - level)/2; z for infinite df. NaN unless
 * df > 0 and 0 < level < 1. */
double ioi_interval_t_quantile(const ioi_distribution *distribution, double df,
                               double level);

/* Wilson's (1927) score limits of proportion p out of m (>= 0, need not be
 * whole) with quantile z (> 0, may be infinite: limits 0 and 1).
 * Exactly 0 below at p = 0 and exactly 1 above at p = 1.
 *   low, high [out]  NaN unless 0 <= p <= 1, m >= 0 and z > 0. */
void ioi_interval_wilson(double p, double m, double z, double *low,
                         double *high);

/* The same with continuity correction (Newcombe 1998, Stat. Med. 17:857,
 * method 4), for p = x/m from counts; NaN for m of 0. */
void ioi_interval_wilson_corrected(double p, double m, double z, double *low,
                                   double *high);

#endif
