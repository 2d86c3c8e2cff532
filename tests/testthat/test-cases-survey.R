# The open cases of survey estimates on simulated samples: expected values come from
# the package survey 4.1-1 and from closed formulas, as cases/survey.csv says of each.

cases <- read_cases(test_path("cases", "survey.csv"))
data <- lapply(
  stats::setNames(nm = unique(cases$dataset)),
  function(name) read_case_data(test_path("cases", paste0(name, ".csv.xz")))
)
misses <- function(chosen) all_misses(cases[chosen, ], data)

test_that("the case table is whole", {
  expect_identical(nrow(cases), 221L)
  expect_identical(vapply(data, nrow, 0L), c(
    syn_a = 596L, syn_b = 129L, syn_e = 160L, syn_panel = 658L
  ))
})

test_that("a miss is noticed", {
  case <- as.list(cases[cases$case_id == "o1144", ])
  got <- run_case(case, data[[case$dataset]])
  expect_identical(case_misses(case, got), character())
  case$se <- format(case_number(case, "se") * (1 + 1e-6), digits = 15)
  expect_match(case_misses(case, got), "^o1144 se: ")
  got$estimate <- NA
  expect_length(case_misses(case, got), 2)
})

test_that("domains: proportions, SE, twelve limits, df, n, design effects", {
  expect_identical(misses(cases$topic == "domain"), character())
})

test_that("missing outcomes are outside the domain and inside the design", {
  expect_identical(misses(cases$topic == "missing"), character())
})

test_that("every category, and the covariance of categories", {
  expect_identical(misses(cases$topic == "multicategory"), character())
})

test_that("a rare answer", {
  expect_identical(misses(cases$topic == "rare"), character())
})

test_that("a stratum sampled in full adds nothing", {
  expect_identical(misses(cases$topic == "one_stage_fpc_census_stratum"), character())
})

test_that("strata with one PSU: adjust, average, certainty, remove", {
  lonely <- cases$topic == "lonely"
  expect_setequal(
    cases$lonely[lonely], c("adjust", "average", "certainty", "remove")
  )
  expect_identical(misses(lonely), character())
})

test_that("a stratum with one PSU is an error by default", {
  error <- expect_ioi_error(
    ioi_design(data$syn_b, weights = w, strata = stratum, psu = psu), "design",
    arg = "lonely_psu"
  )
  psus <- tapply(data$syn_b$psu, data$syn_b$stratum, function(x) length(unique(x)))
  expect_identical(error$strata, names(psus)[psus == 1])
})

test_that("gaps between groups, with their covariance", {
  expect_identical(misses(cases$topic == "parity_gap"), character())
})

test_that("change between waves that share PSUs", {
  expect_identical(misses(cases$topic == "change"), character())
})

test_that("no case is left out", {
  expect_setequal(cases$topic, c(
    "domain", "missing", "multicategory", "rare", "one_stage_fpc_census_stratum",
    "lonely", "parity_gap", "change"
  ))
})
