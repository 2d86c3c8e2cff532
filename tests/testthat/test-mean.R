# Means, totals and ratios: the package survey and open cases as other routes;
# identities that hold whatever the numbers are; the edges.

measured <- function(n = 240, seed = 11) {
  set.seed(seed)
  data.frame(
    x = round(stats::rnorm(n, 50, 20), 2),
    size = sample(1:6, n, replace = TRUE),
    yes = sample(0:1, n, replace = TRUE),
    group = sample(c("a", "b", "c"), n, replace = TRUE),
    stratum = rep(1:4, each = n / 4),
    psu = rep(seq_len(n / 6), each = 6),
    weight = round(stats::runif(n, 0.5, 4), 3)
  )
}

clustered <- function(data, ...) {
  ioi_design(data, weights = weight, strata = stratum, psu = psu, ...)
}

spread <- c("std.error", "n", "df", "deff")
results <- c("estimate", "std.error", "conf.low", "conf.high", "df")

# ---- against survey -----------------------------------------------------------

api_designs <- function() {
  data <- new.env()
  utils::data("api", package = "survey", envir = data)
  data$apiclus2$fpc2 <- as.vector(data$apiclus2$fpc2)
  list(
    cluster = list(
      theirs = survey::svydesign(~dnum, weights = ~pw, fpc = ~fpc, data = data$apiclus1),
      mine = ioi_design(data$apiclus1, weights = pw, psu = dnum, fpc = fpc)
    ),
    strata = list(
      theirs = survey::svydesign(
        ~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = data$apistrat
      ),
      mine = ioi_design(data$apistrat, weights = pw, strata = stype, fpc = fpc)
    ),
    stages = list(
      theirs = survey::svydesign(
        ~ dnum + snum, fpc = ~ fpc1 + fpc2, data = data$apiclus2
      ),
      mine = ioi_design(data$apiclus2, psu = c(dnum, snum), fpc = c(fpc1, fpc2))
    )
  )
}

# The three measures by one column, from us and from survey::svyby(). Rows without a
# measurement are out of both.
both_routes <- function(design, by) {
  theirs <- subset(design$theirs, !is.na(api.stu) & !is.na(enroll))
  by_formula <- stats::reformulate(by)
  list(
    mean = list(
      got = quiet(ioi_mean(design$mine, api00, by = !!by)),
      expected = survey::svyby(
        ~api00, by_formula, design$theirs, survey::svymean, covmat = TRUE
      )
    ),
    total = list(
      got = quiet(ioi_total(design$mine, enroll, by = !!by)),
      expected = survey::svyby(~enroll, by_formula, theirs, survey::svytotal, covmat = TRUE)
    ),
    ratio = list(
      got = quiet(ioi_ratio(design$mine, api.stu, enroll, by = !!by)),
      expected = survey::svyby(
        ~api.stu, by_formula, theirs, survey::svyratio,
        denominator = ~enroll, covmat = TRUE
      )
    )
  )
}

test_that("means, totals and ratios equal survey's, with all covariances", {
  skip_if_not_installed("survey")
  designs <- api_designs()
  for (name in names(designs)) {
    for (by in c("awards", "sch.wide")) {
      routes <- both_routes(designs[[name]], by)
      for (kind in names(routes)) {
        got <- routes[[kind]]$got
        expected <- routes[[kind]]$expected
        info <- paste(name, by, kind)
        expect_identical(nrow(got), 2L, info = info)
        expect_equal(
          got$estimate, as.vector(stats::coef(expected)), tolerance = 1e-8, info = info
        )
        expect_equal(
          unname(vcov(got)), unname(stats::vcov(expected)), tolerance = 1e-8, info = info
        )
      }
    }
  }
})

test_that("limits, degrees of freedom and design effects equal survey's", {
  skip_if_not_installed("survey")
  designs <- api_designs()
  for (name in names(designs)) {
    got <- ioi_mean(designs[[name]]$mine, api00, by = awards, level = 0.9)
    for (i in seq_len(nrow(got))) {
      part <- subset(designs[[name]]$theirs, awards == got$awards[i])
      expected <- survey::svymean(~api00, part, deff = "replace")
      df <- survey::degf(part)
      expect_identical(got$df[i], as.double(df))
      expect_equal(
        c(got$conf.low[i], got$conf.high[i]),
        as.vector(stats::confint(expected, level = 0.9, df = df)),
        tolerance = 1e-8, info = name
      )
      expect_equal(got$deff[i], as.vector(survey::deff(expected)), tolerance = 1e-8)
    }
  }
})

test_that("a design made by survey gives the same as ours", {
  skip_if_not_installed("survey")
  for (design in api_designs()) {
    a <- ioi_mean(design$theirs, api00, by = stype)
    b <- ioi_mean(design$mine, api00, by = stype)
    expect_equal(numbers(a, results), numbers(b, results), tolerance = 1e-12)
    expect_equal(vcov(a), vcov(b), tolerance = 1e-12)
  }
})

# ---- open cases ---------------------------------------------------------------

open_cases <- read_cases(test_path("cases", "survey_measurements.csv"))
open_data <- function(name) {
  read <- function(end) read_case_data(test_path("cases", paste0(name, end, ".csv.xz")))
  more <- c(
    syn_a = "_measurements _households", syn_b = "_measurements", syn_e = "_measurements"
  )
  ends <- c("", strsplit(more[[name]], " ")[[1]])
  do.call(cbind, lapply(ends, read))
}

run_measurement <- function(case, data) {
  data$domain <- in_domain(data, case$domain)
  stages <- function(name) {
    if (nzchar(case[[name]])) strsplit(case[[name]], "|", fixed = TRUE)[[1]]
  }
  design <- ioi_design(data,
    weights = !!case$weights, strata = !!stages("strata"), psu = !!stages("psu"),
    fpc = !!stages("fpc"), lonely_psu = case$lonely
  )
  table <- quiet(switch(case$estimator,
    mean = ioi_mean(design, !!case$outcome, by = domain),
    total = ioi_total(design, !!case$outcome, by = domain),
    ratio = ioi_ratio(design, !!case$outcome, !!case$denominator, by = domain)
  ))
  one <- table[table$domain, ]
  # Without a standard error there is no design effect, where the cases have 0.
  has_deff <- case$estimator != "ratio" && one$std.error > 0
  c(case_values(one), if (has_deff) list(deff_wr = one$deff))
}

measurement_misses <- function(chosen) {
  cases <- open_cases[chosen & open_cases$replicate == "", ]
  unlist(lapply(seq_len(nrow(cases)), function(i) {
    case <- as.list(cases[i, ])
    case_misses(case, run_measurement(case, open_data(case$dataset)))
  }))
}

test_that("open cases: domains, lonely strata, a stratum sampled in full, two stages", {
  kinds <- open_cases$estimator %in% c("mean", "total", "ratio")
  expect_identical(sum(kinds & open_cases$replicate == ""), 44L)
  for (topic in c("domain", "lonely", "one_stage_fpc_census_stratum", "two_stage_fpc")) {
    chosen <- kinds & open_cases$topic == topic
    expect_gt(sum(chosen), 1)
    expect_identical(measurement_misses(chosen), character(), info = topic)
  }
})

test_that("a miss is noticed", {
  case <- as.list(open_cases[open_cases$case_id == "o1062", ])
  case$se <- format(case_number(case, "se") * (1 + 1e-6), digits = 15)
  expect_match(case_misses(case, run_measurement(case, open_data("syn_a"))), "^o1062 se: ")
})

# ---- by hand ------------------------------------------------------------------

test_that("a simple random sample: the mean and its standard error", {
  x <- c(3, 8, 1, 10, 4.5)
  got <- ioi_mean(data.frame(x = x), x)
  expected <- stats::t.test(x)
  expect_equal(got$estimate, mean(x))
  expect_equal(got$std.error, stats::sd(x) / sqrt(5))
  expect_equal(c(got$conf.low, got$conf.high), as.vector(expected$conf.int))
  expect_identical(got$df, 4)
  expect_equal(got$deff, 1)
  total <- ioi_total(data.frame(x = x), x)
  expect_equal(total$estimate, sum(x))
  expect_equal(total$std.error, sqrt(5) * stats::sd(x))
})

# ---- identities ---------------------------------------------------------------

each_kind <- function(design, by = NULL) {
  list(
    mean = ioi_mean(design, x, by = !!by), total = ioi_total(design, x, by = !!by),
    ratio = ioi_ratio(design, x, size, by = !!by)
  )
}

test_that("a weight of 2 is a row twice in the same PSU", {
  data <- measured()
  rows <- c(5, 60, 61, 200)
  twice <- data
  twice$weight[rows] <- 2 * twice$weight[rows]
  a <- each_kind(clustered(twice), "group")
  b <- each_kind(clustered(rbind(data, data[rows, ])), "group")
  for (kind in names(a)) {
    expect_equal(numbers(a[[kind]], results), numbers(b[[kind]], results), tolerance = 1e-12)
    expect_equal(vcov(a[[kind]]), vcov(b[[kind]]), tolerance = 1e-11)
    expect_identical(sum(b[[kind]]$n) - sum(a[[kind]]$n), 4)
  }
})

test_that("numbers far from 0 keep the standard error", {
  data <- transform(measured(), x = round(x))
  a <- ioi_mean(clustered(data), x, by = group)
  for (shift in c(1e6, -1e9, 1e12, 1e15)) {
    b <- ioi_mean(clustered(transform(data, x = x + shift)), x, by = group)
    expect_equal(numbers(b, spread), numbers(a, spread), tolerance = 1e-9)
    expect_equal(vcov(b), vcov(a), tolerance = 1e-9)
    expect_lt(max(abs(b$estimate - shift - a$estimate)), max(1e-6, 2^-52 * abs(shift)))
  }
  for (mse in c(TRUE, FALSE)) {
    jackknife <- function(data) {
      ioi_mean(ioi_replicate(clustered(data), "JKn", mse = mse), x, by = group)
    }
    far <- jackknife(transform(data, x = x + 1e15))
    expect_equal(vcov(far), vcov(jackknife(data)), tolerance = 1e-9)
  }
})

test_that("the mean of 0 and 1 is a proportion", {
  design <- clustered(measured())
  a <- ioi_mean(design, yes, by = group)
  b <- ioi_proportion(design, yes, by = group, success = 1, ci = "wald")
  columns <- c("estimate", "std.error", "n", "df", "deff")
  expect_equal(numbers(a, columns), numbers(b, columns), tolerance = 1e-12)
  expect_equal(vcov(a), vcov(b), tolerance = 1e-12)
  logical <- ioi_mean(clustered(transform(measured(), yes = yes == 1)), yes, by = group)
  expect_equal(numbers(logical, columns), numbers(a, columns))
})

test_that("the total of ones is a total of people", {
  data <- transform(measured(), one = 1)
  a <- ioi_total(clustered(data), one, by = group)
  b <- ioi_total(clustered(data), by = group)
  expect_equal(numbers(a, results), numbers(b, results), tolerance = 1e-12)
  expect_equal(unname(vcov(a)), unname(vcov(b)), tolerance = 1e-12)
  expect_equal(b$estimate, as.vector(tapply(data$weight, data$group, sum)))
  expect_identical(unique(a$outcome), "one")
  expect_identical(b$outcome, rep(NA_character_, 3))
})

test_that("the ratio to one is a mean", {
  data <- transform(measured(), one = 1)
  a <- ioi_ratio(clustered(data), x, one, by = group)
  b <- ioi_mean(clustered(data), x, by = group)
  expect_equal(numbers(a, results), numbers(b, results), tolerance = 1e-12)
  expect_equal(vcov(a), vcov(b), tolerance = 1e-12)
  expect_identical(unique(a$outcome), "x / one")
})

test_that("the ratio of a column to itself is 1, without error", {
  got <- ioi_ratio(clustered(measured()), size, size, by = group)
  expect_equal(got$estimate, rep(1, 3))
  expect_lt(max(got$std.error), 1e-14)
})

test_that("a unit of measurement scales estimates and standard errors", {
  data <- measured()
  columns <- c("estimate", "std.error", "conf.low", "conf.high")
  expected <- each_kind(clustered(data), "group")
  for (unit in c(1e-30, 0.001, 1e9, 1e60)) {
    got <- each_kind(clustered(transform(data, x = x * unit)), "group")
    for (kind in names(expected)) {
      expect_equal(
        numbers(got[[kind]], columns) / unit, numbers(expected[[kind]], columns),
        tolerance = 1e-11
      )
    }
    expect_equal(got$mean$deff, expected$mean$deff, tolerance = 1e-10)
  }
})

test_that("totals of the parts add to the whole", {
  design <- clustered(measured())
  whole <- ioi_total(design, x)
  parts <- ioi_total(design, x, by = group)
  expect_equal(sum(parts$estimate), whole$estimate, tolerance = 1e-12)
  expect_equal(sqrt(sum(vcov(parts))), whole$std.error, tolerance = 1e-12)
  expect_identical(sum(parts$n), whole$n)
})

test_that("a mean is the ratio of its totals", {
  design <- clustered(measured())
  mean <- ioi_mean(design, x, by = group)
  total <- ioi_total(design, x, by = group)
  people <- ioi_total(design, by = group)
  expect_equal(mean$estimate, total$estimate / people$estimate, tolerance = 1e-12)
})

test_that("the order of rows does not matter", {
  data <- measured()
  set.seed(1)
  a <- each_kind(clustered(data), "group")
  b <- each_kind(clustered(data[sample(nrow(data)), ]), "group")
  for (kind in names(a)) {
    expect_equal(numbers(a[[kind]], results), numbers(b[[kind]], results), tolerance = 1e-12)
    expect_equal(vcov(a[[kind]]), vcov(b[[kind]]), tolerance = 1e-11)
  }
})

test_that("variances are the same without the covariance", {
  design <- clustered(measured())
  a <- ioi_mean(design, x, by = group)
  b <- ioi_mean(design, x, by = group, covariance = FALSE)
  expect_equal(a$std.error, b$std.error, tolerance = 1e-14)
})

# ---- edges --------------------------------------------------------------------

test_that("a missing measurement is outside the group and inside the design", {
  data <- measured()
  data$x[c(3, 50, 51)] <- NA
  message <- tryCatch(
    ioi_mean(clustered(data), x, by = group), ioi_message_missing = identity
  )
  expect_s3_class(message, "ioi_message_missing")
  expect_identical(message$unanswered, 3)
  got <- quiet(ioi_mean(clustered(data), x, by = group))
  expect_identical(sum(got$n), 237)
  seen <- !is.na(data$x)
  expected <- ioi_ratio(
    clustered(transform(data, x = ifelse(seen, x, 0), seen = as.numeric(seen))), x, seen,
    by = group
  )
  expect_equal(got$estimate, expected$estimate, tolerance = 1e-12)
  expect_equal(vcov(got), vcov(expected), tolerance = 1e-12)
})

test_that("a ratio takes the rows in which both were measured", {
  data <- measured()
  data$x[1:4] <- NA
  data$size[4:9] <- NA
  got <- quiet(ioi_ratio(clustered(data), x, size))
  expect_identical(got$n, 231)
  expect_equal(
    got$estimate,
    with(data[10:240, ], sum(weight * x) / sum(weight * size)), tolerance = 1e-12
  )
})

test_that("a group without a measurement is empty", {
  data <- measured()
  data$x[data$group == "b"] <- NA
  for (got in quiet(each_kind(clustered(data), "group"))) {
    expect_identical(got$estimate[2], NA_real_)
    expect_identical(got$std.error[2], NA_real_)
    expect_identical(got$n[2], 0)
    expect_identical(got$flag, c("", "empty", ""))
    expect_true(all(is.na(vcov(got)[2, ])))
    expect_false(anyNA(vcov(got)[-2, -2]))
  }
})

test_that("a ratio with denominator 0 is undefined", {
  data <- measured()
  data$size[data$group == "c"] <- 0
  got <- ioi_ratio(clustered(data), x, size, by = group)
  expect_identical(got$flag, c("", "", "undefined"))
  expect_identical(is.na(got$estimate), c(FALSE, FALSE, TRUE))
  expect_identical(is.na(got$std.error), c(FALSE, FALSE, TRUE))
  expect_identical(got$n[3], as.double(sum(data$group == "c")))
})

test_that("infinite values are refused", {
  data <- measured()
  data$x[c(7, 9)] <- c(Inf, -Inf)
  design <- clustered(data)
  expect_ioi_error(ioi_mean(design, x), "data", arg = "x", where = 7L, count = 2)
  expect_ioi_error(ioi_total(design, x), "data", arg = "x")
  expect_ioi_error(ioi_ratio(design, size, x), "data", arg = "x")
})

test_that("columns of text and factors are refused", {
  data <- transform(measured(), text = as.character(size), level = factor(size))
  design <- clustered(data)
  for (name in c("text", "level")) {
    expect_ioi_error(ioi_mean(design, !!name), "input", arg = name)
    expect_ioi_error(ioi_total(design, !!name), "input", arg = name)
    expect_ioi_error(ioi_ratio(design, x, !!name), "input", arg = name)
  }
})

test_that("missing values are an error where that is asked for", {
  data <- measured()
  data$x[c(20, 21)] <- NA
  expect_ioi_error(
    ioi_mean(clustered(data), x, na = "error"), "data", where = 20L, count = 2
  )
  expect_no_message(ioi_mean(clustered(measured()), x, na = "error"))
})

test_that("degrees of freedom may be given", {
  design <- clustered(measured())
  got <- ioi_mean(design, x, by = group, df = 3)
  expect_identical(got$df, rep(3, 3))
  expect_equal(got$conf.high, got$estimate + stats::qt(0.975, 3) * got$std.error)
  normal <- ioi_mean(design, x, df = Inf)
  expect_equal(normal$conf.low, normal$estimate - stats::qnorm(0.975) * normal$std.error)
  expect_identical(ioi_mean(design, x, by = group, df = "design")$df, rep(36, 3))
})

test_that("a group in one PSU has no limits", {
  data <- transform(measured(), group = ifelse(psu == 5, "one", "rest"))
  got <- ioi_mean(clustered(data), x, by = group)
  expect_identical(got$df, c(0, 35))
  expect_identical(got$flag, c("df", ""))
  expect_identical(is.na(got$conf.low), c(TRUE, FALSE))
  part <- data[data$psu == 5, ]
  expect_equal(got$estimate[1], stats::weighted.mean(part$x, part$weight))
  expect_lt(got$std.error[1], 1e-12)
})

test_that("weights of 0 are in the design and out of the base", {
  data <- measured()
  data$weight[c(1:12, 100)] <- 0
  got <- ioi_mean(clustered(data), x)
  expect_identical(got$n, 227)
  expect_equal(got$estimate, stats::weighted.mean(data$x, data$weight))
  changed <- ioi_mean(clustered(transform(data, x = ifelse(weight == 0, -999, x))), x)
  expect_equal(numbers(got, results), numbers(changed, results), tolerance = 1e-12)
})

test_that("one row is an estimate without limits, under a rule for it", {
  data <- data.frame(x = 4)
  expect_ioi_error(ioi_mean(data, x), "design", arg = "lonely_psu")
  got <- ioi_mean(ioi_design(data, lonely_psu = "certainty"), x)
  expect_identical(got$estimate, 4)
  expect_identical(got$df, 0)
  expect_identical(got$flag, "df")
  expect_identical(got$conf.low, NA_real_)
})

test_that("a total that the design fixes has a design effect of 0", {
  people <- data.frame(stratum = rep(1:2, each = 4), x = rep(c(1, 5), each = 4))
  design <- ioi_design(people, strata = stratum)
  got <- ioi_total(design, x)
  expect_identical(got$std.error, 0)
  expect_identical(got$deff, 0)
  expect_identical(got$n.effective, NA_real_)
  expect_identical(ioi_total(design, x, by = stratum)$deff, c(NA_real_, NA_real_))
})

test_that("a group all of whose records are alike has no design effect", {
  set.seed(12)
  people <- data.frame(
    psu = rep(1:12, each = 10), group = c(1:90, rep(91:100, 3)), weight = stats::rexp(120)
  )
  people$x <- (people$group %% 7) / 3
  people$z <- people$x * 1.1
  design <- ioi_design(people, weight, psu = psu)
  for (got in list(
    ioi_mean(design, x, by = group), ioi_total(design, x, by = group),
    ioi_ratio(design, x, z, by = group)
  )) {
    expect_identical(got$deff, rep(NA_real_, 100))
  }
})
