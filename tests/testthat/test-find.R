# From everyday words to the framework: lists of keywords with the domains that a
# practitioner would expect, spelling, plurals, slips.

keywords <- read.csv(
  test_path("cases", "find_keywords.csv"),
  colClasses = "character"
)

# Pairs of keyword and domain found in the first 20 results.
pairs_found <- function(keywords) {
  unlist(Map(function(keyword, ids) {
    got <- suppressMessages(ioi_find(keyword))
    strsplit(ids, ";")[[1]] %in% unlist(strsplit(got$domain_id, ";"))
  }, keywords$keyword, keywords$domain_ids))
}

test_that("nine in ten pairs of keyword and domain are in the first 20 results", {
  expect_gt(sum(lengths(strsplit(keywords$domain_ids, ";"))), 500)
  for (part in split(keywords, keywords$part)) {
    expect_gte(mean(pairs_found(part)), 0.95)
  }
})

test_that("a result says what and where it is, best first", {
  got <- ioi_find("jobs")
  expect_identical(names(got), c("type", "id", "domain_id", "name", "score"))
  expect_lte(nrow(got), 20)
  expect_identical(got$id[1], "1")
  expect_identical(got$type[1], "domain")
  expect_true(all(got$type %in% c("domain", "indicator", "practice")))
  expect_false(is.unsorted(-got$score))
  expect_true(all(got$score > 0 & got$score <= 1))
  expect_identical(nrow(ioi_find("jobs", n = 3)), 3L)
  every <- c(
    ioi_domains()$domain_id, ioi_indicators()$indicator_id,
    ioi_indicators(framework = "communities")$indicator_id, ioi_practices()$practice_id
  )
  expect_true(all(got$id %in% every))
  expect_identical(anyDuplicated(got$id), 0L)
})

test_that("an exact name leads to its indicator", {
  first <- function(text) {
    got <- ioi_find(text, n = 6)
    got$id[got$type == "indicator"][1]
  }
  expect_identical(first("stopped and searched by police"), "12.8")
  expect_identical(first("registered with a GP"), "4.2")
  expect_identical(first("hate crime"), "12.6")
  expect_identical(first("do people from different backgrounds get on here?"), "7.8")
  expect_identical(first("infant mortality"), "4.11")
  expect_identical(first("zero-hours contracts"), "1.5")
})

test_that("plurals, spelling and slips change little", {
  same <- function(a, b) expect_identical(ioi_find(a)$id[1:2], ioi_find(b)$id[1:2])
  same("neighbours", "neighbors")
  same("naturalisation", "naturalization")
  same("mosque", "Mosques")
  same("wifi", "Wi-Fi")
  same("self-employed", "self employed")
  same("volunteering", "VOLUNTEERING!")
  same("citizenship", "citizenshp") # a letter short
  same("homelessness", "homelesness")
  expect_identical(ioi_find("unemploymnet")$id[1], "1") # two changed places
})

test_that("stems bring the forms of a word together and keep others apart", {
  one <- function(...) length(unique(stem(c(...))))
  expect_identical(one("employ", "employed", "employment", "employer", "employers"), 1L)
  expect_identical(one("segregation", "segregated"), 1L)
  expect_identical(one("religion", "religions", "religious"), 1L)
  expect_identical(one("colour", "color", "colours"), 1L)
  expect_identical(one("organisation", "organization", "organisations"), 1L)
  expect_identical(one("police", "policy"), 2L)
  expect_identical(one("stop", "stopped"), 1L)
})

test_that("words beyond the framework are said not to be there", {
  expect_message(got <- ioi_find("xyzzy"), class = "ioi_message_not_found")
  expect_identical(nrow(got), 0L)
  expect_identical(names(got), c("type", "id", "domain_id", "name", "score"))
})

test_that("a text that is no phrase is an error", {
  expect_error(ioi_find(c("a", "b")), class = "ioi_error_input")
  expect_error(ioi_find(NA), class = "ioi_error_input")
  expect_error(ioi_find("?!"), class = "ioi_error_input")
  expect_error(ioi_find("jobs", n = 0), class = "ioi_error_input")
})

test_that("the vocabulary leads only to what there is, in every domain", {
  words <- read.csv(
    system.file("catalogue", "vocabulary.csv", package = "ioi"),
    colClasses = "character"
  )
  expect_setequal(words$domain_id, 1:14)
  ids <- unlist(strsplit(words$ids, ";"))
  every <- c(
    ioi_indicators()$indicator_id, ioi_practices()$practice_id,
    ioi_indicators(framework = "communities")$indicator_id
  )
  expect_true(all(ids %in% every))
})
