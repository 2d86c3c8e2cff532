# Subsets of a design. Second routes: survey's subset(), the same rows under `by`,
# and the variance between PSU totals written out.

# A stratified sample of PSUs with everything that goes wrong: PSUs and strata
# without the subgroup, zero weights, missing answers and missing conditions.
sample_of <- function(seed = 21, rows = 600) {
  set.seed(seed)
  psu <- sample(40, rows, replace = TRUE)
  stratum <- (psu - 1) %/% 4 + 1
  data.frame(
    stratum, psu,
    weight = ifelse(stats::runif(rows) < 0.08, 0, round(stats::rexp(rows) * 40, 2)),
    population = 11 + stratum,
    answer = sample(c("yes", "no", "unsure", NA), rows, TRUE, prob = c(5, 3, 2, 1)),
    age = ifelse(stats::runif(rows) < 0.05, NA, sample(16:90, rows, replace = TRUE)),
    hours = round(stats::rexp(rows, 0.1), 1),
    sex = sample(c("f", "m"), rows, replace = TRUE),
    area = paste0("area", sample(5, rows, replace = TRUE)),
    # the group lives in few PSUs of few strata
    origin = ifelse(psu %% 3 == 0 & stratum != 2, sample(c("a", "b"), rows, TRUE), "b")
  )
}

designs_of <- function(data = sample_of()) {
  plain <- ioi_design(data, weights = weight, strata = stratum, psu = psu)
  counted <- ioi_design(
    data,
    weights = weight, strata = stratum, psu = psu, fpc = population
  )
  rows <- ioi_design(data, weights = weight, strata = stratum)
  factors <- matrix(sample(c(0, 1, 2), nrow(data) * 12, TRUE), nrow(data))
  colnames(factors) <- paste0("r", 1:12)
  columns <- ioi_design(
    cbind(data, factors),
    weights = weight, repweights = paste0("r", 1:12), rep_type = "bootstrap",
    combined_weights = FALSE
  )
  list(
    plain = plain, counted = counted, rows = rows, nothing = ioi_design(data),
    jackknife = ioi_replicate(plain, "JKn"), columns = columns
  )
}

estimates_of <- function(design, by = NULL) {
  list(
    category = ioi_proportion(design, answer, by = !!by),
    success = ioi_proportion(design, answer, by = !!by, success = "yes", ci = "beta"),
    mean = ioi_mean(design, age, by = !!by),
    total = ioi_total(design, age, by = !!by),
    people = ioi_total(design, by = !!by),
    ratio = ioi_ratio(design, hours, age, by = !!by)
  )
}

# ---- published ----------------------------------------------------------------

test_that("mean of x > 4 is as printed (Lumley, Estimates in subpopulations, p. 1)", {
  skip_if_not_installed("survey")
  data("fpc", package = "survey", envir = environment())
  design <- ioi_design(fpc, weights = weight, strata = stratid, psu = psuid, nest = TRUE)
  got <- ioi_mean(ioi_subset(design, x > 4), x)
  expect_printed(got$estimate, "6.195000")
  expect_printed(got$std.error, "0.7555129")
  got <- ioi_mean(ioi_subset(design, !(x > 4)), x)
  expect_printed(got$estimate, "3.314286")
  expect_printed(got$std.error, "0.3117042")
})

test_that("the two-stage mean of y1 > 40 is as printed (the same, p. 3)", {
  skip_if_not_installed("survey")
  data("mu284", package = "survey", envir = environment())
  design <- ioi_design(mu284, psu = c(id1, id2), fpc = c(n1, n2))
  got <- ioi_mean(ioi_subset(design, y1 > 40), y1)
  expect_printed(got$estimate, "48.69014")
  expect_printed(got$std.error, "1.108825")
})

# ---- survey -------------------------------------------------------------------

# Estimate, standard error, limits, n and df of survey's subset for a mean, total,
# ratio and a proportion.
by_survey <- function(design, condition) {
  inside <- eval(condition, design$variables)
  kept <- function(also) {
    design <- design[inside & also, ]
    n <- sum(stats::weights(design, "sampling") > 0)
    list(design = design, n = n, df = survey::degf(design))
  }
  row <- function(est, of) {
    se <- as.vector(survey::SE(est))
    c(
      stats::coef(est), se, stats::coef(est) + c(-1, 1) * stats::qt(0.975, of$df) * se,
      of$n, of$df
    )
  }
  v <- design$variables
  answered <- kept(!is.na(v$answer) & v$weight > 0)
  aged <- kept(!is.na(v$age) & v$weight > 0)
  rbind(
    proportion = row(
      survey::svymean(~ I(as.numeric(answer == "yes")), answered$design), answered
    ),
    mean = row(survey::svymean(~age, aged$design), aged),
    total = row(survey::svytotal(~age, aged$design), aged),
    ratio = row(survey::svyratio(~hours, ~age, aged$design), aged)
  )
}

by_us <- function(design) {
  columns <- c("estimate", "std.error", "conf.low", "conf.high", "n", "df")
  rbind(
    proportion = numbers(
      ioi_proportion(design, answer, success = "yes", ci = "wald"), columns
    ),
    mean = numbers(ioi_mean(design, age), columns),
    total = numbers(ioi_total(design, age), columns),
    ratio = numbers(ioi_ratio(design, hours, age), columns)
  )
}

conditions <- alist(
  sex == "f", origin == "a",
  area %in% c("area1", "area2") & age >= 30 & !is.na(age),
  stratum == 3, psu %in% c(1, 2, 9, 10, 20), hours < 3
)

expect_as_survey <- function(survey_design, design, rows = 1:4) {
  for (condition in conditions) {
    inside <- ioi_subset(design, !!condition)
    expect_equal(
      quiet(by_us(inside))[rows, ], by_survey(survey_design, condition)[rows, ],
      tolerance = 1e-12, ignore_attr = TRUE, label = deparse(condition)
    )
  }
}

test_that("a subset equals survey's: strata and PSUs, with and without counts", {
  skip_if_not_installed("survey")
  data <- sample_of()
  with <- survey::svydesign(
    ids = ~psu, strata = ~stratum, weights = ~weight, fpc = ~population, data = data
  )
  without <- survey::svydesign(
    ids = ~psu, strata = ~stratum, weights = ~weight, data = data
  )
  rows <- survey::svydesign(ids = ~1, strata = ~stratum, weights = ~weight, data = data)
  designs <- designs_of(data)
  expect_as_survey(with, designs$counted)
  expect_as_survey(without, designs$plain)
  expect_as_survey(rows, designs$rows)
})

test_that("a subset equals survey's: two stages with counts at each", {
  skip_if_not_installed("survey")
  data <- sample_of()
  data$house <- paste(data$psu, sample(6, nrow(data), replace = TRUE))
  data$houses <- 10 + data$psu %% 3
  theirs <- survey::svydesign(
    ids = ~ psu + house, strata = ~stratum, weights = ~weight,
    fpc = ~ population + houses, data = data
  )
  ours <- ioi_design(
    data,
    weights = weight, strata = stratum, psu = c(psu, house), fpc = c(population, houses),
    lonely_psu = "certainty"
  )
  withr::local_options(survey.lonely.psu = "certainty")
  expect_as_survey(theirs, ours)
})

test_that("a subset equals survey's under every rule for lonely PSUs", {
  skip_if_not_installed("survey")
  data <- sample_of()
  data$psu[data$stratum %in% c(2, 7)] <- 100 * data$stratum[data$stratum %in% c(2, 7)]
  for (rule in c("adjust", "average", "certainty", "remove")) {
    for (domain in c(FALSE, TRUE)) {
      withr::local_options(survey.lonely.psu = rule, survey.adjust.domain.lonely = domain)
      theirs <- survey::svydesign(
        ids = ~psu, strata = ~stratum, weights = ~weight, data = data
      )
      ours <- ioi_design(
        data,
        weights = weight, strata = stratum, psu = psu,
        lonely_psu = rule, lonely_domain = domain
      )
      # totals under "adjust": survey before 4.4 centres them at 0
      rows <- if (rule == "adjust") -3 else 1:4
      suppressWarnings(expect_as_survey(theirs, ours, rows))
    }
  }
})

test_that("a subset equals survey's: replicate weights, by PSU and by record", {
  skip_if_not_installed("survey")
  data <- sample_of()
  theirs <- survey::as.svrepdesign(
    survey::svydesign(ids = ~psu, strata = ~stratum, weights = ~weight, data = data),
    type = "JKn"
  )
  ours <- ioi_replicate(designs_of(data)$plain, "JKn")
  expect_as_survey(theirs, ours)
  factors <- matrix(sample(c(0, 1, 2), nrow(data) * 12, TRUE), nrow(data))
  colnames(factors) <- paste0("r", 1:12)
  theirs <- survey::svrepdesign(
    data = data, weights = ~weight, repweights = factors, type = "bootstrap",
    combined.weights = FALSE
  )
  ours <- ioi_design(
    cbind(data, factors),
    weights = weight, repweights = paste0("r", 1:12), rep_type = "bootstrap",
    combined_weights = FALSE
  )
  expect_as_survey(theirs, ours)
})

test_that("the covariance of groups in a subset equals survey's", {
  skip_if_not_installed("survey")
  data <- sample_of()
  data <- data[!is.na(data$age), ]
  theirs <- survey::svydesign(
    ids = ~psu, strata = ~stratum, weights = ~weight, fpc = ~population, data = data
  )
  theirs <- survey::svyby(
    ~age, ~area, subset(theirs, origin == "a"), survey::svymean,
    covmat = TRUE
  )
  got <- ioi_mean(ioi_subset(designs_of(data)$counted, origin == "a"), age, by = area)
  expect_equal(unname(vcov(got)), unname(vcov(theirs)), tolerance = 1e-12)
  expect_equal(got$estimate, unname(stats::coef(theirs)), tolerance = 1e-12)
})

test_that("a survey design that was subsetted is taken over as its subset", {
  skip_if_not_installed("survey")
  data <- sample_of()
  whole <- survey::svydesign(
    ids = ~psu, strata = ~stratum, weights = ~weight, fpc = ~population, data = data
  )
  taken <- as_ioi_design(whole)
  for (condition in conditions) {
    part <- as_ioi_design(whole[which(eval(condition, data)), ])
    expect_equal(
      quiet(by_us(part)), quiet(by_us(ioi_subset(taken, !!condition))),
      tolerance = 1e-12
    )
  }
})

# ---- the variance written out -------------------------------------------------

test_that("PSUs without the subgroup count: the sum over all PSUs", {
  data <- sample_of()
  u <- data$weight * (data$origin == "a")
  total <- tapply(u, data$psu, sum)
  stratum <- tapply(data$stratum, data$psu, min)
  v <- sum(tapply(total, stratum, function(t) length(t) * stats::var(t)))
  got <- ioi_total(ioi_subset(designs_of(data)$plain, origin == "a"))
  expect_equal(got$estimate, sum(u), tolerance = 1e-13)
  expect_equal(got$std.error, sqrt(v), tolerance = 1e-13)
  seen <- data[data$origin == "a" & data$weight > 0, ]
  expect_identical(got$n, as.double(nrow(seen)))
  expect_identical(
    got$df, as.double(length(unique(seen$psu)) - length(unique(seen$stratum)))
  )
})

test_that("filtering the data first is wrong in either direction", {
  data <- sample_of()
  filtered <- ioi_design(
    data[data$origin == "a", ],
    weights = weight, strata = stratum, psu = psu, lonely_psu = "certainty"
  )
  right <- ioi_subset(designs_of(data)$plain, origin == "a")
  expect_equal(ioi_total(filtered)$estimate, ioi_total(right)$estimate)
  expect_lt(ioi_total(filtered)$std.error, ioi_total(right)$std.error)
  # one stratum: the same squares among fewer PSUs
  some <- data[data$psu %in% 1:8, ]
  few <- ioi_design(some[some$psu < 4, ], weights = weight, psu = psu)
  all <- ioi_subset(ioi_design(some, weights = weight, psu = psu), psu < 4)
  expect_equal(ioi_mean(few, hours)$estimate, ioi_mean(all, hours)$estimate)
  expect_gt(ioi_mean(few, hours)$std.error, ioi_mean(all, hours)$std.error)
})

# ---- identities ---------------------------------------------------------------

test_that("a subset is the same rows under `by`, bit for bit, in every design", {
  designs <- designs_of()
  for (name in names(designs)) {
    under <- suppressWarnings(quiet(estimates_of(designs[[name]], "origin")))
    part <- ioi_subset(designs[[name]], origin == "a")
    inside <- suppressWarnings(quiet(estimates_of(part)))
    for (what in names(inside)) {
      a <- under[[what]][under[[what]]$origin == "a", ]
      expect_identical(
        as.list(inside[[what]])[-1], as.list(a)[-(1:2)],
        label = paste(name, what), ignore_attr = TRUE
      )
      expect_identical(
        unname(vcov(inside[[what]])), unname(vcov(a)),
        label = paste(name, what)
      )
    }
  }
})

test_that("`by` within a subset is `by` of both", {
  for (design in designs_of()) {
    both <- suppressWarnings(quiet(estimates_of(design, c("origin", "area"))))
    inside <- suppressWarnings(
      quiet(estimates_of(ioi_subset(design, origin == "a"), "area"))
    )
    for (what in names(inside)) {
      a <- both[[what]][both[[what]]$origin == "a", ]
      expect_identical(as.list(inside[[what]]), as.list(a)[-1], ignore_attr = TRUE)
      expect_identical(unname(vcov(inside[[what]])), unname(vcov(a)))
    }
  }
})

test_that("a subset of everybody changes nothing", {
  for (design in designs_of()) {
    all <- ioi_subset(design, hours >= 0)
    expect_identical(
      suppressWarnings(quiet(estimates_of(all, "area"))),
      suppressWarnings(quiet(estimates_of(design, "area"))),
      ignore_attr = TRUE
    )
  }
})

test_that("subsets of subsets intersect, in any order", {
  design <- designs_of()$plain
  once <- ioi_subset(design, sex == "f" & hours < 12 & origin == "b")
  thrice <- ioi_subset(ioi_subset(design, hours < 12), origin == "b")
  thrice <- ioi_subset(thrice, sex == "f")
  expect_identical(thrice$subset, once$subset)
  expect_identical(thrice, once)
  expect_identical(ioi_subset(once, sex == "f"), once)
})

test_that("a gap of two groups within a subset has their covariance and df", {
  design <- designs_of()$plain
  inside <- quiet(ioi_proportion(
    ioi_subset(design, origin == "b"), answer, by = sex, success = "yes"
  ))
  both <- quiet(ioi_proportion(design, answer, by = c(origin, sex), success = "yes"))
  both <- both[both$origin == "b", ]
  expect_identical(
    numbers(ioi_parity(inside, sex, "f"), c("estimate", "std.error", "conf.low", "df")),
    numbers(
      ioi_parity(both, sex, "f", by = origin),
      c("estimate", "std.error", "conf.low", "df")
    )
  )
})

test_that("segregation of a subset is that of the same rows under `by`", {
  design <- designs_of()$plain
  by_all <- ioi_segregation(design, sex, area, by = origin, se = "analytic")
  inside <- ioi_segregation(ioi_subset(design, origin == "b"), sex, area, se = "analytic")
  expect_identical(
    as.list(inside), as.list(by_all[by_all$origin == "b", ])[-1],
    ignore_attr = TRUE
  )
})

test_that("replicates made of a subset are the subset of the replicates", {
  design <- designs_of()$plain
  a <- ioi_replicate(ioi_subset(design, origin == "b"), "JKn")
  b <- ioi_subset(ioi_replicate(design, "JKn"), origin == "b")
  expect_identical(quiet(estimates_of(a)), quiet(estimates_of(b)))
})

test_that("df of the design are those of the whole design", {
  design <- designs_of()$plain
  part <- ioi_subset(design, origin == "a")
  inside <- quiet(ioi_proportion(part, answer, df = "design"))
  expect_identical(inside$df, quiet(ioi_proportion(design, answer, df = "design"))$df)
})

# ---- the condition ------------------------------------------------------------

test_that("the condition sees columns first, and .data and .env tell apart", {
  design <- designs_of()$plain
  data <- design$data
  hours <- 5
  limit <- 5
  inside <- function(x) ioi_subset(design, {{ x }})$subset
  expect_identical(inside(hours < limit), data$hours < 5)
  expect_identical(inside(.data$hours < .env$hours), data$hours < 5)
  expect_identical(inside(.data[["hours"]] < !!limit), data$hours < 5)
  given <- data$hours < 5
  expect_identical(inside(given), given)
  expect_identical(ioi_subset(design, given)$subset, given)
  expect_identical(inside(stats::setNames(given, seq_along(given))), given)
  expect_identical(subset(design, hours < limit), ioi_subset(design, hours < limit))
  expect_identical(
    quiet(ioi_mean(ioi_subset(data, given), age)),
    quiet(ioi_mean(ioi_subset(ioi_design(data), given), age))
  )
})

test_that("a missing condition is outside, and is said once", {
  design <- designs_of()$plain
  missing <- sum(is.na(design$data$age))
  said <- expect_message(
    inside <- ioi_subset(design, age > 40),
    class = "ioi_message_missing"
  )
  expect_identical(said$unknown, missing)
  expect_match(conditionMessage(said), paste(missing, "rows"))
  expect_identical(inside$subset, !is.na(design$data$age) & design$data$age > 40)
  expect_no_message(ioi_total(inside))
  women <- ioi_subset(design, sex == "f")
  said <- expect_message(ioi_subset(women, age > 40), class = "ioi_message_missing")
  expect_identical(said$unknown, sum(is.na(design$data$age) & design$data$sex == "f"))
  expect_no_message(ioi_subset(inside, age > 50))
})

test_that("rows outside are not counted as missing", {
  data <- sample_of()
  design <- designs_of(data)$plain
  answered <- ioi_subset(design, !is.na(answer))
  expect_no_message(ioi_proportion(answered, answer))
  expect_no_message(ioi_proportion(answered, answer, by = sex, na = "error"))
  expect_no_message(ioi_segregation(answered, answer, area))
  men <- ioi_subset(design, sex == "m")
  said <- expect_message(ioi_proportion(men, answer), class = "ioi_message_missing")
  expect_identical(said$unanswered, as.double(sum(is.na(data$answer[data$sex == "m"]))))
  for (one in c("m", "f")) {
    expect_ioi_error(
      ioi_proportion(ioi_subset(design, sex == one), answer, na = "error"), "data",
      where = which(is.na(data$answer) & data$sex == one)[1]
    )
  }
  data$area[data$sex == "m"][1:7] <- NA
  men <- ioi_subset(designs_of(data)$plain, sex == "m")
  said <- expect_message(ioi_total(men, by = area), class = "ioi_message_missing")
  expect_identical(said$ungrouped, 7)
})

test_that("a subset of zero weights is a row of NA, and answers elsewhere a row of 0", {
  design <- designs_of()$plain
  none <- quiet(ioi_mean(ioi_subset(design, weight == 0), hours))
  expect_identical(none$estimate, NA_real_)
  expect_identical(none$flag, "empty")
  expect_identical(none$n, 0)
  yes <- ioi_proportion(ioi_subset(design, answer == "yes" & !is.na(answer)), answer)
  expect_identical(yes$category, c("no", "unsure", "yes"))
  expect_identical(yes$estimate, c(0, 0, 1))
})

test_that("a subset of nobody is a warning, and a row of NA", {
  for (design in designs_of()) {
    expect_warning(nobody <- ioi_subset(design, sex == "x"), class = "ioi_warning_empty")
    men <- ioi_subset(design, sex == "m")
    expect_warning(ioi_subset(men, sex == "f"), class = "ioi_warning_empty")
    for (got in list(
      ioi_mean(nobody, hours), ioi_total(nobody), ioi_ratio(nobody, hours, hours),
      ioi_quantile(nobody, hours), ioi_proportion(nobody, answer, success = "yes")
    )) {
      expect_identical(got$estimate, NA_real_)
      expect_identical(got$std.error, NA_real_)
      expect_identical(got$conf.low, NA_real_)
      expect_identical(c(got$n, got$df), c(0, 0))
      expect_identical(got$flag, "empty")
    }
    expect_identical(ioi_proportion(nobody, answer)$estimate, rep(NA_real_, 3))
    expect_identical(nrow(ioi_mean(nobody, hours, by = sex)), 0L)
    expect_ioi_error(ioi_association(nobody, answer, sex), "data", arg = "rows")
  }
})

test_that("a condition that cannot be one is an error", {
  design <- designs_of()$plain
  expect_ioi_error(ioi_subset(design), "input", arg = "condition")
  expect_ioi_error(ioi_subset(design, hours), "input", arg = "condition")
  expect_ioi_error(ioi_subset(design, "sex == 'f'"), "input", arg = "condition")
  expect_ioi_error(ioi_subset(design, TRUE), "input", arg = "condition")
  expect_ioi_error(ioi_subset(design, c(TRUE, FALSE)), "input", arg = "condition")
  expect_ioi_error(ioi_subset(design, cbind(sex == "f")), "input", arg = "condition")
  expect_ioi_error(ioi_subset(design, NULL), "input", arg = "condition")
  expect_ioi_error(ioi_subset(design, nobody == 1), "input", arg = "condition")
  expect_ioi_error(ioi_subset(design, sex = "f"), "input", arg = "...")
  expect_ioi_error(ioi_subset(design, sex == "f", age > 1), "input", arg = "...")
  expect_ioi_error(ioi_subset(1, TRUE), "input", arg = "design")
})

test_that("filter() of a design is a subset by all its conditions", {
  skip_if_not_installed("dplyr")
  design <- designs_of()$plain
  limit <- 40
  expect_identical(
    quiet(dplyr::filter(design, age > .env$limit, sex == "f")$subset),
    quiet(ioi_subset(design, age > 40 & sex == "f")$subset)
  )
  expect_identical(dplyr::filter(design), design)
  expect_ioi_error(dplyr::filter(design, sex = "f"), "input", arg = "...")
  expect_ioi_error(dplyr::filter(design, age > mean(age), .by = sex), "input", arg = "...")
})

test_that("the design says how many rows are in the subset", {
  design <- ioi_subset(designs_of()$plain, sex == "f")
  text <- format(design)
  expect_match(text, "Subset: +[0-9]+ rows", all = FALSE)
  expect_match(
    text, paste0("Subset: +", sum(design$data$sex == "f"), " rows"),
    all = FALSE
  )
  expect_no_match(format(designs_of()$plain), "Subset")
  expect_identical(nobs(design), 600L)
  said <- cli::ansi_strip(capture.output(print(ioi_total(design))))
  base <- paste0("600 rows, ", sum(design$data$sex == "f"), " rows in the subset")
  expect_match(paste(said, collapse = " "), base)
})

test_that("the data are not copied and the numbers do not depend on threads", {
  data <- sample_of(rows = 40000)
  design <- ioi_design(data, weights = weight, strata = stratum, psu = psu)
  inside <- ioi_subset(design, sex == "f")
  expect_identical(inside$data, design$data)
  expect_identical(inside$keys$subset$value, inside$subset)
  run <- function(threads) {
    withr::local_options(ioi.threads = threads)
    quiet(ioi_mean(inside, age, by = c(area, origin)))
  }
  expect_identical(run(1), run(2))
})
