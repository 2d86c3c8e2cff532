# Planning: how many interviews a precision or a gap needs, and what a number of them can
# show. Everything is a variance as a function of the number of interviews.

# Proportions that each question needs, in order.
plan_columns <- list(
  proportion = "p",
  gap = c("p_group", "p_reference"),
  change = c("p_before", "p_after"),
  gap_change = c(
    "p_group_before", "p_group_after", "p_reference_before", "p_reference_after"
  )
)

#' Sample size and power
#'
#' How many interviews are needed to estimate a proportion to a margin, or to find a gap
#' between groups, a change between two waves, or a change of a gap; and what power or
#' margin a given number of interviews has.
#'
#' @param what "proportion": the margin of one proportion; "gap": between a group and its
#'   reference; "change": between two waves of one group; "gap_change": of a gap between
#'   two waves (difference in differences).
#' @param p Proportions that are expected, between 0 and 1: one for "proportion";
#'   `c(group, reference)` for "gap"; `c(before, after)` for "change"; `c(group before,
#'   group after, reference before, reference after)` for "gap_change". A list of such
#'   vectors makes a row for each.
#' @param margin For "proportion": half the width of the interval that is wanted.
#' @param power Probability to find the difference, between 0 and 1.
#' @param n Completed interviews in the group, in each wave.
#' @param level Confidence level; tests are two-sided at 1 - level.
#' @param ratio Interviews in the reference for each one in the group.
#' @param deff Design effect, such as that of weighting.
#' @param cluster,icc Mean number of interviews in a sampled cluster, and the intraclass
#'   correlation. They multiply `deff` by 1 + (cluster - 1) icc.
#' @param response Share of the people invited who complete an interview (that share is
#'   also what is left after attrition).
#' @param overlap Share of the sample that is in both waves: 1 for a panel.
#' @param correlation Correlation of the answers of the same person in the two waves.
#' @param population People in the population of the group (and of the reference, if two
#'   numbers are given as `c(group, reference)`), for the finite population correction. In
#'   a list, one for each row.
#' @param ... Must be empty.
#'
#' @return A tibble, one row for each value of the arguments, which are repeated to one
#'   length: the proportions; `difference`; `power`, or `margin`; `deff` (all of it); `n`
#'   and, with a reference, `n_reference` (completed interviews in each wave); `total` (of
#'   all groups and waves); `invited` (people to invite for that); `clusters` (in each wave,
#'   where `cluster` is above 1). Numbers of people are rounded up.
#'
#' @section Formula: With v = p(1 - p), D the design effect, n interviews, and f = (1 - n/N)
#'   N/(N - 1) for a finite population, the variance of a proportion is D v f / n. That of a
#'   gap is the sum of two. That of a change is \eqn{D f (v_1 + v_2 - 2 m \rho \sqrt{v_1
#'   v_2})/n} with overlap m and correlation rho. That of a change of a gap is the sum of
#'   two of these. The power is \eqn{\Phi((|d| - z \sqrt{V_0})/\sqrt{V_1})}, d the
#'   difference, V1 its variance, and V0 that if there is none, from the mean proportion (for
#'   a change of a gap V0 is V1). Without design effect and overlap it is that of
#'   [stats::power.prop.test()]. The sample size is the least n with that power; for a margin
#'   it is Cochran's.
#'
#'   These are approximations for large samples. Of 20,000 draws of samples of the size
#'   planned for a power of 0.80, the tests of [ioi_parity()] and [ioi_change()] rejected
#'   0.798 and 0.801. For gaps of less than 30 interviews in a group, or fewer than five who
#'   say yes or no, check by simulation.
#' @section Errors: `ioi_error_input` for values out of range, a difference of 0, or a wrong
#'   number of proportions.
#' @references
#' Cochran, W. G. (1977). *Sampling Techniques*, third edition. Wiley.
#'
#' Fleiss, J. L., Levin, B. and Paik, M. C. (2003). *Statistical Methods for Rates and
#' Proportions*, third edition. Wiley. \doi{10.1002/0471445428}
#'
#' Kish, L. (1965). *Survey Sampling*. Wiley.
#' @seealso [ioi_parity()] for gaps; [ioi_design()] for surveys
#' @examples
#' # one proportion to three points, in clusters of 10 with correlation 0.05
#' ioi_sample_size("proportion", 0.4, margin = 0.03, cluster = 10, icc = 0.05)
#'
#' # a gap of 8 points, the reference three times as large, 60% respond
#' ioi_sample_size("gap", c(0.62, 0.70), ratio = 3, deff = 1.4, response = 0.6)
#'
#' # what 500 interviews in each group and wave can show, with and without a panel
#' ioi_power("gap_change", c(0.55, 0.65, 0.70, 0.72),
#'   n = 500, overlap = c(0, 1), correlation = 0.6
#' )
#' @export
ioi_sample_size <- function(what = c("proportion", "gap", "change", "gap_change"), p,
                            margin = NULL, power = 0.8, level = 0.95, ratio = 1, deff = 1,
                            cluster = 1, icc = 0, response = 1, overlap = 0,
                            correlation = 0, population = Inf, ...) {
  check_dots_empty_ioi(...)
  what <- check_choice(what, names(plan_columns), "what")
  call <- rlang::current_env()
  plan_given(what, "margin", margin, call)
  plan <- plan_scenarios(what, p, list(
    margin = margin, power = power, level = level, ratio = ratio, deff = deff,
    cluster = cluster, icc = icc, response = response, overlap = overlap,
    correlation = correlation
  ), population, call)
  plan$n <- vapply(seq_along(plan$level), function(i) {
    scenario <- lapply(plan, `[[`, i)
    if (what == "proportion") plan_margin_size(scenario) else plan_power_size(scenario, what)
  }, 1)
  plan$n <- ceiling(plan$n * (1 - 1e-12))
  plan_table(plan, what)
}

#' @rdname ioi_sample_size
#' @export
ioi_power <- function(what = c("proportion", "gap", "change", "gap_change"), p, n,
                      level = 0.95, ratio = 1, deff = 1, cluster = 1, icc = 0,
                      response = 1, overlap = 0, correlation = 0, population = Inf, ...) {
  check_dots_empty_ioi(...)
  what <- check_choice(what, names(plan_columns), "what")
  call <- rlang::current_env()
  parity_given(missing(n), "n", "completed interviews in the group, in each wave", call)
  plan <- plan_scenarios(what, p, list(
    n = n, level = level, ratio = ratio, deff = deff, cluster = cluster, icc = icc,
    response = response, overlap = overlap, correlation = correlation
  ), population, call)
  plan_table(plan, what)
}

# ---- arguments ----------------------------------------------------------------

plan_given <- function(what, arg, value, call) {
  if (is.null(value) == (what == "proportion")) {
    abort_ioi(
      c(
        "{.arg margin} goes with {.code what = \"proportion\"}, and only with it.",
        "x" = "{.arg what} is {.val {what}}."
      ),
      "input",
      arg = arg, call = call
    )
  }
}

# What each number must be.
plan_ranges <- list(
  margin = c(0, 1), power = c(0, 1), level = c(0, 1), ratio = c(0, Inf), n = c(0, Inf),
  deff = c(0, Inf), cluster = c(1, Inf), icc = c(0, 1), response = c(0, 1),
  overlap = c(0, 1), correlation = c(-1, 1)
)
plan_closed <- c("cluster", "icc", "overlap", "correlation")

plan_check <- function(value, name, call) {
  range <- plan_ranges[[name]]
  closed <- name %in% plan_closed
  ok <- is.numeric(value) && length(value) > 0 && all(is.finite(value)) &&
    all(if (closed) value >= range[1] else value > range[1]) &&
    all(if (closed || name == "response") value <= range[2] else value < range[2])
  if (!ok) {
    abort_ioi(
      c(
        "{.arg {name}} must be {if (closed) 'from' else 'between'} {range[1]}
         {if (closed) 'to' else 'and'} {range[2]}.",
        "x" = "It is {.val {as_shown(value)}}."
      ),
      "input",
      arg = name, call = call
    )
  }
  as.double(value)
}

# A list of vectors of one length, with `p` and `population` as lists of vectors.
plan_scenarios <- function(what, p, numbers, population, call) {
  numbers <- numbers[!vapply(numbers, is.null, NA)]
  numbers <- Map(function(x, name) plan_check(x, name, call), numbers, names(numbers))
  numbers$p <- plan_list(p)
  numbers$population <- plan_list(population)
  sizes <- lengths(numbers)
  rows <- max(sizes)
  if (!all(sizes %in% c(1, rows))) {
    odd <- names(sizes)[!sizes %in% c(1, rows)][1]
    abort_ioi(
      c(
        "Arguments must have one value, or one for each row.",
        "x" = "{.arg {odd}} has {sizes[[odd]]}, another has {rows}."
      ),
      "input",
      arg = odd, call = call
    )
  }
  plan_check_p(what, numbers$p, call)
  plan_check_population(numbers$population, call)
  numbers$population <- lapply(numbers$population, rep_len, 2)
  lapply(numbers, rep_len, rows)
}

plan_list <- function(x) {
  if (is.list(x)) unname(as.list(x)) else list(x)
}

plan_check_p <- function(what, p, call) {
  size <- length(plan_columns[[what]])
  fits <- vapply(p, function(x) {
    is.numeric(x) && length(x) == size && all(is.finite(x)) && all(x > 0 & x < 1)
  }, NA)
  if (!all(fits)) {
    abort_ioi(
      c(
        "{.arg p} must be {size} proportion{?s} between 0 and 1 for {.val {what}}.",
        "x" = "It is {.val {p[[which(!fits)[1]]]}}.",
        "i" = "In order: {.val {plan_columns[[what]]}}."
      ),
      "input",
      arg = "p", call = call
    )
  }
  none <- size > 1 && any(vapply(p, function(x) isTRUE(all.equal(plan_difference(x, what), 0)), NA))
  if (none) {
    abort_ioi("{.arg p} must differ: no sample finds a difference of 0.", "input",
      arg = "p", call = call
    )
  }
}

plan_check_population <- function(population, call) {
  fits <- vapply(population, function(x) {
    is.numeric(x) && length(x) %in% 1:2 && !anyNA(x) && all(x > 1)
  }, NA)
  if (!all(fits)) {
    abort_ioi("{.arg population} must be one or two numbers above 1.", "input",
      arg = "population", call = call
    )
  }
}

# ---- variance and power -------------------------------------------------------

# Group less reference, after less before.
plan_difference <- function(p, what) {
  switch(what,
    gap = p[1] - p[2], change = p[2] - p[1], gap_change = (p[2] - p[1]) - (p[4] - p[3])
  )
}

plan_deff <- function(s) s$deff * (1 + (s$cluster - 1) * s$icc)

# 1 / n with the finite population correction.
plan_inverse <- function(n, population) {
  finite <- is.finite(population)
  ifelse(finite, pmax(1 - n / population, 0) * population / (population - 1), 1) / n
}

# Variances of a difference if it is there (one) and if not (none).
plan_variance <- function(s, n, what) {
  v <- function(p) p * (1 - p)
  p <- s$p
  group <- plan_inverse(n, s$population[1])
  reference <- plan_inverse(n * s$ratio, s$population[2])
  same <- 2 * s$overlap * s$correlation
  waves <- function(a, b) v(a) + v(b) - same * sqrt(v(a) * v(b))
  out <- switch(what,
    proportion = rep(v(p) * group, 2),
    gap = {
      mean <- (p[1] + s$ratio * p[2]) / (1 + s$ratio)
      c(v(p[1]) * group + v(p[2]) * reference, v(mean) * (group + reference))
    },
    change = c(waves(p[1], p[2]) * group, waves(mean(p), mean(p)) * group),
    gap_change = rep(waves(p[1], p[2]) * group + waves(p[3], p[4]) * reference, 2)
  )
  plan_deff(s) * out
}

plan_power <- function(s, n, what) {
  v <- plan_variance(s, n, what)
  z <- stats::qnorm((1 + s$level) / 2)
  if (v[1] <= 0) {
    return(1)
  }
  stats::pnorm((abs(plan_difference(s$p, what)) - z * sqrt(v[2])) / sqrt(v[1]))
}

# The least number with the power asked for, before rounding up.
plan_power_size <- function(s, what) {
  short <- function(log_n) plan_power(s, exp(log_n), what) - s$power
  high <- 1
  while (short(high) < 0) high <- high + 1
  low <- 0
  if (short(low) >= 0) {
    return(1)
  }
  exp(stats::uniroot(short, c(low, high), tol = 1e-12)$root)
}

plan_margin_size <- function(s) {
  z <- stats::qnorm((1 + s$level) / 2)
  first <- z^2 * plan_deff(s) * s$p * (1 - s$p) / s$margin^2
  population <- s$population[1]
  if (is.finite(population)) first * population / (population - 1 + first) else first
}

# ---- result -------------------------------------------------------------------

plan_table <- function(plan, what) {
  rows <- seq_along(plan$level)
  scenarios <- lapply(rows, function(i) lapply(plan, `[[`, i))
  p <- do.call(rbind, plan$p)
  columns <- lapply(seq_len(ncol(p)), function(k) p[, k])
  names(columns) <- plan_columns[[what]]
  single <- what == "proportion"
  paired <- what %in% c("gap", "gap_change")
  n <- plan$n
  reference <- if (paired) ceiling(n * plan$ratio * (1 - 1e-12)) else rep(0, length(n))
  waves <- if (what %in% c("change", "gap_change")) 2 else 1
  reach <- vapply(scenarios, function(s) {
    if (single) {
      stats::qnorm((1 + s$level) / 2) * sqrt(plan_variance(s, s$n, what)[1])
    } else {
      plan_power(s, s$n, what)
    }
  }, 1)
  # with overlap the same people answer twice, but are invited once
  people <- (n + reference) * (if (waves == 2) 2 - plan$overlap else 1)
  table <- c(
    columns,
    if (!single) list(difference = vapply(scenarios, function(s) plan_difference(s$p, what), 1)),
    stats::setNames(list(reach), if (single) "margin" else "power"),
    list(level = plan$level, deff = vapply(scenarios, plan_deff, 1), n = n),
    if (paired) list(n_reference = reference),
    list(
      total = waves * (n + reference),
      invited = ceiling(people / plan$response * (1 - 1e-12)),
      clusters = ifelse(plan$cluster > 1, ceiling((n + reference) / plan$cluster), NA_real_)
    )
  )
  tibble::new_tibble(table, nrow = length(rows), class = "ioi_sample_size", what = what)
}

#' @export
tbl_sum.ioi_sample_size <- function(x, ...) {
  words <- c(
    proportion = "Margin of a proportion", gap = "Gap between two groups",
    change = "Change between two waves", gap_change = "Change of a gap between two waves"
  )
  waves <- attr(x, "what") %in% c("change", "gap_change")
  c(
    "Sample size" = unname(words[attr(x, "what")]),
    "Interviews" = if (waves) "n in the group, in each wave" else "n in the group"
  )
}
