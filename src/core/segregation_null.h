/* segregation_null.h - segregation indices under chance, without simulation.
 *
 * Under chance persons are put into units without regard to their group:
 *   fixed     unit and group totals stay as they are: members of a group in a
 *             unit are hypergeometric (Cortese, Falk & Cohen 1976, Am. Sociol.
 *             Rev. 41:630-637);
 *   binomial  unit totals stay; each person is of group g with probability P_g,
 *             the share observed (Winship 1977, Soc. Forces 55:1058-1066).
 * An index that is a constant plus a sum over cells, a + sum_ig h_g(n_ig, t_i),
 * then has an exact mean, the sum of E h_g, and an exact variance. Only distinct
 * unit sizes matter. Under `binomial` P_g stands in the index as a constant. */
#ifndef IOI_CORE_SEGREGATION_NULL_H
#define IOI_CORE_SEGREGATION_NULL_H

#include <stddef.h>

#include "core/segregation_margins.h"
#include "core/status.h"

typedef enum { IOI_NULL_FIXED, IOI_NULL_BINOMIAL } ioi_null_model;

/* The indices that are sums over cells. With two groups x (first) and y all
 * have a value, and the forms for many groups are those for x and y; GORARD to
 * EXPOSURE need two. T persons, n units. */
typedef enum {
  IOI_NULL_DISSIMILARITY,
  IOI_NULL_MUTUAL_INFORMATION, /* natural logarithm */
  IOI_NULL_THEIL,              /* mutual information over E, which is fixed */
  IOI_NULL_RELATIVE_DIVERSITY, /* mean (n - 1)/(T - 1), as the next two */
  IOI_NULL_NORMALISED_EXPOSURE,
  IOI_NULL_SQUARED_CV,
  IOI_NULL_KARMEL_MACLACHLAN, /* sum_ig |n_ig/T - t_i N_g/T^2| */
  IOI_NULL_CORRELATION_RATIO, /* two groups from here on */
  IOI_NULL_GORARD,
  IOI_NULL_HUTCHENS,
  IOI_NULL_CONCENTRATION_PROFILE,
  IOI_NULL_ISOLATION,
  IOI_NULL_ISOLATION_EXACT, /* units of two persons or more */
  IOI_NULL_CUTLER_GLAESER_VIGDOR,
  IOI_NULL_EXPOSURE, /* of x to y, 1 - isolation */
  IOI_NULL_INDICES
} ioi_null_index;

/* Doubles of work space for ioi_segregation_null(). */
size_t ioi_segregation_null_work(const ioi_margins *margins,
                                 ioi_null_model model, int variance);

/* Mean and variance of an index under chance.
 *
 *   mean      [out]  exact.
 *   variance  [out]  or NULL. Under `fixed`, h_g(n_ig) is a sum of orthonormal
 *                    polynomials of degree d in n_ig, and the correlation of
 *                    those of cells (i, g) and (j, k) is r_d(i, j) r_d(g, k),
 *                    where r_d is 1 for the same unit (group) and else
 *                    (-1)^d sqrt of (t_i)_d (t_j)_d / ((T-t_i)_d (T-t_j)_d),
 *                    (t)_d = t (t-1) ... (t-d+1), groups alike. Degrees are
 *                    summed until what is left is below 1e-15 of the sum of
 *                    variances of units, 512 at most: more would be needed only
 *                    where two units hold nearly everybody. Groups within a
 *                    unit are summed over their joint law.
 *   work      [out]  ioi_segregation_null_work() doubles.
 * The cost grows with distinct sizes times the square root of size, and for
 * the variance of many groups with size.
 * IOI_EDOMAIN: more than two groups for an index of two. */
ioi_status ioi_segregation_null(const ioi_margins *margins,
                                ioi_null_index index, ioi_null_model model,
                                double *mean, double *variance, double *work);

#endif
