/* standardise.c - standardised rates and their limits; see standardise.h. */
#include "core/standardise.h"

#include <math.h>

#include "core/rates.h"

/* Populations that rows of one cell repeat may differ by rounding only. */
static const double SAME = 1e-9;

static int same(double a, double b)
{
  return fabs(a - b) <= SAME * fmax(fabs(a), fabs(b));
}

ioi_status ioi_cells_sum(const int *group, const int *band,
                         const double *events, const double *population,
                         const double *frequency, size_t rows, size_t groups,
                         size_t bands, double *cell_events, double *cell_second,
                         double *cell_population, int *cell_rows, size_t *where)
{
  for (size_t i = 0; i < rows; i++) {
    *where = i;
    if (group[i] < 1 || band[i] < 1) continue;
    if ((size_t) group[i] > groups || (size_t) band[i] > bands)
      return IOI_EDOMAIN;
    size_t cell = ((size_t) group[i] - 1) * bands + (size_t) band[i] - 1;
    double f = frequency ? frequency[i] : 1;
    cell_events[cell] += f * events[i];
    if (cell_second) cell_second[cell] += f * f * events[i];
    if (!frequency || cell_rows[cell] == 0)
      cell_population[cell] += population[i];
    else if (!same(cell_population[cell], population[i]))
      return IOI_EDOMAIN;
    cell_rows[cell]++;
  }
  return IOI_OK;
}

static void nothing(ioi_standardised *out)
{
  static const ioi_standardised none = {NAN, NAN, 0, 0,   0,
                                        0,   0,   0, NAN, IOI_STANDARDISED};
  *out = none;
}

/* Is the value of band i to be used? Sets out->note when it ends the group. */
static int use_band(double x, double n, double s, ioi_empty_rule empty,
                    ioi_standardised *out)
{
  if (!(s > 0)) return 0;
  if (isnan(x) || isnan(n)) {
    out->note = IOI_STANDARD_MISSING;
    return 0;
  }
  if (n > 0) return 1;
  if (empty == IOI_EMPTY_NA && out->note == IOI_STANDARDISED)
    out->note = IOI_STANDARD_EMPTY;
  return 0;
}

/* S: the weights that the used bands are measured against. */
static double standard_total(const double *population, const double *standard,
                             size_t bands, ioi_empty_rule empty)
{
  double total = 0;
  for (size_t i = 0; i < bands; i++)
    if (standard[i] > 0 && (population[i] > 0 || empty == IOI_EMPTY_ZERO))
      total += standard[i];
  return total;
}

static double band_variance(double x, double second, double n,
                            ioi_count_variance kind)
{
  return kind == IOI_COUNT_POISSON ? second : x * (1 - x / n);
}

void ioi_direct(const double *events, const double *second,
                const double *population, const double *standard, size_t bands,
                ioi_empty_rule empty, ioi_count_variance kind, int sampled,
                ioi_standardised *out)
{
  double total = standard_total(population, standard, bands, empty);
  double y = 0, v = 0, squares = 0, sum_w = 0, sum_w2 = 0, used = 0;
  nothing(out);
  out->weight_min = INFINITY;
  for (size_t i = 0; i < bands; i++) {
    double x = events[i], n = population[i];
    if (!use_band(x, n, standard[i], empty, out)) continue;
    double w = standard[i] / total / n, r = x / n;
    y += w * x;
    v += w * w * band_variance(x, second[i], n, kind);
    squares += standard[i] / total * r * r;
    out->events += x;
    out->population += n;
    out->weight_max = fmax(out->weight_max, w);
    out->weight_min = fmin(out->weight_min, w);
    sum_w += w;
    sum_w2 += w * w;
    used++;
  }
  if (out->note == IOI_STANDARDISED && !(used > 0))
    out->note = IOI_STANDARD_NOTHING;
  if (out->note != IOI_STANDARDISED) return;
  out->estimate = y;
  out->variance = v + (sampled ? fmax(0, squares - y * y) / total : 0);
  out->weight_mean = sum_w / used;
  out->weight_square = sum_w2 / used;
}

void ioi_indirect(const double *events, double total, const double *population,
                  const double *rate, const double *rate_variance, size_t bands,
                  ioi_standardised *out)
{
  double observed = events ? 0 : total, expected = 0, variance = 0;
  nothing(out);
  for (size_t i = 0; i < bands; i++) {
    double n = population[i];
    if (events) observed += events[i];
    expected += n * rate[i];
    if (rate_variance) variance += n * n * rate_variance[i];
    out->population += n;
  }
  out->events = observed;
  out->expected = expected;
  if (isnan(observed) || isnan(expected)) {
    out->note = IOI_STANDARD_MISSING;
  } else if (!(expected > 0)) {
    out->note = IOI_STANDARD_NOTHING;
  } else {
    double w = 1 / expected, y = observed * w;
    out->estimate = y;
    out->variance = observed * w * w + y * y * variance * w * w;
    out->weight_max = out->weight_min = out->weight_mean = w;
    out->weight_square = w * w;
  }
}

static ioi_rate_method dobson_counts(ioi_standard_method method)
{
  if (method == IOI_DOBSON_BYAR) return IOI_RATE_BYAR;
  return method == IOI_DOBSON_EXACT ? IOI_RATE_EXACT : IOI_RATE_OHID;
}

static void dobson(const ioi_distribution *dist, ioi_standard_method method,
                   double level, const ioi_standardised *s, double *low,
                   double *high)
{
  double count_low, count_high, scale = sqrt(s->variance / s->events);
  if (!(s->events > 0)) return;
  if (ioi_count_limits(dist, dobson_counts(method), level, &s->events, 1,
                       &count_low, &count_high)
      != IOI_OK)
    return;
  *low = s->estimate + scale * (count_low - s->events);
  *high = s->estimate + scale * (count_high - s->events);
}

/* m and m2 of the upper gamma limit. */
static void gamma_shift(ioi_standard_method method, const ioi_standardised *s,
                        double *m, double *m2)
{
  *m = s->weight_max;
  if (method == IOI_GAMMA_MID) *m = (s->weight_max + s->weight_min) / 2;
  if (method == IOI_GAMMA_TCZ) *m = s->weight_mean;
  *m2 = method == IOI_GAMMA_TCZ ? s->weight_square : *m * *m;
}

static void gamma_limits(const ioi_distribution *dist,
                         ioi_standard_method method, double tail,
                         const ioi_standardised *s, double *low, double *high)
{
  double y = s->estimate, v = s->variance, m, m2;
  gamma_shift(method, s, &m, &m2);
  *low = 0;
  if (y > 0 && v > 0)
    *low = v / (2 * y) * dist->chisq_quantile(tail, 2 * y * y / v, 1, 0);
  double sum = y + m, spread = v + m2;
  *high = spread / (2 * sum)
          * dist->chisq_quantile(tail, 2 * sum * sum / spread, 0, 0);
}

static void normal_limits(const ioi_standardised *s, double z, double *low,
                          double *high)
{
  double step = z * sqrt(s->variance);
  *low = s->estimate - step;
  *high = s->events > 0 ? s->estimate + step : NAN;
}

static void lognormal_limits(const ioi_standardised *s, double z, double *low,
                             double *high)
{
  if (!(s->estimate > 0)) return;
  double factor = exp(z * sqrt(s->variance) / s->estimate);
  *low = s->estimate / factor;
  *high = s->estimate * factor;
}

ioi_status ioi_standardised_limits(const ioi_distribution *dist,
                                   ioi_standard_method method, double level,
                                   const ioi_standardised *s, double *low,
                                   double *high)
{
  if (!(level > 0 && level < 1)) return IOI_EDOMAIN;
  if (method < IOI_DOBSON_BYAR || method > IOI_DOBSON_OHID) return IOI_EDOMAIN;
  double tail = (1 - level) / 2;
  double z = dist->normal_quantile(tail, 0, 1, 0, 0);
  *low = *high = NAN;
  if (isnan(s->estimate)) return IOI_OK;
  if (method == IOI_STANDARD_NORMAL)
    normal_limits(s, z, low, high);
  else if (method == IOI_STANDARD_LOGNORMAL)
    lognormal_limits(s, z, low, high);
  else if (method >= IOI_GAMMA_MAX && method <= IOI_GAMMA_MID)
    gamma_limits(dist, method, tail, s, low, high);
  else
    dobson(dist, method, level, s, low, high);
  if (*low < 0) *low = 0;
  return IOI_OK;
}
