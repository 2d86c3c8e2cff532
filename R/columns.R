# Columns: from what the user writes to the columns of the data.

#' How to name columns
#'
#' Every function of the package takes columns in the same ways.
#'
#' @section Ways to name a column:
#' * a bare name: `by = sex`
#' * text: `by = "sex"`
#' * several: `by = c(sex, age_band)` or `by = c("sex", "age_band")`
#' * a helper of the tidyselect package: `group = tidyselect::starts_with("n_")`
#' * a one-sided formula: `by = ~ sex + age_band`
#'
#' A name that is not a column is an error of class `ioi_error_input` that lists
#' what there is. The order is the one written.
#' @section Calculations: Columns are named, not computed: `weights = w / 2`,
#'   `~ log(income)` and `psu = interaction(year, area)` are errors of class
#'   `ioi_error_input`. Add such a column to the data first.
#' @name ioi_columns
NULL

# Names of the columns that a quosure selects, in the order written; character(0)
# for NULL. `most`: how many are allowed.
resolve_columns <- function(quo, data, arg, most = Inf, call = rlang::caller_env()) {
  if (rlang::quo_is_missing(quo) || rlang::quo_is_null(quo)) {
    return(character())
  }
  expr <- rlang::quo_get_expr(quo)
  if (rlang::is_formula(expr)) {
    expr <- formula_columns(expr, arg, call)
    quo <- rlang::new_quosure(expr, rlang::quo_get_env(quo))
  }
  columns <- select_columns(quo, data, arg, call)
  if (length(columns) > most) {
    abort_ioi(
      c(
        "{.arg {arg}} takes {most} column{?s}.",
        "x" = "It names {length(columns)}: {.val {columns}}."
      ),
      "input",
      arg = arg, call = call
    )
  }
  columns
}

no_calculations <- "Columns are named here, not computed: add the column to the data first."

# The variables of a one-sided formula, as text. Nothing is computed: `~ log(a)`
# is not `a`.
formula_columns <- function(formula, arg, call) {
  computed <- setdiff(all.names(formula), c("~", "+", "(", all.vars(formula)))
  if (length(formula) != 2 || length(computed)) {
    abort_ioi(
      c(
        "{.arg {arg}} must be a one-sided formula, such as {.code ~ a + b}.",
        "i" = if (length(computed)) no_calculations
      ),
      "input",
      arg = arg, call = call
    )
  }
  all.vars(formula)
}

# tidyselect's answer; its errors become ours. The name of a column alone needs no
# asking.
select_columns <- function(quo, data, arg, call) {
  expr <- rlang::quo_get_expr(quo)
  if ((is.symbol(expr) || rlang::is_string(expr)) && sum(names(data) == expr, na.rm = TRUE) == 1) {
    return(as.character(expr))
  }
  # tidyselect takes a quotient as a difference of sets
  if ("/" %in% all.names(expr)) abort_columns(expr, "It is a calculation.", data, arg, call)
  template <- data[0, , drop = FALSE]
  tryCatch(
    names(tidyselect::eval_select(quo, template, allow_rename = FALSE)),
    error = function(e) {
      if (inherits(e, "ioi_error")) stop(e)
      abort_columns(expr, conditionMessage(e), data, arg, call)
    }
  )
}

abort_columns <- function(expr, why, data, arg, call) {
  selectors <- c("c", ":", "!", "&", "|", "(", "::", "tidyselect")
  selectors <- c(selectors, getNamespaceExports("tidyselect"))
  computed <- setdiff(all.names(expr), c(all.vars(expr), selectors))
  abort_ioi(
    c(
      "{.arg {arg}} must name columns of the data.",
      "x" = "{why}",
      "i" = if (length(computed)) no_calculations,
      "i" = "The data have: {.val {names(data)}}."
    ),
    "input",
    arg = arg, call = call
  )
}

# The one column that a quosure names.
resolve_column <- function(quo, data, arg, call = rlang::caller_env()) {
  column <- resolve_columns(quo, data, arg, most = 1, call = call)
  if (!length(column)) {
    abort_ioi("{.arg {arg}} must name a column.", "input", arg = arg, call = call)
  }
  column
}

# Checks that something is a data frame with distinct column names.
check_data <- function(data, arg = "data", call = rlang::caller_env()) {
  if (!is.data.frame(data)) {
    abort_ioi(
      c(
        "{.arg {arg}} must be a data frame.", "x" = "It is {.cls {class(data)}}.",
        "i" = if (inherits(data, c("survey.design", "svyrep.design", "tbl_svy"))) {
          "A design made by another package is read by {.fn as_ioi_design}."
        }
      ),
      "input",
      arg = arg, call = call
    )
  }
  twice <- unique(names(data)[duplicated(names(data))])
  if (length(twice)) {
    abort_ioi(
      c(
        "{.arg {arg}} must have distinct column names.",
        "x" = "{cli::qty(twice)}More than one column {?is/are} called {.val {twice}}."
      ),
      "input",
      arg = arg, call = call
    )
  }
  data
}

# Drops the grouping of a data frame and gives its columns to add to `by`.
existing_groups <- function(data) {
  if (inherits(data, "grouped_df")) setdiff(names(attr(data, "groups")), ".rows") else character()
}
