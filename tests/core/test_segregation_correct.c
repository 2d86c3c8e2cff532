/* test_segregation_correct.c - indices corrected for chance: double sums over
 * binomial laws (Rmath), the density of a difference on a grid, moments over all
 * ways to fill the units, the two scales above and below chance. */
#include "core/segregation_correct.h"

#include "road.h"

#include <Rmath.h>

enum { N = 4 };

static const double x[N] = {3, 0, 7, 2}, y[N] = {5, 6, 1, 0};

static double dissimilarity(const double *a, const double *b, size_t n)
{
  double A = 0, B = 0, sum = 0;
  for (size_t i = 0; i < n; i++) {
    A += a[i];
    B += b[i];
  }
  for (size_t i = 0; i < n; i++) sum += fabs(a[i] / A - b[i] / B) / 2;
  return sum;
}

/* 1/2 sum_i E|x/X - y/Y| over every pair of counts. */
static double drawn_mean(const double *a, const double *b, size_t n, double A,
                         double B)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++)
    for (double k = 0; k <= A; k++)
      for (double m = 0; m <= B; m++)
        sum += dbinom(k, A, a[i] / A, 0) * dbinom(m, B, b[i] / B, 0)
               * fabs(k / A - m / B) / 2;
  return sum;
}

static void drawn_is_the_double_sum(void **state)
{
  const size_t most = ioi_dissimilarity_drawn_work(x, y, N);
  double *work = malloc(most * sizeof *work), got = -1;
  (void) state;
  assert_int_equal(ioi_dissimilarity_drawn(x, y, N, &got, work), IOI_OK);
  near(got, 2 * dissimilarity(x, y, N) - drawn_mean(x, y, N, 12, 12), 1e-13);
  free(work);
}

static void drawn_of_many_is_near_the_folded_normal(void **state)
{
  const double a[] = {4e6, 5e6, 1e6}, b[] = {2e7, 2.5e7, 5.5e6};
  const size_t most = ioi_dissimilarity_drawn_work(a, b, 3);
  double *work = malloc(most * sizeof *work), got = -1, mean = 0;
  const double A = 1e7, B = 5.05e7;
  (void) state;
  for (int i = 0; i < 3; i++) {
    const double q = a[i] / A, r = b[i] / B, m = q - r;
    const double s = sqrt(q * (1 - q) / A + r * (1 - r) / B);
    mean += (m * (1 - 2 * pnorm(-m / s, 0, 1, 1, 0))
             + s * sqrt(2 / M_PI) * exp(-m * m / (2 * s * s)))
            / 2;
  }
  assert_int_equal(ioi_dissimilarity_drawn(a, b, 3, &got, work), IOI_OK);
  near(got, 2 * dissimilarity(a, b, 3) - mean, 1e-9);
  free(work);
}

static void hutchens_is_the_product_of_means(void **state)
{
  const size_t most = ioi_dissimilarity_drawn_work(x, y, N);
  double *work = malloc(most * sizeof *work), got = -1, want = 1;
  (void) state;
  for (size_t i = 0; i < N; i++) {
    double a = 0, b = 0;
    for (double k = 0; k <= 12; k++) {
      a += dbinom(k, 12, x[i] / 12, 0) * sqrt(k);
      b += dbinom(k, 12, y[i] / 12, 0) * sqrt(k);
    }
    want += (a * b - 2 * sqrt(x[i] * y[i])) / 12;
  }
  assert_int_equal(ioi_hutchens_drawn(x, y, N, &got, work), IOI_OK);
  near(got, want, 1e-13);
  free(work);
}

/* 2 n ln n - E[n' ln n'] of binomial counts. */
static double twice_less_mean(double n, double all)
{
  double sum = n > 0 ? 2 * n * log(n) : 0;
  for (double k = 1; k <= all; k++)
    sum -= dbinom(k, all, n / all, 0) * k * log(k);
  return sum;
}

static void information_is_the_sum_over_binomial_laws(void **state)
{
  const double count[] = {3, 0, 7, 2, 5, 6, 1, 0, 4, 0, 2, 0};
  const ioi_table table = {count, N, N, 3};
  double real[256], mutual = -1, entropy = -1, cells = 0, units = 0, groups = 0;
  ioi_sorted sorted[2 * N];
  const ioi_segregation_space space = {real, sorted};
  ioi_prepared margins;
  (void) state;
  assert_true(ioi_segregation_work(N, 3) <= 256);
  assert_int_equal(ioi_segregation_prepare(&table, &space, &margins), IOI_OK);
  for (size_t g = 0; g < 3; g++) {
    double all = 0;
    for (size_t i = 0; i < N; i++) {
      cells += twice_less_mean(count[g * N + i], 30);
      all += count[g * N + i];
    }
    groups += twice_less_mean(all, 30);
  }
  for (size_t i = 0; i < N; i++)
    units += twice_less_mean(count[i] + count[N + i] + count[2 * N + i], 30);
  double *work = malloc(ioi_information_drawn_work(&margins) * sizeof *work);
  assert_int_equal(ioi_information_drawn(&margins, &mutual, &entropy, work),
                   IOI_OK);
  near(mutual, log(30) + (cells - units - groups) / 30, 1e-13);
  near(entropy, log(30) - groups / 30, 1e-13);
  free(work);
}

/* m that maximises phi(h - m) + phi(h + m), by golden sections. */
static double mode_of(double h)
{
  const double part = (sqrt(5) - 1) / 2;
  double low = 0, high = h + 1;
  for (int step = 0; step < 200; step++) {
    const double one = high - part * (high - low);
    const double two = low + part * (high - low);
    const double at_one = dnorm(h - one, 0, 1, 0) + dnorm(h + one, 0, 1, 0);
    const double at_two = dnorm(h - two, 0, 1, 0) + dnorm(h + two, 0, 1, 0);
    if (at_one > at_two)
      high = two;
    else
      low = one;
  }
  return (low + high) / 2;
}

static void density_takes_the_mode_of_each_unit(void **state)
{
  const double a[] = {30, 12, 80, 41, 22}, b[] = {20, 60, 30, 44, 24};
  double want = 0, got = -1;
  size_t none = 0;
  (void) state;
  for (int i = 0; i < 5; i++) {
    const double q = a[i] / 185, r = b[i] / 178;
    const double s = sqrt(q * (1 - q) / 185 + r * (1 - r) / 178);
    const double h = fabs(q - r) / s;
    none += h <= 1;
    want += h > 1 ? s * mode_of(h) / 2 : 0;
  }
  assert_true(none > 0 && none < 5);
  assert_int_equal(ioi_dissimilarity_density(a, b, 5, &got), IOI_OK);
  near(got, want, 1e-7);
}

static void density_of_large_units_is_plain(void **state)
{
  const double a[] = {3e9, 1e9}, b[] = {1e9, 2e9}, one[] = {5, 0},
               two[] = {0, 9};
  double got = -1;
  (void) state;
  assert_int_equal(ioi_dissimilarity_density(a, b, 2, &got), IOI_OK);
  near(got, dissimilarity(a, b, 2), 1e-9);
  assert_int_equal(ioi_dissimilarity_density(one, two, 2, &got), IOI_OK);
  near(got, 1, 1e-15); /* no spread at all: the difference as it is */
}

/* Units of 2, 3 and 5 whose members are x with probability p each: the moments
 * from which the correction is made have the means p^2 and p. Units of one
 * person say nothing. */
static void moments_are_unbiased(void **state)
{
  const double size[] = {2, 3, 5}, p[] = {0.2, 0.5, 0.9};
  double mean = 0;
  (void) state;
  for (double i = 0; i <= 2; i++)
    for (double j = 0; j <= 3; j++)
      for (double k = 0; k <= 5; k++) {
        const double a[] = {i, j, k, 1}, b[] = {2 - i, 3 - j, 5 - k, 0};
        const double chance =
          dbinom(i, 2, p[0], 0) * dbinom(j, 3, p[1], 0) * dbinom(k, 5, p[2], 0);
        double v = 0;
        const double m1 = (i + j + k) / 10;
        if (m1 > 0 && m1 < 1)
          assert_int_equal(ioi_correlation_unbiased(a, b, 4, &v), IOI_OK);
        mean += chance * (v * m1 * (1 - m1) + m1 * m1); /* m2 again */
      }
  double want = 0;
  for (int i = 0; i < 3; i++) want += size[i] / 10 * p[i] * p[i];
  /* where all are of one group m2 = m1^2 = m1, with v = 0 */
  near(mean, want, 1e-12);
}

static void both_sides_of_chance(void **state)
{
  double slope = 0;
  (void) state;
  near(ioi_carrington_troske(0.6, 0.2, &slope), 0.5, 1e-15);
  near(slope, 1.25, 1e-15);
  near(ioi_carrington_troske(0.1, 0.2, &slope), -0.5, 1e-15);
  near(slope, 5, 1e-15);
  near(ioi_above_chance(0.6, 0.2, &slope), 0.5, 1e-15);
  near(ioi_above_chance(0.1, 0.2, &slope), -0.125, 1e-15);
  near(slope, 1.25, 1e-15);
  near(ioi_carrington_troske(0.2, 0.2, &slope), 0, 0);
}

static void what_cannot_be_leaves_the_output(void **state)
{
  const double none[] = {0, 0, 0, 0}, one[] = {3, 0, 0, 0},
               also[] = {4, 0, 0, 0};
  double got = -1, work[64];
  (void) state;
  assert_int_equal(ioi_dissimilarity_drawn(none, y, N, &got, work), IOI_EEMPTY);
  assert_int_equal(ioi_dissimilarity_density(x, none, N, &got), IOI_EEMPTY);
  assert_int_equal(ioi_correlation_unbiased(none, y, N, &got), IOI_EEMPTY);
  assert_int_equal(ioi_dissimilarity_drawn(one, also, N, &got, work),
                   IOI_ESINGLE);
  assert_int_equal(ioi_dissimilarity_density(one, also, N, &got), IOI_ESINGLE);
  assert_int_equal(ioi_correlation_unbiased(one, also, N, &got), IOI_ESINGLE);
  near(got, -1, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(drawn_is_the_double_sum),
    cmocka_unit_test(drawn_of_many_is_near_the_folded_normal),
    cmocka_unit_test(hutchens_is_the_product_of_means),
    cmocka_unit_test(information_is_the_sum_over_binomial_laws),
    cmocka_unit_test(density_takes_the_mode_of_each_unit),
    cmocka_unit_test(density_of_large_units_is_plain),
    cmocka_unit_test(moments_are_unbiased),
    cmocka_unit_test(both_sides_of_chance),
    cmocka_unit_test(what_cannot_be_leaves_the_output),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
