# Segregation: an index for each area and comparison of a table of units x groups
# (see segregation-table.R).

#' Measure segregation
#'
#' How unevenly groups are spread over schools, neighbourhoods or workplaces, for
#' everywhere or for each area.
#'
#' @param data One of
#'   * long: a row per unit and group with the number of people in `count`;
#'   * microdata: a row per person, without `count`;
#'   * wide: a row per unit with a column of counts for each group;
#'   * a matrix or table of units by groups, which needs no other argument;
#'   * an [ioi_design()]: microdata with survey weights.
#' @param group Column that names the group; or, for wide data, the columns of
#'   counts (see [how to name columns][ioi_columns]).
#' @param unit Columns that name the unit. A unit name that occurs in two areas of
#'   `by` is two units. Wide data may leave it out: each row is then a unit.
#' @param count Column of people, finite and not negative; need not be whole.
#'   Rows of the same unit and group are added.
#' @param by Columns that define areas: one result for each.
#' @param index Only `"dissimilarity"` in this version.
#' @param compare What is compared. `"multigroup"`: all groups at once, one
#'   number. `"pairwise"`: every pair of groups, or those in `groups`. `"rest"`:
#'   each group against all others together.
#' @param groups The groups to keep, matched as text; all others are left out as
#'   if they did not live there. Two groups are a pair unless `compare` says
#'   otherwise. For `"pairwise"` also a list of pairs, such as
#'   `list(c("white", "asian"), c("white", "black"))`.
#' @param se `"none"`, or `"analytic"`: standard errors by influence functions.
#' @param level Confidence level, between 0 and 1.
#' @param ... Not used. Other indices, resampling and corrections are not
#'   supported by this version: asking for them is an error.
#' @return A tibble of class [ioi_estimate], a row per area and comparison: the
#'   `by` columns, `index`, `group` and `other` (`NA` for multigroup, `"rest"`
#'   under `"rest"`), `estimate` (0 to 1, no unit), `std.error`, `conf.low`,
#'   `conf.high` (`NA` without `se`), `bias` (`NA` in this version), `units` (with
#'   members of a compared group), `n` (people compared, unweighted) and `flag`.
#' @section Formula: For two groups with \eqn{x_i} and \eqn{y_i} members in unit
#'   \eqn{i}, \eqn{D = \frac12 \sum_i |x_i/X - y_i/Y|}: the share of either group
#'   that would have to move for both to be spread alike. `"rest"` takes everybody
#'   else as \eqn{y}. The multigroup form is
#'   \eqn{\sum_i \sum_g |n_{ig} - t_i P_g| / (2 T I)} with
#'   \eqn{I = \sum_g P_g (1 - P_g)}; with two groups it is the same number.
#' @section Pair or rest: A pair looks only at the two groups, `"rest"` also at
#'   everybody else. With more than two groups the two numbers differ, and both are
#'   published under the same name.
#' @section Chance: With few people spread over many units D is far above 0 by
#'   chance alone: look at `n` and at `units` before comparing places.
#' @section Standard errors: For counts, people are taken as drawn at random into
#'   units and groups. For an [ioi_design()], the influence of each cell is carried
#'   to the PSUs and follows the design; degrees of freedom count the PSUs of all
#'   groups kept in the area. Limits are estimate plus or minus
#'   t times the standard error, cut at 0 and 1. Where the standard error is 0, as at
#'   D of 1, there are no limits and `flag` says `boundary`.
#' @section What the limits cover: Sampling error, not the upward bias of D. In
#'   simulations (`bench/coverage_segregation.R`) 95% limits held 95% of the time
#'   where D was at least eight times its chance level, which is about
#'   \eqn{0.4 \sqrt{n (1/X + 1/Y)}}{0.4 sqrt(n (1/X + 1/Y))} for \eqn{n} units and
#'   \eqn{X} and \eqn{Y} people, about 91% at four times, and almost never where D
#'   was near that level.
#' @section Missing and empty: Rows without group, unit or area are left out, and
#'   counted in a message of class `ioi_message_missing`. An area in which a group
#'   has no members has no D: its row is `NA` with flag `empty`; likewise `single`
#'   where all members are in one unit. Units without members add nothing.
#' @section Errors: `ioi_error_input` for a wrong column, index or group;
#'   `ioi_error_data` for negative, missing or infinite counts.
#' @references Duncan, O. D. and Duncan, B. (1955). A methodological analysis of
#'   segregation indexes. *American Sociological Review* 20(2), 210-217.
#'   \doi{10.2307/2088328}
#'
#'   Reardon, S. F. and Firebaugh, G. (2002). Measures of multigroup segregation.
#'   *Sociological Methodology* 32, 33-67. \doi{10.1111/1467-9531.00110}
#' @examples
#' # Bangladeshi and White British residents over LSOAs, by region
#' ioi_segregation(
#'   census_2011_lsoa,
#'   group = c(bangladeshi, white_british), unit = lsoa_code, by = region,
#'   compare = "pairwise"
#' )
#'
#' # a matrix of units by groups
#' ioi_segregation(cbind(a = c(10, 20, 30), b = c(30, 20, 10)))
#' @export
ioi_segregation <- function(data, group, unit, count = NULL, by = NULL,
                            index = "dissimilarity",
                            compare = c("multigroup", "pairwise", "rest"),
                            groups = NULL, se = c("none", "analytic"),
                            level = 0.95, ...) {
  check_dots_empty_ioi(...)
  check_choice(index, "dissimilarity", "index")
  check_groups(groups)
  compare <- if (!missing(compare)) check_choice(compare, compare_choices, "compare")
  se <- check_choice(se, c("none", "analytic"), "se")
  level <- check_level(level)
  source <- segregation_source(data)
  columns <- segregation_columns(
    source,
    rlang::enquo(group), rlang::enquo(unit), rlang::enquo(count), rlang::enquo(by)
  )
  layout <- segregation_layout(source, columns, groups)
  compare <- choose_compare(compare, groups, layout$labels)
  tally <- segregation_tally(layout)
  lost <- report_left_out(layout, tally)
  estimate <- segregation_estimate(layout, tally, compare, groups, se)
  segregation_table(layout, estimate, compare, index, se, level, lost)
}

# Indices and, where asked, their covariance; areas in order, comparisons within.
segregation_estimate <- function(layout, tally, compare, groups, se) {
  of <- segregation_comparisons(compare, groups, layout$labels)
  table <- tally_table(layout, tally)
  people <- if (is.null(tally$n)) table else matrix(tally$n, ncol = ncol(table))
  out <- .Call(ioi_r_dissimilarity, table, people, layout$first, of$kind, of$a, of$b)
  areas <- length(layout$first) - 1L
  area <- rep(seq_len(areas), each = length(of$a))
  out <- c(out, list(comparisons = of, areas = areas, area = area))
  if (se == "none") {
    out
  } else if (!areas) {
    c(out, list(v = numeric(), df = numeric()))
  } else if (is.null(layout$design)) {
    c(out, count_covariance(layout, table, out))
  } else {
    c(out, design_covariance(layout, table, people, out))
  }
}

# People drawn at random: areas are independent.
count_covariance <- function(layout, table, out) {
  rows <- length(out$estimate)
  keep <- rows <= most_covariance_rows
  of <- out$comparisons
  blocks <- .Call(
    ioi_r_dissimilarity_covariance, table, layout$first, of$kind, of$a, of$b, keep
  )
  vcov <- if (keep) block_diagonal(blocks, rows)
  list(v = if (keep) variances(vcov) else unlist(blocks), vcov = vcov, df = rep(Inf, rows))
}

block_diagonal <- function(blocks, rows) {
  v <- matrix(0, rows, rows)
  size <- nrow(blocks[[1]])
  for (area in seq_along(blocks)) {
    at <- (area - 1) * size + seq_len(size)
    v[at, at] <- blocks[[area]]
  }
  v
}

# A survey: the influence of each cell goes to the PSUs.
design_covariance <- function(layout, table, people, out) {
  design <- layout$design
  of <- out$comparisons
  influence <- .Call(
    ioi_r_dissimilarity_influence, table, layout$first, of$kind, of$a, of$b
  )
  measure <- function(w) {
    found <- .Call(
      ioi_r_dissimilarity, matrix(w, ncol = ncol(table)), people, layout$first, of$kind,
      of$a, of$b
    )
    list(estimate = found$estimate, influence = influence)
  }
  area_of_unit <- rep(seq_len(out$areas), diff(layout$first)) - 1L
  cells <- road_cells(layout$keys, design, layout$table_at)
  tally <- road_tally(cells, design, list())
  found <- road_estimate(
    cells, design, tally, measure,
    rep(area_of_unit, ncol(table)), out$area - 1L, out$areas,
    keeps_covariance(length(out$estimate))
  )
  respondents <- diff(c(0, cumsum(rowSums(people)))[layout$first + 1])
  df <- domain_df(design, list(n = respondents, presence = found), "domain")[out$area]
  list(
    v = variances(found$v), vcov = if (is.matrix(found$v)) found$v, df = df,
    domains = domain_list(design, out$area, respondents, found)
  )
}

# The estimate table.
segregation_table <- function(layout, estimate, compare, index, se, level, lost) {
  rows <- length(estimate$estimate)
  comparisons <- estimate$comparisons
  times <- estimate$areas
  v <- if (se == "none") rep(NA_real_, rows) else estimate$v
  std_error <- na_if_nan(sqrt(v))
  std_error[estimate$status != "ok"] <- NA
  df <- if (se == "none") rep(Inf, rows) else estimate$df
  limits <- index_limits(estimate$estimate, std_error, df, level)
  labels <- lapply(layout$area$labels, function(x) x[estimate$area])
  flag <- segregation_flags(estimate$status, v, std_error, df)
  table <- c(labels, list(
    index = rep(index, rows), group = rep(comparisons$group, times),
    other = rep(comparisons$other, times), estimate = estimate$estimate,
    std.error = std_error, conf.low = limits$low, conf.high = limits$high,
    bias = rep(NA_real_, rows), units = estimate$units, n = estimate$n, flag = flag
  ))
  new_ioi_estimate(
    tibble::new_tibble(table, nrow = rows),
    vcov = if (!is.null(estimate$vcov)) known_covariance(estimate$vcov, std_error),
    domains = estimate$domains,
    info = segregation_info(layout, compare, se, level, names(labels), lost)
  )
}

# Estimate plus or minus t times the error, within 0 and 1; none where the error
# is 0 or there are no degrees of freedom.
index_limits <- function(estimate, std_error, df, level) {
  limits <- interval_t(estimate, ifelse(std_error > 0, std_error, NA), df, level)
  list(low = pmax(0, limits$conf.low), high = pmin(1, limits$conf.high))
}

# Why a row has no value, no standard error or no limits.
segregation_flags <- function(status, v, std_error, df) {
  flag <- ifelse(!is.na(std_error) & df <= 0, "df", "")
  flag[which(std_error == 0)] <- "boundary"
  flag[is.nan(v)] <- "lonely"
  flag[status != "ok"] <- status[status != "ok"]
  flag
}

segregation_info <- function(layout, compare, se, level, by, lost) {
  list(
    what = "Dissimilarity", unit = "index", by = by, level = level,
    ci = if (se == "none") "none" else "t", limits = "fixed",
    df_rule = if (!is.null(layout$design)) "domain",
    design = if (is.null(layout$design)) {
      list(type = "counts", rows = layout$rows)
    } else {
      design_info(layout$design)
    },
    compare = compare,
    dropped = if (length(layout$left_out)) layout$left_out,
    notes = c(
      if (lost > 0) paste(count_words(lost, "row"), "without group, unit or area left out."),
      "Small groups spread over many units have a high index by chance alone."
    )
  )
}
