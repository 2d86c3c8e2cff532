/* test_segregation_change.c - decompositions of change and exchange by rank:
 * components add up, symmetries, what comes and goes, edges. */
#include "core/segregation_change.h"
#include "core/segregation_compare.h"
#include "road.h"

enum { UNITS = 9, GROUPS = 3, CELLS = UNITS * GROUPS };

typedef struct {
  ioi_status status;
  double part[IOI_CHANGE_COMPONENTS * UNITS], sum[IOI_CHANGE_COMPONENTS];
  double index[2];
  size_t common[2];
  ioi_ipf_report report;
} answer;

static answer change(const double *a, const double *b, ioi_change_method method,
                     int theil)
{
  const ioi_change_job job = {a, b, UNITS, GROUPS, method, theil, 1e-11, 5000};
  answer out;
  double *work = zeroed(ioi_change_doubles(&job), sizeof *work);
  size_t *sizes = zeroed(ioi_change_sizes(&job), sizeof *sizes);
  out.status =
    ioi_segregation_change(&job, out.part, out.sum, out.index, out.common,
                           &out.report, work, sizes, NULL, NULL);
  free(work);
  free(sizes);
  return out;
}

static void fill(double *x, uint64_t seed)
{
  for (size_t k = 0; k < CELLS; k++) x[k] = 1 + (double) draw_below(&seed, 30);
}

static const ioi_change_method methods[] = {IOI_CHANGE_SHAPLEY,
                                            IOI_CHANGE_KARMEL_MACLACHLAN,
                                            IOI_CHANGE_MORA_RUIZ_CASTILLO};

static void components_and_units_add_up(void **state)
{
  (void) state;
  double a[CELLS], b[CELLS];
  fill(a, 1);
  fill(b, 2);
  a[0] = a[UNITS] = a[2 * UNITS] = 0; /* unit 0 comes */
  b[8] = b[UNITS + 8] = b[2 * UNITS + 8] = 0;
  for (size_t m = 0; m < 3; m++)
    for (int theil = 0; theil < (m < 2 ? 2 : 1); theil++) {
      const answer x = change(a, b, methods[m], theil);
      assert_int_equal(x.status, IOI_OK);
      assert_int_equal(x.common[0], UNITS - 2);
      double sum = 0;
      for (size_t c = 0; c < IOI_CHANGE_DIFFERENCE; c++) sum += x.sum[c];
      near(sum, x.sum[IOI_CHANGE_DIFFERENCE], 1e-13);
      near(x.index[1] - x.index[0], sum, 1e-13);
      for (size_t i = 0; i < UNITS; i++) {
        sum = 0;
        for (size_t c = 0; c < IOI_CHANGE_DIFFERENCE; c++)
          sum += x.part[c * UNITS + i];
        near(sum, x.part[IOI_CHANGE_DIFFERENCE * UNITS + i], 1e-12);
      }
    }
}

static void shapley_changes_sign_with_time(void **state)
{
  (void) state;
  double a[CELLS], b[CELLS];
  fill(a, 3);
  fill(b, 4);
  const answer x = change(a, b, IOI_CHANGE_SHAPLEY, 0);
  const answer y = change(b, a, IOI_CHANGE_SHAPLEY, 0);
  for (size_t c = 0; c < IOI_CHANGE_ADDITIONS; c++)
    near(x.sum[c], -y.sum[c], 1e-9);
  near(x.sum[IOI_CHANGE_INTERACTION], 0, 0);
}

static void margins_alone_change_no_structure(void **state)
{
  (void) state;
  double a[CELLS], b[CELLS];
  fill(a, 5);
  for (size_t g = 0; g < GROUPS; g++)
    for (size_t i = 0; i < UNITS; i++)
      b[g * UNITS + i] =
        a[g * UNITS + i] * (double) (i + 1) * (double) (2 * g + 1);
  near(change(a, b, IOI_CHANGE_SHAPLEY, 0).sum[IOI_CHANGE_STRUCTURAL], 0, 1e-9);
  near(change(a, a, IOI_CHANGE_SHAPLEY, 0).sum[IOI_CHANGE_GROUP], 0, 1e-12);
}

static void nothing_in_common_is_said(void **state)
{
  (void) state;
  double a[CELLS] = {0}, b[CELLS] = {0};
  a[0] = a[UNITS] = 3;
  b[1] = b[UNITS + 1] = 3;
  assert_int_equal(change(a, b, IOI_CHANGE_SHAPLEY, 0).status, IOI_EEMPTY);
  b[0] = 2; /* one unit and one group in common: M is 0, H has no value */
  assert_int_equal(change(a, b, IOI_CHANGE_SHAPLEY, 0).status, IOI_OK);
  assert_int_equal(change(a, b, IOI_CHANGE_SHAPLEY, 1).status, IOI_EEMPTY);
}

static void margins_out_of_reach_are_said(void **state)
{
  (void) state;
  double a[CELLS] = {0}, b[CELLS] = {0};
  a[0] = a[UNITS + 1] = 5;
  b[0] = 1, b[1] = 8, b[UNITS] = 9, b[UNITS + 1] = 2;
  const answer x = change(a, b, IOI_CHANGE_SHAPLEY, 0);
  assert_int_equal(x.status, IOI_ECONVERGE);
  assert_true(x.report.at < UNITS);
  assert_int_equal(change(a, b, IOI_CHANGE_MORA_RUIZ_CASTILLO, 0).status,
                   IOI_OK);
}

static void what_cannot_be_used_is_an_error(void **state)
{
  (void) state;
  double a[CELLS], b[CELLS];
  fill(a, 6);
  fill(b, 7);
  assert_int_equal(change(a, b, IOI_CHANGE_MORA_RUIZ_CASTILLO, 1).status,
                   IOI_EDOMAIN);
  b[4] = NAN;
  assert_int_equal(change(a, b, IOI_CHANGE_SHAPLEY, 0).status, IOI_EDOMAIN);
  b[4] = -1;
  assert_int_equal(change(a, b, IOI_CHANGE_SHAPLEY, 0).status, IOI_EDOMAIN);
}

static void exchange_by_rank(void **state)
{
  (void) state;
  const double own[] = {0.3, 0.1, 0.2, 0.2}, other[] = {8, 4, 6, 2};
  double mapped[4], work[4];
  size_t order[4];
  assert_int_equal(ioi_rank_exchange(own, 4, other, 4, mapped, work, order),
                   IOI_OK);
  near(mapped[0], 8, 1e-15);
  near(mapped[1], 2, 1e-15);
  near(mapped[2], 5, 1e-15); /* ties have the middle of 4 and 6 */
  near(mapped[3], 5, 1e-15);
  ioi_rank_exchange(other, 4, own, 4, mapped, work, order);
  near(mapped[0], 0.3, 1e-15);
  assert_int_equal(ioi_rank_exchange(own, 4, other, 1, mapped, work, order),
                   IOI_OK);
  near(mapped[1], 8, 0);
}

static void exchange_with_nothing_is_said(void **state)
{
  (void) state;
  const double x[] = {1, NAN};
  double mapped[2] = {7, 7}, work[2];
  size_t order[2];
  assert_int_equal(ioi_rank_exchange(x, 1, x, 0, mapped, work, order),
                   IOI_EEMPTY);
  assert_int_equal(ioi_rank_exchange(x, 2, x, 1, mapped, work, order),
                   IOI_EDOMAIN);
  near(mapped[0], 7, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(components_and_units_add_up),
    cmocka_unit_test(shapley_changes_sign_with_time),
    cmocka_unit_test(margins_alone_change_no_structure),
    cmocka_unit_test(nothing_in_common_is_said),
    cmocka_unit_test(margins_out_of_reach_are_said),
    cmocka_unit_test(what_cannot_be_used_is_an_error),
    cmocka_unit_test(exchange_by_rank),
    cmocka_unit_test(exchange_with_nothing_is_said),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
