# Figures that somebody else computed, as a table of estimates.

#' Published figures as a table of estimates
#'
#' Gives a data frame of figures and standard errors the class of the package's own
#' results, so that it prints, draws, and is compared like them.
#'
#' @param x A data frame with the columns `estimate` and `std.error`, or in place of
#'   `std.error` the limits `conf.low` and `conf.high` (see [ioi_published()]), or `n` with
#'   `deft`. It may have `n` and `df`; other columns are kept as they are.
#' @param by Columns that say what a row is about (see [ioi_columns]). `NULL`: all that
#'   are not numbers of the figures.
#' @param unit "number", or "proportion" for shares as fractions from 0 to 1, which print
#'   as percentages.
#' @param level Confidence level of the limits of `x`, or of those made here.
#' @param deft A design factor: for shares that are published with their base alone, the
#'   standard error is `deft * sqrt(p * (1 - p) / n)`. Producers of surveys publish it, often
#'   by group; it is the root of a design effect.
#' @param ... Must be empty.
#' @return A tibble of class [ioi_estimate]: the `by` columns, `estimate`, `std.error`,
#'   `conf.low`, `conf.high` (made from the standard error where `x` has none), `n`, `df`
#'   (`Inf` where `x` has none) and `flag`. Its covariance takes the rows as
#'   independent; for more than 2,000 rows there is none.
#' @section Missing: a row without a figure is `NA` and keeps its place.
#' @section Errors: `ioi_error_input` for a missing column or a wrong argument, such as
#'   `deft` without `unit = "proportion"`;
#'   `ioi_error_data` for infinite figures or standard errors below 0.
#' @examples
#' london <- subset(
#'   labour_market, area == "London" & measure == "employment" & year == 2019
#' )
#' as_ioi_estimate(london, by = c(ethnic_group, born), unit = "proportion")
#'
#' # 35% of 62 people, in a survey with a design factor of 1.6
#' as_ioi_estimate(data.frame(group = "A", estimate = 0.35, n = 62),
#'   unit = "proportion", deft = 1.6
#' )
#' @export
as_ioi_estimate <- function(x, by = NULL, unit = c("number", "proportion"), level = 0.95, ...,
                            deft = NULL) {
  call <- rlang::current_env()
  check_dots_empty_ioi(...)
  check_data(x, "x")
  unit <- check_choice(unit, c("number", "proportion"), "unit")
  level <- check_level(level)
  check_figures(x, unit, deft, call)
  numbers <- c(core_columns, base_columns, "flag")
  by <- resolve_columns(rlang::enquo(by), x, "by")
  if (!length(by)) by <- setdiff(names(x), numbers)
  figures <- published_figures(x, level, deft, call)
  table <- c(unclass(x)[by], figures)
  covariance <- if (nrow(x) <= most_covariance_rows) diag(figures$std.error^2, nrow = nrow(x))
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

# The columns that the standard errors come from must be there.
check_figures <- function(x, unit, deft, call) {
  if (!is.null(deft)) {
    check_positive(deft, "deft", call)
    if (unit != "proportion") {
      abort_ioi("{.arg deft} is for {.code unit = \"proportion\"}.", "input",
        arg = "deft", call = call
      )
    }
  }
  limits <- c("conf.low", "conf.high")
  error <- if (!is.null(deft)) "n" else if (all(limits %in% names(x))) limits else "std.error"
  needed <- setdiff(c("estimate", error), names(x))
  if (length(needed)) {
    abort_ioi(
      c(
        "{.arg x} must have the columns {.field estimate} and {.field {error}}.",
        "x" = "It has no {.field {needed}}."
      ),
      "input",
      arg = "x", call = call
    )
  }
}

published_figures <- function(x, level, deft, call) {
  number <- function(name, otherwise, least = -Inf) {
    check_parity_number(parity_column(x, name, otherwise), name, least, call)
  }
  out <- list(estimate = number("estimate", NA_real_), std.error = NA_real_)
  n <- number("n", NA_real_, 0)
  low <- number("conf.low", NA_real_)
  high <- number("conf.high", NA_real_)
  out$std.error <- if (!is.null(deft)) {
    check_shares(out$estimate, call)
    deft * sqrt(parity_variance(out$estimate, n, FALSE))
  } else {
    figure_errors(x, level, call)
  }
  df <- number("df", Inf)
  made <- interval_t(out$estimate, out$std.error, df, level)
  out$conf.low <- if ("conf.low" %in% names(x)) low else made$conf.low
  out$conf.high <- if ("conf.high" %in% names(x)) high else made$conf.high
  out$n <- n
  out$df <- df
  out$flag <- as.character(parity_column(x, "flag", ""))
  out
}

check_shares <- function(p, call) {
  bad <- which(p < 0 | p > 1)
  if (length(bad)) {
    abort_ioi(
      c(
        "Column {.field estimate} must hold fractions from 0 to 1.",
        "x" = "{length(bad)} value{?s} {?does/do} not, first at row {bad[1]}: {p[bad[1]]}."
      ),
      "data",
      arg = "estimate", where = bad, call = call
    )
  }
}
