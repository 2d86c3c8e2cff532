# Change of a parity gap: the gaps of each time by ioi_parity(), then each gap against
# the one of the baseline. The covariance of the gaps goes along.

#' Change of a parity gap
#'
#' Has the gap between each group and its reference become narrower since a baseline?
#' Both forms are always given, the change of the difference (difference in
#' differences) and of the ratio (ratio of ratios): they can disagree, and the table
#' says where.
#'
#' @param x One of
#'   * estimates of the package (class [ioi_estimate]) with group and time in `by`;
#'   * a data frame with the columns `estimate` and `std.error` of figures that are
#'     independent of each other;
#'   * a data frame of counts, with `events` and `population`.
#' @param group,time The columns of groups and of times (see [ioi_columns]).
#' @param reference The group to compare with, or a choice of [ioi_parity()].
#' @param baseline The time to compare with, as text. `NULL`: the earliest.
#' @param by Columns within whose combinations groups and times are compared.
#' @param ... Arguments of [ioi_parity()] for the gaps: `events`, `population`,
#'   `favourable`.
#' @param adjust Adjustment of `p.value` for the number of changes: one of
#'   [stats::p.adjust.methods]. The family is all changes of one measure within a
#'   combination of `by`.
#' @param level Confidence level. `NULL`: that of `x`, and 0.95 for a data frame.
#' @return A tibble of class [ioi_estimate], a row per combination of `by`, measure,
#'   group and time (but the reference and the baseline): the `by` columns, `measure`
#'   ("difference", "ratio"), `group`, `reference`, `time`, `estimate` (a difference of
#'   differences in the unit of `x`; a ratio of ratios), `std.error` and limits on the
#'   same scale, `n`, `df`, `statistic` and `p.value` (of no change), `from` and `to`
#'   (the gap at the baseline and at that time), `direction` ("narrower", "wider" or
#'   "no clear change") and `flag`. `vcov()` holds the covariance of the rows.
#' @section Formula: With \eqn{p} of the group and \eqn{r} of the reference at times 0
#'   and t, \eqn{(p_t - r_t) - (p_0 - r_0)} and \eqn{(p_t / r_t) / (p_0 / r_0)}, the
#'   latter with limits on the log scale. Variances come from the covariance of the four
#'   figures, by the delta method. In groups of 20, with shares of 5% to 10%, limits of the
#'   difference still held the truth in 93% of 4,000 draws; a ratio to or of 0 has none.
#' @section Direction: A difference is narrower where it is nearer 0, a ratio where its
#'   logarithm is, and the change is clear where `p.value` is below 1 - level. A gap that
#'   has changed sides is narrower if it is smaller than it was. The flag "disagree"
#'   marks groups for which one form has narrowed and the other widened: state both.
#' @section Missing and empty: as in [ioi_parity()].
#' @section Errors: as in [ioi_parity()] and [ioi_change()].
#' @seealso [ioi_change()], [ioi_progress()], [ioi_plot_change()].
#' @examples
#' jobs <- data.frame(
#'   born = rep(c("UK", "abroad"), 2), year = rep(c(2011, 2019), each = 2),
#'   estimate = c(0.70, 0.52, 0.72, 0.58), std.error = c(0.006, 0.025, 0.006, 0.024)
#' )
#' ioi_gap_change(jobs, born, "UK", year)
#' @export
ioi_gap_change <- function(x, group, reference, time, baseline = NULL, by = NULL, ...,
                           adjust = "none", level = NULL) {
  call <- rlang::current_env()
  check_data(x, "x")
  parity_given(missing(group), "group", "the column that holds the groups", call)
  parity_given(missing(reference), "reference", "the group to compare with", call)
  parity_given(missing(time), "time", "the column of times", call)
  adjust <- check_choice(adjust, stats::p.adjust.methods, "adjust")
  group <- resolve_column(rlang::enquo(group), x, "group")
  time <- resolve_column(rlang::enquo(time), x, "time")
  by <- union(existing_groups(x), resolve_columns(rlang::enquo(by), x, "by"))
  by <- setdiff(series_columns(x, time, by), group)
  baseline <- check_baseline(baseline, x[[time]], call)
  level <- gap_level(x, level)
  gaps <- ioi_parity(x, tidyselect::all_of(group), reference,
    measure = c("difference", "ratio"), by = tidyselect::all_of(c(by, time)), ...,
    level = level
  )
  gaps <- gaps[!has_flag(gaps$flag, "reference"), ]
  pairs <- gap_change_pairs(gaps, time, by, baseline)
  changes <- gap_changes(gaps, pairs, gap_domains(x, gaps, group, time, by), level)
  gap_change_table(gaps, pairs, changes, list(
    time = time, by = by, baseline = baseline, adjust = adjust, level = level
  ))
}

gap_level <- function(x, level) {
  if (!is.null(level)) {
    return(check_level(level))
  }
  own <- if (is_estimate(x)) attr(x, "info")$level
  if (is.null(own)) 0.95 else own
}

# Which records a gap rests on: those of its group and its reference, or of all groups
# where that is a mean of them, so that degrees of freedom and n of a change are counted
# over all the figures in it.
gap_domains <- function(x, gaps, group, time, by) {
  domains <- if (is_estimate(x)) attr(x, "domains")
  if (is.null(domains)) {
    return(NULL)
  }
  within <- c(intersect(by, names(gaps)), time)
  set <- gap_keys(x, within)
  own <- gap_keys(gaps, within)
  cell <- paste(set, x[[group]], sep = "\r")
  reference <- as.character(gaps$reference)
  other <- match(paste(own, reference, sep = "\r"), cell)
  all <- is.na(other) & reference %in% parity_means
  members <- Map(function(a, b, whole, key) {
    at <- if (whole) which(set == key) else c(a, b)
    unique(domains$id[at[!is.na(at)]])
  }, match(paste(own, gaps$group, sep = "\r"), cell), other, all, own)
  if (any(lengths(members) == 0)) {
    return(NULL)
  }
  n <- vapply(members, function(at) sum(domains$n[at]), 1, USE.NAMES = FALSE)
  out <- parity_join_domains(domains, members, n)
  out$id <- seq_along(members)
  out
}

gap_keys <- function(x, columns) {
  do.call(paste, c(unname(lapply(unclass(x)[columns], as.character)), list(sep = "\r")))
}

# The rows of the result: `to`, a gap, and `from`, the gap of the same group at the
# baseline (NA where there is none).
gap_change_pairs <- function(gaps, time, by, baseline) {
  own <- c(intersect(by, names(gaps)), "measure", "group")
  block <- parity_block(unclass(gaps)[own], nrow(gaps))
  when <- as.character(gaps[[time]])
  start <- which(when == baseline)
  to <- which(when != baseline)
  list(to = to, from = start[match(block[to], block[start])])
}

# Numbers of each change, and their covariance.
gap_changes <- function(gaps, pairs, domains, level) {
  to <- gaps$estimate[pairs$to]
  from <- gaps$estimate[pairs$from]
  ratio <- gaps$measure[pairs$to] == "ratio"
  able <- !is.na(to) & !is.na(from) & (!ratio | (to > 0 & from > 0 & is.finite(to / from)))
  estimate <- ifelse(able, ifelse(ratio, to / from, to - from), NA_real_)
  up <- ifelse(able, ifelse(ratio, 1 / from, 1), NA_real_)
  down <- ifelse(able, ifelse(ratio, -to / from^2, -1), NA_real_)
  v <- two_point_covariance(gap_covariance(gaps), pairs, up, down)
  se <- sqrt(pmax(v$variance, 0))
  together <- gap_change_together(gaps, pairs, domains)
  limits <- interval_ratio(estimate, se, together$df, level, ratio)
  list(
    estimate = estimate, std.error = se,
    conf.low = limits$conf.low, conf.high = limits$conf.high,
    n = together$n, df = together$df, statistic = limits$statistic,
    p.value = p_value_t(limits$statistic, together$df),
    from = from, to = to, able = able, ratio = ratio, vcov = v$vcov
  )
}

# Covariance of the gaps; where it is not known, of gaps that are independent.
gap_covariance <- function(gaps) {
  v <- covariance_matrix(gaps)
  if (is.null(v)) as.double(gaps$std.error)^2 else v
}

# Variances, and where `v` is a matrix the covariance, of up y[to] + down y[from].
two_point_covariance <- function(v, pairs, up, down) {
  a <- pairs$to
  b <- ifelse(is.na(pairs$from), a, pairs$from)
  if (!is.matrix(v)) {
    return(list(variance = up^2 * v[a] + down^2 * v[b], vcov = NULL))
  }
  out <- .Call(ioi_r_parity_covariance, v, a, as.integer(b), up, down)
  list(variance = diag(out), vcov = out)
}

# Degrees of freedom and people of the four figures together.
gap_change_together <- function(gaps, pairs, domains) {
  a <- pairs$to
  b <- pairs$from
  if (!is.null(domains)) {
    b <- ifelse(is.na(b), a, b)
    n <- domains$n[a] + ifelse(a == b, 0, domains$n[b])
    df <- parity_union_df(domains, a, b, n)
    df[gaps$df[a] <= 0 | gaps$df[b] <= 0] <- 0
    given <- attr(gaps, "info")$df_rule
    if (!is.null(given)) df <- pmin(gaps$df[a], gaps$df[b])
    return(list(df = df, n = n))
  }
  own <- list(variance = as.double(gaps$std.error)^2, df = gaps$df)
  list(df = parity_welch(own, a, b), n = gaps$n[a] + gaps$n[b])
}

# Nearer the point of no gap than before?
gap_direction <- function(changes, level) {
  distance <- function(gap) {
    abs(ifelse(changes$ratio, log(ifelse(changes$able & changes$ratio, gap, 1)), gap))
  }
  narrower <- distance(changes$to) < distance(changes$from)
  list(
    narrower = ifelse(changes$able, narrower, NA),
    words = as.character(ifelse(changes$p.value < 1 - level,
      ifelse(narrower, "narrower", "wider"), "no clear change"
    ))
  )
}

gap_change_table <- function(gaps, pairs, changes, asked) {
  at <- pairs$to
  direction <- gap_direction(changes, asked$level)
  labels <- unclass(gaps)[intersect(asked$by, names(gaps))]
  series <- c(labels, unclass(gaps)["group"])
  table <- c(
    lapply(labels, `[`, at),
    list(
      measure = gaps$measure[at], group = gaps$group[at], reference = gaps$reference[at],
      time = gaps[[asked$time]][at]
    ),
    changes[c("estimate", "std.error", "conf.low", "conf.high", "n", "df", "statistic")],
    list(
      p.value = parity_adjust(
        changes$p.value,
        parity_block(c(lapply(labels, `[`, at), list(gaps$measure[at])), length(at)),
        asked$adjust
      ),
      from = changes$from, to = changes$to, direction = direction$words,
      flag = gap_change_flags(gaps, pairs, changes, direction, series, asked$time)
    )
  )
  new_ioi_estimate(
    tibble::new_tibble(table, nrow = length(at)),
    vcov = changes$vcov, info = gap_change_info(gaps, asked)
  )
}

# Flags of the two gaps, and where difference and ratio lead apart.
gap_change_flags <- function(gaps, pairs, changes, direction, series, time) {
  at <- pairs$to
  own <- gsub("(^|;)(ci_mover|se_zero)(?=$|;)", "", parity_carried(gaps$flag, ""), perl = TRUE)
  row <- parity_block(c(lapply(series, `[`, at), list(as.character(gaps[[time]][at]))), length(at))
  differ <- tapply(direction$narrower, row, function(n) length(unique(n[!is.na(n)])) > 1)
  parity_join(list(
    ifelse(is.na(changes$from) & !is.na(changes$to), "no_baseline", ""),
    ifelse(!is.na(changes$from) & !is.na(changes$to) & !changes$able, "no_log", ""),
    ifelse(changes$std.error %in% 0, "se_zero", ""),
    own[at], ifelse(is.na(pairs$from), "", own[pairs$from]),
    ifelse(as.logical(differ[as.character(row)]), "disagree", "")
  ))
}

gap_change_flag_words <- list(
  disagree = "difference and ratio moved in opposite directions: state both",
  no_baseline = "there is no gap at the baseline"
)

gap_change_info <- function(gaps, asked) {
  info <- attr(gaps, "info")
  plain <- if (length(info$unit) == 1) unname(info$unit) else "number"
  if (!is.null(names(info$unit)) && "difference" %in% names(info$unit)) {
    plain <- info$unit[["difference"]]
  }
  info$unit <- c(
    difference = if (plain == "proportion") "points" else plain, ratio = "ratio"
  )
  info$what <- "Change of the parity gap"
  info$by <- setdiff(asked$by, label_columns)
  info$ci <- c("t", "log")
  info$limits <- "fixed"
  info$flags <- c(info$flags, gap_change_flag_words)
  info$notes <- c(
    info$notes, paste0("Baseline: ", asked$baseline, "."),
    if (asked$adjust != "none") paste0("p-values adjusted (", asked$adjust, ").")
  )
  info
}
