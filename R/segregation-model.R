# Models of the shares behind the counts of units: beta-binomial, fitted in C, and
# multilevel ones through lme4.

model_choices <- c("beta_binomial", "multilevel", "multilevel_dissimilarity")

law_indices <- c(
  "dissimilarity", "gini", "theil", "atkinson", "correlation_ratio", "hutchens", "isolation"
)

#' Measure segregation by a model
#'
#' The counts of a small unit say little of the share of a group that it draws. A model
#' of these shares separates them from the noise of small units; the index is that of
#' the shares. With nested areas it also says at which scale people are apart.
#'
#' @inheritParams ioi_segregation
#' @param data As in [ioi_segregation()], counts of whole people. Not needed with
#'   `parameters`.
#' @param model `"beta_binomial"`: shares of units follow a beta law.
#'   `"multilevel"`: their logits are normal, with a variance between units and one for
#'   each level of `within`. `"multilevel_dissimilarity"`: the differences
#'   \eqn{x_i/X - y_i/Y} that make up dissimilarity are split over levels. The last two
#'   need the package lme4.
#' @param within Columns of nested areas above the unit, from wide to narrow; only for
#'   the multilevel models.
#' @param index Indices of the fitted law: one or more of `"dissimilarity"`, `"gini"`,
#'   `"theil"`, `"atkinson"`, `"correlation_ratio"`, `"hutchens"` and `"isolation"`.
#' @param compare `"pairwise"`: every pair of groups, or those in `groups`; the default.
#'   `"rest"`: each group against all others.
#' @param parameters `c(alpha =, beta =)`: the indices of this beta law, without data.
#' @return A tibble of class [ioi_estimate]: the `by` columns, `index`, `component` (only
#'   of the multilevel models: a column of `within`, `"unit"` or `"all"`), `group`,
#'   `other`, `estimate`, `std.error`, `conf.low`, `conf.high`, `units`, `n` and `flag`.
#'   `index` also has rows
#'   * `alpha` and `beta` of `"beta_binomial"`,
#'   * `intercept` (a logit), and `variance` and `variance_share` of each level of
#'     `"multilevel"`,
#'   * `variance_share` and `holdback` of each level of `"multilevel_dissimilarity"`:
#'     by what part of itself dissimilarity changes when the effects of the level are
#'     taken out (negative: the level adds to it).
#'
#'   The share of each place in dissimilarity, and its impact, are those of
#'   [ioi_segregation_local()] with `score = "dissimilarity"` and `area` a column of `within`.
#'
#'   Standard errors come from the observed information and the delta method;
#'   `"multilevel_dissimilarity"` has none. Limits of `alpha`, `beta` and variances are
#'   on the log scale.
#' @section Formula: With \eqn{m = \alpha/(\alpha + \beta)}, \eqn{B} the beta and
#'   \eqn{\psi} the digamma function,
#'   \eqn{D = m^\alpha (1 - m)^{\beta - 1} / (\alpha B(\alpha, \beta))}, Gini is
#'   \eqn{2 (\alpha + \beta) B(\alpha + \beta, \alpha + \beta) / (\alpha \beta
#'   B(\alpha, \alpha) B(\beta, \beta))}, H is \eqn{1 - [m \psi(\alpha + 1) +
#'   (1 - m) \psi(\beta + 1) - \psi(\alpha + \beta + 1)] / [m \ln m + (1 - m)
#'   \ln (1 - m)]}, the correlation ratio \eqn{1/(\alpha + \beta + 1)}; these are the
#'   closed forms of Rathelot's integrals. Those of the logit-normal law are integrated
#'   numerically over ten standard deviations. `atkinson` has the `shape`.
#' @section Edges: Where units differ no more than chance makes them, `alpha` and `beta`
#'   are infinite, the indices 0 and the flag `null`. Where every unit holds one group
#'   alone, `alpha` and `beta` are 0, the indices 1 and the flag `separated`. A fit that
#'   does not converge is `NA` with flag `converge`. `few`: fewer than two units of two
#'   people or more. `levels`: a level has one area alone or one for each unit. `boundary`:
#'   the variance of a level is 0.
#' @section Errors: `ioi_error_input` for a wrong column, option, or a design;
#'   `ioi_error_data` for negative, missing, infinite or fractional counts.
#' @references Rathelot, R. (2012). Measuring segregation when units are small: a
#'   parametric approach. *Journal of Business and Economic Statistics* 30(4), 546-553.
#'   \doi{10.1080/07350015.2012.707586}
#'
#'   Leckie, G., Pillinger, R., Jones, K. and Goldstein, H. (2012). Multilevel modeling
#'   of social segregation. *Journal of Educational and Behavioral Statistics* 37(1),
#'   3-30. \doi{10.3102/1076998610394367}
#'
#'   Harris, R. (2017). Measuring the scales of segregation: looking at the residential
#'   separation of White British and other schoolchildren in England using a multilevel
#'   index of dissimilarity. *Transactions of the Institute of British Geographers*
#'   42(3), 432-444. \doi{10.1111/tran.12181}
#' @examples
#' ioi_segregation_model(parameters = c(alpha = 0.5, beta = 2))
#'
#' schools <- school_census_2023[school_census_2023$la_name == "Hartlepool", ]
#' schools$others <- schools$headcount - schools$bangladeshi
#' ioi_segregation_model(schools, group = c(bangladeshi, others))
#' @export
ioi_segregation_model <- function(data, group, unit, count = NULL, by = NULL,
                                  model = c(
                                    "beta_binomial", "multilevel", "multilevel_dissimilarity"
                                  ),
                                  within = NULL,
                                  index = c(
                                    "dissimilarity", "gini", "theil", "atkinson",
                                    "correlation_ratio", "hutchens"
                                  ),
                                  compare = c("pairwise", "rest"), groups = NULL,
                                  parameters = NULL, shape = 0.5, level = 0.95, ...) {
  check_dots_empty_ioi(...)
  options <- list(
    model = check_choice(model, model_choices, "model"), index = check_law_indices(index),
    shape = check_shape(shape), level = check_level(level),
    compare = check_choice(compare, c("pairwise", "rest"), "compare")
  )
  if (!is.null(parameters)) {
    return(law_result(check_parameters(parameters, !missing(data), options$model), options))
  }
  check_groups(groups)
  if (missing(data)) {
    abort_ioi("{.arg data} is needed unless {.arg parameters} is given.", "input", arg = "data")
  }
  source <- segregation_source(data)
  check_no_design(source$design)
  columns <- segregation_columns(
    source,
    rlang::enquo(group), rlang::enquo(unit), rlang::enquo(count), rlang::enquo(by)
  )
  options$by <- columns$by
  options$within <- model_levels(source, columns, rlang::enquo(within), options$model)
  columns$by <- c(columns$by, options$within)
  layout <- segregation_layout(source, columns, groups)
  plan <- segregation_plan(
    "dissimilarity", options$compare, groups, layout$labels,
    list(shape = options$shape, base = exp(1), normalise = FALSE)
  )
  tally <- segregation_tally(layout)
  lost <- report_left_out(layout, tally)
  table <- tally$table
  check_whole_people(table)
  rows <- switch(options$model,
    beta_binomial = beta_rows(layout, table, plan, options),
    multilevel_rows(layout, table, plan, options)
  )
  model_result(rows, layout, options, lost)
}

check_law_indices <- function(index, call = rlang::caller_env()) {
  if (!is.character(index) || !length(index) || !all(index %in% law_indices)) {
    abort_ioi(
      c(
        "{.arg index} must be one or more of {.or {.val {law_indices}}}.",
        "x" = "It is {.val {as_shown(index)}}."
      ),
      "input",
      arg = "index", call = call
    )
  }
  unique(index)
}

check_parameters <- function(x, data, model, call = rlang::caller_env()) {
  good <- is.numeric(x) && length(x) == 2 && setequal(names(x), c("alpha", "beta")) &&
    all(is.finite(x) & x > 0)
  if (!good) {
    abort_ioi(
      "{.arg parameters} must be {.code c(alpha =, beta =)}, two numbers above 0.", "input",
      arg = "parameters", call = call
    )
  }
  if (data || model != "beta_binomial") {
    abort_ioi(
      "{.arg parameters} stand in place of {.arg data}, for the beta-binomial model.", "input",
      arg = "parameters", call = call
    )
  }
  as.list(x[c("alpha", "beta")])
}

# The columns of nested areas; none for the beta-binomial model.
model_levels <- function(source, columns, within, model, call = rlang::caller_env()) {
  levels <- if (!source$matrix) {
    resolve_columns(within, source$data, "within", call = call)
  } else {
    character()
  }
  if (model == "beta_binomial" && length(levels)) {
    abort_ioi("{.arg within} is for the multilevel models.", "input", arg = "within", call = call)
  }
  taken <- intersect(levels, c(columns$by, columns$group, columns$count, columns$unit))
  if (length(taken)) {
    abort_ioi("{.arg within} must not hold {.val {taken}} again.", "input",
      arg = "within", call = call
    )
  }
  check_by_names(c(columns$by, levels), c(segregation_columns_out, "component"), call)
  if (model == "multilevel_dissimilarity" && !length(levels)) {
    abort_ioi("{.arg within} must name one or more columns of areas.", "input",
      arg = "within", call = call
    )
  }
  levels
}

# ---- laws ----------------------------------------------------------------------

# Indices of laws, a column each; and their slopes in both parameters, by differences
# of a hundred-thousandth part.
law_values <- function(logit, one, two, options) {
  out <- .Call(ioi_r_law_indices, logit, as.double(one), as.double(two), options$shape)
  rownames(out) <- law_indices
  out[options$index, , drop = FALSE]
}

beta_slopes <- function(alpha, beta, options) {
  h <- 1e-5
  values <- function(a, b) law_values(FALSE, a, b, options)
  list(
    alpha = (values(alpha * (1 + h), beta) - values(alpha * (1 - h), beta)) / (2 * h * alpha),
    beta = (values(alpha, beta * (1 + h)) - values(alpha, beta * (1 - h))) / (2 * h * beta)
  )
}

law_result <- function(parameters, options) {
  value <- c(
    parameters$alpha, parameters$beta,
    law_values(FALSE, parameters$alpha, parameters$beta, options)
  )
  none <- rep(NA_real_, length(value))
  new_ioi_estimate(
    tibble::new_tibble(list(
      index = c("alpha", "beta", options$index), group = rep(NA_character_, length(value)),
      other = rep(NA_character_, length(value)), estimate = value, std.error = none,
      conf.low = none, conf.high = none, units = none, n = none, flag = rep("", length(value))
    ), nrow = length(value)),
    info = list(
      what = "Segregation of a beta law", unit = "index", by = character(), ci = "none",
      limits = "fixed", notes = shape_words(options)
    )
  )
}

shape_words <- function(options) {
  if ("atkinson" %in% options$index) {
    paste0("Atkinson shape: ", format_label(options$shape), ".")
  }
}

# ---- beta-binomial -------------------------------------------------------------

# Rows of every area and comparison: alpha, beta and the indices.
beta_rows <- function(layout, table, plan, options) {
  fit <- .Call(ioi_r_beta_binomial, table, layout$first, plan)
  rows <- length(fit$alpha)
  ends <- fit$status %in% c("null", "single") & !is.na(fit$alpha)
  full <- fit$status == "single" & ends
  alone <- ifelse(fit$status == "ok", fit$alpha, NA)
  index <- law_values(FALSE, alone, fit$beta, options)
  at_end <- matrix(rep(as.double(full), each = nrow(index)), nrow(index))
  isolated <- options$index == "isolation"
  at_end[isolated, ] <- rep(ifelse(full, 1, fit$share), each = sum(isolated))
  index[, ends] <- at_end[, ends]
  slope <- beta_slopes(alone, fit$beta, options)
  aa <- rep(fit$aa, each = nrow(index))
  ab <- rep(fit$ab, each = nrow(index))
  bb <- rep(fit$bb, each = nrow(index))
  variance <- slope$alpha^2 * aa + 2 * slope$alpha * slope$beta * ab + slope$beta^2 * bb
  converged <- fit$status == "ok" | ends
  estimate <- rbind(ifelse(converged, fit$alpha, NA), ifelse(converged, fit$beta, NA), index)
  std_error <- sqrt(rbind(fit$aa, fit$bb, variance))
  each <- nrow(estimate)
  flag <- ifelse(fit$status == "ok", "", fit$status)
  flag[full] <- "separated"
  at <- rep(seq_len(rows), each = each)
  result <- (at - 1L) %% length(plan$index) + 1L
  list(
    area = (at - 1L) %/% length(plan$index) + 1L,
    index = rep(c("alpha", "beta", options$index), rows), component = NULL,
    group = plan$group[result], other = plan$other[result],
    estimate = as.vector(estimate), std.error = as.vector(std_error),
    units = fit$units[at], n = fit$n[at], flag = flag[at],
    vcov = beta_covariance(fit, slope, each, rows)
  )
}

# The covariance of the rows, where each area has one comparison.
beta_covariance <- function(fit, slope, each, rows) {
  if (rows != 1 || fit$status != "ok") {
    return(NULL)
  }
  gradient <- rbind(diag(2), cbind(slope$alpha[, 1], slope$beta[, 1]))
  v <- matrix(c(fit$aa, fit$ab, fit$ab, fit$bb), 2)
  out <- gradient %*% v %*% t(gradient)
  (out + t(out)) / 2
}

# ---- the estimate table --------------------------------------------------------

model_result <- function(rows, layout, options, lost) {
  z <- stats::qnorm((1 + options$level) / 2)
  logs <- rows$index %in% c("alpha", "beta", "variance")
  fixed <- rows$index %in% "intercept"
  std_error <- na_if_nan(as.double(rows$std.error))
  std_error[which(std_error <= 0)] <- NA # at a bound
  part <- z * std_error
  ratio <- exp(part / rows$estimate)
  low <- ifelse(logs, rows$estimate / ratio, rows$estimate - part)
  high <- ifelse(logs, rows$estimate * ratio, rows$estimate + part)
  low <- ifelse(logs | fixed, low, pmax(0, low))
  high <- ifelse(logs | fixed, high, pmin(1, high))
  by <- lapply(layout$area$labels[options$by], function(x) x[rows$area])
  table <- c(
    by, list(index = rows$index),
    if (!is.null(rows$component)) list(component = rows$component),
    list(
      group = rows$group, other = rows$other, estimate = rows$estimate,
      std.error = std_error, conf.low = low, conf.high = high, units = rows$units,
      n = rows$n, flag = rows$flag
    )
  )
  new_ioi_estimate(
    tibble::new_tibble(table, nrow = length(rows$index)),
    vcov = rows$vcov,
    info = list(
      what = "Segregation by a model", unit = "index", by = names(by), level = options$level,
      ci = if (options$model == "multilevel_dissimilarity") "none" else "wald",
      limits = "fixed", design = list(type = "counts", rows = layout$rows),
      model = options$model, within = options$within, shape = options$shape,
      flags = c(
        null = "units differ no more than chance makes them",
        separated = "every unit holds one group alone",
        converge = "the fit did not converge",
        levels = "a level has one area alone, or an area for each unit",
        few = "fewer than two units of two people or more"
      ),
      notes = c(
        if (lost > 0) paste(count_words(lost, "row"), "without group, unit or area left out."),
        comparison_words(options$compare, options$index),
        switch(options$model,
          beta_binomial = "Shares of units follow a beta law.",
          multilevel = "Logits of the shares of units are normal at every level (lme4).",
          "Differences of shares split over levels; units are not weighted (lme4)."
        ),
        shape_words(options)
      )
    )
  )
}
