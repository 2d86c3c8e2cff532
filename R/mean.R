# Means, totals and ratios: the same road as proportions, with measurements in
# place of categories.

#' Estimate means, totals and ratios from a survey
#'
#' The mean of a measurement, a total of a measurement or of people, and the ratio
#' of two totals, for everybody or for each group, with standard errors that follow
#' the design.
#'
#' @inheritParams ioi_proportion
#' @param x Column of numbers (logical counts as 0 and 1). For `ioi_total()` it may
#'   be left out: the total is then of people.
#' @param numerator,denominator Columns of numbers.
#' @param na What to do with rows in which a measurement is missing: `"drop"` puts
#'   them outside the group and says how many in a message of class
#'   `ioi_message_missing`, `"error"` refuses.
#' @return A tibble of class [ioi_estimate], a row per group: the `by` columns,
#'   `outcome` (name of the column; `numerator / denominator` for a ratio; `NA` for
#'   people), `estimate` (in the unit of `x`), `std.error`, `conf.low`, `conf.high`,
#'   `n` (rows with a positive weight and a measurement), `n.effective`
#'   (\eqn{(n - 1) / deff}; `NA` where that is 0), `df`, `deff` (against sampling with
#'   replacement; `NA` where the measurements do not differ), `deff.wor` and `cv` on
#'   request, and `flag`.
#' @section Formula: Mean \eqn{\sum w x / \sum w}, total \eqn{\sum w x}, ratio
#'   \eqn{\sum w y / \sum w x}, over the records of the group in which everything
#'   that is asked for was measured. The variance is that of the total of
#'   \eqn{w (x - \bar x) / \sum w}, of \eqn{w x} and of \eqn{w (y - R x) / \sum w x}
#'   (Binder 1983). Limits are estimate plus or minus t times the standard error.
#'   They equal `survey::svymean()`, `survey::svytotal()` and `survey::svyratio()`.
#' @section Empty: A group without a measurement has `NA`, a total too, and flag
#'   `empty`; a ratio whose denominator is 0 has `NA` and flag `undefined`.
#' @section Flags: `empty` and `undefined` as above; `df`: no limits for want of degrees
#'   of freedom; `lonely`: no stratum is left to estimate the variance from.
#' @section Errors: `ioi_error_input` for a column that does not hold numbers,
#'   `ioi_error_data` for infinite values, or missing ones under `na = "error"`.
#' @references Binder, D. A. (1983). On the variances of asymptotically normal
#'   estimators from complex surveys. *International Statistical Review* 51(3),
#'   279-292. \doi{10.2307/1402588}
#' @seealso [ioi_design()], [ioi_proportion()], [ioi_quantile()], [ioi_parity()] for gaps
#'   between groups
#' @examples
#' survey <- subset(crime_survey_2008, !is.na(weight))
#' design <- ioi_design(survey, weights = weight)
#' ioi_mean(design, age, by = ethnic_group)
#' ioi_total(design, by = ethnic_group)
#'
#' # the share of pupils with free school meals is a ratio of two totals of schools
#' schools <- subset(school_census_2023, region == "London" & !is.na(headcount))
#' ioi_ratio(ioi_design(schools, psu = la_code), fsm_eligible, headcount)
#' @export
ioi_mean <- function(design, x, by = NULL, level = 0.95, na = c("drop", "error"),
                     df = c("domain", "design"), missing_codes = NULL,
                     deff_wor = FALSE, cv = FALSE, covariance = NULL, ...) {
  check_dots_empty_ioi(...)
  design <- as_ioi_design(design)
  x <- resolve_column(rlang::enquo(x), design$data, "x")
  by <- resolve_by(rlang::enquo(by), design, x)
  more <- list(deff_wor = deff_wor, cv = cv)
  measurement(design, "mean", x, by, level, na, df, covariance, more, missing_codes)
}

#' @rdname ioi_mean
#' @export
ioi_total <- function(design, x = NULL, by = NULL, level = 0.95, na = c("drop", "error"),
                      df = c("domain", "design"), missing_codes = NULL,
                      deff_wor = FALSE, cv = FALSE, covariance = NULL, ...) {
  check_dots_empty_ioi(...)
  design <- as_ioi_design(design)
  x <- resolve_columns(rlang::enquo(x), design$data, "x", most = 1)
  by <- resolve_by(rlang::enquo(by), design, x)
  more <- list(deff_wor = deff_wor, cv = cv)
  measurement(design, "total", x, by, level, na, df, covariance, more, missing_codes)
}

#' @rdname ioi_mean
#' @export
ioi_ratio <- function(design, numerator, denominator, by = NULL, level = 0.95,
                      na = c("drop", "error"), df = c("domain", "design"),
                      missing_codes = NULL, deff_wor = FALSE, cv = FALSE,
                      covariance = NULL, ...) {
  check_dots_empty_ioi(...)
  design <- as_ioi_design(design)
  x <- c(
    resolve_column(rlang::enquo(numerator), design$data, "numerator"),
    resolve_column(rlang::enquo(denominator), design$data, "denominator")
  )
  by <- resolve_by(rlang::enquo(by), design, x)
  more <- list(deff_wor = deff_wor, cv = cv)
  measurement(design, "ratio", x, by, level, na, df, covariance, more, missing_codes)
}

measurement_kinds <- c(mean = 0L, total = 1L, ratio = 2L)

# Columns of the result, which `by` columns may not be called.
measurement_columns <- c(
  "outcome", core_columns, base_columns, "deff", "deff.wor", "cv", "flag"
)

# `more`: list(deff_wor, cv), which columns to add.
measurement <- function(design, kind, x, by, level, na, df, covariance, more,
                        missing_codes = NULL, call = rlang::caller_env()) {
  for (name in names(more)) check_flag(more[[name]], name, call)
  check_by_names(by, measurement_columns, call)
  level <- check_level(level, call = call)
  na <- check_choice(na, c("drop", "error"), "na", call)
  df <- check_df(df, call)
  if (!is.null(covariance)) check_flag(covariance, "covariance", call)
  layout <- measurement_layout(design, x, by, call, missing_codes)
  tally <- measurement_tally(layout)
  arg <- if (kind == "ratio") "numerator" else "x"
  missing <- report_missing(layout, tally, x, na, call, arg)
  estimate <- measurement_estimate(layout, tally, kind, covariance)
  measurement_table(layout, estimate, kind, x, level, df, more, missing)
}

# Where every row goes: its group, if everything in `x` was measured.
measurement_layout <- function(design, x, by, call, missing_codes = NULL) {
  check_answers(missing_codes, "missing_codes", call)
  values <- lapply(x, function(name) {
    check_measurement(design$data[[name]], name, call, missing_codes, design$subset)
  })
  domain <- domain_key(design$keys, design$data, by, design$rows, call, missing_codes)
  keys <- c(domain$keys, lapply(values, function(value) key_observed(value$x)))
  parts <- c(domain$at, length(domain$keys) + seq_along(values))
  pair <- add_product(keys, parts, design$rows, Inf, call)
  columns <- lapply(values, function(value) value$x)
  centre <- vapply(values, function(value) value$centre, 0)
  cells <- road_cells(pair$keys, design, pair$at, 1L + length(values), call, columns, centre)
  list(
    design = design, keys = cells$keys, domain = domain, pair_at = pair$at, cells = cells,
    values = columns, missing_codes = missing_codes, centre = centre
  )
}

# A column of numbers without infinite values; missing ones are allowed. list(x,
# centre): the first value there is, near enough to the others to take off before
# anything is squared. `inside`: the rows of the subset.
check_measurement <- function(x, name, call, missing_codes = NULL, inside = NULL) {
  x <- measured_numbers(x, name, call, missing_codes, inside)
  scan <- scan_numbers(x)
  if (scan$infinite > 0) {
    where <- which(is.infinite(x))[1]
    abort_ioi(
      c(
        "{.val {name}} must be finite.",
        "x" = "{scan$infinite} value{?s} {?is/are} not. The first is in row {where}."
      ),
      "data",
      arg = name, where = where, count = scan$infinite, call = call
    )
  }
  list(x = x, centre = if (is.nan(scan$first)) 0 else scan$first)
}

# A column of numbers as it is; labelled codes and long integers as numbers; with NA
# for `missing_codes`.
measured_numbers <- function(x, name, call, missing_codes, inside) {
  if (is_labelled(x) && is.numeric(unclass(x))) {
    return(labelled_numbers(x, name, missing_codes, inside, call))
  }
  if (inherits(x, "integer64")) {
    inform_converted(x, name)
    x <- integer64_numbers(x, name, call)
  }
  check_numeric(x, name, call)
  if (is.object(x)) {
    inform_converted(x, name)
    x <- as.double(unclass(x))
  }
  gone <- if (length(missing_codes)) answer_text(x) %in% answer_text(missing_codes)
  if (any(gone)) x[gone] <- NA
  x
}

check_numeric <- function(x, name, call) {
  numeric <- (is.numeric(x) || is.logical(x)) && is.null(dim(x))
  if (numeric && !inherits(x, c("factor", "difftime", "haven_labelled"))) {
    return(invisible())
  }
  abort_ioi(
    c(
      "{.val {name}} must be a column of numbers.", "x" = "It is {.cls {class(x)}}.",
      "i" = if (inherits(x, "difftime")) {
        "Choose the unit: {.code as.numeric({name}, units = \"hours\")}."
      } else if (is.factor(x) || is.character(x)) {
        "Shares of answers are estimated by {.fn ioi_proportion}."
      }
    ),
    "input",
    arg = name, call = call
  )
}

measurement_tally <- function(layout, range = c(0, layout$design$rows), chunk = NULL) {
  design <- layout$design
  moments <- lapply(variable_pairs(layout$cells$variables), function(pair) {
    list(
      kind = "w", over = layout$pair_at,
      x = variable_column(pair[1]), y = variable_column(pair[2])
    )
  })
  names(moments) <- paste0("moment", seq_along(moments))
  sums <- c(base_sums(layout$domain$at, layout$pair_at, design), moments)
  road_tally(
    layout$cells, design, sums, layout$values, layout$centre,
    range = range, chunk = chunk
  )
}

measurement_estimate <- function(layout, tally, kind, covariance) {
  domains <- as.integer(layout$keys[[layout$domain$at]]$levels)
  variables <- layout$cells$variables
  domain <- seq_len(domains) - 1L
  # a mean is taken from the centre, so that none of its digits are lost in errors
  shift <- if (kind == "mean") layout$centre else 0
  centre <- if (kind == "mean") 0 else layout$centre
  measure <- function(totals) {
    found <- .Call(ioi_r_mean, measurement_kinds[[kind]], totals, variables, centre)
    list(
      estimate = found$estimate,
      nobody = if (kind == "total") 0,
      influence = list(row = domain, at = seq_len(domains + 1L) - 1L, value = found$value)
    )
  }
  found <- road_estimate(
    layout$cells, layout$design, tally, measure, domain, domain, domains,
    when_covariance(domains, covariance)
  )
  moments <- unlist(tally[startsWith(names(tally), "moment")], use.names = FALSE)
  list(
    estimate = found$estimate + shift, v = found$v, n = tally$n,
    occurs = domain_occurs(layout, tally),
    presence = found[c("psu", "stratum", "records")], domain = domain + 1L, w = tally$moment1,
    deff = .Call(
      ioi_r_mean_deff, moments, found$influence$value, variables, variances(found$v), tally$n
    )
  )
}

measurement_table <- function(layout, estimate, kind, x, level, df, more, missing) {
  keep <- which(estimate$occurs)
  value <- estimate$estimate[keep]
  v <- variances(estimate$v)[keep]
  v[is.na(value)] <- NA
  n <- estimate$n[keep]
  degrees <- domain_df(layout$design, estimate, df)[keep]
  limits <- interval_t(value, sqrt(v), degrees, level)
  deff <- na_if_nan(estimate$deff[keep])
  outcome <- if (length(x)) paste(x, collapse = " / ") else NA_character_
  flag <- proportion_flags(n, v, limits$flag)
  flag[is.na(value) & n > 0] <- "undefined"
  table <- c(
    lapply(layout$domain$labels, function(labels) labels[keep]),
    list(
      outcome = rep(outcome, length(keep)), estimate = na_if_nan(value),
      std.error = na_if_nan(sqrt(v)), conf.low = limits$conf.low,
      conf.high = limits$conf.high, n = n,
      n.effective = (n - 1) / replace(deff, deff %in% 0, NA), df = degrees, deff = deff
    ),
    if (more$deff_wor) list(deff.wor = deff_without(deff, n / estimate$w[keep])),
    if (more$cv) list(cv = relative_error(value, v)),
    list(flag = flag)
  )
  new_ioi_estimate(
    tibble::new_tibble(table, nrow = length(keep)),
    vcov = table_covariance(estimate$v, keep, v),
    domains = domain_list(
      layout$design, keep, estimate$n, estimate$presence, as.double(estimate$w)
    ),
    info = list(
      what = c(mean = "Mean", total = "Total", ratio = "Ratio")[[kind]], unit = "number",
      by = names(layout$domain$labels), level = level, ci = "wald", limits = "wald",
      df_rule = if (is.numeric(df)) "number" else df, design = design_info(layout$design),
      missing = missing
    )
  )
}
