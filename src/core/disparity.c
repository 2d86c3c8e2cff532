/* disparity.c - measures of inequality between groups; see disparity.h. */
#include "core/disparity.h"

#include <math.h>

#include "core/sum.h"

typedef ioi_disparity_groups groups_of;
typedef ioi_disparity_note note_of;

static double sign(double x)
{
  return (x > 0) - (x < 0);
}

static void fill(double *x, size_t n, double with)
{
  for (size_t j = 0; j < n; j++) x[j] = with;
}

/* sum w x */
static double weighted(const double *w, const double *x, size_t n)
{
  ioi_exact sum = {0, 0};
  for (size_t j = 0; j < n; j++) ioi_exact_add(&sum, w[j] * x[j]);
  return ioi_exact_value(&sum);
}

/* ---- the groups --------------------------------------------------------------- */

static void find_extremes(groups_of *set, const double *weight)
{
  const double *y = set->value;
  size_t high = 0, low = 0;
  for (size_t j = 1; j < set->groups; j++) {
    if (y[j] > y[high] || (y[j] == y[high] && weight[j] > weight[high]))
      high = j;
    if (y[j] < y[low] || (y[j] == y[low] && weight[j] > weight[low])) low = j;
  }
  set->high = high, set->low = low;
  set->high_tied = set->low_tied = 0;
  for (size_t j = 0; j < set->groups; j++) {
    set->high_tied |= j != high && y[j] == y[high];
    set->low_tied |= j != low && y[j] == y[low];
  }
}

/* Ridits of ascending ranks, pooled where ranks are equal. */
static void find_ridits(groups_of *set, const double *rank, double *ridit)
{
  double below = 0;
  for (size_t from = 0, to; from < set->groups; from = to) {
    double own = 0;
    for (to = from; to < set->groups && rank[to] == rank[from]; to++)
      own += set->share[to];
    for (size_t j = from; j < to; j++) ridit[j] = below + own / 2;
    below += own;
    set->top = from;
  }
}

void ioi_disparity_prepare(ioi_disparity_groups *set, const double *weight,
                           const double *rank, double *share, double *ridit)
{
  ioi_exact total = {0, 0};
  for (size_t j = 0; j < set->groups; j++) ioi_exact_add(&total, weight[j]);
  for (size_t j = 0; j < set->groups; j++)
    share[j] = weight[j] / ioi_exact_value(&total);
  set->share = share;
  set->mean = NAN;
  set->top = 0;
  set->ridit = rank ? ridit : NULL;
  if (!set->groups) return;
  find_extremes(set, weight);
  set->mean = set->value[set->high] == set->value[set->low]
                ? set->value[set->high]
                : weighted(share, set->value, set->groups);
  if (rank) find_ridits(set, rank, ridit);
}

static int all_equal(const groups_of *set)
{
  return set->value[set->high] == set->value[set->low];
}

/* Why a relative measure of values that cannot be negative is undefined. */
static note_of relative_note(const groups_of *set)
{
  if (set->value[set->low] < 0) return IOI_DISPARITY_NEGATIVE;
  return set->mean == 0 ? IOI_DISPARITY_NO_MEAN : IOI_DISPARITY_AS_ASKED;
}

/* From a measure and its gradient to 100 measure/mu. */
static note_of percent_of_mean(const groups_of *set, double *value, double *g)
{
  note_of note = relative_note(set);
  if (note) {
    *value = NAN;
    return note;
  }
  double mu = set->mean;
  for (size_t j = 0; j < set->groups; j++)
    g[j] = 100 * (g[j] / mu - *value * set->share[j] / (mu * mu));
  *value *= 100 / mu;
  return IOI_DISPARITY_AS_ASKED;
}

/* ---- simple and unordered measures -------------------------------------------- */

static note_of range_difference(const groups_of *set, double *value, double *g)
{
  fill(g, set->groups, 0);
  g[set->high] += 1;
  g[set->low] -= 1;
  *value = set->value[set->high] - set->value[set->low];
  return set->high_tied || set->low_tied ? IOI_DISPARITY_TIED
                                         : IOI_DISPARITY_AS_ASKED;
}

static note_of range_ratio(const groups_of *set, double *value, double *g)
{
  double high = set->value[set->high], low = set->value[set->low];
  if (low < 0) return IOI_DISPARITY_NEGATIVE;
  if (high == 0) return IOI_DISPARITY_NO_MEAN;
  *value = high / low;
  if (low == 0) return IOI_DISPARITY_ZERO;
  fill(g, set->groups, 0);
  g[set->high] += 1 / low;
  g[set->low] -= high / (low * low);
  return set->high_tied || set->low_tied ? IOI_DISPARITY_TIED
                                         : IOI_DISPARITY_AS_ASKED;
}

static note_of bgv(const groups_of *set, double *value, double *g)
{
  ioi_exact sum = {0, 0};
  for (size_t j = 0; j < set->groups; j++) {
    double d = set->value[j] - set->mean;
    ioi_exact_add(&sum, set->share[j] * d * d);
    g[j] = 2 * set->share[j] * d;
  }
  *value = fmax(ioi_exact_value(&sum) - set->bias, 0);
  if (all_equal(set)) return IOI_DISPARITY_EQUAL;
  return *value > 0 ? IOI_DISPARITY_AS_ASKED : IOI_DISPARITY_CLAMPED;
}

static note_of bgsd(const groups_of *set, double *value, double *g)
{
  note_of note = bgv(set, value, g);
  *value = sqrt(*value);
  for (size_t j = 0; j < set->groups; j++)
    g[j] = note ? NAN : g[j] / (2 * *value);
  return note;
}

static note_of cov(const groups_of *set, double *value, double *g)
{
  note_of note = bgsd(set, value, g);
  note_of relative = percent_of_mean(set, value, g);
  return relative ? relative : note;
}

/* sum v |y - mu|, v the shares or 1/K. */
static note_of from_mean(const groups_of *set, int equal_shares, double *value,
                         double *g)
{
  double sum = 0, signs = 0;
  size_t n = set->groups;
  for (size_t j = 0; j < n; j++) {
    double v = equal_shares ? 1 / (double) n : set->share[j];
    double d = set->value[j] - set->mean;
    sum += v * fabs(d);
    signs += v * sign(d);
    g[j] = v * sign(d);
  }
  for (size_t j = 0; j < n; j++) g[j] -= set->share[j] * signs;
  *value = sum;
  return all_equal(set) ? IOI_DISPARITY_EQUAL : IOI_DISPARITY_AS_ASKED;
}

/* sum v |y - y_at|, v the shares, or 1/K, or 1/(K - 1). */
static void from_group(const groups_of *set, size_t at, double equal_share,
                       double *value, double *g)
{
  double sum = 0, signs = 0;
  for (size_t j = 0; j < set->groups; j++) {
    double v = equal_share > 0 ? equal_share : set->share[j];
    double d = set->value[j] - set->value[at];
    sum += v * fabs(d);
    signs += v * sign(d);
    g[j] = v * sign(d);
  }
  g[at] = -signs;
  *value = sum;
}

static note_of from_best(const groups_of *set, double equal_share,
                         double *value, double *g)
{
  from_group(set, set->favourable ? set->high : set->low, equal_share, value,
             g);
  return (set->favourable ? set->high_tied : set->low_tied)
           ? IOI_DISPARITY_TIED
           : IOI_DISPARITY_AS_ASKED;
}

static note_of idisp(const groups_of *set, double *value, double *g)
{
  if (set->groups < 2) return IOI_DISPARITY_SINGLE;
  if (set->value[set->low] < 0) return IOI_DISPARITY_NEGATIVE;
  double y = set->value[set->reference];
  if (y == 0) return IOI_DISPARITY_NO_MEAN;
  from_group(set, set->reference, 1 / (double) (set->groups - 1), value, g);
  for (size_t j = 0; j < set->groups; j++) g[j] *= 100 / y;
  g[set->reference] -= 100 * *value / (y * y);
  *value *= 100 / y;
  return IOI_DISPARITY_AS_ASKED;
}

static note_of theil(const groups_of *set, double *value, double *g)
{
  note_of note = relative_note(set);
  if (note) return note;
  ioi_exact sum = {0, 0};
  for (size_t j = 0; j < set->groups; j++) {
    double r = set->value[j] / set->mean;
    if (r > 0) ioi_exact_add(&sum, set->share[j] * r * log(r));
    g[j] = r > 0 ? log(r) : NAN;
  }
  *value = ioi_exact_value(&sum);
  for (size_t j = 0; j < set->groups; j++)
    g[j] = set->share[j] / set->mean * (g[j] - *value);
  return set->value[set->low] == 0 ? IOI_DISPARITY_ZERO
                                   : IOI_DISPARITY_AS_ASKED;
}

static note_of mld(const groups_of *set, double *value, double *g)
{
  note_of note = relative_note(set);
  if (note) return note;
  if (set->value[set->low] == 0) {
    *value = INFINITY;
    return IOI_DISPARITY_ZERO;
  }
  ioi_exact sum = {0, 0};
  for (size_t j = 0; j < set->groups; j++) {
    double r = set->value[j] / set->mean;
    ioi_exact_add(&sum, -set->share[j] * log(r));
    g[j] = set->share[j] / set->mean * (1 - 1 / r);
  }
  *value = ioi_exact_value(&sum);
  return IOI_DISPARITY_AS_ASKED;
}

/* y of the best group, or of the highest rank, less mu. */
static note_of par(const groups_of *set, double *value, double *g)
{
  size_t n = set->groups, from = set->favourable ? set->high : set->low;
  size_t to = from + 1;
  note_of note = (set->favourable ? set->high_tied : set->low_tied)
                   ? IOI_DISPARITY_TIED
                   : IOI_DISPARITY_AS_ASKED;
  if (set->ridit) from = set->top, to = n, note = IOI_DISPARITY_AS_ASKED;
  double people = 0, best = 0;
  for (size_t j = from; j < to; j++) people += set->share[j];
  for (size_t j = from; j < to; j++)
    best += set->share[j] / people * set->value[j];
  for (size_t j = 0; j < n; j++)
    g[j] = (j >= from && j < to ? set->share[j] / people : 0) - set->share[j];
  *value = all_equal(set) ? 0 : best - set->mean;
  if (n == 1 || (set->favourable ? *value > 0 : *value < 0)) return note;
  *value = 0;
  fill(g, n, NAN);
  return IOI_DISPARITY_CLAMPED;
}

static note_of paf(const groups_of *set, double *value, double *g)
{
  note_of note = par(set, value, g);
  if (set->mean == 0) {
    *value = NAN;
    return IOI_DISPARITY_NO_MEAN;
  }
  double mu = set->mean;
  for (size_t j = 0; j < set->groups; j++)
    g[j] = 100 * (g[j] / mu - *value * set->share[j] / (mu * mu));
  *value *= 100 / mu;
  return note;
}

/* ---- ordered groups ----------------------------------------------------------- */

static note_of aci(const groups_of *set, double *value, double *g)
{
  for (size_t j = 0; j < set->groups; j++)
    g[j] = set->share[j] * (2 * set->ridit[j] - 1);
  *value = set->top == 0 ? 0 : weighted(g, set->value, set->groups);
  if (set->top == 0) fill(g, set->groups, 0);
  return IOI_DISPARITY_AS_ASKED;
}

static note_of rci(const groups_of *set, double *value, double *g)
{
  double mu = set->mean, a = set->bound_low, b = set->bound_high;
  double scale = 1 / mu, slope = -1 / (mu * mu); /* of the scale, by mu */
  if (set->bounded == IOI_DISPARITY_ERREYGERS) {
    scale = 4 / (b - a), slope = 0;
  } else if (set->bounded == IOI_DISPARITY_WAGSTAFF) {
    double d = (b - mu) * (mu - a);
    scale = (b - a) / d, slope = -(b - a) * (a + b - 2 * mu) / (d * d);
  }
  aci(set, value, g);
  if (!isfinite(scale)) {
    *value = NAN;
    return IOI_DISPARITY_NO_MEAN;
  }
  for (size_t j = 0; j < set->groups; j++)
    g[j] = scale * g[j] + slope * *value * set->share[j];
  *value *= scale;
  return IOI_DISPARITY_AS_ASKED;
}

static note_of sii(const groups_of *set, double *value, double *g, double *work)
{
  ioi_disparity_ends ends = {0, 0, work, work + set->groups};
  note_of note = ioi_disparity_fit(set, &ends);
  if (note) return note;
  *value = ends.high - ends.low;
  for (size_t j = 0; j < set->groups; j++)
    g[j] = ends.by_high[j] - ends.by_low[j];
  return IOI_DISPARITY_AS_ASKED;
}

static note_of rii(const groups_of *set, double *value, double *g, double *work)
{
  ioi_disparity_ends ends = {0, 0, work, work + set->groups};
  note_of note = ioi_disparity_fit(set, &ends);
  if (note) return note;
  if (set->value[set->low] < 0) return IOI_DISPARITY_NEGATIVE;
  if (!(ends.low > 0 && ends.high > 0)) return IOI_DISPARITY_FITTED;
  *value = ends.high / ends.low;
  for (size_t j = 0; j < set->groups; j++)
    g[j] = (ends.by_high[j] - *value * ends.by_low[j]) / ends.low;
  return IOI_DISPARITY_AS_ASKED;
}

static note_of rii_mean(const groups_of *set, double *value, double *g,
                        double *work)
{
  note_of note = sii(set, value, g, work);
  double mu = set->mean;
  if (note) return note;
  if (mu == 0) {
    *value = NAN;
    return IOI_DISPARITY_NO_MEAN;
  }
  for (size_t j = 0; j < set->groups; j++)
    g[j] = g[j] / mu - *value * set->share[j] / (mu * mu);
  *value /= mu;
  return IOI_DISPARITY_AS_ASKED;
}

/* ---- one door ----------------------------------------------------------------- */

/* Measures of unordered groups. */
static note_of unordered(ioi_disparity_measure measure, const groups_of *set,
                         double *value, double *g)
{
  double each = 1 / (double) set->groups;
  note_of note;
  switch (measure) {
  case IOI_DISPARITY_RANGE_DIFFERENCE:
    return range_difference(set, value, g);
  case IOI_DISPARITY_RANGE_RATIO:
    return range_ratio(set, value, g);
  case IOI_DISPARITY_BGV:
    return bgv(set, value, g);
  case IOI_DISPARITY_BGSD:
    return bgsd(set, value, g);
  case IOI_DISPARITY_COV:
    return cov(set, value, g);
  case IOI_DISPARITY_MDMW:
  case IOI_DISPARITY_MDMU:
    return from_mean(set, measure == IOI_DISPARITY_MDMU, value, g);
  case IOI_DISPARITY_MDBW:
  case IOI_DISPARITY_MDBU:
    return from_best(set, measure == IOI_DISPARITY_MDBU ? each : 0, value, g);
  case IOI_DISPARITY_MDRW:
  case IOI_DISPARITY_MDRU:
    from_group(set, set->reference, measure == IOI_DISPARITY_MDRU ? each : 0,
               value, g);
    return IOI_DISPARITY_AS_ASKED;
  case IOI_DISPARITY_IDISW:
  case IOI_DISPARITY_IDISU:
    note = from_mean(set, measure == IOI_DISPARITY_IDISU, value, g);
    note_of relative = percent_of_mean(set, value, g);
    return relative ? relative : note;
  case IOI_DISPARITY_IDISP:
    return idisp(set, value, g);
  case IOI_DISPARITY_THEIL:
    return theil(set, value, g);
  case IOI_DISPARITY_MLD:
    return mld(set, value, g);
  case IOI_DISPARITY_PAR:
    return par(set, value, g);
  default:
    return paf(set, value, g);
  }
}

static int needs_reference(ioi_disparity_measure measure)
{
  return measure == IOI_DISPARITY_MDRW || measure == IOI_DISPARITY_MDRU
         || measure == IOI_DISPARITY_IDISP;
}

ioi_disparity_note ioi_disparity_value(ioi_disparity_measure measure,
                                       const ioi_disparity_groups *set,
                                       double *value, double *gradient,
                                       double *work)
{
  *value = NAN;
  fill(gradient, set->groups, NAN);
  if (!set->groups) return IOI_DISPARITY_NO_GROUPS;
  for (size_t j = 0; j < set->groups; j++)
    if (isnan(set->value[j])) return IOI_DISPARITY_MISSING;
  if (needs_reference(measure) && set->reference >= set->groups)
    return IOI_DISPARITY_MISSING;
  switch (measure) {
  case IOI_DISPARITY_ACI:
    return aci(set, value, gradient);
  case IOI_DISPARITY_RCI:
    return rci(set, value, gradient);
  case IOI_DISPARITY_SII:
    return sii(set, value, gradient, work);
  case IOI_DISPARITY_RII:
    return rii(set, value, gradient, work);
  case IOI_DISPARITY_RII_MEAN:
    return rii_mean(set, value, gradient, work);
  default:
    return unordered(measure, set, value, gradient);
  }
}
