/* test_key.c - levels of rows in columns and products, and the index of the
 * combinations that occur; checked against the definition, row by row. */
#include <limits.h>

#include "core/key.h"
#include "road.h"

static ioi_key column_of(const int *value, int first, size_t size)
{
  return (ioi_key){
    .value = value, .first = first, .size = size, .levels = size};
}

static ioi_key product_of(const size_t *part, size_t parts, size_t levels)
{
  return (ioi_key){.parts = parts, .part = part, .levels = levels};
}

/* Level of one row in key k of `keys`. */
static size_t level_of(const ioi_key *key, size_t keys, size_t k, size_t row)
{
  ioi_level *level = zeroed(keys * IOI_BLOCK, sizeof *level);
  ioi_key_block(key, keys, row, 1, level);
  size_t out = level[k * IOI_BLOCK];
  free(level);
  return out;
}

static void range_skips_missing(void **state)
{
  const int value[] = {INT_MIN, 7, -3, INT_MIN, 7};
  const int ends[] = {INT_MAX, INT_MIN + 1};
  int low = 1, high = 1;
  size_t missing = 9;
  (void) state;
  ioi_key_range(value, 5, 2, &low, &high, &missing);
  assert_true(low == -3 && high == 7 && missing == 2);
  ioi_key_range(ends, 2, 2, &low, &high, &missing);
  assert_true(low == INT_MIN + 1 && high == INT_MAX && missing == 0);
}

static void range_of_nothing_leaves_ends_alone(void **state)
{
  const int missing_all[] = {INT_MIN, INT_MIN};
  int low = 5, high = 6;
  size_t missing = 9;
  (void) state;
  ioi_key_range(NULL, 0, 2, &low, &high, &missing);
  assert_true(low == 5 && high == 6 && missing == 0);
  ioi_key_range(missing_all, 2, 2, &low, &high, &missing);
  assert_true(low == 5 && high == 6 && missing == 2);
}

static void range_of_reals_takes_whole_numbers_alone(void **state)
{
  const double value[] = {NAN, 7, -3, NAN, -0.0};
  const double ends[] = {INT_MAX, -INT_MAX};
  const double bad[] = {0.5, INT_MAX + 1.0, INT_MIN, INFINITY, -INFINITY};
  int low = 1, high = 1;
  size_t missing = 9;
  (void) state;
  assert_int_equal(ioi_key_range_real(value, 5, 2, &low, &high, &missing),
                   IOI_OK);
  assert_true(low == -3 && high == 7 && missing == 2);
  assert_int_equal(ioi_key_range_real(ends, 2, 2, &low, &high, &missing),
                   IOI_OK);
  assert_true(low == -INT_MAX && high == INT_MAX && missing == 0);
  for (size_t i = 0; i < 5; i++) {
    const double mixed[] = {1, bad[i]};
    assert_int_equal(ioi_key_range_real(mixed, 2, 2, &low, &high, &missing),
                     IOI_EDOMAIN);
  }
  assert_int_equal(ioi_key_range_real(value, 1, 2, &low, &high, &missing),
                   IOI_OK);
  assert_true(low == -INT_MAX && high == INT_MAX && missing == 1);
}

/* Against a plain loop, in blocks and threads; then with one number that is none. */
static void range_of_many_reals_is_found_by_any_threads(void **state)
{
  enum { MANY = 5 * (int) IOI_BLOCK / 2 };
  double value[MANY];
  uint64_t seed = 7;
  size_t none = 0;
  int smallest = INT_MAX, largest = INT_MIN;
  (void) state;
  for (size_t i = 0; i < MANY; i++) {
    const int whole = (int) draw_below(&seed, 2000000) - 1000000;
    const int lost = draw_below(&seed, 4) == 0;
    value[i] = lost ? NAN : whole;
    none += (size_t) lost;
    smallest = !lost && whole < smallest ? whole : smallest;
    largest = !lost && whole > largest ? whole : largest;
  }
  for (int threads = 1; threads < 9; threads++) {
    int low = 1, high = 1;
    size_t missing = 9, odd = draw_below(&seed, MANY);
    assert_int_equal(
      ioi_key_range_real(value, MANY, threads, &low, &high, &missing), IOI_OK);
    assert_true(low == smallest && high == largest && missing == none);
    const double kept = value[odd];
    value[odd] = 0.5;
    assert_int_equal(
      ioi_key_range_real(value, MANY, threads, &low, &high, &missing),
      IOI_EDOMAIN);
    assert_true(low == smallest && high == largest && missing == none);
    value[odd] = kept;
  }
}

static void column_of_reals_is_that_of_integers(void **state)
{
  const int value[] = {3, 2, 5, 6, INT_MIN, INT_MAX, -3};
  const double real[] = {3, 2, 5, 6, NAN, INT_MAX, -3};
  const int map[] = {2, -1, 0, 1};
  ioi_key key = column_of(value, 2, 4), same_key = column_of(NULL, 2, 4);
  (void) state;
  same_key.real = real;
  for (int mapped = 0; mapped <= 1; mapped++) {
    key.map = same_key.map = mapped ? map : NULL;
    for (size_t i = 0; i < 7; i++)
      assert_true(level_of(&same_key, 1, 0, i) == level_of(&key, 1, 0, i));
  }
}

static void column_counts_from_first(void **state)
{
  const int value[] = {3, 2, 5, 6, INT_MIN, INT_MAX, -3};
  const size_t want[] = {
    1, 0, 3, IOI_NO_LEVEL, IOI_NO_LEVEL, IOI_NO_LEVEL, IOI_NO_LEVEL};
  const ioi_key key = column_of(value, 2, 4);
  (void) state;
  for (size_t i = 0; i < 7; i++)
    assert_true(level_of(&key, 1, 0, i) == want[i]);
}

static void column_reaches_the_ends_of_int(void **state)
{
  const int value[] = {INT_MIN + 1, INT_MAX, INT_MIN, 0};
  const ioi_key low = column_of(value, INT_MIN + 1, 3);
  const ioi_key high = column_of(value, INT_MAX - 1, 2);
  const ioi_key all = column_of(value, INT_MIN + 1, UINT_MAX);
  (void) state;
  assert_true(level_of(&low, 1, 0, 0) == 0);
  assert_true(level_of(&low, 1, 0, 1) == IOI_NO_LEVEL);
  assert_true(level_of(&low, 1, 0, 2) == IOI_NO_LEVEL);
  assert_true(level_of(&high, 1, 0, 0) == IOI_NO_LEVEL);
  assert_true(level_of(&high, 1, 0, 1) == 1);
  assert_true(level_of(&high, 1, 0, 2) == IOI_NO_LEVEL);
  assert_true(level_of(&all, 1, 0, 1) == UINT_MAX - 1);
  assert_true(level_of(&all, 1, 0, 2) == IOI_NO_LEVEL);
}

static void map_renumbers_and_drops(void **state)
{
  const int value[] = {10, 11, 12, 13, 14, INT_MIN},
            map[] = {2, -1, 0, INT_MIN};
  const size_t want[] = {
    2, IOI_NO_LEVEL, 0, IOI_NO_LEVEL, IOI_NO_LEVEL, IOI_NO_LEVEL};
  ioi_key key = column_of(value, 10, 4);
  (void) state;
  key.map = map;
  for (size_t i = 0; i < 6; i++)
    assert_true(level_of(&key, 1, 0, i) == want[i]);
}

static void key_without_column_is_level_0(void **state)
{
  const ioi_key one = column_of(NULL, 0, 1), none = column_of(NULL, 0, 0);
  (void) state;
  assert_true(level_of(&one, 1, 0, 123456789) == 0);
  assert_true(level_of(&none, 1, 0, 0) == IOI_NO_LEVEL);
}

static void numbers_are_cut_by_domain(void **state)
{
  const int value[] = {1, 2, 3, 4, 5, 9, 3, INT_MIN};
  const int domain[] = {0, 0, 0, 0, 0, -1, 1, 0};
  const double cut[] = {2, 3.5, 3.5, NAN, NAN, NAN};
  const ioi_level want[] = {0, 0, 1, 3, 3, IOI_NO_LEVEL, 0, IOI_NO_LEVEL};
  const size_t part[] = {0};
  const ioi_key key[] = {{.value = domain, .size = 2, .levels = 2},
                         {.observed = {NULL, value, 0},
                          .cut = cut,
                          .parts = 1,
                          .part = part,
                          .levels = 4}};
  ioi_level level[2 * IOI_BLOCK];
  (void) state;
  ioi_key_block(key, 2, 0, 8, level);
  assert_memory_equal(level + IOI_BLOCK, want, sizeof want);
}

static void observed_numbers_are_level_0(void **state)
{
  const double real[] = {0, NAN, -1e300, INFINITY};
  const int whole[] = {0, INT_MIN, INT_MIN + 1, INT_MAX};
  const ioi_key a = {.observed = {real, NULL, 7}, .levels = 1};
  const ioi_key b = {.observed = {NULL, whole, 7}, .levels = 1};
  (void) state;
  for (size_t i = 0; i < 4; i++) {
    assert_true(level_of(&a, 1, 0, i) == (i == 1 ? IOI_NO_LEVEL : 0));
    assert_true(level_of(&b, 1, 0, i) == (i == 1 ? IOI_NO_LEVEL : 0));
  }
}

static void product_is_mixed_radix(void **state)
{
  const int a[] = {0, 1, 2, INT_MIN, 2}, b[] = {1, 0, 1, 1, 7};
  const size_t parts[] = {0, 1, 0};
  const ioi_key key[] = {column_of(a, 0, 3), column_of(b, 0, 2),
                         product_of(parts, 3, 18), product_of(parts + 1, 1, 2)};
  (void) state;
  for (size_t i = 0; i < 3; i++) {
    size_t la = (size_t) a[i], lb = (size_t) b[i];
    assert_true(level_of(key, 4, 2, i) == (la * 2 + lb) * 3 + la);
    assert_true(level_of(key, 4, 3, i) == lb);
  }
  assert_true(level_of(key, 4, 2, 3) == IOI_NO_LEVEL);
  assert_true(level_of(key, 4, 2, 4) == IOI_NO_LEVEL);
}

static void product_with_a_map_has_its_levels(void **state)
{
  const int a[] = {0, 1, 2, INT_MIN, 2}, b[] = {1, 0, 1, 1, 7};
  const int map[] = {-1, 0, 1, -1, -1, 2};
  const size_t pair[] = {0, 1}, nested[] = {2, 1};
  ioi_key key[] = {column_of(a, 0, 3), column_of(b, 0, 2),
                   product_of(pair, 2, 3), product_of(nested, 2, 6)};
  (void) state;
  key[2].map = map;
  for (size_t i = 0; i < 5; i++) {
    const int there = i < 3;
    const int level = there ? map[a[i] * 2 + b[i]] : -1;
    assert_true(level_of(key, 4, 2, i)
                == (level < 0 ? IOI_NO_LEVEL : (size_t) level));
    assert_true(level_of(key, 4, 3, i)
                == (level < 0 ? IOI_NO_LEVEL : (size_t) (level * 2 + b[i])));
  }
}

static void block_reads_no_row_beyond_its_own(void **state)
{
  const size_t rows = 2 * IOI_BLOCK + 3;
  int *value = zeroed(rows, sizeof *value);
  ioi_level *level = zeroed(IOI_BLOCK, sizeof *level);
  (void) state;
  for (size_t i = 0; i < rows; i++) value[i] = (int) i;
  const ioi_key key = column_of(value, 0, rows);
  ioi_key_block(&key, 1, 2 * IOI_BLOCK, 3, level);
  for (size_t i = 0; i < 3; i++) assert_true(level[i] == 2 * IOI_BLOCK + i);
  assert_true(level[3] == 0);
  free(value);
  free(level);
}

static ioi_index new_index(size_t slots)
{
  return (ioi_index){slots, zeroed(slots, sizeof(uint64_t)),
                     zeroed(slots, sizeof(uint32_t))};
}

static void free_index(ioi_index *index)
{
  free(index->code);
  free(index->rank);
}

static int ascending(const void *a, const void *b)
{
  uint64_t x = *(const uint64_t *) a, y = *(const uint64_t *) b;
  return (x > y) - (x < y);
}

/* The distinct values among n, sorted in place; how many. */
static size_t distinct(uint64_t *code, size_t n)
{
  size_t count = 0;
  qsort(code, n, sizeof *code, ascending);
  for (size_t i = 0; i < n; i++)
    if (i == 0 || code[i] != code[count - 1]) code[count++] = code[i];
  return count;
}

enum { ROWS = 1500 };

static void index_ranks_what_occurs(void **state)
{
  int a[ROWS], b[ROWS];
  uint64_t want[ROWS], code[ROWS], work[ROWS], seed = 1;
  const size_t parts[] = {0, 1};
  ioi_level level[4 * IOI_BLOCK];
  size_t count = 0, n = 0;
  (void) state;
  for (size_t i = 0; i < ROWS; i++) {
    a[i] = (int) draw_below(&seed, 40) - 1;
    b[i] = (int) draw_below(&seed, 50);
    if (a[i] >= 0) want[n++] = (uint64_t) a[i] * 50 + (uint64_t) b[i];
  }
  ioi_key key[] = {column_of(a, 0, 39), column_of(b, 0, 50),
                   product_of(parts, 2, 39 * 50), product_of(parts, 2, 0)};
  ioi_index index = new_index(4096);
  assert_int_equal(ioi_index_find(key, 2, ROWS, &index, &count, level), IOI_OK);
  ioi_index_rank(&index, code, count, work);
  n = distinct(want, n);
  assert_true(count == n);
  assert_memory_equal(code, want, n * sizeof *code);
  key[3].index = &index;
  for (size_t i = 0; i < ROWS; i++)
    if (a[i] < 0)
      assert_true(level_of(key, 4, 3, i) == IOI_NO_LEVEL);
    else
      assert_true(code[level_of(key, 4, 3, i)] == level_of(key, 4, 2, i));
  free_index(&index);
}

static void code_that_is_not_in_the_index_has_no_level(void **state)
{
  const int seen[] = {1, 3, 5}, later[] = {3, 4, 1, 0};
  const size_t part = 0;
  uint64_t code[3], work[3];
  ioi_level level[2 * IOI_BLOCK];
  size_t count = 0;
  ioi_key key[] = {column_of(seen, 0, 9), product_of(&part, 1, 9)};
  ioi_index index = new_index(8);
  (void) state;
  assert_int_equal(ioi_index_find(key, 1, 3, &index, &count, level), IOI_OK);
  ioi_index_rank(&index, code, count, work);
  key[0].value = later;
  key[1].index = &index;
  assert_true(level_of(key, 2, 1, 0) == 1);
  assert_true(level_of(key, 2, 1, 1) == IOI_NO_LEVEL);
  assert_true(level_of(key, 2, 1, 2) == 0);
  assert_true(level_of(key, 2, 1, 3) == IOI_NO_LEVEL);
  free_index(&index);
}

static void product_of_a_ranked_product_uses_its_ranks(void **state)
{
  const int a[] = {7, 2, 7}, b[] = {0, 1, 1};
  const size_t first[] = {0}, second[] = {1, 2};
  uint64_t code[2], work[2];
  ioi_level level[4 * IOI_BLOCK];
  size_t count = 0;
  ioi_key key[] = {column_of(a, 0, 9), product_of(first, 1, 9),
                   column_of(b, 0, 2), product_of(second, 2, 4)};
  ioi_index index = new_index(8);
  (void) state;
  assert_int_equal(ioi_index_find(key, 1, 3, &index, &count, level), IOI_OK);
  ioi_index_rank(&index, code, count, work);
  key[1].index = &index;
  key[1].levels = count;
  assert_true(level_of(key, 4, 3, 0) == 1 * 2 + 0);
  assert_true(level_of(key, 4, 3, 1) == 0 * 2 + 1);
  assert_true(level_of(key, 4, 3, 2) == 1 * 2 + 1);
  free_index(&index);
}

static void full_index_says_so_and_a_larger_one_fits(void **state)
{
  int value[9];
  const size_t part = 0;
  ioi_level level[2 * IOI_BLOCK];
  size_t count = 77;
  (void) state;
  for (int i = 0; i < 9; i++) value[i] = i;
  const ioi_key key[] = {column_of(value, 0, 9), product_of(&part, 1, 9)};
  for (size_t slots = 1; slots <= 16; slots *= 2) {
    ioi_index index = new_index(slots);
    assert_int_equal(ioi_index_find(key, 1, 9, &index, &count, level),
                     IOI_EFULL);
    assert_true(count == 77);
    free_index(&index);
  }
  ioi_index index = new_index(16);
  assert_int_equal(ioi_index_find(key, 1, 8, &index, &count, level), IOI_OK);
  assert_true(count == 8);
  free_index(&index);
}

static void index_of_nothing_is_empty(void **state)
{
  const int value[] = {INT_MIN, -1};
  const size_t part = 0;
  ioi_level level[2 * IOI_BLOCK];
  size_t count = 77;
  ioi_key key[] = {column_of(value, 0, 5), product_of(&part, 1, 5)};
  ioi_index index = new_index(4);
  (void) state;
  for (size_t rows = 0; rows <= 2; rows++) {
    assert_int_equal(ioi_index_find(key, 1, rows, &index, &count, level),
                     IOI_OK);
    assert_true(count == 0);
    ioi_index_rank(&index, NULL, 0, NULL);
  }
  key[1].index = &index;
  assert_true(level_of(key, 2, 1, 0) == IOI_NO_LEVEL);
  free_index(&index);
}

/* R keeps codes as doubles, so they go up to 2^53. */
static void codes_near_2_to_53_are_exact(void **state)
{
  const int a[] = {(1 << 27) - 1, (1 << 27) - 1, (1 << 27) - 2};
  const int b[] = {(1 << 26) - 1, (1 << 26) - 2, (1 << 26) - 1};
  const size_t parts[] = {0, 1};
  uint64_t code[3], work[3];
  ioi_level level[3 * IOI_BLOCK];
  size_t count = 0;
  const ioi_key key[] = {column_of(a, 0, (size_t) 1 << 27),
                         column_of(b, 0, (size_t) 1 << 26),
                         product_of(parts, 2, (size_t) 1 << 53)};
  ioi_index index = new_index(8);
  (void) state;
  assert_int_equal(ioi_index_find(key, 2, 3, &index, &count, level), IOI_OK);
  ioi_index_rank(&index, code, count, work);
  assert_true(count == 3);
  assert_true(code[2] == (UINT64_C(1) << 53) - 1);
  assert_true(code[1] == (UINT64_C(1) << 53) - 2);
  assert_true(code[0] == (UINT64_C(1) << 53) - 1 - (UINT64_C(1) << 26));
  free_index(&index);
}

/* Longest run of taken slots when codes are i * step, i < 8192, in a table that
 * is half full: what the slowest look-up has to walk. Codes spread at random
 * make runs of about ln(8192) / 0.19 = 47. */
static size_t longest_run(size_t step)
{
  enum { CODES = 8192 };
  int *value = zeroed(CODES, sizeof *value);
  const size_t parts[] = {0, 1};
  ioi_level *level = zeroed(3 * IOI_BLOCK, sizeof *level);
  size_t count = 0;
  for (int i = 0; i < CODES; i++) value[i] = i;
  ioi_key key[] = {column_of(value, 0, CODES), column_of(NULL, 0, 1),
                   product_of(parts, 2, CODES * step)};
  key[1].levels = step;
  ioi_index index = new_index(2 * CODES);
  assert_int_equal(ioi_index_find(key, 2, CODES, &index, &count, level),
                   IOI_OK);
  assert_true(count == CODES);
  size_t longest = 0, run = 0;
  for (size_t s = 0; s < 2 * index.slots; s++) {
    run = index.code[s % index.slots] == IOI_NO_CODE ? 0 : run + 1;
    longest = run > longest ? run : longest;
  }
  free_index(&index);
  free(value);
  free(level);
  return longest;
}

static void codes_do_not_cluster(void **state)
{
  /* powers of 2, as many binary columns make; Fibonacci numbers, which are bad
   * for a multiplication with the golden ratio; others */
  (void) state;
  for (size_t bit = 0; bit <= 40; bit++)
    assert_in_range(longest_run((size_t) 1 << bit), 1, 128);
  for (size_t a = 1, b = 1; a < (size_t) 1 << 40; b += a, a = b - a)
    assert_in_range(longest_run(a), 1, 128);
  for (size_t step = 3; step < (size_t) 1 << 39; step = step * 5 + 1)
    assert_in_range(longest_run(step), 1, 128);
}

static void levels_lie_inside_others_or_cross_them(void **state)
{
  (void) state;
  const int inner[] = {2, 0, 2, 4, INT_MIN, 0}, outer[] = {7, 8, 7, 6, 7, 8};
  const int crossed[] = {7, 8, 7, 8, 7, 7}, part[] = {7, 8, 6, 8, 7, 8};
  const int want[] = {1, -1, 0, -1, -1};
  const int *other[] = {outer, crossed, part};
  ioi_level level[2 * IOI_BLOCK];
  int of[5];
  for (size_t k = 0; k < 3; k++) {
    const ioi_key key[] = {column_of(inner, 0, 5), column_of(other[k], 7, 2)};
    assert_int_equal(ioi_key_inside(key, 2, 0, 1, 6, of, level),
                     k == 0 ? IOI_OK : IOI_ECROSSED);
    for (size_t l = 0; k == 0 && l < 5; l++) assert_int_equal(of[l], want[l]);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(range_skips_missing),
    cmocka_unit_test(range_of_nothing_leaves_ends_alone),
    cmocka_unit_test(range_of_reals_takes_whole_numbers_alone),
    cmocka_unit_test(range_of_many_reals_is_found_by_any_threads),
    cmocka_unit_test(column_of_reals_is_that_of_integers),
    cmocka_unit_test(column_counts_from_first),
    cmocka_unit_test(column_reaches_the_ends_of_int),
    cmocka_unit_test(map_renumbers_and_drops),
    cmocka_unit_test(key_without_column_is_level_0),
    cmocka_unit_test(numbers_are_cut_by_domain),
    cmocka_unit_test(observed_numbers_are_level_0),
    cmocka_unit_test(product_is_mixed_radix),
    cmocka_unit_test(product_with_a_map_has_its_levels),
    cmocka_unit_test(block_reads_no_row_beyond_its_own),
    cmocka_unit_test(index_ranks_what_occurs),
    cmocka_unit_test(code_that_is_not_in_the_index_has_no_level),
    cmocka_unit_test(product_of_a_ranked_product_uses_its_ranks),
    cmocka_unit_test(full_index_says_so_and_a_larger_one_fits),
    cmocka_unit_test(index_of_nothing_is_empty),
    cmocka_unit_test(codes_near_2_to_53_are_exact),
    cmocka_unit_test(levels_lie_inside_others_or_cross_them),
    cmocka_unit_test(codes_do_not_cluster),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
