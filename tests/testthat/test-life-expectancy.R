# ioi_life_expectancy() and ioi_life_gap(): closed formulas, OHID's package and its
# published results, identities, edges.

table_of <- function(name, change) {
  transform(change(area_deaths), area = name)
}

test_that("whole tables equal the closed formulas", {
  inputs <- read_rates("life_table_inputs")
  cases <- read_rates("life_table_expected")
  got <- ioi_life_expectancy(
    inputs, age_start, deaths, population, by = case_id, at = NULL
  )
  expect_equal(got$age, cases$age_start)
  for (name in c("qx", "lx", "Lx", "Tx")) {
    expect_within(got[[name]], cases[[name]], 1e-8)
  }
  expect_row(got, cases$ex, cases$lower95, cases$upper95, 1e-8)
  expect_within(got$std.error, cases$se_ex, 1e-8)
})

test_that("healthy life expectancy equals the closed formulas", {
  inputs <- transform(read_rates("life_table_inputs"), good = 1 - prop_unhealthy)
  cases <- read_rates("life_table_expected")
  got <- ioi_life_expectancy(
    inputs, age_start, deaths, population,
    by = case_id, at = NULL, healthy = good, healthy_n = n_survey, ax = ax
  )
  expect_within(got$estimate, cases$hle, 1e-8)
  expect_within(got$std.error, cases$se_hle_total, 1e-8)
  expect_within(got$se_prevalence, cases$se_hle_prev, 1e-8)
  expect_within(got$life_expectancy, cases$ex, 1e-8)
  part <- ioi_life_expectancy(
    inputs, age_start, deaths, population,
    by = case_id, at = NULL, healthy = "good", healthy_n = "n_survey", var = "prevalence"
  )
  expect_within(part$std.error, cases$se_hle_prev, 1e-8)
  expect_equal(unique(got$flag[got$case_id == "o_areaB"]), "no prevalence")
})

test_that("life expectancy equals OHID's package", {
  inputs <- read_rates("life_table_inputs")
  cases <- read_rates("ohid_run_life_expectancy")
  for (level in c(0.95, 0.998)) {
    got <- ioi_life_expectancy(
      inputs, age_start, deaths, population,
      by = case_id, at = NULL, level = level, suppress = "ohid"
    )
    end <- if (level == 0.95) "95" else "998"
    expect_row(
      got, cases$ex, cases[[paste0("lower", end)]], cases[[paste0("upper", end)]], 1e-9
    )
  }
})

test_that("OHID's published results, with bands in any order and as labels", {
  # testLifeExpectancy.R of PHEindicatormethods 2.1.1; its limits have z = 1.96
  published <- c(
    80.16960813, 79.36245674, 75.44193645, 70.47299936, 65.52909542, 60.67510088,
    55.78835987, 50.92752727, 46.06740425, 41.24505636, 36.49322717, 31.83343842,
    27.26027992, 22.9719144, 18.76856852, 14.95858336, 11.51684445, 8.618849241,
    6.163942934, 6.16210635
  )
  got <- ioi_life_expectancy(area_deaths, age, deaths, population, at = NULL)
  expect_lte(max(abs(got$estimate - published)), 5e-9)
  expect_printed(got$conf.low[1], "79.8827")
  expect_printed(got$conf.high[20], "6.4365")
  labels <- area_deaths
  labels$age <- c(
    "0", "1-4", "5-9", paste(seq(10, 85, 5), "\u2013", seq(14, 89, 5)), "90 +"
  )
  moved <- labels[c(1:14, 16:20, 15), ]
  expect_equal(
    ioi_life_expectancy(moved, age, deaths, population, at = NULL)$estimate, got$estimate
  )
  expect_equal(got$n[c(3, 7)], c(745835, 568592))
  expect_equal(got$events[c(3, 7)], c(9331, 9284))
})

test_that("one bad area does not stop the others, and says why", {
  d <- rbind(
    table_of("good", identity),
    table_of("no deaths at 90", function(x) {
      x$deaths[20] <- 0L
      x
    }),
    table_of("nobody at 20", function(x) {
      x$deaths[6] <- x$population[6] <- 0L
      x
    }),
    table_of("deaths missing", function(x) {
      x$deaths[4] <- NA
      x
    }),
    table_of("no 90+", function(x) x[-20, ]),
    table_of("no 25", function(x) x[-7, ]),
    table_of("all die", function(x) {
      x$deaths[17] <- 900L
      x$population[17] <- 1000L
      x
    }),
    table_of("one death", function(x) {
      x$deaths <- c(rep(0L, 19), 1L)
      x$population <- 10L
      x
    })
  )
  got <- ioi_life_expectancy(d, age, deaths, population, by = area, at = c(0, 65))
  flag <- function(name) unique(got$flag[got$area == name])
  value <- function(name) got$estimate[got$area == name]
  expect_equal(flag("good"), "")
  expect_equal(flag("no deaths at 90"), "no deaths in open band")
  expect_equal(is.na(value("no deaths at 90")), c(TRUE, TRUE))
  expect_equal(flag("nobody at 20"), "empty band")
  expect_equal(is.na(value("nobody at 20")), c(TRUE, FALSE))
  expect_equal(value("nobody at 20")[2], value("good")[2])
  expect_equal(flag("deaths missing"), "missing")
  expect_equal(is.na(value("deaths missing")), c(TRUE, FALSE))
  expect_equal(flag("no 90+"), "missing band")
  expect_equal(is.na(value("no 90+")), c(TRUE, TRUE))
  expect_equal(flag("no 25"), "missing band")
  expect_equal(value("no 25")[2], value("good")[2])
  expect_equal(flag("all die"), "no survivors")
  expect_lt(value("all die")[1], value("good")[1])
  expect_equal(value("one death"), c(100, 35))
  hidden <- ioi_life_expectancy(d, age, deaths, population, by = area, suppress = "ohid")
  expect_equal(
    hidden$flag[hidden$area == "one death"],
    "population 5,000 or less;interval over 20 years"
  )
  expect_true(is.na(hidden$estimate[hidden$area == "one death"]))
  expect_false(is.na(hidden$estimate[hidden$area == "good"]))
})

test_that("bands can be pooled instead", {
  d <- area_deaths
  d$deaths[19:20] <- 0L
  d$deaths[6] <- d$population[6] <- 0L
  got <- ioi_life_expectancy(
    d, age, deaths, population,
    open = "merge", empty_band = "merge", at = NULL
  )
  by_hand <- rbind(
    d[1:5, ], data.frame(age = 20, deaths = d$deaths[7], population = d$population[7]),
    d[8:17, ],
    data.frame(age = 80, deaths = d$deaths[18], population = sum(d$population[18:20]))
  )
  hand <- ioi_life_expectancy(by_hand, age, deaths, population, at = NULL)
  expect_equal(got$estimate[!is.na(got$estimate)], hand$estimate)
  expect_equal(got$std.error[!is.na(got$estimate)], hand$std.error)
  expect_equal(unique(got$flag), "bands merged")
})

test_that("any bands, any starting age, any ax", {
  d <- area_deaths
  wide <- data.frame(
    age = c(
      "0-4", "5-14", "15+"
    ), deaths = c(26, 12, 9319), population = c(42119, 95463, 650372)
  )
  got <- ioi_life_expectancy(wide, age, deaths, population, at = c("0-4", "15+"))
  expect_equal(got$estimate[2], 650372 / 9319)
  expect_ioi_error(
    ioi_life_expectancy(d[-1, ], age, deaths, population), "data", arg = "at"
  )
  later <- ioi_life_expectancy(d[-1, ], age, deaths, population, at = 1)
  expect_equal(
    later$estimate, ioi_life_expectancy(d, age, deaths, population, at = 1)$estimate
  )
  d$a <- 0.5
  d$a[20] <- NA
  half <- ioi_life_expectancy(d, age, deaths, population, ax = a, at = NULL)
  m <- d$deaths[1] / d$population[1]
  expect_equal(half$qx[1], m / (1 + 0.5 * m))
  d$a <- 2
  expect_ioi_error(
    ioi_life_expectancy(d, age, deaths, population, ax = a), "data", arg = "ax"
  )
})

test_that("what is wrong is named", {
  d <- area_deaths
  le <- function(data, ...) ioi_life_expectancy(data, age, deaths, population, ...)
  expect_ioi_error(le(rbind(d, d)), "data", arg = "age")
  expect_ioi_error(le(transform(d, deaths = -deaths)), "data", arg = "deaths")
  over <- d
  over$deaths[5] <- 99999L
  expect_ioi_error(le(over), "data", arg = "deaths")
  expect_equal(le(over, person_time = TRUE)$flag, "no survivors")
  expect_ioi_error(le(d, at = 3), "data", arg = "at")
  expect_ioi_error(
    le(transform(d, age = paste("age", age, "or so"))), "data", arg = "age"
  )
  expect_ioi_error(le(transform(d, age = "All ages")), "data", arg = "age")
  labels <- d
  labels$age <- c("Under 1", "1-4", paste(seq(5, 85, 5), "to", seq(9, 89, 5)), "90+")
  expect_equal(le(labels)$estimate, le(d)$estimate)
  expect_ioi_error(le(labels[-5, ]), "data", arg = "age")
  expect_ioi_error(le(labels[-20, ]), "data", arg = "age")
  overlap <- labels
  overlap$age[3] <- "5 to 10"
  expect_ioi_error(le(overlap), "data", arg = "age")
  labels$age[2] <- NA
  expect_ioi_error(le(labels), "data", arg = "age")
  expect_ioi_error(le(d, healthy = deaths), "data", arg = "healthy")
  expect_ioi_error(le(d, healthy = data.frame(x = 1)), "input", arg = "healthy")
  expect_ioi_error(le(d, level = 2), "input", arg = "level")
})

test_that("Chiang's variance is the smaller", {
  silcocks <- ioi_life_expectancy(area_deaths, age, deaths, population)
  chiang <- ioi_life_expectancy(area_deaths, age, deaths, population, variance = "chiang")
  expect_equal(chiang$estimate, silcocks$estimate)
  expect_lt(chiang$std.error, silcocks$std.error)
})

test_that("covariance between ages is the delta method's", {
  ages <- c(0, 20, 65)
  le <- function(data) ioi_life_expectancy(data, age, deaths, population, at = ages)
  base <- le(area_deaths)
  covariance <- matrix(0, 3, 3)
  whole <- ioi_life_expectancy(area_deaths, age, deaths, population, at = NULL)
  for (band in 1:20) {
    d <- transform(area_deaths, deaths = as.double(deaths))
    d$deaths[band] <- d$deaths[band] * (1 + 1e-6)
    slope <- (le(d)$estimate - base$estimate)
    moved <- ioi_life_expectancy(d, age, deaths, population, at = NULL)
    count <- area_deaths$deaths[band]
    if (band == 20) {
      step <- moved$estimate[20] - whole$estimate[20]
      v <- whole$std.error[20]^2
    } else {
      step <- moved$qx[band] - whole$qx[band]
      v <- whole$qx[band]^2 * (1 - whole$qx[band]) / count
    }
    covariance <- covariance + outer(slope, slope) / step^2 * v
  }
  expect_equal(unname(vcov(base)), covariance, tolerance = 1e-4)
  expect_equal(unname(diag(vcov(base))), base$std.error^2)
})

test_that("good health from a survey: wider bands, and their covariance", {
  shares <- data.frame(
    age = c("0 to 15", "16 to 64", "65 and over"), estimate = c(0.97, 0.85, 0.5),
    std.error = c(0.01, 0.008, 0.02)
  )
  got <- ioi_life_expectancy(
    area_deaths, age, deaths, population, healthy = shares, at = 0
  )
  whole <- ioi_life_expectancy(area_deaths, age, deaths, population, at = NULL)
  part <- findInterval(c(whole$age[-20] + diff(whole$age) / 2, 90), c(0, 16, 65))
  years <- tapply(whole$Lx, part, sum)
  expect_equal(got$estimate, sum(years * shares$estimate))
  expect_equal(got$se_prevalence, sqrt(sum(years^2 * shares$std.error^2)))
  expect_equal(got$std.error^2, got$se_prevalence^2 + got$se_mortality^2)
  expect_equal(got$healthy_share, got$estimate / got$life_expectancy)
  people <- subset(census_2011_people, population_base == "Usual resident")
  good <- quiet(ioi_proportion(
    people, health,
    by = age_band, success = c("Very good health", "Good health")
  ))
  from_survey <- ioi_life_expectancy(area_deaths, age, deaths, population, healthy = good)
  plain <- data.frame(
    age = good$age_band, estimate = good$estimate, std.error = good$std.error
  )
  expect_equal(
    from_survey$estimate,
    ioi_life_expectancy(area_deaths, age, deaths, population, healthy = plain)$estimate
  )
  expect_equal(
    from_survey$std.error,
    ioi_life_expectancy(area_deaths, age, deaths, population, healthy = plain)$std.error,
    tolerance = 1e-3
  )
  by_sex <- quiet(ioi_proportion(
    people, health,
    by = c(sex, age_band), success = c("Very good health", "Good health")
  ))
  both <- rbind(
    transform(area_deaths, sex = "Male"), transform(area_deaths, sex = "Female")
  )
  got <- ioi_life_expectancy(both, age, deaths, population, by = sex, healthy = by_sex)
  expect_false(anyNA(got$std.error))
  expect_false(got$estimate[1] == got$estimate[2])
  expect_ioi_error(
    ioi_life_expectancy(area_deaths, age, deaths, population, healthy = by_sex), "data",
    arg = "healthy"
  )
  expect_ioi_error(
    ioi_life_expectancy(
      both, age, deaths, population, by = sex, healthy = by_sex, open = "merge"
    ),
    "input",
    arg = "open"
  )
})

test_that("a share without its base leaves its variance out, and says so", {
  d <- transform(area_deaths, good = seq(1, 0.4, length.out = 20), base = 50)
  got <- ioi_life_expectancy(d, age, deaths, population, healthy = good)
  expect_equal(got$flag, "no prevalence variance")
  expect_equal(got$std.error, got$se_mortality)
  wald <- ioi_life_expectancy(
    d, age, deaths, population, healthy = good, healthy_n = base
  )
  wilson <- ioi_life_expectancy(
    d, age, deaths, population,
    healthy = good, healthy_n = base, healthy_variance = "wilson"
  )
  expect_equal(wald$flag, "")
  expect_gt(wald$std.error, got$std.error)
  expect_false(wald$std.error == wilson$std.error)
})

test_that("a gap by age equals Arriaga's split and adds up", {
  inputs <- read_rates("life_table_inputs")
  cases <- read_rates("le_gap_by_age_expected")
  got <- ioi_life_gap(
    inputs, age_start, deaths, population, case_id, reference = "o_areaA"
  )
  expect_within(got$estimate, cases$contribution_years, 1e-8)
  expect_within(got$gap, cases$total_gap, 1e-8)
  le <- ioi_life_expectancy(inputs, age_start, deaths, population, by = case_id)
  expect_equal(sum(got$estimate), diff(le$estimate))
  expect_equal(sum(vcov(got)), sum(le$std.error^2))
  expect_equal(got$gap_se[1], sqrt(sum(le$std.error^2)))
  back <- ioi_life_gap(
    inputs, age_start, deaths, population, case_id, reference = "o_areaB"
  )
  expect_equal(back$gap[1], -got$gap[1])
})

test_that("a gap by cause adds up to the gap by age", {
  two <- rbind(
    transform(area_deaths, area = "a"), transform(
      area_deaths, area = "b", deaths = deaths + 5L
    )
  )
  x <- transform(two, cause = "x", deaths = floor(deaths / 3))
  y <- transform(two, cause = "y", deaths = deaths - floor(deaths / 3))
  by_age <- ioi_life_gap(two, age, deaths, population, area, "a")
  got <- ioi_life_gap(rbind(x, y), age, deaths, population, area, "a", cause = cause)
  expect_equal(
    as.vector(tapply(got$estimate, got$age, sum)), by_age$estimate
  )
  rate <- function(d, i) d$deaths[d$area == i] / d$population[d$area == i]
  share <- (rate(x, "b") - rate(x, "a")) / (rate(two, "b") - rate(two, "a"))
  expect_equal(got$estimate[got$cause == "x"], share * by_age$estimate)
  same <- rbind(x, y)
  same$deaths[same$area == "b"] <- same$deaths[same$area == "a"]
  swap <- same$area == "b" & same$age == 50
  same$deaths[swap] <- same$deaths[swap] + c(4, -4)
  flat <- ioi_life_gap(same, age, deaths, population, area, "a", cause = cause)
  expect_equal(flat$estimate[flat$age == 50], c(0, 0))
  expect_equal(unique(flat$flag[flat$age == 50]), "split undefined")
  expect_equal(unique(flat$flag[flat$age != 50]), "")
})

test_that("gaps of several groups, of undefined tables, and of wrong references", {
  d <- rbind(
    table_of("a", identity), table_of("b", identity),
    table_of("c", function(x) {
      x$deaths[20] <- 0L
      x
    })
  )
  got <- ioi_life_gap(d, age, deaths, population, area, "a")
  expect_equal(unique(got$estimate[got$group == "b"]), 0)
  expect_true(all(is.na(got$gap[got$group == "c"])))
  expect_equal(unique(got$flag[got$group == "c"]), "no deaths in open band")
  expect_error(vcov(got), class = "ioi_error_input")
  expect_ioi_error(ioi_life_gap(d, age, deaths, population, area, "z"), "input",
    arg = "reference"
  )
})
