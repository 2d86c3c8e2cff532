/* association.h - tests of no association between two answers of a survey.
 *
 * A table of r rows and c columns holds, column fastest, the share p_ij or the
 * weighted number O_ij of people; V is the covariance of the cells under the
 * design, r c x r c, symmetric. k = (r - 1)(c - 1) throughout. */
#ifndef IOI_CORE_ASSOCIATION_H
#define IOI_CORE_ASSOCIATION_H

#include <stddef.h>

#include "core/status.h"

/* Doubles of work space that the tests of an r x c table need. */
size_t ioi_association_work(size_t rows, size_t columns);

/* Pearson's X^2 of a table of shares from n people,
 * n sum_ij (p_ij - p_i. p_.j)^2 / (p_i. p_.j), and what the design makes of
 * it (Rao & Scott 1984, Ann. Stat. 12:46-60):
 *
 *   Delta = (C' D^-1 C / n)^-1 (C' D^-1 V D^-1 C),   D = diag(p)
 *
 * with C the contrasts of a saturated log-linear model that are orthogonal to
 * its main effects. Its k eigenvalues are the generalised design effects. A
 * cell without people counts as 0 in D^-1.
 *
 *   p         [in]   r x c shares that add to 1; no row or column is empty.
 *   v         [in]   their covariance.
 *   n         [in]   people asked, above 0.
 *   chisq     [out]  X^2.
 *   trace     [out]  tr Delta, the sum of the design effects.
 *   trace_sq  [out]  tr Delta^2, the sum of their squares.
 *   work      [out]  ioi_association_work(rows, columns) doubles.
 *
 * So X^2 / trace is the second-order F on d and d nu degrees of freedom,
 * d = trace^2 / trace_sq, and X^2 k / trace the first-order chi-square on k.
 * IOI_EEMPTY: a row or column has no people, or there is but one.
 * IOI_EDOMAIN: so many cells are empty that Delta has no value, or a value is
 * not finite. Outputs are then untouched. Allocates nothing, keeps no state. */
ioi_status ioi_association_rao_scott(const double *p, const double *v,
                                     size_t rows, size_t columns, double n,
                                     double *chisq, double *trace,
                                     double *trace_sq, double *work);

/* Wald's statistic Y' V_Y^-1 Y of Y_ij = O_ij - O_i. O_.j / O_.., the observed
 * less the expected numbers of k cells, V_Y by the delta method (Koch, Freeman &
 * Freeman 1975, Int. Stat. Rev. 43:59-78). Which row and column are left out
 * does not matter.
 *
 *   total  [in]   r x c numbers of people; no row or column is empty.
 *   v      [in]   their covariance.
 *   wald   [out]  the statistic.
 *
 * IOI_EEMPTY as above. IOI_EDOMAIN: V_Y is singular, as where the design has
 * fewer than k degrees of freedom, or a value is not finite. */
ioi_status ioi_association_wald(const double *total, const double *v,
                                size_t rows, size_t columns, double *wald,
                                double *work);

#endif
