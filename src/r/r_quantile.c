/* r_quantile.c - the R boundary of quantiles. Positions of rows count from 1 in
 * R; domains from 0, NA for none. */
#include "r/r_ioi.h"

#include "core/quantile.h"

static ioi_numbers numbers_of(SEXP x)
{
  ioi_numbers out = {NULL, NULL, 0};
  if (Rf_isReal(x))
    out.real = REAL_RO(x);
  else if (TYPEOF(x) == INTSXP)
    out.integer = INTEGER_RO(x);
  else if (TYPEOF(x) == LGLSXP)
    out.integer = LOGICAL_RO(x);
  return out;
}

/* order: rows ascending in x. Gives first (positions from 0 at which domains
 * start, one more than there are), row (positions from 0) and cumulative: the
 * cumulative weights. */
SEXP ioi_r_quantile_group(SEXP order, SEXP domain, SEXP weight, SEXP domains)
{
  const size_t sorted = (size_t) XLENGTH(order);
  const size_t count = (size_t) Rf_asInteger(domains);
  const ioi_numbers w = numbers_of(weight);
  const char *names[] = {"first", "row", "cumulative", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, Rf_allocVector(REALSXP, (R_xlen_t) count + 1));
  SET_VECTOR_ELT(out, 1, Rf_allocVector(INTSXP, XLENGTH(order)));
  size_t *first = (size_t *) R_alloc(count + 1, sizeof *first);
  int *row = INTEGER(VECTOR_ELT(out, 1));
  ioi_quantile_group(INTEGER_RO(order), sorted, 1, INTEGER_RO(domain), &w,
                     count, first, row);
  SET_VECTOR_ELT(out, 2, Rf_allocVector(REALSXP, (R_xlen_t) first[count]));
  ioi_quantile_cumulate(row, first, count, &w, REAL(VECTOR_ELT(out, 2)));
  for (size_t d = 0; d <= count; d++)
    REAL(VECTOR_ELT(out, 0))[d] = (double) first[d];
  UNPROTECT(1);
  return out;
}

/* group: what ioi_r_quantile_group() gave; rule: 0 hf1, 1 hf2, 2 hf4, .., 7 hf9;
 * prob: probs shares for each domain, domain by domain. Gives as many quantiles,
 * NaN where there is none. */
SEXP ioi_r_quantile(SEXP x, SEXP group, SEXP rule, SEXP prob, SEXP probs)
{
  const ioi_numbers numbers = numbers_of(x);
  const double *first = REAL_RO(ioi_r_get(group, "first"));
  const int *row = INTEGER_RO(ioi_r_get(group, "row"));
  const double *cumulative = REAL_RO(ioi_r_get(group, "cumulative"));
  const R_xlen_t each = Rf_asInteger(probs);
  SEXP out = PROTECT(Rf_allocVector(REALSXP, XLENGTH(prob)));
  for (R_xlen_t i = 0; i < XLENGTH(prob); i++) {
    const size_t from = (size_t) first[i / each];
    REAL(out)
    [i] = ioi_quantile((ioi_quantile_rule) Rf_asInteger(rule), &numbers,
                       row + from, cumulative + from,
                       (size_t) first[i / each + 1] - from, REAL_ELT(prob, i));
  }
  UNPROTECT(1);
  return out;
}

/* quantile: probs ascending quantiles for each domain, domain by domain. Gives
 * the band of every row. */
SEXP ioi_r_quantile_bands(SEXP x, SEXP domain, SEXP quantile, SEXP probs)
{
  const ioi_numbers numbers = numbers_of(x);
  SEXP out = PROTECT(Rf_allocVector(INTSXP, XLENGTH(domain)));
  ioi_quantile_bands(&numbers, INTEGER_RO(domain), (size_t) XLENGTH(domain),
                     REAL_RO(quantile), (size_t) Rf_asInteger(probs),
                     INTEGER(out));
  UNPROTECT(1);
  return out;
}
