/* resample.c - groups of equal replicate factors, replicate totals, variance. */
#include "core/resample.h"

#include <math.h>
#include <string.h>

static const double same = 1e-12;

/* The factors of one record; IOI_EDOMAIN where it has none. */
static ioi_status factors_of(const ioi_numbers *replicate, size_t replicates,
                             const ioi_numbers *weight, size_t row,
                             double *factor)
{
  const double w = ioi_number_at(weight, row);
  if (!(w >= 0 && w < INFINITY)) return IOI_EDOMAIN;
  for (size_t r = 0; r < replicates; r++) {
    double x = ioi_number_at(replicate + r, row);
    if (!(x >= 0 && x < INFINITY) || (w == 0 && x > 0)) return IOI_EDOMAIN;
    factor[r] = w == 0 ? 0 : x / w;
    if (!(factor[r] < INFINITY)) return IOI_EDOMAIN;
  }
  return IOI_OK;
}

/* A hash of factors rounded to about six digits, so that those that are the
 * same almost always meet (FNV-1a over the rounded mantissas). */
static uint64_t hash_factors(const double *factor, size_t replicates)
{
  uint64_t hash = UINT64_C(0xCBF29CE484222325);
  for (size_t r = 0; r < replicates; r++) {
    int exponent;
    uint64_t mantissa =
      (uint64_t) llround(frexp(factor[r], &exponent) * 1048576);
    if (mantissa == 1048576) { /* just below a power of two: meets it */
      mantissa /= 2;
      exponent++;
    }
    hash ^= mantissa + (uint64_t) (exponent + 2048);
    hash *= UINT64_C(0x100000001B3);
  }
  return hash ^ hash >> 29;
}

static int equal_factors(const double *a, const double *b, size_t replicates)
{
  for (size_t r = 0; r < replicates; r++)
    if (!(fabs(a[r] - b[r]) <= same * fmax(a[r], b[r]))) return 0;
  return 1;
}

ioi_status ioi_resample_groups(const ioi_numbers *replicate, size_t replicates,
                               const ioi_numbers *weight, size_t rows,
                               size_t most, int *group, double *factor,
                               int *slot, size_t slots, size_t *groups)
{
  size_t found = 0;
  for (size_t s = 0; s < slots; s++) slot[s] = -1;
  for (size_t row = 0; row < rows; row++) {
    double *mine = factor + found * replicates;
    ioi_status status = factors_of(replicate, replicates, weight, row, mine);
    if (status != IOI_OK) return status;
    size_t at = (size_t) hash_factors(mine, replicates) & (slots - 1);
    while (slot[at] >= 0
           && !equal_factors(mine, factor + (size_t) slot[at] * replicates,
                             replicates))
      at = (at + 1) & (slots - 1);
    if (slot[at] < 0 && found == most) return IOI_EFULL;
    if (slot[at] < 0) slot[at] = (int) found++;
    group[row] = slot[at];
  }
  *groups = found;
  return IOI_OK;
}

void ioi_resample_totals(size_t units, size_t cells, const int *first,
                         const int *cell, const double *w, const double *factor,
                         size_t replicates, double *total)
{
  memset(total, 0, replicates * cells * sizeof *total);
  for (size_t j = 0; j < units; j++) {
    size_t from = first ? (size_t) first[j] : j * cells;
    size_t to = first ? (size_t) first[j + 1] : (j + 1) * cells;
    for (size_t r = 0; r < replicates; r++) {
      const double f = factor[j * replicates + r];
      double *into = total + r * cells;
      for (size_t e = from; f != 0 && e < to; e++)
        into[cell ? (size_t) cell[e] : e - from] += f * w[e];
    }
  }
}

/* What the replicates of one estimate are centred at. */
static double centre(const double *theta, size_t replicates, size_t rows,
                     size_t row, const double *rscale)
{
  double sum = 0, count = 0;
  for (size_t r = 0; r < replicates; r++) {
    double t = theta[r * rows + row];
    if (isnan(t) || !(rscale[r] > 0)) continue;
    sum += t;
    count++;
  }
  return sum / count;
}

/* Adds one replicate to v; deviations of missing estimates are 0. The product of
 * two deviations comes first: v is symmetric to the last bit. */
static void add_replicate(const double *deviation, size_t rows, double factor,
                          int covariance, double *v)
{
  for (size_t a = 0; a < rows; a++)
    for (size_t b = covariance ? 0 : a; b < (covariance ? rows : a + 1); b++)
      v[covariance ? a * rows + b : a] +=
        factor * (deviation[a] * deviation[b]);
}

/* NaN for an estimate that no replicate has. */
static void no_variance(size_t row, size_t rows, int covariance, double *v)
{
  for (size_t s = 0; s < (covariance ? rows : 1); s++) {
    v[covariance ? row * rows + s : row] = NAN;
    v[covariance ? s * rows + row : row] = NAN;
  }
}

void ioi_resample_variance(const double *estimate, const double *theta,
                           size_t replicates, size_t rows, double scale,
                           const double *rscale, int covariance, double *v,
                           double *missing, double *work)
{
  memset(v, 0, (covariance ? rows * rows : rows) * sizeof *v);
  memset(missing, 0, rows * sizeof *missing);
  for (size_t r = 0; r < replicates; r++) {
    for (size_t a = 0; a < rows; a++) {
      double t = theta[r * rows + a];
      missing[a] += isnan(t);
      if (r == 0) /* the centres stand behind the deviations */
        work[rows + a] =
          estimate ? estimate[a] : centre(theta, replicates, rows, a, rscale);
      work[a] = isnan(t) ? 0 : t - work[rows + a];
    }
    add_replicate(work, rows, scale * rscale[r], covariance, v);
  }
  for (size_t a = 0; a < rows; a++)
    if (missing[a] >= (double) replicates) no_variance(a, rows, covariance, v);
}
