/* r_segregation_compare.c - the R boundary of counterfactual places. */
#include "r/r_ioi.h"

#include "core/segregation_compare.h"

/* own, other: values of two places, without NaN and not empty. The values of
 * `own` with those of `other` in their place, rank for rank. */
SEXP ioi_r_rank_exchange(SEXP own, SEXP other)
{
  const size_t n = (size_t) XLENGTH(own), m = (size_t) XLENGTH(other);
  SEXP out = PROTECT(Rf_allocVector(REALSXP, XLENGTH(own)));
  double *work = (double *) R_alloc(m, sizeof *work);
  size_t *order = (size_t *) R_alloc(n, sizeof *order);
  const ioi_status status = ioi_rank_exchange(REAL_RO(own), n, REAL_RO(other),
                                              m, REAL(out), work, order);
  UNPROTECT(1);
  return status == IOI_OK ? out : R_NilValue;
}
