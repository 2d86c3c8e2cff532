/* rates.c - limits for counts and proportions; formulas in rates.h. */
#include "core/rates.h"

#include <math.h>

#include "core/interval.h"

/* The rule of OHID: exact below this many events. */
static const double OHID_EXACT_BELOW = 10;

/* What one call needs for every row. */
typedef struct {
  const ioi_distribution *dist;
  ioi_rate_method method;
  double tail, z;
} limits;

static limits prepare(const ioi_distribution *dist, ioi_rate_method method,
                      double level)
{
  double tail = (1 - level) / 2;
  limits s = {dist, method, tail, dist->normal_quantile(tail, 0, 1, 0, 0)};
  return s;
}

static int is_level(double level)
{
  return level > 0 && level < 1;
}

int ioi_rate_is_count(ioi_rate_method method)
{
  return method == IOI_RATE_BYAR || method == IOI_RATE_EXACT
         || method == IOI_RATE_OHID;
}

/* Byar's cube for c events, z signed. */
static double byar(double c, double z)
{
  double root = 1 - 1 / (9 * c) + z / (3 * sqrt(c));
  return c * root * root * root;
}

static void one_count(const limits *s, double count, double *low, double *high)
{
  int exact = s->method == IOI_RATE_EXACT
              || (s->method == IOI_RATE_OHID && count < OHID_EXACT_BELOW);
  *low = 0;
  if (exact) {
    if (count > 0) *low = s->dist->chisq_quantile(s->tail, 2 * count, 1, 0) / 2;
    *high = s->dist->chisq_quantile(s->tail, 2 * count + 2, 0, 0) / 2;
  } else {
    if (count > 0) *low = byar(count, -s->z);
    *high = byar(count + 1, s->z);
  }
}

ioi_status ioi_count_limits(const ioi_distribution *dist,
                            ioi_rate_method method, double level,
                            const double *count, size_t n, double *low,
                            double *high)
{
  if (!is_level(level) || !ioi_rate_is_count(method)) return IOI_EDOMAIN;
  const limits s = prepare(dist, method, level);
  for (size_t i = 0; i < n; i++) {
    low[i] = high[i] = NAN;
    if (isnan(count[i])) continue;
    if (!(count[i] >= 0) || isinf(count[i])) return IOI_EDOMAIN;
    one_count(&s, count[i], &low[i], &high[i]);
  }
  return IOI_OK;
}

static void clopper_pearson(const limits *s, double x, double n, double *low,
                            double *high)
{
  double no = n - x;
  *low = x > 0 ? s->dist->beta_quantile(s->tail, x, no + 1, 1, 0) : 0;
  *high = no > 0 ? s->dist->beta_quantile(s->tail, x + 1, no, 0, 0) : 1;
}

static void jeffreys(const limits *s, double x, double n, double *low,
                     double *high)
{
  double no = n - x;
  *low = s->dist->beta_quantile(s->tail, x + 0.5, no + 0.5, 1, 0);
  *high = s->dist->beta_quantile(s->tail, x + 0.5, no + 0.5, 0, 0);
}

static void agresti_coull(const limits *s, double x, double n, double *low,
                          double *high)
{
  double m = n + s->z * s->z, p = (x + s->z * s->z / 2) / m;
  double step = s->z * sqrt(p * (1 - p) / m);
  *low = p - step;
  *high = p + step;
}

static void one_proportion(const limits *s, double x, double n, double *low,
                           double *high)
{
  switch (s->method) {
  case IOI_RATE_WILSON:
    ioi_interval_wilson(x / n, n, s->z, low, high);
    break;
  case IOI_RATE_WILSON_CC:
    ioi_interval_wilson_corrected(x / n, n, s->z, low, high);
    break;
  case IOI_RATE_CLOPPER_PEARSON:
    clopper_pearson(s, x, n, low, high);
    break;
  case IOI_RATE_JEFFREYS:
    jeffreys(s, x, n, low, high);
    break;
  default:
    agresti_coull(s, x, n, low, high);
  }
}

static int is_proportion_method(ioi_rate_method method)
{
  return method >= IOI_RATE_WILSON && method <= IOI_RATE_AGRESTI_COULL;
}

ioi_status ioi_people_limits(const ioi_distribution *dist,
                             ioi_rate_method method, double level,
                             const double *x, const double *people, size_t m,
                             double *low, double *high)
{
  if (!is_level(level) || !is_proportion_method(method)) return IOI_EDOMAIN;
  const limits s = prepare(dist, method, level);
  for (size_t i = 0; i < m; i++) {
    low[i] = high[i] = NAN;
    if (isnan(x[i]) || isnan(people[i])) continue;
    if (!(x[i] >= 0) || isinf(people[i])) return IOI_EDOMAIN;
    if (!(people[i] >= 0)) return IOI_EDOMAIN;
    if (!(people[i] > 0)) continue;
    if (!(x[i] <= people[i])) return IOI_EDOMAIN;
    one_proportion(&s, x[i], people[i], &low[i], &high[i]);
  }
  return IOI_OK;
}

double ioi_count_test(const ioi_distribution *dist, double count,
                      double expected, int mid_p)
{
  if (!(count >= 0 && expected > 0) || isinf(count) || isinf(expected))
    return NAN;
  /* P(X <= O) and P(X >= O) of a Poisson mean E as tails of chi-square. */
  double low = dist->chisq_tail(2 * expected, 2 * count + 2, 0, 0);
  double high = count > 0 ? dist->chisq_tail(2 * expected, 2 * count, 1, 0) : 1;
  double half = mid_p ? (low + high - 1) / 2 : 0;
  return fmin(1, 2 * (fmin(low, high) - half));
}
