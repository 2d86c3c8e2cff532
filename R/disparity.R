# Measures of inequality across groups. What the user gives becomes cells
# (R/parity-cells.R), sorted into blocks, one for each combination of `by`; the core
# gives every measure of a block with its gradient, and variances and covariances
# from those. Formulas, sources and edges are in src/core/disparity.h.

# The measures, in the order of the core.
disparity_measures <- c(
  "range_difference", "range_ratio", "bgv", "bgsd", "cov", "mdmw", "mdmu", "mdbw",
  "mdbu", "mdrw", "mdru", "idisw", "idisu", "idisp", "theil", "mld", "aci", "rci",
  "sii", "rii", "rii_mean", "par", "paf"
)

# What they cannot do without.
disparity_unweighted <- c("range_difference", "range_ratio", "mdbu", "mdru", "idisp")
disparity_ordered <- c("aci", "rci", "sii", "rii", "rii_mean")
disparity_favourable <- c("mdbw", "mdbu", "par", "paf")
disparity_reference <- c("mdrw", "mdru", "idisp")

# Never below 0, so that limits stop there; and limits on the log scale.
disparity_positive <- c(
  "range_difference", "bgv", "bgsd", "cov", "mdmw", "mdmu", "mdbw", "mdbu", "mdrw",
  "mdru", "idisw", "idisu", "idisp", "theil", "mld"
)
disparity_ratios <- c("range_ratio", "rii")

# How a measure of shares is printed; the others are numbers.
disparity_units <- c(
  range_difference = "points", range_ratio = "ratio", bgsd = "points", mdmw = "points",
  mdmu = "points", mdbw = "points", mdbu = "points", mdrw = "points", mdru = "points",
  theil = "index", mld = "index", aci = "points", rci = "index", sii = "points",
  rii = "ratio", rii_mean = "index", par = "points"
)

# What the core notes, as a flag.
disparity_flags <- c(
  "", "empty", "missing", "single", "equal", "no_mean", "zero", "negative", "fitted",
  "tied_ranks", "clamped", "tied", "no_fit"
)

disparity_flag_words <- list(
  missing = "a group has no estimate; na.rm = TRUE leaves it out",
  single = "one group only",
  equal = "all groups are equal: the standard error is 0, or there is none",
  no_mean = "undefined: what it is divided by is 0",
  zero = "a group is at 0 (or at 1): infinite, or no standard error",
  negative = "undefined for values below 0, or outside 0 to 1",
  fitted = "undefined: the line reaches 0 or less",
  tied_ranks = "all groups have one rank",
  clamped = "held at 0",
  tied = "extreme groups are tied: standard error from the largest of them",
  no_fit = "the model has no finite fit",
  no_reference = "the reference has no estimate here",
  no_se = "no standard error: a group has none",
  undrawn = "no limits: the measure is undefined in some draws"
)

disparity_models <- c("linear", "log", "logit", "binomial")

#' Summary measures of inequality across groups
#'
#' One number for how unequal many groups are: the range, variance and mean
#' differences between groups, entropy indices, and, for groups that have an order
#' (income, deprivation), concentration and slope indices. With standard errors that
#' use the covariance of the groups.
#'
#' @param x One of
#'   * estimates of the package (class [ioi_estimate]), such as [ioi_proportion()] or
#'     [ioi_rate()] gives with the groups in `by`: their covariance is used;
#'   * a data frame with the column `estimate`, and `std.error`, or `conf.low` and
#'     `conf.high`, of independent groups;
#'   * a data frame of counts, with `events` and `population`.
#' @param group The column that holds the groups (see [ioi_columns]).
#' @param measure One or more of the names under Measures.
#' @param weights Column with the population of each group; any unit. `NULL`: for counts
#'   `population`, for estimates of a survey the sums of its weights. Most measures need
#'   it.
#' @param order Column with the rank of each group, the most disadvantaged lowest;
#'   equal ranks are one step. `NULL`: the levels, if `group` is an ordered factor.
#' @param reference A group, as text, for "mdrw", "mdru" and "idisp".
#' @param favourable `TRUE` if a high value is good, `FALSE` if it is bad; for "mdbw",
#'   "mdbu", "par" and "paf".
#' @param model What the line of "sii", "rii" and "rii_mean" is fitted to: the values
#'   ("linear"), their logarithms ("log") or logits ("logit"), ends transformed back.
#'   Counts with "logit" mean a binomial model in which each person counts once.
#' @param by Columns within whose combinations groups are measured. `NULL`: as in
#'   [ioi_parity()].
#' @param ... Must be empty.
#' @param events,population For counts: the columns of people with the outcome and of
#'   all people in the group.
#' @param rate `TRUE`: `events` are counted over time at risk in `population`, and vary as
#'   Poisson counts; `FALSE`: they are people out of all people.
#' @param na.rm `TRUE` leaves out groups without an estimate and makes the shares of the
#'   others add up to 1; adds the column `dropped`. `FALSE`: the measure is `NA`.
#' @param level Confidence level. `NULL`: that of `x`, and 0.95 for a data frame.
#' @param ci "delta": estimate plus or minus t standard errors, on the log scale for
#'   "range_ratio" and "rii", not below 0 where the measure cannot be. "simulation":
#'   standard deviation and quantiles of draws, moved so that they centre on the
#'   estimate.
#' @param draws Draws under "simulation", at least 1,000. They come from R's random
#'   numbers: `set.seed()` makes them repeatable. Shares are drawn on the logit scale.
#' @param variance For counts with `model = "logit"`: "model", from the fitted shares, or
#'   "hc1", from the distances of the groups to the line, times K / (K - 2).
#' @param second_order `TRUE` adds to the variance of "bgv" the term of second order,
#'   which is exact for normal estimates; `FALSE` gives the delta method alone.
#' @param correct "bias" takes off "bgv", "bgsd" and "cov" what chance adds to them, and
#'   adds the column `raw` with the value before. A negative value becomes 0.
#' @param rci "rci" over the mean ("mean"), or for values between `bounds` after Erreygers
#'   or Wagstaff.
#' @param bounds Least and greatest possible value, for `rci`.
#' @param per_1000 `TRUE` multiplies "theil" and "mld", and their standard errors, by
#'   1,000, as tools of the World Health Organization do with the estimate.
#' @param zero A small number to put in place of estimates of 0, for "mld"; `NULL` leaves
#'   them, and "mld" is then infinite.
#'
#' @return A tibble of class [ioi_estimate], one row per combination of `by` and measure:
#'   the `by` columns, `measure`, `reference` (if given), `estimate`, `std.error`,
#'   `conf.low`, `conf.high`, `raw` and `dropped` on request, `groups` (how many were
#'   measured), `n` (people behind them, where known), `df` and `flag`. Differences are in
#'   the unit of `x`; `cov`, `idisw`, `idisu`, `idisp` and `paf` are percentages.
#'   `vcov()` has the covariance of all rows, up to 2,000 of them. That of a binomial slope
#'   index with other measures is `NA`.
#'
#' @section Measures: With y the value of a group, w its share of the population, mu the
#'   mean \eqn{\sum w y}, r = y/mu, K groups, and R the share of people below a group and
#'   half its own:
#'
#'   | measure | formula |
#'   |---|---|
#'   | range_difference, range_ratio | greatest less, or over, least |
#'   | bgv, bgsd, cov | \eqn{\sum w (y-\mu)^2}; its root; 100 root / mu |
#'   | mdmw, mdmu | mean distance from mu, by shares or each group alike |
#'   | mdbw, mdbu | the same from the best group |
#'   | mdrw, mdru | the same from `reference` |
#'   | idisw, idisu | 100 mdmw / mu, 100 mdmu / mu |
#'   | idisp | 100 mean distance of the others from `reference`, over it |
#'   | theil, mld | \eqn{\sum w r \ln r}; \eqn{-\sum w \ln r} (natural scale) |
#'   | aci, rci | \eqn{\sum w y (2R - 1)}; over mu |
#'   | sii | fitted value at R = 1 less that at R = 0 |
#'   | rii, rii_mean | fitted value at R = 1 over that at R = 0; sii / mu |
#'   | par, paf | best group (highest rank, where ordered) less mu, else 0; 100 par / mu |
#'
#' @section Standard errors: \eqn{\sqrt{g'Vg}}, with g the gradient of the measure by the
#'   estimates and V their covariance. Shares are taken as fixed. The delta method is close
#'   where differences between groups are large against their standard errors. In 20,000
#'   repeated draws of five groups, with standard errors of a fifth of the spread between
#'   groups, 95% limits held the truth in 94.8% to 95.2%, for each of 13 measures; with
#'   half the spread in 94.6% to 97.0% (`bench/disparity.R` in the source). There "bgv",
#'   "theil" and "mld" lay a fifth above the truth, for noise looks like inequality: take
#'   that off (`correct`), or do not report them where standard errors are as large as
#'   the differences.
#'
#'   The package healthequal 1.0.1 gives the same values but for groups at 0, and other
#'   standard errors: those of theil and mld are not multiplied by 1,000 with the
#'   estimate, that of paf not by 100, those of par, aci and rci leave out the standard
#'   errors given. Its logit slope index weights counts by population a second time.
#' @section Missing and empty: Groups without population take no part. See `na.rm` for
#'   groups without an estimate. A missing standard error leaves the estimate and gives
#'   `NA` for what needs it, with the flag "no_se". Rows without a group, or without a
#'   value in `by`, are left out with a message of class `ioi_message_missing`.
#' @section Flags: "single", "equal", "no_mean", "zero", "negative", "fitted", "tied_ranks",
#'   "clamped", "tied", "no_fit", "no_reference", "no_se", "undrawn", "missing" and "empty"
#'   are put in words under the table. Where the best, greatest or least group is tied there is no
#'   derivative: the standard error is that of the largest of them, and
#'   `ci = "simulation"` is better.
#' @section Errors: `ioi_error_input` for an argument that is wrong, or that a measure
#'   needs and was not given; `ioi_error_data` for negative or infinite numbers, and for
#'   groups that occur twice within a combination of `by`.
#' @references
#' Ahn, J., Harper, S., Yu, M., Feuer, E. J., Liu, B. and Luta, G. (2018). Variance
#' estimation and confidence intervals for 11 commonly used health disparity measures.
#' *JCO Clin. Cancer Inform.* 2, 1-19. \doi{10.1200/CCI.18.00031}
#'
#' Erreygers, G. (2009). Correcting the concentration index. *J. Health Econ.* 28,
#' 504-515. \doi{10.1016/j.jhealeco.2008.02.003}
#'
#' Pearcy, J. N. and Keppel, K. G. (2002). A summary measure of health disparity. *Public
#' Health Rep.* 117, 273-280. \doi{10.1016/S0033-3549(04)50161-9}
#'
#' Schlotheuber, A. and Hosseinpoor, A. R. (2022). Summary measures of health inequality:
#' a review of existing measures and their application. *Int. J. Environ. Res. Public
#' Health* 19, 3697. \doi{10.3390/ijerph19063697}
#'
#' Wagstaff, A. (2005). The bounds of the concentration index when the variable of
#' interest is binary. *Health Econ.* 14, 429-432. \doi{10.1002/hec.953}
#' @seealso [ioi_parity()] for each group against a reference; `vignette("disparity")`
#' @examples
#' # exclusions from school by ethnic group, England 2016/17
#' groups <- subset(exclusions_2017, level == "minor")
#' ioi_disparity(groups, ethnic_group, c("bgsd", "mdmw", "theil", "par"),
#'   favourable = FALSE, events = permanent, population = pupils, na.rm = TRUE
#' )
#'
#' # ordered groups: a value by fifth of deprivation
#' fifths <- data.frame(
#'   fifth = 1:5, people = c(2100, 2050, 1980, 1900, 1870),
#'   estimate = c(0.412, 0.479, 0.523, 0.588, 0.661), std.error = rep(0.011, 5)
#' )
#' ioi_disparity(fifths, fifth, c("sii", "rii", "rci"), weights = people, order = fifth)
#' @export
ioi_disparity <- function(x, group, measure, weights = NULL, order = NULL,
                          reference = NULL, favourable = NULL,
                          model = c("linear", "log", "logit"), by = NULL, ...,
                          events = NULL, population = NULL, rate = FALSE, na.rm = FALSE,
                          level = NULL,
                          ci = c("delta", "simulation"), draws = 10000,
                          variance = c("model", "hc1"), second_order = TRUE,
                          correct = c("none", "bias"),
                          rci = c("mean", "erreygers", "wagstaff"), bounds = c(0, 1),
                          per_1000 = FALSE, zero = NULL) {
  call <- rlang::current_env()
  check_dots_empty_ioi(...)
  check_data(x, "x")
  parity_given(missing(group), "group", "the column that holds the groups", call)
  parity_given(missing(measure), "measure", "one or more names", call)
  columns <- list(
    group = resolve_column(rlang::enquo(group), x, "group"),
    weights = resolve_columns(rlang::enquo(weights), x, "weights", most = 1),
    order = resolve_columns(rlang::enquo(order), x, "order", most = 1),
    events = resolve_columns(rlang::enquo(events), x, "events", most = 1),
    population = resolve_columns(rlang::enquo(population), x, "population", most = 1),
    by = union(existing_groups(x), resolve_columns(rlang::enquo(by), x, "by"))
  )
  ask <- list(
    measure = check_disparity_measures(measure, call),
    model = check_choice(model, disparity_models[1:3], "model"),
    ci = check_choice(ci, c("delta", "simulation"), "ci"),
    variance = check_choice(variance, c("model", "hc1"), "variance"),
    correct = check_choice(correct, c("none", "bias"), "correct"),
    rci = check_choice(rci, c("mean", "erreygers", "wagstaff"), "rci"),
    na.rm = check_flag(na.rm, "na.rm"), rate = check_flag(rate, "rate"),
    per_1000 = check_flag(per_1000, "per_1000"),
    second_order = check_flag(second_order, "second_order"),
    bounds = check_disparity_bounds(bounds, call), draws = check_draws(draws, call),
    zero = if (!is.null(zero)) check_positive(zero, "zero"),
    level = if (!is.null(level)) check_level(level), reference = reference,
    favourable = if (!is.null(favourable)) check_flag(favourable, "favourable")
  )
  cells <- disparity_cells(x, columns, ask, call)
  ask$model <- cells$model
  check_disparity_needs(ask, cells, call)
  blocks <- disparity_blocks(cells, ask, call)
  disparity_result(blocks, disparity_numbers(blocks, ask), ask)
}

# ---- arguments ----------------------------------------------------------------

check_disparity_measures <- function(measure, call) {
  unknown <- if (is.character(measure)) setdiff(measure, disparity_measures) else measure
  if (!is.character(measure) || !length(measure) || length(unknown)) {
    abort_ioi(
      c(
        "{.arg measure} must be among {.val {disparity_measures}}.",
        "x" = "It is {.val {as_shown(unknown)}}."
      ),
      "input",
      arg = "measure", call = call
    )
  }
  unique(measure)
}

check_disparity_bounds <- function(bounds, call) {
  if (!is.numeric(bounds) || length(bounds) != 2 || !all(is.finite(bounds)) ||
    bounds[1] >= bounds[2]) {
    abort_ioi("{.arg bounds} must be two numbers, the lower first.", "input",
      arg = "bounds", call = call
    )
  }
  as.double(bounds)
}

check_draws <- function(draws, call) {
  if (!is_number_between(draws, 999, 1e7 + 1)) {
    abort_ioi(
      c(
        "{.arg draws} must be a number from 1,000 to 10,000,000.",
        "x" = "It is {.val {as_shown(draws)}}."
      ),
      "input",
      arg = "draws", call = call
    )
  }
  as.integer(draws)
}

# What the measures need must be there.
check_disparity_needs <- function(ask, cells, call) {
  need <- function(measures, missing, arg, what) {
    of <- intersect(ask$measure, measures)
    if (length(of) && missing) {
      abort_ioi(
        c(
          "{.arg {arg}} must be given for the {cli::qty(of)}measure{?s} {.val {of}}.",
          "i" = what
        ),
        "input",
        arg = arg, call = call
      )
    }
  }
  need(
    setdiff(disparity_measures, disparity_unweighted), is.null(cells$weight), "weights",
    "It is the column with the population of each group."
  )
  need(
    disparity_ordered, is.null(cells$rank), "order",
    "It is the column with the rank of each group, the most disadvantaged lowest."
  )
  need(disparity_favourable, is.null(ask$favourable), "favourable", "Is a high value good?")
  need(disparity_reference, is.null(ask$reference), "reference", "It is the name of a group.")
  if (!is.null(ask$reference) && !(length(ask$reference) == 1 &&
    as.character(ask$reference) %in% as.character(cells$group))) {
    abort_ioi(
      c(
        "{.arg reference} must be a group of {.arg x}.",
        "x" = "No row has the group {.val {ask$reference}}."
      ),
      "input",
      arg = "reference", call = call
    )
  }
}

# ---- cells and blocks ---------------------------------------------------------

# The cells of parity with `weight`, `rank` and `trials` (NULL where unknown), and the
# model that is fitted.
disparity_cells <- function(x, columns, ask, call) {
  counts <- length(columns$events) > 0 || length(columns$population) > 0
  cells <- if (counts) {
    for (arg in c("events", "population")) {
      parity_given(!length(columns[[arg]]), arg, "both are needed for counts", call)
    }
    parity_counts(x, columns, ask$level, ask$rate, call)
  } else if (is_estimate(x)) {
    parity_estimates(x, columns, ask$level, FALSE, call)
  } else {
    disparity_table(x, columns, ask, call)
  }
  weight <- if (length(columns$weights)) columns$weights else columns$population
  if (length(weight)) {
    cells$weight <- check_parity_number(x[[weight]], weight, 0, call)[cells$kept]
  } else if (!is.null(cells$domains$w)) {
    cells$weight <- cells$people
    cells$info$notes <- c(cells$info$notes, "Shares: sums of the survey's weights.")
  }
  cells$rank <- disparity_ranks(x, columns, call)[cells$kept]
  binomial <- counts && ask$model == "logit" && !ask$rate
  cells$trials <- if (binomial) cells$n
  cells$model <- if (binomial) "binomial" else ask$model
  if (!is.null(ask$zero)) cells$value[cells$value %in% 0] <- ask$zero
  cells
}

# Cells from estimates of independent groups; without standard errors they come from
# limits, on the scale of the model.
disparity_table <- function(x, columns, ask, call) {
  if (!"estimate" %in% names(x)) {
    abort_ioi(
      c(
        "{.arg x} must be estimates of the package, or have the column
         {.field estimate}, or come with {.arg events} and {.arg population}.",
        "x" = "It has no column {.field estimate}."
      ),
      "input",
      arg = "x", call = call
    )
  }
  cells <- parity_cells(x, columns$group, columns$by, call)
  number <- function(name, otherwise = NA_real_, least = -Inf) {
    check_parity_number(parity_column(x, name, otherwise), name, least, call)[cells$kept]
  }
  value <- number("estimate")
  level <- if (is.null(ask$level)) 0.95 else ask$level
  limited <- !"std.error" %in% names(x) && all(c("conf.low", "conf.high") %in% names(x))
  variance <- if (limited) {
    variance_from_limits(value, number("conf.low"), number("conf.high"), level, ask$model)
  } else {
    number("std.error", least = 0)^2
  }
  cells$info$level <- level
  cells$info$notes <- c(
    "The groups are taken as independent.",
    if (limited) "Standard errors are those of the limits given."
  )
  c(cells, list(
    value = value, variance = variance, n = number("n", least = 0),
    df = number("df", Inf), flag = rep("", length(cells$kept))
  ))
}

# (f(upper) - f(lower)) / 2z, back on the scale of the value; f is that of the model.
variance_from_limits <- function(value, low, high, level, model) {
  f <- switch(model, linear = identity, log = log, logit = stats::qlogis)
  slope <- switch(model, linear = 1, log = 1 / value, logit = 1 / (value * (1 - value)))
  range <- suppressWarnings(f(high) - f(low))
  na_if_nan((range / slope / (2 * stats::qnorm((1 + level) / 2)))^2)
}

# Ranks as numbers, or NULL.
disparity_ranks <- function(x, columns, call) {
  name <- columns$order
  if (!length(name) && is.ordered(x[[columns$group]])) name <- columns$group
  if (!length(name)) {
    return(NULL)
  }
  rank <- x[[name]]
  if (!is.numeric(rank) && !is.ordered(rank)) {
    abort_ioi(
      c(
        "{.arg order} must be a column of numbers or an ordered factor.",
        "x" = "{.field {name}} is {.cls {class(rank)}}."
      ),
      "input",
      arg = "order", call = call
    )
  }
  rank <- as.double(rank)
  bad <- which(!is.finite(rank))
  if (length(bad)) {
    abort_ioi(
      c(
        "{.arg order} must be finite and not missing.",
        "x" = "{length(bad)} value{?s} {?is/are} not, first at row {bad[1]}."
      ),
      "data",
      arg = "order", where = bad, call = call
    )
  }
  rank
}

# Cells that take part, sorted by block and rank, as the core reads them; and what each
# block is.
disparity_blocks <- function(cells, ask, call) {
  count <- length(cells$value)
  blocks <- max(c(0L, cells$block))
  weight <- if (is.null(cells$weight)) rep(1, count) else cells$weight
  empty <- weight %in% 0 | cells$n %in% 0
  lost <- !empty & (is.na(cells$value) | is.na(weight))
  cells$value[lost] <- NaN
  weight[lost] <- 1
  out <- empty | (lost & ask$na.rm)
  if (ask$na.rm && any(lost)) {
    inform_ioi(
      "Left out {sum(lost)} group{?s} without an estimate.", "missing",
      count = sum(lost)
    )
  }
  rank <- if (is.null(cells$rank)) rep(0, count) else cells$rank
  at <- order(cells$block, rank)
  at <- at[!out[at]]
  of <- factor(cells$block[at], seq_len(blocks))
  first <- c(0L, cumsum(tabulate(of, blocks)))
  named <- as.character(cells$group[at])
  place <- which(named %in% as.character(ask$reference))
  reference <- rep(-1L, blocks)
  reference[as.integer(of[place])] <- place - 1L - first[as.integer(of[place])]
  take <- function(x) if (is.null(x)) NULL else as.double(x[at])
  list(
    core = list(
      value = take(cells$value), weight = take(weight), rank = take(cells$rank),
      people = take(cells$trials), variance = take(cells$variance),
      covariance = if (!is.null(cells$covariance)) {
        matrix(as.double(cells$covariance[at, at]), length(at))
      }
    ),
    place = list(first = first, reference = as.integer(reference)),
    labels = lapply(cells$labels, `[`, match(seq_len(blocks), cells$block)),
    blocks = blocks, groups = diff(first), info = cells$info,
    n = sum_by(cells$n[at], of),
    dropped = tabulate(factor(cells$block[lost], seq_len(blocks)), blocks),
    df = disparity_df(cells, at, of),
    no_se = sum_by(as.numeric(is.na(cells$variance[at])), of) > 0
  )
}

sum_by <- function(x, by) {
  as.double(tapply(x, by, sum, default = 0))
}

# Degrees of freedom of the groups of each block together.
disparity_df <- function(cells, at, of) {
  least <- as.vector(tapply(cells$df[at], of, min, default = NA))
  domains <- cells$domains
  if (!isTRUE(cells$counted) || !is.null(domains$df) || !length(at)) {
    return(least)
  }
  known <- !is.na(cells$value[at])
  domains$id <- domains$id[at]
  used <- which(known)
  if (!length(used)) {
    return(least)
  }
  union <- union_domains(domains, as.integer(of), known, used[!duplicated(of[used])])
  df <- if (is.null(domains$factor)) {
    psus <- if (is.null(union$psu)) union$n else .Call(ioi_r_count_bits, union$psu)
    psus - .Call(ioi_r_count_bits, union$stratum)
  } else {
    blocks <- seq_len(ncol(union$psu))
    replicate_union_df(list(factor = domains$factor, psu = union$psu), blocks, blocks)
  }
  least[as.integer(unique(of[used]))] <- df
  least
}

# The domains of blocks of groups: unions of those of their groups.
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

# ---- numbers ------------------------------------------------------------------

# Estimates, standard errors, limits and flags of all rows, measures within blocks.
disparity_numbers <- function(blocks, ask) {
  measure <- match(ask$measure, disparity_measures) - 1L
  options <- disparity_options(blocks, ask)
  rows <- blocks$blocks * length(measure)
  core <- function(options, full) {
    .Call(ioi_r_disparity, blocks$core, blocks$place, measure, options, full)
  }
  found <- core(options, rows <= most_covariance_rows)
  out <- list(
    measure = rep(ask$measure, blocks$blocks),
    block = rep(seq_len(blocks$blocks), each = length(measure)),
    estimate = found$estimate, std.error = sqrt(found$variance), vcov = found$vcov,
    flag = disparity_flags[found$note + 1L]
  )
  limits <- if (ask$ci == "delta") {
    disparity_limits(out, blocks$df[out$block], blocks$info$level)
  } else {
    .Call(
      ioi_r_disparity_draws, blocks$core, blocks$place, measure, options, found$estimate
    )
  }
  out[names(limits)] <- limits
  positive <- out$measure %in% disparity_positive
  out$conf.low[positive] <- pmax(out$conf.low[positive], 0)
  undrawn <- ask$ci == "simulation" & is.finite(out$estimate) & is.na(out$conf.low)
  out$flag[undrawn & out$flag == "" & !blocks$no_se[out$block]] <- "undrawn"
  if (ask$correct == "bias") {
    options$correct <- 0L
    out$raw <- core(options, FALSE)$estimate
  }
  if (ask$per_1000) disparity_per_1000(out) else out
}

# What is asked, as the core reads it.
disparity_options <- function(blocks, ask) {
  list(
    model = match(ask$model, disparity_models) - 1L,
    favourable = as.integer(isTRUE(ask$favourable)),
    bounded = match(ask$rci, c("mean", "erreygers", "wagstaff")) - 1L,
    robust = as.integer(ask$variance == "hc1"),
    second_order = as.integer(ask$second_order), correct = as.integer(ask$correct == "bias"),
    scale = if (identical(blocks$info$unit, "proportion")) 2L else 0L, draws = ask$draws,
    bounds = ask$bounds, level = blocks$info$level
  )
}

# t limits, on the log scale for ratios, cut at 0 for what cannot be less.
disparity_limits <- function(out, df, level) {
  ratio <- out$measure %in% disparity_ratios
  estimate <- replace(out$estimate, !is.finite(out$estimate), NA)
  interval_ratio(estimate, out$std.error, df, level, ratio)[c("conf.low", "conf.high")]
}

disparity_per_1000 <- function(out) {
  scale <- ifelse(out$measure %in% c("theil", "mld"), 1000, 1)
  for (name in intersect(c("estimate", "std.error", "conf.low", "conf.high", "raw"), names(out))) {
    out[[name]] <- out[[name]] * scale
  }
  if (!is.null(out$vcov)) out$vcov <- out$vcov * outer(scale, scale)
  out
}

# ---- result -------------------------------------------------------------------

disparity_result <- function(blocks, found, ask) {
  at <- found$block
  uses <- found$measure %in% disparity_reference
  lost <- uses & blocks$place$reference[at] < 0 & blocks$groups[at] > 0
  found$flag[lost] <- "no_reference"
  no_se <- !is.na(found$estimate) & is.na(found$std.error) & blocks$no_se[at]
  found$flag[no_se] <- ifelse(
    found$flag[no_se] == "", "no_se", paste0(found$flag[no_se], ";no_se")
  )
  columns <- lapply(blocks$labels, `[`, at)
  columns$measure <- found$measure
  if (!is.null(ask$reference)) {
    columns$reference <- ifelse(uses, as.character(ask$reference), NA)
  }
  own <- intersect(label_columns, names(columns))
  numbers <- list(
    estimate = found$estimate, std.error = found$std.error, conf.low = found$conf.low,
    conf.high = found$conf.high
  )
  if (ask$correct == "bias") numbers$raw <- found$raw
  if (ask$na.rm) numbers$dropped <- blocks$dropped[at]
  numbers <- c(numbers, list(
    groups = blocks$groups[at], n = blocks$n[at], df = as.double(blocks$df[at]),
    flag = found$flag
  ))
  new_ioi_estimate(
    tibble::new_tibble(
      c(columns[c(setdiff(names(columns), own), own)], numbers),
      nrow = length(at)
    ),
    vcov = found$vcov, info = disparity_info(blocks, ask)
  )
}

disparity_info <- function(blocks, ask) {
  info <- blocks$info
  shares <- identical(info$unit, "proportion")
  info$by <- setdiff(info$by, label_columns)
  info$df_rule <- NULL
  fitted <- intersect(ask$measure, c("sii", "rii", "rii_mean"))
  model <- c(
    linear = "the values", log = "logarithms of the values", logit = "logits of the values",
    binomial = "counts by a binomial logit model"
  )
  info$notes <- c(
    info$notes, "Shares of the population are taken as fixed.",
    if (length(fitted)) paste0("Line of slope indices: fitted to ", model[[ask$model]], "."),
    if (ask$ci == "simulation") paste(format_number(ask$draws, 0), "draws.")
  )
  info$unit <- if (shares) disparity_units else disparity_units[disparity_units != "points"]
  info$what <- "Disparity"
  info$ci <- ask$ci
  info$limits <- "fixed"
  info$flags <- disparity_flag_words
  if (blocks$blocks * length(ask$measure) > most_covariance_rows) {
    info$no_vcov <- "There are too many rows for a covariance matrix of all."
  }
  info[!vapply(info, is.null, NA)]
}
