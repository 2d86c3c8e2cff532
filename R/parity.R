# Parity gaps: each group against its reference. What the user gives becomes cells
# (R/parity-cells.R), each cell is paired with its reference, the core makes a gap
# of each pair. The formulas, their sources and their edges are in
# src/core/parity.h.

# What can be asked, by what the gap is made from. First is the default.
parity_methods <- list(
  estimates = list(difference = c("t", "mover"), ratio = c("log", "mover")),
  counts = list(difference = c("newcombe", "newcombe_cc", "wald"))
)

# Ways to choose a reference from the data.
parity_choices <- c("best", "worst", "largest")

# What the core notes about a gap, as a flag.
parity_flags <- c("", "ci_mover", "se_zero", "df", "no_log", "")

parity_flag_words <- list(
  ci_mover = "limits by MOVER, as the standard error is 0",
  se_zero = "no test and no width: the standard error is 0",
  no_log = "no limits: the logarithm of this ratio is undefined",
  missing = "the group has no estimate",
  no_reference = "the reference has no estimate here",
  no_limits = "no limits: a standard error or a limit they need is missing or below 0"
)

# Columns by which gaps are kept apart without being asked for.
parity_labels <- c(
  "indicator_id", "outcome", "category", "index", "other", "time"
)

# Above this many cells without covariance between them, the covariance of the
# gaps is not laid out as a dense matrix (2,000 squared doubles are 32 MB).
parity_dense <- 2000

#' Parity gaps between groups
#'
#' How far each group is from a reference group: the difference, the ratio, or
#' both, with limits and a test. From survey estimates the gap uses the covariance
#' of the two groups, which people sampled in the same places share.
#'
#' @param x One of
#'   * estimates of the package (class [ioi_estimate]), such as
#'     [ioi_proportion()] gives with the groups in `by`;
#'   * a data frame with the columns `estimate` and `std.error` of groups that are
#'     independent of each other; `n` and `df` are used if it has them, and
#'     `conf.low` and `conf.high` are needed for `ci = "mover"`;
#'   * a data frame of counts, with `events` and `population`.
#' @param group The column that holds the groups (see [ioi_columns]).
#' @param reference The group to compare with, as text; or "best" or "worst" (the
#'   group with the best or worst estimate, see `favourable`) or "largest" (with the
#'   largest `n` or population), chosen anew within each combination of `by`. A tie
#'   goes to the larger group, then to the first.
#' @param measure "difference" (group - reference), "ratio" (group / reference), or
#'   both. Counts give differences. The difference alone when it is not given.
#' @param by Columns within whose combinations groups are compared. `NULL`: for
#'   estimates all the columns that set their rows apart, but for the group; for a
#'   data frame none. Estimates are always compared within their outcome, category,
#'   index and time.
#' @param ci How to make limits; one method, or one for each measure. For estimates
#'   "t" (difference) and "log" (ratio) are the defaults, "mover" serves both; for
#'   counts "newcombe", "newcombe_cc" or "wald". See Methods.
#' @param adjust Adjustment of `p.value` for the number of comparisons: one of
#'   [stats::p.adjust.methods]. The family is all groups but the reference within a
#'   combination of `by`.
#' @param favourable `TRUE` if a high value is good (employment), `FALSE` if it is
#'   bad (unemployment). Adds the column `direction`; needed for the references
#'   "best" and "worst".
#' @param ... Must be empty.
#' @param events,population For counts: the columns of people with the outcome and
#'   of all people in the group. Need not be whole numbers.
#' @param level Confidence level. `NULL`: that of `x`, and 0.95 for a data frame.
#'
#' @return A tibble of class [ioi_estimate], one row per combination of `by`,
#'   measure and group, in the order of `x`: the `by` columns, `measure`, `group`,
#'   `reference`, then
#'   * `estimate`: a difference in the unit of `x` (a fraction for shares; negative
#'     where the group is below the reference), or a ratio without unit;
#'   * `std.error`: on the same scale, so for a ratio by the delta method;
#'   * `conf.low`, `conf.high`;
#'   * `n`: people in the two groups together, unweighted; `df`: degrees of freedom
#'     of the two together;
#'   * `statistic`, `p.value`: the test that the difference is 0, two-sided, on the
#'     ratio's row too;
#'   * `direction` (with `favourable`): "better" or "worse" where `p.value` is below
#'     1 - level, otherwise "no clear difference";
#'   * `flag`.
#'
#'   The reference has a row against itself: difference 0, ratio 1, flag
#'   "reference". `vcov()` of the result is the covariance of the gaps, which share
#'   their reference; it is not kept for more than 2,000 rows of independent groups.
#'
#' @section Methods:
#' With `p1`, `p2` the estimates of group and reference, `V11`, `V22` and `V12` their
#' variances and covariance, and `t` the quantile of the t distribution (of the normal
#' where degrees of freedom are infinite):
#' * "t": `p1 - p2 -+ t sqrt(V11 + V22 - 2 V12)`.
#' * "log": `exp(log(p1/p2) -+ t sqrt(V11/p1^2 + V22/p2^2 - 2 V12/(p1 p2)))`; none
#'   where a value is 0.
#' * "mover": built from the limits of the two estimates, so asymmetric as they are,
#'   with the correlation of the estimates (Newcombe 1998, method 10, generalised by
#'   Zou and Donner 2008; for ratios Donner and Zou 2012). Where the standard error
#'   of the gap is 0 because both shares are 0 or 1, it also stands in for "t" and
#'   "log", with the flag "ci_mover".
#' * "newcombe": MOVER of the two Wilson limits; "newcombe_cc": of those with
#'   continuity correction (Newcombe 1998, methods 10 and 11). "wald":
#'   `p1 - p2 -+ z sqrt(p1 q1/n1 + p2 q2/n2)`, for comparison with other sources; it
#'   is too narrow in small groups.
#'
#' The test for estimates is `(p1 - p2)/sqrt(V11 + V22 - 2 V12)` on the t
#' distribution. For counts it is the chi-square test with N - 1 in place of N on one
#' degree of freedom (Campbell 2007), which needs an expected count of 1 in each cell.
#'
#' Degrees of freedom are counted over the two domains together: their PSUs less
#' their strata, unless `x` was made with a number or with those of the whole design.
#' For a data frame with `df` they are those of Welch and Satterthwaite, without it
#' infinite.
#'
#' A reference that the data choose ("best", "worst") makes ordinary limits too
#' narrow; the result says so.
#'
#' @section Missing and empty: A group or a reference without an estimate gives a
#'   row of `NA` with a flag and stops no other. A population of 0 is an empty group.
#'   Rows without a group, or without a value in `by`, are left out; a message of
#'   class `ioi_message_missing` gives their number.
#' @section Flags: "reference": the reference itself; "empty", "missing": the group
#'   has nobody, or no estimate; "no_reference": the reference has none there;
#'   "no_limits": a standard error or limit that is needed is missing; "df": no
#'   degrees of freedom; "no_log": the ratio has no logarithm; "ci_mover": limits by
#'   MOVER, as the standard error is 0; "se_zero": the standard error is 0 and the
#'   limits are a point. Flags of the estimates that concern the gap are carried on.
#' @section Errors: `ioi_error_input` for an argument that is wrong or not offered
#'   here, or a reference that no row has; `ioi_error_data` for negative or infinite
#'   counts or standard errors, more events than people, and groups that occur twice
#'   within a combination of `by`.
#' @references
#' Campbell, I. (2007). Chi-squared and Fisher-Irwin tests of two-by-two tables with
#' small sample recommendations. *Stat. Med.* 26, 3661-3675. \doi{10.1002/sim.2832}
#'
#' Donner, A. and Zou, G. Y. (2012). Closed-form confidence intervals for functions
#' of the normal mean and standard deviation. *Stat. Methods Med. Res.* 21, 347-359.
#' \doi{10.1177/0962280210383082}
#'
#' Newcombe, R. G. (1998). Interval estimation for the difference between independent
#' proportions. *Stat. Med.* 17, 873-890.
#'
#' Zou, G. Y. and Donner, A. (2008). Construction of confidence limits about effect
#' measures: a general approach. *Stat. Med.* 27, 1693-1702. \doi{10.1002/sim.3095}
#' @seealso [ioi_proportion()] for the estimates; [ioi_estimate] for what can be done
#'   with the result.
#' @examples
#' # Counts: people hired out of those who applied
#' hired <- data.frame(
#'   group = c("A", "B", "C"), hired = c(56, 48, 9), applied = c(70, 80, 10)
#' )
#' ioi_parity(hired, group, "B",
#'   events = hired, population = applied, favourable = TRUE
#' )
#'
#' # Published estimates of independent groups
#' rates <- data.frame(
#'   area = c("north", "north", "south", "south"),
#'   sex = c("men", "women", "men", "women"),
#'   estimate = c(0.78, 0.71, 0.82, 0.74), std.error = c(0.02, 0.02, 0.01, 0.02)
#' )
#' ioi_parity(rates, sex, "men", measure = c("difference", "ratio"), by = area)
#'
#' # Survey estimates, with the covariance of the groups
#' people <- subset(census_2011_people, !is.na(health))
#' good <- ioi_proportion(people, health, by = sex, success = "Very good health")
#' ioi_parity(good, sex, "Male")
#' @export
ioi_parity <- function(x, group, reference, measure = c("difference", "ratio"),
                       by = NULL, ci = NULL, adjust = "none", favourable = NULL, ...,
                       events = NULL, population = NULL, level = NULL) {
  call <- rlang::current_env()
  check_dots_empty_ioi(...)
  measure <- if (missing(measure)) "difference" else measure
  check_data(x, "x")
  parity_given(missing(group), "group", "the column that holds the groups", call)
  parity_given(missing(reference), "reference", "the group to compare with", call)
  events <- rlang::enquo(events)
  population <- rlang::enquo(population)
  counts <- !rlang::quo_is_null(events) || !rlang::quo_is_null(population)
  measure <- parity_measures(measure, counts, call)
  ci <- parity_ci(ci, measure, counts, call)
  adjust <- check_choice(adjust, stats::p.adjust.methods, "adjust")
  if (!is.null(favourable)) check_flag(favourable, "favourable")
  if (!is.null(level)) check_level(level)

  by <- union(existing_groups(x), resolve_columns(rlang::enquo(by), x, "by"))
  group <- resolve_column(rlang::enquo(group), x, "group")
  cells <- if (counts) {
    events <- resolve_column(events, x, "events")
    population <- resolve_column(population, x, "population")
    parity_counts(x, group, by, events, population, level, call)
  } else if (is_estimate(x)) {
    parity_estimates(x, group, by, level, any(ci == "mover"), call)
  } else {
    parity_table(x, group, by, level, any(ci == "mover"), call)
  }
  pairs <- parity_pairs(cells, reference, favourable, call)
  gaps <- parity_gaps(cells, pairs, measure, ci, counts)
  parity_result(cells, pairs, gaps, measure, ci, adjust, favourable)
}

# ---- arguments ----------------------------------------------------------------

parity_given <- function(missing, arg, what, call) {
  if (missing) {
    abort_ioi("{.arg {arg}} must be given: {what}.", "input", arg = arg, call = call)
  }
}

# The measures asked for, in the order asked.
parity_measures <- function(measure, counts, call) {
  offered <- names(parity_methods[[if (counts) "counts" else "estimates"]])
  from <- if (counts) " for counts" else ""
  unknown <- if (is.character(measure)) setdiff(measure, offered) else measure
  if (!is.character(measure) || !length(measure) || length(unknown)) {
    abort_ioi(
      c(
        paste0("{.arg measure} must be {.or {.val {offered}}}", from, "."),
        "x" = "It is {.val {unknown}}.",
        if (counts) {
          c("i" = "For ratios estimate the shares first and give {.arg x} the columns
                   {.field estimate} and {.field std.error}.")
        }
      ),
      "input",
      arg = "measure", call = call
    )
  }
  unique(measure)
}

# A method for each measure.
parity_ci <- function(ci, measure, counts, call) {
  offered <- parity_methods[[if (counts) "counts" else "estimates"]][measure]
  if (is.null(ci)) {
    return(vapply(offered, `[[`, "", 1))
  }
  if (!is.character(ci) || !length(ci) %in% c(1, length(measure)) || anyNA(ci)) {
    abort_ioi(
      c(
        "{.arg ci} must be one method, or one for each measure.",
        "x" = "It is {.val {ci}}."
      ),
      "input",
      arg = "ci", call = call
    )
  }
  ci <- stats::setNames(rep_len(ci, length(measure)), measure)
  for (m in measure[!mapply(`%in%`, ci, offered)]) {
    abort_ioi(
      c(
        paste0(
          "{.arg ci} for the {m} from ", if (counts) "counts" else "estimates",
          " must be {.or {.val {offered[[m]]}}}."
        ),
        "x" = "It is {.val {ci[[m]]}}."
      ),
      "input",
      arg = "ci", call = call
    )
  }
  ci
}

# ---- pairs --------------------------------------------------------------------

# The reference of each cell: `reference` (its cell, NA where it has none) and
# `label` (a cell with the same name, to show).
parity_pairs <- function(cells, reference, favourable, call) {
  named <- as.character(cells$group)
  if (!is.atomic(reference) || length(reference) != 1 || is.na(reference)) {
    abort_ioi(
      c(
        "{.arg reference} must be one group, or {.or {.val {parity_choices}}}.",
        "x" = "It is {.cls {class(reference)}} of length {length(reference)}."
      ),
      "input",
      arg = "reference", call = call
    )
  }
  reference <- as.character(reference)
  if (reference %in% named) {
    candidates <- which(named == reference)
    label <- rep(candidates[1], length(named))
  } else if (reference %in% parity_choices) {
    candidates <- parity_ranked(cells, reference, favourable, call)
    label <- NULL
  } else {
    abort_parity_reference(reference, named, call)
  }
  at <- candidates[match(cells$block, cells$block[candidates])]
  list(
    reference = at, label = if (is.null(label)) at else label,
    chosen = if (is.null(label)) reference
  )
}

# Cells from the most wanted to the least: the first of a combination of `by` is
# its reference.
parity_ranked <- function(cells, reference, favourable, call) {
  if (reference != "largest" && is.null(favourable)) {
    abort_ioi(
      "{.arg favourable} must be given for the reference {.val {reference}}: is a high
       value good?",
      "input",
      arg = "favourable", call = call
    )
  }
  if (reference == "largest" && all(is.na(cells$n))) {
    abort_ioi(
      "The reference {.val largest} needs a column {.field n} in {.arg x}.",
      "input",
      arg = "reference", call = call
    )
  }
  sign <- if (identical(reference == "best", isTRUE(favourable))) -1 else 1
  key <- if (reference == "largest") rep(0, length(cells$n)) else sign * cells$value
  able <- !is.na(key) & !(cells$n %in% 0)
  ranked <- order(key, -cells$n, na.last = TRUE)
  ranked[able[ranked]]
}

abort_parity_reference <- function(reference, named, call) {
  later <- c("overall", "rest", "others_mean")
  abort_ioi(
    c(
      "{.arg reference} must be a group of {.arg x}, or
       {.or {.val {parity_choices}}}.",
      "x" = if (reference %in% later) {
        "{.val {reference}} is not offered in this version."
      } else {
        "No row has the group {.val {reference}}."
      },
      "i" = "The groups are {.val {unique(named)}}."
    ),
    "input",
    arg = "reference", call = call
  )
}

# Degrees of freedom and people of two cells together.
parity_together <- function(cells, g, r) {
  domains <- cells$domains
  if (is.null(domains)) {
    n <- ifelse(g == r, cells$n[g], cells$n[g] + cells$n[r])
    chosen <- !is.null(cells$info$df_rule)
    df <- if (chosen) pmin(cells$df[g], cells$df[r]) else parity_welch(cells, g, r)
    return(list(df = df, n = n))
  }
  a <- domains$id[g]
  b <- domains$id[r]
  n <- domains$n[a] + ifelse(a == b, 0, domains$n[b])
  if (!cells$counted) {
    return(list(df = pmin(cells$df[g], cells$df[r]), n = n))
  }
  df <- parity_union_df(domains, a, b, n)
  df[cells$df[g] <= 0 | cells$df[r] <= 0] <- 0 # a variance that was not estimated
  list(df = df, n = n)
}

# Degrees of freedom of the records of two domains together.
parity_union_df <- function(domains, a, b, n) {
  if (!is.null(domains$df)) {
    return(rep(domains$df, length(a)))
  }
  if (!is.null(domains$factor)) {
    return(replicate_union_df(domains, a, b))
  }
  psus <- if (is.null(domains$psu)) n else .Call(ioi_r_parity_union, domains$psu, a, b)
  psus - .Call(ioi_r_parity_union, domains$stratum, a, b)
}

# Welch and Satterthwaite for independent groups.
parity_welch <- function(cells, g, r) {
  v <- cells$variance
  df <- (v[g] + v[r])^2 / (v[g]^2 / cells$df[g] + v[r]^2 / cells$df[r])
  least <- pmin(cells$df[g], cells$df[r])
  ifelse(is.na(df) | least <= 0 | g == r, least, df)
}

# ---- gaps ---------------------------------------------------------------------

# A list with, for each measure, the numbers of each cell's gap, and `together`.
parity_gaps <- function(cells, pairs, measure, ci, counts) {
  g <- seq_along(cells$value)
  has <- !is.na(pairs$reference)
  r <- ifelse(has, pairs$reference, g)
  together <- parity_together(cells, g, r)
  together$df[!has] <- NA
  together$n[!has] <- cells$n[!has]
  same <- has & r == g
  gaps <- lapply(stats::setNames(nm = measure), function(m) {
    place <- match(ci[[m]], parity_methods[[if (counts) "counts" else "estimates"]][[m]])
    out <- if (counts) {
      parity_count_gaps(cells, g, r, place)
    } else {
      parity_estimate_gaps(cells, g, r, together$df, m, place)
    }
    parity_edges(out, has, same & !is.na(cells$value), m)
  })
  list(gaps = gaps, r = r, has = has, same = same, together = together)
}

parity_count_gaps <- function(cells, g, r, place) {
  .Call(
    ioi_r_parity_counts, place - 1L, cells$events, cells$n, cells$events[r],
    cells$n[r], cells$info$level
  )
}

parity_estimate_gaps <- function(cells, g, r, df, measure, place) {
  covariance <- if (is.null(cells$covariance)) {
    ifelse(r == g, cells$variance, 0)
  } else {
    cells$covariance[cbind(g, r)]
  }
  .Call(
    ioi_r_parity_estimates, match(measure, c("difference", "ratio")) - 1L, place - 1L,
    list(
      cells$value, cells$value[r], cells$variance, cells$variance[r], covariance,
      cells$low, cells$high, cells$low[r], cells$high[r], as.double(df)
    ),
    cells$info$level
  )
}

# The reference against itself, and cells without a reference.
parity_edges <- function(out, has, self, measure) {
  at <- if (measure == "ratio") 1 else 0
  for (name in c("estimate", "conf.low", "conf.high")) out[[name]][self] <- at
  out$std.error[self] <- 0
  out$statistic[self] <- out$p.value[self] <- NA
  out$flag <- parity_flags[out$note + 1L]
  out$flag[self] <- ""
  for (name in setdiff(names(out), c("note", "flag"))) out[[name]][!has] <- NA
  out$flag[!has] <- ""
  out
}

# Why a number is missing, and what the cells' own flags say.
parity_row_flags <- function(cells, parts, gap, ci) {
  r <- parts$r
  gone <- is.na(cells$value)
  empty <- gone & (cells$n %in% 0 | grepl("(^|;)empty($|;)", cells$flag))
  lost <- !parts$same & !gone & (!parts$has | gone[r])
  no_limits <- !gone & !lost & !parts$same & is.na(gap$conf.low) & gap$flag == ""
  words <- list(
    ifelse(parts$same, "reference", ""),
    ifelse(empty, "empty", ifelse(gone, "missing", "")),
    ifelse(lost, "no_reference", ""),
    ifelse(no_limits, "no_limits", ""),
    ifelse(gone | lost, "", gap$flag),
    parity_carried(cells$flag, ci),
    ifelse(parts$has & !parts$same, parity_carried(cells$flag[r], ci), "")
  )
  parity_join(words)
}

# The flags of an estimate that hold for its gaps too; those about its limits only
# where the gap's limits are made from them.
parity_carried <- function(flag, ci) {
  for (local in c("empty", "df", if (ci != "mover") c("ci_nchs", "ci_xlogit"))) {
    flag <- gsub(paste0("(^|;)", local, "(?=$|;)"), "", flag, perl = TRUE)
  }
  sub("^;", "", flag)
}

# Joins flags by ";", each once.
parity_join <- function(words) {
  all <- do.call(paste, c(words, list(sep = ";")))
  seen <- unique(all)
  short <- vapply(strsplit(seen, ";", fixed = TRUE), function(w) {
    paste(unique(w[nzchar(w)]), collapse = ";")
  }, "")
  short[match(all, seen)]
}

# ---- result -------------------------------------------------------------------

parity_result <- function(cells, pairs, parts, measure, ci, adjust, favourable) {
  cell <- rep(seq_along(cells$value), times = length(measure))
  of <- rep(seq_along(measure), each = length(cells$value))
  rows <- order(cells$block[cell], of, cell)
  cell <- cell[rows]
  take <- function(name) {
    unlist(lapply(parts$gaps, `[[`, name), use.names = FALSE)[rows]
  }
  numbers <- list(
    estimate = take("estimate"), std.error = take("std.error"),
    conf.low = take("conf.low"), conf.high = take("conf.high"),
    n = parts$together$n[cell], df = parts$together$df[cell],
    statistic = take("statistic"),
    p.value = parity_adjust(
      take("p.value"), interaction(cells$block[cell], of[rows], drop = TRUE), adjust
    )
  )
  if (!is.null(favourable)) {
    numbers$direction <- parity_direction(
      numbers, (cells$value - cells$value[parts$r])[cell], favourable, cells$info$level
    )
  }
  flags <- Map(function(gap, ci) parity_row_flags(cells, parts, gap, ci), parts$gaps, ci)
  numbers$flag <- unlist(flags, use.names = FALSE)[rows]
  table <- c(parity_label_columns(cells, pairs, measure[of[rows]], cell), numbers)
  new_ioi_estimate(
    tibble::new_tibble(table, nrow = length(cell)),
    vcov = parity_vcov(cells, parts, cell, measure[of[rows]]),
    info = parity_info(cells, pairs, parts, ci, adjust)
  )
}

# The columns before the estimate: `by`, then those of `label_columns` in order.
parity_label_columns <- function(cells, pairs, measure, cell) {
  columns <- lapply(cells$labels, `[`, cell)
  columns$measure <- measure
  columns$group <- cells$group[cell]
  columns$reference <- cells$group[pairs$label[cell]]
  own <- intersect(label_columns, names(columns))
  columns[c(setdiff(names(columns), own), own)]
}

# Adjusted within each family; the reference has no p value and does not count.
parity_adjust <- function(p, family, adjust) {
  if (adjust == "none") {
    return(p)
  }
  as.double(stats::ave(p, family, FUN = function(p) stats::p.adjust(p, adjust)))
}

# In words: which side of the reference, where that is clear of chance.
parity_direction <- function(numbers, difference, favourable, level) {
  clear <- numbers$p.value < 1 - level
  better <- (difference > 0) == favourable
  out <- ifelse(clear, ifelse(better, "better", "worse"), "no clear difference")
  out[is.na(numbers$p.value)] <- NA
  out
}

# Covariance of the gaps: J V J'.
parity_vcov <- function(cells, parts, cell, measure) {
  covariance <- cells$covariance
  if (is.null(covariance)) {
    if (length(cells$value) > parity_dense) {
      return(NULL)
    }
    covariance <- diag(cells$variance, nrow = length(cells$value))
  }
  r <- parts$r[cell]
  ratio <- measure == "ratio"
  by_group <- ifelse(ratio, 1 / cells$value[r], 1)
  by_reference <- ifelse(ratio, -cells$value[cell] / cells$value[r]^2, -1)
  unknown <- !parts$has[cell] | !is.finite(by_group) | is.na(cells$value[cell]) |
    is.na(cells$value[r])
  by_group[unknown] <- NA
  self <- parts$same[cell] & !is.na(cells$value[cell])
  by_group[self] <- by_reference[self] <- 0
  .Call(
    ioi_r_parity_covariance, covariance, cell, r, as.double(by_group),
    as.double(by_reference)
  )
}

# What the result remembers about how it was made.
parity_info <- function(cells, pairs, parts, ci, adjust) {
  info <- cells$info
  simple <- identical(unname(ci), "t") &&
    !any(parts$gaps[[1]]$flag %in% c("ci_mover", "se_zero"))
  notes <- c(
    info$notes,
    if (!is.null(pairs$chosen)) {
      paste0(
        "The data chose the reference (", pairs$chosen,
        "); limits and tests do not allow for that."
      )
    },
    if (adjust != "none") {
      paste0("p-values adjusted for the number of groups (", adjust, ").")
    }
  )
  info$by <- setdiff(info$by, label_columns)
  if (identical(info$df_rule, "domain")) info$df_rule <- NULL # two domains, not one
  info[c("what", "ci", "limits", "flags", "notes")] <- list(
    "Parity gap", unique(unname(ci)), if (simple) "wald" else "fixed",
    parity_flag_words, notes
  )
  if (is.null(cells$covariance) && length(cells$value) > parity_dense) {
    info$no_vcov <- "There are too many rows for a covariance matrix of all."
  }
  info[!vapply(info, is.null, NA)]
}
