# Expectations shared by the test files.

# `object` rounds to a number as it was printed: "0.0247" allows 0.00005.
expect_printed <- function(object, printed) {
  digits <- nchar(sub("^[^.]*[.]?", "", printed))
  expect_lte(abs(object - as.numeric(printed)), 0.5 * 10^-digits + 1e-12)
}

# An error of class ioi_error_<kind> with these fields; gives the condition.
expect_ioi_error <- function(object, kind, ...) {
  condition <- expect_error(object, class = paste0("ioi_error_", kind))
  expect_s3_class(condition, "ioi_error")
  fields <- list(...)
  for (name in names(fields)) {
    expect_equal(condition[[name]], fields[[name]])
  }
  invisible(condition)
}

# The value, without the message that counts rows left out.
quiet <- function(expr) {
  suppressMessages(expr, classes = "ioi_message_missing")
}

# The columns of an estimate table that hold numbers, without its attributes.
numbers <- function(x, columns = c(
                      "estimate", "std.error", "conf.low", "conf.high", "n",
                      "n.effective", "df", "deff"
                    )) {
  as.matrix(as.data.frame(x)[columns])
}

# No message. testthat 3.1.6 has the class misspelt in its own function of this name,
# which therefore never fails.
expect_no_message <- function(object) {
  expect_message(object, NA)
}
