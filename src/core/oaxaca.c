/* oaxaca.c - a gap split by regressions; see decompose.h. Predictors are brought
 * to mean 0 and standard deviation 1 over both groups before products are summed,
 * so that these keep their digits; coefficients are brought back. */
#include <math.h>
#include <string.h>

#include "core/decompose.h"

enum { A, B, TOGETHER, FITS };

/* A pivot of less than this share of its sum of squares is rounding. */
static const double least_pivot = 1e-10;

/* Where things stand in the work space. A fit has q = columns + 2 unknowns at most
 * (1, predictors, indicator of A) and y: products are (q + 1) x (q + 1). */
typedef struct {
  size_t columns, wide; /* wide = columns + 3 */
  double *centre, *scale;
  double *mean[2], total[2]; /* of standardised predictors, 1 first */
  double *product[FITS];     /* then swept: inverse and coefficients */
  double *raw[FITS];         /* coefficients of x, intercept first */
  double *by_mean[2], *by_raw[FITS], *by_fit[FITS];
  double *z;
  double y_centre;
  int indicator; /* has the fit TOGETHER the indicator of A? */
} space;

size_t ioi_oaxaca_work(size_t columns)
{
  size_t wide = columns + 3;
  return FITS * wide * wide + 16 * wide;
}

static double *take(double **at, size_t n)
{
  double *here = *at;
  *at += n;
  return here;
}

static space make_space(const ioi_oaxaca_data *data, double *work)
{
  space s = {.columns = data->columns, .wide = data->columns + 3};
  size_t wide = s.wide;
  memset(work, 0, ioi_oaxaca_work(data->columns) * sizeof(double));
  for (int f = 0; f < FITS; f++) s.product[f] = take(&work, wide * wide);
  for (int f = 0; f < FITS; f++) s.raw[f] = take(&work, wide);
  for (int f = 0; f < FITS; f++) s.by_raw[f] = take(&work, wide);
  for (int f = 0; f < FITS; f++) s.by_fit[f] = take(&work, wide);
  for (int g = 0; g < 2; g++) s.mean[g] = take(&work, wide);
  for (int g = 0; g < 2; g++) s.by_mean[g] = take(&work, wide);
  s.centre = take(&work, wide);
  s.scale = take(&work, wide);
  s.z = take(&work, wide);
  return s;
}

static double weight_of(const ioi_oaxaca_data *data, size_t i)
{
  return data->weight ? data->weight[i] : 1;
}

static int inside(const ioi_oaxaca_data *data, size_t i)
{
  return data->of_b[i] == A || data->of_b[i] == B;
}

/* Weighted mean, and standard deviation (1 where it is 0), over both groups. */
static void moments(const ioi_oaxaca_data *data, const double *x, double *mean,
                    double *sd)
{
  double total = 0, m = 0, squares = 0;
  for (size_t i = 0; i < data->rows; i++) {
    double w = weight_of(data, i);
    if (!inside(data, i) || !(w > 0)) continue;
    double d = x[i] - m;
    total += w;
    m += d * w / total;
    squares += w * d * (x[i] - m);
  }
  *mean = m;
  if (sd) *sd = squares > 0 ? sqrt(squares / total) : 1;
}

/* (1, standardised x, y) of row i. */
static void read_row(const ioi_oaxaca_data *data, const space *s, size_t i)
{
  s->z[0] = 1;
  for (size_t k = 0; k < s->columns; k++)
    s->z[k + 1] = (data->x[i + k * data->rows] - s->centre[k]) / s->scale[k];
  s->z[s->columns + 1] = data->y[i] - s->y_centre;
}

static void sum_products(const ioi_oaxaca_data *data, space *s)
{
  size_t n = s->columns + 2, wide = s->wide;
  for (size_t i = 0; i < data->rows; i++) {
    double w = weight_of(data, i);
    if (!inside(data, i) || !(w > 0)) continue;
    read_row(data, s, i);
    double *product = s->product[data->of_b[i]];
    for (size_t j = 0; j < n; j++)
      for (size_t k = 0; k <= j; k++)
        product[k + wide * j] += w * s->z[j] * s->z[k];
  }
  for (int g = 0; g < 2; g++)
    for (size_t j = 0; j < n; j++)
      for (size_t k = 0; k < j; k++)
        s->product[g][j + wide * k] = s->product[g][k + wide * j];
}

/* The products of both groups together, y last; with the indicator of A before it,
 * whose products are those of A with 1. */
static void join_products(space *s)
{
  size_t n = s->columns + 1, wide = s->wide, y = n + (size_t) s->indicator;
  double *both = s->product[TOGETHER];
  const double *a = s->product[A], *b = s->product[B];
  for (size_t j = 0; j <= n; j++)
    for (size_t k = 0; k <= n; k++) {
      size_t to_j = j == n ? y : j, to_k = k == n ? y : k;
      both[to_k + wide * to_j] = a[k + wide * j] + b[k + wide * j];
    }
  if (!s->indicator) return;
  for (size_t j = 0; j <= n; j++) {
    size_t to = j == n ? y : j;
    both[n + wide * to] = both[to + wide * n] = a[wide * j];
  }
  both[n + wide * n] = a[0];
}

/* The sweep operator (Goodnight 1979, Am. Stat. 33:149): products of q predictors
 * and y become the inverse, and the coefficients in the column of y. Gives the
 * first predictor that those before it determine, or q. */
static size_t sweep(double *m, size_t wide, size_t q, double *square)
{
  for (size_t k = 0; k < q; k++) square[k] = m[k + wide * k];
  for (size_t k = 0; k < q; k++) {
    double pivot = m[k + wide * k];
    if (!(pivot > least_pivot * square[k])) return k;
    for (size_t j = 0; j <= q; j++) m[k + wide * j] /= pivot;
    for (size_t i = 0; i <= q; i++) {
      double b = m[i + wide * k];
      if (i == k) continue;
      for (size_t j = 0; j <= q; j++) m[i + wide * j] -= b * m[k + wide * j];
      m[i + wide * k] = -b / pivot;
    }
    m[k + wide * k] = 1 / pivot;
  }
  return q;
}

static size_t unknowns(const space *s, int fit)
{
  return s->columns + 1 + (size_t) (fit == TOGETHER && s->indicator);
}

/* Coefficient j of a fit, of standardised predictors. */
static double beta(const space *s, int fit, size_t j)
{
  return s->product[fit][j + s->wide * unknowns(s, fit)];
}

/* Coefficients of the predictors themselves, the intercept first. */
static void to_raw(space *s, int fit)
{
  double *raw = s->raw[fit];
  raw[0] = beta(s, fit, 0) + s->y_centre;
  for (size_t k = 1; k <= s->columns; k++) {
    raw[k] = beta(s, fit, k) / s->scale[k - 1];
    raw[0] -= raw[k] * s->centre[k - 1];
  }
}

/* All three fits, or why one of them fails. */
static ioi_status fit_all(const ioi_oaxaca_data *data, space *s,
                          size_t where[2])
{
  moments(data, data->y, &s->y_centre, NULL);
  for (size_t k = 0; k < s->columns; k++)
    moments(data, data->x + k * data->rows, &s->centre[k], &s->scale[k]);
  sum_products(data, s);
  join_products(s);
  for (int g = 0; g < 2; g++) {
    s->total[g] = s->product[g][0];
    if (!(s->total[g] > 0)) return IOI_EEMPTY;
    for (size_t k = 0; k <= s->columns; k++)
      s->mean[g][k] = s->product[g][s->wide * k] / s->total[g];
  }
  for (int f = 0; f < FITS; f++) {
    size_t q = unknowns(s, f), at = sweep(s->product[f], s->wide, q, s->z);
    if (at < q) {
      where[0] = at > 0 ? at - 1 : 0, where[1] = (size_t) f;
      return IOI_ESINGLE;
    }
    to_raw(s, f);
  }
  return IOI_OK;
}

/* Mean of predictor k, 0 the intercept, on its own scale. */
static double raw_mean(const space *s, int group, size_t k)
{
  double m = s->mean[group][k];
  return k == 0 ? 1 : m * s->scale[k - 1] + s->centre[k - 1];
}

/* ---- parts -------------------------------------------------------------------- */

/* b* = share_a bA + (1 - share_a) bB, or the fit TOGETHER (share_a is NaN). */
static double reference_share(const space *s, ioi_oaxaca_reference reference)
{
  switch (reference) {
  case IOI_OAXACA_A:
    return 1;
  case IOI_OAXACA_B:
    return 0;
  case IOI_OAXACA_AVERAGE:
    return 0.5;
  case IOI_OAXACA_COTTON:
    return s->total[A] / (s->total[A] + s->total[B]);
  default:
    return NAN;
  }
}

/* Adds (cA mA + cB mB)(dA bA + dB bB + dS b*) of column k to a part, and to its
 * gradients by means and coefficients. own: 1 where the column is of the term;
 * move: what normalising takes off the means of coefficients. */
static double add_part(space *s, size_t k, const double c[2], const double d[3],
                       double own, double move, double share)
{
  double b[FITS], m = 0, slope = 0;
  for (int f = 0; f < FITS; f++) b[f] = s->raw[f][k];
  if (!isnan(share)) b[TOGETHER] = share * b[A] + (1 - share) * b[B];
  for (int f = 0; f < FITS; f++) slope += d[f] * b[f];
  for (int g = 0; g < 2; g++) {
    m += c[g] * (own * raw_mean(s, g, k) - move);
    s->by_mean[g][k] += c[g] * own * slope;
  }
  for (int f = 0; f < FITS; f++) s->by_raw[f][k] += m * d[f];
  return m * slope;
}

/* Which means and coefficients each part multiplies. Two products for the parts
 * that are sums. */
typedef struct {
  double c[2], d[FITS];
} factor;

static const factor factors[IOI_OAXACA_PARTS][2] = {
  [IOI_OAXACA_GAP] = {{{1, 0}, {1, 0, 0}}, {{0, 1}, {0, -1, 0}}},
  [IOI_OAXACA_EXPLAINED] = {{{1, -1}, {0, 0, 1}}},
  [IOI_OAXACA_UNEXPLAINED] = {{{1, 0}, {1, 0, -1}}, {{0, 1}, {0, -1, 1}}},
  [IOI_OAXACA_UNEXPLAINED_A] = {{{1, 0}, {1, 0, -1}}},
  [IOI_OAXACA_UNEXPLAINED_B] = {{{0, 1}, {0, -1, 1}}},
  [IOI_OAXACA_ENDOWMENTS] = {{{1, -1}, {0, 1, 0}}},
  [IOI_OAXACA_COEFFICIENTS] = {{{0, 1}, {1, -1, 0}}},
  [IOI_OAXACA_INTERACTION] = {{{1, -1}, {1, -1, 0}}}};

static void clear(space *s)
{
  for (int g = 0; g < 2; g++)
    memset(s->by_mean[g], 0, s->wide * sizeof(double));
  for (int f = 0; f < FITS; f++)
    memset(s->by_raw[f], 0, s->wide * sizeof(double));
}

static double part_value(const ioi_oaxaca_data *data, space *s, int part,
                         int term, double share)
{
  double value = 0;
  clear(s);
  for (size_t k = 0; k <= s->columns; k++) {
    int of = k == 0 ? 0 : data->term[k - 1];
    double own = term < 0 || of == term;
    double intercept = term <= 0; /* takes the mean of the coefficients */
    double move = k == 0 ? 0 : data->normal[k - 1] * (own - intercept);
    for (int p = 0; p < 2; p++) {
      const factor *f = &factors[part][p];
      value += add_part(s, k, f->c, f->d, own, move, share);
    }
  }
  return value;
}

/* Gradients by the coefficients of x become those by standardised ones, times the
 * inverse of the fit: what a residual is multiplied with. */
static void prepare_influence(space *s, int fit)
{
  double *g = s->by_raw[fit];
  size_t q = s->columns + 1;
  for (size_t k = 1; k < q; k++)
    g[k] = (g[k] - g[0] * s->centre[k - 1]) / s->scale[k - 1];
  for (size_t j = 0; j < unknowns(s, fit); j++) {
    double sum = 0;
    for (size_t k = 0; k < q; k++)
      sum += s->product[fit][j + s->wide * k] * g[k];
    s->by_fit[fit][j] = sum;
  }
}

/* With b* a mixture: its gradient goes to the two groups, and what the part
 * gains when the share of A grows is given. */
static double share_out(space *s, double share)
{
  double by_share = 0;
  if (isnan(share)) return 0;
  for (size_t k = 0; k <= s->columns; k++) {
    double g = s->by_raw[TOGETHER][k];
    by_share += g * (s->raw[A][k] - s->raw[B][k]);
    s->by_raw[A][k] += share * g;
    s->by_raw[B][k] += (1 - share) * g;
    s->by_raw[TOGETHER][k] = 0;
  }
  return by_share;
}

/* residual x (gradient . predictors) of one fit at the row in s->z. */
static double by_residual(const space *s, int fit, int group)
{
  size_t n = s->columns + 1;
  double e = s->z[n], along = 0;
  for (size_t j = 0; j < n; j++) {
    e -= beta(s, fit, j) * s->z[j];
    along += s->by_fit[fit][j] * s->z[j];
  }
  if (fit == TOGETHER && s->indicator && group == A) {
    e -= beta(s, fit, n);
    along += s->by_fit[fit][n];
  }
  return e * along;
}

static double row_influence(const space *s, int group, int mixed,
                            double by_share, double share)
{
  double u = 0;
  for (size_t k = 1; k <= s->columns; k++)
    u += s->by_mean[group][k] * s->scale[k - 1] * (s->z[k] - s->mean[group][k]);
  u = u / s->total[group] + by_residual(s, group, group);
  if (!mixed) return u + by_residual(s, TOGETHER, group);
  return u + by_share * ((group == A) - share) / (s->total[A] + s->total[B]);
}

ioi_status ioi_oaxaca(const ioi_oaxaca_data *data,
                      ioi_oaxaca_reference reference, const int *part,
                      const int *of_term, size_t parts, double *value,
                      double *influence, double *work, size_t where[2])
{
  space s = make_space(data, work);
  s.indicator = reference == IOI_OAXACA_JANN;
  ioi_status status = fit_all(data, &s, where);
  if (status) return status;
  double share = reference_share(&s, reference);
  for (size_t p = 0; p < parts; p++) {
    value[p] = part_value(data, &s, part[p], of_term[p], share);
    double by_share = share_out(&s, share);
    if (reference != IOI_OAXACA_COTTON) by_share = 0;
    for (int f = 0; f < FITS; f++) prepare_influence(&s, f);
    for (size_t i = 0; i < data->rows; i++) {
      double *u = influence + i + p * data->rows;
      *u = 0;
      if (!inside(data, i)) continue;
      read_row(data, &s, i);
      *u = row_influence(&s, data->of_b[i], !isnan(share), by_share, share);
    }
  }
  return IOI_OK;
}
