/* test_parity_counts.c - gaps between two proportions and two rates.
 *
 * Published numbers: Newcombe (1998), Stat. Med. 17:873-890, table II, methods
 * 10 (Wilson) and 11 (with continuity correction); Mee's method 5
 * there; 0/10 against 0/20 in Miettinen and Nurminen (1985). Second
 * routes: score limits as the ends of what the score test does not reject, the
 * likelihood maximised on a grid; exact limits of rates from the tails of the
 * binomial distribution. Then identities and edges. */
#include "core/parity_counts.h"

#include "rmath.h"
#include "road.h"

static ioi_parity_gap from(ioi_parity_measure base,
                           ioi_parity_count_method method, double x1, double n1,
                           double x2, double n2)
{
  ioi_parity_gap gap;
  ioi_parity_rule rule = ioi_parity_rule_at(&rmath, base, method, 0.95);
  ioi_parity_table table = {x1, n1, x2, n2};
  assert_int_equal(ioi_parity_counts(&rule, &table, &gap), IOI_OK);
  return gap;
}

static ioi_parity_gap from_difference(ioi_parity_count_method method, double x1,
                                      double n1, double x2, double n2)
{
  return from(IOI_PARITY_DIFFERENCE, method, x1, n1, x2, n2);
}

static void newcombe_as_published(void **state)
{
  const struct {
    double x1, n1, x2, n2, low, high, low_cc, high_cc;
  } table[] = {
    {56, 70, 48, 80, 0.0524, 0.3339, 0.0428, 0.3422},
    {9, 10, 3, 10, 0.1705, 0.8090, 0.1013, 0.8387},
    {5, 56, 0, 29, -0.0381, 0.1926, -0.0667, 0.2037},
    {0, 10, 0, 20, -0.1611, 0.2775, -0.2005, 0.3445},
    {0, 10, 0, 10, -0.2775, 0.2775, -0.3445, 0.3445},
    {10, 10, 0, 20, 0.6791, 1.0000, 0.6014, 1.0000},
    {10, 10, 0, 10, 0.6075, 1.0000, 0.5128, 1.0000},
  };
  (void) state;
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    ioi_parity_gap gap = from_difference(IOI_PARITY_NEWCOMBE, table[i].x1,
                                         table[i].n1, table[i].x2, table[i].n2);
    near(gap.low, table[i].low, 5e-5);
    near(gap.high, table[i].high, 5e-5);
    gap = from_difference(IOI_PARITY_NEWCOMBE_CORRECTED, table[i].x1,
                          table[i].n1, table[i].x2, table[i].n2);
    near(gap.low, table[i].low_cc, 5e-5);
    near(gap.high, table[i].high_cc, 5e-5);
  }
}

static void chisquare_is_pearsons_times_n_minus_1(void **state)
{
  /* Pearson's from expected counts, cell by cell. */
  const double x[2] = {9, 3}, n[2] = {10, 14};
  double share = (x[0] + x[1]) / (n[0] + n[1]), pearson = 0;
  (void) state;
  for (int i = 0; i < 2; i++) {
    pearson += pow(x[i] - n[i] * share, 2) / (n[i] * share);
    pearson += pow(n[i] - x[i] - n[i] * (1 - share), 2) / (n[i] * (1 - share));
  }
  ioi_parity_gap gap = from_difference(IOI_PARITY_WALD, 9, 10, 3, 14);
  near(gap.statistic, pearson * 23 / 24, 1e-12);
  near(gap.p_value, 2 * pnorm5(sqrt(pearson * 23 / 24), 0, 1, 0, 0), 1e-12);
  double se = sqrt(0.9 * 0.1 / 10 + 3 * 11 / (14.0 * 14 * 14));
  near(gap.high - gap.low, 2 * qnorm5(0.975, 0, 1, 1, 0) * se, 1e-12);
}

/* Every method of a base, at the same counts. */
typedef void (*check)(ioi_parity_measure base, ioi_parity_count_method method);

static void each_method(check f)
{
  for (int b = IOI_PARITY_DIFFERENCE; b <= IOI_PARITY_ODDS_RATIO; b++)
    for (int m = IOI_PARITY_NEWCOMBE; m <= IOI_PARITY_RATE_SCORE; m++)
      if (ioi_parity_count_offers((ioi_parity_measure) b,
                                  (ioi_parity_count_method) m))
        f((ioi_parity_measure) b, (ioi_parity_count_method) m);
}

/* Groups changed over: the difference changes its sign, a ratio is inverted. */
static void turned(ioi_parity_measure base, ioi_parity_count_method method)
{
  ioi_parity_gap gap = from(base, method, 7.5, 34, 1, 40);
  ioi_parity_gap back = from(base, method, 1, 40, 7.5, 34);
  int difference = base == IOI_PARITY_DIFFERENCE;
  near(back.low, difference ? -gap.high : 1 / gap.high, 1e-9);
  near(back.high, difference ? -gap.low : 1 / gap.low,
       1e-9 * fmax(1, fabs(back.high)));
  assert_int_equal(gap.note, IOI_PARITY_AS_ASKED);
  assert_true(gap.low < gap.high);
}

/* The other answer counted: the difference changes its sign, odds are inverted.
 * A ratio of the others is another number. */
static void mirrored(ioi_parity_measure base, ioi_parity_count_method method)
{
  if (ioi_parity_is_rate(method) || base == IOI_PARITY_RATIO) return;
  ioi_parity_gap gap = from(base, method, 7.5, 34, 1, 40);
  ioi_parity_gap other = from(base, method, 26.5, 34, 39, 40);
  int difference = base == IOI_PARITY_DIFFERENCE;
  near(other.low, difference ? -gap.high : 1 / gap.high, 1e-9);
  near(other.statistic, gap.statistic, 1e-10);
}

static void counts_turn_and_mirror(void **state)
{
  (void) state;
  each_method(turned);
  each_method(mirrored);
}

static void counts_at_the_edges(void **state)
{
  const double bad[][4] = {{-1, 10, 2, 10},      {11, 10, 2, 10},
                           {1, -10, 2, 10},      {1, 10, 2, 1},
                           {1, 10, 2, INFINITY}, {INFINITY, 10, 2, 10}};
  ioi_parity_gap gap = {.estimate = 7, .low = 8};
  ioi_parity_rule rule = ioi_parity_rule_at(&rmath, IOI_PARITY_DIFFERENCE,
                                            IOI_PARITY_NEWCOMBE, 0.95);
  (void) state;
  for (int i = 0; i < 6; i++) {
    ioi_parity_table table = {bad[i][0], bad[i][1], bad[i][2], bad[i][3]};
    assert_int_equal(ioi_parity_counts(&rule, &table, &gap), IOI_EDOMAIN);
  }
  ioi_parity_table good = {1, 2, 1, 2};
  ioi_parity_rule percent =
    ioi_parity_rule_at(&rmath, rule.base, rule.method, 95);
  assert_int_equal(ioi_parity_counts(&percent, &good, &gap), IOI_EDOMAIN);
  rule.method = IOI_PARITY_KATZ; /* has no difference */
  assert_int_equal(ioi_parity_counts(&rule, &good, &gap), IOI_EDOMAIN);
  assert_true(gap.estimate == 7 && gap.low == 8);

  gap = from_difference(IOI_PARITY_NEWCOMBE, 0, 0, 2, 10); /* nobody there */
  assert_true(isnan(gap.low) && isnan(gap.high) && isnan(gap.p_value));
  assert_int_equal(gap.note, IOI_PARITY_MISSING);
  gap = from_difference(IOI_PARITY_NEWCOMBE, NAN, 5, 2, 10);
  assert_true(isnan(gap.low));
  gap =
    from_difference(IOI_PARITY_NEWCOMBE, 0, 10, 0, 20); /* no events at all */
  assert_true(gap.low < 0 && isnan(gap.statistic) && isnan(gap.p_value));
  gap =
    from_difference(IOI_PARITY_NEWCOMBE, 3e9, 4e9, 1e9, 2e9); /* past 2^31 */
  near(gap.low, 0.25, 1e-4);
}

/* Newcombe's table II, method 5 (Mee), and an example of Miettinen and
 * Nurminen. */
static void scores_as_published(void **state)
{
  const double table[][6] = {{56, 70, 48, 80, 0.0533, 0.3377},
                             {9, 10, 3, 10, 0.1821, 0.8370},
                             {6, 7, 2, 7, 0.0544, 0.8478},
                             {5, 56, 0, 29, -0.0313, 0.1926}};
  (void) state;
  for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
    ioi_parity_gap gap = from_difference(IOI_PARITY_MEE, table[i][0],
                                         table[i][1], table[i][2], table[i][3]);
    near(gap.low, table[i][4], 6e-5);
    near(gap.high, table[i][5], 6e-5);
  }
  ioi_parity_gap gap =
    from_difference(IOI_PARITY_MIETTINEN_NURMINEN, 0, 10, 0, 20);
  near(gap.low, -0.1658, 5e-5);
  near(gap.high, 0.2844, 5e-5);
}

/* x log p, 0 where x is 0. */
static double part(double x, double p)
{
  return x > 0 ? x * log(p) : 0;
}

/* p1 that goes with p2 where the measure is `value`. */
static double other(ioi_parity_measure base, double value, double p2)
{
  if (base == IOI_PARITY_DIFFERENCE) return p2 + value;
  if (base == IOI_PARITY_RATIO) return p2 * value;
  return p2 * value / (1 + p2 * (value - 1));
}

/* Squared score at `value`, p2 by golden section of the likelihood. */
static double score_at(ioi_parity_measure base, const double c[4], double value)
{
  double low = base == IOI_PARITY_DIFFERENCE ? fmax(0, -value) : 0;
  double high = base == IOI_PARITY_DIFFERENCE ? fmin(1, 1 - value)
                : base == IOI_PARITY_RATIO    ? fmin(1, 1 / value)
                                              : 1;
  const double gold = (sqrt(5) - 1) / 2;
  double p2 = 0, p1 = 0;
  for (int i = 0; i < 200; i++) {
    double t[2] = {high - gold * (high - low), low + gold * (high - low)}, l[2];
    for (int k = 0; k < 2; k++) {
      p2 = t[k];
      p1 = other(base, value, p2);
      l[k] = part(c[0], p1) + part(c[1] - c[0], 1 - p1) + part(c[2], p2)
             + part(c[3] - c[2], 1 - p2);
    }
    if (l[0] > l[1])
      high = t[1];
    else
      low = t[0];
  }
  double v1 = p1 * (1 - p1) / c[1], v2 = p2 * (1 - p2) / c[3];
  double r1 = c[0] / c[1], r2 = c[2] / c[3];
  if (base == IOI_PARITY_DIFFERENCE) return pow(r1 - r2 - value, 2) / (v1 + v2);
  if (base == IOI_PARITY_RATIO)
    return pow(r1 - value * r2, 2) / (v1 + value * value * v2);
  return pow(c[1] * (r1 - p1), 2)
         * (1 / (c[1] * c[1] * v1) + 1 / (c[3] * c[3] * v2));
}

static void score_limits_are_where_the_test_rejects(void **state)
{
  const double counts[][4] = {{7, 34, 1, 34},   {5, 56, 0, 29},
                              {29, 29, 7, 40},  {0, 12, 3, 400},
                              {1.5, 9, 7.5, 8}, {3, 1e6, 9, 1e5}};
  const ioi_parity_count_method plain[] = {IOI_PARITY_MEE, IOI_PARITY_KOOPMAN,
                                           IOI_PARITY_CORNFIELD};
  double z2 = qchisq(0.95, 1, 1, 0);
  (void) state;
  for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
    for (int b = 0; b < 3; b++)
      for (int corrected = 0; corrected < 2; corrected++) {
        const double *c = counts[i];
        ioi_parity_measure base = (ioi_parity_measure) b;
        double n = c[1] + c[3], want = corrected ? z2 * n / (n - 1) : z2;
        ioi_parity_gap gap =
          from(base, corrected ? IOI_PARITY_MIETTINEN_NURMINEN : plain[b], c[0],
               c[1], c[2], c[3]);
        if (gap.low > (b ? 0 : -1))
          near(score_at(base, c, gap.low), want, 1e-4 * want);
        if (gap.high < (b ? INFINITY : 1))
          near(score_at(base, c, gap.high), want, 1e-4 * want);
      }
}

static void score_limits_at_the_ends(void **state)
{
  (void) state;
  for (int m = 0; m < 2; m++) {
    ioi_parity_count_method ratio =
      m ? IOI_PARITY_MIETTINEN_NURMINEN : IOI_PARITY_KOOPMAN;
    ioi_parity_count_method odds =
      m ? IOI_PARITY_MIETTINEN_NURMINEN : IOI_PARITY_CORNFIELD;
    ioi_parity_gap gap = from(IOI_PARITY_RATIO, ratio, 0, 10, 3, 20);
    assert_true(gap.low == 0 && isfinite(gap.high) && gap.high > 0);
    gap = from(IOI_PARITY_RATIO, ratio, 3, 10, 0, 20);
    assert_true(isinf(gap.high) && gap.low > 0 && isfinite(gap.low));
    gap = from(IOI_PARITY_RATIO, ratio, 0, 10, 0, 20);
    assert_true(gap.low == 0 && isinf(gap.high));
    gap = from(IOI_PARITY_ODDS_RATIO, odds, 10, 10, 3, 20);
    assert_true(isinf(gap.high) && gap.low > 0);
    gap = from(IOI_PARITY_ODDS_RATIO, odds, 2, 10, 20, 20);
    assert_true(gap.low == 0 && isfinite(gap.high) && gap.high > 0);
    gap = from(IOI_PARITY_ODDS_RATIO, odds, 10, 10, 20, 20);
    assert_true(gap.low == 0 && isinf(gap.high));
    gap = from(IOI_PARITY_RATIO, ratio, 10, 10, 20, 20);
    assert_true(gap.low < 1 && gap.high > 1 && isfinite(gap.high));
  }
  ioi_parity_gap all =
    from_difference(IOI_PARITY_MIETTINEN_NURMINEN, 10, 10, 0, 20);
  assert_true(all.high == 1 && all.low > 0);
  all = from_difference(IOI_PARITY_MIETTINEN_NURMINEN, 0, 10, 20, 20);
  assert_true(all.low == -1 && all.high < 0);
  /* one person in each group, and less: everything is possible */
  all = from_difference(IOI_PARITY_MIETTINEN_NURMINEN, 0, 0.4, 0.3, 0.5);
  assert_true(all.low == -1 && all.high == 1);
  for (int b = 0; b < 3; b++) { /* huge groups: the Wald limits */
    ioi_parity_gap gap =
      from((ioi_parity_measure) b, IOI_PARITY_MIETTINEN_NURMINEN, 3e14, 1e15,
           2e14, 1e15);
    const double at[] = {0.1, 1.5, 3.0 / 7 / (2.0 / 8)};
    const double se[] = {sqrt(0.37e-15), 1.5 * sqrt((7.0 / 3 + 4) * 1e-15),
                         3.0 / 7 / (2.0 / 8)
                           * sqrt((1 / 0.21 + 1 / 0.16) * 1e-15)};
    near((gap.high - gap.low) / 2, 1.959963985 * se[b], 1e-4 * se[b]);
    near((gap.high + gap.low) / 2, at[b], 1e-3 * se[b]);
  }
}

static void score_limits_of_tiny_shares(void **state)
{
  /* One event in 1e12 against 5 in 1e13: as Poisson rates, whose score limits
   * have a closed form. */
  ioi_parity_gap gap =
    from(IOI_PARITY_RATIO, IOI_PARITY_KOOPMAN, 1, 1e12, 5, 1e13);
  ioi_parity_gap rate =
    from(IOI_PARITY_RATIO, IOI_PARITY_RATE_SCORE, 1, 1e12, 5, 1e13);
  (void) state;
  near(gap.low, rate.low, 1e-8 * rate.low);
  near(gap.high, rate.high, 1e-8 * rate.high);
  gap = from_difference(IOI_PARITY_MEE, 1, 1e12, 5, 1e13);
  rate = from_difference(IOI_PARITY_RATE_SCORE, 1, 1e12, 5, 1e13);
  near(gap.low, rate.low, 1e-8 * fabs(rate.low));
  near(gap.high, rate.high, 1e-8 * fabs(rate.high));
}

static void log_methods_without_events(void **state)
{
  const ioi_parity_count_method of_ratio[] = {IOI_PARITY_KATZ,
                                              IOI_PARITY_RATE_LOG};
  (void) state;
  for (int i = 0; i < 2; i++) {
    ioi_parity_gap gap = from(IOI_PARITY_RATIO, of_ratio[i], 0, 10, 3, 20);
    assert_int_equal(gap.note, IOI_PARITY_NO_LOG);
    assert_true(isnan(gap.low) && isnan(gap.high) && gap.p_value > 0);
  }
  ioi_parity_gap gap =
    from(IOI_PARITY_ODDS_RATIO, IOI_PARITY_WOOLF, 3, 3, 1, 2);
  assert_int_equal(gap.note, IOI_PARITY_NO_LOG);
  gap = from(IOI_PARITY_ODDS_RATIO, IOI_PARITY_HALDANE, 3, 3, 1, 2);
  near(log(gap.high * gap.low), 2 * log(3.5 / 0.5), 1e-12);
  gap = from(IOI_PARITY_RATIO, IOI_PARITY_WALTER, 0, 10, 0, 10);
  near(gap.low * gap.high, 1, 1e-12);
}

/* P(x or more of n) and P(x or fewer), written out. */
static double upper_tail(int x, int n, double p)
{
  double sum = 0;
  for (int k = x; k <= n; k++) sum += dbinom(k, n, p, 0);
  return sum;
}

static void exact_rates_from_binomial_tails(void **state)
{
  (void) state;
  ioi_parity_gap gap =
    from(IOI_PARITY_RATIO, IOI_PARITY_RATE_EXACT, 5, 100, 3, 400);
  double low = gap.low / 4, high = gap.high / 4; /* odds of the share */
  near(upper_tail(5, 8, low / (1 + low)), 0.025, 1e-10);
  near(1 - upper_tail(6, 8, high / (1 + high)), 0.025, 1e-10);
  near(gap.p_value, 2 * upper_tail(5, 8, 0.2), 1e-12);
  near(gap.statistic, 5, 0);
  gap = from(IOI_PARITY_RATIO, IOI_PARITY_RATE_MIDP, 5, 100, 3, 400);
  low = gap.low / 4, high = gap.high / 4;
  near(upper_tail(5, 8, low / (1 + low)) - dbinom(5, 8, low / (1 + low), 0) / 2,
       0.025, 1e-10);
  near(1 - upper_tail(5, 8, high / (1 + high))
         + dbinom(5, 8, high / (1 + high), 0) / 2,
       0.025, 1e-10);
  near(gap.p_value, 2 * (upper_tail(5, 8, 0.2) - dbinom(5, 8, 0.2, 0) / 2),
       1e-12);
}

static void rates_at_the_edges(void **state)
{
  const ioi_parity_count_method methods[] = {
    IOI_PARITY_RATE_EXACT, IOI_PARITY_RATE_MIDP, IOI_PARITY_RATE_SCORE};
  (void) state;
  for (int i = 0; i < 3; i++) {
    ioi_parity_gap gap = from(IOI_PARITY_RATIO, methods[i], 0, 10, 3, 20);
    assert_true(gap.low == 0 && isfinite(gap.high) && gap.high > 0);
    gap = from(IOI_PARITY_RATIO, methods[i], 3, 10, 0, 20);
    assert_true(isinf(gap.high) && gap.low > 0);
    gap = from(IOI_PARITY_RATIO, methods[i], 0, 10, 0, 20);
    assert_true(gap.low == 0 && isinf(gap.high) && isnan(gap.p_value));
    gap = from(IOI_PARITY_RATIO, methods[i], 2e9, 1e10, 1e9, 1e10);
    near(gap.low, 2, 1e-3);
    near(gap.high, 2, 1e-3);
  }
  /* more events than person-time is no error */
  ioi_parity_gap gap = from_difference(IOI_PARITY_RATE_SCORE, 30, 4, 10, 5);
  assert_true(gap.low < 5.5 && gap.high > 5.5);
  near(gap.statistic, 5.5 * 5.5 / (40.0 / 20), 1e-12);
  /* without events: +- z^2/t */
  double z2 = qchisq(0.95, 1, 1, 0);
  gap = from_difference(IOI_PARITY_RATE_SCORE, 0, 10, 0, 20);
  near(gap.low, -z2 / 20, 1e-12);
  near(gap.high, z2 / 10, 1e-12);
}

static void whole_and_part(void **state)
{
  double low = -0.2, high = 0.4;
  (void) state;
  ioi_parity_whole(IOI_PARITY_DIFFERENCE, 0.25, &low, &high);
  near(low, -0.15, 1e-16);
  near(high, 0.3, 1e-16);
  low = 0;
  high = INFINITY;
  ioi_parity_whole(IOI_PARITY_RATIO, 0.25, &low, &high);
  assert_true(low == 0);
  near(high, 4, 1e-15); /* all events are the group's */
  low = 0.5;
  high = 2;
  ioi_parity_whole(IOI_PARITY_RATIO, 0.25, &low, &high);
  near(low, 0.5 / (0.25 * 0.5 + 0.75), 1e-15);
  near(high, 2 / (0.25 * 2 + 0.75), 1e-15);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(newcombe_as_published),
    cmocka_unit_test(scores_as_published),
    cmocka_unit_test(chisquare_is_pearsons_times_n_minus_1),
    cmocka_unit_test(counts_turn_and_mirror),
    cmocka_unit_test(counts_at_the_edges),
    cmocka_unit_test(score_limits_are_where_the_test_rejects),
    cmocka_unit_test(score_limits_at_the_ends),
    cmocka_unit_test(score_limits_of_tiny_shares),
    cmocka_unit_test(log_methods_without_events),
    cmocka_unit_test(exact_rates_from_binomial_tails),
    cmocka_unit_test(rates_at_the_edges),
    cmocka_unit_test(whole_and_part),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
