/* r_standardise.c - cells of group x band and standardised rates; see
 * core/standardise.h. A matrix here has a row per band and a column per group. */
#include "r/r_ioi.h"

#include "core/standardise.h"

/* Groups between two looks at whether the user wants to stop. */
static const R_xlen_t batch = 4096;

/* A column of a matrix that may be absent. */
static const double *column(const double *x, R_xlen_t g, R_xlen_t bands)
{
  return x ? x + g * bands : NULL;
}

static SEXP zeros(SEXPTYPE type, int bands, int groups)
{
  SEXP x = PROTECT(Rf_allocMatrix(type, bands, groups));
  R_xlen_t cells = XLENGTH(x);
  if (type == REALSXP)
    for (R_xlen_t i = 0; i < cells; i++) REAL(x)[i] = 0;
  else
    for (R_xlen_t i = 0; i < cells; i++) INTEGER(x)[i] = 0;
  UNPROTECT(1);
  return x;
}

/* group, band: integer codes from 1 (NA: left out); events, population:
 * doubles; frequency: doubles or NULL; groups, bands: how many. A list of the
 * matrices events, second (NULL without frequency), population and rows, and
 * where: 0, or the row (from 1) whose population contradicts its cell's. */
SEXP ioi_r_cells(SEXP group, SEXP band, SEXP events, SEXP population,
                 SEXP frequency, SEXP groups, SEXP bands)
{
  R_xlen_t rows = XLENGTH(group);
  if (!Rf_isInteger(group) || !Rf_isInteger(band) || XLENGTH(band) != rows
      || !ioi_r_is_double(events, rows) || !ioi_r_is_double(population, rows)
      || !ioi_r_is_optional(frequency, rows))
    Rf_error("ioi bug: codes and doubles of one length expected");

  const char *names[] = {"events", "second", "population", "rows", "where", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  int g = Rf_asInteger(groups), k = Rf_asInteger(bands);
  SET_VECTOR_ELT(out, 0, zeros(REALSXP, k, g));
  if (!Rf_isNull(frequency)) SET_VECTOR_ELT(out, 1, zeros(REALSXP, k, g));
  SET_VECTOR_ELT(out, 2, zeros(REALSXP, k, g));
  SET_VECTOR_ELT(out, 3, zeros(INTSXP, k, g));
  SEXP second = VECTOR_ELT(out, 1);
  size_t where = 0;
  ioi_status status = ioi_cells_sum(
    INTEGER_RO(group), INTEGER_RO(band), REAL_RO(events), REAL_RO(population),
    ioi_r_values_or_null(frequency), (size_t) rows, (size_t) g, (size_t) k,
    REAL(VECTOR_ELT(out, 0)), Rf_isNull(second) ? NULL : REAL(second),
    REAL(VECTOR_ELT(out, 2)), INTEGER(VECTOR_ELT(out, 3)), &where);
  SET_VECTOR_ELT(out, 4,
                 Rf_ScalarReal(status == IOI_OK ? 0 : (double) where + 1));
  UNPROTECT(1);
  return out;
}

/* The columns that a set of groups gets. */
enum { ESTIMATE, VARIANCE, EVENTS, POPULATION, EXPECTED, LOW, HIGH, NOTE };

static SEXP make_results(R_xlen_t groups)
{
  const char *names[] = {"estimate",   "variance", "events",
                         "population", "expected", "conf.low",
                         "conf.high",  "note",     ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  for (int i = ESTIMATE; i < NOTE; i++)
    SET_VECTOR_ELT(out, i, Rf_allocVector(REALSXP, groups));
  SET_VECTOR_ELT(out, NOTE, Rf_allocVector(INTSXP, groups));
  UNPROTECT(1);
  return out;
}

void ioi_r_put_standardised(SEXP out, R_xlen_t g, const ioi_standardised *value,
                            int method, double level)
{
  double low, high;
  if (ioi_standardised_limits(ioi_r_distribution(),
                              (ioi_standard_method) method, level, value, &low,
                              &high)
      != IOI_OK)
    Rf_error("ioi bug: a method or level out of range");
  double row[] = {value->estimate,
                  value->variance,
                  value->events,
                  value->population,
                  value->expected,
                  low,
                  high};
  for (int i = ESTIMATE; i < NOTE; i++)
    REAL(VECTOR_ELT(out, i))[g] = ISNAN(row[i]) ? NA_REAL : row[i];
  INTEGER(VECTOR_ELT(out, NOTE))[g] = (int) value->note;
}

/* events, second, population: matrices (second NULL: as events); standard: a
 * weight per band; options: integers empty rule, kind of count, sampled,
 * method; level: one double. A list of columns with a value per group. */
SEXP ioi_r_direct(SEXP events, SEXP second, SEXP population, SEXP standard,
                  SEXP options, SEXP level)
{
  R_xlen_t bands = XLENGTH(standard), cells = XLENGTH(events);
  if (!Rf_isReal(standard) || !ioi_r_is_double(events, cells)
      || !ioi_r_is_optional(second, cells)
      || !ioi_r_is_double(population, cells) || !Rf_isInteger(options)
      || XLENGTH(options) != 4 || !ioi_r_is_double(level, 1))
    Rf_error("ioi bug: matrices of bands by groups expected");

  R_xlen_t groups = bands ? cells / bands : 0;
  SEXP out = PROTECT(make_results(groups));
  const double *x = REAL_RO(events), *n = REAL_RO(population);
  const double *xx = Rf_isNull(second) ? x : REAL_RO(second);
  const int *option = INTEGER_RO(options);
  for (R_xlen_t g = 0; g < groups; g++) {
    ioi_standardised value;
    if (g % batch == 0) R_CheckUserInterrupt();
    ioi_direct(x + g * bands, xx + g * bands, n + g * bands, REAL_RO(standard),
               (size_t) bands, (ioi_empty_rule) option[0],
               (ioi_count_variance) option[1], option[2], &value);
    ioi_r_put_standardised(out, g, &value, option[3], REAL_ELT(level, 0));
  }
  UNPROTECT(1);
  return out;
}

/* events: matrix, or NULL with total: a double per group; population: matrix;
 * rate, rate_variance (may be NULL): a value per band; method: integer. */
SEXP ioi_r_indirect(SEXP events, SEXP total, SEXP population, SEXP rate,
                    SEXP rate_variance, SEXP method, SEXP level)
{
  R_xlen_t bands = XLENGTH(rate), cells = XLENGTH(population);
  R_xlen_t groups = bands ? cells / bands : 0;
  if (!ioi_r_is_optional(events, cells) || !ioi_r_is_optional(total, groups)
      || !Rf_isReal(population) || !Rf_isReal(rate)
      || !ioi_r_is_optional(rate_variance, bands) || !Rf_isInteger(method)
      || !ioi_r_is_double(level, 1))
    Rf_error("ioi bug: matrices of bands by groups expected");

  SEXP out = PROTECT(make_results(groups));
  const double *x = ioi_r_values_or_null(events), *n = REAL_RO(population);
  const double *o = ioi_r_values_or_null(total),
               *v = ioi_r_values_or_null(rate_variance);
  for (R_xlen_t g = 0; g < groups; g++) {
    ioi_standardised value;
    if (g % batch == 0) R_CheckUserInterrupt();
    ioi_indirect(column(x, g, bands), o ? o[g] : NA_REAL, n + g * bands,
                 REAL_RO(rate), v, (size_t) bands, &value);
    ioi_r_put_standardised(out, g, &value, INTEGER_ELT(method, 0),
                           REAL_ELT(level, 0));
  }
  UNPROTECT(1);
  return out;
}

SEXP ioi_r_make_standardised(R_xlen_t groups)
{
  return make_results(groups);
}
