/* segregation.h - indices of how unevenly groups are spread over units.
 *
 * Every index also gives its influence: the derivative of the index with
 * respect to the total of each cell (unit x group). For persons drawn at
 * random the variance is sum of n u^2 (ioi_segregation_covariance); for a
 * survey the influence goes to the engine in variance.h. */
#ifndef IOI_CORE_SEGREGATION_H
#define IOI_CORE_SEGREGATION_H

#include <stddef.h>

#include "core/status.h"

/* A table of persons, or of weighted persons: group g in unit i at
 * count[g * stride + i]. Values are finite and not negative. */
typedef struct {
  const double *count;
  size_t stride;
  size_t units;
  size_t groups;
} ioi_table;

/* Two-group dissimilarity, D = 1/2 sum_i |a_i/A - b_i/B|
 * (Duncan & Duncan 1955, Am. Sociol. Rev. 20(2):210-217).
 *
 *   a, b      [in]   members of each group in unit i: n values each.
 *   n         [in]   number of units.
 *   d         [out]  D, a pure number in [0, 1].
 *   u_a, u_b  [out]  n values each, or both NULL: the derivative of D with
 *                    respect to a_i and b_i,
 *                    (s_i - sum_j s_j a_j/A) / (2 A) and
 *                    -(s_i - sum_j s_j b_j/B) / (2 B),
 *                    s_i = sign(a_i/A - b_i/B); at a tie (equal but for
 *                    rounding) s_i is 0: D has no derivative there.
 *   occupied  [out]  units with a_i + b_i > 0.
 * Units without members of either group add nothing.
 *
 * IOI_EDOMAIN: a value is negative, NaN or infinite, or a total overflows.
 * IOI_EEMPTY:  a group has no members, so D has no value (it is not 0).
 * IOI_ESINGLE: all members are in one unit, so D has no value.
 * On these d, u_a and u_b are untouched. Allocates nothing. */
ioi_status ioi_dissimilarity(const double *a, const double *b, size_t n,
                             double *d, double *u_a, double *u_b,
                             size_t *occupied);

/* Multigroup dissimilarity, D = sum_i sum_g |n_ig - t_i P_g| / (2 T I) with
 * P_g = N_g/T and I = sum_g P_g (1 - P_g) (Morgan 1975; Sakoda 1981; Reardon &
 * Firebaugh 2002, Sociol. Methodol. 32:33-67). Two groups give the index
 * above. Groups without members take no part.
 *
 *   table     [in]   the counts.
 *   d         [out]  D in [0, 1].
 *   u         [out]  groups * units derivatives, group by group, or NULL.
 *   occupied  [out]  units with members.
 *   work      [out]  2 * groups doubles.
 * Statuses as above; IOI_EEMPTY: fewer than two groups have members;
 * IOI_EDOMAIN also where I underflows, one group being all but everybody. */
ioi_status ioi_dissimilarity_multigroup(const ioi_table *table, double *d,
                                        double *u, size_t *occupied,
                                        double *work);

/* What is compared: all groups at once, group a with group b, or group a with
 * all the others. */
typedef enum {
  IOI_COMPARE_MULTIGROUP,
  IOI_COMPARE_PAIR,
  IOI_COMPARE_REST
} ioi_compare;

typedef struct {
  ioi_compare kind;
  size_t a, b;
} ioi_comparison;

/* Doubles of work space that ioi_dissimilarity_compare() needs. */
size_t ioi_segregation_work(const ioi_table *table);

/* Dissimilarity of a table for one comparison.
 *
 *   d, occupied, statuses  as above.
 *   u     [out]  groups * units derivatives with respect to every cell, group
 *                by group, 0 for groups outside the comparison; or NULL. All 0
 *                where the status is not IOI_OK.
 *   work  [out]  ioi_segregation_work() doubles. */
ioi_status ioi_dissimilarity_compare(const ioi_table *table,
                                     const ioi_comparison *comparison,
                                     double *d, double *u, size_t *occupied,
                                     double *work);

/* Members of the groups in a comparison: those of a and b for a pair, else
 * everybody. */
double ioi_segregation_members(const ioi_table *table,
                               const ioi_comparison *comparison);

/* rest[i] = members of all groups but g in unit i; table->units values. */
void ioi_segregation_rest(const ioi_table *table, size_t g, double *rest);

/* Covariance of two indices when persons are drawn at random into cells:
 * sum over cells of n u_r u_s (the delta method on a multinomial; both
 * influences sum to 0 over persons). cells values each. */
double ioi_segregation_covariance(const double *n, const double *u_r,
                                  const double *u_s, size_t cells);

#endif
