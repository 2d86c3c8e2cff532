/* test_proportion.c - shares of categories and their influence: hand-computable
 * samples, finite differences, and the edges. */
#include "core/proportion.h"
#include "road.h"

enum { DOMAINS = 4, CATEGORIES = 3, CELLS = DOMAINS * CATEGORIES };

typedef struct {
  double p[CELLS], value[CELLS * CATEGORIES];
  int row[CELLS], at[CELLS + 1];
} answer;

static answer proportion(const double *w, size_t domains, size_t categories,
                         size_t first)
{
  answer a;
  memset(&a, 0xAB, sizeof a);
  ioi_proportion(w, domains, categories, first, a.p, a.row, a.at, a.value);
  return a;
}

/* Domain 2 is empty; domain 3 has one category. */
static const double weights[CELLS] = {1, 2, 5, 0.25, 0.5, 0.25,
                                      0, 0, 0, 0,    7,   0};

static void shares_by_hand(void **state)
{
  const double want[] = {0.125, 0.25, 0.625, 0.25, 0.5, 0.25,
                         NAN,   NAN,  NAN,   0,    1,   0};
  const answer a = proportion(weights, DOMAINS, CATEGORIES, 0);
  (void) state;
  for (size_t r = 0; r < CELLS; r++) near(a.p[r], want[r], 0);
}

static void layout_of_the_influence_is_by_domain(void **state)
{
  (void) state;
  for (size_t first = 0; first < CATEGORIES; first++) {
    const size_t rows = CATEGORIES - first;
    const answer a = proportion(weights, DOMAINS, CATEGORIES, first);
    for (size_t c = 0; c < CELLS; c++) {
      assert_true(a.row[c] == (int) (c / CATEGORIES * rows));
      assert_true(a.at[c] == (int) (c * rows));
    }
    assert_true(a.at[CELLS] == (int) (CELLS * rows));
  }
}

static void first_1_gives_yes_alone(void **state)
{
  const double w[] = {6, 2, 0, 0, 3, 9};
  const answer a = proportion(w, 3, 2, 1);
  const double want[] = {-0.25 / 8, 0.75 / 8, 0, 0, -0.75 / 12, 0.25 / 12};
  (void) state;
  near(a.p[0], 0.25, 0);
  near(a.p[1], NAN, 0);
  near(a.p[2], 0.75, 0);
  for (size_t c = 0; c < 6; c++) near(a.value[c], want[c], 1e-17);
}

static void influence_is_the_slope(void **state)
{
  const double step = 1e-5;
  (void) state;
  const answer a = proportion(weights, DOMAINS, CATEGORIES, 0);
  for (size_t c = 0; c < CELLS; c++) {
    double low[CELLS], high[CELLS];
    memcpy(low, weights, sizeof low);
    memcpy(high, weights, sizeof high);
    low[c] -= step;
    high[c] += step;
    if (c / CATEGORIES == 2) continue; /* empty: no slope */
    const answer below = proportion(low, DOMAINS, CATEGORIES, 0);
    const answer above = proportion(high, DOMAINS, CATEGORIES, 0);
    for (size_t k = 0; k < CATEGORIES; k++) {
      size_t r = c / CATEGORIES * CATEGORIES + k;
      near(a.value[c * CATEGORIES + k], (above.p[r] - below.p[r]) / (2 * step),
           1e-7);
    }
  }
}

/* The scores of a domain sum to 0, and so do those of its categories. */
static void influence_is_centred(void **state)
{
  (void) state;
  const answer a = proportion(weights, DOMAINS, CATEGORIES, 0);
  for (size_t d = 0; d < DOMAINS; d++)
    for (size_t k = 0; k < CATEGORIES; k++) {
      double over_cells = 0, over_rows = 0;
      for (size_t l = 0; l < CATEGORIES; l++) {
        size_t cell = d * CATEGORIES + l, other = d * CATEGORIES + k;
        over_cells += weights[cell] * a.value[cell * CATEGORIES + k];
        over_rows += a.value[other * CATEGORIES + l];
      }
      near(over_cells, 0, 1e-15);
      near(over_rows, 0, 1e-15);
    }
}

static void empty_domain_has_no_value_and_no_influence(void **state)
{
  const answer a = proportion(weights, DOMAINS, CATEGORIES, 0);
  (void) state;
  for (size_t i = 0; i < CATEGORIES * CATEGORIES; i++)
    assert_true(a.value[2 * CATEGORIES * CATEGORIES + i] == 0);
  for (size_t k = 0; k < CATEGORIES; k++)
    assert_true(isnan(a.p[2 * CATEGORIES + k]));
}

static void more_persons_than_an_int_holds(void **state)
{
  const double w[] = {6e9, 2e9, 0};
  const answer a = proportion(w, 1, 3, 0);
  (void) state;
  near(a.p[0], 0.75, 0);
  near(a.p[1], 0.25, 0);
  near(a.value[0], 0.25 / 8e9, 1e-27);
}

static void nothing_to_estimate(void **state)
{
  const double w[] = {1, 2};
  (void) state;
  assert_true(proportion(NULL, 0, 2, 0).at[0] == 0);
  const answer a = proportion(w, 2, 1, 1); /* one category, none asked for */
  assert_true(a.at[0] == 0 && a.at[2] == 0 && a.row[1] == 0);
}

/* The variance of the share of the first of two categories, records sampled
 * singly: their sums of weights and of squared weights by category, how many. */
static double variance_of_records(const double *w, const double *ww, double n)
{
  const int zero[] = {0, 0};
  unsigned char bits[] = {0};
  double v = 0, work[4096];
  const answer a = proportion(w, 1, 2, 1);
  const ioi_design design = {.strata = 1, .sampled = &n};
  const double *const of_w[] = {w}, *const of_ww[] = {ww};
  const ioi_totals totals = {1, 2, 1, NULL, NULL, of_w, of_ww};
  const ioi_influence influence = {1, a.row, a.at, a.value};
  ioi_presence presence = {1, zero, zero, NULL, bits, NULL};
  ioi_presence_fill(&design, &totals, &presence);
  assert_true(ioi_variance_work(1, totals.cells, 1) <= 4096);
  ioi_variance(&design, &totals, &influence, &presence, 0, &v, work);
  return v;
}

/* Ten records of weight 1, three of them yes: v = p (1 - p) / (n - 1) and so a
 * design effect of 1; the effective size is then n - 1. */
static void simple_random_sample_has_no_design_effect(void **state)
{
  const double w[] = {7, 3}, ww[] = {7, 3};
  const double v = variance_of_records(w, ww, 10);
  (void) state;
  near(v, 0.3 * 0.7 / 9, 1e-16);
  near(ioi_proportion_deff(0.3, v, 10), 1, 1e-14);
  near(ioi_proportion_effective(0.3, v), 9, 1e-13);
}

/* Kish's 1 + cv^2 of the weights: in each category ten records of weight 3 and
 * ten of weight 1, so cv^2 is 1/4. */
static void unequal_weights_have_the_design_effect_of_kish(void **state)
{
  const double w[] = {40, 40}, ww[] = {100, 100};
  const double v = variance_of_records(w, ww, 40);
  (void) state;
  near(ioi_proportion_deff(0.5, v, 40), 1.25, 1e-13);
}

static void extras_without_a_value_are_nan(void **state)
{
  (void) state;
  assert_true(isnan(ioi_proportion_deff(0, 0, 10)));
  assert_true(isnan(ioi_proportion_deff(1, 1e-9, 10)));
  assert_true(isnan(ioi_proportion_deff(0.5, 0, 10)));
  assert_true(isnan(ioi_proportion_deff(NAN, 0.1, 10)));
  assert_true(isnan(ioi_proportion_deff(0.5, NAN, 10)));
  assert_true(ioi_proportion_deff(0.5, 0.1, 1) == 0);
  assert_true(isnan(ioi_proportion_effective(0.5, 0)));
  assert_true(isnan(ioi_proportion_effective(0.5, NAN)));
  assert_true(isnan(ioi_proportion_effective(NAN, 0.1)));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(shares_by_hand),
    cmocka_unit_test(layout_of_the_influence_is_by_domain),
    cmocka_unit_test(first_1_gives_yes_alone),
    cmocka_unit_test(influence_is_the_slope),
    cmocka_unit_test(influence_is_centred),
    cmocka_unit_test(empty_domain_has_no_value_and_no_influence),
    cmocka_unit_test(more_persons_than_an_int_holds),
    cmocka_unit_test(nothing_to_estimate),
    cmocka_unit_test(simple_random_sample_has_no_design_effect),
    cmocka_unit_test(unequal_weights_have_the_design_effect_of_kish),
    cmocka_unit_test(extras_without_a_value_are_nan),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
