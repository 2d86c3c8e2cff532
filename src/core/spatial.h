/* spatial.h - segregation between local environments (Reardon & O'Sullivan 2004,
 * Sociol. Methodol. 34:121-162; profiles: Reardon et al. 2008, Demography
 * 45:489-514).
 *
 * With environments n~_ig as in environment.h and p~_ig = n~_ig / sum_h n~_ih,
 *   theil               H = 1 - sum_i t_i E~_i / (T E),
 *                           E~_i = -sum_g p~_ig ln p~_ig
 *   relative_diversity  R = 1 - sum_i t_i I~_i / (T I),
 *                           I~_i = sum_g p~_ig (1 - p~_ig)
 *   dissimilarity       D = sum_i sum_g t_i |p~_ig - P_g| / (2 T I)
 *   exposure            P_mn = sum_i (n_im / N_m) p~_in
 * t_i, T, P_g, E and I are those of the people who live there: environments
 * weigh nobody twice. H and R can fall below 0, where environments are more
 * mixed than the whole; they are not cut. */
#ifndef IOI_CORE_SPATIAL_H
#define IOI_CORE_SPATIAL_H

#include <stddef.h>

#include "core/environment.h"
#include "core/segregation.h"
#include "core/status.h"

/* What is asked for: comparisons as in segregation.h, each at every bandwidth.
 *   total  groups values: the people of each group at all places. */
typedef struct {
  const ioi_places *places;
  const ioi_smoothing *smoothing;
  const ioi_comparison *comparison;
  size_t comparisons;
  const double *total;
} ioi_spatial;

/* Groups that are told apart in a comparison: all, or 2. */
size_t ioi_spatial_groups(const ioi_spatial *s, const ioi_comparison *c);

/* Values of one comparison at one bandwidth: H, R, D, then the exposures P_mn
 * of group m to group n, m slowest; of a pair and of a group and the rest,
 * groups 0 and 1 in this order. */
enum { IOI_SPATIAL_H, IOI_SPATIAL_R, IOI_SPATIAL_D, IOI_SPATIAL_P };
size_t ioi_spatial_values(const ioi_spatial *s, const ioi_comparison *c);

/* Values of all comparisons and bandwidths: comparison by comparison, and
 * within one bandwidth by bandwidth. */
size_t ioi_spatial_size(const ioi_spatial *s);

/* Work space for `threads` threads: doubles, and for each thread what
 * environment.h asks for. */
size_t ioi_spatial_work(const ioi_spatial *s, int threads);

/* All indices at all bandwidths, in one sweep over the units.
 *
 *   near    [out]    threads elements.
 *   work    [out]    ioi_spatial_work() doubles.
 *   value   [out]    ioi_spatial_size() values; NaN where there is none: H, R
 *                    and D where fewer than two of the groups compared have
 *                    members or all members are in one unit, and P_mn where m
 *                    or n has none. H and R of groups of which one is all but
 *                    everybody may be NaN where E or I underflows.
 *   status  [out]    comparisons statuses: IOI_OK, IOI_EEMPTY (a group
 *                    compared has no members; of many groups, fewer than two
 *                    have), IOI_ESINGLE.
 *   occupied [out]   comparisons numbers: units with members.
 *   tick             called with the units done; may be NULL.
 * Units are taken in runs of fixed length whose sums are added in order: the
 * result does not depend on threads. IOI_ESTOPPED: the tick asked to stop. */
ioi_status ioi_spatial_indices(const ioi_spatial *s, int threads,
                               ioi_near_work *near, double *work, double *value,
                               ioi_status *status, size_t *occupied,
                               ioi_tick tick, void *context);

/* The environments themselves, env[(b * groups + g) * units + unit], unit being
 * the number of the caller where there is a tree. Other arguments as above. */
ioi_status ioi_spatial_environments(const ioi_places *places,
                                    const ioi_smoothing *smoothing, int threads,
                                    ioi_near_work *near, double *work,
                                    double *env, ioi_tick tick, void *context);

/* Doubles of work space of ioi_spatial_environments(). */
size_t ioi_environments_work(const ioi_places *places,
                             const ioi_smoothing *smoothing, int threads);

/* Makes people around shares of the people around.
 *
 *   env       [in,out]  as ioi_spatial_environments() gives them; NaN where
 *                       nobody is around.
 *   around    [out]     bands * units sums over the groups.
 *   diversity [out]     bands * units entropies, natural logarithm; NaN too. */
void ioi_environment_shares(double *env, size_t units, size_t groups,
                            size_t bands, double *around, double *diversity);

/* Counts a replicate in which units have changed places. value and observed:
 * ioi_spatial_size() values each.
 *
 *   extreme [in,out]  one more where the replicate is as segregated as what was
 *                     observed, or more: H, R, D and P_mm not smaller, P_mn of
 *                     two groups not larger, but for rounding.
 *   sum     [in,out]  the replicate's values are added. */
void ioi_spatial_count_replicate(const ioi_spatial *s, const double *observed,
                                 const double *value, double *extreme,
                                 double *sum);

/* A random order of 0 .. n - 1, each as likely (Durstenfeld 1964, Commun. ACM
 * 7(7):420). uniform: gives numbers in [0, 1). */
void ioi_shuffle(uint32_t *order, size_t n, double (*uniform)(void));

/* Rows of a units x groups table by position: to[p] = from[order[p]]. */
void ioi_spatial_rearrange(const double *from, const uint32_t *order,
                           size_t units, size_t groups, double *to);

#endif
