/* r_segregation.c - the R boundary of the segregation indices.
 *
 * A table is a matrix of units x groups, its units sorted by area; `first` holds
 * areas + 1 row numbers from 0. A plan says what is computed in each area, one
 * entry a result: a list of index (from 0, in the order of ioi_segregation_id),
 * kind (0 multigroup, 1 pair, 2 rest), a and b (groups, from 1); and for all of
 * them shape, log_base and normalise. Results stand area by area. */
#include "r/r_segregation.h"

#include "core/variance.h"

#include <string.h>

static void read_plan(SEXP plan, ioi_r_job *job)
{
  SEXP index = ioi_r_get(plan, "index"), kind = ioi_r_get(plan, "kind");
  SEXP a = ioi_r_get(plan, "a"), b = ioi_r_get(plan, "b");
  const double shape = Rf_asReal(ioi_r_get(plan, "shape"));
  const double log_base = Rf_asReal(ioi_r_get(plan, "log_base"));
  const int normalise = Rf_asLogical(ioi_r_get(plan, "normalise"));
  job->results = (size_t) XLENGTH(index);
  job->index =
    (ioi_segregation_index *) R_alloc(job->results + 1, sizeof *job->index);
  job->comparison =
    (ioi_comparison *) R_alloc(job->results + 1, sizeof *job->comparison);
  for (size_t r = 0; r < job->results; r++) {
    const R_xlen_t at = (R_xlen_t) r;
    job->index[r] = (ioi_segregation_index){
      (ioi_segregation_id) INTEGER_ELT(index, at), shape, log_base, normalise};
    job->comparison[r] = (ioi_comparison){(ioi_compare) INTEGER_ELT(kind, at),
                                          (size_t) INTEGER_ELT(a, at) - 1,
                                          (size_t) INTEGER_ELT(b, at) - 1};
  }
}

ioi_r_job ioi_r_read_job(SEXP table, SEXP first, SEXP plan)
{
  ioi_r_job job = {.count = REAL_RO(table),
                   .first = INTEGER_RO(first),
                   .units = (size_t) Rf_nrows(table),
                   .groups = (size_t) Rf_ncols(table),
                   .areas = (size_t) XLENGTH(first) - 1};
  read_plan(plan, &job);
  for (size_t a = 0; a < job.areas; a++) {
    const size_t units = (size_t) (job.first[a + 1] - job.first[a]);
    job.largest = units > job.largest ? units : job.largest;
  }
  return job;
}

ioi_table ioi_r_area(const ioi_r_job *job, size_t area)
{
  return (ioi_table){job->count + job->first[area], job->units,
                     (size_t) (job->first[area + 1] - job->first[area]),
                     job->groups};
}

ioi_segregation_space ioi_r_space(size_t units, size_t groups)
{
  const size_t work = ioi_segregation_work(units, groups);
  return (ioi_segregation_space){
    (double *) R_alloc(work + 1, sizeof(double)),
    (ioi_sorted *) R_alloc(2 * units + 1, sizeof(ioi_sorted))};
}

ioi_status ioi_r_index(const ioi_r_job *job, const ioi_prepared *margins,
                       size_t r, double *value, double *u, size_t *occupied)
{
  const ioi_status status = ioi_segregation(
    margins, job->index + r, job->comparison + r, value, u, occupied);
  if (u && job->totals_known && status == IOI_OK)
    ioi_segregation_totals_known(margins, u);
  return status;
}

/* Whom a result counts: for exposure everybody, whoever meets whom. */
static double members(const ioi_r_job *job, const double *total, size_t r)
{
  static const ioi_comparison everybody = {IOI_COMPARE_MULTIGROUP, 0, 0};
  const int all = job->index[r].id == IOI_EXPOSURE;
  return ioi_segregation_members(total, job->groups,
                                 all ? &everybody : job->comparison + r);
}

/* people: the same shape as table, from which n is counted. Gives estimate,
 * status, units and n. */
SEXP ioi_r_segregation(SEXP table, SEXP people, SEXP first, SEXP plan)
{
  const ioi_r_job job = ioi_r_read_job(table, first, plan);
  const ioi_r_job who = ioi_r_read_job(people, first, plan);
  const ioi_segregation_space space = ioi_r_space(job.largest, job.groups);
  const R_xlen_t rows = (R_xlen_t) (job.areas * job.results);
  double *total = (double *) R_alloc(job.groups + 1, sizeof *total);
  const char *names[] = {"estimate", "status", "units", "n", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  for (int i = 0; i < 4; i++)
    SET_VECTOR_ELT(out, i, Rf_allocVector(i == 1 ? STRSXP : REALSXP, rows));
  for (size_t area = 0; area < job.areas; area++) {
    const ioi_table t = ioi_r_area(&job, area), p = ioi_r_area(&who, area);
    ioi_prepared margins;
    const ioi_status usable = ioi_segregation_prepare(&t, &space, &margins);
    const int counts = people == table && usable == IOI_OK;
    if (!counts) ioi_segregation_totals(&p, total);
    const double *n = counts ? margins.group : total;
    for (size_t r = 0; r < job.results; r++) {
      const R_xlen_t row = (R_xlen_t) (area * job.results + r);
      double value = NA_REAL;
      size_t occupied = 0;
      ioi_status status = usable;
      if (status == IOI_OK)
        status = ioi_r_index(&job, &margins, r, &value, NULL, &occupied);
      REAL(VECTOR_ELT(out, 0))[row] = status == IOI_OK ? value : NA_REAL;
      SET_STRING_ELT(VECTOR_ELT(out, 1), row, Rf_mkChar(ioi_strstatus(status)));
      REAL(VECTOR_ELT(out, 2))[row] = (double) occupied;
      REAL(VECTOR_ELT(out, 3))[row] = members(&job, n, r);
      if (r % 16 == 0) R_CheckUserInterrupt();
    }
  }
  UNPROTECT(1);
  return out;
}

/* Which groups have members in which area: a logical matrix of areas x groups. */
SEXP ioi_r_segregation_present(SEXP table, SEXP first)
{
  const R_xlen_t units = Rf_nrows(table), areas = XLENGTH(first) - 1;
  const int groups = Rf_ncols(table);
  const double *n = REAL_RO(table);
  SEXP out = PROTECT(Rf_allocMatrix(LGLSXP, (int) areas, groups));
  for (R_xlen_t g = 0; g < groups; g++)
    for (R_xlen_t a = 0; a < areas; a++) {
      R_xlen_t i = INTEGER_ELT(first, a);
      const R_xlen_t end = INTEGER_ELT(first, a + 1);
      while (i < end && !(n[g * units + i] > 0)) i++;
      LOGICAL(out)[g * areas + a] = i < end;
    }
  UNPROTECT(1);
  return out;
}

/* The derivatives of a result by the cells that it looks at: those of two
 * groups for a pair, else all. */
typedef struct {
  size_t group[2];
  int some; /* the two groups alone */
  double *u;
} looked_at;

static looked_at looks_at(const ioi_r_job *job, size_t r)
{
  const ioi_comparison *c = job->comparison + r;
  const int some =
    c->kind == IOI_COMPARE_PAIR && job->index[r].id != IOI_EXPOSURE;
  return (looked_at){{c->a, c->b}, some, NULL};
}

/* Column of group g among those kept of a result; NULL: all 0. */
static const double *kept_column(const looked_at *k, size_t g, size_t units)
{
  if (!k->some) return k->u + g * units;
  if (g == k->group[0]) return k->u;
  return g == k->group[1] ? k->u + units : NULL;
}

/* Derivatives of all results of an area and their values (0 where there is
 * none). u: work space for one result. */
static void area_influence(const ioi_r_job *job, const ioi_prepared *m,
                           double *value, looked_at *kept, double *u)
{
  const size_t units = m->table->units;
  for (size_t r = 0; r < job->results; r++) {
    size_t occupied;
    value[r] = 0;
    if (ioi_r_index(job, m, r, value + r, u, &occupied) != IOI_OK) value[r] = 0;
    if (!kept[r].some)
      memcpy(kept[r].u, u, units * job->groups * sizeof *u);
    else
      for (size_t k = 0; k < 2; k++)
        memcpy(kept[r].u + k * units, u + kept[r].group[k] * units,
               units * sizeof *u);
    R_CheckUserInterrupt();
  }
}

static looked_at *keep_influence(const ioi_r_job *job)
{
  looked_at *out = (looked_at *) R_alloc(job->results + 1, sizeof *out);
  for (size_t r = 0; r < job->results; r++) {
    out[r] = looks_at(job, r);
    const size_t columns = out[r].some ? 2 : job->groups;
    out[r].u = (double *) R_alloc(columns * job->largest + 1, sizeof(double));
  }
  return out;
}

static double covariance_of(const ioi_table *t, const looked_at *r,
                            const looked_at *s)
{
  double sum = 0;
  for (size_t g = 0; g < t->groups; g++) {
    const double *u_r = kept_column(r, g, t->units);
    const double *u_s = kept_column(s, g, t->units);
    if (u_r && u_s)
      sum += ioi_segregation_covariance(t->count + g * t->stride, u_r, u_s,
                                        t->units);
  }
  return sum;
}

/* The covariance of the results in an area when persons are drawn at random. */
static SEXP full_covariance(const ioi_r_job *job, const ioi_prepared *m,
                            double *value, looked_at *kept, double *u)
{
  const size_t c = job->results;
  SEXP v = PROTECT(Rf_allocMatrix(REALSXP, (int) c, (int) c));
  area_influence(job, m, value, kept, u);
  for (size_t r = 0; r < c; r++)
    for (size_t s = 0; s <= r; s++) REAL(v)
  [r * c + s] = REAL(v)[s * c + r] =
    covariance_of(m->table, kept + r, kept + s);
  ioi_variance_clean(value, c, 1, REAL(v));
  UNPROTECT(1);
  return v;
}

/* The variances alone: one result at a time. */
static SEXP only_variances(const ioi_r_job *job, const ioi_prepared *m,
                           double *value, double *u)
{
  SEXP v = PROTECT(Rf_allocVector(REALSXP, (R_xlen_t) job->results));
  for (size_t r = 0; r < job->results; r++) {
    size_t occupied;
    looked_at all = {{0, 0}, 0, u};
    value[r] = 0;
    if (ioi_r_index(job, m, r, value + r, u, &occupied) != IOI_OK) value[r] = 0;
    REAL(v)[r] = covariance_of(m->table, &all, &all);
    R_CheckUserInterrupt();
  }
  ioi_variance_clean(value, job->results, 0, REAL(v));
  UNPROTECT(1);
  return v;
}

/* A list with the covariance of the results in each area, a matrix, or with the
 * variances alone where `full` is FALSE. apart: each group was sampled by
 * itself. */
SEXP ioi_r_segregation_covariance(SEXP table, SEXP first, SEXP plan, SEXP apart,
                                  SEXP full)
{
  ioi_r_job job = ioi_r_read_job(table, first, plan);
  job.totals_known = Rf_asLogical(apart);
  const ioi_segregation_space space = ioi_r_space(job.largest, job.groups);
  const int all = Rf_asLogical(full);
  double *u = (double *) R_alloc(job.largest * job.groups + 1, sizeof *u);
  double *value = (double *) R_alloc(job.results + 1, sizeof *value);
  looked_at *kept = all ? keep_influence(&job) : NULL;
  SEXP out = PROTECT(Rf_allocVector(VECSXP, (R_xlen_t) job.areas));
  for (size_t area = 0; area < job.areas; area++) {
    const ioi_table t = ioi_r_area(&job, area);
    ioi_prepared margins = {&t, &space, NULL, NULL, 0, 0, 0};
    ioi_segregation_prepare(&t, &space, &margins);
    SET_VECTOR_ELT(out, (R_xlen_t) area,
                   all ? full_covariance(&job, &margins, value, kept, u)
                       : only_variances(&job, &margins, value, u));
  }
  UNPROTECT(1);
  return out;
}

/* The influence of every cell of the table on the estimates, as the variance
 * engine reads it: row, at and value; cell = group * units + unit. */
SEXP ioi_r_segregation_influence(SEXP table, SEXP first, SEXP plan)
{
  const ioi_r_job job = ioi_r_read_job(table, first, plan);
  const ioi_segregation_space space = ioi_r_space(job.largest, job.groups);
  const size_t c = job.results, cells = job.units * job.groups;
  const char *names[] = {"row", "at", "value", ""};
  double *u = (double *) R_alloc(job.largest * job.groups + 1, sizeof *u);
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, Rf_allocVector(INTSXP, (R_xlen_t) cells));
  SET_VECTOR_ELT(out, 1, Rf_allocVector(INTSXP, (R_xlen_t) cells + 1));
  SET_VECTOR_ELT(out, 2, Rf_allocVector(REALSXP, (R_xlen_t) (cells * c)));
  int *row = INTEGER(VECTOR_ELT(out, 0)), *at = INTEGER(VECTOR_ELT(out, 1));
  double *value = REAL(VECTOR_ELT(out, 2));
  for (size_t i = 0; i <= cells; i++) at[i] = (int) (i * c);
  for (size_t area = 0; area < job.areas; area++) {
    const ioi_table t = ioi_r_area(&job, area);
    ioi_prepared margins = {&t, &space, NULL, NULL, 0, 0, 0};
    ioi_segregation_prepare(&t, &space, &margins);
    for (size_t r = 0; r < c; r++) {
      double index;
      size_t occupied;
      ioi_r_index(&job, &margins, r, &index, u, &occupied);
      for (size_t g = 0; g < job.groups; g++)
        for (size_t i = 0; i < t.units; i++) {
          const size_t cell = g * job.units + (size_t) job.first[area] + i;
          row[cell] = (int) (area * c);
          value[cell * c + r] = u[g * t.units + i];
        }
      R_CheckUserInterrupt();
    }
  }
  UNPROTECT(1);
  return out;
}
