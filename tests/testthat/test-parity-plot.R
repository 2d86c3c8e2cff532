# Charts of gaps: lines where there is no difference, and the equiplot.

layer_of <- function(chart, geom) {
  at <- which(vapply(chart$layers, function(layer) inherits(layer$geom, geom), NA))
  ggplot2::layer_data(chart, at[1])
}

hired <- data.frame(g = c("a", "b", "c"), x = c(40, 60, 55), n = 100)

test_that("each measure has its line where there is no difference", {
  skip_if_not_installed("ggplot2")
  at <- function(measure) {
    gaps <- ioi_parity(hired, g, "b",
      measure = measure, events = x, population = n, favourable = TRUE
    )
    sort(layer_of(ggplot2::autoplot(gaps), "GeomVline")$xintercept)
  }
  expect_equal(at("difference"), 0)
  expect_equal(at("ratio"), 1)
  expect_equal(at("relative_difference"), 0)
  expect_equal(at("shortfall"), 0)
  expect_equal(at("parity_index"), 1)
  expect_equal(at("four_fifths"), c(0.8, 1))
  expect_equal(at(c("odds_ratio", "relative_difference")), c(0, 1))
  none <- ioi_parity(hired, g, "b",
    measure = "people_per_outcome", events = x, population = n
  )
  geoms <- vapply(ggplot2::autoplot(none)$layers, function(l) class(l$geom)[1], "")
  expect_false("GeomVline" %in% geoms)
})

test_that("a chart of gaps draws without a warning, infinite limits too", {
  skip_if_not_installed("ggplot2")
  gaps <- ioi_parity(data.frame(g = c("a", "b"), x = c(3, 0), n = 10), g, "b",
    measure = c("difference", "ratio"), events = x, population = n
  )
  expect_silent(ggplot2::ggplotGrob(ggplot2::autoplot(gaps)))
})

test_that("an equiplot has a bar from the lowest group to the highest", {
  skip_if_not_installed("ggplot2")
  x <- data.frame(
    outcome = rep(c("has_job", "has_home"), each = 3), g = rep(c("a", "b", "c"), 2),
    estimate = c(0.2, 0.5, 0.4, 0.6, NA, 0.7)
  )
  chart <- ioi_equiplot(x, outcome, g)
  bars <- layer_of(chart, "GeomSegment")
  bars <- bars[order(bars$y, decreasing = TRUE), ]
  expect_equal(bars$x, c(20, 60))
  expect_equal(bars$xend, c(50, 70))
  expect_match(chart$labels$caption, "1 group without an estimate")
  expect_silent(ggplot2::ggplotGrob(chart))
  scale <- ggplot2::ggplot_build(chart)$layout$panel_params[[1]]$y
  expect_identical(unname(scale$get_labels()), c("has home", "has job")[2:1])
  sorted <- ioi_equiplot(x[6:1, ], outcome, g, sort = TRUE)
  labels <- ggplot2::ggplot_build(sorted)$layout$panel_params[[1]]$y$get_labels()
  expect_identical(unname(labels), c("has job", "has home"))
})

test_that("more than four groups are grey unless they are highlighted", {
  skip_if_not_installed("ggplot2")
  x <- data.frame(y = "all", g = letters[1:6], estimate = c(3, 5, 9, 2, 4, 8))
  chart <- ioi_equiplot(x, y, g, highlight = c("c", "f"))
  expect_identical(levels(chart$data$group), c("c", "f", "Other groups"))
  points <- which(vapply(chart$layers, function(l) inherits(l$geom, "GeomPoint"), NA))
  expect_identical(nrow(ggplot2::layer_data(chart, points[1])), 4L)
  expect_identical(nrow(ggplot2::layer_data(chart, points[2])), 2L)
  expect_silent(ggplot2::ggplotGrob(ioi_equiplot(x, y, g)))
})

test_that("estimates of the package say what they are", {
  skip_if_not_installed("ggplot2")
  people <- subset(census_2011_people, !is.na(health))
  x <- ioi_proportion(people, health, by = sex, success = "Very good health")
  chart <- ioi_equiplot(x, outcome, sex)
  expect_identical(chart$labels$x, "Per cent")
  expect_match(chart$labels$title, "^Proportion by sex")
})

test_that("what does not fit an equiplot is refused", {
  skip_if_not_installed("ggplot2")
  x <- data.frame(y = "all", g = letters[1:6], estimate = 1:6)
  arg <- function(expr) tryCatch(expr, ioi_error_input = function(e) e$arg)
  expect_identical(arg(ioi_equiplot(x, y, g, highlight = letters[1:5])), "highlight")
  expect_identical(arg(ioi_equiplot(x, y, g, highlight = "z")), "highlight")
  expect_identical(arg(ioi_equiplot(rbind(x, x), y, g)), "group")
  expect_identical(arg(ioi_equiplot(x[1:2], y, g)), "x")
  expect_identical(arg(ioi_equiplot(x, y, g, unit = "euro")), "unit")
})
