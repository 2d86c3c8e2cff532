# Standardised rates from aggregated counts.

# The methods for limits, in the order of the core; the first is the default of
# direct standardisation.
standard_methods <- c(
  "dobson_byar", "dobson_exact", "normal", "lognormal", "gamma_max", "gamma_tcz",
  "gamma_mid", "ohid"
)

# Under indirect standardisation the limits are those of the count; short names too.
ratio_methods <- c(
  exact = "dobson_exact", byar = "dobson_byar", dobson_byar = "dobson_byar",
  dobson_exact = "dobson_exact", ohid = "ohid"
)

empty_rules <- c("na", "drop", "zero")

# The 2013 European Standard Population by start of band (Eurostat 2013); with a
# band under 1 the first is 1,000 and 4,000.
esp2013_start <- c(0, 1, seq(5, 90, by = 5))
esp2013_people <- c(
  1000, 4000, 5500, 5500, 5500, 6000, 6000, 6500, 7000, 7000, 7000, 7000, 6500, 6000,
  5500, 5000, 4000, 2500, 1500, 1000
)

#' Standardised rates and proportions
#'
#' Rates of groups that differ in age (or in anything else that is counted in bands),
#' made comparable: directly, by what each group's rates would give in one standard
#' population; indirectly, by the events each group has over those it would have at
#' standard rates.
#'
#' @param data A data frame of counts, a row per group and band (further rows of the
#'   same band are added up), or an [ioi_design()].
#' @param ... Passed to methods; there, not used.
#' @return A tibble of class [ioi_estimate], a row per group.
#' @export
ioi_standardise <- function(data, ...) {
  UseMethod("ioi_standardise")
}

#' @rdname ioi_standardise
#' @export
ioi_standardise.default <- function(data, ...) {
  if (inherits(data, c("survey.design", "svyrep.design", "tbl_svy"))) {
    return(ioi_standardise(as_ioi_design(data), ...))
  }
  abort_ioi(
    c(
      "{.arg data} must be a data frame of counts or an {.fn ioi_design}.",
      "x" = "It is {.cls {class(data)}}."
    ),
    "input",
    arg = "data"
  )
}

#' @rdname ioi_standardise
#'
#' @param events Column with the number of events. For indirect standardisation it may
#'   be left out when `totals` has them.
#' @param population Column with the people or person-years of the band.
#' @param age Column with the band: ages, age bands such as `"5-9"` and `"90+"`, or any
#'   other characteristic that `standard` names.
#' @param standard The standard population: `"esp2013"`, the 2013 European Standard
#'   Population (see [esp2013]); a named vector of people by band; or a data frame with
#'   columns `age` (or the name of the column in the data) and `population`, and `events`
#'   (or `rate`, per person) as well for indirect standardisation. Bands are
#'   matched by name, or else by their first age.
#' @param by Columns that define groups (see [how to name columns][ioi_columns]).
#' @param method `"direct"`; `"indirect"`, a rate; or `"ratio"`, observed over expected
#'   (the standardised mortality ratio when events are deaths; 1, not 100, is as
#'   expected).
#' @param per Multiplier of a rate. Not used for a ratio.
#' @param ci Method of the confidence limits, see below. The default is
#'   `"dobson_byar"`; `"exact"` for indirect standardisation.
#' @param level Confidence level, between 0 and 1.
#' @param suppress `"ohid"` gives no value and no limits for a directly standardised
#'   rate from fewer than 10 events.
#' @param empty_band What a group does that has nobody in a band: `"na"` has no result;
#'   `"drop"` leaves the band out and scales the rest of the standard up; `"zero"`
#'   counts its rate as 0.
#' @param na_as_zero `TRUE` counts a missing number of events as 0.
#' @param frequency Column that says how many events each of the people in `events`
#'   had, for events that repeat (see [ioi_rate()]).
#' @param variance `"poisson"`, for events; `"binomial"`, where `events` are people of
#'   the band with a property. Limits are then those of a proportion, and `ci` is one
#'   of the methods of [ioi_proportion()], by default `"wilson"`.
#' @param standard_sampled `TRUE` when the standard is itself a sample, counted in
#'   people: its own sampling variance is added. The default takes it as fixed, as a
#'   conventional standard is.
#' @param totals Data frame with the `by` columns and `events`: events of each group
#'   without age, for indirect standardisation.
#' @param mid_p `TRUE` makes the test of a ratio against 1 the mid-p test.
#' @return For counts the columns are `by`, `estimate`, `std.error`, `conf.low`,
#'   `conf.high` (times `per`), `events`, `n` (person-years in the bands used), for
#'   indirect standardisation `expected` and `p.value` (exact two-sided Poisson test of
#'   a ratio of 1), and `flag`.
#' @section Direct standardisation: With events \eqn{x_i}, person-years \eqn{n_i} and
#'   standard weight \eqn{s_i} of band i, \eqn{S = \sum s_i} and
#'   \eqn{W_i = s_i/(n_i S)}, the rate is \eqn{y = \sum W_i x_i} and its variance
#'   \eqn{v = \sum W_i^2 x_i}. Bands with a weight of 0 take no part. With X events in
#'   all, the limits are
#'   * `"dobson_byar"`, `"dobson_exact"`: \eqn{y + \sqrt{v/X} (X_L - X)} and
#'     \eqn{X_U}, with Byar's or exact Poisson limits of X (Dobson et al. 1991);
#'     `"ohid"` takes the exact ones below 10 events;
#'   * `"normal"`: \eqn{y \pm z\sqrt{v}}, poor below 100 events;
#'   * `"lognormal"`: \eqn{y \exp(\pm z\sqrt{v}/y)};
#'   * `"gamma_max"` (Fay and Feuer 1997), `"gamma_tcz"` (Tiwari et al. 2006),
#'     `"gamma_mid"`: limits from gamma distributions.
#'
#'   In simulations Dobson's and Tiwari's are adequate from 10 events (Morris et al.
#'   2018). No limit is below 0. Without events the rate is 0, the lower limit 0, and
#'   only the gamma methods have an upper limit.
#' @section Indirect standardisation: E is the sum of \eqn{n_i} times the standard's
#'   rate; the ratio is O/E with the limits of the count O over E, and the rate is the
#'   ratio times the standard's crude rate. `ci` is `"exact"`, `"byar"` or `"ohid"`
#'   (`"dobson_exact"` and `"dobson_byar"` mean the same). Ratios of different groups
#'   can be compared with the standard but not with each other, for each group weighs
#'   the bands by its own people.
#' @section Missing and empty: A group with a missing count of events, or with nobody
#'   in a band, has `NA` and a flag, and does not stop the others. Flags are `missing`,
#'   `empty band`, `fewer than 10` (events of a direct rate; the value is given unless
#'   `suppress = "ohid"`) and `no expected events`.
#' @section Errors: `ioi_error_input` for a wrong column, method or standard;
#'   `ioi_error_data` for a negative or infinite count, a missing population, events in
#'   a band without population, a band that the standard does not have, and a standard
#'   that is missing, negative or all 0.
#' @references Dobson, A. J., Kuulasmaa, K., Eberle, E. and Scherer, J. (1991).
#'   Confidence intervals for weighted sums of Poisson parameters. *Statistics in
#'   Medicine* 10, 457-462. \doi{10.1002/sim.4780100317}
#'
#'   Fay, M. P. and Feuer, E. J. (1997). Confidence intervals for directly standardized
#'   rates. *Statistics in Medicine* 16, 791-801.
#'
#'   Morris, J. K., Tan, J., Fryers, P. and Bestwick, J. (2018). Evaluation of stability
#'   of directly standardized rates for sparse data using simulation methods.
#'   *Population Health Metrics* 16, 19. \doi{10.1186/s12963-018-0177-1}
#'
#'   Tiwari, R. C., Clegg, L. X. and Zou, Z. (2006). Efficient interval estimation for
#'   age-adjusted cancer rates. *Statistical Methods in Medical Research* 15, 547-569.
#' @seealso [ioi_rate()], [ioi_funnel()], [ioi_parity()] for the difference or ratio of
#'   two standardised rates
#' @examples
#' # bad health by ethnic group, 2011: as it is, and at one age and sex structure
#' counts <- census_2011_health
#' ioi_rate(counts, bad_health, people, by = ethnic_group, per = 100, ci = "wilson")
#' everyone <- aggregate(people ~ age_band, counts, sum)
#' names(everyone) <- c("age", "population")
#' standardised <- ioi_standardise(
#'   counts, bad_health, people, age_band,
#'   standard = everyone, by = ethnic_group, per = 100, variance = "binomial"
#' )
#' standardised
#'
#' # ratio of two standardised rates
#' ioi_parity(standardised, ethnic_group, "White", measure = "ratio")
#'
#' # a survey: worry by ethnic group, at one age structure
#' survey <- subset(crime_survey_2008, !is.na(weight) & !is.na(age))
#' survey$age_band <- cut(survey$age, c(16, 35, 55, 120), c("16-34", "35-54", "55+"), right = FALSE)
#' ioi_standardise(
#'   ioi_design(survey, weight), worry_racial_attack,
#'   over = age_band, standard = c("16-34" = 30, "35-54" = 35, "55+" = 35),
#'   by = ethnic_group, success = c("very worried", "fairly worried")
#' )
#' @export
ioi_standardise.data.frame <- function(data, events = NULL, population, age, standard,
                                       by = NULL,
                                       method = c("direct", "indirect", "ratio"),
                                       per = 1e5, ci = NULL, level = 0.95, ...,
                                       suppress = NULL,
                                       empty_band = c("na", "drop", "zero"),
                                       na_as_zero = FALSE, frequency = NULL,
                                       variance = c("poisson", "binomial"),
                                       standard_sampled = FALSE, totals = NULL,
                                       mid_p = FALSE) {
  check_dots_empty_ioi(...)
  check_data(data)
  check_standard_given(missing(standard))
  columns <- list(
    events = resolve_columns(rlang::enquo(events), data, "events", most = 1),
    population = resolve_column(rlang::enquo(population), data, "population"),
    age = resolve_column(rlang::enquo(age), data, "age"),
    frequency = resolve_columns(rlang::enquo(frequency), data, "frequency", most = 1)
  )
  by <- table_by(rlang::enquo(by), data, c(columns, recursive = TRUE))
  check_by_names(by, ratio_columns)
  rule <- list(
    method = check_choice(method, c("direct", "indirect", "ratio"), "method"),
    per = check_positive(per, "per"), level = check_level(level),
    suppress = check_suppress(suppress),
    empty = check_choice(empty_band, empty_rules, "empty_band"),
    variance = check_choice(variance, c("poisson", "binomial"), "variance"),
    sampled = check_flag(standard_sampled, "standard_sampled"),
    mid_p = check_flag(mid_p, "mid_p"), by = by
  )
  rule$ci <- check_standard_ci(ci, rule, length(columns$frequency) > 0)
  check_flag(na_as_zero, "na_as_zero")
  check_totals(totals, columns$events, rule)
  groups <- group_rows(data, by)
  rule$left_out <- report_ungrouped(groups)
  cells <- standard_cells(data, columns, groups, standard, rule, na_as_zero)
  if (rule$method == "direct") {
    standardise_direct(groups, cells, rule)
  } else {
    standardise_indirect(groups, cells, rule, totals)
  }
}

# The method of the limits that is asked for, or the default of the kind.
check_standard_ci <- function(ci, rule, repeated, call = rlang::caller_env()) {
  binomial <- rule$variance == "binomial"
  direct <- rule$method == "direct"
  if (binomial && (!direct || repeated)) {
    abort_ioi(
      "{.code variance = \"binomial\"} is for direct standardisation of people counted
       once.",
      "input",
      arg = "variance", call = call
    )
  }
  if (repeated && !direct) {
    abort_ioi(
      "{.arg frequency} is for direct standardisation.", "input",
      arg = "frequency", call = call
    )
  }
  if (binomial) {
    return(check_choice(if (is.null(ci)) "wilson" else ci, interval_methods, "ci", call))
  }
  choices <- if (direct) standard_methods else names(ratio_methods)
  check_choice(if (is.null(ci)) choices else ci, choices, "ci", call)
}

check_totals <- function(totals, events, rule, call = rlang::caller_env()) {
  if (is.null(totals)) {
    if (!length(events)) {
      abort_ioi("{.arg events} must name a column.", "input", arg = "events", call = call)
    }
    return(invisible())
  }
  needed <- c(rule$by, "events")
  if (rule$method == "direct" || length(events)) {
    abort_ioi(
      "{.arg totals} takes the place of {.arg events} in indirect standardisation.",
      "input",
      arg = "totals", call = call
    )
  }
  if (!is.data.frame(totals) || !all(needed %in% names(totals))) {
    abort_ioi(
      "{.arg totals} must be a data frame with columns {.val {needed}}.",
      "input",
      arg = "totals", call = call
    )
  }
}

# Matrices of band x group (events, second, population) and the standard of the
# bands: list with the matrices, weight, and rate, rate_variance, crude (indirect).
standard_cells <- function(data, columns, groups, standard, rule, na_as_zero,
                           call = rlang::caller_env()) {
  events <- if (length(columns$events)) {
    count_column(data[[columns$events]], "events", call)
  } else {
    rep(0, nrow(data))
  }
  if (na_as_zero) {
    events[is.na(events)] <- 0
  }
  population <- count_column(data[[columns$population]], "population", call)
  frequency <- if (length(columns$frequency)) {
    frequency_column(data[[columns$frequency]], events, call)
  }
  bands <- age_labels(data[[columns$age]], call)
  weights <- resolve_standard(standard, bands$labels, columns$age, rule, call)
  cells <- cell_sums(
    groups, bands$code, length(bands$labels), events, population, frequency, call
  )
  check_standard_cells(cells, weights, groups, bands, rule, call)
  c(cells[c("events", "second", "population", "rows")], weights)
}

# What cannot be standardised at all.
check_standard_cells <- function(cells, weights, groups, bands, rule, call) {
  n <- cells$population
  x <- cells$events
  unused <- which(!weights$used)
  n[unused, ] <- 1
  x[unused, ] <- 0
  if (anyNA(n)) {
    fail_cells(
      is.na(n), "{.arg population} must not be missing.", "population", groups, bands,
      call
    )
  }
  if (any(n == 0)) {
    fail_cells(
      n == 0 & x > 0, "A band without population cannot have events.", "events",
      groups, bands, call
    )
  }
  if (rule$variance == "binomial") {
    fail_cells(
      x > n, "Under {.code variance = \"binomial\"} {.arg events} must not exceed
      {.arg population}.", "events", groups, bands, call
    )
  }
}

# An error that names the first cell where `bad` is TRUE; nothing where none is.
fail_cells <- function(bad, text, arg, groups, bands, call) {
  at <- which(bad)
  if (!length(at)) {
    return(invisible())
  }
  k <- length(bands$labels)
  where <- group_words(groups, (at[1] - 1) %/% k + 1)
  band <- as.character(bands$labels[(at[1] - 1) %% k + 1])
  count <- length(at)
  abort_ioi(
    c(text, "x" = "{count} band{?s} {?is/are} such, first {.val {band}} of {where}."),
    "data",
    arg = arg, count = count, call = call
  )
}

# ---- the rates ----------------------------------------------------------------

standardise_direct <- function(groups, cells, rule) {
  binomial <- rule$variance == "binomial"
  method <- if (binomial) "normal" else rule$ci
  out <- .Call(
    ioi_r_direct, cells$events, cells$second, cells$population, cells$weight,
    c(
      match(rule$empty, empty_rules) - 1L, as.integer(binomial), as.integer(rule$sampled),
      match(method, standard_methods) - 1L
    ),
    rule$level
  )
  out$events[out$note == 1L] <- NA
  out$population[out$note == 1L] <- NA
  few <- !is.na(out$estimate) & out$events < 10 & !binomial
  out$flag <- join_flags(list(
    missing = out$note == 1L, "empty band" = out$note == 2L, empty = out$note == 3L,
    "fewer than 10" = few
  ))
  if (binomial) {
    limits <- interval_proportion(
      out$estimate, sqrt(out$variance), out$population, Inf, rule$ci, rule$level
    )
    out[c("conf.low", "conf.high")] <- limits[1:2]
    out$flag <- paste_flags(out$flag, limits$flag)
  }
  if (identical(rule$suppress, "ohid")) {
    out[c("estimate", "variance", "conf.low", "conf.high")] <-
      lapply(out[c("estimate", "variance", "conf.low", "conf.high")], function(x) {
        x[few] <- NA
        x
      })
  }
  info <- list(
    what = direct_words(rule),
    unit = if (binomial && rule$per == 1) "proportion" else "number",
    rate = list(
      kind = if (binomial) "standardised_proportion" else "standardised", per = rule$per
    )
  )
  standardised_table(groups, out, rule, rule$per, info)
}

paste_flags <- function(a, b) {
  as.character(ifelse(a == "", b, ifelse(b == "", a, paste(a, b, sep = ";"))))
}

direct_words <- function(rule) {
  kind <- if (rule$variance == "binomial") "proportion" else "rate"
  paste0(
    "Directly standardised ", kind,
    if (rule$per != 1) paste0(" ", per_words(rule$per))
  )
}

standardise_indirect <- function(
  groups, cells, rule, totals, call = rlang::caller_env()
) {
  total <- if (!is.null(totals)) match_totals(totals, groups, rule$by, call)
  rate <- rule$method == "indirect"
  if (rate && !is.finite(cells$crude)) {
    abort_ioi(
      c(
        "{.arg standard} must have {.field events} and {.field population} for a rate.",
        "i" = "Rates alone are enough for {.code method = \"ratio\"}."
      ),
      "input",
      arg = "standard", call = call
    )
  }
  out <- .Call(
    ioi_r_indirect, if (is.null(total)) cells$events, total, cells$population,
    cells$rate, cells$rate_variance,
    match(ratio_methods[[rule$ci]], standard_methods) - 1L, rule$level
  )
  zero <- out$events %in% 0 & !is.na(out$expected) & out$expected > 0
  plain <- rate_limits(
    ifelse(zero, 0, NA), out$expected,
    names(ratio_methods)[match(ratio_methods[[rule$ci]], ratio_methods)], rule$level
  )
  out$conf.low[zero] <- plain$conf.low[zero]
  out$conf.high[zero] <- plain$conf.high[zero]
  out$flag <- join_flags(list(
    missing = out$note == 1L, "no expected events" = out$note == 3L
  ))
  p <- .Call(ioi_r_count_test, out$events, out$expected, rule$mid_p)
  out$p.value <- if (rule$sampled) ratio_p(out) else p
  info <- list(
    what = if (rate) {
      paste("Indirectly standardised rate", per_words(rule$per))
    } else {
      "Standardised ratio, observed over expected"
    },
    unit = "number",
    rate = list(kind = "ratio", per = if (rate) cells$crude * rule$per else 1),
    notes = "Each row can be compared with the standard, not with the other rows."
  )
  standardised_table(
    groups, out, rule, if (rate) cells$crude * rule$per else 1, info, expected = TRUE
  )
}

# With a sampled standard: normal test on the log scale.
ratio_p <- function(out) {
  z <- log(out$estimate) / (sqrt(out$variance) / out$estimate)
  z[!is.finite(z)] <- NA
  2 * stats::pnorm(-abs(z))
}

# Events of each group from `totals`.
match_totals <- function(totals, groups, by, call) {
  events <- count_column(totals$events, "totals$events", call)
  key <- function(columns) {
    do.call(paste, c(lapply(columns, as.character), list(sep = "\r")))
  }
  if (!length(by)) {
    return(sum(events))
  }
  ours <- key(unname(groups$labels))
  theirs <- key(unname(as.list(totals)[by]))
  if (anyDuplicated(theirs)) {
    abort_ioi(
      "{.arg totals} must have one row for each combination of {.arg by}.", "data",
      arg = "totals", call = call
    )
  }
  events[match(ours, theirs)]
}

standardised_table <- function(groups, out, rule, per, info, expected = FALSE) {
  se <- sqrt(out$variance) * per
  columns <- c(
    groups$labels,
    list(
      estimate = out$estimate * per, std.error = se, conf.low = out$conf.low * per,
      conf.high = out$conf.high * per, events = out$events, n = out$population
    ),
    if (expected) list(expected = out$expected, p.value = out$p.value),
    list(flag = out$flag)
  )
  shared <- if (rule$sampled) {
    list(no_vcov = "Its rows share the standard population's own sampling error.")
  } else {
    independent_info(groups$size)
  }
  notes <- if (rule$sampled) {
    "The standard's own sampling error is included."
  } else {
    "The standard is taken as fixed."
  }
  info$notes <- c(info$notes, notes)
  new_ioi_estimate(
    tibble::new_tibble(columns, nrow = groups$size),
    vcov = if (!rule$sampled) independent_vcov(se),
    info = c(
      info,
      list(
        by = rule$by, level = rule$level, ci = rule$ci, limits = "fixed",
        flags = words_for(out$flag),
        dropped = c("rows without a value of by" = rule$left_out)
      ),
      shared
    )
  )
}
