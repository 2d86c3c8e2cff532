# Limits of single estimates. Cases: cases/interval.csv, made with R's survey package
# or with the closed formula of each method. The C tests hold the published numbers
# and the edges; here the methods as a user gets them are compared with other
# routines of R.

interval <- function(p, se, n, df, method, level = 0.95) {
  interval_proportion(p, se, n, df, method, level)
}

expect_limits <- function(got, want, tolerance) {
  expect_equal(c(got$conf.low, got$conf.high), as.vector(want), tolerance = tolerance)
}

simple_se <- function(x, n) sqrt(x / n * (1 - x / n) / n)

test_that("every open case has its limits, by every method", {
  cases <- utils::read.csv(test_path("cases", "interval.csv"))
  expect_setequal(cases$method, interval_methods)
  off <- function(got, want) ifelse(want == 0, abs(got), abs(got / want - 1))
  for (method in interval_methods) {
    case <- cases[cases$method == method, ]
    for (level in unique(case$level)) {
      at <- case[case$level == level, ]
      got <- interval(at$p, at$se, at$n, at$df, method, level)
      wrong <- off(got$conf.low, at$low) > at$tol | off(got$conf.high, at$high) > at$tol
      expect_identical(at$case_id[is.na(wrong) | wrong], character())
      expect_identical(got$flag, rep("", nrow(at)))
    }
  }
})

test_that("simple random samples give the limits of R's own tests", {
  for (x in c(1, 7, 20, 33)) {
    n <- 34
    wilson <- interval(x / n, simple_se(x, n), n, Inf, "wilson")
    score <- stats::prop.test(x, n, correct = FALSE)$conf.int
    expect_limits(wilson, score, 1e-10)
    exact <- interval(x / n, simple_se(x, n), n, Inf, "nchs", 0.9)
    clopper <- stats::binom.test(x, n, conf.level = 0.9)$conf.int
    expect_limits(exact, clopper, 1e-10)
    model <- stats::glm(cbind(x, n - x) ~ 1, family = stats::binomial(), epsilon = 1e-14)
    wald <- stats::plogis(stats::coef(model) + c(-1, 1) * 1.959963985 *
      sqrt(stats::vcov(model)[1]))
    logit <- interval(x / n, simple_se(x, n), n, Inf, "logit")
    expect_limits(logit, wald, 1e-8)
  }
})

test_that("likelihood limits are where the binomial deviance is chi-square's quantile", {
  x <- 7
  n <- 34
  deviance <- function(q) {
    2 * (stats::dbinom(x, n, x / n, log = TRUE) - stats::dbinom(x, n, q, log = TRUE)) -
      stats::qchisq(0.95, 1)
  }
  low <- stats::uniroot(deviance, c(1e-9, x / n), tol = 1e-12)$root
  high <- stats::uniroot(deviance, c(x / n, 1 - 1e-9), tol = 1e-12)$root
  got <- interval(x / n, simple_se(x, n), n, Inf, "likelihood")
  expect_limits(got, c(low, high), 1e-8)
})

test_that("a fixed design factor gives the published 16% to 54%", {
  # Race Disparity Unit, Gypsy, Roma and Irish Traveller: 35% of 62 people, the
  # design factor 1.6 of the Annual Population Survey.
  got <- interval(0.35, 1.6 * sqrt(0.35 * 0.65 / 62), 62, Inf, "wald")
  expect_identical(round(100 * c(got$conf.low, got$conf.high)), c(16, 54))
})

test_that("survey's own limits come out on its example designs", {
  skip_if_not_installed("survey")
  api <- new.env()
  utils::data("api", package = "survey", envir = api)
  design <- survey::svydesign(~dnum, weights = ~pw, data = api$apiclus1, fpc = ~fpc)
  share <- survey::svymean(~ I(stype == "H"), design)
  p <- as.vector(stats::coef(share))[2]
  se <- as.vector(survey::SE(share))[2]
  for (method in c("logit", "beta", "mean", "asin")) {
    theirs <- survey::svyciprop(~ I(stype == "H"), design, method = method)
    ours <- interval(p, se, 183, 14, c(
      logit = "logit", beta = "beta", mean = "wald", asin = "arcsine"
    )[[method]])
    expect_limits(ours, stats::confint(theirs), 1e-8)
  }
})

test_that("shares of 0 and 1 fall back to nchs, and the flag says so", {
  own <- c("nchs", "wilson", "wilson_adjusted", "agresti_coull", "jeffreys", "uniform")
  nchs <- interval(c(0, 1), c(0, 0), 25, 12, "nchs")
  expect_equal(nchs$conf.high, c(stats::binom.test(0, 25)$conf.int[2], 1))
  expect_identical(nchs$conf.low, c(0, 1 - nchs$conf.high[1]))
  for (method in interval_methods) {
    got <- interval(c(0, 1), c(0, 0), 25, 12, method)
    expect_true(all(got$conf.low < 1 & got$conf.high > 0))
    if (method %in% own) {
      expect_identical(got$flag, c("", ""))
    } else {
      expect_identical(got, c(nchs[1:2], list(flag = c("ci_nchs", "ci_nchs"))))
    }
  }
})

test_that("no degrees of freedom give no limits; one gives wide ones", {
  for (method in interval_methods) {
    got <- interval(c(0.4, 0.4, 0, 0.4), 0.1, 30, c(0, -1, 0, 1), method)
    expect_identical(got$flag, c("df", "df", "df", ""))
    expect_identical(is.na(got$conf.low), c(TRUE, TRUE, TRUE, FALSE))
    expect_identical(is.na(got$conf.high), c(TRUE, TRUE, TRUE, FALSE))
    expect_lt(got$conf.low[4], 0.4)
    expect_gt(got$conf.high[4], 0.4)
  }
})

test_that("missing values give NA, never NaN, and stop no other row", {
  for (method in interval_methods) {
    got <- interval(
      c(NA, 0.5, NaN, 0.5), c(0.1, NA, 0.1, 0.1), c(20, 20, 0, 20), c(9, 9, NA, 9), method
    )
    expect_identical(is.na(got$conf.low), c(TRUE, TRUE, TRUE, FALSE))
    expect_false(any(is.nan(got$conf.low) | is.nan(got$conf.high)))
    expect_identical(got$flag, rep("", 4))
  }
})

test_that("no rows give no limits", {
  expect_identical(
    interval(numeric(), numeric(), numeric(), numeric(), "beta"),
    list(conf.low = numeric(), conf.high = numeric(), flag = character())
  )
  expect_length(interval_t(numeric(), numeric(), numeric(), 0.9)$flag, 0)
})

test_that("limits contain the estimate and grow with the level, the error and 1/df", {
  set.seed(4711)
  p <- stats::runif(300)
  n <- round(exp(stats::runif(300, 2, 12)))
  se <- sqrt(p * (1 - p) / n) * stats::runif(300, 0.6, 3)
  df <- round(exp(stats::runif(300, 0, 6)))
  for (method in setdiff(interval_methods, c("jeffreys", "uniform"))) {
    got <- interval(p, se, n, df, method)
    wide <- interval(p, se, n, df, method, 0.99)
    loose <- interval(p, 1.5 * se, n, df, method)
    expect_true(all(got$conf.low <= p & got$conf.high >= p))
    expect_true(all(wide$conf.low < got$conf.low | wide$conf.low == 0))
    expect_true(all(wide$conf.high > got$conf.high | wide$conf.high == 1))
    width <- function(x) x$conf.high - x$conf.low
    expect_true(all(width(loose) >= width(got) - 1e-12))
    if (method != "wald") expect_true(all(got$conf.low >= 0 & got$conf.high <= 1))
    no <- interval(1 - p, se, n, df, method)
    expect_equal(no$conf.low, 1 - got$conf.high, tolerance = 1e-9)
  }
})

test_that("t limits are those of R's one-sample t test", {
  theirs <- stats::t.test(datasets::sleep$extra, conf.level = 0.9)
  ours <- interval_t(theirs$estimate, theirs$stderr, theirs$parameter, 0.9)
  expect_limits(ours, theirs$conf.int, 1e-12)
  edge <- interval_t(c(2, 2, NA), c(0, 1, 1), c(5, 0, 5), 0.9)
  expect_identical(edge$conf.low, c(2, NA, NA))
  expect_identical(edge$flag, c("", "df", ""))
})

test_that("at p of 0 and 1 no limit passes it by a rounding error", {
  n <- 1:500
  for (method in interval_methods) {
    for (df in c(1, 7, Inf)) {
      expect_identical(interval_proportion(rep(0, 500), 0, n, df, method, 0.95)$conf.low, 0 * n)
      expect_identical(interval_proportion(rep(1, 500), 0, n, df, method, 0.95)$conf.high, n / n)
    }
  }
})
