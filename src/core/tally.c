/* tally.c - sums over cells in one pass, in chunks that add in order. */
#include "core/tally.h"

#include <string.h>

/* Chunks are long enough that starting them costs nothing, and short enough
 * that a round of them can be interrupted within some 10 ms. */
static const size_t smallest_chunk = (size_t) 1 << 20;

size_t ioi_tally_chunk(size_t doubles)
{
  size_t chunk = smallest_chunk;
  while (chunk < doubles)
    chunk *= 2;
  return chunk;
}

size_t ioi_tally_doubles(const ioi_rows *rows, const ioi_sum *sum, size_t sums)
{
  size_t doubles = 0;
  for (size_t s = 0; s < sums; s++)
    doubles += rows->key[sum[s].key].levels;
  return doubles;
}

void ioi_tally_merge(double *into, const double *from, size_t doubles)
{
  for (size_t i = 0; i < doubles; i++)
    into[i] += from[i];
}

/* The numbers of a block as doubles; buffer is used where they are integers. */
static const double *block_numbers(const ioi_numbers *numbers, size_t from,
                                   size_t rows, double *buffer)
{
  if (numbers->real)
    return numbers->real + from;
  for (size_t i = 0; i < rows; i++)
    buffer[i] = numbers->integer ? numbers->integer[from + i] : 1;
  return buffer;
}

static void add_rows(const size_t *level, size_t rows, double *sum)
{
  for (size_t i = 0; i < rows; i++)
    if (level[i] != IOI_NO_LEVEL)
      sum[level[i]] += 1;
}

static void add_positive(const size_t *level, const double *w, size_t rows,
                         double *sum)
{
  for (size_t i = 0; i < rows; i++)
    if (level[i] != IOI_NO_LEVEL)
      sum[level[i]] += w[i] > 0;
}

static void add_weight(const size_t *level, const double *w, size_t rows,
                       double *sum)
{
  for (size_t i = 0; i < rows; i++)
    if (level[i] != IOI_NO_LEVEL)
      sum[level[i]] += w[i];
}

static void add_product(const size_t *level, const double *w, const double *x,
                        size_t rows, double *sum)
{
  for (size_t i = 0; i < rows; i++)
    if (level[i] != IOI_NO_LEVEL)
      sum[level[i]] += w[i] * x[i];
}

static void add_sum(const ioi_rows *all, const ioi_sum *sum, size_t from,
                    size_t rows, const size_t *levels, const double *w,
                    double *into)
{
  const size_t *level = levels + sum->key * IOI_BLOCK;
  double buffer[IOI_BLOCK];
  if (sum->kind == IOI_SUM_ROWS)
    add_rows(level, rows, into);
  else if (sum->kind == IOI_SUM_N)
    add_positive(level, w, rows, into);
  else if (sum->kind == IOI_SUM_W)
    add_weight(level, w, rows, into);
  else if (sum->kind == IOI_SUM_WW)
    add_product(level, w, w, rows, into);
  else
    add_product(level, w,
                block_numbers(all->value + sum->value, from, rows, buffer),
                rows, into);
}

/* One chunk. `into` NULL adds to the sums themselves, else to the partial
 * sums that stand one after the other there. */
static void tally_chunk(const ioi_rows *all, const ioi_sum *sum, size_t sums,
                        size_t from, size_t to, double *into, size_t *levels)
{
  double buffer[IOI_BLOCK];
  for (size_t row = from; row < to; row += IOI_BLOCK)
  {
    size_t rows = to - row < IOI_BLOCK ? to - row : IOI_BLOCK;
    const double *w = block_numbers(&all->weight, row, rows, buffer);
    double *partial = into;
    ioi_key_block(all->key, all->keys, row, rows, levels);
    for (size_t s = 0; s < sums; s++)
    {
      add_sum(all, sum + s, row, rows, levels, w, into ? partial : sum[s].sum);
      partial += into ? all->key[sum[s].key].levels : 0;
    }
  }
}

static void merge_partial(const ioi_rows *all, ioi_sum *sum, size_t sums,
                          const double *partial)
{
  for (size_t s = 0; s < sums; s++)
  {
    size_t levels = all->key[sum[s].key].levels;
    ioi_tally_merge(sum[s].sum, partial, levels);
    partial += levels;
  }
}

ioi_status ioi_tally_rows(const ioi_rows *rows, ioi_sum *sum, size_t sums,
                          size_t chunk, int threads, double *work,
                          size_t *levels, ioi_tick tick, void *context)
{
  const size_t doubles = ioi_tally_doubles(rows, sum, sums);
  const size_t all = rows->rows, step = rows->keys * IOI_BLOCK;
  if (all <= chunk)
  {
    tally_chunk(rows, sum, sums, 0, all, NULL, levels);
    return IOI_OK;
  }
  for (size_t from = 0; from < all; from += (size_t) threads * chunk)
  {
    size_t left = (all - from + chunk - 1) / chunk;
    ptrdiff_t round = (ptrdiff_t) (left < (size_t) threads ? left : (size_t) threads);
#ifdef _OPENMP
#pragma omp parallel for num_threads(threads) schedule(static)
#endif
    for (ptrdiff_t c = 0; c < round; c++)
    {
      size_t first = from + (size_t) c * chunk;
      size_t last = all - first < chunk ? all : first + chunk;
      double *mine = work + (size_t) c * doubles;
      memset(mine, 0, doubles * sizeof *mine);
      tally_chunk(rows, sum, sums, first, last, mine,
                  levels + (size_t) c * step);
    }
    for (ptrdiff_t c = 0; c < round; c++)
      merge_partial(rows, sum, sums, work + (size_t) c * doubles);
    size_t done = from + (size_t) round * chunk;
    if (tick && tick(context, done < all ? done : all))
      return IOI_ESTOPPED;
  }
  return IOI_OK;
}
