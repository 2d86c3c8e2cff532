/* resample.h - variance from replicate weights. */
#ifndef IOI_CORE_RESAMPLE_H
#define IOI_CORE_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

#include "core/key.h"
#include "core/status.h"

/* Replicate weights are mostly one factor for all records of a PSU times their
 * weight. Then PSU totals and a small matrix of factors do for any number of
 * replicates, and the rows are read once.
 *
 * Finds records with the same factors f_r = replicate_r / weight.
 *
 *   replicate [in]   `replicates` columns of `rows` numbers.
 *   weight    [in]   the weights the factors are of; both pointers NULL: the
 *                    columns are factors already.
 *   most      [in]   groups there may be.
 *   group     [out]  rows: group of each record, from 0.
 *   first     [out]  most: the first record of each group.
 *   f         [out]  work space, most doubles.
 *   work      [out]  work space, slots + most ints; slots a power of two > 2 *
 *                    most.
 *   groups    [out]  how many groups.
 * Each column is read once, in order, and splits the groups of those before it.
 * Factors are the same when they agree to 1e-12 of the larger; a few that do may
 * still be found apart, which costs a group and changes no result.
 * IOI_EFULL: more than `most` groups. IOI_EDOMAIN: a record of weight 0 has a
 * replicate above 0, or a value, weight or factor is negative, NaN or infinite. */
ioi_status ioi_resample_groups(const ioi_numbers *replicate, size_t replicates,
                               const ioi_numbers *weight, size_t rows,
                               size_t most, int *group, int *first, double *f,
                               int *work, size_t slots, size_t *groups);

/* The factors of the groups, those of their first records: groups * replicates
 * doubles, group by group. */
void ioi_resample_factors(const ioi_numbers *replicate, size_t replicates,
                          const ioi_numbers *weight, const int *first,
                          size_t groups, double *factor);

/* total_r = sum over units of factor x total, for every cell and replicate.
 *
 *   units, cells, first, cell, w  as in ioi_totals, of one variable.
 *   factor  [in]   units * replicates, unit by unit.
 *   total   [out]  replicates * cells, replicate by replicate.
 *   work    [out]  replicates * cells doubles. */
void ioi_resample_totals(size_t units, size_t cells, const int *first,
                         const int *cell, const double *w, const double *factor,
                         size_t replicates, double *total, double *work);

/* V = c sum_r s_r (t_r - m)(t_r - m)' (Rust & Rao 1996, Stat. Methods Med. Res.
 * 5:283-310; Wolter 2007), m the full-sample estimate or the mean of the
 * replicates with s_r > 0.
 *
 *   estimate    [in]   rows: full-sample estimates; NULL: centre at the mean.
 *   theta       [in]   replicates * rows, replicate by replicate; NaN where a
 *                      replicate has no estimate: left out for that estimate.
 *   scale, rscale      c and the s_r, not negative.
 *   covariance  [in]   not 0: v is rows x rows; 0: rows variances.
 *   v           [out]  NaN where no replicate has an estimate.
 *   missing     [out]  replicates left out of each estimate, rows.
 *   work        [out]  2 * rows doubles. */
void ioi_resample_variance(const double *estimate, const double *theta,
                           size_t replicates, size_t rows, double scale,
                           const double *rscale, int covariance, double *v,
                           double *missing, double *work);

#endif
