/* disparity.h - one number for how unequal many groups are.
 *
 * A measure is a function of the values y of groups j = 1..K, of their shares w of
 * the population (fixed, adding up to 1), of mu = sum w y and, for ordered groups,
 * of ridits R: the share below a group and half its own, groups of one rank
 * pooled. Each measure gives its value and its gradient by y; the variance of any
 * of them, and the covariance of two, is gradient' V gradient.
 *
 * Sources: Harper and Lynch (2005), NCI monograph; Schlotheuber and Hosseinpoor
 * (2022), IJERPH 19:3697; Ahn et al. (2018), JCO Clin. Cancer Inform. 2:1;
 * Pearcy and Keppel (2002), Public Health Rep. 117:273; Kakwani, Wagstaff and van
 * Doorslaer (1997), J. Econometrics 77:87; Erreygers (2009), J. Health Econ.
 * 28:504; Wagstaff (2005), Health Econ. 14:429; Kunst and Mackenbach (1995). */
#ifndef IOI_CORE_DISPARITY_H
#define IOI_CORE_DISPARITY_H

#include "core/status.h"

typedef enum {
  IOI_DISPARITY_RANGE_DIFFERENCE = 0, /* max - min */
  IOI_DISPARITY_RANGE_RATIO,          /* max/min */
  IOI_DISPARITY_BGV,      /* sum w (y - mu)^2, between-group variance */
  IOI_DISPARITY_BGSD,     /* its square root */
  IOI_DISPARITY_COV,      /* 100 BGSD/mu */
  IOI_DISPARITY_MDMW,     /* sum w |y - mu| */
  IOI_DISPARITY_MDMU,     /* the same, each group 1/K (mu as before) */
  IOI_DISPARITY_MDBW,     /* sum w |y - best| */
  IOI_DISPARITY_MDBU,     /* sum |y - best|/K */
  IOI_DISPARITY_MDRW,     /* sum w |y - reference| */
  IOI_DISPARITY_MDRU,     /* sum |y - reference|/K */
  IOI_DISPARITY_IDISW,    /* 100 MDMW/mu */
  IOI_DISPARITY_IDISU,    /* 100 MDMU/mu */
  IOI_DISPARITY_IDISP,    /* 100 sum |y - reference|/((K - 1) reference) */
  IOI_DISPARITY_THEIL,    /* sum w r ln r, r = y/mu, 0 ln 0 = 0 */
  IOI_DISPARITY_MLD,      /* - sum w ln r, mean log deviation */
  IOI_DISPARITY_ACI,      /* sum w y (2R - 1), absolute concentration */
  IOI_DISPARITY_RCI,      /* ACI/mu; see ioi_disparity_bounded */
  IOI_DISPARITY_SII,      /* y1 - y0, the fitted ends at R = 1 and 0 */
  IOI_DISPARITY_RII,      /* y1/y0 */
  IOI_DISPARITY_RII_MEAN, /* SII/mu */
  IOI_DISPARITY_PAR,      /* best - mu, never of the wrong sign */
  IOI_DISPARITY_PAF,      /* 100 PAR/mu */
  IOI_DISPARITY_MEASURES  /* how many there are */
} ioi_disparity_measure;

/* What the line of SII and RII is fitted to, with weights w: y, log y or logit y
 * (ends transformed back), or the counts behind y by a binomial logit model in
 * which each person counts once. */
typedef enum {
  IOI_DISPARITY_LINEAR = 0,
  IOI_DISPARITY_LOG,
  IOI_DISPARITY_LOGIT,
  IOI_DISPARITY_BINOMIAL
} ioi_disparity_model;

/* RCI of values that lie in [low, high]: ACI/mu, 4 ACI/(high - low) (Erreygers) or
 * (high - low) ACI/((high - mu)(mu - low)) (Wagstaff). */
typedef enum {
  IOI_DISPARITY_UNBOUNDED = 0,
  IOI_DISPARITY_ERREYGERS,
  IOI_DISPARITY_WAGSTAFF
} ioi_disparity_bounded;

/* Why a value, or its gradient, is NaN; or what else to know. */
typedef enum {
  IOI_DISPARITY_AS_ASKED = 0,
  IOI_DISPARITY_NO_GROUPS, /* nothing to compute from */
  IOI_DISPARITY_MISSING,   /* a value is NaN */
  IOI_DISPARITY_SINGLE,    /* one group: no line, no other group */
  IOI_DISPARITY_EQUAL,     /* all groups equal: no gradient, or one of 0 */
  IOI_DISPARITY_NO_MEAN,   /* a relative measure of a mean or reference of 0 */
  IOI_DISPARITY_ZERO,      /* a group at 0: infinite, or no gradient */
  IOI_DISPARITY_NEGATIVE,  /* a value below 0, or outside what is transformed */
  IOI_DISPARITY_FITTED,    /* a fitted end is 0 or less: no ratio */
  IOI_DISPARITY_TIED_RANKS, /* all groups have one rank: no line */
  IOI_DISPARITY_CLAMPED,    /* PAR, PAF or a corrected BGV held at 0 */
  IOI_DISPARITY_TIED,       /* extreme groups tied: gradient of the largest */
  IOI_DISPARITY_NO_FIT      /* the binomial model has no finite maximum */
} ioi_disparity_note;

/* Groups ready to be measured. All arrays have `groups` values and belong to the
 * caller. */
typedef struct {
  size_t groups;
  const double *value;  /* y; NaN: missing */
  const double *share;  /* w */
  const double *ridit;  /* R, ascending; NULL: not ordered */
  const double *people; /* n behind each y; NULL unless the model is binomial */
  double mean;
  double bias;      /* what chance adds to BGV, taken off it; 0: nothing */
  size_t high, low; /* groups with the greatest and least value */
  int high_tied, low_tied;
  int favourable;   /* not 0: the best is the greatest */
  size_t reference; /* a group, or `groups` for none */
  size_t top;       /* first group of the highest rank */
  ioi_disparity_model model;
  ioi_disparity_bounded bounded;
  double bound_low, bound_high;
} ioi_disparity_groups;

/* Fills share, mean, high, low, ties and, unless rank is NULL, ridit and top.
 * A tie goes to the group of greater weight, then to the first.
 *
 *   set     [in,out]  groups, value and what is not named above are set before.
 *   weight  [in]   finite, above 0.
 *   rank    [in]   ascending; NULL: not ordered.
 *   share, ridit  [out]  groups doubles each; kept by set. */
void ioi_disparity_prepare(ioi_disparity_groups *set, const double *weight,
                           const double *rank, double *share, double *ridit);

/* The value of a measure and its gradient.
 *
 *   value     [out]  NaN where it is undefined; may be infinite.
 *   gradient  [out]  groups doubles; NaN where there is no derivative.
 *   work      [out]  2 * groups doubles.
 * Gives the note. PAR and PAF take the highest rank for the best where groups are
 * ordered. Needs reference, ridit and favourable where the measure does. */
ioi_disparity_note ioi_disparity_value(ioi_disparity_measure measure,
                                       const ioi_disparity_groups *set,
                                       double *value, double *gradient,
                                       double *work);

/* The ends of the line of set->model at R = 0 and R = 1, and their gradients by y
 * (groups doubles each, of the caller). */
typedef struct {
  double low, high;
  double *by_low, *by_high;
} ioi_disparity_ends;

/* Fits it. Gives IOI_DISPARITY_AS_ASKED or why there is none; set->value has no
 * NaN. */
ioi_disparity_note ioi_disparity_fit(const ioi_disparity_groups *set,
                                     ioi_disparity_ends *ends);

/* The variance of each y under the binomial model: P Q/n of the fitted P; or, with
 * `robust`, (y - P)^2 K/(K - 2) (HC1). variance: groups doubles, NaN without a fit
 * or, robust, with two groups. */
void ioi_disparity_binomial_variance(const ioi_disparity_groups *set,
                                     int robust, double *variance);

/* a' V b over groups: V is a diagonal (`variance`) or, unless NULL, the square
 * matrix `covariance` with `stride` rows. */
double ioi_disparity_product(const double *a, const double *b, size_t groups_a,
                             size_t groups_b, const double *variance,
                             const double *covariance, size_t stride);

/* BGV = y'Ay with A = diag(w) - ww'. What chance adds to it, trace(AV), and the
 * second-order term of its variance, 2 trace(AVAV) (Ahn et al. 2018 for
 * independent groups): exact for normal values. work: groups doubles. */
void ioi_disparity_chance(const double *share, size_t groups,
                          const double *variance, const double *covariance,
                          size_t stride, double *work, double *bias,
                          double *extra);

/* Lower triangle L with LL' = V; a row whose pivot is no more than rounding is 0
 * there. root: groups x groups, by column. IOI_EDOMAIN: V has a NaN. */
ioi_status ioi_disparity_root(size_t groups, const double *variance,
                              const double *covariance, size_t stride,
                              double *root);

/* y + Lz, or f^-1(f(y) + L z f'(y)) with f the log or the logit.
 *   scale  IOI_DISPARITY_LINEAR, _LOG or _LOGIT.
 *   out    [out] groups doubles. */
void ioi_disparity_draw(const double *value, size_t groups, const double *root,
                        ioi_disparity_model scale, const double *z,
                        double *out);

/* Standard deviation and limits of draws: their quantiles (type 7) at (1 -+
 * level)/2, moved by estimate - mean of the draws, for noise looks like inequality
 * and draws lie above the estimate. Sorts the draws. NaN if one of them is. */
void ioi_disparity_limits(double *draws, size_t n, double estimate,
                          double level, double *sd, double *low, double *high);

#endif
