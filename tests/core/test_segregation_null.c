/* test_segregation_null.c - mean and variance of indices under chance: every
 * table with the same margins, with the probability of each; the same for
 * independent units; closed forms; invented units with values computed by
 * hypergeometric sums elsewhere. */
#include "core/hypergeometric.h"
#include "core/segregation_chance.h"
#include "core/segregation_null.h"
#include "road.h"

#include <Rmath.h>

enum { MOST_UNITS = 12, MOST_GROUPS = 4 };

typedef struct {
  size_t units, groups;
  double t[MOST_UNITS], total[MOST_GROUPS];
  double n[MOST_UNITS][MOST_GROUPS];
} table;

static double all_of(const table *x)
{
  double all = 0;
  for (size_t g = 0; g < x->groups; g++) all += x->total[g];
  return all;
}

static double plogp(double p, double q)
{
  return p > 0 ? p * log(p / q) : 0;
}

/* ---- the indices as they are defined, in shares ------------------------------ */

static double dissimilarity(const table *x, double all)
{
  double sum = 0, i = 0;
  for (size_t g = 0; g < x->groups; g++) {
    const double p = x->total[g] / all;
    i += p * (1 - p);
    for (size_t u = 0; u < x->units; u++)
      sum += x->t[u] * fabs(x->n[u][g] / x->t[u] - p);
  }
  return sum / (2 * all * i);
}

static double information(const table *x, double all)
{
  double sum = 0;
  for (size_t g = 0; g < x->groups; g++)
    for (size_t u = 0; u < x->units; u++)
      sum += x->t[u] / all * plogp(x->n[u][g] / x->t[u], x->total[g] / all);
  return sum;
}

static double theil(const table *x, double all)
{
  double e = 0;
  for (size_t g = 0; g < x->groups; g++) e -= plogp(x->total[g] / all, 1);
  return information(x, all) / e;
}

static double squares(const table *x, double all, size_t g)
{
  double sum = 0;
  for (size_t u = 0; u < x->units; u++) {
    const double away = x->n[u][g] / x->t[u] - x->total[g] / all;
    sum += x->t[u] / all * away * away;
  }
  return sum;
}

static double diversity(const table *x, double all)
{
  double sum = 0, i = 0;
  for (size_t g = 0; g < x->groups; g++) {
    i += x->total[g] / all * (1 - x->total[g] / all);
    sum += squares(x, all, g);
  }
  return sum / i;
}

static double normalised(const table *x, double all)
{
  double sum = 0;
  for (size_t g = 0; g < x->groups; g++)
    sum += squares(x, all, g) / (1 - x->total[g] / all);
  return sum;
}

static double squared_cv(const table *x, double all)
{
  double sum = 0;
  for (size_t g = 0; g < x->groups; g++)
    sum += squares(x, all, g) / (x->total[g] / all);
  return sum / ((double) x->groups - 1);
}

static double karmel(const table *x, double all)
{
  double sum = 0;
  for (size_t g = 0; g < x->groups; g++)
    for (size_t u = 0; u < x->units; u++)
      sum += fabs(x->n[u][g] / all - x->t[u] / all * (x->total[g] / all));
  return sum;
}

static double gorard(const table *x, double all)
{
  double sum = 0;
  for (size_t u = 0; u < x->units; u++)
    sum += fabs(x->n[u][0] / x->total[0] - x->t[u] / all) / 2;
  return sum;
}

static double hutchens(const table *x, double all)
{
  double sum = 1;
  (void) all;
  for (size_t u = 0; u < x->units; u++)
    sum -= sqrt(x->n[u][0] / x->total[0] * (x->n[u][1] / x->total[1]));
  return sum;
}

static double profile(const table *x, double all)
{
  const double p = x->total[0] / all;
  double sum = p;
  for (size_t u = 0; u < x->units; u++) {
    const double w = x->n[u][0] / x->total[0], pu = x->n[u][0] / x->t[u];
    sum += w * (fmax(pu - p, 0) - fmin(pu, p));
  }
  return sum / (1 - p);
}

/* In the binomial model the share is a constant of the index: the sum is over
 * (p_i - P)^2, which has P + (1 - P) eta2 in place of sum x^2 / (X t). */
static double isolation(const table *x, double all)
{
  const double p = x->total[0] / all;
  return p + squares(x, all, 0) / p;
}

static double isolation_exact(const table *x, double all)
{
  double sum = 0;
  (void) all;
  for (size_t u = 0; u < x->units; u++)
    if (x->t[u] > 1)
      sum += x->n[u][0] / x->total[0] * ((x->n[u][0] - 1) / (x->t[u] - 1));
  return sum;
}

static double cutler(const table *x, double all)
{
  double least = x->t[0], p = x->total[0] / all;
  for (size_t u = 0; u < x->units; u++) least = fmin(least, x->t[u]);
  return (isolation(x, all) - p) / (fmin(1, x->total[0] / least) - p);
}

static double exposure(const table *x, double all)
{
  return 1 - isolation(x, all);
}

typedef double (*definition)(const table *, double);
static const definition indices[IOI_NULL_INDICES] = {
  dissimilarity, information, theil,           diversity, normalised,
  squared_cv,    karmel,      diversity,       gorard,    hutchens,
  profile,       isolation,   isolation_exact, cutler,    exposure};

/* ---- every table ------------------------------------------------------------- */

typedef struct {
  double weight, first[IOI_NULL_INDICES], second[IOI_NULL_INDICES];
} moments;

static void add_table(const table *x, double weight, moments *into)
{
  into->weight += weight;
  for (size_t k = 0; k < IOI_NULL_INDICES; k++) {
    if (x->groups > 2 && k >= IOI_NULL_CORRELATION_RATIO) continue;
    const double value = indices[k](x, all_of(x));
    into->first[k] += weight * value;
    into->second[k] += weight * value * value;
  }
}

/* Fills cell `at` (unit by unit) with every count and goes on; left: members of
 * each group not placed yet, room: places left in the unit. */
static void every_table(table *x, size_t at, double *left, double room,
                        double weight, int fixed, moments *into)
{
  const size_t u = at / x->groups, g = at % x->groups;
  if (u == x->units) {
    for (size_t k = 0; fixed && k < x->groups; k++)
      if (left[k] != 0) return;
    add_table(x, weight, into);
    return;
  }
  if (g == 0) room = x->t[u];
  const double from = g + 1 == x->groups ? room : 0;
  const double p = fixed ? 1 : x->total[g] / all_of(x);
  for (double n = from; n <= room && (!fixed || n <= left[g]); n++) {
    x->n[u][g] = n;
    left[g] -= n;
    every_table(x, at + 1, left, room - n, weight * pow(p, n) / tgamma(n + 1),
                fixed, into);
    left[g] += n;
  }
}

static void enumerate(table x, int fixed, moments *into)
{
  double left[MOST_GROUPS], weight = 1;
  memcpy(left, x.total, sizeof left);
  memset(into, 0, sizeof *into);
  for (size_t u = 0; u < x.units; u++) weight *= tgamma(x.t[u] + 1);
  every_table(&x, 0, left, 0, weight, fixed, into);
}

/* The answer of the core, in work space of just the size it asks for. */
static ioi_status ask(const table *x, ioi_null_index index,
                      ioi_null_model model, double *mean, double *variance)
{
  double size[MOST_UNITS], many[MOST_UNITS], total[MOST_GROUPS];
  double count[MOST_UNITS * MOST_GROUPS];
  const ioi_table counts = {count, x->units, x->units, x->groups};
  const ioi_comparison every = {IOI_COMPARE_MULTIGROUP, 0, 0};
  ioi_margins m;
  for (size_t g = 0; g < x->groups; g++)
    for (size_t u = 0; u < x->units; u++) count[g * x->units + u] = x->n[u][g];
  ioi_status status =
    ioi_segregation_margins(&counts, &every, size, many, total, &m);
  if (status != IOI_OK) return status;
  double *work = zeroed(ioi_segregation_null_work(&m, model, variance != NULL),
                        sizeof *work);
  status = ioi_segregation_null(&m, index, model, mean, variance, work);
  free(work);
  return status;
}

/* A table with the margins given: groups are dealt out in turn. */
static table dealt(size_t units, const double *t, size_t groups,
                   const double *total)
{
  table x = {units, groups, {0}, {0}, {{0}}};
  memcpy(x.t, t, units * sizeof *t);
  memcpy(x.total, total, groups * sizeof *total);
  size_t g = 0;
  double left = total[0];
  for (size_t u = 0; u < units; u++)
    for (double k = 0; k < t[u]; k++) {
      while (left == 0) left = total[++g];
      x.n[u][g]++;
      left--;
    }
  return x;
}

static void check_enumeration(size_t units, const double *t, size_t groups,
                              const double *total)
{
  const table x = dealt(units, t, groups, total);
  for (int model = IOI_NULL_FIXED; model <= IOI_NULL_BINOMIAL; model++) {
    moments all;
    enumerate(x, model == IOI_NULL_FIXED, &all);
    for (size_t k = 0; k < IOI_NULL_INDICES; k++) {
      double mean = -9, only = -9, variance = -9;
      if (groups > 2 && k >= IOI_NULL_CORRELATION_RATIO) {
        assert_int_equal(ask(&x, k, model, &mean, NULL), IOI_EDOMAIN);
        continue;
      }
      const double m = all.first[k] / all.weight;
      assert_int_equal(ask(&x, k, model, &mean, &variance), IOI_OK);
      assert_int_equal(ask(&x, k, model, &only, NULL), IOI_OK);
      near(mean, m, 1e-13);
      near(only, m, 1e-13);
      near(variance, all.second[k] / all.weight - m * m, 1e-13);
    }
  }
}

static void every_table_of_two_groups(void **state)
{
  (void) state;
  check_enumeration(2, (double[]){3, 5}, 2, (double[]){4, 4});
  check_enumeration(2, (double[]){4, 4}, 2, (double[]){1, 7});
  check_enumeration(3, (double[]){1, 2, 9}, 2, (double[]){5, 7});
  check_enumeration(3, (double[]){1, 6, 6}, 2, (double[]){9, 4});
  check_enumeration(4, (double[]){2, 3, 3, 7}, 2, (double[]){6, 9});
  check_enumeration(5, (double[]){1, 1, 2, 5, 5}, 2, (double[]){3, 11});
  check_enumeration(6, (double[]){3, 3, 3, 3, 3, 3}, 2, (double[]){5, 13});
  check_enumeration(3, (double[]){2, 2, 30}, 2, (double[]){17, 17});
}

static void every_table_of_many_groups(void **state)
{
  (void) state;
  check_enumeration(2, (double[]){3, 5}, 3, (double[]){4, 3, 1});
  check_enumeration(3, (double[]){2, 4, 4}, 3, (double[]){5, 3, 2});
  check_enumeration(3, (double[]){1, 2, 6}, 4, (double[]){4, 2, 2, 1});
  check_enumeration(4, (double[]){2, 2, 3, 3}, 3, (double[]){8, 1, 1});
  check_enumeration(3, (double[]){1, 2, 8}, 3, (double[]){9, 1, 1});
}

/* ---- many units: pairs of margins -------------------------------------------- */

/* Eighty invented units: K members, of whom X are in the group. The means were
 * computed with hypergeometric and binomial sums by another program. */
enum { SMALL = 80 };
static const double small_k[SMALL] = {
  12, 25, 15, 20, 17, 23, 13, 7,  12, 21, 21, 30, 11, 16, 29, 7,
  23, 29, 28, 22, 28, 10, 24, 22, 18, 30, 26, 10, 30, 27, 14, 23,
  25, 10, 11, 9,  17, 29, 15, 13, 28, 16, 6,  22, 24, 16, 29, 5,
  27, 11, 25, 17, 21, 24, 28, 20, 21, 16, 6,  9,  8,  25, 7,  9,
  10, 23, 13, 17, 22, 19, 17, 14, 29, 10, 25, 9,  17, 21, 12, 12};
static const double small_x[SMALL] = {
  1, 4,  1, 5,  3, 1,  5, 1, 5,  6,  3, 9, 8,  1, 2, 0, 3,  12, 12, 9,
  8, 4,  0, 5,  0, 9,  8, 0, 5,  14, 4, 8, 4,  3, 4, 1, 1,  2,  3,  4,
  5, 7,  5, 18, 5, 5,  2, 0, 14, 8,  0, 7, 4,  6, 1, 6, 12, 1,  0,  0,
  2, 14, 1, 4,  1, 10, 3, 1, 13, 2,  1, 4, 15, 2, 4, 2, 0,  3,  1,  0};

/* Margins of units with t members, `marked` in one of two groups; the arrays are
 * the caller's. */
static ioi_margins pair_margins(const double *t, const double *x, size_t units,
                                double *count, double *size, double *many,
                                double *total)
{
  const ioi_table counts = {count, units, units, 2};
  const ioi_comparison c = {IOI_COMPARE_PAIR, 0, 1};
  ioi_margins m;
  for (size_t u = 0; u < units; u++) {
    count[u] = x[u];
    count[units + u] = t[u] - x[u];
  }
  assert_int_equal(ioi_segregation_margins(&counts, &c, size, many, total, &m),
                   IOI_OK);
  return m;
}

static double mean_of(const ioi_margins *m, ioi_null_index index,
                      ioi_null_model model, double *variance)
{
  double mean = -9;
  double *work =
    zeroed(ioi_segregation_null_work(m, model, variance != NULL), sizeof *work);
  assert_int_equal(ioi_segregation_null(m, index, model, &mean, variance, work),
                   IOI_OK);
  free(work);
  return mean;
}

static void published_means(void **state)
{
  double count[2 * SMALL], size[SMALL], many[SMALL], total[2];
  (void) state;
  const ioi_margins m =
    pair_margins(small_k, small_x, SMALL, count, size, many, total);
  near(mean_of(&m, IOI_NULL_DISSIMILARITY, 0, NULL), 0.210173352951, 1e-11);
  near(mean_of(&m, IOI_NULL_MUTUAL_INFORMATION, 0, NULL), 0.0289021333119,
       1e-11);
  near(mean_of(&m, IOI_NULL_THEIL, 0, NULL), 0.0512940733786, 1e-11);
  near(mean_of(&m, IOI_NULL_ISOLATION, 0, NULL), 0.291524928581, 1e-11);
  near(mean_of(&m, IOI_NULL_HUTCHENS, 0, NULL), 0.0428225599525, 1e-11);
  near(mean_of(&m, IOI_NULL_CORRELATION_RATIO, 0, NULL), 0.0540725530459,
       1e-11);
  near(mean_of(&m, IOI_NULL_DISSIMILARITY, IOI_NULL_BINOMIAL, NULL),
       0.211547854601, 1e-11);
}

/* Mean and variance of D by adding one unit after another: under independent
 * binomial counts, the probability that the counts so far sum to s, and the
 * first and second moment of the index so far on that event. Given that all sum
 * to X the counts are hypergeometric. moment: 3 * (X + 1) doubles. */
static void unit_by_unit(const double *t, size_t units, double x, double all,
                         double *moment, double *mean, double *variance)
{
  const size_t n = (size_t) x + 1;
  const double p = x / all;
  double *zero = moment, *one = moment + n, *two = moment + 2 * n;
  memset(moment, 0, 3 * n * sizeof *moment);
  zero[0] = 1;
  for (size_t u = 0; u < units; u++)
    for (size_t s = n; s-- > 0;) {
      double sum[3] = {0, 0, 0};
      for (double k = 0; k <= t[u] && k <= (double) s; k++) {
        const size_t from = s - (size_t) k;
        const double f =
          exp(lgamma(t[u] + 1) - lgamma(k + 1) - lgamma(t[u] - k + 1)
              + k * log(p) + (t[u] - k) * log1p(-p));
        const double h = fabs(k / x - (t[u] - k) / (all - x)) / 2;
        sum[0] += f * zero[from];
        sum[1] += f * (one[from] + h * zero[from]);
        sum[2] += f * (two[from] + 2 * h * one[from] + h * h * zero[from]);
      }
      zero[s] = sum[0];
      one[s] = sum[1];
      two[s] = sum[2];
    }
  *mean = one[n - 1] / zero[n - 1];
  *variance = two[n - 1] / zero[n - 1] - *mean * *mean;
}

static void check_unit_by_unit(const double *t, const double *x, size_t units)
{
  double *space = zeroed(4 * units + 2, sizeof *space), variance, m2, v2;
  const ioi_margins m = pair_margins(t, x, units, space, space + 2 * units,
                                     space + 3 * units, space + 4 * units);
  const double mean = mean_of(&m, IOI_NULL_DISSIMILARITY, 0, &variance);
  double *moment = zeroed(3 * ((size_t) m.total[0] + 1), sizeof *moment);
  unit_by_unit(t, units, m.total[0], m.total[0] + m.total[1], moment, &m2, &v2);
  near(mean, m2, 1e-11);
  near(sqrt(variance), sqrt(v2), 2e-9);
  free(moment);
  free(space);
}

/* Uneven sizes, one unit with nearly everybody, two units with nearly everybody
 * (the slowest series), groups all but even and all but absent. */
static void variance_unit_by_unit(void **state)
{
  (void) state;
  check_unit_by_unit(small_k, small_x, SMALL);
  check_unit_by_unit((double[]){3, 4, 5, 900}, (double[]){1, 1, 1, 80}, 4);
  check_unit_by_unit((double[]){1, 1, 300, 310}, (double[]){1, 0, 150, 150}, 4);
  check_unit_by_unit((double[]){20, 500, 300, 310},
                     (double[]){0, 250, 150, 300}, 4);
  check_unit_by_unit((double[]){200, 200, 200}, (double[]){100, 0, 1}, 3);
  check_unit_by_unit((double[]){200, 5, 5, 5, 5, 5, 5},
                     (double[]){1, 0, 0, 0, 0, 0, 0}, 7);
}

/* E eta^2 = (n - 1)/(T - 1), whatever the units; a variance that is finite and
 * shrinks: also for units of a thousand million. */
static void closed_form(void **state)
{
  const double t[] = {1e9, 2e9, 1e9, 3, 1e6}, x[] = {1e8, 1e9, 0, 1, 7};
  double count[10], size[5], many[5], total[2], variance;
  (void) state;
  const ioi_margins m = pair_margins(t, x, 5, count, size, many, total);
  const double mean = mean_of(&m, IOI_NULL_CORRELATION_RATIO, 0, &variance);
  near(mean * (4e9 + 1e6 + 2) / 4, 1, 1e-9);
  assert_true(variance > 0 && sqrt(variance) < mean);
}

static void laws(void **state)
{
  (void) state;
  const ioi_urn urns[] = {
    {50, 20, 10, 0}, {50, 20, 10, 1}, {9, 8, 5, 0}, {7, 7, 3, 0}, {7, 0, 3, 0}};
  for (size_t i = 0; i < sizeof urns / sizeof *urns; i++) {
    double f[64], low, sum = 0, mean = 0;
    const ioi_urn *u = urns + i;
    const size_t n = ioi_urn_law(u, 1e-60, &low, f);
    assert_true(n <= ioi_urn_values(u, 1e-60));
    for (size_t k = 0; k < n; k++) {
      const double at = low + (double) k;
      sum += f[k];
      mean += at * f[k];
      near(f[k],
           u->kind == IOI_URN_REPLACE
             ? dbinom(at, u->size, u->marked / u->all, 0)
             : dhyper(at, u->marked, u->all - u->marked, u->size, 0),
           1e-15);
    }
    near(sum, 1, 1e-15);
    near(mean, u->size * u->marked / u->all, 1e-14);
  }
}

static ioi_status margins_of(const double *count, size_t units, size_t groups,
                             ioi_comparison c)
{
  double size[4], many[4], total[4];
  const ioi_table counts = {count, units, units, groups};
  ioi_margins m = {NULL, NULL, 77, NULL, 0};
  ioi_status status =
    ioi_segregation_margins(&counts, &c, size, many, total, &m);
  if (status != IOI_OK) assert_true(m.sizes == 77);
  return status;
}

static void margins(void **state)
{
  const double count[] = {1, 0, 3, 0, 4, 2, 0, 0, 0, 5, 5, 0};
  double size[4], many[4], total[3];
  const ioi_table counts = {count, 4, 4, 3};
  ioi_margins m;
  (void) state;
  ioi_segregation_margins(&counts, &(ioi_comparison){IOI_COMPARE_REST, 2, 0},
                          size, many, total, &m);
  assert_true(m.sizes == 3 && m.groups == 2);
  same(size, (double[]){5, 7, 8}, 3);
  same(many, (double[]){1, 1, 1}, 3);
  same(total, (double[]){10, 10}, 2);
  ioi_segregation_margins(&counts, &(ioi_comparison){IOI_COMPARE_PAIR, 1, 0},
                          size, many, total, &m);
  same(size, (double[]){2, 3, 5}, 3);
  same(total, (double[]){6, 4}, 2);
  assert_int_equal(margins_of(count, 4, 3, (ioi_comparison){0, 0, 0}), IOI_OK);
}

static void margins_that_cannot_be(void **state)
{
  const ioi_comparison every = {IOI_COMPARE_MULTIGROUP, 0, 0};
  const double bad[] = {0.5, -1, NAN, INFINITY, 0x1p53};
  (void) state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
    assert_int_equal(margins_of((double[]){1, bad[i], 2, 3}, 2, 2, every),
                     IOI_EDOMAIN);
  assert_int_equal(margins_of((double[]){1, 2, 0, 0}, 2, 2, every), IOI_EEMPTY);
  assert_int_equal(margins_of((double[]){0, 0, 0, 0}, 2, 2, every), IOI_EEMPTY);
  assert_int_equal(margins_of((double[]){3, 0, 4, 0}, 2, 2, every),
                   IOI_ESINGLE);
}

/* Every table of small margins is drawn as often as its probability says: the sum
 * of (seen - expected)^2 / expected is within six standard deviations. */
static void drawn_tables(void **state)
{
  const double unit[] = {3, 4, 2}, group[] = {5, 3, 1};
  double seen[10 * 10 * 10 * 10] = {0}, drawn[9], left[3], weight = 0, chi = 0;
  const double draws = 60000;
  size_t cells = 0;
  (void) state;
  for (int model = 0; model < 2; model++) {
    for (uint64_t r = 0; r < (uint64_t) draws; r++) {
      ioi_stream s;
      ioi_stream_open(&s, 11 + (uint64_t) model, r);
      ioi_chance_table(unit, 3, group, 3, model, &s, left, drawn);
      for (size_t i = 0; i < 3; i++)
        near(drawn[i] + drawn[3 + i] + drawn[6 + i], unit[i], 0);
      for (size_t g = 0; model == 0 && g < 3; g++)
        near(drawn[3 * g] + drawn[3 * g + 1] + drawn[3 * g + 2], group[g], 0);
      if (model == 0)
        seen[(size_t) (drawn[0] * 1000 + drawn[1] * 100 + drawn[3] * 10
                       + drawn[4])]++;
    }
  }
  for (int pass = 0; pass < 2; pass++) {
    double all = 0;
    for (double a = 0; a <= 3; a++)
      for (double b = 0; b <= 4; b++)
        for (double c = 0; c <= 3 - a; c++)
          for (double d = 0; d <= 4 - b; d++) {
            const double n[] = {a,         b,         5 - a - b,
                                c,         d,         3 - c - d,
                                3 - a - c, 4 - b - d, a + b + c + d - 6};
            double p = 1;
            int possible = 1;
            for (size_t k = 0; k < 9; k++) {
              possible &= n[k] >= 0;
              if (possible) p /= tgamma(n[k] + 1);
            }
            if (!possible) continue;
            all += p;
            const double expected = draws * p / weight;
            const size_t at = (size_t) (a * 1000 + b * 100 + c * 10 + d);
            if (pass == 1) {
              chi += pow(seen[at] - expected, 2) / expected;
              cells++;
            }
          }
    weight = all;
  }
  assert_true(cells > 20);
  assert_true(fabs(chi - (double) cells + 1) < 6 * sqrt(2.0 * (double) cells));
}

/* Means and variances of draws of one count, for small and large urns. */
static void drawn_counts(void **state)
{
  const ioi_urn urns[] = {{50, 20, 10, IOI_URN_KEEP},
                          {1e9, 3e8, 1e6, IOI_URN_KEEP},
                          {1e4, 9990, 5000, IOI_URN_KEEP},
                          {50, 20, 10, IOI_URN_REPLACE},
                          {9, 1, 100000, IOI_URN_REPLACE}};
  (void) state;
  for (size_t i = 0; i < sizeof urns / sizeof *urns; i++) {
    const ioi_urn *u = urns + i;
    const double n = 4000, p = u->marked / u->all;
    double sum = 0, squares = 0;
    ioi_stream s;
    ioi_stream_open(&s, 5, i);
    for (size_t k = 0; k < 4000; k++) {
      const double x = ioi_urn_draw(u, &s) - u->size * p;
      sum += x;
      squares += x * x;
    }
    double v = u->size * p * (1 - p);
    if (u->kind == IOI_URN_KEEP) v *= (u->all - u->size) / (u->all - 1);
    near(sum / n, 0, 5 * sqrt(v / n));
    near(squares / n / v, 1, 0.15);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(laws),
    cmocka_unit_test(margins),
    cmocka_unit_test(margins_that_cannot_be),
    cmocka_unit_test(every_table_of_two_groups),
    cmocka_unit_test(every_table_of_many_groups),
    cmocka_unit_test(published_means),
    cmocka_unit_test(variance_unit_by_unit),
    cmocka_unit_test(closed_form),
    cmocka_unit_test(drawn_counts),
    cmocka_unit_test(drawn_tables),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
