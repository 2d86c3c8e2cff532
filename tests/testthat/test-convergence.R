# Convergence of groups: lm() and the spread written out, and the edges.

groups <- function(shrink) {
  x <- expand.grid(area = letters[1:6], year = 2010:2014)
  start <- c(10, 12, 14, 16, 18, 20)[x$area]
  x$estimate <- 15 + (start - 15) * shrink^(x$year - 2010)
  x$std.error <- 0.2
  x$people <- 100
  x
}

test_that("beta is lm()'s slope, and sigma falls with the spread", {
  x <- groups(0.8)
  got <- ioi_convergence(x, area, year, weights = people)
  beta <- got[got$measure == "beta", ]
  expect_equal(beta$estimate, 0.8^4 - 1, tolerance = 1e-10)
  sigma <- got[got$measure == "sigma_bgsd", ]
  spread <- tapply(x$estimate, x$year, function(v) sqrt(mean((v - mean(v))^2)))
  expect_equal(sum(diff(spread) < 0), 4)
  expect_lt(sigma$conf.high, 0)
  set.seed(1)
  x$estimate <- x$estimate + rnorm(30, 0, 0.2)
  noisy <- ioi_convergence(x, area, year, weights = people)
  start <- x$estimate[x$year == 2010]
  fit <- summary(lm(x$estimate[x$year == 2014] - start ~ start))$coefficients[2, ]
  row <- noisy[noisy$measure == "beta", ]
  expect_equal(c(row$estimate, row$std.error, row$p.value), unname(fit[c(1, 2, 4)]))
  expect_equal(row$conf.high, fit[[1]] + qt(0.975, 4) * fit[[2]])
})

test_that("groups that keep their distance show no convergence", {
  got <- ioi_convergence(groups(1), area, year, weights = people)
  expect_equal(got$estimate[got$measure == "sigma_bgsd"], 0, tolerance = 1e-8)
})

test_that("two groups have no beta and stop nothing", {
  x <- subset(groups(0.8), area %in% c("a", "f"))
  got <- ioi_convergence(x, area, year, weights = people)
  expect_true(is.na(got$estimate[got$measure == "beta"]))
  expect_identical(got$flag[got$measure == "beta"], "short")
  expect_false(is.na(got$estimate[1]))
  expect_error(ioi_convergence(x, area, area), class = "ioi_error_input")
})
