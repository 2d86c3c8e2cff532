# Progress of a gap: the open cases, lm() as a second route, simulation of the Fieller
# limits, and the edges.

gap_series <- function() {
  read.csv(test_path("cases", "progress_inputs.csv"))
}

row_of <- function(x, what) x[x$measure == what, ]

test_that("every quantity of the open cases is met", {
  inputs <- gap_series()
  expected <- read.csv(test_path("cases", "progress_expected.csv"))
  names(inputs)[names(inputs) %in% c("gap", "se")] <- c("estimate", "std.error")
  for (id in unique(inputs$case_id)) {
    got <- ioi_progress(inputs[inputs$case_id == id, ], year, target = 0, by_year = 2030)
    want <- expected[expected$case_id == id, ]
    own <- c(
      se_slope = "slope_per_year", se_years_to_parity = "years_to_parity",
      se_change = "change_first_last"
    )
    for (i in seq_len(nrow(want))) {
      what <- want$quantity[i]
      value <- if (what %in% names(own)) {
        row_of(got, own[[what]])$std.error
      } else {
        row_of(got, what)$estimate
      }
      expect_lte(abs(value - want$expected[i]), want$tol[i] * max(1, abs(want$expected[i])))
    }
  }
})

test_that("the line is lm()'s: weighted with standard errors, its own without", {
  x <- data.frame(
    year = c(2010, 2011, 2013, 2014, 2018), estimate = c(9, 8.1, 8.4, 7, 5.5),
    std.error = c(0.3, 0.5, 0.4, 0.3, 0.6)
  )
  known <- ioi_progress(x, year)
  fit <- lm(estimate ~ year, x, weights = 1 / x$std.error^2)
  want <- summary(fit)
  expect_equal(row_of(known, "slope_per_year")$estimate, unname(coef(fit)[2]), tolerance = 1e-9)
  expect_equal(
    row_of(known, "slope_per_year")$std.error,
    want$coefficients[2, 2] / want$sigma,
    tolerance = 1e-9
  )
  bare <- ioi_progress(x[1:2], year)
  fit <- lm(estimate ~ year, x)
  expect_equal(row_of(bare, "slope_per_year")$std.error,
    summary(fit)$coefficients[2, 2],
    tolerance = 1e-9
  )
  limits <- confint(fit)[2, ]
  expect_equal(
    unlist(row_of(bare, "slope_per_year")[c("conf.low", "conf.high")], use.names = FALSE),
    unname(limits),
    tolerance = 1e-9
  )
  expect_true(grepl("residual", row_of(bare, "slope_per_year")$flag))
  wide <- ioi_progress(x, year, overdispersion = TRUE)
  expect_equal(
    row_of(wide, "slope_per_year")$std.error,
    row_of(known, "slope_per_year")$std.error * max(1, want$sigma),
    tolerance = 1e-9
  )
})

test_that("years to parity hold the truth about 95% of the time where the slope is weak", {
  set.seed(11)
  years <- 2010:2016
  truth <- 8 / 0.5 - 6 # the line is 8 - 0.5 t, at 0 after 16 years, 6 of them gone
  inside <- vapply(seq_len(1500), function(i) {
    x <- data.frame(
      year = years, estimate = 8 - 0.5 * (years - 2010) + rnorm(7, 0, 0.9), std.error = 0.9
    )
    row <- row_of(ioi_progress(x, year), "years_to_parity")
    row$conf.low <= truth && truth <= row$conf.high
  }, NA)
  expect_gt(mean(inside), 0.93)
  expect_lt(mean(inside), 0.975)
})

test_that("a gap that widens is never closed, and says so", {
  x <- data.frame(year = 2010:2014, estimate = 1:5, std.error = 0.1)
  row <- row_of(ioi_progress(x, year), "years_to_parity")
  expect_identical(row$estimate, Inf)
  expect_true(grepl("not_closing", row$flag))
  noisy <- data.frame(year = 2010:2014, estimate = c(5, 4.8, 5.1, 4.9, 4.7), std.error = 1)
  row <- row_of(ioi_progress(noisy, year), "years_to_parity")
  expect_identical(row$conf.high, Inf)
  expect_true(grepl("unbounded", row$flag))
})

test_that("on track, off track, and not to be told apart", {
  track <- function(estimate, se) {
    x <- data.frame(year = 2010:2014, estimate = estimate, std.error = se)
    row_of(ioi_progress(x, year, by_year = 2020), "on_track")
  }
  expect_identical(track(c(10, 8, 6, 4, 2), 0.01)$estimate, 1)
  expect_identical(track(10 - (0:4) / 10, 0.01)$estimate, 0)
  unclear <- track(10:6, 3)
  expect_true(is.na(unclear$estimate))
  expect_identical(unclear$flag, "not_distinguishable")
})

test_that("a gap below 0 mirrors one above 0", {
  x <- data.frame(year = 2010:2014, estimate = c(9, 8.2, 7, 6.1, 5), std.error = 0.4)
  y <- transform(x, estimate = -estimate)
  a <- ioi_progress(x, year, by_year = 2020)
  b <- ioi_progress(y, year, by_year = 2020)
  same <- c("years_to_parity", "share_of_gap_closed", "aarc_observed", "on_track")
  for (what in same) {
    expect_equal(row_of(a, what)[-1], row_of(b, what)[-1], tolerance = 1e-12)
  }
  expect_equal(row_of(a, "slope_per_year")$estimate, -row_of(b, "slope_per_year")$estimate)
  expect_equal(row_of(a, "slope_per_year")$conf.low, -row_of(b, "slope_per_year")$conf.high)
})

test_that("interim targets lie on the straight way", {
  x <- data.frame(year = 2010:2014, estimate = 10:6, std.error = 0.5)
  got <- ioi_progress(x, year, by_year = 2020, interim = c(2014, 2017, 2020, 2030))
  rows <- row_of(got, "interim_target")
  expect_identical(rows$time, c(2014, 2017, 2020, 2030))
  expect_equal(rows$estimate, c(6, 3, 0, NA))
  expect_identical(rows$flag, c("", "", "", "past"))
  expect_error(ioi_progress(x, year, interim = 2016), class = "ioi_error_input")
})

test_that("ratios have parity at 1, and gaps made by ioi_parity() go straight in", {
  set.seed(5)
  x <- expand.grid(who = c("r", "g"), year = 2010:2014)
  x$estimate <- ifelse(x$who == "r", 0.7, 0.5 + 0.02 * (x$year - 2010))
  x$std.error <- 0.01
  ratios <- ioi_parity(x, who, "r", measure = "ratio", by = year)
  got <- ioi_progress(ratios, year)
  plain <- as.data.frame(ratios)
  plain <- plain[plain$group == "g", ]
  want <- ioi_progress(plain[c("year", "estimate", "std.error")], year, target = 1)
  expect_equal(got$estimate, want$estimate, tolerance = 1e-10)
  expect_identical(as.character(unique(got$group)), "g")
})

test_that("times without a value, short series and bad input have their answer", {
  x <- data.frame(year = 2010:2014, estimate = c(10, NA, 8, 7, 6), std.error = 0.5)
  expect_identical(unique(ioi_progress(x, year)$n), 4)
  short <- ioi_progress(x[1, ], year)
  expect_true(all(is.na(short$estimate)) && all(grepl("short", short$flag)))
  some <- transform(x, std.error = c(0.5, 0.5, NA, 0.5, 0.5))
  expect_message(got <- ioi_progress(some, year), class = "ioi_message_missing")
  expect_identical(unique(got$n), 3)
  twice <- transform(x, year = 2010)
  expect_error(ioi_progress(twice, year), class = "ioi_error_data")
  expect_error(ioi_progress(transform(x, year = letters[1:5]), year), class = "ioi_error_input")
  expect_error(ioi_progress(x, year, target = NA), class = "ioi_error_input")
  expect_error(ioi_progress(transform(x, estimate = Inf), year), class = "ioi_error_data")
  expect_error(ioi_progress(x, year, by_year = "soon"), class = "ioi_error_input")
})

test_that("several series in one call are those apart", {
  x <- data.frame(
    area = rep(c("b", "a"), each = 5), year = rep(2010:2014, 2),
    estimate = c(10:6, 5, 5.2, 5.1, 4.9, 5), std.error = 0.3
  )
  x <- x[sample(10), ]
  both <- ioi_progress(x, year, by = area, by_year = 2020)
  one <- ioi_progress(x[x$area == "a", ], year, by_year = 2020)
  expect_equal(both$estimate[both$area == "a"], one$estimate, tolerance = 1e-12)
})

test_that("the chart carries its line on to the target", {
  skip_if_not_installed("ggplot2")
  x <- data.frame(year = 2010:2014, estimate = 10:6, std.error = 0.5)
  chart <- ioi_plot_progress(x, year, by_year = 2020)
  built <- ggplot2::ggplot_build(chart)
  expect_equal(range(built$data[[2]]$x), c(2010, 2020))
  expect_equal(built$data[[4]]$yend, 0)
})
