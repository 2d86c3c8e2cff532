/* test_segregation_ordered.c - ordinal and rank-order indices: sums by hand, the
 * two-group indices they are made of, integrals of powers by a fine sum,
 * derivatives by differences, edges. */
#include "core/segregation_ordered.h"
#include "road.h"

enum { UNITS = 9, GROUPS = 9, POINTS = 2, RESULTS = 1 + POINTS };

static const double at[POINTS] = {0.1, 0.8};

static ioi_ordered how(ioi_ordered_index index, int degree, int weighted)
{
  return (ioi_ordered){index, degree, weighted, at, degree < 0 ? 0 : POINTS};
}

/* The answer in work space and results of just the size asked for. */
static ioi_status ask(const double *count, size_t units, size_t groups,
                      const ioi_ordered *h, double *value, double *u)
{
  const ioi_table table = {count, units, units, groups};
  const size_t cells = units * groups, results = 1 + h->points;
  double *work = zeroed(ioi_segregation_ordered_work(h, groups), sizeof *work);
  double *du = zeroed(results * cells, sizeof *du);
  size_t occupied = 99;
  ioi_status status =
    ioi_segregation_ordered(&table, h, value, du, &occupied, work);
  if (status == IOI_OK && u) memcpy(u, du, results * cells * sizeof *u);
  free(work);
  free(du);
  return status;
}

static double one(const double *count, size_t units, size_t groups,
                  const ioi_ordered *h)
{
  double value[RESULTS];
  assert_int_equal(ask(count, units, groups, h, value, NULL), IOI_OK);
  return value[0];
}

/* Units (10, 10, 0), (0, 10, 10) by hand: c = 1/4, 3/4; c_i = 1/2, 1 and 0, 1/2.
 */
static void by_hand(void **state)
{
  const double count[] = {10, 0, 10, 10, 0, 10};
  const double entropy = -(0.25 * log2(0.25) + 0.75 * log2(0.75));
  ioi_ordered h = how(IOI_ORDERED_THEIL, -1, 0);
  (void) state;
  near(one(count, 2, 3, &h), 1 - 1 / (2 * entropy), 1e-15);
  h.index = IOI_ORDERED_RELATIVE_DIVERSITY;
  near(one(count, 2, 3, &h), 1 - 1 / 1.5, 1e-15);
  h.index = IOI_ORDERED_HUTCHENS;
  near(one(count, 2, 3, &h), 1 - 1 / sqrt(3), 1e-15);
  h.index = IOI_ORDERED_ABSOLUTE;
  near(one(count, 2, 3, &h), 0, 1e-15);
}

/* A table that is a mixture of units and skewed groups. */
static void fill(double *count, uint64_t seed)
{
  for (size_t g = 0; g < GROUPS; g++)
    for (size_t i = 0; i < UNITS; i++)
      count[g * UNITS + i] =
        5 + 40 * draw_unit(&seed)
        + 60 * (double) (g < GROUPS / 2) * (double) (i % 2) * draw_unit(&seed);
}

/* Where y is the same at every cut a polynomial of any degree gives it back: all
 * people of a unit are alike. */
static void full_separation(void **state)
{
  double count[UNITS * GROUPS] = {0}, value[RESULTS];
  (void) state;
  for (size_t i = 0; i < UNITS; i++) count[i * UNITS + i] = 10 + (double) i;
  for (int index = 0; index <= IOI_ORDERED_ABSOLUTE; index++)
    for (int degree = -1; degree < 5; degree++) {
      const ioi_ordered h = how(index, degree, 1);
      assert_int_equal(ask(count, UNITS, GROUPS, &h, value, NULL), IOI_OK);
      for (size_t r = 0; r <= h.points; r++) near(value[r], 1, 1e-9);
    }
}

/* With as many degrees as cuts less two the fit is nearly an interpolation; its
 * integral is that of the polynomial times f, here by a fine sum. */
static void integral(void **state)
{
  double count[UNITS * GROUPS], value[RESULTS];
  double *many = zeroed(10001, sizeof *many);
  (void) state;
  fill(count, 3);
  for (int index = 0; index <= IOI_ORDERED_ABSOLUTE; index++)
    for (int weighted = 0; weighted < 2; weighted++) {
      double top = 0, all = 0;
      ioi_ordered h = {index, 3, weighted, many, 10001};
      for (size_t k = 0; k < 10001; k++) many[k] = (double) k / 10000;
      double *all_values = zeroed(10002, sizeof *all_values);
      assert_int_equal(ask(count, UNITS, GROUPS, &h, all_values, NULL), IOI_OK);
      for (size_t k = 1; k < 10000; k++) {
        const double p = many[k];
        const double f[] = {-(p * log(p) + (1 - p) * log(1 - p)), p * (1 - p),
                            sqrt(p * (1 - p)), fmin(p, 1 - p)};
        top += f[index] * all_values[k + 1];
        all += f[index];
      }
      near(all_values[0], top / all, 1e-5);
      h = how(index, 3, weighted);
      assert_int_equal(ask(count, UNITS, GROUPS, &h, value, NULL), IOI_OK);
      near(value[0], all_values[0], 1e-12);
      near(value[1], all_values[1 + 1000], 1e-12);
      free(all_values);
    }
  free(many);
}

static void influence(void **state)
{
  double count[UNITS * GROUPS], u[RESULTS * UNITS * GROUPS];
  (void) state;
  fill(count, 7);
  for (int index = 0; index <= IOI_ORDERED_ABSOLUTE; index++)
    for (int degree = -1; degree < 6; degree++)
      for (int weighted = 0; weighted < (degree < 0 ? 1 : 2); weighted++) {
        const ioi_ordered h = how(index, degree, weighted);
        double value[RESULTS], up[RESULTS], down[RESULTS], sum = 0;
        assert_int_equal(ask(count, UNITS, GROUPS, &h, value, u), IOI_OK);
        for (size_t c = 0; c < UNITS * GROUPS; c++) {
          const double was = count[c];
          sum += was * u[c];
          count[c] = was + 1e-4;
          assert_int_equal(ask(count, UNITS, GROUPS, &h, up, NULL), IOI_OK);
          count[c] = was - 1e-4;
          assert_int_equal(ask(count, UNITS, GROUPS, &h, down, NULL), IOI_OK);
          count[c] = was;
          for (size_t r = 0; r <= h.points; r++)
            near(u[r * UNITS * GROUPS + c], (up[r] - down[r]) / 2e-4, 3e-8);
        }
        near(sum, 0, 1e-9);
      }
}

/* A group without members adds no cut; units without members change nothing;
 * twice the people is the same index. */
static void what_changes_nothing(void **state)
{
  const double plain[] = {10, 4, 3, 5, 9, 2, 7, 7, 1};
  const double wide[] = {0, 0, 0, 0, 20, 8,  6, 0, 10, 18, 4, 0,
                         0, 0, 0, 0, 14, 14, 2, 0, 0,  0,  0, 0};
  (void) state;
  for (int index = 0; index <= IOI_ORDERED_ABSOLUTE; index++)
    for (int degree = -1; degree < 1; degree++) {
      const ioi_ordered h = how(index, degree, 1);
      near(one(wide, 4, 6, &h), one(plain, 3, 3, &h), 1e-14);
    }
}

static void edges(void **state)
{
  const double count[] = {10, 4, 3, 5, 9, 2, 7, 7, 1};
  double value[RESULTS] = {-7, -7, -7};
  ioi_ordered h = how(IOI_ORDERED_THEIL, 1, 1);
  (void) state;
  assert_int_equal(ask(count, 3, 3, &h, value, NULL), IOI_EFEW);
  h.degree = 0;
  assert_int_equal(ask(count, 9, 1, &h, value, NULL), IOI_EEMPTY);
  assert_int_equal(ask(count, 1, 9, &h, value, NULL), IOI_ESINGLE);
  assert_int_equal(ask((double[]){1, NAN, 1, 1}, 2, 2, &h, value, NULL),
                   IOI_EDOMAIN);
  assert_int_equal(ask((double[]){1, -1, 1, 1}, 2, 2, &h, value, NULL),
                   IOI_EDOMAIN);
  assert_int_equal(ask((double[]){1, INFINITY, 1, 1}, 2, 2, &h, value, NULL),
                   IOI_EDOMAIN);
  for (size_t r = 0; r < RESULTS; r++) assert_true(value[r] == -7);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(by_hand),
    cmocka_unit_test(full_separation),
    cmocka_unit_test(integral),
    cmocka_unit_test(influence),
    cmocka_unit_test(what_changes_nothing),
    cmocka_unit_test(edges),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
