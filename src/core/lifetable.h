/* lifetable.h - abridged life tables, healthy life expectancy, gaps by age.
 *
 * Notation: bands i = 1..k start at ages x_i, the last is open; width n_i =
 * x_{i+1} - x_i years; deaths D_i, person-years N_i, M_i = D_i/N_i; a_i the
 * mean share of the band lived by those who die in it.
 *     q_i = n_i M_i/(1 + (1 - a_i) n_i M_i), 1 where that exceeds 1; q_k = 1
 *     l_1 = 1, l_{i+1} = l_i (1 - q_i), d_i = l_i q_i
 *     L_i = n_i (l_{i+1} + a_i d_i), L_k = l_k/M_k
 *     T_i = L_i + .. + L_k, e_i = T_i/l_i
 * (Chiang 1984, The Life Table and its Applications). All that follows is
 * computed from the open band down on the scale of e, so an l of 0 or an
 * undefined band does no harm to the ages above it:
 *     u_i = L_i/l_i = n_i (1 - (1 - a_i) q_i), e_i = u_i + (1 - q_i) e_{i+1}
 */
#ifndef IOI_CORE_LIFETABLE_H
#define IOI_CORE_LIFETABLE_H

#include <stddef.h>

#include "core/standardise.h"
#include "core/status.h"

/* What there is to say of a table; several may be set. */
enum {
  IOI_LIFE_MISSING = 1,        /* a death or population is missing (NaN) */
  IOI_LIFE_EMPTY_BAND = 2,     /* a band without population */
  IOI_LIFE_NO_OPEN_DEATHS = 4, /* no death in the open band: no e at any age */
  IOI_LIFE_NO_SURVIVORS = 8,   /* a q reached 1: no e beyond it */
  IOI_LIFE_MERGED = 16         /* bands were pooled by ioi_life_merge() */
};

/* The population of one table. `start` strictly increasing and finite. */
typedef struct {
  size_t bands;             /* k, at least 1 */
  const double *start;      /* x_i, years */
  const double *ax;         /* a_i, 0 to 1; that of the open band is not read */
  const double *deaths;     /* D_i >= 0, NaN where missing */
  const double *population; /* N_i >= 0, person-years, NaN where missing */
} ioi_population;

/* One table; k values each, memory of the caller's. */
typedef struct {
  double *qx, *lx, *Lx, *Tx; /* lx from 1; years */
  double *ex, *variance;     /* years, years squared */
} ioi_life_table;

/* Fills a table.
 *
 *   silcocks [in]  1: Var(e_i) = [(1 - a_i) n_i + e_{i+1}]^2 Var(q_i)
 *                  + (1 - q_i)^2 Var(e_{i+1}), with Var(q_i) =
 *                  q_i^2 (1 - q_i)/D_i (0 where D_i is 0) and Var(e_k) =
 *                  1/(D_k M_k^2) (Silcocks, Jenner and Reza 2001); 0: Var(e_k)
 *                  = 0 (Chiang), which makes the interval too narrow.
 *   table    [out] all values; NaN where undefined: with N_i = 0 or missing q_i,
 *                  and e at that and every younger age; with D_k = 0 e at every
 *                  age; beyond a closed band with q = 1 e (l is 0 there).
 *   note     [out] IOI_LIFE_* flags.
 *
 * IOI_EDOMAIN: no band, start not increasing, a_i outside [0, 1], a count
 * negative or infinite. Allocates nothing, keeps no state. */
ioi_status ioi_life_table_fill(const ioi_population *population, int silcocks,
                               ioi_life_table *table, int *note);

/* Pools bands that have no rate of their own, in place.
 *
 *   open  [in]      1: while the open band has no death, pool it with the one
 *                   below.
 *   empty [in]      1: pool a closed band without population with the next
 *                   one; it keeps the a of the younger band.
 *   bands [in,out]  k, then the number left.
 *   start, ax, deaths, population [in,out]  k values.
 *   healthy, healthy_variance     [in,out]  k values or NULL: pooled with
 *                   weights N_i.
 *   kept  [out]     k: index the left bands had before.
 *   Returns IOI_LIFE_MERGED when something was pooled, otherwise 0. */
int ioi_life_merge(int open, int empty, size_t *bands, double *start,
                   double *ax, double *deaths, double *population,
                   double *healthy, double *healthy_variance, size_t *kept);

/* Healthy life expectancy (Sullivan 1971, HSMHA Health Rep. 86:347), w_i the
 * share in good health:
 *     h_i = w_i u_i + (1 - q_i) h_{i+1}, h_k = w_k e_k
 * Its variance has two parts (Mathers 1991; Jagger et al., guide to Sullivan's
 * method): from prevalence, sum (L_j/l_i)^2 Var(w_j), or L'CL/l_i^2 with a
 * covariance matrix C; from mortality, [(1 - a_i) n_i w_i + h_{i+1}]^2 Var(q_i)
 * + (1 - q_i)^2 (the same at i + 1), w_k^2/(D_k M_k^2) at the open band.
 *
 *   table      [in]   filled from the same population.
 *   healthy    [in]   k shares w_i, 0 to 1; NaN where missing.
 *   variance   [in]   k values Var(w_i), NaN where unknown; NULL with cov.
 *   covariance [in]   k x k, or NULL.
 *   work       [out]  k doubles.
 *   hx         [out]  k years; NaN where e is, and below a missing w_i.
 *   prevalence, mortality [out] k variances, years squared. */
void ioi_sullivan(const ioi_population *population, const ioi_life_table *table,
                  const double *healthy, const double *variance,
                  const double *covariance, int silcocks, double *work,
                  double *hx, double *prevalence, double *mortality);

/* The gap e_1(two) - e_1(one) split by the age at which mortality differs
 * (Arriaga 1984, Demography 21:83), in the form
 *     c_i = l_i(one) [u_i(two) - u_i(one) + (q_i(one) - q_i(two)) e_{i+1}(two)]
 *     c_k = l_k(one) [e_k(two) - e_k(one)]
 * which equals his and needs no division by l. The c_i add up to the gap.
 * Their covariance is the delta method's with the variances of q_i and e_k
 * above; its sum is Var(e_1(one)) + Var(e_1(two)).
 *
 *   one, two   [in]   the two populations, same bands and same starts.
 *   of_one, of_two [in] their tables.
 *   gap        [out]  k years; NaN where either table is undefined.
 *   covariance [out]  k x k years squared; may be NULL.
 *   work       [out]  2 k (k + 1) doubles; may be NULL without covariance. */
void ioi_arriaga(const ioi_population *one, const ioi_life_table *of_one,
                 const ioi_population *two, const ioi_life_table *of_two,
                 int silcocks, double *gap, double *covariance, double *work);

/* Share of the gap of one band that falls to one cause of death: the change of
 * its rate over the change of all, m the rates per person-year. Where the rates
 * of all causes agree the split is undefined: 0, and *undefined is set to 1
 * unless those of the cause agree too. */
double ioi_cause_share(double cause_one, double cause_two, double all_one,
                       double all_two, int *undefined);

/* Years of life lost: y = sum c_i D_i, its variance sum c_i^2 D_i, c_i the years
 * that one death of band i loses; per person when population is given, over the
 * bands with c_i > 0.
 *
 *   years      [in]  k values c_i >= 0; a band with 0 takes no part.
 *   deaths     [in]  k values.
 *   population [in]  k values or NULL.
 *   out        [out] estimate, variance, events (the deaths that count) and
 *                    population; note IOI_STANDARD_MISSING where a value is
 *                    missing, IOI_STANDARD_NOTHING where nobody is at risk. */
void ioi_years_lost(const double *years, const double *deaths,
                    const double *population, size_t bands,
                    ioi_standardised *out);

/* The same standardised: sum (s_i/S) c_i D_i/n_i over the bands with c_i > 0,
 * variance sum (s_i/S)^2 c_i^2 D_i/n_i^2 (see standardise.h; a band without
 * population leaves no result).
 *
 *   standard [in]   k weights s_i >= 0.
 *   work     [out]  3 k doubles.
 *   out      [out]  events: the deaths that count. */
void ioi_years_lost_standardised(const double *years, const double *deaths,
                                 const double *population,
                                 const double *standard, size_t bands,
                                 double *work, ioi_standardised *out);

#endif
