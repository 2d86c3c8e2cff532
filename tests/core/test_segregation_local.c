/* test_segregation_local.c - local scores: numbers of other packages (OasisR,
 * segregation), sums to the index, edges. */
#include "core/segregation_local.h"
#include "road.h"

static const double tiny[] = {10, 20, 30, 30, 20, 10};
static const double edge[] = {12, 0, 5, 0, 30, 1, 0, 0, 8, 5, 0,
                              10, 1, 0, 3, 0,  5, 0, 0, 0, 9};

static void scores_that_others_computed(void **state)
{
  (void) state;
  const ioi_table t = {tiny, 3, 3, 2}, e = {edge, 7, 7, 3};
  double l[7], h[7], s[7], r[7], whole[2], work[7], q[21];
  assert_int_equal(ioi_local_units(&t, l, h, s, r, whole, work), IOI_OK);
  near(l[0], 0.130812035941, 1e-12);
  near(l[1], 0, 0);
  near(h[0], 0.562335144619, 1e-12);
  near(whole[0], log(2), 1e-15);
  near(whole[1], 0.5, 1e-15);
  near(s[0], 0.375, 1e-15);
  assert_int_equal(ioi_local_quotient(&e, q, work), IOI_OK);
  near(q[0], 1.48333333333, 1e-11);
  near(q[7 + 1], 3.70833333333, 1e-11);
  near(q[3], NAN, 0);
  assert_int_equal(ioi_local_groups(&e, l, h, r, work), IOI_OK);
  near(l[0], 0.252968829382, 1e-11);
  near(l[2], 1.04828330917, 1e-11);
}

static void unit_and_group_scores_have_the_same_sum(void **state)
{
  (void) state;
  uint64_t seed = 5;
  double x[40], l[10], h[10], s[10], r[10], whole[2], work[10];
  double of_units = 0, of_groups = 0;
  for (size_t i = 0; i < 40; i++) x[i] = (double) draw_below(&seed, 9);
  const ioi_table t = {x, 10, 10, 4};
  ioi_local_units(&t, l, h, s, r, whole, work);
  for (size_t i = 0; i < 10; i++) of_units += r[i] > 0 ? r[i] * l[i] : 0;
  ioi_local_groups(&t, l, h, r, work);
  for (size_t g = 0; g < 4; g++) of_groups += r[g] * l[g];
  near(of_units, of_groups, 1e-14);
}

static void parts_of_d_sum_to_d_and_empty_units_do_not_count(void **state)
{
  (void) state;
  const double x[] = {10, 0, 30, 0}, y[] = {5, 15, 20, 0};
  double e[4], part[4], share[4], impact[4];
  assert_int_equal(ioi_local_dissimilarity(x, y, 4, e, part, share, impact),
                   IOI_OK);
  near(part[0] + part[1] + part[2], 0.375, 1e-15);
  near(e[1], -0.375, 1e-15);
  near(share[1], 0.5, 1e-15);
  near(impact[1], 150, 1e-12);
  near(part[3], NAN, 0);
  near(impact[3], NAN, 0);
}

static void equal_shares_have_no_part(void **state)
{
  (void) state;
  const double x[] = {1, 2}, y[] = {2, 4};
  double e[2], part[2], share[2], impact[2];
  ioi_local_dissimilarity(x, y, 2, e, part, share, impact);
  near(part[0], 0, 0);
  near(share[0], NAN, 0);
}

static void extremes_keep_everybody_in_the_base(void **state)
{
  (void) state;
  const ioi_table e = {edge, 7, 7, 3};
  double x[7];
  assert_int_equal(ioi_local_extremes(&e, 0, 2, x), IOI_OK);
  near(x[0], 9.0 / 15, 1e-15);
  near(x[3], NAN, 0);
  near(x[6], -1, 0);
}

static void what_cannot_be_used_leaves_outputs_alone(void **state)
{
  (void) state;
  double bad[] = {1, NAN, 2, 3}, none[] = {0, 0, 0, 0}, work[4];
  double l[2] = {7, 7}, h[2] = {7, 7}, s[2] = {7, 7}, r[2] = {7, 7}, w[2];
  const ioi_table t = {bad, 2, 2, 2}, n = {none, 2, 2, 2};
  assert_int_equal(ioi_local_units(&t, l, h, s, r, w, work), IOI_EDOMAIN);
  assert_int_equal(ioi_local_groups(&t, l, h, r, work), IOI_EDOMAIN);
  assert_int_equal(ioi_local_quotient(&t, l, work), IOI_EDOMAIN);
  assert_int_equal(ioi_local_extremes(&t, 0, 1, l), IOI_EDOMAIN);
  assert_int_equal(ioi_local_dissimilarity(bad, none, 2, l, h, s, r),
                   IOI_EDOMAIN);
  assert_int_equal(ioi_local_units(&n, l, h, s, r, w, work), IOI_EEMPTY);
  assert_int_equal(ioi_local_groups(&n, l, h, r, work), IOI_EEMPTY);
  assert_int_equal(ioi_local_quotient(&n, l, work), IOI_EEMPTY);
  assert_int_equal(ioi_local_extremes(&n, 0, 1, l), IOI_EEMPTY);
  assert_int_equal(ioi_local_dissimilarity(bad + 2, none, 2, l, h, s, r),
                   IOI_EEMPTY);
  near(l[0] + h[0] + s[0] + r[0], 28, 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(scores_that_others_computed),
    cmocka_unit_test(unit_and_group_scores_have_the_same_sum),
    cmocka_unit_test(parts_of_d_sum_to_d_and_empty_units_do_not_count),
    cmocka_unit_test(equal_shares_have_no_part),
    cmocka_unit_test(extremes_keep_everybody_in_the_base),
    cmocka_unit_test(what_cannot_be_used_leaves_outputs_alone),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
