# ioi_representation(): closed formulas, simulation, edges.

test_that("ratios of shares equal the closed formulas", {
  cases <- read_rates("representation")
  known <- ioi_representation(cases, group, x, n)
  ratio <- known[known$measure == "ratio", ]
  expect_row(
    ratio, cases$repr_ratio, cases$repr_lower_fixedpop, cases$repr_upper_fixedpop, 1e-9
  )
  sampled <- ioi_representation(cases, group, x, n, basis = "sampled")
  ratio <- sampled[sampled$measure == "ratio", ]
  expect_within(ratio$std.error / ratio$estimate, cases$se_log_repr, 1e-9)
  expect_equal(ratio$conf.high, cases$repr_ratio * exp(qnorm(0.975) * cases$se_log_repr))
  expect_true(any(grepl("taken as known", format(known))))
  expect_true(any(grepl("Both shares vary", format(sampled))))
})

test_that("difference and shortfall are the ratio on another scale", {
  cases <- read_rates("representation")
  for (basis in c("known", "sampled")) {
    got <- ioi_representation(cases, group, x, n, basis = basis)
    of <- function(measure) got[got$measure == measure, ]
    a <- cases$n / sum(cases$n)
    members <- sum(cases$x)
    expect_equal(of("difference")$estimate, cases$x / members - a)
    expect_equal(of("shortfall")$estimate, members * a - cases$x)
    expect_equal(of("difference")$conf.low, a * (of("ratio")$conf.low - 1))
    expect_equal(of("shortfall")$conf.low, -members * of("difference")$conf.high)
    expect_equal(of("shortfall")$std.error, members * of("difference")$std.error)
    expect_equal(sum(of("difference")$estimate), 0)
    at <- which(got$measure == "difference")
    expect_equal(max(abs(rowSums(vcov(got)[at, at]))), 0, tolerance = 1e-12)
  }
})

test_that("the standard errors of both bases are those of repeated draws", {
  n <- c(600, 180, 90)
  p <- c(0.3, 0.2, 0.4)
  x <- round(n * p)
  d <- data.frame(g = 1:3, x = x, n = n)
  set.seed(11)
  a <- n / sum(n)
  draws <- rmultinom(20000, sum(x), x / sum(x)) / sum(x) / a
  known <- ioi_representation(d, g, x, n)
  se <- known$std.error[known$measure == "ratio"]
  expect_equal(apply(draws, 1, sd), se, tolerance = 0.03)
  counts <- matrix(rbinom(60000, rep(n, 20000), rep(x / n, 20000)), 3)
  draws <- t(t(counts) / colSums(counts)) / a
  sampled <- ioi_representation(d, g, x, n, basis = "sampled")
  se <- sampled$std.error[sampled$measure == "ratio"]
  expect_equal(apply(draws, 1, sd), se, tolerance = 0.05)
})

test_that("empty and missing groups, several bodies, no members", {
  d <- data.frame(
    body = rep(c("one", "two", "three"), each = 2), g = rep(c("a", "b"), 3),
    x = c(5, 0, 0, 0, 3, NA), n = c(50, 20, 10, 10, 0, 10)
  )
  got <- ioi_representation(d, g, x, n, by = body)
  ratio <- got[got$measure == "ratio", ]
  of <- function(body) ratio[ratio$body == body, ]
  expect_equal(of("one")$estimate, c(7 / 5, 0))
  expect_equal(of("one")$conf.low[2], 0)
  expect_equal(of("two")$flag, c("empty", "empty"))
  expect_equal(of("three")$flag, c("missing", "missing"))
  sampled <- ioi_representation(d[1:2, ], g, x, n, basis = "sampled")
  expect_equal(sampled$conf.low[1:3], sampled$estimate[1:3])
  expect_true(all(is.na(sampled$conf.low[4:6])))
})

test_that("what is wrong is named", {
  d <- data.frame(g = c("a", "b"), x = c(55, 0), n = c(50, 20))
  expect_ioi_error(
    ioi_representation(d, g, x, n, basis = "sampled"), "data", arg = "count"
  )
  expect_ioi_error(ioi_representation(d, g, x, n, basis = "both"), "input", arg = "basis")
  expect_ioi_error(ioi_representation(d, g, g, n), "input", arg = "count")
  expect_ioi_error(ioi_representation(d, g, x, n, by = x), "input", arg = "by")
})
