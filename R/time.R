# Times: years as numbers, dates, or text that starts with a year, and the
# covariance of figures of different times that share records.

# Times as years: numbers as they are, dates with their part of the year, text by
# the year of four figures it starts with ("2018/19" is 2018). NA where there is none.
time_years <- function(x) {
  if (is.numeric(x) && is.null(attr(x, "class"))) {
    return(as.double(x))
  }
  if (inherits(x, c("Date", "POSIXt"))) {
    at <- as.POSIXlt(x)
    return(at$year + 1900 + at$yday / 365.25)
  }
  text <- as.character(x)
  found <- grepl("^[[:space:]]*[0-9]{4}([^0-9]|$)", text)
  out <- rep(NA_real_, length(text))
  out[found] <- as.double(sub("^[[:space:]]*([0-9]{4}).*", "\\1", text[found]))
  out
}

# The same, for what cannot do without years.
need_years <- function(x, arg, call) {
  out <- time_years(x)
  bad <- which(is.na(out) & !is.na(x) | is.infinite(out))
  if (length(bad)) {
    abort_ioi(
      c(
        "{.arg {arg}} must hold years: numbers, dates, or text that starts with a year.",
        "x" = "{length(bad)} value{?s} do{?es/} not, first {.val {as.character(x[bad[1]])}}.",
        "i" = "{.val 2019}, {.val 2018/19} and {.val 2019-03-31} do."
      ),
      "input",
      arg = arg, where = bad, call = call
    )
  }
  out
}

# The first time: by years where all have one, otherwise the first level or value.
first_time <- function(x) {
  x <- x[!is.na(x)]
  years <- time_years(x)
  if (length(x) && !anyNA(years)) {
    return(x[which.min(years)])
  }
  if (is.factor(x)) x[order(x)][1] else x[1]
}

check_correlation <- function(correlation, window, call) {
  one <- function(x) is.numeric(x) && length(x) == 1 && !is.na(x)
  wrong <- function(text, arg) abort_ioi(text, "input", arg = arg, call = call)
  if (!one(correlation) || abs(correlation) > 1) {
    wrong("{.arg correlation} must be one number between -1 and 1.", "correlation")
  }
  if (is.null(window)) {
    return(invisible())
  }
  if (!one(window) || window <= 0) {
    wrong("{.arg window} must be one number of years above 0.", "window")
  }
  if (correlation != 0) {
    wrong(
      c(
        "{.arg correlation} and {.arg window} must not be given together.",
        "i" = "A window of years makes the correlation: the part of it that is shared."
      ),
      "window"
    )
  }
}

# Correlation of figures `apart` years from each other. Windows of k years that
# share m of them have covariance m/k^2 times the variance of a single year, which
# is k times that of a window: a correlation of m/k.
time_correlation <- function(years, correlation, window) {
  if (is.null(window)) {
    out <- matrix(correlation, length(years), length(years))
  } else {
    out <- pmax(1 - abs(outer(years, years, `-`)) / window, 0)
  }
  out[cbind(seq_along(years), seq_along(years))] <- 1
  out
}

# The covariance of a series' figures. `block`: which rows are of one series;
# rows of different series are independent.
time_covariance <- function(std_error, years, block, correlation, window) {
  related <- outer(block, block, `==`)
  out <- outer(std_error, std_error) * related
  out * time_correlation(years, correlation, window)
}
