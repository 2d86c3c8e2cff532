/* segregation_change.h - why segregation differs between two tables of the
 * same units and groups: because people are spread differently given the sizes
 * of units and groups (structure), because sizes changed (margins), because
 * units or groups came and went.
 *
 * M(S; r, c) is the mutual information of the table with the odds ratios of
 * table S and margins r (units) and c (groups), as proportions, by iterative
 * proportional fitting (ipf.h); A and B are the two tables, each cut to units
 * and groups that have members in both.
 *
 * Shapley (Deutsch, Flueckiger & Silber 2009, Res. Econ. Inequal. 17:171-202;
 *   Elbers 2021, Sociol. Methods Res. 52:1-39):
 *   structural  1/2 sum over m = A, B of M(B; r_m, c_m) - M(A; r_m, c_m)
 *   group       1/4 sum over S, r of M(S; r, c_B) - M(S; r, c_A)
 *   unit        1/4 sum over S, c of M(S; r_B, c) - M(S; r_A, c)
 * Karmel & Maclachlan (1988, Econ. Rec. 64:187-195):
 *   structural  M(B) - M(A; r_B, c_B)
 *   group       M(A with columns times c_B / c_A, once) - M(A); unit likewise
 *   interaction what is left
 * Mora & Ruiz-Castillo (2009, Res. Econ. Inequal. 17:33-53):
 *   group       E(c_B) - E(c_A)
 *   structural  -1/2 sum_i (r_i^A + r_i^B) (E_i^B - E_i^A)
 *   unit        -1/2 sum_i (E_i^A + E_i^B) (r_i^B - r_i^A)
 * All: additions M(B whole) - M(B), removals M(A) - M(A whole).
 *
 * Each number is a sum over units of r_i L_i, L_i the local score, so that
 * every component is a sum of parts of units. Theil's H divides M(S; r, c) by
 * the entropy of its c. */
#ifndef IOI_CORE_SEGREGATION_CHANGE_H
#define IOI_CORE_SEGREGATION_CHANGE_H

#include <stddef.h>

#include "core/ipf.h"
#include "core/status.h"

typedef enum {
  IOI_CHANGE_SHAPLEY,
  IOI_CHANGE_KARMEL_MACLACHLAN,
  IOI_CHANGE_MORA_RUIZ_CASTILLO
} ioi_change_method;

enum {
  IOI_CHANGE_STRUCTURAL,
  IOI_CHANGE_GROUP,
  IOI_CHANGE_UNIT,
  IOI_CHANGE_INTERACTION,
  IOI_CHANGE_ADDITIONS,
  IOI_CHANGE_REMOVALS,
  IOI_CHANGE_DIFFERENCE,
  IOI_CHANGE_COMPONENTS
};

/* Two tables: a[g * units + i] members of group g in unit i, 0 where the unit
 * or group is not there. theil: not 0 for H instead of M. */
typedef struct {
  const double *a, *b;
  size_t units, groups;
  ioi_change_method method;
  int theil;
  double tolerance; /* of margins, as proportions */
  size_t most;      /* rounds of fitting */
} ioi_change_job;

/* What the decomposition needs to work in: doubles and sizes. */
size_t ioi_change_doubles(const ioi_change_job *job);
size_t ioi_change_sizes(const ioi_change_job *job);

/* The decomposition.
 *
 *   part       [out]  IOI_CHANGE_COMPONENTS * units: what each unit adds to
 *                     each component, component by component.
 *   component  [out]  IOI_CHANGE_COMPONENTS sums of these; 0 for components
 *                     that the method does not have.
 *   index      [out]  2 values: the index before and after.
 *   common     [out]  units, groups in common.
 *   report     [out]  of the last fitting; `at` counts units or groups of the
 *                     job.
 *   work, sizes  as above. tick as in ipf.h.
 * IOI_EDOMAIN: a count is negative, NaN or infinite. IOI_EEMPTY: a table has
 * no members, the two have no unit or no group in common, or H has no value.
 * IOI_ECONVERGE: see ipf.h. On these part, component and index are not to be
 * used. Mora and Ruiz-Castillo's is for M: with theil IOI_EDOMAIN. */
ioi_status ioi_segregation_change(const ioi_change_job *job, double *part,
                                  double *component, double *index,
                                  size_t *common, ioi_ipf_report *report,
                                  double *work, size_t *sizes, ioi_tick tick,
                                  void *context);

#endif
