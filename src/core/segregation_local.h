/* segregation_local.h - what each unit or group adds to segregation.
 *
 * Notation of segregation.h: n_ig members of group g in unit i, t_i and N_g
 * totals, T everybody, p_ig = n_ig / t_i, P_g = N_g / T, r_i = t_i / T. All
 * arrays of units have table->units values and hold NaN for a unit without
 * members; those of groups have table->groups values. Counts are finite and
 * not negative, else IOI_EDOMAIN; nobody at all is IOI_EEMPTY; on these the
 * outputs are untouched. */
#ifndef IOI_CORE_SEGREGATION_LOCAL_H
#define IOI_CORE_SEGREGATION_LOCAL_H

#include <stddef.h>

#include "core/segregation.h"
#include "core/status.h"

/* Scores of units.
 *
 *   divergence  [out]  L_i = sum_g p_ig ln(p_ig / P_g) >= 0; sum_i r_i L_i is
 *                      the mutual information (Alonso-Villar & del Rio 2010,
 *                      Math. Soc. Sci. 60:30-38; Mora & Ruiz-Castillo 2011).
 *   entropy     [out]  E_i = -sum_g p_ig ln p_ig.
 *   simpson     [out]  sum_g p_ig (1 - p_ig).
 *   share       [out]  r_i; 0 for a unit without members.
 *   whole       [out]  2 values: entropy and Simpson's index of everybody.
 *   work        [out]  groups doubles. */
ioi_status ioi_local_units(const ioi_table *table, double *divergence,
                           double *entropy, double *simpson, double *share,
                           double *whole, double *work);

/* Scores of groups.
 *
 *   divergence  [out]  L_g = sum_i q_ig ln(q_ig / r_i), q_ig = n_ig / N_g;
 *                      sum_g P_g L_g is the mutual information.
 *   local_d     [out]  1/2 sum_i |q_ig - r_i|, which is Gorard's index.
 *   share       [out]  P_g.
 * A group without members has NaN, NaN and 0. work: units doubles. */
ioi_status ioi_local_groups(const ioi_table *table, double *divergence,
                            double *local_d, double *share, double *work);

/* Location quotients p_ig / P_g, from 0 to 1 / P_g: groups * units values,
 * group by group; NaN for a group without members. work: groups doubles. */
ioi_status ioi_local_quotient(const ioi_table *table, double *quotient,
                              double *work);

/* Index of concentration at the extremes, (n_ia - n_ib) / t_i, from -1 to 1
 * (Massey 2001). */
ioi_status ioi_local_extremes(const ioi_table *table, size_t a, size_t b,
                              double *extremes);

/* The parts of two-group dissimilarity.
 *
 *   x, y        [in]   members of each group in unit i.
 *   n           [in]   units.
 *   difference  [out]  x_i / X - y_i / Y.
 *   part        [out]  half its size; D is their sum.
 *   share       [out]  part / D; NaN where D is 0.
 *   impact      [out]  share over the unit's share of all units with members,
 *                      times 100.
 * NaN for a unit without members of either. IOI_EEMPTY: a group has none. */
ioi_status ioi_local_dissimilarity(const double *x, const double *y, size_t n,
                                   double *difference, double *part,
                                   double *share, double *impact);

#endif
