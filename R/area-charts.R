# Charts of areas and of life tables.

#' Charts of areas and of life tables
#'
#' `ioi_plot_funnel()` draws each area by its size with the control limits of a funnel
#' plot; `ioi_plot_areas()` draws areas in order of their estimates, each with its
#' interval, and a line at the benchmark (a caterpillar plot); `ioi_plot_life_table()`
#' draws the share of a birth cohort still alive at each age.
#'
#' Signals differ by shape as well as by colour, and areas beyond the outer lines are
#' named. The charts are ggplot objects: add to them, or save them with
#' `ggplot2::ggsave()`. A chart needs its table beside it for readers who cannot see it.
#'
#' @param x For a funnel, a table made by [ioi_rate()] or [ioi_standardise()] from
#'   counts, or by [ioi_funnel()] from these; for areas, any table of estimates; for a
#'   life table, one made by [ioi_life_expectancy()] with `at = NULL`.
#' @param benchmark Value of the line. For a funnel as in [ioi_funnel()].
#' @param label Column that names the areas. `NULL`: the first of the `by` columns.
#' @param title,subtitle Text above the chart; the best title says what it shows.
#' @param ... Not used.
#' @return An object of class `ggplot`.
#' @section Errors: `ioi_error_input` when ggplot2 is not installed or the table is of
#'   another kind.
#' @examplesIf requireNamespace("ggplot2", quietly = TRUE)
#' deaths <- aggregate(cbind(deaths, population) ~ area, deaths_by_decile, sum)
#' rates <- ioi_rate(deaths, deaths, population, by = area, per = 1000)
#' ioi_plot_funnel(rates)
#' ioi_plot_areas(rates[1:30, ], benchmark = 9)
#'
#' table <- ioi_life_expectancy(area_deaths, age, deaths, population, at = NULL)
#' ioi_plot_life_table(table)
#' @name ioi_plot_areas
NULL

#' @rdname ioi_plot_areas
#' @importFrom rlang .data
#' @export
ioi_plot_funnel <- function(x, benchmark = NULL, label = NULL, title = NULL,
                            subtitle = NULL, ...) {
  check_dots_empty_ioi(...)
  need_package("ggplot2", "A chart")
  kind <- funnel_kind(x)
  if ("significance" %in% names(x) && is.null(benchmark)) {
    benchmark <- x[["benchmark"]][1]
  } else {
    x <- ioi_funnel(x, benchmark)
    benchmark <- x[["benchmark"]][1]
  }
  label <- area_column(x, resolve_columns(rlang::enquo(label), x, "label", most = 1))
  scale <- unit_factor(row_units(x)[1])
  points <- funnel_points(x, kind, label, benchmark)
  lines <- funnel_lines(points, kind, benchmark)
  left_out <- sum(is.na(points$significance))
  points <- points[!is.na(points$significance), ]
  points$value <- points$value * scale
  lines$limit <- lines$limit * scale
  shown <- range(points$value, benchmark * scale)
  ggplot2::ggplot(points, ggplot2::aes(.data$size, .data$value)) +
    ggplot2::geom_hline(yintercept = benchmark * scale, colour = chart_grey) +
    ggplot2::geom_line(
      ggplot2::aes(y = .data$limit, linetype = .data$line, group = .data$group),
      data = lines, colour = chart_grey
    ) +
    ggplot2::geom_point(
      ggplot2::aes(shape = .data$position, fill = .data$position),
      size = 2.5, colour = "black"
    ) +
    ggplot2::geom_text(
      ggplot2::aes(label = .data$name),
      data = points[points$named, ],
      size = chart_text / ggplot2::.pt, hjust = -0.1, check_overlap = TRUE
    ) +
    ggplot2::scale_shape_manual("Area is", values = c(25, 21, 24), drop = FALSE) +
    ggplot2::scale_fill_manual(
      "Area is", values = chart_colours[c(1, 2, 4)], drop = FALSE
    ) +
    ggplot2::scale_linetype_manual("Control limits", values = c("dashed", "solid")) +
    ggplot2::scale_x_continuous(
      labels = comma_label, limits = c(0, NA),
      expand = ggplot2::expansion(mult = c(0.02, 0.2))
    ) +
    ggplot2::scale_y_continuous(labels = comma_label) +
    ggplot2::coord_cartesian(ylim = shown + c(-0.1, 0.1) * diff(shown)) +
    ggplot2::labs(
      x = funnel_sizes[[kind$kind]], y = axis_words(x), title = title,
      subtitle = subtitle, caption = funnel_caption(benchmark * scale, left_out)
    ) +
    area_theme()
}

funnel_sizes <- c(
  proportion = "People", rate = "Population", ratio = "Expected events",
  standardised = "Population"
)

# Areas named on a funnel chart at most.
most_names <- 12

axis_words <- function(x) {
  paste0(attr(x, "info")$what, if (any(row_units(x) == "proportion")) " (%)")
}

# Areas with their place; those furthest out for their size are named.
funnel_points <- function(x, kind, label, benchmark) {
  step <- match(x[["significance"]], funnel_labels)
  size <- funnel_size(x, kind)
  distance <- abs(x[["estimate"]] - benchmark) * sqrt(size)
  far <- step %in% c(1, 5)
  data.frame(
    size = size, value = x[["estimate"]],
    significance = x[["significance"]],
    position = factor(
      c("below", "below", "within", "above", "above")[step], c("below", "within", "above")
    ),
    named = far & rank(-ifelse(far, distance, 0), ties.method = "first") <= most_names,
    name = format_label(x[[label]])
  )
}

# The lines over the range of the sizes drawn; for counts, over enough events.
funnel_lines <- function(points, kind, benchmark) {
  top <- max(points$size, na.rm = TRUE)
  type <- if (kind$kind %in% c("proportion", "ratio")) kind$kind else "rate"
  if (type == "proportion") {
    grid <- top * seq(0.005, 1, length.out = 200)
  } else {
    most <- top * benchmark / kind$per
    grid <- unique(
      c(0:20, most * exp(seq(log(min(1, 20 / most)), log(1.5), length.out = 200)))
    )
    grid <- sort(grid[grid <= 1.6 * most + 12])
  }
  lines <- ioi_funnel_limits(benchmark, grid, type, per = kind$per, level = funnel_levels)
  lines <- lines[is.finite(lines$limit) & lines$size > 0 & lines$size <= top, ]
  lines$line <- factor(paste0(100 * lines$level, "%"), paste0(100 * funnel_levels, "%"))
  lines$group <- paste(lines$level, lines$side)
  lines
}

funnel_caption <- function(benchmark, left_out) {
  caption_lines(paste0(
    "Benchmark: ", format_number(benchmark, digits_for(benchmark)),
    ". By chance 1 area in 20 lies outside the 95% lines ",
    "and 1 in 500 outside the 99.8% lines.",
    if (left_out > 0) paste0(" Not drawn: ", count_words(left_out, "area"), ".")
  ))
}

# Cut to lines that fit under a chart.
caption_lines <- function(text) {
  wrap_label(text, 80)
}

# The column with the names of the areas.
area_column <- function(x, label, call = rlang::caller_env()) {
  if (length(label)) {
    return(label)
  }
  found <- c(attr(x, "info")$by, intersect(label_columns, names(x)))
  if (!length(found)) {
    abort_ioi("{.arg label} must name the column with the areas.", "input",
      arg = "label", call = call
    )
  }
  found[1]
}

comma_label <- function(x) {
  format_number(x, digits_for(x))
}

area_theme <- function() {
  ggplot2::theme_minimal(base_size = chart_text) +
    ggplot2::theme(
      legend.position = "bottom", legend.box = "vertical",
      text = ggplot2::element_text(size = chart_text, colour = "black"),
      axis.text = ggplot2::element_text(size = chart_text, colour = "black"),
      legend.text = ggplot2::element_text(size = chart_text),
      plot.caption = ggplot2::element_text(size = chart_text, hjust = 0),
      plot.caption.position = "plot", plot.title.position = "plot"
    )
}

#' @rdname ioi_plot_areas
#' @export
ioi_plot_areas <- function(x, benchmark = NULL, label = NULL, title = NULL,
                           subtitle = NULL, ...) {
  check_dots_empty_ioi(...)
  need_package("ggplot2", "A chart")
  if (!is_estimate(x) || !nrow(x)) {
    abort_ioi("{.arg x} must be a table of estimates with rows.", "input", arg = "x")
  }
  if (!is.null(benchmark)) {
    benchmark <- ioi_benchmark(x, benchmark)[["benchmark"]][1]
  }
  label <- area_column(x, resolve_columns(rlang::enquo(label), x, "label", most = 1))
  units <- row_units(x)
  scale <- unit_factor(units)
  known <- !is.na(x[["estimate"]])
  areas <- data.frame(
    name = format_label(x[[label]]), value = x[["estimate"]] * scale,
    low = x[["conf.low"]] * scale, high = x[["conf.high"]] * scale
  )[known, ]
  areas <- areas[order(areas$value), ]
  areas$row <- seq_len(nrow(areas))
  chart <- ggplot2::ggplot(areas, ggplot2::aes(.data$value, .data$row)) +
    ggplot2::geom_segment(
      ggplot2::aes(x = .data$low, xend = .data$high, yend = .data$row),
      colour = chart_colours[1], na.rm = TRUE
    ) +
    ggplot2::geom_point(shape = 21, size = 2, fill = chart_colours[1], colour = "black")
  if (!is.null(benchmark)) {
    chart <- chart + ggplot2::geom_vline(
      xintercept = benchmark * scale[1], linetype = "dashed", colour = chart_grey
    )
  }
  named <- nrow(areas) <= 40
  left_out <- sum(!known)
  chart +
    ggplot2::scale_x_continuous(labels = comma_label) +
    ggplot2::scale_y_continuous(
      breaks = if (named) areas$row, labels = if (named) areas$name, minor_breaks = NULL
    ) +
    ggplot2::labs(
      x = axis_words(x),
      y = if (named) NULL else paste("Areas in order,", count_words(nrow(areas), "area")),
      title = title, subtitle = subtitle,
      caption = areas_caption(attr(x, "info")$level, benchmark, left_out, scale[1])
    ) +
    area_theme()
}

areas_caption <- function(level, benchmark, left_out, scale) {
  caption_lines(paste0(
    "Lines are ", format_label(100 * level), "% intervals.",
    if (!is.null(benchmark)) {
      paste0(
        " Dashed: ", format_number(benchmark * scale, digits_for(benchmark * scale)), "."
      )
    },
    if (left_out > 0) paste0(" Without an estimate: ", count_words(left_out, "area"), ".")
  ))
}

#' @rdname ioi_plot_areas
#' @export
ioi_plot_life_table <- function(x, label = NULL, title = NULL, subtitle = NULL, ...) {
  check_dots_empty_ioi(...)
  need_package("ggplot2", "A chart")
  if (!is_estimate(x) || !all(c("age", "lx") %in% names(x))) {
    abort_ioi(
      "{.arg x} must be a table made by {.fn ioi_life_expectancy} with
       {.code at = NULL}.",
      "input",
      arg = "x"
    )
  }
  label <- resolve_columns(rlang::enquo(label), x, "label", most = 1)
  if (!length(label)) {
    label <- utils::head(setdiff(attr(x, "info")$by, "age"), 1)
  }
  group <- if (length(label)) format_label(x[[label]]) else rep("", nrow(x))
  group <- factor(group, unique(group))
  if (nlevels(group) > length(chart_colours)) {
    abort_ioi(
      c(
        "The chart can tell {length(chart_colours)} tables apart at most.",
        "x" = "There are {nlevels(group)}.", "i" = "Choose rows first."
      ),
      "input",
      arg = "x"
    )
  }
  curve <- data.frame(age = x[["age"]], alive = 100 * x[["lx"]], group = group)
  curve <- curve[!is.na(curve$alive), ]
  chart <- ggplot2::ggplot(
    curve, ggplot2::aes(
      .data$age, .data$alive,
      colour = .data$group, shape = .data$group, linetype = .data$group
    )
  ) +
    ggplot2::geom_line() +
    ggplot2::geom_point(size = 2) +
    ggplot2::scale_colour_manual(NULL, values = chart_colours[c(1, 4, 2, 3)]) +
    ggplot2::scale_shape_manual(NULL, values = c(16, 17, 15, 18)) +
    ggplot2::scale_linetype_manual(
      NULL, values = c("solid", "dashed", "dotted", "dotdash")
    ) +
    ggplot2::scale_y_continuous(limits = c(0, 100)) +
    ggplot2::labs(
      x = "Age in years", y = "Alive at that age (%)", title = title, subtitle = subtitle,
      caption = "Share of a birth cohort at the death rates of the period."
    ) +
    area_theme()
  if (nlevels(group) == 1) chart + ggplot2::theme(legend.position = "none") else chart
}
