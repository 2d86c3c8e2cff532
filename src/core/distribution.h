/* distribution.h - tails and quantiles the core needs, as a table of pointers.
 *
 * R fills the table with its own Rmath; the C tests fill it with the same
 * functions of the stand-alone library. GSL is not used here: version 2.7's
 * gsl_cdf_beta_Pinv() gives NaN for ordinary Clopper-Pearson limits and does
 * not return for some. Every function takes (..., lower_tail, log_p) as Rmath
 * does; log_p is always 0 in the core. All are thread safe and never raise. */
#ifndef IOI_CORE_DISTRIBUTION_H
#define IOI_CORE_DISTRIBUTION_H

typedef struct {
  double (*normal_quantile)(double p, double mean, double sd, int lower,
                            int log_p);
  double (*normal_tail)(double x, double mean, double sd, int lower, int log_p);
  double (*t_quantile)(double p, double df, int lower, int log_p);
  double (*t_tail)(double x, double df, int lower, int log_p);
  double (*beta_quantile)(double p, double a, double b, int lower, int log_p);
  double (*beta_tail)(double x, double a, double b, int lower, int log_p);
  double (*chisq_quantile)(double p, double df, int lower, int log_p);
  double (*chisq_tail)(double x, double df, int lower, int log_p);
  double (*gamma_quantile)(double p, double shape, double scale, int lower,
                           int log_p);
} ioi_distribution;

#endif
