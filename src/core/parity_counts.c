/* parity_counts.c - limits and tests of gaps between two proportions; formulas
 * and sources in parity_counts.h, those of rates in parity_rates.c. */
#include "core/parity_counts.h"

#include "core/interval.h"
#include "core/parity_score.h"

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

ioi_parity_rule ioi_parity_rule_at(const ioi_distribution *distribution,
                                   ioi_parity_measure base,
                                   ioi_parity_count_method method, double level)
{
  double z = ioi_interval_t_quantile(distribution, INFINITY, level);
  return (ioi_parity_rule){distribution, base, method, level, z};
}

int ioi_parity_is_rate(ioi_parity_count_method method)
{
  return method >= IOI_PARITY_RATE_EXACT;
}

int ioi_parity_count_offers(ioi_parity_measure base,
                            ioi_parity_count_method method)
{
  switch (method) {
  case IOI_PARITY_MIETTINEN_NURMINEN:
    return base <= IOI_PARITY_ODDS_RATIO;
  case IOI_PARITY_RATIO_MOVER:
  case IOI_PARITY_RATE_SCORE:
    return base == IOI_PARITY_DIFFERENCE || base == IOI_PARITY_RATIO;
  case IOI_PARITY_KOOPMAN:
  case IOI_PARITY_KATZ:
  case IOI_PARITY_WALTER:
  case IOI_PARITY_RATE_EXACT:
  case IOI_PARITY_RATE_MIDP:
  case IOI_PARITY_RATE_LOG:
    return base == IOI_PARITY_RATIO;
  case IOI_PARITY_WOOLF:
  case IOI_PARITY_HALDANE:
  case IOI_PARITY_CORNFIELD:
    return base == IOI_PARITY_ODDS_RATIO;
  default:
    return base == IOI_PARITY_DIFFERENCE;
  }
}

/* ---- closed forms ------------------------------------------------------- */

static ioi_parity_pair as_pair(const ioi_parity_table *c)
{
  double p1 = c->x1 / c->n1, p2 = c->x2 / c->n2;
  return (ioi_parity_pair){p1, p2, p1 * (1 - p1) / c->n1, p2 * (1 - p2) / c->n2,
                           0};
}

static void mover(const ioi_parity_table *c, ioi_parity_rule rule, double z,
                  ioi_parity_gap *gap)
{
  ioi_parity_pair pair = as_pair(c);
  ioi_parity_limits own;
  void (*wilson)(double, double, double, double *, double *) =
    rule.method == IOI_PARITY_NEWCOMBE_CORRECTED ? ioi_interval_wilson_corrected
                                                 : ioi_interval_wilson;
  wilson(pair.group, c->n1, z, &own.group_low, &own.group_high);
  wilson(pair.reference, c->n2, z, &own.reference_low, &own.reference_high);
  if (rule.base == IOI_PARITY_RATIO)
    ioi_parity_ratio_mover(&pair, &own, &gap->low, &gap->high);
  else
    ioi_parity_difference_mover(&pair, &own, &gap->low, &gap->high);
  if (isnan(gap->low) || isnan(gap->high)) put(gap, 0, INFINITY);
}

static void wald(const ioi_parity_table *c, double z, ioi_parity_gap *gap)
{
  ioi_parity_pair pair = as_pair(c);
  double gap_at = pair.group - pair.reference;
  double half = z * sqrt(ioi_parity_difference_variance(&pair));
  put(gap, gap_at - half, gap_at + half);
}

static void agresti_caffo(const ioi_parity_table *c, double z,
                          ioi_parity_gap *gap)
{
  ioi_parity_table more = {c->x1 + 1, c->n1 + 2, c->x2 + 1, c->n2 + 2};
  wald(&more, z, gap);
  put(gap, fmax(-1, gap->low), fmin(1, gap->high));
}

static void around_log(double value, double variance, double z,
                       ioi_parity_gap *gap)
{
  double step = exp(z * sqrt(fmax(0, variance)));
  put(gap, value / step, value * step);
}

/* `more` is added to every x and n. */
static void log_ratio(const ioi_parity_table *c, double more, double z,
                      ioi_parity_gap *gap)
{
  double x1 = c->x1 + more, n1 = c->n1 + more;
  double x2 = c->x2 + more, n2 = c->n2 + more;
  gap->note = x1 > 0 && x2 > 0 ? IOI_PARITY_AS_ASKED : IOI_PARITY_NO_LOG;
  if (gap->note == IOI_PARITY_NO_LOG) return;
  around_log((x1 / n1) / (x2 / n2), (1 / x1 - 1 / n1) + (1 / x2 - 1 / n2), z,
             gap);
}

/* `more` is added to every cell. */
static void log_odds(const ioi_parity_table *c, double more, double z,
                     ioi_parity_gap *gap)
{
  double x1 = c->x1 + more, y1 = c->n1 - c->x1 + more;
  double x2 = c->x2 + more, y2 = c->n2 - c->x2 + more;
  int known = x1 > 0 && y1 > 0 && x2 > 0 && y2 > 0;
  gap->note = known ? IOI_PARITY_AS_ASKED : IOI_PARITY_NO_LOG;
  if (!known) return;
  around_log((x1 / y1) / (x2 / y2), 1 / x1 + 1 / y1 + 1 / x2 + 1 / y2, z, gap);
}

/* ---- which form --------------------------------------------------------- */

static void score(const ioi_parity_table *c, ioi_parity_rule rule, double z,
                  ioi_parity_gap *gap)
{
  double n = c->n1 + c->n2;
  double factor =
    rule.method == IOI_PARITY_MIETTINEN_NURMINEN ? (n - 1) / n : 1;
  /* with N of 1 or less nothing is rejected */
  double reach = factor > 0 ? z / sqrt(factor) : INFINITY;
  if (rule.base == IOI_PARITY_DIFFERENCE)
    ioi_parity_score_difference(c, reach, &gap->low, &gap->high);
  else if (rule.base == IOI_PARITY_RATIO)
    ioi_parity_score_ratio(c, reach, &gap->low, &gap->high);
  else
    ioi_parity_score_odds(c, reach, &gap->low, &gap->high);
}

static void limits(const ioi_parity_table *c, ioi_parity_rule rule, double z,
                   ioi_parity_gap *gap)
{
  switch (rule.method) {
  case IOI_PARITY_NEWCOMBE:
  case IOI_PARITY_NEWCOMBE_CORRECTED:
  case IOI_PARITY_RATIO_MOVER:
    mover(c, rule, z, gap);
    break;
  case IOI_PARITY_AGRESTI_CAFFO:
    agresti_caffo(c, z, gap);
    break;
  case IOI_PARITY_WALD:
    wald(c, z, gap);
    break;
  case IOI_PARITY_KATZ:
  case IOI_PARITY_WALTER:
    log_ratio(c, rule.method == IOI_PARITY_WALTER ? 0.5 : 0, z, gap);
    break;
  case IOI_PARITY_WOOLF:
  case IOI_PARITY_HALDANE:
    log_odds(c, rule.method == IOI_PARITY_HALDANE ? 0.5 : 0, z, gap);
    break;
  default:
    score(c, rule, z, gap);
  }
}

double ioi_parity_chisq_tail(double x)
{
  return erfc(sqrt(x / 2));
}

/* Chi-square with N - 1, written with the difference of the proportions. */
static void chi_square(const ioi_parity_table *c, ioi_parity_gap *gap)
{
  double n = c->n1 + c->n2, mean = (c->x1 + c->x2) / n;
  double gap_at = c->x1 / c->n1 - c->x2 / c->n2;
  gap->statistic = gap->p_value = NAN;
  if (!(mean > 0 && mean < 1 && n > 1)) return;
  gap->statistic =
    square(gap_at) / (mean * (1 - mean)) * (c->n1 / n) * c->n2 * ((n - 1) / n);
  gap->p_value = ioi_parity_chisq_tail(gap->statistic);
}

/* Finite, 0 or more, no more events than people unless they are
 * rates; a NaN is let through. */
static int is_count(double x, double n, int rate)
{
  return !(x < 0 || n < 0 || (!rate && x > n) || isinf(x) || isinf(n));
}

ioi_status ioi_parity_counts(const ioi_parity_rule *rule,
                             const ioi_parity_table *counts,
                             ioi_parity_gap *gap)
{
  int rate = ioi_parity_is_rate(rule->method);
  if (isnan(rule->z) || !ioi_parity_count_offers(rule->base, rule->method)
      || !is_count(counts->x1, counts->n1, rate)
      || !is_count(counts->x2, counts->n2, rate))
    return IOI_EDOMAIN;
  put(gap, NAN, NAN);
  gap->statistic = gap->p_value = NAN;
  gap->note = IOI_PARITY_MISSING;
  if (isnan(counts->x1 + counts->x2) || !(counts->n1 > 0 && counts->n2 > 0))
    return IOI_OK;
  gap->note = IOI_PARITY_AS_ASKED;
  if (rate) {
    ioi_parity_rate_limits(rule, counts, gap);
  } else {
    limits(counts, *rule, rule->z, gap);
    chi_square(counts, gap);
  }
  return IOI_OK;
}

void ioi_parity_whole(ioi_parity_measure base, double share, double *low,
                      double *high)
{
  double rest = 1 - share;
  if (base == IOI_PARITY_DIFFERENCE) {
    *low *= rest;
    *high *= rest;
  } else if (base == IOI_PARITY_RATIO) {
    *low = 1 / (share + rest / *low);
    *high = 1 / (share + rest / *high);
  }
}

ioi_status ioi_parity_count_gap(const ioi_parity_rule *rule,
                                ioi_parity_measure measure,
                                const ioi_parity_pair *pair,
                                const ioi_parity_table *counts, double share,
                                ioi_parity_scale scale, ioi_parity_gap *gap)
{
  double d_group, d_reference;
  ioi_status status = ioi_parity_counts(rule, counts, gap);
  if (status != IOI_OK) return status;
  ioi_parity_point(measure, pair->group, pair->reference, scale, &gap->estimate,
                   &d_group, &d_reference);
  gap->std_error = ioi_parity_se(pair, d_group, d_reference);
  if (share > 0) ioi_parity_whole(rule->base, share, &gap->low, &gap->high);
  ioi_parity_carry(measure, scale, &gap->low, &gap->high);
  return IOI_OK;
}
