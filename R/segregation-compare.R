# Two places compared: structure and composition by counterfactuals.

#' Compare the segregation of two places
#'
#' Splits the difference in an index between two places into the part that comes from how
#' their units are sized and the part that comes from how mixed the units are, by giving
#' each place the other's mix; and tests the difference by exchanging units.
#'
#' @inheritParams ioi_segregation
#' @param place Column of the place.
#' @param places The two places to compare, the second taken from the first. `NULL`: the
#'   two that there are, in their order.
#' @param index One index of [ioi_segregation()] that compares two groups.
#' @param compare `"pairwise"`, two groups, or `"rest"`, one group (the first of `groups`)
#'   against all others.
#' @param groups The two groups; for `"rest"` one.
#' @param reps Random exchanges of units for the test; 0 for none.
#' @param ... Further arguments of [ioi_segregation()], such as `shape`.
#' @return A tibble of class [ioi_estimate] with a row per component: `place`,
#'   `other_place`, `index`, `group`, `other`, `component`, `estimate`, `std.error`,
#'   `conf.low` and `conf.high`, which are `NA`, `first` and `second` (the index of each
#'   place), `p.value` (of the difference, two-sided; `NA` for the others and without
#'   `reps`), `units` (of both) and `flag`. Components: `"structure"` and
#'   `"composition"`, which add up to `"difference"`, first less second.
#' @section Formula: The composition of a unit is the share of the first group, its
#'   structure is its size. \eqn{G(S_2, A_1)} is the index of the units of place 2 with
#'   the shares of place 1 put in place of their own, rank for rank: a unit whose share
#'   has rank \eqn{r} of \eqn{n} gets the quantile of the other place's shares at
#'   \eqn{(r - 1/2)/n}. Then structure is
#'   \eqn{\frac12[G(S_1,A_1) - G(S_2,A_1) + G(S_1,A_2) - G(S_2,A_2)]} and composition is
#'   \eqn{\frac12[G(S_1,A_1) - G(S_1,A_2) + G(S_2,A_1) - G(S_2,A_2)]}. The test deals the
#'   units of both places at random to two places with as many units, and counts how
#'   often the difference is as large: \eqn{(1 + b)/(1 + \mathrm{reps})}.
#' @section What the test assumes: That units could as well lie in the other place. It
#'   says nothing of chance within units, and is no test of a sample of people: for that
#'   take the difference of two rows of [ioi_segregation()] by [ioi_parity()].
#' @section Missing and empty: Rows without group, unit or place are left out, and
#'   counted in a message of class `ioi_message_missing`. Units without members of the
#'   groups compared are left out. A place in which the index has no value makes all rows
#'   `NA` with flag `empty`.
#' @section Errors: `ioi_error_input` for a wrong column, place, group or index;
#'   `ioi_error_data` for negative, missing or infinite counts.
#' @references Rey, S., Cortes, R. and Knaap, E. (2021). Comparative spatial segregation
#'   analytics. *Spatial Demography* 9, 31-56. \doi{10.1007/s40980-021-00075-w}
#' @examples
#' set.seed(1)
#' ioi_segregation_compare(
#'   census_2011_lsoa, group = c(pakistani, white_british), unit = lsoa_code,
#'   place = la_name, places = c("Bradford", "Luton"), reps = 99
#' )
#' @export
ioi_segregation_compare <- function(data, group, unit, count = NULL, place = NULL,
                                    places = NULL, index = "dissimilarity",
                                    compare = c("pairwise", "rest"), groups = NULL,
                                    reps = 0, ...) {
  compare <- check_choice(compare, c("pairwise", "rest"), "compare")
  check_one_index(index)
  check_exchanges(reps)
  source <- segregation_source(data)
  place <- resolve_column(rlang::enquo(place), source$data, "place")
  columns <- segregation_columns(
    source,
    rlang::enquo(group), rlang::enquo(unit), rlang::enquo(count), rlang::quo(NULL)
  )
  columns$by <- place
  read <- segregation_read(source, columns, if (compare == "pairwise") groups)
  at <- compare_places(read, place, places)
  pair <- compare_groups(read$layout$labels, compare, groups)
  units <- lapply(at, compare_units, read = read, pair = pair)
  measure <- function(tables) compare_index(tables, index, compare, ...)
  value <- if (all(vapply(units, nrow, 0L) > 0)) {
    measure(compare_tables(units[[1]], units[[2]]))
  } else {
    rep(NA_real_, 4)
  }
  p <- if (reps > 0 && !anyNA(value)) {
    exchange_test(units[[1]], units[[2]], value[1] - value[4], reps, measure)
  } else {
    NA_real_
  }
  compare_table(read, place, at, index, pair, value, p, units, reps)
}

check_one_index <- function(index, call = rlang::caller_env()) {
  if (!is.character(index) || length(index) != 1 || is.na(index)) {
    abort_ioi("{.arg index} must name one index.", "input", arg = "index", call = call)
  }
}

check_exchanges <- function(reps, call = rlang::caller_env()) {
  ok <- is.numeric(reps) && length(reps) == 1 && is.finite(reps) && reps >= 0 &&
    reps == round(reps)
  if (!ok) {
    abort_ioi("{.arg reps} must be 0 or a positive whole number.", "input",
      arg = "reps", call = call
    )
  }
}

# The positions of the two places among the areas.
compare_places <- function(read, place, places, call = rlang::caller_env()) {
  text <- as.character(read$layout$area$labels[[place]])
  wanted <- if (is.null(places)) text else as.character(places)
  unknown <- setdiff(wanted, text)
  if (length(unknown) || length(wanted) != 2 || wanted[1] == wanted[2]) {
    abort_ioi(
      c(
        "{.arg places} must name two places of {.field {place}}.",
        "x" = if (length(unknown)) {
          "{.val {unknown}} {?is/are} not among them."
        } else {
          "There {?is/are} {length(wanted)}."
        }
      ),
      "input",
      arg = "places", call = call
    )
  }
  match(wanted, text)
}

# The group compared, and the other (NA for all others).
compare_groups <- function(labels, compare, groups, call = rlang::caller_env()) {
  pair <- as.character(unlist(if (is.null(groups)) labels else groups))
  enough <- if (compare == "rest") length(pair) >= 1 else length(pair) == 2
  if (!enough || compare == "rest" && length(pair) != 1 && !is.null(groups)) {
    abort_ioi(
      "{.arg groups} must name {if (compare == 'rest') 'one group' else 'two groups'}.",
      "input",
      arg = "groups", call = call
    )
  }
  keep_groups(labels, pair, call)
  c(pair[1], if (compare == "rest") NA_character_ else pair[2])
}

# A data frame of the units of a place with members: size and share of the group.
compare_units <- function(area, read, pair) {
  rows <- seq_len(diff(read$layout$first)[area]) + read$layout$first[area]
  table <- read$table[rows, , drop = FALSE]
  at <- match(pair, read$layout$labels)
  x <- table[, at[1]]
  size <- if (is.na(pair[2])) rowSums(table) else x + table[, at[2]]
  data.frame(size = size, share = x / size)[size > 0, ]
}

# Four tables: S1 A1, S2 A1, S1 A2, S2 A2.
compare_tables <- function(one, two) {
  with_mix <- function(of, mix) {
    data.frame(size = of$size, share = .Call(ioi_r_rank_exchange, of$share, mix$share))
  }
  list(one, with_mix(two, one), with_mix(one, two), two)
}

# The index of each table, by one call.
compare_index <- function(tables, index, compare, ...) {
  table <- rep(seq_along(tables), vapply(tables, nrow, 0L))
  all <- do.call(rbind, tables)
  wide <- data.frame(
    table = table, unit = seq_along(table), x = all$size * all$share,
    y = all$size * (1 - all$share)
  )
  found <- ioi_segregation(
    wide, group = c("x", "y"), unit = "unit", by = "table", index = index,
    compare = compare, ...
  )
  one <- found[found$group %in% "x", ]
  one$estimate[match(seq_along(tables), one$table)]
}

# Units dealt to two places with as many: the share of deals with so large a difference.
# So many deals are measured at once that about a million units are in memory.
exchange_test <- function(one, two, difference, reps, measure) {
  all <- rbind(one, two)
  n <- nrow(all)
  first <- seq_len(nrow(one))
  batch <- max(1, floor(1e6 / n))
  larger <- 0
  for (from in seq(1, reps, by = batch)) {
    tables <- unlist(lapply(seq(from, min(reps, from + batch - 1)), function(r) {
      dealt <- all[sample.int(n), ]
      list(dealt[first, ], dealt[-first, ])
    }), recursive = FALSE)
    value <- matrix(measure(tables), 2)
    apart <- abs(value[1, ] - value[2, ])
    larger <- larger + sum(is.na(apart) | apart >= abs(difference) * (1 - 1e-12))
  }
  (1 + larger) / (1 + reps)
}

compare_table <- function(read, place, at, index, pair, value, p, units, reps) {
  half <- function(a, b) ((value[1] - value[a]) + (value[b] - value[4])) / 2
  labels <- read$layout$area$labels[[place]]
  none <- rep(NA_real_, 3)
  table <- tibble::new_tibble(list(
    place = rep(labels[at[1]], 3), other_place = rep(labels[at[2]], 3),
    index = rep(index, 3), group = rep(pair[1], 3),
    other = rep(if (is.na(pair[2])) "rest" else pair[2], 3),
    component = c("structure", "composition", "difference"),
    estimate = c(half(2, 3), half(3, 2), value[1] - value[4]),
    std.error = none, conf.low = none, conf.high = none,
    first = rep(value[1], 3), second = rep(value[4], 3), p.value = c(NA, NA, p),
    units = rep(as.double(sum(vapply(units, nrow, 0L))), 3),
    flag = rep(if (anyNA(value)) "empty" else "", 3)
  ), nrow = 3L)
  new_ioi_estimate(table, info = parts_info(
    read, "Difference in segregation", c("place", "other_place", "component"), 0.95, "none",
    notes = if (reps > 0) {
      paste("p by", format_number(reps, 0), "random exchanges of units between the places.")
    },
    parts = "compare"
  ))
}
