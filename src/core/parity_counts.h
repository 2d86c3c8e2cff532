/* parity_counts.h - gaps between two proportions, or two rates, from counts.
 *
 * Proportions: x events among n people, p = x/n, group 1 against reference 2,
 * N = n1 + n2, X = x1 + x2, z the normal quantile at 1 - (1 - level)/2. Score
 * methods give all values of the measure that the score test at that value,
 * with the other parameter at its most likely value, does not reject.
 * Rates: x events in t person-time, r = x/t. Counts need not be whole. */
#ifndef IOI_CORE_PARITY_COUNTS_H
#define IOI_CORE_PARITY_COUNTS_H

#include "core/parity.h"

/* In the order of R's list. For the difference D, the ratio R, the odds ratio O:
 *   newcombe      D, MOVER of Wilson's limits (Newcombe 1998, method 10)
 *   newcombe_cc   D, of those with continuity correction (method 11)
 *   miettinen_nurminen  D, R, O: score with N/(N - 1) (Miettinen, Nurminen 1985)
 *   mee, koopman, cornfield  D, R, O: score without it (Mee 1984, Koopman 1984,
 *                 Cornfield 1956)
 *   agresti_caffo D, Wald with one event and one other more in each group,
 *                 clipped (Agresti and Caffo 2000)
 *   katz          R, log, variance 1/x1 - 1/n1 + 1/x2 - 1/n2 (Katz et al. 1978)
 *   walter        R, the same with 1/2 added to every x and n (Walter 1975)
 *   mover         R, from Wilson's limits (Donner and Zou 2012); D as newcombe
 *   woolf         O, log, variance the sum of 1/cell (Woolf 1955)
 *   haldane       O, the same with 1/2 added to every cell (Haldane 1956)
 *   wald          D -+ z sqrt(p1 q1/n1 + p2 q2/n2), not clipped
 * and for rates
 *   exact         R, Clopper-Pearson limits of x1 out of X
 *   midp          R, the same with half the probability of x1
 *   log           R, log, variance 1/x1 + 1/x2
 *   score         D, R */
typedef enum {
  IOI_PARITY_NEWCOMBE = 0,
  IOI_PARITY_NEWCOMBE_CORRECTED,
  IOI_PARITY_MIETTINEN_NURMINEN,
  IOI_PARITY_MEE,
  IOI_PARITY_KOOPMAN,
  IOI_PARITY_AGRESTI_CAFFO,
  IOI_PARITY_KATZ,
  IOI_PARITY_WALTER,
  IOI_PARITY_RATIO_MOVER,
  IOI_PARITY_WOOLF,
  IOI_PARITY_HALDANE,
  IOI_PARITY_CORNFIELD,
  IOI_PARITY_WALD,
  IOI_PARITY_RATE_EXACT,
  IOI_PARITY_RATE_MIDP,
  IOI_PARITY_RATE_LOG,
  IOI_PARITY_RATE_SCORE
} ioi_parity_count_method;

/* The counts of a group and of its reference; t stands in n for rates. */
typedef struct {
  double x1, n1, x2, n2;
} ioi_parity_table;

/* What is asked of every row. */
typedef struct {
  const ioi_distribution *distribution;
  ioi_parity_measure base; /* difference, ratio or odds ratio */
  ioi_parity_count_method method;
  double level, z; /* z: the normal quantile of the level */
} ioi_parity_rule;

/* z is NaN where the level is outside (0, 1). */
ioi_parity_rule ioi_parity_rule_at(const ioi_distribution *distribution,
                                   ioi_parity_measure base,
                                   ioi_parity_count_method method,
                                   double level);

/* Limits of the base, and the test, from counts. The estimate and standard
 * error of gap are left alone.
 *   proportions: the test is chi-square with N - 1 (Campbell 2007, Stat. Med.
 *     26:3661) on one degree of freedom, which is the score test of no gap:
 *     (N - 1)(x1 y2 - x2 y1)^2/(n1 n2 X Y), y = n - x; NaN where X or Y is 0
 *   rates: for log and score the score test of equal rates,
 *     (r1 - r2)^2/(X/(t1 t2)); for exact and midp the p value is that of x1 out
 *     of X at t1/(t1 + t2), twice the smaller tail, and the statistic x1
 * gap->note: IOI_PARITY_NO_LOG where a log method has no limits.
 * IOI_EDOMAIN: a count is negative, infinite or, for proportions, more than its
 * n; level outside (0, 1); a method that the base does not have; nothing is
 * written. An n of 0 or a NaN gives NaN limits, noted IOI_PARITY_MISSING. */
ioi_status ioi_parity_counts(const ioi_parity_rule *rule,
                             const ioi_parity_table *counts,
                             ioi_parity_gap *gap);

/* Whether the method serves the base, and for rates or for proportions. */
int ioi_parity_count_offers(ioi_parity_measure base,
                            ioi_parity_count_method method);
int ioi_parity_is_rate(ioi_parity_count_method method);

/* Limits of a gap to the rest as limits of the gap to the whole, of which the
 * group is the share `share` by people: p1 - p = (1 - share)(p1 - p2), and
 * p1/p = R/(share R + 1 - share). In place; nothing for an odds ratio, which
 * has no such form. */
void ioi_parity_whole(ioi_parity_measure base, double share, double *low,
                      double *high);

/* A measure from counts: estimate and standard error from the pair (the two
 * proportions or rates, their variances and covariance), limits and test from
 * the counts, carried over to the measure. With a share above 0 the reference
 * is the whole: the pair compares with it, the counts with the rest. Status as
 * above; a value of the pair that is missing is one of the gap. */
ioi_status ioi_parity_count_gap(const ioi_parity_rule *rule,
                                ioi_parity_measure measure,
                                const ioi_parity_pair *pair,
                                const ioi_parity_table *counts, double share,
                                ioi_parity_scale scale, ioi_parity_gap *gap);

#endif
