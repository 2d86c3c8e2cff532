# Segregation indices of zones: those of ioi_segregation() that need to know how large
# the units are, where they lie and which are neighbours.

# `core`: position in ioi_zone_index. `forms`: the comparisons it has. `needs`: what it
# must know of the units.
zone_index_row <- function(core, label, forms, needs, directed = FALSE, least = 0, most = 1) {
  list(
    core = NA_integer_, zone = core, label = label, forms = forms, needs = needs,
    many = "multigroup" %in% forms, directed = directed, most = most, least = least,
    correct = character()
  )
}

zone_indices <- list(
  delta = zone_index_row(0L, "Delta", "rest", "area"),
  concentration_absolute = zone_index_row(1L, "Absolute concentration", "rest", "area"),
  concentration_relative = zone_index_row(2L, "Relative concentration",
    c("pairwise", "rest"), "area",
    directed = TRUE
  ),
  centralisation_absolute = zone_index_row(3L, "Absolute centralisation", "rest",
    c("area", "centre"),
    least = -1
  ),
  centralisation_relative = zone_index_row(4L, "Relative centralisation",
    c("pairwise", "rest"), "centre",
    directed = TRUE, least = -1
  ),
  proximity = zone_index_row(5L, "Mean proximity", c("pairwise", "rest"), "proximity"),
  spatial_proximity = zone_index_row(6L, "Spatial proximity",
    c("multigroup", "pairwise", "rest"), "proximity",
    most = Inf
  ),
  clustering_absolute = zone_index_row(7L, "Absolute clustering", "rest", "proximity"),
  clustering_relative = zone_index_row(8L, "Relative clustering", c("pairwise", "rest"),
    "proximity",
    directed = TRUE, least = -1, most = Inf
  ),
  distance_decay_isolation = zone_index_row(9L, "Distance-decay isolation", "rest",
    "proximity"
  ),
  distance_decay_exposure = zone_index_row(10L, "Distance-decay exposure",
    c("pairwise", "rest"), "proximity",
    directed = TRUE
  ),
  dissimilarity_adjusted = zone_index_row(11L, "Dissimilarity adjusted for neighbours",
    c("pairwise", "rest"), "neighbours",
    least = -1
  ),
  dissimilarity_boundary = zone_index_row(12L, "Dissimilarity adjusted for borders",
    c("pairwise", "rest"), c("neighbours", "border"),
    least = -Inf
  ),
  dissimilarity_shape = zone_index_row(13L, "Dissimilarity adjusted for borders and shape",
    c("pairwise", "rest"), c("neighbours", "border", "area", "shape"),
    least = -Inf
  )
)

is_zone_index <- function(index) index %in% names(zone_indices)

zone_proximities <- c("exponential", "contiguity")
zone_self_distances <- c("zero", "white", "massey_denton", "exclude")
zone_standards <- c("total", "row_half", "row_mean")

# The options of places, checked; `columns` are quosures.
zone_options <- function(columns, centre, neighbours, proximity, self_distance, scale, n2,
                         standardise, lonlat, call = rlang::caller_env()) {
  if (!is.null(scale)) check_distance(scale, "scale", call, finite = TRUE)
  list(
    columns = columns, centre = centre, neighbours = neighbours,
    proximity = check_choice(proximity, zone_proximities, "proximity", call),
    self_distance = check_choice(self_distance, zone_self_distances, "self_distance", call),
    scale = scale, n2 = check_choice(n2, c("group", "other"), "n2", call),
    standardise = check_choice(standardise, zone_standards, "standardise", call),
    lonlat = lonlat
  )
}

# ---- what the indices need of the units -------------------------------------------

# What is known of the units, as the core reads it (see src/r/r_zones.c), and `notes`
# that say what was taken. `table`: people of the groups kept; `everybody`: all people.
zone_places <- function(layout, index, geometry, options, table, everybody,
                        call = rlang::caller_env()) {
  facts <- zone_indices[intersect(index, names(zone_indices))]
  needs <- unique(unlist(lapply(facts, `[[`, "needs")))
  rows <- unit_rows(layout)
  polygons <- unit_polygons(rows, geometry, needs, call)
  by_border <- "proximity" %in% needs && options$proximity == "contiguity"
  own_area <- "proximity" %in% needs && !by_border &&
    options$self_distance %in% c("white", "massey_denton")
  out <- list(n2_other = options$n2 == "other", standard = match(
    options$standardise, zone_standards
  ) - 1L)
  if ("area" %in% needs || own_area) {
    out$area <- zone_area(layout, rows, polygons, options, "shape" %in% needs, call)
  }
  if ("neighbours" %in% needs || by_border) {
    borders <- zone_borders(layout, rows, polygons, options, "border" %in% needs, call)
    out[c("start", "to", "border")] <- borders[c("start", "to", "distance")]
  }
  if ("shape" %in% needs) {
    out["perimeter"] <- list(zone_perimeter(layout, rows, polygons, options, call))
  }
  at <- if ("centre" %in% needs || ("proximity" %in% needs && !by_border)) {
    unit_coordinates(layout, rows, options$columns$coords, geometry, options$lonlat, call)
  }
  if ("centre" %in% needs) {
    out <- c(out, zone_centre(layout, rows, at, options$centre, call))
  }
  scale <- zone_scale(options$scale, at)
  if ("proximity" %in% needs) {
    out$around <- zone_around(layout, out, at, scale, options, table, everybody)
  }
  out$notes <- zone_notes(names(facts), needs, out, at, scale, polygons, options)
  out
}

# Polygons of the units, where the geometry has them and somebody asks.
unit_polygons <- function(rows, geometry, needs, call) {
  if (is.null(geometry) || !any(c("area", "neighbours", "proximity") %in% needs)) {
    return(NULL)
  }
  geometry <- unit_geometry(rows, geometry, call)
  if (all(sf::st_geometry_type(geometry) == "POINT")) NULL else geometry
}

# A column of numbers that a quosure names, by unit; NULL where it names none.
zone_column <- function(layout, rows, quo, arg, call) {
  name <- resolve_columns(quo, layout$data, arg, most = 1, call = call)
  if (length(name)) {
    check_amounts(layout$data[[name]][rows$first], arg, name, call)
    unit_values(layout, rows, layout$data[[name]], arg, name, call)
  }
}

zone_area <- function(layout, rows, polygons, options, positive, call) {
  area <- zone_column(layout, rows, options$columns$area, "area", call)
  if (is.null(area) && !is.null(polygons)) {
    area <- as.double(sf::st_area(polygons))
  }
  if (is.null(area)) {
    abort_ioi(
      c(
        "{.arg area} must name the column that holds the area of each unit.",
        "i" = "Or give data with polygons (package {.pkg sf})."
      ),
      "input",
      arg = "area", call = call
    )
  }
  none <- which(area == 0)
  if (positive && length(none)) {
    abort_ioi(
      c(
        "{.arg area} must be above 0 for {.val dissimilarity_shape}.",
        "x" = "{length(none)} unit{?s} {?has/have} none, the first in row {rows$first[none[1]]}."
      ),
      "data",
      arg = "area", where = rows$first[none], call = call
    )
  }
  area
}

# Perimeters; NULL: the borders shared.
zone_perimeter <- function(layout, rows, polygons, options, call) {
  perimeter <- zone_column(layout, rows, options$columns$perimeter, "perimeter", call)
  if (is.null(perimeter) && !is.null(polygons)) {
    perimeter <- as.double(sf::st_length(sf::st_cast(polygons, "MULTILINESTRING")))
  }
  perimeter
}

# Pairs of neighbours, with the length of the border as `distance`.
zone_borders <- function(layout, rows, polygons, options, lengths, call) {
  if (!is.null(options$neighbours)) {
    pairs <- read_neighbours(options$neighbours, layout, rows, call = call)
  } else if (!is.null(polygons)) {
    pairs <- shared_borders(polygons, unit_area(layout))
  } else {
    abort_ioi(
      c(
        "Which units are neighbours? {.arg neighbours} must say.",
        "i" = "A data frame of unit, unit and shared border, an {.cls nb}, or polygons."
      ),
      "input",
      arg = "neighbours", call = call
    )
  }
  if (lengths && is.null(pairs$value)) {
    abort_ioi(
      c(
        "{.arg neighbours} must hold the lengths of shared borders for this index.",
        "i" = "Give a data frame of unit, unit and length, or data with polygons."
      ),
      "input",
      arg = "neighbours", call = call
    )
  }
  value <- if (is.null(pairs$value)) rep(1, length(pairs$from)) else pairs$value
  touching <- value > 0
  link_places(list(from = pairs$from[touching], to = pairs$to[touching]), value[touching], layout)
}

# Lengths of borders that polygons of one area share: list(from, to, value), both
# directions. Borders are compared as they are drawn, as straight lines in the
# coordinates; lengths are those on the ground.
shared_borders <- function(polygons, area) {
  crs <- sf::st_crs(polygons)
  lines <- sf::st_set_crs(sf::st_cast(polygons, "MULTILINESTRING"), NA)
  near <- sf::st_intersects(lines)
  from <- rep(seq_along(near), lengths(near))
  to <- unlist(near)
  kept <- from < to & area[from] == area[to]
  from <- from[kept]
  to <- to[kept]
  shared <- mapply(function(a, b) {
    sum(as.double(sf::st_length(sf::st_set_crs(sf::st_intersection(a, b), crs))))
  }, split_lines(lines, from), split_lines(lines, to), SIMPLIFY = TRUE)
  value <- as.double(shared)
  touching <- value > 0
  list(
    from = c(from[touching], to[touching]), to = c(to[touching], from[touching]),
    value = rep(value[touching], 2)
  )
}

split_lines <- function(lines, which) {
  lapply(which, function(i) lines[i])
}

zone_scale <- function(scale, at) {
  if (!is.null(scale)) {
    as.double(scale)
  } else if (!is.null(at) && at$unit == "metre") {
    1000
  } else {
    1
  }
}

# ---- centres ------------------------------------------------------------------------

# x, y and radius of the units, and the centres of each area: none where the mean of
# the people is the centre.
zone_centre <- function(layout, rows, at, centre, call) {
  places <- list(x = at$x, y = at$y, radius = if (at$lonlat) earth_radius else 0)
  areas <- length(layout$first) - 1L
  if (is.null(centre)) {
    return(places)
  }
  points <- centre_points(centre)
  if (!is.null(points)) {
    if (!is.numeric(points) || !nrow(points) || !all(is.finite(points))) {
      abort_ioi("{.arg centre} must hold finite coordinates, x before y.", "input",
        arg = "centre", call = call
      )
    }
    return(c(places, list(
      centre_x = as.double(rep(points[, 1], areas)), centre_y = as.double(rep(points[, 2], areas)),
      centre_first = as.integer((0:areas) * nrow(points))
    )))
  }
  names <- unit_names(layout, rows)
  wanted <- unit_text(centre)
  unknown <- setdiff(wanted, names$text)
  if (length(unknown)) {
    abort_ioi(
      c(
        "{.arg centre} must be coordinates, or name units of the data.",
        "x" = "{.val {unknown}} {?is/are} not among them."
      ),
      "input",
      arg = "centre", call = call
    )
  }
  found <- which(names$text %in% wanted)
  count <- tabulate(names$area[found], areas)
  if (any(count == 0)) {
    abort_ioi(
      c(
        "{.arg centre} must name a unit in every area.",
        "x" = "{sum(count == 0)} area{?s} {?has/have} none of them."
      ),
      "input",
      arg = "centre", call = call
    )
  }
  c(places, list(
    centre_x = at$x[found], centre_y = at$y[found], centre_first = as.integer(c(0, cumsum(count)))
  ))
}

# Points as a matrix of two columns: two numbers, a matrix or a data frame; NULL where
# units are named.
centre_points <- function(centre) {
  if (is.data.frame(centre)) centre <- as.matrix(centre)
  if (is.matrix(centre) && ncol(centre) == 2) {
    centre
  } else if (is.numeric(centre) && length(centre) == 2) {
    matrix(centre, 1)
  }
}

# ---- proximity ------------------------------------------------------------------------

# sum_j c_ij of each group, of everybody and of units, for every unit.
zone_around <- function(layout, zones, at, scale, options, table, everybody) {
  excluded <- options$self_distance == "exclude"
  if (options$proximity == "contiguity") {
    places <- list(
      start = zones$start, to = zones$to, distance = rep(1, length(zones$to)),
      own = rep(if (excluded) 0 else 1, nrow(table)), exact = TRUE
    )
    smoothing <- list(kernel = "step", bandwidth = 1)
  } else {
    area <- if (is.null(zones$area)) rep(0, nrow(table)) else zones$area
    rule <- match(options$self_distance, zone_self_distances) - 1L
    places <- point_places(at, .Call(ioi_r_self_weights, rule, area, scale), exact = TRUE)
    smoothing <- list(kernel = "exponential", bandwidth = scale)
  }
  smoothing <- c(smoothing, list(max_distance = Inf, power = 1))
  around <- .Call(
    ioi_r_environments, cbind(table, everybody, rep(1, nrow(table))), layout$first, places,
    core_smoothing(smoothing), getOption("ioi.threads")
  )
  if (options$proximity == "exponential") {
    warn_scale(around[, ncol(table) + 2L, 1] - places$own, diff(layout$first), scale, at)
  }
  as.double(around)
}

# exp(-d / scale) is not free of the unit of distance: says when it hardly varies.
# `others`: the sum of c_ij over the other units of an area.
warn_scale <- function(others, units, scale, at) {
  most <- rep(units - 1, units)
  several <- most > 0
  if (!any(several)) {
    return(invisible())
  }
  mean <- others[several] / most[several]
  if (max(others) < 1e-6) {
    warn_ioi(
      c(
        "At this {.arg scale} every unit is alone: exp(-d / {format_label(scale)}) is 0.",
        "x" = "Distances are in {plural_unit(at$unit)}.",
        "i" = "{.code scale = 1000} turns metres into kilometres."
      ),
      "scale"
    )
  } else if (min(mean) > 0.95) {
    warn_ioi(
      c(
        "At this {.arg scale} all units are in one place: exp(-d / {format_label(scale)}) is 1.",
        "i" = "Degrees need {.code lonlat = TRUE}; else give a smaller {.arg scale}."
      ),
      "scale"
    )
  }
}

# ---- values --------------------------------------------------------------------------

# estimate, status, units and n of the rows of a plan that need places.
zone_values <- function(table, people, first, plan, zones) {
  core <- list(
    index = unlist(lapply(zone_indices[plan$name], `[[`, "zone"), use.names = FALSE),
    kind = plan$kind, a = plan$a, b = plan$b
  )
  found <- .Call(ioi_r_zones, table, zones$everybody, first, core, zones)
  counted <- area_people(people, first)
  pair <- plan$kind == 1L
  n <- matrix(rowSums(counted), nrow(counted), length(pair))
  n[, pair] <- counted[, plan$a[pair]] + counted[, plan$b[pair]]
  c(found, list(n = as.double(t(n))))
}

# What zone_places() finds for the indices asked for, everybody counted too; NULL where
# none of them needs places.
zone_layout <- function(layout, source, index, geometry, table, options,
                        call = rlang::caller_env()) {
  if (!any(is_zone_index(index))) {
    return(NULL)
  }
  everybody <- if (length(layout$left_out)) {
    whole <- segregation_layout(source, layout$columns, NULL, call)
    segregation_tally(whole)$table
  } else {
    table
  }
  everybody <- rowSums(everybody)
  c(
    zone_places(layout, index, geometry, options, table, everybody, call),
    list(everybody = everybody)
  )
}

# Indices of places come without standard errors.
check_zone_errors <- function(index, se, call = rlang::caller_env()) {
  placed <- index[is_zone_index(index)]
  if (length(placed) && se != "none") {
    abort_ioi(
      c(
        "{.val {placed}} {?has/have} no standard error.",
        "i" = paste(
          "{cli::qty(placed)}Take {?it/them} with {.code se = \"none\"},",
          "and the others in a call of their own."
        )
      ),
      "input",
      arg = "se", call = call
    )
  }
}

# What was taken for distances, neighbours and areas, in words.
zone_notes <- function(index, needs, zones, at, scale, polygons, options) {
  self <- c(
    zero = "0", white = "0.6 times the root of its area",
    massey_denton = "the root of 0.6 times its area", exclude = "left out"
  )
  c(
    if ("proximity" %in% needs) {
      if (options$proximity == "contiguity") {
        paste0(
          "Proximity is 1 for neighbours", if (options$self_distance != "exclude") {
            " and for a unit itself"
          }, "."
        )
      } else {
        paste0(
          "Proximity is exp(-d/", format_label(scale), "), d in ", plural_unit(at$unit),
          if (at$lonlat) " along great circles", "; distance of a unit to itself: ",
          self[[options$self_distance]], "."
        )
      }
    },
    if ("centre" %in% needs) {
      if (is.null(options$centre)) {
        "Centre: the mean of where people live."
      } else if (length(zones$centre_x) > length(zones$centre_first) - 1) {
        "Distance is to the nearest of several centres."
      }
    },
    if ("concentration_relative" %in% index) {
      paste0("Largest units in relative concentration: those that hold the ", if (zones$n2_other) {
        "second group."
      } else {
        "first group."
      })
    },
    if (any(c("dissimilarity_boundary", "dissimilarity_shape") %in% index)) {
      paste0("Borders standardised by ", c(
        "the sum of all.", "row, one half of the sum.", "row, the mean."
      )[zones$standard + 1L])
    },
    if ("shape" %in% needs) {
      paste0("Perimeter: ", if (is.null(zones$perimeter)) {
        "borders shared with other units."
      } else if (!is.null(polygons)) {
        "the whole outline."
      } else {
        "as given."
      })
    }
  )
}

# The rows above join those of segregation-index.R, which is read before this file.
segregation_indices[names(zone_indices)] <- zone_indices
