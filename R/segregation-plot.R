# Charts of segregation: the curve, the composition of units, the bars of a
# decomposition. Places with intervals are drawn by ioi_plot_areas() and autoplot().

#' Charts of segregation
#'
#' `ioi_plot_segregation_curve()` draws the share of one group against the share of
#' another over units in order of their mix; `ioi_plot_composition()` draws every unit as
#' a column as wide as its people, divided by group; `ioi_plot_decomposition()` draws the
#' parts of an index. For places with intervals give a table of [ioi_segregation()] with
#' `by` to [ioi_plot_areas()], or to `plot()` for a dot for each group and place.
#'
#' **Curve.** Units are ordered from the smallest share of the group to the largest. The
#' diagonal is no segregation. The dotted line is the widest gap, which is the index of
#' dissimilarity; twice the area under the diagonal is the Gini index. Curves that do not
#' cross rank places alike by all such indices.
#'
#' **Composition.** Columns as tall as the chart on the left, the whole on the right. With
#' perfect evenness all columns would look like the whole. Units next to each other are
#' merged where there are more than `n`.
#'
#' **Decomposition.** A bar for each level of [ioi_segregation_within()], or component of
#' [ioi_segregation_change()] or [ioi_segregation_compare()], with its number, and the
#' interval where the table has one.
#'
#' Series differ by line and groups by how dark they are, with a name beside each, so that
#' the charts can be read in black and white. They are ggplot objects: add to them, or
#' save them with `ggplot2::ggsave()`.
#'
#' @inheritParams ioi_segregation
#' @param by Columns of places: a curve, or a panel, for each.
#' @param groups For the curve the groups to compare, as in [ioi_segregation()]; four
#'   curves at most. For the composition up to four groups to tell apart, from the bottom
#'   up; all others are drawn as one where there are more. `NULL`: the three largest.
#' @param compare For the curve: `"pairwise"` or `"rest"`.
#' @param order Order of the columns: `"share"`, by the share of the first group, largest
#'   first; or `"score"`, by local segregation ([ioi_segregation_local()]), least first.
#' @param n Columns to draw at most in each panel.
#' @param x A table made by one of the functions above, not with `parts`.
#' @param title,subtitle Text above the chart; the best title says what it shows.
#' @param ... Not used.
#' @return An object of class `ggplot`.
#' @section Missing and empty: Units without members are not drawn. A curve or panel of a
#'   place without members of the groups is left out, and the caption says so.
#' @section Errors: `ioi_error_input` when ggplot2 is not installed, for a wrong column or
#'   group, more than four curves, or more than twelve panels.
#' @references Duncan, O. D. and Duncan, B. (1955). A methodological analysis of
#'   segregation indexes. *American Sociological Review* 20(2), 210-217.
#'   \doi{10.2307/2088328}
#' @examplesIf requireNamespace("ggplot2", quietly = TRUE)
#' luton <- subset(census_2011_lsoa, la_name == "Luton")
#' ioi_plot_segregation_curve(
#'   luton, group = white_british:other, unit = lsoa_code,
#'   groups = list(c("pakistani", "white_british"), c("irish", "white_british"))
#' )
#' ioi_plot_composition(luton, group = white_british:other, unit = lsoa_code)
#' ioi_plot_decomposition(ioi_segregation_within(
#'   census_2011_lsoa, group = white_british:other, unit = lsoa_code,
#'   within = c(region, la_code, msoa_code), index = "theil"
#' ))
#' @name ioi_plot_segregation_curve
NULL

#' @rdname ioi_plot_segregation_curve
#' @export
ioi_plot_segregation_curve <- function(data, group, unit, count = NULL, by = NULL,
                                       groups = NULL, compare = c("pairwise", "rest"),
                                       title = NULL, subtitle = NULL, ...) {
  check_dots_empty_ioi(...)
  need_package("ggplot2", "A chart")
  check_groups(groups)
  compare <- check_choice(compare, c("pairwise", "rest"), "compare")
  source <- segregation_source(data)
  read <- segregation_read(source, segregation_columns(
    source,
    rlang::enquo(group), rlang::enquo(unit), rlang::enquo(count), rlang::enquo(by)
  ), groups)
  of <- segregation_comparisons(compare, groups, read$layout$labels)
  curves <- curve_list(read, of)
  drawn <- Filter(function(x) !is.null(x$points), curves)
  check_curves(curves)
  draw_curves(drawn, length(curves) - length(drawn), title, subtitle)
}

check_curves <- function(curves, call = rlang::caller_env()) {
  if (length(curves) > length(chart_colours) || !length(curves)) {
    abort_ioi(
      c(
        "The chart can tell {length(chart_colours)} curves apart at most.",
        "x" = "There {?is/are} {length(curves)}.",
        "i" = "Choose groups or places."
      ),
      "input",
      arg = "groups", call = call
    )
  }
}

# A curve for each place and comparison: list(name, points); points are NULL where a
# group has no members.
curve_list <- function(read, of) {
  place <- unit_places(read$layout)
  places <- length(read$layout$first) - 1L
  labels <- read$layout$area$labels
  rest <- of$other == "rest"
  name <- function(k, p) {
    where <- vapply(labels, function(x) format_label(x[p]), "")
    other <- if (rest[k]) "the rest" else plain_name(of$other[k])
    who <- paste(plain_name(of$group[k]), "and", other)
    paste(c(if (length(of$a) > 1 || !length(where)) who, where), collapse = ", ")
  }
  at <- expand.grid(k = seq_along(of$a), p = seq_len(places))
  lapply(seq_len(nrow(at)), function(i) {
    k <- at$k[i]
    table <- read$table[place == at$p[i], , drop = FALSE]
    x <- table[, of$a[k]]
    y <- if (rest[k]) rowSums(table) - x else table[, of$b[k]]
    list(
      name = name(k, at$p[i]), points = curve_points(x, y), group = of$group[k],
      other = of$other[k]
    )
  })
}

plain_name <- function(x) gsub("_", " ", x)

# Points on a curve at most; a thinned curve differs by less than the width of its line.
most_points <- 1000

# Cumulated shares of both groups, units with the smallest share of x first, and how far
# the curve lies under the diagonal.
curve_points <- function(x, y) {
  there <- x + y > 0
  x <- x[there]
  y <- y[there]
  if (!sum(x) || !sum(y)) {
    return(NULL)
  }
  sorted <- order(x / (x + y))
  share <- function(z) c(0, cumsum(z[sorted])) / sum(z)
  points <- data.frame(other = share(y), group = share(x))
  points$gap <- points$other - points$group
  step <- findInterval(points$other + points$group, seq(0, 2, length.out = most_points))
  keep <- !duplicated(step) | points$gap == max(points$gap) | seq_along(step) == length(step)
  points[keep, ]
}

draw_curves <- function(curves, left_out, title, subtitle) {
  if (!length(curves)) {
    abort_ioi("No place has members of both groups.", "input",
      arg = "groups", call = rlang::caller_env()
    )
  }
  names <- vapply(curves, function(x) x$name, "")
  all <- do.call(rbind, lapply(curves, function(x) {
    data.frame(x$points, curve = factor(x$name, unique(names)))
  }))
  widest <- do.call(rbind, lapply(split(all, all$curve), function(x) x[which.max(x$gap), ]))
  one <- nlevels(all$curve) == 1
  mapping <- ggplot2::aes(
    100 * .data$other, 100 * .data$group, colour = .data$curve, linetype = .data$curve
  )
  chart <- ggplot2::ggplot(all, mapping) +
    ggplot2::annotate("segment",
      x = 0, y = 0, xend = 100, yend = 100, colour = chart_grey, linewidth = 0.5
    ) +
    ggplot2::geom_segment(
      ggplot2::aes(xend = 100 * .data$other, yend = 100 * .data$other),
      data = widest, linetype = "dotted", linewidth = 0.7, show.legend = FALSE
    ) +
    ggplot2::geom_line(linewidth = 1) +
    ggplot2::geom_text(
      ggplot2::aes(label = paste("D =", format_number(.data$gap, 2))),
      data = widest, size = chart_text / ggplot2::.pt, colour = "black", hjust = -0.1,
      show.legend = FALSE, check_overlap = TRUE
    )
  chart +
    ggplot2::scale_colour_manual(NULL, values = chart_colours[c(1, 4, 2, 3)]) +
    ggplot2::scale_linetype_manual(
      NULL, values = c("solid", "dashed", "dotdash", "twodash"),
      guide = ggplot2::guide_legend(ncol = 1, keywidth = ggplot2::unit(36, "pt"))
    ) +
    ggplot2::guides(colour = ggplot2::guide_legend(ncol = 1)) +
    ggplot2::coord_equal(xlim = c(0, 100), ylim = c(0, 100), expand = FALSE, clip = "off") +
    ggplot2::labs(
      x = curve_axis(vapply(curves, function(x) x$other, "")),
      y = curve_axis(vapply(curves, function(x) x$group, "")),
      title = title, subtitle = if (is.null(subtitle) && one) names else subtitle,
      caption = caption_lines(paste0(
        "Units in order of the share of the group. Dotted: the widest gap, D.",
        if (left_out > 0) {
          paste0(" Not drawn, for a group has no members: ", count_words(left_out, "curve"), ".")
        }
      ))
    ) +
    area_theme() +
    ggplot2::theme(
      legend.position = if (one) "none" else "bottom",
      plot.margin = ggplot2::margin(12, 18, 10, 10)
    )
}

curve_axis <- function(groups) {
  groups <- unique(groups)
  who <- if (length(groups) > 1) {
    "the group"
  } else if (groups == "rest") {
    "everybody else"
  } else {
    plain_name(groups)
  }
  paste0("Cumulated share of ", who, " (%)")
}

#' @rdname ioi_plot_segregation_curve
#' @export
ioi_plot_composition <- function(data, group, unit, count = NULL, by = NULL, groups = NULL,
                                 order = c("share", "score"), n = 200, title = NULL,
                                 subtitle = NULL, ...) {
  check_dots_empty_ioi(...)
  need_package("ggplot2", "A chart")
  order <- check_choice(order, c("share", "score"), "order")
  n <- check_print_number(n, "n")
  source <- segregation_source(data)
  read <- segregation_read(source, segregation_columns(
    source,
    rlang::enquo(group), rlang::enquo(unit), rlang::enquo(count), rlang::enquo(by)
  ), NULL)
  bands <- composition_bands(read, groups)
  score <- if (order == "score") run_local(read, 0L)[[2]] else NULL
  panels <- composition_panels(read, bands, score, n)
  draw_composition(panels, bands$names, read, order, n, title, subtitle)
}

# The groups told apart: list(names, table), with all others as the last column.
composition_bands <- function(read, groups, call = rlang::caller_env()) {
  labels <- read$layout$labels
  if (is.null(groups)) {
    largest <- order(-colSums(read$table))
    groups <- labels[sort(largest[seq_len(min(length(labels), 3 + (length(labels) == 4)))])]
    groups <- groups[order(-colSums(read$table)[match(groups, labels)])]
  }
  groups <- as.character(groups)
  keep_groups(labels, groups, call)
  if (length(groups) > 4 || length(groups) == 4 && length(labels) > 4) {
    abort_ioi(
      c(
        "The chart can tell four bands apart at most.",
        "i" = "Name three groups, or fewer: all others are drawn as one."
      ),
      "input",
      arg = "groups", call = call
    )
  }
  at <- match(groups, labels)
  table <- read$table[, at, drop = FALSE]
  names <- plain_name(groups)
  if (length(groups) < length(labels)) {
    table <- cbind(table, rowSums(read$table[, -at, drop = FALSE]))
    names <- c(names, "all others")
  }
  list(names = names, table = table)
}

# Rectangles: a data frame of panel, band, left, right (shares of people), low, high.
composition_panels <- function(read, bands, score, n) {
  place <- unit_places(read$layout)
  labels <- read$layout$area$labels
  size <- rowSums(bands$table)
  panel <- if (length(labels)) {
    do.call(paste, c(lapply(labels, function(x) format_label(x)), sep = ", "))
  } else {
    ""
  }
  out <- lapply(seq_along(panel), function(p) {
    at <- which(place == p & size > 0)
    if (!length(at)) {
      return(NULL)
    }
    by <- if (is.null(score)) -bands$table[at, 1] / size[at] else score[at]
    at <- at[order(by)]
    column <- ceiling(cumsum(size[at]) / sum(size[at]) * n - 1e-9)
    if (length(at) <= n) column <- seq_along(at)
    data.frame(
      panel = panel[p],
      rectangles(rowsum(bands$table[at, , drop = FALSE], column, reorder = FALSE))
    )
  })
  out <- do.call(rbind, out)
  out$panel <- factor(out$panel, unique(panel))
  out
}

# Columns side by side over 0 to 1, and the whole at 1.06 to 1.16.
rectangles <- function(table) {
  right <- cumsum(rowSums(table)) / sum(table)
  left <- c(0, right[-length(right)])
  table <- rbind(table, colSums(table))
  left <- c(left, 1.06)
  right <- c(right, 1.16)
  high <- t(apply(table / rowSums(table), 1, cumsum))
  if (ncol(table) == 1) high <- t(high)
  low <- cbind(0, high[, -ncol(high), drop = FALSE])
  data.frame(
    left = rep(left, ncol(table)), right = rep(right, ncol(table)), low = as.vector(low),
    high = as.vector(high), band = rep(seq_len(ncol(table)), each = nrow(table)),
    whole = rep(seq_len(nrow(table)) == nrow(table), ncol(table))
  )
}

# Dark to light, told apart without colour; the lightest has an outline.
band_fill <- c("#12436D", "#2073BC", "#6BACE6", "#E6E6E6")

draw_composition <- function(all, names, read, order, n, title, subtitle) {
  check_panels(all$panel, rlang::caller_env())
  all$band <- factor(names[all$band], names)
  whole <- all[all$whole, ]
  whole$label <- paste0(whole$band, " ", format_number(100 * (whole$high - whole$low), 0), "%")
  shown <- whole$high - whole$low > 0.04
  columns <- panel_columns(nlevels(all$panel))
  chart <- ggplot2::ggplot(all, ggplot2::aes(
    xmin = 100 * .data$left, xmax = 100 * .data$right, ymin = 100 * .data$low,
    ymax = 100 * .data$high, fill = .data$band
  )) +
    ggplot2::geom_rect() +
    ggplot2::geom_step(
      ggplot2::aes(x = 100 * .data$left, y = 100 * .data$high, group = .data$band),
      data = edges(all), inherit.aes = FALSE, colour = "black", linewidth = 0.3
    ) +
    ggplot2::geom_rect(data = whole, colour = "black", linewidth = 0.3) +
    ggplot2::scale_fill_manual(
      NULL, values = band_fill[if (length(names) == 2) c(1, 4) else seq_along(names)],
      guide = ggplot2::guide_legend(override.aes = list(colour = "black"), ncol = 2)
    ) +
    ggplot2::scale_x_continuous(
      breaks = c(0, 25, 50, 75, 100, 111), labels = c(0, 25, 50, 75, 100, "All"),
      expand = ggplot2::expansion(add = c(1, if (columns == 1) 48 else 4))
    ) +
    ggplot2::scale_y_continuous(expand = c(0, 0)) +
    ggplot2::labs(
      x = "Share of all people, unit by unit (%)", y = "Share of the unit (%)",
      title = title, subtitle = subtitle, caption = composition_caption(read, order, n)
    ) +
    area_theme() +
    ggplot2::theme(panel.grid = ggplot2::element_blank())
  if (columns == 1) {
    chart <- chart + ggplot2::geom_text(
      ggplot2::aes(x = 118, y = 50 * (.data$low + .data$high), label = .data$label),
      data = whole[shown, ], inherit.aes = FALSE, hjust = 0,
      size = chart_text / ggplot2::.pt
    )
    return(if (all(shown)) chart + ggplot2::theme(legend.position = "none") else chart)
  }
  chart + ggplot2::facet_wrap(~panel, ncol = columns) + ggplot2::theme(
    strip.text = ggplot2::element_text(size = chart_text, face = "bold", hjust = 0)
  )
}

# The upper edge of every band but the last, for outlines: steps over the columns.
edges <- function(all) {
  top <- all[!all$whole & as.integer(all$band) < nlevels(all$band), ]
  last <- top[abs(top$right - 1) < 1e-9, ]
  last$left <- last$right
  top <- rbind(top, last)
  top[order(top$panel, top$band, top$left), ]
}

composition_caption <- function(read, order, n) {
  units <- nrow(read$table)
  caption_lines(paste0(
    count_words(units, "unit"), " in order of ",
    if (order == "share") "the share of the first group" else "local segregation",
    ", each as wide as its people.",
    if (units > n) " Neighbours in that order are merged."
  ))
}

#' @rdname ioi_plot_segregation_curve
#' @export
ioi_plot_decomposition <- function(x, title = NULL, subtitle = NULL, ...) {
  check_dots_empty_ioi(...)
  need_package("ggplot2", "A chart")
  kind <- decomposition_kind(x)
  bars <- decomposition_bars(x, kind)
  columns <- panel_columns(nlevels(bars$panel))
  right <- ifelse(is.na(bars$high), pmax(bars$value, 0), pmax(bars$high, 0))
  left <- ifelse(is.na(bars$low), pmin(bars$value, 0), pmin(bars$low, 0))
  span <- max(right, 0) - min(left, 0)
  bars$at <- ifelse(bars$value < 0, left - span / 60, right + span / 60)
  bars$side <- ifelse(bars$value < 0, 1, 0)
  labels <- levels(bars$row)
  negative <- any(bars$value < 0)
  beside <- c(0.25, 0.6, 1)[columns] # space for the numbers
  room <- ggplot2::expansion(mult = c(if (negative) beside else 0, beside))
  chart <- ggplot2::ggplot(bars, ggplot2::aes(.data$value, .data$row)) +
    ggplot2::geom_col(ggplot2::aes(fill = .data$kind), colour = "black", width = 0.65) +
    ggplot2::geom_linerange(
      ggplot2::aes(xmin = .data$low, xmax = .data$high), linewidth = 0.8, na.rm = TRUE
    ) +
    ggplot2::geom_text(
      ggplot2::aes(x = .data$at, label = .data$label, hjust = .data$side),
      size = chart_text / ggplot2::.pt
    ) +
    ggplot2::geom_vline(xintercept = 0, colour = "black", linewidth = 0.5) +
    ggplot2::scale_fill_manual(
      values = c(part = chart_colours[1], less = "white", total = "#BFBFBF"), guide = "none"
    ) +
    ggplot2::scale_y_discrete(limits = rev(labels), labels = rev(wrap_label(labels, 24))) +
    ggplot2::scale_x_continuous(
      labels = comma_label, expand = room,
      breaks = function(limits) pretty(limits, if (columns == 3) 3 else 4)
    ) +
    ggplot2::labs(
      x = decomposition_axis(x, kind), y = NULL, title = title, subtitle = subtitle,
      caption = decomposition_caption(x, kind, bars)
    ) +
    area_theme() +
    ggplot2::theme(
      panel.grid.major.y = ggplot2::element_blank(), legend.position = "none",
      panel.spacing = ggplot2::unit(30, "pt"),
      strip.text = ggplot2::element_text(size = chart_text, face = "bold", hjust = 0)
    )
  if (nlevels(bars$panel) > 1) {
    chart <- chart + ggplot2::facet_wrap(~panel, ncol = columns)
  }
  chart
}

# "within", "change" or "compare".
decomposition_kind <- function(x, call = rlang::caller_env()) {
  kind <- if (is_estimate(x)) attr(x, "info")$parts
  if (is.null(kind) || !nrow(x) || any(c("contribution", "unit") %in% names(x))) {
    abort_ioi(
      c(
        "{.arg x} must be a table of {.fn ioi_segregation_within},
         {.fn ioi_segregation_change} or {.fn ioi_segregation_compare}.",
        "i" = "It must have rows, and be made without {.arg parts}."
      ),
      "input",
      arg = "x", call = call
    )
  }
  kind
}

# A data frame of row, panel, value, low, high, kind and label.
decomposition_bars <- function(x, kind, call = rlang::caller_env()) {
  row <- if (kind == "within") "level" else "component"
  varying <- function(name) length(unique(x[[name]])) > 1
  columns <- setdiff(intersect(
    c(attr(x, "info")$by, "supergroup", "index", "group", "other"), names(x)
  ), row)
  columns <- columns[vapply(columns, varying, NA)]
  panel <- if (length(columns)) {
    do.call(paste, c(lapply(columns, function(name) plain_name(format_label(x[[name]]))),
      sep = ", "
    ))
  } else {
    rep("", nrow(x))
  }
  bars <- data.frame(
    row = factor(plain_name(x[[row]]), unique(plain_name(x[[row]]))),
    panel = factor(panel, unique(panel)), value = x[["estimate"]], low = x[["conf.low"]],
    high = x[["conf.high"]],
    share = if ("share" %in% names(x)) x[["share"]] else NA_real_
  )
  bars <- bars[!is.na(bars$value), ]
  check_panels(bars$panel, call)
  if (!nrow(bars)) {
    abort_ioi("No row of {.arg x} has an estimate.", "input", arg = "x", call = call)
  }
  bars$kind <- ifelse(bars$row == "difference", "total", ifelse(bars$value < 0, "less", "part"))
  bars$label <- paste0(
    format_number(bars$value, 3),
    ifelse(is.na(bars$share), "", paste0(" (", format_number(100 * bars$share, 0), "%)"))
  )
  bars
}

decomposition_axis <- function(x, kind) {
  index <- unique(x[["index"]])
  words <- if (length(index) == 1) plain_name(index) else "index"
  if (kind == "within") paste("Part of", words) else paste("Difference in", words)
}

decomposition_caption <- function(x, kind, bars) {
  caption_lines(paste0(
    if (kind == "within") {
      "Parts add up to the index; in brackets their share of it."
    } else {
      "Parts add up to the difference (grey); white bars are below 0."
    },
    if (any(!is.na(bars$low))) {
      paste0(" Lines are ", format_label(100 * attr(x, "info")$level), "% intervals.")
    }
  ))
}
