/* segregation_margins.h - what is left of a table when only the totals of units
 * and of groups are known. */
#ifndef IOI_CORE_SEGREGATION_MARGINS_H
#define IOI_CORE_SEGREGATION_MARGINS_H

#include <stddef.h>

#include "core/segregation.h"
#include "core/status.h"

/* All that chance leaves of a table.
 *   size, many  [in]  distinct unit totals above 0, ascending, and the number of
 *                     units that have each: `sizes` values each.
 *   total       [in]  members of each group, above 0: `groups` values. */
typedef struct {
  const double *size, *many;
  size_t sizes;
  const double *total;
  size_t groups;
} ioi_margins;

/* The margins of a comparison. Units without members and groups without
 * members are left out; a pair or a group and the rest give two groups.
 *
 *   size, many  [out]  table->units doubles each.
 *   total       [out]  table->groups doubles, two at least.
 *   margins     [out]  points into these.
 * IOI_EDOMAIN: a count is negative, NaN, infinite or not whole, or there are
 * 2^53 persons or more. IOI_EEMPTY: fewer than two groups have members.
 * IOI_ESINGLE: fewer than two units have members. */
ioi_status ioi_segregation_margins(const ioi_table *table,
                                   const ioi_comparison *comparison,
                                   double *size, double *many, double *total,
                                   ioi_margins *margins);

#endif
