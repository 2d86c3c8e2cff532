# Decompositions: how much of a gap comes from who is in the groups, how much from what
# happens to them. Formulas and sources are in src/core/decompose.h; variances of
# regressions are those of totals of influence, by the road of every other measure.

kitagawa_parts <- c(
  "gap", "rate", "composition", "endowment", "coefficient", "interaction"
)
oaxaca_parts <- c(
  "gap", "explained", "unexplained", "unexplained_A", "unexplained_B", "endowments",
  "coefficients", "interaction"
)
oaxaca_references <- c("jann", "A", "B", "average", "cotton", "pooled")

decompose_flag_words <- list(
  missing = "a rate is missing",
  "empty stratum" = "a group has nobody in some stratum, which is composition alone",
  no_se = "no standard error: that of a rate is not known"
)

#' Decompose a gap between groups
#'
#' Splits the gap between two groups into what comes from their composition (who is in
#' them) and what comes from different outcomes of the same kind of people. Of two tables
#' of rates by stratum after Kitagawa, of records by regressions after Oaxaca and Blinder.
#'
#' @param x For rates, a data frame with a row per stratum of the group (A). For records, a
#'   data frame or an [ioi_design()].
#' @param y For rates, the same table of the reference group (B). For records, a formula
#'   `outcome ~ predictor + predictor`.
#' @param by Columns that define the strata, in both tables; matched as text.
#' @param rate Column with the rate of the stratum, in both tables.
#' @param n Column with the people in the stratum, in both tables.
#' @param std_error Column with the standard error of the rate. `NULL`: rates from 0 to 1
#'   are taken as shares of `n` people, others have none.
#' @param composition "known": the shares of the strata are known, as from a census;
#'   "sampled": they vary as those of samples of `n` people.
#' @param detail `TRUE` adds rows for each stratum, or for each term of the formula.
#' @param level Confidence level.
#' @param ... Must be empty.
#' @param group Column that holds the groups. Each group is compared with the reference.
#' @param reference The reference group (B), as text.
#' @param coefficients Whose coefficients are the standard: "jann" (of both groups
#'   together, with an indicator of the group), "A", "B", "average" (their mean), "cotton"
#'   (weighted by the size of the groups), "pooled" (both groups together, without
#'   indicator); several of them, or "all".
#' @param weights Column of weights, where `x` is a data frame.
#' @param normalise `TRUE` expresses the coefficients of a factor as deviations from their
#'   mean over all levels, so that its unexplained part does not depend on which level is
#'   left out. It moves numbers between terms of the detail only.
#'
#' @return A tibble of class [ioi_estimate], with the covariance of all rows in `vcov()`.
#'   The gap is A - B, negative where the group is below its reference.
#'   For rates: the strata with `detail`, `measure` ("gap", "rate", "composition", and the
#'   three parts "endowment", "coefficient", "interaction"), `estimate`, `std.error`,
#'   `conf.low`, `conf.high`, `n`, `flag`. With `detail` the rows of all strata together
#'   come first and have `NA` in the columns of `by`.
#'   For records: `term` with `detail` (`NA`: all terms together), `measure` ("gap",
#'   "explained", "unexplained", which is "unexplained_A" + "unexplained_B", and the three
#'   parts "endowments", "coefficients", "interaction"), `group`, `reference`,
#'   `coefficients`, `estimate`, `std.error`, `conf.low`, `conf.high`, `n` (records of both
#'   groups), `df` and `flag`. All in the unit of the outcome.
#'
#' @section Rates by stratum: With shares a, b of the strata and rates A, B: rate
#'   \eqn{\sum (a + b)/2 (A - B)} and composition \eqn{\sum (A + B)/2 (a - b)} add up to the
#'   gap; so do endowment \eqn{\sum (a - b) B}, coefficient \eqn{\sum b (A - B)} and
#'   interaction \eqn{\sum (a - b)(A - B)}. A stratum in which a group has nobody has no rate
#'   there: it takes the rate of the other group, is composition alone, and is flagged
#'   "empty stratum". One that is empty in both is left out.
#' @section Regressions: With means \eqn{\bar x} and coefficients \eqn{\beta} of a linear
#'   regression in each group: explained \eqn{(\bar x_A - \bar x_B)'\beta^*}, unexplained in
#'   A \eqn{\bar x_A'(\beta_A - \beta^*)} and in B \eqn{\bar x_B'(\beta^* - \beta_B)};
#'   endowments \eqn{(\bar x_A - \bar x_B)'\beta_B}, coefficients
#'   \eqn{\bar x_B'(\beta_A - \beta_B)} and interaction \eqn{(\bar x_A - \bar x_B)'(\beta_A -
#'   \beta_B)}. An outcome of 0 and 1 (or logical) is a linear probability model.
#'
#'   Standard errors follow the design: they are those of the total of each row's influence
#'   on the part, through means and coefficients alike. Predictors are not taken as fixed,
#'   and residuals may have any variance. Replicate weights are applied to the influence.
#'   In 3,000 draws 95% limits held the parts of a gap between rates in 94.7% to 95.0%
#'   (Kitagawa, 120 and 150 people), those of regressions in 93.9% to 95.2% (80 and 120
#'   people) and 93.6% to 95.1% (15 areas): `bench/coverage_decompose.R` in the source.
#'
#'   "Unexplained" is not discrimination, nor "explained" justified: what is left out of the
#'   formula is in the first, and a predictor can itself be the result of unequal treatment.
#' @section Missing and empty: For rates a missing rate of people who are there gives `NA`
#'   and the flag "missing". For records rows with a missing value are left out, kept in the
#'   design, and counted in a message of class `ioi_message_missing`.
#' @section Errors: `ioi_error_input` for wrong arguments; `ioi_error_data` for strata that
#'   occur twice, negative or infinite numbers, a group without records, and predictors
#'   that are collinear within a group (the message names the first).
#' @references
#' Blinder, A. S. (1973). Wage discrimination: reduced form and structural estimates. *J.
#' Hum. Resour.* 8, 436-455. \doi{10.2307/144855}
#'
#' Jann, B. (2008). The Blinder-Oaxaca decomposition for linear regression models. *Stata
#' J.* 8, 453-479. \doi{10.1177/1536867X0800800401}
#'
#' Kitagawa, E. M. (1955). Components of a difference between two rates. *J. Am. Stat.
#' Assoc.* 50, 1168-1194. \doi{10.1080/01621459.1955.10501299}
#'
#' Oaxaca, R. (1973). Male-female wage differentials in urban labor markets. *Int. Econ.
#' Rev.* 14, 693-709. \doi{10.2307/2525981}
#'
#' Yun, M.-S. (2005). A simple solution to the identification problem in detailed wage
#' decompositions. *Econ. Inq.* 43, 766-772. \doi{10.1093/ei/cbi053}
#' @seealso [ioi_plot_gap_parts()] for a chart; [ioi_parity()] for gaps,
#'   [ioi_standardise()] for rates at one composition
#' @examples
#' # pupils with and without free meals: is the gap one of where they live?
#' pupils <- aggregate(cbind(reached, pupils) ~ region + free_meals, attainment_2016, sum)
#' pupils$rate <- pupils$reached / pupils$pupils
#' meals <- split(pupils, pupils$free_meals)
#' ioi_decompose(meals[["eligible"]], meals[["not eligible"]],
#'   by = region, rate = rate, n = pupils
#' )
#'
#' # worry about attack: how much is age and sex between ethnic groups
#' survey <- subset(crime_survey_2008, !is.na(weight) & !is.na(worry_racial_attack))
#' survey$worried <- survey$worry_racial_attack %in% c("very worried", "fairly worried")
#' ioi_decompose(survey, worried ~ age + sex, ethnic_group,
#'   reference = "white", weights = weight
#' )
#' @export
ioi_decompose <- function(x, y, ...) {
  UseMethod("ioi_decompose", y)
}

#' @export
ioi_decompose.default <- function(x, y, ...) {
  abort_ioi(
    c(
      "{.arg y} must be a table of rates, or a formula.",
      "x" = "It is {.cls {class(y)}}."
    ),
    "input",
    arg = "y", call = rlang::current_env()
  )
}

# ---- rates by stratum ---------------------------------------------------------

#' @rdname ioi_decompose
#' @export
ioi_decompose.data.frame <- function(x, y, by, rate, n, ..., std_error = NULL,
                                     composition = c("known", "sampled"), detail = FALSE,
                                     level = 0.95) {
  call <- rlang::current_env()
  check_dots_empty_ioi(...)
  for (arg in c("x", "y")) check_data(get(arg), arg)
  columns <- list(
    by = resolve_columns(rlang::enquo(by), x, "by"),
    rate = resolve_column(rlang::enquo(rate), x, "rate"),
    n = resolve_column(rlang::enquo(n), x, "n"),
    std_error = resolve_columns(rlang::enquo(std_error), x, "std_error", most = 1)
  )
  parity_given(!length(columns$by), "by", "the columns that define the strata", call)
  check_by_names(columns$by, c("measure", core_columns, "n", "flag"))
  lacking <- setdiff(unlist(columns), names(y))
  if (length(lacking)) {
    abort_ioi(
      c(
        "{.arg y} must have the columns of {.arg x}.",
        "x" = "It has no column {.field {lacking}}."
      ),
      "input",
      arg = "y", call = call
    )
  }
  composition <- check_choice(composition, c("known", "sampled"), "composition")
  check_flag(detail, "detail")
  level <- check_level(level)
  strata <- decompose_strata(x, y, columns, call)
  kitagawa_table(strata, columns$by, composition, detail, level)
}

# The strata of both tables: list(labels, a, b), each of a and b a list of rate, n and
# variance in the order of labels.
decompose_strata <- function(x, y, columns, call) {
  text <- lapply(columns$by, function(name) c(as.character(x[[name]]), as.character(y[[name]])))
  id <- parity_block(text, nrow(x) + nrow(y))
  first <- match(seq_len(max(0L, id)), id)
  both <- lapply(columns$by, function(name) {
    if (is.factor(x[[name]])) factor(c(as.character(x[[name]]), as.character(y[[name]])),
      union(levels(x[[name]]), as.character(y[[name]]))
    ) else c(x[[name]], y[[name]])
  })
  of <- list(a = id[seq_len(nrow(x))], b = id[nrow(x) + seq_len(nrow(y))])
  out <- list(labels = stats::setNames(lapply(both, `[`, first), columns$by))
  for (side in c("a", "b")) {
    data <- if (side == "a") x else y
    decompose_twice(of[[side]], if (side == "a") "x" else "y", call)
    at <- match(seq_along(first), of[[side]])
    out[[side]] <- decompose_side(data, columns, at, call)
  }
  kept <- out$a$n > 0 | out$b$n > 0
  out$labels <- lapply(out$labels, `[`, kept)
  out$a <- lapply(out$a, `[`, kept)
  out$b <- lapply(out$b, `[`, kept)
  for (side in c("a", "b")) {
    if (!sum(out[[side]]$n) > 0) {
      abort_ioi("{.arg {if (side == 'a') 'x' else 'y'}} must have people in some stratum.",
        "data",
        arg = columns$n, call = call
      )
    }
  }
  out
}

decompose_twice <- function(id, arg, call) {
  twice <- which(duplicated(id))
  if (length(twice)) {
    abort_ioi(
      c(
        "{.arg {arg}} must have one row for each stratum.",
        "x" = "{length(twice)} row{?s} repeat{?s/} a stratum, first row {twice[1]}."
      ),
      "data",
      arg = "by", where = twice, call = call
    )
  }
}

# Rates, people and variances of one table in the order of the strata.
decompose_side <- function(data, columns, at, call) {
  number <- function(name, least) check_parity_number(data[[name]], name, least, call)[at]
  n <- number(columns$n, 0)
  n[is.na(at)] <- 0
  if (anyNA(n)) {
    abort_ioi("Column {.field {columns$n}} must not be missing.", "data",
      arg = columns$n, call = call
    )
  }
  rate <- number(columns$rate, -Inf)
  list(
    rate = ifelse(n > 0, rate, NaN), n = n,
    variance = if (length(columns$std_error)) number(columns$std_error, 0)^2
  )
}

# Without standard errors: rates of 0 to 1 are shares of n people.
decompose_variance <- function(side, shares) {
  if (!is.null(side$variance)) {
    return(side$variance)
  }
  if (!shares) {
    return(rep(NaN, length(side$n)))
  }
  ifelse(side$n > 0, side$rate * (1 - side$rate) / side$n, 0)
}

kitagawa_table <- function(strata, by, composition, detail, level) {
  a <- strata$a
  b <- strata$b
  shares <- all(c(a$rate, b$rate) >= 0 & c(a$rate, b$rate) <= 1, na.rm = TRUE)
  found <- kitagawa_numbers(a, b, shares, composition, detail)
  blocks <- if (detail) c(0L, seq_along(a$n)) else 0L
  stratum <- rep(blocks, each = length(kitagawa_parts))
  of <- function(whole, each) c(whole, each)[stratum + 1]
  empty <- a$n == 0 | b$n == 0
  limits <- interval_t(found$estimate, found$std.error, Inf, level)
  lost <- is.na(found$estimate)
  table <- c(
    if (detail) lapply(strata$labels, `[`, ifelse(stratum == 0, NA, stratum)),
    list(
      measure = rep(kitagawa_parts, length(blocks)), estimate = found$estimate,
      std.error = found$std.error, conf.low = limits$conf.low, conf.high = limits$conf.high,
      n = of(sum(a$n + b$n), a$n + b$n),
      flag = join_flags(list(
        missing = lost, "empty stratum" = of(any(empty), empty),
        no_se = !lost & is.na(found$std.error)
      ))
    )
  )
  new_ioi_estimate(
    tibble::new_tibble(table, nrow = length(stratum)),
    vcov = found$vcov,
    info = list(
      what = "Decomposition of a gap between rates", by = if (detail) by else character(),
      unit = if (shares) "points" else "number", level = level, ci = "wald",
      limits = "wald", flags = decompose_flag_words,
      notes = c(
        paste0("Strata: ", paste(by, collapse = ", "), ". The gap is that of x from y."),
        if (composition == "known") "The shares of the strata are taken as known."
      )
    )
  )
}

# list(estimate, std.error, vcov) of the parts, of all strata together and then of each.
kitagawa_numbers <- function(a, b, shares, composition, detail) {
  out <- .Call(
    ioi_r_kitagawa,
    lapply(list(
      a$rate, a$n / sum(a$n), b$rate, b$n / sum(b$n), decompose_variance(a, shares),
      decompose_variance(b, shares)
    ), as.double),
    if (composition == "sampled") c(sum(a$n), sum(b$n)) else c(Inf, Inf), detail
  )
  se <- na_if_nan(sqrt(diag(out$vcov)))
  out$std.error <- replace(se, is.na(out$estimate), NA)
  out$vcov <- missing_rows(out$vcov, is.na(out$std.error))
  out
}

# ---- records ------------------------------------------------------------------

#' @rdname ioi_decompose
#' @export
ioi_decompose.formula <- function(x, y, group, reference, coefficients = "jann", ...,
                                  weights = NULL, normalise = TRUE, detail = FALSE,
                                  level = 0.95) {
  call <- rlang::current_env()
  check_dots_empty_ioi(...)
  parity_given(missing(group), "group", "the column that holds the groups", call)
  parity_given(missing(reference), "reference", "the group to compare with", call)
  weights <- rlang::enquo(weights)
  design <- if (rlang::quo_is_null(weights)) {
    as_ioi_design(x)
  } else {
    check_data(x, "x")
    column <- resolve_column(weights, x, "weights")
    ioi_design(x, weights = tidyselect::all_of(column))
  }
  group <- resolve_column(rlang::enquo(group), design$data, "group")
  for (arg in c("normalise", "detail")) check_flag(get(arg), arg)
  coefficients <- check_coefficients(coefficients, call)
  level <- check_level(level)
  frame <- oaxaca_frame(y, design, group, reference, normalise, call)
  oaxaca_table(frame, design, coefficients, detail, level, call)
}

check_coefficients <- function(coefficients, call) {
  if (identical(coefficients, "all")) {
    return(oaxaca_references)
  }
  unknown <- if (is.character(coefficients)) {
    setdiff(coefficients, oaxaca_references)
  } else {
    coefficients
  }
  if (!is.character(coefficients) || !length(coefficients) || length(unknown)) {
    abort_ioi(
      c(
        "{.arg coefficients} must be {.or {.val {oaxaca_references}}}, or {.val all}.",
        "x" = "It is {.val {as_shown(unknown)}}."
      ),
      "input",
      arg = "coefficients", call = call
    )
  }
  unique(coefficients)
}

# The rows that are compared and their predictors: list(rows, x, y, weight, code (of the
# group; 0: the reference), groups, reference, terms, missing).
oaxaca_frame <- function(formula, design, group, reference, normalise, call) {
  data <- design$data
  named <- as.character(readable_key(data[[group]], "group", call, group))
  if (length(reference) != 1 || !as.character(reference) %in% named) {
    abort_ioi(
      c(
        "{.arg reference} must be a group of {.field {group}}.",
        "x" = "No row has the group {.val {reference}}."
      ),
      "input",
      arg = "reference", call = call
    )
  }
  terms <- oaxaca_terms(formula, data, group, call)
  used <- all.vars(terms)
  complete <- Reduce(`&`, lapply(data[c(used, group)], function(x) !is.na(x)))
  within <- if (is.null(design$subset)) rep(TRUE, design$rows) else design$subset
  rows <- which(complete & within)
  missing <- sum(within) - length(rows)
  if (missing > 0) {
    inform_ioi(
      "Left out of the estimates, kept in the design: {missing} row{?s} with a missing
       value.",
      "missing",
      count = missing
    )
  }
  levels <- oaxaca_groups(data[[group]], named[rows], reference, call)
  model <- oaxaca_matrix(terms, data[rows, , drop = FALSE], normalise, call)
  c(model, list(
    rows = rows, weight = if (!is.null(design$weight)) as.double(design$weight[rows]),
    code = match(named[rows], c(as.character(reference), levels)) - 1L,
    groups = levels, reference = as.character(reference), missing = missing,
    outcome = paste(deparse(formula[[2]]), collapse = " ")
  ))
}

oaxaca_terms <- function(formula, data, group, call) {
  terms <- tryCatch(stats::terms(formula, data = data[setdiff(names(data), group)]),
    error = function(e) {
      abort_ioi(c("{.arg y} must be a formula.", "x" = "{conditionMessage(e)}"), "input",
        arg = "y", call = call
      )
    }
  )
  unknown <- setdiff(all.vars(terms), names(data))
  wrong <- c(
    "It needs an outcome on the left." = length(formula) != 3,
    "It must keep the intercept." = attr(terms, "intercept") == 0,
    "It must not have an offset." = !is.null(attr(terms, "offset")),
    "It must not use the column of the groups." = group %in% all.vars(terms)
  )
  if (length(unknown) || any(wrong)) {
    abort_ioi(
      c(
        "{.arg y} must be a formula of columns, such as {.code y ~ a + b}.",
        "x" = if (length(unknown)) {
          "There is no column {.val {unknown}}."
        } else {
          names(wrong)[wrong][1]
        }
      ),
      "input",
      arg = "y", call = call
    )
  }
  terms
}

# Groups to compare with the reference, in order.
oaxaca_groups <- function(column, named, reference, call) {
  ordered <- if (is.factor(column)) levels(column) else sort(unique(as.character(column)))
  groups <- setdiff(ordered[ordered %in% named], as.character(reference))
  if (!length(groups) || !as.character(reference) %in% named) {
    abort_ioi("{.arg group} must have complete records of the reference and another group.",
      "data",
      arg = "group", call = call
    )
  }
  groups
}

# Predictors and outcome as numbers. Factors by indicators of all levels but the first.
oaxaca_matrix <- function(terms, data, normalise, call) {
  used <- intersect(all.vars(terms), names(data))
  for (name in used[vapply(data[used], is.ordered, NA)]) {
    data[[name]] <- factor(data[[name]], levels(data[[name]]), ordered = FALSE)
  }
  frame <- stats::model.frame(terms, data, na.action = stats::na.pass, drop.unused.levels = TRUE)
  y <- stats::model.response(frame)
  if (!(is.numeric(y) || is.logical(y)) || !is.null(dim(y))) {
    abort_ioi(
      c("The outcome must be numeric or logical.", "x" = "It is {.cls {class(y)}}."),
      "input",
      arg = "y", call = call
    )
  }
  coded <- vapply(frame, function(x) is.factor(x) || is.character(x) || is.logical(x), NA)
  coded[attr(terms, "response")] <- FALSE
  contrasts <- lapply(frame[coded], function(x) "contr.treatment")
  x <- stats::model.matrix(terms, frame, contrasts.arg = if (length(contrasts)) contrasts)
  term <- attr(x, "assign")[-1]
  x <- x[, -1, drop = FALSE]
  bad <- which(!is.finite(as.double(y)) | rowSums(!is.finite(x)) > 0)
  if (length(bad)) {
    abort_ioi(
      c(
        "Outcome and predictors must be finite.",
        "x" = "{length(bad)} row{?s} {?is/are} not."
      ),
      "data",
      arg = "y", count = length(bad), call = call
    )
  }
  labels <- attr(terms, "term.labels")
  levels <- ifelse(labels %in% names(frame)[coded], tabulate(term, length(labels)) + 1, NA)
  normal <- ifelse(is.na(levels[term]) | !normalise, 0, 1 / levels[term])
  storage.mode(x) <- "double"
  list(
    x = unname(x), y = as.double(y), columns = colnames(x), terms = labels,
    term = as.integer(term), normal = as.double(normal),
    share = is.logical(y) || all(y %in% c(0, 1))
  )
}

# One comparison: parts and their influence on the rows that are compared.
oaxaca_fit <- function(frame, g, coefficients, parts, call) {
  of_b <- ifelse(frame$code == g, 0L, ifelse(frame$code == 0L, 1L, -1L))
  out <- .Call(
    ioi_r_oaxaca, frame$x, frame$y, frame$weight, of_b, list(frame$term, frame$normal),
    match(coefficients, oaxaca_references) - 1L, parts
  )
  if (out$status == "single") {
    where <- c(frame$groups[g], frame$reference, "both groups")[out$where[2] + 1]
    abort_ioi(
      c(
        "Predictors must not be collinear within a group.",
        "x" = "In {.val {where}}, {.val {frame$columns[out$where[1]]}} is determined by those
               before it, or there are too few records.",
        "i" = "Leave it out, or join levels of a factor that a group lacks."
      ),
      "data",
      arg = "y", column = frame$columns[out$where[1]], call = call
    )
  }
  if (out$status != "ok") {
    abort_ioi(
      "{.arg group} must have records with a weight above 0 in each group.", "data",
      arg = "group", call = call
    )
  }
  out
}

oaxaca_table <- function(frame, design, coefficients, detail, level, call) {
  grid <- oaxaca_grid(frame, coefficients, detail)
  found <- oaxaca_numbers(frame, design, grid, call)
  limits <- interval_t(found$estimate, found$std.error, found$df, level)
  size <- tabulate(frame$code + 1L, length(frame$groups) + 1L)
  named <- c("(intercept)", frame$terms)
  table <- c(
    if (detail) list(term = ifelse(grid$term < 0, NA, named[pmax(grid$term, 0) + 1])),
    list(
      measure = oaxaca_parts[grid$part + 1], group = frame$groups[grid$group],
      reference = rep(frame$reference, nrow(grid)), coefficients = grid$coefficients,
      estimate = found$estimate, std.error = found$std.error, conf.low = limits$conf.low,
      conf.high = limits$conf.high, n = as.double(size[1] + size[grid$group + 1]),
      df = rep(found$df, nrow(grid)), flag = limits$flag
    )
  )
  new_ioi_estimate(
    tibble::new_tibble(table, nrow = nrow(grid)),
    vcov = found$vcov,
    info = list(
      what = paste("Decomposition of a gap in", frame$outcome),
      by = c(if (detail) "term", "coefficients"),
      unit = if (frame$share) "points" else "number", level = level, ci = "t",
      limits = "wald", design = design_info(design), missing = frame$missing,
      notes = if (length(frame$terms)) {
        paste0("Predictors: ", paste(frame$terms, collapse = ", "), ".")
      }
    )
  )
}

# A row per row of the result: group, coefficients, term (-1: all together; 0: the
# intercept) and part, as the core counts them.
oaxaca_grid <- function(frame, coefficients, detail) {
  expand.grid(
    part = seq_along(oaxaca_parts) - 1L,
    term = c(-1L, if (detail) c(0L, seq_along(frame$terms))),
    coefficients = coefficients, group = seq_along(frame$groups), stringsAsFactors = FALSE
  )
}

# list(estimate, std.error, df, vcov) of all rows.
oaxaca_numbers <- function(frame, design, grid, call) {
  each <- unique(grid[c("group", "coefficients")])
  one <- grid$group == each$group[1] & grid$coefficients == each$coefficients[1]
  parts <- list(as.integer(grid$part[one]), as.integer(grid$term[one]))
  fits <- Map(
    function(g, c) oaxaca_fit(frame, g, c, parts, call), each$group, each$coefficients
  )
  estimate <- unlist(lapply(fits, `[[`, "estimate"))
  influence <- do.call(cbind, lapply(fits, `[[`, "influence"))
  c(
    list(estimate = estimate),
    influence_covariance(design, frame$rows, influence, estimate, call)
  )
}

# ---- variance -----------------------------------------------------------------

# The design covariance of weighted totals of influence, a column for each estimate, over
# `rows` of the design: list(vcov, std.error, df).
influence_covariance <- function(design, rows, influence, size, call) {
  count <- ncol(influence)
  columns <- lapply(seq_len(count), function(k) {
    out <- rep(NA_real_, design$rows)
    out[rows] <- influence[, k]
    out
  })
  domain <- domain_key(design$keys, design$data, character(), design$rows, call)
  keys <- c(domain$keys, list(key_observed(columns[[1]])))
  pair <- add_product(keys, c(domain$at, length(keys)), design$rows, Inf, call)
  cells <- road_cells(pair$keys, design, pair$at, 1L + count, call, columns)
  tally <- road_tally(
    cells, design, base_sums(domain$at, pair$at, design), columns
  )
  identity <- rbind(0, diag(count)) # estimate k is the total of variable k + 1
  measure <- function(totals) {
    list(
      estimate = as.vector(totals)[-1], size = size,
      influence = list(row = 0L, at = c(0L, count), value = as.double(identity))
    )
  }
  found <- road_estimate(
    cells, design, tally, measure, 0L, rep(0L, count), 1L, TRUE
  )
  v <- variances(found$v)
  presence <- list(n = tally$n, presence = found[c("psu", "stratum")])
  list(
    vcov = known_covariance(found$v, v), std.error = na_if_nan(sqrt(v)),
    df = domain_df(design, presence, "domain")
  )
}
