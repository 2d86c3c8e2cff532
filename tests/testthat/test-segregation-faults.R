# Faults of published software for segregation: one test for each, which code with that
# fault would not pass. `others`: the number that the fault gives, where it has one.

fault_zones <- function(units = 25, seed = 301) {
  set.seed(seed)
  data <- data.frame(
    unit = paste0("z", seq_len(units)), x = runif(units, 0, 4), y = runif(units, 0, 4),
    a = rpois(units, 30), b = rpois(units, 50), area = runif(units, 0.5, 3)
  )
  data$a <- data$a + rpois(units, 60 * (data$x < 1.5))
  data
}

# The nearest two units of each share a border of this length.
fault_borders <- function(data) {
  d <- as.matrix(dist(data[c("x", "y")]))
  pairs <- do.call(rbind, lapply(seq_len(nrow(d)), function(i) cbind(i, order(d[i, ])[2:3])))
  pairs <- unique(t(apply(pairs, 1, sort)))
  data.frame(
    one = data$unit[pairs[, 1]], two = data$unit[pairs[, 2]],
    border = seq(0.2, 1, length.out = nrow(pairs))
  )
}

places_index <- function(data, index, ..., group = "a") {
  found <- ioi_segregation(data, c(a, b), unit, index = index, compare = "rest", ...)
  found$estimate[found$group == group]
}

# ---- counts, units and roles ---------------------------------------------------------

test_that("missing and negative counts are dropped in silence", {
  n <- data.frame(unit = 1:3, a = c(1, 2, 3), b = c(4, 5, 6))
  for (bad in c(NA, -1, Inf, NaN)) {
    broken <- n
    broken$b[2] <- bad
    for (index in c("theil", "gini")) {
      expect_ioi_error(ioi_segregation(broken, c(a, b), unit, index = index), "data")
    }
  }
})

test_that("a missing unit is taken as one more unit", {
  long <- data.frame(
    unit = c("1", "1", "2", "2", NA), group = c("a", "b", "a", "b", "a"),
    people = c(3, 5, 6, 1, 9)
  )
  expect_message(
    got <- ioi_segregation(long, group, unit, people, index = "theil"),
    class = "ioi_message_missing"
  )
  expect_identical(got$units, 2)
  expect_equal(got$estimate, slow_two("theil", c(3, 6), c(5, 1)))
})

test_that("a unit code that repeats under two areas is taken as one unit", {
  n <- data.frame(
    la = c("x", "x", "y", "y"), school = c(1, 2, 1, 2), a = c(3, 5, 2, 8), b = c(6, 1, 4, 2)
  )
  got <- ioi_segregation(n, c(a, b), school, by = la, index = "gini")
  expect_equal(got$estimate, c(
    slow_two("gini", c(3, 5), c(6, 1)), slow_two("gini", c(2, 8), c(4, 2))
  ))
  x <- data.frame(
    area = c("p", "p", "q", "q"), unit = c(1, 2, 1, 2), a = c(9, 1, 1, 9), b = c(1, 9, 9, 1)
  )
  out <- ioi_segregation_within(x, c(a, b), unit, within = area)
  expect_equal(out$units, c(2, 4))
  expect_equal(out$estimate, c(0, slow_m(as.matrix(x[c("a", "b")]))))
})

test_that("columns called unit and group are taken by name, and M/E of units for M/E of groups", {
  n <- cbind(a = c(10, 20, 30), b = c(30, 20, 10))
  long <- as.data.frame(as.table(n), stringsAsFactors = FALSE)
  names(long) <- c("place", "who", "people")
  of <- function(data, group, unit, index) {
    ioi_segregation(data, {{ group }}, {{ unit }}, people, index = index,
      compare = "multigroup"
    )$estimate
  }
  expect_equal(
    of(long, who, place, "mutual_information"), of(long, place, who, "mutual_information")
  )
  expect_equal(of(long, who, place, "theil"), 0.125814583694, tolerance = 1e-11)
  expect_equal(of(long, place, who, "theil"), 0.125814583694 * log(2) / log(3),
    tolerance = 1e-11
  )
  # columns that are literally called so, in the other roles
  names(long) <- c("group", "unit", "a")
  swapped <- ioi_segregation(long, group = unit, unit = group, count = a, index = "theil",
                             compare = "multigroup")
  expect_equal(swapped$estimate, 0.125814583694, tolerance = 1e-11)
  other <- ioi_segregation(long, group = group, unit = unit, count = a, index = "theil",
                           compare = "multigroup")
  expect_equal(other$estimate, 0.125814583694 * log(2) / log(3), tolerance = 1e-11)
})

test_that("results are rounded inside", {
  n <- cbind(a = c(1, 2, 5), b = c(7, 1, 3))
  got <- ioi_segregation(n, index = "gini")$estimate
  expect_gt(abs(got - round(got, 4)), 1e-6)
})

test_that("no value is given as NaN in silence", {
  n <- data.frame(place = c("p", "p", "q", "q"), a = c(3, 5, 0, 0), b = c(4, 1, 2, 3))
  got <- ioi_segregation(n, c(a, b), by = place, index = c("dissimilarity", "theil"))
  expect_identical(got$flag, c("", "", "empty", "empty"))
  expect_true(all(is.na(got$estimate[3:4]) & !is.nan(got$estimate[3:4])))
  drawn <- ioi_segregation(n, c(a, b), by = place, se = "bootstrap", reps = 20)
  expect_false(any(is.nan(c(drawn$conf.low, drawn$conf.high, drawn$bias, drawn$std.error))))
  alone <- cbind(a = c(1, 0, 1), b = c(0, 1, 0)) # chance leaves no room
  got <- ioi_segregation(alone, index = "theil", correct = "carrington_troske")
  expect_identical(got$flag, "undefined")
  expect_true(is.na(got$estimate) && !is.nan(got$estimate))
})

test_that("a pair and a group against the rest go by one name", {
  n <- cbind(a = c(30, 10, 5), b = c(10, 30, 20), c = c(40, 5, 60))
  pair <- ioi_segregation(n, groups = c("a", "b"))
  rest <- ioi_segregation(n, compare = "rest")
  expect_identical(c(pair$other, rest$other[1]), c("b", "rest"))
  expect_equal(pair$estimate, slow_two("dissimilarity", n[, "a"], n[, "b"]))
  expect_equal(rest$estimate[1], slow_two("dissimilarity", n[, "a"], n[, "b"] + n[, "c"]))
  expect_gt(abs(pair$estimate - rest$estimate[1]), 0.05)
})

# ---- indices of cells ----------------------------------------------------------------

test_that("Gini takes counts where shares belong", {
  leicester <- census_2011_lsoa[census_2011_lsoa$la_name == "Leicester", ]
  got <- ioi_segregation(leicester, c(indian, white_british), lsoa_code, index = "gini")
  expect_equal(got$estimate, slow_two("gini", leicester$indian, leicester$white_british))
  expect_gt(got$estimate, 0.5)
})

test_that("the Atkinson index does not heed its shape", {
  n <- cbind(a = c(10, 20, 60), b = c(50, 20, 10))
  at <- vapply(c(0.1, 0.5, 0.9), function(b) {
    ioi_segregation(n, index = "atkinson", shape = b)$estimate[1]
  }, 0)
  expect_true(all(diff(at) > 0.05))
})

test_that("the Atkinson index of segregation is that of incomes, over counts", {
  x <- c(10, 20, 60)
  y <- c(50, 20, 10)
  got <- ioi_segregation(cbind(a = x, b = y), index = "atkinson")$estimate
  others <- 1 - mean(sqrt(x))^2 / mean(x)
  expect_equal(got, 1 - sum(sqrt(x / sum(x) * y / sum(y)))^2)
  expect_gt(abs(got - others), 0.05)
  # more units of the same mix change nothing
  expect_equal(ioi_segregation(cbind(a = c(x, 6), b = c(y, 1)), index = "atkinson")$estimate,
    ioi_segregation(cbind(a = c(x, 3, 3), b = c(y, 0.5, 0.5)), index = "atkinson")$estimate)
})

test_that("Theil's H sums distances from the entropy without their sign", {
  n <- cbind(a = c(90, 10, 5, 30), b = c(10, 90, 5, 170))
  mixed <- function(p) slow_diversity(c(p, 1 - p))
  t <- rowSums(n)
  overall <- sum(n[, 1]) / sum(n)
  each <- vapply(n[, 1] / t, mixed, 0)
  absolute <- sum(t * abs(mixed(overall) - each)) / (sum(t) * mixed(overall))
  got <- ioi_segregation(n, index = "theil")$estimate
  expect_equal(got, sum(t * (mixed(overall) - each)) / (sum(t) * mixed(overall)))
  expect_gt(absolute - got, 0.001)
})

test_that("multigroup D is averaged over pairs, or divided by 2(1 - 1/G)", {
  set.seed(109)
  n <- full_table(9, 4)
  n[, 4] <- 5 * n[, 4]
  got <- ioi_segregation(n)$estimate
  pairs <- mean(ioi_segregation(n, compare = "pairwise")$estimate)
  t <- rowSums(n)
  overall <- colSums(n) / sum(n)
  by_groups <- sum(t * abs(sweep(n / t, 2, overall))) / (sum(t) * 2 * (1 - 1 / 4))
  expect_equal(got, slow_many("dissimilarity", n))
  expect_gt(abs(got - pairs), 1e-3)
  expect_gt(abs(got - by_groups), 1e-3)
})

test_that("the entropy of a unit is divided by the groups found in it", {
  n <- cbind(a = c(10, 0), b = c(10, 30), c = c(0, 10))
  overall <- colSums(n) / sum(n)
  got <- ioi_segregation(n, index = "diversity", normalise = TRUE)
  expect_equal(got$estimate, slow_diversity(overall) / log(3))
  empty <- ioi_segregation(cbind(n, d = 0), index = "diversity", normalise = TRUE)
  expect_equal(empty$estimate, got$estimate)
  local <- ioi_segregation_local(n, score = "diversity", normalise = TRUE)
  expect_equal(local$estimate[1], log(2) / log(3))
})

test_that("the concentration profile is summed on a grid", {
  set.seed(110)
  n <- full_table(15, 2)
  got <- ioi_segregation(n, index = "concentration_profile")$estimate[1]
  p <- n[, 1] / rowSums(n)
  overall <- sum(n[, 1]) / sum(n)
  grid <- seq(0, 1, length.out = 1000)
  v <- vapply(grid, function(s) sum(n[p >= s, 1]) / sum(n[, 1]), 0)
  below <- grid < overall
  on_grid <- (overall - sum(v[below]) / 1000 + sum(v[!below]) / 1000) / (1 - overall)
  expect_equal(got, slow_profile(n[, 1], p, overall), tolerance = 1e-13)
  expect_gt(abs(on_grid - got), 1e-4)
  expect_lt(abs(on_grid - got), 0.02)
})

test_that("pairs that never meet are left out of the exposures", {
  n <- cbind(a = c(5, 9, 0), b = c(0, 0, 8), c = c(3, 1, 2))
  got <- ioi_segregation(n, index = "exposure", compare = "pairwise")
  expect_identical(nrow(got), 9L)
  expect_identical(got$estimate[got$group == "a" & got$other == "b"], 0)
  expect_equal(as.vector(tapply(got$estimate, got$group, sum)), c(1, 1, 1))
})

# ---- parts ---------------------------------------------------------------------------

test_that("H inside areas is weighted by their size alone", {
  set.seed(14)
  x <- nested_table(3)
  x[x$region == "a", "a"] <- x[x$region == "a", "a"] * 50
  out <- ioi_segregation_within(
    x, a:c, c(district, unit), within = region, index = "theil", parts = TRUE
  )
  inner <- out[!is.na(out$region), ]
  m <- as.matrix(x[c("a", "b", "c")])
  share <- as.vector(rowsum(rowSums(m), x$region)) / sum(m)
  e <- apply(rowsum(m, x$region), 1, slow_entropy) / slow_entropy(colSums(m))
  expect_equal(inner$weight, share * unname(e))
  expect_equal(sum(out$contribution), slow_h(m))
  wrong <- out$contribution[1] + sum(share * inner$estimate)
  expect_gt(abs(wrong - slow_h(m)), 1e-3)
})

test_that("variances inside areas are weighted by shares, not by their squares", {
  set.seed(302)
  one <- full_table(8, 2)
  x <- data.frame(area = rep(c("p", "q"), each = 8), rbind(one, one))
  got <- ioi_segregation_within(x, c(a, b), within = area, se = "analytic")
  alone <- ioi_segregation(one, index = "mutual_information", se = "analytic")
  expect_equal(got$estimate[2], alone$estimate)
  expect_equal(got$std.error[2], alone$std.error / sqrt(2)) # others: alone$std.error
})

test_that("contributions of units do not add up where units come and go", {
  x <- data.frame(
    time = rep(1:2, each = 4), unit = c("a", "b", "c", "d", "a", "b", "d", "e"),
    g = c(5, 9, 1, 4, 7, 7, 2, 3), h = c(8, 2, 6, 3, 9, 4, 5, 6)
  )
  for (method in c("shapley", "karmel_maclachlan", "mora_ruiz_castillo")) {
    of <- function(...) ioi_segregation_change(x, c(g, h), unit, time = time, method = method, ...)
    parts <- of(parts = TRUE)
    sums <- tapply(parts$estimate, parts$component, sum)
    whole <- of()
    expect_equal(as.vector(sums[whole$component]), whole$estimate, tolerance = 1e-12)
    expect_true(all(c("c", "e") %in% parts$unit))
  }
})

test_that("fitting to margins fills empty cells, or depends on what is scaled first", {
  x <- data.frame(
    time = rep(1:2, each = 3), unit = rep(c("u", "v", "w"), 2), g = c(50, 30, 0, 20, 45, 0),
    h = c(10, 40, 25, 15, 20, 60)
  )
  got <- ioi_segregation_change(x, c(g, h), unit, time = time, method = "karmel_maclachlan")
  table <- function(t) as.matrix(x[x$time == t, c("g", "h")]) / sum(x[x$time == t, c("g", "h")])
  fit <- function(p, r, c) {
    for (i in 1:2000) {
      p <- p * r / rowSums(p)
      p <- t(t(p) * c / colSums(p))
    }
    p
  }
  fitted <- fit(table(1), rowSums(table(2)), colSums(table(2)))
  expect_identical(unname(fitted[3, 1]), 0)
  expect_equal(got$estimate[got$component == "structural"], slow_m(table(2)) - slow_m(fitted),
    tolerance = 1e-8
  )
  # units and groups in each other's place: the same structure, margins exchanged
  long <- data.frame(
    time = rep(x$time, 2), unit = rep(x$unit, 2), group = rep(c("g", "h"), each = 6),
    n = c(x$g, x$h)
  )
  there <- ioi_segregation_change(long, group, unit, n, time = time)
  back <- ioi_segregation_change(long, unit, group, n, time = time)
  part <- function(x, name) x$estimate[x$component == name]
  expect_equal(part(there, "structural"), part(back, "structural"), tolerance = 1e-9)
  expect_equal(part(there, "unit_marginal"), part(back, "group_marginal"), tolerance = 1e-9)
})

# ---- places --------------------------------------------------------------------------

test_that("an empty unit is dropped with its area, or shifts the boundaries of others", {
  data <- fault_zones()
  borders <- fault_borders(data)
  data[7, c("a", "b")] <- 0
  delta <- sum(abs(data$a / sum(data$a) - data$area / sum(data$area))) / 2
  others <- sum(abs(data$a / sum(data$a) - data$area / sum(data$area[-7]))[-7]) / 2
  got <- places_index(data, "delta", area = area)
  expect_equal(got, delta)
  expect_gt(abs(got - others), 1e-3)
  z <- ifelse(data$a + data$b > 0, data$a / (data$a + data$b), 0)
  apart <- abs(z[match(borders$one, data$unit)] - z[match(borders$two, data$unit)])
  d <- sum(abs(data$a / sum(data$a) - data$b / sum(data$b))) / 2
  expect_equal(places_index(data, "dissimilarity_boundary", neighbours = borders),
    d - sum(apart * borders$border) / sum(borders$border)
  )
})

test_that("nearness depends on the unit of distance", {
  data <- fault_zones()
  in_km <- places_index(data, "clustering_relative", coords = c(x, y))
  data[c("x", "y")] <- 1000 * data[c("x", "y")]
  in_m <- places_index(data, "clustering_relative", coords = c(x, y), scale = 1000)
  expect_equal(in_m, in_km)
  expect_warning(
    places_index(data, "clustering_relative", coords = c(x, y), scale = 1),
    class = "ioi_warning"
  )
})

test_that("proximity grows with distance", {
  data <- fault_zones()
  near <- places_index(data, "proximity", coords = c(x, y))
  data[c("x", "y")] <- 2 * data[c("x", "y")]
  expect_lt(places_index(data, "proximity", coords = c(x, y)), near)
})

test_that("clustering squares members in place of pairs of units", {
  data <- fault_zones()
  c <- exp(-as.matrix(dist(data[c("x", "y")])))
  p <- function(x, y) sum(outer(x, y) * c) / (sum(x) * sum(y))
  squares <- function(x) sum(x^2 * colSums(c)) / sum(x)^2
  got <- places_index(data, "clustering_relative", coords = c(x, y))
  others <- squares(data$a) / squares(data$b) - 1
  expect_equal(got, p(data$a, data$a) / p(data$b, data$b) - 1)
  expect_gt(abs(got - others), 1e-3)
  t <- data$a + data$b
  sp <- ioi_segregation(data, c(a, b), unit, index = "spatial_proximity", coords = c(x, y))
  others <- (sum(data$a) * p(data$a, data$a) + sum(data$b) * p(data$a, data$b)) /
    (sum(t) * p(t, t))
  expect_equal(sp$estimate, (sum(data$a) * p(data$a, data$a) + sum(data$b) * p(data$b, data$b)) /
    (sum(t) * p(t, t)))
  expect_gt(abs(sp$estimate - others), 1e-3)
})

test_that("distance decay weights by the unit one comes from: rows do not add to 1", {
  data <- fault_zones()
  got <- places_index(data, c("distance_decay_isolation", "distance_decay_exposure"),
    coords = c(x, y)
  )
  expect_equal(sum(got), 1)
  c <- exp(-as.matrix(dist(data[c("x", "y")])))
  t <- data$a + data$b
  others <- sum(data$a / sum(data$a) * ((c * t) %*% (data$a / t)) / drop(c %*% t))
  expect_gt(abs(got[1] - others), 1e-3)
})

test_that("the unit that crosses the size of a group is left out of concentration", {
  n <- data.frame(
    unit = 1:5, a = c(8, 9, 1, 0, 2), b = c(4, 6, 9, 10, 3), area = c(1, 2, 3, 4, 5)
  )
  t <- n$a + n$b # 12, 15, 10, 10, 5: 20 are reached by the second, and by the last three
  m1 <- sum((t * n$area)[1:2]) / sum(t[1:2])
  m2 <- sum((t * n$area)[3:5]) / sum(t[3:5])
  own <- sum(n$a * n$area) / 20
  expect_equal(places_index(n, "concentration_absolute", area = area), 1 - (own - m1) / (m2 - m1))
  others <- 1 - (own - 1) / (sum((t * n$area)[4:5]) / sum(t[4:5]) - 1)
  expect_gt(abs(1 - (own - m1) / (m2 - m1) - others), 1e-2)
})

test_that("centralisation depends on the order of units at one distance", {
  data <- fault_zones()
  data[c("x", "y")] <- round(data[c("x", "y")])
  index <- c("centralisation_absolute", "centralisation_relative")
  of <- function(data) {
    places_index(data, index, coords = c(x, y), area = area, centre = c(2, 2))
  }
  expect_equal(of(data[sample(nrow(data)), ]), of(data))
})

test_that("borders standardised by row grow with the number of units", {
  data <- fault_zones()
  borders <- fault_borders(data)
  copy <- data
  copy$unit <- paste0("w", data$unit)
  twice <- rbind(borders, data.frame(
    one = paste0("w", borders$one), two = paste0("w", borders$two), border = borders$border
  ))
  of <- function(data, borders, ...) {
    places_index(data, "dissimilarity_boundary", neighbours = borders, ...)
  }
  expect_equal(of(rbind(data, copy), twice), of(data, borders))
  others <- c(
    of(data, borders, standardise = "row_half"),
    of(rbind(data, copy), twice, standardise = "row_half")
  )
  expect_lt(others[2], others[1] - 0.5)
})

test_that("without neighbours the adjusted index is 0 over 0", {
  data <- fault_zones()
  none <- data.frame(one = "z1", two = "z2", border = 0)
  expect_equal(
    places_index(data, c("dissimilarity_adjusted", "dissimilarity"), neighbours = none)[1],
    slow_two("dissimilarity", data$a, data$b)
  )
})

test_that("surroundings are rounded, or their people replace those who live there", {
  data <- fault_zones()
  of <- function(data, ...) {
    ioi_segregation_spatial(data, c(a, b), unit, coords = c(x, y), bandwidth = 1, ...)
  }
  index <- c("theil", "relative_diversity", "dissimilarity")
  small <- data
  small[c("a", "b")] <- data[c("a", "b")] / 1000
  expect_equal(of(small, index = index)$estimate, of(data, index = index)$estimate)
  met <- of(data, index = "exposure")
  expect_equal(as.vector(tapply(met$estimate, met$group, sum)), c(1, 1))
  d <- as.matrix(dist(data[c("x", "y")]))
  near <- ifelse(d <= 1, (1 - d^2)^2, 0)
  p <- near %*% data$a / (near %*% (data$a + data$b))
  t <- data$a + data$b
  overall <- sum(data$a) / sum(t)
  r <- of(data, index = "relative_diversity")$estimate
  expect_equal(r, 1 - sum(t * p * (1 - p)) / (sum(t) * overall * (1 - overall)))
  around <- near %*% t # others: the people of the surroundings as weights and as total
  share <- sum(near %*% data$a) / sum(around)
  others <- 1 - sum(around * p * (1 - p)) / (sum(around) * share * (1 - share))
  expect_gt(abs(r - others), 1e-3)
})

# ---- chance --------------------------------------------------------------------------

test_that("chance deals people without regard to the sizes of units", {
  n <- cbind(a = c(2, 1, 30, 9), b = c(3, 9, 60, 6))
  size <- rowSums(n)
  all <- sum(n)
  got <- ioi_segregation_null(n, index = c("correlation_ratio", "dissimilarity"))
  expect_equal(got$expected[1], 3 / (all - 1))
  mean_of <- function(size) {
    x <- sum(n[, 1])
    y <- sum(n[, 2])
    sum(vapply(size, function(t) {
      k <- 0:t
      sum(stats::dhyper(k, x, y, t) * abs(k / x - (t - k) / y))
    }, 0)) / 2
  }
  expect_equal(got$expected[2], mean_of(size))
  expect_gt(abs(got$expected[2] - mean_of(rep(all / 4, 4))), 0.01)
})

test_that("a p-value can be 0", {
  n <- cbind(a = c(40, 0, 0), b = c(0, 40, 40))
  set.seed(303)
  got <- ioi_segregation_null(n, index = c("dissimilarity", "gini"), reps = 99)
  expect_identical(got$p.value, c(0.01, 0.01))
})

test_that("every draw starts from the same seed, so that many are one", {
  set.seed(304)
  n <- cbind(a = c(5, 9, 2, 8), b = c(15, 6, 12, 9))
  got <- ioi_segregation_null(n, index = "gini", reps = 400)
  tables <- stats::r2dtable(400, rowSums(n), colSums(n))
  drawn <- vapply(tables, function(m) slow_two("gini", m[, 1], m[, 2]), 0)
  expect_equal(got$std.deviation, stats::sd(drawn), tolerance = 0.15)
  expect_lt(abs(got$expected - mean(drawn)), 5 * stats::sd(drawn) / sqrt(200))
})

test_that("the share of a group is drawn anew where its total is known", {
  set.seed(305)
  n <- cbind(a = c(1, 0, 2, 1), b = c(9, 11, 7, 8))
  got <- ioi_segregation(n, correct = "carrington_troske")
  chance <- attr(got, "info")$null
  expect_equal(chance, ioi_segregation_null(n)$expected)
  shares <- stats::rbinom(300, sum(n), 4 / sum(n)) # others
  shares <- shares[shares > 0]
  anew <- vapply(shares, function(x) {
    a <- diff(c(0, pmin(cumsum(rowSums(n)), x)))
    ioi_segregation_null(cbind(a = a, b = rowSums(n) - a))$expected
  }, 0)
  expect_gt(abs(mean(anew) - chance), 0.01)
})

test_that("large units vanish from the density correction", {
  n <- 1e5 * cbind(a = c(30, 12, 80, 41), b = c(20, 60, 30, 44))
  got <- ioi_segregation(n, correct = "density")$estimate
  expect_equal(got, ioi_segregation(n)$estimate, tolerance = 1e-6) # others: 0
})
