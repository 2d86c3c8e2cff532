/* hypergeometric.h - laws of one count under chance, as arrays of
 * probabilities, and their orthonormal polynomials. */
#ifndef IOI_CORE_HYPERGEOMETRIC_H
#define IOI_CORE_HYPERGEOMETRIC_H

#include <stddef.h>

/* A unit of `size` persons drawn from `all`, of whom `marked` belong to a group.
 * Whole numbers below 2^53, size and marked between 0 and all. */
typedef enum {
  IOI_URN_KEEP,    /* without replacement: the hypergeometric law */
  IOI_URN_REPLACE, /* with replacement: binomial, probability marked / all */
  IOI_URN_POISSON  /* Poisson of mean size marked / all, cut off above size */
} ioi_urn_kind;

typedef struct {
  double all, marked, size;
  ioi_urn_kind kind;
} ioi_urn;

/* Values that ioi_urn_law() writes at most. The tails beyond them hold less than
 * `least` (Hoeffding 1963, J. Am. Stat. Assoc. 58:13-30). */
size_t ioi_urn_values(const ioi_urn *urn, double least);

/* The probabilities of k = lowest, lowest + 1, ..., built outward from the most
 * probable k by their ratios and divided by their sum, so that no logarithm of
 * a factorial is needed and none is lost for large urns.
 *
 *   least   [in]   values less probable than `least` times the mode are left
 *                  out, 0 < least < 1.
 *   lowest  [out]  the first k.
 *   f       [out]  probabilities, ioi_urn_values() at most.
 * Gives the number of values. */
size_t ioi_urn_law(const ioi_urn *urn, double least, double *lowest, double *f);

/* The most probable value; and f(k + 1) / f(k). */
double ioi_urn_mode(const ioi_urn *urn);
double ioi_urn_ratio(const ioi_urn *urn, double k);

/* Coefficients of a function in the polynomials that are orthonormal under a
 * law, by the Lanczos process on sqrt(f) (Gautschi 2004, Orthogonal
 * Polynomials, section 2.2): c_d = sum_k f(k) h(k) Q_d(k), d = 1 .. degrees,
 * where Q_d has degree d and a positive leading coefficient. Under the
 * hypergeometric law these are Hahn's polynomials.
 *
 *   f, h, values  [in]   the law and the function at its values.
 *   degrees       [in]   how many; those that the law does not have are 0.
 *   keep          [in]   2: the recurrence alone, for few degrees of a wide law;
 *                        degrees + 1: every polynomial is made orthogonal to
 *                        all before it.
 *   c             [out]  degrees doubles; c[0] is of degree 1.
 *   work          [out]  keep * values doubles. */
void ioi_urn_coefficients(const double *f, const double *h, size_t values,
                          size_t degrees, size_t keep, double *c, double *work);

/* Units of at most so many members for ioi_urn_product(), and the doubles of work
 * space that it needs for units of at most `size`. */
#define IOI_URN_PRODUCT_SIZE 0x1p19
size_t ioi_urn_product_work(double size);

/* E[h_a(A) h_b(B)], A and B members of two groups without common members in one
 * unit. A has the law of `urn` (IOI_URN_KEEP or IOI_URN_REPLACE). The joint law
 * is a product u(A) v(B) w(size - A - B): given A = k, that of B is v(l) w(size -
 * k - l) over its sum, v and w binomial (Poisson with replacement).
 *
 *   other              [in]   members of the second group.
 *   lowest, f, h       [in]   law and function of A, `values` values.
 *   lowest_b, h_b      [in]   the function of B, values_b values; elsewhere 0.
 *   work               [out]  ioi_urn_product_work(urn->size) doubles.
 * Values of A below 1e-17 of the most probable one are left out. */
double ioi_urn_product(const ioi_urn *urn, double other, double lowest,
                       const double *f, const double *h, size_t values,
                       double lowest_b, const double *h_b, size_t values_b,
                       double *work);

#endif
