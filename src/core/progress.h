/* progress.h - how a gap moves over time, and when it would be closed.
 *
 * A series holds a gap d_i at time t_i, i = 1..m, in increasing time, with
 * variances and, where figures of different times share records, covariances.
 * d_0 and d_T are its first and last values, target is where it should go. */
#ifndef IOI_CORE_PROGRESS_H
#define IOI_CORE_PROGRESS_H

#include <stddef.h>

#include "core/status.h"

/* A series of m points in strictly increasing time.
 *   time        years, finite
 *   value       the gap, any unit
 *   variance    m values > 0, or NULL: not known
 *   covariance  m x m, symmetric, its diagonal the variances; or NULL: the
 *               points are independent */
typedef struct {
  const double *time, *value, *variance, *covariance;
  size_t m;
} ioi_series;

/* A straight line through a series. */
typedef struct {
  double slope; /* units of the gap a year */
  double last;  /* fitted value at the last time */
  double slope_variance, last_variance;
  double covariance; /* of last and slope */
  double dispersion; /* X^2 / (m - 2), NaN for m = 2 */
} ioi_trend;

/* Weighted least squares with weights 1/variance, the variances taken as known:
 * slope b = sum c_i d_i with c_i = w_i (t_i - t_w) / S, t_w the weighted mean
 * time and S = sum w_i (t_i - t_w)^2, and Var(b) = sum_ij c_i c_j V_ij, which is
 * 1/S for independent points. Without variances: equal weights, and one variance
 * for all from the residuals, sum r_i^2/(m - 2).
 *
 *   scale_up  not 0: variances are multiplied by the dispersion where it is
 *             above 1 (more scatter than sampling explains).
 * IOI_EDOMAIN: a value is not finite, a variance not above 0, or time does not
 * increase. IOI_EEMPTY: fewer than 2 points. Without variances and with 2 points
 * the variances are NaN. Allocates nothing. */
ioi_status ioi_trend_fit(const ioi_series *series, int scale_up,
                         ioi_trend *trend);

/* The confidence set of a ratio of two normal estimates (Fieller 1954, J. R.
 * Stat. Soc. B 16:175-185): the r at which (num - r den)^2 does not exceed
 * q^2 (v_num - 2 r cov + r^2 v_den). */
typedef enum {
  IOI_FIELLER_BOUNDED, /* low <= r <= high */
  IOI_FIELLER_OUTSIDE, /* r <= low or r >= high: den is not clear of 0 */
  IOI_FIELLER_ALL      /* every r */
} ioi_fieller_kind;

ioi_fieller_kind ioi_fieller(double num, double den, double v_num, double v_den,
                             double cov, double q, double *low, double *high);

/* What is told of a series, in this order. */
typedef enum {
  IOI_PROGRESS_SLOPE,         /* slope of the line, a year */
  IOI_PROGRESS_FITTED_LAST,   /* fitted gap at the last time */
  IOI_PROGRESS_YEARS,         /* years from the last time to the target */
  IOI_PROGRESS_CHANGE,        /* d_T - d_0 */
  IOI_PROGRESS_SHARE,         /* 1 - (d_T - target)/(d_0 - target) */
  IOI_PROGRESS_RATE,          /* (d_T/d_0)^(1/(T - t_0)) - 1 */
  IOI_PROGRESS_PACE,          /* (target - d_T)/(Y - T) */
  IOI_PROGRESS_RATE_REQUIRED, /* (target/d_T)^(1/(Y - T)) - 1 */
  IOI_PROGRESS_RATE_HALVING,  /* 0.5^(1/(Y - T)) - 1 */
  IOI_PROGRESS_ON_TRACK,      /* 1 yes, 0 no, NaN not distinguishable */
  IOI_PROGRESS_ROWS
} ioi_progress_quantity;

/* What is to be said of a quantity. */
typedef enum {
  IOI_PROGRESS_FINE,
  IOI_PROGRESS_NO_SPREAD,   /* no standard error: variances are not known */
  IOI_PROGRESS_UNBOUNDED,   /* the limits are open at one end */
  IOI_PROGRESS_NOT_CLOSING, /* the line leads away from the target */
  IOI_PROGRESS_ZERO,        /* undefined: it divides by 0 */
  IOI_PROGRESS_SIGN,        /* undefined: the signs differ */
  IOI_PROGRESS_HALVING,     /* the target is 0: the pace that halves */
  IOI_PROGRESS_PAST,        /* the year is not after the last time */
  IOI_PROGRESS_MET,         /* the last value is at the target */
  IOI_PROGRESS_UNCLEAR      /* on track or not cannot be told apart */
} ioi_progress_note;

typedef struct {
  double estimate, std_error, low, high; /* NaN: undefined */
  ioi_progress_note note;
} ioi_progress_row;

/* All quantities of one series.
 *   target    finite, in the unit of the gap.
 *   year      Y, the year by which the target is to be reached; NaN: none, and
 *             the quantities that need it are NaN with IOI_PROGRESS_FINE.
 *   q         quantile of the limits, > 0.
 *   rows      [out] IOI_PROGRESS_ROWS rows.
 * Years to the target are -(f - target)/b for a line that leads there, 0 at the
 * target, else infinite; their standard error is that of the delta method and
 * their limits Fieller's, cut at 0, infinite where the slope is not clear of 0.
 * Limits of rates are made on the log scale. Whether the series is on track
 * compares the limits of the slope with the required pace. Statuses as for
 * ioi_trend_fit(); then no row is written. */
ioi_status ioi_progress(const ioi_series *series, double target, double year,
                        double q, int scale_up, ioi_progress_row *rows);

#endif
