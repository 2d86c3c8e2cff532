/* segregation_compare.h - counterfactuals for the comparison of two places:
 * what one place would be with the mix of the other's units (Rey, Cortes &
 * Knaap 2021, Spat. Demogr. 9:31-56). */
#ifndef IOI_CORE_SEGREGATION_COMPARE_H
#define IOI_CORE_SEGREGATION_COMPARE_H

#include <stddef.h>

#include "core/status.h"

/* Puts the values of one place in place of those of another, rank for rank:
 * a value of middle rank r (ties share the mean of theirs) among n stands at
 * (r - 1/2) / n, and gets the quantile of `other` there, linear between its
 * middle ranks and constant beyond them. A place put on itself is unchanged but
 * for ties, whose order means nothing.
 *
 *   own, n       [in]   values of the place.
 *   other, m     [in]   values of the other place.
 *   mapped       [out]  n values.
 *   work, order  [out]  m doubles, n sizes.
 * IOI_EEMPTY: n or m is 0. IOI_EDOMAIN: a value is NaN. */
ioi_status ioi_rank_exchange(const double *own, size_t n, const double *other,
                             size_t m, double *mapped, double *work,
                             size_t *order);

#endif
