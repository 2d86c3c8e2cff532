# ioi_sample_size() and ioi_power(): closed forms, power.prop.test(), draws.

test_that("a gap has the power of power.prop.test()", {
  for (p in list(c(0.5, 0.6), c(0.1, 0.05), c(0.62, 0.7))) {
    got <- ioi_power("gap", p, n = 300)
    want <- stats::power.prop.test(n = 300, p1 = p[1], p2 = p[2])
    expect_equal(got$power, want$power, tolerance = 1e-10)
    size <- ioi_sample_size("gap", p, power = 0.9, level = 0.99)
    want <- stats::power.prop.test(p1 = p[1], p2 = p[2], power = 0.9, sig.level = 0.01)
    expect_equal(size$n, ceiling(want$n))
    expect_gte(size$power, 0.9)
    expect_lt(ioi_power("gap", p, n = size$n - 1, level = 0.99)$power, 0.9)
  }
})

test_that("unequal groups follow the closed form of Fleiss", {
  p <- c(0.62, 0.70)
  k <- 3
  mean <- (p[1] + k * p[2]) / (1 + k)
  z <- qnorm(c(0.975, 0.8))
  n <- (z[1] * sqrt((1 + 1 / k) * mean * (1 - mean)) +
    z[2] * sqrt(p[1] * (1 - p[1]) + p[2] * (1 - p[2]) / k))^2 / diff(p)^2
  got <- ioi_sample_size("gap", p, ratio = k)
  expect_equal(got$n, ceiling(n))
  expect_equal(got$n_reference, 3 * got$n)
  expect_equal(got$total, 4 * got$n)
  expect_equal(ioi_sample_size("gap", p, ratio = k, deff = 1.7)$n, ceiling(1.7 * n))
  clustered <- ioi_sample_size("gap", p, ratio = k, cluster = 11, icc = 0.07)
  expect_equal(clustered$n, ceiling(1.7 * n))
  expect_equal(clustered$deff, 1.7)
  expect_equal(clustered$clusters, ceiling(4 * clustered$n / 11))
})

test_that("a margin is Cochran's, with and without a finite population", {
  first <- qnorm(0.975)^2 * 0.4 * 0.6 / 0.03^2
  got <- ioi_sample_size("proportion", 0.4, margin = 0.03, response = 0.5)
  expect_equal(got$n, ceiling(first))
  expect_equal(got$invited, 2 * got$n)
  small <- ioi_sample_size("proportion", 0.4, margin = 0.03, population = 2000)
  expect_equal(small$n, ceiling(first / (1 + (first - 1) / 2000)))
  expect_lte(small$margin, 0.03)
  back <- ioi_power("proportion", 0.4, n = small$n, population = 2000)
  expect_equal(back$margin, small$margin)
  expect_equal(
    back$margin,
    qnorm(0.975) * sqrt(0.24 / small$n * (2000 - small$n) / 1999)
  )
  expect_equal(ioi_power("proportion", 0.4, n = 2000, population = 2000)$margin, 0)
})

test_that("overlap: a panel is a paired comparison, none is two samples", {
  p <- c(0.4, 0.45)
  expect_equal(ioi_power("change", p, n = 800)$power, ioi_power("gap", p, n = 800)$power)
  got <- ioi_power("change", p, n = 800, overlap = 0.5, correlation = 0.6)
  v <- p * (1 - p)
  v1 <- (sum(v) - 2 * 0.3 * sqrt(prod(v))) / 800
  v0 <- 0.425 * 0.575 * (2 - 0.6) / 800
  expect_equal(got$power, pnorm((0.05 - qnorm(0.975) * sqrt(v0)) / sqrt(v1)))
  expect_equal(got$total, 1600)
  expect_equal(got$invited, 1200)
  expect_lt(
    ioi_sample_size("change", p, overlap = 1, correlation = 0.6)$n,
    ioi_sample_size("change", p)$n / 2
  )
})

test_that("a change of a gap adds two changes", {
  p <- c(0.55, 0.65, 0.70, 0.72)
  v <- p * (1 - p)
  got <- ioi_power("gap_change", p, n = 500, ratio = 2)
  v1 <- sum(v[1:2]) / 500 + sum(v[3:4]) / 1000
  expect_equal(got$difference, 0.08)
  expect_equal(got$power, pnorm(0.08 / sqrt(v1) - qnorm(0.975)))
  n <- (qnorm(0.975) + qnorm(0.8))^2 * sum(v) / 0.08^2
  expect_equal(ioi_sample_size("gap_change", p)$n, ceiling(n))
})

test_that("powers are those of draws", {
  set.seed(12)
  p <- c(0.5, 0.6)
  n <- c(250, 500)
  x <- rbinom(4000, n[1], p[1]) / n[1]
  y <- rbinom(4000, n[2], p[2]) / n[2]
  mean <- (n[1] * x + n[2] * y) / sum(n)
  z <- (x - y) / sqrt(mean * (1 - mean) * sum(1 / n))
  found <- mean(abs(z) > qnorm(0.975))
  got <- ioi_power("gap", p, n = 250, ratio = 2)$power
  expect_lt(abs(found - got), 3.5 * sqrt(got * (1 - got) / 4000))

  # a panel of 300 of whom a share keeps the answer, and clusters of 10
  stay <- function() {
    before <- rbinom(300, 1, 0.4)
    after <- ifelse(rbinom(300, 1, 0.7) == 1, before, rbinom(300, 1, 0.4))
    c(before = mean(before), after = mean(after))
  }
  change <- replicate(3000, diff(stay()))
  s <- list(
    p = c(0.4, 0.4), ratio = 1, overlap = 1, correlation = 0.7, deff = 1, cluster = 1,
    icc = 0, population = c(Inf, Inf)
  )
  expect_equal(sd(change), sqrt(plan_variance(s, 300, "change")[1]), tolerance = 0.06)
  share <- rbeta(40 * 2000, 0.4 * 19, 0.6 * 19) # intraclass correlation 1 / 20
  clusters <- colMeans(matrix(rbinom(80000, 10, share), 40)) / 10
  s[c("p", "cluster", "icc")] <- list(0.4, 10, 0.05)
  expect_equal(sd(clusters), sqrt(plan_variance(s, 400, "proportion")[1]), tolerance = 0.06)
})

test_that("a row for each value; finite populations of both groups", {
  got <- ioi_sample_size("gap", list(c(0.5, 0.6), c(0.5, 0.55)), power = c(0.8, 0.9))
  expect_equal(nrow(got), 2)
  expect_equal(got$p_reference, c(0.6, 0.55))
  one <- ioi_sample_size("gap", c(0.5, 0.55), power = 0.9)
  expect_equal(got$n[2], one$n)
  small <- ioi_sample_size("gap", c(0.5, 0.55), population = c(500, Inf), ratio = 20)
  expect_lte(small$n, 500)
  expect_gte(small$power, 0.8)
  whole <- ioi_power("gap", c(0.5, 0.55), n = 500, population = 500)
  expect_equal(whole$power, 1)
  expect_match(format(got)[1], "Gap between two groups")
})

test_that("errors name the argument", {
  ask <- function(...) ioi_sample_size(...)
  expect_ioi_error(ask("spam", 0.5), "input", arg = "what")
  expect_ioi_error(ask("proportion", 0.5), "input", arg = "margin")
  expect_ioi_error(ask("gap", c(0.5, 0.6), margin = 0.1), "input", arg = "margin")
  expect_ioi_error(ask("gap", 0.5), "input", arg = "p")
  expect_ioi_error(ask("gap", c(0.5, 0.5)), "input", arg = "p")
  expect_ioi_error(ask("gap", c(0.5, 1.5)), "input", arg = "p")
  expect_ioi_error(ask("gap_change", c(0.5, 0.6, 0.5, 0.6)), "input", arg = "p")
  for (arg in c("power", "level", "ratio", "deff", "cluster", "icc", "response", "overlap")) {
    wrong <- stats::setNames(list(-1), arg)
    expect_ioi_error(do.call(ask, c(list("gap", c(0.5, 0.6)), wrong)), "input", arg = arg)
  }
  expect_ioi_error(ask("gap", c(0.5, 0.6), level = 95), "input", arg = "level")
  expect_ioi_error(ask("gap", c(0.5, 0.6), population = 1), "input", arg = "population")
  expect_ioi_error(ask("gap", c(0.5, 0.6), power = c(0.8, 0.9), deff = 1:3), "input")
  expect_ioi_error(ioi_power("gap", c(0.5, 0.6)), "input", arg = "n")
  expect_ioi_error(ioi_power("gap", c(0.5, 0.6), n = 0), "input", arg = "n")
  expect_ioi_error(ioi_power("gap", c(0.5, 0.6), n = 10, spam = 1), "input")
})
