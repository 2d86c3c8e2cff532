/* test_quantile.c - weighted quantiles: every rule against its definition worked by
 * hand, Hyndman & Fan's for equal weights, a slow search, and the edges. */
#include "core/quantile.h"
#include "road.h"

#include <limits.h>

enum { RULES = 8, N = 200, DOMAINS = 5, CUTS = 4 };

static const double shares[] = {0,   0.01, 0.1,  0.2, 0.25, 1. / 3, 0.4, 0.5,
                                0.6, 0.7,  0.75, 0.8, 0.9,  0.99,   1};
enum { SHARES = sizeof shares / sizeof *shares };

static ioi_numbers reals(const double *x)
{
  ioi_numbers out = {x, NULL, 0};
  return out;
}

static ioi_quantile_bins new_bins(size_t domains, size_t cuts)
{
  const size_t all = domains * IOI_QUANTILE_BINS(cuts);
  ioi_quantile_bins out = {.domains = domains, .cuts = cuts};
  out.count = zeroed(domains, sizeof *out.count);
  out.used = zeroed(domains, sizeof *out.used);
  out.cut = zeroed(domains * cuts, sizeof *out.cut);
  out.inside = zeroed(all, sizeof *out.inside);
  out.upto = zeroed(all, sizeof *out.upto);
  out.most = zeroed(domains, sizeof *out.most);
  out.last = zeroed(domains, sizeof *out.last);
  return out;
}

static void free_bins(ioi_quantile_bins *bins)
{
  free(bins->count);
  free(bins->used);
  free(bins->cut);
  free(bins->inside);
  free(bins->upto);
  free(bins->most);
  free(bins->last);
}

/* One quantile of each domain, all of the road with so many cuts. `domain` NULL: one. */
static void road(ioi_quantile_rule rule, const double *x, const double *w,
                 const int *domain, size_t rows, size_t domains, size_t cuts,
                 const double *p, double *out)
{
  const size_t all = domains * IOI_QUANTILE_BINS(cuts);
  const ioi_key key = {.value = domain, .size = domains, .levels = domains};
  ioi_level *level = zeroed(IOI_BLOCK, sizeof *level);
  const ioi_quantile_rows data = {rows, 1, 0, &key, reals(x), reals(w), level};
  ioi_quantile_bins bins = new_bins(domains, cuts);
  int *work = zeroed(2 * domains, sizeof *work),
      *filled = zeroed(all, sizeof *filled);
  size_t *start = zeroed(all + 1, sizeof *start), largest;
  double *reach = zeroed(2 * domains, sizeof *reach);
  ioi_quantile_count(&data, domains, bins.count);
  ioi_quantile_cut(&data, &bins, work);
  ioi_quantile_sum(&data, &bins);
  ioi_quantile_want(&bins, rule, p, 1, start, &largest, reach);
  ioi_quantile_record *taken = zeroed(start[all], sizeof *taken);
  ioi_quantile_record *spare = zeroed(largest, sizeof *spare);
  ioi_quantile_take(&data, &bins, rule, start, reach, taken, filled, spare);
  for (size_t d = 0; d < domains; d++)
    out[d] = ioi_quantile(&bins, rule, start, taken, d, p[d]);
  free(level);
  free(work);
  free(filled);
  free(start);
  free(reach);
  free(taken);
  free(spare);
  free_bins(&bins);
}

/* Quantile of n values with weights w (NULL: 1 each): with one bin, in which all
 * records are sorted, and the same with several. */
static double sorted(ioi_quantile_rule rule, const double *x, const double *w,
                     size_t n, double p)
{
  double one, many;
  road(rule, x, w, NULL, n, 1, 0, &p, &one);
  road(rule, x, w, NULL, n, 1, CUTS, &p, &many);
  same(&many, &one, !isnan(one));
  near(many, one, 0);
  return one;
}

/* x = 10, 20, 40, 80 with weights 2, 1, 4, 1: C = 2, 3, 7, 8, T = 8. Knots:
 * hf4 2 3 7 8 of 8; hf5 1 2.5 5 7.5 of 8; hf6 2 3 7 8 of 9; hf7 0 2 3 7 of 7;
 * hf8 4/3 8/3 17/3 23/3 of 25/3; hf9 5/4 21/8 11/2 61/8 of 33/4. */
static void each_rule_by_hand(void **state)
{
  const double x[] = {10, 20, 40, 80}, w[] = {2, 1, 4, 1};
  const struct {
    ioi_quantile_rule rule;
    double p, want;
  } cases[] = {{IOI_QUANTILE_HF1, 0.25, 10},
               {IOI_QUANTILE_HF1, 0.26, 20},
               {IOI_QUANTILE_HF1, 0.375, 20},
               {IOI_QUANTILE_HF1, 0.5, 40},
               {IOI_QUANTILE_HF1, 0.1, 10},
               {IOI_QUANTILE_HF1, 0.88, 80},
               {IOI_QUANTILE_HF2, 0.25, 15},
               {IOI_QUANTILE_HF2, 0.26, 20},
               {IOI_QUANTILE_HF2, 0.375, 30},
               {IOI_QUANTILE_HF2, 0.875, 60},
               {IOI_QUANTILE_HF2, 1, 80},
               {IOI_QUANTILE_HF4, 0.1, 10},
               {IOI_QUANTILE_HF4, 0.3125, 15},
               {IOI_QUANTILE_HF4, 0.5, 25},
               {IOI_QUANTILE_HF4, 0.375, 20},
               {IOI_QUANTILE_HF4, 0.9375, 60},
               {IOI_QUANTILE_HF5, 0.125, 10},
               {IOI_QUANTILE_HF5, 0.5, 32},
               {IOI_QUANTILE_HF5, 0.9, 75.2},
               {IOI_QUANTILE_HF5, 0.95, 80},
               {IOI_QUANTILE_HF6, 0.2, 10},
               {IOI_QUANTILE_HF6, 0.5, 27.5},
               {IOI_QUANTILE_HF6, 0.95, 80},
               {IOI_QUANTILE_HF7, 0, 10},
               {IOI_QUANTILE_HF7, 1. / 7, 15},
               {IOI_QUANTILE_HF7, 0.5, 45},
               {IOI_QUANTILE_HF7, 1, 80},
               {IOI_QUANTILE_HF8, 0.16, 10},
               {IOI_QUANTILE_HF8, 0.5, 30},
               {IOI_QUANTILE_HF8, 0.68, 40},
               {IOI_QUANTILE_HF9, 0.5, 20 + 20 * (4.125 - 2.625) / 2.875},
               {IOI_QUANTILE_HF9, 0.95, 80}};
  (void) state;
  for (size_t c = 0; c < sizeof cases / sizeof *cases; c++)
    near(sorted(cases[c].rule, x, w, 4, cases[c].p), cases[c].want, 1e-13);
}

/* Hyndman & Fan's Q(p) = (1 - g) x_j + g x_j+1 with j = floor(np + m), m by type:
 * 0, 1/2, 0, 1 - p, (p + 1)/3, p/4 + 3/8 for types 4 to 9. */
static double hyndman_fan(int type, const double *x, size_t n, double p)
{
  const double m[] = {0, 0.5, p, 1 - p, (p + 1) / 3, p / 4 + 3. / 8};
  const double at = (double) n * p + m[type - 4], j = floor(at + 1e-9);
  const double g = fmax(at - j, 0);
  const double low = fmin(fmax(j, 1), (double) n);
  const double high = fmin(fmax(j + 1, 1), (double) n);
  return (1 - g) * x[(size_t) low - 1] + g * x[(size_t) high - 1];
}

static void equal_weights_are_hyndman_and_fan(void **state)
{
  uint64_t seed = 1996;
  double x[N], w[N];
  (void) state;
  for (size_t n = 2; n <= 40; n++) {
    for (size_t i = 0; i < n; i++) {
      x[i] = (i > 0 ? x[i - 1] : -3) + draw_unit(&seed);
      w[i] = 2.5;
    }
    for (int type = 4; type <= 9; type++)
      for (size_t s = 0; s < SHARES; s++)
        near(sorted((ioi_quantile_rule) (type - 2), x, w, n, shares[s]),
             hyndman_fan(type, x, n, shares[s]), 1e-12);
  }
}

static void a_weight_of_2_is_a_record_twice_under_steps(void **state)
{
  const double x[] = {1, 2, 3, 5, 8}, w[] = {1, 2, 1, 3, 2};
  const double twice[] = {1, 2, 2, 3, 5, 5, 5, 8, 8};
  (void) state;
  for (int rule = 0; rule < 2; rule++)
    for (size_t s = 0; s < SHARES; s++)
      near(sorted((ioi_quantile_rule) rule, x, w, 5, shares[s]),
           sorted((ioi_quantile_rule) rule, twice, NULL, 9, shares[s]), 0);
}

/* The definition, read literally, with weights that are whole and shares of 1/16, so
 * that every sum and product is exact. */
static void steps_are_their_definition(void **state)
{
  uint64_t seed = 7;
  double x[N], w[N];
  (void) state;
  for (int round = 0; round < 300; round++) {
    const size_t n = 1 + draw_below(&seed, 30);
    double total = 0;
    for (size_t i = 0; i < n; i++) {
      x[i] = (i > 0 ? x[i - 1] : 0) + (double) draw_below(&seed, 3);
      total += w[i] = 1 + (double) draw_below(&seed, 9);
    }
    for (int sixteenth = 0; sixteenth <= 16; sixteenth++) {
      const double p = sixteenth / 16.;
      size_t k = 0;
      double sum = w[0];
      while (sum < p * total) sum += w[++k];
      const int tie = sum == p * total && k + 1 < n;
      near(sorted(IOI_QUANTILE_HF1, x, w, n, p), x[k], 0);
      near(sorted(IOI_QUANTILE_HF2, x, w, n, p),
           tie ? (x[k] + x[k + 1]) / 2 : x[k], 0);
    }
  }
}

static void quantiles_rise_and_stay_in_the_range(void **state)
{
  uint64_t seed = 11;
  double x[N], w[N];
  (void) state;
  for (size_t i = 0; i < N; i++) {
    x[i] = floor(50 * (double) i / N) + 0.1;
    w[i] = exp(8 * draw_unit(&seed) - 4);
  }
  for (int rule = 0; rule < RULES; rule++) {
    double last = x[0];
    for (int i = 0; i <= 5000; i++) {
      const double q = sorted((ioi_quantile_rule) rule, x, w, N, i / 5000.);
      assert_true(q >= last && q <= x[N - 1]);
      last = q;
    }
    near(sorted((ioi_quantile_rule) rule, x, w, N, 0), x[0], 0);
    near(sorted((ioi_quantile_rule) rule, x, w, N, 1), x[N - 1], 0);
  }
}

static void a_knot_gives_the_value_itself(void **state)
{
  const double x[] = {0.1, 0.2, 0.3, 0.7, 1.1}, w[] = {0.1, 0.1, 0.1, 0.1, 0.1};
  (void) state;
  for (int k = 0; k < 5; k++) {
    near(sorted(IOI_QUANTILE_HF7, x, w, 5, k / 4.), x[k], 0);
    near(sorted(IOI_QUANTILE_HF6, x, w, 5, (k + 1) / 6.), x[k], 0);
    near(sorted(IOI_QUANTILE_HF5, x, w, 5, (k + 0.5) / 5), x[k], 0);
  }
}

static void edges(void **state)
{
  const double x[] = {3, 4}, huge[] = {-1e308, 1e308};
  (void) state;
  for (int r = 0; r < RULES; r++) {
    const ioi_quantile_rule rule = (ioi_quantile_rule) r;
    near(sorted(rule, x, NULL, 0, 0.5), NAN, 0);
    near(sorted(rule, x, NULL, 2, NAN), NAN, 0);
    near(sorted(rule, x, NULL, 2, -1e-9), NAN, 0);
    near(sorted(rule, x, NULL, 2, 1 + 1e-9), NAN, 0);
    near(sorted(rule, x, NULL, 1, 0.5), 3, 0);
    near(sorted(rule, x, NULL, 1, 0), 3, 0);
    assert_true(isfinite(sorted(rule, huge, NULL, 2, 0)));
  }
  near(sorted(IOI_QUANTILE_HF2, huge, NULL, 2, 0.5), 0, 0);
}

/* Weights below 0, as of a linear calibration: C is the largest sum so far, here 1, 1,
 * 2.5 and 5.5 of 5.5. */
static void cumulative_weights_never_fall(void **state)
{
  const double x[] = {10, 20, 40, 80}, w[] = {1, -0.5, 2, 3};
  const double p[] = {0.9 / 5.5, 1.1 / 5.5, 2.4 / 5.5, 2.6 / 5.5};
  const double want[] = {10, 40, 40, 80};
  const ioi_key key = {.size = 1, .levels = 1};
  ioi_level level[IOI_BLOCK];
  const ioi_quantile_rows data = {4, 1, 0, &key, reals(x), reals(w), level};
  double got;
  int count;
  (void) state;
  assert_true(ioi_quantile_count(&data, 1, &count));
  assert_int_equal(count, 4);
  for (int i = 0; i < 4; i++) {
    road(IOI_QUANTILE_HF1, x, w, NULL, 4, 1, 0, p + i, &got);
    near(got, want[i], 0);
  }
}

/* 0.1 summed a hundred thousand times is 10,000: half of it is the 50,000th. */
static void cumulative_weights_are_compensated(void **state)
{
  enum { MANY = 100000 };
  double *w = zeroed(MANY, sizeof *w), *x = zeroed(MANY, sizeof *x);
  const double p = 0.5;
  double got;
  (void) state;
  for (int i = 0; i < MANY; i++) {
    w[i] = 0.1;
    x[i] = (i * 7919) % MANY;
  }
  for (size_t cuts = 0; cuts < 400; cuts += 100) {
    road(IOI_QUANTILE_HF2, x, w, NULL, MANY, 1, cuts, &p, &got);
    near(got, 49999.5, 0);
  }
  free(w);
  free(x);
}

/* Rows of domain 1 and 3 count; domain 0 has rows of weight 0 or without x, 2 none. */
static void only_records_count(void **state)
{
  const double x[] = {5, 7, 9, 3, 1, 2, 4, NAN}, w[] = {1, 2, 3, 4, 0, 6, 1, 1};
  const int domain[] = {1, 3, INT_MIN, 1, 0, 3, 1, 0};
  const double p[] = {0.5, 1, 0.5, 0.75}, want[] = {NAN, 5, NAN, 2};
  double got[4];
  (void) state;
  for (size_t cuts = 0; cuts < 4; cuts++) {
    road(IOI_QUANTILE_HF1, x, w, domain, 8, 4, cuts, p, got);
    for (int d = 0; d < 4; d++) near(got[d], want[d], 0);
  }
}

/* However many cuts there are, with ties or without, in rows in order or not. */
static void cuts_change_nothing(void **state)
{
  enum { ROWS = 1500 };
  uint64_t seed = 1974;
  static double x[ROWS], w[ROWS];
  static int domain[ROWS];
  (void) state;
  for (int round = 0; round < 60; round++) {
    const size_t values = (size_t) 1 << draw_below(&seed, 12);
    for (int i = 0; i < ROWS; i++) {
      x[i] = (double) draw_below(&seed, values) - 3;
      if (round % 3 == 0) x[i] = floor(i * (double) values / ROWS);
      w[i] = (double) draw_below(&seed, 5) / 4 + (round % 2) * draw_unit(&seed);
      domain[i] = (int) draw_below(&seed, DOMAINS);
    }
    for (int rule = 0; rule < RULES; rule++) {
      double p[DOMAINS], one[DOMAINS], many[DOMAINS];
      for (int d = 0; d < DOMAINS; d++)
        p[d] = (double) draw_below(&seed, 65) / 64;
      road((ioi_quantile_rule) rule, x, w, domain, ROWS, DOMAINS, 0, p, one);
      for (size_t cuts = 1; cuts < 600; cuts *= 3) {
        road((ioi_quantile_rule) rule, x, w, domain, ROWS, DOMAINS, cuts, p,
             many);
        for (int d = 0; d < DOMAINS; d++)
          near(many[d], one[d], 1e-12 * (double) values);
      }
    }
  }
}

static void more_domains_have_fewer_cuts(void **state)
{
  (void) state;
  assert_int_equal(ioi_quantile_cuts(1000000, 100, 1), 100);
  assert_int_equal(ioi_quantile_cuts(1000000, 100, 9), 300);
  assert_int_equal(ioi_quantile_cuts(1000000000, 1, 9), 2048);
  assert_int_equal(ioi_quantile_cuts(10, 100, 1), 1);
  assert_int_equal(ioi_quantile_cuts(0, 0, 1), 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(each_rule_by_hand),
    cmocka_unit_test(equal_weights_are_hyndman_and_fan),
    cmocka_unit_test(a_weight_of_2_is_a_record_twice_under_steps),
    cmocka_unit_test(steps_are_their_definition),
    cmocka_unit_test(quantiles_rise_and_stay_in_the_range),
    cmocka_unit_test(a_knot_gives_the_value_itself),
    cmocka_unit_test(edges),
    cmocka_unit_test(cumulative_weights_never_fall),
    cmocka_unit_test(cumulative_weights_are_compensated),
    cmocka_unit_test(only_records_count),
    cmocka_unit_test(cuts_change_nothing),
    cmocka_unit_test(more_domains_have_fewer_cuts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
