/* calibrate.h - weights that reproduce known population totals, and what they
 * do to a variance.
 *
 * Calibration finds, near the weights d, weights w = d g with sum w x = t for
 * auxiliary variables x with known population totals t. Each distance gives
 * g = F(x' lambda) (Deville & Sarndal 1992, JASA 87:376-382; Deville, Sarndal &
 * Sautory 1993, JASA 88:1013-1020):
 *
 *   linear   F(u) = 1 + u, cut to [lower, upper]
 *   raking   F(u) = start exp(u), cut to [lower, upper]
 *   logit    F(u) = lower + (upper - lower) s(u), s logistic with F(0) = 1 and
 *            F'(0) = 1; lower < 1 < upper
 *
 * Raking to the margins of a table is `raking` with indicators of their levels;
 * post-stratification is any of them with indicators of the cells.
 *
 * The variance of a calibrated estimate is that of the residuals of its scores
 * s (per unit of weight) on x: e = s - x' beta, beta = (sum d x x')^- sum d x s,
 * over all records, with the final weight outside (Deville & Sarndal 1992,
 * section 3). */
#ifndef IOI_CORE_CALIBRATE_H
#define IOI_CORE_CALIBRATE_H

#include <stddef.h>

#include "core/key.h"
#include "core/status.h"
#include "core/variance.h"

/* Auxiliary variables in blocks. In block f record i has `value` (1 where both
 * pointers are NULL) in column first[f] + level[f][i] and 0 in the other columns
 * of the block; a negative level means 0 in all, NULL level 0 of every record. A
 * factor is a block with a column a level, a measurement a block of one column.
 *
 *   records, blocks, columns  how many.
 *   level  blocks pointers to `records` ints, or NULL.
 *   first  blocks: the first column of each.
 *   value  blocks. */
typedef struct {
  size_t records;
  size_t blocks;
  size_t columns;
  const int *const *level;
  const int *first;
  const ioi_numbers *value;
} ioi_auxiliary;

typedef enum {
  IOI_DISTANCE_LINEAR,
  IOI_DISTANCE_RAKING,
  IOI_DISTANCE_LOGIT
} ioi_distance_kind;

/* A distance: bounds on g (-INFINITY and INFINITY for none), and F(0) of raking,
 * which only says where the search starts when the constant is among the
 * combinations of x; 1 otherwise. */
typedef struct {
  ioi_distance_kind kind;
  double lower;
  double upper;
  double start;
} ioi_distance;

/* Doubles of work space for ioi_calibrate() and ioi_semidefinite_inverse(). */
size_t ioi_calibrate_work(size_t columns);

/* Finds g by Newton's method on the convex dual problem, a step being halved
 * while it overshoots. Collinear columns are left out of a step, which changes
 * nothing in g.
 *
 *   d          [in]   records: weights, finite.
 *   target     [in]   columns: t, in the unit of sum d x.
 *   tolerance  [in]   largest |sum w x - t| that will do, as a share of the
 *                     larger of |t| and sum w |x|. The search goes on to the
 *                     rounding error where it can.
 *   g          [out]  records: w / d. Written also under IOI_ECONVERGE.
 *   misfit     [out]  columns: sum w x - t; likewise.
 *   work       [out]  ioi_calibrate_work(columns) doubles.
 *   order      [out]  columns size_t.
 *   tick       [in]   called before each step with the steps done; may be NULL.
 * IOI_EDOMAIN: a lower bound that is not below the upper, for logit bounds that
 * are not finite or do not hold 1 between them; a start that is not positive; a
 * target that is not finite. IOI_ECONVERGE: no
 * weights found in 100 steps: there are none within the bounds, or margins
 * contradict each other. IOI_ESTOPPED: by the tick.
 * Time: O(steps x (records x blocks^2 + columns^3)). */
ioi_status ioi_calibrate(const ioi_auxiliary *x, const double *d,
                         const double *target, const ioi_distance *distance,
                         double tolerance, double *g, double *misfit,
                         double *work, size_t *order, ioi_tick tick,
                         void *context);

/* Weights times a factor by level of a key: out = w factor[level], and w where a row
 * has no level.
 *
 *   key     [in]   `keys` keys, of which number `which` (from 0) counts.
 *   factor  [in]   key[which].levels doubles.
 *   out     [out]  rows.
 *   level   [out]  work space, keys * IOI_BLOCK. */
void ioi_scale_weights(const ioi_key *key, size_t keys, size_t which,
                       const ioi_numbers *w, size_t rows, const double *factor,
                       double *out, ioi_level *level);

/* g of each record becomes its weight, d g. */
void ioi_calibrated_weights(const double *d, size_t records, double *g);

/* Weights, 0 where `after` is 0. Gives in how many rows that changes them.
 *
 *   out  [out]  rows; NULL to count alone. */
size_t ioi_weights_within(const ioi_numbers *w, const ioi_numbers *after,
                          size_t rows, double *out);

/* Sums of w x of one block by unit and column: code unit * levels + column, from 0.
 *
 *   sum    `count` doubles.
 *   code   `count` codes, ascending; NULL for 0, 1, 2 ... */
typedef struct {
  size_t count, levels;
  const double *sum, *code;
} ioi_block_sums;

/* Brings the sums that are not 0 of all blocks together, unit by unit, the columns
 * rising. Gives how many there are.
 *
 *   first   [out]  units + 1: those of unit j are first[j] .. first[j + 1] - 1.
 *   column  [out]  of each sum, counted over all blocks; NULL to count alone.
 *   total   [out]  the sums; NULL to count alone.
 *   next    [out]  work space, blocks. */
size_t ioi_unit_totals(const ioi_block_sums *block, size_t blocks, size_t units,
                       int *first, int *column, double *total, size_t *next);

/* A symmetric generalised inverse of a symmetric positive semidefinite matrix:
 * M G M = M. Columns that are combinations of others (a pivot below 1e-11 of
 * their length in a Cholesky decomposition with pivoting; Higham 2002, Accuracy
 * and Stability of Numerical Algorithms, section 10.3) have zeros in G.
 *
 *   m        [in,out]  n x n; destroyed.
 *   inverse  [out]     n x n.
 *   work     [out]     2 n doubles.
 *   order    [out]     n size_t.
 * Gives the rank. */
size_t ioi_semidefinite_inverse(double *m, size_t n, double *inverse,
                                double *work, size_t *order);

/* Trims weights: those outside [lower, upper] are cut, the difference is shared
 * among the others, and so on until all are inside. Weights of 0 stay.
 *
 *   w             [in,out]  n weights, finite.
 *   proportional  [in]      0: the others share equally (as trimWeights() of R's
 *                           survey with strict = TRUE); else in proportion to
 *                           their weights.
 *   trimmed       [out]     weights that were outside at first.
 * IOI_EDOMAIN: not lower <= upper. IOI_ECONVERGE: the bounds leave no room for
 * the sum of the weights. */
ioi_status ioi_trim(double *w, size_t n, double lower, double upper,
                    int proportional, size_t *trimmed);

/* Projects scores on one block of auxiliary variables: for each column l of the
 * block and each estimate r the sum over records of weight x_l s_r, from the sums
 * of weight x_l z_a over cells.
 *
 *   influence  [in]   of `cells` cells on the estimates.
 *   sum        [in]   variables pointers to cells x columns doubles, column
 *                     fastest.
 *   out        [out]  columns x estimates, estimate fastest. */
void ioi_residual_project(const ioi_influence *influence, size_t cells,
                          size_t variables, const double *const *sum,
                          size_t columns, double *out);

/* Second moments of residuals where records are their own PSUs. Adds to v, which
 * holds sum q^2 s s', the rest of sum q^2 (s - B'x)(s - B'x)', which is
 * -B'G - G'B + B'QB; q^2 is the squared weight times the factor of the stratum.
 * A variance that is below 1e-12 of what was taken off is rounding and becomes 0
 * with its covariances.
 *
 *   beta, cross  [in]      columns x rows, estimate fastest: B and G = sum q^2 x s.
 *   square       [in]      columns x columns: Q = sum q^2 x x'.
 *   covariance   [in]      as in ioi_variance().
 *   v            [in,out]  rows x rows, or rows.
 *   work         [out]     columns x rows doubles. */
void ioi_residual_moments(const double *beta, const double *cross,
                          const double *square, size_t columns, size_t rows,
                          int covariance, double *v, double *work);

#endif
