/* disparity_chance.c - variance, bias and draws of measures; see disparity.h. */
#include <float.h>
#include <math.h>

#include <gsl/gsl_sort.h>
#include <gsl/gsl_statistics_double.h>

#include "core/disparity.h"
#include "core/sum.h"

double ioi_disparity_product(const double *a, const double *b, size_t groups_a,
                             size_t groups_b, const double *variance,
                             const double *covariance, size_t stride)
{
  ioi_exact sum = {0, 0};
  for (size_t j = 0; j < groups_b; j++) {
    double column = 0;
    if (covariance)
      for (size_t i = 0; i < groups_a; i++)
        column += a[i] * covariance[i + stride * j];
    else
      column = a[j] * variance[j];
    ioi_exact_add(&sum, column * b[j]);
  }
  return ioi_exact_value(&sum);
}

/* Independent groups: sums of w s^2, of (w s^2)^2 and of w^2 (1 - w)^2 s^4. */
static void independent_chance(const double *share, size_t groups,
                               const double *variance, double *bias,
                               double *extra)
{
  double all = 0, squares = 0, own = 0;
  *bias = 0;
  for (size_t j = 0; j < groups; j++) {
    double w = share[j], v = variance[j];
    *bias += w * (1 - w) * v;
    all += w * w * v;
    squares += w * w * v * w * w * v;
    own += w * (1 - w) * v * w * (1 - w) * v;
  }
  *extra = 2 * (all * all - squares + own);
}

/* Element (i, j) of AV, given m = w'V. */
static double centred(const double *share, const double *covariance,
                      size_t stride, double m, size_t i, size_t j)
{
  return share[i] * (covariance[i + stride * j] - m);
}

/* w'V at column j. */
static double mean_column(const double *share, size_t groups,
                          const double *covariance, size_t stride, size_t j)
{
  double sum = 0;
  for (size_t i = 0; i < groups; i++)
    sum += share[i] * covariance[i + stride * j];
  return sum;
}

void ioi_disparity_chance(const double *share, size_t groups,
                          const double *variance, const double *covariance,
                          size_t stride, double *work, double *bias,
                          double *extra)
{
  if (!covariance) {
    independent_chance(share, groups, variance, bias, extra);
    return;
  }
  *bias = *extra = 0;
  for (size_t j = 0; j < groups; j++)
    work[j] = mean_column(share, groups, covariance, stride, j);
  for (size_t j = 0; j < groups; j++) {
    *bias += centred(share, covariance, stride, work[j], j, j);
    for (size_t i = 0; i <= j; i++) {
      double product = centred(share, covariance, stride, work[j], i, j)
                       * centred(share, covariance, stride, work[i], j, i);
      *extra += (i == j ? 2 : 4) * product;
    }
  }
}

ioi_status ioi_disparity_root(size_t groups, const double *variance,
                              const double *covariance, size_t stride,
                              double *root)
{
  for (size_t j = 0; j < groups; j++) {
    for (size_t i = 0; i < groups; i++) {
      double v =
        covariance ? covariance[i + stride * j] : (i == j ? variance[i] : 0);
      if (isnan(v)) return IOI_EDOMAIN;
      for (size_t k = 0; i >= j && k < j; k++)
        v -= root[i + groups * k] * root[j + groups * k];
      root[i + groups * j] = i < j ? 0 : v;
    }
    double pivot = root[j + groups * j];
    double own = covariance ? covariance[j + stride * j] : variance[j];
    double scale = pivot > 64 * DBL_EPSILON * own ? 1 / sqrt(pivot) : 0;
    for (size_t i = j; i < groups; i++) root[i + groups * j] *= scale;
  }
  return IOI_OK;
}

/* One value moved by `step` on its own scale. */
static double moved(double y, double step, ioi_disparity_model scale)
{
  if (scale == IOI_DISPARITY_LOG && y > 0) return y * exp(step / y);
  if (scale == IOI_DISPARITY_LOGIT && y > 0 && y < 1)
    return 1 / (1 + (1 - y) / y * exp(-step / (y * (1 - y))));
  return y + step;
}

void ioi_disparity_draw(const double *value, size_t groups, const double *root,
                        ioi_disparity_model scale, const double *z, double *out)
{
  for (size_t i = 0; i < groups; i++) {
    double step = 0;
    for (size_t k = 0; k <= i; k++) step += root[i + groups * k] * z[k];
    out[i] = moved(value[i], step, scale);
  }
}

void ioi_disparity_limits(double *draws, size_t n, double estimate,
                          double level, double *sd, double *low, double *high)
{
  *sd = *low = *high = NAN;
  for (size_t i = 0; i < n; i++)
    if (!isfinite(draws[i])) return;
  double mean = gsl_stats_mean(draws, 1, n);
  *sd = gsl_stats_sd_m(draws, 1, n, mean);
  gsl_sort(draws, 1, n);
  double tail = (1 - level) / 2;
  *low =
    gsl_stats_quantile_from_sorted_data(draws, 1, n, tail) + estimate - mean;
  *high = gsl_stats_quantile_from_sorted_data(draws, 1, n, 1 - tail) + estimate
          - mean;
}
