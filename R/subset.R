# Subsets: a logical column that every domain of the design is joined with. It
# stands among the design's keys under the name "subset", where domain_key() finds
# it, so that no estimator has to know of it.

#' Keep a subgroup of a survey
#'
#' Restricts every later estimate to the rows for which a condition is true, and
#' keeps the design as it was sampled.
#'
#' @param design An [ioi_design()], or what [as_ioi_design()] takes.
#' @param condition An expression over the columns of the data that is `TRUE`,
#'   `FALSE` or `NA` for each row, or a logical vector with a value for each row.
#'   `.data$x` is a column and `.env$x` a variable of yours, where one name is both.
#' @param ... Must be empty: join conditions with `&`.
#' @return An [ioi_design()] of all the rows, with `subset`: a logical vector, `TRUE`
#'   for the rows that estimates are of. The data are not copied.
#' @section What it does to numbers: A row outside the subset adds nothing to an
#'   estimate, its base `n` or its degrees of freedom, and it is not counted as
#'   missing. Its primary sampling unit (PSU) stays in the design: a PSU without a
#'   row of the subset adds a total of 0 to its stratum, as it would in another
#'   sample. Estimates, standard errors and limits equal those of `survey::subset()`
#'   on a `survey.design2` and those of the same rows under `by`. With
#'   `df = "design"` the degrees of freedom are those of the whole design.
#'
#'   Answers that no row of the subset gave have a row with 0 where the column has
#'   them elsewhere.
#' @section Missing: Where the condition is `NA` the row is outside. The number of
#'   such rows is said in a message of class `ioi_message_missing`. A condition sees the
#'   codes of a labelled column, those that mean missing too: `answer > 0` leaves out
#'   refusals with negative codes, `answer != 1` does not.
#' @section Verbs: `subset()` and `dplyr::filter()` of a design do the same, the latter with
#'   several conditions of which all must be true.
#' @section More than one: A subset of a subset is of the rows for which both
#'   conditions are true. Calibrate before, not after: totals of the population are
#'   of everybody.
#' @section Empty: Where the condition is true for no row there is a warning of class
#'   `ioi_warning_empty`, and estimates without `by` are a row of `NA` with flag `empty`;
#'   with `by` they have no row.
#' @section Errors: `ioi_error_input` for a condition that is not logical or has
#'   another length.
#' @references Lumley, T. (2010). *Complex Surveys: A Guide to Analysis Using R*,
#'   chapter 2. Wiley. \doi{10.1002/9780470580066}
#' @seealso [ioi_design()], section "Subgroups", on what filtering the data costs
#' @examples
#' survey <- subset(crime_survey_2008, !is.na(weight))
#' design <- ioi_design(survey, weights = weight)
#' young <- ioi_subset(design, age < 30)
#' young
#' ioi_proportion(
#'   young, worry_racial_attack,
#'   by = ethnic_group, success = c("very worried", "fairly worried")
#' )
#'
#' # subsets of subsets, and variables that are not columns
#' oldest <- 25
#' ioi_mean(ioi_subset(young, age <= .env$oldest), age)
#' @export
ioi_subset <- function(design, condition, ...) {
  check_one_condition(...)
  design <- as_ioi_design(design)
  inside <- subset_condition(rlang::enquo(condition), design)
  found <- .Call(ioi_r_inside, inside, design$subset)
  if (found$unknown > 0) {
    inform_ioi(
      "Outside the subset, kept in the design: {found$unknown} row{?s} for which the
       condition is missing.",
      "missing",
      unknown = found$unknown
    )
  }
  if (found$rows == 0) {
    warn_ioi(
      c(
        "The subset is empty: {.arg condition} is true for none of {design_rows(design)} rows.",
        "i" = "Every estimate of it is missing."
      ),
      "empty",
      arg = "condition"
    )
  }
  within_subset(design, found$inside)
}

#' @export
subset.ioi_design <- function(x, subset, ...) {
  ioi_subset(x, {{ subset }}, ...)
}

#' @exportS3Method dplyr::filter
filter.ioi_design <- function(.data, ..., .by = NULL, .preserve = FALSE) {
  conditions <- rlang::enquos(...)
  named <- any(nzchar(names(conditions))) || !rlang::quo_is_null(rlang::enquo(.by))
  if (named) abort_condition(rlang::current_env())
  for (condition in conditions) .data <- ioi_subset(.data, !!condition)
  .data
}

# A second condition, or `=` for `==`, is an error, not silence.
check_one_condition <- function(..., call = rlang::caller_env()) {
  if (...length()) abort_condition(call)
}

abort_condition <- function(call) {
  abort_ioi(
    c(
      "{.arg condition} must be one expression.",
      "i" = "Compare with {.code ==}, and join conditions with {.code &}."
    ),
    "input",
    arg = "...", call = call
  )
}

# The condition as a logical vector, a value a row.
subset_condition <- function(quo, design, call = rlang::caller_env()) {
  if (rlang::quo_is_missing(quo)) {
    abort_ioi("{.arg condition} is missing.", "input", arg = "condition", call = call)
  }
  # labelled columns of a file that another session read are compared by haven's methods
  labelled <- intersect(all.vars(quo), names(design$data))
  labelled <- labelled[vapply(as.list(design$data)[labelled], is_labelled, NA)]
  if (length(labelled)) requireNamespace("haven", quietly = TRUE)
  value <- tryCatch(
    rlang::eval_tidy(quo, as.list(design$data)),
    error = function(e) {
      abort_ioi(
        c(
          "{.arg condition} cannot be worked out.", "x" = "{conditionMessage(e)}",
          "i" = if (length(labelled)) {
            "Columns with labels, such as {.val {labelled[1]}}, are compared by their codes."
          }
        ),
        "input",
        arg = "condition", call = call
      )
    }
  )
  if (!is.logical(value) || length(value) != design$rows || !is.null(dim(value))) {
    abort_ioi(
      c(
        "{.arg condition} must be {.val {TRUE}} or {.val {FALSE}} for each of the
         {design$rows} row{?s}.",
        "x" = "It is {.cls {class(value)}} of length {length(value)}."
      ),
      "input",
      arg = "condition", call = call
    )
  }
  if (!is.null(attributes(value))) as.vector(unclass(value)) else value
}

# The design with its estimates restricted to the rows where `inside` is TRUE; NULL
# changes nothing.
within_subset <- function(design, inside) {
  if (is.null(inside)) {
    return(design)
  }
  design$subset <- inside
  key <- key_read(inside, 0L, 2L, NULL)$key
  design$keys[["subset"]] <- key_remap(key, c(-1L, 0L), 1)
  design
}

# The position of the subset among keys, 0 where there is none.
subset_at <- function(keys) {
  match("subset", names(keys), nomatch = 0L)
}

# Rows that estimates are of.
design_rows <- function(design) {
  if (is.null(design$subset)) design$rows else sum(design$subset)
}
