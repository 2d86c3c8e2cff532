# Change since a baseline: a parity gap whose groups are times. The gap of each time
# from the baseline is made by ioi_parity(); here its columns get the names of time.

#' Change since a baseline
#'
#' How far each time is from a baseline: the difference, the ratio, or the average
#' rate of change a year, with limits and a test. Waves that share people or places
#' use the covariance of their estimates.
#'
#' @param x One of
#'   * estimates of the package (class [ioi_estimate]) with the time in `by`, such as
#'     [ioi_proportion()] gives for waves that were put one below the other into one
#'     [ioi_design()]: their covariance is used;
#'   * a data frame with the columns `estimate` and `std.error`, or in place of that the
#'     limits `conf.low` and `conf.high`;
#'   * a data frame of counts, with `events` and `population`.
#' @param time The column of times (see [ioi_columns]). Years as numbers, dates, text
#'   that starts with a year ("2018/19"), or, but for "annual", names of waves.
#' @param baseline The time to compare with, as text. `NULL`: the earliest.
#' @param measure "difference" (time - baseline), "ratio" (time / baseline) or
#'   "annual" (average rate of change a year), one or several. The first when it is
#'   not given.
#' @param by Columns within whose combinations times are compared. `NULL`: for
#'   estimates all the columns that set their rows apart, but for the time; for a
#'   data frame none.
#' @param ... Arguments of [ioi_parity()]: `ci`, `adjust`, `favourable`.
#' @param events,population For counts: the columns of people with the outcome and of
#'   all people.
#' @param correlation Correlation of two figures of one series at different times,
#'   where `x` carries no covariance: above 0 for a panel or a rotating sample, of
#'   which part is asked again. Not for counts.
#' @param window Instead of `correlation`: figures pool this many years, so that two
#'   windows less than that apart share years. Their correlation is the part shared.
#' @param level Confidence level. `NULL`: that of `x`, and 0.95 for a data frame.
#' @return A tibble of class [ioi_estimate], a row per combination of `by`, measure
#'   and time: the `by` columns, `measure`, `reference` (the baseline), `time`,
#'   `estimate` (a difference in the unit of `x`; a ratio; or a fraction a year),
#'   `std.error` and limits on the same scale, `n`, `df`, `statistic` and `p.value`
#'   (of no difference), `from` and `to` (the figures themselves), and `flag`. The
#'   baseline has a row against itself, flagged "reference". `vcov()` holds the
#'   covariance of the rows.
#' @section Formula: For figures \eqn{y_0} and \eqn{y_t} with covariance \eqn{c},
#'   the variance of the difference is \eqn{v_t + v_0 - 2c}. The average rate is
#'   \eqn{(y_t/y_0)^{1/k} - 1} over \eqn{k} years, with limits from those of the ratio.
#' @section Overlapping windows: Comparing windows that share years is best avoided:
#'   the change is then that of the years not shared, spread over all. The result says
#'   so where it happens.
#' @section Missing and empty: as in [ioi_parity()]. A rate has no value where the two
#'   figures have different signs or one is 0; its row is `NA` with flag "no_log".
#' @section Errors: `ioi_error_input` for a wrong argument, for a baseline that no row
#'   has and, with "annual", for times that are not years; otherwise those of
#'   [ioi_parity()].
#' @seealso [ioi_gap_change()] for the change of a gap, [ioi_progress()] for the pace
#'   and a target, [ioi_plot_change()].
#' @examples
#' rates <- data.frame(
#'   region = rep(c("north", "south"), each = 2), year = c(2015, 2019, 2015, 2019),
#'   estimate = c(0.62, 0.66, 0.70, 0.71), std.error = c(0.012, 0.011, 0.010, 0.010)
#' )
#' ioi_change(rates, year, by = region, measure = c("difference", "annual"))
#' @export
ioi_change <- function(x, time, baseline = NULL, measure = c("difference", "ratio", "annual"),
                       by = NULL, ..., events = NULL, population = NULL, correlation = 0,
                       window = NULL, level = NULL) {
  call <- rlang::current_env()
  events <- resolve_columns(rlang::enquo(events), x, "events", most = 1)
  population <- resolve_columns(rlang::enquo(population), x, "population", most = 1)
  measure <- if (missing(measure)) "difference" else check_change_measure(measure, call)
  check_data(x, "x")
  check_correlation(correlation, window, call)
  parity_given(missing(time), "time", "the column of times", call)
  time <- resolve_column(rlang::enquo(time), x, "time")
  by <- union(existing_groups(x), resolve_columns(rlang::enquo(by), x, "by"))
  series <- change_series(x, time, by, correlation, window, level, call)
  if ("annual" %in% measure) need_years(x[[time]], "time", call)
  baseline <- check_baseline(baseline, x[[time]], call)
  asked <- unique(ifelse(measure == "annual", "ratio", measure))
  counts <- list(events = events, population = population)
  gaps <- rlang::inject(ioi_parity(series$x, "..time", baseline,
    measure = asked, by = tidyselect::all_of(series$safe), ..., level = level,
    !!!counts[lengths(counts) > 0]
  ))
  series$value <- series_values(series$x, events, population)
  change_result(series, gaps, measure, window)
}

check_change_measure <- function(measure, call) {
  offered <- c("difference", "ratio", "annual")
  if (!is.character(measure) || !length(measure) || !all(measure %in% offered)) {
    abort_ioi(
      c(
        "{.arg measure} must be {.or {.val {offered}}}.",
        "x" = "It is {.val {as_shown(measure)}}."
      ),
      "input",
      arg = "measure", call = call
    )
  }
  unique(measure)
}

# The baseline as text.
check_baseline <- function(baseline, times, call) {
  known <- unique(as.character(times[!is.na(times)]))
  if (!length(known)) {
    abort_ioi("{.arg x} must have a row with a time.", "data", arg = "x", call = call)
  }
  if (is.null(baseline)) {
    return(as.character(first_time(times)))
  }
  if (!is.atomic(baseline) || length(baseline) != 1 || !as.character(baseline) %in% known) {
    abort_ioi(
      c(
        "{.arg baseline} must be one of the times.",
        "x" = "It is {.val {as.character(baseline)}}.", "i" = "The times are {.val {known}}."
      ),
      "input",
      arg = "baseline", call = call
    )
  }
  as.character(baseline)
}

# What sets rows apart besides the time.
series_columns <- function(x, time, by) {
  if (is_estimate(x) && !length(by)) {
    by <- union(attr(x, "info")$by, intersect(label_columns, names(x)))
    by <- by[!vapply(by, function(name) all(is.na(x[[name]])), NA)]
  }
  setdiff(by, time)
}

# `x` with its labels under names that no result uses: list(x, by, safe, time, info).
# Estimates come out as estimates, with the covariance of their times.
change_series <- function(x, time, by, correlation, window, level, call) {
  by <- series_columns(x, time, by)
  safe <- sprintf("..by%d", seq_along(by))
  out <- plain_tibble(x)
  labels <- stats::setNames(unclass(out)[by], safe)
  rest <- setdiff(names(out), c(by, time, if (is_estimate(x)) label_columns))
  plain <- tibble::new_tibble(
    c(labels, list(..time = out[[time]]), unclass(out)[rest]),
    nrow = nrow(x)
  )
  related <- correlation != 0 || !is.null(window)
  if (related && "estimate" %in% names(plain)) {
    plain$std.error <- figure_errors(plain, if (is.null(level)) 0.95 else level, call)
  }
  if ("estimate" %in% names(plain) && (is_estimate(x) || related)) {
    plain <- series_estimate(x, plain, safe, correlation, window, call)
  }
  list(x = plain, by = by, safe = safe, time = time, info = attr(x, "info"))
}

# Estimates under the new names; where `x` has no covariance it is made.
series_estimate <- function(x, plain, safe, correlation, window, call) {
  for (name in setdiff(c("conf.low", "conf.high"), names(plain))) {
    plain[[name]] <- rep(NA_real_, nrow(plain))
  }
  info <- if (is_estimate(x)) attr(x, "info") else list(level = 0.95)
  own <- if (is_estimate(x)) attr(check_intact(x, "x", call), "vcov")
  if (is.null(own)) {
    if (is_estimate(x)) {
      parity_check_independent(info, attr(x, "domains"), "..time", call)
    }
    years <- if (is.null(window)) seq_len(nrow(plain)) else need_years(plain$..time, "time", call)
    own <- time_covariance(
      as.double(plain$std.error), years,
      parity_block(unclass(plain)[safe], nrow(plain)), correlation, window
    )
  }
  info$by <- safe
  info$limits <- "fixed"
  new_ioi_estimate(plain, vcov = own, domains = attr(x, "domains"), info = info)
}

# The columns of a table of gaps under the names of time.
change_result <- function(series, gaps, measure, window) {
  rows <- change_rows(gaps, measure)
  info <- attr(gaps, "info")
  at <- rows$from
  table <- plain_tibble(gaps)[at, ]
  table$measure <- rows$measure
  vcov <- covariance_matrix(gaps, at)
  annual <- rows$measure == "annual"
  if (any(annual)) {
    scaled <- annual_rates(table, series, annual)
    table <- scaled$table
    if (!is.null(vcov)) vcov <- vcov * outer(scaled$by, scaled$by)
  }
  table <- change_figures(table, series)
  labels <- stats::setNames(unclass(table)[series$safe], change_names(series$by))
  columns <- c(
    labels,
    list(measure = table$measure, reference = table$reference, time = table$group),
    unclass(table)[setdiff(names(table), c(
      series$safe, "measure", "group", "reference", "flag", "from", "to"
    ))],
    list(from = table$from, to = table$to, flag = table$flag)
  )
  new_ioi_estimate(
    tibble::new_tibble(columns, nrow = nrow(table)),
    vcov = vcov, info = change_info(info, series, table, window)
  )
}

# Two columns of the result have names of their own.
change_names <- function(by) {
  by[by == "measure"] <- "of_measure"
  by[by == "reference"] <- "of_reference"
  by
}

# Which row of `gaps` each row of the result comes from, measures in the order asked
# within each series and time's order kept.
change_rows <- function(gaps, measure) {
  source <- ifelse(measure == "annual", "ratio", measure)
  block <- parity_block(
    unclass(gaps)[setdiff(names(gaps)[startsWith(names(gaps), "..by")], character())],
    nrow(gaps)
  )
  from <- unlist(lapply(source, function(m) which(gaps$measure == m)))
  which_measure <- rep(seq_along(measure), vapply(source, function(m) sum(gaps$measure == m), 1L))
  order <- order(block[from], which_measure, from)
  list(from = from[order], measure = measure[which_measure[order]])
}

# Ratios over k years as rates a year, where `annual`. `by`: the derivative of the
# rate by the ratio, for the covariance.
annual_rates <- function(table, series, annual) {
  years <- time_years(table$group) - time_years(table$reference)
  ratio <- table$estimate
  none <- annual & (!is.finite(ratio) | !(ratio > 0) | is.na(years))
  self <- annual & years %in% 0
  k <- ifelse(self, 1, years)
  by <- ifelse(annual, ratio^(1 / k) / (k * ratio), 1)
  for (name in c("estimate", "conf.low", "conf.high")) {
    rate <- table[[name]]^(1 / k) - 1
    table[[name]] <- ifelse(annual, ifelse(none, NA, rate), table[[name]])
  }
  swap <- annual & k < 0 & !none
  low <- table$conf.low
  table$conf.low[swap] <- table$conf.high[swap]
  table$conf.high[swap] <- low[swap]
  table$std.error <- ifelse(annual, abs(by) * table$std.error, table$std.error)
  table$std.error[none] <- NA
  by[none] <- NA
  table$flag[none & !grepl("empty|missing|no_", table$flag)] <- "no_log"
  list(table = table, by = by)
}

# The figures that a row compares.
change_figures <- function(table, series) {
  x <- series$x
  value <- series$value
  key <- function(labels, time) {
    do.call(paste, c(unname(lapply(labels, as.character)), list(as.character(time), sep = "\r")))
  }
  own <- key(unclass(x)[series$safe], x$..time)
  labels <- unclass(table)[series$safe]
  table$from <- value[match(key(labels, table$reference), own)]
  table$to <- value[match(key(labels, table$group), own)]
  table
}

series_values <- function(x, events, population) {
  if (length(events) && length(population)) {
    return(as.double(x[[events]]) / as.double(x[[population]]))
  }
  as.double(x$estimate)
}

change_info <- function(info, series, table, window) {
  unit <- series$info$unit
  plain <- if (is.null(unit) || length(unit) > 1) "number" else unname(unit)
  if (!is.null(info$unit) && length(info$unit) == 1) plain <- unname(info$unit)
  info$unit <- c(
    difference = if (plain == "proportion") "points" else plain,
    ratio = "ratio", annual = "proportion"
  )
  info$what <- "Change since the baseline"
  info$by <- setdiff(change_names(series$by), label_columns)
  if (shares_years(table, window)) {
    info$notes <- c(
      info$notes,
      "Some figures share years with the baseline, which hides part of the change."
    )
  }
  if (!is.null(series$info$design)) info$design <- series$info$design
  info
}

# Does a row compare windows that overlap?
shares_years <- function(table, window) {
  if (is.null(window)) {
    return(FALSE)
  }
  apart <- abs(time_years(table$group) - time_years(table$reference))
  any(apart > 0 & apart < window, na.rm = TRUE)
}
