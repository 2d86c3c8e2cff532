/* segregation_ordered.c - ordinal and rank-order indices and their influence. */
#include "core/segregation_ordered.h"

#include <math.h>
#include <string.h>

#include <gsl/gsl_linalg.h>
#include <gsl/gsl_math.h>

#include "core/sum.h"

/* ---- f, its slope, and the integrals of its moments ------------------------- */

static double f_at(ioi_ordered_index index, double c)
{
  if (!(c > 0 && c < 1)) return 0;
  switch (index) {
  case IOI_ORDERED_THEIL:
    return -(c * log(c) + (1 - c) * log1p(-c)) / M_LN2;
  case IOI_ORDERED_RELATIVE_DIVERSITY:
    return 4 * c * (1 - c);
  case IOI_ORDERED_HUTCHENS:
    return 2 * sqrt(c * (1 - c));
  default:
    return 1 - fabs(2 * c - 1);
  }
}

/* 0 at the ends, where only empty cells would feel an infinite slope. */
static double slope_at(ioi_ordered_index index, double c)
{
  if (!(c > 0 && c < 1)) return 0;
  switch (index) {
  case IOI_ORDERED_THEIL:
    return (log1p(-c) - log(c)) / M_LN2;
  case IOI_ORDERED_RELATIVE_DIVERSITY:
    return 4 - 8 * c;
  case IOI_ORDERED_HUTCHENS:
    return (1 - 2 * c) / sqrt(c * (1 - c));
  default:
    return c == 0.5 ? 0 : c < 0.5 ? 2 : -2;
  }
}

/* sum_j (-1)^(m - j) C(m, j) / (m - j + 2)^2 = the integral of
 * -p ln p (1 - p)^m */
static double theil_side(int m)
{
  double sum = 0, choose = 1;
  for (int j = 0; j <= m; j++) {
    sum += (j % 2 ? -choose : choose) / ((j + 2.0) * (j + 2.0));
    choose = choose * (m - j) / (j + 1);
  }
  return sum;
}

/* The integral of p^m f over that of f. */
static double moment(ioi_ordered_index index, int m)
{
  double product = 4, half = pow(0.5, m + 1);
  switch (index) {
  case IOI_ORDERED_THEIL:
    return 2 / ((m + 2.0) * (m + 2.0)) + 2 * theil_side(m);
  case IOI_ORDERED_RELATIVE_DIVERSITY:
    return 6 / ((m + 2.0) * (m + 3.0));
  case IOI_ORDERED_HUTCHENS:
    for (int j = 0; j <= m; j++) product *= (2 * j + 1.0) / (2 * j + 4.0);
    return product;
  default:
    return 4 * ((1 - half) / (m + 1) - (1 - half) / (m + 2));
  }
}

/* ---- cuts ------------------------------------------------------------------- */

/* One cut: after which group; the share at or below; T f; sum_i t_i f(c_ik);
 * derivatives of the result with respect to T f, to that sum and to p. */
typedef struct {
  size_t cuts, order;
  double all, *total, *after, *p, *top, *sum, *d_top, *d_sum, *d_p;
  double *x, *tau, *beta, *solved, *aim;
} fit;

static size_t columns_of(const ioi_ordered *how)
{
  return how->degree < 0 ? 0 : (size_t) how->degree + 1;
}

static size_t lay_out(fit *s, const ioi_ordered *how, size_t groups, double *at)
{
  const size_t m = columns_of(how);
  const size_t size[] = {groups, groups, groups, groups, groups,
                         groups, groups, groups, m,      groups * m,
                         groups, m,      m};
  double **array[] = {&s->total,  &s->after, &s->p,   &s->top, &s->sum,
                      &s->d_top,  &s->d_sum, &s->d_p, &s->tau, &s->x,
                      &s->solved, &s->beta,  &s->aim};
  size_t used = 0;
  for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
    if (at) *array[i] = at + used;
    used += size[i];
  }
  return used;
}

size_t ioi_segregation_ordered_work(const ioi_ordered *how, size_t groups)
{
  fit s;
  return lay_out(&s, how, groups, NULL);
}

static double unit_total(const ioi_table *table, size_t i)
{
  double sum = 0;
  for (size_t g = 0; g < table->groups; g++)
    sum += table->count[g * table->stride + i];
  return sum;
}

static ioi_status add_totals(const ioi_table *table, fit *s, size_t *occupied)
{
  size_t present = 0, units = 0;
  s->all = 0;
  for (size_t g = 0; g < table->groups; g++) {
    ioi_exact sum = {0, 0};
    for (size_t i = 0; i < table->units; i++) {
      const double n = table->count[g * table->stride + i];
      if (!(n >= 0 && n < INFINITY)) return IOI_EDOMAIN;
      ioi_exact_add(&sum, n);
    }
    s->total[g] = ioi_exact_value(&sum);
    s->all += s->total[g];
    present += s->total[g] > 0;
  }
  if (!(s->all < INFINITY)) return IOI_EDOMAIN;
  for (size_t i = 0; i < table->units; i++) units += unit_total(table, i) > 0;
  *occupied = units;
  if (present < 2) return IOI_EEMPTY;
  return units < 2 ? IOI_ESINGLE : IOI_OK;
}

static void find_cuts(const ioi_table *table, const ioi_ordered *how, fit *s)
{
  double below = 0, above = s->all;
  size_t last = table->groups;
  while (last > 0 && !(s->total[last - 1] > 0)) last--;
  s->cuts = 0;
  for (size_t g = 0; g + 1 < last; g++) {
    below += s->total[g];
    above -= s->total[g];
    if (!(s->total[g] > 0)) continue;
    const double p = below / s->all;
    s->after[s->cuts] = (double) g;
    s->p[s->cuts] = p;
    s->top[s->cuts++] = s->all * f_at(how->index, p);
  }
}

/* sum_i t_i f(c_ik) of every cut. */
static void add_units(const ioi_table *table, const ioi_ordered *how, fit *s)
{
  memset(s->sum, 0, s->cuts * sizeof *s->sum);
  for (size_t i = 0; i < table->units; i++) {
    const double t = unit_total(table, i);
    double below = 0;
    size_t k = 0;
    if (!(t > 0)) continue;
    for (size_t g = 0; k < s->cuts; g++) {
      below += table->count[g * table->stride + i];
      if (g != (size_t) s->after[k]) continue;
      s->sum[k++] += t * f_at(how->index, below / t);
    }
  }
}

/* ---- influence -------------------------------------------------------------- */

/* From the derivatives of a result with respect to what the cuts hold, to those
 * with respect to cells. t f(c) has the slope f(c) + f'(c) (1[g <= k] - c), so a
 * sum over cuts is a sum over all of f - c f' and one over cuts k >= g of f'. */
static void add_slopes(const ioi_ordered *how, double c, double weight,
                       double *everybody, double *below)
{
  const double slope = slope_at(how->index, c);
  *everybody += weight * (f_at(how->index, c) - c * slope);
  *below += weight * slope;
}

/* The part that all units share; into the cells of the first unit's column. */
static double common_slope(const ioi_ordered *how, const fit *s, size_t g)
{
  double everybody = 0, below = 0;
  for (size_t k = 0; k < s->cuts; k++) {
    double mine = 0;
    add_slopes(how, s->p[k], s->d_top[k], &everybody, &mine);
    everybody -= s->d_p[k] * s->p[k] / s->all;
    if ((size_t) s->after[k] >= g) below += mine + s->d_p[k] / s->all;
  }
  return everybody + below;
}

static void unit_slopes(const ioi_table *table, const ioi_ordered *how,
                        const fit *s, size_t i, double *u)
{
  const double t = unit_total(table, i);
  double everybody = 0, under = t, below = 0;
  size_t k = s->cuts;
  if (!(t > 0)) return;
  for (size_t g = table->groups; g-- > 0;) {
    double mine = 0;
    if (k > 0 && g == (size_t) s->after[k - 1]) {
      add_slopes(how, under / t, s->d_sum[k - 1], &everybody, &mine);
      below += mine;
      k--;
    }
    u[g * table->units + i] += below;
    under = fmax(0, under - table->count[g * table->stride + i]);
  }
  for (size_t g = 0; g < table->groups; g++)
    u[g * table->units + i] += everybody;
}

static void influence(const ioi_table *table, const ioi_ordered *how,
                      const fit *s, double *u)
{
  for (size_t g = 0; g < table->groups; g++) {
    const double common = common_slope(how, s, g);
    for (size_t i = 0; i < table->units; i++) u[g * table->units + i] = common;
  }
  for (size_t i = 0; i < table->units; i++) unit_slopes(table, how, s, i, u);
}

/* ---- ordinal ---------------------------------------------------------------- */

static double ordinal(fit *s)
{
  double top = 0, sum = 0;
  for (size_t k = 0; k < s->cuts; k++) {
    top += s->top[k];
    sum += s->sum[k];
  }
  for (size_t k = 0; k < s->cuts; k++) {
    s->d_sum[k] = -1 / top;
    s->d_top[k] = sum / top / top;
    s->d_p[k] = 0;
  }
  return fmin(1, fmax(0, (top - sum) / top));
}

/* ---- rank order ------------------------------------------------------------- */

static double weight_root(const ioi_ordered *how, const fit *s, size_t k)
{
  return how->weighted ? s->top[k] / s->all : 1;
}

static double height(const fit *s, size_t k)
{
  return (s->top[k] - s->sum[k]) / s->top[k];
}

/* Horner's rule; and its slope. */
static double polynomial(const double *b, size_t n, double p)
{
  double sum = 0;
  for (size_t j = n; j-- > 0;) sum = sum * p + b[j];
  return sum;
}

static double polynomial_slope(const double *b, size_t n, double p)
{
  double sum = 0;
  for (size_t j = n; j-- > 1;) sum = sum * p + (double) j * b[j];
  return sum;
}

/* beta by QR of the weighted powers of p; x keeps the decomposition. */
static void fit_polynomial(const ioi_ordered *how, fit *s)
{
  const size_t m = s->order;
  gsl_matrix_view x = gsl_matrix_view_array(s->x, s->cuts, m);
  gsl_vector_view tau = gsl_vector_view_array(s->tau, m);
  gsl_vector_view y = gsl_vector_view_array(s->solved, s->cuts);
  for (size_t k = 0; k < s->cuts; k++) {
    double power = weight_root(how, s, k);
    s->solved[k] = power * height(s, k);
    for (size_t j = 0; j < m; j++, power *= s->p[k]) s->x[k * m + j] = power;
  }
  gsl_linalg_QR_decomp(&x.matrix, &tau.vector);
  gsl_linalg_QR_QTvec(&x.matrix, &tau.vector, &y.vector);
  memcpy(s->beta, s->solved, m * sizeof *s->beta);
  for (size_t j = m; j-- > 0;) {
    for (size_t l = j + 1; l < m; l++)
      s->beta[j] -= s->x[j * m + l] * s->beta[l];
    s->beta[j] /= s->x[j * m + j];
  }
}

/* g = (R'R)^-1 aim, in place. */
static void solve_aim(fit *s)
{
  const size_t m = s->order;
  double *g = s->aim;
  for (size_t j = 0; j < m; j++) {
    for (size_t l = 0; l < j; l++) g[j] -= s->x[l * m + j] * g[l];
    g[j] /= s->x[j * m + j];
  }
  for (size_t j = m; j-- > 0;) {
    for (size_t l = j + 1; l < m; l++) g[j] -= s->x[j * m + l] * g[l];
    g[j] /= s->x[j * m + j];
  }
}

/* aim' beta, the index or a point; and its derivatives. With weights w, powers x,
 * residuals r and g = (X'WX)^-1 aim, those are w (g'x) for the height of a cut,
 * and r w (g'x') + r w' (g'x) - w (g'x)(beta'x') for its place. */
static double rank_order(const ioi_ordered *how, fit *s)
{
  const size_t m = s->order;
  double value = 0;
  for (size_t j = 0; j < m; j++) value += s->aim[j] * s->beta[j];
  solve_aim(s);
  for (size_t k = 0; k < s->cuts; k++) {
    const double p = s->p[k], root = weight_root(how, s, k), w = root * root;
    const double gx = polynomial(s->aim, m, p);
    const double residual = height(s, k) - polynomial(s->beta, m, p);
    const double w_slope =
      how->weighted ? 2 * root * slope_at(how->index, p) : 0;
    s->d_sum[k] = -w * gx / s->top[k];
    s->d_top[k] = w * gx * s->sum[k] / s->top[k] / s->top[k];
    s->d_p[k] = residual * (w * polynomial_slope(s->aim, m, p) + w_slope * gx)
                - w * gx * polynomial_slope(s->beta, m, p);
  }
  return value;
}

static void aim_at(const ioi_ordered *how, fit *s, size_t point)
{
  for (size_t j = 0; j < s->order; j++)
    s->aim[j] = point == 0 ? moment(how->index, (int) j)
                           : pow(how->at[point - 1], (double) j);
}

ioi_status ioi_segregation_ordered(const ioi_table *table,
                                   const ioi_ordered *how, double *value,
                                   double *u, size_t *occupied, double *work)
{
  fit s;
  lay_out(&s, how, table->groups, work);
  ioi_status status = add_totals(table, &s, occupied);
  if (status != IOI_OK) return status;
  s.order = columns_of(how);
  find_cuts(table, how, &s);
  if (how->degree >= 0 && s.cuts <= s.order) return IOI_EFEW;
  add_units(table, how, &s);
  if (how->degree < 0) {
    *value = ordinal(&s);
    if (u) influence(table, how, &s, u);
    return IOI_OK;
  }
  fit_polynomial(how, &s);
  for (size_t point = 0; point <= how->points; point++) {
    aim_at(how, &s, point);
    value[point] = rank_order(how, &s);
    if (u) influence(table, how, &s, u + point * table->groups * table->units);
  }
  return IOI_OK;
}
