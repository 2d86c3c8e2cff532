# Replicate weights, given and made: the package survey and open cases as other
# routes, identities with the linearised variance, the edges.

clusters <- function(strata = 8, psus = 2, people = 5, seed = 21) {
  set.seed(seed)
  n <- strata * psus * people
  psu <- rep(seq_len(strata * psus), each = people)
  data.frame(
    stratum = rep(seq_len(strata), each = psus * people), psu = psu,
    x = round(50 + stats::rnorm(strata * psus, 0, 5)[psu] + stats::rnorm(n, 0, 10), 2),
    size = sample(1:6, n, replace = TRUE),
    yes = sample(0:1, n, replace = TRUE),
    group = sample(c("a", "b"), n, replace = TRUE),
    weight = round(stats::runif(n, 0.5, 4), 3)
  )
}

linearised <- function(data, ...) {
  ioi_design(data, weights = weight, strata = stratum, psu = psu, ...)
}

results <- c("estimate", "std.error", "conf.low", "conf.high", "df")

# Columns r1, r2, ... of a matrix next to the data.
with_columns <- function(data, weights) {
  weights <- as.data.frame(unclass(weights))
  names(weights) <- paste0("r", seq_along(weights))
  cbind(data, weights)
}

# ---- against survey -----------------------------------------------------------

api <- function() {
  out <- new.env()
  utils::data("api", package = "survey", envir = out)
  out
}

replicated <- function(type, mse, compress) {
  data <- api()
  design <- if (type == "JK1") {
    survey::svydesign(~dnum, weights = ~pw, fpc = ~fpc, data = data$apiclus1)
  } else {
    survey::svydesign(~1, strata = ~stype, weights = ~pw, fpc = ~fpc, data = data$apistrat)
  }
  survey::as.svrepdesign(design, type = type, mse = mse, compress = compress)
}

expect_equals_svyby <- function(got, expected, tolerance = 1e-8) {
  expect_equal(got$estimate, as.vector(stats::coef(expected)), tolerance = tolerance)
  expect_equal(unname(vcov(got)), unname(stats::vcov(expected)), tolerance = tolerance)
}

test_that("JK1 and JKn of survey: mse or not, compressed or not", {
  skip_if_not_installed("survey")
  for (type in c("JK1", "JKn")) {
    for (mse in c(TRUE, FALSE)) {
      for (compress in c(TRUE, FALSE)) {
        theirs <- replicated(type, mse, compress)
        expect_equals_svyby(
          ioi_mean(theirs, api00, by = awards),
          survey::svyby(~api00, ~awards, theirs, survey::svymean, covmat = TRUE)
        )
        expect_equals_svyby(
          ioi_total(theirs, enroll, by = awards),
          survey::svyby(~enroll, ~awards, theirs, survey::svytotal, covmat = TRUE)
        )
        expect_equals_svyby(
          ioi_ratio(theirs, api.stu, enroll, by = awards),
          survey::svyby(
            ~api.stu, ~awards, theirs, survey::svyratio,
            denominator = ~enroll, covmat = TRUE
          )
        )
        expect_identical(ioi_mean(theirs, api00)$df, as.double(survey::degf(theirs)))
        part <- subset(theirs, awards == "No")
        got <- ioi_mean(theirs, api00, by = awards)
        expect_identical(got$df[got$awards == "No"], as.double(survey::degf(part)))
      }
    }
  }
})

test_that("compressed weights of survey are taken as they are, those of a subset too", {
  skip_if_not_installed("survey")
  theirs <- replicated("JK1", FALSE, TRUE)
  ours <- as_ioi_design(theirs)
  expect_identical(ours$replicates$factor, t(unname(theirs$repweights$weights)))
  expect_null(ours$replicates$columns)
  part <- subset(theirs, stype == "H")
  expect_lt(ncol(as_ioi_design(part)$replicates$factor), ncol(ours$replicates$factor))
  expect_equal(
    ioi_mean(part, api00)$std.error, as.vector(survey::SE(survey::svymean(~api00, part)))
  )
  # negative factors cannot be those of units; they are read as columns
  theirs$repweights$weights[2, 3] <- -0.5
  signed <- as_ioi_design(theirs)
  expect_length(signed$replicates$columns, ncol(theirs$repweights$weights))
  expect_equal(
    ioi_mean(signed, api00)$std.error, as.vector(survey::SE(survey::svymean(~api00, theirs)))
  )
})

test_that("logit limits are those of the replicates of the logit, as in survey", {
  skip_if_not_installed("survey")
  for (mse in c(TRUE, FALSE)) {
    theirs <- replicated("JK1", mse, TRUE)
    for (ci in c("logit", "xlogit", "wald")) {
      method <- c(logit = "logit", xlogit = "xlogit", wald = "mean")[[ci]]
      got <- ioi_proportion(theirs, sch.wide, success = "Yes", ci = ci)
      expected <- survey::svyciprop(~ I(sch.wide == "Yes"), theirs, method = method)
      expect_equal(got$estimate, as.vector(expected), tolerance = 1e-8)
      expect_equal(
        c(got$conf.low, got$conf.high), as.vector(attr(expected, "ci")),
        tolerance = 1e-7, info = ci
      )
    }
  }
})

test_that("columns of weights, whole or as factors, equal survey's", {
  skip_if_not_installed("survey")
  theirs <- replicated("JK1", FALSE, FALSE)
  expected <- survey::svyby(~api00, ~awards, theirs, survey::svymean, covmat = TRUE)
  for (combined in c(TRUE, FALSE)) {
    kind <- if (combined) "analysis" else "replication"
    data <- with_columns(theirs$variables, stats::weights(theirs, kind))
    mine <- ioi_design(data,
      weights = pw, repweights = tidyselect::matches("^r[0-9]+$"), rep_type = "JK1",
      rep_scale = theirs$scale, combined_weights = combined
    )
    expect_equals_svyby(ioi_mean(mine, api00, by = awards), expected)
  }
})

test_that("degrees of freedom that a design of survey was given are kept, no others", {
  theirs <- replicated("JK1", FALSE, TRUE)
  counted <- ioi_mean(theirs, api00, by = awards)$df
  theirs$degf <- 5
  expect_identical(ioi_mean(theirs, api00, by = awards)$df, counted)
  theirs$call <- quote(survey::svrepdesign(degf = 5))
  expect_identical(ioi_mean(theirs, api00, by = awards)$df, c(5, 5))
})

test_that("the jackknife that we make equals survey's", {
  skip_if_not_installed("survey")
  data <- clusters(strata = 1, psus = 12)
  theirs <- survey::as.svrepdesign(
    survey::svydesign(~psu, weights = ~weight, data = data),
    type = "JK1"
  )
  mine <- ioi_replicate(ioi_design(data, weights = weight, psu = psu), "JK1")
  expect_equals_svyby(
    ioi_mean(mine, x, by = group),
    survey::svyby(~x, ~group, theirs, survey::svymean, covmat = TRUE)
  )
  data <- clusters(strata = 5, psus = 3)
  theirs <- survey::as.svrepdesign(
    survey::svydesign(~psu, strata = ~stratum, weights = ~weight, data = data),
    type = "JKn", mse = TRUE
  )
  mine <- ioi_replicate(linearised(data), "JKn", mse = TRUE)
  expect_equals_svyby(
    ioi_ratio(mine, x, size, by = group),
    survey::svyby(
      ~x, ~group, theirs, survey::svyratio,
      denominator = ~size, covmat = TRUE
    )
  )
  expect_identical(ioi_mean(mine, x)$df, as.double(survey::degf(theirs)))
})

test_that("several stages equal survey's, to the third", {
  skip_if_not_installed("survey")
  data <- expand.grid(person = 1:3, home = 1:3, psu = 1:4, stratum = 1:3)
  set.seed(4)
  data$x <- round(stats::rnorm(nrow(data), 50, 10), 2)
  data$group <- sample(c("a", "b"), nrow(data), replace = TRUE)
  data$psu <- paste(data$stratum, data$psu)
  data$home <- paste(data$psu, data$home)
  data$person <- paste(data$home, data$person)
  data <- transform(data, psus = 10 + stratum, homes = 8, people = 5)
  theirs <- survey::svydesign(
    ~ psu + home + person, strata = ~stratum, fpc = ~ psus + homes + people, data = data
  )
  mine <- ioi_design(data,
    strata = stratum, psu = c(psu, home, person), fpc = c(psus, homes, people)
  )
  expect_equals_svyby(
    ioi_mean(mine, x, by = group),
    survey::svyby(~x, ~group, theirs, survey::svymean, covmat = TRUE)
  )
  expect_identical(ioi_mean(mine, x)$df, 9)
})

# ---- open cases ---------------------------------------------------------------

open_cases <- read_cases(test_path("cases", "survey_measurements.csv"))

open_data <- function(name) {
  read <- function(end) read_case_data(test_path("cases", paste0(name, end, ".csv.xz")))
  if (name == "syn_brr") read("") else cbind(read(""), read("_measurements"))
}

open_design <- function(case, data) {
  stages <- function(name) {
    if (nzchar(case[[name]])) strsplit(case[[name]], "|", fixed = TRUE)[[1]]
  }
  if (case$topic == "two_stage_fpc") {
    return(ioi_design(data,
      weights = w, strata = stratum, psu = !!stages("psu"), fpc = !!stages("fpc")
    ))
  }
  fay <- case$topic == "fay"
  ioi_design(data,
    weights = w, rep_type = if (fay) "Fay" else "BRR", combined_weights = fay, mse = fay,
    fay_rho = if (fay) 0.3 else 0,
    repweights = tidyselect::matches(if (fay) "^fay[0-9]+$" else "^brr[0-9]+$")
  )
}

run_open <- function(case) {
  data <- with_domains(case, open_data(case$dataset))
  design <- open_design(case, data)
  one <- function(table) table[table$domain == "one", ]
  if (case$estimator %in% c("mean", "total", "ratio")) {
    row <- one(quiet(switch(case$estimator,
      mean = ioi_mean(design, !!case$outcome, by = domain),
      total = ioi_total(design, !!case$outcome, by = domain),
      ratio = ioi_ratio(design, !!case$outcome, !!case$denominator, by = domain)
    )))
    return(c(case_values(row), if (case$estimator != "ratio") list(deff_wr = row$deff)))
  }
  ci <- case$ci_method
  table <- quiet(ioi_proportion(design, !!case$outcome,
    by = domain, success = case$level,
    ci = if (ci %in% names(case_ci)) case_ci[[ci]] else ci,
    df = if (ci == "wald_z") Inf else "domain", deff_wor = TRUE
  ))
  row <- one(table)
  switch(case$estimator,
    prop = c(case_values(row), list(deff_wr = row$deff, deff = row$deff.wor)),
    cov = list(estimate = vcov(table)[1, 2]),
    case_values(one_gap(case, table))
  )
}

one_gap <- function(case, table) {
  gap <- ioi_parity(table, "domain", "two",
    measure = c(diff = "difference", risk_ratio = "ratio")[[case$estimator]],
    ci = case_gap_ci[[case$ci_method]]
  )
  gap[gap$group == "one", ]
}

test_that("open cases: BRR, Fay, two stages", {
  for (topic in c("brr", "fay", "two_stage_fpc")) {
    cases <- open_cases[open_cases$topic == topic, ]
    expect_gte(nrow(cases), 15)
    misses <- unlist(lapply(seq_len(nrow(cases)), function(i) {
      case <- as.list(cases[i, ])
      case_misses(case, run_open(case))
    }))
    expect_identical(misses, character(), info = topic)
  }
})

# ---- identities ---------------------------------------------------------------

test_that("factors by PSU and columns by row are the same road", {
  data <- clusters(psus = 3, people = 50)
  made <- ioi_replicate(linearised(data), "JKn")
  columns <- t(made$replicates$factor)[match(data$psu, sort(unique(data$psu))), ]
  set.seed(6)
  noise <- columns * (1 + 1e-8 * stats::runif(nrow(data)))
  expected <- ioi_mean(made, x, by = group)
  for (combined in c(TRUE, FALSE)) {
    for (by_row in c(FALSE, TRUE)) {
      read <- if (by_row) noise else columns
      design <- ioi_design(with_columns(data, if (combined) read * data$weight else read),
        weights = weight, repweights = tidyselect::matches("^r[0-9]+$"), rep_type = "JKn",
        rep_rscales = made$replicates$rscales, combined_weights = combined
      )
      expect_identical(is.null(design$replicates$factor), by_row)
      got <- ioi_mean(design, x, by = group)
      expect_equal(got$estimate, expected$estimate, tolerance = 1e-12)
      expect_equal(vcov(got), vcov(expected), tolerance = 1e-6)
    }
  }
})

test_that("more sorts of rows than PSUs could be are read as columns", {
  data <- clusters(strata = 60, psus = 2, people = 10)
  set.seed(2)
  columns <- matrix(stats::runif(nrow(data) * 6, 0.5, 1.5), ncol = 6)
  list_of <- lapply(seq_len(6), function(r) columns[, r])
  expect_null(ioi:::replicate_groups(list_of, NULL, nrow(data)))
  design <- ioi_design(with_columns(data, columns),
    weights = weight, repweights = tidyselect::matches("^r[0-9]+$"),
    rep_type = "bootstrap", combined_weights = FALSE
  )
  theta <- apply(columns, 2, function(r) stats::weighted.mean(data$x, data$weight * r))
  got <- ioi_mean(design, x)
  expect_equal(got$estimate, stats::weighted.mean(data$x, data$weight))
  expect_equal(got$std.error, stats::sd(theta), tolerance = 1e-10)
})

test_that("BRR and JKn of a total are its linearised variance", {
  data <- clusters()
  expected <- ioi_total(linearised(data), x, by = group)
  for (type in c("BRR", "JKn")) {
    for (mse in c(TRUE, FALSE)) {
      got <- ioi_total(ioi_replicate(linearised(data), type, mse = mse), x, by = group)
      expect_equal(got$estimate, expected$estimate, tolerance = 1e-12)
      expect_equal(unname(vcov(got)), unname(vcov(expected)), tolerance = 1e-10)
    }
  }
  fay <- ioi_total(ioi_replicate(linearised(data), "BRR", fay_rho = 0.3), x, by = group)
  expect_equal(unname(vcov(fay)), unname(vcov(expected)), tolerance = 1e-10)
})

test_that("a replicate without anybody of a group has a total of 0 there", {
  data <- clusters()
  data$group[data$psu == 3] <- "c"
  expected <- ioi_total(linearised(data), by = group)
  expect_gt(expected$std.error[3], 0)
  for (type in c("BRR", "JKn")) {
    got <- ioi_total(ioi_replicate(linearised(data), type), by = group)
    expect_equal(unname(vcov(got)), unname(vcov(expected)), tolerance = 1e-10)
  }
  columns <- t(ioi_replicate(linearised(data), "JKn")$replicates$factor)[data$psu, ]
  by_row <- with_columns(data, columns * stats::runif(nrow(data), 0.999, 1.001))
  design <- ioi_design(by_row, weight,
    repweights = tidyselect::matches("^r[0-9]+$"), rep_type = "JKn",
    rep_rscales = rep(0.5, ncol(columns)), combined_weights = FALSE
  )
  got <- ioi_total(design, by = group)
  expect_equal(got$std.error[3], expected$std.error[3], tolerance = 0.01)
})

test_that("a sample of everybody has no variance, by its jackknife as well", {
  data <- transform(clusters(strata = 1, psus = 6), N = 6)
  everybody <- ioi_design(data, weights = weight, psu = psu, fpc = N)
  expect_identical(ioi_mean(ioi_replicate(everybody, "JK1"), x)$std.error, 0)
})

test_that("JKn of a mean in strata of fixed size is its linearised variance", {
  data <- transform(clusters(psus = 4), weight = 2)
  expected <- ioi_mean(linearised(data), x)
  got <- ioi_mean(ioi_replicate(linearised(data), "JKn"), x)
  expect_equal(got$std.error, expected$std.error, tolerance = 1e-10)
})

test_that("the jackknife keeps the finite population", {
  data <- transform(clusters(psus = 4), psus = 4 + stratum)
  design <- linearised(data, fpc = psus)
  expected <- ioi_total(design, x)
  got <- ioi_total(ioi_replicate(design, "JKn"), x)
  expect_equal(got$std.error, expected$std.error, tolerance = 1e-10)
})

test_that("the bootstrap follows the seed and comes near the linearised variance", {
  design <- linearised(clusters(strata = 10, psus = 4))
  run <- function(seed) {
    set.seed(seed)
    ioi_mean(ioi_replicate(design, "bootstrap", reps = 500), x)
  }
  expect_identical(numbers(run(1), results), numbers(run(1), results))
  expect_false(identical(run(1)$std.error, run(2)$std.error))
  expect_lt(abs(run(1)$std.error / ioi_mean(design, x)$std.error - 1), 0.15)
})

test_that("bootstrap factors of a stratum add to its number of PSUs", {
  set.seed(3)
  design <- ioi_replicate(linearised(clusters(strata = 3, psus = 4)), "bootstrap", 20)
  factor <- design$replicates$factor
  expect_identical(dim(factor), c(20L, 12L))
  expect_equal(max(abs(rowSums(factor[, 1:4]) - 4)), 0)
})

test_that("replicates hold for proportions, as means of 0 and 1", {
  for (type in c("JKn", "BRR")) {
    design <- ioi_replicate(linearised(clusters()), type)
    a <- ioi_mean(design, yes, by = group)
    b <- ioi_proportion(design, yes, by = group, success = 1, ci = "wald")
    expect_equal(numbers(a, results[1:2]), numbers(b, results[1:2]), tolerance = 1e-12)
    expect_equal(vcov(a), vcov(b), tolerance = 1e-10)
  }
})

test_that("a lonely stratum is never left out under certainty", {
  data <- clusters(psus = 3)
  data <- data[!(data$stratum == 1 & data$psu != 1), ]
  design <- linearised(data, lonely_psu = "certainty")
  expect_equal(
    ioi_total(ioi_replicate(design, "JKn"), x)$std.error, ioi_total(design, x)$std.error,
    tolerance = 1e-10
  )
  average <- linearised(data, lonely_psu = "average")
  expect_equal(
    ioi_total(ioi_replicate(average, "JKn"), x)$std.error, ioi_total(average, x)$std.error,
    tolerance = 1e-10
  )
  adjust <- linearised(data, lonely_psu = "adjust")
  expect_ioi_error(ioi_replicate(adjust, "JKn"), "design", arg = "design")
})

test_that("replicates that calibration made negative are taken over from survey", {
  skip_if_not_installed("survey")
  data <- new.env()
  utils::data("api", package = "survey", envir = data)
  design <- survey::svydesign(~dnum, weights = ~pw, data = data$apiclus1)
  set.seed(1)
  made <- survey::as.svrepdesign(design, "subbootstrap")
  totals <- c("(Intercept)" = 6194, stypeH = 755, stypeM = 1018, api99 = 3914069)
  made <- survey::calibrate(made, ~ stype + api99, totals)
  expect_lt(min(as.matrix(made$repweights)), 0)
  got <- ioi_mean(made, api00)
  expected <- survey::svymean(~api00, made)
  expect_equal(got$estimate, unname(stats::coef(expected)))
  expect_equal(got$std.error, as.vector(survey::SE(expected)))
  made$repweights <- as.matrix(made$repweights)
  made$repweights[3, 4] <- Inf
  expect_ioi_error(as_ioi_design(made), "data", arg = "repweights", where = 3L)
})

# ---- edges --------------------------------------------------------------------

four <- data.frame(
  y = c(1, 2, 3, 4), g = c("a", "a", "b", "b"), w = 1, s = 1,
  r1 = c(2, 0, 2, 0), r2 = c(0, 2, 0, 2), r3 = c(0, 0, 2, 2)
)

read_four <- function(data = four, ...) {
  ioi_design(data, weights = w, repweights = c(r1, r2, r3), ...)
}

test_that("arguments that replicates need or refuse", {
  expect_ioi_error(read_four(rep_type = "BRR", strata = s), "input", arg = "strata")
  expect_ioi_error(read_four(), "input", arg = "rep_type")
  expect_ioi_error(read_four(rep_type = "JKn"), "input", arg = "rep_rscales")
  expect_ioi_error(read_four(rep_type = "other"), "input", arg = "rep_scale")
  expect_ioi_error(
    read_four(rep_type = "JKn", rep_rscales = c(1, 1)), "input", arg = "rep_rscales"
  )
  expect_ioi_error(
    read_four(rep_type = "other", rep_scale = -1), "input", arg = "rep_scale"
  )
  expect_ioi_error(
    ioi_design(four, repweights = c(r1, r2), rep_type = "BRR"), "input", arg = "weights"
  )
  expect_ioi_error(read_four(rep_type = "Fay", fay_rho = 1), "input", arg = "fay_rho")
  expect_ioi_error(
    ioi_design(four, w, repweights = c(w, r1, r2), rep_type = "BRR"), "input", arg = "repweights"
  )
  expect_ioi_error(
    ioi_design(four, w, repweights = r1, rep_type = "BRR"), "input", arg = "repweights"
  )
  expect_ioi_error(read_four(rep_type = "BRR", fay_rho = 0.3), "input", arg = "fay_rho")
  expect_ioi_error(ioi_design(four, weights = w, rep_type = "BRR"), "input", arg = "rep_type")
  expect_ioi_error(ioi_design(four, weights = w, mse = TRUE), "input", arg = "mse")
  expect_ioi_error(ioi_design(four, weights = w, fay_rho = 0.5), "input", arg = "fay_rho")
  error <- expect_ioi_error(
    ioi_design(four, w, repweights = tidyselect::starts_with("no"), rep_type = "BRR"), "input"
  )
  expect_match(conditionMessage(error), "names no column")
})

test_that("a summary in one row claims no strata, PSUs or degrees of freedom of replicates", {
  design <- read_four(rep_type = "BRR")
  expect_identical(
    unlist(glance(ioi_mean(design, y))[c("nobs", "strata", "psus", "df")]),
    c(nobs = 4, strata = NA, psus = NA, df = NA)
  )
  given <- read_four(rep_type = "BRR", df = 2)
  expect_identical(glance(ioi_mean(given, y))$df, 2)
  expect_match(format(ioi_mean(design, y))[2:3], "4 rows, 3 replicates", all = FALSE)
})

test_that("factors go without weights", {
  got <- ioi_mean(
    ioi_design(four,
      repweights = c(r1, r2), rep_type = "BRR", combined_weights = FALSE, mse = TRUE
    ), y
  )
  expect_equal(got$estimate, 2.5)
  expect_equal(got$std.error, sqrt(mean((c(2, 3) - 2.5)^2)))
})

test_that("replicate weights are finite and not negative", {
  for (bad in c(-1, NA, Inf)) {
    data <- four
    data$r2[3] <- bad
    expect_ioi_error(
      read_four(data, rep_type = "BRR"), "data", arg = "repweights", where = 3, count = 1
    )
  }
})

test_that("replicates without an estimate are left out, with a warning", {
  warning <- tryCatch(
    ioi_mean(read_four(rep_type = "BRR", mse = TRUE), y, by = g),
    ioi_warning_replicates = identity
  )
  expect_s3_class(warning, "ioi_warning_replicates")
  expect_identical(warning$rows, 1L)
})

test_that("designs that replicates cannot be made for", {
  three <- linearised(clusters(psus = 3))
  error <- expect_ioi_error(ioi_replicate(three, "BRR"), "design", arg = "design")
  expect_match(conditionMessage(error), "with 3")
  expect_ioi_error(ioi_replicate(three, "Fay"), "input", arg = "type")
  expect_ioi_error(ioi_replicate(three, "JKn", fay_rho = 0.3), "input", arg = "fay_rho")
  expect_ioi_error(ioi_replicate(three, "JK1"), "design", arg = "design")
  expect_ioi_error(ioi_replicate(ioi_replicate(three, "JKn"), "JKn"), "design")
  stages <- transform(clusters(psus = 3), psus = 9, people = 20, id = seq_along(x))
  stages <- ioi_design(stages, strata = stratum, psu = c(psu, id), fpc = c(psus, people))
  expect_ioi_error(ioi_replicate(stages, "JKn"), "design", arg = "design")
  expect_ioi_error(ioi_replicate(three, "bootstrap", reps = 1), "input", arg = "reps")
  many <- ioi_design(data.frame(x = seq_len(20000)))
  expect_ioi_error(ioi_replicate(many, "JK1"), "design", arg = "design")
  expect_ioi_error(ioi_replicate(many, "bootstrap", reps = 2e4), "design", arg = "design")
  expect_ioi_error(ioi_replicate(three, "bootstrap", reps = Inf), "input", arg = "reps")
  ones <- linearised(clusters(psus = 1), lonely_psu = "remove")
  expect_ioi_error(ioi_replicate(ones, "JKn"), "design", arg = "design")
  expect_ioi_error(ioi_replicate(three, "BRR", fay_rho = -0.1), "input", arg = "fay_rho")
})

test_that("units of weight 0 add no degrees of freedom of the design", {
  data <- clusters(strata = 1, psus = 6)
  data$weight[data$psu == 3] <- 0
  jackknife <- ioi_replicate(ioi_design(data, weight, psu = psu), "JK1")
  expect_identical(ioi_mean(jackknife, x, df = "design")$df, 4)
  expect_identical(ioi_mean(jackknife, x)$df, 4)
})

test_that("a variance that is rounding is 0", {
  set.seed(4)
  data <- data.frame(one = 1:60, x = stats::rnorm(60, 50), weight = stats::rexp(60))
  columns <- with_columns(data, matrix(stats::rexp(60 * 9), 60) * data$weight)
  design <- ioi_design(
    columns, weight,
    repweights = tidyselect::num_range("r", 1:9), rep_type = "bootstrap"
  )
  got <- ioi_mean(design, x, by = one)
  expect_identical(got$std.error, numeric(60))
  expect_identical(unname(vcov(got)), matrix(0, 60, 60))
})
