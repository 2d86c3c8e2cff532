# Keys and tallies: the cell a row belongs to whatever type its columns have, and
# sums over cells. Second routes: rowsum(), interaction(), table() of base R.

people <- function(n = 400, seed = 11) {
  set.seed(seed)
  code <- sample(c(3L, 7L, 8L, 40L), n, replace = TRUE)
  data.frame(
    answer = sample(c("no", "yes"), n, replace = TRUE),
    code = code,
    stratum = rep(1:5, length.out = n),
    weight = round(stats::runif(n, 0.5, 4), 3)
  )
}

# The same grouping under another type, in the same order of groups.
retyped <- list(
  double = function(x) as.double(x),
  fraction = function(x) x / 8,
  negative = function(x) x - 100L,
  wide = function(x) x * 50000000L,
  text = function(x) sprintf("%03d", x),
  factor = function(x) factor(x),
  unused = function(x) factor(x, levels = 1:50),
  ordered = function(x) factor(x, ordered = TRUE),
  date = function(x) as.Date("2011-03-27") + x,
  time = function(x) as.POSIXct("2011-03-27 00:00:00", tz = "UTC") + x,
  id = function(x) 1234567890123 + x,
  id_text = function(x) sprintf("%.0f", 1234567890123 + x)
)

test_that("the type of a `by` column changes no number", {
  data <- people()
  expected <- numbers(ioi_proportion(data, answer, by = code))
  for (type in names(retyped)) {
    data$key <- retyped[[type]](data$code)
    got <- ioi_proportion(data, answer, by = key)
    expect_identical(numbers(got), expected, label = type)
    expect_identical(unique(got$key), sort(unique(data$key)), label = type)
  }
})

test_that("a logical is the same as FALSE and TRUE as text", {
  data <- people()
  data$odd <- data$code %% 2 == 1
  data$text <- as.character(data$odd)
  by_logical <- ioi_proportion(data, answer, by = odd)
  expect_identical(by_logical$odd, c(FALSE, FALSE, TRUE, TRUE))
  expect_identical(numbers(by_logical), numbers(ioi_proportion(data, answer, by = text)))
})

test_that("the type of outcome, strata and PSU changes no number", {
  data <- people()
  data$psu <- data$stratum + 5L * match(data$code, c(3L, 7L, 8L, 40L))
  expected <- numbers(ioi_proportion(
    ioi_design(data, weights = weight, strata = stratum, psu = psu), code
  ))
  for (type in names(retyped)) {
    data$key <- retyped[[type]](data$code)
    data$h <- retyped[[type]](data$stratum)
    data$j <- retyped[[type]](data$psu)
    got <- ioi_proportion(ioi_design(data, weights = weight, strata = h, psu = j), key)
    expect_identical(nrow(got), if (type == "unused") 50L else 4L)
    got <- got[got$estimate > 0, ]
    expect_equal(numbers(got), expected, tolerance = 1e-12, label = type)
  }
})

test_that("categories and groups keep their type and the order of their levels", {
  data <- people()
  data$grade <- factor(data$code, levels = c(40, 3, 99, 8, 7), ordered = TRUE)
  got <- ioi_proportion(data, grade, by = answer)
  expect_identical(
    got$category[1:5], factor(c(40, 3, 99, 8, 7), levels(data$grade), ordered = TRUE)
  )
  by_grade <- ioi_proportion(data, answer, by = grade)
  expect_identical(as.character(unique(by_grade$grade)), c("40", "3", "8", "7"))
  expect_s3_class(by_grade$grade, "ordered")
  expect_identical(levels(by_grade$grade), levels(data$grade))
  expect_type(ioi_proportion(data, code)$category, "integer")
  expect_s3_class(
    ioi_proportion(transform(data, day = Sys.Date() + code), day)$category, "Date"
  )
})

test_that("an unused level of `by` gives no row, of the outcome a row of 0", {
  data <- people()
  data$key <- factor(data$code, levels = c(1, 3, 7, 8, 9, 40))
  expect_identical(nrow(ioi_proportion(data, answer, by = key)), 8L)
  out <- ioi_proportion(data, key)
  expect_identical(out$estimate[out$category %in% c(1, 9)], c(0, 0))
  expect_equal(sum(out$estimate), 1)
})

test_that("integers at the ends of their range are told from missing values", {
  largest <- .Machine$integer.max
  data <- data.frame(
    answer = c("a", "b", "a", "b", "a", "a"),
    key = c(-largest, -largest, largest, largest, NA, -largest)
  )
  got <- quiet(ioi_proportion(data, answer, by = key))
  expect_identical(got$key, c(-largest, -largest, largest, largest))
  expect_identical(got$n, c(3, 3, 2, 2))
  data$key <- c(-largest, -largest + 1L, NA, -largest, -largest + 1L, NA)
  got <- quiet(ioi_proportion(data, answer, by = key))
  expect_identical(got$n, c(2, 2, 2, 2))
  data$key <- NA_integer_
  expect_identical(nrow(quiet(ioi_proportion(data, answer, by = key))), 0L)
})

test_that("NA and NaN are missing in every type", {
  data <- people(60)
  gone <- c(2, 31, 60)
  expected <- numbers(quiet(
    ioi_proportion(transform(data, key = replace(code, gone, NA)), answer, by = key)
  ))
  for (type in names(retyped)) {
    data$key <- retyped[[type]](data$code)
    data$key[gone] <- NA
    expect_identical(
      numbers(quiet(ioi_proportion(data, answer, by = key))), expected,
      label = type
    )
  }
  data$key <- as.double(data$code)
  data$key[gone] <- NaN
  expect_identical(numbers(quiet(ioi_proportion(data, answer, by = key))), expected)
})

test_that("columns in compact form are read in place", {
  data <- data.frame(row = 1:50, answer = rep(c("a", "b"), 25))
  expect_identical(ioi_proportion(data, answer, by = row)$n, rep(1, 100))
  design <- ioi_design(transform(data, psu = 1:50), weights = row, psu = psu)
  expect_equal(
    ioi_proportion(design, answer)$estimate,
    c(sum(seq(1, 49, 2)), sum(seq(2, 50, 2))) / sum(1:50)
  )
})

test_that("2,000 groups, numbered as they occur, equal 1,000 and 1,000 in place", {
  set.seed(5)
  rows <- 9000
  data <- data.frame(
    answer = sample(c("a", "b", "c"), rows, replace = TRUE),
    area = sample(2000, rows, replace = TRUE),
    stratum = sample(1:4, rows, replace = TRUE),
    weight = stats::rexp(rows)
  )
  data$psu <- data$stratum * 100 + sample(25, rows, replace = TRUE)
  data$low <- ifelse(data$area <= 1000, data$area, NA)
  data$high <- ifelse(data$area > 1000, data$area, NA)
  for (psu in list(NULL, "psu")) {
    design <- ioi_design(data, weights = weight, strata = stratum, psu = !!psu)
    together <- ioi_proportion(design, answer, by = area)
    halves <- quiet(rbind(
      numbers(ioi_proportion(design, answer, by = low)),
      numbers(ioi_proportion(design, answer, by = high))
    ))
    expect_equal(numbers(together), halves, tolerance = 1e-12)
    expect_null(attr(together, "vcov"))
  }
})

test_that("two `by` columns equal the two pasted into one, in place and numbered", {
  data <- people(900)
  data$area <- rep(1:300, 3)
  for (pair in list(c("code", "stratum"), c("code", "area"))) {
    data$pasted <- paste(
      formatC(data[[pair[1]]], width = 4), formatC(data[[pair[2]]], width = 4)
    )
    design <- ioi_design(data, weights = weight, strata = stratum)
    two <- ioi_proportion(design, answer, by = !!rlang::expr(c(!!!rlang::syms(pair))))
    one <- ioi_proportion(design, answer, by = pasted)
    expect_identical(numbers(two), numbers(one))
    expect_identical(
      paste(formatC(two[[1]], width = 4), formatC(two[[2]], width = 4)), one$pasted
    )
  }
})

# ---- products and their index -------------------------------------------------

key_of <- function(x) ioi:::key_column(x, "x")$key

test_that("products have the combinations that occur, in ascending order", {
  set.seed(2)
  for (rows in c(5, 30000, 400000)) { # a short table, a hash table, a long table
    a <- sample(c(5000, rows + 6)[1 + (rows == 5)], rows, replace = TRUE)
    b <- sample(c(NA, 1:6, 8), rows, replace = TRUE)
    keys <- list(key_of(a), key_of(c(b, 1, 8)))
    product <- ioi:::add_product(keys, 1:2, rows, dense = 0)
    expect_identical(is.null(product$keys[[3]]$index), rows != 30000)
    levels_a <- keys[[1]]$levels
    code <- (a - min(a)) * 8 + (b - 1)
    expect_identical(product$code, as.double(sort(unique(code))))
    expect_identical(product$keys[[3]]$levels, as.double(length(product$code)))
    back <- ioi:::split_codes(product$code, c(levels_a, 8))
    expect_identical(back[[1]] * 8 + back[[2]], product$code)
    rows_of <- list(n = list(kind = "rows", over = 3))
    n <- ioi:::tally_rows(product$keys, rows, sums = rows_of)$n
    expect_identical(n, as.double(table(code)))
    # a product of it, and that of all its codes
    again <- ioi:::add_product(product$keys, c(3, 2), rows, dense = 0)
    expect_identical(again$code %/% 8, as.double(seq_along(product$code) - 1))
    expect_identical(again$code %% 8, product$code %% 8)
  }
})

test_that("a product small enough is not indexed", {
  keys <- list(key_of(c(1L, 2L, 2L)), key_of(c("a", "b", "a")))
  product <- ioi:::add_product(keys, 1:2, 3, dense = 4)
  expect_null(product$code)
  n <- ioi:::tally_rows(product$keys, 3, sums = list(n = list(kind = "rows", over = 3)))$n
  expect_identical(n, c(1, 0, 1, 1))
})

test_that("more combinations than a double can number are an error", {
  key <- list(value = 1L, first = 1L, map = NULL, levels = 2^30)
  expect_ioi_error(ioi:::add_product(list(key, key), 1:2, 1, dense = 4), "input")
})

test_that("a level that is mapped away takes no part, also when mapped twice", {
  key <- ioi:::key_remap(key_of(c(1L, 2L, 3L, NA)), c(1, -1, 0), 2)
  count <- function(key) {
    ioi:::tally_rows(list(key), 4, sums = list(n = list(kind = "rows", over = 1)))$n
  }
  expect_identical(count(key), c(1, 1))
  expect_identical(count(ioi:::key_remap(key, c(-1, 0), 1)), 1)
})

# ---- tallies ------------------------------------------------------------------

tally_setup <- function(rows, seed = 1) {
  set.seed(seed)
  list(
    group = sample(c(NA, 1:9), rows, replace = TRUE),
    weight = ifelse(stats::runif(rows) < 0.1, 0, stats::rexp(rows)),
    x = stats::rnorm(rows)
  )
}

sums_of <- function(over) {
  list(
    rows = list(kind = "rows", over = over), n = list(kind = "n", over = over),
    w = list(kind = "w", over = over), ww = list(kind = "ww", over = over),
    wx = list(kind = "w", over = over, x = 1),
    wi = list(kind = "w", over = over, x = 2)
  )
}

tally_of <- function(s, ...) {
  rows <- length(s$group)
  ioi:::tally_rows(
    list(key_of(s$group)), rows, s$weight,
    values = list(s$x, s$group), sums = sums_of(1), ...
  )
}

test_that("every kind of sum equals rowsum()", {
  s <- tally_setup(5000)
  s$group[is.na(s$group)] <- 1L
  got <- tally_of(s)
  by <- function(x) as.vector(rowsum(x, s$group))
  expect_identical(got$rows, as.double(table(s$group)))
  expect_identical(got$n, by(as.double(s$weight > 0)))
  expect_equal(got$w, by(s$weight), tolerance = 1e-13)
  expect_equal(got$ww, by(s$weight^2), tolerance = 1e-13)
  expect_equal(got$wx, by(s$weight * s$x), tolerance = 1e-12)
  expect_equal(got$wi, by(s$weight * s$group), tolerance = 1e-13)
})

test_that("integer weights are numbers, and no weights are ones", {
  s <- tally_setup(3000)
  s$weight <- sample(0:4, 3000, replace = TRUE)
  whole <- tally_of(s)
  s$weight <- as.double(s$weight)
  expect_identical(whole, tally_of(s))
  s$weight <- NULL
  ones <- tally_of(s)
  expect_identical(ones$w, ones$rows)
  expect_identical(ones$ww, ones$rows)
})

test_that("chunks of any length give the same sums of whole numbers", {
  s <- tally_setup(3000)
  s$weight <- as.double(sample(0:4, 3000, replace = TRUE))
  s$x <- as.double(sample(9, 3000, replace = TRUE))
  whole <- tally_of(s)
  for (chunk in c(1, 7, 511, 512, 513, 2999, 3000, 1e6)) {
    expect_identical(tally_of(s, chunk = chunk), whole)
  }
})

test_that("one thread and two give the same bits", {
  s <- tally_setup(150000)
  run <- function(threads, ...) {
    old <- options(ioi.threads = threads)
    on.exit(options(old))
    tally_of(s, ...)
  }
  for (chunk in c(1000, 8192, 70000)) {
    expect_identical(run(1, chunk = chunk), run(2, chunk = chunk))
  }
  expect_identical(run(NULL, chunk = 4096), run(1, chunk = 4096))
  expect_identical(run(1), run(2))
})

test_that("shards tallied apart and merged in order are the whole", {
  s <- tally_setup(10000)
  shard <- function(from, rows, ...) tally_of(s, range = c(from, rows), ...)
  whole <- tally_of(s, chunk = 2500)
  shards <- lapply(c(0, 2500, 5000, 7500), shard, rows = 2500)
  expect_identical(Reduce(ioi:::tally_merge, shards), whole)
  uneven <- Reduce(ioi:::tally_merge, list(
    shard(0, 1), shard(1, 0), shard(1, 4321), shard(4322, 5678, chunk = 100)
  ))
  expect_equal(uneven, whole, tolerance = 1e-12)
  expect_identical(uneven[c("rows", "n")], whole[c("rows", "n")])
})

test_that("merging is adding, in any order of shards", {
  s <- tally_setup(4000)
  a <- tally_of(s, range = c(0, 1500))
  b <- tally_of(s, range = c(1500, 2500))
  expect_identical(ioi:::tally_merge(a, b), ioi:::tally_merge(b, a))
})

# ---- columns of the wrong kind ------------------------------------------------

test_that("a column that cannot be a key is an error that names the argument", {
  data <- people(20)
  data$list <- as.list(data$code)
  data$matrix <- cbind(data$code, data$code)
  data$frame <- data.frame(a = data$code)
  data$complex <- data$code + 1i
  data$raw <- as.raw(data$code)
  data$posixlt <- as.POSIXlt(Sys.time() + data$code)
  for (bad in c("list", "matrix", "frame", "complex", "raw", "posixlt")) {
    expect_ioi_error(ioi_proportion(data, !!bad), "input", arg = "outcome")
    expect_ioi_error(
      ioi_proportion(data, !!bad, na = "category"), "input", arg = "outcome"
    )
    expect_ioi_error(ioi_proportion(data, answer, by = !!bad), "input", arg = "by")
    expect_ioi_error(ioi_design(data, strata = !!bad), "input", arg = "strata")
    expect_ioi_error(ioi_design(data, psu = !!bad), "input", arg = "psu")
  }
})

# The label of each row.
labels_by_row <- function(column, rows) {
  column$labels[.Call(ioi:::ioi_r_levels, list(column$key), 1L, rows) + 1L]
}

test_that("text in two encodings is one level; missing text has none", {
  utf8 <- "caf\u00e9"
  latin1 <- iconv(utf8, "UTF-8", "latin1")
  key <- key_column(c(utf8, NA, latin1, "b", utf8), "x")
  expect_equal(labels_by_row(key, 5), c(utf8, NA, utf8, "b", utf8))
  expect_equal(key$key$levels, 2)
  many <- as.character(sample(1e5))
  expect_identical(key_column(many, "x")$labels, sort(many))
  expect_identical(labels_by_row(key_column(many, "x"), 1e5), many)
  again <- rep(many, 3)[-2] # a row that is not where the order of those before has it
  expect_identical(labels_by_row(key_column(again, "x"), 3e5 - 1), again)
  expect_equal(key_column(NA_character_, "x")$key$levels, 0)
})
