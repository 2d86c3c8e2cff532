/* r_interval.c - limits for vectors of estimates; see core/interval.h. */
#include "r/r_ioi.h"

#include "core/interval.h"

/* A list of conf.low, conf.high and note (an ioi_limits_note per row). */
static SEXP make_limits(R_xlen_t rows)
{
  const char *names[] = {"conf.low", "conf.high", "note", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, Rf_allocVector(REALSXP, rows));
  SET_VECTOR_ELT(out, 1, Rf_allocVector(REALSXP, rows));
  SET_VECTOR_ELT(out, 2, Rf_allocVector(INTSXP, rows));
  UNPROTECT(1);
  return out;
}

/* R's NA for the core's NaN. */
static double or_na(double x)
{
  return ISNAN(x) ? NA_REAL : x;
}

/* p, se, n, df: double vectors of one length; method: the place of the name in
 * R's list, from 0; level: one double. */
SEXP ioi_r_interval_proportion(SEXP p, SEXP se, SEXP n, SEXP df, SEXP method,
                               SEXP level)
{
  R_xlen_t rows = XLENGTH(p);
  if (!ioi_r_is_double(p, rows) || !ioi_r_is_double(se, rows)
      || !ioi_r_is_double(n, rows) || !ioi_r_is_double(df, rows)
      || !Rf_isInteger(method) || !ioi_r_is_double(level, 1))
    Rf_error("ioi bug: doubles of one length, a method and a level expected");

  SEXP out = PROTECT(make_limits(rows));
  double *low = REAL(VECTOR_ELT(out, 0)), *high = REAL(VECTOR_ELT(out, 1));
  int *notes = INTEGER(VECTOR_ELT(out, 2));
  const double *ps = REAL_RO(p), *ses = REAL_RO(se), *ns = REAL_RO(n);
  const double *dfs = REAL_RO(df);
  ioi_interval_method asked = (ioi_interval_method) INTEGER_ELT(method, 0);
  for (R_xlen_t i = 0; i < rows; i++) {
    ioi_limits_note note;
    if (ioi_interval_proportion(ioi_r_distribution(), asked, ps[i], ses[i],
                                ns[i], dfs[i], REAL_ELT(level, 0), &low[i],
                                &high[i], &note)
        != IOI_OK)
      Rf_error("ioi bug: method or level out of range");
    low[i] = or_na(low[i]);
    high[i] = or_na(high[i]);
    notes[i] = (int) note;
  }
  UNPROTECT(1);
  return out;
}

/* estimate, se, df: double vectors of one length; level: one double. */
SEXP ioi_r_interval_t(SEXP estimate, SEXP se, SEXP df, SEXP level)
{
  R_xlen_t rows = XLENGTH(estimate);
  if (!ioi_r_is_double(estimate, rows) || !ioi_r_is_double(se, rows)
      || !ioi_r_is_double(df, rows) || !ioi_r_is_double(level, 1))
    Rf_error("ioi bug: doubles of one length and a level expected");

  SEXP out = PROTECT(make_limits(rows));
  double *low = REAL(VECTOR_ELT(out, 0)), *high = REAL(VECTOR_ELT(out, 1));
  int *notes = INTEGER(VECTOR_ELT(out, 2));
  const double *estimates = REAL_RO(estimate), *ses = REAL_RO(se);
  const double *dfs = REAL_RO(df);
  for (R_xlen_t i = 0; i < rows; i++) {
    ioi_limits_note note;
    if (ioi_interval_t(ioi_r_distribution(), estimates[i], ses[i], dfs[i],
                       REAL_ELT(level, 0), &low[i], &high[i], &note)
        != IOI_OK)
      Rf_error("ioi bug: level out of range");
    low[i] = or_na(low[i]);
    high[i] = or_na(high[i]);
    notes[i] = (int) note;
  }
  UNPROTECT(1);
  return out;
}
