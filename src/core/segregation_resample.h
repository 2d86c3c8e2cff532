/* segregation_resample.h - tables drawn anew, and what many of them say of an
 * index. */
#ifndef IOI_CORE_SEGREGATION_RESAMPLE_H
#define IOI_CORE_SEGREGATION_RESAMPLE_H

#include "core/alias.h"
#include "core/segregation.h"
#include "core/stream.h"

/* Cells of up to IOI_SMALL members are drawn from tables of at most
 * IOI_SMALL_VALUES values: of[c], of values[c], for a cell of c. */
#define IOI_SMALL ((size_t) 64)
#define IOI_SMALL_VALUES ((size_t) 160)

typedef struct {
  const ioi_alias *of[IOI_SMALL + 1];
  size_t values[IOI_SMALL + 1];
} ioi_small_laws;

/* Columns that ioi_persons_laws() needs. */
size_t ioi_persons_columns(void);

/* Makes the tables, which all draws of `all` persons share.
 *   column  [out]  work space that `laws` keeps. */
void ioi_persons_laws(double all, ioi_alias *column, ioi_small_laws *laws);

/* As many persons as the table has (to the nearest whole one), drawn with
 * replacement: a multinomial over cells. Poisson draws with slightly smaller
 * means, which given their sum are multinomial, are filled up person by person;
 * in the rare case that they are too many they are drawn again. O(cells).
 *
 *   all    [in]   members of the table, below 2^53.
 *   laws   [in]   the tables of `all`; NULL: each cell is drawn without.
 *   drawn  [out]  groups * units, group by group. */
void ioi_resample_persons(const ioi_table *table, double all,
                          const ioi_small_laws *laws, ioi_stream *stream,
                          double *drawn);

/* The same for each group by itself, so that its total stays. */
void ioi_resample_by_group(const ioi_prepared *margins, ioi_stream *stream,
                           double *drawn);

/* As many units as have members, drawn with replacement.
 *
 *   margins [in]   of the table.
 *   times   [out]  work space: units doubles.
 *   drawn   [out]  groups * occupied, group by group. */
void ioi_resample_units(const ioi_prepared *margins, ioi_stream *stream,
                        double *times, double *drawn);

/* The mean of the replicates of an estimate, and its limits 2 estimate - the
 * upper and lower quantile of the replicates (the basic bootstrap; Davison &
 * Hinkley 1997, section 5.2). A distribution that is shifted upward by chance
 * shifts the limits downward.
 *
 *   theta    [in]   values[k * step], k = 0 .. reps - 1; NaN is left out.
 *   sorted   [out]  work space: reps doubles.
 * NaN where there are fewer than two values. */
typedef struct {
  double mean, low, high;
  size_t values;
} ioi_bootstrap;

ioi_bootstrap ioi_bootstrap_limits(const double *theta, size_t step,
                                   size_t reps, double estimate, double level,
                                   double *sorted);

#endif
