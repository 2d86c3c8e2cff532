# Quantiles: weights are summed in bins of values, only the bins that hold a quantile are
# sorted, and its limits are those of the share of people below it.

# Rules by name, with their numbers in src/core/quantile.h.
quantile_rules <- c(
  math = 0L, school = 1L, hf1 = 0L, hf2 = 1L, hf4 = 2L, hf5 = 3L, hf6 = 4L, hf7 = 5L,
  hf8 = 6L, hf9 = 7L
)

# Columns of the result, which `by` columns may not be called.
quantile_columns <- c(
  "outcome", "prob", core_columns, base_columns, "deff", "deff.wor", "cv", "flag"
)

#' Estimate quantiles from a survey
#'
#' Medians, deciles or other quantiles of a measurement, for everybody or for each
#' group, with Woodruff's limits that follow the design.
#'
#' @inheritParams ioi_mean
#' @param x Column of numbers.
#' @param probs Shares of people, from 0 to 1: 0.5 is the median.
#' @param rule What the quantile is where no value has exactly the share asked for
#'   below it, see below.
#' @param ci Method of the limits of the share of people below the quantile: one of
#'   those of [ioi_proportion()].
#' @param covariance Keep the covariance of the rows for [vcov()]? `NULL`: up to
#'   2,000 rows; that of more than 200 is computed, with the same digits, when it is
#'   asked for (see [ioi_estimate]).
#' @return A tibble of class [ioi_estimate], a row per group and share: the `by`
#'   columns, `outcome` (name of the column), `prob` (the share), `estimate` (in the
#'   unit of `x`), `std.error`, `conf.low`, `conf.high`, `n` (rows with a positive
#'   weight and a measurement), `n.effective`, `df`, `deff` (those of the share below, see
#'   "Limits"), `deff.wor` and `cv` on request, and `flag`.
#' @section Formula: Records of the group are sorted by \eqn{x}; those with a weight
#'   of 0 are left out and ties keep the order of the data. With \eqn{C_k} the sum
#'   of the first \eqn{k} weights and \eqn{T} of all \eqn{n}, the rules are
#'   * `"math"` or `"hf1"`: the smallest \eqn{x_k} with \eqn{C_k \ge pT};
#'   * `"school"` or `"hf2"`: the same, but halfway to \eqn{x_{k+1}} where
#'     \eqn{C_k = pT};
#'   * the others join the values by straight lines between the shares
#'     \eqn{p_k}, and keep the first and last value beyond them: `"hf4"`
#'     \eqn{C_k/T}, `"hf5"` \eqn{(C_k - w_k/2)/T}, `"hf6"` \eqn{C_k/(T + w_n)},
#'     `"hf7"` \eqn{C_{k-1}/C_{n-1}}, `"hf8"`
#'     \eqn{(C_{k-1}/3 + 2C_k/3)/(T + w_n/3)}, `"hf9"`
#'     \eqn{(3C_{k-1}/8 + 5C_k/8)/(T + w_n/4)}.
#'
#'   With equal weights they are the definitions of Hyndman and Fan (1996), whose
#'   numbers they bear. `survey::svyquantile()` gives the same, but for shares smaller
#'   than that of the first record: there it takes the second value under `"math"` and
#'   `"school"`, and one below the smallest under `"hf4"`. Under the rules `"hf5"` to
#'   `"hf9"` the weight of a single record moves the shares \eqn{p_k}, so that among
#'   tied values with unequal weights the order of the rows can matter.
#' @section Limits: The share of people with \eqn{x} not above the quantile is
#'   estimated as any proportion is, with its standard error and limits by the
#'   method `ci`; the quantiles of these two shares, by the same rule, are the limits
#'   (Woodruff 1952). The standard error is their distance divided by twice the t
#'   quantile (Francisco and Fuller 1991). `vcov()` combines these standard errors
#'   with the correlations of the shares. Effective sample size and design effects are
#'   those of the share, and so those of the quantile to first order: both variances have
#'   the same density of \eqn{x} in them. Limits at another `level` need another
#'   call. Limits of this kind also hold for jackknife weights, for which replicates
#'   of the quantile itself do not.
#' @section Flags: `empty`: the group has no record with a measurement; `open`: a
#'   limit of the share is below 0 or above 1, so that one limit and the standard
#'   error are missing; `ci_nchs`: the share is 1 and its limits are those of
#'   `"nchs"`; `df`: no limits for want of degrees of freedom; `lonely`: no stratum is
#'   left to estimate the variance from.
#' @section Errors: `ioi_error_input` for a column that does not hold numbers, and for
#'   `probs` outside 0 to 1; `ioi_error_data` for infinite values, or missing ones
#'   under `na = "error"`.
#' @references Woodruff, R. S. (1952). Confidence intervals for medians and other
#'   position measures. *Journal of the American Statistical Association* 47(260),
#'   635-646. \doi{10.1080/01621459.1952.10483443}
#'
#'   Francisco, C. A. and Fuller, W. A. (1991). Quantile estimation with a complex
#'   survey design. *Annals of Statistics* 19(1), 454-469.
#'   \doi{10.1214/aos/1176347993}
#'
#'   Hyndman, R. J. and Fan, Y. (1996). Sample quantiles in statistical packages.
#'   *American Statistician* 50(4), 361-365. \doi{10.1080/00031305.1996.10473566}
#' @seealso [ioi_mean()], [ioi_proportion()]
#' @examples
#' survey <- subset(crime_survey_2008, !is.na(weight))
#' design <- ioi_design(survey, weights = weight)
#' ioi_quantile(design, age, probs = c(0.25, 0.5, 0.75), by = ethnic_group)
#' @export
ioi_quantile <- function(design, x, probs = 0.5, by = NULL, rule = "math", ci = "wald",
                         level = 0.95, na = c("drop", "error"),
                         df = c("domain", "design"), missing_codes = NULL,
                         deff_wor = FALSE, cv = FALSE, covariance = NULL, ...) {
  check_dots_empty_ioi(...)
  design <- as_ioi_design(design)
  x <- resolve_column(rlang::enquo(x), design$data, "x")
  by <- resolve_by(rlang::enquo(by), design, x)
  check_by_names(by, quantile_columns)
  probs <- check_probs(probs)
  rule <- check_choice(rule, names(quantile_rules), "rule")
  ci <- check_choice(ci, interval_methods, "ci")
  level <- check_level(level)
  na <- check_choice(na, c("drop", "error"), "na")
  df <- check_df(df)
  check_flag(deff_wor, "deff_wor")
  check_flag(cv, "cv")
  if (!is.null(covariance)) check_flag(covariance, "covariance")
  shares <- sort(probs)
  finder <- quantile_finder(design, x, by, length(shares), rule, missing_codes)
  quantile <- finder$find(shares)
  layout <- quantile_layout(design, finder, quantile, length(shares))
  tally <- proportion_tally(layout)
  missing <- report_missing(layout, tally, x, na)
  below <- share_below(layout, tally, length(shares), covariance)
  limits <- quantile_limits(layout, finder, below, ci, level, df)
  more <- list(deff_wor = deff_wor, cv = cv)
  quantile_table(layout, below, quantile, limits, x, probs, rule, ci, level, df, more, missing)
}

# Shares between 0 and 1, each once.
check_probs <- function(probs, call = rlang::caller_env()) {
  bad <- !is.numeric(probs) || !length(probs)
  where <- if (bad) NA else which(!((probs >= 0 & probs <= 1) %in% TRUE))[1]
  if (bad || !is.na(where)) {
    abort_ioi(
      c(
        "{.arg probs} must be numbers from 0 to 1.",
        "x" = if (bad) "It is {.cls {class(probs)}}.",
        "x" = if (!bad) "Number {where} is {probs[where]}."
      ),
      "input",
      arg = "probs", where = where, call = call
    )
  }
  unique(as.double(probs))
}

# What quantiles are found with: list(domain, x, domains, find, missing_codes), where
# find(p) gives the quantiles of shares `p`, the same for every group or a column for
# each: a matrix, a column for each group. `probs`: how many are asked for.
quantile_finder <- function(design, x, by, probs, rule, missing_codes,
                            call = rlang::caller_env()) {
  value <- check_measurement(design$data[[x]], x, call, missing_codes, design$subset)$x
  domain <- domain_key(design$keys, design$data, by, design$rows, call, missing_codes)
  domains <- as.integer(domain$keys[[domain$at]]$levels)
  rows <- as.double(design$rows)
  bins <- .Call(
    ioi_r_quantile_bins, domain$keys, domain$at, value, design$weight, rows, probs
  )
  find <- function(p) {
    p <- matrix(as.double(p), nrow = NROW(p), ncol = domains)
    found <- .Call(
      ioi_r_quantile, domain$keys, domain$at, value, design$weight, rows, bins,
      quantile_rules[[rule]], p
    )
    matrix(found, nrow(p), domains)
  }
  list(
    domain = domain, x = value, domains = domains, find = find, missing_codes = missing_codes
  )
}

# Where every row goes: its group, and the band between quantiles that it is in. The
# layout of proportion_tally() with bands as categories.
quantile_layout <- function(design, finder, quantile, probs, call = rlang::caller_env()) {
  domain <- finder$domain
  keys <- c(domain$keys, list(key_cut(finder$x, domain$at, quantile)))
  pair <- add_product(keys, c(domain$at, length(keys)), design$rows, Inf, call)
  cells <- road_cells(pair$keys, design, pair$at, call = call)
  list(
    design = design, keys = cells$keys, domain = domain, pair_at = pair$at,
    cells = cells, missing_codes = finder$missing_codes
  )
}

# Sums along the first of `bands` values, again and again: shares in bands to shares
# below their upper ends.
sum_bands <- function(x, bands) {
  x <- matrix(x, nrow = bands)
  for (b in seq_len(bands)[-1]) {
    x[b, ] <- x[b, ] + x[b - 1, ]
  }
  as.vector(x)
}

# The share of people at or below each quantile, with its covariance: a row for each
# quantile of each group.
share_below <- function(layout, tally, probs, covariance) {
  domains <- as.integer(layout$keys[[layout$domain$at]]$levels)
  bands <- probs + 1L
  domain <- rep(seq_len(domains) - 1L, each = bands)
  measure <- function(w) {
    found <- .Call(ioi_r_proportion, w, domains, bands, 0L)
    found$value <- sum_bands(found$value, bands)
    p <- matrix(sum_bands(found$p, bands), bands)
    # a share of all is 1 to the last digit, as limits differ there
    p <- as.vector(p / rep(p[bands, ], each = bands))
    list(estimate = p, influence = found[c("row", "at", "value")])
  }
  found <- road_estimate(
    layout$cells, layout$design, tally, measure, domain, domain, domains,
    when_covariance(length(domain), covariance)
  )
  keep <- rep(c(rep(TRUE, probs), FALSE), domains)
  list(
    p = found$estimate[keep],
    v = covariance_rows(found$v, keep),
    n = as.vector(rowsum(tally$n, domain, reorder = FALSE)),
    w = as.vector(rowsum(found$sums, domain, reorder = FALSE)),
    occurs = domain_occurs(layout, tally),
    presence = found[c("psu", "stratum", "records")],
    domain = domain[keep] + 1L,
    theta = found$theta[keep, , drop = FALSE]
  )
}

# Limits of the shares, and the quantiles there: vectors with a value for each row.
quantile_limits <- function(layout, finder, below, ci, level, df) {
  n <- below$n[below$domain]
  v <- variances(below$v)
  degrees <- domain_df(layout$design, below, df)[below$domain]
  share <- proportion_limits(
    layout$design, below$p, sqrt(v), n, degrees, ci, level, below$theta
  )
  ends <- lapply(share[c("conf.low", "conf.high")], function(p) {
    na_if_nan(as.vector(finder$find(matrix(p, ncol = finder$domains))))
  })
  open <- !is.na(share$conf.low) & (is.na(ends$conf.low) | is.na(ends$conf.high))
  t <- stats::qt((1 - level) / 2, ifelse(degrees > 0, degrees, NA), lower.tail = FALSE)
  flag <- proportion_flags(n, v, share$flag)
  flag[open] <- "open"
  se <- (ends$conf.high - ends$conf.low) / (2 * t)
  c(ends, list(std.error = se, n = n, df = degrees, flag = flag))
}

quantile_table <- function(layout, below, quantile, limits, x, probs, rule, ci, level,
                           df, more, missing) {
  rows <- as.vector(outer(rank(probs), length(probs) * (which(below$occurs) - 1), `+`))
  domain <- below$domain[rows]
  labels <- lapply(layout$domain$labels, function(label) label[domain])
  at <- lapply(limits, function(column) column[rows])
  at$estimate <- na_if_nan(quantile[rows])
  table <- c(
    labels,
    list(outcome = rep(x, length(rows)), prob = rep(probs, sum(below$occurs))),
    at[c(core_columns, "n")], share_effects(below, rows, at, more), at["flag"]
  )
  new_ioi_estimate(
    tibble::new_tibble(table, nrow = length(rows)),
    # that of the shares below, with the quantiles' own standard errors
    vcov = if (is_covariance(below$v)) {
      rescale_covariance(covariance_rows(below$v, rows), at$std.error)
    },
    domains = domain_list(layout$design, domain, below$n, below$presence),
    info = list(
      what = "Quantile", unit = "number", by = c(names(labels), "prob"), level = level,
      ci = ci, limits = "fixed", df_rule = if (is.numeric(df)) "number" else df,
      design = design_info(layout$design), missing = missing,
      flags = c(open = "a limit lies beyond the values in the sample"),
      notes = paste0("Quantiles by rule ", rule, ", limits by Woodruff's method.")
    )
  )
}

# Columns of the design effect and its kin: those of the shares below.
share_effects <- function(below, rows, at, more) {
  extras <- .Call(ioi_r_proportion_extras, below$p[rows], variances(below$v)[rows], at$n)
  people <- below$w[below$domain[rows]]
  c(
    list(n.effective = na_if_nan(extras$n.effective), df = at$df, deff = na_if_nan(extras$deff)),
    if (more$deff_wor) list(deff.wor = deff_without(extras$deff, at$n / people)),
    if (more$cv) list(cv = relative_error(at$estimate, at$std.error^2))
  )
}
