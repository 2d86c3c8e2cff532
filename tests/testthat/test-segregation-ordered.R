# Segregation of ordered groups. Second routes: the sums over units and lm() written
# out, derivatives by finite differences, survey::svytotal() of the influence.

bands <- function() {
  read.csv(test_path("cases", "segregation_income_bands_30x10.csv"))
}

band_matrix <- function() {
  as.matrix(bands()[-1])
}

test_that("the open cases are met", {
  cases <- read.csv(test_path("cases", "segregation_ordered.csv"))
  expect_gt(nrow(cases), 9)
  for (row in split(cases, cases$case_id)) {
    got <- ioi_segregation_ordered(
      bands(), tidyselect::starts_with("band"), unit,
      method = row$method, index = row$index, weights = row$weights, order = row$order
    )
    expect_lte(abs(got$estimate - row$expected), row$tol_abs)
  }
})

# ---- slow routes ---------------------------------------------------------------

cut_function <- list(
  theil = function(c) ifelse(c * (1 - c) > 0, -c * log2(c) - (1 - c) * log2(1 - c), 0),
  relative_diversity = function(c) 4 * c * (1 - c),
  hutchens = function(c) 2 * sqrt(c * (1 - c)),
  absolute = function(c) 1 - abs(2 * c - 1)
)

slow_cuts <- function(x, f) {
  share <- function(n) pmax(0, pmin(1, cumsum(n)[-length(n)] / sum(n)))
  p <- share(colSums(x))
  inside <- 0 * p
  for (i in which(rowSums(x) > 0)) {
    inside <- inside + sum(x[i, ]) / sum(x) * f(share(x[i, ]))
  }
  list(p = p, f = f(p), y = 1 - inside / f(p))
}

slow_ordered <- function(x, index, order = NULL, weighted = TRUE, at = NULL) {
  f <- cut_function[[index]]
  cut <- slow_cuts(x, f)
  if (is.null(order)) {
    return(sum(cut$f * cut$y) / sum(cut$f))
  }
  weight <- if (weighted) cut$f^2 else rep(1, length(cut$f))
  fit <- stats::lm(y ~ poly(p, order), data = cut, weights = weight)
  curve <- function(p) stats::predict(fit, data.frame(p = p))
  if (!is.null(at)) {
    return(unname(curve(at)))
  }
  halves <- list(c(0, 0.5), c(0.5, 1))
  over <- function(g) {
    sum(vapply(halves, function(h) {
      stats::integrate(g, h[1], h[2], rel.tol = 1e-10)$value
    }, 0))
  }
  over(function(p) curve(p) * f(p)) / over(f)
}

test_that("indices equal the sums and lm() written out", {
  x <- band_matrix()
  for (index in names(cut_function)) {
    plain <- ioi_segregation_ordered(x, index = index)
    expect_equal(plain$estimate, slow_ordered(x, index), tolerance = 1e-12)
    for (weights in c("f2", "none")) {
      for (order in c(0, 1, 4, 7)) {
        got <- ioi_segregation_ordered(
          x,
          method = "rank_order", index = index, order = order, weights = weights,
          percentile = c(0.1, 0.95)
        )
        want <- c(
          if (order > 0) {
            slow_ordered(x, index, order, weights == "f2")
          } else {
            got$estimate[1]
          },
          if (order > 0) {
            slow_ordered(x, index, order, weights == "f2", c(0.1, 0.95))
          } else {
            got$estimate[c(1, 1)]
          }
        )
        expect_equal(got$estimate, want, tolerance = 1e-7)
      }
    }
  }
})

test_that("two groups give the indices of two groups", {
  x <- cbind(a = c(10, 40, 25, 3), b = c(30, 20, 7, 50))
  p <- x[, 1] / rowSums(x)
  all <- sum(x[, 1]) / sum(x)
  share <- rowSums(x) / sum(x)
  eta2 <- sum(share * (p - all)^2) / (all * (1 - all))
  entropy <- cut_function$theil
  got <- ioi_segregation_ordered(x, index = c("relative_diversity", "theil"))
  expect_equal(got$estimate, c(eta2, 1 - sum(share * entropy(p)) / entropy(all)))
})

test_that("standard errors are those of the influence", {
  x <- band_matrix()
  h <- 1e-3
  for (index in c("theil", "hutchens")) {
    for (order in list(NULL, 3)) {
      u <- x
      for (cell in seq_along(x)) {
        up <- down <- x
        up[cell] <- x[cell] + h
        down[cell] <- x[cell] - h
        u[cell] <- (slow_ordered(up, index, order) - slow_ordered(down, index, order)) / (2 * h)
      }
      got <- ioi_segregation_ordered(
        x,
        method = if (is.null(order)) "ordinal" else "rank_order",
        index = index, order = if (is.null(order)) 4 else order, se = "analytic"
      )
      expect_equal(got$std.error, sqrt(sum(x * u^2)), tolerance = 1e-4)
    }
  }
})

test_that("limits cover what many people drawn at random come from", {
  withr::local_seed(5)
  x <- band_matrix()
  truth <- ioi_segregation_ordered(x, index = "theil")$estimate
  inside <- replicate(300, {
    drawn <- matrix(stats::rmultinom(1, 2e5, x / sum(x)), nrow(x))
    got <- ioi_segregation_ordered(drawn, index = "theil", se = "analytic")
    got$conf.low <= truth && truth <= got$conf.high
  })
  expect_gt(mean(inside), 0.9)
})

test_that("a design gives the errors of svytotal() of the influence", {
  skip_if_not_installed("survey")
  withr::local_seed(2)
  rows <- data.frame(
    psu = rep(1:30, each = 12), stratum = rep(1:3, each = 120),
    unit = sample(letters[1:6], 360, TRUE), band = sample(1:5, 360, TRUE),
    w = stats::runif(360, 1, 3)
  )
  rows$band <- pmin(5, rows$band + (rows$unit %in% c("a", "b")))
  design <- ioi_design(rows, weights = w, psu = psu, strata = stratum)
  got <- ioi_segregation_ordered(design, band, unit, index = "theil", se = "analytic")
  x <- stats::xtabs(w ~ unit + band, rows)
  expect_equal(got$estimate, slow_ordered(x, "theil"))
  u <- x
  for (cell in seq_along(x)) {
    up <- down <- x
    up[cell] <- x[cell] + 1e-3
    down[cell] <- x[cell] - 1e-3
    u[cell] <- (slow_ordered(up, "theil") - slow_ordered(down, "theil")) / 2e-3
  }
  rows$z <- u[cbind(match(rows$unit, rownames(x)), rows$band)]
  plain <- survey::svydesign(~psu, strata = ~stratum, weights = ~w, data = rows)
  want <- survey::SE(survey::svytotal(~z, plain))
  expect_equal(got$std.error, as.numeric(want), tolerance = 1e-6)
  expect_equal(dim(vcov(got)), c(1, 1))
})

# ---- shapes, order, identities -------------------------------------------------

test_that("every shape of data gives the same", {
  x <- band_matrix()
  long <- data.frame(
    unit = rep(bands()$unit, 10), band = factor(rep(colnames(x), each = 30), colnames(x)),
    people = as.vector(x)
  )
  want <- ioi_segregation_ordered(x)$estimate
  expect_equal(ioi_segregation_ordered(long, band, unit, people)$estimate, want)
  shuffled <- long[rev(seq_len(nrow(long))), ]
  expect_equal(ioi_segregation_ordered(shuffled, band, unit, people)$estimate, want)
  text <- transform(long, band = as.character(band))
  expect_ioi_error(ioi_segregation_ordered(text, band, unit, people), "input", arg = "group")
  expect_equal(
    ioi_segregation_ordered(text, band, unit, people, groups = colnames(x))$estimate, want
  )
  reversed <- x[, rev(colnames(x))]
  expect_equal(ioi_segregation_ordered(reversed)$estimate, want)
  mixed <- x[, c(3, 1, 2, 4:10)]
  expect_false(isTRUE(all.equal(ioi_segregation_ordered(mixed)$estimate, want)))
  expect_equal(ioi_segregation_ordered(mixed, groups = colnames(x))$estimate, want)
})

test_that("what should change nothing changes nothing", {
  x <- band_matrix()
  for (method in c("ordinal", "rank_order")) {
    index <- function(x) ioi_segregation_ordered(x, method = method)$estimate
    want <- index(x)
    expect_equal(index(x * 7), want)
    expect_equal(index(rbind(x / 2, x / 2)), want)
    expect_equal(index(rbind(x, 0)), want)
    expect_equal(index(cbind(x[, 1:4], none = 0, x[, 5:10])), want)
  }
})

test_that("areas are computed apart and a bad one is flagged", {
  x <- bands()
  x$area <- rep(c("a", "b", "c"), each = 10)
  x[x$area == "b", 4:11] <- 0L
  x[x$area == "c", -1][-1, 1:10] <- 0L
  got <- ioi_segregation_ordered(
    x, tidyselect::starts_with("band"), unit,
    by = area, method = "rank_order", index = "theil", se = "analytic"
  )
  expect_equal(got$flag, c("", "few", "single"))
  expect_equal(is.na(got$estimate), c(FALSE, TRUE, TRUE))
  expect_equal(is.na(got$std.error), c(FALSE, TRUE, TRUE))
  alone <- ioi_segregation_ordered(
    as.matrix(x[1:10, 2:11]),
    method = "rank_order", index = "theil", se = "analytic"
  )
  expect_equal(got$std.error[1], alone$std.error)
})

test_that("columns depend on the call alone", {
  x <- band_matrix()
  base <- c("index", "estimate", "std.error", "conf.low", "conf.high", "units", "n", "flag")
  expect_named(ioi_segregation_ordered(x), base)
  with <- ioi_segregation_ordered(x, method = "rank_order", percentile = c(0.2, 0.9))
  expect_named(with, append(base, "percentile", 1))
  expect_equal(with$percentile, rep(c(NA, 0.2, 0.9), 4))
  expect_equal(with$index, rep(c("theil", "relative_diversity", "hutchens", "absolute"), each = 3))
})

test_that("wrong arguments are named", {
  x <- band_matrix()
  expect_ioi_error(ioi_segregation_ordered(x, index = "gini"), "input", arg = "index")
  expect_ioi_error(ioi_segregation_ordered(x, method = "curve"), "input")
  expect_ioi_error(
    ioi_segregation_ordered(x, method = "rank_order", order = 1.5), "input",
    arg = "order"
  )
  expect_ioi_error(
    ioi_segregation_ordered(x[, 1:6], method = "rank_order"), "input",
    arg = "order"
  )
  expect_ioi_error(ioi_segregation_ordered(x, percentile = 0.5), "input", arg = "percentile")
  expect_ioi_error(
    ioi_segregation_ordered(x, method = "rank_order", percentile = 90), "input",
    arg = "percentile"
  )
  x[3, 3] <- -1
  expect_ioi_error(ioi_segregation_ordered(x), "data")
  x[3, 3] <- NA
  expect_ioi_error(ioi_segregation_ordered(x), "data")
})

test_that("groups may have any names", {
  x <- band_matrix()[, 1:4]
  want <- ioi_segregation_ordered(x)$estimate
  plain <- ioi_segregation(x)$estimate
  colnames(x) <- c("n", "known", "none", "table")
  expect_equal(ioi_segregation_ordered(x)$estimate, want)
  expect_equal(ioi_segregation(x)$estimate, plain)
})
