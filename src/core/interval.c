/* interval.c - limits for one estimate; formulas and sources in interval.h. */
#include "core/interval.h"

#include <math.h>

/* Below this share of p a standard error is what rounding left of 0. */
static const double ROUNDING = 1e-10;

/* From m p (1 - p) = 1e13 the beta limits equal Wilson's to 1e-13 of p, and
 * beyond 1e17 Rmath's beta quantile returns NaN. */
static const double BETA_IS_WILSON = 1e13;

/* Newton steps for the likelihood limits: about 10 for ordinary samples and
 * one more for each factor of 4 in n0. */
enum { NEWTON_STEPS = 1100 };

/* One proportion and what every method derives from it. */
typedef struct {
  const ioi_distribution *dist;
  double p, q, se, n, df, tail;
  double t;           /* quantile on df */
  int edge;           /* p is 0 or 1 */
  int exact;          /* se is 0 */
  double *low, *high; /* the answer */
} proportion;

static void set_limits(const proportion *s, double low, double high)
{
  *s->low = low;
  *s->high = high;
}

static double upper_t(const ioi_distribution *dist, double df, double tail)
{
  if (isinf(df)) return dist->normal_quantile(tail, 0, 1, 0, 0);
  return dist->t_quantile(tail, df, 0, 0);
}

static double upper_z(const proportion *s)
{
  return s->dist->normal_quantile(s->tail, 0, 1, 0, 0);
}

/* n0; infinite where se is 0. */
static double effective(const proportion *s)
{
  return s->p * s->q / s->se / s->se;
}

/* (t(n - 1)/t(df))^2; infinite where n <= 1 leaves it undefined, so that n
 * caps nk, and NaN where n is missing. */
static double adjustment(const proportion *s)
{
  if (isinf(s->df)) return 1;
  if (isnan(s->n)) return NAN;
  if (s->n <= 1) return INFINITY;
  double ratio = upper_t(s->dist, s->n - 1, s->tail) / s->t;
  return isnan(ratio) ? 0 : ratio * ratio;
}

/* nk: n0 adjusted for df, never above the records there are. */
static double capped(const proportion *s)
{
  if (s->edge || s->exact) return s->n;
  return fmin(s->n, effective(s) * adjustment(s));
}

void ioi_interval_wilson(double p, double m, double z, double *low,
                         double *high)
{
  *low = *high = NAN;
  if (!(p >= 0 && p <= 1 && m >= 0 && z > 0)) return;
  double q = 1 - p, r = m / z / z;
  if (isinf(r)) {
    *low = *high = p;
    return;
  }
  /* Roots of (r + 1) x^2 - (2 p r + 1) x + p^2 r; the product of the roots
   * gives the lower one without cancellation. */
  double root = sqrt(p * q * r + 0.25);
  *low = p * p * r / (p * r + 0.5 + root);
  *high = q > 0 ? fmin(1, (p * r + 0.5 + root) / (r + 1)) : 1;
}

void ioi_interval_wilson_corrected(double p, double m, double z, double *low,
                                   double *high)
{
  *low = *high = NAN;
  if (!(p >= 0 && p <= 1 && m > 0 && z > 0)) return;
  double q = 1 - p, z2 = z * z, centre = 2 * m * p + z2, below = 2 * (m + z2);
  double down = z2 - 2 - 1 / m + 4 * p * (m * q + 1);
  double up = z2 + 2 - 1 / m + 4 * p * (m * q - 1);
  *low = fmax(0, (centre - 1 - z * sqrt(fmax(0, down))) / below);
  *high = fmin(1, (centre + 1 + z * sqrt(fmax(0, up))) / below);
  if (!(p > 0)) *low = 0;
  if (!(q > 0)) *high = 1;
}

/* Beta quantiles for m people with share p; `below` and `above` are what is
 * added to the yes and the no of the lower limit, and to the no and the yes of
 * the upper one. */
static void beta_limits(const proportion *s, double m, double below,
                        double above)
{
  double x = m * s->p, y = m * s->q, low = 0, high = 1;
  if (isinf(m) || x * s->q > BETA_IS_WILSON) {
    ioi_interval_wilson(s->p, m, upper_z(s), s->low, s->high);
    return;
  }
  if (s->p > 0)
    low = s->dist->beta_quantile(s->tail, x + below, y + above, 1, 0);
  if (s->q > 0)
    high = s->dist->beta_quantile(s->tail, x + above, y + below, 0, 0);
  set_limits(s, low, high);
}

static void clopper_pearson(const proportion *s, double m)
{
  beta_limits(s, m, 0, 1);
}

static void logit(const proportion *s)
{
  double step = exp(-s->t * s->se / s->p / s->q);
  set_limits(s, s->p * step / (s->q + s->p * step),
             s->p / (s->p + s->q * step));
}

static void wald(const proportion *s)
{
  set_limits(s, s->p - s->t * s->se, s->p + s->t * s->se);
}

static void arcsine(const proportion *s)
{
  double right_angle = asin(1);
  double angle = asin(sqrt(s->p));
  double step = s->t * s->se / (2 * sqrt(s->p * s->q));
  double low = sin(fmax(0, angle - step));
  double high = sin(fmin(right_angle, angle + step));
  set_limits(s, low * low, high * high);
}

/* log(q/p) of the root q < p of p log(p/q) + (1-p) log((1-p)/(1-q)) = k.
 * As a function of x = log(q/p) < 0 the left side is convex and falling, and
 * at least -p x + (1-p) log(1-p): where that bound is k the function is above
 * k, and Newton's steps from there rise to the root without passing it. */
static double likelihood_root(double p, double k)
{
  double x = -(k - (1 - p) * log1p(-p)) / p;
  if (!(x > -INFINITY)) return x;
  for (int i = 0; i < NEWTON_STEPS && x < 0; i++) {
    double rise = p * expm1(x);
    double value = -p * x - (1 - p) * log1p(-rise / (1 - p));
    double step = (k - value) * (1 - p - rise) / rise;
    if (!(step > 1e-15 * -x)) break;
    x += step;
  }
  return fmin(x, 0);
}

static void likelihood(const proportion *s)
{
  double k = s->t * s->t / (2 * effective(s));
  double down = likelihood_root(s->p, k), up = likelihood_root(s->q, k);
  set_limits(s, s->p * exp(down), s->p - s->q * expm1(up));
}

static void agresti_coull(const proportion *s, double nk)
{
  double z = upper_z(s), m = nk + z * z;
  if (isinf(m)) {
    set_limits(s, s->p, s->p);
    return;
  }
  double centre = (nk * s->p + z * z / 2) / m;
  double half = z * sqrt(centre * (1 - centre) / m);
  set_limits(s, fmax(0, centre - half), fmin(1, centre + half));
}

/* The methods that rest on t and n0 alone; se above 0, 0 < p < 1. */
static void on_effective(const proportion *s, ioi_interval_method method)
{
  switch (method) {
  case IOI_INTERVAL_WALD:
    wald(s);
    break;
  case IOI_INTERVAL_ARCSINE:
    arcsine(s);
    break;
  case IOI_INTERVAL_LIKELIHOOD:
    likelihood(s);
    break;
  case IOI_INTERVAL_BETA:
    clopper_pearson(s, effective(s) * adjustment(s));
    break;
  case IOI_INTERVAL_WILSON:
    ioi_interval_wilson(s->p, effective(s), s->t, s->low, s->high);
    break;
  default:
    logit(s);
  }
}

/* The methods that rest on nk; none without records. */
static void on_capped(const proportion *s, ioi_interval_method method)
{
  double nk = capped(s);
  if (!(s->n > 0)) return;
  switch (method) {
  case IOI_INTERVAL_WILSON_ADJUSTED:
    ioi_interval_wilson(s->p, nk, upper_z(s), s->low, s->high);
    break;
  case IOI_INTERVAL_AGRESTI_COULL:
    agresti_coull(s, nk);
    break;
  case IOI_INTERVAL_JEFFREYS:
    beta_limits(s, nk, 0.5, 0.5);
    break;
  case IOI_INTERVAL_UNIFORM:
    beta_limits(s, nk, 1, 1);
    break;
  default:
    clopper_pearson(s, nk);
  }
}

static int rests_on_capped(ioi_interval_method method)
{
  return method == IOI_INTERVAL_NCHS || method >= IOI_INTERVAL_WILSON_ADJUSTED;
}

/* Whether `method` has no limits of its own here, so that nchs stands in. */
static int needs_nchs(const proportion *s, ioi_interval_method method)
{
  if (s->edge) return method != IOI_INTERVAL_WILSON;
  return method == IOI_INTERVAL_BETA && !s->exact && isfinite(s->df)
         && s->n <= 1;
}

/* Limits for values in range; says what became of them. */
static ioi_limits_note limits(const proportion *s, ioi_interval_method method)
{
  ioi_limits_note note = IOI_LIMITS_AS_ASKED;
  if (rests_on_capped(method)) {
    on_capped(s, method);
  } else if (needs_nchs(s, method)) {
    on_capped(s, IOI_INTERVAL_NCHS);
    note = IOI_LIMITS_NCHS;
  } else if (s->edge) {
    if (s->n > 0) ioi_interval_wilson(s->p, s->n, s->t, s->low, s->high);
  } else if (s->exact) {
    set_limits(s, s->p, s->p);
  } else {
    on_effective(s, method);
  }
  return isnan(*s->low) || isnan(*s->high) ? IOI_LIMITS_MISSING : note;
}

/* Whether the values allow limits at all. */
static ioi_limits_note checked(double estimate, double se, double df)
{
  if (!isfinite(estimate) || !(se >= 0) || isinf(se) || isnan(df))
    return IOI_LIMITS_MISSING;
  return df > 0 ? IOI_LIMITS_AS_ASKED : IOI_LIMITS_NO_DF;
}

ioi_status ioi_interval_proportion(const ioi_distribution *distribution,
                                   ioi_interval_method method, double p,
                                   double se, double n, double df, double level,
                                   double *low, double *high,
                                   ioi_limits_note *note)
{
  if (!(level > 0 && level < 1)) return IOI_EDOMAIN;
  if ((int) method < IOI_INTERVAL_LOGIT || method > IOI_INTERVAL_UNIFORM)
    return IOI_EDOMAIN;
  *low = *high = NAN;
  *note = checked(p, se, df);
  if (*note != IOI_LIMITS_AS_ASKED) return IOI_OK;
  double tail = (1 - level) / 2;
  if (se < ROUNDING * p) se = 0;
  proportion s = {
    .dist = distribution,
    .p = p,
    .q = 1 - p,
    .se = se,
    .n = n,
    .df = df,
    .tail = tail,
    .t = upper_t(distribution, df, tail),
    .edge = p <= 0 || p >= 1,
    .exact = !(se > 0),
    .low = low,
    .high = high,
  };
  if (p >= 0 && p <= 1)
    *note = limits(&s, method);
  else if (method == IOI_INTERVAL_WALD)
    wald(&s);
  else
    *note = IOI_LIMITS_MISSING;
  return IOI_OK;
}

double ioi_interval_t_quantile(const ioi_distribution *distribution, double df,
                               double level)
{
  if (!(df > 0) || !(level > 0 && level < 1)) return NAN;
  return upper_t(distribution, df, (1 - level) / 2);
}

ioi_status ioi_interval_t(const ioi_distribution *distribution, double estimate,
                          double se, double df, double level, double *low,
                          double *high, ioi_limits_note *note)
{
  if (!(level > 0 && level < 1)) return IOI_EDOMAIN;
  *low = *high = NAN;
  *note = checked(estimate, se, df);
  if (*note != IOI_LIMITS_AS_ASKED) return IOI_OK;
  double half =
    se > 0 ? ioi_interval_t_quantile(distribution, df, level) * se : 0;
  *low = estimate - half;
  *high = estimate + half;
  return IOI_OK;
}
