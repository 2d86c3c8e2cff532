/* kitagawa.c - a gap between rates by stratum; see decompose.h. */
#include <math.h>

#include "core/decompose.h"

enum { BY_A, BY_B, BY_SHARE_A, BY_SHARE_B, BY };

static int is_share(double x)
{
  return x >= 0 && x <= 1;
}

static void put(double *value, double *gradient, ioi_kitagawa_part part,
                double v, double by_a, double by_b, double by_share_a,
                double by_share_b)
{
  double *g = gradient + BY * part;
  value[part] = v;
  g[BY_A] = by_a, g[BY_B] = by_b;
  g[BY_SHARE_A] = by_share_a, g[BY_SHARE_B] = by_share_b;
}

/* The rate of a group without people is that of the other: its derivatives are
 * moved there. */
static void move(double *gradient, int from, int to)
{
  for (int part = 0; part < IOI_KITAGAWA_PARTS; part++) {
    gradient[BY * part + to] += gradient[BY * part + from];
    gradient[BY * part + from] = 0;
  }
}

ioi_status ioi_kitagawa(const ioi_stratum *stratum, double *value,
                        double *gradient)
{
  double a = stratum->share_a, b = stratum->share_b;
  double A = stratum->rate_a, B = stratum->rate_b;
  int no_a = a == 0, no_b = b == 0;
  if (no_a) A = no_b ? 0 : B;
  if (no_b) B = A;
  ioi_status status = is_share(a) && is_share(b) && isfinite(A) && isfinite(B)
                        ? IOI_OK
                        : IOI_EDOMAIN;
  if (status) A = B = NAN;
  put(value, gradient, IOI_KITAGAWA_GAP, a * A - b * B, a, -b, A, -B);
  put(value, gradient, IOI_KITAGAWA_RATE, (a + b) / 2 * (A - B), (a + b) / 2,
      -(a + b) / 2, (A - B) / 2, (A - B) / 2);
  put(value, gradient, IOI_KITAGAWA_COMPOSITION, (A + B) / 2 * (a - b),
      (a - b) / 2, (a - b) / 2, (A + B) / 2, -(A + B) / 2);
  put(value, gradient, IOI_KITAGAWA_ENDOWMENT, (a - b) * B, 0, a - b, B, -B);
  put(value, gradient, IOI_KITAGAWA_COEFFICIENT, b * (A - B), b, -b, 0, A - B);
  put(value, gradient, IOI_KITAGAWA_INTERACTION, (a - b) * (A - B), a - b,
      b - a, A - B, B - A);
  if (no_a) move(gradient, BY_A, BY_B);
  if (no_b) move(gradient, BY_B, BY_A);
  return status;
}

/* Covariance of sums over strata of multinomial shares of n people. */
static double multinomial(const double *one, const double *two, int by,
                          const ioi_stratum *strata, size_t count, double n)
{
  double both = 0, first = 0, second = 0;
  if (isinf(n)) return 0;
  for (size_t k = 0; k < count; k++) {
    double share = by == BY_SHARE_A ? strata[k].share_a : strata[k].share_b;
    double g = one[BY * k + (size_t) by], h = two[BY * k + (size_t) by];
    both += g * h * share, first += g * share, second += h * share;
  }
  return (both - first * second) / n;
}

/* Nothing varies where nothing depends on it, known or not. */
static double scaled(double gradient, double variance)
{
  return gradient == 0 ? 0 : gradient * variance;
}

double ioi_kitagawa_product(const double *one, const double *two,
                            const ioi_stratum *strata, size_t count,
                            const double *v_a, const double *v_b, double n_a,
                            double n_b)
{
  double sum = 0;
  for (size_t k = 0; k < count; k++) {
    const double *g = one + BY * k, *h = two + BY * k;
    sum += scaled(g[BY_A] * h[BY_A], v_a[k]);
    sum += scaled(g[BY_B] * h[BY_B], v_b[k]);
  }
  return sum + multinomial(one, two, BY_SHARE_A, strata, count, n_a)
         + multinomial(one, two, BY_SHARE_B, strata, count, n_b);
}
