# The road with rows sorted by sampling unit, which many cells take, against the road with
# sums of every cell, which few take: groups in one call and in two halves.

road_data <- function(rows = 4000) {
  withr::local_seed(12)
  data <- data.frame(
    psu = sample(300, rows, replace = TRUE), area = sample(400, rows, replace = TRUE),
    weight = sample(c(0, stats::rexp(50)), rows, replace = TRUE),
    x = stats::rnorm(rows, 50, 9), z = stats::runif(rows, 1, 2)
  )
  data$stratum <- data$psu %% 20
  data$house <- data$psu * 1000 + sample(4, rows, replace = TRUE)
  data$x[sample(rows, 60)] <- NA
  data$answer <- sample(c("a", "b", NA), rows, replace = TRUE, prob = c(6, 3, 1))
  data$class <- factor(sample(3, rows, replace = TRUE))
  data$low <- ifelse(data$area <= 100, data$area, NA)
  data$mid <- ifelse(data$area > 100 & data$area <= 200, data$area, NA)
  data$rest <- ifelse(data$area > 200 & data$area <= 300, data$area, NA)
  data$high <- ifelse(data$area > 300, data$area, NA)
  data
}

road_designs <- list(
  psus = function(data) ioi_design(data, weights = weight, strata = stratum, psu = psu),
  stages = function(data) {
    data$many <- 4000
    data$houses <- 40
    ioi_design(data, weights = weight, psu = c(psu, house), fpc = c(many, houses))
  },
  records = function(data) ioi_design(data, weights = weight, strata = psu, lonely_psu = "adjust"),
  replicates = function(data) {
    withr::local_seed(4)
    ioi_replicate(road_designs$psus(data), "bootstrap", reps = 20)
  },
  calibrated = function(data) {
    people <- data.frame(class = factor(1:3), population = c(1300, 1500, 1100))
    ioi_calibrate(road_designs$psus(data), list(class = people), "raking")
  }
)

road_estimators <- list(
  proportion = function(design, by) ioi_proportion(design, answer, by = {{ by }}),
  mean = function(design, by) ioi_mean(design, x, by = {{ by }}),
  total = function(design, by) ioi_total(design, x, by = {{ by }}),
  ratio = function(design, by) ioi_ratio(design, x, z, by = {{ by }}),
  quantile = function(design, by) ioi_quantile(design, x, c(0.25, 0.5), by = {{ by }})
)

road_stages <- function(design, by) {
  ioi:::proportion_layout(design, "answer", by, NULL, NULL, "drop")$cells$stages
}

for (kind in names(road_designs)) {
  test_that(paste("rows sorted by unit equal sums of all cells: design of", kind), {
    design <- road_designs[[kind]](road_data())
    expect_true(all(is.na(road_stages(design, "area"))))
    first <- road_stages(design, "low")[1]
    expect_false(is.na(first))
    for (estimator in road_estimators) {
      # a bootstrap replicate may leave out all records of an area
      calm <- function(expr) suppressWarnings(quiet(expr), classes = "ioi_warning_replicates")
      sorted <- calm(estimator(design, area))
      parts <- lapply(list(
        calm(estimator(design, low)), calm(estimator(design, mid)),
        calm(estimator(design, rest)), calm(estimator(design, high))
      ), as.data.frame)
      columns <- intersect(
        c("estimate", "std.error", "conf.low", "conf.high", "n", "df"), names(sorted)
      )
      summed <- do.call(rbind, lapply(parts, `[`, columns))
      expect_equal(as.data.frame(sorted)[columns], summed, tolerance = 1e-10)
      expect_false(all(is.na(sorted$std.error)))
    }
  })
}

test_that("shards of sorted rows merge to the whole, bit for bit wherever they are cut", {
  data <- road_data()
  for (kind in c("psus", "stages", "records")) {
    design <- road_designs[[kind]](data)
    layout <- ioi:::proportion_layout(design, "answer", "area", NULL, NULL, "drop")
    shard <- function(from, rows, ...) {
      ioi:::proportion_tally(layout, range = c(from, rows), ...)
    }
    whole <- shard(0, 4000)
    shards <- Reduce(ioi:::tally_merge, list(shard(0, 7), shard(7, 0), shard(7, 3993, chunk = 64)))
    trimmed <- function(tally) {
      lapply(tally, function(x) {
        if (!is.list(x)) {
          return(x)
        }
        used <- seq_len(x$first[length(x$first)])
        list(first = x$first, cell = x$cell[used], value = lapply(x$value, `[`, used))
      })
    }
    expect_identical(trimmed(shards), trimmed(whole))
    estimate <- function(tally) ioi:::proportion_estimate(layout, tally, TRUE)[c("p", "v", "n")]
    expect_identical(estimate(shards), estimate(whole))
  }
})

test_that("a weight of 2 is a row twice where rows are sorted", {
  data <- road_data()
  data$weight <- 1 + data$psu %% 2
  double <- data[rep(seq_len(nrow(data)), data$weight), ]
  double$weight <- 1
  columns <- c("estimate", "std.error")
  for (estimator in road_estimators[c("proportion", "mean", "total", "ratio")]) {
    once <- quiet(estimator(road_designs$psus(data), area))
    twice <- quiet(estimator(road_designs$psus(double), area))
    expect_equal(
      as.data.frame(once)[columns], as.data.frame(twice)[columns],
      tolerance = 1e-12
    )
  }
})
