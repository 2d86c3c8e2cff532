/* test_rank.c - the rank of rows against matrices whose rank is known: products of
 * small factors, the matrices of a jackknife, subsets of them. */
#include "core/rank.h"
#include "road.h"

enum { MOST = 40, UNITS = 90 };

static ioi_rank new_rank(size_t columns)
{
  ioi_rank rank = {.columns = columns};
  rank.basis = zeroed(columns * columns, sizeof(double));
  rank.block = zeroed(IOI_RANK_ROWS * columns, sizeof(double));
  rank.probe = zeroed(columns, sizeof(double));
  rank.column = zeroed(columns, sizeof(int));
  rank.panel = zeroed(columns + 1, sizeof(int));
  memset(rank.basis, 0xAB, columns * columns * sizeof(double));
  memset(rank.block, 0xAB, IOI_RANK_ROWS * columns * sizeof(double));
  return rank;
}

static void free_rank(ioi_rank *rank)
{
  free(rank->basis);
  free(rank->block);
  free(rank->probe);
  free(rank->column);
  free(rank->panel);
}

static size_t rank_of(const double *x, size_t rows, size_t columns)
{
  unsigned char bits[UNITS / 8 + 1];
  ioi_rank rank = new_rank(columns);
  memset(bits, 0xFF, sizeof bits);
  const size_t found = ioi_rank_of_units(&rank, x, rows, bits);
  free_rank(&rank);
  return found;
}

/* rows x inner times inner x columns, of numbers drawn: rank the least of all. */
static void products_have_the_rank_of_their_factors(void **state)
{
  uint64_t seed = 3;
  double a[UNITS * MOST], b[MOST * MOST], x[UNITS * MOST];
  (void) state;
  for (int round = 0; round < 300; round++) {
    const size_t rows = 1 + draw_below(&seed, UNITS);
    const size_t columns = 1 + draw_below(&seed, MOST);
    const size_t inner = 1 + draw_below(&seed, MOST);
    size_t want = rows < columns ? rows : columns;
    if (inner < want) want = inner;
    for (size_t i = 0; i < rows * inner; i++) a[i] = draw_unit(&seed) - 0.5;
    for (size_t i = 0; i < inner * columns; i++) b[i] = draw_unit(&seed) - 0.5;
    for (size_t i = 0; i < rows; i++)
      for (size_t c = 0; c < columns; c++) {
        x[i * columns + c] = 0;
        for (size_t k = 0; k < inner; k++)
          x[i * columns + c] += a[i * inner + k] * b[k * columns + c];
      }
    assert_int_equal(rank_of(x, rows, columns), want);
    for (size_t i = 0; i < rows * columns; i++) x[i] *= 1e-200;
    assert_int_equal(rank_of(x, rows, columns), want);
  }
}

/* Rows that count stand at the end, behind many that add nothing: the probe finds
 * them. */
static void rows_that_count_are_found_at_the_end(void **state)
{
  double x[UNITS * MOST] = {0};
  (void) state;
  for (size_t i = 0; i < UNITS; i++)
    for (size_t c = 0; c < MOST; c++) x[i * MOST + c] = (double) (i % 3 + 1);
  assert_int_equal(rank_of(x, UNITS, MOST), 1);
  x[80 * MOST + 7] += 1;
  x[89 * MOST + 39] -= 0.5;
  assert_int_equal(rank_of(x, UNITS, MOST), 3);
  x[89 * MOST + 39] += 0.5 - 1e-9; /* rounding of its row */
  assert_int_equal(rank_of(x, UNITS, MOST), 2);
}

/* Each replicate leaves one of n PSUs out: rank n; of m < n PSUs: m. */
static void the_jackknife_has_a_replicate_a_psu(void **state)
{
  double x[MOST * MOST];
  unsigned char bits[MOST / 8];
  (void) state;
  for (size_t i = 0; i < MOST; i++)
    for (size_t c = 0; c < MOST; c++)
      x[i * MOST + c] = i == c ? 0 : MOST / (MOST - 1.);
  for (size_t m = 0; m <= MOST; m++) {
    memset(bits, 0, sizeof bits);
    for (size_t j = 0; j < m; j++)
      bits[j / 8] = (unsigned char) (bits[j / 8] | 1u << (j % 8));
    ioi_rank rank = new_rank(MOST);
    assert_int_equal(ioi_rank_of_units(&rank, x, MOST, bits), m);
    free_rank(&rank);
  }
}

/* Records of columns, times their weights; those of weight 0 are not there. */
static void records_are_read_in_columns(void **state)
{
  const double first[] = {1, 2, 3, 5}, second[] = {2, 4, 6, 1};
  const int third[] = {0, 0, 0, 4};
  const double weight[] = {1, 3, 0, 0.5};
  const ioi_numbers column[] = {
    {.real = first}, {.real = second}, {.integer = third}};
  const ioi_numbers w = {.real = weight}, none = {0};
  const int all[] = {0, 1, 2, 3}, few[] = {2, 1};
  double row[3];
  (void) state;
  ioi_rank rank = new_rank(3);
  assert_int_equal(ioi_rank_of_records(&rank, column, &w, all, 4, row), 2);
  assert_int_equal(ioi_rank_of_records(&rank, column, &w, few, 2, row), 1);
  assert_int_equal(ioi_rank_of_records(&rank, column, &w, few, 1, row), 0);
  assert_int_equal(ioi_rank_of_records(&rank, column, &none, few, 1, row), 1);
  assert_int_equal(ioi_rank_of_records(&rank, column, &none, few, 0, row), 0);
  free_rank(&rank);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(products_have_the_rank_of_their_factors),
    cmocka_unit_test(rows_that_count_are_found_at_the_end),
    cmocka_unit_test(the_jackknife_has_a_replicate_a_psu),
    cmocka_unit_test(records_are_read_in_columns),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
