/* test_rates.c - limits for counts and proportions.
 *
 * Published numbers: exact limits of a Poisson mean (Garwood 1936, Biometrika
 * 28:437, as tabled in textbooks to three decimals); Byar's and the producer's
 * rule, and Wilson, from the published test results of OHID's R package
 * (testdata_Rate.xlsx); Clopper-Pearson from Newcombe (1998, Stat. Med. 17:857,
 * table I). Otherwise the equations that define a limit, and the edges. */
#include "core/rates.h"

#include "rmath.h"
#include "road.h"

static void exact_as_tabled(void **state)
{
  const double count[] = {0, 1, 5, 10, 50, 100};
  const double low[] = {0, 0.025, 1.623, 4.795, 37.111, 81.364};
  const double high[] = {3.689, 5.572, 11.668, 18.390, 65.919, 121.627};
  double l[6], h[6];
  (void) state;
  assert_int_equal(
    ioi_count_limits(&rmath, IOI_RATE_EXACT, 0.95, count, 6, l, h), IOI_OK);
  for (int i = 0; i < 6; i++) {
    near(l[i], low[i], 5.1e-4);
    near(h[i], high[i], 5.1e-4);
  }
}

/* The limits solve P(X >= O | low) = P(X <= O | high) = tail. */
static void exact_solves_its_equations(void **state)
{
  (void) state;
  for (double count = 1; count < 3e6; count = floor(count * 2.7 + 1))
    for (int i = 0; i < 2; i++) {
      double level = i ? 0.998 : 0.95, tail = (1 - level) / 2, l, h;
      assert_int_equal(
        ioi_count_limits(&rmath, IOI_RATE_EXACT, level, &count, 1, &l, &h),
        IOI_OK);
      near(ppois(count - 1, l, 0, 0), tail, 1e-9);
      near(ppois(count, h, 1, 0), tail, 1e-9);
    }
}

/* Rates per 100 of OHID's tests: 20, 65 and 9,856 events in 100, 100, 12,345. */
static void ohid_as_published(void **state)
{
  const double count[] = {1, 5, 20, 65, 9856},
               n[] = {100, 100, 100, 100, 12345};
  const double low[] = {2.5317807984289897e-2, 1.62348639011842,
                        12.211428834875937, 50.163187710459454,
                        78.269490589767571};
  const double high[] = {5.571643390938898, 11.668332079322669,
                         30.889880369197066, 82.849138545939837,
                         81.430016542721404};
  double l[5], h[5], bl[5], bh[5], el[5], eh[5];
  (void) state;
  ioi_count_limits(&rmath, IOI_RATE_OHID, 0.95, count, 5, l, h);
  ioi_count_limits(&rmath, IOI_RATE_BYAR, 0.95, count, 5, bl, bh);
  ioi_count_limits(&rmath, IOI_RATE_EXACT, 0.95, count, 5, el, eh);
  for (int i = 0; i < 5; i++) {
    near(100 * l[i] / n[i], low[i], 1e-10);
    near(100 * h[i] / n[i], high[i], 1e-10);
    assert_true(l[i] == (count[i] < 10 ? el[i] : bl[i]));
    assert_true(h[i] == (count[i] < 10 ? eh[i] : bh[i]));
  }
}

static void counts_at_the_edges(void **state)
{
  const double count[] = {0, NAN, 0.5, 9.999, 10};
  const double bad[] = {1, -1, INFINITY};
  double l[5], h[5];
  (void) state;
  for (int m = 0; m < 3; m++) {
    const ioi_rate_method methods[] = {IOI_RATE_BYAR, IOI_RATE_EXACT,
                                       IOI_RATE_OHID};
    assert_true(ioi_rate_is_count(methods[m]));
    assert_int_equal(ioi_count_limits(&rmath, methods[m], 0.95, count, 5, l, h),
                     IOI_OK);
    assert_true(l[0] == 0 && h[0] > 3.6 && h[0] < 3.8);
    assert_true(isnan(l[1]) && isnan(h[1]));
    assert_true(l[2] >= 0 || m == 0);
    assert_true(l[3] < 9.999 && h[3] > 9.999);
    for (int i = 1; i < 3; i++)
      assert_int_equal(
        ioi_count_limits(&rmath, methods[m], 0.95, &bad[i], 1, l, h),
        IOI_EDOMAIN);
    assert_int_equal(ioi_count_limits(&rmath, methods[m], 95, count, 5, l, h),
                     IOI_EDOMAIN);
    assert_int_equal(ioi_count_limits(&rmath, methods[m], NAN, count, 5, l, h),
                     IOI_EDOMAIN);
    assert_int_equal(ioi_count_limits(&rmath, methods[m], 0.9, NULL, 0, l, h),
                     IOI_OK);
  }
  assert_int_equal(
    ioi_count_limits(&rmath, IOI_RATE_WILSON, 0.95, count, 5, l, h),
    IOI_EDOMAIN);
}

static void clopper_pearson_as_published(void **state)
{
  const double x[] = {81, 15, 0, 1}, n[] = {263, 148, 20, 29};
  const double low[] = {0.2527, 0.0578, 0.0000, 0.0009};
  const double high[] = {0.3676, 0.1617, 0.1684, 0.1776};
  double l[4], h[4];
  (void) state;
  assert_int_equal(
    ioi_people_limits(&rmath, IOI_RATE_CLOPPER_PEARSON, 0.95, x, n, 4, l, h),
    IOI_OK);
  for (int i = 0; i < 4; i++) {
    near(l[i], low[i], 5e-5);
    near(h[i], high[i], 5e-5);
  }
}

/* Yes and no changed about: limits mirrored. All methods, several sizes. */
static void proportions_mirror(void **state)
{
  const double x[] = {0, 1, 7, 30, 59, 60}, n = 60;
  (void) state;
  for (int m = IOI_RATE_WILSON; m <= IOI_RATE_AGRESTI_COULL; m++)
    for (int i = 0; i < 6; i++) {
      double no = n - x[i], l, h, l2, h2;
      ioi_rate_method method = (ioi_rate_method) m;
      assert_false(ioi_rate_is_count(method));
      ioi_people_limits(&rmath, method, 0.9, &x[i], &n, 1, &l, &h);
      ioi_people_limits(&rmath, method, 0.9, &no, &n, 1, &l2, &h2);
      near(l, 1 - h2, 1e-12);
      near(h, 1 - l2, 1e-12);
      if (x[i] > 0 && x[i] < n) assert_true(l < x[i] / n && x[i] / n < h);
    }
}

/* Jeffreys and Agresti-Coull are left as their formulas give them. */
static void ends_are_not_moved(void **state)
{
  const double x = 0, n = 10;
  double l, h;
  (void) state;
  ioi_people_limits(&rmath, IOI_RATE_JEFFREYS, 0.95, &x, &n, 1, &l, &h);
  assert_true(l > 0);
  near(pbeta(l, 0.5, 10.5, 1, 0), 0.025, 1e-10);
  ioi_people_limits(&rmath, IOI_RATE_AGRESTI_COULL, 0.95, &x, &n, 1, &l, &h);
  assert_true(l < 0);
  ioi_people_limits(&rmath, IOI_RATE_WILSON, 0.95, &x, &n, 1, &l, &h);
  assert_true(l == 0);
}

static void proportions_at_the_edges(void **state)
{
  const double x[] = {NAN, 0, 3}, n[] = {5, 0, NAN};
  const double big = 6, five = 5, negative = -1;
  double l[3], h[3];
  (void) state;
  assert_int_equal(
    ioi_people_limits(&rmath, IOI_RATE_WILSON, 0.95, x, n, 3, l, h), IOI_OK);
  for (int i = 0; i < 3; i++) assert_true(isnan(l[i]) && isnan(h[i]));
  assert_int_equal(
    ioi_people_limits(&rmath, IOI_RATE_WILSON, 0.95, &big, &five, 1, l, h),
    IOI_EDOMAIN);
  assert_int_equal(
    ioi_people_limits(&rmath, IOI_RATE_WILSON, 0.95, &negative, &five, 1, l, h),
    IOI_EDOMAIN);
  assert_int_equal(
    ioi_people_limits(&rmath, IOI_RATE_BYAR, 0.95, &five, &big, 1, l, h),
    IOI_EDOMAIN);
  assert_int_equal(
    ioi_people_limits(&rmath, IOI_RATE_WILSON, 1, &five, &big, 1, l, h),
    IOI_EDOMAIN);
}

/* Against the sums of Poisson probabilities. */
static void poisson_test(void **state)
{
  (void) state;
  for (int o = 0; o < 40; o += 3)
    for (double e = 0.3; e < 50; e *= 1.9) {
      double low = ppois(o, e, 1, 0), high = o ? ppois(o - 1, e, 0, 0) : 1;
      double half = dpois(o, e, 0) / 2;
      near(ioi_count_test(&rmath, o, e, 0), fmin(1, 2 * fmin(low, high)),
           1e-12);
      near(ioi_count_test(&rmath, o, e, 1),
           fmin(1, 2 * fmin(low - half, high - half)), 1e-12);
    }
  assert_true(isnan(ioi_count_test(&rmath, 3, 0, 0)));
  assert_true(isnan(ioi_count_test(&rmath, NAN, 2, 0)));
  assert_true(isnan(ioi_count_test(&rmath, -1, 2, 0)));
}

/* The exact limits are where the exact test is at the edge. */
static void test_and_limits_agree(void **state)
{
  (void) state;
  for (double o = 1; o < 60; o += 7) {
    double l, h;
    ioi_count_limits(&rmath, IOI_RATE_EXACT, 0.95, &o, 1, &l, &h);
    near(ioi_count_test(&rmath, o, l, 0), 0.05, 1e-10);
    near(ioi_count_test(&rmath, o, h, 0), 0.05, 1e-10);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(exact_as_tabled),
    cmocka_unit_test(exact_solves_its_equations),
    cmocka_unit_test(ohid_as_published),
    cmocka_unit_test(counts_at_the_edges),
    cmocka_unit_test(clopper_pearson_as_published),
    cmocka_unit_test(proportions_mirror),
    cmocka_unit_test(ends_are_not_moved),
    cmocka_unit_test(proportions_at_the_edges),
    cmocka_unit_test(poisson_test),
    cmocka_unit_test(test_and_limits_agree),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
