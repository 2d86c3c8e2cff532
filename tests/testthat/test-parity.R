# Gaps between groups: estimates, rows, flags, errors. Cases: cases/survey_gap_*.csv (R's
# survey package on data made up for the purpose). Counts and kinds of reference have
# files of their own. The C tests hold Newcombe's published table.

counts <- function(x1, n1, x2, n2) {
  data.frame(group = c("A", "B"), x = c(x1, x2), n = c(n1, n2))
}

count_gap <- function(x1, n1, x2, n2, ...) {
  x <- counts(x1, n1, x2, n2)
  ioi_parity(x, "group", "B", events = "x", population = "n", ...)[1, ]
}

# Estimates with a covariance, as a survey gives them.
survey_estimates <- function(p, vcov, n = 100, df = 16, flag = "", groups = NULL) {
  groups <- if (is.null(groups)) c("X", "Y", "W")[seq_along(p)] else groups
  limits <- interval_proportion(p, sqrt(diag(vcov)), n, df, "wilson", 0.95)
  table <- tibble::tibble(
    ethnic = groups, estimate = p, std.error = sqrt(diag(vcov)),
    conf.low = limits$conf.low, conf.high = limits$conf.high,
    n = rep_len(n, length(p)), df = rep_len(df, length(p)), flag = flag
  )
  new_ioi_estimate(table, vcov, info = list(
    by = "ethnic", level = 0.95, ci = "wilson", limits = "proportion",
    df_rule = "number", unit = "proportion", what = "Proportion"
  ))
}

example_estimates <- function() {
  survey_estimates(
    c(0.55, 0.52, 0.70),
    matrix(c(60, 10, 13, 10, 74, -1, 13, -1, 25) / 1e4, 3)
  )
}

rates <- data.frame(
  area = c("north", "north", "south", "south"),
  sex = c("men", "women", "men", "women"),
  estimate = c(0.78, 0.71, 0.82, 0.74), std.error = c(0.02, 0.02, 0.01, 0.02)
)

# ---- counts -------------------------------------------------------------------

test_that("the test of counts is Pearson's, with N - 1", {
  x <- matrix(c(9, 1, 3, 11), 2)
  pearson <- suppressWarnings(stats::chisq.test(x, correct = FALSE)$statistic)
  got <- count_gap(9, 10, 3, 14)
  expect_equal(got$statistic, unname(pearson) * 23 / 24)
  expect_equal(got$p.value, stats::pchisq(got$statistic, 1, lower.tail = FALSE))
  expect_identical(got$n, 24)
})

test_that("Wald limits of counts are those of prop.test", {
  got <- count_gap(56, 70, 48, 80, ci = "wald", level = 0.9)
  theirs <- stats::prop.test(c(56, 48), c(70, 80), correct = FALSE, conf.level = 0.9)
  expect_equal(c(got$conf.low, got$conf.high), as.vector(theirs$conf.int))
})

test_that("counts have the columns of the contract, in its order", {
  got <- ioi_parity(counts(9, 10, 3, 14), group, "B", events = x, population = n)
  expect_identical(names(got), c(
    "measure", "group", "reference", "estimate", "std.error", "conf.low", "conf.high",
    "n", "df", "statistic", "p.value", "flag"
  ))
  expect_s3_class(got, "ioi_estimate")
  expect_identical(got$group, c("A", "B"))
  expect_identical(got$reference, c("B", "B"))
  expect_equal(vcov(got)[1, 1], got$std.error[1]^2)
})

test_that("an empty group and a missing count are flagged and stop no other", {
  x <- data.frame(
    g = c("a", "b", "c", "d"), x = c(0, NA, 3, 2), n = c(0, 10, 10, 8)
  )
  got <- ioi_parity(x, g, "d", events = x, population = n)
  expect_identical(got$flag, c("empty", "missing", "", "reference"))
  expect_identical(is.na(got$estimate), c(TRUE, TRUE, FALSE, FALSE))
  gone <- ioi_parity(x, g, "a", events = x, population = n)
  expect_identical(
    gone$flag, c("reference;empty", "missing", "no_reference", "no_reference")
  )
  expect_true(all(is.na(gone$estimate)))
})

test_that("both at 0 is a difference of 0 with limits and no test", {
  got <- count_gap(0, 10, 0, 20)
  expect_identical(got$estimate, 0)
  expect_equal(round(c(got$conf.low, got$conf.high), 4), c(-0.1611, 0.2775))
  expect_identical(got$p.value, NA_real_)
})

# ---- estimates ----------------------------------------------------------------

test_that("gaps with a design's covariance equal survey's (svyby, delta method)", {
  cases <- utils::read.csv(test_path("cases", "survey_gap_expected.csv"))
  for (group in unique(cases$group)) {
    case <- with(cases[cases$group == group, ], stats::setNames(expected, quantity))
    v <- matrix(case[c("se_group", "cov", "cov", "se_ref")], 2)
    diag(v) <- diag(v)^2
    x <- survey_estimates(
      unname(case[c("p_group", "p_ref")]), v,
      df = case[["df"]], groups = c(group, "W")
    )
    got <- ioi_parity(x, ethnic, "W", measure = c("difference", "ratio"))
    got <- got[got$group == group, ]
    expect_equal(got$estimate, unname(case[c("diff", "ratio")]), tolerance = 1e-9)
    expect_equal(
      got$std.error, unname(c(case["se_diff"], case["ratio"] * case["se_log_ratio"])),
      tolerance = 1e-9
    )
    expect_equal(got$conf.low, unname(case[c("diff_lower_t", "ratio_lower_t")]),
      tolerance = 1e-9
    )
    expect_equal(got$conf.high, unname(case[c("diff_upper_t", "ratio_upper_t")]),
      tolerance = 1e-9
    )
    expect_equal(got$statistic, rep(unname(case["diff"] / case["se_diff"]), 2))
    expect_equal(got$p.value, 2 * stats::pt(-abs(got$statistic), 16))
  }
})

test_that("from the rows of a survey the same gaps come out", {
  rows <- utils::read.csv(test_path("cases", "survey_gap_inputs.csv"))
  cases <- utils::read.csv(test_path("cases", "survey_gap_expected.csv"))
  design <- ioi_design(rows, weights = weight, strata = stratum, psu = psu)
  x <- ioi_proportion(design, y, by = group, success = 1)
  got <- ioi_parity(x, group, "W")
  for (g in unique(cases$group)) {
    case <- with(cases[cases$group == g, ], stats::setNames(expected, quantity))
    row <- got[got$group == g, ]
    expect_equal(
      c(row$estimate, row$std.error, row$conf.low, row$conf.high, row$df),
      unname(case[c("diff", "se_diff", "diff_lower_t", "diff_upper_t", "df")]),
      tolerance = 1e-9
    )
  }
})

test_that("the covariance of all gaps equals svycontrast's", {
  skip_if_not_installed("survey")
  api <- new.env()
  utils::data("api", package = "survey", envir = api)
  design <- survey::svydesign(~dnum, weights = ~pw, data = api$apiclus1)
  means <- survey::svyby(~ell, ~stype, design, survey::svymean, covmat = TRUE)
  v <- unname(as.matrix(stats::vcov(means)))
  x <- survey_estimates(as.vector(stats::coef(means)), v, groups = c("E", "H", "M"))
  got <- ioi_parity(x, ethnic, "E", measure = c("difference", "ratio"))
  theirs <- survey::svycontrast(means, list(
    dh = quote(H - E), dm = quote(M - E), rh = quote(H / E), rm = quote(M / E)
  ))
  order <- paste(got$measure, got$group)
  at <- match(c("difference H", "difference M", "ratio H", "ratio M"), order)
  expect_equal(got$estimate[at], as.vector(stats::coef(theirs)), tolerance = 1e-8)
  expect_equal(unname(vcov(got)[at, at]), unname(as.matrix(stats::vcov(theirs))),
    tolerance = 1e-8
  )
  expect_equal(got$std.error, sqrt(unname(diag(vcov(got)))))
})

test_that("MOVER without covariance is Newcombe's, and t and log need no limits", {
  x <- data.frame(group = c("A", "B"), estimate = c(56 / 70, 48 / 80), n = c(70, 80))
  x$std.error <- sqrt(x$estimate * (1 - x$estimate) / x$n)
  own <- interval_proportion(x$estimate, x$std.error, x$n, Inf, "wilson", 0.95)
  x$conf.low <- own$conf.low
  x$conf.high <- own$conf.high
  mover <- ioi_parity(x, group, "B", ci = "mover")
  newcombe <- count_gap(56, 70, 48, 80)
  expect_equal(mover$conf.low[1], newcombe$conf.low)
  expect_equal(mover$conf.high[1], newcombe$conf.high)
  expect_error(
    ioi_parity(x[1:4][-3], group, "B", ci = "mover"), "conf.low",
    class = "ioi_error_input"
  )
})

test_that("MOVER at another level uses the estimates' limits at that level", {
  x <- example_estimates()
  got <- ioi_parity(x, ethnic, "W", ci = "mover", level = 0.8)[1, ]
  own <- confint(x, level = 0.8)
  rho <- vcov(x)[1, 3] / prod(x$std.error[c(1, 3)])
  d <- c(x$estimate[1] - own[1, 1], own[3, 2] - x$estimate[3])
  expect_equal(
    got$conf.low, got$estimate - sqrt(sum(d^2) - 2 * rho * prod(d))
  )
  expect_identical(attr(got, "info")$level, 0.8)
})

test_that("degrees of freedom and people are counted over the two domains together", {
  # 9 PSUs in 2 strata: A in PSUs 1-5 (stratum 1), B in 4-9 (both), C in 9 (2).
  bits <- function(...) {
    columns <- lapply(list(...), function(x) packBits(seq_len(16) %in% x, "raw"))
    matrix(unlist(columns), ncol = length(columns))
  }
  x <- example_estimates()
  attr(x, "info")$df_rule <- "domain"
  attr(x, "domains") <- list(
    id = c(2L, 1L, 3L), n = c(60, 50, 7),
    psu = bits(4:9, 1:5, 9), stratum = bits(1:2, 1, 2)
  )
  got <- ioi_parity(x, ethnic, "Y")
  expect_identical(got$df, c(9 - 2, 6 - 2, 6 - 2))
  expect_identical(got$n, c(110, 60, 67))
  elements <- x
  attr(elements, "domains")["psu"] <- list(NULL)
  expect_identical(ioi_parity(elements, ethnic, "Y")$df, c(108, 58, 65))
  expect_identical(ioi_parity(elements, ethnic, "W")$df, c(55, 65, 6))
})

test_that("a group without degrees of freedom has those of the two together in a gap", {
  set.seed(2)
  data <- data.frame(h = rep(1:2, each = 30), psu = rep(1:6, each = 10))
  data$yes <- stats::rbinom(60, 1, 0.5)
  data$group <- ifelse(seq_len(60) %in% c(1:6, 31:37), "a", "b")
  both <- ioi_proportion(ioi_design(data, strata = h, psu = psu), yes, by = group, success = 1)
  expect_identical(both$df, c(0, 4))
  got <- ioi_parity(both, group, "b")[1, ]
  expect_identical(c(got$df, got$n), c(4, 60))
  expect_identical(got$flag, "")
  v <- vcov(both)
  se <- sqrt(v[1, 1] + v[2, 2] - 2 * v[1, 2])
  expect_equal(got$conf.low, both$estimate[1] - both$estimate[2] - stats::qt(0.975, 4) * se)
})

test_that("degrees of freedom given as a number stay", {
  expect_identical(ioi_parity(example_estimates(), ethnic, "W")$df, c(16, 16, 16))
})

test_that("independent groups with df get Welch's, as t.test gives them", {
  sleep <- datasets::sleep
  means <- tapply(sleep$extra, sleep$group, mean)
  se <- tapply(sleep$extra, sleep$group, stats::sd) / sqrt(10)
  x <- data.frame(group = 1:2, estimate = c(means), std.error = c(se), df = 9, n = 10)
  got <- ioi_parity(x, group, 2, level = 0.9)[1, ]
  theirs <- stats::t.test(extra ~ group, data = sleep, conf.level = 0.9)
  expect_equal(got$df, unname(theirs$parameter))
  expect_equal(got$statistic, unname(theirs$statistic))
  expect_equal(got$p.value, theirs$p.value)
  expect_equal(c(got$conf.low, got$conf.high), as.vector(theirs$conf.int))
  expect_identical(got$n, 20)
})

test_that("without df the limits are normal", {
  got <- ioi_parity(rates, sex, "men", by = area)
  expect_identical(got$df, rep(Inf, 4))
  expect_equal(got$conf.high[2], -0.07 + stats::qnorm(0.975) * sqrt(0.0008))
  expect_equal(vcov(got)[2, 4], 0)
})

# ---- rows ---------------------------------------------------------------------

test_that("the reference has a row against itself", {
  got <- ioi_parity(example_estimates(), ethnic, "W", measure = c("difference", "ratio"))
  self <- got[got$group == "W", ]
  expect_identical(self$estimate, c(0, 1))
  expect_identical(self$conf.low, c(0, 1))
  expect_identical(self$conf.high, c(0, 1))
  expect_identical(self$std.error, c(0, 0))
  expect_identical(self$p.value, c(NA_real_, NA_real_))
  expect_identical(self$flag, c("reference", "reference"))
  expect_identical(self$n, c(100, 100))
  expect_true(all(vcov(self) == 0))
})

test_that("groups turned round change the sign, and invert the ratio", {
  x <- example_estimates()
  one <- ioi_parity(x, ethnic, "W", measure = c("difference", "ratio"))
  two <- ioi_parity(x, ethnic, "X", measure = c("difference", "ratio"))
  a <- one[one$group == "X", ]
  b <- two[two$group == "W", ]
  expect_equal(a$estimate, c(-b$estimate[1], 1 / b$estimate[2]))
  expect_equal(a$conf.low, c(-b$conf.high[1], 1 / b$conf.high[2]))
  expect_equal(a$p.value, b$p.value)
})

test_that("only the difference is given unless the ratio is asked for", {
  got <- ioi_parity(example_estimates(), ethnic, "W")
  expect_identical(got$measure, rep("difference", 3))
  got <- ioi_parity(rates, sex, "men", measure = c("ratio", "difference"), by = area)
  expect_identical(got$measure, rep(rep(c("ratio", "difference"), each = 2), 2))
  expect_identical(got$area, rep(c("north", "south"), each = 4))
})

test_that("columns of the estimates keep gaps apart without being asked", {
  v <- diag(4) / 1e4
  table <- tibble::tibble(
    area = factor(c("n", "n", "s", "s")), sex = c("m", "f", "m", "f"),
    outcome = "job", category = "yes", estimate = c(0.7, 0.6, 0.8, 0.5),
    std.error = 0.01, conf.low = estimate - 0.02, conf.high = estimate + 0.02
  )
  x <- new_ioi_estimate(table, v, info = list(by = c("area", "sex"), level = 0.95))
  got <- ioi_parity(x, sex, "m")
  expect_identical(names(got)[1:7], c(
    "area", "measure", "outcome", "category", "group", "reference", "estimate"
  ))
  expect_equal(got$estimate, c(0, -0.1, 0, -0.3))
  expect_identical(got$area, factor(c("n", "n", "s", "s")))
  expect_error(ioi_parity(x, sex, "m", by = category), class = "ioi_error_data")
  categories <- table[1:2, ]
  categories$category <- c("yes", "no")
  categories$sex <- "m"
  x <- new_ioi_estimate(categories, diag(2) / 1e4, info = list(by = c("area", "sex")))
  expect_equal(ioi_parity(x, category, "no")$estimate, c(0.1, 0))
})

test_that("group and reference keep the type of the column and match as text", {
  x <- data.frame(
    code = factor(c("2", "1"), levels = c("1", "2")), estimate = c(2, 3), std.error = 0.1
  )
  got <- ioi_parity(x, code, 1)
  expect_identical(got$group, x$code)
  expect_identical(got$reference, factor(c("1", "1"), levels = c("1", "2")))
  x$code <- c(2020L, 2010L)
  expect_identical(ioi_parity(x, code, "2010")$reference, c(2010L, 2010L))
})

test_that("columns are named in every way", {
  bare <- ioi_parity(rates, sex, "men", by = area)
  expect_identical(ioi_parity(rates, "sex", "men", by = "area"), bare)
  expect_identical(ioi_parity(rates, ~sex, "men", by = ~area), bare)
  expect_identical(ioi_parity(rates, sex, "men", by = tidyselect::all_of("area")), bare)
})

test_that("rows without a group are left out, and counted in a message", {
  x <- rates
  x$sex[2] <- NA
  expect_message(
    got <- ioi_parity(x, sex, "men", by = area),
    class = "ioi_message_missing"
  )
  expect_identical(nrow(got), 3L)
})

test_that("a missing estimate is a flagged row, here and as the reference", {
  x <- rates
  x$estimate[3] <- NA
  got <- ioi_parity(x, sex, "men", by = area)
  expect_identical(got$flag, c("reference", "", "reference;missing", "no_reference"))
  expect_false(anyNA(got$conf.low[1:2]))
  expect_true(all(is.na(got[3:4, c("estimate", "std.error", "conf.low", "p.value")])))
  gone <- ioi_parity(x[-1, ], sex, "men", by = area)
  expect_identical(gone$flag, c("no_reference", "reference;missing", "no_reference"))
  expect_identical(gone$reference, rep("men", 3))
  x <- rates
  x$std.error[2] <- NA
  got <- ioi_parity(x, sex, "men", by = area)
  expect_identical(got$flag, c("reference", "no_limits", "reference", ""))
  expect_equal(got$estimate[2], -0.07)
})

test_that("without degrees of freedom there are no limits and no test", {
  x <- example_estimates()
  x <- survey_estimates(x$estimate, unname(vcov(x)), df = c(0, 16, 16))
  got <- ioi_parity(x, ethnic, "W")
  expect_identical(got$flag, c("df", "", "reference"))
  expect_identical(is.na(got$conf.low), c(TRUE, FALSE, FALSE))
  expect_identical(is.na(got$p.value), c(TRUE, FALSE, TRUE))
})

test_that("a ratio to 0 and of 0 follows the edge rules", {
  x <- survey_estimates(c(0, 0.4, 0), diag(c(0, 0.01, 0)))
  log <- ioi_parity(x, ethnic, "W", measure = "ratio")
  expect_identical(log$estimate, c(NA, Inf, 1))
  expect_identical(log$flag, c("no_log", "no_log", "reference"))
  expect_true(all(is.na(log$conf.low[1:2])))
  mover <- ioi_parity(x, ethnic, "W", measure = "ratio", ci = "mover")
  expect_identical(mover$conf.high, c(Inf, Inf, 1))
  expect_identical(mover$conf.low[1], 0)
  expect_gt(mover$conf.low[2], 0)
  zero <- ioi_parity(x, ethnic, "Y", measure = "ratio")
  expect_identical(zero$estimate, c(0, 1, 0))
  expect_identical(zero$flag, c("no_log", "reference", "no_log"))
})

test_that("shares of 0 or 1 on both sides get limits by MOVER, and the flag says so", {
  x <- survey_estimates(c(1, 1), matrix(0, 2, 2), n = c(40, 60))
  got <- ioi_parity(x, ethnic, "Y")[1, ]
  expect_identical(got$flag, "ci_mover")
  expect_equal(
    unlist(got[c("conf.low", "conf.high")]),
    unlist(ioi_parity(x, ethnic, "Y", ci = "mover")[1, c("conf.low", "conf.high")])
  )
  expect_lt(got$conf.low, 0)
  expect_identical(got$p.value, NA_real_)
})

test_that("MOVER carries the flag of limits that fell back; t does not", {
  x <- example_estimates()
  x <- survey_estimates(x$estimate, unname(vcov(x)), flag = c("ci_nchs;u", "", ""))
  expect_identical(ioi_parity(x, ethnic, "W")$flag, c("u", "", "reference"))
  expect_identical(
    ioi_parity(x, ethnic, "W", ci = "mover")$flag, c("ci_nchs;u", "", "reference")
  )
})

# ---- references ---------------------------------------------------------------

test_that("best, worst and largest are chosen in each combination of by", {
  x <- rates
  x$n <- c(10, 20, 40, 30)
  best <- ioi_parity(x, sex, "best", by = area, favourable = TRUE)
  expect_identical(best$reference, rep("men", 4))
  worst <- ioi_parity(x, sex, "best", by = area, favourable = FALSE)
  expect_identical(worst$reference, rep("women", 4))
  expect_identical(
    ioi_parity(x, sex, "worst", by = area, favourable = TRUE)$reference, rep("women", 4)
  )
  largest <- ioi_parity(x, sex, "largest", by = area)
  expect_identical(largest$reference, c("women", "women", "men", "men"))
  expect_match(paste(attr(best, "info")$notes, collapse = " "), "chose the reference")
  expect_no_match(
    paste(attr(ioi_parity(x, sex, "men", by = area), "info")$notes, collapse = " "),
    "chose the reference"
  )
})

test_that("ties go to the larger group, then the first; empty groups are no reference", {
  x <- data.frame(
    g = c("a", "b", "c", "d"), x = c(5, 10, 10, 0), n = c(10, 20, 20, 0)
  )
  pick <- function(reference, favourable = TRUE) {
    ioi_parity(x, g, reference,
      events = x, population = n, favourable = favourable
    )$reference[1]
  }
  expect_identical(pick("best"), "b")
  expect_identical(pick("worst"), "b")
  expect_identical(pick("largest"), "b")
})

test_that("a group called best is that group", {
  x <- data.frame(g = c("best", "b"), estimate = c(1, 2), std.error = 1)
  expect_identical(ioi_parity(x, g, "best")$reference, c("best", "best"))
})

# ---- p values and direction ---------------------------------------------------

test_that("p values are adjusted within by and measure, the reference apart", {
  # p.adjust on 0.001, 0.013, 0.04, 0.041, 0.2
  raw <- c(0.001, 0.013, 0.04, 0.041, 0.2)
  expected <- list(
    bonferroni = c(0.005, 0.065, 0.2, 0.205, 1),
    holm = c(0.005, 0.052, 0.12, 0.12, 0.2),
    hochberg = c(0.005, 0.052, 0.082, 0.082, 0.2),
    BH = c(0.005, 0.0325, 0.05125, 0.05125, 0.2),
    none = raw
  )
  x <- data.frame(
    g = c(letters[1:5], "ref"), estimate = c(5 + stats::qnorm(raw / 2), 5),
    std.error = c(rep(1, 5), 0)
  )
  twice <- rbind(cbind(x, area = 1), cbind(x, area = 2))
  for (method in names(expected)) {
    got <- ioi_parity(twice, g, "ref",
      by = area, adjust = method, measure = c("difference", "ratio")
    )
    expect_equal(got$p.value, rep(c(expected[[method]], NA), 4))
  }
  twice$estimate[2] <- NA # a missing p value does not count
  got <- ioi_parity(twice, g, "ref", by = area, adjust = "bonferroni")
  expect_equal(got$p.value[1:6], c(raw[1], NA, raw[3:5], NA) * 4, tolerance = 1e-12)
})

test_that("direction says better, worse or unclear, only when asked", {
  x <- data.frame(
    g = c("up", "down", "near", "ref"), estimate = c(0.9, 0.1, 0.51, 0.5),
    std.error = 0.05
  )
  expect_false("direction" %in% names(ioi_parity(x, g, "ref")))
  good <- ioi_parity(x, g, "ref", favourable = TRUE)
  expect_identical(good$direction, c("better", "worse", "no clear difference", NA))
  bad <- ioi_parity(x, g, "ref", favourable = FALSE, measure = c("difference", "ratio"))
  expect_identical(bad$direction, rep(c("worse", "better", "no clear difference", NA), 2))
  expect_identical(
    names(good)[11:13], c("p.value", "direction", "flag")
  )
})

# ---- errors -------------------------------------------------------------------

test_that("a method that a measure, a source or a reference does not have is refused", {
  x <- example_estimates()
  refused <- function(expr, text) expect_error(expr, text, class = "ioi_error_input")
  refused(ioi_parity(x, ethnic, "W", ci = "katz"), "mover")
  refused(ioi_parity(x, ethnic, "W", measure = "odds_ratio", ci = "t"), "log")
  refused(ioi_parity(x, ethnic, "W", ci = "log"), "mover")
  refused(count_gap(1, 2, 1, 2, ci = "katz"), "miettinen_nurminen")
  refused(count_gap(1, 2, 1, 2, measure = "ratio", ci = "wald"), "koopman")
  refused(count_gap(1, 2, 1, 2, ci = "exact"), "score")
  refused(count_gap(1, 2, 1, 2, measure = "odds_ratio", ci = "score"), "rates")
  refused(ioi_parity(x, ethnic, "W", measure = "gap"), "four_fifths")
  refused(ioi_parity(x, ethnic, "W", measure = "shortfall"), "favourable")
  shares <- counts(1, 2, 1, 2)
  refused(
    ioi_parity(shares, group, "others_mean", events = x, population = n, ci = "mee"),
    "mover"
  )
  refused(
    ioi_parity(shares, group, "overall",
      measure = "odds_ratio", events = x, population = n, ci = "woolf"
    ),
    "mover"
  )
})

test_that("wrong arguments are errors that name the argument", {
  x <- example_estimates()
  arg <- function(expr) {
    tryCatch(expr, ioi_error_input = function(e) paste(e$arg, collapse = " "))
  }
  expect_identical(arg(ioi_parity(1, ethnic, "W")), "x")
  expect_identical(arg(ioi_parity(x, reference = "W")), "group")
  expect_identical(arg(ioi_parity(x, ethnic)), "reference")
  expect_identical(arg(ioi_parity(x, nothing, "W")), "group")
  expect_identical(arg(ioi_parity(x, ethnic, "Z")), "reference")
  expect_identical(arg(ioi_parity(x, ethnic, c("W", "X"))), "reference")
  expect_identical(arg(ioi_parity(x, ethnic, NA)), "reference")
  expect_identical(arg(ioi_parity(x, ethnic, "W", adjust = "no")), "adjust")
  expect_identical(arg(ioi_parity(x, ethnic, "W", favourable = "up")), "favourable")
  expect_identical(arg(ioi_parity(x, ethnic, "best")), "favourable")
  expect_identical(arg(ioi_parity(x, ethnic, "W", level = 95)), "level")
  expect_identical(arg(ioi_parity(x, ethnic, "W", metric = 1)), "metric")
  expect_identical(arg(ioi_parity(rates[1:2], sex, "men")), "x")
  expect_identical(arg(ioi_parity(ioi_parity(x, ethnic, "W"), group, "X")), "x")
  expect_identical(arg(ioi_parity(rates, sex, "men", events = estimate)), "population")
  expect_identical(arg(ioi_parity(rates, sex, "largest", by = area)), "reference")
  named <- data.frame(n = 1:2, g = c("a", "b"), estimate = 1:2, std.error = 1)
  expect_identical(arg(ioi_parity(named, g, "a", by = n)), "by")
  text <- transform(rates, estimate = as.character(estimate))
  expect_identical(arg(ioi_parity(text, sex, "men", by = area)), "estimate")
})

test_that("a group that occurs twice is an error that says where, and what to do", {
  error <- tryCatch(ioi_parity(rates, sex, "men"), ioi_error_data = identity)
  expect_s3_class(error, "ioi_error_data")
  expect_identical(error$where, 3:4)
  expect_match(conditionMessage(error), "by")
})

test_that("impossible counts and errors are refused with their row", {
  where <- function(expr) tryCatch(expr, ioi_error_data = function(e) e$where)
  expect_identical(where(count_gap(11, 10, 2, 10)), 1L)
  expect_identical(where(count_gap(1, 10, -2, 10)), 2L)
  expect_identical(where(count_gap(1, 10, 2, Inf)), 2L)
  expect_identical(where(count_gap(1, -10, 2, 10)), 1L)
  x <- transform(rates, std.error = c(0.1, -0.1, 0.1, 0.1))
  expect_identical(where(ioi_parity(x, sex, "men", by = area)), 2L)
  x <- transform(rates, estimate = c(0.1, 0.1, Inf, 0.1))
  expect_identical(where(ioi_parity(x, sex, "men", by = area)), 3L)
})

test_that("estimates that depend on each other are not taken as independent", {
  x <- example_estimates()
  attr(x, "vcov") <- NULL
  attr(x, "info")$design <- list(type = "linearised", strata = 2)
  expect_error(ioi_parity(x, ethnic, "W"), "covariance", class = "ioi_error_input")
  attr(x, "info")$design <- NULL
  got <- ioi_parity(x, ethnic, "W")
  expect_equal(got$std.error[1], sqrt(sum(x$std.error[c(1, 3)]^2)))
  expect_match(attr(got, "info")$notes, "independent")
})

test_that("many independent groups come without a dense covariance", {
  x <- data.frame(g = seq_len(3000), x = 1, n = 10)
  got <- ioi_parity(x, g, 1, events = x, population = n)
  expect_identical(nrow(got), 3000L)
  expect_error(vcov(got), "too many", class = "ioi_error_input")
  # the rows of the result count, not the groups
  some <- x[1:1100, ]
  one <- ioi_parity(some, g, 1, events = x, population = n)
  expect_identical(dim(vcov(one)), c(1100L, 1100L))
  both <- ioi_parity(some, g, 1, c("difference", "ratio"), events = x, population = n)
  expect_error(vcov(both), "too many", class = "ioi_error_input")
})

test_that("one group is its own reference; no rows are an error", {
  got <- ioi_parity(rates[1, ], sex, "men")
  expect_identical(got$flag, "reference")
  expect_error(ioi_parity(rates[0, ], sex, "men"), class = "ioi_error_input")
})
