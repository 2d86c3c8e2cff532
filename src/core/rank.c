/* rank.c - elimination of rows by the rows before them. */
#include "core/rank.h"

#include "core/vector.h"

#include <math.h>
#include <string.h>

enum { PANEL = 4 };

/* A rest below this share of the largest entry of a row is rounding; a product
 * with the probe below that share of the sum of its terms is one of 0. */
static const double negligible = 1e-5, no_product = 1e-9;

void ioi_rank_start(ioi_rank *rank)
{
  rank->rank = rank->pending = rank->panels = 0;
  rank->probing = 0;
  rank->panel[0] = 0;
  for (size_t c = 0; c < rank->columns; c++) rank->column[c] = (int) c;
}

/* The largest magnitude from `from` on. */
static inline double largest(const double *x, size_t from, size_t n)
{
  double most = 0;
#ifdef _OPENMP
#pragma omp simd reduction(max : most)
#endif
  for (size_t c = from; c < n; c++) {
    const double size = fabs(x[c]);
    most = size > most ? size : most;
  }
  return most;
}

static size_t position_of(const double *x, size_t from, double size)
{
  while (fabs(x[from]) != size) from++;
  return from;
}

/* x -= sum_i c_i b_i, for rows b of `step` doubles. */
static inline void take_off(double *restrict x, const double *restrict c,
                            const double *restrict b, size_t step, size_t rows,
                            size_t n)
{
  if (rows == PANEL) {
    const double *b1 = b + step, *b2 = b + 2 * step, *b3 = b + 3 * step;
    const double c0 = c[0], c1 = c[1], c2 = c[2], c3 = c[3];
    IOI_VECTOR
    for (size_t i = 0; i < n; i++)
      x[i] -= c0 * b[i] + c1 * b1[i] + (c2 * b2[i] + c3 * b3[i]);
    return;
  }
  for (size_t r = 0; r < rows; r++) {
    IOI_VECTOR
    for (size_t i = 0; i < n; i++) x[i] -= c[r] * b[r * step + i];
  }
}

#ifdef IOI_WIDE
IOI_WIDE
static void take_off_wide(double *x, const double *c, const double *b,
                          size_t step, size_t rows, size_t n)
{
  take_off(x, c, b, step, rows, n);
}
#endif

/* Takes off a row in `block` what the rows from .. to - 1 of the basis explain,
 * which are a panel: 1 at their own pivot, 0 at the others. */
static void eliminate(const ioi_rank *rank, double *x, size_t from, size_t to)
{
  double c[PANEL] = {0};
  const size_t n = rank->columns;
  const double *b = rank->basis + from * n + to;
  for (size_t i = from; i < to; i++) c[i - from] = x[i];
#ifdef IOI_WIDE
  if (ioi_is_wide()) {
    take_off_wide(x + to, c, b, n, to - from, n - to);
    return;
  }
#endif
  take_off(x + to, c, b, n, to - from, n - to);
}

static void swap(double *row, size_t a, size_t b)
{
  const double held = row[a];
  row[a] = row[b];
  row[b] = held;
}

/* Brings position `at` to the next pivot in every row. */
static void move_pivot(ioi_rank *rank, size_t at)
{
  const size_t to = rank->rank, n = rank->columns;
  const int column = rank->column[to];
  if (at == to) return;
  rank->column[to] = rank->column[at];
  rank->column[at] = column;
  for (size_t k = 0; k < rank->rank; k++) swap(rank->basis + k * n, at, to);
  for (size_t i = 0; i < rank->pending; i++) swap(rank->block + i * n, at, to);
}

/* The next row of the basis from x, its largest entry at `at`; the other rows of
 * the panel, from `start` on, get 0 at its pivot. */
static void add_to_basis(ioi_rank *rank, double *x, size_t at, size_t start)
{
  const size_t n = rank->columns, k = rank->rank;
  double *mine = rank->basis + k * n;
  move_pivot(rank, at);
  const double pivot = x[k];
  IOI_VECTOR
  for (size_t c = k; c < n; c++) mine[c] = x[c] / pivot;
  for (size_t j = start; j < k; j++) {
    const double factor[] = {rank->basis[j * n + k]};
    take_off(rank->basis + j * n + k, factor, mine + k, n, 1, n - k);
  }
  rank->rank++;
}

/* Numbers that no row is orthogonal to but by chance, the same in every run. */
static double any_number(uint64_t *state)
{
  *state =
    *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
  return 0.5 + (double) (*state >> 11) * 0x1p-53;
}

/* A vector that is orthogonal to every row of the basis. */
static void make_probe(ioi_rank *rank)
{
  const size_t n = rank->columns;
  uint64_t state = 1;
  double *x = rank->block; /* nothing waits there */
  for (size_t c = rank->rank; c < n; c++) x[c] = any_number(&state);
  for (size_t p = rank->panels; p-- > 0;)
    for (size_t k = (size_t) rank->panel[p]; k < (size_t) rank->panel[p + 1];
         k++) {
      x[k] = 0;
      for (size_t c = (size_t) rank->panel[p + 1]; c < n; c++)
        x[k] -= rank->basis[k * n + c] * x[c];
    }
  for (size_t c = 0; c < n; c++) rank->probe[rank->column[c]] = x[c];
  rank->probing = 1;
}

/* Works on the rows that wait. */
static void work_off(ioi_rank *rank)
{
  const size_t n = rank->columns, start = rank->rank;
  int explained = 0;
  for (size_t p = 0; p < rank->panels; p++)
    for (size_t i = 0; i < rank->pending; i++)
      eliminate(rank, rank->block + i * n, (size_t) rank->panel[p],
                (size_t) rank->panel[p + 1]);
  for (size_t i = 0; i < rank->pending && rank->rank < n; i++) {
    double *x = rank->block + i * n;
    eliminate(rank, x, start, rank->rank);
    const double most = largest(x, rank->rank, n);
    if (most > negligible * rank->size[i])
      add_to_basis(rank, x, position_of(x, rank->rank, most), start);
    else
      explained = 1;
  }
  if (rank->rank > start) {
    rank->panel[++rank->panels] = (int) rank->rank;
    rank->probing = 0;
  }
  rank->pending = 0;
  if (explained && !rank->probing && rank->rank < n) make_probe(rank);
}

/* Is the row orthogonal to the probe? */
static int is_explained(const ioi_rank *rank, const double *row)
{
  double sum = 0, terms = 0;
  for (size_t c = 0; c < rank->columns; c++) {
    sum += row[c] * rank->probe[c];
    terms += fabs(row[c] * rank->probe[c]);
  }
  return fabs(sum) <= no_product * terms;
}

void ioi_rank_add(ioi_rank *rank, const double *row)
{
  const size_t n = rank->columns;
  if (rank->rank == n || (rank->probing && is_explained(rank, row))) return;
  const double size = largest(row, 0, n);
  if (!(size > 0)) return;
  double *x = rank->block + rank->pending * n;
  for (size_t c = 0; c < n; c++) x[c] = row[rank->column[c]];
  rank->size[rank->pending++] = size;
  if (rank->pending == PANEL) work_off(rank);
}

size_t ioi_rank_finish(ioi_rank *rank)
{
  if (rank->pending > 0) work_off(rank);
  return rank->rank;
}

size_t ioi_rank_of_units(ioi_rank *rank, const double *factor, size_t units,
                         const unsigned char *bits)
{
  ioi_rank_start(rank);
  for (size_t j = 0; j < units && rank->rank < rank->columns; j++)
    if (bits[j / 8] >> (j % 8) & 1)
      ioi_rank_add(rank, factor + j * rank->columns);
  return ioi_rank_finish(rank);
}

size_t ioi_rank_of_records(ioi_rank *rank, const ioi_numbers *number,
                           const ioi_numbers *weight, const int *record,
                           size_t records, double *row)
{
  ioi_rank_start(rank);
  for (size_t i = 0; i < records && rank->rank < rank->columns; i++) {
    const size_t at = (size_t) record[i];
    const double w = ioi_number_at(weight, at);
    for (size_t c = 0; c < rank->columns; c++)
      row[c] = w * ioi_number_at(number + c, at);
    ioi_rank_add(rank, row);
  }
  return ioi_rank_finish(rank);
}
