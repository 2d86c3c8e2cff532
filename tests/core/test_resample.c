/* test_resample.c - variance from replicate weights: groups of equal factors,
 * totals against explicit sums, variances against the written-out definition and
 * a jackknife against the textbook. */
#include "core/resample.h"

#include <limits.h>

#include "road.h"

enum { PSUS = 6, EACH = 4, ROWS = PSUS * EACH, REPLICATES = 5 };

typedef struct {
  ioi_status status;
  size_t groups;
  int group[ROWS];
  double factor[(ROWS + 1) * REPLICATES];
} grouping;

static void find(const ioi_numbers *replicate, size_t replicates,
                 const double *weight, size_t rows, size_t most, grouping *out)
{
  const ioi_numbers of = {.real = weight};
  size_t slots = 4;
  while (slots <= 2 * most) slots *= 2;
  int *work = zeroed(slots + most, sizeof *work);
  int *first = zeroed(most, sizeof *first);
  double *f = zeroed(most, sizeof *f);
  out->groups = 99;
  out->status =
    ioi_resample_groups(replicate, replicates, &of, rows, most, out->group,
                        first, f, work, slots, &out->groups);
  if (out->status == IOI_OK)
    ioi_resample_factors(replicate, replicates, &of, first, out->groups,
                         out->factor);
  free(f);
  free(first);
  free(work);
}

/* One replicate of real numbers. */
static grouping find_one(const double *replicate, const double *weight,
                         size_t rows, size_t most)
{
  grouping out;
  const ioi_numbers column = {.real = replicate};
  find(&column, 1, weight, rows, most, &out);
  return out;
}

/* Six PSUs with factors that differ, in an order that is drawn; weights are
 * drawn too, so that factor x weight is rounded. */
static void groups_are_the_psus(void **state)
{
  uint64_t seed = 20190603;
  (void) state;
  for (size_t round = 0; round < 200; round++) {
    double f[PSUS][REPLICATES], weight[ROWS], x[REPLICATES][ROWS];
    int psu[ROWS], as_group[PSUS], next = 0;
    ioi_numbers column[REPLICATES] = {{0}};
    for (size_t i = 0; i < ROWS; i++) psu[i] = (int) (i / EACH);
    for (size_t i = ROWS - 1; i > 0; i--) {
      const size_t j = draw_below(&seed, i + 1);
      const int held = psu[i];
      psu[i] = psu[j];
      psu[j] = held;
    }
    /* Replicate j leaves PSU j out; PSU 5 is never left out. */
    for (size_t j = 0; j < PSUS; j++)
      for (size_t r = 0; r < REPLICATES; r++) f[j][r] = j == r ? 0 : 1.2;
    for (size_t r = 0; r < REPLICATES; r++) column[r].real = x[r];
    for (size_t i = 0; i < ROWS; i++) {
      weight[i] = 1000 * draw_unit(&seed) + 1e-3;
      for (size_t r = 0; r < REPLICATES; r++)
        x[r][i] = weight[i] * f[psu[i]][r];
    }
    grouping out;
    find(column, REPLICATES, weight, ROWS, PSUS, &out); /* no room to spare */
    assert_int_equal(out.status, IOI_OK);
    assert_int_equal(out.groups, PSUS);
    for (size_t j = 0; j < PSUS; j++) as_group[j] = -1;
    for (size_t i = 0; i < ROWS; i++) { /* numbered as they come */
      if (as_group[psu[i]] < 0) as_group[psu[i]] = next++;
      assert_int_equal(out.group[i], as_group[psu[i]]);
      for (size_t r = 0; r < REPLICATES; r++)
        near(out.factor[(size_t) out.group[i] * REPLICATES + r], f[psu[i]][r],
             1e-15);
    }
  }
}

static void integers_are_read_as_reals(void **state)
{
  const int whole[2][6] = {{0, 2, 0, 2, 0, 1}, {3, 0, 3, 0, 3, 0}};
  const double real[] = {3, 0, 3, 0, 3, 0}, weight[] = {1, 2, 1, 2, 1, 1};
  const ioi_numbers both[] = {{.integer = whole[0]}, {.integer = whole[1]}};
  const ioi_numbers mixed[] = {{.integer = whole[0]}, {.real = real}};
  const int of[] = {0, 1, 0, 1, 0, 1}, plain[] = {0, 1, 0, 1, 0, 2};
  const double factor[] = {0, 3, 2, 0, 1, 0}, divided[] = {0, 3, 1, 0};
  (void) state;
  for (int k = 0; k < 2; k++) {
    grouping out;
    find(k ? mixed : both, 2, NULL, 6, 3, &out);
    assert_int_equal(out.status, IOI_OK);
    assert_int_equal(out.groups, 3);
    assert_memory_equal(out.group, plain, sizeof plain);
    same(out.factor, factor, 6);
    find(k ? mixed : both, 2, weight, 6, 3, &out);
    assert_int_equal(out.groups, 2);
    assert_memory_equal(out.group, of, sizeof of);
    same(out.factor, divided, 4);
  }
  /* Integer weights. */
  const int whole_weight[] = {1, 2, 1, 2, 1, 1};
  const ioi_numbers w = {.integer = whole_weight};
  int group[6], first[3], work[11];
  double f[3];
  size_t groups = 0;
  assert_int_equal(
    ioi_resample_groups(both, 2, &w, 6, 3, group, first, f, work, 8, &groups),
    IOI_OK);
  assert_int_equal(groups, 2);
  assert_memory_equal(group, of, sizeof of);
}

/* 1.3 and what differs from it by less, and by more, than 1e-12 of it. */
static void tolerance_is_that_of_the_header(void **state)
{
  const double near_by[] = {1.3, 1.3 * (1 + 9e-13), 1.3 * (1 - 9e-13)};
  const double apart[] = {1.3, 1.3 * (1 + 1.1e-12), 1.3 * (1 - 1.1e-12)};
  const double small[] = {1e-9, 1e-9 * (1 + 1.1e-12), 1e-9 * (1 - 9e-13)};
  (void) state;
  assert_int_equal(find_one(near_by, NULL, 3, 3).groups, 1);
  assert_int_equal(find_one(apart, NULL, 3, 3).groups, 3);
  const grouping out = find_one(small, NULL, 3, 3);
  assert_int_equal(out.groups, 2);
  assert_true(out.group[0] == out.group[2] && out.group[0] != out.group[1]);
}

/* 1 and the next double below it lie on the two sides of a power of two. */
static void rounding_does_not_part_powers_of_two(void **state)
{
  (void) state;
  for (int power = -30; power <= 30; power++) {
    const double f = ldexp(1, power);
    const double x[] = {f, nextafter(f, 0), nextafter(f, 2 * f), f, 0};
    const grouping out = find_one(x, NULL, 5, 2);
    assert_int_equal(out.status, IOI_OK);
    assert_int_equal(out.groups, 2);
    assert_true(out.group[1] == 0 && out.group[2] == 0 && out.group[4] == 1);
  }
}

/* Numbers that agree in six digits but not in twelve, and 2 and 1 + 2^-19, share
 * a hash; one small table has many that meet in a slot by chance. */
static void shared_hashes_are_told_apart(void **state)
{
  double x[ROWS];
  uint64_t seed = 7;
  (void) state;
  for (size_t i = 0; i < ROWS; i++) x[i] = 1.25 + 1e-10 * (double) (i % 8);
  grouping out = find_one(x, NULL, ROWS, 8);
  assert_int_equal(out.status, IOI_OK);
  assert_int_equal(out.groups, 8);
  for (size_t i = 0; i < ROWS; i++) assert_int_equal(out.group[i], i % 8);
  const double two[] = {2, 1 + 0x1p-19, 2};
  out = find_one(two, NULL, 3, 3);
  assert_true(out.groups == 2 && out.group[1] == 1 && out.group[2] == 0);
  for (size_t round = 0; round < 500; round++) {
    for (size_t i = 0; i < 12; i++) x[i] = x[i + 12] = 5 * draw_unit(&seed);
    out = find_one(x, NULL, ROWS, 12);
    assert_int_equal(out.groups, 12);
    for (size_t i = 0; i < ROWS; i++) assert_int_equal(out.group[i], i % 12);
    same(out.factor, x, 12);
  }
}

/* Exactly `most` groups fit, wherever the last record stands. */
static void full_is_more_groups_than_there_is_room_for(void **state)
{
  const double x[] = {1, 2, 3, 1, 2, 3};
  (void) state;
  assert_int_equal(find_one(x, NULL, 6, 3).status, IOI_OK);
  assert_int_equal(find_one(x, NULL, 6, 3).groups, 3);
  assert_int_equal(find_one(x, NULL, 6, 2).status, IOI_EFULL);
  assert_int_equal(find_one(x, NULL, 3, 2).status, IOI_EFULL);
  assert_int_equal(find_one(x, NULL, 2, 2).status, IOI_OK);
  assert_int_equal(find_one(x, NULL, 1, 0).status, IOI_EFULL);
  assert_int_equal(find_one(x, NULL, 0, 0).status, IOI_OK);
  assert_int_equal(find_one(x, NULL, 0, 0).groups, 0);
}

static void values_outside_the_range(void **state)
{
  const double bad[] = {-1, -1e-300, NAN, INFINITY, -INFINITY};
  const double one[] = {1, 1, 1};
  (void) state;
  for (size_t k = 0; k < 5; k++) {
    const double x[] = {1, bad[k], 1};
    assert_int_equal(find_one(x, one, 3, 3).status, IOI_EDOMAIN);
    assert_int_equal(find_one(x, NULL, 3, 3).status, IOI_EDOMAIN);
    assert_int_equal(find_one(one, x, 3, 3).status, IOI_EDOMAIN);
  }
  const int missing[] = {1, INT_MIN}, negative[] = {1, -1};
  const ioi_numbers columns[] = {{.integer = missing}, {.integer = negative}};
  for (size_t k = 0; k < 2; k++) {
    grouping out;
    find(columns + k, 1, NULL, 2, 2, &out);
    assert_int_equal(out.status, IOI_EDOMAIN);
  }
  const double tiny[] = {1, 1e-310, 1}, large[] = {1, 1e10, 1};
  assert_int_equal(find_one(large, tiny, 3, 3).status, IOI_EDOMAIN);
}

static void weight_0_has_factor_0_or_none(void **state)
{
  const double weight[] = {2, 0, 0, 4}, x[] = {3, 0, 0, 6};
  const double above[] = {3, 0, 1e-9, 6};
  (void) state;
  const grouping out = find_one(x, weight, 4, 4);
  assert_int_equal(out.status, IOI_OK);
  assert_int_equal(out.groups, 2);
  assert_true(out.factor[0] == 1.5 && out.factor[1] == 0);
  assert_true(out.group[1] == 1 && out.group[2] == 1 && out.group[3] == 0);
  assert_int_equal(find_one(above, weight, 4, 4).status, IOI_EDOMAIN);
}

/* Records drawn into units and cells: totals by unit, dense and sparse, give
 * what the records themselves give. */
static void totals_are_sums_over_the_records(void **state)
{
  enum { UNITS = 6, CELLS = 7, RECORDS = 40 };
  uint64_t seed = 11;
  (void) state;
  for (size_t round = 0; round < 100; round++) {
    double dense[UNITS * CELLS] = {0}, factor[UNITS * REPLICATES];
    double want[REPLICATES * CELLS] = {0};
    double got[2][REPLICATES * CELLS];
    for (size_t i = 0; i < UNITS * REPLICATES; i++)
      factor[i] = draw_below(&seed, 3) ? 2 * draw_unit(&seed) : 0;
    for (size_t i = 0; i < RECORDS; i++) {
      const size_t unit = draw_below(&seed, UNITS - 1); /* the last is empty */
      const size_t cell = draw_below(&seed, CELLS);
      const double wz = draw_unit(&seed) * 10 - 2;
      dense[unit * CELLS + cell] += wz;
      for (size_t r = 0; r < REPLICATES; r++)
        want[r * CELLS + cell] += factor[unit * REPLICATES + r] * wz;
    }
    int first[UNITS + 1] = {0}, cell[UNITS * CELLS], entries = 0;
    double sparse[UNITS * CELLS];
    for (size_t j = 0; j < UNITS; j++) {
      for (size_t c = 0; c < CELLS; c++)
        if (dense[j * CELLS + c] != 0) {
          cell[entries] = (int) c;
          sparse[entries++] = dense[j * CELLS + c];
        }
      first[j + 1] = entries;
    }
    memset(got, 0xAB, sizeof got); /* what stands there does not matter */
    double space[REPLICATES * CELLS];
    memset(space, 0xAB, sizeof space);
    ioi_resample_totals(UNITS, CELLS, NULL, NULL, dense, factor, REPLICATES,
                        got[0], space);
    ioi_resample_totals(UNITS, CELLS, first, cell, sparse, factor, REPLICATES,
                        got[1], space);
    same(got[0], got[1], REPLICATES * CELLS);
    for (size_t i = 0; i < REPLICATES * CELLS; i++)
      near(got[0][i], want[i], 1e-12);
  }
}

static void totals_by_hand(void **state)
{
  const double w[] = {1, 2, 10, 20}, factor[] = {0, 2, 1, 1, 0.5, 3};
  const double want[] = {10, 20, 7, 14, 31, 62};
  double got[6], space[6];
  (void) state;
  ioi_resample_totals(2, 2, NULL, NULL, w, factor, 3, got, space);
  /* Replicates (0, 1), (2, 0.5), (1, 3) of the two units. */
  same(got, want, 6);
}

enum { ESTIMATES = 3, DRAWS = 8 };

/* V of one pair, as it is written. */
static double definition(const double *estimate, const double *theta,
                         const double *rscale, double scale, size_t a, size_t b)
{
  double m[2] = {0, 0}, v = 0;
  const size_t of[] = {a, b};
  double there[2] = {0, 0};
  for (size_t k = 0; k < 2; k++) {
    double n = 0;
    for (size_t r = 0; r < DRAWS; r++) {
      const double t = theta[r * ESTIMATES + of[k]];
      there[k] += !isnan(t);
      if (isnan(t) || rscale[r] == 0) continue;
      m[k] += t;
      n++;
    }
    m[k] = estimate ? estimate[of[k]] : m[k] / n;
  }
  if (there[0] == 0 || there[1] == 0) return NAN;
  for (size_t r = 0; r < DRAWS; r++) {
    const double s = theta[r * ESTIMATES + a], t = theta[r * ESTIMATES + b];
    if (isnan(s) || isnan(t)) continue;
    v += scale * rscale[r] * (s - m[0]) * (t - m[1]);
  }
  return v;
}

static void agrees_with_definition(const double *estimate, const double *theta,
                                   const double *rscale, double scale)
{
  double v[ESTIMATES * ESTIMATES], alone[ESTIMATES], work[2 * ESTIMATES];
  double missing[ESTIMATES], again[ESTIMATES];
  memset(v, 0xAB, sizeof v);
  memset(alone, 0xAB, sizeof alone);
  ioi_resample_variance(estimate, theta, DRAWS, ESTIMATES, scale, rscale, 1, v,
                        missing, work);
  ioi_resample_variance(estimate, theta, DRAWS, ESTIMATES, scale, rscale, 0,
                        alone, again, work);
  same(again, missing, ESTIMATES);
  for (size_t a = 0; a < ESTIMATES; a++) {
    double left_out = 0;
    for (size_t r = 0; r < DRAWS; r++)
      left_out += isnan(theta[r * ESTIMATES + a]);
    assert_true(missing[a] == left_out);
    near(alone[a], v[a * ESTIMATES + a], 0);
    for (size_t b = 0; b < ESTIMATES; b++) {
      near(v[a * ESTIMATES + b],
           definition(estimate, theta, rscale, scale, a, b), 1e-12);
      near(v[a * ESTIMATES + b], v[b * ESTIMATES + a], 0);
    }
  }
}

/* Both centres; rscales some of which are 0; then replicates that miss, and an
 * estimate that all replicates miss. */
static void variance_is_the_definition(void **state)
{
  const double estimate[] = {1, -2, 0.5};
  uint64_t seed = 5;
  (void) state;
  for (size_t round = 0; round < 400; round++) {
    double theta[DRAWS * ESTIMATES], rscale[DRAWS];
    for (size_t i = 0; i < DRAWS * ESTIMATES; i++)
      theta[i] = estimate[i % ESTIMATES] + draw_unit(&seed) - 0.3;
    for (size_t r = 0; r < DRAWS; r++)
      rscale[r] = round % 2 && r % 4 == 1 ? 0 : draw_unit(&seed) + 0.1;
    if (round % 4 > 1)
      for (size_t i = ESTIMATES; i < DRAWS * ESTIMATES; i++)
        if (draw_below(&seed, 4) == 0) theta[i] = NAN;
    if (round % 5 == 4)
      for (size_t r = 0; r < DRAWS; r++) theta[r * ESTIMATES + 1] = NAN;
    agrees_with_definition(estimate, theta, rscale, 0.875);
    agrees_with_definition(NULL, theta, rscale, 0.875);
  }
}

/* Replicates 1, 3, 8 and missing; the third has rscale 0. About 1.5:
 * 2 (1 x 0.25 + 0.5 x 2.25) = 2.75; about the mean of 1 and 3:
 * 2 (1 x 1 + 0.5 x 1) = 3. */
static void variance_by_hand(void **state)
{
  const double theta[] = {1, 3, 8, NAN}, rscale[] = {1, 0.5, 0, 1};
  const double estimate = 1.5;
  double v, missing, work[2];
  (void) state;
  ioi_resample_variance(&estimate, theta, 4, 1, 2, rscale, 0, &v, &missing,
                        work);
  near(v, 2.75, 1e-15);
  assert_true(missing == 1);
  ioi_resample_variance(NULL, theta, 4, 1, 2, rscale, 1, &v, &missing, work);
  near(v, 3, 1e-15);
  assert_true(missing == 1);
}

static void no_replicate_no_variance(void **state)
{
  const double theta[] = {NAN, 1, NAN, 3}, rscale[] = {1, 1};
  const double estimate[] = {5, 2};
  double v[4], missing[2], work[4];
  (void) state;
  for (int k = 0; k < 2; k++) {
    ioi_resample_variance(k ? estimate : NULL, theta, 2, 2, 0.5, rscale, 1, v,
                          missing, work);
    assert_true(isnan(v[0]) && isnan(v[1]) && isnan(v[2]));
    near(v[3], 1, 1e-15);
    assert_true(missing[0] == 2 && missing[1] == 0);
    ioi_resample_variance(k ? estimate : NULL, theta, 2, 2, 0.5, rscale, 0, v,
                          missing, work);
    assert_true(isnan(v[0]));
    near(v[1], 1, 1e-15);
  }
  ioi_resample_variance(estimate, NULL, 0, 2, 1, NULL, 0, v, missing, work);
  assert_true(isnan(v[0]) && isnan(v[1]) && missing[0] == 0);
}

/* Deleting one of n records at a time and (n - 1)/n as the scale gives the
 * variance of a mean exactly: s^2/n (Wolter 2007, section 4.2). The road is that
 * of the package: weights, groups, totals, estimates, variance. */
static void jackknife_of_a_mean_is_the_textbook(void **state)
{
  enum { N = 5 };
  const double y[N] = {4, 8, 5, 2, 9.5}, weight[N] = {3, 3, 3, 3, 3};
  double x[N][N], totals[2][N], theta[N], rscale[N], v, missing, work[2];
  double space[N], mean = 0, square = 0, wy[N];
  ioi_numbers column[N] = {{0}};
  grouping out;
  (void) state;
  for (size_t r = 0; r < N; r++) {
    column[r].real = x[r];
    rscale[r] = 1;
    mean += y[r] / N;
    wy[r] = weight[r] * y[r];
    for (size_t i = 0; i < N; i++)
      x[r][i] = i == r ? 0 : weight[i] * N / (N - 1);
  }
  for (size_t i = 0; i < N; i++) square += (y[i] - mean) * (y[i] - mean);
  find(column, N, weight, N, N, &out);
  assert_int_equal(out.groups, N);
  ioi_resample_totals(N, 1, NULL, NULL, weight, out.factor, N, totals[0],
                      space);
  ioi_resample_totals(N, 1, NULL, NULL, wy, out.factor, N, totals[1], space);
  for (size_t r = 0; r < N; r++) theta[r] = totals[1][r] / totals[0][r];
  for (int about_mean = 0; about_mean < 2; about_mean++) {
    ioi_resample_variance(about_mean ? NULL : &mean, theta, N, 1, (N - 1.) / N,
                          rscale, 0, &v, &missing, work);
    near(v, square / (N - 1) / N, 1e-14);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(groups_are_the_psus),
    cmocka_unit_test(integers_are_read_as_reals),
    cmocka_unit_test(tolerance_is_that_of_the_header),
    cmocka_unit_test(rounding_does_not_part_powers_of_two),
    cmocka_unit_test(shared_hashes_are_told_apart),
    cmocka_unit_test(full_is_more_groups_than_there_is_room_for),
    cmocka_unit_test(values_outside_the_range),
    cmocka_unit_test(weight_0_has_factor_0_or_none),
    cmocka_unit_test(totals_are_sums_over_the_records),
    cmocka_unit_test(totals_by_hand),
    cmocka_unit_test(variance_is_the_definition),
    cmocka_unit_test(variance_by_hand),
    cmocka_unit_test(no_replicate_no_variance),
    cmocka_unit_test(jackknife_of_a_mean_is_the_textbook),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
