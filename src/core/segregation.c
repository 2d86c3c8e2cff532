/* segregation.c - dissimilarity for pairs and for many groups. */
#include "core/segregation.h"

#include <math.h>
#include <string.h>

#include "core/sum.h"

static int usable(double x)
{
  return x >= 0 && x < INFINITY;
}

/* Total of one group; IOI_EDOMAIN where it or a value cannot be used. */
static ioi_status group_total(const double *a, size_t n, double *total)
{
  ioi_exact sum = {0, 0};
  for (size_t i = 0; i < n; i++) {
    if (!usable(a[i])) return IOI_EDOMAIN;
    ioi_exact_add(&sum, a[i]);
  }
  *total = ioi_exact_value(&sum);
  return usable(*total) ? IOI_OK : IOI_EDOMAIN;
}

static size_t count_occupied(const double *a, const double *b, size_t n)
{
  size_t count = 0;
  for (size_t i = 0; i < n; i++) count += a[i] > 0 || b[i] > 0;
  return count;
}

/* Shares that differ by no more than this part of their sum are a tie: sums of
 * weights that should be equal differ by some rounding errors. */
static const double tie = 1e-14;

/* sign(a/A - b/B) without the division, so that equal shares of whole numbers
 * tie exactly. */
static double side(double a, double a_all, double b, double b_all)
{
  double x = a * b_all, y = b * a_all;
  if (fabs(x - y) <= tie * (x + y)) return 0;
  return x > y ? 1 : -1;
}

/* Rounding may not carry D above 1. */
static double at_most_one(double d)
{
  return d > 1 ? 1 : d;
}

static double half_distance(const double *a, double a_all, const double *b,
                            double b_all, size_t n)
{
  ioi_exact sum = {0, 0};
  for (size_t i = 0; i < n; i++)
    if (side(a[i], a_all, b[i], b_all) != 0)
      ioi_exact_add(&sum, fabs(a[i] / a_all - b[i] / b_all));
  return at_most_one(ioi_exact_value(&sum) / 2);
}

/* The derivative of D with respect to a_i. D is the same with the groups
 * swapped, so this serves both. */
static void side_influence(const double *a, double a_all, const double *b,
                           double b_all, size_t n, double *u)
{
  ioi_exact mean = {0, 0};
  for (size_t i = 0; i < n; i++) {
    u[i] = side(a[i], a_all, b[i], b_all);
    ioi_exact_add(&mean, u[i] * (a[i] / a_all));
  }
  for (size_t i = 0; i < n; i++)
    u[i] = (u[i] - ioi_exact_value(&mean)) / (2 * a_all);
}

ioi_status ioi_dissimilarity(const double *a, const double *b, size_t n,
                             double *d, double *u_a, double *u_b,
                             size_t *occupied)
{
  double a_all = 0, b_all = 0;
  ioi_status status = group_total(a, n, &a_all);
  if (status == IOI_OK) status = group_total(b, n, &b_all);
  if (status != IOI_OK) return status;
  *occupied = count_occupied(a, b, n);
  if (a_all == 0 || b_all == 0) return IOI_EEMPTY;
  if (*occupied < 2) return IOI_ESINGLE;
  *d = half_distance(a, a_all, b, b_all, n);
  if (u_a) {
    side_influence(a, a_all, b, b_all, n, u_a);
    side_influence(b, b_all, a, a_all, n, u_b);
  }
  return IOI_OK;
}

void ioi_segregation_rest(const ioi_table *table, size_t g, double *rest)
{
  for (size_t i = 0; i < table->units; i++) {
    ioi_exact sum = {0, 0};
    for (size_t h = 0; h < table->groups; h++)
      ioi_exact_add(&sum, h == g ? 0 : table->count[h * table->stride + i]);
    rest[i] = ioi_exact_value(&sum);
  }
}

static double unit_total(const ioi_table *table, size_t i)
{
  double sum = 0;
  for (size_t g = 0; g < table->groups; g++)
    sum += table->count[g * table->stride + i];
  return sum;
}

/* Group totals; the statuses of the header. */
static ioi_status table_totals(const ioi_table *table, double *total,
                               double *all, size_t *occupied)
{
  ioi_exact sum = {0, 0};
  size_t present = 0;
  for (size_t g = 0; g < table->groups; g++) {
    if (group_total(table->count + g * table->stride, table->units, total + g))
      return IOI_EDOMAIN;
    ioi_exact_add(&sum, total[g]);
    present += total[g] > 0;
  }
  *all = ioi_exact_value(&sum);
  *occupied = 0;
  for (size_t i = 0; i < table->units; i++)
    *occupied += unit_total(table, i) > 0;
  if (!usable(*all)) return IOI_EDOMAIN;
  if (present < 2) return IOI_EEMPTY;
  return *occupied < 2 ? IOI_ESINGLE : IOI_OK;
}

/* sum_g P_g (1 - P_g), the interaction index (Simpson). */
static double interaction(const double *total, double all, size_t groups)
{
  double sum = 0;
  for (size_t g = 0; g < groups; g++)
    sum += total[g] / all * ((all - total[g]) / all);
  return sum;
}

/* n - t P as n (1 - P) - (t - n) P: where one group is nearly everybody, no
 * digits are lost in the difference. */
static double excess(double n, double t, double total, double all)
{
  return n * ((all - total) / all) - (t - n) * (total / all);
}

/* s_i = sign(n_ig - t_i P_g) of one group; gives sum_i s_i t_i. */
static double group_sides(const ioi_table *table, size_t g, double total,
                          double all, double *s)
{
  double sum = 0;
  for (size_t i = 0; i < table->units; i++) {
    double t = unit_total(table, i);
    s[i] = side(table->count[g * table->stride + i], total, t, all);
    sum += s[i] * t;
  }
  return sum;
}

/* Derivatives of D = A / (2 T I), A = sum_ig |n_ig - t_i P_g|. With s_ig =
 * sign(n_ig - t_i P_g) and S_g = sum_i s_ig t_i,
 *   dA/dn_jh   = s_jh - sum_g s_jg P_g - (S_h - sum_g S_g P_g) / T,
 *   d(TI)/dn_h = 1 - 2 P_h + sum_g P_g^2.
 * total: the group totals; s_t: groups doubles of work space. */
static void multigroup_influence(const ioi_table *table, double all, double d,
                                 double ti, const double *total, double *s_t,
                                 double *u)
{
  const size_t units = table->units, groups = table->groups;
  const double rest = 1 - interaction(total, all, groups); /* sum P_g^2 */
  double mean_s_t = 0;
  for (size_t g = 0; g < groups; g++) {
    s_t[g] = group_sides(table, g, total[g], all, u + g * units);
    mean_s_t += s_t[g] * total[g] / all;
  }
  for (size_t i = 0; i < units; i++) {
    double mean_s = 0;
    for (size_t g = 0; g < groups; g++)
      mean_s += u[g * units + i] * total[g] / all;
    for (size_t g = 0; g < groups; g++) {
      double da = u[g * units + i] - mean_s - (s_t[g] - mean_s_t) / all;
      double dti = 1 - 2 * total[g] / all + rest;
      u[g * units + i] = da / (2 * ti) - d * dti / ti;
    }
  }
}

/* sum_ig |n_ig - t_i P_g| */
static double total_distance(const ioi_table *table, const double *total,
                             double all)
{
  ioi_exact sum = {0, 0};
  for (size_t g = 0; g < table->groups; g++)
    for (size_t i = 0; i < table->units; i++) {
      double n = table->count[g * table->stride + i];
      double t = unit_total(table, i);
      if (side(n, total[g], t, all) != 0)
        ioi_exact_add(&sum, fabs(excess(n, t, total[g], all)));
    }
  return ioi_exact_value(&sum);
}

ioi_status ioi_dissimilarity_multigroup(const ioi_table *table, double *d,
                                        double *u, size_t *occupied,
                                        double *work)
{
  double all = 0, *total = work;
  ioi_status status = table_totals(table, total, &all, occupied);
  if (status != IOI_OK) return status;
  const double ti = all * interaction(total, all, table->groups);
  if (!(ti > 0)) return IOI_EDOMAIN;
  *d = at_most_one(total_distance(table, total, all) / (2 * ti));
  if (u)
    multigroup_influence(table, all, *d, ti, total, work + table->groups, u);
  return IOI_OK;
}

size_t ioi_segregation_work(const ioi_table *table)
{
  size_t rest = 2 * table->units, totals = 2 * table->groups;
  return rest > totals ? rest : totals;
}

static const double *column(const ioi_table *table, size_t g)
{
  return table->count + g * table->stride;
}

/* Group a with all others. work: units members of the rest, then units
 * derivatives, which every other group shares. */
static ioi_status compare_rest(const ioi_table *table, size_t a, double *d,
                               double *u, size_t *occupied, double *work)
{
  const size_t units = table->units;
  double *rest = work, *u_rest = work + units, total;
  for (size_t g = 0; g < table->groups; g++)
    if (group_total(column(table, g), units, &total)) return IOI_EDOMAIN;
  ioi_segregation_rest(table, a, rest);
  ioi_status status =
    ioi_dissimilarity(column(table, a), rest, units, d,
                      u ? u + a * units : NULL, u ? u_rest : NULL, occupied);
  for (size_t g = 0; u && status == IOI_OK && g < table->groups; g++)
    if (g != a) memcpy(u + g * units, u_rest, units * sizeof *u);
  return status;
}

ioi_status ioi_dissimilarity_compare(const ioi_table *table,
                                     const ioi_comparison *comparison,
                                     double *d, double *u, size_t *occupied,
                                     double *work)
{
  const size_t a = comparison->a, b = comparison->b, units = table->units;
  if (u) memset(u, 0, table->groups * units * sizeof *u);
  if (comparison->kind == IOI_COMPARE_MULTIGROUP)
    return ioi_dissimilarity_multigroup(table, d, u, occupied, work);
  if (comparison->kind == IOI_COMPARE_REST)
    return compare_rest(table, a, d, u, occupied, work);
  return ioi_dissimilarity(column(table, a), column(table, b), units, d,
                           u ? u + a * units : NULL, u ? u + b * units : NULL,
                           occupied);
}

double ioi_segregation_members(const ioi_table *table,
                               const ioi_comparison *comparison)
{
  ioi_exact sum = {0, 0};
  for (size_t g = 0; g < table->groups; g++) {
    if (comparison->kind == IOI_COMPARE_PAIR && g != comparison->a
        && g != comparison->b)
      continue;
    for (size_t i = 0; i < table->units; i++)
      ioi_exact_add(&sum, column(table, g)[i]);
  }
  return ioi_exact_value(&sum);
}

double ioi_segregation_covariance(const double *n, const double *u_r,
                                  const double *u_s, size_t cells)
{
  ioi_exact sum = {0, 0};
  for (size_t c = 0; c < cells; c++)
    ioi_exact_add(&sum, n[c] * u_r[c] * u_s[c]);
  return ioi_exact_value(&sum);
}
