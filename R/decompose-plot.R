# Chart of a decomposition: its parts as bars that follow on one another up to the gap.

#' Chart of the parts of a gap
#'
#' A bar for each part of a gap, each beginning where the one before ends, and one for the
#' gap that they add up to; with the terms or strata of a detailed decomposition, a bar
#' for each of them in a panel for each part. Lines across the ends are limits.
#'
#' @param x A result of [ioi_decompose()].
#' @param parts "two": composition and rate, or explained and unexplained; "three": with
#'   the interaction apart.
#' @param title,subtitle Text above the chart; `NULL` says what was decomposed, `""` leaves
#'   it out.
#' @param ... Must be empty.
#' @return An object of class `ggplot`, with a panel for each group and set of coefficients,
#'   or for each part of these where `x` has detail. Bars differ by name and place, the gap
#'   also by shade: nothing is told by colour alone.
#' @section Reading: The limits of a part are drawn about the end of its bar, so that their
#'   width is that of its own uncertainty. Parts with different signs turn back.
#' @section Missing: a part without an estimate is named, and neither it nor those after it
#'   have a bar; a part without limits has no line.
#' @section Errors: `ioi_error_input` when ggplot2 is not installed, `x` is not such a
#'   result, or there would be more than twelve panels.
#' @seealso [ioi_decompose()]
#' @examplesIf requireNamespace("ggplot2", quietly = TRUE)
#' pupils <- aggregate(cbind(reached, pupils) ~ region + free_meals, attainment_2016, sum)
#' pupils$rate <- pupils$reached / pupils$pupils
#' meals <- split(pupils, pupils$free_meals)
#' ioi_plot_gap_parts(ioi_decompose(meals[["eligible"]], meals[["not eligible"]],
#'   by = region, rate = rate, n = pupils
#' ))
#' @export
ioi_plot_gap_parts <- function(x, parts = c("two", "three"), title = NULL, subtitle = NULL,
                               ...) {
  check_dots_empty_ioi(...)
  need_package("ggplot2", "A chart")
  parts <- check_choice(parts, c("two", "three"), "parts")
  bars <- decompose_bars(x, parts)
  draw_bars(x, bars, title, subtitle)
}

# The parts that add up to the gap, of rates or of regressions.
decompose_sums <- list(
  two = list(c("composition", "rate"), c("explained", "unexplained")),
  three = list(
    c("endowment", "coefficient", "interaction"), c("endowments", "coefficients", "interaction")
  )
)

# A data frame with a row per bar: panel, name, from, to, low, high, whole (is it a sum?).
decompose_bars <- function(x, parts, call = rlang::caller_env()) {
  fits <- is_estimate(x) && "gap" %in% x$measure
  sums <- if (fits) Filter(function(of) all(of %in% x$measure), decompose_sums[[parts]])
  if (!length(sums)) {
    abort_ioi("{.arg x} must be a result of {.fn ioi_decompose}.", "input",
      arg = "x", call = call
    )
  }
  sums <- sums[[1]]
  factor <- unit_factor(row_units(x))
  x <- data.frame(
    panel = decompose_panel(x), part = x$measure, piece = decompose_piece(x),
    value = x$estimate * factor, low = x$conf.low * factor, high = x$conf.high * factor
  )
  if (all(is.na(x$piece))) {
    return(decompose_chain(x[x$part %in% c(sums, "gap"), ], x$panel, c(sums, "gap"), call))
  }
  x <- x[x$part %in% sums, ]
  x$piece[is.na(x$piece)] <- "All together"
  x$panel <- paste0(x$panel, ifelse(nzchar(x$panel), ": ", ""), x$part)
  decompose_chain(
    transform(x, part = x$piece), x$panel, c(setdiff(x$piece, "All together"), "All together"),
    call
  )
}

# What tells one decomposition from another.
decompose_panel <- function(x) {
  by <- intersect(c("group", "coefficients"), names(x))
  by <- by[vapply(by, function(name) length(unique(x[[name]])) > 1, NA)]
  if (!length(by)) {
    return(rep("", nrow(x)))
  }
  gsub("_", " ", do.call(paste, c(lapply(by, function(name) x[[name]]), sep = ", ")))
}

# The term or stratum of a row; NA where it is of all.
decompose_piece <- function(x) {
  by <- if ("term" %in% names(x)) "term" else attr(x, "info")$by
  by <- setdiff(intersect(by, names(x)), c("group", "coefficients"))
  if (!length(by)) {
    return(rep(NA_character_, nrow(x)))
  }
  text <- do.call(paste, c(lapply(by, function(name) format_label(x[[name]])), sep = ", "))
  text[is.na(x[[by[1]]])] <- NA
  gsub("_", " ", text)
}

# Bars of each panel one after another in the order `names`; the last is the sum.
decompose_chain <- function(x, panels, names, call) {
  panels <- unique(panels)
  chain <- lapply(panels, function(panel) {
    own <- x[x$panel == panel, ]
    own <- own[order(match(own$part, names)), ]
    own$whole <- own$part == names[length(names)]
    own$to <- ifelse(own$whole, own$value, cumsum(ifelse(own$whole, 0, own$value)))
    own$from <- own$to - own$value
    own
  })
  out <- do.call(rbind, chain)
  out$low <- out$from + out$low
  out$high <- out$from + out$high
  out$panel <- factor(out$panel, panels)
  check_panels(out$panel, call, "x", "Choose groups or coefficients first.")
  out$part <- factor(out$part, rev(names))
  out
}

draw_bars <- function(x, bars, title, subtitle) {
  units <- unique(row_units(x))
  labels <- wrap_label(levels(bars$part), 30)
  gone <- bars[is.na(bars$to), ]
  gone$at <- as.integer(gone$part)
  ggplot2::ggplot(bars, ggplot2::aes(y = as.integer(.data$part))) +
    ggplot2::geom_rect(
      ggplot2::aes(
        xmin = .data$from, xmax = .data$to, ymin = as.integer(.data$part) - 0.34,
        ymax = as.integer(.data$part) + 0.34, fill = .data$whole
      ),
      colour = chart_colours[1], linewidth = 0.6, na.rm = TRUE
    ) +
    ggplot2::geom_vline(xintercept = 0, colour = chart_grey, linewidth = 0.6) +
    ggplot2::geom_linerange(
      ggplot2::aes(xmin = .data$low, xmax = .data$high),
      colour = "#0B0C0C", linewidth = 0.9, na.rm = TRUE
    ) +
    missing_marks(gone) +
    ggplot2::scale_fill_manual(values = c("FALSE" = "#C9D3DF", "TRUE" = "#7A9CC0")) +
    ggplot2::scale_y_continuous(breaks = seq_along(labels), labels = labels) +
    ggplot2::scale_x_continuous(labels = axis_labels(units)) +
    ggplot2::facet_wrap(~panel, ncol = panel_columns(nlevels(bars$panel))) +
    ggplot2::labs(
      title = wrap_label(chart_title(x, title), 56),
      subtitle = wrap_label(if (is.null(subtitle)) decompose_subtitle(x) else subtitle, 78),
      x = axis_title(x, units), y = NULL,
      caption = paste(wrap_label(footer_lines(x, flags = FALSE), 84), collapse = "\n")
    ) +
    chart_theme(FALSE) +
    if (nlevels(bars$panel) < 2) ggplot2::theme(strip.text = ggplot2::element_blank())
}

decompose_subtitle <- function(x) {
  pair <- lapply(constant_labels(x)[c("group", "reference")], function(text) gsub("_", " ", text))
  if (is.null(pair$reference)) {
    return("Each part begins where the one before it ends")
  }
  paste(c(pair$group, "compared with", pair$reference), collapse = " ")
}
