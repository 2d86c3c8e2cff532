/* tally.h - the one step that sees rows: sums over cells, in one pass.
 *
 * A sum runs over the levels of a key (see key.h). All sums of a call are made
 * in the same pass. Rows are cut in chunks of fixed length; every chunk is
 * summed apart, in row order, and the chunks are added in order. So the result
 * does not depend on the number of threads, and tallies of the same layout
 * add: chunks tallied apart and merged in order give the same bits. */
#ifndef IOI_CORE_TALLY_H
#define IOI_CORE_TALLY_H

#include <stddef.h>

#include "core/key.h"
#include "core/status.h"

typedef enum {
  IOI_SUM_ROWS, /* number of rows */
  IOI_SUM_N,    /* number of rows with a weight other than 0 */
  IOI_SUM_W,    /* sum of w, w x or w x y */
  IOI_SUM_WW,   /* sum of w^2, w^2 x or w^2 x y */
  IOI_SUM_ONE   /* sum of x or x y, whatever the weight */
} ioi_sum_kind;

/* No column. */
#define IOI_NO_VALUE SIZE_MAX

/* One sum.
 *   key    [in]      which key it runs over.
 *   x, y   [in]      columns to multiply with (not for the first two kinds), or
 *                    IOI_NO_VALUE.
 *   sum    [in,out]  key levels doubles; the call adds to what is there. */
typedef struct {
  ioi_sum_kind kind;
  size_t key;
  size_t x, y;
  double *sum;
} ioi_sum;

/* The rows: how many, which keys, which weight (both pointers NULL: 1 each)
 * and which columns x. Weights are
 * finite, and values where the keys of their sums have a level; the caller has
 * checked. */
typedef struct {
  size_t rows;
  size_t keys;
  const ioi_key *key;
  ioi_numbers weight;
  size_t values;
  const ioi_numbers *value;
} ioi_rows;

/* Rows sorted by a unit, for cells so many that most would be empty: each row
 * with a level in both keys and a weight other than 0 is an entry, those of a unit
 * together, in row order.
 *
 *   unit, cell  [in]      keys.
 *   columns     [in]      numbers that an entry holds.
 *   column      [in]      kind, x and y of each (IOI_SUM_W or _WW; `key` is not
 *                         read), and where the numbers go, as many as
 *                         there are entries.
 *   next        [in,out]  place of the next entry of each unit; at first what
 *                         ioi_entries_places() gave.
 *   at          [out]     cell of each entry. */
typedef struct {
  size_t unit, cell;
  size_t columns;
  const ioi_sum *column;
  int *next;
  int *at;
} ioi_entries;

/* Room for the entries of each unit: first[u] is the place of the first one, first[
 * units] how many there may be: the rows with a level in key `unit`.
 *
 *   key    [in]   keys up to `unit`; those it does not need are made idle.
 *   rows   [in]   number of rows, below 2^31.
 *   first  [out]  units + 1.
 *   level  [out]  work space, (unit + 1) * IOI_BLOCK. */
void ioi_entries_places(ioi_key *key, size_t unit, size_t rows, int *first,
                        ioi_level *level);

/* Closes the gaps that rows which are no entries have left; sets to 0 what is behind.
 *   first  [in,out]  of `units` units, as ioi_entries_places() gave it; then
 *                    first[u] .. first[u + 1] - 1 are the entries of unit u. */
void ioi_entries_close(ioi_entries *entries, size_t units, int *first);

/* Rows in a chunk for so many rows and doubles in all sums: no more than 2^20 or the
 * doubles, whichever is more, so that adding the chunks costs no more than the
 * pass. Rows that do not fit in one chunk are cut in an even number of equal ones
 * (but for a block), so that two threads end together. */
size_t ioi_tally_chunk(size_t rows, size_t doubles);

/* Doubles in all sums of a call. */
size_t ioi_tally_doubles(const ioi_rows *rows, const ioi_sum *sum, size_t sums);

/* Makes idle every key that no sum needs, for itself or as a part. */
void ioi_tally_idle(const ioi_sum *sum, size_t sums, ioi_key *key, size_t keys);

/* Adds the rows to the sums, and to the `lists` lists of entries.
 *
 *   chunk   [in]   rows in a chunk, at least 1.
 *   threads [in]   threads to use, at least 1; with entries it is 1.
 *   work    [out]  threads * ioi_tally_doubles() doubles; may be NULL when
 *                  that is 0 or rows->rows <= chunk.
 *   levels  [out]  threads * keys * IOI_BLOCK.
 *   tick    [in]   called with the rows done after each round of chunks; may
 *                  be NULL.
 * Time: O(rows * (keys + sums)). IOI_ESTOPPED: the tick asked to stop; the
 * sums are then incomplete. */
ioi_status ioi_tally_rows(const ioi_rows *rows, ioi_sum *sum, size_t sums,
                          ioi_entries *entries, size_t lists, size_t chunk,
                          int threads, double *work, ioi_level *levels,
                          ioi_tick tick, void *context);

/* into[i] += from[i]: merges two tallies of the same layout. */
void ioi_tally_merge(double *into, const double *from, size_t doubles);

#endif
