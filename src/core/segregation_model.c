/* segregation_model.c - beta and logit-normal laws of unit shares, and the fit of
 * the first. */
#include "core/segregation_model.h"

#include <math.h>

#include <gsl/gsl_cdf.h>
#include <gsl/gsl_math.h>
#include <gsl/gsl_randist.h>
#include <gsl/gsl_sf_gamma.h>
#include <gsl/gsl_sf_psi.h>

#include "core/sum.h"

static double logs(double p)
{
  return p > 0 ? p * log(p) : 0;
}

static double entropy(double p)
{
  return -(logs(p) + logs(1 - p));
}

/* 1 - E[p^b (1-p)^(1-b)]^(1/(1-b)) m^(-b/(1-b)) / (1-m) from ln E. */
static double atkinson(double log_mean, double log_m, double log_rest, double b)
{
  return -expm1((log_mean - b * log_m) / (1 - b) - log_rest);
}

/* ---- beta ------------------------------------------------------------------- */

/* ln E[p^b (1 - p)^(1 - b)] */
static double log_beta_mean(double alpha, double beta, double b)
{
  return gsl_sf_lnpoch(alpha, b) + gsl_sf_lnpoch(beta, 1 - b)
         - log(alpha + beta);
}

static int positive(double x)
{
  return x > 0 && x < INFINITY;
}

ioi_status ioi_beta_indices(double alpha, double beta, double shape,
                            ioi_law_indices *out)
{
  if (!positive(alpha) || !positive(beta) || !(shape > 0 && shape < 1))
    return IOI_EDOMAIN;
  const double both = alpha + beta, m = alpha / both, rest = beta / both;
  const double log_m = log(m), log_rest = log(rest);
  const double inside = m * gsl_sf_psi(alpha + 1) + rest * gsl_sf_psi(beta + 1)
                        - gsl_sf_psi(both + 1);
  out->dissimilarity = exp(alpha * log_m + (beta - 1) * log_rest - log(alpha)
                           - gsl_sf_lnbeta(alpha, beta));
  out->gini =
    exp(M_LN2 + log(both) + gsl_sf_lnbeta(both, both) - log(alpha) - log(beta)
        - gsl_sf_lnbeta(alpha, alpha) - gsl_sf_lnbeta(beta, beta));
  out->theil = 1 + inside / entropy(m);
  out->atkinson =
    atkinson(log_beta_mean(alpha, beta, shape), log_m, log_rest, shape);
  out->correlation_ratio = 1 / (both + 1);
  out->hutchens =
    -expm1(log_beta_mean(alpha, beta, 0.5) - (log_m + log_rest) / 2);
  out->isolation = m + rest / (both + 1);
  return IOI_OK;
}

/* ---- logit-normal ----------------------------------------------------------- */

static double inverse_logit(double z)
{
  return z > 0 ? 1 / (1 + exp(-z)) : exp(z) / (1 + exp(z));
}

/* Gauss-Legendre nodes and weights of eight points on (-1, 1). */
static const double node[4] = {0.18343464249564980494, 0.52553240991632898582,
                               0.79666647741362673959, 0.96028985649753623168};
static const double node_weight[4] = {
  0.36268378337836198297, 0.31370664587788728734, 0.22238103445337447054,
  0.10122853629037625915};

enum { PANELS = 128 };

/* The integrals at once: E of p, p^2, |p - m|, e(p), p^b (1-p)^(1-b), sqrt(p
 * (1-p)), and that of F(1 - F) over p. */
typedef struct {
  double mean, sd, m, shape;
  double p, square, away, entropy, atkinson, root, spread;
} integrals;

static void add_point(integrals *s, double u, double weight)
{
  const double p = inverse_logit(s->mean + s->sd * u);
  const double rest = inverse_logit(-(s->mean + s->sd * u));
  const double w = weight * gsl_ran_ugaussian_pdf(u);
  s->p += w * p;
  s->square += w * p * p;
  s->away += w * fabs(p - s->m);
  s->entropy -= w * (logs(p) + logs(rest));
  s->atkinson += w * pow(p, s->shape) * pow(rest, 1 - s->shape);
  s->root += w * sqrt(p * rest);
  s->spread +=
    weight * gsl_cdf_ugaussian_P(u) * gsl_cdf_ugaussian_Q(u) * p * rest * s->sd;
}

static void add_between(integrals *s, double from, double to)
{
  const double half = (to - from) / (2 * PANELS);
  for (int k = 0; k < PANELS; k++) {
    const double middle = from + (2 * k + 1) * half;
    for (int i = 0; i < 4; i++) {
      add_point(s, middle - half * node[i], half * node_weight[i]);
      add_point(s, middle + half * node[i], half * node_weight[i]);
    }
  }
}

ioi_status ioi_logit_normal_indices(double mean, double variance, double shape,
                                    ioi_law_indices *out)
{
  const double far = 10;
  if (!(fabs(mean) < 700) || !(variance >= 0 && variance < INFINITY)
      || !(shape > 0 && shape < 1))
    return IOI_EDOMAIN;
  if (variance == 0) {
    *out = (ioi_law_indices){0, 0, 0, 0, 0, 0, inverse_logit(mean)};
    return IOI_OK;
  }
  integrals s = {.mean = mean, .sd = sqrt(variance), .shape = shape};
  add_between(&s, -far, far);
  const double m = s.p, cut = (log(m) - log1p(-m) - mean) / s.sd;
  s = (integrals){.mean = mean, .sd = s.sd, .m = m, .shape = shape};
  add_between(&s, -far, fmin(cut, far));
  add_between(&s, fmin(cut, far), far);
  const double both = m * (1 - m);
  *out = (ioi_law_indices){s.away / (2 * both),
                           s.spread / both,
                           1 - s.entropy / entropy(m),
                           atkinson(log(s.atkinson), log(m), log1p(-m), shape),
                           (s.square - m * m) / both,
                           1 - s.root / sqrt(both),
                           s.square / m};
  return IOI_OK;
}

/* ---- beta-binomial ---------------------------------------------------------- */

/* The log likelihood with its slope and curvature in alpha and beta. */
typedef struct {
  double value, slope[2], curve[3]; /* aa, ab, bb */
} likelihood;

/* ln (a)_n rising = ln Gamma(a + n) - ln Gamma(a), and its derivatives. */
static void rise(double a, double n, double sign, double *value, double *slope,
                 double *curve)
{
  if (!(n > 0)) return;
  *value += sign * gsl_sf_lnpoch(a, n);
  *slope += sign * (gsl_sf_psi(a + n) - gsl_sf_psi(a));
  *curve += sign * (gsl_sf_psi_1(a + n) - gsl_sf_psi_1(a));
}

static likelihood add_up(const double *x, const double *k, size_t n, double a,
                         double b)
{
  likelihood l = {0, {0, 0}, {0, 0, 0}};
  double both_slope = 0, both_curve = 0;
  for (size_t i = 0; i < n; i++) {
    rise(a, x[i], 1, &l.value, l.slope, l.curve);
    rise(b, k[i] - x[i], 1, &l.value, l.slope + 1, l.curve + 2);
    rise(a + b, k[i], -1, &l.value, &both_slope, &both_curve);
  }
  l.slope[0] += both_slope;
  l.slope[1] += both_slope;
  for (int c = 0; c < 3; c++) l.curve[c] += both_curve;
  return l;
}

/* What there is to fit. */
static ioi_status look(const double *x, const double *k, size_t n,
                       double *share, size_t *units)
{
  double all = 0, marked = 0, mixed = 0, pairs = 0;
  size_t found = 0;
  for (size_t i = 0; i < n; i++) {
    if (!(k[i] >= 0 && k[i] < 0x1p53 && k[i] == floor(k[i]) && x[i] >= 0
          && x[i] <= k[i] && x[i] == floor(x[i])))
      return IOI_EDOMAIN;
    all += k[i];
    marked += x[i];
    mixed += x[i] > 0 && x[i] < k[i];
    pairs += k[i] > 1;
    found += k[i] > 0;
  }
  *units = found;
  *share = marked / all;
  if (!(marked > 0 && marked < all)) return IOI_EEMPTY;
  if (pairs < 2) return IOI_EFEW;
  return mixed > 0 ? IOI_OK : IOI_ESINGLE;
}

/* Whether the likelihood falls as alpha + beta comes down from infinity: the
 * slope there has the sign of this sum (Tarone 1979, Biometrika 66:585-590). */
static int no_more_than_chance(const double *x, const double *k, size_t n,
                               double share)
{
  ioi_exact sum = {0, 0};
  for (size_t i = 0; i < n; i++) {
    const double y = k[i] - x[i];
    ioi_exact_add(&sum, x[i] * (x[i] - 1) / share);
    ioi_exact_add(&sum, y * (y - 1) / (1 - share));
    ioi_exact_add(&sum, -k[i] * (k[i] - 1));
  }
  return ioi_exact_value(&sum) <= 0;
}

/* alpha + beta from the correlation of members of a unit: the moment estimator
 * with weights k; between 1e-3 and 1e4. */
static double start(const double *x, const double *k, size_t n, double share)
{
  double both = 0, pairs = 0;
  for (size_t i = 0; i < n; i++) {
    both += x[i] * (x[i] - 1);
    pairs += k[i] * (k[i] - 1);
  }
  const double r = (both / pairs - share * share) / (share * (1 - share));
  return fmin(1e4, fmax(1e-3, r > 0 ? 1 / r - 1 : 1e4));
}

/* The step of Newton's method in ln alpha and ln beta; `damp` is added to minus
 * the curvature. */
static void newton_step(const likelihood *l, double a, double b, double damp,
                        double *step)
{
  const double g[2] = {a * l->slope[0], b * l->slope[1]};
  const double aa = -(a * a * l->curve[0] + g[0]) + damp;
  const double bb = -(b * b * l->curve[2] + g[1]) + damp;
  const double ab = -a * b * l->curve[1], det = aa * bb - ab * ab;
  step[0] = (bb * g[0] - ab * g[1]) / det;
  step[1] = (aa * g[1] - ab * g[0]) / det;
}

static int concave(const likelihood *l, double a, double b, double damp)
{
  const double aa = -(a * a * l->curve[0] + a * l->slope[0]) + damp;
  const double bb = -(b * b * l->curve[2] + b * l->slope[1]) + damp;
  const double ab = -a * b * l->curve[1];
  return aa > 0 && aa * bb - ab * ab > 1e-12 * aa * bb;
}

/* One damped step that does not lower the likelihood; gives its largest part, 0
 * where none could be found. */
static double climb(const double *x, const double *k, size_t n, double *at,
                    likelihood *l)
{
  double damp = 0, step[2];
  for (int tries = 0; tries < 60; tries++) {
    if (concave(l, at[0], at[1], damp)) {
      newton_step(l, at[0], at[1], damp, step);
      const double big = fmax(fabs(step[0]), fabs(step[1]));
      const double scale = big > 2 ? 2 / big : 1;
      const double to[2] = {at[0] * exp(scale * step[0]),
                            at[1] * exp(scale * step[1])};
      const likelihood new = add_up(x, k, n, to[0], to[1]);
      if (new.value >= l->value - 1e-12 * fabs(l->value)) {
        at[0] = to[0];
        at[1] = to[1];
        *l = new;
        return scale * big;
      }
    }
    damp = damp > 0 ? 4 * damp : 1e-3 * (1 + fabs(at[0] * at[0] * l->curve[0]));
  }
  return 0;
}

static void invert(const likelihood *l, double *v)
{
  const double det = l->curve[0] * l->curve[2] - l->curve[1] * l->curve[1];
  v[0] = -l->curve[2] / det;
  v[3] = -l->curve[0] / det;
  v[1] = v[2] = l->curve[1] / det;
}

ioi_status ioi_beta_binomial(const double *x, const double *k, size_t n,
                             double *parameter, double *v, size_t *units)
{
  double share;
  const ioi_status status = look(x, k, n, &share, units);
  if (status == IOI_ESINGLE) parameter[0] = parameter[1] = 0;
  if (status == IOI_OK && no_more_than_chance(x, k, n, share)) {
    parameter[0] = parameter[1] = INFINITY;
    return IOI_ENULL;
  }
  if (status != IOI_OK) return status;
  const double both = start(x, k, n, share);
  double at[2] = {both * share, both * (1 - share)};
  likelihood l = add_up(x, k, n, at[0], at[1]);
  for (int steps = 0; steps < 200; steps++) {
    const double moved = climb(x, k, n, at, &l);
    if (at[0] + at[1] > 1e7) {
      parameter[0] = parameter[1] = INFINITY;
      return IOI_ENULL;
    }
    parameter[0] = at[0];
    parameter[1] = at[1];
    if (moved < 1e-9 && concave(&l, at[0], at[1], 0)) {
      invert(&l, v);
      return IOI_OK;
    }
  }
  return IOI_ECONVERGE;
}
