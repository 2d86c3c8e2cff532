/* segregation_ordered.h - segregation of ordered groups: income bands, levels of
 * attainment.
 *
 * A cut after group k parts people into those at or below k and those above.
 * c_k is the share at or below, c_ik that in unit i, f a function that is 0 at 0
 * and 1 and largest in the middle:
 *   THEIL               -c log2 c - (1 - c) log2 (1 - c)
 *   RELATIVE_DIVERSITY  4 c (1 - c)
 *   HUTCHENS            2 sqrt(c (1 - c))
 *   ABSOLUTE            1 - |2c - 1|
 * A cut after a group without members is the cut before it, and left out. */
#ifndef IOI_CORE_SEGREGATION_ORDERED_H
#define IOI_CORE_SEGREGATION_ORDERED_H

#include <stddef.h>

#include "core/segregation.h"
#include "core/status.h"

typedef enum {
  IOI_ORDERED_THEIL,
  IOI_ORDERED_RELATIVE_DIVERSITY,
  IOI_ORDERED_HUTCHENS,
  IOI_ORDERED_ABSOLUTE
} ioi_ordered_index;

/* How cuts become one number.
 *
 * degree < 0, ordinal: sum_i t_i (v - v_i)/(T v), v = sum_k f(c_k), v_i alike
 * (Reardon 2009, Res. Econ. Inequal. 17:129-155).
 *
 * degree m >= 0, rank order: at each cut the index of two groups,
 * y_k = 1 - sum_i t_i f(c_ik)/(T f(c_k)); a polynomial in p of degree m is fitted
 * to it at p = c_k, by least squares with weights f(c_k)^2 or without (weighted);
 * the index is the integral of the polynomial times f over that of f (Reardon
 * 2011; Reardon & Bischoff 2011, Am. J. Sociol. 116:1092-1153).
 *   at, points  percentiles p between 0 and 1 at which the polynomial is also
 *               given: segregation of those below p from those above. */
typedef struct {
  ioi_ordered_index index;
  int degree;
  int weighted;
  const double *at;
  size_t points;
} ioi_ordered;

/* Doubles of work space for tables of up to `groups` groups. */
size_t ioi_segregation_ordered_work(const ioi_ordered *how, size_t groups);

/* The index of a table whose groups are in order.
 *
 *   value     [out]  1 + points numbers: the index, then the polynomial at each
 *                    percentile. Ordinal indices lie in 0 .. 1; fitted ones
 *                    mostly do.
 *   u         [out]  (1 + points) * groups * units derivatives with respect to
 *                    every cell, or NULL; 0 where f has no derivative. Those of
 *                    a fit count that c_k and the weights move too. Untouched
 *                    unless IOI_OK.
 *   occupied  [out]  units with members; untouched on IOI_EDOMAIN.
 * IOI_EDOMAIN: a count is negative, NaN or infinite. IOI_EEMPTY: fewer than two
 * groups have members. IOI_ESINGLE: all members are in one unit. IOI_EFEW: m + 1
 * cuts or fewer. */
ioi_status ioi_segregation_ordered(const ioi_table *table,
                                   const ioi_ordered *how, double *value,
                                   double *u, size_t *occupied, double *work);

#endif
