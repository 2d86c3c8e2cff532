# Quantiles: rules against stats::quantile() and a published example, limits against
# order statistics, survey and open cases, and what must not matter.

people <- function(n, seed) {
  set.seed(seed)
  data.frame(
    x = round(stats::rnorm(n, 50, 20), 2), w = stats::runif(n, 0.5, 4),
    psu = rep_len(1:12, n), stratum = rep_len(1:12, n) %/% 5,
    g = sample(letters[1:3], n, TRUE)
  )
}

clustered <- function(data) {
  ioi_design(data, weights = w, strata = stratum, psu = psu)
}

test_that("the weighted median of a textbook", {
  # Cormen, Leiserson, Rivest and Stein (2009), Introduction to Algorithms, problem
  # 9-2: elements that are their own weights; the median is 0.1, the weighted 0.2
  data <- data.frame(x = c(0.1, 0.35, 0.05, 0.1, 0.15, 0.05, 0.2))
  expect_identical(ioi_quantile(ioi_design(data, weights = x), x)$estimate, 0.2)
  expect_identical(ioi_quantile(data, x)$estimate, 0.1)
})

test_that("equal weights give the quantiles of Hyndman and Fan", {
  types <- c(
    math = 1, school = 2, hf1 = 1, hf2 = 2, hf4 = 4, hf5 = 5, hf6 = 6, hf7 = 7, hf8 = 8,
    hf9 = 9
  )
  probs <- c(0, 0.03, 0.25, 0.5, 0.61, 0.75, 0.97, 1)
  for (n in c(2, 5, 8, 31)) {
    data <- people(n, n)
    for (rule in names(types)) {
      expect_equal(
        ioi_quantile(data, x, probs, rule = rule)$estimate,
        unname(stats::quantile(data$x, probs, type = types[[rule]])),
        tolerance = 1e-12, info = paste(rule, n)
      )
    }
  }
})

test_that("limits of a simple random sample are order statistics", {
  data <- people(200, 3)
  sorted <- sort(data$x)
  got <- ioi_quantile(data, x, c(0.25, 0.5))
  for (i in 1:2) {
    share <- c(0.25, 0.5)[i]
    half <- stats::qt(0.975, 199) * sqrt(share * (1 - share) / 199)
    ends <- sorted[ceiling(200 * (share + c(-half, half)))]
    expect_identical(c(got$conf.low[i], got$conf.high[i]), ends)
    expect_equal(got$std.error[i], diff(ends) / (2 * stats::qt(0.975, 199)))
  }
  expect_identical(got$df, c(199, 199))
  expect_identical(got$n, c(200, 200))
  # the correlation of shares p < q of a multinomial is sqrt(p(1-q)/(q(1-p)))
  correlation <- stats::cov2cor(vcov(got))[1, 2]
  expect_equal(correlation, sqrt(0.25 * 0.5 / (0.5 * 0.75)))
  expect_equal(unname(diag(vcov(got))), got$std.error^2)
})

test_that("open cases on a simulated sample", {
  cases <- read_cases(test_path("cases", "survey_quantile_association.csv"))
  cases <- cases[cases$estimator == "quantile", ]
  expect_identical(nrow(cases), 12L)
  data <- cbind(
    read_case_data(test_path("cases", "syn_a.csv.xz")),
    read_case_data(test_path("cases", "syn_a_measurements.csv.xz"))
  )
  misses <- unlist(lapply(seq_len(nrow(cases)), function(i) {
    case <- as.list(cases[i, ])
    rows <- with_domains(case, data)
    found <- quiet(ioi_quantile(case_design(case, rows), !!case$outcome,
      case_number(case, "prob"),
      by = "domain", rule = case$qrule, ci = c(woodruff_mean = "wald")[[case$ci_method]]
    ))
    case_misses(case, case_values(found[found$domain == "one", ]))
  }))
  expect_identical(misses, character())
})

test_that("the package survey gives the same, by every rule and method", {
  skip_if_not_installed("survey")
  ci <- c(mean = "wald", xlogit = "xlogit", beta = "beta", asin = "arcsine")
  data <- people(150, 8)
  data$x[c(4, 90)] <- NA
  data$w[7] <- 0
  design <- clustered(data)
  theirs <- survey::svydesign(
    id = ~psu, strata = ~stratum, weights = ~w, data = data, nest = FALSE
  )
  theirs <- subset(theirs, !is.na(x) & w > 0)
  for (rule in c("math", "school", paste0("hf", 4:9))) {
    for (method in names(ci)) {
      want <- survey::svyquantile(~x, theirs, c(0.2, 0.5, 0.9),
        qrule = rule, interval.type = method, df = survey::degf(theirs)
      )$x
      got <- quiet(ioi_quantile(design, x, c(0.2, 0.5, 0.9),
        rule = rule, ci = ci[[method]]
      ))
      expect_equal(
        unname(as.matrix(as.data.frame(got)[core_columns[c(1, 3, 4, 2)]])),
        unname(unclass(want)[, 1:4]),
        tolerance = 1e-10, info = paste(rule, method)
      )
    }
  }
})

test_that("groups are domains of one design", {
  skip_if_not_installed("survey")
  data <- people(150, 9)
  theirs <- survey::svydesign(id = ~psu, strata = ~stratum, weights = ~w, data = data)
  got <- ioi_quantile(clustered(data), x, c(0.75, 0.5), by = g)
  expect_identical(got$g, rep(c("a", "b", "c"), each = 2))
  expect_identical(got$prob, rep(c(0.75, 0.5), 3))
  for (group in c("a", "b", "c")) {
    part <- theirs[data$g == group, ]
    want <- survey::svyquantile(~x, part, c(0.75, 0.5), df = survey::degf(part))$x
    expect_equal(
      unname(as.matrix(as.data.frame(got)[got$g == group, core_columns[c(1, 3, 4, 2)]])),
      unname(unclass(want)[, 1:4]),
      tolerance = 1e-10
    )
  }
})

test_that("replicate weights carry the share, not the quantile", {
  skip_if_not_installed("survey")
  data <- people(120, 10)
  theirs <- survey::as.svrepdesign(
    survey::svydesign(id = ~psu, weights = ~w, data = data),
    type = "JK1"
  )
  want <- survey::svyquantile(~x, theirs, c(0.3, 0.8), df = 11)$x
  got <- ioi_quantile(as_ioi_design(theirs), x, c(0.3, 0.8), df = 11)
  expect_equal(
    unname(as.matrix(as.data.frame(got)[core_columns[c(1, 3, 4, 2)]])),
    unname(unclass(want)[, 1:4]),
    tolerance = 1e-9
  )
})

test_that("order, scale, duplicates and zero weights do not matter", {
  data <- people(90, 4)
  probs <- c(0.2, 0.5, 0.77)
  plain <- function(design, ...) {
    numbers(ioi_quantile(design, x, probs, ...), core_columns)
  }
  want <- plain(clustered(data), rule = "hf7")
  expect_equal(plain(clustered(data[sample(90), ]), rule = "hf7"), want)
  expect_equal(plain(clustered(transform(data, w = w * 1024)), rule = "hf7"), want)
  zero <- rbind(data, transform(data[1:20, ], w = 0, x = x + 1000))
  expect_equal(plain(clustered(zero), rule = "hf7"), want)
  twice <- clustered(rbind(data, data))
  expect_equal(plain(twice), plain(clustered(transform(data, w = 2 * w))))
  shifted <- plain(clustered(transform(data, x = 3 * x + 7)), rule = "hf7")
  expect_equal(shifted, want * 3 + rep(c(7, 0, 7, 7), each = 3))
  text <- ioi_quantile(clustered(transform(data, x = as.integer(x))), x, probs)
  real <- ioi_quantile(clustered(transform(data, x = trunc(x))), x, probs)
  expect_equal(numbers(text, core_columns), numbers(real, core_columns))
})

test_that("several shares at once are the same as one at a time", {
  design <- clustered(people(90, 5))
  together <- ioi_quantile(design, x, c(0.9, 0.1, 0.5), by = g)
  for (p in c(0.9, 0.1, 0.5)) {
    apart <- ioi_quantile(design, x, p, by = g)
    expect_equal(
      numbers(together[together$prob == p, ], core_columns), numbers(apart, core_columns)
    )
  }
  expect_identical(nrow(ioi_quantile(design, x, c(0.5, 0.5))), 1L)
  expect_null(attr(ioi_quantile(design, x, covariance = FALSE), "vcov"))
})

test_that("ties, one value and one record", {
  ties <- ioi_quantile(data.frame(x = rep(1:3, c(10, 30, 20))), x, 0.4, rule = "hf7")
  # two thirds are at or below 2, and their limits are 0.544 and 0.789
  expect_identical(unlist(ties[core_columns[-2]], use.names = FALSE), c(2, 2, 3))
  expect_equal(ties$std.error, 1 / (2 * stats::qt(0.975, 59)))
  one <- ioi_quantile(
    data.frame(x = c(5, 1, 2, 3), g = c("a", "b", "b", "b")), x,
    by = g, rule = "hf8"
  )
  expect_identical(one$estimate, c(5, 2))
  expect_identical(one$df, c(0, 2))
  expect_identical(one$flag, c("df", "open"))
  expect_true(all(is.na(one[1, core_columns[-1]])))
})

test_that("a limit beyond the sample is missing, and so is the standard error", {
  small <- ioi_quantile(data.frame(x = 1:12), x, c(0.05, 0.5, 1))
  expect_identical(small$flag, c("open", "", "ci_nchs"))
  expect_identical(small$conf.low[1], NA_real_)
  expect_false(is.na(small$conf.high[1]))
  expect_identical(small$std.error[1], NA_real_)
  expect_identical(small$estimate[3], 12)
  expect_identical(small$conf.high[3], 12)
  # exact limits of 12 out of 12
  expect_identical(small$conf.low[3], ceiling(12 * stats::binom.test(12, 12)$conf.int[1]))
})

test_that("a share of everybody is 1 to the last digit", {
  set.seed(1)
  data <- data.frame(
    g = rep(1:40, each = 6), x = rep(c(1, 1, 2, 2, 3, 3), 40), w = stats::rexp(240)
  )
  got <- ioi_quantile(ioi_design(data, w), x, c(0.1, 0.5, 1), by = g, rule = "hf5", ci = "beta")
  expect_identical(got$flag[got$prob == 1], rep("ci_nchs", 40))
  expect_false(anyNA(got$conf.low))
})

test_that("missing and empty", {
  data <- data.frame(
    x = c(1:20, NA, NA),
    g = factor(rep(c("a", "b", "c"), c(15, 5, 2)), c("a", "b", "c", "d"))
  )
  expect_message(
    got <- ioi_quantile(data, x, by = g),
    "2 rows without",
    class = "ioi_message_missing"
  )
  expect_identical(as.character(got$g), c("a", "b", "c"))
  expect_identical(got$n, c(15, 5, 0))
  expect_identical(got$flag[3], "empty")
  expect_true(all(is.na(got[3, core_columns])))
  expect_true(all(is.na(vcov(got)[3, ])))
  expect_ioi_error(
    ioi_quantile(data, x, na = "error"), "data",
    arg = "outcome", count = 2
  )
  weightless <- data.frame(x = 1:6, w = c(1, 1, 1, 1, 0, 0), g = rep(1:3, each = 2))
  weightless <- ioi_design(weightless, weights = w)
  got <- ioi_quantile(weightless, x, by = g)
  expect_identical(got$flag[3], "empty")
  expect_identical(got$n, c(2, 2, 0))
})

test_that("a calibrated design, and a subset of a design", {
  skip_if_not_installed("survey")
  data <- people(150, 12)
  population <- data.frame(g = c("a", "b", "c"), population = c(120, 90, 200))
  theirs <- survey::postStratify(
    survey::svydesign(id = ~psu, strata = ~stratum, weights = ~w, data = data), ~g,
    stats::setNames(population, c("g", "Freq"))
  )
  ours <- ioi_poststratify(clustered(data), g, population)
  compare <- function(ours, theirs) {
    for (rule in c("math", "hf8")) {
      want <- survey::svyquantile(~x, theirs, c(0.3, 0.5),
        qrule = rule, df = survey::degf(theirs)
      )$x
      got <- ioi_quantile(ours, x, c(0.3, 0.5), rule = rule)
      expect_equal(
        unname(as.matrix(as.data.frame(got)[core_columns[c(1, 3, 4, 2)]])),
        unname(unclass(want)[, 1:4]),
        tolerance = 1e-9
      )
    }
  }
  compare(ours, theirs)
  plain <- survey::svydesign(id = ~psu, strata = ~stratum, weights = ~w, data = data)
  compare(ioi_subset(clustered(data), g != "a"), subset(plain, g != "a"))
  by <- ioi_quantile(clustered(data), x, by = g)
  inside <- ioi_quantile(ioi_subset(clustered(data), g == "b"), x)
  expect_equal(numbers(inside, core_columns), numbers(by[by$g == "b", ], core_columns))
})

test_that("codes that mean missing", {
  data <- data.frame(x = c(1:9, -9, -8), w = 1)
  want <- ioi_quantile(data.frame(x = 1:9), x)
  expect_message(
    got <- ioi_quantile(data, x, missing_codes = c(-8, -9)), "2 rows without"
  )
  expect_equal(numbers(got, core_columns), numbers(want, core_columns))
  labelled <- structure(data$x,
    labels = c(refused = -9, unknown = -8), class = c("haven_labelled", "double")
  )
  expect_warning(
    ioi_quantile(tibble::tibble(x = labelled), x), "-9 \\(refused\\)",
    class = "ioi_warning_missing_code"
  )
  got <- quiet(ioi_quantile(tibble::tibble(x = labelled), x, missing_codes = c("refused", -8)))
  expect_equal(got$estimate, want$estimate)
})

test_that("a gap between medians uses their covariance", {
  medians <- ioi_quantile(clustered(people(150, 6)), x, 0.5, by = g)
  gap <- ioi_parity(medians, g, "a")
  v <- vcov(medians)
  expect_equal(
    gap$std.error[gap$group == "b"], sqrt(v[1, 1] + v[2, 2] - 2 * v[1, 2])
  )
})

test_that("columns, generics and words", {
  got <- ioi_quantile(clustered(people(60, 7)), x, c(0.25, 0.5), by = g)
  expect_s3_class(got, "ioi_estimate")
  expect_named(got, c(
    "g", "outcome", "prob", "estimate", "std.error", "conf.low", "conf.high", "n",
    "n.effective", "df", "deff", "flag"
  ))
  expect_identical(names(coef(got))[1:2], c("a:0.25", "a:0.5"))
  expect_ioi_error(confint(got, level = 0.9), "input", arg = "level")
  text <- format(got)
  expect_match(text[1], "^# Quantile: 6 rows by g, prob; outcome = x")
  expect_true(any(grepl("rule math, limits by Woodruff's method", text)))
})

test_that("design effects are those of the share below, and errors relative to the quantile", {
  design <- clustered(people(90, 11))
  got <- ioi_quantile(design, x, c(0.25, 0.5), by = g, deff_wor = TRUE, cv = TRUE)
  design$data$below <- design$data$x <= got$estimate[got$g == "b" & got$prob == 0.5]
  columns <- c("n", "n.effective", "df", "deff", "deff.wor")
  share <- ioi_proportion(design, below, by = g, success = TRUE, deff_wor = TRUE)
  expect_equal(
    unlist(got[got$g == "b" & got$prob == 0.5, columns]), unlist(share[share$g == "b", columns])
  )
  expect_gt(diff(range(got$deff)), 0.1)
  expect_equal(got$cv, got$std.error / got$estimate)
  expect_ioi_error(ioi_quantile(design, x, cv = 1), "input", arg = "cv")
})

test_that("arguments", {
  data <- people(20, 1)
  expect_ioi_error(ioi_quantile(data, x, 1.2), "input", arg = "probs", where = 1L)
  expect_ioi_error(ioi_quantile(data, x, c(0.5, NA)), "input", arg = "probs", where = 2L)
  expect_ioi_error(ioi_quantile(data, x, "half"), "input", arg = "probs")
  expect_ioi_error(ioi_quantile(data, x, numeric()), "input", arg = "probs")
  expect_ioi_error(ioi_quantile(data, x, rule = "shahvaish"), "input", arg = "rule")
  expect_ioi_error(ioi_quantile(data, x, ci = "mean"), "input", arg = "ci")
  expect_ioi_error(ioi_quantile(data, g), "input", arg = "g")
  expect_ioi_error(ioi_quantile(data, x, by = x), "input", arg = "by")
  expect_ioi_error(ioi_quantile(data.frame(x = 1:2, prob = 1:2), x, by = prob), "input")
  expect_ioi_error(ioi_quantile(data.frame(x = c(1, Inf)), x), "data", where = 2L)
  expect_ioi_error(ioi_quantile(data, x, tau = 0.5), "input", arg = "tau")
})
