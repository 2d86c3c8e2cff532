/* standardise.h - rates made comparable between populations of different age.
 *
 * Notation, per group: bands i with events x_i, person-time (or people) n_i
 * and standard weight s_i; S = sum s_i; W_i = s_i/(n_i S); X = sum x_i;
 * z the upper normal quantile, C(tail; df) the chi-square quantile at
 * tail = (1 - level)/2. Bands with s_i = 0 take no part in anything. */
#ifndef IOI_CORE_STANDARDISE_H
#define IOI_CORE_STANDARDISE_H

#include <stddef.h>

#include "core/distribution.h"
#include "core/status.h"

/* What to do with a band that nobody lives in (n_i = 0), which has no rate. */
typedef enum {
  IOI_EMPTY_NA = 0, /* no result for the group */
  IOI_EMPTY_DROP,   /* leave the band out and scale the other s_i up */
  IOI_EMPTY_ZERO    /* count its rate as 0 */
} ioi_empty_rule;

/* What became of one group. */
typedef enum {
  IOI_STANDARDISED = 0,
  IOI_STANDARD_MISSING, /* a count is missing */
  IOI_STANDARD_EMPTY,   /* a band is empty and the rule is IOI_EMPTY_NA */
  IOI_STANDARD_NOTHING  /* no band, or no expected events, left */
} ioi_standard_note;

/* One standardised value, per person. */
typedef struct ioi_standardised {
  double estimate, variance; /* y and v, as fractions (not per 100,000) */
  double events, population; /* X and sum n_i over the bands used */
  double weight_max, weight_min, weight_mean, weight_square; /* of the W_i: the
                              last is mean(W_i^2) */
  double expected; /* E of indirect standardisation, NaN for direct */
  ioi_standard_note note;
} ioi_standardised;

/* How the counts vary. */
typedef enum {
  IOI_COUNT_POISSON = 0, /* events: variance x_i, or sum f^2 persons */
  IOI_COUNT_BINOMIAL     /* people out of n_i: variance n_i p_i q_i */
} ioi_count_variance;

/* Adds rows up to cells of group x band.
 *
 *   group, band [in]      rows values 1..groups and 1..bands (codes of R
 *                         factors); a row with either < 1 (NA) is left out.
 *   events      [in]      rows counts; with frequency: persons who had it.
 *   population  [in]      rows person-times.
 *   frequency   [in]      rows: how many events each of these persons had;
 *                         NULL for single events. The rows of a cell then all
 *                         repeat the same population, which counts once.
 *   cells of band k of group g at (g - 1) bands + k - 1:
 *   cell_events [in,out]  sum of f x
 *   cell_second [in,out]  sum of f^2 x, the variance of cell_events; NULL: not
 *                         wanted.
 *   cell_population [in,out]
 *   cell_rows   [in,out]  rows counted
 *   where       [out]     the row that IOI_EDOMAIN is about
 * A missing count (NaN) makes its cell's sum NaN.
 *
 * IOI_EDOMAIN: a code above groups or bands, or rows of a cell whose
 * populations differ although there are frequencies. Time O(rows). */
ioi_status ioi_cells_sum(const int *group, const int *band,
                         const double *events, const double *population,
                         const double *frequency, size_t rows, size_t groups,
                         size_t bands, double *cell_events, double *cell_second,
                         double *cell_population, int *cell_rows,
                         size_t *where);

/* Direct standardisation of one group: y = sum W_i x_i with
 *   v = sum W_i^2 x_i                     single events (Poisson)
 *   v = sum W_i^2 sum_f f^2 x_if          persons with several events
 *   v = sum (s_i/S)^2 p_i q_i/n_i         people out of n_i (binomial)
 * When the standard is itself a sample of S people, its multinomial variance
 * [sum (s_i/S) r_i^2 - y^2]/S, r_i = x_i/n_i, is added to v.
 *
 *   events     [in]  bands values x_i >= 0 (sum f x with frequencies).
 *   second     [in]  bands values sum f^2 x; `events` again for single events.
 *   population [in]  bands values n_i >= 0; where n_i is 0 so is x_i.
 *   standard   [in]  bands weights s_i >= 0, in any unit.
 *   sampled    [in]  1: add the standard's own variance (s_i then are people).
 *   out        [out] the result; estimate and variance NaN unless note is
 *                    IOI_STANDARDISED.
 * Allocates nothing, keeps no state. */
void ioi_direct(const double *events, const double *second,
                const double *population, const double *standard, size_t bands,
                ioi_empty_rule empty, ioi_count_variance kind, int sampled,
                ioi_standardised *out);

/* Indirect standardisation of one group: E = sum n_i R_i; estimate is the
 * ratio O/E with variance O/E^2, and O^2 Var(E)/E^4 on top where Var(E) =
 * sum n_i^2 V_i is given (the reference rates are estimates).
 *
 *   events        [in]  bands values, or NULL when total is given.
 *   total         [in]  O, read when events is NULL; NaN is missing.
 *   population    [in]  bands values n_i >= 0.
 *   rate          [in]  bands reference rates R_i >= 0, per person.
 *   rate_variance [in]  bands V_i = Var(R_i), or NULL: fixed.
 *   out           [out] events O, population sum n_i, expected E; note
 *                       IOI_STANDARD_NOTHING where E is 0. */
void ioi_indirect(const double *events, double total, const double *population,
                  const double *rate, const double *rate_variance, size_t bands,
                  ioi_standardised *out);

/* The methods for limits, in the order of the R argument `ci`. */
typedef enum {
  IOI_DOBSON_BYAR = 0,
  IOI_DOBSON_EXACT,
  IOI_STANDARD_NORMAL,
  IOI_STANDARD_LOGNORMAL,
  IOI_GAMMA_MAX,
  IOI_GAMMA_TCZ,
  IOI_GAMMA_MID,
  IOI_DOBSON_OHID
} ioi_standard_method;

/* Two-sided limits of a weighted sum of counts.
 *
 *   dobson    y + sqrt(v/X) (X_L - X) and X_U (Dobson et al. 1991), with Byar's
 *             or exact limits of X, or OHID's choice (exact below 10)
 *   normal    y -+ z sqrt v
 *   lognormal y exp(-+ z sqrt(v)/y)
 *   gamma     low v/(2y) C(tail; 2y^2/v);
 *             high (v + m2)/(2(y + m)) C(1 - tail; 2(y + m)^2/(v + m2)) with
 *             max  m = max W_i, m2 = m^2          (Fay and Feuer 1997)
 *             tcz  m = mean W_i, m2 = mean W_i^2  (Tiwari et al. 2006)
 *             mid  m = (max W_i + min W_i)/2, m2 = m^2
 * No limit is below 0. With no events (X = 0) low is 0 and high is NaN, but
 * that of a gamma method; dobson and lognormal have neither.
 *
 *   value     [in]   a result of ioi_direct() or ioi_indirect().
 *   low, high [out]  per person; NaN where the estimate is.
 * IOI_EDOMAIN: level outside (0, 1) or not a method; nothing is written. */
ioi_status ioi_standardised_limits(const ioi_distribution *distribution,
                                   ioi_standard_method method, double level,
                                   const ioi_standardised *value, double *low,
                                   double *high);

#endif
