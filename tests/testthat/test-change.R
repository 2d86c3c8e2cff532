# Change since a baseline and change of a gap: the open cases, plain formulas, survey
# with the covariance of the waves, and the edges.

figures <- function() {
  data.frame(
    region = rep(c("north", "south"), each = 3), year = rep(c(2015, 2017, 2019), 2),
    estimate = c(0.62, 0.63, 0.66, 0.70, 0.69, 0.71),
    std.error = c(0.012, 0.012, 0.011, 0.010, 0.011, 0.010)
  )
}

test_that("the change is the difference and the ratio, with their plain variances", {
  got <- ioi_change(figures(), year, by = region, measure = c("difference", "ratio"))
  d <- got[got$measure == "difference" & got$region == "north" & got$time == 2019, ]
  expect_equal(d$estimate, 0.04, tolerance = 1e-12)
  expect_equal(d$std.error, sqrt(0.011^2 + 0.012^2), tolerance = 1e-12)
  expect_equal(c(d$from, d$to), c(0.62, 0.66))
  r <- got[got$measure == "ratio" & got$region == "north" & got$time == 2019, ]
  se <- sqrt((0.011 / 0.66)^2 + (0.012 / 0.62)^2)
  expect_equal(r$estimate, 0.66 / 0.62, tolerance = 1e-12)
  expect_equal(r$conf.high, 0.66 / 0.62 * exp(qnorm(0.975) * se), tolerance = 1e-9)
  expect_identical(unique(got$reference), 2015)
  expect_identical(got$flag[got$time == 2015], rep("reference", 4))
})

test_that("the annual rate compounds to the ratio and has the limits of its root", {
  both <- ioi_change(figures(), year, by = region, measure = c("ratio", "annual"))
  ratio <- both[both$measure == "ratio" & both$time == 2019, ]
  rate <- both[both$measure == "annual" & both$time == 2019, ]
  for (name in c("estimate", "conf.low", "conf.high")) {
    expect_equal((1 + rate[[name]])^4, ratio[[name]], tolerance = 1e-12)
  }
  expect_equal(rate$std.error, ratio$std.error * ratio$estimate^(1 / 4 - 1) / 4, tolerance = 1e-12)
  expect_equal(unname(sqrt(diag(vcov(both)))), both$std.error, tolerance = 1e-12)
})

test_that("an annual rate before the baseline runs from the baseline too", {
  got <- ioi_change(figures()[1:3, ], year, baseline = 2017, measure = "annual")
  before <- got[got$time == 2015, ]
  expect_equal(before$estimate, (0.62 / 0.63)^(-1 / 2) - 1, tolerance = 1e-12)
  expect_lt(before$conf.low, before$conf.high)
})

test_that("school years and dates are years; names of waves do for differences alone", {
  x <- figures()[1:3, ]
  x$year <- c("2015/16", "2017/18", "2019/20")
  expect_equal(ioi_change(x, year, measure = "annual")$estimate[3], (0.66 / 0.62)^(1 / 4) - 1)
  x$year <- as.Date(c("2015-07-01", "2017-07-01", "2019-07-01"))
  expect_equal(round(time_years(x$year), 1), c(2015.5, 2017.5, 2019.5))
  x$year <- c("first", "second", "third")
  expect_equal(ioi_change(x, year)$estimate[3], 0.04)
  expect_error(ioi_change(x, year, measure = "annual"), class = "ioi_error_input")
})

test_that("correlation of waves lowers the variance, and windows make their own", {
  x <- figures()[1:3, ]
  half <- ioi_change(x, year, correlation = 0.5)
  expect_equal(half$std.error[3], sqrt(0.011^2 + 0.012^2 - 0.011 * 0.012), tolerance = 1e-12)
  # windows of 3 years, 2 apart, share 1: correlation 1/3; 4 apart share none
  pooled <- ioi_change(x, year, window = 3)
  expect_equal(pooled$std.error[2], sqrt(2 * 0.012^2 * (1 - 1 / 3)), tolerance = 1e-12)
  expect_equal(pooled$std.error[3], sqrt(0.011^2 + 0.012^2), tolerance = 1e-12)
  expect_true(any(grepl("share years", attr(pooled, "info")$notes)))
  expect_error(ioi_change(x, year, correlation = 2), class = "ioi_error_input")
  expect_error(ioi_change(x, year, correlation = 0.1, window = 2), class = "ioi_error_input")
})

test_that("waves of one design use their covariance, as survey::svycontrast does", {
  skip_if_not_installed("survey")
  set.seed(20)
  panel <- data.frame(psu = rep(1:60, each = 10), wave = rep(1:2, 300))
  panel$yes <- as.integer(plogis(rnorm(60)[panel$psu] + 0.3 * panel$wave) > runif(600))
  panel$w <- runif(600, 0.5, 2)
  est <- ioi_proportion(ioi_design(panel, weights = w, psu = psu), yes, by = wave, success = 1)
  got <- ioi_change(est, wave)[2, ]
  peer <- survey::svydesign(~psu, weights = ~w, data = panel)
  both <- survey::svyby(~yes, ~wave, peer, survey::svymean, covmat = TRUE)
  want <- survey::svycontrast(both, c("1" = -1, "2" = 1))
  expect_equal(got$estimate, as.numeric(coef(want)), tolerance = 1e-12)
  expect_equal(got$std.error, as.numeric(survey::SE(want)), tolerance = 1e-12)
  expect_identical(got$df, 59)
})

test_that("counts give Newcombe limits and the shares they compare", {
  d <- data.frame(y = c("2015/16", "2018/19"), x = c(40, 50), n = c(100, 100))
  got <- ioi_change(d, y, events = x, population = n)
  expect_equal(c(got$from[2], got$to[2], got$estimate[2]), c(0.4, 0.5, 0.1))
  peer <- ioi_parity(d, y, "2015/16", events = x, population = n)
  expect_equal(got$conf.low, peer$conf.low)
})

test_that("columns called group, measure and reference may set series apart", {
  x <- figures()
  names(x)[1] <- "group"
  x$reference <- "all"
  got <- ioi_change(x, year, by = c(group, reference))
  expect_named(got, c(
    "group", "of_reference", "measure", "reference", "time", "estimate", "std.error",
    "conf.low", "conf.high", "n", "df", "statistic", "p.value", "from", "to", "flag"
  ))
  expect_equal(sum(got$estimate), sum(c(0.01, 0.04, -0.01, 0.01)))
})

test_that("a series without the baseline is NA with a flag and stops no other", {
  got <- ioi_change(figures()[-1, ], year, baseline = 2015, by = region)
  expect_true(all(is.na(got$estimate[got$region == "north"])))
  expect_true(all(grepl("no_reference", got$flag[got$region == "north"])))
  expect_false(anyNA(got$estimate[got$region == "south"]))
  expect_error(ioi_change(figures(), year, baseline = 1999, by = region),
    class = "ioi_error_input"
  )
})

test_that("difference in differences and ratio of ratios are those of the case", {
  case <- read.csv(test_path("cases", "progress_did.csv"))
  p <- c(case$p_ref_before, case$p_g_before, case$p_ref_after, case$p_g_after)
  n <- c(case$n3, case$n1, case$n4, case$n2)
  x <- data.frame(
    who = c("r", "g", "r", "g"), year = c(1, 1, 2, 2), estimate = p,
    std.error = sqrt(p * (1 - p) / n)
  )
  got <- ioi_gap_change(x, who, "r", year)
  expect_identical(got$measure, c("difference", "ratio"))
  expect_equal(got$estimate, c(case$did, case$ratio_of_ratios), tolerance = 1e-12)
  expect_equal(got$std.error[1], case$se_did, tolerance = 1e-12)
  expect_equal(got$std.error[2] / got$estimate[2], case$se_log_ror, tolerance = 1e-12)
  expect_equal(unname(sqrt(diag(vcov(got)))), got$std.error, tolerance = 1e-12)
})

test_that("the covariance of difference and ratio is that of a finite difference", {
  p <- c(r1 = 0.7, g1 = 0.52, r2 = 0.72, g2 = 0.58)
  se <- c(0.006, 0.025, 0.006, 0.024)
  x <- data.frame(
    who = c("r", "g", "r", "g"), year = c(1, 1, 2, 2), estimate = p, std.error = se
  )
  f <- function(p) c((p[4] - p[3]) - (p[2] - p[1]), (p[4] / p[3]) / (p[2] / p[1]))
  jacobian <- vapply(1:4, function(k) {
    h <- replace(numeric(4), k, 1e-6)
    (f(p + h) - f(p - h)) / 2e-6
  }, numeric(2))
  want <- jacobian %*% diag(se^2) %*% t(jacobian)
  expect_equal(unname(vcov(ioi_gap_change(x, who, "r", year))), unname(want),
    tolerance = 1e-6
  )
})

test_that("a gap change from a design uses all covariances and their degrees of freedom", {
  skip_if_not_installed("survey")
  set.seed(3)
  panel <- data.frame(
    psu = rep(1:40, each = 20), wave = rep(1:2, 400), who = rep(c("a", "b"), each = 2)
  )
  panel$yes <- rbinom(800, 1, plogis(rnorm(40)[panel$psu]))
  est <- ioi_proportion(ioi_design(panel, psu = psu), yes, by = c(who, wave), success = 1)
  got <- ioi_gap_change(est, who, "a", wave)
  peer <- survey::svydesign(~psu, weights = rep(1, 800), data = panel)
  both <- survey::svyby(~yes, ~ who + wave, peer, survey::svymean, covmat = TRUE)
  want <- survey::svycontrast(both, c("a.1" = 1, "b.1" = -1, "a.2" = -1, "b.2" = 1))
  expect_equal(got$estimate[1], as.numeric(coef(want)), tolerance = 1e-12)
  expect_equal(got$std.error[1], as.numeric(survey::SE(want)), tolerance = 1e-12)
  expect_identical(got$df, c(39, 39))
  expect_identical(got$n, c(800, 800))
})

test_that("forms that disagree are flagged", {
  x <- data.frame(
    who = c("r", "g", "r", "g"), year = c(1, 1, 2, 2),
    estimate = c(0.10, 0.04, 0.30, 0.15), std.error = 0.001
  )
  got <- ioi_gap_change(x, who, "r", year)
  expect_identical(got$direction, c("wider", "narrower"))
  expect_identical(got$flag, c("disagree", "disagree"))
})

test_that("a gap without a baseline or a ratio is flagged and stops no other", {
  x <- data.frame(
    who = rep(c("r", "g", "h"), 2), year = rep(1:2, each = 3),
    estimate = c(0.5, 0, NA, 0.5, 0.2, 0.4), std.error = c(0.1, 0.1, NA, 0.1, 0.1, 0.1)
  )
  got <- ioi_gap_change(x, who, "r", year)
  h <- got[got$group == "h", ]
  expect_true(all(is.na(h$estimate)) && all(grepl("no_baseline", h$flag)))
  g <- got[got$group == "g", ]
  expect_equal(g$estimate[1], 0.2)
  expect_true(is.na(g$estimate[2]) && grepl("no_log", g$flag[2]))
})

test_that("no gap has a baseline, no rate starts from 0, and no row has a time", {
  x <- data.frame(
    g = c("b", "a", "b"), t = c(1, 2, 2), estimate = c(0.5, 0.4, 0.6), std.error = 0.02
  )
  got <- ioi_gap_change(x, g, "b", t)
  expect_identical(got$flag, rep("no_baseline", 2))
  expect_true(all(is.na(got$estimate)) && is.character(got$direction))
  x <- data.frame(t = c(2010, 2015), estimate = c(0, 0.5), std.error = 0.02)
  for (baseline in x$t) {
    rate <- ioi_change(x, t, baseline, "annual")
    expect_identical(rate$flag[rate$time != baseline], "no_log")
    expect_identical(rate$estimate[rate$time != baseline], NA_real_)
  }
  expect_error(ioi_change(x[0, ], t), "row with a time", class = "ioi_error_data")
})

test_that("a gap change from all groups together counts the records of all", {
  set.seed(2)
  d <- data.frame(
    stratum = rep(1:4, each = 60), psu = rep(1:24, each = 10), w = runif(240, 0.5, 3),
    g = sample(c("a", "b", "c"), 240, TRUE, c(0.6, 0.3, 0.1)), year = rep(1:2, 120),
    y = rbinom(240, 1, 0.6)
  )
  d$y[d$g == "c"] <- 1
  shares <- ioi_proportion(
    ioi_design(d, weights = w, strata = stratum, psu = psu), y,
    by = c(g, year), success = 1
  )
  got <- ioi_gap_change(shares, g, "overall", year)
  expect_equal(got$n, rep(240, 6))
  expect_equal(got$df, rep(20, 6)) # 24 PSUs less 4 strata, for small groups too
  named <- ioi_gap_change(shares, g, "a", year)
  expect_equal(named$n[1:2], c(sum(d$g != "c"), sum(d$g != "b")))
  # no change that chance could make: all say yes at both times
  figure <- ioi_gap_change(shares, g, ioi_published(0.6), year)
  expect_identical(figure$flag[figure$group == "c"], rep("se_zero", 2))
})

test_that("published limits will do for change, with correlated waves too, and for the pace", {
  x <- data.frame(t = 2011:2014, estimate = c(0.3, 0.28, 0.27, 0.24), std.error = 0.02)
  limits <- x[c("t", "estimate")]
  limits$conf.low <- x$estimate - qnorm(0.975) * 0.02
  limits$conf.high <- x$estimate + qnorm(0.975) * 0.02
  for (correlation in c(0, 0.5)) {
    expect_equal(
      ioi_change(limits, t, correlation = correlation)$std.error,
      ioi_change(x, t, correlation = correlation)$std.error
    )
  }
  expect_equal(
    as.data.frame(ioi_progress(limits, t, by_year = 2030)),
    as.data.frame(ioi_progress(x, t, by_year = 2030))
  )
})

test_that("labour_market: the employment gap of the source, by year", {
  england <- subset(labour_market, area == "England" & measure == "employment" & born == "UK" &
    year %in% c(2005, 2019))
  got <- ioi_gap_change(england, ethnic_group, "White", year)
  share <- function(group, year) {
    row <- england[england$ethnic_group == group & england$year == year, ]
    row$people / row$base
  }
  want <- (share("Ethnic minority", 2019) - share("White", 2019)) -
    (share("Ethnic minority", 2005) - share("White", 2005))
  expect_equal(got$estimate[1], want, tolerance = 1e-12)
})

test_that("charts of change have a mark for each end and name what is missing", {
  skip_if_not_installed("ggplot2")
  x <- figures()
  chart <- ioi_plot_change(ioi_change(x, year, by = region))
  built <- ggplot2::ggplot_build(chart)
  points <- built$data[[2]]
  expect_equal(sort(points$x), sort(c(0.62, 0.70, 0.66, 0.71)))
  gap <- ioi_gap_change(transform(x, all = "all"), region, "south", year)
  lines <- ggplot2::ggplot_build(ioi_plot_change(gap))$data[[1]]
  expect_equal(sort(lines$xintercept), c(0, 1))
  expect_error(ioi_plot_change(x), class = "ioi_error_input")
  expect_error(ioi_plot_change(ioi_change(x, year, by = region), time = 1990),
    class = "ioi_error_input"
  )
})
