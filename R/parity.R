# Parity gaps: each group against its reference. What the user gives becomes cells
# (R/parity-cells.R), each cell gets its reference (R/parity-reference.R, with
# R/parity-mean.R and R/parity-published.R), the core makes a gap of each pair
# (R/parity-gaps.R), and the result is a table with the covariance of the gaps
# (R/parity-result.R). The formulas, their sources and their edges are in
# src/core/parity.h and src/core/parity_counts.h.

# Columns by which gaps are kept apart without being asked for.
parity_labels <- c(
  "indicator_id", "outcome", "category", "index", "other", "time"
)

#' Parity gaps between groups
#'
#' How far each group is from a reference: the difference, the ratio, and what is read
#' from them, with limits and a test. From survey estimates the gap uses the covariance
#' of the two groups, which people sampled in the same places share.
#'
#' @param x One of
#'   * estimates of the package (class [ioi_estimate]), such as [ioi_proportion()],
#'     [ioi_mean()] or [ioi_standardise()] gives with the groups in `by`;
#'   * a data frame with the columns `estimate` and `std.error` of groups that are
#'     independent of each other; `n` and `df` are used if it has them. Published limits
#'     `conf.low` and `conf.high` will do in place of `std.error` (see
#'     [ioi_published()]), and are needed for `ci = "mover"`;
#'   * a data frame of counts, with `events` and `population`.
#' @param group The column that holds the groups (see [ioi_columns]).
#' @param reference What to compare with:
#'   * a group, as text;
#'   * "best" or "worst" (the group with the best or worst estimate, see
#'     `favourable`) or "largest" (with the most people), chosen anew within each
#'     combination of `by`; a tie goes to the larger group, then to the first;
#'   * "overall" (all groups together, the group itself included), "rest" (all others
#'     together) or "others_mean" (the unweighted mean of the others);
#'   * a figure from elsewhere, made by [ioi_published()].
#' @param measure One or more of "difference" (group - reference), "ratio" (group /
#'   reference), "odds_ratio", "relative_difference" (ratio - 1), "shortfall",
#'   "people_per_outcome", "four_fifths" and "parity_index": see Measures. The difference
#'   alone when it is not given.
#' @param by Columns within whose combinations groups are compared. `NULL`: for
#'   estimates all the columns that set their rows apart, but for the group; for a
#'   data frame none. Estimates are always compared within their outcome, category,
#'   index and time.
#' @param ci How to make limits; one method, or one for each measure. See Methods.
#' @param adjust Adjustment of `p.value` for the number of comparisons: one of
#'   [stats::p.adjust.methods].
#' @param favourable `TRUE` if a high value is good (employment), `FALSE` if it is
#'   bad (unemployment). Adds the column `direction`; needed for the references
#'   "best" and "worst" and for the shortfall.
#' @param ... Must be empty.
#' @param events,population For counts: the columns of people with the outcome and
#'   of all people in the group, which need not be whole numbers; or of events and
#'   person-time, with a method for rates. For estimates `population` alone names the
#'   column with the people that each group has in the whole, for the references
#'   "overall" and "rest" and for the shortfall; without it the sum of weights of a
#'   survey's group is taken, or else `n`.
#' @param level Confidence level. `NULL`: that of `x`, and 0.95 for a data frame.
#' @param family Which comparisons are adjusted together: "within", all groups but the
#'   reference within a combination of `by` and a measure; "all", those of a measure in
#'   all combinations.
#' @param flag "overlap" adds the logical column `overlap`: do the limits of the group
#'   and of the reference, each by itself, overlap? It is no test: limits of two groups
#'   that clearly differ may overlap.
#' @param na.rm Leave groups without an estimate out of the references "overall",
#'   "rest" and "others_mean"? Otherwise one group without an estimate leaves its
#'   combination of `by` without those references. Groups without people never count.
#'
#' @return A tibble of class [ioi_estimate], one row per combination of `by`,
#'   measure and group, in the order of `x`: the `by` columns, `measure`, `group`,
#'   `reference`, then
#'   * `estimate`: in the unit of the measure;
#'   * `std.error`: on the same scale, by the delta method;
#'   * `conf.low`, `conf.high`;
#'   * `n`: people in the two groups together, unweighted; `df`: degrees of freedom
#'     of the two together;
#'   * `statistic`, `p.value`: the test that the difference is 0, two-sided, in the
#'     rows of other measures too;
#'   * `direction` (with `favourable`): "better" or "worse" where `p.value` is below
#'     1 - level, otherwise "no clear difference";
#'   * `overlap` (with `flag = "overlap"`), and `flag`.
#'
#'   The reference has a row against itself: difference 0, ratio 1, flag
#'   "reference". `vcov()` of the result is the covariance of the gaps, which share
#'   their reference; it is not kept for more than 2,000 rows of independent groups.
#'
#' @section Measures:
#' With `p1` of the group and `p2` of the reference:
#' * "difference": `p1 - p2`, in the unit of `x` (a fraction for shares, printed in
#'   percentage points); negative where the group is below the reference.
#' * "ratio": `p1/p2`; "relative_difference": `p1/p2 - 1`, printed in per cent.
#' * "odds_ratio": `p1(1 - p2)/(p2(1 - p1))`, for shares.
#' * "shortfall": people of the group whom the difference leaves without a good outcome,
#'   `n(p2 - p1)` if a high value is good, otherwise `n(p1 - p2)`.
#' * "people_per_outcome": `1/|p1 - p2|`, the people among whom there is one outcome more
#'   or less. Where the limits of the difference include 0 there is no upper limit and
#'   the flag "includes no difference".
#' * "four_fifths": `p1` over the best rate, whatever the `reference`, with the flag
#'   "below four fifths" under 0.8. Of an outcome that is not favourable the rates
#'   without it are compared, for ratios of the two forms disagree (Keppel and Pearcy
#'   2005).
#' * "parity_index": the ratio R up to 1, `2 - 1/R` above: from 0 to 2, symmetric about 1
#'   (the adjusted index of UNESCO).
#'
#' The last five have the limits of the difference or of the ratio, carried over.
#'
#' @section Methods:
#' Let `V11`, `V22` and `V12` be variances and covariance of group and reference, and `t`
#' the quantile of the t distribution (of the normal where degrees of freedom are
#' infinite). The first method of a line is the default.
#'
#' Estimates: difference "t", "mover"; ratio "log", "mover", "t"; odds ratio "log",
#' "mover".
#' * "t": `p1 - p2 -+ t sqrt(V11 + V22 - 2 V12)`, and likewise for a ratio.
#' * "log": `exp(log(p1/p2) -+ t sqrt(V11/p1^2 + V22/p2^2 - 2 V12/(p1 p2)))`; for odds
#'   with `p(1 - p)` in place of `p`; none where a value is 0.
#' * "mover": built from the limits of the two estimates, so asymmetric as they are,
#'   with the correlation of the estimates (Newcombe 1998, method 10, generalised by
#'   Zou and Donner 2008; for ratios Donner and Zou 2012; for odds on the logit scale).
#'   Where the standard error of the gap is 0 because both shares are 0 or 1, it also
#'   stands in for "t" and "log", with the flag "ci_mover".
#'
#' Counts, difference: "newcombe" (MOVER of the two Wilson limits), "newcombe_cc" (with
#' continuity correction), "miettinen_nurminen" (score limits with `N/(N - 1)`), "mee"
#' (without), "agresti_caffo", "mover", "wald". Ratio: "miettinen_nurminen", "koopman"
#' (score without `N/(N - 1)`), "katz" (log), "walter" (log, 1/2 added), "mover". Odds
#' ratio: "miettinen_nurminen", "cornfield" (score without), "woolf" (log), "haldane"
#' (log, 1/2 added), "mover". "wald", "katz" and "woolf" are for comparison with other
#' sources: "wald" is too narrow in small groups, the others have no limits where a count
#' is 0. How often the limits hold the truth is in `vignette("parity")`.
#'
#' Rates (events over person-time), difference: "score". Ratio: "score", "exact", "midp",
#' "log". Naming one of these says that `population` is person-time.
#'
#' The test for estimates is `(p1 - p2)/sqrt(V11 + V22 - 2 V12)` on the t
#' distribution. For counts it is the chi-square test with N - 1 in place of N on one
#' degree of freedom (Campbell 2007), which needs an expected count of 1 in each cell and
#' agrees with "miettinen_nurminen" in every table. For rates it is the score test; with
#' "exact" and "midp" the conditional one, twice the smaller tail, with the events of the
#' group as `statistic`. For counts and rates against "others_mean", or a published figure
#' without `n`, it is that of estimates with `V11` as it would be at `p2`.
#'
#' An estimate with a standard error of 0, such as a rate with no events, makes "t" and
#' "log" too narrow, and its test too sure of itself: the flag is "one_se_zero". Use
#' "mover", or give the counts (`events = events, population = n` from [ioi_rate()]).
#'
#' @section Part and whole:
#' A group is part of "overall": `p1 - p = (1 - a)(p1 - p2)` with `a` its share of all
#' people and `p2` the rest. Counts have the limits of the gap to the rest times `1 - a`,
#' for ratios `R/(a R + 1 - a)`, and the test against the rest. Estimates have the
#' variance `V11 + w'Vw - 2(Vw)_1` with shares `w` taken as fixed. Taking the two as
#' independent would overstate it. For counts and an odds ratio against "overall", and
#' against "others_mean" or a published figure without `n`, the only method is "mover".
#'
#' Degrees of freedom are counted over all domains that are compared: their PSUs less
#' their strata, unless `x` was made with a number or with those of the whole design.
#' For a data frame with `df` they are those of Welch and Satterthwaite (the least, for
#' means of groups), without it infinite.
#'
#' A reference that the data choose ("best", "worst") makes ordinary limits too
#' narrow; the result says so.
#'
#' @section Adjusted gaps: Groups of different age or place can be compared within
#'   strata (`by`), or after standardisation: pass the result of [ioi_standardise()], with
#'   `variance = "binomial"` for shares of people.
#' @section Missing and empty: A group or a reference without an estimate gives a
#'   row of `NA` with a flag and stops no other. A population of 0 is an empty group.
#'   Rows without a group, or without a value in `by`, are left out; a message of
#'   class `ioi_message_missing` gives their number.
#' @section Flags: "reference": the reference itself; "empty", "missing": the group
#'   has nobody, or no estimate; "no_reference": the reference has none there;
#'   "no_limits": a standard error or limit that is needed is missing; "df": no
#'   degrees of freedom; "no_log": the ratio has no logarithm; "ci_mover": limits by
#'   MOVER, as the standard error is 0; "se_zero": the standard error is 0 and the
#'   limits are a point; "one_se_zero": that of the group or of the reference is 0; and
#'   two under Measures. Flags of the estimates that concern the
#'   gap are carried on.
#' @section Errors: `ioi_error_input` for an argument that is wrong or not offered
#'   here, or a reference that no row has; `ioi_error_data` for negative or infinite
#'   counts or standard errors, more events than people, and groups that occur twice
#'   within a combination of `by`.
#' @references
#' Agresti, A. and Caffo, B. (2000). Simple and effective confidence intervals for
#' proportions and differences of proportions. *Am. Stat.* 54, 280-288.
#'
#' Campbell, I. (2007). Chi-squared and Fisher-Irwin tests of two-by-two tables with
#' small sample recommendations. *Stat. Med.* 26, 3661-3675. \doi{10.1002/sim.2832}
#'
#' Donner, A. and Zou, G. Y. (2012). Closed-form confidence intervals for functions
#' of the normal mean and standard deviation. *Stat. Methods Med. Res.* 21, 347-359.
#' \doi{10.1177/0962280210383082}
#'
#' Keppel, K. G. and Pearcy, J. N. (2005). Measuring relative disparities in terms of
#' adverse events. *J. Public Health Manag. Pract.* 11, 479-483.
#'
#' Koopman, P. A. R. (1984). Confidence intervals for the ratio of two binomial
#' proportions. *Biometrics* 40, 513-517.
#'
#' Miettinen, O. and Nurminen, M. (1985). Comparative analysis of two rates. *Stat. Med.*
#' 4, 213-226. \doi{10.1002/sim.4780040211}
#'
#' Newcombe, R. G. (1998). Interval estimation for the difference between independent
#' proportions. *Stat. Med.* 17, 873-890.
#'
#' Zou, G. Y. and Donner, A. (2008). Construction of confidence limits about effect
#' measures: a general approach. *Stat. Med.* 27, 1693-1702. \doi{10.1002/sim.3095}
#' @seealso [ioi_proportion()] for the estimates; [ioi_estimate] for what can be done
#'   with the result; `vignette("parity")` on reading it, `vignette("disparity")` on many
#'   groups and what a gap is made of.
#' @examples
#' # Counts: people hired out of those who applied
#' hired <- data.frame(
#'   group = c("A", "B", "C"), hired = c(56, 48, 9), applied = c(70, 80, 10)
#' )
#' ioi_parity(hired, group, "B",
#'   events = hired, population = applied, favourable = TRUE
#' )
#' # against all applicants, and how many more of each group would have to be hired
#' ioi_parity(hired, group, "overall",
#'   measure = c("difference", "shortfall"), events = hired, population = applied,
#'   favourable = TRUE
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
                       events = NULL, population = NULL, level = NULL,
                       family = c("within", "all"), flag = c("test", "overlap"),
                       na.rm = FALSE) {
  call <- rlang::current_env()
  check_dots_empty_ioi(...)
  measure <- if (missing(measure)) "difference" else measure
  check_data(x, "x")
  parity_given(missing(group), "group", "the column that holds the groups", call)
  parity_given(missing(reference), "reference", "the group to compare with", call)
  columns <- list(
    by = union(existing_groups(x), resolve_columns(rlang::enquo(by), x, "by")),
    group = resolve_column(rlang::enquo(group), x, "group"),
    events = resolve_columns(rlang::enquo(events), x, "events", most = 1),
    population = resolve_columns(rlang::enquo(population), x, "population", most = 1)
  )
  rule <- parity_rule(measure, adjust, favourable, family, flag, na.rm, call)
  if (!is.null(level)) check_level(level)
  source <- parity_source(columns, ci, call)
  limits <- rule$flag == "overlap" || any(ci %in% "mover")
  cells <- switch(source,
    counts = ,
    rates = parity_counts(x, columns, level, source == "rates", call),
    estimates = if (is_estimate(x)) {
      parity_estimates(x, columns, level, limits, call)
    } else {
      parity_table(x, columns, level, limits, call)
    }
  )
  cells <- parity_drop_missing(cells, rule$na.rm)
  rule$level <- cells$info$level
  parity_compare(cells, reference, source, ci, rule, call)
}

# The gaps of cells from `reference`, as a table.
parity_compare <- function(cells, reference, source, ci, rule, call) {
  made <- parity_parts(cells, reference, source, ci, rule, call)
  parity_result(made$cells, made$parts, made$rule)
}

# The gaps of each measure: list(cells, parts, rule), with the limits of the cells and the
# methods settled; a part is list(gap, reference).
parity_parts <- function(cells, reference, source, ci, rule, call) {
  ask <- parity_ask(cells, reference, call)
  rule$ci <- parity_ci(ci, rule$measure, parity_kinds(source, ask), call)
  parity_check_shortfall(cells, rule$measure, call)
  figures <- any(rule$ci == "mover") || rule$flag == "overlap"
  if (source != "estimates" && figures) cells <- parity_count_limits(cells)
  common <- parity_reference(cells, ask, rule$favourable, figures, call)
  parts <- lapply(stats::setNames(nm = rule$measure), function(m) {
    if (m == "four_fifths") {
      return(parity_four_fifths(cells, rule, figures, call))
    }
    list(gap = parity_gaps(cells, common, m, rule$ci[[m]], rule$sign), reference = common)
  })
  list(cells = cells, parts = parts, rule = rule)
}

# A shortfall is of people.
parity_check_shortfall <- function(cells, measure, call) {
  if ("shortfall" %in% measure && length(cells$people) && all(is.na(cells$people))) {
    abort_ioi(
      c(
        "The measure {.val shortfall} needs the people of each group.",
        "i" = "Name their column in {.arg population}, or give {.arg x} a column {.field n}."
      ),
      "input",
      arg = "population", call = call
    )
  }
}

# ---- the four-fifths index ----------------------------------------------------

# Each group over the one with the best rate.
parity_four_fifths <- function(cells, rule, figures, call) {
  flip <- parity_flips("four_fifths", rule$favourable)
  ask <- list(kind = "cell", how = "best")
  best <- parity_reference(cells, ask, !flip, figures, call)
  to <- best
  if (flip) {
    cells <- parity_flip(cells, "events")
    to <- parity_flip(best, "x")
  }
  gap <- parity_gaps(cells, to, "four_fifths", rule$ci[["four_fifths"]], rule$sign)
  list(gap = gap, reference = best)
}

# Of an adverse outcome the index compares the shares without it.
parity_flips <- function(measure, favourable) {
  measure == "four_fifths" && identical(favourable, FALSE)
}

# Cells, or references, of those without the outcome; `events` names their counts.
parity_flip <- function(x, events) {
  x$value <- 1 - x$value
  x[c("low", "high")] <- list(1 - x$high, 1 - x$low)
  if (!is.null(x[[events]])) x[[events]] <- x$n - x[[events]]
  x
}

# ---- arguments ----------------------------------------------------------------

parity_given <- function(missing, arg, what, call) {
  if (missing) {
    abort_ioi("{.arg {arg}} must be given: {what}.", "input", arg = arg, call = call)
  }
}

# What is asked, checked.
parity_rule <- function(measure, adjust, favourable, family, flag, na.rm, call) {
  measure <- parity_measures(measure, call)
  adjust <- check_choice(adjust, stats::p.adjust.methods, "adjust", call)
  if (!is.null(favourable)) check_flag(favourable, "favourable", call)
  if ("shortfall" %in% measure && is.null(favourable)) {
    abort_ioi(
      "{.arg favourable} must be given for the shortfall: is a high value good?",
      "input",
      arg = "favourable", call = call
    )
  }
  list(
    measure = measure, adjust = adjust, favourable = favourable,
    sign = if (isTRUE(favourable)) -1 else 1,
    family = check_choice(family, c("within", "all"), "family", call),
    flag = check_choice(flag, c("test", "overlap"), "flag", call),
    na.rm = check_flag(na.rm, "na.rm", call)
  )
}

# The measures asked for, in the order asked.
parity_measures <- function(measure, call) {
  offered <- names(parity_bases)
  unknown <- if (is.character(measure)) setdiff(measure, offered) else measure
  if (!is.character(measure) || !length(measure) || length(unknown)) {
    abort_ioi(
      c(
        "{.arg measure} must be {.or {.val {offered}}}.",
        "x" = "It is {.val {as_shown(unknown)}}."
      ),
      "input",
      arg = "measure", call = call
    )
  }
  unique(measure)
}

# Counts of people, counts over time at risk, or estimates.
parity_source <- function(columns, ci, call) {
  if (!length(columns$events)) {
    return("estimates")
  }
  if (!length(columns$population)) {
    abort_ioi("{.arg population} must name a column.", "input",
      arg = "population", call = call
    )
  }
  if (is.character(ci) && any(ci %in% parity_rate_methods)) "rates" else "counts"
}

# Which methods there are for each base: those of counts need a reference that is a set
# of people too.
parity_kinds <- function(source, ask) {
  if (source == "estimates") {
    return(parity_methods$estimates)
  }
  means <- identical(ask$how, "others_mean")
  uncounted <- ask$kind == "published" && (is.na(ask$figure$n) || ask$figure$known)
  if (means || uncounted) {
    return(parity_methods$figures)
  }
  offered <- parity_methods[[source]]
  if (identical(ask$how, "overall")) {
    offered$odds_ratio <- intersect(offered$odds_ratio, "mover")
  }
  offered
}

# A method for each measure.
parity_ci <- function(ci, measure, kinds, call) {
  offered <- stats::setNames(kinds[parity_bases[measure]], measure)
  if (is.null(ci)) {
    return(vapply(offered, `[[`, "", 1))
  }
  if (!is.character(ci) || !length(ci) %in% c(1, length(measure)) || anyNA(ci)) {
    abort_ioi(
      c(
        "{.arg ci} must be one method, or one for each measure.",
        "x" = "It is {.val {as_shown(ci)}}."
      ),
      "input",
      arg = "ci", call = call
    )
  }
  ci <- stats::setNames(rep_len(ci, length(measure)), measure)
  for (m in measure[!mapply(`%in%`, ci, offered)]) {
    abort_ioi(
      c(
        if (length(offered[[m]])) {
          paste0(
            "{.arg ci} for {.val {m}}, from these data and with this reference, must be ",
            "{.or {.val {offered[[m]]}}}."
          )
        } else {
          "{.val {m}} has no method for rates."
        },
        "x" = "It is {.val {ci[[m]]}}."
      ),
      "input",
      arg = "ci", call = call
    )
  }
  ci
}
