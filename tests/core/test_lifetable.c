/* test_lifetable.c - life tables.
 *
 * Published numbers: life expectancy at every age with 95% limits in the test
 * results of OHID's R package (testLifeExpectancy.R), made with z = 1.96. Otherwise a
 * second route (Chiang's sums over l, d, L and T, written out), exact cases
 * (constant mortality), identities, and the edges. */
#include "core/lifetable.h"

#include "road.h"

enum { K = 20 };
static const double start[K] = {0,  1,  5,  10, 15, 20, 25, 30, 35, 40,
                                45, 50, 55, 60, 65, 70, 75, 80, 85, 90};
static const double ax[K] = {0.1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5,
                             0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5};
static const double deaths[K] = {17,  9,   4,    8,    20,   15,  24,
                                 33,  50,  71,   100,  163,  263, 304,
                                 536, 872, 1390, 1605, 1936, 1937};
static const double people[K] = {
  7060,  35059, 46974, 48489, 43219, 38561, 46009, 57208, 61435, 55601,
  50209, 56416, 46411, 39820, 37978, 37039, 33288, 23306, 11936, 11936};

typedef struct {
  double qx[K], lx[K], Lx[K], Tx[K], ex[K], variance[K];
  int note;
} table;

static ioi_life_table columns(table *t)
{
  ioi_life_table c = {t->qx, t->lx, t->Lx, t->Tx, t->ex, t->variance};
  return c;
}

static void fill(const double *d, const double *n, int silcocks, table *t)
{
  ioi_population p = {K, start, ax, d, n};
  ioi_life_table c = columns(t);
  assert_int_equal(ioi_life_table_fill(&p, silcocks, &c, &t->note), IOI_OK);
}

static void as_published(void **state)
{
  const double value[] = {80.16960813, 79.36245674, 75.44193645, 70.47299936,
                          65.52909542, 60.67510088, 55.78835987, 50.92752727,
                          46.06740425, 41.24505636, 36.49322717, 31.83343842,
                          27.26027992, 22.9719144,  18.76856852, 14.95858336,
                          11.51684445, 8.618849241, 6.163942934, 6.16210635};
  const double low[] = {79.88268548, 79.0898816,  75.17407307, 70.20675732,
                        65.26548673, 60.41876577, 55.53801579, 50.68279939,
                        45.82666794, 41.00842831, 36.26223216, 31.60996318,
                        27.04337271, 22.76653134, 18.57570352, 14.77985004,
                        11.34831778, 8.451134045, 5.978358351, 5.887683386};
  table t;
  (void) state;
  fill(deaths, people, 1, &t);
  assert_int_equal(t.note, 0);
  for (int i = 0; i < K; i++) {
    near(t.ex[i], value[i], 5e-9);
    near(t.ex[i] - 1.96 * sqrt(t.variance[i]), low[i], 5e-9);
  }
}

/* Chiang's own sums, from the l, d, L and T of the table. */
static void agrees_with_the_sums(void **state)
{
  table t;
  (void) state;
  fill(deaths, people, 1, &t);
  for (int x = 0; x < K; x++) {
    double T = 0, sum = 0;
    for (int j = x; j < K; j++) {
      T += t.Lx[j];
      if (j == K - 1) {
        double m = deaths[j] / people[j];
        sum += t.lx[j] * t.lx[j] / (deaths[j] * m * m);
        break;
      }
      double n = start[j + 1] - start[j], d = t.lx[j] * t.qx[j];
      double v = t.qx[j] * t.qx[j] * (1 - t.qx[j]) / deaths[j];
      double step = (1 - ax[j]) * n + t.ex[j + 1];
      near(t.Lx[j], n * (t.lx[j + 1] + ax[j] * d), 1e-13);
      sum += t.lx[j] * t.lx[j] * step * step * v;
    }
    near(t.Tx[x], T, 1e-12);
    near(t.ex[x], T / t.lx[x], 1e-12);
    near(t.variance[x], sum / t.lx[x] / t.lx[x], 1e-13);
  }
}

/* With the same rate in all bands and no band ended early, e = 1/M in the open
 * band, and Chiang leaves that variance out. */
static void chiang_and_silcocks(void **state)
{
  table chiang, silcocks;
  (void) state;
  fill(deaths, people, 0, &chiang);
  fill(deaths, people, 1, &silcocks);
  double e = people[K - 1] / deaths[K - 1];
  near(silcocks.ex[K - 1], e, 1e-14);
  near(silcocks.variance[K - 1], e * e / deaths[K - 1], 1e-14);
  assert_true(chiang.variance[K - 1] == 0);
  for (int i = 0; i < K; i++) {
    double l = silcocks.lx[K - 1] / silcocks.lx[i];
    assert_true(chiang.ex[i] == silcocks.ex[i]);
    near(silcocks.variance[i] - chiang.variance[i],
         l * l * silcocks.variance[K - 1], 1e-13);
  }
}

/* Single years of age at a small constant rate: close to 1/rate. */
static void constant_rate(void **state)
{
  enum { N = 400 };
  double x[N], a[N], d[N], n[N], c[6][N];
  int note;
  (void) state;
  for (int i = 0; i < N; i++) {
    x[i] = i / 4.0;
    a[i] = 0.5;
    n[i] = 1e6;
    d[i] = 2e4;
  }
  ioi_population p = {N, x, a, d, n};
  ioi_life_table t = {c[0], c[1], c[2], c[3], c[4], c[5]};
  assert_int_equal(ioi_life_table_fill(&p, 1, &t, &note), IOI_OK);
  near(t.ex[0], 50, 1e-3);
  near(t.lx[200], exp(-0.02 * 50), 1e-5);
}

static void from_another_age(void **state)
{
  table all, old;
  ioi_population p = {K - 13, start + 13, ax + 13, deaths + 13, people + 13};
  ioi_life_table c = columns(&old);
  (void) state;
  fill(deaths, people, 1, &all);
  assert_int_equal(ioi_life_table_fill(&p, 1, &c, &old.note), IOI_OK);
  assert_true(old.lx[0] == 1);
  for (int i = 0; i < K - 13; i++) {
    near(old.ex[i], all.ex[i + 13], 1e-13);
    near(old.variance[i], all.variance[i + 13], 1e-13);
  }
}

static void one_open_band(void **state)
{
  const double x = 0, a = NAN, d = 4, n = 100;
  double c[6];
  int note;
  ioi_population p = {1, &x, &a, &d, &n};
  ioi_life_table t = {&c[0], &c[1], &c[2], &c[3], &c[4], &c[5]};
  (void) state;
  assert_int_equal(ioi_life_table_fill(&p, 1, &t, &note), IOI_OK);
  near(c[4], 25, 1e-14);
  near(c[5], 625.0 / 4, 1e-12);
  assert_int_equal(note, 0);
}

static void no_deaths_in_a_closed_band(void **state)
{
  double d[K];
  table t;
  (void) state;
  memcpy(d, deaths, sizeof deaths);
  d[2] = 0;
  fill(d, people, 1, &t);
  assert_int_equal(t.note, 0);
  assert_true(t.qx[2] == 0);
  near(t.variance[2], t.variance[3], 1e-15);
  near(t.ex[2], 5 + t.ex[3], 1e-13);
}

static void no_deaths_in_the_open_band(void **state)
{
  double d[K];
  table t;
  (void) state;
  memcpy(d, deaths, sizeof deaths);
  d[K - 1] = 0;
  fill(d, people, 1, &t);
  assert_int_equal(t.note, IOI_LIFE_NO_OPEN_DEATHS);
  for (int i = 0; i < K; i++) assert_true(isnan(t.ex[i]));
  assert_true(t.qx[3] > 0 && t.lx[K - 1] > 0);
}

static void nobody_or_nothing_known(void **state)
{
  double n[K], d[K];
  table all, t;
  (void) state;
  fill(deaths, people, 1, &all);
  memcpy(n, people, sizeof people);
  memcpy(d, deaths, sizeof deaths);
  n[5] = 0;
  fill(d, n, 1, &t);
  assert_int_equal(t.note, IOI_LIFE_EMPTY_BAND);
  for (int i = 0; i < K; i++) assert_int_equal(isnan(t.ex[i]) != 0, i <= 5);
  near(t.ex[6], all.ex[6], 1e-13);
  n[5] = people[5];
  d[5] = NAN;
  fill(d, n, 1, &t);
  assert_int_equal(t.note, IOI_LIFE_MISSING);
  assert_true(isnan(t.ex[5]) && !isnan(t.ex[6]));
}

static void all_die(void **state)
{
  double d[K], n[K];
  table all, t;
  (void) state;
  fill(deaths, people, 1, &all);
  memcpy(d, deaths, sizeof deaths);
  memcpy(n, people, sizeof people);
  d[16] = 900; /* a n M = 0.5 * 5 * 900/1000 > 1 */
  n[16] = 1000;
  fill(d, n, 1, &t);
  assert_int_equal(t.note, IOI_LIFE_NO_SURVIVORS);
  assert_true(t.qx[16] == 1 && t.lx[17] == 0);
  near(t.ex[16], 2.5, 1e-14);
  assert_true(t.variance[16] == 0);
  for (int i = 17; i < K; i++) assert_true(isnan(t.ex[i]));
  assert_true(t.ex[15] > 2.5 && t.ex[15] < all.ex[15]);
}

static void bad_tables(void **state)
{
  const double x[] = {0, 5, 5}, a[] = {0.1, 0.5, 0.5}, d[] = {1, 1, 1};
  const double n[] = {9, 9, 9}, ok[] = {0, 1, 5}, neg[] = {1, -1, 1};
  const double wrong_a[] = {1.1, 0.5, 0.5};
  table t;
  ioi_life_table c = columns(&t);
  ioi_population repeat = {3, x, a, d, n}, negative = {3, ok, a, neg, n};
  ioi_population none = {0, ok, a, d, n}, share = {3, ok, wrong_a, d, n};
  (void) state;
  assert_int_equal(ioi_life_table_fill(&repeat, 1, &c, &t.note), IOI_EDOMAIN);
  assert_int_equal(ioi_life_table_fill(&negative, 1, &c, &t.note), IOI_EDOMAIN);
  assert_int_equal(ioi_life_table_fill(&none, 1, &c, &t.note), IOI_EDOMAIN);
  assert_int_equal(ioi_life_table_fill(&share, 1, &c, &t.note), IOI_EDOMAIN);
}

static void pooling(void **state)
{
  double x[K], a[K], d[K], n[K], h[K], v[K];
  size_t bands = K, kept[K];
  (void) state;
  memcpy(x, start, sizeof start);
  memcpy(a, ax, sizeof ax);
  memcpy(d, deaths, sizeof deaths);
  memcpy(n, people, sizeof people);
  for (int i = 0; i < K; i++) {
    h[i] = 0.9;
    v[i] = 0.01;
  }
  d[K - 1] = d[K - 2] = 0;
  d[3] = n[3] = 0;
  h[3] = 0.1;
  assert_int_equal(ioi_life_merge(1, 1, &bands, x, a, d, n, h, v, kept),
                   IOI_LIFE_MERGED);
  assert_int_equal(bands, K - 3);
  assert_true(x[3] == 10 && x[4] == 20 && kept[4] == 5);
  assert_true(n[3] == people[4] && d[3] == deaths[4] && h[3] == 0.9);
  assert_true(x[bands - 1] == 80 && d[bands - 1] == deaths[17]);
  near(n[bands - 1], people[17] + people[18] + people[19], 1e-9);
  near(h[bands - 1], 0.9, 1e-14);
  /* Pooled from the top: 85 with 90, then 80 with these. */
  double old = people[18] + people[19], all = people[17] + old;
  double v_old =
    0.01 * (people[18] * people[18] + people[19] * people[19]) / old / old;
  double w1 = people[17] / all, w2 = old / all;
  near(v[bands - 1], w1 * w1 * 0.01 + w2 * w2 * v_old, 1e-15);
  bands = K;
  memcpy(d, deaths, sizeof deaths);
  assert_int_equal(ioi_life_merge(1, 1, &bands, x, a, d, n, NULL, NULL, kept),
                   0);
}

/* Everybody in good health: life expectancy; half of everybody: half of it. */
static void sullivan_identities(void **state)
{
  double h[K], v[K], work[K], hx[K], prevalence[K], mortality[K];
  table t;
  ioi_population p = {K, start, ax, deaths, people};
  (void) state;
  fill(deaths, people, 1, &t);
  ioi_life_table c = columns(&t);
  for (int half = 0; half < 2; half++) {
    double w = half ? 0.5 : 1;
    for (int i = 0; i < K; i++) {
      h[i] = w;
      v[i] = 0.0004;
    }
    ioi_sullivan(&p, &c, h, v, NULL, 1, work, hx, prevalence, mortality);
    for (int i = 0; i < K; i++) {
      double sum = 0;
      for (int j = i; j < K; j++) sum += t.Lx[j] * t.Lx[j] * 0.0004;
      near(hx[i], w * t.ex[i], 1e-12);
      near(mortality[i], w * w * t.variance[i], 1e-12);
      near(prevalence[i], sum / t.lx[i] / t.lx[i], 1e-12);
    }
  }
}

/* A diagonal covariance is the variances; one share for all ages makes the
 * prevalence part e^2 Var. */
static void sullivan_covariance(void **state)
{
  double h[K], v[K], cov[K * K], work[K], hx[K], one[K], two[K], m[K];
  table t;
  ioi_population p = {K, start, ax, deaths, people};
  (void) state;
  fill(deaths, people, 1, &t);
  ioi_life_table c = columns(&t);
  for (int i = 0; i < K; i++) {
    h[i] = 0.95 - 0.02 * i;
    v[i] = 1e-4 * (i + 1);
    for (int j = 0; j < K; j++) cov[i * K + j] = i == j ? v[i] : 0;
  }
  ioi_sullivan(&p, &c, h, v, NULL, 1, work, hx, one, m);
  ioi_sullivan(&p, &c, h, NULL, cov, 1, work, hx, two, m);
  for (int i = 0; i < K; i++) near(two[i], one[i], 1e-13);
  for (int i = 0; i < K * K; i++) cov[i] = 2e-4;
  ioi_sullivan(&p, &c, h, NULL, cov, 1, work, hx, two, m);
  for (int i = 0; i < K; i++) near(two[i], t.ex[i] * t.ex[i] * 2e-4, 1e-10);
}

static void sullivan_without_a_share(void **state)
{
  double h[K], v[K], work[K], hx[K], prevalence[K], m[K];
  table t;
  ioi_population p = {K, start, ax, deaths, people};
  (void) state;
  fill(deaths, people, 1, &t);
  ioi_life_table c = columns(&t);
  for (int i = 0; i < K; i++) {
    h[i] = 0.8;
    v[i] = 1e-4;
  }
  h[3] = NAN;
  v[7] = NAN;
  ioi_sullivan(&p, &c, h, v, NULL, 1, work, hx, prevalence, m);
  assert_true(isnan(hx[3]) && isnan(hx[0]) && !isnan(hx[4]));
  assert_true(isnan(prevalence[7]) && !isnan(prevalence[8]) && !isnan(hx[7]));
}

static void arriaga_adds_up(void **state)
{
  double fewer[K], gap[K], back[K], cov[K * K], work[2 * K * (K + 1)];
  table a, b;
  ioi_population one = {K, start, ax, deaths, people};
  ioi_population two = {K, start, ax, fewer, people};
  (void) state;
  for (int i = 0; i < K; i++)
    fewer[i] = floor(deaths[i] * (0.7 + 0.02 * i)) + (i % 3 == 0);
  fill(deaths, people, 1, &a);
  fill(fewer, people, 1, &b);
  ioi_life_table ca = columns(&a), cb = columns(&b);
  ioi_arriaga(&one, &ca, &two, &cb, 1, gap, cov, work);
  double sum = 0, spread = 0;
  for (int i = 0; i < K; i++) {
    /* Arriaga's own form, with l and T */
    double own;
    if (i < K - 1)
      own = a.lx[i] * (b.Lx[i] / b.lx[i] - a.Lx[i] / a.lx[i])
            + b.Tx[i + 1] * (a.lx[i] / b.lx[i] - a.lx[i + 1] / b.lx[i + 1]);
    else
      own = a.lx[i] * (b.ex[i] - a.ex[i]);
    near(gap[i], own, 1e-12);
    sum += gap[i];
    for (int j = 0; j < K; j++) {
      spread += cov[i * K + j];
      near(cov[i * K + j], cov[j * K + i], 1e-15);
    }
  }
  near(sum, b.ex[0] - a.ex[0], 1e-12);
  near(spread, a.variance[0] + b.variance[0], 1e-12);
  ioi_arriaga(&one, &ca, &one, &ca, 1, back, NULL, NULL);
  for (int i = 0; i < K; i++) assert_true(back[i] == 0);
}

/* The gradient against differences of the parts themselves. */
static void arriaga_by_differences(void **state)
{
  double other[K], d[K], gap[K], cov[K * K], work[2 * K * (K + 1)];
  double variance[K] = {0};
  table a, b, moved;
  ioi_population one = {K, start, ax, deaths, people};
  ioi_population two = {K, start, ax, other, people};
  (void) state;
  for (int i = 0; i < K; i++) other[i] = deaths[i] * 1.1 + 2;
  fill(deaths, people, 1, &a);
  fill(other, people, 1, &b);
  ioi_life_table ca = columns(&a), cb = columns(&b), cm = columns(&moved);
  ioi_arriaga(&one, &ca, &two, &cb, 1, gap, cov, work);
  for (int side = 0; side < 2; side++)
    for (int j = 0; j < K; j++) {
      const double *base = side ? other : deaths;
      double up[K], down[K], step = 1e-4 * base[j], var;
      table at;
      memcpy(d, base, sizeof d);
      ioi_population changed = {K, start, ax, d, people};
      d[j] = base[j] + step;
      fill(d, people, 1, &moved);
      at = moved;
      if (side)
        ioi_arriaga(&one, &ca, &changed, &cm, 1, up, NULL, NULL);
      else
        ioi_arriaga(&changed, &cm, &two, &cb, 1, up, NULL, NULL);
      d[j] = base[j] - step;
      fill(d, people, 1, &moved);
      if (side)
        ioi_arriaga(&one, &ca, &changed, &cm, 1, down, NULL, NULL);
      else
        ioi_arriaga(&changed, &cm, &two, &cb, 1, down, NULL, NULL);
      const table *t = side ? &b : &a;
      double change =
        j == K - 1 ? at.ex[j] - moved.ex[j] : at.qx[j] - moved.qx[j];
      var = j == K - 1 ? t->variance[j]
                       : t->qx[j] * t->qx[j] * (1 - t->qx[j]) / base[j];
      for (int i = 0; i < K; i++) {
        double slope = (up[i] - down[i]) / change;
        variance[i] += slope * slope * var;
      }
    }
  for (int i = 0; i < K; i++) near(cov[i * K + i] / variance[i], 1, 1e-5);
}

static void causes(void **state)
{
  int undefined = 0;
  (void) state;
  near(ioi_cause_share(0.01, 0.02, 0.03, 0.07, &undefined), 0.25, 1e-14);
  assert_int_equal(undefined, 0);
  near(ioi_cause_share(0.01, 0.01, 0.03, 0.03, &undefined), 0, 0);
  assert_int_equal(undefined, 0);
  near(ioi_cause_share(0.01, 0.02, 0.03, 0.03, &undefined), 0, 0);
  assert_int_equal(undefined, 1);
  assert_true(isnan(ioi_cause_share(NAN, 0.02, 0.03, 0.04, &undefined)));
}

static void years(void **state)
{
  const double c[] = {74.9, 72, 0}, d[] = {2, 3, 100}, n[] = {100, 400, 9000};
  const double s[] = {1, 3, 50};
  double work[9];
  ioi_standardised out;
  (void) state;
  ioi_years_lost(c, d, NULL, 3, &out);
  near(out.estimate, 2 * 74.9 + 3 * 72, 1e-12);
  near(out.variance, 2 * 74.9 * 74.9 + 3 * 72 * 72, 1e-10);
  assert_true(out.events == 5);
  ioi_years_lost(c, d, n, 3, &out);
  near(out.estimate, (2 * 74.9 + 3 * 72) / 500, 1e-14);
  assert_true(out.population == 500);
  ioi_years_lost_standardised(c, d, n, s, 3, work, &out);
  near(out.estimate, 0.25 * 74.9 * 0.02 + 0.75 * 72 * 3 / 400, 1e-14);
  near(out.variance,
       0.0625 * 74.9 * 74.9 * 2 / 1e4 + 0.5625 * 72 * 72 * 3 / 160000, 1e-12);
  assert_true(out.events == 5);
}

static void years_at_the_edges(void **state)
{
  const double c[] = {74.9, 72, 0}, d[] = {2, NAN, 100}, zero[] = {0, 0, 10};
  ioi_standardised out;
  (void) state;
  ioi_years_lost(c, d, NULL, 3, &out);
  assert_int_equal(out.note, IOI_STANDARD_MISSING);
  ioi_years_lost(c, zero, zero, 3, &out);
  assert_int_equal(out.note, IOI_STANDARD_NOTHING);
  assert_true(isnan(out.estimate));
  ioi_years_lost(c, zero, NULL, 3, &out);
  assert_int_equal(out.note, IOI_STANDARDISED);
  assert_true(out.estimate == 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(as_published),
    cmocka_unit_test(agrees_with_the_sums),
    cmocka_unit_test(chiang_and_silcocks),
    cmocka_unit_test(constant_rate),
    cmocka_unit_test(from_another_age),
    cmocka_unit_test(one_open_band),
    cmocka_unit_test(no_deaths_in_a_closed_band),
    cmocka_unit_test(no_deaths_in_the_open_band),
    cmocka_unit_test(nobody_or_nothing_known),
    cmocka_unit_test(all_die),
    cmocka_unit_test(bad_tables),
    cmocka_unit_test(pooling),
    cmocka_unit_test(sullivan_identities),
    cmocka_unit_test(sullivan_covariance),
    cmocka_unit_test(sullivan_without_a_share),
    cmocka_unit_test(arriaga_adds_up),
    cmocka_unit_test(arriaga_by_differences),
    cmocka_unit_test(causes),
    cmocka_unit_test(years),
    cmocka_unit_test(years_at_the_edges),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
