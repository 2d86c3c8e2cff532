# Tests of association: a published table, the closed form for simple random samples,
# survey, open cases, and what must not matter.

# Agresti (2007), An Introduction to Categorical Data Analysis, 2nd edition, table 2.5:
# party by gender, General Social Survey 1991; X^2 = 30.07 on 2 degrees of freedom.
party <- data.frame(
  gender = rep(c("female", "male"), c(1557, 1200)),
  party = rep(
    rep(c("Democrat", "Independent", "Republican"), 2), c(762, 327, 468, 484, 239, 477)
  )
)

sample_of <- function(n, seed) {
  set.seed(seed)
  data <- data.frame(
    psu = rep_len(1:14, n), stratum = rep_len(1:14, n) %/% 5,
    w = stats::runif(n, 0.5, 4), a = sample(c("p", "q", "r"), n, TRUE, c(0.5, 0.3, 0.2)),
    g = sample(c("x", "y"), n, TRUE)
  )
  data$b <- ifelse(stats::runif(n) < 0.3, data$psu %% 2, sample(0:1, n, TRUE))
  data$c <- factor(sample(1:4, n, TRUE), levels = 1:5)
  data
}

clustered <- function(data) {
  ioi_design(data, weights = w, strata = stratum, psu = psu)
}

test_that("a published chi-square, and the closed form for a simple random sample", {
  got <- ioi_association(party, gender, party, statistic = "Chisq")
  raw <- attr(got, "chisq")
  expect_printed(raw, "30.07")
  # there Delta is n/(n - 1) times the identity
  n <- 2757
  expect_equal(got$statistic, raw * (n - 1) / n)
  expect_equal(attr(got, "deff"), n / (n - 1))
  expect_identical(got$n, n)
  expect_identical(got$ndf, 2)
  expect_identical(got$ddf, NA_real_)
  expect_equal(got$p.value, stats::pchisq(raw * (n - 1) / n, 2, lower.tail = FALSE))
  second <- ioi_association(party, gender, party)
  expect_equal(second$statistic, raw * (n - 1) / n / 2)
  expect_equal(second$ndf, 2)
  expect_equal(second$ddf, 2 * (n - 1))
})

test_that("survey gives the same, also for replicate weights and within groups", {
  skip_if_not_installed("survey")
  for (seed in 1:5) {
    data <- sample_of(160, seed)
    data$a[c(3, 50)] <- NA
    data$b[9] <- NA
    # which has no value where a factor has a level that nobody took
    theirs <- survey::svydesign(
      id = ~psu, strata = ~stratum, weights = ~w, data = droplevels(data)
    )
    jackknife <- survey::as.svrepdesign(theirs)
    for (statistic in c("F", "Chisq", "Wald", "adjWald")) {
      for (second in c("b", "c")) {
        formula <- stats::as.formula(paste("~ a +", second))
        want <- survey::svychisq(formula, theirs, statistic = statistic)
        got <- quiet(ioi_association(clustered(data), a, !!second, statistic = statistic))
        expect_equal(got$p.value, as.numeric(want$p.value), tolerance = 1e-9)
        if (statistic != "Chisq") {
          expect_equal(got$statistic, as.numeric(want$statistic), tolerance = 1e-9)
          expect_equal(c(got$ndf, got$ddf), unname(want$parameter), tolerance = 1e-9)
        }
        part <- survey::svychisq(formula, subset(theirs, g == "y"), statistic = statistic)
        got <- quiet(ioi_association(
          clustered(data), a, !!second,
          by = g, statistic = statistic
        ))
        expect_identical(got$g, c("x", "y"))
        expect_equal(got$p.value[2], as.numeric(part$p.value), tolerance = 1e-9)
      }
      want <- survey::svychisq(~ a + g, jackknife, statistic = statistic)
      got <- quiet(ioi_association(as_ioi_design(jackknife), a, g,
        statistic = statistic, df = 11
      ))
      expect_equal(got$p.value, as.numeric(want$p.value), tolerance = 1e-9)
    }
  }
})

test_that("open cases on a simulated sample", {
  cases <- read_cases(test_path("cases", "survey_quantile_association.csv"))
  cases <- cases[startsWith(cases$estimator, "chisq_"), ]
  expect_identical(nrow(cases), 8L)
  data <- read_case_data(test_path("cases", "syn_a.csv.xz"))
  misses <- unlist(lapply(seq_len(nrow(cases)), function(i) {
    case <- as.list(cases[i, ])
    answers <- strsplit(case$outcome, "|", fixed = TRUE)[[1]]
    statistic <- sub("chisq_", "", case$estimator)
    got <- quiet(ioi_association(case_design(case, data), !!answers[1], !!answers[2],
      statistic = statistic
    ))
    # their Pearson's chi-square is for all rows, ours for those with both answers
    raw <- attr(got, "chisq") / got$n * nrow(data)
    case_misses(case, c(
      list(
        estimate = if (statistic == "Chisq") raw else got$statistic, ndf = got$ndf,
        p_value = got$p.value
      ),
      if (nzchar(case$ddf)) list(ddf = got$ddf)
    ))
  }))
  expect_identical(misses, character())
})

test_that("order, scale, the side and unused answers do not matter", {
  data <- sample_of(160, 11)
  for (statistic in c("F", "Chisq", "Wald", "adjWald")) {
    test <- function(data, ...) {
      unlist(ioi_association(clustered(data), ..., statistic = statistic)[1:5])
    }
    want <- test(data, a, b)
    expect_equal(test(data, b, a), want)
    expect_equal(test(data[sample(160), ], a, b), want)
    expect_equal(test(transform(data, w = 7 * w), a, b), want)
    turned <- transform(data, a = factor(a, c("r", "none", "q", "p")))
    expect_equal(test(turned, a, b), want)
    zero <- rbind(data, transform(data[1:10, ], w = 0, a = "s"))
    expect_equal(test(zero, a, b), want)
  }
})

test_that("groups in many batches are tested as one at a time", {
  data <- sample_of(4000, 12)
  data$g <- rep_len(1:100, 4000)
  design <- clustered(data)
  all <- ioi_association(design, a, c, by = g)
  expect_identical(all$g, 1:100)
  for (group in c(1, 22, 100)) {
    data$one <- ifelse(data$g == group, "in", NA)
    one <- quiet(ioi_association(clustered(data), a, c, by = one))
    expect_equal(
      unlist(one[2:6]), unlist(all[all$g == group, 2:6])
    )
  }
})

test_that("a calibrated design, and a subset of a design", {
  skip_if_not_installed("survey")
  data <- sample_of(200, 21)
  population <- data.frame(g = c("x", "y"), population = c(300, 500))
  plain <- survey::svydesign(
    id = ~psu, strata = ~stratum, weights = ~w, data = droplevels(data)
  )
  theirs <- survey::postStratify(plain, ~g, stats::setNames(population, c("g", "Freq")))
  ours <- ioi_poststratify(clustered(data), g, population)
  inside <- ioi_subset(clustered(data), g == "x")
  for (statistic in c("F", "Chisq", "Wald", "adjWald")) {
    got <- ioi_association(ours, a, b, statistic = statistic)
    want <- survey::svychisq(~ a + b, theirs, statistic = statistic)
    expect_equal(got$p.value, as.numeric(want$p.value), tolerance = 1e-9)
    by <- ioi_association(clustered(data), a, b, by = g, statistic = statistic)
    got <- ioi_association(inside, a, b, statistic = statistic)
    expect_equal(unlist(got[1:5]), unlist(by[1, 2:6]))
  }
})

test_that("codes that mean missing, of either answer", {
  data <- sample_of(200, 22)
  data$b <- factor(data$b)
  clean <- data
  data$a[1:12] <- "refused"
  levels(data$b) <- c(levels(data$b), "unknown")
  data$b[5:20] <- "unknown"
  clean$a[1:12] <- NA
  clean$b[5:20] <- NA
  want <- quiet(ioi_association(clustered(clean), a, b))
  expect_message(
    got <- ioi_association(clustered(data), a, b, missing_codes = c("refused", "unknown", -9)),
    "20 rows without"
  )
  expect_equal(got, want)
  expect_ioi_error(
    ioi_association(clustered(data), a, b, missing_codes = c("refused", "perhaps")), "input",
    arg = "missing_codes"
  )
  labelled <- function(x, labels) {
    structure(match(x, labels) - 2, # the first label has code -1
      labels = stats::setNames(seq_along(labels) - 2, labels),
      class = c("haven_labelled", "double")
    )
  }
  data$a <- labelled(data$a, c("refused", "p", "q", "r"))
  data$b <- labelled(as.character(data$b), c("unknown", "0", "1"))
  expect_warning(
    quiet(ioi_association(clustered(data), a, b, missing_codes = "refused")),
    "-1 \\(unknown\\)",
    class = "ioi_warning_missing_code"
  )
  got <- quiet(ioi_association(clustered(data), a, b, missing_codes = -1))
  expect_equal(got, want)
})

test_that("tables that have no test are flagged, and do not stop the others", {
  data <- sample_of(200, 13)
  data$g <- rep(c("good", "none", "flat", "few"), c(150, 10, 30, 10))
  data$a[data$g == "none"] <- NA
  data$a[data$g == "flat"] <- "p"
  data$psu[data$g == "few"] <- 1
  data$stratum[data$g == "few"] <- 0
  for (statistic in c("F", "Wald")) {
    expect_message(
      got <- ioi_association(clustered(data), a, b, by = g, statistic = statistic),
      "10 rows without",
      class = "ioi_message_missing"
    )
    flags <- stats::setNames(got$flag, got$g)
    expect_identical(
      flags[c("good", "none", "flat")], c(good = "", none = "empty", flat = "table")
    )
    expect_true(flags[["few"]] %in% c("df", "singular"))
    expect_identical(is.na(got$p.value), got$flag != "")
    expect_identical(got$n[got$g == "none"], 0)
  }
  expect_identical(
    names(got), c("g", "statistic", "ndf", "ddf", "p.value", "n", "flag")
  )
})

test_that("fewer PSUs than cells leave no Wald test", {
  data <- sample_of(160, 14)
  data$psu <- data$psu %% 3
  data$stratum <- 1
  got <- ioi_association(clustered(data), a, c, statistic = "Wald")
  expect_identical(got$flag, "singular")
  expect_false(is.na(ioi_association(clustered(data), a, c)$p.value))
  adjusted <- ioi_association(clustered(transform(data, psu = rep_len(1:7, 160))), a, c,
    statistic = "adjWald", df = 5
  )
  expect_identical(adjusted$flag, "df")
  expect_identical(adjusted$p.value, NA_real_)
})

test_that("a number for df, Inf among them", {
  data <- sample_of(160, 15)
  for (statistic in c("Wald", "adjWald")) {
    got <- ioi_association(clustered(data), a, b, statistic = statistic, df = Inf)
    expect_identical(got$ddf, Inf)
    expect_equal(got$p.value, stats::pchisq(2 * got$statistic, 2, lower.tail = FALSE))
  }
  expect_equal(
    ioi_association(clustered(data), a, b, df = 9)$ddf,
    9 * ioi_association(clustered(data), a, b)$ndf
  )
})

test_that("the table says which test it is, and of which answers", {
  found <- ioi_association(clustered(sample_of(200, 3)), a, b, statistic = "Wald", by = g)
  expect_identical(attr(found, "answers"), c("a", "b"))
  text <- c(Test = "Wald test", Answers = "a by b")
  expect_identical(tibble::tbl_sum(found), text)
  expect_identical(tibble::tbl_sum(found[2, ]), text)
})

test_that("arguments", {
  data <- sample_of(60, 16)
  data$same <- 1
  data$number <- stats::rnorm(60)
  data$many <- seq_len(60)
  expect_ioi_error(ioi_association(data, a, a), "input", arg = "columns")
  expect_ioi_error(ioi_association(data, a), "input", arg = "columns")
  expect_ioi_error(ioi_association(data, a, nowhere), "input", arg = "columns")
  expect_ioi_error(ioi_association(data, a, same), "data", arg = "rows", count = 60)
  expect_ioi_error(ioi_association(data, number, many), "input", arg = "rows")
  expect_ioi_error(
    ioi_association(data, a, b, statistic = "G"), "input",
    arg = "statistic"
  )
  expect_ioi_error(ioi_association(data, a, b, by = a), "input", arg = "by")
  expect_ioi_error(ioi_association(data, a, b, lonely = 1), "input", arg = "lonely")
  names(data)[names(data) == "g"] <- "n"
  expect_ioi_error(ioi_association(data, a, b, by = n), "input", arg = "by")
  data$when <- list(1)
  expect_ioi_error(ioi_association(data, a, when), "input", arg = "columns")
})
