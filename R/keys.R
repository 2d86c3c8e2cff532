# Keys: how the core finds the cell of a row (see src/core/key.h). A key list is
# built by adding columns and products; a product names earlier keys by position.

# Whole numbers whose values span no more than this many times the rows are read
# in place through a table; wider ones are coded.
widest_span <- 4

# A column as a key: list(key =, labels =), where labels[i] is the value of level
# i, with the type of the column, and `missing`, how many are, where that is known.
# Rows with a missing value have no level. Of a labelled column the labels of values
# are the levels: see labelled_factor().
key_column <- function(x, arg, call = rlang::caller_env(), name = arg,
                       missing_codes = NULL, inside = NULL) {
  x <- readable_key(x, arg, call, name, missing_codes, inside)
  check_key_type(x, arg, call)
  if (is.factor(x)) {
    return(key_read(x, 1L, nlevels(x), factor(levels(x), levels(x), ordered = is.ordered(x))))
  }
  if (is.logical(x)) {
    return(key_read(x, 0L, 2L, c(FALSE, TRUE)))
  }
  range <- if (is.numeric(x) && !is.object(x)) .Call(ioi_r_range, x, getOption("ioi.threads"))
  if (!is.null(range)) {
    if (is.na(range[1])) {
      return(c(key_read(x, 0L, 0L, x[0]), list(missing = range[3])))
    }
    span <- range[2] - range[1] + 1
    if (span <= widest_span * length(x) + 1024) {
      labels <- seq(range[1], range[2])
      if (is.double(x)) labels <- as.double(labels)
      return(c(key_read(x, as.integer(range[1]), span, labels), list(missing = range[3])))
    }
  }
  if (is_plain_text(x)) {
    return(key_text(x))
  }
  # unique() takes the class off a difftime
  labels <- sort(if (is.object(x)) x[!duplicated(x)] else unique(x), na.last = NA)
  key_read(match(x, labels, incomparables = NA), 1L, length(labels), labels)
}

is_plain_text <- function(x) {
  is.character(x) && !is.object(x)
}

# Text is coded in one pass; what is sorted are the labels, of which there are few. The
# same text in two encodings is one label. `shown`: are the labels, so that they are
# sorted as the language does? Else by their bytes, which is faster. All levels occur.
key_text <- function(x, shown = TRUE) {
  coded <- .Call(ioi_r_code_text, x)
  values <- x[coded$first]
  labels <- if (coded$apart) values else unique(values)
  key <- key_read(coded$code, 0L, length(values), labels)$key
  if (shown || !coded$rising || !coded$apart) {
    sorted <- order(labels, method = if (shown) "auto" else "radix")
    rank <- order(sorted) - 1L
    map <- if (coded$apart) rank else rank[match(values, labels)]
    key <- key_remap(key, map, length(labels))
    labels <- labels[sorted]
  }
  list(key = key, labels = labels, occur = TRUE)
}

key_read <- function(value, first, levels, labels) {
  list(
    key = list(value = value, first = first, map = NULL, levels = as.double(levels)),
    labels = labels
  )
}

# A column as key_column() can read it: labelled codes as a factor, long integers as
# numbers.
readable_key <- function(x, arg, call, name = arg, missing_codes = NULL, inside = NULL) {
  if (has_value_labels(x) && is.atomic(x)) {
    return(labelled_factor(x, name, missing_codes, inside, refusals = TRUE, call = call))
  }
  if (inherits(x, "integer64")) inform_converted(x, name)
  plain_column(x, arg, call)
}

check_key_type <- function(x, arg, call) {
  if (!is.atomic(x) || !is.null(dim(x)) || is.complex(x) || is.raw(x)) {
    abort_ioi(
      c(
        "{.arg {arg}} must be a factor, text, whole numbers, logical or dates.",
        "x" = "It is {.cls {class(x)}}."
      ),
      "input",
      arg = arg, call = call
    )
  }
}

# A key that every row has: one level.
key_constant <- function() {
  list(value = NULL, first = 0L, map = NULL, levels = 1)
}

# The same column with its levels renumbered: `map` gives for each level of the
# old key the new one, from 0, or -1.
key_remap <- function(key, map, levels) {
  if (is.null(key$map)) {
    key$map <- as.integer(map)
  } else {
    kept <- key$map >= 0L
    key$map[kept] <- as.integer(map)[key$map[kept] + 1L]
  }
  if (identical(key$map, seq_len(levels) - 1L)) key["map"] <- list(NULL)
  key$levels <- as.double(levels)
  key
}

# Combinations that occur are found in a table of all that may, unless it is longer
# than this share of the rows; then in a hash table, which takes longer a row.
table_share <- 1 / 8

# The product of the keys at positions `parts` of `keys`: all combinations.
key_product <- function(keys, parts) {
  levels <- prod(vapply(keys[parts], function(k) k$levels, 0))
  list(parts = as.integer(parts), index = NULL, map = NULL, levels = levels)
}

# Adds the product of `parts` to `keys`. `dense`: most combinations there may be
# before only those that occur are kept. Gives keys, at (the position) and code:
# NULL, or the codes of the combinations that occur, ascending. One part alone is
# its own product.
add_product <- function(keys, parts, rows, dense, call = rlang::caller_env()) {
  product <- key_product(keys, parts)
  if (length(parts) == 1 && product$levels <= dense) {
    return(list(keys = keys, at = as.integer(parts), code = NULL))
  }
  at <- length(keys) + 1L
  keys[[at]] <- product
  if (product$levels <= dense) {
    return(list(keys = keys, at = at, code = NULL))
  }
  if (product$levels >= 2^53) {
    abort_ioi(
      c(
        "There are too many combinations of levels to number.",
        "i" = "Use fewer columns, or join some of them into one first."
      ),
      "input",
      call = call
    )
  }
  if (product$levels <= max(2^12, table_share * rows)) {
    n <- tally_rows(keys, rows, sums = list(n = list(kind = "rows", over = at)))$n
    keys[[at]] <- keep_levels(list(key = product), n > 0)$key
    return(list(keys = keys, at = at, code = which(n > 0) - 1))
  }
  index <- .Call(ioi_r_index_find, keys, at, as.double(rows))
  keys[[at]]$index <- index[c("slots", "rank")]
  keys[[at]]$levels <- as.double(length(index$code))
  list(keys = keys, at = at, code = index$code)
}

# The levels (from 0) of the parts of mixed-radix codes: a list of vectors, most
# significant part first.
split_codes <- function(code, levels) {
  out <- vector("list", length(levels))
  for (p in rev(seq_along(levels))) {
    out[[p]] <- code %% levels[p]
    code <- code %/% levels[p]
  }
  out
}

# What a column of numbers holds: missing, infinite, negative, zero (how many),
# first_bad (row), first.
scan_numbers <- function(x) {
  .Call(ioi_r_scan, x, getOption("ioi.threads"))
}

# A column of numbers as a key: one level, which rows with a value have.
key_observed <- function(x) {
  list(observed = x, levels = 1)
}

# A column of numbers as a key: how many of the ascending cuts of its level of the key
# `at` are below it. `cut`: a column for each level of that key.
key_cut <- function(x, at, cut) {
  list(observed = x, cut = cut, parts = at, levels = nrow(cut) + 1)
}

# What a sum adds up, for tally_rows().
sum_kinds <- c(rows = 0L, n = 1L, w = 2L, ww = 3L, one = 4L)

# The tally: `sums` is a named list; each has kind, over (position of its key) and
# may have x and y (columns of `values` to multiply with). Gives a list of vectors
# with these names; a sum with several x is a matrix, a column for each, and one with
# `columns` a matrix of so many. One with a `unit` is not summed: its rows are sorted by
# that key and become list(first, cell, value): entries of unit j, from 0, are first[j]
# .. first[j + 1] - 1, with a vector in `value` for each of its `kind`. `centre`: taken
# off each column; `range`: c(rows before the first, rows).
tally_rows <- function(keys, rows, weight = NULL, values = list(), sums,
                       centre = rep(0, length(values)), range = c(0, rows), chunk = NULL) {
  sorted <- vapply(sums, function(s) !is.null(s$unit), NA)
  asked <- sum_table(sums[!sorted])
  entries <- lapply(unname(sums[sorted]), function(s) c(list(unit = s$unit), entry_table(s)))
  out <- .Call(
    ioi_r_tally, keys, as.double(range), weight, values, as.double(centre),
    asked$sums, asked$place, asked$columns, entries, getOption("ioi.threads"), chunk
  )
  stats::setNames(out[order(order(sorted))], names(sums))
}

# Sums as columns: list(sums (kind, over, x, y), place (element each belongs to), columns
# (of each element)).
sum_table <- function(sums) {
  field <- function(name) {
    vapply(sums, function(s) if (is.null(s[[name]])) NA_integer_ else as.integer(s[[name]]), 0L)
  }
  kind <- unname(sum_kinds[vapply(sums, function(s) s$kind, "")])
  x <- lapply(sums, function(s) if (is.null(s$x)) NA_integer_ else as.integer(s$x))
  columns <- field("columns")
  columns[lengths(x) > 1] <- lengths(x)[lengths(x) > 1]
  place <- rep(seq_along(sums), lengths(x))
  list(
    sums = list(
      kind = kind[place], over = field("over")[place],
      x = as.integer(unlist(x, use.names = FALSE)), y = field("y")[place]
    ),
    place = place, columns = columns
  )
}

# The numbers of an entry as columns, like `sums` of sum_table().
entry_table <- function(s) {
  list(
    kind = unname(sum_kinds[s$kind]), over = rep(as.integer(s$over), length(s$kind)),
    x = s$x, y = s$y
  )
}

# Adds two tallies of the same layout: sums are added, entries stand one behind the other.
tally_merge <- function(a, b) {
  Map(function(x, y) if (is.list(x)) merge_entries(x, y) else x + y, a, b)
}

merge_entries <- function(a, b) {
  counts <- c(diff(a$first), diff(b$first))
  units <- length(a$first) - 1L
  order <- order(rep(rep(seq_len(units), 2), counts), method = "radix")
  join <- function(x, y) {
    c(x[seq_len(a$first[units + 1L])], y[seq_len(b$first[units + 1L])])[order]
  }
  list(
    first = a$first + b$first, cell = join(a$cell, b$cell),
    value = Map(join, a$value, b$value)
  )
}
