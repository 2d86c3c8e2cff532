/* init.c - registration only: the routines R may call, and the set-up at load. */
#include "r/r_ioi.h"

#include <R_ext/Rdynload.h>
#include <R_ext/Visibility.h>
#include <gsl/gsl_errno.h>

static const R_CallMethodDef call_methods[] = {
  {"ioi_r_inside", (DL_FUNC) &ioi_r_inside, 2},
  {"ioi_r_key_inside", (DL_FUNC) &ioi_r_key_inside, 4},
  {"ioi_r_index_find", (DL_FUNC) &ioi_r_index_find, 3},
  {"ioi_r_tally", (DL_FUNC) &ioi_r_tally, 11},
  {"ioi_r_levels", (DL_FUNC) &ioi_r_levels, 3},
  {"ioi_r_resample_groups", (DL_FUNC) &ioi_r_resample_groups, 4},
  {"ioi_r_resample_totals", (DL_FUNC) &ioi_r_resample_totals, 3},
  {"ioi_r_resample_variance", (DL_FUNC) &ioi_r_resample_variance, 6},
  {"ioi_r_resample_ranks", (DL_FUNC) &ioi_r_resample_ranks, 2},
  {"ioi_r_resample_record_ranks", (DL_FUNC) &ioi_r_resample_record_ranks, 4},
  {"ioi_r_mean", (DL_FUNC) &ioi_r_mean, 4},
  {"ioi_r_mean_deff", (DL_FUNC) &ioi_r_mean_deff, 5},
  {"ioi_r_scale_weights", (DL_FUNC) &ioi_r_scale_weights, 5},
  {"ioi_r_weights_within", (DL_FUNC) &ioi_r_weights_within, 2},
  {"ioi_r_scan", (DL_FUNC) &ioi_r_scan, 2},
  {"ioi_r_nest", (DL_FUNC) &ioi_r_nest, 5},
  {"ioi_r_constant", (DL_FUNC) &ioi_r_constant, 5},
  {"ioi_r_range", (DL_FUNC) &ioi_r_range, 2},
  {"ioi_r_collapse", (DL_FUNC) &ioi_r_collapse, 1},
  {"ioi_r_variance", (DL_FUNC) &ioi_r_variance, 9},
  {"ioi_r_calibrate", (DL_FUNC) &ioi_r_calibrate, 11},
  {"ioi_r_unit_totals", (DL_FUNC) &ioi_r_unit_totals, 4},
  {"ioi_r_semidefinite_inverse", (DL_FUNC) &ioi_r_semidefinite_inverse, 1},
  {"ioi_r_trim", (DL_FUNC) &ioi_r_trim, 4},
  {"ioi_r_stratum_factors", (DL_FUNC) &ioi_r_stratum_factors, 1},
  {"ioi_r_residual_project", (DL_FUNC) &ioi_r_residual_project, 4},
  {"ioi_r_count_bits", (DL_FUNC) &ioi_r_count_bits, 1},
  {"ioi_r_proportion", (DL_FUNC) &ioi_r_proportion, 4},
  {"ioi_r_proportion_extras", (DL_FUNC) &ioi_r_proportion_extras, 3},
  {"ioi_r_spatial", (DL_FUNC) &ioi_r_spatial, 9},
  {"ioi_r_zones", (DL_FUNC) &ioi_r_zones, 5},
  {"ioi_r_self_weights", (DL_FUNC) &ioi_r_self_weights, 3},
  {"ioi_r_environment_shares", (DL_FUNC) &ioi_r_environment_shares, 5},
  {"ioi_r_environments", (DL_FUNC) &ioi_r_environments, 5},
  {"ioi_r_segregation_within", (DL_FUNC) &ioi_r_segregation_within, 7},
  {"ioi_r_segregation_within_covariance",
   (DL_FUNC) &ioi_r_segregation_within_covariance, 7},
  {"ioi_r_segregation_within_influence",
   (DL_FUNC) &ioi_r_segregation_within_influence, 6},
  {"ioi_r_segregation_change", (DL_FUNC) &ioi_r_segregation_change, 6},
  {"ioi_r_rank_exchange", (DL_FUNC) &ioi_r_rank_exchange, 2},
  {"ioi_r_code_text", (DL_FUNC) &ioi_r_code_text, 1},
  {"ioi_r_code_constant", (DL_FUNC) &ioi_r_code_constant, 3},
  {"ioi_r_segregation_local", (DL_FUNC) &ioi_r_segregation_local, 5},
  {"ioi_r_kitagawa", (DL_FUNC) &ioi_r_kitagawa, 3},
  {"ioi_r_oaxaca", (DL_FUNC) &ioi_r_oaxaca, 7},
  {"ioi_r_disparity", (DL_FUNC) &ioi_r_disparity, 5},
  {"ioi_r_disparity_draws", (DL_FUNC) &ioi_r_disparity_draws, 5},
  {"ioi_r_beta_binomial", (DL_FUNC) &ioi_r_beta_binomial, 3},
  {"ioi_r_law_indices", (DL_FUNC) &ioi_r_law_indices, 4},
  {"ioi_r_segregation_null", (DL_FUNC) &ioi_r_segregation_null, 4},
  {"ioi_r_segregation_permute", (DL_FUNC) &ioi_r_segregation_permute, 8},
  {"ioi_r_segregation_ordered", (DL_FUNC) &ioi_r_segregation_ordered, 4},
  {"ioi_r_segregation_ordered_covariance",
   (DL_FUNC) &ioi_r_segregation_ordered_covariance, 4},
  {"ioi_r_segregation_ordered_influence",
   (DL_FUNC) &ioi_r_segregation_ordered_influence, 3},
  {"ioi_r_segregation_present", (DL_FUNC) &ioi_r_segregation_present, 2},
  {"ioi_r_segregation", (DL_FUNC) &ioi_r_segregation, 4},
  {"ioi_r_segregation_covariance", (DL_FUNC) &ioi_r_segregation_covariance, 5},
  {"ioi_r_segregation_influence", (DL_FUNC) &ioi_r_segregation_influence, 3},
  {"ioi_r_segregation_bootstrap", (DL_FUNC) &ioi_r_segregation_bootstrap, 9},
  {"ioi_r_segregation_draw", (DL_FUNC) &ioi_r_segregation_draw, 3},
  {"ioi_r_segregation_jackknife", (DL_FUNC) &ioi_r_segregation_jackknife, 4},
  {"ioi_r_segregation_correct", (DL_FUNC) &ioi_r_segregation_correct, 5},
  {"ioi_r_interval_proportion", (DL_FUNC) &ioi_r_interval_proportion, 6},
  {"ioi_r_interval_t", (DL_FUNC) &ioi_r_interval_t, 4},
  {"ioi_r_parity_counts", (DL_FUNC) &ioi_r_parity_counts, 5},
  {"ioi_r_parity_covariance", (DL_FUNC) &ioi_r_parity_covariance, 5},
  {"ioi_r_parity_estimates", (DL_FUNC) &ioi_r_parity_estimates, 5},
  {"ioi_r_parity_gradient", (DL_FUNC) &ioi_r_parity_gradient, 5},
  {"ioi_r_parity_published", (DL_FUNC) &ioi_r_parity_published, 4},
  {"ioi_r_parity_union", (DL_FUNC) &ioi_r_parity_union, 3},
  {"ioi_r_progress", (DL_FUNC) &ioi_r_progress, 10},
  {"ioi_r_rate_limits", (DL_FUNC) &ioi_r_rate_limits, 4},
  {"ioi_r_count_test", (DL_FUNC) &ioi_r_count_test, 3},
  {"ioi_r_cells", (DL_FUNC) &ioi_r_cells, 7},
  {"ioi_r_direct", (DL_FUNC) &ioi_r_direct, 6},
  {"ioi_r_indirect", (DL_FUNC) &ioi_r_indirect, 7},
  {"ioi_r_life_table", (DL_FUNC) &ioi_r_life_table, 8},
  {"ioi_r_life_gap", (DL_FUNC) &ioi_r_life_gap, 4},
  {"ioi_r_cause_share", (DL_FUNC) &ioi_r_cause_share, 4},
  {"ioi_r_years_lost", (DL_FUNC) &ioi_r_years_lost, 7},
  {"ioi_r_quantile_bins", (DL_FUNC) &ioi_r_quantile_bins, 6},
  {"ioi_r_quantile", (DL_FUNC) &ioi_r_quantile, 8},
  {"ioi_r_association", (DL_FUNC) &ioi_r_association, 5},
  {NULL, NULL, 0}};

/* Put back when the package goes: the handler belongs to the process. */
static gsl_error_handler_t *old_handler;

void attribute_visible R_init_ioi(DllInfo *dll)
{
  R_registerRoutines(dll, NULL, call_methods, NULL, NULL);
  R_useDynamicSymbols(dll, FALSE);
  R_forceSymbols(dll, TRUE);
  old_handler = gsl_set_error_handler_off(); /* GSL's own handler aborts R */
  ioi_r_watch_fork();
}

void attribute_visible R_unload_ioi(DllInfo *dll)
{
  (void) dll;
  gsl_set_error_handler(old_handler);
}
