/* variance.h - one engine for the variance of every measure.
 *
 * A measure is a smooth function of cell totals. What it gives is its
 * influence: the derivative of each estimate with respect to the total of each
 * cell. The score of a PSU is the sum over its cells of total x influence, and
 * the design variance of the estimates is that of the total of the scores
 * (Binder 1983, Int. Stat. Rev. 51:279-292; Woodruff 1971, JASA 66:411-414):
 *
 *   V = sum_h (1 - f_h) n_h/(n_h - 1) sum_j (U_hj - U_h.)(U_hj - U_h.)'
 *
 * with n_h sampled PSUs in stratum h, all of the sample, those with no record
 * in the domain too. A fully sampled stratum (1 - f < 1e-7) adds nothing. */
#ifndef IOI_CORE_VARIANCE_H
#define IOI_CORE_VARIANCE_H

#include <stddef.h>

#include "core/design.h"
#include "core/status.h"

/* Cell totals by PSU; by stratum where records are their own PSUs. A record
 * adds w z to its cell, where z holds one or more variables: 1 for a count, 1
 * and y for a mean. Variable 0 is 1, so that its total says who is there.
 *
 *   units      PSUs of the design, or its strata.
 *   cells      cells that the measure sees (say domain x category).
 *   variables  variables in z, at least 1.
 *   first      units + 1: unit j has entries first[j] .. first[j + 1] - 1;
 *              NULL: every unit has an entry for every cell, in order.
 *   cell       cell of each entry, whose first total is not 0; NULL with first. A
 *              cell of a unit may have several entries.
 *   w          for each variable the sum of w z of each entry.
 *   ww         for each pair a <= b of variables, in the order (0, 0), (0, 1),
 *              .., (1, 1), .., the sum of w^2 z_a z_b of each entry: only where
 *              records are their own PSUs. */
typedef struct {
  size_t units;
  size_t cells;
  size_t variables;
  const int *first;
  const int *cell;
  const double *const *w;
  const double *const *ww;
} ioi_totals;

/* w[c] = sum over the units of variable `which` in cell c; totals->cells
 * doubles. */
void ioi_totals_collapse(const ioi_totals *totals, size_t which, double *w);

/* The influence of cells on estimates. Cell c bears on the estimates row[c],
 * row[c] + 1, .., as many as at[c + 1] - at[c]; on the k-th of them its
 * variable a with value[(at[c] + k) * variables + a]. */
typedef struct {
  size_t rows;
  const int *row;
  const int *at;
  const double *value;
} ioi_influence;

/* Which domain each estimate and each cell belongs to, and where the domains
 * have records: bit j of byte j / 8, one run of bytes a domain.
 *
 *   domain_of_row   rows of the influence.
 *   domain_of_cell  cells of the totals.
 *   psu             domains x ioi_presence_bytes(PSUs); NULL where records are
 *                   their own PSUs.
 *   stratum         domains x ioi_presence_bytes(strata).
 *   seen            work space, domains bytes; NULL: the same takes longer. */
typedef struct {
  size_t domains;
  const int *domain_of_row;
  const int *domain_of_cell;
  unsigned char *psu;
  unsigned char *stratum;
  unsigned char *seen;
} ioi_presence;

/* Bytes that hold one bit for each of n things. */
size_t ioi_presence_bytes(size_t n);

/* Fills presence->psu and presence->stratum (both zeroed by the caller) from
 * the entries whose first total is not 0. */
void ioi_presence_fill(const ioi_design *design, const ioi_totals *totals,
                       ioi_presence *presence);

/* Number of bits set in `bytes` bytes. */
size_t ioi_presence_count(const unsigned char *bits, size_t bytes);

/* Doubles of work space that ioi_variance() needs for `rows` estimates from
 * totals of this many cells and variables. */
size_t ioi_variance_work(size_t rows, size_t cells, size_t variables);

/* The covariance of the estimates, or their variances alone.
 *
 *   presence    [in]   filled; used by the rules for lonely PSUs.
 *   covariance  [in]   not 0: v is rows x rows, symmetric; 0: rows variances.
 *   v           [in,out]  the result is added to what is there, so that stages
 *                      add up. NaN for an estimate whose strata all are
 *                      left out under "average".
 *   work        [out]  ioi_variance_work() doubles.
 *
 * "adjust": the lone PSU is centred at sum U / sum n_h over the strata in
 * which the domain has records. "average": the stratum is left out and the
 * sum multiplied by strata with records / those that contribute; a covariance
 * by the square root of the product of the two factors.
 * Time: O(entries + PSUs x rows^2), rows^2 -> rows without the covariance. */
void ioi_variance(const ioi_design *design, const ioi_totals *totals,
                  const ioi_influence *influence, const ioi_presence *presence,
                  int covariance, double *v, double *work);

/* What a calibration takes off the scores (see calibrate.h): the score of unit j
 * loses sum_l t_jl beta_l, t_jl being the sum of w x_l over its records.
 *
 *   columns  auxiliary variables x.
 *   beta     columns x rows of the influence, estimate fastest.
 *   first    units + 1: unit j has the entries first[j] .. first[j + 1] - 1.
 *   column   x of each entry.
 *   total    t of each entry. */
typedef struct {
  size_t columns;
  const double *beta;
  const int *first;
  const int *column;
  const double *total;
} ioi_residual;

/* As ioi_variance() for a calibrated design. Records outside a domain have
 * scores too, so the rules for lonely PSUs count every stratum and PSU. Where
 * records are their own PSUs, v lacks the second moments of what is taken off:
 * ioi_residual_moments() adds them. residual NULL: not calibrated. */
void ioi_variance_calibrated(const ioi_design *design, const ioi_totals *totals,
                             const ioi_influence *influence,
                             const ioi_presence *presence,
                             const ioi_residual *residual, int covariance,
                             double *v, double *work);

/* What multiplies the squared scores in each stratum of a calibrated design
 * whose records are their own PSUs: multiplier (1 - f) n/(n - 1), times the factor
 * of "average"; 0 for a stratum that is sampled fully or has a lone record, which
 * add nothing or are added apart.
 *   factor  [out]  strata doubles. */
void ioi_variance_factors(const ioi_design *design, double *factor);

/* Sets to 0 the variances below 1e-20 estimate^2, which are rounding, with
 * their covariances. */
void ioi_variance_clean(const double *estimate, size_t rows, int covariance,
                        double *v);

#endif
