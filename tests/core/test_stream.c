/* test_stream.c - streams of random numbers: the published output of the
 * generators, the laws of what is drawn (chi-square against Rmath), streams that
 * do not depend on each other. Everything is seeded: nothing here is random. */
#include "core/stream.h"

#include "road.h"

#include <Rmath.h>

enum { DRAWS = 40000, MOST = 400 };

/* The first outputs from the state 1, 2, 3, 4, as in the reference code of the
 * generator's authors (Blackman & Vigna). */
static void generator_gives_its_reference_output(void **state)
{
  const uint64_t want[] = {UINT64_C(11520),
                           UINT64_C(0),
                           UINT64_C(1509978240),
                           UINT64_C(1215971899390074240),
                           UINT64_C(1216172134540287360),
                           UINT64_C(607988272756665600),
                           UINT64_C(16172922978634559625),
                           UINT64_C(8476171486693032832),
                           UINT64_C(10595114339597558777),
                           UINT64_C(2904607092377533576)};
  ioi_stream s = {{1, 2, 3, 4}};
  (void) state;
  for (int i = 0; i < 10; i++) assert_true(ioi_stream_bits(&s) == want[i]);
}

/* splitmix64 from 1234567; `number` is chosen so that the state is started
 * there. */
static void state_is_started_by_splitmix(void **state)
{
  const uint64_t want[] = {
    UINT64_C(6457827717110365317), UINT64_C(3203168211198807973),
    UINT64_C(9817491932198370423), UINT64_C(4593380528125082431)};
  ioi_stream s;
  (void) state;
  ioi_stream_open(&s, 1234567, want[0] ^ UINT64_C(1234567));
  for (int i = 0; i < 4; i++) assert_true(s.state[i] == want[i]);
}

static void seed_and_number_fix_a_stream(void **state)
{
  ioi_stream a, b, c, d;
  size_t same_number = 0, same_seed = 0;
  (void) state;
  ioi_stream_open(&a, 7, 3);
  ioi_stream_open(&b, 7, 3);
  ioi_stream_open(&c, 7, 4);
  ioi_stream_open(&d, 8, 3);
  for (int i = 0; i < 1000; i++) {
    const uint64_t x = ioi_stream_bits(&a);
    assert_true(x == ioi_stream_bits(&b));
    same_seed += x == ioi_stream_bits(&c);
    same_number += x == ioi_stream_bits(&d);
  }
  assert_int_equal(same_seed + same_number, 0);
}

/* Streams numbered one after the other are no more alike than chance makes
 * them. */
static void streams_are_not_correlated(void **state)
{
  double sum = 0;
  (void) state;
  for (uint64_t k = 0; k < DRAWS; k++) {
    ioi_stream a, b;
    ioi_stream_open(&a, 5, k);
    ioi_stream_open(&b, 5, k + 1);
    sum += (ioi_stream_unit(&a) - 0.5) * (ioi_stream_unit(&b) - 0.5);
  }
  assert_true(fabs(sum * 12 / sqrt(DRAWS)) < 4);
}

/* P-value of counts that were expected with these probabilities; cells with
 * fewer than 5 expected are put together. */
static double chi_square(const double *count, const double *p, size_t n,
                         double draws)
{
  double sum = 0, few = 0, few_p = 0;
  size_t cells = 0;
  for (size_t k = 0; k < n; k++) {
    few += count[k];
    few_p += p[k];
    if (few_p * draws < 5 && k + 1 < n) continue;
    if (few_p * draws >= 5) {
      sum += (few - draws * few_p) * (few - draws * few_p) / (draws * few_p);
      cells++;
    }
    few = few_p = 0;
  }
  return pchisq(sum, (double) cells - 1, 0, 0);
}

static void unit_is_uniform_and_open(void **state)
{
  double count[64] = {0}, p[64];
  ioi_stream s;
  (void) state;
  ioi_stream_open(&s, 11, 0);
  for (int i = 0; i < DRAWS; i++) {
    const double u = ioi_stream_unit(&s);
    assert_true(u > 0 && u < 1);
    count[(int) (u * 64)]++;
  }
  for (int k = 0; k < 64; k++) p[k] = 1.0 / 64;
  assert_true(chi_square(count, p, 64, DRAWS) > 1e-3);
}

static void unit_never_reaches_its_ends(void **state)
{
  ioi_stream low = {{0, 0, 0, 0}}; /* gives bits of 0 for ever */
  (void) state;
  assert_true(ioi_stream_unit(&low) > 0);
}

static void below_is_even_and_below(void **state)
{
  double count[7] = {0}, p[7];
  ioi_stream s;
  (void) state;
  ioi_stream_open(&s, 12, 0);
  for (int i = 0; i < DRAWS; i++) count[ioi_stream_below(&s, 7)]++;
  for (int k = 0; k < 7; k++) p[k] = 1.0 / 7;
  assert_true(chi_square(count, p, 7, DRAWS) > 1e-3);
  for (int i = 0; i < 100; i++) assert_true(ioi_stream_below(&s, 1) == 0);
  /* half of all bits are refused for this one */
  const uint64_t large = (UINT64_C(1) << 63) + 1;
  size_t upper = 0;
  for (int i = 0; i < 1000; i++) {
    const uint64_t k = ioi_stream_below(&s, large);
    assert_true(k < large);
    upper += k >= large / 2;
  }
  assert_true(upper > 420 && upper < 580);
}

/* Both ways of drawing, on both sides of where one takes over. */
static void poisson_has_its_law(void **state)
{
  const double mean[] = {1e-3, 0.5, 3, 11.9, 12, 12.1, 40, 100};
  (void) state;
  for (size_t m = 0; m < sizeof mean / sizeof *mean; m++) {
    double count[MOST] = {0}, p[MOST], all = 0;
    ioi_stream s;
    ioi_stream_open(&s, 13, m);
    for (int i = 0; i < DRAWS; i++) {
      const double k = ioi_stream_poisson(&s, mean[m]);
      assert_true(k >= 0 && k == floor(k) && k < MOST);
      count[(int) k]++;
      all += k;
    }
    for (int k = 0; k < MOST; k++) p[k] = dpois(k, mean[m], 0);
    assert_true(chi_square(count, p, MOST, DRAWS) > 1e-3);
    near(all / DRAWS, mean[m], 4 * sqrt(mean[m] / DRAWS));
  }
}

static void poisson_of_many(void **state)
{
  const double mean[] = {1e4, 1e9, 1e14};
  (void) state;
  for (int m = 0; m < 3; m++) {
    double sum = 0, squares = 0;
    ioi_stream s;
    ioi_stream_open(&s, 14, (uint64_t) m);
    for (int i = 0; i < DRAWS; i++) {
      const double z =
        (ioi_stream_poisson(&s, mean[m]) - mean[m]) / sqrt(mean[m]);
      sum += z;
      squares += z * z;
    }
    near(sum / DRAWS, 0, 4 / sqrt(DRAWS));
    near(squares / DRAWS, 1, 4 * sqrt(2.0 / DRAWS));
  }
}

static void poisson_of_nobody(void **state)
{
  ioi_stream s;
  (void) state;
  ioi_stream_open(&s, 15, 0);
  assert_true(ioi_stream_poisson(&s, 0) == 0);
  assert_true(ioi_stream_poisson(&s, -1) == 0);
  assert_true(ioi_stream_poisson(&s, NAN) == 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(generator_gives_its_reference_output),
    cmocka_unit_test(state_is_started_by_splitmix),
    cmocka_unit_test(seed_and_number_fix_a_stream),
    cmocka_unit_test(streams_are_not_correlated),
    cmocka_unit_test(unit_is_uniform_and_open),
    cmocka_unit_test(unit_never_reaches_its_ends),
    cmocka_unit_test(below_is_even_and_below),
    cmocka_unit_test(poisson_has_its_law),
    cmocka_unit_test(poisson_of_many),
    cmocka_unit_test(poisson_of_nobody),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
