# Age bands: from text or numbers to first ages.

# Start (and end, where the label says it) of age bands given as text or numbers:
# "0", "1-4", "5 to 9", "90+", "85 and over", "Under 1", "[5,10)". NA where a label
# is not an age band. list(start, end, open); end is NA where the label is silent.
parse_ages <- function(labels) {
  if (is.numeric(labels)) {
    value <- as.double(labels)
    value[!is.finite(value) | value < 0] <- NA
    return(list(start = value, end = rep(NA_real_, length(value)), open = NA & value))
  }
  text <- plain_age(as.character(labels))
  start <- end <- rep(NA_real_, length(text))
  open <- rep(NA, length(text))
  number <- "([0-9]+(?:\\.[0-9]+)?)"
  part <- function(pattern, which) {
    as.double(sub(paste0("^", pattern, "$"), paste0("\\", which), text, perl = TRUE))
  }
  found <- function(pattern) grepl(paste0("^", pattern, "$"), text, perl = TRUE)
  patterns <- list(
    single = number,
    range = paste0(number, " ?- ?", number),
    half_open = paste0("\\[", number, ", ?", number, "\\)"),
    under = paste0("(?:under|below|less than|<) ?", number),
    over = paste0("(?:>=|at least) ?", number, "|\\[", number, ", ?inf[\\])]"),
    plus = paste0(
      number, " ?(?:\\+|plus|(?:and|or|&) (?:over|above|older|more)|over)"
    )
  )
  is <- lapply(patterns, found)
  quiet <- suppressWarnings
  start[is$single] <- quiet(part(patterns$single, 1))[is$single]
  start[is$range] <- quiet(part(patterns$range, 1))[is$range]
  end[is$range] <- quiet(part(patterns$range, 2))[is$range] + 1
  start[is$half_open] <- quiet(part(patterns$half_open, 1))[is$half_open]
  end[is$half_open] <- quiet(part(patterns$half_open, 2))[is$half_open]
  start[is$under] <- 0
  end[is$under] <- quiet(part(patterns$under, 1))[is$under]
  start[is$plus] <- quiet(part(patterns$plus, 1))[is$plus]
  start[is$over] <- as.double(gsub("[^0-9.]", "", text[is$over]))
  open[is$range | is$half_open | is$under] <- FALSE
  open[is$plus | is$over] <- TRUE
  wrong <- !is.na(end) & end <= start
  start[wrong] <- NA
  list(start = start, end = end, open = open)
}

# Lower case, one space, "-" for dashes and "to", no "aged" or "years".
plain_age <- function(text) {
  text <- tolower(trimws(text))
  text <- gsub("[\u2012\u2013\u2014\u2212_]", "-", text)
  text <- gsub("\u2265", ">=", text)
  text <- gsub("\\b(ages?|aged|years?|yrs?|of age|old)\\b", " ", text)
  text <- gsub(" to ", "-", text, fixed = TRUE)
  trimws(gsub("\\s+", " ", text))
}

# The age column as integer codes of its bands in ascending order: list(code,
# label (as given), start, end, open). A label that is no age band is an error,
# as are bands that overlap, leave a hole, or follow an open one.
age_bands <- function(x, call = rlang::caller_env()) {
  column <- age_labels(x, call)
  ages <- parse_ages(column$labels)
  bad <- which(is.na(ages$start))
  if (length(bad)) {
    abort_ioi(
      c(
        "{.arg age} must hold ages or age bands, such as 0, {.val 1-4}, {.val 5 to 9} or
         {.val 90+}.",
        "x" = "{cli::qty(length(bad))}No age band{?s}:
               {.val {as.character(column$labels[bad])}}.",
        "i" = "Leave rows of totals out first."
      ),
      "data",
      arg = "age", labels = as.character(column$labels[bad]), call = call
    )
  }
  order <- order(ages$start)
  rank <- order(order)
  bands <- list(
    code = rank[column$code], label = column$labels[order], start = ages$start[order],
    end = ages$end[order], open = ages$open[order]
  )
  check_bands(bands, call)
  bands
}

# The values that occur, in order, and the integer code of each row.
age_labels <- function(x, call) {
  column <- key_column(x, "age", call)
  code <- column_code(column$key) + 1L
  if (anyNA(code)) {
    where <- which(is.na(code))
    abort_ioi(
      c(
        "{.arg age} must not be missing.",
        "x" = "{length(where)} row{?s} {?has/have} no age, first row {where[1]}."
      ),
      "data",
      arg = "age", where = where, call = call
    )
  }
  occurs <- tabulate(code, column$key$levels) > 0
  if (!all(occurs)) {
    code <- cumsum(occurs)[code]
  }
  list(code = code, labels = column$labels[occurs])
}

# Bands must follow each other as far as their labels say where they end.
check_bands <- function(bands, call) {
  start <- bands$start
  k <- length(start)
  if (k < 2) {
    return(invisible())
  }
  same <- diff(start) == 0
  wrong <- which(same | (!is.na(bands$end[-k]) & bands$end[-k] != start[-1]) |
    bands$open[-k] %in% TRUE)
  if (length(wrong)) {
    pair <- as.character(bands$label[wrong[1] + 0:1])
    abort_ioi(
      c(
        "The bands of {.arg age} must follow each other without hole or overlap.",
        "x" = "{.val {pair[1]}} is followed by {.val {pair[2]}}."
      ),
      "data",
      arg = "age", labels = pair, call = call
    )
  }
}
