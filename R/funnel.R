# Comparing areas with a benchmark: funnel limits and labels.

# Two lines, at two and at three standard errors, as is usual.
funnel_levels <- c(0.95, 0.998)

funnel_labels <- c(
  "low (0.001)", "low (0.025)", "not significant", "high (0.025)", "high (0.001)"
)

# From here on a standardised rate is steady enough to be compared.
least_standardised_events <- 10

#' Control limits of a funnel plot
#'
#' How far an area of a given size can lie from a benchmark by chance alone.
#'
#' @param benchmark The value to compare with: a fraction for a proportion, a value
#'   times `per` for a rate, 1 for a ratio.
#' @param size Sizes to give limits for: people for a proportion; for a rate or a ratio
#'   numbers of events, 0 or more.
#' @param type `"proportion"`, `"rate"` or `"ratio"`.
#' @param per Multiplier of the rate.
#' @param level Levels of the lines.
#' @param ... Not used.
#' @return A tibble with a row per `level`, `side` (`"low"`, `"high"`) and size: `size`
#'   (people or person-years, or expected events of a ratio, at which the limit holds),
#'   `events` (`NA` for a proportion) and `limit`.
#' @section Formula: For a proportion \eqn{\theta} and n people
#'   \eqn{\theta \pm z\sqrt{\theta(1-\theta)/n}}, within 0 and 1; an area outside is one
#'   whose Wilson interval leaves out \eqn{\theta}. For O events the line is
#'   \eqn{O/E^*}, with \eqn{E^*} the exact Poisson limit of O: the upper limit for the low
#'   line, the lower one for the high line.
#' @section Errors: `ioi_error_input` for a benchmark, size or level out of range.
#' @references Spiegelhalter, D. J. (2005). Funnel plots for comparing institutional
#'   performance. *Statistics in Medicine* 24, 1185-1202. \doi{10.1002/sim.1970}
#' @examples
#' ioi_funnel_limits(0.2, c(50, 100, 500), type = "proportion")
#' @export
ioi_funnel_limits <- function(benchmark, size, type = c("proportion", "rate", "ratio"),
                              per = 1, level = c(0.95, 0.998), ...) {
  check_dots_empty_ioi(...)
  type <- check_choice(type, c("proportion", "rate", "ratio"), "type")
  per <- check_positive(per, "per")
  benchmark <- check_benchmark(benchmark, type, per)
  size <- count_column(size, "size")
  size <- size[!is.na(size)]
  level <- vapply(level, check_level, 1)
  lines <- expand.grid(
    size = size, side = c("low", "high"), level = level, stringsAsFactors = FALSE
  )
  out <- if (type == "proportion") {
    proportion_line(lines, benchmark / per)
  } else {
    count_line(lines, benchmark / per)
  }
  tibble::tibble(
    level = lines$level, side = lines$side, size = out$size, events = out$events,
    limit = out$limit * per
  )
}

check_benchmark <- function(benchmark, type, per, call = rlang::caller_env()) {
  top <- if (type == "proportion") per else Inf
  if (!is_number_between(benchmark, 0, top)) {
    abort_ioi(
      c(
        "{.arg benchmark} must be one number above
         {if (is.finite(top)) paste('0 and below', top) else '0'}.",
        "x" = "It is {.val {as_shown(benchmark)}}."
      ),
      "input",
      arg = "benchmark", call = call
    )
  }
  as.double(benchmark)
}

proportion_line <- function(lines, theta) {
  z <- stats::qnorm((1 + lines$level) / 2) * ifelse(lines$side == "low", -1, 1)
  limit <- theta + z * sqrt(theta * (1 - theta) / lines$size)
  list(
    size = lines$size, events = rep(NA_real_, nrow(lines)),
    limit = pmin(pmax(limit, 0), 1)
  )
}

# Expected events at which O events would just be significant, and O over them.
count_line <- function(lines, theta) {
  expected <- numeric(nrow(lines))
  for (level in unique(lines$level)) {
    at <- lines$level == level
    limits <- rate_limits(lines$size[at], rep(1, sum(at)), "exact", level)
    expected[at] <- ifelse(lines$side[at] == "low", limits$conf.high, limits$conf.low)
  }
  limit <- ifelse(expected > 0, lines$size / expected * theta, Inf)
  list(size = expected / theta, events = lines$size, limit = limit)
}

#' Compare areas with a benchmark
#'
#' Says of each row of a table of rates, proportions or ratios whether it lies outside
#' the control limits of a funnel plot around a benchmark.
#'
#' @param x A table made by [ioi_rate()] or [ioi_standardise()] from counts.
#' @param benchmark The value to compare with, in the unit of the table. `NULL` takes
#'   all rows together (events over population), and 1 for ratios; a standardised rate
#'   needs one.
#' @param ... Not used.
#' @return The table with two more columns: `benchmark`, and `significance`, a factor
#'   with the levels "low (0.001)", "low (0.025)", "not significant", "high (0.025)" and
#'   "high (0.001)"; `NA` and the flag `not comparable` where there is no estimate or,
#'   for a standardised rate, fewer than 10 events.
#' @section Rule: A proportion is outside when the score test at 2.5% (0.1%) in that
#'   direction rejects the benchmark, which is the same as its Wilson interval leaving
#'   it out. A rate or ratio with O events and E expected at the benchmark is high when
#'   the lower Poisson limit of O exceeds E and low when the upper one is below E, exact
#'   below 10 events and Byar's from 10 on. A standardised rate y is compared as a rate
#'   with a population of O/y.
#' @section Caution: With many areas some fall outside by chance: at 95% one in twenty,
#'   at 99.8% one in 500. A benchmark of all rows together holds each area itself; where
#'   one area is a large part use [ioi_parity()] with `reference = "rest"`.
#' @section Errors: `ioi_error_input` for another kind of table, or a benchmark out of
#'   range.
#' @references Spiegelhalter, D. J. (2005). Funnel plots for comparing institutional
#'   performance. *Statistics in Medicine* 24, 1185-1202. \doi{10.1002/sim.1970}
#' @seealso [ioi_plot_funnel()], [ioi_benchmark()]
#' @examples
#' deaths <- aggregate(cbind(deaths, population) ~ area, deaths_by_decile, sum)
#' rates <- ioi_rate(deaths, deaths, population, by = area, per = 1000)
#' compared <- ioi_funnel(rates)
#' table(compared$significance)
#' @export
ioi_funnel <- function(x, benchmark = NULL, ...) {
  check_dots_empty_ioi(...)
  kind <- funnel_kind(x)
  benchmark <- funnel_benchmark(x, kind, benchmark)
  events <- x[["events"]]
  size <- funnel_size(x, kind)
  theta <- benchmark / kind$per
  expected <- size * theta
  z <- if (kind$kind == "proportion") (events / size - theta) / sqrt(
    theta * (1 - theta) / size
  )
  sign <- vapply(funnel_levels, function(level) {
    if (is.null(z)) count_side(events, expected, level) else proportion_side(z, level)
  }, numeric(length(events)))
  sign <- matrix(sign, ncol = 2)
  step <- ifelse(sign[, 2] != 0, 2 * sign[, 2], sign[, 1])
  few <- kind$kind == "standardised" & events < least_standardised_events
  step[is.na(x[["estimate"]]) | is.na(size) | few] <- NA
  out <- unclass(plain_tibble(x))
  out <- out[names(x)]
  out$benchmark <- rep(benchmark, nrow(x))
  out$significance <- factor(funnel_labels[step + 3], funnel_labels)
  out$flag <- paste_flags(out$flag, ifelse(is.na(step), "not comparable", ""))
  out <- out[c(setdiff(names(out), "flag"), "flag")]
  info <- attr(x, "info")
  info$flags <- c(info$flags, words_for(out$flag))
  new_ioi_estimate(
    tibble::new_tibble(out, nrow = nrow(x)),
    vcov = attr(x, "vcov"), domains = attr(x, "domains"), info = info
  )
}

# What kind of table it is: list(kind, per).
funnel_kind <- function(x, call = rlang::caller_env()) {
  kind <- if (is_estimate(x)) attr(x, "info")$rate
  known <- c("rate", "proportion", "ratio", "standardised")
  if (is.null(kind) || !kind$kind %in% known || !all(c("events", "n") %in% names(x))) {
    abort_ioi(
      c(
        "{.arg x} must be a table made by {.fn ioi_rate} or {.fn ioi_standardise} from
         counts of events.",
        "i" = "For other estimates see {.fn ioi_benchmark}."
      ),
      "input",
      arg = "x", call = call
    )
  }
  kind
}

funnel_benchmark <- function(x, kind, benchmark, call = rlang::caller_env()) {
  if (is.null(benchmark)) {
    if (kind$kind == "standardised") {
      abort_ioi(
        c(
          "{.arg benchmark} must be given for standardised rates.",
          "i" = "For example the rate of all areas, standardised in the same way."
        ),
        "input",
        arg = "benchmark", call = call
      )
    }
    known <- !is.na(x[["estimate"]])
    benchmark <- if (kind$kind == "ratio") {
      kind$per
    } else {
      kind$per * sum(x[["events"]][known]) / sum(x[["n"]][known])
    }
  }
  check_benchmark(benchmark, kind$kind, kind$per, call)
}

# People, person-years or expected events of each row.
funnel_size <- function(x, kind) {
  switch(kind$kind,
    ratio = x[["expected"]],
    standardised = ifelse(
      x[["events"]] > 0, x[["events"]] / x[["estimate"]] * kind$per, NA
    ),
    x[["n"]]
  )
}

# 1 above, -1 below, 0 within.
count_side <- function(events, expected, level) {
  limits <- rate_limits(events, rep(1, length(events)), "ohid", level)
  (limits$conf.low > expected) - (limits$conf.high < expected)
}

proportion_side <- function(z, level) {
  reach <- stats::qnorm((1 + level) / 2)
  (z > reach) - (z < -reach)
}

#' Better, worse or similar
#'
#' Compares each row of a table of estimates with a benchmark by its confidence
#' interval: the red, amber and green of public health profiles, in words.
#'
#' @param x A table of class [ioi_estimate].
#' @param benchmark A number in the unit of the table, or one for each row.
#' @param favourable `TRUE` when a high value is good, `FALSE` when it is bad. `NULL`
#'   says higher and lower instead of better and worse.
#' @param ... Not used.
#' @return The table with the columns `benchmark` and `comparison` ("better", "worse" or
#'   "higher", "lower"; "similar"; "unknown" without an interval).
#' @section Errors: `ioi_error_input` for another kind of object or benchmark.
#' @examples
#' rates <- ioi_rate(exclusions_2017, permanent, pupils, by = ethnic_group, per = 1e4)
#' ioi_benchmark(rates, benchmark = 9.6, favourable = FALSE)
#' @export
ioi_benchmark <- function(x, benchmark, favourable = NULL, ...) {
  check_dots_empty_ioi(...)
  if (!is_estimate(x)) {
    abort_ioi("{.arg x} must be a table of estimates.", "input", arg = "x")
  }
  fits <- length(benchmark) %in% c(1, nrow(x))
  if (!is.numeric(benchmark) || !fits || anyNA(benchmark)) {
    abort_ioi("{.arg benchmark} must be one number, or one for each row.", "input",
      arg = "benchmark"
    )
  }
  if (!is.null(favourable)) {
    check_flag(favourable, "favourable")
  }
  words <- if (is.null(favourable)) {
    c("lower", "higher")
  } else if (favourable) {
    c("worse", "better")
  } else {
    c("better", "worse")
  }
  below <- x[["conf.high"]] < benchmark
  above <- x[["conf.low"]] > benchmark
  comparison <- ifelse(below, words[1], ifelse(above, words[2], "similar"))
  comparison[is.na(x[["estimate"]]) | is.na(comparison)] <- "unknown"
  x[["benchmark"]] <- rep_len(as.double(benchmark), nrow(x))
  x[["comparison"]] <- factor(comparison, c(words, "similar", "unknown"))
  x
}
