/* proportion.c - shares of categories within domains. */
#include "core/proportion.h"

#include <math.h>

static double total(const double *w, size_t categories)
{
  double sum = 0;
  for (size_t k = 0; k < categories; k++) sum += w[k];
  return sum;
}

void ioi_proportion(const double *w, size_t domains, size_t categories,
                    size_t first, double *p, int *row, int *at, double *value)
{
  const size_t rows = categories - first;
  at[0] = 0;
  for (size_t d = 0; d < domains; d++) {
    const double all = total(w + d * categories, categories);
    double *share = p + d * rows;
    for (size_t k = 0; k < rows; k++)
      share[k] = all > 0 ? w[d * categories + first + k] / all : (double) NAN;
    for (size_t l = 0; l < categories; l++) {
      const size_t cell = d * categories + l;
      row[cell] = (int) (d * rows);
      at[cell + 1] = at[cell] + (int) rows;
      for (size_t k = 0; k < rows; k++)
        value[cell * rows + k] =
          all > 0 ? ((l == k + first) - share[k]) / all : 0;
    }
  }
}

double ioi_proportion_deff(double p, double v, double n)
{
  double binomial = p * (1 - p);
  return v > 0 && binomial > 0 ? v * (n - 1) / binomial : (double) NAN;
}

double ioi_proportion_effective(double p, double v)
{
  return v > 0 && p >= 0 && p <= 1 ? p * (1 - p) / v : (double) NAN;
}
