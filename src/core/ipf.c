/* ipf.c - iterative proportional fitting. */
#include "core/ipf.h"

#include <math.h>
#include <string.h>

/* Notes the margin if it is the worst so far. NaN is worse than anything. */
static void look(ioi_ipf_report *report, double sum, double target,
                 int in_column, size_t at)
{
  const double error = fabs(sum - target);
  if (error <= report->error) return;
  report->error = error;
  report->in_column = in_column;
  report->at = at;
}

static double row_sum(const ioi_sparse *t, size_t i, const double *value)
{
  double sum = 0;
  for (size_t k = t->start[i]; k < t->start[i + 1]; k++) sum += value[k];
  return sum;
}

static void column_sums(const ioi_sparse *t, const double *value, double *sum)
{
  memset(sum, 0, t->columns * sizeof *sum);
  for (size_t k = 0; k < t->start[t->rows]; k++) sum[t->column[k]] += value[k];
}

/* The distance of both margins from their targets. */
static void measure(const ioi_sparse *t, const double *row,
                    const double *column, const double *value,
                    ioi_ipf_report *report, double *work)
{
  report->error = -1;
  for (size_t i = 0; i < t->rows; i++)
    look(report, row_sum(t, i, value), row[i], 0, i);
  column_sums(t, value, work);
  for (size_t c = 0; c < t->columns; c++)
    look(report, work[c], column[c], 1, c);
}

static void scale_rows(const ioi_sparse *t, const double *row, double *value)
{
  for (size_t i = 0; i < t->rows; i++) {
    const double sum = row_sum(t, i, value), by = sum > 0 ? row[i] / sum : 0;
    for (size_t k = t->start[i]; k < t->start[i + 1]; k++) value[k] *= by;
  }
}

static void scale_columns(const ioi_sparse *t, const double *column,
                          double *value, double *work)
{
  column_sums(t, value, work);
  for (size_t c = 0; c < t->columns; c++)
    work[c] = work[c] > 0 ? column[c] / work[c] : 0;
  for (size_t k = 0; k < t->start[t->rows]; k++) value[k] *= work[t->column[k]];
}

/* Rounds between two calls of tick: some ten million cells. */
static size_t rounds_a_tick(const ioi_sparse *t)
{
  const size_t cells = t->start[t->rows] + 1;
  return cells > 5000000 ? 1 : 5000000 / cells + 1;
}

ioi_status ioi_ipf(const ioi_sparse *table, const double *row,
                   const double *column, double tolerance, size_t most,
                   double *value, ioi_ipf_report *report, double *work,
                   ioi_tick tick, void *context)
{
  const size_t pause = rounds_a_tick(table);
  for (report->rounds = 0;; report->rounds++) {
    measure(table, row, column, value, report, work);
    if (report->error <= tolerance) return IOI_OK;
    if (report->rounds >= most) return IOI_ECONVERGE;
    scale_rows(table, row, value);
    scale_columns(table, column, value, work);
    if (tick && report->rounds % pause == pause - 1
        && tick(context, report->rounds))
      return IOI_ESTOPPED;
  }
}
