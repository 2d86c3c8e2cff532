# Progress of a gap: a line through its series, and what it says of the target. The
# formulas and their edges are in src/core/progress.h.

# The quantities, in the order of the core; the last four look at `by_year`.
progress_quantities <- c(
  "slope_per_year", "fitted_gap_last", "years_to_parity", "change_first_last",
  "share_of_gap_closed", "aarc_observed", "annual_change_required", "aarc_required",
  "aarc_required_halving", "on_track"
)
progress_by_year <- progress_quantities[7:10]

# What the core notes, as a flag.
progress_flags <- c(
  "", "no_se", "unbounded", "not_closing", "zero", "sign", "halving", "past", "met",
  "not_distinguishable"
)

progress_flag_words <- list(
  no_se = "no limits: the standard errors are not known",
  unbounded = "the limits are open: the slope, or the first gap, is not clear of 0",
  not_closing = "the line does not lead to the target",
  zero = "undefined: it would divide by 0",
  sign = "undefined: the values have different signs",
  halving = "a constant rate never reaches 0: the rate that halves the gap instead",
  past = "the year is not after the last time of the series",
  met = "the last gap is at the target",
  not_distinguishable = "the limits of the slope hold the required pace",
  residual = "no standard errors: limits from the scatter about the line",
  short = "fewer than two times with a value",
  se = "a standard error is missing or 0"
)

#' Progress towards parity
#'
#' The pace at which a gap moves, when it would be closed if it went on like that, and
#' what pace a target needs. Standard errors of the gaps go into all limits; the years
#' to parity can have no upper limit, and the result says so.
#'
#' @param x Gaps by time: a table of class [ioi_estimate], such as [ioi_parity()] gives
#'   with the time in `by`; or a data frame with the columns `estimate` and, where they
#'   are known, `std.error`, or in its place limits of `level`, `conf.low` and `conf.high`.
#' @param time The column of times: years as numbers, dates, or text that starts with a
#'   year ("2018/19").
#' @param target Where the gap should go, in its unit. 0 is parity of a difference;
#'   where all gaps are ratios and no target is given, it is 1.
#' @param by_year Year by which the target should be reached. `NULL`: no target year,
#'   and the rows that need one are left out.
#' @param by Columns that set series apart. `NULL`: for estimates all the columns that
#'   set their rows apart, but for the time; for a data frame none.
#' @param ... Must be empty.
#' @param interim Years for which to give interim targets, on the straight line from
#'   the last gap to the target. Needs `by_year`.
#' @param overdispersion `TRUE` widens the limits where the gaps scatter more about
#'   the line than their standard errors explain.
#' @param correlation,window For gaps that carry no covariance: see [ioi_change()].
#' @param level Confidence level.
#' @return A tibble of class [ioi_estimate], a row per series and quantity: the `by`
#'   columns, `measure` (the quantity), `time` (with `interim`; `NA` on other rows),
#'   `estimate`, `std.error`, `conf.low`, `conf.high`, `n` (times used), `p.value` (of
#'   no slope or no change) and `flag`. The quantities:
#'
#'   | measure | what it is |
#'   |---|---|
#'   | `slope_per_year` | slope of the line, units of the gap a year |
#'   | `fitted_gap_last` | the line at the last time |
#'   | `years_to_parity` | years from the last time to the target; `Inf` if the line leads away |
#'   | `change_first_last` | last gap less first gap |
#'   | `share_of_gap_closed` | share of the first gap that is gone; above 1 if it has crossed |
#'   | `aarc_observed` | average annual rate of change, first to last, a fraction |
#'   | `annual_change_required` | change a year that reaches the target by `by_year` |
#'   | `aarc_required` | the same as a constant rate; for a target of 0, as below |
#'   | `aarc_required_halving` | the rate that halves any gap by `by_year` |
#'   | `on_track` | 1 on track, 0 off track, `NA` not distinguishable |
#'   | `interim_target` | the gap to be reached at `time` |
#'
#' @section Formula: A line is fitted by least squares with weights \eqn{1/v_t}, the
#'   variances taken as known; the covariance of the gaps, where there is one, goes
#'   into its errors. With fitted last value \eqn{f}, slope \eqn{b} and target
#'   \eqn{\tau}, years to parity are \eqn{-(f - \tau)/b}; the standard error is that of
#'   the delta method, the limits are Fieller's, which are right where \eqn{b} is near
#'   0 too. Shares have Fieller limits, rates limits on the log scale.
#' @section On track: The limits of the slope are compared with the required pace
#'   \eqn{(\tau - d_T)/(Y - T)}: on track if all of them are at or beyond it, off track
#'   if none is, otherwise the data cannot tell. A line through a few years is no
#'   forecast: it says what the pace has been.
#' @section Missing and empty: Times without a gap are left out. Where no standard
#'   error is known, limits come from the scatter about the line (t distribution with
#'   two less than the number of times; three times at least), flagged "residual", and
#'   the quantities of first and last gap have none. Where some are missing, these
#'   times are left out and a message of class `ioi_message_missing` says how many.
#'   The reference's gap to itself is left out.
#' @section Errors: `ioi_error_input` for a wrong argument or times that are not years;
#'   `ioi_error_data` for infinite gaps, negative standard errors, and times that occur
#'   twice in a series.
#' @references Fieller, E. C. (1954). Some problems in interval estimation. *Journal of
#'   the Royal Statistical Society B* 16(2), 175-185.
#'   \doi{10.1111/j.2517-6161.1954.tb00159.x}
#' @seealso [ioi_gap_change()], [ioi_convergence()], [ioi_plot_progress()].
#' @examples
#' gap <- data.frame(
#'   year = 2011:2019, estimate = c(15, 14.2, 13.9, 13.1, 12, 11.8, 11, 10.1, 9.6),
#'   std.error = 0.85
#' )
#' ioi_progress(gap, year, target = 0, by_year = 2030)
#' @export
ioi_progress <- function(x, time, target = 0, by_year = NULL, by = NULL, ...,
                         interim = NULL, overdispersion = FALSE, correlation = 0,
                         window = NULL, level = 0.95) {
  call <- rlang::current_env()
  check_dots_empty_ioi(...)
  check_data(x, "x")
  check_progress(target, by_year, interim, overdispersion, call)
  check_correlation(correlation, window, call)
  level <- check_level(level)
  parity_given(missing(time), "time", "the column of times", call)
  time <- resolve_column(rlang::enquo(time), x, "time")
  by <- union(existing_groups(x), resolve_columns(rlang::enquo(by), x, "by"))
  series <- progress_series(x, time, by, correlation, window, level, call)
  target <- progress_target(target, missing(target), series)
  found <- progress_numbers(series, target, by_year, overdispersion, level)
  progress_table(series, found, target, by_year, interim, level)
}

check_progress <- function(target, by_year, interim, overdispersion, call) {
  one <- function(x) is.numeric(x) && length(x) == 1 && is.finite(x)
  wrong <- function(text, arg) abort_ioi(text, "input", arg = arg, call = call)
  if (!one(target)) wrong("{.arg target} must be one finite number.", "target")
  if (!is.null(by_year) && !one(by_year)) {
    wrong("{.arg by_year} must be one year, such as 2030.", "by_year")
  }
  if (!is.null(interim) && (!is.numeric(interim) || !all(is.finite(interim)))) {
    wrong("{.arg interim} must be years, such as {.code c(2025, 2028)}.", "interim")
  }
  if (!is.null(interim) && is.null(by_year)) {
    wrong("{.arg interim} needs {.arg by_year}, the year of the target.", "interim")
  }
  check_flag(overdispersion, "overdispersion", call)
}

# Rows in the order of series and time: list(labels, block, years, value, variance,
# covariance, first, known, unit, measures).
progress_series <- function(x, time, by, correlation, window, level, call) {
  by <- series_columns(x, time, by)
  if (!"estimate" %in% names(x)) {
    abort_ioi(
      c(
        "{.arg x} must have a column {.field estimate}, the gap.",
        "i" = "{.fn ioi_parity} makes gaps, with the time in {.arg by}."
      ),
      "input",
      arg = "x", call = call
    )
  }
  years <- need_years(x[[time]], "time", call)
  value <- check_parity_number(x$estimate, "estimate", -Inf, call)
  se <- figure_errors(x, level, call)
  flag <- parity_column(x, "flag", "")
  kept <- which(!is.na(years) & !is.na(value) & !has_flag(flag, "reference"))
  block <- parity_block(unclass(x)[by], nrow(x))
  kept <- drop_without_error(kept, se, block)
  kept <- kept[order(match(block[kept], unique(block[kept])), years[kept])]
  check_times(years[kept], block[kept], x[[time]][kept], call)
  runs <- rle(block[kept])$lengths
  known <- vapply(split_runs(se[kept], runs), function(s) length(s) > 0 && all(s > 0), NA)
  list(
    labels = stats::setNames(unclass(x)[by], change_names(by)), by = by,
    start = kept[cumsum(c(1L, runs))[seq_along(runs)]],
    years = years[kept], value = value[kept], se = se[kept],
    covariance = progress_covariance(x, kept, se, years, block, correlation, window, call),
    first = as.integer(c(0, cumsum(runs))), known = known %in% TRUE,
    info = attr(x, "info"),
    measures = if ("measure" %in% names(x)) unique(as.character(x$measure[kept]))
  )
}

split_runs <- function(x, runs) {
  unname(split(x, factor(rep(seq_along(runs), runs), seq_along(runs))))
}

# Where some times of a series have a standard error, those without are left out.
drop_without_error <- function(kept, se, block) {
  none <- is.na(se[kept]) | se[kept] == 0
  mixed <- stats::ave(as.double(none), block[kept], FUN = mean)
  lost <- none & mixed < 1
  if (any(lost)) {
    inform_ioi(
      "Left out {sum(lost)} time{?s} without a standard error.", "missing",
      count = sum(lost)
    )
  }
  kept[!lost]
}

check_times <- function(years, block, shown, call) {
  twice <- which(duplicated(cbind(years, block)))
  if (length(twice)) {
    abort_ioi(
      c(
        "{.arg time} must hold each time once in a series.",
        "x" = "{length(twice)} row{?s} repeat{?s/} a time, first
               {.val {as.character(shown[twice[1]])}}.",
        "i" = "Name in {.arg by} the columns that set these rows apart."
      ),
      "data",
      arg = "time", call = call
    )
  }
}

progress_covariance <- function(x, kept, se, years, block, correlation, window, call) {
  own <- if (is_estimate(x)) covariance_matrix(check_intact(x, "x", call), kept, call)
  if (!is.null(own)) {
    return(own)
  }
  if (correlation == 0 && is.null(window)) {
    return(NULL)
  }
  rank <- if (is.null(window)) seq_along(kept) else years[kept]
  time_covariance(se[kept], rank, block[kept], correlation, window)
}

# Parity of a ratio is 1.
progress_target <- function(target, default, series) {
  if (default && length(series$measures) && all(series$measures == "ratio")) 1 else target
}

progress_numbers <- function(series, target, by_year, overdispersion, level) {
  m <- diff(series$first)
  q <- ifelse(series$known, stats::qnorm(1 - (1 - level) / 2),
    stats::qt(1 - (1 - level) / 2, pmax(m - 2, 1))
  )
  out <- .Call(
    ioi_r_progress, as.double(series$years), as.double(series$value),
    as.double(series$se)^2, series$covariance, series$first, series$known,
    rep(as.double(target), length(m)), if (is.null(by_year)) NA_real_ else as.double(by_year),
    as.double(q), overdispersion
  )
  out$m <- m
  out
}

progress_table <- function(series, found, target, by_year, interim, level) {
  runs <- length(series$first) - 1L
  shown <- if (is.null(by_year)) {
    setdiff(progress_quantities, progress_by_year)
  } else {
    progress_quantities
  }
  cell <- expand.grid(quantity = match(shown, progress_quantities), run = seq_len(runs))
  at <- (cell$run - 1L) * length(progress_quantities) + cell$quantity
  labels <- lapply(series$labels, function(x) x[series$start[cell$run]])
  numbers <- lapply(found[core_columns], `[`, at)
  tested <- cell$quantity %in% match(c("slope_per_year", "change_first_last"), progress_quantities)
  table <- c(
    labels,
    list(measure = progress_quantities[cell$quantity]),
    if (!is.null(interim)) list(time = rep(NA_real_, length(at))),
    numbers,
    list(
      n = as.double(found$m[cell$run]),
      p.value = replace(progress_p(numbers, series, found, cell$run), !tested, NA),
      flag = progress_row_flags(series, found, cell, at)
    )
  )
  table <- tibble::new_tibble(table, nrow = length(at))
  if (!is.null(interim)) table <- rbind_interim(table, series, found, target, by_year, interim)
  new_ioi_estimate(table, info = progress_info(series, target, by_year, level))
}

progress_p <- function(numbers, series, found, run) {
  statistic <- -abs(numbers$estimate / numbers$std.error)
  df <- ifelse(series$known[run], Inf, pmax(found$m[run] - 2, 1))
  replace(2 * stats::pt(statistic, df), !numbers$std.error > 0, NA)
}

progress_row_flags <- function(series, found, cell, at) {
  status <- found$status[cell$run]
  residual <- !series$known[cell$run] & status == "ok" & !is.na(found$std.error[at])
  parity_join(list(
    ifelse(status == "empty", "short", ifelse(status == "domain", "se", "")),
    progress_flags[found$note[at] + 1L],
    ifelse(residual, "residual", "")
  ))
}

# Interim targets: on the line from the last gap to the target.
rbind_interim <- function(table, series, found, target, by_year, interim) {
  last <- series$first[-1]
  runs <- rep(seq_along(last), each = length(interim))
  year <- rep(as.double(interim), times = length(last))
  from <- series$years[last[runs]]
  gap <- series$value[last[runs]]
  inside <- year >= from & year <= by_year & by_year > from
  part <- (year - from) / (by_year - from)
  rows <- lapply(series$labels, function(x) x[series$start[runs]])
  rows$measure <- rep("interim_target", length(runs))
  rows$time <- year
  rows$estimate <- ifelse(inside, gap + part * (target - gap), NA)
  rows$std.error <- ifelse(inside & series$known[runs], (1 - part) * series$se[last[runs]], NA)
  rows$conf.low <- rows$conf.high <- rows$p.value <- rep(NA_real_, length(runs))
  rows$n <- as.double(found$m[runs])
  rows$flag <- ifelse(inside, "", "past")
  all <- rbind(table, tibble::new_tibble(rows[names(table)], nrow = length(runs)))
  first <- c(rep(seq_along(last), each = nrow(table) / max(length(last), 1)), runs)
  all[order(first), ]
}

progress_info <- function(series, target, by_year, level) {
  unit <- if (length(series$measures) && all(series$measures == "ratio")) {
    "ratio"
  } else {
    plain_unit(series$info)
  }
  own <- c("fitted_gap_last", "change_first_last", "interim_target")
  paces <- c("slope_per_year", "annual_change_required") # decimals of their own
  rates <- c("share_of_gap_closed", "aarc_observed", "aarc_required", "aarc_required_halving")
  list(
    what = "Progress", by = setdiff(change_names(series$by), label_columns), level = level,
    unit = c(
      stats::setNames(rep(unit, length(own)), own),
      stats::setNames(rep(if (unit == "number") "pace" else unit, 2), paces),
      stats::setNames(rep("proportion", length(rates)), rates),
      years_to_parity = "number", on_track = "number"
    ),
    limits = "fixed", flags = progress_flag_words,
    no_vcov = "Its rows are different quantities of one series.",
    notes = c(
      paste0("Target: ", format_label(target), if (!is.null(by_year)) {
        paste0(" by ", format_label(by_year))
      }, "."),
      "A line through past gaps is a pace, not a forecast."
    )
  )
}

# The unit of a gap in a table: differences of shares are points.
plain_unit <- function(info) {
  unit <- info$unit
  if (is.null(unit)) {
    return("number")
  }
  if ("difference" %in% names(unit)) unit <- unit[["difference"]]
  if (length(unit) > 1) {
    return("number")
  }
  if (unit == "proportion") "points" else unname(unit)
}
