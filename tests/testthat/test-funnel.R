# Funnel limits, labels and charts: OHID's published results, the tests they invert.

test_that("limits of a proportion as OHID publishes them", {
  # testdata_funnel_prop_outputs.csv of PHEindicatormethods 2.1.1: 80.642448 of 100
  got <- ioi_funnel_limits(80.642448, c(1, 2, 3, 4), "proportion", per = 100)
  at <- function(level, side) got$limit[got$level == level & got$side == side]
  expect_equal(
    at(0.95, "low"), c(3.204264, 25.885383, 35.933491, 41.923356), tolerance = 1e-7
  )
  expect_equal(at(0.998, "low"), c(0, 0, 10.150815, 19.594903), tolerance = 1e-7)
  expect_equal(at(0.95, "high"), rep(100, 4))
})

test_that("limits of a ratio and of a rate as OHID publishes them", {
  # testdata_funnel_ratio_outputs.csv and testdata_funnel_rate_outputs_2.csv
  # (found there by search, to about 1e-6)
  got <- ioi_funnel_limits(1, 1:3, "ratio")
  expect_equal(
    got$size[got$level == 0.95 & got$side == "low"], c(
      5.571644585, 7.224687515, 8.767273828
    ),
    tolerance = 1e-6
  )
  ratio <- ioi_funnel_limits(100, 1:3, "ratio", per = 100)
  expect_equal(
    ratio$limit[ratio$level == 0.95 & ratio$side == "high"],
    c(3949.774946, 825.7315569, 484.9096877),
    tolerance = 1e-5
  )
  rate <- ioi_funnel_limits(114.8591735, 1:3, "rate", per = 1e5)
  one <- rate[rate$level == 0.998 & rate$side == "low", ]
  expect_equal(one$limit, c(12.4395182, 20.45783597, 26.37965517), tolerance = 1e-6)
  expect_equal(one$size / 3, c(2679.632184, 3258.735028, 3790.800121), tolerance = 1e-6)
})

test_that("a proportion is outside when Wilson's interval leaves the benchmark out", {
  set.seed(3)
  d <- data.frame(area = 1:300, n = sample(20:900, 300, TRUE))
  d$x <- rbinom(300, d$n, runif(300, 0.15, 0.35))
  for (level in c(0.95, 0.998)) {
    rates <- ioi_rate(d, x, n, by = area, per = 1, ci = "wilson", level = level)
    label <- ioi_funnel(rates, benchmark = 0.25)$significance
    labels <- if (level == 0.95) c("low (0.025)", "low (0.001)") else "low (0.001)"
    expect_equal(label %in% labels, rates$conf.high < 0.25)
    expect_equal(label %in% sub("low", "high", labels), rates$conf.low > 0.25)
  }
})

test_that("a rate is outside when OHID's Poisson interval leaves the benchmark out", {
  set.seed(4)
  d <- data.frame(area = 1:300, n = runif(300, 20, 900))
  d$x <- rpois(300, d$n * runif(300, 0.01, 0.06))
  rates <- ioi_rate(d, x, n, by = area, per = 1000, ci = "ohid", level = 0.998)
  got <- ioi_funnel(rates)
  benchmark <- 1000 * sum(d$x) / sum(d$n)
  expect_equal(unique(got$benchmark), benchmark)
  expect_equal(got$significance == "high (0.001)", rates$conf.low > benchmark)
  expect_equal(got$significance == "low (0.001)", rates$conf.high < benchmark)
  expect_gt(sum(got$significance == "not significant"), 10)
})

test_that("standardised rates need a benchmark and ten events", {
  d <- data.frame(
    area = rep(c("a", "b"), each = 2), age = c("0-4", "5+"), x = c(3, 4, 30, 60),
    n = c(100, 100, 100, 100)
  )
  rates <- ioi_standardise(d, x, n, age, c("0-4" = 1, "5+" = 1), by = area, per = 100)
  expect_ioi_error(ioi_funnel(rates), "input", arg = "benchmark")
  got <- ioi_funnel(rates, benchmark = 25)
  expect_equal(as.character(got$significance), c(NA, "high (0.001)"))
  expect_match(got$flag[1], "not comparable")
  ratio <- ioi_standardise(
    d, x, n, age, data.frame(age = c("0-4", "5+"), rate = 0.2),
    by = area, method = "ratio"
  )
  expect_equal(
    as.character(ioi_funnel(ratio)$significance), c("low (0.001)", "high (0.001)")
  )
})

test_that("the table stays an estimate and rows without one are said", {
  d <- data.frame(area = c("a", "b", "c"), x = c(5, NA, 50), n = c(100, 10, 100))
  rates <- ioi_rate(d, x, n, by = area)
  got <- ioi_funnel(rates)
  expect_s3_class(got, "ioi_estimate")
  expect_equal(vcov(got), vcov(rates))
  expect_equal(got$flag, c("", "missing;not comparable", ""))
  expect_equal(unique(got$benchmark), 1e5 * 55 / 200)
})

test_that("better, worse, similar, unknown", {
  d <- data.frame(area = letters[1:4], x = c(1, 20, 60, NA), n = 100)
  rates <- ioi_rate(d, x, n, by = area, per = 100, ci = "wilson")
  words <- function(...) as.character(ioi_benchmark(rates, 20, ...)$comparison)
  expect_equal(words(), c("lower", "similar", "higher", "unknown"))
  expect_equal(words(favourable = TRUE), c("worse", "similar", "better", "unknown"))
  expect_equal(words(favourable = FALSE), c("better", "similar", "worse", "unknown"))
  expect_s3_class(ioi_benchmark(rates, 20), "ioi_estimate")
  expect_ioi_error(ioi_benchmark(d, 20), "input", arg = "x")
  expect_ioi_error(ioi_benchmark(rates, c(1, 2)), "input", arg = "benchmark")
})

test_that("what is wrong is named", {
  expect_ioi_error(ioi_funnel_limits(1.2, 10, "proportion"), "input", arg = "benchmark")
  expect_ioi_error(ioi_funnel_limits(0, 10, "rate"), "input", arg = "benchmark")
  expect_ioi_error(ioi_funnel_limits(1, -1, "rate"), "data", arg = "size")
  expect_ioi_error(ioi_funnel_limits(1, 1, "rate", level = 95), "input")
  expect_ioi_error(ioi_funnel(data.frame(x = 1)), "input", arg = "x")
})

# The data of each layer of a chart, drawn to a null device.
drawn <- function(chart) {
  withr::local_pdf(nullfile())
  ggplot2::ggplot_build(chart)$data
}

test_that("the funnel chart draws each area once, its lines and its benchmark", {
  skip_if_not_installed("ggplot2")
  deaths <- aggregate(cbind(deaths, population) ~ area, deaths_by_decile, sum)
  rates <- ioi_rate(deaths, deaths, population, by = area, per = 1000)
  chart <- ioi_plot_funnel(rates, title = "Death rates")
  expect_s3_class(chart, "ggplot")
  layers <- drawn(chart)
  expect_equal(nrow(layers[[3]]), nrow(rates))
  expect_equal(
    unique(layers[[1]]$yintercept), 1000 * sum(deaths$deaths) / sum(deaths$population)
  )
  expect_equal(length(unique(layers[[2]]$group)), 4)
  expect_match(chart$labels$caption, "1 in 500")
  expect_gte(chart$theme$text$size, 12)
  wilson <- ioi_rate(
    subset(attainment_2016, free_meals == "eligible"), reached, pupils,
    by = la_code, per = 100, ci = "wilson"
  )
  chart <- ioi_plot_funnel(wilson)
  expect_equal(nrow(drawn(chart)[[3]]), sum(!is.na(wilson$estimate)))
  expect_match(chart$labels$caption, "Not drawn: 2 areas")
})

test_that("the chart of areas is in order, with the line and what is left out", {
  skip_if_not_installed("ggplot2")
  d <- data.frame(area = letters[1:4], x = c(20, 1, 60, NA), n = 100)
  rates <- ioi_rate(d, x, n, by = area, per = 1, ci = "wilson")
  chart <- ioi_plot_areas(rates, benchmark = 0.25)
  layers <- drawn(chart)
  expect_equal(layers[[2]]$x, c(1, 20, 60))
  expect_equal(layers[[3]]$xintercept, 25)
  expect_match(chart$labels$caption, "Without an estimate: 1 area")
  expect_match(chart$labels$x, "%", fixed = TRUE)
})

test_that("the life table chart starts with everybody and tells tables apart", {
  skip_if_not_installed("ggplot2")
  both <- rbind(
    transform(area_deaths, sex = "m"), transform(
      area_deaths, sex = "f", deaths = deaths / 2
    )
  )
  tables <- ioi_life_expectancy(both, age, deaths, population, by = sex, at = NULL)
  chart <- ioi_plot_life_table(tables)
  points <- drawn(chart)[[2]]
  expect_equal(points$y[points$x == 0], c(100, 100))
  expect_equal(length(unique(points$shape)), 2)
  expect_ioi_error(
    ioi_plot_life_table(
      ioi_life_expectancy(area_deaths, age, deaths, population)
    ), "input",
    arg = "x"
  )
})
