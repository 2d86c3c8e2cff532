/* quantile.h - weighted quantiles of a measurement within domains.
 *
 * Records of one domain in ascending order of x have values x_1 <= .. <= x_n,
 * weights w_k, none of them 0, and cumulative weights C_k = w_1 + .. + w_k;
 * T = C_n. The quantile of p is, by rule,
 *
 *   hf1 ("math")    the smallest x_k with C_k >= pT
 *   hf2 ("school")  the same; the mean of x_k and x_k+1 where C_k = pT
 *   hf4 .. hf9      x interpolated linearly between knots p_k, constant beyond
 *                   the first and the last:
 *     hf4  C_k / T                     hf5  (C_k - w_k/2) / T
 *     hf6  C_k / (T + w_n)             hf7  C_k-1 / C_n-1
 *     hf8  (C_k-1/3 + 2 C_k/3) / (T + w_n/3)
 *     hf9  (3 C_k-1/8 + 5 C_k/8) / (T + w_n/4)
 *
 * which for equal weights are the definitions 1, 2 and 4 to 9 of Hyndman & Fan
 * (1996, Am. Stat. 50:361-365). A single record is every quantile.
 *
 * C_k = pT means, in double precision, that C_k is not above pT and C_k/T is p;
 * the C_k are summed with compensation. So with equal weights and a p that has no
 * end in binary, such as 0.1 of 200 records, the last bit may choose between
 * neighbours under hf1 and hf2, as it does in the package survey.
 *
 * Records stand in no array of their own: `row` lists the positions of the rows
 * of the data, domain by domain, in order of x within each. */
#ifndef IOI_CORE_QUANTILE_H
#define IOI_CORE_QUANTILE_H

#include <stddef.h>

#include "core/key.h"

typedef enum {
  IOI_QUANTILE_HF1,
  IOI_QUANTILE_HF2,
  IOI_QUANTILE_HF4,
  IOI_QUANTILE_HF5,
  IOI_QUANTILE_HF6,
  IOI_QUANTILE_HF7,
  IOI_QUANTILE_HF8,
  IOI_QUANTILE_HF9
} ioi_quantile_rule;

/* Sorted rows grouped by domain.
 *
 *   order   [in]   positions of `sorted` rows, ascending in x.
 *   origin  [in]   what position the first row has in `order`: 0 or 1.
 *   domain  [in]   domain of every row of the data, negative for none.
 *   weight  [in]   weight of every row of the data; both pointers NULL: 1.
 *   first   [out]  domains + 1: domain d has records first[d] .. first[d + 1]-1.
 *   row     [out]  positions from 0, `sorted` at most: of the rows with a domain
 *                  and a weight that is not 0; ties keep their order.
 *                  first[domains] of them are written.
 * Time: O(sorted). Allocates nothing and keeps no state. */
void ioi_quantile_group(const int *order, size_t sorted, int origin,
                        const int *domain, const ioi_numbers *weight,
                        size_t domains, size_t *first, int *row);

/* Cumulative weights of each domain.
 *
 *   row, first  [in]   as above.
 *   cumulative  [out]  first[domains]: C_k, summed with compensation. Where
 *                      weights below 0, which linear calibration can make, would
 *                      let them fall, the largest so far. */
void ioi_quantile_cumulate(const int *row, const size_t *first, size_t domains,
                           const ioi_numbers *weight, double *cumulative);

/* One quantile of one domain.
 *
 *   x           [in]  the measurement of every row of the data.
 *   row         [in]  the n records of the domain, ascending in x.
 *   cumulative  [in]  their n cumulative weights.
 *   p           [in]  share, 0 to 1.
 * NaN where n is 0, or p is NaN or outside 0 to 1. Time: O(log n). */
double ioi_quantile(ioi_quantile_rule rule, const ioi_numbers *x,
                    const int *row, const double *cumulative, size_t n,
                    double p);

/* The band of every row: how many of the quantiles of its domain lie below its
 * value, so that x <= q_k where the band is k or less.
 *
 *   x        [in]   `rows` numbers.
 *   domain   [in]   domain of each, negative for none.
 *   quantile [in]   domains x probs, ascending within a domain.
 *   band     [out]  0 .. probs; INT_MIN where there is no domain; 0 where its
 *                   quantiles are NaN, for want of a record with a weight. */
void ioi_quantile_bands(const ioi_numbers *x, const int *domain, size_t rows,
                        const double *quantile, size_t probs, int *band);

#endif
