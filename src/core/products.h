/* products.h - sums of products of scores: v += sum_b u_b u_b', many at once.
 *
 * A covariance of many estimates is mostly this sum. Vectors are collected in
 * a batch, laid out in tiles of IOI_TILE estimates; one pass over v then adds
 * the whole batch, a tile by a tile at a time in registers. Tiles that are 0
 * in all vectors of the batch are passed over, so that domains that lie apart
 * cost nothing. Where only the squares are wanted there are no tiles: each vector's
 * are added as it comes. The order of additions depends on nothing but the order of the
 * vectors. On x86 the widest instructions of the processor at hand are used. */
#ifndef IOI_CORE_PRODUCTS_H
#define IOI_CORE_PRODUCTS_H

#include <stddef.h>

#define IOI_TILE ((size_t) 8)

/* A batch.
 *   rows     length of a vector.
 *   most     vectors there is room for, at least 1.
 *   squares  not 0: only squares are wanted.
 *   count    vectors in it.
 *   packed   ioi_products_tiles(rows) * IOI_TILE * most doubles; for squares `rows`.
 *   active   ioi_products_tiles(rows) doubles: not 0 where a tile is. */
typedef struct {
  size_t rows, most;
  int squares;
  size_t count;
  double *packed, *active;
} ioi_batch;

/* Tiles of a vector of `rows`. */
size_t ioi_products_tiles(size_t rows);

/* Vectors that a batch best holds, so that v is seldom read and written. */
size_t ioi_products_most(size_t rows);

/* Empties a batch. */
void ioi_products_clear(ioi_batch *batch);

/* Adds factor x scale x (u - centre), entry by entry, to a batch with room; 0 where
 * the centre is NaN. */
void ioi_products_put(ioi_batch *batch, const double *u, const double *centre,
                      const double *scale, double factor);

/* v += sign x sum_b u_b u_b', and empties the batch: to the upper triangle of v, rows
 * x rows, or the squares alone to v, rows. Both give the same squares to the last
 * bit. */
void ioi_products_add(ioi_batch *batch, double sign, double *v);

/* Copies the upper triangle of v, rows x rows, to the lower. */
void ioi_products_mirror(double *v, size_t rows);

#endif
