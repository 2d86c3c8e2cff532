/* r_disparity.c - measures of blocks of groups; see core/disparity.h. */
#include "r/r_ioi.h"

#include <R_ext/Random.h>
#include <Rmath.h>

#include "core/disparity.h"

/* What R hands over: groups sorted by block and, where ordered, by rank. */
typedef struct {
  R_xlen_t cells;
  size_t blocks, measures, widest;
  const int *first, *reference, *measure;
  const double *value, *weight, *rank, *people, *variance, *covariance;
  int model, favourable, bounded, robust, second_order, correct, scale;
  const double *bounds;
  double level;
  int draws;
} task;

/* Arrays of the widest block. */
typedef struct {
  double *share, *ridit, *work, *variance;
} room;

static const double *numbers(SEXP list, const char *name, R_xlen_t n)
{
  SEXP x = ioi_r_get(list, name);
  if (x == R_NilValue) return NULL;
  if (!Rf_isReal(x) || XLENGTH(x) != n)
    Rf_error("ioi bug: doubles of one length expected for %s", name);
  return REAL_RO(x);
}

static int whole(SEXP list, const char *name)
{
  SEXP x = ioi_r_get(list, name);
  if (!Rf_isInteger(x) || XLENGTH(x) != 1)
    Rf_error("ioi bug: an integer expected for %s", name);
  return INTEGER_ELT(x, 0);
}

static task read_task(SEXP cells, SEXP blocks, SEXP measure, SEXP options)
{
  task t;
  SEXP first = ioi_r_get(blocks, "first"),
       reference = ioi_r_get(blocks, "reference");
  t.cells = XLENGTH(ioi_r_get(cells, "value"));
  if (!Rf_isInteger(first) || !Rf_isInteger(reference)
      || XLENGTH(first) != XLENGTH(reference) + 1 || !Rf_isInteger(measure)
      || INTEGER_ELT(first, XLENGTH(reference)) != t.cells)
    Rf_error("ioi bug: blocks that cover the groups expected");
  t.first = INTEGER_RO(first), t.reference = INTEGER_RO(reference);
  t.measure = INTEGER_RO(measure);
  t.blocks = (size_t) XLENGTH(reference);
  t.measures = (size_t) XLENGTH(measure);
  t.value = numbers(cells, "value", t.cells);
  t.weight = numbers(cells, "weight", t.cells);
  t.rank = numbers(cells, "rank", t.cells);
  t.people = numbers(cells, "people", t.cells);
  t.variance = numbers(cells, "variance", t.cells);
  t.covariance = numbers(cells, "covariance", t.cells * t.cells);
  t.model = whole(options, "model");
  t.favourable = whole(options, "favourable");
  t.bounded = whole(options, "bounded");
  t.robust = whole(options, "robust");
  t.second_order = whole(options, "second_order");
  t.correct = whole(options, "correct");
  t.scale = whole(options, "scale");
  t.draws = whole(options, "draws");
  t.bounds = numbers(options, "bounds", 2);
  t.level = *numbers(options, "level", 1);
  t.widest = 1;
  for (size_t b = 0; b < t.blocks; b++) {
    size_t groups = (size_t) (t.first[b + 1] - t.first[b]);
    if (groups > t.widest) t.widest = groups;
  }
  return t;
}

static double *doubles(size_t n)
{
  return (double *) R_alloc(n > 0 ? n : 1, sizeof(double));
}

static room make_room(const task *t)
{
  room r = {doubles(t->widest), doubles(t->widest), doubles(2 * t->widest),
            doubles(t->widest)};
  return r;
}

/* The covariance of a block, within that of all; NULL where groups are
 * independent. */
static const double *own_covariance(const task *t, size_t at)
{
  return t->covariance ? t->covariance + at + (size_t) t->cells * at : NULL;
}

/* The groups of a block with the values `value`. */
static ioi_disparity_groups open_block(const task *t, size_t b, room *r,
                                       const double *value)
{
  size_t at = (size_t) t->first[b];
  ioi_disparity_groups set = {.groups =
                                (size_t) (t->first[b + 1] - t->first[b]),
                              .value = value,
                              .people = t->people ? t->people + at : NULL,
                              .favourable = t->favourable,
                              .model = (ioi_disparity_model) t->model,
                              .bounded = (ioi_disparity_bounded) t->bounded,
                              .bound_low = t->bounds[0],
                              .bound_high = t->bounds[1]};
  set.reference = t->reference[b] < 0 ? set.groups : (size_t) t->reference[b];
  ioi_disparity_prepare(&set, t->weight + at, t->rank ? t->rank + at : NULL,
                        r->share, r->ridit);
  return set;
}

static void chance_of(const task *t, size_t b, const ioi_disparity_groups *set,
                      room *r, double *bias, double *extra)
{
  size_t at = (size_t) t->first[b];
  ioi_disparity_chance(set->share, set->groups, t->variance + at,
                       own_covariance(t, at), (size_t) t->cells, r->work, bias,
                       extra);
}

static int of_line(const task *t, size_t row)
{
  int m = t->measure[row % t->measures];
  return m == IOI_DISPARITY_SII || m == IOI_DISPARITY_RII
         || m == IOI_DISPARITY_RII_MEAN;
}

/* Rows whose variance is that of the model, not of the values. */
static int of_model(const task *t, size_t row)
{
  return t->model == IOI_DISPARITY_BINOMIAL && of_line(t, row);
}

/* Estimates, gradients (a row of `widest` each) and variances of one block. */
static void measure_block(const task *t, size_t b, room *r, double *gradient,
                          SEXP out)
{
  size_t at = (size_t) t->first[b];
  double bias = NA_REAL, extra = NA_REAL;
  ioi_disparity_groups set = open_block(t, b, r, t->value + at);
  chance_of(t, b, &set, r, &bias, &extra);
  if (t->correct) set.bias = bias;
  if (t->model == IOI_DISPARITY_BINOMIAL)
    ioi_disparity_binomial_variance(&set, t->robust, r->variance);
  for (size_t m = 0; m < t->measures; m++) {
    size_t row = b * t->measures + m;
    double *g = gradient + row * t->widest;
    double *estimate = REAL(VECTOR_ELT(out, 0)) + row;
    ioi_disparity_note note = ioi_disparity_value(
      (ioi_disparity_measure) t->measure[m], &set, estimate, g, r->work);
    int model = of_model(t, row);
    double v = ioi_disparity_product(
      g, g, set.groups, set.groups, model ? r->variance : t->variance + at,
      model ? NULL : own_covariance(t, at), (size_t) t->cells);
    if (t->second_order && t->measure[m] == IOI_DISPARITY_BGV
        && note != IOI_DISPARITY_EQUAL)
      v += extra;
    if (ISNAN(*estimate)) v = NA_REAL;
    REAL(VECTOR_ELT(out, 1))[row] = v;
    REAL(VECTOR_ELT(out, 2))[row] = bias;
    INTEGER(VECTOR_ELT(out, 3))[row] = (int) note;
  }
}

/* Covariance of two rows of different measures or blocks. */
static double between(const task *t, size_t one, size_t two,
                      const double *gradient, const double *model)
{
  size_t a = one / t->measures, b = two / t->measures;
  size_t from_a = (size_t) t->first[a], from_b = (size_t) t->first[b];
  size_t n_a = (size_t) t->first[a + 1] - from_a;
  size_t n_b = (size_t) t->first[b + 1] - from_b;
  const double *g = gradient + one * t->widest;
  const double *h = gradient + two * t->widest;
  if (a != b && !t->covariance) return 0;
  if (of_model(t, one) != of_model(t, two)) return NA_REAL;
  if (of_model(t, one))
    return ioi_disparity_product(g, h, n_a, n_b, model + from_a, NULL, 0);
  const double *v =
    t->covariance ? t->covariance + from_a + (size_t) t->cells * from_b : NULL;
  return ioi_disparity_product(g, h, n_a, n_b, t->variance + from_a, v,
                               (size_t) t->cells);
}

static SEXP rows_covariance(const task *t, const double *gradient,
                            const double *model, const double *variance)
{
  size_t rows = t->blocks * t->measures;
  SEXP out = PROTECT(Rf_allocMatrix(REALSXP, (int) rows, (int) rows));
  double *v = REAL(out);
  for (size_t j = 0; j < rows; j++) {
    for (size_t i = 0; i < j; i++)
      v[i + rows * j] = v[j + rows * i] = between(t, i, j, gradient, model);
    v[j + rows * j] = variance[j];
    R_CheckUserInterrupt();
  }
  ioi_r_hide_nan(out);
  UNPROTECT(1);
  return out;
}

/* cells: list(value, weight, rank, people, variance, covariance), doubles or
 * NULL; blocks: list(first, reference: place in the block from 0, or -1);
 * measure: places in R's list, from 0; options: see read_task(); full: TRUE for
 * the covariance of all rows. Rows are measures within blocks. */
SEXP ioi_r_disparity(SEXP cells, SEXP blocks, SEXP measure, SEXP options,
                     SEXP full)
{
  task t = read_task(cells, blocks, measure, options);
  R_xlen_t rows = (R_xlen_t) (t.blocks * t.measures);
  const char *names[] = {"estimate", "variance", "bias", "note", "vcov", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  for (int k = 0; k < 3; k++)
    SET_VECTOR_ELT(out, k, Rf_allocVector(REALSXP, rows));
  SET_VECTOR_ELT(out, 3, Rf_allocVector(INTSXP, rows));
  room r = make_room(&t);
  double *gradient = doubles((size_t) rows * t.widest);
  double *model = doubles((size_t) t.cells);

  for (size_t b = 0; b < t.blocks; b++) {
    measure_block(&t, b, &r, gradient, out);
    if (t.model == IOI_DISPARITY_BINOMIAL)
      for (int j = t.first[b]; j < t.first[b + 1]; j++)
        model[j] = r.variance[j - t.first[b]];
    if (b % 256 == 0) R_CheckUserInterrupt();
  }
  if (Rf_asLogical(full) == TRUE)
    SET_VECTOR_ELT(
      out, 4,
      rows_covariance(&t, gradient, model, REAL_RO(VECTOR_ELT(out, 1))));
  for (int k = 0; k < 3; k++) ioi_r_hide_nan(VECTOR_ELT(out, k));
  UNPROTECT(1);
  return out;
}

/* Draws of every measure of a block, by measure. FALSE: there is no variance. */
static int draw_block(const task *t, size_t b, room *r, double *root, double *z,
                      double *y, double *draws)
{
  size_t at = (size_t) t->first[b], n = (size_t) (t->first[b + 1]) - at;
  double bias = 0, extra;
  ioi_disparity_groups set = open_block(t, b, r, t->value + at);
  if (t->correct) chance_of(t, b, &set, r, &bias, &extra);
  if (n == 0
      || ioi_disparity_root(n, t->variance + at, own_covariance(t, at),
                            (size_t) t->cells, root)
           != IOI_OK)
    return 0;
  for (int d = 0; d < t->draws; d++) {
    for (size_t j = 0; j < n; j++) z[j] = norm_rand();
    ioi_disparity_draw(t->value + at, n, root, (ioi_disparity_model) t->scale,
                       z, y);
    set = open_block(t, b, r, y);
    set.bias = bias;
    for (size_t m = 0; m < t->measures; m++)
      ioi_disparity_value((ioi_disparity_measure) t->measure[m], &set,
                          draws + m * (size_t) t->draws + d, z, r->work);
    if (d % 1024 == 0) R_CheckUserInterrupt();
  }
  return 1;
}

/* Standard deviations and limits by draws from R's own random numbers; estimate:
 * what ioi_r_disparity() gives. The rest as there. */
SEXP ioi_r_disparity_draws(SEXP cells, SEXP blocks, SEXP measure, SEXP options,
                           SEXP estimate)
{
  task t = read_task(cells, blocks, measure, options);
  R_xlen_t rows = (R_xlen_t) (t.blocks * t.measures);
  const double *centre = REAL_RO(estimate);
  const char *names[] = {"std.error", "conf.low", "conf.high", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  for (int k = 0; k < 3; k++)
    SET_VECTOR_ELT(out, k, Rf_allocVector(REALSXP, rows));
  double *sd = REAL(VECTOR_ELT(out, 0)), *low = REAL(VECTOR_ELT(out, 1)),
         *high = REAL(VECTOR_ELT(out, 2));
  room r = make_room(&t);
  double *root = doubles(t.widest * t.widest), *z = doubles(t.widest);
  double *y = doubles(t.widest);
  double *draws = doubles((size_t) t.draws * t.measures);

  GetRNGstate();
  for (size_t b = 0; b < t.blocks; b++) {
    int drawn = draw_block(&t, b, &r, root, z, y, draws);
    for (size_t m = 0; m < t.measures; m++) {
      size_t row = b * t.measures + m;
      sd[row] = low[row] = high[row] = NA_REAL;
      if (drawn && R_FINITE(centre[row]))
        ioi_disparity_limits(draws + m * (size_t) t.draws, (size_t) t.draws,
                             centre[row], t.level, sd + row, low + row,
                             high + row);
    }
  }
  PutRNGstate();
  for (int k = 0; k < 3; k++) ioi_r_hide_nan(VECTOR_ELT(out, k));
  UNPROTECT(1);
  return out;
}
