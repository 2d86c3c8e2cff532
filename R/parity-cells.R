# Parity gaps, first half: whatever the user gives becomes cells.
#
# `cells` is a list with an element per cell (row) in
#   labels    data frame of the columns that set rows apart, without the group
#   group     the group each cell is about
#   block     which combination of the labels it belongs to
#   value, variance, low, high, n, df, flag (one for all where none has any)
#   people    those the group has in the whole: weights in means, shortfalls
#   out       whether the cell takes no part in means (missing, with na.rm)
# and `covariance` (of the values; NULL: none known, taken as independent),
# `domains` (of an ioi_estimate), `events` and `rate` (counts alone), `sampled` (people
# are only those asked) and `info` (for the result).

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
  kept <- if (any(left_out)) which(!left_out) else seq_along(left_out)
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
  block <- rep(1L, rows)
  for (x in unname(columns)) {
    code <- if (is.factor(x)) as.integer(x) else match(x, unique(x))
    key <- if (all(block == 1L)) code else block * (max(code, 0) + 1) + code
    block <- match(key, unique(key))
  }
  block
}

# A group may occur once in each combination of `by`.
parity_unique <- function(columns, group, call) {
  if (length(columns) == 1 && !anyDuplicated(columns[[1]])) {
    return(invisible())
  }
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
parity_estimates <- function(x, columns, level, mover, call) {
  parity_check_compared(x, columns$group, call)
  check_intact(x, "x", call)
  info <- attr(x, "info")
  domains <- attr(x, "domains")
  by <- columns$by
  if (!length(by) && !isTRUE(columns$fixed)) by <- info$by
  labels <- intersect(parity_labels, names(x))
  labels <- labels[!vapply(labels, function(name) all(is.na(x[[name]])), NA)]
  cells <- parity_cells(x, columns$group, union(by, labels), call)
  own <- cells$kept
  level <- if (is.null(level)) info$level else level
  numbers <- parity_own_numbers(x, own, parity_own_limits(x, level, mover))
  covariance <- covariance_matrix(x, own, call)
  if (!is.null(covariance)) numbers$variance <- diag(covariance)
  if (!is.null(domains)) {
    domains$id <- as.integer(domains$id[own])
    numbers$n <- as.double(domains$n[domains$id])
  }
  numbers$people <- parity_people(x, columns, own, domains, numbers$n, call)
  cells$sampled <- !is.null(domains) && !length(columns$population)
  cells$counted <- !is.null(domains) &&
    (is.null(info$df_rule) || info$df_rule == "domain")
  parity_check_df(x, info, cells$counted, call)
  if (is.null(covariance)) parity_check_independent(info, domains, columns$group, call)
  cells$info <- parity_own_info(cells$info, x, level, is.null(covariance))
  c(cells, numbers, list(covariance = covariance, domains = domains))
}

# Comparisons are not compared again.
parity_check_compared <- function(x, group, call) {
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
}

# The numbers of the rows `own`.
parity_own_numbers <- function(x, own, limits) {
  list(
    value = as.double(x[["estimate"]][own]),
    variance = as.double(x[["std.error"]][own])^2,
    low = limits[own, 1], high = limits[own, 2],
    n = as.double(parity_column(x, "n", NA)[own]),
    df = as.double(parity_column(x, "df", Inf)[own]),
    flag = parity_column(x, "flag", "")[own]
  )
}

parity_own_info <- function(info, x, level, independent) {
  info$level <- if (is.null(level)) 0.95 else level
  info <- c(info, attr(x, "info")[c("unit", "df_rule", "design", "source")])
  info$nobs <- nobs(x)
  info$notes <- if (independent) {
    "The estimates carry no covariance: the groups are taken as independent."
  }
  info
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
parity_table <- function(x, columns, level, mover, call) {
  group <- columns$group
  limits <- c("conf.low", "conf.high")
  published <- !"std.error" %in% names(x) && all(limits %in% names(x))
  needed <- c("estimate", if (!published) "std.error", if (mover) limits)
  if (!all(needed %in% names(x))) {
    abort_ioi(
      c(
        "{.arg x} must be estimates of the package, or have the columns
         {.field {needed}}, or come with {.arg events} and {.arg population}.",
        "i" = "Limits ({.field {limits}}) will do in place of {.field std.error}.",
        "x" = "It has no column {.field {setdiff(needed, names(x))}}."
      ),
      "input",
      arg = "x", call = call
    )
  }
  cells <- parity_cells(x, group, columns$by, call)
  level <- if (is.null(level)) 0.95 else level
  number <- function(name, otherwise = NA_real_, least = -Inf) {
    check_parity_number(parity_column(x, name, otherwise), name, least, call)[cells$kept]
  }
  numbers <- list(
    value = number("estimate"), low = number("conf.low"), high = number("conf.high"),
    n = number("n", least = 0), df = number("df", Inf),
    flag = ""
  )
  numbers$variance <- figure_errors(x, level, call)[cells$kept]^2
  numbers$people <- parity_people(x, columns, cells$kept, NULL, numbers$n, call)
  cells$info$level <- level
  cells$info$notes <- c(
    "The groups are taken as independent.",
    if (published) "Standard errors are worked out from the published limits."
  )
  c(cells, numbers)
}

# The people of each group in the whole: the column named, the sum of weights of a
# survey's domain, or the base.
parity_people <- function(x, columns, kept, domains, n, call) {
  if (length(columns$population)) {
    name <- columns$population
    return(check_parity_number(x[[name]], name, 0, call)[kept])
  }
  if (!is.null(domains$w)) {
    return(as.double(domains$w[domains$id]))
  }
  n
}

# Cells from counts: of people, or of events over time at risk.
parity_counts <- function(x, columns, level, rate, call) {
  cells <- parity_cells(x, columns$group, columns$by, call)
  number <- function(name) check_parity_number(x[[name]], name, 0, call)[cells$kept]
  x1 <- number(columns$events)
  n <- number(columns$population)
  if (!rate) parity_check_people(x1, n, cells$kept, call)
  value <- x1 / n
  value[!(n > 0)] <- NA
  cells$info$level <- if (is.null(level)) 0.95 else level
  cells$info$unit <- if (rate) "number" else "proportion"
  cells$info$design <- list(type = "counts", rows = nrow(x))
  cells$info$nobs <- sum(n[!is.na(value)])
  c(cells, list(
    value = value, variance = parity_variance(value, n, rate), n = n, people = n,
    events = x1, rate = rate, low = rep(NA_real_, length(n)),
    high = rep(NA_real_, length(n)), df = rep(Inf, length(n)), flag = ""
  ))
}

parity_check_people <- function(x, n, rows, call) {
  many <- which(x > n)
  if (!length(many)) {
    return(invisible())
  }
  abort_ioi(
    c(
      "{.arg events} must not be more than {.arg population}.",
      "x" = "{length(many)} row{?s} {?has/have} more, first row {rows[many[1]]}:
             {x[many[1]]} out of {n[many[1]]}.",
      "i" = "For events that a person can have more than once, or time at risk, choose
             a method for rates, such as {.code ci = \"score\"}."
    ),
    "data",
    arg = "events", where = rows[many], call = call
  )
}

# Each group's own limits, from its counts: Wilson's; the exact ones of a rate.
parity_count_limits <- function(cells) {
  method <- if (cells$rate) "exact" else "wilson"
  able <- !is.na(cells$value)
  limits <- rate_limits(
    ifelse(able, cells$events, NA), ifelse(able, cells$n, NA), method, cells$info$level
  )
  cells[c("low", "high")] <- limits[c("conf.low", "conf.high")]
  cells
}

# A group without people has no estimate. With na.rm groups that have people but no
# estimate take no part in means.
parity_drop_missing <- function(cells, na.rm) {
  cells$value[is_none(cells$n)] <- NA
  cells$out <- rep(FALSE, length(cells$value))
  if (!na.rm) {
    return(cells)
  }
  cells$out <- is.na(cells$value) & !is_none(cells$n)
  dropped <- sum(cells$out)
  if (dropped > 0) {
    cells$info$notes <- c(cells$info$notes, paste(
      count_words(dropped, "group"), "without an estimate left out of the reference."
    ))
  }
  cells
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
  most <- if (name == "df") Inf else .Machine$double.xmax
  if (!anyNA(x) && length(x) && min(x) >= max(least, -most) && max(x) <= most) {
    return(x) # the usual case, at a glance
  }
  bad <- which(x < least | abs(x) > most)
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
