/* r_segregation_ordered.c - the R boundary of the indices of ordered groups.
 *
 * A table is a matrix of units x groups, its units sorted by area; `first` holds
 * areas + 1 row numbers from 0. `how` is a list of index (from 0, in the order of
 * ioi_ordered_index), degree (negative: ordinal), weighted and at (percentiles).
 * Results stand area by area, in each area index by index, and for each index
 * the index itself first, then the percentiles. */
#include "r/r_ioi.h"

#include <string.h>

#include "core/segregation_ordered.h"
#include "core/variance.h"

typedef struct {
  const double *count;
  const int *first;
  size_t units, groups, areas, largest;
  size_t each, results; /* results of an index, and of an area */
  size_t indices;
  ioi_ordered *how;
  double *work;
} job;

static void read_how(SEXP how, job *j)
{
  SEXP index = ioi_r_get(how, "index"), at = ioi_r_get(how, "at");
  j->indices = (size_t) XLENGTH(index);
  j->each = 1 + (size_t) XLENGTH(at);
  j->results = j->indices * j->each;
  j->how = (ioi_ordered *) R_alloc(j->indices, sizeof *j->how);
  for (size_t k = 0; k < j->indices; k++)
    j->how[k] =
      (ioi_ordered){(ioi_ordered_index) INTEGER_ELT(index, (R_xlen_t) k),
                    Rf_asInteger(ioi_r_get(how, "degree")),
                    Rf_asLogical(ioi_r_get(how, "weighted")), REAL_RO(at),
                    (size_t) XLENGTH(at)};
  j->work = (double *) R_alloc(
    ioi_segregation_ordered_work(j->how, j->groups) + 1, sizeof *j->work);
}

static job read_job(SEXP table, SEXP first, SEXP how)
{
  job j = {.count = REAL_RO(table),
           .first = INTEGER_RO(first),
           .units = (size_t) Rf_nrows(table),
           .groups = (size_t) Rf_ncols(table),
           .areas = (size_t) XLENGTH(first) - 1};
  read_how(how, &j);
  for (size_t a = 0; a < j.areas; a++) {
    const size_t units = (size_t) (j.first[a + 1] - j.first[a]);
    j.largest = units > j.largest ? units : j.largest;
  }
  return j;
}

static ioi_table area_table(const job *j, size_t area)
{
  return (ioi_table){j->count + j->first[area], j->units,
                     (size_t) (j->first[area + 1] - j->first[area]), j->groups};
}

/* people: the same shape as table, from which n is counted. Gives estimate,
 * status, units and n. */
SEXP ioi_r_segregation_ordered(SEXP table, SEXP people, SEXP first, SEXP how)
{
  const job j = read_job(table, first, how);
  const job who = read_job(people, first, how);
  const ioi_comparison everybody = {IOI_COMPARE_MULTIGROUP, 0, 0};
  const R_xlen_t rows = (R_xlen_t) (j.areas * j.results);
  const char *names[] = {"estimate", "status", "units", "n", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  for (int i = 0; i < 4; i++)
    SET_VECTOR_ELT(out, i, Rf_allocVector(i == 1 ? STRSXP : REALSXP, rows));
  double *value = (double *) R_alloc(j.each, sizeof *value);
  double *total =
    (double *) R_alloc((size_t) Rf_ncols(people) + 1, sizeof *total);
  for (size_t r = 0; r < (size_t) rows; r += j.each) {
    const size_t area = r / j.results, k = r % j.results / j.each;
    const ioi_table t = area_table(&j, area), p = area_table(&who, area);
    ioi_segregation_totals(&p, total);
    const double n = ioi_segregation_members(total, p.groups, &everybody);
    size_t occupied = 0;
    const ioi_status status =
      ioi_segregation_ordered(&t, j.how + k, value, NULL, &occupied, j.work);
    for (size_t e = 0; e < j.each; e++) {
      const R_xlen_t row = (R_xlen_t) (r + e);
      REAL(VECTOR_ELT(out, 0))[row] = status == IOI_OK ? value[e] : NA_REAL;
      SET_STRING_ELT(VECTOR_ELT(out, 1), row, Rf_mkChar(ioi_strstatus(status)));
      REAL(VECTOR_ELT(out, 2))[row] = (double) occupied;
      REAL(VECTOR_ELT(out, 3))[row] = n;
    }
    R_CheckUserInterrupt();
  }
  UNPROTECT(1);
  return out;
}

/* Values of an area (0 where there are none) and results * groups * units
 * derivatives. */
static void area_influence(const job *j, const ioi_table *t, double *value,
                           double *u)
{
  const size_t cells = t->groups * t->units;
  memset(value, 0, j->results * sizeof *value);
  memset(u, 0, j->results * cells * sizeof *u);
  for (size_t k = 0; k < j->indices; k++) {
    size_t occupied;
    ioi_segregation_ordered(t, j->how + k, value + k * j->each,
                            u + k * j->each * cells, &occupied, j->work);
    R_CheckUserInterrupt();
  }
}

static double covariance_of(const ioi_table *t, const double *u_r,
                            const double *u_s)
{
  double sum = 0;
  for (size_t g = 0; g < t->groups; g++)
    sum +=
      ioi_segregation_covariance(t->count + g * t->stride, u_r + g * t->units,
                                 u_s + g * t->units, t->units);
  return sum;
}

/* A list with the covariance of the results in each area when persons are drawn
 * at random: a matrix, or the variances alone where `full` is FALSE. */
SEXP ioi_r_segregation_ordered_covariance(SEXP table, SEXP first, SEXP how,
                                          SEXP full)
{
  const job j = read_job(table, first, how);
  const int all = Rf_asLogical(full);
  const size_t c = j.results;
  double *u = (double *) R_alloc(c * j.largest * j.groups + 1, sizeof *u);
  double *value = (double *) R_alloc(c, sizeof *value);
  SEXP out = PROTECT(Rf_allocVector(VECSXP, (R_xlen_t) j.areas));
  for (size_t area = 0; area < j.areas; area++) {
    const ioi_table t = area_table(&j, area);
    const size_t cells = t.units * t.groups;
    SEXP v = Rf_allocMatrix(REALSXP, (int) c, all ? (int) c : 1);
    SET_VECTOR_ELT(out, (R_xlen_t) area, v);
    area_influence(&j, &t, value, u);
    for (size_t r = 0; r < c; r++)
      for (size_t s = all ? 0 : r; s <= r; s++) {
        const double at = covariance_of(&t, u + r * cells, u + s * cells);
        REAL(v)[all ? r * c + s : r] = at;
        REAL(v)[all ? s * c + r : r] = at;
      }
    ioi_variance_clean(value, c, all, REAL(v));
  }
  UNPROTECT(1);
  return out;
}

/* The influence of every cell of the table on the estimates, as the variance
 * engine reads it: row, at and value; cell = group * units + unit. */
SEXP ioi_r_segregation_ordered_influence(SEXP table, SEXP first, SEXP how)
{
  const job j = read_job(table, first, how);
  const size_t c = j.results, cells = j.units * j.groups;
  const char *names[] = {"row", "at", "value", ""};
  double *u = (double *) R_alloc(c * j.largest * j.groups + 1, sizeof *u);
  double *value = (double *) R_alloc(c, sizeof *value);
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, Rf_allocVector(INTSXP, (R_xlen_t) cells));
  SET_VECTOR_ELT(out, 1, Rf_allocVector(INTSXP, (R_xlen_t) cells + 1));
  SET_VECTOR_ELT(out, 2, Rf_allocVector(REALSXP, (R_xlen_t) (cells * c)));
  int *row = INTEGER(VECTOR_ELT(out, 0)), *at = INTEGER(VECTOR_ELT(out, 1));
  double *into = REAL(VECTOR_ELT(out, 2));
  for (size_t i = 0; i <= cells; i++) at[i] = (int) (i * c);
  for (size_t area = 0; area < j.areas; area++) {
    const ioi_table t = area_table(&j, area);
    area_influence(&j, &t, value, u);
    for (size_t g = 0; g < j.groups; g++)
      for (size_t i = 0; i < t.units; i++) {
        const size_t cell = g * j.units + (size_t) j.first[area] + i;
        row[cell] = (int) (area * c);
        for (size_t r = 0; r < c; r++)
          into[cell * c + r] = u[(r * j.groups + g) * t.units + i];
      }
  }
  UNPROTECT(1);
  return out;
}
