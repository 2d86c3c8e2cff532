# Convergence of many groups: do they come closer to each other (sigma), and do those
# that start lowest gain most (beta)?

#' Convergence across groups
#'
#' Whether many groups come closer over the years: the trend of their spread (sigma), and
#' whether those that started low have gained most (beta).
#'
#' @param x Figures by group and time: a table of class [ioi_estimate], or a data frame
#'   with the columns `estimate` and `std.error`.
#' @param group,time The columns of groups and of times (see [ioi_columns]). Times are
#'   years as numbers, dates, or text that starts with a year.
#' @param weights Column of people in each group, for the spread. `NULL`: as in
#'   [ioi_disparity()].
#' @param ... Must be empty.
#' @param level Confidence level.
#' @return A tibble of class [ioi_estimate] with three rows: `measure` "sigma_bgsd" (change
#'   a year of the standard deviation between groups, in the unit of `x`), "sigma_cov" (of
#'   the coefficient of variation, in per cent) and "beta" (change from the first to the
#'   last time for each unit that a group started higher; below 0 where those that started
#'   lowest gained most), `estimate`, `std.error`, limits, `n` (times, or groups), `df`,
#'   `p.value` and `flag`.
#' @section Formula: Sigma: the slope of the line through the yearly spread, weighted by its
#'   variance, as in [ioi_progress()]. Beta: the least squares slope of
#'   \eqn{y_{gT} - y_{g0}} on \eqn{y_{g0}} over the groups, with t limits on two less
#'   degrees of freedom than groups.
#' @section Reading beta: Errors in the first figures make beta negative by themselves: a
#'   group that was low by chance rises by chance. Beta alone is no sign of convergence;
#'   sigma is.
#' @section Missing and empty: groups without a first or last figure are left out of beta,
#'   which needs three groups; otherwise its row is `NA` with flag "short".
#' @section Errors: those of [ioi_disparity()] and [ioi_progress()].
#' @references Barro, R. J. and Sala-i-Martin, X. (1992). Convergence. *Journal of
#'   Political Economy* 100(2), 223-251. \doi{10.1086/261816}
#' @examples
#' regions <- subset(
#'   labour_market,
#'   measure == "employment" & ethnic_group == "White" & born == "UK" & year <= 2019 &
#'     !area %in% c("United Kingdom", "England")
#' )
#' ioi_convergence(regions, area, year, weights = base)
#' @export
ioi_convergence <- function(x, group, time, weights = NULL, ..., level = 0.95) {
  call <- rlang::current_env()
  check_dots_empty_ioi(...)
  check_data(x, "x")
  level <- check_level(level)
  parity_given(missing(group), "group", "the column that holds the groups", call)
  parity_given(missing(time), "time", "the column of times", call)
  group <- resolve_column(rlang::enquo(group), x, "group")
  time <- resolve_column(rlang::enquo(time), x, "time")
  weights <- resolve_columns(rlang::enquo(weights), x, "weights", most = 1)
  years <- need_years(x[[time]], "time", call)
  rows <- rbind(
    sigma_rows(x, group, time, weights, level),
    beta_row(as.double(x$estimate), as.character(x[[group]]), years, level)
  )
  new_ioi_estimate(rows, info = convergence_info(x, level))
}

# The slopes of the spread by year.
sigma_rows <- function(x, group, time, weights, level) {
  asked <- list(weights = if (length(weights)) weights)
  spread <- rlang::inject(ioi_disparity(
    x, tidyselect::all_of(group),
    measure = c("bgsd", "cov"),
    by = tidyselect::all_of(time), !!!asked[lengths(asked) > 0]
  ))
  names(spread)[names(spread) == time] <- "time"
  slope <- ioi_progress(plain_tibble(spread), "time", by = "measure", level = level)
  slope <- slope[slope$measure == "slope_per_year", ]
  tibble::tibble(
    measure = paste0("sigma_", slope$of_measure), estimate = slope$estimate,
    std.error = slope$std.error, conf.low = slope$conf.low, conf.high = slope$conf.high,
    n = slope$n, df = Inf, p.value = slope$p.value, flag = slope$flag
  )
}

# The slope of the change on the level at the start.
beta_row <- function(value, group, years, level) {
  first <- years == min(years, na.rm = TRUE) & !is.na(value)
  last <- years == max(years, na.rm = TRUE) & !is.na(value)
  start <- value[which(first)]
  change <- value[which(last)][match(group[which(first)], group[which(last)])] - start
  known <- !is.na(change)
  out <- tibble::tibble(
    measure = "beta", estimate = NA_real_, std.error = NA_real_, conf.low = NA_real_,
    conf.high = NA_real_, n = as.double(sum(known)), df = sum(known) - 2, p.value = NA_real_,
    flag = "short"
  )
  if (sum(known) < 3 || length(unique(start[known])) < 2) {
    return(out)
  }
  fit <- stats::lm(change[known] ~ start[known])
  line <- stats::coef(suppressWarnings(summary(fit)))[2, ] # a perfect fit is no fault
  limits <- interval_t(line[1], line[2], out$df, level)
  out[c("estimate", "std.error", "p.value")] <- as.list(unname(line[c(1, 2, 4)]))
  out[c("conf.low", "conf.high")] <- limits[c("conf.low", "conf.high")]
  out$flag <- ""
  out
}

convergence_info <- function(x, level) {
  unit <- if (is_estimate(x)) plain_unit(attr(x, "info")) else "pace"
  list(
    what = "Convergence", level = level, limits = "fixed",
    unit = c(sigma_bgsd = if (unit == "number") "pace" else unit, sigma_cov = "a year",
      beta = "number of change"
    ),
    flags = progress_flag_words, no_vcov = "Its rows are different quantities.",
    notes = "Errors in the first figures make beta negative by themselves, sigma not."
  )
}
