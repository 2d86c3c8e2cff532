/* r_spatial.c - the R boundary of local environments and their indices.
 *
 * What the routines share. `table`: units x groups, units sorted by area;
 * `first`: areas + 1 row numbers from 0. `places`, a list: x, y (a number for
 * each unit) and radius (of the sphere, 0: a plane), or start (units + 1
 * numbers), to (numbers of units within their area, from 0) and distance; own
 * (NULL, or the weight of each unit for itself) and exact (TRUE: nobody is left
 * out for being far).
 * `smoothing`, a list: kernel (number, see environment.h), power,
 * max_distance, bandwidth. */
#include "r/r_ioi.h"

#include "core/spatial.h"

#include <R_ext/Random.h>
#include <cli/progress.h>
#include <string.h>

/* People left out because they are too far to matter, as a part of those who
 * live in a unit. */
static const double least_part = 1e-14;

/* A call: its arguments, and room for the largest area. */
typedef struct {
  const double *table;
  const int *first;
  size_t units, areas, largest;
  const double *x, *y, *start, *distance;
  const int *to;
  ioi_smoothing smoothing;
  int threads;
  double *count, *total, *point, *own_at;
  const double *own;
  size_t *area_start;
  ioi_kdtree tree;
  ioi_places places;
  ioi_near_work *near;
} job;

static const double *numbers(SEXP list, const char *name)
{
  SEXP x = ioi_r_get(list, name);
  return Rf_isNull(x) ? NULL : REAL_RO(x);
}

static ioi_smoothing read_smoothing(SEXP list)
{
  ioi_smoothing out;
  out.kernel = (ioi_kernel) Rf_asInteger(ioi_r_get(list, "kernel"));
  out.power = Rf_asReal(ioi_r_get(list, "power"));
  out.max_distance = Rf_asReal(ioi_r_get(list, "max_distance"));
  out.bandwidth = numbers(list, "bandwidth");
  out.bands = (size_t) XLENGTH(ioi_r_get(list, "bandwidth"));
  return out;
}

static size_t largest_area(const int *first, size_t areas)
{
  size_t most = 0;
  for (size_t a = 0; a < areas; a++) {
    const size_t units = (size_t) (first[a + 1] - first[a]);
    most = units > most ? units : most;
  }
  return most;
}

static ioi_near_work *near_work(size_t threads, size_t units)
{
  ioi_near_work *out = (ioi_near_work *) R_alloc(threads, sizeof *out);
  for (size_t t = 0; t < threads; t++) {
    out[t].found = (uint32_t *) R_alloc(units, sizeof(uint32_t));
    out[t].near = (ioi_neighbour *) R_alloc(units, sizeof(ioi_neighbour));
  }
  return out;
}

static void read_places(job *j, SEXP places)
{
  SEXP to = ioi_r_get(places, "to"), own = ioi_r_get(places, "own");
  j->x = numbers(places, "x");
  j->y = numbers(places, "y");
  j->start = numbers(places, "start");
  j->distance = numbers(places, "distance");
  j->to = Rf_isNull(to) ? NULL : INTEGER_RO(to);
  if (j->x) j->places.radius = Rf_asReal(ioi_r_get(places, "radius"));
  j->own = Rf_isNull(own) ? NULL : REAL_RO(own);
  j->places.least = Rf_asLogical(ioi_r_get(places, "exact")) ? 0 : least_part;
}

static job read_job(SEXP table, SEXP first, SEXP places, SEXP smoothing,
                    SEXP threads)
{
  job j;
  memset(&j, 0, sizeof j);
  j.table = REAL_RO(table);
  j.first = INTEGER_RO(first);
  j.units = (size_t) Rf_nrows(table);
  j.areas = (size_t) XLENGTH(first) - 1;
  j.largest = largest_area(j.first, j.areas) + 1;
  j.places.groups = (size_t) Rf_ncols(table);
  j.smoothing = read_smoothing(smoothing);
  read_places(&j, places);
  j.threads = ioi_r_threads(threads, (R_xlen_t) (j.units * j.places.groups));
  j.count = (double *) R_alloc(j.largest * j.places.groups, sizeof(double));
  j.total = (double *) R_alloc(j.largest, sizeof(double));
  j.point = (double *) R_alloc(j.largest * 3, sizeof(double));
  j.own_at = (double *) R_alloc(j.largest, sizeof(double));
  j.area_start = (size_t *) R_alloc(j.largest + 1, sizeof(size_t));
  j.tree.unit = (uint32_t *) R_alloc(j.largest, sizeof(uint32_t));
  j.tree.axis = (unsigned char *) R_alloc(j.largest, 1);
  j.near = near_work((size_t) j.threads, j.largest);
  return j;
}

/* The units of an area as points in a tree. */
static void plant(job *j, size_t from)
{
  j->tree.n = j->places.units;
  j->tree.dims = j->places.radius > 0 ? 3 : 2;
  j->tree.point = j->point;
  if (j->places.radius > 0)
    ioi_sphere_directions(j->x + from, j->y + from, j->tree.n, j->point);
  for (size_t i = 0; j->tree.dims == 2 && i < j->tree.n; i++) {
    j->point[2 * i] = j->x[from + i];
    j->point[2 * i + 1] = j->y[from + i];
  }
  ioi_kdtree_build(&j->tree);
  j->places.tree = &j->tree;
}

/* The pairs of an area. `to` counts from the first unit of the area. */
static void link_units(job *j, size_t from)
{
  const size_t base = (size_t) j->start[from];
  for (size_t i = 0; i <= j->places.units; i++)
    j->area_start[i] = (size_t) j->start[from + i] - base;
  j->places.start = j->area_start;
  j->places.to = (const uint32_t *) j->to + base;
  j->places.distance = j->distance + base;
}

/* Makes j->places those of an area. */
static void enter_area(job *j, size_t area)
{
  const size_t from = (size_t) j->first[area];
  j->places.units = (size_t) j->first[area + 1] - from;
  if (j->x)
    plant(j, from);
  else
    link_units(j, from);
  ioi_places_fill(&j->places, j->table + from, j->units,
                  j->own ? j->own + from : NULL, j->count, j->total, j->own_at);
}

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

/* The progress of a call: units that earlier sweeps have done. */
typedef struct {
  SEXP bar;
  double before;
} progress;

static int on_tick(void *context, size_t done)
{
  progress *p = context;
  if (CLI_SHOULD_TICK) cli_progress_set(p->bar, p->before + (double) done);
  R_CheckUserInterrupt(); /* may jump out: nothing to free but R's own */
  return 0;
}

/* Replicates of an area in which units change places: extreme and sum as in
 * spatial.h. */
static void replicate(job *j, const ioi_spatial *s, size_t reps, double *work,
                      const double *observed, double *extreme, double *sum,
                      progress *p)
{
  const size_t units = j->places.units, size = ioi_spatial_size(s);
  const size_t groups = j->places.groups;
  double *count = (double *) R_alloc(units * (groups + 1), sizeof(double));
  double *total = count + units * groups;
  double *value = (double *) R_alloc(size, sizeof(double));
  uint32_t *order = (uint32_t *) R_alloc(units, sizeof(uint32_t));
  ioi_status *status =
    (ioi_status *) R_alloc(s->comparisons, sizeof(ioi_status));
  size_t *occupied = (size_t *) R_alloc(s->comparisons, sizeof(size_t));
  ioi_places moved = j->places;
  ioi_spatial mine = *s;
  moved.count = count;
  moved.total = total;
  mine.places = &moved;
  for (size_t r = 0; r < reps; r++) {
    GetRNGstate();
    ioi_shuffle(order, units, unif_rand);
    PutRNGstate();
    ioi_spatial_rearrange(j->places.count, order, units, groups, count);
    ioi_spatial_rearrange(j->places.total, order, units, 1, total);
    ioi_spatial_indices(&mine, j->threads, j->near, work, value, status,
                        occupied, on_tick, p);
    ioi_spatial_count_replicate(s, observed, value, extreme, sum);
    p->before += (double) units;
  }
}

/* The values of spatial.h: a matrix with a column for each area; status (text)
 * and occupied units, comparisons x areas; with reps > 0 also the matrices
 * extreme and sum. */
SEXP ioi_r_spatial(SEXP table, SEXP first, SEXP places, SEXP smoothing,
                   SEXP kind, SEXP a, SEXP b, SEXP reps, SEXP threads)
{
  job j = read_job(table, first, places, smoothing, threads);
  const size_t comparisons = (size_t) XLENGTH(a), groups = j.places.groups;
  const size_t replicates = (size_t) Rf_asReal(reps);
  double *total = (double *) R_alloc(groups, sizeof(double));
  ioi_status *status = (ioi_status *) R_alloc(comparisons, sizeof(ioi_status));
  size_t *occupied = (size_t *) R_alloc(comparisons, sizeof(size_t));
  const ioi_spatial s = {&j.places, &j.smoothing, read_comparisons(kind, a, b),
                         comparisons, total};
  const size_t size = ioi_spatial_size(&s);
  double *work =
    (double *) R_alloc(ioi_spatial_work(&s, j.threads), sizeof(double));
  const char *names[] = {"value", "status", "units", "extreme", "sum", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  const int columns = (int) j.areas;
  SET_VECTOR_ELT(out, 0, Rf_allocMatrix(REALSXP, (int) size, columns));
  SET_VECTOR_ELT(out, 1, Rf_allocMatrix(STRSXP, (int) comparisons, columns));
  SET_VECTOR_ELT(out, 2, Rf_allocMatrix(REALSXP, (int) comparisons, columns));
  for (int k = 3; k < 5; k++) {
    SEXP tally = Rf_allocMatrix(REALSXP, (int) size, columns);
    SET_VECTOR_ELT(out, k, tally);
    memset(REAL(tally), 0, size * j.areas * sizeof(double));
  }
  progress p = {R_NilValue, 0};
  p.bar =
    PROTECT(cli_progress_bar((double) (j.units * (replicates + 1)), NULL));
  for (size_t area = 0; area < j.areas; area++) {
    double *value = REAL(VECTOR_ELT(out, 0)) + area * size;
    const void *keep = vmaxget();
    enter_area(&j, area);
    ioi_places_totals(&j.places, total);
    ioi_spatial_indices(&s, j.threads, j.near, work, value, status, occupied,
                        on_tick, &p);
    p.before += (double) j.places.units;
    for (size_t c = 0; c < comparisons; c++) {
      const R_xlen_t at = (R_xlen_t) (area * comparisons + c);
      SET_STRING_ELT(VECTOR_ELT(out, 1), at,
                     Rf_mkChar(ioi_strstatus(status[c])));
      REAL(VECTOR_ELT(out, 2))[at] = (double) occupied[c];
    }
    replicate(&j, &s, replicates, work, value,
              REAL(VECTOR_ELT(out, 3)) + area * size,
              REAL(VECTOR_ELT(out, 4)) + area * size, &p);
    vmaxset(keep);
  }
  cli_progress_done(p.bar);
  ioi_r_hide_nan(VECTOR_ELT(out, 0));
  UNPROTECT(2);
  return out;
}

/* Environments: an array of units x groups x bandwidths. */
SEXP ioi_r_environments(SEXP table, SEXP first, SEXP places, SEXP smoothing,
                        SEXP threads)
{
  job j = read_job(table, first, places, smoothing, threads);
  const size_t values = j.places.groups * j.smoothing.bands;
  double *work = (double *) R_alloc(
    ioi_environments_work(&j.places, &j.smoothing, j.threads), sizeof(double));
  double *env = (double *) R_alloc(j.largest * values, sizeof(double));
  SEXP out = PROTECT(Rf_alloc3DArray(
    REALSXP, (int) j.units, (int) j.places.groups, (int) j.smoothing.bands));
  progress p = {R_NilValue, 0};
  p.bar = PROTECT(cli_progress_bar((double) j.units, NULL));
  for (size_t area = 0; area < j.areas; area++) {
    enter_area(&j, area);
    ioi_spatial_environments(&j.places, &j.smoothing, j.threads, j.near, work,
                             env, on_tick, &p);
    for (size_t v = 0; v < values; v++)
      memcpy(REAL(out) + v * j.units + (size_t) j.first[area],
             env + v * j.places.units, j.places.units * sizeof(double));
    p.before += (double) j.places.units;
  }
  cli_progress_done(p.bar);
  UNPROTECT(2);
  return out;
}

/* The shares of the groups around each unit, an array of units x groups x
 * bandwidths; people around and the entropy of the shares, matrices of units x
 * bandwidths. */
SEXP ioi_r_environment_shares(SEXP table, SEXP first, SEXP places,
                              SEXP smoothing, SEXP threads)
{
  const char *names[] = {"share", "around", "diversity", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  SEXP env = ioi_r_environments(table, first, places, smoothing, threads);
  SET_VECTOR_ELT(out, 0, env);
  const int units = Rf_nrows(table), groups = Rf_ncols(table);
  const int bands = (int) XLENGTH(ioi_r_get(smoothing, "bandwidth"));
  for (int k = 1; k < 3; k++)
    SET_VECTOR_ELT(out, k, Rf_allocMatrix(REALSXP, units, bands));
  ioi_environment_shares(REAL(env), (size_t) units, (size_t) groups,
                         (size_t) bands, REAL(VECTOR_ELT(out, 1)),
                         REAL(VECTOR_ELT(out, 2)));
  UNPROTECT(1);
  return out;
}
