/* test_association.c - tests of association: simple random samples, where they have a
 * closed form, a published table, invariances, and the edges. */
#include "core/association.h"
#include "road.h"

enum { MOST = 36 };

typedef struct {
  ioi_status status;
  double chisq, trace, trace_sq;
} rao_scott;

static rao_scott test_shares(const double *p, const double *v, size_t rows,
                             size_t columns, double n)
{
  rao_scott out = {IOI_OK, -1, -1, -1};
  double *work = zeroed(ioi_association_work(rows, columns), sizeof *work);
  out.status = ioi_association_rao_scott(p, v, rows, columns, n, &out.chisq,
                                         &out.trace, &out.trace_sq, work);
  free(work);
  return out;
}

static ioi_status wald(const double *total, const double *v, size_t rows,
                       size_t columns, double *value)
{
  double *work = zeroed(ioi_association_work(rows, columns), sizeof *work);
  ioi_status status =
    ioi_association_wald(total, v, rows, columns, value, work);
  free(work);
  return status;
}

/* Shares of counts, and factor times their covariance under random sampling with
 * replacement, (diag p - p p')/n. */
static double sample(const double *count, size_t cells, double factor,
                     double *p, double *v)
{
  double n = 0;
  for (size_t x = 0; x < cells; x++) n += count[x];
  for (size_t x = 0; x < cells; x++) p[x] = count[x] / n;
  for (size_t x = 0; x < cells; x++)
    for (size_t y = 0; y < cells; y++)
      v[x * cells + y] = factor * ((x == y) * p[x] - p[x] * p[y]) / n;
  return n;
}

/* Party by gender, 1991 General Social Survey (Agresti 2007, An Introduction to
 * Categorical Data Analysis, 2nd ed., table 2.5): X^2 = 30.07 on 2 df. */
static const double party[] = {762, 327, 468, 484, 239, 477};

static void a_published_chisq(void **state)
{
  double p[6], v[36];
  const double n = sample(party, 6, 1, p, v);
  const rao_scott got = test_shares(p, v, 2, 3, n);
  (void) state;
  assert_int_equal(got.status, IOI_OK);
  near(got.chisq, 30.07, 0.005);
}

/* With a covariance that is f times that of random sampling Delta is f I. */
static void a_constant_design_effect(void **state)
{
  const double tables[3][9] = {{762, 327, 468, 484, 239, 477, 30, 20, 10},
                               {10, 1, 1, 1, 10, 1, 1, 1, 10},
                               {5, 5, 5, 5, 5, 5, 5, 5, 1000}};
  const double factor[] = {0.25, 1, 3.5};
  double p[9], v[81];
  (void) state;
  for (size_t t = 0; t < 3; t++)
    for (size_t f = 0; f < 3; f++) {
      const double n = sample(tables[t], 9, factor[f], p, v);
      const rao_scott got = test_shares(p, v, 3, 3, n);
      assert_int_equal(got.status, IOI_OK);
      near(got.trace, 4 * factor[f], 1e-11);
      near(got.trace_sq, 4 * factor[f] * factor[f], 1e-11);
    }
}

/* A table of 2 x 2 and its covariance from PSUs of random numbers of people, as
 * numbers of people in `total` and their covariance. */
static void clustered(uint64_t *seed, size_t cells, double *total, double *v)
{
  enum { PSUS = 60 };
  double psu[PSUS][MOST], mean[MOST] = {0};
  for (size_t j = 0; j < PSUS; j++)
    for (size_t x = 0; x < cells; x++) {
      psu[j][x] = 1 + 9 * draw_unit(seed) * (double) (1 + (j + x) % 4);
      mean[x] += psu[j][x] / PSUS;
    }
  for (size_t x = 0; x < cells; x++) {
    total[x] = PSUS * mean[x];
    for (size_t y = 0; y < cells; y++) {
      v[x * cells + y] = 0;
      for (size_t j = 0; j < PSUS; j++)
        v[x * cells + y] +=
          (psu[j][x] - mean[x]) * (psu[j][y] - mean[y]) * PSUS / (PSUS - 1.);
    }
  }
}

/* Covariance of shares from that of numbers, by the delta method. */
static void to_shares(const double *total, const double *v, size_t cells,
                      double *p, double *vp)
{
  double all = 0;
  for (size_t x = 0; x < cells; x++) all += total[x];
  for (size_t x = 0; x < cells; x++) p[x] = total[x] / all;
  for (size_t x = 0; x < cells; x++)
    for (size_t y = 0; y < cells; y++) {
      double sum = 0;
      for (size_t a = 0; a < cells; a++)
        for (size_t b = 0; b < cells; b++)
          sum += ((a == x) - p[x]) * v[a * cells + b] * ((b == y) - p[y]);
      vp[x * cells + y] = sum / all / all;
    }
}

/* For 2 x 2 everything is a scalar: with the log odds ratio's variance
 * g = d'Vd, d = (1, -1, -1, 1)/p, and h = sum 1/p, Delta is n g/h. The Wald test is
 * that of O_11 - R C/N. */
static void two_by_two_in_closed_form(void **state)
{
  uint64_t seed = 2;
  (void) state;
  for (int round = 0; round < 20; round++) {
    double total[4], v[16], p[4], vp[16], g = 0, h = 0, value = -1;
    clustered(&seed, 4, total, v);
    to_shares(total, v, 4, p, vp);
    const double sign[] = {1, -1, -1, 1};
    for (size_t x = 0; x < 4; x++) {
      h += 1 / p[x];
      for (size_t y = 0; y < 4; y++)
        g += sign[x] / p[x] * vp[x * 4 + y] * sign[y] / p[y];
    }
    const rao_scott got = test_shares(p, vp, 2, 2, 500);
    near(got.trace, 500 * g / h, 1e-9 * 500 * g / h);
    near(got.trace_sq, got.trace * got.trace, 1e-9 * got.trace_sq);
    const double all = total[0] + total[1] + total[2] + total[3];
    const double row = total[0] + total[1], column = total[0] + total[2];
    /* Cell 11 lies in the row and the column, 12 in the row, 21 in the column. */
    const double both = row * column / all / all;
    const double d[] = {1 - column / all - row / all + both,
                        both - column / all, both - row / all, both};
    double var = 0;
    for (size_t x = 0; x < 4; x++)
      for (size_t y = 0; y < 4; y++) var += d[x] * v[x * 4 + y] * d[y];
    const double gap = total[0] - row * column / all;
    assert_int_equal(wald(total, v, 2, 2, &value), IOI_OK);
    near(value, gap * gap / var, 1e-9 * value);
  }
}

/* Rows and columns in another order, and the table transposed, change nothing. */
static void order_does_not_matter(void **state)
{
  enum { R = 4, C = 3, CELLS = R * C };
  const size_t row[] = {2, 0, 3, 1}, column[] = {1, 2, 0};
  uint64_t seed = 99;
  double total[CELLS], v[CELLS * CELLS], p[CELLS], vp[CELLS * CELLS];
  double moved[CELLS], vm[CELLS * CELLS], pm[CELLS], vpm[CELLS * CELLS];
  double a = -1, b = -2;
  clustered(&seed, CELLS, total, v);
  to_shares(total, v, CELLS, p, vp);
  const rao_scott one = test_shares(p, vp, R, C, 800);
  assert_int_equal(wald(total, v, R, C, &a), IOI_OK);
  (void) state;
  for (int transposed = 0; transposed < 2; transposed++) {
    size_t from[CELLS];
    for (size_t i = 0; i < R; i++)
      for (size_t j = 0; j < C; j++)
        from[transposed ? j * R + i : i * C + j] = row[i] * C + column[j];
    for (size_t x = 0; x < CELLS; x++) {
      moved[x] = total[from[x]];
      for (size_t y = 0; y < CELLS; y++)
        vm[x * CELLS + y] = v[from[x] * CELLS + from[y]];
    }
    to_shares(moved, vm, CELLS, pm, vpm);
    const size_t r = transposed ? C : R, c = transposed ? R : C;
    const rao_scott two = test_shares(pm, vpm, r, c, 800);
    near(two.chisq, one.chisq, 1e-10 * one.chisq);
    near(two.trace, one.trace, 1e-10 * one.trace);
    near(two.trace_sq, one.trace_sq, 1e-10 * one.trace_sq);
    assert_int_equal(wald(moved, vm, r, c, &b), IOI_OK);
    near(b, a, 1e-9 * a);
  }
}

static void an_empty_cell_counts_as_nothing(void **state)
{
  const double count[] = {10, 20, 0, 30, 40, 50};
  double p[6], v[36];
  const double n = sample(count, 6, 1, p, v);
  const rao_scott got = test_shares(p, v, 2, 3, n);
  (void) state;
  assert_int_equal(got.status, IOI_OK);
  assert_true(got.trace > 0 && isfinite(got.trace_sq));
}

static void what_has_no_test(void **state)
{
  const double row_empty[] = {1, 2, 0, 0}, one[] = {1, 2};
  const double diagonal[] = {5, 0, 0, 0, 5, 0, 0, 0, 5};
  double p[9], v[81], value = -1;
  (void) state;
  sample(row_empty, 4, 1, p, v);
  assert_int_equal(test_shares(p, v, 2, 2, 3).status, IOI_EEMPTY);
  assert_int_equal(wald(row_empty, v, 2, 2, &value), IOI_EEMPTY);
  sample(one, 2, 1, p, v);
  assert_int_equal(test_shares(p, v, 1, 2, 3).status, IOI_EEMPTY);
  assert_int_equal(wald(one, v, 2, 1, &value), IOI_EEMPTY);
  const double n = sample(diagonal, 9, 1, p, v);
  const rao_scott got = test_shares(p, v, 3, 3, n);
  assert_int_equal(got.status, IOI_EDOMAIN);
  assert_true(got.chisq == -1 && got.trace == -1 && got.trace_sq == -1);
  memset(v, 0, sizeof v);
  assert_int_equal(wald(party, v, 2, 3, &value), IOI_EDOMAIN);
  assert_true(value == -1);
  sample(party, 6, 1, p, v);
  v[7] = NAN;
  assert_int_equal(test_shares(p, v, 2, 3, 100).status, IOI_EDOMAIN);
  assert_int_equal(wald(party, v, 2, 3, &value), IOI_EDOMAIN);
}

/* Two PSUs give a covariance of rank 1, too little for four cells of interest. */
static void a_covariance_of_low_rank_is_singular(void **state)
{
  enum { CELLS = 9 };
  const double gap[CELLS] = {3, -1, 2, 5, -4, 1, 2, 2, -7};
  double total[CELLS], v[CELLS * CELLS], value = -1;
  (void) state;
  for (size_t x = 0; x < CELLS; x++) {
    total[x] = 100 + 10 * (double) (x % 4);
    for (size_t y = 0; y < CELLS; y++) v[x * CELLS + y] = gap[x] * gap[y];
  }
  assert_int_equal(wald(total, v, 3, 3, &value), IOI_EDOMAIN);
  assert_true(value == -1);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(a_published_chisq),
    cmocka_unit_test(a_constant_design_effect),
    cmocka_unit_test(two_by_two_in_closed_form),
    cmocka_unit_test(order_does_not_matter),
    cmocka_unit_test(an_empty_cell_counts_as_nothing),
    cmocka_unit_test(what_has_no_test),
    cmocka_unit_test(a_covariance_of_low_rank_is_singular),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
