/* r_parity.c - gaps for vectors of pairs; see core/parity.h. */
#include "r/r_ioi.h"

#include "core/parity.h"

/* Order of the vectors in the list R hands over. */
enum {
  GROUP,
  REFERENCE,
  GROUP_VARIANCE,
  REFERENCE_VARIANCE,
  COVARIANCE,
  GROUP_LOW,
  GROUP_HIGH,
  REFERENCE_LOW,
  REFERENCE_HIGH,
  DF,
  INPUTS
};

enum { ESTIMATE, STD_ERROR, LOW, HIGH, STATISTIC, P_VALUE, NOTE };

static SEXP make_gaps(R_xlen_t rows)
{
  const char *names[] = {"estimate",  "std.error", "conf.low", "conf.high",
                         "statistic", "p.value",   "note",     ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  for (int k = ESTIMATE; k < NOTE; k++)
    SET_VECTOR_ELT(out, k, Rf_allocVector(REALSXP, rows));
  SET_VECTOR_ELT(out, NOTE, Rf_allocVector(INTSXP, rows));
  UNPROTECT(1);
  return out;
}

/* R's NA for the core's NaN. */
static double or_na(double x)
{
  return ISNAN(x) ? NA_REAL : x;
}

static void put(SEXP out, int column, R_xlen_t row, double x)
{
  SET_REAL_ELT(VECTOR_ELT(out, column), row, or_na(x));
}

static void put_gap(SEXP out, R_xlen_t row, const ioi_parity_gap *gap)
{
  put(out, ESTIMATE, row, gap->estimate);
  put(out, STD_ERROR, row, gap->std_error);
  put(out, LOW, row, gap->low);
  put(out, HIGH, row, gap->high);
  put(out, STATISTIC, row, gap->statistic);
  put(out, P_VALUE, row, gap->p_value);
  SET_INTEGER_ELT(VECTOR_ELT(out, NOTE), row, (int) gap->note);
}

static int is_double(SEXP x, R_xlen_t rows)
{
  return Rf_isReal(x) && XLENGTH(x) == rows;
}

/* measure, method: places in R's lists, from 0; values: the double vectors
 * above, of one length; level: one double. */
SEXP ioi_r_parity_estimates(SEXP measure, SEXP method, SEXP values, SEXP level)
{
  if (!Rf_isInteger(measure) || !Rf_isInteger(method)
      || TYPEOF(values) != VECSXP || XLENGTH(values) != INPUTS
      || !is_double(level, 1))
    Rf_error("ioi bug: measure, method, ten vectors and a level expected");
  const double *v[INPUTS];
  R_xlen_t rows = XLENGTH(VECTOR_ELT(values, GROUP));
  for (int k = 0; k < INPUTS; k++) {
    if (!is_double(VECTOR_ELT(values, k), rows))
      Rf_error("ioi bug: double vectors of one length expected");
    v[k] = REAL_RO(VECTOR_ELT(values, k));
  }

  SEXP out = PROTECT(make_gaps(rows));
  for (R_xlen_t i = 0; i < rows; i++) {
    ioi_parity_pair pair = {v[GROUP][i], v[REFERENCE][i], v[GROUP_VARIANCE][i],
                            v[REFERENCE_VARIANCE][i], v[COVARIANCE][i]};
    ioi_parity_limits limits = {v[GROUP_LOW][i], v[GROUP_HIGH][i],
                                v[REFERENCE_LOW][i], v[REFERENCE_HIGH][i]};
    ioi_parity_gap gap;
    if (ioi_parity_estimates(ioi_r_distribution(),
                             (ioi_parity_measure) INTEGER_ELT(measure, 0),
                             (ioi_parity_method) INTEGER_ELT(method, 0), &pair,
                             &limits, v[DF][i], REAL_ELT(level, 0), &gap)
        != IOI_OK)
      Rf_error("ioi bug: level out of range");
    put_gap(out, i, &gap);
  }
  UNPROTECT(1);
  return out;
}

/* method: place in R's list, from 0; events and people of the groups and of
 * their references: double vectors of one length; level: one double. */
SEXP ioi_r_parity_counts(SEXP method, SEXP group_x, SEXP group_n,
                         SEXP reference_x, SEXP reference_n, SEXP level)
{
  R_xlen_t rows = XLENGTH(group_x);
  if (!Rf_isInteger(method) || !is_double(group_x, rows)
      || !is_double(group_n, rows) || !is_double(reference_x, rows)
      || !is_double(reference_n, rows) || !is_double(level, 1))
    Rf_error("ioi bug: a method, double vectors and a level expected");

  SEXP out = PROTECT(make_gaps(rows));
  const double *x1 = REAL_RO(group_x), *n1 = REAL_RO(group_n);
  const double *x2 = REAL_RO(reference_x), *n2 = REAL_RO(reference_n);
  for (R_xlen_t i = 0; i < rows; i++) {
    ioi_parity_gap gap;
    if (ioi_parity_counts(ioi_r_distribution(),
                          (ioi_parity_count_method) INTEGER_ELT(method, 0),
                          x1[i], n1[i], x2[i], n2[i], REAL_ELT(level, 0), &gap)
        != IOI_OK)
      Rf_error("ioi bug: counts or level out of range");
    put_gap(out, i, &gap);
  }
  UNPROTECT(1);
  return out;
}

/* Rows of R, from 1, as the core counts them. */
static size_t *from_zero(SEXP rows)
{
  size_t n = (size_t) XLENGTH(rows);
  size_t *out = (size_t *) R_alloc(n, sizeof(size_t));
  for (size_t i = 0; i < n; i++)
    out[i] = (size_t) INTEGER_ELT(rows, (R_xlen_t) i) - 1;
  return out;
}

/* variance: a square double matrix; group, reference: its rows that each gap
 * is made of; d_group, d_reference: the derivatives of the gap by them. */
SEXP ioi_r_parity_covariance(SEXP variance, SEXP group, SEXP reference,
                             SEXP d_group, SEXP d_reference)
{
  R_xlen_t gaps = XLENGTH(group);
  if (!Rf_isReal(variance) || !Rf_isMatrix(variance)
      || Rf_nrows(variance) != Rf_ncols(variance) || !Rf_isInteger(group)
      || !Rf_isInteger(reference) || XLENGTH(reference) != gaps
      || !is_double(d_group, gaps) || !is_double(d_reference, gaps))
    Rf_error("ioi bug: a square matrix and vectors of one length expected");

  SEXP out = PROTECT(Rf_allocMatrix(REALSXP, (int) gaps, (int) gaps));
  ioi_status status = ioi_parity_covariance(
    REAL_RO(variance), (size_t) Rf_nrows(variance), from_zero(group),
    from_zero(reference), REAL_RO(d_group), REAL_RO(d_reference), (size_t) gaps,
    REAL(out));
  if (status != IOI_OK) Rf_error("ioi bug: a row outside the matrix");
  double *values = REAL(out);
  for (R_xlen_t i = 0; i < XLENGTH(out); i++) values[i] = or_na(values[i]);
  UNPROTECT(1);
  return out;
}

/* bits: a raw matrix, a column for each domain; a, b: columns, from 1. Gives
 * how many bits are set in either, as doubles. */
SEXP ioi_r_parity_union(SEXP bits, SEXP a, SEXP b)
{
  R_xlen_t pairs = XLENGTH(a);
  if (TYPEOF(bits) != RAWSXP || !Rf_isMatrix(bits) || !Rf_isInteger(a)
      || !Rf_isInteger(b) || XLENGTH(b) != pairs)
    Rf_error("ioi bug: a raw matrix and two vectors of columns expected");
  int columns = Rf_ncols(bits);
  size_t bytes = (size_t) Rf_nrows(bits);

  SEXP out = PROTECT(Rf_allocVector(REALSXP, pairs));
  const unsigned char *all = RAW_RO(bits);
  for (R_xlen_t i = 0; i < pairs; i++) {
    int one = INTEGER_ELT(a, i), other = INTEGER_ELT(b, i);
    if (one < 1 || other < 1 || one > columns || other > columns)
      Rf_error("ioi bug: a column outside the matrix");
    SET_REAL_ELT(out, i,
                 (double) ioi_parity_union(all + bytes * (size_t) (one - 1),
                                           all + bytes * (size_t) (other - 1),
                                           bytes));
  }
  UNPROTECT(1);
  return out;
}
