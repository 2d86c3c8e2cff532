/* environment.h - who lives near: people around each unit, nearer ones counting
 * more.
 *
 *   n~_ig = sum_j phi(d_ij) n_jg
 *
 * (Reardon & O'Sullivan 2004, Sociol. Methodol. 34:121-162). Everything that
 * depends on distance between units is made of these sums: the surface-based
 * indices (spatial.h) and the zone-based ones (zones.h). Pairs of units are
 * visited, never stored. */
#ifndef IOI_CORE_ENVIRONMENT_H
#define IOI_CORE_ENVIRONMENT_H

#include <stddef.h>
#include <stdint.h>

#include "core/kdtree.h"

/* The weight phi of a person at distance d for bandwidth h > 0; phi(0) = 1.
 *   biweight     (1 - (d/h)^2)^2  for d <= h, else 0
 *   gaussian     exp(-(d/h)^2 / 2)
 *   exponential  exp(-d/h)
 *   triangular   1 - d/h          for d <= h, else 0
 *   step         1                for d <= h, else 0
 *   inverse      (1 + d/h)^-power, which is (d + h)^-power but for a constant
 *   nearest      1 for the h nearest people, oneself included. Of units at the
 *                distance at which h is reached, all the same part is taken.
 * Bandwidth 0 is the unit alone for every kernel. */
typedef enum {
  IOI_KERNEL_BIWEIGHT,
  IOI_KERNEL_GAUSSIAN,
  IOI_KERNEL_EXPONENTIAL,
  IOI_KERNEL_TRIANGULAR,
  IOI_KERNEL_STEP,
  IOI_KERNEL_INVERSE,
  IOI_KERNEL_NEAREST
} ioi_kernel;

/* kernel, power (of inverse), the distance beyond which nobody counts (may be
 * INFINITY), and the bandwidths, finite and not negative. */
typedef struct {
  ioi_kernel kernel;
  double power;
  double max_distance;
  const double *bandwidth;
  size_t bands;
} ioi_smoothing;

/* phi(d) for one bandwidth; not for IOI_KERNEL_NEAREST. Beyond max_distance it
 * is 0. */
double ioi_kernel_weight(const ioi_smoothing *s, double h, double d);

/* Units and how far apart they are. Positions number the units 0 .. units - 1:
 * those of the tree where there is one.
 *
 *   tree      the units as points; NULL: the pairs below.
 *   radius    0: the points lie in a plane and distance is a straight line.
 *             Else they are directions from the centre of a sphere of this
 *             radius (3 numbers of length 1) and distance is along it.
 *   start     units + 1; the neighbours of unit p are numbers start[p] ..
 *             start[p + 1] - 1 of `to` and `distance`. All others are out of
 *             reach. No unit is its own neighbour.
 *   count     groups values for each position: people, finite, not negative.
 *   total     people at each position.
 *   own       weight of each unit for itself, or NULL: 1.
 *   least     0: everybody within reach counts. Else people may be left out
 *             who, all together, are fewer than this part of the unit's own;
 *             needs own == NULL.
 *   all       sum of total. */
typedef struct {
  const ioi_kdtree *tree;
  double radius;
  const size_t *start;
  const uint32_t *to;
  const double *distance;
  size_t units;
  size_t groups;
  const double *count;
  const double *total;
  const double *own;
  double least;
  double all;
} ioi_places;

/* A neighbour of a unit. */
typedef struct {
  double distance;
  uint32_t at;
} ioi_neighbour;

/* Work space of one thread: `units` elements each. */
typedef struct {
  uint32_t *found;
  ioi_neighbour *near;
} ioi_near_work;

/* The environment of the unit at one position.
 *
 *   env  [out]  bands * groups sums, bandwidth by bandwidth.
 *   work [out]  see above.
 * Time: proportional to the units within reach of the largest bandwidth. Keeps
 * no state: safe in any thread. The order of additions depends on the places
 * alone. */
void ioi_environment(const ioi_places *places, const ioi_smoothing *smoothing,
                     size_t position, double *env, ioi_near_work *work);

/* Longitude and latitude in degrees as directions, 3 numbers for each of n
 * places. */
void ioi_sphere_directions(const double *lon, const double *lat, size_t n,
                           double *direction);

/* Writes people by position and makes them those of the places, of which units,
 * groups and tree are set; all is written too.
 *
 *   table  [in]   table[g * stride + i] people of group g in unit i.
 *   weight [in]   weight of each unit for itself, or NULL.
 *   count  [out]  units * groups doubles.
 *   total  [out]  units doubles.
 *   own    [out]  units doubles; may be NULL where weight is. */
void ioi_places_fill(ioi_places *places, const double *table, size_t stride,
                     const double *weight, double *count, double *total,
                     double *own);

/* People of each group at all places: groups values. */
void ioi_places_totals(const ioi_places *places, double *total);

/* Great-circle or plane distance of two points as `places` has them. */
double ioi_place_distance(const ioi_places *places, const double *a,
                          const double *b);

#endif
