/* r_segregation_within.c - the R boundary of indices over nested areas. */
#include "r/r_ioi.h"

#include "core/segregation_within.h"
#include "core/variance.h"

#include <string.h>

/* One call: places are runs of rows of the table. */
typedef struct {
  const double *count;
  const int *first, *column, *all, *index;
  const int *const *area;
  size_t units, groups, places, steps, maps, indices, columns;
} job;

/* The work space of one place. */
typedef struct {
  double *total, *members, *estimate, *weight, *part, *level, *work;
  size_t *parent, *children;
  ioi_exact *sum;
} space;

static const int *const *read_areas(SEXP areas)
{
  const R_xlen_t n = XLENGTH(areas);
  const int **out = (const int **) R_alloc((size_t) n + 1, sizeof *out);
  for (R_xlen_t l = 0; l < n; l++) out[l] = INTEGER_RO(VECTOR_ELT(areas, l));
  return out;
}

/* Columns that the widest map has. */
static size_t widest(SEXP column)
{
  int most = 0;
  for (R_xlen_t i = 0; i < XLENGTH(column); i++)
    if (INTEGER_ELT(column, i) > most) most = INTEGER_ELT(column, i);
  return (size_t) most + 1;
}

static job read_job(SEXP table, SEXP first, SEXP areas, SEXP column, SEXP all,
                    SEXP index)
{
  job j;
  j.count = REAL_RO(table);
  j.first = INTEGER_RO(first);
  j.column = INTEGER_RO(column);
  j.all = LOGICAL_RO(all);
  j.index = INTEGER_RO(index);
  j.area = read_areas(areas);
  j.units = (size_t) Rf_nrows(table);
  j.groups = (size_t) Rf_ncols(table);
  j.places = (size_t) XLENGTH(first) - 1;
  j.steps = (size_t) XLENGTH(areas) + 1;
  j.maps = (size_t) Rf_ncols(column);
  j.indices = (size_t) XLENGTH(index);
  j.columns = widest(column);
  return j;
}

/* The columns of map m. */
static size_t map_columns(const job *j, size_t m)
{
  int most = -1;
  for (size_t g = 0; g < j->groups; g++)
    if (j->column[m * j->groups + g] > most)
      most = j->column[m * j->groups + g];
  return (size_t) (most + 1);
}

/* Place p looked at through map m; `area` has room for steps pointers. */
static ioi_nest place_nest(const job *j, size_t p, size_t m, const int **area)
{
  const size_t from = (size_t) j->first[p];
  const size_t units = (size_t) j->first[p + 1] - from;
  for (size_t l = 0; l + 1 < j->steps; l++) area[l] = j->area[l] + from;
  ioi_nest out = {{j->count + from, j->units, units, j->groups},
                  j->column + m * j->groups,
                  map_columns(j, m),
                  j->all[m],
                  j->steps,
                  area};
  return out;
}

/* Areas above the units, of all places or of the place with the most. */
static size_t count_areas(const job *j, const int **area, int most)
{
  size_t out = 0;
  for (size_t p = 0; p < j->places; p++) {
    const ioi_nest nest = place_nest(j, p, 0, area);
    const size_t here = ioi_nest_areas(&nest);
    out = most ? (here > out ? here : out) : out + here;
  }
  return out;
}

static space take_space(const job *j, const int **area)
{
  const size_t areas = count_areas(j, area, 1);
  space s;
  s.total = (double *) R_alloc(areas * j->columns, sizeof(double));
  s.estimate = (double *) R_alloc(areas, sizeof(double));
  s.weight = (double *) R_alloc(areas, sizeof(double));
  s.part = (double *) R_alloc(areas, sizeof(double));
  s.level = (double *) R_alloc(j->steps, sizeof(double));
  s.members = (double *) R_alloc(areas, sizeof(double));
  s.sum = (ioi_exact *) R_alloc(areas, sizeof(ioi_exact));
  s.work = (double *) R_alloc(2 * j->columns, sizeof(double));
  s.parent = (size_t *) R_alloc(areas, sizeof(size_t));
  s.children = (size_t *) R_alloc(areas, sizeof(size_t));
  return s;
}

static ioi_nest_index index_of(const job *j, size_t k)
{
  return (ioi_nest_index) j->index[k];
}

/* Parts of one place, map and index, once its totals are there; level is NA
 * without a value. */
static ioi_status measure(const job *j, const ioi_nest *nest, size_t index,
                          ioi_status totals, space *s)
{
  const ioi_nest_index id = index_of(j, index);
  for (size_t l = 0; l < j->steps; l++) s->level[l] = NA_REAL;
  if (totals != IOI_OK) return totals;
  if (index == 0 || !ioi_nest_share_sums(index_of(j, index - 1), id))
    ioi_nest_sums(nest, id, s->total, s->parent, s->sum, s->children, s->work);
  return ioi_nest_parts(nest, id, s->total, s->sum, s->children, s->estimate,
                        s->weight, s->part, s->level);
}

/* Members of each area of the place, by the table `who`. */
static void area_members(const ioi_nest *nest, const double *total,
                         double *members)
{
  const size_t areas = ioi_nest_areas(nest);
  for (size_t k = 0; k < areas; k++) {
    members[k] = 0;
    for (size_t c = 0; c < nest->columns; c++)
      members[k] += total[k * nest->columns + c];
  }
}

/* Totals of the areas of a place, and their members by the table `people`. */
static ioi_status totals_of(const ioi_nest *nest, const ioi_nest *people,
                            space *s)
{
  ioi_status status = ioi_nest_totals(people, s->total, s->parent);
  area_members(people, s->total, s->members);
  if (people->table.count != nest->table.count)
    status = ioi_nest_totals(nest, s->total, s->parent);
  return status;
}

static void write_levels(const job *j, const space *s, size_t areas,
                         const ioi_nest *nest, SEXP out, R_xlen_t row)
{
  double *level = REAL(VECTOR_ELT(out, 0)) + row * (R_xlen_t) j->steps;
  double *units = REAL(VECTOR_ELT(out, 2)) + row * (R_xlen_t) j->steps;
  size_t k = 0;
  for (size_t l = 0; l < j->steps; l++) {
    const size_t count = ioi_nest_level_areas(nest, l);
    level[l] = s->level[l];
    units[l] = 0;
    for (size_t end = k + count; k < end && k < areas; k++)
      units[l] += (double) s->children[k];
  }
}

static void write_parts(const space *s, size_t areas, SEXP out, R_xlen_t at)
{
  for (size_t k = 0; k < areas; k++) {
    REAL(VECTOR_ELT(out, 4))[at + (R_xlen_t) k] = s->estimate[k];
    REAL(VECTOR_ELT(out, 5))[at + (R_xlen_t) k] = s->weight[k];
    REAL(VECTOR_ELT(out, 6))[at + (R_xlen_t) k] = s->part[k];
    REAL(VECTOR_ELT(out, 7))[at + (R_xlen_t) k] = (double) s->children[k];
  }
}

/* Room for the results: see ioi_r_segregation_within(). */
static SEXP make_room(const job *j, size_t areas)
{
  const char *names[] = {"level",    "status", "units",        "n",
                         "estimate", "weight", "contribution", "part_units",
                         "part_n",   ""};
  const R_xlen_t rows = (R_xlen_t) (j->places * j->maps * j->indices);
  const R_xlen_t parts = (R_xlen_t) (areas * j->maps * j->indices);
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  for (int i = 0; i < 9; i++) {
    const R_xlen_t length =
      i == 1 || i == 3 ? rows : (i < 4 ? rows * (R_xlen_t) j->steps : parts);
    SET_VECTOR_ELT(out, i, Rf_allocVector(i == 1 ? STRSXP : REALSXP, length));
  }
  UNPROTECT(1);
  return out;
}

/* table: units x groups, in the order of places and areas; people: the same
 * shape, from which n is counted; first: places + 1 row numbers from 0; areas:
 * for each level above the units the number of the area each unit lies in;
 * column: groups x maps, the column of each group from 0, or -1; all: for each
 * map whether every column must have members; index: numbers of
 * ioi_nest_index.
 *   level, units          steps x (indices, maps, places)
 *   status, n             indices x maps x places
 *   estimate, weight, contribution, part_units, part_n
 *                         areas of all places x indices x maps */
SEXP ioi_r_segregation_within(SEXP table, SEXP people, SEXP first, SEXP areas,
                              SEXP column, SEXP all, SEXP index)
{
  const job j = read_job(table, first, areas, column, all, index);
  const job who = read_job(people, first, areas, column, all, index);
  const int **area = (const int **) R_alloc(j.steps, sizeof *area);
  const size_t sum = count_areas(&j, area, 0);
  space s = take_space(&j, area);
  SEXP out = PROTECT(make_room(&j, sum));
  size_t done = 0;
  for (size_t p = 0; p < j.places; p++) {
    size_t here = 0;
    for (size_t m = 0; m < j.maps; m++) {
      const ioi_nest nest = place_nest(&j, p, m, area);
      const ioi_nest persons = place_nest(&who, p, m, area);
      const ioi_status totals = totals_of(&nest, &persons, &s);
      here = ioi_nest_areas(&nest);
      for (size_t k = 0; k < j.indices; k++) {
        const R_xlen_t row = (R_xlen_t) ((p * j.maps + m) * j.indices + k);
        const R_xlen_t at = (R_xlen_t) ((m * j.indices + k) * sum + done);
        const ioi_status status = measure(&j, &nest, k, totals, &s);
        SET_STRING_ELT(VECTOR_ELT(out, 1), row,
                       Rf_mkChar(ioi_strstatus(status)));
        write_levels(&j, &s, here, &nest, out, row);
        write_parts(&s, here, out, at);
        memcpy(REAL(VECTOR_ELT(out, 8)) + at, s.members,
               here * sizeof *s.members);
        REAL(VECTOR_ELT(out, 3))[row] = s.members[0];
      }
    }
    done += here;
    R_CheckUserInterrupt();
  }
  UNPROTECT(1);
  return out;
}

/* The derivatives of all numbers of place p: (maps x indices x steps) times
 * groups x units; estimates in d, 0 where there is none. */
static void place_influence(const job *j, size_t p, const int **area, space *s,
                            double *d, double *u)
{
  size_t row = 0;
  for (size_t m = 0; m < j->maps; m++) {
    const ioi_nest nest = place_nest(j, p, m, area);
    const ioi_status totals = ioi_nest_totals(&nest, s->total, s->parent);
    for (size_t k = 0; k < j->indices; k++, row += j->steps) {
      const size_t cells = nest.table.units * nest.table.groups;
      memset(u + row * cells, 0, j->steps * cells * sizeof *u);
      for (size_t l = 0; l < j->steps; l++) d[row + l] = 0;
      if (measure(j, &nest, k, totals, s) != IOI_OK) continue;
      memcpy(d + row, s->level, j->steps * sizeof *d);
      ioi_nest_influence(&nest, index_of(j, k), s->total, s->level, cells,
                         u + row * cells, s->work);
    }
  }
}

static size_t most_units(const job *j)
{
  int most = 0;
  for (size_t p = 0; p < j->places; p++) {
    const int units = j->first[p + 1] - j->first[p];
    most = units > most ? units : most;
  }
  return (size_t) most;
}

/* The counts of place p without the gaps between its columns. */
static void place_counts(const job *j, size_t p, double *n)
{
  const size_t from = (size_t) j->first[p];
  const size_t units = (size_t) j->first[p + 1] - from;
  for (size_t g = 0; g < j->groups; g++)
    memcpy(n + g * units, j->count + g * j->units + from,
           units * sizeof(double));
}

static SEXP place_covariance(size_t rows, size_t cells, const double *n,
                             const double *d, const double *u, int full)
{
  SEXP v = PROTECT(Rf_allocMatrix(REALSXP, (int) rows, full ? (int) rows : 1));
  for (size_t r = 0; r < rows; r++)
    for (size_t q = full ? 0 : r; q <= r; q++) {
      const double at =
        ioi_segregation_covariance(n, u + r * cells, u + q * cells, cells);
      REAL(v)[full ? r * rows + q : r] = at;
      REAL(v)[full ? q * rows + r : r] = at;
    }
  ioi_variance_clean(d, rows, full, REAL(v));
  UNPROTECT(1);
  return v;
}

/* For each place the covariance of its levels when persons are drawn at
 * random: a matrix, or the variances alone where `full` is FALSE. Rows in the
 * order of `level` above. */
SEXP ioi_r_segregation_within_covariance(SEXP table, SEXP first, SEXP areas,
                                         SEXP column, SEXP all, SEXP index,
                                         SEXP full)
{
  const job j = read_job(table, first, areas, column, all, index);
  const int **area = (const int **) R_alloc(j.steps, sizeof *area);
  const size_t rows = j.maps * j.indices * j.steps;
  const size_t cells = most_units(&j) * j.groups;
  space s = take_space(&j, area);
  double *u = (double *) R_alloc(rows * cells, sizeof *u);
  double *n = (double *) R_alloc(cells, sizeof *n);
  double *d = (double *) R_alloc(rows, sizeof *d);
  SEXP out = PROTECT(Rf_allocVector(VECSXP, (R_xlen_t) j.places));
  for (size_t p = 0; p < j.places; p++) {
    const size_t here = (size_t) (j.first[p + 1] - j.first[p]) * j.groups;
    place_influence(&j, p, area, &s, d, u);
    place_counts(&j, p, n);
    SET_VECTOR_ELT(out, (R_xlen_t) p,
                   place_covariance(rows, here, n, d, u, Rf_asLogical(full)));
    R_CheckUserInterrupt();
  }
  UNPROTECT(1);
  return out;
}

/* The influence of every cell on the levels as the variance engine reads it:
 * row, at and value; cell = group * units + unit. */
SEXP ioi_r_segregation_within_influence(SEXP table, SEXP first, SEXP areas,
                                        SEXP column, SEXP all, SEXP index)
{
  const job j = read_job(table, first, areas, column, all, index);
  const int **area = (const int **) R_alloc(j.steps, sizeof *area);
  const size_t rows = j.maps * j.indices * j.steps, cells = j.units * j.groups;
  const char *names[] = {"row", "at", "value", ""};
  space s = take_space(&j, area);
  double *u = (double *) R_alloc(rows * most_units(&j) * j.groups, sizeof *u);
  double *d = (double *) R_alloc(rows, sizeof *d);
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, Rf_allocVector(INTSXP, (R_xlen_t) cells));
  SET_VECTOR_ELT(out, 1, Rf_allocVector(INTSXP, (R_xlen_t) cells + 1));
  SET_VECTOR_ELT(out, 2, Rf_allocVector(REALSXP, (R_xlen_t) (cells * rows)));
  int *row = INTEGER(VECTOR_ELT(out, 0)), *at = INTEGER(VECTOR_ELT(out, 1));
  double *value = REAL(VECTOR_ELT(out, 2));
  for (size_t i = 0; i <= cells; i++) at[i] = (int) (i * rows);
  for (size_t p = 0; p < j.places; p++) {
    const size_t units = (size_t) (j.first[p + 1] - j.first[p]);
    place_influence(&j, p, area, &s, d, u);
    for (size_t g = 0; g < j.groups; g++)
      for (size_t i = 0; i < units; i++) {
        const size_t cell = g * j.units + (size_t) j.first[p] + i;
        row[cell] = (int) (p * rows);
        for (size_t k = 0; k < rows; k++)
          value[cell * rows + k] = u[(k * j.groups + g) * units + i];
      }
    R_CheckUserInterrupt();
  }
  UNPROTECT(1);
  return out;
}
