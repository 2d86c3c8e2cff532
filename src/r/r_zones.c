/* r_zones.c - the R boundary of the indices of zones. */
#include "r/r_ioi.h"

#include "core/zones.h"

/* One call: units of all areas. */
typedef struct {
  const double *table, *everybody, *area, *perimeter, *around;
  const double *x, *y, *centre_x, *centre_y, *start, *border;
  const int *first, *centre_first, *to;
  double radius;
  size_t units, groups, areas, largest;
  double *distance, *around_area, *work, *mean;
  size_t *area_start;
  ioi_ordered *ordered;
} job;

static const double *numbers(SEXP list, const char *name)
{
  SEXP x = ioi_r_get(list, name);
  return Rf_isNull(x) ? NULL : REAL_RO(x);
}

static const int *integers(SEXP list, const char *name)
{
  SEXP x = ioi_r_get(list, name);
  return Rf_isNull(x) ? NULL : INTEGER_RO(x);
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

static void make_room(job *j)
{
  j->largest = largest_area(j->first, j->areas) + 1;
  j->distance = (double *) R_alloc(j->largest, sizeof(double));
  j->around_area =
    (double *) R_alloc(j->largest * (j->groups + 2), sizeof(double));
  j->work = (double *) R_alloc(4 * j->largest, sizeof(double));
  j->mean = (double *) R_alloc(2, sizeof(double));
  j->area_start = (size_t *) R_alloc(j->largest + 1, sizeof(size_t));
  j->ordered = (ioi_ordered *) R_alloc(j->largest, sizeof(ioi_ordered));
}

static job read_job(SEXP table, SEXP everybody, SEXP first, SEXP zones)
{
  job j = {0};
  j.table = REAL_RO(table);
  j.everybody = REAL_RO(everybody);
  j.first = INTEGER_RO(first);
  j.units = (size_t) Rf_nrows(table);
  j.groups = (size_t) Rf_ncols(table);
  j.areas = (size_t) XLENGTH(first) - 1;
  j.area = numbers(zones, "area");
  j.perimeter = numbers(zones, "perimeter");
  j.around = numbers(zones, "around");
  j.x = numbers(zones, "x");
  j.y = numbers(zones, "y");
  j.radius = j.x ? Rf_asReal(ioi_r_get(zones, "radius")) : 0;
  j.centre_x = numbers(zones, "centre_x");
  j.centre_y = numbers(zones, "centre_y");
  j.centre_first = integers(zones, "centre_first");
  j.start = numbers(zones, "start");
  j.to = integers(zones, "to");
  j.border = numbers(zones, "border");
  make_room(&j);
  return j;
}

static void measure_distance(job *j, size_t area, size_t from, size_t units)
{
  const double *x = j->x + from, *y = j->y + from;
  const double *centre_x = j->mean, *centre_y = j->mean + 1;
  size_t centres = 1;
  if (j->centre_first) {
    const size_t at = (size_t) j->centre_first[area];
    centre_x = j->centre_x + at;
    centre_y = j->centre_y + at;
    centres = (size_t) j->centre_first[area + 1] - at;
  } else {
    ioi_mean_centre(x, y, j->everybody + from, units, j->radius, j->mean,
                    j->mean + 1);
  }
  ioi_centre_distance(x, y, units, j->radius, centre_x, centre_y, centres,
                      j->distance);
}

/* What the core reads of one area. */
static ioi_zones enter_area(job *j, size_t area, size_t from, size_t units)
{
  ioi_zones z = {0};
  z.everybody = j->everybody + from;
  if (j->area) z.area = j->area + from;
  if (j->perimeter) z.perimeter = j->perimeter + from;
  if (j->x) measure_distance(j, area, from, units);
  z.distance = j->distance;
  for (size_t g = 0; j->around && g < j->groups + 2; g++)
    for (size_t i = 0; i < units; i++)
      j->around_area[g * units + i] = j->around[g * j->units + from + i];
  z.around = j->around_area;
  if (!j->start) return z;
  const size_t base = (size_t) j->start[from];
  for (size_t i = 0; i <= units; i++)
    j->area_start[i] = (size_t) j->start[from + i] - base;
  z.start = j->area_start;
  z.to = (const uint32_t *) j->to + base;
  z.border = j->border ? j->border + base : NULL;
  return z;
}

/* table: units x groups, units sorted by area; everybody: people in each unit,
 * of groups left out too; first: areas + 1 row numbers from 0; plan, a list:
 * index (number in zones.h), kind, a and b of each result; zones, a list: area,
 * perimeter, around, x, y and radius, centre_x and centre_y with centre_first
 * (areas + 1), start, to and border (see zones.h), each NULL where nobody asks
 * for it, n2_other and standard. Gives estimate, status and units, area by area
 * with results in order. */
SEXP ioi_r_zones(SEXP table, SEXP everybody, SEXP first, SEXP plan, SEXP zones)
{
  job j = read_job(table, everybody, first, zones);
  SEXP index = ioi_r_get(plan, "index"), kind = ioi_r_get(plan, "kind");
  SEXP a = ioi_r_get(plan, "a"), b = ioi_r_get(plan, "b");
  const R_xlen_t results = XLENGTH(index);
  const R_xlen_t rows = results * (R_xlen_t) j.areas;
  const char *names[] = {"estimate", "status", "units", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  for (int i = 0; i < 3; i++)
    SET_VECTOR_ELT(out, i, Rf_allocVector(i == 1 ? STRSXP : REALSXP, rows));
  for (size_t area = 0; area < j.areas; area++) {
    const size_t from = (size_t) j.first[area];
    const ioi_table t = {j.table + from, j.units,
                         (size_t) j.first[area + 1] - from, j.groups};
    ioi_zones z = enter_area(&j, area, from, t.units);
    z.n2_other = Rf_asLogical(ioi_r_get(zones, "n2_other"));
    z.standard =
      (ioi_border_standard) Rf_asInteger(ioi_r_get(zones, "standard"));
    for (R_xlen_t r = 0; r < results; r++) {
      const ioi_comparison c = {(ioi_compare) INTEGER_ELT(kind, r),
                                (size_t) INTEGER_ELT(a, r) - 1,
                                (size_t) INTEGER_ELT(b, r) - 1};
      const R_xlen_t at = (R_xlen_t) area * results + r;
      double value = NA_REAL;
      size_t occupied = 0;
      const ioi_status status =
        ioi_zone_value(&t, &z, (ioi_zone_index) INTEGER_ELT(index, r), &c,
                       &value, &occupied, j.work, j.ordered);
      REAL(VECTOR_ELT(out, 0))[at] = value;
      SET_STRING_ELT(VECTOR_ELT(out, 1), at, Rf_mkChar(ioi_strstatus(status)));
      REAL(VECTOR_ELT(out, 2))[at] = (double) occupied;
    }
    R_CheckUserInterrupt();
  }
  UNPROTECT(1);
  return out;
}

/* Weights of units for themselves; rule: number in zones.h. */
SEXP ioi_r_self_weights(SEXP rule, SEXP area, SEXP scale)
{
  SEXP out = PROTECT(Rf_allocVector(REALSXP, XLENGTH(area)));
  ioi_self_weights(Rf_asInteger(rule), REAL_RO(area), (size_t) XLENGTH(area),
                   Rf_asReal(scale), REAL(out));
  UNPROTECT(1);
  return out;
}
