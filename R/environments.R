# Local environments unit by unit, and what is read off a profile.

#' Who lives around each unit
#'
#' The make-up of the surroundings of every unit, for maps and for local scores: what
#' [ioi_segregation_spatial()] adds up.
#'
#' @inheritParams ioi_segregation_spatial
#' @param score What to give for every unit and bandwidth, one or more of `"share"` (the
#'   share of each group among the people around, \eqn{\tilde p_{ig}}), `"diversity"`
#'   (their entropy \eqn{\tilde E_i}, natural logarithm) and `"theil"`
#'   (\eqn{1 - \tilde E_i / E}: below 0 where surroundings are more mixed than the
#'   whole; its mean weighted by people is H).
#' @return A tibble, or with geometry an sf data frame, with a row per unit, bandwidth,
#'   score and group: the `by` columns, the `unit` columns, the coordinates if columns,
#'   `bandwidth`, `score`, `group` (`NA` but for shares), `estimate`, `around` (people
#'   around, each counted with the weight of its distance) and `people` (who live in the
#'   unit). `estimate` is `NA` where nobody lives around.
#' @section Missing and empty: As in [ioi_segregation_spatial()]. A unit without people
#'   has surroundings too.
#' @section Errors: As in [ioi_segregation_spatial()].
#' @references Reardon, S. F. and O'Sullivan, D. (2004). Measures of spatial segregation.
#'   *Sociological Methodology* 34, 121-162. \doi{10.1111/j.0081-1750.2004.00150.x}
#' @seealso [ioi_plot_map()]
#' @examples
#' leicester <- merge(census_2011_lsoa, five_places[five_places$place == "Leicester", ])
#' around <- ioi_environments(
#'   leicester, c(white_british, indian), lsoa_code,
#'   coords = c(easting, northing), bandwidth = 1000
#' )
#' # where surroundings are most and least Indian, of these two groups
#' range(around$estimate[around$group == "indian"])
#' @export
ioi_environments <- function(data, group, unit, count = NULL, coords = NULL, bandwidth,
                             kernel = c(
                               "biweight", "gaussian", "exponential", "triangular",
                               "step", "inverse", "nearest"
                             ),
                             max_distance = Inf, score = "share",
                             ..., by = NULL, groups = NULL, neighbours = NULL,
                             lonlat = NULL, power = 1) {
  check_dots_empty_ioi(...)
  score <- check_score(score)
  check_groups(groups)
  smoothing <- check_smoothing(bandwidth, kernel, max_distance, power)
  split <- split_geometry(data)
  source <- segregation_source(split$data)
  columns <- segregation_columns(
    source,
    rlang::enquo(group), rlang::enquo(unit), rlang::enquo(count), rlang::enquo(by)
  )
  check_by_names(c(columns$by, columns$unit), environment_columns_out)
  layout <- segregation_layout(source, columns, groups)
  coords <- rlang::enquo(coords)
  where <- spatial_places(layout, coords, split$geometry, lonlat, neighbours, smoothing)
  tally <- segregation_tally(layout)
  report_left_out(layout, tally)
  table <- tally$table
  found <- .Call(
    ioi_r_environment_shares, table, layout$first, where$core, core_smoothing(smoothing),
    getOption("ioi.threads")
  )
  shown <- setdiff(resolve_columns(coords, layout$data, "coords"), unlist(columns))
  environment_table(layout, table, found, where, smoothing, score, shown)
}

environment_scores <- c("share", "diversity", "theil")

environment_columns_out <- c(
  "bandwidth", "score", "group", "estimate", "around", "people", "geometry"
)

check_score <- function(score, call = rlang::caller_env()) {
  if (!is.character(score) || !length(score) || !all(score %in% environment_scores)) {
    abort_ioi(
      c(
        "{.arg score} must be among {.val {environment_scores}}.",
        "x" = "It is {.val {as_shown(score)}}."
      ),
      "input",
      arg = "score", call = call
    )
  }
  unique(score)
}

# Rows: by unit, within it by bandwidth, score and group.
environment_table <- function(layout, table, found, where, smoothing, score, coords) {
  items <- do.call(rbind, lapply(score, function(one) {
    data.frame(score = one, group = if (one == "share") layout$labels else NA_character_)
  }))
  units <- nrow(table)
  bands <- length(smoothing$bandwidth)
  unit <- rep(seq_len(units), each = bands * nrow(items))
  band <- rep(rep(seq_len(bands), each = nrow(items)), units)
  item <- rep(seq_len(nrow(items)), bands * units)
  area <- unit_area(layout)
  estimate <- environment_values(found, items, table, layout, area, unit, band, item)
  first <- where$rows$first
  columns <- c(
    lapply(layout$area$labels, function(x) x[area][unit]),
    lapply(layout$data[c(layout$columns$unit, coords)], function(x) x[first][unit]),
    list(
      bandwidth = smoothing$bandwidth[band], score = items$score[item],
      group = items$group[item], estimate = estimate,
      around = found$around[cbind(unit, band)], people = rowSums(table)[unit]
    )
  )
  out <- tibble::new_tibble(columns, nrow = length(unit))
  if (is.null(where$geometry)) {
    out
  } else {
    out$geometry <- where$geometry[first][unit]
    sf::st_as_sf(out)
  }
}

environment_values <- function(found, items, table, layout, area, unit, band, item) {
  group <- match(items$group, layout$labels)
  share <- items$score[item] == "share"
  value <- found$diversity[cbind(unit, band)]
  value[share] <- found$share[cbind(unit, group[item], band)[share, , drop = FALSE]]
  theil <- items$score[item] == "theil"
  whole <- area_diversity(table, layout$first)
  value[theil] <- 1 - value[theil] / whole[area[unit][theil]]
  value[!is.finite(value)] <- NA
  value
}

# Entropy of all people of each area.
area_diversity <- function(table, first) {
  people <- area_people(table, first)
  share <- people / rowSums(people)
  -rowSums(ifelse(share > 0, share * log(share), 0))
}

#' Is segregation of wide or of narrow surroundings?
#'
#' The ratio of segregation between wide surroundings to that between narrow ones: near 1
#' when groups are apart over whole districts, near 0 when they are apart only from
#' street to street.
#'
#' @param x A profile made by [ioi_segregation_spatial()] with at least two bandwidths.
#' @param micro,macro Bandwidths of narrow and of wide surroundings, among those of `x`.
#'   `NULL`: the smallest and the largest.
#' @return A tibble of class [ioi_estimate]: the `by` columns, `index`, `group`, `other`,
#'   `estimate` (the ratio), `std.error`, `conf.low`, `conf.high` (`NA`), `micro`,
#'   `macro` (the bandwidths) and `flag`. `NA` where the index at `micro` is 0 or has no
#'   value.
#' @section Errors: `ioi_error_input` when `x` is not a profile, or does not have the
#'   bandwidths.
#' @section Formula: \eqn{\tilde H(macro) / \tilde H(micro)}, 4,000 m and 500 m in the
#'   reference.
#' @references Reardon, S. F. et al. (2008). The geographic scale of metropolitan racial
#'   segregation. *Demography* 45(3), 489-514. \doi{10.1353/dem.0.0019}
#' @examples
#' leicester <- merge(census_2011_lsoa, five_places[five_places$place == "Leicester", ])
#' profile <- ioi_segregation_spatial(
#'   leicester, white_british:other, lsoa_code,
#'   coords = c(easting, northing), bandwidth = c(500, 1000, 2000, 4000), index = "theil"
#' )
#' ioi_segregation_scale(profile)
#' @export
ioi_segregation_scale <- function(x, micro = NULL, macro = NULL) {
  check_profile(x)
  widths <- sort(unique(x[["bandwidth"]]))
  if (is.null(micro)) micro <- widths[1]
  if (is.null(macro)) macro <- widths[length(widths)]
  check_bandwidth(micro, widths, "micro")
  check_bandwidth(macro, widths, "macro")
  low <- x[["bandwidth"]] == micro
  high <- x[["bandwidth"]] == macro
  labels <- c(attr(x, "info")$by, "index", "group", "other")
  key <- function(rows) do.call(paste, c(lapply(labels, function(l) x[[l]][rows]), sep = "\r"))
  match <- match(key(low), key(high))
  narrow <- x[["estimate"]][low]
  ratio <- x[["estimate"]][high][match] / narrow
  ratio[!is.finite(ratio)] <- NA
  none <- rep(NA_real_, length(ratio))
  info <- attr(x, "info")
  info$what <- "Segregation of wide over narrow surroundings"
  info$unit <- "ratio"
  columns <- c(
    lapply(unclass(x)[labels], function(value) value[low]),
    list(
      estimate = ratio, std.error = none, conf.low = none, conf.high = none,
      micro = rep(as.double(micro), length(ratio)), macro = rep(as.double(macro), length(ratio)),
      flag = ifelse(is.na(ratio) & !nzchar(x[["flag"]][low]), "empty", x[["flag"]][low])
    )
  )
  new_ioi_estimate(tibble::new_tibble(columns, nrow = length(ratio)), info = info)
}

# A table with the columns of ioi_segregation_spatial().
check_profile <- function(x, call = rlang::caller_env()) {
  if (!is_estimate(x) || !all(c("index", "bandwidth", "aspatial") %in% names(x))) {
    abort_ioi(
      c(
        "{.arg x} must be a profile made by {.fn ioi_segregation_spatial}.",
        "x" = "It is {.cls {class(x)}}."
      ),
      "input",
      arg = "x", call = call
    )
  }
}

check_bandwidth <- function(value, widths, arg, call = rlang::caller_env()) {
  if (!is.numeric(value) || length(value) != 1 || !value %in% widths) {
    abort_ioi(
      c(
        "{.arg {arg}} must be one of the bandwidths: {.val {widths}}.",
        "x" = "It is {.val {as_shown(value)}}."
      ),
      "input",
      arg = arg, call = call
    )
  }
}
