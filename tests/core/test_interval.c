/* test_interval.c - limits of a proportion and of any estimate.
 *
 * Published numbers: Newcombe (1998), Stat. Med. 17:857-872, table I, methods 3
 * (Wilson), 4 (Wilson with continuity correction) and 5 (Clopper-Pearson); its
 * four examples are simple random samples, where n0 = n and adj = 1. Otherwise
 * identities that define a method, and the edges. */
#include <float.h>

#include "core/interval.h"

#include "rmath.h"
#include "road.h"

enum { METHODS = IOI_INTERVAL_UNIFORM + 1 };

typedef struct {
  double low, high;
  ioi_limits_note note;
} answer;

static answer limits(ioi_interval_method method, double p, double se, double n,
                     double df, double level)
{
  answer a = {-9, -9, IOI_LIMITS_AS_ASKED};
  assert_int_equal(ioi_interval_proportion(&rmath, method, p, se, n, df, level,
                                           &a.low, &a.high, &a.note),
                   IOI_OK);
  return a;
}

static const double counts[][2] = {{81, 263}, {15, 148}, {0, 20}, {1, 29}};

static void wilson_as_published(void **state)
{
  const double low[] = {0.2553, 0.0624, 0.0000, 0.0061};
  const double high[] = {0.3662, 0.1605, 0.1611, 0.1718};
  const double low_cc[] = {0.2535, 0.0598, 0.0000, 0.0018};
  const double high_cc[] = {0.3682, 0.1644, 0.2005, 0.1963};
  double z = qnorm5(0.025, 0, 1, 0, 0), l, u;
  (void) state;
  for (int i = 0; i < 4; i++) {
    double n = counts[i][1], p = counts[i][0] / n;
    ioi_interval_wilson(p, n, z, &l, &u);
    near(l, low[i], 5e-5);
    near(u, high[i], 5e-5);
    ioi_interval_wilson_corrected(p, n, z, &l, &u);
    near(l, low_cc[i], 5e-5);
    near(u, high_cc[i], 5e-5);
    double se = sqrt(p * (1 - p) / n);
    answer a = limits(IOI_INTERVAL_WILSON, p, se, n, INFINITY, 0.95);
    near(a.low, low[i], 5e-5);
    near(a.high, high[i], 5e-5);
  }
}

static void clopper_pearson_as_published(void **state)
{
  const double low[] = {0.2527, 0.0578, 0.0000, 0.0009};
  const double high[] = {0.3676, 0.1617, 0.1684, 0.1776};
  (void) state;
  for (int i = 0; i < 4; i++) {
    double n = counts[i][1], p = counts[i][0] / n;
    double se = sqrt(p * (1 - p) / n);
    answer a = limits(IOI_INTERVAL_NCHS, p, se, n, INFINITY, 0.95);
    near(a.low, low[i], 5e-5);
    near(a.high, high[i], 5e-5);
    answer b = limits(IOI_INTERVAL_BETA, p, se, n, INFINITY, 0.95);
    near(b.low, a.low, 1e-12);
    near(b.high, a.high, 1e-12);
  }
}

/* Closer to 0 or 1 a double has too few digits to put into an equation. */
static int has_digits(double x)
{
  return x > DBL_MIN && 1 - x > 1e-6;
}

/* Each limit solves the equation that defines its method. */
static void limits_solve_their_equation(void **state)
{
  const double ps[] = {1e-6, 0.01, 0.2, 0.5, 0.77, 0.999};
  const double dfs[] = {1, 2.5, 14, 200, INFINITY};
  (void) state;
  for (int i = 0; i < 6; i++)
    for (int j = 0; j < 5; j++) {
      double p = ps[i], q = 1 - p, n0 = 137.5, se = sqrt(p * q / n0);
      double t = ioi_interval_t_quantile(&rmath, dfs[j], 0.9);
      answer a = limits(IOI_INTERVAL_LIKELIHOOD, p, se, 400, dfs[j], 0.9);
      const double end[] = {a.low, a.high};
      for (int k = 0; k < 2; k++) {
        double x = end[k];
        if (has_digits(x))
          near(2 * n0 * (p * log(p / x) + q * log(q / (1 - x))) / (t * t), 1,
               1e-9);
      }
      a = limits(IOI_INTERVAL_WILSON, p, se, 400, dfs[j], 0.9);
      near(fabs(p - a.low) / sqrt(a.low * (1 - a.low) / n0), t, 1e-6 * t);
      near(fabs(p - a.high) / sqrt(a.high * (1 - a.high) / n0), t, 1e-6 * t);
      a = limits(IOI_INTERVAL_LOGIT, p, se, 400, dfs[j], 0.9);
      double step = t * se / (p * q);
      if (has_digits(a.low))
        near((log(p / q) - log(a.low / (1 - a.low))) / step, 1, 1e-9);
      a = limits(IOI_INTERVAL_NCHS, p, se, 400, INFINITY, 0.9);
      if (has_digits(a.low))
        near(pbeta(a.low, n0 * p, n0 * q + 1, 1, 0), 0.05, 1e-9);
      if (has_digits(a.high))
        near(pbeta(a.high, n0 * p + 1, n0 * q, 0, 0), 0.05, 1e-9);
    }
}

static void yes_and_no_mirror(void **state)
{
  (void) state;
  for (int m = 0; m < METHODS; m++) {
    answer a = limits((ioi_interval_method) m, 0.125, 0.03, 150, 11, 0.95);
    answer b = limits((ioi_interval_method) m, 0.875, 0.03, 150, 11, 0.95);
    near(a.low, 1 - b.high, 1e-12);
    near(a.high, 1 - b.low, 1e-12);
    assert_true(a.low < 0.125 && a.high > 0.125);
    answer wide = limits((ioi_interval_method) m, 0.125, 0.03, 150, 11, 0.99);
    assert_true(wide.low < a.low && wide.high > a.high);
  }
}

static void effective_size_is_capped(void **state)
{
  /* A standard error below that of n people: nk is n, m of beta is not. */
  double p = 0.3, n = 50, se = 0.5 * sqrt(p * (1 - p) / n);
  (void) state;
  answer a = limits(IOI_INTERVAL_NCHS, p, se, n, INFINITY, 0.95);
  near(a.low, qbeta(0.025, 15, 36, 1, 0), 1e-12);
  near(a.high, qbeta(0.025, 16, 35, 0, 0), 1e-12);
  a = limits(IOI_INTERVAL_BETA, p, se, n, INFINITY, 0.95);
  near(a.low, qbeta(0.025, 60, 141, 1, 0), 1e-12);
  near(a.high, qbeta(0.025, 61, 140, 0, 0), 1e-12);
  /* Few degrees of freedom shrink it: adj = (t(49)/t(3))^2. */
  double adj = pow(qt(0.025, 49, 0, 0) / qt(0.025, 3, 0, 0), 2);
  a = limits(IOI_INTERVAL_UNIFORM, p, se, n, 3, 0.95);
  double nk = 200 * adj;
  assert_true(nk > 50);
  near(a.low, qbeta(0.025, 16, 36, 1, 0), 1e-12);
  se = sqrt(p * (1 - p) / n);
  nk = 50 * adj;
  a = limits(IOI_INTERVAL_UNIFORM, p, se, n, 3, 0.95);
  near(a.low, qbeta(0.025, nk * p + 1, nk * (1 - p) + 1, 1, 0), 1e-12);
  a = limits(IOI_INTERVAL_JEFFREYS, p, se, n, 3, 0.95);
  near(a.high, qbeta(0.025, nk * p + 0.5, nk * (1 - p) + 0.5, 0, 0), 1e-12);
}

static int falls_back(ioi_interval_method method)
{
  return method <= IOI_INTERVAL_BETA;
}

static void none_and_all_fall_back(void **state)
{
  (void) state;
  answer exact = limits(IOI_INTERVAL_NCHS, 0, 0, 20, 9, 0.95);
  near(exact.high, 1 - pow(0.025, 1 / 20.0), 1e-12); /* (1 - u)^20 = 0.025 */
  for (int m = 0; m < METHODS; m++) {
    ioi_interval_method method = (ioi_interval_method) m;
    answer none = limits(method, 0, 0, 20, 9, 0.95);
    answer all = limits(method, 1, 0, 20, 9, 0.95);
    assert_true(none.low == 0 && all.high == 1);
    assert_true(none.high > 0 && none.high < 1);
    near(none.high, 1 - all.low, 1e-12);
    if (falls_back(method)) {
      assert_int_equal(none.note, IOI_LIMITS_NCHS);
      assert_int_equal(all.note, IOI_LIMITS_NCHS);
      near(none.high, exact.high, 1e-12);
    } else {
      assert_int_equal(none.note, IOI_LIMITS_AS_ASKED);
    }
  }
}

static void no_degrees_of_freedom_no_limits(void **state)
{
  (void) state;
  for (int m = 0; m < METHODS; m++)
    for (int df = -1; df <= 0; df++)
      for (double p = 0; p < 1; p += 0.5) {
        answer a =
          limits((ioi_interval_method) m, p, 0.1, 20, (double) df, 0.95);
        assert_true(isnan(a.low) && isnan(a.high));
        assert_int_equal(a.note, IOI_LIMITS_NO_DF);
      }
}

/* One degree of freedom is little, but it is not none. */
static void one_degree_of_freedom(void **state)
{
  (void) state;
  for (int m = 0; m < METHODS; m++) {
    answer a = limits((ioi_interval_method) m, 0.4, 0.1, 30, 1, 0.95);
    assert_int_equal(a.note, IOI_LIMITS_AS_ASKED);
    assert_true(a.low < 0.4 && a.high > 0.4);
    answer b = limits((ioi_interval_method) m, 0.4, 0.1, 30, 0.01, 0.95);
    assert_true(b.low <= a.low && b.high >= a.high);
  }
  near(ioi_interval_t_quantile(&rmath, 1, 0.95), 12.706204736, 1e-8);
  assert_true(isnan(ioi_interval_t_quantile(&rmath, 0, 0.95)));
  assert_true(isnan(ioi_interval_t_quantile(&rmath, NAN, 0.95)));
}

static void no_spread_is_a_point(void **state)
{
  (void) state;
  for (int m = 0; m < METHODS; m++) {
    ioi_interval_method method = (ioi_interval_method) m;
    answer a = limits(method, 0.25, 0, 40, 7, 0.95);
    answer rounding = limits(method, 0.25, 1e-13, 40, 7, 0.95);
    assert_true(a.low == rounding.low && a.high == rounding.high);
    if (method <= IOI_INTERVAL_BETA || method == IOI_INTERVAL_WILSON)
      assert_true(a.low == 0.25 && a.high == 0.25);
    else
      assert_true(a.low < 0.25 && a.high > 0.25);
  }
}

static void missing_values_give_no_limits(void **state)
{
  (void) state;
  for (int m = 0; m < METHODS; m++) {
    ioi_interval_method method = (ioi_interval_method) m;
    const answer bad[] = {
      limits(method, NAN, 0.1, 20, 9, 0.95),
      limits(method, 0.5, NAN, 20, 9, 0.95),
      limits(method, 0.5, INFINITY, 20, 9, 0.95),
      limits(method, 0.5, -0.1, 20, 9, 0.95),
      limits(method, 0.5, 0.1, 20, NAN, 0.95),
      limits(method, 0, 0, NAN, 9, 0.95),
      limits(method, 1, 0, 0, 9, 0.95),
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
      assert_true(isnan(bad[i].low) && isnan(bad[i].high));
      assert_int_equal(bad[i].note, IOI_LIMITS_MISSING);
    }
    answer outside = limits(method, 1.02, 0.1, 20, 9, 0.95);
    assert_int_equal(outside.note, method == IOI_INTERVAL_WALD
                                     ? IOI_LIMITS_AS_ASKED
                                     : IOI_LIMITS_MISSING);
    int needs_n = method == IOI_INTERVAL_BETA || method == IOI_INTERVAL_NCHS
                  || method >= IOI_INTERVAL_WILSON_ADJUSTED;
    answer no_n = limits(method, 0.5, 0.1, NAN, 9, 0.95);
    assert_int_equal(no_n.note,
                     needs_n ? IOI_LIMITS_MISSING : IOI_LIMITS_AS_ASKED);
  }
  answer one = limits(IOI_INTERVAL_BETA, 0.5, 0.1, 1, 9, 0.95);
  assert_int_equal(one.note, IOI_LIMITS_NCHS);
}

/* Large samples: ordered, around p, and near the normal limits. */
static void huge_samples(void **state)
{
  const double ps[] = {1e-9, 0.001, 0.5, 0.9999};
  double z = qnorm5(0.025, 0, 1, 0, 0);
  (void) state;
  for (int m = 0; m < METHODS; m++)
    for (int i = 0; i < 4; i++)
      for (double n = 1e12; n < 1e19; n *= 10) {
        double p = ps[i], se = sqrt(p * (1 - p) / n);
        if (se < 1e-10 * p) continue; /* taken as 0 */
        answer a = limits((ioi_interval_method) m, p, se, n, INFINITY, 0.95);
        assert_true(a.low < p && a.high > p);
        double slack = 4 / sqrt(n * fmin(p, 1 - p));
        near((p - a.low) / se, z, slack + 1e-15 / se);
        near((a.high - p) / se, z, slack + 1e-15 / se);
      }
}

static void wrong_calls_write_nothing(void **state)
{
  const double levels[] = {0, 1, -1, 95, NAN};
  double low = 7, high = 7;
  ioi_limits_note note = IOI_LIMITS_NO_DF;
  (void) state;
  for (int i = 0; i < 5; i++) {
    assert_int_equal(ioi_interval_proportion(&rmath, IOI_INTERVAL_LOGIT, 0.5,
                                             0.1, 20, 9, levels[i], &low, &high,
                                             &note),
                     IOI_EDOMAIN);
    assert_int_equal(
      ioi_interval_t(&rmath, 0.5, 0.1, 9, levels[i], &low, &high, &note),
      IOI_EDOMAIN);
  }
  assert_int_equal(
    ioi_interval_proportion(&rmath, (ioi_interval_method) METHODS, 0.5, 0.1, 20,
                            9, 0.95, &low, &high, &note),
    IOI_EDOMAIN);
  assert_true(low == 7 && high == 7 && note == IOI_LIMITS_NO_DF);
}

static void t_limits(void **state)
{
  double low, high;
  ioi_limits_note note;
  (void) state;
  /* t(0.975; 10) = 2.228138852 (any table of t). */
  ioi_interval_t(&rmath, 50, 2, 10, 0.95, &low, &high, &note);
  near(low, 50 - 2 * 2.228138852, 1e-8);
  near(high, 50 + 2 * 2.228138852, 1e-8);
  ioi_interval_t(&rmath, -3, 0, 10, 0.95, &low, &high, &note);
  assert_true(low == -3 && high == -3);
  ioi_interval_t(&rmath, -3, 1, 0, 0.95, &low, &high, &note);
  assert_true(isnan(low) && isnan(high) && note == IOI_LIMITS_NO_DF);
  ioi_interval_t(&rmath, NAN, 1, 5, 0.95, &low, &high, &note);
  assert_true(isnan(low) && isnan(high) && note == IOI_LIMITS_MISSING);
}

static void wilson_ranges(void **state)
{
  const double bad[][3] = {{-0.1, 10, 2}, {1.1, 10, 2},  {NAN, 10, 2},
                           {0.5, -1, 2},  {0.5, NAN, 2}, {0.5, 10, 0}};
  double l, u;
  (void) state;
  for (int i = 0; i < 6; i++) {
    ioi_interval_wilson(bad[i][0], bad[i][1], bad[i][2], &l, &u);
    assert_true(isnan(l) && isnan(u));
    ioi_interval_wilson_corrected(bad[i][0], bad[i][1], bad[i][2], &l, &u);
    assert_true(isnan(l) && isnan(u));
  }
  ioi_interval_wilson(0.3, 0, 2, &l, &u);
  assert_true(l == 0 && u == 1);
  ioi_interval_wilson(0.3, 10, INFINITY, &l, &u);
  assert_true(l == 0 && u == 1);
  ioi_interval_wilson(0.3, INFINITY, 2, &l, &u);
  assert_true(l == 0.3 && u == 0.3);
  ioi_interval_wilson_corrected(1, 10, 2, &l, &u);
  assert_true(u == 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(wilson_as_published),
    cmocka_unit_test(clopper_pearson_as_published),
    cmocka_unit_test(limits_solve_their_equation),
    cmocka_unit_test(yes_and_no_mirror),
    cmocka_unit_test(effective_size_is_capped),
    cmocka_unit_test(none_and_all_fall_back),
    cmocka_unit_test(no_degrees_of_freedom_no_limits),
    cmocka_unit_test(one_degree_of_freedom),
    cmocka_unit_test(no_spread_is_a_point),
    cmocka_unit_test(missing_values_give_no_limits),
    cmocka_unit_test(huge_samples),
    cmocka_unit_test(wrong_calls_write_nothing),
    cmocka_unit_test(t_limits),
    cmocka_unit_test(wilson_ranges),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
