# A made-up survey for examples and lessons. People and answers are drawn from the
# table inst/catalogue/example_survey.csv, one question a row.

synthetic_notice <- paste(
  "Synthetic: drawn by ioi_example_survey(). No row is a real person, and no figure",
  "made from it says anything about a real place or group."
)

#' A synthetic survey for examples
#'
#' Makes a survey of people who do not exist, with strata, sampling units, weights,
#' the breakdowns that the framework asks for, and a question or more for each of the
#' 14 domains. **No figure made from it says anything about a real place or group.**
#'
#' @param n Number of respondents, 200 to 1,000,000.
#' @param seed One whole number: the same seed gives the same survey, on every
#'   machine, and leaves the random numbers of the session as they were. `NULL` draws
#'   from the session's own.
#' @param labelled `TRUE` gives the questions as an SPSS file has them: numbers of
#'   class `haven_labelled`, with the refusals -9 "Refused" and -8 "Don't know", which
#'   no attribute declares missing. `FALSE` gives factors in which they are `NA`.
#' @return A tibble of class `ioi_example_survey`, a row per respondent. Its title
#'   and its attribute `synthetic` say that it is synthetic, and so does the
#'   attribute `label` of every column.
#'
#'   Design: `respondent`, `region` (9, the strata), `area` (27 areas, three a
#'   region), `psu` (about 12 respondents each), `weight` (mean 1).
#'
#'   Breakdowns: `ethnic_group` (9 groups), `sex`, `age` (years), `age_band`,
#'   `country_of_birth`, `years_in_uk` (`NA` for people born in the UK),
#'   `length_of_residence`, `arrival` (why people came), `disability`, `religion`,
#'   `main_language`, `immigration_status`.
#'
#'   Numbers: `life_satisfaction` (0 to 10), `pay` (yearly earnings of people in work,
#'   pounds).
#'
#'   Answers: one column for each row of the file `catalogue/example_survey.csv` of
#'   the package, which lists variable, question and answers. Questions of the
#'   Community Life Survey have its variable names (`SBeNeigh`, `STogeth`, `STrust`,
#'   `LonOft` and others), so that [ioi_measure()] recognises them.
#' @section How it is made: Each of 27 areas has a level of advantage and a mix of
#'   ethnic groups, drawn at random; groups live together in part of them. In each
#'   sampling unit about 12 people are drawn, people of minority ethnic groups 1.6
#'   times as often as others and people under 35 less often. The weight undoes both,
#'   so that weighted and unweighted shares differ. An answer
#'   is drawn from a cumulative logit model: the cut points give `shares` of the file
#'   for a White British man of 47 without a disability in an average area, and the
#'   columns `minority`, `newcomer`, `age`, `female`, `disability` and `area` are the
#'   effects on the logit of answering earlier in the list. A person's answers share
#'   a random effect of standard deviation 0.4, those of a sampling unit one of 0.25.
#'   About 2 per cent of answers are refused. Shares were chosen to look plausible;
#'   the effects are made up for teaching.
#' @section Errors: `ioi_error_input` for `n` or `seed` that cannot be used.
#' @examples
#' survey <- ioi_example_survey(500)
#' survey[1:3, c("ethnic_group", "age_band", "SBeNeigh", "weight")]
#' design <- ioi_design(survey, weights = weight, strata = region, psu = psu)
#' ioi_proportion(design, SBeNeigh, success = c("Very strongly", "Fairly strongly"))
#' @seealso [ioi_measure()], [ioi_profile()]
#' @export
ioi_example_survey <- function(n = 3000, seed = 2019, labelled = FALSE) {
  n <- check_whole(n, 200, 1e6, "n")
  check_flag(labelled, "labelled")
  if (!is.null(seed)) {
    seed <- check_whole(seed, -.Machine$integer.max, .Machine$integer.max, "seed")
    old <- keep_seed()
    on.exit(restore_seed(old))
    set.seed(seed, "Mersenne-Twister", "Inversion", "Rejection")
  }
  people <- example_people(n)
  questions <- read_catalogue("example_survey")
  codes <- example_codes(people, questions)
  answers <- Map(
    function(code, levels) example_column(code, split_cell(levels, "|"), labelled),
    codes, questions$levels
  )
  columns <- c(example_columns(people), answers, example_numbers(people, codes))
  structure(
    tibble::new_tibble(example_labels(columns, questions), nrow = n),
    class = c("ioi_example_survey", "tbl_df", "tbl", "data.frame"),
    synthetic = synthetic_notice
  )
}

#' @export
tbl_sum.ioi_example_survey <- function(x, ...) {
  c(
    "SYNTHETIC survey" = paste0(
      format_number(nrow(x), 0), " rows, ", ncol(x), " columns; no row is a real person"
    )
  )
}

check_whole <- function(x, least, most, arg, call = rlang::caller_env()) {
  one <- is.numeric(x) && length(x) == 1
  if (!one || !x %in% round(x) || !isTRUE(least <= x & x <= most)) {
    abort_ioi(
      c(
        "{.arg {arg}} must be one whole number from {least} to {most}.",
        "x" = "It is {.val {as_shown(x)}}."
      ),
      "input",
      arg = arg, call = call
    )
  }
  as.integer(x)
}

# The state of the session's random numbers, kept and put back.
keep_seed <- function() {
  list(
    kind = RNGkind(), # makes the state if there is none
    seed = get0(".Random.seed", envir = globalenv(), inherits = FALSE)
  )
}

restore_seed <- function(old) {
  do.call(RNGkind, as.list(old$kind))
  if (is.null(old$seed)) {
    rm(".Random.seed", envir = globalenv())
  } else {
    assign(".Random.seed", old$seed, envir = globalenv())
  }
}

example_groups <- tibble::tribble(
  ~group, ~share, ~effect, ~abroad, ~religious,
  "White British", 0.70, 0, 0.03, 0.50,
  "White other", 0.08, 0.4, 0.80, 0.60,
  "Mixed", 0.03, 0.6, 0.25, 0.50,
  "Indian", 0.05, 0.6, 0.60, 0.88,
  "Pakistani", 0.04, 1, 0.45, 0.95,
  "Bangladeshi", 0.02, 1.1, 0.45, 0.95,
  "Black African", 0.04, 1, 0.65, 0.90,
  "Black Caribbean", 0.02, 0.9, 0.35, 0.75,
  "Any other", 0.02, 0.8, 0.65, 0.65
)

example_regions <- c(
  "North East", "North West", "Yorkshire and the Humber", "East Midlands",
  "West Midlands", "East of England", "London", "South East", "South West"
)

# Who is asked: place, background, and what their answers have in common.
example_people <- function(n) {
  areas <- 3 * length(example_regions)
  advantage <- as.vector(scale(stats::rnorm(areas)))
  mix <- exp(stats::rnorm(areas, -0.4, 0.8)) # odds of minority groups against average
  mix[19:21] <- 3 * mix[19:21] # London
  psus <- max(2 * areas, round(n / 12))
  psu <- sort(rep_len(seq_len(psus), n))
  area <- (seq_len(psus) - 1) %% areas + 1
  psu_effect <- stats::rnorm(psus, 0, 0.25)
  area <- area[psu]

  weight_of_group <- 1.6 * mix[area]
  minority <- example_groups$share[-1]
  total <- example_groups$share[1] + weight_of_group * sum(minority)
  others <- stats::runif(n) < weight_of_group * sum(minority) / total
  group <- ifelse(others, 1L + sample.int(8L, n, TRUE, minority), 1L)
  young <- stats::runif(n) < ifelse(others, 0.42, 0.27) * 0.7
  age <- ifelse(
    young, sample(16:34, n, TRUE),
    35L + floor(stats::rbeta(n, 1.1, ifelse(others, 2.4, 1.5)) * 56)
  )
  abroad <- stats::runif(n) < example_groups$abroad[group]
  years <- floor(pmin(stats::rexp(n, 1 / 16), age - 1))
  years[!abroad] <- NA
  weight <- ifelse(others, 1 / 1.6, 1) * ifelse(age < 35, 1 / 0.7, 1) *
    exp(stats::rnorm(n, 0, 0.2))
  list(
    n = n, region = example_regions[(area - 1) %/% 3 + 1], area = area,
    psu = psu, weight = weight / mean(weight), group = group, age = as.integer(age),
    female = stats::runif(n) < 0.52,
    disabled = stats::runif(n) < stats::plogis(-2.2 + 0.035 * (age - 40)),
    abroad = abroad, years = as.integer(years),
    religious = stats::runif(n) < example_groups$religious[group],
    other_language = abroad & stats::runif(n) < 0.68,
    reason = sample(4L, n, TRUE, c(0.36, 0.3, 0.22, 0.12)),
    advantage = advantage[area],
    common = stats::rnorm(n, 0, 0.4) + psu_effect[psu]
  )
}

# Breakdowns as columns.
example_columns <- function(people) {
  cut_at <- function(x, breaks, labels) cut(x, breaks, labels, right = FALSE)
  born <- "Born in the UK"
  residence <- c("Less than 5 years", "5 to 9 years", "10 years or more")
  lived <- as.character(cut_at(people$years, c(0, 5, 10, Inf), residence))
  reasons <- c("Family", "Work", "Study", "Asylum or refuge")
  status <- c("UK citizen", "Settled or indefinite leave", "Limited leave")
  years <- replace(people$years, !people$abroad, 99)
  citizen <- stats::runif(people$n) < stats::plogis((years - 11) / 3)
  settled <- stats::runif(people$n) < stats::plogis((years - 6) / 2)
  yes <- function(x) factor(ifelse(x, "Yes", "No"), c("Yes", "No"))
  list(
    respondent = seq_len(people$n),
    region = factor(people$region, example_regions),
    area = factor(sprintf("Area %02d", people$area)),
    psu = people$psu,
    weight = people$weight,
    ethnic_group = factor(example_groups$group[people$group], example_groups$group),
    sex = factor(ifelse(people$female, "Female", "Male"), c("Male", "Female")),
    age = people$age,
    age_band = cut_at(
      people$age, c(16, 25, 35, 50, 65, 75, Inf),
      c("16 to 24", "25 to 34", "35 to 49", "50 to 64", "65 to 74", "75 and over")
    ),
    country_of_birth = factor(
      ifelse(people$abroad, "Outside the UK", "UK"), c("UK", "Outside the UK")
    ),
    years_in_uk = people$years,
    length_of_residence = factor(
      ifelse(people$abroad, lived, born), c(born, residence)
    ),
    arrival = factor(
      ifelse(people$abroad, reasons[people$reason], born), c(born, reasons)
    ),
    disability = yes(people$disabled),
    religion = factor(
      ifelse(people$religious, "Has a religion", "No religion"),
      c("No religion", "Has a religion")
    ),
    main_language = factor(
      ifelse(people$other_language, "Other", "English"), c("English", "Other")
    ),
    immigration_status = factor(
      ifelse(citizen, status[1], ifelse(settled, status[2], status[3])),
      status
    )
  )
}

# The codes of the answers to every question, in the order of the file: 1 and on,
# -9 and -8 for refusals, NA where a question is not put.
example_codes <- function(people, questions) {
  codes <- list()
  for (row in seq_len(nrow(questions))) {
    question <- questions[row, ]
    codes[[question$variable]] <- example_answers(
      people, question, example_asked(people, codes, question$asked)
    )
  }
  codes
}

# The answers to one question (a row of the file): a cumulative logit model.
example_answers <- function(people, question, asked) {
  number <- function(name) as.numeric(question[[name]])
  shares <- as.numeric(split_cell(question$shares, "|"))
  newcomer <- ifelse(people$abroad, exp(-people$years / 8), 0)
  eta <- people$common + number("minority") * example_groups$effect[people$group] +
    number("newcomer") * newcomer + number("age") * (people$age - 47) / 20 +
    number("female") * people$female + number("disability") * people$disabled +
    number("area") * people$advantage
  cuts <- stats::qlogis(cumsum(shares)[-length(shares)])
  answer <- findInterval(stats::rlogis(people$n) - eta, cuts) + 1L
  refused <- stats::runif(people$n) < 0.02
  answer[refused] <- sample(c(-9L, -8L), sum(refused), TRUE)
  answer[!asked] <- NA
  answer
}

# Whom a question is put to; some follow from answers given before.
example_asked <- function(people, codes, asked) {
  switch(asked,
    everyone = rep(TRUE, people$n),
    "age 16 to 64" = people$age < 65,
    "age 16 to 24" = people$age < 25,
    "in work" = codes$work_status %in% 1:2,
    employee = codes$work_status %in% 1L,
    "main language not English" = people$other_language,
    "has a religion" = people$religious
  )
}

# Codes as a factor without refusals, or as a labelled column with them.
example_column <- function(code, levels, labelled) {
  if (!labelled) {
    return(factor(levels[replace(code, code %in% c(-9L, -8L), NA)], levels))
  }
  labels <- c(-9, -8, seq_along(levels))
  structure(
    as.double(code),
    labels = stats::setNames(labels, c("Refused", "Don't know", levels)),
    class = c("haven_labelled", "vctrs_vctr", "double")
  )
}

# Columns that hold numbers; pay goes with qualification and hours.
example_numbers <- function(people, codes) {
  satisfied <- 7.6 + 0.7 * people$common - 0.8 * people$disabled +
    0.3 * people$advantage + stats::rnorm(people$n, 0, 1.8)
  pay <- 31000 * exp(
    0.14 * (2 - abs(codes$qualification)) - 0.7 * (codes$working_pattern %in% 2L) -
      0.12 * example_groups$effect[people$group] - 0.1 * people$female +
      stats::rnorm(people$n, 0, 0.4)
  )
  list(
    life_satisfaction = as.integer(round(pmin(pmax(satisfied, 0), 10))),
    pay = ifelse(codes$work_status %in% 1:2, 100 * round(pay / 100), NA)
  )
}

example_titles <- c(
  respondent = "Respondent", region = "Region, the stratum of the sample", area = "Area",
  psu = "Primary sampling unit", weight = "Weight, mean 1", ethnic_group = "Ethnic group",
  sex = "Sex", age = "Age in years", age_band = "Age band",
  country_of_birth = "Country of birth", years_in_uk = "Years since arrival in the UK",
  length_of_residence = "Length of residence in the UK", arrival = "Reason for coming",
  disability = "Disability or long-term illness that limits daily activity",
  religion = "Religion", main_language = "Main language",
  immigration_status = "Immigration status",
  life_satisfaction = "How satisfied are you with your life, 0 to 10?",
  pay = "Yearly earnings before tax, pounds"
)

# Every column says what it is, and that it is synthetic.
example_labels <- function(columns, questions) {
  title <- c(example_titles, stats::setNames(questions$question, questions$variable))
  Map(function(column, name) {
    structure(column, label = paste0(title[[name]], " (synthetic)"))
  }, columns, names(columns))
}
