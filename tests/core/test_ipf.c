/* test_ipf.c - fitting to margins: a table fitted by hand, odds ratios and
 * zeros kept, margins that cannot be reached. */
#include "core/ipf.h"
#include "road.h"

static const size_t start[] = {0, 2, 4};
static const int column[] = {0, 1, 0, 1};
static const ioi_sparse two = {start, column, 2, 2};

static void table_with_odds_ratio_4(void **state)
{
  (void) state;
  /* margins of a half: x^2 / (1/2 - x)^2 = 4, x = 1/3 */
  double value[] = {4, 1, 1, 1}, half[] = {0.5, 0.5}, work[2];
  ioi_ipf_report report;
  assert_int_equal(
    ioi_ipf(&two, half, half, 1e-13, 1000, value, &report, work, NULL, NULL),
    IOI_OK);
  near(value[0], 1.0 / 3, 1e-12);
  near(value[1], 1.0 / 6, 1e-12);
  assert_true(report.error <= 1e-13);
}

static void margins_are_met_and_odds_ratios_kept(void **state)
{
  (void) state;
  uint64_t seed = 3;
  enum { ROWS = 7, COLUMNS = 4 };
  size_t from[ROWS + 1];
  int at[ROWS * COLUMNS];
  double value[ROWS * COLUMNS], old[ROWS * COLUMNS];
  double row[ROWS] = {0}, col[COLUMNS] = {0}, work[COLUMNS];
  for (size_t i = 0; i < ROWS * COLUMNS; i++) {
    const double target = 0.1 + draw_unit(&seed);
    old[i] = value[i] = 1 + (double) draw_below(&seed, 20);
    at[i] = (int) (i % COLUMNS);
    row[i / COLUMNS] += target;
    col[i % COLUMNS] += target;
  }
  for (size_t i = 0; i <= ROWS; i++) from[i] = i * COLUMNS;
  const ioi_sparse table = {from, at, ROWS, COLUMNS};
  ioi_ipf_report report;
  assert_int_equal(
    ioi_ipf(&table, row, col, 1e-11, 1000, value, &report, work, NULL, NULL),
    IOI_OK);
  for (size_t i = 0; i < ROWS; i++) {
    double sum = 0;
    for (size_t c = 0; c < COLUMNS; c++) sum += value[i * COLUMNS + c];
    near(sum, row[i], 1e-10);
  }
  for (size_t i = 1; i < ROWS; i++)
    for (size_t c = 1; c < COLUMNS; c++) {
      const size_t x = i * COLUMNS + c, y = i * COLUMNS;
      near(log(value[0] * value[x] / (value[c] * value[y])),
           log(old[0] * old[x] / (old[c] * old[y])), 1e-9);
    }
}

static void fitted_table_needs_no_round(void **state)
{
  (void) state;
  double value[] = {0.1, 0.2, 0.3, 0.4}, row[] = {0.3, 0.7}, col[] = {0.4, 0.6};
  double work[2];
  ioi_ipf_report report;
  assert_int_equal(
    ioi_ipf(&two, row, col, 1e-12, 0, value, &report, work, NULL, NULL),
    IOI_OK);
  assert_int_equal(report.rounds, 0);
  near(value[3], 0.4, 0);
}

static void zeros_that_forbid_the_margins_are_named(void **state)
{
  (void) state;
  /* a diagonal table: its margins cannot differ */
  static const size_t from[] = {0, 1, 2};
  static const int at[] = {0, 1};
  const ioi_sparse diagonal = {from, at, 2, 2};
  double value[] = {1, 1}, row[] = {0.5, 0.5}, col[] = {0.9, 0.1}, work[2];
  ioi_ipf_report report;
  assert_int_equal(
    ioi_ipf(&diagonal, row, col, 1e-10, 50, value, &report, work, NULL, NULL),
    IOI_ECONVERGE);
  assert_int_equal(report.rounds, 50);
  near(report.error, 0.4, 1e-12);
  assert_int_equal(report.in_column, 0);
  assert_int_equal(report.at, 0);
}

static void empty_row_with_a_target_never_fits(void **state)
{
  (void) state;
  static const size_t from[] = {0, 2, 2};
  const ioi_sparse table = {from, column, 2, 2};
  double value[] = {1, 1}, row[] = {0.5, 0.5}, col[] = {0.5, 0.5}, work[2];
  ioi_ipf_report report;
  assert_int_equal(
    ioi_ipf(&table, row, col, 1e-10, 9, value, &report, work, NULL, NULL),
    IOI_ECONVERGE);
  near(report.error, 0.5, 1e-12);
}

static int stop(void *context, size_t done)
{
  *(size_t *) context = done;
  return 1;
}

static void tick_can_stop(void **state)
{
  (void) state;
  static const size_t from[] = {0, 1, 2};
  static const int at[] = {0, 1};
  const ioi_sparse diagonal = {from, at, 2, 2};
  double value[] = {1, 1}, row[] = {0.5, 0.5}, col[] = {0.9, 0.1}, work[2];
  size_t seen = 0;
  ioi_ipf_report report;
  assert_int_equal(ioi_ipf(&diagonal, row, col, 1e-10, 100000000, value,
                           &report, work, stop, &seen),
                   IOI_ESTOPPED);
  assert_true(seen > 1000);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(table_with_odds_ratio_4),
    cmocka_unit_test(margins_are_met_and_odds_ratios_kept),
    cmocka_unit_test(fitted_table_needs_no_round),
    cmocka_unit_test(zeros_that_forbid_the_margins_are_named),
    cmocka_unit_test(empty_row_with_a_target_never_fits),
    cmocka_unit_test(tick_can_stop),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
