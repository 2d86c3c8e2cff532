/* segregation_within.h - indices split over nested areas: so much between
 * regions, so much between the districts of a region, and so on down to units.
 *
 * An index I with I(whole) = I(areas) + sum_k w_k I_k, I_k being the same index
 * inside area k, splits over any number of levels, for each I_k splits alike:
 *
 *   mutual information   M = sum_ig pi_ig ln(pi_ig / (r_i P_g)), w_k = T_k / T
 *     (Theil 1971; Mora & Ruiz-Castillo 2011, Sociol. Methodol. 41:159-194);
 *   Theil's H = M / E, E = -sum_g P_g ln P_g, w_k = T_k E_k / (T E);
 *   relative diversity   R = sum_i t_i sum_g (p_ig - P_g)^2 / (T I),
 *     I = sum_g P_g (1 - P_g), w_k = T_k I_k / (T I)
 *     (Reardon & Firebaugh 2002, Sociol. Methodol. 32:33-67);
 *   symmetric Atkinson   A = 1 - sum_i prod_g q_ig^(1/G), q_ig = n_ig / N_g,
 *     w_k = prod_g (N_gk / N_g)^(1/G) (Frankel & Volij 2011, J. Econ. Theory
 *     146:1-38); with two groups it is Hutchens' S = 1 - sum_i sqrt(q_ix q_iy)
 *     (Hutchens 2004, Int. Econ. Rev. 45:555-578). */
#ifndef IOI_CORE_SEGREGATION_WITHIN_H
#define IOI_CORE_SEGREGATION_WITHIN_H

#include <stddef.h>

#include "core/segregation.h"
#include "core/status.h"
#include "core/sum.h"

typedef enum {
  IOI_NEST_INFORMATION,
  IOI_NEST_THEIL,
  IOI_NEST_DIVERSITY,
  IOI_NEST_ATKINSON
} ioi_nest_index;

/* A table whose units stand in the order of the areas they lie in.
 *
 *   table    the counts, unit by unit within each group.
 *   column   for each group the column it counts in, or -1 for none: a pair
 *            has two columns, a group against the rest too. groups values.
 *   columns  number of columns.
 *   all      not 0: every column must have members (a pair); else columns
 *            without members take no part.
 *   steps    number of levels: areas of level 1, ..., steps - 1, and units.
 *   area     steps - 1 arrays of units values: the area of level l + 1 that a
 *            unit lies in; rises by 1 where a new area starts. */
typedef struct {
  ioi_table table;
  const int *column;
  size_t columns;
  int all;
  size_t steps;
  const int *const *area;
} ioi_nest;

/* Number of areas above the units: the whole (number 0), then those of level
 * 1, of level 2, ... one level after the other. */
size_t ioi_nest_areas(const ioi_nest *nest);

/* Areas of level l < steps; level 0 is the whole. */
size_t ioi_nest_level_areas(const ioi_nest *nest, size_t l);

/* Members of each area and the area each lies in.
 *
 *   total   [out]  areas * columns: members of area k in column c at
 *                  k * columns + c.
 *   parent  [out]  areas: number of the area around it; 0 for the whole.
 * IOI_EDOMAIN: a count is negative, NaN or infinite, or a total overflows. */
ioi_status ioi_nest_totals(const ioi_nest *nest, double *total, size_t *parent);

/* What an index adds up over the next smaller areas (or units) of each area.
 *
 *   total, parent  [in]   from ioi_nest_totals().
 *   sum       [out]  areas sums.
 *   children  [out]  areas: next smaller areas, or units, with members.
 *   work      [out]  columns doubles. */
void ioi_nest_sums(const ioi_nest *nest, ioi_nest_index index,
                   const double *total, const size_t *parent, ioi_exact *sum,
                   size_t *children, double *work);

/* Not 0: both indices have the same sums, as M and H do. */
int ioi_nest_share_sums(ioi_nest_index one, ioi_nest_index two);

/* One index, area by area.
 *
 *   total     [in]   from ioi_nest_totals().
 *   sum, children  [in]  from ioi_nest_sums().
 *   estimate  [out]  areas: the index among the next smaller areas (or units)
 *                    of the area; NaN where it has no value.
 *   weight    [out]  areas: w_k above; 0 for an area without members, or where
 *                    the index has no value because the area lacks groups.
 *   part      [out]  areas: weight * estimate, 0 where there is no estimate.
 *   level     [out]  steps: the sum of the parts at each level; the index is
 *                    the sum of the levels.
 * IOI_EEMPTY: fewer than two columns have members (`all`: one has none), or
 * for the mutual information none; IOI_ESINGLE: one unit has all members, so
 * that H, R and A have no value. On these `level` is untouched. */
ioi_status ioi_nest_parts(const ioi_nest *nest, ioi_nest_index index,
                          const double *total, const ioi_exact *sum,
                          const size_t *children, double *estimate,
                          double *weight, double *part, double *level);

/* The derivative of each level's number with respect to the members of every
 * cell. u[s * stride + g * units + i] for step s, group g and unit i; 0 for
 * groups outside the columns. `level` from ioi_nest_parts(), which answered
 * IOI_OK. work: 2 * columns doubles. */
void ioi_nest_influence(const ioi_nest *nest, ioi_nest_index index,
                        const double *total, const double *level, size_t stride,
                        double *u, double *work);

#endif
