# Standardised survey proportions: sums of the cells of ioi_proportion().

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
#'   band a; its variance follows from the design-based covariance of the \eqn{p_a}. A
#'   band in which the group has no answers is left out and the rest scaled up, with the
#'   flag `empty band`. `ci` is a method of [ioi_proportion()], by default `"logit"`;
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
  by <- unique(c(data$groups, resolve_columns(rlang::enquo(by), data$data, "by")))
  if (over %in% c(by, outcome)) {
    abort_ioi("{.arg over} must be another column than {.arg by} and {.arg outcome}.",
      "input",
      arg = "over"
    )
  }
  check_by_names(by, proportion_columns)
  ci <- check_choice(ci, interval_methods, "ci")
  level <- check_level(level)
  check_flag(deff_wor, "deff_wor")
  check_flag(cv, "cv")
  cells <- saying_over(outcome, ioi_proportion(
    data, tidyselect::all_of(outcome),
    by = tidyselect::all_of(c(by, over)), success = success, na = na, df = df,
    missing_codes = missing_codes, covariance = TRUE
  ))
  bands <- age_labels(cells[[over]], rlang::current_env())
  rule <- list(method = "direct", empty = "drop", sampled = FALSE, arg = "over")
  weight <- resolve_standard(
    standard, bands$labels, over, rule, rlang::current_env()
  )$weight
  out <- standardise_cells(cells, by, weight[bands$code], length(bands$labels), data, df)
  more <- list(deff_wor = deff_wor, cv = cv)
  standardised_survey_table(out, by, over, outcome, ci, level, data, df, more)
}

# Rows without a band are said to be without `over`.
saying_over <- function(outcome, expr) {
  withCallingHandlers(expr, ioi_message_missing = function(m) {
    inform_left_out(m$unanswered, m$ungrouped, outcome, "{.arg over} or {.arg by}")
    rlang::cnd_muffle(m)
  })
}

# Sums over bands of cell proportions: a list with a value per group and category.
standardise_cells <- function(cells, by, weight, bands, design, df) {
  labels <- unclass(cells)[c(by, "category")]
  group <- parity_block(labels[by], nrow(cells))
  row <- parity_block(labels, nrow(cells))
  first <- match(seq_len(max(row)), row)
  p <- cells[["estimate"]]
  known <- !is.na(p) & weight > 0
  share <- ifelse(known, weight, 0)
  share <- share / as.vector(rowsum(share, row, reorder = FALSE))[row]
  sums <- matrix(0, length(first), nrow(cells))
  sums[cbind(row, seq_along(row))] <- ifelse(known, share, 0)
  v <- covariance_matrix(cells)
  lonely <- rowSums(sums * matrix(is.nan(
    cells[["std.error"]]
  ) | is.na(cells[["std.error"]]),
    nrow(sums), ncol(sums),
    byrow = TRUE
  )) > 0
  v[!is.finite(v)] <- 0
  p[!known] <- 0
  n <- cells[["n"]]
  total <- function(x) as.vector(rowsum(x, row, reorder = FALSE))
  present <- total(as.numeric(known))
  covariance <- sums %*% v %*% t(sums)
  variance <- diag(covariance)
  alone <- total(ifelse(known, share^2 * p * (1 - p) / n, 0))
  domains <- union_domains(attr(cells, "domains"), group, known, first)
  list(
    labels = lapply(labels, `[`, first), estimate = ifelse(
      present > 0, as.vector(sums %*% p), NA
    ),
    covariance = missing_rows(covariance, lonely | present == 0),
    variance = ifelse(lonely | present == 0, NA, variance), srs = alone,
    n = domains$n[domains$id], domains = domains, lonely = lonely & present > 0,
    partial = present > 0 & present < bands, empty = present == 0,
    df = union_df(domains, design, df)
  )
}

# The domains of the groups: unions of those of their bands.
union_domains <- function(domains, group, known, first) {
  members <- lapply(split(
    seq_along(group)[known], factor(group[known], unique(group))
  ), function(at) {
    unique(domains$id[at])
  })
  join <- function(bits) {
    if (is.null(bits)) {
      return(NULL)
    }
    none <- raw(nrow(bits))
    vapply(members, function(at) {
      Reduce(`|`, lapply(at, function(i) bits[, i]), none)
    }, none, USE.NAMES = FALSE)
  }
  shape <- function(bits) {
    if (!is.null(bits)) matrix(bits, ncol = length(members))
  }
  list(
    id = group[first],
    n = vapply(members, function(at) sum(domains$n[at]), 1, USE.NAMES = FALSE),
    w = vapply(members, function(at) sum(domains$w[at]), 1, USE.NAMES = FALSE),
    psu = shape(join(domains$psu)), stratum = shape(join(domains$stratum))
  )
}

union_df <- function(domains, design, df) {
  df <- check_df(df)
  if (is.numeric(df)) {
    return(rep(df, length(domains$id)))
  }
  if (!is.null(design$df)) {
    return(rep(design$df, length(domains$id)))
  }
  if (df == "design") {
    return(rep(design_df(design), length(domains$id)))
  }
  if (!is.null(design$replicates$columns)) {
    return(rep(length(design$replicates$columns) - 1, length(domains$id)))
  }
  if (!is.null(design$replicates)) {
    return(replicate_df(design, domains)[domains$id])
  }
  psus <- if (is.null(domains$psu)) domains$n else .Call(ioi_r_count_bits, domains$psu)
  (psus - .Call(ioi_r_count_bits, domains$stratum))[domains$id]
}

standardised_survey_table <- function(out, by, over, outcome, ci, level, design, df,
                                      more) {
  p <- pmin(pmax(out$estimate, 0), 1)
  se <- sqrt(out$variance)
  base <- pmin(out$n * out$srs / out$variance, out$n)
  limit_se <- if (ci %in% effective_methods) {
    ifelse(out$variance > 0, sqrt(p * (1 - p) / base), se)
  } else {
    se
  }
  limits <- interval_proportion(p, limit_se, out$n, out$df, ci, level)
  flag <- join_flags(list(
    empty = out$empty, lonely = out$lonely, "empty band" = out$partial
  ))
  flag <- paste_flags(flag, limits$flag)
  rows <- length(p)
  deff <- na_if_nan(.Call(ioi_r_proportion_extras, p, out$variance, out$n)$deff)
  table <- c(
    out$labels[by],
    list(
      outcome = rep(outcome, rows), category = out$labels$category, estimate = p,
      std.error = se, conf.low = limits$conf.low, conf.high = limits$conf.high, n = out$n,
      n.effective = na_if_nan(
        ifelse(out$variance > 0, base, NA)
      ), df = out$df,
      deff = deff
    ),
    if (more$deff_wor) {
      list(deff.wor = deff_without(deff, out$n / out$domains$w[out$domains$id]))
    },
    if (more$cv) list(cv = relative_error(p, out$variance)),
    list(flag = flag)
  )
  df <- check_df(df)
  new_ioi_estimate(
    tibble::new_tibble(table, nrow = rows),
    vcov = out$covariance, domains = out$domains,
    info = list(
      what = paste("Proportion standardised for", over), unit = "proportion", by = by,
      level = level, ci = ci,
      limits = if (ci %in% effective_methods) "fixed" else "proportion",
      df_rule = if (is.numeric(df)) "number" else df, flags = band_words,
      design = design_info(design)
    )
  )
}
