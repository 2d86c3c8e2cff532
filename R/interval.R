# Limits for single estimates. The formulas, their sources and their edges are in
# src/core/interval.h.

# The methods for a proportion, in the order of the core.
interval_methods <- c(
  "logit", "xlogit", "wald", "arcsine", "likelihood", "beta", "nchs", "wilson",
  "wilson_adjusted", "agresti_coull", "jeffreys", "uniform"
)

# What the core notes about a row, as a flag: as asked; nchs instead of the method;
# no limits for want of degrees of freedom; none because a value is missing (the estimate
# is then missing too, or the caller has flagged it) or out of range ("range").
interval_flags <- c("", "ci_nchs", "df", "")

# Limits of proportions `p` with standard errors `se`, from `n` records each and with
# `df` degrees of freedom (may be Inf): vectors of one length, or of length one.
# list(conf.low, conf.high, flag), NA where there are no limits.
interval_proportion <- function(p, se, n, df, method, level) {
  values <- interval_recycle(p, se, n, df)
  out <- .Call(
    ioi_r_interval_proportion, values[[1]], values[[2]], values[[3]], values[[4]],
    match(method, interval_methods) - 1L, as.double(level)
  )
  out <- interval_flagged(out)
  outside <- (values[[1]] < 0 | values[[1]] > 1) & is.na(out$conf.low) & out$flag == ""
  out$flag[outside %in% TRUE] <- "range"
  out
}

# Limits of any estimates: estimate -+ t se.
interval_t <- function(estimate, se, df, level) {
  values <- interval_recycle(estimate, se, df)
  out <- .Call(
    ioi_r_interval_t, values[[1]], values[[2]], values[[3]], as.double(level)
  )
  interval_flagged(out)
}

# The same on the log scale where `ratio`, carried back; and the estimate, or its
# logarithm, over its standard error, NA where that is 0.
interval_ratio <- function(estimate, se, df, level, ratio) {
  at <- replace(estimate, ratio, log(estimate[ratio]))
  width <- replace(se, ratio, se[ratio] / estimate[ratio])
  out <- interval_t(at, width, df, level)[c("conf.low", "conf.high")]
  out <- lapply(out, function(x) replace(x, ratio, exp(x[ratio])))
  c(out, list(statistic = replace(at / width, !width > 0, NA)))
}

# Two-sided; NA where there are no degrees of freedom.
p_value_t <- function(statistic, df) {
  2 * stats::pt(-abs(statistic), replace(df, !df > 0, NA))
}

# Doubles of the length of the first.
interval_recycle <- function(...) {
  values <- list(...)
  lapply(values, function(x) rep_len(as.double(x), length(values[[1]])))
}

interval_flagged <- function(out) {
  list(
    conf.low = out$conf.low,
    conf.high = out$conf.high,
    flag = interval_flags[out$note + 1L]
  )
}
