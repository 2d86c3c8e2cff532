/* r_association.c - the R boundary of tests of association. */
#include "r/r_ioi.h"

#include "core/association.h"

/* cell: shares (numbers where n is NULL) of a table, column fastest; v: their
 * covariance; n: people asked. Gives value: Pearson's chi-square, the trace of
 * Delta and of its square, or Wald's statistic alone; NA unless status is "ok". */
SEXP ioi_r_association(SEXP cell, SEXP v, SEXP rows, SEXP columns, SEXP n)
{
  const size_t r = (size_t) Rf_asInteger(rows);
  const size_t c = (size_t) Rf_asInteger(columns);
  const char *names[] = {"value", "status", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, Rf_allocVector(REALSXP, Rf_isNull(n) ? 1 : 3));
  double *value = REAL(VECTOR_ELT(out, 0));
  for (R_xlen_t i = 0; i < XLENGTH(VECTOR_ELT(out, 0)); i++) value[i] = NA_REAL;
  double *work = (double *) R_alloc(ioi_association_work(r, c), sizeof *work);
  const ioi_status status =
    Rf_isNull(n)
      ? ioi_association_wald(REAL_RO(cell), REAL_RO(v), r, c, value, work)
      : ioi_association_rao_scott(REAL_RO(cell), REAL_RO(v), r, c, Rf_asReal(n),
                                  value, value + 1, value + 2, work);
  SET_VECTOR_ELT(out, 1, ioi_r_status(status));
  UNPROTECT(1);
  return out;
}
