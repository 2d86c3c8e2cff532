/* r_calibrate.c - the R boundary of calibration. */
#include "r/r_ioi.h"

#include "core/calibrate.h"

#include <string.h>

/* A column of numbers, or R's NULL for 1 in every record. */
static ioi_numbers read_value(SEXP x, double centre)
{
  ioi_numbers out = {NULL, NULL, centre};
  if (Rf_isReal(x))
    out.real = REAL_RO(x);
  else if (!Rf_isNull(x))
    out.integer = INTEGER_RO(x);
  return out;
}

static int on_step(void *context, size_t done)
{
  (void) context;
  (void) done;
  R_CheckUserInterrupt(); /* may jump out: nothing to free but R's own */
  return 0;
}

/* level: a list of integer vectors, one a block, the level (from 0) of each record,
 * or NULL for one level; first: the first column of each block, from 0; value: a list
 * of numeric vectors or NULL; centre: what is taken off each; weight, target: doubles;
 * method: 0 linear, 1 raking, 2 logit; bounds: two doubles; whole: give the weights
 * times g in place of g? Gives g, misfit and status. */
SEXP ioi_r_calibrate(SEXP level, SEXP first, SEXP value, SEXP centre,
                     SEXP weight, SEXP target, SEXP method, SEXP bounds,
                     SEXP start, SEXP tolerance, SEXP whole)
{
  const size_t blocks = (size_t) XLENGTH(level);
  const size_t records = (size_t) XLENGTH(weight);
  const size_t columns = (size_t) XLENGTH(target);
  const int **at = (const int **) R_alloc(blocks, sizeof *at);
  ioi_numbers *number = (ioi_numbers *) R_alloc(blocks, sizeof *number);
  for (size_t f = 0; f < blocks; f++) {
    SEXP mine = VECTOR_ELT(level, (R_xlen_t) f);
    at[f] = Rf_isNull(mine) ? NULL : INTEGER_RO(mine);
    number[f] = read_value(VECTOR_ELT(value, (R_xlen_t) f), REAL_RO(centre)[f]);
  }
  const ioi_auxiliary x = {records,           blocks, columns, at,
                           INTEGER_RO(first), number};
  const ioi_distance distance = {(ioi_distance_kind) Rf_asInteger(method),
                                 REAL_RO(bounds)[0], REAL_RO(bounds)[1],
                                 Rf_asReal(start)};
  const char *names[] = {"g", "misfit", "status", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, Rf_allocVector(REALSXP, (R_xlen_t) records));
  SET_VECTOR_ELT(out, 1, Rf_allocVector(REALSXP, (R_xlen_t) columns));
  double *work = (double *) R_alloc(ioi_calibrate_work(columns), sizeof *work);
  size_t *order = (size_t *) R_alloc(columns, sizeof *order);
  double *g = REAL(VECTOR_ELT(out, 0));
  const double *w = REAL_RO(weight);
  ioi_status status =
    ioi_calibrate(&x, w, REAL_RO(target), &distance, Rf_asReal(tolerance), g,
                  REAL(VECTOR_ELT(out, 1)), work, order, on_step, NULL);
  if (Rf_asLogical(whole)) ioi_calibrated_weights(w, records, g);
  SET_VECTOR_ELT(out, 2, ioi_r_status(status));
  UNPROTECT(1);
  return out;
}

/* What the units of a stage have of the blocks: first, column and total, as in
 * core/calibrate.h. sums: a list of doubles, one a block; codes: a list of doubles or
 * NULL; levels: of each block. */
SEXP ioi_r_unit_totals(SEXP sums, SEXP codes, SEXP levels, SEXP units)
{
  const size_t blocks = (size_t) XLENGTH(sums);
  const size_t count = (size_t) Rf_asReal(units);
  ioi_block_sums *block = (ioi_block_sums *) R_alloc(blocks, sizeof *block);
  for (size_t f = 0; f < blocks; f++) {
    SEXP sum = VECTOR_ELT(sums, (R_xlen_t) f);
    block[f] = (ioi_block_sums){
      (size_t) XLENGTH(sum), (size_t) INTEGER_RO(levels)[f], REAL_RO(sum),
      ioi_r_values_or_null(VECTOR_ELT(codes, (R_xlen_t) f))};
  }
  size_t *next = (size_t *) R_alloc(blocks, sizeof *next);
  const char *names[] = {"first", "column", "total", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, Rf_allocVector(INTSXP, (R_xlen_t) count + 1));
  int *first = INTEGER(VECTOR_ELT(out, 0));
  const size_t n =
    ioi_unit_totals(block, blocks, count, first, NULL, NULL, next);
  SET_VECTOR_ELT(out, 1, Rf_allocVector(INTSXP, (R_xlen_t) n));
  SET_VECTOR_ELT(out, 2, Rf_allocVector(REALSXP, (R_xlen_t) n));
  ioi_unit_totals(block, blocks, count, first, INTEGER(VECTOR_ELT(out, 1)),
                  REAL(VECTOR_ELT(out, 2)), next);
  UNPROTECT(1);
  return out;
}

/* A generalised inverse of a square matrix of doubles. */
SEXP ioi_r_semidefinite_inverse(SEXP m)
{
  const size_t n = (size_t) Rf_nrows(m);
  SEXP copy = PROTECT(Rf_duplicate(m));
  SEXP out = PROTECT(Rf_allocMatrix(REALSXP, (int) n, (int) n));
  double *work = (double *) R_alloc(2 * n, sizeof *work);
  size_t *order = (size_t *) R_alloc(n, sizeof *order);
  ioi_semidefinite_inverse(REAL(copy), n, REAL(out), work, order);
  UNPROTECT(2);
  return out;
}

/* Trimmed weights: weight, trimmed (how many) and status. */
SEXP ioi_r_trim(SEXP weight, SEXP lower, SEXP upper, SEXP proportional)
{
  const char *names[] = {"weight", "trimmed", "status", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, Rf_duplicate(weight));
  size_t trimmed = 0;
  ioi_status status = ioi_trim(
    REAL(VECTOR_ELT(out, 0)), (size_t) XLENGTH(weight), Rf_asReal(lower),
    Rf_asReal(upper), Rf_asLogical(proportional), &trimmed);
  SET_VECTOR_ELT(out, 1, Rf_ScalarReal((double) trimmed));
  SET_VECTOR_ELT(out, 2, ioi_r_status(status));
  UNPROTECT(1);
  return out;
}

/* Sums over the records of x_l s_r for a block of auxiliary variables: a matrix
 * with a row an estimate and a column a variable x. influence: row, at, value;
 * sums: a list of double vectors, one a variable of the cells, over cells x
 * columns. */
SEXP ioi_r_residual_project(SEXP influence, SEXP rows, SEXP sums, SEXP columns)
{
  const size_t variables = (size_t) XLENGTH(sums);
  const int n = Rf_asInteger(rows), p = Rf_asInteger(columns);
  SEXP at = ioi_r_get(influence, "at");
  const ioi_influence u = {(size_t) n, INTEGER_RO(ioi_r_get(influence, "row")),
                           INTEGER_RO(at),
                           REAL_RO(ioi_r_get(influence, "value"))};
  const double **sum = (const double **) R_alloc(variables, sizeof *sum);
  for (size_t a = 0; a < variables; a++)
    sum[a] = REAL_RO(VECTOR_ELT(sums, (R_xlen_t) a));
  SEXP out = PROTECT(Rf_allocMatrix(REALSXP, n, p));
  ioi_residual_project(&u, (size_t) XLENGTH(at) - 1, variables, sum, (size_t) p,
                       REAL(out));
  UNPROTECT(1);
  return out;
}
