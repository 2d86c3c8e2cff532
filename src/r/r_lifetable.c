/* r_lifetable.c - life tables, gaps by age and years lost for many groups; see
 * core/lifetable.h. A matrix here has a row per band and a column per group. */
#include "r/r_ioi.h"

#include <string.h>

#include "core/lifetable.h"

/* Groups between two looks at whether the user wants to stop. */
static const R_xlen_t batch = 1024;

/* What a group gets, per band. */
enum { QX, LX, LLX, TX, EX, VARIANCE, HX, PREVALENCE, MORTALITY, COLUMNS };

/* Room for one table and the pooled copy of its population. */
typedef struct {
  size_t bands;
  double *start, *ax, *deaths, *population, *healthy, *healthy_variance, *work;
  double *covariance; /* of the bands left, when there is one */
  double *value[COLUMNS];
  size_t *kept;
} room;

static double *doubles(size_t n)
{
  return (double *) R_alloc(n, sizeof(double));
}

static room make_room(size_t k, int covariance)
{
  room r = {.bands = k};
  r.start = doubles(k);
  r.ax = doubles(k);
  r.deaths = doubles(k);
  r.population = doubles(k);
  r.healthy = doubles(k);
  r.healthy_variance = doubles(k);
  r.work = doubles(k);
  r.covariance = covariance ? doubles(k * k) : NULL;
  for (int i = 0; i < COLUMNS; i++) r.value[i] = doubles(k);
  r.kept = (size_t *) R_alloc(k, sizeof(size_t));
  return r;
}

/* The matrices of the call; NULL where absent. */
typedef struct {
  const double *start, *ax, *deaths, *population, *healthy, *healthy_variance;
  const double *covariance;
  int silcocks, open, empty;
} tables;

static void copy_column(double *to, const double *from, size_t g, size_t k)
{
  if (from) memcpy(to, from + g * k, k * sizeof(double));
}

/* One group: the pooled population, its table, and health when asked. */
static int fill(const tables *in, size_t g, size_t k, room *r)
{
  int healthy = in->healthy != NULL, note = 0;
  int variance = healthy && in->healthy_variance != NULL;
  r->bands = k;
  memcpy(r->start, in->start, k * sizeof(double));
  copy_column(r->ax, in->ax, g, k);
  copy_column(r->deaths, in->deaths, g, k);
  copy_column(r->population, in->population, g, k);
  copy_column(r->healthy, in->healthy, g, k);
  copy_column(r->healthy_variance, in->healthy_variance, g, k);
  int merged =
    ioi_life_merge(in->open, in->empty, &r->bands, r->start, r->ax, r->deaths,
                   r->population, healthy ? r->healthy : NULL,
                   variance ? r->healthy_variance : NULL, r->kept);
  ioi_population p = {r->bands, r->start, r->ax, r->deaths, r->population};
  ioi_life_table t = {r->value[QX], r->value[LX], r->value[LLX],
                      r->value[TX], r->value[EX], r->value[VARIANCE]};
  if (ioi_life_table_fill(&p, in->silcocks, &t, &note) != IOI_OK)
    Rf_error("ioi bug: a life table out of range");
  if (healthy) {
    if (in->covariance) copy_column(r->covariance, in->covariance, g, k * k);
    ioi_sullivan(&p, &t, r->healthy, r->healthy_variance, r->covariance,
                 in->silcocks, r->work, r->value[HX], r->value[PREVALENCE],
                 r->value[MORTALITY]);
  }
  return note | merged;
}

/* start: ages; ax, deaths, population: matrices; healthy, healthy_variance:
 * matrices or NULL; covariance: bands x bands x groups or NULL (then nothing
 * is pooled); options: integers silcocks, pool open, pool empty. A list of the
 * matrices qx, lx, Lx, Tx, ex, variance, hx, prevalence, mortality and of note,
 * an integer per group. Bands pooled away are NA. */
SEXP ioi_r_life_table(SEXP start, SEXP ax, SEXP deaths, SEXP population,
                      SEXP healthy, SEXP healthy_variance, SEXP covariance,
                      SEXP options)
{
  R_xlen_t bands = XLENGTH(start), cells = XLENGTH(deaths);
  if (!Rf_isReal(start) || !ioi_r_is_double(ax, cells)
      || !ioi_r_is_double(deaths, cells) || !ioi_r_is_double(population, cells)
      || !ioi_r_is_optional(healthy, cells)
      || !ioi_r_is_optional(healthy_variance, cells)
      || !ioi_r_is_optional(covariance, cells * bands) || !Rf_isInteger(options)
      || XLENGTH(options) != 3)
    Rf_error("ioi bug: matrices of bands by groups expected");

  const char *names[] = {"qx",        "lx",       "Lx", "Tx",
                         "ex",        "variance", "hx", "prevalence",
                         "mortality", "note",     ""};
  R_xlen_t groups = bands ? cells / bands : 0;
  int columns = Rf_isNull(healthy) ? HX : COLUMNS;
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  for (int i = 0; i < columns; i++)
    SET_VECTOR_ELT(out, i, Rf_allocMatrix(REALSXP, (int) bands, (int) groups));
  SET_VECTOR_ELT(out, COLUMNS, Rf_allocVector(INTSXP, groups));
  tables in = {.start = REAL_RO(start),
               .ax = REAL_RO(ax),
               .deaths = REAL_RO(deaths),
               .population = REAL_RO(population),
               .healthy = ioi_r_values_or_null(healthy),
               .healthy_variance = ioi_r_values_or_null(healthy_variance),
               .covariance = ioi_r_values_or_null(covariance),
               .silcocks = INTEGER_ELT(options, 0),
               .open = INTEGER_ELT(options, 1),
               .empty = INTEGER_ELT(options, 2)};
  room r = make_room((size_t) bands, in.covariance != NULL);
  for (R_xlen_t g = 0; g < groups; g++) {
    if (g % batch == 0) R_CheckUserInterrupt();
    int note = fill(&in, (size_t) g, (size_t) bands, &r);
    INTEGER(VECTOR_ELT(out, COLUMNS))[g] = note;
    for (int i = 0; i < columns; i++) {
      double *to = REAL(VECTOR_ELT(out, i)) + g * bands;
      for (R_xlen_t b = 0; b < bands; b++) to[b] = NA_REAL;
      for (size_t b = 0; b < r.bands; b++) {
        double value = r.value[i][b];
        if (!ISNAN(value)) to[r.kept[b]] = value;
      }
    }
  }
  UNPROTECT(1);
  return out;
}

/* The population and table of column g. */
static void fill_side(const tables *in, size_t g, size_t k, room *r,
                      ioi_population *p, ioi_life_table *t, int *note)
{
  *note = fill(in, g, k, r);
  *p = (ioi_population){r->bands, r->start, r->ax, r->deaths, r->population};
  *t = (ioi_life_table){r->value[QX], r->value[LX], r->value[LLX],
                        r->value[TX], r->value[EX], r->value[VARIANCE]};
}

/* start, and for each side ax, deaths, population: matrices with a column per
 * pair; silcocks: integer. A list of the matrix gap (side two less side one),
 * the array covariance (bands x bands x pairs), the matrix total (rows e_1 of
 * one, e_1 of two, their variances) and the matrix note (a row per side). */
SEXP ioi_r_life_gap(SEXP start, SEXP one, SEXP two, SEXP silcocks)
{
  SEXP deaths = ioi_r_get(one, "deaths");
  R_xlen_t bands = XLENGTH(start), cells = XLENGTH(deaths);
  const char *parts[] = {"ax", "deaths", "population"};
  for (int i = 0; i < 3; i++)
    if (!ioi_r_is_double(ioi_r_get(one, parts[i]), cells)
        || !ioi_r_is_double(ioi_r_get(two, parts[i]), cells))
      Rf_error("ioi bug: two sides of matrices expected");

  const char *names[] = {"gap", "covariance", "total", "note", ""};
  R_xlen_t pairs = bands ? cells / bands : 0;
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, Rf_allocMatrix(REALSXP, (int) bands, (int) pairs));
  SET_VECTOR_ELT(out, 1, Rf_allocVector(REALSXP, bands * cells));
  SET_VECTOR_ELT(out, 2, Rf_allocMatrix(REALSXP, 4, (int) pairs));
  SET_VECTOR_ELT(out, 3, Rf_allocMatrix(INTSXP, 2, (int) pairs));
  tables side[2];
  SEXP lists[] = {one, two};
  for (int i = 0; i < 2; i++)
    side[i] = (tables){.start = REAL_RO(start),
                       .ax = REAL_RO(ioi_r_get(lists[i], "ax")),
                       .deaths = REAL_RO(ioi_r_get(lists[i], "deaths")),
                       .population = REAL_RO(ioi_r_get(lists[i], "population")),
                       .silcocks = Rf_asInteger(silcocks)};
  size_t k = (size_t) bands;
  room a = make_room(k, 0), b = make_room(k, 0);
  double *work = doubles(2 * k * (k + 1));
  for (R_xlen_t g = 0; g < pairs; g++) {
    ioi_population p[2];
    ioi_life_table t[2];
    int *note = INTEGER(VECTOR_ELT(out, 3)) + 2 * g;
    double *total = REAL(VECTOR_ELT(out, 2)) + 4 * g;
    R_CheckUserInterrupt();
    fill_side(&side[0], (size_t) g, k, &a, &p[0], &t[0], &note[0]);
    fill_side(&side[1], (size_t) g, k, &b, &p[1], &t[1], &note[1]);
    ioi_arriaga(&p[0], &t[0], &p[1], &t[1], side[0].silcocks,
                REAL(VECTOR_ELT(out, 0)) + g * bands,
                REAL(VECTOR_ELT(out, 1)) + g * bands * bands, work);
    for (int i = 0; i < 2; i++) {
      total[i] = t[i].ex[0];
      total[2 + i] = t[i].variance[0];
    }
  }
  for (int i = 0; i < 3; i++) ioi_r_hide_nan(VECTOR_ELT(out, i));
  UNPROTECT(1);
  return out;
}

/* cause_one, cause_two, all_one, all_two: rates, doubles of one length. A list
 * of share and undefined (TRUE where the split of the band is undefined). */
SEXP ioi_r_cause_share(SEXP cause_one, SEXP cause_two, SEXP all_one,
                       SEXP all_two)
{
  R_xlen_t n = XLENGTH(cause_one);
  if (!ioi_r_is_double(cause_one, n) || !ioi_r_is_double(cause_two, n)
      || !ioi_r_is_double(all_one, n) || !ioi_r_is_double(all_two, n))
    Rf_error("ioi bug: four double vectors of one length expected");

  const char *names[] = {"share", "undefined", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, Rf_allocVector(REALSXP, n));
  SET_VECTOR_ELT(out, 1, Rf_allocVector(LGLSXP, n));
  double *share = REAL(VECTOR_ELT(out, 0));
  for (R_xlen_t i = 0; i < n; i++) {
    int undefined = 0;
    share[i] =
      ioi_cause_share(REAL_ELT(cause_one, i), REAL_ELT(cause_two, i),
                      REAL_ELT(all_one, i), REAL_ELT(all_two, i), &undefined);
    LOGICAL(VECTOR_ELT(out, 1))[i] = undefined;
  }
  ioi_r_hide_nan(VECTOR_ELT(out, 0));
  UNPROTECT(1);
  return out;
}

/* years, deaths: matrices; population: matrix or NULL; standard: a weight per
 * band or NULL; method: integer; level: one double. Columns as ioi_r_direct(),
 * of the count (neither), the rate (population) or the standardised rate. */
SEXP ioi_r_years_lost(SEXP years, SEXP deaths, SEXP population, SEXP standard,
                      SEXP bands, SEXP method, SEXP level)
{
  R_xlen_t cells = XLENGTH(deaths), k = Rf_asInteger(bands);
  if (!ioi_r_is_double(years, cells) || !ioi_r_is_double(deaths, cells)
      || !ioi_r_is_optional(population, cells)
      || !ioi_r_is_optional(standard, k) || !Rf_isInteger(method)
      || !ioi_r_is_double(level, 1))
    Rf_error("ioi bug: matrices of bands by groups expected");

  R_xlen_t groups = k ? cells / k : 0;
  SEXP out = PROTECT(ioi_r_make_standardised(groups));
  const double *c = REAL_RO(years), *d = REAL_RO(deaths);
  const double *n = ioi_r_values_or_null(population),
               *s = ioi_r_values_or_null(standard);
  double *work = doubles((size_t) (3 * k));
  for (R_xlen_t g = 0; g < groups; g++) {
    ioi_standardised value;
    if (g % batch == 0) R_CheckUserInterrupt();
    R_xlen_t at = g * k;
    if (s)
      ioi_years_lost_standardised(c + at, d + at, n + at, s, (size_t) k, work,
                                  &value);
    else
      ioi_years_lost(c + at, d + at, n ? n + at : NULL, (size_t) k, &value);
    ioi_r_put_standardised(out, g, &value, INTEGER_ELT(method, 0),
                           REAL_ELT(level, 0));
  }
  UNPROTECT(1);
  return out;
}
