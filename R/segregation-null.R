# Segregation under chance: what small units and small groups alone would give.

null_choices <- c("fixed", "binomial")

# These say nothing of units, or are fixed by the totals.
without_null <- c("diversity", "simpson")

#' Compare segregation with chance
#'
#' Where units are small or a group is rare, an index is well above 0 although people
#' were put into units without regard to their group. This gives what chance would
#' give, exactly, and how far the data are from it.
#'
#' @inheritParams ioi_segregation
#' @param data As in [ioi_segregation()], but counts of whole people: a survey design
#'   has none.
#' @param index One or more indices of [ioi_segregation()], but those of places, and
#'   `"diversity"` and `"simpson"`, which chance leaves as they are.
#' @param null What chance keeps. `"fixed"`: the totals of units and of groups, as when
#'   the people there are dealt out to the places there are. `"binomial"`: the totals
#'   of units; each person belongs to a group with the probability observed overall.
#' @param reps `NULL`, or the number of tables drawn at random for `p.value`. Indices
#'   without an exact form (Gini, Atkinson, symmetric Atkinson of three groups or more,
#'   minimum over maximum, exposure of one of three groups or more to another) are
#'   simulated with as many, or 500.
#' @return A tibble of class [ioi_estimate], a row per area, index and comparison: the
#'   `by` columns, `index`, `group`, `other`, `estimate` (the index of the data),
#'   `expected` and `std.deviation` (of the index under chance), `z` (estimate less
#'   expected, by standard deviation), `p.value` (only with `reps`), `method` (`"exact"`
#'   or `"simulated"`), `units`, `n` and `flag`; `std.error`, `conf.low` and `conf.high`
#'   are `NA`, for nothing is said of a population.
#' @section Formula: Under chance a group of \eqn{X} has \eqn{k} members in a unit of
#'   \eqn{t} with hypergeometric (`"fixed"`) or binomial probability. An index that is a
#'   sum over cells has the sum of the means of its terms as mean. Units of one size
#'   have the same mean, so only distinct sizes are worked through; probabilities are
#'   built outward from the most probable \eqn{k}. Under `"fixed"` units are dependent.
#'   Terms are written as sums of the polynomials that are orthonormal under the law of
#'   their cell (Hahn's); those of degree \eqn{d} of two units have the correlation
#'   \eqn{(-1)^d \sqrt{(t_i)_d (t_j)_d / ((T - t_i)_d (T - t_j)_d)}},
#'   \eqn{(t)_d = t (t - 1) \dots (t - d + 1)}, those of two groups alike, and all
#'   others none. So the variance is exact too, to some \eqn{10^{-10}} of itself. It is
#'   less exact only where three or more groups live in units of more than half a
#'   million people, or two units of many thousands hold nearly everybody.
#'   The correlation ratio, relative diversity and the squared coefficient of variation
#'   have the mean \eqn{(n - 1)/(T - 1)}, \eqn{n} units and \eqn{T} people. Under
#'   `"binomial"` shares of groups stand in the exact formulas as constants.
#' @section p-value: \eqn{(1 + m)/(1 + B)}, \eqn{m} of \eqn{B} tables drawn being at
#'   least as segregated as the data: with a larger index, for `exposure` with a smaller
#'   one. Never 0. Tables are drawn with the same totals and the probability that dealing
#'   gives them, and follow [set.seed()].
#' @section Missing and empty: As in [ioi_segregation()]. An area without value has its
#'   flag. Where chance leaves no room (`std.deviation` is 0) `z` is `NA` with flag
#'   `certain`.
#' @section Errors: `ioi_error_input` for a wrong column, index or group and for a
#'   design; `ioi_error_data` for negative, missing, infinite or fractional counts.
#' @section Other software: The R package MLID and pysal's systematic null draw units
#'   without their sizes; Carrington and Troske's method draws the share of the group
#'   anew. This is why their expectations differ.
#' @references Cortese, C. F., Falk, R. F. and Cohen, J. K. (1976). Further considerations
#'   on the methodological analysis of segregation indices. *American Sociological
#'   Review* 41(4), 630-637. \doi{10.2307/2094840}
#'
#'   Winship, C. (1977). A revaluation of indexes of residential segregation. *Social
#'   Forces* 55(4), 1058-1066. \doi{10.2307/2577572}
#' @examples
#' # pupils of a small group in the schools of one authority
#' schools <- school_census_2023[school_census_2023$la_name == "Hartlepool", ]
#' schools$others <- schools$headcount - schools$bangladeshi
#' ioi_segregation_null(
#'   schools,
#'   group = c(bangladeshi, others), index = c("dissimilarity", "correlation_ratio")
#' )
#'
#' # a p-value from 99 tables
#' set.seed(1)
#' ioi_segregation_null(cbind(a = c(4, 3, 9), b = c(8, 7, 3)), reps = 99)
#' @export
ioi_segregation_null <- function(data, group, unit, count = NULL, by = NULL,
                                 index = "dissimilarity",
                                 compare = c("multigroup", "pairwise", "rest"),
                                 groups = NULL, null = c("fixed", "binomial"), reps = NULL,
                                 shape = 0.5, base = exp(1), ...) {
  check_dots_empty_ioi(...)
  index <- check_null_indices(check_segregation_index(index))
  check_groups(groups)
  compare <- if (!missing(compare)) check_choice(compare, compare_choices, "compare")
  options <- list(
    null = check_choice(null, null_choices, "null"), reps = check_null_reps(reps),
    shape = check_shape(shape), base = check_base(base), normalise = FALSE
  )
  source <- segregation_source(data)
  check_no_design(source$design)
  columns <- segregation_columns(
    source,
    rlang::enquo(group), rlang::enquo(unit), rlang::enquo(count), rlang::enquo(by)
  )
  check_by_names(columns$by, c("expected", "std.deviation", "z", "p.value", "method"))
  layout <- segregation_layout(source, columns, groups)
  compare <- choose_form(index, compare, groups, layout$labels)
  plan <- segregation_plan(index, compare, groups, layout$labels, options)
  tally <- segregation_tally(layout)
  lost <- report_left_out(layout, tally)
  table <- tally$table
  check_whole_people(table)
  estimate <- null_estimate(layout, table, plan, options)
  null_result(layout, estimate, plan, compare, index, options, lost)
}

check_null_indices <- function(index, call = rlang::caller_env()) {
  placed <- index[is.na(index_facts(index, "core"))]
  if (length(placed)) {
    abort_ioi(
      c(
        "{.arg index} must be of counts alone.",
        "x" = "{.val {placed}} need{?s/} to know where units are."
      ),
      "input",
      arg = "index", call = call
    )
  }
  wrong <- intersect(index, without_null)
  if (length(wrong)) {
    abort_ioi(
      c(
        "{.arg index} must differ under chance.",
        "x" = "{.val {wrong}} depend{?s/} on the totals of the groups alone."
      ),
      "input",
      arg = "index", call = call
    )
  }
  index
}

check_null_reps <- function(reps, call = rlang::caller_env()) {
  good <- is.null(reps) || (is.numeric(reps) && length(reps) == 1 && is.finite(reps) &&
    reps >= 2 && reps <= 1e7 && reps == round(reps))
  if (!good) {
    abort_ioi("{.arg reps} must be {.code NULL} or one whole number, 2 or more.", "input",
      arg = "reps", call = call
    )
  }
  if (is.null(reps)) NULL else as.integer(reps)
}

# Chance deals out people, whom weights do not count.
check_no_design <- function(design, call = rlang::caller_env()) {
  if (!is.null(design)) {
    abort_ioi(
      c(
        "{.arg data} must hold counts of people.",
        "x" = "It is a survey design, whose weights count people only on average."
      ),
      "input",
      arg = "data", call = call
    )
  }
}

check_whole_people <- function(table, call = rlang::caller_env()) {
  broken <- which(table != floor(table))
  if (length(broken)) {
    abort_ioi(
      c(
        "Chance deals out whole people.",
        "x" = "{length(broken)} cell{?s} of unit and group {?is/are} not whole; the first is
               {table[broken[1]]}."
      ),
      "data",
      arg = "count", rows = length(broken), call = call
    )
  }
}

# Values, and their law under chance: exact, or drawn where there is no exact form.
null_estimate <- function(layout, table, plan, options) {
  out <- segregation_values(table, table, layout$first, plan)
  areas <- length(layout$first) - 1L
  model <- match(options$null, null_choices) - 1L
  exact <- .Call(ioi_r_segregation_null, table, layout$first, plan, model)
  seen <- ifelse(out$status == "ok" & exact$status == "ok", out$estimate, NA)
  simulated <- is.na(exact$mean) & !is.na(seen)
  which <- unname(tapply(
    simulated, factor(rep_len(seq_along(plan$index), length(simulated)), seq_along(plan$index)),
    any
  ))
  which <- !is.na(which) & (which | !is.null(options$reps))
  reps <- if (is.null(options$reps)) 500L else options$reps
  drawn <- .Call(
    ioi_r_segregation_permute, table, layout$first, plan, model, seen, which, reps,
    draw_seed()
  )
  c(out, list(
    areas = areas, area = rep(seq_len(areas), each = length(plan$index)),
    name = rep(plan$name, areas),
    expected = ifelse(simulated, drawn$mean, exact$mean),
    sd = ifelse(simulated, drawn$sd, exact$sd), simulated = simulated,
    known = exact$status, p = (1 + drawn$extreme) / (1 + drawn$n), reps = reps
  ))
}

# The estimate table.
null_result <- function(layout, estimate, plan, compare, index, options, lost) {
  rows <- length(estimate$estimate)
  times <- estimate$areas
  none <- rep(NA_real_, rows)
  labels <- lapply(layout$area$labels, function(x) x[estimate$area])
  known <- estimate$status == "ok" & estimate$known == "ok"
  expected <- ifelse(known, estimate$expected, NA)
  sd <- ifelse(known, estimate$sd, NA)
  certain <- known & !is.na(sd) & sd <= 1e-10 * abs(expected)
  z <- ifelse(certain, NA, (estimate$estimate - expected) / sd)
  flag <- ifelse(estimate$status == "ok", ifelse(known, "", estimate$known), estimate$status)
  flag[certain] <- "certain"
  table <- c(
    labels,
    list(
      index = rep(plan$name, times), group = rep(plan$group, times),
      other = rep(plan$other, times), estimate = estimate$estimate, std.error = none,
      conf.low = none, conf.high = none, expected = expected, std.deviation = sd, z = z
    ),
    if (!is.null(options$reps)) list(p.value = ifelse(known, estimate$p, NA)),
    list(
      method = ifelse(estimate$simulated, "simulated", "exact"),
      units = estimate$units, n = estimate$n, flag = flag
    )
  )
  new_ioi_estimate(
    tibble::new_tibble(table, nrow = rows),
    info = null_info(layout, estimate, compare, index, options, names(labels), lost)
  )
}

null_info <- function(layout, estimate, compare, index, options, by, lost) {
  words <- switch(options$null,
    fixed = "Chance keeps the totals of units and of groups.",
    binomial = "Chance keeps the totals of units; each person's group is drawn."
  )
  list(
    what = "Segregation and chance", unit = "index", by = by, level = NULL, ci = "none",
    limits = "fixed", design = list(type = "counts", rows = layout$rows),
    compare = compare, null = options$null, reps = options$reps, base = options$base,
    shape = options$shape, dropped = layout$left_out,
    flags = c(certain = "chance leaves only one value"),
    notes = c(
      if (lost > 0) paste(count_words(lost, "row"), "without group, unit or area left out."),
      comparison_words(compare, index), words,
      if (any(estimate$simulated)) {
        drawn <- unique(estimate$name[estimate$simulated])
        paste0(
          "Simulated with ", estimate$reps, " tables: ", paste(drawn, collapse = ", "), "."
        )
      },
      if (!is.null(options$reps)) {
        paste0("p-values: ", options$reps, " tables, (1 + as extreme)/(1 + all).")
      }
    )
  )
}
