/* r_distribution.c - fills the core's table of distributions with Rmath. */
#include "r/r_ioi.h"

#include <Rmath.h>

static const ioi_distribution rmath = {
  .normal_quantile = Rf_qnorm5,
  .normal_tail = Rf_pnorm5,
  .t_quantile = Rf_qt,
  .t_tail = Rf_pt,
  .beta_quantile = Rf_qbeta,
  .beta_tail = Rf_pbeta,
  .chisq_quantile = Rf_qchisq,
  .chisq_tail = Rf_pchisq,
  .gamma_quantile = Rf_qgamma,
};

const ioi_distribution *ioi_r_distribution(void)
{
  return &rmath;
}

SEXP ioi_r_status(ioi_status status)
{
  return Rf_mkString(ioi_strstatus(status));
}
