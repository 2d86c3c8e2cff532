# Published figures as a table of estimates.

test_that("limits are made from standard errors, kept where given", {
  x <- data.frame(area = c("a", "b"), estimate = c(0.4, 0.5), std.error = c(0.02, NA))
  got <- as_ioi_estimate(x, unit = "proportion")
  expect_s3_class(got, "ioi_estimate")
  expect_equal(got$conf.low[1], 0.4 - qnorm(0.975) * 0.02)
  expect_true(is.na(got$conf.low[2]))
  expect_equal(unname(vcov(got))[1, 1], 0.0004)
  expect_match(paste(format(got), collapse = "\n"), "40.0%")
  x$conf.low <- c(0.3, NA)
  x$conf.high <- c(0.6, NA)
  expect_identical(as_ioi_estimate(x)$conf.high, c(0.6, NA))
})

test_that("degrees of freedom widen the limits as t does", {
  x <- data.frame(area = "a", estimate = 10, std.error = 1, df = 5)
  expect_equal(as_ioi_estimate(x)$conf.high, 10 + qt(0.975, 5))
})

test_that("gaps of such a table are those of the bare one, in points", {
  x <- data.frame(who = c("r", "g"), estimate = c(0.7, 0.5), std.error = 0.02)
  got <- ioi_parity(as_ioi_estimate(x, by = who, unit = "proportion"), who, "r")
  bare <- ioi_parity(x, who, "r")
  expect_equal(got$conf.low, bare$conf.low)
  expect_match(paste(format(got), collapse = "\n"), "-20.0 pp")
})

test_that("what is missing or wrong is said", {
  expect_error(as_ioi_estimate(data.frame(a = 1)), class = "ioi_error_input")
  expect_error(as_ioi_estimate(data.frame(estimate = Inf, std.error = 1)), class = "ioi_error_data")
  expect_error(
    as_ioi_estimate(data.frame(estimate = 1, std.error = -1)),
    class = "ioi_error_data"
  )
  expect_error(as_ioi_estimate(labour_market, unit = "percent"), class = "ioi_error_input")
})

test_that("a design factor gives the limits that the Race Disparity Unit prints", {
  # Gypsy, Roma and Irish Traveller groups, Annual Population Survey: 35% of 62 people
  x <- data.frame(group = "Gypsy, Roma and Traveller", estimate = 0.35, n = 62)
  got <- as_ioi_estimate(x, unit = "proportion", deft = 1.6)
  expect_identical(round(100 * c(got$conf.low, got$conf.high)), c(16, 54))
  expect_equal(got$std.error, 1.6 * sqrt(0.35 * 0.65 / 62))
  expect_equal(got$n, 62)
  # the planner says the same of such a survey
  plan <- ioi_power("proportion", 0.35, 62, deff = 1.6^2)
  expect_equal(plan$margin, got$conf.high - 0.35)
})

test_that("limits will do in place of standard errors", {
  x <- data.frame(area = c("a", "b"), estimate = c(0.5, 0.2), conf.low = c(0.4, 0.1))
  x$conf.high <- c(0.6, 0.4)
  got <- as_ioi_estimate(x, unit = "proportion")
  expect_equal(got$std.error[1], 0.1 / qnorm(0.975))
  log_scale <- 0.2 * log(0.4 / 0.1) / (2 * qnorm(0.975))
  expect_equal(got$std.error[2], log_scale)
  expect_identical(got$conf.low, x$conf.low)
})

test_that("a design factor needs shares and their base", {
  x <- data.frame(g = "a", estimate = 0.35, n = 62)
  expect_error(as_ioi_estimate(x, deft = 1.6), "proportion", class = "ioi_error_input")
  expect_error(
    as_ioi_estimate(x["estimate"], unit = "proportion", deft = 1.6), "n",
    class = "ioi_error_input"
  )
  expect_error(as_ioi_estimate(x, unit = "proportion", deft = 0), class = "ioi_error_input")
  x$estimate <- 35
  expect_error(as_ioi_estimate(x, unit = "proportion", deft = 1.6), class = "ioi_error_data")
})
