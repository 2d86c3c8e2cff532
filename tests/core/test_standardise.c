/* test_standardise.c - standardised rates.
 *
 * Published numbers: the directly standardised rate and the indirectly
 * standardised ratio of `testdata_small` in the test results of OHID's R package
 * (testdata_DSR_ISR.xlsx). Otherwise identities: one band is the crude rate,
 * equal weights give exact Poisson limits, splitting a band in proportion
 * changes nothing; and the edges. */
#include "core/rates.h"
#include "core/standardise.h"

#include "rmath.h"
#include "road.h"

enum { BANDS = 19 };
static const double small[BANDS] = {12, 4, 3, 2, 3, 4, 8, 2, 2, 3,
                                    4,  5, 6, 8, 5, 6, 5, 5, 4};
static const double people[BANDS] = {636, 558, 609, 543, 384, 594, 669,
                                     843, 660, 576, 606, 522, 426, 273,
                                     300, 288, 153, 123, 207};
static const double esp[BANDS] = {5000, 5500, 5500, 5500, 6000, 6000, 6500,
                                  7000, 7000, 7000, 7000, 6500, 6000, 5500,
                                  5000, 4000, 2500, 1500, 1000};
static const double ref_events[BANDS] = {
  10303, 2824, 0,    3615, 3641, 3490, 3789, 3213, 3031, 2771,
  3089,  3490, 3595, 4745, 5514, 7125, 5694, 6210, 5757};
static const double ref_people[BANDS] = {
  50520, 57173, 60213, 54659, 44345, 50128, 62163, 67423, 62899, 55463,
  60479, 49974, 44140, 40888, 37239, 30819, 18136, 15325, 13918};

static void limits(ioi_standard_method method, double level,
                   const ioi_standardised *s, double *low, double *high)
{
  assert_int_equal(ioi_standardised_limits(&rmath, method, level, s, low, high),
                   IOI_OK);
}

static void direct(const double *x, const double *n, const double *s, size_t k,
                   ioi_standardised *out)
{
  ioi_direct(x, x, n, s, k, IOI_EMPTY_NA, IOI_COUNT_POISSON, 0, out);
}

static void direct_as_published(void **state)
{
  ioi_standardised s;
  double low, high;
  (void) state;
  direct(small, people, esp, BANDS, &s);
  near(1e5 * s.estimate, 1103.212025300104, 1e-9);
  assert_true(s.events == 91 && s.population == 8970);
  limits(IOI_DOBSON_BYAR, 0.95, &s, &low, &high);
  near(1e5 * low, 877.455767536709, 1e-8);
  near(1e5 * high, 1367.0882227251795, 1e-8);
  limits(IOI_DOBSON_OHID, 0.998, &s, &low, &high);
  near(1e5 * low, 763.64203579398793, 1e-8);
  near(1e5 * high, 1530.0328948244762, 1e-8);
}

static void indirect_as_published(void **state)
{
  double rate[BANDS], low, high;
  ioi_standardised s;
  (void) state;
  for (int i = 0; i < BANDS; i++) rate[i] = ref_events[i] / ref_people[i];
  ioi_indirect(small, NAN, people, rate, NULL, BANDS, &s);
  near(s.expected, 835.88356123117433, 1e-9);
  near(s.estimate, 0.10886683770400503, 1e-13);
  limits(IOI_DOBSON_OHID, 0.95, &s, &low, &high);
  near(low, 8.765040101829405e-2, 1e-12);
  near(high, 0.13366576328418911, 1e-12);
  ioi_indirect(NULL, 91, people, rate, NULL, BANDS, &s);
  near(s.estimate, 0.10886683770400503, 1e-13);
}

static void one_band_is_the_crude_rate(void **state)
{
  const double x = 20, n = 100, s = 7;
  double low, high, count_low, count_high;
  ioi_standardised out;
  (void) state;
  direct(&x, &n, &s, 1, &out);
  near(out.estimate, 0.2, 1e-15);
  near(out.variance, 20.0 / 1e4, 1e-15);
  for (int exact = 0; exact < 2; exact++) {
    ioi_count_limits(&rmath, exact ? IOI_RATE_EXACT : IOI_RATE_BYAR, 0.95, &x,
                     1, &count_low, &count_high);
    limits(exact ? IOI_DOBSON_EXACT : IOI_DOBSON_BYAR, 0.95, &out, &low, &high);
    near(low, count_low / 100, 1e-14);
    near(high, count_high / 100, 1e-14);
  }
}

/* Standard proportional to the population: the crude rate, and gamma limits are
 * the exact Poisson ones whatever m is. */
static void equal_weights_are_exact(void **state)
{
  double low, high, count_low, count_high, x = 91;
  ioi_standardised s;
  (void) state;
  direct(small, people, people, BANDS, &s);
  near(s.estimate, 91.0 / 8970, 1e-15);
  ioi_count_limits(&rmath, IOI_RATE_EXACT, 0.95, &x, 1, &count_low,
                   &count_high);
  for (int m = IOI_GAMMA_MAX; m <= IOI_GAMMA_MID; m++) {
    limits((ioi_standard_method) m, 0.95, &s, &low, &high);
    near(low, count_low / 8970, 1e-12);
    near(high, count_high / 8970, 1e-12);
  }
}

/* A band cut in two halves, its weight shared out: same rate and variance. */
static void splitting_a_band_changes_nothing(void **state)
{
  double x[BANDS + 1], n[BANDS + 1], s[BANDS + 1];
  ioi_standardised whole, parts;
  (void) state;
  memcpy(x + 1, small, sizeof small);
  memcpy(n + 1, people, sizeof people);
  memcpy(s + 1, esp, sizeof esp);
  x[0] = x[1] = small[0] / 2;
  n[0] = n[1] = people[0] / 2;
  s[0] = s[1] = esp[0] / 2;
  direct(small, people, esp, BANDS, &whole);
  direct(x, n, s, BANDS + 1, &parts);
  near(parts.estimate, whole.estimate, 1e-16);
  near(parts.variance, whole.variance, 1e-18);
}

/* Each person's events at once: the variance of f events a person is f times
 * that of as many single events. */
static void repeated_events(void **state)
{
  double second[BANDS];
  ioi_standardised once, thrice;
  (void) state;
  for (int i = 0; i < BANDS; i++) second[i] = 3 * small[i];
  direct(small, people, esp, BANDS, &once);
  ioi_direct(small, second, people, esp, BANDS, IOI_EMPTY_NA, IOI_COUNT_POISSON,
             0, &thrice);
  near(thrice.estimate, once.estimate, 0);
  near(thrice.variance, 3 * once.variance, 1e-18);
}

static void binomial_variance(void **state)
{
  const double x[] = {3, 10}, n[] = {10, 10}, s[] = {1, 3};
  ioi_standardised out;
  (void) state;
  ioi_direct(x, x, n, s, 2, IOI_EMPTY_NA, IOI_COUNT_BINOMIAL, 0, &out);
  near(out.estimate, 0.25 * 0.3 + 0.75, 1e-15);
  near(out.variance, 0.0625 * 0.3 * 0.7 / 10, 1e-16);
}

/* A standard of S people drawn at random: var of sum p_i r_i given the r_i. */
static void sampled_standard(void **state)
{
  const double x[] = {30, 90}, n[] = {100, 100}, s[] = {20, 60};
  ioi_standardised fixed, sampled;
  (void) state;
  direct(x, n, s, 2, &fixed);
  ioi_direct(x, x, n, s, 2, IOI_EMPTY_NA, IOI_COUNT_POISSON, 1, &sampled);
  near(sampled.variance - fixed.variance,
       0.25 * 0.75 * (0.9 - 0.3) * (0.9 - 0.3) / 80, 1e-16);
}

static void reference_uncertainty(void **state)
{
  const double x[] = {30, 90}, n[] = {100, 200}, r[] = {0.2, 0.4};
  const double v[] = {0.001, 0.002};
  ioi_standardised s;
  (void) state;
  ioi_indirect(x, NAN, n, r, v, 2, &s);
  near(s.expected, 100, 1e-12);
  near(s.estimate, 1.2, 1e-14);
  /* V(O)/E^2 + O^2 V(E)/E^4 with V(E) = 100^2 0.001 + 200^2 0.002 = 90 */
  near(s.variance, 120.0 / 1e4 + 1.44 * 90 / 1e4, 1e-14);
}

static void empty_bands(void **state)
{
  const double x[] = {0, 10, 5}, n[] = {0, 100, 100}, s[] = {1, 1, 2};
  const double first_unused[] = {0, 1, 2};
  ioi_standardised out;
  (void) state;
  direct(x, n, s, 3, &out);
  assert_int_equal(out.note, IOI_STANDARD_EMPTY);
  assert_true(isnan(out.estimate) && isnan(out.variance));
  ioi_direct(x, x, n, s, 3, IOI_EMPTY_DROP, IOI_COUNT_POISSON, 0, &out);
  near(out.estimate, (0.1 + 2 * 0.05) / 3, 1e-15);
  ioi_direct(x, x, n, s, 3, IOI_EMPTY_ZERO, IOI_COUNT_POISSON, 0, &out);
  near(out.estimate, (0.1 + 2 * 0.05) / 4, 1e-15);
  direct(x, n, first_unused, 3, &out);
  assert_int_equal(out.note, IOI_STANDARDISED);
  near(out.estimate, (0.1 + 2 * 0.05) / 3, 1e-15);
}

static void missing_and_nothing(void **state)
{
  const double x[] = {NAN, 10}, n[] = {5, 100}, s[] = {1, 1}, none[] = {0, 0};
  const double rate[] = {0, 0}, zero[] = {0, 0};
  ioi_standardised out;
  double low, high;
  (void) state;
  direct(x, n, s, 2, &out);
  assert_int_equal(out.note, IOI_STANDARD_MISSING);
  limits(IOI_DOBSON_BYAR, 0.95, &out, &low, &high);
  assert_true(isnan(low) && isnan(high));
  direct(zero, n, none, 2, &out);
  assert_int_equal(out.note, IOI_STANDARD_NOTHING);
  ioi_indirect(zero, NAN, n, rate, NULL, 2, &out);
  assert_int_equal(out.note, IOI_STANDARD_NOTHING);
  ioi_indirect(x, NAN, n, s, NULL, 2, &out);
  assert_int_equal(out.note, IOI_STANDARD_MISSING);
}

/* No events: 0, low 0, and an upper limit from a gamma method alone. */
static void no_events(void **state)
{
  const double x[] = {0, 0}, n[] = {100, 300}, s[] = {1, 1};
  ioi_standardised out;
  double low, high;
  (void) state;
  direct(x, n, s, 2, &out);
  assert_true(out.estimate == 0 && out.variance == 0);
  for (int m = IOI_DOBSON_BYAR; m <= IOI_DOBSON_OHID; m++) {
    int gamma = m >= IOI_GAMMA_MAX && m <= IOI_GAMMA_MID;
    limits((ioi_standard_method) m, 0.95, &out, &low, &high);
    assert_int_equal(isnan(high) != 0, !gamma);
    if (gamma || m == IOI_STANDARD_NORMAL)
      assert_true(low == 0);
    else
      assert_true(isnan(low));
  }
  /* Fay and Feuer: the largest weight times the upper limit of no events. */
  limits(IOI_GAMMA_MAX, 0.95, &out, &low, &high);
  near(high, 0.5 / 100 * 3.688879454113936, 1e-12);
}

static void no_limit_below_zero(void **state)
{
  const double x[] = {1, 0}, n[] = {100, 300}, s[] = {1, 1};
  ioi_standardised out;
  (void) state;
  direct(x, n, s, 2, &out);
  for (int m = IOI_DOBSON_BYAR; m <= IOI_DOBSON_OHID; m++) {
    double low, high;
    limits((ioi_standard_method) m, 0.999, &out, &low, &high);
    assert_true(low >= 0 && low <= out.estimate && high >= out.estimate);
  }
}

static void bad_arguments(void **state)
{
  ioi_standardised s;
  double low = -9, high = -9;
  (void) state;
  direct(small, people, esp, BANDS, &s);
  assert_int_equal(
    ioi_standardised_limits(&rmath, IOI_DOBSON_BYAR, 1, &s, &low, &high),
    IOI_EDOMAIN);
  assert_int_equal(ioi_standardised_limits(&rmath, (ioi_standard_method) 99,
                                           0.95, &s, &low, &high),
                   IOI_EDOMAIN);
  assert_true(low == -9 && high == -9);
}

static void cells_add_up(void **state)
{
  enum { MISSING = INT32_MIN };
  const int group[] = {1, 2, 1, MISSING, 2, 1}, band[] = {1, 2, 1, 1, 1, 2};
  const double x[] = {1, 2, 4, 8, 16, NAN}, n[] = {10, 20, 40, 80, 160, 5};
  double events[4] = {0}, population[4] = {0};
  int rows[4] = {0};
  size_t where;
  (void) state;
  assert_int_equal(ioi_cells_sum(group, band, x, n, NULL, 6, 2, 2, events, NULL,
                                 population, rows, &where),
                   IOI_OK);
  assert_true(events[0] == 5 && isnan(events[1]) && events[2] == 16);
  assert_true(population[0] == 50 && population[3] == 20);
  assert_true(rows[0] == 2 && rows[1] == 1 && rows[2] == 1 && rows[3] == 1);
  assert_int_equal(ioi_cells_sum(group, band, x, n, NULL, 6, 1, 2, events, NULL,
                                 population, rows, &where),
                   IOI_EDOMAIN);
  assert_true(where == 1);
}

static void cells_with_frequencies(void **state)
{
  const int group[] = {1, 1, 1}, band[] = {1, 1, 1};
  const double x[] = {5, 2, 1}, n[] = {10, 10, 10}, f[] = {1, 2, 3};
  const double other[] = {10, 10, 11};
  double events = 0, second = 0, population = 0;
  int rows = 0;
  size_t where;
  (void) state;
  assert_int_equal(ioi_cells_sum(group, band, x, n, f, 3, 1, 1, &events,
                                 &second, &population, &rows, &where),
                   IOI_OK);
  assert_true(events == 12 && second == 22 && population == 10);
  rows = 0;
  population = 0;
  assert_int_equal(ioi_cells_sum(group, band, x, other, f, 3, 1, 1, &events,
                                 &second, &population, &rows, &where),
                   IOI_EDOMAIN);
  assert_true(where == 2);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(direct_as_published),
    cmocka_unit_test(indirect_as_published),
    cmocka_unit_test(one_band_is_the_crude_rate),
    cmocka_unit_test(equal_weights_are_exact),
    cmocka_unit_test(splitting_a_band_changes_nothing),
    cmocka_unit_test(repeated_events),
    cmocka_unit_test(binomial_variance),
    cmocka_unit_test(sampled_standard),
    cmocka_unit_test(reference_uncertainty),
    cmocka_unit_test(empty_bands),
    cmocka_unit_test(missing_and_nothing),
    cmocka_unit_test(no_events),
    cmocka_unit_test(no_limit_below_zero),
    cmocka_unit_test(bad_arguments),
    cmocka_unit_test(cells_add_up),
    cmocka_unit_test(cells_with_frequencies),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
