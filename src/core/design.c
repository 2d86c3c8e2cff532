/* design.c - the checks of a design that read rows. */
#include "core/design.h"

#include "core/vector.h"

#include <limits.h>
#include <math.h>

static size_t block_of(size_t from, size_t rows)
{
  return rows - from < IOI_BLOCK ? rows - from : IOI_BLOCK;
}

/* Does a block say only what is known? It may say no when it does. No branches, so
 * that rows do not wait for each other. */
static int nest_known(const ioi_level *psu, const ioi_level *stratum,
                      size_t rows, const int *of_psu, size_t psus)
{
  ioi_level differ = 0;
  if (psus == 0) return 1;
  for (size_t i = 0; i < rows; i++) {
    const size_t at = psu[i] < psus ? psu[i] : 0;
    differ |= (ioi_level) of_psu[at] ^ stratum[i];
  }
  return differ == 0;
}

/* Notes the strata of one block; the first row that disagrees, or rows. */
static size_t nest_block(const ioi_level *psu, const ioi_level *stratum,
                         size_t rows, int *of_psu)
{
  for (size_t i = 0; i < rows; i++) {
    const int here = (int) stratum[i]; /* -1 for none */
    if (psu[i] == IOI_NO_LEVEL || of_psu[psu[i]] == here || here < 0) continue;
    if (of_psu[psu[i]] >= 0) return i;
    of_psu[psu[i]] = here;
  }
  return rows;
}

/* The strata of the PSUs in rows from .. to - 1; the first row whose PSU lies
 * in another of these rows' strata, or `to`. */
static size_t nest_rows(const ioi_key *key, size_t keys, size_t psu,
                        size_t stratum, size_t from, size_t to, int *of_psu,
                        ioi_level *level)
{
  for (size_t j = 0; j < key[psu].levels; j++) of_psu[j] = -1;
  for (size_t row = from; row < to; row += IOI_BLOCK) {
    const size_t block = block_of(row, to);
    ioi_key_block(key, keys, row, block, level);
    const ioi_level *unit = level + psu * IOI_BLOCK;
    const ioi_level *here = level + stratum * IOI_BLOCK;
    if (nest_known(unit, here, block, of_psu, key[psu].levels)) continue;
    const size_t at = nest_block(unit, here, block, of_psu);
    if (at < block) return row + at;
  }
  return to;
}

/* Adds the strata that other rows give; 0 where a PSU has two. */
static int nest_merge(int *of_psu, const int *other, size_t psus)
{
  int two = 0;
  for (size_t j = 0; j < psus; j++) {
    two |= of_psu[j] >= 0 && other[j] >= 0 && of_psu[j] != other[j];
    if (of_psu[j] < 0) of_psu[j] = other[j];
  }
  return !two;
}

/* The rows in as many parts as there are threads. Which row is the first to
 * cross depends on all rows before it: they are then read anew, in order. */
ioi_status ioi_design_nest(const ioi_key *key, size_t keys, size_t psu,
                           size_t stratum, size_t rows, int threads,
                           int *of_psu, size_t *row, int *work,
                           ioi_level *level)
{
  const size_t psus = key[psu].levels, parts = (size_t) threads;
  const size_t step = rows / parts + 1;
  int crossed = 0;
#ifdef _OPENMP
#pragma omp parallel for num_threads(threads) if (parts > 1)                   \
  reduction(|                                                                  \
            : crossed)
#endif
  for (size_t p = 0; p < parts; p++) {
    const size_t from = p * step < rows ? p * step : rows;
    const size_t to = rows - from < step ? rows : from + step;
    int *mine = p == 0 ? of_psu : work + (p - 1) * psus;
    crossed |= nest_rows(key, keys, psu, stratum, from, to, mine,
                         level + p * keys * IOI_BLOCK)
               < to;
  }
  for (size_t p = 1; p < parts && !crossed; p++)
    crossed = !nest_merge(of_psu, work + (p - 1) * psus, psus);
  if (!crossed) return IOI_OK;
  *row = nest_rows(key, keys, psu, stratum, 0, rows, of_psu, level);
  return IOI_ECROSSED;
}

/* Counts a value that cannot be used. */
static void count_bad(ioi_scan *scan, double x, size_t i)
{
  if (scan->missing + scan->infinite + scan->negative == 0) scan->first_bad = i;
  if (isnan(x))
    scan->missing++;
  else if (isinf(x))
    scan->infinite++;
  else
    scan->negative++;
}

/* Adds the rows of a block one by one. */
static void scan_each(const double *x, size_t from, size_t rows, ioi_scan *scan)
{
  for (size_t i = 0; i < rows; i++) {
    if (isnan(scan->first) && isfinite(x[i])) scan->first = x[i];
    if (x[i] >= 0 && x[i] < INFINITY)
      scan->zero += x[i] == 0;
    else
      count_bad(scan, x[i], from + i);
  }
}

/* Are all numbers of a block finite and above 0? */
static int all_positive(const double *x, size_t rows)
{
  for (size_t i = 0; i < rows; i++)
    if (!(x[i] > 0 && x[i] < INFINITY)) return 0;
  return 1;
}

/* Numbers from .. from + rows - 1 as doubles, NaN where missing. */
static const double *scan_block(const ioi_numbers *numbers, size_t from,
                                size_t rows, double *buffer)
{
  if (numbers->real && numbers->centre == 0) {
    ioi_prefetch_next(numbers->real + from, rows * sizeof *buffer);
    return numbers->real + from;
  }
  for (size_t i = 0; i < rows; i++)
    buffer[i] = ioi_number_at(numbers, from + i);
  return buffer;
}

/* Adds the rows from .. to - 1 to a scan of rows before them. */
static void scan_rows(const ioi_numbers *numbers, size_t from, size_t to,
                      ioi_scan *scan)
{
  double buffer[IOI_BLOCK];
  for (size_t row = from; row < to; row += IOI_BLOCK) {
    const size_t block = block_of(row, to);
    const double *x = scan_block(numbers, row, block, buffer);
    if (isnan(scan->first) || !all_positive(x, block))
      scan_each(x, row, block, scan);
  }
}

/* Adds the scan of later rows. */
static void merge_scan(ioi_scan *scan, const ioi_scan *later)
{
  if (scan->missing + scan->infinite + scan->negative == 0)
    scan->first_bad = later->first_bad;
  scan->missing += later->missing;
  scan->infinite += later->infinite;
  scan->negative += later->negative;
  scan->zero += later->zero;
  if (isnan(scan->first)) scan->first = later->first;
}

/* The rows in as many parts as there are threads, then in order. */
void ioi_design_scan(const ioi_numbers *numbers, size_t rows, int threads,
                     ioi_scan *scan)
{
  enum { MOST = 16 };
  const int parts = threads < MOST ? threads : MOST;
  const size_t step = rows / (size_t) parts + 1;
  ioi_scan part[MOST] = {{0}};
#ifdef _OPENMP
#pragma omp parallel for num_threads(parts) if (parts > 1)
#endif
  for (int p = 0; p < parts; p++) {
    const size_t from = (size_t) p * step, left = rows - from;
    ioi_scan mine = {0};
    mine.first = NAN;
    if (from < rows)
      scan_rows(numbers, from, left < step ? rows : from + step, &mine);
    part[p] = mine;
  }
  for (int p = 1; p < parts; p++) merge_scan(part, part + p);
  *scan = part[0];
}

size_t ioi_design_inside(const int *condition, const int *within, size_t rows,
                         int *inside, size_t *unknown)
{
  size_t count = 0;
  *unknown = 0;
  for (size_t i = 0; i < rows; i++) {
    const int before = !within || within[i], value = condition[i];
    const int both = before && value != INT_MIN && value != 0;
    *unknown += before && value == INT_MIN;
    count += (size_t) both;
    if (inside) inside[i] = both;
  }
  return count;
}

/* Notes the values of one block; the first row that differs, or rows. */
static size_t constant_block(const ioi_level *at, const double *x, size_t rows,
                             double *value)
{
  for (size_t i = 0; i < rows; i++) {
    if (at[i] == IOI_NO_LEVEL || value[at[i]] == x[i]) continue;
    if (!isnan(value[at[i]]) || isnan(x[i])) return i;
    value[at[i]] = x[i];
  }
  return rows;
}

/* The values of the levels in rows from .. to - 1; the first row that differs from
 * these rows of its level, or `to`. */
static size_t constant_rows(const ioi_key *key, size_t keys, size_t which,
                            const ioi_numbers *column, size_t from, size_t to,
                            double *value, ioi_level *level)
{
  double buffer[IOI_BLOCK];
  for (size_t l = 0; l < key[which].levels; l++) value[l] = NAN;
  for (size_t row = from; row < to; row += IOI_BLOCK) {
    const size_t block = block_of(row, to);
    const double *x = scan_block(column, row, block, buffer);
    ioi_key_block(key, keys, row, block, level);
    const size_t at =
      constant_block(level + which * IOI_BLOCK, x, block, value);
    if (at < block) return row + at;
  }
  return to;
}

/* Adds the values that other rows give; 0 where a level has two. */
static int constant_merge(double *value, const double *other, size_t levels)
{
  int two = 0;
  for (size_t l = 0; l < levels; l++) {
    two |= !isnan(value[l]) && !isnan(other[l]) && value[l] != other[l];
    if (isnan(value[l])) value[l] = other[l];
  }
  return !two;
}

/* In parts, and anew to find the first row that differs, as for the strata. */
ioi_status ioi_design_constant(const ioi_key *key, size_t keys, size_t which,
                               const ioi_numbers *column, size_t rows,
                               int threads, double *value, size_t *row,
                               double *work, ioi_level *level)
{
  const size_t levels = key[which].levels, parts = (size_t) threads;
  const size_t step = rows / parts + 1;
  int differs = 0;
#ifdef _OPENMP
#pragma omp parallel for num_threads(threads) if (parts > 1)                   \
  reduction(|                                                                  \
            : differs)
#endif
  for (size_t p = 0; p < parts; p++) {
    const size_t from = p * step < rows ? p * step : rows;
    const size_t to = rows - from < step ? rows : from + step;
    double *mine = p == 0 ? value : work + (p - 1) * levels;
    differs |= constant_rows(key, keys, which, column, from, to, mine,
                             level + p * keys * IOI_BLOCK)
               < to;
  }
  for (size_t p = 1; p < parts && !differs; p++)
    differs = !constant_merge(value, work + (p - 1) * levels, levels);
  if (!differs) return IOI_OK;
  *row = constant_rows(key, keys, which, column, 0, rows, value, level);
  return IOI_EDOMAIN;
}
