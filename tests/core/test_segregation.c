/* test_segregation.c - dissimilarity: published numbers, the definition in
 * extended precision, finite differences, identities and edges.
 *
 * Published: the 4 x 2 example on the help page of the R package segregation
 * (D = 0.6). The other tables are invented; their D was computed by OasisR,
 * the R package segregation and pysal, which agree. */
#include "core/key.h"
#include "core/segregation.h"
#include "core/sum.h"
#include "core/tally.h"
#include "core/variance.h"
#include "road.h"
#include "survey_micro.h"

enum { UNITS = 12, GROUPS = 4, CELLS = UNITS * GROUPS };

typedef struct {
  ioi_status status;
  double d, u[CELLS + GROUPS];
  size_t occupied;
} answer;

static const ioi_comparison multigroup = {IOI_COMPARE_MULTIGROUP, 0, 0};

static ioi_comparison pair(size_t a, size_t b)
{
  return (ioi_comparison){IOI_COMPARE_PAIR, a, b};
}

static ioi_comparison rest(size_t a)
{
  return (ioi_comparison){IOI_COMPARE_REST, a, 0};
}

/* An index with its options, in natural logarithms. */
static ioi_segregation_index index_of(ioi_segregation_id id)
{
  return (ioi_segregation_index){id, 0.5, 1, 0};
}

/* The answer of an index for a table whose columns stand close together. Work
 * space and results have exactly the size that the header asks for. */
static answer compare_index(ioi_segregation_index index, const double *count,
                            size_t units, size_t groups, ioi_comparison c)
{
  const ioi_table table = {count, units, units, groups};
  answer a = {IOI_OK, -1, {0}, 99};
  const size_t work = ioi_segregation_work(units, groups);
  const ioi_segregation_space space = {zeroed(work, sizeof(double)),
                                       zeroed(2 * units, sizeof(ioi_sorted))};
  double *u = zeroed(units * groups, sizeof *u);
  ioi_prepared margins = {&table, &space, NULL, NULL, 0, 0, 0};
  memset(space.real, 0xAB, work * sizeof(double));
  memset(u, 0xAB, units * groups * sizeof *u);
  ioi_segregation_prepare(&table, &space, &margins);
  a.status = ioi_segregation(&margins, &index, &c, &a.d, u, &a.occupied);
  memcpy(a.u, u, units * groups * sizeof *u);
  free(space.real);
  free(space.sorted);
  free(u);
  return a;
}

static answer compare(const double *count, size_t units, size_t groups,
                      ioi_comparison c)
{
  return compare_index(index_of(IOI_DISSIMILARITY), count, units, groups, c);
}

static double d_of(const double *count, size_t units, size_t groups,
                   ioi_comparison c)
{
  const answer a = compare(count, units, groups, c);
  assert_int_equal(a.status, IOI_OK);
  return a.d;
}

static const double doc_1[] = {100, 60, 40, 0, 0, 40, 60, 100};
static const double tiny[] = {10, 20, 30, 30, 20, 10};
static const double edge[] = {12, 0, 5, 0, 30, 1, 0, 0, 8, 5, 0,
                              10, 1, 0, 3, 0,  5, 0, 0, 0, 9};

static void published_values(void **state)
{
  (void) state;
  near(d_of(doc_1, 4, 2, pair(0, 1)), 0.6, 1e-15);
  near(d_of(doc_1, 4, 2, rest(0)), 0.6, 1e-15);
  near(d_of(doc_1, 4, 2, multigroup), 0.6, 1e-15);
  near(d_of(tiny, 3, 2, pair(0, 1)), 1.0 / 3, 1e-15);
  near(d_of(tiny, 3, 2, rest(1)), 1.0 / 3, 1e-15);
  near(d_of(tiny, 3, 2, multigroup), 1.0 / 3, 1e-15);
  near(d_of(edge, 7, 3, pair(0, 1)), 0.458333333333, 1e-12);
  near(d_of(edge, 7, 3, pair(0, 2)), 0.719362745098, 1e-12);
  near(d_of(edge, 7, 3, pair(1, 2)), 0.791666666667, 1e-12);
  near(d_of(edge, 7, 3, rest(0)), 0.557926829268, 1e-12);
  near(d_of(edge, 7, 3, rest(1)), 0.414102564103, 1e-12);
  near(d_of(edge, 7, 3, rest(2)), 0.694444444444, 1e-12);
  near(d_of(edge, 7, 3, multigroup), 0.545875420875, 1e-12);
}

/* Standard error 0.04 of the example, persons drawn at random. */
static void published_standard_error(void **state)
{
  (void) state;
  const answer a = compare(doc_1, 4, 2, pair(0, 1));
  near(sqrt(ioi_segregation_covariance(doc_1, a.u, a.u, 8)), 0.04, 1e-15);
}

/* D and its design-based standard error from respondents: keys, index, tally,
 * table, influence, variance. */
static void survey_of_respondents_has_the_published_error(void **state)
{
  enum { CELLS_HERE = 2 * MICRO_UNITS, ALL = MICRO_PSUS * CELLS_HERE };
  int psu[MICRO_ROWS], unit[MICRO_ROWS], group[MICRO_ROWS];
  double w[MICRO_ROWS], cell[ALL] = {0}, table[CELLS_HERE], variance = 0,
                        work[4096];
  int row[CELLS_HERE] = {0}, at[CELLS_HERE + 1], zero[CELLS_HERE] = {0};
  const int first[] = {0, 8, 16, 24};
  const double sampled[] = {8, 8, 8};
  const size_t parts[] = {0, 2, 1};
  unsigned char bits[4] = {0};
  ioi_level level[4 * IOI_BLOCK];
  (void) state;
  for (size_t i = 0; i < MICRO_ROWS; i++) {
    psu[i] = survey_micro[i].psu;
    unit[i] = survey_micro[i].unit;
    group[i] = survey_micro[i].group;
    w[i] = survey_micro[i].w;
  }
  /* two groups of three: the third has no level */
  const ioi_key key[] = {
    {.value = psu, .size = MICRO_PSUS, .levels = MICRO_PSUS},
    {.value = unit, .size = MICRO_UNITS, .levels = MICRO_UNITS},
    {.value = group, .size = 2, .levels = 2},
    {.parts = 3, .part = parts, .levels = ALL}};
  const ioi_rows rows = {MICRO_ROWS, 4, key, {w, NULL, 0}, 0, NULL};
  ioi_sum sum = {IOI_SUM_W, 3, IOI_NO_VALUE, IOI_NO_VALUE, cell};
  ioi_tally_rows(&rows, &sum, 1, NULL, 0, MICRO_ROWS, 1, NULL, level, NULL,
                 NULL);
  const double *const sums[] = {cell};
  const ioi_totals totals = {MICRO_PSUS, CELLS_HERE, 1, NULL, NULL, sums, NULL};
  ioi_totals_collapse(&totals, 0, table);
  const answer a = compare(table, MICRO_UNITS, 2, pair(0, 1));
  near(a.d, 0.387983215059, 1e-12);
  for (int c = 0; c <= CELLS_HERE; c++) at[c] = c;
  const ioi_design design = {
    .strata = 3, .psu_first = first, .sampled = sampled};
  const ioi_influence influence = {1, row, at, a.u};
  ioi_presence presence = {1, zero, zero, bits, bits + 3, NULL};
  ioi_presence_fill(&design, &totals, &presence);
  assert_true(ioi_variance_work(influence.rows, totals.cells, 1) <= 4096);
  ioi_variance(&design, &totals, &influence, &presence, 0, &variance, work);
  near(sqrt(variance), 0.108146112673, 1e-12);
}

/* Whole numbers below `most`, some 0; every group has members. */
static void draw_table(double *count, size_t units, size_t groups, size_t most,
                       uint64_t *seed)
{
  for (size_t c = 0; c < units * groups; c++)
    count[c] = draw_below(seed, 5) ? (double) (1 + draw_below(seed, most)) : 0;
  for (size_t g = 0; g < groups; g++) count[g * units + g % units] += 1;
}

/* The definition. */
static long double slow_multigroup(const double *count, size_t units,
                                   size_t groups)
{
  long double all = 0, interaction = 0, sum = 0;
  for (size_t c = 0; c < units * groups; c++) all += count[c];
  for (size_t g = 0; g < groups; g++) {
    long double group = 0;
    for (size_t i = 0; i < units; i++) group += count[g * units + i];
    interaction += group / all * (1 - group / all);
    for (size_t i = 0; i < units; i++) {
      long double t = 0;
      for (size_t h = 0; h < groups; h++) t += count[h * units + i];
      sum += fabsl(count[g * units + i] - t * group / all);
    }
  }
  return sum / (2 * all * interaction);
}

static long double slow_pair(const double *a, const double *b, size_t units)
{
  long double a_all = 0, b_all = 0, sum = 0;
  for (size_t i = 0; i < units; i++) {
    a_all += a[i];
    b_all += b[i];
  }
  for (size_t i = 0; i < units; i++) sum += fabsl(a[i] / a_all - b[i] / b_all);
  return sum / 2;
}

static void values_are_those_of_the_definition(void **state)
{
  double n[CELLS], other[UNITS];
  uint64_t seed = 7;
  (void) state;
  for (size_t trial = 0; trial < 500; trial++) {
    draw_table(n, UNITS, GROUPS, (size_t) 1 << trial % 40, &seed);
    near(d_of(n, UNITS, GROUPS, multigroup),
         (double) slow_multigroup(n, UNITS, GROUPS), 1e-14);
    near(d_of(n, UNITS, GROUPS, pair(1, 3)),
         (double) slow_pair(n + UNITS, n + 3 * UNITS, UNITS), 1e-14);
    for (size_t i = 0; i < UNITS; i++)
      other[i] = n[i] + n[UNITS + i] + n[3 * UNITS + i];
    near(d_of(n, UNITS, GROUPS, rest(2)),
         (double) slow_pair(n + 2 * UNITS, other, UNITS), 1e-14);
  }
}

static void two_groups_are_one_comparison(void **state)
{
  double n[2 * UNITS];
  uint64_t seed = 8;
  (void) state;
  for (size_t trial = 0; trial < 200; trial++) {
    draw_table(n, UNITS, 2, 1000, &seed);
    const answer p = compare(n, UNITS, 2, pair(0, 1));
    const answer r = compare(n, UNITS, 2, rest(0));
    const answer m = compare(n, UNITS, 2, multigroup);
    assert_true(p.d == r.d && p.occupied == r.occupied);
    same(r.u, p.u, 2 * UNITS);
    near(m.d, p.d, 1e-14);
    for (size_t c = 0; c < 2 * UNITS; c++) near(m.u[c], p.u[c], 1e-14);
  }
}

/* A few of one group among very many of the other. */
static void rare_group_keeps_its_digits(void **state)
{
  const double n[] = {6e7, 5e7, 4e7, 3, 1, 2};
  (void) state;
  const answer p = compare(n, 3, 2, pair(0, 1));
  const answer m = compare(n, 3, 2, multigroup);
  near(p.d, 1.0 / 6, 1e-15);
  near(m.d, 1.0 / 6, 1e-15);
  for (size_t c = 0; c < 6; c++) near(m.u[c], p.u[c], 1e-14);
}

static void swapped_groups_have_the_same_value(void **state)
{
  double n[CELLS];
  uint64_t seed = 9;
  (void) state;
  draw_table(n, UNITS, GROUPS, 100, &seed);
  const answer a = compare(n, UNITS, GROUPS, pair(0, 2));
  const answer b = compare(n, UNITS, GROUPS, pair(2, 0));
  assert_true(a.d == b.d);
  same(a.u, b.u, CELLS);
}

static const ioi_comparison kinds[] = {{IOI_COMPARE_MULTIGROUP, 0, 0},
                                       {IOI_COMPARE_PAIR, 1, 2},
                                       {IOI_COMPARE_REST, 3, 0}};

static void order_of_units_and_groups_is_irrelevant(void **state)
{
  double n[CELLS], moved[CELLS];
  uint64_t seed = 10;
  (void) state;
  draw_table(n, UNITS, GROUPS, 100, &seed);
  for (size_t g = 0; g < GROUPS; g++)
    for (size_t i = 0; i < UNITS; i++)
      moved[(GROUPS - 1 - g) * UNITS + i * 5 % UNITS] = n[g * UNITS + i];
  near(d_of(moved, UNITS, GROUPS, multigroup),
       d_of(n, UNITS, GROUPS, multigroup), 1e-15);
  near(d_of(moved, UNITS, GROUPS, pair(2, 1)),
       d_of(n, UNITS, GROUPS, pair(1, 2)), 1e-15);
  near(d_of(moved, UNITS, GROUPS, rest(0)), d_of(n, UNITS, GROUPS, rest(3)),
       1e-15);
}

/* One unit split in parts of a quarter and three quarters: nothing changes, and
 * back again. */
static void unit_split_in_proportion_changes_nothing(void **state)
{
  double n[CELLS], split[(UNITS + 1) * GROUPS];
  uint64_t seed = 11;
  (void) state;
  draw_table(n, UNITS, GROUPS, 100, &seed);
  for (size_t g = 0; g < GROUPS; g++) {
    double *column = split + g * (UNITS + 1);
    memcpy(column, n + g * UNITS, UNITS * sizeof *n);
    column[UNITS] = 0.25 * column[4];
    column[4] *= 0.75;
  }
  for (size_t k = 0; k < 3; k++)
    near(d_of(split, UNITS + 1, GROUPS, kinds[k]),
         d_of(n, UNITS, GROUPS, kinds[k]), 1e-15);
}

static void size_of_a_group_is_irrelevant_to_a_pair(void **state)
{
  double n[CELLS];
  uint64_t seed = 12;
  (void) state;
  draw_table(n, UNITS, GROUPS, 100, &seed);
  const double before = d_of(n, UNITS, GROUPS, pair(1, 2));
  for (size_t i = 0; i < UNITS; i++) n[UNITS + i] *= 17;
  near(d_of(n, UNITS, GROUPS, pair(1, 2)), before, 1e-15);
}

/* 2^33 times as many persons: powers of 2 leave every bit of D alone. */
static void more_persons_than_an_int_holds_change_nothing(void **state)
{
  double n[CELLS], many[CELLS];
  uint64_t seed = 13;
  (void) state;
  draw_table(n, UNITS, GROUPS, 1000, &seed);
  for (size_t c = 0; c < CELLS; c++) many[c] = n[c] * 0x1p33;
  for (size_t k = 0; k < 3; k++) {
    const answer few = compare(n, UNITS, GROUPS, kinds[k]);
    const answer lot = compare(many, UNITS, GROUPS, kinds[k]);
    assert_true(lot.d == few.d);
    for (size_t c = 0; c < CELLS; c++)
      assert_true(lot.u[c] == few.u[c] * 0x1p-33);
  }
}

static void groups_that_never_meet_give_1(void **state)
{
  (void) state;
  for (size_t units = GROUPS; units <= UNITS; units++) {
    double n[CELLS] = {0};
    for (size_t i = 0; i < units; i++)
      n[i % GROUPS * units + i] = (double) (3 * i + 1);
    for (size_t k = 0; k < 3; k++)
      near(d_of(n, units, GROUPS, kinds[k]), 1, 1e-15);
  }
}

static void value_never_passes_1(void **state)
{
  uint64_t seed = 14;
  (void) state;
  for (size_t trial = 0; trial < 20000; trial++) {
    double n[CELLS] = {0};
    for (size_t i = 0; i < UNITS; i++)
      n[i % GROUPS * UNITS + i] = 0.1 + 10 * draw_unit(&seed);
    for (size_t k = 0; k < 3; k++)
      assert_true(d_of(n, UNITS, GROUPS, kinds[k]) <= 1);
  }
}

/* Whole numbers in the same proportions in every unit, whatever their shares
 * round to. */
static void same_composition_everywhere_gives_0(void **state)
{
  double n[CELLS];
  uint64_t seed = 20;
  (void) state;
  for (size_t trial = 0; trial < 200; trial++) {
    double size[UNITS];
    for (size_t i = 0; i < UNITS; i++)
      size[i] = (double) (1 + draw_below(&seed, 1 << 20));
    for (size_t g = 0; g < GROUPS; g++) {
      const double ratio = (double) (1 + draw_below(&seed, 1 << 20));
      for (size_t i = 0; i < UNITS; i++) n[g * UNITS + i] = ratio * size[i];
    }
    for (size_t k = 0; k < 3; k++) {
      const answer a = compare(n, UNITS, GROUPS, kinds[k]);
      assert_true(a.d == 0);
      for (size_t c = 0; c < CELLS; c++) assert_true(a.u[c] == 0);
    }
  }
}

/* Is a tie between shares near for cell c and kind k? */
static int near_a_tie(const double *n, ioi_comparison c)
{
  double all = 0, total[GROUPS] = {0};
  for (size_t cell = 0; cell < CELLS; cell++) {
    total[cell / UNITS] += n[cell];
    all += n[cell];
  }
  for (size_t i = 0; i < UNITS; i++) {
    double t = 0;
    for (size_t g = 0; g < GROUPS; g++) t += n[g * UNITS + i];
    for (size_t g = 0; g < GROUPS; g++)
      if (fabs(n[g * UNITS + i] / t - total[g] / all) < 1e-3) return 1;
    if (fabs(n[c.a * UNITS + i] / total[c.a] - n[c.b * UNITS + i] / total[c.b])
        < 1e-3)
      return 1;
  }
  return 0;
}

static void influence_is_the_slope_away_from_ties(void **state)
{
  uint64_t seed = 15;
  size_t done = 0;
  double n[CELLS];
  (void) state;
  for (size_t trial = 0; trial < 400; trial++) {
    for (size_t c = 0; c < CELLS; c++) n[c] = 1 + 9 * draw_unit(&seed);
    for (size_t k = 0; k < 3; k++) {
      if (near_a_tie(n, kinds[k])) continue;
      const answer a = compare(n, UNITS, GROUPS, kinds[k]);
      for (size_t c = 0; c < CELLS; c++) {
        const double step = 1e-4, at = n[c];
        n[c] = at + step;
        const double above = d_of(n, UNITS, GROUPS, kinds[k]);
        n[c] = at - step;
        const double below = d_of(n, UNITS, GROUPS, kinds[k]);
        n[c] = at;
        near(a.u[c], (above - below) / (2 * step), 1e-9);
        done++;
      }
    }
  }
  assert_true(done > 1000); /* few tables come near a tie */
}

static void influence_sums_to_0_over_persons(void **state)
{
  double n[CELLS];
  uint64_t seed = 16;
  (void) state;
  for (size_t trial = 0; trial < 200; trial++) {
    draw_table(n, UNITS, GROUPS, 50, &seed);
    for (size_t k = 0; k < 3; k++) {
      double sum = 0;
      const answer a = compare(n, UNITS, GROUPS, kinds[k]);
      for (size_t c = 0; c < CELLS; c++) sum += n[c] * a.u[c];
      near(sum, 0, 1e-14);
    }
  }
}

/* Shares that are equal in whole numbers tie, whatever their quotients round
 * to: there the sign is 0 and the derivative that of the mean alone. */
static void equal_shares_of_whole_numbers_tie(void **state)
{
  uint64_t seed = 17;
  (void) state;
  for (size_t trial = 0; trial < 1000; trial++) {
    double n[6], k = (double) (1 + draw_below(&seed, 1 << 20));
    const double a0 = (double) (1 + draw_below(&seed, 1 << 20));
    n[0] = a0, n[1] = 2 + a0, n[2] = (double) draw_below(&seed, 1 << 20);
    const double a_all = n[0] + n[1] + n[2];
    n[3] = k * n[0];
    n[4] = k * n[1] + k;
    n[5] = k * a_all - n[3] - n[4]; /* so that b_0/B is a_0/A */
    if (n[5] < 0) continue;
    const answer p = compare(n, 3, 2, pair(0, 1));
    const double mean = (n[2] - n[1]) / a_all;
    const double other = (n[4] - n[5]) / (k * a_all);
    near(p.u[0], -mean / (2 * a_all), 1e-15 / a_all);
    near(p.u[3], -other / (2 * k * a_all), 1e-15 / (k * a_all));
  }
}

/* Weighted totals that should have equal shares differ by rounding errors. */
static void shares_equal_but_for_rounding_tie(void **state)
{
  uint64_t seed = 21;
  double n[3 * UNITS];
  (void) state;
  for (size_t trial = 0; trial < 200; trial++) {
    for (size_t i = 0; i < UNITS; i++) {
      n[i] = 0.1 + draw_unit(&seed);
      n[UNITS + i] = 0.3 * n[i] * (1 + 0x1p-52 * (double) draw_below(&seed, 3));
      n[2 * UNITS + i] =
        7.7 * n[i] * (1 - 0x1p-53 * (double) draw_below(&seed, 5));
    }
    for (size_t k = 0; k < 2; k++) {
      const answer a = compare(n, UNITS, 3, kinds[k]);
      assert_true(a.d == 0);
      for (size_t c = 0; c < 3 * UNITS; c++) assert_true(a.u[c] == 0);
    }
  }
}

static void small_difference_between_shares_is_no_tie(void **state)
{
  const double n[] = {1, 1, 1, 1 + 3e-12, 1, 1};
  (void) state;
  const answer a = compare(n, 3, 2, pair(0, 1));
  const answer m = compare(n, 3, 2, multigroup);
  near(a.d, 2e-12 / 3, 1e-15);
  near(m.d, 2e-12 / 3, 1e-15);
  for (size_t c = 0; c < 6; c++) assert_true(fabs(a.u[c]) > 0.1);
}

static void group_or_unit_without_members_takes_no_part(void **state)
{
  const double with[] = {1, 0, 5, 3, 4, 0, 2, 7, 0, 0, 0, 0};
  const double without[] = {1, 5, 3, 4, 2, 7};
  const answer wide = compare(with, 4, 3, multigroup);
  const answer slim = compare(without, 3, 2, multigroup);
  (void) state;
  assert_true(wide.occupied == 3 && slim.occupied == 3);
  near(wide.d, slim.d, 1e-15);
  near(d_of(with, 4, 3, pair(0, 1)), slim.d, 1e-15);
  near(d_of(with, 4, 3, rest(1)), slim.d, 1e-15);
}

static void unit_outside_the_pair_is_not_occupied(void **state)
{
  const double n[] = {1, 0, 5, 3, 0, 2, 0, 9, 1};
  (void) state;
  assert_true(compare(n, 3, 3, pair(0, 1)).occupied == 2);
  assert_true(compare(n, 3, 3, rest(0)).occupied == 3);
}

static void expect_nothing(const double *n, size_t units, size_t groups,
                           ioi_comparison c, ioi_status status)
{
  const answer a = compare(n, units, groups, c);
  assert_int_equal(a.status, status);
  assert_true(a.d == -1);
  for (size_t k = 0; k < units * groups; k++) assert_true(a.u[k] == 0);
}

static void group_without_members_has_no_value(void **state)
{
  const double n[] = {1, 2, 0, 0, 0, 0};
  (void) state;
  expect_nothing(n, 2, 3, pair(0, 1), IOI_EEMPTY);
  expect_nothing(n, 2, 3, pair(2, 0), IOI_EEMPTY);
  expect_nothing(n, 2, 3, rest(0), IOI_EEMPTY);
  expect_nothing(n, 2, 3, rest(1), IOI_EEMPTY);
  expect_nothing(n, 2, 3, multigroup, IOI_EEMPTY);
  expect_nothing(n + 2, 2, 2, multigroup, IOI_EEMPTY);
  expect_nothing(n, 2, 1, multigroup, IOI_EEMPTY);
}

static void no_units_have_no_value(void **state)
{
  const double n[] = {1};
  (void) state;
  expect_nothing(n, 0, 2, pair(0, 1), IOI_EEMPTY);
  expect_nothing(n, 0, 2, rest(0), IOI_EEMPTY);
  expect_nothing(n, 0, 2, multigroup, IOI_EEMPTY);
  expect_nothing(n, 1, 0, multigroup, IOI_EEMPTY);
}

static void single_unit_has_no_value(void **state)
{
  const double n[] = {0, 4, 0, 0, 9, 0, 0, 1, 0};
  (void) state;
  for (size_t k = 0; k < 2; k++) expect_nothing(n, 3, 3, kinds[k], IOI_ESINGLE);
  expect_nothing(n, 3, 3, rest(1), IOI_ESINGLE);
  assert_true(compare(n, 3, 3, rest(1)).occupied == 1);
}

static void value_that_cannot_be_used_is_an_error(void **state)
{
  const double bad[] = {-1, NAN, INFINITY, -INFINITY, -0x1p-1074};
  (void) state;
  for (size_t b = 0; b < 5; b++)
    for (size_t cell = 0; cell < 12; cell++) {
      double n[] = {5, 6, 7, 8, 9, 1, 2, 3, 4, 4, 5, 6};
      n[cell] = bad[b];
      expect_nothing(n, 4, 3, multigroup, IOI_EDOMAIN);
      expect_nothing(n, 4, 3, rest(0), IOI_EDOMAIN);
      expect_nothing(n, 4, 3, rest(2), IOI_EDOMAIN);
      expect_nothing(n, 4, 3, pair(1, 0), IOI_EDOMAIN);
    }
}

static void total_that_overflows_is_an_error(void **state)
{
  const double group[] = {1e308, 1e308, 1, 1}, both[] = {9e307, 1, 9e307, 1};
  const double three[] = {1, 9e307, 1, 9e307, 1, 9e307};
  (void) state;
  expect_nothing(group, 2, 2, pair(0, 1), IOI_EDOMAIN);
  expect_nothing(group, 2, 2, rest(1), IOI_EDOMAIN);
  expect_nothing(group, 2, 2, multigroup, IOI_EDOMAIN);
  expect_nothing(both, 2, 2, multigroup, IOI_EDOMAIN);
  expect_nothing(three, 2, 3, rest(0), IOI_EDOMAIN);
}

static void interaction_that_underflows_is_an_error(void **state)
{
  const double n[] = {1e107, 1e107, 1e-250, 3e-250};
  (void) state;
  expect_nothing(n, 2, 2, multigroup, IOI_EDOMAIN);
  near(d_of(n, 2, 2, pair(0, 1)), 0.25, 1e-15);
}

static void outputs_of_a_pair_are_untouched_on_error(void **state)
{
  const ioi_segregation_index index = index_of(IOI_DISSIMILARITY);
  const double a[] = {1, 2}, none[] = {0, 0};
  double d = -7, u[] = {-7, -7, -7, -7};
  size_t occupied = 9;
  (void) state;
  assert_int_equal(
    ioi_segregation_two(&index, a, none, 2, 0, NULL, &d, u, u + 2, &occupied),
    IOI_EEMPTY);
  assert_int_equal(
    ioi_segregation_two(&index, a, a, 1, 0, NULL, &d, u, u + 2, &occupied),
    IOI_ESINGLE);
  assert_true(d == -7 && u[0] == -7 && u[1] == -7 && u[2] == -7 && u[3] == -7);
}

static void influence_need_not_be_asked_for(void **state)
{
  (void) state;
  for (int id = 0; id < IOI_SEGREGATION_INDICES; id++)
    for (size_t k = 0; k < 3; k++) {
      const ioi_table table = {edge, 7, 7, 3};
      const ioi_segregation_index index = index_of((ioi_segregation_id) id);
      const ioi_comparison c = {kinds[k].kind, k == 2 ? 2 : 0, 1};
      const answer a = compare_index(index, edge, 7, 3, c);
      const ioi_segregation_space space = {
        zeroed(ioi_segregation_work(7, 3), sizeof(double)),
        zeroed(14, sizeof(ioi_sorted))};
      ioi_prepared margins;
      double d = -1;
      size_t occupied;
      assert_int_equal(ioi_segregation_prepare(&table, &space, &margins),
                       IOI_OK);
      assert_int_equal(
        ioi_segregation(&margins, &index, &c, &d, NULL, &occupied), a.status);
      assert_true(d == a.d);
      free(space.real);
      free(space.sorted);
    }
}

/* Units 2 to 4 of a wider table. */
static void stride_steps_over_other_units(void **state)
{
  const double n[] = {50, 10, 20, 30, 70, 9, 30, 20, 10, 9};
  const double alone[] = {10, 20, 30, 30, 20, 10};
  const ioi_table table = {n + 1, 5, 3, 2};
  double real[15 + IOI_CELLS], u[6], left[3], total[2];
  ioi_sorted sorted[6];
  const ioi_segregation_space space = {real, sorted};
  ioi_prepared margins;
  (void) state;
  assert_true(ioi_segregation_work(3, 2) <= 15 + IOI_CELLS);
  for (int id = 0; id < IOI_SEGREGATION_INDICES; id++)
    for (size_t k = 0; k < 3; k++) {
      const ioi_comparison c = {kinds[k].kind, 0, 1};
      const ioi_segregation_index index = index_of((ioi_segregation_id) id);
      const answer want = compare_index(index, alone, 3, 2, c);
      double d = -1;
      size_t occupied;
      ioi_segregation_prepare(&table, &space, &margins);
      assert_int_equal(ioi_segregation(&margins, &index, &c, &d, u, &occupied),
                       want.status);
      near(d, want.d, 0);
      same(u, want.u, 6);
      ioi_segregation_totals(&table, total);
      near(ioi_segregation_members(total, 2, &c), 120, 0);
    }
  ioi_segregation_rest(&table, 0, left);
  same(left, n + 6, 3);
}

static void members_are_those_compared(void **state)
{
  const ioi_table table = {edge, 7, 7, 3};
  const ioi_comparison bc = pair(1, 2), a = rest(0);
  double total[3];
  (void) state;
  ioi_segregation_totals(&table, total);
  near(ioi_segregation_members(total, 3, &bc), 41, 0);
  near(ioi_segregation_members(total, 3, &a), 89, 0);
  near(ioi_segregation_members(total, 3, &multigroup), 89, 0);
}

/* Neumaier's own example, and one that lasts. */
static void exact_sum_keeps_what_rounding_loses(void **state)
{
  const double terms[] = {1, 1e100, 1, -1e100};
  ioi_exact sum = {0, 0}, thirds = {0, 0};
  (void) state;
  for (size_t i = 0; i < 4; i++) ioi_exact_add(&sum, terms[i]);
  assert_true(ioi_exact_value(&sum) == 2);
  for (size_t i = 0; i < 3000000; i++) ioi_exact_add(&thirds, 1.0 / 3);
  assert_true(ioi_exact_value(&thirds) == 3000000 * (1.0 / 3));
}

/* Persons drawn at random: Ransom (2000), Sociol. Methods Res. 28:454-475, for
 * two independent samples, the same number where no unit ties. */
static void variance_of_counts_is_that_of_ransom(void **state)
{
  double n[2 * UNITS];
  uint64_t seed = 18;
  (void) state;
  for (size_t trial = 0; trial < 100; trial++) {
    double all[] = {0, 0}, sided[] = {0, 0};
    for (size_t c = 0; c < 2 * UNITS; c++) {
      n[c] = (double) (1 + draw_below(&seed, 1 << 30));
      all[c / UNITS] += n[c];
    }
    for (size_t c = 0; c < 2 * UNITS; c++)
      sided[c / UNITS] += n[c % UNITS] / all[0] > n[c % UNITS + UNITS] / all[1]
                            ? n[c] / all[c / UNITS]
                            : -n[c] / all[c / UNITS];
    const double want =
      ((1 - sided[0] * sided[0]) / all[0] + (1 - sided[1] * sided[1]) / all[1])
      / 4;
    const answer a = compare(n, UNITS, 2, pair(0, 1));
    near(ioi_segregation_covariance(n, a.u, a.u, 2 * UNITS), want,
         1e-13 * want);
  }
}

/* Weights of 1, each person a PSU, one stratum: the variance of counts times
 * N / (N - 1). */
static void design_of_persons_gives_the_variance_of_counts(void **state)
{
  double n[CELLS], variance[4] = {0}, work[4096], value[2 * CELLS], all = 0;
  int row[CELLS] = {0}, at[CELLS + 1], zero[CELLS] = {0};
  uint64_t seed = 19;
  unsigned char bits[] = {0};
  (void) state;
  draw_table(n, UNITS, GROUPS, 30, &seed);
  const answer a = compare(n, UNITS, GROUPS, rest(1));
  const answer b = compare(n, UNITS, GROUPS, multigroup);
  for (int c = 0; c <= CELLS; c++) at[c] = 2 * c;
  for (size_t c = 0; c < CELLS; c++) {
    value[2 * c] = a.u[c];
    value[2 * c + 1] = b.u[c];
    all += n[c];
  }
  const ioi_design design = {.strata = 1, .sampled = &all};
  const double *const sums[] = {n};
  const ioi_totals totals = {1, CELLS, 1, NULL, NULL, sums, sums};
  const ioi_influence influence = {2, row, at, value};
  ioi_presence presence = {1, zero, zero, NULL, bits, NULL};
  ioi_presence_fill(&design, &totals, &presence);
  assert_true(ioi_variance_work(influence.rows, totals.cells, 1) <= 4096);
  ioi_variance(&design, &totals, &influence, &presence, 1, variance, work);
  const double more = all / (all - 1);
  near(variance[0], more * ioi_segregation_covariance(n, a.u, a.u, CELLS),
       1e-15);
  near(variance[1], more * ioi_segregation_covariance(n, a.u, b.u, CELLS),
       1e-15);
  near(variance[3], more * ioi_segregation_covariance(n, b.u, b.u, CELLS),
       1e-15);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(published_values),
    cmocka_unit_test(published_standard_error),
    cmocka_unit_test(survey_of_respondents_has_the_published_error),
    cmocka_unit_test(values_are_those_of_the_definition),
    cmocka_unit_test(two_groups_are_one_comparison),
    cmocka_unit_test(rare_group_keeps_its_digits),
    cmocka_unit_test(swapped_groups_have_the_same_value),
    cmocka_unit_test(order_of_units_and_groups_is_irrelevant),
    cmocka_unit_test(unit_split_in_proportion_changes_nothing),
    cmocka_unit_test(size_of_a_group_is_irrelevant_to_a_pair),
    cmocka_unit_test(more_persons_than_an_int_holds_change_nothing),
    cmocka_unit_test(groups_that_never_meet_give_1),
    cmocka_unit_test(value_never_passes_1),
    cmocka_unit_test(same_composition_everywhere_gives_0),
    cmocka_unit_test(influence_is_the_slope_away_from_ties),
    cmocka_unit_test(influence_sums_to_0_over_persons),
    cmocka_unit_test(equal_shares_of_whole_numbers_tie),
    cmocka_unit_test(shares_equal_but_for_rounding_tie),
    cmocka_unit_test(small_difference_between_shares_is_no_tie),
    cmocka_unit_test(group_or_unit_without_members_takes_no_part),
    cmocka_unit_test(unit_outside_the_pair_is_not_occupied),
    cmocka_unit_test(group_without_members_has_no_value),
    cmocka_unit_test(no_units_have_no_value),
    cmocka_unit_test(single_unit_has_no_value),
    cmocka_unit_test(value_that_cannot_be_used_is_an_error),
    cmocka_unit_test(total_that_overflows_is_an_error),
    cmocka_unit_test(interaction_that_underflows_is_an_error),
    cmocka_unit_test(outputs_of_a_pair_are_untouched_on_error),
    cmocka_unit_test(influence_need_not_be_asked_for),
    cmocka_unit_test(stride_steps_over_other_units),
    cmocka_unit_test(members_are_those_compared),
    cmocka_unit_test(exact_sum_keeps_what_rounding_loses),
    cmocka_unit_test(variance_of_counts_is_that_of_ransom),
    cmocka_unit_test(design_of_persons_gives_the_variance_of_counts),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
