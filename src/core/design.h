/* design.h - a sampling design of one stage, and the checks that read rows. */
#ifndef IOI_CORE_DESIGN_H
#define IOI_CORE_DESIGN_H

#include <stddef.h>

#include "core/key.h"
#include "core/status.h"
#include "core/tally.h"

/* What a stratum with one sampled PSU contributes to a variance
 * (1 - f > 0 throughout; see variance.h for "adjust" and "average"). */
typedef enum {
  IOI_LONELY_FAIL,      /* not allowed: the caller has checked */
  IOI_LONELY_ADJUST,    /* centred at the mean of all PSUs */
  IOI_LONELY_AVERAGE,   /* the average of the other strata */
  IOI_LONELY_CERTAINTY, /* nothing */
  IOI_LONELY_REMOVE     /* nothing */
} ioi_lonely;

/* One stage of a design. PSUs are numbered so that those of a stratum stand together.
 *
 *   strata         number of strata, at least 1.
 *   psu_first      strata + 1: stratum h holds PSUs psu_first[h] ..
 *                  psu_first[h + 1] - 1. NULL: records are their own PSUs.
 *   sampled        strata: sampled PSUs (or records), all of the sample; may
 *                  be more than are numbered, where some hold no record.
 *   fraction       strata: sampling fraction f in [0, 1]; NULL: all 0.
 *   multiplier     strata: factor on what a stratum adds: for a later stage the
 *                  product of the fractions of the stages before; NULL: 1.
 *   groups, group_first
 *                  for a later stage, the strata of a unit of the stage before
 *                  are a group: strata group_first[g] .. group_first[g + 1] - 1.
 *                  The rules for lonely PSUs look at one group at a time.
 *                  groups 0: all strata are one.
 *   lonely         the rule for strata with one sampled PSU.
 *   lonely_domain  not 0: the rules "adjust" and "average" also apply where a
 *                  domain has one PSU left in a stratum.
 *   chance         PSUs: the chance of each to be in the sample, where it differs
 *                  within strata (Brewer's approximation: the square of the score
 *                  of a PSU counts 1 - chance times); NULL: it does not. */
typedef struct {
  size_t strata;
  const int *psu_first;
  const double *sampled;
  const double *fraction;
  const double *multiplier;
  size_t groups;
  const int *group_first;
  ioi_lonely lonely;
  int lonely_domain;
  const double *chance;
} ioi_design;

/* Finds the stratum of every PSU.
 *
 *   key, keys  [in]   keys; `psu` and `stratum` say which is which.
 *   rows       [in]   number of rows.
 *   threads    [in]   threads to use, at least 1.
 *   of_psu     [out]  key[psu].levels ints: the stratum, -1 for a PSU label
 *                     without rows.
 *   row        [out]  on IOI_ECROSSED the first row whose PSU has been seen in
 *                     another stratum.
 *   work       [out]  (threads - 1) * key[psu].levels ints; may be NULL for one
 *                     thread.
 *   level      [out]  work space, threads * keys * IOI_BLOCK. */
ioi_status ioi_design_nest(const ioi_key *key, size_t keys, size_t psu,
                           size_t stratum, size_t rows, int threads,
                           int *of_psu, size_t *row, int *work,
                           ioi_level *level);

/* What a scan of a column of numbers found: how many values are missing, NaN
 * or infinite, how many negative, the first bad row, how many are 0, and the
 * first finite value (NaN for none). */
typedef struct {
  size_t missing, infinite, negative, zero, first_bad;
  double first;
} ioi_scan;

/* Scans `rows` numbers in `threads` threads, at least 1. Integers equal to INT_MIN
 * are R's missing value. */
void ioi_design_scan(const ioi_numbers *numbers, size_t rows, int threads,
                     ioi_scan *scan);

/* The rows inside a subset of a subset: those where both conditions are true (1). A
 * row that the earlier subset took out is not unknown.
 *
 *   condition  [in]   rows: 1, 0, or INT_MIN for unknown.
 *   within     [in]   rows: 1 or 0; NULL for no earlier subset.
 *   inside     [out]  rows: 1 or 0; NULL to count alone.
 *   unknown    [out]  rows whose condition is unknown.
 * Gives how many are inside. */
size_t ioi_design_inside(const int *condition, const int *within, size_t rows,
                         int *inside, size_t *unknown);

/* The value a column has in each level of a key, where it is constant.
 *
 *   value  [out]  key[which].levels doubles, NaN for a level without rows.
 *   row    [out]  on IOI_EDOMAIN the first row that differs from its level.
 *   work   [out]  (threads - 1) * key[which].levels doubles; may be NULL for one
 *                 thread.
 *   level  [out]  work space, threads * keys * IOI_BLOCK. */
ioi_status ioi_design_constant(const ioi_key *key, size_t keys, size_t which,
                               const ioi_numbers *column, size_t rows,
                               int threads, double *value, size_t *row,
                               double *work, ioi_level *level);

#endif
