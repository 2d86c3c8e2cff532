/* r_segregation.c - the R boundary of the segregation indices. */
#include "r/r_ioi.h"

#include "core/segregation.h"
#include "core/variance.h"

#include <string.h>

/* One call of ioi_r_dissimilarity(): areas are runs of rows of the table. */
typedef struct {
  const double *count;
  const int *first;
  size_t units, groups, areas, comparisons;
  ioi_comparison *comparison;
} job;

static ioi_comparison *read_comparisons(SEXP kind, SEXP a, SEXP b)
{
  R_xlen_t n = XLENGTH(a);
  ioi_comparison *out = (ioi_comparison *) R_alloc((size_t) n, sizeof *out);
  for (R_xlen_t c = 0; c < n; c++) {
    out[c].kind = (ioi_compare) Rf_asInteger(kind);
    out[c].a = (size_t) INTEGER_ELT(a, c) - 1;
    out[c].b = (size_t) INTEGER_ELT(b, c) - 1;
  }
  return out;
}

static job read_job(SEXP table, SEXP first, SEXP kind, SEXP a, SEXP b)
{
  job out = {REAL_RO(table),
             INTEGER_RO(first),
             (size_t) Rf_nrows(table),
             (size_t) Rf_ncols(table),
             (size_t) XLENGTH(first) - 1,
             (size_t) XLENGTH(a),
             read_comparisons(kind, a, b)};
  return out;
}

static ioi_table area_table(const job *j, size_t area)
{
  ioi_table out = {j->count + j->first[area], j->units,
                   (size_t) (j->first[area + 1] - j->first[area]), j->groups};
  return out;
}

static size_t largest_area(const job *j)
{
  size_t most = 0;
  for (size_t a = 0; a < j->areas; a++) {
    size_t units = (size_t) (j->first[a + 1] - j->first[a]);
    most = units > most ? units : most;
  }
  return most;
}

/* table: units x groups, units sorted by area; people: the same shape, from
 * which n is counted; first: areas + 1 row numbers from 0; kind: 0 multigroup,
 * 1 pair, 2 rest; a, b: groups from 1. Gives estimate, status, units and n,
 * area by area with comparisons in order. */
SEXP ioi_r_dissimilarity(SEXP table, SEXP people, SEXP first, SEXP kind, SEXP a,
                         SEXP b)
{
  const job j = read_job(table, first, kind, a, b);
  const job who = read_job(people, first, kind, a, b);
  const R_xlen_t rows = (R_xlen_t) (j.areas * j.comparisons);
  const char *names[] = {"estimate", "status", "units", "n", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  for (int i = 0; i < 4; i++)
    SET_VECTOR_ELT(out, i, Rf_allocVector(i == 1 ? STRSXP : REALSXP, rows));
  ioi_table widest = {NULL, j.units, largest_area(&j), j.groups};
  double *work =
    (double *) R_alloc(ioi_segregation_work(&widest), sizeof *work);
  for (R_xlen_t r = 0; r < rows; r++) {
    const ioi_table t = area_table(&j, (size_t) r / j.comparisons);
    const ioi_comparison *c = j.comparison + (size_t) r % j.comparisons;
    double d = NA_REAL;
    size_t occupied = 0;
    ioi_status status =
      ioi_dissimilarity_compare(&t, c, &d, NULL, &occupied, work);
    REAL(VECTOR_ELT(out, 0))[r] = d;
    SET_STRING_ELT(VECTOR_ELT(out, 1), r, Rf_mkChar(ioi_strstatus(status)));
    REAL(VECTOR_ELT(out, 2))[r] = (double) occupied;
    const ioi_table persons = area_table(&who, (size_t) r / j.comparisons);
    REAL(VECTOR_ELT(out, 3))[r] = ioi_segregation_members(&persons, c);
    if (r % 1024 == 0) R_CheckUserInterrupt();
  }
  UNPROTECT(1);
  return out;
}

/* All comparisons in one area: d (0 where it has no value) and derivatives,
 * comparisons * groups * units. */
static void area_influence(const job *j, const ioi_table *t, double *d,
                           double *u, double *work)
{
  const size_t cells = t->groups * t->units;
  for (size_t c = 0; c < j->comparisons; c++) {
    size_t occupied;
    d[c] = 0;
    ioi_dissimilarity_compare(t, j->comparison + c, d + c, u + c * cells,
                              &occupied, work);
  }
}

/* The counts of an area without the gaps between its columns. */
static void area_counts(const ioi_table *t, double *n)
{
  for (size_t g = 0; g < t->groups; g++)
    memcpy(n + g * t->units, t->count + g * t->stride,
           t->units * sizeof(double));
}

static int touches(const ioi_comparison *c, size_t group)
{
  return c->kind != IOI_COMPARE_PAIR || c->a == group || c->b == group;
}

/* The covariance of comparisons r and s of an area, over the groups that both
 * look at. */
static double covariance_of(const job *j, size_t units, const double *n,
                            const double *u, size_t r, size_t s)
{
  const size_t cells = j->groups * units;
  double sum = 0;
  for (size_t g = 0; g < j->groups; g++)
    if (touches(j->comparison + r, g) && touches(j->comparison + s, g))
      sum +=
        ioi_segregation_covariance(n + g * units, u + r * cells + g * units,
                                   u + s * cells + g * units, units);
  return sum;
}

/* The covariance of the comparisons in an area when persons are drawn at
 * random: comparisons x comparisons, or the variances alone. */
static SEXP area_covariance(const job *j, size_t units, const double *n,
                            const double *d, const double *u, int full)
{
  const size_t c = j->comparisons;
  SEXP v = PROTECT(Rf_allocMatrix(REALSXP, (int) c, full ? (int) c : 1));
  for (size_t r = 0; r < c; r++)
    for (size_t s = full ? 0 : r; s <= r; s++) {
      double at = covariance_of(j, units, n, u, r, s);
      REAL(v)[full ? r * c + s : r] = at;
      REAL(v)[full ? s * c + r : r] = at;
    }
  ioi_variance_clean(d, c, full, REAL(v));
  UNPROTECT(1);
  return v;
}

/* A list with the covariance of the comparisons in each area, a matrix, or
 * with the variances alone where `full` is FALSE. */
SEXP ioi_r_dissimilarity_covariance(SEXP table, SEXP first, SEXP kind, SEXP a,
                                    SEXP b, SEXP full)
{
  const job j = read_job(table, first, kind, a, b);
  const size_t cells = largest_area(&j) * j.groups;
  ioi_table widest = {NULL, j.units, largest_area(&j), j.groups};
  double *work =
    (double *) R_alloc(ioi_segregation_work(&widest), sizeof *work);
  double *u = (double *) R_alloc(cells * j.comparisons, sizeof *u);
  double *n = (double *) R_alloc(cells, sizeof *n);
  double *d = (double *) R_alloc(j.comparisons, sizeof *d);
  SEXP out = PROTECT(Rf_allocVector(VECSXP, (R_xlen_t) j.areas));
  for (size_t area = 0; area < j.areas; area++) {
    const ioi_table t = area_table(&j, area);
    area_influence(&j, &t, d, u, work);
    area_counts(&t, n);
    SET_VECTOR_ELT(out, (R_xlen_t) area,
                   area_covariance(&j, t.units, n, d, u, Rf_asLogical(full)));
    R_CheckUserInterrupt();
  }
  UNPROTECT(1);
  return out;
}

/* The influence of every cell of the table on the estimates, as the variance
 * engine reads it: row, at and value; cell = group * units + unit. */
SEXP ioi_r_dissimilarity_influence(SEXP table, SEXP first, SEXP kind, SEXP a,
                                   SEXP b)
{
  const job j = read_job(table, first, kind, a, b);
  const size_t c = j.comparisons, cells = j.units * j.groups;
  const char *names[] = {"row", "at", "value", ""};
  ioi_table widest = {NULL, j.units, largest_area(&j), j.groups};
  double *work =
    (double *) R_alloc(ioi_segregation_work(&widest), sizeof *work);
  double *u = (double *) R_alloc(widest.units * j.groups * c, sizeof *u);
  double *d = (double *) R_alloc(c, sizeof *d);
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, Rf_allocVector(INTSXP, (R_xlen_t) cells));
  SET_VECTOR_ELT(out, 1, Rf_allocVector(INTSXP, (R_xlen_t) cells + 1));
  SET_VECTOR_ELT(out, 2, Rf_allocVector(REALSXP, (R_xlen_t) (cells * c)));
  int *row = INTEGER(VECTOR_ELT(out, 0)), *at = INTEGER(VECTOR_ELT(out, 1));
  double *value = REAL(VECTOR_ELT(out, 2));
  for (size_t i = 0; i <= cells; i++) at[i] = (int) (i * c);
  for (size_t area = 0; area < j.areas; area++) {
    const ioi_table t = area_table(&j, area);
    area_influence(&j, &t, d, u, work);
    for (size_t g = 0; g < j.groups; g++)
      for (size_t i = 0; i < t.units; i++) {
        size_t cell = g * j.units + (size_t) j.first[area] + i;
        row[cell] = (int) (area * c);
        for (size_t k = 0; k < c; k++)
          value[cell * c + k] = u[(k * j.groups + g) * t.units + i];
      }
    R_CheckUserInterrupt();
  }
  UNPROTECT(1);
  return out;
}
