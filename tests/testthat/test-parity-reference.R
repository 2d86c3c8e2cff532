# References that are not a group: all together, the rest, the mean of the others, a
# published figure; part and whole, odds ratios of survey estimates, adjusted gaps.

reference_table <- function() {
  v <- matrix(c(60, 10, 13, 10, 74, -1, 13, -1, 25) / 1e4, 3)
  limits <- interval_proportion(c(0.55, 0.52, 0.70), sqrt(diag(v)), 100, 16, "wilson", 0.95)
  table <- tibble::tibble(
    ethnic = c("X", "Y", "W"), estimate = c(0.55, 0.52, 0.70), std.error = sqrt(diag(v)),
    conf.low = limits$conf.low, conf.high = limits$conf.high,
    n = c(100, 60, 300), df = 16, people = c(2, 1, 7)
  )
  new_ioi_estimate(table, v, info = list(
    by = "ethnic", level = 0.95, ci = "wilson", limits = "proportion",
    df_rule = "number", unit = "proportion"
  ))
}

test_that("gaps to means of groups have the covariance of part and whole", {
  x <- reference_table()
  v <- vcov(x)
  y <- x$estimate
  contrasts <- function(how) {
    w <- if (how == "others_mean") rep(1, 3) else c(2, 1, 7)
    j <- diag(3)
    for (g in 1:3) {
      part <- if (how == "overall") w else replace(w, g, 0)
      j[g, ] <- j[g, ] - part / sum(part)
    }
    j
  }
  for (how in c("overall", "rest", "others_mean")) {
    got <- ioi_parity(x, ethnic, how, population = people)
    j <- contrasts(how)
    expect_equal(got$estimate, as.vector(j %*% y))
    expect_equal(unname(vcov(got)), unname(j %*% v %*% t(j)))
    expect_equal(got$std.error, sqrt(diag(j %*% v %*% t(j))))
    expect_equal(got$conf.high - got$estimate, stats::qt(0.975, 16) * got$std.error)
    expect_identical(got$reference, rep(how, 3))
    expect_identical(got$n, rep(460, 3))
    ratio <- ioi_parity(x, ethnic, how, measure = "ratio", population = people)
    to <- y - as.vector(j %*% y)
    expect_equal(ratio$estimate, y / to)
    slope <- (diag(3) - (diag(3) - j) * (y / to)) / to
    expect_equal(unname(vcov(ratio)), unname(slope %*% v %*% t(slope)))
  }
  # the gap to the whole is (1 - a) times that to the rest, test and all
  whole <- ioi_parity(x, ethnic, "overall", population = people)
  rest <- ioi_parity(x, ethnic, "rest", population = people)
  expect_equal(whole$estimate, (1 - c(2, 1, 7) / 10) * rest$estimate)
  expect_equal(whole$p.value, rest$p.value)
})

test_that("without population the base gives the shares, and without that it is an error", {
  x <- tidy(reference_table())
  got <- ioi_parity(x, ethnic, "overall")
  mu <- sum(x$n * x$estimate) / 460
  expect_equal(got$estimate, x$estimate - mu)
  expect_equal(
    got$std.error[1]^2,
    sum((x$n / 460)^2 * x$std.error^2) + x$std.error[1]^2 * (1 - 2 * 100 / 460)
  )
  x$n <- NULL
  expect_error(ioi_parity(x, ethnic, "overall"), "population", class = "ioi_error_input")
  expect_silent(ioi_parity(x, ethnic, "others_mean"))
})

test_that("the whole of a survey is the estimate for everybody, by weights", {
  rows <- utils::read.csv(test_path("cases", "survey_gap_inputs.csv"))
  design <- ioi_design(rows, weights = weight, strata = stratum, psu = psu)
  x <- ioi_proportion(design, y, by = group, success = 1)
  all <- ioi_proportion(design, y, success = 1)
  got <- ioi_parity(x, group, "overall")
  expect_equal(x$estimate - got$estimate, rep(all$estimate, 3))
  expect_identical(got$df, rep(all$df, 3))
  expect_identical(got$n, rep(300, 3))
  w <- as.vector(tapply(rows$weight, rows$group, sum)) / sum(rows$weight)
  j <- diag(3) - matrix(w, 3, 3, byrow = TRUE)
  expect_equal(unname(vcov(got)), unname(j %*% vcov(x) %*% t(j)))
  m <- ioi_mean(design, y, by = group)
  expect_equal(ioi_parity(m, group, "overall")$estimate, got$estimate)
  mover <- ioi_parity(x, group, "overall", ci = "mover")
  expect_true(all(mover$conf.low < mover$estimate & mover$estimate < mover$conf.high))
  wide <- mover$conf.high - mover$conf.low
  expect_equal(wide, got$conf.high - got$conf.low, tolerance = 0.05)
})

test_that("the odds ratio of survey estimates is the open cases'", {
  cases <- utils::read.csv(test_path("cases", "survey_gap_expected.csv"))
  rows <- utils::read.csv(test_path("cases", "survey_gap_inputs.csv"))
  design <- ioi_design(rows, weights = weight, strata = stratum, psu = psu)
  x <- ioi_proportion(design, y, by = group, success = 1)
  got <- ioi_parity(x, group, "W", measure = "odds_ratio")
  for (g in unique(cases$group)) {
    case <- with(cases[cases$group == g, ], stats::setNames(expected, quantity))
    row <- got[got$group == g, ]
    expect_equal(log(row$estimate), case[["log_odds_ratio"]], tolerance = 1e-9)
    expect_equal(row$std.error / row$estimate, case[["se_log_odds_ratio"]],
      tolerance = 1e-9
    )
    reach <- stats::qt(0.975, case[["df"]]) * case[["se_log_odds_ratio"]]
    expect_equal(log(row$conf.high) - log(row$estimate), reach, tolerance = 1e-9)
  }
})

test_that("the odds ratio is that of a logistic model with the group alone", {
  skip_if_not_installed("survey")
  api <- new.env()
  utils::data("api", package = "survey", envir = api)
  theirs <- survey::svydesign(~dnum, weights = ~pw, data = api$apiclus1, fpc = ~fpc)
  model <- survey::svyglm(I(sch.wide == "Yes") ~ stype, theirs, family = stats::quasibinomial())
  x <- ioi_proportion(theirs, sch.wide, by = stype, success = "Yes")
  got <- ioi_parity(x, stype, "E", measure = "odds_ratio")
  expect_equal(log(got$estimate[2:3]), unname(stats::coef(model)[2:3]), tolerance = 1e-6)
  expect_equal(
    got$std.error[2:3] / got$estimate[2:3],
    unname(sqrt(diag(stats::vcov(model))))[2:3],
    tolerance = 1e-6
  )
})

test_that("a published figure with an error is one more independent estimate", {
  x <- data.frame(g = c("a", "b"), estimate = c(0.5, 0.6), std.error = c(0.03, 0.04))
  got <- ioi_parity(x, g, ioi_published(0.55, std.error = 0.01, name = "England"))
  expect_equal(got$estimate, c(-0.05, 0.05))
  expect_equal(got$std.error, sqrt(c(0.03, 0.04)^2 + 1e-4))
  expect_equal(vcov(got)[1, 2], 1e-4)
  expect_identical(got$reference, rep("England", 2))
  z <- stats::qnorm(0.975)
  limits <- ioi_published(0.55, conf.low = 0.55 - z * 0.01, conf.high = 0.55 + z * 0.01)
  expect_equal(ioi_parity(x, g, limits)$std.error, got$std.error)
  exact <- ioi_parity(x, g, ioi_published(0.55))
  expect_equal(exact$std.error, c(0.03, 0.04))
  expect_equal(exact$conf.high, x$estimate - 0.55 + z * x$std.error)
  base <- ioi_published(0.55, n = 400)
  x$unit <- NULL
  expect_equal(ioi_parity(x, g, base)$std.error, c(0.03, 0.04)) # of what, nobody knows
})

test_that("counts against a published share with n are two groups of people", {
  x <- data.frame(g = c("a", "b"), x = c(40, 30), n = c(100, 50))
  for (measure in c("difference", "ratio", "odds_ratio")) {
    got <- ioi_parity(x, g, ioi_published(0.55, n = 200),
      measure = measure, events = x, population = n
    )
    two <- rbind(x, data.frame(g = "ref", x = 110, n = 200))
    want <- ioi_parity(two, g, "ref", measure = measure, events = x, population = n)
    for (name in c("estimate", "std.error", "conf.low", "conf.high", "p.value", "n")) {
      expect_equal(got[[name]], want[[name]][1:2])
    }
  }
})

test_that("counts against a target have Wilson's limits and the score test", {
  x <- data.frame(g = c("a", "b", "c"), x = c(40, 30, 0), n = c(100, 50, 20))
  got <- ioi_parity(x, g, ioi_published(0.3), events = x, population = n)
  theirs <- stats::prop.test(40, 100, p = 0.3, correct = FALSE)
  expect_equal(c(got$conf.low[1], got$conf.high[1]), as.vector(theirs$conf.int) - 0.3)
  expect_equal(got$p.value[1], theirs$p.value)
  expect_equal(got$statistic[1]^2, unname(theirs$statistic))
  expect_true(got$conf.low[3] == -0.3 && got$p.value[3] < 0.05)
  ratio <- ioi_parity(x, g, ioi_published(0.3), measure = "ratio", events = x, population = n)
  expect_equal(c(ratio$conf.low[1], ratio$conf.high[1]), as.vector(theirs$conf.int) / 0.3)
  limits <- ioi_published(0.3, conf.low = 0.25, conf.high = 0.36)
  wider <- ioi_parity(x, g, limits, events = x, population = n)
  expect_equal(
    wider$conf.low[1], 0.1 - sqrt((0.4 - theirs$conf.int[1])^2 + 0.06^2)
  )
})

test_that("estimates with published limits need no standard error", {
  z <- stats::qnorm(0.975)
  x <- data.frame(
    g = c("a", "b"), estimate = c(0.5, 2), conf.low = c(0.5 - z * 0.02, 2 * exp(-z * 0.1)),
    conf.high = c(0.5 + z * 0.02, 2 * exp(z * 0.1))
  )
  got <- ioi_parity(x, g, "a")
  expect_equal(got$std.error[2], sqrt(0.02^2 + 0.2^2))
  expect_match(attr(got, "info")$notes, "published limits", all = FALSE)
})

test_that("a published figure is checked and prints", {
  arg <- function(expr) tryCatch(expr, ioi_error_input = function(e) e$arg)
  expect_identical(arg(ioi_published("0.5")), "estimate")
  expect_identical(arg(ioi_published(NA)), "estimate")
  expect_identical(arg(ioi_published(0.5, conf.low = 0.4)), "conf.low")
  expect_identical(arg(ioi_published(0.5, 0.6, 0.4)), "conf.low")
  expect_identical(arg(ioi_published(0.5, std.error = -1)), "std.error")
  expect_identical(arg(ioi_published(0.5, n = c(1, 2))), "n")
  expect_identical(arg(ioi_published(0.5, name = 1)), "name")
  expect_identical(arg(ioi_published(0.5, level = 95)), "level")
  expect_output(print(ioi_published(0.5, n = 20)), "estimate = 0.5, n = 20")
})

test_that("a group without an estimate leaves no whole, unless na.rm", {
  x <- data.frame(g = c("a", "b", "c", "d"), x = c(4, NA, 0, 6), n = c(10, 10, 0, 12))
  got <- ioi_parity(x, g, "overall", events = x, population = n)
  expect_identical(got$flag, c("no_reference", "missing", "empty", "no_reference"))
  kept <- ioi_parity(x, g, "overall", events = x, population = n, na.rm = TRUE)
  want <- ioi_parity(x[c(1, 4), ], g, "overall", events = x, population = n)
  for (name in c("estimate", "std.error", "conf.low", "conf.high", "p.value")) {
    expect_equal(kept[[name]][c(1, 4)], want[[name]])
  }
  expect_identical(kept$flag, c("", "missing", "empty", ""))
  expect_match(attr(kept, "info")$notes, "1 group without", all = FALSE)
  for (how in c("rest", "others_mean")) {
    got <- ioi_parity(x, g, how, events = x, population = n, na.rm = TRUE)
    expect_equal(got$estimate[1], 4 / 10 - 6 / 12)
  }
})

test_that("wholes are made within by, and a group named like one is that group", {
  x <- data.frame(
    year = rep(1:2, each = 3), g = rep(c("a", "b", "c"), 2),
    x = c(1, 2, 3, 4, 5, 6), n = 10
  )
  got <- ioi_parity(x, g, "overall", by = year, events = x, population = n)
  expect_equal(got$estimate, c(-0.1, 0, 0.1, -0.1, 0, 0.1))
  expect_equal(unname(vcov(got)[1:3, 4:6]), matrix(0, 3, 3))
  x$g <- rep(c("a", "rest", "c"), 2)
  named <- ioi_parity(x, g, "rest", by = year, events = x, population = n)
  expect_equal(named$estimate[1:3], c(-0.1, 0, 0.1))
})

test_that("rates are compared with the rest and the whole too", {
  x <- data.frame(g = c("a", "b", "c"), x = c(12, 30, 8), t = c(3, 20, 10))
  rest <- ioi_parity(x, g, "rest",
    measure = "ratio", ci = "score", events = x, population = t
  )
  by_hand <- data.frame(g = c("a", "others"), x = c(12, 38), t = c(3, 30))
  want <- ioi_parity(by_hand, g, "others",
    measure = "ratio", ci = "score", events = x, population = t
  )
  expect_equal(c(rest$conf.low[1], rest$conf.high[1]), c(want$conf.low[1], want$conf.high[1]))
  whole <- ioi_parity(x, g, "overall",
    measure = "ratio", ci = "exact", events = x, population = t
  )
  expect_equal(whole$estimate, (x$x / x$t) / (50 / 33))
  expect_true(all(whole$conf.low < whole$estimate & whole$estimate < whole$conf.high))
})

test_that("standardised proportions are compared at one structure", {
  counts <- census_2011_health
  everyone <- stats::aggregate(people ~ age_band, counts, sum)
  names(everyone) <- c("age", "population")
  standard <- ioi_standardise(counts, bad_health, people, age_band,
    standard = everyone, by = ethnic_group, per = 1, variance = "binomial"
  )
  got <- ioi_parity(standard, ethnic_group, "White", measure = c("difference", "ratio"))
  white <- standard$estimate[standard$ethnic_group == "White"]
  d <- got[got$measure == "difference", ]
  expect_equal(d$estimate, standard$estimate - white)
  others <- standard$ethnic_group != "White"
  se <- sqrt(standard$std.error^2 + standard$std.error[!others]^2)
  expect_equal(d$std.error[others], se[others])
})

test_that("tables without rows give tables without rows, of the same columns", {
  one <- data.frame(g = c("a", "b"), estimate = c(0.2, 0.4), std.error = 0.1, n = 50, x = 20)
  for (how in list("overall", "rest", "others_mean", "best", "largest", ioi_published(0.5))) {
    gaps <- function(x, ...) ioi_parity(x, g, how, c("difference", "ratio"), ..., favourable = TRUE)
    for (type in c("estimates", "counts")) {
      ask <- if (type == "counts") rlang::quos(events = x, population = n)
      some <- rlang::inject(gaps(one, !!!ask))
      none <- rlang::inject(gaps(one[0, ], !!!ask))
      expect_identical(lapply(none, typeof), lapply(some, typeof))
      expect_identical(nrow(none), 0L)
    }
  }
  expect_error(ioi_parity(one[0, ], g, "a"), "no rows", class = "ioi_error_input")
})

test_that("a group that has an unknown number of people leaves no whole", {
  x <- data.frame(g = letters[1:3], x = c(3, 5, 7), n = c(10, NA, 30))
  for (how in c("overall", "rest")) {
    got <- ioi_parity(x, g, how, events = x, population = n)
    expect_identical(got$flag, c("no_reference", "missing", "no_reference"))
    kept <- ioi_parity(x, g, how, events = x, population = n, na.rm = TRUE)
    want <- ioi_parity(x[-2, ], g, how, events = x, population = n)
    expect_equal(kept$estimate[-2], want$estimate)
    expect_equal(kept$conf.low[-2], want$conf.low)
  }
})

test_that("nobody in a group means no estimate, whatever its row says", {
  x <- data.frame(g = letters[1:3], estimate = c(0.2, 0.4, 0.9), std.error = 0.1, n = c(9, 9, 0))
  got <- ioi_parity(x, g, "overall")
  expect_identical(got$flag, c("", "", "empty"))
  expect_equal(got$estimate[1:2], c(-0.1, 0.1))
})

test_that("counts against a figure or a mean are tested at its share, not at their own", {
  # 0 of 10 where 40% are expected: the score test, not one with a variance of 0
  x <- data.frame(g = letters[1:3], x = c(0, 6, 10), n = c(10, 10, 20))
  figure <- ioi_published(0.4, std.error = 0.05)
  got <- ioi_parity(x, g, figure, events = x, population = n)
  expect_equal(got$statistic, (x$x / x$n - 0.4) / sqrt(0.24 / x$n + 0.05^2))
  mean <- ioi_parity(x, g, "others_mean", events = x, population = n)
  v <- c(0, 0.24 / 10, 0.25 / 20)
  expect_equal(mean$statistic[1], -0.55 / sqrt(0.55 * 0.45 / 10 + (v[2] + v[3]) / 4))
})

test_that("a rate with a standard error of 0 is flagged, and its counts do better", {
  deaths <- data.frame(g = letters[1:3], x = c(3, 0, 20), n = c(1000, 500, 4000))
  rate <- ioi_rate(deaths, x, n, by = g)
  got <- ioi_parity(rate, g, "overall")
  expect_identical(got$flag, c("", "one_se_zero", ""))
  expect_equal(got$estimate, 1e5 * (deaths$x / deaths$n - 23 / 5500))
  expect_lt(got$p.value[2], 0.001)
  counts <- ioi_parity(rate, g, "overall", events = events, population = n, ci = "score")
  expect_equal(counts$estimate * 1e5, got$estimate)
  # the test against the rest: 23 events fall on 500 of 5,500 by chance
  expect_equal(counts$statistic[2], (0 - 23 * 500 / 5500)^2 / (23 * 500 / 5500 * 5000 / 5500))
})

test_that("true and false, and dates, are groups like any other", {
  x <- data.frame(yes = c(TRUE, FALSE), x = c(3, 5), n = 10)
  for (reference in list(FALSE, "FALSE")) {
    got <- ioi_parity(x, yes, reference, events = x, population = n)
    expect_identical(got$group, c(TRUE, FALSE))
    expect_equal(got$estimate, c(-0.2, 0))
  }
  x$day <- as.Date(c("2011-03-27", "2021-03-21"))
  got <- ioi_parity(x, day, as.Date("2011-03-27"), events = x, population = n)
  expect_identical(got$group, x$day)
  expect_identical(got$flag, c("reference", ""))
})

test_that("a shortfall needs people", {
  x <- data.frame(g = c("a", "b"), estimate = c(0.3, 0.4), std.error = 0.1, people = c(10, 30))
  expect_error(
    ioi_parity(x, g, "a", "shortfall", favourable = TRUE), "people",
    class = "ioi_error_input"
  )
  got <- ioi_parity(x, g, "a", "shortfall", favourable = TRUE, population = people)
  expect_equal(got$estimate, c(0, -3))
})

test_that("a reference in per cent is no share, and a number may be written in full", {
  x <- data.frame(code = c(1e5, 2e5), x = c(3, 5), n = 10)
  for (written in list("100000", "1e+05", 100000)) {
    got <- ioi_parity(x, code, written, events = x, population = n)
    expect_identical(got$reference, c(1e5, 1e5))
  }
  expect_error(
    ioi_parity(x, code, ioi_published(62), events = x, population = n), "fraction",
    class = "ioi_error_input"
  )
  rates <- ioi_rate(x, x, n, by = code, per = 100)
  expect_equal(ioi_parity(rates, code, ioi_published(62))$estimate, c(-32, -12))
})
