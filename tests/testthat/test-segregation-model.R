# Models of segregation. Second routes: optim() on the likelihood, integrate(), draws
# from the models, lme4 itself.

small_model_units <- function() {
  x <- read.csv(test_path("cases", "segregation_small_units_KX.csv"))
  cbind(x = x$X, rest = x$K - x$X)
}

# The row of one index.
row_of <- function(x, index, column = "estimate") x[[column]][x$index == index]

test_that("the open cases are met", {
  cases <- read.csv(test_path("cases", "segregation_model.csv"))
  expect_equal(nrow(cases), 17)
  fitted <- ioi_segregation_model(small_model_units())
  for (row in split(cases, cases$case_id)) {
    got <- if (row$model == "beta") {
      ioi_segregation_model(parameters = c(alpha = row$alpha, beta = row$beta))
    } else {
      fitted
    }
    expect_lte(abs(row_of(got, row$index) - row$expected), row$tol_abs)
  }
})

# ---- beta-binomial -------------------------------------------------------------

slow_likelihood <- function(log_par, x, k) {
  a <- exp(log_par[1])
  b <- exp(log_par[2])
  sum(lbeta(x + a, k - x + b) - lbeta(a, b))
}

test_that("the fit and its errors are those of optim()", {
  x <- small_model_units()
  best <- stats::optim(
    c(0, 0), slow_likelihood,
    x = x[, 1], k = rowSums(x), method = "BFGS", hessian = TRUE,
    control = list(fnscale = -1, reltol = 1e-14)
  )
  got <- ioi_segregation_model(x)
  par <- exp(best$par)
  expect_equal(got$estimate[1:2], par, tolerance = 1e-4)
  v <- solve(-best$hessian)
  expect_equal(got$std.error[1:2], par * sqrt(diag(v)), tolerance = 1e-3)
  expect_equal(unname(sqrt(diag(vcov(got)))), got$std.error)
  # the correlation ratio is 1/(a + b + 1)
  slope <- -par / (1 + sum(par))^2
  want <- sqrt(drop(slope %*% v %*% slope))
  expect_equal(row_of(got, "correlation_ratio", "std.error"), want, tolerance = 1e-3)
})

test_that("indices of a beta law are its integrals", {
  for (par in list(c(0.7, 3), c(4, 1.5))) {
    got <- ioi_segregation_model(
      parameters = c(beta = par[2], alpha = par[1]), shape = 0.3,
      index = c("dissimilarity", "gini", "theil", "atkinson", "hutchens", "isolation")
    )
    m <- par[1] / sum(par)
    mean_of <- function(g) {
      stats::integrate(function(u) g(stats::qbeta(u, par[1], par[2])), 0, 1, rel.tol = 1e-9)$value
    }
    entropy <- function(p) -ifelse(p > 0, p * log(p), 0) - ifelse(p < 1, (1 - p) * log1p(-p), 0)
    cdf <- function(p) stats::pbeta(p, par[1], par[2])
    want <- c(
      mean_of(function(p) abs(p - m)) / (2 * m * (1 - m)),
      stats::integrate(function(p) cdf(p) * (1 - cdf(p)), 0, 1)$value / (m * (1 - m)),
      1 - mean_of(entropy) / entropy(m),
      1 - mean_of(function(p) p^0.3 * (1 - p)^0.7)^(1 / 0.7) * m^(-0.3 / 0.7) / (1 - m),
      1 - mean_of(function(p) sqrt(p * (1 - p))) / sqrt(m * (1 - m)),
      mean_of(function(p) p^2) / m
    )
    expect_equal(got$estimate[-(1:2)], want, tolerance = 1e-5)
  }
})

test_that("the law behind small units is found again", {
  withr::local_seed(3)
  truth <- ioi_segregation_model(parameters = c(alpha = 1, beta = 4))
  covered <- replicate(100, {
    k <- sample(5:30, 300, TRUE)
    x <- stats::rbinom(300, k, stats::rbeta(300, 1, 4))
    got <- ioi_segregation_model(cbind(x, k - x))
    got$conf.low <= truth$estimate & truth$estimate <= got$conf.high
  })
  expect_true(all(rowMeans(covered) > 0.87))
})

test_that("ends of the likelihood are flagged", {
  even <- ioi_segregation_model(cbind(a = rep(5, 6), b = rep(15, 6)))
  expect_equal(unique(even$flag), "null")
  expect_equal(even$estimate, c(Inf, Inf, rep(0, 6)))
  apart <- ioi_segregation_model(cbind(a = c(9, 0, 4), b = c(0, 8, 0)))
  expect_equal(unique(apart$flag), "separated")
  expect_equal(apart$estimate, c(0, 0, rep(1, 6)))
  expect_true(all(is.na(c(even$std.error, apart$std.error))))
  lone <- ioi_segregation_model(cbind(a = c(1, 0, 1), b = c(0, 1, 0)))
  expect_equal(unique(lone$flag), "few")
  expect_true(all(is.na(lone$estimate)))
})

test_that("areas and comparisons stand apart", {
  x <- as.data.frame(small_model_units())
  x$area <- rep(c("p", "q"), each = 40)
  x$x[1:40] <- 0
  got <- ioi_segregation_model(x, c(x, rest), by = area)
  expect_equal(unique(got$flag[got$area == "p"]), "empty")
  alone <- ioi_segregation_model(as.matrix(x[41:80, 1:2]))
  expect_equal(got$estimate[got$area == "q"], alone$estimate)
  rest <- ioi_segregation_model(small_model_units(), compare = "rest")
  first <- rest$group == "x"
  expect_equal(rest$estimate[first], ioi_segregation_model(small_model_units())$estimate)
  expect_equal(
    rest$estimate[first][3:5], rest$estimate[!first][3:5],
    tolerance = 1e-7
  )
})

# ---- multilevel ----------------------------------------------------------------

nested_units <- function() {
  withr::local_seed(9)
  area <- rep(1:25, each = 12)
  k <- sample(20:80, 300, TRUE)
  logit <- -1 + stats::rnorm(25, 0, 0.8)[area] + stats::rnorm(300, 0, 0.5)
  x <- stats::rbinom(300, k, stats::plogis(logit))
  data.frame(area, unit = rep(1:12, 25), x, y = k - x)
}

test_that("the multilevel logit is lme4's and its indices integrate the law", {
  skip_if_not_installed("lme4")
  d <- nested_units()
  got <- ioi_segregation_model(
    d, c(x, y), unit,
    model = "multilevel", within = area, index = c("dissimilarity", "correlation_ratio")
  )
  d$place <- factor(paste(d$area, d$unit))
  fit <- lme4::glmer(cbind(x, y) ~ 1 + (1 | area) + (1 | place), d, stats::binomial())
  found <- as.data.frame(lme4::VarCorr(fit))
  variance <- found$vcov[match(c("area", "place"), found$grp)]
  expect_equal(got$component[2:3], c("area", "unit"))
  expect_equal(got$estimate[2:3], variance, tolerance = 1e-2)
  expect_equal(row_of(got, "intercept"), unname(lme4::fixef(fit)), tolerance = 1e-2)
  expect_equal(row_of(got, "intercept", "std.error"), sqrt(vcov(fit)[1, 1]), tolerance = 0.05)
  expect_equal(sum(row_of(got, "variance_share")), 1)
  at <- row_of(got, "intercept")
  sd <- sqrt(sum(row_of(got, "variance")))
  mean_of <- function(g) {
    stats::integrate(function(u) g(stats::plogis(at + sd * u)) * stats::dnorm(u), -9, 9,
      rel.tol = 1e-10
    )$value
  }
  m <- mean_of(identity)
  expect_equal(
    row_of(got, "dissimilarity"), mean_of(function(p) abs(p - m)) / (2 * m * (1 - m)),
    tolerance = 1e-6
  )
  expect_equal(
    row_of(got, "correlation_ratio"), mean_of(function(p) (p - m)^2) / (m * (1 - m)),
    tolerance = 1e-8
  )
  expect_true(all(got$std.error > 0))
})

test_that("multilevel dissimilarity splits D over levels", {
  skip_if_not_installed("lme4")
  d <- nested_units()
  got <- ioi_segregation_model(
    d, c(x, y), unit,
    model = "multilevel_dissimilarity", within = area
  )
  e <- d$x / sum(d$x) - d$y / sum(d$y)
  expect_equal(got$estimate[1], sum(abs(e)) / 2)
  d$e <- e * nrow(d)
  fit <- lme4::lmer(e ~ 0 + (1 | area), d)
  found <- as.data.frame(lme4::VarCorr(fit))$vcov
  expect_equal(row_of(got, "variance_share"), found / sum(found), tolerance = 1e-5)
  effect <- lme4::ranef(fit)$area[as.character(d$area), 1]
  expect_equal(
    row_of(got, "holdback"),
    c(sum(abs(d$e - effect)), sum(abs(effect))) / sum(abs(d$e)) - 1,
    tolerance = 1e-4
  )
})

test_that("a level that cannot be told apart is flagged", {
  skip_if_not_installed("lme4")
  d <- nested_units()
  d$one <- "all"
  got <- ioi_segregation_model(d, c(x, y), c(area, unit), model = "multilevel", within = one)
  expect_equal(unique(got$flag), "levels")
  expect_true(all(is.na(got$estimate)))
})

# ---- arguments -----------------------------------------------------------------

test_that("wrong arguments are named", {
  x <- small_model_units()
  expect_ioi_error(ioi_segregation_model(), "input", arg = "data")
  expect_ioi_error(ioi_segregation_model(x, index = "gorard"), "input", arg = "index")
  expect_ioi_error(ioi_segregation_model(x, model = "probit"), "input")
  expect_ioi_error(ioi_segregation_model(parameters = c(1, 2)), "input", arg = "parameters")
  expect_ioi_error(
    ioi_segregation_model(parameters = c(alpha = 0, beta = 2)), "input",
    arg = "parameters"
  )
  expect_ioi_error(
    ioi_segregation_model(x, parameters = c(alpha = 1, beta = 2)), "input",
    arg = "parameters"
  )
  expect_ioi_error(ioi_segregation_model(x + 0.5), "data", arg = "count")
  d <- nested_units()
  expect_ioi_error(
    ioi_segregation_model(d, c(x, y), unit, within = area), "input",
    arg = "within"
  )
  expect_ioi_error(
    ioi_segregation_model(d, c(x, y), unit, model = "multilevel_dissimilarity"), "input",
    arg = "within"
  )
})
