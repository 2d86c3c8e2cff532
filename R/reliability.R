# Is an estimate reliable enough to be shown? Rules with their thresholds as arguments.

#' Say which estimates are reliable enough to present
#'
#' Adds to a table of estimates whether each can be presented, needs a
#' statistician's review or should be suppressed, and why. No value is removed.
#'
#' @param x A table of class [ioi_estimate]; under `rule = "nchs"` of proportions,
#'   with the columns `estimate`, `std.error`, `n` and `df`.
#' @param rule `"nchs"`: the presentation standards for proportions of the US National
#'   Center for Health Statistics. `"cv"`: the coefficient of variation.
#' @param min_n Least unweighted base; below it the estimate is suppressed.
#' @param min_effective Least effective sample size under `"nchs"`.
#' @param narrow,wide Width of the 95% limits, as a fraction, up to which a proportion
#'   is presented and from which it is suppressed, under `"nchs"`.
#' @param relative_width Width divided by the proportion above which one of a width
#'   in between is suppressed, under `"nchs"`.
#' @param min_df Fewest degrees of freedom; below it the estimate is for review.
#'   `NULL`: 8 under `"nchs"`, and 0, that is no such rule, under `"cv"`.
#' @param cv_review,cv_suppress Coefficient of variation (standard error divided by
#'   the size of the estimate) from which, under `"cv"`, an estimate is for review,
#'   and above which it is suppressed.
#' @param ... Not used.
#' @return `x` with two more columns: `reliability`, one of `"present"`, `"review"`
#'   and `"suppress"`, and `reliability_reason`: the first reason to suppress, or all
#'   those for review joined by `;`, `""` where there is none.
#' @section NCHS: The limits are those of Korn and Graubard at 95% with the capped
#'   effective size (`ci = "nchs"` of [ioi_proportion()]), whatever limits `x` has;
#'   their width w counts as 0 where the proportion p is 0 or 1. The effective size is
#'   the lesser of n and p(1 - p)/v. In this order:
#'   1. n or the effective size below 30: suppress (reasons `n`, `n.effective`);
#'   2. w up to 0.05: present;
#'   3. w of 0.30 or more: suppress (`width`);
#'   4. w/p above 1.30: suppress (`relative_width`); otherwise present.
#'
#'   What is presented is for review where there are fewer than 8 degrees of freedom
#'   (`df`) or p is 0 or 1 (`p`): the standards then ask a statistician to decide. In
#'   their words such an estimate is presented, and flagged. The reason
#'   `complement` says of a proportion that is presented that its complement 1 - p
#'   should not be, as w/(1 - p) is above 1.30. An estimate without limits, for
#'   want of degrees of freedom, is suppressed with reason `limits`, one without a
#'   value with reason `estimate`.
#' @section Coefficient of variation: n below `min_n` (reason `n`) or a coefficient
#'   above `cv_suppress` (`cv`): suppress. A coefficient of `cv_review` or more
#'   (`cv`) or fewer than `min_df` degrees of freedom (`df`): review. The defaults are
#'   the older rule of the NCHS: 30 people, 30%. Those of the statistical institute of
#'   Chile are `min_n = 60, min_df = 9, cv_review = 0.15, cv_suppress = 0.30`.
#'   Producers differ; none of the defaults is a law.
#' @section Errors: `ioi_error_input` for a table that is not of estimates, or not of
#'   proportions under `"nchs"`, that lacks a column the rule needs or has one of the
#'   columns already, and for a threshold that is not a number.
#' @references Parker, J. D. et al. (2017). National Center for Health Statistics data
#'   presentation standards for proportions. *Vital and Health Statistics* 2(175).
#'
#'   Instituto Nacional de Estadisticas (2020). Estandar para la evaluacion de la
#'   calidad de las estimaciones en encuestas de hogares. Santiago de Chile.
#' @seealso [ioi_proportion()]
#' @examples
#' survey <- subset(crime_survey_2008, !is.na(weight))
#' design <- ioi_design(survey, weights = weight)
#' worried <- ioi_proportion(
#'   design, worry_racial_attack,
#'   by = ethnic_group, success = "very worried"
#' )
#' ioi_reliability(worried)
#' ioi_reliability(worried, rule = "cv", cv_review = 0.2)
#' @export
ioi_reliability <- function(x, rule = c("nchs", "cv"), min_n = 30, min_effective = 30,
                            narrow = 0.05, wide = 0.30, relative_width = 1.30,
                            min_df = NULL, cv_review = 0.30, cv_suppress = Inf, ...) {
  check_dots_empty_ioi(...)
  rule <- check_choice(rule, c("nchs", "cv"), "rule")
  if (is.null(min_df)) min_df <- if (rule == "nchs") 8 else 0
  limit <- list(
    min_n = min_n, min_effective = min_effective, narrow = narrow, wide = wide,
    relative_width = relative_width, min_df = min_df, cv_review = cv_review,
    cv_suppress = cv_suppress
  )
  for (name in names(limit)) check_threshold(limit[[name]], name)
  check_reliability_table(x, rule)
  reasons <- if (rule == "nchs") nchs_reasons(x, limit) else cv_reasons(x, limit)
  x$reliability <- reliability_level(reasons)
  x$reliability_reason <- reliability_text(reasons)
  info <- attr(x, "info")
  info$notes <- c(info$notes, reliability_words(rule, limit))
  attr(x, "info") <- info
  x
}

check_threshold <- function(x, arg, call = rlang::caller_env()) {
  if (!is.numeric(x) || length(x) != 1 || is.na(x) || x < 0) {
    abort_ioi(
      c("{.arg {arg}} must be one number of 0 or more.", "x" = "It is {.val {as_shown(x)}}."),
      "input",
      arg = arg, call = call
    )
  }
}

check_reliability_table <- function(x, rule, call = rlang::caller_env()) {
  if (!is_estimate(x)) {
    abort_ioi(
      c("{.arg x} must be a table of estimates.", "x" = "It is {.cls {class(x)}}."),
      "input",
      arg = "x", call = call
    )
  }
  check_intact(x, "x", call)
  if (rule == "nchs" && !identical(attr(x, "info")$limits, "proportion")) {
    abort_ioi(
      c(
        "{.arg x} must hold proportions under {.code rule = \"nchs\"}.",
        "x" = "It holds: {attr(x, 'info')$what}.",
        "i" = "Use {.code rule = \"cv\"}."
      ),
      "input",
      arg = "x", call = call
    )
  }
  lacking <- setdiff(c("n", if (rule == "nchs") "df"), names(x))
  taken <- intersect(c("reliability", "reliability_reason"), names(x))
  if (length(lacking) || length(taken)) {
    abort_ioi(
      c(
        "{.arg x} must have the columns the rule needs and not those it adds.",
        "x" = if (length(lacking)) "It has no column {.val {lacking}}.",
        "x" = if (length(taken)) "It has {.val {taken}} already."
      ),
      "input",
      arg = "x", columns = c(lacking, taken), call = call
    )
  }
}

# An effective size of 30 but for rounding is 30.
size_rounding <- 1e-9

# Which reason holds in which row: list(suppress, review, note), each a list of
# logical vectors named by the reason; those to suppress in order.
nchs_reasons <- function(x, limit) {
  p <- x$estimate
  n <- x$n
  edge <- p %in% c(0, 1)
  ends <- interval_proportion(p, x$std.error, n, x$df, "nchs", 0.95)
  width <- ends$conf.high - ends$conf.low
  width[edge] <- 0
  effective <- pmin(n, effective_size(p, x$std.error, n))
  middle <- width > limit$narrow & width < limit$wide
  list(
    suppress = lapply(list(
      n = n < limit$min_n, estimate = is.na(p),
      n.effective = effective < limit$min_effective * (1 - size_rounding),
      limits = is.na(width), width = width >= limit$wide & width > limit$narrow,
      relative_width = middle & width / p > limit$relative_width
    ), `%in%`, TRUE),
    review = lapply(list(df = x$df < limit$min_df, p = edge), `%in%`, TRUE),
    note = lapply(list(
      complement = middle & width / (1 - p) > limit$relative_width
    ), `%in%`, TRUE)
  )
}

# p(1 - p)/v; n where the proportion or its standard error leaves nothing to compare.
effective_size <- function(p, se, n) {
  out <- p * (1 - p) / se^2
  edge <- p %in% c(0, 1) | se %in% 0
  out[edge] <- n[edge]
  out
}

cv_reasons <- function(x, limit) {
  cv <- x$std.error / abs(x$estimate)
  cv[x$estimate %in% 0] <- Inf
  degrees <- if ("df" %in% names(x)) x$df else rep(Inf, nrow(x))
  list(
    suppress = lapply(list(
      n = x$n < limit$min_n, estimate = is.na(x$estimate), std.error = is.na(cv),
      cv = cv > limit$cv_suppress
    ), `%in%`, TRUE),
    review = lapply(list(
      cv = cv >= limit$cv_review, df = degrees < limit$min_df
    ), `%in%`, TRUE),
    note = list()
  )
}

reliability_level <- function(reasons) {
  level <- ifelse(Reduce(`|`, reasons$review), "review", "present")
  ifelse(Reduce(`|`, reasons$suppress), "suppress", level)
}

# The first reason to suppress a row; for others all reasons for review, and notes.
reliability_text <- function(reasons) {
  text <- join_flags(c(reasons$review, reasons$note))
  for (name in rev(names(reasons$suppress))) {
    text[reasons$suppress[[name]]] <- name
  }
  text
}

reliability_words <- function(rule, limit) {
  if (rule == "nchs") {
    return(paste0(
      "Reliability by the NCHS standards for proportions: n ", limit$min_n,
      ", effective n ", limit$min_effective, ", width ", limit$narrow, " and ",
      limit$wide, ", relative width ", limit$relative_width, ", df ", limit$min_df, "."
    ))
  }
  suppress <- c(
    paste("n below", limit$min_n),
    if (is.finite(limit$cv_suppress)) {
      paste("a coefficient of variation above", limit$cv_suppress)
    }
  )
  review <- c(
    paste("a coefficient of variation of", limit$cv_review),
    if (limit$min_df > 0) paste("df below", limit$min_df)
  )
  paste0(
    "Reliability: suppress for ", paste(suppress, collapse = " or "), "; review from ",
    paste(review, collapse = " or "), "."
  )
}
