/* test_code.c - numbers for addresses, against a plain search. */
#include "core/code.h"
#include "road.h"

enum { ROWS = 500, SLOTS = 128 };

static void codes_are_in_order_of_appearance(void **state)
{
  (void) state;
  static const char store[40];
  const void *x[ROWS];
  int table[SLOTS], code[ROWS], first[SLOTS / 2], seen = 0;
  size_t levels;
  uint64_t seed = 1;
  for (size_t i = 0; i < ROWS; i++) x[i] = store + draw_below(&seed, 40);
  assert_int_equal(
    ioi_code_addresses(x, ROWS, store + 7, SLOTS, table, code, first, &levels),
    IOI_OK);
  for (size_t i = 0; i < ROWS; i++) {
    if (x[i] == store + 7) {
      assert_int_equal(code[i], -1);
      continue;
    }
    size_t j = 0;
    while (x[j] != x[i]) j++;
    assert_int_equal(code[i], j == i ? seen : code[j]);
    if (j == i) assert_int_equal(first[seen++], i);
  }
  assert_int_equal(levels, 39);
  assert_int_equal(seen, 39);
}

static void table_that_is_too_small_says_so(void **state)
{
  (void) state;
  static const char store[40];
  const void *x[40];
  int table[8], code[40], first[4];
  size_t levels;
  for (size_t i = 0; i < 40; i++) x[i] = store + i;
  assert_int_equal(
    ioi_code_addresses(x, 40, NULL, 8, table, code, first, &levels), IOI_EFULL);
  assert_int_equal(
    ioi_code_addresses(x, 4, NULL, 8, table, code, first, &levels), IOI_OK);
  assert_int_equal(levels, 4);
  assert_int_equal(
    ioi_code_addresses(x, 0, NULL, 8, table, code, first, &levels), IOI_OK);
  assert_int_equal(levels, 0);
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
    cmocka_unit_test(table_that_is_too_small_says_so),
    cmocka_unit_test(constant_within_codes),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
