# Ethnicity labels within a named classification.

test_that("spellings of one group meet, within the classification", {
  got <- ioi_match_ethnicity(
    c("Asian/Asian British: Indian", "White - British", "Arab", NA), "18A"
  )
  expect_identical(as.character(got), c("Indian", "White British", "Arab", NA))
  expect_length(levels(got), 18)
  expect_identical(
    as.character(ioi_match_ethnicity("Indian", "18A", level = "parent")), "Asian"
  )
})

test_that("the same word is another group elsewhere, and is never moved", {
  expect_identical(as.character(ioi_match_ethnicity("Chinese", "18A")), "Chinese")
  expect_identical(as.character(ioi_match_ethnicity("Chinese", "5A")), "Other inc Chinese")
  expect_error(ioi_match_ethnicity("Arab", "16A"), class = "ioi_error_data")
})

test_that("totals and unknown labels are NA with a message, or an error", {
  expect_message(got <- ioi_match_ethnicity(c("All", "Pakistani"), "18A"),
    class = "ioi_message_missing"
  )
  expect_identical(as.character(got), c(NA, "Pakistani"))
  expect_error(ioi_match_ethnicity("Klingon", "18A"), class = "ioi_error_data")
  expect_message(
    got <- ioi_match_ethnicity(c("Klingon", "Indian"), "18A", unmatched = "missing"),
    class = "ioi_message_missing"
  )
  expect_identical(as.character(got), c(NA, "Indian"))
  expect_error(ioi_match_ethnicity("Indian", "99Z"), class = "ioi_error_input")
})

test_that("every classification matches its own groups", {
  groups <- read_catalogue("ethnicity_groups")
  for (id in ioi_ethnicity_classifications()$classification) {
    own <- groups[groups$classification == id & groups$required %in% "TRUE", ]
    got <- ioi_match_ethnicity(own$standard, id)
    expect_identical(as.character(got), own$display)
  }
  all <- ioi_ethnicity_classifications()
  expect_identical(all$groups[match(c("18A", "5A"), all$classification)], c(18L, 5L))
})
