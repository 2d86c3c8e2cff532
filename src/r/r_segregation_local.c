/* r_segregation_local.c - the R boundary of local scores. */
#include "r/r_ioi.h"

#include "core/segregation_local.h"

/* What the scores are called in R, in the order of `kind`. */
enum { OF_UNITS, OF_GROUPS, QUOTIENT, EXTREMES, DISSIMILARITY, REST };

/* One place: a run of rows of the table, and where its results go. */
typedef struct {
  ioi_table table;
  size_t place, from;
  int a, b;
} place;

static double *at(SEXP out, int column, size_t row)
{
  return REAL(VECTOR_ELT(out, column)) + row;
}

static ioi_status run_units(const place *p, SEXP out, double *work)
{
  return ioi_local_units(&p->table, at(out, 1, p->from), at(out, 2, p->from),
                         at(out, 3, p->from), at(out, 4, p->from),
                         at(out, 5, 2 * p->place), work);
}

static ioi_status run_groups(const place *p, SEXP out, double *work)
{
  const size_t row = p->place * p->table.groups;
  return ioi_local_groups(&p->table, at(out, 1, row), at(out, 2, row),
                          at(out, 3, row), work);
}

/* The place's own quotients stand close together: groups * units values, with
 * those of earlier places before them. */
static ioi_status run_quotient(const place *p, SEXP out, double *work)
{
  return ioi_local_quotient(&p->table, at(out, 1, p->from * p->table.groups),
                            work);
}

static ioi_status run_extremes(const place *p, SEXP out, double *work)
{
  (void) work;
  return ioi_local_extremes(&p->table, (size_t) p->a, (size_t) p->b,
                            at(out, 1, p->from));
}

static const double *column(const ioi_table *t, int g)
{
  return t->count + (size_t) g * t->stride;
}

static ioi_status run_dissimilarity(const place *p, SEXP out, double *work)
{
  (void) work;
  return ioi_local_dissimilarity(column(&p->table, p->a),
                                 column(&p->table, p->b), p->table.units,
                                 at(out, 1, p->from), at(out, 2, p->from),
                                 at(out, 3, p->from), at(out, 4, p->from));
}

static ioi_status run_rest(const place *p, SEXP out, double *work)
{
  ioi_segregation_rest(&p->table, (size_t) p->a, work);
  return ioi_local_dissimilarity(column(&p->table, p->a), work, p->table.units,
                                 at(out, 1, p->from), at(out, 2, p->from),
                                 at(out, 3, p->from), at(out, 4, p->from));
}

typedef ioi_status (*runner)(const place *, SEXP, double *);
static const runner run[] = {run_units,    run_groups,        run_quotient,
                             run_extremes, run_dissimilarity, run_rest};

/* Values that each kind gives, in the order of its results. */
static SEXP make_room(int kind, size_t units, size_t groups, size_t places)
{
  const size_t length[][5] = {
    {units, units, units, units, 2 * places},
    {places * groups, places * groups, places * groups, 0, 0},
    {units * groups, 0, 0, 0, 0},
    {units, 0, 0, 0, 0},
    {units, units, units, units, 0},
    {units, units, units, units, 0}};
  SEXP out = PROTECT(Rf_allocVector(VECSXP, 6));
  SET_VECTOR_ELT(out, 0, Rf_allocVector(STRSXP, (R_xlen_t) places));
  for (int k = 0; k < 5; k++) {
    SEXP x = Rf_allocVector(REALSXP, (R_xlen_t) length[kind][k]);
    SET_VECTOR_ELT(out, k + 1, x);
    for (R_xlen_t i = 0; i < XLENGTH(x); i++) REAL(x)[i] = NA_REAL;
  }
  UNPROTECT(1);
  return out;
}

/* table: units x groups, units in the order of places; first: places + 1 row
 * numbers from 0; kind: see the enum above; a, b: groups from 1. A list: the
 * status of each place, then what the routine of the core for this kind gives,
 * in its order; NA where a place has a status other than ok. */
SEXP ioi_r_segregation_local(SEXP table, SEXP first, SEXP kind, SEXP a, SEXP b)
{
  const size_t units = (size_t) Rf_nrows(table);
  const size_t groups = (size_t) Rf_ncols(table);
  const size_t places = (size_t) XLENGTH(first) - 1;
  const int what = Rf_asInteger(kind);
  const size_t work_size = units > groups ? units : groups;
  double *work = (double *) R_alloc(work_size, sizeof *work);
  SEXP out = PROTECT(make_room(what, units, groups, places));
  for (size_t k = 0; k < places; k++) {
    const size_t from = (size_t) INTEGER_ELT(first, (R_xlen_t) k);
    const size_t to = (size_t) INTEGER_ELT(first, (R_xlen_t) k + 1);
    const place p = {{REAL_RO(table) + from, units, to - from, groups},
                     k,
                     from,
                     Rf_asInteger(a) - 1,
                     Rf_asInteger(b) - 1};
    const ioi_status status = run[what](&p, out, work);
    SET_STRING_ELT(VECTOR_ELT(out, 0), (R_xlen_t) k,
                   Rf_mkChar(ioi_strstatus(status)));
    if (k % 1024 == 0) R_CheckUserInterrupt();
  }
  UNPROTECT(1);
  return out;
}
