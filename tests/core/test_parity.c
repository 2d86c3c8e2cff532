/* test_parity.c - gaps between a group and its reference.
 *
 * Second routes: the variance of a difference written as a sum of squares,
 * limits of ratios as the values at which the limits of p1 - R p2 end at 0,
 * derivatives as slopes. Then identities and edges. */
#include "core/parity.h"

#include "rmath.h"
#include "road.h"

static ioi_parity_gap from_estimates(ioi_parity_measure measure,
                                     ioi_parity_method method,
                                     ioi_parity_pair pair,
                                     ioi_parity_limits limits, double df)
{
  ioi_parity_gap gap;
  assert_int_equal(ioi_parity_estimates(&rmath, measure, method, &pair, &limits,
                                        (ioi_parity_scale){1000, -1}, df, 0.95,
                                        &gap),
                   IOI_OK);
  return gap;
}

static const ioi_parity_limits unknown = {NAN, NAN, NAN, NAN};

static void difference_from_estimates(void **state)
{
  /* 5/12 + 5/12 + 2/4 = 4/3. */
  ioi_parity_pair pair = {0.5, 0.75, 5.0 / 12, 5.0 / 12, -0.25};
  (void) state;
  near(ioi_parity_difference_variance(&pair), 4.0 / 3, 1e-14);
  ioi_parity_gap gap =
    from_estimates(IOI_PARITY_DIFFERENCE, IOI_PARITY_T, pair, unknown, 3);
  near(gap.estimate, -0.25, 0);
  near(gap.std_error, sqrt(4.0 / 3), 1e-14);
  near(gap.statistic, -0.25 / sqrt(4.0 / 3), 1e-14);
  near(gap.high, -0.25 + 3.182446305 * sqrt(4.0 / 3), 1e-8); /* t, 3 df */
  near(gap.p_value, 2 * pt(gap.statistic, 3, 1, 0), 1e-14);
  gap = from_estimates(IOI_PARITY_DIFFERENCE, IOI_PARITY_T, pair, unknown,
                       INFINITY);
  near(gap.low, -0.25 - 1.959963985 * sqrt(4.0 / 3), 1e-8);
}

static void ratio_from_estimates(void **state)
{
  ioi_parity_pair pair = {0.4, 0.5, 0.0016, 0.0009, 0.0006};
  (void) state;
  ioi_parity_gap gap =
    from_estimates(IOI_PARITY_RATIO, IOI_PARITY_LOG, pair, unknown, INFINITY);
  double se_log = sqrt(0.01 + 0.0036 - 2 * 0.003); /* of the log of the ratio */
  near(gap.estimate, 0.8, 1e-15);
  near(gap.std_error, 0.8 * se_log, 1e-15);
  near(log(gap.high / 0.8), 1.959963985 * se_log, 1e-9);
  near(gap.low * gap.high, 0.64, 1e-14);
  near(gap.statistic, -0.1 / sqrt(0.0025 - 0.0012), 1e-12);

  gap = from_estimates(IOI_PARITY_RATIO, IOI_PARITY_T, pair, unknown, INFINITY);
  near(gap.high - gap.low, 2 * 1.959963985 * 0.8 * se_log, 1e-9);
}

static void odds_ratio_from_estimates(void **state)
{
  ioi_parity_pair pair = {0.4, 0.5, 0.0016, 0.0009, 0.0006};
  double se = sqrt(0.0016 / pow(0.24, 2) + 0.0009 / pow(0.25, 2)
                   - 0.0012 / (0.24 * 0.25)); /* of the log */
  (void) state;
  ioi_parity_gap gap = from_estimates(IOI_PARITY_ODDS_RATIO, IOI_PARITY_LOG,
                                      pair, unknown, INFINITY);
  near(gap.estimate, 0.4 / 0.6, 1e-15);
  near(gap.std_error, 0.4 / 0.6 * se, 1e-14);
  near(log(gap.high / gap.estimate), 1.959963985 * se, 1e-9);
  pair.group = 1;
  gap = from_estimates(IOI_PARITY_ODDS_RATIO, IOI_PARITY_LOG, pair, unknown,
                       INFINITY);
  assert_true(isinf(gap.estimate) && isnan(gap.std_error) && isnan(gap.low));
  assert_int_equal(gap.note, IOI_PARITY_NO_LOG);
}

/* Limits symmetric on the logit scale turn MOVER into the log interval; at 0 and
 * 1 one limit is the end of the scale and the other stays finite. */
static void odds_ratio_by_mover(void **state)
{
  double z = qnorm5(0.975, 0, 1, 1, 0);
  ioi_parity_pair pair = {0.4, 0.5, pow(0.24 * 0.2, 2), pow(0.25 * 0.3, 2), 0};
  ioi_parity_limits ends = {plogis(log(0.4 / 0.6) - 0.2 * z, 0, 1, 1, 0),
                            plogis(log(0.4 / 0.6) + 0.2 * z, 0, 1, 1, 0),
                            plogis(-0.3 * z, 0, 1, 1, 0),
                            plogis(0.3 * z, 0, 1, 1, 0)};
  (void) state;
  ioi_parity_gap mover = from_estimates(IOI_PARITY_ODDS_RATIO, IOI_PARITY_MOVER,
                                        pair, ends, INFINITY);
  ioi_parity_gap log =
    from_estimates(IOI_PARITY_ODDS_RATIO, IOI_PARITY_LOG, pair, ends, INFINITY);
  near(mover.low, log.low, 1e-14);
  near(mover.high, log.high, 1e-14);
  const double values[][2] = {{0, 0.5}, {1, 0.5}, {0.5, 0}, {0.5, 1}, {0, 1}};
  for (int i = 0; i < 5; i++) {
    double p1 = values[i][0], p2 = values[i][1];
    ioi_parity_pair edge = {p1, p2, 0, 0, 0};
    ioi_parity_limits wide = {p1 > 0 ? p1 - 0.2 : 0, p1 < 1 ? p1 + 0.2 : 1,
                              p2 > 0 ? p2 - 0.2 : 0, p2 < 1 ? p2 + 0.2 : 1};
    mover = from_estimates(IOI_PARITY_ODDS_RATIO, IOI_PARITY_MOVER, edge, wide,
                           INFINITY);
    int least = p1 <= 0 || p2 >= 1;
    assert_true(least ? mover.low == 0 && mover.high > 0 && isfinite(mover.high)
                      : isinf(mover.high) && mover.low > 0);
  }
}

/* What is made from a base has the base's limits, carried over. */
static void derived_measures(void **state)
{
  ioi_parity_pair pair = {0.4, 0.5, 0.0016, 0.0009, 0.0006};
  (void) state;
  ioi_parity_gap d =
    from_estimates(IOI_PARITY_DIFFERENCE, IOI_PARITY_T, pair, unknown, 9);
  ioi_parity_gap r =
    from_estimates(IOI_PARITY_RATIO, IOI_PARITY_LOG, pair, unknown, 9);
  ioi_parity_gap gap =
    from_estimates(IOI_PARITY_SHORTFALL, IOI_PARITY_T, pair, unknown, 9);
  near(gap.estimate, 100, 1e-12); /* 1000 people, 0.1 below */
  near(gap.low, -1000 * d.high, 1e-10);
  near(gap.high, -1000 * d.low, 1e-10);
  near(gap.std_error, 1000 * d.std_error, 1e-12);
  gap = from_estimates(IOI_PARITY_RELATIVE_DIFFERENCE, IOI_PARITY_LOG, pair,
                       unknown, 9);
  near(gap.high, r.high - 1, 1e-15);
  gap = from_estimates(IOI_PARITY_INDEX, IOI_PARITY_LOG, pair, unknown, 9);
  near(gap.estimate, 0.8, 1e-15);
  near(gap.low, r.low, 1e-15);
  near(gap.high, r.high > 1 ? 2 - 1 / r.high : r.high, 1e-15);
  ioi_parity_pair turned = {0.5, 0.4, 0.0009, 0.0016, 0.0006};
  gap = from_estimates(IOI_PARITY_INDEX, IOI_PARITY_LOG, turned, unknown, 9);
  near(gap.estimate, 1.2, 1e-15); /* symmetric about 1 */
  gap = from_estimates(IOI_PARITY_PEOPLE_PER, IOI_PARITY_T, pair, unknown, 9);
  near(gap.estimate, 10, 1e-12);
  near(gap.std_error, d.std_error / 0.01, 1e-10);
  if (d.high < 0)
    near(gap.high, -1 / d.high, 1e-10);
  else
    assert_true(isinf(gap.high));
  near(gap.low, 1 / fmax(fabs(d.low), fabs(d.high)), 1e-12);
}

static void derivatives_are_slopes(void **state)
{
  const ioi_parity_scale scale = {50, 1};
  const double at[][2] = {{0.4, 0.5}, {0.5, 0.4}, {0.02, 0.9}};
  double h = 1e-6, up, down, d1, d2, unused;
  (void) state;
  for (int m = IOI_PARITY_DIFFERENCE; m <= IOI_PARITY_INDEX; m++)
    for (int i = 0; i < 3; i++) {
      ioi_parity_measure measure = (ioi_parity_measure) m;
      double a = at[i][0], b = at[i][1];
      ioi_parity_point(measure, a, b, scale, &unused, &d1, &d2);
      ioi_parity_point(measure, a + h, b, scale, &up, &unused, &unused);
      ioi_parity_point(measure, a - h, b, scale, &down, &unused, &unused);
      near(d1, (up - down) / (2 * h), 1e-6 * fmax(1, fabs(d1)));
      ioi_parity_point(measure, a, b + h, scale, &up, &unused, &unused);
      ioi_parity_point(measure, a, b - h, scale, &down, &unused, &unused);
      near(d2, (up - down) / (2 * h), 1e-6 * fmax(1, fabs(d2)));
    }
}

static void published_limits(void **state)
{
  double z = qnorm5(0.975, 0, 1, 1, 0);
  (void) state;
  near(
    ioi_parity_published_se(&rmath, 0.5, 0.5 - z * 0.02, 0.5 + z * 0.02, 0.95),
    0.02, 1e-15);
  near(ioi_parity_published_se(&rmath, 3, 3 * exp(-z * 0.1), 3 * exp(z * 0.1),
                               0.95),
       0.3, 1e-14);
  near(ioi_parity_published_se(&rmath, 0.2,
                               plogis(log(0.25) - z * 0.3, 0, 1, 1, 0),
                               plogis(log(0.25) + z * 0.3, 0, 1, 1, 0), 0.95),
       0.3 * 0.16, 1e-14);
  near(ioi_parity_published_se(&rmath, -1, -2, 0, 0.95), 1 / z, 1e-14);
  near(ioi_parity_published_se(&rmath, 1, 1, 1, 0.95), 0, 0);
  assert_true(isnan(ioi_parity_published_se(&rmath, 1, 2, 0, 0.95)));
  assert_true(isnan(ioi_parity_published_se(&rmath, NAN, 0, 1, 0.95)));
}

/* The ends of MOVER's interval for p1 - r p2: the estimate r p2 has r times the
 * limits, and r^2 times the variance. */
static void scaled_difference(ioi_parity_pair pair, ioi_parity_limits limits,
                              double r, double *low, double *high)
{
  pair.reference *= r;
  pair.reference_variance *= r * r;
  pair.covariance *= r;
  limits.reference_low *= r;
  limits.reference_high *= r;
  ioi_parity_difference_mover(&pair, &limits, low, high);
}

static void mover_ratio_is_where_the_difference_ends_at_0(void **state)
{
  const double rho[] = {-0.9, -0.3, 0, 0.3, 0.9};
  const ioi_parity_limits ends[] = {
    {0.2, 0.6, 0.3, 0.55},    /* wide */
    {0.39, 0.41, 0.41, 0.45}, /* narrow */
    {0.1, 0.95, 0.2, 0.9},    /* upper limits beyond twice the value */
    {0.3, 0.8, 0.1, 0.86},    /* upper limits at twice the value */
  };
  double l, u, unused;
  (void) state;
  for (int i = 0; i < 5; i++)
    for (int j = 0; j < 4; j++) {
      ioi_parity_pair pair = {0.4, 0.43, 0.01, 0.02,
                              rho[i] * sqrt(0.01 * 0.02)};
      ioi_parity_gap gap = from_estimates(IOI_PARITY_RATIO, IOI_PARITY_MOVER,
                                          pair, ends[j], INFINITY);
      assert_true(gap.low > 0 && gap.low < gap.estimate);
      assert_true(gap.high > gap.estimate && isfinite(gap.high));
      scaled_difference(pair, ends[j], gap.low, &l, &unused);
      scaled_difference(pair, ends[j], gap.high, &unused, &u);
      near(l, 0, 1e-12 * (1 + gap.low));
      near(u, 0, 1e-12 * (1 + gap.high));
    }
}

/* A share near 0 with wide limits that move with the reference's: the parabola's
 * middle is below 0. */
static void mover_ratio_near_0(void **state)
{
  ioi_parity_pair pair = {1e-9, 0.05, 0.01, 0.01, 0.009};
  ioi_parity_limits ends = {1e-12, 0.4, 1e-9, 0.3};
  double unused, u;
  (void) state;
  ioi_parity_gap gap =
    from_estimates(IOI_PARITY_RATIO, IOI_PARITY_MOVER, pair, ends, INFINITY);
  scaled_difference(pair, ends, gap.high, &unused, &u);
  near(u, 0, 1e-14);
  ends.group_low = -0.1; /* below what a share can be: read as 0 */
  ends.reference_low = -0.1;
  gap =
    from_estimates(IOI_PARITY_RATIO, IOI_PARITY_MOVER, pair, ends, INFINITY);
  assert_true(gap.low == 0 && isinf(gap.high));
}

/* Limits symmetric about both values turn MOVER into the t interval. */
static void mover_of_symmetric_limits_is_the_t_interval(void **state)
{
  double t = qt(0.025, 12, 0, 0);
  ioi_parity_pair pair = {0.4, 0.5, 0.0016, 0.0009, 0.0005};
  ioi_parity_limits ends = {0.4 - 0.04 * t, 0.4 + 0.04 * t, 0.5 - 0.03 * t,
                            0.5 + 0.03 * t};
  (void) state;
  ioi_parity_gap a =
    from_estimates(IOI_PARITY_DIFFERENCE, IOI_PARITY_T, pair, ends, 12);
  ioi_parity_gap b =
    from_estimates(IOI_PARITY_DIFFERENCE, IOI_PARITY_MOVER, pair, ends, 12);
  near(a.low, b.low, 1e-14);
  near(a.high, b.high, 1e-14);
}

static void ratios_with_zeros(void **state)
{
  ioi_parity_limits low_group = {0, 0.2, 0.3, 0.7};
  ioi_parity_limits low_reference = {0.3, 0.7, 0, 0.2};
  ioi_parity_limits both = {0, 0.2, 0, 0.2};
  ioi_parity_pair group = {0, 0.5, 0, 0.01, 0};
  ioi_parity_pair reference = {0.5, 0, 0.01, 0, 0};
  ioi_parity_pair none = {0, 0, 0, 0, 0};
  (void) state;
  ioi_parity_gap gap = from_estimates(IOI_PARITY_RATIO, IOI_PARITY_MOVER, group,
                                      low_group, INFINITY);
  assert_true(gap.estimate == 0 && gap.low == 0 && gap.high > 0);
  gap = from_estimates(IOI_PARITY_RATIO, IOI_PARITY_MOVER, reference,
                       low_reference, INFINITY);
  assert_true(isinf(gap.estimate) && isnan(gap.std_error));
  assert_true(gap.low > 0 && isinf(gap.high));
  gap =
    from_estimates(IOI_PARITY_RATIO, IOI_PARITY_MOVER, none, both, INFINITY);
  assert_true(isnan(gap.estimate) && gap.low == 0 && isinf(gap.high));
  gap = from_estimates(IOI_PARITY_RATIO, IOI_PARITY_LOG, group, low_group,
                       INFINITY);
  assert_true(gap.estimate == 0 && isnan(gap.low) && isnan(gap.high));
  assert_int_equal(gap.note, IOI_PARITY_NO_LOG);
  gap = from_estimates(IOI_PARITY_RATIO, IOI_PARITY_LOG, reference,
                       low_reference, INFINITY);
  assert_int_equal(gap.note, IOI_PARITY_NO_LOG);
  near(gap.statistic, 0.5 / 0.1, 1e-14);
}

static void no_variance(void **state)
{
  ioi_parity_pair all = {1, 1, 0, 0, 0}, same = {0.3, 0.3, 0.01, 0.01, 0.01};
  ioi_parity_limits ends = {0.8, 1, 0.9, 1};
  (void) state;
  for (int m = IOI_PARITY_DIFFERENCE; m <= IOI_PARITY_RATIO; m++) {
    ioi_parity_measure measure = (ioi_parity_measure) m;
    ioi_parity_method variance =
      measure == IOI_PARITY_DIFFERENCE ? IOI_PARITY_T : IOI_PARITY_LOG;
    ioi_parity_gap gap = from_estimates(measure, variance, all, ends, 5);
    ioi_parity_gap mover =
      from_estimates(measure, IOI_PARITY_MOVER, all, ends, 5);
    assert_int_equal(gap.note, IOI_PARITY_BY_MOVER);
    assert_int_equal(mover.note, IOI_PARITY_AS_ASKED);
    assert_true(gap.low == mover.low && gap.high == mover.high);
    assert_true(gap.low < gap.estimate && gap.high > gap.estimate);
    assert_true(isnan(gap.statistic) && isnan(gap.p_value));
    gap = from_estimates(measure, variance, all, unknown, 5);
    assert_int_equal(gap.note, IOI_PARITY_NO_SPREAD);
    assert_true(gap.low == gap.estimate && gap.high == gap.estimate);
  }
  assert_true(ioi_parity_difference_variance(&same) == 0);
  same.covariance = 0.01 * (1 - 1e-16); /* only rounding is left */
  assert_true(ioi_parity_difference_variance(&same) == 0);
}

static void missing_values(void **state)
{
  const ioi_parity_pair bad[] = {
    {NAN, 0.5, 0.01, 0.01, 0},   {0.5, NAN, 0.01, 0.01, 0},
    {0.4, 0.5, NAN, 0.01, 0},    {0.4, 0.5, 0.01, -1, 0},
    {0.4, 0.5, 0.01, 0.01, NAN},
  };
  ioi_parity_limits ends = {0.3, 0.5, 0.4, 0.6};
  (void) state;
  for (int i = 0; i < 5; i++) {
    ioi_parity_gap gap =
      from_estimates(IOI_PARITY_DIFFERENCE, IOI_PARITY_MOVER, bad[i], ends, 5);
    assert_int_equal(gap.note, IOI_PARITY_MISSING);
    assert_true(isnan(gap.low) && isnan(gap.high) && isnan(gap.p_value));
    assert_true(isnan(gap.estimate) == (i < 2));
    assert_true(isnan(gap.std_error));
  }
  ioi_parity_pair good = {0.4, 0.5, 0.01, 0.01, 0};
  ioi_parity_gap gap =
    from_estimates(IOI_PARITY_DIFFERENCE, IOI_PARITY_T, good, ends, 0);
  assert_int_equal(gap.note, IOI_PARITY_NO_DF);
  assert_true(isnan(gap.low) && isnan(gap.statistic));
  near(gap.estimate, -0.1, 1e-16);
  gap =
    from_estimates(IOI_PARITY_DIFFERENCE, IOI_PARITY_MOVER, good, unknown, 5);
  assert_int_equal(gap.note, IOI_PARITY_MISSING);
  near(gap.statistic, -0.1 / sqrt(0.02), 1e-14);
  ioi_parity_pair negative = {-0.4, 0.5, 0.01, 0.01, 0};
  gap = from_estimates(IOI_PARITY_RATIO, IOI_PARITY_MOVER, negative, ends, 5);
  assert_int_equal(gap.note, IOI_PARITY_MISSING);
  const ioi_parity_scale one = {1, 1};
  assert_int_equal(ioi_parity_estimates(&rmath, IOI_PARITY_RATIO,
                                        IOI_PARITY_MOVER, &good, &ends, one, 5,
                                        1, &gap),
                   IOI_EDOMAIN);
  assert_int_equal(ioi_parity_estimates(&rmath, IOI_PARITY_SHORTFALL,
                                        IOI_PARITY_LOG, &good, &ends, one, 5,
                                        0.9, &gap),
                   IOI_EDOMAIN);
  assert_int_equal(ioi_parity_estimates(&rmath, IOI_PARITY_ODDS_RATIO,
                                        IOI_PARITY_T, &good, &ends, one, 5, 0.9,
                                        &gap),
                   IOI_EDOMAIN);
  near(gap.estimate, -0.8, 1e-15);
}

static void covariance_of_gaps(void **state)
{
  /* V = L L' with L lower triangular in whole numbers, J by hand:
   * gap 0: a - c, gap 1: b - c, gap 2: a/b at a = 2, b = 4. */
  const double v[] = {4, 2, -2, 2, 10, 5, -2, 5, 14};
  const size_t group[] = {0, 1, 0}, reference[] = {2, 2, 1};
  const double d_group[] = {1, 1, 0.25}, d_reference[] = {-1, -1, -0.125};
  const double j[3][3] = {{1, 0, -1}, {0, 1, -1}, {0.25, -0.125, 0}};
  double out[9];
  (void) state;
  assert_int_equal(
    ioi_parity_covariance(v, 3, group, reference, d_group, d_reference, 3, out),
    IOI_OK);
  for (int a = 0; a < 3; a++)
    for (int b = 0; b < 3; b++) {
      double want = 0;
      for (int k = 0; k < 3; k++)
        for (int l = 0; l < 3; l++) want += j[a][k] * v[3 * k + l] * j[b][l];
      near(out[3 * a + b], want, 1e-14);
    }
  const double missing[] = {4, 2, NAN, 2, 10, NAN, NAN, NAN, NAN};
  assert_int_equal(ioi_parity_covariance(missing, 3, group, reference, d_group,
                                         d_reference, 3, out),
                   IOI_OK);
  assert_true(isnan(out[0]) && isnan(out[4]) && isnan(out[2]));
  near(out[8], 0.25 * 0.25 * 4 + 0.125 * 0.125 * 10 - 2 * 0.03125 * 2, 1e-14);
  const size_t outside[] = {0, 3, 0};
  out[0] = 7;
  assert_int_equal(ioi_parity_covariance(v, 3, outside, reference, d_group,
                                         d_reference, 3, out),
                   IOI_EDOMAIN);
  assert_true(out[0] == 7);
}

static void union_of_bits(void **state)
{
  const unsigned char a[] = {0x00, 0xff, 0x81}, b[] = {0x10, 0x0f, 0x80};
  (void) state;
  assert_int_equal(ioi_parity_union(a, b, 3), 11);
  assert_int_equal(ioi_parity_union(a, a, 3), 10);
  assert_int_equal(ioi_parity_union(a, b, 0), 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(difference_from_estimates),
    cmocka_unit_test(ratio_from_estimates),
    cmocka_unit_test(odds_ratio_from_estimates),
    cmocka_unit_test(odds_ratio_by_mover),
    cmocka_unit_test(derived_measures),
    cmocka_unit_test(derivatives_are_slopes),
    cmocka_unit_test(published_limits),
    cmocka_unit_test(mover_ratio_is_where_the_difference_ends_at_0),
    cmocka_unit_test(mover_ratio_near_0),
    cmocka_unit_test(mover_of_symmetric_limits_is_the_t_interval),
    cmocka_unit_test(ratios_with_zeros),
    cmocka_unit_test(no_variance),
    cmocka_unit_test(missing_values),
    cmocka_unit_test(covariance_of_gaps),
    cmocka_unit_test(union_of_bits),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
