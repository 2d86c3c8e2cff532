# Indices of zones: published numbers for Sacramento, the definitions over all pairs of
# units in plain R, identities, and what is wrong with places.

sacramento <- function() {
  data <- utils::read.csv(testthat::test_path("cases", "sacramento_tracts.csv"))
  data$rest <- data$TOT_POP - data$HISP
  data
}

# Three groups in units of different size; the third has a unit without people.
zones <- function(units = 60, seed = 1) {
  set.seed(seed)
  data <- data.frame(
    unit = paste0("z", seq_len(units)), x = runif(units, 0, 4), y = runif(units, 0, 4),
    a = rpois(units, 20), b = rpois(units, 60), c = rpois(units, 10),
    area = runif(units, 0.5, 3), edge = runif(units, 4, 9)
  )
  data$a <- data$a + rpois(units, 60 * (data$x < 1.5))
  data[3, c("a", "b", "c")] <- 0
  data
}

straight_line <- function(data) as.matrix(dist(data[c("x", "y")]))

touching <- function(data, seed = 2) {
  set.seed(seed)
  near <- which(straight_line(data) < 0.8, arr.ind = TRUE)
  near <- near[near[, 1] < near[, 2], ]
  data.frame(data$unit[near[, 1]], data$unit[near[, 2]], border = runif(nrow(near), 0.1, 1))
}

border_matrix <- function(data, borders) {
  b <- matrix(0, nrow(data), nrow(data), dimnames = list(data$unit, data$unit))
  b[cbind(borders[[1]], borders[[2]])] <- borders$border
  b + t(b)
}

one <- function(found, group = NULL, other = NULL) {
  keep <- rep(TRUE, nrow(found))
  if (!is.null(group)) keep <- keep & found$group %in% group
  if (!is.null(other)) keep <- keep & found$other %in% other
  found$estimate[keep]
}

test_that("published numbers for Sacramento", {
  data <- sacramento()
  run <- function(index, compare = "rest", ...) {
    one(ioi_segregation(
      data, c(HISP, rest), id,
      index = index, compare = compare, area = area, coords = c(cx, cy), ...
    ), "HISP")
  }
  expect_equal(run("delta"), 0.8044969214141899, tolerance = 1e-7)
  expect_equal(run("concentration_absolute"), 0.8512824549657465, tolerance = 1e-6)
  expect_equal(
    run("concentration_relative", "pairwise"), 0.12733820870675222,
    tolerance = 2e-5
  )
  middle <- c(mean(data$cx), mean(data$cy))
  expect_equal(
    run("centralisation_absolute", centre = middle), 0.6891422368736286,
    tolerance = 1e-5
  )
  expect_equal(
    run("centralisation_relative", "pairwise", centre = middle), -0.11194177550430595,
    tolerance = 3e-5
  )
  borders <- utils::read.csv(testthat::test_path("cases", "sacramento_borders.csv"))
  expect_equal(
    run("dissimilarity_adjusted", "pairwise", neighbours = borders[1:2]), 0.2611974332919437,
    tolerance = 1e-12
  )
  expect_equal(
    run("dissimilarity_boundary", "pairwise", neighbours = borders), 0.2667626367289605,
    tolerance = 1e-5
  )
})

test_that("clustering and distance decay agree with sums over all pairs", {
  data <- zones()
  d <- straight_line(data)
  t <- data$a + data$b + data$c
  self <- list(
    zero = 0, white = 0.6 * sqrt(data$area), massey_denton = sqrt(0.6 * data$area), exclude = Inf
  )
  for (rule in names(self)) {
    c <- exp(-d / 0.7)
    diag(c) <- exp(-self[[rule]] / 0.7)
    close <- function(x, y) sum(x * (c %*% y))
    p <- function(x, y) close(x, y) / sum(x) / sum(y)
    run <- function(index, compare, ...) {
      ioi_segregation(
        data, a:c, unit,
        index = index, compare = compare, coords = c(x, y), area = area, scale = 0.7,
        self_distance = rule, ...
      )
    }
    expect_equal(one(run("proximity", "pairwise"), "a", "b"), p(data$a, data$b))
    expect_equal(one(run("proximity", "rest"), "c"), p(data$c, data$c))
    expect_equal(
      one(run("spatial_proximity", "multigroup")),
      (sum(data$a) * p(data$a, data$a) + sum(data$b) * p(data$b, data$b) +
        sum(data$c) * p(data$c, data$c)) / (sum(t) * p(t, t))
    )
    relative <- run("clustering_relative", "pairwise")
    expect_equal(one(relative, "a", "b"), p(data$a, data$a) / p(data$b, data$b) - 1)
    expect_equal((1 + one(relative, "a", "b")) * (1 + one(relative, "b", "a")), 1)
    base <- sum(data$a) / 60^2 * sum(c)
    expect_equal(
      one(run("clustering_absolute", "rest"), "a"),
      (close(data$a, data$a) / sum(data$a) - base) / (close(data$a, t) / sum(data$a) - base)
    )
    k <- c * rep(t, each = 60)
    k <- k / rowSums(k)
    met <- function(x, y) sum(x / sum(x) * (k %*% ifelse(t > 0, y / t, 0)))
    decay <- run(c("distance_decay_exposure"), "pairwise")
    expect_equal(one(decay, "a", "c"), met(data$a, data$c))
    expect_equal(one(run("distance_decay_isolation", "rest"), "a"), met(data$a, data$a))
    expect_equal(
      one(run("distance_decay_isolation", "rest"), "a") + sum(one(decay, "a")), 1
    )
    # everybody counts though one group is left out
    left <- run("distance_decay_exposure", "pairwise", groups = c("c", "a"))
    expect_equal(one(left, "a", "c"), met(data$a, data$c))
  }
})

test_that("proximity of neighbours, with and without oneself", {
  data <- zones()
  borders <- touching(data)
  b <- border_matrix(data, borders) > 0
  for (rule in c("zero", "exclude")) {
    c <- b + diag(60) * (rule == "zero")
    found <- ioi_segregation(
      data, a:c, unit,
      index = c("proximity", "clustering_relative"), compare = "rest", neighbours = borders,
      proximity = "contiguity", self_distance = rule
    )
    rest <- data$b + data$c
    own <- sum(data$a * (c %*% data$a)) / sum(data$a)^2
    other <- sum(rest * (c %*% rest)) / sum(rest)^2
    expect_equal(one(found, "a"), c(own, own / other - 1))
  }
})

test_that("dissimilarity adjusted for neighbours, borders and shape", {
  data <- zones()
  borders <- touching(data)
  b <- border_matrix(data, borders)
  x <- data$a
  y <- data$b
  z <- ifelse(x + y > 0, x / (x + y), 0)
  apart <- abs(outer(z, z, "-"))
  d <- sum(abs(x / sum(x) - y / sum(y))) / 2
  run <- function(index, ..., pairs = borders) {
    one(ioi_segregation(
      data, a:c, unit,
      index = index, groups = list(c("a", "b")), neighbours = pairs, area = area, ...
    ))
  }
  expect_equal(run("dissimilarity_adjusted"), d - sum(apart[b > 0]) / sum(b > 0))
  expect_equal(run("dissimilarity_boundary"), d - sum(apart * b) / sum(b))
  rows <- ifelse(b > 0, b / rowSums(b), 0)
  expect_equal(
    run("dissimilarity_boundary", standardise = "row_mean"), d - sum(apart * rows) / 60
  )
  expect_equal(
    run("dissimilarity_boundary", standardise = "row_half"), d - sum(apart * rows) / 2
  )
  shape <- function(r) d - sum(apart * b * outer(r, r, "+") / (2 * max(r))) / sum(b)
  expect_equal(run("dissimilarity_shape", perimeter = edge), shape(data$edge / data$area))
  expect_equal(run("dissimilarity_shape"), shape(rowSums(b) / data$area))
  # borders of length 0 are corners; nobody's neighbour gives D
  corners <- borders
  corners$border[1:20] <- 0
  expect_equal(
    run("dissimilarity_adjusted", pairs = corners),
    run("dissimilarity_adjusted", pairs = borders[-(1:20), ])
  )
  corners$border <- 0
  expect_equal(run("dissimilarity_adjusted", pairs = corners), d)
  # a list of neighbours says the same as the table
  nb <- lapply(seq_len(60), function(i) {
    found <- unname(which(b[i, ] > 0))
    if (length(found)) found else 0L
  })
  nb <- structure(nb, class = "nb", region.id = data$unit)
  expect_equal(run("dissimilarity_adjusted", pairs = nb), run("dissimilarity_adjusted"))
  expect_error(run("dissimilarity_boundary", pairs = nb), class = "ioi_error_input")
})

test_that("concentration and centralisation do not depend on the order of rows", {
  data <- zones()
  data$area <- round(data$area, 1)
  data$x <- round(data$x)
  data$y <- round(data$y)
  run <- function(data, ...) {
    ioi_segregation(
      data, a:c, unit,
      index = c(
        "delta", "concentration_absolute", "centralisation_absolute", "centralisation_relative"
      ),
      compare = "rest", area = area, coords = c(x, y), centre = c(2, 2), ...
    )$estimate
  }
  turned <- data[rev(seq_len(60)), ]
  turned$unit <- data$unit
  expect_equal(run(turned), run(data))
  # the steps outwards, one by one
  d <- round(sqrt((data$x - 2)^2 + (data$y - 2)^2), 8)
  x <- cumsum(tapply(data$a, d, sum)) / sum(data$a)
  y <- cumsum(tapply(data$b + data$c, d, sum)) / sum(data$b + data$c)
  a <- cumsum(tapply(data$area, d, sum)) / sum(data$area)
  steps <- function(x, y) sum(x[-length(x)] * y[-1] - x[-1] * y[-length(y)])
  expect_equal(run(data)[c(7, 10)], c(steps(x, a), steps(x, y)))
})

test_that("centres: units, several points, the mean, each area's own", {
  data <- zones()
  data$city <- rep(c("p", "q"), each = 30)
  run <- function(centre, ..., index = "centralisation_relative") {
    ioi_segregation(
      data, c(a, b), unit,
      index = index, coords = c(x, y), centre = centre, area = area, ...
    )
  }
  at <- unlist(data[7, c("x", "y")], use.names = FALSE)
  expect_equal(run("z7")$estimate, run(at)$estimate)
  two <- data[c(7, 40), c("x", "y")]
  d <- apply(as.matrix(dist(data[c("x", "y")]))[, c(7, 40)], 1, min)
  x <- cumsum(tapply(data$a, d, sum)) / sum(data$a) # both centres are one step
  y <- cumsum(tapply(data$b, d, sum)) / sum(data$b)
  expect_equal(run(two)$estimate[1], sum(x[-59] * y[-1] - x[-1] * y[-59]))
  expect_equal(run(c("z7", "z40"))$estimate, run(two)$estimate)
  by_area <- run(NULL, by = city)
  for (city in c("p", "q")) {
    part <- data[data$city == city, ]
    alone <- ioi_segregation(
      part, c(a, b), unit,
      index = "centralisation_relative", coords = c(x, y),
      centre = c(
        stats::weighted.mean(part$x, part$a + part$b), stats::weighted.mean(part$y, part$a + part$b)
      )
    )
    expect_equal(by_area$estimate[by_area$city == city], alone$estimate)
  }
  expect_error(run("z7", by = city), class = "ioi_error_input")
  expect_error(run("nowhere"), class = "ioi_error_input")
})

test_that("polygons bring areas, borders, perimeters and centroids", {
  skip_if_not_installed("sf")
  # 5 x 4 rectangles of 200 m by 100 m
  cells <- expand.grid(i = 0:4, j = 0:3)
  boxes <- lapply(seq_len(nrow(cells)), function(k) {
    x <- 400000 + 200 * cells$i[k]
    y <- 300000 + 100 * cells$j[k]
    sf::st_polygon(list(cbind(
      x + c(0, 200, 200, 0, 0), y + c(0, 0, 100, 100, 0)
    )))
  })
  set.seed(6)
  data <- data.frame(
    unit = seq_len(20), a = rpois(20, 20), b = rpois(20, 20),
    x = 400100 + 200 * cells$i, y = 300050 + 100 * cells$j, size = 20000, around = 600
  )
  map <- sf::st_sf(data, geometry = sf::st_sfc(boxes, crs = 27700))
  beside <- function(i, j) {
    apart <- abs(cells$i[i] - cells$i[j]) + abs(cells$j[i] - cells$j[j])
    ifelse(apart != 1, 0, ifelse(cells$i[i] == cells$i[j], 200, 100))
  }
  pairs <- expand.grid(i = 1:20, j = 1:20)
  pairs <- pairs[pairs$i < pairs$j, ]
  pairs$border <- beside(pairs$i, pairs$j)
  pairs <- pairs[pairs$border > 0, ]
  index <- c(
    "dissimilarity_adjusted", "dissimilarity_boundary", "dissimilarity_shape", "proximity",
    "centralisation_relative"
  )
  from_map <- ioi_segregation(map, c(a, b), unit, index = index)
  by_hand <- ioi_segregation(
    data, c(a, b), unit,
    index = index, area = size, perimeter = around, coords = c(x, y), neighbours = pairs,
    scale = 1000
  )
  expect_equal(from_map$estimate, by_hand$estimate)
  expect_match(paste(attr(from_map, "info")$notes, collapse = " "), "exp(-d/1000), d in metres",
    fixed = TRUE
  )
  equal <- ioi_segregation(map, c(a, b), unit, index = "concentration_absolute")
  expect_true(all(is.na(equal$estimate)))
  expect_identical(equal$flag, rep("domain", 2))
})

test_that("what is not there is asked for", {
  data <- zones()
  run <- function(index, ...) ioi_segregation(data, c(a, b), unit, index = index, ...)
  expect_error(run("delta"), "area", class = "ioi_error_input")
  expect_error(run("delta", compare = "pairwise", area = area), class = "ioi_error_input")
  expect_error(run("proximity"), "coords", class = "ioi_error_input")
  expect_error(run("dissimilarity_adjusted"), "neighbours", class = "ioi_error_input")
  expect_error(
    run("proximity", coords = c(x, y), self_distance = "white"), "area",
    class = "ioi_error_input"
  )
  expect_error(
    run("proximity", coords = c(x, y), se = "analytic"),
    class = "ioi_error_input"
  )
  expect_error(run("proximity", coords = c(x, y), scale = -1), class = "ioi_error_input")
  data$area[4] <- NA
  expect_error(run("delta", area = area), class = "ioi_error_data")
  expect_warning(
    run("proximity", coords = c(x, y), scale = 1e-4),
    class = "ioi_warning_scale"
  )
  expect_warning(run("proximity", coords = c(x, y), scale = 1e4), class = "ioi_warning_scale")
})

test_that("cells and places in one call, area by area", {
  data <- zones()
  data$city <- rep(c("p", "q"), each = 30)
  data$b[data$city == "q"] <- 0
  both <- ioi_segregation(
    data, c(a, b), unit,
    by = city, index = c("gini", "proximity", "dissimilarity"), coords = c(x, y)
  )
  expect_identical(both$index, rep(c("gini", "proximity", "dissimilarity"), 2))
  expect_identical(both$flag, rep(c("", "empty"), each = 3))
  expect_equal(
    both$estimate[c(1, 3)],
    ioi_segregation(
      data, c(a, b), unit,
      by = city, index = c("gini", "dissimilarity")
    )$estimate[1:2]
  )
  expect_equal(both$n[1:3], rep(sum(data[1:30, c("a", "b")]), 3))
})
