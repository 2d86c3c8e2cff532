/* test_segregation_resample.c - tables drawn anew: totals that stay, means and
 * variances of the multinomial law, whole units; limits of the bootstrap by
 * hand. */
#include "core/segregation_resample.h"

#include "road.h"

enum {
  UNITS = 4,
  GROUPS = 3,
  STRIDE = 6,
  CELLS = UNITS * GROUPS,
  DRAWS = 20000
};

/* Group by group; two more units that are not of this table follow each. */
static const double count[GROUPS * STRIDE] = {
  30, 0, 5, 12, 99, 99, 8, 0, 0, 40, 99, 99, 1, 0, 25, 9, 99, 99};
static const ioi_table table = {count, STRIDE, UNITS, GROUPS};

static double cell(const ioi_table *t, size_t k)
{
  return t->count[k / t->units * t->stride + k % t->units];
}

static double members(const double *n, size_t cells)
{
  double sum = 0;
  for (size_t k = 0; k < cells; k++) sum += n[k];
  return sum;
}

typedef struct {
  double real[256];
  ioi_sorted sorted[64];
  ioi_segregation_space space;
  ioi_prepared margins;
} prepared;

static void prepare(prepared *p, const ioi_table *t)
{
  assert_true(ioi_segregation_work(t->units, t->groups) <= 256);
  p->space = (ioi_segregation_space){p->real, p->sorted};
  assert_int_equal(ioi_segregation_prepare(t, &p->space, &p->margins), IOI_OK);
}

/* Mean and variance of each cell over many draws, and the covariance of the
 * first two cells with members, against those of multinomials: cells of one
 * block have the total all[k]. */
static void has_multinomial_moments(const ioi_table *t, const double *sum,
                                    const double *squares, double product,
                                    size_t one, size_t two, const double *all)
{
  for (size_t k = 0; k < CELLS; k++) {
    const double n = cell(t, k), v = n * (1 - n / all[k]);
    near(sum[k] / DRAWS, n, 4.5 * sqrt(v / DRAWS));
    near(squares[k] / DRAWS - pow(sum[k] / DRAWS, 2), v, 0.06 * v + 1e-12);
    if (n == 0) assert_true(sum[k] == 0);
  }
  const double got = product / DRAWS - sum[one] / DRAWS * (sum[two] / DRAWS);
  near(got, -cell(t, one) * cell(t, two) / all[one], 0.5);
}

static void persons_are_a_multinomial(void **state)
{
  double drawn[CELLS], sum[CELLS] = {0}, squares[CELLS] = {0}, all[CELLS];
  double product = 0;
  (void) state;
  for (size_t k = 0; k < CELLS; k++) all[k] = 130;
  for (uint64_t draw = 0; draw < DRAWS; draw++) {
    ioi_stream s;
    ioi_stream_open(&s, 21, draw);
    ioi_resample_persons(&table, 130, NULL, &s, drawn);
    assert_true(members(drawn, CELLS) == 130);
    for (size_t k = 0; k < CELLS; k++) {
      sum[k] += drawn[k];
      squares[k] += drawn[k] * drawn[k];
    }
    product += drawn[0] * drawn[7];
  }
  has_multinomial_moments(&table, sum, squares, product, 0, 7, all);
}

/* The Poisson law of each small count, of which 1e-18 is left out. */
static void tables_hold_the_poisson_law(void **state)
{
  ioi_alias *column = zeroed(ioi_persons_columns(), sizeof *column);
  const double part = (1e6 - 6000) / 1e6;
  ioi_small_laws laws;
  (void) state;
  ioi_persons_laws(1e6, column, &laws);
  for (size_t c = 1; c <= IOI_SMALL; c++) {
    const ioi_alias *law = laws.of[c];
    const ioi_alias *end =
      c < IOI_SMALL ? laws.of[c + 1] : column + ioi_persons_columns();
    const size_t n = (size_t) (end - law);
    double p[IOI_SMALL_VALUES] = {0}, want = exp(-(double) c * part);
    assert_true(n <= IOI_SMALL_VALUES);
    for (size_t k = 0; k < n; k++) {
      p[k] += law[k].keep / (double) n;
      p[(size_t) law[k].other] += (1 - law[k].keep) / (double) n;
    }
    for (size_t k = 0; k < n; k++) {
      near(p[k], want, 1e-14);
      want *= (double) c * part / (double) (k + 1);
    }
  }
  free(column);
}

/* Counts at both ends of the tables and beyond, and one that is not whole. */
static void tables_change_no_law(void **state)
{
  static const double n[CELLS] = {0, 3, 64, 65, 200, 1, 0, 20.5, 12, 0, 0, 0.5};
  const ioi_table from = {n, UNITS, UNITS, GROUPS};
  ioi_alias *column = zeroed(ioi_persons_columns(), sizeof *column);
  double drawn[CELLS], sum[CELLS] = {0}, squares[CELLS] = {0}, all[CELLS];
  double product = 0;
  ioi_small_laws laws;
  (void) state;
  for (size_t k = 0; k < CELLS; k++) all[k] = 366;
  ioi_persons_laws(366, column, &laws);
  for (uint64_t draw = 0; draw < DRAWS; draw++) {
    ioi_stream s;
    ioi_stream_open(&s, 26, draw);
    ioi_resample_persons(&from, 366, &laws, &s, drawn);
    assert_true(members(drawn, CELLS) == 366);
    for (size_t k = 0; k < CELLS; k++) {
      sum[k] += drawn[k];
      squares[k] += drawn[k] * drawn[k];
    }
    product += drawn[1] * drawn[2];
  }
  has_multinomial_moments(&from, sum, squares, product, 1, 2, all);
  free(column);
}

static void groups_keep_their_totals(void **state)
{
  const double total[GROUPS] = {47, 48, 35};
  double drawn[CELLS], sum[CELLS] = {0}, squares[CELLS] = {0}, all[CELLS];
  double product = 0;
  prepared p;
  (void) state;
  prepare(&p, &table);
  for (size_t k = 0; k < CELLS; k++) all[k] = total[k / UNITS];
  for (uint64_t draw = 0; draw < DRAWS; draw++) {
    ioi_stream s;
    ioi_stream_open(&s, 22, draw);
    ioi_resample_by_group(&p.margins, &s, drawn);
    for (size_t g = 0; g < GROUPS; g++)
      assert_true(members(drawn + g * UNITS, UNITS) == total[g]);
    for (size_t k = 0; k < CELLS; k++) {
      sum[k] += drawn[k];
      squares[k] += drawn[k] * drawn[k];
    }
    product += drawn[0] * drawn[3];
  }
  has_multinomial_moments(&table, sum, squares, product, 0, 3, all);
}

/* A handful, where no Poisson draw is made; fractions, to the nearest whole
 * person; nobody. */
static void few_persons_and_fractions(void **state)
{
  const double few[] = {1, 0, 0, 2}, part[] = {0.3, 0.4, 10.2, 89.7};
  const double none[] = {0, 0, 0, 0}, dust[] = {0.1, 0, 0, 0.2};
  const ioi_table one = {few, 2, 2, 2}, two = {part, 2, 2, 2};
  const ioi_table three = {none, 2, 2, 2}, four = {dust, 2, 2, 2};
  double drawn[4], first = 0, small = 0;
  (void) state;
  for (uint64_t draw = 0; draw < DRAWS; draw++) {
    ioi_stream s;
    ioi_stream_open(&s, 23, draw);
    ioi_resample_persons(&one, 3, NULL, &s, drawn);
    assert_true(members(drawn, 4) == 3);
    assert_true(drawn[1] == 0 && drawn[2] == 0);
    first += drawn[0];
    ioi_resample_persons(&two, 100.6, NULL, &s, drawn);
    assert_true(members(drawn, 4) == 101);
    small += drawn[0];
    ioi_resample_persons(&three, 0, NULL, &s, drawn);
    assert_true(members(drawn, 4) == 0);
    ioi_resample_persons(&four, 0.3, NULL, &s, drawn);
    assert_true(members(drawn, 4) == 0);
  }
  near(first / DRAWS, 1, 4.5 * sqrt(2.0 / 3 / DRAWS));
  near(small / DRAWS, 101 * 0.3 / 100.6, 4.5 * sqrt(0.3 / DRAWS));
}

static void large_tables_keep_their_total(void **state)
{
  const double n[] = {3e9, 1e12, 5, 2e9};
  const ioi_table large = {n, 2, 2, 2};
  double drawn[4];
  (void) state;
  for (uint64_t draw = 0; draw < 50; draw++) {
    ioi_stream s;
    ioi_stream_open(&s, 24, draw);
    ioi_resample_persons(&large, 1.005000000005e12, NULL, &s, drawn);
    assert_true(members(drawn, 4) == 1.005000000005e12);
    near(drawn[0], 3e9, 6 * sqrt(3e9));
  }
}

/* The units with members, each as often as any other, as they are. */
static void units_are_drawn_whole(void **state)
{
  double times[UNITS], drawn[CELLS], got[UNITS] = {0};
  prepared p;
  (void) state;
  prepare(&p, &table);
  assert_int_equal(p.margins.occupied, 3);
  for (uint64_t draw = 0; draw < DRAWS; draw++) {
    ioi_stream s;
    ioi_stream_open(&s, 25, draw);
    ioi_resample_units(&p.margins, &s, times, drawn);
    near(times[0] + times[1] + times[2], 3, 0);
    for (size_t i = 0; i < 3; i++) {
      size_t from = UNITS;
      for (size_t k = 0; k < UNITS; k++)
        if (drawn[i] == count[k] && drawn[3 + i] == count[STRIDE + k]
            && drawn[6 + i] == count[2 * STRIDE + k])
          from = k;
      assert_true(from < UNITS && from != 1);
      got[from]++;
    }
  }
  for (size_t k = 0; k < UNITS; k++)
    near(got[k] / DRAWS, k == 1 ? 0 : 1, 4.5 * sqrt(2.0 / 3 / DRAWS));
}

static void limits_by_hand(void **state)
{
  /* the second column of two; 11 values from 0 to 10 and two that are lost */
  const double theta[] = {-1, 4,  -1, NAN, -1, 0,  -1,  10, -1, 2,  -1, 7,  -1,
                          1,  -1, 3,  -1,  5,  -1, NAN, -1, 9,  -1, 6,  -1, 8};
  double sorted[13];
  (void) state;
  const ioi_bootstrap b =
    ioi_bootstrap_limits(theta + 1, 2, 13, 5.5, 0.75, sorted);
  assert_int_equal(b.values, 11);
  near(b.mean, 5, 1e-15);
  near(b.low, 2 * 5.5 - 8.75, 1e-14); /* 0.875 of the way from 0 to 10 */
  near(b.high, 2 * 5.5 - 1.25, 1e-14);
  const ioi_bootstrap all =
    ioi_bootstrap_limits(theta + 1, 2, 13, 5, 1, sorted);
  near(all.low, 0, 0);
  near(all.high, 10, 0);
}

static void fewer_than_two_values_give_none(void **state)
{
  const double theta[] = {NAN, 3, NAN};
  double sorted[3];
  (void) state;
  const ioi_bootstrap b = ioi_bootstrap_limits(theta, 1, 3, 3, 0.95, sorted);
  assert_int_equal(b.values, 1);
  assert_true(isnan(b.mean) && isnan(b.low) && isnan(b.high));
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(persons_are_a_multinomial),
    cmocka_unit_test(tables_hold_the_poisson_law),
    cmocka_unit_test(tables_change_no_law),
    cmocka_unit_test(groups_keep_their_totals),
    cmocka_unit_test(few_persons_and_fractions),
    cmocka_unit_test(large_tables_keep_their_total),
    cmocka_unit_test(units_are_drawn_whole),
    cmocka_unit_test(limits_by_hand),
    cmocka_unit_test(fewer_than_two_values_give_none),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
