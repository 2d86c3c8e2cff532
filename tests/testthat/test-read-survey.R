# Labelled survey files through haven.

labelled_file <- function(ext) {
  skip_if_not_installed("haven")
  path <- tempfile(fileext = ext)
  belong <- c(1, 2, 3, 1, -9, -8)
  labels <- c(Strongly = 1, Fairly = 2, "Not at all" = 3, Refused = -9, "Don't know" = -8)
  data <- data.frame(id = 1:6)
  data$belong <- haven::labelled(belong, labels, label = "Belonging to the neighbourhood")
  data$weight <- c(1, 2, 1, 1, 1, 1)
  if (ext == ".sav") haven::write_sav(data, path) else haven::write_dta(data, path)
  path
}

test_that("labels, question and weights come through, from SPSS and Stata", {
  for (ext in c(".sav", ".dta")) {
    got <- ioi_read_survey(labelled_file(ext))
    expect_s3_class(got$belong, "haven_labelled")
    questions <- attr(got, "questions")
    expect_identical(questions$label[2], "Belonging to the neighbourhood")
    expect_identical(questions$values, c(0L, 5L, 0L))
  }
})

test_that("named codes and labels are missing and counted", {
  path <- labelled_file(".sav")
  expect_message(got <- ioi_read_survey(path, missing_codes = c("-9", "Don't know")),
    class = "ioi_message_missing"
  )
  expect_identical(as.vector(unclass(got$belong)), c(1, 2, 3, 1, NA, NA))
  expect_identical(as.vector(got$id), as.numeric(1:6))
  est <- suppressMessages(ioi_proportion(
    ioi_design(got, weights = weight), belong,
    success = "Strongly"
  ))
  expect_equal(est$estimate, 2 / 5)
})

test_that("the questions say which codes were named, and a label nobody has is refused", {
  path <- labelled_file(".sav")
  missing <- function(...) attr(suppressMessages(ioi_read_survey(path, ...)), "questions")$missing
  expect_identical(missing(), c("", "", ""))
  expect_identical(missing(missing_codes = c("Don't know", "-9", "-1")), c("", "-9, -8", ""))
  error <- expect_ioi_error(
    ioi_read_survey(path, missing_codes = c(-9, "Refusd")), "input", arg = "missing_codes"
  )
  expect_match(conditionMessage(error), "Refusd")
})

test_that("a negative labelled code that is left in raises a warning when counted", {
  got <- ioi_read_survey(labelled_file(".sav"))
  expect_warning(ioi_proportion(got, belong), class = "ioi_warning_missing_code")
})

test_that("other files and broken ones are refused", {
  expect_error(ioi_read_survey("nowhere.sav"), class = "ioi_error_io")
  path <- tempfile(fileext = ".csv")
  writeLines("a", path)
  expect_error(ioi_read_survey(path), class = "ioi_error_input")
  broken <- tempfile(fileext = ".sav")
  writeLines("not a survey", broken)
  expect_error(ioi_read_survey(broken), class = "ioi_error_io")
})
