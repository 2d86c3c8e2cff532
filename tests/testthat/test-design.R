# Designs: how columns are named, what is checked, finite populations, lonely PSUs,
# designs of the survey package. Second routes: the package survey, and the variance
# between PSU totals written out in R.

sample_of <- function(n = 120, seed = 4) {
  set.seed(seed)
  data.frame(
    answer = sample(c("no", "yes"), n, replace = TRUE, prob = c(0.6, 0.4)),
    group = sample(c("a", "b", "c"), n, replace = TRUE),
    stratum = rep(1:4, each = n / 4),
    psu = rep(seq_len(n / 5), each = 5),
    weight = round(stats::runif(n, 0.5, 4), 3)
  )
}

yes <- function(design, ..., by = NULL) {
  quiet(ioi_proportion(design, answer, by = {{ by }}, success = "yes", ...))
}

# The scores of the share of yes, w (y - p) / W.
scores <- function(data) {
  y <- data$answer == "yes"
  p <- sum(data$weight * y) / sum(data$weight)
  data$weight * (y - p) / sum(data$weight)
}

# Sum over strata of n / (n - 1) sum (U - mean U)^2 over the PSU totals U of scores;
# a stratum with one PSU adds nothing.
variance_of <- function(score, data) {
  totals <- tapply(score, list(data$stratum, data$psu), sum)
  sum(apply(totals, 1, function(x) {
    x <- x[!is.na(x)]
    if (length(x) > 1) length(x) / (length(x) - 1) * sum((x - mean(x))^2) else 0
  }))
}

# The value, without the message that chances differ.
quiet_chances <- function(expr) suppressMessages(expr, classes = "ioi_message_chances")

# ---- naming columns -----------------------------------------------------------

test_that("columns are named in every way the same", {
  data <- sample_of()
  expected <- yes(
    ioi_design(data, weights = weight, strata = stratum, psu = psu),
    by = group
  )
  wanted <- "weight"
  designs <- list(
    ioi_design(data, weights = "weight", strata = "stratum", psu = "psu"),
    ioi_design(data, weights = ~weight, strata = ~stratum, psu = ~psu),
    ioi_design(data, weights = c(weight), strata = c("stratum"), psu = c(psu)),
    ioi_design(data,
      weights = tidyselect::starts_with("wei"), strata = tidyselect::matches("^strat"),
      psu = tidyselect::all_of("psu")
    ),
    ioi_design(data, weights = !!wanted, strata = !!rlang::sym("stratum"), psu = psu),
    data |> ioi_design(weight, stratum, psu),
    ioi_design(data, weights = ~ (weight), strata = stratum, psu = psu, fpc = NULL)
  )
  for (design in designs) {
    expect_identical(numbers(yes(design, by = group)), numbers(expected))
  }
  by <- list(
    yes(designs[[1]], by = "group"), yes(designs[[1]], by = ~group),
    yes(designs[[1]], by = tidyselect::any_of(c("group", "nothing")))
  )
  for (one in by) expect_identical(one, expected)
  expect_identical(
    ioi_proportion(designs[[1]], ~answer, by = ~ group + stratum),
    ioi_proportion(designs[[1]], "answer", by = c("group", "stratum"))
  )
})

test_that("~1 and character() name no column", {
  data <- sample_of()
  expect_identical(
    numbers(yes(ioi_design(data, psu = ~1, weights = ~weight), by = character())),
    numbers(yes(ioi_design(data, weights = weight)))
  )
})

test_that("what is no column is an error that lists the columns", {
  data <- sample_of()
  expect_ioi_error(ioi_design(data, weights = wieght), "input", arg = "weights")
  error <- expect_ioi_error(ioi_design(data, strata = "region"), "input", arg = "strata")
  expect_match(conditionMessage(error), "stratum")
  expect_ioi_error(
    ioi_design(data, psu = psu, strata = c(stratum, group)), "input",
    arg = "strata"
  )
  expect_ioi_error(ioi_design(data, fpc = 99), "input", arg = "fpc")
  expect_ioi_error(ioi_proportion(data, nothing), "input", arg = "outcome")
  expect_ioi_error(ioi_proportion(data, c(answer, group)), "input", arg = "outcome")
  expect_ioi_error(ioi_proportion(data, NULL), "input", arg = "outcome")
  expect_ioi_error(ioi_proportion(data), "input", arg = "outcome")
  expect_ioi_error(ioi_proportion(data, answer, by = nothing), "input", arg = "by")
})

test_that("a formula names columns and computes nothing", {
  data <- sample_of()
  expect_ioi_error(ioi_design(data, weights = ~ log(weight)), "input", arg = "weights")
  expect_ioi_error(ioi_design(data, weights = ~ I(weight * 2)), "input", arg = "weights")
  expect_ioi_error(ioi_design(data, weights = answer ~ weight), "input", arg = "weights")
  expect_ioi_error(
    ioi_proportion(data, answer, by = ~ group:stratum), "input", arg = "by"
  )
})

test_that("a calculation is refused and says what to do, a quotient too", {
  data <- sample_of()
  for (ask in list(
    quote(ioi_design(data, weights = weight / 2)), quote(ioi_design(data, weights = weight * 2)),
    quote(ioi_design(data, strata = interaction(answer, group))),
    quote(ioi_design(data, strata = ~ interaction(answer, group)))
  )) {
    arg <- names(ask)[3]
    error <- expect_ioi_error(eval(ask), "input", arg = arg)
    expect_match(conditionMessage(error), "add the column to the data first")
  }
  expect_ioi_error(ioi_mean(data, weight / psu), "input", arg = "x")
  plain <- expect_ioi_error(ioi_design(data, weights = tidyselect::all_of("w")), "input")
  expect_no_match(conditionMessage(plain), "computed")
  expect_identical(
    ioi_design(data, weights = tidyselect::all_of("weight"))$columns$weights, "weight"
  )
})

test_that("arguments of other packages lead to those of this one", {
  data <- sample_of()
  meant <- function(expr) {
    sub(".*Did you mean (.*)[?]", "\\1", conditionMessage(expect_ioi_error(expr, "input")))
  }
  expect_identical(meant(ioi_design(data, ids = psu)), "`psu`")
  expect_identical(meant(ioi_mean(data, weight, na.rm = TRUE)), "`na`")
  expect_identical(meant(ioi_proportion(data, answer, method = "beta")), "`ci`")
  expect_identical(meant(ioi_proportion(data, answer, sucess = "yes")), "`success`")
  expect_identical(meant(ioi_quantile(data, weight, quantiles = 0.5)), "`probs`")
  expect_identical(meant(ioi_calibrate(data, calfun = "raking")), "`method`")
  expect_identical(meant(ioi_proportion(data, answer, ci = "asin")), "\"arcsine\"")
  expect_identical(meant(ioi_design(data, lonely_psu = "Adjust")), "\"adjust\"")
  expect_identical(meant(ioi_design(data, lonely_psu = "remoev")), "\"remove\"")
  expect_match(meant(ioi_proportion(data, answer, ci = "best")), "It is \"best\"")
  # `method` of a function that has neither is not guessed at
  expect_match(meant(ioi_mean(data, weight, method = "beta")), "See the help page")
})

test_that("the error is of the call that the user made", {
  data <- sample_of()
  calls <- list(
    tryCatch(ioi_design(data, weights = nothing), error = conditionCall),
    tryCatch(ioi_design(data, weights = group), error = conditionCall),
    tryCatch(ioi_design(data, strata = psu, psu = stratum), error = conditionCall)
  )
  for (call in calls) expect_identical(call[[1]], quote(ioi_design))
  call <- tryCatch(ioi_proportion(data, answer, success = "maybe"), error = conditionCall)
  expect_identical(call[[1]], quote(ioi_proportion))
})

# ---- what is checked ----------------------------------------------------------

test_that("the data must be a data frame with rows and distinct names", {
  expect_ioi_error(ioi_design(as.matrix(sample_of())), "input", arg = "data")
  expect_ioi_error(ioi_design(list(a = 1)), "input", arg = "data")
  expect_ioi_error(ioi_design(sample_of()[0, ]), "data", arg = "data")
  twice <- stats::setNames(sample_of(), c("answer", "group", "group", "psu", "weight"))
  error <- expect_ioi_error(ioi_design(twice), "input", arg = "data")
  expect_match(conditionMessage(error), "group")
  expect_ioi_error(ioi_proportion(1:10, a), "input", arg = "design")
  expect_ioi_error(ioi_proportion(NULL, a), "input", arg = "design")
})

test_that("weights must be finite and not negative: how many, and which first", {
  data <- sample_of()
  for (bad in c(NA, NaN, -1, Inf, -Inf)) {
    data$bad <- replace(data$weight, c(7, 20, 99), bad)
    expect_ioi_error(
      ioi_design(data, weights = bad), "data",
      arg = "weights", where = 7, count = 3
    )
  }
  data$bad <- replace(rep(2L, 120), c(30, 31), NA)
  expect_ioi_error(
    ioi_design(data, weights = bad), "data",
    arg = "weights", where = 30, count = 2
  )
  data$bad <- 0
  expect_ioi_error(ioi_design(data, weights = bad), "data", arg = "weights")
})

test_that("weights must be plain numbers", {
  data <- sample_of()
  bad <- list(
    text = as.character(data$weight), factor = factor(data$weight),
    logical = data$weight > 1, list = as.list(data$weight),
    matrix = cbind(data$weight, 1), complex = data$weight + 0i,
    date = as.Date("2011-03-27") + data$weight,
    integer64 = structure(data$weight, class = "integer64")
  )
  for (kind in names(bad)) {
    data$bad <- bad[[kind]]
    expect_ioi_error(ioi_design(data, weights = bad), "input", arg = "weights")
    expect_ioi_error(ioi_design(data, fpc = bad), "input", arg = "fpc")
  }
})

test_that("strata and PSUs must not be missing: how many, and which first", {
  data <- sample_of()
  data$gap <- replace(data$stratum, c(11, 50), NA)
  expect_ioi_error(
    ioi_design(data, strata = gap), "data", arg = "strata", where = 11, count = 2
  )
  data$gap <- replace(as.character(data$psu), 120, NA)
  expect_ioi_error(
    ioi_design(data, psu = gap), "data", arg = "psu", where = 120, count = 1
  )
  data$gap <- replace(as.double(data$psu), 3:4, NaN)
  expect_ioi_error(ioi_design(data, psu = gap), "data", arg = "psu", where = 3, count = 2)
})

test_that("a PSU in two strata is an error that says where and what to do", {
  data <- sample_of()
  data$psu[61] <- data$psu[1]
  error <- expect_ioi_error(
    ioi_design(data, strata = stratum, psu = psu), "design",
    arg = "psu", where = 61
  )
  expect_match(conditionMessage(error), "nest = TRUE")
})

test_that("one thread and two find the same strata, PSUs and first wrong row", {
  rows <- 150000L # enough for a second thread
  at <- seq_len(rows)
  data <- data.frame(psu = (at * 7919L) %% 300L)
  data$stratum <- 10 * (data$psu %% 20) # numbers between which no stratum lies
  data$label <- factor(data$psu, levels = -1:310) # and labels without rows
  both <- function(run) {
    found <- lapply(1:2, function(threads) {
      withr::local_options(ioi.threads = threads)
      run()
    })
    expect_identical(found[[1]], found[[2]])
    found[[1]]
  }
  design <- both(function() ioi_design(data, strata = stratum, psu = label))
  expect_identical(design$strata, seq(0, 190, 10))
  expect_identical(design$stages[[1]]$core$sampled, rep(15, 20))
  unit <- .Call(ioi:::ioi_r_levels, design$keys, design$stages[[1]]$unit, as.double(rows))
  expect_identical(unit, (data$psu %% 20L) * 15L + data$psu %/% 20L)
  where <- function() {
    error <- expect_ioi_error(ioi_design(data, strata = stratum, psu = psu), "design")
    error$where
  }
  last <- replace(data$stratum, rows, 777)
  late <- replace(data$stratum, c(80000, rows), 777)
  for (stratum in list(last, late)) {
    data$stratum <- stratum
    expect_equal(both(where), which(stratum == 777)[1])
  }
  data$psu[c(5, 90000, 140000)] <- -1L # seen first by one thread, then by the other
  data$stratum <- replace(rep(1, rows), c(90000, 140000), 2)
  expect_equal(both(where), 90000)
  data$stratum <- at %% 7L
  data$share <- 1 / (2 + data$stratum)
  sampled <- both(function() ioi_design(data, strata = stratum, fpc = share))
  expect_identical(sampled$stages[[1]]$core$fraction, 1 / (2:8))
  expect_identical(sampled$weight, 2 + as.double(data$stratum))
  for (odd in list(c(2, 9), c(80003, 80010, 149999))) {
    data$count <- replace(1e6 + data$stratum, odd, c(NA, 5, 6)[seq_along(odd)])
    other <- function() {
      expect_ioi_error(ioi_design(data, strata = stratum, fpc = count), "design")$where
    }
    expect_equal(both(other), odd[1])
  }
  data$psu[140000] <- NA
  missing <- function() {
    expect_ioi_error(ioi_design(data, strata = stratum, psu = psu), "data", arg = "psu")$where
  }
  expect_equal(both(missing), 140000)
})

test_that("a stratum with one PSU is an error that names the strata", {
  data <- sample_of()
  data$psu[data$stratum == 2] <- 1000
  error <- expect_ioi_error(
    ioi_design(data, strata = stratum, psu = psu), "design",
    arg = "lonely_psu", strata = "2"
  )
  expect_match(conditionMessage(error), "1 stratum has")
  data$psu[data$stratum == 4] <- 2000
  error <- expect_ioi_error(
    ioi_design(data, strata = stratum, psu = psu), "design",
    arg = "lonely_psu", strata = c("2", "4")
  )
  expect_match(conditionMessage(error), "2 strata have")
  expect_ioi_error(ioi_design(data[1, ]), "design", arg = "lonely_psu", strata = "all")
})

test_that("arguments are checked, and those of later versions refused", {
  data <- sample_of()
  expect_ioi_error(
    ioi_design(data, wts = weight, pps = 20), "input",
    arg = c("wts", "pps")
  )
  expect_ioi_error(
    ioi_design(
      data, weight, NULL, NULL, NULL, FALSE, "fail", FALSE, NULL, NULL, NULL, NULL, 0,
      TRUE, FALSE, NULL, 1
    ), "input",
    arg = "(unnamed)"
  )
  expect_ioi_error(ioi_design(data, lonely_psu = "Adjust"), "input", arg = "lonely_psu")
  expect_ioi_error(
    ioi_design(data, lonely_psu = c("adjust", "fail")), "input", arg = "lonely_psu"
  )
  expect_ioi_error(ioi_design(data, nest = NA), "input", arg = "nest")
  expect_ioi_error(ioi_design(data, nest = "yes"), "input", arg = "nest")
  expect_ioi_error(ioi_design(data, lonely_domain = 1), "input", arg = "lonely_domain")
  expect_ioi_error(
    as_ioi_design(ioi_design(data), weights = weight), "input", arg = "weights"
  )
})

# ---- finite populations -------------------------------------------------------

test_that("the variance is that between PSU totals within strata, written out", {
  data <- sample_of()
  design <- ioi_design(data, weight, stratum, psu)
  expect_equal(
    yes(design)$std.error^2, variance_of(scores(data), data), tolerance = 1e-12
  )
  data$fraction <- 0.3
  design <- ioi_design(data, weight, stratum, psu, fpc = fraction)
  expect_equal(
    yes(design)$std.error^2, 0.7 * variance_of(scores(data), data),
    tolerance = 1e-12
  )
})

test_that("counts and fractions give the same finite population correction", {
  data <- sample_of()
  data$count <- c(10, 20, 30, 6)[data$stratum]
  data$whole <- as.integer(data$count)
  data$fraction <- 6 / data$count
  by_count <- ioi_design(data, weight, stratum, psu, fpc = count)
  for (column in c("whole", "fraction")) {
    other <- ioi_design(data, weight, stratum, psu, fpc = !!column)
    expect_equal(numbers(yes(other, by = group)), numbers(yes(by_count, by = group)))
  }
  expect_output(print(by_count), "Finite population correction: yes")
})

test_that("without weights the population count over the sample count is the weight", {
  data <- sample_of()
  data$count <- c(100, 200, 300, 35)[data$stratum]
  data$implied <- data$count / 30
  given <- ioi_design(data, weights = implied, strata = stratum, fpc = count)
  implied <- ioi_design(data, strata = stratum, fpc = count)
  expect_equal(weights(implied), data$implied, tolerance = 1e-14)
  expect_equal(numbers(yes(implied)), numbers(yes(given)))
  data$stratum <- factor(
    c("d", "a", "b", "c")[data$stratum], levels = c("z", "a", "b", "c", "d")
  )
  expect_equal(weights(ioi_design(data, strata = stratum, fpc = count)), data$implied)
  data$all <- 240
  expect_equal(weights(ioi_design(data, fpc = all)), rep(2, 120))
})

test_that("a stratum sampled in full adds nothing, also with one PSU", {
  data <- sample_of()
  data$count <- c(6, 12, 12, 12)[data$stratum]
  design <- ioi_design(data, weight, stratum, psu, fpc = count)
  rest <- data$stratum != 1
  by_hand <- 0.5 * variance_of(scores(data)[rest], data[rest, ])
  expect_equal(yes(design)$std.error^2, by_hand, tolerance = 1e-12)
  lone <- data[data$stratum != 1 | data$psu == 1, ]
  lone$count[lone$stratum == 1] <- 1
  expect_s3_class(
    ioi_design(lone, weight, stratum, psu, fpc = count), "ioi_design"
  )
  data$count <- 6
  census <- yes(ioi_design(data, weight, stratum, psu, fpc = count))
  expect_identical(census$std.error, 0)
})

test_that("an fpc that contradicts the sample is an error", {
  data <- sample_of()
  error <- function(fpc, ...) {
    data$fpc <- fpc
    expect_ioi_error(
      ioi_design(data, weight, stratum, psu, fpc = fpc), "design",
      arg = "fpc", ...
    )
  }
  error(c(10, 20, 5, 6)[data$stratum], stratum = "3")
  error(c(0.5, 0.5, 0.5, 20)[data$stratum], stratum = "1")
  error(0, stratum = "1")
  error(-10, stratum = "1")
  error(1.5, stratum = "1")
  error(replace(rep(50, 120), 45, 51), where = 45)
  error(replace(rep(50, 120), 45, NA), where = 45)
  error(NA_real_, where = 1)
  error(NaN, where = 1)
})

test_that("a lonely unit of a later stage is named by a row of its own", {
  data <- data.frame(psu = c("x", "x", "y", "y", "z"), id = 1:5, N = 10, M = 4)
  error <- expect_ioi_error(
    ioi_design(data, psu = c(psu, id), fpc = c(N, M)), "design",
    arg = "lonely_psu", strata = "the unit of row 5 at stage 1"
  )
  expect_match(conditionMessage(error), "1 unit of a stage has one sampled unit within")
  data$M[3:4] <- 1.5
  expect_ioi_error(ioi_design(data, psu = c(psu, id), fpc = c(N, M), lonely_psu = "remove"),
    "design",
    arg = "fpc", stratum = "the unit of row 3 at stage 1"
  )
})

test_that("PSUs of unequal chances follow Brewer's approximation", {
  set.seed(12)
  data <- data.frame(h = rep(1:3, c(10, 12, 8)), psu = rep(1:15, each = 2), x = stats::rnorm(30))
  chance <- c(stats::runif(10, 0.1, 0.9), 1, 1, 1, 0.4, 0.7)
  data$chance <- chance[data$psu]
  expect_message(
    design <- ioi_design(data, strata = h, psu = psu, fpc = chance),
    class = "ioi_message_chances"
  )
  expect_equal(weights(design), 1 / data$chance)
  got <- ioi_total(design, x)
  total <- rowsum(data$x / data$chance, data$psu)[, 1]
  stratum <- rep(1:3, c(5, 6, 4))
  n <- c(5, 6, 4)[stratum]
  v <- sum(n / (n - 1) * (1 - chance) * (total - stats::ave(total, stratum))^2)
  expect_equal(got$std.error, sqrt(v))
  expect_match(format(design), "the chance of each PSU", all = FALSE)
  expect_ioi_error(ioi_replicate(design, "JKn"), "design", arg = "design")
  alone <- transform(data, h = ifelse(psu == 11, 4, h)) # certain, and alone in its stratum
  expect_equal(
    quiet_chances(ioi_total(ioi_design(alone, strata = h, psu = psu, fpc = chance), x))$estimate,
    got$estimate
  )
  data$chance[3] <- 0.95
  expect_ioi_error(ioi_design(data, strata = h, psu = psu, fpc = chance), "design", where = 4)
})

test_that("unequal chances equal survey's, by rows, in two stages and after calibration", {
  skip_if_not_installed("survey")
  found <- new.env()
  utils::data("election", package = "survey", envir = found)
  data <- transform(found$election_pps, big = Bush > 20000)
  theirs <- survey::svydesign(~1, fpc = ~p, data = data, pps = "brewer")
  expected <- survey::svytotal(~ Bush + Kerry, theirs)
  ours <- quiet_chances(ioi_design(data, fpc = p))
  expect_equal(ioi_total(ours, Kerry)$std.error, survey::SE(expected)[[2]])
  taken <- quiet_chances(as_ioi_design(theirs))
  expect_equal(ioi_total(taken, Bush)$std.error, survey::SE(expected)[[1]])
  part <- survey::svymean(~Bush, subset(theirs, big))
  expect_equal(ioi_mean(ours, Bush, by = big)$std.error[2], survey::SE(part)[[1]])
  taken <- quiet_chances(as_ioi_design(subset(theirs, big)))
  expect_equal(ioi_mean(taken, Bush)$std.error, survey::SE(part)[[1]])
  known <- data.frame(big = c(FALSE, TRUE), population = c(1500, 2500))
  post <- survey::postStratify(theirs, ~big, stats::setNames(known, c("big", "Freq")))
  expect_equal(
    ioi_mean(ioi_poststratify(ours, big, known), Kerry)$std.error,
    survey::SE(survey::svymean(~Kerry, post))[[1]]
  )
  rows <- data[rep(1:40, each = 3), ]
  rows$id <- 1:120
  rows$place <- rep(1:40, each = 3)
  rows$votes <- rows$Kerry + rows$id
  rows$share <- 0.5
  two <- survey::svydesign(~ place + id, fpc = ~ p + share, data = rows, pps = "brewer")
  both <- quiet_chances(ioi_design(rows, psu = c(place, id), fpc = c(p, share)))
  expect_equal(weights(both), unname(weights(two)))
  expect_equal(ioi_total(both, votes)$std.error, survey::SE(survey::svytotal(~votes, two))[[1]])
})

test_that("an infinite population has no correction", {
  data <- sample_of()
  data$fpc <- Inf
  expect_equal(
    numbers(yes(ioi_design(data, weights = weight, fpc = fpc))),
    numbers(yes(ioi_design(data, weights = weight)))
  )
})

# ---- strata and PSUs ----------------------------------------------------------

test_that("PSU labels that start again equal labels made distinct", {
  data <- sample_of()
  data$again <- (data$psu - 1) %% 6
  data$pasted <- paste(data$stratum, data$again)
  nested <- ioi_design(data, weights = weight, strata = stratum, psu = again, nest = TRUE)
  pasted <- ioi_design(data, weights = weight, strata = stratum, psu = pasted)
  expect_identical(numbers(yes(nested, by = group)), numbers(yes(pasted, by = group)))
  also <- ioi_design(data, weight, stratum, psu, nest = TRUE)
  expect_identical(numbers(yes(also, by = group)), numbers(yes(pasted, by = group)))
  expect_ioi_error(ioi_design(data, strata = stratum, psu = again), "design", arg = "psu")
})

test_that("a PSU per row equals no PSUs", {
  data <- sample_of()
  data$row <- sample(10^9, 120)
  for (strata in list(NULL, "stratum")) {
    none <- ioi_design(data, weights = weight, strata = !!strata)
    each <- ioi_design(data, weights = weight, strata = !!strata, psu = row)
    nest <- ioi_design(data, weights = weight, strata = !!strata, psu = row, nest = TRUE)
    expect_identical(yes(each, by = group), yes(none, by = group))
    expect_identical(yes(nest, by = group), yes(none, by = group))
    kept <- ioi_design(data,
      weights = weight, strata = !!strata, lonely_psu = "remove", lonely_domain = TRUE
    )
    expect_false(is.null(kept$stages[[1]]$core$psu_first))
    expect_equal(
      numbers(yes(kept, by = group)), numbers(yes(none, by = group)), tolerance = 1e-12
    )
    expect_equal(
      vcov(yes(kept, by = group)), vcov(yes(none, by = group)),
      tolerance = 1e-12
    )
  }
})

test_that("strata of one level equal no strata, and unused levels are none", {
  data <- sample_of()
  data$one <- "only"
  data$labels <- factor(data$stratum, levels = 0:9)
  expect_identical(
    numbers(yes(ioi_design(data, weights = weight, strata = one, psu = psu), by = group)),
    numbers(yes(ioi_design(data, weights = weight, psu = psu), by = group))
  )
  labels <- ioi_design(data, weights = weight, strata = labels, psu = psu)
  expect_length(labels$strata, 4)
  expect_identical(
    numbers(yes(labels, by = group)),
    numbers(yes(ioi_design(data, weight, stratum, psu), by = group))
  )
})

test_that("df of the design are PSUs less strata, of a positive weight", {
  data <- sample_of()
  data$weight[data$psu == 3] <- 0
  data$weight[data$stratum == 4] <- 0
  design <- ioi_design(data, weight, stratum, psu)
  expect_identical(yes(design, df = "design")$df, 17 - 3)
  expect_identical(yes(design)$df, 17 - 3)
  rows <- ioi_design(data, weights = weight, strata = stratum)
  expect_identical(yes(rows, df = "design")$df, 85 - 3)
  all <- ioi_design(sample_of(), weight, stratum, psu)
  expect_identical(yes(all, by = group, df = "design")$df, rep(20, 3))
})

# ---- lonely PSUs --------------------------------------------------------------

test_that("rules for lonely PSUs, written out", {
  data <- sample_of()
  data$psu[data$stratum == 1] <- 1
  run <- function(rule) {
    yes(ioi_design(data, weight, stratum, psu, lonely_psu = rule))
  }
  others <- variance_of(scores(data), data)
  expect_equal(run("remove")$std.error^2, others, tolerance = 1e-12)
  expect_equal(run("certainty")$std.error^2, others, tolerance = 1e-12)
  expect_equal(run("average")$std.error^2, others * 4 / 3, tolerance = 1e-12)
  # Scores of a proportion sum to 0, so the mean over all PSUs is 0.
  lone <- sum(scores(data)[data$stratum == 1])
  expect_equal(run("adjust")$std.error^2, others + lone^2, tolerance = 1e-12)
})

test_that("where every stratum is lonely, the average is undefined and flagged", {
  data <- sample_of()
  data$psu <- data$stratum
  run <- function(rule) {
    yes(ioi_design(data, weight, stratum, psu, lonely_psu = rule))
  }
  average <- run("average")
  expect_false(is.na(average$estimate))
  expect_identical(average$std.error, NA_real_)
  expect_identical(average$flag, "lonely")
  expect_identical(vcov(average)[1, 1], NA_real_)
  expect_identical(run("remove")$std.error, 0)
  expect_gt(run("adjust")$std.error, 0)
})

test_that("an undefined average leaves its covariance missing on both sides", {
  data <- sample_of()
  data$psu[data$stratum == 1] <- 1
  data$group <- ifelse(data$stratum == 1, "lone", "rest")
  design <- ioi_design(data, weight, stratum, psu, lonely_psu = "average")
  got <- yes(design, by = group)
  expect_identical(got$flag, c("lonely", ""))
  v <- unname(vcov(got))
  expect_identical(is.na(v), matrix(c(TRUE, TRUE, TRUE, FALSE), 2))
  expect_equal(v[2, 2], got$std.error[2]^2)
})

test_that("lonely_domain agrees with survey, with PSUs and without", {
  skip_if_not_installed("survey")
  data <- sample_of(60, seed = 9)
  data$stratum <- rep(1:12, each = 5)
  data$psu <- rep(1:30, each = 2)
  data$psu[data$stratum == 12] <- 99
  data$group <- ifelse(data$stratum == 3 & data$group == "c", "b", data$group)
  data$stratum[data$stratum %in% c(2, 4, 6)] <- 2
  data$psu <- as.integer(factor(paste(data$stratum, data$psu)))
  for (ids in list(~1, ~psu)) {
    for (rule in c("adjust", "average")) {
      withr::local_options(survey.lonely.psu = rule, survey.adjust.domain.lonely = TRUE)
      theirs <- survey::svydesign(ids,
        strata = ~stratum, weights = ~weight, data = data
      )
      expected <- suppressWarnings(
        survey::svyby(~ I(answer == "yes"), ~group, theirs, survey::svymean)
      )
      mine <- if (identical(ids, ~1)) NULL else "psu"
      design <- ioi_design(data, weight, stratum,
        psu = !!mine, lonely_psu = rule, lonely_domain = TRUE
      )
      got <- yes(design, by = group)
      expect_equal(got$std.error, survey::SE(expected)[[2]], tolerance = 1e-8)
      expect_equal(yes(theirs, by = group)$std.error, got$std.error)
      withr::local_options(survey.adjust.domain.lonely = FALSE)
      off <- yes(theirs, by = group)
      expect_false(isTRUE(all.equal(off$std.error, got$std.error)))
    }
  }
})

test_that("lonely_domain sees the units of a later stage, also where they are rows", {
  skip_if_not_installed("survey")
  set.seed(5)
  data <- data.frame(psu = rep(1:8, each = 4), id = 1:32, N = 20, M = 9)
  data$x <- stats::rnorm(32)
  data$group <- ifelse(seq_len(32) %in% c(2, 5, 6, 11, 12, 14, 21, 22, 30), "a", "b")
  withr::local_options(survey.lonely.psu = "average", survey.adjust.domain.lonely = TRUE)
  theirs <- survey::svydesign(~ psu + id, fpc = ~ N + M, data = data)
  for (some in list(!data$id %in% c(2, 14, 30), data$id > 0)) {
    part <- subset(theirs, some & group == "a")
    expected <- suppressWarnings(survey::SE(survey::svymean(~x, part)))
    design <- ioi_design(data,
      psu = c(psu, id), fpc = c(N, M), lonely_psu = "average", lonely_domain = TRUE
    )
    got <- ioi_mean(ioi_subset(design, .env$some & group == "a"), x)$std.error
    expect_equal(got, if (is.na(expected)) NA_real_ else as.vector(expected))
  }
})

test_that("a record alone has exactly no spread", {
  spread <- vapply(1:12, function(seed) {
    set.seed(seed)
    data <- data.frame(
      h = rep(1:3, each = 10), x = round(stats::rnorm(30, 5, 3)), w = stats::rexp(30)
    )
    data$group <- replace(rep("b", 30), sample(30, 1), "a")
    ioi_mean(ioi_design(data, w, h), x, by = group)$std.error
  }, c(0, 0))
  expect_identical(spread[1, ], rep(0, 12))
  expect_gt(min(spread[2, ]), 0.1)
})

# ---- data frames of other packages --------------------------------------------

test_that("tibbles and data.tables are data frames", {
  data <- sample_of()
  expected <- numbers(yes(ioi_design(data, weight, stratum, psu), by = group))
  tibble <- tibble::as_tibble(data)
  expect_identical(
    numbers(yes(ioi_design(tibble, weight, stratum, psu), by = group)), expected
  )
  table <- structure(data, class = c("data.table", "data.frame"))
  expect_identical(
    numbers(yes(ioi_design(table, weight, stratum, psu), by = group)), expected
  )
})

test_that("a table in a database is read, with its groups", {
  skip_if_not_installed("dplyr")
  data <- sample_of()
  lazy <- structure(list(data = data), class = c("tbl_stub", "tbl_lazy", "tbl"))
  read <- function(x, ...) dplyr::group_by(x$data, .data$group)
  registerS3method("collect", "tbl_stub", read, asNamespace("dplyr"))
  said <- expect_message(
    design <- ioi_design(lazy, weight, stratum, psu), class = "ioi_message_read"
  )
  expect_identical(said$rows, nrow(data))
  expected <- yes(ioi_design(data, weight, stratum, psu), by = group)
  expect_identical(numbers(suppressMessages(yes(design))), numbers(expected))
  plain <- suppressMessages(yes(as_ioi_design(lazy)))
  expect_identical(numbers(plain), numbers(yes(ioi_design(data), by = group)))
})

test_that("groups of the data are added to `by`, and said", {
  skip_if_not_installed("dplyr")
  data <- sample_of()
  grouped <- dplyr::group_by(data, group)
  expect_message(got <- ioi_proportion(grouped, answer), class = "ioi_message_groups")
  expect_identical(numbers(got), numbers(ioi_proportion(data, answer, by = group)))
  expect_identical(names(got)[1], "group")
  both <- suppressMessages(ioi_proportion(grouped, answer, by = c(stratum, group)))
  expect_identical(names(both)[1:2], c("group", "stratum"))
  design <- ioi_design(grouped, weights = weight)
  expect_message(ioi_proportion(design, answer), class = "ioi_message_groups")
  expect_ioi_error(ioi_proportion(grouped, group), "input", arg = "by")
})

test_that("a data frame is a simple random sample", {
  data <- sample_of()
  got <- yes(data)
  p <- mean(data$answer == "yes")
  expect_equal(got$estimate, p)
  expect_equal(got$std.error, sqrt(p * (1 - p) / 119), tolerance = 1e-12)
  expect_identical(got$df, 119)
  expect_equal(got$deff, 1)
  expect_identical(weights(as_ioi_design(data)), rep(1, 120))
  expect_identical(nobs(as_ioi_design(data)), 120L)
  expect_identical(
    numbers(yes(as_ioi_design(data, weights = weight, psu = psu))),
    numbers(yes(ioi_design(data, weights = weight, psu = psu)))
  )
})

test_that("a design is given back as it is, and tells about itself", {
  design <- ioi_design(sample_of(), weight, stratum, psu)
  expect_identical(as_ioi_design(design), design)
  expect_identical(weights(design), sample_of()$weight)
  text <- paste(utils::capture.output(print(design)), collapse = "\n")
  expect_match(text, "Rows: +120, 24 PSUs")
  expect_match(text, "Strata: +4")
  expect_match(text, "Weights: weight")
  expect_match(text, "one PSU: fail")
  expect_match(format(ioi_design(sample_of()))[2], "each row its own PSU")
})

test_that("the data are not copied", {
  data <- sample_of()
  design <- ioi_design(data, weight, stratum, psu)
  address <- function(x) sub(" .*", "", utils::capture.output(.Internal(inspect(x)))[1])
  expect_identical(address(design$weight), address(data$weight))
  expect_identical(address(design$data$answer), address(data$answer))
})

# ---- designs of the survey package --------------------------------------------

api <- function() {
  data <- new.env()
  utils::data("api", package = "survey", envir = data)
  data
}

# Designs, with an outcome and a column of groups (or none) for each.
survey_designs <- function() {
  data <- api()
  utils::data("nhanes", "scd", "fpc", package = "survey", envir = data)
  sampled <- c(E = 100, H = 50, M = 50)
  data$apistrat$fraction <- sampled[as.character(data$apistrat$stype)] / data$apistrat$fpc
  design <- survey::svydesign
  case <- function(outcome, by, ...) list(design(...), outcome, by)
  list(
    srs = case("awards", "stype", ~1, weights = ~pw, fpc = ~fpc, data = data$apisrs),
    no_weights = case("awards", "stype", ~1, fpc = ~fpc, data = data$apisrs),
    stratified = case("awards", "yr.rnd", ~1,
      strata = ~stype, weights = ~pw, fpc = ~fpc, data = data$apistrat
    ),
    infinite = case("awards", "stype", ~1,
      strata = ~stype, weights = ~pw, data = data$apistrat
    ),
    fractions = case("awards", "yr.rnd", ~1,
      strata = ~stype, fpc = ~fraction, data = data$apistrat
    ),
    cluster = case("awards", "stype", ~dnum,
      weights = ~pw, fpc = ~fpc, data = data$apiclus1
    ),
    two_stage = case("awards", "stype", ~ dnum + snum,
      weights = ~pw, data = data$apiclus2
    ),
    two_stage_fpc = case("awards", "stype", ~ dnum + snum,
      fpc = ~ fpc1 + fpc2, data = data$apiclus2
    ),
    nested = case("HI_CHOL", "race", ~SDMVPSU,
      strata = ~SDMVSTRA, weights = ~WTMEC2YR, nest = TRUE, data = data$nhanes
    ),
    small = case("x", NULL, ~psuid,
      strata = ~stratid, weights = ~weight, fpc = ~Nh, nest = TRUE, data = data$fpc
    ),
    ambulances = case("alive", NULL, ~ambulance,
      strata = ~ESA, probs = ~1, nest = TRUE, fpc = rep(5, 6), data = data$scd
    )
  )
}

# Estimates, standard errors and covariance of every category by group as survey
# gives them, in our order: groups, and categories within them.
from_survey <- function(design, outcome, by) {
  category <- factor(design$variables[[outcome]])
  design <- subset(stats::update(design, answer_ = category), !is.na(answer_))
  if (is.null(by)) {
    out <- survey::svymean(~answer_, design)
    v <- unname(as.matrix(stats::vcov(out)))
    return(list(estimate = as.vector(stats::coef(out)), v = v))
  }
  out <- survey::svyby(
    ~answer_, stats::reformulate(by), design, survey::svymean,
    covmat = TRUE
  )
  order <- as.vector(t(matrix(seq_along(stats::coef(out)), ncol = nlevels(category))))
  list(
    estimate = as.vector(stats::coef(out))[order],
    v = unname(as.matrix(stats::vcov(out)))[order, order]
  )
}

test_that("designs of survey give survey's estimates, errors and covariances", {
  skip_if_not_installed("survey")
  designs <- survey_designs()
  for (name in names(designs)) {
    case <- designs[[name]]
    for (by in unique(list(NULL, case[[3]]))) {
      got <- quiet(ioi_proportion(case[[1]], !!case[[2]], by = !!by))
      expected <- from_survey(case[[1]], case[[2]], by)
      expect_equal(got$estimate, expected$estimate, tolerance = 1e-10, label = name)
      expect_equal(unname(vcov(got)), expected$v, tolerance = 1e-8, label = name)
      expect_equal(
        got$std.error^2, diag(vcov(got)), ignore_attr = TRUE, tolerance = 1e-12
      )
    }
    expect_identical(
      quiet(ioi_proportion(case[[1]], !!case[[2]], df = "design"))$df[1],
      as.double(survey::degf(case[[1]]))
    )
  }
})

test_that("the generics of survey work on estimates and designs", {
  skip_if_not_installed("survey")
  data <- api()
  theirs <- survey::svydesign(~dnum, weights = ~pw, fpc = ~fpc, data = data$apiclus1)
  expected <- survey::svymean(~api00, theirs, deff = "replace")
  got <- ioi_mean(theirs, api00)
  expect_equal(survey::SE(got), c(api00 = as.vector(survey::SE(expected))))
  expect_equal(survey::cv(got), c(api00 = as.vector(survey::cv(expected))))
  expect_equal(survey::deff(got), c(api00 = as.vector(survey::deff(expected))))
  expect_equal(survey::degf(as_ioi_design(theirs)), survey::degf(theirs))
  expect_identical(survey::degf(ioi_design(data$apiclus1, df = 7)), 7)
  one <- got[setdiff(names(got), "deff")]
  expect_ioi_error(survey::deff(one), "input", arg = "object")
})

test_that("subsets of survey designs keep the PSUs that were sampled", {
  skip_if_not_installed("survey")
  designs <- survey_designs()
  for (name in c("stratified", "cluster", "srs")) {
    case <- designs[[name]]
    design <- subset(case[[1]], stype == "H" & api00 > 550)
    got <- quiet(ioi_proportion(design, awards))
    expected <- from_survey(design, "awards", NULL)
    expect_equal(got$estimate, expected$estimate, tolerance = 1e-10, label = name)
    expect_equal(unname(vcov(got)), expected$v, tolerance = 1e-8, label = name)
    whole <- stats::update(case[[1]], chosen = stype == "H" & api00 > 550)
    domain <- quiet(ioi_proportion(whole, awards, by = chosen))
    expect_equal(
      numbers(domain)[domain$chosen, ], numbers(got),
      tolerance = 1e-10, ignore_attr = TRUE, label = name
    )
  }
})

test_that("PSUs that a subset leaves empty count in every stratum", {
  skip_if_not_installed("survey")
  data <- sample_of()
  data$fpc <- c(12, 20, 60, 24)[data$stratum]
  data$kept <- data$psu %in% c(1, 2, 4, 7, 8, 9, 13:17, 19:24) & data$group != "c"
  theirs <- survey::svydesign(~psu,
    strata = ~stratum, weights = ~weight, fpc = ~fpc, data = data
  )
  part <- subset(theirs, kept)
  got <- yes(part, by = group)
  expected <- survey::svyby(
    ~ I(answer == "yes"), ~group, part, survey::svymean,
    covmat = TRUE
  )
  expect_equal(got$estimate, as.vector(stats::coef(expected))[3:4], tolerance = 1e-10)
  expect_equal(
    unname(vcov(got)), unname(stats::vcov(expected))[3:4, 3:4],
    tolerance = 1e-8
  )
  whole <- yes(theirs, by = c(kept, group))
  expect_equal(
    numbers(whole[whole$kept, ]), numbers(got),
    tolerance = 1e-12, ignore_attr = TRUE
  )
})

test_that("what was declared by survey equals what is declared here", {
  skip_if_not_installed("survey")
  data <- api()
  here <- list(
    ioi_design(data$apisrs, weights = pw, fpc = fpc),
    ioi_design(data$apistrat, weights = pw, strata = stype, fpc = fpc),
    ioi_design(data$apiclus1, weights = pw, psu = dnum, fpc = fpc)
  )
  there <- lapply(survey_designs()[c("srs", "stratified", "cluster")], `[[`, 1)
  for (i in seq_along(here)) {
    a <- quiet(ioi_proportion(here[[i]], awards, by = yr.rnd))
    b <- quiet(ioi_proportion(there[[i]], awards, by = yr.rnd))
    expect_equal(numbers(a), numbers(b), tolerance = 1e-12)
    expect_equal(vcov(a), vcov(b), tolerance = 1e-12)
  }
})

test_that("the option of survey for lonely PSUs is read", {
  skip_if_not_installed("survey")
  data <- sample_of()
  data$psu[data$stratum == 1] <- 1
  theirs <- survey::svydesign(~psu, strata = ~stratum, weights = ~weight, data = data)
  for (rule in c("adjust", "average", "certainty", "remove")) {
    withr::local_options(survey.lonely.psu = rule)
    mine <- ioi_design(data, weight, stratum, psu, lonely_psu = rule)
    expect_equal(numbers(yes(theirs)), numbers(yes(mine)), tolerance = 1e-12)
    theirs_too <- survey::svymean(~ I(answer == "yes"), theirs)
    expect_equal(yes(theirs)$std.error, survey::SE(theirs_too)[[2]], tolerance = 1e-10)
  }
  withr::local_options(survey.lonely.psu = "fail")
  expect_ioi_error(as_ioi_design(theirs), "design", strata = "1")
  withr::local_options(survey.lonely.psu = "shahvaish")
  expect_ioi_error(as_ioi_design(theirs), "input", arg = "survey.lonely.psu")
})

test_that("designs that would be computed wrongly are refused, with the field", {
  skip_if_not_installed("survey")
  data <- api()
  cluster <- survey::svydesign(~dnum, weights = ~pw, data = data$apiclus1)
  refused <- list(
    pps = survey::svydesign(~1,
      fpc = ~ I(1 / pw), pps = survey::HR(10, data$apisrs$pw^0), data = data$apisrs
    ),
    phase1 = survey::twophase(
      list(~1, ~1),
      subset = ~ I(awards == "Yes"), data = data$apisrs, method = "full"
    )
  )
  refused <- c(refused, list(phase1 = survey::twophase(
    list(~1, ~1),
    subset = ~ I(awards == "Yes"), data = data$apisrs, method = "simple"
  )))
  for (i in seq_along(refused)) {
    expect_ioi_error(as_ioi_design(refused[[i]]), "design", field = names(refused)[i])
    expect_ioi_error(
      ioi_proportion(refused[[i]], awards), "design", field = names(refused)[i]
    )
  }
  unknown <- cluster
  unknown$calibration <- 1
  expect_ioi_error(as_ioi_design(unknown), "design", field = "calibration")
  error <- expect_ioi_error(ioi_design(cluster), "input", arg = "data")
  expect_match(conditionMessage(error), "as_ioi_design")
  database <- structure(list(), class = c("DBIsvydesign", "survey.design2"))
  expect_ioi_error(as_ioi_design(database), "design", field = "db")
  expect_ioi_error(as_ioi_design(cluster, weights = pw), "input", arg = "weights")
})

test_that("bad weights and missing keys are found alike by one thread and by two", {
  data <- data.frame(w = rep(1, 2e5), psu = rep(1:500, 400), h = rep(1L, 2e5))
  data$w[c(150001, 199999)] <- c(NA, -1)
  found <- function(threads, code) {
    withr::local_options(ioi.threads = threads)
    error <- tryCatch(code(), ioi_error_data = identity)
    error[c("where", "count")]
  }
  weight <- function() ioi_design(data, weights = w)
  expect_identical(found(2, weight), list(where = 150001, count = 2))
  expect_identical(found(1, weight), found(2, weight))
  data$h[c(120000, 180000)] <- NA
  key <- function() ioi_design(data, strata = h, psu = psu)
  expect_identical(found(2, key), list(where = 120000L, count = 2L))
  expect_identical(found(1, key), found(2, key))
})
