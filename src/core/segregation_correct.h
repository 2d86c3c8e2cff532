/* segregation_correct.h - segregation indices without what small units add.
 *
 * x, y: members of the two groups in unit i, n values each, whole numbers; X and
 * Y their totals, above 0. All statuses: IOI_EEMPTY a group without members,
 * IOI_ESINGLE fewer than two units with members. */
#ifndef IOI_CORE_SEGREGATION_CORRECT_H
#define IOI_CORE_SEGREGATION_CORRECT_H

#include <stddef.h>

#include "core/segregation.h"
#include "core/status.h"

/* 2 D - E[D*], D* the dissimilarity of persons of each group drawn again with
 * replacement (Allen, Burgess, Davidson & Windmeijer 2015, Econom. J. 18:40-66).
 * The mean needs no drawing: 1/2 sum_i E|x*_i/X - y*_i/Y| of two independent
 * binomial counts (Mazza & Punzo 2015, Sociol. Methods Res. 44:80-108).
 *   work  [out]  ioi_dissimilarity_drawn_work() doubles. */
size_t ioi_dissimilarity_drawn_work(const double *x, const double *y, size_t n);
ioi_status ioi_dissimilarity_drawn(const double *x, const double *y, size_t n,
                                   double *corrected, double *work);

/* The same for Hutchens' index, with x', y' drawn: 1 - 2 sum sqrt(q r) + sum
 * E sqrt(x'/X) E sqrt(y'/Y). work as above. */
ioi_status ioi_hutchens_drawn(const double *x, const double *y, size_t n,
                              double *corrected, double *work);

/* The same for mutual information M (natural logarithm) and the entropy E of the
 * groups, when persons of all groups are drawn again together: 2 M - E[M*] and
 * 2 E - E[E*], from means of n ln n of binomial counts. H is their ratio.
 *   table  [in]   whole numbers.
 *   work   [out]  ioi_information_drawn_work() doubles. */
size_t ioi_information_drawn_work(const ioi_prepared *margins);
ioi_status ioi_information_drawn(const ioi_prepared *margins, double *mutual,
                                 double *entropy, double *work);

/* The density corrected dissimilarity of the same paper: with s_i^2 =
 * q(1 - q)/X + r(1 - r)/Y and h_i = |q - r|/s_i, 1/2 sum s_i m(h_i), where m(h)
 * maximises phi(h - m) + phi(h + m): 0 for h <= 1, else the positive root of
 * m = h tanh(h m). */
ioi_status ioi_dissimilarity_density(const double *x, const double *y, size_t n,
                                     double *corrected);

/* The correlation ratio from moments that are unbiased when x_i is binomial
 * given p_i: over units with K = x + y >= 2 and w = K/sum K, m1 = sum w x/K,
 * m2 = sum w x(x - 1)/(K(K - 1)); (m2 - m1^2)/(m1(1 - m1)). It is also the
 * separation index from scores in which nobody counts himself (Fossett 2017,
 * New Methods for Measuring and Analyzing Segregation, Springer). */
ioi_status ioi_correlation_unbiased(const double *x, const double *y, size_t n,
                                    double *corrected);

/* (value - chance)/(1 - chance), or over chance where value is below it
 * (Carrington & Troske 1997, J. Bus. Econ. Stat. 15:402-409). slope: its
 * derivative by value. */
double ioi_carrington_troske(double value, double chance, double *slope);

/* (value - chance)/(1 - chance) on both sides of chance, so that its mean is 0
 * where people are put into units at random. */
double ioi_above_chance(double value, double chance, double *slope);

#endif
