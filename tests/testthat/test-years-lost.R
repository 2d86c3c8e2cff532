# ioi_years_lost(): the closed formula, other routes, edges.

test_that("years lost before 75 equal the closed formula", {
  inputs <- read_rates("life_table_inputs")
  case <- read_rates("yll_expected")
  d <- inputs[inputs$case_id == case$case_id, ]
  got <- ioi_years_lost(
    d, age_start, deaths, population, upper_age = case$limit, per = 1e4
  )
  expect_equal(got$measure, c("count", "rate"))
  expect_within(got$estimate, c(case$yll, case$rate_per_10000), case$tol)
  expect_equal(got$n[2], case$pop_under_limit)
  expect_equal(got$per_death[1], case$yll / sum(d$deaths[d$age_start < 75]))
})

test_that("all three measures by hand, and without infants", {
  d <- area_deaths
  under <- d$age < 75 & d$age >= 1
  years <- 75 - (d$age + 0.5 * c(diff(d$age), NA))
  got <- ioi_years_lost(
    d, age, deaths, population,
    standard = "esp2013", from_age = 1, per = 1e5, ci = "normal"
  )
  expect_equal(got$measure, c("count", "rate", "standardised_rate"))
  count <- sum((years * d$deaths)[under])
  spread <- sum((years^2 * d$deaths)[under])
  s <- esp2013$population[under] / sum(esp2013$population[under])
  each <- (years * d$deaths / d$population)[under]
  v <- sum((s^2 * years[under]^2 * d$deaths[under] / d$population[under]^2))
  expect_equal(
    got$estimate, c(count, 1e5 * count / sum(d$population[under]), 1e5 * sum(s * each))
  )
  expect_equal(got$std.error, c(
    sqrt(spread), 1e5 * sqrt(spread) / sum(d$population[under]), 1e5 * sqrt(v)
  ))
  expect_equal(got$conf.high, got$estimate + qnorm(0.975) * got$std.error)
  expect_equal(unique(got$events), sum(d$deaths[under]))
})

test_that("Dobson's limits of the count", {
  d <- data.frame(age = c("0-4", "5-9", "10+"), deaths = c(2, 3, 9))
  got <- ioi_years_lost(d, age, deaths, upper_age = 10, ci = "dobson_exact")
  c1 <- c(10 - 0.5, 10 - 7.5)
  y <- sum(c1 * c(2, 3))
  v <- sum(c1^2 * c(2, 3))
  limits <- c(qchisq(0.025, 10), qchisq(0.975, 12)) / 2
  expect_equal(got$estimate, y)
  expect_equal(c(got$conf.low, got$conf.high), y + sqrt(v / 5) * (limits - 5))
  expect_equal(got$measure, "count")
})

test_that("remaining expectancy: interpolated, from a table or from estimates", {
  d <- data.frame(age = c(0, 1, 5), deaths = c(1, 2, 3))
  table <- data.frame(age = c(0, 1, 5, 10), ex = c(80, 79, 75, 70))
  got <- ioi_years_lost(d, age, deaths, expectancy = table)
  expect_equal(got$estimate, 1 * 79.9 + 2 * 77 + 3 * 75)
  later <- ioi_years_lost(d, age, deaths, expectancy = table, open_age = 8)
  expect_equal(later$estimate, 1 * 79.9 + 2 * 77 + 3 * 72)
  life <- ioi_life_expectancy(area_deaths, age, deaths, population, at = NULL)
  got <- ioi_years_lost(area_deaths, age, deaths, expectancy = life)
  died <- area_deaths$age + c(0.1, rep(0.5, 18), 0) * c(diff(area_deaths$age), 0)
  expect_equal(
    got$estimate, sum(area_deaths$deaths * approx(life$age, life$estimate, died)$y)
  )
  expect_ioi_error(
    ioi_years_lost(d, age, deaths, expectancy = table[-1, ]), "data",
    arg = "expectancy"
  )
  expect_ioi_error(
    ioi_years_lost(d, age, deaths, expectancy = table[c(1, 1), ]), "data",
    arg = "expectancy"
  )
})

test_that("groups, missing counts and empty bands", {
  d <- expand.grid(
    age = c("0-4", "5-74", "75+"), area = letters[1:4], stringsAsFactors = FALSE
  )
  d$deaths <- c(1, 5, 9, 0, 0, 9, 1, NA, 9, 0, 5, 9)
  d$people <- c(10, 50, 20, 10, 50, 20, 10, 50, 20, 0, 50, 20)
  got <- ioi_years_lost(
    d, age, deaths, people,
    by = area, standard = c("0-4" = 1, "5-74" = 9, "75+" = 1), per = 1
  )
  rate <- got[got$measure == "standardised_rate", ]
  expect_equal(rate$flag, c("", "", "missing", "empty band"))
  expect_equal(is.na(rate$estimate), c(FALSE, FALSE, TRUE, TRUE))
  expect_equal(rate$estimate[2], 0)
  count <- got[got$measure == "count", ]
  expect_equal(count$estimate, c(1 * 74.5 + 5 * 35, 0, NA, 5 * 35))
  without <- ioi_years_lost(d[-5, ], age, deaths, people, by = area)
  expect_equal(unique(without$flag[without$area == "b"]), "missing band")
})

test_that("what is wrong is named", {
  d <- area_deaths
  expect_ioi_error(ioi_years_lost(d, age, deaths, upper_age = 77), "data", arg = "age")
  expect_ioi_error(ioi_years_lost(d, age, deaths, upper_age = 95), "data", arg = "age")
  expect_ioi_error(ioi_years_lost(d, age, deaths, from_age = 3), "data", arg = "age")
  expect_ioi_error(
    ioi_years_lost(d, age, deaths, upper_age = -1), "input", arg = "upper_age"
  )
  expect_ioi_error(ioi_years_lost(d, age, deaths, standard = "esp2013"), "input",
    arg = "standard"
  )
  expect_ioi_error(ioi_years_lost(d, age, deaths, ci = "gamma_max"), "input", arg = "ci")
})
