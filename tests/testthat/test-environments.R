# Local environments unit by unit, ratios of a profile, charts and maps, and the
# boundaries of five places.

five <- function(place = NULL) {
  x <- merge(census_2011_lsoa, five_places)
  if (is.null(place)) x else x[x$place == place, ]
}

test_that("shares around each unit are those of the definition", {
  oldham <- five("Oldham")
  people <- as.matrix(oldham[c("white_british", "pakistani", "bangladeshi")])
  d <- as.matrix(dist(oldham[c("easting", "northing")]))
  phi <- ifelse(d <= 1500, (1 - (d / 1500)^2)^2, 0)
  around <- phi %*% people
  share <- around / rowSums(around)
  found <- ioi_environments(
    oldham, c(white_british, pakistani, bangladeshi), lsoa_code,
    coords = c(easting, northing), bandwidth = c(0, 1500),
    score = c("share", "diversity", "theil")
  )
  wide <- found[found$bandwidth == 1500, ]
  expect_equal(
    matrix(wide$estimate[wide$score == "share"], ncol = 3, byrow = TRUE), unname(share)
  )
  entropy <- -rowSums(ifelse(share > 0, share * log(share), 0))
  expect_equal(wide$estimate[wide$score == "diversity"], unname(entropy))
  expect_equal(unique(found$lsoa_code), oldham$lsoa_code)
  expect_equal(wide$around[wide$score == "theil"], unname(rowSums(around)))
  # the mean of the local values is H
  h <- ioi_segregation_spatial(
    oldham, c(white_british, pakistani, bangladeshi), lsoa_code,
    coords = c(easting, northing), bandwidth = c(0, 1500), index = "theil"
  )
  theil <- found[found$score == "theil", ]
  mean <- tapply(theil$estimate * theil$people, theil$bandwidth, sum) / sum(people)
  expect_equal(unname(c(mean)), h$estimate)
})

test_that("areas apart, empty units and geometry", {
  data <- data.frame(
    city = rep(c("A", "B"), each = 3), unit = c(1:3, 1:3), x = c(0, 1, 9, 0, 1, 9), y = 0,
    a = c(4, 0, 0, 1, 1, 1), b = c(0, 4, 0, 1, 1, 3)
  )
  found <- ioi_environments(
    data, c(a, b), unit,
    coords = c(x, y), by = city, bandwidth = 2, kernel = "step"
  )
  expect_identical(names(found), c(
    "city", "unit", "x", "y", "bandwidth", "score", "group", "estimate", "around", "people"
  ))
  expect_equal(found$estimate[found$group == "a"], c(0.5, 0.5, NA, 0.5, 0.5, 0.25))
  expect_equal(found$people[found$group == "a"], c(4, 4, 0, 2, 2, 4))
  expect_error(
    ioi_environments(data, c(a, b), unit, coords = c(x, y), bandwidth = 2, score = "gini"),
    class = "ioi_error_input"
  )
  skip_if_not_installed("sf")
  map <- sf::st_as_sf(five("Trafford"), wkt = "boundary", crs = 4326)
  around <- ioi_environments(map, c(white_british, pakistani), lsoa_code, bandwidth = 800)
  expect_s3_class(around, "sf")
  expect_equal(nrow(around), 2 * 138)
  expect_equal(
    sf::st_equals(around[1, ], map[map$lsoa_code == around$lsoa_code[1], ], sparse = FALSE)[1],
    TRUE
  )
})

test_that("the macro to micro ratio", {
  profile <- ioi_segregation_spatial(
    five(), white_british:other, lsoa_code,
    coords = c(easting, northing), by = place, bandwidth = c(500, 1000, 4000),
    index = c("theil", "dissimilarity")
  )
  ratio <- ioi_segregation_scale(profile)
  expect_equal(nrow(ratio), 10)
  theil <- profile[profile$index == "theil", ]
  expect_equal(
    ratio$estimate[ratio$index == "theil"],
    theil$estimate[theil$bandwidth == 4000] / theil$estimate[theil$bandwidth == 500]
  )
  shuffled <- ioi_segregation_scale(profile[sample(nrow(profile)), ], 500, 1000)
  expect_setequal(shuffled$macro, 1000)
  expect_error(ioi_segregation_scale(profile, 700), class = "ioi_error_input")
  expect_error(ioi_segregation_scale(five_places), class = "ioi_error_input")
})

test_that("profiles and maps draw what they are given", {
  skip_if_not_installed("ggplot2")
  profile <- ioi_segregation_spatial(
    five(), white_british:other, lsoa_code,
    coords = c(easting, northing), by = place, bandwidth = c(500, 2000),
    index = c("theil", "dissimilarity")
  )
  chart <- ioi_plot_profile(profile)
  built <- ggplot2::ggplot_build(chart)
  expect_setequal(built$data[[2]]$y, profile$estimate)
  expect_setequal(built$data[[1]]$yintercept, profile$aspatial)
  expect_equal(length(unique(built$data[[3]]$shape)), 5)
  expect_error(ioi_plot_profile(five_places), class = "ioi_error_input")
  around <- ioi_environments(
    five("Leicester"), c(white_british, indian), lsoa_code,
    coords = c(easting, northing), bandwidth = c(500, 2000)
  )
  map <- ioi_plot_map(around, coords = c(easting, northing))
  built <- ggplot2::ggplot_build(map)
  expect_equal(nrow(built$data[[1]]), nrow(around))
  expect_equal(length(unique(built$data[[1]]$PANEL)), 4)
  # darker is more
  lightness <- colSums(grDevices::col2rgb(built$data[[1]]$fill))
  expect_lt(cor(lightness, around$estimate, method = "spearman"), -0.9)
  expect_error(ioi_plot_map(around), class = "ioi_error_input")
  expect_error(
    ioi_plot_map(around, coords = c(easting, northing), breaks = c(2, 1)),
    class = "ioi_error_input"
  )
  skip_if_not_installed("sf")
  polygons <- sf::st_as_sf(five("Oldham"), wkt = "boundary", crs = 4326)
  polygons$share <- polygons$pakistani / polygons$persons
  drawn <- ggplot2::ggplot_build(ioi_plot_map(polygons, share, breaks = c(0, 0.1, 0.5, 1)))
  expect_equal(nrow(drawn$data[[1]]), 141)
  expect_equal(length(unique(drawn$data[[1]]$fill)), 3)
})

test_that("five places: every neighbourhood of five authorities, once", {
  expect_identical(anyDuplicated(five_places$lsoa_code), 0L)
  expect_false(anyNA(five_places))
  joined <- five()
  expect_equal(nrow(joined), 925)
  expect_true(all(joined$la_name == joined$place))
  # all of them: as many as the census has
  census <- table(census_2011_lsoa$la_name)
  expect_equal(c(table(five_places$place)), c(census[sort(unique(five_places$place))]))
  # areas of the authorities as published by the ONS (square kilometres): standard area
  # measurements, 2011
  area <- tapply(five_places$area_km2, five_places$place, sum)
  published <- c(
    Bradford = 366, Leicester = 73, Oldham = 142, "Tower Hamlets" = 20, Trafford = 106
  )
  expect_lt(max(abs(area[names(published)] / published - 1)), 0.12)
})
