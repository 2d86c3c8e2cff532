# Labelled columns. Second routes: the same column turned into a factor or a number by
# hand, and what the haven package makes of it.

# As haven builds them, from attributes alone.
labelled <- function(x, labels = NULL, title = NULL) {
  structure(x,
    labels = labels, label = title, class = c("haven_labelled", "vctrs_vctr", typeof(x))
  )
}
labelled_spss <- function(x, labels = NULL, na_values = NULL, na_range = NULL) {
  structure(x,
    labels = labels, na_values = na_values, na_range = na_range,
    class = c("haven_labelled_spss", "haven_labelled", "vctrs_vctr", typeof(x))
  )
}

worry <- c(Refused = -9, "Don't know" = -8, Very = 1, Fairly = 2, "Not at all" = 5)

# `code` holds labelled codes, one without a label (3) and refusals; `text` the same as
# a person would read it, with NA for refusals.
people <- function(seed = 8, rows = 500) {
  set.seed(seed)
  code <- sample(c(1, 2, 3, 5, -8, -9), rows, TRUE, prob = c(4, 3, 1, 4, .5, .5))
  region <- sample(c(10, 30, 20), rows, replace = TRUE)
  data.frame(
    code, region,
    text = factor(
      c("1" = "Very", "2" = "Fairly", "3" = "3", "5" = "Not at all")[as.character(code)],
      c("Very", "Fairly", "3", "Not at all")
    ),
    place = factor(c("10" = "North", "20" = "South", "30" = "East")[as.character(region)],
      c("North", "South", "East")
    ),
    age = sample(16:90, rows, replace = TRUE) + 0,
    stratum = rep(1:5, length.out = rows),
    psu = rep(1:50, length.out = rows),
    weight = round(stats::runif(rows, 0.5, 4), 3)
  )
}

designed <- function(data) {
  ioi_design(data, weights = weight, strata = stratum, psu = psu)
}

results <- c("estimate", "std.error", "conf.low", "conf.high", "n", "df", "deff")

expect_warned <- function(object, codes, column = NULL) {
  warned <- expect_warning(object, class = "ioi_warning_missing_code")
  expect_s3_class(warned, "ioi_warning")
  expect_identical(warned$codes, codes)
  if (!is.null(column)) expect_identical(warned$column, column)
  invisible(warned)
}

as_table <- function(x) {
  attributes(x) <- attributes(x)["names"]
  x
}

# ---- labels are levels --------------------------------------------------------

test_that("labels are levels in the order of codes, other codes their numbers", {
  data <- people()
  data$labelled <- labelled(data$code, worry)
  data$known <- replace(data$labelled, data$code < 0, NA)
  expected <- quiet(ioi_proportion(designed(data), text, by = place))
  data$home <- labelled(data$region, c(East = 30, North = 10, South = 20, Wales = 40))
  got <- quiet(ioi_proportion(designed(data), known, by = home))
  expect_identical(levels(got$category), c("Very", "Fairly", "3", "Not at all"))
  expect_identical(levels(got$home), c("North", "South", "East", "Wales"))
  expect_identical(as.character(got$home), as.character(expected$place))
  expect_identical(numbers(got), numbers(expected))
  expect_identical(vcov(got), vcov(expected))
})

test_that("codes of text, integers and one label for two codes", {
  data <- people()
  data$known <- replace(data$code, data$code < 0, NA)
  expected <- quiet(ioi_proportion(designed(data), text))
  data$whole <- labelled(
    as.integer(data$known), c(Very = 1L, Fairly = 2L, "Not at all" = 5L)
  )
  got <- quiet(ioi_proportion(designed(data), whole))
  expect_identical(numbers(got), numbers(expected))
  letter <- c("1" = "a", "2" = "b", "3" = "c", "5" = "d")[as.character(data$known)]
  data$letter <- labelled(unname(letter), c(Very = "a", Fairly = "b", "Not at all" = "d"))
  got <- quiet(ioi_proportion(designed(data), letter))
  expect_identical(as.character(got$category), c("Very", "Fairly", "c", "Not at all"))
  expect_identical(numbers(got), numbers(expected))
  data$merged <- labelled(data$known, c(Some = 1, Some = 2, None = 5, "3" = 3))
  data$some <- factor(
    c("Some", "Some", "3", NA, "None")[data$known],
    c("Some", "3", "None")
  )
  expect_identical(
    as_table(quiet(ioi_proportion(designed(data), merged)))[-1],
    as_table(quiet(ioi_proportion(designed(data), some)))[-1]
  )
})

test_that("a number without a label is not taken for a label of that number", {
  data <- data.frame(x = labelled(c(1, 2, 2, 5), c("2" = 1, "5" = 5)))
  got <- ioi_proportion(data, x)
  expect_identical(as.character(got$category), c("2", "2 (no label)", "5"))
  expect_identical(got$estimate, c(0.25, 0.5, 0.25))
})

test_that("whole codes have all their digits", {
  data <- data.frame(
    x = labelled(c(1e5, 1234567890123, 1234567890124, 0.5), c(Half = 0.5))
  )
  expect_identical(
    as.character(ioi_proportion(data, x)$category),
    c("Half", "100000", "1234567890123", "1234567890124")
  )
})

test_that("0 is an answer, and a label that nobody gave a row of 0", {
  labels <- c(Refused = -1, None = 0, One = 1, Two = 2)
  expect_no_warning(
    got <- ioi_proportion(data.frame(x = labelled(c(0, 0, 1, 1), labels)), x)
  )
  expect_identical(as.character(got$category), c("None", "One", "Two"))
  expect_identical(got$estimate, c(0.5, 0.5, 0))
  got <- ioi_proportion(data.frame(x = labelled(c(1, 1), labels)), x)
  expect_identical(got$estimate, c(0, 1, 0))
})

test_that("without labels of values the codes are what they are", {
  data <- people()
  data$plain <- structure(data$code, label = "Worry", format.spss = "F8.0")
  data$titled <- labelled(data$code, title = "Worry")
  data$old <- structure(data$code, label = "Worry", class = c("labelled", "numeric"))
  expected <- ioi_proportion(designed(data), code, by = region)
  for (name in c("plain", "titled", "old")) {
    got <- ioi_proportion(designed(data), !!name, by = region)
    expect_identical(as.double(got$category), expected$category)
    expect_identical(numbers(got), numbers(expected))
    expect_identical(
      numbers(ioi_mean(designed(data), age, by = !!name), "estimate"),
      numbers(ioi_mean(designed(data), age, by = code), "estimate")
    )
  }
})

test_that("levels are those of haven::as_factor", {
  skip_if_not_installed("haven")
  data <- people()
  data$labelled <- haven::labelled(replace(data$code, data$code < 0, NA), worry[3:5])
  data$factor <- haven::as_factor(data$labelled)
  got <- quiet(ioi_proportion(designed(data), labelled))
  expected <- quiet(ioi_proportion(designed(data), factor))
  # haven puts codes without a label last
  at <- match(as.character(got$category), as.character(expected$category))
  expect_false(anyNA(at))
  expect_equal(
    numbers(got), numbers(expected)[at, ],
    ignore_attr = TRUE, tolerance = 1e-12
  )
})

test_that("`success` takes labels or codes, labels first", {
  data <- people()
  data$known <- labelled(replace(data$code, data$code < 0, NA), worry)
  expected <- quiet(ioi_proportion(designed(data), text, success = c("Very", "Fairly")))
  for (success in list(c("Very", "Fairly"), 1:2, c("1", "Fairly"))) {
    got <- quiet(ioi_proportion(designed(data), known, success = success))
    expect_identical(as_table(got)[-1], as_table(expected)[-1])
  }
  expect_ioi_error(
    quiet(ioi_proportion(designed(data), known, success = "Often")), "input",
    arg = "success"
  )
  crossed <- data.frame(x = labelled(c(1, 1, 1, 2), c("2" = 1, "1" = 2)))
  expect_identical(ioi_proportion(crossed, x, success = "2")$estimate, 0.75)
})

# ---- declared missing ---------------------------------------------------------

test_that("what an SPSS file declares missing is missing, before anything", {
  data <- people()
  range <- labelled_spss(data$code, worry, na_range = c(-Inf, -1))
  data$values <- labelled_spss(data$code, worry, na_values = c(-9, -8))
  data$range <- range
  data$both <- labelled_spss(data$code, worry, na_values = -9, na_range = c(-8.5, -7))
  expected <- quiet(ioi_proportion(designed(data), text))
  for (name in c("values", "range", "both")) {
    said <- expect_message(
      expect_no_warning(got <- ioi_proportion(designed(data), !!name)),
      class = "ioi_message_missing"
    )
    expect_identical(said$unanswered, as.double(sum(data$code < 0)))
    expect_identical(as_table(got)[-1], as_table(expected)[-1])
    expect_ioi_error(
      ioi_proportion(designed(data), !!name, na = "error"), "data",
      where = which(data$code < 0)[1], count = sum(data$code < 0)
    )
    counted <- ioi_proportion(designed(data), !!name, na = "category")
    expect_identical(levels(counted$category)[5], "Missing")
    expect_equal(sum(counted$estimate), 1)
  }
  data$years <- labelled_spss(
    replace(data$age, 1:20, 998), c(Refused = 998, Lost = 999),
    na_range = c(998, 999)
  )
  data$clean <- replace(data$age, 1:20, NA)
  expect_identical(
    numbers(quiet(ioi_mean(designed(data), years)), results),
    numbers(quiet(ioi_mean(designed(data), clean)), results)
  )
  data$place <- labelled_spss(data$region, c(North = 10), na_values = 20)
  said <- expect_message(
    got <- ioi_total(designed(data), by = place),
    class = "ioi_message_missing"
  )
  expect_identical(as.character(got$place), c("North", "30"))
  expect_identical(said$ungrouped, sum(data$region == 20) + 0)
})

test_that("declared missing text is missing", {
  x <- labelled_spss(c("a", "b", "zz", "a"), c(Yes = "a", Gone = "zz"), na_values = "zz")
  got <- quiet(ioi_proportion(data.frame(x), x))
  expect_identical(as.character(got$category), c("Yes", "b"))
  expect_identical(got$n, c(3, 3))
})

test_that("a file written and read by haven is read as it is", {
  skip_if_not_installed("haven")
  data <- people()
  data$worry <- haven::labelled_spss(data$code, worry, na_values = c(-9, -8))
  data$home <- haven::labelled(data$region, c(North = 10, East = 30, South = 20))
  file <- withr::local_tempfile(fileext = ".sav")
  haven::write_sav(data[c("worry", "home", "weight", "stratum", "psu", "age")], file)
  read <- haven::read_sav(file, user_na = TRUE)
  expected <- quiet(ioi_proportion(designed(data), text, by = place))
  got <- quiet(ioi_proportion(designed(read), worry, by = home))
  expect_identical(numbers(got), numbers(expected))
  read <- haven::read_sav(file)
  got <- quiet(ioi_proportion(designed(read), worry, by = home))
  expect_identical(numbers(got), numbers(expected))
  # Stata: extended missing values, and refusals as plain codes
  data$tagged <- haven::labelled(
    ifelse(data$code < 0, haven::tagged_na("a"), data$code),
    c(Refused = haven::tagged_na("a"), worry[3:5])
  )
  data$worry <- haven::labelled(data$code, worry)
  file <- withr::local_tempfile(fileext = ".dta")
  haven::write_dta(
    data[c("worry", "tagged", "home", "weight", "stratum", "psu", "age")], file
  )
  read <- haven::read_dta(file)
  expect_identical(
    numbers(quiet(ioi_proportion(designed(read), tagged, by = home))), numbers(expected)
  )
  expect_warned(ioi_proportion(designed(read), worry, by = home), c("-9", "-8"), "worry")
  expect_identical(
    numbers(quiet(
      ioi_proportion(designed(read), worry, by = home, missing_codes = c(-9, -8))
    )),
    numbers(expected)
  )
})

# ---- refusals -----------------------------------------------------------------

test_that("negative labelled codes about to be counted are named in a warning", {
  data <- people()
  data$x <- labelled(data$code, worry)
  warned <- expect_warned(ioi_proportion(designed(data), x), c("-9", "-8"), "x")
  expect_identical(warned$labels, c("Refused", "Don't know"))
  expect_match(conditionMessage(warned), "-9 (Refused)", fixed = TRUE)
  expect_match(conditionMessage(warned), "missing_codes")
  counted <- suppressWarnings(ioi_proportion(designed(data), x))
  expect_identical(as.character(counted$category[1:2]), c("Refused", "Don't know"))
  expect_identical(counted$n, rep(500, 6))
  expect_warned(ioi_proportion(designed(data), x, success = "Very"), c("-9", "-8"))
  expect_warned(quiet(ioi_proportion(designed(data), x, missing_codes = -9)), "-8")
  expect_warned(ioi_mean(designed(data), x), c("-9", "-8"), "x")
  expect_warned(ioi_total(designed(data), x), c("-9", "-8"))
  expect_warned(ioi_ratio(designed(data), x, age), c("-9", "-8"), "x")
  expect_warned(ioi_mean(designed(data), age, by = x), c("-9", "-8"), "x")
})

test_that("labels or codes in missing_codes make them missing", {
  data <- people()
  data$x <- labelled(data$code, worry)
  data$clean <- replace(data$code, data$code < 0, NA)
  design <- designed(data)
  expected <- quiet(ioi_proportion(design, text))
  mean <- quiet(ioi_mean(design, clean))
  ratio <- quiet(ioi_ratio(design, age, clean))
  lists <- list(
    c(-9, -8), c("-9", "-8"), c("Refused", "Don't know"), c("Refused", -8), -20:-1
  )
  for (codes in lists) {
    expect_no_warning(got <- quiet(ioi_proportion(design, x, missing_codes = codes)))
    expect_identical(as_table(got)[-1], as_table(expected)[-1])
    counted <- ioi_proportion(design, x, missing_codes = codes, na = "category")
    expect_identical(as.character(counted$category)[5], "Missing")
    expect_ioi_error(
      ioi_proportion(design, x, missing_codes = codes, na = "error"), "data",
      where = which(data$code < 0)[1], count = sum(data$code < 0)
    )
    got <- quiet(ioi_mean(design, x, missing_codes = codes))
    expect_identical(numbers(got, results), numbers(mean, results))
    got <- quiet(ioi_ratio(design, age, x, missing_codes = codes))
    expect_identical(numbers(got, results), numbers(ratio, results))
    expect_ioi_error(
      ioi_mean(design, x, missing_codes = codes, na = "error"), "data",
      where = which(data$code < 0)[1]
    )
  }
  expect_ioi_error(
    ioi_proportion(design, x, missing_codes = "Refusal"), "input",
    arg = "missing_codes"
  )
  expect_ioi_error(
    ioi_mean(design, x, missing_codes = "Refusal"), "input",
    arg = "missing_codes"
  )
})

test_that("missing_codes of a plain column of numbers make them missing", {
  data <- people()
  data$clean <- replace(data$code, data$code < 0, NA)
  design <- designed(data)
  expect_identical(
    numbers(quiet(ioi_mean(design, code, missing_codes = c(-9, -8, -1))), results),
    numbers(quiet(ioi_mean(design, clean)), results)
  )
  expect_identical(
    quiet(ioi_total(design, age, missing_codes = -9)), quiet(ioi_total(design, age))
  )
})

test_that("missing_codes = character() counts without a warning", {
  data <- people()
  data$x <- labelled(data$code, c(Worse = -8, Much_worse = -9, Better = 1))
  design <- designed(data)
  expect_no_warning(got <- ioi_proportion(design, x, missing_codes = character()))
  expect_identical(as.character(got$category[1:2]), c("Much_worse", "Worse"))
  expect_no_warning(ioi_mean(design, age, by = x, missing_codes = character()))
  expect_identical(
    ioi_proportion(design, place, missing_codes = character()),
    ioi_proportion(design, place)
  )
})

test_that("refusals in `by` are left out by missing_codes, other codes are not", {
  data <- people()
  data$x <- labelled(data$code, worry)
  data$answer <- ifelse(data$age > 40, "1", "2")
  design <- designed(data)
  expected <- quiet(ioi_proportion(design, answer, by = text))
  for (codes in list(c(-9, -8), c("Refused", "Don't know"))) {
    said <- expect_message(
      expect_no_warning(
        got <- ioi_proportion(design, answer, by = x, missing_codes = codes)
      ),
      class = "ioi_message_missing"
    )
    expect_identical(said$ungrouped, as.double(sum(data$code < 0)))
    expect_identical(as.character(got$x), as.character(expected$text))
    expect_identical(numbers(got), numbers(expected))
  }
  # of both outcome and groups
  data$both <- ifelse(data$age > 60, "-9", data$answer)
  data$clean <- ifelse(data$age > 60, NA, data$answer)
  got <- quiet(ioi_proportion(designed(data), both, by = x, missing_codes = c(-9, -8)))
  expected <- quiet(ioi_proportion(designed(data), clean, by = text))
  expect_identical(numbers(got), numbers(expected))
  # 1 is an answer that is missing here, and a group
  got <- quiet(ioi_proportion(design, answer, by = x, missing_codes = c(-9, -8, 1)))
  expect_true("Very" %in% got$x)
  expect_identical(unique(got$category), "2")
  expect_ioi_error(
    quiet(ioi_proportion(design, answer, by = x, missing_codes = c(-9, -7))), "input",
    arg = "missing_codes"
  )
})

test_that("refusals that nobody in the subset gave raise no warning and no row", {
  data <- people()
  data$x <- labelled(data$code, worry)
  inside <- ioi_subset(designed(data), x > 0)
  expected <- ioi_proportion(ioi_subset(designed(data), code > 0), text)
  expect_no_warning(got <- ioi_proportion(inside, x))
  expect_identical(as_table(got)[-1], as_table(expected)[-1])
  expect_no_warning(ioi_mean(inside, x))
  expect_no_warning(ioi_total(inside, by = x))
  expect_warned(ioi_mean(ioi_subset(designed(data), x > -9), x), "-8")
  data <- data[data$code > 0, ]
  data$x <- labelled(data$code, worry)
  expect_no_warning(got <- ioi_proportion(designed(data), x))
  expect_identical(levels(got$category), c("Very", "Fairly", "3", "Not at all"))
})

# ---- the design ---------------------------------------------------------------

test_that("the warning names the column, and advises what the function can do", {
  skip_if_not_installed("haven")
  data <- data.frame(
    eth = structure(c(1, 2, -9, 1, 2, 1), labels = c(White = 1, Asian = 2, Refused = -9),
      class = c("haven_labelled", "vctrs_vctr", "double")
    ),
    area = c("a", "b", "a", "b", "b", "a"), x = 1:6
  )
  said <- function(expr) conditionMessage(expect_warning(expr, class = "ioi_warning_missing_code"))
  expect_match(said(ioi_mean(data, x, by = eth)), "counted in eth.*`missing_codes` if")
  segregation <- said(ioi_segregation(data, eth, area))
  expect_match(segregation, "counted in eth.*Make them")
  expect_no_match(segregation, "missing_codes = character")
  inside <- ioi_subset(ioi_design(data), eth > 0)
  expect_warning(got <- ioi_segregation(inside, eth, area), NA)
  expect_equal(got$estimate, ioi_segregation(data[c(1, 2, 4:6), ], eth, area)$estimate)
  error <- expect_ioi_error(ioi_subset(data, eth != "White"), "input", arg = "condition")
  expect_match(conditionMessage(error), "compared by their codes")
})

test_that("labels are taken off weights, strata, PSUs and population counts", {
  data <- people()
  data$count <- 20
  expected <- ioi_proportion(
    ioi_design(data, weights = weight, strata = stratum, psu = psu, fpc = count), place
  )
  data$weight <- labelled(data$weight, c(none = 0))
  data$stratum <- labelled_spss(as.double(data$stratum), c(A = 1, B = 2), na_values = -1)
  data$psu <- labelled(data$psu, c(first = 1L))
  data$count <- labelled(data$count, c(twenty = 20))
  design <- ioi_design(data, weights = weight, strata = stratum, psu = psu, fpc = count)
  expect_identical(numbers(ioi_proportion(design, place)), numbers(expected))
  expect_identical(weights(design), as.double(unclass(data$weight)), ignore_attr = TRUE)
  data$stratum[7] <- -1
  expect_ioi_error(ioi_design(data, strata = stratum), "data", arg = "strata", where = 7)
  data$weight <- labelled(as.character(data$weight), c(none = "0"))
  expect_ioi_error(ioi_design(data, weights = weight), "input", arg = "weights")
})

test_that("13-digit ids are told apart as doubles, text and labelled codes", {
  data <- people()
  expected <- numbers(ioi_proportion(designed(data), place))
  id <- 1234567890000 + data$psu
  for (psu in list(id, sprintf("%.0f", id), labelled(id, c(a = id[1])), id * 1000)) {
    data$psu <- psu
    design <- designed(data)
    expect_match(format(design), "50 PSUs", all = FALSE)
    expect_identical(numbers(ioi_proportion(design, place)), expected)
  }
})

# ---- other classes ------------------------------------------------------------

# Integers of 64 bits in the bits of doubles: high and low halves.
integer64 <- function(x) {
  high <- floor(x / 2^32)
  low <- x - high * 2^32
  low <- ifelse(low >= 2^31, low - 2^32, low)
  low <- replace(as.integer(replace(low, low == -2^31, NA)), is.na(x), 0L)
  half <- rbind(low, as.integer(high))
  half[, is.na(x)] <- c(0L, NA)
  bits <- writeBin(as.vector(half), raw(), endian = "little")
  structure(readBin(bits, "double", length(x), endian = "little"), class = "integer64")
}

test_that("integer64 is read exactly, or refused beyond 2^53", {
  x <- c(
    0, 1, -1, 5, 2^31 - 1, 2^31, 2^31 + 1, -2^31, 2^32 - 1, 2^32, -2^33 - 7,
    1234567890123, 2^53, -2^53, NA
  )
  expect_identical(integer64_numbers(integer64(x), "x"), x)
  expect_identical(integer64_numbers(integer64(numeric()), "x"), numeric())
  expect_ioi_error(
    integer64_numbers(integer64(c(1, 2^53 + 2)), "x"), "input",
    arg = "x", where = 2
  )
  data <- people()
  data$id <- integer64(1234567890000 + data$psu)
  data$years <- integer64(replace(data$age, 3, NA))
  data$area <- integer64(data$region * 1e9)
  design <- ioi_design(data, weights = weight, strata = stratum, psu = id)
  expect_identical(
    numbers(ioi_proportion(design, place)), numbers(ioi_proportion(designed(data), place))
  )
  said <- expect_message(
    got <- quiet(ioi_mean(design, years)),
    class = "ioi_message_converted"
  )
  expect_identical(said$column, "years")
  data$age[3] <- NA
  expect_identical(
    numbers(got, results), numbers(quiet(ioi_mean(designed(data), age)), results)
  )
  expect_message(got <- ioi_total(design, by = area), class = "ioi_message_converted")
  expect_identical(got$area, c(10, 20, 30) * 1e9)
})

test_that("classes of measurements are dropped aloud or refused", {
  data <- people()
  data$metres <- structure(data$age, units = "m", class = "units")
  said <- expect_message(got <- ioi_mean(data, metres), class = "ioi_message_converted")
  expect_identical(numbers(got, results), numbers(ioi_mean(data, age), results))
  data$time <- as.difftime(data$age, units = "hours")
  error <- expect_ioi_error(ioi_mean(data, time), "input", arg = "time")
  expect_match(conditionMessage(error), "units")
  data$day <- as.Date("2011-03-27") + data$age
  expect_ioi_error(ioi_mean(data, day), "input", arg = "day")
  expect_ioi_error(ioi_mean(data, text), "input", arg = "text")
  data$words <- labelled(as.character(data$code), c(Very = "1"))
  expect_ioi_error(ioi_mean(data, words), "input", arg = "words")
  expect_identical(
    ioi_total(data, by = time)$time, as.difftime(sort(unique(data$age)), units = "hours")
  )
})

test_that("tables of counts and estimates take labelled groups", {
  table <- data.frame(
    area = labelled(c(1, 2), c(North = 1, South = 2)), events = c(10, 20),
    population = c(1000, 1500)
  )
  got <- ioi_rate(table, events, population, by = area)
  expect_identical(as.character(got$area), c("North", "South"))
  plain <- transform(table, area = c("North", "South"))
  expect_identical(got$estimate, ioi_rate(plain, events, population, by = area)$estimate)
  gap <- ioi_parity(table, area, "South", events = events, population = population)
  expected <- ioi_parity(plain, area, "South", events = events, population = population)
  expect_identical(gap$estimate, expected$estimate)
  expect_identical(as.character(gap$group), as.character(expected$group))
})

# ---- designs of srvyr ---------------------------------------------------------

# A design of the survey package as srvyr's group_by() leaves it.
grouped_design <- function(design, ...) {
  design$variables <- dplyr::group_by(design$variables, ...)
  class(design) <- c("grouped_svy", "tbl_svy", class(design))
  attr(design, "survey_vars") <- list(ids = "psu")
  design
}

test_that("the groups of a tbl_svy are part of `by`, said once", {
  skip_if_not_installed("survey")
  skip_if_not_installed("dplyr")
  data <- people()
  whole <- survey::svydesign(
    ids = ~psu, strata = ~stratum, weights = ~weight, data = data
  )
  replicates <- survey::as.svrepdesign(whole, type = "JKn")
  for (design in list(whole, replicates)) {
    expected <- ioi_mean(as_ioi_design(design), age, by = c(place, region))
    tbl <- grouped_design(design, place)
    said <- testthat::capture_messages(got <- ioi_mean(tbl, age, by = region))
    expect_length(said, 1)
    expect_match(said, "place")
    expect_identical(numbers(got, results), numbers(expected, results))
    expect_identical(names(got)[1:2], c("place", "region"))
    expect_message(ioi_proportion(tbl, region), class = "ioi_message_groups")
    ungrouped <- grouped_design(design)
    expect_no_message(got <- ioi_mean(ungrouped, age))
    expect_identical(
      numbers(got, results), numbers(ioi_mean(as_ioi_design(design), age), results)
    )
    inside <- suppressMessages(ioi_mean(ioi_subset(tbl, region == 10), age))
    expect_identical(as.character(inside$place), "North")
  }
})

test_that("a lazy tbl_svy is refused", {
  class <- c("tbl_lazy_svy", "tbl_svy", "survey.design2")
  lazy <- structure(list(variables = 1), class = class)
  expect_ioi_error(as_ioi_design(lazy), "design", field = "variables")
})
