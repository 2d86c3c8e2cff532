# Shares of a body against shares of the population, and means from summaries.

#' Over- and under-representation
#'
#' How the share of each group in a body (a council, a workforce, people stopped)
#' compares with its share of the population.
#'
#' @param data A data frame with a row per group (rows of the same group are added up).
#' @param group Column that names the groups.
#' @param count Column with the members of the body.
#' @param population Column with the people of the population.
#' @param by Columns within whose combinations shares are taken.
#' @param level Confidence level, between 0 and 1.
#' @param ... Not used.
#' @param basis `"known"`: the shares of the population are known, as from a census, and
#'   only the body is a sample. `"sampled"`: the body is part of the population counted
#'   (those appointed of those who applied) and both vary together.
#' @return A tibble of class [ioi_estimate], three rows per group: the `by` columns,
#'   `measure` (`"ratio"`: share of the body over share of the population, 1 is as in
#'   the population; `"difference"`: share less share, a fraction that prints in
#'   percentage points; `"shortfall"`: people that the body lacks, negative when it has
#'   more), `group`, `estimate`, `std.error`, `conf.low`, `conf.high`, `n` (members of
#'   the body), `count`, `population` and `flag`. The print-out says which basis was
#'   used.
#' @section Formula: With x of X members and n of N people, the ratio is
#'   \eqn{R = (x/X)/(n/N)}, the difference \eqn{x/X - n/N}, the shortfall
#'   \eqn{Xn/N - x}. With the population known the limits are Wilson's for x out of X,
#'   over n/N. With both sampled, let \eqn{p = x/n}, \eqn{V = p(1-p)/n}, a = n/N and
#'   subscript A all groups together: the variance of log R is
#'   \eqn{V/p^2 + V_A/p_A^2 - 2aV/(p p_A)} with \eqn{V_A = \sum a^2 V}, and limits are
#'   taken on the log scale. The other two measures are functions of R.
#' @section Missing and empty: A missing count gives `NA` to all groups of its `by` and
#'   the flag `missing`. A group without population, or a body without members, has
#'   `NA` and `empty`. With both sampled a group without members has no limits.
#' @section Errors: `ioi_error_input` for a wrong column; `ioi_error_data` for negative or
#'   infinite counts, and for more members than people under `basis = "sampled"`.
#' @seealso [ioi_parity()] for gaps between rates
#' @examples
#' # permanently excluded pupils by ethnic group against all pupils, England 2016/17
#' groups <- subset(exclusions_2017, level == "minor")
#' ioi_representation(groups, ethnic_group, permanent, pupils)
#' @export
ioi_representation <- function(data, group, count, population, by = NULL, level = 0.95,
                               ..., basis = c("known", "sampled")) {
  check_dots_empty_ioi(...)
  check_data(data)
  group <- resolve_column(rlang::enquo(group), data, "group")
  columns <- list(
    count = resolve_column(rlang::enquo(count), data, "count"),
    population = resolve_column(rlang::enquo(population), data, "population")
  )
  by <- setdiff(table_by(rlang::enquo(by), data, c(columns, recursive = TRUE)), group)
  check_by_names(by, representation_columns)
  level <- check_level(level)
  basis <- check_choice(basis, c("known", "sampled"), "basis")
  groups <- group_rows(data, c(by, group))
  left_out <- report_ungrouped(groups)
  cells <- cell_sums(
    groups, rep(1L, nrow(data)), 1L, count_column(data[[columns$count]], "count"),
    count_column(data[[columns$population]], "population")
  )
  block <- parity_block(groups$labels[by], groups$size)
  shares <- representation_shares(
    as.vector(cells$events), as.vector(cells$population), block
  )
  if (basis == "sampled") {
    check_members(shares, groups)
  }
  ratio <- representation_ratio(shares, block, basis, level)
  representation_table(groups, group, by, shares, ratio, block, basis, level, left_out)
}

# Shares within blocks: x, n, members (X), people (N), share (x/X), expected (n/N).
representation_shares <- function(x, n, block) {
  total <- function(value) as.vector(rowsum(value, block, reorder = FALSE))[block]
  members <- total(x)
  people <- total(n)
  list(
    x = x, n = n, members = members, people = people,
    share = x / members, expected = n / people
  )
}

check_members <- function(shares, groups, call = rlang::caller_env()) {
  bad <- which(shares$x > shares$n)
  if (length(bad)) {
    abort_ioi(
      c(
        "{.arg count} must not exceed {.arg population} under
         {.code basis = \"sampled\"}.",
        "x" = "{length(bad)} group{?s} {?does/do}, first {group_words(groups, bad[1])}.",
        "i" = "Where the body is not part of the population counted, use
               {.code basis = \"known\"}."
      ),
      "data",
      arg = "count", where = bad, call = call
    )
  }
}

# The ratio of shares with its limits, and the covariance of x/X between groups.
representation_ratio <- function(shares, block, basis, level) {
  defined <- shares$members > 0 & shares$n > 0
  estimate <- ifelse(defined %in% TRUE, shares$share / shares$expected, NA)
  log_cov <- if (basis == "known") known_share_covariance(
    shares, block
  ) else sampled_share_covariance(shares, block)
  cov <- log_cov * outer(shares$share, shares$share)
  if (basis == "known") {
    diag(cov) <- shares$share * (1 - shares$share) / shares$members
    limits <- rate_limits(ifelse(defined, shares$x, NA), shares$members, "wilson", level)
    limits <- lapply(limits, `/`, shares$expected)
  } else {
    diag(cov)[shares$x %in% 0] <- NA
    reach <- stats::qnorm((1 + level) / 2) * sqrt(pmax(diag(log_cov), 0))
    limits <- list(conf.low = estimate * exp(-reach), conf.high = estimate * exp(reach))
    limits <- lapply(limits, function(x) ifelse(shares$x > 0, x, NA))
  }
  list(
    estimate = estimate, low = limits$conf.low, high = limits$conf.high, covariance = cov
  )
}

# Covariance of log shares: multinomial, population known.
known_share_covariance <- function(shares, block) {
  same <- outer(block, block, `==`)
  out <- ifelse(same, -1 / shares$members, 0)
  diag(out) <- 0
  out
}

# The same when both shares come from one count of people (part and whole).
sampled_share_covariance <- function(shares, block) {
  p <- shares$x / shares$n
  v <- p * (1 - p) / shares$n
  a <- shares$expected
  total <- function(value) {
    value[is.na(value)] <- 0
    as.vector(rowsum(value, block, reorder = FALSE))[block]
  }
  whole <- shares$members / shares$people
  v_whole <- total(a^2 * v)
  part <- ifelse(shares$x %in% 0, 0, a * v / (p * whole))
  same <- outer(block, block, `==`)
  out <- ifelse(same, v_whole / whole^2 - outer(part, part, `+`), 0)
  diag(out) <- diag(out) + v / p^2
  out
}

representation_table <- function(
  groups, group, by, shares, ratio, block, basis, level, left_out
) {
  measures <- c("ratio", "difference", "shortfall")
  k <- groups$size
  at <- rep(seq_len(k), each = 3)
  measure <- rep(measures, k)
  people <- ifelse(measure == "shortfall", -shares$members[at], 1)
  scale <- ifelse(measure == "ratio", 1, shares$expected[at] * people)
  shift <- ifelse(measure == "ratio", 0, 1)
  move <- function(value) (value[at] - shift) * scale
  low <- move(ratio$low)
  high <- move(ratio$high)
  slope <- ifelse(measure == "ratio", 1 / shares$expected[at], people)
  vcov <- ratio$covariance[at, at] * outer(slope, slope)
  undefined <- is.na(ratio$estimate)[at]
  vcov <- missing_rows(vcov, undefined | is.na(diag(vcov)))
  se <- sqrt(pmax(diag(vcov), 0))
  flip <- measure == "shortfall"
  missing <- is.na(shares$members) | is.na(shares$people)
  flag <- join_flags(list(
    missing = missing, empty = !missing & is.na(ratio$estimate)
  ))[at]
  table <- c(
    lapply(groups$labels[by], function(x) x[at]),
    list(
      measure = measure, group = groups$labels[[group]][at], estimate = move(
        ratio$estimate
      ),
      std.error = se, conf.low = ifelse(
        flip, high, low
      ), conf.high = ifelse(flip, low, high),
      n = shares$members[at], count = shares$x[at], population = shares$n[at], flag = flag
    )
  )
  notes <- if (basis == "known") {
    "The shares of the population are taken as known."
  } else {
    "Both shares vary: the members are part of the population counted."
  }
  new_ioi_estimate(
    tibble::new_tibble(table, nrow = 3 * k),
    vcov = if (3 * k <= most_diagonal_rows) vcov,
    info = list(
      what = "Representation", by = by, level = level,
      unit = c(ratio = "ratio", difference = "points", shortfall = "number"),
      ci = if (basis == "known") "wilson" else "log", limits = "fixed",
      notes = notes, basis = basis, flags = words_for(flag),
      dropped = c("rows without a group" = left_out)
    )
  )
}

#' Means and durations from published summaries
#'
#' The mean of each group, with its uncertainty, from a table of means, standard
#' deviations and bases instead of the records: mean scores, mean days or months.
#'
#' @param data A data frame with a row per published mean.
#' @param mean,sd,n Columns with the mean, the standard deviation of the records, and
#'   how many records there are.
#' @param by Columns that define groups; the rows of a group are pooled into one mean.
#' @param level Confidence level, between 0 and 1.
#' @param ci `"t"`, or `"log"` for durations and other positive values: t limits on
#'   the log scale.
#' @param ... Not used.
#' @return A tibble of class [ioi_estimate], a row per group: the `by` columns,
#'   `estimate`, `std.error`, `conf.low`, `conf.high` (unit of `mean`), `n`, `df`, `sd`
#'   (of the pooled records) and `flag`.
#' @section Formula: The pooled mean is \eqn{M = \sum n m/\sum n}, the pooled standard
#'   deviation the square root of \eqn{\sum[(n-1)s^2 + n(m-M)^2]/(\sum n - 1)}, that of
#'   all records together; the standard error is that over \eqn{\sqrt{\sum n}}, with
#'   \eqn{\sum n - 1} degrees of freedom.
#' @section Missing and empty: A missing value gives `NA` and the flag `missing`; a base
#'   of 0 `empty`; one record in all, the mean without a standard error and `no sd`.
#' @section Errors: `ioi_error_data` for a negative `sd` or `n`, and for a mean of 0 or
#'   less under `ci = "log"`.
#' @examples
#' waits <- data.frame(
#'   group = c("A", "A", "B"), days = c(31.5, 28.0, 40.2), sd = c(12, 10.5, 19),
#'   people = c(120, 80, 95)
#' )
#' ioi_mean_aggregated(waits, days, sd, people, by = group)
#' @export
ioi_mean_aggregated <- function(data, mean, sd, n, by = NULL, level = 0.95,
                                ci = c("t", "log"), ...) {
  check_dots_empty_ioi(...)
  check_data(data)
  columns <- list(
    mean = resolve_column(rlang::enquo(mean), data, "mean"),
    sd = resolve_column(rlang::enquo(sd), data, "sd"),
    n = resolve_column(rlang::enquo(n), data, "n")
  )
  by <- table_by(rlang::enquo(by), data, c(columns, recursive = TRUE))
  check_by_names(by, mean_columns)
  level <- check_level(level)
  ci <- check_choice(ci, c("t", "log"), "ci")
  values <- list(
    mean = mean_column(data[[columns$mean]]), sd = count_column(data[[columns$sd]], "sd"),
    n = count_column(data[[columns$n]], "n")
  )
  groups <- group_rows(data, by)
  left_out <- report_ungrouped(groups)
  pooled <- pool_means(values, groups)
  mean_table(groups, pooled, by, level, ci, left_out)
}

mean_column <- function(x, call = rlang::caller_env()) {
  if (!is.numeric(x) || is.object(x) || any(is.infinite(x) | is.nan(x))) {
    abort_ioi("{.arg mean} must be a column of finite numbers.", "data",
      arg = "mean", call = call
    )
  }
  as.double(x)
}

# Mean, standard deviation and base of all records of a group together.
pool_means <- function(values, groups) {
  kept <- !is.na(groups$code)
  code <- factor(groups$code[kept], seq_len(groups$size))
  total <- function(x) as.vector(tapply(x[kept], code, sum, default = 0))
  m <- values$mean
  n <- values$n
  m[n %in% 0] <- 0
  s <- ifelse(n %in% c(0, 1), 0, values$sd)
  size <- total(n)
  mean <- total(n * m) / size
  between <- n * (m - mean[groups$code])^2
  squares <- total(pmax(n - 1, 0) * s^2 + ifelse(n %in% 0, 0, between))
  list(
    mean = mean, n = size, sd = ifelse(size > 1, sqrt(squares / (size - 1)), NA)
  )
}

mean_table <- function(
  groups, pooled, by, level, ci, left_out, call = rlang::caller_env()
) {
  if (ci == "log" && any(pooled$mean <= 0, na.rm = TRUE)) {
    abort_ioi("{.arg mean} must be above 0 under {.code ci = \"log\"}.", "data",
      arg = "mean", call = call
    )
  }
  estimate <- na_if_nan(pooled$mean)
  se <- pooled$sd / sqrt(pooled$n)
  df <- pmax(pooled$n - 1, 0)
  limits <- if (ci == "t") {
    interval_t(estimate, se, df, level)
  } else {
    lapply(interval_t(log(estimate), se / estimate, df, level)[1:2], exp)
  }
  flag <- join_flags(list(
    missing = is.na(pooled$mean) & !pooled$n %in% 0 | is.na(pooled$n),
    empty = pooled$n %in% 0,
    "no sd" = !is.na(estimate) & is.na(se)
  ))
  table <- c(groups$labels, list(
    estimate = estimate, std.error = se, conf.low = limits$conf.low,
    conf.high = limits$conf.high, n = pooled$n, df = df, sd = pooled$sd, flag = flag
  ))
  new_ioi_estimate(
    tibble::new_tibble(table, nrow = groups$size),
    vcov = independent_vcov(se),
    info = c(
      list(
        what = "Mean", unit = "number", by = by, level = level, ci = ci,
        limits = if (ci == "t") "wald" else "fixed", flags = words_for(flag),
        dropped = c("rows without a value of by" = left_out)
      ),
      independent_info(groups$size)
    )
  )
}
