# Proportions. Published numbers; the package survey as a second route; identities
# that hold whatever the numbers are; the edges.

sample_of <- function(n = 240, seed = 8) {
  set.seed(seed)
  data.frame(
    answer = sample(rep(c("agree", "disagree", "neither"), 5:3), n, replace = TRUE),
    group = sample(c("a", "b", "c"), n, replace = TRUE),
    sex = sample(c("f", "m"), n, replace = TRUE),
    stratum = rep(1:4, each = n / 4),
    psu = rep(seq_len(n / 6), each = 6),
    weight = round(stats::runif(n, 0.5, 4), 3)
  )
}

design_of <- function(data, ...) {
  ioi_design(data, weights = weight, strata = stratum, psu = psu, ...)
}

# Everything but the base: what does not depend on how rows are cut.
results <- c("estimate", "std.error", "conf.low", "conf.high", "df")

# ---- published numbers --------------------------------------------------------

# Lumley, T. A survey analysis example (vignette of the package survey), page 3.
test_that("shares equal the means of factors in the vignette of survey", {
  skip_if_not_installed("survey")
  data <- new.env()
  utils::data("api", package = "survey", envir = data)
  # The vignette takes rows that are complete in these columns alone.
  columns <- names(data$apiclus1)[c(12:13, 16:23, 27:37)]
  complete <- stats::complete.cases(data$apiclus1[columns])
  data <- transform(data$apiclus1, complete = complete)
  design <- ioi_design(data, weights = pw, psu = dnum, fpc = fpc)
  printed <- list(
    sch.wide = c("0.127389", "0.872611", "0.0247"),
    comp.imp = c("0.273885", "0.726115", "0.0365"),
    awards = c("0.292994", "0.707006", "0.0397"),
    yr.rnd = c("0.942675", "0.057325", "0.0358")
  )
  for (outcome in names(printed)) {
    got <- ioi_proportion(design, !!outcome, by = complete)
    got <- got[got$complete, ]
    expect_identical(as.character(got$category), c("No", "Yes"))
    expect_printed(got$estimate[1], printed[[outcome]][1])
    expect_printed(got$estimate[2], printed[[outcome]][2])
    expect_printed(got$std.error[1], printed[[outcome]][3])
    expect_printed(got$std.error[2], printed[[outcome]][3])
  }
})

# Pitblado, J. (27 August 2004), Statalist: svymean of the share of foreign cars.
test_that("a simple random sample equals Stata's svymean of 22 in 74", {
  cars <- data.frame(foreign = rep(c(1, 0), c(22, 52)))
  got <- ioi_proportion(cars, foreign, success = 1, ci = "wald")
  expect_printed(got$estimate, "0.2972973")
  expect_printed(got$std.error, "0.0534958")
  expect_printed(got$conf.low, "0.1906803")
  expect_printed(got$conf.high, "0.4039143")
  expect_equal(got$deff, 1)
})

# ---- against survey -----------------------------------------------------------

survey_data <- function() {
  out <- new.env()
  utils::data("api", "nhanes", "yrbs", package = "survey", envir = out)
  out
}

svyciprop_names <- c(
  logit = "logit", xlogit = "xlogit", beta = "beta", wald = "mean", arcsine = "asin",
  wilson = "wilson"
)

test_that("limits equal svyciprop(), in the whole sample and in domains", {
  skip_if_not_installed("survey")
  data <- survey_data()
  high <- function(x) transform(x, high = api00 > 700, domain = stype)
  designs <- list(
    survey::svydesign(~1, weights = ~pw, fpc = ~fpc, data = high(data$apisrs)),
    survey::svydesign(~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = transform(
      high(data$apistrat),
      domain = awards
    )),
    survey::svydesign(~dnum, weights = ~pw, fpc = ~fpc, data = high(data$apiclus1)),
    survey::svydesign(~SDMVPSU,
      strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE,
      data = transform(data$nhanes, high = HI_CHOL == 1, domain = race)
    )
  )
  offered <- eval(formals(survey::svyciprop)$method)
  for (design in designs) {
    groups <- sort(unique(design$variables$domain))
    for (ci in names(svyciprop_names)[svyciprop_names %in% offered]) {
      got <- quiet(ioi_proportion(design, high, by = domain, success = TRUE, ci = ci))
      for (i in seq_along(groups)) {
        part <- subset(design, domain == groups[i] & !is.na(high))
        expected <- survey::svyciprop(
          ~high, part, method = svyciprop_names[[ci]], level = 0.95
        )
        if (ci == "arcsine" && got$conf.low[i] == 0) next # survey folds it back
        expect_equal(got$estimate[i], as.vector(expected), tolerance = 1e-8)
        expect_equal(
          c(got$conf.low[i], got$conf.high[i]), as.vector(attr(expected, "ci")),
          tolerance = if (ci == "logit") 1e-6 else 1e-8, label = ci
        )
      }
    }
  }
})

test_that("yrbs equals svyciprop(), as SUDAAN and SPSS do by its help page", {
  skip_if_not_installed("survey")
  yrbs <- survey_data()$yrbs
  got <- quiet(ioi_proportion(
    ioi_design(yrbs, weights = weight, strata = stratum, psu = psu), qn8,
    success = 1, df = "design"
  ))
  theirs <- survey::svydesign(~psu, weights = ~weight, strata = ~stratum, data = yrbs)
  expected <- survey::svyciprop(~ I(qn8 == 1), theirs, na.rm = TRUE, method = "xlogit")
  expect_equal(got$estimate, as.vector(expected), tolerance = 1e-10)
  expect_equal(got$std.error, as.vector(survey::SE(expected)), tolerance = 1e-8)
  expect_equal(
    c(got$conf.low, got$conf.high), as.vector(attr(expected, "ci")), tolerance = 1e-8
  )
})

test_that("several `by` columns equal svyby(), with the covariance of all rows", {
  skip_if_not_installed("survey")
  data <- survey_data()$apistrat
  theirs <- survey::svydesign(~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = data)
  mine <- ioi_design(data, weights = pw, strata = stype, fpc = fpc)
  expected <- survey::svyby(
    ~awards, ~ yr.rnd + comp.imp, theirs, survey::svymean, covmat = TRUE
  )
  got <- ioi_proportion(mine, awards, by = c(yr.rnd, comp.imp))
  ours <- paste0(got$yr.rnd, ".", got$comp.imp, ":awards", got$category)
  expect_setequal(ours, names(stats::coef(expected)))
  expect_equal(got$estimate, as.vector(stats::coef(expected)[ours]), tolerance = 1e-10)
  expect_equal(
    unname(vcov(got)), unname(stats::vcov(expected)[ours, ours]),
    tolerance = 1e-8
  )
})

test_that("design effects equal survey's, with and without replacement", {
  skip_if_not_installed("survey")
  data <- transform(survey_data()$apiclus1, high = as.numeric(api00 > 700))
  theirs <- survey::svydesign(~dnum, weights = ~pw, fpc = ~fpc, data = data)
  got <- ioi_proportion(theirs, high, by = stype, success = 1, deff_wor = TRUE)
  for (i in seq_len(nrow(got))) {
    part <- subset(theirs, stype == got$stype[i])
    effect <- function(deff) {
      as.vector(survey::deff(survey::svymean(~high, part, deff = deff)))
    }
    expect_equal(got$deff[i], effect("replace"), tolerance = 1e-8)
    expect_equal(got$deff.wor[i], effect(TRUE), tolerance = 1e-8)
  }
})

test_that("zero weights stay in the design and out of the base, as in survey", {
  skip_if_not_installed("survey")
  data <- sample_of()
  data$weight[c(1:12, 100, 200:215)] <- 0
  data$agree <- as.numeric(data$answer == "agree")
  theirs <- survey::svydesign(~psu, strata = ~stratum, weights = ~weight, data = data)
  expected <- survey::svyby(~agree, ~group, theirs, survey::svymean, covmat = TRUE)
  got <- ioi_proportion(design_of(data), answer, by = group, success = "agree")
  expect_equal(got$estimate, as.vector(stats::coef(expected)), tolerance = 1e-10)
  expect_equal(unname(vcov(got)), unname(stats::vcov(expected)), tolerance = 1e-8)
  expect_identical(got$n, as.double(table(data$group[data$weight > 0])))
  for (i in 1:3) {
    part <- subset(theirs, group == got$group[i] & weight > 0)
    expect_identical(got$df[i], as.double(survey::degf(part)))
  }
})

# ---- identities ---------------------------------------------------------------

test_that("a weight of 2 is a row twice in the same PSU", {
  data <- sample_of()
  twice <- data
  twice$weight[c(5, 60, 61, 200)] <- 2 * twice$weight[c(5, 60, 61, 200)]
  added <- rbind(data, data[c(5, 60, 61, 200), ])
  a <- ioi_proportion(design_of(twice), answer, by = group)
  b <- ioi_proportion(design_of(added), answer, by = group)
  expect_equal(numbers(a, results), numbers(b, results), tolerance = 1e-12)
  expect_equal(vcov(a), vcov(b), tolerance = 1e-12)
  expect_identical(sum(b$n) - sum(a$n), 12)
})

test_that("weights have no unit", {
  data <- sample_of()
  for (psu in list(NULL, "psu")) {
    run <- function(data) {
      design <- ioi_design(data, weights = weight, strata = stratum, psu = !!psu)
      ioi_proportion(design, answer, by = group)
    }
    expected <- run(data)
    for (unit in c(1e-6, 1e9, 1e-30, 1e60)) {
      got <- run(transform(data, weight = weight * unit))
      expect_equal(numbers(got), numbers(expected), tolerance = 1e-11)
      expect_equal(vcov(got), vcov(expected), tolerance = 1e-11)
    }
  }
})

test_that("the order of rows does not matter", {
  data <- sample_of()
  expected <- ioi_proportion(design_of(data), answer, by = c(group, sex))
  set.seed(1)
  got <- ioi_proportion(design_of(data[sample(240), ]), answer, by = c(group, sex))
  expect_equal(numbers(got), numbers(expected), tolerance = 1e-12)
  expect_equal(vcov(got), vcov(expected), tolerance = 1e-11)
})

test_that("a group is what is left when the others have no answer", {
  data <- sample_of()
  grouped <- ioi_proportion(design_of(data), answer, by = group)
  alone <- quiet(ioi_proportion(
    design_of(transform(data, answer = ifelse(group == "b", answer, NA))), answer
  ))
  expect_equal(
    numbers(grouped[grouped$group == "b", ]), numbers(alone),
    tolerance = 1e-12, ignore_attr = TRUE
  )
})

test_that("the whole is the sum of its parts, weighted", {
  data <- sample_of()
  whole <- ioi_proportion(design_of(data), answer)
  parts <- ioi_proportion(design_of(data), answer, by = group)
  share <- tapply(data$weight, data$group, sum) / sum(data$weight)
  expect_equal(
    as.vector(rowsum(parts$estimate * rep(share, each = 3), parts$category)),
    whole$estimate
  )
  expect_equal(sum(whole$estimate), 1)
  expect_equal(max(abs(rowSums(vcov(whole)))), 0)
  expect_identical(sum(parts$n), 3 * 240)
})

test_that("answers counted as yes are the sum of their categories", {
  data <- sample_of()
  each <- ioi_proportion(design_of(data), answer, by = group)
  both <- ioi_proportion(
    design_of(data), answer, by = group, success = c("agree", "neither")
  )
  add <- kronecker(diag(3), t(c(1, 0, 1)))
  expect_equal(both$estimate, as.vector(add %*% each$estimate))
  expect_equal(unname(vcov(both)), add %*% unname(vcov(each)) %*% t(add))
  expect_identical(both$n, each$n[c(1, 4, 7)])
  expect_identical(both$category, rep("agree or neither", 3))
})

test_that("yes and no are mirror images", {
  data <- transform(sample_of(), agree = answer == "agree")
  for (ci in ioi:::interval_methods) {
    yes <- ioi_proportion(design_of(data), agree, by = group, success = TRUE, ci = ci)
    no <- ioi_proportion(design_of(data), agree, by = group, success = FALSE, ci = ci)
    expect_equal(no$estimate, 1 - yes$estimate)
    expect_equal(no$std.error, yes$std.error)
    expect_equal(no$conf.low, 1 - yes$conf.high, tolerance = 1e-9)
    expect_equal(no$conf.high, 1 - yes$conf.low, tolerance = 1e-9)
    expect_equal(vcov(no), vcov(yes), ignore_attr = TRUE)
  }
})

test_that("rows sorted by sampling unit equal few cells in place", {
  set.seed(6)
  rows <- 6000
  data <- data.frame(
    answer = sample(c("a", "b", "c"), rows, replace = TRUE),
    area = sample(400, rows, replace = TRUE), psu = sample(100, rows, replace = TRUE),
    weight = stats::rexp(rows)
  )
  data$stratum <- data$psu %% 5
  data$low <- ifelse(data$area <= 200, data$area, NA)
  data$high <- ifelse(data$area > 200, data$area, NA)
  layout <- function(by) {
    ioi:::proportion_layout(design_of(data), "answer", by, NULL, NULL, "drop")
  }
  expect_true(is.na(layout("area")$cells$stages))
  expect_false(is.na(layout("low")$cells$stages))
  together <- ioi_proportion(design_of(data), answer, by = area)
  low <- quiet(ioi_proportion(design_of(data), answer, by = low))
  high <- quiet(ioi_proportion(design_of(data), answer, by = high))
  expect_equal(numbers(together), rbind(numbers(low), numbers(high)), tolerance = 1e-12)
  v <- unname(vcov(together))
  expect_equal(v[1:600, 1:600], unname(vcov(low)), tolerance = 1e-12)
  expect_equal(v[601:1200, 601:1200], unname(vcov(high)), tolerance = 1e-12)
  expect_identical(v, t(v))
})

test_that("one thread and two, and shards of the data, give the same result", {
  set.seed(3)
  rows <- 2^20 + 5000
  data <- data.frame(
    answer = sample(3L, rows, replace = TRUE), group = sample(20L, rows, replace = TRUE),
    psu = sample(200L, rows, replace = TRUE), weight = stats::rexp(rows)
  )
  for (psu in list(NULL, "psu")) {
    design <- ioi_design(data, weights = weight, psu = !!psu)
    run <- function(threads) {
      withr::local_options(ioi.threads = threads)
      ioi_proportion(design, answer, by = group)
    }
    expect_identical(run(2), run(1))
    layout <- ioi:::proportion_layout(design, "answer", "group", NULL, NULL, "drop")
    tally <- function(...) ioi:::proportion_tally(layout, ...)
    cut <- 2^19
    shards <- Reduce(ioi:::tally_merge, list(
      tally(range = c(0, cut)), tally(range = c(cut, cut)),
      tally(range = c(2 * cut, rows - 2 * cut))
    ))
    expect_identical(shards, tally(chunk = cut))
    estimate <- function(tally) ioi:::proportion_estimate(layout, tally, NULL)
    expect_identical(estimate(shards), estimate(tally(chunk = cut)))
    expect_equal(estimate(shards), estimate(tally()), tolerance = 1e-11)
    set.seed(2)
    some <- sort(sample(rows, 4))
    shard <- function(from, to) tally(range = c(from, to - from))
    uneven <- Reduce(ioi:::tally_merge, Map(shard, c(0, some), c(some, rows)))
    expect_equal(estimate(uneven), estimate(tally()), tolerance = 1e-11)
  }
})

# ---- the table ----------------------------------------------------------------

test_that("columns and their types depend on the call alone", {
  columns <- c(
    "outcome", "category", "estimate", "std.error", "conf.low", "conf.high", "n",
    "n.effective", "df", "deff", "flag"
  )
  data <- sample_of()
  whole <- ioi_proportion(data, answer)
  expect_s3_class(whole, c("ioi_estimate", "tbl_df", "tbl", "data.frame"), exact = TRUE)
  expect_named(whole, columns)
  expect_named(
    ioi_proportion(data, answer, by = c(sex, group)), c("sex", "group", columns)
  )
  expect_named(
    ioi_proportion(data, answer, deff_wor = TRUE), append(columns, "deff.wor", 10)
  )
  types <- c("character", "character", rep("double", 8), "character")
  cases <- list(
    data, data[5, , drop = FALSE], transform(data, answer = NA_character_),
    transform(data, answer = "agree"), transform(data, weight = 1L)
  )
  for (case in cases) {
    design <- ioi_design(case, weights = weight, lonely_psu = "remove")
    got <- quiet(ioi_proportion(design, answer))
    expect_named(got, columns)
    expect_identical(unname(vapply(got, typeof, "")), types)
    expect_false(anyNA(got$flag))
  }
})

test_that("tidy() leaves limits out, or gives those of another level", {
  x <- quiet(ioi_proportion(census_2011_people[1:500, ], health, by = sex))
  expect_identical(
    tidy(x, conf.int = FALSE), tidy(x)[setdiff(names(x), c("conf.low", "conf.high"))]
  )
  narrow <- quiet(ioi_proportion(census_2011_people[1:500, ], health, by = sex, level = 0.8))
  expect_equal(tidy(x, conf.level = 0.8), tidy(narrow))
  expect_ioi_error(tidy(x, conf.level = 80), "input", arg = "conf.level")
  expect_ioi_error(tidy(x, conf.int = NA), "input", arg = "conf.int")
})

test_that("n.effective and deff are what they are defined to be", {
  got <- ioi_proportion(design_of(sample_of()), answer, by = group)
  v <- got$std.error^2
  expect_equal(got$n.effective, got$estimate * (1 - got$estimate) / v)
  expect_equal(got$deff, v * (got$n - 1) / (got$estimate * (1 - got$estimate)))
  expect_equal(unname(sqrt(diag(vcov(got)))), got$std.error)
})

test_that("the table remembers how it was made", {
  data <- sample_of()
  data$answer[c(3, 9)] <- NA
  got <- quiet(
    ioi_proportion(design_of(data), answer, by = sex, ci = "wilson", level = 0.9)
  )
  info <- attr(got, "info")
  expect_identical(info$ci, "wilson")
  expect_identical(info$level, 0.9)
  expect_identical(info$by, "sex")
  expect_identical(info$missing, 2)
  expect_identical(info$design$psus, 40)
  expect_identical(info$design$strata, 4L)
})

test_that("degrees of freedom: domain, design, a number", {
  data <- sample_of()
  data$psu <- rep(1:12, each = 20)
  data$group[data$stratum == 1] <- "a"
  run <- function(...) {
    ioi_proportion(design_of(data), answer, by = group, success = "agree", ...)
  }
  expect_identical(run()$df, c(8, 6, 6))
  expect_identical(run(df = "design")$df, c(8, 8, 8))
  expect_identical(run(df = 5)$df, c(5, 5, 5))
  normal <- run(df = Inf, ci = "wald")
  expect_equal(normal$conf.high, normal$estimate + stats::qnorm(0.975) * normal$std.error)
  wald <- run(ci = "wald", level = 0.8)
  expect_equal(wald$conf.low, wald$estimate - stats::qt(0.9, c(8, 6, 6)) * wald$std.error)
  expect_identical(run(df = Inf)[results[1:2]], run()[results[1:2]])
})

test_that("without degrees of freedom there are no limits, and the flag says so", {
  data <- sample_of()
  for (df in c(0, -3)) {
    got <- ioi_proportion(design_of(data), answer, df = df)
    expect_identical(c(got$conf.low, got$conf.high), rep(NA_real_, 6))
    expect_identical(got$flag, rep("df", 3))
    expect_false(anyNA(got$std.error))
  }
  one <- ioi_proportion(ioi_design(data[1, ], lonely_psu = "certainty"), answer)
  expect_identical(one$df, 0)
  expect_identical(one$flag, "df")
  expect_identical(one$estimate, 1)
  expect_identical(one$std.error, 0)
  expect_identical(one$conf.low, NA_real_)
})

test_that("the covariance of many rows is kept on request", {
  data <- data.frame(answer = rep(c("a", "b"), 2002), area = rep(1:1001, each = 4))
  few <- data[data$area <= 1000, ]
  expect_identical(dim(vcov(ioi_proportion(few, answer, by = area))), c(2000L, 2000L))
  many <- ioi_proportion(data, answer, by = area)
  expect_null(attr(many, "vcov"))
  expect_ioi_error(vcov(many), "input")
  kept <- ioi_proportion(data, answer, by = area, covariance = TRUE)
  expect_identical(dim(vcov(kept)), c(2002L, 2002L))
  expect_identical(numbers(kept), numbers(many))
  expect_equal(unname(diag(vcov(kept))), kept$std.error^2)
  none <- ioi_proportion(few, answer, by = area, covariance = FALSE)
  expect_null(attr(none, "vcov"))
  expect_identical(numbers(none), numbers(ioi_proportion(few, answer, by = area)))
})

# ---- missing ------------------------------------------------------------------

test_that("rows without an answer or a group are counted once, in a message", {
  data <- sample_of()
  data$answer[c(4, 90, 91)] <- NA
  data$group[c(91, 92)] <- NA
  said <- expect_message(
    got <- ioi_proportion(design_of(data), answer, by = group),
    class = "ioi_message_missing"
  )
  expect_s3_class(said, "ioi_message")
  expect_identical(said$unanswered, 2)
  expect_identical(said$ungrouped, 2)
  expect_match(
    conditionMessage(said), "2 rows without \"answer\"; 2 rows without a value"
  )
  expect_identical(sum(got$n), 3 * 236)
  expect_false(anyNA(got$group))
  expect_no_message(ioi_proportion(design_of(sample_of()), answer, by = group))
  one <- expect_message(
    ioi_proportion(data[1:10, ], answer), class = "ioi_message_missing"
  )
  expect_match(conditionMessage(one), "1 row without \"answer\"")
})

test_that("missing answers can be refused: how many, and which first", {
  data <- sample_of()
  data$answer[c(17, 90)] <- NA
  expect_ioi_error(
    ioi_proportion(design_of(data), answer, na = "error"), "data",
    arg = "outcome", where = 17L, count = 2
  )
  expect_ioi_error(
    ioi_proportion(sample_of(), answer, na = "error", missing_codes = "neither"), "data",
    arg = "outcome", where = which(sample_of()$answer == "neither")[1]
  )
  expect_identical(
    ioi_proportion(sample_of(), answer, na = "error"), ioi_proportion(sample_of(), answer)
  )
})

test_that("missing answers can be a category, the last", {
  data <- sample_of()
  data$answer[c(17, 90)] <- NA
  spelt <- transform(data, answer = ifelse(is.na(answer), "zz", answer))
  expect_no_message(got <- ioi_proportion(design_of(data), answer, na = "category"))
  expect_identical(
    as.character(got$category), c("agree", "disagree", "neither", "Missing")
  )
  expect_identical(numbers(got), numbers(ioi_proportion(design_of(spelt), answer)))
  success <- ioi_proportion(design_of(data), answer, na = "category", success = "agree")
  expect_equal(
    numbers(success), numbers(got)[1, , drop = FALSE],
    tolerance = 1e-12, ignore_attr = TRUE
  )
  none <- ioi_proportion(design_of(sample_of()), answer, na = "category")
  expect_identical(numbers(none), numbers(ioi_proportion(design_of(sample_of()), answer)))
})

test_that("codes that mean missing are missing", {
  data <- sample_of()
  data$code <- c(agree = 1, disagree = 2, neither = -9)[data$answer]
  data$clean <- replace(data$code, data$code == -9, NA)
  expected <- quiet(ioi_proportion(design_of(data), clean))
  for (type in list(as.double, as.integer, as.character, factor)) {
    data$typed <- type(data$code)
    said <- expect_message(
      got <- ioi_proportion(design_of(data), typed, missing_codes = -9),
      class = "ioi_message_missing"
    )
    expect_identical(said$unanswered, as.double(sum(data$code == -9)))
    expect_identical(as.character(got$category), c("1", "2"))
    expect_identical(numbers(got), numbers(expected))
    success <- quiet(
      ioi_proportion(design_of(data), typed, success = 2, missing_codes = "-9")
    )
    expect_equal(
      numbers(success), numbers(got)[2, , drop = FALSE],
      tolerance = 1e-12, ignore_attr = TRUE
    )
    counted <- ioi_proportion(design_of(data), typed, missing_codes = -9, na = "category")
    expect_identical(as.character(counted$category), c("1", "2", "Missing"))
    expect_equal(sum(counted$estimate), 1)
  }
  expect_ioi_error(
    ioi_proportion(data, code, missing_codes = -8), "input", arg = "missing_codes"
  )
})

# ---- edges --------------------------------------------------------------------

test_that("a group without answers is a row of NA with a flag and stops no other", {
  data <- sample_of()
  some <- transform(data, answer = ifelse(group == "b", NA, answer))
  alone <- quiet(ioi_proportion(design_of(some), answer, by = group))
  expect_identical(alone$group, rep(c("a", "b", "c"), each = 3))
  empty <- alone[alone$group == "b", ]
  results <- c(results[1:4], "n.effective", "deff")
  for (column in results) expect_identical(empty[[column]], rep(NA_real_, 3))
  expect_identical(empty$n, c(0, 0, 0))
  expect_identical(empty$flag, rep("empty", 3))
  full <- ioi_proportion(design_of(data), answer, by = group)
  expect_identical(numbers(alone)[-(4:6), ], numbers(full)[-(4:6), ])
  v <- unname(vcov(alone))
  expect_true(all(is.na(v[4:6, ])) && all(is.na(v[, 4:6])))
  expect_identical(v[-(4:6), -(4:6)], unname(vcov(full))[-(4:6), -(4:6)])
  some <- transform(data, weight = weight * (group != "b"))
  weightless <- ioi_proportion(design_of(some), answer, by = group)
  expect_identical(numbers(weightless)[4:6, "estimate"], rep(NA_real_, 3))
  expect_identical(weightless$flag[4:6], rep("empty", 3))
})

test_that("where nobody answered there is a result, not an error", {
  data <- sample_of()
  data$answer <- NA_character_
  text <- quiet(ioi_proportion(data, answer))
  expect_identical(text$flag, "empty")
  expect_identical(text$category, NA_character_)
  expect_s3_class(text, "ioi_estimate")
  expect_identical(quiet(ioi_proportion(data, answer, by = sex))$flag, rep("empty", 2))
  data$answer <- factor(data$answer, levels = c("agree", "disagree"))
  levels <- quiet(ioi_proportion(data, answer, by = sex))
  expect_identical(levels$flag, rep("empty", 4))
  expect_identical(
    quiet(ioi_proportion(data, answer, success = "agree"))$estimate, NA_real_
  )
  data$answer <- factor(data$answer, levels = character())
  expect_identical(quiet(ioi_proportion(data, answer))$flag, "empty")
  data <- transform(sample_of(), sex = factor(NA, levels = "f"))
  said <- expect_message(
    nobody <- ioi_proportion(data, answer, by = sex),
    class = "ioi_message_missing"
  )
  expect_identical(nrow(nobody), 0L)
  expect_identical(said$ungrouped, 240)
})

test_that("all yes and all no have limits, by another method where there are none", {
  data <- transform(sample_of(), answer = ifelse(group == "a", "agree", "disagree"))
  for (ci in ioi:::interval_methods) {
    got <- ioi_proportion(design_of(data), answer, by = group, success = "agree", ci = ci)
    expect_identical(got$estimate, c(1, 0, 0))
    expect_identical(got$std.error, c(0, 0, 0))
    expect_identical(got$n.effective, rep(NA_real_, 3))
    expect_identical(got$deff, rep(NA_real_, 3))
    expect_identical(got$conf.high[1], 1)
    expect_identical(got$conf.low[2:3], c(0, 0))
    expect_true(all(got$conf.low[1] < 1, got$conf.high[2:3] > 0))
    own <- ci %in% c(
      "nchs", "wilson", "wilson_adjusted", "agresti_coull", "jeffreys", "uniform"
    )
    expect_identical(got$flag, rep(if (own) "" else "ci_nchs", 3), label = ci)
  }
  # Clopper and Pearson (1934) at 0 of n: 1 - (alpha / 2)^(1 / n).
  got <- ioi_proportion(
    design_of(data), answer, by = group, success = "agree", ci = "wald"
  )
  expect_equal(got$conf.high[2:3], 1 - 0.025^(1 / got$n[2:3]))
})

test_that("more persons than an integer holds", {
  data <- sample_of()
  data$weight <- rep(c(2e9L, 1.5e9L), 120)
  got <- ioi_proportion(ioi_design(data, weights = weight), answer, deff_wor = TRUE)
  expect_equal(
    got$estimate,
    as.vector(rowsum(as.double(data$weight), data$answer)) / (120 * 3.5e9)
  )
  data$light <- data$weight / 1e9
  expect_equal(
    numbers(got), numbers(ioi_proportion(ioi_design(data, weights = light), answer)),
    tolerance = 1e-12
  )
  expect_equal(got$deff.wor, got$deff, tolerance = 1e-8)
})

test_that("deff_wor is Inf where weights count those asked, missing where fewer", {
  data <- sample_of()
  expect_identical(
    ioi_proportion(data, answer, deff_wor = TRUE)$deff.wor, rep(Inf, 3)
  )
  data$weight <- data$weight * nrow(data) / sum(data$weight)
  got <- ioi_proportion(design_of(data), answer, deff_wor = TRUE)
  expect_identical(got$deff.wor, rep(Inf, 3))
  data$weight <- data$weight / sum(data$weight)
  got <- ioi_proportion(design_of(data), answer, deff_wor = TRUE)
  expect_identical(got$deff.wor, rep(NA_real_, 3))
})

test_that("a logical, 0 and 1, and a two-level factor are the same answer", {
  data <- sample_of()
  data$logical <- data$answer == "agree"
  data$number <- as.double(data$logical)
  data$whole <- as.integer(data$logical)
  data$level <- factor(ifelse(data$logical, "yes", "no"))
  expected <- numbers(ioi_proportion(design_of(data), logical, success = TRUE))
  same <- function(...) {
    expect_identical(numbers(ioi_proportion(design_of(data), ...)), expected)
  }
  same(logical, success = "TRUE")
  same(number, success = 1)
  same(whole, success = "1")
  same(level, success = "yes")
})

test_that("large and fractional codes are matched as they are written", {
  codes <- c(100000, 2000000, 0.1, 1234567890123, -9)
  data <- data.frame(code = rep(codes, 4))
  for (code in codes) {
    got <- ioi_proportion(data, code, success = code)
    expect_identical(got$estimate, 0.2)
    expect_identical(got$category, format(code, scientific = FALSE, digits = 15))
  }
  expect_identical(ioi_proportion(data, code, success = "100000")$estimate, 0.2)
  whole <- data.frame(code = rep(c(100000L, 200000L), 5))
  expect_identical(ioi_proportion(whole, code, success = 100000)$estimate, 0.5)
  counted <- ioi_proportion(whole, code, missing_codes = 200000, na = "category")
  expect_identical(as.character(counted$category), c("100000", "Missing"))
})

test_that("an answer that no one could give is an error, one that no one gave is not", {
  data <- sample_of()
  data$whole <- c(agree = 1L, disagree = 5L, neither = 9L)[data$answer]
  data$number <- as.double(data$whole)
  for (column in c("whole", "number", "answer")) {
    error <- expect_ioi_error(
      ioi_proportion(data, !!column, success = 7), "input", arg = "success"
    )
    expect_match(conditionMessage(error), "7")
  }
  error <- expect_ioi_error(
    ioi_proportion(data, answer, success = c("agree", "Neither")), "input",
    arg = "success"
  )
  expect_match(conditionMessage(error), "Neither.*disagree")
  data$level <- factor(data$answer, levels = c("agree", "disagree", "neither", "refused"))
  expect_identical(ioi_proportion(data, level, success = "refused")$estimate, 0)
  data$never <- FALSE
  expect_identical(ioi_proportion(data, never, success = TRUE)$estimate, 0)
  for (none in list(0L, 0)) {
    data$never <- none
    got <- ioi_proportion(data, never, success = 1)
    expect_identical(got[c("estimate", "category", "flag")], tibble::tibble(
      estimate = 0, category = "1", flag = "ci_nchs"
    ), ignore_attr = TRUE)
    expect_identical(ioi_proportion(data, never, success = 0)$estimate, 1)
    expect_ioi_error(ioi_proportion(data, never, success = 2), "input", arg = "success")
  }
  data$never <- NA_real_
  got <- quiet(ioi_proportion(data, never, by = sex, success = "1"))
  expect_identical(got$flag, c("empty", "empty"))
  data$never <- NA_character_
  expect_identical(quiet(ioi_proportion(data, never, success = "yes"))$n, 0)
  expect_ioi_error(
    ioi_proportion(data, answer, success = character()), "input", arg = "success"
  )
  expect_ioi_error(ioi_proportion(data, answer, success = NA), "input", arg = "success")
})

test_that("a measurement is no answer", {
  expect_ioi_error(
    ioi_proportion(data.frame(income = seq_len(20000) + 0.5), income), "input",
    arg = "outcome", count = 20000
  )
  income <- data.frame(income = seq_len(20000) + 0.5)
  expect_identical(ioi_proportion(income, income, success = 7.5)$estimate, 1 / 20000)
})

test_that("arguments are checked", {
  data <- sample_of()
  wrong <- function(arg, ...) {
    expect_ioi_error(ioi_proportion(data, answer, ...), "input", arg = arg)
  }
  levels <- list(95, 0, 1, NA, c(0.9, 0.95), "0.95", NULL)
  for (level in levels) wrong("level", level = level)
  for (df in list(NA, NA_real_, NaN, c(3, 4), "both", NULL, TRUE)) wrong("df", df = df)
  for (ci in list("Logit", "exact", NA, c("logit", "beta"), 1)) wrong("ci", ci = ci)
  for (na in list("keep", TRUE, NA)) wrong("na", na = na)
  for (flag in list("yes", NA, 1, c(TRUE, FALSE))) {
    wrong("deff_wor", deff_wor = flag)
    wrong("covariance", covariance = flag)
  }
  wrong("sucess", sucess = "agree")
  wrong(c("weights", "na.rm"), weights = weight, na.rm = TRUE)
})

test_that("`by` may hold neither the outcome nor a name that the result uses", {
  data <- sample_of()
  expect_ioi_error(ioi_proportion(data, answer, by = answer), "input", arg = "by")
  expect_ioi_error(ioi_proportion(data, answer, by = c(sex, answer)), "input", arg = "by")
  for (name in c("outcome", "category", "estimate", "std.error", "n", "df", "flag")) {
    data[[name]] <- data$group
    expect_ioi_error(ioi_proportion(data, answer, by = !!name), "input", arg = "by")
  }
  names(data)[names(data) == "group"] <- "time"
  expect_identical(names(ioi_proportion(data, answer, by = time))[1], "time")
})

test_that("a function or a list in place of an argument is an error that names it", {
  data <- data.frame(answer = c("a", "b", "a"), x = 1:3)
  for (arg in c("success", "ci", "level", "na", "df", "missing_codes", "cv", "covariance")) {
    for (wrong in list(mean, list(1, mean))) {
      error <- expect_ioi_error(
        do.call(ioi_proportion, c(list(data, "answer"), stats::setNames(list(wrong), arg))), "input"
      )
      expect_identical(error$arg, arg)
    }
  }
  error <- expect_ioi_error(ioi_mean(data, x, missing_codes = mean), "input")
  expect_identical(error$arg, "missing_codes")
})
