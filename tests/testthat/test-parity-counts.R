# Gaps from counts: every method, every measure, the edges. Cases: parity_counts.csv
# (closed formulas; score and MOVER limits also by another package),
# parity_representation.csv, parity_multiplicity.csv (p.adjust()), parity_ks4_*.csv
# (GCSE English and maths at grade 5 by ethnic group, England; Department for Education,
# Open Government Licence v3.0; the counts are rounded from pupils and percentages).

gap_of <- function(x1, n1, x2, n2, ...) {
  x <- data.frame(g = c("A", "B"), x = c(x1, x2), n = c(n1, n2))
  ioi_parity(x, g, "B", events = x, population = n, ...)[1, ]
}

case_method <- c(
  katz_log = "katz", walter_half = "walter", mover_wilson = "mover", woolf_log = "woolf",
  haldane_half = "haldane", cornfield_nocc = "cornfield", exact_conditional = "exact",
  exact_midp = "midp", log_wald = "log"
)
case_measure <- c(
  rd = "difference", rr = "ratio", or = "odds_ratio", test = "difference",
  rate_ratio = "ratio", rate_difference = "difference"
)

is_close <- function(got, want, tol) {
  (is.na(got) & is.na(want)) |
    (!is.na(got) & !is.na(want) & (got == want | abs(got - want) <= tol * pmax(1, abs(want))))
}

test_that("every open case of two proportions and two rates comes out", {
  cases <- utils::read.csv(test_path("cases", "parity_counts.csv"))
  expect_identical(nrow(cases), 286L)
  for (i in seq_len(nrow(cases))) {
    case <- cases[i, ]
    test <- case$measure == "test"
    method <- if (test) "newcombe" else case$method
    if (method %in% names(case_method)) method <- case_method[[method]]
    row <- gap_of(case$x1, case$n1, case$x2, case$n2,
      measure = case_measure[[case$measure]], ci = method,
      level = if (test) 0.95 else case$level
    )
    got <- if (test) {
      c(row$statistic, row$p.value, NA)
    } else {
      c(row$estimate, row$conf.low, row$conf.high)
    }
    off <- !is_close(got, c(case$estimate, case$lower, case$upper), case$tol)
    expect_false(any(off), label = paste(case$case_id, case$method, case$level))
  }
})

test_that("all rows at once are the rows one by one", {
  set.seed(4)
  x <- data.frame(set = seq_len(60), n1 = sample(1:40, 60, TRUE), n2 = sample(1:40, 60, TRUE))
  x$x1 <- stats::rbinom(60, x$n1, 0.4)
  x$x2 <- stats::rbinom(60, x$n2, 0.1)
  long <- data.frame(
    set = rep(x$set, 2), g = rep(c("A", "B"), each = 60), x = c(x$x1, x$x2),
    n = c(x$n1, x$n2)
  )
  for (measure in c("difference", "ratio", "odds_ratio")) {
    all <- ioi_parity(long, g, "B",
      by = set, measure = measure, events = x, population = n, ci = "miettinen_nurminen"
    )
    all <- all[all$group == "A", ]
    one <- do.call(rbind, lapply(seq_len(60), function(i) {
      tidy(gap_of(x$x1[i], x$n1[i], x$x2[i], x$n2[i],
        measure = measure, ci = "miettinen_nurminen"
      ))
    }))
    for (name in c("estimate", "conf.low", "conf.high", "p.value", "flag")) {
      expect_identical(all[[name]], one[[name]])
    }
  }
})

test_that("a score interval leaves out no gap exactly when its test rejects it", {
  set.seed(5)
  for (i in seq_len(200)) {
    n <- sample(2:30, 2, TRUE)
    x <- stats::rbinom(2, n, 0.5)
    if (sum(x) %in% c(0, sum(n))) next
    p <- NULL
    for (measure in c("difference", "ratio", "odds_ratio")) {
      row <- gap_of(x[1], n[1], x[2], n[2], measure = measure, ci = "miettinen_nurminen")
      none <- if (measure == "difference") 0 else 1
      outside <- row$conf.low > none | row$conf.high < none
      expect_identical(outside, row$p.value < 0.05, label = paste(c(x, n), collapse = " "))
      p <- c(p, row$p.value)
    }
    expect_equal(p, rep(p[1], 3), tolerance = 1e-14)
  }
})

test_that("the open cases of the whole, the rest and the best come out", {
  case <- utils::read.csv(test_path("cases", "parity_representation.csv"))
  gap <- function(reference, measure, ...) {
    ioi_parity(case, group, reference,
      measure = measure, events = x, population = n, ...
    )
  }
  whole <- gap("overall", "difference")
  expect_equal(whole$estimate, case$gap_overall, tolerance = 1e-9)
  expect_equal(whole$conf.low, case$gap_overall_lower, tolerance = 1e-9)
  expect_equal(whole$conf.high, case$gap_overall_upper, tolerance = 1e-9)
  ratio <- gap("overall", "ratio")
  expect_equal(ratio$estimate, case$repr_ratio, tolerance = 1e-9)
  expect_equal(ratio$std.error / ratio$estimate, case$se_log_repr, tolerance = 1e-9)
  expect_equal(gap("overall", "parity_index")$estimate, case$parity_index_adj)
  expect_equal(gap("rest", "difference")$estimate, case$gap_rest)
  best <- gap("best", c("shortfall", "four_fifths"), favourable = TRUE)
  people <- best[best$measure == "shortfall", ]
  expect_equal(people$estimate, case$shortfall_vs_best)
  fifths <- best[best$measure == "four_fifths", ]
  expect_equal(fifths$estimate, case$ratio_to_best)
  flagged <- grepl("below four fifths", fifths$flag)
  expect_identical(as.integer(flagged), case$four_fifths_flag)
})

test_that("adjusted p values are those of p.adjust, in each family", {
  case <- utils::read.csv(test_path("cases", "parity_multiplicity.csv"))
  p <- unique(case[c("row", "p_raw")])
  # estimates whose test gives these p values
  x <- data.frame(
    g = c(paste0("g", p$row), "ref"),
    estimate = c(-stats::qnorm(p$p_raw / 2), 0), std.error = c(rep(1, nrow(p)), 0)
  )
  for (method in unique(case$method)) {
    want <- case$p_adjusted[case$method == method]
    got <- ioi_parity(x, g, "ref", adjust = method)
    expect_equal(got$p.value, c(want, NA), tolerance = 1e-12)
    expect_match(attr(got, "info")$notes, "family", all = FALSE)
  }
  two <- rbind(cbind(x, set = 1), cbind(x, set = 2))
  raw <- ioi_parity(two, g, "ref", by = set)$p.value
  all <- ioi_parity(two, g, "ref", by = set, adjust = "holm", family = "all")
  expect_equal(all$p.value, stats::p.adjust(raw, "holm"))
})

test_that("gaps of the published key stage 4 figures come out", {
  inputs <- utils::read.csv(test_path("cases", "parity_ks4_inputs.csv"))
  cases <- utils::read.csv(test_path("cases", "parity_ks4_expected.csv"))
  x <- inputs[inputs$group != "Total", ]
  x$estimate <- x$pct_grade5
  x$std.error <- 0
  x$reached <- round(x$pupils * x$pct_grade5 / 100)
  published <- ioi_parity(x, group, "White British",
    by = year, measure = c("difference", "ratio")
  )
  counted <- ioi_parity(x, group, "White British",
    by = year, events = reached, population = pupils, ci = "miettinen_nurminen"
  )
  expect_identical(nrow(cases), 210L)
  for (i in seq_len(nrow(cases))) {
    case <- cases[i, ]
    from <- if (case$level == "counts") counted else published
    measure <- if (case$measure == "ratio") "ratio" else "difference"
    row <- from[from$group == case$group & from$year == case$year &
      from$measure == measure, ]
    got <- switch(case$measure,
      gap_pp = , ratio = row$estimate, gap_pp_lower = 100 * row$conf.low,
      gap_pp_upper = 100 * row$conf.high
    )
    expect_true(is_close(got, case$expected, case$tol), label = paste(case, collapse = " "))
  }
})

# ---- edges --------------------------------------------------------------------

test_that("a reference of 0 has an infinite ratio, with a lower limit by the score", {
  row <- gap_of(5, 10, 0, 20, measure = c("ratio", "odds_ratio"))
  expect_identical(row$estimate, Inf)
  expect_true(row$conf.low > 0 && row$conf.high == Inf)
  both <- gap_of(5, 10, 0, 20, measure = "ratio", ci = "katz")
  expect_identical(c(both$conf.low, both$conf.high), c(NA_real_, NA_real_))
  expect_identical(both$flag, "no_log")
  expect_identical(both$p.value, row$p.value)
})

test_that("a group of 0 has a ratio of 0, with a lower limit of 0", {
  for (ci in c("miettinen_nurminen", "koopman", "mover")) {
    row <- gap_of(0, 10, 5, 20, measure = "ratio", ci = ci)
    expect_identical(c(row$estimate, row$conf.low), c(0, 0))
    expect_true(row$conf.high > 0 && is.finite(row$conf.high))
  }
  expect_identical(gap_of(0, 10, 5, 20, measure = "ratio", ci = "katz")$flag, "no_log")
  expect_identical(gap_of(0, 10, 5, 20, measure = "relative_difference")$estimate, -1)
})

test_that("both at 0 have no ratio, and limits of 0 and infinity", {
  row <- gap_of(0, 10, 0, 20, measure = "ratio")
  expect_identical(c(row$estimate, row$conf.low, row$conf.high), c(NA, 0, Inf))
  rate <- gap_of(0, 10, 0, 20, measure = "ratio", ci = "score")
  expect_identical(c(rate$estimate, rate$conf.low, rate$conf.high), c(NA, 0, Inf))
  difference <- gap_of(0, 10, 0, 20, ci = "miettinen_nurminen")
  expect_equal(round(c(difference$conf.low, difference$conf.high), 4), c(-0.1658, 0.2844))
})

test_that("limits stop at the ends of the scale", {
  all <- gap_of(10, 10, 0, 20, ci = "miettinen_nurminen")
  expect_identical(all$conf.high, 1)
  none <- gap_of(0, 10, 20, 20, ci = "mee")
  expect_identical(none$conf.low, -1)
  caffo <- gap_of(2, 2, 0, 2, ci = "agresti_caffo", level = 0.999)
  expect_identical(c(caffo$estimate, caffo$conf.high), c(1, 1))
})

test_that("weighted counts that are not whole numbers are taken as they are", {
  for (measure in c("difference", "ratio", "odds_ratio")) {
    for (ci in parity_methods$counts[[measure]]) {
      between <- gap_of(3.5, 10.5, 2.25, 20, measure = measure, ci = ci)
      near <- gap_of(3.5 + 1e-9, 10.5, 2.25, 20, measure = measure, ci = ci)
      expect_true(is.finite(between$conf.low) && is.finite(between$conf.high))
      expect_equal(between$conf.low, near$conf.low, tolerance = 1e-7)
    }
  }
  for (ci in c("exact", "midp")) {
    row <- gap_of(3.5, 10, 2.5, 20, measure = "ratio", ci = ci)
    expect_true(row$conf.low < row$estimate && row$estimate < row$conf.high)
  }
})

test_that("exact limits of a rate ratio are those of poisson.test", {
  row <- gap_of(5, 100, 3, 400, measure = "ratio", ci = "exact", level = 0.9)
  theirs <- stats::poisson.test(c(5, 3), c(100, 400), conf.level = 0.9)
  expect_equal(c(row$conf.low, row$conf.high), as.vector(theirs$conf.int))
  more <- gap_of(50, 10, 30, 40, measure = "ratio", ci = "exact")
  theirs <- stats::poisson.test(c(50, 30), c(10, 40))
  expect_equal(c(more$conf.low, more$conf.high), as.vector(theirs$conf.int))
  expect_equal(
    more$p.value, 2 * stats::binom.test(50, 80, 0.2, alternative = "greater")$p.value
  )
  expect_error(
    gap_of(50, 10, 30, 40, measure = "ratio"), "rates",
    class = "ioi_error_data"
  )
})

test_that("huge groups and tiny shares keep their digits", {
  rate <- gap_of(1, 1e12, 5, 1e13, measure = "ratio", ci = "score")
  share <- gap_of(1, 1e12, 5, 1e13, measure = "ratio", ci = "koopman")
  expect_equal(share$conf.low, rate$conf.low, tolerance = 1e-8)
  expect_equal(share$conf.high, rate$conf.high, tolerance = 1e-8)
  big <- gap_of(3e14, 1e15, 2e14, 1e15, ci = "miettinen_nurminen")
  expect_equal(big$conf.high - big$conf.low, 2 * stats::qnorm(0.975) * sqrt(0.37e-15),
    tolerance = 1e-3
  )
})

test_that("people per outcome inverts the difference, or says there may be none", {
  row <- gap_of(56, 70, 48, 80, measure = c("difference", "people_per_outcome"))
  d <- gap_of(56, 70, 48, 80)
  per <- gap_of(56, 70, 48, 80, measure = "people_per_outcome")
  expect_equal(per$estimate, 5)
  expect_equal(c(per$conf.low, per$conf.high), 1 / c(d$conf.high, d$conf.low))
  unclear <- gap_of(5, 10, 4, 10, measure = "people_per_outcome")
  expect_identical(unclear$conf.high, Inf)
  expect_identical(unclear$flag, "includes no difference")
  d <- gap_of(5, 10, 4, 10)
  expect_equal(unclear$conf.low, 1 / max(abs(c(d$conf.low, d$conf.high))))
  expect_identical(gap_of(4, 10, 4, 10, measure = "people_per_outcome")$estimate, Inf)
})

test_that("a shortfall is n times the difference, on the side that is worse", {
  d <- gap_of(30, 100, 40, 100)
  good <- gap_of(30, 100, 40, 100, measure = "shortfall", favourable = TRUE)
  bad <- gap_of(30, 100, 40, 100, measure = "shortfall", favourable = FALSE)
  expect_equal(c(good$estimate, bad$estimate), c(10, -10))
  expect_equal(c(good$conf.low, good$conf.high), -100 * c(d$conf.high, d$conf.low))
  expect_equal(c(bad$conf.low, bad$conf.high), 100 * c(d$conf.low, d$conf.high))
  expect_equal(good$std.error, 100 * d$std.error)
})

test_that("four fifths of an adverse outcome compares the shares without it", {
  x <- data.frame(g = c("a", "b", "c"), x = c(10, 40, 12), n = c(100, 100, 60))
  got <- ioi_parity(x, g, "b",
    measure = "four_fifths", events = x, population = n, favourable = FALSE
  )
  expect_equal(got$estimate, c(1, 0.6 / 0.9, 0.8 / 0.9))
  expect_identical(got$reference, rep("a", 3))
  expect_identical(got$flag, c("reference", "below four fifths", ""))
  other <- transform(x, x = n - x)
  as_good <- ioi_parity(other, g, "b",
    measure = "four_fifths", events = x, population = n, favourable = TRUE
  )
  for (name in c("estimate", "std.error", "conf.low", "conf.high", "p.value")) {
    expect_equal(got[[name]], as_good[[name]])
  }
  expect_equal(vcov(got), vcov(as_good))
})

test_that("the parity index is symmetric about 1", {
  one <- gap_of(30, 100, 40, 100, measure = "parity_index")
  two <- gap_of(40, 100, 30, 100, measure = "parity_index")
  expect_equal(one$estimate - 1, 1 - two$estimate)
  expect_equal(one$conf.low, 2 - two$conf.high)
  expect_identical(gap_of(3, 10, 0, 20, measure = "parity_index")$estimate, 2)
})

test_that("one group alone, and one bad row among many", {
  x <- data.frame(
    g = c("a", "b", "c", "d"), x = c(1, NA, 0, 5), n = c(4, 9, 0, 10)
  )
  got <- ioi_parity(x, g, "d",
    events = x, population = n, favourable = TRUE, measure = names(parity_bases)
  )
  a <- got[got$group == "a", ]
  expect_true(all(is.finite(a$estimate)) && all(!is.na(a$conf.low)))
  expect_true(all(is.na(got$estimate[got$group %in% c("b", "c")])))
  alone <- ioi_parity(x[1, ], g, "overall",
    events = x, population = n, measure = c("difference", "ratio", "odds_ratio")
  )
  expect_identical(alone$estimate, c(0, 1, 1))
  expect_identical(alone$flag, rep("reference", 3))
  rest <- ioi_parity(x[1, ], g, "rest", events = x, population = n)
  expect_identical(rest$flag, "no_reference")
})

test_that("overlap of the groups' own limits is said, and is not the test", {
  # 12 of 100 against 25 of 100: the intervals overlap, the test is clear
  x <- data.frame(g = c("A", "B", "C"), x = c(13, 25, 60), n = 100)
  got <- ioi_parity(x, g, "B", events = x, population = n, flag = "overlap")
  expect_identical(got$overlap, c(TRUE, TRUE, FALSE))
  expect_lt(got$p.value[1], 0.05)
})
