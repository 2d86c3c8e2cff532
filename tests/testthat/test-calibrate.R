# Calibration. Second routes: iterative proportional fitting and the definition of
# the variance over records, written out here; the survey package, where it is
# installed; identities.

people <- local({
  set.seed(20080401)
  n <- 400
  x <- data.frame(
    id = seq_len(n), stratum = sample(letters[1:3], n, TRUE), weight = runif(n, 0.4, 4),
    sex = sample(c("female", "male"), n, TRUE),
    age = sample(c("young", "middle", "old"), n, TRUE, 3:1)
  )
  x$psu <- paste0(x$stratum, sample(8, n, TRUE))
  x$hours <- round(rnorm(n, 50, 8) + 3 * (x$age == "old"), 1)
  x$y <- x$hours / 2 + rnorm(n) + 2 * (x$sex == "female")
  x$group <- sample(c("A", "B"), n, TRUE)
  x$answer <- ifelse(x$y + rnorm(n, 0, 4) > 26, "yes", ifelse(runif(n) < 0.3, "unsure", "no"))
  x$population <- c(a = 300, b = 320, c = 500)[x$stratum]
  x$villages <- 60
  x$households <- 150
  x
})
sexes <- data.frame(sex = c("female", "male"), population = c(5200, 4800))
ages <- data.frame(age = c("young", "middle", "old"), population = c(4500, 3500, 2000))
cells <- expand.grid(sex = sexes$sex, age = ages$age)
cells$population <- c(2500, 2100, 1700, 1600, 1050, 1050)
totals <- c(
  "(Intercept)" = 10000, sexmale = 4800, ageold = 2000, ageyoung = 4500, hours = 506000
)

designs <- list(
  psus = ioi_design(people, weights = weight, strata = stratum, psu = psu),
  records = ioi_design(people, weights = weight, strata = stratum, fpc = population),
  stages = ioi_design(people, weights = weight, psu = c(psu, id), fpc = c(villages, households)),
  plain = ioi_design(people)
)
calibrations <- list(
  cells = function(x) ioi_poststratify(x, c(sex, age), cells),
  raking = function(x) ioi_calibrate(x, list(sex = sexes, age = ages)),
  linear = function(x) {
    suppressWarnings(ioi_calibrate(x,
      method = "linear", formula = ~ sex + age + hours, totals = totals
    ), classes = "ioi_warning_weights")
  },
  exponential = function(x) ioi_calibrate(x, formula = ~ sex + age + hours, totals = totals)
)
matrices <- list(
  cells = stats::model.matrix(~ sex * age, people),
  raking = stats::model.matrix(~ sex + age, people),
  linear = stats::model.matrix(~ sex + age + hours, people),
  exponential = stats::model.matrix(~ sex + age + hours, people)
)

# The variance of the total of scores u, by the definition.
between <- function(u, unit, stratum, fraction = 0) {
  total <- tapply(u, unit, sum)
  of <- stratum[match(names(total), unit)]
  f <- rep_len(fraction, length(total))
  sum(vapply(split(seq_along(total), of), function(j) {
    (1 - f[j[1]]) * length(j) * stats::var(total[j])
  }, 0))
}
by_definition <- list(
  psus = function(u) between(u, people$psu, people$stratum),
  records = function(u) {
    fraction <- table(people$stratum) / c(300, 320, 500)
    between(u, people$id, people$stratum, fraction[people$stratum])
  },
  stages = function(u) {
    psus <- unique(people$psu)
    first <- length(psus) / 60
    inner <- vapply(split(seq_along(u), people$psu), function(i) {
      (1 - length(i) / 150) * length(i) * stats::var(u[i])
    }, 0)
    between(u, people$psu, rep("all", nrow(people)), first) + first * sum(inner)
  },
  plain = function(u) between(u, people$id, rep("all", nrow(people)))
)
residuals_on <- function(s, x, d) stats::lm.wfit(x, s, d)$residuals

test_that("calibrated weights meet the totals", {
  for (design in designs) {
    for (name in names(calibrations)) {
      w <- weights(calibrations[[name]](design))
      expect_equal(sum(w), 10000)
      expect_equal(sum(w[people$sex == "male"]), if (name == "cells") 4750 else 4800)
      if (name != "cells") expect_equal(sum(w[people$age == "old"]), 2000)
      if (name %in% c("linear", "exponential")) expect_equal(sum(w * people$hours), 506000)
    }
  }
})

test_that("raking is iterative proportional fitting", {
  w <- people$weight
  for (i in 1:200) {
    factor <- c(female = 5200, male = 4800) / tapply(w, people$sex, sum)[c("female", "male")]
    w <- w * factor[people$sex]
    factor <- c(middle = 3500, old = 2000, young = 4500) / tapply(w, people$age, sum)
    w <- w * factor[people$age]
  }
  expect_equal(weights(calibrations$raking(designs$psus)), as.vector(w), tolerance = 1e-10)
})

test_that("the linear distance is generalised regression", {
  x <- matrices$linear
  d <- people$weight
  g <- 1 + x %*% solve(crossprod(x, d * x), totals[colnames(x)] - colSums(d * x))
  expect_equal(weights(calibrations$linear(designs$psus)), as.vector(d * g), tolerance = 1e-10)
})

test_that("variances are those of the residuals", {
  for (name in names(designs)) {
    d <- if (name == "plain") rep(1, nrow(people)) else people$weight
    for (kind in names(calibrations)) {
      design <- calibrations[[kind]](designs[[name]])
      w <- weights(design)
      variance <- function(s) by_definition[[name]](w * residuals_on(s, matrices[[kind]], d))
      a <- people$group == "A"
      total <- ioi_total(design, y, by = group)
      expect_equal(total$std.error[1]^2, variance(a * people$y), tolerance = 1e-9)
      mean <- ioi_mean(design, y, by = group)
      s <- lapply(split(seq_along(w), people$group), function(i) {
        centred <- people$y[i] - weighted.mean(people$y[i], w[i])
        replace(numeric(nrow(people)), i, centred / sum(w[i]))
      })
      expect_equal(mean$estimate[2], weighted.mean(people$y[!a], w[!a]))
      expect_equal(vcov(mean)[2, 2], variance(s$B), tolerance = 1e-9)
      cross <- (variance(s$A + s$B) - variance(s$A - s$B)) / 4
      expect_equal(vcov(mean)[1, 2], cross, tolerance = 1e-7)
      ratio <- ioi_ratio(design, y, hours, by = group)
      score <- a * (people$y - ratio$estimate[1] * people$hours) / sum((w * people$hours)[a])
      expect_equal(ratio$std.error[1]^2, variance(score), tolerance = 1e-9)
      yes <- ioi_proportion(design, answer, by = group)
      at <- which(yes$group == "B" & yes$category == "yes")
      score <- (!a) * ((people$answer == "yes") - yes$estimate[at]) / sum(w[!a])
      expect_equal(yes$std.error[at]^2, variance(score), tolerance = 1e-9)
      alone <- ioi_proportion(design, answer, by = group, covariance = FALSE)
      expect_equal(alone$std.error, yes$std.error, tolerance = 1e-12)
    }
  }
})

test_that("a calibrated total has no variance", {
  for (design in designs) {
    for (kind in names(calibrations)) {
      calibrated <- calibrations[[kind]](design)
      expect_identical(ioi_total(calibrated)$std.error, 0)
      expect_identical(ioi_total(calibrated, by = sex)$std.error, c(0, 0))
      expect_identical(ioi_proportion(calibrated, age)$std.error, c(0, 0, 0))
      if (kind %in% c("linear", "exponential")) {
        expect_identical(ioi_total(calibrated, hours)$std.error, 0)
      }
    }
  }
})

test_that("a group of one record has no variance where records are sampled", {
  data <- transform(people, one = seq_along(id), size = hours + 1e4 / 3)
  design <- ioi_poststratify(ioi_design(data, weights = weight), c(sex, age), cells)
  got <- ioi_ratio(design, size, y, by = one)
  expect_identical(got$std.error, numeric(nrow(data)))
})

test_that("of several calibrations the last is met, and residuals begin with it", {
  for (name in c("psus", "records")) {
    first <- ioi_poststratify(designs[[name]], sex, sexes)
    both <- ioi_poststratify(first, age, ages)
    expect_identical(ioi_total(both, by = age)$std.error, c(0, 0, 0))
    e <- residuals_on(people$y, stats::model.matrix(~age, people), weights(first))
    e <- residuals_on(e, stats::model.matrix(~sex, people), people$weight)
    expect_equal(
      ioi_total(both, y)$std.error^2, by_definition[[name]](weights(both) * e),
      tolerance = 1e-9
    )
  }
  again <- calibrations$raking(calibrations$raking(designs$psus))
  expect_equal(weights(again), weights(calibrations$raking(designs$psus)), tolerance = 1e-9)
  expect_equal(
    vcov(ioi_mean(again, y, by = group)),
    vcov(ioi_mean(calibrations$raking(designs$psus), y, by = group)),
    tolerance = 1e-6
  )
})

test_that("one factor is the same by every method, in a margin or in a formula", {
  design <- designs$psus
  all <- list(
    ioi_poststratify(design, sex, sexes),
    ioi_calibrate(design, list(sex = sexes)),
    ioi_calibrate(design, list(sex = sexes), method = "linear"),
    ioi_calibrate(design, list(sex = sexes), bounds = c(0, 1e6)),
    ioi_calibrate(design, formula = ~sex, totals = c("(Intercept)" = 10000, sexmale = 4800)),
    ioi_calibrate(design, formula = ~ 0 + sex, totals = c(sexfemale = 5200, sexmale = 4800))
  )
  expected <- ioi_mean(all[[1]], y, by = group)
  for (x in all[-1]) {
    expect_equal(numbers(ioi_mean(x, y, by = group), c("estimate", "std.error", "df", "deff")),
      numbers(expected, c("estimate", "std.error", "df", "deff")),
      tolerance = 1e-9
    )
  }
})

test_that("a margin is found by its name in the list, and levels match as text", {
  design <- ioi_design(transform(people, sex = factor(sex), decade = id %% 3L))
  named <- list(sex = data.frame(who = sexes$sex, population = sexes$population))
  expect_equal(
    weights(ioi_calibrate(design, named)), weights(ioi_calibrate(design, list(sex = sexes)))
  )
  text <- data.frame(decade = c("0", "1", "2"), population = c(1, 2, 3))
  expect_equal(
    as.vector(tapply(weights(ioi_poststratify(design, decade, text)), people$id %% 3, sum)), 1:3
  )
})

test_that("measurements may stand beside margins", {
  both <- ioi_calibrate(designs$psus, list(sex = sexes, age = ages),
    formula = ~ 0 + hours, totals = c(hours = 506000)
  )
  one <- calibrations$exponential(designs$psus)
  expect_equal(weights(both), weights(one), tolerance = 1e-9)
  expect_equal(vcov(ioi_mean(both, y, by = group)), vcov(ioi_mean(one, y, by = group)),
    tolerance = 1e-8
  )
})

test_that("a row twice is a weight of two, and the order of rows is nothing", {
  spread <- transform(people, weight = 2 * weight)
  twice <- people[rep(seq_len(nrow(people)), each = 2), ]
  for (kind in names(calibrations)) {
    make <- function(data) {
      calibrations[[kind]](ioi_design(data, weights = weight, strata = stratum, psu = psu))
    }
    a <- ioi_mean(make(spread), y, by = group)
    b <- ioi_mean(make(twice), y, by = group)
    expect_equal(vcov(a), vcov(b), tolerance = 1e-8)
    set.seed(4)
    c <- ioi_mean(make(spread[sample(nrow(spread)), ]), y, by = group)
    expect_equal(vcov(a), vcov(c), tolerance = 1e-8)
    expect_equal(a$estimate, c$estimate)
  }
})

test_that("raking to margins does not depend on the unit of the weights", {
  small <- ioi_design(transform(people, weight = weight / 1e5), weights = weight, psu = psu)
  large <- ioi_design(people, weights = weight, psu = psu)
  expect_equal(
    weights(calibrations$raking(small)), weights(calibrations$raking(large)),
    tolerance = 1e-9
  )
})

test_that("bounds hold", {
  design <- ioi_design(transform(people, weight = weight * 10000 / sum(weight)),
    weights = weight, psu = psu
  )
  for (method in c("linear", "raking", "logit")) {
    calibrated <- ioi_calibrate(design,
      formula = ~ sex + age + hours, totals = totals,
      method = method, bounds = c(0.75, 1.35)
    )
    g <- weights(calibrated) / weights(design)
    expect_gte(min(g), 0.75 - 1e-12)
    expect_lte(max(g), 1.35 + 1e-12)
    expect_equal(sum(weights(calibrated) * people$hours), 506000)
    w <- weights(calibrated)
    e <- residuals_on(people$y, matrices$linear, weights(design))
    expect_equal(
      ioi_total(calibrated, y)$std.error^2,
      between(w * e, people$psu, rep("all", nrow(people))),
      tolerance = 1e-9
    )
  }
})

test_that("negative weights are allowed with a warning, and counted", {
  moved <- replace(totals, "hours", 10000 * 65)
  expect_warning(
    x <- ioi_calibrate(designs$psus,
      method = "linear", formula = ~ sex + age + hours, totals = moved
    ),
    class = "ioi_warning_weights"
  )
  expect_lt(min(weights(x)), 0)
  expect_equal(ioi_mean(x, y)$n, nrow(people))
  expect_equal(ioi_mean(x, hours)$estimate, 65)
})

test_that("a share that negative weights bring out of its range is flagged", {
  set.seed(27)
  data <- data.frame(weight = stats::rexp(40), z = stats::rexp(40), psu = rep(1:8, 5))
  data$yes <- as.integer(data$z < 1.5)
  of <- c("(Intercept)" = sum(data$weight), z = 0.2 * sum(data$weight * data$z))
  bent <- function(design) {
    suppressWarnings(
      ioi_calibrate(design, formula = ~z, totals = of, method = "linear"),
      classes = "ioi_warning_weights"
    )
  }
  plain <- ioi_design(data, weight, psu = psu)
  for (design in list(plain, ioi_replicate(plain, "JK1"))) {
    calibrated <- bent(design)
    expect_no_warning(got <- ioi_proportion(calibrated, yes, success = 1))
    expect_gt(got$estimate, 1)
    expect_identical(got$flag, "range")
    expect_identical(got$conf.low, NA_real_)
    wald <- ioi_proportion(calibrated, yes, success = 1, ci = "wald")
    expect_lt(wald$conf.low, wald$estimate)
    expect_match(paste(format(got), collapse = " "), "below 0 or")
  }
})

test_that("every stratum counts in the rules for lonely PSUs", {
  lonely <- transform(people, stratum = ifelse(psu == "a1", "one", stratum))
  outside <- people$group == "B" | people$psu == "a1"
  lonely$group <- ifelse(outside, "B", "A")
  strata <- length(unique(lonely$stratum))
  of <- function(rule) {
    design <- ioi_design(lonely, weights = weight, strata = stratum, psu = psu, lonely_psu = rule)
    ioi_total(calibrations$cells(design), y, by = group)
  }
  expect_equal(of("average")$std.error, of("remove")$std.error * sqrt(strata / (strata - 1)))
  w <- weights(calibrations$cells(designs$psus))
  u <- w * residuals_on((lonely$group == "A") * people$y, matrices$cells, people$weight)
  total <- tapply(u, lonely$psu, sum)
  expect_equal(
    of("adjust")$std.error[1]^2 - of("remove")$std.error[1]^2,
    as.vector((total["a1"] - mean(total))^2),
    tolerance = 1e-8
  )
})

test_that("replicates are calibrated one by one", {
  jackknife <- ioi_replicate(designs$psus, "JKn")
  w <- weights(designs$psus)
  for (kind in c("cells", "raking", "linear")) {
    design <- calibrations[[kind]](jackknife)
    found <- ioi_total(design, y)
    theta <- vapply(unique(people$psu), function(out) {
      n <- length(unique(people$psu[people$stratum == substr(out, 1, 1)]))
      of <- ifelse(people$stratum == substr(out, 1, 1), n / (n - 1), 1) * (people$psu != out)
      data <- transform(people, weight = w * of)
      ioi_total(calibrations[[kind]](ioi_design(data, weights = weight)), y)$estimate
    }, 0)
    n <- tapply(people$psu, people$stratum, function(p) length(unique(p)))
    scale <- ((n - 1) / n)[substr(unique(people$psu), 1, 1)]
    expect_equal(found$std.error^2, sum(scale * (theta - mean(theta))^2), tolerance = 1e-9)
    expect_equal(found$estimate, ioi_total(calibrations[[kind]](designs$psus), y)$estimate)
    expect_lt(max(ioi_total(design)$std.error), 1e-6)
  }
})

test_that("trimming keeps the sum and the bounds", {
  design <- designs$psus
  expect_message(trimmed <- ioi_trim_weights(design, 0.8, 3), class = "ioi_message_trimmed")
  expect_equal(sum(weights(trimmed)), sum(people$weight))
  expect_true(all(weights(trimmed) >= 0.8 & weights(trimmed) <= 3))
  even <- ioi_design(data.frame(w = c(1, 2, 6, 0)), weights = w)
  expect_equal(weights(suppressMessages(ioi_trim_weights(even, upper = 4))), c(2, 3, 4, 0))
  expect_equal(
    weights(suppressMessages(ioi_trim_weights(even, upper = 4, share = "proportional"))),
    c(5 / 3, 10 / 3, 4, 0)
  )
  expect_ioi_error(ioi_trim_weights(even, upper = 2), "convergence")
  expect_ioi_error(ioi_trim_weights(even, 3, 2), "input")
})

test_that("replicates are trimmed as the sample is, in any form and after calibration", {
  trim <- function(design) suppressMessages(ioi_trim_weights(design, 0.8, 3))
  error <- function(design) ioi_mean(design, y, by = group)$std.error
  linear <- trim(designs$psus)
  made <- ioi_replicate(designs$psus, "JKn")
  expect_equal(error(trim(made)), error(ioi_replicate(linear, "JKn")))
  expect_gt(max(abs(error(trim(made)) / error(made) - 1)), 1e-3)
  # replicates in which every row has a factor of its own
  set.seed(2)
  many <- data.frame(y = stats::rexp(1500), weight = stats::runif(1500, 0.5, 4), group = 1:2)
  factors <- matrix(stats::runif(6 * 1500), 1500)
  columns <- function(weight) {
    data <- transform(many, weight = weight)
    data[paste0("r", 1:6)] <- as.data.frame(factors * weight)
    ioi_design(data, weight, repweights = tidyselect::num_range("r", 1:6), rep_type = "JK1")
  }
  expect_length(columns(many$weight)$replicates$columns, 6)
  cut <- weights(trim(ioi_design(many, weight)))
  expect_equal(error(trim(columns(many$weight))), error(columns(cut)))
  calibrated <- ioi_calibrate(made, list(sex = sexes), method = "linear")
  small <- suppressMessages(ioi_trim_weights(calibrated, upper = 50))
  expect_equal(sum(weights(small)), 10000)
  expect_true(all(is.finite(error(small))))
})

test_that("margins that cannot be met are errors that say which and how", {
  design <- designs$psus
  expect_ioi_error(ioi_poststratify(design, sex, sexes[1, ]), "data", levels = "male")
  more <- rbind(sexes, data.frame(sex = "other", population = 10))
  expect_ioi_error(ioi_calibrate(design, list(sex = more)), "data", arg = "sex", levels = "other")
  expect_ioi_error(ioi_poststratify(design, c(sex, age), cells[-3, ]), "data",
    levels = "female, middle"
  )
  nobody <- rbind(sexes, data.frame(sex = "other", population = 0))
  expect_equal(
    weights(ioi_calibrate(design, list(sex = nobody))),
    weights(ioi_calibrate(design, list(sex = sexes)))
  )
  expect_ioi_error(
    ioi_calibrate(design, list(sex = sexes, age = transform(ages, population = 2 * population))),
    "data",
    arg = "age"
  )
  twice <- list(sex = sexes[c(1, 2, 2), ])
  expect_ioi_error(ioi_calibrate(design, twice), "input", arg = "sex", where = 3L)
  expect_ioi_error(
    ioi_calibrate(design, list(sex = transform(sexes, population = c(NA, 1)))), "input",
    arg = "sex"
  )
  expect_ioi_error(ioi_calibrate(design, list(nothing = ages[0, ])), "input")
  missing <- ioi_design(transform(people, sex = replace(sex, 7:9, NA)))
  expect_ioi_error(ioi_calibrate(missing, list(sex = sexes)), "data", where = 7L, count = 3L)
})

test_that("levels of a labelled column are named by labels or by codes", {
  data <- people
  data$sex <- structure(
    ifelse(people$sex == "male", 1, 2),
    labels = c(male = 1, female = 2), class = c("haven_labelled", "vctrs_vctr", "double")
  )
  coded <- transform(sexes, sex = ifelse(sex == "male", 1, 2))
  expected <- weights(ioi_calibrate(ioi_design(people, weight), list(sex = sexes)))
  design <- ioi_design(data, weight)
  expect_identical(weights(ioi_calibrate(design, list(sex = sexes))), expected)
  expect_identical(weights(ioi_calibrate(design, list(sex = coded))), expected)
  expect_identical(weights(ioi_poststratify(design, sex, coded)), expected)
})

test_that("what a margin is, or has, is said", {
  design <- ioi_design(people, weight)
  said <- function(expr) conditionMessage(expect_error(expr, class = "ioi_error"))
  other <- stats::setNames(sexes, c("sex", "Freq"))
  expect_match(said(ioi_calibrate(design, list(sex = other))), "\"sex\" and \"Freq\"")
  expect_match(said(ioi_calibrate(design, list(sex = table(people$sex)))), "responseName")
  expect_match(said(ioi_poststratify(design, sex, other)), "`population` must be")
  coded <- transform(sexes, sex = seq_along(sex))
  expect_match(said(ioi_calibrate(design, list(sex = coded))), "The margin has \"1\"")
})

test_that("no convergence names the margin, the level and the gap", {
  # Only old women and young men were asked: sex and age must then agree.
  few <- subset(people, (sex == "female") == (age == "old") & age != "middle")
  design <- ioi_design(few)
  margins <- list(
    sex = sexes, age = data.frame(age = c("young", "old"), population = c(8000, 2000))
  )
  error <- expect_ioi_error(ioi_calibrate(design, margins), "convergence")
  expect_true(error$margin %in% c("sex", "age"))
  expect_gt(abs(error$misfit), 100)
  expect_match(conditionMessage(error), "in place of", fixed = TRUE)
  expect_ioi_error(
    ioi_calibrate(designs$psus, list(sex = sexes, age = ages), bounds = c(0.9, 1.1)), "convergence"
  )
})

test_that("arguments are checked", {
  design <- designs$psus
  expect_ioi_error(ioi_calibrate(design), "input", arg = "margins")
  expect_ioi_error(ioi_calibrate(design, sexes), "input", arg = "margins")
  expect_ioi_error(ioi_calibrate(design, list(sexes)), "input", arg = "margins")
  expect_ioi_error(ioi_calibrate(design, list(a = data.frame(b = 1, population = 1))), "input")
  sex <- list(sex = sexes)
  refuse <- function(arg, ...) {
    expect_ioi_error(ioi_calibrate(design, ...), "input", arg = arg)
  }
  refuse("bounds", sex, method = "logit")
  refuse("bounds", sex, bounds = c(2, 1))
  refuse("bounds", sex, method = "logit", bounds = c(1.1, 2))
  refuse("tolerance", sex, tolerance = 2)
  refuse("totals", formula = ~sex, totals = c(a = 1))
  refuse("formula", formula = ~nothing, totals = c(a = 1))
  refuse("formula", formula = y ~ sex, totals = c(a = 1))
  expect_ioi_error(
    ioi_calibrate(design, formula = ~sex, totals = c("(Intercept)" = 10, sexmale = 12)), "data"
  )
  expect_ioi_error(ioi_calibrate(design, list(sex = sexes), strata = 1), "input")
  expect_ioi_error(ioi_poststratify(design, NULL, sexes), "input", arg = "strata")
  missing <- ioi_design(transform(people, hours = replace(hours, 11, NA)))
  expect_ioi_error(
    ioi_calibrate(missing, formula = ~hours, totals = c("(Intercept)" = 1, hours = 1)), "data",
    where = 11L, count = 1L
  )
})

test_that("a calibrated design says so", {
  text <- format(calibrations$raking(designs$psus))
  expect_true("Calibrated: raking to sex, age" %in% text)
  text <- format(calibrations$cells(designs$psus))
  expect_true("Calibrated: post-stratification to sex by age" %in% text)
})

test_that("segregation on a calibrated design follows the residuals", {
  place <- transform(people, place = id %% 6L, one = 1)
  design <- calibrations$raking(ioi_design(place, weights = weight, strata = stratum, psu = psu))
  found <- ioi_segregation(design, group, place, compare = "pairwise", se = "analytic")
  w <- weights(design)
  d0 <- function(w) {
    a <- tapply(w * (place$group == "A"), place$place, sum)
    b <- tapply(w * (place$group == "B"), place$place, sum)
    sum(abs(a / sum(a) - b / sum(b))) / 2
  }
  s <- vapply(seq_along(w), function(i) {
    step <- 1e-4 * w[i]
    (d0(replace(w, i, w[i] + step)) - d0(replace(w, i, w[i] - step))) / (2 * step)
  }, 0)
  u <- w * residuals_on(s, matrices$raking, people$weight)
  expect_equal(found$estimate, d0(w), tolerance = 1e-10)
  expect_equal(found$std.error^2, by_definition$psus(u), tolerance = 1e-6)
})

# Against the survey package.

surveys <- function() {
  at <- list(
    psus = survey::svydesign(~psu, strata = ~stratum, weights = ~weight, data = people),
    records = survey::svydesign(~1,
      strata = ~stratum, weights = ~weight, fpc = ~population, data = people
    ),
    stages = survey::svydesign(~ psu + id,
      weights = ~weight, fpc = ~ villages + households, data = people
    )
  )
  frequency <- function(x) stats::setNames(x, c(names(x)[-length(x)], "Freq"))
  total <- totals[c("(Intercept)", "sexmale", "ageold", "ageyoung", "hours")]
  list(
    at = at,
    make = list(
      cells = function(x) survey::postStratify(x, ~ sex + age, frequency(cells)),
      linear = function(x) survey::calibrate(x, ~ sex + age + hours, total),
      exponential = function(x) {
        survey::calibrate(x, ~ sex + age + hours, total,
          calfun = "raking", epsilon = 1e-13, maxit = 200
        )
      },
      raking = function(x) {
        survey::calibrate(x, ~ sex + age, total[1:4],
          calfun = "raking", epsilon = 1e-13, maxit = 200
        )
      }
    ),
    frequency = frequency
  )
}

test_that("estimates equal those of survey, on our designs and on theirs", {
  skip_if_not_installed("survey")
  theirs <- surveys()
  for (name in names(theirs$at)) {
    for (kind in names(theirs$make)) {
      other <- theirs$make[[kind]](theirs$at[[name]])
      other$variables <- transform(other$variables,
        ya = y * (group == "A"), yb = y * (group == "B")
      )
      total <- survey::svytotal(~ ya + yb, other)
      answers <- survey::svymean(~answer, other)
      means <- survey::svyby(~y, ~group, other, survey::svymean)
      for (design in list(calibrations[[kind]](designs[[name]]), as_ioi_design(other))) {
        mine <- ioi_total(design, y, by = group)
        expect_equal(mine$estimate, unname(stats::coef(total)), tolerance = 1e-8)
        expect_equal(vcov(mine), unname(stats::vcov(total)), tolerance = 1e-7, ignore_attr = TRUE)
        expect_equal(vcov(ioi_proportion(design, answer)), stats::vcov(answers),
          tolerance = 1e-7, ignore_attr = TRUE
        )
        mine <- ioi_mean(design, y, by = group)
        expect_equal(mine$std.error, unname(survey::SE(means)),
          tolerance = 1e-8, ignore_attr = TRUE
        )
      }
    }
  }
})

test_that("a subset of a calibrated design keeps its residuals outside", {
  skip_if_not_installed("survey")
  theirs <- surveys()
  makers <- c(theirs$make, list(without = function(x) {
    survey::calibrate(x, ~ 0 + sex + hours, c(sexfemale = 5200, sexmale = 4800, hours = 506000))
  }))
  for (make in makers) {
    for (at in theirs$at) {
      part <- subset(make(at), hours > 47)
      mine <- ioi_mean(as_ioi_design(part), y, by = group)
      other <- survey::svyby(~y, ~group, part, survey::svymean)
      expect_equal(mine$estimate, other$y, tolerance = 1e-8)
      expect_equal(mine$std.error, other$se, tolerance = 1e-8)
      expect_equal(mine$df[1], survey::degf(subset(part, group == "A")))
      expect_equal(sum(mine$n), sum(people$hours > 47))
    }
  }
})

test_that("rake() is taken over; its residuals agree where weights are equal", {
  skip_if_not_installed("survey")
  theirs <- surveys()
  rake <- function(x) {
    survey::rake(x, list(~sex, ~age), list(theirs$frequency(sexes), theirs$frequency(ages)),
      control = list(maxit = 300, epsilon = 1e-10)
    )
  }
  equal <- rake(survey::svydesign(~psu, weights = rep(25, nrow(people)), data = people))
  mine <- ioi_mean(as_ioi_design(equal), y)
  other <- survey::svymean(~y, equal)
  expect_equal(mine$estimate, as.vector(other), tolerance = 1e-9)
  expect_equal(mine$std.error, as.vector(survey::SE(other)), tolerance = 1e-8)
  unequal <- rake(theirs$at$psus)
  mine <- ioi_mean(as_ioi_design(unequal), y, by = group)
  expect_equal(vcov(mine), vcov(ioi_mean(calibrations$raking(designs$psus), y, by = group)),
    tolerance = 1e-7
  )
})

test_that("two steps of survey are taken over", {
  skip_if_not_installed("survey")
  theirs <- surveys()
  both <- survey::calibrate(
    survey::postStratify(theirs$at$psus, ~sex, theirs$frequency(sexes)),
    ~ age + hours, c("(Intercept)" = 10000, ageold = 2000, ageyoung = 4500, hours = 506000)
  )
  own <- suppressWarnings(ioi_calibrate(
    ioi_poststratify(designs$psus, sex, sexes),
    method = "linear", formula = ~ age + hours,
    totals = c("(Intercept)" = 10000, ageold = 2000, ageyoung = 4500, hours = 506000)
  ))
  expect_equal(
    vcov(ioi_mean(as_ioi_design(both), y, by = group)), vcov(ioi_mean(own, y, by = group)),
    tolerance = 1e-8
  )
})

test_that("published: enrolment of schools after post-stratification", {
  # Lumley, what the example of survey::postStratify() prints
  skip_if_not_installed("survey")
  env <- new.env()
  utils::data("api", package = "survey", envir = env)
  design <- ioi_design(env$apiclus1, weights = pw, psu = dnum, fpc = fpc)
  types <- data.frame(stype = c("E", "H", "M"), population = c(4421, 755, 1018))
  found <- ioi_total(ioi_poststratify(design, stype, types), enroll)
  expect_printed(found$estimate, "3680893")
  expect_printed(found$std.error, "406293")
})

test_that("what is not understood of a calibrated survey design is refused", {
  skip_if_not_installed("survey")
  theirs <- surveys()
  cells <- theirs$make$cells(theirs$at$psus)
  expect_ioi_error(
    as_ioi_design(survey::trimWeights(cells, upper = 40)), "design",
    field = "prob"
  )
  strange <- theirs$at$psus
  strange$postStrata <- list("strange")
  expect_ioi_error(as_ioi_design(strange), "design", field = "postStrata")
  raked <- survey::rake(
    cells, list(~sex, ~age), list(theirs$frequency(sexes), theirs$frequency(ages))
  )
  expect_ioi_error(as_ioi_design(raked), "design", field = "postStrata")
})

test_that("columns of a formula are those of the whole model matrix, also beyond a block of rows", {
  set.seed(5)
  rows <- matrix_rows + 700
  data <- data.frame(
    w = stats::runif(rows, 1, 2), age = sample(16:90, rows, TRUE), on = stats::runif(rows) < 0.4,
    text = sample(c("a", "b", "c"), rows, TRUE)
  )
  formula <- ~ poly(age, 2) + text:on + I(age > 50) + text
  matrix <- stats::model.matrix(formula, data)
  totals <- colSums(matrix * data$w) * 10
  totals[-1] <- totals[-1] * 1.001
  design <- ioi_design(data, weights = w)
  calibrated <- ioi_calibrate(design, formula = formula, totals = totals, method = "linear")
  expect_equal(colSums(matrix * weights(calibrated)), totals, tolerance = 1e-8)
})

test_that("rows that a formula cannot use are counted, wherever they are", {
  data <- data.frame(
    w = 1, x = c(1:9, 0), z = c(NA, 1:9), far = c(1:8, Inf, 2), a = c(NA, NA, letters[1:8]),
    day = as.Date(c(1:7, NA, NA, NA), origin = "2020-01-01"),
    yes = rep(c(TRUE, NA, FALSE), c(4, 1, 5))
  )
  design <- ioi_design(data, weights = w)
  lost <- function(formula) {
    error <- expect_error(
      ioi_calibrate(design, formula = formula, totals = c("(Intercept)" = 10)),
      class = "ioi_error_data"
    )
    c(error$count, error$where)
  }
  expect_equal(lost(~z), c(1, 1))
  expect_equal(lost(~far), c(1, 9))
  expect_equal(lost(~ log(x)), c(1, 10))
  expect_equal(lost(~ I(far^2) + x), c(1, 9))
  expect_equal(lost(~a), c(2, 1))
  expect_equal(lost(~ x:a), c(2, 1))
  expect_equal(lost(~yes), c(1, 5))
  expect_equal(lost(~day), c(3, 8))
  expect_equal(lost(~ z + a + day), c(5, 1))
})
