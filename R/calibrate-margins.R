# From what the user knows of the population to blocks of auxiliary variables (see
# calibrate.R): margins are factors, a formula may have measurements too.

# Blocks of the margins, which must agree on the size of the population.
margin_blocks <- function(design, margins, call = rlang::caller_env()) {
  if (is.null(margins)) {
    return(list())
  }
  if (is.data.frame(margins) || !is.list(margins) || !is_named(margins)) {
    abort_ioi(
      c(
        "{.arg margins} must be a named list of data frames.",
        "i" = "For example {.code list(sex = data.frame(sex = c(\"F\", \"M\"),
               population = c(52, 48)))}."
      ),
      "input",
      arg = "margins", call = call
    )
  }
  blocks <- lapply(names(margins), function(name) {
    margin_block(design, margins[[name]], NULL, name, call)
  })
  check_same_total(blocks, names(margins), call)
  blocks
}

is_named <- function(x) {
  length(x) > 0 && !is.null(names(x)) && all(nzchar(names(x))) && !anyDuplicated(names(x))
}

# One margin: the rows of `population` found in the data. `columns`: those of the
# design, or NULL for those of the population.
margin_block <- function(design, population, columns, name, call) {
  names <- population_columns(design$data, population, columns, name, call)
  count <- check_population(population, name, call)
  population[names(names)] <- Map(
    labels_for_codes, as.list(population)[names(names)], as.list(design$data)[names]
  )
  parts <- Map(function(column, from) {
    key <- complete_key(design$data[[column]], column, call)
    text <- unique(as.character(population[[from]]))
    map <- match(as.character(key$labels), text, nomatch = 0L) - 1L
    check_levels_known(key, map < 0, column, name, design, text, call)
    list(key = key_remap(key$key, map, length(text)), text = text)
  }, names, names(names))
  cell <- lapply(seq_along(parts), function(p) {
    match(as.character(population[[names(names)[p]]]), parts[[p]]$text) - 1
  })
  new_block(design, name, parts, cell, count, population[names(names)], call)
}

# Levels of a margin; codes of a labelled column `x` as its labels.
labels_for_codes <- function(levels, x) {
  if (has_value_labels(x)) labels_of(levels, labelled_factor(x, "", character())) else levels
}

# The columns of the design that a margin is about, named by those of the margin.
population_columns <- function(data, population, columns, name, call) {
  if (!is.data.frame(population) || !"population" %in% names(population)) {
    what <- if (is.null(columns)) "Margin {.val {name}}" else "{.arg {name}}"
    abort_ioi(
      c(
        paste(what, "must be a data frame with a column {.val population}."),
        "x" = if (is.data.frame(population)) {
          "Its columns are {.val {names(population)}}."
        } else {
          "It is {.cls {class(population)}}."
        },
        "i" = if (is.table(population)) {
          "{.code as.data.frame(x, responseName = \"population\")} makes one of a table."
        }
      ),
      "input",
      arg = name, call = call
    )
  }
  given <- if (is.null(columns)) setdiff(names(population), "population") else columns
  renamed <- length(given) == 1 && !given %in% names(data) && name %in% names(data)
  if (is.null(columns) && renamed) {
    return(stats::setNames(name, given))
  }
  check_margin_columns(given, intersect(names(data), names(population)), name, call)
  stats::setNames(given, given)
}

check_margin_columns <- function(given, there, name, call) {
  unknown <- setdiff(given, there)
  if (!length(unknown) && length(given)) {
    return(invisible())
  }
  abort_ioi(
    c(
      "Margin {.val {name}} must have columns of the design, beside {.val population}.",
      "x" = if (length(unknown)) {
        "{.val {unknown}} {?is/are} not in both."
      } else {
        "It has none."
      }
    ),
    "input",
    arg = name, call = call
  )
}

# Population counts: finite and not negative.
check_population <- function(population, name, call) {
  count <- population$population
  bad <- if (is.numeric(count)) which(!is.finite(count) | count < 0) else seq_along(count)
  if (length(bad) || !length(count)) {
    abort_ioi(
      c(
        "The population of margin {.val {name}} must be numbers of 0 or more.",
        "x" = if (length(count)) {
          "{length(bad)} {?is/are} not. The first is row {bad[1]}."
        } else {
          "It has no rows."
        }
      ),
      "input",
      arg = name, where = bad[1], count = length(bad), call = call
    )
  }
  if (sum(count) == 0) {
    abort_ioi("The population of margin {.val {name}} is 0.", "input", arg = name, call = call)
  }
  as.double(count)
}

# Levels that occur with a positive weight must have a population.
check_levels_known <- function(key, unknown, column, name, design, text, call) {
  if (!any(unknown)) {
    return(invisible())
  }
  n <- tally_rows(list(key$key), design$rows, design$weight,
    sums = list(n = list(kind = "n", over = 1))
  )$n
  lost <- unknown & n > 0
  if (any(lost)) {
    labels <- as.character(key$labels[lost])
    abort_unknown_levels(labels, sum(n[lost]), name, column, text, call)
  }
}

more_than <- function(x, n) {
  if (length(x) > n) ", ..." else ""
}

abort_unknown_levels <- function(labels, rows, name, column, text, call) {
  abort_ioi(
    c(
      "Every level in the sample must have a population in margin {.val {name}}.",
      "x" = "{cli::qty(length(labels))}Level{?s} {.val {head(labels, 5)}}{more_than(labels, 5)}
             of {.val {column}} {cli::qty(length(labels))}{?has/have} none;
             {rows} row{?s} {?is/are} there.",
      "i" = "The margin has {.val {head(text, 5)}}{more_than(text, 5)}.",
      "i" = "Add {cli::qty(length(labels))}{?it/them} to the margin, or join levels in the data."
    ),
    "data",
    arg = name, levels = labels, count = rows, call = call
  )
}

# A block of crossed columns. `cell`: for each column the level of each row of the
# population.
new_block <- function(design, name, parts, cell, count, labels, call) {
  keys <- lapply(parts, function(part) part$key)
  radix <- vapply(parts, function(part) length(part$text), 0L)
  code <- Reduce(function(a, p) a * radix[p] + cell[[p]], seq_along(parts), 0)
  check_no_twins(code, name, call)
  at <- 1L
  level <- seq_len(radix[1]) - 1
  if (length(parts) > 1) {
    dense <- max(1024, 4 * length(code))
    product <- add_product(keys, seq_along(parts), design$rows, dense, call)
    keys <- product$keys
    at <- product$at
    level <- if (is.null(product$code)) seq_len(prod(radix)) - 1 else product$code
  }
  row <- match(level, code)
  text <- do.call(paste, c(lapply(labels, as.character), sep = ", "))
  block <- list(
    name = name, labels = text[row], keys = unname(keys), at = at, levels = length(level),
    value = NULL, centre = 0, target = ifelse(is.na(row), 0, count[row])
  )
  check_cells(design, block, is.na(row), text, count, code %in% level, level, parts, call)
  block
}

check_no_twins <- function(code, name, call) {
  twin <- anyDuplicated(code)
  if (twin) {
    abort_ioi(
      c(
        "Margin {.val {name}} must have one row for each level.",
        "x" = "Row {twin} repeats a level."
      ),
      "input",
      arg = name, where = twin, call = call
    )
  }
}

# Cells of the sample without population, and cells of the population without
# sample, are errors.
check_cells <- function(design, block, unknown, text, count, occurs, level, parts, call) {
  sums <- tally_rows(block$keys, design$rows, design$weight,
    sums = list(n = list(kind = "n", over = block$at))
  )
  lost <- which(unknown & sums$n > 0)
  if (length(lost)) {
    at <- split_codes(level[lost], vapply(parts, function(part) length(part$text), 0L))
    labels <- do.call(paste, c(Map(function(a, part) part$text[a + 1], at, parts), sep = ", "))
    abort_unknown_levels(labels, sum(sums$n[lost]), block$name, block$name, text, call)
  }
  empty <- c(block$labels[block$target > 0 & sums$n == 0], text[!occurs & count > 0])
  if (length(empty)) {
    abort_ioi(
      c(
        "Every level with a population must be in the sample, in margin {.val {block$name}}.",
        "x" = "{cli::qty(length(empty))}Level{?s} {.val {head(empty, 5)}}{more_than(empty, 5)}
               {cli::qty(length(empty))}{?has/have} a population but no row with a weight.",
        "i" = "No weight can represent people nobody of whom was asked: join levels, in the
               data and in the margin."
      ),
      "data",
      arg = block$name, levels = empty, call = call
    )
  }
}

# Margins must be about the same number of people.
check_same_total <- function(blocks, names, call) {
  total <- vapply(blocks, function(block) sum(block$target), 0)
  off <- which(abs(total / total[1] - 1) > 1e-6)
  if (length(off)) {
    abort_ioi(
      c(
        "All margins must add up to the same population.",
        "x" = "{.val {names[1]}} adds up to {format(total[1], digits = 12)},
               {.val {names[off[1]]}} to {format(total[off[1]], digits = 12)}.",
        "i" = "Scale them to one total, or use margins of the same people."
      ),
      "data",
      arg = names[off[1]], totals = total, call = call
    )
  }
}

# Blocks of a formula: factors that stand alone with all their levels (which say
# the same as the columns of the model matrix), other columns as measurements.
formula_blocks <- function(design, formula, totals, margins, call = rlang::caller_env()) {
  if (is.null(formula) && is.null(totals)) {
    return(list())
  }
  x <- model_columns(design, formula, call)
  factors <- if (x$intercept) x$factors else integer()
  others <- which(!x$assign %in% c(0, factors))
  values <- model_values(x, others, call)
  totals <- check_formula_totals(totals, x$columns, call)
  people <- if (x$intercept) totals[["(Intercept)"]] else margin_total(design, margins, call)
  blocks <- lapply(factors, function(term) {
    factor_block(design, x, term, totals, people, call)
  })
  if (x$intercept && !length(blocks)) {
    blocks <- list(list(
      name = "(Intercept)", labels = "people", keys = list(key_constant()), at = 1L,
      levels = 1L, value = NULL, centre = 0, target = people
    ))
  }
  c(blocks, Map(function(value, column) {
    measurement_block(design, value, x$columns[column], totals[[column]], people)
  }, values, others))
}

# The number of people by the margins, or NA without any.
margin_total <- function(design, margins, call) {
  if (is.null(margins)) NA_real_ else sum(margins[[1]]$population)
}

# The model frame and what the columns of its model matrix are: list(frame, columns (their
# names), assign, intercept, labels, factors: the terms that are a factor alone under
# treatment contrasts).
model_columns <- function(design, formula, call) {
  if (!rlang::is_formula(formula) || length(formula) != 2) {
    abort_ioi("{.arg formula} must be a one-sided formula, such as {.code ~ sex + age}.",
      "input",
      arg = "formula", call = call
    )
  }
  unknown <- setdiff(all.vars(formula), names(design$data))
  if (length(unknown)) {
    abort_ioi(
      c(
        "{.arg formula} must name columns of the design.",
        "x" = "{.val {unknown}} {?is/are} not there."
      ),
      "input",
      arg = "formula", call = call
    )
  }
  frame <- stats::model.frame(formula, design$data, na.action = stats::na.pass)
  text <- vapply(frame, is.character, NA)
  frame[text] <- lapply(frame[text], factor)
  terms <- stats::terms(frame)
  labels <- attr(terms, "term.labels")
  start <- matrix_part(frame, 1L)
  treatment <- vapply(labels, function(label) {
    identical(attr(start, "contrasts")[[label]], "contr.treatment")
  }, TRUE)
  list(
    frame = frame, columns = colnames(start), assign = attr(start, "assign"), labels = labels,
    intercept = attr(terms, "intercept") == 1, factors = unname(which(treatment))
  )
}

# Rows of the model matrix that are made at once: all would be columns x rows of the data.
matrix_rows <- 2^13

# Some rows of the model matrix of a frame.
matrix_part <- function(frame, rows) {
  part <- lapply(frame, function(x) if (is.matrix(x)) x[rows, , drop = FALSE] else x[rows])
  # not all attributes of the frame: row names would be as long as the data
  part <- structure(
    part,
    class = "data.frame", row.names = .set_row_names(length(rows)), terms = attr(frame, "terms")
  )
  stats::model.matrix(attr(frame, "terms"), part)
}

# Columns of the model matrix, a list of vectors: where they are columns of the frame these
# themselves, so that often no matrix is made. All must be complete and finite.
model_values <- function(x, which, call) {
  values <- lapply(which, function(column) frame_column(x, column))
  made <- vapply(values, is.null, NA)
  values[made] <- matrix_values(x$frame, which[made])
  used <- c(as.list(x$frame)[vapply(x$frame, is_plain_column, NA)], values[made])
  if (any(vapply(used, has_bad_value, NA))) abort_formula_rows(x$frame, used, call)
  values
}

# Columns of the model matrix, which is made a few rows at a time.
matrix_values <- function(frame, columns) {
  rows <- nrow(frame)
  values <- lapply(columns, function(column) numeric(rows))
  from <- if (length(columns)) seq(0, rows - 1, by = matrix_rows)
  for (before in from) {
    at <- seq(before + 1, min(before + matrix_rows, rows))
    part <- matrix_part(frame, at)
    for (i in seq_along(columns)) values[[i]][at] <- part[, columns[i]]
  }
  values
}

# A column of the matrix that is a column of plain numbers of the frame; NULL for others.
frame_column <- function(x, column) {
  value <- x$frame[[x$labels[x$assign[column]]]]
  if (is.numeric(value) && is_plain_column(value)) value
}

# What has an answer for each row that is missing or not, without a class of its own.
is_plain_column <- function(x) {
  is.null(dim(x)) && (is.factor(x) || !is.object(x))
}

has_bad_value <- function(x) {
  if (!is.numeric(x)) {
    return(anyNA(x))
  }
  scan <- scan_numbers(x)
  scan$missing + scan$infinite > 0
}

abort_formula_rows <- function(frame, columns, call) {
  bad <- which(!stats::complete.cases(frame))
  if (!length(bad)) {
    infinite <- lapply(columns, function(x) is.numeric(x) & !is.finite(x))
    bad <- which(Reduce(`|`, infinite))
  }
  abort_ioi(
    c(
      "The columns of {.arg formula} must be complete and finite.",
      "x" = "{length(bad)} row{?s} {?is/are} not. The first is row {bad[1]}."
    ),
    "data",
    arg = "formula", where = bad[1], count = length(bad), call = call
  )
}

# The totals in the order of the columns.
check_formula_totals <- function(totals, columns, call) {
  if (!is.numeric(totals) || !is_named(totals) || !all(is.finite(totals))) {
    abort_ioi(
      c(
        "{.arg totals} must be a named vector of finite numbers.",
        "i" = "Its names are those of the model matrix: {.val {columns}}."
      ),
      "input",
      arg = "totals", call = call
    )
  }
  absent <- setdiff(columns, names(totals))
  more <- setdiff(names(totals), columns)
  if (length(absent) || length(more)) {
    abort_ioi(
      c(
        "{.arg totals} must have the names of the model matrix.",
        "x" = if (length(absent)) "No total for {.val {absent}}.",
        "x" = if (length(more)) "No column {.val {more}}.",
        "i" = "The columns are {.val {columns}}."
      ),
      "input",
      arg = "totals", call = call
    )
  }
  stats::setNames(as.double(totals[columns]), columns)
}

# A factor term: the reference level has what the other levels leave.
factor_block <- function(design, x, term, totals, people, call) {
  name <- x$labels[term]
  key <- key_column(x$frame[[name]], name, call)
  others <- unname(totals[x$assign == term])
  target <- c(people - sum(others), others)
  block <- list(
    name = name, labels = as.character(key$labels), keys = list(key$key), at = 1L,
    levels = length(target), value = NULL, centre = 0, target = target
  )
  if (any(target < -1e-9 * people)) {
    abort_ioi(
      c(
        "The totals of {.val {name}} must not be negative or pass the number of people.",
        "x" = "Level {.val {block$labels[target < 0][1]}} is left with {target[target < 0][1]}."
      ),
      "data",
      arg = "totals", call = call
    )
  }
  check_cells(design, block, rep(FALSE, length(target)), block$labels, target,
    rep(TRUE, length(target)), seq_along(target) - 1, list(), call)
  block
}

# A measurement. Its mean is taken off where the number of people is known, which
# changes nothing but the digits.
measurement_block <- function(design, x, name, total, people) {
  centre <- if (is.na(people)) 0 else weighted_mean(design, x)
  list(
    name = name, labels = name, keys = list(key_constant()), at = 1L, levels = 1L,
    value = x, centre = centre,
    target = if (is.na(people)) total else total - centre * people
  )
}

weighted_mean <- function(design, x) {
  sums <- list(w = list(kind = "w", over = 1), x = list(kind = "w", over = 1, x = 1))
  found <- tally_rows(list(key_constant()), design$rows, design$weight, list(x), sums)
  found$x / found$w
}
