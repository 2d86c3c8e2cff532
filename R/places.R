# Places: where the units of a table are, and how far apart. What the core gets is
# a list: x, y and radius; or start, to and distance; own and exact.

# Mean radius of the Earth in metres (IUGG).
earth_radius <- 6371008.8

# The geometry of an sf data frame apart from its columns: list(data, geometry).
split_geometry <- function(data) {
  if (!inherits(data, "sf")) {
    return(list(data = data, geometry = NULL))
  }
  need_package("sf", "Data with geometry")
  list(data = sf::st_drop_geometry(data), geometry = sf::st_geometry(data))
}

# The first row of every unit, in the order of the units of the layout, and the
# unit (from 0) of every row.
unit_rows <- function(layout) {
  units <- layout$first[length(layout$first)]
  level <- .Call(ioi_r_levels, layout$keys, layout$unit_at, as.double(layout$rows))
  list(level = level, first = match(seq_len(units) - 1L, level))
}

# A numeric column that is the same in all rows of a unit: its value by unit.
unit_values <- function(layout, rows, x, arg, name, call, unit = "unit") {
  if (!is.numeric(x) || length(dim(x)) > 1) {
    abort_ioi(
      c("{.arg {arg}} must be numbers.", "x" = "{.field {name}} is {.cls {class(x)}}."),
      "input",
      arg = arg, call = call
    )
  }
  x <- as.double(x)
  value <- x[rows$first]
  bad <- which(!is.finite(value))
  if (length(bad)) {
    abort_ioi(
      c(
        "Every {unit} needs {.arg {arg}}: {.field {name}} is missing or infinite in {length(bad)}.",
        "x" = "The first is in row {rows$first[bad[1]]} of the data.",
        "i" = "Fill it in, or leave these units out of the data."
      ),
      "data",
      arg = arg, where = rows$first[bad], call = call
    )
  }
  apart <- which(!is.na(rows$level) & !(x == value[rows$level + 1L]))
  if (length(apart) || anyNA(x[!is.na(rows$level)])) {
    apart <- which(!is.na(rows$level) & !(x %in% NaN) & !(x == value[rows$level + 1L]) %in% TRUE)
    abort_ioi(
      c(
        "A unit must have one value of {.arg {arg}}.",
        "x" = paste(
          "{length(apart)} row{?s} differ{?s/} in {.field {name}} from the first of",
          "{?its/their} unit; the first is row {apart[1]}."
        )
      ),
      "data",
      arg = arg, where = apart, call = call
    )
  }
  value
}

# The area (from 1) of each unit.
unit_area <- function(layout) {
  rep(seq_along(layout$first[-1]), diff(layout$first))
}

# The units of a layout as text, and the area of each.
unit_names <- function(layout, rows) {
  columns <- layout$columns$unit
  text <- if (length(columns)) {
    do.call(paste, c(lapply(layout$data[columns], function(x) {
      unit_text(x[rows$first])
    }), list(sep = "/")))
  } else {
    as.character(rows$first)
  }
  list(text = text, area = unit_area(layout))
}

# Names of units as text: 100000 is "100000", whatever its type.
unit_text <- function(x) {
  if (is.numeric(x) && !is.object(x)) sprintf("%.15g", x) else as.character(x)
}

# ---- coordinates ---------------------------------------------------------------

# list(x, y, lonlat, said): coordinates of the units; `said`: whether lon/lat was
# told, or known from the geometry or the names of the columns.
unit_coordinates <- function(layout, rows, coords, geometry, lonlat, call) {
  if (!is.null(lonlat)) check_flag(lonlat, "lonlat", call)
  names <- resolve_columns(coords, layout$data, "coords", call = call)
  if (length(names)) {
    return(column_coordinates(layout, rows, names, lonlat, call))
  }
  if (is.null(geometry)) {
    abort_ioi(
      c(
        "Where are the units? {.arg coords} must name two columns.",
        "i" = "Or give data with geometry (package {.pkg sf}), or {.arg neighbours}."
      ),
      "input",
      arg = "coords", call = call
    )
  }
  geometry_coordinates(layout, rows, geometry, lonlat, call)
}

column_coordinates <- function(layout, rows, names, lonlat, call) {
  if (length(names) != 2) {
    abort_ioi(
      c("{.arg coords} must name two columns, x and y.", "x" = "It names {length(names)}."),
      "input",
      arg = "coords", call = call
    )
  }
  is_lon <- grepl("^(lon|lng|long)(gitude)?$|^lon|longitude", names, ignore.case = TRUE)
  is_lat <- grepl("^lat", names, ignore.case = TRUE)
  if (is_lat[1] && is_lon[2]) {
    abort_ioi(
      "{.arg coords} takes x before y: longitude first, as {.code c({names[2]}, {names[1]})}.",
      "input",
      arg = "coords", call = call
    )
  }
  if (is.null(lonlat)) lonlat <- is_lon[1] && is_lat[2]
  value <- lapply(names, function(name) {
    unit_values(layout, rows, layout$data[[name]], "coords", name, call)
  })
  check_degrees(value[[1]], value[[2]], lonlat, call)
  list(
    x = value[[1]], y = value[[2]], lonlat = lonlat,
    unit = if (lonlat) "metre" else "unit of the coordinates"
  )
}

check_degrees <- function(x, y, lonlat, call) {
  bad <- which(abs(y) > 90 | abs(x) > 360)
  if (lonlat && length(bad)) {
    abort_ioi(
      c(
        "{.arg coords} are taken as longitude and latitude, but are not all degrees.",
        "x" = "{length(bad)} unit{?s} lie{?s/} outside, the first at {x[bad[1]]}, {y[bad[1]]}.",
        "i" = "Use {.code lonlat = FALSE} for coordinates in a plane."
      ),
      "data",
      arg = "coords", call = call
    )
  }
}

geometry_coordinates <- function(layout, rows, geometry, lonlat, call) {
  geometry <- unit_geometry(rows, geometry, call)
  known <- sf::st_is_longlat(geometry)
  if (is.na(known)) {
    known <- isTRUE(lonlat)
    warn_ioi(
      c(
        "The geometry has no coordinate reference system.",
        "x" = "Its coordinates are taken as {if (known) 'degrees' else 'a plane'}.",
        "i" = "Say what they are with {.fn sf::st_set_crs}."
      ),
      "crs"
    )
  }
  points <- if (all(sf::st_geometry_type(geometry) == "POINT")) {
    geometry
  } else {
    suppressWarnings(sf::st_centroid(geometry))
  }
  at <- sf::st_coordinates(points)
  unit <- if (known) "metre" else crs_unit(geometry)
  check_degrees(at[, 1], at[, 2], known, call)
  list(x = unname(at[, 1]), y = unname(at[, 2]), lonlat = known, unit = unit)
}

crs_unit <- function(geometry) {
  unit <- sf::st_crs(geometry)$units_gdal
  if (is.null(unit) || is.na(unit)) "unit of the coordinates" else tolower(unit)
}

# The geometry of the units: points or polygons, none of them empty.
unit_geometry <- function(rows, geometry, call) {
  geometry <- geometry[rows$first]
  empty <- which(sf::st_is_empty(geometry))
  if (length(empty)) {
    abort_ioi(
      c(
        "Every unit needs a geometry: {length(empty)} {?is/are} empty.",
        "x" = "The first is in row {rows$first[empty[1]]} of the data.",
        "i" = "Fill it in, or leave these units out of the data."
      ),
      "data",
      arg = "data", where = rows$first[empty], call = call
    )
  }
  types <- unique(as.character(sf::st_geometry_type(geometry)))
  other <- setdiff(types, c("POINT", "POLYGON", "MULTIPOLYGON"))
  if (length(other)) {
    abort_ioi(
      c(
        "The geometry must be points or polygons.",
        "x" = "There {?is/are} also {.val {other}}."
      ),
      "data",
      arg = "data", call = call
    )
  }
  geometry
}

# How far the units of each area reach: the diagonal of the box around them.
map_extent <- function(at, area, areas) {
  spread <- function(x) {
    low <- high <- rep(0, areas)
    order <- order(area, x)
    first <- !duplicated(area[order])
    last <- !duplicated(area[order], fromLast = TRUE)
    low[area[order][first]] <- x[order][first]
    high[area[order][last]] <- x[order][last]
    list(low = low, high = high)
  }
  x <- spread(at$x)
  y <- spread(at$y)
  if (at$lonlat) {
    great_circle(x$low, y$low, x$high, y$high)
  } else {
    sqrt((x$high - x$low)^2 + (y$high - y$low)^2)
  }
}

# Great-circle distance in metres (haversine formula).
great_circle <- function(lon1, lat1, lon2, lat2) {
  to <- pi / 180
  half <- sin((lat2 - lat1) * to / 2)^2 +
    cos(lat1 * to) * cos(lat2 * to) * sin((lon2 - lon1) * to / 2)^2
  2 * earth_radius * asin(pmin(1, sqrt(half)))
}

# Degrees given as if they were metres: coordinates that could be degrees, on a map
# that the distances asked for do not fit.
warn_degrees <- function(at, extent, distance) {
  could <- !at$lonlat && all(abs(at$x) <= 180) && all(abs(at$y) <= 90)
  widest <- max(extent)
  distance <- distance[is.finite(distance) & distance > 0]
  if (could && widest > 0 && length(distance) && min(distance) > widest) {
    warn_ioi(
      c(
        "The coordinates look like degrees, but are used as a plane.",
        "x" = paste(
          "They run from {round(min(at$x), 3)} to {round(max(at$x), 3)} and from",
          "{round(min(at$y), 3)} to {round(max(at$y), 3)}; the smallest distance asked for,",
          "{min(distance)}, is larger than the map."
        ),
        "i" = "Use {.code lonlat = TRUE} for longitude and latitude."
      ),
      "degrees"
    )
  }
}

# ---- neighbours -----------------------------------------------------------------

#' Read a neighbour list
#'
#' Reads a GAL file, as GeoDa, PySAL and spdep write them, into a table of neighbours
#' for [ioi_segregation()] and [ioi_segregation_spatial()].
#'
#' @param file Path of the file. Its first line holds the number of units, alone or as
#'   `0 n name key`; then each unit has two lines: its name and how many neighbours it
#'   has, and their names.
#' @return A tibble with a row per pair: `unit` and `neighbour`, both text. A unit
#'   without neighbours has no row.
#' @section Errors: `ioi_error_io` if the file cannot be read, or is not a GAL file;
#'   the line is named.
#' @examples
#' file <- tempfile(fileext = ".gal")
#' writeLines(c("3", "a 1", "b", "b 2", "a c", "c 1", "b"), file)
#' ioi_read_gal(file)
#' @export
ioi_read_gal <- function(file) {
  if (!is.character(file) || length(file) != 1 || !file.exists(file)) {
    abort_ioi("{.arg file} must be the path of a GAL file.", "io", arg = "file")
  }
  lines <- readLines(file, warn = FALSE)
  words <- strsplit(trimws(lines), "[[:space:]]+")
  head <- if (length(words)) words[[1]] else character()
  units <- suppressWarnings(as.numeric(head[if (length(head) >= 2) 2 else 1]))
  if (!length(head) || is.na(units)) {
    abort_ioi("Line 1 of {.file {file}} holds no number of units.", "io", arg = "file")
  }
  words <- words[-1]
  named <- gal_named_lines(words, units, file)
  unit <- vapply(words[named$at], `[`, "", 1)
  tibble::tibble(
    unit = rep(unit, named$count),
    neighbour = as.character(unlist(words[named$lists]))
  )
}

# Where the names of units stand, and the lists of their neighbours. A unit without
# neighbours has an empty second line, or none.
gal_named_lines <- function(words, units, file) {
  count <- suppressWarnings(vapply(words, function(w) {
    if (length(w) == 2) as.numeric(w[2]) else NA_real_
  }, 0))
  at <- lists <- integer(units)
  line <- 1L
  for (u in seq_len(units)) {
    while (line <= length(words) && (!length(words[[line]]) || identical(words[[line]], ""))) {
      line <- line + 1L
    }
    found <- if (line < length(words) && count[line] %in% seq_len(1e6)) lengths(words)[line + 1L]
    none <- line <= length(words) && count[line] %in% 0
    if (!none && !identical(as.numeric(found), count[line])) {
      abort_ioi(
        c(
          "{.file {file}} is not a GAL file.",
          "x" = "Line {line + 1} should name a unit and count the neighbours on the next."
        ),
        "io",
        arg = "file", call = rlang::caller_env()
      )
    }
    at[u] <- line
    lists[u] <- if (none) NA_integer_ else line + 1L
    line <- line + if (none) 1L else 2L
  }
  has <- !is.na(lists)
  list(at = at[has], lists = lists[has], count = count[at[has]])
}

# `neighbours` as pairs of units: list(from, to, value), places of units in the
# layout, within one area; value NULL where the pairs have none.
read_neighbours <- function(neighbours, layout, rows, arg = "neighbours", call) {
  if (is.character(neighbours) && length(neighbours) == 1) {
    neighbours <- ioi_read_gal(neighbours)
  }
  if (inherits(neighbours, "nb")) {
    return(nb_pairs(neighbours, layout, rows, call))
  }
  if (!is.data.frame(neighbours) || ncol(neighbours) < 2) {
    abort_ioi(
      c(
        "{.arg {arg}} must be a data frame of two units and a number, an {.cls nb}, or a GAL file.",
        "x" = "It is {.cls {class(neighbours)}}."
      ),
      "input",
      arg = arg, call = call
    )
  }
  frame_pairs(neighbours, layout, rows, arg, call)
}

# spdep's list: for each unit the numbers of its neighbours, 0 for none. Units are
# known by the region names where these are all units of the data, else by the order
# in which units first occur there.
nb_pairs <- function(nb, layout, rows, call) {
  names <- unit_names(layout, rows)
  region <- attr(nb, "region.id")
  by_name <- length(layout$columns$unit) > 0 && length(region) == length(nb) &&
    all(names$text %in% region)
  if (by_name) {
    text <- region
  } else if (length(nb) == length(names$text)) {
    text <- names$text[order(rows$first)]
  } else {
    abort_ioi(
      c(
        "{.arg neighbours} has {length(nb)} units, the data {length(names$text)}.",
        "i" = "Make it from the same units, or give it their names as {.field region.id}."
      ),
      "input",
      arg = "neighbours", call = call
    )
  }
  to <- unlist(nb)
  from <- rep(seq_along(nb), lengths(nb))
  kept <- to > 0
  pairs <- data.frame(from = text[from[kept]], to = text[to[kept]])
  join_pairs(pairs, NULL, names, mirror = FALSE, "neighbours", call)
}

frame_pairs <- function(x, layout, rows, arg, call) {
  value <- if (ncol(x) > 2) x[[3]]
  if (!is.null(value)) {
    check_amounts(value, arg, names(x)[3], call = call)
    value <- as.double(value)
  }
  if (length(layout$columns$unit) > 1) {
    abort_ioi("{.arg {arg}} needs one {.arg unit} column to go by.", "input",
      arg = arg, call = call
    )
  }
  pairs <- data.frame(from = unit_text(x[[1]]), to = unit_text(x[[2]]))
  join_pairs(pairs, value, unit_names(layout, rows), mirror = TRUE, arg, call)
}

# Pairs of names as pairs of places. With `mirror`, a pair named in one direction
# counts in both.
join_pairs <- function(pairs, value, names, mirror, arg, call) {
  unknown <- !(pairs$from %in% names$text & pairs$to %in% names$text)
  if (length(unknown) && all(unknown)) {
    abort_ioi(
      c(
        "{.arg {arg}} names no pair of units of the data.",
        "x" = "Its first is {.val {c(pairs$from[1], pairs$to[1])}}.",
        "i" = "The data have {.val {utils::head(names$text, 3)}} and so on."
      ),
      "input",
      arg = arg, call = call
    )
  }
  kept <- !unknown & pairs$from != pairs$to
  from <- pairs$from[kept]
  to <- pairs$to[kept]
  value <- value[kept]
  if (mirror) {
    missing <- !(paste(from, to, sep = "\r") %in% paste(to, from, sep = "\r"))
    both <- list(from = c(from, to[missing]), to = c(to, from[missing]))
    value <- c(value, value[missing])
    from <- both$from
    to <- both$to
  }
  twice <- which(duplicated(paste(from, to, sep = "\r")))
  if (length(twice)) {
    abort_ioi(
      c(
        "{.arg {arg}} must hold each pair once.",
        "x" = paste(
          "{length(twice)} {?is/are} there again, the first",
          "{.val {c(from[twice[1]], to[twice[1]])}}."
        )
      ),
      "data",
      arg = arg, call = call
    )
  }
  place_pairs(from, to, value, names)
}

# A unit of several areas has its neighbours in each of them.
place_pairs <- function(from, to, value, names) {
  order <- order(from)
  from <- from[order]
  to <- to[order]
  value <- value[order]
  start <- match(names$text, from)
  count <- ifelse(is.na(start), 0L, tabulate(match(from, names$text), length(names$text))[
    match(names$text, names$text)
  ])
  start[is.na(start)] <- 1L
  at <- sequence(count, start)
  unit <- rep(seq_along(names$text), count)
  other <- match(
    paste(names$area[unit], to[at], sep = "\r"), paste(names$area, names$text, sep = "\r")
  )
  found <- !is.na(other)
  list(from = unit[found], to = other[found], value = value[at][found])
}

# Pairs as the core reads them: sorted by unit, neighbours counted within the area.
link_places <- function(pairs, distance, layout) {
  units <- layout$first[length(layout$first)]
  order <- order(pairs$from, pairs$to)
  begin <- rep(layout$first[-length(layout$first)], diff(layout$first))
  list(
    start = as.double(c(0, cumsum(tabulate(pairs$from, units)))),
    to = as.integer(pairs$to[order] - 1L - begin[pairs$to[order]]),
    distance = as.double(distance[order]), own = NULL, exact = TRUE
  )
}
