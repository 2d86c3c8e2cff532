/* ipf.h - iterative proportional fitting of a sparse table to two margins
 * (Deming & Stephan 1940, Ann. Math. Statist. 11:427-444): the table keeps its
 * odds ratios, and cells of 0 stay 0. */
#ifndef IOI_CORE_IPF_H
#define IOI_CORE_IPF_H

#include <stddef.h>

#include "core/status.h"

/* The cells of a table that are not 0, row by row: those of row i are
 * start[i] .. start[i + 1] - 1, each in column[] of its own. */
typedef struct {
  const size_t *start;
  const int *column;
  size_t rows, columns;
} ioi_sparse;

/* How a fitting ended. error: the largest absolute difference between a margin
 * and its target; in_column, at: where it is. */
typedef struct {
  size_t rounds;
  double error;
  int in_column;
  size_t at;
} ioi_ipf_report;

/* Fits value[] to the margins, always rows first, until no margin is further
 * from its target than `tolerance`.
 *
 *   table          [in]      the pattern of cells.
 *   row, column    [in]      targets, not negative, with the same sum.
 *   tolerance      [in]      in the unit of the targets.
 *   most           [in]      rounds at most.
 *   value          [in,out]  the cells, positive; fitted on IOI_OK, else what
 *                            the last round left.
 *   report         [out]     always filled.
 *   work           [out]     columns doubles.
 *   tick, context  [in]      called every so often with the rounds done, or
 *                            NULL; see status.h.
 * IOI_ECONVERGE: the margins cannot be reached with this pattern, or not in so
 * many rounds; the report says which is furthest away. */
ioi_status ioi_ipf(const ioi_sparse *table, const double *row,
                   const double *column, double tolerance, size_t most,
                   double *value, ioi_ipf_report *report, double *work,
                   ioi_tick tick, void *context);

#endif
