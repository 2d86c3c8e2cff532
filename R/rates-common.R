# What rates, standardisation and life tables share: columns of counts, groups as
# integer codes, flags, and the covariance of independent rows.

# ---- columns ------------------------------------------------------------------

# A column of counts as doubles: numeric, finite, 0 or more; NA stays NA.
count_column <- function(x, arg, call = rlang::caller_env()) {
  classed <- is.object(x) && !inherits(x, c("haven_labelled", "AsIs"))
  if (!is.numeric(x) || classed || !is.null(dim(x))) {
    abort_ioi(
      c(
        "{.arg {arg}} must be a column of numbers.",
        "x" = "It is {.cls {class(x)}}.",
        "i" = "Convert it first, for example with {.fn as.numeric}."
      ),
      "input",
      arg = arg, call = call
    )
  }
  x <- as.double(unclass(x))
  if (!is_counts(x)) {
    bad <- which(x < 0 | is.infinite(x) | is.nan(x))
    abort_ioi(
      c(
        "{.arg {arg}} must hold finite numbers of 0 or more.",
        "x" = "{length(bad)} value{?s} {?does/do} not, first in row {bad[1]}:
               {x[bad[1]]}."
      ),
      "data",
      arg = arg, where = bad, call = call
    )
  }
  x
}

# Finite and 0 or more, or NA; without vectors as long as the data.
is_counts <- function(x) {
  missing <- anyNA(x)
  known <- !missing || !all(is.na(x))
  if (missing && any(is.nan(x))) {
    return(FALSE)
  }
  !length(x) || !known || (min(x, na.rm = TRUE) >= 0 && max(x, na.rm = TRUE) < Inf)
}

# Is it one number strictly between two others?
is_number_between <- function(x, low, high) {
  is.numeric(x) && length(x) == 1 && !is.na(x) && x > low && x < high
}

# One finite number above 0.
check_positive <- function(x, arg, call = rlang::caller_env()) {
  if (!is_number_between(x, 0, Inf)) {
    abort_ioi(
      c("{.arg {arg}} must be one number above 0.", "x" = "It is {.val {as_shown(x)}}."),
      "input",
      arg = arg, call = call
    )
  }
  as.double(x)
}

# A choice that may be left out.
check_suppress <- function(suppress, call = rlang::caller_env()) {
  if (is.null(suppress)) NULL else check_choice(suppress, "ohid", "suppress", call)
}

# The `by` columns of a data frame, an existing grouping first, said once.
table_by <- function(quo, data, taken = character(), call = rlang::caller_env()) {
  resolve_by(quo, list(data = data, groups = existing_groups(data)), taken, call)
}

# Columns of the results of this family, which `by` columns cannot be called.
rate_columns <- c(core_columns, "events", "n", "flag")
ratio_columns <- c(rate_columns, "expected", "p.value")
life_columns_out <- c(
  rate_columns, "age", "qx", "lx", "Lx", "Tx", "life_expectancy", "healthy_share",
  "se_prevalence", "se_mortality"
)
gap_columns <- c(
  core_columns, "group", "reference", "age", "cause", "gap", "gap_se", "flag"
)
lost_columns <- c(rate_columns, "measure", "per_death")
representation_columns <- c(
  core_columns, "measure", "group", "n", "count", "population", "flag"
)
mean_columns <- c(core_columns, "n", "df", "sd", "flag")

# ---- groups -------------------------------------------------------------------

# Rows as integer codes of the combinations of `by` that occur, ascending: list(
# code (NA: a missing value of `by`), size, labels: a list of columns).
group_rows <- function(data, by, call = rlang::caller_env()) {
  rows <- nrow(data)
  if (!length(by)) {
    return(list(code = rep(1L, rows), size = 1L, labels = list()))
  }
  columns <- lapply(by, function(name) key_column(data[[name]], "by", call))
  levels <- vapply(columns, function(column) as.double(column$key$levels), 1)
  code <- Reduce(
    function(code, part) code * levels[part] + column_code(columns[[part]]$key),
    seq_along(by), 0
  )
  occurs <- occurring_codes(code, prod(levels))
  parts <- split_codes(occurs, levels)
  labels <- Map(function(column, at) column$labels[at + 1], columns, parts)
  list(
    code = if (length(occurs) == prod(levels)) as.integer(code) + 1L else match(
      code, occurs
    ),
    size = length(occurs), labels = stats::setNames(labels, by)
  )
}

# Levels of a key column, from 0.
column_code <- function(key) {
  .Call(ioi_r_levels, list(key), 1L, as.double(length(key$value)))
}

# The different values of `code` (0 .. levels - 1), ascending.
occurring_codes <- function(code, levels) {
  if (levels <= 4 * length(code) + 1024) {
    return(which(tabulate(code + 1, levels) > 0) - 1)
  }
  sort(unique(code), na.last = NA)
}

# Says once how many rows have no value of `by`.
report_ungrouped <- function(groups) {
  left_out <- sum(is.na(groups$code))
  if (left_out > 0) {
    inform_ioi(
      "Left out {left_out} row{?s} without a value of {.arg by}.", "missing",
      count = left_out
    )
  }
  left_out
}

# ---- cells --------------------------------------------------------------------

# Counts and populations of group x band, matrices with a row per band; see
# src/r/r_standardise.c. With `frequency` the population of a cell counts once.
cell_sums <- function(groups, band, bands, events, population, frequency = NULL,
                      call = rlang::caller_env()) {
  cells <- .Call(
    ioi_r_cells, groups$code, band, events, population, frequency,
    as.integer(groups$size), as.integer(bands)
  )
  if (cells$where > 0) {
    abort_ioi(
      c(
        "With {.arg frequency}, {.arg population} must be the same in all rows of a group
         and band.",
        "x" = "Row {cells$where} differs from the rows of its band before it."
      ),
      "data",
      arg = "population", where = cells$where, call = call
    )
  }
  cells
}

# ---- flags and covariance -----------------------------------------------------

# Words for the flags of this family, shown under a table.
rate_flag_words <- c(
  missing = "a count or population is missing",
  empty = "nobody at risk",
  "empty band" = "an age band without population, whose rate is undefined",
  "fewer than 10" = "fewer than 10 events",
  "no expected events" = "the expected number of events is 0",
  "no deaths in open band" = "nobody died in the oldest age band",
  "missing band" = "an age band of the other tables is not there",
  "no survivors" = "all die in a closed age band; nothing is known beyond it",
  "bands merged" = "age bands were pooled",
  "no prevalence" = "no prevalence of good health at some age",
  "no prevalence variance" = "the standard error leaves out that of the prevalence",
  "population 5,000 or less" = "withheld: too few people",
  "interval over 20 years" = "withheld: interval wider than 20 years",
  "split undefined" = "rates agree but their causes differ: no split",
  "no sd" = "no standard deviation of the group can be known",
  "not comparable" = "too few events or no estimate to compare"
)

# Flags from a named list of logical vectors, joined by ";".
join_flags <- function(flags) {
  out <- character(length(flags[[1]]))
  for (name in names(flags)) {
    on <- flags[[name]] %in% TRUE
    out[on] <- ifelse(out[on] == "", name, paste(out[on], name, sep = ";"))
  }
  out
}

words_for <- function(flag) {
  rate_flag_words[intersect(flags_in(unique(flag)), names(rate_flag_words))]
}

# More rows than this keep no covariance matrix; independent rows need none.
most_diagonal_rows <- 1000

# The covariance of rows that share no events; NULL for long tables.
independent_vcov <- function(se) {
  if (length(se) > most_diagonal_rows) {
    return(NULL)
  }
  missing_rows(diag(se^2, length(se)), is.na(se))
}

missing_rows <- function(vcov, missing) {
  vcov[missing, ] <- NA
  vcov[, missing] <- NA
  vcov
}

# What `info` says of them.
independent_info <- function(rows) {
  list(
    independent = TRUE,
    no_vcov = if (rows > most_diagonal_rows) {
      "With so many rows none is stored: they share no events, so it is diagonal, with
       the squares of std.error."
    }
  )
}

# estimate -+ z std.error.
normal_limits <- function(estimate, se, level) {
  interval_t(estimate, se, Inf, level)[c("conf.low", "conf.high")]
}

# "per 100,000"
per_words <- function(per) {
  paste("per", format_number(per, digits_for(per)))
}
