/* test_design.c - the checks of a design that read rows: strata of PSUs, scans
 * of a column, columns that must be constant. */
#include <limits.h>

#include "core/design.h"
#include "road.h"

enum { ROWS = 3 * (int) IOI_BLOCK / 2, STRATA = 4, PSUS = 20, THREADS = 7 };

/* PSU and stratum of each row; PSU j lies in stratum j % STRATA. */
static int psu[ROWS], stratum[ROWS];
static ioi_level level[2 * THREADS * IOI_BLOCK];
static const ioi_key keys[] = {
  {.value = psu, .size = PSUS, .levels = PSUS},
  {.value = stratum, .size = STRATA, .levels = STRATA},
};

static void draw_rows(uint64_t seed)
{
  for (size_t i = 0; i < ROWS; i++) {
    psu[i] = (int) draw_below(&seed, PSUS - 1);
    stratum[i] = psu[i] % STRATA;
  }
}

/* By one thread; any number of them must give the same. */
static ioi_status nest(size_t rows, int *of_psu, size_t *row)
{
  int also[PSUS], work[(THREADS - 1) * PSUS];
  const size_t row_before = *row;
  const ioi_status status =
    ioi_design_nest(keys, 2, 0, 1, rows, 1, of_psu, row, NULL, level);
  for (int threads = 2; threads <= THREADS; threads++) {
    size_t other = row_before;
    assert_int_equal(
      ioi_design_nest(keys, 2, 0, 1, rows, threads, also, &other, work, level),
      status);
    assert_true(other == *row);
    assert_memory_equal(also, of_psu, sizeof also);
  }
  return status;
}

static void stratum_of_every_psu_is_found(void **state)
{
  int of_psu[PSUS];
  size_t row = 777;
  (void) state;
  draw_rows(1);
  assert_int_equal(nest(ROWS, of_psu, &row), IOI_OK);
  for (int j = 0; j < PSUS - 1; j++) assert_int_equal(of_psu[j], j % STRATA);
  assert_int_equal(of_psu[PSUS - 1], -1); /* a label without rows */
  assert_true(row == 777);
}

static void no_rows_give_no_strata(void **state)
{
  int of_psu[PSUS];
  size_t row = 777;
  (void) state;
  assert_int_equal(nest(0, of_psu, &row), IOI_OK);
  for (int j = 0; j < PSUS; j++) assert_int_equal(of_psu[j], -1);
  assert_true(row == 777);
}

/* The first row that crosses, on either side of the border of a block. */
static void first_row_of_a_crossed_psu_is_named(void **state)
{
  const size_t at[] = {1, IOI_BLOCK - 1, IOI_BLOCK, IOI_BLOCK + 1, ROWS - 1};
  int of_psu[PSUS];
  (void) state;
  for (size_t k = 0; k < 5; k++) {
    size_t row = 777;
    draw_rows(2);
    psu[0] = stratum[0] = 0;
    psu[at[k]] = 0;
    stratum[at[k]] = 1;
    assert_int_equal(nest(ROWS, of_psu, &row), IOI_ECROSSED);
    assert_true(row == at[k]);
    assert_int_equal(nest(at[k], of_psu, &row), IOI_OK);
  }
}

static void rows_without_psu_or_stratum_cross_nothing(void **state)
{
  int of_psu[PSUS];
  size_t row = 777;
  (void) state;
  draw_rows(3);
  stratum[10] = INT_MIN;
  psu[11] = INT_MIN;
  stratum[11] = STRATA - 1;
  assert_int_equal(nest(ROWS, of_psu, &row), IOI_OK);
}

/* Two strata of a PSU may be seen by two threads, each of which sees only one: the
 * row named is the first all the same, wherever later ones cross too. */
static void first_crossed_row_is_named_whichever_thread_sees_it(void **state)
{
  int of_psu[PSUS];
  uint64_t seed = 4;
  (void) state;
  for (int turn = 0; turn < 50; turn++) {
    const size_t seen = draw_below(&seed, ROWS - 1), left = ROWS - 1 - seen;
    const size_t at = seen + 1 + draw_below(&seed, left);
    const size_t late = at + draw_below(&seed, ROWS - at);
    size_t row = 777;
    draw_rows((uint64_t) turn);
    psu[seen] = psu[at] = psu[late] = PSUS - 1; /* which no other row has */
    stratum[seen] = 2;
    stratum[at] = stratum[late] = 3;
    assert_int_equal(nest(ROWS, of_psu, &row), IOI_ECROSSED);
    assert_true(row == at);
    assert_int_equal(nest(at, of_psu, &row), IOI_OK);
    assert_true(of_psu[PSUS - 1] == 2);
  }
}

static ioi_scan scan_of(const double *real, const int *whole, size_t rows)
{
  const ioi_numbers numbers = {real, whole, 0};
  ioi_scan scan, also;
  memset(&scan, 0xAB, sizeof scan);
  ioi_design_scan(&numbers, rows, 1, &scan);
  for (int threads = 2; threads < 40; threads += 3) {
    ioi_design_scan(&numbers, rows, threads, &also);
    assert_true(also.missing == scan.missing && also.zero == scan.zero);
    assert_true(also.infinite == scan.infinite);
    assert_true(also.negative == scan.negative);
    assert_true(also.first_bad == scan.first_bad);
    assert_true(also.first == scan.first
                || (isnan(also.first) && isnan(scan.first)));
  }
  return scan;
}

static void scan_counts_what_cannot_be_used(void **state)
{
  const double x[] = {0, -0.0, 2.5, -INFINITY, NAN, -1, INFINITY, -NAN, 4};
  const ioi_scan scan = scan_of(x, NULL, 9);
  (void) state;
  assert_true(scan.missing == 2 && scan.infinite == 2 && scan.negative == 1);
  assert_true(scan.zero == 2 && scan.first_bad == 3);
  assert_true(scan.first == 0);
}

static void scan_of_integers_knows_the_missing_value_of_R(void **state)
{
  const int x[] = {INT_MAX, INT_MAX, INT_MIN, INT_MIN + 1, 0};
  const ioi_scan scan = scan_of(NULL, x, 5);
  (void) state;
  assert_true(scan.missing == 1 && scan.infinite == 0 && scan.negative == 1);
  assert_true(scan.zero == 1 && scan.first_bad == 2);
  assert_true(scan.first == INT_MAX);
}

static void first_finite_number_may_be_negative(void **state)
{
  const double x[] = {NAN, -INFINITY, -3, 5};
  const int whole[] = {INT_MIN, -4};
  (void) state;
  assert_true(scan_of(x, NULL, 4).first == -3);
  assert_true(isnan(scan_of(x, NULL, 2).first));
  assert_true(scan_of(NULL, whole, 2).first == -4);
  assert_true(isnan(scan_of(NULL, whole, 1).first));
}

static void scan_of_good_numbers_or_none_finds_nothing_bad(void **state)
{
  const double x[] = {0x1p-1074, 1};
  ioi_scan scan = scan_of(x, NULL, 2);
  (void) state;
  assert_true(scan.missing + scan.infinite + scan.negative + scan.zero == 0);
  assert_true(scan.first_bad == 0 && scan.first == 0x1p-1074);
  scan = scan_of(x, NULL, 0);
  assert_true(scan.missing + scan.infinite + scan.negative + scan.zero == 0);
  assert_true(scan.first_bad == 0 && isnan(scan.first));
}

/* By one thread; any number of them must give the same. */
static ioi_status constant(size_t which, const ioi_numbers *column, size_t rows,
                           double *value, size_t *row)
{
  double also[PSUS], work[(THREADS - 1) * PSUS];
  const size_t levels = keys[which].levels, row_before = *row;
  const ioi_status status = ioi_design_constant(keys, 2, which, column, rows, 1,
                                                value, row, NULL, level);
  for (int threads = 2; threads <= THREADS; threads++) {
    size_t other = row_before;
    assert_int_equal(ioi_design_constant(keys, 2, which, column, rows, threads,
                                         also, &other, work, level),
                     status);
    assert_true(other == *row);
    for (size_t l = 0; l < levels && status == IOI_OK; l++)
      assert_true(also[l] == value[l] || (isnan(also[l]) && isnan(value[l])));
  }
  return status;
}

/* One value among good ones, on either side of the border of a block. */
static void scan_finds_one_value_wherever_it_is(void **state)
{
  const size_t at[] = {0, 1, IOI_BLOCK - 1, IOI_BLOCK, ROWS - 1};
  const double odd[] = {NAN, INFINITY, -INFINITY, -0x1p-1074, 0, -0.0};
  double x[ROWS];
  (void) state;
  for (size_t k = 0; k < 5; k++)
    for (size_t v = 0; v < 6; v++) {
      for (size_t i = 0; i < ROWS; i++) x[i] = i == at[k] ? odd[v] : 0x1.8p1023;
      const ioi_scan scan = scan_of(x, NULL, ROWS);
      assert_true(scan.missing == (v == 0) && scan.negative == (v == 3));
      assert_true(scan.infinite == (v == 1 || v == 2));
      assert_true(scan.zero == (v >= 4));
      assert_true(scan.first_bad == (v < 4 ? at[k] : 0));
      assert_true(scan.first == x[at[k] == 0 && v < 3 ? 1 : 0]);
    }
}

static void constant_column_gives_its_value_by_level(void **state)
{
  double x[ROWS], value[PSUS];
  const ioi_numbers column = {x, NULL, 0};
  size_t row = 777;
  (void) state;
  draw_rows(4);
  for (size_t i = 0; i < ROWS; i++) x[i] = 100 + psu[i] / 8.0;
  psu[5] = INT_MIN;
  x[5] = NAN; /* a row that takes no part */
  assert_int_equal(constant(0, &column, ROWS, value, &row), IOI_OK);
  for (int j = 0; j < PSUS - 1; j++) assert_true(value[j] == 100 + j / 8.0);
  assert_true(isnan(value[PSUS - 1]) && row == 777);
  assert_int_equal(constant(0, &column, 0, value, &row), IOI_OK);
  assert_true(isnan(value[0]) && row == 777);
}

static void first_row_that_differs_is_named(void **state)
{
  const double other[] = {4, NAN, INFINITY, -3};
  const size_t at[] = {1, IOI_BLOCK - 1, IOI_BLOCK, ROWS - 1};
  double x[ROWS], value[STRATA];
  const ioi_numbers column = {x, NULL, 0};
  (void) state;
  draw_rows(5);
  stratum[0] = 0;
  for (size_t k = 0; k < 4; k++) {
    size_t row = 777;
    for (size_t i = 0; i < ROWS; i++) x[i] = 3;
    x[at[k]] = other[k];
    stratum[at[k]] = 0; /* as row 0 */
    assert_int_equal(constant(1, &column, ROWS, value, &row), IOI_EDOMAIN);
    assert_true(row == at[k]);
  }
}

static void missing_integer_is_not_a_constant(void **state)
{
  int x[ROWS];
  double value[STRATA];
  const ioi_numbers column = {NULL, x, 0};
  size_t row = 777;
  (void) state;
  draw_rows(6);
  for (size_t i = 0; i < ROWS; i++) x[i] = 1000 + stratum[i];
  assert_int_equal(constant(1, &column, ROWS, value, &row), IOI_OK);
  for (int h = 0; h < STRATA; h++) assert_true(value[h] == 1000 + h);
  x[0] = INT_MIN; /* the first row of its level: nothing to differ from */
  assert_int_equal(constant(1, &column, ROWS, value, &row), IOI_EDOMAIN);
  assert_true(row == 0);
}

static void inside_is_where_both_conditions_are_true(void **state)
{
  const int condition[] = {1, 0, INT_MIN, 1, 0, INT_MIN};
  const int within[] = {1, 1, 1, 0, 0, 0}, first[] = {1, 0, 0, 1, 0, 0};
  const int both[] = {1, 0, 0, 0, 0, 0};
  int inside[6];
  size_t unknown = 777;
  (void) state;
  assert_int_equal(ioi_design_inside(condition, NULL, 6, inside, &unknown), 2);
  assert_memory_equal(inside, first, sizeof first);
  assert_int_equal(unknown, 2);
  assert_int_equal(ioi_design_inside(condition, within, 6, inside, &unknown),
                   1);
  assert_memory_equal(inside, both, sizeof both);
  assert_int_equal(unknown, 1);
  assert_int_equal(ioi_design_inside(condition, NULL, 6, NULL, &unknown), 2);
  assert_int_equal(ioi_design_inside(NULL, NULL, 0, NULL, &unknown), 0);
  assert_int_equal(unknown, 0);
}

static void every_status_has_a_name_of_its_own(void **state)
{
  (void) state;
  for (int a = IOI_OK; a <= IOI_ESTOPPED; a++) {
    assert_string_not_equal(ioi_strstatus((ioi_status) a), "unknown");
    for (int b = IOI_OK; b < a; b++)
      assert_string_not_equal(ioi_strstatus((ioi_status) a),
                              ioi_strstatus((ioi_status) b));
  }
  assert_string_equal(ioi_strstatus(IOI_OK), "ok");
  assert_string_equal(ioi_strstatus((ioi_status) (IOI_ESTOPPED + 1)),
                      "unknown");
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(stratum_of_every_psu_is_found),
    cmocka_unit_test(no_rows_give_no_strata),
    cmocka_unit_test(first_row_of_a_crossed_psu_is_named),
    cmocka_unit_test(rows_without_psu_or_stratum_cross_nothing),
    cmocka_unit_test(first_crossed_row_is_named_whichever_thread_sees_it),
    cmocka_unit_test(scan_counts_what_cannot_be_used),
    cmocka_unit_test(scan_of_integers_knows_the_missing_value_of_R),
    cmocka_unit_test(first_finite_number_may_be_negative),
    cmocka_unit_test(scan_of_good_numbers_or_none_finds_nothing_bad),
    cmocka_unit_test(scan_finds_one_value_wherever_it_is),
    cmocka_unit_test(constant_column_gives_its_value_by_level),
    cmocka_unit_test(first_row_that_differs_is_named),
    cmocka_unit_test(missing_integer_is_not_a_constant),
    cmocka_unit_test(inside_is_where_both_conditions_are_true),
    cmocka_unit_test(every_status_has_a_name_of_its_own),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
