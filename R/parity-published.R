# A figure from elsewhere as the reference of a parity gap.

#' A published figure to compare with
#'
#' A reference for [ioi_parity()] that is not a group of the data: a national figure, the
#' result of another survey, a target.
#'
#' @param estimate The figure, in the unit of the estimates it is compared with: a share
#'   is a fraction from 0 to 1.
#' @param conf.low,conf.high Its published limits.
#' @param std.error Its standard error. Where it is missing and the limits are given, it
#'   is worked out from them.
#' @param n People it rests on. For counts the figure is then compared like a group of
#'   n people, of whom the fraction `estimate` have the outcome.
#' @param level Confidence level of the limits.
#' @param name What the column `reference` of the result calls it.
#' @param ... Must be empty.
#' @return A list of class `ioi_published` for the argument `reference`.
#' @section Standard error from limits: limits are symmetric on the scale they were made
#'   on. Of the plain, the logarithmic and the logit scale the one is taken on which the
#'   middle of the limits is nearest to the estimate, in units of their width (the plain
#'   one when there is no choice); the standard error is the width of the limits over 2z,
#'   carried back to the plain scale by its derivative at the estimate.
#' @section Without any uncertainty: with neither `std.error`, limits nor `n` the figure
#'   is taken as exact, as a target is. Counts are then tested against it by the score
#'   test of one proportion, whose limits are Wilson's.
#' @section Errors: `ioi_error_input` for an argument that is not one number, limits the
#'   wrong way round or only one of them, and a negative standard error or `n`.
#' @seealso [ioi_parity()]
#' @examples
#' exclusions <- subset(exclusions_2017, level == "minor")
#' ioi_parity(exclusions, ethnic_group, ioi_published(0.0010, name = "all pupils"),
#'   measure = "ratio", events = permanent, population = pupils
#' )
#' # a survey's share with its limits
#' ioi_published(0.62, conf.low = 0.58, conf.high = 0.66)
#' @export
ioi_published <- function(estimate, conf.low = NULL, conf.high = NULL, std.error = NULL,
                          n = NULL, level = 0.95, name = "published", ...) {
  check_dots_empty_ioi(...)
  given <- list(
    estimate = estimate, conf.low = conf.low, conf.high = conf.high,
    std.error = std.error, n = n
  )
  least <- c(-Inf, -Inf, -Inf, 0, 0)
  number <- Map(check_published, given, names(given), least, list(rlang::current_env()))
  level <- check_level(level)
  if (is.na(number$estimate)) {
    abort_ioi("{.arg estimate} must be one finite number.", "input", arg = "estimate")
  }
  if (!is.character(name) || length(name) != 1 || is.na(name)) {
    abort_ioi("{.arg name} must be one text.", "input", arg = "name")
  }
  limits <- c(number$conf.low, number$conf.high)
  if (sum(is.na(limits)) == 1 || isTRUE(limits[1] > limits[2])) {
    abort_ioi(
      "{.arg conf.low} and {.arg conf.high} must be given together, the lower one first.",
      "input",
      arg = "conf.low"
    )
  }
  number$known <- !is.na(number$std.error) || !is.na(limits[1])
  if (is.na(number$std.error) && !is.na(limits[1])) {
    number$std.error <- parity_se_from_limits(number$estimate, limits[1], limits[2], level)
  }
  structure(c(number, level = level, name = name), class = "ioi_published")
}

check_published <- function(x, arg, least, call) {
  if (is.null(x)) {
    return(NA_real_)
  }
  if (!is.numeric(x) && !all(is.na(x)) || length(x) != 1 || isTRUE(is.infinite(x)) ||
    isTRUE(x < least)) {
    abort_ioi(
      c(
        paste0("{.arg {arg}} must be one finite number", if (least == 0) " of 0 or more", "."),
        "x" = "It is {.val {as_shown(x)}}."
      ),
      "input",
      arg = arg, call = call
    )
  }
  as.double(x)
}

# Standard errors from published limits.
parity_se_from_limits <- function(estimate, low, high, level) {
  .Call(
    ioi_r_parity_published, as.double(estimate), as.double(low), as.double(high),
    as.double(level)
  )
}

# Standard errors of a table of figures: its own, or those of its limits.
figure_errors <- function(x, level, call) {
  number <- function(name, least = -Inf) {
    check_parity_number(parity_column(x, name, NA_real_), name, least, call)
  }
  if ("std.error" %in% names(x) || !all(c("conf.low", "conf.high") %in% names(x))) {
    return(number("std.error", 0))
  }
  parity_se_from_limits(number("estimate"), number("conf.low"), number("conf.high"), level)
}

#' @export
format.ioi_published <- function(x, ...) {
  text <- c(estimate = x$estimate, std.error = x$std.error, n = x$n)
  text <- text[!is.na(text)]
  paste0(x$name, ": ", paste(names(text), signif(text, 4), sep = " = ", collapse = ", "))
}

#' @export
print.ioi_published <- function(x, ...) {
  cat("Published figure, ", format(x), "\n", sep = "")
  invisible(x)
}

parity_to_published <- function(cells, figure, call) {
  rows <- length(cells$value)
  share <- isTRUE(cells$info$unit == "proportion")
  if (share) check_published_share(figure$estimate, call)
  as_count <- !is.null(cells$events) && !is.na(figure$n) && !figure$known
  se <- published_error(figure, share)
  limits <- c(figure$conf.low, figure$conf.high)
  if (anyNA(limits) || !isTRUE(all.equal(figure$level, cells$info$level))) {
    limits <- figure$estimate + c(-1, 1) * stats::qnorm((1 + cells$info$level) / 2) * se
  }
  list(
    at = rep(rows + 1L, rows), alpha = 1, beta = 0,
    value = rep(figure$estimate, rows), variance = rep(se^2, rows), covariance = 0,
    low = limits[1], high = limits[2],
    x = if (as_count) figure$estimate * figure$n else NA_real_,
    n = if (as_count) figure$n else NA_real_, share = 0,
    df = cells$df, people = cells$n + if (is.na(figure$n)) 0 else figure$n,
    has = rep(TRUE, rows), same = rep(FALSE, rows), flag = "",
    label = rep(figure$name, rows),
    anchors = list(value = figure$estimate, variance = se^2)
  )
}

check_published_share <- function(estimate, call) {
  if (!(estimate >= 0 && estimate <= 1)) {
    abort_ioi(
      c(
        "{.arg reference} must be a fraction from 0 to 1, as the shares of {.arg x} are.",
        "x" = "Its estimate is {estimate}."
      ),
      "input",
      arg = "reference", call = call
    )
  }
}

# The standard error of the figure: its own, that of a share of n people, or 0.
published_error <- function(figure, share) {
  if (share && !figure$known && !is.na(figure$n)) {
    return(sqrt(parity_variance(figure$estimate, figure$n, FALSE)))
  }
  if (is.na(figure$std.error)) 0 else figure$std.error
}
