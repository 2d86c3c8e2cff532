# Parity gaps, first half: whatever the user gives becomes cells.
#
# `cells` is a list with an element per cell (row) in
#   labels    data frame of the columns that set rows apart, without the group
#   group     the group each cell is about
#   block     which combination of the labels it belongs to
#   value, variance, low, high, n, df, flag
# and `covariance` (of the values; NULL: none known, taken as independent),
# `domains` (of an ioi_estimate), `events` (counts alone) and `info` (for the
# result). Every gap is then a pair of cells: R/parity.R.

# Cells of `x` for the columns `group` and `by`, without their numbers.
parity_cells <- function(x, group, by, call) {
  by <- setdiff(by, group)
  clash <- intersect(by, c("measure", "group", "reference", core_columns, base_columns))
  if (length(clash)) {
    abort_ioi(
      c(
        "{.arg by} must not name a column that the result makes.",
        "x" = "It names {.val {clash}}.", "i" = "Rename the column first."
      ),
      "input",
      arg = "by", call = call
    )
  }
  columns <- unclass(x)[c(by, group)]
  for (name in names(columns)) {
    arg <- if (name == group) "group" else "by"
    columns[[name]] <- readable_key(columns[[name]], arg, call, name)
    check_key_type(columns[[name]], arg, call)
  }
  left_out <- Reduce(`|`, lapply(columns, is.na))
  if (any(left_out)) {
    inform_ioi(
      "Left out {sum(left_out)} row{?s} with no value in {.field {names(columns)}}.",
      "missing",
      count = sum(left_out)
    )
  }
  kept <- which(!left_out)
  parity_unique(lapply(columns, `[`, kept), group, call)
  list(
    kept = kept,
    labels = tibble::new_tibble(lapply(columns[by], `[`, kept), nrow = length(kept)),
    group = columns[[group]][kept],
    block = parity_block(lapply(columns[by], `[`, kept), length(kept)),
    info = list(by = by, dropped = c("rows without a group" = sum(left_out)))
  )
}

# Numbers the combinations of some columns in order of first appearance.
parity_block <- function(columns, rows) {
  if (!length(columns)) {
    return(rep(1L, rows))
  }
  key <- do.call(paste, lapply(unname(columns), function(x) match(x, unique(x))))
  match(key, unique(key))
}

# A group may occur once in each combination of `by`.
parity_unique <- function(columns, group, call) {
  rows <- length(columns[[group]])
  cell <- parity_block(columns, rows)
  twice <- which(duplicated(cell))
  if (!length(twice)) {
    return(invisible())
  }
  named <- as.character(columns[[group]][twice[1]])
  by <- setdiff(names(columns), group)
  within <- if (length(by)) "in a combination of {.field {by}}" else "in {.field {group}}"
  abort_ioi(
    c(
      paste0("{.arg group} must name each group once ", within, "."),
      "x" = "{length(twice)} row{?s} repeat{?s/} a group, first at row {twice[1]}:
             {.val {named}}.",
      "i" = "Name in {.arg by} the columns that set these rows apart, or choose rows."
    ),
    "data",
    arg = "group", where = twice, call = call
  )
}

# Cells from estimates of the package.
parity_estimates <- function(x, group, by, level, mover, call) {
  info <- attr(x, "info")
  if (any(c("measure", "reference") %in% setdiff(names(x), group))) {
    abort_ioi(
      c(
        "{.arg x} must hold estimates of groups.",
        "x" = "It holds comparisons already: it has a column {.field measure} or
               {.field reference}."
      ),
      "input",
      arg = "x", call = call
    )
  }
  check_intact(x, "x", call)
  if (!length(by)) by <- info$by
  labels <- intersect(parity_labels, names(x))
  labels <- labels[!vapply(labels, function(name) all(is.na(x[[name]])), NA)]
  cells <- parity_cells(x, group, union(by, labels), call)
  own <- cells$kept
  level <- if (is.null(level)) info$level else level
  limits <- parity_own_limits(x, level, mover)
  numbers <- list(
    value = as.double(x[["estimate"]][own]),
    variance = as.double(x[["std.error"]][own])^2,
    low = limits[own, 1], high = limits[own, 2],
    n = as.double(parity_column(x, "n", NA)[own]),
    df = as.double(parity_column(x, "df", Inf)[own]),
    flag = parity_column(x, "flag", "")[own]
  )
  covariance <- attr(x, "vcov")
  if (!is.null(covariance)) {
    covariance <- covariance[own, own, drop = FALSE]
    numbers$variance <- diag(covariance)
  }
  domains <- attr(x, "domains")
  if (!is.null(domains)) {
    domains$id <- as.integer(domains$id[own])
    numbers$n <- as.double(domains$n[domains$id])
  }
  cells$info$level <- if (is.null(level)) 0.95 else level
  cells$info <- c(cells$info, info[c("unit", "df_rule", "design", "source")])
  cells$info$nobs <- nobs(x)
  cells$info$notes <- if (is.null(covariance)) {
    "The estimates carry no covariance: the groups are taken as independent."
  }
  cells$counted <- !is.null(domains) &&
    (is.null(info$df_rule) || info$df_rule == "domain")
  parity_check_df(x, info, cells$counted, call)
  if (is.null(covariance)) parity_check_independent(info, domains, group, call)
  c(cells, numbers, list(covariance = covariance, domains = domains))
}

# Limits of the estimates themselves; only MOVER cannot do without them.
parity_own_limits <- function(x, level, mover) {
  rule <- attr(x, "info")$limits
  own <- attr(x, "info")$level
  same <- is.null(level) || isTRUE(all.equal(level, own))
  if (same || mover || !(is.null(rule) || rule == "fixed")) {
    return(confint(x, level = level))
  }
  matrix(NA_real_, nrow(x), 2)
}

# Without covariances only groups that share nothing can be compared: not categories
# of the same people, nor groups in the same PSUs or strata.
parity_check_independent <- function(info, domains, group, call) {
  strata <- info$design$strata
  related <- group %in% parity_labels || !is.null(domains$psu) ||
    (length(strata) == 1 && !is.na(strata) && strata > 1)
  if (!related) {
    return(invisible())
  }
  abort_ioi(
    c(
      "{.arg x} must carry the covariance of its rows.",
      "x" = "It has none, and its groups are not independent of each other.",
      "i" = "Keep it with {.code covariance = TRUE} in the call that made {.arg x}, or
             ask for fewer rows."
    ),
    "input",
    arg = "x", call = call
  )
}

# Degrees of freedom that were asked for must still be there.
parity_check_df <- function(x, info, counted, call) {
  if (counted || is.null(info$df_rule) || "df" %in% names(x)) {
    return(invisible())
  }
  abort_ioi(
    c("{.arg x} must have its column {.field df}.", "x" = "The column has been dropped."),
    "input",
    arg = "x", call = call
  )
}

parity_column <- function(x, name, otherwise) {
  if (name %in% names(x)) x[[name]] else rep(otherwise, nrow(x))
}

# Cells from a data frame of estimates of independent groups.
parity_table <- function(x, group, by, level, mover, call) {
  needed <- c("estimate", "std.error", if (mover) c("conf.low", "conf.high"))
  if (!all(needed %in% names(x))) {
    abort_ioi(
      c(
        "{.arg x} must be estimates of the package, or have the columns
         {.field {needed}}, or come with {.arg events} and {.arg population}.",
        "x" = "It has no column {.field {setdiff(needed, names(x))}}."
      ),
      "input",
      arg = "x", call = call
    )
  }
  cells <- parity_cells(x, group, by, call)
  number <- function(name, otherwise = NA_real_, least = -Inf) {
    check_parity_number(parity_column(x, name, otherwise), name, least, call)[cells$kept]
  }
  numbers <- list(
    value = number("estimate"), variance = number("std.error", least = 0)^2,
    low = number("conf.low"), high = number("conf.high"),
    n = number("n", least = 0), df = number("df", Inf),
    flag = rep("", length(cells$kept))
  )
  cells$info$level <- if (is.null(level)) 0.95 else level
  cells$info$notes <- "The groups are taken as independent."
  c(cells, numbers)
}

# Cells from counts.
parity_counts <- function(x, group, by, events, population, level, call) {
  cells <- parity_cells(x, group, by, call)
  x1 <- check_parity_number(x[[events]], events, 0, call)[cells$kept]
  n <- check_parity_number(x[[population]], population, 0, call)[cells$kept]
  many <- which(x1 > n)
  if (length(many)) {
    at <- cells$kept[many[1]]
    abort_ioi(
      c(
        "{.arg events} must not be more than {.arg population}.",
        "x" = "{length(many)} row{?s} {?has/have} more, first row {at}:
               {x1[many[1]]} out of {n[many[1]]}."
      ),
      "data",
      arg = "events", where = cells$kept[many], call = call
    )
  }
  value <- ifelse(n > 0, x1 / n, NA)
  cells$info$level <- if (is.null(level)) 0.95 else level
  cells$info$unit <- "proportion"
  cells$info$design <- list(type = "counts", rows = nrow(x))
  cells$info$nobs <- sum(n[!is.na(value)])
  c(cells, list(
    value = value, variance = value * (1 - value) / n, n = n, events = x1,
    df = rep(Inf, length(n)), flag = rep("", length(n))
  ))
}

# A numeric column whose values are missing, or finite and not below `least`;
# degrees of freedom may be infinite.
check_parity_number <- function(x, name, least, call) {
  if (!is.numeric(x) && !all(is.na(x))) {
    abort_ioi(
      c("Column {.field {name}} must be numeric.", "x" = "It is {.cls {class(x)}}."),
      "input",
      arg = name, call = call
    )
  }
  x <- as.double(x)
  bad <- which(x < least | (is.infinite(x) & name != "df"))
  if (length(bad)) {
    range <- if (is.finite(least)) "finite and {least} or more" else "finite"
    abort_ioi(
      c(
        paste0("Column {.field {name}} must be ", range, "."),
        "x" = "{length(bad)} value{?s} {?is/are} not, first at row {bad[1]}: {x[bad[1]]}."
      ),
      "data",
      arg = name, where = bad, call = call
    )
  }
  x
}
