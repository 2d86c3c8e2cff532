/* decompose.h - what a gap between two groups is made of.
 *
 * Group A is the group, B its reference; the gap is A - B. */
#ifndef IOI_CORE_DECOMPOSE_H
#define IOI_CORE_DECOMPOSE_H

#include "core/status.h"

/* ---- rates by stratum (Kitagawa 1955, JASA 50:1168) ---------------------------
 * With shares a, b of the strata and rates A, B the gap is sum aA - sum bB. */
typedef enum {
  IOI_KITAGAWA_GAP = 0,     /* a A - b B */
  IOI_KITAGAWA_RATE,        /* (a + b)/2 (A - B) */
  IOI_KITAGAWA_COMPOSITION, /* (A + B)/2 (a - b) */
  IOI_KITAGAWA_ENDOWMENT,   /* (a - b) B */
  IOI_KITAGAWA_COEFFICIENT, /* b (A - B) */
  IOI_KITAGAWA_INTERACTION, /* (a - b)(A - B) */
  IOI_KITAGAWA_PARTS
} ioi_kitagawa_part;

/* One stratum. A group without people there has no rate: it takes that of the
 * other, so that the stratum is composition alone. */
typedef struct {
  double rate_a, share_a, rate_b, share_b;
} ioi_stratum;

/* The parts of a stratum.
 *   value     [out]  IOI_KITAGAWA_PARTS doubles
 *   gradient  [out]  of each part by A, B, a and b: 4 doubles, part by part. Where
 *                    one rate stands for both, the whole derivative is by it.
 * IOI_EDOMAIN: a share is not in [0, 1], or the rate of a group with people is
 * NaN; both are then NaN. Empty in both: 0. */
ioi_status ioi_kitagawa(const ioi_stratum *stratum, double *value,
                        double *gradient);

/* The covariance of two parts, sums over strata: rates are independent with
 * variances v_a, v_b; shares are multinomial of n_a and n_b people, or known where
 * that is infinite.
 *   one, two  [in]  gradients, 4 doubles a stratum. */
double ioi_kitagawa_product(const double *one, const double *two,
                            const ioi_stratum *strata, size_t count,
                            const double *v_a, const double *v_b, double n_a,
                            double n_b);

/* ---- regressions (Oaxaca 1973; Blinder 1973; Jann 2008, Stata J. 8:453) --------
 * With m the means of the predictors and b the coefficients of each group, and b*
 * those of reference, the intercept among them with a mean of 1. */
typedef enum {
  IOI_OAXACA_GAP = 0,       /* mA bA - mB bB */
  IOI_OAXACA_EXPLAINED,     /* (mA - mB) b* */
  IOI_OAXACA_UNEXPLAINED,   /* mA (bA - b*) + mB (b* - bB) */
  IOI_OAXACA_UNEXPLAINED_A, /* mA (bA - b*) */
  IOI_OAXACA_UNEXPLAINED_B, /* mB (b* - bB) */
  IOI_OAXACA_ENDOWMENTS,    /* (mA - mB) bB */
  IOI_OAXACA_COEFFICIENTS,  /* mB (bA - bB) */
  IOI_OAXACA_INTERACTION,   /* (mA - mB)(bA - bB) */
  IOI_OAXACA_PARTS
} ioi_oaxaca_part;

/* Where b* comes from. */
typedef enum {
  IOI_OAXACA_JANN = 0, /* both groups together, with an indicator of A */
  IOI_OAXACA_A,
  IOI_OAXACA_B,
  IOI_OAXACA_AVERAGE, /* (bA + bB)/2 */
  IOI_OAXACA_COTTON,  /* by the sums of weights of the groups */
  IOI_OAXACA_POOLED   /* both groups together (Neumark 1988) */
} ioi_oaxaca_reference;

/* Two groups and their predictors.
 *   x      rows x columns, column by column, finite
 *   y      rows, finite
 *   weight rows, finite, 0 or more; NULL: 1
 *   of_b   rows: 0 for A, 1 for B, other values for neither
 *   term   columns: the term each belongs to, from 1; 0 is the intercept
 *   normal columns: 1/levels for an indicator of a factor whose coefficients are
 *          to be deviations from their mean over all levels, the one left out too
 *          (Gardeazabal and Ugidos 2004; Yun 2005), so that its parts do not
 *          depend on that level; otherwise 0 */
typedef struct {
  size_t rows, columns;
  const double *x, *y, *weight;
  const int *of_b;
  const int *term;
  const double *normal;
} ioi_oaxaca_data;

/* Doubles of work space for `columns` predictors. */
size_t ioi_oaxaca_work(size_t columns);

/* Parts of the gap, and the influence of each row on them.
 *   part, of_term [in]  parts values each: which part, of which term; -1: of all
 *   value      [out]  parts doubles
 *   influence  [out]  rows x parts, part by part: the derivative of the part by the
 *                     weight of the row, so that the variance of the weighted total
 *                     is that of the part. 0 for rows of neither group.
 *   work       [out]  ioi_oaxaca_work(columns) doubles
 *   where      [out]  with IOI_ESINGLE: the column that is collinear with those
 *                     before it, and in what: 0 A, 1 B, 2 both together.
 * IOI_EEMPTY: a group has no weight. IOI_ESINGLE: collinear, or fewer rows than
 * columns. On error only work and where are written. */
ioi_status ioi_oaxaca(const ioi_oaxaca_data *data,
                      ioi_oaxaca_reference reference, const int *part,
                      const int *of_term, size_t parts, double *value,
                      double *influence, double *work, size_t where[2]);

#endif
