# The same survey written in other ways: every estimator on every kind of design. A
# weight of 2 is a row twice, shards tallied apart and merged are the whole, the order
# of rows and the labels of units are nothing, a group alone is a group under `by`, and
# parts add up. Beside each stands a change that must be noticed.

people <- local({
  set.seed(31)
  psu <- rep(1:24, each = 8)
  n <- length(psu)
  data.frame(
    id = seq_len(n), psu, stratum = (psu - 1) %/% 6 + 1,
    psus = 15 + 5 * ((psu - 1) %/% 6), homes = rep(sample(20:30, 24, TRUE), each = 8),
    w = sample(1:5, n, TRUE),
    g = factor(sample(c("a", "b"), n, TRUE, c(2, 1))),
    age = factor(sample(c("young", "old"), n, TRUE)),
    answer = factor(ifelse(stats::runif(n) < 0.1, NA, sample(c("yes", "no", "unsure"), n, TRUE))),
    x = round(20 + stats::rnorm(24, 0, 4)[psu] + stats::rexp(n, 0.1), 1),
    y = round(5 + stats::rexp(n, 0.2), 1), inside = stats::runif(n) < 0.8,
    matrix(sample(c(0.5, 1, 1.5), 12 * n, TRUE), n, dimnames = list(NULL, paste0("r", 1:12)))
  )
})

clustered <- function(data, ...) {
  ioi_design(data, weights = w, strata = stratum, psu = psu, ...)
}
known <- data.frame(age = c("young", "old"), population = c(400, 300))

kinds <- list(
  rows = function(data) ioi_design(data, weights = w, psu = id),
  counted = function(data) clustered(data, fpc = psus),
  stages = function(data) {
    ioi_design(data, w, stratum, psu = c(psu, id), fpc = c(psus, homes))
  },
  factors = function(data) ioi_replicate(clustered(data), "JKn"),
  columns = function(data) {
    ioi_design(data, w,
      repweights = tidyselect::num_range("r", 1:12), rep_type = "bootstrap",
      combined_weights = FALSE
    )
  },
  calibrated = function(data) ioi_calibrate(clustered(data), list(age = known)),
  subset = function(data) ioi_subset(clustered(data), inside)
)

# `by` as columns or none. Every row of a result as numbers, with the covariances.
estimators <- list(
  share = function(design, by = NULL) ioi_proportion(design, answer, by = !!by),
  mean = function(design, by = NULL) ioi_mean(design, x, by = !!by),
  total = function(design, by = NULL) ioi_total(design, x, by = !!by),
  ratio = function(design, by = NULL) ioi_ratio(design, x, y, by = !!by),
  quantile = function(design, by = NULL) ioi_quantile(design, x, c(0.3, 0.6), by = !!by),
  standardised = function(design, by = NULL) {
    ioi_standardise(design, answer, age, c(young = 1, old = 2), by = !!by, success = "yes")
  },
  test = function(design, by = NULL) ioi_association(design, answer, age, by = !!by)
)

columns <- c("estimate", "std.error", "conf.low", "conf.high", "df")
tested <- c("statistic", "ndf", "ddf", "p.value")

numbers_of <- function(x) {
  named <- if (inherits(x, "ioi_estimate")) columns else tested
  as.matrix(as.data.frame(x)[named])
}

result <- function(design, name, by = "g") suppressWarnings(quiet(estimators[[name]](design, by)))

# The largest difference of two results, as a share of the numbers.
apart <- function(a, b) {
  shares <- abs(numbers_of(a) / numbers_of(b) - 1)
  v <- if (inherits(a, "ioi_estimate")) abs(vcov(a) - vcov(b)) / max(abs(vcov(b)))
  max(shares, v)
}

whole <- lapply(kinds, function(make) {
  design <- make(people)
  found <- lapply(stats::setNames(nm = names(estimators)), result, design = design)
  list(design = design, found = found)
})

each <- function(check) {
  for (kind in names(kinds)) for (name in names(estimators)) {
    check(kind, name, whole[[kind]]$found[[name]], paste(name, "on", kind))
  }
}

test_that("there are numbers to compare, errors among them", {
  each(function(kind, name, found, what) {
    expect_true(all(is.finite(numbers_of(found))), info = what)
    if (name == "test") {
      expect_identical(nrow(found), 2L)
    } else {
      expect_true(all(found$std.error > 0), info = what)
      expect_gt(diff(range(found$estimate)), 0)
    }
  })
})

# Other labels and types for the units, and another order of rows.
disguised <- function(data) {
  set.seed(4)
  data <- data[sample(nrow(data)), ]
  data$psu <- paste("unit", match(data$psu, unique(data$psu)))
  data$stratum <- factor(-data$stratum)
  data$id <- 1e12 + data$id
  data
}

test_that("a weight of 2 is a row twice in its unit, in any order and by any label", {
  some <- seq(3, nrow(people), 7)
  heavy <- people
  heavy$w[some] <- 2 * heavy$w[some]
  twice <- disguised(people[sort(c(seq_len(nrow(people)), some)), ])
  for (kind in names(kinds)) {
    heavier <- kinds[[kind]](heavy)
    doubled <- kinds[[kind]](twice)
    for (name in names(estimators)) {
      found <- result(heavier, name)
      expect_lt(apart(found, result(doubled, name)), 1e-9)
      expect_gt(apart(found, whole[[kind]]$found[[name]]), 1e-4)
    }
  }
})

test_that("two rows in other units are noticed, and so are two rows of replicates", {
  moved <- people
  moved[c(1, 20), c("psu", "homes")] <- people[c(20, 1), c("psu", "homes")]
  moved[1:96, paste0("r", 1:12)] <- people[96:1, paste0("r", 1:12)]
  for (kind in c("counted", "columns")) {
    changed <- kinds[[kind]](moved)
    for (name in names(estimators)) {
      expect_gt(apart(result(changed, name), whole[[kind]]$found[[name]]), 1e-7)
    }
  }
})

test_that("a group alone is the group under `by`", {
  for (kind in names(kinds)) {
    alone <- ioi_subset(whole[[kind]]$design, g == "b")
    for (name in names(estimators)) {
      found <- whole[[kind]]$found[[name]]
      both <- numbers_of(found)
      one <- numbers_of(result(alone, name, NULL))
      expect_equal(both[found$g == "b", , drop = FALSE], one, ignore_attr = TRUE)
      expect_false(isTRUE(all.equal(both[found$g == "a", ], as.vector(one), 1e-3)))
    }
  }
})

# An expression with every tally made of four shards, merged in order; `lost` is left out.
sharded <- function(expr, lost = NULL) {
  space <- asNamespace("ioi")
  tally <- space$tally_rows
  runs <- 0
  in_shards <- function(keys, rows, ..., range = c(0, rows), chunk = NULL) {
    runs <<- runs + 1
    ends <- floor(c(0, 0.1, 0.45, 0.7, 1) * rows)
    shards <- lapply(setdiff(1:4, lost), function(k) {
      tally(keys, rows, ..., range = c(ends[k], ends[k + 1] - ends[k]))
    })
    Reduce(space$tally_merge, shards)
  }
  unlockBinding("tally_rows", space)
  on.exit({
    assign("tally_rows", tally, space)
    lockBinding("tally_rows", space)
  })
  assign("tally_rows", in_shards, space)
  value <- force(expr)
  stopifnot(runs > 0)
  value
}

test_that("shards tallied apart and merged are the whole", {
  each(function(kind, name, found, what) {
    design <- whole[[kind]]$design
    expect_lt(apart(sharded(result(design, name)), found), 1e-9)
    if (kind %in% c("counted", "columns")) {
      expect_gt(apart(sharded(result(design, name), lost = 2), found), 1e-4)
    }
  })
})

test_that("parts add up to the whole, their covariance too", {
  for (kind in names(kinds)) {
    design <- whole[[kind]]$design
    found <- whole[[kind]]$found
    everybody <- function(name) result(design, name, NULL)
    sum_of <- function(x, y) sum(x$estimate * y$estimate)
    here <- ioi_total(design, by = g)
    total <- everybody("total")
    expect_equal(sum(found$total$estimate), total$estimate)
    expect_equal(sqrt(sum(vcov(found$total))), total$std.error)
    expect_equal(sum_of(found$mean, here), total$estimate)
    expect_equal(
      sum_of(found$ratio, ioi_total(design, y, by = g)), total$estimate
    )
    answered <- ioi_subset(design, !is.na(answer))
    share <- found$share[found$share$category == "yes", ]
    expect_equal(
      sum_of(share, ioi_total(answered, by = g)),
      sum(ioi_total(answered)$estimate) * everybody("share")$estimate[3]
    )
    # a quantile lies between those of the groups; ages as they are give the plain share
    middle <- split(found$quantile$estimate, found$quantile$prob)
    between <- Map(findInterval, everybody("quantile")$estimate, lapply(middle, sort))
    expect_true(all(unlist(between) %in% 1:2))
    ages <- ioi_total(answered, by = age)
    ages <- stats::setNames(ages$estimate, ages$age)
    expect_equal(
      quiet(ioi_standardise(design, answer, age, ages, success = "yes"))$estimate,
      everybody("share")$estimate[3]
    )
  }
})
