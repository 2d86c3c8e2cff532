# Years of life lost to early death.

#' Years of life lost
#'
#' How many years people lost by dying early: up to an age limit, or up to the years
#' that others of their age still had before them; as a count, a rate and a
#' standardised rate.
#'
#' @inheritParams ioi_life_expectancy
#' @param population Column with the person-years of the band; needed for rates.
#' @param upper_age Age up to which years are lost; bands must break there. Without it,
#'   when `expectancy` is given, there is no limit.
#' @param standard The standard population for a standardised rate (see
#'   [ioi_standardise()]); needs `population`.
#' @param per Multiplier of the rates.
#' @param ci Method of the confidence limits: one of the Dobson, normal and lognormal
#'   methods of [ioi_standardise()].
#' @param from_age Age from which deaths count: 1 leaves infants out, as some producers
#'   do.
#' @param expectancy Remaining life expectancy by age: a data frame with columns `age`
#'   and `ex` (or `estimate`), or an [ioi_life_expectancy()] of a reference population
#'   with `at = NULL`. Values between its ages are interpolated. A death then loses the
#'   expectancy at the age of death.
#' @param open_age Mean age at death in the open band, for `expectancy`; its first age
#'   unless given.
#' @return A tibble of class [ioi_estimate], a row per group and measure the data allow:
#'   the `by` columns, `measure` (`"count"`; with `population` `"rate"`, per person
#'   under the limit; with `standard` `"standardised_rate"`), `estimate`, `std.error`,
#'   `conf.low`, `conf.high` (years, times `per` for rates), `events` (deaths counted),
#'   `n` (person-years; `NA` without population), `per_death` (years lost per death)
#'   and `flag`.
#' @section Formula: A death in band i loses \eqn{c_i = A - m_i} years, with A the limit
#'   and \eqn{m_i = x_i + a_i n_i} the mean age at death in the band (first age, share of
#'   the band lived, width), or \eqn{c_i = e(m_i)}. The count is \eqn{\sum c_i D_i} with
#'   variance \eqn{\sum c_i^2 D_i}; the rate is the count over the person-years of the
#'   same bands; the standardised rate is \eqn{\sum (s_i/S) c_i D_i/n_i} with variance
#'   \eqn{\sum (s_i/S)^2 c_i^2 D_i/n_i^2}.
#' @section Missing and empty: A missing count gives `NA` and the flag `missing`; nobody
#'   at risk `empty`; a band without population `empty band` (standardised rate only).
#'   A band of the other groups that is not there counts as no deaths and no people, and
#'   is flagged `missing band` when there is a population. Without deaths the estimate is
#'   0 and Dobson's limits are `NA`.
#' @section Errors: `ioi_error_data` where a band straddles `upper_age` or `from_age`, or
#'   is open below `upper_age`; others as in [ioi_life_expectancy()].
#' @references Gardner, J. W. and Sanborn, J. S. (1990). Years of potential life lost
#'   (YPLL): what does it measure? *Epidemiology* 1, 322-329.
#' @examples
#' ioi_years_lost(area_deaths, age, deaths, population, per = 1e4)
#' @export
ioi_years_lost <- function(data, age, deaths, population = NULL, by = NULL,
                           upper_age = 75, standard = NULL, per = 1e5, level = 0.95,
                           ..., ci = c(
                             "dobson_byar", "dobson_exact", "normal", "lognormal", "ohid"
                           ),
                           from_age = 0, expectancy = NULL, open_age = NULL, ax = NULL) {
  check_dots_empty_ioi(...)
  check_data(data)
  columns <- life_columns(
    data, rlang::enquo(age), rlang::enquo(deaths), rlang::enquo(population),
    rlang::enquo(ax)
  )
  by <- table_by(rlang::enquo(by), data, c(columns, recursive = TRUE))
  check_by_names(by, lost_columns)
  limit <- if (missing(upper_age) && !is.null(expectancy)) Inf else upper_age
  rule <- list(
    by = by, level = check_level(level), per = check_positive(per, "per"),
    ci = check_choice(
      ci, c("dobson_byar", "dobson_exact", "normal", "lognormal", "ohid"), "ci"
    ),
    upper = check_age(limit, "upper_age"), from = check_age(from_age, "from_age"),
    open_age = if (!is.null(open_age)) check_age(open_age, "open_age")
  )
  check_lost_standard(standard, columns$population)
  groups <- group_rows(data, by)
  rule$left_out <- report_ungrouped(groups)
  cells <- life_cells(data, columns, groups, rule, repeats = TRUE)
  weight <- if (!is.null(standard)) lost_standard(standard, cells, columns$age, rule)
  years <- lost_years(cells, expectancy, rule)
  years_lost_table(groups, cells, years, weight, rule)
}

check_age <- function(x, arg, call = rlang::caller_env()) {
  if (!is.numeric(x) || length(x) != 1 || is.na(x) || x < 0) {
    abort_ioi("{.arg {arg}} must be one age.", "input", arg = arg, call = call)
  }
  as.double(x)
}

check_lost_standard <- function(standard, population, call = rlang::caller_env()) {
  if (!is.null(standard) && !length(population)) {
    abort_ioi("{.arg standard} needs {.arg population}.", "input",
      arg = "standard", call = call
    )
  }
}

# Standard weights of the bands that count.
lost_standard <- function(standard, cells, age, rule, call = rlang::caller_env()) {
  counts <- cells$bands$start >= rule$from & cells$bands$start < rule$upper
  if (is.data.frame(standard) || !identical(standard, "esp2013")) {
    standard <- standard_table(standard, age, TRUE, call)
    at <- match_bands(
      cells$bands$label, standard$age, list(method = "direct", empty = "drop"), call
    )
    weight <- standard$population[at]
  } else {
    weight <- rep(0, length(counts))
    part <- resolve_standard(
      standard, lost_labels(cells$bands, counts, rule), age,
      list(method = "direct", empty = "na", sampled = FALSE), call
    )
    weight[counts] <- part$weight
  }
  weight * counts
}

# Labels of the bands that count; numbers are told where the last one ends.
lost_labels <- function(bands, counts, rule) {
  if (!is.numeric(bands$label)) {
    return(as.character(bands$label)[counts])
  }
  start <- bands$start[counts]
  label <- as.character(start)
  last <- length(label)
  after <- c(bands$start, Inf)[which(counts)[last] + 1]
  label[last] <- if (is.finite(after)) {
    paste0(start[last], "-", after - 1)
  } else {
    paste0(start[last], "+")
  }
  label
}

# Years that one death of each band and group loses; 0 in bands that do not count.
lost_years <- function(cells, expectancy, rule, call = rlang::caller_env()) {
  start <- cells$bands$start
  k <- length(start)
  end <- c(start[-1], Inf)
  end[k] <- if (is.na(cells$bands$end[k])) Inf else cells$bands$end[k]
  check_breaks(cells$bands, start, end, rule, call)
  counts <- start >= rule$from & start < rule$upper
  width <- ifelse(is.finite(end), end - start, 0)
  died <- start + cells$ax * width
  if (!is.finite(end[k]) && !is.null(rule$open_age)) {
    died[k, ] <- rule$open_age
  }
  years <- if (is.null(expectancy)) {
    rule$upper - died
  } else {
    expected_years(died, expectancy, counts, call)
  }
  years[!counts, ] <- 0
  matrix(pmax(years, 0), k)
}

# No band may lie on both sides of a limit.
check_breaks <- function(bands, start, end, rule, call) {
  for (limit in c(rule$upper, rule$from)) {
    across <- which(start < limit & end > limit & is.finite(limit))
    if (length(across)) {
      label <- as.character(bands$label[across[1]])
      abort_ioi(
        c(
          "The bands of {.arg age} must break at {limit}.",
          "x" = "Band {.val {label}} lies on both sides of it."
        ),
        "data",
        arg = "age", labels = label, call = call
      )
    }
  }
  if (!any(start >= rule$from & start < rule$upper)) {
    abort_ioi("No band of {.arg age} lies between the limits.", "data",
      arg = "age", call = call
    )
  }
}

# Remaining life expectancy at the ages of death, by straight lines.
expected_years <- function(died, expectancy, counts, call) {
  table <- expectancy_table(expectancy, call)
  youngest <- min(died[counts, ], Inf)
  if (youngest < min(table$age)) {
    abort_ioi(
      "{.arg expectancy} must start at the youngest age of death, {youngest}.", "data",
      arg = "expectancy", call = call
    )
  }
  if (length(table$age) == 1) {
    return(matrix(table$years, nrow(died), ncol(died)))
  }
  matrix(stats::approx(table$age, table$years, died, rule = 2)$y, nrow(died))
}

# The reference table, checked: list(age, years).
expectancy_table <- function(expectancy, call) {
  value <- intersect(c("ex", "estimate"), names(expectancy))[1]
  if (!is.data.frame(expectancy) || !"age" %in% names(expectancy) || is.na(value)) {
    abort_ioi(
      "{.arg expectancy} must be a data frame with columns {.field age} and {.field ex}.",
      "input",
      arg = "expectancy", call = call
    )
  }
  age <- parse_ages(expectancy$age)$start
  years <- as.double(expectancy[[value]])
  if (anyNA(c(age, years)) || anyDuplicated(age) || any(years < 0)) {
    abort_ioi(
      c(
        "{.arg expectancy} must have one value of 0 or more for each age.",
        "x" = "An age or a value is missing, negative or repeated."
      ),
      "data",
      arg = "expectancy", call = call
    )
  }
  list(age = age, years = years)
}

years_lost_table <- function(groups, cells, years, weight, rule) {
  measures <- c(
    "count", if (!is.null(
      cells$population
    )) "rate", if (!is.null(weight)) "standardised_rate"
  )
  parts <- lapply(measures, function(measure) {
    lost_measure(measure, cells, years, weight, rule)
  })
  row <- as.vector(
    matrix(seq_len(groups$size * length(measures)), length(measures), byrow = TRUE)
  )
  gather <- function(name) unlist(lapply(parts, `[[`, name))[row]
  columns <- lapply(stats::setNames(nm = c(
    "estimate", "std.error", "conf.low", "conf.high", "events", "n", "per_death", "flag"
  )), gather)
  per_group <- rep(seq_len(groups$size), each = length(measures))
  table <- c(
    lapply(groups$labels, function(x) x[per_group]),
    list(measure = rep(measures, groups$size)), columns
  )
  what <- if (is.finite(rule$upper)) {
    paste("Years of life lost before age", format_label(rule$upper))
  } else {
    "Years of life lost"
  }
  new_ioi_estimate(
    tibble::new_tibble(table, nrow = length(row)),
    vcov = if (length(measures) == 1) independent_vcov(columns$std.error),
    info = c(
      list(
        what = what, unit = "number", by = rule$by, level = rule$level, ci = rule$ci,
        limits = "fixed", flags = words_for(columns$flag),
        notes = if (length(measures) > 1) paste0("Rates are ", per_words(rule$per), "."),
        dropped = c("rows without a value of by" = rule$left_out)
      ),
      if (length(measures) == 1) {
        independent_info(length(row))
      } else {
        list(
          no_vcov = "The measures of a group rest on the same deaths; this is not kept."
        )
      }
    )
  )
}

# One measure of all groups.
lost_measure <- function(measure, cells, years, weight, rule) {
  out <- .Call(
    ioi_r_years_lost, years, cells$deaths, if (measure != "count") cells$population,
    if (measure == "standardised_rate") weight, nrow(years),
    match(rule$ci, standard_methods) - 1L, rule$level
  )
  per <- if (measure == "count") 1 else rule$per
  count <- colSums(years * cells$deaths)
  list(
    estimate = out$estimate * per, std.error = sqrt(out$variance) * per,
    conf.low = out$conf.low * per, conf.high = out$conf.high * per, events = out$events,
    n = if (measure == "count") rep(NA_real_, length(count)) else out$population,
    per_death = ifelse(out$events > 0, count / out$events, NA),
    flag = join_flags(list(
      missing = out$note == 1L, "empty band" = out$note == 2L, empty = out$note == 3L,
      "missing band" = !is.null(cells$population) &
        colSums(is.na(cells$row) & rowSums(years) > 0) > 0
    ))
  )
}
