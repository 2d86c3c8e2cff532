# Local scores of segregation: a row per unit or group.

#' Segregation of each unit or group
#'
#' What each unit, or each group, adds to segregation: scores that sum to an index of
#' [ioi_segregation()], and simple descriptions of a unit.
#'
#' @inheritParams ioi_segregation
#' @param score One of
#'   * `"unit"`: how far the mix of a unit is from the mix of its place, a row per unit;
#'   * `"group"`: how far the spread of a group is from the spread of everybody, a row
#'     per group;
#'   * `"location_quotient"`: share of a group in a unit over its share in the place, a
#'     row per unit and group;
#'   * `"diversity"`: entropy of a unit; `"simpson"`: the chance that two people drawn
#'     from a unit, with replacement, are of different groups;
#'   * `"extremes"`: the index of concentration at the extremes;
#'   * `"dissimilarity"`: the part of a unit in two-group dissimilarity.
#' @param compare For `"dissimilarity"`: `"pairwise"`, every pair of groups or those in
#'   `groups`, or `"rest"`, each group against all others. Two groups are a pair unless
#'   said otherwise; more are each compared with the rest.
#' @param groups The groups to keep; all others are left out as if they did not live
#'   there. For `"extremes"` the two groups at the extremes, which must be named where
#'   there are more: everybody else stays in the base.
#' @param normalise `TRUE` divides the scores of units and groups by the entropy of the
#'   place, so that they sum to Theil's H, and the entropy of a unit by its largest
#'   possible value, the logarithm of the number of groups in the place.
#' @param area For `"dissimilarity"`: a column with larger areas, and a row for each of
#'   these in place of units.
#' @param base Base of the logarithm.
#' @param se `"none"`; or `"analytic"`: for counts people are taken as drawn at random into
#'   the units and groups of a place; an [ioi_design()] is followed.
#' @return A tibble of class [ioi_estimate]: the `by` columns, `unit` (not for groups;
#'   with `area`, a column of that name), `index` (the score), `group`, `other`,
#'   `estimate`, then `std.error`, `conf.low` and `conf.high` (`NA` without `se`), then
#'   * for `"unit"` and `"group"`: `weight` (share of people), `contribution` (weight
#'     times score: they sum to the index); for groups also `local_dissimilarity`;
#'   * for `"dissimilarity"`: `difference` (the share of one group that lives in the
#'     unit less that of the other), `share` (of all of D) and `impact` (100 times that
#'     share over the unit's share of units: above 100 is more than its due);
#'
#'   and `n` (people, unweighted) and `flag`. Rows are in the order of place and unit.
#' @section Formula: With \eqn{p_{ig}} the share of group \eqn{g} in unit \eqn{i},
#'   \eqn{P_g} its share in the place, \eqn{q_{ig}} the share of the group that is in
#'   the unit and \eqn{r_i} the share of everybody that is: unit
#'   \eqn{\sum_g p_{ig} \ln(p_{ig}/P_g)}; group \eqn{\sum_i q_{ig} \ln(q_{ig}/r_i)} with
#'   local dissimilarity \eqn{\frac12\sum_i |q_{ig} - r_i|}; location quotient
#'   \eqn{p_{ig}/P_g}; diversity \eqn{-\sum_g p_{ig} \ln p_{ig}}; Simpson
#'   \eqn{\sum_g p_{ig}(1 - p_{ig})}; extremes \eqn{(x_i - y_i)/t_i}; dissimilarity
#'   \eqn{\frac12|x_i/X - y_i/Y|}, whose sum is D.
#' @section Standard errors: By the delta method: a member of a unit moves its score through
#'   the mix of the unit, and everybody through the mix of the place. Limits are those of
#'   the normal law (of t, with the PSUs of the place, for a design), cut at the range of the
#'   score. They ask what another draw of people
#'   would give, and know nothing of the bias that small units have: the score of a unit of
#'   `t` people is some `(G - 1)/(2 t)` above 0 by chance, with `G` groups.
#' @section Missing and empty: Rows without group, unit or area are left out, and
#'   counted in a message of class `ioi_message_missing`. A unit without members is an
#'   `NA` row with flag `empty`; so is a group without members, and a place in which the
#'   score has no value. For `"dissimilarity"`, so is a unit with members of neither
#'   group; it does not count in `impact`.
#' @section Errors: `ioi_error_input` for a wrong column, score or group;
#'   `ioi_error_data` for negative, missing or infinite counts.
#' @references Alonso-Villar, O. and del Rio, C. (2010). Local versus overall segregation
#'   measures. *Mathematical Social Sciences* 60(1), 30-38.
#'   \doi{10.1016/j.mathsocsci.2010.03.002}
#'
#'   Mora, R. and Ruiz-Castillo, J. (2011). Entropy-based segregation indices.
#'   *Sociological Methodology* 41(1), 159-194. \doi{10.1111/j.1467-9531.2011.01237.x}
#' @seealso [ioi_segregation()], [ioi_segregation_within()]
#' @examples
#' leicester <- subset(census_2011_lsoa, la_name == "Leicester")
#'
#' # the LSOAs whose mix differs most from that of the city
#' units <- ioi_segregation_local(leicester, group = white_british:other, unit = lsoa_code)
#' head(units[order(-units$estimate), ])
#'
#' # the groups that are spread most unevenly
#' ioi_segregation_local(leicester, group = white_british:other, unit = lsoa_code, score = "group")
#'
#' # where the dissimilarity of two groups comes from, by MSOA
#' ioi_segregation_local(
#'   leicester, group = white_british:other, unit = lsoa_code, score = "dissimilarity",
#'   groups = c("indian", "white_british"), area = msoa_code
#' )
#' @export
ioi_segregation_local <- function(data, group, unit, count = NULL, by = NULL,
                                  score = c(
                                    "unit", "group", "location_quotient", "diversity",
                                    "simpson", "extremes", "dissimilarity"
                                  ),
                                  compare = c("pairwise", "rest"), groups = NULL,
                                  normalise = FALSE, area = NULL, base = exp(1),
                                  se = c("none", "analytic"), level = 0.95, ...) {
  check_dots_empty_ioi(...)
  score <- check_choice(score, names(local_kinds), "score")
  check_groups(groups)
  compare <- if (!missing(compare)) check_choice(compare, c("pairwise", "rest"), "compare")
  check_local_options(score, compare, check_flag(normalise, "normalise"))
  base <- check_base(base)
  se <- check_choice(se, c("none", "analytic"), "se")
  level <- check_level(level)
  source <- segregation_source(data)
  area <- resolve_columns(rlang::enquo(area), source$data, "area", most = 1)
  check_local_error(se, area)
  columns <- segregation_columns(
    source,
    rlang::enquo(group), rlang::enquo(unit), rlang::enquo(count), rlang::enquo(by)
  )
  check_by_names(columns$by, c(local_columns_out, area))
  check_local_area(area, score)
  read <- segregation_read(source, columns, if (score != "extremes") groups)
  of <- local_comparisons(score, compare, groups, read$layout$labels)
  run <- function(read) {
    switch(score,
      unit = local_units(read, score, 1L, normalise, base),
      diversity = local_units(read, score, 2L, normalise, base),
      simpson = local_units(read, score, 3L, FALSE, exp(1)),
      group = local_groups(read, score, normalise, base),
      location_quotient = local_quotient(read, score),
      local_pairs(read, score, of)
    )
  }
  out <- run(read)
  if (length(area)) out <- local_areas(read, out, area)
  if (se == "analytic") {
    out <- c(out, local_error(read, out, score, normalise, base, of, run))
  }
  local_table(read, out, score, normalise, base, se, level)
}

# Kinds of r_segregation_local.c; dissimilarity against the rest is 5.
local_kinds <- c(
  unit = 0L, group = 1L, location_quotient = 2L, diversity = 0L, simpson = 0L,
  extremes = 3L, dissimilarity = 4L
)

local_columns_out <- c(
  "unit", "index", "group", "other", core_columns, "weight", "contribution",
  "local_dissimilarity", "difference", "share", "impact", "units", "n", "flag"
)

check_local_options <- function(score, compare, normalise, call = rlang::caller_env()) {
  if (length(compare) && score != "dissimilarity") {
    abort_ioi("{.arg compare} is for the score {.val dissimilarity}.", "input",
      arg = "compare", call = call
    )
  }
  if (normalise && !score %in% c("unit", "group", "diversity")) {
    abort_ioi(
      "{.arg normalise} is for the scores {.val unit}, {.val group} and {.val diversity}.",
      "input",
      arg = "normalise", call = call
    )
  }
}

check_local_area <- function(area, score, call = rlang::caller_env()) {
  if (!length(area)) {
    return(invisible())
  }
  if (score != "dissimilarity") {
    abort_ioi("{.arg area} is for the score {.val dissimilarity}.", "input",
      arg = "area", call = call
    )
  }
  clash <- intersect(area, setdiff(local_columns_out, "unit"))
  if (length(clash)) {
    abort_ioi(
      "{.arg area} must not be called {.val {clash}}: the result has a column of that name.",
      "input",
      arg = "area", call = call
    )
  }
}

# The pairs that a score compares: list(kind, a, b, group, other).
local_comparisons <- function(score, compare, groups, labels, call = rlang::caller_env()) {
  if (score == "dissimilarity") {
    if (is.null(compare)) {
      compare <- if (is.list(groups) || length(labels) == 2) "pairwise" else "rest"
    }
    of <- segregation_comparisons(compare, groups, labels, call)
    of$kind <- if (compare == "rest") 5L else 4L
    return(of)
  }
  if (score != "extremes") {
    return(NULL)
  }
  pairs <- if (is.list(groups)) listed_pairs(groups, call) else extreme_pair(groups, labels, call)
  list(
    kind = 3L, a = match(pairs[, 1], labels), b = match(pairs[, 2], labels),
    group = pairs[, 1], other = pairs[, 2]
  )
}

extreme_pair <- function(groups, labels, call) {
  pair <- if (is.null(groups)) labels else as.character(groups)
  if (length(pair) != 2 || anyDuplicated(pair)) {
    abort_ioi(
      c(
        "The score {.val extremes} compares two groups.",
        "i" = "Name them in {.arg groups}, such as {.code groups = c(\"rich\", \"poor\")}."
      ),
      "input",
      arg = "groups", call = call
    )
  }
  keep_groups(labels, pair, call)
  matrix(pair, 1)
}

run_local <- function(read, kind, a = 1L, b = 1L) {
  .Call(ioi_r_segregation_local, read$table, read$layout$first, kind, a, b)
}

# The place of each unit, from 1.
unit_places <- function(layout) {
  rep(seq_len(length(layout$first) - 1L), diff(layout$first))
}

# Scores of units: column `at` of what the core gives.
local_units <- function(read, score, at, normalise, base) {
  found <- run_local(read, local_kinds[[score]])
  place <- unit_places(read$layout)
  value <- found[[at + 1]] / log(base)
  if (normalise) {
    top <- if (score == "unit") {
      found[[6]][2 * seq_along(found[[1]]) - 1]
    } else {
      log(present_groups(read, place))
    }
    value <- value / (top[place] / log(base))
    value[is.nan(value)] <- NA
  }
  list(
    place = place, unit = seq_along(place), estimate = value, n = rowSums(read$people),
    status = found[[1]][place],
    extra = if (score == "unit") {
      list(weight = found[[5]], contribution = zero_where_empty(found[[5]] * value, found[[5]]))
    } else {
      list(weight = found[[5]])
    }
  )
}

# A unit without members contributes nothing.
zero_where_empty <- function(contribution, weight) {
  contribution[which(weight == 0)] <- 0
  contribution
}

# Groups with members in each place.
present_groups <- function(read, place) {
  unname(rowSums(rowsum(read$table, place, reorder = FALSE) > 0))
}

local_groups <- function(read, score, normalise, base) {
  found <- run_local(read, local_kinds[[score]])
  layout <- read$layout
  places <- length(layout$first) - 1L
  place <- rep(seq_len(places), each = length(layout$labels))
  by <- if (normalise) run_local(read, 0L)[[6]][2 * place - 1] else log(base)
  value <- found[[2]] / by
  value[is.nan(value)] <- NA
  n <- rowsum(read$people, unit_places(layout), reorder = FALSE)
  list(
    place = place, unit = NULL, group = rep(layout$labels, places), estimate = value,
    n = as.vector(t(n)), status = found[[1]][place],
    extra = list(
      weight = found[[4]], contribution = zero_where_empty(found[[4]] * value, found[[4]]),
      local_dissimilarity = found[[3]]
    )
  )
}

# Units in order, groups within; the core gives them group by group in each place.
local_quotient <- function(read, score) {
  found <- run_local(read, local_kinds[[score]])
  layout <- read$layout
  groups <- length(layout$labels)
  place <- unit_places(layout)
  start <- layout$first[place] # units before the place
  size <- diff(layout$first)[place]
  row <- rep(seq_along(place), each = groups)
  g <- rep(seq_len(groups), length(place))
  at <- start[row] * groups + (g - 1) * size[row] + row - start[row]
  list(
    place = place[row], unit = row, group = layout$labels[g], estimate = found[[2]][at],
    n = as.vector(t(read$people)), status = found[[1]][place][row], extra = list()
  )
}

# Scores of pairs: a block of units for each.
local_pairs <- function(read, score, of) {
  found <- Map(function(a, b) run_local(read, of$kind, a, b), of$a, of$b)
  place <- unit_places(read$layout)
  units <- length(place)
  column <- function(k) unlist(lapply(found, function(x) x[[k]]))
  members <- function(a, b) rowSums(read$people[, unique(c(a, b)), drop = FALSE])
  everybody <- of$kind != 4L
  n <- if (everybody) {
    rep(rowSums(read$people), length(found))
  } else {
    unlist(Map(members, of$a, of$b))
  }
  out <- list(
    place = rep(place, length(found)), unit = rep(seq_len(units), length(found)),
    group = rep(of$group, each = units), other = rep(of$other, each = units),
    n = n, status = unlist(lapply(found, function(x) x[[1]][place]))
  )
  if (score == "extremes") {
    return(c(out, list(estimate = column(2), extra = list())))
  }
  c(out, list(
    estimate = column(3),
    extra = list(difference = column(2), share = column(4), impact = column(5))
  ))
}

# Sums of the parts of D over larger areas.
local_areas <- function(read, out, area) {
  label <- readable_key(read$layout$data[[area]], "area", rlang::caller_env(), area)
  label <- label[rows_of_units(read$layout)][out$unit]
  id <- match(label, unique(label))
  pair <- match(out$group, unique(out$group)) * (length(unique(out$other)) + 1) +
    match(out$other, unique(out$other))
  key <- paste(out$place, pair, id)
  first <- which(!duplicated(key))
  sums <- rowsum(
    cbind(
      part = out$estimate, difference = out$extra$difference, share = out$extra$share,
      units = !is.na(out$estimate), n = out$n
    ),
    key,
    reorder = FALSE, na.rm = TRUE
  )
  none <- sums[, "units"] == 0
  sums[none, c("part", "difference", "share")] <- NA
  all_units <- rowsum(sums[, "units"], paste(out$place, pair)[first], reorder = FALSE)
  place_units <- all_units[paste(out$place, pair)[first], 1]
  list(
    place = out$place[first], area = label[first], area_name = area,
    group = out$group[first], other = out$other[first], estimate = unname(sums[, "part"]),
    n = unname(sums[, "n"]), status = out$status[first],
    extra = list(
      difference = unname(sums[, "difference"]), share = unname(sums[, "share"]),
      impact = unname(100 * sums[, "share"] / (sums[, "units"] / place_units)),
      units = unname(sums[, "units"])
    )
  )
}

# The estimate table, in the order of places and units.
local_table <- function(read, out, score, normalise, base, se, level) {
  rows <- length(out$estimate)
  text <- function(x) if (is.null(x)) rep(NA_character_, rows) else x
  flag <- ifelse(out$status != "ok", out$status, ifelse(is.na(out$estimate), "empty", ""))
  error <- if (se == "none") rep(NA_real_, rows) else sqrt(out$v)
  range <- local_range(score)
  df <- if (is.null(out$df)) rep(Inf, rows) else out$df
  limits <- index_limits(out$estimate, error, df, level, range$least, range$most)
  flag[which(flag == "" & error == 0)] <- "boundary"
  flag[is.nan(error)] <- "lonely"
  id <- if (!is.null(out$unit)) {
    list(unit = unit_labels(read$layout, rows_of_units(read$layout))[out$unit])
  } else if (!is.null(out$area)) {
    stats::setNames(list(out$area), out$area_name)
  }
  labels <- place_labels(read$layout, out$place)
  table <- c(labels, id, list(
    index = rep(score, rows), group = text(out$group), other = text(out$other),
    estimate = na_if_nan(out$estimate), std.error = na_if_nan(error), conf.low = limits$low,
    conf.high = limits$high
  ), lapply(out$extra, na_if_nan), list(n = out$n, flag = flag))
  table <- tibble::new_tibble(table, nrow = rows)
  order <- if (length(labels)) order(out$place) else seq_len(rows)
  vcov <- if (!is.null(out$vcov)) known_covariance(out$vcov, error)[order, order, drop = FALSE]
  new_ioi_estimate(table[order, ], vcov = vcov, info = parts_info(
    read, local_words[[score]], c(names(labels), names(id)), level, se,
    notes = if (score %in% c("unit", "group", "diversity") && !normalise) base_note(base),
    score = score, normalise = normalise
  ))
}

local_words <- c(
  unit = "Local segregation of units", group = "Local segregation of groups",
  location_quotient = "Location quotient", diversity = "Entropy",
  simpson = "Simpson's diversity", extremes = "Concentration at the extremes",
  dissimilarity = "Part in dissimilarity"
)
