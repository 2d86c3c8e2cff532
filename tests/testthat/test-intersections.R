# Crossed characteristics: the gaps are those of ioi_parity() on the crossed column; excess
# and covariances written out with contrasts.

crossed <- function() {
  data.frame(
    sex = rep(c("m", "f"), each = 3), eth = rep(c("w", "b", "a"), 2),
    x = c(52, 23, 14, 50, 13, 5), n = c(120, 60, 41, 140, 72, 29)
  )
}

test_that("gaps of cells are those of ioi_parity on the crossed column", {
  x <- crossed()
  x$cell <- paste(x$sex, x$eth, sep = ", ")
  got <- ioi_intersections(x, c(sex, eth), c(sex = "m", eth = "w"),
    measure = c("difference", "ratio"), events = x, population = n, favourable = TRUE
  )
  for (to in c("m, w", "overall")) {
    want <- ioi_parity(x, cell, to,
      measure = c("difference", "ratio"), events = x, population = n, favourable = TRUE
    )
    for (i in seq_len(nrow(want))) {
      row <- got[got$measure == want$measure[i] & got$reference %in% to &
        got$group == want$group[i], ]
      for (name in c(
        "estimate", "std.error", "conf.low", "conf.high", "n", "p.value", "direction", "flag"
      )) {
        expect_equal(row[[name]], want[[name]][i], tolerance = 1e-12)
      }
    }
  }
  level <- got[got$measure == "level", ]
  expect_equal(level$estimate[level$group == "f, b"], 13 / 72)
  wilson <- stats::prop.test(13, 72, correct = FALSE)$conf.int
  expect_equal(level$conf.high[level$group == "f, b"], wilson[2])
})

test_that("excess over additivity and multiplication is the formula, with its variance", {
  x <- crossed()
  got <- ioi_intersections(x, c(sex, eth), c(sex = "m", eth = "w"),
    measure = c("difference", "ratio"), events = x, population = n
  )
  p <- x$x / x$n
  v <- p * (1 - p) / x$n
  add <- got[got$measure == "excess_difference" & got$group == "f, b", ]
  at <- c(5, 2, 4, 1) # 11, 10, 01, 00
  expect_equal(add$estimate, sum(p[at] * c(1, -1, -1, 1)))
  expect_equal(add$std.error, sqrt(sum(v[at])))
  own <- vapply(at, function(i) {
    as.vector(stats::prop.test(x$x[i], x$n[i], correct = FALSE)$conf.int)
  }, c(0, 0))
  down <- c(p[5] - own[1, 1], own[2, 2] - p[2], own[2, 3] - p[4], p[1] - own[1, 4])
  expect_equal(add$conf.low, add$estimate - sqrt(sum(down^2)))
  times <- got[got$measure == "excess_ratio" & got$group == "f, b", ]
  expect_equal(times$estimate, p[5] * p[1] / (p[2] * p[4]))
  se <- sqrt(sum(v[at] / p[at]^2))
  expect_equal(times$std.error, times$estimate * se)
  expect_equal(log(times$conf.high / times$estimate), stats::qnorm(0.975) * se)
  expect_equal(times$statistic, log(times$estimate) / se)
  expect_identical(sum(got$measure == "excess_ratio"), 2L)
  expect_equal(sqrt(diag(unname(vcov(got)))), got$std.error)
})

test_that("cells that add up have no excess, and the covariance says so", {
  v <- crossprod(matrix(c(3, 1, 0, 1, 0, 2, 1, 1, 0, 1, 3, 1, 1, 0, 0, 2), 4)) / 1e4
  table <- tibble::tibble(
    sex = c("m", "m", "f", "f"), eth = c("w", "b", "w", "b"),
    estimate = c(0.5, 0.4, 0.45, 0.35), std.error = sqrt(diag(v)),
    conf.low = estimate - 0.1, conf.high = estimate + 0.1, n = 50, df = 20
  )
  x <- new_ioi_estimate(table, v, info = list(
    by = c("sex", "eth"), level = 0.95, ci = "wald", limits = "wald", df_rule = "number",
    unit = "proportion"
  ))
  got <- ioi_intersections(x, c(sex, eth), c(sex = "m", eth = "w"))
  excess <- got[got$measure == "excess_difference", ]
  expect_equal(excess$estimate, 0)
  contrast <- c(1, -1, -1, 1)
  expect_equal(excess$std.error, sqrt(as.vector(contrast %*% v %*% contrast)))
  expect_equal(excess$conf.high, stats::qt(0.975, 20) * excess$std.error)
  expect_equal(excess$p.value, 1)
  j <- rbind(
    diag(4), diag(4) - rep(c(1, 0, 0, 0), each = 4), diag(4) - 1 / 4, contrast
  )
  expect_equal(unname(vcov(got)), unname(j %*% v %*% t(j)))
})

test_that("three characteristics, and rows of one cell added up", {
  x <- expand.grid(sex = c("m", "f"), eth = c("w", "b"), age = c("young", "old"))
  x$n <- c(80, 90, 40, 30, 70, 60, 20, 25)
  x$x <- c(40, 36, 12, 6, 42, 24, 5, 9)
  twice <- rbind(x, x)
  got <- ioi_intersections(x, c(sex, eth, age), c(sex = "m", eth = "w", age = "young"),
    events = x, population = n
  )
  excess <- got[got$measure == "excess_difference", ]
  expect_identical(nrow(excess), 4L) # three pairs and all three
  p <- x$x / x$n
  all <- excess$estimate[excess$group == "f, b, old"]
  expect_equal(all, p[8] - p[2] - p[3] - p[5] + 2 * p[1])
  expect_equal(
    excess$estimate[excess$group == "m, b, old"], p[7] - p[3] - p[5] + p[1]
  )
  added <- ioi_intersections(twice, c(sex, eth, age),
    c(sex = "m", eth = "w", age = "young"),
    events = x, population = n
  )
  expect_identical(added$estimate, got$estimate)
  expect_identical(added$n, 2 * got$n)
})

test_that("survey cells keep their design, and by keeps sets apart", {
  people <- subset(census_2011_people, !is.na(health) & country_of_birth != "No code")
  x <- ioi_proportion(people, health,
    by = c(sex, country_of_birth), success = "Very good health"
  )
  got <- ioi_intersections(x, c(sex, country_of_birth), "largest")
  largest <- x$n == max(x$n)
  reference <- paste(x$sex[largest], x$country_of_birth[largest], sep = ", ")
  expect_identical(unique(got$reference[got$measure == "excess_difference"]), reference)
  expect_equal(got$estimate[1:4], x$estimate)
  counts <- rbind(cbind(crossed(), year = 1), cbind(crossed(), year = 2))
  counts$x[8] <- 1
  got <- ioi_intersections(counts, c(sex, eth), c(sex = "m", eth = "w"),
    by = year, events = x, population = n
  )
  one <- ioi_intersections(counts[counts$year == 2, ], c(sex, eth),
    c(sex = "m", eth = "w"),
    events = x, population = n
  )
  expect_identical(got$estimate[got$year == 2], one$estimate)
})

test_that("a cell that is not there, is empty or has no logarithm is flagged", {
  x <- crossed()
  x$x[5] <- 0
  got <- ioi_intersections(x, c(sex, eth), c(sex = "m", eth = "w"),
    measure = c("difference", "ratio"), events = x, population = n
  )
  excess <- got[got$group == "f, b" & startsWith(got$measure, "excess"), ]
  expect_identical(excess$flag, c("", "no_log"))
  expect_identical(is.na(excess$estimate), c(FALSE, TRUE))
  fewer <- ioi_intersections(x[-4, ], c(sex, eth), c(sex = "m", eth = "w"),
    events = x, population = n
  )
  expect_identical(fewer$flag[fewer$measure == "excess_difference"], rep("no_reference", 2))
  x$n[6] <- x$x[6] <- 0
  empty <- ioi_intersections(x, c(sex, eth), c(sex = "m", eth = "w"),
    events = x, population = n
  )
  expect_identical(empty$flag[empty$group == "f, a"], c("empty", "empty", "empty", "no_reference"))
})

test_that("arguments that do not fit are refused", {
  x <- crossed()
  arg <- function(...) {
    tryCatch(
      ioi_intersections(x, ..., events = x, population = n),
      ioi_error_input = function(e) e$arg
    )
  }
  expect_identical(arg(sex), "groups")
  expect_identical(arg(c(sex, eth), c(sex = "m")), "reference")
  expect_identical(arg(c(sex, eth), c(sex = "m", eth = "q")), "reference")
  expect_identical(arg(c(sex, eth), "m, w"), "reference")
  expect_identical(arg(c(sex, eth), "best"), "favourable")
  expect_identical(arg(c(sex, eth), measure = "odds_ratio"), "measure")
})
