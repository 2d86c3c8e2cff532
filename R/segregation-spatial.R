# Spatial segregation, surface based: indices of local environments.

#' Segregation between neighbourhoods without borders
#'
#' How unlike each other the surroundings of people are, whatever the borders of
#' areas: every unit is looked at together with the people near it, nearer ones
#' counting more.
#'
#' @inheritParams ioi_segregation
#' @param data As in [ioi_segregation()]; also data with geometry (package sf): points,
#'   or polygons, which stand for their centroids.
#' @param coords Two columns, x and y, the same in all rows of a unit. Columns called
#'   `lon` or `longitude` and `lat` or `latitude` hold degrees. Not needed with
#'   geometry.
#' @param bandwidth How far the surroundings reach: numbers of 0 or more, in the unit
#'   of the coordinates; in metres for longitude and latitude; in people for the kernel
#'   `"nearest"`. Several give a profile; 0 is the unit alone, the aspatial index.
#' @param kernel How weight falls with distance \eqn{d} for bandwidth \eqn{h}:
#'   * `"biweight"`: \eqn{(1 - (d/h)^2)^2} within \eqn{h};
#'   * `"gaussian"`: \eqn{\exp(-(d/h)^2 / 2)};
#'   * `"exponential"`: \eqn{\exp(-d/h)};
#'   * `"triangular"`: \eqn{1 - d/h} within \eqn{h};
#'   * `"step"`: 1 within \eqn{h};
#'   * `"inverse"`: \eqn{(d + h)^{-p}} with \eqn{p} the `power`;
#'   * `"nearest"`: the \eqn{h} nearest people alike. Of the last unit, or units at the
#'     same distance, the part that is needed.
#' @param max_distance Distance beyond which nobody counts, whatever the kernel.
#' @param index One or more of `"theil"` (H), `"dissimilarity"` (D),
#'   `"relative_diversity"` (R) and `"exposure"` (the whole matrix of exposures, of a
#'   group to itself too: isolation).
#' @param ... Not used.
#' @param compare `"multigroup"`: all groups at once. `"pairwise"`: pairs of groups, as
#'   if nobody else lived there. `"rest"`: each group against all others.
#' @param neighbours Instead of coordinates: how far units are apart along a network,
#'   as a data frame of unit, unit and distance. Pairs that are not listed are out of
#'   reach; a pair listed in one direction counts in both. An `nb` of the package spdep,
#'   or a GAL file (see [ioi_read_gal()]), puts neighbours at distance 1.
#' @param lonlat `TRUE`: coordinates are longitude and latitude, and distances
#'   great-circle distances in metres. `NULL`: as the names of the columns, or the
#'   geometry, say.
#' @param power Power of the kernel `"inverse"`.
#' @param reps Number of permutations for a test; 0: none. Units change places, with
#'   all who live there.
#' @return A tibble of class [ioi_estimate]: the `by` columns, `index`, `group` and
#'   `other` (`NA` for all groups at once; for an exposure, that of `group` to
#'   `other`), `bandwidth`, `estimate`, `std.error`, `conf.low`, `conf.high` (`NA`: a
#'   census has no sampling error), `aspatial` (the same index at bandwidth 0),
#'   `units`, `n` and `flag`. With `reps` also `expected` (mean of the permutations)
#'   and `p.value`.
#' @section Formula: With \eqn{n_{ig}} people of group \eqn{g} in unit \eqn{i}, the
#'   environment is \eqn{\tilde n_{ig} = \sum_j \phi(d_{ij}) n_{jg}}, its shares are
#'   \eqn{\tilde p_{ig}}. Then
#'   \eqn{H = 1 - \sum_i t_i \tilde E_i / (T E)},
#'   \eqn{R = 1 - \sum_i t_i \tilde I_i / (T I)},
#'   \eqn{D = \sum_i \sum_g t_i |\tilde p_{ig} - P_g| / (2 T I)} and
#'   \eqn{P_{mn} = \sum_i (n_{im} / N_m) \tilde p_{in}}, with
#'   \eqn{E = -\sum_g p_g \ln p_g} and \eqn{I = \sum_g p_g (1 - p_g)}. Weights \eqn{t_i}
#'   and shares \eqn{P_g} are those of the people who live there, so every row of the
#'   matrix of exposures adds up to 1. H and R can be a little below 0; they are not cut.
#'   A distance of a unit to itself is 0.
#' @section The edge of the map: Nobody lives outside the data. Surroundings of units at
#'   the edge reach inwards only; as shares are compared, not numbers, no correction is
#'   made. Take in the land around a place when who lives there matters.
#' @section Permutation test: Under the null the same units lie in other places. A value
#'   is as segregated as the observed one when H, D, R or isolation is not smaller, or
#'   the exposure to another group not larger; `p.value` is \eqn{(1 + k) / (1 + reps)}
#'   with \eqn{k} such permutations. At bandwidth 0 it is 1. It follows `set.seed()`,
#'   whatever the number of threads.
#' @section Missing and empty: As in [ioi_segregation()]. Units without people add
#'   nothing. A unit without coordinates is an error. Where all units of an area are in
#'   one place the flag is `one_place`; where a kernel's bandwidth reaches beyond the
#'   map, `wide`.
#' @section Errors: `ioi_error_input` for wrong arguments; `ioi_error_data` for missing
#'   coordinates, empty geometry or a unit in two places. Warnings:
#'   `ioi_warning_degrees` when coordinates look like degrees but are used as a plane,
#'   `ioi_warning_crs` when a geometry does not say what its coordinates are.
#' @references Reardon, S. F. and O'Sullivan, D. (2004). Measures of spatial segregation.
#'   *Sociological Methodology* 34, 121-162. \doi{10.1111/j.0081-1750.2004.00150.x}
#'
#'   Reardon, S. F. et al. (2008). The geographic scale of metropolitan racial
#'   segregation. *Demography* 45(3), 489-514. \doi{10.1353/dem.0.0019}
#' @seealso [ioi_environments()] for each unit, [ioi_segregation_scale()] for the ratio of
#'   wide to narrow surroundings, [ioi_plot_profile()].
#' @examples
#' # Squares on a line: two groups apart, and side by side
#' street <- data.frame(
#'   square = 1:6, x = 100 * (1:6), y = 0,
#'   green = c(9, 9, 9, 1, 1, 1), blue = c(1, 1, 1, 9, 9, 9)
#' )
#' ioi_segregation_spatial(
#'   street, c(green, blue), square,
#'   coords = c(x, y), bandwidth = c(100, 250), index = c("theil", "exposure")
#' )
#' @export
ioi_segregation_spatial <- function(data, group, unit, count = NULL, coords = NULL, bandwidth,
                                    kernel = c(
                                      "biweight", "gaussian", "exponential", "triangular",
                                      "step", "inverse", "nearest"
                                    ),
                                    max_distance = Inf,
                                    index = c(
                                      "theil", "dissimilarity", "relative_diversity", "exposure"
                                    ),
                                    ..., by = NULL,
                                    compare = c("multigroup", "pairwise", "rest"),
                                    groups = NULL, neighbours = NULL, lonlat = NULL,
                                    power = 1, reps = 0, level = 0.95) {
  check_dots_empty_ioi(...)
  index <- check_spatial_index(index)
  check_groups(groups)
  compare <- check_choice(compare, compare_choices, "compare")
  smoothing <- check_smoothing(bandwidth, kernel, max_distance, power)
  reps <- check_spatial_reps(reps)
  level <- check_level(level)
  split <- split_geometry(data)
  source <- segregation_source(split$data)
  columns <- segregation_columns(
    source,
    rlang::enquo(group), rlang::enquo(unit), rlang::enquo(count), rlang::enquo(by)
  )
  check_by_names(columns$by, spatial_columns_out)
  layout <- segregation_layout(source, columns, groups)
  where <- spatial_places(
    layout, rlang::enquo(coords), split$geometry, lonlat, neighbours, smoothing
  )
  tally <- segregation_tally(layout)
  lost <- report_left_out(layout, tally)
  found <- spatial_values(layout, tally, where, smoothing, compare, groups, reps)
  spatial_table(layout, found, where, smoothing, index, compare, reps, level, lost)
}

spatial_indices <- c("theil", "dissimilarity", "relative_diversity", "exposure")

spatial_kernels <- c(
  "biweight", "gaussian", "exponential", "triangular", "step", "inverse", "nearest"
)

# Kernels that give no weight at all beyond the bandwidth.
bounded_kernels <- c("biweight", "triangular", "step")

spatial_columns_out <- c(
  "index", "group", "other", "bandwidth", core_columns, "aspatial", "expected", "p.value",
  "units", "n", "flag"
)

# ---- arguments -------------------------------------------------------------------

check_spatial_index <- function(index, call = rlang::caller_env()) {
  choices <- spatial_indices
  if (!is.character(index) || !length(index) || anyNA(index) || !all(index %in% choices)) {
    unknown <- setdiff(index, choices)
    abort_ioi(
      c(
        "{.arg index} must be among {.val {choices}}.",
        "x" = "{.val {unknown}} {?is/are} not."
      ),
      "input",
      arg = "index", call = call
    )
  }
  unique(index)
}

# list(kernel, bandwidth, max_distance, power): numbers that make sense.
check_smoothing <- function(bandwidth, kernel, max_distance, power, call = rlang::caller_env()) {
  kernel <- check_choice(kernel, spatial_kernels, "kernel", call)
  if (missing(bandwidth)) {
    abort_ioi("{.arg bandwidth} is needed: how far do surroundings reach?", "input",
      arg = "bandwidth", call = call
    )
  }
  numbers <- is.numeric(bandwidth) && length(bandwidth) > 0
  bad <- if (numbers) which(!is.finite(bandwidth) | bandwidth < 0)
  if (!numbers || length(bad)) {
    abort_ioi(
      c(
        "{.arg bandwidth} must be finite numbers of 0 or more.",
        "x" = if (length(bad)) "Number {bad[1]} is {bandwidth[bad[1]]}."
      ),
      "input",
      arg = "bandwidth", call = call
    )
  }
  check_distance(max_distance, "max_distance", call)
  check_distance(power, "power", call, finite = TRUE)
  list(
    kernel = kernel, bandwidth = unique(as.double(bandwidth)),
    max_distance = as.double(max_distance), power = as.double(power)
  )
}

check_distance <- function(x, arg, call, finite = FALSE) {
  if (!is.numeric(x) || length(x) != 1 || is.na(x) || x <= 0 || (finite && x == Inf)) {
    abort_ioi(
      c("{.arg {arg}} must be one number above 0.", "x" = "It is {.val {as_shown(x)}}."),
      "input",
      arg = arg, call = call
    )
  }
}

check_spatial_reps <- function(reps, call = rlang::caller_env()) {
  if (!is.numeric(reps) || length(reps) != 1 || !is.finite(reps) || reps < 0 ||
    reps != round(reps)) {
    abort_ioi("{.arg reps} must be one whole number of 0 or more.", "input",
      arg = "reps", call = call
    )
  }
  as.double(reps)
}

# ---- where the units are ---------------------------------------------------------

# list(core, extent, unit, source, at, rows): what the core reads, how far each area
# reaches, and what distances are counted in.
spatial_places <- function(layout, coords, geometry, lonlat, neighbours, smoothing,
                           call = rlang::caller_env()) {
  rows <- unit_rows(layout)
  areas <- length(layout$first) - 1L
  if (!is.null(neighbours)) {
    pairs <- read_neighbours(neighbours, layout, rows, call = call)
    distance <- if (is.null(pairs$value)) rep(1, length(pairs$from)) else pairs$value
    unit <- if (is.null(pairs$value)) "step" else "unit of the table of distances"
    return(list(
      core = link_places(pairs, distance, layout), extent = rep(Inf, areas), unit = unit,
      source = "pairs", rows = rows, one_place = rep(FALSE, areas)
    ))
  }
  at <- unit_coordinates(layout, rows, coords, geometry, lonlat, call)
  extent <- map_extent(at, unit_area(layout), areas)
  asked <- c(if (smoothing$kernel != "nearest") smoothing$bandwidth, smoothing$max_distance)
  warn_degrees(at, extent, asked)
  list(
    core = point_places(at), extent = extent, unit = at$unit,
    source = if (at$lonlat) "great circle" else "plane", rows = rows, at = at,
    geometry = geometry, one_place = extent == 0 & diff(layout$first) > 1
  )
}

point_places <- function(at, own = NULL, exact = FALSE) {
  list(
    x = at$x, y = at$y, radius = if (at$lonlat) earth_radius else 0, own = own, exact = exact
  )
}

core_smoothing <- function(smoothing, bandwidth = smoothing$bandwidth) {
  list(
    kernel = match(smoothing$kernel, spatial_kernels) - 1L, power = smoothing$power,
    max_distance = smoothing$max_distance, bandwidth = bandwidth
  )
}

# ---- values ----------------------------------------------------------------------

# What the core finds, with the aspatial index as the first bandwidth.
spatial_values <- function(layout, tally, where, smoothing, compare, groups, reps,
                           call = rlang::caller_env()) {
  of <- segregation_comparisons(compare, groups, layout$labels, call)
  table <- tally$table
  people <- if (is.null(tally$n)) table else tally$n
  out <- .Call(
    ioi_r_spatial, table, layout$first, where$core,
    core_smoothing(smoothing, c(0, smoothing$bandwidth)), of$kind, of$a, of$b, reps,
    getOption("ioi.threads")
  )
  c(out, list(of = of, people = area_people(people, layout$first)))
}

# People by area (rows) and group.
area_people <- function(people, first) {
  running <- rbind(0, apply(people, 2, cumsum))
  running[first[-1] + 1L, , drop = FALSE] -
    running[first[-length(first)] + 1L, , drop = FALSE]
}

# One line for each index and comparison, of those asked for: which comparison, the
# place of its value among those of a bandwidth, and its names.
spatial_items <- function(of, labels, index, compare) {
  groups <- if (compare == "multigroup") length(labels) else 2L
  comparisons <- seq_along(of$a)
  single <- lapply(setdiff(index, "exposure"), function(one) {
    data.frame(
      index = one, comparison = comparisons, group = of$group, other = of$other,
      at = match(one, c("theil", "relative_diversity", "dissimilarity"))
    )
  })
  names(single) <- setdiff(index, "exposure")
  if ("exposure" %in% index) {
    cells <- expand.grid(n = seq_len(groups), m = seq_len(groups))
    if (compare == "rest") cells <- cells[cells$m == 1, ]
    single$exposure <- data.frame(
      index = "exposure",
      comparison = rep(comparisons, each = nrow(cells)),
      m = rep(cells$m, length(comparisons)), n = rep(cells$n, length(comparisons)),
      at = rep(3L + (cells$m - 1L) * groups + cells$n, length(comparisons))
    )
    name <- function(side, comparison) {
      if (compare == "multigroup") {
        labels[side]
      } else {
        ifelse(side == 1, of$group[comparison], of$other[comparison])
      }
    }
    exposure <- single$exposure
    single$exposure$group <- name(exposure$m, exposure$comparison)
    single$exposure$other <- name(exposure$n, exposure$comparison)
    single$exposure <- single$exposure[c("index", "comparison", "group", "other", "at")]
  }
  out <- do.call(rbind, single[index])
  out$stride <- 3L + groups^2
  out
}

# ---- the table -------------------------------------------------------------------

spatial_table <- function(layout, found, where, smoothing, index, compare, reps, level, lost) {
  items <- spatial_items(found$of, layout$labels, index, compare)
  bands <- length(smoothing$bandwidth)
  areas <- length(layout$first) - 1L
  comparisons <- length(found$of$a)
  item <- rep(rep(seq_len(nrow(items)), each = bands), areas)
  band <- rep(seq_len(bands), nrow(items) * areas)
  area <- rep(seq_len(areas), each = nrow(items) * bands)
  line <- items[item, ]
  row_of <- function(band) {
    (line$comparison - 1) * line$stride * (bands + 1) + (band - 1) * line$stride + line$at
  }
  pick <- function(matrix, band) matrix[cbind(row_of(band), area)]
  cell <- cbind(line$comparison, area)
  estimate <- pick(found$value, band + 1)
  none <- rep(NA_real_, length(estimate))
  columns <- c(
    lapply(layout$area$labels, function(x) x[area]),
    list(
      index = line$index, group = line$group, other = line$other,
      bandwidth = smoothing$bandwidth[band], estimate = estimate,
      std.error = none, conf.low = none, conf.high = none,
      aspatial = pick(found$value, rep(1, length(band)))
    ),
    if (reps > 0) {
      list(
        expected = pick(found$sum, band + 1) / reps,
        p.value = ifelse(is.na(estimate), NA, (1 + pick(found$extreme, band + 1)) / (1 + reps))
      )
    },
    list(
      units = found$units[cell], n = spatial_people(found, compare)[cell],
      flag = spatial_flags(found$status[cell], estimate, where, smoothing, area, band, found)
    )
  )
  new_ioi_estimate(
    tibble::new_tibble(columns, nrow = length(estimate)),
    info = spatial_info(layout, where, smoothing, index, compare, reps, level, lost)
  )
}

# People compared, by comparison and area.
spatial_people <- function(found, compare) {
  people <- found$people
  if (compare == "pairwise") {
    t(people[, found$of$a, drop = FALSE] + people[, found$of$b, drop = FALSE])
  } else {
    matrix(rowSums(people), length(found$of$a), nrow(people), byrow = TRUE)
  }
}

spatial_flags <- function(status, estimate, where, smoothing, area, band, found) {
  width <- smoothing$bandwidth[band]
  beyond <- if (smoothing$kernel == "nearest") {
    width >= rowSums(found$people)[area]
  } else if (smoothing$kernel %in% bounded_kernels) {
    width >= where$extent[area]
  } else {
    FALSE
  }
  flag <- ifelse(where$one_place[area], "one_place", ifelse(beyond & width > 0, "wide", ""))
  ifelse(is.na(estimate), ifelse(status == "ok", "empty", status), flag)
}

spatial_info <- function(layout, where, smoothing, index, compare, reps, level, lost) {
  what <- c(
    theil = "Spatial information theory index", dissimilarity = "Spatial dissimilarity",
    relative_diversity = "Spatial relative diversity", exposure = "Spatial exposure"
  )
  list(
    what = if (length(index) == 1) what[[index]] else "Spatial segregation",
    unit = "index", by = names(layout$area$labels), level = level, ci = "none",
    limits = "fixed",
    design = if (is.null(layout$design)) {
      list(type = "counts", rows = layout$rows)
    } else {
      design_info(layout$design)
    },
    compare = compare, kernel = smoothing$kernel, distance = where$source,
    bandwidth_unit = bandwidth_unit(where, smoothing),
    dropped = if (length(layout$left_out)) layout$left_out,
    flags = c(
      one_place = "all units are in one place",
      wide = "the bandwidth reaches beyond the map"
    ),
    notes = c(
      smoothing_words(where, smoothing),
      if (reps > 0) paste(count_words(reps, "permutation"), "of units."),
      if (lost > 0) paste(count_words(lost, "row"), "without group, unit or area left out.")
    )
  )
}

# What a bandwidth counts: "people", "metres", "units of the coordinates", ...
bandwidth_unit <- function(where, smoothing) {
  if (smoothing$kernel == "nearest") "people" else plural_unit(where$unit)
}

plural_unit <- function(unit) {
  if (startsWith(unit, "unit of")) sub("unit", "units", unit) else paste0(unit, "s")
}

# "Kernel biweight, bandwidth in metres, distances along great circles; ..."
smoothing_words <- function(where, smoothing) {
  distance <- c(
    plane = "straight-line distances", "great circle" = "great-circle distances",
    pairs = "distances from the table of neighbours"
  )
  paste0(
    "Kernel ", smoothing$kernel,
    if (smoothing$kernel == "inverse") paste0(" (power ", format_label(smoothing$power), ")"),
    ", bandwidth in ", bandwidth_unit(where, smoothing),
    ", ", distance[[where$source]],
    if (is.finite(smoothing$max_distance)) {
      paste0(", nobody beyond ", format_label(smoothing$max_distance))
    },
    ". Nobody lives outside the map."
  )
}
