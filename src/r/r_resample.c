/* r_resample.c - the R boundary of replicate weights. */
#include "r/r_ioi.h"

#include "core/rank.h"
#include "core/resample.h"
#include "core/variance.h"

#include <string.h>

static ioi_numbers numbers_of(SEXP x)
{
  ioi_numbers out = {NULL, NULL, 0};
  if (Rf_isReal(x))
    out.real = REAL_RO(x);
  else if (!Rf_isNull(x))
    out.integer = INTEGER_RO(x);
  return out;
}

/* columns: list of replicate weights; weight: what they are multiples of, or
 * NULL; most: groups there may be. Gives group (from 0) and factor (replicates
 * x groups), or NULL where there are more groups or they cannot be formed. */
SEXP ioi_r_resample_groups(SEXP columns, SEXP weight, SEXP rows, SEXP most)
{
  const size_t n = (size_t) Rf_asReal(rows), limit = (size_t) Rf_asReal(most);
  const size_t replicates = (size_t) XLENGTH(columns);
  ioi_numbers *replicate =
    (ioi_numbers *) R_alloc(replicates, sizeof *replicate);
  for (size_t r = 0; r < replicates; r++)
    replicate[r] = numbers_of(VECTOR_ELT(columns, (R_xlen_t) r));
  const ioi_numbers w = numbers_of(weight);
  size_t slots = 4, groups = 0;
  while (slots <= 2 * limit) slots *= 2;
  const char *names[] = {"group", "factor", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, Rf_allocVector(INTSXP, (R_xlen_t) n));
  double *f = (double *) R_alloc(limit, sizeof *f);
  int *first = (int *) R_alloc(limit, sizeof *first);
  int *work = (int *) R_alloc(slots + limit, sizeof *work);
  ioi_status status = ioi_resample_groups(replicate, replicates, &w, n, limit,
                                          INTEGER(VECTOR_ELT(out, 0)), first, f,
                                          work, slots, &groups);
  if (status != IOI_OK) {
    UNPROTECT(1);
    return R_NilValue;
  }
  SET_VECTOR_ELT(out, 1,
                 Rf_allocMatrix(REALSXP, (int) replicates, (int) groups));
  ioi_resample_factors(replicate, replicates, &w, first, groups,
                       REAL(VECTOR_ELT(out, 1)));
  UNPROTECT(1);
  return out;
}

/* totals: as for ioi_r_variance(), of one variable `which` (from 1); factor:
 * replicates x units. Gives cells x replicates. */
SEXP ioi_r_resample_totals(SEXP totals, SEXP which, SEXP factor)
{
  SEXP first = ioi_r_get(totals, "first"), cell = ioi_r_get(totals, "cell");
  const size_t units = (size_t) Rf_asReal(ioi_r_get(totals, "units"));
  const size_t cells = (size_t) Rf_asReal(ioi_r_get(totals, "cells"));
  const int replicates = Rf_nrows(factor);
  SEXP w = VECTOR_ELT(ioi_r_get(totals, "w"), Rf_asInteger(which) - 1);
  SEXP out = PROTECT(Rf_allocMatrix(REALSXP, (int) cells, replicates));
  double *work = (double *) R_alloc(cells * (size_t) replicates, sizeof *work);
  ioi_resample_totals(units, cells, Rf_isNull(first) ? NULL : INTEGER_RO(first),
                      Rf_isNull(cell) ? NULL : INTEGER_RO(cell), REAL_RO(w),
                      REAL_RO(factor), (size_t) replicates, REAL(out), work);
  UNPROTECT(1);
  return out;
}

/* estimate: full-sample estimates; mse: are deviations taken from them, not from the
 * mean of the replicates?; theta: rows x replicates. Gives v (matrix or vector), without
 * what is rounding, and missing. */
SEXP ioi_r_resample_variance(SEXP estimate, SEXP mse, SEXP theta, SEXP scale,
                             SEXP rscale, SEXP covariance)
{
  const double *full_sample = REAL_RO(estimate);
  const int rows = Rf_nrows(theta), full = Rf_asLogical(covariance);
  const char *names[] = {"v", "missing", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0,
                 full ? Rf_allocMatrix(REALSXP, rows, rows)
                      : Rf_allocVector(REALSXP, rows));
  SET_VECTOR_ELT(out, 1, Rf_allocVector(REALSXP, rows));
  double *work = (double *) R_alloc(2 * (size_t) rows, sizeof *work);
  ioi_resample_variance(
    Rf_asLogical(mse) ? full_sample : NULL, REAL_RO(theta),
    (size_t) Rf_ncols(theta), (size_t) rows, Rf_asReal(scale), REAL_RO(rscale),
    full, REAL(VECTOR_ELT(out, 0)), REAL(VECTOR_ELT(out, 1)), work);
  ioi_variance_clean(full_sample, (size_t) rows, full,
                     REAL(VECTOR_ELT(out, 0)));
  UNPROTECT(1);
  return out;
}

static ioi_rank new_rank(size_t columns)
{
  ioi_rank rank = {0};
  rank.columns = columns;
  rank.basis = (double *) R_alloc(columns * columns, sizeof(double));
  rank.block = (double *) R_alloc(IOI_RANK_ROWS * columns, sizeof(double));
  rank.probe = (double *) R_alloc(columns, sizeof(double));
  rank.column = (int *) R_alloc(columns, sizeof(int));
  rank.panel = (int *) R_alloc(columns + 1, sizeof(int));
  return rank;
}

/* The first domain before d with the same bits, or d. */
static size_t same_domain(const unsigned char *bits, size_t bytes, size_t d)
{
  for (size_t e = 0; e < d; e++)
    if (memcmp(bits + e * bytes, bits + d * bytes, bytes) == 0) return e;
  return d;
}

/* factor: replicates x units; bits: presence of units, bytes x domains. Gives the
 * rank of the factors of each domain. */
SEXP ioi_r_resample_ranks(SEXP factor, SEXP bits)
{
  const size_t units = (size_t) Rf_ncols(factor);
  const size_t bytes = (size_t) Rf_nrows(bits);
  ioi_rank rank = new_rank((size_t) Rf_nrows(factor));
  SEXP out = PROTECT(Rf_allocVector(REALSXP, Rf_ncols(bits)));
  double *found = REAL(out);
  for (size_t d = 0; d < (size_t) XLENGTH(out); d++) {
    R_CheckUserInterrupt();
    const size_t e = same_domain(RAW_RO(bits), bytes, d);
    found[d] = e < d ? found[e]
                     : (double) ioi_rank_of_units(&rank, REAL_RO(factor), units,
                                                  RAW_RO(bits) + d * bytes);
  }
  UNPROTECT(1);
  return out;
}

/* columns: replicates; weight: what multiplies them, or NULL; record: rows (from
 * 0) domain by domain, those of domain d from first[d] on. Gives the rank of the
 * weights of each domain. */
SEXP ioi_r_resample_record_ranks(SEXP columns, SEXP weight, SEXP record,
                                 SEXP first)
{
  const size_t n = (size_t) XLENGTH(columns);
  ioi_numbers *number = (ioi_numbers *) R_alloc(n, sizeof *number);
  for (size_t c = 0; c < n; c++)
    number[c] = numbers_of(VECTOR_ELT(columns, (R_xlen_t) c));
  const ioi_numbers w = numbers_of(weight);
  double *row = (double *) R_alloc(n, sizeof *row);
  ioi_rank rank = new_rank(n);
  SEXP out = PROTECT(Rf_allocVector(REALSXP, XLENGTH(first) - 1));
  for (R_xlen_t d = 0; d < XLENGTH(out); d++) {
    R_CheckUserInterrupt();
    const int from = INTEGER_ELT(first, d), to = INTEGER_ELT(first, d + 1);
    REAL(out)
    [d] = (double) ioi_rank_of_records(
      &rank, number, &w, INTEGER_RO(record) + from, (size_t) (to - from), row);
  }
  UNPROTECT(1);
  return out;
}
