# The covariance of many rows is computed when somebody asks: the same numbers, to the
# last bit, as if it had been computed at once.

people <- local({
  set.seed(11)
  rows <- 4000
  data <- data.frame(
    weight = stats::rexp(rows) + 0.1, area = sample(120, rows, replace = TRUE),
    answer = factor(sample(c("a", "b", "c"), rows, replace = TRUE)),
    year = 2020L + sample(0:1, rows, replace = TRUE), y = stats::rnorm(rows),
    z = stats::runif(rows, 1, 2), sex = sample(c("f", "m"), rows, replace = TRUE)
  )
  data$psu <- sample(120, rows, replace = TRUE)
  data$stratum <- data$psu %% 12
  data$home <- seq_len(rows) %/% 3
  data$stratum[data$psu == 5] <- 99 # a lone PSU
  data$few <- ifelse(data$psu == 7 & data$area == 1, "few", paste("area", data$area))
  data$y[data$area == 3] <- NA # nobody measured
  data$answer[data$area == 4] <- NA
  data
})

clustered <- function(lonely = "adjust", ...) {
  ioi_design(people, weights = weight, strata = stratum, psu = psu, lonely_psu = lonely, ...)
}

sexes <- list(sex = data.frame(sex = c("f", "m"), population = c(52000, 48000)))
designs <- list(
  adjust = function() clustered(),
  domains = function() clustered(lonely_domain = TRUE),
  average = function() clustered("average"),
  records = function() ioi_design(people, weights = weight, strata = stratum),
  random = function() people,
  stages = function() ioi_design(people, weights = weight, psu = c(psu, home)),
  raked = function() ioi_calibrate(clustered(), sexes),
  raked_records = function() {
    ioi_calibrate(ioi_design(people, weights = weight, strata = stratum), sexes)
  }
)

measures <- list(
  shares = function(x, keep) ioi_proportion(x, answer, by = few, covariance = keep),
  success = function(x, keep) {
    ioi_proportion(x, answer, by = c(area, year), success = "a", covariance = keep)
  },
  mean = function(x, keep) ioi_mean(x, y, by = c(area, year), covariance = keep),
  total = function(x, keep) ioi_total(x, y, by = c(area, year), covariance = keep),
  ratio = function(x, keep) ioi_ratio(x, y, z, by = c(area, year), covariance = keep),
  quantile = function(x, keep) {
    ioi_quantile(x, z, probs = c(0.5, 0, 0.9), by = area, covariance = keep)
  }
)

# The table with its covariance made at once, and made later.
both_times <- function(measure = measures$success, design = clustered()) {
  out <- lapply(list(now = TRUE, later = NULL), function(keep) quiet(measure(design, keep)))
  stopifnot(is.matrix(attr(out$now, "vcov")), is.list(attr(out$later, "vcov")))
  out
}

# Compares large matrices and tables: quick, and short where they differ.
expect_same <- function(got, wanted, info = NULL) {
  expect_true(identical(got, wanted), info = info)
}

test_that("what is computed later is the same to the last bit", {
  for (name in names(designs)) {
    design <- designs[[name]]()
    for (kind in setdiff(names(measures), "success")) {
      x <- both_times(measures[[kind]], design)
      info <- paste(kind, name)
      v <- vcov(x$later)
      expect_same(v, vcov(x$now), info)
      expect_same(tidy(x$later), tidy(x$now), info)
      expect_equal(unname(diag(v)), x$now$std.error^2, tolerance = 1e-14, info = info)
    }
  }
})

test_that("nothing is kept when nothing is asked for", {
  for (measure in measures) {
    none <- quiet(measure(clustered(), FALSE))
    expect_null(attr(none, "vcov"))
    expect_same(tidy(none), tidy(both_times(measure)$later))
  }
})

test_that("rows that are chosen have the numbers they had among all", {
  for (kind in names(measures)) {
    x <- both_times(measures[[kind]], designs$raked())
    last <- nrow(x$now)
    for (rows in list(5L, c(9L, 2L, last), c(4L, 1L, 4L), integer(), rev(seq_len(last)))) {
      expect_same(vcov(x$later[rows, ]), vcov(x$now[rows, ]), info = kind)
      again <- x$later[seq(last, 1), ][c(3, 8), ]
      expect_same(unname(vcov(again)), unname(vcov(x$now))[last - c(2, 7), last - c(2, 7)])
    }
  }
})

test_that("estimates without a variance have NA in the rows that are left too", {
  x <- both_times(measures$mean)
  missing <- is.na(x$later$std.error)
  expect_true(any(missing) && !all(missing))
  some <- c(which(missing)[1], which(!missing)[1:2])
  v <- unname(vcov(x$later[some, ]))
  expect_identical(is.na(v), outer(1:3, 1:3, function(a, b) a == 1 | b == 1))
})

test_that("how many rows decide when", {
  at <- function(areas, ...) {
    few <- people[people$area > 10 & people$area <= 10 + areas, ]
    attr(ioi_proportion(few, answer, by = c(area, sex), success = "a", ...), "vcov")
  }
  expect_identical(dim(at(100)), c(200L, 200L))
  expect_type(at(101), "list")
  expect_identical(dim(at(101, covariance = TRUE)), c(202L, 202L))
  expect_null(at(101, covariance = FALSE))
  expect_identical(when_covariance(2000, NULL), "later")
  expect_false(when_covariance(2001, NULL))
})

test_that("too much to keep is not kept, and the covariance computed at once", {
  later <- attr(both_times()$later, "vcov")
  wanted <- covariance_now(later)
  engine <- c(later$engine, list(more = raw(most_bytes_later)))
  got <- covariance_found(engine, "later")$v[later$row, later$row]
  expect_same(known_covariance(got, later$variance), wanted)
})

test_that("replicate weights give the covariance at once", {
  design <- ioi_replicate(clustered("certainty"), "JKn")
  expect_true(is.matrix(attr(quiet(measures$success(design, NULL)), "vcov")))
})

test_that("a table whose covariance waits can be compared, saved and changed", {
  skip_if_not_installed("dplyr")
  x <- both_times()
  expect_same(quiet(measures$success(clustered(), NULL)), x$later)
  plain <- function(v) {
    if (is.list(v)) all(vapply(v, plain, NA)) else is.null(v) || is.atomic(v)
  }
  expect_true(plain(attr(x$later, "vcov")))
  file <- withr::local_tempfile()
  saveRDS(x$later, file)
  expect_same(readRDS(file), x$later)
  expect_same(vcov(readRDS(file)), vcov(x$now))
  changes <- list(
    function(x) dplyr::filter(x, area %in% 3:90),
    function(x) dplyr::arrange(x, dplyr::desc(estimate)),
    function(x) dplyr::slice(x, 7:3),
    function(x) dplyr::mutate(x, many = n > 30),
    function(x) dplyr::rename(x, place = area),
    function(x) subset(x, area < 9),
    function(x) {
      x$large <- x$n > 20
      x
    },
    function(x) {
      names(x)[1] <- "place"
      x[["note"]] <- "none"
      head(x, 30)
    }
  )
  for (change in changes) {
    got <- change(x$later)
    expect_type(attr(got, "vcov"), "list")
    expect_same(vcov(got), vcov(change(x$now)))
  }
  expect_s3_class(dplyr::mutate(x$later, estimate = 1), "tbl_df", exact = FALSE)
  expect_null(attr(dplyr::mutate(x$later, estimate = 1), "vcov"))
  expect_null(attr(tidy(x$later), "vcov"))
})

test_that("what uses the covariance gives the same with one that waits", {
  x <- both_times()
  same <- function(f) expect_same(quiet(f(x$later)), quiet(f(x$now)))
  same(function(x) ioi_parity(x, area, "1", by = year))
  same(function(x) ioi_parity(x, year, "2020", measure = c("difference", "ratio")))
  same(function(x) ioi_parity(x[x$area %in% c(2, 9), ], area, "2", by = year))
  same(function(x) {
    ioi_gap_change(x[x$area %in% c(1, 2, 5, 6), ], area, "1", time = year)
  })
  same(function(x) ioi_change(x, year, by = area, measure = c("difference", "annual")))
  same(function(x) ioi_disparity(x[x$area < 9, ], area, by = year, measure = "range_difference"))
  same(summary)
  same(function(x) confint(x, level = 0.9))
  same(nobs)
  same(format)
})

test_that("a profile has the covariance of tables of many rows", {
  data <- ioi_example_survey(900, seed = 5)
  data$part <- seq_len(nrow(data)) %% 250
  design <- ioi_design(data, weights = weight, strata = region, psu = psu)
  got <- suppressMessages(ioi_profile(design, "6.6", by = c(part, sex)))
  alone <- suppressMessages(ioi_measure(design, "6.6", by = part, covariance = TRUE))
  expect_gt(nrow(alone), most_rows_at_once)
  rows <- match(alone$part, got$part)
  expect_same(unname(vcov(got)[rows, rows]), unname(vcov(alone)))
})

test_that("a covariance that does not fit its rows, or the package, is refused", {
  x <- both_times()$later
  longer <- tibble::add_row(x, area = 1L, estimate = 0.1)
  expect_ioi_error(vcov(longer), "input")
  expect_false(inherits(longer[1:2, ], "ioi_estimate"))
  expect_error(new_ioi_estimate(tidy(x)[1:3, ], attr(x, "vcov")), "rows x rows")
  older <- x
  attr(older, "vcov")$layout <- 0L
  expect_ioi_error(vcov(older), "data")
  expect_ioi_error(ioi_parity(older, area, "1", by = year), "data")
})
