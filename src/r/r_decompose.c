/* r_decompose.c - parts of a gap; see core/decompose.h. */
#include "r/r_ioi.h"

#include "core/decompose.h"

enum { RATE_A, SHARE_A, RATE_B, SHARE_B, VARIANCE_A, VARIANCE_B, COLUMNS };

/* Value and gradient of every row of the result: the parts of all strata together,
 * then, with `detail`, those of each stratum. */
static void kitagawa_rows(const ioi_stratum *strata, R_xlen_t count, int detail,
                          double *value, double *gradient)
{
  size_t parts = IOI_KITAGAWA_PARTS, wide = 4 * (size_t) count;
  double own[IOI_KITAGAWA_PARTS], slope[4 * IOI_KITAGAWA_PARTS];
  for (R_xlen_t k = 0; k < count; k++) {
    ioi_kitagawa(&strata[k], own, slope);
    for (size_t p = 0; p < parts; p++) {
      size_t row = (size_t) (k + 1) * parts + p;
      value[p] += own[p];
      if (detail) value[row] = own[p];
      for (size_t j = 0; j < 4; j++) {
        size_t at = 4 * (size_t) k + j;
        gradient[p * wide + at] = slope[4 * p + j];
        if (detail) gradient[row * wide + at] = slope[4 * p + j];
      }
    }
  }
}

/* columns: list of the double vectors above, a value per stratum; people: the
 * sizes of the groups, infinite for known shares; detail: TRUE for rows by stratum.
 * Gives estimate and vcov: parts within strata, all together first. */
SEXP ioi_r_kitagawa(SEXP columns, SEXP people, SEXP detail)
{
  if (TYPEOF(columns) != VECSXP || XLENGTH(columns) != COLUMNS
      || !Rf_isReal(people) || XLENGTH(people) != 2)
    Rf_error("ioi bug: six columns and two numbers expected");
  R_xlen_t count = XLENGTH(VECTOR_ELT(columns, 0));
  const double *v[COLUMNS];
  for (int k = 0; k < COLUMNS; k++) {
    if (!Rf_isReal(VECTOR_ELT(columns, k))
        || XLENGTH(VECTOR_ELT(columns, k)) != count)
      Rf_error("ioi bug: double vectors of one length expected");
    v[k] = REAL_RO(VECTOR_ELT(columns, k));
  }
  int detailed = Rf_asLogical(detail) == TRUE;
  R_xlen_t rows = IOI_KITAGAWA_PARTS * (1 + (detailed ? count : 0));
  size_t wide = 4 * (size_t) count;

  const char *names[] = {"estimate", "vcov", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, Rf_allocVector(REALSXP, rows));
  SET_VECTOR_ELT(out, 1, Rf_allocMatrix(REALSXP, (int) rows, (int) rows));
  double *value = REAL(VECTOR_ELT(out, 0)), *cov = REAL(VECTOR_ELT(out, 1));
  double *gradient = (double *) R_alloc((size_t) rows * wide, sizeof(double));
  ioi_stratum *strata =
    (ioi_stratum *) R_alloc((size_t) count, sizeof(ioi_stratum));
  Memzero(value, rows);
  Memzero(gradient, (size_t) rows * wide);
  for (R_xlen_t k = 0; k < count; k++) {
    ioi_stratum s = {v[RATE_A][k], v[SHARE_A][k], v[RATE_B][k], v[SHARE_B][k]};
    strata[k] = s;
  }
  kitagawa_rows(strata, count, detailed, value, gradient);
  for (R_xlen_t j = 0; j < rows; j++) {
    for (R_xlen_t i = 0; i <= j; i++)
      cov[i + rows * j] = cov[j + rows * i] = ioi_kitagawa_product(
        gradient + (size_t) i * wide, gradient + (size_t) j * wide, strata,
        (size_t) count, v[VARIANCE_A], v[VARIANCE_B], REAL_ELT(people, 0),
        REAL_ELT(people, 1));
    if (j % 64 == 0) R_CheckUserInterrupt();
  }
  ioi_r_hide_nan(VECTOR_ELT(out, 0));
  ioi_r_hide_nan(VECTOR_ELT(out, 1));
  UNPROTECT(1);
  return out;
}

/* x: double matrix; y: doubles; weight: doubles or NULL; of_b: 0, 1 or -1 a row;
 * terms: list(term, normal), a value per column; reference: place in R's list, from
 * 0; parts: list(part, term), a value per row of the result. Gives value,
 * influence (rows x parts), status, and where (column from 1, fit). */
SEXP ioi_r_oaxaca(SEXP x, SEXP y, SEXP weight, SEXP of_b, SEXP terms,
                  SEXP reference, SEXP parts)
{
  SEXP part = VECTOR_ELT(parts, 0), of_term = VECTOR_ELT(parts, 1);
  R_xlen_t rows = XLENGTH(y), columns = Rf_ncols(x), n = XLENGTH(part);
  if (!Rf_isReal(x) || !Rf_isMatrix(x) || Rf_nrows(x) != rows || !Rf_isReal(y)
      || !Rf_isInteger(of_b) || XLENGTH(of_b) != rows || !Rf_isInteger(part)
      || !Rf_isInteger(of_term) || XLENGTH(of_term) != n
      || !Rf_isInteger(reference)
      || (weight != R_NilValue
          && (!Rf_isReal(weight) || XLENGTH(weight) != rows)))
    Rf_error(
      "ioi bug: a double matrix, vectors of its rows and parts expected");
  if (!Rf_isInteger(VECTOR_ELT(terms, 0)) || !Rf_isReal(VECTOR_ELT(terms, 1))
      || XLENGTH(VECTOR_ELT(terms, 0)) != columns
      || XLENGTH(VECTOR_ELT(terms, 1)) != columns)
    Rf_error("ioi bug: a term and a share for each column expected");

  const char *names[] = {"estimate", "influence", "status", "where", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, Rf_allocVector(REALSXP, n));
  SET_VECTOR_ELT(out, 1, Rf_allocMatrix(REALSXP, (int) rows, (int) n));
  SET_VECTOR_ELT(out, 3, Rf_allocVector(INTSXP, 2));
  double *work =
    (double *) R_alloc(ioi_oaxaca_work((size_t) columns), sizeof(double));
  ioi_oaxaca_data data = {(size_t) rows,
                          (size_t) columns,
                          REAL_RO(x),
                          REAL_RO(y),
                          weight == R_NilValue ? NULL : REAL_RO(weight),
                          INTEGER_RO(of_b),
                          INTEGER_RO(VECTOR_ELT(terms, 0)),
                          REAL_RO(VECTOR_ELT(terms, 1))};
  size_t where[2] = {0, 0};
  ioi_status status =
    ioi_oaxaca(&data, (ioi_oaxaca_reference) INTEGER_ELT(reference, 0),
               INTEGER_RO(part), INTEGER_RO(of_term), (size_t) n,
               REAL(VECTOR_ELT(out, 0)), REAL(VECTOR_ELT(out, 1)), work, where);
  SET_VECTOR_ELT(out, 2, ioi_r_status(status));
  INTEGER(VECTOR_ELT(out, 3))[0] = (int) where[0] + 1;
  INTEGER(VECTOR_ELT(out, 3))[1] = (int) where[1];
  UNPROTECT(1);
  return out;
}
