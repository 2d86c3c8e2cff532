/* key.h - from columns as they lie in memory to the cell a row belongs to.
 *
 * A key gives every row a level 0 .. levels - 1, or none. It is either a
 * column of integers read in place, or the product of keys that stand before
 * it in the same array; so an array of keys is a small program that is run
 * once for each block of rows. Nothing as long as the data is ever made. */
#ifndef IOI_CORE_KEY_H
#define IOI_CORE_KEY_H

#include <limits.h>
#include <math.h>
#include <stddef.h>
#include <stdint.h>

#include "core/status.h"

/* A column of numbers as it lies in memory, less `centre`: one of the two
 * pointers is not NULL. Missing are NaN, and INT_MIN among integers. Taking a
 * number near the mean off before anything is squared keeps the digits. */
typedef struct {
  const double *real;
  const int *integer;
  double centre;
} ioi_numbers;

/* Number i of a column less its centre, NaN where it is missing; 1 where both
 * pointers are NULL. */
static inline double ioi_number_at(const ioi_numbers *numbers, size_t i)
{
  if (numbers->real) return numbers->real[i] - numbers->centre;
  if (!numbers->integer) return 1;
  if (numbers->integer[i] == INT_MIN) return NAN;
  return numbers->integer[i] - numbers->centre;
}

/* Numbers from .. from + rows - 1 of a column less its centre as doubles, 1 where
 * both pointers are NULL; `buffer`, rows doubles, is used unless they lie in memory
 * as they are wanted. Missing integers are INT_MIN less the centre. */
const double *ioi_numbers_block(const ioi_numbers *numbers, size_t from,
                                size_t rows, double *buffer);

/* The level of a row in a key, and that of a row that takes no part. */
typedef uint32_t ioi_level;
#define IOI_NO_LEVEL UINT32_MAX

/* Rows that are worked on together; their levels stay in the first cache. */
#define IOI_BLOCK ((size_t) 512)

/* The combinations that occur among all that could, in ascending order of
 * code; an open-addressing table finds the rank of a code.
 *
 *   slots [in]  size of the table, a power of two.
 *   code        slots codes, IOI_NO_CODE where free.
 *   rank        slots ranks, 0 .. count - 1. */
#define IOI_NO_CODE UINT64_MAX
typedef struct {
  size_t slots;
  uint64_t *code;
  uint32_t *rank;
} ioi_index;

/* One key.
 *
 * A column (parts == 0): value holds one integer a row (factor codes, integers
 * or logicals), or real one whole number a row; both NULL: every row has level
 * 0. Value first + i has the level map[i], or i where map is NULL; i runs over
 * 0 .. size - 1; a value outside, R's NA_INTEGER and NaN among them, or a
 * negative map[i], means none.
 *
 * A column of numbers (parts == 0, a pointer in `observed`): level 0 where the
 * number is not missing.
 *
 * A column of numbers that is cut (a pointer in `cut`): part[0] is an earlier key
 * whose level d has the levels - 1 ascending numbers from cut[d * (levels - 1)] on;
 * the level is how many of them are below the number, 0 where they are NaN; none
 * where the number is missing or d is none.
 *
 * A product (parts > 0): part names earlier keys, most significant first. Its
 * code is their levels in mixed radix, which stays below IOI_NO_CODE. With an
 * index its level is the rank of the code, none for a code not in the index;
 * without one it is the code or map[code], where there is a map, none where that is
 * negative, and there are fewer than IOI_NO_LEVEL codes.
 *
 * idle: not 0 for a key that nobody asks for: its levels are not made. */
typedef struct {
  const int *value;
  const double *real;
  int first;
  size_t size;
  const int *map;
  ioi_numbers observed;
  const double *cut;
  size_t parts;
  const size_t *part;
  const ioi_index *index;
  size_t levels;
  int idle;
} ioi_key;

/* The smallest and largest of n integers without R's missing values, in `threads`
 * threads, at least 1.
 *   low, high [out]  untouched when all are missing.
 *   missing   [out]  how many are missing (INT_MIN). */
void ioi_key_range(const int *value, size_t n, int threads, int *low, int *high,
                   size_t *missing);

/* The same of n doubles; missing are NaN. IOI_EDOMAIN: not all are whole numbers
 * between -INT_MAX and INT_MAX; nothing is set. */
ioi_status ioi_key_range_real(const double *value, size_t n, int threads,
                              int *low, int *high, size_t *missing);

/* Levels of the `rows` <= IOI_BLOCK rows from row `from` in every key.
 *
 *   key   [in]   keys, each product after its parts.
 *   level [out]  keys * IOI_BLOCK: level[k * IOI_BLOCK + i] of row from + i.
 * Allocates nothing, keeps no state: safe in any thread. */
void ioi_key_block(const ioi_key *key, size_t keys, size_t from, size_t rows,
                   ioi_level *level);

/* In which level of key `outer` all rows of each level of key `inner` are.
 *
 *   of     [out]  key[inner].levels: the level; -1 for none and for a level
 *                 without rows.
 *   level  [out]  work space, keys * IOI_BLOCK.
 * IOI_ECROSSED: the rows of a level are in two, or some in none. */
ioi_status ioi_key_inside(const ioi_key *key, size_t keys, size_t inner,
                          size_t outer, size_t rows, int *of, ioi_level *level);

/* Enters the codes of product key `which` over all rows in the index.
 *
 *   key    [in]      keys up to key[which], which has parts.
 *   rows   [in]      number of rows.
 *   index  [in,out]  emptied here: code[] all IOI_NO_CODE.
 *   count  [out]     distinct codes found.
 *   level  [out]     work space, which * IOI_BLOCK.
 * IOI_EFULL: more than slots / 2 distinct codes; give twice the slots. */
ioi_status ioi_index_find(const ioi_key *key, size_t which, size_t rows,
                          ioi_index *index, size_t *count, ioi_level *level);

/* Sorts the codes of a filled index and gives each its rank.
 *
 *   index [in,out]  rank[] is written.
 *   code  [out]     count codes in ascending order.
 *   work  [out]     count codes. Both may be NULL where count is 0. */
void ioi_index_rank(ioi_index *index, uint64_t *code, size_t count,
                    uint64_t *work);

#endif
