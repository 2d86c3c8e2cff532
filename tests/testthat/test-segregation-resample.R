# Bootstrap, jackknife and corrections of segregation indices. Second routes: loops in
# R, double sums over binomial laws, the exact mean against the mean of many draws, and
# the error by influence functions.

loop_jackknife <- function(n, of) {
  theta <- vapply(seq_len(nrow(n)), function(i) of(n[-i, , drop = FALSE]), 0)
  units <- length(theta)
  list(
    v = (units - 1) / units * sum((theta - mean(theta))^2),
    bias = (units - 1) * (mean(theta) - of(n))
  )
}

# E|x*/X - y*/Y| summed over units and halved, with every pair of counts.
loop_drawn <- function(x, y) {
  x_all <- sum(x)
  y_all <- sum(y)
  sum(mapply(function(a, b) {
    p <- outer(stats::dbinom(0:x_all, x_all, a / x_all), stats::dbinom(0:y_all, y_all, b / y_all))
    sum(p * abs(outer(0:x_all / x_all, 0:y_all / y_all, "-")))
  }, x, y)) / 2
}

# Members of `size` persons a unit, put there without regard to group.
chance_table <- function(size, overall) {
  members <- round(overall * sum(size))
  who <- sample(rep(c(TRUE, FALSE), c(members, sum(size) - members)))
  x <- as.vector(rowsum(as.integer(who), rep(seq_along(size), size)))
  cbind(a = x, b = size - x)
}

# ---- jackknife ---------------------------------------------------------------------

test_that("the jackknife of units is the loop over units", {
  set.seed(201)
  n <- full_table(12, 3)
  n[4, ] <- 0
  kept <- n[-4, ]
  got <- ioi_segregation(n, index = c("theil", "gini"), se = "jackknife")
  for (index in c("theil", "gini")) {
    want <- loop_jackknife(kept, function(m) slow_many(index, m))
    row <- got[got$index == index, ]
    expect_equal(row$std.error, sqrt(want$v), tolerance = 1e-10)
    expect_equal(row$bias, want$bias, tolerance = 1e-7)
    # limits of the logit of the estimate less its bias
    centre <- row$estimate - row$bias
    half <- stats::qt(0.975, 10) * row$std.error / (centre * (1 - centre))
    expect_equal(row$conf.low, stats::plogis(stats::qlogis(centre) - half))
    expect_equal(row$conf.high, stats::plogis(stats::qlogis(centre) + half))
  }
  expect_equal(sqrt(diag(unname(vcov(got)))), got$std.error)
  sampled <- ioi_segregation(n, index = c("theil", "gini"), se = "jackknife", fpc = 0.36)
  expect_equal(sampled$std.error, 0.8 * got$std.error)
  expect_equal(vcov(sampled), 0.64 * vcov(got))
})

test_that("the jackknife of areas is that of each area", {
  set.seed(202)
  data <- data.frame(area = rep(c("x", "y"), c(5, 8)), full_table(13, 2))
  got <- ioi_segregation(data, c(a, b), by = area, se = "jackknife")
  for (area in c("x", "y")) {
    one <- ioi_segregation(data[data$area == area, ], c(a, b), se = "jackknife")
    expect_equal(got$std.error[got$area == area], one$std.error, tolerance = 1e-14)
    expect_equal(got$bias[got$area == area], one$bias, tolerance = 1e-12)
  }
  expect_identical(unname(vcov(got)[1, 2]), 0)
})

test_that("jackknife and bootstrap on a design are its replicate weights", {
  data <- read_case_data(test_path("cases", "segregation_survey_micro.csv"))
  design <- ioi_design(data, weights = w, strata = stratum, psu = psu)
  of <- function(x, se, ...) ioi_segregation(x, group, unit, index = "theil", se = se, ...)
  by_hand <- of(ioi_replicate(design, "JKn"), "analytic")
  expect_equal(of(design, "jackknife")$std.error, by_hand$std.error, tolerance = 1e-14)
  expect_equal(of(ioi_replicate(design, "JKn"), "jackknife")$std.error, by_hand$std.error)
  # the bias that the replicates tell, and limits around the estimate without it
  micro <- ioi_replicate(design, "JKn")$replicates
  expect_equal(length(micro$rscales), 24)
  left <- vapply(unique(data$psu), function(psu) {
    stratum <- data$stratum == data$stratum[match(psu, data$psu)]
    w <- data$w * ifelse(data$psu == psu, 0, ifelse(stratum, 8 / 7, 1))
    ioi_segregation(data.frame(data[c("unit", "group")], w = w), group, unit, w,
                    index = "theil")$estimate
  }, 0)
  expect_equal(by_hand$bias, 7 / 8 * sum(left - by_hand$estimate), tolerance = 1e-10)
  expect_equal(
    by_hand$conf.high,
    by_hand$estimate - by_hand$bias + stats::qt(0.975, 21) * by_hand$std.error
  )
  set.seed(3)
  drawn <- of(design, "bootstrap", reps = 60)
  set.seed(3)
  by_hand <- of(ioi_replicate(design, "bootstrap", reps = 60), "analytic")
  expect_equal(drawn$std.error, by_hand$std.error, tolerance = 1e-14)
  expect_ioi_error(of(design, "bootstrap", resample = "units"), "input", arg = "resample")
  expect_ioi_error(of(design, "none", fpc = 0.1), "input", arg = "fpc")
  expect_ioi_error(
    ioi_segregation(design, group, unit, groups = c("WB", "Asian"), correct = "density"),
    "input",
    arg = "correct"
  )
  expect_ioi_error(
    ioi_segregation(design, group, unit, index = "isolation_exact"), "input",
    arg = "index"
  )
})

# ---- bootstrap ---------------------------------------------------------------------

test_that("the same seed gives the same bootstrap, another seed another", {
  set.seed(204)
  n <- full_table(30, 3)
  draw <- function(seed, ...) {
    set.seed(seed)
    as.data.frame(ioi_segregation(n, index = c("theil", "gini"), se = "bootstrap", reps = 50, ...))
  }
  for (resample in c("persons", "units")) {
    expect_identical(draw(1, resample = resample), draw(1, resample = resample))
    expect_true(all(draw(1, resample = resample)$std.error !=
      draw(2, resample = resample)$std.error))
  }
})

test_that("the bootstrap of persons is near the influence function", {
  set.seed(205)
  n <- full_table(15, 3, 400)
  index <- c("dissimilarity", "gini", "theil", "relative_diversity", "simpson")
  exact <- ioi_segregation(n, index = index, se = "analytic")
  drawn <- ioi_segregation(n, index = index, se = "bootstrap", reps = 3000)
  expect_equal(drawn$std.error, exact$std.error, tolerance = 0.06)
  expect_equal(stats::cov2cor(unname(vcov(drawn))), stats::cov2cor(unname(vcov(exact))),
    tolerance = 0.08
  )
})

test_that("groups sampled each by itself: the error of strata, and of its bootstrap", {
  set.seed(220)
  n <- full_table(12, 3, most = 90)
  index <- c("theil", "mutual_information", "dissimilarity", "relative_diversity")
  of <- function(data, ...) {
    ioi_segregation(data, ..., index = index, compare = "multigroup")
  }
  groups <- of(n, se = "analytic", resample = "groups")
  # people drawn with replacement from each group: N / (N - 1) apart
  long <- as.data.frame(as.table(n))
  people <- long[rep(seq_len(nrow(long)), long$Freq), ]
  design <- of(ioi_design(people, strata = Var2), Var2, Var1, se = "analytic")
  expect_equal(groups$std.error, design$std.error, tolerance = 2e-3)
  drawn <- of(n, se = "bootstrap", resample = "groups", reps = 2000)
  expect_equal(drawn$std.error, groups$std.error, tolerance = 0.06)
  # sizes of groups that are known take error out, where an index feels them
  people <- ioi_segregation(n, index = c("isolation", "hutchens"), compare = "rest",
                            se = "analytic")
  known <- ioi_segregation(n, index = c("isolation", "hutchens"), compare = "rest",
                           se = "analytic", resample = "groups")
  expect_true(all(known$std.error[1:3] < 0.9 * people$std.error[1:3]))
  pair <- function(resample) {
    ioi_segregation(n, groups = c("a", "b"), index = c("hutchens", "gini"),
                    se = "analytic", resample = resample)$std.error
  }
  expect_equal(pair("groups"), pair("persons"), tolerance = 1e-10)
  expect_ioi_error(of(n, se = "analytic", resample = "units"), "input", arg = "resample")
  expect_ioi_error(of(n, se = "jackknife", resample = "groups"), "input", arg = "resample")
})

test_that("the bootstrap draws a multinomial: mean and variance of its cells", {
  # exposure and isolation of two units tell the cells apart; simpson has a closed mean:
  # E sum P*(1 - P*) = I (1 - 1/N)
  set.seed(206)
  n <- cbind(a = c(4, 0, 7), b = c(1, 9, 2))
  size_all <- sum(n)
  got <- ioi_segregation(n, index = "simpson", se = "bootstrap", reps = 6000)
  apart <- got$estimate
  expect_equal(got$bias, -apart / size_all, tolerance = 0.2)
  overall <- sum(n[, 1]) / size_all
  p <- 0:size_all / size_all
  second <- sum(stats::dbinom(0:size_all, size_all, overall) * (2 * p * (1 - p))^2)
  expect_equal(got$std.error, sqrt(second - (apart * (1 - 1 / size_all))^2), tolerance = 0.04)
})

test_that("the bootstrap of units is near the jackknife, and fpc shrinks it", {
  set.seed(207)
  n <- full_table(60, 2)
  jack <- ioi_segregation(n, index = "theil", se = "jackknife")
  set.seed(1)
  drawn <- ioi_segregation(n, index = "theil", se = "bootstrap", resample = "units", reps = 3000)
  expect_equal(drawn$std.error, jack$std.error, tolerance = 0.1)
  set.seed(1)
  part <- ioi_segregation(n,
    index = "theil", se = "bootstrap", resample = "units",
    reps = 3000, fpc = 0.75
  )
  expect_equal(part$std.error, drawn$std.error / 2)
  expect_equal(part$bias, drawn$bias / 4)
})

test_that("limits of the bootstrap are 2 D less the quantiles: the bias goes out", {
  set.seed(208)
  n <- chance_table(rep(10, 60), 0.3)
  got <- ioi_segregation(n, se = "bootstrap", reps = 2000)
  expect_gt(got$bias, 0.05)
  middle <- (got$conf.low + got$conf.high) / 2
  expect_equal(middle, got$estimate - got$bias, tolerance = 0.05)
})

test_that("a replicate without the rare group is left out and flagged", {
  set.seed(209)
  n <- cbind(a = c(1, 0, 1, 0), b = c(9, 8, 7, 9))
  got <- ioi_segregation(n, se = "bootstrap", reps = 400)
  expect_identical(got$flag, "replicates")
  expect_true(is.finite(got$std.error))
  empty <- ioi_segregation(cbind(a = c(0, 0), b = c(3, 4)), se = "bootstrap", reps = 10)
  expect_identical(empty$flag, "empty")
  expect_true(is.na(empty$std.error))
})

test_that("large counts and fractions are drawn too", {
  set.seed(210)
  n <- cbind(a = c(3e8, 1e9, 2.5), b = c(1e9, 2e8, 1e6))
  got <- ioi_segregation(n, index = "theil", se = "bootstrap", reps = 150)
  exact <- ioi_segregation(n, index = "theil", se = "analytic")
  expect_equal(got$std.error, exact$std.error, tolerance = 0.2)
})

# ---- corrections -------------------------------------------------------------------

test_that("2 D - E[D*] is the double sum over binomial laws, and the mean of many draws", {
  set.seed(211)
  n <- cbind(a = c(3, 0, 7, 2, 4), b = c(5, 6, 1, 0, 9))
  got <- ioi_segregation(n, correct = "bootstrap")
  uneven <- slow_two("dissimilarity", n[, 1], n[, 2])
  expect_equal(got$estimate, 2 * uneven - loop_drawn(n[, 1], n[, 2]), tolerance = 1e-12)
  expect_equal(got$bias, uneven - got$estimate, tolerance = 1e-12)
  size <- sample(5:40, 40, replace = TRUE)
  n <- chance_table(size, 0.3)
  a <- stats::rmultinom(4000, sum(n[, 1]), n[, 1]) / sum(n[, 1])
  b <- stats::rmultinom(4000, sum(n[, 2]), n[, 2]) / sum(n[, 2])
  uneven <- ioi_segregation(n)$estimate
  expect_equal(ioi_segregation(n, correct = "bootstrap")$estimate,
    2 * uneven - mean(colSums(abs(a - b)) / 2),
    tolerance = 0.01
  )
})

test_that("the density correction keeps large units and takes the mode of each", {
  mode_of <- function(h) {
    stats::optimise(function(m) stats::dnorm(h - m) + stats::dnorm(h + m), c(0, h + 1),
      maximum = TRUE, tol = 1e-10
    )$maximum
  }
  n <- cbind(a = c(30, 12, 80, 41), b = c(20, 60, 30, 44))
  q <- n[, 1] / sum(n[, 1])
  r <- n[, 2] / sum(n[, 2])
  s <- sqrt(q * (1 - q) / sum(n[, 1]) + r * (1 - r) / sum(n[, 2]))
  h <- abs(q - r) / s
  want <- sum(s * ifelse(h > 1, vapply(h, mode_of, 0), 0)) / 2
  expect_equal(ioi_segregation(n, correct = "density")$estimate, want, tolerance = 1e-6)
})

test_that("Carrington and Troske: the exact mean under chance, either side of it", {
  set.seed(212)
  size <- sample(4:30, 50, replace = TRUE)
  n <- chance_table(size, 0.4)
  x_all <- sum(n[, 1])
  y_all <- sum(n[, 2])
  chance <- sum(vapply(size, function(t) {
    k <- 0:t
    sum(stats::dhyper(k, x_all, y_all, t) * abs(k / x_all - (t - k) / y_all))
  }, 0)) / 2
  got <- ioi_segregation(n, correct = "carrington_troske", se = "analytic")
  plain <- ioi_segregation(n, se = "analytic")
  uneven <- plain$estimate
  over <- if (uneven >= chance) 1 - chance else chance
  expect_equal(got$estimate, (uneven - chance) / over, tolerance = 1e-10)
  expect_equal(got$std.error, plain$std.error / over, tolerance = 1e-10)
  expect_equal(attr(got, "info")$null, chance, tolerance = 1e-10)
  even <- cbind(a = rep(5, 6), b = rep(10, 6))
  expect_equal(ioi_segregation(even, correct = "carrington_troske")$estimate, -1)
})

test_that("people put at random: the exact mean is right, corrected indices are near 0", {
  set.seed(213)
  size <- rep(c(8, 15, 25, 60), each = 30)
  found <- vapply(1:60, function(i) {
    n <- chance_table(size, 0.25)
    over <- ioi_segregation(n, correct = "carrington_troske")
    c(
      ioi_segregation(n)$estimate - attr(over, "info")$null,
      ioi_segregation(n, index = "correlation_ratio", correct = "unbiased")$estimate[1]
    )
  }, c(0, 0))
  expect_lt(abs(mean(found[1, ])), 4 * stats::sd(found[1, ]) / sqrt(60))
  expect_lt(abs(mean(found[2, ])), 4 * stats::sd(found[2, ]) / sqrt(60))
  expect_lt(max(abs(rowMeans(found))), 0.005)
})

test_that("the unbiased correlation ratio is the self-excluded difference of means", {
  n <- cbind(a = c(3, 0, 7, 1, 4), b = c(5, 6, 1, 0, 9))
  kept <- n[rowSums(n) > 1, ]
  x <- kept[, 1]
  t <- rowSums(kept)
  of_a <- sum(x * (x - 1) / (t - 1)) / sum(x)
  of_b <- sum((t - x) * x / (t - 1)) / sum(t - x)
  got <- ioi_segregation(n, index = "correlation_ratio", correct = "unbiased")
  expect_equal(got$estimate, of_a - of_b, tolerance = 1e-13)
})

test_that("limits under a correction stay around it", {
  set.seed(214)
  n <- full_table(20, 2)
  for (correct in c("bootstrap", "density", "carrington_troske")) {
    got <- ioi_segregation(n, correct = correct, se = "bootstrap", reps = 400)
    expect_lt(got$conf.low, got$estimate)
    expect_gt(got$conf.high, got$estimate)
    middle <- (got$conf.low + got$conf.high) / 2
    expect_lt(abs(middle - got$estimate), got$std.error)
  }
})

test_that("M, H and Hutchens' index less the mean that drawing again gives them", {
  n <- cbind(a = c(3, 0, 7, 12), b = c(5, 6, 1, 9), c = c(2, 2, 0, 8))
  of <- function(x, index, ...) ioi_segregation(x, index = index, correct = "bootstrap", ...)
  f <- function(k) ifelse(k > 0, k * log(k), 0)
  twice_less <- function(count, all) {
    drawn <- vapply(count, function(x) sum(stats::dbinom(0:all, all, x / all) * f(0:all)), 0)
    sum(2 * f(count) - drawn)
  }
  want <- function(x) {
    all <- sum(x)
    groups <- twice_less(colSums(x), all)
    mutual <- log(all) + (twice_less(x, all) - twice_less(rowSums(x), all) - groups) / all
    c(mutual, mutual / (log(all) - groups / all))
  }
  both <- c("mutual_information", "theil")
  expect_equal(of(n, both, compare = "multigroup")$estimate, want(n), tolerance = 1e-12)
  rest <- cbind(n[, 2], n[, 1] + n[, 3])
  expect_equal(of(n, both, compare = "rest")$estimate[c(2, 5)], want(rest), tolerance = 1e-12)
  pair <- of(n, both, groups = c("a", "b"), base = 2, se = "analytic")
  expect_equal(pair$estimate, want(n[, 1:2]) / c(log(2), 1), tolerance = 1e-12)
  plain <- ioi_segregation(n, index = both, groups = c("a", "b"), base = 2, se = "analytic")
  expect_equal(pair$std.error, plain$std.error)
  expect_equal(pair$bias, plain$estimate - pair$estimate)
  root <- function(count) {
    all <- sum(count)
    vapply(count, function(x) sum(stats::dbinom(0:all, all, x / all) * sqrt(0:all)), 0)
  }
  x <- n[, "a"]
  y <- n[, "b"]
  each <- sqrt(sum(x) * sum(y))
  expect_equal(
    of(n, "hutchens", groups = c("a", "b"))$estimate,
    1 - 2 * sum(sqrt(x * y)) / each + sum(root(x) * root(y)) / each,
    tolerance = 1e-12
  )
  # the mean over draws, which has no more of the bias than a draw itself
  set.seed(221)
  drawn <- stats::rmultinom(4000, sum(n), n)
  h <- apply(drawn, 2, function(d) slow_h(matrix(d, 4)))
  expect_equal(of(n, "theil", compare = "multigroup")$bias,
    mean(h) - slow_h(n), tolerance = 0.1
  )
  expect_ioi_error(of(n, "hutchens", compare = "multigroup"), "input", arg = "compare")
})

test_that("above chance: the exact mean taken off on both sides, 0 under chance", {
  set.seed(214)
  index <- c(
    "dissimilarity", "theil", "hutchens", "correlation_ratio", "relative_diversity",
    "normalised_exposure", "squared_cv"
  )
  of <- function(n, correct, index, compare = "pairwise") {
    ioi_segregation(n, index = index, compare = compare, correct = correct)
  }
  n <- chance_table(rep(c(6, 20), each = 20), 0.3)
  chance <- ioi_segregation_null(n, index = index)
  got <- of(n, "chance", index)
  expect_equal(got$estimate, (chance$estimate - chance$expected) / (1 - chance$expected))
  expect_equal(got$bias, chance$estimate - got$estimate)
  # every table with these totals, weighted by its probability
  size <- c(3, 2, 2)
  cells <- expand.grid(0:3, 0:2, 0:2)
  cells <- as.matrix(cells[rowSums(cells) == 3, ])
  p <- apply(cells, 1, function(x) prod(choose(size, x))) / choose(7, 3)
  mean_of <- function(correct) {
    sum(p * apply(cells, 1, function(x) {
      of(cbind(a = x, b = size - x), correct, "theil")$estimate
    }))
  }
  expect_equal(sum(p), 1)
  expect_equal(mean_of("chance"), 0, tolerance = 1e-12)
  expect_lt(mean_of("carrington_troske"), -0.05)
  many <- chance_table(rep(9, 30), 0.4)
  many <- cbind(many, c = rpois(30, 4))
  three <- ioi_segregation_null(many, index = c("theil", "relative_diversity"))
  expect_equal(
    of(many, "chance", c("theil", "relative_diversity"), "multigroup")$estimate,
    (three$estimate - three$expected) / (1 - three$expected)
  )
})

test_that("corrections need whole numbers, two groups and an index that has them", {
  n <- cbind(a = c(3, 4.5), b = c(5, 1))
  expect_ioi_error(ioi_segregation(n, correct = "bootstrap"), "data", arg = "correct")
  n <- full_table(5, 3)
  expect_ioi_error(ioi_segregation(n, correct = "density"), "input", arg = "correct")
  error <- expect_ioi_error(
    ioi_segregation(n, index = "gini", correct = "unbiased"), "input",
    arg = "correct", index = "gini"
  )
  expect_match(conditionMessage(error), "correlation_ratio")
  areas <- data.frame(area = rep(1:2, each = 3), a = c(1, 2, 3, 0, 0, 0), b = 4:9)
  got <- ioi_segregation(areas, c(a, b), by = area, correct = "bootstrap", se = "analytic")
  expect_identical(got$flag, c("", "empty"))
  expect_identical(is.na(got$estimate), c(FALSE, TRUE))
})
