/* parity_rates.c - limits and tests of gaps between two Poisson rates; formulas
 * in parity_counts.h. */
#include "core/parity_score.h"

#include "core/root.h"

#include <math.h>

static double square(double x)
{
  return x * x;
}

static void put(ioi_parity_gap *gap, double low, double high)
{
  gap->low = low;
  gap->high = high;
}

/* ---- ratio from x1 out of X --------------------------------------------- */

/* Clopper-Pearson limits of x1 out of X as odds: the rate ratio times t1/t2. */
static void exact_odds(const ioi_distribution *dist, double x1, double x2,
                       double tail, double *low, double *high)
{
  *low = 0;
  *high = INFINITY;
  if (x1 > 0)
    *low = dist->beta_quantile(tail, x1, x2 + 1, 1, 0)
           / dist->beta_quantile(tail, x2 + 1, x1, 0, 0);
  if (x2 > 0)
    *high = dist->beta_quantile(tail, x1 + 1, x2, 0, 0)
            / dist->beta_quantile(tail, x2, x1 + 1, 1, 0);
}

/* The mid-p tail of x or more events of one kind, y of the other, at share
 * `share`: the mean of P(x or more) and P(more than x). */
static double midp_tail(const ioi_distribution *dist, double x, double y,
                        double share)
{
  double or_more = x > 0 ? dist->beta_tail(share, x, y + 1, 1, 0) : 1;
  double more = y > 0 ? dist->beta_tail(share, x + 1, y, 1, 0) : 0;
  return (or_more + more) / 2;
}

typedef struct {
  const ioi_distribution *dist;
  double x, y, tail;
} midp;

/* In the log odds of the share. */
static double midp_gap(double theta, const void *context)
{
  const midp *s = context;
  return midp_tail(s->dist, s->x, s->y, 1 / (1 + exp(-theta))) - s->tail;
}

/* The odds at which the mid-p tail of x or more is `tail`: above the exact
 * lower limit; 0 where the tail is above that for every share. */
static double midp_low(const ioi_distribution *dist, double x, double y,
                       double tail)
{
  midp s = {dist, x, y, tail};
  if (!(x > 0)) return 0;
  double start = log(x + 0.5) - log(y + 0.5);
  double step = sqrt(1 / (x + 0.5) + 1 / (y + 0.5));
  double at_start = midp_gap(start, &s);
  return exp(ioi_root_beyond(midp_gap, &s, start, at_start > 0 ? -step : step));
}

static void conditional_limits(const ioi_parity_rule *rule,
                               const ioi_parity_table *c, ioi_parity_gap *gap)
{
  double tail = (1 - rule->level) / 2, low, high;
  if (rule->method == IOI_PARITY_RATE_EXACT) {
    exact_odds(rule->distribution, c->x1, c->x2, tail, &low, &high);
  } else {
    low = midp_low(rule->distribution, c->x1, c->x2, tail);
    high = 1 / midp_low(rule->distribution, c->x2, c->x1, tail);
  }
  put(gap, low * (c->n2 / c->n1), high * (c->n2 / c->n1));
}

static void conditional_test(const ioi_parity_rule *rule,
                             const ioi_parity_table *c, ioi_parity_gap *gap)
{
  const ioi_distribution *dist = rule->distribution;
  double share = c->n1 / (c->n1 + c->n2), x = c->x1, y = c->x2;
  if (!(x + y > 0)) return;
  double more = x > 0 ? dist->beta_tail(share, x, y + 1, 1, 0) : 1;
  double less = y > 0 ? dist->beta_tail(share, x + 1, y, 0, 0) : 1;
  if (rule->method == IOI_PARITY_RATE_MIDP) {
    more = midp_tail(dist, x, y, share);
    less = 1 - more;
  }
  gap->statistic = x;
  gap->p_value = fmin(1, 2 * fmin(more, less));
}

/* ---- score -------------------------------------------------------------- */

/* With u = phi t1/t2 the score is (x1 - u x2)^2 = z^2 u X. */
static void score_ratio(const ioi_parity_table *c, double z,
                        ioi_parity_gap *gap)
{
  double x = c->x1 + c->x2, b = 2 * c->x1 * c->x2 + square(z) * x;
  double root = z * sqrt(x * (4 * c->x1 * c->x2 + square(z) * x));
  double scale = c->n2 / c->n1;
  double low = c->x1 > 0 ? 2 * square(c->x1) / (b + root) : 0;
  double high = c->x2 > 0 ? (b + root) / (2 * square(c->x2)) : INFINITY;
  put(gap, low * scale, high * scale);
}

/* The most likely rate 2 when rate 1 is d more: the positive root of T l^2 - (X
 * - T d) l - x2 d. */
static double rate_root(double events, double time, double x2, double d)
{
  double b = events - time * d;
  double root = sqrt(fmax(0, b * b + 4 * time * x2 * d));
  if (b >= 0) return (b + root) / (2 * time);
  return root > b ? 2 * x2 * d / (root - b) : 0;
}

typedef struct {
  const ioi_parity_table *c;
  double reach;
} target;

static double difference_score(double d, const void *context)
{
  const target *s = context;
  const ioi_parity_table *c = s->c;
  double x = c->x1 + c->x2, t = c->n1 + c->n2;
  double r2 = rate_root(x, t, c->x2, d), r1 = rate_root(x, t, c->x1, -d);
  if (d > 0) r1 = r2 + d;
  if (d < 0) r2 = r1 - d;
  double gap = c->x1 / c->n1 - c->x2 / c->n2 - d;
  if (!(fabs(gap) > 0)) return -s->reach;
  return gap / sqrt(r1 / c->n1 + r2 / c->n2) - s->reach;
}

static void score_difference(const ioi_parity_table *c, double z,
                             ioi_parity_gap *gap)
{
  double start = c->x1 / c->n1 - c->x2 / c->n2;
  double step =
    z * sqrt((c->x1 + 1) / square(c->n1) + (c->x2 + 1) / square(c->n2));
  target below = {c, z}, above = {c, -z};
  put(gap, ioi_root_beyond(difference_score, &below, start, -step),
      ioi_root_beyond(difference_score, &above, start, step));
}

static void score_test(const ioi_parity_table *c, ioi_parity_gap *gap)
{
  double gap_at = c->x1 / c->n1 - c->x2 / c->n2;
  double variance = (c->x1 + c->x2) / c->n1 / c->n2;
  if (!(variance > 0)) return;
  gap->statistic = square(gap_at) / variance;
  gap->p_value = ioi_parity_chisq_tail(gap->statistic);
}

/* ---- which form --------------------------------------------------------- */

static void log_limits(const ioi_parity_table *c, double z, ioi_parity_gap *gap)
{
  gap->note = IOI_PARITY_NO_LOG;
  if (!(c->x1 > 0 && c->x2 > 0)) return;
  double ratio = (c->x1 / c->n1) / (c->x2 / c->n2);
  double step = exp(z * sqrt(1 / c->x1 + 1 / c->x2));
  gap->note = IOI_PARITY_AS_ASKED;
  put(gap, ratio / step, ratio * step);
}

void ioi_parity_rate_limits(const ioi_parity_rule *rule,
                            const ioi_parity_table *counts, ioi_parity_gap *gap)
{
  int conditional = rule->method == IOI_PARITY_RATE_EXACT
                    || rule->method == IOI_PARITY_RATE_MIDP;
  if (conditional)
    conditional_limits(rule, counts, gap);
  else if (rule->method == IOI_PARITY_RATE_LOG)
    log_limits(counts, rule->z, gap);
  else if (rule->base == IOI_PARITY_RATIO)
    score_ratio(counts, rule->z, gap);
  else
    score_difference(counts, rule->z, gap);
  if (conditional)
    conditional_test(rule, counts, gap);
  else
    score_test(counts, gap);
}
