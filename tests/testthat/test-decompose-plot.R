# ioi_plot_gap_parts(): bars that add up, panels, and what is refused.

skip_if_not_installed("ggplot2")

regions <- function(detail = FALSE) {
  pupils <- aggregate(cbind(reached, pupils) ~ region + free_meals, attainment_2016, sum)
  pupils$rate <- pupils$reached / pupils$pupils
  meals <- split(pupils, pupils$free_meals)
  ioi_decompose(meals[["eligible"]], meals[["not eligible"]],
    by = region, rate = rate, n = pupils, detail = detail
  )
}

bars_of <- function(chart) {
  path <- withr::local_tempfile(fileext = ".png")
  expect_no_warning(ggplot2::ggsave(path, chart, width = 7, height = 5, dpi = 40))
  chart$data
}

test_that("parts follow on one another up to the gap", {
  got <- regions()
  for (parts in c("two", "three")) {
    bars <- bars_of(ioi_plot_gap_parts(got, parts))
    inner <- bars[!bars$whole, ]
    expect_identical(as.character(bars$part[bars$whole]), "gap")
    expect_equal(inner$from, c(0, inner$to[-nrow(inner)]))
    expect_equal(inner$to[nrow(inner)], 100 * got$estimate[got$measure == "gap"])
    expect_equal(bars$high - bars$to, 100 * (got$conf.high - got$estimate)[
      match(bars$part, got$measure)
    ])
  }
})

test_that("strata have a panel for each part, and add up to it", {
  got <- regions(detail = TRUE)
  bars <- bars_of(ioi_plot_gap_parts(got))
  expect_identical(levels(bars$panel), c("rate", "composition"))
  for (panel in levels(bars$panel)) {
    own <- bars[bars$panel == panel, ]
    expect_identical(sum(own$whole), 1L)
    expect_equal(sum(own$value[!own$whole]), own$value[own$whole])
    total <- got$estimate[got$measure == panel & is.na(got$region)]
    expect_equal(own$value[own$whole], 100 * total)
  }
})

test_that("groups and coefficients have panels of their own", {
  set.seed(3)
  d <- data.frame(g = rep(c("a", "b", "c"), each = 40), x = rnorm(120), y = rnorm(120))
  got <- ioi_decompose(d, y ~ x, g, reference = "a", coefficients = c("jann", "B"))
  bars <- bars_of(ioi_plot_gap_parts(got, title = "Made up"))
  expect_identical(levels(bars$panel), c("b, jann", "b, B", "c, jann", "c, B"))
  expect_identical(nrow(bars), 12L)
})

test_that("more than twelve panels are refused", {
  set.seed(3)
  d <- data.frame(g = rep(letters[1:4], each = 20), x = rnorm(80), y = rnorm(80))
  got <- ioi_decompose(d, y ~ x, g, reference = "a", coefficients = "all")
  expect_error(ioi_plot_gap_parts(got), "18 panels", class = "ioi_error_input")
  few <- ioi_plot_gap_parts(got[got$coefficients %in% c("A", "B"), ])
  expect_identical(nlevels(few$data$panel), 6L)
})

test_that("other tables are refused", {
  expect_error(ioi_plot_gap_parts(mtcars), "ioi_decompose", class = "ioi_error_input")
  rows <- regions()
  expect_error(ioi_plot_gap_parts(rows[rows$measure == "rate", ]), class = "ioi_error_input")
})
