/* r_ioi.h - what the files of the R boundary share: the .Call routines and
 * the few helpers around them. The only headers of R are included from here. */
#ifndef IOI_R_IOI_H
#define IOI_R_IOI_H

#include <R.h>
#include <Rinternals.h>

#include "core/distribution.h"
#include "core/key.h"
#include "core/status.h"

/* Rmath as the core's table of distribution functions; a constant. */
const ioi_distribution *ioi_r_distribution(void);

/* A status as an R string, for the R code that makes the classed error. */
SEXP ioi_r_status(ioi_status status);

/* Threads to use for work of `rows` rows when the user asks for `asked`:
 * least of asked, OpenMP's maximum and limit, 2 under R CMD check, 1 for small
 * work and in a forked child. */
int ioi_r_threads(SEXP asked, R_xlen_t rows);

/* Marks forked children, in which OpenMP must not start threads. */
void ioi_r_watch_fork(void);

/* The element of a list by name; R_NilValue where there is none. */
SEXP ioi_r_get(SEXP list, const char *name);

/* A column of numbers from row `from` on; both pointers NULL for what is none. */
ioi_numbers ioi_r_numbers(SEXP x, size_t from);

/* Keys (see r_tally.c), their columns from row `from` on, and room for the levels of
 * a block of rows in each; R frees both. */
ioi_key *ioi_r_keys(SEXP keys, size_t from);
ioi_level *ioi_r_key_levels(size_t keys, size_t threads);

/* Is it a vector of so many doubles? */
static inline int ioi_r_is_double(SEXP x, R_xlen_t length)
{
  return Rf_isReal(x) && XLENGTH(x) == length;
}

/* Is it that, or NULL? */
static inline int ioi_r_is_optional(SEXP x, R_xlen_t length)
{
  return Rf_isNull(x) || ioi_r_is_double(x, length);
}

/* Its doubles, or NULL. */
static inline const double *ioi_r_values_or_null(SEXP x)
{
  return Rf_isNull(x) ? NULL : REAL_RO(x);
}

/* The routines, by topic; each file of src/r says what they take and give. */
SEXP ioi_r_inside(SEXP condition, SEXP within);
SEXP ioi_r_key_inside(SEXP keys, SEXP inner, SEXP outer, SEXP rows);
SEXP ioi_r_index_find(SEXP keys, SEXP which, SEXP rows);
SEXP ioi_r_tally(SEXP keys, SEXP range, SEXP weight, SEXP values, SEXP centre,
                 SEXP sums, SEXP place, SEXP columns, SEXP entries,
                 SEXP threads, SEXP chunk);
SEXP ioi_r_levels(SEXP keys, SEXP which, SEXP rows);
SEXP ioi_r_scale_weights(SEXP keys, SEXP which, SEXP rows, SEXP weight,
                         SEXP factor);
SEXP ioi_r_weights_within(SEXP weight, SEXP after);
SEXP ioi_r_scan(SEXP x, SEXP threads);
SEXP ioi_r_nest(SEXP keys, SEXP psu, SEXP stratum, SEXP rows, SEXP threads);
SEXP ioi_r_constant(SEXP keys, SEXP which, SEXP column, SEXP rows,
                    SEXP threads);
SEXP ioi_r_range(SEXP x, SEXP threads);

SEXP ioi_r_collapse(SEXP totals);
SEXP ioi_r_variance(SEXP stages, SEXP totals, SEXP influence, SEXP estimate,
                    SEXP domain_of_row, SEXP domain_of_cell, SEXP domains,
                    SEXP covariance, SEXP residual);
SEXP ioi_r_count_bits(SEXP bits);

SEXP ioi_r_proportion(SEXP w, SEXP domains, SEXP categories, SEXP first);
SEXP ioi_r_proportion_extras(SEXP p, SEXP v, SEXP n);
SEXP ioi_r_resample_groups(SEXP columns, SEXP weight, SEXP rows, SEXP most);
SEXP ioi_r_resample_totals(SEXP totals, SEXP which, SEXP factor);
SEXP ioi_r_resample_ranks(SEXP factor, SEXP bits);
SEXP ioi_r_resample_record_ranks(SEXP columns, SEXP weight, SEXP record,
                                 SEXP first);
SEXP ioi_r_resample_variance(SEXP estimate, SEXP mse, SEXP theta, SEXP scale,
                             SEXP rscale, SEXP covariance);

SEXP ioi_r_mean(SEXP estimator, SEXP totals, SEXP variables, SEXP centre);
SEXP ioi_r_mean_deff(SEXP moments, SEXP value, SEXP variables, SEXP v, SEXP n);

SEXP ioi_r_calibrate(SEXP level, SEXP first, SEXP value, SEXP centre,
                     SEXP weight, SEXP target, SEXP method, SEXP bounds,
                     SEXP start, SEXP tolerance, SEXP whole);
SEXP ioi_r_unit_totals(SEXP sums, SEXP codes, SEXP levels, SEXP units);
SEXP ioi_r_semidefinite_inverse(SEXP m);
SEXP ioi_r_trim(SEXP weight, SEXP lower, SEXP upper, SEXP proportional);
SEXP ioi_r_stratum_factors(SEXP stage);
SEXP ioi_r_residual_project(SEXP influence, SEXP rows, SEXP sums, SEXP columns);

SEXP ioi_r_spatial(SEXP table, SEXP first, SEXP places, SEXP smoothing,
                   SEXP kind, SEXP a, SEXP b, SEXP reps, SEXP threads);
SEXP ioi_r_zones(SEXP table, SEXP everybody, SEXP first, SEXP plan, SEXP zones);
SEXP ioi_r_self_weights(SEXP rule, SEXP area, SEXP scale);
SEXP ioi_r_environments(SEXP table, SEXP first, SEXP places, SEXP smoothing,
                        SEXP threads);
SEXP ioi_r_segregation_within(SEXP table, SEXP people, SEXP first, SEXP areas,
                              SEXP column, SEXP all, SEXP index);
SEXP ioi_r_segregation_within_covariance(SEXP table, SEXP first, SEXP areas,
                                         SEXP column, SEXP all, SEXP index,
                                         SEXP full);
SEXP ioi_r_segregation_within_influence(SEXP table, SEXP first, SEXP areas,
                                        SEXP column, SEXP all, SEXP index);
SEXP ioi_r_segregation_change(SEXP a, SEXP b, SEXP method, SEXP theil,
                              SEXP tolerance, SEXP most);
SEXP ioi_r_rank_exchange(SEXP own, SEXP other);
SEXP ioi_r_code_text(SEXP x);
SEXP ioi_r_code_constant(SEXP code, SEXP first, SEXP x);
SEXP ioi_r_segregation_local(SEXP table, SEXP first, SEXP kind, SEXP a, SEXP b);

SEXP ioi_r_environment_shares(SEXP table, SEXP first, SEXP places,
                              SEXP smoothing, SEXP threads);
SEXP ioi_r_kitagawa(SEXP columns, SEXP people, SEXP detail);
SEXP ioi_r_oaxaca(SEXP x, SEXP y, SEXP weight, SEXP of_b, SEXP terms,
                  SEXP reference, SEXP parts);
SEXP ioi_r_disparity(SEXP cells, SEXP blocks, SEXP measure, SEXP options,
                     SEXP full);
SEXP ioi_r_disparity_draws(SEXP cells, SEXP blocks, SEXP measure, SEXP options,
                           SEXP estimate);
SEXP ioi_r_beta_binomial(SEXP table, SEXP first, SEXP plan);
SEXP ioi_r_law_indices(SEXP logit, SEXP one, SEXP two, SEXP shape);
SEXP ioi_r_segregation_null(SEXP table, SEXP first, SEXP plan, SEXP model);
SEXP ioi_r_segregation_permute(SEXP table, SEXP first, SEXP plan, SEXP model,
                               SEXP seen, SEXP which, SEXP reps, SEXP seed);
SEXP ioi_r_segregation_ordered(SEXP table, SEXP people, SEXP first, SEXP how);
SEXP ioi_r_segregation_ordered_covariance(SEXP table, SEXP first, SEXP how,
                                          SEXP full);
SEXP ioi_r_segregation_ordered_influence(SEXP table, SEXP first, SEXP how);
SEXP ioi_r_segregation_present(SEXP table, SEXP first);
SEXP ioi_r_segregation(SEXP table, SEXP people, SEXP first, SEXP plan);
SEXP ioi_r_segregation_covariance(SEXP table, SEXP first, SEXP plan, SEXP apart,
                                  SEXP full);
SEXP ioi_r_segregation_influence(SEXP table, SEXP first, SEXP plan);
SEXP ioi_r_segregation_bootstrap(SEXP table, SEXP first, SEXP plan,
                                 SEXP estimate, SEXP what, SEXP reps, SEXP seed,
                                 SEXP level, SEXP full);
SEXP ioi_r_segregation_draw(SEXP table, SEXP first, SEXP seed);
SEXP ioi_r_segregation_jackknife(SEXP table, SEXP first, SEXP plan, SEXP full);
SEXP ioi_r_segregation_correct(SEXP table, SEXP first, SEXP plan, SEXP estimate,
                               SEXP how);
SEXP ioi_r_interval_proportion(SEXP p, SEXP se, SEXP n, SEXP df, SEXP method,
                               SEXP level);
SEXP ioi_r_interval_t(SEXP estimate, SEXP se, SEXP df, SEXP level);
SEXP ioi_r_parity_counts(SEXP measure, SEXP method, SEXP values, SEXP sign,
                         SEXP level);
SEXP ioi_r_parity_covariance(SEXP variance, SEXP group, SEXP reference,
                             SEXP d_group, SEXP d_reference);
SEXP ioi_r_parity_estimates(SEXP measure, SEXP method, SEXP values, SEXP sign,
                            SEXP level);
SEXP ioi_r_parity_gradient(SEXP measure, SEXP group, SEXP reference,
                           SEXP people, SEXP sign);
SEXP ioi_r_parity_published(SEXP estimate, SEXP low, SEXP high, SEXP level);
SEXP ioi_r_parity_union(SEXP bits, SEXP a, SEXP b);

SEXP ioi_r_progress(SEXP time, SEXP value, SEXP variance, SEXP covariance,
                    SEXP first, SEXP known, SEXP target, SEXP year, SEXP q,
                    SEXP scale_up);

/* Sets n doubles, just allocated, to 0. */
void ioi_r_zero(double *array, R_xlen_t n);

/* NaN in a double vector made NA, in place. */
void ioi_r_hide_nan(SEXP x);
SEXP ioi_r_rate_limits(SEXP method, SEXP level, SEXP x, SEXP n);
SEXP ioi_r_count_test(SEXP count, SEXP expected, SEXP mid_p);

/* Columns with a value per group, and one row of them; see r_standardise.c. */
struct ioi_standardised;
SEXP ioi_r_make_standardised(R_xlen_t groups);
void ioi_r_put_standardised(SEXP out, R_xlen_t g,
                            const struct ioi_standardised *value, int method,
                            double level);
SEXP ioi_r_cells(SEXP group, SEXP band, SEXP events, SEXP population,
                 SEXP frequency, SEXP groups, SEXP bands);
SEXP ioi_r_direct(SEXP events, SEXP second, SEXP population, SEXP standard,
                  SEXP options, SEXP level);
SEXP ioi_r_indirect(SEXP events, SEXP total, SEXP population, SEXP rate,
                    SEXP rate_variance, SEXP method, SEXP level);

SEXP ioi_r_life_table(SEXP start, SEXP ax, SEXP deaths, SEXP population,
                      SEXP healthy, SEXP healthy_variance, SEXP covariance,
                      SEXP options);
SEXP ioi_r_life_gap(SEXP start, SEXP one, SEXP two, SEXP silcocks);
SEXP ioi_r_cause_share(SEXP cause_one, SEXP cause_two, SEXP all_one,
                       SEXP all_two);
SEXP ioi_r_years_lost(SEXP years, SEXP deaths, SEXP population, SEXP standard,
                      SEXP bands, SEXP method, SEXP level);

SEXP ioi_r_quantile_bins(SEXP keys, SEXP domain, SEXP x, SEXP weight, SEXP rows,
                         SEXP probs);
SEXP ioi_r_quantile(SEXP keys, SEXP domain, SEXP x, SEXP weight, SEXP rows,
                    SEXP bins, SEXP rule, SEXP prob);
SEXP ioi_r_association(SEXP cell, SEXP v, SEXP rows, SEXP columns, SEXP n);

#endif
