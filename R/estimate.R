# The class `ioi_estimate`: a tibble of estimates that carries their covariance.
#
# The columns are plain. Three attributes travel with the rows:
#   vcov     NULL or the covariance of the rows, computed or not yet: see R/covariance.R
#   domains  NULL or list(id, n, psu, stratum): which domain a row belongs to
#            (a column of the matrices) and what each domain holds; the degrees
#            of freedom of a union of domains are counted from it
#   info     list: how the rows were made, for printing, plotting and confint()
#
# One rule holds everywhere: rows and covariance never part. An operation that
# says which rows it keeps (`[`, dplyr's row verbs) carries the covariance along;
# one that only shows its result (assignment, dplyr's column verbs and joins)
# keeps the class when the rows are still the same rows, and gives a plain tibble
# otherwise. The checks are few and here: `subset_estimate()` and
# `restore_estimate()`.

# Without these columns a table is no longer an estimate.
core_columns <- c("estimate", "std.error", "conf.low", "conf.high")

# Columns from which limits and tests are computed again: they may be dropped,
# but not changed.
base_columns <- c("n", "n.effective", "df")

# Columns that say what a row is about, after the `by` columns.
label_columns <- c(
  "indicator_id", "of_measure", "measure", "outcome", "category", "index",
  "percentile", "component", "group", "of_reference", "reference", "other", "bandwidth", "time"
)

# Makes an estimate table from a data frame `x` with the columns above.
new_ioi_estimate <- function(x, vcov = NULL, domains = NULL, info = list()) {
  info$by <- as.character(info$by)
  out <- structure(
    plain_tibble(x),
    vcov = if (is_later(vcov)) vcov else unname(vcov), domains = domains, info = info,
    class = c("ioi_estimate", "tbl_df", "tbl", "data.frame")
  )
  check_ioi_estimate(out)
}

# The constructor's promises; a broken one is a fault of the package.
check_ioi_estimate <- function(x) {
  rows <- nrow(x)
  vcov <- attr(x, "vcov")
  broken <- c(
    "core columns are missing" = !all(core_columns %in% names(x)),
    "a core column is not numeric" =
      !all(vapply(unclass(x)[intersect(core_columns, names(x))], is.numeric, NA)),
    "column names are not unique" = anyDuplicated(names(x)) > 0,
    "`vcov` is not rows x rows" =
      !is.null(vcov) && !(is_covariance(vcov) && all(covariance_size(vcov) == rows)),
    "`domains$id` is not one per row" =
      !is.null(attr(x, "domains")) && length(attr(x, "domains")$id) != rows,
    "`info$by` names no column" = !all(attr(x, "info")$by %in% names(x)),
    "`flag` is not text without NA" =
      "flag" %in% names(x) && (!is.character(x[["flag"]]) || anyNA(x[["flag"]]))
  )
  if (any(broken)) {
    rlang::abort(
      c("An estimate table was built wrongly.", names(broken)[broken]),
      .internal = TRUE
    )
  }
  x
}

is_estimate <- function(x) inherits(x, "ioi_estimate")

# Does the covariance still have the rows' shape? FALSE only when something
# outside these methods has copied the attributes onto other rows, as
# tibble::add_row() does.
is_intact <- function(x) {
  id <- attr(x, "domains")$id
  all(core_columns %in% names(x)) &&
    all(covariance_size(attr(x, "vcov")) == nrow(x)) &&
    (is.null(id) || length(id) == nrow(x))
}

# Every function that reads the covariance of a user's table asks this first.
check_intact <- function(x, arg, call = rlang::caller_env()) {
  if (!is_intact(x)) {
    abort_ioi(
      c(
        "{.arg {arg}} no longer matches the covariance it carries.",
        "x" = "Rows were added or removed by a function that does not know the class.",
        "i" = "Use the table as it was computed, or choose rows with {.code [} or dplyr."
      ),
      "input",
      arg = arg, call = call
    )
  }
  x
}

# The columns alone: no class of ours and none of its attributes.
plain_tibble <- function(x) {
  rows <- nrow(x)
  columns <- unclass(x)
  attributes(columns) <- list(names = names(x))
  tibble::new_tibble(columns, nrow = rows)
}

# `data` as an estimate whose rows are rows `rows` of `template`.
subset_estimate <- function(data, template, rows) {
  complete <- all(core_columns %in% names(data)) && !anyDuplicated(names(data))
  if (!complete || anyNA(rows) || !is_intact(template)) {
    return(plain_tibble(data))
  }
  domains <- attr(template, "domains")
  if (!is.null(domains)) {
    domains$id <- domains$id[rows]
  }
  info <- attr(template, "info")
  info$by <- intersect(info$by, names(data))
  if (!all(intersect(base_columns, names(template)) %in% names(data))) {
    info$limits <- "fixed" # what other levels are computed from is gone
  }
  new_ioi_estimate(
    data,
    vcov = covariance_rows(attr(template, "vcov"), rows),
    domains = domains, info = info
  )
}

# `data` as an estimate if its rows are those of `template`, one by one;
# otherwise a plain tibble.
restore_estimate <- function(data, template) {
  if (!is_same_rows(data, template)) {
    return(plain_tibble(data))
  }
  subset_estimate(data, template, seq_len(nrow(template)))
}

# Numbers unchanged and in place. Where two rows hold the same numbers they could
# have changed places unseen, so then their labels must be unchanged too.
is_same_rows <- function(data, template) {
  if (nrow(data) != nrow(template) || !all(core_columns %in% names(data))) {
    return(FALSE)
  }
  numbers <- intersect(c(core_columns, base_columns), names(template))
  kept <- intersect(numbers, names(data))
  if (!is_same_columns(data, template, kept)) {
    return(FALSE)
  }
  if (!anyDuplicated(do.call(cbind, unclass(template)[kept]))) {
    return(TRUE)
  }
  labels <- setdiff(names(template), numbers)
  length(labels) > 0 && all(labels %in% names(data)) &&
    is_same_columns(data, template, labels)
}

is_same_columns <- function(data, template, columns) {
  identical(unclass(data)[columns], unclass(template)[columns])
}

#' @export
`[.ioi_estimate` <- function(x, i, j, ..., drop = FALSE) {
  out <- NextMethod("[")
  if (!is.data.frame(out)) {
    return(out)
  }
  rows <- seq_len(nrow(x))
  given <- nargs() - (if (missing(drop)) 0 else 1)
  by_column <- given < 3 # x[j], not x[i, j]
  if (!missing(i) && !by_column) {
    rows <- tibble::new_tibble(list(row = rows), nrow = nrow(x))[i, ]$row
  }
  subset_estimate(out, x, rows)
}

#' @export
`[<-.ioi_estimate` <- function(x, i, j, ..., value) {
  restore_estimate(NextMethod("[<-"), x)
}

#' @export
`[[<-.ioi_estimate` <- function(x, i, j, ..., value) {
  restore_estimate(NextMethod("[[<-"), x)
}

#' @export
`$<-.ioi_estimate` <- function(x, name, value) {
  restore_estimate(NextMethod("$<-"), x)
}

# Renaming a `by` column keeps the class; renaming a column that the methods
# read by name gives a plain tibble.
#' @export
`names<-.ioi_estimate` <- function(x, value) {
  fixed <- names(x) %in% c(core_columns, base_columns)
  renamed <- plain_tibble(x)
  names(renamed) <- value
  if (!identical(names(x)[fixed], names(renamed)[fixed])) {
    return(renamed)
  }
  info <- attr(x, "info")
  info$by <- names(renamed)[match(info$by, names(x))]
  attr(x, "info") <- info
  attr(x, "names") <- names(renamed)
  restore_estimate(renamed, x)
}

#' @export
rbind.ioi_estimate <- function(..., deparse.level = 1) {
  plain <- lapply(list(...), function(x) if (is_estimate(x)) plain_tibble(x) else x)
  do.call(rbind, c(plain, list(deparse.level = deparse.level)))
}

# dplyr and vctrs build their results apart from the class and then hand them
# over to be dressed: the row verbs name their rows, the others do not.

#' @exportS3Method dplyr::dplyr_row_slice
dplyr_row_slice.ioi_estimate <- function(data, i, ...) {
  data[i, ]
}

#' @exportS3Method dplyr::dplyr_reconstruct
dplyr_reconstruct.ioi_estimate <- function(data, template) {
  restore_estimate(data, template)
}

#' @exportS3Method vctrs::vec_restore
vec_restore.ioi_estimate <- function(x, to, ...) {
  restore_estimate(x, to)
}
