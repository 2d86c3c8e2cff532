# Proportions: the whole road, from rows to an estimate table.

# More combinations of `by` than this are numbered by those that occur.
most_dense_domains <- 1024

# More influences of cells on estimates than this (2 GB) come from an outcome that
# is a measurement, not an answer.
most_influences <- 2^28

# Columns of the result, which `by` columns may not be called.
proportion_columns <- c(
  "outcome", "category", core_columns, base_columns, "deff", "deff.wor", "cv", "flag"
)

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
#'   of the group with a positive weight and an answer (with replicate weights the rank
#'   of those of the records, less 1); `"design"` the same over the whole design; or a
#'   number, `Inf` for normal limits.
#' @param missing_codes Answers that mean missing, matched as text; of a labelled
#'   column its labels or its codes, see "Labelled files".
#' @param deff_wor `TRUE` adds `deff.wor`, the design effect against simple random
#'   sampling without replacement. It takes the sum of weights as the number of people
#'   in the population, and so means nothing where weights are scaled to another sum:
#'   `Inf` where they add up to n, `NA` where to less.
#' @param cv `TRUE` adds `cv`, the standard error over the size of the estimate.
#' @param covariance Keep the covariance of all rows for [vcov()]? `NULL`: up to
#'   2,000 rows; that of more than 200 is computed, with the same digits, when it is
#'   asked for (see [ioi_estimate]).
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
#' @section Labelled files: Columns of class `haven_labelled`, as the haven package
#'   reads them from SPSS, Stata and SAS files, are taken as they are. The labels of
#'   values are the categories and groups, in the order of their codes; a code
#'   without a label is its number. `success` takes labels or codes. Values that the
#'   file declares missing are missing. Files of UK archives hold refusals as
#'   negative codes with a label, such as -9 "Refused": where one is about to be
#'   counted a warning of class `ioi_warning_missing_code` names it.
#'   `missing_codes = c(-9, -8)` makes them missing, in the outcome and in `by`
#'   (other codes only in the outcome), and may name codes that a labelled column
#'   does not have. `missing_codes = character()` counts them without a warning.
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
#'   there are no limits and `flag` says `df`. With replicate weights `"logit"` takes
#'   the standard error of the logits of the replicates; where one of these has a
#'   proportion of 0 or 1 it takes that of `"xlogit"`, which is of the proportion, and
#'   `flag` says `ci_xlogit`.
#' @section Coverage: How often 95% limits held the true share, in per cent
#'   (`bench/coverage.R`; samples of n people exactly, clusters of 20 people with
#'   intraclass correlation rho in 20,000 draws):
#'
#'   | sample | p | logit | wald | likelihood | beta | nchs | wilson | jeffreys | uniform |
#'   |---|---|---|---|---|---|---|---|---|---|
#'   | n = 30 | 0.1 | 97.4 | 99.8 | 97.4 | 99.2 | 99.2 | 97.4 | 93.2 | 97.4 |
#'   | n = 100 | 0.01 | 98.2 | 99.9 | 98.2 | 98.2 | 98.2 | 92.1 | 98.2 | 92.1 |
#'   | n = 100 | 0.1 | 97.2 | 93.2 | 95.6 | 95.6 | 95.6 | 93.6 | 95.6 | 93.6 |
#'   | 5 PSUs, rho 0.1 | 0.1 | 96.8 | 88.6 | 94.2 | 94.4 | 94.7 | 93.7 | 94.3 | 93.8 |
#'   | 15 PSUs, rho 0.1 | 0.1 | 94.8 | 92.2 | 93.8 | 95.4 | 95.5 | 94.5 | 93.9 | 94.4 |
#'   | 15 PSUs, rho 0.1 | 0.01 | 97.5 | 100 | 99.0 | 99.4 | 99.4 | 97.1 | 79.5 | 95.8 |
#'   | 40 PSUs, rho 0.1 | 0.01 | 93.1 | 81.4 | 86.7 | 90.5 | 90.5 | 88.6 | 89.7 | 88.2 |
#'
#'   The logit, beta and NCHS limits hold up best; Wald's near 100 come from its
#'   fallback at 0. No method is safe for rare answers in strongly clustered samples.
#' @section Flags: `empty`: the group has no record with an answer; `ci_nchs`,
#'   `ci_xlogit` and `df` as above; `lonely`: no stratum is left to estimate the variance
#'   from; `range`: negative weights of a calibration have brought the share below 0 or
#'   above 1, where only `"wald"` has limits.
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
#' # a labelled column, as haven reads it, in which -9 is a refusal
#' levels <- levels(survey$worry_racial_attack)
#' code <- as.numeric(survey$worry_racial_attack)
#' survey$worry <- structure(
#'   ifelse(is.na(code), -9, code),
#'   labels = c(Refused = -9, stats::setNames(seq_along(levels), levels)),
#'   class = c("haven_labelled", "vctrs_vctr", "double")
#' )
#' design <- ioi_design(survey, weights = weight)
#' ioi_proportion(design, worry, missing_codes = -9)
#'
#' # every category, with the covariance of the rows
#' sex <- ioi_proportion(census_2011_people, sex)
#' vcov(sex)
#' @export
ioi_proportion <- function(design, outcome, by = NULL, success = NULL,
                           ci = "logit", level = 0.95,
                           na = c("drop", "error", "category"),
                           df = c("domain", "design"), missing_codes = NULL,
                           deff_wor = FALSE, cv = FALSE, covariance = NULL, ...) {
  check_dots_empty_ioi(...)
  design <- as_ioi_design(design)
  outcome <- resolve_column(rlang::enquo(outcome), design$data, "outcome")
  by <- resolve_by(rlang::enquo(by), design, outcome)
  check_by_names(by, proportion_columns)
  ci <- check_choice(ci, interval_methods, "ci")
  level <- check_level(level)
  na <- check_choice(na, c("drop", "error", "category"), "na")
  df <- check_df(df)
  check_flag(deff_wor, "deff_wor")
  check_flag(cv, "cv")
  if (!is.null(covariance)) check_flag(covariance, "covariance")
  layout <- proportion_layout(design, outcome, by, success, missing_codes, na)
  tally <- proportion_tally(layout)
  missing <- report_missing(layout, tally, outcome, na)
  estimate <- proportion_estimate(layout, tally, covariance)
  proportion_table(layout, estimate, outcome, ci, level, df, deff_wor, cv, missing)
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

# A `by` column cannot have the name of another column of the result.
check_by_names <- function(by, columns, call = rlang::caller_env()) {
  clash <- intersect(by, columns)
  if (length(clash)) {
    abort_ioi(
      c(
        "{.arg by} must not hold {.val {clash}}: the result has a column of that name.",
        "i" = "Rename it in the data first."
      ),
      "input",
      arg = "by", call = call
    )
  }
}

check_df <- function(df, call = rlang::caller_env()) {
  if (is.numeric(df) && length(df) == 1 && !is.na(df)) {
    return(as.double(df))
  }
  rules <- c("domain", "design")
  if (identical(df, rules) || (rlang::is_string(df) && df %in% rules)) {
    return(df[1])
  }
  abort_ioi("{.arg df} must be one number, {.val domain} or {.val design}.", "input",
    arg = "df", call = call
  )
}

# Where every row goes: the design's keys, the domain (by), the category, and
# the cells unit x domain x category.
proportion_layout <- function(design, outcome, by, success, missing_codes, na,
                              call = rlang::caller_env()) {
  answer <- design$data[[outcome]]
  check_answers(success, "success", call)
  check_answers(missing_codes, "missing_codes", call)
  category <- category_key(
    answer, success, codes_of_outcome(missing_codes, answer, design$data[by]), na, call,
    outcome, design$subset
  )
  domain <- domain_key(design$keys, design$data, by, design$rows, call, missing_codes)
  check_categories(category, domain, call)
  keys <- c(domain$keys, list(category$key))
  category$at <- length(keys)
  product <- add_product(keys, c(domain$at, category$at), design$rows, Inf, call)
  cells <- road_cells(product$keys, design, product$at, call = call)
  list(
    design = design, keys = cells$keys, category = category, domain = domain,
    pair_at = product$at, cells = cells,
    missing_codes = missing_codes
  )
}

# The outcome as a key: levels are the categories, or 0 for no and 1 for yes.
# list(key, labels, first): categories from `first` on get an estimate.
# `name`: of the column; `inside`: the rows of the subset.
category_key <- function(x, success, missing_codes, na, call, name = "outcome",
                         inside = NULL) {
  if (has_value_labels(x)) {
    x <- labelled_factor(x, name, missing_codes, inside, call = call)
    missing_codes <- NULL
  }
  x <- readable_key(x, "outcome", call, name)
  check_key_type(x, "outcome", call)
  success <- labels_of(success, x)
  if (!length(missing_codes)) missing_codes <- NULL
  if (na == "category") {
    x <- missing_as_category(x, missing_codes, call)
    missing_codes <- NULL
  }
  column <- key_column(x, "outcome", call)
  keep <- answers_there_are(x, column)
  text <- answer_text(column$labels)
  drop <- match_levels(missing_codes, text, keep, "missing_codes", call)
  if (!is.null(success)) {
    yes <- match_levels(known_success(success, text[keep], x), text, keep, "success", call)
    map <- as.integer(seq_along(text) %in% yes)
    map[drop] <- -1L
    label <- paste(answer_text(success), collapse = " or ")
    return(list(key = key_remap(column$key, map, 2), labels = label, first = 1L))
  }
  if (is.logical(x)) keep <- category_occurs(column$key, length(x))
  keep[drop] <- FALSE
  if (!any(keep)) { # nobody answered: a row of NA for each group
    return(list(key = key_remap(column$key, 0 * keep - 1L, 1), labels = x[NA_integer_], first = 0L))
  }
  map <- ifelse(keep, cumsum(keep) - 1L, -1L)
  list(
    key = key_remap(column$key, map, sum(keep)), labels = column$labels[keep], first = 0L
  )
}

# The answers of `success` that must be among those `there`: NULL for none. Numbers of 0
# and 1 may hold only one of the two, and a column without answers any.
known_success <- function(success, there, x) {
  wanted <- answer_text(success)
  possible <- if (is.numeric(x) && !is.object(x) && all(there %in% c("0", "1"))) c("0", "1")
  if (!length(there) && length(levels(x)) == 0) possible <- wanted[!is.na(wanted)]
  wanted <- wanted[!wanted %in% setdiff(possible, there)]
  if (length(wanted) || !length(success)) wanted
}

# Which levels of the key are answers of the column: all of a factor or a logical,
# else those that occur.
answers_there_are <- function(x, column) {
  in_place <- is.numeric(x) && !is.object(x)
  if (!in_place || length(column$labels) <= 2) {
    return(rep(TRUE, length(column$labels)))
  }
  category_occurs(column$key, length(x))
}

# A measurement has too many values to be taken as categories.
check_categories <- function(category, domain, call) {
  categories <- category$key$levels
  domains <- domain$keys[[domain$at]]$levels
  if (domains * categories * (categories - category$first) > most_influences) {
    abort_ioi(
      c(
        "{.arg outcome} must be an answer with few categories.",
        "x" = "It has {categories} different values.",
        "i" = "Name those that count as yes in {.arg success}, or group them first."
      ),
      "input",
      arg = "outcome", count = categories, call = call
    )
  }
}

# Answers as the text by which they are matched; 100000 is not "1e+05".
answer_text <- function(x) {
  if (!is.numeric(x) || is.object(x)) {
    return(as.character(x))
  }
  out <- formatC(x, digits = 15, width = 1, format = if (is.integer(x)) "d" else "fg")
  replace(out, is.na(x), NA)
}

category_occurs <- function(key, rows) {
  tally_rows(list(key), rows, sums = list(n = list(kind = "rows", over = 1)))$n > 0
}

# A factor in which missing values and `codes` are the last category.
missing_as_category <- function(x, codes, call) {
  text <- answer_text(x)
  levels <- if (is.factor(x)) levels(x) else answer_text(sort(unique(x)))
  coded <- levels[match_levels(codes, levels, TRUE, "missing_codes", call)]
  text[is.na(text) | text %in% coded] <- "Missing"
  factor(text, unique(c(setdiff(levels, coded), if ("Missing" %in% text) "Missing")))
}

# Positions of answers given as text; one that is not `there` is an error.
match_levels <- function(wanted, text, there, arg, call) {
  if (is.null(wanted)) {
    return(integer())
  }
  wanted <- answer_text(wanted)
  at <- match(wanted, text[there])
  if (anyNA(at) || !length(at)) {
    unknown <- wanted[is.na(at)]
    abort_ioi(
      c(
        "{.arg {arg}} must name answers that the column has.",
        "x" = if (length(at)) "{.val {unknown}} {?is/are} not among them." else "It is empty.",
        "i" = "It has: {.val {text[there]}}."
      ),
      "input",
      arg = arg, call = call
    )
  }
  seq_along(text)[there][at]
}

# The domain of a row: list(keys, at, labels): labels is a list of columns with a
# value for each level. Rows outside the subset of a design have none: its key is
# among `keys`, see within_subset().
domain_key <- function(keys, data, by, rows, call, missing_codes = NULL) {
  within <- subset_at(keys)
  if (!length(by) && within) {
    return(list(keys = keys, at = within, labels = list()))
  }
  if (!length(by)) {
    return(list(keys = c(keys, list(key_constant())), at = length(keys) + 1L, labels = list()))
  }
  inside <- if (within) keys[[within]]$value
  columns <- lapply(by, function(name) {
    key_column(data[[name]], "by", call, name, missing_codes, inside)
  })
  parts <- c(if (within) within, length(keys) + seq_along(by))
  keys <- c(keys, lapply(columns, function(column) column$key))
  domain <- add_product(keys, parts, rows, dense = most_dense_domains, call = call)
  levels <- vapply(columns, function(column) column$key$levels, 0)
  code <- if (is.null(domain$code)) seq_len(prod(levels)) - 1 else domain$code
  level <- split_codes(code, levels)
  labels <- Map(function(column, at) column$labels[at + 1], columns, level)
  names(labels) <- by
  list(keys = domain$keys, at = domain$at, labels = labels)
}

# The missing codes of the outcome: not those that name only refusals of groups.
codes_of_outcome <- function(missing_codes, x, groups) {
  of_groups <- refusals_named(groups, missing_codes)
  if (!length(of_groups)) {
    return(missing_codes)
  }
  answers <- if (is_labelled(x)) {
    unlist(labelled_book(x)[c("text", "value")])
  } else if (is.factor(x)) {
    levels(x)
  } else {
    unique(x)
  }
  text <- answer_text(missing_codes)
  own <- missing_codes[text %in% answer_text(answers) | !text %in% of_groups]
  if (length(own)) own
}

# The tally: rows by domain, rows and n by domain x category, and what the variance
# needs.
proportion_tally <- function(layout, range = c(0, layout$design$rows), chunk = NULL) {
  design <- layout$design
  road_tally(
    layout$cells, design, base_sums(layout$domain$at, layout$pair_at, design),
    range = range, chunk = chunk
  )
}

# Says how many rows are left out, once; gives the number without an outcome.
report_missing <- function(layout, tally, outcome, na, call = rlang::caller_env(),
                           arg = "outcome") {
  unanswered <- sum(tally$domain_rows) - sum(tally$rows)
  ungrouped <- design_rows(layout$design) - sum(tally$domain_rows)
  if (na == "error" && unanswered > 0) {
    lost <- lapply(layout$design$data[outcome], is_missing, layout$missing_codes)
    lost <- Reduce(`|`, lost)
    if (!is.null(layout$design$subset)) lost <- lost & layout$design$subset
    where <- which(lost)[1]
    abort_ioi(
      c(
        "{.arg {arg}} must not be missing under {.code na = \"error\"}.",
        "x" = "{unanswered} row{?s} {?has/have} no value of {.val {outcome}}. The first is
               row {where}."
      ),
      "data",
      arg = arg, where = where, count = unanswered, call = call
    )
  }
  inform_left_out(unanswered, ungrouped, outcome)
  unanswered
}

# `groups`: the arguments that name the groups.
inform_left_out <- function(unanswered, ungrouped, outcome, groups = "{.arg by}") {
  text <- c(
    if (unanswered > 0) "{unanswered} row{?s} without {.or {.val {outcome}}}",
    if (ungrouped > 0) paste("{ungrouped} row{?s} without a value of", groups)
  )
  if (length(text)) {
    inform_ioi(
      paste0("Left out of the estimates, kept in the design: ", paste(text, collapse = "; "), "."),
      "missing",
      unanswered = unanswered, ungrouped = ungrouped
    )
  }
}

# Proportions, variances, bases and degrees of freedom, a value a row; domains in
# order, categories within them.
proportion_estimate <- function(layout, tally, covariance) {
  domains <- as.integer(layout$keys[[layout$domain$at]]$levels)
  categories <- as.integer(layout$category$key$levels)
  wanted <- categories - layout$category$first
  domain_of_row <- rep(seq_len(domains) - 1L, each = wanted)
  domain_of_cell <- rep(seq_len(domains) - 1L, each = categories)
  measure <- function(w) {
    found <- .Call(ioi_r_proportion, w, domains, categories, layout$category$first)
    list(estimate = found$p, influence = found[c("row", "at", "value")])
  }
  found <- road_estimate(
    layout$cells, layout$design, tally, measure, domain_of_cell, domain_of_row, domains,
    when_covariance(length(domain_of_row), covariance)
  )
  list(
    p = found$estimate,
    v = found$v,
    n = colSums(matrix(tally$n, categories)),
    w = colSums(matrix(found$sums, categories)),
    occurs = domain_occurs(layout, tally),
    presence = found[c("psu", "stratum", "records")],
    theta = found$theta,
    domain = domain_of_row + 1L
  )
}

# Which domains have a row in the result: those that occur, and everybody.
domain_occurs <- function(layout, tally) {
  tally$domain_rows > 0 | !length(layout$domain$labels)
}

# Degrees of freedom of each domain.
domain_df <- function(design, estimate, df) {
  if (is.numeric(df)) {
    return(rep(df, length(estimate$n)))
  }
  if (!is.null(design$df)) {
    return(rep(design$df, length(estimate$n)))
  }
  if (df == "design") {
    return(rep(design_df(design), length(estimate$n)))
  }
  if (!is.null(design$replicates)) {
    return(replicate_df(design, estimate$presence))
  }
  psus <- if (is.null(estimate$presence$psu)) {
    estimate$n
  } else {
    .Call(ioi_r_count_bits, estimate$presence$psu)
  }
  psus - .Call(ioi_r_count_bits, estimate$presence$stratum)
}

# The estimate table: a row per domain that occurs and category.
proportion_table <- function(layout, estimate, outcome, ci, level, df, deff_wor, cv, missing) {
  design <- layout$design
  keep <- which(estimate$occurs[estimate$domain])
  domain <- estimate$domain[keep]
  p <- estimate$p[keep]
  v <- variances(estimate$v)[keep]
  v[is.na(p)] <- NA
  n <- estimate$n[domain]
  degrees <- domain_df(design, estimate, df)[domain]
  extras <- .Call(ioi_r_proportion_extras, p, v, n)
  limits <- proportion_limits(
    design, p, sqrt(v), n, degrees, ci, level, estimate$theta[keep, , drop = FALSE]
  )
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
    if (deff_wor) list(deff.wor = deff_without(extras$deff, n / estimate$w[domain])),
    if (cv) list(cv = relative_error(p, v)),
    list(flag = proportion_flags(n, v, limits$flag))
  )
  new_ioi_estimate(
    tibble::new_tibble(table, nrow = length(keep)),
    vcov = table_covariance(estimate$v, keep, v),
    domains = domain_list(design, domain, estimate$n, estimate$presence, estimate$w),
    info = list(
      what = "Proportion", unit = "proportion", by = names(labels), level = level,
      ci = ci, limits = "proportion", df_rule = if (is.numeric(df)) "number" else df,
      design = design_info(design), missing = missing
    )
  )
}

# Limits; with replicates "logit" takes the standard error of the logit from them.
proportion_limits <- function(design, p, se, n, df, ci, level, theta) {
  if (is.null(design$replicates) || ci != "logit") {
    return(interval_proportion(p, se, n, df, ci, level))
  }
  own <- replicate_logit_se(design, p, theta)
  limits <- interval_proportion(p, ifelse(is.na(own), se, own), n, df, ci, level)
  limits$flag[is.na(own) & limits$flag == "" & !is.na(p)] <- "ci_xlogit"
  limits
}

na_if_nan <- function(x) {
  x[is.nan(x)] <- NA_real_
  x
}

# Standard errors over the size of their estimates; NA where that is 0.
relative_error <- function(estimate, v) {
  out <- sqrt(v) / abs(estimate)
  out[!is.finite(out)] <- NA_real_
  out
}

# Design effects against sampling without replacement of a share of the population:
# Inf where the weights count everybody who was asked, once, NA where they count fewer.
deff_without <- function(deff, share) {
  rest <- 1 - share
  rest[abs(rest) < 1e-9] <- 0
  out <- deff / rest
  out[rest < 0] <- NA_real_
  na_if_nan(out)
}

# Reasons a row has no value, or an unusual one, before those of the limits.
proportion_flags <- function(n, v, flag) {
  flag[is.nan(v)] <- "lonely"
  flag[n == 0] <- "empty"
  flag
}

# What an estimate remembers of its domains, to count those of two together; `w`: the
# people they stand for.
domain_list <- function(design, id, n, presence, w = NULL) {
  list(
    id = id, n = n, w = w, psu = presence$psu, stratum = presence$stratum,
    factor = design$replicates$factor,
    df = if (is.null(design$df) && !is.null(design$replicates$columns)) {
      length(design$replicates$columns) - 1
    } else {
      design$df
    }
  )
}

# A simple random sample has nothing but rows.
design_type <- function(design) {
  if (!is.null(design$replicates)) {
    return("replicate")
  }
  plain <- is.null(design$weight) && length(design$strata) == 1 &&
    is.null(design$stages[[1]]$core$psu_first)
  if (plain) "srs" else "linearised"
}

# What an estimate remembers of its design.
design_info <- function(design) {
  list(
    type = design_type(design),
    replicates = length(design$replicates$rscales),
    strata = if (is.null(design$replicates)) length(design$strata),
    psus = if (is.null(design$replicates)) design_psus(design), df = design$df,
    rows = design$rows, subset = if (!is.null(design$subset)) design_rows(design),
    weights = !is.null(design$weight),
    fpc = !is.null(design$stages[[1]]$core$fraction),
    lonely_psu = if (is.null(design$replicates)) {
      lonely_rules[design$stages[[1]]$core$lonely + 1]
    }
  )
}
