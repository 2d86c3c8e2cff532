# Charts of segregation, by what they hold.

luton <- function() subset(ioi::census_2011_lsoa, la_name == "Luton")


drawn <- function(chart, geom) {
  found <- vapply(chart$layers, function(l) inherits(l$geom, geom), NA)
  ggplot2::layer_data(chart, which(found)[1])
}

test_that("the curve runs from 0 to 100, is convex, and its widest gap is D", {
  skip_if_not_installed("ggplot2")
  chart <- ioi_plot_segregation_curve(luton(), c(pakistani, white_british), lsoa_code)
  line <- drawn(chart, "GeomLine")
  expect_equal(range(line$x), c(0, 100))
  expect_equal(range(line$y), c(0, 100))
  slope <- diff(line$y) / diff(line$x)
  slope <- slope[is.finite(slope)]
  expect_true(all(diff(slope) > -1e-6))
  d <- ioi_segregation(luton(), c(pakistani, white_british), lsoa_code)$estimate
  expect_equal(max(line$x - line$y) / 100, d)
  expect_match(drawn(chart, "GeomText")$label, format(round(d, 2)))
  expect_match(chart$labels$x, "white british")
  expect_match(chart$labels$y, "pakistani")
})

test_that("a long curve is thinned, with its ends and its widest gap", {
  skip_if_not_installed("ggplot2")
  points <- curve_points(census_2011_lsoa$bangladeshi, census_2011_lsoa$white_british)
  expect_lt(nrow(points), 1100)
  expect_equal(max(points$gap), ioi_segregation(
    census_2011_lsoa, c(bangladeshi, white_british), lsoa_code
  )$estimate)
  expect_equal(unlist(points[nrow(points), 1:2], use.names = FALSE), c(1, 1))
  expect_equal(unlist(points[1, 1:2], use.names = FALSE), c(0, 0))
})

test_that("curves differ by line as well as by colour; five are refused", {
  skip_if_not_installed("ggplot2")
  chart <- ioi_plot_segregation_curve(
    luton(), white_british:other, lsoa_code,
    groups = list(c("pakistani", "white_british"), c("irish", "white_british"))
  )
  line <- drawn(chart, "GeomLine")
  expect_equal(length(unique(line$linetype)), 2)
  expect_equal(length(unique(line$colour)), 2)
  expect_ioi_error(
    ioi_plot_segregation_curve(luton(), white_british:other, lsoa_code), "input"
  )
  empty <- luton()
  empty$none <- 0L
  expect_ioi_error(
    ioi_plot_segregation_curve(empty, c(none, white_british), lsoa_code), "input"
  )
  some <- ioi_plot_segregation_curve(
    empty, c(irish, none, white_british), lsoa_code,
    groups = list(c("irish", "white_british"), c("none", "white_british"))
  )
  expect_match(some$labels$caption, "Not drawn")
})

test_that("columns are as wide as their people, as tall as the chart, in order", {
  skip_if_not_installed("ggplot2")
  chart <- ioi_plot_composition(luton(), white_british:other, lsoa_code)
  boxes <- drawn(chart, "GeomRect")
  units <- boxes[boxes$xmax <= 100 + 1e-9, ]
  expect_equal(nrow(units), 4 * nrow(luton()))
  height <- tapply(units$ymax - units$ymin, round(units$xmin, 6), sum)
  expect_equal(as.vector(height), rep(100, nrow(luton())))
  total <- sum(luton()[7:20])
  area <- sum((units$xmax - units$xmin) * (units$ymax - units$ymin) * (units$ymin == 0)) / 1e4
  expect_equal(area, sum(luton()$white_british) / total)
  first <- units[units$ymin == 0, ]
  expect_false(is.unsorted(rev(first$ymax[order(first$xmin)])))
  # four shades that differ in lightness
  grey <- drop(c(0.3, 0.59, 0.11) %*% grDevices::col2rgb(unique(units$fill)))
  expect_gt(min(diff(sort(grey))), 25)
  expect_match(chart$labels$caption, "121 units")
})

test_that("neighbours are merged where there are many units; groups are those asked for", {
  skip_if_not_installed("ggplot2")
  chart <- ioi_plot_composition(
    census_2011_lsoa, white_british:other, lsoa_code, groups = c("indian", "pakistani"), n = 50
  )
  boxes <- drawn(chart, "GeomRect")
  expect_equal(nrow(boxes), 3 * 51)
  expect_equal(levels(chart$data$band), c("indian", "pakistani", "all others"))
  expect_match(chart$labels$caption, "merged")
  panels <- ioi_plot_composition(
    subset(census_2011_lsoa, la_name %in% c("Luton", "Watford")), white_british:other,
    lsoa_code, by = la_name, order = "score"
  )
  expect_equal(levels(panels$data$panel), c("Luton", "Watford"))
  expect_ioi_error(
    ioi_plot_composition(luton(), white_british:other, lsoa_code, groups = names(luton())[7:11]),
    "input", arg = "groups"
  )
  two <- ioi_plot_composition(luton(), c(indian, white_british), lsoa_code)
  expect_equal(levels(two$data$band), c("white british", "indian"))
})

test_that("bars of a decomposition have their numbers, and start at 0", {
  skip_if_not_installed("ggplot2")
  parts <- ioi_segregation_within(
    census_2011_lsoa, white_british:other, lsoa_code, within = c(region, la_code),
    index = "theil", se = "analytic"
  )
  chart <- ioi_plot_decomposition(parts)
  bars <- drawn(chart, "GeomCol")
  expect_equal(sort(bars$xmax), sort(parts$estimate))
  expect_equal(bars$xmin, rep(0, 3))
  expect_match(drawn(chart, "GeomText")$label[1], "0[.][0-9]{3} \\([0-9]+%\\)")
  expect_equal(nrow(drawn(chart, "GeomLinerange")), 3)
  expect_match(chart$labels$caption, "Lines are 95%")
})

test_that("parts below 0 are white and the difference grey", {
  skip_if_not_installed("ggplot2")
  set.seed(41)
  x <- nested_table(3)
  y <- nested_table(3)
  x$id <- y$id <- seq_len(nrow(x))
  both <- rbind(cbind(time = 1, x), cbind(time = 2, y))
  change <- ioi_segregation_change(both, a:c, id, time = time)
  chart <- ioi_plot_decomposition(change)
  kind <- stats::setNames(chart$data$kind, as.character(chart$data$row))
  expect_equal(kind[["difference"]], "total")
  expect_equal(unname(kind[chart$data$value < 0 & names(kind) != "difference"]) == "less",
    rep(TRUE, sum(chart$data$value < 0 & names(kind) != "difference"))
  )
  expect_s3_class(ggplot2::ggplot_build(chart), "ggplot_built")
  expect_ioi_error(
    ioi_plot_decomposition(ioi_segregation_change(both, a:c, id, time = time, parts = TRUE)),
    "input", arg = "x"
  )
  expect_ioi_error(ioi_plot_decomposition(data.frame(a = 1)), "input", arg = "x")
})

test_that("panels for years, indices and supergroups", {
  skip_if_not_installed("ggplot2")
  set.seed(42)
  x <- nested_table(4)
  super <- ioi_segregation_within(
    x, a:d, unit, within = region, supergroups = list(one = c("a", "b"), two = c("c", "d"))
  )
  expect_equal(levels(ioi_plot_decomposition(super)$data$panel), c("between", "one", "two"))
  two <- ioi_segregation_within(
    x, a:d, unit, within = district, by = region, index = c("theil", "mutual_information")
  )
  expect_equal(nlevels(ioi_plot_decomposition(two)$data$panel), 6)
})

test_that("places with intervals are drawn from ioi_segregation() with by", {
  skip_if_not_installed("ggplot2")
  places <- ioi_segregation(
    census_2011_lsoa, c(pakistani, white_british), lsoa_code, by = region, se = "analytic"
  )
  dots <- ioi_plot_areas(places)
  expect_equal(nrow(drawn(dots, "GeomPoint")), 10)
  expect_equal(nrow(drawn(dots, "GeomSegment")), 10)
  expect_s3_class(ggplot2::autoplot(places), "ggplot")
})
