/* test_progress.c - trends and progress of a gap. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "core/progress.h"

static const double q = 1.959963984540054;

#define assert_near(x, y, tol) assert_true(fabs((x) - (y)) <= (tol))

/* Four points by hand: d = 8, 6, 5, 1 with variances 1. */
static void line_by_hand(void **state)
{
  const double t[] = {0, 1, 2, 3}, d[] = {8, 6, 5, 1}, v[] = {1, 1, 1, 1};
  const ioi_series s = {t, d, v, NULL, 4};
  ioi_trend out;
  (void) state;
  assert_int_equal(ioi_trend_fit(&s, 0, &out), IOI_OK);
  assert_near(out.slope, -2.2, 1e-12);         /* -11 / 5 */
  assert_near(out.last, 5 - 1.5 * 2.2, 1e-12); /* mean 5 at 1.5 */
  assert_near(out.slope_variance, 0.2, 1e-12); /* 1 / 5 */
  assert_near(out.last_variance, 0.25 + 2.25 / 5, 1e-12);
  assert_near(out.covariance, 1.5 / 5, 1e-12);
}

/* With a covariance the variance of the slope is c' V c; a correlation of 1
 * leaves the slope exactly known. */
static void covariance_is_used(void **state)
{
  const double t[] = {0, 1, 2}, d[] = {3, 2, 1}, v[] = {4, 4, 4};
  double full[9];
  (void) state;
  for (int i = 0; i < 9; i++) full[i] = 4;
  const ioi_series s = {t, d, v, full, 3};
  ioi_trend out;
  assert_int_equal(ioi_trend_fit(&s, 0, &out), IOI_OK);
  assert_near(out.slope_variance, 0, 1e-14);
  assert_near(out.last_variance, 4, 1e-12);
}

/* Without variances: the textbook residual variance. */
static void residual_variance(void **state)
{
  const double t[] = {0, 1, 2, 3}, d[] = {8, 6, 5, 1};
  const ioi_series s = {t, d, NULL, NULL, 4};
  ioi_trend out;
  double rss = 0;
  (void) state;
  for (int i = 0; i < 4; i++) {
    double r = d[i] - (5 - 2.2 * (t[i] - 1.5));
    rss += r * r;
  }
  assert_int_equal(ioi_trend_fit(&s, 0, &out), IOI_OK);
  assert_near(out.slope_variance, rss / 2 / 5, 1e-12);
  const ioi_series two = {t, d, NULL, NULL, 2};
  assert_int_equal(ioi_trend_fit(&two, 0, &out), IOI_OK);
  assert_true(isnan(out.slope_variance));
}

static void bad_series(void **state)
{
  const double t[] = {0, 1, 1}, d[] = {1, 2, 3}, zero[] = {1, 0, 1};
  const double nan_in[] = {1, NAN, 1};
  ioi_progress_row rows[IOI_PROGRESS_ROWS];
  ioi_trend out = {-1, -1, -1, -1, -1, -1};
  (void) state;
  rows[0].estimate = -1;
  const ioi_series ties = {t, d, NULL, NULL, 3};
  const ioi_series none = {t, d, NULL, NULL, 1};
  const ioi_series bad_v = {t, d, zero, NULL, 2};
  const ioi_series bad_d = {t, nan_in, NULL, NULL, 2};
  assert_int_equal(ioi_trend_fit(&ties, 0, &out), IOI_EDOMAIN);
  assert_int_equal(ioi_trend_fit(&none, 0, &out), IOI_EEMPTY);
  assert_int_equal(ioi_trend_fit(&bad_v, 0, &out), IOI_EDOMAIN);
  assert_int_equal(ioi_trend_fit(&bad_d, 0, &out), IOI_EDOMAIN);
  assert_int_equal(ioi_progress(&none, 0, 2030, q, 0, rows), IOI_EEMPTY);
  assert_true(out.slope == -1 && rows[0].estimate == -1);
}

/* At its ends the Fieller set touches the critical value. */
static void fieller_ends(void **state)
{
  double low, high;
  (void) state;
  assert_int_equal(ioi_fieller(2, 5, 0.3, 0.4, 0.1, q, &low, &high),
                   IOI_FIELLER_BOUNDED);
  for (int end = 0; end < 2; end++) {
    double r = end ? high : low, z = 2 - r * 5;
    assert_near(z * z / (0.3 - 2 * r * 0.1 + r * r * 0.4), q * q, 1e-9);
  }
  assert_true(low < 0.4 && 0.4 < high);
  assert_int_equal(ioi_fieller(2, 0.1, 0.3, 0.4, 0, q, &low, &high),
                   IOI_FIELLER_OUTSIDE);
  assert_int_equal(ioi_fieller(0.1, 0.1, 0.3, 0.4, 0, q, &low, &high),
                   IOI_FIELLER_ALL);
}

static void put(const ioi_series *s, double target, double year,
                ioi_progress_row *rows)
{
  assert_int_equal(ioi_progress(s, target, year, q, 0, rows), IOI_OK);
}

/* A gap that grows is never closed; one at the target is. */
static void years_to_the_target(void **state)
{
  const double t[] = {2015, 2016, 2017}, up[] = {1, 2, 3},
               v[] = {.01, .01, .01};
  ioi_progress_row rows[IOI_PROGRESS_ROWS];
  (void) state;
  const ioi_series s = {t, up, v, NULL, 3};
  put(&s, 0, NAN, rows);
  assert_true(rows[IOI_PROGRESS_YEARS].estimate == INFINITY);
  assert_int_equal(rows[IOI_PROGRESS_YEARS].note, IOI_PROGRESS_NOT_CLOSING);
  put(&s, 3, NAN, rows);
  assert_near(rows[IOI_PROGRESS_YEARS].estimate, 0, 1e-9);
  put(&s, 5, NAN, rows);
  assert_near(rows[IOI_PROGRESS_YEARS].estimate, 2, 1e-9);
  assert_true(rows[IOI_PROGRESS_YEARS].low < 2
              && rows[IOI_PROGRESS_YEARS].high > 2);
  assert_true(isnan(rows[IOI_PROGRESS_PACE].estimate));
}

/* A slope that is not clear of 0 leaves the years without an upper limit. */
static void years_unbounded(void **state)
{
  const double t[] = {2015, 2016, 2017}, d[] = {5, 4.9, 4.8}, v[] = {1, 1, 1};
  ioi_progress_row rows[IOI_PROGRESS_ROWS];
  (void) state;
  const ioi_series s = {t, d, v, NULL, 3};
  put(&s, 0, 2030, rows);
  assert_near(rows[IOI_PROGRESS_YEARS].estimate, 48, 1e-6);
  assert_true(rows[IOI_PROGRESS_YEARS].high == INFINITY);
  assert_int_equal(rows[IOI_PROGRESS_YEARS].note, IOI_PROGRESS_UNBOUNDED);
  assert_int_equal(rows[IOI_PROGRESS_ON_TRACK].note, IOI_PROGRESS_UNCLEAR);
}

static void rates_and_targets(void **state)
{
  const double t[] = {0, 1, 2}, d[] = {4, 2, 1}, v[] = {.01, .01, .01};
  ioi_progress_row rows[IOI_PROGRESS_ROWS];
  (void) state;
  const ioi_series s = {t, d, v, NULL, 3};
  put(&s, 0.25, 4, rows);
  assert_near(rows[IOI_PROGRESS_RATE].estimate, -0.5, 1e-12);
  assert_near(rows[IOI_PROGRESS_RATE_REQUIRED].estimate, -0.5, 1e-12);
  assert_near(rows[IOI_PROGRESS_PACE].estimate, -0.375, 1e-12);
  assert_near(rows[IOI_PROGRESS_SHARE].estimate, 1 - 0.75 / 3.75, 1e-12);
  assert_true(rows[IOI_PROGRESS_ON_TRACK].estimate == 1);
  put(&s, -1, 2, rows);
  assert_int_equal(rows[IOI_PROGRESS_PACE].note, IOI_PROGRESS_PAST);
  put(&s, -1, 4, rows);
  assert_int_equal(rows[IOI_PROGRESS_RATE_REQUIRED].note, IOI_PROGRESS_SIGN);
  put(&s, 4, 4, rows);
  assert_int_equal(rows[IOI_PROGRESS_SHARE].note, IOI_PROGRESS_ZERO);
  assert_true(rows[IOI_PROGRESS_ON_TRACK].estimate == 0);
  put(&s, 1, 4, rows);
  assert_int_equal(rows[IOI_PROGRESS_ON_TRACK].note, IOI_PROGRESS_MET);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(line_by_hand),      cmocka_unit_test(covariance_is_used),
    cmocka_unit_test(residual_variance), cmocka_unit_test(bad_series),
    cmocka_unit_test(fieller_ends),      cmocka_unit_test(years_to_the_target),
    cmocka_unit_test(years_unbounded),   cmocka_unit_test(rates_and_targets)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
