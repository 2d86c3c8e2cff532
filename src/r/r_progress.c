/* r_progress.c - trends and progress of many series; see core/progress.h. */
#include "r/r_ioi.h"

#include "core/progress.h"

#include <string.h>

/* Series between two looks at whether the user wants to stop. */
static const R_xlen_t batch = 1024;

/* The block of the covariance matrix that belongs to rows from..from + m - 1. */
static void copy_block(SEXP covariance, size_t from, size_t m, double *out)
{
  const size_t rows = (size_t) Rf_nrows(covariance);
  for (size_t j = 0; j < m; j++)
    memcpy(out + j * m, REAL_RO(covariance) + (from + j) * rows + from,
           m * sizeof *out);
}

static size_t longest(const int *first, R_xlen_t series)
{
  int most = 0;
  for (R_xlen_t s = 0; s < series; s++)
    if (first[s + 1] - first[s] > most) most = first[s + 1] - first[s];
  return (size_t) most;
}

static void put_rows(SEXP out, R_xlen_t at, const ioi_progress_row *rows)
{
  for (R_xlen_t k = 0; k < IOI_PROGRESS_ROWS; k++) {
    const R_xlen_t to = at * IOI_PROGRESS_ROWS + k;
    REAL(VECTOR_ELT(out, 0))[to] = rows[k].estimate;
    REAL(VECTOR_ELT(out, 1))[to] = rows[k].std_error;
    REAL(VECTOR_ELT(out, 2))[to] = rows[k].low;
    REAL(VECTOR_ELT(out, 3))[to] = rows[k].high;
    INTEGER(VECTOR_ELT(out, 4))[to] = (int) rows[k].note;
  }
}

/* The trend itself, for charts. */
static void put_trend(SEXP out, R_xlen_t at, const ioi_trend *trend)
{
  const double values[] = {trend->last, trend->slope, trend->last_variance,
                           trend->slope_variance, trend->covariance};
  memcpy(REAL(VECTOR_ELT(out, 6)) + at * 5, values, sizeof values);
}

static SEXP make_progress(R_xlen_t series)
{
  const char *names[] = {"estimate", "std.error", "conf.low", "conf.high",
                         "note",     "status",    "trend",    ""};
  const R_xlen_t rows = series * IOI_PROGRESS_ROWS;
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  for (int i = 0; i < 5; i++)
    SET_VECTOR_ELT(out, i, Rf_allocVector(i == 4 ? INTSXP : REALSXP, rows));
  SET_VECTOR_ELT(out, 5, Rf_allocVector(STRSXP, series));
  SET_VECTOR_ELT(out, 6, Rf_allocMatrix(REALSXP, 5, (int) series));
  UNPROTECT(1);
  return out;
}

/* time, value, variance: doubles of all series one after the other; covariance:
 * their matrix, or NULL; first: series + 1 positions from 0; known: per series,
 * are its variances; target, q: per series; year, scale_up: one value. A list of
 * estimate, std.error, conf.low, conf.high and note (10 a series), status (one a
 * series) and trend (a column a series: last, slope and their variances and
 * covariance). */
SEXP ioi_r_progress(SEXP time, SEXP value, SEXP variance, SEXP covariance,
                    SEXP first, SEXP known, SEXP target, SEXP year, SEXP q,
                    SEXP scale_up)
{
  const R_xlen_t series = XLENGTH(first) - 1;
  const int *from = INTEGER_RO(first);
  const size_t most = longest(from, series);
  SEXP out = PROTECT(make_progress(series));
  double *block = Rf_isNull(covariance)
                    ? NULL
                    : (double *) R_alloc(most * most, sizeof *block);
  for (R_xlen_t s = 0; s < series; s++) {
    const size_t at = (size_t) from[s], m = (size_t) from[s + 1] - at;
    const int has = LOGICAL_ELT(known, s);
    if (block) copy_block(covariance, at, m, block);
    const ioi_series one = {REAL_RO(time) + at, REAL_RO(value) + at,
                            has ? REAL_RO(variance) + at : NULL,
                            has ? block : NULL, m};
    ioi_progress_row rows[IOI_PROGRESS_ROWS];
    for (int k = 0; k < IOI_PROGRESS_ROWS; k++) {
      const ioi_progress_row none = {NA_REAL, NA_REAL, NA_REAL, NA_REAL,
                                     IOI_PROGRESS_FINE};
      rows[k] = none;
    }
    ioi_trend trend = {NA_REAL, NA_REAL, NA_REAL, NA_REAL, NA_REAL, NA_REAL};
    ioi_status status =
      ioi_progress(&one, REAL_ELT(target, s), Rf_asReal(year), REAL_ELT(q, s),
                   Rf_asLogical(scale_up), rows);
    if (status == IOI_OK) ioi_trend_fit(&one, Rf_asLogical(scale_up), &trend);
    SET_STRING_ELT(VECTOR_ELT(out, 5), s, Rf_mkChar(ioi_strstatus(status)));
    put_rows(out, s, rows);
    put_trend(out, s, &trend);
    if (s % batch == 0) R_CheckUserInterrupt();
  }
  for (int i = 0; i < 4; i++) ioi_r_hide_nan(VECTOR_ELT(out, i));
  ioi_r_hide_nan(VECTOR_ELT(out, 6));
  UNPROTECT(1);
  return out;
}
