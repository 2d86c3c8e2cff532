/* zones.h - segregation indices of zones with an area, a place and neighbours
 * (Massey & Denton 1988, Soc. Forces 67:281-315). */
#ifndef IOI_CORE_ZONES_H
#define IOI_CORE_ZONES_H

#include <stddef.h>
#include <stdint.h>

#include "core/segregation.h"
#include "core/status.h"

/* The indices. x_i, y_i: members of the two groups compared in unit i, X, Y
 * their totals; t_i: everybody; a_i, A: area; c_ij: proximity, falling with
 * distance; z_i = x_i / (x_i + y_i), 0 where nobody is.
 *
 *   DELTA  1/2 sum |x_i/X - a_i/A| (Hoover 1941; Duncan, Cuzzort & Duncan 1961).
 *          Units without people hold area and count.
 *   CONCENTRATION_ABSOLUTE  1 - (sum x_i a_i/X - m1) / (m2 - m1); m1 = sum t_i
 *          a_i / sum t_i over the smallest units that hold X people, that which
 *          passes X included; m2 the same from the largest. Of units of equal
 *          area the most populous comes first. t_i: the groups kept.
 *   CONCENTRATION_RELATIVE  ((sum x_i a_i/X) / (sum y_i a_i/Y) - 1) /
 *          (m1/m2 - 1); m2 over units that hold X people (Massey & Denton), or
 *          Y. t_i: everybody.
 *   CENTRALISATION_ABSOLUTE, _RELATIVE  sum_k C_(k-1) B_k - C_k B_(k-1), C
 *          cumulated shares of x from the centre outwards, B of area, or of y.
 *          Units at one distance are one step.
 *   PROXIMITY  P_xy = sum_ij x_i y_j c_ij / (XY); of a group and the rest, P_xx.
 *   SPATIAL_PROXIMITY  sum_g N_g P_gg / (T P_tt) over the groups compared (White
 *          1983, Am. J. Sociol. 88:1008-1018).
 *   CLUSTERING_ABSOLUTE  (S - b)/(U - b), S = sum_i x_i/X sum_j c_ij x_j, U the
 *          same with t_j for x_j, b = X/n^2 sum_ij c_ij. t_i: the groups kept.
 *   CLUSTERING_RELATIVE  P_xx/P_yy - 1.
 *   DISTANCE_DECAY_ISOLATION, _EXPOSURE  sum_i x_i/X sum_j K_ij y_j/t_j, y = x
 *          for isolation, K_ij = c_ij t_j / sum_k c_ik t_k (Morgan 1983). t_i:
 *          everybody.
 *   DISSIMILARITY_ADJUSTED  D - sum c_ij |z_i - z_j| / sum c_ij, c_ij = 1 for
 *          neighbours (Morrill 1991, Geogr. Res. Forum 11:25-36).
 *   DISSIMILARITY_BOUNDARY  D - sum w_ij |z_i - z_j|, w from the length of the
 *          shared border b_ij by the standard below (Wong 1993, Urban Stud.
 *          30:559-572).
 *   DISSIMILARITY_SHAPE  the same, each term times (r_i + r_j)/(2 max r), r =
 *          perimeter/area.
 * Without any neighbours the last three are D. Sums run over ordered pairs. */
typedef enum {
  IOI_DELTA,
  IOI_CONCENTRATION_ABSOLUTE,
  IOI_CONCENTRATION_RELATIVE,
  IOI_CENTRALISATION_ABSOLUTE,
  IOI_CENTRALISATION_RELATIVE,
  IOI_PROXIMITY,
  IOI_SPATIAL_PROXIMITY,
  IOI_CLUSTERING_ABSOLUTE,
  IOI_CLUSTERING_RELATIVE,
  IOI_DISTANCE_DECAY_ISOLATION,
  IOI_DISTANCE_DECAY_EXPOSURE,
  IOI_DISSIMILARITY_ADJUSTED,
  IOI_DISSIMILARITY_BOUNDARY,
  IOI_DISSIMILARITY_SHAPE
} ioi_zone_index;

/* w_ij: b_ij over the sum of all; 1/2 b_ij over that of the row (Wong); b_ij
 * over that of the row, over n. */
typedef enum {
  IOI_STANDARD_TOTAL,
  IOI_STANDARD_ROW_HALF,
  IOI_STANDARD_ROW_MEAN
} ioi_border_standard;

/* The units beside their members; an array that no index asked for needs may be
 * NULL. n = units.
 *
 *   everybody  people of all groups, those left out too.
 *   area       not negative, with a positive sum; above 0 for SHAPE.
 *   distance   from the centre.
 *   around     (groups + 2) * n sums over j of c_ij times: the members of each
 *              group in j; everybody in j; 1.
 *   start, to, border  the neighbours of unit i are start[i] .. start[i + 1] - 1
 *              of `to`, border the lengths shared, or NULL: 1 each.
 *   perimeter  NULL: the sum of the borders shared.
 *   n2_other   CONCENTRATION_RELATIVE: m2 over Y people. */
typedef struct {
  const double *everybody;
  const double *area;
  const double *distance;
  const double *around;
  const size_t *start;
  const uint32_t *to;
  const double *border;
  const double *perimeter;
  int n2_other;
  ioi_border_standard standard;
} ioi_zones;

/* A unit in an order. */
typedef struct {
  double key, second;
  uint32_t unit;
} ioi_ordered;

/* One index for one comparison; indices of one group take a group against the
 * rest.
 *
 *   value     [out]  the index.
 *   occupied  [out]  units with members of what is compared.
 *   work      [out]  4 * units doubles; ordered: units elements.
 * IOI_EEMPTY: a group compared has no members. IOI_ESINGLE: D of one unit.
 * IOI_EDOMAIN: the denominator is 0, as where all areas are equal. value is
 * untouched on these. Allocates nothing. */
ioi_status ioi_zone_value(const ioi_table *table, const ioi_zones *zones,
                          ioi_zone_index index,
                          const ioi_comparison *comparison, double *value,
                          size_t *occupied, double *work, ioi_ordered *ordered);

/* Distance of each unit to the nearest of the centres: in a plane (radius 0), or
 * along a sphere, x and y being longitude and latitude in degrees. */
void ioi_centre_distance(const double *x, const double *y, size_t units,
                         double radius, const double *centre_x,
                         const double *centre_y, size_t centres,
                         double *distance);

/* The mean of the places weighted by people: in degrees on a sphere, the
 * direction of the mean of the directions. With nobody, of the units. */
void ioi_mean_centre(const double *x, const double *y, const double *people,
                     size_t units, double radius, double *centre_x,
                     double *centre_y);

/* Weights of units for themselves, exp(-d_ii/scale):
 *   0 d_ii = 0;  1 d_ii = 0.6 sqrt(a) (White 1983);  2 d_ii = sqrt(0.6 a), as
 *   Massey & Denton print it;  3 the weight is 0. */
void ioi_self_weights(int rule, const double *area, size_t units, double scale,
                      double *weight);

#endif
