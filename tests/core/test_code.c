/* test_code.c - numbers for addresses, against a plain search. */
#include <limits.h>

#include "core/code.h"
#include "road.h"

enum { ROWS = 500, SLOTS = 128 };

static int above(const void *one, const void *two)
{
  return (const char *) one > (const char *) two;
}

/* Codes of the values store[at[i]], 7 being missing, against a plain search. */
static int codes_are_right(const size_t *at, size_t seen)
{
  static const char store[40];
  const void *x[ROWS];
  ioi_slot table[SLOTS];
  int code[ROWS], first[SLOTS / 2];
  ioi_coder coder = {16, NULL, first, 0, 0, 1};
  size_t found = 0;
  for (size_t i = 0; i < ROWS; i++) x[i] = store + at[i];
  while (ioi_code_addresses(x, ROWS, store + 7, above, &coder, code)
         == IOI_EFULL) {
    coder.slots *= 2;
    if (!coder.rising) coder.table = table;
  }
  assert_int_equal(coder.done, ROWS);
  for (size_t i = 0; i < ROWS; i++) {
    if (x[i] == store + 7) {
      assert_int_equal(code[i], INT_MIN);
      continue;
    }
    size_t j = 0;
    while (x[j] != x[i]) j++;
    assert_int_equal(code[i], j == i ? (int) found : code[j]);
    if (j == i) assert_int_equal(first[found++], i);
  }
  assert_int_equal(coder.levels, seen);
  assert_int_equal(found, seen);
  return coder.rising;
}

static void codes_are_in_order_of_appearance(void **state)
{
  (void) state;
  size_t at[ROWS];
  uint64_t seed = 1;
  for (size_t i = 0; i < ROWS; i++) at[i] = draw_below(&seed, 40);
  assert_false(codes_are_right(at, 39));
}

/* Rising once and again; in runs; with a row left out; with one that is new in
 * between; the largest first. */
static void order_of_rows_changes_no_code(void **state)
{
  (void) state;
  size_t at[ROWS];
  for (size_t i = 0; i < ROWS; i++) at[i] = i % 40;
  assert_true(codes_are_right(at, 39));
  for (size_t i = 0; i < ROWS; i++) at[i] = i * 40 / ROWS;
  assert_true(codes_are_right(at, 39));
  for (size_t i = 0; i < ROWS; i++) at[i] = (i + i / 25) % 25;
  assert_false(codes_are_right(at, 24));
  for (size_t i = 0; i < ROWS; i++) at[i] = i % 20;
  at[39] = 30;
  assert_true(codes_are_right(at, 20));
  at[55] = 25;
  assert_false(codes_are_right(at, 21));
  for (size_t i = 0; i < ROWS; i++) at[i] = 39 - i % 40;
  assert_false(codes_are_right(at, 39));
}

static void table_that_is_too_small_says_so(void **state)
{
  (void) state;
  static const char store[40];
  const void *x[40];
  ioi_slot table[8];
  int code[40], first[4];
  for (int down = 0; down < 2; down++) {
    ioi_coder coder = {8, table, first, 0, 0, 1};
    for (size_t i = 0; i < 40; i++) x[i] = store + (down ? 39 - i : i);
    assert_int_equal(ioi_code_addresses(x, 4, NULL, above, &coder, code),
                     IOI_OK);
    assert_int_equal(coder.levels, 4);
    assert_int_equal(coder.rising, !down);
    assert_int_equal(ioi_code_addresses(x, 40, NULL, above, &coder, code),
                     IOI_EFULL);
    assert_int_equal(coder.done, 4);
  }
  ioi_coder none = {8, table, first, 0, 0, 1};
  assert_int_equal(ioi_code_addresses(x, 0, NULL, above, &none, code), IOI_OK);
  assert_int_equal(none.levels, 0);
}

static void constant_within_codes(void **state)
{
  (void) state;
  const int code[] = {0, 1, 0, -1, 1}, first[] = {0, 1};
  const int same_int[] = {5, 6, 5, 9, 6}, other_int[] = {5, 6, 5, 9, 7};
  const double same_double[] = {5, NAN, 5, 9, NAN};
  const double other_double[] = {5, 6, 5.5, 9, 6};
  assert_true(ioi_code_constant(code, 5, first, same_int, 4));
  assert_false(ioi_code_constant(code, 5, first, other_int, 4));
  assert_true(ioi_code_constant(code, 5, first, same_double, 8));
  assert_false(ioi_code_constant(code, 5, first, other_double, 8));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(codes_are_in_order_of_appearance),
    cmocka_unit_test(order_of_rows_changes_no_code),
    cmocka_unit_test(table_that_is_too_small_says_so),
    cmocka_unit_test(constant_within_codes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
