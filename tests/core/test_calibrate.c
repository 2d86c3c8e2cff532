/* test_calibrate.c - calibrated weights and the residuals of their variances.
 *
 * Second routes on random samples: iterative proportional fitting (Deming &
 * Stephan 1940, Ann. Math. Stat. 11:427-444) for raking, normal equations for
 * the linear distance, the definition of the variance over records (Deville &
 * Sarndal 1992, JASA 87:376-382). Identities: totals are met, ratios stay in
 * their bounds and are the same function of a linear predictor, M G M = M. */
#include <gsl/gsl_linalg.h>

#include "core/calibrate.h"
#include "road.h"

enum { RECORDS = 240, A = 3, B = 4, MOST = A + B + 2, ROWS = 3, PSUS = 24 };

/* Two factors and a measurement, in blocks: the constant is a combination of
 * each of the factors. */
typedef struct {
  int a[RECORDS], b[RECORDS], first[3];
  double x[RECORDS], d[RECORDS], target[MOST];
  const int *level[3];
  ioi_numbers value[3];
  ioi_auxiliary aux;
} sample;

/* x of record i in column l. */
static double x_at(const sample *s, size_t i, size_t l)
{
  for (size_t f = 0; f < s->aux.blocks; f++)
    if (s->first[f] + (s->level[f] ? s->level[f][i] : 0) == (int) l)
      return s->value[f].real ? s->value[f].real[i] - s->value[f].centre : 1;
  return 0;
}

/* Targets that some weights near 10 d meet. */
static void draw_sample(sample *s, size_t blocks, uint64_t *seed)
{
  const ioi_numbers none = {NULL, NULL, 0}, x = {s->x, NULL, 40};
  for (size_t i = 0; i < RECORDS; i++) {
    s->a[i] = (int) draw_below(seed, A);
    s->b[i] = (int) draw_below(seed, B);
    s->x[i] = 40 + 10 * draw_unit(seed) + s->a[i];
    s->d[i] = i % 17 == 0 ? 0 : 0.5 + draw_unit(seed);
  }
  s->level[0] = s->a;
  s->level[1] = s->b;
  s->level[2] = NULL;
  s->first[0] = 0;
  s->first[1] = A;
  s->first[2] = A + B;
  s->value[0] = s->value[1] = none;
  s->value[2] = x;
  s->aux = (ioi_auxiliary){RECORDS,  blocks,   blocks == 3 ? A + B + 1 : A + B,
                           s->level, s->first, s->value};
  for (size_t l = 0; l < s->aux.columns; l++) s->target[l] = 0;
  for (size_t i = 0; i < RECORDS; i++) {
    double w = 10 * s->d[i] * (0.8 + 0.4 * draw_unit(seed));
    for (size_t l = 0; l < s->aux.columns; l++)
      s->target[l] += w * x_at(s, i, l);
  }
}

static ioi_status run(const sample *s, ioi_distance distance, double *g,
                      double *misfit)
{
  double work[MOST * MOST + 5 * MOST];
  size_t order[MOST];
  assert_true(ioi_calibrate_work(s->aux.columns) <= MOST * MOST + 5 * MOST);
  return ioi_calibrate(&s->aux, s->d, s->target, &distance, 1e-10, g, misfit,
                       work, order, NULL, NULL);
}

static void expect_totals(const sample *s, const double *g)
{
  for (size_t l = 0; l < s->aux.columns; l++) {
    double sum = 0;
    for (size_t i = 0; i < RECORDS; i++) sum += s->d[i] * g[i] * x_at(s, i, l);
    near(sum / s->target[l], 1, 1e-11);
  }
}

/* Iterative proportional fitting to the two factors. */
static void fit_proportionally(const sample *s, double *w)
{
  memcpy(w, s->d, RECORDS * sizeof *w);
  for (int round = 0; round < 2000; round++) {
    const int *at = round % 2 ? s->b : s->a;
    const double *target = s->target + (round % 2 ? A : 0);
    double total[B] = {0};
    for (size_t i = 0; i < RECORDS; i++) total[at[i]] += w[i];
    for (size_t i = 0; i < RECORDS; i++) w[i] *= target[at[i]] / total[at[i]];
  }
}

static void test_raking_is_proportional_fitting(void **state)
{
  (void) state;
  uint64_t seed = 11;
  sample s;
  double g[RECORDS], misfit[MOST], w[RECORDS];
  for (int trial = 0; trial < 20; trial++) {
    draw_sample(&s, 2, &seed);
    ioi_distance far = {IOI_DISTANCE_RAKING, -INFINITY, INFINITY, 1};
    ioi_distance close = {IOI_DISTANCE_RAKING, -INFINITY, INFINITY, 10};
    fit_proportionally(&s, w);
    for (int start = 0; start < 2; start++) {
      assert_int_equal(run(&s, start ? close : far, g, misfit), IOI_OK);
      expect_totals(&s, g);
      for (size_t i = 0; i < RECORDS; i++)
        near(s.d[i] * g[i], w[i], 1e-9 * (1 + w[i]));
    }
  }
}

/* A population 1e6 times the weights is reached from a start at 1. */
static void test_a_far_population_is_reached(void **state)
{
  (void) state;
  uint64_t seed = 5;
  sample s;
  double g[RECORDS], misfit[MOST];
  draw_sample(&s, 2, &seed);
  for (size_t l = 0; l < s.aux.columns; l++) s.target[l] *= 1e5;
  ioi_distance raking = {IOI_DISTANCE_RAKING, -INFINITY, INFINITY, 1};
  assert_int_equal(run(&s, raking, g, misfit), IOI_OK);
  expect_totals(&s, g);
}

/* g = 1 + x' M^-1 (t - sum d x), with the columns that are left when the first
 * level of the second factor is taken out. */
static void test_linear_solves_the_normal_equations(void **state)
{
  (void) state;
  uint64_t seed = 23;
  sample s;
  double g[RECORDS], misfit[MOST];
  draw_sample(&s, 3, &seed);
  ioi_distance linear = {IOI_DISTANCE_LINEAR, -INFINITY, INFINITY, 1};
  assert_int_equal(run(&s, linear, g, misfit), IOI_OK);
  expect_totals(&s, g);
  enum { FULL = A + B };
  gsl_matrix *m = gsl_matrix_calloc(FULL, FULL);
  gsl_vector *t = gsl_vector_calloc(FULL);
  size_t keep[FULL];
  for (size_t l = 0, k = 0; l <= FULL; l++)
    if (l != A) keep[k++] = l;
  for (size_t p = 0; p < FULL; p++) {
    double gap = s.target[keep[p]];
    for (size_t i = 0; i < RECORDS; i++) gap -= s.d[i] * x_at(&s, i, keep[p]);
    gsl_vector_set(t, p, gap);
    for (size_t q = 0; q < FULL; q++)
      for (size_t i = 0; i < RECORDS; i++)
        *gsl_matrix_ptr(m, p, q) +=
          s.d[i] * x_at(&s, i, keep[p]) * x_at(&s, i, keep[q]);
  }
  gsl_linalg_cholesky_decomp(m);
  gsl_linalg_cholesky_svx(m, t);
  for (size_t i = 0; i < RECORDS; i++) {
    double expected = 1;
    for (size_t p = 0; p < FULL; p++)
      expected += x_at(&s, i, keep[p]) * gsl_vector_get(t, p);
    near(g[i], expected, 1e-9);
  }
  gsl_matrix_free(m);
  gsl_vector_free(t);
}

/* Bounds far from 1, so that the search starts with every ratio at its bound, and
 * so narrow that some ratios end there. */
static void test_bounds_hold(void **state)
{
  (void) state;
  uint64_t seed = 31;
  sample s;
  double g[RECORDS], misfit[MOST];
  const double lower = 9.75, upper = 10.3;
  const ioi_distance all[] = {{IOI_DISTANCE_LINEAR, lower, upper, 1},
                              {IOI_DISTANCE_RAKING, lower, upper, 10}};
  for (size_t k = 0; k < 2; k++) {
    draw_sample(&s, 3, &seed);
    for (size_t l = 0; l < s.aux.columns; l++) s.target[l] = 0;
    for (size_t i = 0; i < RECORDS; i++) {
      double w = s.d[i] * (i % 2 ? lower + 0.01 : upper - 0.01 * (s.a[i] + 1));
      w = s.a[i] == 1 ? s.d[i] * (upper - 0.005) : w;
      for (size_t l = 0; l < s.aux.columns; l++)
        s.target[l] += w * x_at(&s, i, l);
    }
    assert_int_equal(run(&s, all[k], g, misfit), IOI_OK);
    expect_totals(&s, g);
    size_t cut = 0;
    for (size_t i = 0; i < RECORDS; i++) {
      assert_true(g[i] >= lower && g[i] <= upper);
      cut += g[i] == lower || g[i] == upper;
    }
    assert_true(cut > 0);
  }
}

/* Inside the bounds the logit of a ratio is a linear predictor: for records alike
 * in all but the measurement its slope is the same. */
static void test_logit_is_linear_in_its_predictor(void **state)
{
  (void) state;
  uint64_t seed = 77;
  sample s;
  double g[RECORDS], misfit[MOST];
  draw_sample(&s, 3, &seed);
  for (size_t l = 0; l < s.aux.columns; l++) s.target[l] /= 10;
  ioi_distance logit = {IOI_DISTANCE_LOGIT, 0.6, 1.7, 1};
  assert_int_equal(run(&s, logit, g, misfit), IOI_OK);
  expect_totals(&s, g);
  double slope = NAN, last_u[A * B], last_x[A * B];
  int seen[A * B] = {0};
  for (size_t i = 0; i < RECORDS; i++) {
    assert_true(g[i] > 0.6 && g[i] < 1.7);
    int cell = s.a[i] * B + s.b[i];
    double u = log((g[i] - 0.6) / (1.7 - g[i]));
    if (seen[cell]) {
      double now = (u - last_u[cell]) / (s.x[i] - last_x[cell]);
      if (isnan(slope)) slope = now;
      if (fabs(s.x[i] - last_x[cell]) > 0.1) near(now, slope, 1e-9);
    }
    seen[cell] = 1;
    last_u[cell] = u;
    last_x[cell] = s.x[i];
  }
}

static void test_what_cannot_be_is_said(void **state)
{
  (void) state;
  uint64_t seed = 3;
  sample s;
  double g[RECORDS], misfit[MOST];
  draw_sample(&s, 2, &seed);
  const ioi_distance wrong[] = {
    {IOI_DISTANCE_LOGIT, 0.5, INFINITY, 1}, {IOI_DISTANCE_LOGIT, 1, 2, 1},
    {IOI_DISTANCE_LINEAR, 2, 1, 1},         {IOI_DISTANCE_RAKING, NAN, 2, 1},
    {IOI_DISTANCE_RAKING, 0, 2, 0},         {IOI_DISTANCE_RAKING, 0, 2, NAN}};
  for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++)
    assert_int_equal(run(&s, wrong[k], g, misfit), IOI_EDOMAIN);
  ioi_distance narrow = {IOI_DISTANCE_LINEAR, 0.9, 1.1, 1};
  assert_int_equal(run(&s, narrow, g, misfit), IOI_ECONVERGE);
  assert_true(misfit[0] < -1); /* every total stays below 10 times the sample */
  ioi_distance raking = {IOI_DISTANCE_RAKING, -INFINITY, INFINITY, 1};
  s.target[0] *= 1.01; /* the margins contradict each other */
  assert_int_equal(run(&s, raking, g, misfit), IOI_ECONVERGE);
  s.target[0] = NAN;
  assert_int_equal(run(&s, raking, g, misfit), IOI_EDOMAIN);
}

static int stop_at_once(void *context, size_t done)
{
  (void) context;
  return done == 0;
}

static void test_a_tick_stops(void **state)
{
  (void) state;
  uint64_t seed = 3;
  sample s;
  double g[RECORDS], misfit[MOST], work[MOST * MOST + 5 * MOST];
  size_t order[MOST];
  draw_sample(&s, 2, &seed);
  ioi_distance raking = {IOI_DISTANCE_RAKING, -INFINITY, INFINITY, 1};
  assert_int_equal(ioi_calibrate(&s.aux, s.d, s.target, &raking, 1e-8, g,
                                 misfit, work, order, stop_at_once, NULL),
                   IOI_ESTOPPED);
}

/* M G M = M, G M G = G and G = G' for M of any rank. */
static void test_generalised_inverse(void **state)
{
  (void) state;
  enum { N = 6 };
  uint64_t seed = 19;
  for (size_t rank = 0; rank <= N; rank++) {
    double m[N * N] = {0}, copy[N * N], inverse[N * N], work[2 * N];
    size_t order[N];
    for (size_t r = 0; r < rank; r++) {
      double v[N];
      for (size_t i = 0; i < N; i++)
        v[i] = (draw_unit(&seed) - 0.5) * pow(10, (double) i - 2);
      for (size_t i = 0; i < N * N; i++) m[i] += v[i / N] * v[i % N];
    }
    memcpy(copy, m, sizeof m);
    assert_int_equal(ioi_semidefinite_inverse(copy, N, inverse, work, order),
                     rank);
    for (size_t i = 0; i < N; i++)
      for (size_t j = 0; j < N; j++) {
        double product = 0;
        for (size_t k = 0; k < N * N; k++)
          product += m[i * N + k / N] * inverse[k] * m[k % N * N + j];
        double size = sqrt(m[i * N + i] * m[j * N + j]);
        near(product, m[i * N + j], 1e-9 * (size + 1e-300));
      }
  }
}

static void test_trimming(void **state)
{
  (void) state;
  uint64_t seed = 41;
  for (int proportional = 0; proportional < 2; proportional++) {
    double w[RECORDS], sum = 0, after = 0;
    size_t trimmed = 0;
    for (size_t i = 0; i < RECORDS; i++) {
      double u = draw_unit(&seed);
      w[i] = i % 9 == 0 ? 0 : 0.1 + 5 * u * u * u;
      sum += w[i];
    }
    assert_int_equal(ioi_trim(w, RECORDS, 0.5, 2.5, proportional, &trimmed),
                     IOI_OK);
    assert_true(trimmed > 10);
    for (size_t i = 0; i < RECORDS; i++) {
      if (i % 9 == 0)
        assert_true(w[i] == 0);
      else
        assert_true(w[i] >= 0.5 && w[i] <= 2.5);
      after += w[i];
    }
    near(after / sum, 1, 1e-12);
    assert_int_equal(ioi_trim(w, RECORDS, 0.5, 0.6, proportional, &trimmed),
                     IOI_ECONVERGE);
    assert_int_equal(ioi_trim(w, RECORDS, 2, 1, proportional, &trimmed),
                     IOI_EDOMAIN);
  }
  double alone[] = {1, 2, 6}; /* 6 -> 4, and 1 each to the others: 2, 3, 4 */
  size_t trimmed = 0;
  assert_int_equal(ioi_trim(alone, 3, 0, 4, 0, &trimmed), IOI_OK);
  assert_int_equal(trimmed, 1);
  near(alone[0], 2, 0);
  near(alone[1], 3, 0);
  near(alone[2], 4, 0);
}

static void test_weights_are_scaled_by_level(void **state)
{
  (void) state;
  enum { N = IOI_BLOCK + 5 };
  static int level[N], w[N];
  static double out[N];
  static ioi_level work[IOI_BLOCK];
  const double factor[] = {2, 3}, expected[] = {2, 3, 1};
  for (int i = 0; i < N; i++) {
    level[i] = i % 3; /* 2 is none */
    w[i] = i;
  }
  const ioi_key key = {.value = level, .size = 2, .levels = 2};
  const ioi_numbers weight = {NULL, w, 0}, none = {NULL, NULL, 0};
  ioi_scale_weights(&key, 1, 0, &weight, N, factor, out, work);
  for (int i = 0; i < N; i++) assert_true(out[i] == i * expected[i % 3]);
  ioi_scale_weights(&key, 1, 0, &none, N, factor, out, work);
  assert_true(out[0] == 2 && out[N - 1] == expected[(N - 1) % 3]);
}

static void test_weights_are_0_where_later_ones_are(void **state)
{
  (void) state;
  const double before[] = {1, 2, 0, 4}, after[] = {0, 5, 0, 0};
  const ioi_numbers w = {before, NULL, 0}, later = {after, NULL, 0};
  double out[4];
  assert_int_equal(ioi_weights_within(&w, &later, 4, NULL), 2);
  assert_int_equal(ioi_weights_within(&w, &later, 4, out), 2);
  assert_true(out[0] == 0 && out[1] == 2 && out[2] == 0 && out[3] == 0);
  assert_int_equal(ioi_weights_within(&later, &later, 4, NULL), 0);
}

/* Two blocks of 2 and 3 columns in 3 units; the second says which codes it has. */
static void test_totals_stand_unit_by_unit(void **state)
{
  (void) state;
  const double all[] = {1, 0, 0, 0, 5, 6}, some[] = {7, 0, 9};
  const double code[] = {1, 2, 8};
  const ioi_block_sums block[] = {{6, 2, all, NULL}, {3, 3, some, code}};
  const int starts[] = {0, 2, 2, 5}, columns[] = {0, 3, 0, 1, 4};
  const double totals[] = {1, 7, 5, 6, 9};
  int first[4], column[5];
  double total[5];
  size_t next[2];
  assert_int_equal(ioi_unit_totals(block, 2, 3, first, NULL, NULL, next), 5);
  assert_int_equal(ioi_unit_totals(block, 2, 3, first, column, total, next), 5);
  assert_memory_equal(first, starts, sizeof starts);
  assert_memory_equal(column, columns, sizeof columns);
  assert_memory_equal(total, totals, sizeof totals);
}

/* A sample with scores: record i has z = (1, y) in cell c, and each cell bears on
 * its own estimate with `value`. */
typedef struct {
  sample s;
  double y[RECORDS], w[RECORDS], value[ROWS * 2];
  int cell[RECORDS], row[ROWS], at[ROWS + 1];
  double beta[MOST * ROWS];
} survey;

static double score(const survey *v, size_t i, size_t r)
{
  if (v->cell[i] != (int) r) return 0;
  return v->value[2 * r] + v->value[2 * r + 1] * v->y[i];
}

static void draw_survey(survey *v, uint64_t *seed)
{
  draw_sample(&v->s, 3, seed);
  for (size_t i = 0; i < RECORDS; i++) {
    v->y[i] = draw_unit(seed) + v->s.a[i];
    v->cell[i] = (int) draw_below(seed, ROWS);
    v->w[i] = v->s.d[i] * (0.8 + 0.4 * draw_unit(seed));
  }
  for (size_t r = 0; r < ROWS; r++) {
    v->row[r] = (int) r;
    v->value[2 * r] = draw_unit(seed) - 2;
    v->value[2 * r + 1] = draw_unit(seed) + 1;
  }
  for (size_t r = 0; r <= ROWS; r++) v->at[r] = (int) r;
  for (size_t k = 0; k < MOST * ROWS; k++) v->beta[k] = draw_unit(seed) - 0.5;
}

/* The residual of record i for estimate r under the coefficients of v. */
static double residual(const survey *v, size_t i, size_t r)
{
  double e = score(v, i, r);
  for (size_t l = 0; l < v->s.aux.columns; l++)
    e -= x_at(&v->s, i, l) * v->beta[l * ROWS + r];
  return e;
}

static void test_projection_sums_products(void **state)
{
  (void) state;
  uint64_t seed = 101;
  survey v;
  draw_survey(&v, &seed);
  double sum[2][ROWS * B] = {{0}}, out[B * ROWS], expected[B * ROWS] = {0};
  for (size_t i = 0; i < RECORDS; i++) {
    size_t at = (size_t) v.cell[i] * B + (size_t) v.s.b[i];
    sum[0][at] += v.s.d[i];
    sum[1][at] += v.s.d[i] * v.y[i];
    for (size_t r = 0; r < ROWS; r++)
      expected[(size_t) v.s.b[i] * ROWS + r] += v.s.d[i] * score(&v, i, r);
  }
  const double *const sums[] = {sum[0], sum[1]};
  const ioi_influence u = {ROWS, v.row, v.at, v.value};
  ioi_residual_project(&u, ROWS, 2, sums, B, out);
  for (size_t k = 0; k < B * ROWS; k++) near(out[k], expected[k], 1e-11);
}

/* What the engine reads of a survey: totals by unit, and what is taken off. */
typedef struct {
  double w[2][PSUS * ROWS], ww[3][PSUS * ROWS], total[PSUS * MOST];
  int first[PSUS + 1], column[PSUS * MOST];
} sums;

static void add_up(const survey *v, const int *unit, size_t units, sums *t)
{
  const size_t p = v->s.aux.columns;
  memset(t, 0, sizeof *t);
  for (size_t j = 0; j <= units; j++) t->first[j] = (int) (j * p);
  for (size_t k = 0; k < units * p; k++) t->column[k] = (int) (k % p);
  for (size_t i = 0; i < RECORDS; i++) {
    size_t at = (size_t) unit[i] * ROWS + (size_t) v->cell[i];
    double w = v->w[i], y = v->y[i];
    t->w[0][at] += w;
    t->w[1][at] += w * y;
    t->ww[0][at] += w * w;
    t->ww[1][at] += w * w * y;
    t->ww[2][at] += w * w * y * y;
    for (size_t l = 0; l < p; l++)
      t->total[(size_t) unit[i] * p + l] += w * x_at(&v->s, i, l);
  }
}

/* sum_h factor_h [sum_j (U_j - mean)(U_j - mean)'], U over records of a unit. */
static void define(const survey *v, const int *unit, size_t units,
                   const int *stratum_first, size_t strata,
                   const double *factor, double *out)
{
  static double u[RECORDS][ROWS];
  memset(u, 0, sizeof u);
  memset(out, 0, ROWS * ROWS * sizeof *out);
  for (size_t i = 0; i < RECORDS; i++)
    for (size_t r = 0; r < ROWS; r++)
      u[unit[i]][r] += v->w[i] * residual(v, i, r);
  (void) units;
  for (size_t h = 0; h < strata; h++) {
    double mean[ROWS] = {0};
    const int from = stratum_first[h], to = stratum_first[h + 1];
    for (int j = from; j < to; j++)
      for (size_t r = 0; r < ROWS; r++) mean[r] += u[j][r] / (to - from);
    for (int j = from; j < to; j++)
      for (size_t k = 0; k < ROWS * ROWS; k++)
        out[k] += factor[h] * (u[j][k / ROWS] - mean[k / ROWS])
                  * (u[j][k % ROWS] - mean[k % ROWS]);
  }
}

static void expect_matrix(const double *v, const double *expected)
{
  for (size_t k = 0; k < ROWS * ROWS; k++) {
    double size =
      sqrt(expected[k / ROWS * (ROWS + 1)] * expected[k % ROWS * (ROWS + 1)]);
    near(v[k], expected[k], 1e-10 * size);
  }
}

static void test_variance_of_psus(void **state)
{
  (void) state;
  uint64_t seed = 7;
  survey v;
  sums t;
  draw_survey(&v, &seed);
  int unit[RECORDS];
  const int first[] = {0, 10, PSUS};
  const double sampled[] = {10, 14}, fraction[] = {0.2, 0};
  const double factor[] = {0.8 * 10 / 9, 14.0 / 13};
  for (size_t i = 0; i < RECORDS; i++) unit[i] = (int) draw_below(&seed, PSUS);
  add_up(&v, unit, PSUS, &t);
  const double *const w[] = {t.w[0], t.w[1]};
  const ioi_design design = {2, first, sampled,         fraction, NULL,
                             0, NULL,  IOI_LONELY_FAIL, 0,        NULL};
  const ioi_totals totals = {PSUS, ROWS, 2, NULL, NULL, w, NULL};
  const ioi_influence u = {ROWS, v.row, v.at, v.value};
  const ioi_residual x = {v.s.aux.columns, v.beta, t.first, t.column, t.total};
  unsigned char psu[ROWS * 3] = {0}, stratum[ROWS] = {0};
  ioi_presence presence = {ROWS, v.row, v.row, psu, stratum, NULL};
  ioi_presence_fill(&design, &totals, &presence);
  double got[ROWS * ROWS] = {0}, work[4096], expected[ROWS * ROWS];
  ioi_variance_calibrated(&design, &totals, &u, &presence, &x, 1, got, work);
  define(&v, unit, PSUS, first, 2, factor, expected);
  expect_matrix(got, expected);
}

/* Records as their own PSUs: strata are runs of records, the last of one. */
static void test_variance_of_records(void **state)
{
  (void) state;
  enum { STRATA = 3 };
  uint64_t seed = 8;
  const int first[] = {0, 100, RECORDS - 1, RECORDS};
  const double sampled[] = {100, RECORDS - 101, 1};
  const double fraction[] = {0, 0.25, 0};
  const ioi_lonely rules[] = {IOI_LONELY_CERTAINTY, IOI_LONELY_AVERAGE};
  for (size_t k = 0; k < 2; k++) {
    survey v;
    sums t;
    draw_survey(&v, &seed);
    int unit[RECORDS], self[RECORDS];
    for (size_t i = 0; i < RECORDS; i++) {
      self[i] = (int) i;
      unit[i] = i < 100 ? 0 : i < RECORDS - 1 ? 1 : 2;
    }
    add_up(&v, unit, STRATA, &t);
    const double scale = k == 1 ? 1.5 : 1; /* strata 3, usable 2 */
    const double factor[] = {scale * 100 / 99,
                             scale * 0.75 * sampled[1] / (sampled[1] - 1), 0};
    const double *const w[] = {t.w[0], t.w[1]};
    const double *const ww[] = {t.ww[0], t.ww[1], t.ww[2]};
    const ioi_design design = {STRATA, NULL, sampled,  fraction, NULL,
                               0,      NULL, rules[k], 0,        NULL};
    double found[STRATA];
    ioi_variance_factors(&design, found);
    for (size_t h = 0; h < STRATA; h++) near(found[h], factor[h], 1e-14);
    const ioi_totals totals = {STRATA, ROWS, 2, NULL, NULL, w, ww};
    const ioi_influence u = {ROWS, v.row, v.at, v.value};
    const size_t p = v.s.aux.columns;
    const ioi_residual x = {p, v.beta, t.first, t.column, t.total};
    unsigned char stratum[ROWS] = {0};
    ioi_presence presence = {ROWS, v.row, v.row, NULL, stratum, NULL};
    ioi_presence_fill(&design, &totals, &presence);
    double cross[MOST * ROWS] = {0}, square[MOST * MOST] = {0};
    for (size_t i = 0; i < RECORDS; i++) {
      double q = factor[unit[i]] * v.w[i] * v.w[i];
      for (size_t l = 0; l < p; l++) {
        for (size_t r = 0; r < ROWS; r++)
          cross[l * ROWS + r] += q * x_at(&v.s, i, l) * score(&v, i, r);
        for (size_t m = 0; m < p; m++)
          square[l * p + m] += q * x_at(&v.s, i, l) * x_at(&v.s, i, m);
      }
    }
    double got[ROWS * ROWS] = {0}, alone[ROWS] = {0}, expected[ROWS * ROWS];
    double work[4096], products[MOST * ROWS];
    ioi_variance_calibrated(&design, &totals, &u, &presence, &x, 1, got, work);
    ioi_residual_moments(v.beta, cross, square, p, ROWS, 1, got, products);
    define(&v, self, RECORDS, first, STRATA, factor, expected);
    expect_matrix(got, expected);
    ioi_variance_calibrated(&design, &totals, &u, &presence, &x, 0, alone,
                            work);
    ioi_residual_moments(v.beta, cross, square, p, ROWS, 0, alone, products);
    for (size_t r = 0; r < ROWS; r++)
      near(alone[r], expected[r * (ROWS + 1)],
           1e-10 * expected[r * (ROWS + 1)]);
  }
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_raking_is_proportional_fitting),
    cmocka_unit_test(test_a_far_population_is_reached),
    cmocka_unit_test(test_linear_solves_the_normal_equations),
    cmocka_unit_test(test_bounds_hold),
    cmocka_unit_test(test_logit_is_linear_in_its_predictor),
    cmocka_unit_test(test_what_cannot_be_is_said),
    cmocka_unit_test(test_a_tick_stops),
    cmocka_unit_test(test_generalised_inverse),
    cmocka_unit_test(test_trimming),
    cmocka_unit_test(test_weights_are_scaled_by_level),
    cmocka_unit_test(test_weights_are_0_where_later_ones_are),
    cmocka_unit_test(test_totals_stand_unit_by_unit),
    cmocka_unit_test(test_projection_sums_products),
    cmocka_unit_test(test_variance_of_psus),
    cmocka_unit_test(test_variance_of_records)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
