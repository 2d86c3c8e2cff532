# ioi_decompose(): open cases, regressions and derivatives written out, draws, edges.

read_compare <- function(name) {
  utils::read.csv(test_path("cases", paste0("compare_", name, ".csv")))
}

test_that("Kitagawa's parts equal the open cases and add up", {
  inputs <- read_compare("kitagawa_inputs")
  cases <- read_compare("kitagawa_expected")
  measure <- c(
    gap = "gap", rate_effect = "rate", composition_effect = "composition",
    endowment = "endowment", coefficient = "coefficient", interaction = "interaction"
  )
  for (id in unique(cases$case_id)) {
    d <- inputs[inputs$case_id == id, ]
    a <- data.frame(stratum = d$stratum, n = d$n_A, rate = d$rate_A)
    b <- data.frame(stratum = d$stratum, n = d$n_B, rate = d$rate_B)
    got <- ioi_decompose(a, b[rev(seq_len(nrow(b))), ], by = stratum, rate = rate, n = n)
    value <- setNames(got$estimate, got$measure)
    want <- with(cases[cases$case_id == id, ], setNames(expected, measure[quantity]))
    expect_equal(value[names(want)], want, tolerance = 1e-12)
    back <- ioi_decompose(b, a, by = "stratum", rate = "rate", n = "n")
    expect_equal(back$estimate[1:3], -got$estimate[1:3])
    full <- ioi_decompose(a, b, by = stratum, rate = rate, n = n, detail = TRUE)
    expect_equal(full$estimate[1:6], got$estimate)
    strata <- matrix(full$estimate[-(1:6)], 6)
    expect_equal(rowSums(strata), got$estimate)
    v <- unname(vcov(full))
    sum_of <- kronecker(t(rep(1, nrow(d))), diag(6))
    expect_equal(sum_of %*% v[-(1:6), -(1:6)] %*% t(sum_of), v[1:6, 1:6])
  }
})

test_that("standard errors of Kitagawa's parts are those of draws", {
  a <- data.frame(age = 1:3, n = c(300, 500, 200), rate = c(0.62, 0.81, 0.55))
  b <- data.frame(age = 1:3, n = c(400, 900, 700), rate = c(0.68, 0.86, 0.71))
  set.seed(5)
  draws <- replicate(1500, {
    one <- transform(a, n = as.vector(rmultinom(1, 1000, n)))
    two <- transform(b, n = as.vector(rmultinom(1, 2000, n)))
    one$rate <- rbinom(3, one$n, a$rate) / one$n
    two$rate <- rbinom(3, two$n, b$rate) / two$n
    ioi_decompose(one, two, by = age, rate = rate, n = n)$estimate
  })
  got <- ioi_decompose(a, b, by = age, rate = rate, n = n, composition = "sampled")
  expect_equal(apply(draws, 1, sd), got$std.error, tolerance = 0.06)
  known <- ioi_decompose(a, b, by = age, rate = rate, n = n)
  direct <- sum((a$n / 1000)^2 * a$rate * (1 - a$rate) / a$n) +
    sum((b$n / 2000)^2 * b$rate * (1 - b$rate) / b$n)
  expect_equal(known$std.error[1], sqrt(direct))
  # all together: the variance of a plain share
  p <- sum(a$n * a$rate) / 1000
  q <- sum(b$n * b$rate) / 2000
  expect_equal(got$std.error[1], sqrt(p * (1 - p) / 1000 + q * (1 - q) / 2000))
})

test_that("a stratum empty in one group is composition alone; in both, left out", {
  a <- data.frame(
    s = factor(c("u", "v", "x", "y")), n = c(10, 30, 0, 0), rate = c(0.5, 0.2, NA, NA)
  )
  b <- data.frame(s = c("v", "w", "y"), n = c(20, 20, 0), rate = c(0.4, 0.1, 0.3))
  got <- ioi_decompose(a, b, by = s, rate = rate, n = n, detail = TRUE)
  expect_equal(as.character(got$s[!is.na(got$s)]), rep(c("u", "v", "w"), each = 6))
  only <- got[got$s %in% c("u", "w"), ]
  expect_equal(only$estimate[only$measure == "rate"], c(0, 0))
  expect_equal(only$estimate[only$measure == "composition"], c(0.25 * 0.5, -0.5 * 0.1))
  expect_true(all(only$flag == "empty stratum"))
  expect_true(all(got$flag[1:6] == "empty stratum"))
  expect_true(all(got$flag[got$s %in% "v"] == ""))
  expect_equal(got$estimate[1], 0.25 * 0.5 + 0.75 * 0.2 - 0.5 * 0.4 - 0.5 * 0.1)
  expect_equal(sum(got$estimate[2:3]), got$estimate[1])
  expect_equal(sum(got$estimate[4:6]), got$estimate[1])
  # the rate of "u" stands for both groups, and its variance counts once
  expect_equal(
    got$std.error[got$s %in% "u" & got$measure == "composition"],
    0.25 * sqrt(0.25 / 10)
  )
})

test_that("rates above 1 need standard errors; a missing rate is flagged", {
  a <- data.frame(s = 1:2, n = c(10, 30), rate = c(5, 2), se = c(0.1, 0.2))
  b <- data.frame(s = 1:2, n = c(20, 20), rate = c(4, 1), se = c(0.2, 0.2))
  none <- ioi_decompose(a, b, by = s, rate = rate, n = n)
  expect_true(all(is.na(none$std.error)))
  expect_true(all(none$flag == "no_se"))
  got <- ioi_decompose(a, b, by = s, rate = rate, n = n, std_error = se)
  expect_equal(
    got$std.error[1],
    sqrt(sum((c(0.25, 0.75) * a$se)^2) + sum((c(0.5, 0.5) * b$se)^2))
  )
  a$rate[1] <- NA
  lost <- ioi_decompose(a, b, by = s, rate = rate, n = n, std_error = se, detail = TRUE)
  expect_equal(lost$flag[1:12], rep("missing", 12))
  expect_false(anyNA(lost$estimate[13:18]))
})

test_that("errors of tables name what is wrong", {
  a <- data.frame(s = 1:2, n = c(10, 30), rate = c(0.5, 0.2))
  ask <- function(x, y = a) ioi_decompose(x, y, by = s, rate = rate, n = n)
  expect_ioi_error(ask(rbind(a, a)), "data", arg = "by")
  expect_ioi_error(ask(a, rbind(a, a)), "data", arg = "by")
  expect_ioi_error(ask(a, a["s"]), "input", arg = "y")
  expect_ioi_error(ask(transform(a, n = -n)), "data", arg = "n")
  expect_ioi_error(ask(transform(a, n = 0)), "data", arg = "n")
  expect_ioi_error(ask(transform(a, n = NA_real_)), "data", arg = "n")
  expect_ioi_error(ask(transform(a, rate = Inf)), "data", arg = "rate")
  expect_ioi_error(ioi_decompose(a, 3), "input", arg = "y")
  expect_ioi_error(ioi_decompose(a, a, rate = rate, n = n), "input", arg = "by")
})

test_that("Oaxaca-Blinder parts equal the open cases", {
  d <- read_compare("oaxaca_inputs")
  cases <- read_compare("oaxaca_expected")
  got <- ioi_decompose(d, y ~ x1 + x2, group, "B", coefficients = "all")
  cases$reference[cases$reference == "avg"] <- "average"
  at <- match(
    paste(cases$reference, cases$quantity), paste(got$coefficients, got$measure)
  )
  expect_false(anyNA(at))
  expect_lte(max(abs(got$estimate[at] - cases$expected)), 1e-9)
  expect_identical(unique(got$coefficients), oaxaca_references)
  turned <- ioi_decompose(d, y ~ x1 + x2, group, "A", coefficients = "average")
  same <- ioi_decompose(d, y ~ x1 + x2, group, "B", coefficients = "average")
  expect_equal(turned$estimate[1:3], -same$estimate[1:3])
  expect_equal(turned$std.error[1:3], same$std.error[1:3])
})

# All parts by lm(), of all terms.
oaxaca_by_hand <- function(d, w, coefficients) {
  a <- d$group == "A"
  d$w <- w
  fit <- function(at, formula = y ~ x1 + x2) {
    stats::coef(stats::lm(formula, d[at, ], weights = w))
  }
  m <- function(at) c(1, sum(w[at] * d$x1[at]), sum(w[at] * d$x2[at])) / c(1, rep(sum(w[at]), 2))
  b_a <- fit(a)
  b_b <- fit(!a)
  share <- sum(w[a]) / sum(w)
  star <- switch(coefficients,
    A = b_a, B = b_b, average = (b_a + b_b) / 2, cotton = share * b_a + (1 - share) * b_b,
    pooled = fit(TRUE | a), jann = fit(TRUE | a, y ~ x1 + x2 + (group == "A"))[1:3]
  )
  m_a <- m(a)
  m_b <- m(!a)
  c(
    sum(m_a * b_a - m_b * b_b), sum((m_a - m_b) * star),
    sum(m_a * (b_a - star) + m_b * (star - b_b)), sum(m_a * (b_a - star)),
    sum(m_b * (star - b_b)), sum((m_a - m_b) * b_b), sum(m_b * (b_a - b_b)),
    sum((m_a - m_b) * (b_a - b_b))
  )
}

test_that("weighted parts and their variances equal derivatives by the weights", {
  d <- read_compare("oaxaca_inputs")
  set.seed(2)
  d$w <- round(runif(nrow(d), 0.5, 2), 3)
  d$psu <- rep(seq_len(30), length.out = nrow(d))
  design <- ioi_design(d, weights = w, psu = psu)
  for (which in oaxaca_references) {
    got <- ioi_decompose(design, y ~ x1 + x2, group, "B", which)
    expect_equal(got$estimate, oaxaca_by_hand(d, d$w, which), tolerance = 1e-10)
    u <- sapply(seq_len(nrow(d)), function(i) {
      up <- down <- d$w
      up[i] <- up[i] + 1e-4
      down[i] <- down[i] - 1e-4
      (oaxaca_by_hand(d, up, which) - oaxaca_by_hand(d, down, which)) / 2e-4
    })
    z <- rowsum(t(u) * d$w, d$psu)
    v <- 30 / 29 * crossprod(sweep(z, 2, colMeans(z)))
    expect_equal(unname(vcov(got)), unname(v), tolerance = 1e-5)
    expect_equal(got$df, rep(29, 8))
  }
  # weights alone, and weight 2 = row twice in the estimates
  plain <- ioi_decompose(d, y ~ x1 + x2, group, "B", weights = w)
  expect_equal(plain$estimate, oaxaca_by_hand(d, d$w, "jann"))
  twice <- ioi_decompose(rbind(d, d), y ~ x1 + x2, group, "B", weights = w)
  expect_equal(twice$estimate, plain$estimate)
})

test_that("standard errors are those of draws", {
  set.seed(6)
  make <- function(n = 400) {
    g <- rep(c("A", "B"), c(0.4, 0.6) * n)
    x <- rnorm(n, ifelse(g == "A", 1, 0))
    data.frame(g, x, y = 1 + ifelse(g == "A", 0.5, 0.8) * x + rnorm(n) * (1 + abs(x) / 2))
  }
  draws <- replicate(250, ioi_decompose(make(), y ~ x, g, "B")$estimate)
  se <- rowMeans(replicate(20, ioi_decompose(make(), y ~ x, g, "B")$std.error))
  at <- c(1:3, 6:8) # unexplained_B is 0 with these coefficients
  expect_equal(apply(draws, 1, sd)[at], se[at], tolerance = 0.12)
})

test_that("terms add up, and normalised factors do not depend on the level left out", {
  set.seed(9)
  d <- data.frame(
    g = sample(c("A", "B"), 300, TRUE), f = factor(sample(c("p", "q", "r"), 300, TRUE)),
    x = rnorm(300)
  )
  d$y <- rnorm(300) + (d$f == "q") + d$x * (d$g == "A")
  got <- ioi_decompose(d, y ~ f + x, g, "B", detail = TRUE)
  all <- got[is.na(got$term), ]
  terms <- matrix(got$estimate[!is.na(got$term)], 8)
  expect_identical(unique(got$term), c(NA, "(intercept)", "f", "x"))
  expect_equal(rowSums(terms), all$estimate)
  other <- transform(d, f = relevel(f, "r"))
  turned <- ioi_decompose(other, y ~ f + x, g, "B", detail = TRUE)
  expect_equal(turned$estimate, got$estimate)
  expect_equal(turned$std.error, got$std.error)
  raw <- ioi_decompose(d, y ~ f + x, g, "B", detail = TRUE, normalise = FALSE)
  expect_equal(raw$estimate[1:8], got$estimate[1:8])
  expect_gt(max(abs(raw$estimate - got$estimate)), 0.01)
  # a factor alone: the unexplained part of a level, written out
  one <- ioi_decompose(d, y ~ f, g, "B", "B", detail = TRUE)
  mean_of <- function(at) tapply(d$y[at], d$f[at], mean)
  change <- mean_of(d$g == "A") - mean_of(d$g == "B")
  share <- as.vector(prop.table(table(d$f[d$g == "A"])))
  at <- one$measure == "unexplained"
  expect_equal(one$estimate[at & one$term %in% "(intercept)"], mean(change))
  expect_equal(one$estimate[at & one$term %in% "f"], sum(share * (change - mean(change))))
})

test_that("several groups, subsets, missing values, no predictor", {
  d <- read_compare("oaxaca_inputs")
  d$group[1:20] <- "C"
  many <- ioi_decompose(d, y ~ x1, group, "B")
  pair <- ioi_decompose(ioi_subset(ioi_design(d), group != "C"), y ~ x1, group, "B")
  alone <- ioi_decompose(d[d$group != "C", ], y ~ x1, group, "B")
  expect_identical(unique(many$group), c("A", "C"))
  expect_equal(many$estimate[1:8], alone$estimate)
  expect_equal(pair$estimate, alone$estimate)
  expect_equal(nrow(vcov(many)), 16)
  none <- ioi_decompose(d, y ~ 1, group, "B")
  expect_equal(none$estimate[c(2, 6)], c(0, 0), tolerance = 1e-12)
  expect_equal(none$estimate[3], none$estimate[1])
  y <- tapply(d$y, d$group, mean)
  expect_equal(none$estimate[1], unname(y["A"] - y["B"]))
  d$x1[c(30, 40)] <- NA
  expect_message(less <- ioi_decompose(d, y ~ x1, group, "B"), "2 rows")
  expect_equal(less$estimate, ioi_decompose(d[-c(30, 40), ], y ~ x1, group, "B")$estimate)
})

test_that("collinear predictors and wrong formulas are errors", {
  d <- read_compare("oaxaca_inputs")
  ask <- function(y, d0 = d, ...) ioi_decompose(d0, y, group, "B", ...)
  twice <- transform(d, x3 = 2 * x1 + 1)
  expect_ioi_error(ask(y ~ x1 + x3, twice), "data", column = "x3")
  flat <- transform(d, x1 = ifelse(group == "A", 5, x1))
  expect_ioi_error(ask(y ~ x1, flat), "data", column = "x1")
  expect_ioi_error(ask(y ~ x1 - 1), "input", arg = "y")
  expect_ioi_error(ask(~x1), "input", arg = "y")
  expect_ioi_error(ask(y ~ spam), "input", arg = "y")
  expect_ioi_error(ask(group ~ x1), "input", arg = "y")
  expect_ioi_error(ask(y ~ x1, coefficients = "spam"), "input", arg = "coefficients")
  expect_ioi_error(ioi_decompose(d, y ~ x1, group, "Z"), "input", arg = "reference")
  expect_ioi_error(ask(y ~ x1, transform(d, x1 = ifelse(x1 > 5, Inf, x1))), "data", arg = "y")
  expect_ioi_error(ask(y ~ x1, d[d$group == "B", ]), "data", arg = "group")
})
