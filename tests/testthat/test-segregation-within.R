# Nested parts. Second routes: the open cases, the index of each level less that of the
# level above, finite differences, the bootstrap of the survey package's totals.

census_parts <- function(...) {
  ioi_segregation_within(
    parts_input("census_2011_lsoa"), tidyselect::all_of(census_groups()), lsoa_code, ...
  )
}

test_that("open cases of M and H by level are met", {
  cases <- parts_cases(c("M_nested", "H_nested"))
  expect_equal(nrow(cases), 8)
  out <- census_parts(
    within = c(region, la_name, msoa_code), index = c("mutual_information", "theil")
  )
  expect_null(parts_misses(cases, function(case, args) {
    index <- c(M_nested = "mutual_information", H_nested = "theil")[[case$index]]
    out$estimate[out$level == case$group & out$index == index]
  }))
})

test_that("open cases of areas are met", {
  cases <- parts_cases(c("within_M", "within_H", "within_p", "within_ent_ratio"))
  expect_equal(nrow(cases), 12)
  out <- census_parts(
    within = la_name, index = c("mutual_information", "theil"), parts = TRUE
  )
  m <- out[out$index == "mutual_information", ]
  h <- out[out$index == "theil", ]
  expect_null(parts_misses(cases, function(case, args) {
    at <- which(m$la_name == case$group)
    switch(case$index,
      within_M = m$estimate[at], within_H = h$estimate[at], within_p = m$weight[at],
      within_ent_ratio = h$weight[at] / m$weight[at]
    )
  }))
})

test_that("open cases of Hutchens are met, by level and by area", {
  cases <- parts_cases(c("Hutchens_between", "Hutchens_within", "Hutchens_within_term"))
  expect_equal(nrow(cases), 5)
  level <- census_parts(
    within = la_name, index = "hutchens", groups = c("white_british", "indian")
  )
  area <- census_parts(
    within = la_name, index = "hutchens", groups = c("white_british", "indian"), parts = TRUE
  )
  expect_null(parts_misses(cases, function(case, args) {
    switch(case$index,
      Hutchens_between = level$estimate[1], Hutchens_within = level$estimate[2],
      Hutchens_within_term = area$contribution[which(area$la_name == case$group)]
    )
  }))
})

all_indices <- c(
  "mutual_information", "theil", "relative_diversity", "atkinson_symmetric"
)

test_that("each level is its index less that of the level above, names repeating", {
  set.seed(11)
  x <- nested_table(3)
  out <- ioi_segregation_within(
    x[sample(nrow(x)), ], a:c, unit, within = c(region, district), index = all_indices
  )
  levels <- list(
    x$region, paste(x$region, x$district), paste(x$region, x$district, x$unit)
  )
  m <- as.matrix(x[c("a", "b", "c")])
  for (index in all_indices) {
    rows <- out[out$index == index, ]
    expect_equal(rows$level, c("region", "district", "unit"))
    expect_equal(rows$estimate, slow_steps(m, levels, index), tolerance = 1e-12)
    expect_equal(rows$units, c(3, 6, 24))
    expect_equal(sum(rows$share), 1)
  }
})

test_that("pairs and rest are the same index of two columns", {
  set.seed(12)
  x <- nested_table(3)
  levels <- list(x$region, seq_len(nrow(x)))
  two <- c("mutual_information", "theil", "relative_diversity", "hutchens")
  x$id <- seq_len(nrow(x))
  pair <- ioi_segregation_within(
    x, a:c, id, within = region, index = two, compare = "pairwise"
  )
  rest <- ioi_segregation_within(x, a:c, id, within = region, index = two, compare = "rest")
  for (index in two) {
    rows <- pair[pair$index == index & pair$group == "a" & pair$other == "c", ]
    expect_equal(rows$estimate, slow_steps(as.matrix(x[c("a", "c")]), levels, index))
    rows <- rest[rest$index == index & rest$group == "b", ]
    expect_equal(
      rows$estimate, slow_steps(cbind(x$b, x$a + x$c), levels, index), tolerance = 1e-12
    )
    expect_true(all(rows$other == "rest"))
  }
})

test_that("areas add up to their level, and each is the index inside it", {
  set.seed(13)
  x <- nested_table(3)
  x[x$region == "b", c("b", "c")] <- 0 # a region with one group
  out <- ioi_segregation_within(
    x, a:c, unit, within = c(region, district), index = all_indices, parts = TRUE
  )
  level <- ioi_segregation_within(
    x, a:c, unit, within = c(region, district), index = all_indices
  )
  for (index in all_indices) {
    rows <- out[out$index == index, ]
    sums <- tapply(rows$contribution, factor(rows$level, unique(rows$level)), sum)
    expect_equal(as.vector(sums), level$estimate[level$index == index], tolerance = 1e-13)
    expect_equal(nrow(rows), 1 + 3 + 6)
    one <- rows[which(rows$region == "c" & rows$district == "north"), ]
    inside <- x$region == "c" & x$district == "north"
    expect_equal(
      one$estimate, slow_nested[[index]](as.matrix(x[inside, c("a", "b", "c")]))
    )
  }
  # M is 0 where there is one group; the others have no value and weigh nothing
  b <- out[which(out$region == "b" & is.na(out$district)), ]
  expect_equal(b$estimate, c(0, NA, NA, NA))
  expect_equal(b$weight[2:4], c(0, 0, 0))
  expect_equal(b$contribution, c(0, 0, 0, 0))
  expect_equal(b$flag, c("", "empty", "empty", "empty"))
})

test_that("a level that divides nothing adds 0, and a level that is the unit is no area", {
  set.seed(15)
  x <- nested_table(2)
  x$id <- seq_len(nrow(x))
  x$copy <- x$region
  out <- ioi_segregation_within(x, c(a, b), id, within = c(region, copy, id))
  expect_equal(out$level, c("region", "copy", "id"))
  expect_equal(out$estimate[2], 0)
  expect_equal(sum(out$estimate), slow_m(as.matrix(x[c("a", "b")])))
})

test_that("long, wide, people and a matrix give the same", {
  set.seed(16)
  x <- nested_table(2, mean = 6)
  x$id <- sprintf("u%02d", seq_len(nrow(x)))
  wide <- ioi_segregation_within(x, c(a, b), id, within = region, index = all_indices)
  long <- rbind(
    data.frame(x[c("region", "id")], g = "a", people = x$a),
    data.frame(x[c("region", "id")], g = "b", people = x$b)
  )
  from_long <- ioi_segregation_within(long, g, id, people, within = region, index = all_indices)
  people <- long[rep(seq_len(nrow(long)), long$people), c("region", "id", "g")]
  from_people <- ioi_segregation_within(people, g, id, within = region, index = all_indices)
  no_unit <- ioi_segregation_within(x, c(a, b), within = region, index = all_indices)
  alone <- ioi_segregation_within(as.matrix(x[c("a", "b")]), index = all_indices)
  expect_equal(parts_numbers(from_long), parts_numbers(wide))
  expect_equal(parts_numbers(from_people), parts_numbers(wide))
  expect_equal(no_unit$estimate, wide$estimate)
  expect_equal(
    alone$estimate, as.vector(tapply(wide$estimate, factor(wide$index, all_indices), sum))
  )
})

test_that("by gives each place as if it stood alone", {
  set.seed(17)
  x <- nested_table(3)
  out <- ioi_segregation_within(
    x, a:c, unit, within = district, by = region, index = all_indices, se = "analytic"
  )
  one <- ioi_segregation_within(
    x[x$region == "b", ], a:c, unit, within = district, index = all_indices, se = "analytic"
  )
  expect_equal(parts_numbers(out[out$region == "b", ]), parts_numbers(one))
  part <- ioi_segregation_within(
    x, a:c, unit, within = district, by = region, index = all_indices, parts = TRUE
  )
  alone <- ioi_segregation_within(
    x[x$region == "b", ], a:c, unit, within = district, index = all_indices, parts = TRUE
  )
  expect_equal(part$contribution[part$region == "b"], alone$contribution)
  expect_equal(part$district[part$region == "b"], alone$district)
})

# ---- supergroups --------------------------------------------------------------------

test_that("supergroups: M and H between, and P_s M_s within, add up", {
  set.seed(18)
  x <- nested_table(5)
  m <- as.matrix(x[letters[1:5]])
  super <- list(one = c("a", "d"), two = c("b", "c"), three = "e")
  out <- ioi_segregation_within(
    x, a:e, c(region, district, unit), supergroups = super,
    index = c("mutual_information", "theil")
  )
  vector <- ioi_segregation_within(
    x, a:e, c(region, district, unit),
    supergroups = c(a = "one", b = "two", c = "two", d = "one", e = "three"),
    index = c("mutual_information", "theil")
  )
  expect_equal(parts_numbers(vector), parts_numbers(out))
  share <- vapply(super, function(g) sum(m[, g]), 0) / sum(m)
  inside <- vapply(super, function(g) slow_m(m[, g, drop = FALSE]), 0)
  joined <- vapply(super, function(g) rowSums(m[, g, drop = FALSE]), numeric(nrow(m)))
  want <- c(slow_m(joined), share * inside)
  one <- out[out$index == "mutual_information", ]
  expect_equal(one$supergroup, c("between", names(super)))
  expect_equal(one$estimate, unname(want))
  expect_equal(sum(one$estimate), slow_m(m))
  expect_equal(out$estimate[out$index == "theil"], unname(want) / slow_entropy(colSums(m)))
})

test_that("supergroups split every level, and areas add up", {
  set.seed(19)
  x <- nested_table(4)
  super <- list(one = c("a", "d"), two = c("b", "c"))
  out <- ioi_segregation_within(
    x, a:d, unit, within = c(region, district), supergroups = super,
    index = c("mutual_information", "theil")
  )
  plain <- ioi_segregation_within(
    x, a:d, unit, within = c(region, district), index = c("mutual_information", "theil")
  )
  sums <- tapply(out$estimate, paste(out$index, match(out$level, unique(out$level))), sum)
  expect_equal(as.vector(sums), plain$estimate)
  part <- ioi_segregation_within(
    x, a:d, unit, within = c(region, district), supergroups = super, parts = TRUE
  )
  rows <- out[out$index == "mutual_information", ]
  sums <- tapply(part$contribution, paste(part$supergroup, part$level), sum)
  expect_equal(as.vector(sums[paste(rows$supergroup, rows$level)]), rows$estimate)
  expect_equal(part$weight * part$estimate, part$contribution)
})

test_that("wrong supergroups are errors that say which group", {
  x <- nested_table(3)
  run <- function(super, ...) {
    ioi_segregation_within(x, a:c, unit, within = region, supergroups = super, ...)
  }
  expect_ioi_error(run(list(one = c("a", "b"))), "input", arg = "supergroups")
  expect_ioi_error(run(list(one = c("a", "b"), two = c("b", "c"))), "input")
  expect_ioi_error(run(list(one = c("a", "b"), two = c("c", "z"))), "input")
  expect_ioi_error(run(list("a", "b")), "input", arg = "supergroups")
  expect_ioi_error(run(list(one = c("a", "b", "c")), index = "hutchens"), "input")
})

# ---- standard errors -----------------------------------------------------------------

# The covariance of levels when people are drawn at random, by central differences.
slow_level_covariance <- function(x, levels, index) {
  steps <- function(y) slow_steps(y, levels, index)
  h <- 1e-4
  slope <- vapply(seq_along(x), function(cell) {
    up <- down <- x
    up[cell] <- x[cell] + h
    down[cell] <- x[cell] - h
    (steps(up) - steps(down)) / (2 * h)
  }, numeric(length(levels)))
  slope %*% (as.vector(x) * t(slope))
}

test_that("errors of levels are those of the slopes", {
  set.seed(20)
  x <- nested_table(3)
  m <- as.matrix(x[c("a", "b", "c")])
  levels <- list(x$region, paste(x$region, x$district), seq_len(nrow(x)))
  for (index in all_indices) {
    out <- ioi_segregation_within(
      x, a:c, unit, within = c(region, district), index = index, se = "analytic"
    )
    expect_equal(vcov(out), slow_level_covariance(m, levels, index),
      tolerance = 1e-7, ignore_attr = TRUE
    )
  }
  pair <- ioi_segregation_within(
    x, a:c, unit, within = c(region, district), index = "hutchens", groups = c("a", "b"),
    se = "analytic"
  )
  expect_equal(
    vcov(pair), slow_level_covariance(m[, 1:2], levels, "hutchens"),
    tolerance = 1e-7, ignore_attr = TRUE
  )
})

test_that("a sample of people without design has the error of counts, by N / (N - 1)", {
  set.seed(21)
  n <- 400
  people <- data.frame(
    region = sample(c("p", "q"), n, TRUE), unit = sample(1:4, n, TRUE),
    group = sample(c("a", "b", "c"), n, TRUE)
  )
  counts <- ioi_segregation_within(
    people, group, unit, within = region, index = all_indices, se = "analytic"
  )
  design <- ioi_segregation_within(
    ioi_design(people), group, unit, within = region, index = all_indices, se = "analytic"
  )
  expect_equal(design$estimate, counts$estimate)
  expect_equal(vcov(design), vcov(counts) * n / (n - 1))
})

test_that("errors of a survey are those of the totals of the influence", {
  skip_if_not_installed("survey")
  set.seed(22)
  n <- 300
  people <- data.frame(
    stratum = rep(1:3, each = 100), psu = rep(1:30, each = 10), w = stats::runif(n, 1, 3),
    region = sample(c("p", "q"), n, TRUE), unit = sample(1:3, n, TRUE),
    group = sample(c("a", "b"), n, TRUE)
  )
  design <- ioi_design(people, weights = w, strata = stratum, psu = psu)
  out <- ioi_segregation_within(
    design, group, unit, within = region, index = "theil", se = "analytic"
  )
  cell <- interaction(people$region, people$unit, people$group)
  total <- tapply(people$w, cell, sum)
  steps <- function(total) {
    x <- matrix(total, ncol = 2)
    slow_steps(x, list(rep(1:2, 3), 1:6), "theil")
  }
  slope <- vapply(seq_along(total), function(k) {
    up <- down <- total
    up[k] <- up[k] + 1e-4
    down[k] <- down[k] - 1e-4
    (steps(up) - steps(down)) / 2e-4
  }, numeric(2))
  people$u1 <- slope[1, ][as.integer(cell)]
  people$u2 <- slope[2, ][as.integer(cell)]
  peer <- survey::svytotal(
    ~ u1 + u2, survey::svydesign(ids = ~psu, strata = ~stratum, weights = ~w, data = people)
  )
  expect_equal(out$estimate, steps(total))
  expect_equal(vcov(out), vcov(peer), tolerance = 1e-6, ignore_attr = TRUE)
})

# ---- edges ------------------------------------------------------------------------------

test_that("places without a value are flagged, and M of one group is 0", {
  x <- data.frame(
    place = rep(c("one", "none", "ok"), each = 2), area = rep(1:2, 3), unit = 1,
    a = c(5, 2, 0, 0, 3, 1), b = c(0, 0, 0, 0, 1, 3)
  )
  out <- ioi_segregation_within(
    x, c(a, b), unit, within = area, by = place, index = c("mutual_information", "theil"),
    compare = "multigroup"
  )
  one <- out[out$place == "one", ]
  expect_equal(one$estimate, c(0, 0, NA, NA))
  expect_equal(one$flag, c("", "", "empty", "empty"))
  expect_true(all(is.na(out$estimate[out$place == "none"])))
  expect_false(anyNA(out$estimate[out$place == "ok"]))
  # of a pair, a group without members has no M either
  pair <- ioi_segregation_within(x, c(a, b), unit, within = area, by = place)
  expect_equal(pair$flag[pair$place == "one"], c("empty", "empty"))
})

test_that("rows without a unit or an area are counted and left out", {
  x <- nested_table(2)
  x$region[2] <- NA
  x$unit[5] <- NA
  expect_message(
    out <- ioi_segregation_within(x, c(a, b), unit, within = c(region, district)),
    class = "ioi_message_missing"
  )
  kept <- x[-c(2, 5), ]
  expect_equal(
    parts_numbers(out),
    parts_numbers(ioi_segregation_within(kept, c(a, b), unit, within = c(region, district)))
  )
})

test_that("properties: groups multiplied, a unit split in proportion, rows permuted", {
  set.seed(23)
  x <- nested_table(2)
  run <- function(x) {
    ioi_segregation_within(
      x, c(a, b), unit, within = c(region, district),
      index = c("mutual_information", "theil", "relative_diversity", "hutchens")
    )$estimate
  }
  base <- run(x)
  split <- rbind(x, x[3, ])
  split[c(3, 25), c("a", "b")] <- x[3, c("a", "b")] / 2
  split$unit[25] <- 99
  expect_equal(run(split), base)
  expect_equal(run(x[sample(nrow(x)), ]), base)
  all_twice <- x
  all_twice[c("a", "b")] <- 2 * x[c("a", "b")]
  expect_equal(run(all_twice), base)
  group_twice <- x
  group_twice$a <- 7 * x$a
  expect_equal(run(group_twice)[10:12], base[10:12]) # Hutchens alone
  expect_gt(max(abs(run(group_twice)[1:9] - base[1:9])), 1e-4)
})

test_that("wrong arguments are errors that name them", {
  x <- nested_table(3)
  run <- function(...) ioi_segregation_within(x, a:c, unit, ...)
  expect_ioi_error(run(within = zone), "input")
  expect_ioi_error(run(within = region, index = "dissimilarity"), "input", arg = "index")
  expect_ioi_error(run(within = region, index = "hutchens"), "input", arg = "compare")
  expect_ioi_error(run(within = a), "input", arg = "within")
  expect_ioi_error(run(within = region, parts = TRUE, se = "analytic"), "input", arg = "se")
  expect_ioi_error(
    ioi_segregation_within(as.matrix(x[c("a", "b")]), within = region), "input"
  )
  x$level <- x$region
  expect_ioi_error(ioi_segregation_within(x, a:c, unit, within = level), "input", arg = "within")
})
