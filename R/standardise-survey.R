# Standardised survey proportions: sums over bands of shares, on the road of road.R.

# Methods whose limits take an effective sample size; that of a standardised
# proportion is not p(1 - p)/v.
effective_methods <- c(
  "beta", "nchs", "wilson_adjusted", "agresti_coull", "jeffreys", "uniform"
)

band_words <- c(
  "empty band" = "a band in which the group has no answers is left out, the rest scaled up"
)

#' @rdname ioi_standardise
#'
#' @param outcome Column with the answer.
#' @param over Column with the characteristic to standardise for, such as age in bands.
#' @param success Answers that count as yes, matched as text; without it there is a row
#'   per category (see [ioi_proportion()]).
#' @param na,df,missing_codes,deff_wor,cv As in [ioi_proportion()].
#' @return For a survey they are the `by` columns, `outcome`, `category`, `estimate` (a
#'   fraction), `std.error`, `conf.low`, `conf.high`, `n`, `n.effective`, `df`,
#'   `deff`, on request `deff.wor` and `cv`, and `flag`, with the covariance of all rows in
#'   [vcov()].
#' @section Surveys: The standardised proportion is \eqn{\sum_a \pi_a p_a} with
#'   \eqn{\pi_a} the shares of the standard and \eqn{p_a} the proportion of the group in
#'   band a; its variance is that of the design, of which the group is one domain: rules
#'   for lonely PSUs and replicates see the standardised proportion. A band in which the
#'   group has no answers is left out and the rest scaled up, with the flag `empty band`.
#'   `ci` is a method of [ioi_proportion()], by default `"logit"`;
#'   those with an effective sample size take \eqn{n \sum \pi_a^2 p_a(1-p_a)/n_a / v}, at
#'   most n.
#' @export
ioi_standardise.ioi_design <- function(data, outcome, over, standard, by = NULL,
                                       success = NULL, ci = "logit", level = 0.95, ...,
                                       na = c("drop", "error", "category"),
                                       df = c("domain", "design"), missing_codes = NULL,
                                       deff_wor = FALSE, cv = FALSE) {
  check_dots_empty_ioi(...)
  outcome <- resolve_column(rlang::enquo(outcome), data$data, "outcome")
  over <- resolve_column(rlang::enquo(over), data$data, "over")
  by <- resolve_by(rlang::enquo(by), data, outcome)
  if (over %in% c(by, outcome)) {
    abort_ioi("{.arg over} must be another column than {.arg by} and {.arg outcome}.",
      "input",
      arg = "over"
    )
  }
  check_by_names(by, proportion_columns)
  ci <- check_choice(ci, interval_methods, "ci")
  level <- check_level(level)
  na <- check_choice(na, c("drop", "error", "category"), "na")
  df <- check_df(df)
  check_flag(deff_wor, "deff_wor")
  check_flag(cv, "cv")
  check_standard_given(missing(standard))
  layout <- proportion_layout(data, outcome, c(by, over), success, missing_codes, na)
  tally <- proportion_tally(layout)
  missing <- saying_over(outcome, report_missing(layout, tally, outcome, na))
  bands <- standard_bands(layout, tally, by, over, standard)
  estimate <- standardised_estimate(layout, tally, bands)
  more <- list(deff_wor = deff_wor, cv = cv)
  standardised_survey_table(
    layout, bands, estimate, by, over, outcome, ci, level, df, more, missing
  )
}

# Rows without a band are said to be without `over`.
saying_over <- function(outcome, expr) {
  withCallingHandlers(expr, ioi_message_missing = function(m) {
    inform_left_out(m$unanswered, m$ungrouped, outcome, "{.arg over} or {.arg by}")
    rlang::cnd_muffle(m)
  })
}

# What each group and band (a domain of the layout) is: list(groups (how many), group
# (of each domain, from 1; 0 for none), first (a domain of each group), weight (its band
# in the standard), bands (how many)).
standard_bands <- function(layout, tally, by, over, standard, call = rlang::caller_env()) {
  occurs <- which(tally$domain_rows > 0)
  labels <- lapply(layout$domain$labels, `[`, occurs)
  bands <- age_labels(labels[[over]], call)
  rule <- list(method = "direct", empty = "drop", sampled = FALSE, arg = "over")
  if (length(occurs)) {
    weight <- resolve_standard(standard, bands$labels, over, rule, call)$weight[bands$code]
  }
  of <- parity_block(labels[by], length(occurs))
  out <- list(
    groups = max(of, if (!length(by)) 1, 0), group = 0 * tally$domain_rows,
    first = occurs[match(seq_len(max(of, 0)), of)], weight = 0 * tally$domain_rows,
    bands = length(bands$labels)
  )
  out$group[occurs] <- of
  if (length(occurs)) out$weight[occurs] <- weight
  out
}

# Sums of the rows of x in each of so many groups: a matrix, a row for each.
sum_groups <- function(x, group, groups) {
  out <- matrix(0, groups, NCOL(x))
  found <- rowsum(as.matrix(x)[group > 0, , drop = FALSE], group[group > 0])
  out[as.integer(rownames(found)), ] <- found
  out
}

# As proportion_estimate(), a value for each group and category; `srs`: the variance of
# a simple random sample. Bands that no one answered, or that count nothing, belong to a
# domain after the groups.
standardised_estimate <- function(layout, tally, bands) {
  domains <- as.integer(layout$keys[[layout$domain$at]]$levels)
  categories <- as.integer(layout$category$key$levels)
  wanted <- categories - layout$category$first
  n <- as.vector(rowsum(tally$n, rep(seq_len(domains), each = categories)))
  used <- n > 0 & bands$weight > 0
  group <- ifelse(used, bands$group, 0)
  share <- bands$weight / c(1, sum_groups(bands$weight, group, bands$groups))[group + 1]
  share[!used] <- 0
  by_group <- function(x) as.vector(t(sum_groups(t(x), group, bands$groups)))
  measure <- function(w) {
    found <- .Call(ioi_r_proportion, w, domains, categories, layout$category$first)
    list(
      estimate = by_group(matrix(found$p * rep(share, each = wanted), wanted)),
      influence = list(
        row = rep(as.integer(pmax(group - 1, 0) * wanted), each = categories), at = found$at,
        value = found$value * rep(share, each = categories * wanted)
      ),
      p = found$p
    )
  }
  domain_of_cell <- rep(ifelse(used, group - 1, bands$groups), each = categories)
  found <- road_estimate(
    layout$cells, layout$design, tally, measure, domain_of_cell,
    rep(seq_len(bands$groups) - 1L, each = wanted), bands$groups + 1L, TRUE
  )
  p <- matrix(measure(found$sums)$p, wanted)
  w <- as.vector(rowsum(found$sums, rep(seq_len(domains), each = categories)))
  list(
    estimate = found$estimate, v = found$v, theta = found$theta,
    srs = by_group(p * (1 - p) * rep(share^2 / n, each = wanted)),
    n = c(sum_groups(n, group, bands$groups), 0), w = c(sum_groups(w, group, bands$groups), 0),
    bands = tabulate(group, bands$groups), presence = found[c("psu", "stratum", "records")],
    domain = rep(seq_len(bands$groups), each = wanted)
  )
}

standardised_survey_table <- function(layout, bands, estimate, by, over, outcome, ci, level,
                                      df, more, missing) {
  design <- layout$design
  domain <- estimate$domain
  rows <- length(domain)
  n <- estimate$n[domain]
  p <- na_if_nan(pmin(pmax(estimate$estimate, 0), 1))
  p[n == 0] <- NA
  v <- replace(variances(estimate$v), is.na(p), NA)
  degrees <- domain_df(design, estimate, df)[domain]
  base <- pmin(n * estimate$srs / v, n)
  limits <- if (ci %in% effective_methods) {
    se <- ifelse(v > 0, sqrt(p * (1 - p) / base), sqrt(v))
    interval_proportion(p, se, n, degrees, ci, level)
  } else {
    proportion_limits(design, p, sqrt(v), n, degrees, ci, level, estimate$theta)
  }
  flag <- join_flags(list(
    empty = n == 0, lonely = is.nan(v), undefined = is.na(p) & n > 0,
    "empty band" = n > 0 & estimate$bands[domain] < bands$bands
  ))
  deff <- na_if_nan(.Call(ioi_r_proportion_extras, p, v, n)$deff)
  table <- c(
    lapply(layout$domain$labels[by], function(label) label[bands$first[domain]]),
    list(
      outcome = rep(outcome, rows),
      category = rep(layout$category$labels, bands$groups), estimate = p,
      std.error = na_if_nan(sqrt(v)), conf.low = limits$conf.low,
      conf.high = limits$conf.high, n = n,
      n.effective = na_if_nan(ifelse(v > 0, base, NA)), df = degrees, deff = deff
    ),
    if (more$deff_wor) list(deff.wor = deff_without(deff, n / estimate$w[domain])),
    if (more$cv) list(cv = relative_error(p, v)),
    list(flag = paste_flags(flag, limits$flag))
  )
  new_ioi_estimate(
    tibble::new_tibble(table, nrow = rows),
    vcov = known_covariance(estimate$v, v),
    domains = domain_list(design, domain, estimate$n, estimate$presence, estimate$w),
    info = list(
      what = paste("Proportion standardised for", over), unit = "proportion", by = by,
      level = level, ci = ci,
      limits = if (ci %in% effective_methods) "fixed" else "proportion",
      df_rule = if (is.numeric(df)) "number" else df, flags = band_words,
      design = design_info(design), missing = missing
    )
  )
}
