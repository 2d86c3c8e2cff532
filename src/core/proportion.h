/* proportion.h - shares of categories within domains, and their influence. */
#ifndef IOI_CORE_PROPORTION_H
#define IOI_CORE_PROPORTION_H

#include <stddef.h>

#include "core/variance.h"

/* Proportions p_dk = W_dk / W_d, W_d = sum_k W_dk: the weighted share of
 * category k among the records of domain d with an observed outcome, and
 * their influence on cell (d, l): ((l = k) - p_dk) / W_d.
 *
 *   w           [in]   domains x categories: sums of weights, finite, >= 0.
 *   first       [in]   the categories from this one on get an estimate: 0 for
 *                      all, 1 where 0 is "no" and 1 is "yes". An estimate is
 *                      row d * (categories - first) + k - first.
 *   p           [out]  domains x (categories - first); NaN where W_d is 0.
 *   row         [out]  domains * categories: first estimate of a cell.
 *   at          [out]  domains * categories + 1: see ioi_influence.
 *   value       [out]  domains * categories * (categories - first); 0 where
 *                      W_d is 0.
 * Allocates nothing and keeps no state. */
void ioi_proportion(const double *w, size_t domains, size_t categories,
                    size_t first, double *p, int *row, int *at, double *value);

/* Design effect against simple random sampling with replacement of the n
 * records (Kish 1965, deft^2): v (n - 1) / (p (1 - p)); NaN where the variance
 * v is 0 or p (1 - p) is 0. */
double ioi_proportion_deff(double p, double v, double n);

/* Effective sample size p (1 - p) / v (Korn and Graubard 1998); NaN where v is
 * 0: the interval methods then use n itself. */
double ioi_proportion_effective(double p, double v);

#endif
