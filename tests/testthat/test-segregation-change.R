# Decompositions of change. Second routes: the open cases, fitting written out in R,
# identities of the components.

schools <- function() {
  rbind(
    cbind(year = 2000, parts_input("schoolsA_2000.csv")),
    cbind(year = 2005, parts_input("schoolsA_2005.csv"))
  )
}

change_schools <- function(...) {
  ioi_segregation_change(schools(), asian:native, school, time = year, ...)
}

all_methods <- c("shapley", "karmel_maclachlan", "mora_ruiz_castillo")

test_that("open cases of three methods are met", {
  cases <- parts_cases(c("mdiff_shapley", "mdiff_km", "mdiff_mrc"))
  expect_equal(nrow(cases), 15)
  found <- lapply(stats::setNames(nm = all_methods), function(m) change_schools(method = m))
  names(found) <- c("mdiff_shapley", "mdiff_km", "mdiff_mrc")
  expect_null(parts_misses(cases, function(case, args) {
    out <- found[[case$index]]
    switch(case$group,
      M1 = out$before[1], M2 = out$after[1],
      diff = out$estimate[out$component == "difference"],
      out$estimate[out$component == case$group]
    )
  }))
})

# Fitting until it stands still, rows first.
slow_fit <- function(x, rows, columns) {
  for (k in 1:5000) {
    x <- x * (rows / rowSums(x))
    x <- t(t(x) * (columns / colSums(x)))
  }
  x
}

slow_shapley <- function(a, b, index = slow_m) {
  p <- list(a / sum(a), b / sum(b))
  m <- array(0, c(2, 2, 2))
  for (s in 1:2) for (r in 1:2) for (cc in 1:2) {
    m[s, r, cc] <- index(slow_fit(p[[s]], rowSums(p[[r]]), colSums(p[[cc]])))
  }
  c(
    structural = (m[2, 1, 1] - m[1, 1, 1] + m[2, 2, 2] - m[1, 2, 2]) / 2,
    group_marginal = mean(m[, , 2] - m[, , 1]), unit_marginal = mean(m[, 2, ] - m[, 1, ])
  )
}

two_times <- function(groups = 3) {
  one <- nested_table(groups)
  two <- nested_table(groups)
  one$id <- two$id <- paste(one$region, one$district, one$unit)
  rbind(cbind(time = 1, one), cbind(time = 2, two))
}

matrix_at <- function(x, t) as.matrix(x[x$time == t, c("a", "b", "c")])

test_that("Shapley of M and H is that of fitting written out", {
  set.seed(31)
  x <- two_times()
  for (index in c("mutual_information", "theil")) {
    out <- ioi_segregation_change(x, a:c, id, time = time, index = index)
    slow <- slow_shapley(matrix_at(x, 1), matrix_at(x, 2), slow_nested[[index]])
    got <- stats::setNames(out$estimate, out$component)
    expect_equal(got[names(slow)], slow, tolerance = 1e-8)
    expect_identical(unname(got[c("additions", "removals")]), c(0, 0))
    expect_equal(sum(slow), unname(got["difference"]))
  }
})

test_that("Karmel and Maclachlan scale the margins once", {
  set.seed(32)
  x <- two_times()
  a <- matrix_at(x, 1) / sum(matrix_at(x, 1))
  b <- matrix_at(x, 2) / sum(matrix_at(x, 2))
  out <- ioi_segregation_change(x, a:c, id, time = time, method = "karmel_maclachlan")
  got <- stats::setNames(out$estimate, out$component)
  fitted <- slow_fit(a, rowSums(b), colSums(b))
  expect_equal(got[["structural"]], slow_m(b) - slow_m(fitted), tolerance = 1e-8)
  expect_equal(
    got[["group_marginal"]], slow_m(t(t(a) * (colSums(b) / colSums(a)))) - slow_m(a)
  )
  expect_equal(got[["unit_marginal"]], slow_m(a * (rowSums(b) / rowSums(a))) - slow_m(a))
  expect_equal(sum(got[1:4]), slow_m(b) - slow_m(a))
})

test_that("components add up to the difference, and units to each component", {
  for (method in all_methods) {
    out <- change_schools(method = method)
    part <- change_schools(method = method, parts = TRUE)
    whole <- out$component == "difference"
    expect_equal(sum(out$estimate[!whole]), out$estimate[whole], tolerance = 1e-12)
    expect_equal(out$after[1] - out$before[1], out$estimate[whole])
    sums <- tapply(part$estimate, part$component, sum)
    expect_equal(as.vector(sums[out$component]), out$estimate, tolerance = 1e-12)
    # and within each unit
    of_unit <- tapply(part$estimate * ifelse(part$component == "difference", -1, 1),
      part$unit, sum
    )
    expect_lt(max(abs(of_unit)), 1e-12)
  }
  first <- schools()
  expect_equal(
    nrow(part), 6 * length(unique(first$school[rowSums(first[4:8]) > 0]))
  )
})

test_that("local scores of units are those of the definition", {
  set.seed(33)
  x <- two_times()
  part <- ioi_segregation_change(x, a:c, id, time = time, parts = TRUE)
  p <- list(matrix_at(x, 1) / sum(matrix_at(x, 1)), matrix_at(x, 2) / sum(matrix_at(x, 2)))
  terms <- function(q) rowSums(q * log(q / outer(rowSums(q), colSums(q))))
  fit <- function(s, m) slow_fit(p[[s]], rowSums(p[[m]]), colSums(p[[m]]))
  want <- (terms(p[[2]]) - terms(fit(1, 2)) + terms(fit(2, 1)) - terms(p[[1]])) / 2
  rows <- part[part$component == "structural", ]
  expect_equal(
    rows$estimate[match(x$id[x$time == 1], rows$unit)], unname(want), tolerance = 1e-8
  )
})

test_that("Shapley is symmetric: times swapped change the sign", {
  x <- schools()
  there <- change_schools()
  x$year <- -x$year
  back <- ioi_segregation_change(x, asian:native, school, time = year)
  expect_equal(
    back$estimate[match(c("removals", "additions"), back$component)],
    -there$estimate[match(c("additions", "removals"), there$component)]
  )
  shared <- c("structural", "group_marginal", "unit_marginal", "difference")
  expect_equal(
    back$estimate[match(shared, back$component)],
    -there$estimate[match(shared, there$component)], tolerance = 1e-7
  )
})

test_that("margins alone: a table fitted to other margins has no structural part", {
  set.seed(34)
  x <- two_times()
  one <- matrix_at(x, 1)
  x[x$time == 2, c("a", "b", "c")] <- one * (1:24) %o% c(1, 3, 0.5)
  out <- ioi_segregation_change(x, a:c, id, time = time)
  expect_lt(abs(out$estimate[out$component == "structural"]), 1e-9)
  # and units all twice as large change nothing
  x[x$time == 2, c("a", "b", "c")] <- 2 * one
  out <- ioi_segregation_change(x, a:c, id, time = time)
  expect_lt(max(abs(out$estimate)), 1e-12)
})

test_that("units and groups in one table only are dropped again and again", {
  # without u3 group c has nobody at time 1; without c unit u2 has nobody at time 1
  x <- data.frame(
    time = rep(1:2, each = 4), unit = rep(paste0("u", 1:4), 2),
    a = c(5, 0, 1, 2, 4, 6, 0, 3), b = c(3, 0, 2, 6, 2, 5, 0, 8), c = c(0, 0, 4, 0, 1, 2, 0, 1)
  )
  out <- ioi_segregation_change(x, a:c, unit, time = time)
  expect_equal(out$units[1], 2)
  expect_equal(out$units_added[1], 1)
  expect_equal(out$units_removed[1], 1)
  one <- as.matrix(x[c(1, 4), c("a", "b")])
  two <- as.matrix(x[c(5, 8), c("a", "b")])
  got <- stats::setNames(out$estimate, out$component)
  expect_equal(got[["additions"]], slow_m(as.matrix(x[5:8, 3:5])) - slow_m(two))
  expect_equal(got[["removals"]], slow_m(one) - slow_m(as.matrix(x[1:4, 3:5])))
  part <- ioi_segregation_change(x, a:c, unit, time = time, parts = TRUE)
  expect_equal(as.vector(tapply(part$estimate, part$component, sum)[out$component]), out$estimate)
})

test_that("cells of 0 stay 0, and margins that cannot be are an error that names one", {
  x <- data.frame(
    time = rep(1:2, each = 2), unit = c("u", "v", "u", "v"), a = c(5, 0, 1, 8), b = c(0, 5, 9, 2)
  )
  condition <- expect_ioi_error(
    ioi_segregation_change(x, c(a, b), unit, time = time), "convergence"
  )
  expect_true(condition$margin %in% c("group", "unit"))
  expect_gt(condition$error, 1e-3)
  expect_match(conditionMessage(condition), "\"(a|b|u|v)\"")
  # among others it is a flag, and the others have their numbers
  set.seed(35)
  y <- two_times()[c("time", "id", "a", "b")]
  names(y)[2] <- "unit"
  both <- rbind(cbind(place = "p", x), cbind(place = "q", y))
  out <- ioi_segregation_change(both, c(a, b), unit, time = time, by = place)
  expect_equal(unique(out$flag[out$place == "p"]), "convergence")
  expect_true(all(is.na(out$estimate[out$place == "p"])))
  alone <- ioi_segregation_change(y, c(a, b), unit, time = time)
  expect_equal(out$estimate[out$place == "q"], alone$estimate)
  # a method without fitting has an answer
  out <- ioi_segregation_change(x, c(a, b), unit, time = time, method = "mora_ruiz_castillo")
  expect_false(anyNA(out$estimate))
})

test_that("several times are compared in turn; a place at one time only is empty", {
  set.seed(36)
  x <- two_times()
  third <- x[x$time == 1, ]
  third$time <- 3
  third$a <- third$a + 5
  y <- rbind(x, third)
  out <- ioi_segregation_change(y[sample(nrow(y)), ], a:c, id, time = time)
  expect_equal(unique(paste(out$from, out$to)), c("1 2", "2 3"))
  late <- ioi_segregation_change(y[y$time > 1, ], a:c, id, time = time)
  expect_equal(out$estimate[out$from == 2], late$estimate, tolerance = 1e-7)
  y$region[y$region == "c" & y$time != 1] <- "d"
  placed <- ioi_segregation_change(y, a:c, id, time = time, by = region)
  expect_equal(unique(placed$flag[placed$region == "c"]), "empty")
  expect_false(anyNA(placed$estimate[placed$region == "d"]))
})

test_that("the bootstrap: errors of differences, components that add up, shared times", {
  set.seed(35)
  x <- expand.grid(unit = 1:8, time = 1:3)
  x <- cbind(x, full_table(24, 3, most = 150) + 40)
  got <- ioi_segregation_change(x, c(a, b, c), unit, time = time, se = "bootstrap", reps = 600)
  v <- unname(vcov(got))
  expect_equal(sqrt(diag(v)), got$std.error)
  one <- 1:5 # structural to removals; the difference is the sixth
  expect_equal(sum(v[one, one]), v[6, 6], tolerance = 1e-8)
  m <- ioi_segregation(x, c(a, b, c), unit, by = time, index = "mutual_information",
    compare = "multigroup", se = "analytic"
  )
  expect_equal(got$std.error[6], sqrt(sum(m$std.error[1:2]^2)), tolerance = 0.12)
  expect_equal(v[6, 12], -m$std.error[2]^2, tolerance = 0.25)
  middle <- (got$conf.low + got$conf.high) / 2
  expect_equal(middle[6], got$estimate[6] - got$bias[6], tolerance = 0.05)
  structural <- got[got$component == "structural", ]
  expect_true(all(structural$conf.low < structural$estimate - structural$bias))
  plain <- ioi_segregation_change(x, c(a, b, c), unit, time = time)
  expect_identical(plain$estimate, got$estimate)
  expect_true(all(is.na(plain$std.error) & is.na(plain$bias)))
  expect_identical(names(plain), names(got))
  set.seed(9)
  first <- ioi_segregation_change(x, c(a, b, c), unit, time = time, se = "bootstrap", reps = 5)
  set.seed(9)
  again <- ioi_segregation_change(x, c(a, b, c), unit, time = time, se = "bootstrap", reps = 5)
  expect_identical(first$std.error, again$std.error)
})

test_that("the bootstrap takes more people than an integer counts", {
  x <- data.frame(
    time = rep(1:2, each = 2), unit = rep(c("u", "v"), 2), a = c(2, 1, 1, 1) * 1e9, b = 2e9
  )
  set.seed(3)
  got <- ioi_segregation_change(x, c(a, b), unit, time = time, se = "bootstrap", reps = 20)
  expect_true(all(is.finite(got$std.error)))
  expect_lt(max(got$std.error), 1e-4)
  expect_gt(got$std.error[got$component == "difference"], 0)
})

test_that("replicates out of reach are flagged; parts and designs have no bootstrap", {
  set.seed(36)
  x <- data.frame(time = rep(1:2, each = 3), unit = rep(1:3, 2), a = c(9, 5, 1, 1, 8, 6),
                  b = c(1, 1, 7, 9, 5, 1))
  of <- function(...) ioi_segregation_change(x, c(a, b), unit, time = time, ...)
  got <- suppressWarnings(of(se = "bootstrap", reps = 60))
  lost <- got$flag == "replicates"
  expect_true(all(lost) || !any(lost))
  expect_false(anyNA(got$std.error))
  expect_ioi_error(of(se = "bootstrap", parts = TRUE), "input", arg = "se")
  expect_ioi_error(of(se = "bootstrap", reps = 1), "input", arg = "reps")
  people <- data.frame(time = rep(1:2, each = 4), unit = c(1, 1, 2, 2), group = c("a", "b"))
  expect_ioi_error(
    ioi_segregation_change(ioi_design(people), group, unit, time = time, se = "bootstrap"),
    "input", arg = "se"
  )
})

test_that("long data and people give the same; the base is in M alone", {
  set.seed(37)
  x <- two_times()
  wide <- ioi_segregation_change(x, a:c, id, time = time)
  long <- do.call(rbind, lapply(c("a", "b", "c"), function(g) {
    data.frame(x[c("time", "id")], group = g, n = x[[g]])
  }))
  expect_equal(
    ioi_segregation_change(long, group, id, n, time = time)$estimate, wide$estimate
  )
  people <- long[rep(seq_len(nrow(long)), long$n), 1:3]
  expect_equal(ioi_segregation_change(people, group, id, time = time)$estimate, wide$estimate)
  two <- ioi_segregation_change(x, a:c, id, time = time, base = 2)
  expect_equal(two$estimate, wide$estimate / log(2))
})

test_that("wrong arguments are errors that name them", {
  x <- two_times()
  run <- function(...) ioi_segregation_change(x, a:c, id, ...)
  expect_ioi_error(run(), "input", arg = "time")
  expect_ioi_error(run(time = id), "input", arg = "time")
  expect_ioi_error(run(time = time, method = "z"), "input", arg = "method")
  expect_ioi_error(
    run(time = time, method = "mora_ruiz_castillo", index = "theil"), "input", arg = "index"
  )
  expect_ioi_error(run(time = time, iterations = 0), "input", arg = "iterations")
  expect_ioi_error(run(time = time, tolerance = -1), "input", arg = "tolerance")
  expect_ioi_error(ioi_segregation_change(x, a:c, time = time), "input", arg = "unit")
  expect_ioi_error(
    ioi_segregation_change(x[x$time == 1, ], a:c, id, time = time), "data", arg = "time"
  )
})

# ---- two places ---------------------------------------------------------------------

# Middle ranks put on the other's quantiles, linear between its middle ranks.
slow_exchange <- function(own, other) {
  h <- (rank(own) - 0.5) / length(own)
  stats::approx((seq_along(other) - 0.5) / length(other), sort(other), h, rule = 2)$y
}

slow_d <- function(x, y) sum(abs(x / sum(x) - y / sum(y))) / 2

test_that("structure and composition are those of the counterfactuals written out", {
  set.seed(38)
  x <- data.frame(
    place = rep(c("p", "q"), c(15, 22)), unit = 1:37, a = stats::rpois(37, 20),
    b = stats::rpois(37, 35) * rep(1:2, c(15, 22))
  )
  out <- ioi_segregation_compare(x, c(a, b), unit, place = place)
  size <- x$a + x$b
  share <- x$a / size
  p <- x$place == "p"
  d <- function(size, share) slow_d(size * share, size * (1 - share))
  g11 <- d(size[p], share[p])
  g22 <- d(size[!p], share[!p])
  g21 <- d(size[!p], slow_exchange(share[!p], share[p]))
  g12 <- d(size[p], slow_exchange(share[p], share[!p]))
  expect_equal(out$component, c("structure", "composition", "difference"))
  expect_equal(
    out$estimate, c((g11 - g21 + g12 - g22) / 2, (g11 - g12 + g21 - g22) / 2, g11 - g22)
  )
  expect_equal(sum(out$estimate[1:2]), out$estimate[3])
  back <- ioi_segregation_compare(x, c(a, b), unit, place = place, places = c("q", "p"))
  expect_equal(back$estimate, -out$estimate)
})

test_that("places with the same mix differ by structure alone, and one with itself not", {
  set.seed(39)
  x <- data.frame(place = "p", unit = 1:20, a = stats::rpois(20, 20), b = stats::rpois(20, 30))
  y <- x
  y$place <- "q"
  same <- ioi_segregation_compare(rbind(x, y), c(a, b), unit, place = place)
  expect_lt(max(abs(same$estimate)), 1e-12)
  y[c("a", "b")] <- y[c("a", "b")] * 1:20
  out <- ioi_segregation_compare(rbind(x, y), c(a, b), unit, place = place)
  expect_lt(abs(out$estimate[2]), 1e-12)
  expect_equal(out$estimate[1], out$estimate[3])
})

test_that("the exchange of units has the +1, follows the seed and holds its level", {
  set.seed(40)
  x <- data.frame(
    place = rep(c("p", "q"), each = 20), unit = 1:40,
    a = c(rep(c(1, 39), 10), rep(20, 20)), b = c(rep(c(39, 1), 10), rep(c(20, 21), 10))
  )
  run <- function() ioi_segregation_compare(x, c(a, b), unit, place = place, reps = 49)
  set.seed(1)
  one <- run()
  set.seed(1)
  expect_identical(run()$p.value, one$p.value)
  expect_equal(one$p.value, c(NA, NA, 1 / 50))
  # units dealt at random differ by chance alone: p is about uniform
  p <- vapply(1:40, function(k) {
    x$place <- sample(x$place)
    ioi_segregation_compare(x, c(a, b), unit, place = place, reps = 19)$p.value[3]
  }, 0)
  expect_gt(mean(p), 0.35)
  expect_lt(mean(p), 0.7)
})

test_that("rest and empty units; wrong places and groups are errors", {
  x <- data.frame(
    place = rep(c("p", "q"), each = 4), unit = 1:8, a = c(1, 5, 2, 0, 4, 3, 2, 1),
    b = c(5, 1, 3, 0, 1, 2, 4, 4), c = c(1, 1, 6, 0, 2, 2, 2, 7)
  )
  out <- ioi_segregation_compare(x, a:c, unit, place = place, compare = "rest", groups = "a")
  d <- ioi_segregation(x, a:c, unit, by = place, compare = "rest")
  d <- d$estimate[d$group == "a"]
  expect_equal(c(out$first[1], out$second[1]), d)
  expect_equal(out$units[1], 7)
  run <- function(...) ioi_segregation_compare(x, a:c, unit, place = place, ...)
  expect_ioi_error(run(), "input", arg = "groups")
  expect_ioi_error(run(groups = c("a", "b"), places = "p"), "input", arg = "places")
  expect_ioi_error(run(groups = c("a", "b"), places = c("p", "z")), "input", arg = "places")
  expect_ioi_error(run(groups = c("a", "b"), reps = -1), "input", arg = "reps")
  expect_ioi_error(run(groups = c("a", "b"), index = "nothing"), "input")
  x$a[1:4] <- 0
  none <- ioi_segregation_compare(x, a:c, unit, place = place, groups = c("a", "b"), reps = 5)
  expect_true(all(is.na(none$estimate)))
  expect_equal(unique(none$flag), "empty")
})

test_that("any index of two groups can be compared", {
  set.seed(41)
  x <- data.frame(
    place = rep(c("p", "q"), each = 12), unit = 1:24, a = stats::rpois(24, 9) + 1,
    b = stats::rpois(24, 14) + 1
  )
  for (index in c("gini", "theil", "mutual_information", "atkinson", "hutchens")) {
    out <- ioi_segregation_compare(x, c(a, b), unit, place = place, index = index)
    alone <- ioi_segregation(x, c(a, b), unit, by = place, index = index)
    expect_equal(c(out$first[1], out$second[1]), alone$estimate)
    expect_equal(sum(out$estimate[1:2]), alone$estimate[1] - alone$estimate[2])
  }
})
