/* test_root.c - bracketed roots: known roots, steep and flat functions, infinite
 * values, no crossing. */
#include "core/root.h"

#include "road.h"

static double polynomial(double x, const void *context)
{
  const double *root = context;
  return (x - *root) * (x * x + 1);
}

static double flat(double x, const void *context)
{
  const double *root = context;
  return pow(x - *root, 9);
}

static double step(double x, const void *context)
{
  const double *root = context;
  return x < *root ? -INFINITY : 1 / (x - *root);
}

static double missing(double x, const void *context)
{
  (void) context;
  return x > 0 ? NAN : -1;
}

static void finds_roots(void **state)
{
  const double roots[] = {0.3, -2.5, 1e-12, 7};
  (void) state;
  for (int i = 0; i < 4; i++) {
    near(ioi_root(polynomial, roots + i, -10, 10), roots[i],
         1e-14 * fabs(roots[i]));
    near(ioi_root(flat, roots + i, -10, 10), roots[i], 1e-1);
    near(ioi_root(step, roots + i, -10, 10), roots[i], 1e-13);
    near(ioi_root_beyond(polynomial, roots + i, -10, 0.01), roots[i],
         1e-14 * fabs(roots[i]));
    near(ioi_root_beyond(polynomial, roots + i, 10, -0.01), roots[i],
         1e-14 * fabs(roots[i]));
  }
}

static void roots_at_the_ends(void **state)
{
  const double root = 0.5;
  (void) state;
  near(ioi_root(polynomial, &root, 0.5, 2), 0.5, 0);
  near(ioi_root(polynomial, &root, -2, 0.5), 0.5, 0);
  near(ioi_root_beyond(polynomial, &root, 0.5, 1), 0.5, 0);
  near(ioi_root_beyond(polynomial, &root, 0, 0.5), 0.5, 0);
}

static void no_root(void **state)
{
  const double root = 5;
  (void) state;
  assert_true(isnan(ioi_root(polynomial, &root, 6, 7)));
  assert_true(isnan(ioi_root_beyond(polynomial, &root, 6, 1)));
  assert_true(isnan(ioi_root(missing, NULL, -1, 1)));
  assert_true(isnan(ioi_root_beyond(missing, NULL, -1, 1)));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(finds_roots),
    cmocka_unit_test(roots_at_the_ends),
    cmocka_unit_test(no_root),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
