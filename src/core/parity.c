/* parity.c - gaps between two estimates; formulas and sources in parity.h. */
#include "core/parity.h"

#include "core/interval.h"

#include <float.h>
#include <math.h>

static double square(double x)
{
  return x * x;
}

/* a + b - 2 c, 0 where it is no more than the rounding of its terms. */
static double spread(double a, double b, double c)
{
  double v = a + b - 2 * c;
  double rounding = 8 * DBL_EPSILON * (fabs(a) + fabs(b) + 2 * fabs(c));
  return v <= rounding ? 0 : v;
}

double ioi_parity_difference_variance(const ioi_parity_pair *pair)
{
  return spread(pair->group_variance, pair->reference_variance,
                pair->covariance);
}

ioi_parity_measure ioi_parity_base(ioi_parity_measure measure)
{
  switch (measure) {
  case IOI_PARITY_DIFFERENCE:
  case IOI_PARITY_SHORTFALL:
  case IOI_PARITY_PEOPLE_PER:
    return IOI_PARITY_DIFFERENCE;
  case IOI_PARITY_ODDS_RATIO:
    return IOI_PARITY_ODDS_RATIO;
  default:
    return IOI_PARITY_RATIO;
  }
}

/* A value and its derivatives by the two values it is made from. */
typedef struct {
  double value, d1, d2;
} slope;

static slope ratio_point(double p1, double p2)
{
  if (fabs(p2) > 0) return (slope){p1 / p2, 1 / p2, -(p1 / p2) / p2};
  return (slope){p1 / p2, NAN, NAN};
}

static slope odds_point(double p1, double p2)
{
  double w1 = p1 * (1 - p1), w2 = p2 * (1 - p2);
  double odds = (p1 / (1 - p1)) / (p2 / (1 - p2));
  if (!(p1 >= 0 && p1 <= 1 && p2 >= 0 && p2 <= 1))
    return (slope){NAN, NAN, NAN};
  if (!(w1 > 0 && w2 > 0)) return (slope){odds, NAN, NAN};
  return (slope){odds, odds / w1, -odds / w2};
}

/* g(value), given g and its derivative there. */
static slope through(slope x, double value, double derivative)
{
  return (slope){value, derivative * x.d1, derivative * x.d2};
}

static double index_of(double ratio)
{
  return ratio > 1 ? 2 - 1 / ratio : ratio;
}

static slope measure_point(ioi_parity_measure measure, double p1, double p2,
                           ioi_parity_scale scale)
{
  slope gap = {p1 - p2, 1, -1}, ratio = ratio_point(p1, p2);
  double times = scale.people * scale.sign, size = fabs(gap.value);
  switch (measure) {
  case IOI_PARITY_DIFFERENCE:
    return gap;
  case IOI_PARITY_SHORTFALL:
    return through(gap, times * gap.value, times);
  case IOI_PARITY_PEOPLE_PER:
    return through(gap, 1 / size, size > 0 ? -1 / (gap.value * size) : NAN);
  case IOI_PARITY_ODDS_RATIO:
    return odds_point(p1, p2);
  case IOI_PARITY_RELATIVE_DIFFERENCE:
    return through(ratio, ratio.value - 1, 1);
  case IOI_PARITY_INDEX:
    return through(ratio, index_of(ratio.value),
                   ratio.value > 1 ? 1 / square(ratio.value) : 1);
  default:
    return ratio;
  }
}

void ioi_parity_point(ioi_parity_measure measure, double group,
                      double reference, ioi_parity_scale scale,
                      double *estimate, double *d_group, double *d_reference)
{
  slope at = measure_point(measure, group, reference, scale);
  *estimate = at.value;
  *d_group = at.d1;
  *d_reference = at.d2;
}

double ioi_parity_se(const ioi_parity_pair *pair, double d_group,
                     double d_reference)
{
  return sqrt(spread(square(d_group) * pair->group_variance,
                     square(d_reference) * pair->reference_variance,
                     -d_group * d_reference * pair->covariance));
}

/* Limits of D as limits of 1/|D|. */
static void per_person(double *low, double *high)
{
  double far = fmax(fabs(*low), fabs(*high));
  double near = fmin(fabs(*low), fabs(*high));
  int apart = *low > 0 || *high < 0;
  if (isnan(*low) || isnan(*high)) return;
  *low = 1 / far;
  *high = apart ? 1 / near : INFINITY;
}

void ioi_parity_carry(ioi_parity_measure measure, ioi_parity_scale scale,
                      double *low, double *high)
{
  double a = *low * scale.people * scale.sign;
  double b = *high * scale.people * scale.sign;
  switch (measure) {
  case IOI_PARITY_RELATIVE_DIFFERENCE:
    *low -= 1;
    *high -= 1;
    break;
  case IOI_PARITY_SHORTFALL:
    *low = scale.sign < 0 ? b : a;
    *high = scale.sign < 0 ? a : b;
    break;
  case IOI_PARITY_PEOPLE_PER:
    per_person(low, high);
    break;
  case IOI_PARITY_INDEX:
    *low = index_of(*low);
    *high = index_of(*high);
    break;
  default:
    break;
  }
}

/* The design correlation of the two estimates, within -1 and 1. */
static double correlation(const ioi_parity_pair *pair)
{
  double scale = sqrt(pair->group_variance) * sqrt(pair->reference_variance);
  if (scale <= 0) return 0;
  double rho = pair->covariance / scale;
  return rho > 1 ? 1 : rho < -1 ? -1 : rho;
}

/* Length of the side opposite the corner: sqrt(a^2 + b^2 - 2 rho a b). */
static double opposite(double a, double b, double rho)
{
  double v = spread(square(a), square(b), rho * a * b);
  return sqrt(v);
}

void ioi_parity_difference_mover(const ioi_parity_pair *pair,
                                 const ioi_parity_limits *limits, double *low,
                                 double *high)
{
  double rho = correlation(pair), gap = pair->group - pair->reference;
  *low = gap
         - opposite(pair->group - limits->group_low,
                    limits->reference_high - pair->reference, rho);
  *high = gap
          + opposite(limits->group_high - pair->group,
                     pair->reference - limits->reference_low, rho);
}

/* MOVER for a ratio R seeks where the interval of p1 - R p2 ends at 0. With d1
 * and d2 the distances from p1 and p2 to the limits that matter at that end,
 * these are the roots of a R^2 - 2 b R + c, with `root` the square root of
 * b^2 - a c, expanded so that narrow limits do not cancel. */
typedef struct {
  double a, b, c, root;
} parabola;

static parabola mover_parabola(double p1, double p2, double d1, double d2,
                               double rho)
{
  parabola f;
  f.a = (p2 - d2) * (p2 + d2);
  f.b = p1 * p2 - rho * d1 * d2;
  f.c = (p1 - d1) * (p1 + d1);
  double inner =
    spread(square(p2 * d1), square(p1 * d2), rho * p2 * d1 * p1 * d2)
    - (1 - rho * rho) * square(d1 * d2);
  f.root = inner > 0 ? sqrt(inner) : 0;
  return f;
}

/* The smaller positive root; 0 where the group's lower limit is 0. */
static double mover_below(parabola f)
{
  if (!(f.c > 0)) return 0;
  return f.b >= 0 ? f.c / (f.b + f.root) : (f.b - f.root) / f.a;
}

/* The larger root; infinite where the reference's lower limit is 0. */
static double mover_above(parabola f)
{
  if (!(f.a > 0)) return INFINITY;
  return f.b >= 0 ? (f.b + f.root) / f.a : f.c / (f.b - f.root);
}

void ioi_parity_ratio_mover(const ioi_parity_pair *pair,
                            const ioi_parity_limits *limits, double *low,
                            double *high)
{
  double p1 = pair->group, p2 = pair->reference, rho = correlation(pair);
  double l1 = limits->group_low, l2 = limits->reference_low;
  double u1 = limits->group_high, u2 = limits->reference_high;
  *low = *high = NAN;
  if (!(p1 >= 0 && p2 >= 0) || isnan(l1 + u1 + l2 + u2 + rho)) return;
  *low = mover_below(mover_parabola(p1, p2, p1 - l1, u2 - p2, rho));
  *high = mover_above(mover_parabola(p1, p2, u1 - p1, p2 - l2, rho));
}

static double logit(double p)
{
  return log(p) - log1p(-p);
}

/* One end of the interval of p1 - p2 on the logit scale, from the limits to1
 * and to2 that matter there; where a logit is infinite, its limit as it grows. */
static double odds_end(double p1, double to1, double p2, double to2, double rho,
                       double sign)
{
  double a = fabs(to1 - p1), b = fabs(p2 - to2);
  if (isinf(p1) && isinf(p2)) return to1 - to2;
  if (isinf(p1)) return to1 - p2 - sign * rho * b;
  if (isinf(p2)) return p1 - to2 - sign * rho * a;
  return p1 - p2 + sign * opposite(a, b, rho);
}

void ioi_parity_odds_mover(const ioi_parity_pair *pair,
                           const ioi_parity_limits *limits, double *low,
                           double *high)
{
  double p1 = pair->group, p2 = pair->reference, rho = correlation(pair);
  double l1 = limits->group_low, l2 = limits->reference_low;
  double u1 = limits->group_high, u2 = limits->reference_high;
  *low = *high = NAN;
  if (!(p1 >= 0 && p1 <= 1 && p2 >= 0 && p2 <= 1)) return;
  if (isnan(l1 + l2 + u1 + u2 + rho)) return;
  *low = p1 > 0 && p2 < 1
           ? exp(odds_end(logit(p1), logit(l1), logit(p2), logit(u2), rho, -1))
           : 0;
  *high = p1 < 1 && p2 > 0
            ? exp(odds_end(logit(p1), logit(u1), logit(p2), logit(l2), rho, 1))
            : INFINITY;
}

/* Whether the limits of both estimates are there and not both points: MOVER
 * can then stand in for a variance of 0. */
static int have_width(const ioi_parity_limits *limits)
{
  return limits->group_low <= limits->group_high
         && limits->reference_low <= limits->reference_high
         && (limits->group_low < limits->group_high
             || limits->reference_low < limits->reference_high);
}

/* Statistic and p value of a difference with standard error se. */
static void t_test(const ioi_distribution *dist, double difference, double se,
                   double df, ioi_parity_gap *gap)
{
  gap->statistic = gap->p_value = NAN;
  if (!(se > 0 && df > 0)) return;
  double t = difference / se;
  gap->statistic = t;
  gap->p_value = 2
                 * (isinf(df) ? dist->normal_tail(fabs(t), 0, 1, 0, 0)
                              : dist->t_tail(fabs(t), df, 0, 0));
}

static void mover_limits(ioi_parity_measure base, const ioi_parity_pair *pair,
                         const ioi_parity_limits *limits, ioi_parity_gap *gap)
{
  if (base == IOI_PARITY_RATIO)
    ioi_parity_ratio_mover(pair, limits, &gap->low, &gap->high);
  else if (base == IOI_PARITY_ODDS_RATIO)
    ioi_parity_odds_mover(pair, limits, &gap->low, &gap->high);
  else
    ioi_parity_difference_mover(pair, limits, &gap->low, &gap->high);
  if (isnan(gap->low) || isnan(gap->high)) {
    gap->low = gap->high = NAN;
    gap->note = IOI_PARITY_MISSING;
  }
}

/* estimate and its standard error, of the base. */
typedef struct {
  double value, se;
} centre;

static void variance_limits(ioi_parity_method method, centre at, double t,
                            ioi_parity_gap *gap)
{
  double half = at.se > 0 ? t * at.se : 0;
  if (method == IOI_PARITY_LOG) {
    gap->low = at.value * exp(-half / at.value);
    gap->high = at.value * exp(half / at.value);
  } else {
    gap->low = at.value - half;
    gap->high = at.value + half;
  }
}

/* Whether exp(log value -+ ...) or value -+ ... can be formed. */
static int has_limits(ioi_parity_method method, centre at)
{
  if (!isfinite(at.value) || isnan(at.se)) return 0;
  return method == IOI_PARITY_T || at.value > 0;
}

/* Limits on the base's scale: as asked, or by MOVER where the standard error is
 * 0 and the two estimates have limits of their own. */
static void base_limits(ioi_parity_measure base, ioi_parity_method method,
                        const ioi_parity_pair *pair,
                        const ioi_parity_limits *limits, double t,
                        ioi_parity_gap *gap)
{
  slope s =
    measure_point(base, pair->group, pair->reference, (ioi_parity_scale){1, 1});
  centre at = {s.value, ioi_parity_se(pair, s.d1, s.d2)};
  gap->note = IOI_PARITY_AS_ASKED;
  if (method == IOI_PARITY_MOVER) {
    mover_limits(base, pair, limits, gap);
  } else if (!has_limits(method, at)) {
    gap->note = IOI_PARITY_NO_LOG;
  } else if (!(at.se > 0) && have_width(limits)) {
    mover_limits(base, pair, limits, gap);
    if (gap->note == IOI_PARITY_AS_ASKED) gap->note = IOI_PARITY_BY_MOVER;
  } else {
    if (!(at.se > 0)) gap->note = IOI_PARITY_NO_SPREAD;
    variance_limits(method, at, t, gap);
  }
}

static const ioi_parity_gap nothing = {
  NAN, NAN, NAN, NAN, NAN, NAN, IOI_PARITY_MISSING};

/* Both values and their variances are there. */
static int is_complete(const ioi_parity_pair *pair)
{
  return isfinite(pair->group) && isfinite(pair->reference)
         && pair->group_variance >= 0 && pair->reference_variance >= 0
         && isfinite(pair->group_variance) && isfinite(pair->reference_variance)
         && isfinite(pair->covariance);
}

static int is_offered(ioi_parity_measure measure, ioi_parity_method method)
{
  ioi_parity_measure base = ioi_parity_base(measure);
  if (method == IOI_PARITY_LOG) return base != IOI_PARITY_DIFFERENCE;
  return method == IOI_PARITY_MOVER || base != IOI_PARITY_ODDS_RATIO;
}

ioi_status ioi_parity_estimates(const ioi_distribution *distribution,
                                ioi_parity_measure measure,
                                ioi_parity_method method,
                                const ioi_parity_pair *pair,
                                const ioi_parity_limits *limits,
                                ioi_parity_scale scale, double df, double level,
                                ioi_parity_gap *gap)
{
  if (!(level > 0 && level < 1) || !is_offered(measure, method))
    return IOI_EDOMAIN;
  *gap = nothing;
  slope at = measure_point(measure, pair->group, pair->reference, scale);
  gap->estimate = at.value;
  if (!is_complete(pair)) return IOI_OK;
  gap->std_error = ioi_parity_se(pair, at.d1, at.d2);
  if (isnan(df)) return IOI_OK;
  t_test(distribution, pair->group - pair->reference,
         sqrt(ioi_parity_difference_variance(pair)), df, gap);
  gap->note = IOI_PARITY_NO_DF;
  if (!(df > 0)) return IOI_OK;
  base_limits(ioi_parity_base(measure), method, pair, limits,
              ioi_interval_t_quantile(distribution, df, level), gap);
  ioi_parity_carry(measure, scale, &gap->low, &gap->high);
  return IOI_OK;
}

/* How far the middle of the limits is from the estimate, in widths; infinite
 * where the scale does not have them. */
static double asymmetry(double estimate, double low, double high)
{
  double width = high - low;
  if (!isfinite(low) || !isfinite(high) || !isfinite(estimate)) return INFINITY;
  return width > 0 ? fabs((low + high) / 2 - estimate) / width : 0;
}

double ioi_parity_published_se(const ioi_distribution *distribution,
                               double estimate, double low, double high,
                               double level)
{
  if (isnan(estimate) || !(low <= high)) return NAN;
  double z = ioi_interval_t_quantile(distribution, INFINITY, level);
  double width = high - low, slope = 1;
  double best = asymmetry(estimate, low, high) - 1e-9;
  double on_log =
    low > 0 ? asymmetry(log(estimate), log(low), log(high)) : best;
  if (on_log < best) {
    best = on_log;
    width = log(high) - log(low);
    slope = estimate;
  }
  if (low > 0 && high < 1
      && asymmetry(logit(estimate), logit(low), logit(high)) < best) {
    width = logit(high) - logit(low);
    slope = estimate * (1 - estimate);
  }
  return width / (2 * z) * slope;
}

ioi_status ioi_parity_covariance(const double *variance, size_t size,
                                 const size_t *group, const size_t *reference,
                                 const double *d_group,
                                 const double *d_reference, size_t gaps,
                                 double *out)
{
  for (size_t i = 0; i < gaps; i++)
    if (group[i] >= size || reference[i] >= size) return IOI_EDOMAIN;
  for (size_t i = 0; i < gaps; i++) {
    const double *of_group = variance + group[i] * size;
    const double *of_reference = variance + reference[i] * size;
    for (size_t j = 0; j <= i; j++) {
      size_t g = group[j], r = reference[j];
      double with_group =
        d_group[i] * of_group[g] + d_reference[i] * of_reference[g];
      double with_reference =
        d_group[i] * of_group[r] + d_reference[i] * of_reference[r];
      out[i * gaps + j] = out[j * gaps + i] =
        d_group[j] * with_group + d_reference[j] * with_reference;
    }
  }
  return IOI_OK;
}

size_t ioi_parity_union(const unsigned char *a, const unsigned char *b,
                        size_t bytes)
{
  size_t bits = 0;
  for (size_t i = 0; i < bytes; i++)
    for (unsigned either = a[i] | b[i]; either; either &= either - 1) bits++;
  return bits;
}
