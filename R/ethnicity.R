# Ethnicity labels, matched within one named classification: the same word means other
# groups in another one ("Asian" with or without Chinese, "Other" with or without Arab).

#' Classifications of ethnicity
#'
#' The classifications in use on Ethnicity facts and figures, from White and Other to
#' the 19 groups of the 2021 census.
#'
#' @return A tibble with a row for each classification: `classification` (its code, such
#'   as "18A"), `name`, `description` and `groups` (how many it has).
#' @source Race Disparity Unit, standardisers of the Ethnicity facts and figures
#'   application (public repository `ukgov-equality-hub/ethnicity-facts-and-figures`,
#'   `application/data/static/standardisers`, commit
#'   1d303927327fc59a360f22ceb049fdc71f497dc3). Contains public sector information licensed
#'   under the Open Government Licence v3.0.
#' @examples
#' ioi_ethnicity_classifications()
#' @export
ioi_ethnicity_classifications <- function() {
  names <- read_catalogue("ethnicity_classifications")
  groups <- read_catalogue("ethnicity_groups")
  groups <- groups[groups$required %in% "TRUE", ]
  tibble::tibble(
    classification = names$classification, name = names$short_name,
    description = names$long_name,
    groups = as.integer(table(factor(groups$classification, names$classification)))
  )
}

#' Match ethnicity labels within a classification
#'
#' Turns the spellings found in a file into the groups of one named classification. A
#' label that is not a group of it is never put into another group.
#'
#' @param x Labels: character, factor, or labelled.
#' @param classification Code of a classification, see
#'   [ioi_ethnicity_classifications()]: "18A" for the 18 groups of 2011, "5A" for the
#'   five broad groups, for example.
#' @param level "group", or "parent" for the broad group that each belongs to.
#' @param unmatched What to do with labels that are not of the classification: "error",
#'   or "missing" to make them `NA` with a message of class `ioi_message_missing`.
#' @return A factor of the length of `x`, with all groups of the classification as
#'   levels, in its order. Totals and unknowns ("All", "Unclassified") become `NA` and
#'   are counted in a message.
#' @section Missing: a missing label is `NA`.
#' @section Errors: `ioi_error_input` for an unknown classification; `ioi_error_data`
#'   for labels that the classification lacks.
#' @source as [ioi_ethnicity_classifications()].
#' @examples
#' ioi_match_ethnicity(c("Asian/Asian British: Indian", "white - british"), "18A")
#' @export
ioi_match_ethnicity <- function(x, classification, level = c("group", "parent"),
                                unmatched = c("error", "missing")) {
  call <- rlang::current_env()
  level <- check_choice(level, c("group", "parent"), "level")
  unmatched <- check_choice(unmatched, c("error", "missing"), "unmatched")
  book <- ethnicity_book(classification, call)
  if (is_labelled(x)) x <- labelled_factor(x, "x")
  label <- as.character(x)
  seen <- unique(label[!is.na(label)])
  at <- match(standard_ethnicity(seen, book), book$standard)
  name <- if (level == "group") book$display else book$parent
  own <- book$required %in% "TRUE"
  levels <- unique(name[own][order(as.integer(book$order[own]))])
  lost <- !name[at] %in% levels
  other <- lost & standard_total(seen)
  report_labels(seen[lost & !other], seen[other], label, classification, levels, unmatched, call)
  factor(name[at][match(label, seen)], levels)
}

ethnicity_book <- function(classification, call) {
  groups <- read_catalogue("ethnicity_groups")
  known <- unique(groups$classification)
  if (!is.character(classification) || length(classification) != 1 ||
    !classification %in% known) {
    abort_ioi(
      c(
        "{.arg classification} must be one of {.val {known}}.",
        "i" = "{.fn ioi_ethnicity_classifications} says what they are."
      ),
      "input",
      arg = "classification", call = call
    )
  }
  groups[groups$classification == classification, ]
}

plain_label <- function(x) {
  gsub("[[:space:]]+", " ", tolower(trimws(x)))
}

# The standard name of each spelling: the classification's own names first.
standard_ethnicity <- function(label, book) {
  spelling <- read_catalogue("ethnicity_spellings")
  plain <- plain_label(label)
  own <- match(plain, plain_label(book$standard))
  shown <- match(plain, plain_label(book$display))
  listed <- spelling$standard[match(plain, plain_label(spelling$spelling))]
  out <- ifelse(is.na(own), ifelse(is.na(shown), listed, book$standard[shown]), book$standard[own])
  as.character(out)
}

# Totals and unknowns are no groups of any classification.
standard_total <- function(label) {
  spelling <- read_catalogue("ethnicity_spellings")
  none <- c("All", "Unknown", "Unclassified", "Unmatched", "Not applicable")
  plain <- plain_label(label)
  plain %in% plain_label(none) |
    spelling$standard[match(plain, plain_label(spelling$spelling))] %in% none
}

report_labels <- function(lost, totals, label, classification, levels, unmatched, call) {
  if (length(lost) && unmatched == "error") {
    abort_ioi(
      c(
        "{.arg x} must hold groups of the classification {.val {classification}}.",
        "x" = "{length(lost)} label{?s} {?is/are} not of it: {.val {lost}}, in
               {sum(label %in% lost)} row{?s}.",
        "i" = "Its groups are {.val {levels}}.",
        "i" = "Choose another classification, or {.code unmatched = \"missing\"}."
      ),
      "data",
      arg = "x", labels = lost, call = call
    )
  }
  gone <- c(lost, totals)
  if (length(gone)) {
    inform_ioi(
      "{sum(label %in% gone)} row{?s} made NA: {.val {gone}} {?is/are} no group of
       classification {.val {classification}}.",
      "missing",
      count = sum(label %in% gone)
    )
  }
}
