# Several indicators in one pass: the same numbers as one by one; breakdowns.

quiet <- function(x) suppressMessages(x)
survey <- ioi_example_survey(900, seed = 5)
design <- ioi_design(survey, weights = weight, strata = region, psu = psu)
ids <- c("6.6", "7.8", "1.5", "13.8")

# Rows of `profile` for an indicator and the groups of `by`.
rows_for <- function(profile, id, by, others = character()) {
  keep <- profile$indicator_id == id
  for (name in by) keep <- keep & profile[[name]] != "Everyone"
  for (name in others) keep <- keep & profile[[name]] == "Everyone"
  profile[keep, ]
}
numbers <- c("estimate", "std.error", "conf.low", "conf.high", "n", "n.effective", "df", "deff")

test_that("each row equals the indicator measured alone", {
  got <- quiet(ioi_profile(design, ids, by = c(sex, ethnic_group)))
  expect_s3_class(got, "ioi_estimate")
  for (id in ids) {
    for (name in c("sex", "ethnic_group")) {
      other <- setdiff(c("sex", "ethnic_group"), name)
      alone <- quiet(ioi_measure(design, id, by = tidyselect::all_of(name)))
      mine <- rows_for(got, id, name, other)
      expect_equal(as.data.frame(mine)[numbers], as.data.frame(alone)[numbers])
      expect_identical(as.character(mine[[name]]), as.character(alone[[name]]))
      expect_equal(vcov(mine), vcov(alone), ignore_attr = TRUE)
    }
    whole <- quiet(ioi_measure(design, id))
    mine <- got[got$indicator_id == id & got$sex == "Everyone" & got$ethnic_group == "Everyone", ]
    expect_equal(as.data.frame(mine)[numbers], as.data.frame(whole)[numbers])
  }
})

test_that("gaps of a profile are those of the indicator alone", {
  got <- quiet(ioi_profile(design, ids, by = ethnic_group))
  mine <- ioi_parity(rows_for(got, "7.8", "ethnic_group"), ethnic_group, "White British")
  alone <- ioi_parity(
    quiet(ioi_measure(design, "7.8", by = ethnic_group)), ethnic_group, "White British"
  )
  expect_equal(mine$estimate, alone$estimate)
  expect_equal(mine$std.error, alone$std.error)
  expect_equal(mine$df, alone$df)
})

test_that("replicate weights, subsets and plain data frames go the same way", {
  replicated <- ioi_replicate(design, "JKn")
  subset <- ioi_subset(design, age < 50)
  for (one in list(replicated, subset, ioi_design(survey))) {
    got <- quiet(ioi_profile(one, c("6.6", "7.8"), by = sex))
    for (id in c("6.6", "7.8")) {
      alone <- quiet(ioi_measure(one, id, by = sex))
      mine <- rows_for(got, id, "sex")
      expect_equal(as.data.frame(mine)[numbers], as.data.frame(alone)[numbers])
    }
  }
})

test_that("combinations, and rows without everyone", {
  got <- quiet(ioi_profile(design, "6.6", by = c(sex, disability), cross = TRUE, everyone = FALSE))
  alone <- quiet(ioi_measure(design, "6.6", by = c(sex, disability)))
  expect_equal(as.data.frame(got), as.data.frame(alone), ignore_attr = TRUE)
  expect_identical(levels(got$sex), levels(survey$sex))
  everyone <- quiet(ioi_profile(design, c("6.6", "7.8")))
  expect_identical(everyone$indicator_id, c("6.6", "7.8"))
  expect_identical(names(everyone)[1], "indicator_id")
})

test_that("breakdowns that the framework asks for are reported", {
  expect_message(
    got <- ioi_profile(design, "6.6", by = sex), "not used: age, ethnicity",
    class = "ioi_message_breakdowns"
  ) |> quiet()
  table <- attr(got, "breakdowns")
  expect_identical(table$breakdown, c(
    "gender", "age", "ethnicity", "place", "country of birth", "length of residence",
    "disability"
  ))
  expect_true(all(table$present))
  expect_identical(table$breakdown[table$used], "gender")
  less <- survey[c("SBeNeigh", "sex", "weight")]
  got <- quiet(ioi_profile(less, "6.6"))
  expect_identical(attr(got, "breakdowns")$present, c(TRUE, rep(FALSE, 6)))
  # by label, where the name says nothing
  names(less)[2] <- "v12"
  got <- quiet(ioi_profile(less, "6.6"))
  expect_identical(attr(got, "breakdowns")$columns[1], "v12")
})

test_that("columns given by the user, and rows without an answer counted once", {
  messages <- list()
  got <- withCallingHandlers(
    ioi_profile(
      design, list("12.5" = list(outcome = "harassed", success = "Yes"), "6.6" = NULL)
    ),
    ioi_message_missing = function(m) messages <<- c(messages, list(m)),
    message = function(m) invokeRestart("muffleMessage")
  )
  expect_length(messages, 1)
  expect_equal(
    messages[[1]]$unanswered,
    c(harassed = sum(is.na(survey$harassed)), SBeNeigh = sum(is.na(survey$SBeNeigh)))
  )
  direct <- quiet(ioi_proportion(design, harassed, success = "Yes"))
  expect_equal(got$estimate[1], direct$estimate)
})

test_that("covariances that were not estimated are NA", {
  got <- quiet(ioi_profile(design, c("6.6", "7.8"), by = sex, everyone = FALSE))
  expect_true(all(is.na(vcov(got)[1:2, 3:4])))
  expect_false(anyNA(vcov(got)[1:2, 1:2]))
})

test_that("what cannot be profiled is an error", {
  expect_error(quiet(ioi_profile(design, "4.1")), class = "ioi_error_input")
  expect_error(quiet(ioi_profile(design, "99")), class = "ioi_error_input")
  expect_error(quiet(ioi_profile(design, character())), class = "ioi_error_input")
  expect_error(quiet(ioi_profile(design, "8.7")), "outcome", class = "ioi_error_input")
  expect_error(
    quiet(ioi_profile(design, list("6.6" = list(outcome = "nothing", success = "x")))),
    class = "ioi_error_input"
  )
  expect_error(
    quiet(ioi_profile(design, list("6.6" = list(outcome = "sex")))), "success",
    class = "ioi_error_input"
  )
})

test_that("gaps from everyone have the error of the difference of two linked shares", {
  skip_if_not_installed("survey")
  got <- quiet(ioi_profile(design, "6.6", by = c(sex, ethnic_group)))
  gaps <- ioi_parity(got, sex, "Everyone")
  gaps <- gaps[gaps$ethnic_group == "Everyone" & gaps$group != "Everyone", ]
  answer <- survey$SBeNeigh
  yes <- answer %in% c("Very strongly", "Fairly strongly")
  known <- !is.na(answer)
  share <- function(of) sum(survey$weight[yes & of]) / sum(survey$weight[of])
  part <- function(of) ifelse(of, (yes - share(of)) / sum(survey$weight[of]), 0)
  peer <- survey::svydesign(~psu, strata = ~region, weights = ~weight, data = survey)
  for (k in seq_len(nrow(gaps))) {
    own <- known & survey$sex == as.character(gaps$group[k])
    expect_equal(gaps$estimate[k], share(own) - share(known))
    total <- survey::svytotal(part(own) - part(known), peer)
    expect_equal(gaps$std.error[k], as.vector(survey::SE(total)))
  }
})

test_that("with replicates too; where somebody is in no group it is not known", {
  replicated <- ioi_replicate(design, "JKn")
  got <- quiet(ioi_profile(replicated, "7.8", by = sex))
  gaps <- ioi_parity(got, sex, "Everyone")
  theirs <- ioi_parity(quiet(ioi_profile(design, "7.8", by = sex)), sex, "Everyone")
  expect_equal(gaps$std.error, theirs$std.error, tolerance = 0.02)
  some <- survey
  some$sex[3] <- NA
  got <- quiet(ioi_profile(ioi_design(some, weights = weight), "7.8", by = sex))
  gaps <- ioi_parity(got, sex, "Everyone")
  expect_identical(gaps$flag[gaps$group != "Everyone"], rep("no_limits", 2))
})
