# ioi_standardise(): closed formulas, OHID's package, survey, identities, edges.

small_area <- function() {
  data.frame(
    age = c(paste0(seq(0, 85, 5), "-", seq(4, 89, 5)), "90+"),
    events = c(12, 4, 3, 2, 3, 4, 8, 2, 2, 3, 4, 5, 6, 8, 5, 6, 5, 5, 4),
    people = c(
      636, 558, 609, 543, 384, 594, 669, 843, 660, 576, 606, 522, 426, 273, 300, 288, 153,
      123, 207
    )
  )
}

esp_bands <- function() {
  c(
    5000, 5500, 5500, 5500, 6000, 6000, 6500, 7000, 7000, 7000, 7000, 6500, 6000, 5500,
    5000, 4000, 2500, 1500, 1000
  )
}

test_that("rates and ratios equal the closed formulas under every method", {
  inputs <- read_rates("standardise_inputs")
  cases <- read_rates("standardise_expected")
  for (i in seq_len(nrow(cases))) {
    case <- cases[i, ]
    d <- inputs[inputs$case_id == case$case_id, ]
    got <- if (case$quantity == "smr") {
      ioi_standardise(
        d, x, n, band, data.frame(age = d$band, rate = d$ref_rate),
        method = "ratio", ci = "ohid", level = case$level
      )
    } else {
      ioi_standardise(
        d, x, n, band, data.frame(age = d$band, population = d$std),
        ci = case$method, level = case$level
      )
    }
    expect_row(got, case$estimate, case$lower, case$upper, case$tol)
  }
})

test_that("rates and ratios equal OHID's package", {
  inputs <- read_rates("standardise_inputs")
  cases <- read_rates("ohid_run_standardise_expected")
  inputs$age <- small_area()$age
  for (level in c("95", "998")) {
    at <- as.numeric(paste0("0.", level))
    direct <- ioi_standardise(
      inputs, x, n, age, "esp2013", by = case_id, ci = "ohid", level = at
    )
    ratio <- do.call(rbind, lapply(split(inputs, inputs$case_id), function(d) {
      standard <- data.frame(age = d$age, population = 1e6, events = 1e6 * d$ref_rate)
      as.data.frame(ioi_standardise(
        d, x, n, age, standard,
        by = case_id, method = "ratio", ci = "ohid", level = at
      ))
    }))
    for (i in seq_len(nrow(cases))) {
      case <- cases[i, ]
      got <- if (case$statistic == "smr") ratio else direct
      got <- got[got$case_id == case$case_id, ]
      expect_row(
        got, case$value, case[[paste0("lower", level)]], case[[paste0("upper", level)]],
        case$tol
      )
    }
  }
})

test_that("several events a person equal OHID's package", {
  inputs <- read_rates("dsr_repeat_events_inputs")
  case <- read_rates("dsr_repeat_events_expected")
  long <- do.call(rbind, lapply(1:3, function(f) {
    data.frame(inputs[c("band", "n")], times = f, people = inputs[[4 + f]])
  }))
  standard <- data.frame(age = inputs$band, population = inputs$std)
  got <- ioi_standardise(long, people, n, band, standard, frequency = times)
  expect_row(got, case$dsr_per_100000, case$lower95, case$upper95, case$tol)
  expect_equal(got$events, case$total_events)
})

test_that("OHID's published results: testdata_small and testdata_nonind_big", {
  # testdata_DSR_ISR.xlsx of PHEindicatormethods 2.1.1
  d <- small_area()
  got <- ioi_standardise(d, events, people, age, "esp2013", suppress = "ohid", per = 1e4)
  expect_row(got, 110.3212025300104, 87.745576753670903, 136.70882227251795, 1e-12)
  reference <- data.frame(
    age = d$age,
    events = c(
      10303, 2824, 0, 3615, 3641, 3490, 3789, 3213, 3031, 2771, 3089, 3490, 3595, 4745,
      5514, 7125, 5694, 6210, 5757
    ),
    population = c(
      50520, 57173, 60213, 54659, 44345, 50128, 62163, 67423, 62899, 55463, 60479, 49974,
      44140, 40888, 37239, 30819, 18136, 15325, 13918
    )
  )
  rate <- ioi_standardise(
    d, events, people, age, reference, method = "indirect", ci = "byar"
  )
  expect_row(rate, 1017.8922051511577, 819.52100250646299, 1249.7592601383201, 1e-10)
  expect_equal(rate$expected, 835.88356123117433)
  persons <- list(
    c(75, 16, 11, 12, 8, 18, 26, 18, 18, 21, 21, 23, 23, 39, 25, 40, 46, 49, 56),
    c(16, 3, 2, 3, 0, 3, 6, 3, 4, 4, 4, 4, 6, 8, 5, 9, 9, 10, 11),
    c(4, 1, 1, 1, 0, 1, 2, 1, 1, 1, 1, 1, 2, 2, 1, 2, 2, 3, 3),
    c(2, 0, 0, 0, 1, 0, 1, 0, 0, 0, 0, 0, 1, 1, 0, 1, 1, 1, 1)
  )
  long <- do.call(rbind, lapply(1:4, function(f) {
    data.frame(d[c("age", "people")], times = f, persons = persons[[f]])
  }))
  got <- ioi_standardise(long, persons, people, age, "esp2013", frequency = times)
  expect_equal(got$events, 895)
  expect_row(got, 10430.24799147, 9532.9497786200009, 11373.074832980001, 1e-11)
})

test_that("the bands of the standard can be matched by age and be joined", {
  d <- small_area()
  full <- ioi_standardise(d, events, people, age, "esp2013")
  labels <- data.frame(age = esp2013$age[-(1:2)], population = esp2013$population[-(1:2)])
  labels <- rbind(data.frame(age = "0 to 4", population = 5000), labels)
  expect_equal(ioi_standardise(d, events, people, age, labels)$estimate, full$estimate)
  named <- stats::setNames(labels$population, labels$age)
  expect_equal(ioi_standardise(d, events, people, age, named)$estimate, full$estimate)
  starts <- transform(d, age = seq(0, 90, 5))
  expect_equal(
    ioi_standardise(starts, events, people, age, "esp2013")$estimate, full$estimate
  )
  shuffled <- d[c(7, 19, 1:6, 8:18), ]
  expect_equal(
    ioi_standardise(shuffled, events, people, age, "esp2013")$estimate, full$estimate
  )
  joined <- rbind(d[1:17, ], data.frame(age = "85+", events = 9, people = 330))
  weights <- c(esp_bands()[1:17], 2500)
  rate <- sum(weights * joined$events / joined$people) / sum(weights)
  expect_equal(
    ioi_standardise(joined, events, people, age, "esp2013")$estimate, 1e5 * rate
  )
  young <- d[1:15, ]
  rate <- sum(esp_bands()[1:15] * young$events / young$people) / sum(esp_bands()[1:15])
  expect_equal(
    ioi_standardise(young, events, people, age, "esp2013")$estimate, 1e5 * rate
  )
})

test_that("esp2013 is the published one", {
  expect_equal(sum(esp2013$population), 100000)
  expect_equal(c(sum(esp2013$population[1:2]), esp2013$population[-(1:2)]), esp_bands())
})

test_that("rows of a band are added up, and a standard like the data is the crude rate", {
  d <- small_area()
  own <- data.frame(age = d$age, population = d$people)
  crude <- ioi_rate(d, events, people, ci = "exact")
  got <- ioi_standardise(d, events, people, age, own, ci = "dobson_exact")
  expect_equal(got$estimate, crude$estimate)
  expect_equal(c(got$conf.low, got$conf.high), c(crude$conf.low, crude$conf.high))
  doubled <- rbind(d, d)
  expect_equal(ioi_standardise(doubled, events, people, age, own)$n, 2 * sum(d$people))
})

test_that("one bad group does not stop the others", {
  d <- expand.grid(
    age = c("0-4", "5-9", "10+"), area = letters[1:5], stringsAsFactors = FALSE
  )
  d$x <- c(1, 2, 3, 4, 5, 6, 0, 0, 0, 0, 5, NA, 0, 30, 30)
  d$n <- c(10, 20, 30, 10, 20, 30, 10, 20, 30, 10, 20, 30, 0, 50, 60)
  standard <- c("0-4" = 5, "5-9" = 5, "10+" = 90)
  got <- ioi_standardise(d, x, n, age, standard, by = area, per = 100)
  expect_equal(got$flag, c("fewer than 10", "", "fewer than 10", "missing", "empty band"))
  expect_equal(got$estimate, c(10, 21.25, 0, NA, NA))
  expect_equal(got$conf.high[3], NA_real_)
  hidden <- ioi_standardise(
    d, x, n, age, standard, by = area, per = 100, suppress = "ohid"
  )
  expect_equal(is.na(hidden$estimate), c(TRUE, FALSE, TRUE, TRUE, TRUE))
  expect_true(is.na(vcov(hidden)[1, 1]))
  zero <- ioi_standardise(d, x, n, age, standard, by = area, per = 100, ci = "gamma_max")
  expect_equal(zero$conf.low[3], 0)
  expect_gt(zero$conf.high[3], 0)
  dropped <- ioi_standardise(
    d, x, n, age, standard, by = area, per = 1, empty_band = "drop"
  )
  expect_equal(dropped$estimate[5], (5 * 0.6 + 90 * 0.5) / 95)
  kept <- ioi_standardise(d, x, n, age, standard, by = area, per = 1, empty_band = "zero")
  expect_equal(kept$estimate[5], (5 * 0.6 + 90 * 0.5) / 100)
  as_zero <- ioi_standardise(d, x, n, age, standard, by = area, na_as_zero = TRUE)
  expect_equal(as_zero$events[4], 5)
  without <- ioi_standardise(d[-1, ], x, n, age, standard, by = area)
  expect_equal(without$flag[1], "empty band")
})

test_that("a band with no weight takes no part", {
  d <- data.frame(age = c("0-4", "5+"), x = c(NA, 20), n = c(NA, 100))
  got <- ioi_standardise(d, x, n, age, c("0-4" = 0, "5+" = 7), per = 1)
  expect_equal(got$estimate, 0.2)
  expect_equal(got$events, 20)
})

test_that("ratios: no events, no expected events, totals, test", {
  d <- data.frame(area = c("a", "b", "c"), age = "all", x = c(0, 8, 0), n = c(50, 50, 0))
  standard <- data.frame(age = "all", population = 1000, events = 100)
  got <- ioi_standardise(d, x, n, age, standard, by = area, method = "ratio")
  expect_equal(got$estimate, c(0, 1.6, NA))
  expect_equal(got$conf.high[1], 3.688879454113936 / 5)
  expect_equal(got$flag, c("", "", "no expected events"))
  expect_equal(got$p.value[2], poisson.test(8, 5, alternative = "greater")$p.value * 2)
  totals <- data.frame(area = c("b", "a"), events = c(8, 0))
  by_total <- ioi_standardise(
    d,
    population = n, age = age, standard = standard, by = area, method = "ratio",
    totals = totals
  )
  expect_equal(by_total$estimate, c(0, 1.6, NA))
  expect_equal(by_total$flag[3], "missing")
  mid <- ioi_standardise(
    d, x, n, age, standard, by = area, method = "ratio", mid_p = TRUE
  )
  expect_equal(mid$p.value[2], 2 * (ppois(7, 5, lower.tail = FALSE) - dpois(8, 5) / 2))
})

test_that("people counted once have the binomial variance and limits of a proportion", {
  d <- data.frame(age = c("a", "b"), x = c(3, 8), n = c(10, 20))
  got <- ioi_standardise(d, x, n, age, c(a = 1, b = 1), per = 1, variance = "binomial")
  v <- 0.25 * (0.3 * 0.7 / 10 + 0.4 * 0.6 / 20)
  expect_equal(got$estimate, 0.35)
  expect_equal(got$std.error, sqrt(v))
  m <- 0.35 * 0.65 / v
  wilson <- prop.test(0.35 * m, m, correct = FALSE)$conf.int
  expect_equal(c(got$conf.low, got$conf.high), as.vector(wilson))
  expect_ioi_error(
    ioi_standardise(d, n, x, age, c(a = 1, b = 1), variance = "binomial"), "data",
    arg = "events"
  )
})

test_that("the standard's own sampling error can be counted", {
  d <- data.frame(age = c("a", "b"), x = c(30, 90), n = c(100, 100))
  standard <- data.frame(age = c("a", "b"), population = c(20, 60))
  fixed <- ioi_standardise(d, x, n, age, standard, per = 1)
  sampled <- ioi_standardise(d, x, n, age, standard, per = 1, standard_sampled = TRUE)
  expect_equal(sampled$std.error^2 - fixed$std.error^2, 0.25 * 0.75 * 0.6^2 / 80)
  expect_true(any(grepl("taken as fixed", format(fixed))))
  expect_true(any(grepl("sampling error is included", format(sampled))))
  expect_ioi_error(
    ioi_standardise(
      small_area(), events, people, age, "esp2013", standard_sampled = TRUE
    ),
    "input",
    arg = "standard"
  )
})

test_that("difference and ratio of two standardised rates", {
  d <- rbind(transform(small_area(), area = "a"), transform(small_area(), area = "b"))
  d$events[20:38] <- d$events[20:38] * 2 + 1
  rates <- ioi_standardise(d, events, people, age, "esp2013", by = area)
  gap <- ioi_parity(rates, area, "a", measure = c("difference", "ratio"))
  gap <- gap[gap$group == "b", ]
  expect_equal(
    gap$estimate, c(diff(rates$estimate), rates$estimate[2] / rates$estimate[1])
  )
  expect_equal(gap$std.error[1], sqrt(sum(rates$std.error^2)))
  z <- qnorm(0.975) * sqrt(sum((rates$std.error / rates$estimate)^2))
  expect_equal(c(gap$conf.low[2], gap$conf.high[2]), gap$estimate[2] * exp(c(-z, z)))
})

test_that("what is wrong is named", {
  d <- small_area()
  run <- function(data = d, standard = "esp2013", ...) {
    ioi_standardise(data, events, people, age, standard, ...)
  }
  expect_ioi_error(run(standard = c("0-4" = 5)), "data", arg = "standard")
  expect_ioi_error(run(standard = rbind(
    data.frame(age = d$age, population = 1), data.frame(age = "x", population = 1)
  )), "data", arg = "standard")
  expect_ioi_error(run(standard = data.frame(age = d$age, population = 0)), "data")
  expect_ioi_error(run(standard = data.frame(age = d$age, population = -1)), "data")
  expect_ioi_error(run(standard = data.frame(age = d$age)), "input", arg = "standard")
  expect_ioi_error(run(standard = 1:19), "input", arg = "standard")
  expect_ioi_error(run(method = "indirect"), "input", arg = "standard")
  expect_ioi_error(run(ci = "wilson"), "input", arg = "ci")
  expect_ioi_error(run(ci = "gamma_max", method = "ratio"), "input", arg = "ci")
  expect_ioi_error(run(suppress = "ons"), "input", arg = "suppress")
  expect_ioi_error(run(transform(d, people = NA_real_)), "data", arg = "population")
  expect_ioi_error(run(transform(d, people = 0)), "data", arg = "events")
  expect_ioi_error(run(transform(d, age = seq(0, 72, 4))), "data", arg = "age")
  numbers <- transform(d[1:15, ], age = seq(0, 70, 5))
  expect_ioi_error(run(numbers), "data", arg = "age")
  expect_ioi_error(ioi_standardise(list(1)), "input", arg = "data")
  expect_ioi_error(
    ioi_standardise(d, population = people, age = age, standard = "esp2013"), "input",
    arg = "events"
  )
})

test_that("survey proportions equal survey::svystandardize()", {
  rows <- utils::read.csv(
    xzfile(test_path("cases", "rates_survey_rows.csv.xz")),
    na.strings = ""
  )
  design <- ioi_design(rows, weights = w, strata = stratum, psu = psu)
  standard <- stats::setNames(c(0.14, 0.34, 0.32, 0.2), sort(unique(rows$age)))
  cases <- read_rates("survey_standardised")
  for (ci in unique(cases$ci_method)) {
    got <- quiet(ioi_standardise(
      design, belong, age, standard,
      by = ethnic, success = "1", ci = ci, deff_wor = TRUE
    ))
    for (i in which(cases$ci_method == ci)) {
      row <- got[got$ethnic == sub("ethnic=", "", cases$domain[i]), ]
      expect_row(row, cases$estimate[i], cases$ci_low[i], cases$ci_high[i], cases$tol[i])
      expect_equal(row$std.error, cases$se[i], tolerance = cases$tol[i])
      expect_equal(c(row$df, row$n), c(cases$df[i], cases$n[i]))
      expect_equal(row$deff, cases$deff_wr[i], tolerance = cases$tol[i])
      expect_equal(row$deff.wor, cases$deff[i], tolerance = cases$tol[i])
    }
  }
})

test_that("covariance of standardised groups equals that of survey", {
  skip_if_not_installed("survey")
  rows <- utils::read.csv(
    xzfile(test_path("cases", "rates_survey_rows.csv.xz")),
    na.strings = ""
  )
  rows <- rows[!is.na(rows$belong) & rows$ethnic %in% c("White", "Asian"), ]
  ours <- ioi_standardise(
    ioi_design(rows, weights = w, strata = stratum, psu = psu, lonely_psu = "remove"),
    belong, age, c("16-24" = 1, "25-44" = 2, "45-64" = 3, "65+" = 4),
    by = ethnic, success = "1"
  )
  withr::local_options(survey.lonely.psu = "remove")
  design <- survey::svydesign(~psu, strata = ~stratum, weights = ~w, data = rows)
  cells <- survey::svyby(~belong, ~ age + ethnic, design, survey::svymean, covmat = TRUE)
  share <- rbind(
    as.numeric(cells$ethnic == "Asian") * c(1, 2, 3, 4) / 10,
    as.numeric(cells$ethnic == "White") * c(1, 2, 3, 4) / 10
  )
  expect_equal(as.character(cells$age), rep(sort(unique(rows$age)), 2))
  expect_equal(ours$estimate, as.vector(share %*% stats::coef(cells)))
  expect_equal(
    unname(vcov(ours)), unname(share %*% vcov(cells) %*% t(share)), tolerance = 1e-10
  )
})

test_that("a survey standardised to its own composition is unchanged, and sums to 1", {
  people <- subset(census_2011_people, !is.na(health))
  plain <- ioi_proportion(people, health, by = sex)
  for (of in levels(people$sex)) {
    some <- people[people$sex == of, ]
    own <- table(some$age_band)
    own <- stats::setNames(as.vector(own), names(own))
    got <- ioi_standardise(as_ioi_design(some), health, age_band, own)
    expect_equal(got$estimate, plain$estimate[plain$sex == of])
    expect_equal(sum(got$estimate), 1)
    expect_equal(max(abs(rowSums(vcov(got)))), 0, tolerance = 1e-12)
  }
})

test_that("a survey has codes that mean missing, and its messages name `over`", {
  code <- rep(c(1, 2, -9, 1), 20)
  rows <- data.frame(
    y = structure(code, labels = c(Yes = 1, No = 2, Refused = -9),
      class = c("haven_labelled", "vctrs_vctr", "double")
    ),
    age = rep(c("x", "y", NA, "y", "x"), 16)
  )
  design <- ioi_design(rows)
  standard <- c(x = 1, y = 1)
  ask <- function(...) ioi_standardise(design, y, age, standard, success = "Yes", ...)
  said <- expect_message(got <- ask(missing_codes = -9, cv = TRUE), "without a value of `over`")
  expect_s3_class(said, "ioi_message_missing")
  share <- tapply(code[code > 0] == 1, rows$age[code > 0], mean)
  expect_equal(got$estimate, mean(share))
  expect_equal(got$cv, got$std.error / got$estimate)
  expect_warning(quiet(ask()), class = "ioi_warning_missing_code")
  error <- expect_ioi_error(
    quiet(ioi_standardise(design, y, age, c(x = 1), success = "Yes", missing_codes = -9)),
    "data", arg = "standard"
  )
  expect_match(conditionMessage(error), "every band of `over`")
  said <- function(...) {
    error <- expect_ioi_error(
      ioi_standardise(design, y, over = age, ..., missing_codes = -9), "input", arg = "standard"
    )
    conditionMessage(error)
  }
  expect_match(quiet(said()), "must be given")
  expect_match(quiet(said(standard = c(1, 2))), "no names")
  expect_match(quiet(said(standard = data.frame(age = c("x", "y"), Freq = 1:2))), "but .*Freq")
})

test_that("a band without answers is left out of the survey's standard and flagged", {
  rows <- data.frame(
    g = rep(c("a", "b"), c(60, 40)), age = rep(c("x", "y", "x"), c(30, 30, 40)),
    y = rep(c(1, 0, 1, 1, 0), 20)
  )
  got <- ioi_standardise(ioi_design(rows), y, age, c(x = 1, y = 1), by = g, success = "1")
  expect_equal(got$flag, c("", "empty band"))
  expect_equal(got$estimate[2], mean(rows$y[rows$g == "b"]))
  kept <- ioi_standardise(ioi_design(rows), y, age, c(x = 1, y = 1),
    by = g, success = "1", ci = "nchs"
  )
  expect_true(all(kept$conf.low < got$estimate))
  expect_ioi_error(
    ioi_standardise(ioi_design(rows), y, g, c(a = 1, b = 1), by = g), "input",
    arg = "over"
  )
})

# The design variance of the scores of standardised shares, with one stage and no fpc:
# `rule` is for strata with one PSU among the records of the group.
standardised_variance <- function(rows, group, share, rule) {
  here <- rows$g == group
  score <- numeric(nrow(rows))
  for (band in names(share)) {
    at <- which(here & rows$age == band)
    w <- rows$w[at] / sum(rows$w[at])
    score[at] <- share[[band]] * w * (rows$y[at] - sum(w * rows$y[at]))
  }
  strata <- split(seq_along(score), rows$h)
  strata <- strata[vapply(strata, function(at) any(here[at]), NA)]
  psus <- vapply(strata, function(at) length(unique(rows$psu[at])), 0)
  present <- vapply(strata, function(at) length(unique(rows$psu[at][here[at]])), 0)
  parts <- mapply(function(at, n, alone) {
    total <- as.vector(tapply(score[at], rows$psu[at], sum))
    centre <- if (alone) sum(score) / sum(psus) else mean(total)
    n / (n - 1) * sum((total - centre)^2)
  }, strata, psus, present == 1)
  if (rule == "adjust") {
    return(sum(parts))
  }
  sum(parts[present > 1]) * length(parts) / sum(present > 1)
}

test_that("rules for lonely PSUs see the standardised group, not its bands", {
  set.seed(8)
  rows <- expand.grid(i = 1:4, psu = 1:12)
  rows$h <- (rows$psu + 2) %/% 3
  rows$g <- ifelse(rows$h == 1 & rows$psu > 1, "b", sample(c("a", "b"), 48, TRUE))
  rows$age <- sample(c("x", "y", "z"), 48, TRUE)
  rows$y <- sample(0:1, 48, TRUE)
  rows$w <- stats::rexp(48) + 0.2
  share <- c(x = 0.5, y = 0.3, z = 0.2)
  for (rule in c("adjust", "average")) {
    design <- ioi_design(rows, w,
      strata = h, psu = psu, lonely_psu = rule, lonely_domain = TRUE
    )
    got <- ioi_standardise(design, y, age, share, by = g, success = 1)
    expect_equal(
      got$std.error^2,
      c(
        standardised_variance(rows, "a", share, rule),
        standardised_variance(rows, "b", share, rule)
      )
    )
  }
})

test_that("a replicate without a band of a group is left out, and logits are of replicates", {
  set.seed(9)
  rows <- data.frame(
    psu = rep(1:9, each = 6), age = sample(c("x", "y"), 54, TRUE), y = sample(0:1, 54, TRUE)
  )
  rows$age[rows$psu > 1] <- replace(rows$age[rows$psu > 1], 1:20, "x")
  jackknife <- ioi_replicate(ioi_design(rows, psu = psu), "JK1")
  share <- c(x = 0.4, y = 0.6)
  theta <- vapply(1:9, function(r) {
    left <- rows[rows$psu != r, ]
    sum(share * tapply(left$y, left$age, mean))
  }, 0)
  got <- ioi_standardise(jackknife, y, age, share, success = 1)
  expect_equal(got$std.error, sqrt(8 / 9 * sum((theta - mean(theta))^2)))
  logit <- stats::qlogis(theta)
  width <- stats::qt(0.975, got$df) * sqrt(8 / 9 * sum((logit - mean(logit))^2))
  expect_equal(got$conf.low, stats::plogis(stats::qlogis(got$estimate) - width))
  alone <- rows
  alone$age <- ifelse(rows$psu == 4, "y", "x")
  alone <- ioi_replicate(ioi_design(alone, psu = psu), "JK1")
  said <- expect_warning(
    got <- ioi_standardise(alone, y, age, share, success = 1),
    class = "ioi_warning_replicates"
  )
  theta <- vapply(c(1:3, 5:9), function(r) {
    sum(share * tapply(rows$y[rows$psu != r], rows$psu[rows$psu != r] == 4, mean))
  }, 0)
  expect_equal(got$std.error, sqrt(8 / 9 * sum((theta - mean(theta))^2)))
})

test_that("an empty subset of a survey has no standardised share", {
  rows <- data.frame(
    g = rep(c("a", "b"), 10), age = rep(c("x", "y"), each = 10), y = rep_len(c(0, 1, 1), 20)
  )
  none <- suppressWarnings(ioi_subset(ioi_design(rows), y > 1), classes = "ioi_warning_empty")
  got <- ioi_standardise(none, y, age, c(x = 1, y = 1), success = 1)
  expect_identical(got$flag, "empty")
  expect_identical(got$estimate, NA_real_)
  expect_identical(nrow(ioi_standardise(none, y, age, c(x = 1, y = 1), by = g, success = 1)), 0L)
})
