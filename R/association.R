# Tests of no association between two answers, from the covariance of the cells.

# Cells whose covariance is held at a time: few, as the work grows with its size.
most_cells_at_a_time <- 256

# Columns of the result, which `by` columns may not be called.
association_columns <- c("statistic", "ndf", "ddf", "p.value", "n", "flag")

association_words <- c(
  F = "Rao-Scott test, second order", Chisq = "Rao-Scott test, first order",
  Wald = "Wald test", adjWald = "Wald test, adjusted"
)

#' Test whether two answers go together
#'
#' Tests of no association between two categorical answers of a survey, for
#' everybody or within each group, that allow for the design.
#'
#' @inheritParams ioi_proportion
#' @param rows,columns Columns with the two answers (see
#'   [how to name columns][ioi_columns]).
#' @param statistic The test: `"F"`, Rao and Scott's of second order, is the one to
#'   choose unless another is asked for; `"Chisq"` of first order; `"Wald"` and
#'   `"adjWald"`, Wald's, the second allowing for the degrees of freedom that the
#'   covariance was estimated from.
#' @return A tibble, a row per group: the `by` columns, `statistic`, `ndf` and `ddf`
#'   (degrees of freedom of numerator and denominator; `ddf` is `NA` for `"Chisq"`),
#'   `p.value`, `n` (rows with a positive weight and both answers) and `flag`.
#'   Attributes, of the table as it is given: `answers`, the names of the two columns;
#'   `method`, the test in words; for `"F"`
#'   and `"Chisq"` also `chisq`, Pearson's chi-square of each row as if the n records
#'   were a simple random sample, and `deff`, the mean of the generalised design
#'   effects, by which the first-order test divides it.
#' @section Formula: With \eqn{\hat p} the shares of the cells, \eqn{V} their
#'   covariance, \eqn{D} the diagonal matrix of \eqn{\hat p}, \eqn{C} the contrasts
#'   orthogonal to rows and columns, \eqn{k = (r - 1)(c - 1)}, \eqn{\nu} the degrees
#'   of freedom of the records used, \eqn{X^2} Pearson's statistic and
#'   \deqn{\Delta = (C'D^{-1}C/n)^{-1}(C'D^{-1}VD^{-1}C):}
#'   * `"F"`: \eqn{X^2/\mathrm{tr}\Delta} on \eqn{d} and \eqn{d\nu} degrees of
#'     freedom, \eqn{d = (\mathrm{tr}\Delta)^2/\mathrm{tr}\Delta^2};
#'   * `"Chisq"`: \eqn{k X^2/\mathrm{tr}\Delta} on \eqn{k};
#'   * `"Wald"`: \eqn{W/k} on \eqn{k} and \eqn{\nu}, with
#'     \eqn{W = Y'V_Y^{-1}Y} and \eqn{Y} the observed less the expected numbers
#'     of \eqn{k} cells; `"adjWald"`: \eqn{W(\nu - k + 1)/(k\nu)} on \eqn{k} and
#'     \eqn{\nu - k + 1}.
#'
#'   They equal those of `survey::svychisq()`, but that its `statistic` for
#'   `"Chisq"` is \eqn{X^2} itself, and that \eqn{\nu} counts PSUs and strata
#'   with a positive weight only, as its later versions do.
#' @section Missing: Rows without one of the two answers are left out of the table and
#'   stay in the design; a message of class `ioi_message_missing` says how many.
#'   Answers that nobody gave in a group are left out of its table.
#' @section Flags: `empty`: the group has no record with both answers; `table`: it has
#'   fewer than two answers in a row or column; `singular`: the covariance of the
#'   cells does not suffice for the test, as with fewer PSUs than cells or too many
#'   empty cells; `df`: no p-value, for want of degrees of freedom.
#' @section Errors: `ioi_error_input` for columns that are missing, alike or hold too
#'   many answers; `ioi_error_data` where, without `by`, an answer has fewer than two
#'   values.
#' @references Rao, J. N. K. and Scott, A. J. (1984). On chi-squared tests for
#'   multiway contingency tables with cell proportions estimated from survey data.
#'   *Annals of Statistics* 12(1), 46-60. \doi{10.1214/aos/1176346391}
#'
#'   Koch, G. G., Freeman, D. H. and Freeman, J. L. (1975). Strategies in the
#'   multivariate analysis of data from complex surveys. *International Statistical
#'   Review* 43(1), 59-78. \doi{10.2307/1402660}
#' @seealso [ioi_proportion()] for the shares themselves
#' @examples
#' survey <- subset(crime_survey_2008, !is.na(weight))
#' design <- ioi_design(survey, weights = weight)
#' ioi_association(design, worry_racial_attack, sex)
#' ioi_association(design, worry_racial_attack, sex, by = ethnic_group)
#' @export
ioi_association <- function(design, rows, columns,
                            statistic = c("F", "Chisq", "Wald", "adjWald"), by = NULL,
                            df = c("domain", "design"), missing_codes = NULL, ...) {
  check_dots_empty_ioi(...)
  design <- as_ioi_design(design)
  answers <- c(
    resolve_column(rlang::enquo(rows), design$data, "rows"),
    resolve_column(rlang::enquo(columns), design$data, "columns")
  )
  if (answers[1] == answers[2]) {
    abort_ioi("{.arg rows} and {.arg columns} must be two columns, not one.",
      "input",
      arg = "columns"
    )
  }
  by <- resolve_by(rlang::enquo(by), design, answers)
  check_by_names(by, association_columns)
  statistic <- check_choice(statistic, names(association_words), "statistic")
  df <- check_df(df)
  layout <- association_layout(design, answers, by, missing_codes)
  tally <- proportion_tally(layout)
  report_missing(layout, tally, answers, "drop")
  tests <- association_tests(layout, tally, statistic, df)
  if (!length(by)) check_tested(tests[1, ], layout)
  association_table(layout, tests, statistic)
}

# Where every row goes: its group and the cell of the table, the column fastest. The
# layout of proportion_tally().
association_layout <- function(design, answers, by, missing_codes,
                               call = rlang::caller_env()) {
  codes <- codes_of_answers(missing_codes, design$data[answers], design$data[by], call)
  category <- Map(function(name, arg, codes) {
    x <- design$data[[name]]
    check_key_type(x, arg, call)
    category_key(x, NULL, codes, "drop", call, name, design$subset)
  }, answers, c("rows", "columns"), codes)
  size <- vapply(category, function(answer) as.integer(answer$key$levels), 0L)
  if (prod(size) > most_covariance_rows) {
    abort_ioi(
      c(
        "{.arg rows} and {.arg columns} must be answers with few categories.",
        "x" = "{.val {answers}} have {size[1]} and {size[2]} different values."
      ),
      "input",
      arg = "rows", count = prod(size), call = call
    )
  }
  domain <- domain_key(design$keys, design$data, by, design$rows, call, missing_codes)
  keys <- c(domain$keys, unname(lapply(category, function(answer) answer$key)))
  parts <- c(domain$at, length(domain$keys) + 1:2)
  pair <- add_product(keys, parts, design$rows, Inf, call)
  cells <- road_cells(pair$keys, design, pair$at, call = call)
  list(
    design = design, keys = cells$keys, domain = domain, pair_at = pair$at,
    cells = cells, size = unname(size), answers = answers, missing_codes = missing_codes
  )
}

# The missing codes of each of two answers: those it has. One that neither has nor a
# group is an error, unless it is a number.
codes_of_answers <- function(missing_codes, answers, groups, call) {
  if (!length(missing_codes)) {
    return(list(missing_codes, missing_codes))
  }
  text <- answer_text(missing_codes)
  own <- unname(lapply(answers, function(x) text[text %in% answer_text(answers_in(x))]))
  unknown <- setdiff(text, c(unlist(own), refusals_named(groups, missing_codes)))
  unknown <- unknown[is.na(suppressWarnings(as.numeric(unknown)))]
  if (length(unknown)) {
    abort_ioi(
      c(
        "{.arg missing_codes} must name answers that the columns have.",
        "x" = "{.val {unknown}} {?is/are} in neither of {.val {names(answers)}}."
      ),
      "input",
      arg = "missing_codes", call = call
    )
  }
  lapply(own, function(codes) if (length(codes)) codes)
}

# The answers of a column: labels and codes, levels, or values.
answers_in <- function(x) {
  if (has_value_labels(x)) {
    return(unlist(labelled_book(x)[c("text", "value")]))
  }
  if (is.factor(x)) levels(x) else unique(x)
}

# The cells of some groups (numbers from 1) as estimates with their covariance: shares
# of people, or numbers of them.
association_cells <- function(layout, tally, groups, shares) {
  cells <- prod(layout$size)
  domains <- as.integer(layout$keys[[layout$domain$at]]$levels)
  range <- seq_len(length(groups) * cells) + (groups[1] - 1) * cells
  measure <- function(w) {
    found <- if (shares) {
      .Call(ioi_r_proportion, w[range], length(groups), cells, 0L)
    } else {
      list(
        p = w[range], row = seq_along(range) - 1L, at = c(0L, seq_along(range)),
        value = rep(1, length(range))
      )
    }
    row <- integer(domains * cells)
    row[range] <- found$row
    entries <- integer(domains * cells)
    entries[range] <- diff(found$at)
    list(
      estimate = found$p,
      influence = list(row = row, at = c(0L, cumsum(entries)), value = found$value)
    )
  }
  domain_of_cell <- rep(seq_len(domains) - 1L, each = cells)
  road_estimate(
    layout$cells, layout$design, tally, measure, domain_of_cell, domain_of_cell[range],
    domains, TRUE
  )
}

# The tests of all groups that occur: a data frame, a row each, with group, value,
# ndf, ddf, p, n, flag, chisq and deff. Groups are worked on a few at a time, so that
# the covariance never has more than some rows.
association_tests <- function(layout, tally, statistic, df) {
  cells <- prod(layout$size)
  shares <- statistic %in% c("F", "Chisq")
  occurs <- which(domain_occurs(layout, tally))
  n <- colSums(matrix(tally$n, cells))
  step <- max(1, most_cells_at_a_time %/% cells)
  batches <- split(seq_along(n), (seq_along(n) - 1) %/% step)
  tests <- lapply(batches, function(groups) {
    found <- association_cells(layout, tally, groups, shares)
    estimate <- list(n = n, presence = found[c("psu", "stratum", "records")])
    nu <- domain_df(layout$design, estimate, df)
    lapply(intersect(groups, occurs), function(group) {
      at <- seq_len(cells) + (group - groups[1]) * cells
      weight <- matrix(found$sums[seq_len(cells) + (group - 1) * cells], layout$size[2])
      test <- association_test(
        found$estimate[at], found$v[at, at], weight, n[group], nu[group], statistic
      )
      data.frame(group = group, n = n[group], test)
    })
  })
  do.call(rbind, unlist(tests, recursive = FALSE))
}

# One test. `weight`: people by column and row of the table, of which empty ones are
# left out.
association_test <- function(estimate, v, weight, n, nu, statistic) {
  column <- rowSums(weight) > 0
  row <- colSums(weight) > 0
  out <- c(
    as.list(c(value = NA_real_, ndf = NA, ddf = NA, p = NA, chisq = NA, deff = NA)),
    flag = ""
  )
  if (sum(column) < 2 || sum(row) < 2) {
    out$flag <- if (n > 0) "table" else "empty"
    return(out)
  }
  keep <- as.vector(outer(column, row, `&`))
  shares <- statistic %in% c("F", "Chisq")
  found <- .Call(
    ioi_r_association, estimate[keep], v[keep, keep], sum(row), sum(column), if (shares) n
  )
  if (found$status != "ok") {
    out$flag <- "singular"
    return(out)
  }
  k <- (sum(row) - 1) * (sum(column) - 1)
  association_value(out, found$value, k, nu, statistic)
}

# Statistic, degrees of freedom and p-value from what the core found.
association_value <- function(out, value, k, nu, statistic) {
  if (statistic %in% c("F", "Chisq")) {
    out$chisq <- value[1]
    out$deff <- value[2] / k
  }
  d <- if (statistic == "F") value[2]^2 / value[3] else k
  scale <- if (is.infinite(nu)) 1 else (nu - k + 1) / nu
  out[c("value", "ndf", "ddf")] <- switch(statistic,
    F = list(value[1] / value[2], d, d * nu),
    Chisq = list(k * value[1] / value[2], k, NA_real_),
    Wald = list(value / k, k, nu),
    adjWald = list(value / k * scale, k, nu - k + 1)
  )
  if (statistic == "Chisq") {
    out$p <- stats::pchisq(out$value, k, lower.tail = FALSE)
  } else if (out$ddf > 0) {
    out$p <- stats::pf(out$value, out$ndf, out$ddf, lower.tail = FALSE)
  } else {
    out[c("value", "ndf", "ddf")] <- NA_real_
    out$flag <- "df"
  }
  out
}

# A table that is not one, where it is all that was asked for.
check_tested <- function(test, layout, call = rlang::caller_env()) {
  if (!test$flag %in% c("table", "empty")) {
    return(invisible())
  }
  abort_ioi(
    c(
      "{.arg rows} and {.arg columns} must each have two answers or more.",
      "x" = "{test$n} row{?s} {?has/have} both {.val {layout$answers[1]}} and
             {.val {layout$answers[2]}}, with fewer than two answers to one of them.",
      "i" = "An answer that everybody gives has no association with another."
    ),
    "data",
    arg = "rows", count = test$n, call = call
  )
}

association_table <- function(layout, tests, statistic) {
  labels <- lapply(layout$domain$labels, function(label) label[tests$group])
  table <- tibble::new_tibble(c(labels, list(
    statistic = tests$value, ndf = tests$ndf, ddf = tests$ddf, p.value = tests$p,
    n = tests$n, flag = tests$flag
  )), nrow = nrow(tests), class = "ioi_association")
  attr(table, "answers") <- unname(layout$answers)
  attr(table, "method") <- association_words[[statistic]]
  if (statistic %in% c("F", "Chisq")) {
    attr(table, "chisq") <- tests$chisq
    attr(table, "deff") <- tests$deff
  }
  table
}

#' @export
tbl_sum.ioi_association <- function(x, ...) {
  answers <- attr(x, "answers")
  c("Test" = attr(x, "method"), "Answers" = paste(answers, collapse = " by "))
}
