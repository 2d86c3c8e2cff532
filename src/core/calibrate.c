/* calibrate.c - Newton's method for calibrated weights, and their residuals.
 *
 * With G the integral of F, lambda minimises the convex function
 * sum d G(x' lambda) - t' lambda, whose gradient is the misfit sum w x - t. So a
 * step is good when the slope along it has not turned steeply upwards. The
 * decomposition is written out here because GSL's Cholesky decomposition with
 * pivoting has no rank: collinear margins would divide by zero in it. */
#include "core/calibrate.h"

#include "core/tally.h"
#include "core/vector.h"

#include <math.h>
#include <string.h>

enum { MOST_STEPS = 100, MOST_HALVINGS = 60, MOST_ROUNDS = 10000 };

/* A pivot below this share of the length of its column is rounding. */
static const double singular = 1e-11;

/* A misfit of this share cannot be made smaller in doubles. */
static const double exact = 1e-15;

/* A variance below this share of what was taken off it is rounding: sums of 1e8
 * records have a relative error of some 1e-13. */
static const double cancelled = 1e-12;

static double value_at(const ioi_numbers *value, size_t i)
{
  if (value->real) return value->real[i] - value->centre;
  if (value->integer) return value->integer[i] - value->centre;
  return 1;
}

/* The column of record i in block f; IOI_NO_VALUE for none. */
static size_t column_of(const ioi_auxiliary *x, size_t f, size_t i)
{
  const int level = x->level[f] ? x->level[f][i] : 0;
  return level < 0 ? IOI_NO_VALUE : (size_t) x->first[f] + (size_t) level;
}

/* x' lambda of one record. */
static double predictor(const ioi_auxiliary *x, const double *lambda, size_t i)
{
  double u = 0;
  for (size_t f = 0; f < x->blocks; f++) {
    const size_t l = column_of(x, f, i);
    if (l != IOI_NO_VALUE) u += lambda[l] * value_at(x->value + f, i);
  }
  return u;
}

/* e^{A u} of the logit distance, A = (U - L) / ((1 - L)(U - 1)). */
static double logit_power(const ioi_distance *f, double u)
{
  return exp(u * (f->upper - f->lower) / ((1 - f->lower) * (f->upper - 1)));
}

/* F(u), written so that it has its limits where the power overflows. */
static double ratio(const ioi_distance *f, double u)
{
  if (f->kind == IOI_DISTANCE_LOGIT) {
    double share = (f->upper - 1) / logit_power(f, u);
    return f->lower
           + (f->upper - f->lower) * (1 - f->lower) / (1 - f->lower + share);
  }
  double g = f->kind == IOI_DISTANCE_LINEAR ? 1 + u : f->start * exp(u);
  if (g < f->lower) return f->lower;
  return g > f->upper ? f->upper : g;
}

/* F' where F is g; `cut` for a ratio at its bound. */
static double slope(const ioi_distance *f, double g, double cut)
{
  const double below = g - f->lower, above = f->upper - g;
  if (!(below > 0) || !(above > 0)) return cut;
  if (f->kind == IOI_DISTANCE_LINEAR) return 1;
  if (f->kind == IOI_DISTANCE_RAKING) return g;
  double rate = below * above / ((1 - f->lower) * (f->upper - 1));
  return rate > cut ? rate : cut;
}

/* Adds the record to sum w x - t and to sum |w x|. */
static void add_record(const ioi_auxiliary *x, size_t i, double w,
                       double *misfit, double *size)
{
  for (size_t f = 0; f < x->blocks; f++) {
    const size_t l = column_of(x, f, i);
    if (l == IOI_NO_VALUE) continue;
    double part = w * value_at(x->value + f, i);
    misfit[l] += part;
    size[l] += fabs(part);
  }
}

/* The search: lambda, a trial of it, the step, the misfit and its scale. */
typedef struct {
  const ioi_auxiliary *x;
  const double *d, *target;
  const ioi_distance *distance;
  double *g, *misfit;
  double *lambda, *trial, *step, *size, *scale, *matrix;
  size_t *order;
} search;

/* g and misfit at lambda; the largest misfit as a share. NaN or infinite when
 * the ratios overflow. */
static double evaluate(search *s, const double *lambda)
{
  const size_t columns = s->x->columns;
  double worst = 0;
  memset(s->size, 0, columns * sizeof *s->size);
  for (size_t l = 0; l < columns; l++) s->misfit[l] = -s->target[l];
  for (size_t i = 0; i < s->x->records; i++) {
    s->g[i] = ratio(s->distance, predictor(s->x, lambda, i));
    if (s->d[i] != 0)
      add_record(s->x, i, s->d[i] * s->g[i], s->misfit, s->size);
  }
  for (size_t l = 0; l < columns; l++) {
    double scale = fmax(fabs(s->target[l]), s->size[l]);
    double share = scale > 0 ? fabs(s->misfit[l]) / scale : 0;
    if (!(share <= worst)) worst = isfinite(share) ? share : (double) INFINITY;
  }
  return worst;
}

/* sum d F' x x'. */
static void fill_matrix(search *s, double cut)
{
  const ioi_auxiliary *x = s->x;
  memset(s->matrix, 0, x->columns * x->columns * sizeof *s->matrix);
  for (size_t i = 0; i < x->records; i++) {
    double w = s->d[i] * slope(s->distance, s->g[i], cut);
    for (size_t f = 0; f < x->blocks && w != 0; f++) {
      const size_t l = column_of(x, f, i);
      if (l == IOI_NO_VALUE) continue;
      double *row = s->matrix + l * x->columns;
      double left = w * value_at(x->value + f, i);
      for (size_t h = 0; h < x->blocks; h++) {
        const size_t m = column_of(x, h, i);
        if (m != IOI_NO_VALUE) row[m] += left * value_at(x->value + h, i);
      }
    }
  }
}

static void swap_rows(double *m, size_t n, size_t a, size_t b)
{
  for (size_t k = 0; k < n; k++) {
    double keep = m[a * n + k];
    m[a * n + k] = m[b * n + k];
    m[b * n + k] = keep;
  }
}

static void swap_columns(double *m, size_t n, size_t a, size_t b)
{
  for (size_t k = 0; k < n; k++) {
    double keep = m[k * n + a];
    m[k * n + a] = m[k * n + b];
    m[k * n + b] = keep;
  }
}

/* Brings the largest pivot from k on to k. */
static void choose_pivot(double *m, size_t n, size_t k, size_t *order)
{
  size_t best = k;
  for (size_t i = k + 1; i < n; i++)
    if (m[i * n + i] > m[best * n + best]) best = i;
  if (best == k) return;
  swap_rows(m, n, k, best);
  swap_columns(m, n, k, best);
  size_t keep = order[k];
  order[k] = order[best];
  order[best] = keep;
}

/* Column k of L, and what is left of the matrix without it. */
static void eliminate(double *m, size_t n, size_t k)
{
  const double pivot = sqrt(m[k * n + k]);
  m[k * n + k] = pivot;
  for (size_t i = k + 1; i < n; i++) m[i * n + k] /= pivot;
  for (size_t i = k + 1; i < n; i++)
    for (size_t j = k + 1; j < n; j++)
      m[i * n + j] -= m[i * n + k] * m[j * n + k];
}

/* Scales to a unit diagonal and decomposes, P S M S P' = L L'; gives the rank. */
static size_t decompose(double *m, size_t n, double *scale, size_t *order)
{
  for (size_t i = 0; i < n; i++) {
    scale[i] = m[i * n + i] > 0 ? 1 / sqrt(m[i * n + i]) : 0;
    order[i] = i;
  }
  for (size_t i = 0; i < n; i++)
    for (size_t j = 0; j < n; j++) m[i * n + j] *= scale[i] * scale[j];
  for (size_t k = 0; k < n; k++) {
    choose_pivot(m, n, k, order);
    if (!(m[k * n + k] > singular)) return k;
    eliminate(m, n, k);
  }
  return n;
}

/* x with M x = b for b that M can make; b and x differ. */
static void solve(const double *m, size_t n, size_t rank, const double *scale,
                  const size_t *order, const double *b, double *x, double *y)
{
  for (size_t i = 0; i < rank; i++) {
    y[i] = scale[order[i]] * b[order[i]];
    for (size_t j = 0; j < i; j++) y[i] -= m[i * n + j] * y[j];
    y[i] /= m[i * n + i];
  }
  for (size_t i = rank; i-- > 0;) {
    for (size_t j = i + 1; j < rank; j++) y[i] -= m[j * n + i] * y[j];
    y[i] /= m[i * n + i];
  }
  for (size_t i = 0; i < n; i++)
    x[order[i]] = i < rank ? scale[order[i]] * y[i] : 0;
}

size_t ioi_semidefinite_inverse(double *m, size_t n, double *inverse,
                                double *work, size_t *order)
{
  double *scale = work, *y = work + n;
  const size_t rank = decompose(m, n, scale, order);
  memset(inverse, 0, n * n * sizeof *inverse);
  for (size_t k = 0; k < rank; k++) { /* column order[k]: b is a unit vector */
    const size_t column = order[k];
    memset(y, 0, n * sizeof *y);
    for (size_t i = k; i < rank; i++) {
      y[i] = i == k ? scale[column] : 0;
      for (size_t j = k; j < i; j++) y[i] -= m[i * n + j] * y[j];
      y[i] /= m[i * n + i];
    }
    for (size_t i = rank; i-- > 0;) {
      for (size_t j = i + 1; j < rank; j++) y[i] -= m[j * n + i] * y[j];
      y[i] /= m[i * n + i];
      inverse[order[i] * n + column] = scale[order[i]] * y[i];
    }
  }
  return rank;
}

static double dot(const double *a, const double *b, size_t n)
{
  double sum = 0;
  for (size_t i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

/* One step from lambda; gives the largest misfit after it. `cut` stands for the
 * slope of ratios at a bound, which is 0. */
static double take_step(search *s, double cut)
{
  const size_t n = s->x->columns;
  fill_matrix(s, cut);
  const size_t rank = decompose(s->matrix, n, s->scale, s->order);
  solve(s->matrix, n, rank, s->scale, s->order, s->misfit, s->step, s->trial);
  const double before =
    dot(s->misfit, s->step, n); /* less the slope: downhill */
  double worst = INFINITY, length = 1;
  for (int h = 0; h < MOST_HALVINGS; h++, length /= 2) {
    for (size_t l = 0; l < n; l++)
      s->trial[l] = s->lambda[l] - length * s->step[l];
    worst = evaluate(s, s->trial);
    if (isfinite(worst) && -dot(s->misfit, s->step, n) <= 0.5 * before) break;
  }
  memcpy(s->lambda, s->trial, n * sizeof *s->lambda);
  return worst;
}

static int distance_is_valid(const ioi_distance *f)
{
  if (f->kind == IOI_DISTANCE_LOGIT)
    return f->lower < 1 && f->upper > 1 && isfinite(f->lower)
           && isfinite(f->upper);
  return f->lower < f->upper && f->start > 0 && isfinite(f->start);
}

size_t ioi_calibrate_work(size_t columns)
{
  return columns * columns + 5 * columns;
}

/* Steps until the misfit is rounding. A step that hardly helps is tried again
 * as if ratios at their bounds could move, which brings them back. */
static ioi_status iterate(search *s, double tolerance, ioi_tick tick,
                          void *context)
{
  double worst = evaluate(s, s->lambda), cut = 0;
  for (size_t k = 0; k < MOST_STEPS && worst > exact; k++) {
    if (tick && tick(context, k)) return IOI_ESTOPPED;
    double now = take_step(s, cut);
    const int stuck = !(now < 0.9 * worst);
    worst = now;
    if (stuck && worst <= tolerance) break;
    cut = stuck && cut == 0 ? 1 : 0;
  }
  return worst <= tolerance ? IOI_OK : IOI_ECONVERGE;
}

ioi_status ioi_calibrate(const ioi_auxiliary *x, const double *d,
                         const double *target, const ioi_distance *distance,
                         double tolerance, double *g, double *misfit,
                         double *work, size_t *order, ioi_tick tick,
                         void *context)
{
  const size_t p = x->columns;
  if (!distance_is_valid(distance)) return IOI_EDOMAIN;
  for (size_t l = 0; l < p; l++)
    if (!isfinite(target[l])) return IOI_EDOMAIN;
  search s = {x,
              d,
              target,
              distance,
              g,
              misfit,
              work,
              work + p,
              work + 2 * p,
              work + 3 * p,
              work + 4 * p,
              work + 5 * p,
              order};
  memset(s.lambda, 0, p * sizeof *s.lambda);
  return iterate(&s, tolerance, tick, context);
}

void ioi_scale_weights(const ioi_key *key, size_t keys, size_t which,
                       const ioi_numbers *w, size_t rows, const double *factor,
                       double *out, ioi_level *level)
{
  const ioi_level *at = level + which * IOI_BLOCK;
  for (size_t from = 0; from < rows; from += IOI_BLOCK) {
    const size_t block = rows - from < IOI_BLOCK ? rows - from : IOI_BLOCK;
    ioi_key_block(key, keys, from, block, level);
    for (size_t i = 0; i < block; i++) {
      const double g = at[i] == IOI_NO_LEVEL ? 1 : factor[at[i]];
      out[from + i] = value_at(w, from + i) * g;
    }
  }
}

void ioi_calibrated_weights(const double *d, size_t records, double *g)
{
  IOI_VECTOR
  for (size_t i = 0; i < records; i++) g[i] *= d[i];
}

size_t ioi_weights_within(const ioi_numbers *w, const ioi_numbers *after,
                          size_t rows, double *out)
{
  size_t changed = 0;
  for (size_t i = 0; i < rows; i++) {
    const double before = value_at(w, i);
    const int kept = value_at(after, i) != 0;
    changed += !kept && before != 0;
    if (out) out[i] = kept ? before : 0;
  }
  return changed;
}

/* The sums of one unit, behind `n` others; how many there are then. */
static size_t totals_of_unit(const ioi_block_sums *b, size_t unit, int offset,
                             size_t *next, size_t n, int *column, double *total)
{
  for (; *next < b->count; ++*next) {
    const size_t code = b->code ? (size_t) b->code[*next] : *next;
    if (code / b->levels != unit) break;
    if (b->sum[*next] == 0) continue;
    if (column) column[n] = offset + (int) (code % b->levels);
    if (total) total[n] = b->sum[*next];
    n++;
  }
  return n;
}

size_t ioi_unit_totals(const ioi_block_sums *block, size_t blocks, size_t units,
                       int *first, int *column, double *total, size_t *next)
{
  size_t n = 0;
  memset(next, 0, blocks * sizeof *next);
  for (size_t j = 0; j < units; j++) {
    int offset = 0;
    first[j] = (int) n;
    for (size_t f = 0; f < blocks; f++) {
      n = totals_of_unit(block + f, j, offset, next + f, n, column, total);
      offset += (int) block[f].levels;
    }
  }
  first[units] = (int) n;
  return n;
}

/* Cuts and says by how much; counts those cut and sums the others. */
static double cut_weights(double *w, size_t n, double lower, double upper,
                          size_t *outside, double *inside)
{
  double excess = 0;
  *outside = 0;
  *inside = 0;
  for (size_t i = 0; i < n; i++) {
    if (w[i] == 0) continue;
    double kept = w[i] < lower ? lower : w[i] > upper ? upper : w[i];
    *outside += kept != w[i];
    *inside += kept == w[i] ? w[i] : 0;
    excess += w[i] - kept;
  }
  return excess;
}

/* Cuts for good, and gives the others their share. */
static void share_excess(double *w, size_t n, double lower, double upper,
                         double add, double factor)
{
  for (size_t i = 0; i < n; i++) {
    if (w[i] == 0) continue;
    if (w[i] < lower)
      w[i] = lower;
    else if (w[i] > upper)
      w[i] = upper;
    else
      w[i] = w[i] * factor + add;
  }
}

ioi_status ioi_trim(double *w, size_t n, double lower, double upper,
                    int proportional, size_t *trimmed)
{
  if (!(lower <= upper)) return IOI_EDOMAIN;
  size_t outside = 0, used = 0;
  double inside = 0, total = 0;
  for (size_t i = 0; i < n; i++) {
    used += w[i] != 0;
    total += w[i];
  }
  const double count = (double) used, rounding = 1e-14 * fabs(total);
  double excess = cut_weights(w, n, lower, upper, &outside, &inside);
  *trimmed = outside;
  if (total > upper * count || total < lower * count) return IOI_ECONVERGE;
  for (int round = 0; outside > 0 && round < MOST_ROUNDS; round++) {
    const double others = (double) (used - outside);
    const int shared = others > 0 && (!proportional || inside > 0);
    if (!shared) return fabs(excess) <= rounding ? IOI_OK : IOI_ECONVERGE;
    share_excess(w, n, lower, upper, proportional ? 0 : excess / others,
                 proportional ? 1 + excess / inside : 1);
    excess = cut_weights(w, n, lower, upper, &outside, &inside);
    if (fabs(excess) <= rounding && outside > 0) {
      share_excess(w, n, lower, upper, 0, 1);
      outside = 0;
    }
  }
  return outside == 0 ? IOI_OK : IOI_ECONVERGE;
}

/* Adds what one cell gives to the projection on column l. */
static void project_cell(const ioi_influence *u, size_t cell, size_t variables,
                         const double *const *sum, size_t at, double *out)
{
  const int count = u->at[cell + 1] - u->at[cell];
  const double *value = u->value + (size_t) u->at[cell] * variables;
  for (size_t a = 0; a < variables; a++)
    for (int k = 0; sum[a][at] != 0 && k < count; k++)
      out[u->row[cell] + k] += sum[a][at] * value[(size_t) k * variables + a];
}

void ioi_residual_project(const ioi_influence *influence, size_t cells,
                          size_t variables, const double *const *sum,
                          size_t columns, double *out)
{
  const size_t rows = influence->rows;
  if (rows * columns == 0) return; /* out may be NULL */
  memset(out, 0, columns * rows * sizeof *out);
  for (size_t c = 0; c < cells; c++)
    for (size_t l = 0; l < columns; l++)
      project_cell(influence, c, variables, sum, c * columns + l,
                   out + l * rows);
}

/* work = Q B. */
static void multiply(const double *square, const double *beta, size_t columns,
                     size_t rows, double *work)
{
  memset(work, 0, columns * rows * sizeof *work);
  for (size_t l = 0; l < columns; l++)
    for (size_t m = 0; m < columns; m++)
      for (size_t r = 0; square[l * columns + m] != 0 && r < rows; r++)
        work[l * rows + r] += square[l * columns + m] * beta[m * rows + r];
}

/* Adds the terms of one column to row r of v, from r on. */
static void add_terms(const double *beta, const double *cross,
                      const double *product, size_t r, size_t to, double *v)
{
  for (size_t s = r; s < to; s++)
    v[s] += beta[r] * (product[s] - cross[s]) - cross[r] * beta[s];
}

static void clean_cancelled(double *v, size_t r, size_t rows, int covariance)
{
  v[covariance ? r * rows + r : r] = 0;
  for (size_t s = 0; covariance && s < rows; s++)
    v[r * rows + s] = v[s * rows + r] = 0;
}

void ioi_residual_moments(const double *beta, const double *cross,
                          const double *square, size_t columns, size_t rows,
                          int covariance, double *v, double *work)
{
  if (rows * columns == 0) return;
  multiply(square, beta, columns, rows, work);
  for (size_t r = 0; r < rows; r++) {
    double taken = 0;
    for (size_t l = 0; l < columns; l++) {
      const size_t at = l * rows;
      taken += beta[at + r] * work[at + r];
      add_terms(beta + at, cross + at, work + at, r, covariance ? rows : r + 1,
                covariance ? v + r * rows : v);
    }
    for (size_t s = r + 1; covariance && s < rows; s++)
      v[s * rows + r] = v[r * rows + s];
    work[r] = taken; /* row r of the first column is read no more */
  }
  for (size_t r = 0; r < rows; r++)
    if (v[covariance ? r * rows + r : r] <= cancelled * work[r])
      clean_cancelled(v, r, rows, covariance);
}
