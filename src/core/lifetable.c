/* lifetable.c - life tables and what follows from them; see lifetable.h. */
#include "core/lifetable.h"

#include <math.h>

/* Rates that differ by less than this share are equal but for rounding. */
static const double EQUAL_RATES = 1e-14;

static int is_count(double x)
{
  return isnan(x) || (x >= 0 && !isinf(x));
}

static ioi_status check(const ioi_population *p)
{
  if (p->bands < 1) return IOI_EDOMAIN;
  for (size_t i = 0; i < p->bands; i++) {
    int last = i + 1 == p->bands;
    if (!is_count(p->deaths[i]) || !is_count(p->population[i]))
      return IOI_EDOMAIN;
    if (!(p->start[i] >= 0) || isinf(p->start[i])) return IOI_EDOMAIN;
    if (last) break;
    if (!(p->start[i + 1] > p->start[i])) return IOI_EDOMAIN;
    if (!(p->ax[i] >= 0 && p->ax[i] <= 1)) return IOI_EDOMAIN;
  }
  return IOI_OK;
}

static double width(const ioi_population *p, size_t i)
{
  return p->start[i + 1] - p->start[i];
}

/* q of closed band i; NaN without a rate. */
static double death_probability(const ioi_population *p, size_t i)
{
  if (!(p->population[i] > 0) || isnan(p->deaths[i])) return NAN;
  double nm = width(p, i) * p->deaths[i] / p->population[i];
  double a = p->ax[i];
  return a * nm > 1 ? 1 : nm / (1 + (1 - a) * nm);
}

static double death_variance(const ioi_population *p, double q, size_t i)
{
  return p->deaths[i] > 0 ? q * q * (1 - q) / p->deaths[i] : 0 * q;
}

/* Years of band i that a survivor to its start lives in it: u. */
static double years_in(const ioi_population *p, double q, size_t i)
{
  return width(p, i) * (1 - (1 - p->ax[i]) * q);
}

/* Years that one death fewer in band i saves before its end: (1 - a) n. */
static double years_after(const ioi_population *p, size_t i)
{
  return (1 - p->ax[i]) * width(p, i);
}

static int is_open_defined(const ioi_population *p)
{
  size_t k = p->bands - 1;
  return p->deaths[k] > 0 && p->population[k] > 0;
}

static double open_years(const ioi_population *p)
{
  size_t k = p->bands - 1;
  return is_open_defined(p) ? p->population[k] / p->deaths[k] : NAN;
}

/* 1/(D M^2) of the open band. */
static double open_variance(const ioi_population *p, int silcocks)
{
  double e = open_years(p);
  if (!silcocks) return 0 * e;
  return e * e / p->deaths[p->bands - 1];
}

static int notes(const ioi_population *p, const ioi_life_table *t)
{
  int note = 0;
  for (size_t i = 0; i < p->bands; i++) {
    int last = i + 1 == p->bands;
    if (isnan(p->deaths[i]) || isnan(p->population[i]))
      note |= IOI_LIFE_MISSING;
    else if (last && !(p->deaths[i] > 0))
      note |= IOI_LIFE_NO_OPEN_DEATHS;
    else if (!(p->population[i] > 0))
      note |= IOI_LIFE_EMPTY_BAND;
    else if (!last && !(t->qx[i] < 1))
      note |= IOI_LIFE_NO_SURVIVORS;
  }
  return note;
}

/* q and l, from birth up; L where l is known. */
static void fill_up(const ioi_population *p, ioi_life_table *t)
{
  size_t k = p->bands - 1;
  t->lx[0] = 1;
  for (size_t i = 0; i < k; i++) {
    t->qx[i] = death_probability(p, i);
    t->lx[i + 1] = t->lx[i] * (1 - t->qx[i]);
    t->Lx[i] = t->lx[i] * years_in(p, t->qx[i], i);
  }
  t->qx[k] = 1;
  t->Lx[k] = t->lx[k] * open_years(p);
}

/* T, e and its variance, from the open band down. */
static void fill_down(const ioi_population *p, int silcocks, ioi_life_table *t)
{
  size_t k = p->bands - 1;
  t->Tx[k] = t->Lx[k];
  t->ex[k] = open_years(p);
  t->variance[k] = open_variance(p, silcocks);
  for (size_t i = k; i-- > 0;) {
    double q = t->qx[i], step = years_after(p, i) + t->ex[i + 1];
    t->Tx[i] = t->Lx[i] + t->Tx[i + 1];
    t->ex[i] = years_in(p, q, i) + (1 - q) * t->ex[i + 1];
    t->variance[i] = step * step * death_variance(p, q, i)
                     + (1 - q) * (1 - q) * t->variance[i + 1];
  }
}

ioi_status ioi_life_table_fill(const ioi_population *p, int silcocks,
                               ioi_life_table *t, int *note)
{
  ioi_status status = check(p);
  if (status != IOI_OK) return status;
  fill_up(p, t);
  fill_down(p, silcocks, t);
  *note = notes(p, t);
  int gone = 0;
  for (size_t i = 0; i < p->bands; i++) {
    if (gone) t->ex[i] = t->variance[i] = NAN;
    if (t->qx[i] >= 1) gone = 1;
  }
  return IOI_OK;
}

/* Pools band i + 1 into band i. */
static void pool(size_t i, size_t bands, double *start, double *deaths,
                 double *population, double *ax, double *healthy,
                 double *variance, size_t *kept)
{
  double n = population[i], m = population[i + 1], all = n + m;
  if (healthy && all > 0) {
    double a = n / all, b = m / all;
    if (n > 0) healthy[i] = a * healthy[i] + b * healthy[i + 1];
    if (!(n > 0)) healthy[i] = healthy[i + 1];
    if (variance)
      variance[i] = (n > 0 ? a * a * variance[i] : 0) + b * b * variance[i + 1];
  }
  deaths[i] += deaths[i + 1];
  population[i] = all;
  for (size_t j = i + 1; j + 1 < bands; j++) {
    start[j] = start[j + 1];
    ax[j] = ax[j + 1];
    deaths[j] = deaths[j + 1];
    population[j] = population[j + 1];
    kept[j] = kept[j + 1];
    if (healthy) healthy[j] = healthy[j + 1];
    if (variance) variance[j] = variance[j + 1];
  }
}

int ioi_life_merge(int open, int empty, size_t *bands, double *start,
                   double *ax, double *deaths, double *population,
                   double *healthy, double *variance, size_t *kept)
{
  size_t k = *bands;
  for (size_t i = 0; i < k; i++) kept[i] = i;
  while (open && k > 1 && !(deaths[k - 1] > 0) && !isnan(deaths[k - 1])) {
    pool(k - 2, k, start, deaths, population, ax, healthy, variance, kept);
    k--;
  }
  for (size_t i = 0; empty && i + 1 < k;) {
    if (population[i] > 0 || isnan(population[i]) || deaths[i] > 0) {
      i++;
      continue;
    }
    pool(i, k, start, deaths, population, ax, healthy, variance, kept);
    k--;
  }
  int merged = k < *bands ? IOI_LIFE_MERGED : 0;
  *bands = k;
  return merged;
}

/* b'Cb over bands from .. k - 1, or sum b^2 Var when there is no C. */
static double quadratic(const double *b, const double *variance,
                        const double *covariance, size_t from, size_t bands)
{
  double sum = 0;
  for (size_t i = from; i < bands; i++) {
    if (!covariance) {
      sum += b[i] > 0 ? b[i] * b[i] * variance[i] : 0;
      continue;
    }
    for (size_t j = from; j < bands; j++)
      sum += b[i] * b[j] * covariance[i * bands + j];
  }
  return sum;
}

void ioi_sullivan(const ioi_population *p, const ioi_life_table *t,
                  const double *healthy, const double *variance,
                  const double *covariance, int silcocks, double *work,
                  double *hx, double *prevalence, double *mortality)
{
  size_t k = p->bands - 1;
  double open = open_years(p), w = healthy[k];
  work[k] = open;
  hx[k] = w * open;
  prevalence[k] = quadratic(work, variance, covariance, k, p->bands);
  mortality[k] = w * w * open_variance(p, silcocks);
  for (size_t i = k; i-- > 0;) {
    double q = t->qx[i], step = years_after(p, i) * healthy[i] + hx[i + 1];
    for (size_t j = i + 1; j <= k; j++) work[j] *= 1 - q;
    work[i] = years_in(p, q, i);
    hx[i] = healthy[i] * work[i] + (1 - q) * hx[i + 1];
    prevalence[i] = quadratic(work, variance, covariance, i, p->bands);
    mortality[i] = step * step * death_variance(p, q, i)
                   + (1 - q) * (1 - q) * mortality[i + 1];
  }
  for (size_t i = 0; i <= k; i++)
    if (isnan(t->ex[i])) hx[i] = prevalence[i] = mortality[i] = NAN;
}

/* d e_from / d q_j of a table, for j >= from: -(l_j/l_from) times the years
 * after; `alive` is l_j/l_from. */
static double slope(const ioi_population *p, const ioi_life_table *t,
                    double alive, size_t j)
{
  return -alive * (years_after(p, j) + t->ex[j + 1]);
}

/* Gradient of c_i on the q of table one (g1, and e_k last) and two (g2). */
static void gap_gradient(const ioi_population *one, const ioi_life_table *a,
                         const ioi_population *two, const ioi_life_table *b,
                         size_t i, double gap, double *g1, double *g2)
{
  size_t k = one->bands - 1;
  double l = a->lx[i], alive = 1;
  for (size_t j = 0; j <= k; j++) g1[j] = g2[j] = 0;
  for (size_t j = 0; j < i; j++)
    g1[j] = a->qx[j] < 1 ? -gap / (1 - a->qx[j]) : 0;
  if (i == k) {
    g1[k] = -l;
    g2[k] = l;
    return;
  }
  double next = b->ex[i + 1], change = a->qx[i] - b->qx[i];
  g1[i] = l * (years_after(one, i) + next);
  g2[i] = -l * (years_after(two, i) + next);
  for (size_t j = i + 1; j < k; j++) {
    g2[j] = l * change * slope(two, b, alive, j);
    alive *= 1 - b->qx[j];
  }
  g2[k] = l * change * alive;
}

/* Variance of q_j, or of e_k. */
static double variance_of(const ioi_population *p, const ioi_life_table *t,
                          int silcocks, size_t j)
{
  return j + 1 == p->bands ? open_variance(p, silcocks)
                           : death_variance(p, t->qx[j], j);
}

/* G V G' with the gradients of all c_i side by side: work holds G for table
 * one and for table two (k x k each), then their variances (k each). */
static void gap_covariance(const ioi_population *one, const ioi_life_table *a,
                           const ioi_population *two, const ioi_life_table *b,
                           int silcocks, const double *gap, double *covariance,
                           double *work)
{
  size_t k = one->bands;
  double *g1 = work, *g2 = g1 + k * k, *v1 = g2 + k * k, *v2 = v1 + k;
  for (size_t i = 0; i < k; i++) {
    gap_gradient(one, a, two, b, i, gap[i], g1 + i * k, g2 + i * k);
    v1[i] = variance_of(one, a, silcocks, i);
    v2[i] = variance_of(two, b, silcocks, i);
  }
  for (size_t r = 0; r < k; r++)
    for (size_t s = 0; s < k; s++) {
      double sum = 0;
      for (size_t j = 0; j < k; j++)
        sum += g1[r * k + j] * g1[s * k + j] * v1[j]
               + g2[r * k + j] * g2[s * k + j] * v2[j];
      covariance[r * k + s] = sum;
    }
}

void ioi_arriaga(const ioi_population *one, const ioi_life_table *a,
                 const ioi_population *two, const ioi_life_table *b,
                 int silcocks, double *gap, double *covariance, double *work)
{
  size_t k = one->bands - 1;
  for (size_t i = 0; i < k; i++) {
    double u = years_in(two, b->qx[i], i) - years_in(one, a->qx[i], i);
    gap[i] = a->lx[i] * (u + (a->qx[i] - b->qx[i]) * b->ex[i + 1]);
  }
  gap[k] = a->lx[k] * (b->ex[k] - a->ex[k]);
  if (covariance)
    gap_covariance(one, a, two, b, silcocks, gap, covariance, work);
}

double ioi_cause_share(double cause_one, double cause_two, double all_one,
                       double all_two, int *undefined)
{
  double all = all_two - all_one, cause = cause_two - cause_one;
  if (fabs(all) > EQUAL_RATES * fmax(all_one, all_two)) return cause / all;
  if (fabs(cause) > EQUAL_RATES * fmax(cause_one, cause_two)) *undefined = 1;
  return isnan(all) || isnan(cause) ? NAN : 0;
}

void ioi_years_lost(const double *years, const double *deaths,
                    const double *population, size_t bands,
                    ioi_standardised *out)
{
  double y = 0, v = 0, x = 0, n = 0;
  for (size_t i = 0; i < bands; i++) {
    if (!(years[i] > 0)) continue;
    y += years[i] * deaths[i];
    v += years[i] * years[i] * deaths[i];
    x += deaths[i];
    if (population) n += population[i];
  }
  double per = population ? n : 1;
  ioi_standardised result = {y / per, v / per / per,   x,       n,
                             1 / per, 1 / per,         1 / per, 1 / per / per,
                             NAN,     IOI_STANDARDISED};
  if (isnan(y) || isnan(per))
    result.note = IOI_STANDARD_MISSING;
  else if (!(per > 0))
    result.note = IOI_STANDARD_NOTHING;
  if (result.note != IOI_STANDARDISED) result.estimate = result.variance = NAN;
  *out = result;
}

void ioi_years_lost_standardised(const double *years, const double *deaths,
                                 const double *population,
                                 const double *standard, size_t bands,
                                 double *work, ioi_standardised *out)
{
  double *events = work, *second = work + bands, *weight = work + 2 * bands;
  double counted = 0;
  for (size_t i = 0; i < bands; i++) {
    events[i] = years[i] * deaths[i];
    second[i] = years[i] * events[i];
    weight[i] = years[i] > 0 ? standard[i] : 0;
    if (weight[i] > 0) counted += deaths[i];
  }
  ioi_direct(events, second, population, weight, bands, IOI_EMPTY_NA,
             IOI_COUNT_POISSON, 0, out);
  out->events = counted;
}
