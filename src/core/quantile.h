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
 * Nothing as long as the data is made. Values drawn from each domain cut its line
 * into bins, and the weights of each bin are summed: so the bin of a quantile is
 * known, and only the records of this bin and of its neighbours are taken out of the
 * data and sorted. A cut is a bin of its own, of which three records are enough however
 * many tie there: the first, the last, and all others as one; under hf1 and hf2 none,
 * for there their sum is enough. In turn:
 *
 *   ioi_quantile_count()  records of each domain
 *   ioi_quantile_cut()    draws the cuts
 *   ioi_quantile_sum()    sums by bin
 *   ioi_quantile_want()   for some quantiles: the bins to look into
 *   ioi_quantile_take()   takes their records
 *   ioi_quantile()        one quantile */
#ifndef IOI_CORE_QUANTILE_H
#define IOI_CORE_QUANTILE_H

#include <stddef.h>

#include "core/key.h"
#include "core/sum.h"

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

/* The data. Records are the rows with a domain, a number in x and a weight that is
 * not 0, in the order of the rows where they tie.
 *
 *   key     keys, those idle that `domain` does not need.
 *   domain  position of the key of domains.
 *   weight  both pointers NULL: 1.
 *   level   work space, keys * IOI_BLOCK. */
typedef struct {
  size_t rows, keys, domain;
  const ioi_key *key;
  ioi_numbers x, weight;
  ioi_level *level;
} ioi_quantile_rows;

/* The bins of all domains. Arrays are the caller's.
 *
 *   cuts    the most of a domain; 0: one bin, as weights below 0, which linear
 *           calibration can make, call for: C_k is then the largest sum so far.
 *   count   domains: records.
 *   used    domains: cuts there are.
 *   cut     domains * cuts: ascending, each once.
 *   inside  domains * IOI_QUANTILE_BINS(cuts): records. Bin 2i lies between cuts i - 1
 *           and i, bin 2i + 1 is cut i.
 *   upto    the same length: weights of this bin and those before it.
 *   most    domains: the largest value, and `last`, the weight of the last record. */
#define IOI_QUANTILE_BINS(cuts) (2 * (cuts) + 1)
typedef struct {
  size_t domains, cuts;
  int *count, *used;
  double *cut;
  int *inside;
  ioi_exact *upto;
  double *most, *last;
} ioi_quantile_bins;

/* A record that was taken: its weight, then C_k. */
typedef struct {
  double x;
  ioi_exact weight;
} ioi_quantile_record;

/* How many cuts keep bins and records taken small when so many quantiles of each
 * domain are asked for. */
size_t ioi_quantile_cuts(size_t rows, size_t domains, size_t probs);

/* Records of each domain. Not 0: some weights are below 0. */
int ioi_quantile_count(const ioi_quantile_rows *data, size_t domains,
                       int *count);

/* Draws the cuts: one of every so many records. `count` is known.
 *   work  2 * domains. */
void ioi_quantile_cut(const ioi_quantile_rows *data, ioi_quantile_bins *bins,
                      int *work);

/* Sums by bin. */
void ioi_quantile_sum(const ioi_quantile_rows *data, ioi_quantile_bins *bins);

/* The bins that quantiles need.
 *
 *   prob     [in]   domains x probs shares, domain by domain; NaN for none.
 *   start    [out]  domains * IOI_QUANTILE_BINS(cuts) + 1: where the records of each
 *                   bin start among those taken; the last is how many they are.
 *   largest  [out]  records of the largest bin.
 *   reach    [out]  2 * domains: between which values they lie. */
void ioi_quantile_want(const ioi_quantile_bins *bins, ioi_quantile_rule rule,
                       const double *prob, size_t probs, size_t *start,
                       size_t *largest, double *reach);

/* Takes and sorts the records of these bins.
 *
 *   taken   [out]  as many as `start` has.
 *   filled  [out]  work space, domains * IOI_QUANTILE_BINS(cuts).
 *   work    [out]  work space, largest records. */
void ioi_quantile_take(const ioi_quantile_rows *data,
                       const ioi_quantile_bins *bins, ioi_quantile_rule rule,
                       const size_t *start, const double *reach,
                       ioi_quantile_record *taken, int *filled,
                       ioi_quantile_record *work);

/* One quantile of a domain, one of those wanted. NaN where there are no records, or p
 * is NaN or outside 0 to 1. */
double ioi_quantile(const ioi_quantile_bins *bins, ioi_quantile_rule rule,
                    const size_t *start, const ioi_quantile_record *taken,
                    size_t domain, double p);

#endif
