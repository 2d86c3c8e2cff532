/* test_mean.c - means, totals and ratios of measurements and their influence:
 * samples worked by hand, finite differences, centres, and the edges. */
#include "core/mean.h"
#include "road.h"

enum { DOMAINS = 3, MOST = 3, RECORDS = 5, PAIRS = 6 };

/* Five records: weights sum to 10, y to 61, x to 32. */
static const double w[RECORDS] = {1, 2, 3, 1.5, 2.5};
static const double y[RECORDS] = {4, 8, 5, 2, 9.2};
static const double x[RECORDS] = {3, 1, 5, 4, 2.4};

typedef struct {
  double estimate[DOMAINS], value[DOMAINS * MOST];
} answer;

typedef enum { MEAN, TOTAL, PEOPLE, RATIO } measure;
static const size_t variables_of[] = {2, 2, 1, 3};

static answer ask(measure which, const double *totals, size_t domains, double b,
                  double c)
{
  answer a;
  memset(&a, 0xAB, sizeof a);
  if (which == MEAN) ioi_mean(totals, domains, c, a.estimate, a.value);
  if (which == RATIO) ioi_ratio(totals, domains, b, c, a.estimate, a.value);
  if (which == TOTAL || which == PEOPLE)
    ioi_total(totals, domains, variables_of[which], c, a.estimate, a.value);
  return a;
}

/* z of a record: 1 and x - c, or 1, y - b and x - c. */
static void variables_at(measure which, size_t i, double b, double c, double *z)
{
  z[0] = 1;
  z[1] = which == RATIO ? y[i] - b : x[i] - c;
  z[2] = which == RATIO ? x[i] - c : 0;
}

/* Totals of the five records in one domain. */
static void totals_of(measure which, double b, double c, double *totals)
{
  memset(totals, 0, MOST * sizeof *totals);
  for (size_t i = 0; i < RECORDS; i++) {
    double z[MOST];
    variables_at(which, i, b, c, z);
    for (size_t a = 0; a < MOST; a++) totals[a] += w[i] * z[a];
  }
}

/* Two domains with people and one without. */
static void mean_by_hand(void **state)
{
  const double totals[] = {10, 4, 0, 15, -2, 0};
  const double want[] = {101.5, 99.5, NAN};
  const double slope[] = {-0.15, 0.1, 0.125, 0.25, 0, 0};
  const answer a = ask(MEAN, totals, 3, 0, 100);
  (void) state;
  for (size_t d = 0; d < 3; d++) near(a.estimate[d], want[d], 0);
  for (size_t i = 0; i < 6; i++) near(a.value[i], slope[i], 1e-17);
}

static void total_by_hand(void **state)
{
  const double totals[] = {10, 4, 0, 15, -2, 0};
  const double want[] = {1015, 398, NAN}, slope[] = {100, 1, 100, 1, 0, 0};
  const answer a = ask(TOTAL, totals, 3, 0, 100);
  (void) state;
  for (size_t d = 0; d < 3; d++) near(a.estimate[d], want[d], 0);
  for (size_t i = 0; i < 6; i++) near(a.value[i], slope[i], 0);
}

/* One variable: people, and the centre is not asked. */
static void total_of_people(void **state)
{
  const double totals[] = {6e9, 0, 2.5}, want[] = {6e9, NAN, 2.5};
  const double slope[] = {1, 0, 1};
  const answer a = ask(PEOPLE, totals, 3, 0, 77);
  (void) state;
  for (size_t d = 0; d < 3; d++) near(a.estimate[d], want[d], 0);
  for (size_t d = 0; d < 3; d++) near(a.value[d], slope[d], 0);
}

/* Domain 0: (5 + 2 x 10)/(30 + 1 x 10) = 5/8; domain 1: (0 + 8)/(-8 + 4) = -2;
 * domain 2: x sums to -3 + 3 = 0. */
static void ratio_by_hand(void **state)
{
  const double totals[] = {10, 4, 3, 5, 0, 1, 30, -8, -3};
  const double want[] = {0.625, -2, NAN};
  const double slope[] = {1.375 / 40, 0.025, -0.625 / 40, -1, -0.25,
                          -0.5,       0,     0,           0};
  const answer a = ask(RATIO, totals, 3, 2, 1);
  (void) state;
  for (size_t d = 0; d < 3; d++) near(a.estimate[d], want[d], 0);
  for (size_t i = 0; i < 9; i++) near(a.value[i], slope[i], 1e-16);
}

static void records_by_hand(void **state)
{
  double totals[MOST];
  (void) state;
  totals_of(MEAN, 0, 3, totals);
  near(ask(MEAN, totals, 1, 0, 3).estimate[0], 3.2, 1e-15);
  near(ask(TOTAL, totals, 1, 0, 3).estimate[0], 32, 1e-14);
  totals_of(RATIO, 6, 3, totals);
  near(ask(RATIO, totals, 1, 6, 3).estimate[0], 61. / 32, 1e-15);
}

/* Central differences in each total of two domains: the own domain has the
 * slope that is given, the other domain none. */
static void influence_is_the_slope(void **state)
{
  const double totals[] = {10, 4, 5, 3, 30, -8}, step = 1e-4;
  const double b = 2, c = 1.25;
  (void) state;
  for (int which = MEAN; which <= RATIO; which++) {
    const size_t variables = variables_of[which];
    const answer at = ask((measure) which, totals, 2, b, c);
    for (size_t t = 0; t < 2 * variables; t++) {
      double low[6], high[6];
      memcpy(low, totals, sizeof low);
      memcpy(high, totals, sizeof high);
      low[t] -= step;
      high[t] += step;
      const answer below = ask((measure) which, low, 2, b, c);
      const answer above = ask((measure) which, high, 2, b, c);
      for (size_t d = 0; d < 2; d++) {
        double rise = (above.estimate[d] - below.estimate[d]) / (2 * step);
        near(rise, d == t % 2 ? at.value[d * variables + t / 2] : 0, 2e-8);
      }
    }
  }
}

/* Whatever the centres, the estimate and the score of every record are those
 * of the uncentred sums. */
static void centres_change_nothing(void **state)
{
  const double centres[] = {-1000, -1, 0, 0.1, 3.2, 17, 4096};
  (void) state;
  for (int which = MEAN; which <= RATIO; which++)
    for (size_t k = 0; k < 49; k++) {
      const size_t variables = variables_of[which];
      const double b = centres[k / 7], c = centres[k % 7];
      double plain[MOST], moved[MOST];
      totals_of((measure) which, 0, 0, plain);
      totals_of((measure) which, b, c, moved);
      const answer want = ask((measure) which, plain, 1, 0, 0);
      const answer got = ask((measure) which, moved, 1, b, c);
      near(got.estimate[0], want.estimate[0], 1e-11);
      for (size_t i = 0; i < RECORDS; i++) {
        double z[MOST], z0[MOST], score = 0, score0 = 0;
        variables_at((measure) which, i, b, c, z);
        variables_at((measure) which, i, 0, 0, z0);
        for (size_t a = 0; a < variables; a++) {
          score += got.value[a] * z[a];
          score0 += want.value[a] * z0[a];
        }
        near(score, score0, 1e-11);
      }
    }
}

/* 1e15 + 0, 1, 2, 5: without a centre even the sum of 1000 such numbers is past
 * what a double counts; with one the slopes keep all their digits. */
static void large_numbers_keep_their_digits(void **state)
{
  const double base = 1e15, weight = 1000;
  double totals[] = {4 * weight, 0};
  (void) state;
  for (size_t i = 0; i < 4; i++)
    totals[1] += weight * (base + (double[]){0, 1, 2, 5}[i] - base);
  const answer a = ask(MEAN, totals, 1, 0, base);
  assert_true(a.estimate[0] == base + 2);
  near(a.value[0], -2. / 4000, 1e-19);
  near(a.value[1], 1. / 4000, 1e-19);
  /* As a ratio of two such sums: 1 + (2 - 1)/1e15. */
  const double both[] = {4000, 8000, 4000};
  const answer r = ask(RATIO, both, 1, base, base);
  near(r.estimate[0], (base + 2) / (base + 1), 0);
}

static void without_people_there_is_nothing(void **state)
{
  const double none[][3] = {{0, 0, 0}, {0, 3, 4}, {-1, 3, 4}, {NAN, 3, 4}};
  (void) state;
  for (int which = MEAN; which <= RATIO; which++)
    for (size_t k = 0; k < 4; k++) {
      const answer a = ask((measure) which, none[k], 1, 2, 3);
      assert_true(isnan(a.estimate[0]));
      for (size_t v = 0; v < variables_of[which]; v++)
        assert_true(a.value[v] == 0);
    }
}

static void ratio_to_nothing_has_no_value(void **state)
{
  const double plain[] = {5, 3, 0}, centred[] = {5, 3, -20};
  (void) state;
  for (int k = 0; k < 2; k++) {
    const answer a = ask(RATIO, k ? centred : plain, 1, 2, k ? 4 : 0);
    assert_true(isnan(a.estimate[0]));
    for (size_t v = 0; v < 3; v++) assert_true(a.value[v] == 0);
  }
  const double zero[] = {5, 0, 3}; /* nothing to something is 0 */
  assert_true(ask(RATIO, zero, 1, 0, 0).estimate[0] == 0);
}

static void no_domains_touch_nothing(void **state)
{
  (void) state;
  for (int which = MEAN; which <= RATIO; which++) {
    answer untouched;
    memset(&untouched, 0xAB, sizeof untouched);
    const answer a = ask((measure) which, NULL, 0, 0, 0);
    assert_memory_equal(&a, &untouched, sizeof a);
  }
}

/* Moments of the five records in domain d of `domains`. */
static void moments_of(measure which, double b, double c, size_t domains,
                       size_t d, double *moments)
{
  const size_t variables = variables_of[which];
  for (size_t i = 0; i < RECORDS; i++) {
    double z[MOST];
    size_t pair = 0;
    variables_at(which, i, b, c, z);
    for (size_t a = 0; a < variables; a++)
      for (size_t o = a; o < variables; o++, pair++)
        moments[pair * domains + d] += w[i] * z[a] * z[o];
  }
}

static double deff_of(measure which, double b, double c, double v)
{
  double moments[PAIRS] = {0}, totals[MOST], deff = 0;
  const double n = RECORDS;
  totals_of(which, b, c, totals);
  const answer a = ask(which, totals, 1, b, c);
  moments_of(which, b, c, 1, 0, moments);
  ioi_mean_deff(moments, a.value, 1, variables_of[which], &v, &n, &deff);
  return deff;
}

/* The variance of a mean of n = 5 with the spread s^2 = n/(n - 1) sum w e^2/W
 * is s^2/5; a total has 10^2 times that, a ratio that of y - r x over the mean
 * of x, 3.2. */
static double kish(measure which)
{
  double square = 0;
  for (size_t i = 0; i < RECORDS; i++) {
    double e = which == RATIO ? (y[i] - 61. / 32 * x[i]) / 3.2 : x[i] - 3.2;
    square += w[i] * e * e;
  }
  return (which == TOTAL ? 100 : 1) * (5. / 4 * square / 10) / 5;
}

static void design_effect_is_that_of_kish(void **state)
{
  const measure which[] = {MEAN, TOTAL, RATIO};
  const double centres[] = {-20, 0, 3.2, 100};
  (void) state;
  /* 0.04 + 9.68 + 9.72 + 0.96 + 1.6 = 22 is the sum of w (x - 3.2)^2. */
  near(kish(MEAN), 22. / 40, 1e-15);
  for (size_t k = 0; k < 3; k++)
    for (size_t c = 0; c < 4; c++)
      near(deff_of(which[k], centres[3 - c], centres[c], 1.75 * kish(which[k])),
           1.75, 1e-10);
}

/* Equal weights, v = s^2/n: no design effect. */
static void simple_random_sample_has_no_design_effect(void **state)
{
  const double moments[] = {8, 0, 40}; /* weight 2; -3, 1, -1, 3 */
  const double value[] = {0, 0.125}, n = 4, v = 20. / 3 / 4;
  double deff = 0;
  (void) state;
  ioi_mean_deff(moments, value, 1, 2, &v, &n, &deff);
  near(deff, 1, 1e-15);
}

/* A total of numbers whose spread is far below their centre. */
static void design_effect_of_a_total_of_large_numbers(void **state)
{
  const double moments[] = {8, 0, 40}, value[] = {1e12, 1};
  const double n = 4, v = 64 * 20. / 3 / 4;
  double deff = 0;
  (void) state;
  ioi_mean_deff(moments, value, 1, 2, &v, &n, &deff);
  near(deff, 1, 1e-15);
}

static void design_effect_of_two_domains(void **state)
{
  double moments[2 * 3] = {0}, deff[2];
  const double n[] = {RECORDS, 4}, v[] = {2 * 22. / 40, 20. / 3 / 4 / 2};
  const double value[] = {0, 0.1, 0, 0.125};
  (void) state;
  moments_of(MEAN, 0, 3.2, 2, 0, moments);
  moments[1] = 8;
  moments[5] = 40;
  ioi_mean_deff(moments, value, 2, 2, v, n, deff);
  near(deff[0], 2, 1e-14);
  near(deff[1], 0.5, 1e-15);
}

static void design_effect_without_a_variance(void **state)
{
  /* No variance; v missing; x constant at its centre, and off it. */
  const double moments[][3] = {{8, 0, 40}, {8, 0, 40}, {3, 0, 0}, {3, 3, 3}};
  const double v[] = {0, NAN, 1, 1}, n = 4;
  (void) state;
  for (size_t k = 0; k < 4; k++) {
    const double value[] = {0.1, 1};
    double deff = 0;
    ioi_mean_deff(moments[k], value, 1, 2, v + k, &n, &deff);
    assert_true(k == 0 ? deff == 0 : isnan(deff));
  }
  /* People do not vary; nor do they where there are none. */
  for (int people = 0; people < 4; people += 3) {
    const double of = people, one = 1, some = 2;
    double deff = 0;
    ioi_mean_deff(&of, &one, 1, 1, &some, &n, &deff);
    assert_true(isnan(deff));
  }
  const double empty[] = {0, 0, 0}, none[] = {0, 0};
  double deff = 0;
  ioi_mean_deff(empty, none, 1, 2, v + 2, &n, &deff);
  assert_true(isnan(deff));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(mean_by_hand),
    cmocka_unit_test(total_by_hand),
    cmocka_unit_test(total_of_people),
    cmocka_unit_test(ratio_by_hand),
    cmocka_unit_test(records_by_hand),
    cmocka_unit_test(influence_is_the_slope),
    cmocka_unit_test(centres_change_nothing),
    cmocka_unit_test(large_numbers_keep_their_digits),
    cmocka_unit_test(without_people_there_is_nothing),
    cmocka_unit_test(ratio_to_nothing_has_no_value),
    cmocka_unit_test(no_domains_touch_nothing),
    cmocka_unit_test(design_effect_is_that_of_kish),
    cmocka_unit_test(simple_random_sample_has_no_design_effect),
    cmocka_unit_test(design_effect_of_a_total_of_large_numbers),
    cmocka_unit_test(design_effect_of_two_domains),
    cmocka_unit_test(design_effect_without_a_variance),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
