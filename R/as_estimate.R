# Figures that somebody else computed, as a table of estimates.

#' Published figures as a table of estimates
#'
#' Gives a data frame of figures and standard errors the class of the package's own
#' results, so that it prints, draws, and is compared like them.
#'
#' @param x A data frame with the columns `estimate` and `std.error`. It may have
#'   `conf.low` and `conf.high`, `n` and `df`; other columns are kept as they are.
#' @param by Columns that say what a row is about (see [ioi_columns]). `NULL`: all that
#'   are not numbers of the figures.
#' @param unit "number", or "proportion" for shares as fractions from 0 to 1, which print
#'   as percentages.
#' @param level Confidence level of the limits of `x`, or of those made here.
#' @param ... Must be empty.
#' @return A tibble of class [ioi_estimate]: the `by` columns, `estimate`, `std.error`,
#'   `conf.low`, `conf.high` (made from the standard error where `x` has none), `n`, `df`
#'   (`Inf` where `x` has none) and `flag`. Its covariance takes the rows as
#'   independent; for more than 2,000 rows there is none.
#' @section Missing: a row without a figure is `NA` and keeps its place.
#' @section Errors: `ioi_error_input` for a missing column or a wrong argument;
#'   `ioi_error_data` for infinite figures or standard errors below 0.
#' @examples
#' london <- subset(
#'   labour_market, area == "London" & measure == "employment" & year == 2019
#' )
#' as_ioi_estimate(london, by = c(ethnic_group, born), unit = "proportion")
#' @export
as_ioi_estimate <- function(x, by = NULL, unit = c("number", "proportion"), level = 0.95, ...) {
  call <- rlang::current_env()
  check_dots_empty_ioi(...)
  check_data(x, "x")
  unit <- check_choice(unit, c("number", "proportion"), "unit")
  level <- check_level(level)
  needed <- setdiff(c("estimate", "std.error"), names(x))
  if (length(needed)) {
    abort_ioi(
      c(
        "{.arg x} must have the columns {.field estimate} and {.field std.error}.",
        "x" = "It has no {.field {needed}}."
      ),
      "input",
      arg = "x", call = call
    )
  }
  numbers <- c(core_columns, base_columns, "flag")
  by <- resolve_columns(rlang::enquo(by), x, "by")
  if (!length(by)) by <- setdiff(names(x), numbers)
  figures <- published_figures(x, level, call)
  table <- c(unclass(x)[by], figures)
  covariance <- if (nrow(x) <= parity_dense) diag(figures$std.error^2, nrow = nrow(x))
  new_ioi_estimate(
    tibble::new_tibble(table, nrow = nrow(x)),
    vcov = covariance,
    info = list(
      what = "Published figures", by = setdiff(by, label_columns), level = level, unit = unit,
      limits = if (all(c("conf.low", "conf.high") %in% names(x))) "fixed" else "wald",
      notes = "The rows are taken as independent."
    )
  )
}

published_figures <- function(x, level, call) {
  number <- function(name, otherwise, least = -Inf) {
    check_parity_number(parity_column(x, name, otherwise), name, least, call)
  }
  out <- list(estimate = number("estimate", NA_real_), std.error = number("std.error", NA_real_, 0))
  df <- number("df", Inf)
  made <- interval_t(out$estimate, out$std.error, df, level)
  for (name in c("conf.low", "conf.high")) {
    out[[name]] <- if (name %in% names(x)) number(name, NA_real_) else made[[name]]
  }
  out$n <- number("n", NA_real_, 0)
  out$df <- df
  out$flag <- as.character(parity_column(x, "flag", ""))
  out
}
