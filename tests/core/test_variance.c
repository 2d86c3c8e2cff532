/* test_variance.c - the variance engine.
 *
 * Numbers that others computed: a simulated survey with two strata of one PSU,
 * totals and proportions with the standard errors of R's survey 4.5 under each
 * rule. Second route: the definition (Binder 1983; Woodruff 1971) written out
 * for every record and every sampled PSU, on random designs. */
#include <gsl/gsl_eigen.h>

#include "core/proportion.h"
#include "core/variance.h"
#include "road.h"

enum {
  STRATA = 6,
  HELD = 18,
  ABSENT = 2,
  RECORDS = 150,
  UNITS = STRATA * (HELD + ABSENT) + RECORDS,
  DOMAINS = 3,
  CATEGORIES = 3,
  CELLS = DOMAINS * CATEGORIES,
  ROWS = DOMAINS * 3,
  VARIABLES = 2
};

/* A random survey. A record with domain -1 is outside all domains; it adds w
 * and w y to its cell. The strata may lie in groups, as those of a later stage
 * do. */
typedef struct {
  size_t strata, groups, psus, domains, categories, records, rows_each;
  size_t variables;
  int elements, sparse, lonely_domain;
  ioi_lonely rule;
  int first[STRATA + 1], group[STRATA + 1];
  double sampled[STRATA], fraction[STRATA], multiplier[STRATA];
  int stratum[RECORDS], psu[RECORDS], domain[RECORDS], category[RECORDS];
  double z[VARIABLES][RECORDS], w[RECORDS];
  /* what the engine reads */
  int entry[UNITS + 1], cell[UNITS * CELLS], row[CELLS], at[CELLS + 1];
  int of_row[ROWS], of_cell[CELLS];
  double sum_w[VARIABLES][UNITS * CELLS], sum_ww[3][UNITS * CELLS];
  double value[CELLS * 3 * VARIABLES];
} survey;

static size_t cells_of(const survey *s)
{
  return s->domains * s->categories;
}

static size_t rows_of(const survey *s)
{
  return s->domains * s->rows_each;
}

static size_t units_of(const survey *s)
{
  return s->elements ? s->strata : s->psus;
}

/* Runs of strata, some empty; or no groups at all. */
static void draw_groups(survey *s, uint64_t *seed)
{
  size_t h = 0;
  s->groups = 0;
  s->group[0] = 0;
  if (draw_below(seed, 2)) return;
  while (h < s->strata && s->groups < STRATA - 1) {
    h += draw_below(seed, 4);
    h = h < s->strata ? h : s->strata;
    s->group[++s->groups] = (int) h;
  }
  s->group[s->groups] = (int) s->strata;
}

/* Strata, with PSUs that hold no record and some that were sampled fully. */
static void draw_design(survey *s, uint64_t *seed)
{
  const double fractions[] = {0, 0.3, 1, 1 - 1e-9};
  s->strata = 1 + draw_below(seed, STRATA);
  s->psus = 0;
  for (size_t h = 0; h < s->strata; h++) {
    size_t held = draw_below(seed, 2) ? 1 + draw_below(seed, HELD) : 1;
    size_t absent = draw_below(seed, 2) ? draw_below(seed, ABSENT + 1) : 0;
    if (s->rule == IOI_LONELY_FAIL && held + absent == 1) absent = 1;
    s->first[h] = (int) s->psus;
    s->psus += held;
    s->sampled[h] = (double) (held + absent);
    s->fraction[h] = fractions[draw_below(seed, 4)];
    s->multiplier[h] = draw_below(seed, 2) ? draw_unit(seed) : 1;
  }
  s->first[s->strata] = (int) s->psus;
  draw_groups(s, seed);
}

static void draw_records(survey *s, uint64_t *seed)
{
  s->records = draw_below(seed, draw_below(seed, 3) ? RECORDS + 1 : 9);
  for (size_t i = 0; i < s->records; i++) {
    size_t h = draw_below(seed, s->strata);
    size_t held = (size_t) (s->first[h + 1] - s->first[h]);
    s->stratum[i] = (int) h;
    s->psu[i] = s->first[h] + (int) draw_below(seed, held);
    s->domain[i] = (int) draw_below(seed, s->domains + 1) - 1;
    s->category[i] = (int) draw_below(seed, s->categories);
    s->w[i] = draw_below(seed, 6) ? 100 * draw_unit(seed) : 0;
    s->z[0][i] = 1;
    s->z[1][i] = 2 * draw_unit(seed) - 1;
  }
}

/* Records that are their own PSUs: sampled counts records, and some more. */
static void count_records(survey *s, uint64_t *seed)
{
  for (size_t h = 0; h < s->strata; h++) {
    s->sampled[h] = 0;
    for (size_t i = 0; i < s->records; i++)
      s->sampled[h] += s->stratum[i] == (int) h;
    s->sampled[h] += (double) draw_below(seed, 2);
    if (s->rule == IOI_LONELY_FAIL && s->sampled[h] < 2) s->sampled[h] = 2;
  }
}

/* Sums of w z and of w^2 z z' by unit and cell, dense. */
static void fill_dense(survey *s)
{
  memset(s->sum_w, 0, sizeof s->sum_w);
  memset(s->sum_ww, 0, sizeof s->sum_ww);
  for (size_t i = 0; i < s->records; i++) {
    if (s->domain[i] < 0) continue;
    const size_t unit = (size_t) (s->elements ? s->stratum[i] : s->psu[i]);
    const size_t e = unit * cells_of(s) + (size_t) s->domain[i] * s->categories
                     + (size_t) s->category[i];
    size_t pair = 0;
    for (size_t a = 0; a < s->variables; a++) {
      s->sum_w[a][e] += s->w[i] * s->z[a][i];
      for (size_t b = a; b < s->variables; b++)
        s->sum_ww[pair++][e] += s->w[i] * s->w[i] * s->z[a][i] * s->z[b][i];
    }
  }
}

/* Keeps the entries that are not 0, in place. */
static void make_sparse(survey *s)
{
  const size_t cells = cells_of(s);
  int kept = 0;
  for (size_t j = 0; j < units_of(s); j++) {
    s->entry[j] = kept;
    for (size_t c = 0; c < cells; c++) {
      if (s->sum_w[0][j * cells + c] == 0) continue;
      s->cell[kept] = (int) c;
      for (size_t a = 0; a < VARIABLES; a++)
        s->sum_w[a][kept] = s->sum_w[a][j * cells + c];
      for (size_t pair = 0; pair < 3; pair++)
        s->sum_ww[pair][kept] = s->sum_ww[pair][j * cells + c];
      kept++;
    }
  }
  s->entry[units_of(s)] = kept;
}

static void draw_influence(survey *s, uint64_t *seed)
{
  for (size_t c = 0; c < cells_of(s); c++) {
    s->of_cell[c] = (int) (c / s->categories);
    s->row[c] = s->of_cell[c] * (int) s->rows_each;
    s->at[c] = (int) (c * s->rows_each);
  }
  s->at[cells_of(s)] = (int) (cells_of(s) * s->rows_each);
  for (size_t i = 0; i < CELLS * 3 * VARIABLES; i++)
    s->value[i] = 2 * draw_unit(seed) - 1;
  for (size_t r = 0; r < rows_of(s); r++)
    s->of_row[r] = (int) (r / s->rows_each);
}

/* Everything about survey number `n` is drawn from it. */
static void draw_survey(survey *s, uint64_t n)
{
  uint64_t seed = n * 977 + 3;
  memset(s, 0, sizeof *s);
  s->elements = (int) draw_below(&seed, 2);
  s->sparse = (int) draw_below(&seed, 2);
  s->lonely_domain = (int) draw_below(&seed, 2);
  s->rule = (ioi_lonely) draw_below(&seed, IOI_LONELY_REMOVE + 1);
  s->domains = 1 + draw_below(&seed, DOMAINS);
  s->categories = 1 + draw_below(&seed, CATEGORIES);
  s->rows_each = 1 + draw_below(&seed, 3);
  s->variables = 1 + draw_below(&seed, VARIABLES);
  draw_design(s, &seed);
  draw_records(s, &seed);
  if (s->elements) count_records(s, &seed);
  fill_dense(s);
  if (s->sparse) make_sparse(s);
  draw_influence(s, &seed);
}

/* The engine's answer. The work space starts with rubbish. */
static void engine_variance(survey *s, int covariance, double *v)
{
  const size_t rows = rows_of(s), units = units_of(s);
  const ioi_design design = {.strata = s->strata,
                             .psu_first = s->elements ? NULL : s->first,
                             .sampled = s->sampled,
                             .fraction = s->fraction,
                             .multiplier = s->multiplier,
                             .groups = s->groups,
                             .group_first = s->group,
                             .lonely = s->rule,
                             .lonely_domain = s->lonely_domain};
  const double *const w[] = {s->sum_w[0], s->sum_w[1]};
  const double *const ww[] = {s->sum_ww[0], s->sum_ww[1], s->sum_ww[2]};
  const ioi_totals totals = {units,
                             cells_of(s),
                             s->variables,
                             s->sparse ? s->entry : NULL,
                             s->sparse ? s->cell : NULL,
                             w,
                             s->elements ? ww : NULL};
  const ioi_influence influence = {rows, s->row, s->at, s->value};
  unsigned char *psu = zeroed(s->domains * ioi_presence_bytes(units), 1);
  unsigned char *strata = zeroed(s->domains * ioi_presence_bytes(s->strata), 1);
  ioi_presence presence = {
    s->domains, s->of_row, s->of_cell, s->elements ? NULL : psu, strata, NULL};
  const size_t need = ioi_variance_work(rows, cells_of(s), s->variables);
  double *work = zeroed(need, sizeof *work);
  memset(work, 0xAB, need * sizeof *work);
  memset(v, 0, (covariance ? rows * rows : rows) * sizeof *v);
  ioi_presence_fill(&design, &totals, &presence);
  ioi_variance(&design, &totals, &influence, &presence, covariance, v, work);
  free(psu);
  free(strata);
  free(work);
}

/* The definition, with every sampled PSU as a unit of its own, absent ones and
 * records that are PSUs too. */
typedef struct {
  size_t units, rows;
  size_t stratum[UNITS];
  double score[UNITS][ROWS];
  int has[UNITS][DOMAINS]; /* records with w > 0 */
} slow_survey;

/* Score of one record on estimate k of its domain. */
static double slow_score(const survey *s, size_t i, size_t k)
{
  const size_t cell =
    (size_t) s->domain[i] * s->categories + (size_t) s->category[i];
  double score = 0;
  for (size_t a = 0; a < s->variables; a++)
    score += s->w[i] * s->z[a][i]
             * s->value[(cell * s->rows_each + k) * s->variables + a];
  return score;
}

static void slow_scores(const survey *s, slow_survey *t)
{
  memset(t, 0, sizeof *t);
  t->rows = rows_of(s);
  t->units = s->elements ? s->records : s->psus;
  for (size_t h = 0; h < s->strata; h++)
    for (int j = s->first[h]; j < s->first[h + 1] && !s->elements; j++)
      t->stratum[j] = h;
  for (size_t i = 0; i < s->records; i++) {
    const size_t j = s->elements ? i : (size_t) s->psu[i];
    t->stratum[j] = (size_t) s->stratum[i];
    if (s->domain[i] < 0) continue;
    t->has[j][s->domain[i]] |= s->w[i] > 0;
    for (size_t k = 0; k < s->rows_each; k++)
      t->score[j][(size_t) s->domain[i] * s->rows_each + k] +=
        slow_score(s, i, k);
  }
  for (size_t h = 0; h < s->strata; h++) {
    double held = 0;
    for (size_t j = 0; j < t->units; j++) held += t->stratum[j] == h;
    for (; held < s->sampled[h]; held++) t->stratum[t->units++] = h;
  }
}

static size_t units_with_records(const slow_survey *t, size_t h, size_t d)
{
  size_t count = 0;
  for (size_t j = 0; j < t->units; j++)
    count += t->stratum[j] == h && t->has[j][d];
  return count;
}

static int slow_lonely(const survey *s, const slow_survey *t, size_t h,
                       size_t d)
{
  int by_domain =
    s->lonely_domain && !s->elements
    && (s->rule == IOI_LONELY_ADJUST || s->rule == IOI_LONELY_AVERAGE);
  return 1 - s->fraction[h] >= 1e-7
         && (s->sampled[h] < 2
             || (by_domain && units_with_records(t, h, d) == 1));
}

/* Are two strata in one group? */
static int together(const survey *s, size_t h, size_t q)
{
  for (size_t g = 0; g < s->groups; g++) {
    const size_t from = (size_t) s->group[g], to = (size_t) s->group[g + 1];
    if ((from <= h && h < to) != (from <= q && q < to)) return 0;
  }
  return 1;
}

/* What the scores of estimate r are centred at in stratum h. */
static double slow_centre(const survey *s, const slow_survey *t, size_t h,
                          size_t r)
{
  const size_t d = r / s->rows_each;
  double in_stratum = 0, in_all = 0, sampled = 0;
  for (size_t j = 0; j < t->units; j++) {
    in_all += together(s, h, t->stratum[j]) ? t->score[j][r] : 0;
    in_stratum += t->stratum[j] == h ? t->score[j][r] : 0;
  }
  for (size_t q = 0; q < s->strata; q++)
    sampled +=
      together(s, h, q) && units_with_records(t, q, d) > 0 ? s->sampled[q] : 0;
  if (slow_lonely(s, t, h, d) && units_with_records(t, h, d) > 0)
    return s->rule == IOI_LONELY_ADJUST ? in_all / sampled : NAN;
  return in_stratum / s->sampled[h];
}

/* Square root of the factor of "average" in the group of stratum h; NaN where
 * it has no value. */
static double slow_scale(const survey *s, const slow_survey *t, size_t h,
                         size_t d)
{
  double with_records = 0, usable = 0;
  for (size_t q = 0; q < s->strata; q++)
    if (together(s, h, q) && units_with_records(t, q, d) > 0) {
      with_records++;
      usable += !slow_lonely(s, t, q, d);
    }
  if (s->rule != IOI_LONELY_AVERAGE || with_records == 0) return 1;
  return usable > 0 ? sqrt(with_records / usable) : NAN;
}

static double slow_covariance(const survey *s, const slow_survey *t, size_t r,
                              size_t q)
{
  double v = 0;
  for (size_t h = 0; h < s->strata; h++) {
    const double n = s->sampled[h], rest = 1 - s->fraction[h];
    const double scale = slow_scale(s, t, h, r / s->rows_each)
                         * slow_scale(s, t, h, q / s->rows_each);
    double a = slow_centre(s, t, h, r), b = slow_centre(s, t, h, q), sum = 0;
    for (size_t j = 0; j < t->units; j++)
      if (t->stratum[j] == h && !isnan(a) && !isnan(b))
        sum += (t->score[j][r] - a) * (t->score[j][q] - b);
    v += (rest < 1e-7 ? 0 : rest) * s->multiplier[h] * (n > 1 ? n / (n - 1) : 1)
         * sum * scale;
  }
  return v;
}

static double sum_of_squares(const slow_survey *t)
{
  double sum = 0;
  for (size_t j = 0; j < t->units; j++)
    for (size_t r = 0; r < t->rows; r++) sum += t->score[j][r] * t->score[j][r];
  return sum;
}

static survey s;
static slow_survey t;
static double v[ROWS * ROWS], also_v[ROWS * ROWS];

static void engine_is_the_definition_on_random_designs(void **state)
{
  size_t undefined = 0, lonely = 0, grouped = 0;
  (void) state;
  for (uint64_t n = 0; n < 4000; n++) {
    draw_survey(&s, n);
    slow_scores(&s, &t);
    engine_variance(&s, 1, v);
    const double tolerance = 1e-12 * sum_of_squares(&t);
    for (size_t r = 0; r < t.rows; r++)
      for (size_t q = 0; q < t.rows; q++) {
        near(v[r * t.rows + q], slow_covariance(&s, &t, r, q), tolerance);
        undefined += isnan(v[r * t.rows + q]);
      }
    for (size_t h = 0; h < s.strata; h++) lonely += slow_lonely(&s, &t, h, 0);
    grouped += s.groups > 1;
  }
  /* they do occur */
  assert_true(undefined > 500 && lonely > 500 && grouped > 500);
}

static void variances_alone_are_the_diagonal(void **state)
{
  (void) state;
  for (uint64_t n = 0; n < 500; n++) {
    draw_survey(&s, n);
    engine_variance(&s, 1, v);
    engine_variance(&s, 0, also_v);
    for (size_t r = 0; r < rows_of(&s); r++)
      near(also_v[r], v[r * rows_of(&s) + r], 1e-13 * fabs(also_v[r]));
  }
}

static void sparse_totals_are_the_dense_ones(void **state)
{
  double dense[CELLS], sparse[CELLS];
  const double *const w[] = {s.sum_w[0], s.sum_w[1]};
  (void) state;
  for (uint64_t n = 0; n < 500; n++) {
    draw_survey(&s, n);
    fill_dense(&s);
    s.sparse = 0;
    const ioi_totals all = {
      units_of(&s), cells_of(&s), s.variables, NULL, NULL, w, NULL};
    const ioi_totals some = {
      units_of(&s), cells_of(&s), s.variables, s.entry, s.cell, w, NULL};
    const size_t which = s.variables - 1;
    ioi_totals_collapse(&all, which, dense);
    engine_variance(&s, 1, v);
    make_sparse(&s);
    s.sparse = 1;
    ioi_totals_collapse(&some, which, sparse);
    engine_variance(&s, 1, also_v);
    same(sparse, dense, cells_of(&s));
    for (size_t i = 0; i < rows_of(&s) * rows_of(&s); i++)
      assert_true(v[i] == also_v[i] || (isnan(v[i]) && isnan(also_v[i])));
  }
}

/* Records numbered stratum by stratum, each with a PSU of its own. */
static void give_records_psus(survey *out)
{
  int next = 0;
  out->elements = 0;
  out->sparse = 0;
  for (size_t h = 0; h < out->strata; h++) {
    out->first[h] = next;
    for (size_t i = 0; i < out->records; i++)
      if (out->stratum[i] == (int) h) out->psu[i] = next++;
  }
  out->first[out->strata] = next;
  out->psus = (size_t) next;
  fill_dense(out);
}

static void records_are_psus_of_their_own(void **state)
{
  (void) state;
  for (uint64_t n = 0; n < 1000; n++) {
    draw_survey(&s, n);
    if (!s.elements) continue;
    s.lonely_domain = 0;
    engine_variance(&s, 1, v);
    give_records_psus(&s);
    engine_variance(&s, 1, also_v);
    slow_scores(&s, &t);
    for (size_t i = 0; i < rows_of(&s) * rows_of(&s); i++)
      near(v[i], also_v[i], 1e-13 * sum_of_squares(&t));
  }
}

static void covariance_has_no_negative_eigenvalue(void **state)
{
  (void) state;
  for (uint64_t n = 0; n < 500; n++) {
    draw_survey(&s, n);
    engine_variance(&s, 1, v);
    slow_scores(&s, &t);
    const size_t rows = rows_of(&s);
    int defined = 1;
    for (size_t i = 0; i < rows * rows; i++) defined &= isfinite(v[i]);
    if (!defined) continue;
    gsl_matrix_view matrix = gsl_matrix_view_array(v, rows, rows);
    gsl_vector *values = gsl_vector_alloc(rows);
    gsl_eigen_symm_workspace *space = gsl_eigen_symm_alloc(rows);
    gsl_eigen_symm(&matrix.matrix, values, space);
    assert_true(gsl_vector_min(values) >= -1e-12 * sum_of_squares(&t));
    gsl_vector_free(values);
    gsl_eigen_symm_free(space);
  }
}

/* The variance of a total over PSUs with the totals u in one domain, added to
 * what is there. */
static double variance_added(const ioi_design *design, const double *u,
                             size_t units, double there)
{
  const int zero[] = {0, 0}, at[] = {0, 1};
  const double one = 1;
  unsigned char psu[8] = {0}, strata[8] = {0};
  double work[4096];
  const ioi_totals totals = {units, 1, 1, NULL, NULL, &u, NULL};
  const ioi_influence influence = {1, zero, at, &one};
  ioi_presence presence = {1, zero, zero, psu, strata, NULL};
  ioi_presence_fill(design, &totals, &presence);
  ioi_variance(design, &totals, &influence, &presence, 0, &there, work);
  return there;
}

static double variance_of_total(const ioi_design *design, const double *u,
                                size_t units)
{
  return variance_added(design, u, units, 0);
}

static void result_is_added_to_what_is_there(void **state)
{
  const double u[] = {1, 2, 3}, sampled[] = {3}, multiplier[] = {0.5};
  const int first[] = {0, 3};
  const ioi_design design = {.strata = 1,
                             .psu_first = first,
                             .sampled = sampled,
                             .multiplier = multiplier};
  (void) state;
  near(variance_added(&design, u, 3, 10), 11.5, 1e-14);
}

static void variances_by_hand(void **state)
{
  const double u[] = {1, 2, 3}, fraction[] = {0.25}, all_of_it[] = {1};
  const int first[] = {0, 3};
  double sampled[] = {3};
  ioi_design design = {.strata = 1,
                       .psu_first = first,
                       .sampled = sampled,
                       .lonely = IOI_LONELY_FAIL};
  (void) state;
  near(variance_of_total(&design, u, 3), 3, 1e-15);
  design.fraction = fraction;
  near(variance_of_total(&design, u, 3), 2.25, 1e-15);
  sampled[0] = 4; /* a PSU that holds nothing: mean 1.5, 4/3 x 5 x 3/4 */
  near(variance_of_total(&design, u, 3), 5, 1e-15);
  design.fraction = all_of_it;
  assert_true(variance_of_total(&design, u, 3) == 0);
}

/* Mean 2: 3/2 x (1 x 0.5 + 0 + 1 x 0.75). */
static void unequal_chances_by_hand(void **state)
{
  const double u[] = {1, 2, 3}, chance[] = {0.5, 1, 0.25}, sampled[] = {3};
  const int first[] = {0, 3};
  const ioi_design design = {
    .strata = 1, .psu_first = first, .sampled = sampled, .chance = chance};
  (void) state;
  near(variance_of_total(&design, u, 3), 1.875, 1e-15);
}

/* Two strata of two PSUs and a third of one: (9 - 5)^2 + (2 - 4)^2 = 20 from
 * the first two; the mean of the five PSUs is 6. */
static void lonely_rules_by_hand(void **state)
{
  const double u[] = {9, 5, 2, 4, 10}, sampled[] = {2, 2, 1};
  const double certain[] = {0, 0, 1};
  const int first[] = {0, 2, 4, 5};
  ioi_design design = {.strata = 3,
                       .psu_first = first,
                       .sampled = sampled,
                       .lonely = IOI_LONELY_CERTAINTY};
  (void) state;
  near(variance_of_total(&design, u, 5), 20, 1e-14);
  design.lonely = IOI_LONELY_REMOVE;
  near(variance_of_total(&design, u, 5), 20, 1e-14);
  design.lonely = IOI_LONELY_ADJUST;
  near(variance_of_total(&design, u, 5), 20 + 16, 1e-14);
  design.lonely = IOI_LONELY_AVERAGE;
  near(variance_of_total(&design, u, 5), 20 * 3 / 2.0, 1e-14);
  design.fraction = certain; /* fully sampled: not lonely, adds nothing */
  near(variance_of_total(&design, u, 5), 20, 1e-14);
  design.lonely = IOI_LONELY_ADJUST;
  near(variance_of_total(&design, u, 5), 20, 1e-14);
}

static void one_lonely_stratum_alone(void **state)
{
  const double u[] = {5}, sampled[] = {1};
  const int first[] = {0, 1};
  ioi_design design = {.strata = 1,
                       .psu_first = first,
                       .sampled = sampled,
                       .lonely = IOI_LONELY_AVERAGE};
  (void) state;
  assert_true(isnan(variance_of_total(&design, u, 1)));
  design.lonely = IOI_LONELY_ADJUST; /* it is its own mean */
  assert_true(variance_of_total(&design, u, 1) == 0);
  design.lonely = IOI_LONELY_CERTAINTY;
  assert_true(variance_of_total(&design, u, 1) == 0);
}

/* A domain with one PSU left in the first stratum: centred at 12/5 under
 * "adjust", both PSUs of the stratum, (10-2.4)^2 x 2 + 2.4^2 x 2; left out under
 * "average", where two strata share the 1 x (3/2) of the second. */
static void lonely_domain_by_hand(void **state)
{
  const double u[] = {10, 0, 0, 1, 1}, sampled[] = {2, 3};
  const int first[] = {0, 2, 5};
  ioi_design design = {.strata = 2,
                       .psu_first = first,
                       .sampled = sampled,
                       .lonely = IOI_LONELY_ADJUST,
                       .lonely_domain = 1};
  const double second = 1.5 * (4 / 9.0 + 1 / 9.0 + 1 / 9.0);
  (void) state;
  near(variance_of_total(&design, u, 5), 2 * (7.6 * 7.6 + 2.4 * 2.4) + second,
       1e-13);
  design.lonely = IOI_LONELY_AVERAGE;
  near(variance_of_total(&design, u, 5), 2 * second, 1e-14);
  design.lonely_domain = 0;
  near(variance_of_total(&design, u, 5), 100 + second, 1e-13);
  design.lonely = IOI_LONELY_REMOVE; /* has no meaning for these rules */
  design.lonely_domain = 1;
  near(variance_of_total(&design, u, 5), 100 + second, 1e-13);
}

static void fully_sampled_stratum_adds_nothing(void **state)
{
  const double u[] = {1, 5, 2, 2}, sampled[] = {2, 2};
  const double fraction[] = {1 - 1e-8, 0}, nearly[] = {1 - 1e-6, 0};
  const int first[] = {0, 2, 4};
  ioi_design design = {.strata = 2,
                       .psu_first = first,
                       .sampled = sampled,
                       .fraction = fraction,
                       .lonely = IOI_LONELY_FAIL};
  (void) state;
  assert_true(variance_of_total(&design, u, 4) == 0);
  design.fraction = nearly;
  near(variance_of_total(&design, u, 4), 16e-6, 1e-14);
}

/* Scores near 1e15 that differ by 1: centred before they are squared. */
static void large_totals_keep_small_differences(void **state)
{
  const double u[] = {1e15 + 1, 1e15 + 2, 1e15 + 3}, sampled[] = {3};
  const int first[] = {0, 3};
  const ioi_design design = {.strata = 1,
                             .psu_first = first,
                             .sampled = sampled,
                             .lonely = IOI_LONELY_FAIL};
  (void) state;
  near(variance_of_total(&design, u, 3), 3, 0.5);
}

/* The simulated survey: stratum, then weighted persons by PSU and sex x answer
 * (F no, F yes, M no, M yes), and weighted income. */
enum { PSUS = 13 };
static const int b_first[] = {0, 1, 3, 6, 8, 9, PSUS};
static const double b_sampled[] = {1, 2, 3, 2, 1, 4};
static const double b_persons[PSUS][4] = {
  {0, 114.7391, 130.7451, 95.1349},
  {190.7438, 118.9239, 151.8445, 156.0211},
  {238.7423, 205.9881, 0, 67.7587},
  {225.2712, 172.0421, 188.8709, 52.1906},
  {171.0684, 124.9440, 446.5171, 50.7539},
  {284.9129, 146.8449, 96.5026, 148.6822},
  {165.8837, 378.7375, 294.2303, 0},
  {74.4668, 181.4187, 127.8698, 365.2520},
  {68.6896, 120.6293, 386.5254, 93.4925},
  {108.5870, 146.0481, 61.3590, 282.4797},
  {64.2900, 35.3145, 207.9480, 56.5051},
  {225.6019, 62.5070, 90.3841, 197.5180},
  {73.8871, 409.7259, 39.4533, 179.3183},
};
static const double b_income[PSUS] = {
  194214.832244, 493380.871170, 228532.626861, 366832.113872, 463012.351147,
  408662.153646, 453711.380156, 347362.718559, 221266.666130, 269809.532727,
  154636.277271, 424224.831172, 301014.227138,
};

static double b_standard_error(ioi_lonely rule, const double *u)
{
  const ioi_design design = {
    .strata = 6, .psu_first = b_first, .sampled = b_sampled, .lonely = rule};
  return sqrt(variance_of_total(&design, u, PSUS));
}

static void totals_have_the_errors_of_survey(void **state)
{
  double yes[PSUS], sum = 0;
  (void) state;
  for (int j = 0; j < PSUS; j++)
    sum += yes[j] = b_persons[j][1] + b_persons[j][3];
  near(sum, 3962.9701, 1e-9);
  near(b_standard_error(IOI_LONELY_REMOVE, yes), 472.093010908514, 1e-8);
  near(b_standard_error(IOI_LONELY_CERTAINTY, yes), 472.093010908514, 1e-8);
  near(b_standard_error(IOI_LONELY_ADJUST, yes), 490.022014956768, 1e-8);
  near(b_standard_error(IOI_LONELY_AVERAGE, yes), 578.193493930016, 1e-8);
  near(b_standard_error(IOI_LONELY_REMOVE, b_income), 370883.375216499, 1e-3);
  near(b_standard_error(IOI_LONELY_ADJUST, b_income), 411351.478957538, 1e-3);
  near(b_standard_error(IOI_LONELY_AVERAGE, b_income), 454237.511680809, 1e-3);
}

/* Income of the strata 2, 3 and 5: stratum 1 is lonely and outside the domain,
 * so it adds nothing. */
static void lonely_stratum_outside_the_domain_adds_nothing(void **state)
{
  double u[PSUS];
  (void) state;
  for (int j = 0; j < PSUS; j++)
    u[j] = (j >= 1 && j < 6) || j == 8 ? b_income[j] : 0;
  near(b_standard_error(IOI_LONELY_REMOVE, u), 277708.04747548, 1e-3);
  near(b_standard_error(IOI_LONELY_ADJUST, u), 312065.145659326, 1e-3);
  near(b_standard_error(IOI_LONELY_AVERAGE, u), 340121.506889766, 1e-3);
}

/* Proportions of all (domain 0) and of women (domain 1). */
static void proportions_have_the_errors_of_survey(void **state)
{
  const ioi_lonely rule[] = {IOI_LONELY_REMOVE, IOI_LONELY_ADJUST,
                             IOI_LONELY_AVERAGE};
  const double all[] = {0.0499248742371334, 0.0521599363347013,
                        0.0611452336767992};
  const double women[] = {0.0516735498112914, 0.0534371416902727,
                          0.0632869151179769};
  const int of_row[] = {0, 1}, of_cell[] = {0, 0, 1, 1};
  double w[PSUS * 4], total[4], p[2], value[4], work[4096];
  int row[4], at[5];
  (void) state;
  for (int j = 0; j < PSUS; j++)
    for (int k = 0; k < 2; k++) {
      w[4 * j + k] = b_persons[j][k] + b_persons[j][k + 2];
      w[4 * j + 2 + k] = b_persons[j][k];
    }
  const double *const sums[] = {w};
  const ioi_totals totals = {PSUS, 4, 1, NULL, NULL, sums, NULL};
  ioi_totals_collapse(&totals, 0, total);
  ioi_proportion(total, 2, 2, 1, p, row, at, value);
  near(p[0], 0.490626602742684, 1e-14);
  near(p[1], 0.539625034288256, 1e-14);
  const ioi_influence influence = {2, row, at, value};
  for (int k = 0; k < 3; k++) {
    double variance[4] = {0};
    unsigned char psu[4] = {0}, strata[2] = {0};
    const ioi_design design = {.strata = 6,
                               .psu_first = b_first,
                               .sampled = b_sampled,
                               .lonely = rule[k]};
    ioi_presence presence = {2, of_row, of_cell, psu, strata, NULL};
    ioi_presence_fill(&design, &totals, &presence);
    ioi_variance(&design, &totals, &influence, &presence, 1, variance, work);
    near(sqrt(variance[0]), all[k], 1e-13);
    near(sqrt(variance[3]), women[k], 1e-13);
    near(variance[1], variance[2], 0);
  }
}

/* One domain lies in the lonely stratum alone, the other in a stratum sampled
 * fully or not: the row and the column of the first are undefined, no more. */
static void undefined_variance_is_undefined_on_both_sides(void **state)
{
  const double alone[] = {1, 0, 0, 3, 0, 2}, sampled[] = {1, 2}, one[] = {1, 1};
  const double full[] = {0, 1};
  const int first[] = {0, 1, 3}, row[] = {0, 1}, at[] = {0, 1, 2};
  (void) state;
  for (size_t k = 0; k < 4; k++) {
    const size_t lone = k / 2; /* which of the domains */
    unsigned char psu[2] = {0}, strata[2] = {0};
    double w[6], got[4] = {0}, work[4096];
    for (size_t i = 0; i < 6; i++) w[i] = alone[i ^ lone];
    const ioi_design design = {.strata = 2,
                               .psu_first = first,
                               .sampled = sampled,
                               .fraction = k % 2 ? full : NULL,
                               .lonely = IOI_LONELY_AVERAGE};
    const double *const sums[] = {w};
    const ioi_totals totals = {3, 2, 1, NULL, NULL, sums, NULL};
    const ioi_influence influence = {2, row, at, one};
    ioi_presence presence = {2, row, row, psu, strata, NULL};
    ioi_presence_fill(&design, &totals, &presence);
    ioi_variance(&design, &totals, &influence, &presence, 1, got, work);
    assert_true(isnan(got[1]) && isnan(got[2]) && isnan(got[3 * lone]));
    near(got[3 * (1 - lone)], k % 2 ? 0 : 1, 1e-15);
  }
}

static void presence_bits_stand_where_the_header_says(void **state)
{
  enum { MOST = 17 };
  (void) state;
  for (size_t n = 1; n <= MOST; n++)
    for (size_t lit = 0; lit < n; lit++) {
      double w[2 * MOST] = {0}, sampled[MOST];
      int first[MOST + 1];
      const int of_cell[] = {1, 0};
      const size_t bytes = ioi_presence_bytes(n);
      unsigned char *psu = zeroed(2 * bytes, 1), *strata = zeroed(2 * bytes, 1);
      for (size_t h = 0; h <= n; h++) first[h] = (int) h;
      for (size_t h = 0; h < n; h++) sampled[h] = 2;
      w[2 * lit] = 1;                /* cell 0, which is of domain 1 */
      w[2 * (n - 1 - lit) + 1] = -1; /* calibrated weights may be */
      const ioi_design design = {.strata = n,
                                 .psu_first = first,
                                 .sampled = sampled,
                                 .lonely = IOI_LONELY_FAIL};
      const double *const sums[] = {w};
      const ioi_totals totals = {n, 2, 1, NULL, NULL, sums, NULL};
      ioi_presence presence = {2, of_cell, of_cell, psu, strata, NULL};
      ioi_presence_fill(&design, &totals, &presence);
      const size_t mirrored = n - 1 - lit;
      assert_true(ioi_presence_count(psu, bytes) == 1);
      assert_true(psu[mirrored / 8] == 1 << mirrored % 8);
      assert_true(ioi_presence_count(psu + bytes, bytes) == 1);
      assert_true(psu[bytes + lit / 8] == 1 << lit % 8);
      assert_memory_equal(psu, strata, 2 * bytes);
      free(psu);
      free(strata);
    }
}

/* 21 units in strata of 1, 12, 0 and 8, two cells for each of 5 domains, few of
 * them with records: bits against their definition, of all cells or of those that occur,
 * with work space and without. */
static void presence_is_its_definition(void **state)
{
  enum { UNITS = 21, DOMAINS = 5, CELLS_THERE = 10 };
  const int psu_first[] = {0, 1, 13, 13, 21},
            domain[] = {4, 0, 1, 1, 2, 0, 3, 2, 3, 4};
  const double sampled[] = {1, 12, 0, 8};
  const ioi_design design = {
    .strata = 4, .psu_first = psu_first, .sampled = sampled};
  uint64_t seed = 11;
  (void) state;
  for (int round = 0; round < 200; round++) {
    double all[UNITS * CELLS_THERE] = {0}, some[UNITS * CELLS_THERE];
    int first[UNITS + 1] = {0}, cell[UNITS * CELLS_THERE], entries = 0;
    unsigned char there[UNITS][DOMAINS] = {{0}};
    for (int j = 0; j < UNITS; j++) {
      for (int c = 0; c < CELLS_THERE; c++) {
        if (draw_below(&seed, 12) > 0) continue;
        all[j * CELLS_THERE + c] = some[entries] = draw_unit(&seed) + 0.1;
        cell[entries++] = c;
        there[j][domain[c]] = 1;
      }
      first[j + 1] = entries;
    }
    for (int sparse = 0; sparse < 3; sparse++) {
      const double *const w[] = {sparse ? some : all};
      const ioi_totals totals = {
        UNITS, CELLS_THERE, 1, sparse ? first : NULL, sparse ? cell : NULL,
        w,     NULL};
      unsigned char psu[DOMAINS * 3] = {0}, stratum[DOMAINS] = {0};
      unsigned char seen[DOMAINS];
      ioi_presence presence = {DOMAINS, NULL,    domain,
                               psu,     stratum, sparse == 2 ? seen : NULL};
      ioi_presence_fill(&design, &totals, &presence);
      for (int d = 0; d < DOMAINS; d++) {
        unsigned char strata = 0;
        for (int h = 0; h < 4; h++)
          for (int j = psu_first[h]; j < psu_first[h + 1]; j++) {
            assert_int_equal(psu[d * 3 + j / 8] >> (j % 8) & 1, there[j][d]);
            if (there[j][d]) strata = (unsigned char) (strata | 1u << h);
          }
        assert_int_equal(stratum[d], strata);
      }
    }
  }
}

static void presence_counts_and_sizes(void **state)
{
  const unsigned char bits[] = {0xFF, 0x81, 0,    1, 0xAA,
                                0xFF, 0xFF, 0x55, 7, 0x80};
  (void) state;
  assert_true(ioi_presence_count(bits, 4) == 11);
  assert_true(ioi_presence_count(bits, 10) == 39);
  assert_true(ioi_presence_count(NULL, 0) == 0);
  assert_true(ioi_presence_bytes(0) == 0 && ioi_presence_bytes(1) == 1);
  assert_true(ioi_presence_bytes(8) == 1 && ioi_presence_bytes(9) == 2);
}

static void no_estimates_need_no_memory(void **state)
{
  const double u[] = {1, 2}, sampled[] = {2};
  const int first[] = {0, 2}, at[] = {0, 0}, zero[] = {0};
  unsigned char bits[] = {0, 0};
  const ioi_design design = {.strata = 1,
                             .psu_first = first,
                             .sampled = sampled,
                             .lonely = IOI_LONELY_ADJUST};
  const double *const sums[] = {u};
  const ioi_totals totals = {2, 1, 1, NULL, NULL, sums, NULL};
  const ioi_influence influence = {0, zero, at, NULL};
  ioi_presence presence = {1, NULL, zero, bits, bits + 1, NULL};
  (void) state;
  assert_true(ioi_variance_work(0, 1, 1) == 0);
  ioi_presence_fill(&design, &totals, &presence);
  ioi_variance(&design, &totals, &influence, &presence, 1, NULL, NULL);
  ioi_variance(&design, &totals, &influence, &presence, 0, NULL, NULL);
  ioi_variance_clean(NULL, 0, 1, NULL);
}

static void rounding_is_cleaned_with_its_covariances(void **state)
{
  const double estimate[] = {2, 1, NAN, 0};
  double matrix[] = {3.9e-20, 1, 2, 3, 1, 1e-20, 4, 5,
                     2,       4, 6, 7, 3, 5,     7, -1e-30};
  double variance[] = {4.1e-20, -1e-18, NAN, 0};
  const double want[] = {0, 0, 0, 0, 0, 1e-20, 4, 0, 0, 4, 6, 0, 0, 0, 0, 0};
  (void) state;
  ioi_variance_clean(estimate, 4, 1, matrix);
  same(matrix, want, 16);
  ioi_variance_clean(estimate, 4, 0, variance);
  assert_true(variance[0] == 4.1e-20 && variance[1] == 0);
  assert_true(isnan(variance[2]) && variance[3] == 0);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
    cmocka_unit_test(engine_is_the_definition_on_random_designs),
    cmocka_unit_test(variances_alone_are_the_diagonal),
    cmocka_unit_test(sparse_totals_are_the_dense_ones),
    cmocka_unit_test(records_are_psus_of_their_own),
    cmocka_unit_test(covariance_has_no_negative_eigenvalue),
    cmocka_unit_test(result_is_added_to_what_is_there),
    cmocka_unit_test(variances_by_hand),
    cmocka_unit_test(unequal_chances_by_hand),
    cmocka_unit_test(lonely_rules_by_hand),
    cmocka_unit_test(one_lonely_stratum_alone),
    cmocka_unit_test(lonely_domain_by_hand),
    cmocka_unit_test(fully_sampled_stratum_adds_nothing),
    cmocka_unit_test(large_totals_keep_small_differences),
    cmocka_unit_test(totals_have_the_errors_of_survey),
    cmocka_unit_test(lonely_stratum_outside_the_domain_adds_nothing),
    cmocka_unit_test(proportions_have_the_errors_of_survey),
    cmocka_unit_test(undefined_variance_is_undefined_on_both_sides),
    cmocka_unit_test(presence_bits_stand_where_the_header_says),
    cmocka_unit_test(presence_is_its_definition),
    cmocka_unit_test(presence_counts_and_sizes),
    cmocka_unit_test(no_estimates_need_no_memory),
    cmocka_unit_test(rounding_is_cleaned_with_its_covariances),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
