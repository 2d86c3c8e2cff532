/* quantile.c - weighted quantiles; rules and sources in quantile.h. */
#include "core/quantile.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "core/sum.h"

/* A knot within this share of what is looked for is hit, so that the quantile
 * is the value there and not a neighbour of it in the last place. */
static const double ROUNDING = 16 * DBL_EPSILON;

static double number(const ioi_numbers *numbers, int row)
{
  if (numbers->real) return numbers->real[row];
  return numbers->integer ? (double) numbers->integer[row] : 1;
}

static int belongs(const int *domain, const ioi_numbers *weight, int row)
{
  return domain[row] >= 0 && number(weight, row) != 0;
}

void ioi_quantile_group(const int *order, size_t sorted, int origin,
                        const int *domain, const ioi_numbers *weight,
                        size_t domains, size_t *first, int *row)
{
  memset(first, 0, (domains + 1) * sizeof *first);
  for (size_t i = 0; i < sorted; i++) {
    const int at = order[i] - origin;
    if (belongs(domain, weight, at)) first[domain[at] + 1]++;
  }
  for (size_t d = 0; d < domains; d++) first[d + 1] += first[d];
  /* first[d] moves to the end of domain d while it fills, then back. */
  for (size_t i = 0; i < sorted; i++) {
    const int at = order[i] - origin;
    if (belongs(domain, weight, at)) row[first[domain[at]]++] = at;
  }
  for (size_t d = domains; d > 0; d--) first[d] = first[d - 1];
  first[0] = 0;
}

void ioi_quantile_cumulate(const int *row, const size_t *first, size_t domains,
                           const ioi_numbers *weight, double *cumulative)
{
  for (size_t d = 0; d < domains; d++) {
    ioi_exact sum = {0, 0};
    double most = 0;
    for (size_t i = first[d]; i < first[d + 1]; i++) {
      ioi_exact_add(&sum, number(weight, row[i]));
      most = fmax(most, ioi_exact_value(&sum));
      cumulative[i] = most;
    }
  }
}

/* C_k with k from 0 for nobody to n for all. */
static double upto(const double *cumulative, size_t k)
{
  return k > 0 ? cumulative[k - 1] : 0;
}

/* Knot k (from 1), times the scale: part of w_k left out of C_k. */
static double knot(const double *cumulative, double part, size_t k)
{
  const double before = upto(cumulative, k - 1);
  if (part == 1) return before;
  return part * before + (1 - part) * upto(cumulative, k);
}

/* What part of w_k a knot leaves out, and what knots are divided by. */
static double rule_part(ioi_quantile_rule rule)
{
  switch (rule) {
  case IOI_QUANTILE_HF5:
    return 0.5;
  case IOI_QUANTILE_HF7:
    return 1;
  case IOI_QUANTILE_HF8:
    return 1. / 3;
  case IOI_QUANTILE_HF9:
    return 3. / 8;
  default:
    return 0;
  }
}

static double rule_scale(ioi_quantile_rule rule, const double *cumulative,
                         size_t n)
{
  const double all = upto(cumulative, n), but_last = upto(cumulative, n - 1);
  switch (rule) {
  case IOI_QUANTILE_HF6:
    return all + (all - but_last);
  case IOI_QUANTILE_HF7:
    return but_last;
  case IOI_QUANTILE_HF8:
    return all + (all - but_last) / 3;
  case IOI_QUANTILE_HF9:
    return all + (all - but_last) / 4;
  default:
    return all;
  }
}

/* Are the first k records as many people as pT, or as many or more? */
static int is_equal(const double *cumulative, size_t n, size_t k, double p)
{
  const double all = upto(cumulative, n);
  return upto(cumulative, k) <= p * all && upto(cumulative, k) / all == p;
}

static int is_reached(const double *cumulative, size_t n, size_t k, double p)
{
  return upto(cumulative, k) > p * upto(cumulative, n)
         || is_equal(cumulative, n, k, p);
}

/* hf1 and hf2. */
static double step(ioi_quantile_rule rule, const ioi_numbers *x, const int *row,
                   const double *cumulative, size_t n, double p)
{
  size_t low = 1, high = n;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (is_reached(cumulative, n, middle, p))
      high = middle;
    else
      low = middle + 1;
  }
  const double value = number(x, row[low - 1]);
  if (rule == IOI_QUANTILE_HF2 && low < n && is_equal(cumulative, n, low, p))
    return value / 2 + number(x, row[low]) / 2;
  return value;
}

/* The first k (from 1) whose knot reaches the target; n + 1 for none. */
static size_t first_knot(const double *cumulative, double part, size_t n,
                         double target)
{
  size_t low = 1, high = n + 1;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (knot(cumulative, part, middle) >= target * (1 - ROUNDING))
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

/* A share of the way from a to b >= a; never beyond b. */
static double between(double a, double b, double share)
{
  return fmin(a + share * (b - a), b);
}

/* hf4 to hf9. */
static double line(ioi_quantile_rule rule, const ioi_numbers *x, const int *row,
                   const double *cumulative, size_t n, double p)
{
  const double part = rule_part(rule);
  const double target = p * rule_scale(rule, cumulative, n);
  const size_t k = first_knot(cumulative, part, n, target);
  if (k > n) return number(x, row[n - 1]);
  const double here = knot(cumulative, part, k), value = number(x, row[k - 1]);
  if (k == 1 || here <= target * (1 + ROUNDING)) return value;
  const double before = knot(cumulative, part, k - 1);
  return between(number(x, row[k - 2]), value,
                 (target - before) / (here - before));
}

double ioi_quantile(ioi_quantile_rule rule, const ioi_numbers *x,
                    const int *row, const double *cumulative, size_t n,
                    double p)
{
  if (n == 0 || !(p >= 0 && p <= 1)) return NAN;
  if (n == 1) return number(x, row[0]);
  if (rule <= IOI_QUANTILE_HF2) return step(rule, x, row, cumulative, n, p);
  return line(rule, x, row, cumulative, n, p);
}

/* How many of the ascending quantiles are below x. */
static int band_of(double x, const double *quantile, size_t probs)
{
  size_t low = 0, high = probs;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (x > quantile[middle])
      low = middle + 1;
    else
      high = middle;
  }
  return (int) low;
}

void ioi_quantile_bands(const ioi_numbers *x, const int *domain, size_t rows,
                        const double *quantile, size_t probs, int *band)
{
  for (size_t i = 0; i < rows; i++)
    band[i] = domain[i] < 0
                ? INT_MIN
                : band_of(number(x, (int) i),
                          quantile + (size_t) domain[i] * probs, probs);
}
