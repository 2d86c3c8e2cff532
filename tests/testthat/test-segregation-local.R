# Local scores. Second routes: the open cases, the indices that the scores add up to, and
# the definition written out.

local_case <- function(case, args) {
  score <- c(
    LQ = "location_quotient", ls_unit = "unit", ls_group = "group", E_unit = "diversity"
  )[[case$index]]
  x <- parts_input(case$input)
  out <- quiet(ioi_segregation_local(x, tidyselect::all_of(args$groups), row, score = score))
  part <- strsplit(case$group, ":", fixed = TRUE)[[1]]
  if (score == "group") {
    out$estimate[out$group == part]
  } else if (score == "location_quotient") {
    out$estimate[out$unit == part[1] & out$group == part[2]]
  } else {
    out$estimate[out$unit == part]
  }
}

test_that("open cases of scores of units, groups, quotients and entropy are met", {
  cases <- parts_cases(c("LQ", "ls_unit", "ls_group", "E_unit"))
  expect_gt(nrow(cases), 100)
  expect_null(parts_misses(cases, local_case))
})

test_that("scores of units and groups add up to M, over the entropy to H", {
  set.seed(1)
  x <- nested_table(4)
  groups <- letters[1:4]
  m <- as.matrix(x[groups])
  for (score in c("unit", "group")) {
    plain <- ioi_segregation_local(x, a:d, c(region, district, unit), score = score)
    expect_equal(sum(plain$contribution), slow_m(m), tolerance = 1e-12)
    expect_equal(sum(plain$weight), 1)
    h <- ioi_segregation_local(
      x, a:d, c(region, district, unit), score = score, normalise = TRUE
    )
    expect_equal(sum(h$contribution), slow_h(m), tolerance = 1e-12)
  }
  two <- ioi_segregation_local(x, a:d, c(region, district, unit), base = 2)
  one <- ioi_segregation_local(x, a:d, c(region, district, unit))
  expect_equal(two$estimate, one$estimate / log(2))
})

test_that("a score over E uses the entropy of its own place", {
  set.seed(2)
  x <- nested_table(3)
  out <- ioi_segregation_local(x, a:c, c(district, unit), by = region, normalise = TRUE)
  for (r in unique(x$region)) {
    expect_equal(
      sum(out$contribution[out$region == r]), slow_h(as.matrix(x[x$region == r, c("a", "b", "c")]))
    )
  }
})

test_that("local dissimilarity of a group is D against the rest times 1 - P", {
  set.seed(3)
  x <- as.matrix(nested_table(3)[c("a", "b", "c")])
  out <- ioi_segregation_local(x, score = "group")
  d <- ioi_segregation(x, compare = "rest")
  share <- colSums(x) / sum(x)
  expect_equal(out$local_dissimilarity, d$estimate * unname(1 - share))
})

test_that("parts of D add up to D; shares to 1; the mean impact is 100", {
  set.seed(4)
  x <- nested_table(3)
  d <- ioi_segregation(x, a:c, c(region, district, unit), compare = "pairwise")
  out <- ioi_segregation_local(
    x, a:c, c(region, district, unit), score = "dissimilarity", compare = "pairwise"
  )
  pair <- paste(out$group, out$other)
  expect_equal(unname(tapply(out$estimate, pair, sum)[paste(d$group, d$other)]), d$estimate,
    ignore_attr = TRUE
  )
  expect_equal(as.vector(tapply(out$share, pair, sum)), rep(1, 3))
  expect_equal(as.vector(tapply(out$impact, pair, mean)), rep(100, 3))
  expect_equal(as.vector(tapply(out$difference, pair, sum)), rep(0, 3))
  e <- x$a / sum(x$a) - x$b / sum(x$b)
  expect_setequal(round(out$difference[pair == "a b"], 12), round(e, 12))
})

test_that("areas sum the parts of their units, and their impact is over their share", {
  set.seed(5)
  x <- nested_table(2)
  x$b[1] <- x$a[1] <- 0 # a unit that does not count
  e <- abs(x$a / sum(x$a) - x$b / sum(x$b))
  out <- ioi_segregation_local(x, c(a, b), c(region, district, unit),
    score = "dissimilarity", area = region
  )
  share <- tapply(e, x$region, sum) / sum(e)
  units <- c(7, 8, 8)
  expect_equal(out$region, c("a", "b", "c"))
  expect_equal(out$units, units)
  expect_equal(out$share, as.vector(share))
  expect_equal(out$impact, as.vector(100 * share / (units / 23)))
  expect_equal(out$estimate, as.vector(tapply(e, x$region, sum)) / 2)
})

test_that("pair and rest differ where there are more groups", {
  x <- parts_input("edge_zeros_7x3.csv")
  pair <- ioi_segregation_local(x, a:c, unit,
    score = "dissimilarity", groups = list(c("a", "b"))
  )
  rest <- ioi_segregation_local(x, a:c, unit, score = "dissimilarity", compare = "rest")
  rest <- rest[rest$group == "a", ]
  expect_equal(sum(pair$estimate, na.rm = TRUE), 0.458333333333, tolerance = 1e-11)
  expect_equal(sum(rest$estimate, na.rm = TRUE), 0.557926829268, tolerance = 1e-11)
  # u4 is empty; u7 has members of c alone and is no unit of the pair
  expect_equal(pair$flag, c("", "", "", "empty", "", "", "empty"))
  expect_equal(rest$flag, c("", "", "", "empty", "", "", ""))
})

test_that("extremes keep everybody in the base", {
  x <- parts_input("edge_zeros_7x3.csv")
  out <- ioi_segregation_local(x, a:c, unit, score = "extremes", groups = c("a", "c"))
  t <- x$a + x$b + x$c
  expect_equal(out$estimate, ifelse(t > 0, (x$a - x$c) / t, NA))
  expect_ioi_error(
    ioi_segregation_local(x, a:c, unit, score = "extremes"), "input", arg = "groups"
  )
})

test_that("the roles of unit and group are never taken from names of columns", {
  x <- parts_input("tiny_3x2.csv")
  long <- data.frame(
    group = rep(x$unit, 2), unit = rep(c("a", "b"), each = 3), n = c(x$a, x$b)
  )
  swapped <- ioi_segregation_local(long, group = unit, unit = group, count = n)
  plain <- ioi_segregation_local(x, c(a, b), unit)
  expect_equal(swapped$estimate, plain$estimate)
  h <- ioi_segregation_local(long, group = group, unit = unit, count = n, normalise = TRUE)
  expect_equal(sum(h$contribution), slow_h(t(as.matrix(x[c("a", "b")]))))
})

test_that("groups may be called as the sums of the tally are", {
  x <- data.frame(unit = 1:3, native = c(4, 2, 9), n = c(1, 8, 3), no = c(5, 5, 5))
  out <- ioi_segregation_local(x, c(native, n, no), unit)
  same <- stats::setNames(x, c("unit", "a", "b", "c"))
  plain <- ioi_segregation_local(same, a:c, unit)
  expect_equal(out$estimate, plain$estimate)
  expect_equal(out$n, rowSums(x[-1]))
})

test_that("weights of 2 are rows twice; respondents are counted, not weights", {
  set.seed(6)
  people <- data.frame(
    unit = sample(1:5, 200, TRUE), group = sample(c("a", "b"), 200, TRUE), w = 2
  )
  weighted <- ioi_segregation_local(ioi_design(people, weights = w), group, unit)
  twice <- ioi_segregation_local(rbind(people, people), group, unit)
  expect_equal(weighted$estimate, twice$estimate)
  expect_equal(2 * weighted$n, twice$n)
})

test_that("a billion people in a unit change nothing", {
  x <- data.frame(unit = 1:3, a = c(1, 2, 3), b = c(3, 2, 1))
  big <- x
  big[c("a", "b")] <- x[c("a", "b")] * 2^33
  expect_equal(
    ioi_segregation_local(big, c(a, b), unit)$estimate,
    ioi_segregation_local(x, c(a, b), unit)$estimate
  )
})

test_that("one place without a value leaves the others alone", {
  x <- data.frame(
    place = c("p", "p", "q", "q"), unit = c(1, 2, 1, 2), a = c(0, 0, 1, 2), b = c(0, 0, 2, 1)
  )
  out <- ioi_segregation_local(x, c(a, b), unit, by = place)
  expect_equal(out$flag, c("empty", "empty", "", ""))
  expect_equal(is.na(out$estimate), c(TRUE, TRUE, FALSE, FALSE))
  d <- ioi_segregation_local(x, c(a, b), unit, by = place, score = "dissimilarity")
  expect_equal(d$share, c(NA, NA, 0.5, 0.5))
})

test_that("wrong arguments are errors that name them", {
  x <- data.frame(unit = 1:2, a = c(1, 2), b = c(2, 1))
  expect_ioi_error(ioi_segregation_local(x, c(a, b), unit, score = "z"), "input", arg = "score")
  expect_ioi_error(ioi_segregation_local(x, c(a, b), unit, base = 1), "input", arg = "base")
  expect_ioi_error(ioi_segregation_local(x, c(a, b), unit, compare = "rest"), "input",
    arg = "compare"
  )
  expect_ioi_error(
    ioi_segregation_local(x, c(a, b), unit, score = "simpson", normalise = TRUE), "input",
    arg = "normalise"
  )
  expect_ioi_error(ioi_segregation_local(x, c(a, b), unit, area = unit), "input", arg = "area")
  x$a[2] <- -1
  expect_ioi_error(ioi_segregation_local(x, c(a, b), unit), "data")
  x$a[2] <- NA
  expect_ioi_error(ioi_segregation_local(x, c(a, b), unit), "data")
})

# ---- standard errors -----------------------------------------------------------------

local_scores <- list(
  list(score = "unit"), list(score = "unit", normalise = TRUE), list(score = "group", base = 2),
  list(score = "group", normalise = TRUE), list(score = "location_quotient"),
  list(score = "diversity", base = 2), list(score = "diversity", normalise = TRUE),
  list(score = "simpson"), list(score = "extremes", groups = c("a", "c")),
  list(score = "dissimilarity"), list(score = "dissimilarity", groups = c("a", "b"))
)

local_of <- function(x, how, ...) do.call(ioi_segregation_local, c(list(x), how, list(...)))

test_that("errors of scores are those of their slopes by each cell", {
  set.seed(41)
  n <- full_table(5, 3)
  h <- 1e-4
  for (how in local_scores) {
    got <- local_of(n, how, se = "analytic")
    v <- 0
    for (cell in seq_along(n)) {
      up <- down <- n
      up[cell] <- n[cell] + h
      down[cell] <- n[cell] - h
      slope <- (local_of(up, how)$estimate - local_of(down, how)$estimate) / (2 * h)
      v <- v + n[cell] * slope^2
    }
    expect_equal(got$std.error, sqrt(v), tolerance = 1e-6, label = how$score)
    shown <- got$conf.low > 0 & got$conf.high < 0.5
    expect_equal(
      (got$conf.high - got$conf.low)[shown], (2 * stats::qnorm(0.975) * got$std.error)[shown]
    )
  }
})

test_that("errors of places stand apart; empty cells and units are their limits", {
  set.seed(42)
  x <- data.frame(place = rep(c("p", "q"), c(5, 6)), unit = 1:11, full_table(11, 3))
  x$a[2] <- 0
  x$b[3] <- 0
  x$c[6:11] <- 0
  x[4, c("a", "b", "c")] <- 0
  for (how in local_scores[c(1, 2, 3, 4, 6, 7, 8, 10)]) {
    all <- ioi_segregation_local(x, c(a, b, c), unit, by = place, score = how$score,
      normalise = isTRUE(how$normalise), se = "analytic")
    for (place in c("p", "q")) {
      one <- ioi_segregation_local(x[x$place == place, ], c(a, b, c), unit, score = how$score,
        normalise = isTRUE(how$normalise), se = "analytic")
      expect_equal(all$std.error[all$place == place], one$std.error)
    }
    expect_identical(is.na(all$std.error), is.na(all$estimate))
    near <- x
    near[c("a", "b", "c")] <- ifelse(as.matrix(x[3:5]) == 0 & x$unit != 4, 1e-9,
      as.matrix(x[3:5]))
    near$c[6:11] <- 0
    full <- ioi_segregation_local(near, c(a, b, c), unit, by = place, score = how$score,
      normalise = isTRUE(how$normalise), se = "analytic")
    expect_equal(all$std.error, full$std.error, tolerance = 1e-3, label = how$score)
  }
})

test_that("many draws of people have the error that is stated", {
  set.seed(43)
  n <- full_table(5, 3, most = 200) + 100
  got <- ioi_segregation_local(n, se = "analytic")
  drawn <- stats::rmultinom(1500, sum(n), n)
  tables <- data.frame(
    draw = rep(1:1500, each = 5), unit = 1:5, a = as.vector(drawn[1:5, ]),
    b = as.vector(drawn[6:10, ]), c = as.vector(drawn[11:15, ])
  )
  scores <- ioi_segregation_local(tables, c(a, b, c), unit, by = draw)
  spread <- tapply(scores$estimate, scores$unit, stats::sd)
  expect_equal(got$std.error, as.vector(spread), tolerance = 0.12)
})

test_that("errors on a design are those of svytotal() of the slopes", {
  skip_if_not_installed("survey")
  data <- read_case_data(test_path("cases", "segregation_survey_micro.csv"))
  design <- ioi_design(data, weights = w, strata = stratum, psu = psu)
  peer <- survey::svydesign(~psu, strata = ~stratum, weights = ~w, data = data, nest = TRUE)
  n <- tapply(data$w, list(data$unit, data$group), sum, default = 0)
  of <- function(x, how) {
    ioi_segregation_local(x, score = how$score, normalise = isTRUE(how$normalise),
      groups = if (how$score == "extremes") c("WB", "Asian")
    )
  }
  for (how in local_scores[c(2, 4, 5, 9, 10)]) {
    got <- ioi_segregation_local(design, group, unit, score = how$score,
      normalise = isTRUE(how$normalise), se = "analytic",
      groups = if (how$score == "extremes") c("WB", "Asian")
    )
    key <- function(x) paste(x[["unit"]], x$group, x$other)
    plain <- of(n, how)
    cell <- cbind(match(data$unit, rownames(n)), match(data$group, colnames(n)))
    slopes <- vapply(seq_len(nrow(unique(cell))), function(k) {
      at <- unique(cell)[k, , drop = FALSE]
      up <- down <- n
      h <- n[at] * 1e-4
      up[at] <- n[at] + h
      down[at] <- n[at] - h
      (of(up, how)$estimate - of(down, how)$estimate) / (2 * h)
    }, numeric(nrow(plain)))
    id <- function(x) paste(x[, 1], x[, 2])
    z <- t(slopes[, match(id(cell), id(unique(cell)))])
    full <- plain$estimate > 0 & !is.na(plain$estimate) | how$score == "extremes"
    want <- as.vector(survey::SE(survey::svytotal(z, peer)))
    at <- match(key(plain), key(got))
    expect_equal(got$estimate[at], plain$estimate)
    expect_equal(got$std.error[at][full], want[full], tolerance = 1e-5, label = how$score)
  }
})

test_that("a design of single people has the error of counts; vcov follows the rows", {
  set.seed(44)
  n <- full_table(4, 3, most = 25)
  long <- as.data.frame(as.table(n))
  people <- long[rep(seq_len(nrow(long)), long$Freq), ]
  people$place <- ifelse(people$Var1 %in% c("A", "B"), "x", "y")
  counts <- data.frame(place = c("x", "x", "y", "y"), unit = LETTERS[1:4], n)
  for (how in local_scores[c(1, 3, 5, 7, 10)]) {
    of <- function(x, ...) {
      ioi_segregation_local(x, ..., by = place, score = how$score, se = "analytic",
                            normalise = isTRUE(how$normalise))
    }
    survey <- of(ioi_design(people), Var2, Var1)
    plain <- of(counts, c(a, b, c), unit)
    expect_equal(survey$std.error, plain$std.error, tolerance = 0.02)
    expect_equal(unname(sqrt(diag(vcov(survey)))), survey$std.error)
  }
})

test_that("errors of scores are not of areas", {
  n <- data.frame(
    area = c(1, 1, 2), unit = 1:3, a = c(5, 2, 3), b = c(1, 4, 2)
  )
  expect_ioi_error(
    ioi_segregation_local(n, c(a, b), unit, score = "dissimilarity", area = area,
                          se = "analytic"),
    "input", arg = "se"
  )
})
