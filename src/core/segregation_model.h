/* segregation_model.h - segregation of a law of unit shares: the index is that of
 * the shares p behind the counts, without the noise of small units. */
#ifndef IOI_CORE_SEGREGATION_MODEL_H
#define IOI_CORE_SEGREGATION_MODEL_H

#include <stddef.h>

#include "core/status.h"

/* Indices of a law of p with mean m: D = E|p - m|/(2m(1 - m)), Gini = E|p - p'|/
 * (2m(1 - m)), H = 1 - E[e(p)]/e(m) with e(p) = -p ln p - (1 - p) ln(1 - p), the
 * Atkinson index 1 - (E[p^b (1 - p)^(1 - b)])^(1/(1 - b)) m^(-b/(1 - b))/(1 - m),
 * the correlation ratio Var(p)/(m(1 - m)), Hutchens' 1 - E sqrt(p (1 - p))/
 * sqrt(m (1 - m)) and isolation E[p^2]/m. */
typedef struct {
  double dissimilarity, gini, theil, atkinson, correlation_ratio, hutchens,
    isolation;
} ioi_law_indices;
enum { IOI_LAW_INDICES = 7 };

/* p is beta(alpha, beta): closed forms (Rathelot 2012, J. Bus. Econ. Stat.
 * 30:546-553; the mean difference of the beta law for Gini). 0 < shape < 1.
 * IOI_EDOMAIN: alpha or beta is not positive and finite, or shape is not. */
ioi_status ioi_beta_indices(double alpha, double beta, double shape,
                            ioi_law_indices *out);

/* logit p is normal with this mean and variance: integrals by composite Gauss-
 * Legendre rules over ten standard deviations, cut at logit m. A variance of 0
 * gives 0 for all but isolation. IOI_EDOMAIN as above. */
ioi_status ioi_logit_normal_indices(double mean, double variance, double shape,
                                    ioi_law_indices *out);

/* Maximum likelihood of alpha and beta where x_i of k_i is beta-binomial:
 * Newton's method on their logarithms, damped where the likelihood is not
 * concave, from moments.
 *
 *   x, k       [in]   members of the group and of the unit, n values each, whole
 *                     numbers, x <= k. Units with k = 0 add nothing.
 *   parameter  [out]  alpha, beta.
 *   v          [out]  covariance of alpha and beta, 2 x 2: the inverse of the
 *                     observed information.
 *   units      [out]  units with k > 0.
 * IOI_EDOMAIN:   a value is out of range. IOI_EEMPTY: no x, or x everywhere.
 * IOI_EFEW:      fewer than two units with k > 1: nothing varies within.
 * IOI_ESINGLE:   every unit has one group alone: the likelihood grows as alpha and
 *                beta go to 0, full segregation; parameter is 0, 0.
 * IOI_ENULL:     it grows as they go to infinity: no more segregation than chance
 *                gives; parameter is infinity.
 * IOI_ECONVERGE: no maximum in 200 steps; parameter is the last. */
ioi_status ioi_beta_binomial(const double *x, const double *k, size_t n,
                             double *parameter, double *v, size_t *units);

#endif
