# Survey files of SPSS and Stata, through haven; what is labelled is read in R/labelled.R.

#' Read a labelled survey file
#'
#' A file of SPSS (`.sav`, `.zsav`, `.por`) or Stata (`.dta`) with its labels, ready for
#' [ioi_design()]: labels become levels where they are used, codes that the file declares
#' missing are missing, and a negative code with a label is never counted in silence.
#'
#' @param path One file. Needs the package haven.
#' @param missing_codes Codes or labels that mean missing in every labelled column, such as
#'   `c(-9, -8, -1)` or `c("Refused", "Don't know")`: made `NA` here.
#' @param ... Must be empty.
#' @return A tibble with the columns of the file, labels kept. Its attribute
#'   `questions` is a tibble of `variable`, `label` (the question), `values` (how many
#'   have a label) and `missing` (codes declared or named missing).
#' @section Missing: declared missing values are kept as the file has them and count as
#'   missing wherever the package counts. What `missing_codes` names becomes `NA`; a
#'   message of class `ioi_message_missing` says how many values.
#' @section Errors: `ioi_error_io` for a file that is not there or cannot be read;
#'   `ioi_error_input` where haven is not installed, the kind of file is unknown, or
#'   `missing_codes` names a label that no column has.
#' @examplesIf requireNamespace("haven", quietly = TRUE)
#' path <- tempfile(fileext = ".sav")
#' haven::write_sav(data.frame(
#'   belong = haven::labelled(c(1, 2, -9), c(Strongly = 1, Weakly = 2, Refused = -9))
#' ), path)
#' ioi_read_survey(path, missing_codes = -9)
#' unlink(path)
#' @export
ioi_read_survey <- function(path, missing_codes = NULL, ...) {
  call <- rlang::current_env()
  check_dots_empty_ioi(...)
  check_path(path, call)
  need_package("haven", "Reading a survey file", call)
  data <- read_labelled_file(path, call)
  check_labels_known(data, missing_codes, call)
  before <- vapply(data, function(x) sum(is.na(as.vector(unclass(x)))), 1)
  questions <- question_table(data, missing_codes)
  if (!is.null(missing_codes)) data[] <- lapply(data, drop_codes, missing_codes)
  gone <- vapply(data, function(x) sum(is.na(as.vector(unclass(x)))), 1) - before
  if (sum(gone) > 0) {
    inform_ioi(
      "{sum(gone)} value{?s} of {sum(gone > 0)} column{?s} made NA: {.arg missing_codes}.",
      "missing",
      count = sum(gone)
    )
  }
  attr(data, "questions") <- questions
  data
}

read_labelled_file <- function(path, call) {
  kind <- tolower(sub(".*[.]", "", path))
  reader <- switch(kind,
    sav = ,
    zsav = function(path) haven::read_sav(path, user_na = TRUE),
    por = function(path) haven::read_por(path, user_na = TRUE),
    dta = haven::read_dta,
    abort_ioi(
      c(
        "{.arg path} must be a file of SPSS (.sav, .zsav, .por) or Stata (.dta).",
        "x" = "It ends in {.val {kind}}."
      ),
      "input",
      arg = "path", call = call
    )
  )
  tryCatch(reader(path), error = function(e) {
    abort_ioi(
      c("{.file {path}} cannot be read.", "x" = "{conditionMessage(e)}"),
      "io",
      arg = "path", call = call
    )
  })
}

# A labelled column without the codes or labels named; others as they are.
drop_codes <- function(x, missing_codes) {
  if (!has_value_labels(x)) {
    return(x)
  }
  x[as.character(as.vector(unclass(x))) %in% codes_named(x, missing_codes)] <- NA
  x
}

# The codes, as text, that codes or labels name.
codes_named <- function(x, missing_codes) {
  labels <- attr(x, "labels", exact = TRUE)
  named <- labels[names(labels) %in% as.character(missing_codes)]
  c(as.character(missing_codes), as.character(as.vector(named)))
}

# Those of them that a labelled column has.
codes_there <- function(x, missing_codes) {
  if (!length(missing_codes) || !has_value_labels(x)) {
    return(NULL)
  }
  there <- unique(c(as.vector(attr(x, "labels", exact = TRUE)), as.vector(unclass(x))))
  intersect(as.character(sort(there)), codes_named(x, missing_codes))
}

# A label that no column has is a slip.
check_labels_known <- function(data, missing_codes, call) {
  text <- as.character(missing_codes)
  text <- text[is.na(suppressWarnings(as.numeric(text)))]
  known <- lapply(data[vapply(data, has_value_labels, NA)], function(x) {
    c(names(attr(x, "labels", exact = TRUE)), if (is.character(x)) unique(as.vector(x)))
  })
  unknown <- setdiff(text, unlist(known))
  if (length(unknown)) {
    abort_ioi(
      c(
        "{.arg missing_codes} must name labels or codes that a column has.",
        "x" = "No column has a label {.val {unknown}}."
      ),
      "input",
      arg = "missing_codes", call = call
    )
  }
}

question_table <- function(data, missing_codes) {
  one <- function(x, name) {
    out <- attr(x, name, exact = TRUE)
    if (is.null(out)) NULL else out
  }
  tibble::tibble(
    variable = names(data),
    label = vapply(data, function(x) {
      label <- one(x, "label")
      if (is.null(label)) NA_character_ else as.character(label)[1]
    }, "", USE.NAMES = FALSE),
    values = vapply(data, function(x) length(one(x, "labels")), 1L, USE.NAMES = FALSE),
    missing = vapply(data, function(x) {
      range <- one(x, "na_range")
      declared <- c(one(x, "na_values"), if (!is.null(range)) paste(range, collapse = " to "))
      paste(union(declared, codes_there(x, missing_codes)), collapse = ", ")
    }, "", USE.NAMES = FALSE)
  )
}
