/* r_rates.c - limits for counts and proportions; see core/rates.h. */
#include "r/r_ioi.h"

#include "core/rates.h"

/* Rows between two looks at whether the user wants to stop. */
static const R_xlen_t batch = 65536;

void ioi_r_hide_nan(SEXP x)
{
  double *value = REAL(x);
  for (R_xlen_t i = 0; i < XLENGTH(x); i++)
    if (ISNAN(value[i])) value[i] = NA_REAL;
}

/* Limits of one batch. */
static ioi_status limits(ioi_rate_method method, double level, const double *x,
                         const double *n, R_xlen_t rows, double *low,
                         double *high)
{
  if (ioi_rate_is_count(method))
    return ioi_count_limits(ioi_r_distribution(), method, level, x,
                            (size_t) rows, low, high);
  return ioi_people_limits(ioi_r_distribution(), method, level, x, n,
                           (size_t) rows, low, high);
}

/* method: place in R's list, from 0; level: one double; x, n: doubles of one
 * length, checked. A list of conf.low and conf.high: counts for a method of
 * counts, fractions otherwise; NA where x or n is. */
SEXP ioi_r_rate_limits(SEXP method, SEXP level, SEXP x, SEXP n)
{
  R_xlen_t rows = XLENGTH(x);
  if (!Rf_isInteger(method) || !ioi_r_is_double(level, 1)
      || !ioi_r_is_double(x, rows) || !ioi_r_is_double(n, rows))
    Rf_error("ioi bug: a method, a level and two double vectors expected");

  const char *names[] = {"conf.low", "conf.high", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, Rf_allocVector(REALSXP, rows));
  SET_VECTOR_ELT(out, 1, Rf_allocVector(REALSXP, rows));
  double *low = REAL(VECTOR_ELT(out, 0)), *high = REAL(VECTOR_ELT(out, 1));
  const double *xs = REAL_RO(x), *ns = REAL_RO(n);
  ioi_rate_method asked = (ioi_rate_method) INTEGER_ELT(method, 0);
  for (R_xlen_t from = 0; from < rows; from += batch) {
    R_xlen_t some = rows - from < batch ? rows - from : batch;
    R_CheckUserInterrupt();
    if (limits(asked, REAL_ELT(level, 0), xs + from, ns + from, some,
               low + from, high + from)
        != IOI_OK)
      Rf_error("ioi bug: a method, level or count out of range");
  }
  ioi_r_hide_nan(VECTOR_ELT(out, 0));
  ioi_r_hide_nan(VECTOR_ELT(out, 1));
  UNPROTECT(1);
  return out;
}

/* count, expected: doubles of one length; mid_p: TRUE or FALSE. The p-values. */
SEXP ioi_r_count_test(SEXP count, SEXP expected, SEXP mid_p)
{
  R_xlen_t rows = XLENGTH(count);
  if (!ioi_r_is_double(count, rows) || !ioi_r_is_double(expected, rows)
      || !Rf_isLogical(mid_p))
    Rf_error("ioi bug: two double vectors of one length expected");

  SEXP out = PROTECT(Rf_allocVector(REALSXP, rows));
  const double *counts = REAL_RO(count), *means = REAL_RO(expected);
  double *p = REAL(out);
  int mid = LOGICAL_ELT(mid_p, 0);
  for (R_xlen_t i = 0; i < rows; i++) {
    if (i % batch == 0) R_CheckUserInterrupt();
    p[i] = ioi_count_test(ioi_r_distribution(), counts[i], means[i], mid);
  }
  ioi_r_hide_nan(out);
  UNPROTECT(1);
  return out;
}
