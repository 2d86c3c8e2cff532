# The synthetic survey: says that it is synthetic, is the same again, follows its file.

test_that("everything says that the survey is synthetic", {
  got <- ioi_example_survey(200)
  expect_s3_class(got, "ioi_example_survey")
  expect_match(attr(got, "synthetic"), "No row is a real person")
  expect_true(all(grepl("(synthetic)", vapply(got, attr, "", "label"), fixed = TRUE)))
  expect_match(names(tibble::tbl_sum(got)), "SYNTHETIC")
  expect_output(print(got), "SYNTHETIC survey: 200 rows")
})

test_that("a seed gives the same survey and leaves the session's numbers alone", {
  set.seed(1)
  before <- runif(2)
  set.seed(1)
  one <- runif(1)
  first <- ioi_example_survey(300, seed = 7)
  expect_identical(c(one, runif(1)), before)
  expect_identical(first, ioi_example_survey(300, seed = 7))
  expect_false(identical(first, ioi_example_survey(300, seed = 8)))
  withr::with_seed(4, a <- ioi_example_survey(300, seed = NULL))
  withr::with_seed(4, b <- ioi_example_survey(300, seed = NULL))
  expect_identical(a, b)
})

test_that("each domain has a question, and answers are those of the file", {
  file <- read.csv(system.file("catalogue", "example_survey.csv", package = "ioi"))
  got <- ioi_example_survey(1000)
  expect_setequal(file$domain_id, 1:14)
  for (row in seq_len(nrow(file))) {
    levels <- strsplit(file$levels[row], "|", fixed = TRUE)[[1]]
    shares <- as.numeric(strsplit(file$shares[row], "|", fixed = TRUE)[[1]])
    expect_identical(levels(got[[file$variable[row]]]), levels)
    expect_length(shares, length(levels))
    expect_equal(sum(shares), 1)
  }
})

test_that("shares near those of the file in the group they are for", {
  got <- ioi_example_survey(40000, seed = 3)
  plain <- got$ethnic_group == "White British" & got$sex == "Male" & got$age %in% 42:52 &
    got$disability == "No" & got$country_of_birth == "UK"
  share <- function(variable, levels) {
    answered <- plain & !is.na(got[[variable]])
    mean(got[[variable]][answered] %in% levels)
  }
  # effects of place and person pull shares a little towards one half
  expect_equal(share("SBeNeigh", c("Very strongly", "Fairly strongly")), 0.62, tolerance = 0.08)
  expect_equal(share("STogeth", c("Definitely agree", "Tend to agree")), 0.80, tolerance = 0.08)
  expect_equal(share("library_member", "Yes"), 0.38, tolerance = 0.08)
  refused <- mean(is.na(got$SBeNeigh))
  expect_gt(refused, 0.017)
  expect_lt(refused, 0.023)
})

test_that("questions are put to those whom they concern", {
  got <- ioi_example_survey(2000)
  expect_true(all(got$work_status[!is.na(got$contract)] == "Employee"))
  expect_true(all(got$main_language[!is.na(got$english)] == "Other"))
  expect_true(all(got$age[!is.na(got$learning_or_work)] < 25))
  expect_identical(is.na(got$years_in_uk), got$country_of_birth == "UK")
  expect_true(all(got$years_in_uk < got$age, na.rm = TRUE))
})

test_that("the sample is one that a design takes, and weights matter", {
  got <- ioi_example_survey(2000)
  expect_equal(mean(got$weight), 1)
  design <- ioi_design(got, weights = weight, strata = region, psu = psu)
  weighted <- ioi_proportion(design, ethnic_group)
  plain <- mean(got$ethnic_group == "White British")
  expect_gt(weighted$estimate[1], plain + 0.03)
  expect_true(all(table(unique(got[c("region", "psu")])$region) > 1))
})

test_that("labelled columns hold the same answers with the refusals", {
  plain <- ioi_example_survey(500)
  got <- ioi_example_survey(500, labelled = TRUE)
  code <- as.vector(unclass(got$SBeNeigh))
  expect_identical(unique(sort(code[code < 0])), c(-9, -8))
  expect_identical(is.na(plain$SBeNeigh), code < 0)
  expect_identical(as.integer(plain$SBeNeigh)[code > 0], as.integer(code[code > 0]))
  expect_identical(names(attr(got$SBeNeigh, "labels"))[1:2], c("Refused", "Don't know"))
  expect_identical(plain$weight, got$weight)
})

test_that("a size or seed that cannot be used is an error", {
  expect_error(ioi_example_survey(10), class = "ioi_error_input")
  expect_error(ioi_example_survey(NA), class = "ioi_error_input")
  expect_error(ioi_example_survey(300, seed = 1.5), class = "ioi_error_input")
  expect_error(ioi_example_survey(300, labelled = NA), class = "ioi_error_input")
})
