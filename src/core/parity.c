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

double ioi_parity_ratio_se(const ioi_parity_pair *pair)
{
  if (!(fabs(pair->reference) > 0)) return NAN;
  double ratio = pair->group / pair->reference;
  double v =
    spread(pair->group_variance, square(ratio) * pair->reference_variance,
           ratio * pair->covariance);
  return sqrt(v) / fabs(pair->reference);
}

ioi_status ioi_parity_log_odds_ratio(const ioi_parity_pair *pair,
                                     double *estimate, double *se)
{
  double p1 = pair->group, p2 = pair->reference;
  if (!(p1 > 0 && p1 < 1 && p2 > 0 && p2 < 1)) return IOI_EDOMAIN;
  double w1 = p1 * (1 - p1), w2 = p2 * (1 - p2);
  *estimate = log(p1) - log1p(-p1) - log(p2) + log1p(-p2);
  *se = sqrt(spread(pair->group_variance / square(w1),
                    pair->reference_variance / square(w2),
                    pair->covariance / (w1 * w2)));
  return IOI_OK;
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

/* Limits from the variance of the difference. */
static void difference_limits(const ioi_parity_pair *pair,
                              const ioi_parity_limits *limits, double t,
                              ioi_parity_gap *gap)
{
  if (!(gap->std_error > 0) && have_width(limits)) {
    ioi_parity_difference_mover(pair, limits, &gap->low, &gap->high);
    gap->note = IOI_PARITY_BY_MOVER;
    return;
  }
  if (!(gap->std_error > 0)) gap->note = IOI_PARITY_NO_SPREAD;
  double half = gap->std_error > 0 ? t * gap->std_error : 0;
  gap->low = gap->estimate - half;
  gap->high = gap->estimate + half;
}

/* Limits from the variance of the log ratio. */
static void log_limits(const ioi_parity_pair *pair,
                       const ioi_parity_limits *limits, double t,
                       ioi_parity_gap *gap)
{
  if (!(gap->estimate > 0 && isfinite(gap->estimate))) {
    gap->note = IOI_PARITY_NO_LOG;
    return;
  }
  if (!(gap->std_error > 0) && have_width(limits)) {
    ioi_parity_ratio_mover(pair, limits, &gap->low, &gap->high);
    gap->note = IOI_PARITY_BY_MOVER;
    return;
  }
  if (!(gap->std_error > 0)) gap->note = IOI_PARITY_NO_SPREAD;
  double half = gap->std_error > 0 ? t * gap->std_error / gap->estimate : 0;
  gap->low = gap->estimate * exp(-half);
  gap->high = gap->estimate * exp(half);
}

static void mover_limits(ioi_parity_measure measure,
                         const ioi_parity_pair *pair,
                         const ioi_parity_limits *limits, ioi_parity_gap *gap)
{
  if (measure == IOI_PARITY_RATIO)
    ioi_parity_ratio_mover(pair, limits, &gap->low, &gap->high);
  else
    ioi_parity_difference_mover(pair, limits, &gap->low, &gap->high);
  if (isnan(gap->low) || isnan(gap->high)) {
    gap->low = gap->high = NAN;
    gap->note = IOI_PARITY_MISSING;
  }
}

/* Estimate and standard error; left alone where a value is missing. */
static void point(ioi_parity_measure measure, const ioi_parity_pair *pair,
                  ioi_parity_gap *gap)
{
  if (isnan(pair->group) || isnan(pair->reference)) return;
  if (measure == IOI_PARITY_RATIO) {
    gap->estimate = pair->group / pair->reference;
    gap->std_error = ioi_parity_ratio_se(pair);
  } else {
    gap->estimate = pair->group - pair->reference;
    gap->std_error = sqrt(ioi_parity_difference_variance(pair));
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

ioi_status ioi_parity_estimates(const ioi_distribution *distribution,
                                ioi_parity_measure measure,
                                ioi_parity_method method,
                                const ioi_parity_pair *pair,
                                const ioi_parity_limits *limits, double df,
                                double level, ioi_parity_gap *gap)
{
  if (!(level > 0 && level < 1)) return IOI_EDOMAIN;
  *gap = nothing;
  point(measure, pair, gap);
  if (!is_complete(pair)) gap->std_error = NAN;
  if (!is_complete(pair) || isnan(df)) return IOI_OK;
  double difference_se = sqrt(ioi_parity_difference_variance(pair));
  t_test(distribution, pair->group - pair->reference, difference_se, df, gap);
  double t = ioi_interval_t_quantile(distribution, df, level);
  gap->note = df > 0 ? IOI_PARITY_AS_ASKED : IOI_PARITY_NO_DF;
  if (gap->note == IOI_PARITY_NO_DF) return IOI_OK;
  if (method == IOI_PARITY_MOVER)
    mover_limits(measure, pair, limits, gap);
  else if (measure == IOI_PARITY_RATIO)
    log_limits(pair, limits, t, gap);
  else
    difference_limits(pair, limits, t, gap);
  return IOI_OK;
}

/* Limits of p1 - p2 from counts; variances are those of each proportion. */
static void count_limits(ioi_parity_count_method method,
                         const ioi_parity_pair *pair, double group_n,
                         double reference_n, double z, ioi_parity_gap *gap)
{
  if (method == IOI_PARITY_WALD) {
    gap->low = gap->estimate - z * gap->std_error;
    gap->high = gap->estimate + z * gap->std_error;
    return;
  }
  void (*wilson)(double, double, double, double *, double *) =
    method == IOI_PARITY_NEWCOMBE ? ioi_interval_wilson
                                  : ioi_interval_wilson_corrected;
  ioi_parity_limits own;
  wilson(pair->group, group_n, z, &own.group_low, &own.group_high);
  wilson(pair->reference, reference_n, z, &own.reference_low,
         &own.reference_high);
  ioi_parity_difference_mover(pair, &own, &gap->low, &gap->high);
}

/* Chi-square with N - 1, written with the difference of the proportions. */
static void count_test(const ioi_distribution *dist, double difference,
                       double x, double n1, double n2, ioi_parity_gap *gap)
{
  double n = n1 + n2, mean = x / n;
  gap->statistic = gap->p_value = NAN;
  if (!(mean > 0 && mean < 1)) return;
  double chisq =
    square(difference) / (mean * (1 - mean)) * (n1 / n) * n2 * ((n - 1) / n);
  gap->statistic = chisq;
  gap->p_value = dist->chisq_tail(chisq, 1, 0, 0);
}

/* 0 <= x <= n and finite; a NaN is let through. */
static int is_count(double x, double n)
{
  return !(x < 0 || n < 0 || x > n || isinf(x) || isinf(n));
}

ioi_status ioi_parity_counts(const ioi_distribution *distribution,
                             ioi_parity_count_method method, double group_x,
                             double group_n, double reference_x,
                             double reference_n, double level,
                             ioi_parity_gap *gap)
{
  if (!(level > 0 && level < 1)) return IOI_EDOMAIN;
  if (!is_count(group_x, group_n) || !is_count(reference_x, reference_n))
    return IOI_EDOMAIN;
  *gap = nothing;
  double p1 = group_x / group_n, p2 = reference_x / reference_n;
  if (isnan(p1) || isnan(p2)) return IOI_OK;
  ioi_parity_pair pair = {p1, p2, p1 * (1 - p1) / group_n,
                          p2 * (1 - p2) / reference_n, 0};
  gap->note = IOI_PARITY_AS_ASKED;
  point(IOI_PARITY_DIFFERENCE, &pair, gap);
  double z = ioi_interval_t_quantile(distribution, INFINITY, level);
  count_limits(method, &pair, group_n, reference_n, z, gap);
  count_test(distribution, gap->estimate, group_x + reference_x, group_n,
             reference_n, gap);
  return IOI_OK;
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
