/* test_products.c - sums of products of scores in batches, against the sums
 * written out, and of whole numbers to the last bit. */
#include "core/products.h"
#include "road.h"

enum { MOST_ROWS = 41, VECTORS = 23 };

/* Small whole numbers, whose sums are exact; tile 1 is 0 throughout. */
static void draw(double *u, size_t rows, uint64_t *seed)
{
  for (size_t i = 0; i < rows; i++)
    u[i] = i / IOI_TILE == 1 ? 0 : (double) draw_below(seed, 19) - 9;
}

static ioi_batch new_batch(size_t rows, size_t most, int squares)
{
  const size_t tiles = ioi_products_tiles(rows);
  ioi_batch batch = {rows, most, squares, 7, NULL, NULL};
  batch.packed = zeroed(tiles * IOI_TILE * most, sizeof(double));
  batch.active = zeroed(tiles, sizeof(double));
  memset(batch.packed, 0xAB, tiles * IOI_TILE * most * sizeof(double));
  ioi_products_clear(&batch);
  assert_int_equal(batch.count, 0);
  return batch;
}

static void free_batch(ioi_batch *batch)
{
  free(batch->packed);
  free(batch->active);
}

/* v and the squares alone against sums written out, in batches of `most`. */
static void compare_with_sums(size_t rows, size_t most)
{
  double *u = zeroed(VECTORS * rows, sizeof *u);
  double *v = zeroed(rows * rows, sizeof *v), *square = zeroed(rows, sizeof *v);
  double none[MOST_ROWS] = {0}, ones[MOST_ROWS];
  ioi_batch full = new_batch(rows, most, 0);
  ioi_batch alone = new_batch(rows, most, 1);
  uint64_t seed = 5 + rows;
  for (size_t r = 0; r < rows; r++) ones[r] = 1;
  for (size_t b = 0; b < VECTORS; b++) draw(u + b * rows, rows, &seed);
  for (size_t b = 0; b < VECTORS; b++) {
    ioi_products_put(&full, u + b * rows, none, ones, 2);
    ioi_products_put(&alone, u + b * rows, none, ones, 2);
    if (full.count < most && b + 1 < VECTORS) continue;
    ioi_products_add(&full, -1, v);
    ioi_products_add(&alone, -1, square);
  }
  ioi_products_mirror(v, rows);
  for (size_t r = 0; r < rows; r++)
    for (size_t s = 0; s < rows; s++) {
      double sum = 0;
      for (size_t b = 0; b < VECTORS; b++)
        sum -= 4 * u[b * rows + r] * u[b * rows + s];
      assert_true(v[r * rows + s] == sum);
      if (r == s) assert_true(square[r] == sum);
    }
  free_batch(&full);
  free_batch(&alone);
  free(u);
  free(v);
  free(square);
}

static void sums_of_whole_numbers_are_exact(void **state)
{
  const size_t sizes[] = {1, 3, 8, 9, 16, 17, MOST_ROWS};
  (void) state;
  for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
    for (size_t most = 1; most <= 32; most *= 4)
      compare_with_sums(sizes[i], most);
}

static void what_is_not_a_number_stays_in_its_rows(void **state)
{
  const double u[] = {1, NAN, 2, 3, 0, 1, 1, 1, 5};
  const double ones[] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
  double v[81] = {0}, none[9] = {0};
  (void) state;
  ioi_batch batch = new_batch(9, 2, 0);
  ioi_products_put(&batch, u, none, ones, 1);
  ioi_products_add(&batch, 1, v);
  ioi_products_mirror(v, 9);
  for (int r = 0; r < 9; r++)
    for (int s = 0; s < 9; s++)
      assert_true(r == 1 || s == 1 ? isnan(v[r * 9 + s])
                                   : v[r * 9 + s] == u[r] * u[s]);
  free_batch(&batch);
}

static void scores_are_centred_and_scaled(void **state)
{
  const double u[] = {5, 7, 1}, centre[] = {1, NAN, 1}, scale[] = {3, 1, 2};
  const double want[] = {24, 0, 0};
  double v[9] = {0};
  (void) state;
  ioi_batch batch = new_batch(3, 1, 0);
  ioi_products_put(&batch, u, centre, scale, 2);
  ioi_products_add(&batch, 1, v);
  for (int r = 0; r < 3; r++)
    for (int s = r; s < 3; s++) assert_true(v[r * 3 + s] == want[r] * want[s]);
  ioi_products_put(&batch, centre, centre, scale, 2); /* all 0: passed over */
  assert_true(batch.active[0] == 0);
  free_batch(&batch);
}

static void a_batch_is_neither_empty_nor_endless(void **state)
{
  (void) state;
  assert_int_equal(ioi_products_tiles(0), 0);
  assert_int_equal(ioi_products_tiles(8), 1);
  assert_int_equal(ioi_products_tiles(9), 2);
  assert_true(ioi_products_most(0) >= 1 && ioi_products_most(1) <= 1024);
  assert_true(ioi_products_most(1000000) >= 1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(sums_of_whole_numbers_are_exact),
    cmocka_unit_test(what_is_not_a_number_stays_in_its_rows),
    cmocka_unit_test(scores_are_centred_and_scaled),
    cmocka_unit_test(a_batch_is_neither_empty_nor_endless),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
