# Charts of estimate tables: a dot and its interval per row, groups down the side.
#
# Rules kept: text of 12 points or more; never colour alone (each series has its own
# shape); at most four series; axis titles with units; commas in thousands; intervals
# always drawn; a row without an estimate is named, not left out.

# In this order; two series take the first and the last. Each has 3:1 or more on white.
chart_colours <- c("#12436D", "#28A197", "#801650", "#F46A25")
chart_shapes <- c(21, 24, 22, 23)
chart_grey <- "#595959"
chart_text <- 12

#' Chart of estimates
#'
#' Draws a dot with its interval for each row, with the groups down the side in the
#' order of the table. Differences get a line at 0, ratios one at 1. Base, method,
#' flags in words and source stand under the chart.
#'
#' The chart is a ggplot: add to it, or save it with `ggplot2::ggsave()`. Text is 12
#' points or more at the size of printing, so allow about 0.3 inch of height per group
#' and panel row, and 2.5 inches for titles and notes.
#'
#' @param object,x A table of class `ioi_estimate`.
#' @param y Column with the groups down the side (see [ioi_columns]). `NULL`: `group`
#'   if it varies, otherwise the `by` column with the most values, otherwise the first
#'   column that tells rows apart.
#' @param series Column told apart by colour and shape, four values at most. `NULL`:
#'   `category` if it is not down the side, otherwise none.
#' @param sort `TRUE` puts the largest estimate on top.
#' @param n Groups to draw at most; the caption says when some are left out.
#' @param title,subtitle Text above the chart; `NULL` says what was measured and by
#'   what, `""` leaves it out. The best title says what the chart shows.
#' @param ... For `plot()`, the arguments of `autoplot()`; otherwise must be empty.
#' @return `autoplot()`: an object of class `ggplot`, with one panel for each value of
#'   the remaining `by` and label columns. `plot()` draws it and returns it invisibly.
#' @section Missing: a row without an estimate keeps its place and says "no estimate".
#' @section Errors: `ioi_error_input` when ggplot2 is not installed, the table has no
#'   rows, a column is unknown, `series` has more than four values, or there would be
#'   more than twelve panels.
#' @examplesIf requireNamespace("ggplot2", quietly = TRUE)
#' people <- subset(census_2011_people, population_base == "Usual resident")
#' health <- ioi_proportion(
#'   people, health,
#'   by = ethnic_group, success = "Very good health"
#' )
#' plot(health, sort = TRUE, title = "Very good health by ethnic group")
#' @exportS3Method ggplot2::autoplot
autoplot.ioi_estimate <- function(object, y = NULL, series = NULL, sort = FALSE, n = 40,
                                  title = NULL, subtitle = NULL, ...) {
  check_dots_empty_ioi(...)
  need_package("ggplot2", "A chart")
  check_flag(sort, "sort")
  n <- check_print_number(n, "n")
  if (!nrow(object)) {
    abort_ioi("{.arg object} has no rows to draw.", "input", arg = "object")
  }
  roles <- chart_roles(
    object,
    resolve_columns(rlang::enquo(y), object, "y", most = 1),
    resolve_columns(rlang::enquo(series), object, "series", most = 1)
  )
  marks <- chart_marks(object, roles, sort, n)
  draw_chart(object, marks, roles, title, subtitle)
}

#' @rdname autoplot.ioi_estimate
#' @export
plot.ioi_estimate <- function(x, ...) {
  need_package("ggplot2", "A chart")
  chart <- ggplot2::autoplot(x, ...)
  print(chart)
  invisible(chart)
}

# ---- which column plays which part --------------------------------------------

# list(y, series, panels): names of columns; character(0) where there is none.
chart_roles <- function(x, y, series, call = rlang::caller_env()) {
  labels <- union(attr(x, "info")$by, intersect(label_columns, names(x)))
  values <- vapply(labels, function(name) length(unique(x[[name]])), 1L)
  varying <- labels[values > 1]
  if (!length(y)) {
    by <- intersect(attr(x, "info")$by, varying)
    by <- by[order(-values[by])]
    free <- setdiff(c(intersect("group", varying), by, varying, labels), series)
    y <- free[seq_len(min(1, length(free)))]
  }
  if (!length(series) && !identical(y, "category") && "category" %in% varying &&
    length(unique(x[["category"]])) <= length(chart_colours)) {
    series <- "category"
  }
  if (length(series) && length(unique(x[[series]])) > length(chart_colours)) {
    found <- length(unique(x[[series]]))
    abort_ioi(
      c(
        "{.arg series} can tell {length(chart_colours)} values apart at most.",
        "x" = "{.field {series}} has {found}.",
        "i" = "Leave it out: it then gets a panel for each value."
      ),
      "input",
      arg = "series", call = call
    )
  }
  list(y = y, series = series, panels = setdiff(varying, c(y, series)))
}

# ---- where each mark goes -----------------------------------------------------

# A data frame with a row per mark: x, low, high (in the unit shown), row (place of
# the group, 1 at the bottom), at (row plus the shift of its series), label, series,
# panel, flag, none (no estimate), open (the reference itself), unit; attributes
# `left_out` (how many groups are not drawn), `groups` (those drawn, top first) and
# `sorted`.
chart_marks <- function(x, roles, sort, n, call = rlang::caller_env()) {
  units <- row_units(x)
  scale <- unit_factor(units)
  groups <- chart_labels(x, roles$y)
  if (sort) {
    groups <- factor(groups, names(sort(group_means(x[["estimate"]], groups))))
    groups <- factor(groups, rev(levels(groups)))
  }
  marks <- data.frame(
    x = x[["estimate"]] * scale, low = x[["conf.low"]] * scale,
    high = x[["conf.high"]] * scale, group = groups,
    series = chart_labels(x, roles$series), panel = chart_panels(x, roles$panels, units),
    none = is.na(x[["estimate"]]),
    flag = flag_text(x), open = has_flag(flag_text(x), "reference"), unit = units,
    measure = if ("measure" %in% names(x)) as.character(x[["measure"]]) else NA_character_
  )
  check_panels(marks$panel, call)
  kept <- levels(groups)[seq_len(min(n, nlevels(groups)))]
  marks <- marks[marks$group %in% kept, ]
  marks$row <- length(kept) + 1 - match(as.character(marks$group), kept)
  marks$at <- marks$row + series_shift(marks$series)
  attr(marks, "left_out") <- nlevels(groups) - length(kept)
  attr(marks, "groups") <- kept
  attr(marks, "sorted") <- sort
  marks
}

flag_text <- function(x) {
  if ("flag" %in% names(x)) x[["flag"]] else rep("", nrow(x))
}

# Values of one column as a factor in order of appearance, or of its levels.
chart_labels <- function(x, column) {
  if (!length(column)) {
    return(factor(rep("", nrow(x))))
  }
  value <- x[[column]]
  label <- function(value) {
    text <- format_label(value)
    if (column %in% c("group", "other")) gsub("_", " ", text) else text
  }
  text <- label(value)
  order <- if (is.ordered(value)) label(sort(unique(value))) else NULL
  factor(text, unique(c(order, text)))
}

# Mean estimate of each group, smallest first when sorted; groups without one last
# from the top.
group_means <- function(estimate, groups) {
  means <- vapply(split(estimate, groups), mean, 1, na.rm = TRUE)
  ifelse(is.na(means), -Inf, means)
}

# One panel for each combination of the columns, in order of appearance.
chart_panels <- function(x, columns, units) {
  if (!length(columns)) {
    return(factor(rep("", nrow(x))))
  }
  parts <- lapply(columns, function(column) {
    text <- format_label(x[[column]])
    if (column == "measure") {
      suffix <- c(points = " (% points)", proportion = " (%)")[units]
      text <- paste0(plain_words(text), ifelse(is.na(suffix), "", suffix))
    }
    text
  })
  text <- do.call(paste, c(parts, list(sep = ", ")))
  order <- do.call(order, lapply(columns, function(column) {
    as.integer(chart_labels(x, column))
  }))
  factor(text, unique(text[order]))
}

check_panels <- function(panel, call, arg = "object",
                         hint = "Choose rows first, or give {.arg y} or {.arg series} another
                                 column.") {
  if (nlevels(panel) > 12) {
    abort_ioi(
      c(
        "The chart would have {nlevels(panel)} panels; more than 12 cannot be read.",
        "i" = hint
      ),
      "input",
      arg = arg, call = call
    )
  }
}

# How far each mark stands above or below the middle of its row: the marks of a row
# stand closer together than to those of the next.
series_shift <- function(series) {
  count <- nlevels(series)
  spread <- c(0, 0.36, 0.5, 0.6)[count]
  spread / 2 - spread / max(count - 1, 1) * (as.integer(series) - 1)
}

# ---- the drawing --------------------------------------------------------------

#' @importFrom rlang .data
draw_chart <- function(x, marks, roles, title, subtitle) {
  groups <- attr(marks, "groups")
  units <- unique(marks$unit)
  wrapped <- wrap_label(groups, 30)
  drawn <- marks[!marks$none, ]
  has_series <- length(roles$series) > 0
  columns <- panel_columns(nlevels(marks$panel))
  mapping <- ggplot2::aes(
    x = .data$x, y = .data$at, xmin = .data$low, xmax = .data$high,
    colour = .data$series, fill = .data$series, shape = .data$series
  )
  chart <- ggplot2::ggplot(drawn, mapping) +
    parity_lines(marks) +
    ggplot2::geom_linerange(linewidth = 1.1, na.rm = TRUE, show.legend = FALSE) +
    ggplot2::geom_point(data = drawn[!drawn$open, ], size = 3, stroke = 1) +
    ggplot2::geom_point(
      data = drawn[drawn$open, ], size = 3, stroke = 1.2, fill = "white",
      show.legend = FALSE
    ) +
    missing_marks(marks[marks$none, ]) +
    ggplot2::scale_y_continuous(
      breaks = rev(seq_along(groups)), labels = wrapped,
      limits = c(0.4, length(groups) + 0.6), expand = c(0, 0)
    ) +
    ggplot2::scale_x_continuous(
      breaks = function(limits) pretty(limits, if (columns == 3) 3 else 5),
      labels = axis_labels(units), guide = ggplot2::guide_axis(check.overlap = TRUE)
    ) +
    series_scales(marks$series, roles$series) +
    ggplot2::labs(
      title = wrap_label(chart_title(x, title), 56),
      subtitle = wrap_label(chart_subtitle(x, roles, subtitle), 78),
      x = axis_title(x, units), y = NULL, caption = chart_caption(x, marks)
    ) +
    chart_theme(has_series)
  if (columns > 1) {
    strip <- function(text) wrap_label(text, if (columns == 3) 17 else 28)
    chart <- chart + ggplot2::facet_wrap(
      ~panel,
      scales = if (length(units) > 1) "free_x" else "fixed",
      ncol = columns, labeller = ggplot2::as_labeller(strip)
    )
  }
  chart
}

panel_columns <- function(panels) {
  if (panels > 4) 3 else min(panels, 2)
}

missing_marks <- function(none) {
  if (!nrow(none)) {
    return(NULL)
  }
  ggplot2::geom_text(
    data = none, ggplot2::aes(x = -Inf, y = .data$at),
    label = " no estimate", hjust = 0, colour = chart_grey,
    size = chart_text / ggplot2::.pt, inherit.aes = FALSE
  )
}

# Colour, fill and shape with one legend, in two rows if its words are long.
series_scales <- function(series, name) {
  count <- nlevels(series)
  colours <- if (count == 2) chart_colours[c(1, 4)] else chart_colours[seq_len(count)]
  labels <- unname(wrap_label(levels(series), 30))
  rows <- if (sum(text_width(levels(series))) > 45) 2 else 1
  scale <- function(build, values) {
    build(
      values = values, labels = labels, drop = FALSE,
      name = if (identical(name, "category")) NULL else plain_words(name),
      guide = ggplot2::guide_legend(nrow = rows, byrow = TRUE)
    )
  }
  list(
    scale(ggplot2::scale_colour_manual, colours),
    scale(ggplot2::scale_fill_manual, colours),
    scale(ggplot2::scale_shape_manual, chart_shapes[seq_len(count)])
  )
}

chart_theme <- function(has_series) {
  text <- ggplot2::element_text(size = chart_text, colour = "#0B0C0C")
  ggplot2::theme_minimal(base_size = chart_text) +
    ggplot2::theme(
      text = text, axis.text = text, axis.title.x = text,
      axis.title = ggplot2::element_text(margin = ggplot2::margin(t = 8)),
      plot.title = ggplot2::element_text(size = 15, face = "bold"),
      plot.subtitle = ggplot2::element_text(
        size = 13, margin = ggplot2::margin(b = 10)
      ),
      plot.caption = ggplot2::element_text(
        size = chart_text, hjust = 0, colour = chart_grey,
        margin = ggplot2::margin(t = 12)
      ),
      plot.title.position = "plot", plot.caption.position = "plot",
      plot.margin = ggplot2::margin(12, 18, 10, 10),
      strip.text = ggplot2::element_text(
        size = chart_text, face = "bold", hjust = 0, vjust = 0, colour = "#0B0C0C"
      ),
      strip.clip = "off", panel.grid.minor = ggplot2::element_blank(),
      panel.grid.major = ggplot2::element_line(colour = "#DEE0E2", linewidth = 0.4),
      panel.spacing = ggplot2::unit(18, "pt"),
      axis.line.x = ggplot2::element_line(colour = chart_grey, linewidth = 0.5),
      legend.position = if (has_series) "top" else "none",
      legend.justification = "left", legend.text = text, legend.title = text
    )
}

# ---- its words ----------------------------------------------------------------

plain_words <- function(x) {
  gsub("[._]+", " ", x)
}

wrap_label <- function(text, width) {
  vapply(strwrap(text, width, simplify = FALSE), paste, "", collapse = "\n")
}

chart_title <- function(x, title) {
  if (!is.null(title)) {
    return(title)
  }
  info <- attr(x, "info")
  what <- if (is.null(info$what)) "Estimate" else info$what
  about <- if (nrow(x) == 1) lapply(tidy(x), format_label) else constant_labels(x)
  about <- setdiff(plain_words(unlist(about[c("outcome", "category")])), "NA")
  about <- if (length(about)) cut_text(paste(about, collapse = ", "), 80)
  paste(c(what, about), collapse = ": ")
}

chart_subtitle <- function(x, roles, subtitle) {
  if (!is.null(subtitle)) {
    return(subtitle)
  }
  by <- plain_words(c(roles$y, roles$series, roles$panels))
  constant <- lapply(constant_labels(x), function(text) gsub("_", " ", text))
  against <- c(constant[["reference"]], constant[["other"]])
  parts <- c(
    if (length(by)) paste("By", paste(by, collapse = ", ")),
    if (length(against)) {
      paste(c(constant[["group"]], "compared with", against[1]), collapse = " ")
    }
  )
  paste(parts, collapse = "; ")
}

axis_title <- function(x, units) {
  info <- attr(x, "info")
  what <- if (is.null(info$what)) "Estimate" else info$what
  title <- if (length(units) > 1) {
    "Value, in the unit of its panel"
  } else {
    switch(units,
      proportion = "Per cent",
      points = "Difference in percentage points",
      ratio = "Ratio (1 means equal)",
      index = paste(what, "(index)"),
      number = what,
      paste0(what, " (", units, ")")
    )
  }
  drawn <- !all(is.na(x[["conf.low"]]) & is.na(x[["conf.high"]]))
  if (!drawn || is.null(info$level)) {
    return(title)
  }
  paste0(title, ", with ", format_label(100 * info$level), "% interval")
}

# Ticks as text: the decimals they need, commas, "%".
axis_labels <- function(units) {
  end <- if (identical(units, "proportion")) "%" else ""
  function(breaks) {
    digits <- 0
    while (digits < 8 && any(abs(breaks - round(breaks, digits)) >
      1e-9 * max(abs(breaks), na.rm = TRUE), na.rm = TRUE)) {
      digits <- digits + 1
    }
    ifelse(is.na(breaks), NA, paste0(format_number(breaks, digits), end))
  }
}

chart_caption <- function(x, marks) {
  info <- attr(x, "info")
  left_out <- attr(marks, "left_out")
  kept <- length(attr(marks, "groups"))
  base <- base_words(x)
  interval <- if (length(limits_words(x)) && length(info$ci)) info$ci
  lines <- c(
    if (left_out > 0) {
      paste0(
        "The ", if (attr(marks, "sorted")) "highest " else "first ",
        format_number(kept, 0), " of ", format_number(kept + left_out, 0),
        " are shown."
      )
    },
    if (length(base)) paste0("Base: ", base, "."),
    if (length(interval)) paste0("Interval: ", ci_words(interval), "."),
    chart_flags(x, marks),
    footer_lines(x, flags = FALSE)
  )
  paste(wrap_label(lines, 84), collapse = "\n")
}

# Flags in words with the groups they stand at; the reference is the hollow mark.
chart_flags <- function(x, marks) {
  words <- words_for_flags(x)
  flags <- setdiff(flags_in(marks$flag), "reference")
  lines <- vapply(flags, function(flag) {
    groups <- unique(as.character(marks$group[has_flag(marks$flag, flag)]))
    meaning <- if (flag %in% names(words)) words[[flag]] else paste("flag", flag)
    who <- paste(groups, collapse = ", ")
    if (length(groups) > 3) {
      who <- paste(format_number(length(groups), 0), "groups")
    }
    paste0(if (nzchar(who)) paste0(who, ": "), meaning, ".")
  }, "", USE.NAMES = FALSE)
  c(lines, if (any(marks$open)) "Hollow mark: the reference itself.")
}
