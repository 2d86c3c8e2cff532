/* alias.c - tables for draws from a law of few values. */
#include "core/alias.h"

/* Columns short of 1 stand at the start of `work`, the others at its end. */
void ioi_alias_make(double *p, size_t n, ioi_alias *column, size_t *work)
{
  double sum = 0;
  size_t low = 0, high = n;
  for (size_t k = 0; k < n; k++) sum += p[k];
  for (size_t k = 0; k < n; k++) {
    p[k] *= (double) n / sum;
    work[p[k] < 1 ? low++ : --high] = k;
  }
  while (low > 0 && high < n) {
    const size_t poor = work[--low], rich = work[high];
    column[poor] = (ioi_alias){p[poor], (double) rich};
    p[rich] -= 1 - p[poor];
    if (p[rich] < 1) {
      high++;
      work[low++] = rich;
    }
  }
  while (low > 0 || high < n) { /* full, but for rounding */
    const size_t k = low > 0 ? work[--low] : work[high++];
    column[k] = (ioi_alias){1, (double) k};
  }
}
