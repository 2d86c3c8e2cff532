/* r_tally.c - the R boundary of keys, tallies and the scans of a design.
 *
 * A key is an R list. A column: value (vector of whole numbers or NULL), first
 * (integer), map (integer vector or NULL), levels (number). A column of numbers
 * of which it matters whether they are there: observed, levels; one that is cut:
 * also cut (matrix, a column of cuts for each level of the part) and parts. A product: parts
 * (positions of earlier keys, from 1), index (NULL, or what
 * ioi_r_index_find() gave), map (the same), levels. `range` is c(first row, rows), from 0. */
#include "r/r_ioi.h"

#include "core/calibrate.h"
#include "core/design.h"
#include "core/key.h"
#include "core/tally.h"

#include <cli/progress.h>
#include <string.h>
#ifdef __linux__
#include <sys/mman.h>
#endif

/* The element of a list by name; R_NilValue where there is none. */
SEXP ioi_r_get(SEXP list, const char *name)
{
  SEXP names = Rf_getAttrib(list, R_NamesSymbol);
  for (R_xlen_t i = 0; i < Rf_xlength(list); i++)
    if (strcmp(CHAR(STRING_ELT(names, i)), name) == 0)
      return VECTOR_ELT(list, i);
  return R_NilValue;
}

static ioi_index *read_index(SEXP index)
{
  if (Rf_isNull(index)) return NULL;
  ioi_index *out = (ioi_index *) R_alloc(1, sizeof *out);
  SEXP code = ioi_r_get(index, "slots");
  out->code = (uint64_t *) RAW(code);
  out->slots = (size_t) XLENGTH(code) / sizeof(uint64_t);
  out->rank = (uint32_t *) INTEGER(ioi_r_get(index, "rank"));
  return out;
}

static const size_t *read_parts(SEXP parts)
{
  size_t *out = (size_t *) R_alloc((size_t) XLENGTH(parts), sizeof *out);
  for (R_xlen_t p = 0; p < XLENGTH(parts); p++)
    out[p] = (size_t) INTEGER_ELT(parts, p) - 1;
  return out;
}

ioi_numbers ioi_r_numbers(SEXP x, size_t from)
{
  ioi_numbers out = {NULL, NULL, 0};
  if (Rf_isReal(x))
    out.real = REAL_RO(x) + from;
  else if (TYPEOF(x) == INTSXP)
    out.integer = INTEGER_RO(x) + from;
  else if (TYPEOF(x) == LGLSXP)
    out.integer = LOGICAL_RO(x) + from;
  return out;
}

static void read_key(SEXP list, size_t from, ioi_key *key)
{
  SEXP parts = ioi_r_get(list, "parts"), value = ioi_r_get(list, "value");
  SEXP map = ioi_r_get(list, "map");
  memset(key, 0, sizeof *key);
  key->levels = (size_t) Rf_asReal(ioi_r_get(list, "levels"));
  key->map = Rf_isNull(map) ? NULL : INTEGER_RO(map);
  key->observed = ioi_r_numbers(ioi_r_get(list, "observed"), from);
  if (!Rf_isNull(parts)) {
    SEXP cut = ioi_r_get(list, "cut");
    key->cut = Rf_isNull(cut) ? NULL : REAL_RO(cut);
    key->parts = (size_t) XLENGTH(parts);
    key->part = read_parts(parts);
    key->index = read_index(ioi_r_get(list, "index"));
    return;
  }
  if (Rf_isReal(value))
    key->real = REAL_RO(value) + from;
  else if (!Rf_isNull(value))
    key->value = INTEGER_RO(value) + from;
  key->first = Rf_asInteger(ioi_r_get(list, "first"));
  key->size = key->map ? (size_t) XLENGTH(map) : key->levels;
}

ioi_key *ioi_r_keys(SEXP keys, size_t from)
{
  R_xlen_t n = XLENGTH(keys);
  ioi_key *out = (ioi_key *) R_alloc((size_t) n, sizeof *out);
  for (R_xlen_t k = 0; k < n; k++) read_key(VECTOR_ELT(keys, k), from, out + k);
  return out;
}

ioi_level *ioi_r_key_levels(size_t keys, size_t threads)
{
  return (ioi_level *) R_alloc(keys * threads * IOI_BLOCK, sizeof(ioi_level));
}

/* The level (from 0) of key `outer` in which each level of key `inner` lies (both
 * from 1), NA for none; NULL where a level lies in two, or only in part in one. */
SEXP ioi_r_key_inside(SEXP keys, SEXP inner, SEXP outer, SEXP rows)
{
  const size_t n_keys = (size_t) XLENGTH(keys);
  const size_t in = (size_t) Rf_asInteger(inner) - 1;
  const size_t out = (size_t) Rf_asInteger(outer) - 1;
  ioi_key *key = ioi_r_keys(keys, 0);
  const R_xlen_t levels = (R_xlen_t) key[in].levels;
  const ioi_sum wanted[] = {{.key = in}, {.key = out}};
  ioi_tally_idle(wanted, 2, key, n_keys);
  SEXP of = PROTECT(Rf_allocVector(INTSXP, levels));
  const ioi_status status =
    ioi_key_inside(key, n_keys, in, out, (size_t) Rf_asReal(rows), INTEGER(of),
                   ioi_r_key_levels(n_keys, 1));
  for (R_xlen_t l = 0; status == IOI_OK && l < levels; l++)
    if (INTEGER(of)[l] < 0) INTEGER(of)[l] = NA_INTEGER;
  UNPROTECT(1);
  return status == IOI_OK ? of : R_NilValue;
}

/* Distinct codes of product key `which` (from 1). Gives slots (raw), rank,
 * and code: the codes that occur in ascending order, as doubles. */
SEXP ioi_r_index_find(SEXP keys, SEXP which, SEXP rows)
{
  const size_t at = (size_t) Rf_asInteger(which) - 1;
  const size_t n = (size_t) Rf_asReal(rows);
  ioi_key *key = ioi_r_keys(keys, 0);
  ioi_level *level = ioi_r_key_levels(at, 1);
  size_t count = 0;
  const char *names[] = {"slots", "rank", "code", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  ioi_index index = {1024, NULL, NULL};
  ioi_status status = IOI_EFULL;
  while (status == IOI_EFULL) {
    R_CheckUserInterrupt();
    R_xlen_t bytes = (R_xlen_t) (index.slots * sizeof(uint64_t));
    SET_VECTOR_ELT(out, 0, Rf_allocVector(RAWSXP, bytes));
    index.code = (uint64_t *) RAW(VECTOR_ELT(out, 0));
    status = ioi_index_find(key, at, n, &index, &count, level);
    if (status == IOI_EFULL) index.slots *= 4;
  }
  SET_VECTOR_ELT(out, 1, Rf_allocVector(INTSXP, (R_xlen_t) index.slots));
  index.rank = (uint32_t *) INTEGER(VECTOR_ELT(out, 1));
  SET_VECTOR_ELT(out, 2, Rf_allocVector(REALSXP, (R_xlen_t) count));
  double *code = REAL(VECTOR_ELT(out, 2));
  uint64_t *sorted = (uint64_t *) R_alloc(2 * count, sizeof *sorted);
  ioi_index_rank(&index, sorted, count, sorted + count);
  for (size_t i = 0; i < count; i++) code[i] = (double) sorted[i];
  UNPROTECT(1);
  return out;
}

static int on_tick(void *bar, size_t done)
{
  if (CLI_SHOULD_TICK) cli_progress_set(*(SEXP *) bar, (double) done);
  R_CheckUserInterrupt(); /* may jump out: nothing to free but R's own */
  return 0;
}

/* Column of `values` from 1, NA for none. */
static size_t read_column(SEXP column, R_xlen_t s)
{
  int at = INTEGER_ELT(column, s);
  return at == NA_INTEGER ? IOI_NO_VALUE : (size_t) at - 1;
}

/* A long array is read and written all over: on large pages that costs fewer faults
 * and fewer misses. */
static void on_large_pages(void *array, size_t bytes)
{
#ifdef MADV_HUGEPAGE
  const uintptr_t page = (uintptr_t) 1 << 21;
  const uintptr_t from = ((uintptr_t) array + page - 1) & ~(page - 1);
  const uintptr_t to = ((uintptr_t) array + bytes) & ~(page - 1);
  if (from + page < to) madvise((void *) from, to - from, MADV_HUGEPAGE);
#else
  (void) array;
  (void) bytes;
#endif
}

void ioi_r_zero(double *array, R_xlen_t n)
{
  const size_t bytes = (size_t) n * sizeof *array;
  on_large_pages(array, bytes);
  if (n > 0) memset(array, 0, bytes);
}

static void set_columns(SEXP array, int columns)
{
  if (columns == NA_INTEGER) return;
  SEXP dim = PROTECT(Rf_allocVector(INTSXP, 2));
  INTEGER(dim)[0] = (int) (XLENGTH(array) / columns);
  INTEGER(dim)[1] = columns;
  Rf_setAttrib(array, R_DimSymbol, dim);
  UNPROTECT(1);
}

/* An array of zeros for `sums` sums, one after the other. */
static SEXP make_array(const ioi_key *keys, ioi_sum *sum, R_xlen_t sums)
{
  size_t doubles = 0;
  for (R_xlen_t s = 0; s < sums; s++) doubles += keys[sum[s].key].levels;
  SEXP array = Rf_allocVector(REALSXP, (R_xlen_t) doubles);
  double *next = REAL(array);
  ioi_r_zero(next, (R_xlen_t) doubles);
  for (R_xlen_t s = 0; s < sums; s++) {
    sum[s].sum = next;
    next += keys[sum[s].key].levels;
  }
  return array;
}

/* The arrays of sums in the elements that their `place` (from 1) names, as matrices
 * of so many columns unless that is NA. */
static void make_arrays(SEXP place, SEXP columns, const ioi_key *keys,
                        ioi_sum *sum, SEXP out)
{
  const R_xlen_t n = XLENGTH(place);
  for (R_xlen_t s = 0, end; s < n; s = end) {
    const int at = INTEGER_ELT(place, s);
    for (end = s; end < n && INTEGER_ELT(place, end) == at;) end++;
    SET_VECTOR_ELT(out, at - 1, make_array(keys, sum + s, end - s));
    set_columns(VECTOR_ELT(out, at - 1), INTEGER_ELT(columns, at - 1));
  }
}

/* sums: kind, over, x and y of each. */
static ioi_sum *read_sums(SEXP sums)
{
  SEXP kind = ioi_r_get(sums, "kind"), over = ioi_r_get(sums, "over");
  SEXP x = ioi_r_get(sums, "x"), y = ioi_r_get(sums, "y");
  const R_xlen_t n = XLENGTH(kind);
  ioi_sum *sum = (ioi_sum *) R_alloc((size_t) n, sizeof *sum);
  for (R_xlen_t s = 0; s < n; s++) {
    sum[s].kind = (ioi_sum_kind) INTEGER_ELT(kind, s);
    sum[s].key = (size_t) INTEGER_ELT(over, s) - 1;
    sum[s].x = read_column(x, s);
    sum[s].y = read_column(y, s);
  }
  return sum;
}

/* One list of entries: first, cell and the numbers in `value`, a vector a column. */
static SEXP make_entries(SEXP wanted, ioi_key *key, size_t rows,
                         ioi_entries *entries)
{
  ioi_sum *column = read_sums(wanted);
  const R_xlen_t columns = XLENGTH(ioi_r_get(wanted, "kind"));
  const char *names[] = {"first", "cell", "value", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  const size_t unit = (size_t) Rf_asInteger(ioi_r_get(wanted, "unit")) - 1;
  const size_t units = key[unit].levels;
  SET_VECTOR_ELT(out, 0, Rf_allocVector(INTSXP, (R_xlen_t) units + 1));
  int *first = INTEGER(VECTOR_ELT(out, 0));
  ioi_entries_places(key, unit, rows, first, ioi_r_key_levels(unit + 1, 1));
  const R_xlen_t room = first[units];
  SET_VECTOR_ELT(out, 1, Rf_allocVector(INTSXP, room));
  entries->at = INTEGER(VECTOR_ELT(out, 1));
  on_large_pages(entries->at, (size_t) room * sizeof *entries->at);
  SET_VECTOR_ELT(out, 2, Rf_allocVector(VECSXP, columns));
  for (R_xlen_t c = 0; c < columns; c++) {
    SET_VECTOR_ELT(VECTOR_ELT(out, 2), c, Rf_allocVector(REALSXP, room));
    column[c].sum = REAL(VECTOR_ELT(VECTOR_ELT(out, 2), c));
    on_large_pages(column[c].sum, (size_t) room * sizeof(double));
  }
  entries->next = (int *) R_alloc(units + 1, sizeof *entries->next);
  memcpy(entries->next, first, (units + 1) * sizeof *first);
  entries->unit = unit;
  entries->cell = column->key;
  entries->columns = (size_t) columns;
  entries->column = column;
  UNPROTECT(1);
  return out;
}

static ioi_numbers *read_values(SEXP values, SEXP centre, size_t from)
{
  R_xlen_t n = XLENGTH(values);
  ioi_numbers *out = (ioi_numbers *) R_alloc((size_t) n + 1, sizeof *out);
  for (R_xlen_t v = 0; v < n; v++) {
    out[v] = ioi_r_numbers(VECTOR_ELT(values, v), from);
    out[v].centre = REAL_ELT(centre, v);
  }
  return out;
}

/* Threads for n rows: so few that what each holds, in bytes, takes no more than a
 * byte a row. */
static size_t fitting_threads(SEXP asked, size_t n, size_t bytes)
{
  const size_t fit = n / (bytes + 1);
  const size_t use = (size_t) ioi_r_threads(asked, (R_xlen_t) n);
  return use < fit ? use : fit > 0 ? fit : 1;
}

/* The same for a tally: no more than chunks. */
static size_t tally_threads(SEXP asked, size_t n, size_t chunk, size_t doubles)
{
  const size_t use = fitting_threads(asked, n, doubles * sizeof(double));
  const size_t chunks = (n + chunk - 1) / chunk;
  return use < chunks ? use : chunks > 0 ? chunks : 1;
}

/* What must have levels: the keys of all sums and entries. */
static void wake_keys(const ioi_sum *sum, size_t sums,
                      const ioi_entries *entries, size_t lists, ioi_key *key,
                      size_t keys)
{
  ioi_sum *wanted = (ioi_sum *) R_alloc(sums + 2 * lists, sizeof *wanted);
  if (sums > 0) memcpy(wanted, sum, sums * sizeof *sum);
  for (size_t l = 0; l < lists; l++) {
    wanted[sums + 2 * l].key = entries[l].unit;
    wanted[sums + 2 * l + 1].key = entries[l].cell;
  }
  ioi_tally_idle(wanted, sums + 2 * lists, key, keys);
}

/* The lists of entries, from element `from` of `out` on. */
static ioi_entries *make_lists(SEXP wanted, ioi_key *key, size_t rows, SEXP out,
                               R_xlen_t from)
{
  const R_xlen_t lists = XLENGTH(wanted);
  ioi_entries *entries =
    (ioi_entries *) R_alloc((size_t) lists, sizeof *entries);
  for (R_xlen_t l = 0; l < lists; l++)
    SET_VECTOR_ELT(out, from + l,
                   make_entries(VECTOR_ELT(wanted, l), key, rows, entries + l));
  return entries;
}

static void close_lists(ioi_entries *entries, const ioi_key *key, SEXP out,
                        R_xlen_t from)
{
  for (R_xlen_t l = from; l < XLENGTH(out); l++)
    ioi_entries_close(entries + l - from, key[entries[l - from].unit].levels,
                      INTEGER(VECTOR_ELT(VECTOR_ELT(out, l), 0)));
}

/* The sums, a list of double vectors as long as their keys have levels, and behind
 * them the lists of entries. values, centre: columns of numbers and what is taken off
 * each; sums: kind (0 rows, 1 n, 2 w, 3 w^2, 4 one), over (key of each, from 1) and x,
 * y (columns of `values` to multiply with, from 1, NA for none); place: element of the
 * list, ascending; columns: of each element, NA for a vector; entries: a list of list(
 * unit, kind, over, x, y), a column of numbers for each kind; chunk: NULL for the rule
 * of the core. */
SEXP ioi_r_tally(SEXP keys, SEXP range, SEXP weight, SEXP values, SEXP centre,
                 SEXP sums, SEXP place, SEXP columns, SEXP entries,
                 SEXP threads, SEXP chunk)
{
  const size_t from = (size_t) REAL_RO(range)[0];
  const size_t n = (size_t) REAL_RO(range)[1];
  ioi_key *key = ioi_r_keys(keys, from);
  const ioi_numbers *value = read_values(values, centre, from);
  const ioi_rows rows = {n,
                         (size_t) XLENGTH(keys),
                         key,
                         ioi_r_numbers(weight, from),
                         (size_t) XLENGTH(values),
                         value};
  const size_t count = (size_t) XLENGTH(place),
               lists = (size_t) XLENGTH(entries);
  SEXP out =
    PROTECT(Rf_allocVector(VECSXP, XLENGTH(columns) + XLENGTH(entries)));
  ioi_sum *sum = read_sums(sums);
  make_arrays(place, columns, key, sum, out);
  ioi_entries *list = make_lists(entries, key, n, out, XLENGTH(columns));
  wake_keys(sum, count, list, lists, key, rows.keys);
  const size_t doubles = ioi_tally_doubles(&rows, sum, count);
  const size_t step =
    Rf_isNull(chunk) ? ioi_tally_chunk(n, doubles) : (size_t) Rf_asReal(chunk);
  const size_t use = lists > 0 ? 1 : tally_threads(threads, n, step, doubles);
  double *work =
    n > step ? (double *) R_alloc(use * doubles, sizeof(double)) : NULL;
  SEXP bar = PROTECT(cli_progress_bar((double) n, NULL));
  ioi_tally_rows(&rows, sum, count, list, lists, step, (int) use, work,
                 ioi_r_key_levels(rows.keys, use), on_tick, &bar);
  close_lists(list, key, out, XLENGTH(columns));
  cli_progress_done(bar);
  UNPROTECT(2);
  return out;
}

/* The level (from 0) of every row in key `which`; NA for none. */
SEXP ioi_r_levels(SEXP keys, SEXP which, SEXP rows)
{
  const size_t n = (size_t) Rf_asReal(rows), count = (size_t) XLENGTH(keys);
  const ioi_key *key = ioi_r_keys(keys, 0);
  ioi_level *level = ioi_r_key_levels(count, 1);
  const ioi_level *mine =
    level + ((size_t) Rf_asInteger(which) - 1) * IOI_BLOCK;
  SEXP out = PROTECT(Rf_allocVector(INTSXP, (R_xlen_t) n));
  int *at = INTEGER(out);
  for (size_t from = 0; from < n; from += IOI_BLOCK) {
    size_t block = n - from < IOI_BLOCK ? n - from : IOI_BLOCK;
    ioi_key_block(key, count, from, block, level);
    for (size_t i = 0; i < block; i++)
      at[from + i] = mine[i] == IOI_NO_LEVEL ? NA_INTEGER : (int) mine[i];
  }
  UNPROTECT(1);
  return out;
}

/* Weights (NULL for 1) times the factor of the level of each row in key `which`, and
 * themselves where there is none. */
SEXP ioi_r_scale_weights(SEXP keys, SEXP which, SEXP rows, SEXP weight,
                         SEXP factor)
{
  const size_t n = (size_t) Rf_asReal(rows), count = (size_t) XLENGTH(keys);
  const size_t at = (size_t) Rf_asInteger(which) - 1;
  const ioi_sum wanted = {.key = at};
  const ioi_numbers w = ioi_r_numbers(weight, 0);
  ioi_key *key = ioi_r_keys(keys, 0);
  ioi_tally_idle(&wanted, 1, key, count);
  SEXP out = PROTECT(Rf_allocVector(REALSXP, (R_xlen_t) n));
  ioi_scale_weights(key, count, at, &w, n, REAL_RO(factor), REAL(out),
                    ioi_r_key_levels(count, 1));
  UNPROTECT(1);
  return out;
}

/* Weights (NULL for 1), 0 where those after a calibration are 0; themselves where that
 * changes nothing. */
SEXP ioi_r_weights_within(SEXP weight, SEXP after)
{
  const R_xlen_t n = XLENGTH(after);
  const ioi_numbers w = ioi_r_numbers(weight, 0),
                    kept = ioi_r_numbers(after, 0);
  if (ioi_weights_within(&w, &kept, (size_t) n, NULL) == 0) return weight;
  SEXP out = PROTECT(Rf_allocVector(REALSXP, n));
  ioi_weights_within(&w, &kept, (size_t) n, REAL(out));
  UNPROTECT(1);
  return out;
}

/* What a scan of a numeric column finds; first_bad counts rows from 1. */
SEXP ioi_r_scan(SEXP x, SEXP threads)
{
  const char *names[] = {"missing",   "infinite", "negative", "zero",
                         "first_bad", "first",    ""};
  const R_xlen_t n = Rf_xlength(x);
  ioi_scan scan;
  ioi_numbers numbers = ioi_r_numbers(x, 0);
  ioi_design_scan(&numbers, (size_t) n, ioi_r_threads(threads, n), &scan);
  const double found[] = {(double) scan.missing,       (double) scan.infinite,
                          (double) scan.negative,      (double) scan.zero,
                          (double) scan.first_bad + 1, scan.first};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  for (int i = 0; i < 6; i++) SET_VECTOR_ELT(out, i, Rf_ScalarReal(found[i]));
  UNPROTECT(1);
  return out;
}

/* The rows inside a subset: TRUE where the condition is, and where `within` is unless
 * that is NULL; how many these are, and how many are unknown. The condition itself is
 * given back where nothing changes. */
SEXP ioi_r_inside(SEXP condition, SEXP within)
{
  const size_t n = (size_t) XLENGTH(condition);
  const int *value = LOGICAL_RO(condition);
  const int *before = Rf_isNull(within) ? NULL : LOGICAL_RO(within);
  const char *names[] = {"inside", "rows", "unknown", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  size_t unknown = 0;
  const size_t count = ioi_design_inside(value, before, n, NULL, &unknown);
  SET_VECTOR_ELT(out, 0, condition);
  if (before || unknown > 0) {
    SET_VECTOR_ELT(out, 0, Rf_allocVector(LGLSXP, (R_xlen_t) n));
    ioi_design_inside(value, before, n, LOGICAL(VECTOR_ELT(out, 0)), &unknown);
  }
  SET_VECTOR_ELT(out, 1, Rf_ScalarInteger((int) count));
  SET_VECTOR_ELT(out, 2, Rf_ScalarInteger((int) unknown));
  UNPROTECT(1);
  return out;
}

/* Stratum (from 0, -1 for none) of each PSU, and the first row (from 1) whose
 * PSU lies in a second stratum, or NA. */
SEXP ioi_r_nest(SEXP keys, SEXP psu, SEXP stratum, SEXP rows, SEXP threads)
{
  const ioi_key *key = ioi_r_keys(keys, 0);
  const size_t n_keys = (size_t) XLENGTH(keys), n = (size_t) Rf_asReal(rows);
  const size_t p = (size_t) Rf_asInteger(psu) - 1, psus = key[p].levels;
  const size_t use = fitting_threads(threads, n, psus * sizeof(int));
  const char *names[] = {"of_psu", "row", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  size_t row = 0;
  SET_VECTOR_ELT(out, 0, Rf_allocVector(INTSXP, (R_xlen_t) psus));
  ioi_status status =
    ioi_design_nest(key, n_keys, p, (size_t) Rf_asInteger(stratum) - 1, n,
                    (int) use, INTEGER(VECTOR_ELT(out, 0)), &row,
                    (int *) R_alloc((use - 1) * psus, sizeof(int)),
                    ioi_r_key_levels(n_keys, use));
  SET_VECTOR_ELT(out, 1,
                 Rf_ScalarReal(status == IOI_OK ? NA_REAL : (double) row + 1));
  UNPROTECT(1);
  return out;
}

/* The value a column has in each level of key `which`, and the first row (from
 * 1) that differs from its level, or NA. */
SEXP ioi_r_constant(SEXP keys, SEXP which, SEXP column, SEXP rows, SEXP threads)
{
  ioi_key *key = ioi_r_keys(keys, 0);
  const size_t n_keys = (size_t) XLENGTH(keys), n = (size_t) Rf_asReal(rows);
  const size_t k = (size_t) Rf_asInteger(which) - 1, levels = key[k].levels;
  const size_t use = fitting_threads(threads, n, levels * sizeof(double));
  const ioi_numbers numbers = ioi_r_numbers(column, 0);
  const ioi_sum wanted = {.key = k};
  ioi_tally_idle(&wanted, 1, key, n_keys);
  const char *names[] = {"value", "row", ""};
  SEXP out = PROTECT(Rf_mkNamed(VECSXP, names));
  size_t row = 0;
  SET_VECTOR_ELT(out, 0, Rf_allocVector(REALSXP, (R_xlen_t) levels));
  ioi_status status = ioi_design_constant(
    key, n_keys, k, &numbers, n, (int) use, REAL(VECTOR_ELT(out, 0)), &row,
    (double *) R_alloc((use - 1) * levels, sizeof(double)),
    ioi_r_key_levels(n_keys, use));
  SET_VECTOR_ELT(out, 1,
                 Rf_ScalarReal(status == IOI_OK ? NA_REAL : (double) row + 1));
  UNPROTECT(1);
  return out;
}

/* Smallest and largest of a numeric or logical vector without its missing
 * values, and how many are missing: three doubles; NA where all are missing.
 * NULL where not all are whole numbers that an integer holds. */
SEXP ioi_r_range(SEXP x, SEXP threads)
{
  int low = NA_INTEGER, high = NA_INTEGER;
  size_t missing = 0, n = (size_t) XLENGTH(x);
  const int use = ioi_r_threads(threads, (R_xlen_t) n);
  ioi_status status = IOI_OK;
  if (Rf_isReal(x))
    status = ioi_key_range_real(REAL_RO(x), n, use, &low, &high, &missing);
  else
    ioi_key_range(INTEGER_RO(x), n, use, &low, &high, &missing);
  if (status != IOI_OK) return R_NilValue;
  SEXP out = PROTECT(Rf_allocVector(REALSXP, 3));
  REAL(out)[0] = low == NA_INTEGER ? NA_REAL : low;
  REAL(out)[1] = high == NA_INTEGER ? NA_REAL : high;
  REAL(out)[2] = (double) missing;
  UNPROTECT(1);
  return out;
}
