/* resample.c - groups of equal replicate factors, replicate totals, variance. */
#include "core/resample.h"

#include "core/vector.h"

#include <limits.h>
#include <math.h>
#include <string.h>

static const double same = 1e-12;

/* What the search for groups shares: `base` is the first group that was made by
 * the column at hand; parent and f hold the group from which each group was split
 * off and its factor in that column. */
typedef struct {
  const ioi_numbers *weight;
  size_t rows, most, found, base, slots;
  int *group, *first, *parent, *slot;
  double *f;
} search;

/* A hash of a group and a factor rounded to about six digits, so that those that
 * are the same almost always meet (FNV-1a over the group and the mantissa). */
static uint64_t hash_of(int group, double factor)
{
  int exponent;
  uint64_t hash = UINT64_C(0xCBF29CE484222325);
  uint64_t mantissa = (uint64_t) llround(frexp(factor, &exponent) * 1048576);
  if (mantissa == 1048576) { /* just below a power of two: meets it */
    mantissa /= 2;
    exponent++;
  }
  hash = (hash ^ (uint64_t) group) * UINT64_C(0x100000001B3);
  hash = (hash ^ (mantissa + (uint64_t) (exponent + 2048)))
         * UINT64_C(0x100000001B3);
  return hash ^ hash >> 29;
}

static int equal_factors(double a, double b)
{
  return fabs(a - b) <= same * fmax(a, b);
}

/* The slot of the group split off `group` by this factor, or a free one: slots
 * that hold groups of columns before are free. */
static size_t slot_of(const search *s, int group, double factor)
{
  size_t at = (size_t) hash_of(group, factor) & (s->slots - 1);
  for (int g = s->slot[at]; g >= (int) s->base; g = s->slot[at]) {
    if (s->parent[g] == group && equal_factors(s->f[g], factor)) break;
    at = (at + 1) & (s->slots - 1);
  }
  return at;
}

/* A record whose factor is not that of its group moves to one that is split off. */
static ioi_status move_record(search *s, size_t row, double w, double x)
{
  const double factor = x / w;
  if (!(x >= 0 && x < INFINITY && factor < INFINITY)) return IOI_EDOMAIN;
  const size_t at = slot_of(s, s->group[row], factor);
  if (s->slot[at] < (int) s->base) {
    if (s->found == s->most) return IOI_EFULL;
    s->parent[s->found] = s->group[row];
    s->first[s->found] = (int) row;
    s->f[s->found] = factor;
    s->slot[at] = (int) s->found++;
  }
  s->group[row] = s->slot[at];
  return IOI_OK;
}

/* Is a value that of the group, f times the weight? Not if it is negative,
 * missing or infinite, where the difference is missing. */
static inline double has_factor(double x, double other)
{
  return fabs(x - other) - same * (x > other ? x : other) <= 0 ? 1 : 0;
}

/* How many values are those of their groups. */
static inline double kept_of(const double *x, const double *other, size_t rows)
{
  double kept = 0;
#ifdef _OPENMP
#pragma omp simd reduction(+ : kept)
#endif
  for (size_t i = 0; i < rows; i++) kept += has_factor(x[i], other[i]);
  return kept;
}

#ifdef IOI_WIDE
IOI_WIDE
static double kept_wide(const double *x, const double *other, size_t rows)
{
  return kept_of(x, other, rows);
}
#endif

static double count_kept(const double *x, const double *other, size_t rows)
{
#ifdef IOI_WIDE
  if (ioi_is_wide()) return kept_wide(x, other, rows);
#endif
  return kept_of(x, other, rows);
}

/* Moves the records of a block that do not have the factor of their group. */
static ioi_status split_block(search *s, size_t from, size_t rows,
                              const double *w, const double *x)
{
  const int *group = s->group + from;
  double other[IOI_BLOCK];
  for (size_t i = 0; i < rows; i++) other[i] = s->f[group[i]] * w[i];
  if (count_kept(x, other, rows) == (double) rows) return IOI_OK;
  for (size_t i = 0; i < rows; i++) {
    if (has_factor(x[i], s->f[group[i]] * w[i]) > 0) continue;
    ioi_status status =
      w[i] == 0 ? IOI_EDOMAIN : move_record(s, from + i, w[i], x[i]);
    if (status != IOI_OK) return status;
  }
  return IOI_OK;
}

/* Splits the groups by one column. Records of one group have their factors
 * compared without dividing. */
static ioi_status split_groups(search *s, const ioi_numbers *column)
{
  double w[IOI_BLOCK], x[IOI_BLOCK];
  ioi_status status = IOI_OK;
  s->base = s->found;
  for (size_t g = 0; g < s->found; g++) {
    const double of = ioi_number_at(s->weight, (size_t) s->first[g]);
    s->f[g] = of == 0 ? 0 : ioi_number_at(column, (size_t) s->first[g]) / of;
    if (!(s->f[g] >= 0 && s->f[g] < INFINITY)) return IOI_EDOMAIN;
  }
  for (size_t i = 0; status == IOI_OK && i < s->rows; i += IOI_BLOCK) {
    const size_t rows = s->rows - i < IOI_BLOCK ? s->rows - i : IOI_BLOCK;
    status = split_block(s, i, rows, ioi_numbers_block(s->weight, i, rows, w),
                         ioi_numbers_block(column, i, rows, x));
  }
  return status;
}

/* Records with and without a weight, which have no factors in common. */
static ioi_status first_groups(search *s)
{
  int group_of[] = {-1, -1};
  for (size_t i = 0; i < s->rows; i++) {
    const double w = ioi_number_at(s->weight, i);
    if (!(w >= 0 && w < INFINITY)) return IOI_EDOMAIN;
    int *group = group_of + (w == 0);
    if (*group < 0 && s->found == s->most) return IOI_EFULL;
    if (*group < 0) {
      s->first[s->found] = (int) i;
      *group = (int) s->found++;
    }
    s->group[i] = *group;
  }
  return IOI_OK;
}

/* Numbers the groups as they come. */
static void number_groups(search *s)
{
  int next = 0;
  for (size_t g = 0; g < s->found; g++) s->parent[g] = -1;
  for (size_t i = 0; i < s->rows; i++) {
    int *number = s->parent + s->group[i];
    if (*number < 0) {
      *number = next;
      s->first[next++] = (int) i; /* the records before i are numbered */
    }
    s->group[i] = *number;
  }
}

ioi_status ioi_resample_groups(const ioi_numbers *replicate, size_t replicates,
                               const ioi_numbers *weight, size_t rows,
                               size_t most, int *group, int *first, double *f,
                               int *work, size_t slots, size_t *groups)
{
  search s = {weight, rows,  most,         0,    0, slots,
              group,  first, work + slots, work, f};
  ioi_status status = rows > (size_t) INT_MAX ? IOI_EFULL : first_groups(&s);
  for (size_t k = 0; k < slots; k++) work[k] = -1;
  for (size_t r = 0; status == IOI_OK && r < replicates; r++)
    status = split_groups(&s, replicate + r);
  if (status != IOI_OK) return status;
  number_groups(&s);
  *groups = s.found;
  return IOI_OK;
}

void ioi_resample_factors(const ioi_numbers *replicate, size_t replicates,
                          const ioi_numbers *weight, const int *first,
                          size_t groups, double *factor)
{
  for (size_t g = 0; g < groups; g++) {
    const size_t row = (size_t) first[g];
    const double w = ioi_number_at(weight, row);
    for (size_t r = 0; r < replicates; r++)
      factor[g * replicates + r] =
        w == 0 ? 0 : ioi_number_at(replicate + r, row) / w;
  }
}

static void add_multiple(double *restrict into, double factor,
                         const double *restrict from, size_t n)
{
  IOI_VECTOR
  for (size_t i = 0; i < n; i++) into[i] += factor * from[i];
}

/* One cell after the other, all replicates of it at once. */
void ioi_resample_totals(size_t units, size_t cells, const int *first,
                         const int *cell, const double *w, const double *factor,
                         size_t replicates, double *total, double *work)
{
  memset(work, 0, replicates * cells * sizeof *work);
  for (size_t j = 0; j < units; j++) {
    const size_t from = first ? (size_t) first[j] : j * cells;
    const size_t to = first ? (size_t) first[j + 1] : (j + 1) * cells;
    for (size_t e = from; e < to; e++)
      if (w[e] != 0)
        add_multiple(work + (cell ? (size_t) cell[e] : e - from) * replicates,
                     w[e], factor + j * replicates, replicates);
  }
  for (size_t c = 0; c < cells; c++)
    for (size_t r = 0; r < replicates; r++)
      total[r * cells + c] = work[c * replicates + r];
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
