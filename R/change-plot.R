# Charts of change: a dumbbell for each group from the baseline to a later time, and
# the path of a gap with its line, its fan and its target.

#' Chart of change since a baseline
#'
#' A hollow mark for the baseline, a filled one for the later time, and a line between
#' them, for each group: how far it has come and where it stands.
#'
#' @param x A result of [ioi_change()] or [ioi_gap_change()].
#' @param time The time to draw, as text; `NULL`: the latest.
#' @param title,subtitle Text above the chart; `NULL` says what was measured, `""`
#'   leaves it out.
#' @return An object of class `ggplot` with a panel for each measure.
#' @section Missing: a group without one of the two figures is named in its place.
#' @section Errors: `ioi_error_input` when ggplot2 is not installed, `x` is not such a
#'   result, or the time is not in it.
#' @examplesIf requireNamespace("ggplot2", quietly = TRUE)
#' rates <- data.frame(
#'   region = rep(c("north", "south"), each = 2), year = c(2015, 2019, 2015, 2019),
#'   estimate = c(0.62, 0.66, 0.70, 0.71), std.error = c(0.012, 0.011, 0.010, 0.010)
#' )
#' ioi_plot_change(ioi_change(rates, year, by = region))
#' @export
ioi_plot_change <- function(x, time = NULL, title = NULL, subtitle = NULL) {
  need_package("ggplot2", "A chart")
  if (!is_estimate(x) || !all(c("from", "to", "time", "measure") %in% names(x))) {
    abort_ioi(
      "{.arg x} must be a result of {.fn ioi_change} or {.fn ioi_gap_change}.",
      "input",
      arg = "x"
    )
  }
  marks <- change_marks(x, time)
  baseline <- attr(marks, "baseline")
  units <- unique(marks$unit)
  ends <- c(paste("Baseline", baseline), paste("Time", attr(marks, "time")))
  both <- rbind(
    data.frame(marks, x = marks$from, end = factor(ends[1], ends)),
    data.frame(marks, x = marks$to, end = factor(ends[2], ends))
  )
  ggplot2::ggplot(both, ggplot2::aes(x = .data$x, y = .data$group)) +
    gap_lines(x, marks) +
    ggplot2::geom_segment(
      ggplot2::aes(x = .data$from, xend = .data$to, yend = .data$group),
      data = marks, colour = chart_grey, linewidth = 1.1, na.rm = TRUE
    ) +
    ggplot2::geom_point(
      ggplot2::aes(fill = .data$end, shape = .data$end),
      colour = chart_colours[1], size = 3.2, stroke = 1.2, na.rm = TRUE
    ) +
    missing_groups(marks) +
    ggplot2::scale_fill_manual(NULL, values = c("white", chart_colours[1])) +
    ggplot2::scale_shape_manual(NULL, values = c(21, 24)) +
    ggplot2::scale_x_continuous(labels = axis_labels(units)) +
    ggplot2::facet_wrap(~panel, scales = "free_x", ncol = 2) +
    ggplot2::labs(
      title = wrap_label(chart_title(x, title), 56), subtitle = change_subtitle(x, subtitle),
      x = change_axis(x, units), y = NULL, caption = change_caption(x)
    ) +
    chart_theme(TRUE) +
    if (nlevels(marks$panel) < 2) ggplot2::theme(strip.text = ggplot2::element_blank())
}

# A row per series and measure at one time: from, to (in the unit shown), group,
# panel, unit.
change_marks <- function(x, time, call = rlang::caller_env()) {
  shown <- as.character(x$time)
  if (is.null(time)) {
    late <- x$time[!is.na(x$time)]
    years <- time_years(late)
    time <- if (anyNA(years)) late[length(late)] else late[which.max(years)]
  }
  rows <- which(shown == as.character(time) & !(x$measure %in% "annual"))
  if (!length(rows)) {
    abort_ioi(
      c(
        "{.arg time} must be a time of {.arg x}.",
        "i" = "The times are {.val {unique(shown)}}."
      ),
      "input",
      arg = "time", call = call
    )
  }
  x <- x[rows, ]
  measure <- as.character(x$measure)
  own <- gap_units(x)
  labels <- setdiff(
    union(attr(x, "info")$by, intersect(label_columns, names(x))),
    c("measure", "reference", "time")
  )
  labels <- labels[vapply(labels, function(name) length(unique(x[[name]])) > 1, NA)]
  group <- if (length(labels)) {
    gsub("_", " ", do.call(paste, c(lapply(labels, function(n) format_label(x[[n]])), sep = ", ")))
  } else {
    rep("", nrow(x))
  }
  out <- data.frame(
    from = x$from * unit_factor(own), to = x$to * unit_factor(own),
    group = factor(group, rev(unique(group))), panel = factor(measure, unique(measure)),
    unit = own, measure = measure, flag = flag_text(x)
  )
  if (!is_gap(x)) out <- out[measure == measure[1], ]
  out$panel <- droplevels(out$panel)
  attr(out, "baseline") <- change_baseline(x)
  attr(out, "time") <- format_label(x$time[1])
  out
}

gap_lines <- function(x, marks) {
  if (is_gap(x)) parity_lines(marks)
}

is_gap <- function(x) "direction" %in% names(x) && "group" %in% names(x)

change_baseline <- function(x) {
  if (!is_gap(x)) {
    return(format_label(x$reference[1]))
  }
  notes <- attr(x, "info")$notes
  sub("^Baseline: (.*)[.]$", "\\1", notes[startsWith(notes, "Baseline: ")][1])
}

# The unit of the figures themselves: a change of shares is made of shares, the change
# of a gap of gaps.
gap_units <- function(x) {
  units <- row_units(x)
  if (is_gap(x)) units else ifelse(units == "points", "proportion", units)
}

missing_groups <- function(marks) {
  none <- marks[is.na(marks$from) | is.na(marks$to), ]
  if (!nrow(none)) {
    return(NULL)
  }
  ggplot2::geom_text(
    data = none, ggplot2::aes(x = -Inf, y = .data$group), label = " no change known",
    hjust = 0, colour = chart_grey, size = chart_text / ggplot2::.pt, inherit.aes = FALSE
  )
}

change_subtitle <- function(x, subtitle) {
  if (!is.null(subtitle)) {
    return(subtitle)
  }
  if (is_gap(x)) {
    reference <- unique(as.character(x$reference))
    return(paste("Gap from", paste(gsub("_", " ", reference), collapse = ", ")))
  }
  NULL
}

change_axis <- function(x, units) {
  if (length(units) > 1) {
    return("Value, in the unit of its panel")
  }
  switch(units,
    proportion = "Per cent",
    points = "Gap in percentage points",
    ratio = if (is_gap(x)) "Ratio (1 means equal)" else "Value",
    "Value"
  )
}

change_caption <- function(x) {
  lines <- c(
    "Marks are estimates; the table has the limits and tests of the change.",
    footer_lines(x, flags = FALSE)
  )
  paste(wrap_label(lines, 84), collapse = "\n")
}

#' Chart of a gap on its way to a target
#'
#' The gap at each time with its limits, the line through them with the fan of its
#' limits carried on to the year of the target, and the straight path from the last gap
#' to the target.
#'
#' @inheritParams ioi_progress
#' @param title,subtitle Text above the chart; `NULL` says what is drawn, `""` leaves it
#'   out.
#' @return An object of class `ggplot` with a panel for each series, twelve at most.
#' @section Missing: as in [ioi_progress()]. The fan is only as good as the line: it holds
#'   sampling error, not the chance that the pace changes.
#' @section Errors: those of [ioi_progress()], and `ioi_error_input` when ggplot2 is not
#'   installed.
#' @examplesIf requireNamespace("ggplot2", quietly = TRUE)
#' gap <- data.frame(
#'   year = 2011:2019, estimate = c(15, 14.2, 13.9, 13.1, 12, 11.8, 11, 10.1, 9.6),
#'   std.error = 0.85
#' )
#' ioi_plot_progress(gap, year, by_year = 2030)
#' @export
ioi_plot_progress <- function(x, time, target = 0, by_year = NULL, by = NULL, ...,
                              overdispersion = FALSE, level = 0.95, title = NULL,
                              subtitle = NULL) {
  call <- rlang::current_env()
  need_package("ggplot2", "A chart")
  check_dots_empty_ioi(...)
  check_data(x, "x")
  check_progress(target, by_year, NULL, overdispersion, call)
  level <- check_level(level)
  parity_given(missing(time), "time", "the column of times", call)
  time <- resolve_column(rlang::enquo(time), x, "time")
  by <- union(existing_groups(x), resolve_columns(rlang::enquo(by), x, "by"))
  series <- progress_series(x, time, by, 0, NULL, level, call)
  target <- progress_target(target, missing(target), series)
  found <- progress_numbers(series, target, by_year, overdispersion, level)
  draw_progress(series, found, target, by_year, level, title, subtitle, call)
}

draw_progress <- function(series, found, target, by_year, level, title, subtitle, call) {
  unit <- progress_info(series, target, by_year, level)$unit[["fitted_gap_last"]]
  scale <- unit_factor(unit)
  names <- progress_panels(series)
  check_panels(names, call)
  m <- diff(series$first)
  q <- stats::qnorm(1 - (1 - level) / 2)
  points <- data.frame(
    year = series$years, value = series$value * scale,
    low = (series$value - q * series$se) * scale, high = (series$value + q * series$se) * scale,
    panel = rep(names, m)
  )
  fan <- progress_fan(series, found, by_year, level, names, scale)
  path <- progress_path(series, target, by_year, names, scale)
  columns <- panel_columns(nlevels(names))
  ggplot2::ggplot(points, ggplot2::aes(x = .data$year, y = .data$value)) +
    ggplot2::geom_hline(yintercept = target * scale, colour = chart_grey, linewidth = 0.6) +
    ggplot2::geom_ribbon(
      ggplot2::aes(x = .data$year, ymin = .data$low, ymax = .data$high),
      data = fan, inherit.aes = FALSE, fill = "#BFBFBF", alpha = 0.6, na.rm = TRUE
    ) +
    ggplot2::geom_line(ggplot2::aes(y = .data$fit), data = fan, colour = chart_colours[1]) +
    path_layers(path) +
    ggplot2::geom_linerange(
      ggplot2::aes(ymin = .data$low, ymax = .data$high),
      colour = chart_colours[1], linewidth = 0.9, na.rm = TRUE
    ) +
    ggplot2::geom_point(colour = chart_colours[1], size = 2.4) +
    ggplot2::scale_y_continuous(labels = axis_labels(unit)) +
    ggplot2::scale_x_continuous(breaks = function(limits) {
      unique(round(pretty(limits, if (columns == 3) 3 else 5)))
    }) +
    ggplot2::facet_wrap(~panel, ncol = columns) +
    ggplot2::labs(
      title = if (is.null(title)) "Progress of the gap" else title,
      subtitle = progress_subtitle(target, unit, by_year, subtitle),
      x = NULL, y = progress_axis(unit),
      caption = progress_caption(path, level)
    ) +
    chart_theme(FALSE) +
    if (nlevels(names) < 2) ggplot2::theme(strip.text = ggplot2::element_blank())
}

progress_panels <- function(series) {
  varying <- Filter(function(x) length(unique(x[series$start])) > 1, series$labels)
  if (!length(varying)) {
    return(factor(rep("", length(series$start))))
  }
  parts <- lapply(unname(varying), function(x) gsub("_", " ", format_label(x[series$start])))
  text <- do.call(paste, c(parts, sep = ", "))
  factor(text, unique(text))
}

# The line and its limits by year, up to the year of the target.
progress_fan <- function(series, found, by_year, level, names, scale) {
  runs <- seq_along(names)
  parts <- lapply(runs, function(r) {
    own <- series$years[seq(series$first[r] + 1L, series$first[r + 1L])]
    last <- own[length(own)]
    year <- seq(own[1], max(last, by_year), length.out = 60)
    trend <- found$trend[, r]
    q <- if (series$known[r]) {
      stats::qnorm(1 - (1 - level) / 2)
    } else {
      stats::qt(1 - (1 - level) / 2, max(length(own) - 2, 1))
    }
    fit <- trend[1] + (year - last) * trend[2]
    width <- q * sqrt(trend[3] + (year - last)^2 * trend[4] + 2 * (year - last) * trend[5])
    data.frame(
      year = year, value = fit * scale, fit = fit * scale, low = (fit - width) * scale,
      high = (fit + width) * scale, panel = names[r]
    )
  })
  do.call(rbind, parts)
}

# The straight way from the last gap to the target.
progress_path <- function(series, target, by_year, names, scale) {
  if (is.null(by_year)) {
    return(NULL)
  }
  last <- series$first[-1]
  data.frame(
    year = series$years[last], value = series$value[last] * scale,
    to_year = by_year, to = target * scale, panel = names
  )
}

path_layers <- function(path) {
  if (is.null(path)) {
    return(NULL)
  }
  list(
    ggplot2::geom_segment(
      ggplot2::aes(xend = .data$to_year, yend = .data$to),
      data = path, colour = chart_colours[4], linetype = "dashed", linewidth = 1
    ),
    ggplot2::geom_point(
      ggplot2::aes(x = .data$to_year, y = .data$to),
      data = path, shape = 23, fill = "white", colour = chart_colours[4], size = 3.5,
      stroke = 1.2
    )
  )
}

progress_subtitle <- function(target, unit, by_year, subtitle) {
  if (!is.null(subtitle)) {
    return(subtitle)
  }
  goal <- format_label(target * unit_factor(unit))
  paste0("Target ", goal, if (!is.null(by_year)) paste(" by", format_label(by_year)))
}

progress_axis <- function(unit) {
  switch(unit,
    points = "Gap, percentage points", ratio = "Ratio (1 means equal)", "Gap"
  )
}

progress_caption <- function(path, level) {
  lines <- c(
    paste0("Bars: ", format_label(100 * level), "% limits of each gap."),
    "Line and grey fan: the trend and its limits.",
    if (!is.null(path)) "Dashed line and diamond: the straight way to the target.",
    "A line through past gaps is a pace, not a forecast."
  )
  paste(wrap_label(lines, 84), collapse = "\n")
}
