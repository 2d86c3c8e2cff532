/* r_variance.c - the R boundary of the variance engine and of proportions. */
#include "r/r_ioi.h"

#include "core/calibrate.h"
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

/* A stage: psu_first (or NULL), sampled, fraction, multiplier and group_first
 * (or NULL each), lonely (0 to 4 in the order of ioi_lonely), lonely_domain, chance
 * (or NULL). */
static ioi_design read_design(SEXP design)
{
  SEXP groups = ioi_r_get(design, "group_first");
  ioi_design out = {(size_t) XLENGTH(ioi_r_get(design, "sampled")),
                    ints_or_null(ioi_r_get(design, "psu_first")),
                    REAL_RO(ioi_r_get(design, "sampled")),
                    reals_or_null(ioi_r_get(design, "fraction")),
                    reals_or_null(ioi_r_get(design, "multiplier")),
                    Rf_isNull(groups) ? 0 : (size_t) XLENGTH(groups) - 1,
                    ints_or_null(groups),
                    (ioi_lonely) Rf_asInteger(ioi_r_get(design, "lonely")),
                    Rf_asLogical(ioi_r_get(design, "lonely_domain")),
                    reals_or_null(ioi_r_get(design, "chance"))};
  return out;
}

/* Pointers to the double vectors of a list; NULL for R's NULL. */
static const double *const *read_columns(SEXP list)
{
  if (Rf_isNull(list)) return NULL;
  const size_t n = (size_t) XLENGTH(list);
  const double **out = (const double **) R_alloc(n, sizeof *out);
  for (size_t v = 0; v < n; v++)
    out[v] = REAL_RO(VECTOR_ELT(list, (R_xlen_t) v));
  return out;
}

/* totals: units, cells, first and cell (or NULL both), w (a list with a vector
 * a variable), ww (a list with a vector a pair of variables, or NULL). */
static ioi_totals read_totals(SEXP totals)
{
  SEXP w = ioi_r_get(totals, "w");
  ioi_totals out = {(size_t) Rf_asReal(ioi_r_get(totals, "units")),
                    (size_t) Rf_asReal(ioi_r_get(totals, "cells")),
                    (size_t) XLENGTH(w),
                    ints_or_null(ioi_r_get(totals, "first")),
                    ints_or_null(ioi_r_get(totals, "cell")),
                    read_columns(w),
                    read_columns(ioi_r_get(totals, "ww"))};
  return out;
}

/* A zeroed raw matrix of presence bits: bytes x domains. */
static SEXP new_bits(size_t things, size_t domains)
{
  size_t bytes = ioi_presence_bytes(things);
  SEXP out = Rf_allocMatrix(RAWSXP, (int) bytes, (int) domains);
  if (bytes * domains > 0) memset(RAW(out), 0, bytes * domains);
  return out;
}

/* Sum over the units of each variable in each cell, variable by variable. */
SEXP ioi_r_collapse(SEXP totals)
{
  const ioi_totals t = read_totals(totals);
  SEXP out =
    PROTECT(Rf_allocVector(REALSXP, (R_xlen_t) (t.cells * t.variables)));
  for (size_t v = 0; v < t.variables; v++)
    ioi_totals_collapse(&t, v, REAL(out) + v * t.cells);
  UNPROTECT(1);
  return out;
}

/* Adds one stage to v; its presence bits go to bits: psu (or NULL), stratum.
 * residual: NULL, or that of a calibrated design. */
static void add_stage(SEXP design, SEXP totals, const ioi_influence *u,
                      ioi_presence *presence, const ioi_residual *residual,
                      int full, double *v, double *work, SEXP bits)
{
  const ioi_design d = read_design(design);
  const ioi_totals t = read_totals(totals);
  SET_VECTOR_ELT(bits, 0, R_NilValue);
  if (d.psu_first)
    SET_VECTOR_ELT(bits, 0, new_bits(t.units, presence->domains));
  SET_VECTOR_ELT(bits, 1, new_bits(d.strata, presence->domains));
  presence->psu = d.psu_first ? RAW(VECTOR_ELT(bits, 0)) : NULL;
  presence->stratum = RAW(VECTOR_ELT(bits, 1));
  ioi_presence_fill(&d, &t, presence);
  ioi_variance_calibrated(&d, &t, u, presence, residual, full, v, work);
}

/* What the calibration takes off the scores of stage s; see R/calibrate.R. */
static ioi_residual read_residual(SEXP residual, R_xlen_t s)
{
  SEXP beta = ioi_r_get(residual, "beta");
  SEXP stage = VECTOR_ELT(ioi_r_get(residual, "stages"), s);
  ioi_residual out = {(size_t) Rf_ncols(beta), REAL_RO(beta),
                      INTEGER_RO(ioi_r_get(stage, "first")),
                      INTEGER_RO(ioi_r_get(stage, "column")),
                      REAL_RO(ioi_r_get(stage, "total"))};
  return out;
}

/* The second moments of what was taken off, if records are their own PSUs. */
static void add_moments(SEXP residual, size_t rows, int full, double *v)
{
  SEXP beta = ioi_r_get(residual, "beta"), cross = ioi_r_get(residual, "cross");
  if (Rf_isNull(cross)) return;
  const size_t columns = (size_t) Rf_ncols(beta);
  double *work = (double *) R_alloc(columns * rows, sizeof *work);
  ioi_residual_moments(REAL_RO(beta), REAL_RO(cross),
                       REAL_RO(ioi_r_get(residual, "square")), columns, rows,
                       full, v, work);
}

/* Work space for the stage that needs most. */
static double *new_work(size_t rows, SEXP totals)
{
  size_t most = 0;
  for (R_xlen_t s = 0; s < XLENGTH(totals); s++) {
    const ioi_totals t = read_totals(VECTOR_ELT(totals, s));
    const size_t need = ioi_variance_work(rows, t.cells, t.variables);
    most = need > most ? need : most;
  }
  return (double *) R_alloc(most, sizeof(double));
}

/* stages, totals: a list each, an element a stage. influence: row, at, value.
 * domain_of_row, domain_of_cell: from 0. residual: NULL, or for a calibrated
 * design beta, stages and, where records are their own PSUs, cross and square
 * (see calibrate.h). Gives v (matrix or vector), psu (or
 * NULL) and stratum: presence bits of the first stage by domain. */
SEXP ioi_r_variance(SEXP stages, SEXP totals, SEXP influence, SEXP estimate,
                    SEXP domain_of_row, SEXP domain_of_cell, SEXP domains,
                    SEXP covariance, SEXP residual)
{
  const ioi_influence u = {(size_t) XLENGTH(estimate),
                           INTEGER_RO(ioi_r_get(influence, "row")),
                           INTEGER_RO(ioi_r_get(influence, "at")),
                           REAL_RO(ioi_r_get(influence, "value"))};
  const int full = Rf_asLogical(covariance), rows = (int) u.rows;
  const char *names[] = {"v", "psu", "stratum", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SEXP bits = PROTECT(Rf_allocVector(VECSXP, 2));
  SET_VECTOR_ELT(out, 0,
                 full ? Rf_allocMatrix(REALSXP, rows, rows)
                      : Rf_allocVector(REALSXP, rows));
  double *v = REAL(VECTOR_ELT(out, 0));
  ioi_r_zero(v, XLENGTH(VECTOR_ELT(out, 0)));
  double *work = new_work(u.rows, totals);
  ioi_presence p = {(size_t) Rf_asInteger(domains),
                    INTEGER_RO(domain_of_row),
                    INTEGER_RO(domain_of_cell),
                    NULL,
                    NULL,
                    NULL};
  p.seen = (unsigned char *) R_alloc(p.domains, 1);
  for (R_xlen_t s = 0; s < XLENGTH(stages); s++) {
    R_CheckUserInterrupt();
    ioi_residual x;
    const int calibrated = !Rf_isNull(residual);
    if (calibrated) x = read_residual(residual, s);
    add_stage(VECTOR_ELT(stages, s), VECTOR_ELT(totals, s), &u, &p,
              calibrated ? &x : NULL, full, v, work, bits);
    for (int b = 0; s == 0 && b < 2; b++)
      SET_VECTOR_ELT(out, b + 1, VECTOR_ELT(bits, b));
  }
  if (!Rf_isNull(residual)) add_moments(residual, u.rows, full, v);
  ioi_variance_clean(REAL_RO(estimate), u.rows, full, v);
  UNPROTECT(2);
  return out;
}

/* What multiplies squared scores in each stratum of a stage whose records are
 * their own units; see ioi_variance_factors(). */
SEXP ioi_r_stratum_factors(SEXP stage)
{
  const ioi_design d = read_design(stage);
  SEXP out = PROTECT(Rf_allocVector(REALSXP, (R_xlen_t) d.strata));
  ioi_variance_factors(&d, REAL(out));
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
  double *deff = REAL(VECTOR_ELT(out, 0)),
         *effective = REAL(VECTOR_ELT(out, 1));
  const double *at = REAL_RO(p), *var = REAL_RO(v), *base = REAL_RO(n);
  for (R_xlen_t i = 0; i < XLENGTH(p); i++) {
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
  for (R_xlen_t d = 0; d < XLENGTH(out); d++) REAL(out)
  [d] = (double) ioi_presence_count(RAW_RO(bits) + (size_t) d * bytes, bytes);
  UNPROTECT(1);
  return out;
}
