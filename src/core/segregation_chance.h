/* segregation_chance.h - tables drawn as chance would make them. */
#ifndef IOI_CORE_SEGREGATION_CHANCE_H
#define IOI_CORE_SEGREGATION_CHANCE_H

#include <stddef.h>

#include "core/hypergeometric.h"
#include "core/segregation_null.h"
#include "core/stream.h"

/* One draw from the law of `urn` (IOI_URN_KEEP or IOI_URN_REPLACE): inversion
 * outward from the mode, about as many steps as the law has standard deviation.
 * Its probability is found to some 1e-16 times the log factorial of `all`. */
double ioi_urn_draw(const ioi_urn *urn, ioi_stream *stream);

/* Persons put into units without regard to their group.
 *
 *   unit    [in]   members of each unit, `units` whole numbers.
 *   group   [in]   members of each group, `groups` whole numbers that have the
 *                  same sum.
 *   left    [out]  work space: groups doubles.
 *   drawn   [out]  groups * units, group by group. Under `fixed` both margins are
 *                  kept and all tables have the probability that persons in
 *                  random order give them; under `binomial` the units' members
 *                  are kept. */
void ioi_chance_table(const double *unit, size_t units, const double *group,
                      size_t groups, ioi_null_model model, ioi_stream *stream,
                      double *left, double *drawn);

#endif
