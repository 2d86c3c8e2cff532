/* r_mean.c - the R boundary of means, totals and ratios. */
#include "r/r_ioi.h"

#include "core/mean.h"

/* estimator: 0 mean, 1 total, 2 ratio; totals: domains x variables; centre: what
 * was taken off each variable but the first. Gives estimate and value, the
 * derivatives domain by domain. */
SEXP ioi_r_mean(SEXP estimator, SEXP totals, SEXP variables, SEXP centre)
{
  const size_t n = (size_t) Rf_asInteger(variables);
  const size_t domains = (size_t) XLENGTH(totals) / n;
  const double *t = REAL_RO(totals), *c = REAL_RO(centre);
  const char *names[] = {"estimate", "value", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, Rf_allocVector(REALSXP, (R_xlen_t) domains));
  SET_VECTOR_ELT(out, 1, Rf_allocVector(REALSXP, XLENGTH(totals)));
  double *estimate = REAL(VECTOR_ELT(out, 0)),
         *value = REAL(VECTOR_ELT(out, 1));
  if (Rf_asInteger(estimator) == 0)
    ioi_mean(t, domains, c[0], estimate, value);
  else if (Rf_asInteger(estimator) == 1)
    ioi_total(t, domains, n, n > 1 ? c[0] : 0, estimate, value);
  else
    ioi_ratio(t, domains, c[0], c[1], estimate, value);
  UNPROTECT(1);
  return out;
}

/* Design effects of the domains. */
SEXP ioi_r_mean_deff(SEXP moments, SEXP value, SEXP variables, SEXP v, SEXP n)
{
  SEXP out = PROTECT(Rf_allocVector(REALSXP, XLENGTH(v)));
  ioi_mean_deff(REAL_RO(moments), REAL_RO(value), (size_t) XLENGTH(v),
                (size_t) Rf_asInteger(variables), REAL_RO(v), REAL_RO(n),
                REAL(out));
  UNPROTECT(1);
  return out;
}
