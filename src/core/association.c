/* association.c - Rao-Scott and Wald tests of a two-way table. */
#include "core/association.h"

#include <math.h>

/* A pivot below this share of its variance is rounding: the matrix is singular. */
static const double SINGULAR = 1e-10;

/* A table and its margins. */
typedef struct {
  const double *cell;
  size_t rows, columns;
  double all;
  double *row, *column;
} table;

static size_t contrasts(size_t rows, size_t columns)
{
  return (rows - 1) * (columns - 1);
}

size_t ioi_association_work(size_t rows, size_t columns)
{
  const size_t k = contrasts(rows, columns), cells = rows * columns;
  return rows + columns + cells + 2 * k * k + k * cells + 2 * k;
}

static double cell(const table *t, size_t i, size_t j)
{
  return t->cell[i * t->columns + j];
}

/* Sums the margins; IOI_EEMPTY where one is not above 0. */
static ioi_status margins(table *t, double *work)
{
  t->row = work;
  t->column = work + t->rows;
  t->all = 0;
  for (size_t m = 0; m < t->rows + t->columns; m++) work[m] = 0;
  for (size_t i = 0; i < t->rows; i++)
    for (size_t j = 0; j < t->columns; j++) {
      t->row[i] += cell(t, i, j);
      t->column[j] += cell(t, i, j);
      t->all += cell(t, i, j);
    }
  if (t->rows < 2 || t->columns < 2) return IOI_EEMPTY;
  for (size_t m = 0; m < t->rows + t->columns; m++)
    if (!(work[m] > 0)) return IOI_EEMPTY;
  return isfinite(t->all) ? IOI_OK : IOI_EDOMAIN;
}

static double pearson(const table *t, double n)
{
  double sum = 0;
  for (size_t i = 0; i < t->rows; i++)
    for (size_t j = 0; j < t->columns; j++) {
      const double expected = t->row[i] * t->column[j];
      const double gap = cell(t, i, j) - expected;
      sum += gap * gap / expected;
    }
  return n * sum;
}

/* The four cells of contrast q: + (i, j), - (i, c), - (r, j), + (r, c), which
 * span what is orthogonal to rows and columns. */
static const double sign[4] = {1, -1, -1, 1};

static size_t corner(const table *t, size_t q, size_t which)
{
  const size_t i = which < 2 ? q / (t->columns - 1) : t->rows - 1;
  const size_t j = which % 2 == 0 ? q % (t->columns - 1) : t->columns - 1;
  return i * t->columns + j;
}

/* Element (q, s) of C' M C, M_ab = left_a v_ab left_b, or diag(left) where v is
 * NULL. */
static double contrast(const table *t, const double *left, const double *v,
                       size_t q, size_t s)
{
  const size_t cells = t->rows * t->columns;
  double sum = 0;
  for (size_t a = 0; a < 4; a++)
    for (size_t b = 0; b < 4; b++) {
      const size_t x = corner(t, q, a), y = corner(t, s, b);
      if (v)
        sum += sign[a] * sign[b] * left[x] * v[x * cells + y] * left[y];
      else if (x == y)
        sum += sign[a] * sign[b] * left[x];
    }
  return sum;
}

/* Cholesky decomposition of the lower triangle, in place, m = L L'; IOI_EDOMAIN
 * where m is not positive definite by more than rounding. (GSL's would call the
 * error handler of the process then.) */
static ioi_status decompose(double *m, size_t k)
{
  for (size_t i = 0; i < k; i++) {
    const double size = m[i * k + i];
    for (size_t j = 0; j <= i; j++) {
      double rest = m[i * k + j];
      for (size_t a = 0; a < j; a++) rest -= m[i * k + a] * m[j * k + a];
      if (i == j && !(rest > SINGULAR * size && isfinite(rest)))
        return IOI_EDOMAIN;
      m[i * k + j] = i == j ? sqrt(rest) : rest / m[j * k + j];
    }
  }
  return IOI_OK;
}

/* x solves L L' x = b; b in, x out. */
static void solve(const double *l, size_t k, double *x)
{
  for (size_t i = 0; i < k; i++) {
    for (size_t a = 0; a < i; a++) x[i] -= l[i * k + a] * x[a];
    x[i] /= l[i * k + i];
  }
  for (size_t i = k; i-- > 0;) {
    for (size_t a = i + 1; a < k; a++) x[i] -= l[a * k + i] * x[a];
    x[i] /= l[i * k + i];
  }
}

/* The trace of Delta and of its square; Delta by columns is in `delta`. */
static void traces(const double *delta, size_t k, double *trace, double *square)
{
  *trace = *square = 0;
  for (size_t q = 0; q < k; q++) {
    *trace += delta[q * k + q];
    for (size_t s = 0; s < k; s++)
      *square += delta[q * k + s] * delta[s * k + q];
  }
}

ioi_status ioi_association_rao_scott(const double *p, const double *v,
                                     size_t rows, size_t columns, double n,
                                     double *chisq, double *trace,
                                     double *trace_sq, double *work)
{
  table t = {p, rows, columns, 0, NULL, NULL};
  ioi_status status = margins(&t, work);
  if (status != IOI_OK) return status;
  const size_t k = contrasts(rows, columns), cells = rows * columns;
  double *inverse = work + rows + columns, *base = inverse + cells;
  double *delta = base + k * k, sum, square;
  for (size_t x = 0; x < cells; x++) inverse[x] = p[x] > 0 ? 1 / p[x] : 0;
  for (size_t q = 0; q < k; q++)
    for (size_t s = 0; s < k; s++) {
      base[q * k + s] = contrast(&t, inverse, NULL, q, s) / n;
      delta[q * k + s] = contrast(&t, inverse, v, q, s);
    }
  status = decompose(base, k);
  if (status != IOI_OK) return status;
  for (size_t q = 0; q < k; q++) solve(base, k, delta + q * k);
  traces(delta, k, &sum, &square);
  if (!(sum > 0) || !isfinite(sum) || !isfinite(square)) return IOI_EDOMAIN;
  *chisq = pearson(&t, n);
  *trace = sum;
  *trace_sq = square;
  return IOI_OK;
}

/* Derivative of Y_ij with respect to the number of people in cell (a, b). */
static double slope(const table *t, size_t i, size_t j, size_t a, size_t b)
{
  const double row = t->row[i] / t->all, column = t->column[j] / t->all;
  return (i == a && j == b) - (i == a) * column - (j == b) * row + row * column;
}

/* J, k x cells: the derivatives of all Y. */
static void slopes(const table *t, double *j)
{
  const size_t cells = t->rows * t->columns, wide = t->columns - 1;
  for (size_t q = 0; q < contrasts(t->rows, t->columns); q++)
    for (size_t x = 0; x < cells; x++)
      j[q * cells + x] =
        slope(t, q / wide, q % wide, x / t->columns, x % t->columns);
}

/* One row of J V. */
static void times_v(const double *j, const double *v, size_t cells, double *out)
{
  for (size_t y = 0; y < cells; y++) out[y] = 0;
  for (size_t x = 0; x < cells; x++)
    for (size_t y = 0; j[x] != 0 && y < cells; y++)
      out[y] += j[x] * v[x * cells + y];
}

static double product(const double *a, const double *b, size_t n)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

ioi_status ioi_association_wald(const double *total, const double *v,
                                size_t rows, size_t columns, double *wald,
                                double *work)
{
  table t = {total, rows, columns, 0, NULL, NULL};
  ioi_status status = margins(&t, work);
  if (status != IOI_OK) return status;
  const size_t k = contrasts(rows, columns), cells = rows * columns;
  double *line = work + rows + columns, *j = line + cells;
  double *vy = j + k * cells, *y = vy + k * k, *solved = y + k;
  slopes(&t, j);
  for (size_t q = 0; q < k; q++) {
    const size_t a = q / (columns - 1), b = q % (columns - 1);
    y[q] = cell(&t, a, b) - t.row[a] * t.column[b] / t.all;
    times_v(j + q * cells, v, cells, line);
    for (size_t s = 0; s < k; s++)
      vy[q * k + s] = product(line, j + s * cells, cells);
  }
  status = decompose(vy, k);
  if (status != IOI_OK) return status;
  for (size_t q = 0; q < k; q++) solved[q] = y[q];
  solve(vy, k, solved);
  const double found = product(y, solved, k);
  if (!isfinite(found)) return IOI_EDOMAIN;
  *wald = found;
  return IOI_OK;
}
