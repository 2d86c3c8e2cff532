/* test_segregation_model.c - indices of laws of unit shares: closed values, the
 * two laws against each other where both are nearly normal, sums over a fine
 * grid; the fit against values of two other optimisers, and its edges. */
#include "core/segregation_model.h"
#include "road.h"

#include <Rmath.h>

/* Values by closed forms of another program. */
static void beta_law(void **state)
{
  ioi_law_indices x;
  (void) state;
  assert_int_equal(ioi_beta_indices(0.5, 2, 0.5, &x), IOI_OK);
  near(x.dissimilarity, 0.5366563146, 1e-10);
  near(x.theil, 0.285312858315, 1e-11);
  near(x.atkinson, 0.4375, 1e-14);
  near(x.correlation_ratio, 0.285714285714, 1e-12);
  near(x.gini, 0.703125, 1e-14);
  assert_int_equal(ioi_beta_indices(2, 2, 0.5, &x), IOI_OK);
  near(x.dissimilarity, 0.375, 1e-14);
  near(x.theil, 0.158427892815, 1e-11);
  near(x.atkinson, 0.219298870617, 1e-11);
  near(x.correlation_ratio, 0.2, 1e-15);
  near(x.gini, 0.514285714286, 1e-11);
  near(x.atkinson, 1 - pow(1 - x.hutchens, 2), 1e-14);
}

/* The indices by their definitions on a fine grid of equally likely p. */
static ioi_law_indices on_grid(const double *p, size_t n, double b)
{
  ioi_law_indices x = {0, 0, 0, 0, 0, 0, 0};
  double m = 0, e = 0, power = 0, below = 0;
  for (size_t i = 0; i < n; i++) m += p[i] / (double) n;
  for (size_t i = 0; i < n; i++) { /* p ascends */
    const double q = p[i], w = 1 / (double) n;
    x.dissimilarity += w * fabs(q - m) / (2 * m * (1 - m));
    x.gini += w * w * (q * (double) i - below) / (m * (1 - m));
    below += q;
    e -= w * (q * log(q) + (1 - q) * log1p(-q));
    power += w * pow(q, b) * pow(1 - q, 1 - b);
    x.hutchens += w * sqrt(q * (1 - q));
    x.correlation_ratio += w * (q - m) * (q - m) / (m * (1 - m));
    x.isolation += w * q * q / m;
  }
  x.theil = 1 - e / -(m * log(m) + (1 - m) * log1p(-m));
  x.atkinson = 1 - pow(power, 1 / (1 - b)) * pow(m, -b / (1 - b)) / (1 - m);
  x.hutchens = 1 - x.hutchens / sqrt(m * (1 - m));
  return x;
}

static void agree(const ioi_law_indices *x, const ioi_law_indices *y, double by)
{
  near(x->dissimilarity, y->dissimilarity, by);
  near(x->gini, y->gini, by);
  near(x->theil, y->theil, by);
  near(x->atkinson, y->atkinson, by);
  near(x->correlation_ratio, y->correlation_ratio, by);
  near(x->hutchens, y->hutchens, by);
  near(x->isolation, y->isolation, by);
}

static void laws_on_a_grid(void **state)
{
  enum { GRID = 200000 };
  double *p = zeroed(GRID, sizeof *p);
  const double law[][3] = {{-1, 0.5, 0.5}, {0, 2, 0.3}, {-3, 1.2, 0.7}};
  (void) state;
  for (size_t k = 0; k < 3; k++) {
    ioi_law_indices x;
    for (size_t i = 0; i < GRID; i++)
      p[i] = 1
             / (1
                + exp(-qnorm(((double) i + 0.5) / GRID, law[k][0],
                             sqrt(law[k][1]), 1, 0)));
    const ioi_law_indices y = on_grid(p, GRID, law[k][2]);
    ioi_logit_normal_indices(law[k][0], law[k][1], law[k][2], &x);
    agree(&x, &y, 2e-5);
    for (size_t i = 0; i < GRID; i++)
      p[i] = qbeta(((double) i + 0.5) / GRID, 1.3, 2 + law[k][1], 1, 0);
    const ioi_law_indices z = on_grid(p, GRID, law[k][2]);
    ioi_beta_indices(1.3, 2 + law[k][1], law[k][2], &x);
    agree(&x, &z, 2e-5);
  }
  free(p);
}

static void no_variation(void **state)
{
  ioi_law_indices x, y = {0, 0, 0, 0, 0, 0, 0.5};
  (void) state;
  ioi_logit_normal_indices(0, 0, 0.5, &x);
  agree(&x, &y, 0);
  ioi_logit_normal_indices(0, 1e-10, 0.5, &x);
  agree(&x, &y, 1e-5);
  assert_int_equal(ioi_beta_indices(0, 1, 0.5, &x), IOI_EDOMAIN);
  assert_int_equal(ioi_beta_indices(1, INFINITY, 0.5, &x), IOI_EDOMAIN);
  assert_int_equal(ioi_beta_indices(1, 1, 1, &x), IOI_EDOMAIN);
  assert_int_equal(ioi_beta_indices(NAN, 1, 0.5, &x), IOI_EDOMAIN);
  assert_int_equal(ioi_logit_normal_indices(0, -1, 0.5, &x), IOI_EDOMAIN);
}

/* Eighty invented units; alpha and beta by two other optimisers. */
static const double small_k[] = {
  12, 25, 15, 20, 17, 23, 13, 7,  12, 21, 21, 30, 11, 16, 29, 7,
  23, 29, 28, 22, 28, 10, 24, 22, 18, 30, 26, 10, 30, 27, 14, 23,
  25, 10, 11, 9,  17, 29, 15, 13, 28, 16, 6,  22, 24, 16, 29, 5,
  27, 11, 25, 17, 21, 24, 28, 20, 21, 16, 6,  9,  8,  25, 7,  9,
  10, 23, 13, 17, 22, 19, 17, 14, 29, 10, 25, 9,  17, 21, 12, 12};
static const double small_x[] = {
  1, 4,  1, 5,  3, 1,  5, 1, 5,  6,  3, 9, 8,  1, 2, 0, 3,  12, 12, 9,
  8, 4,  0, 5,  0, 9,  8, 0, 5,  14, 4, 8, 4,  3, 4, 1, 1,  2,  3,  4,
  5, 7,  5, 18, 5, 5,  2, 0, 14, 8,  0, 7, 4,  6, 1, 6, 12, 1,  0,  0,
  2, 14, 1, 4,  1, 10, 3, 1, 13, 2,  1, 4, 15, 2, 4, 2, 0,  3,  1,  0};

static void fit(void **state)
{
  double p[2], v[4];
  size_t units;
  (void) state;
  assert_int_equal(ioi_beta_binomial(small_x, small_k, 80, p, v, &units),
                   IOI_OK);
  near(p[0], 1.39243399714, 2e-5);
  near(p[1], 4.23736511099, 2e-5);
  assert_true(units == 80 && v[0] > 0 && v[0] * v[3] > v[1] * v[2]);
}

/* Groups swapped: alpha and beta swap. */
static void swapped(void **state)
{
  double p[2], q[2], v[4], w[4], y[80];
  size_t units;
  (void) state;
  for (size_t i = 0; i < 80; i++) y[i] = small_k[i] - small_x[i];
  ioi_beta_binomial(small_x, small_k, 80, p, v, &units);
  ioi_beta_binomial(y, small_k, 80, q, w, &units);
  near(p[0], q[1], 1e-8);
  near(p[1], q[0], 1e-8);
  near(v[0], w[3], 1e-7);
}

static ioi_status edge(const double *x, const double *k, size_t n, double *p)
{
  double v[4];
  size_t units;
  return ioi_beta_binomial(x, k, n, p, v, &units);
}

static void edges(void **state)
{
  double p[2] = {-1, -1};
  (void) state;
  assert_int_equal(edge((double[]){5, 5, 5}, (double[]){10, 10, 10}, 3, p),
                   IOI_ENULL);
  assert_true(isinf(p[0]) && isinf(p[1]));
  assert_int_equal(edge((double[]){5, 0, 7}, (double[]){5, 4, 7}, 3, p),
                   IOI_ESINGLE);
  assert_true(p[0] == 0 && p[1] == 0);
  assert_int_equal(edge((double[]){0, 0}, (double[]){5, 4}, 2, p), IOI_EEMPTY);
  assert_int_equal(edge((double[]){5, 4}, (double[]){5, 4}, 2, p), IOI_EEMPTY);
  assert_int_equal(edge((double[]){1, 0, 1}, (double[]){1, 1, 2}, 3, p),
                   IOI_EFEW);
  assert_int_equal(edge((double[]){1, 6}, (double[]){5, 5}, 2, p), IOI_EDOMAIN);
  assert_int_equal(edge((double[]){1, NAN}, (double[]){5, 5}, 2, p),
                   IOI_EDOMAIN);
  assert_int_equal(edge((double[]){1, 0.5}, (double[]){5, 5}, 2, p),
                   IOI_EDOMAIN);
  assert_int_equal(edge((double[]){3e8, 1, 5e8}, (double[]){1e9, 7, 1e9}, 3, p),
                   IOI_OK);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(beta_law),     cmocka_unit_test(laws_on_a_grid),
    cmocka_unit_test(no_variation), cmocka_unit_test(fit),
    cmocka_unit_test(swapped),      cmocka_unit_test(edges),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
