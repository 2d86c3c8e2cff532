# Segregation under chance. Second routes: every table with the same margins, r2dtable(),
# random permutations of people, closed forms.

small_units <- function() {
  x <- read.csv(test_path("cases", "segregation_small_units_KX.csv"))
  cbind(x = x$X, rest = x$K - x$X)
}

exact_indices <- c(
  "dissimilarity", "theil", "mutual_information", "relative_diversity", "squared_cv",
  "normalised_exposure", "karmel_maclachlan"
)

test_that("the open cases are met", {
  cases <- read.csv(test_path("cases", "segregation_null.csv"))
  expect_equal(nrow(cases), 7)
  for (row in split(cases, cases$case_id)) {
    got <- ioi_segregation_null(
      small_units(),
      index = row$index, null = row$null, compare = "rest"
    )
    expect_lte(abs(got$expected[1] - row$expected), row$tol_abs)
    expect_equal(got$method, c("exact", "exact"))
  }
})

test_that("Carrington and Troske's correction uses the same expectation", {
  x <- small_units()
  chance <- ioi_segregation_null(x, index = c("dissimilarity", "theil"))
  got <- ioi_segregation(
    x,
    index = c("dissimilarity", "theil"), correct = "carrington_troske"
  )
  expect_equal(got$estimate, (chance$estimate - chance$expected) / (1 - chance$expected))
})

# ---- every table ---------------------------------------------------------------

# All ways to deal the people of a table to its places, each as likely.
permuted <- function(x, draws = NULL) {
  unit <- rep(seq_len(nrow(x)), rowSums(x))
  group <- rep(seq_len(ncol(x)), colSums(x))
  one <- function(order) {
    table(factor(unit, seq_len(nrow(x))), factor(group[order], seq_len(ncol(x))))
  }
  if (!is.null(draws)) {
    return(lapply(seq_len(draws), function(k) one(sample.int(length(unit)))))
  }
  all <- function(n) {
    if (n == 1) {
      return(matrix(1L))
    }
    rest <- all(n - 1)
    do.call(rbind, lapply(seq_len(n), function(first) {
      cbind(first, matrix(setdiff(seq_len(n), first)[rest], ncol = n - 1))
    }))
  }
  apply(all(length(unit)), 1, one, simplify = FALSE)
}

test_that("mean and standard deviation are those over all permutations", {
  x <- rbind(c(a = 2, b = 0, c = 1), c(1, 1, 0), c(0, 2, 0))
  tables <- permuted(x)
  expect_length(tables, factorial(7))
  for (index in c(exact_indices, "gini", "atkinson_symmetric")) {
    got <- ioi_segregation_null(x, index = index, reps = 2000)
    seen <- unique(lapply(tables, function(t) matrix(t, 3)))
    key <- vapply(seen, paste, "", collapse = " ")
    times <- table(factor(vapply(tables, paste, "", collapse = " "), key))
    value <- vapply(seen, function(t) {
      ioi_segregation(t, index = index)$estimate
    }, 0)
    mean <- sum(value * times) / sum(times)
    sd <- sqrt(sum((value - mean)^2 * times) / sum(times))
    exact <- index %in% exact_indices
    expect_equal(got$expected, mean, tolerance = if (exact) 1e-12 else 0.03)
    expect_equal(got$std.deviation, sd, tolerance = if (exact) 1e-9 else 0.1)
    upper <- sum(times[value >= got$estimate - 1e-12]) / sum(times)
    expect_lt(abs(got$p.value - upper), 4 * sqrt(upper * (1 - upper) / 2000) + 1e-3)
  }
})

# Mean and standard deviation of D and H over all tables with these group totals and
# three units of `size`, each as likely as there are ways to deal out the people.
over_all_tables <- function(total, size) {
  unit <- as.matrix(expand.grid(rep(list(0:size), length(total))))
  unit <- unit[rowSums(unit) == size, ]
  share <- total / sum(total)
  plogp <- function(p) ifelse(p > 0, p * log(p), 0)
  values <- function(n) {
    p <- n / size
    c(
      sum(abs(sweep(p, 2, share))) / (6 * sum(share * (1 - share))),
      1 - sum(plogp(p)) / sum(plogp(share)) / 3
    )
  }
  found <- NULL
  for (i in seq_len(nrow(unit))) {
    for (j in which(colSums(t(unit) + unit[i, ] > total) == 0)) {
      n <- rbind(unit[i, ], unit[j, ], total - unit[i, ] - unit[j, ])
      found <- rbind(found, c(exp(-sum(lfactorial(n))), values(n)))
    }
  }
  mean <- colSums(found[, 1] * found[, -1]) / sum(found[, 1])
  sd <- sqrt(colSums(found[, 1] * sweep(found[, -1], 2, mean)^2) / sum(found[, 1]))
  list(mean = mean, sd = sd)
}

test_that("small units in which one group is the most have the law of all tables", {
  for (total in list(c(12, 2, 4), c(4, 12, 2), c(3, 3, 12))) {
    want <- over_all_tables(total, 6)
    x <- rowsum(diag(3)[rep(1:3, total), ], rep(1:3, 6))
    got <- ioi_segregation_null(x, index = c("dissimilarity", "theil"))
    expect_equal(got$expected, want$mean, tolerance = 1e-12)
    expect_equal(got$std.deviation, want$sd, tolerance = 1e-12)
  }
})

test_that("standard deviations equal those of r2dtable() on real schools", {
  withr::local_seed(8)
  d <- school_census_2023[school_census_2023$la_name == "Leicester", ]
  x <- as.matrix(cbind(
    white = d$white_british, indian = d$indian, other = d$headcount - d$white_british - d$indian
  ))
  x <- x[rowSums(x) > 0 & x[, 3] >= 0, ]
  for (compare in c("multigroup", "rest")) {
    got <- ioi_segregation_null(x, index = "dissimilarity", compare = compare)
    drawn <- vapply(stats::r2dtable(400, rowSums(x), colSums(x)), function(t) {
      ioi_segregation(t, compare = compare)$estimate
    }, got$expected)
    drawn <- matrix(drawn, nrow = nrow(got))
    sd <- apply(drawn, 1, stats::sd)
    expect_true(all(abs(rowMeans(drawn) - got$expected) < 4 * sd / 20))
    expect_equal(got$std.deviation, sd, tolerance = 0.15)
  }
})

test_that("closed forms hold", {
  x <- small_units()
  n <- nrow(x)
  all <- sum(x)
  got <- ioi_segregation_null(x, index = c(
    "correlation_ratio", "relative_diversity", "normalised_exposure", "squared_cv"
  ), compare = "rest")
  expect_equal(got$expected, rep((n - 1) / (all - 1), 8))
  pair <- ioi_segregation_null(x, index = c("isolation", "exposure"), compare = "rest")
  p <- colSums(x) / all
  expect_equal(pair$expected[1:2], unname(p + (1 - p) * (n - 1) / (all - 1)))
  expect_equal(pair$expected[3:4], 1 - pair$expected[1:2])
})

test_that("a pair among others knows only its own members", {
  x <- rbind(c(4, 1, 9), c(2, 8, 1), c(6, 0, 7), c(0, 3, 3))
  colnames(x) <- c("a", "b", "c")
  all <- ioi_segregation_null(x, compare = "pairwise", reps = 50)
  alone <- ioi_segregation_null(x[, c("a", "c")])
  expect_equal(all$expected[2], alone$expected)
  expect_equal(all$std.deviation[2], alone$std.deviation)
  exposure <- ioi_segregation_null(
    x,
    index = "exposure", groups = c("a", "b", "c"), compare = "pairwise", reps = 4000
  )
  n <- nrow(x)
  t <- sum(x)
  of <- paste(exposure$group, exposure$other) == "a b"
  expect_equal(exposure$method[of], "simulated")
  expect_equal(
    exposure$expected[of], sum(x[, "b"]) * (t - n) / (t * (t - 1)),
    tolerance = 0.02
  )
})

# ---- draws ---------------------------------------------------------------------

test_that("draws follow the seed", {
  draw <- function(seed) {
    withr::with_seed(seed, ioi_segregation_null(small_units(), index = "gini", reps = 100))
  }
  expect_identical(draw(1), draw(1))
  expect_false(identical(draw(1)$expected, draw(2)$expected))
})

test_that("p-values are even when allocation is random", {
  withr::local_seed(6)
  tables <- stats::r2dtable(200, rep(20, 15), c(60, 240))
  p <- vapply(tables, function(t) {
    ioi_segregation_null(t, index = "correlation_ratio", reps = 99)$p.value
  }, 0)
  expect_true(all(p >= 0.01 & p <= 1))
  expect_gt(suppressWarnings(stats::ks.test(p, "punif"))$p.value, 0.001)
})

test_that("under the binomial law shares are drawn", {
  x <- small_units()
  fixed <- ioi_segregation_null(x, reps = 500)
  binomial <- ioi_segregation_null(x, null = "binomial", reps = 500)
  expect_gt(binomial$expected, fixed$expected)
  withr::local_seed(4)
  t <- rowSums(x)
  p <- sum(x[, 1]) / sum(x)
  drawn <- replicate(4000, {
    k <- stats::rbinom(length(t), t, p)
    sum(abs(k - t * p)) / (2 * sum(t) * p * (1 - p))
  })
  expect_lt(abs(binomial$expected - mean(drawn)), 4 * stats::sd(drawn) / sqrt(4000))
  expect_equal(binomial$std.deviation, stats::sd(drawn), tolerance = 0.06)
})

# ---- edges ---------------------------------------------------------------------

test_that("areas stand apart and a bad one is flagged", {
  x <- as.data.frame(small_units()[1:9, ])
  x$area <- rep(c("a", "b", "c"), each = 3)
  x$x[x$area == "b"] <- 0
  x$rest[x$area == "c"] <- c(3, 0, 0)
  x$x[x$area == "c"] <- c(4, 0, 0)
  got <- ioi_segregation_null(x, c(x, rest), by = area, reps = 20)
  expect_equal(got$flag, c("", "empty", "single"))
  expect_equal(is.na(got$expected), c(FALSE, TRUE, TRUE))
  expect_equal(is.na(got$p.value), c(FALSE, TRUE, TRUE))
  alone <- ioi_segregation_null(as.matrix(x[1:3, 1:2]))
  expect_equal(got$std.deviation[1], alone$std.deviation)
})

test_that("where chance has no choice z is missing", {
  got <- ioi_segregation_null(cbind(a = c(1, 0), b = c(0, 1)), reps = 9)
  expect_equal(got$expected, 1)
  expect_equal(got$std.deviation, 0)
  expect_equal(got$flag, "certain")
  expect_true(is.na(got$z))
  expect_equal(got$p.value, 1)
})

test_that("large numbers keep their digits", {
  x <- cbind(a = c(1e9, 5e8, 3), b = c(2e9, 1e9, 5))
  got <- ioi_segregation_null(x, index = "correlation_ratio", compare = "pairwise")
  expect_equal(got$expected * (sum(x) - 1) / 2, 1, tolerance = 1e-8)
  expect_gt(got$std.deviation, 0)
})

test_that("columns depend on the call alone", {
  x <- small_units()
  base <- c(
    "index", "group", "other", "estimate", "std.error", "conf.low", "conf.high", "expected",
    "std.deviation", "z", "method", "units", "n", "flag"
  )
  expect_named(ioi_segregation_null(x), base)
  expect_named(ioi_segregation_null(x, reps = 9), append(base, "p.value", 10))
})

test_that("wrong arguments are named", {
  x <- small_units()
  expect_ioi_error(ioi_segregation_null(x, index = "diversity"), "input", arg = "index")
  expect_ioi_error(ioi_segregation_null(x, index = "delta"), "input", arg = "index")
  expect_ioi_error(ioi_segregation_null(x, index = "nonsense"), "input", arg = "index")
  expect_ioi_error(ioi_segregation_null(x, null = "poisson"), "input")
  expect_ioi_error(ioi_segregation_null(x, reps = 0), "input", arg = "reps")
  expect_ioi_error(ioi_segregation_null(x + 0.5), "data", arg = "count")
  x[2, 1] <- -1
  expect_ioi_error(ioi_segregation_null(x), "data")
  design <- ioi_design(data.frame(u = c(1, 1, 2), g = c("a", "b", "a"), w = 1), weights = w)
  expect_ioi_error(ioi_segregation_null(design, g, u), "input", arg = "data")
})
