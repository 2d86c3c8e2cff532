# How estimate tables look: numbers in words, narrow windows, reports, charts.

printed_estimate <- function(rows = 1:5) {
  p <- c(0.452, 0.4125, 0.6334, 0.5, NA)
  se <- c(0.005, 0.031, 0.018, 0.064, NA)
  table <- tibble::tibble(
    ethnic_group = c(
      "White", "Mixed or multiple ethnic groups", "Asian", "Arab", "Gypsy or Roma"
    ),
    outcome = "worry",
    estimate = p, std.error = se,
    conf.low = p - 1.96 * se, conf.high = p + 1.96 * se,
    n = c(9321, 251, 1710, 61, 0), df = c(900, 120, 300, 40, 0),
    flag = c("", "", "u", "ci_nchs;u", "empty")
  )
  new_ioi_estimate(table[rows, ], info = list(
    what = "Proportion", unit = "proportion", by = "ethnic_group", level = 0.95,
    ci = "logit", limits = "proportion", df_rule = "domain",
    design = list(
      type = "linearised", strata = 45, psus = 912, rows = 11676, weights = TRUE,
      fpc = FALSE, lonely_psu = "fail"
    ),
    missing = 819, dropped = c("rows without a group" = 3, "other" = 0),
    notes = "Weighted to the population.", source = "A survey, 2008"
  ))
}

printed_gap <- function() {
  gap <- c(-0.0519, 0, 0.92, 1)
  se <- c(0.0101, NA, 0.03, NA)
  new_ioi_estimate(
    tibble::tibble(
      measure = c("difference", "difference", "ratio", "ratio"),
      group = c("Asian", "White", "Asian", "White"), reference = "White",
      estimate = gap, std.error = se,
      conf.low = gap - 1.96 * se, conf.high = gap + 1.96 * se,
      n = 12345, statistic = c(-5.138, NA, -5.138, NA),
      p.value = c(2e-7, NA, 0.04567, NA), flag = c("", "reference", "", "reference")
    ),
    info = list(
      what = "Parity gap", unit = "proportion", level = 0.9, ci = c("t", "log")
    )
  )
}

test_that("numbers become text by our own rules", {
  expect_identical(
    format_number(c(1234567.891, -0.04, 0, NA, Inf, -Inf), 1),
    c("1,234,567.9", "0.0", "0.0", "NA", "Inf", "-Inf")
  )
  expect_identical(
    format_p(c(0.0009999, 0.001, 0.0456, 1, NA)),
    c("<0.001", "0.001", "0.046", "1.000", "NA")
  )
  expect_identical(
    format_label(c(2011, 1e5, 0.5, NA, -Inf)), c("2011", "100000", "0.5", "NA", "-Inf")
  )
  expect_identical(format_label(2011L), "2011")
  expect_identical(format_label(factor(c("b", NA))), c("b", "NA"))
  expect_identical(format_label(as.Date("2011-03-27")), "2011-03-27")
  expect_identical(digits_for(c(1, 20, 300)), 0)
  expect_identical(digits_for(c(1.5, 20, NA)), 1)
  expect_identical(digits_for(0.0123), 4)
  expect_identical(digits_for(NA_real_), 0)
})

test_that("default number printing has no say", {
  x <- printed_estimate()
  usual <- format(x)
  withr::local_options(digits = 3, OutDec = ".", scipen = -20, pillar.sigfig = 2)
  expect_identical(format(x), usual)
})

test_that("a table of proportions prints in words and percentages", {
  withr::local_options(width = 90, cli.num_colors = 1L)
  lines <- format(printed_estimate())
  expect_match(lines[1], "Proportion: 5 rows by ethnic_group; outcome = worry",
    fixed = TRUE
  )
  expect_match(lines, "^White .*45[.]2% .*44[.]2 to 46[.]2 +9,321", all = FALSE)
  expect_match(lines, "^Gypsy or Roma +NA", all = FALSE)
  expect_match(lines, "Flag empty: nobody to count, or a group without members (1 row).",
    fixed = TRUE, all = FALSE
  )
  expect_match(lines, "Flag u: low reliability (2 rows).", fixed = TRUE, all = FALSE)
  expect_match(lines, "819 rows left out: outcome missing.", fixed = TRUE, all = FALSE)
  expect_match(lines, "Left out: 3 rows without a group.", fixed = TRUE, all = FALSE)
  expect_false(any(grepl("0 other", lines)))
  expect_match(lines, "Source: A survey, 2008", fixed = TRUE, all = FALSE)
  expect_snapshot(print(printed_estimate()))
})

test_that("differences are percentage points and ratios have no unit", {
  withr::local_options(width = 90, cli.num_colors = 1L)
  lines <- format(printed_gap())
  expect_match(lines, "^difference +Asian +-5[.]2 pp .* -7[.]2 to -3[.]2 ", all = FALSE)
  expect_match(lines, "^ratio +Asian +0[.]92 .* 0[.]86 to 0[.]98 ", all = FALSE)
  expect_match(lines, "90% limits", all = FALSE)
  expect_match(lines, "<0.001", fixed = TRUE, all = FALSE)
  expect_match(lines, "0.046", fixed = TRUE, all = FALSE)
  expect_match(lines, "t and log methods", all = FALSE)
  expect_snapshot(print(printed_gap()))
})

test_that("`info$unit` may differ by measure", {
  x <- printed_gap()
  info <- attr(x, "info")
  info$unit <- c(difference = "index", ratio = "number")
  x <- new_ioi_estimate(tidy(x), info = info)
  expect_identical(row_units(x), c("index", "index", "number", "number"))
  expect_match(format(x), "-0.052 ", fixed = TRUE, all = FALSE)
})

test_that("digits sets the decimals of estimate and limits", {
  lines <- format(printed_estimate(), digits = 2, width = 90)
  expect_match(lines, "45[.]20% .*44[.]22 to 46[.]18", all = FALSE)
  lines <- format(printed_estimate(), digits = 0, width = 90)
  expect_match(lines, "45% .*44 to 46", all = FALSE)
})

test_that("a narrow window loses supporting columns, then the ends of labels", {
  x <- printed_estimate()
  for (width in c(20, 34, 50, 72, 200)) {
    lines <- format(x, width = width)
    table <- lines[!startsWith(lines, "#")]
    expect_length(table, 6)
    expect_true(all(text_width(table) <= max(width, 35)))
    expect_match(table[2], "45.2%", fixed = TRUE)
    expect_match(table[2], "44.2 to 46.2", fixed = TRUE)
  }
  narrow <- format(x, width = 50)
  expect_match(narrow, "Columns not shown: ", all = FALSE)
  expect_match(narrow, "^Mixed or multipl[a-z ]*[.]{3} ", all = FALSE)
  expect_false(any(grepl("not shown", format(x, width = 200))))
  expect_snapshot(print(x, width = 42))
})

test_that("a long table is cut and says by how much", {
  x <- printed_estimate()[rep(1:4, 300), ]
  lines <- format(x, width = 90)
  expect_length(lines[!startsWith(lines, "#")], 21)
  expect_match(lines, "... and 1,180 more rows; print(x, n = Inf) shows all.",
    fixed = TRUE, all = FALSE
  )
  whole <- format(x, n = Inf, width = 90)
  expect_length(whole[!startsWith(whole, "#")], 1201)
  expect_match(format(printed_estimate(), n = 4), "1 more row;", all = FALSE)
  expect_error(format(x, n = 0), class = "ioi_error_input")
  expect_error(format(x, width = "wide"), class = "ioi_error_input")
  expect_error(print(x, digits = NA), class = "ioi_error_input")
  expect_error(print(x, rows = 3), class = "ioi_error_input")
})

test_that("printing survives few rows, few columns and little information", {
  expect_match(format(printed_estimate(integer()))[1], "0 rows")
  expect_match(format(printed_estimate(1))[1], "1 row by")
  bare <- new_ioi_estimate(tibble::tibble(
    estimate = 12345.6, std.error = NA_real_, conf.low = NA_real_, conf.high = NA_real_
  ))
  lines <- format(bare)
  expect_match(lines, "^ +12,346$", all = FALSE)
  expect_match(lines, "No standard errors or limits in any row.", all = FALSE)
  expect_false(any(grepl("std.error|95%", lines)))
})

test_that("print returns its argument, summary and tbl_sum use words", {
  x <- printed_estimate()
  expect_output(back <- withVisible(print(x)))
  expect_false(back$visible)
  expect_identical(back$value, x)
  expect_identical(
    unname(tibble::tbl_sum(x)["Base"]),
    "survey design, 11,676 rows, 45 strata, 912 PSUs, weighted"
  )
  got <- summary(x)
  expect_identical(got$estimated, 4L)
  expect_identical(got$flags, c("u", "ci_nchs", "empty"))
  expect_output(print(got), "4 of 5 rows")
  expect_output(print(got), "Covariance of the rows: no")
})

test_that("knitr gets a pipe table or an HTML table with scopes", {
  skip_if_not_installed("knitr")
  pipe <- as.character(knitr::knit_print(printed_estimate()))
  expect_match(pipe, "| White | 45.2% |", fixed = TRUE)
  expect_match(pipe, "|:---|---:|", fixed = TRUE)
  withr::defer(knitr::opts_knit$set(rmarkdown.pandoc.to = NULL))
  knitr::opts_knit$set(rmarkdown.pandoc.to = "html")
  html <- as.character(knitr::knit_print(printed_gap()))
  expect_match(html, "<caption>Parity gap", fixed = TRUE)
  expect_match(html, '<th scope="col"', fixed = TRUE)
  expect_match(html, '<th scope="row"', fixed = TRUE)
  expect_match(html, "&lt;0.001", fixed = TRUE)
  expect_false(grepl("<0.001", html, fixed = TRUE))
})

# ---- charts -------------------------------------------------------------------

# Data of the layer of geom `geom` in a chart.
layer <- function(chart, geom) {
  classes <- vapply(chart$layers, function(layer) class(layer$geom)[1], "")
  at <- match(geom, classes)
  if (is.na(at)) NULL else ggplot2::layer_data(chart, at)
}

test_that("a chart draws each estimate with its interval, in row order", {
  skip_if_not_installed("ggplot2")
  x <- printed_estimate()
  chart <- ggplot2::autoplot(x)
  expect_s3_class(chart, "ggplot")
  bars <- layer(chart, "GeomLinerange")
  expect_equal(bars$xmin, 100 * x$conf.low[1:4])
  expect_equal(bars$xmax, 100 * x$conf.high[1:4])
  expect_equal(bars$y, 5:2)
  expect_identical(layer(chart, "GeomText")$label, " no estimate")
  expect_match(chart$labels$x, "Per cent, with 95% interval")
  expect_match(chart$labels$caption, "Base: survey design, 11,676 rows")
  expect_match(chart$labels$caption, "Arab: limits by the nchs method")
  expect_match(chart$labels$caption, "Source: A survey")
  sorted <- layer(ggplot2::autoplot(x, sort = TRUE), "GeomLinerange")
  expect_equal(order(sorted$xmin + sorted$xmax), order(sorted$y))
})

test_that("comparisons get a line at no difference", {
  skip_if_not_installed("ggplot2")
  x <- printed_gap()
  lines <- layer(ggplot2::autoplot(x), "GeomVline")
  expect_setequal(lines$xintercept, c(0, 1))
  expect_identical(layer(ggplot2::autoplot(x[1:2, ]), "GeomVline")$xintercept, 0)
  expect_identical(layer(ggplot2::autoplot(x[3:4, ]), "GeomVline")$xintercept, 1)
  expect_null(layer(ggplot2::autoplot(printed_estimate()), "GeomVline"))
  one <- ggplot2::autoplot(x[1:2, ])
  expect_match(one$labels$x, "percentage points")
  expect_match(one$labels$subtitle, "compared with White")
})

test_that("series differ in colour and in shape, four at most", {
  skip_if_not_installed("ggplot2")
  table <- expand.grid(
    category = paste("answer", 1:4), ethnic_group = c("White", "Asian", "Black"),
    sex = c("men", "women"), stringsAsFactors = FALSE
  )
  table$estimate <- seq(0.1, 0.4, length.out = nrow(table))
  table$std.error <- 0.01
  table$conf.low <- table$estimate - 0.02
  table$conf.high <- table$estimate + 0.02
  x <- new_ioi_estimate(table, info = list(
    what = "Proportion", unit = "proportion", by = c("sex", "ethnic_group"), level = 0.95
  ))
  points <- layer(ggplot2::autoplot(x), "GeomPoint")
  expect_identical(length(unique(points$colour)), 4L)
  expect_identical(length(unique(points$shape)), 4L)
  expect_setequal(unique(points$colour), chart_colours)
  expect_identical(nlevels(points$PANEL), 2L)
  # marks of one group do not reach into the next
  expect_true(all(abs(points$y - round(points$y)) < 0.4))
  two <- ggplot2::autoplot(x[x$category == "answer 1", ], series = sex)
  expect_setequal(unique(layer(two, "GeomPoint")$colour), chart_colours[c(1, 4)])
  expect_identical(nlevels(layer(two, "GeomPoint")$PANEL), 1L)
  many <- ggplot2::autoplot(x, y = category, n = 2)
  expect_match(many$labels$caption, "first 2 of 4")
  expect_error(
    ggplot2::autoplot(x[rep(1, 5), ][0, ]),
    class = "ioi_error_input"
  )
  wide <- new_ioi_estimate(tidy(x)[1:5, ], info = attr(x, "info"))
  wide$category <- letters[1:5]
  expect_error(ggplot2::autoplot(wide, series = category), class = "ioi_error_input")
  expect_error(ggplot2::autoplot(x, y = region), class = "ioi_error_input")
  expect_error(ggplot2::autoplot(x, colour = "red"), class = "ioi_error_input")
  panels <- x[rep(1, 13), ]
  panels$sex <- letters[1:13]
  panels$ethnic_group <- LETTERS[1:13]
  panels <- new_ioi_estimate(panels, info = attr(x, "info"))
  expect_error(ggplot2::autoplot(panels, y = sex), class = "ioi_error_input")
})

test_that("chart text is 12 points or more", {
  skip_if_not_installed("ggplot2")
  theme <- ggplot2::theme_get() + chart_theme(TRUE)
  for (element in c(
    "axis.text.x", "axis.text.y", "axis.title.x", "plot.title", "plot.subtitle",
    "plot.caption", "strip.text.x", "legend.text", "legend.title"
  )) {
    expect_gte(ggplot2::calc_element(element, theme)$size, 12)
  }
})

test_that("ticks show the decimals they need", {
  expect_identical(
    axis_labels("points")(c(-7.5, -5, -2.5, 0)), c("-7.5", "-5.0", "-2.5", "0.0")
  )
  expect_identical(
    axis_labels("proportion")(c(0, 50, NA, 100)), c("0%", "50%", NA, "100%")
  )
  expect_identical(axis_labels("number")(c(10000, 12000)), c("10,000", "12,000"))
})

test_that("plot draws and returns the chart", {
  skip_if_not_installed("ggplot2")
  file <- withr::local_tempfile(fileext = ".pdf")
  grDevices::pdf(file)
  withr::defer(grDevices::dev.off())
  got <- withVisible(plot(printed_estimate(), title = "Worry"))
  expect_false(got$visible)
  expect_identical(got$value$labels$title, "Worry", ignore_attr = TRUE)
})
