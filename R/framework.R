# The Indicators of Integration framework 2019 and the integrated communities
# note as tables: domains, indicators, good practice. Read once a session from
# inst/catalogue; its README says what is exact and what is coded by us.

catalogue <- new.env(parent = emptyenv())

# A catalogue file with every column as text ("1.1" is not "1.10"); empty is NA.
read_catalogue <- function(name, call = rlang::caller_env()) {
  if (is.null(catalogue[[name]])) {
    path <- system.file("catalogue", paste0(name, ".csv"), package = "ioi")
    if (!nzchar(path)) {
      abort_ioi(
        c(
          "The catalogue file {.file {name}.csv} is missing from the package.",
          "i" = "Install the package again."
        ),
        "io",
        call = call
      )
    }
    table <- utils::read.csv(
      path,
      colClasses = "character", na.strings = "", encoding = "UTF-8",
      check.names = FALSE
    )
    catalogue[[name]] <- tibble::as_tibble(table)
  }
  catalogue[[name]]
}

# The parts of one cell of a catalogue file.
split_cell <- function(x, mark = ";") {
  if (is.na(x)) character() else strsplit(x, mark, fixed = TRUE)[[1]]
}

#' Domains of the framework
#'
#' The 14 domains of the Home Office Indicators of Integration framework 2019, under
#' their four headings.
#'
#' No domain ranks above another, and progress in one does not by itself show
#' progress in the next.
#'
#' @return A tibble of 14 rows, in the order of the framework:
#'   \describe{
#'     \item{`domain_id`}{"1" to "14", text.}
#'     \item{`code`}{short name for use in code, such as "work" or "social_bridges".}
#'     \item{`name`}{name of the domain, exact.}
#'     \item{`heading`}{name of its heading: Markers and means, Social connections,
#'       Facilitators, Foundation.}
#'     \item{`heading_id`}{the heading for use in code.}
#'     \item{`section`}{section of the framework document, text.}
#'     \item{`why_it_matters`}{one sentence in our words.}
#'     \item{`indicators`, `practices`}{how many of each the domain has.}
#'   }
#' @source Home Office Indicators of Integration framework 2019, third edition.
#'   Contains public sector information licensed under the Open Government Licence
#'   v3.0.
#' @examples
#' ioi_domains()[, c("domain_id", "code", "heading", "indicators")]
#' @seealso [ioi_indicators()], [ioi_practices()]
#' @export
ioi_domains <- function() {
  domains <- read_catalogue("domains")
  headings <- read_catalogue("headings")
  count <- function(file) {
    as.integer(table(factor(read_catalogue(file)$domain_id, domains$domain_id)))
  }
  tibble::tibble(
    domain_id = domains$domain_id,
    code = domains$code,
    name = domains$name,
    heading = headings$heading[match(domains$heading_id, headings$heading_id)],
    heading_id = domains$heading_id,
    section = domains$section,
    why_it_matters = domains$why_it_matters,
    indicators = count("indicators"),
    practices = count("good_practice")
  )
}

#' Indicators of integration
#'
#' What can be measured: the 173 outcome indicators of the Home Office framework
#' 2019, or the 20 of the integrated communities note with the measures within them.
#'
#' The framework sets no target that holds everywhere: an indicator is read beside
#' the figure for comparable people in the same place and period.
#' `desired_direction` is "contextual" where more and less could each be progress.
#'
#' @param domain Domains wanted: ids ("7" or 7), codes ("social_bridges") or names,
#'   also the short name before a dash ("Social bridges"); small and capital letters
#'   are alike. `NULL`: all.
#' @param routine Routines wanted, such as "weighted_proportion". `NULL`: all.
#' @param framework "ioi" for the framework's indicators, "communities" for those of
#'   the note.
#' @return A tibble with a row per indicator, in the order of the source. In both
#'   frameworks:
#'   \describe{
#'     \item{`indicator_id`}{text. "7.9" is the ninth indicator of domain 7; "C8" the
#'       eighth of the note. Where an indicator of the note holds several measures,
#'       they follow it as "C5a", "C5b".}
#'     \item{`name`}{the indicator in the words of its source; for a part, the short
#'       name of the measure in ours.}
#'     \item{`domain`, `domain_id`}{code and id of the domain. For the note these are
#'       the domains of the linked framework indicators, several separated by ";".}
#'     \item{`measure_type`}{"proportion", "distribution", "rate", "mean", "count",
#'       "index", "years_lost", "life_expectancy" or "qualitative_perception".}
#'     \item{`unit`}{"percent", "per 100,000", "index 0-1" and so on. The package
#'       computes shares as fractions from 0 to 1 and prints them as percentages.}
#'     \item{`population`}{whom it is about; `NA` where the source names nobody.}
#'     \item{`desired_direction`}{"higher", "lower" or "contextual".}
#'     \item{`routine`}{how it is computed: "proportion" (a share counted from
#'       records), "weighted_proportion" (a share estimated from survey answers),
#'       "category_distribution", "dissimilarity_index", "representation_ratio",
#'       "count_poisson", "rate_byar", "directly_standardised_rate",
#'       "weighted_mean", "duration_mean", "years_of_life_lost" or
#'       "healthy_life_expectancy_sullivan".}
#'     \item{`notes`}{remarks on the coding; mostly `NA`.}
#'   }
#'   With `framework = "ioi"` also `same_as`: the id under which the same indicator
#'   is listed first. With `framework = "communities"` also
#'   \describe{
#'     \item{`part_of`}{the indicator that a part belongs to; `NA` for the 20.}
#'     \item{`short_name`}{a few words for a chart or a heading.}
#'     \item{`outcome`}{the outcome that the note files it under.}
#'     \item{`question`}{survey question, several separated by " | ".}
#'     \item{`numerator`, `denominator`}{who is counted, out of whom; `NA` for an
#'       indicator whose parts say it.}
#'     \item{`definition`}{what the note says of the measure.}
#'     \item{`data_source`, `geography`, `disaggregation`}{data, areas and breakdowns
#'       that the note found.}
#'     \item{`ioi_indicators`, `ioi_match`}{framework indicators that correspond,
#'       separated by ";", and how closely: "same", "close", "related", "none".}
#'   }
#' @section Errors: `ioi_error_input` for an unknown domain, routine or framework;
#'   the message lists the choices.
#' @source Home Office Indicators of Integration framework 2019, third edition, and
#'   the technical note on measuring outcomes for integrated communities (Ministry of
#'   Housing, Communities and Local Government, 2019). Contains public sector
#'   information licensed under the Open Government Licence v3.0. The coding is ours:
#'   see the file `catalogue/README.md` of the package.
#' @examples
#' ioi_indicators("social_bridges")
#' ioi_indicators(routine = "dissimilarity_index")
#' note <- ioi_indicators(framework = "communities")
#' note[is.na(note$part_of), c("indicator_id", "short_name", "unit")]
#' @seealso [ioi_domains()], [ioi_practices()]
#' @export
ioi_indicators <- function(domain = NULL, routine = NULL,
                           framework = c("ioi", "communities")) {
  framework <- check_choice(framework, c("ioi", "communities"), "framework")
  out <- if (framework == "ioi") indicators_ioi() else indicators_communities()
  if (!is.null(domain)) {
    wanted <- match_domains(domain)
    own <- strsplit(out$domain_id, ";", fixed = TRUE)
    out <- out[vapply(own, function(id) any(id %in% wanted), NA), ]
  }
  if (!is.null(routine)) {
    known <- c(indicators_ioi()$routine, indicators_communities()$routine)
    check_among(routine, sort(unique(known)), "routine")
    out <- out[out$routine %in% routine, ]
  }
  out
}

#' Good practice
#'
#' The 121 items of good practice, local and national, that the Home Office framework
#' 2019 lists beside its outcome indicators.
#'
#' Good practice is what a place or a government does. It is not an outcome: never
#' add the two kinds up.
#'
#' @inheritParams ioi_indicators
#' @param level "local", "national" or both. `NULL`: both.
#' @return A tibble with a row per item:
#'   \describe{
#'     \item{`practice_id`}{text: "1.L2" is the second local item of domain 1,
#'       "1.N1" its first national one.}
#'     \item{`name`}{the item in the words of the framework.}
#'     \item{`domain`, `domain_id`}{code and id of its domain.}
#'     \item{`level`}{"local" or "national".}
#'   }
#' @section Errors: `ioi_error_input` for an unknown domain or level; the message
#'   lists the choices.
#' @inherit ioi_domains source
#' @examples
#' ioi_practices("language_communication", level = "local")
#' @seealso [ioi_domains()], [ioi_indicators()]
#' @export
ioi_practices <- function(domain = NULL, level = NULL) {
  table <- read_catalogue("good_practice")
  out <- tibble::tibble(
    practice_id = table$practice_id,
    name = table$name,
    domain = domain_code(table$domain_id),
    domain_id = table$domain_id,
    level = table$level
  )
  if (!is.null(domain)) {
    out <- out[out$domain_id %in% match_domains(domain), ]
  }
  if (!is.null(level)) {
    check_among(level, c("local", "national"), "level")
    out <- out[out$level %in% level, ]
  }
  out
}

indicators_ioi <- function() {
  table <- read_catalogue("indicators")
  tibble::tibble(
    indicator_id = table$indicator_id,
    name = table$name,
    domain = domain_code(table$domain_id),
    table[c(
      "domain_id", "measure_type", "unit", "population", "desired_direction",
      "routine", "same_as", "notes"
    )]
  )
}

# The 20 of the note, each followed by its parts when it has several measures. A
# single measure gives its numerator and denominator to the indicator itself.
indicators_communities <- function() {
  if (!is.null(catalogue[["communities"]])) {
    return(catalogue[["communities"]])
  }
  whole <- read_catalogue("shortlist20")
  measure <- read_catalogue("shortlist20_measures")
  several <- measure$number %in% measure$number[duplicated(measure$number)]
  single <- measure[!several, ][match(whole$number, measure$number[!several]), ]
  parts <- measure[several, ]
  part_whole <- whole[match(parts$number, whole$number), ]

  wholes <- communities_rows(whole, whole, single)
  wholes$short_name <- ifelse(is.na(single$measure), whole$outcome, single$measure)
  wholes$notes <- whole$notes
  details <- communities_rows(parts, part_whole, parts)
  details$indicator_id <- paste0("C", parts$measure_id)
  details$name <- parts$measure
  details$short_name <- parts$measure
  details$part_of <- paste0("C", parts$number)
  details$question <- parts$question

  out <- rbind(wholes, details)
  order <- order(as.integer(c(whole$number, parts$number)), !is.na(out$part_of))
  catalogue[["communities"]] <- out[order, ]
  out[order, ]
}

# Rows from `coded` (what is coded for the row itself), `whole` (the indicator it
# is or belongs to) and `counted` (the measure that says who is counted).
communities_rows <- function(coded, whole, counted) {
  tibble::tibble(
    indicator_id = paste0("C", whole$number),
    name = whole$indicator,
    domain = domain_code(whole$domain_ids),
    domain_id = whole$domain_ids,
    coded[c("measure_type", "unit", "population", "desired_direction", "routine")],
    notes = NA_character_,
    part_of = NA_character_,
    short_name = NA_character_,
    outcome = whole$outcome,
    question = whole$question,
    numerator = counted$numerator,
    denominator = counted$denominator,
    definition = whole$measure_text,
    data_source = whole$data_source,
    geography = whole$geography,
    disaggregation = whole$disaggregation,
    ioi_indicators = whole$ioi_indicator_ids,
    ioi_match = whole$ioi_match
  )
}

# "6;7" becomes "social_bonds;social_bridges".
domain_code <- function(domain_id) {
  domains <- read_catalogue("domains")
  ids <- strsplit(domain_id, ";", fixed = TRUE)
  vapply(ids, function(id) {
    paste(domains$code[match(id, domains$domain_id)], collapse = ";")
  }, "")
}

# Ids of the domains that `domain` names by id, code or name.
match_domains <- function(domain, call = rlang::caller_env()) {
  domains <- read_catalogue("domains")
  short <- sub(" \u2013 .*$", "", domains$name)
  known <- tolower(c(domains$domain_id, domains$code, domains$name, short))
  text <- if (is.numeric(domain)) format_label(domain) else as.character(domain)
  at <- match(tolower(text), known)
  if (!length(text) || anyNA(at)) {
    choices <- paste0(domains$code, " (", domains$domain_id, ")")
    abort_ioi(
      c(
        "{.arg domain} must give ids, codes or names of domains.",
        "x" = if (length(text)) {
          "Not known: {.val {unique(text[is.na(at)])}}."
        } else {
          "It is empty."
        },
        "i" = "Domains: {choices}."
      ),
      "input",
      arg = "domain", where = which(is.na(at)), call = call
    )
  }
  rep(domains$domain_id, 4)[at]
}

# Every value of `x` is one of `choices`; at least one is given.
check_among <- function(x, choices, arg, call = rlang::caller_env()) {
  bad <- if (is.character(x)) unique(x[!x %in% choices]) else x
  if (!length(x) || length(bad)) {
    abort_ioi(
      c(
        "{.arg {arg}} must be among {.or {.val {choices}}}.",
        "x" = if (length(x)) "Not known: {.val {bad}}." else "It is empty."
      ),
      "input",
      arg = arg, where = which(!x %in% choices), call = call
    )
  }
  x
}
