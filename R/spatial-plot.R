# Charts of segregation by distance, and maps of surroundings.

#' Profiles and maps of segregation
#'
#' `ioi_plot_profile()` draws segregation by the width of surroundings, with a dashed line
#' at the aspatial index; `ioi_plot_map()` maps a number of each unit, such as the
#' surroundings found by [ioi_environments()].
#'
#' Lines differ by their marks and maps go from light to dark, so that both can be read in
#' black and white. The charts are ggplot objects: add to them, or save them with
#' `ggplot2::ggsave()`.
#'
#' @param x For a profile, a table made by [ioi_segregation_spatial()]; for a map, an sf
#'   data frame such as [ioi_environments()] makes, or a data frame with coordinates.
#' @param series Column whose values are lines of one panel, 6 at most. `NULL`: the first
#'   `by` column or, without one, the groups. What else varies gets panels.
#' @param value Column of numbers to map.
#' @param panels Columns whose combinations get a map each, 12 at most. `NULL`: `bandwidth`,
#'   `score` and `group` where they vary.
#' @param coords Columns of the coordinates, where `x` has no geometry.
#' @param breaks Limits of the classes of the map, ascending; `NULL`: five classes of
#'   about as many units each. Values outside go to the outer classes.
#' @param title,subtitle Text above the chart; the best title says what it shows.
#' @param ... Not used.
#' @return An object of class `ggplot`.
#' @section Missing: units without a value are drawn in white with a grey outline and named
#'   in the legend; a profile leaves out rows without an estimate.
#' @section Errors: `ioi_error_input` when ggplot2 (for geometry also sf) is not installed,
#'   the table is of another kind, or there would be too many lines or panels.
#' @examplesIf requireNamespace("ggplot2", quietly = TRUE)
#' two <- subset(five_places, place %in% c("Leicester", "Oldham"))
#' two <- merge(census_2011_lsoa, two)
#' profile <- ioi_segregation_spatial(
#'   two, white_british:other, lsoa_code,
#'   coords = c(easting, northing), by = place,
#'   bandwidth = c(250, 500, 1000, 2000, 4000), index = "theil"
#' )
#' ioi_plot_profile(profile)
#' @name ioi_plot_profile
NULL

#' @rdname ioi_plot_profile
#' @importFrom rlang .data
#' @export
ioi_plot_profile <- function(x, series = NULL, title = NULL, subtitle = NULL, ...) {
  check_dots_empty_ioi(...)
  need_package("ggplot2", "A chart")
  check_profile(x)
  columns <- profile_columns(x, resolve_columns(rlang::enquo(series), x, "series", most = 1))
  lines <- profile_lines(x, columns)
  levels <- nlevels(lines$series)
  chart <- ggplot2::ggplot(
    lines,
    ggplot2::aes(.data$bandwidth, .data$estimate, group = .data$series, shape = .data$series)
  ) +
    ggplot2::geom_hline(
      ggplot2::aes(yintercept = .data$aspatial, colour = .data$series),
      data = unique(lines[c("series", "panel", "aspatial")]),
      linetype = "dashed", linewidth = 0.5, show.legend = FALSE
    ) +
    ggplot2::geom_line(ggplot2::aes(colour = .data$series), linewidth = 0.8) +
    ggplot2::geom_point(ggplot2::aes(fill = .data$series), size = 3, colour = "black") +
    ggplot2::scale_shape_manual(columns$series, values = profile_shapes[seq_len(levels)]) +
    ggplot2::scale_fill_manual(columns$series, values = profile_colours[seq_len(levels)]) +
    ggplot2::scale_colour_manual(columns$series, values = profile_colours[seq_len(levels)]) +
    ggplot2::scale_x_continuous(labels = comma_label, limits = c(0, NA)) +
    ggplot2::scale_y_continuous(
      labels = comma_label, limits = c(min(0, lines$estimate), NA),
      expand = ggplot2::expansion(mult = c(0, 0.05))
    ) +
    ggplot2::labs(
      x = profile_axis(x), y = attr(x, "info")$what, title = title, subtitle = subtitle,
      caption = caption_lines(paste(
        "Dashed: the index of the units themselves.", attr(x, "info")$notes[1]
      ))
    ) +
    area_theme()
  if (levels > 3) chart <- chart + ggplot2::guides(
    shape = two_rows(), fill = two_rows(), colour = two_rows()
  )
  if (levels == 1) chart <- chart + ggplot2::theme(legend.position = "none")
  if (nlevels(lines$panel) > 1) chart + ggplot2::facet_wrap(~panel) else chart
}

two_rows <- function() ggplot2::guide_legend(nrow = 2, byrow = TRUE)

# Marks that differ by shape, colours that differ in lightness.
profile_shapes <- c(21, 24, 22, 23, 25, 8)
profile_colours <- c("#12436D", "#F46A25", "#28A197", "#801650", "#A0A0A0", "#000000")

profile_axis <- function(x) {
  unit <- attr(x, "info")$bandwidth_unit
  paste0("Bandwidth (", if (is.null(unit)) "units of the coordinates" else unit, ")")
}

# list(series, panels): names of columns.
profile_columns <- function(x, series, call = rlang::caller_env()) {
  labels <- c(attr(x, "info")$by, "index", "group", "other")
  varies <- vapply(labels, function(name) length(unique(x[[name]])) > 1, NA)
  varying <- labels[varies]
  if (!length(series)) series <- if (length(varying)) varying[1] else "index"
  if (length(unique(x[[series]])) > length(profile_shapes)) {
    if (length(setdiff(varying, series))) {
      abort_ioi(
        c(
          "A panel can tell {length(profile_shapes)} lines apart.",
          "x" = "{.field {series}} has {length(unique(x[[series]]))} values.",
          "i" = "Choose rows first, or give {.arg series} another column."
        ),
        "input",
        arg = "series", call = call
      )
    }
    return(list(series = "index", panels = series))
  }
  list(series = series, panels = setdiff(varying, series))
}

profile_lines <- function(x, columns, call = rlang::caller_env()) {
  lines <- data.frame(
    bandwidth = x[["bandwidth"]], estimate = x[["estimate"]], aspatial = x[["aspatial"]],
    series = chart_labels(x, columns$series),
    panel = chart_panels(x, columns$panels, row_units(x))
  )
  lines <- lines[!is.na(lines$estimate), ]
  if (!nrow(lines)) {
    abort_ioi("{.arg x} has no estimate to draw.", "input", arg = "x", call = call)
  }
  check_panels(lines$panel, call)
  lines
}

# ---- maps ------------------------------------------------------------------------

#' @rdname ioi_plot_profile
#' @export
ioi_plot_map <- function(x, value = "estimate", panels = NULL, coords = NULL, breaks = NULL,
                         title = NULL, subtitle = NULL, ...) {
  check_dots_empty_ioi(...)
  need_package("ggplot2", "A map")
  check_data(x, "x")
  value <- resolve_column(rlang::enquo(value), plain_map(x), "value")
  panels <- map_panels(x, resolve_columns(rlang::enquo(panels), plain_map(x), "panels"))
  coords <- resolve_columns(rlang::enquo(coords), plain_map(x), "coords")
  numbers <- x[[value]]
  if (!is.numeric(numbers) || !any(is.finite(numbers))) {
    abort_ioi("{.field {value}} must hold numbers to map.", "input", arg = "value")
  }
  x$.class <- map_classes(numbers, breaks)
  x$.panel <- chart_panels(plain_map(x), panels, rep("", nrow(x)))
  check_panels(x$.panel, rlang::current_env())
  chart <- map_layer(x, coords) +
    ggplot2::labs(title = title, subtitle = subtitle, x = NULL, y = NULL) +
    area_theme() +
    ggplot2::theme(
      axis.text = ggplot2::element_blank(), panel.grid = ggplot2::element_blank()
    )
  if (nlevels(x$.panel) > 1) chart + ggplot2::facet_wrap(~.panel) else chart
}

# The columns of a map without its geometry.
plain_map <- function(x) {
  if (inherits(x, "sf")) sf::st_drop_geometry(x) else x
}

map_panels <- function(x, panels) {
  if (length(panels)) {
    return(panels)
  }
  usual <- intersect(c("bandwidth", "score", "group"), names(x))
  usual[vapply(usual, function(name) length(unique(x[[name]])) > 1, NA)]
}

# Classes of numbers, light to dark, as a factor of their limits.
map_classes <- function(numbers, breaks, call = rlang::caller_env()) {
  if (is.null(breaks)) {
    breaks <- unique(stats::quantile(numbers, 0:5 / 5, na.rm = TRUE, names = FALSE))
  }
  if (!is.numeric(breaks) || length(breaks) < 1 || length(breaks) > 10 || is.unsorted(breaks)) {
    abort_ioi("{.arg breaks} must be up to 10 ascending numbers.", "input",
      arg = "breaks", call = call
    )
  }
  if (length(breaks) == 1) breaks <- breaks + c(0, 0)
  text <- format_number(breaks, digits_for(breaks))
  count <- length(breaks) - 1L
  class <- pmin(pmax(findInterval(numbers, breaks), 1L), count)
  factor(class, seq_len(count), paste(text[-length(text)], "to", text[-1]))
}

map_layer <- function(x, coords, call = rlang::caller_env()) {
  classes <- nlevels(x$.class)
  colours <- grDevices::colorRampPalette(c("#EDF2F7", "#7DA7C8", "#12436D", "#06182A"))(classes)
  scale <- function(build) {
    build(
      NULL, values = colours, drop = FALSE, na.value = "white",
      guide = ggplot2::guide_legend(nrow = if (classes > 3) 2 else 1)
    )
  }
  if (inherits(x, "sf")) {
    need_package("sf", "A map", call)
    points <- all(sf::st_geometry_type(x) == "POINT")
    mapping <- if (points) {
      ggplot2::aes(colour = .data$.class)
    } else {
      ggplot2::aes(fill = .data$.class)
    }
    return(ggplot2::ggplot(x, mapping) +
      ggplot2::geom_sf(linewidth = 0.1, colour = if (points) NULL else chart_grey) +
      scale(if (points) ggplot2::scale_colour_manual else ggplot2::scale_fill_manual))
  }
  if (length(coords) != 2) {
    abort_ioi(
      c(
        "A map needs places: {.arg coords} must name two columns.",
        "i" = "Or give data with geometry (package {.pkg sf})."
      ),
      "input",
      arg = "coords", call = call
    )
  }
  ggplot2::ggplot(x, ggplot2::aes(.data[[coords[1]]], .data[[coords[2]]])) +
    ggplot2::geom_point(
      ggplot2::aes(fill = .data$.class),
      shape = 21, size = 2, stroke = 0.2, colour = chart_grey
    ) +
    scale(ggplot2::scale_fill_manual) +
    ggplot2::coord_equal()
}
