/* test_decompose.c - parts of a gap. Second routes: Kitagawa's sums and finite
 * differences; two regressions solved by hand; weights moved a little. Then
 * edges. */
#include "core/decompose.h"

#include "road.h"

static void kitagawa_gradients(void **state)
{
  const ioi_stratum s = {0.62, 0.3, 0.68, 0.17};
  double v[IOI_KITAGAWA_PARTS], g[4 * IOI_KITAGAWA_PARTS], up[6], down[6],
    no[24];
  (void) state;
  assert_int_equal(ioi_kitagawa(&s, v, g), IOI_OK);
  near(v[IOI_KITAGAWA_GAP], 0.3 * 0.62 - 0.17 * 0.68, 1e-16);
  near(v[IOI_KITAGAWA_RATE] + v[IOI_KITAGAWA_COMPOSITION], v[0], 1e-16);
  near(v[3] + v[4] + v[5], v[0], 1e-16);
  for (int by = 0; by < 4; by++) {
    ioi_stratum high = s, low = s;
    double *const h[] = {&high.rate_a, &high.rate_b, &high.share_a,
                         &high.share_b};
    double *const l[] = {&low.rate_a, &low.rate_b, &low.share_a, &low.share_b};
    *h[by] += 1e-6, *l[by] -= 1e-6;
    ioi_kitagawa(&high, up, no);
    ioi_kitagawa(&low, down, no);
    for (int p = 0; p < IOI_KITAGAWA_PARTS; p++)
      near(g[4 * p + by], (up[p] - down[p]) / 2e-6, 1e-9);
  }
}

static void kitagawa_edges(void **state)
{
  double v[IOI_KITAGAWA_PARTS], g[4 * IOI_KITAGAWA_PARTS];
  const ioi_stratum no_a = {NAN, 0, 0.4, 0.5}, none = {NAN, 0, NAN, 0};
  const ioi_stratum lost = {NAN, 0.2, 0.4, 0.5}, wrong = {0.1, 1.5, 0.4, 0.5};
  (void) state;
  assert_int_equal(ioi_kitagawa(&no_a, v, g), IOI_OK);
  near(v[IOI_KITAGAWA_RATE], 0, 0);
  near(v[IOI_KITAGAWA_COMPOSITION], -0.2, 1e-16);
  near(g[4 * IOI_KITAGAWA_COMPOSITION], 0, 0);
  near(g[4 * IOI_KITAGAWA_COMPOSITION + 1], -0.5, 1e-16);
  assert_int_equal(ioi_kitagawa(&none, v, g), IOI_OK);
  near(v[IOI_KITAGAWA_GAP], 0, 0);
  assert_int_equal(ioi_kitagawa(&lost, v, g), IOI_EDOMAIN);
  assert_true(isnan(v[0]) && isnan(v[1]));
  assert_int_equal(ioi_kitagawa(&wrong, v, g), IOI_EDOMAIN);
}

static void kitagawa_variance(void **state)
{
  /* the gap of two samples of people: each part of the variance by hand */
  const ioi_stratum s[] = {{0.5, 0.4, 0.3, 0.5}, {0.2, 0.6, 0.6, 0.5}};
  const double va[] = {0.01, 0.02}, vb[] = {0.03, 0.01};
  double v[6], g[24], gap[8];
  (void) state;
  for (int k = 0; k < 2; k++) {
    ioi_kitagawa(&s[k], v, g);
    for (int j = 0; j < 4; j++) gap[4 * k + j] = g[j];
  }
  double rates = 0.16 * 0.01 + 0.36 * 0.02 + 0.25 * 0.04;
  near(ioi_kitagawa_product(gap, gap, s, 2, va, vb, INFINITY, INFINITY), rates,
       1e-16);
  double shares = 0.24 * 0.3 * 0.3 / 100; /* pq (0.5 - 0.2)^2/n */
  near(ioi_kitagawa_product(gap, gap, s, 2, va, vb, 100, INFINITY),
       rates + shares, 1e-15);
}

enum { ROWS = 9 };
static const double x[] = {1, 2, 4, 5, 0, 1, 3, 7, 50};
static const double y[] = {2, 3, 7, 8, 1, 1, 2, 6, 99};
static const int of_b[] = {0, 0, 0, 0, 1, 1, 1, 1, -1};
static const int one[] = {1}, parts[] = {0, 1, 2, 3, 4, 5, 6, 7};
static const int whole[] = {-1, -1, -1, -1, -1, -1, -1, -1};
static const double none[] = {0};

static ioi_status parts_of(const double *weight, int reference, double *value,
                           double *influence)
{
  ioi_oaxaca_data d = {ROWS, 1, x, y, weight, of_b, one, none};
  double work[400];
  size_t where[2];
  assert_true(ioi_oaxaca_work(1) <= 400);
  return ioi_oaxaca(&d, (ioi_oaxaca_reference) reference, parts, whole, 8,
                    value, influence, work, where);
}

static void oaxaca_by_hand(void **state)
{
  double v[8], u[8 * ROWS];
  /* A: means 3 and 5, slope 16/10; B: means 2.75 and 2.5, slope 21.5/28.75 */
  const double bA = 1.6, bB = 21.5 / 28.75;
  (void) state;
  assert_int_equal(parts_of(NULL, IOI_OAXACA_B, v, u), IOI_OK);
  near(v[IOI_OAXACA_GAP], 2.5, 1e-13);
  near(v[IOI_OAXACA_EXPLAINED], 0.25 * bB, 1e-13);
  near(v[IOI_OAXACA_UNEXPLAINED_B], 0, 1e-13);
  near(v[IOI_OAXACA_INTERACTION], 0.25 * (bA - bB), 1e-13);
  assert_int_equal(parts_of(NULL, IOI_OAXACA_A, v, u), IOI_OK);
  near(v[IOI_OAXACA_EXPLAINED], 0.25 * bA, 1e-13);
  assert_int_equal(parts_of(NULL, IOI_OAXACA_JANN, v, u), IOI_OK);
  near(v[IOI_OAXACA_EXPLAINED], 0.25 * (16 + 21.5) / (10 + 28.75), 1e-13);
}

static void influence_is_the_derivative(void **state)
{
  double w[ROWS] = {1, 2, 1.5, 1, 0.5, 3, 1, 2, 1};
  double v[8], up[8], down[8], u[8 * ROWS], other[8 * ROWS];
  (void) state;
  for (int r = 0; r <= IOI_OAXACA_POOLED; r++) {
    assert_int_equal(parts_of(w, r, v, u), IOI_OK);
    near(v[1] + v[2], v[0], 1e-13);
    near(v[3] + v[4], v[2], 1e-13);
    near(v[5] + v[6] + v[7], v[0], 1e-13);
    for (size_t i = 0; i < ROWS; i++) {
      double own = w[i];
      w[i] = own + 1e-5;
      parts_of(w, r, up, other);
      w[i] = own - 1e-5;
      parts_of(w, r, down, other);
      w[i] = own;
      for (size_t p = 0; p < 8; p++)
        near(u[i + p * ROWS], (up[p] - down[p]) / 2e-5, 1e-8);
    }
  }
}

static void oaxaca_edges(void **state)
{
  double v[8] = {-1}, u[8 * ROWS], work[600];
  const double empty[ROWS] = {1, 1, 1, 1, 0, 0, 0, 0, 1};
  double same[2 * ROWS];
  const int terms[] = {1, 2};
  const double flat[] = {0, 0};
  size_t where[2] = {9, 9};
  (void) state;
  assert_int_equal(parts_of(empty, 0, v, u), IOI_EEMPTY);
  for (size_t i = 0; i < ROWS; i++) {
    same[i] = x[i];
    same[i + ROWS] = of_b[i] == 1 ? 3 * x[i] - 1 : x[i] * x[i];
  }
  ioi_oaxaca_data d = {ROWS, 2, same, y, NULL, of_b, terms, flat};
  assert_true(ioi_oaxaca_work(2) <= 600);
  assert_int_equal(
    ioi_oaxaca(&d, IOI_OAXACA_B, parts, whole, 8, v, u, work, where),
    IOI_ESINGLE);
  assert_int_equal(where[0], 1);
  assert_int_equal(where[1], 1);
  assert_true(v[0] == -1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(kitagawa_gradients),
    cmocka_unit_test(kitagawa_edges),
    cmocka_unit_test(kitagawa_variance),
    cmocka_unit_test(oaxaca_by_hand),
    cmocka_unit_test(influence_is_the_derivative),
    cmocka_unit_test(oaxaca_edges),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
