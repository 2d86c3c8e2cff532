# Segregation of ordered groups: an index for each area of a table of units x groups
# whose groups stand in order (see segregation-table.R).

ordered_indices <- c("theil", "relative_diversity", "hutchens", "absolute")

#' Measure segregation of ordered groups
#'
#' How unevenly people of low and high income, attainment or age are spread over
#' units. Indices of unordered groups ignore that the lowest band is further from the
#' highest than from the next; these do not.
#'
#' @inheritParams ioi_segregation
#' @param group Column that names the group: a factor, whose levels are in order from
#'   low to high, or a number; or, for wide data, the columns of counts from low to
#'   high. Text has no order: give it in `groups`.
#' @param method `"ordinal"`: the mean over cuts between neighbouring groups.
#'   `"rank_order"`: a curve through the cuts, so that the result does not depend on
#'   where the limits of bands happen to lie.
#' @param index One or more of `"theil"`, `"relative_diversity"`, `"hutchens"` (square
#'   root) and `"absolute"`: the function of a cut that is averaged, see Formula.
#' @param order Degree of the polynomial of `"rank_order"`. There must be more than
#'   `order + 1` cuts, which is `order + 3` groups with members or more.
#' @param weights Of the fit: `"f2"`, Reardon's, gives cuts near the median most
#'   weight; `"none"` gives all the same.
#' @param groups The groups to keep, from low to high.
#' @param percentile Percentiles between 0 and 1 at which the curve of `"rank_order"`
#'   is wanted too: at 0.1 the segregation of the poorest tenth from all others, at
#'   0.9 that of the richest.
#' @param se `"none"`, or `"analytic"`: standard errors by influence functions, for
#'   people drawn at random or by the design. Those of `"rank_order"` count the error
#'   of the cuts and of their places.
#' @return A tibble of class [ioi_estimate], a row per area and index (and
#'   percentile): the `by` columns, `index`, `percentile` (only where asked; `NA` is the
#'   index itself), `estimate` (no unit; 0: all units alike, 1: nobody shares a unit
#'   with people on the other side of a cut), `std.error`, `conf.low`, `conf.high`,
#'   `units`, `n` (people, unweighted) and `flag`.
#' @section Formula: \eqn{c_k} is the share of people in the lowest \eqn{k} groups,
#'   \eqn{c_{ik}} the same in unit \eqn{i} with \eqn{t_i} people of \eqn{T}, and
#'   \eqn{f} is \eqn{-c \log_2 c - (1 - c) \log_2 (1 - c)} for `"theil"`,
#'   \eqn{4 c (1 - c)} for `"relative_diversity"`, \eqn{2 \sqrt{c (1 - c)}} for
#'   `"hutchens"` and \eqn{1 - |2c - 1|} for `"absolute"`. With
#'   \eqn{v = \sum_k f(c_k)} and \eqn{v_i} alike, the ordinal index is
#'   \eqn{\sum_i t_i (v - v_i) / (T v)}. The rank-order index takes at each cut the
#'   index of two groups, \eqn{1 - \sum_i t_i f(c_{ik}) / (T f(c_k))}, fits to it a
#'   polynomial in \eqn{p} at \eqn{p = c_k}, and gives the integral of polynomial
#'   times \eqn{f} over that of \eqn{f}. The fit goes through an orthogonal
#'   decomposition. `"absolute"` is Reardon's fourth index; its rank-order form uses
#'   the same integral. With `weights = "none"` the first three equal OasisR's.
#' @section Small units: Like all indices, these are above 0 by chance where units are
#'   small: split people at one cut and see [ioi_segregation_null()].
#' @section Missing and empty: As in [ioi_segregation()]. A group without members
#'   makes no cut. An area with too few cuts for `order` is `NA` with flag `few`.
#' @section Errors: `ioi_error_input` for a wrong column, option, or a group that has no
#'   order; `ioi_error_data` for negative, missing or infinite counts.
#' @references Reardon, S. F. (2009). Measures of ordinal segregation. *Research on
#'   Economic Inequality* 17, 129-155. \doi{10.1108/S1049-2585(2009)0000017011}
#'
#'   Reardon, S. F. and Bischoff, K. (2011). Income inequality and income segregation.
#'   *American Journal of Sociology* 116(4), 1092-1153. \doi{10.1086/657114}
#' @examples
#' bands <- cbind(
#'   low = c(60, 45, 20, 10), middle = c(30, 40, 40, 30), high = c(10, 15, 40, 60)
#' )
#' ioi_segregation_ordered(bands)
#'
#' # age bands over regions, each person a row
#' ioi_segregation_ordered(
#'   census_2011_people,
#'   group = age_band, unit = region, index = "theil", method = "rank_order", order = 2,
#'   percentile = c(0.2, 0.8)
#' )
#' @export
ioi_segregation_ordered <- function(data, group, unit, count = NULL, by = NULL,
                                    method = c("ordinal", "rank_order"),
                                    index = c(
                                      "theil", "relative_diversity", "hutchens", "absolute"
                                    ),
                                    order = 4, weights = c("f2", "none"), groups = NULL,
                                    percentile = NULL, se = c("none", "analytic"),
                                    level = 0.95, ...) {
  check_dots_empty_ioi(...)
  check_groups(groups)
  options <- ordered_options(
    check_choice(method, c("ordinal", "rank_order"), "method"), index, order,
    check_choice(weights, c("f2", "none"), "weights"), percentile,
    check_choice(se, c("none", "analytic"), "se"), check_level(level)
  )
  source <- segregation_source(data)
  columns <- segregation_columns(
    source,
    rlang::enquo(group), rlang::enquo(unit), rlang::enquo(count), rlang::enquo(by)
  )
  check_by_names(columns$by, "percentile")
  check_has_order(source$data, columns$group, groups)
  layout <- segregation_layout(source, columns, groups)
  check_enough_groups(options, layout$labels)
  tally <- segregation_tally(layout)
  lost <- report_left_out(layout, tally)
  estimate <- ordered_estimate(layout, tally, options)
  ordered_result(layout, estimate, options, lost)
}

# The options of a call, checked.
ordered_options <- function(method, index, order, weights, percentile, se, level,
                            call = rlang::caller_env()) {
  check_ordered_index(index, call)
  fits <- method == "rank_order"
  if (!is.numeric(order) || length(order) != 1 || !order %in% 0:20) {
    abort_ioi("{.arg order} must be one whole number from 0 to 20.", "input",
      arg = "order", call = call
    )
  }
  if (!is.null(percentile)) {
    check_percentile(percentile, fits, call)
  }
  index <- unique(index)
  list(
    method = method, index = index, weights = weights, se = se, level = level,
    order = if (fits) as.integer(order) else -1L,
    percentile = as.double(percentile), percentiles = !is.null(percentile),
    core = list(
      index = match(index, ordered_indices) - 1L,
      degree = if (fits) as.integer(order) else -1L,
      weighted = weights == "f2", at = as.double(percentile)
    )
  )
}

check_ordered_index <- function(index, call) {
  if (!is.character(index) || !length(index) || !all(index %in% ordered_indices)) {
    abort_ioi(
      c(
        "{.arg index} must be one or more of {.or {.val {ordered_indices}}}.",
        "x" = "It is {.val {as_shown(index)}}."
      ),
      "input",
      arg = "index", call = call
    )
  }
}

check_percentile <- function(percentile, fits, call) {
  if (!fits) {
    abort_ioi("{.arg percentile} needs {.code method = \"rank_order\"}.", "input",
      arg = "percentile", call = call
    )
  }
  good <- is.numeric(percentile) && length(percentile) > 0 && !anyNA(percentile) &&
    all(percentile >= 0 & percentile <= 1)
  if (!good) {
    abort_ioi(
      c(
        "{.arg percentile} must hold numbers between 0 and 1.",
        "i" = "The richest tenth against all others is 0.9, not 90."
      ),
      "input",
      arg = "percentile", call = call
    )
  }
}

# Text has no order but that of `groups`.
check_has_order <- function(data, group, groups, call = rlang::caller_env()) {
  if (length(group) == 1 && is.character(data[[group]]) && is.null(groups)) {
    abort_ioi(
      c(
        "{.arg group} must have an order.",
        "x" = "Column {.val {group}} is text.",
        "i" = "Make it a factor with levels from low to high, or name them in {.arg groups}."
      ),
      "input",
      arg = "group", call = call
    )
  }
}

check_enough_groups <- function(options, labels, call = rlang::caller_env()) {
  if (length(labels) >= options$order + 3) {
    return(invisible())
  }
  if (options$order < 0) {
    abort_ioi("Ordered segregation needs two groups or more.", "data",
      arg = "group", call = call
    )
  }
  abort_ioi(
    c(
      "A curve of order {options$order} needs {options$order + 3} groups or more.",
      "x" = "There {cli::qty(length(labels))}{?is/are} {length(labels)}.",
      "i" = "Take a lower {.arg order} or {.code method = \"ordinal\"}."
    ),
    "input",
    arg = "order", call = call
  )
}

# Indices and, where asked, their covariance; areas in order, results within.
ordered_estimate <- function(layout, tally, options) {
  table <- tally$table
  people <- if (is.null(tally$n)) table else tally$n
  out <- .Call(ioi_r_segregation_ordered, table, people, layout$first, options$core)
  areas <- length(layout$first) - 1L
  each <- length(options$index) * (1L + length(options$percentile))
  out <- c(out, list(areas = areas, area = rep(seq_len(areas), each = each)))
  rows <- length(out$estimate)
  if (options$se == "none") {
    c(out, list(v = rep(NA_real_, rows), df = rep(Inf, rows)))
  } else if (!areas) {
    c(out, list(v = numeric(), df = numeric()))
  } else if (is.null(layout$design)) {
    c(out, ordered_count_covariance(layout, table, rows, options))
  } else {
    c(out, ordered_design_covariance(layout, table, people, out, options))
  }
}

# People drawn at random: areas are independent.
ordered_count_covariance <- function(layout, table, rows, options) {
  keep <- rows <= most_covariance_rows
  blocks <- .Call(
    ioi_r_segregation_ordered_covariance, table, layout$first, options$core, keep
  )
  vcov <- if (keep) block_diagonal(blocks, rows)
  list(v = if (keep) variances(vcov) else unlist(blocks), vcov = vcov, df = rep(Inf, rows))
}

# A survey: the influence of each cell goes to the PSUs.
ordered_design_covariance <- function(layout, table, people, out, options) {
  influence <- .Call(
    ioi_r_segregation_ordered_influence, table, layout$first, options$core
  )
  measure <- function(w) {
    found <- .Call(
      ioi_r_segregation_ordered, matrix(w, ncol = ncol(table)), people, layout$first,
      options$core
    )
    list(estimate = found$estimate, influence = influence)
  }
  cells_covariance(layout, people, out, ncol(table), measure)
}

# The estimate table.
ordered_result <- function(layout, estimate, options, lost) {
  rows <- length(estimate$estimate)
  std_error <- na_if_nan(sqrt(estimate$v))
  std_error[estimate$status != "ok"] <- NA
  error <- ifelse(std_error > 0, std_error, NA)
  limits <- interval_t(estimate$estimate, error, estimate$df, options$level)
  labels <- lapply(layout$area$labels, function(x) x[estimate$area])
  points <- c(NA, options$percentile)
  range <- if (options$method == "ordinal") c(0, 1) else c(-Inf, Inf) # a curve may leave it
  table <- c(
    labels,
    list(index = rep_len(rep(options$index, each = length(points)), rows)),
    if (options$percentiles) list(percentile = rep_len(points, rows)),
    list(
      estimate = estimate$estimate, std.error = std_error,
      conf.low = pmax(range[1], limits$conf.low), conf.high = pmin(range[2], limits$conf.high),
      units = estimate$units, n = estimate$n, flag = ordered_flags(estimate, std_error)
    )
  )
  new_ioi_estimate(
    tibble::new_tibble(table, nrow = rows),
    vcov = if (!is.null(estimate$vcov)) known_covariance(estimate$vcov, std_error),
    domains = estimate$domains,
    info = ordered_info(layout, options, names(labels), lost)
  )
}

ordered_flags <- function(estimate, std_error) {
  flag <- ifelse(!is.na(std_error) & estimate$df <= 0, "df", "")
  flag[which(std_error == 0)] <- "boundary"
  flag[is.nan(estimate$v)] <- "lonely"
  bad <- estimate$status != "ok"
  flag[bad] <- estimate$status[bad]
  flag
}

ordered_info <- function(layout, options, by, lost) {
  fits <- options$method == "rank_order"
  list(
    what = paste(if (fits) "Rank-order" else "Ordinal", "segregation"), unit = "index",
    by = by, level = options$level, ci = if (options$se == "none") "none" else "t",
    limits = "fixed",
    df_rule = if (!is.null(layout$design)) "domain",
    design = if (is.null(layout$design)) {
      list(type = "counts", rows = layout$rows)
    } else {
      design_info(layout$design)
    },
    method = options$method, order = if (fits) options$order,
    weights = if (fits) options$weights,
    dropped = if (length(layout$left_out)) layout$left_out,
    flags = c(few = "too few cuts between groups for the order of the curve"),
    notes = c(
      if (lost > 0) paste(count_words(lost, "row"), "without group, unit or area left out."),
      paste0("Groups from low to high: ", paste(layout$labels, collapse = ", "), "."),
      if (fits) {
        paste0(
          "Polynomial of degree ", options$order,
          if (options$weights == "f2") ", cuts weighted by f squared."
          else ", cuts not weighted."
        )
      },
      if (options$percentiles) {
        "A percentile is the segregation of those below it from all others."
      }
    )
  )
}
