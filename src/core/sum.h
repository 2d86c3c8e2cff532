/* sum.h - compensated summation (Neumaier 1974, ZAMM 54:39-51): the error of
 * a sum does not grow with the number of terms. Start from {0, 0}. */
#ifndef IOI_CORE_SUM_H
#define IOI_CORE_SUM_H

#include <math.h>

typedef struct {
  double sum, rest;
} ioi_exact;

/* Adds x. */
static inline void ioi_exact_add(ioi_exact *total, double x)
{
  double sum = total->sum + x;
  total->rest += fabs(total->sum) >= fabs(x) ? (total->sum - sum) + x
                                             : (x - sum) + total->sum;
  total->sum = sum;
}

/* The sum. */
static inline double ioi_exact_value(const ioi_exact *total)
{
  return total->sum + total->rest;
}

#endif
