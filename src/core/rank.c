/* rank.c - elimination of rows by the rows before them. */
#include "core/rank.h"

#include "core/vector.h"

#include <float.h>
#include <math.h>

/* Rows that are worked on together, and of a panel at a time. */
enum { LANES = (int) IOI_RANK_ROWS, HALF = LANES / 2 };

/* A rest of a row, whose largest entry is 1, below this is rounding; a product
 * with the probe below that share of the sum of its terms is one of 0. */
static const double negligible = 1e-5, no_product = 1e-9;

void ioi_rank_start(ioi_rank *rank)
{
  rank->rank = rank->pending = rank->panels = 0;
  rank->probing = 0;
  rank->panel[0] = 0;
  for (size_t c = 0; c < rank->columns; c++) rank->column[c] = (int) c;
}

/* The largest magnitude; two at a time, so that neither waits for the other. */
static double largest(const double *x, size_t n)
{
  double even = 0, odd = 0;
  for (size_t c = 0; c + 1 < n; c += 2) {
    even = fabs(x[c]) > even ? fabs(x[c]) : even;
    odd = fabs(x[c + 1]) > odd ? fabs(x[c + 1]) : odd;
  }
  if (n % 2 == 1 && fabs(x[n - 1]) > even) even = fabs(x[n - 1]);
  return even > odd ? even : odd;
}

/* Takes off the entries of the block from x on what `rows` rows b of `step` doubles
 * explain: of lane l row r at b[r * step + i] times c[r * LANES + l]. */
static void take_off_narrow(double *x, const double *c, const double *b,
                            size_t step, size_t rows, size_t n)
{
  for (size_t r = 0; r < rows; r++)
    for (size_t i = 0; i < n; i++) {
      const double at = b[r * step + i];
      IOI_VECTOR
      for (size_t l = 0; l < LANES; l++)
        x[i * LANES + l] -= at * c[r * LANES + l];
    }
}

#ifdef IOI_WIDE
/* One row. */
IOI_WIDE
static void take_off_row(double *x, const double *c, const double *b, size_t n)
{
  const ioi_lanes low = ((const ioi_lanes *) c)[0];
  const ioi_lanes high = ((const ioi_lanes *) c)[1];
  for (size_t i = 0; i < n; i++) {
    ioi_lanes *to = (ioi_lanes *) (x + i * LANES);
    to[0] -= b[i] * low;
    to[1] -= b[i] * high;
  }
}

/* Four rows at a time: what they are multiplied with stays in registers. */
IOI_WIDE
static void take_off_wide(double *x, const double *c, const double *b,
                          size_t step, size_t rows, size_t n)
{
  for (; rows >= HALF; rows -= HALF, c += HALF * LANES, b += HALF * step) {
    const ioi_lanes *by = (const ioi_lanes *) c;
    const ioi_lanes low[] = {by[0], by[2], by[4], by[6]};
    const ioi_lanes high[] = {by[1], by[3], by[5], by[7]};
    const double *b1 = b + step, *b2 = b + 2 * step, *b3 = b + 3 * step;
    for (size_t i = 0; i < n; i++) {
      ioi_lanes *to = (ioi_lanes *) (x + i * LANES);
      ioi_lanes left = to[0], right = to[1];
      left -= b[i] * low[0];
      right -= b[i] * high[0];
      left -= b1[i] * low[1];
      right -= b1[i] * high[1];
      left -= b2[i] * low[2];
      right -= b2[i] * high[2];
      to[0] = left - b3[i] * low[3];
      to[1] = right - b3[i] * high[3];
    }
  }
  for (; rows > 0; rows--, c += LANES, b += step) take_off_row(x, c, b, n);
}
#endif

static void take_off(double *x, const double *c, const double *b, size_t step,
                     size_t rows, size_t n)
{
#ifdef IOI_WIDE
  if (ioi_is_wide()) {
    take_off_wide(x, c, b, step, rows, n);
    return;
  }
#endif
  take_off_narrow(x, c, b, step, rows, n);
}

/* Takes off the block what the rows from .. to - 1 of the basis explain, which are
 * a panel: 1 at their own pivot, 0 at the others. */
static void eliminate(const ioi_rank *rank, size_t from, size_t to)
{
  const size_t n = rank->columns;
  take_off(rank->block + to * LANES, rank->block + from * LANES,
           rank->basis + from * n + to, n, to - from, n - to);
}

static void swap(double *a, double *b)
{
  const double held = *a;
  *a = *b;
  *b = held;
}

/* Brings position `at` to the next pivot: in the block and in the first `rows` rows
 * of the basis, those before the panel at hand. */
static void move_pivot(ioi_rank *rank, size_t at, size_t rows)
{
  const size_t to = rank->rank, n = rank->columns;
  const int column = rank->column[to];
  if (at == to) return;
  rank->column[to] = rank->column[at];
  rank->column[at] = column;
  for (size_t k = 0; k < rows; k++)
    swap(rank->basis + k * n + at, rank->basis + k * n + to);
  for (size_t l = 0; l < LANES; l++)
    swap(rank->block + at * LANES + l, rank->block + to * LANES + l);
}

/* The position of the largest entry of a lane that is no pivot yet. */
static size_t largest_of(const ioi_rank *rank, size_t lane)
{
  size_t at = rank->rank;
  double most = -1;
  for (size_t c = rank->rank; c < rank->columns; c++) {
    const double size = fabs(rank->block[c * LANES + lane]);
    if (size > most) {
      most = size;
      at = c;
    }
  }
  return at;
}

/* The next row of the panel at hand from a lane, which becomes 1 at its pivot,
 * the other lanes 0. */
static void add_to_panel(ioi_rank *rank, size_t lane)
{
  const size_t n = rank->columns, k = rank->rank++;
  const double *c = rank->block + k * LANES;
  double *b = rank->basis + k * n, *x = rank->block;
  const double inverse = 1 / c[lane];
  for (size_t i = k + 1; i < n; i++) b[i] = x[i * LANES + lane] * inverse;
  take_off(x + (k + 1) * LANES, c, b + k + 1, n, 1, n - k - 1);
  for (size_t i = k + 1; i < n; i++) x[i * LANES + lane] = b[i];
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

/* Finds the pivots of the lanes, which make a panel; how many. */
static size_t find_pivots(ioi_rank *rank, size_t *lane)
{
  const size_t start = rank->rank;
  for (size_t l = 0; l < rank->pending && rank->rank < rank->columns; l++) {
    const size_t at = largest_of(rank, l);
    if (!(fabs(rank->block[at * LANES + l]) > negligible)) continue;
    lane[rank->rank - start] = l;
    move_pivot(rank, at, start);
    add_to_panel(rank, l);
  }
  return rank->rank - start;
}

/* Works on the rows that wait. */
static void work_off(ioi_rank *rank)
{
  const size_t n = rank->columns, start = rank->rank;
  size_t lane[LANES];
  for (size_t p = 0; p < rank->panels; p++)
    eliminate(rank, (size_t) rank->panel[p], (size_t) rank->panel[p + 1]);
  const size_t found = find_pivots(rank, lane);
  const int explained = found < rank->pending;
  for (size_t k = 0; k < found; k++)
    for (size_t c = rank->rank; c < n; c++)
      rank->basis[(start + k) * n + c] = rank->block[c * LANES + lane[k]];
  if (found > 0) {
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
  const double size = largest(row, n);
  if (!(size >= DBL_MIN)) return;
  const double inverse = 1 / size;
  double *x = rank->block + rank->pending++;
  for (size_t c = 0; c < n; c++) x[c * LANES] = row[rank->column[c]] * inverse;
  if (rank->pending == LANES) work_off(rank);
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
