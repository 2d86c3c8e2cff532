/* test_segregation_within.c - nested indices: identities that hold for any
 * table, finite differences, the example of the R package segregation, edges. */
#include "core/segregation_within.h"
#include "road.h"

enum { UNITS = 18, GROUPS = 3, CELLS = UNITS * GROUPS, AREAS = 1 + 3 + 6 };

static const int region[UNITS] = {4, 4, 4, 4, 4, 4, 5, 5, 5,
                                  5, 5, 5, 6, 6, 6, 6, 6, 6};
static const int district[UNITS] = {0, 0, 0, 1, 1, 1, 2, 2, 2,
                                    3, 3, 3, 4, 4, 4, 5, 5, 5};
static const int *const area[2] = {region, district};
static const int all_columns[GROUPS] = {0, 1, 2};
static const int a_pair[GROUPS] = {1, -1, 0};

static ioi_nest nest_of(const double *count, const int *column, size_t columns)
{
  return (ioi_nest){{count, UNITS, UNITS, GROUPS}, column, columns, 0, 3, area};
}

typedef struct {
  ioi_status status;
  double total[AREAS * GROUPS], estimate[AREAS], weight[AREAS], part[AREAS];
  double level[3];
  size_t parent[AREAS], children[AREAS];
} answer;

static answer measure(const ioi_nest *nest, ioi_nest_index index)
{
  answer a;
  ioi_exact sum[AREAS];
  double work[GROUPS];
  memset(&a, 0, sizeof a);
  a.level[0] = a.level[1] = a.level[2] = -9;
  a.status = ioi_nest_totals(nest, a.total, a.parent);
  if (a.status != IOI_OK) return a;
  ioi_nest_sums(nest, index, a.total, a.parent, sum, a.children, work);
  a.status = ioi_nest_parts(nest, index, a.total, sum, a.children, a.estimate,
                            a.weight, a.part, a.level);
  return a;
}

static void fill(double *count, uint64_t seed)
{
  for (size_t c = 0; c < CELLS; c++)
    count[c] = 2 + (double) draw_below(&seed, 60);
}

/* The mutual information of a table of areas, by the definition. */
static double slow_m(const double *x, size_t rows, size_t columns)
{
  double all = 0, sum = 0;
  for (size_t i = 0; i < rows * columns; i++) all += x[i];
  for (size_t i = 0; i < rows; i++)
    for (size_t c = 0; c < columns; c++) {
      double t = 0, n = 0, p = x[i * columns + c] / all;
      for (size_t h = 0; h < columns; h++) t += x[i * columns + h];
      for (size_t j = 0; j < rows; j++) n += x[j * columns + c];
      if (p > 0) sum += p * log(p / (t / all * (n / all)));
    }
  return sum;
}

static const ioi_nest_index every[] = {IOI_NEST_INFORMATION, IOI_NEST_THEIL,
                                       IOI_NEST_DIVERSITY, IOI_NEST_ATKINSON};

static void example_of_a_help_page(void **state)
{
  (void) state;
  static const double doc[] = {100, 60, 40, 0, 0, 40, 60, 100};
  static const int column[] = {0, 1};
  const ioi_nest nest = {{doc, 4, 4, 2}, column, 2, 0, 1, NULL};
  double total[2], estimate, weight, part, level, work[2];
  ioi_exact sum;
  size_t parent, children;
  assert_int_equal(ioi_nest_totals(&nest, total, &parent), IOI_OK);
  ioi_nest_sums(&nest, IOI_NEST_INFORMATION, total, &parent, &sum, &children,
                work);
  ioi_nest_parts(&nest, IOI_NEST_INFORMATION, total, &sum, &children, &estimate,
                 &weight, &part, &level);
  near(level, 0.356641347055, 1e-11); /* segregation 1.1.0 */
  ioi_nest_sums(&nest, IOI_NEST_ATKINSON, total, &parent, &sum, &children,
                work);
  ioi_nest_parts(&nest, IOI_NEST_ATKINSON, total, &sum, &children, &estimate,
                 &weight, &part, &level);
  near(level, 0.510102051443, 1e-11);
  assert_int_equal(children, 4);
  near(weight, 1, 1e-15);
}

static void levels_are_differences_of_coarser_tables(void **state)
{
  (void) state;
  double count[CELLS], units[CELLS];
  fill(count, 3);
  const ioi_nest nest = nest_of(count, all_columns, 3);
  const answer a = measure(&nest, IOI_NEST_INFORMATION);
  for (size_t i = 0; i < UNITS; i++)
    for (size_t g = 0; g < GROUPS; g++)
      units[i * GROUPS + g] = count[g * UNITS + i];
  const double one = slow_m(a.total + 1 * GROUPS, 3, GROUPS);
  const double two = slow_m(a.total + 4 * GROUPS, 6, GROUPS);
  near(a.level[0], one, 1e-14);
  near(a.level[1], two - one, 1e-14);
  near(a.level[2], slow_m(units, UNITS, GROUPS) - two, 1e-14);
}

static void parts_add_up_to_the_index_of_units_alone(void **state)
{
  (void) state;
  double count[CELLS];
  fill(count, 4);
  for (size_t k = 0; k < 4; k++) {
    const ioi_nest nest = nest_of(count, all_columns, 3);
    ioi_nest flat = nest;
    flat.steps = 1;
    const answer a = measure(&nest, every[k]), b = measure(&flat, every[k]);
    assert_int_equal(a.status, IOI_OK);
    near(a.level[0] + a.level[1] + a.level[2], b.level[0], 1e-14);
    for (size_t i = 0; i < AREAS; i++)
      near(a.part[i], a.weight[i] * a.estimate[i], 0);
  }
}

static void a_pair_is_two_columns(void **state)
{
  (void) state;
  double count[CELLS], two[2 * UNITS];
  static const int straight[] = {0, 1};
  fill(count, 5);
  memcpy(two, count + 2 * UNITS, UNITS * sizeof *two);
  memcpy(two + UNITS, count, UNITS * sizeof *two);
  for (size_t k = 0; k < 4; k++) {
    const ioi_nest nest = nest_of(count, a_pair, 2);
    const ioi_nest same_pair = {
      {two, UNITS, UNITS, 2}, straight, 2, 1, 3, area};
    const answer a = measure(&nest, every[k]),
                 b = measure(&same_pair, every[k]);
    same(a.level, b.level, 3);
  }
}

static void influence_is_the_slope(void **state)
{
  (void) state;
  double count[CELLS], u[3 * CELLS], work[2 * GROUPS];
  fill(count, 6);
  for (size_t k = 0; k < 4; k++) {
    const ioi_nest nest = nest_of(count, all_columns, 3);
    const answer a = measure(&nest, every[k]);
    ioi_nest_influence(&nest, every[k], a.total, a.level, CELLS, u, work);
    for (size_t c = 0; c < CELLS; c++) {
      const double n = count[c], h = 1e-4;
      count[c] = n + h;
      const answer up = measure(&nest, every[k]);
      count[c] = n - h;
      const answer down = measure(&nest, every[k]);
      count[c] = n;
      for (size_t l = 0; l < 3; l++)
        near(u[l * CELLS + c], (up.level[l] - down.level[l]) / (2 * h), 1e-9);
    }
  }
}

static void influence_sums_to_0_over_persons(void **state)
{
  (void) state;
  double count[CELLS], u[3 * CELLS], work[2 * GROUPS];
  fill(count, 7);
  count[3] = count[20] = count[21] = 0;
  const ioi_nest nest = nest_of(count, all_columns, 3);
  for (size_t k = 0; k < 4; k++) {
    const answer a = measure(&nest, every[k]);
    ioi_nest_influence(&nest, every[k], a.total, a.level, CELLS, u, work);
    for (size_t l = 0; l < 3; l++) {
      double sum = 0;
      for (size_t c = 0; c < CELLS; c++) sum += count[c] * u[l * CELLS + c];
      near(sum, 0, 1e-12);
    }
  }
}

static void area_that_lacks_groups_weighs_nothing(void **state)
{
  (void) state;
  double count[CELLS];
  fill(count, 8);
  for (size_t i = 6; i < 12; i++) count[i] = count[UNITS + i] = 0;
  const ioi_nest nest = nest_of(count, all_columns, 3);
  for (size_t k = 1; k < 4; k++) {
    const answer a = measure(&nest, every[k]);
    near(a.estimate[2], NAN, 0);
    near(a.weight[2], 0, 0);
    near(a.part[2], 0, 0);
  }
  near(measure(&nest, IOI_NEST_INFORMATION).estimate[2], 0, 1e-15);
}

static void nothing_to_measure_is_said(void **state)
{
  (void) state;
  double count[CELLS] = {0};
  const ioi_nest nest = nest_of(count, all_columns, 3);
  for (size_t k = 0; k < 4; k++)
    assert_int_equal(measure(&nest, every[k]).status, IOI_EEMPTY);
  count[0] = 4; /* one group: M is 0, the others have no value */
  near(measure(&nest, IOI_NEST_INFORMATION).level[2], 0, 0);
  assert_int_equal(measure(&nest, IOI_NEST_THEIL).status, IOI_EEMPTY);
  count[UNITS] = 4; /* one unit */
  near(measure(&nest, IOI_NEST_INFORMATION).level[2], 0, 0);
  assert_int_equal(measure(&nest, IOI_NEST_THEIL).status, IOI_ESINGLE);
  near(measure(&nest, IOI_NEST_THEIL).level[0], -9, 0);
}

static void pair_without_members_of_one_has_no_value(void **state)
{
  (void) state;
  double count[CELLS];
  fill(count, 9);
  memset(count, 0, UNITS * sizeof *count);
  ioi_nest nest = nest_of(count, a_pair, 2);
  near(measure(&nest, IOI_NEST_INFORMATION).level[0], 0, 0);
  nest.all = 1;
  assert_int_equal(measure(&nest, IOI_NEST_INFORMATION).status, IOI_EEMPTY);
}

static void no_units_are_no_fault(void **state)
{
  (void) state;
  const ioi_nest nest = {{NULL, 0, 0, GROUPS}, all_columns, 3, 0, 3, area};
  assert_int_equal(ioi_nest_areas(&nest), 1);
  assert_int_equal(measure(&nest, IOI_NEST_THEIL).status, IOI_EEMPTY);
}

static void value_that_cannot_be_used_is_an_error(void **state)
{
  (void) state;
  static const double bad[] = {-1, NAN, INFINITY};
  double count[CELLS];
  for (size_t b = 0; b < 3; b++) {
    fill(count, 10);
    count[17] = bad[b];
    const ioi_nest nest = nest_of(count, all_columns, 3);
    assert_int_equal(measure(&nest, IOI_NEST_THEIL).status, IOI_EDOMAIN);
  }
  fill(count, 10);
  count[0] = count[1] = 1.7e308;
  const ioi_nest nest = nest_of(count, all_columns, 3);
  assert_int_equal(measure(&nest, IOI_NEST_THEIL).status, IOI_EDOMAIN);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(example_of_a_help_page),
    cmocka_unit_test(levels_are_differences_of_coarser_tables),
    cmocka_unit_test(parts_add_up_to_the_index_of_units_alone),
    cmocka_unit_test(a_pair_is_two_columns),
    cmocka_unit_test(influence_is_the_slope),
    cmocka_unit_test(influence_sums_to_0_over_persons),
    cmocka_unit_test(area_that_lacks_groups_weighs_nothing),
    cmocka_unit_test(nothing_to_measure_is_said),
    cmocka_unit_test(pair_without_members_of_one_has_no_value),
    cmocka_unit_test(no_units_are_no_fault),
    cmocka_unit_test(value_that_cannot_be_used_is_an_error),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
