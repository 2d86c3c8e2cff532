/* parity_score.c - score limits of two proportions; formulas and sources in
 * parity_score.h and parity_counts.h. */
#include "core/parity_score.h"

#include "core/root.h"

#include <math.h>

/* A table, and the value that the score is to reach: z above the estimate is
 * -z. */
typedef struct {
  const ioi_parity_table *c;
  double reach;
} target;

static double square(double x)
{
  return x * x;
}

/* ---- difference --------------------------------------------------------- */

/* The slope of the log likelihood in p2 = t, p1 = t + d. */
static double likelihood_slope(const ioi_parity_table *c, double d, double t)
{
  double slope = 0, p1 = t + d;
  if (c->x1 > 0) slope += c->x1 / p1;
  if (c->x2 > 0) slope += c->x2 / t;
  if (c->n1 > c->x1) slope -= (c->n1 - c->x1) / (1 - p1);
  if (c->n2 > c->x2) slope -= (c->n2 - c->x2) / (1 - t);
  return slope;
}

static double likelihood_bend(const ioi_parity_table *c, double d, double t)
{
  double bend = 0, p1 = t + d;
  if (c->x1 > 0) bend += c->x1 / square(p1);
  if (c->x2 > 0) bend += c->x2 / square(t);
  if (c->n1 > c->x1) bend += (c->n1 - c->x1) / square(1 - p1);
  if (c->n2 > c->x2) bend += (c->n2 - c->x2) / square(1 - t);
  return bend;
}

/* The root of the likelihood's cubic in p2 (Miettinen and Nurminen 1985). */
static double cubic_root(const ioi_parity_table *c, double d)
{
  double n = c->n1 + c->n2, x = c->x1 + c->x2;
  double l3 = n, l2 = (c->n1 + 2 * c->n2) * d - n - x;
  double l1 = (c->n2 * d - n - 2 * c->x2) * d + x, l0 = c->x2 * d * (1 - d);
  double k = l2 / (3 * l3);
  double q = k * k * k - l1 * l2 / (6 * l3 * l3) + l0 / (2 * l3);
  double b = copysign(sqrt(fmax(0, k * k - l1 / (3 * l3))), q);
  double inside = fabs(b) > 0 ? q / (b * b * b) : 0;
  double a = (acos(-1) + acos(fmax(-1, fmin(1, inside)))) / 3;
  return 2 * b * cos(a) - k;
}

/* The most likely p2 given p1 - p2 = d: the cubic's root, whose last digits
 * Newton's method restores where it is small, within the range p2 may have. */
static double most_likely(const ioi_parity_table *c, double d)
{
  double low = fmax(0, -d), high = fmin(1, 1 - d);
  if (!(likelihood_slope(c, d, low) > 0)) return low;
  if (!(likelihood_slope(c, d, high) < 0)) return high;
  double t = cubic_root(c, d);
  for (int i = 0; i < 100; i++) {
    if (!(t > low && t < high)) t = low + (high - low) / 2;
    double slope = likelihood_slope(c, d, t);
    if (slope > 0)
      low = t;
    else
      high = t;
    double step = slope / likelihood_bend(c, d, t);
    t += step;
    if (!(fabs(step) > 1e-13 * fmin(t, 1 - t))) break;
  }
  return fmin(fmax(t, low), high);
}

static double difference_score(double d, const void *context)
{
  const target *s = context;
  const ioi_parity_table *c = s->c;
  double gap = c->x1 / c->n1 - c->x2 / c->n2 - d;
  if (!(fabs(gap) > 0)) return -s->reach;
  double p2 = most_likely(c, d), p1 = fmin(1, fmax(0, p2 + d));
  double variance = p1 * (1 - p1) / c->n1 + p2 * (1 - p2) / c->n2;
  return gap / sqrt(variance) - s->reach;
}

/* About z standard errors, of the shares with half an event more. */
static double reach_guess(const ioi_parity_table *c, double z)
{
  double p1 = (c->x1 + 0.5) / (c->n1 + 1), p2 = (c->x2 + 0.5) / (c->n2 + 1);
  return z * sqrt(p1 * (1 - p1) / c->n1 + p2 * (1 - p2) / c->n2);
}

void ioi_parity_score_difference(const ioi_parity_table *counts, double z,
                                 double *low, double *high)
{
  double gap = counts->x1 / counts->n1 - counts->x2 / counts->n2;
  double half = reach_guess(counts, z);
  target below = {counts, z}, above = {counts, -z};
  *low = -1;
  *high = 1;
  if (isinf(z)) return;
  if (gap > -1)
    *low = ioi_root_near(difference_score, &below, -1, gap, gap - half);
  if (gap < 1)
    *high = ioi_root_near(difference_score, &above, gap, 1, gap + half);
}

/* ---- ratio, on the log scale -------------------------------------------- */

static double ratio_score(double theta, const void *context)
{
  const target *s = context;
  const ioi_parity_table *c = s->c;
  double phi = exp(theta), x = c->x1 + c->x2;
  double a = (c->n1 + c->n2) * phi;
  double b = c->n1 * phi + c->x1 + c->n2 + c->x2 * phi;
  double p2 = fmin(1, 2 * x / (b + sqrt(fmax(0, b * b - 4 * a * x))));
  double p1 = fmin(1, phi * p2);
  double variance = p1 * (1 - p1) / c->n1 + square(phi) * p2 * (1 - p2) / c->n2;
  double gap = c->x1 / c->n1 - phi * (c->x2 / c->n2);
  if (!(fabs(gap) > 0)) return -s->reach;
  return gap / sqrt(variance) - s->reach;
}

/* Where to start on the log scale, and how far to step: the log of the ratio
 * with half an event more, and its approximate standard error. */
static double start_ratio(const ioi_parity_table *c, double *step)
{
  double x1 = c->x1 + 0.5, x2 = c->x2 + 0.5;
  *step = sqrt(1 / x1 + 1 / x2);
  if (c->x1 > 0 && c->x2 > 0)
    return log(c->x1) - log(c->n1) - log(c->x2) + log(c->n2);
  return log(x1) - log(c->n1 + 0.5) - log(x2) + log(c->n2 + 0.5);
}

/* The crossing beyond the estimate in one direction; where the estimate is not
 * finite the start may be on either side of it. */
static double crossing(ioi_root_function f, const ioi_parity_table *c,
                       double start, double step, double reach)
{
  target s = {c, reach};
  double inner = f(start, &s), out = reach > 0 ? -step : step;
  int outside = reach > 0 ? inner > 0 : inner < 0;
  return exp(ioi_root_beyond(f, &s, start, outside ? -out : out));
}

void ioi_parity_score_ratio(const ioi_parity_table *counts, double z,
                            double *low, double *high)
{
  double step, start = start_ratio(counts, &step);
  step *= fmin(z, 100);
  *low = counts->x1 > 0 && isfinite(z)
           ? crossing(ratio_score, counts, start, step, z)
           : 0;
  *high = counts->x2 > 0 && isfinite(z)
            ? crossing(ratio_score, counts, start, step, -z)
            : INFINITY;
}

/* ---- odds ratio, on the log scale --------------------------------------- */

/* The most likely p2 given the odds ratio: the positive root of n2(psi - 1) t^2
 * + [n1 psi + n2 - X(psi - 1)] t - X. */
static double odds_root(const ioi_parity_table *c, double psi)
{
  double x = c->x1 + c->x2, a = c->n2 * (psi - 1);
  double b = psi * (c->n1 - x) + c->n2 + x;
  double root = sqrt(fmax(0, b * b + 4 * a * x));
  double t = b > 0 ? 2 * x / (b + root) : (root - b) / (2 * a);
  return fmin(1, t);
}

static double odds_score(double theta, const void *context)
{
  const target *s = context;
  const ioi_parity_table *c = s->c;
  double psi = exp(theta), p2 = odds_root(c, psi);
  double below = 1 + p2 * (psi - 1), q2 = 1 - p2;
  double p1 = p2 * psi / below, q1 = q2 / below;
  double gap = c->x1 - c->n1 * p1;
  double spread = 1 / (c->n1 * p1 * q1) + 1 / (c->n2 * p2 * q2);
  if (!(fabs(gap) > 0)) return -s->reach;
  return gap * sqrt(spread) - s->reach;
}

static double start_odds(const ioi_parity_table *c, double *step)
{
  double y1 = c->n1 - c->x1, y2 = c->n2 - c->x2;
  int inside = c->x1 > 0 && c->x2 > 0 && y1 > 0 && y2 > 0;
  double more = inside ? 0 : 0.5;
  *step = sqrt(1 / (c->x1 + 0.5) + 1 / (y1 + 0.5) + 1 / (c->x2 + 0.5)
               + 1 / (y2 + 0.5));
  return log(c->x1 + more) - log(y1 + more) - log(c->x2 + more)
         + log(y2 + more);
}

void ioi_parity_score_odds(const ioi_parity_table *counts, double z,
                           double *low, double *high)
{
  double step, start = start_odds(counts, &step);
  step *= fmin(z, 100);
  int none = !(counts->x1 > 0) || counts->x2 >= counts->n2;
  int all = !(counts->x2 > 0) || counts->x1 >= counts->n1;
  *low = none || isinf(z) ? 0 : crossing(odds_score, counts, start, step, z);
  *high =
    all || isinf(z) ? INFINITY : crossing(odds_score, counts, start, step, -z);
}
