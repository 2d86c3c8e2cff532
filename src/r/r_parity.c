/* r_parity.c - gaps for vectors of pairs; see core/parity.h. */
#include "r/r_ioi.h"

#include "core/parity.h"
#include "core/parity_counts.h"

/* Order of the vectors in the lists R hands over: a pair, the people of the
 * group, then what estimates or counts need. */
enum {
  GROUP,
  REFERENCE,
  GROUP_VARIANCE,
  REFERENCE_VARIANCE,
  COVARIANCE,
  PEOPLE,
  SHARED
};
enum {
  GROUP_LOW = SHARED,
  GROUP_HIGH,
  REFERENCE_LOW,
  REFERENCE_HIGH,
  DF,
  ESTIMATE_INPUTS
};
enum { X1 = SHARED, N1, X2, N2, SHARE, COUNT_INPUTS };
enum { MOST_INPUTS = 11, BETWEEN_INTERRUPTS = 1 << 14 };

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

/* Where the numbers of a table of make_gaps() are. */
typedef struct {
  double *number[NOTE];
  int *note;
} gap_columns;

static gap_columns columns_of(SEXP gaps)
{
  gap_columns at;
  for (int k = ESTIMATE; k < NOTE; k++)
    at.number[k] = REAL(VECTOR_ELT(gaps, k));
  at.note = INTEGER(VECTOR_ELT(gaps, NOTE));
  return at;
}

static void put_gap(gap_columns to, R_xlen_t row, const ioi_parity_gap *gap)
{
  to.number[ESTIMATE][row] = or_na(gap->estimate);
  to.number[STD_ERROR][row] = or_na(gap->std_error);
  to.number[LOW][row] = or_na(gap->low);
  to.number[HIGH][row] = or_na(gap->high);
  to.number[STATISTIC][row] = or_na(gap->statistic);
  to.number[P_VALUE][row] = or_na(gap->p_value);
  to.note[row] = (int) gap->note;
}

/* The vectors of the list, checked; gives how many values each has. */
static R_xlen_t read_inputs(SEXP values, int inputs, const double **v)
{
  if (TYPEOF(values) != VECSXP || XLENGTH(values) != inputs)
    Rf_error("ioi bug: a list of %d vectors expected", inputs);
  R_xlen_t rows = XLENGTH(VECTOR_ELT(values, GROUP));
  for (int k = 0; k < inputs; k++) {
    if (!ioi_r_is_double(VECTOR_ELT(values, k), rows))
      Rf_error("ioi bug: double vectors of one length expected");
    v[k] = REAL_RO(VECTOR_ELT(values, k));
  }
  return rows;
}

static ioi_parity_pair pair_at(const double **v, R_xlen_t i)
{
  return (ioi_parity_pair){v[GROUP][i], v[REFERENCE][i], v[GROUP_VARIANCE][i],
                           v[REFERENCE_VARIANCE][i], v[COVARIANCE][i]};
}

static void check_options(SEXP measure, SEXP method, SEXP sign, SEXP level)
{
  if (!Rf_isInteger(measure) || !Rf_isInteger(method)
      || !ioi_r_is_double(sign, 1) || !ioi_r_is_double(level, 1))
    Rf_error("ioi bug: measure, method, a sign and a level expected");
}

/* measure, method: places in the core's lists, from 0; values: double vectors
 * of one length; sign: that of the shortfall; level: one double. */
SEXP ioi_r_parity_estimates(SEXP measure, SEXP method, SEXP values, SEXP sign,
                            SEXP level)
{
  check_options(measure, method, sign, level);
  const double *v[MOST_INPUTS];
  R_xlen_t rows = read_inputs(values, ESTIMATE_INPUTS, v);
  ioi_parity_measure what = (ioi_parity_measure) INTEGER_ELT(measure, 0);
  ioi_parity_method how = (ioi_parity_method) INTEGER_ELT(method, 0);
  SEXP out = PROTECT(make_gaps(rows));
  gap_columns to = columns_of(out);
  for (R_xlen_t i = 0; i < rows; i++) {
    if (i % BETWEEN_INTERRUPTS == 0) R_CheckUserInterrupt();
    ioi_parity_pair pair = pair_at(v, i);
    ioi_parity_limits limits = {v[GROUP_LOW][i], v[GROUP_HIGH][i],
                                v[REFERENCE_LOW][i], v[REFERENCE_HIGH][i]};
    ioi_parity_scale scale = {v[PEOPLE][i], REAL_ELT(sign, 0)};
    ioi_parity_gap gap;
    if (ioi_parity_estimates(ioi_r_distribution(), what, how, &pair, &limits,
                             scale, v[DF][i], REAL_ELT(level, 0), &gap)
        != IOI_OK)
      Rf_error("ioi bug: level or method out of range");
    put_gap(to, i, &gap);
  }
  UNPROTECT(1);
  return out;
}

/* The same from counts: the pair gives estimate and standard error, the counts
 * limits and test. The reference of a row with a share above 0 is the whole of
 * which the group is that share; its counts are those of the rest. */
SEXP ioi_r_parity_counts(SEXP measure, SEXP method, SEXP values, SEXP sign,
                         SEXP level)
{
  check_options(measure, method, sign, level);
  const double *v[MOST_INPUTS];
  R_xlen_t rows = read_inputs(values, COUNT_INPUTS, v);
  ioi_parity_measure what = (ioi_parity_measure) INTEGER_ELT(measure, 0);
  ioi_parity_rule rule = ioi_parity_rule_at(
    ioi_r_distribution(), ioi_parity_base(what),
    (ioi_parity_count_method) INTEGER_ELT(method, 0), REAL_ELT(level, 0));
  SEXP out = PROTECT(make_gaps(rows));
  gap_columns to = columns_of(out);
  for (R_xlen_t i = 0; i < rows; i++) {
    if (i % BETWEEN_INTERRUPTS == 0) R_CheckUserInterrupt();
    ioi_parity_pair pair = pair_at(v, i);
    ioi_parity_table counts = {v[X1][i], v[N1][i], v[X2][i], v[N2][i]};
    ioi_parity_scale scale = {v[PEOPLE][i], REAL_ELT(sign, 0)};
    ioi_parity_gap gap;
    if (ioi_parity_count_gap(&rule, what, &pair, &counts, v[SHARE][i], scale,
                             &gap)
        != IOI_OK)
      Rf_error("ioi bug: counts, level or method out of range");
    put_gap(to, i, &gap);
  }
  UNPROTECT(1);
  return out;
}

/* measure: as above; group, reference, people: double vectors of one length;
 * sign: one double. Gives the derivatives of the measure by the two values. */
SEXP ioi_r_parity_gradient(SEXP measure, SEXP group, SEXP reference,
                           SEXP people, SEXP sign)
{
  R_xlen_t rows = XLENGTH(group);
  if (!Rf_isInteger(measure) || !ioi_r_is_double(group, rows)
      || !ioi_r_is_double(reference, rows) || !ioi_r_is_double(people, rows)
      || !ioi_r_is_double(sign, 1))
    Rf_error("ioi bug: a measure, double vectors and a sign expected");
  const char *names[] = {"group", "reference", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, Rf_allocVector(REALSXP, rows));
  SET_VECTOR_ELT(out, 1, Rf_allocVector(REALSXP, rows));
  for (R_xlen_t i = 0; i < rows; i++) {
    ioi_parity_scale scale = {REAL_ELT(people, i), REAL_ELT(sign, 0)};
    double estimate, d_group, d_reference;
    ioi_parity_point((ioi_parity_measure) INTEGER_ELT(measure, 0),
                     REAL_ELT(group, i), REAL_ELT(reference, i), scale,
                     &estimate, &d_group, &d_reference);
    SET_REAL_ELT(VECTOR_ELT(out, 0), i, or_na(d_group));
    SET_REAL_ELT(VECTOR_ELT(out, 1), i, or_na(d_reference));
  }
  UNPROTECT(1);
  return out;
}

/* Published estimates and their limits, double vectors of one length, and a
 * level: the standard errors. */
SEXP ioi_r_parity_published(SEXP estimate, SEXP low, SEXP high, SEXP level)
{
  R_xlen_t rows = XLENGTH(estimate);
  if (!ioi_r_is_double(estimate, rows) || !ioi_r_is_double(low, rows)
      || !ioi_r_is_double(high, rows) || !ioi_r_is_double(level, 1))
    Rf_error("ioi bug: double vectors and a level expected");
  SEXP out = PROTECT(Rf_allocVector(REALSXP, rows));
  for (R_xlen_t i = 0; i < rows; i++)
    SET_REAL_ELT(out, i,
                 or_na(ioi_parity_published_se(
                   ioi_r_distribution(), REAL_ELT(estimate, i),
                   REAL_ELT(low, i), REAL_ELT(high, i), REAL_ELT(level, 0))));
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
      || !ioi_r_is_double(d_group, gaps) || !ioi_r_is_double(d_reference, gaps))
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
