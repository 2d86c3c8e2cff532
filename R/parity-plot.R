# Charts of gaps: the lines that say "no difference", and the equiplot. The rest is in
# R/estimate-plot.R.

# Where there is no difference, by measure; measures that are not here have no such place.
parity_none <- c(
  difference = 0, ratio = 1, odds_ratio = 1, relative_difference = 0, shortfall = 0,
  four_fifths = 1, parity_index = 1, excess_difference = 0, excess_ratio = 1
)

# Dashed lines where there is no difference, in the panels that compare, and a dotted one
# at four fifths.
parity_lines <- function(marks) {
  at <- unname(parity_none[marks$measure])
  plain <- is.na(marks$measure)
  at[plain] <- unname(c(points = 0, ratio = 1)[marks$unit[plain]])
  fifths <- marks$measure %in% "four_fifths"
  lines <- unique(rbind(
    data.frame(at = at, panel = marks$panel, type = rep("dashed", nrow(marks))),
    data.frame(at = rep(0.8, sum(fifths)), panel = marks$panel[fifths],
      type = rep("dotted", sum(fifths))
    )
  ))
  lines <- lines[!is.na(lines$at), ]
  if (!nrow(lines)) {
    return(NULL)
  }
  ggplot2::geom_vline(
    data = lines, ggplot2::aes(xintercept = .data$at),
    colour = chart_grey, linetype = lines$type, linewidth = 0.6
  )
}

# ---- equiplot -----------------------------------------------------------------

#' Equiplot: the spread between groups, indicator by indicator
#'
#' One line for each indicator (or area, or year), with a dot for each group at its value
#' and a bar from the lowest to the highest: the longer the bar, the wider the inequality.
#'
#' @param x Estimates of the package, or a data frame with a column `estimate`, a row per
#'   indicator and group.
#' @param y The column of the indicators, down the side in the order of the table.
#' @param group The column of the groups.
#' @param highlight Groups, as text, that get a colour and a shape of their own, four at
#'   most. `NULL`: all, if there are no more than four. Other groups are small grey dots.
#' @param sort `TRUE` puts the widest spread on top.
#' @param unit "proportion" for fractions (drawn in per cent), or "number". `NULL`: what
#'   `x` says, and for a plain data frame "proportion" if all values are from 0 to 1.
#' @param title,subtitle Text above the chart; `""` leaves it out.
#' @param ... Must be empty.
#' @return An object of class `ggplot`.
#' @section Reading: The chart shows estimates without their uncertainty, to compare many
#'   indicators at one look. Whether a gap is clear of chance is for [ioi_parity()]. A bar is
#'   longer for more groups and for smaller ones, by chance alone.
#' @section Missing: A group without an estimate has no dot; the caption counts them. An
#'   indicator without any keeps its line.
#' @section Errors: `ioi_error_input` when ggplot2 is not installed, a column is unknown, a
#'   group occurs twice in an indicator, or more than four are to be highlighted.
#' @references The name is that of the charts of the International Center for Equity in
#'   Health, Pelotas, Brazil.
#' @seealso [ioi_parity()], [autoplot.ioi_estimate()]
#' @examplesIf requireNamespace("ggplot2", quietly = TRUE)
#' # GCSE results 2015/16 by free school meals, by region
#' regions <- aggregate(
#'   cbind(pupils, reached) ~ region + free_meals,
#'   data = attainment_2016, FUN = sum
#' )
#' regions$estimate <- regions$reached / regions$pupils
#' ioi_equiplot(regions, region, free_meals, sort = TRUE)
#' @export
ioi_equiplot <- function(x, y, group, highlight = NULL, sort = FALSE, unit = NULL,
                         title = NULL, subtitle = NULL, ...) {
  check_dots_empty_ioi(...)
  need_package("ggplot2", "A chart")
  check_data(x, "x")
  columns <- list(
    y = resolve_column(rlang::enquo(y), x, "y"),
    group = resolve_column(rlang::enquo(group), x, "group")
  )
  check_flag(sort, "sort")
  unit <- equiplot_unit(x, unit, rlang::current_env())
  marks <- equiplot_marks(x, columns, highlight, sort, unit, rlang::current_env())
  equiplot_draw(x, marks, columns, unit, title, subtitle)
}

equiplot_unit <- function(x, unit, call) {
  if (!"estimate" %in% names(x) || !is.numeric(x[["estimate"]]) || !nrow(x)) {
    abort_ioi("{.arg x} must have rows and a numeric column {.field estimate}.", "input",
      arg = "x", call = call
    )
  }
  if (!is.null(unit)) {
    return(check_choice(unit, c("proportion", "number"), "unit", call))
  }
  own <- if (is_estimate(x)) unique(row_units(x)) else "number"
  value <- x[["estimate"]]
  fraction <- !is_estimate(x) && all(value >= 0 & value <= 1, na.rm = TRUE)
  if (fraction || identical(own, "proportion")) "proportion" else "number"
}

# A row per dot: x, row (1 at the bottom), label (of the indicator), group (highlighted, or
# "Other groups").
equiplot_marks <- function(x, columns, highlight, sort, unit, call) {
  y <- chart_labels(x, columns$y)
  if (columns$y == "outcome") levels(y) <- gsub("_", " ", levels(y))
  group <- chart_labels(x, columns$group)
  twice <- which(duplicated(data.frame(y, group)))
  if (length(twice)) {
    abort_ioi(
      c(
        "{.arg group} must name each group once for each {.field {columns$y}}.",
        "x" = "{length(twice)} row{?s} repeat{?s/} one, first at row {twice[1]}."
      ),
      "input",
      arg = "group", where = twice, call = call
    )
  }
  own <- equiplot_highlight(levels(group), highlight, call)
  value <- x[["estimate"]] * unname(unit_factor(unit))
  spread <- vapply(split(value, y), function(v) {
    v <- v[is.finite(v)]
    if (length(v)) max(v) - min(v) else -1
  }, 0)
  order <- if (sort) names(sort(spread, decreasing = TRUE)) else levels(y)
  other <- !group %in% own
  marks <- data.frame(
    x = value, row = length(order) + 1 - match(y, order),
    group = factor(ifelse(other, "Other groups", as.character(group)),
      c(own, if (any(other)) "Other groups")
    )
  )
  attr(marks, "order") <- order
  marks
}

equiplot_highlight <- function(groups, highlight, call) {
  most <- length(chart_colours)
  if (is.null(highlight)) {
    return(if (length(groups) <= most) groups else character())
  }
  highlight <- as.character(highlight)
  unknown <- setdiff(highlight, groups)
  if (length(unknown) || length(highlight) > most) {
    abort_ioi(
      c(
        "{.arg highlight} must name up to {most} groups of {.arg x}.",
        "x" = if (length(unknown)) {
          "Not found: {.val {unknown}}."
        } else {
          "It names {length(highlight)}."
        },
        "i" = "The groups are {.val {groups}}."
      ),
      "input",
      arg = "highlight", call = call
    )
  }
  highlight
}

equiplot_draw <- function(x, marks, columns, unit, title, subtitle) {
  order <- attr(marks, "order")
  drawn <- marks[is.finite(marks$x), ]
  ends <- do.call(rbind, lapply(split(drawn, drawn$row), function(part) {
    data.frame(row = part$row[1], low = min(part$x), high = max(part$x))
  }))
  scales <- equiplot_scales(levels(marks$group))
  other <- drawn$group == "Other groups"
  what <- if (is_estimate(x)) attr(x, "info")$what else NULL
  none <- sum(!is.finite(marks$x))
  caption <- c(
    "Bar: from the lowest group to the highest. Uncertainty is not shown.",
    if (none) paste0(count_words(none, "group"), " without an estimate not drawn.")
  )
  ggplot2::ggplot(drawn, ggplot2::aes(
    x = .data$x, y = .data$row, fill = .data$group, shape = .data$group,
    size = .data$group, colour = .data$group
  )) +
    ggplot2::geom_segment(
      data = ends, ggplot2::aes(x = .data$low, xend = .data$high, y = .data$row, yend = .data$row),
      inherit.aes = FALSE, colour = "#B1B4B6", linewidth = 2.4
    ) +
    ggplot2::geom_point(data = drawn[other, ], stroke = 0.8) +
    ggplot2::geom_point(data = drawn[!other, ], stroke = 1) +
    scales +
    ggplot2::scale_y_continuous(
      breaks = rev(seq_along(order)), labels = wrap_label(order, 30),
      limits = c(0.4, length(order) + 0.6), expand = c(0, 0)
    ) +
    ggplot2::scale_x_continuous(labels = axis_labels(unit)) +
    ggplot2::labs(
      title = wrap_label(if (is.null(title)) equiplot_title(what, columns) else title, 56),
      subtitle = if (!is.null(subtitle)) wrap_label(subtitle, 78),
      x = if (unit == "proportion") "Per cent" else if (length(what)) what else "Value",
      y = NULL, caption = paste(wrap_label(caption, 84), collapse = "\n")
    ) +
    chart_theme(TRUE)
}

equiplot_title <- function(what, columns) {
  paste0(
    if (length(what)) what else "Spread", " by ", plain_words(columns$group), ", for each ",
    plain_words(columns$y)
  )
}

# Shape, fill and size with one legend; the others small and grey.
equiplot_scales <- function(groups) {
  own <- groups != "Other groups"
  count <- sum(own)
  colours <- if (count == 2) chart_colours[c(1, 4)] else chart_colours[seq_len(count)]
  labels <- unname(wrap_label(groups, 30))
  rows <- if (sum(text_width(groups)) > 45) 2 else 1
  scale <- function(build, highlighted, other) {
    build(
      values = stats::setNames(c(highlighted, other)[seq_along(groups)], groups),
      labels = labels, name = NULL, drop = FALSE,
      guide = ggplot2::guide_legend(nrow = rows, byrow = TRUE)
    )
  }
  list(
    scale(ggplot2::scale_colour_manual, colours, chart_grey),
    scale(ggplot2::scale_fill_manual, colours, "white"),
    scale(ggplot2::scale_shape_manual, chart_shapes[seq_len(count)], 21),
    scale(ggplot2::scale_size_manual, rep(3.4, count), 1.8)
  )
}
