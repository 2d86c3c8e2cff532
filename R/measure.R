# An indicator by its id: the recipe (data, in inst/catalogue) says which routine
# answers it, and the routine that every user can call does the work.

#' Measure an indicator
#'
#' Computes an indicator of the framework, or of the integrated communities note, by
#' the routine that its recipe names. The result is an ordinary [ioi_estimate] that
#' also knows which indicator it is.
#'
#' @param data Survey answers (a data frame or a design, see [as_ioi_design()]) or a
#'   table of counts: [ioi_measure_args()] says what the indicator needs.
#' @param indicator Id of one indicator as text, such as `"6.6"` or `"C5a"`: see
#'   [ioi_indicators()] and [ioi_find()].
#' @param ... The columns and options of the routine, by name: `outcome` and `success`;
#'   `events` and `population`; `group` and `unit`; and so on. For answers in a data
#'   frame also `weights`, `strata`, `psu` and the other arguments of [ioi_design()].
#'   Further options of the routine, such as `ci` and `level`, are passed on.
#' @param by Columns that define groups (see [how to name columns][ioi_columns]).
#' @return A tibble of class [ioi_estimate] as the routine gives it, with the column
#'   `indicator_id`. Shares are fractions from 0 to 1. `attr(x, "info")$indicator` is a
#'   list with `id`, `name`, `unit`, `direction`, `definition` (who is counted, out of
#'   whom), `caveats` and `producers` (what official producers do), which the printed
#'   table shows in part.
#' @section Routines:
#'   | routine | computed by |
#'   |---|---|
#'   | proportion, weighted_proportion | answers: [ioi_proportion()]; counts: [ioi_rate()], Wilson |
#'   | category_distribution | the same for every category |
#'   | rate_byar, count_poisson | [ioi_rate()] with Byar's limits |
#'   | directly_standardised_rate | [ioi_standardise()], European standard 2013 |
#'   | weighted_mean, duration_mean | [ioi_mean()], or [ioi_mean_aggregated()] |
#'   | dissimilarity_index | [ioi_segregation()] |
#'   | representation_ratio | [ioi_representation()], the ratio |
#'   | years_of_life_lost | [ioi_years_lost()] |
#'   | healthy_life_expectancy_sullivan | [ioi_life_expectancy()] with `healthy` |
#' @section Known variables: Questions of the Community Life Survey, the Crime Survey,
#'   the census microdata and [ioi_example_survey()] are recognised by the name or the
#'   label of their column, and so are weights, strata and sampling units of a data
#'   frame. What was recognised is said before it is used, in a message of class
#'   `ioi_message_recognised`; an argument that you give comes first, and `weights =
#'   NULL` refuses. Refusals ("Refused", "Don't know") in the outcome are then taken
#'   as missing. The list is the file `catalogue/variables.csv` of the package.
#' @section Indicators of several parts: An indicator of the note that holds several
#'   measures ("C5" has "C5a" and "C5b") is computed part by part where the variables
#'   of all parts are recognised. With an `outcome` given it is that outcome which is
#'   computed, and a message of class `ioi_message_parts` names the parts.
#' @section People it is about: Where the variables are recognised, those of women or
#'   men, or of working age (C15 to C17, 1.2), keep these people alone, by the columns
#'   of sex and age that are recognised; a message of class `ioi_message_population`
#'   says so. Where you name the `outcome`, or no column tells, it says whom the data
#'   must hold: restrict them with [ioi_subset()].
#' @section Reading the result: No value is good everywhere. Compare with people in
#'   the same place and period, and ask newcomers and the receiving community alike.
#'   Where the direction is "contextual" more and less could each be progress.
#' @section Errors: `ioi_error_input` for an unknown indicator, or for a column that
#'   the recipe needs and nobody gave; others as the routine's.
#' @source The framework and the note: see [ioi_indicators()]. Recipes are ours: files
#'   `recipes.csv`, `routines.csv` and `variables.csv` in the folder `catalogue` of the
#'   package.
#' @examples
#' # a survey whose variables are known (synthetic)
#' survey <- ioi_example_survey(1000)
#' ioi_measure(survey, "7.8", by = country_of_birth)
#'
#' # columns named by the user
#' crime <- subset(crime_survey_2008, !is.na(weight))
#' ioi_measure(
#'   crime, "12.3",
#'   outcome = worry_racial_attack, success = c("very worried", "fairly worried"),
#'   weights = weight, by = ethnic_group
#' )
#'
#' # counts
#' ioi_measure(exclusions_2017, "2.4",
#'   events = pupils_suspended, population = pupils, by = ethnic_group
#' )
#' ioi_measure(
#'   subset(census_2011_lsoa, la_name == "Leicester"), "7.9",
#'   group = c(indian, white_british), unit = lsoa_code
#' )
#' @seealso [ioi_measure_args()], [ioi_profile()], [ioi_find()]
#' @export
ioi_measure <- function(data, indicator, ..., by = NULL) {
  recipe <- find_recipe(indicator)
  given <- measure_arguments(rlang::enquos(...))
  by <- rlang::enquo(by)
  whole <- length(recipe$part_ids) > 0 && !any(key_arguments %in% names(given))
  if (whole && knows_parts(data, recipe)) {
    return(rlang::inject(
      ioi_profile(data, recipe$part_ids, by = !!by, everyone = FALSE, !!!given)
    ))
  }
  inform_parts(recipe)
  out <- measure_by(recipe$routine)(data, recipe, given, by)
  as_indicator(out, recipe)
}

#' What an indicator needs
#'
#' The columns that [ioi_measure()] needs for an indicator and what they must hold,
#' with the recipe: who counts, out of whom, what official producers do, and what to
#' beware of.
#'
#' @inheritParams ioi_measure
#' @return A tibble with a row per argument: `form` ("answers": a row per person;
#'   "counts": a table; give the arguments of one form), `argument`, `needed` ("yes" or
#'   "no"), `holds`. The attribute `recipe` is a list: `id`, `name`, `routine`, `unit`,
#'   `population`, `direction`, `counts`, `base`, `within` (a restriction that
#'   [ioi_measure()] applies), `definition`, `parts`, `caveats`, `producers`,
#'   `variables` (known variables, a data frame) and `same_as` (ids of the same
#'   indicator in other domains). It is printed with the table.
#' @section Errors: `ioi_error_input` for an unknown indicator.
#' @inherit ioi_measure source
#' @examples
#' ioi_measure_args("7.8")
#' ioi_measure_args("4.11")
#' @seealso [ioi_measure()]
#' @export
ioi_measure_args <- function(indicator) {
  recipe <- find_recipe(indicator)
  table <- read_catalogue("routines")
  out <- table[table$routine == recipe$routine, c("form", "argument", "needed", "holds")]
  structure(
    tibble::new_tibble(as.list(out), nrow = nrow(out)),
    class = c("ioi_measure_args", "tbl_df", "tbl", "data.frame"), recipe = recipe
  )
}

#' @export
print.ioi_measure_args <- function(x, ...) {
  cat(recipe_lines(attr(x, "recipe")), sep = "\n")
  for (form in unique(x$form)) {
    cat(c(answers = "A row per person:", counts = "A table of counts:")[[form]], "\n", sep = "")
    of <- x[x$form == form, ]
    must <- ifelse(of$needed == "yes", "", " (may be left out)")
    lines <- paste0(of$argument, ": ", of$holds, must)
    cat(paste0("  ", strwrap(lines, getOption("width") - 2, exdent = 4)), sep = "\n")
  }
  invisible(x)
}

# The card of a recipe.
recipe_lines <- function(recipe) {
  known <- recipe$variables
  text <- c(
    Indicator = paste(recipe$id, recipe$name),
    Routine = recipe$routine,
    Unit = recipe$unit,
    Direction = direction_words(recipe$direction),
    Counts = recipe$counts,
    "Out of" = recipe$base,
    About = recipe$population,
    Parts = recipe$parts,
    "Also listed as" = if (length(recipe$same_as)) paste(recipe$same_as, collapse = ", "),
    "Known variables" = if (nrow(known)) {
      paste(unique(paste0(known$variable, " (", known$survey, ")")), collapse = "; ")
    },
    Producers = recipe$producers,
    Beware = recipe$caveats
  )
  text <- text[!is.na(text)]
  strwrap(paste0(names(text), ": ", text), getOption("width"), exdent = 4)
}

direction_words <- function(direction) {
  words <- c(
    higher = "higher is better", lower = "lower is better",
    contextual = "contextual: more and less could each be progress"
  )
  words[[direction]]
}

# ---- recipes ------------------------------------------------------------------

caveat_words <- c(
  parity = "1 is parity: above 1 is not better.",
  chance = "High by chance alone where units or groups are small.",
  events = "One person can have several events: count people, or read it as a rate.",
  reporting = "A rise may be more trust in reporting.",
  lists = "Lists and population estimates differ, so that shares can pass 1.",
  both = "Ask newcomers and the receiving community alike.",
  stock = "A number of records, not a sample."
)

# The recipe of one indicator: a list, see ioi_measure_args().
find_recipe <- function(indicator, call = rlang::caller_env()) {
  row <- find_indicator(indicator, call)
  recipes <- read_catalogue("recipes")
  own <- recipes[match(row$indicator_id, recipes$indicator_id), ]
  parts <- split_cell(own$parts)
  part_ids <- trimws(parts[grepl("^ *C", parts)])
  variables <- known_outcomes(row$indicator_id)
  list(
    id = row$indicator_id, name = row$name, domain_id = row$domain_id,
    routine = row$routine, unit = row$unit,
    population = row$population, direction = row$desired_direction,
    counts = own$counts, base = own$base, within = own$within,
    definition = definition_of(own, row),
    parts = own$parts, part_ids = part_ids,
    caveats = paste(
      c(caveat_words[split_cell(own$caveat)], "No value is good everywhere: compare."),
      collapse = " "
    ),
    producers = own$producers, variables = variables, same_as = repeats_of(row)
  )
}

# One row of either framework.
find_indicator <- function(indicator, call) {
  if (!is.character(indicator) || length(indicator) != 1 || is.na(indicator)) {
    abort_ioi(
      c(
        "{.arg indicator} must be one id as text, such as {.val 6.6} or {.val C5a}.",
        "x" = "It is {.cls {class(indicator)}} of length {length(indicator)}.",
        "i" = "As numbers 1.1 and 1.10 are the same; as text they are two indicators."
      ),
      "input",
      arg = "indicator", call = call
    )
  }
  note <- toupper(substr(indicator, 1, 1)) == "C"
  id <- if (note) paste0("C", tolower(substring(indicator, 2))) else indicator
  table <- if (note) indicators_communities() else indicators_ioi()
  at <- match(id, table$indicator_id)
  if (is.na(at)) {
    abort_ioi(
      c(
        "{.arg indicator} must be an id of the framework or of the note.",
        "x" = "{.val {indicator}} is not.",
        "i" = "See {.fn ioi_indicators}, or look with {.fn ioi_find}."
      ),
      "input",
      arg = "indicator", call = call
    )
  }
  as.list(table[at, ])
}

# Ids of the same indicator in other domains.
repeats_of <- function(row) {
  if (is.null(row$same_as)) {
    return(character())
  }
  table <- read_catalogue("indicators")
  first <- if (is.na(row$same_as)) row$indicator_id else row$same_as
  same <- table$indicator_id == first | table$same_as %in% first
  setdiff(table$indicator_id[same], row$indicator_id)
}

definition_of <- function(own, row) {
  if (is.na(own$counts)) {
    return(if (is.null(row$definition)) row$name else row$definition)
  }
  paste0(own$counts, if (!is.na(own$base)) paste0("; out of: ", own$base))
}

inform_parts <- function(recipe) {
  if (is.na(recipe$parts)) {
    return(invisible())
  }
  inform_ioi(
    c(
      "{.val {recipe$id}} has several parts: {recipe$parts}.",
      "i" = if (length(recipe$part_ids)) {
        "What is computed is the part that the columns hold; ask for a part by its id."
      } else {
        "Give them apart, with {.arg by} or one call for each."
      }
    ),
    "parts",
    indicator_id = recipe$id
  )
}

# The estimate with the column `indicator_id` and what the indicator is.
as_indicator <- function(x, recipe) {
  info <- attr(x, "info")
  columns <- as.list(plain_tibble(x))
  first <- names(columns) %in% info$by
  columns <- c(
    columns[first], list(indicator_id = rep(recipe$id, nrow(x))), columns[!first]
  )
  info$indicator <- recipe[
    c("id", "name", "unit", "direction", "definition", "caveats", "producers")
  ]
  new_ioi_estimate(
    tibble::new_tibble(columns, nrow = nrow(x)),
    vcov = attr(x, "vcov"), domains = attr(x, "domains"), info = info
  )
}

# ---- arguments ----------------------------------------------------------------

# Arguments that name columns; others are values.
column_arguments <- c(
  "outcome", "x", "events", "population", "group", "unit", "count", "category", "age",
  "deaths", "healthy", "healthy_n", "ax", "frequency", "mean", "sd", "n", "weights",
  "strata", "psu", "fpc", "repweights", "over"
)

# Those that say what is measured.
key_arguments <- c("outcome", "x", "events", "count", "group", "deaths", "mean", "category")

design_arguments <- c(
  "weights", "strata", "psu", "fpc", "nest", "lonely_psu", "lonely_domain", "repweights",
  "rep_type", "rep_scale", "rep_rscales", "fay_rho", "combined_weights", "mse"
)

measure_arguments <- function(dots, call = rlang::caller_env()) {
  if (any(names(dots) == "")) {
    abort_ioi(
      c(
        "Columns and options must be named, such as {.code outcome = SBeNeigh}.",
        "i" = "See {.fn ioi_measure_args} for what the indicator needs."
      ),
      "input",
      call = call
    )
  }
  dots <- as.list(dots)
  value <- !names(dots) %in% column_arguments
  dots[value] <- lapply(dots[value], rlang::eval_tidy)
  dots
}

# What the recipe needs and nobody gave is an error that says so.
need_arguments <- function(recipe, given, wanted, call) {
  lost <- setdiff(wanted, names(given))
  if (length(lost)) {
    abort_ioi(
      c(
        "{.val {recipe$id}} needs {.arg {lost}}.",
        "x" = "No such argument was given, and no column of the data was recognised.",
        "i" = "{.code ioi_measure_args(\"{recipe$id}\")} says what the columns must hold."
      ),
      "input",
      arg = lost[1], call = call
    )
  }
}

has_all <- function(given, names) all(names %in% names(given))

run_routine <- function(routine, data, given, by, ...) {
  own <- list(...)
  rlang::inject(routine(data, !!!given, !!!own[!names(own) %in% names(given)], by = !!by))
}

# ---- routines -----------------------------------------------------------------

measure_by <- function(routine) {
  switch(routine,
    proportion = measure_share,
    weighted_proportion = measure_share,
    category_distribution = measure_distribution,
    dissimilarity_index = measure_segregation,
    representation_ratio = measure_representation,
    count_poisson = measure_count,
    rate_byar = measure_rate,
    directly_standardised_rate = measure_standardised,
    weighted_mean = measure_mean,
    duration_mean = measure_mean,
    years_of_life_lost = measure_years_lost,
    healthy_life_expectancy_sullivan = measure_healthy_life
  )
}

measure_share <- function(data, recipe, given, by, call = rlang::caller_env()) {
  if (any(c("events", "population") %in% names(given))) {
    need_arguments(recipe, given, c("events", "population"), call)
    return(run_routine(ioi_rate, data, given, by, per = 1, ci = "wilson"))
  }
  source <- answers_source(data, recipe, given, call, by)
  need_arguments(recipe, source$given, c("outcome", "success"), call)
  if ("outcome" %in% names(given)) {
    inform_population(recipe, trimws(split_cell(recipe$within)))
  } else {
    source$design <- restrict_population(source$design, recipe)
  }
  run_routine(ioi_proportion, source$design, source$given, by)
}

measure_distribution <- function(data, recipe, given, by, call = rlang::caller_env()) {
  if (any(c("count", "category") %in% names(given))) {
    need_arguments(recipe, given, c("category", "count"), call)
    return(rlang::inject(category_shares(data, !!!given, by = !!by)))
  }
  source <- answers_source(data, recipe, given, call, by)
  need_arguments(recipe, source$given, "outcome", call)
  run_routine(ioi_proportion, source$design, source$given, by)
}

measure_segregation <- function(data, recipe, given, by, call = rlang::caller_env()) {
  if (!inherits(data, c("matrix", "table"))) {
    need_arguments(recipe, given, c("group", "unit"), call)
  }
  run_routine(ioi_segregation, data, given, by, index = "dissimilarity")
}

measure_representation <- function(data, recipe, given, by, call = rlang::caller_env()) {
  need_arguments(recipe, given, c("group", "count", "population"), call)
  out <- run_routine(ioi_representation, data, given, by)
  out[out$measure == "ratio", ]
}

measure_rate <- function(data, recipe, given, by, call = rlang::caller_env()) {
  need_arguments(recipe, given, c("events", "population"), call)
  run_routine(ioi_rate, data, given, by, per = rate_base(recipe$unit), ci = "byar")
}

# "per 1,000 live births" is 1000.
rate_base <- function(unit) {
  as.numeric(gsub(",", "", sub("^per ([0-9,]+).*$", "\\1", unit), fixed = TRUE))
}

measure_standardised <- function(data, recipe, given, by, call = rlang::caller_env()) {
  need_arguments(recipe, given, c("events", "population", "age"), call)
  run_routine(
    ioi_standardise, data, given, by,
    standard = "esp2013", method = "direct", per = rate_base(recipe$unit)
  )
}

measure_mean <- function(data, recipe, given, by, call = rlang::caller_env()) {
  if (any(c("mean", "sd", "n") %in% names(given))) {
    need_arguments(recipe, given, c("mean", "sd", "n"), call)
    return(run_routine(ioi_mean_aggregated, data, given, by))
  }
  names(given)[names(given) == "outcome"] <- "x"
  source <- answers_source(data, recipe, given, call, by)
  need_arguments(recipe, source$given, "x", call)
  run_routine(ioi_mean, source$design, source$given, by)
}

measure_years_lost <- function(data, recipe, given, by, call = rlang::caller_env()) {
  need_arguments(recipe, given, c("age", "deaths"), call)
  run_routine(ioi_years_lost, data, given, by)
}

measure_healthy_life <- function(data, recipe, given, by, call = rlang::caller_env()) {
  need_arguments(recipe, given, c("age", "deaths", "population", "healthy"), call)
  run_routine(ioi_life_expectancy, data, given, by)
}

# A number of events, with Byar's limits; with a population a rate per 100,000.
measure_count <- function(data, recipe, given, by, call = rlang::caller_env()) {
  if ("population" %in% names(given)) {
    need_arguments(recipe, given, "events", call)
    return(run_routine(ioi_rate, data, given, by, per = 1e5, ci = "byar"))
  }
  check_data(data, call = call)
  by <- table_by(by, data, call = call)
  events <- if ("events" %in% names(given)) {
    count_column(data[[resolve_column(given$events, data, "events", call)]], "events", call)
  } else {
    rep(1, nrow(data))
  }
  given$events <- NULL
  groups <- group_rows(data, by, call)
  lost <- report_ungrouped(groups)
  cells <- cell_sums(groups, rep(1L, nrow(data)), 1L, events, rep(1, nrow(data)))
  table <- tibble::new_tibble(
    c(groups$labels, list(.events = as.vector(cells$events), .base = rep(1, groups$size))),
    nrow = groups$size
  )
  out <- rlang::inject(ioi_rate(
    table, ".events", ".base",
    by = tidyselect::all_of(by), per = 1, !!!given
  ))
  attr(out, "info")$what <- "Number of events"
  attr(out, "info")$unit <- "number"
  attr(out, "info")$dropped <- c("rows without a value of by" = lost)
  out
}

# The share of each category in a table of counts, with Wilson's limits and the
# covariance of a multinomial.
category_shares <- function(data, category, count, by = NULL, ..., level = 0.95,
                            ci = "wilson") {
  check_dots_empty_ioi(...)
  check_data(data)
  category <- resolve_column(rlang::enquo(category), data, "category")
  count <- resolve_column(rlang::enquo(count), data, "count")
  by <- table_by(rlang::enquo(by), data, c(category, count))
  people <- count_column(data[[count]], "count")
  groups <- group_rows(data, c(by, category))
  lost <- report_ungrouped(groups)
  cells <- cell_sums(groups, rep(1L, nrow(data)), 1L, people, people)
  table <- tibble::new_tibble(
    c(groups$labels, list(.events = as.vector(cells$events))),
    nrow = groups$size
  )
  block <- group_rows(table, by)$code
  table$.base <- stats::ave(table$.events, block, FUN = sum)
  out <- ioi_rate(
    table, ".events", ".base",
    by = tidyselect::all_of(c(by, category)), per = 1, ci = ci, level = level
  )
  vcov <- -outer(out$estimate, out$estimate) / out$n * outer(block, block, "==")
  diag(vcov) <- out$std.error^2
  info <- attr(out, "info")
  info[c("independent", "dropped")] <- list(FALSE, c("rows without a value of by" = lost))
  info$by <- by
  out <- as.list(plain_tibble(out))
  names(out)[match(category, names(out))] <- "category"
  out <- c(out[by], list(outcome = rep(category, length(block))), out[setdiff(names(out), by)])
  new_ioi_estimate(tibble::new_tibble(out, nrow = length(block)), vcov = vcov, info = info)
}
