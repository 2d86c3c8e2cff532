/* rmath.h - the core's table of distributions, filled by Debian's r-mathlib. */
#ifndef IOI_TESTS_RMATH_H
#define IOI_TESTS_RMATH_H

#include <Rmath.h>

#include "core/distribution.h"

static const ioi_distribution rmath = {
  .normal_quantile = qnorm5,
  .normal_tail = pnorm5,
  .t_quantile = qt,
  .t_tail = pt,
  .beta_quantile = qbeta,
  .beta_tail = pbeta,
  .chisq_quantile = qchisq,
  .chisq_tail = pchisq,
  .gamma_quantile = qgamma,
};

#endif
