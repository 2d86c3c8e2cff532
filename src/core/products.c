/* products.c - batches of vectors, tile by tile (Goto & van de Geijn 2008, ACM
 * Transactions on Mathematical Software 34(3):12, the kernel alone). */
#include "core/products.h"

#include "core/vector.h"

#include <math.h>
#include <string.h>

/* Doubles of a batch: so many that v is seldom read and written again. */
static const size_t batch_doubles = 131072;
static const size_t fewest = 8, most_vectors = 256;

/* Tiles that are multiplied with one other tile while both lie in the first
 * cache. */
static const size_t group_tiles = 4;

/* Rows of a tile that are worked on at once: their sums stay in registers. */
enum { HALF = 4, TILE = (int) IOI_TILE };

size_t ioi_products_tiles(size_t rows)
{
  return (rows + IOI_TILE - 1) / IOI_TILE;
}

size_t ioi_products_most(size_t rows)
{
  size_t fit = rows > 0 ? batch_doubles / rows : fewest;
  return fit < fewest ? fewest : fit > most_vectors ? most_vectors : fit;
}

void ioi_products_clear(ioi_batch *batch)
{
  batch->count = 0;
  if (batch->squares) memset(batch->packed, 0, batch->rows * sizeof(double));
  memset(batch->active, 0,
         ioi_products_tiles(batch->rows) * sizeof *batch->active);
}

static double *tile_of(const ioi_batch *batch, size_t tile)
{
  return batch->packed + tile * IOI_TILE * batch->most;
}

/* One tile: of u less its centre where that is known, else 0; the sum of the
 * magnitudes. */
IOI_INLINE double put_tile(const double *u, const double *centre,
                           const double *scale, double factor, size_t rows,
                           double *to)
{
  double sum = 0;
#ifdef _OPENMP
#pragma omp simd reduction(+ : sum)
#endif
  for (size_t i = 0; i < rows; i++) {
    const double x = factor * ((u[i] - centre[i]) * scale[i]);
    to[i] = isnan(centre[i]) ? 0 : x;
    sum += fabs(to[i]);
  }
  return sum;
}

/* All tiles, the last of which may be short. */
IOI_INLINE void put_tiles(ioi_batch *batch, const double *u,
                          const double *centre, const double *scale,
                          double factor)
{
  const size_t full = batch->rows / IOI_TILE, first = full * IOI_TILE;
  for (size_t t = 0; t < full; t++) {
    const size_t at = t * IOI_TILE;
    batch->active[t] +=
      put_tile(u + at, centre + at, scale + at, factor, IOI_TILE,
               tile_of(batch, t) + batch->count * IOI_TILE);
  }
  if (first == batch->rows) return;
  double *to = tile_of(batch, full) + batch->count * IOI_TILE;
  memset(to, 0, IOI_TILE * sizeof *to);
  batch->active[full] += put_tile(u + first, centre + first, scale + first,
                                  factor, batch->rows - first, to);
}

/* Adds the squares alone. */
IOI_INLINE void put_squares(ioi_batch *batch, const double *u,
                            const double *centre, const double *scale,
                            double factor)
{
  double *sum = batch->packed;
  IOI_VECTOR
  for (size_t i = 0; i < batch->rows; i++) {
    const double x = factor * ((u[i] - centre[i]) * scale[i]);
    const double more = sum[i] + x * x;
    sum[i] = isnan(centre[i]) ? sum[i] : more;
  }
}

IOI_INLINE void put_any(ioi_batch *batch, const double *u, const double *centre,
                        const double *scale, double factor)
{
  if (batch->squares)
    put_squares(batch, u, centre, scale, factor);
  else
    put_tiles(batch, u, centre, scale, factor);
}

static void put_narrow(ioi_batch *batch, const double *u, const double *centre,
                       const double *scale, double factor)
{
  put_any(batch, u, centre, scale, factor);
}

#ifdef IOI_WIDE
IOI_WIDE
static void put_wide(ioi_batch *batch, const double *u, const double *centre,
                     const double *scale, double factor)
{
  put_any(batch, u, centre, scale, factor);
}
#endif

void ioi_products_put(ioi_batch *batch, const double *u, const double *centre,
                      const double *scale, double factor)
{
#ifdef IOI_WIDE
  (ioi_is_wide() ? put_wide : put_narrow)(batch, u, centre, scale, factor);
#else
  put_narrow(batch, u, centre, scale, factor);
#endif
  batch->count++;
}

/* sum[i * TILE + l] = sum over the vectors of a_i b_l, for HALF rows of a: one
 * row at a time, whose sums stay in registers. */
static void multiply_narrow(const double *a, const double *b, size_t count,
                            double *sum)
{
  for (int i = 0; i < HALF; i++) {
    double row[TILE] = {0};
    for (size_t k = 0; k < count; k++) {
      const double left = a[k * TILE + (size_t) i];
      IOI_VECTOR
      for (size_t l = 0; l < TILE; l++) row[l] += left * b[k * TILE + l];
    }
    memcpy(sum + i * TILE, row, sizeof row);
  }
}

#ifdef IOI_WIDE
/* The same, all rows at once. */
IOI_WIDE
static void multiply_wide(const double *a, const double *b, size_t count,
                          double *sum)
{
  ioi_lanes low0 = {0}, low1 = {0}, low2 = {0}, low3 = {0};
  ioi_lanes high0 = {0}, high1 = {0}, high2 = {0}, high3 = {0};
  ioi_lanes *to = (ioi_lanes *) sum;
  for (size_t k = 0; k < count; k++, a += TILE, b += TILE) {
    const ioi_lanes left = *(const ioi_lanes *) b,
                    right = *(const ioi_lanes *) (b + HALF);
    low0 += a[0] * left;
    high0 += a[0] * right;
    low1 += a[1] * left;
    high1 += a[1] * right;
    low2 += a[2] * left;
    high2 += a[2] * right;
    low3 += a[3] * left;
    high3 += a[3] * right;
  }
  to[0] = low0;
  to[1] = high0;
  to[2] = low1;
  to[3] = high1;
  to[4] = low2;
  to[5] = high2;
  to[6] = low3;
  to[7] = high3;
}

static void multiply_tiles(const double *a, const double *b, size_t count,
                           double *sum)
{
  (ioi_is_wide() ? multiply_wide : multiply_narrow)(a, b, count, sum);
}
#else
static void multiply_tiles(const double *a, const double *b, size_t count,
                           double *sum)
{
  multiply_narrow(a, b, count, sum);
}
#endif

/* Adds the sums of rows `row` .. row + HALF - 1 by the columns from `column` on
 * to the upper triangle of v. */
static void store_tile(const double *sum, double sign, size_t row,
                       size_t column, size_t rows, double *v)
{
  for (size_t i = 0; i < HALF && row + i < rows; i++)
    for (size_t l = 0; l < IOI_TILE && column + l < rows; l++)
      if (column + l >= row + i)
        v[(row + i) * rows + column + l] += sign * sum[i * IOI_TILE + l];
}

static void store_full(const double *sum, double sign, size_t row,
                       size_t column, size_t rows, double *v)
{
  for (size_t i = 0; i < HALF; i++) {
    double *to = v + (row + i) * rows + column;
    IOI_VECTOR
    for (size_t l = 0; l < IOI_TILE; l++) to[l] += sign * sum[i * IOI_TILE + l];
  }
}

static void add_tiles(const ioi_batch *batch, double sign, size_t s, size_t t,
                      double *v)
{
  const size_t rows = batch->rows;
  double sum[HALF * TILE];
  for (size_t half = 0; half < IOI_TILE; half += HALF) {
    const size_t row = s * IOI_TILE + half, column = t * IOI_TILE;
    multiply_tiles(tile_of(batch, s) + half, tile_of(batch, t), batch->count,
                   sum);
    if (s < t && column + IOI_TILE <= rows)
      store_full(sum, sign, row, column, rows, v);
    else
      store_tile(sum, sign, row, column, rows, v);
  }
}

/* The tiles s .. end - 1 by all tiles from each of them on. */
static void add_group(const ioi_batch *batch, double sign, size_t s, size_t end,
                      double *v)
{
  for (size_t t = s; t < ioi_products_tiles(batch->rows); t++)
    for (size_t g = s; batch->active[t] != 0 && g < end && g <= t; g++)
      if (batch->active[g] != 0) add_tiles(batch, sign, g, t, v);
}

void ioi_products_add(ioi_batch *batch, double sign, double *v)
{
  const size_t tiles = ioi_products_tiles(batch->rows);
  for (size_t r = 0; batch->squares && r < batch->rows; r++)
    v[r] += sign * batch->packed[r];
  for (size_t s = 0; !batch->squares && s < tiles; s += group_tiles)
    add_group(batch, sign, s, s + group_tiles < tiles ? s + group_tiles : tiles,
              v);
  ioi_products_clear(batch);
}

void ioi_products_mirror(double *v, size_t rows)
{
  for (size_t a = 0; a < rows; a += IOI_TILE)
    for (size_t b = a; b < rows; b += IOI_TILE)
      for (size_t r = a; r < rows && r < a + IOI_TILE; r++)
        for (size_t s = b < r + 1 ? r + 1 : b; s < rows && s < b + IOI_TILE;
             s++)
          v[s * rows + r] = v[r * rows + s];
}
