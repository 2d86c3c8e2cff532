/* parity_score.h - score limits of gaps between two proportions, and limits of
 * gaps between two rates. The parts of parity_counts.h that need iteration. */
#ifndef IOI_CORE_PARITY_SCORE_H
#define IOI_CORE_PARITY_SCORE_H

#include "core/parity_counts.h"

/* All d with |D - d| <= z sqrt(p1~ q1~/n1 + p2~ q2~/n2), p1~ - p2~ = d, where
 * p1~ and p2~ are the most likely at that d. -1 and 1 where none is rejected.
 *   counts [in]  0 <= x <= n, n > 0, finite
 *   z      [in]  > 0, may be infinite */
void ioi_parity_score_difference(const ioi_parity_table *counts, double z,
                                 double *low, double *high);

/* All phi with |p1 - phi p2| <= z sqrt(p1~ q1~/n1 + phi^2 p2~ q2~/n2), p1~ =
 * phi p2~. Lower 0 where x1 = 0, upper infinite where x2 = 0. */
void ioi_parity_score_ratio(const ioi_parity_table *counts, double z,
                            double *low, double *high);

/* All psi with n1 |p1 - p1~| sqrt(1/(n1 p1~ q1~) + 1/(n2 p2~ q2~)) <= z, psi
 * the odds ratio of p1~ to p2~. Lower 0 where x1 = 0 or x2 = n2, upper
 * infinite where x2 = 0 or x1 = n1. */
void ioi_parity_score_odds(const ioi_parity_table *counts, double z,
                           double *low, double *high);

/* Limits and test of a gap between two rates (parity_rates.c). */
void ioi_parity_rate_limits(const ioi_parity_rule *rule,
                            const ioi_parity_table *counts,
                            ioi_parity_gap *gap);

/* Chance that chi-square with one degree of freedom is above x: that a normal
 * deviate is farther from 0 than sqrt(x). */
double ioi_parity_chisq_tail(double x);

#endif
