/* design.c - the checks of a design that read rows. */
#include "core/design.h"

#include <math.h>

static size_t block_of(size_t from, size_t rows)
{
  return rows - from < IOI_BLOCK ? rows - from : IOI_BLOCK;
}

/* Notes the strata of one block; the first row that disagrees, or rows. */
static size_t nest_block(const ioi_level *psu, const ioi_level *stratum,
                         size_t rows, int *of_psu)
{
  for (size_t i = 0; i < rows; i++) {
    if (psu[i] == IOI_NO_LEVEL || stratum[i] == IOI_NO_LEVEL) continue;
    int *known = of_psu + psu[i];
    if (*known >= 0 && *known != (int) stratum[i]) return i;
    *known = (int) stratum[i];
  }
  return rows;
}

ioi_status ioi_design_nest(const ioi_key *key, size_t keys, size_t psu,
                           size_t stratum, size_t rows, int *of_psu,
                           size_t *row, ioi_level *level)
{
  for (size_t j = 0; j < key[psu].levels; j++) of_psu[j] = -1;
  for (size_t from = 0; from < rows; from += IOI_BLOCK) {
    size_t block = block_of(from, rows);
    ioi_key_block(key, keys, from, block, level);
    size_t at = nest_block(level + psu * IOI_BLOCK, level + stratum * IOI_BLOCK,
                           block, of_psu);
    if (at < block) {
      *row = from + at;
      return IOI_ECROSSED;
    }
  }
  return IOI_OK;
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

/* Adds the rows from .. to - 1 to a scan of rows before them. */
static void scan_rows(const ioi_numbers *numbers, size_t from, size_t to,
                      ioi_scan *scan)
{
  for (size_t i = from; i < to; i++) {
    const double x = ioi_number_at(numbers, i);
    if (isnan(scan->first) && isfinite(x)) scan->first = x;
    if (!(x >= 0 && x < INFINITY)) {
      count_bad(scan, x, i);
      continue;
    }
    scan->zero += x == 0;
    scan->largest = x > scan->largest ? x : scan->largest;
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
  if (later->largest > scan->largest) scan->largest = later->largest;
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

ioi_status ioi_design_constant(const ioi_key *key, size_t keys, size_t which,
                               const ioi_numbers *column, size_t rows,
                               double *value, size_t *row, ioi_level *level)
{
  for (size_t l = 0; l < key[which].levels; l++) value[l] = NAN;
  for (size_t i = 0; i < rows; i++) {
    if (i % IOI_BLOCK == 0)
      ioi_key_block(key, keys, i, block_of(i, rows), level);
    ioi_level at = level[which * IOI_BLOCK + i % IOI_BLOCK];
    double x = ioi_number_at(column, i);
    if (at == IOI_NO_LEVEL) continue;
    if (isnan(value[at])) value[at] = x;
    if (!(value[at] == x)) {
      *row = i;
      return IOI_EDOMAIN;
    }
  }
  return IOI_OK;
}
