# Proportions: the whole road, from rows to an estimate table.

# More combinations of `by` than this are numbered by those that occur.
most_dense_domains <- 1024

# More rows than this keep their variances but not their covariances, unless the
# user asks for them: the matrix would pass 32 MB.
most_covariance_rows <- 2000

#' Estimate proportions from a survey
#'
#' The share of people in each category of an answer, or of those whose answer
#' counts as a success, for everybody or for each group, with standard errors
#' that follow the design and confidence limits that stay between 0 and 1.
#'
#' @param design An [ioi_design()], or what [as_ioi_design()] takes: a data frame
#'   is a simple random sample.
#' @param outcome Column with the answer (see [how to name columns][ioi_columns]).
#' @param by Columns that define groups: one result per combination that occurs.
#' @param success Answers that count as yes, matched as text. Without it there is
#'   a row per category: every level of a factor, every value that occurs
#'   otherwise.
#' @param ci Method of the confidence limits, see below.
#' @param level Confidence level, between 0 and 1.
#' @param na What to do with rows whose outcome is missing: `"drop"` puts them
#'   outside the domain (they stay in the design) and says how many in a message
#'   of class `ioi_message_missing`; `"category"` counts them as a category
#'   called "Missing"; `"error"` refuses.
#' @param df Degrees of freedom: `"domain"` is PSUs less strata among the records
#'   of the group with a positive weight and an answer; `"design"` the same over
#'   the whole design; or a number, `Inf` for normal limits.
#' @param missing_codes Answers that mean missing, matched as text.
#' @param deff_wor `TRUE` adds `deff.wor`, the design effect against simple random
#'   sampling without replacement.
#' @param covariance Keep the covariance of all rows for [vcov()]? `NULL`: up to
#'   2,000 rows.
#' @param ... Not used.
#' @return A tibble of class [ioi_estimate], a row per group and category:
#'   the `by` columns, `outcome` (name of the column), `category`, `estimate` (a
#'   fraction 0 to 1), `std.error`, `conf.low`, `conf.high`, `n` (rows with a
#'   positive weight and an answer), `n.effective` (\eqn{p(1-p)/v}), `df`, `deff`
#'   (against sampling with replacement; `NA` where the standard error is 0) and
#'   `flag`.
#' @section Formula: \eqn{\hat p = \sum w y / \sum w} over the records of the
#'   group with an answer. Its variance is that of the total of
#'   \eqn{w (y - \hat p) / \sum w} (Binder 1983), between PSUs within strata, with
#'   every sampled PSU of the design counted, those without a record of the group
#'   too. It equals `survey::svymean()` and `survey::svyby()`.
#' @section Confidence limits: With \eqn{v} the variance, \eqn{\nu} the degrees of
#'   freedom and \eqn{n_0 = p(1-p)/v}:
#'   * `"logit"`, `"xlogit"`: t limits on the logit scale (the default).
#'   * `"wald"`: \eqn{p \pm t s}. Poor for small samples and small proportions.
#'   * `"arcsine"`: t limits on the scale of asin(sqrt(p)).
#'   * `"likelihood"`: the roots of the scaled binomial likelihood.
#'   * `"beta"`: Korn and Graubard's Clopper-Pearson limits with an effective
#'     sample size.
#'   * `"nchs"`: the same with the effective sample size capped at n, as the
#'     standards of the US National Center for Health Statistics ask.
#'   * `"wilson"`: Wilson's with \eqn{n_0}; `"wilson_adjusted"`, with the capped
#'     size and a normal quantile.
#'   * `"agresti_coull"`, `"jeffreys"`, `"uniform"`: with the capped size.
#'
#'   Where a proportion is 0 or 1, the methods that have no limits there, and
#'   `"wald"`, give those of `"nchs"` and `flag` says `ci_nchs`. Where df is 0
#'   there are no limits and `flag` says `df`.
#' @section Flags: `empty`: the group has no record with an answer; `ci_nchs` and
#'   `df` as above; `lonely`: no stratum is left to estimate the variance from.
#' @section Errors: `ioi_error_input` for an unknown column, level or argument;
#'   `ioi_error_data` for a missing outcome under `na = "error"`.
#' @references Korn, E. L. and Graubard, B. I. (1998). Confidence intervals for
#'   proportions with small expected number of positive counts estimated from
#'   survey data. *Survey Methodology* 24(2), 193-201.
#'
#'   Parker, J. D. et al. (2017). National Center for Health Statistics data
#'   presentation standards for proportions. *Vital and Health Statistics* 2(175).
#' @seealso [ioi_design()], [ioi_parity()] for gaps between groups
#' @examples
#' survey <- subset(crime_survey_2008, !is.na(weight))
#' design <- ioi_design(survey, weights = weight)
#' ioi_proportion(
#'   design, worry_racial_attack,
#'   by = ethnic_group,
#'   success = c("very worried", "fairly worried")
#' )
#'
#' # every category, with the covariance of the rows
#' sex <- ioi_proportion(census_2011_people, sex)
#' vcov(sex)
#' @export
ioi_proportion <- function(design, outcome, by = NULL, success = NULL,
                           ci = "logit", level = 0.95,
                           na = c("drop", "error", "category"),
                           df = c("domain", "design"), missing_codes = NULL,
                           deff_wor = FALSE, covariance = NULL, ...) {
  check_dots_empty_ioi(...)
  design <- as_ioi_design(design)
  outcome <- resolve_column(rlang::enquo(outcome), design$data, "outcome")
  by <- resolve_by(rlang::enquo(by), design, outcome)
  ci <- check_choice(ci, interval_methods, "ci")
  level <- check_level(level)
  na <- check_choice(na, c("drop", "error", "category"), "na")
  df <- check_df(df)
  check_flag(deff_wor, "deff_wor")
  layout <- proportion_layout(design, outcome, by, success, missing_codes, na)
  tally <- proportion_tally(layout)
  report_missing(layout, tally, outcome, na)
  estimate <- proportion_estimate(layout, tally, df, covariance)
  proportion_table(layout, estimate, outcome, ci, level, df, deff_wor)
}

# The `by` columns: those of an existing grouping, then those asked for.
resolve_by <- function(quo, design, taken = character(), call = rlang::caller_env()) {
  by <- unique(c(design$groups, resolve_columns(quo, design$data, "by", call = call)))
  clash <- intersect(by, taken)
  if (length(clash)) {
    abort_ioi(
      "{.arg by} must not hold {.val {clash}}, which is what is estimated.",
      "input",
      arg = "by", call = call
    )
  }
  if (length(design$groups)) {
    inform_ioi(
      "The data are grouped: {.val {design$groups}} {?is/are} part of {.arg by}.",
      "groups"
    )
  }
  by
}

check_df <- function(df, call = rlang::caller_env()) {
  if (is.numeric(df) && length(df) == 1 && !is.na(df)) {
    return(as.double(df))
  }
  if (is.numeric(df)) {
    abort_ioi("{.arg df} must be one number, {.val domain} or {.val design}.",
      "input",
      arg = "df", call = call
    )
  }
  check_choice(df, c("domain", "design"), "df", call)
}

# Where every row goes: the design's keys, the domain (by), the category, and
# the cells unit x domain x category.
proportion_layout <- function(design, outcome, by, success, missing_codes, na,
                              call = rlang::caller_env()) {
  category <- category_key(design$data[[outcome]], success, missing_codes, na, call)
  domain <- domain_key(design$keys, design$data, by, design$rows, call)
  keys <- c(domain$keys, list(category$key))
  category$at <- length(keys)
  product <- add_product(keys, c(domain$at, category$at), design$rows, Inf, call)
  cells <- add_product(
    product$keys, c(design$unit, domain$at, category$at), design$rows,
    dense = max(2^16, design$rows / 2), call = call
  )
  list(
    design = design, keys = cells$keys, category = category, domain = domain,
    pair_at = product$at, cells_at = cells$at, code = cells$code
  )
}

# The outcome as a key: levels are the categories, or 0 for no and 1 for yes.
# list(key, labels, first): categories from `first` on get an estimate.
category_key <- function(x, success, missing_codes, na, call) {
  if (na == "category") {
    x <- missing_as_category(x)
  }
  column <- key_column(x, "outcome", call)
  text <- as.character(column$labels)
  drop <- match_levels(missing_codes, text, "missing_codes", call)
  if (!is.null(success)) {
    yes <- match_levels(success, text, "success", call)
    map <- as.integer(seq_along(text) %in% yes)
    map[drop] <- -1L
    label <- paste(success, collapse = " or ")
    return(list(key = key_remap(column$key, map, 2), labels = label, first = 1L))
  }
  keep <- if (is.factor(x)) rep(TRUE, length(text)) else category_occurs(column$key, length(x))
  keep[drop] <- FALSE
  map <- ifelse(keep, cumsum(keep) - 1L, -1L)
  list(
    key = key_remap(column$key, map, sum(keep)), labels = column$labels[keep], first = 0L
  )
}

category_occurs <- function(key, rows) {
  tally_rows(list(key), rows, sums = list(n = list(kind = "rows", over = 1)))$n > 0
}

missing_as_category <- function(x) {
  text <- as.character(x)
  levels <- if (is.factor(x)) levels(x) else as.character(sort(unique(x)))
  text[is.na(text)] <- "Missing"
  factor(text, unique(c(levels, if (anyNA(x)) "Missing")))
}

# Positions of levels given as text; an unknown one is an error.
match_levels <- function(wanted, text, arg, call) {
  if (is.null(wanted)) {
    return(integer())
  }
  at <- match(as.character(wanted), text)
  if (anyNA(at)) {
    unknown <- as.character(wanted)[is.na(at)]
    abort_ioi(
      c(
        "{.arg {arg}} must name answers that the column has.",
        "x" = "{.val {unknown}} {?is/are} not among them.",
        "i" = "It has: {.val {text}}."
      ),
      "input",
      arg = arg, call = call
    )
  }
  at
}

# The domain of a row: list(keys, at, labels): labels is a list of columns with a
# value for each level.
domain_key <- function(keys, data, by, rows, call) {
  if (!length(by)) {
    return(list(keys = c(keys, list(key_constant())), at = length(keys) + 1L, labels = list()))
  }
  columns <- lapply(by, function(name) key_column(data[[name]], "by", call))
  parts <- length(keys) + seq_along(by)
  keys <- c(keys, lapply(columns, function(column) column$key))
  domain <- add_product(keys, parts, rows, dense = most_dense_domains, call = call)
  levels <- vapply(columns, function(column) column$key$levels, 0)
  code <- if (is.null(domain$code)) seq_len(prod(levels)) - 1 else domain$code
  level <- split_codes(code, levels)
  labels <- Map(function(column, at) column$labels[at + 1], columns, level)
  names(labels) <- by
  list(keys = domain$keys, at = domain$at, labels = labels)
}

# The tally: rows by domain, rows and n by domain x category, and weight by unit x
# domain x category (with its square where records are their own PSUs).
proportion_tally <- function(layout, range = c(0, layout$design$rows), chunk = NULL) {
  design <- layout$design
  sums <- list(
    domain_rows = list(kind = "rows", over = layout$domain$at),
    rows = list(kind = "rows", over = layout$pair_at),
    n = list(kind = "n", over = layout$pair_at),
    w = list(kind = "w", over = layout$cells_at)
  )
  if (is.null(design$core$psu_first)) {
    sums$ww <- list(kind = "ww", over = layout$cells_at)
  }
  tally_rows(layout$keys, design$rows, design$weight, sums = sums, range = range, chunk = chunk)
}

# Says how many rows are left out, once.
report_missing <- function(layout, tally, outcome, na, call = rlang::caller_env()) {
  unanswered <- sum(tally$domain_rows) - sum(tally$rows)
  ungrouped <- layout$design$rows - sum(tally$domain_rows)
  if (na == "error" && unanswered > 0) {
    abort_ioi(
      c(
        "{.arg outcome} must not be missing under {.code na = \"error\"}.",
        "x" = "{unanswered} row{?s} {?has/have} no value of {.val {outcome}}."
      ),
      "data",
      arg = "outcome", count = unanswered, call = call
    )
  }
  text <- c(
    if (unanswered > 0) "{unanswered} row{?s} without {.val {outcome}}",
    if (ungrouped > 0) "{ungrouped} row{?s} without a value of {.arg by}"
  )
  if (length(text)) {
    inform_ioi(
      paste0("Left out of the estimates, kept in the design: ", paste(text, collapse = "; "), "."),
      "missing",
      unanswered = unanswered, ungrouped = ungrouped
    )
  }
}

# Cell totals by sampling unit as the variance engine reads them.
layout_totals <- function(layout, tally) {
  cells <- layout$keys[[layout$pair_at]]$levels
  units <- layout$keys[[layout$design$unit]]$levels
  totals <- list(units = units, cells = cells, first = NULL, cell = NULL, w = tally$w, ww = tally$ww)
  if (!is.null(layout$code)) {
    totals$first <- first_of(layout$code %/% cells, units)
    totals$cell <- as.integer(layout$code %% cells)
  }
  totals
}

# Proportions, variances, bases and degrees of freedom, a value a row; domains in
# order, categories within them.
proportion_estimate <- function(layout, tally, df, covariance) {
  design <- layout$design
  domains <- layout$keys[[layout$domain$at]]$levels
  categories <- layout$category$key$levels
  first <- layout$category$first
  totals <- layout_totals(layout, tally)
  w <- .Call(ioi_r_collapse, totals)
  measure <- .Call(
    ioi_r_proportion, w, as.integer(domains), as.integer(categories), first
  )
  rows <- domains * (categories - first)
  domain_of_row <- rep(seq_len(domains) - 1L, each = categories - first)
  domain_of_cell <- rep(seq_len(domains) - 1L, each = categories)
  keep <- if (is.null(covariance)) rows <= most_covariance_rows else covariance
  variance <- .Call(
    ioi_r_variance, design$core, totals, measure[c("row", "at", "value")],
    measure$p, domain_of_row, domain_of_cell, as.integer(domains), keep
  )
  list(
    p = measure$p,
    v = variance$v,
    n = as.vector(rowsum(tally$n, domain_of_cell, reorder = FALSE)),
    w = as.vector(rowsum(w, domain_of_cell, reorder = FALSE)),
    occurs = tally$domain_rows > 0,
    presence = variance[c("psu", "stratum")],
    domain = domain_of_row + 1L,
    covariance = keep
  )
}

# Degrees of freedom of each domain.
domain_df <- function(design, estimate, df) {
  if (is.numeric(df)) {
    return(rep(df, length(estimate$n)))
  }
  if (df == "design") {
    return(rep(design_df(design), length(estimate$n)))
  }
  psus <- if (is.null(estimate$presence$psu)) {
    estimate$n
  } else {
    .Call(ioi_r_count_bits, estimate$presence$psu)
  }
  psus - .Call(ioi_r_count_bits, estimate$presence$stratum)
}

# The estimate table: a row per domain that occurs and category.
proportion_table <- function(layout, estimate, outcome, ci, level, df, deff_wor) {
  design <- layout$design
  keep <- which(estimate$occurs[estimate$domain])
  domain <- estimate$domain[keep]
  p <- estimate$p[keep]
  v <- if (estimate$covariance) diag(estimate$v)[keep] else estimate$v[keep]
  v[is.na(p)] <- NA
  n <- estimate$n[domain]
  degrees <- domain_df(design, estimate, df)[domain]
  extras <- .Call(ioi_r_proportion_extras, p, v, n)
  limits <- interval_proportion(p, sqrt(v), n, degrees, ci, level)
  labels <- lapply(layout$domain$labels, function(x) x[domain])
  category <- rep(layout$category$labels, length(estimate$occurs))[keep]
  table <- c(
    labels,
    list(
      outcome = rep(outcome, length(keep)), category = category, estimate = na_if_nan(p),
      std.error = na_if_nan(sqrt(v)), conf.low = limits$conf.low, conf.high = limits$conf.high,
      n = n, n.effective = na_if_nan(extras$n.effective), df = degrees,
      deff = na_if_nan(extras$deff)
    ),
    if (deff_wor) list(deff.wor = na_if_nan(extras$deff / (1 - n / estimate$w[domain]))),
    list(flag = proportion_flags(n, v, limits$flag))
  )
  new_ioi_estimate(
    tibble::new_tibble(table, nrow = length(keep)),
    vcov = if (estimate$covariance) estimate$v[keep, keep, drop = FALSE],
    domains = list(
      id = domain, n = estimate$n,
      psu = estimate$presence$psu, stratum = estimate$presence$stratum
    ),
    info = list(
      what = "Proportion", unit = "proportion", by = names(labels), level = level,
      ci = ci, limits = "proportion", df_rule = if (is.numeric(df)) "number" else df,
      design = design_info(design)
    )
  )
}

na_if_nan <- function(x) {
  x[is.nan(x)] <- NA_real_
  x
}

# Reasons a row has no value, or an unusual one, before those of the limits.
proportion_flags <- function(n, v, flag) {
  own <- ifelse(n == 0, "empty", ifelse(is.nan(v), "lonely", ""))
  ifelse(own == "", flag, own)
}

# What an estimate remembers of its design.
design_info <- function(design) {
  list(
    type = "linearised", strata = length(design$strata), psus = design_psus(design),
    rows = design$rows, weights = !is.null(design$weight),
    fpc = !is.null(design$core$fraction), lonely_psu = lonely_rules[design$core$lonely + 1]
  )
}
