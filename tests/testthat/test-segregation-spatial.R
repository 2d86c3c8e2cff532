# Surface-based segregation: against the definition over all pairs of units in plain
# R, identities, and what is wrong with places.

# Towns of different density, four groups that cluster, some units without people.
some_places <- function(units, seed = 1) {
  set.seed(seed)
  town <- sample(3, units, replace = TRUE, prob = c(6, 3, 1))
  data <- data.frame(
    unit = sprintf("u%05d", seq_len(units)),
    x = c(0, 12, 30)[town] + rnorm(units, 0, c(1, 3, 6)[town]),
    y = c(0, 5, -10)[town] + rnorm(units, 0, c(1, 3, 6)[town])
  )
  mean <- cbind(
    40, 20 * exp(-(data$x^2) / 20), 30 * (town == 2), pmax(0, data$y)
  )
  people <- matrix(rpois(4 * units, mean), units)
  people[seq(5, units, 50), ] <- 0
  colnames(people) <- c("a", "b", "c", "d")
  cbind(data, people)
}

groups <- c("a", "b", "c", "d")

straight <- function(data) as.matrix(dist(data[c("x", "y")]))

weights_of <- list(
  biweight = function(d, h) ifelse(d <= h, (1 - (d / h)^2)^2, 0),
  gaussian = function(d, h) exp(-(d / h)^2 / 2),
  exponential = function(d, h) exp(-d / h),
  triangular = function(d, h) ifelse(d <= h, 1 - d / h, 0),
  step = function(d, h) ifelse(d <= h, 1, 0),
  inverse = function(d, h) (d + h)^-1.5
)

# The k nearest people, unit by unit: those at one distance in equal parts.
nearest_of <- function(d, k, people) {
  t(vapply(seq_len(nrow(d)), function(i) {
    near <- d[i, ]
    at <- sort(unique(signif(near, 11)))
    upto <- vapply(at, function(r) sum(people[signif(near, 11) <= r]), 0)
    part <- pmin(1, pmax(0, (k - c(0, upto[-length(upto)])) / diff(c(0, upto))))
    part[is.nan(part)] <- 0
    part[match(signif(near, 11), at)]
  }, numeric(nrow(d))))
}

# H, D, R and the matrix of exposures by their definitions.
by_definition <- function(people, phi) {
  around <- phi %*% people
  lives <- rowSums(people) > 0
  people <- people[lives, , drop = FALSE]
  p <- (around / rowSums(around))[lives, , drop = FALSE]
  t <- rowSums(people)
  share <- colSums(people) / sum(people)
  entropy <- function(p) -sum(ifelse(p > 0, p * log(p), 0))
  mixing <- function(p) sum(p * (1 - p))
  list(
    theil = 1 - sum(t * apply(p, 1, entropy)) / (sum(t) * entropy(share)),
    relative_diversity = 1 - sum(t * apply(p, 1, mixing)) / (sum(t) * mixing(share)),
    dissimilarity = sum(t * abs(sweep(p, 2, share))) / (2 * sum(t) * mixing(share)),
    exposure = crossprod(sweep(people, 2, colSums(people), "/"), p)
  )
}

expect_definition <- function(found, expected, tolerance = 1e-10) {
  for (index in c("theil", "relative_diversity", "dissimilarity")) {
    got <- found$estimate[found$index == index]
    expect_lt(abs(got - expected[[index]]), tolerance)
  }
  exposure <- found$estimate[found$index == "exposure"]
  expect_lt(max(abs(exposure - c(t(expected$exposure)))), tolerance)
}

test_that("every kernel agrees with the definition over all pairs", {
  data <- some_places(800)
  d <- straight(data)
  people <- as.matrix(data[groups])
  for (kernel in names(weights_of)) {
    found <- ioi_segregation_spatial(
      data, a:d, unit,
      coords = c(x, y), bandwidth = c(0.7, 3), kernel = kernel, power = 1.5
    )
    for (h in c(0.7, 3)) {
      expect_definition(
        found[found$bandwidth == h, ], by_definition(people, weights_of[[kernel]](d, h))
      )
    }
    cut <- ioi_segregation_spatial(
      data, a:d, unit,
      coords = c(x, y), bandwidth = 3, kernel = kernel, power = 1.5, max_distance = 1.9
    )
    phi <- weights_of[[kernel]](d, 3) * (d <= 1.9)
    expect_definition(cut, by_definition(people, phi))
  }
})

test_that("2,000 units agree with the definition", {
  data <- some_places(2000, seed = 2)
  d <- straight(data)
  people <- as.matrix(data[groups])
  found <- ioi_segregation_spatial(data, a:d, unit, coords = c(x, y), bandwidth = 2)
  expect_definition(found, by_definition(people, weights_of$biweight(d, 2)))
  found <- ioi_segregation_spatial(
    data, a:d, unit,
    coords = c(x, y), bandwidth = 2, kernel = "exponential"
  )
  expect_definition(found, by_definition(people, weights_of$exponential(d, 2)))
})

test_that("nearest people: the last unit, or ring of units, in part", {
  data <- some_places(300, seed = 3)
  people <- as.matrix(data[groups])
  k <- c(30, 500, 4000)
  found <- ioi_segregation_spatial(
    data, a:d, unit,
    coords = c(x, y), bandwidth = k, kernel = "nearest"
  )
  for (people_near in k) {
    phi <- nearest_of(straight(data), people_near, rowSums(people))
    expect_definition(found[found$bandwidth == people_near, ], by_definition(people, phi))
  }
  # on a grid whole rings are at one distance
  grid <- expand.grid(x = 0.1 * (1:9), y = 0.1 * (1:9))
  grid[groups] <- people[1:81, ]
  phi <- nearest_of(straight(grid), 700, rowSums(grid[groups]))
  found <- ioi_segregation_spatial(
    grid, a:d, c(x, y),
    coords = c(x, y), bandwidth = 700, kernel = "nearest"
  )
  expect_definition(found, by_definition(as.matrix(grid[groups]), phi))
})

test_that("bandwidth 0 is the aspatial index", {
  data <- some_places(200)
  for (kernel in c(names(weights_of), "nearest")) {
    found <- ioi_segregation_spatial(
      data, a:d, unit,
      coords = c(x, y), bandwidth = c(0, 1), kernel = kernel
    )
    zero <- found$bandwidth == 0
    expect_equal(found$estimate[zero], found$aspatial[zero])
    expect_equal(found$aspatial[zero], found$aspatial[!zero])
  }
  d <- ioi_segregation(data, a:d, unit)
  expect_equal(found$aspatial[found$index == "dissimilarity"][1], d$estimate)
  expect_definition(found[zero, ], by_definition(as.matrix(data[groups]), diag(200)), 1e-12)
  # units in one place, too: the unit alone
  data[2:9, c("x", "y")] <- data[rep(1, 8), c("x", "y")]
  together <- ioi_segregation_spatial(data, a:d, unit, coords = c(x, y), bandwidth = 0)
  expect_equal(together$estimate, together$aspatial)
})

test_that("identities: rows of the exposures, groups swapped, weights, pairs", {
  data <- some_places(200)
  spatial <- function(data, ...) {
    ioi_segregation_spatial(data, ..., unit = unit, coords = c(x, y), bandwidth = 2)
  }
  found <- spatial(data, a:d)
  exposure <- matrix(found$estimate[found$index == "exposure"], 4)
  expect_equal(colSums(exposure), rep(1, 4))
  swapped <- spatial(data, c(d, b, a, c))
  expect_equal(found$estimate[1:3], swapped$estimate[1:3])
  twice <- data
  twice[groups] <- 2 * twice[groups]
  expect_equal(spatial(twice, a:d)$estimate, found$estimate)
  # a unit split in proportion, in its place
  half <- data
  half[groups] <- half[groups] / 2
  halves <- rbind(half, transform(half, unit = paste0(unit, "b")))
  expect_equal(spatial(halves, a:d)$estimate, found$estimate)
  pair <- spatial(data, a:d, compare = "pairwise", groups = list(c("b", "d")))
  alone <- spatial(data, c(b, d))
  expect_equal(pair$estimate[1:3], alone$estimate[1:3])
  expect_equal(pair$estimate[4:7], alone$estimate[4:7])
  rest <- spatial(data, a:d, compare = "rest")
  isolation <- rest[rest$index == "exposure" & rest$other == rest$group, ]
  expect_equal(isolation$estimate, diag(exposure))
  expect_equal(rest$other[rest$index == "theil"], rep("rest", 4))
})

test_that("long, wide, weighted and area by area give the same", {
  data <- some_places(120)
  data$area <- rep(c("north", "south", "west"), each = 40)
  wide <- ioi_segregation_spatial(data, a:d, unit, coords = c(x, y), bandwidth = 2, by = area)
  long <- data.frame(
    data[rep(seq_len(120), 4), c("unit", "x", "y", "area")],
    group = rep(groups, each = 120), n = unlist(data[groups])
  )
  long <- long[sample(nrow(long)), ]
  expect_equal(
    ioi_segregation_spatial(
      long, group, unit, n,
      coords = c(x, y), bandwidth = 2, by = area
    )$estimate,
    wide$estimate
  )
  for (area in c("north", "south", "west")) {
    one <- ioi_segregation_spatial(
      data[data$area == area, ], a:d, unit,
      coords = c(x, y), bandwidth = 2
    )
    expect_equal(one$estimate, wide$estimate[wide$area == area])
  }
  people <- long[rep(seq_len(nrow(long)), long$n), ]
  people$w <- 3
  survey <- ioi_segregation_spatial(
    ioi_design(people, weights = w), group, unit,
    coords = c(x, y), bandwidth = 2, by = area
  )
  expect_equal(survey$estimate, wide$estimate)
  expect_equal(survey$n, wide$n)
})

test_that("longitude and latitude give great-circle distances", {
  set.seed(4)
  data <- some_places(150)
  # degrees of a place in Leicester; metres by the same sphere
  data$lon <- -1.13 + data$x / 100
  data$lat <- 52.6 + data$y / 100
  haversine <- function(i, j) {
    to <- pi / 180
    a <- sin((data$lat[i] - data$lat[j]) * to / 2)^2 + cos(data$lat[i] * to) *
      cos(data$lat[j] * to) * sin((data$lon[i] - data$lon[j]) * to / 2)^2
    2 * 6371008.8 * asin(sqrt(a))
  }
  d <- outer(1:150, 1:150, haversine)
  found <- ioi_segregation_spatial(data, a:d, unit, coords = c(lon, lat), bandwidth = 3000)
  expect_definition(
    found, by_definition(as.matrix(data[groups]), weights_of$biweight(d, 3000)), 1e-9
  )
  expect_identical(attr(found, "info")$distance, "great circle")
  # across the date line
  data$lon <- ifelse(data$lon > -1.13, data$lon + 1.13 - 180, data$lon + 1.13 + 180)
  across <- ioi_segregation_spatial(data, a:d, unit, coords = c(lon, lat), bandwidth = 3000)
  expect_equal(across$estimate, found$estimate, tolerance = 1e-9)
})

test_that("a table of distances, a neighbour list and a GAL file", {
  data <- some_places(60)
  d <- straight(data)
  people <- as.matrix(data[groups])
  near <- which(d <= 2 & upper.tri(d), arr.ind = TRUE)
  pairs <- data.frame(data$unit[near[, 1]], data$unit[near[, 2]], km = d[near])
  network <- ioi_segregation_spatial(data, a:d, unit, neighbours = pairs, bandwidth = 2)
  expect_definition(network, by_definition(people, weights_of$biweight(d, 2)))
  nearest <- ioi_segregation_spatial(
    data, a:d, unit,
    neighbours = pairs, bandwidth = 100, kernel = "nearest"
  )
  phi <- nearest_of(ifelse(d <= 2, d, 1e9), 100, rowSums(people))
  phi[d > 2] <- 0
  expect_definition(nearest, by_definition(people, phi))
  list <- lapply(1:60, function(i) {
    found <- setdiff(which(d[i, ] <= 2), i)
    if (length(found)) as.integer(found) else 0L
  })
  nb <- structure(list, class = "nb", region.id = as.character(1:60))
  step <- by_definition(people, ifelse(d <= 2, 1, 0))
  from_nb <- ioi_segregation_spatial(
    data, a:d, unit,
    neighbours = nb, bandwidth = 1, kernel = "step"
  )
  expect_definition(from_nb, step)
  # named units may come in another order
  attr(nb, "region.id") <- data$unit
  shuffled <- data[sample(60), ]
  expect_equal(
    ioi_segregation_spatial(
      shuffled, a:d, unit,
      neighbours = nb, bandwidth = 1, kernel = "step"
    )$estimate,
    from_nb$estimate
  )
  file <- withr::local_tempfile(fileext = ".gal")
  count <- vapply(list, function(x) sum(x > 0), 0)
  writeLines(c("0 60 places unit", rbind(
    paste(data$unit, count),
    vapply(list, function(x) paste(data$unit[x], collapse = " "), "")
  )), file)
  expect_definition(
    ioi_segregation_spatial(data, a:d, unit, neighbours = file, bandwidth = 1, kernel = "step"),
    step
  )
})

test_that("the permutation test counts what it says", {
  data <- some_places(40)
  run <- function() {
    set.seed(9)
    ioi_segregation_spatial(data, a:d, unit, coords = c(x, y), bandwidth = c(0, 2), reps = 49)
  }
  found <- run()
  expect_identical(run(), found)
  at_zero <- found[found$bandwidth == 0, ]
  expect_equal(at_zero$p.value, rep(1, nrow(at_zero)))
  expect_equal(at_zero$expected, at_zero$estimate)
  observed <- by_definition(as.matrix(data[groups]), weights_of$biweight(straight(data), 2))
  # clustered groups: hardly any permutation is as segregated
  spatial <- found[found$bandwidth == 2, ]
  expect_lt(spatial$p.value[1], 0.05)
  expect_gt(observed$theil, spatial$expected[1])
  expect_true(all(round(spatial$p.value * 50, 8) %% 1 == 0))
  # no clustering: p values are spread
  p <- vapply(1:60, function(i) {
    data[groups] <- data[sample(40), groups]
    ioi_segregation_spatial(
      data, a:d, unit,
      coords = c(x, y), bandwidth = 2, index = "theil", reps = 19
    )$p.value
  }, 0)
  expect_gt(mean(p), 0.35)
  expect_lt(mean(p), 0.7)
})

test_that("threads change no digit", {
  data <- some_places(9000, seed = 5)
  with_threads <- function(n, ...) {
    withr::local_options(ioi.threads = n)
    data <- rbind(data, transform(data, unit = paste(unit, "b"), x = x + 40))
    data <- cbind(data, e = rev(data$a), f = rev(data$b), g = rev(data$c))
    ioi_segregation_spatial(
      data, c(a, b, c, d, e, f, g), unit,
      coords = c(x, y), bandwidth = c(0.1, 0.4), ...
    )
  }
  expect_identical(with_threads(1), with_threads(2))
})

test_that("empty groups and single places are flagged, others go on", {
  data <- some_places(60)
  data$area <- rep(1:3, each = 20)
  data[data$area == 1, c("b", "c", "d")] <- 0
  data[data$area == 2, c("x", "y")] <- 7
  found <- ioi_segregation_spatial(
    data, a:d, unit,
    coords = c(x, y), bandwidth = c(1, 500), by = area
  )
  theil <- found[found$index == "theil", ]
  expect_identical(theil$flag, c("empty", "empty", "one_place", "one_place", "", "wide"))
  expect_equal(is.na(theil$estimate), theil$area == 1)
  expect_equal(theil$estimate[3:4], c(0, 0))
  expect_lt(abs(theil$estimate[6]), 1e-3)
  exposure <- found[found$index == "exposure" & found$area == 1, ]
  expect_equal(
    is.na(exposure$estimate), exposure$group != "a" | exposure$other != "a"
  )
})

test_that("what is wrong with places is said", {
  data <- some_places(20)
  spatial <- function(data, ..., coords = c(x, y), bandwidth = 1) {
    ioi_segregation_spatial(
      data, a:d, unit,
      coords = {{ coords }}, bandwidth = bandwidth, ...
    )
  }
  missing <- data
  missing$x[c(3, 8)] <- NA
  expect_error(spatial(missing), "row 3", class = "ioi_error_data")
  long <- rbind(data, transform(data[4, ], y = y + 1))
  expect_error(spatial(long), "row 21", class = "ioi_error_data")
  expect_error(spatial(data, coords = x), class = "ioi_error_input")
  expect_error(
    ioi_segregation_spatial(data, a:d, unit, bandwidth = 1),
    class = "ioi_error_input"
  )
  expect_error(spatial(data, bandwidth = -1), class = "ioi_error_input")
  expect_error(spatial(data, bandwidth = c(1, NA)), class = "ioi_error_input")
  expect_error(spatial(data, kernel = "box"), class = "ioi_error_input")
  expect_error(spatial(data, index = "gini"), class = "ioi_error_input")
  expect_error(spatial(data, max_distance = 0), class = "ioi_error_input")
  expect_error(spatial(data, reps = 1.5), class = "ioi_error_input")
  degrees <- transform(data, x = -1 + x / 100, y = 52 + y / 100)
  expect_warning(spatial(degrees, bandwidth = 1000), class = "ioi_warning_degrees")
  expect_no_warning(spatial(degrees, bandwidth = 1000, lonlat = TRUE))
  names(degrees)[2:3] <- c("lon", "lat")
  expect_error(
    spatial(degrees, coords = c(lat, lon)),
    "longitude first", class = "ioi_error_input"
  )
  expect_error(
    spatial(transform(degrees, lat = lat * 10), coords = c(lon, lat)),
    class = "ioi_error_data"
  )
  expect_error(
    spatial(data, neighbours = data.frame("u00001", "nowhere", 1)),
    class = "ioi_error_input"
  )
  expect_error(
    spatial(data, neighbours = data.frame(
      rep("u00001", 2), rep("u00002", 2), c(1, 2)
    )),
    class = "ioi_error_data"
  )
  gal <- withr::local_tempfile(lines = c("2", "a 2", "b", "b 1", "a"))
  expect_error(ioi_read_gal(gal), "Line 2", class = "ioi_error_io")
})

test_that("geometry gives the places", {
  skip_if_not_installed("sf")
  data <- some_places(80)
  data$x <- 458000 + 100 * data$x
  data$y <- 304000 + 100 * data$y
  plain <- ioi_segregation_spatial(data, a:d, unit, coords = c(x, y), bandwidth = 300)
  points <- sf::st_as_sf(data, coords = c("x", "y"), crs = 27700)
  found <- ioi_segregation_spatial(points, a:d, unit, bandwidth = 300)
  expect_equal(found$estimate, plain$estimate)
  expect_identical(attr(found, "info")$bandwidth_unit, "metres")
  squares <- sf::st_buffer(points, 5, nQuadSegs = 1)
  expect_equal(
    ioi_segregation_spatial(squares, a:d, unit, bandwidth = 300)$estimate, plain$estimate,
    tolerance = 1e-6
  )
  # degrees: the same to the error of the projection
  lonlat <- sf::st_transform(points, 4326)
  sphere <- ioi_segregation_spatial(lonlat, a:d, unit, bandwidth = 300)
  expect_equal(sphere$estimate, plain$estimate, tolerance = 0.01)
  no_crs <- sf::st_set_crs(points, NA)
  expect_warning(
    ioi_segregation_spatial(no_crs, a:d, unit, bandwidth = 300),
    class = "ioi_warning_crs"
  )
  empty <- points
  sf::st_geometry(empty)[7] <- sf::st_point()
  expect_error(
    ioi_segregation_spatial(empty, a:d, unit, bandwidth = 300),
    "row 7", class = "ioi_error_data"
  )
  lines <- sf::st_sf(data, geometry = sf::st_cast(sf::st_geometry(squares), "LINESTRING"))
  expect_error(
    ioi_segregation_spatial(lines, a:d, unit, bandwidth = 300),
    class = "ioi_error_data"
  )
})
