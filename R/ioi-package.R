#' ioi: measure social integration
#'
#' Turns survey rows, census counts and administrative counts into the
#' indicators of the Home Office *Indicators of Integration framework 2019* and
#' of the integrated communities technical note, with standard errors that
#' follow the sampling design, compares groups, and draws the result.
#'
#' Nearly every indicator is a smooth function of weighted totals in cells, so
#' all measures travel one road: rows are summed into cells in one pass; a
#' measure gives a value and its influence on each cell; one engine turns
#' influence into variances and covariances; one library of methods gives
#' confidence limits; the result is an [ioi_estimate].
#'
#' @section From a question to the line of code: Say that you want to know: *do people
#' from different backgrounds get on here?*
#'
#' 1. Which indicator is it? `ioi_find("do people from different backgrounds get on?")`
#'    leads to 7.8, in the domain of social bridges.
#' 2. What does it need? `ioi_measure_args("7.8")`: who counts, out of whom, which
#'    columns, what official producers do, and what to beware of.
#' 3. Compute it: `ioi_measure(survey, "7.8", by = ethnic_group)`. Questions of known
#'    surveys, and their weights, are recognised; else name the columns: `outcome =`,
#'    `success =`, `weights =`.
#' 4. Compare: [ioi_parity()] gives the gap from a group, with its interval.
#' 5. Show: print it, or `plot()` it.
#'
#' The example below runs as it stands, on a synthetic survey.
#'
#' @section Where to go next:
#' | you want | go to |
#' |---|---|
#' | a first lesson, from a file to a chart | `vignette("ioi")` |
#' | what the framework asks for | [ioi_domains()], [ioi_indicators()], [ioi_practices()] |
#' | several indicators, for everyone and each group | [ioi_profile()] |
#' | survey estimates by your own choice | [ioi_design()], [ioi_proportion()], [ioi_mean()] |
#' | how unevenly groups are spread over places or schools | [ioi_segregation()] |
#' | rates and life tables | [ioi_rate()], [ioi_standardise()], [ioi_life_expectancy()] |
#' | gaps between groups | [ioi_parity()] |
#' | data to try things on | [ioi_example_survey()], [crime_survey_2008], [census_2011_lsoa] |
#'
#' @section Options:
#' `ioi.threads`: the most threads to use. The default is what OpenMP offers.
#' Results do not depend on it.
#'
#' @examples
#' survey <- ioi_example_survey(500)
#' cohesion <- ioi_measure(survey, "7.8", by = country_of_birth)
#' cohesion
#' ioi_parity(cohesion, country_of_birth, "UK")
#'
#' @importFrom stats nobs weights
#' @useDynLib ioi, .registration = TRUE
#' @keywords internal
"_PACKAGE"

.onUnload <- function(libpath) {
  library.dynam.unload("ioi", libpath)
}
