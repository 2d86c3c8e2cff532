# The standard population of ioi_standardise() and ioi_years_lost(): from what the
# user gives to a weight, or a rate, for each band of the data.

# list(weight, used (weight above 0), and for indirect standardisation rate,
# rate_variance, crude), a value for each band of the data.
resolve_standard <- function(standard, labels, age, rule, call) {
  direct <- rule$method == "direct"
  table <- if (identical(standard, "esp2013")) {
    esp2013_table(labels, rule, call)
  } else {
    standard_table(standard, age, direct, call)
  }
  at <- match_bands(labels, table$age, rule, call)
  if (!direct) {
    return(reference_rates(table, at, rule, call))
  }
  weight <- as.double(table$population[at])
  if (!any(weight > 0)) {
    abort_ioi("{.arg standard} is 0 in every band of the data.", "data",
      arg = "standard", call = call
    )
  }
  list(weight = weight, used = weight > 0)
}

check_standard_given <- function(missing, call = rlang::caller_env()) {
  if (missing) {
    abort_ioi(
      "{.arg standard} must be given: {.val esp2013}, a named vector of people by band, or a
       data frame.",
      "input",
      arg = "standard", call = call
    )
  }
}

# The argument that names the bands.
band_arg <- function(rule) {
  if (is.null(rule$arg)) "age" else rule$arg
}

# Reference rates of the bands of the data; variances when they are estimates.
reference_rates <- function(table, at, rule, call) {
  if (rule$sampled && anyNA(table$population)) {
    abort_ioi(
      "{.arg standard} must have {.field events} and {.field population} when it is a
       sample.",
      "input",
      arg = "standard", call = call
    )
  }
  list(
    weight = NULL, used = rep(TRUE, length(at)), rate = table$rate[at],
    rate_variance = if (rule$sampled) (table$rate / table$population)[at],
    crude = sum(table$events) / sum(table$population)
  )
}

# Any other standard as a list: age, population, events, rate.
standard_table <- function(standard, age, direct, call) {
  standard <- standard_frame(standard, direct, call)
  name <- intersect(c("age", age), names(standard))[1]
  rates <- !direct && "rate" %in% names(standard) && !"events" %in% names(standard)
  needed <- if (rates) "rate" else c("population", if (!direct) "events")
  missing <- c(if (is.na(name)) age, setdiff(needed, names(standard)))
  if (length(missing)) {
    abort_ioi(
      c(
        "{.arg standard} must have the column{?s} {.field {c(age, needed)}}.",
        "x" = "It has no {.field {missing}}, but {.field {names(standard)}}."
      ),
      "input",
      arg = "standard", call = call
    )
  }
  columns <- lapply(needed, function(column) {
    standard_numbers(standard[[column]], column, call)
  })
  out <- c(list(age = standard[[name]]), stats::setNames(columns, needed))
  check_standard_rows(out, call)
  if (rates) {
    out$population <- rep(NA_real_, length(out$age))
  } else if (!direct) {
    out$rate <- reference_rate(out, call)
  }
  out
}

# A named vector as a data frame; anything but a data frame is refused.
standard_frame <- function(standard, direct, call) {
  if (is.data.frame(standard)) {
    return(standard)
  }
  if (!is.numeric(standard) || is.null(names(standard)) || !is.null(dim(standard))) {
    abort_ioi(
      c(
        "{.arg standard} must be {.val esp2013}, a named vector of people by band, or a
         data frame.",
        "x" = if (is.numeric(standard) && is.null(dim(standard))) {
          "It has no names."
        } else {
          "It is {.cls {class(standard)}}."
        }
      ),
      "input",
      arg = "standard", call = call
    )
  }
  if (!direct) {
    abort_ioi(
      "{.arg standard} must be a data frame with {.field events} for indirect
       standardisation.",
      "input",
      arg = "standard", call = call
    )
  }
  data.frame(age = names(standard), population = as.vector(standard))
}

# Events over population; a band of the standard without people has no rate.
reference_rate <- function(table, call) {
  bad <- which(table$population == 0)
  if (length(bad)) {
    abort_ioi(
      c(
        "{.arg standard} must have people in every band to give rates.",
        "x" = "Band {.val {as.character(table$age[bad[1]])}} has none."
      ),
      "data",
      arg = "standard", where = bad, call = call
    )
  }
  table$events / table$population
}

standard_numbers <- function(x, column, call) {
  if (!is.numeric(x) || anyNA(x) || any(x < 0) || any(is.infinite(x))) {
    abort_ioi(
      c(
        "{.arg standard} must hold finite numbers of 0 or more in {.field {column}}.",
        "x" = "It has missing, negative or infinite ones, or text."
      ),
      "data",
      arg = "standard", call = call
    )
  }
  as.double(x)
}

check_standard_rows <- function(table, call) {
  label <- as.character(table$age)
  twice <- unique(label[duplicated(label)])
  if (length(twice) || anyNA(label)) {
    abort_ioi(
      c(
        "{.arg standard} must have each band once.",
        "x" = "{.val {twice}} {?is/are} there more than once, or a band has no name."
      ),
      "data",
      arg = "standard", call = call
    )
  }
  if (!is.null(table$population) && !any(table$population > 0)) {
    abort_ioi(
      "{.arg standard} is 0 in every band.", "data", arg = "standard", call = call
    )
  }
}

# Rows of the standard for the bands of the data: by name, or else by first age.
match_bands <- function(labels, standard, rule, call) {
  at <- match(as.character(labels), as.character(standard))
  if (anyNA(at)) {
    at <- match_starts(parse_ages(labels)$start, parse_ages(standard)$start, at)
  }
  unknown <- as.character(labels[is.na(at)])
  if (length(unknown)) {
    abort_ioi(
      c(
        "{.arg standard} must have every band of {.arg {band_arg(rule)}}.",
        "x" = "It has no {.val {unknown}}.",
        "i" = "It has: {.val {as.character(standard)}}."
      ),
      "data",
      arg = "standard", labels = unknown, call = call
    )
  }
  unused <- as.character(standard)[setdiff(seq_along(standard), at)]
  if (length(unused) && rule$method == "direct" && rule$empty == "na") {
    abort_ioi(
      c(
        "{.arg standard} has bands that the data do not have: {.val {unused}}.",
        "i" = "Leave them out of the standard if the rate is for the other ages, or say
               {.code empty_band = \"drop\"}."
      ),
      "data",
      arg = "standard", labels = unused, call = call
    )
  }
  at
}

# Matches first ages where both sides have them, each once; otherwise `otherwise`.
match_starts <- function(ours, theirs, otherwise) {
  unclear <- anyNA(ours) || anyNA(theirs) || anyDuplicated(ours) || anyDuplicated(theirs)
  if (unclear) otherwise else match(ours, theirs)
}

# The European Standard Population in the bands of the data, which may be wider than
# its own.
esp2013_table <- function(labels, rule, call) {
  if (rule$method != "direct" || rule$sampled) {
    abort_ioi(
      c(
        "{.val esp2013} is a conventional population: it has no events and no sampling
         error.",
        "i" = "Give a data frame as {.arg standard}."
      ),
      "input",
      arg = "standard", call = call
    )
  }
  ages <- parse_ages(labels)
  order <- order(ages$start)
  start <- ages$start[order]
  from <- match(start, esp2013_start)
  if (anyNA(from) || anyDuplicated(start)) {
    bad <- as.character(labels[order])[is.na(from)]
    abort_ioi(
      c(
        "The bands of {.arg {band_arg(rule)}} must start at ages where {.val esp2013} has a
         band.",
        "x" = "{.val {bad}} {?does/do} not, or two bands start at one age.",
        "i" = "It has 0 (or 0 and 1), 5, 10, ..., 90."
      ),
      "data",
      arg = band_arg(rule), labels = bad, call = call
    )
  }
  k <- length(start)
  next_start <- c(start[-1], esp2013_last(ages, order[k], labels, band_arg(rule), call))
  cumulative <- c(0, cumsum(esp2013_people))
  upto <- match(next_start, c(esp2013_start, Inf))
  people <- cumulative[upto] - cumulative[from]
  list(age = labels[order], population = people)
}

# Where the last band ends: Inf when open. A number alone says so only from 85 on.
esp2013_last <- function(ages, last, labels, arg, call) {
  if (ages$open[last] %in% TRUE) {
    return(Inf)
  }
  if (ages$end[last] %in% esp2013_start) {
    return(ages$end[last])
  }
  if (is.na(ages$end[last]) && ages$start[last] >= 85) {
    return(Inf)
  }
  abort_ioi(
    c(
      "It is not clear where the last band of {.arg {arg}} ends.",
      "x" = "It is {.val {as.character(labels[last])}}.",
      "i" = "Write it as {.val 70-74} or {.val 70+}."
    ),
    "data",
    arg = arg, call = call
  )
}
