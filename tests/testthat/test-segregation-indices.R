# All indices of ioi_segregation(): the definitions written out, derivatives by finite
# differences, what must not change a result, and what must.

indices_of <- function(compare) {
  if (compare == "multigroup") many_group_indices else two_group_indices
}

all_indices <- function(n, compare, ...) {
  ioi_segregation(n, index = indices_of(compare), compare = compare, ...)
}

comparisons <- c("multigroup", "pairwise", "rest")

# ---- definitions -----------------------------------------------------------------

test_that("every index of every comparison is its definition", {
  set.seed(101)
  for (groups in 2:4) {
    for (compare in comparisons) {
      n <- full_table(11, groups)
      n[sample(length(n), 4)] <- 0
      n[5, ] <- 0
      n[6, ] <- c(rep(0, groups - 1), 1)
      for (shape in c(0.2, 0.5, 0.9)) {
        got <- all_indices(n, compare, shape = shape)
        expect_equal(got$estimate, slow_rows(n, got, shape), tolerance = 1e-12)
        expect_true(all(indices_of(compare) %in% got$index))
      }
    }
  }
})

test_that("errors and covariances are those of derivatives by finite differences", {
  set.seed(102)
  for (compare in comparisons) {
    n <- full_table(7, 3)
    got <- all_indices(n, compare, se = "analytic", shape = 0.3)
    u <- slow_slopes(n, got, 0.3)
    # isolation_exact feels how many people are compared, which is taken as it is
    for (row in which(got$index == "isolation_exact")) {
      pair <- got$other[row] != "rest"
      in_pair <- rep(!pair | colnames(n) %in% unlist(got[row, c("group", "other")]), each = 7)
      mean <- sum(as.vector(n) * u[, row]) / sum(n[in_pair])
      u[in_pair, row] <- u[in_pair, row] - mean
    }
    expect_equal(unname(vcov(got)), crossprod(u, as.vector(n) * u), tolerance = 1e-5)
    expect_equal(got$std.error, sqrt(diag(unname(vcov(got)))), tolerance = 1e-12)
  }
})

test_that("cutler_glaeser_vigdor of a group smaller than the smallest unit, and its error", {
  n <- cbind(a = c(1, 2, 0, 1), b = c(30, 25, 40, 50))
  got <- ioi_segregation(n, index = "cutler_glaeser_vigdor", se = "analytic")
  expect_equal(got$estimate, slow_rows(n, got))
  expect_lt(sum(n[, "a"]), min(rowSums(n)))
  full <- n + 0.001 # no empty cell, so that differences can be taken
  got <- ioi_segregation(full, index = "cutler_glaeser_vigdor", se = "analytic")
  h <- 1e-5
  u <- vapply(seq_along(full), function(cell) {
    up <- down <- full
    up[cell] <- full[cell] + h
    down[cell] <- full[cell] - h
    slow_row(up, got$index[1], "a", "b") - slow_row(down, got$index[1], "a", "b")
  }, 0) / (2 * h)
  expect_equal(got$std.error[1], sqrt(sum(full * u^2)), tolerance = 1e-5)
})

test_that("the error is the root of the sum of pi psi^2 over N, psi as published", {
  n <- full_table(9, 2)
  pi <- n / sum(n)
  r <- rowSums(pi)
  overall <- colSums(pi)
  mutual <- sum(pi * log(pi / outer(r, overall)))
  psi <- log(pi / outer(r, overall)) - mutual
  got <- ioi_segregation(n,
    index = c("mutual_information", "theil"), compare = "multigroup",
    se = "analytic"
  )
  expect_equal(got$std.error[1], sqrt(sum(pi * psi^2) / sum(n)), tolerance = 1e-12)
  mixed <- slow_diversity(overall)
  of_entropy <- matrix(-log(overall) - mixed, 9, 2, byrow = TRUE)
  psi <- (psi - mutual / mixed * of_entropy) / mixed
  expect_equal(got$std.error[2], sqrt(sum(pi * psi^2) / sum(n)), tolerance = 1e-12)
})

# ---- open cases ------------------------------------------------------------------

index_cases <- read_cases(test_path("cases", "segregation_indices.csv"))

case_names <- c(
  D = "dissimilarity", Gini = "gini", H = "theil", M = "mutual_information",
  Atkinson = "atkinson", xPx = "isolation", xPx_exact = "isolation_exact",
  xPy = "exposure", P_multi = "normalised_exposure", eta2 = "correlation_ratio",
  Hutchens = "hutchens", GS = "gorard", R_multi = "relative_diversity",
  C_multi = "squared_cv", Atkinson_multi_sym = "atkinson_symmetric",
  MinMax = "min_max", KM_Ip = "karmel_maclachlan",
  CGV_isolation = "cutler_glaeser_vigdor", conc_profile_R = "concentration_profile",
  E = "diversity", E_norm = "diversity", Simpson_I = "simpson",
  D_multi = "dissimilarity", Gini_multi = "gini", D_CT = "dissimilarity",
  H_CT = "theil", D_bc = "dissimilarity", D_dc = "dissimilarity",
  eta2_unbiased = "correlation_ratio", S_fossett = "correlation_ratio"
)
case_corrections <- c(
  D_CT = "carrington_troske", H_CT = "carrington_troske", D_bc = "bootstrap",
  D_dc = "density", eta2_unbiased = "unbiased", S_fossett = "unbiased"
)
census_columns <- c(
  WhiteBrit = "white_british", Irish = "irish", OtherWhite = "other_white", Mixed = "mixed",
  Indian = "indian", Pakistani = "pakistani", Bangladeshi = "bangladeshi",
  Chinese = "chinese", OtherAsian = "other_asian", BlkAfrican = "african",
  BlkCaribbean = "caribbean", OtherBlk = "other_black", Arab = "arab", Other = "other"
)

index_case_data <- function(input) {
  if (input == "census2011_lsoa") {
    places <- c("Leicester", "Oadby and Wigston", "Luton", "Watford")
    data <- census_2011_lsoa[census_2011_lsoa$la_name %in% places, ]
    at <- match(census_columns, names(data), nomatch = 0)
    names(data)[at] <- names(census_columns)[at > 0]
    return(data)
  }
  data <- read_case_data(test_path("cases", paste0("segregation_", input, ".csv")))
  if (input == "small_units_KX") data[["K-X"]] <- data$K - data$X
  data
}

case_argument <- function(args, key, default) {
  found <- regmatches(args, regexec(paste0("(^|;)", key, "=([^;]*)"), args))[[1]]
  if (length(found)) found[3] else default
}

run_index_case <- function(case, data) {
  name <- sub("_vs_rest$", "", sub("^(se|survey_est|survey_se)_", "", case$index))
  side <- strsplit(case$group, "[|>]")[[1]]
  if (startsWith(case$index, "survey")) {
    return(run_survey_case(case, name, side, data))
  }
  columns <- case_argument(case$args, "groups", "")
  groups <- if (columns == "seven") {
    c("WhiteBrit", "OtherWhite", "Indian", "Pakistani", "Bangladeshi", "BlkAfrican",
      "BlkCaribbean")
  } else if (nzchar(columns)) {
    strsplit(columns, "+", fixed = TRUE)[[1]]
  } else {
    side
  }
  compare <- comparisons[c(1, 3, 2)[length(side) + 1]]
  got <- ioi_segregation(data, tidyselect::all_of(groups),
    index = case_names[[name]], compare = compare,
    shape = as.numeric(case_argument(case$args, "b", "0.5")),
    base = as.numeric(case_argument(case$args, "base", exp(1))),
    normalise = name == "E_norm",
    se = if (startsWith(case$index, "se_")) "analytic" else "none",
    correct = if (name %in% names(case_corrections)) case_corrections[[name]] else "none"
  )
  if (length(side)) got <- got[got$group == side[1], ]
  if (length(side) > 1) got <- got[got$other == side[2], ]
  if (startsWith(case$index, "se_")) got$std.error else got$estimate
}

run_survey_case <- function(case, name, side, data) {
  design <- ioi_design(data, weights = w, strata = stratum, psu = psu)
  pair <- name %in% c("D", "Hutchens")
  compare <- if (pair || name == "xPy") {
    "pairwise"
  } else if (name %in% c("M", "H")) {
    "multigroup"
  } else {
    "rest"
  }
  got <- ioi_segregation(design, group, unit,
    index = case_names[[name]], compare = compare, groups = if (pair) side,
    se = if (grepl("JKn", case$args)) "jackknife" else "analytic"
  )
  if (compare != "multigroup") got <- got[got$group == side[1], ]
  if (compare == "pairwise") got <- got[got$other == side[2], ]
  if (startsWith(case$index, "survey_se")) got$std.error else got$estimate
}

test_that("the open cases of all indices, errors and corrections", {
  expect_gt(nrow(index_cases), 450)
  misses <- character()
  for (input in unique(index_cases$input)) {
    data <- index_case_data(input)
    for (row in which(index_cases$input == input)) {
      case <- index_cases[row, ]
      got <- run_index_case(case, data)
      away <- abs(got - case_number(case, "expected"))
      if (!isTRUE(away <= case_number(case, "tol_abs"))) misses <- c(misses, case$case_id)
    }
  }
  expect_identical(misses, character())
})

# ---- identities ------------------------------------------------------------------

test_that("identities between indices", {
  set.seed(103)
  n <- full_table(12, 3)
  get <- function(index, compare = "rest", ...) {
    ioi_segregation(n, index = index, compare = compare, ...)$estimate
  }
  overall <- colSums(n) / sum(n)
  uneven <- get("dissimilarity")
  expect_equal(get("gorard"), uneven * (1 - overall), ignore_attr = TRUE)
  expect_equal(get("min_max"), 2 * uneven / (1 + uneven))
  expect_equal(get("atkinson", shape = 0.5), 1 - (1 - get("hutchens"))^2)
  expect_equal(get("atkinson_symmetric"), get("hutchens"))
  expect_equal(get("exposure"), 1 - get("isolation"))
  expect_equal(
    get("correlation_ratio"), (get("isolation") - overall) / (1 - overall),
    ignore_attr = TRUE
  )
  expect_equal(get("cutler_glaeser_vigdor"), get("correlation_ratio"))
  expect_equal(
    get("normalised_exposure", "multigroup"), sum(overall * get("correlation_ratio"))
  )
  expect_equal(
    get("karmel_maclachlan", "multigroup"),
    2 * get("simpson", "multigroup") * get("dissimilarity", "multigroup")
  )
  expect_equal(
    get("squared_cv", "multigroup"),
    suppressWarnings(stats::chisq.test(n)$statistic) / (sum(n) * 2),
    ignore_attr = TRUE
  )
  expect_equal(
    get("theil", "multigroup"),
    get("mutual_information", "multigroup") / get("diversity", "multigroup")
  )
  expect_true(all(get("gini") >= uneven))
  two <- n[, 1:2]
  for (index in c("relative_diversity", "normalised_exposure", "squared_cv")) {
    expect_equal(
      ioi_segregation(two, index = index, compare = "multigroup")$estimate,
      ioi_segregation(two, index = "correlation_ratio", compare = "pairwise")$estimate
    )
  }
  for (index in many_group_indices) {
    a <- ioi_segregation(two, index = index, compare = "multigroup", se = "analytic")
    b <- ioi_segregation(two, index = index, compare = "pairwise", se = "analytic")
    expect_equal(a$estimate, b$estimate, tolerance = 1e-12, label = index)
    expect_equal(a$std.error, b$std.error, tolerance = 1e-9, label = index)
  }
})

test_that("the whole exposure matrix: rows add to 1, X xPy is Y yPx, never-met is 0", {
  n <- cbind(a = c(5, 0, 9, 2), b = c(0, 8, 1, 0), c = c(3, 0, 0, 6), d = c(0, 4, 0, 0))
  got <- ioi_segregation(n, index = "exposure", compare = "pairwise")
  expect_identical(nrow(got), 16L)
  m <- matrix(got$estimate, 4, byrow = TRUE)
  expect_equal(rowSums(m), rep(1, 4))
  expect_equal(colSums(n) * m, t(colSums(n) * m), ignore_attr = TRUE)
  expect_identical(m[3, 4], 0)
  expect_equal(diag(m), ioi_segregation(n, index = "isolation", compare = "rest")$estimate)
  pair <- ioi_segregation(n, index = "exposure", groups = c("d", "a"))
  expect_identical(paste(pair$group, pair$other), c("d a", "a d"))
  listed <- ioi_segregation(n, index = "exposure", groups = list(c("d", "b"), c("a", "b")))
  expect_identical(paste(listed$group, listed$other), c("d b", "a b"))
})

test_that("merging or splitting units of equal composition: all but isolation_exact", {
  set.seed(104)
  n <- full_table(10, 3)
  split <- rbind(n, n[4, ] * 0.25, n[4, ] * 0.5)
  split[4, ] <- n[4, ] * 0.25
  for (compare in comparisons) {
    a <- all_indices(n, compare, se = "analytic", shape = 0.7)
    b <- all_indices(split, compare, se = "analytic", shape = 0.7)
    same <- !a$index %in% c("isolation_exact", "cutler_glaeser_vigdor")
    expect_equal(b$estimate[same], a$estimate[same], tolerance = 1e-12)
    expect_equal(b$std.error[same], a$std.error[same], tolerance = 1e-9)
    if (compare == "rest") {
      exact <- a$index == "isolation_exact"
      expect_true(all(b$estimate[exact] != a$estimate[exact]))
    }
  }
})

test_that("more of one group: what does not feel it, and what does", {
  set.seed(105)
  n <- full_table(10, 2)
  more <- cbind(a = 7 * n[, "a"], b = n[, "b"])
  a <- all_indices(n, "pairwise", shape = 0.3)
  b <- all_indices(more, "pairwise", shape = 0.3)
  unmoved <- c(
    "dissimilarity", "gini", "atkinson", "hutchens", "atkinson_symmetric", "min_max"
  )
  expect_equal(
    b$estimate[b$index %in% unmoved], a$estimate[a$index %in% unmoved],
    tolerance = 1e-12
  )
  moved <- c(
    "gorard", "theil", "mutual_information", "relative_diversity", "isolation", "exposure",
    "correlation_ratio"
  )
  expect_true(all(abs(b$estimate - a$estimate)[a$index %in% moved] > 1e-4))
})

test_that("all counts doubled change no plain index but isolation_exact", {
  set.seed(106)
  n <- full_table(10, 3)
  for (compare in comparisons) {
    a <- all_indices(n, compare)
    b <- all_indices(1024 * n, compare)
    same <- a$index != "isolation_exact"
    expect_equal(b$estimate[same], a$estimate[same], tolerance = 1e-14)
  }
})

test_that("a member who moves to a unit with fewer of the group does not raise an index", {
  set.seed(107)
  falls <- c(
    "gini", "atkinson", "theil", "mutual_information", "relative_diversity", "hutchens",
    "correlation_ratio", "dissimilarity", "gorard"
  )
  for (trial in 1:40) {
    n <- full_table(6, 2)
    p <- n[, 1] / rowSums(n)
    moved <- n
    from <- which.max(p)
    to <- which.min(p)
    moved[from, 1] <- moved[from, 1] - 1
    moved[to, 1] <- moved[to, 1] + 1
    if (moved[from, 1] / sum(moved[from, ]) < moved[to, 1] / sum(moved[to, ])) next
    a <- ioi_segregation(n, index = falls, compare = "pairwise", groups = list(c("a", "b")))
    b <- ioi_segregation(moved, index = falls, compare = "pairwise", groups = list(c("a", "b")))
    expect_true(all(b$estimate <= a$estimate + 1e-12))
  }
})

test_that("equal composition is 0 and full separation 1, for the indices that say so", {
  even <- setdiff(two_group_indices, c(
    "isolation", "isolation_exact", "exposure", "diversity", "simpson"
  ))
  for (compare in comparisons) {
    zero <- ioi_segregation(outer(c(1, 7, 30, 2), c(a = 3, b = 50, c = 9)),
      index = intersect(even, indices_of(compare)), compare = compare
    )
    expect_lt(max(abs(zero$estimate)), 1e-15)
    n <- rbind(c(5, 0, 0), c(0, 9, 0), c(0, 0, 4), c(7, 0, 0))
    colnames(n) <- c("a", "b", "c")
    ones <- setdiff(intersect(even, indices_of(compare)), c(
      "mutual_information", "gorard", "karmel_maclachlan", "cutler_glaeser_vigdor"
    ))
    one <- ioi_segregation(n, index = ones, compare = compare, shape = 0.4)
    expect_equal(one$estimate, rep(1, nrow(one)), tolerance = 1e-14)
  }
  overall <- colSums(n) / sum(n)
  expect_equal(ioi_segregation(n, index = "gorard", compare = "rest")$estimate, 1 - overall,
    ignore_attr = TRUE
  )
  expect_equal(
    ioi_segregation(n, index = "mutual_information")$estimate,
    ioi_segregation(n, index = "diversity")$estimate
  )
})

test_that("swapped groups: the same, or the other order", {
  set.seed(108)
  n <- full_table(8, 2)
  alike <- c("dissimilarity", "gini", "hutchens", "theil", "correlation_ratio")
  for (index in alike) {
    a <- ioi_segregation(n, index = index)
    b <- ioi_segregation(n[, 2:1], index = index)
    expect_equal(a$estimate, b$estimate, tolerance = 1e-14)
  }
  for (index in c("gorard", "isolation", "atkinson")) {
    a <- ioi_segregation(n, index = index, shape = 0.2)
    expect_identical(a$group, c("a", "b"))
    expect_identical(a$other, c("b", "a"))
    expect_gt(abs(diff(a$estimate)), 1e-6)
    b <- ioi_segregation(n[, 2:1], index = index, shape = 0.2)
    expect_equal(rev(b$estimate), a$estimate, tolerance = 1e-14)
  }
  b <- 0.2
  a <- ioi_segregation(n, index = "atkinson", shape = b)$estimate
  other <- ioi_segregation(n, index = "atkinson", shape = 1 - b)$estimate
  expect_equal((1 - a[1])^(1 - b), (1 - other[2])^b, tolerance = 1e-12)
})

# ---- faults of published software --------------------------------------------------

# ---- edges -----------------------------------------------------------------------

test_that("one group, one unit, nobody", {
  undefined <- setdiff(many_group_indices, c(
    "mutual_information", "karmel_maclachlan", "diversity", "simpson"
  ))
  one_group <- cbind(a = c(3, 4, 5), b = 0)
  got <- all_indices(one_group, "multigroup")
  expect_identical(is.na(got$estimate), got$index %in% undefined)
  expect_true(all(got$estimate[!got$index %in% undefined] == 0))
  expect_identical(got$flag, ifelse(got$index %in% undefined, "empty", ""))
  one_unit <- rbind(c(a = 3, b = 4), c(0, 0))
  got <- all_indices(one_unit, "multigroup")
  expect_identical(is.na(got$estimate), got$index %in% undefined)
  expect_identical(got$flag, ifelse(got$index %in% undefined, "single", ""))
  expect_equal(got$estimate[got$index == "mutual_information"], 0)
  expect_equal(got$estimate[got$index == "simpson"], 2 * 3 / 7 * 4 / 7)
  nobody <- cbind(a = c(0, 0), b = c(0, 0))
  for (compare in comparisons) {
    got <- all_indices(nobody, compare, se = "analytic")
    expect_true(all(is.na(got$estimate) & is.na(got$std.error)))
    expect_true(all(got$flag == "empty"))
  }
  pair <- all_indices(one_group, "pairwise")
  expect_true(all(is.na(pair$estimate)))
  expect_true(all(pair$flag == "empty"))
})

test_that("isolation where the group is everybody is 1; in one unit it is its share", {
  n <- cbind(a = c(3, 4), b = 0)
  got <- ioi_segregation(n, index = c("isolation", "exposure"), compare = "rest")
  expect_equal(got$estimate, c(1, NA, 0, NA))
  n <- rbind(c(a = 3, b = 9))
  got <- ioi_segregation(n, index = "isolation", compare = "rest")
  expect_equal(got$estimate, c(0.25, 0.75))
})

test_that("a group without members is dropped from multigroup indices and named", {
  set.seed(111)
  n <- full_table(6, 3)
  a <- all_indices(n, "multigroup", se = "analytic")
  b <- all_indices(cbind(n, z = 0), "multigroup", se = "analytic")
  expect_equal(b$estimate, a$estimate, tolerance = 1e-14)
  expect_equal(b$std.error, a$std.error, tolerance = 1e-12)
  expect_match(paste(format(b), collapse = " "), "Left out: z", fixed = TRUE)
})

test_that("units of one person stay in plain indices and leave isolation_exact", {
  n <- rbind(c(a = 5, b = 5), c(1, 0), c(0, 1), c(2, 7))
  got <- ioi_segregation(n, index = c("isolation", "isolation_exact"), compare = "rest")
  both <- n[c(1, 4), ]
  expect_equal(got$estimate[3], sum(both[, 1] / 7 * (both[, 1] - 1) / (rowSums(both) - 1)))
  expect_equal(got$estimate[1], slow_two("isolation", n[, 1], n[, 2]))
  expect_identical(got$units, c(4, 4, 2, 2))
})

test_that("fractional weights and a thousand million people in a unit", {
  set.seed(112)
  n <- full_table(9, 3) * stats::rexp(27)
  n[3, ] <- n[3, ] + 2
  for (compare in comparisons) {
    got <- all_indices(n, compare)
    plain <- got$index != "isolation_exact"
    expect_equal(got$estimate[plain], slow_rows(n, got)[plain], tolerance = 1e-11)
  }
  big <- cbind(a = c(1e9, 3, 2e9), b = c(1e9 + 7, 5, 5e8), c = c(1, 2, 4))
  for (compare in comparisons) {
    got <- all_indices(big, compare, se = "analytic")
    want <- slow_rows(big, got)
    expect_equal(got$estimate, want, tolerance = 1e-7)
    expect_true(all(is.finite(got$std.error)))
  }
})

test_that("near equality loses no digits", {
  # p differs by d from P = 1/2: M is 2 d^2 to first order, H is M / ln 2
  d <- 2^-26
  n <- cbind(a = c(1 + 2 * d, 1 - 2 * d), b = c(1 - 2 * d, 1 + 2 * d))
  got <- ioi_segregation(n, index = c("mutual_information", "theil", "hutchens"))$estimate
  expect_equal(got[1], 2 * d^2, tolerance = 1e-9)
  expect_equal(got[2], 2 * d^2 / log(2), tolerance = 1e-9)
  expect_equal(got[3], d^2, tolerance = 1e-6)
})

# ---- comparisons and forms ---------------------------------------------------------

test_that("an index without a form for many groups says which it has", {
  n <- full_table(5, 3)
  for (index in setdiff(two_group_indices, many_group_indices)) {
    error <- expect_ioi_error(
      ioi_segregation(n, index = index, compare = "multigroup"), "input",
      arg = "compare", index = index
    )
    expect_match(conditionMessage(error), "pairwise")
    expect_match(conditionMessage(error), "rest")
    expect_identical(unique(ioi_segregation(n, index = index)$other), "rest")
  }
  expect_ioi_error(ioi_segregation(n, index = c("theil", "gorard")), "input", arg = "compare")
})

test_that("several indices are what each gives alone, and share a covariance", {
  n <- data.frame(area = rep(1:2, each = 6), full_table(12, 3))
  both <- ioi_segregation(n, a:c, by = area, index = c("gini", "theil"), se = "analytic")
  expect_identical(both$index, rep(c("gini", "theil"), 2))
  for (index in c("gini", "theil")) {
    one <- ioi_segregation(n, a:c, by = area, index = index, se = "analytic")
    expect_equal(both$estimate[both$index == index], one$estimate, tolerance = 1e-15)
    expect_equal(both$std.error[both$index == index], one$std.error, tolerance = 1e-14)
  }
  expect_true(vcov(both)[1, 2] != 0)
  expect_true(all(vcov(both)[1:2, 3:4] == 0))
})

test_that("bases of logarithms", {
  n <- full_table(5, 3)
  get <- function(base, ...) {
    ioi_segregation(n, index = c("mutual_information", "diversity", "theil"),
      base = base, compare = "multigroup", se = "analytic", ...
    )
  }
  two <- get(2)
  natural <- get(exp(1))
  expect_equal(two$estimate, natural$estimate / c(log(2), log(2), 1))
  expect_equal(two$std.error, natural$std.error / c(log(2), log(2), 1))
  expect_equal(attr(two, "info")$base, 2)
  expect_match(paste(format(two), collapse = " "), "Logarithms: base 2", fixed = TRUE)
})
