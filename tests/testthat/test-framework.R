# The catalogue: counts, ids and links of the framework and of the note.

test_that("there are 14 domains under four headings", {
  got <- ioi_domains()
  expect_identical(got$domain_id, as.character(1:14))
  expect_identical(got$section, paste0("7.", 1:14))
  expect_identical(
    as.vector(table(factor(got$heading, unique(got$heading)))), c(5L, 3L, 5L, 1L)
  )
  expect_identical(
    unique(got$heading),
    c("Markers and means", "Social connections", "Facilitators", "Foundation")
  )
  expect_identical(sum(got$indicators), 173L)
  expect_identical(sum(got$practices), 121L)
  expect_false(anyNA(got))
  expect_identical(anyDuplicated(got$code), 0L)
})

test_that("there are 173 indicators with text ids", {
  got <- ioi_indicators()
  expect_identical(nrow(got), 173L)
  expect_true(all(vapply(got, is.character, NA)))
  expect_identical(anyDuplicated(got$indicator_id), 0L)
  expect_true(all(c("1.1", "1.10") %in% got$indicator_id))
  # in each domain the ids run from 1 without a gap
  number <- as.integer(sub("^.*[.]", "", got$indicator_id))
  runs <- split(number, as.integer(got$domain_id))
  expect_identical(unname(runs), unname(lapply(lengths(runs), seq_len)))
  expect_identical(sub("[.].*$", "", got$indicator_id), got$domain_id)
  expect_false(anyNA(got[c("name", "measure_type", "unit", "routine")]))
  expect_setequal(got$desired_direction, c("higher", "lower", "contextual"))
})

test_that("known indicators are coded as the framework reads", {
  got <- ioi_indicators()
  row <- function(id) got[got$indicator_id == id, ]
  expect_identical(
    row("7.9")$name,
    "Prevalence of residential segregation (by ethnicity) in the local area"
  )
  expect_identical(row("7.9")$routine, "dissimilarity_index")
  expect_identical(row("7.9")$domain, "social_bridges")
  expect_identical(row("2.4")$desired_direction, "lower")
  expect_identical(row("10.2")$same_as, "7.8")
  expect_identical(row("10.2")$name, row("7.8")$name)
})

test_that("a repeated indicator points to an earlier one", {
  got <- ioi_indicators()
  again <- got[!is.na(got$same_as), ]
  first <- match(again$same_as, got$indicator_id)
  expect_identical(nrow(again), 17L)
  expect_false(anyNA(first))
  expect_true(all(first < match(again$indicator_id, got$indicator_id)))
  expect_true(all(is.na(got$same_as[first])))
})

test_that("domains are found by id, code and name", {
  seven <- ioi_indicators("social_bridges")
  expect_identical(nrow(seven), 9L)
  expect_identical(ioi_indicators(7), seven)
  expect_identical(ioi_indicators("7"), seven)
  expect_identical(ioi_indicators("Social Bridges"), seven)
  expect_identical(
    ioi_indicators("Social bridges \u2013 with people from different backgrounds"), seven
  )
  expect_identical(nrow(ioi_indicators(c("work", "health_social_care"))), 65L)
  expect_identical(unique(ioi_indicators(1)$domain), "work")
  expect_error(ioi_indicators("wrok"), "social_bridges", class = "ioi_error_input")
  expect_error(ioi_indicators(15), class = "ioi_error_input")
  expect_error(ioi_indicators(character()), class = "ioi_error_input")
  expect_error(ioi_indicators(NA), class = "ioi_error_input")
})

test_that("indicators are found by routine", {
  expect_identical(
    ioi_indicators(routine = "dissimilarity_index")$indicator_id, c("2.12", "7.9")
  )
  expect_identical(nrow(ioi_indicators(routine = c("proportion", "rate_byar"))), 61L)
  expect_identical(nrow(ioi_indicators("work", "years_of_life_lost")), 0L)
  expect_error(ioi_indicators(routine = "guess"), "rate_byar", class = "ioi_error_input")
  expect_error(ioi_indicators(routine = 3), class = "ioi_error_input")
  expect_error(ioi_indicators(framework = "uk"), class = "ioi_error_input")
})

test_that("the note has 20 indicators, with parts where it holds several measures", {
  got <- ioi_indicators(framework = "communities")
  whole <- got[is.na(got$part_of), ]
  part <- got[!is.na(got$part_of), ]
  expect_identical(whole$indicator_id, paste0("C", 1:20))
  expect_identical(nrow(part), 29L)
  expect_true(all(c("C5a", "C5b", "C20e") %in% part$indicator_id))
  expect_identical(sub("[a-z]$", "", part$indicator_id), part$part_of)
  expect_false(any(c("C8a", "C3a") %in% got$indicator_id))
  expect_identical(anyDuplicated(got$indicator_id), 0L)
  # a part follows the indicator it belongs to
  at <- match(part$indicator_id, got$indicator_id)
  expect_true(all(at > match(part$part_of, got$indicator_id)))
  expect_false(is.unsorted(as.integer(gsub("[^0-9]", "", got$indicator_id))))
  expect_false(anyNA(got[c(
    "name", "short_name", "domain", "measure_type", "unit", "routine",
    "desired_direction"
  )]))
  expect_identical(anyDuplicated(got$short_name), 0L)
})

test_that("numerator and denominator stand where a measure is one", {
  got <- ioi_indicators(framework = "communities")
  several <- got$indicator_id %in% got$part_of
  expect_true(all(is.na(got$numerator[several])))
  expect_false(anyNA(got[!several, c("numerator", "denominator")]))
  eight <- got[got$indicator_id == "C8", ]
  expect_identical(eight$short_name, "Residential dissimilarity")
  expect_identical(eight$routine, "dissimilarity_index")
})

test_that("parts have a direction of their own", {
  got <- ioi_indicators(framework = "communities")
  direction <- stats::setNames(got$desired_direction, got$indicator_id)
  expect_identical(unname(direction[c("C1a", "C1b")]), c("higher", "lower"))
  expect_identical(unname(direction[c("C15a", "C17b")]), c("higher", "lower"))
  expect_identical(unname(direction[c("C18a", "C18c")]), c("contextual", "lower"))
})

test_that("the links from the note lead to the framework", {
  got <- ioi_indicators(framework = "communities")
  framework <- ioi_indicators()
  for (row in which(!is.na(got$ioi_indicators))) {
    ids <- strsplit(got$ioi_indicators[row], ";")[[1]]
    expect_true(all(ids %in% framework$indicator_id))
    domains <- framework$domain[match(ids, framework$indicator_id)]
    expect_setequal(strsplit(got$domain[row], ";")[[1]], domains)
  }
  expect_identical(is.na(got$ioi_indicators), got$ioi_match == "none")
  eight <- got[got$indicator_id == "C8", ]
  expect_identical(eight$ioi_indicators, "7.9")
  work <- ioi_indicators("work", framework = "communities")
  expect_true(all(c("C15", "C16", "C17b", "C18", "C19") %in% work$indicator_id))
  stability <- ioi_indicators("stability", framework = "communities")
  expect_true(all(c("C4", "C5a") %in% stability$indicator_id))
})

test_that("both frameworks share their first columns", {
  shared <- c(
    "indicator_id", "name", "domain", "domain_id", "measure_type", "unit",
    "population", "desired_direction", "routine", "notes"
  )
  expect_true(all(shared %in% names(ioi_indicators())))
  expect_true(all(shared %in% names(ioi_indicators(framework = "communities"))))
  expect_setequal(
    ioi_indicators(framework = "communities")$measure_type,
    c("proportion", "distribution", "index", "count")
  )
})

test_that("there are 121 practices, local and national", {
  got <- ioi_practices()
  expect_identical(nrow(got), 121L)
  expect_identical(anyDuplicated(got$practice_id), 0L)
  expect_identical(
    sub("^[0-9]+[.]([LN])[0-9]+$", "\\1", got$practice_id),
    ifelse(got$level == "local", "L", "N")
  )
  local <- ioi_practices("language_communication", level = "local")
  expect_identical(nrow(local), 7L)
  expect_identical(unique(local$domain_id), "9")
  expect_identical(nrow(ioi_practices(level = c("local", "national"))), 121L)
  expect_error(ioi_practices(level = "regional"), class = "ioi_error_input")
  expect_error(ioi_practices("nowhere"), class = "ioi_error_input")
})

test_that("text keeps its typographic marks, whatever the locale", {
  names <- c(ioi_domains()$name, ioi_indicators()$name)
  expect_true(all(validUTF8(names)))
  expect_true(any(grepl("\u2013", names, fixed = TRUE)))
  expect_false(any(grepl("<U\\+|\ufffd", names)))
})
