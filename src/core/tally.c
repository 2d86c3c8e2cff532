/* tally.c - sums over cells in one pass, in chunks that add in order. */
#include "core/tally.h"

#include "core/vector.h"

#include <string.h>

/* Chunks are long enough that starting them costs nothing, and short enough
 * that a round of them can be interrupted within some 10 ms. */
static const size_t usual_chunk = (size_t) 1 << 20;

size_t ioi_tally_chunk(size_t rows, size_t doubles)
{
  const size_t most = doubles > usual_chunk ? doubles : usual_chunk;
  if (rows <= most) return most;
  const size_t chunks = 2 * ((rows + 2 * most - 1) / (2 * most));
  const size_t blocks = (rows + IOI_BLOCK - 1) / IOI_BLOCK;
  return (blocks + chunks - 1) / chunks * IOI_BLOCK;
}

size_t ioi_tally_doubles(const ioi_rows *rows, const ioi_sum *sum, size_t sums)
{
  size_t doubles = 0;
  for (size_t s = 0; s < sums; s++) doubles += rows->key[sum[s].key].levels;
  return doubles;
}

void ioi_tally_merge(double *into, const double *from, size_t doubles)
{
  IOI_VECTOR
  for (size_t i = 0; i < doubles; i++) into[i] += from[i];
}

void ioi_tally_idle(const ioi_sum *sum, size_t sums, ioi_key *key, size_t keys)
{
  for (size_t k = 0; k < keys; k++) key[k].idle = 1;
  for (size_t s = 0; s < sums; s++) key[sum[s].key].idle = 0;
  for (size_t k = keys; k-- > 0;)
    for (size_t p = 0; p < key[k].parts && !key[k].idle; p++)
      key[key[k].part[p]].idle = 0;
}

static void add_rows(const ioi_level *level, size_t rows, double *sum)
{
  for (size_t i = 0; i < rows; i++)
    if (level[i] != IOI_NO_LEVEL) sum[level[i]] += 1;
}

static void add_positive(const ioi_level *level, const double *w, size_t rows,
                         double *sum)
{
  for (size_t i = 0; i < rows; i++)
    if (level[i] != IOI_NO_LEVEL) sum[level[i]] += w[i] != 0;
}

static void add_weight(const ioi_level *level, const double *w, size_t rows,
                       double *sum)
{
  for (size_t i = 0; i < rows; i++)
    if (level[i] != IOI_NO_LEVEL) sum[level[i]] += w[i];
}

/* The products of one block that a sum adds up. */
static void block_products(const ioi_rows *all, const ioi_sum *sum, size_t from,
                           size_t rows, const double *w, double *product)
{
  double buffer[IOI_BLOCK];
  const size_t factor[] = {sum->x, sum->y};
  for (size_t i = 0; i < rows; i++)
    product[i] = sum->kind == IOI_SUM_ONE  ? 1
                 : sum->kind == IOI_SUM_WW ? w[i] * w[i]
                                           : w[i];
  for (size_t f = 0; f < 2; f++) {
    if (factor[f] == IOI_NO_VALUE) continue;
    const double *x =
      ioi_numbers_block(all->value + factor[f], from, rows, buffer);
    IOI_VECTOR
    for (size_t i = 0; i < rows; i++) product[i] *= x[i];
  }
}

static void add_sum(const ioi_rows *all, const ioi_sum *sum, size_t from,
                    size_t rows, const ioi_level *levels, const double *w,
                    double *into)
{
  const ioi_level *level = levels + sum->key * IOI_BLOCK;
  const int plain = sum->x == IOI_NO_VALUE && sum->y == IOI_NO_VALUE;
  double product[IOI_BLOCK];
  if (sum->kind == IOI_SUM_ROWS)
    add_rows(level, rows, into);
  else if (sum->kind == IOI_SUM_N)
    add_positive(level, w, rows, into);
  else if (sum->kind == IOI_SUM_W && plain)
    add_weight(level, w, rows, into);
  else {
    block_products(all, sum, from, rows, w, product);
    add_weight(level, product, rows, into);
  }
}

/* The numbers of one block that a column of entries holds: the weights themselves
 * where these are wanted. */
static const double *entry_numbers(const ioi_rows *all, const ioi_sum *column,
                                   size_t from, size_t rows, const double *w,
                                   double *buffer)
{
  const int plain = column->x == IOI_NO_VALUE && column->y == IOI_NO_VALUE;
  if (column->kind == IOI_SUM_W && plain) return w;
  block_products(all, column, from, rows, w, buffer);
  return buffer;
}

/* The place of each row of a block among the entries, -1 for none. */
static void entry_places(ioi_entries *entries, size_t rows,
                         const ioi_level *levels, const double *w, int *place)
{
  const ioi_level *unit = levels + entries->unit * IOI_BLOCK;
  const ioi_level *cell = levels + entries->cell * IOI_BLOCK;
  for (size_t i = 0; i < rows; i++) {
    const int there =
      unit[i] != IOI_NO_LEVEL && cell[i] != IOI_NO_LEVEL && w[i] != 0;
    place[i] = there ? entries->next[unit[i]]++ : -1;
  }
}

static void put_cells(const ioi_level *cell, const int *place, size_t rows,
                      int *at)
{
  for (size_t i = 0; i < rows; i++)
    if (place[i] >= 0) at[place[i]] = (int) cell[i];
}

static void put_numbers(const double *x, const int *place, size_t rows,
                        double *number)
{
  for (size_t i = 0; i < rows; i++)
    if (place[i] >= 0) number[place[i]] = x[i];
}

static void add_entries(const ioi_rows *all, ioi_entries *entries, size_t from,
                        size_t rows, const ioi_level *levels, const double *w)
{
  int place[IOI_BLOCK];
  double buffer[IOI_BLOCK];
  entry_places(entries, rows, levels, w, place);
  put_cells(levels + entries->cell * IOI_BLOCK, place, rows, entries->at);
  for (size_t c = 0; c < entries->columns; c++)
    put_numbers(entry_numbers(all, entries->column + c, from, rows, w, buffer),
                place, rows, entries->column[c].sum);
}

void ioi_entries_places(ioi_key *key, size_t unit, size_t rows, int *first,
                        ioi_level *level)
{
  const ioi_sum wanted = {.key = unit};
  const size_t units = key[unit].levels;
  const ioi_level *at = level + unit * IOI_BLOCK;
  memset(first, 0, (units + 1) * sizeof *first);
  ioi_tally_idle(&wanted, 1, key, unit + 1);
  for (size_t from = 0; from < rows; from += IOI_BLOCK) {
    const size_t block = rows - from < IOI_BLOCK ? rows - from : IOI_BLOCK;
    ioi_key_block(key, unit + 1, from, block, level);
    for (size_t i = 0; i < block; i++)
      if (at[i] != IOI_NO_LEVEL) first[at[i] + 1]++;
  }
  for (size_t u = 0; u < units; u++) first[u + 1] += first[u];
}

/* Moves the entries from .. from + count - 1 to places that start before. */
static void move_entries(ioi_entries *entries, size_t to, size_t from,
                         size_t count)
{
  memmove(entries->at + to, entries->at + from, count * sizeof *entries->at);
  for (size_t c = 0; c < entries->columns; c++) {
    double *sum = entries->column[c].sum;
    memmove(sum + to, sum + from, count * sizeof *sum);
  }
}

void ioi_entries_close(ioi_entries *entries, size_t units, int *first)
{
  const size_t room = (size_t) first[units];
  size_t to = 0;
  for (size_t u = 0; u < units; u++) {
    const size_t from = (size_t) first[u];
    const size_t count = (size_t) entries->next[u] - from;
    if (to < from && count > 0) move_entries(entries, to, from, count);
    first[u] = (int) to;
    to += count;
  }
  first[units] = (int) to;
  if (to == room) return;
  memset(entries->at + to, 0, (room - to) * sizeof *entries->at);
  for (size_t c = 0; c < entries->columns; c++)
    memset(entries->column[c].sum + to, 0, (room - to) * sizeof(double));
}

/* One chunk. `into` NULL adds to the sums themselves, else to the partial
 * sums that stand one after the other there. */
static void tally_chunk(const ioi_rows *all, const ioi_sum *sum, size_t sums,
                        ioi_entries *entries, size_t lists, size_t from,
                        size_t to, double *into, ioi_level *levels)
{
  double buffer[IOI_BLOCK];
  for (size_t row = from; row < to; row += IOI_BLOCK) {
    size_t rows = to - row < IOI_BLOCK ? to - row : IOI_BLOCK;
    const double *w = ioi_numbers_block(&all->weight, row, rows, buffer);
    size_t start = 0;
    ioi_key_block(all->key, all->keys, row, rows, levels);
    for (size_t s = 0; s < sums; s++) {
      add_sum(all, sum + s, row, rows, levels, w,
              into ? into + start : sum[s].sum);
      start += all->key[sum[s].key].levels;
    }
    for (size_t l = 0; l < lists; l++)
      add_entries(all, entries + l, row, rows, levels, w);
  }
}

/* Adds numbers from .. to - 1 of the partial sums of one chunk. */
static void merge_partial(const ioi_rows *all, ioi_sum *sum, size_t sums,
                          const double *partial, size_t from, size_t to)
{
  for (size_t s = 0, start = 0, end; s < sums; s++, start = end) {
    end = start + all->key[sum[s].key].levels;
    const size_t first = from > start ? from : start;
    const size_t last = to < end ? to : end;
    if (first < last)
      ioi_tally_merge(sum[s].sum + (first - start), partial + first,
                      last - first);
  }
}

/* Adds the partial sums of `chunks` chunks in order; each thread a share of the
 * numbers. */
static void merge_round(const ioi_rows *all, ioi_sum *sum, size_t sums,
                        const double *partial, size_t chunks, int threads)
{
  const size_t doubles = ioi_tally_doubles(all, sum, sums);
  const size_t share = doubles / (size_t) threads + 1;
#ifdef _OPENMP
#pragma omp parallel for num_threads(threads) if (threads > 1)
#endif
  for (size_t from = 0; from < doubles; from += share)
    for (size_t c = 0; c < chunks; c++)
      merge_partial(all, sum, sums, partial + c * doubles, from,
                    doubles - from < share ? doubles : from + share);
}

ioi_status ioi_tally_rows(const ioi_rows *rows, ioi_sum *sum, size_t sums,
                          ioi_entries *entries, size_t lists, size_t chunk,
                          int threads, double *work, ioi_level *levels,
                          ioi_tick tick, void *context)
{
  const size_t doubles = ioi_tally_doubles(rows, sum, sums);
  const size_t all = rows->rows, step = rows->keys * IOI_BLOCK;
  if (doubles == 0 && lists == 0) return IOI_OK;
  if (lists > 0) threads = 1;
  if (all <= chunk) {
    tally_chunk(rows, sum, sums, entries, lists, 0, all, NULL, levels);
    return IOI_OK;
  }
  for (size_t from = 0; from < all; from += (size_t) threads * chunk) {
    size_t left = (all - from + chunk - 1) / chunk;
    ptrdiff_t round =
      (ptrdiff_t) (left < (size_t) threads ? left : (size_t) threads);
#ifdef _OPENMP
#pragma omp parallel for num_threads(threads) schedule(static)
#endif
    for (ptrdiff_t c = 0; c < round; c++) {
      size_t first = from + (size_t) c * chunk;
      size_t last = all - first < chunk ? all : first + chunk;
      double *mine = work + (size_t) c * doubles;
      if (doubles > 0) memset(mine, 0, doubles * sizeof *mine);
      tally_chunk(rows, sum, sums, entries, lists, first, last, mine,
                  levels + (size_t) c * step);
    }
    merge_round(rows, sum, sums, work, (size_t) round, threads);
    size_t done = from + (size_t) round * chunk;
    if (tick && tick(context, done < all ? done : all)) return IOI_ESTOPPED;
  }
  return IOI_OK;
}
