/* segregation_margins.c - totals of units and groups of a comparison. */
#include "core/segregation_margins.h"

#include <math.h>
#include <string.h>

#include <gsl/gsl_sort.h>

static int takes_part(const ioi_table *table, const ioi_comparison *c, size_t g)
{
  return g < table->groups
         && (c->kind != IOI_COMPARE_PAIR || g == c->a || g == c->b);
}

/* Where the members of group g are counted among the margins' groups. */
static size_t place_of(const ioi_comparison *c, size_t g)
{
  return c->kind == IOI_COMPARE_MULTIGROUP ? g : g != c->a;
}

static int whole(double x)
{
  return x >= 0 && x < 0x1p53 && x == floor(x);
}

/* Unit totals into t, group totals into total; IOI_EDOMAIN as in the header. */
static ioi_status sum_margins(const ioi_table *table, const ioi_comparison *c,
                              double *t, double *total)
{
  double all = 0;
  memset(t, 0, table->units * sizeof *t);
  for (size_t g = 0; g < (table->groups > 2 ? table->groups : 2); g++)
    total[g] = 0;
  for (size_t g = 0; g < table->groups; g++) {
    if (!takes_part(table, c, g)) continue;
    for (size_t i = 0; i < table->units; i++) {
      const double n = table->count[g * table->stride + i];
      if (!whole(n)) return IOI_EDOMAIN;
      t[i] += n;
      total[place_of(c, g)] += n;
      all += n;
    }
  }
  return all < 0x1p53 ? IOI_OK : IOI_EDOMAIN;
}

/* Runs of equal values above 0 in the sorted t, in place; gives their number. */
static size_t distinct(double *t, size_t units, double *many)
{
  size_t sizes = 0;
  for (size_t i = 0; i < units; i++) {
    if (!(t[i] > 0)) continue;
    if (sizes > 0 && t[sizes - 1] == t[i]) {
      many[sizes - 1]++;
    } else {
      t[sizes] = t[i];
      many[sizes++] = 1;
    }
  }
  return sizes;
}

ioi_status ioi_segregation_margins(const ioi_table *table,
                                   const ioi_comparison *comparison,
                                   double *size, double *many, double *total,
                                   ioi_margins *margins)
{
  ioi_status status = sum_margins(table, comparison, size, total);
  if (status != IOI_OK) return status;
  const size_t places =
    comparison->kind == IOI_COMPARE_MULTIGROUP ? table->groups : 2;
  size_t present = 0;
  for (size_t g = 0; g < places; g++)
    if (total[g] > 0) total[present++] = total[g];
  if (present < 2) return IOI_EEMPTY;
  gsl_sort(size, 1, table->units);
  const size_t sizes = distinct(size, table->units, many);
  if (sizes == 1 && many[0] == 1) return IOI_ESINGLE;
  *margins = (ioi_margins){size, many, sizes, total, present};
  return IOI_OK;
}
