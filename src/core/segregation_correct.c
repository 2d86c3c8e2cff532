/* segregation_correct.c - corrections of indices of two groups for chance. */
#include "core/segregation_correct.h"

#include <math.h>

#include "core/hypergeometric.h"
#include "core/sum.h"

/* Probabilities below this part of the most probable are left out. */
static const double least = 1e-20;

typedef struct {
  double X, Y;
  size_t occupied;
} totals;

static ioi_status add_up(const double *x, const double *y, size_t n,
                         double floor, totals *out)
{
  ioi_exact X = {0, 0}, Y = {0, 0};
  out->occupied = 0;
  for (size_t i = 0; i < n; i++) {
    if (!(x[i] + y[i] > floor)) continue;
    ioi_exact_add(&X, x[i]);
    ioi_exact_add(&Y, y[i]);
    out->occupied++;
  }
  out->X = ioi_exact_value(&X);
  out->Y = ioi_exact_value(&Y);
  if (!(out->X > 0) || !(out->Y > 0)) return IOI_EEMPTY;
  return out->occupied < 2 ? IOI_ESINGLE : IOI_OK;
}

/* Members of a unit when `all` are drawn with replacement. */
static ioi_urn drawn_again(double members, double all)
{
  return (ioi_urn){
    .all = all, .marked = members, .size = all, .kind = IOI_URN_REPLACE};
}

static size_t most_values(const double *x, size_t n)
{
  ioi_exact all = {0, 0};
  size_t most = 1;
  for (size_t i = 0; i < n; i++) ioi_exact_add(&all, x[i]);
  for (size_t i = 0; i < n; i++) {
    const ioi_urn urn = drawn_again(x[i], ioi_exact_value(&all));
    const size_t values = x[i] > 0 ? ioi_urn_values(&urn, least) : 1;
    most = values > most ? values : most;
  }
  return most;
}

size_t ioi_dissimilarity_drawn_work(const double *x, const double *y, size_t n)
{
  return most_values(x, n) + most_values(y, n);
}

/* The law of a share: value (lowest + k)/all with probability f[k]. */
typedef struct {
  double lowest, all, mean;
  const double *f;
  size_t values;
} law;

static law law_of(double members, double all, double *f)
{
  law out = {0, all, members / all, f, 1};
  const ioi_urn urn = drawn_again(members, all);
  f[0] = 1;
  if (members > 0) out.values = ioi_urn_law(&urn, least, &out.lowest, f);
  return out;
}

/* E|U - V|: with F and G the probability and the mean of V up to u, measured
 * from its mean, E|u - V| = u (2F - 1) - 2G. One pass through both. */
static double mean_distance(const law *u, const law *v)
{
  ioi_exact sum = {0, 0};
  double F = 0, G = 0;
  size_t next = 0;
  for (size_t k = 0; k < u->values; k++) {
    const double at = (u->lowest + (double) k) / u->all - v->mean;
    while (next < v->values) {
      const double to = (v->lowest + (double) next) / v->all - v->mean;
      if (to > at) break;
      F += v->f[next];
      G += v->f[next++] * to;
    }
    ioi_exact_add(&sum, u->f[k] * (at * (2 * F - 1) - 2 * G));
  }
  return ioi_exact_value(&sum);
}

static double plain(const double *x, const double *y, size_t n, const totals *t)
{
  ioi_exact sum = {0, 0};
  for (size_t i = 0; i < n; i++)
    ioi_exact_add(&sum, fabs(x[i] / t->X - y[i] / t->Y));
  return ioi_exact_value(&sum) / 2;
}

ioi_status ioi_dissimilarity_drawn(const double *x, const double *y, size_t n,
                                   double *corrected, double *work)
{
  totals t;
  const ioi_status status = add_up(x, y, n, 0, &t);
  if (status != IOI_OK) return status;
  double *second = work + most_values(x, n);
  ioi_exact sum = {0, 0};
  for (size_t i = 0; i < n; i++) {
    if (!(x[i] + y[i] > 0)) continue;
    const law u = law_of(x[i], t.X, work), v = law_of(y[i], t.Y, second);
    ioi_exact_add(&sum, mean_distance(&u, &v));
  }
  *corrected = 2 * plain(x, y, n, &t) - ioi_exact_value(&sum) / 2;
  return IOI_OK;
}

/* E g(n), n members of `all` drawn with replacement. */
static double drawn_mean(double (*g)(double), double members, double all,
                         double *f)
{
  if (!(members > 0)) return g(0);
  const law n = law_of(members, all, f);
  ioi_exact sum = {0, 0};
  for (size_t k = 0; k < n.values; k++)
    ioi_exact_add(&sum, f[k] * g(n.lowest + (double) k));
  return ioi_exact_value(&sum);
}

ioi_status ioi_hutchens_drawn(const double *x, const double *y, size_t n,
                              double *corrected, double *work)
{
  totals t;
  const ioi_status status = add_up(x, y, n, 0, &t);
  if (status != IOI_OK) return status;
  const double all = sqrt(t.X * t.Y);
  ioi_exact sum = {0, 0};
  for (size_t i = 0; i < n; i++) {
    if (!(x[i] > 0) || !(y[i] > 0)) continue;
    const double a = drawn_mean(sqrt, x[i], t.X, work);
    const double b = drawn_mean(sqrt, y[i], t.Y, work);
    ioi_exact_add(&sum, (2 * sqrt(x[i] * y[i]) - a * b) / all);
  }
  *corrected = 1 - ioi_exact_value(&sum);
  return IOI_OK;
}

static double n_log_n(double n)
{
  return n > 0 ? n * log(n) : 0;
}

size_t ioi_information_drawn_work(const ioi_prepared *m)
{
  size_t most = 1;
  for (size_t g = 0; g < m->table->groups; g++) {
    const ioi_urn urn = drawn_again(m->group[g], m->all);
    const size_t values = m->group[g] > 0 ? ioi_urn_values(&urn, least) : 1;
    most = values > most ? values : most;
  }
  for (size_t i = 0; i < m->table->units; i++) {
    const ioi_urn urn = drawn_again(m->unit[i], m->all);
    const size_t values = m->unit[i] > 0 ? ioi_urn_values(&urn, least) : 1;
    most = values > most ? values : most;
  }
  return most;
}

/* 2 n ln n - E[n* ln n*] */
static double twice_less_drawn(double n, double all, double *f)
{
  return n > 0 ? 2 * n_log_n(n) - drawn_mean(n_log_n, n, all, f) : 0;
}

ioi_status ioi_information_drawn(const ioi_prepared *m, double *mutual,
                                 double *entropy, double *work)
{
  const ioi_table *t = m->table;
  if (m->present < 2) return IOI_EEMPTY;
  if (m->occupied < 2) return IOI_ESINGLE;
  ioi_exact cells = {0, 0}, units = {0, 0}, groups = {0, 0};
  for (size_t g = 0; g < t->groups; g++) {
    ioi_exact_add(&groups, twice_less_drawn(m->group[g], m->all, work));
    for (size_t i = 0; i < t->units; i++)
      ioi_exact_add(
        &cells, twice_less_drawn(t->count[g * t->stride + i], m->all, work));
  }
  for (size_t i = 0; i < t->units; i++)
    ioi_exact_add(&units, twice_less_drawn(m->unit[i], m->all, work));
  *entropy = log(m->all) - ioi_exact_value(&groups) / m->all;
  *mutual = log(m->all)
            + (ioi_exact_value(&cells) - ioi_exact_value(&units)
               - ioi_exact_value(&groups))
                / m->all;
  return IOI_OK;
}

/* m(h): Newton's method from above, where m - h tanh(h m) is convex. */
static double density_mode(double h)
{
  if (!(h > 1)) return 0;
  double m = h;
  for (int step = 0; step < 200; step++) {
    const double tanh_hm = tanh(h * m);
    const double move =
      (m - h * tanh_hm) / (1 - h * h * (1 - tanh_hm * tanh_hm));
    if (!(fabs(move) > 1e-15 * m)) break;
    m -= move;
  }
  return m > 0 ? m : 0;
}

ioi_status ioi_dissimilarity_density(const double *x, const double *y, size_t n,
                                     double *corrected)
{
  totals t;
  const ioi_status status = add_up(x, y, n, 0, &t);
  if (status != IOI_OK) return status;
  ioi_exact sum = {0, 0};
  for (size_t i = 0; i < n; i++) {
    const double q = x[i] / t.X, r = y[i] / t.Y, d = fabs(q - r);
    const double s = sqrt(q * (1 - q) / t.X + r * (1 - r) / t.Y);
    ioi_exact_add(&sum, s > 0 ? s * density_mode(d / s) : d);
  }
  *corrected = ioi_exact_value(&sum) / 2;
  return IOI_OK;
}

ioi_status ioi_correlation_unbiased(const double *x, const double *y, size_t n,
                                    double *corrected)
{
  totals t;
  const ioi_status status = add_up(x, y, n, 1, &t);
  if (status != IOI_OK) return status;
  const double T = t.X + t.Y, m1 = t.X / T;
  ioi_exact sum = {0, 0};
  for (size_t i = 0; i < n; i++) {
    const double K = x[i] + y[i];
    if (K > 1) ioi_exact_add(&sum, x[i] * (x[i] - 1) / (K - 1) / T);
  }
  *corrected = (ioi_exact_value(&sum) - m1 * m1) / (m1 * (1 - m1));
  return IOI_OK;
}

double ioi_above_chance(double value, double chance, double *slope)
{
  *slope = 1 / (1 - chance);
  return (value - chance) / (1 - chance);
}

double ioi_carrington_troske(double value, double chance, double *slope)
{
  if (value >= chance) return ioi_above_chance(value, chance, slope);
  *slope = 1 / chance;
  return (value - chance) / chance;
}
