# Crude rates and proportions from aggregated counts.

# The methods, in the order of the core; the first is the default.
rate_methods <- c(
  "byar", "exact", "wilson", "wilson_cc", "clopper_pearson", "jeffreys",
  "agresti_coull", "ohid"
)

# Those for counts of events; the others are for people out of n.
count_methods <- c("byar", "exact", "ohid")

#' Rates and proportions from counts
#'
#' Events over population, or people with a property over all people, from a table
#' of counts, with confidence limits. Rows of the same group are added up first, so
#' leaving the year out of `by` pools the years.
#'
#' @param data A data frame of counts.
#' @param events Column with the number of events (deaths, offences, cases), or of
#'   people with the property.
#' @param population Column with the people, or person-years, they come from.
#' @param by Columns that define groups: one result per combination that occurs, in
#'   ascending order (see [how to name columns][ioi_columns]).
#' @param per Multiplier: 100 for percentages, 1,000, 100,000 ...
#' @param ci Method of the confidence limits, see below. `"byar"`, `"exact"` and
#'   `"ohid"` are for events, which one person can have several of; the others for
#'   people, each counted once.
#' @param level Confidence level, between 0 and 1.
#' @param ... Not used.
#' @param years Years that the events were counted over, when `population` is that of
#'   one year: 3 for three years of notifications over one mid-year population.
#' @param frequency Column that says how many events each of the people in `events`
#'   had, for events that repeat. Each row then counts people, the rows of a group
#'   repeat its population, and the limits allow for the repetition.
#' @param na_as_zero `TRUE` counts a missing number of events as 0, as some producers'
#'   tools do.
#' @return A tibble of class [ioi_estimate], a row per group: the `by` columns,
#'   `estimate`, `std.error`, `conf.low`, `conf.high` (all times `per`), `events`, `n`
#'   (person-years, or people) and `flag`.
#' @section Formula: With O events in n person-years the rate is O/n and its standard
#'   error \eqn{\sqrt{O}/n}; with x people out of n the proportion is p = x/n and its
#'   standard error \eqn{\sqrt{p(1-p)/n}}. With repeated events O is the sum of
#'   frequency times people and its variance the sum of squared frequency times people.
#' @section Confidence limits:
#'   * `"byar"`: Byar's approximation to the Poisson limits (Breslow and Day 1987). Its
#'     lower limit can be below 0 for one or two events at a high level.
#'   * `"exact"`: exact Poisson limits (Garwood 1936). No approximation; for zero
#'     events at 95% the upper limit is 3.689 events.
#'   * `"ohid"`: exact below 10 events, Byar from 10 on, the rule of the Office for
#'     Health Improvement and Disparities.
#'   * `"wilson"`: score limits (Wilson 1927), the usual ones for a proportion;
#'     `"wilson_cc"` with continuity correction (Newcombe 1998).
#'   * `"clopper_pearson"`, `"jeffreys"`: from the beta distribution; Jeffreys' are not
#'     moved to 0 or 1 at the ends.
#'   * `"agresti_coull"`: Wald limits after adding z\eqn{^2}/2 successes and failures;
#'     they can pass 0 and 1.
#'
#'   With `frequency` the limits are Dobson's (see [ioi_standardise()]) around the
#'   Poisson limits of `ci`.
#' @section Missing and empty: A group with a missing count has `NA` and the flag
#'   `missing`; one with population 0 has `NA` and `empty`. Neither stops the others.
#'   Rows without a value of `by` are left out and counted in a message of class
#'   `ioi_message_missing`.
#' @section Errors: `ioi_error_input` for a wrong column, method or number;
#'   `ioi_error_data` for a negative or infinite count, and for more people than the
#'   population under a method for people.
#' @references Breslow, N. E. and Day, N. E. (1987). *Statistical Methods in Cancer
#'   Research*, volume II. IARC.
#'
#'   Garwood, F. (1936). Fiducial limits for the Poisson distribution. *Biometrika*
#'   28, 437-442. \doi{10.1093/biomet/28.3-4.437}
#'
#'   Newcombe, R. G. (1998). Two-sided confidence intervals for the single proportion.
#'   *Statistics in Medicine* 17, 857-872.
#' @seealso [ioi_standardise()] for groups of different age, [ioi_funnel()] to compare
#'   areas, [ioi_parity()] for gaps
#' @examples
#' # permanent exclusions per 10,000 pupils, England 2016/17
#' ioi_rate(exclusions_2017, permanent, pupils, by = ethnic_group, per = 1e4)
#'
#' # pupils excluded at least once are people, not events
#' ioi_rate(
#'   exclusions_2017, pupils_suspended, pupils,
#'   by = ethnic_group, per = 100, ci = "wilson"
#' )
#' @export
ioi_rate <- function(data, events, population, by = NULL, per = 1e5,
                     ci = c(
                       "byar", "exact", "wilson", "wilson_cc", "clopper_pearson",
                       "jeffreys", "agresti_coull", "ohid"
                     ),
                     level = 0.95, ..., years = 1, frequency = NULL,
                     na_as_zero = FALSE) {
  check_dots_empty_ioi(...)
  check_data(data)
  columns <- list(
    events = resolve_column(rlang::enquo(events), data, "events"),
    population = resolve_column(rlang::enquo(population), data, "population"),
    frequency = resolve_columns(rlang::enquo(frequency), data, "frequency", most = 1)
  )
  by <- table_by(rlang::enquo(by), data, c(columns, recursive = TRUE))
  check_by_names(by, rate_columns)
  ci <- check_choice(ci, rate_methods, "ci")
  per <- check_positive(per, "per")
  years <- check_positive(years, "years")
  level <- check_level(level)
  check_flag(na_as_zero, "na_as_zero")
  check_frequency_method(columns$frequency, ci)
  groups <- group_rows(data, by)
  left_out <- report_ungrouped(groups)
  cells <- rate_cells(data, columns, groups, na_as_zero)
  cells$population <- cells$population * years
  if (!ci %in% count_methods) {
    check_people(cells, groups)
  }
  rate_table(groups, cells, by, per, ci, level, length(columns$frequency) > 0, left_out)
}

check_frequency_method <- function(frequency, ci, call = rlang::caller_env()) {
  if (length(frequency) && !ci %in% count_methods) {
    abort_ioi(
      c(
        "{.arg frequency} is for events, and {.val {ci}} is a method for people.",
        "i" = "Use {.arg ci} {.or {.val {count_methods}}}."
      ),
      "input",
      arg = "ci", call = call
    )
  }
}

# Sums by group: vectors events, second (its variance), population.
rate_cells <- function(data, columns, groups, na_as_zero, call = rlang::caller_env()) {
  events <- count_column(data[[columns$events]], "events", call)
  population <- count_column(data[[columns$population]], "population", call)
  if (na_as_zero) {
    events[is.na(events)] <- 0
  }
  frequency <- if (length(columns$frequency)) {
    frequency_column(data[[columns$frequency]], events, call)
  }
  band <- rep(1L, nrow(data))
  cells <- cell_sums(groups, band, 1L, events, population, frequency, call)
  list(
    events = as.vector(cells$events),
    second = as.vector(if (is.null(cells$second)) cells$events else cells$second),
    population = as.vector(cells$population),
    rows = as.vector(cells$rows)
  )
}

# Events per person; irrelevant, so 1, where nobody had any.
frequency_column <- function(x, events, call) {
  x <- count_column(x, "frequency", call)
  x[is.na(x) & events %in% 0] <- 1
  if (anyNA(x)) {
    where <- which(is.na(x))
    abort_ioi(
      c(
        "{.arg frequency} must say how many events each person had.",
        "x" = "{length(where)} row{?s} with people {?has/have} no value,
               first row {where[1]}."
      ),
      "data",
      arg = "frequency", where = where, call = call
    )
  }
  x
}

# People with the property are some of the people.
check_people <- function(cells, groups, call = rlang::caller_env()) {
  bad <- which(cells$events > cells$population & cells$population > 0)
  if (length(bad)) {
    first <- bad[1]
    abort_ioi(
      c(
        "{.arg events} must not exceed {.arg population} under a method for people.",
        "x" = "{length(bad)} group{?s} {?does/do}, first {group_words(groups, first)}:
               {cells$events[first]} out of {cells$population[first]}.",
        "i" = "For events that a person can have more than once use
               {.code ci = \"exact\"} or {.code \"byar\"}."
      ),
      "data",
      arg = "events", where = bad, call = call
    )
  }
}

# "area = Leeds, year = 2019" of one group.
group_words <- function(groups, at) {
  if (!length(groups$labels)) {
    return("all rows together")
  }
  value <- vapply(groups$labels, function(x) format_label(x[at]), "")
  paste(names(groups$labels), "=", value, collapse = ", ")
}

rate_table <- function(groups, cells, by, per, ci, level, repeated, left_out) {
  x <- cells$events
  n <- cells$population
  empty <- !is.na(n) & n == 0
  missing <- is.na(x) | is.na(n)
  undefined <- empty | missing
  estimate <- ifelse(undefined, NA, x / n)
  variance <- if (ci %in% count_methods) cells$second / n^2 else estimate * (
    1 - estimate
  ) / n
  se <- sqrt(ifelse(undefined, NA, variance))
  limits <- if (repeated) {
    repeated_limits(cells, ci, level)
  } else {
    rate_limits(ifelse(undefined, NA, x), n, ci, level)
  }
  flag <- join_flags(list(missing = missing, empty = empty & !missing))
  new_ioi_estimate(
    tibble::new_tibble(
      c(groups$labels, list(
        estimate = estimate * per, std.error = se * per,
        conf.low = limits$conf.low * per, conf.high = limits$conf.high * per,
        events = x, n = n, flag = flag
      )),
      nrow = groups$size
    ),
    vcov = independent_vcov(se * per),
    info = c(
      list(
        what = rate_words(per, ci), unit = if (per == 1) rate_unit(ci) else "number",
        by = by, level = level, ci = ci, limits = "fixed", flags = words_for(flag),
        dropped = c("rows without a value of by" = left_out),
        rate = list(kind = if (ci %in% count_methods) "rate" else "proportion", per = per)
      ),
      independent_info(groups$size)
    )
  )
}

rate_words <- function(per, ci) {
  if (ci %in% count_methods) {
    return(paste("Rate", per_words(per)))
  }
  if (per == 1) "Proportion" else if (per == 100) "Percentage" else paste(
    "People", per_words(per)
  )
}

rate_unit <- function(ci) {
  if (ci %in% count_methods) "number" else "proportion"
}

# Limits as fractions of n.
rate_limits <- function(x, n, ci, level) {
  out <- .Call(
    ioi_r_rate_limits, match(ci, rate_methods) - 1L, level, as.double(x), as.double(n)
  )
  if (ci %in% count_methods) lapply(out, `/`, n) else out
}

# Dobson's limits with the variance of repeated events; plain ones without events.
repeated_limits <- function(cells, ci, level) {
  dobson <- c(byar = "dobson_byar", exact = "dobson_exact", ohid = "ohid")[[ci]]
  out <- .Call(
    ioi_r_direct, cells$events, cells$second, cells$population, 1,
    c(0L, 0L, 0L, match(dobson, standard_methods) - 1L), level
  )[c("conf.low", "conf.high")]
  none <- cells$events %in% 0 & cells$population > 0
  plain <- rate_limits(ifelse(none, 0, NA), cells$population, ci, level)
  Map(function(a, b) ifelse(none, b, a), out, plain)
}
