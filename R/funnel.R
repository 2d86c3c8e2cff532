# Comparing areas with a benchmark: funnel limits, labels, and the charts.

# Two lines, at two and at three standard errors, as is usual.
funnel_levels <- c(0.95, 0.998)

funnel_labels <- c(
  "low (0.001)", "low (0.025)", "not significant", "high (0.025)", "high (0.001)"
)

# From here on a standardised rate is steady enough to be compared.
least_standardised_events <- 10

#' Control limits of a funnel plot
#'
#' How far an area of a given size can lie from a benchmark by chance alone.
#'
#' @param benchmark The value to compare with: a fraction for a proportion, a value
#'   times `per` for a rate, 1 for a ratio.
#' @param size Sizes to give limits for: people for a proportion; for a rate or a ratio
#'   numbers of events, 0 or more.
#' @param type `"proportion"`, `"rate"` or `"ratio"`.
#' @param per Multiplier of the rate.
#' @param level Levels of the lines.
#' @param ... Not used.
#' @return A tibble with a row per `level`, `side` (`"low"`, `"high"`) and size: `size`
#'   (people or person-years, or expected events of a ratio, at which the limit holds),
#'   `events` (`NA` for a proportion) and `limit`.
#' @section Formula: For a proportion \eqn{\theta} and n people
#'   \eqn{\theta \pm z\sqrt{\theta(1-\theta)/n}}, within 0 and 1; an area outside is one
#'   whose Wilson interval leaves out \eqn{\theta}. For O events the line is
#'   \eqn{O/E^*}, with \eqn{E^*} the exact Poisson limit of O: the upper limit for the low
#'   line, the lower one for the high line.
#' @section Errors: `ioi_error_input` for a benchmark, size or level out of range.
#' @references Spiegelhalter, D. J. (2005). Funnel plots for comparing institutional
#'   performance. *Statistics in Medicine* 24, 1185-1202. \doi{10.1002/sim.1970}
#' @examples
#' ioi_funnel_limits(0.2, c(50, 100, 500), type = "proportion")
#' @export
ioi_funnel_limits <- function(benchmark, size, type = c("proportion", "rate", "ratio"),
                              per = 1, level = c(0.95, 0.998), ...) {
  check_dots_empty_ioi(...)
  type <- check_choice(type, c("proportion", "rate", "ratio"), "type")
  per <- check_positive(per, "per")
  benchmark <- check_benchmark(benchmark, type, per)
  size <- count_column(size, "size")
  size <- size[!is.na(size)]
  level <- vapply(level, check_level, 1)
  lines <- expand.grid(
    size = size, side = c("low", "high"), level = level, stringsAsFactors = FALSE
  )
  out <- if (type == "proportion") {
    proportion_line(lines, benchmark / per)
  } else {
    count_line(lines, benchmark / per)
  }
  tibble::tibble(
    level = lines$level, side = lines$side, size = out$size, events = out$events,
    limit = out$limit * per
  )
}

check_benchmark <- function(benchmark, type, per, call = rlang::caller_env()) {
  top <- if (type == "proportion") per else Inf
  if (!is.numeric(benchmark) || length(benchmark) != 1 || is.na(benchmark) ||
    benchmark <= 0 || benchmark >= top) {
    abort_ioi(
      c(
        "{.arg benchmark} must be one number above
         {if (is.finite(top)) paste('0 and below', top) else '0'}.",
        "x" = "It is {.val {benchmark}}."
      ),
      "input",
      arg = "benchmark", call = call
    )
  }
  as.double(benchmark)
}

proportion_line <- function(lines, theta) {
  z <- stats::qnorm((1 + lines$level) / 2) * ifelse(lines$side == "low", -1, 1)
  limit <- theta + z * sqrt(theta * (1 - theta) / lines$size)
  list(
    size = lines$size, events = rep(NA_real_, nrow(lines)),
    limit = pmin(pmax(limit, 0), 1)
  )
}

# Expected events at which O events would just be significant, and O over them.
count_line <- function(lines, theta) {
  expected <- numeric(nrow(lines))
  for (level in unique(lines$level)) {
    at <- lines$level == level
    limits <- rate_limits(lines$size[at], rep(1, sum(at)), "exact", level)
    expected[at] <- ifelse(lines$side[at] == "low", limits$conf.high, limits$conf.low)
  }
  limit <- ifelse(expected > 0, lines$size / expected * theta, Inf)
  list(size = expected / theta, events = lines$size, limit = limit)
}

#' Compare areas with a benchmark
#'
#' Says of each row of a table of rates, proportions or ratios whether it lies outside
#' the control limits of a funnel plot around a benchmark.
#'
#' @param x A table made by [ioi_rate()] or [ioi_standardise()] from counts.
#' @param benchmark The value to compare with, in the unit of the table. `NULL` takes
#'   all rows together (events over population), and 1 for ratios; a standardised rate
#'   needs one.
#' @param ... Not used.
#' @return The table with two more columns: `benchmark`, and `significance`, a factor
#'   with the levels "low (0.001)", "low (0.025)", "not significant", "high (0.025)" and
#'   "high (0.001)"; `NA` and the flag `not comparable` where there is no estimate or,
#'   for a standardised rate, fewer than 10 events.
#' @section Rule: A proportion is outside when the score test at 2.5% (0.1%) in that
#'   direction rejects the benchmark, which is the same as its Wilson interval leaving
#'   it out. A rate or ratio with O events and E expected at the benchmark is high when
#'   the lower Poisson limit of O exceeds E and low when the upper one is below E, exact
#'   below 10 events and Byar's from 10 on. A standardised rate y is compared as a rate
#'   with a population of O/y.
#' @section Caution: With many areas some fall outside by chance: at 95% one in twenty,
#'   at 99.8% one in 500. A benchmark of all rows together holds each area itself; where
#'   one area is a large part use [ioi_parity()] with `reference = "rest"`.
#' @section Errors: `ioi_error_input` for another kind of table, or a benchmark out of
#'   range.
#' @references Spiegelhalter, D. J. (2005). Funnel plots for comparing institutional
#'   performance. *Statistics in Medicine* 24, 1185-1202. \doi{10.1002/sim.1970}
#' @seealso [ioi_plot_funnel()], [ioi_benchmark()]
#' @examples
#' deaths <- aggregate(cbind(deaths, population) ~ area, deaths_by_decile, sum)
#' rates <- ioi_rate(deaths, deaths, population, by = area, per = 1000)
#' compared <- ioi_funnel(rates)
#' table(compared$significance)
#' @export
ioi_funnel <- function(x, benchmark = NULL, ...) {
  check_dots_empty_ioi(...)
  kind <- funnel_kind(x)
  benchmark <- funnel_benchmark(x, kind, benchmark)
  events <- x[["events"]]
  size <- funnel_size(x, kind)
  theta <- benchmark / kind$per
  expected <- size * theta
  z <- if (kind$kind == "proportion") (events / size - theta) / sqrt(
    theta * (1 - theta) / size
  )
  sign <- vapply(funnel_levels, function(level) {
    if (is.null(z)) count_side(events, expected, level) else proportion_side(z, level)
  }, numeric(length(events)))
  sign <- matrix(sign, ncol = 2)
  step <- ifelse(sign[, 2] != 0, 2 * sign[, 2], sign[, 1])
  few <- kind$kind == "standardised" & events < least_standardised_events
  step[is.na(x[["estimate"]]) | is.na(size) | few] <- NA
  out <- unclass(plain_tibble(x))
  out <- out[names(x)]
  out$benchmark <- rep(benchmark, nrow(x))
  out$significance <- factor(funnel_labels[step + 3], funnel_labels)
  out$flag <- paste_flags(out$flag, ifelse(is.na(step), "not comparable", ""))
  out <- out[c(setdiff(names(out), "flag"), "flag")]
  info <- attr(x, "info")
  info$flags <- c(info$flags, words_for(out$flag))
  new_ioi_estimate(
    tibble::new_tibble(out, nrow = nrow(x)),
    vcov = attr(x, "vcov"), domains = attr(x, "domains"), info = info
  )
}

# What kind of table it is: list(kind, per).
funnel_kind <- function(x, call = rlang::caller_env()) {
  kind <- if (is_estimate(x)) attr(x, "info")$rate
  known <- c("rate", "proportion", "ratio", "standardised")
  if (is.null(kind) || !kind$kind %in% known || !all(c("events", "n") %in% names(x))) {
    abort_ioi(
      c(
        "{.arg x} must be a table made by {.fn ioi_rate} or {.fn ioi_standardise} from
         counts of events.",
        "i" = "For other estimates see {.fn ioi_benchmark}."
      ),
      "input",
      arg = "x", call = call
    )
  }
  kind
}

funnel_benchmark <- function(x, kind, benchmark, call = rlang::caller_env()) {
  if (is.null(benchmark)) {
    if (kind$kind == "standardised") {
      abort_ioi(
        c(
          "{.arg benchmark} must be given for standardised rates.",
          "i" = "For example the rate of all areas, standardised in the same way."
        ),
        "input",
        arg = "benchmark", call = call
      )
    }
    known <- !is.na(x[["estimate"]])
    benchmark <- if (kind$kind == "ratio") {
      kind$per
    } else {
      kind$per * sum(x[["events"]][known]) / sum(x[["n"]][known])
    }
  }
  check_benchmark(benchmark, kind$kind, kind$per, call)
}

# People, person-years or expected events of each row.
funnel_size <- function(x, kind) {
  switch(kind$kind,
    ratio = x[["expected"]],
    standardised = ifelse(
      x[["events"]] > 0, x[["events"]] / x[["estimate"]] * kind$per, NA
    ),
    x[["n"]]
  )
}

# 1 above, -1 below, 0 within.
count_side <- function(events, expected, level) {
  limits <- rate_limits(events, rep(1, length(events)), "ohid", level)
  (limits$conf.low > expected) - (limits$conf.high < expected)
}

proportion_side <- function(z, level) {
  reach <- stats::qnorm((1 + level) / 2)
  (z > reach) - (z < -reach)
}

#' Better, worse or similar
#'
#' Compares each row of a table of estimates with a benchmark by its confidence
#' interval: the red, amber and green of public health profiles, in words.
#'
#' @param x A table of class [ioi_estimate].
#' @param benchmark A number in the unit of the table, or one for each row.
#' @param favourable `TRUE` when a high value is good, `FALSE` when it is bad. `NULL`
#'   says higher and lower instead of better and worse.
#' @param ... Not used.
#' @return The table with the columns `benchmark` and `comparison` ("better", "worse" or
#'   "higher", "lower"; "similar"; "unknown" without an interval).
#' @section Errors: `ioi_error_input` for another kind of object or benchmark.
#' @examples
#' rates <- ioi_rate(exclusions_2017, permanent, pupils, by = ethnic_group, per = 1e4)
#' ioi_benchmark(rates, benchmark = 9.6, favourable = FALSE)
#' @export
ioi_benchmark <- function(x, benchmark, favourable = NULL, ...) {
  check_dots_empty_ioi(...)
  if (!is_estimate(x)) {
    abort_ioi("{.arg x} must be a table of estimates.", "input", arg = "x")
  }
  fits <- length(benchmark) %in% c(1, nrow(x))
  if (!is.numeric(benchmark) || !fits || anyNA(benchmark)) {
    abort_ioi("{.arg benchmark} must be one number, or one for each row.", "input",
      arg = "benchmark"
    )
  }
  if (!is.null(favourable)) {
    check_flag(favourable, "favourable")
  }
  words <- if (is.null(favourable)) {
    c("lower", "higher")
  } else if (favourable) {
    c("worse", "better")
  } else {
    c("better", "worse")
  }
  below <- x[["conf.high"]] < benchmark
  above <- x[["conf.low"]] > benchmark
  comparison <- ifelse(below, words[1], ifelse(above, words[2], "similar"))
  comparison[is.na(x[["estimate"]]) | is.na(comparison)] <- "unknown"
  x[["benchmark"]] <- rep_len(as.double(benchmark), nrow(x))
  x[["comparison"]] <- factor(comparison, c(words, "similar", "unknown"))
  x
}

# ---- charts -------------------------------------------------------------------

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
