# ioi_rate(): closed formulas, published rates, OHID's published test results.

case_methods <- c(garwood_exact = "exact", ohid_rule = "ohid", jeffreys_raw = "jeffreys")

test_that("limits of a proportion and of a count equal the closed formulas", {
  cases <- read_rates("one_sample_ci")
  expect_gt(nrow(cases), 100)
  for (i in seq_len(nrow(cases))) {
    case <- cases[i, ]
    known <- case$method %in% names(case_methods)
    got <- ioi_rate(
      data.frame(x = case$x, n = case$n), x, n,
      per = if (case$kind == "proportion") 1 else 1e5,
      ci = if (known) case_methods[[case$method]] else case$method, level = case$level
    )
    expect_row(got, case$estimate, case$lower, case$upper, case$tol)
  }
})

test_that("rates published by the Department for Education come out as published", {
  cases <- read_rates("official_dfe_exclusion_rates")
  got <- ioi_rate(cases, numerator, denominator, by = case_id, per = 100)
  got <- got[match(cases$case_id, got$case_id), ]
  expect_equal(round(got$estimate, cases$decimals), cases$published, tolerance = 0)
})

test_that("OHID's published rates: one row an area, rows of an area added up", {
  # testdata_Rate.xlsx of PHEindicatormethods 2.1.1, per 100 and per 100,000
  counts <- data.frame(
    area = paste0("Area", 1:8),
    events = c(1, 5, 20, 65, 9856, 7776456, 222, 999),
    people = c(100, 100, 100, 100, 12345, 7564336677, 3215, 3456)
  )
  once <- ioi_rate(
    counts, events, people, by = area, per = 100, ci = "ohid", level = 0.998
  )
  expect_equal(once$conf.low, c(
    1.0005003335835344e-3, 0.739371731917839, 8.922802365144193, 42.880261471480203,
    77.375905432710525, 0.102690317308454, 5.5607376952598537, 26.162147596445767
  ), tolerance = 1e-12)
  twice <- ioi_rate(rbind(counts, counts), events, people, by = area, ci = "ohid")
  expect_equal(twice$events, 2 * counts$events)
  expect_equal(twice$conf.high[1:4], c(
    3612.3438338619794, 9195.7293028782369, 27235.04966001213, 77182.744306619628
  ), tolerance = 1e-12)
})

test_that("years multiply the population, per the rate", {
  d <- data.frame(events = 30, people = 1000)
  one <- ioi_rate(d, events, people, per = 1000, years = 3)
  expect_equal(one$estimate, 10)
  expect_equal(one$n, 3000)
  three <- data.frame(year = 1:3, events = c(8, 12, 10), people = 1000)
  pooled <- ioi_rate(three, events, people, per = 1000)
  expect_equal(pooled$n, 3000)
  expect_equal(
    numbers(pooled, c("estimate", "conf.low")), numbers(one, c("estimate", "conf.low"))
  )
})

test_that("repeated events: the case of one band in the formulas", {
  d <- data.frame(people = c(40, 9, 2), times = 1:3, population = 5000)
  got <- ioi_rate(d, people, population, frequency = times, ci = "exact")
  x <- sum(d$people * d$times)
  v <- sum(d$people * d$times^2)
  exact <- c(qchisq(0.025, 2 * x), qchisq(0.975, 2 * x + 2)) / 2
  expect_equal(got$estimate, 1e5 * x / 5000)
  expect_equal(got$std.error, 1e5 * sqrt(v) / 5000)
  expect_equal(
    c(got$conf.low, got$conf.high), 1e5 * (x + sqrt(v / x) * (exact - x)) / 5000
  )
  none <- ioi_rate(
    transform(d, people = 0), people, population, frequency = times, ci = "exact"
  )
  expect_equal(none$conf.high, 1e5 * 3.688879454113936 / 5000)
  d$population[2] <- 4000
  expect_ioi_error(ioi_rate(d, people, population, frequency = times), "data",
    arg = "population", where = 2
  )
  expect_ioi_error(
    ioi_rate(d, people, population, frequency = times, ci = "wilson"), "input",
    arg = "ci"
  )
})

test_that("one bad group does not stop the others", {
  d <- data.frame(
    area = c("a", "b", "c", "d"), events = c(5, 3, NA, 2), people = c(100, 0, 50, NA)
  )
  got <- ioi_rate(d, events, people, by = area)
  expect_equal(got$area, c("a", "b", "c", "d"))
  expect_equal(got$flag, c("", "empty", "missing", "missing"))
  expect_equal(is.na(got$estimate), c(FALSE, TRUE, TRUE, TRUE))
  expect_equal(is.na(got$conf.low), is.na(got$estimate))
  expect_equal(ioi_rate(d, events, people, by = area, na_as_zero = TRUE)$estimate[3], 0)
})

test_that("columns, types and order depend on the call alone", {
  d <- data.frame(
    year = c(2021L, 2020L), sex = factor(c("m", "f"), c("m", "f", "x")), events = 1:2,
    people = c(10, 20)
  )
  got <- ioi_rate(d, events, people, by = c(year, sex))
  expect_named(got, c(
    "year", "sex", "estimate", "std.error", "conf.low", "conf.high", "events", "n", "flag"
  ))
  expect_equal(got$year, c(2020L, 2021L))
  expect_equal(levels(got$sex), c("m", "f", "x"))
  none <- ioi_rate(d[0, ], events, people, by = c(year, sex))
  expect_named(none, names(got))
  expect_equal(nrow(none), 0)
  expect_equal(ioi_rate(d[0, ], events, people)$flag, "empty")
  expect_s3_class(got, "ioi_estimate")
  expect_equal(diag(unname(vcov(got))), got$std.error^2)
})

test_that("ways to name columns give the same", {
  d <- data.frame(a = c("x", "y"), events = 1:2, people = c(10, 20))
  bare <- ioi_rate(d, events, people, by = a)
  expect_identical(ioi_rate(d, "events", "people", by = "a"), bare)
  expect_identical(ioi_rate(d, ~events, ~people, by = ~a), bare)
  expect_identical(ioi_rate(tibble::as_tibble(d), events, people, by = c(a)), bare)
})

test_that("rows without a value of by are left out and counted", {
  d <- data.frame(a = c("x", NA), events = 1:2, people = c(10, 20))
  expect_message(
    got <- ioi_rate(d, events, people, by = a), class = "ioi_message_missing"
  )
  expect_equal(got$events, 1)
})

test_that("long tables have no covariance matrix, and say why", {
  d <- data.frame(a = 1:3000, events = 5, people = 100)
  got <- ioi_rate(d, events, people, by = a)
  expect_error(vcov(got), "diagonal", class = "ioi_error_input")
})

test_that("what is wrong is named", {
  d <- data.frame(events = c(1, -2), people = c(10, 20), text = "a")
  expect_ioi_error(ioi_rate(d, events, people), "data", arg = "events", where = 2L)
  expect_ioi_error(ioi_rate(d, text, people), "input", arg = "events")
  expect_ioi_error(ioi_rate(d, nothing, people), "input", arg = "events")
  expect_ioi_error(ioi_rate(d[1, ], events, people, per = 0), "input", arg = "per")
  expect_ioi_error(ioi_rate(d[1, ], events, people, ci = "wald"), "input", arg = "ci")
  expect_ioi_error(ioi_rate(d[1, ], events, people, level = 95), "input", arg = "level")
  expect_ioi_error(ioi_rate(d[1, ], events, people, years = -1), "input", arg = "years")
  expect_ioi_error(ioi_rate(d[1, ], events, people, interval = "byar"), "input")
  expect_ioi_error(ioi_rate(1:3, events, people), "input", arg = "data")
  over <- data.frame(events = 12, people = 10)
  expect_ioi_error(ioi_rate(over, events, people, ci = "wilson"), "data", arg = "events")
  expect_equal(ioi_rate(over, events, people, per = 1)$estimate, 1.2)
  infinite <- data.frame(events = Inf, people = 10)
  expect_ioi_error(ioi_rate(infinite, events, people), "data", arg = "events")
  expect_ioi_error(
    ioi_rate(data.frame(events = 1, people = 2, n = "a"), events, people, by = n), "input"
  )
})

test_that("noise of machine epsilon changes nothing that is printed", {
  d <- data.frame(events = 17, people = 900)
  same <- ioi_rate(d * (1 + .Machine$double.eps), events, people)
  expect_equal(same$conf.high, ioi_rate(d, events, people)$conf.high, tolerance = 1e-12)
})

test_that("means from summaries equal those of the records", {
  set.seed(7)
  records <- data.frame(
    group = rep(c("a", "b"), c(30, 12)), part = rep(1:3, 14), value = rexp(42, 0.1)
  )
  parts <- do.call(rbind, lapply(split(
    records, records[c("group", "part")]
  ), function(x) {
    data.frame(group = x$group[1], m = mean(x$value), s = sd(x$value), n = nrow(x))
  }))
  got <- ioi_mean_aggregated(parts, m, s, n, by = group)
  for (g in c("a", "b")) {
    test <- t.test(records$value[records$group == g])
    row <- got[got$group == g, ]
    expect_equal(row$estimate, unname(test$estimate))
    expect_equal(c(row$conf.low, row$conf.high), as.vector(test$conf.int))
  }
})

test_that("OHID's published mean", {
  # testdata_Mean.xlsx of PHEindicatormethods 2.1.1, Area1
  d <- data.frame(m = 53.704345000000011, s = 20.975575257709309, n = 8)
  got <- ioi_mean_aggregated(d, m, s, n, level = 0.998)
  expect_equal(got$conf.low, 18.216705294788838, tolerance = 1e-10)
  expect_equal(got$conf.high, 89.191984705211183, tolerance = 1e-10)
})

test_that("means without what they need are flagged", {
  d <- data.frame(g = c("a", "b", "c"), m = c(2, 7, NA), s = c(NA, 3, 1), n = c(1, 0, 4))
  got <- ioi_mean_aggregated(d, m, s, n, by = g)
  expect_equal(got$flag, c("no sd", "empty", "missing"))
  expect_equal(got$estimate, c(2, NA, NA))
  log <- ioi_mean_aggregated(data.frame(m = 2, s = 3, n = 9), m, s, n, ci = "log")
  expect_equal(log$conf.low * log$conf.high, 4)
  expect_ioi_error(ioi_mean_aggregated(
    data.frame(m = -2, s = 3, n = 9), m, s, n, ci = "log"
  ),
    "data",
    arg = "mean"
  )
})
