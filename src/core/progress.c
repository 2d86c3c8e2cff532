/* progress.c - trends in a gap, and what they say of its closing. */
#include "core/progress.h"

#include <math.h>

static double covariance_of(const ioi_series *s, size_t i, size_t j)
{
  if (s->covariance) return s->covariance[i * s->m + j];
  if (i != j) return 0;
  return s->variance ? s->variance[i] : 1;
}

static double weight_of(const ioi_series *s, size_t i)
{
  return s->variance ? 1 / s->variance[i] : 1;
}

static ioi_status check_series(const ioi_series *s)
{
  if (s->m < 2) return IOI_EEMPTY;
  for (size_t i = 0; i < s->m; i++) {
    if (!isfinite(s->time[i]) || !isfinite(s->value[i])) return IOI_EDOMAIN;
    if (i > 0 && !(s->time[i] > s->time[i - 1])) return IOI_EDOMAIN;
    if (s->variance && !(s->variance[i] > 0 && isfinite(s->variance[i])))
      return IOI_EDOMAIN;
  }
  return IOI_OK;
}

/* Weighted means of time and value, and the spread of time. */
typedef struct {
  double weight, time, value, spread;
} centre;

static centre find_centre(const ioi_series *s)
{
  centre c = {0, 0, 0, 0};
  for (size_t i = 0; i < s->m; i++) {
    c.weight += weight_of(s, i);
    c.time += weight_of(s, i) * s->time[i];
    c.value += weight_of(s, i) * s->value[i];
  }
  c.time /= c.weight;
  c.value /= c.weight;
  for (size_t i = 0; i < s->m; i++)
    c.spread += weight_of(s, i) * (s->time[i] - c.time) * (s->time[i] - c.time);
  return c;
}

/* The coefficients of point i in the slope and in the fitted last value. */
static double slope_part(const ioi_series *s, const centre *c, size_t i)
{
  return weight_of(s, i) * (s->time[i] - c->time) / c->spread;
}

static double last_part(const ioi_series *s, const centre *c, size_t i)
{
  return weight_of(s, i) / c->weight
         + (s->time[s->m - 1] - c->time) * slope_part(s, c, i);
}

static void add_variances(const ioi_series *s, const centre *c, ioi_trend *out)
{
  for (size_t i = 0; i < s->m; i++)
    for (size_t j = 0; j < s->m; j++) {
      const double v = covariance_of(s, i, j);
      if (v == 0) continue;
      out->slope_variance += slope_part(s, c, i) * slope_part(s, c, j) * v;
      out->last_variance += last_part(s, c, i) * last_part(s, c, j) * v;
      out->covariance += last_part(s, c, i) * slope_part(s, c, j) * v;
    }
}

/* sum w r^2 / (m - 2) */
static double dispersion(const ioi_series *s, const centre *c, double slope)
{
  double sum = 0;
  for (size_t i = 0; i < s->m; i++) {
    double r = s->value[i] - c->value - slope * (s->time[i] - c->time);
    sum += weight_of(s, i) * r * r;
  }
  return s->m > 2 ? sum / (double) (s->m - 2) : NAN;
}

static void scale_variances(ioi_trend *t, double by)
{
  t->slope_variance *= by;
  t->last_variance *= by;
  t->covariance *= by;
}

ioi_status ioi_trend_fit(const ioi_series *series, int scale_up,
                         ioi_trend *trend)
{
  ioi_status status = check_series(series);
  if (status != IOI_OK) return status;
  const centre c = find_centre(series);
  ioi_trend out = {0, 0, 0, 0, 0, 0};
  for (size_t i = 0; i < series->m; i++)
    out.slope += slope_part(series, &c, i) * series->value[i];
  out.last = c.value + out.slope * (series->time[series->m - 1] - c.time);
  add_variances(series, &c, &out);
  out.dispersion = dispersion(series, &c, out.slope);
  if (!series->variance || (scale_up && out.dispersion > 1))
    scale_variances(&out, out.dispersion);
  *trend = out;
  return IOI_OK;
}

ioi_fieller_kind ioi_fieller(double num, double den, double v_num, double v_den,
                             double cov, double q, double *low, double *high)
{
  const double a = den * den - q * q * v_den;
  const double b = num * den - q * q * cov;
  const double c = num * num - q * q * v_num;
  const double inside = b * b - a * c;
  *low = -INFINITY;
  *high = INFINITY;
  if (!(a != 0) || !(inside >= 0)) return IOI_FIELLER_ALL;
  const double root = b >= 0 ? b + sqrt(inside) : b - sqrt(inside);
  const double one = root / a, other = root != 0 ? c / root : 0;
  *low = fmin(one, other);
  *high = fmax(one, other);
  return a > 0 ? IOI_FIELLER_BOUNDED : IOI_FIELLER_OUTSIDE;
}

/* ---- the quantities ------------------------------------------------------ */

typedef struct {
  const ioi_series *series;
  ioi_trend trend;
  double first, last, v_first, v_last, v_both; /* of d_0 and d_T */
  double span;                                 /* T - t_0 */
  double target, left;                         /* left = Y - T */
  double q;
} state;

static ioi_progress_row undefined_row(ioi_progress_note note)
{
  ioi_progress_row row = {NAN, NAN, NAN, NAN, note};
  return row;
}

static ioi_progress_row normal_row(double estimate, double variance, double q)
{
  const double se = sqrt(variance);
  ioi_progress_row row = {estimate, se, estimate - q * se, estimate + q * se,
                          isnan(se) ? IOI_PROGRESS_NO_SPREAD
                                    : IOI_PROGRESS_FINE};
  return row;
}

/* The part at 0 or above of a set of years. */
static void cut_years(ioi_fieller_kind kind, ioi_progress_row *row)
{
  if (kind == IOI_FIELLER_BOUNDED && row->high >= 0) {
    row->low = fmax(row->low, 0);
    return;
  }
  row->note = IOI_PROGRESS_UNBOUNDED;
  if (kind == IOI_FIELLER_BOUNDED) row->low = INFINITY;
  if (kind == IOI_FIELLER_OUTSIDE)
    row->low = row->low >= 0 ? 0 : fmax(row->high, 0);
  if (kind == IOI_FIELLER_ALL) row->low = 0;
  row->high = INFINITY;
}

static double years_variance(const ioi_trend *t, double f)
{
  const double b = t->slope;
  return t->last_variance / (b * b)
         + f * f * t->slope_variance / (b * b * b * b)
         - 2 * f * t->covariance / (b * b * b);
}

static ioi_progress_row years_row(const state *s)
{
  const ioi_trend *t = &s->trend;
  const double f = t->last - s->target, b = t->slope;
  const int closing = f * b < 0;
  ioi_progress_row row = {f == 0    ? 0
                          : closing ? -f / b
                                    : INFINITY,
                          NAN, NAN, NAN, IOI_PROGRESS_NO_SPREAD};
  if (!isnan(t->slope_variance)) {
    ioi_fieller_kind kind =
      ioi_fieller(-f, b, t->last_variance, t->slope_variance, -t->covariance,
                  s->q, &row.low, &row.high);
    row.note = IOI_PROGRESS_FINE;
    cut_years(kind, &row);
    if (closing) row.std_error = sqrt(years_variance(t, f));
  }
  if (f != 0 && !closing) row.note = IOI_PROGRESS_NOT_CLOSING;
  return row;
}

static ioi_progress_row change_row(const state *s)
{
  return normal_row(s->last - s->first, s->v_first + s->v_last - 2 * s->v_both,
                    s->q);
}

/* 1 - r with r = (d_T - target)/(d_0 - target), its limits Fieller's. */
static ioi_progress_row share_row(const state *s)
{
  const double num = s->last - s->target, den = s->first - s->target;
  if (den == 0) return undefined_row(IOI_PROGRESS_ZERO);
  const double r = num / den;
  ioi_progress_row row = normal_row(
    1 - r, (s->v_last + r * r * s->v_first - 2 * r * s->v_both) / (den * den),
    s->q);
  if (row.note == IOI_PROGRESS_NO_SPREAD) return row;
  double low, high;
  ioi_fieller_kind kind =
    ioi_fieller(num, den, s->v_last, s->v_first, s->v_both, s->q, &low, &high);
  const int bounded = kind == IOI_FIELLER_BOUNDED;
  row.low = bounded ? 1 - high : -INFINITY;
  row.high = bounded ? 1 - low : INFINITY;
  if (!bounded) row.note = IOI_PROGRESS_UNBOUNDED;
  return row;
}

/* ratio^(1/years) - 1 with log_variance that of log(ratio). */
static ioi_progress_row rate_row(double ratio, double log_variance,
                                 double years, double q)
{
  const double rate = log(ratio) / years, se = sqrt(log_variance) / years;
  ioi_progress_row row = {
    expm1(rate), exp(rate) * se, expm1(rate - q * se), expm1(rate + q * se),
    isnan(se) ? IOI_PROGRESS_NO_SPREAD : IOI_PROGRESS_FINE};
  return row;
}

static ioi_progress_row observed_rate_row(const state *s)
{
  const double a = s->first, z = s->last;
  if (a == 0 || z == 0) return undefined_row(IOI_PROGRESS_ZERO);
  if (z / a < 0) return undefined_row(IOI_PROGRESS_SIGN);
  return rate_row(
    z / a, s->v_last / (z * z) + s->v_first / (a * a) - 2 * s->v_both / (z * a),
    s->span, s->q);
}

static ioi_progress_row halving_row(const state *s)
{
  ioi_progress_row row = rate_row(0.5, 0, s->left, s->q);
  row.note = IOI_PROGRESS_HALVING;
  return row;
}

static ioi_progress_row required_rate_row(const state *s)
{
  if (s->target == 0) return halving_row(s);
  if (s->last == 0) return undefined_row(IOI_PROGRESS_ZERO);
  if (s->target / s->last < 0) return undefined_row(IOI_PROGRESS_SIGN);
  return rate_row(s->target / s->last, s->v_last / (s->last * s->last), s->left,
                  s->q);
}

/* Is the slope at or beyond the required pace, as far as its limits tell? */
static ioi_progress_row track_row(const state *s, double pace)
{
  const double gap = s->target - s->last;
  if (gap == 0) {
    ioi_progress_row met = {1, NAN, NAN, NAN, IOI_PROGRESS_MET};
    return met;
  }
  const double ahead = (s->trend.slope - pace) * (gap > 0 ? 1 : -1);
  const double width = s->q * sqrt(s->trend.slope_variance);
  ioi_progress_row row = undefined_row(IOI_PROGRESS_FINE);
  if (isnan(width))
    row.note = IOI_PROGRESS_NO_SPREAD;
  else if (ahead - width >= 0)
    row.estimate = 1;
  else if (ahead + width < 0)
    row.estimate = 0;
  else
    row.note = IOI_PROGRESS_UNCLEAR;
  return row;
}

/* The quantities that look at a year. */
static void year_rows(const state *s, ioi_progress_row *rows)
{
  ioi_progress_note none =
    isnan(s->left) ? IOI_PROGRESS_FINE : IOI_PROGRESS_PAST;
  for (int k = IOI_PROGRESS_PACE; k < IOI_PROGRESS_ROWS; k++)
    rows[k] = undefined_row(none);
  if (!(s->left > 0)) return;
  const double pace = (s->target - s->last) / s->left;
  rows[IOI_PROGRESS_PACE] =
    normal_row(pace, s->v_last / (s->left * s->left), s->q);
  rows[IOI_PROGRESS_RATE_REQUIRED] = required_rate_row(s);
  rows[IOI_PROGRESS_RATE_HALVING] = halving_row(s);
  rows[IOI_PROGRESS_RATE_HALVING].note = IOI_PROGRESS_FINE;
  rows[IOI_PROGRESS_ON_TRACK] = track_row(s, pace);
}

static state read_state(const ioi_series *series, const ioi_trend *trend,
                        double target, double year, double q)
{
  const size_t z = series->m - 1;
  const int known = series->variance != NULL;
  state s = {series,
             *trend,
             series->value[0],
             series->value[z],
             known ? covariance_of(series, 0, 0) : NAN,
             known ? covariance_of(series, z, z) : NAN,
             known ? covariance_of(series, 0, z) : NAN,
             series->time[z] - series->time[0],
             target,
             year - series->time[z],
             q};
  return s;
}

ioi_status ioi_progress(const ioi_series *series, double target, double year,
                        double q, int scale_up, ioi_progress_row *rows)
{
  ioi_trend trend;
  ioi_status status = ioi_trend_fit(series, scale_up, &trend);
  if (status != IOI_OK) return status;
  const state s = read_state(series, &trend, target, year, q);
  rows[IOI_PROGRESS_SLOPE] = normal_row(trend.slope, trend.slope_variance, q);
  rows[IOI_PROGRESS_FITTED_LAST] =
    normal_row(trend.last, trend.last_variance, q);
  rows[IOI_PROGRESS_YEARS] = years_row(&s);
  rows[IOI_PROGRESS_CHANGE] = change_row(&s);
  rows[IOI_PROGRESS_SHARE] = share_row(&s);
  rows[IOI_PROGRESS_RATE] = observed_rate_row(&s);
  year_rows(&s, rows);
  return IOI_OK;
}
