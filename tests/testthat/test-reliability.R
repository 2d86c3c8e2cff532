# Reliability: the published rules written out with exact binomial limits, open cases,
# each reason, and that the table stays what it was.

# A table of proportions as given, in a simple random sample unless said otherwise.
shares <- function(p, n, effective = n, df = Inf) {
  rows <- length(p)
  se <- sqrt(p * (1 - p) / effective)
  new_ioi_estimate(
    tibble::tibble(
      category = paste("answer", seq_len(rows)), estimate = p, std.error = se,
      conf.low = NA_real_, conf.high = NA_real_, n = rep_len(n, rows),
      df = rep_len(df, rows), flag = ""
    ),
    vcov = diag(se^2, rows),
    info = list(what = "Proportion", level = 0.9, ci = "logit", limits = "proportion")
  )
}

# The standards for x of n in a simple random sample, as a flow chart.
by_chart <- function(x, n, width) {
  if (n < 30) {
    return("suppress")
  }
  if (x %in% c(0, n)) {
    return("review")
  }
  if (width <= 0.05) {
    return("present")
  }
  if (width >= 0.30 || width / (x / n) > 1.30) "suppress" else "present"
}

test_that("the rules of Parker et al. (2017), with exact limits of binom.test()", {
  seen <- character()
  for (n in c(10, 29, 30, 45, 80, 200, 1000, 3000)) {
    for (x in unique(round(c(0:5, n * c(0.1, 0.25, 0.5, 0.75, 0.98), n - 1, n)))) {
      p <- x / n
      ends <- stats::binom.test(x, n)$conf.int
      width <- if (x %in% c(0, n)) 0 else diff(ends[1:2])
      want <- by_chart(x, n, width)
      got <- ioi_reliability(shares(p, n))
      expect_identical(got$reliability, want, info = paste(x, n))
      complement <- want == "present" && width > 0.05 && width / (1 - p) > 1.30
      expect_identical(
        "complement" %in% strsplit(got$reliability_reason, ";")[[1]], complement,
        info = paste(x, n)
      )
      seen <- union(seen, got$reliability_reason)
    }
  }
  expect_setequal(seen, c("", "n", "width", "relative_width", "p", "complement"))
})

test_that("open cases on simulated samples", {
  cases <- read_cases(test_path("cases", "survey_quantile_association.csv"))
  cases <- cases[cases$estimator == "nchs_flag", ]
  expect_identical(nrow(cases), 29L)
  expect_setequal(cases$expect, c("present", "suppress", "present+review_df"))
  for (i in seq_len(nrow(cases))) {
    case <- as.list(cases[i, ])
    file <- test_path("cases", paste0(case$dataset, ".csv.xz"))
    data <- with_domains(case, read_case_data(file))
    table <- quiet(ioi_proportion(case_design(case, data), !!case$outcome,
      by = "domain", success = case$level
    ))
    got <- ioi_reliability(table)
    got <- got[got$domain == "one", ]
    flag <- if (got$reliability == "review") {
      paste0("present", if (has_flag(got$reliability_reason, "df")) "+review_df")
    } else {
      got$reliability
    }
    expect_identical(flag, case$expect, info = case$case_id)
  }
})

test_that("effective size, degrees of freedom and limits", {
  thin <- ioi_reliability(shares(c(0.5, 0.5), 200, effective = c(29, 31)))
  expect_identical(thin$reliability_reason, c("n.effective", "width"))
  # a sample more precise than a simple random one counts its n
  precise <- ioi_reliability(shares(0.5, 29, effective = 100))
  expect_identical(precise$reliability_reason, "n")
  precise <- ioi_reliability(shares(0.5, 50, effective = 100), min_effective = 60)
  expect_identical(precise$reliability_reason, "n.effective")
  few <- ioi_reliability(shares(c(0.5, 0.5, 0), 2000, df = c(7, 8, 7)))
  expect_identical(few$reliability, c("review", "present", "review"))
  expect_identical(few$reliability_reason, c("df", "", "df;p"))
  none <- ioi_reliability(shares(0.5, 2000, df = 0))
  expect_identical(none$reliability, "suppress")
  expect_identical(none$reliability_reason, "limits")
  empty <- ioi_reliability(shares(c(NA_real_, NA_real_), c(0, 50)))
  expect_identical(empty$reliability, c("suppress", "suppress"))
  expect_identical(empty$reliability_reason, c("n", "estimate"))
})

test_that("the limits of the table do not matter", {
  survey <- subset(crime_survey_2008, !is.na(weight))
  design <- ioi_design(survey, weights = weight)
  flags <- lapply(c("wald", "beta"), function(ci) {
    got <- quiet(ioi_proportion(design, worry_racial_attack,
      by = ethnic_group, ci = ci, level = if (ci == "wald") 0.5 else 0.99
    ))
    ioi_reliability(got)[c("reliability", "reliability_reason")]
  })
  expect_identical(as.data.frame(flags[[1]]), as.data.frame(flags[[2]]))
})

test_that("thresholds are arguments", {
  x <- shares(c(0.5, 0.04), c(100, 100))
  expect_identical(ioi_reliability(x)$reliability, c("present", "suppress"))
  expect_identical(ioi_reliability(x, min_n = 101)$reliability_reason, c("n", "n"))
  expect_identical(
    ioi_reliability(x, min_effective = 101)$reliability_reason, rep("n.effective", 2)
  )
  expect_identical(ioi_reliability(x, wide = 0.1)$reliability_reason[1], "width")
  expect_identical(ioi_reliability(x, narrow = 0.2)$reliability, c("present", "present"))
  expect_identical(ioi_reliability(x, relative_width = 3)$reliability[2], "present")
  expect_identical(
    ioi_reliability(shares(0.5, 100, df = 9), min_df = 10)$reliability_reason, "df"
  )
})

test_that("the coefficient of variation", {
  x <- new_ioi_estimate(
    tibble::tibble(
      estimate = c(10, -10, 10, 10, 0, NA, 10), std.error = c(1, 3, 2.99, 1, 1, NA, NA),
      conf.low = NA_real_, conf.high = NA_real_, n = c(30, 100, 100, 29, 100, 100, 100),
      df = c(20, 20, 3, 20, 20, 20, 20)
    ),
    info = list(what = "Mean", limits = "wald")
  )
  got <- ioi_reliability(x, "cv")
  expect_identical(got$reliability, c(
    "present", "review", "present", "suppress", "review", "suppress", "suppress"
  ))
  expect_identical(
    got$reliability_reason, c("", "cv", "", "n", "cv", "estimate", "std.error")
  )
  chile <- ioi_reliability(x, "cv",
    min_n = 60, min_df = 9, cv_review = 0.15, cv_suppress = 0.30
  )
  expect_identical(chile$reliability[1:5], c(
    "suppress", "review", "review", "suppress", "suppress"
  ))
  expect_identical(chile$reliability_reason[1:5], c("n", "cv", "cv;df", "n", "cv"))
  total <- ioi_reliability(ioi_total(data.frame(x = 1:100), x), "cv")
  expect_identical(total$reliability, "present")
})

test_that("the table stays an estimate, with its values and covariance", {
  x <- shares(c(0.5, 0.02), 100)
  got <- ioi_reliability(x)
  expect_s3_class(got, "ioi_estimate")
  expect_identical(names(got), c(names(x), "reliability", "reliability_reason"))
  expect_identical(as.data.frame(got)[names(x)], as.data.frame(x))
  expect_identical(vcov(got), vcov(x))
  expect_true(any(grepl("NCHS standards", format(got))))
  expect_true(any(grepl("coefficient of variation", format(ioi_reliability(x, "cv")))))
  expect_identical(got[2, ]$reliability, "suppress")
})

test_that("arguments", {
  x <- shares(0.5, 100)
  expect_ioi_error(ioi_reliability(data.frame(estimate = 1)), "input", arg = "x")
  expect_ioi_error(ioi_reliability(ioi_reliability(x)), "input", arg = "x")
  expect_ioi_error(ioi_reliability(ioi_mean(data.frame(x = 1:9), x)), "input", arg = "x")
  expect_ioi_error(ioi_reliability(x[setdiff(names(x), "df")]), "input", arg = "x")
  expect_ioi_error(ioi_reliability(x, "stars"), "input", arg = "rule")
  expect_ioi_error(ioi_reliability(x, min_n = "many"), "input", arg = "min_n")
  expect_ioi_error(ioi_reliability(x, wide = -1), "input", arg = "wide")
  expect_ioi_error(ioi_reliability(x, minimum = 1), "input", arg = "minimum")
})
