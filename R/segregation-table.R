# From rows of any shape to a table of units x groups, for all functions of
# segregation: what the rows are, which columns say so, where every row goes, and
# which groups are compared.

compare_choices <- c("multigroup", "pairwise", "rest")

# Columns of the result, which `by` columns may not be called.
segregation_columns_out <- c(
  "index", "group", "other", core_columns, "bias", "units", "n", "flag"
)

# Groups by name, or a list of pairs of names.
check_groups <- function(groups, call = rlang::caller_env()) {
  named <- function(x) is.atomic(x) && length(x) > 0 && !anyNA(x)
  ok <- if (is.list(groups)) {
    length(groups) > 0 && all(vapply(groups, named, NA))
  } else {
    is.null(groups) || named(groups)
  }
  if (!ok) {
    abort_ioi(
      "{.arg groups} must name groups of the data, or be a list of pairs of them.",
      "input",
      arg = "groups", call = call
    )
  }
}

# The comparison: as given; unless it is, two groups are a pair.
choose_compare <- function(compare, groups, labels, call = rlang::caller_env()) {
  if (is.null(compare)) {
    return(if (is.list(groups) || length(labels) == 2) "pairwise" else "multigroup")
  }
  compare
}

# What the rows are: list(data, design): a design, a data frame, or a matrix
# turned into wide data.
segregation_source <- function(data, call = rlang::caller_env()) {
  if (inherits(data, c("ioi_design", "survey.design2", "svyrep.design"))) {
    design <- as_ioi_design(data)
    return(list(data = design$data, design = design, matrix = FALSE))
  }
  if (is.matrix(data)) {
    return(list(data = matrix_as_wide(data, call), design = NULL, matrix = TRUE))
  }
  check_data(data, call = call)
  if (nrow(data) == 0) {
    abort_ioi("{.arg data} has no rows.", "data", arg = "data", call = call)
  }
  list(data = data, design = NULL, matrix = FALSE)
}

matrix_as_wide <- function(x, call) {
  if (!is.numeric(x) || nrow(x) == 0 || ncol(x) < 2) {
    abort_ioi(
      "A matrix must hold numbers and have a row per unit and at least two groups.",
      "input",
      arg = "data", call = call
    )
  }
  names <- if (is.null(colnames(x))) character(ncol(x)) else colnames(x)
  nameless <- is.na(names) | names == ""
  names[nameless] <- paste0("group", seq_len(ncol(x)))[nameless]
  colnames(x) <- names
  check_data(as.data.frame(unclass(x)), call = call)
}

# The names of the columns: list(group, unit, count, by), group of length 1 for
# long data and microdata, more for wide.
segregation_columns <- function(source, group, unit, count, by, call = rlang::caller_env()) {
  data <- source$data
  if (source$matrix) {
    check_matrix_alone(list(group = group, unit = unit, count = count, by = by), call)
    return(list(group = names(data), unit = character(), count = character(), by = character()))
  }
  groups <- if (inherits(data, "grouped_df")) existing_groups(data)
  out <- list(
    group = if (!rlang::quo_is_missing(group)) resolve_columns(group, data, "group", call = call),
    unit = if (!rlang::quo_is_missing(unit)) resolve_columns(unit, data, "unit", call = call),
    count = resolve_columns(count, data, "count", most = 1, call = call),
    by = unique(c(groups, resolve_columns(by, data, "by", call = call)))
  )
  check_segregation_columns(out, source, call)
  out
}

# A matrix says by itself what its rows and columns are.
check_matrix_alone <- function(columns, call) {
  given <- vapply(columns, function(quo) {
    !rlang::quo_is_missing(quo) && !rlang::quo_is_null(quo)
  }, NA)
  if (any(given)) {
    abort_ioi(
      c(
        "A matrix of units by groups takes no {.arg {names(columns)[given]}}.",
        "i" = "Give a data frame to name columns."
      ),
      "input",
      arg = names(columns)[given][1], call = call
    )
  }
}

check_segregation_columns <- function(columns, source, call) {
  check_by_names(columns$by, segregation_columns_out, call)
  wide <- length(columns$group) > 1
  if (!length(columns$group)) {
    abort_ioi("{.arg group} must name a column, or the columns of counts.", "input",
      arg = "group", call = call
    )
  }
  if (!wide && !length(columns$unit)) {
    abort_ioi("{.arg unit} must name a column.", "input", arg = "unit", call = call)
  }
  if (wide && (length(columns$count) || !is.null(source$design))) {
    abort_ioi(
      c(
        "{.arg group} names several columns, which is for wide data.",
        "i" = "With {.arg count} or a design it must be the one column that names the group."
      ),
      "input",
      arg = "group", call = call
    )
  }
  if (!is.null(source$design) && length(columns$count)) {
    abort_ioi("{.arg count} is not for a design: its weights count people.", "input",
      arg = "count", call = call
    )
  }
  both <- intersect(columns$unit, c(columns$group, columns$count))
  if (length(both)) {
    abort_ioi("{.arg unit} must not hold {.val {both}}, which has another part.", "input",
      arg = "unit", call = call
    )
  }
  twice <- intersect(columns$by, c(columns$group, columns$count))
  if (length(twice)) {
    abort_ioi("{.arg by} must not hold {.val {twice}}.", "input", arg = "by", call = call)
  }
}

# Where every row goes. `area_at`: key of the areas; `unit_at`: key of the units,
# sorted by area; `table_at`: key of units within groups (long data only).
segregation_layout <- function(source, columns, groups, call = rlang::caller_env()) {
  data <- source$data
  rows <- nrow(data)
  start <- if (is.null(source$design)) list() else source$design$keys
  area <- occurring_areas(domain_key(start, data, columns$by, rows, call), rows, call)
  units <- unit_key(area, data, columns$unit, rows, call)
  layout <- list(
    data = data, rows = rows, design = source$design, columns = columns,
    keys = units$keys, area = area, unit_at = units$at, first = units$first,
    wide = length(columns$group) > 1, values = list(),
    counts = if (source$matrix) "data" else "group"
  )
  if (layout$wide) {
    layout_wide(layout, groups, call)
  } else {
    layout_long(layout, groups, call)
  }
}

# The areas that have rows: unused levels and combinations give no result.
occurring_areas <- function(area, rows, call) {
  if (!length(area$labels)) {
    return(area)
  }
  n <- tally_rows(area$keys, rows, sums = list(n = list(kind = "rows", over = area$at)))$n
  if (all(n > 0)) {
    return(area)
  }
  found <- add_product(area$keys, area$at, rows, dense = 0, call = call)
  list(
    keys = found$keys, at = found$at,
    labels = lapply(area$labels, function(x) x[found$code + 1])
  )
}

# The key of the units that occur within each area: list(keys, at, first), first
# being the positions at which the areas start.
unit_key <- function(area, data, unit, rows, call) {
  column <- unit_column(area$keys, data, unit, rows, call)
  keys <- column$keys
  areas <- keys[[area$at]]$levels
  inside <- if (is.null(keys[[column$at]]$parts)) {
    .Call(ioi_r_key_inside, keys, column$at, area$at, as.double(rows))
  }
  if (is.null(inside)) { # a name in two areas is two units
    product <- add_product(keys, c(area$at, column$at), rows, dense = 0, call = call)
    of_area <- product$code %/% keys[[column$at]]$levels
    return(list(keys = product$keys, at = product$at, first = first_of(of_area, areas)))
  }
  sorted <- order(inside, method = "radix", na.last = NA)
  map <- rep(-1L, length(inside))
  map[sorted] <- seq_along(sorted) - 1L
  keys[[column$at]] <- key_remap(keys[[column$at]], map, length(sorted))
  list(keys = keys, at = column$at, first = first_of(inside[sorted], areas))
}

# The key of what names the units: list(keys, at). Without columns each row is a unit.
unit_column <- function(keys, data, unit, rows, call) {
  for (name in unit) {
    check_key_type(data[[name]], "unit", call)
  }
  if (length(unit) > 1) {
    return(domain_key(keys, data, unit, rows, call)[c("keys", "at")])
  }
  subset <- subset_at(keys)
  own <- if (!length(unit)) {
    key_read(seq_len(rows), 1L, rows, NULL)
  } else if (is_plain_text(data[[unit]])) {
    key_text(data[[unit]], shown = FALSE)
  } else {
    key_column(data[[unit]], "unit", call, unit, inside = if (subset) keys[[subset]]$value)
  }
  list(keys = c(keys, list(own$key)), at = length(keys) + 1L)
}

# Wide data: the counts are columns.
layout_wide <- function(layout, groups, call) {
  layout$labels <- keep_groups(layout$columns$group, groups, call)
  layout$left_out <- setdiff(layout$columns$group, layout$labels)
  layout$values <- lapply(layout$labels, function(name) {
    check_amounts(layout$data[[name]], layout$counts, name, call)
    layout$data[[name]]
  })
  layout$weight <- NULL
  layout
}

# Long data, microdata and designs: the group is a column.
layout_long <- function(layout, groups, call) {
  columns <- layout$columns
  subset <- subset_at(layout$keys)
  inside <- if (subset) layout$keys[[subset]]$value
  name <- columns$group
  group <- key_column(layout$data[[name]], "group", call, name, inside = inside)
  group <- occurring_levels(group, layout$rows)
  text <- as.character(group$labels)
  layout$labels <- keep_groups(text, groups, call)
  layout$left_out <- setdiff(text, layout$labels)
  kept <- match(text, layout$labels, nomatch = 0L) - 1L
  at <- length(layout$keys) + 1:2
  layout$keys <- c(layout$keys, list(
    key_remap(group$key, kept, length(layout$labels)),
    key_remap(group$key, rep(0L, length(text)), 1L) # any group
  ))
  table <- add_product(layout$keys, c(at[1], layout$unit_at), layout$rows, Inf, call)
  known <- add_product(table$keys, c(at[2], layout$unit_at), layout$rows, Inf, call)
  layout$keys <- known$keys
  layout$table_at <- table$at
  layout$known_at <- known$at
  layout$weight <- if (!is.null(layout$design)) layout$design$weight else long_counts(layout, call)
  layout
}

long_counts <- function(layout, call) {
  count <- layout$columns$count
  if (!length(count)) {
    return(NULL)
  }
  check_amounts(layout$data[[count]], "count", call = call)
  layout$data[[count]]
}

# The groups to keep, in the order asked for; an unknown one is an error.
keep_groups <- function(text, groups, call) {
  if (!length(text)) {
    abort_ioi("{.arg group} has no values.", "data", arg = "group", call = call)
  }
  wanted <- unique(as.character(unlist(groups)))
  if (!length(wanted)) {
    return(text)
  }
  unknown <- setdiff(wanted, text)
  if (length(unknown)) {
    abort_ioi(
      c(
        "{.arg groups} must name groups of the data.",
        "x" = "{.val {unknown}} {?is/are} not among them.",
        "i" = "There are: {.val {text}}."
      ),
      "input",
      arg = "groups", call = call
    )
  }
  wanted
}

# The tally: `table`, people by unit and group, and how many rows took part; `n`, like the
# table, counts respondents where rows are people.
segregation_tally <- function(layout, range = c(0, layout$rows), chunk = NULL) {
  groups <- length(layout$labels)
  if (layout$wide) {
    sums <- list(
      known = list(kind = "rows", over = layout$unit_at),
      table = list(kind = "w", over = layout$unit_at, x = seq_len(groups), columns = groups)
    )
  } else {
    sums <- list(
      known = list(kind = "rows", over = layout$known_at),
      table = list(kind = "w", over = layout$table_at, columns = groups)
    )
    if (!length(layout$columns$count)) {
      sums$n <- list(kind = "n", over = layout$table_at, columns = groups)
    }
  }
  tally_rows(
    layout$keys, layout$rows, layout$weight, layout$values, sums,
    range = range, chunk = chunk
  )
}

# Says how many rows lack group, unit or area; gives the number.
report_left_out <- function(layout, tally) {
  rows <- if (is.null(layout$design)) layout$rows else design_rows(layout$design)
  lost <- rows - sum(tally$known)
  if (lost > 0) {
    inform_ioi(
      "{lost} row{?s} without group, unit or area {?is/are} left out.",
      "missing",
      left_out = lost
    )
  }
  lost
}

# The comparisons: kind (0 multigroup, 1 pair, 2 rest) and the groups a and b, by
# position.
segregation_comparisons <- function(compare, groups, labels, call = rlang::caller_env()) {
  n <- length(labels)
  kind <- match(compare, compare_choices) - 1L
  if (compare == "multigroup") {
    return(list(kind = kind, a = 1L, b = 1L, group = NA_character_, other = NA_character_))
  }
  if (compare == "rest") {
    return(list(
      kind = kind, a = seq_len(n), b = seq_len(n), group = labels, other = rep("rest", n)
    ))
  }
  pairs <- if (is.list(groups)) listed_pairs(groups, call) else all_pairs(labels, call)
  list(
    kind = kind, a = match(pairs[, 1], labels), b = match(pairs[, 2], labels),
    group = pairs[, 1], other = pairs[, 2]
  )
}

all_pairs <- function(labels, call) {
  if (length(labels) < 2) {
    abort_ioi(
      c("A pair needs two groups.", "x" = "The data have one: {.val {labels}}."),
      "data",
      arg = "group", call = call
    )
  }
  t(utils::combn(labels, 2))
}

listed_pairs <- function(groups, call) {
  if (!all(lengths(groups) == 2) || any(vapply(groups, anyDuplicated, 0L) > 0)) {
    abort_ioi("Each element of {.arg groups} must name two different groups.", "input",
      arg = "groups", call = call
    )
  }
  do.call(rbind, lapply(groups, as.character))
}
