# Dissimilarity. Second routes: a slow version in R, derivatives by finite
# differences, survey::svytotal() of the influence, and the identities of the index.

# ---- slow routes ---------------------------------------------------------------

slow_pair <- function(a, b) {
  distance <- 0
  for (i in seq_along(a)) distance <- distance + abs(a[[i]] / sum(a) - b[[i]] / sum(b))
  distance / 2
}

slow_multigroup <- function(x) {
  total <- sum(x)
  share <- colSums(x) / total
  above <- 0
  for (i in seq_len(nrow(x))) {
    if (sum(x[i, ]) > 0) {
      above <- above + sum(x[i, ]) * sum(abs(x[i, ] / sum(x[i, ]) - share))
    }
  }
  above / (2 * total * sum(share * (1 - share)))
}

# A comparison of a units x groups matrix: "a|b", "a|rest" or "all".
slow_index <- function(x, what) {
  if (what == "all") {
    return(slow_multigroup(x))
  }
  side <- strsplit(what, "|", fixed = TRUE)[[1]]
  if (side[2] == "rest") {
    return(slow_pair(x[, side[1]], rowSums(x) - x[, side[1]]))
  }
  slow_pair(x[, side[1]], x[, side[2]])
}

# The derivative of an index with respect to each cell, by central differences.
slow_influence <- function(x, what) {
  h <- 1e-5 * mean(x)
  u <- x
  for (cell in seq_along(x)) {
    up <- down <- x
    up[cell] <- x[cell] + h
    down[cell] <- x[cell] - h
    u[cell] <- (slow_index(up, what) - slow_index(down, what)) / (2 * h)
  }
  u
}

comparisons_of <- function(groups, compare) {
  switch(compare,
    multigroup = "all",
    rest = paste0(groups, "|rest"),
    pairwise = utils::combn(groups, 2, paste, collapse = "|")
  )
}

random_table <- function(units, groups, mean = 60) {
  x <- matrix(stats::rnbinom(units * groups, mu = mean, size = 1.5) + 0, units, groups)
  colnames(x) <- letters[seq_len(groups)]
  x
}

small <- function() {
  data.frame(
    area = c("x", "x", "y", "y"), unit = c("1", "2", "1", "2"),
    a = c(3, 5, 2, 8), b = c(6, 1, 4, 2)
  )
}

# The same people as long data, a row a unit and group.
as_long <- function(x) {
  data.frame(
    unit = rep(seq_len(nrow(x)), ncol(x)), group = rep(colnames(x), each = nrow(x)),
    people = as.vector(x)
  )
}

as_people <- function(x) {
  long <- as_long(x)
  long[rep(seq_len(nrow(long)), long$people), c("unit", "group")]
}

results <- c("estimate", "std.error", "conf.low", "conf.high", "units", "n", "flag")
plain <- function(x) as.data.frame(x)[results]

# ---- published and open cases --------------------------------------------------

case_table <- read_cases(test_path("cases", "segregation.csv"))

case_columns <- c(
  WhiteBrit = "white_british", OtherWhite = "other_white", Indian = "indian",
  Pakistani = "pakistani", Bangladeshi = "bangladeshi", BlkAfrican = "african",
  BlkCaribbean = "caribbean"
)

case_input <- function(input) {
  if (input == "census2011_lsoa") {
    places <- c("Leicester", "Oadby and Wigston", "Luton", "Watford")
    data <- census_2011_lsoa[census_2011_lsoa$la_name %in% places, ]
    at <- match(case_columns, names(data))
    names(data)[at] <- names(case_columns)
    return(data)
  }
  data <- read_case_data(test_path("cases", paste0("segregation_", input, ".csv")))
  if (input == "small_units_KX") data[["K-X"]] <- data$K - data$X
  data
}

case_segregation <- function(case, data) {
  groups <- strsplit(case$groups, "+", fixed = TRUE)[[1]]
  unit <- intersect(c("unit", "lsoa_code", "school"), names(data))[1]
  if (startsWith(case$index, "survey")) {
    design <- ioi_design(data, weights = w, strata = stratum, psu = psu)
    return(ioi_segregation(design, group, unit, groups = groups, se = "analytic"))
  }
  compare <- c(
    D = "pairwise", se_D = "pairwise", D_multi = "multigroup", D_vs_rest = "rest"
  )
  ioi_segregation(
    data, tidyselect::all_of(groups), tidyselect::all_of(unit),
    compare = compare[[case$index]], se = "analytic"
  )
}

test_that("the open cases", {
  expect_identical(nrow(case_table), 51L)
  misses <- character()
  for (input in unique(case_table$input)) {
    data <- case_input(input)
    for (row in which(case_table$input == input)) {
      case <- case_table[row, ]
      table <- case_segregation(case, data)
      if (case$index == "D_vs_rest") table <- table[table$group == case$group, ]
      got <- if (grepl("se_D", case$index)) table$std.error else table$estimate
      away <- abs(got - case_number(case, "expected"))
      if (!isTRUE(away <= case_number(case, "tol_abs"))) {
        misses <- c(misses, case$case_id)
      }
    }
  }
  expect_identical(misses, character())
})

test_that("the cases from the census are the 402 LSOAs they say", {
  expect_identical(nrow(case_input("census2011_lsoa")), 402L)
})

test_that("D of 0.6 in the help of the R package segregation, both tables", {
  one <- matrix(c(100, 60, 40, 0, 0, 40, 60, 100), ncol = 2)
  two <- matrix(c(80, 80, 20, 20, 20, 20, 80, 80), ncol = 2)
  expect_equal(ioi_segregation(one)$estimate, 0.6, tolerance = 1e-15)
  expect_equal(ioi_segregation(two)$estimate, 0.6, tolerance = 1e-15)
})

# ---- second routes -------------------------------------------------------------

test_that("every comparison is the slow version, and its error the delta method", {
  set.seed(20)
  for (groups in 2:5) {
    x <- random_table(9, groups) + 1
    for (compare in c("multigroup", "pairwise", "rest")) {
      got <- ioi_segregation(x, compare = compare, se = "analytic")
      what <- comparisons_of(colnames(x), compare)
      expect_equal(
        got$estimate, vapply(what, slow_index, 0, x = x, USE.NAMES = FALSE),
        tolerance = 1e-13
      )
      u <- vapply(what, function(w) as.vector(slow_influence(x, w)), numeric(length(x)))
      expect_equal(unname(vcov(got)), unname(crossprod(u, as.vector(x) * u)),
        tolerance = 1e-6, label = paste(groups, compare)
      )
    }
  }
})

test_that("two independent samples have the variance of the closed form", {
  set.seed(21)
  x <- random_table(30, 2)
  s <- sign(x[, 1] / sum(x[, 1]) - x[, 2] / sum(x[, 2]))
  expect_true(all(s != 0))
  part <- function(n) (1 - sum(s * n / sum(n))^2) / sum(n)
  got <- ioi_segregation(x, compare = "pairwise", se = "analytic")
  expect_equal(got$std.error, sqrt(part(x[, 1]) + part(x[, 2])) / 2, tolerance = 1e-12)
})

test_that("the sum of squared errors of a parametric bootstrap is near", {
  set.seed(22)
  x <- matrix(c(400, 250, 100, 90, 60, 300, 220, 500), ncol = 2)
  got <- ioi_segregation(x, se = "analytic")
  draws <- stats::rmultinom(4000, sum(x), x)
  d <- apply(draws, 2, function(n) slow_pair(n[1:4], n[5:8]))
  expect_equal(got$std.error, stats::sd(d), tolerance = 0.05)
})

# A survey with strata, PSUs, fpc, areas and groups, some of them missing.
random_survey <- function(seed) {
  set.seed(seed)
  rows <- 900
  stratum <- sample(1:4, rows, replace = TRUE)
  data <- data.frame(
    stratum = stratum, psu = 100 * stratum + sample(1:9, rows, replace = TRUE),
    unit = sample(paste0("u", 1:6), rows, replace = TRUE),
    group = sample(c("a", "b", "c"), rows, replace = TRUE, prob = c(6, 3, 2)),
    area = sample(c("north", "south", NA), rows, replace = TRUE, prob = c(5, 5, 1)),
    w = stats::runif(rows, 0.2, 3) * sample(0:1, rows, replace = TRUE, prob = c(1, 19))
  )
  data$group[sample(rows, 20)] <- NA
  data$fpc <- c(12, 30, 18, 22)[data$stratum]
  data
}

# Scores of the rows of a result: derivative by the total of the row's cell.
slow_scores <- function(data, got) {
  groups <- c("a", "b", "c")
  everywhere <- !"area" %in% names(got)
  vapply(seq_len(nrow(got)), function(r) {
    inside <- !is.na(data$group) & (everywhere | data$area %in% got[["area"]][r])
    cells <- stats::xtabs(
      w ~ factor(unit, paste0("u", 1:6)) + factor(group, groups), data[inside, ]
    )
    x <- matrix(cells, ncol = 3, dimnames = list(NULL, groups))
    what <- if (is.na(got$group[r])) "all" else paste0(got$group[r], "|", got$other[r])
    expect_equal(got$estimate[r], slow_index(x, what), tolerance = 1e-12)
    u <- slow_influence(x, what)
    at <- cbind(match(data$unit, paste0("u", 1:6)), match(data$group, groups))
    ifelse(inside, u[at], 0)
  }, numeric(nrow(data)))
}

test_that("covariances on a design are those of svytotal() of the scores", {
  skip_if_not_installed("survey")
  for (seed in 31:33) {
    data <- random_survey(seed)
    for (fpc in c(TRUE, FALSE)) {
      design <- if (fpc) {
        ioi_design(data, weights = w, strata = stratum, psu = psu, fpc = fpc)
      } else {
        ioi_design(data, weights = w, strata = stratum, psu = psu)
      }
      peer <- survey::svydesign(
        id = ~psu, strata = ~stratum, weights = ~w, data = data,
        fpc = if (fpc) ~fpc
      )
      for (compare in c("multigroup", "pairwise", "rest")) {
        got <- quiet(ioi_segregation(design, group, unit,
          by = area, compare = compare, se = "analytic"
        ))
        expected <- stats::vcov(survey::svytotal(slow_scores(data, got), peer))
        expect_equal(unname(vcov(got)), unname(expected),
          tolerance = 1e-6, label = paste(seed, fpc, compare)
        )
        expect_equal(got$std.error^2, diag(unname(vcov(got))))
      }
    }
  }
})

test_that("records that are their own PSUs, with and without strata, against survey", {
  skip_if_not_installed("survey")
  data <- random_survey(34)
  design <- ioi_design(data, weights = w, strata = stratum)
  got <- quiet(ioi_segregation(design, group, unit, by = area, compare = "pairwise",
                               se = "analytic"))
  peer <- survey::svydesign(id = ~1, strata = ~stratum, weights = ~w, data = data)
  expected <- stats::vcov(survey::svytotal(slow_scores(data, got), peer))
  expect_equal(unname(vcov(got)), unname(expected), tolerance = 1e-6)
  plain_design <- ioi_design(data, weights = w)
  got <- quiet(ioi_segregation(plain_design, group, unit, se = "analytic"))
  peer <- survey::svydesign(id = ~1, weights = ~w, data = data)
  expected <- stats::vcov(survey::svytotal(slow_scores(data, got), peer))
  expect_equal(unname(vcov(got)), unname(expected), tolerance = 1e-6)
})

test_that("a survey design, and a subset of one, give what ioi_design() gives", {
  skip_if_not_installed("survey")
  data <- random_survey(35)
  peer <- survey::svydesign(id = ~psu, strata = ~stratum, weights = ~w, data = data)
  design <- ioi_design(data, weights = w, strata = stratum, psu = psu)
  of <- function(x, ...) {
    quiet(ioi_segregation(x, group, unit, compare = "pairwise", se = "analytic", ...))
  }
  expect_equal(plain(of(peer)), plain(of(design)), tolerance = 1e-12)
  north <- of(design, by = area)
  north <- north[north$area == "north", ]
  part <- of(subset(peer, area %in% "north"))
  expect_equal(part$estimate, north$estimate, tolerance = 1e-12)
  expect_equal(part$std.error, north$std.error, tolerance = 1e-12)
})

test_that("limits on a design use t with the PSUs less strata of the area", {
  data <- case_input("survey_micro")
  design <- ioi_design(data, weights = w, strata = stratum, psu = psu)
  got <- ioi_segregation(design, group, unit,
    groups = c("WB", "Asian"), se = "analytic", level = 0.9
  )
  df <- 24 - 3
  expect_equal(got$conf.low, got$estimate - stats::qt(0.95, df) * got$std.error)
  expect_equal(got$conf.high, got$estimate + stats::qt(0.95, df) * got$std.error)
})

test_that("areas with gaps in their codes keep their own degrees of freedom", {
  data <- random_survey(36)
  data <- data[!is.na(data$group) & !is.na(data$area), ]
  data$code <- factor(data$area, c("none", "north", "neither", "south"))
  for (clusters in c(TRUE, FALSE)) {
    one <- function(keep) {
      kept <- data
      kept$area[!keep] <- NA
      design <- if (clusters) {
        ioi_design(kept, weights = w, strata = stratum, psu = psu)
      } else {
        ioi_design(kept, weights = w, strata = stratum)
      }
      list(design = design, table = quiet(
        ioi_segregation(design, group, unit, by = area, se = "analytic")
      ))
    }
    all <- one(TRUE)
    got <- ioi_segregation(all$design, group, unit, by = code, se = "analytic")
    expect_identical(got$code, factor(c("north", "south"), levels(data$code)))
    expect_identical(plain(got), plain(all$table))
    expect_identical(plain(got[2, ]), plain(one(data$area == "south")$table))
    expect_equal(nobs(got), sum(data$w > 0))
  }
})

# ---- identities ----------------------------------------------------------------

test_that("merging or splitting units of equal composition changes nothing", {
  set.seed(40)
  x <- random_table(12, 3)
  split <- rbind(x, x[4, ] * 0.25, x[4, ] * 0.5)
  split[4, ] <- x[4, ] * 0.25
  for (compare in c("multigroup", "pairwise", "rest")) {
    whole <- ioi_segregation(x, compare = compare, se = "analytic")
    parts <- ioi_segregation(split, compare = compare, se = "analytic")
    expect_equal(parts$estimate, whole$estimate, tolerance = 1e-13)
    expect_equal(parts$std.error, whole$std.error, tolerance = 1e-12)
    expect_equal(parts$units, whole$units + 2)
  }
})

test_that("a pair does not feel how many there are of a group", {
  set.seed(41)
  x <- random_table(12, 2)
  more <- cbind(a = 7.3 * x[, "a"], b = x[, "b"])
  expect_equal(
    ioi_segregation(more)$estimate, ioi_segregation(x)$estimate,
    tolerance = 1e-13
  )
})

test_that("rows and columns in another order give the same numbers", {
  set.seed(42)
  x <- random_table(25, 4)
  for (compare in c("multigroup", "pairwise", "rest")) {
    one <- ioi_segregation(x, compare = compare, se = "analytic")
    rows <- ioi_segregation(x[sample(25), ], compare = compare, se = "analytic")
    expect_equal(plain(rows), plain(one), tolerance = 1e-13)
    back <- ioi_segregation(x[, 4:1], compare = compare, se = "analytic")
    key <- function(y) {
      mapply(function(a, b) paste(sort(c(a, b)), collapse = "|"), y$group, y$other)
    }
    back <- back[match(key(one), key(back)), ]
    expect_equal(plain(back), plain(one), tolerance = 1e-13, ignore_attr = TRUE)
  }
})

test_that("with two groups pair, rest and multigroup are one number", {
  set.seed(43)
  x <- random_table(15, 2)
  pair <- ioi_segregation(x, compare = "pairwise", se = "analytic")
  all <- ioi_segregation(x, compare = "multigroup", se = "analytic")
  rest <- ioi_segregation(x, compare = "rest", se = "analytic")
  expect_equal(plain(all), plain(pair), tolerance = 1e-12)
  expect_equal(plain(rest[1, ]), plain(pair), tolerance = 1e-12)
  expect_equal(plain(rest[2, ]), plain(pair), tolerance = 1e-12)
  expect_equal(stats::cov2cor(vcov(rest))[1, 2], 1)
})

test_that("a pair is the same among other groups, either way round", {
  set.seed(44)
  x <- random_table(15, 4)
  alone <- ioi_segregation(x[, c("b", "d")], compare = "pairwise", se = "analytic")
  among <- ioi_segregation(x, compare = "pairwise", se = "analytic")
  among <- among[among$group == "b" & among$other == "d", ]
  listed <- ioi_segregation(x, groups = list(c("d", "b"), c("b", "d")), se = "analytic")
  two <- ioi_segregation(x, groups = c("b", "d"), se = "analytic")
  expect_identical(plain(among), plain(alone))
  expect_identical(plain(two), plain(alone))
  expect_equal(plain(listed[1, ]), plain(alone), tolerance = 1e-14)
  expect_identical(plain(listed[2, ]), plain(alone))
  expect_identical(listed$group, c("d", "b"))
  expect_identical(listed$other, c("b", "d"))
})

test_that("full separation is 1, never more, without limits", {
  set.seed(45)
  for (trial in 1:30) {
    groups <- sample(2:4, 1)
    units <- sample((2 * groups):30, 1)
    x <- matrix(0, units, groups)
    of <- c(seq_len(groups), sample(groups, units - groups, replace = TRUE))
    x[cbind(seq_len(units), of)] <- stats::runif(units, 1, 900)
    if (trial %% 2) x <- ceiling(x)
    for (compare in c("multigroup", "pairwise", "rest")) {
      got <- ioi_segregation(x, compare = compare, se = "analytic")
      expect_equal(got$estimate, rep(1, nrow(got)), tolerance = 1e-15)
      expect_true(all(got$estimate <= 1))
      expect_identical(got$std.error, rep(0, nrow(got)))
      expect_identical(got$flag, rep("boundary", nrow(got)))
      expect_true(all(is.na(got$conf.low) & is.na(got$conf.high)))
    }
  }
})

test_that("equal composition is 0, in whole numbers and in weights", {
  set.seed(46)
  for (trial in 1:30) {
    units <- sample(2:30, 1)
    size <- if (trial %% 2) sample(1:400, units, replace = TRUE) else stats::rexp(units)
    share <- if (trial %% 2) sample(1:9, 3) else stats::rexp(3)
    x <- outer(size, share)
    for (compare in c("multigroup", "pairwise", "rest")) {
      got <- ioi_segregation(x, compare = compare, se = "analytic")
      expect_identical(got$estimate, rep(0, nrow(got)))
      expect_identical(got$std.error, rep(0, nrow(got)))
      expect_identical(got$flag, rep("boundary", nrow(got)))
    }
  }
})

test_that("the same people in every shape give the same numbers", {
  set.seed(47)
  x <- random_table(14, 3, mean = 12)
  x[3, ] <- c(0, 5, 0)
  storage.mode(x) <- "integer"
  long <- as_long(x)
  people <- as_people(x)
  people <- people[sample(nrow(people)), ]
  wide <- data.frame(unit = seq_len(14), x)
  for (compare in c("multigroup", "pairwise", "rest")) {
    of <- function(...) plain(ioi_segregation(..., compare = compare, se = "analytic"))
    expected <- of(x)
    expect_identical(of(x + 0), expected)
    expect_identical(of(as.table(x)), expected)
    expect_identical(of(table(people$unit, people$group)), expected)
    expect_identical(of(wide, c(a, b, c), unit), expected)
    expect_identical(of(wide, c(a, b, c)), expected)
    expect_identical(of(tibble::as_tibble(wide), c("a", "b", "c"), "unit"), expected)
    expect_identical(of(wide, ~ a + b + c, ~unit), expected)
    expect_identical(of(long, group, unit, people), expected)
    expect_identical(of(long[sample(nrow(long)), ], group, unit, people), expected)
    expect_identical(of(people, group, unit), expected)
    expect_identical(of(tibble::as_tibble(people), group, unit), expected)
    people$factor <- factor(people$group, c("z", "a", "y", "b", "c"))
    expect_identical(of(people, factor, unit), expected)
  }
})

test_that("a data.table is a data frame", {
  skip_if_not_installed("data.table")
  set.seed(48)
  x <- random_table(8, 2)
  long <- as_long(x)
  table <- getExportedValue("data.table", "as.data.table")(long)
  expect_identical(
    plain(ioi_segregation(table, group, unit, people, se = "analytic")),
    plain(ioi_segregation(long, group, unit, people, se = "analytic"))
  )
})

test_that("a grouped data frame has its groups as areas", {
  skip_if_not_installed("dplyr")
  data <- data.frame(
    area = rep(c("x", "y"), each = 4), unit = 1:8,
    a = c(4, 5, 1, 3, 8, 1, 2, 2), b = c(1, 1, 6, 2, 2, 9, 4, 1)
  )
  by <- ioi_segregation(data, c(a, b), unit, by = area, se = "analytic")
  grouped <- ioi_segregation(
    dplyr::group_by(data, area), c(a, b), unit,
    se = "analytic"
  )
  expect_identical(grouped, by)
})

test_that("a design with weights of 1 has the counts' D and the error of N - 1", {
  set.seed(49)
  people <- as_people(random_table(9, 3, mean = 30))
  counts <- ioi_segregation(people, group, unit, compare = "pairwise", se = "analytic")
  design <- ioi_segregation(
    ioi_design(people), group, unit,
    compare = "pairwise", se = "analytic"
  )
  n <- nrow(people)
  expect_identical(design$estimate, counts$estimate)
  expect_identical(design$n, counts$n)
  expect_equal(design$std.error, counts$std.error * sqrt(n / (n - 1)), tolerance = 1e-12)
  weighted <- ioi_segregation(
    ioi_design(cbind(people, w = 1), weights = w), group, unit,
    compare = "pairwise", se = "analytic"
  )
  expect_identical(plain(weighted), plain(design))
})

test_that("a weight of 2 is the row twice", {
  data <- random_survey(50)
  data <- data[!is.na(data$group), ]
  data$w <- round(4 * data$w) / 4
  twice <- rbind(data, data)
  doubled <- data
  doubled$w <- 2 * doubled$w
  of <- function(x) {
    ioi_segregation(
      ioi_design(x, weights = w, strata = stratum, psu = psu), group, unit,
      compare = "rest", se = "analytic"
    )
  }
  columns <- c("estimate", "std.error", "conf.low", "conf.high", "units")
  expect_equal(plain(of(doubled))[columns], plain(of(twice))[columns], tolerance = 1e-12)
  long <- data.frame(unit = c(1, 2, 1), group = c("a", "a", "b"), people = c(3, 5, 4))
  long <- rbind(long, data.frame(unit = 2, group = "b", people = 1.5))
  double <- transform(long, people = 2 * people)
  expect_identical(
    plain(ioi_segregation(rbind(long, long), group, unit, people, se = "analytic")),
    plain(ioi_segregation(double, group, unit, people, se = "analytic"))
  )
})

test_that("each area alone is its row of `by`, areas of counts are independent", {
  set.seed(51)
  data <- data.frame(area = rep(1:4, each = 6), unit = 1:24, random_table(24, 3))
  all <- ioi_segregation(data, c(a, b, c), unit, by = area, compare = "pairwise",
                         se = "analytic")
  v <- vcov(all)
  for (area in 1:4) {
    one <- ioi_segregation(data[data$area == area, ], c(a, b, c), unit,
      compare = "pairwise", se = "analytic"
    )
    rows <- all$area == area
    expect_identical(plain(all[rows, ]), plain(one))
    expect_equal(unname(v[rows, rows]), unname(vcov(one)), tolerance = 1e-14)
    expect_true(all(v[rows, !rows] == 0))
  }
})

test_that("a gap between two areas uses the covariance on a design", {
  data <- random_survey(52)
  design <- ioi_design(data, weights = w, strata = stratum, psu = psu)
  table <- quiet(ioi_segregation(
    design, group, unit,
    by = area, groups = c("a", "b"), se = "analytic"
  ))
  gap <- ioi_parity(table, area, "south", ci = "t")
  gap <- gap[gap$group == "north", ]
  v <- unname(vcov(table))
  expect_equal(gap$estimate, table$estimate[1] - table$estimate[2])
  expect_equal(gap$std.error, sqrt(v[1, 1] + v[2, 2] - 2 * v[1, 2]))
  table <- ioi_segregation(small(), c(a, b), unit,
    by = area, compare = "pairwise", se = "analytic"
  )
  gap <- ioi_parity(table, area, "y", ci = "t")
  expect_equal(gap$std.error[gap$group == "x"], sqrt(sum(table$std.error^2)))
})

# ---- one pass, any cut ---------------------------------------------------------

layout_of <- function(data, ...) {
  columns <- list(group = "group", unit = "unit", count = "people", by = "area")
  columns <- utils::modifyList(columns, list(...))
  source <- list(data = data, design = NULL, matrix = FALSE)
  ioi:::segregation_layout(source, columns, NULL)
}

random_rows <- function(rows, seed) {
  set.seed(seed)
  data.frame(
    area = sample(5, rows, replace = TRUE), unit = sample(40, rows, replace = TRUE),
    group = sample(letters[1:4], rows, replace = TRUE), people = stats::rexp(rows)
  )
}

test_that("tallies of shards add to the tally of the whole, bit for bit", {
  data <- random_rows(5000, 60)
  data$group[7] <- NA
  for (count in list("people", character())) {
    layout <- layout_of(data, count = count)
    whole <- ioi:::segregation_tally(layout, chunk = 640)
    shards <- lapply(seq(0, 4999, by = 640), function(from) {
      ioi:::segregation_tally(layout, range = c(from, min(640, 5000 - from)), chunk = 640)
    })
    expect_identical(Reduce(ioi:::tally_merge, shards), whole)
    expect_equal(sum(whole$known), 4999)
  }
})

test_that("the tally is the cross-tabulation of base R", {
  data <- random_rows(3000, 61)
  layout <- layout_of(data)
  x <- ioi:::segregation_tally(layout)$table
  expected <- stats::xtabs(people ~ interaction(unit, area) + group, data)
  expect_equal(x, unname(unclass(as.matrix(expected))), ignore_attr = TRUE)
})

test_that("one thread and two give the same bits", {
  skip_if_not_installed("withr")
  data <- random_rows(120000, 62)
  layout <- layout_of(data)
  tally <- function(threads) {
    withr::with_options(
      list(ioi.threads = threads), ioi:::segregation_tally(layout, chunk = 4096)
    )
  }
  expect_identical(tally(2L), tally(1L))
  large <- random_rows(2^20 + 1e5, 63)
  run <- function(threads) {
    withr::with_options(list(ioi.threads = threads), ioi_segregation(
      large, group, unit, people,
      by = area, compare = "pairwise", se = "analytic"
    ))
  }
  expect_identical(run(2L), run(1L))
})

# ---- areas ---------------------------------------------------------------------

test_that("a unit name that occurs in two areas is two units", {
  got <- ioi_segregation(small(), c(a, b), unit, by = area)
  expect_identical(got$units, c(2, 2))
  expect_equal(got$estimate[1], slow_pair(c(3, 5), c(6, 1)))
  expect_equal(got$estimate[2], slow_pair(c(2, 8), c(4, 2)))
  together <- ioi_segregation(small(), c(a, b), unit)
  expect_equal(together$estimate, slow_pair(c(5, 13), c(10, 3)))
  expect_identical(together$units, 2)
  apart <- ioi_segregation(small(), c(a, b), c(area, unit))
  expect_equal(apart$estimate, slow_pair(small()$a, small()$b))
  expect_identical(apart$units, 4)
})

test_that("areas that do not occur give no row, whatever their type", {
  data <- small()
  expected <- plain(ioi_segregation(data, c(a, b), unit, by = area, se = "analytic"))
  types <- list(
    factor = factor(data$area, c("w", "x", "v", "y", "z")),
    integer = c(2001L, 2001L, 2011L, 2011L),
    double = c(0.5, 0.5, 7, 7),
    logical = c(FALSE, FALSE, TRUE, TRUE),
    date = as.Date(c("2001-04-29", "2001-04-29", "2011-03-27", "2011-03-27"))
  )
  for (type in names(types)) {
    data$area <- types[[type]]
    got <- ioi_segregation(data, c(a, b), unit, by = area, se = "analytic")
    expect_identical(plain(got), expected, label = type)
    expect_identical(got$area, unique(data$area), label = type)
    expect_identical(dim(vcov(got)), c(2L, 2L))
  }
  data <- rbind(small(), small())
  data$area2 <- rep(c("p", "q"), c(6, 2))
  got <- ioi_segregation(data, c(a, b), unit, by = c(area, area2))
  expect_identical(got$area, c("x", "y", "y"))
  expect_identical(got$area2, c("p", "p", "q"))
  only <- data.frame(area = TRUE, unit = 1:2, a = 1:2, b = 2:1)
  expect_identical(ioi_segregation(only, c(a, b), unit, by = area)$area, TRUE)
})

test_that("an area without a group has a flagged row, the others are as they were", {
  data <- data.frame(
    area = rep(1:3, each = 2), unit = 1:6,
    a = c(4, 2, 0, 0, 1, 6), b = c(1, 5, 3, 4, 3, 1), c = c(2, 2, 5, 1, 0, 0)
  )
  got <- ioi_segregation(data, c(a, b, c), unit,
    by = area, compare = "pairwise", se = "analytic"
  )
  expect_identical(got$flag, c("", "", "", "empty", "empty", "", "", "empty", "empty"))
  bad <- got$flag == "empty"
  expect_true(all(is.na(got$estimate) == bad))
  expect_true(all(is.na(got$std.error) == bad))
  expect_identical(is.na(unname(diag(vcov(got)))), bad)
  expect_identical(unname(rowSums(!is.na(vcov(got)))), ifelse(bad, 0, 5))
  fine <- ioi_segregation(data[1:2, ], c(a, b, c), unit,
    compare = "pairwise", se = "analytic"
  )
  expect_identical(plain(got[1:3, ]), plain(fine))
  expect_identical(got$n[4:6], c(7, 6, 13))
  all <- ioi_segregation(data, c(a, b, c), unit, by = area)
  expect_identical(all$flag, c("", "", ""))
  expect_equal(all$estimate[2], slow_pair(c(3, 4), c(5, 1)))
  rest <- ioi_segregation(data, c(a, b, c), unit, by = area, compare = "rest")
  expect_identical(rest$flag[rest$area == 2], c("empty", "", ""))
})

test_that("all members in one unit, or of one group, has no index", {
  one <- ioi_segregation(small()[1, ], c(a, b), unit, se = "analytic")
  expect_identical(one$flag, "single")
  expect_identical(one$units, 1)
  zeros <- data.frame(unit = 1:3, a = c(0, 4, 0), b = c(0, 9, 0))
  expect_identical(ioi_segregation(zeros, c(a, b), unit)$flag, "single")
  zeros$b <- 0
  for (compare in c("multigroup", "pairwise")) {
    got <- ioi_segregation(zeros, c(a, b), unit, compare = compare, se = "analytic")
    expect_identical(got$flag, "empty")
    expect_identical(got$estimate, NA_real_)
    expect_true(is.na(vcov(got)))
  }
  zeros$a <- 0
  expect_identical(ioi_segregation(zeros, c(a, b), unit)$flag, "empty")
  got <- ioi_segregation(small(), c(a, b), unit, groups = "a")
  expect_identical(got$flag, "empty")
})

test_that("a unit without people and a group without members change nothing", {
  data <- small()
  more <- rbind(data, data.frame(area = "x", unit = "3", a = 0, b = 0))
  more$c <- 0
  expect_equal(
    plain(ioi_segregation(more, c(a, b, c), unit, se = "analytic")),
    plain(ioi_segregation(data, c(a, b), unit, se = "analytic")),
    tolerance = 1e-13
  )
})

test_that("columns depend on the call, not on the data", {
  columns <- c(
    "area", "index", "group", "other", "estimate", "std.error", "conf.low", "conf.high",
    "bias", "units", "n", "flag"
  )
  for (compare in c("multigroup", "pairwise", "rest")) {
    for (se in c("none", "analytic")) {
      got <- ioi_segregation(small(), c(a, b), unit,
        by = area, compare = compare, se = se
      )
      expect_named(got, columns)
      expect_s3_class(got, "ioi_estimate")
      expect_type(got$flag, "character")
      expect_type(got$n, "double")
    }
  }
  nowhere <- transform(small(), area = NA_character_)
  for (se in c("none", "analytic")) {
    got <- quiet(ioi_segregation(nowhere, c(a, b), unit, by = area, se = se))
    expect_named(got, columns)
    expect_identical(nrow(got), 0L)
  }
  design <- ioi_design(cbind(nowhere, group = c("a", "b")))
  got <- quiet(ioi_segregation(design, group, unit, by = area, se = "analytic"))
  expect_named(got, columns)
  expect_identical(nrow(got), 0L)
})

test_that("ten thousand areas take seconds", {
  set.seed(70)
  data <- data.frame(
    area = rep(1:10000, each = 3), unit = rep(1:3, 10000),
    a = stats::rpois(30000, 20), b = stats::rpois(30000, 9)
  )
  time <- system.time(
    got <- ioi_segregation(data, c(a, b), unit, by = area, se = "analytic")
  )
  expect_lt(time[["elapsed"]], 10)
  expect_identical(nrow(got), 10000L)
  some <- c(1, 4321, 10000)
  expect_equal(got$estimate[some], vapply(some, function(i) {
    slow_pair(data$a[data$area == i], data$b[data$area == i])
  }, 0))
  expect_ioi_error(vcov(got), "input")
})

# ---- missing -------------------------------------------------------------------

test_that("rows without group, unit or area are left out and counted once", {
  people <- data.frame(
    area = c("x", "x", "x", "x", "x", NA, "x"), unit = c(1, 1, 2, 2, NA, 1, 2),
    group = c("a", "b", "a", "a", "a", "b", NA)
  )
  messages <- list()
  got <- withCallingHandlers(
    ioi_segregation(people, group, unit, by = area),
    ioi_message_missing = function(m) {
      messages <<- c(messages, list(m))
      invokeRestart("muffleMessage")
    }
  )
  expect_length(messages, 1)
  expect_s3_class(messages[[1]], "ioi_message")
  expect_identical(messages[[1]]$left_out, 3)
  expect_identical(
    plain(got), plain(ioi_segregation(people[1:4, ], group, unit))
  )
  expect_silent(ioi_segregation(people[1:4, ], group, unit))
  wide <- transform(small(), unit = c("1", NA, "1", "2"))
  expect_message(
    got <- ioi_segregation(wide, c(a, b), unit, by = area), "1 row",
    class = "ioi_message_missing"
  )
  expect_identical(got$flag, c("single", ""))
  expect_message(
    ioi_segregation(transform(wide, unit = NA), c(a, b), unit),
    class = "ioi_message_missing"
  )
})

test_that("an area whose rows all lack the unit has a flagged row", {
  wide <- transform(small(), unit = c(NA, NA, "1", "2"))
  for (se in c("none", "analytic")) {
    got <- quiet(ioi_segregation(wide, c(a, b), unit, by = area, se = se))
    expect_identical(got$area, c("x", "y"))
    expect_identical(got$flag, c("empty", ""))
    expect_identical(got$n, c(0, 16))
  }
  people <- as_people(as.matrix(small()[c("a", "b")]))
  people$area <- ifelse(people$unit < 3, "x", "y")
  people$unit[people$area == "x"] <- NA
  got <- quiet(ioi_segregation(
    ioi_design(people), group, unit,
    by = area, se = "analytic"
  ))
  expect_identical(got$flag, c("empty", ""))
  alone <- ioi_segregation(
    ioi_design(people[people$area == "y", ]), group, unit,
    se = "analytic"
  )
  expect_equal(got$estimate[2], alone$estimate)
  expect_equal(nobs(got), 16)
})

test_that("groups that are left out are not missing", {
  data <- case_input("edge_zeros_7x3")
  expect_silent(got <- ioi_segregation(data, c(a, b, c), unit, groups = c("c", "b")))
  expect_identical(c(got$group, got$other), c("c", "b"))
  long <- as_long(as.matrix(data[c("a", "b", "c")]))
  expect_silent(same <- ioi_segregation(long, group, unit, people, groups = c("c", "b")))
  expect_identical(plain(same), plain(got))
  expect_match(paste(format(same), collapse = " "), "Left out: a.", fixed = TRUE)
})

# ---- numbers -------------------------------------------------------------------

test_that("counts that cannot be used are errors that say where", {
  bad <- list(missing = NA, negative = -1, infinite = Inf, nan = NaN)
  for (kind in names(bad)) {
    data <- small()
    data$b[3] <- bad[[kind]]
    expect_ioi_error(ioi_segregation(data, c(a, b), unit), "data",
      arg = "group", where = 3, count = 1
    )
    expect_ioi_error(ioi_segregation(as.matrix(data[c("a", "b")])), "data",
      arg = "data", where = 3
    )
    long <- data.frame(unit = data$unit, group = data$area, people = data$b)
    expect_ioi_error(ioi_segregation(long, group, unit, people), "data",
      arg = "count", where = 3
    )
  }
  text <- transform(small(), b = c("6", "1", "4", "2"))
  expect_ioi_error(ioi_segregation(text, c(a, b), unit), "input", arg = "group")
  long <- data.frame(unit = 1:2, group = 1:2, people = c("1", "2"))
  expect_ioi_error(ioi_segregation(long, group, unit, people), "input", arg = "count")
  expect_ioi_error(ioi_segregation(small()[0, ], c(a, b), unit), "data", arg = "data")
})

test_that("a bad count in a group that is left out does no harm", {
  data <- transform(small(), c = c(NA, 1, 1, 1))
  expect_equal(
    ioi_segregation(data, c(a, b, c), unit, groups = c("a", "b"))$estimate,
    slow_pair(c(5, 13), c(10, 3))
  )
})

test_that("more than 2^31 people, as whole numbers and as doubles", {
  data <- data.frame(
    unit = 1:4, a = c(2e9L, 2e9L, 2e9L, 1L), b = c(0L, 2e9L, 1e9L, 5L)
  )
  got <- ioi_segregation(data, c(a, b), unit, se = "analytic")
  expect_identical(got$n, 9000000006)
  expect_equal(got$estimate, slow_pair(as.numeric(data$a), as.numeric(data$b)),
    tolerance = 1e-15
  )
  people <- data.frame(unit = rep(1:2, 2), group = rep(c("a", "b"), each = 2))
  people$count <- c(5e9, 1e9, 3e9, 6e9)
  got <- ioi_segregation(people, group, unit, count)
  expect_identical(got$n, 1.5e10)
  expect_equal(got$estimate, slow_pair(c(5, 1), c(3, 6)))
})

test_that("counts need not be whole", {
  set.seed(71)
  x <- matrix(stats::rexp(20), 10)
  got <- ioi_segregation(x, se = "analytic")
  expect_equal(got$estimate, slow_pair(x[, 1], x[, 2]), tolerance = 1e-14)
  expect_equal(got$n, sum(x))
  scaled <- ioi_segregation(1e-9 * x)
  expect_equal(scaled$estimate, got$estimate, tolerance = 1e-13)
})

test_that("limits stay within 0 and 1 and widen with the level", {
  x <- matrix(c(3, 2, 1, 4, 2, 3, 3, 2), ncol = 2)
  narrow <- ioi_segregation(x, se = "analytic", level = 0.5)
  wide <- ioi_segregation(x, se = "analytic", level = 0.9999)
  expect_lt(wide$conf.low, narrow$conf.low)
  expect_gt(wide$conf.high, narrow$conf.high)
  expect_identical(wide$conf.low, 0)
  half <- stats::qnorm(0.75) * narrow$std.error
  expect_equal(narrow$conf.high, narrow$estimate + half)
  almost <- matrix(c(9, 1, 1, 0, 0, 1, 1, 9), ncol = 2)
  expect_identical(ioi_segregation(almost, se = "analytic", level = 0.9999)$conf.high, 1)
})

test_that("no degrees of freedom, no limits; no stratum left, no error", {
  data <- data.frame(
    stratum = rep(1:3, each = 8), psu = rep(1:6, each = 4), unit = rep(1:4, 6),
    group = rep(c("a", "b", "b", "a", "a", "b", "a", "a"), 3), w = 1:24,
    side = rep(c("in", "out"), each = 4, times = 3)
  )
  data$unit[1:2] <- 2:1
  data$unit[9:10] <- 4:3
  design <- ioi_design(data, weights = w, strata = stratum, psu = psu)
  expect_silent(
    got <- ioi_segregation(design, group, unit, by = side, se = "analytic")
  )
  expect_identical(got$flag[1], "df")
  expect_gt(got$std.error[1], 0)
  expect_true(is.na(got$conf.low[1]) && !is.nan(got$conf.low[1]))
  data$stratum[data$psu == 5] <- 9
  data$stratum[data$psu == 6] <- 10
  data$side <- ifelse(data$psu > 4, "lonely", "rest")
  design <- ioi_design(data,
    weights = w, strata = stratum, psu = psu, lonely_psu = "average"
  )
  expect_silent(
    got <- ioi_segregation(design, group, unit, by = side, se = "analytic")
  )
  expect_identical(got$flag, c("lonely", ""))
  expect_identical(is.nan(got$std.error), c(FALSE, FALSE))
  expect_identical(is.na(got$std.error), c(TRUE, FALSE))
})

test_that("people with weight 0 are not counted, and a group of them is absent", {
  data <- random_survey(72)
  data <- data[!is.na(data$group), ]
  design <- ioi_design(data, weights = w, strata = stratum, psu = psu)
  got <- ioi_segregation(design, group, unit, se = "analytic")
  expect_identical(got$n, as.numeric(sum(data$w > 0)))
  data$w[data$group == "c"] <- 0
  design <- ioi_design(data, weights = w, strata = stratum, psu = psu)
  got <- ioi_segregation(design, group, unit, compare = "pairwise", se = "analytic")
  expect_identical(got$flag, c("", "empty", "empty"))
})

# ---- calls that are wrong ------------------------------------------------------

test_that("groups must be groups", {
  data <- small()
  wrong <- list(
    c("a", "zz"), c("a", NA), list(), list("a"), list(c("a", "a")),
    list(c("a", "b", "a")), list(list("a", "b")), character(), mean, quote(a)
  )
  for (groups in wrong) {
    expect_ioi_error(ioi_segregation(data, c(a, b), unit, groups = groups), "input",
      arg = "groups"
    )
  }
  expect_ioi_error(
    ioi_segregation(data, c(a, b), unit, groups = list(c("a", "zz"))), "input",
    arg = "groups"
  )
  expect_ioi_error(
    ioi_segregation(data, c(a, b), unit, groups = "a", compare = "pairwise"), "data",
    arg = "group"
  )
})

test_that("groups match as text", {
  people <- data.frame(unit = c(1, 1, 2, 2, 2), group = c(1, 2, 1, 1, 3))
  got <- ioi_segregation(people, group, unit, groups = c(2, 1))
  expect_identical(c(got$group, got$other), c("2", "1"))
  expect_identical(got$n, 4)
})

test_that("an option out of place is an error that names it", {
  of <- function(...) ioi_segregation(small(), c(a, b), unit, ...)
  expect_ioi_error(of(index = "ginny"), "input", arg = "index")
  expect_ioi_error(of(index = c("dissimilarity", "ginny")), "input", arg = "index")
  expect_ioi_error(of(index = NA), "input", arg = "index")
  expect_ioi_error(of(index = character()), "input", arg = "index")
  expect_ioi_error(of(reps = 1), "input", arg = "reps")
  expect_ioi_error(of(correct = "some"), "input", arg = "correct")
  expect_ioi_error(of(index = "gini", correct = "bootstrap"), "input", arg = "correct")
  expect_ioi_error(of(resample = "psus"), "input", arg = "resample")
  for (shape in list(0, 1, -1, NA, "a", c(0.2, 0.3))) {
    expect_ioi_error(of(shape = shape), "input", arg = "shape")
  }
  for (base in list(0, 1, 0.5, NA, Inf, "e")) {
    expect_ioi_error(of(base = base), "input", arg = "base")
  }
  expect_ioi_error(of(normalise = NA), "input", arg = "normalise")
  expect_ioi_error(of(se = "delta"), "input", arg = "se")
  expect_ioi_error(of(se = "jackknife", resample = "persons"), "input", arg = "resample")
  expect_ioi_error(of(fpc = 0.5), "input", arg = "fpc")
  expect_ioi_error(of(se = "jackknife", fpc = 2), "input", arg = "fpc")
  expect_ioi_error(of(compare = "each"), "input", arg = "compare")
  expect_ioi_error(of(level = 95), "input", arg = "level")
  expect_ioi_error(of(rounds = 3), "input", arg = "rounds")
  expect_identical(of(index = "dissimilarity"), of())
})

test_that("columns that are not there, doubled or in the wrong place", {
  data <- small()
  expect_ioi_error(ioi_segregation(data), "input", arg = "group")
  expect_ioi_error(ioi_segregation(data, area), "input", arg = "unit")
  expect_ioi_error(ioi_segregation(data, c(a, zz), unit), "input", arg = "group")
  expect_ioi_error(ioi_segregation(data, c(a, b), zz), "input", arg = "unit")
  expect_ioi_error(ioi_segregation(data, unit, unit), "input", arg = "unit")
  expect_ioi_error(ioi_segregation(data, c(a, b), c(area, b)), "input", arg = "unit")
  expect_ioi_error(ioi_segregation(data, area, unit, c(a, b)), "input", arg = "count")
  expect_ioi_error(ioi_segregation(data, c(a, b), unit, a), "input", arg = "group")
  expect_ioi_error(ioi_segregation(data, c(a, b), unit, by = a), "input", arg = "by")
  expect_ioi_error(ioi_segregation(1:3, a, b), "input", arg = "data")
  names(data)[4] <- "a"
  expect_ioi_error(ioi_segregation(data, a, unit), "input", arg = "data")
  design <- ioi_design(small())
  expect_ioi_error(ioi_segregation(design, c(a, b), unit), "input", arg = "group")
  expect_ioi_error(ioi_segregation(design, area, unit, count = a), "input", arg = "count")
})

test_that("`by` cannot have the name of a column of the result", {
  for (name in c("index", "group", "other", "estimate", "units", "n", "flag")) {
    data <- small()
    names(data)[1] <- name
    expect_ioi_error(
      ioi_segregation(data, c(a, b), unit, by = tidyselect::all_of(name)), "input",
      arg = "by"
    )
  }
})

test_that("a matrix stands alone", {
  x <- as.matrix(small()[c("a", "b")])
  bare <- unname(x)
  expect_identical(plain(ioi_segregation(bare)), plain(ioi_segregation(x)))
  expect_identical(
    ioi_segregation(bare, compare = "rest")$group, c("group1", "group2")
  )
  colnames(bare) <- c(NA, "")
  expect_identical(
    ioi_segregation(bare, compare = "rest")$group, c("group1", "group2")
  )
  expect_ioi_error(ioi_segregation(x, by = area), "input", arg = "by")
  expect_ioi_error(ioi_segregation(x, a), "input", arg = "group")
  expect_ioi_error(ioi_segregation(x, unit = a), "input", arg = "unit")
  expect_ioi_error(ioi_segregation(x, count = a), "input", arg = "count")
  expect_ioi_error(ioi_segregation(x[, 1, drop = FALSE]), "input", arg = "data")
  expect_ioi_error(ioi_segregation(x[0, ]), "input", arg = "data")
  expect_ioi_error(ioi_segregation(matrix("a", 2, 2)), "input", arg = "data")
  expect_ioi_error(ioi_segregation(cbind(a = 1:2, a = 3:4)), "input", arg = "data")
  expect_ioi_error(ioi_segregation(table(1:3)), "input", arg = "data")
  expect_ioi_error(ioi_segregation(array(1, c(2, 2, 2))), "input", arg = "data")
})

test_that("key columns of other types are refused or read as they are", {
  people <- as_people(as.matrix(small()[c("a", "b")]))
  expected <- plain(ioi_segregation(people, group, unit))
  for (unit in list(factor(people$unit, 9:0), people$unit + 0.5, people$unit * 1e9,
                    as.Date("2020-01-01") + people$unit, as.character(people$unit))) {
    people$unit <- unit
    expect_identical(plain(ioi_segregation(people, group, unit)), expected)
  }
  people$unit <- as.list(people$unit)
  expect_ioi_error(ioi_segregation(people, group, unit), "input", arg = "unit")
  people <- as_people(as.matrix(small()[c("a", "b")]))
  people$group <- structure(
    match(people$group, c("a", "b")),
    labels = c(a = 1L, b = 2L), class = c("haven_labelled", "vctrs_vctr", "integer")
  )
  expect_identical(plain(ioi_segregation(people, group, unit)), expected)
})

test_that("units of several columns are their combinations", {
  set.seed(73)
  people <- data.frame(
    district = sample(3, 200, replace = TRUE), ward = sample(4, 200, replace = TRUE),
    group = sample(c("a", "b"), 200, replace = TRUE)
  )
  people$both <- paste(people$district, people$ward)
  expect_identical(
    plain(ioi_segregation(people, group, c(district, ward), se = "analytic")),
    plain(ioi_segregation(people, group, both, se = "analytic"))
  )
})
