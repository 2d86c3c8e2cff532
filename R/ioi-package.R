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
#' @section Where to start:
#' * `vignette("ioi")`: read a file, declare the design, estimate by group,
#'   compare, plot.
#' * [ioi_indicators()]: what the framework asks for.
#' * [ioi_design()], [ioi_proportion()]: survey estimates.
#' * [ioi_segregation()]: how unevenly groups are spread over places or schools.
#' * [ioi_parity()]: gaps between groups, with their covariance.
#'
#' @section Options:
#' `ioi.threads`: the most threads to use. The default is what OpenMP offers.
#' Results do not depend on it.
#'
#' @importFrom stats nobs weights
#' @useDynLib ioi, .registration = TRUE
#' @keywords internal
"_PACKAGE"

.onUnload <- function(libpath) {
  library.dynam.unload("ioi", libpath)
}
