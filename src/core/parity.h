/* parity.h - gaps between a group and its reference, with their uncertainty.
 *
 * Orientation: difference = group - reference, ratio = group / reference.
 * Values are estimates of one kind (fractions, means, rates); variances and the
 * covariance are those of the estimates, in squared units. */
#ifndef IOI_CORE_PARITY_H
#define IOI_CORE_PARITY_H

#include "core/distribution.h"
#include "core/status.h"

/* Two estimates and their joint variance. */
typedef struct {
  double group, reference;
  double group_variance, reference_variance, covariance;
} ioi_parity_pair;

/* The limits of each estimate by itself, at one level. */
typedef struct {
  double group_low, group_high, reference_low, reference_high;
} ioi_parity_limits;

/* What is measured of a group's value p1 and its reference's p2. The first
 * three are the bases; limits of the others are those of their base, carried
 * over (ioi_parity_carry). D = p1 - p2, R = p1/p2. */
typedef enum {
  IOI_PARITY_DIFFERENCE = 0,
  IOI_PARITY_RATIO,
  IOI_PARITY_ODDS_RATIO,          /* p1 q2/(q1 p2), for fractions */
  IOI_PARITY_RELATIVE_DIFFERENCE, /* R - 1 */
  IOI_PARITY_SHORTFALL,           /* people x D, people x -D if high is good */
  IOI_PARITY_PEOPLE_PER,  /* 1/|D|: people per one outcome more or less */
  IOI_PARITY_FOUR_FIFTHS, /* R */
  IOI_PARITY_INDEX        /* R up to 1, 2 - 1/R above: UNESCO's adjusted form */
} ioi_parity_measure;

/* What the measures need beside the two values: people in the group, and the
 * sign of the shortfall (-1 if a high value is good, otherwise 1). */
typedef struct {
  double people, sign;
} ioi_parity_scale;

/* Limits from estimates: t from the variance of a difference or of a ratio,
 * log from that of a log ratio or log odds ratio, MOVER from the limits of the
 * two estimates. */
typedef enum {
  IOI_PARITY_T = 0,
  IOI_PARITY_LOG,
  IOI_PARITY_MOVER
} ioi_parity_method;

/* What became of the limits. */
typedef enum {
  IOI_PARITY_AS_ASKED = 0,
  IOI_PARITY_BY_MOVER,  /* the variance is 0: MOVER limits instead */
  IOI_PARITY_NO_SPREAD, /* the variance is 0 and nothing else known: a point */
  IOI_PARITY_NO_DF,     /* none: df is 0 or less */
  IOI_PARITY_NO_LOG,    /* none: a value is 0 or the signs differ */
  IOI_PARITY_MISSING    /* none: a value they need is missing or out of range */
} ioi_parity_note;

/* A gap; NaN stands for what is undefined. */
typedef struct {
  double estimate, std_error; /* both on the measure's own scale */
  double low, high;
  double statistic, p_value; /* of the difference being 0 */
  ioi_parity_note note;
} ioi_parity_gap;

/* The base whose limits a measure's are made from. */
ioi_parity_measure ioi_parity_base(ioi_parity_measure measure);

/* Estimate of a measure, and its derivatives by the group's and the
 * reference's value. NaN where it is undefined: 0/0, and a ratio, and what is
 * made from one, has no derivative at a reference of 0, nor 1/|D| at 0.
 *   scale [in]  read by the shortfall alone */
void ioi_parity_point(ioi_parity_measure measure, double group,
                      double reference, ioi_parity_scale scale,
                      double *estimate, double *d_group, double *d_reference);

/* Standard error by the delta method: sqrt(g1^2 V1 + g2^2 V2 + 2 g1 g2 V12). */
double ioi_parity_se(const ioi_parity_pair *pair, double d_group,
                     double d_reference);

/* Carries limits of the base over to the measure, in place. For 1/|D| the
 * limits are those of |D| inverted; where D may be 0 the upper is infinite. */
void ioi_parity_carry(ioi_parity_measure measure, ioi_parity_scale scale,
                      double *low, double *high);

/* Variance of group - reference: V1 + V2 - 2 V12, never below 0; 0 where only
 * the rounding of the three terms is left. */
double ioi_parity_difference_variance(const ioi_parity_pair *pair);

/* MOVER limits of the difference (Newcombe 1998, Stat. Med. 17:873; Zou and
 * Donner 2008, Stat. Med. 27:1693), with rho = V12/sqrt(V1 V2), 0 where a
 * variance is 0, L the lower and U the upper limits of the two:
 *   D - sqrt((p1-L1)^2 + (U2-p2)^2 - 2 rho (p1-L1)(U2-p2))
 *   D + sqrt((U1-p1)^2 + (p2-L2)^2 - 2 rho (U1-p1)(p2-L2))
 * NaN in, NaN out. */
void ioi_parity_difference_mover(const ioi_parity_pair *pair,
                                 const ioi_parity_limits *limits, double *low,
                                 double *high);

/* MOVER limits of the ratio of two values that cannot be negative (Donner and
 * Zou 2012, SMMR 21:347): the values R at which the MOVER interval of
 * group - R reference ends at 0. Limits below 0 are read as 0. The upper limit
 * is infinite where the reference's lower limit is 0; the lower is 0 where the
 * group's is. NaN for a negative value. */
void ioi_parity_ratio_mover(const ioi_parity_pair *pair,
                            const ioi_parity_limits *limits, double *low,
                            double *high);

/* MOVER limits of the odds ratio of two fractions: those of the difference of
 * the logits, with the limits' logits and the correlation as above. NaN unless
 * both are fractions and one limit at least is finite. */
void ioi_parity_odds_mover(const ioi_parity_pair *pair,
                           const ioi_parity_limits *limits, double *low,
                           double *high);

/* The gap between two estimates.
 *   limits [in]  read by MOVER, and by the others in place of a variance of 0
 *                where the two limits of an estimate differ; may hold NaN
 *   df     [in]  degrees of freedom of the pair; may be infinite (normal)
 *   level  [in]  between 0 and 1
 *   gap    [out] limits on the base's scale - D -+ t sqrt(V), R -+ t se(R),
 *                exp(log R -+ t se(log R)), or MOVER - carried over to the
 *                measure. statistic = D/sqrt(V) and its two-sided p on df, for
 *                every measure; NaN where V is 0 or df <= 0. A ratio to 0 is
 *                infinite, 0/0 is NaN.
 * IOI_EDOMAIN: level outside (0, 1), or log for a difference, or t for an odds
 * ratio; nothing is written. */
ioi_status ioi_parity_estimates(const ioi_distribution *distribution,
                                ioi_parity_measure measure,
                                ioi_parity_method method,
                                const ioi_parity_pair *pair,
                                const ioi_parity_limits *limits,
                                ioi_parity_scale scale, double df, double level,
                                ioi_parity_gap *gap);

/* Standard error behind published limits: (high - low)/(2z) on the plain, log
 * or logit scale, whichever puts the middle of the limits nearest to the
 * estimate in units of their width (plain first), times the derivative back at
 * the estimate. NaN where a value is missing or the limits are turned round. */
double ioi_parity_published_se(const ioi_distribution *distribution,
                               double estimate, double low, double high,
                               double level);

/* Covariance of gaps that are functions of estimates with covariance V:
 * J V J', each row of J with the two entries d_group at column group[i] and
 * d_reference at column reference[i]. 1 and -1 for a difference; 1/p2 and
 * -p1/p2^2 for a ratio. A NaN stays in the rows and columns it belongs to.
 *   variance  [in]  size x size, symmetric
 *   group, reference [in]  gaps values each, below size
 *   out       [out] gaps x gaps
 * IOI_EDOMAIN: an index is not below size; nothing is written. */
ioi_status ioi_parity_covariance(const double *variance, size_t size,
                                 const size_t *group, const size_t *reference,
                                 const double *d_group,
                                 const double *d_reference, size_t gaps,
                                 double *out);

/* Bits set in either of two columns of a bit matrix: how many PSUs, or strata,
 * two domains hold together. `a` and `b` have `bytes` bytes each. */
size_t ioi_parity_union(const unsigned char *a, const unsigned char *b,
                        size_t bytes);

#endif
