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

typedef enum { IOI_PARITY_DIFFERENCE = 0, IOI_PARITY_RATIO } ioi_parity_measure;

/* Limits from estimates: t (difference) or log (ratio) from the variance, or
 * MOVER from the limits of the two estimates. */
typedef enum { IOI_PARITY_VARIANCE = 0, IOI_PARITY_MOVER } ioi_parity_method;

/* Limits of a difference of proportions from counts. */
typedef enum {
  IOI_PARITY_NEWCOMBE = 0,
  IOI_PARITY_NEWCOMBE_CORRECTED,
  IOI_PARITY_WALD
} ioi_parity_count_method;

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

/* Variance of group - reference: V1 + V2 - 2 V12, never below 0; 0 where only
 * the rounding of the three terms is left. */
double ioi_parity_difference_variance(const ioi_parity_pair *pair);

/* Standard error of group / reference by the delta method, on the ratio's own
 * scale: sqrt(V1 + R^2 V2 - 2 R V12)/|reference|; NaN for a reference of 0. */
double ioi_parity_ratio_se(const ioi_parity_pair *pair);

/* Log odds ratio of two proportions and its standard error, from
 * V1/(p1 q1)^2 + V2/(p2 q2)^2 - 2 V12/(p1 q1 p2 q2).
 * IOI_EDOMAIN (nothing written) unless both are strictly between 0 and 1. */
ioi_status ioi_parity_log_odds_ratio(const ioi_parity_pair *pair,
                                     double *estimate, double *se);

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

/* The gap between two estimates.
 *   limits [in]  read by MOVER, and by the others in place of a variance of 0
 *                where the two limits of an estimate differ; may hold NaN
 *   df     [in]  degrees of freedom of the pair; may be infinite (normal)
 *   level  [in]  between 0 and 1
 *   gap    [out] difference: D -+ t sqrt(V) or MOVER; ratio:
 *                exp(log R -+ t se(log R)) or MOVER. statistic = D/sqrt(V) and
 *                its two-sided p on df, for the ratio too; NaN where V is 0 or
 *                df <= 0. A ratio to 0 is infinite, 0/0 is NaN.
 * IOI_EDOMAIN: level outside (0, 1); nothing is written. */
ioi_status ioi_parity_estimates(const ioi_distribution *distribution,
                                ioi_parity_measure measure,
                                ioi_parity_method method,
                                const ioi_parity_pair *pair,
                                const ioi_parity_limits *limits, double df,
                                double level, ioi_parity_gap *gap);

/* The difference of two proportions from counts: x events among n people.
 * Limits: Newcombe (1998) = MOVER of Wilson's limits, the same of the
 * continuity-corrected Wilson limits, or Wald (collapses at 0 and 1).
 * std_error is sqrt(p1 q1/n1 + p2 q2/n2). Test: chi-square with N - 1
 * (Campbell 2007, Stat. Med. 26:3661) on one degree of freedom,
 *   (N - 1) (x1 y2 - x2 y1)^2 / (n1 n2 X Y), y = n - x, X and Y their sums,
 * NaN where X or Y is 0.
 *   x, n  [in]  0 <= x <= n, finite, need not be whole; n of 0 or a NaN gives a
 *               gap of NaN noted IOI_PARITY_MISSING
 * IOI_EDOMAIN: x or n outside those ranges, or level outside (0, 1); nothing
 * is written. */
ioi_status ioi_parity_counts(const ioi_distribution *distribution,
                             ioi_parity_count_method method, double group_x,
                             double group_n, double reference_x,
                             double reference_n, double level,
                             ioi_parity_gap *gap);

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
