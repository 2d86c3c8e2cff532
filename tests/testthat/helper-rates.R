# Cases of rates: tables of open cases and what they are compared with.

read_rates <- function(name) {
  utils::read.csv(
    testthat::test_path("cases", paste0("rates_", name, ".csv")),
    stringsAsFactors = FALSE
  )
}

# `object` equals `expected` within tol * max(1, |expected|); NA where that is NA.
expect_within <- function(object, expected, tol) {
  expect_identical(is.na(object), is.na(expected))
  known <- !is.na(expected)
  expect_lte(max(0, (abs(object - expected) / (tol * pmax(1, abs(expected))))[known]), 1)
}

expect_row <- function(row, expected, low, high, tol) {
  expect_within(row$estimate, expected, tol)
  expect_within(row$conf.low, low, tol)
  expect_within(row$conf.high, high, tol)
}
