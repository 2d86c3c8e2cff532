/* key.c - levels of rows in columns and in products of columns.
 * The table is linear probing (Knuth, The Art of Computer Programming, vol. 3,
 * section 6.4); codes are spread by two multiplications with a fold between, as
 * in splitmix64 (Steele, Lea & Flood 2014, OOPSLA, 453-472), for codes are
 * products: one multiplication would heap up those with a large common factor. */
#include "core/key.h"

#include "core/vector.h"

#include <limits.h>
#include <math.h>
#include <string.h>

/* 2^64 divided by the golden ratio, made odd; and splitmix64's multiplier. */
static const uint64_t golden = UINT64_C(0x9E3779B97F4A7C15);
static const uint64_t second = UINT64_C(0xBF58476D1CE4E5B9);

void ioi_key_range(const int *value, size_t n, int threads, int *low, int *high,
                   size_t *missing)
{
  int smallest = INT_MAX, largest = INT_MIN;
  size_t none = 0;
#ifdef _OPENMP
#pragma omp parallel for simd num_threads(threads) if (parallel : threads > 1) \
  reduction(min : smallest) reduction(max : largest) reduction(+ : none)
#else
  (void) threads;
#endif
  for (size_t i = 0; i < n; i++) {
    int known = value[i] == INT_MIN ? INT_MAX : value[i];
    smallest = known < smallest ? known : smallest;
    largest = value[i] > largest ? value[i] : largest;
    none += value[i] == INT_MIN;
  }
  *missing = none;
  if (*missing == n) return;
  *low = smallest;
  *high = largest;
}

/* What is known of a column of doubles; not whole where some are no whole numbers
 * that an int holds. */
typedef struct {
  int low, high, whole;
  size_t missing;
} real_range;

static void range_block(const double *value, size_t rows, real_range *range)
{
  int low = range->low, high = range->high;
  ioi_prefetch_next(value, rows * sizeof *value);
  for (size_t i = 0; i < rows; i++) {
    const double x = value[i];
    if (isnan(x)) {
      range->missing++;
      continue;
    }
    const int whole = fabs(x) <= INT_MAX ? (int) x : 0;
    if (x != whole) {
      range->whole = 0;
      return;
    }
    low = whole < low ? whole : low;
    high = whole > high ? whole : high;
  }
  range->low = low;
  range->high = high;
}

ioi_status ioi_key_range_real(const double *value, size_t n, int threads,
                              int *low, int *high, size_t *missing)
{
  const ptrdiff_t blocks = (ptrdiff_t) ((n + IOI_BLOCK - 1) / IOI_BLOCK);
  int smallest = INT_MAX, largest = -INT_MAX, whole = 1;
  size_t none = 0;
#ifdef _OPENMP
#pragma omp parallel for num_threads(threads) if (threads > 1) \
  reduction(min : smallest) reduction(max : largest) reduction(+ : none) \
  reduction(& : whole)
#else
  (void) threads;
#endif
  for (ptrdiff_t b = 0; b < blocks; b++) {
    if (!whole) continue;
    const size_t from = (size_t) b * IOI_BLOCK, left = n - from;
    real_range range = {smallest, largest, whole, none};
    range_block(value + from, left < IOI_BLOCK ? left : IOI_BLOCK, &range);
    smallest = range.low;
    largest = range.high;
    whole = range.whole;
    none = range.missing;
  }
  if (!whole) return IOI_EDOMAIN;
  *missing = none;
  if (none == n) return IOI_OK;
  *low = smallest;
  *high = largest;
  return IOI_OK;
}

/* Positions in a column: value - first, where that is below size. */
static void read_block(const ioi_key *key, const int *value, size_t rows,
                       ioi_level *level)
{
  const unsigned first = (unsigned) key->first, size = (unsigned) key->size;
  ioi_prefetch_next(value, rows * sizeof *value);
  IOI_VECTOR
  for (size_t i = 0; i < rows; i++) {
    unsigned at = (unsigned) value[i] - first;
    level[i] = at < size ? at : IOI_NO_LEVEL;
  }
}

static void read_reals(const ioi_key *key, const double *value, size_t rows,
                       ioi_level *level)
{
  const double first = key->first, size = (double) key->size;
  ioi_prefetch_next(value, rows * sizeof *value);
  for (size_t i = 0; i < rows; i++) {
    double at = value[i] - first;
    level[i] = at >= 0 && at < size ? (ioi_level) at : IOI_NO_LEVEL;
  }
}

static void map_block(const int *map, size_t rows, ioi_level *level)
{
  for (size_t i = 0; i < rows; i++)
    if (level[i] != IOI_NO_LEVEL)
      level[i] = map[level[i]] < 0 ? IOI_NO_LEVEL : (ioi_level) map[level[i]];
}

static void column_block(const ioi_key *key, size_t from, size_t rows,
                         ioi_level *level)
{
  if (key->value)
    read_block(key, key->value + from, rows, level);
  else if (key->real)
    read_reals(key, key->real + from, rows, level);
  else
    for (size_t i = 0; i < rows; i++)
      level[i] = key->size > 0 ? 0 : IOI_NO_LEVEL;
  if (key->map) map_block(key->map, rows, level);
}

static void observed_block(const ioi_numbers *numbers, size_t from, size_t rows,
                           ioi_level *level)
{
  for (size_t i = 0; i < rows; i++) {
    int missing = numbers->real ? isnan(numbers->real[from + i])
                                : numbers->integer[from + i] == INT_MIN;
    level[i] = missing ? IOI_NO_LEVEL : 0;
  }
}

/* How many of the ascending cuts are below x. */
static ioi_level cuts_below(double x, const double *cut, size_t cuts)
{
  size_t low = 0, high = cuts;
  while (low < high) {
    const size_t middle = low + (high - low) / 2;
    if (x > cut[middle])
      low = middle + 1;
    else
      high = middle;
  }
  return (ioi_level) low;
}

static void cut_block(const ioi_key *key, size_t from, size_t rows,
                      const ioi_level *levels, ioi_level *level)
{
  const ioi_level *part = levels + key->part[0] * IOI_BLOCK;
  const size_t cuts = key->levels - 1;
  for (size_t i = 0; i < rows; i++) {
    const double x = ioi_number_at(&key->observed, from + i);
    level[i] = part[i] == IOI_NO_LEVEL || isnan(x)
                 ? IOI_NO_LEVEL
                 : cuts_below(x, key->cut + part[i] * cuts, cuts);
  }
}

const double *ioi_numbers_block(const ioi_numbers *numbers, size_t from,
                                size_t rows, double *buffer)
{
  const double centre = numbers->centre;
  if (numbers->real)
    ioi_prefetch_next(numbers->real + from, rows * sizeof *buffer);
  if (numbers->real && centre == 0) return numbers->real + from;
  for (size_t i = 0; i < rows; i++)
    buffer[i] = numbers->real      ? numbers->real[from + i] - centre
                : numbers->integer ? numbers->integer[from + i] - centre
                                   : 1;
  return buffer;
}

static size_t slot_of(const ioi_index *index, uint64_t code)
{
  uint64_t mixed = code * golden;
  mixed = (mixed ^ mixed >> 32) * second;
  size_t at = (size_t) (mixed >> 31) & (index->slots - 1);
  while (index->code[at] != code && index->code[at] != IOI_NO_CODE)
    at = (at + 1) & (index->slots - 1);
  return at;
}

/* The codes of a product in 64 bits, IOI_NO_CODE for none. */
static void product_codes(const ioi_key *key, const ioi_key *all, size_t rows,
                          const ioi_level *levels, uint64_t *code)
{
  for (size_t i = 0; i < rows; i++) code[i] = 0;
  for (size_t p = 0; p < key->parts; p++) {
    const ioi_level *part = levels + key->part[p] * IOI_BLOCK;
    const uint64_t radix = all[key->part[p]].levels;
    for (size_t i = 0; i < rows; i++)
      code[i] = code[i] == IOI_NO_CODE || part[i] == IOI_NO_LEVEL
                  ? IOI_NO_CODE
                  : code[i] * radix + part[i];
  }
}

static void index_block(const ioi_key *key, const ioi_key *all, size_t rows,
                        const ioi_level *levels, ioi_level *level)
{
  const ioi_index *index = key->index;
  uint64_t code[IOI_BLOCK];
  product_codes(key, all, rows, levels, code);
  for (size_t i = 0; i < rows; i++) {
    level[i] = IOI_NO_LEVEL;
    if (code[i] == IOI_NO_CODE) continue;
    size_t at = slot_of(index, code[i]);
    if (index->code[at] != IOI_NO_CODE) level[i] = index->rank[at];
  }
}

static void product_block(const ioi_key *key, const ioi_key *all, size_t rows,
                          const ioi_level *levels, ioi_level *level)
{
  const ioi_level *first = levels + key->part[0] * IOI_BLOCK;
  memcpy(level, first, rows * sizeof *level);
  for (size_t p = 1; p < key->parts; p++) {
    const ioi_level *part = levels + key->part[p] * IOI_BLOCK;
    const ioi_level radix = (ioi_level) all[key->part[p]].levels;
    IOI_VECTOR
    for (size_t i = 0; i < rows; i++)
      level[i] = ((level[i] == IOI_NO_LEVEL) | (part[i] == IOI_NO_LEVEL))
                   ? IOI_NO_LEVEL
                   : level[i] * radix + part[i];
  }
  if (key->map) map_block(key->map, rows, level);
}

void ioi_key_block(const ioi_key *key, size_t keys, size_t from, size_t rows,
                   ioi_level *level)
{
  for (size_t k = 0; k < keys; k++) {
    ioi_level *out = level + k * IOI_BLOCK;
    if (key[k].idle) continue;
    if (key[k].cut)
      cut_block(key + k, from, rows, level, out);
    else if (key[k].index)
      index_block(key + k, key, rows, level, out);
    else if (key[k].parts > 0)
      product_block(key + k, key, rows, level, out);
    else if (key[k].observed.real || key[k].observed.integer)
      observed_block(&key[k].observed, from, rows, out);
    else
      column_block(key + k, from, rows, out);
  }
}

/* Not seen yet. */
enum { NEW = -2 };

static int inside_block(const ioi_level *inner, const ioi_level *outer,
                        size_t rows, int *of)
{
  for (size_t i = 0; i < rows; i++) {
    if (inner[i] == IOI_NO_LEVEL) continue;
    const int here = outer[i] == IOI_NO_LEVEL ? -1 : (int) outer[i];
    int *known = of + inner[i];
    if (*known == NEW) *known = here;
    if (*known != here) return 0;
  }
  return 1;
}

ioi_status ioi_key_inside(const ioi_key *key, size_t keys, size_t inner,
                          size_t outer, size_t rows, int *of, ioi_level *level)
{
  const size_t levels = key[inner].levels;
  for (size_t l = 0; l < levels; l++) of[l] = NEW;
  for (size_t from = 0; from < rows; from += IOI_BLOCK) {
    const size_t block = rows - from < IOI_BLOCK ? rows - from : IOI_BLOCK;
    ioi_key_block(key, keys, from, block, level);
    if (!inside_block(level + inner * IOI_BLOCK, level + outer * IOI_BLOCK,
                      block, of))
      return IOI_ECROSSED;
  }
  for (size_t l = 0; l < levels; l++)
    if (of[l] == NEW) of[l] = -1;
  return IOI_OK;
}

/* Enters the codes of one block; the new count, or slots when there is no
 * room for more than half of them. */
static size_t enter_block(ioi_index *index, size_t rows, const uint64_t *code,
                          size_t count)
{
  for (size_t i = 0; i < rows; i++) {
    if (code[i] == IOI_NO_CODE) continue;
    size_t at = slot_of(index, code[i]);
    if (index->code[at] != IOI_NO_CODE) continue;
    if (2 * (count + 1) > index->slots) return index->slots;
    index->code[at] = code[i];
    count++;
  }
  return count;
}

ioi_status ioi_index_find(const ioi_key *key, size_t which, size_t rows,
                          ioi_index *index, size_t *count, ioi_level *level)
{
  uint64_t code[IOI_BLOCK];
  size_t found = 0;
  for (size_t s = 0; s < index->slots; s++) index->code[s] = IOI_NO_CODE;
  for (size_t from = 0; from < rows; from += IOI_BLOCK) {
    size_t block = rows - from < IOI_BLOCK ? rows - from : IOI_BLOCK;
    ioi_key_block(key, which, from, block, level);
    product_codes(key + which, key, block, level, code);
    found = enter_block(index, block, code, found);
    if (found == index->slots) return IOI_EFULL;
  }
  *count = found;
  return IOI_OK;
}

/* Sorts by the byte at `shift`; equal ones keep their order. */
static void sort_by_byte(const uint64_t *code, size_t count, unsigned shift,
                         uint64_t *out)
{
  size_t start[257] = {0};
  for (size_t i = 0; i < count; i++) start[(code[i] >> shift & 255) + 1]++;
  for (size_t b = 0; b < 255; b++) start[b + 1] += start[b];
  for (size_t i = 0; i < count; i++)
    out[start[code[i] >> shift & 255]++] = code[i];
}

/* Radix sort, the least significant byte first (Knuth, vol. 3, section 5.2.5). */
static void sort_codes(uint64_t *code, size_t count, uint64_t *work)
{
  uint64_t most = 0;
  for (size_t i = 0; i < count; i++) most |= code[i];
  for (unsigned shift = 0; shift < 64 && most >> shift > 0; shift += 8) {
    sort_by_byte(code, count, shift, work);
    memcpy(code, work, count * sizeof *code);
  }
}

void ioi_index_rank(ioi_index *index, uint64_t *code, size_t count,
                    uint64_t *work)
{
  size_t found = 0;
  for (size_t s = 0; s < index->slots; s++)
    if (index->code[s] != IOI_NO_CODE) code[found++] = index->code[s];
  sort_codes(code, count, work);
  for (size_t i = 0; i < count; i++)
    index->rank[slot_of(index, code[i])] = (uint32_t) i;
}
