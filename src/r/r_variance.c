/* r_variance.c - the R boundary of the variance engine and of proportions. */
#include "r/r_ioi.h"

#include "core/proportion.h"
#include "core/variance.h"

#include <string.h>

static const int *ints_or_null(SEXP x)
{
  return Rf_isNull(x) ? NULL : INTEGER_RO(x);
}

static const double *reals_or_null(SEXP x)
{
  return Rf_isNull(x) ? NULL : REAL_RO(x);
}

/* design: psu_first (or NULL), sampled, fraction (or NULL), lonely (0 to 4 in
 * the order of ioi_lonely), lonely_domain. */
static ioi_design read_design(SEXP design)
{
  ioi_design out = {
      (size_t) XLENGTH(ioi_r_get(design, "sampled")),
      ints_or_null(ioi_r_get(design, "psu_first")),
      REAL_RO(ioi_r_get(design, "sampled")),
      reals_or_null(ioi_r_get(design, "fraction")),
      (ioi_lonely) Rf_asInteger(ioi_r_get(design, "lonely")),
      Rf_asLogical(ioi_r_get(design, "lonely_domain"))};
  return out;
}

/* totals: units, cells, first and cell (or NULL both), w, ww (or NULL). */
static ioi_totals read_totals(SEXP totals)
{
  ioi_totals out = {(size_t) Rf_asReal(ioi_r_get(totals, "units")),
                    (size_t) Rf_asReal(ioi_r_get(totals, "cells")),
                    ints_or_null(ioi_r_get(totals, "first")),
                    ints_or_null(ioi_r_get(totals, "cell")),
                    REAL_RO(ioi_r_get(totals, "w")),
                    reals_or_null(ioi_r_get(totals, "ww"))};
  return out;
}

/* A zeroed raw matrix of presence bits: bytes x domains. */
static SEXP new_bits(size_t things, size_t domains)
{
  size_t bytes = ioi_presence_bytes(things);
  SEXP out = Rf_allocMatrix(RAWSXP, (int) bytes, (int) domains);
  if (bytes * domains > 0)
    memset(RAW(out), 0, bytes * domains);
  return out;
}

/* Sum of w over the units in each cell. */
SEXP ioi_r_collapse(SEXP totals)
{
  const ioi_totals t = read_totals(totals);
  SEXP out = PROTECT(Rf_allocVector(REALSXP, (R_xlen_t) t.cells));
  ioi_totals_collapse(&t, REAL(out));
  UNPROTECT(1);
  return out;
}

/* influence: row, at, value. domain_of_row, domain_of_cell: from 0. Gives v
 * (matrix or vector), psu (or NULL) and stratum: presence bits by domain. */
SEXP ioi_r_variance(SEXP design, SEXP totals, SEXP influence, SEXP estimate,
                    SEXP domain_of_row, SEXP domain_of_cell, SEXP domains,
                    SEXP covariance)
{
  const ioi_design d = read_design(design);
  const ioi_totals t = read_totals(totals);
  const ioi_influence u = {(size_t) XLENGTH(estimate),
                           INTEGER_RO(ioi_r_get(influence, "row")),
                           INTEGER_RO(ioi_r_get(influence, "at")),
                           REAL_RO(ioi_r_get(influence, "value"))};
  const int full = Rf_asLogical(covariance), rows = (int) u.rows;
  const size_t n_domains = (size_t) Rf_asInteger(domains);
  const char *names[] = {"v", "psu", "stratum", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, full ? Rf_allocMatrix(REALSXP, rows, rows)
                              : Rf_allocVector(REALSXP, rows));
  if (d.psu_first)
    SET_VECTOR_ELT(out, 1, new_bits(t.units, n_domains));
  SET_VECTOR_ELT(out, 2, new_bits(d.strata, n_domains));
  ioi_presence p = {n_domains, INTEGER_RO(domain_of_row),
                    INTEGER_RO(domain_of_cell),
                    d.psu_first ? RAW(VECTOR_ELT(out, 1)) : NULL,
                    RAW(VECTOR_ELT(out, 2))};
  double *work = (double *) R_alloc(ioi_variance_work(u.rows), sizeof *work);
  double *v = REAL(VECTOR_ELT(out, 0));
  ioi_presence_fill(&d, &t, &p);
  ioi_variance(&d, &t, &u, &p, full, v, work);
  ioi_variance_clean(REAL_RO(estimate), u.rows, full, v);
  UNPROTECT(1);
  return out;
}

/* w: domains x categories totals, category fastest; first: category (from 0)
 * of the first estimate. Gives p and the influence (row, at, value). */
SEXP ioi_r_proportion(SEXP w, SEXP domains, SEXP categories, SEXP first)
{
  const size_t d = (size_t) Rf_asInteger(domains);
  const size_t k = (size_t) Rf_asInteger(categories);
  const size_t from = (size_t) Rf_asInteger(first), rows = k - from;
  const char *names[] = {"p", "row", "at", "value", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, Rf_allocVector(REALSXP, (R_xlen_t) (d * rows)));
  SET_VECTOR_ELT(out, 1, Rf_allocVector(INTSXP, (R_xlen_t) (d * k)));
  SET_VECTOR_ELT(out, 2, Rf_allocVector(INTSXP, (R_xlen_t) (d * k + 1)));
  SET_VECTOR_ELT(out, 3, Rf_allocVector(REALSXP, (R_xlen_t) (d * k * rows)));
  ioi_proportion(REAL_RO(w), d, k, from, REAL(VECTOR_ELT(out, 0)),
                 INTEGER(VECTOR_ELT(out, 1)), INTEGER(VECTOR_ELT(out, 2)),
                 REAL(VECTOR_ELT(out, 3)));
  UNPROTECT(1);
  return out;
}

/* deff and effective n of proportions p with variances v and bases n. */
SEXP ioi_r_proportion_extras(SEXP p, SEXP v, SEXP n)
{
  const char *names[] = {"deff", "n.effective", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, Rf_allocVector(REALSXP, XLENGTH(p)));
  SET_VECTOR_ELT(out, 1, Rf_allocVector(REALSXP, XLENGTH(p)));
  double *deff = REAL(VECTOR_ELT(out, 0)), *effective = REAL(VECTOR_ELT(out, 1));
  const double *at = REAL_RO(p), *var = REAL_RO(v), *base = REAL_RO(n);
  for (R_xlen_t i = 0; i < XLENGTH(p); i++)
  {
    deff[i] = ioi_proportion_deff(at[i], var[i], base[i]);
    effective[i] = ioi_proportion_effective(at[i], var[i]);
  }
  UNPROTECT(1);
  return out;
}

/* Number of bits set in each column of a raw matrix. */
SEXP ioi_r_count_bits(SEXP bits)
{
  const size_t bytes = (size_t) Rf_nrows(bits);
  SEXP out = PROTECT(Rf_allocVector(REALSXP, Rf_ncols(bits)));
  for (R_xlen_t d = 0; d < XLENGTH(out); d++)
    REAL(out)[d] = (double) ioi_presence_count(
        RAW_RO(bits) + (size_t) d * bytes, bytes);
  UNPROTECT(1);
  return out;
}
