# Every indicator of both frameworks runs and equals the routine called directly;
# known variables; recipes.

quiet <- function(x) suppressMessages(x)

# Only the message on whom the data hold.
quiet_but_population <- function(x) {
  withCallingHandlers(x, message = function(m) {
    if (!inherits(m, "ioi_message_population")) invokeRestart("muffleMessage")
  })
}

every_id <- c(
  ioi_indicators()$indicator_id, ioi_indicators(framework = "communities")$indicator_id
)

all_indicators <- function() {
  columns <- c("indicator_id", "name", "routine", "unit", "desired_direction")
  rbind(
    ioi_indicators()[columns], ioi_indicators(framework = "communities")[columns]
  )
}

# Data for each routine, with a group `g` of two levels.
answers <- local({
  set.seed(41)
  n <- 240
  data.frame(
    g = rep(c("a", "b"), each = n / 2), answer = sample(c("yes", "no", "so so"), n, TRUE),
    score = round(rnorm(n, 50, 9)), w = runif(n, 0.5, 2), unit = sample(8, n, TRUE),
    ethnic = sample(c("one", "two"), n, TRUE)
  )
})
counts <- data.frame(g = c("a", "b"), events = c(40, 75), people = c(900, 1200))
bands <- data.frame(
  g = rep(c("a", "b"), each = 19), age = c(0, 1, seq(5, 85, 5)),
  deaths = rep(c(3, 1, 1, 1, 2, 2, 3, 3, 5, 8, 12, 18, 25, 40, 60, 90, 120, 150, 300), 2),
  people = rep(c(900, 3500, rep(4000, 12), 3000, 2500, 2000, 1500, 1200), 2),
  healthy = rep(seq(0.98, 0.4, length.out = 19), 2)
)

# The call through the indicator and the direct one, for a routine.
both_ways <- function(id, routine, unit) {
  per <- suppressWarnings(as.numeric(gsub(",", "", sub("^per ([0-9,]+).*$", "\\1", unit))))
  design <- ioi_design(answers, weights = w)
  switch(routine,
    proportion = list(
      ioi_measure(counts, id, events = events, population = people, by = g),
      ioi_rate(counts, events, people, by = g, per = 1, ci = "wilson")
    ),
    weighted_proportion = list(
      ioi_measure(answers, id, outcome = answer, success = "yes", weights = w, by = g),
      ioi_proportion(design, answer, by = g, success = "yes")
    ),
    category_distribution = list(
      ioi_measure(design, id, outcome = answer, by = g),
      ioi_proportion(design, answer, by = g)
    ),
    dissimilarity_index = list(
      ioi_measure(answers, id, group = ethnic, unit = unit, by = g),
      ioi_segregation(answers, ethnic, unit, by = g)
    ),
    representation_ratio = list(
      ioi_measure(counts, id, group = g, count = events, population = people),
      subset(
        ioi_representation(counts, g, events, people),
        measure == "ratio"
      )
    ),
    count_poisson = list(
      ioi_measure(counts, id, events = events, by = g),
      ioi_rate(transform(counts, one = 1), events, one, by = g, per = 1, ci = "byar")
    ),
    rate_byar = list(
      ioi_measure(counts, id, events = events, population = people, by = g),
      ioi_rate(counts, events, people, by = g, per = per, ci = "byar")
    ),
    directly_standardised_rate = list(
      ioi_measure(bands, id, events = deaths, population = people, age = age, by = g),
      ioi_standardise(bands, deaths, people, age, "esp2013", by = g, per = per)
    ),
    weighted_mean = ,
    duration_mean = list(
      ioi_measure(answers, id, x = score, weights = w, by = g),
      ioi_mean(design, score, by = g)
    ),
    years_of_life_lost = list(
      ioi_measure(bands, id, age = age, deaths = deaths, population = people, by = g),
      ioi_years_lost(bands, age, deaths, people, by = g)
    ),
    healthy_life_expectancy_sullivan = list(
      ioi_measure(
        bands, id,
        age = age, deaths = deaths, population = people, healthy = healthy, by = g
      ),
      ioi_life_expectancy(bands, age, deaths, people, by = g, healthy = healthy)
    )
  )
}

test_that("every indicator runs and equals its routine called directly", {
  table <- all_indicators()
  expect_identical(nrow(table), 173L + 20L + 29L)
  for (row in seq_len(nrow(table))) {
    one <- table[row, ]
    pair <- quiet(both_ways(one$indicator_id, one$routine, one$unit))
    got <- pair[[1]]
    expect_s3_class(got, "ioi_estimate")
    expect_identical(unique(got$indicator_id), one$indicator_id)
    plain <- function(x) as.data.frame(x)[setdiff(names(x), "indicator_id")]
    expect_equal(plain(got), plain(pair[[2]]), info = one$indicator_id)
    expect_equal(attr(got, "vcov"), attr(pair[[2]], "vcov"), info = one$indicator_id)
    about <- attr(got, "info")$indicator
    expect_identical(about$name, one$name)
    expect_identical(about$direction, one$desired_direction)
    expect_identical(about$unit, one$unit)
    expect_true(nzchar(about$definition))
  }
})

test_that("shares of records take answers as well, and counts go with surveys", {
  got <- quiet(ioi_measure(answers, "2.4", outcome = answer, success = "yes", by = g))
  plain <- tapply(answers$answer == "yes", answers$g, mean)
  expect_equal(got$estimate, as.vector(plain))
  got <- ioi_measure(counts, "7.8", events = events, population = people)
  expect_equal(got$estimate, 115 / 2100)
  expect_true(got$estimate < 1)
})

test_that("a number of events, with and without a column and a population", {
  got <- quiet(ioi_measure(counts, "C20", events = events))
  expect_equal(got$estimate, 115)
  limits <- poisson.test(115)$conf.int
  expect_equal(c(got$conf.low, got$conf.high), as.vector(limits), tolerance = 0.003)
  rows <- data.frame(force = c("x", "x", "y"))
  expect_equal(quiet(ioi_measure(rows, "C20a", by = force))$estimate, c(2, 1))
  rate <- ioi_measure(counts, "13.6", events = events, population = people)
  expect_equal(rate$estimate, 115 / 2100 * 1e5)
  exact <- quiet(ioi_measure(counts, "C20", events = events, ci = "exact"))
  expect_equal(c(exact$conf.low, exact$conf.high), as.vector(limits), tolerance = 1e-6)
})

test_that("categories in counts: shares, Wilson's limits, multinomial covariance", {
  table <- data.frame(
    g = c("a", "a", "b", "b", "b"), kind = c("x", "y", "x", "y", "y"), n = c(30, 70, 5, 6, 9)
  )
  got <- ioi_measure(table, "1.5", category = kind, count = n, by = g)
  expect_equal(got$estimate, c(0.3, 0.7, 0.25, 0.75))
  expect_identical(got$category, c("x", "y", "x", "y"))
  expect_equal(got$n, c(100, 100, 20, 20))
  wilson <- prop.test(30, 100, correct = FALSE)$conf.int
  expect_equal(c(got$conf.low[1], got$conf.high[1]), as.vector(wilson))
  expect_equal(vcov(got)[1, 2], -0.3 * 0.7 / 100, ignore_attr = TRUE)
  expect_equal(vcov(got)[1, 3], 0, ignore_attr = TRUE)
  expect_named(got, c(
    "g", "indicator_id", "outcome", "category", "estimate", "std.error", "conf.low",
    "conf.high", "events", "n", "flag"
  ))
})

test_that("a mean takes aggregated rows too", {
  table <- data.frame(m = c(10, 20), s = c(2, 3), n = c(50, 60))
  expect_equal(
    ioi_measure(table, "4.40", mean = m, sd = s, n = n)$estimate, (500 + 1200) / 110
  )
})

test_that("known variables are recognised by name, said, and used", {
  survey <- ioi_example_survey(600)
  got <- NULL
  message <- NULL
  withCallingHandlers(
    got <- ioi_measure(survey, "6.1", by = ethnic_group),
    ioi_message_recognised = function(m) {
      message <<- m
      invokeRestart("muffleMessage")
    },
    message = function(m) invokeRestart("muffleMessage")
  )
  expect_identical(message$found$outcome, "FrndSat1")
  expect_identical(message$found$weights, "weight")
  expect_match(conditionMessage(message), "Definitely agree")
  design <- ioi_design(survey, weights = weight, strata = region, psu = psu)
  want <- quiet(ioi_proportion(
    design, FrndSat1,
    by = ethnic_group, success = c("Definitely agree", "Tend to agree")
  ))
  expect_equal(got$estimate, want$estimate)
  expect_equal(got$std.error, want$std.error)
  # every listing of one indicator
  for (id in c("6.6", "7.6", "13.10", "C5a")) {
    expect_identical(quiet(ioi_measure(survey, id))$outcome, "SBeNeigh")
  }
})

test_that("by label, with codes and refusals, and in the answers of other surveys", {
  labelled <- ioi_example_survey(600, labelled = TRUE)
  names(labelled)[names(labelled) == "STogeth"] <- "q17"
  got <- quiet(ioi_measure(labelled, "7.8"))
  plain <- quiet(ioi_measure(ioi_example_survey(600), "7.8"))
  expect_identical(got$outcome, "q17")
  expect_equal(got$estimate, plain$estimate)
  expect_no_warning(quiet(ioi_measure(labelled, "7.8")))
  numbered <- data.frame(sbeneigh = c("1. Very strongly", "2. Fairly strongly", "4. Refused"))
  expect_equal(quiet(ioi_measure(numbered, "6.6"))$n, 2)
  refused <- data.frame(SBeNeigh = c("Very strongly", "Not very strongly", "Refused", "Don't know"))
  expect_equal(quiet(ioi_measure(refused, "6.6"))$estimate, 0.5)
  people <- subset(census_2011_people, age_band %in% c("25 to 34", "35 to 44"))
  active <- grepl("^Economically active", people$economic_activity)
  got <- quiet(ioi_measure(people, "C17", outcome = economic_activity))
  share <- mean(people$economic_activity[active] == "Economically active: Unemployed")
  expect_equal(got$estimate, share)
  expect_equal(got$n, sum(active))
})

test_that("what the user gives comes first; weights can be refused", {
  survey <- ioi_example_survey(600)
  plain <- quiet(ioi_measure(survey, "6.6", weights = NULL, strata = NULL, psu = NULL))
  yes <- survey$SBeNeigh %in% c("Very strongly", "Fairly strongly")
  expect_equal(plain$estimate, sum(yes) / sum(!is.na(survey$SBeNeigh)))
  own <- quiet(ioi_measure(survey, "6.6", success = "Very strongly"))
  design <- ioi_design(survey, weights = weight, strata = region, psu = psu)
  want <- quiet(ioi_proportion(design, SBeNeigh, success = "Very strongly"))
  expect_equal(own$estimate, want$estimate)
  other <- quiet(
    ioi_measure(design, "6.6", outcome = SBeGB, success = "Very strongly", level = 0.9)
  )
  expect_identical(other$outcome, "SBeGB")
  expect_identical(attr(other, "info")$level, 0.9)
})

test_that("six lines lead from a labelled file to the gap and a chart", {
  skip_if_not_installed("haven")
  skip_if_not_installed("ggplot2")
  file <- withr::local_tempfile(fileext = ".sav")
  haven::write_sav(ioi_example_survey(900, labelled = TRUE), file)
  survey <- haven::read_sav(file)
  belonging <- quiet(ioi_measure(survey, "6.6", by = ethnic_group))
  gap <- ioi_parity(belonging, ethnic_group, "White British")
  withr::local_pdf(NULL)
  chart <- plot(gap)
  expect_s3_class(chart, "ggplot")
  direct <- ioi_example_survey(900)
  design <- ioi_design(direct, weights = weight, strata = region, psu = psu)
  want <- ioi_parity(quiet(ioi_proportion(
    design, SBeNeigh,
    by = ethnic_group, success = c("Very strongly", "Fairly strongly")
  )), ethnic_group, "White British")
  expect_equal(gap$estimate, want$estimate)
  expect_equal(gap$conf.low, want$conf.low)
})

test_that("an indicator of several parts says so, and is computed part by part", {
  survey <- ioi_example_survey(600)
  got <- quiet(ioi_measure(survey, "C5", by = sex))
  expect_identical(got$indicator_id, rep(c("C5a", "C5b"), each = 2))
  expect_equal(got$estimate[1:2], quiet(ioi_measure(survey, "C5a", by = sex))$estimate)
  expect_message(
    ioi_measure(counts, "C5", events = events, population = people), "C5a; C5b",
    class = "ioi_message_parts"
  )
  expect_message(
    ioi_measure(counts, "4.37", events = events, population = people), "happiness",
    class = "ioi_message_parts"
  )
})

test_that("indicators about women, men or an age keep these alone", {
  survey <- ioi_example_survey(900)
  design <- ioi_design(survey, weights = weight, strata = region, psu = psu)
  working <- ioi_subset(design, sex == "Female" & age >= 16 & age <= 64)
  want <- quiet(ioi_proportion(working, work_status, success = c("Employee", "Self-employed")))
  expect_message(
    got <- quiet_but_population(ioi_measure(survey, "C15a")), "women and age 16 to 64"
  )
  expect_equal(got$estimate, want$estimate)
  expect_equal(got$std.error, want$std.error)
  expect_equal(got$n, want$n)
  # bands of age that no limit cuts; the whole indicator is not split
  people <- census_2011_people
  inside <- people$age_band %in% c("16 to 24", "25 to 34", "35 to 44", "45 to 54", "55 to 64")
  yes <- grepl("Employee|Self-employed", people$economic_activity)
  known <- inside & !is.na(people$economic_activity)
  expect_equal(quiet(ioi_measure(people, "C15"))$estimate, mean(yes[known]))
  men <- known & people$sex == "Male"
  expect_equal(quiet(ioi_measure(people, "C15b"))$estimate, mean(yes[men]))
  # bands that a limit cuts tell nothing: it is said
  people$age_band <- cut(as.integer(people$age_band), c(0, 1, 5, 8), c("0-19", "20-54", "55+"))
  expect_message(
    quiet_but_population(ioi_measure(people, "C15")), "must hold no others"
  )
  # a column named by the user is taken as it stands
  mine <- quiet(ioi_measure(people, "C15b", outcome = economic_activity))
  expect_equal(mine$n, sum(!is.na(people$economic_activity)))
  expect_error(
    quiet(ioi_profile(design, c("C15a", "6.6"))), "same people",
    class = "ioi_error_input"
  )
})

test_that("the table says which indicator it is and which way is better", {
  got <- ioi_measure(counts, "2.4", events = events, population = people, by = g)
  expect_output(print(got), "Indicator: 2.4 % students excluded from school")
  expect_output(print(got), "lower is better")
  got <- ioi_measure(counts, "1.10", events = events, population = people)
  expect_output(print(got), "contextual")
  expect_identical(names(got)[1], "indicator_id")
  kept <- got[got$n > 0, ]
  expect_output(print(kept), "Indicator: 1.10")
})

test_that("recipes are there for every indicator, of its routine", {
  recipes <- read.csv(
    system.file("catalogue", "recipes.csv", package = "ioi"),
    colClasses = "character"
  )
  expect_identical(sort(recipes$indicator_id), sort(every_id))
  table <- all_indicators()
  expect_identical(
    recipes$routine[match(table$indicator_id, recipes$indicator_id)], table$routine
  )
  whole <- recipes$counts == ""
  expect_true(all(grepl("^C[0-9]+$", recipes$indicator_id[whole])))
  expect_true(all(nzchar(recipes$parts[whole])))
  for (id in every_id) {
    got <- ioi_measure_args(id)
    expect_gt(nrow(got), 0)
    expect_true("yes" %in% got$needed || attr(got, "recipe")$routine == "count_poisson")
  }
})

test_that("arguments are told with the recipe", {
  got <- ioi_measure_args("7.8")
  expect_named(got, c("form", "argument", "needed", "holds"))
  expect_identical(got$argument[got$form == "counts"], c("events", "population"))
  recipe <- attr(got, "recipe")
  expect_identical(recipe$same_as, "10.2")
  expect_true("STogeth" %in% recipe$variables$variable)
  expect_output(print(got), "higher is better")
  expect_output(print(got), "Known variables: STogeth")
  expect_identical(attr(ioi_measure_args("c5A"), "recipe")$id, "C5a")
})

test_that("known variables name indicators that there are, and answers a share needs", {
  table <- read.csv(
    system.file("catalogue", "variables.csv", package = "ioi"),
    colClasses = "character"
  )
  outcomes <- table[table$role == "outcome", ]
  expect_true(all(unlist(strsplit(outcomes$ids, ";")) %in% every_id))
  survey <- ioi_example_survey(300)
  mine <- outcomes[outcomes$survey == "Example survey", ]
  expect_true(all(mine$variable %in% names(survey)))
  for (row in which(nzchar(mine$yes))) {
    yes <- strsplit(mine$yes[row], "|", fixed = TRUE)[[1]]
    expect_true(any(yes %in% levels(survey[[mine$variable[row]]])))
  }
})

test_that("what is not there is an error that says what is needed", {
  expect_error(ioi_measure(counts, "99.1"), class = "ioi_error_input")
  expect_error(ioi_measure(counts, 6.6), "as text", class = "ioi_error_input")
  expect_error(ioi_measure(counts, "12.1"), "outcome", class = "ioi_error_input")
  expect_error(
    ioi_measure(counts, "4.11", events = events), "population",
    class = "ioi_error_input"
  )
  expect_error(
    ioi_measure(answers, "12.1", outcome = answer), "success",
    class = "ioi_error_input"
  )
  expect_error(ioi_measure(answers, "12.1", answer), "named", class = "ioi_error_input")
  expect_error(
    ioi_measure(counts, "4.11", events = events, population = people, wrong = 1),
    class = "ioi_error_input"
  )
  expect_error(
    ioi_measure(ioi_design(answers), "12.1", outcome = answer, success = "yes", weights = w),
    "design",
    class = "ioi_error_input"
  )
})
