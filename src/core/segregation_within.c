/* segregation_within.c - indices over nested areas. */
#include "core/segregation_within.h"

#include <math.h>
#include <string.h>

#include "core/sum.h"

/* The members of unit i by column. */
static void gather(const ioi_nest *nest, size_t i, double *x)
{
  const ioi_table *t = &nest->table;
  for (size_t c = 0; c < nest->columns; c++) x[c] = 0;
  for (size_t g = 0; g < t->groups; g++)
    if (nest->column[g] >= 0) x[nest->column[g]] += t->count[g * t->stride + i];
}

static double sum_of(const double *x, size_t n)
{
  double sum = 0;
  for (size_t c = 0; c < n; c++) sum += x[c];
  return sum;
}

/* The number, within its level, of the area of level l >= 1 around unit i. */
static size_t place(const ioi_nest *nest, size_t l, size_t i)
{
  return (size_t) (nest->area[l - 1][i] - nest->area[l - 1][0]);
}

size_t ioi_nest_level_areas(const ioi_nest *nest, size_t l)
{
  if (l == 0) return 1;
  return nest->table.units ? place(nest, l, nest->table.units - 1) + 1 : 0;
}

size_t ioi_nest_areas(const ioi_nest *nest)
{
  size_t sum = 0;
  for (size_t l = 0; l < nest->steps; l++) sum += ioi_nest_level_areas(nest, l);
  return sum;
}

/* The number of the first area of level l. */
static size_t level_start(const ioi_nest *nest, size_t l)
{
  size_t sum = 0;
  for (size_t m = 0; m < l; m++) sum += ioi_nest_level_areas(nest, m);
  return sum;
}

/* Fills parent[] by the first unit of each area. */
static void find_parents(const ioi_nest *nest, size_t *parent)
{
  parent[0] = 0;
  for (size_t l = 1; l < nest->steps; l++) {
    const size_t above = level_start(nest, l - 1), from = level_start(nest, l);
    for (size_t i = 0; i < nest->table.units; i++)
      parent[from + place(nest, l, i)] =
        above + (l > 1 ? place(nest, l - 1, i) : 0);
  }
}

/* Adds unit totals to the areas of the finest level. */
static ioi_status add_units(const ioi_nest *nest, double *total)
{
  const ioi_table *t = &nest->table;
  const size_t columns = nest->columns;
  const int *area = nest->steps > 1 ? nest->area[nest->steps - 2] : NULL;
  for (size_t g = 0; g < t->groups; g++) {
    const double *x = t->count + g * t->stride;
    const int column = nest->column[g];
    for (size_t i = 0; i < t->units; i++) {
      if (!(x[i] >= 0 && x[i] < INFINITY)) return IOI_EDOMAIN;
      const size_t k = area ? (size_t) (area[i] - area[0]) : 0;
      if (column >= 0) total[k * columns + (size_t) column] += x[i];
    }
  }
  return IOI_OK;
}

ioi_status ioi_nest_totals(const ioi_nest *nest, double *total, size_t *parent)
{
  const size_t areas = ioi_nest_areas(nest), columns = nest->columns;
  const size_t finest = level_start(nest, nest->steps - 1);
  memset(total, 0, areas * columns * sizeof *total);
  find_parents(nest, parent);
  ioi_status status = add_units(nest, total + finest * columns);
  for (size_t k = areas; k-- > 1;)
    for (size_t c = 0; c < columns; c++)
      total[parent[k] * columns + c] += total[k * columns + c];
  if (status == IOI_OK && !(sum_of(total, columns) < INFINITY))
    return IOI_EDOMAIN;
  return status;
}

/* Columns with members. */
static size_t present(const double *x, size_t n)
{
  size_t count = 0;
  for (size_t c = 0; c < n; c++) count += x[c] > 0;
  return count;
}

static double entropy(const double *x, double all, size_t n)
{
  double sum = 0;
  for (size_t c = 0; c < n; c++)
    if (x[c] > 0) sum += x[c] / all * log(all / x[c]);
  return sum;
}

/* sum_g P_g (1 - P_g) */
static double interaction(const double *x, double all, size_t n)
{
  double sum = 0;
  for (size_t c = 0; c < n; c++) sum += x[c] / all * ((all - x[c]) / all);
  return sum;
}

/* The geometric mean of x_c / all_c over the columns with members in all_c. */
static double geometric(const double *x, const double *all, size_t n)
{
  double sum = 0, groups = (double) present(all, n);
  if (n == 2 && groups == 2) return sqrt((x[0] / all[0]) * (x[1] / all[1]));
  for (size_t c = 0; c < n; c++) {
    if (!(all[c] > 0)) continue;
    if (!(x[c] > 0)) return 0;
    sum += log(x[c] / all[c]);
  }
  return exp(sum / groups);
}

/* sum_c x_c ln(x_c T / (t N_c)): what a child x of t members adds to T M of its
 * parent. */
static double information(const double *x, double t, const double *n,
                          size_t columns)
{
  const double all = sum_of(n, columns);
  double sum = 0;
  for (size_t c = 0; c < columns; c++)
    if (x[c] > 0) sum += x[c] * log(x[c] / t * (all / n[c]));
  return sum;
}

/* sum_c (x_c - t P_c)^2 / t: what a child adds to T I R. */
static double distance(const double *x, double t, const double *n,
                       size_t columns)
{
  const double all = sum_of(n, columns);
  double sum = 0;
  for (size_t c = 0; c < columns; c++) {
    double apart = x[c] * ((all - n[c]) / all) - (t - x[c]) * (n[c] / all);
    sum += apart / t * apart;
  }
  return sum;
}

/* Mean less geometric mean of the shares: what a child adds to A. */
static double shortfall(const double *x, const double *n, size_t columns)
{
  double sum = 0, groups = (double) present(n, columns);
  for (size_t c = 0; c < columns; c++)
    if (n[c] > 0) sum += x[c] / n[c];
  const double less = sum / groups - geometric(x, n, columns);
  return less > 0 ? less : 0;
}

static double term(ioi_nest_index index, const double *x, double t,
                   const double *n, size_t columns)
{
  if (index == IOI_NEST_DIVERSITY) return distance(x, t, n, columns);
  if (index == IOI_NEST_ATKINSON) return shortfall(x, n, columns);
  return information(x, t, n, columns);
}

int ioi_nest_share_sums(ioi_nest_index one, ioi_nest_index two)
{
  return one == two || (one <= IOI_NEST_THEIL && two <= IOI_NEST_THEIL);
}

/* What the terms of an area are divided by; NaN where the index has no value.
 * `whole` is the total of everywhere. */
static double divisor(ioi_nest_index index, const double *n,
                      const double *whole, size_t columns)
{
  const double all = sum_of(n, columns);
  if (!(all > 0)) return NAN;
  if (index == IOI_NEST_INFORMATION) return all;
  if (index == IOI_NEST_ATKINSON)
    return present(n, columns) == present(whole, columns) ? 1 : NAN;
  const double spread = index == IOI_NEST_THEIL ? entropy(n, all, columns)
                                                : interaction(n, all, columns);
  return present(n, columns) > 1 && spread > 0 ? all * spread : NAN;
}

static double area_weight(ioi_nest_index index, const double *n,
                          const double *whole, size_t columns)
{
  if (index == IOI_NEST_ATKINSON) return geometric(n, whole, columns);
  const double mine = divisor(index, n, whole, columns);
  return isnan(mine) ? 0 : mine / divisor(index, whole, whole, columns);
}

void ioi_nest_sums(const ioi_nest *nest, ioi_nest_index index,
                   const double *total, const size_t *parent, ioi_exact *sum,
                   size_t *children, double *work)
{
  const size_t areas = ioi_nest_areas(nest), columns = nest->columns;
  const size_t l = nest->steps - 1, finest = level_start(nest, l);
  memset(sum, 0, areas * sizeof *sum);
  memset(children, 0, areas * sizeof *children);
  for (size_t k = 1; k < areas; k++) {
    const double *child = total + k * columns, t = sum_of(child, columns);
    if (!(t > 0)) continue;
    children[parent[k]]++;
    ioi_exact_add(sum + parent[k],
                  term(index, child, t, total + parent[k] * columns, columns));
  }
  for (size_t i = 0; i < nest->table.units; i++) {
    const size_t k = finest + (l ? place(nest, l, i) : 0);
    gather(nest, i, work);
    const double t = sum_of(work, columns);
    if (!(t > 0)) continue;
    children[k]++;
    ioi_exact_add(sum + k, term(index, work, t, total + k * columns, columns));
  }
}

/* Is there anything to measure? `units`: units with members. */
static ioi_status measurable(const ioi_nest *nest, ioi_nest_index index,
                             const double *whole, size_t units)
{
  const size_t groups = present(whole, nest->columns);
  if (groups == 0 || (nest->all && groups < nest->columns)) return IOI_EEMPTY;
  if (index == IOI_NEST_INFORMATION) return IOI_OK;
  if (groups < 2) return IOI_EEMPTY;
  return units < 2 ? IOI_ESINGLE : IOI_OK;
}

static double never_above_one(ioi_nest_index index, double x)
{
  return index != IOI_NEST_INFORMATION && x > 1 ? 1 : x;
}

/* estimate, weight and part of area k from the sum of its terms. An index
 * other than M needs two children with members. */
static void close_area(ioi_nest_index index, const double *n,
                       const double *whole, size_t columns, double sum,
                       size_t children, double *estimate, double *weight,
                       double *part)
{
  const double by = divisor(index, n, whole, columns);
  const double value = never_above_one(index, sum / by);
  const int single = index != IOI_NEST_INFORMATION && children < 2;
  *weight = area_weight(index, n, whole, columns);
  *estimate = single ? NAN : value > 0 ? value : isnan(value) ? NAN : 0;
  *part = isnan(*estimate) ? 0 : *weight * *estimate;
}

ioi_status ioi_nest_parts(const ioi_nest *nest, ioi_nest_index index,
                          const double *total, const ioi_exact *sum,
                          const size_t *children, double *estimate,
                          double *weight, double *part, double *level)
{
  const size_t areas = ioi_nest_areas(nest), columns = nest->columns;
  size_t units = 0;
  for (size_t k = level_start(nest, nest->steps - 1); k < areas; k++)
    units += children[k];
  for (size_t k = 0; k < areas; k++)
    close_area(index, total + k * columns, total, columns,
               ioi_exact_value(sum + k), children[k], estimate + k, weight + k,
               part + k);
  ioi_status status = measurable(nest, index, total, units);
  if (status != IOI_OK) return status;
  for (size_t l = 0; l < nest->steps; l++) {
    ioi_exact all = {0, 0};
    const size_t from = level_start(nest, l),
                 count = ioi_nest_level_areas(nest, l);
    for (size_t k = from; k < from + count; k++) ioi_exact_add(&all, part[k]);
    level[l] = ioi_exact_value(&all);
  }
  return IOI_OK;
}

/* 2 p_c - sum p^2: the derivative of sum_k t_k sum_g p_kg^2. */
static double square_slope(const double *x, size_t c, size_t columns)
{
  const double t = sum_of(x, columns);
  double squares = 0;
  for (size_t h = 0; h < columns; h++) squares += x[h] / t * (x[h] / t);
  return 2 * x[c] / t - squares;
}

/* The derivative of prod_g q_g^(1/G) of an area, times T. */
static double product_slope(const double *x, const double *whole, size_t c,
                            size_t columns)
{
  const double groups = (double) present(whole, columns);
  const double all = sum_of(whole, columns);
  return geometric(x, whole, columns) / (groups * (x[c] / all));
}

/* The score of a member of column c in child x of parent n, not centred. */
static double score(ioi_nest_index index, const double *x, const double *n,
                    const double *whole, size_t c, size_t columns)
{
  if (index == IOI_NEST_DIVERSITY)
    return square_slope(x, c, columns) - square_slope(n, c, columns);
  if (index == IOI_NEST_ATKINSON)
    return product_slope(n, whole, c, columns)
           - product_slope(x, whole, c, columns);
  return log(x[c] / sum_of(x, columns) * (sum_of(n, columns) / n[c]));
}

/* Centres a score and divides it by the spread, whose own derivative counts:
 * (f - level D - level psi_D) / D with D = E or I. A looks at shares of each
 * group, so that its centre is level / (G P_c). */
static double centred(ioi_nest_index index, double f, double level,
                      const double *whole, size_t c, size_t columns)
{
  const double all = sum_of(whole, columns), p = whole[c] / all;
  if (index == IOI_NEST_INFORMATION) return f - level;
  if (index == IOI_NEST_ATKINSON)
    return f - level / ((double) present(whole, columns) * p);
  if (index == IOI_NEST_THEIL) {
    const double e = entropy(whole, all, columns);
    return (f - level * e - level * (-log(p) - e)) / e;
  }
  const double i = interaction(whole, all, columns);
  return (f - level * i - level * (2 * (1 - i) - 2 * p)) / i;
}

/* The members of the area or unit of step s around unit i: level s of areas
 * for s < steps, else the unit itself, gathered into x. */
static const double *around(const ioi_nest *nest, const double *total, size_t s,
                            size_t i, const double *x)
{
  if (s == nest->steps) return x;
  const size_t k = level_start(nest, s) + (s ? place(nest, s, i) : 0);
  return total + k * nest->columns;
}

void ioi_nest_influence(const ioi_nest *nest, ioi_nest_index index,
                        const double *total, const double *level, size_t stride,
                        double *u, double *work)
{
  const ioi_table *t = &nest->table;
  const size_t columns = nest->columns;
  const double all = sum_of(total, columns);
  double *x = work, *by_column = work + columns;
  for (size_t i = 0; i < t->units; i++) {
    gather(nest, i, x);
    for (size_t s = 0; s < nest->steps; s++) {
      const double *outer = around(nest, total, s, i, x);
      const double *inner = around(nest, total, s + 1, i, x);
      for (size_t c = 0; c < columns; c++)
        by_column[c] =
          x[c] > 0
            ? centred(index, score(index, inner, outer, total, c, columns),
                      level[s], total, c, columns)
                / all
            : 0;
      for (size_t g = 0; g < t->groups; g++)
        u[s * stride + g * t->units + i] =
          nest->column[g] >= 0 ? by_column[nest->column[g]] : 0;
    }
  }
}
