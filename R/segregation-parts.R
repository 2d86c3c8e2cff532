# What the functions on parts of segregation share: reading the data into a table
# of units x groups through the layout of ioi_segregation(), and the labels of units.

# list(source, columns, layout, tally, table, people, lost): the table counts people
# by weight, `people` counts respondents.
segregation_read <- function(source, columns, groups, call = rlang::caller_env()) {
  layout <- segregation_layout(source, columns, groups, call)
  tally <- segregation_tally(layout)
  list(
    layout = layout, table = tally$table,
    people = if (is.null(tally$n)) tally$table else tally$n,
    lost = report_left_out(layout, tally)
  )
}

# A row of the data for each unit.
rows_of_units <- function(layout) {
  level <- .Call(ioi_r_levels, layout$keys, layout$unit_at, as.double(layout$rows))
  units <- layout$first[length(layout$first)]
  out <- integer(units)
  known <- which(!is.na(level))
  out[level[known] + 1L] <- known
  out
}

# The labels of units: the values of one column with its type, several joined; the
# row names of a matrix; else the number of the row.
unit_labels <- function(layout, rows, call = rlang::caller_env()) {
  unit <- layout$columns$unit
  if (!length(unit)) {
    named <- identical(layout$counts, "data") && .row_names_info(layout$data) > 0
    return(if (named) row.names(layout$data)[rows] else rows)
  }
  labels <- lapply(unit, function(name) {
    readable_key(layout$data[[name]], "unit", call, name)[rows]
  })
  if (length(labels) == 1) labels[[1]] else do.call(paste, c(labels, sep = " / "))
}

# The labels of places for rows that belong to places `place`.
place_labels <- function(layout, place) {
  lapply(layout$area$labels, function(x) x[place])
}

# How the rows were made, for printing; `...` are further fields.
parts_info <- function(read, what, by, level, se, notes = NULL, ...) {
  layout <- read$layout
  list(
    what = what, unit = "index", by = by, level = level,
    ci = if (se == "analytic") "t" else se, limits = "fixed",
    df_rule = if (!is.null(layout$design)) "domain",
    design = if (is.null(layout$design)) {
      list(type = "counts", rows = layout$rows)
    } else {
      design_info(layout$design)
    },
    dropped = if (length(layout$left_out)) layout$left_out,
    notes = c(
      if (read$lost > 0) {
        paste(count_words(read$lost, "row"), "without group, unit or area left out.")
      },
      notes
    ),
    ...
  )
}

# The base of logarithms, above 1.
check_base <- function(base, call = rlang::caller_env()) {
  ok <- is.numeric(base) && length(base) == 1 && is.finite(base) && base > 1
  if (!ok) {
    abort_ioi("{.arg base} must be one number above 1, such as 2 or {.code exp(1)}.", "input",
      arg = "base", call = call
    )
  }
  as.double(base)
}

base_note <- function(base) {
  paste0("Logarithms to base ", if (base == exp(1)) "e" else format_label(base), ".")
}

# One or more of `choices`.
check_choices <- function(x, choices, arg, call = rlang::caller_env()) {
  wrong <- if (is.character(x)) setdiff(x, choices) else x
  if (!is.character(x) || !length(x) || length(wrong)) {
    abort_ioi(
      c(
        "{.arg {arg}} must be one or more of {.or {.val {choices}}}.",
        "x" = "{.val {wrong}} {?is/are} not."
      ),
      "input",
      arg = arg, call = call
    )
  }
  unique(x)
}
