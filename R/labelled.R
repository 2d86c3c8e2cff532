# Labelled columns: codes with labels for some of them, as files of SPSS, Stata and
# SAS have. Only attributes are read, so that no package for such files has to be
# there: `labels` (codes, named by their labels), and of SPSS `na_values` and
# `na_range`, codes that mean missing.

is_labelled <- function(x) {
  plain <- c("integer", "numeric", "double", "character", "logical")
  inherits(x, "haven_labelled") ||
    (inherits(x, "labelled") && all(class(x) %in% c("labelled", "labelled_spss", plain)))
}

# Has it labels for values, not only a title?
has_value_labels <- function(x) {
  is_labelled(x) && length(attr(x, "labels", exact = TRUE)) > 0
}

# The codes alone; those that the file declares missing are NA.
labelled_codes <- function(x) {
  code <- as.vector(unclass(x))
  gone <- declared_missing(code, x)
  if (any(gone)) code[gone] <- NA
  code
}

# Which of some codes the attributes of `x` declare missing.
declared_missing <- function(code, x) {
  gone <- rep(FALSE, length(code))
  values <- attr(x, "na_values", exact = TRUE)
  if (length(values)) gone <- code %in% values & !is.na(code)
  range <- attr(x, "na_range", exact = TRUE)
  if (length(range) == 2 && is.numeric(code)) {
    gone <- gone | (!is.na(code) & code >= range[1] & code <= range[2])
  }
  gone
}

# What the codes of a labelled column stand for, in the order of the codes:
# list(at = which of them each row has, value, text, labelled, known = those that are
# refusals by the looks of them: negative and labelled).
labelled_book <- function(x) {
  code <- labelled_codes(x)
  labels <- attr(x, "labels", exact = TRUE)
  labels <- labels[!is.na(labels) & !declared_missing(as.vector(labels), x)]
  value <- sort(unique(c(as.vector(labels), unique(code))), na.last = NA)
  label <- if (length(labels)) names(labels)[match(value, labels)] else NA_character_
  labelled <- rep_len(!is.na(label) & label != "", length(value))
  text <- ifelse(labelled, label, answer_text(value))
  same <- !labelled & text %in% text[labelled]
  text[same] <- paste(text[same], "(no label)")
  list(
    at = match(code, value, incomparables = NA), value = value, text = text,
    labelled = labelled, refusal = labelled & is.numeric(value) & value < 0
  )
}

# A labelled column as a factor: levels are the labels in the order of their codes, a
# code without a label is its number. What `missing_codes` names is NA; other
# refusals raise a warning if rows `inside` have them, else they are no level.
# `refusals`: only those may be missing. The attribute "codes" gives the level of
# each code.
labelled_factor <- function(x, name, missing_codes = NULL, inside = NULL,
                            refusals = FALSE, call = rlang::caller_env()) {
  book <- labelled_book(x)
  gone <- named_codes(book, missing_codes, !refusals, call) & (!refusals | book$refusal)
  at <- if (is.null(inside)) book$at else book$at[inside]
  occurs <- tabulate(at, length(book$value)) > 0
  counted <- book$refusal & occurs & !gone
  if (is.null(missing_codes) || length(missing_codes)) warn_refusals(book, counted, name, call)
  keep <- !gone & (occurs | !book$refusal)
  levels <- unique(book$text[keep])
  level <- match(book$text, levels)
  level[!keep] <- NA
  structure(
    level[book$at],
    levels = levels, class = "factor",
    codes = stats::setNames(book$text[keep], answer_text(book$value[keep]))
  )
}

# The numbers of a labelled column, and the same for what missing_codes names.
labelled_numbers <- function(x, name, missing_codes, inside, call) {
  book <- labelled_book(x)
  gone <- named_codes(book, missing_codes, TRUE, call)
  at <- if (is.null(inside)) book$at else book$at[inside]
  counted <- book$refusal & !gone & tabulate(at, length(book$value)) > 0
  if (is.null(missing_codes) || length(missing_codes)) warn_refusals(book, counted, name, call)
  value <- book$value
  value[gone] <- NA
  value[book$at]
}

# Which codes of the book are named, by label or by code. Numbers that no row has are
# passed over, so that one list serves many columns; other text is an error if `strict`.
named_codes <- function(book, wanted, strict, call) {
  if (!length(wanted)) {
    return(rep(FALSE, length(book$value)))
  }
  wanted <- answer_text(wanted)
  found <- book$text %in% wanted | answer_text(book$value) %in% wanted
  unknown <- setdiff(wanted, c(book$text, answer_text(book$value)))
  unknown <- unknown[is.na(suppressWarnings(as.numeric(unknown)))]
  if (strict && length(unknown)) {
    abort_ioi(
      c(
        "{.arg missing_codes} must name labels or codes that the column has.",
        "x" = "{.val {unknown}} {?is/are} not among them.",
        "i" = "It has: {.val {book$text}}."
      ),
      "input",
      arg = "missing_codes", call = call
    )
  }
  found
}

# A refusal that is about to be counted as an answer. `call`: the frame of the function
# that the user called, which may have `missing_codes` or not.
warn_refusals <- function(book, counted, name, call) {
  if (!any(counted)) {
    return(invisible())
  }
  codes <- answer_text(book$value[counted])
  labels <- book$text[counted]
  shown <- paste0(codes, " (", labels, ")")
  warn_ioi(
    c(
      "{cli::qty(length(codes))}Negative code{?s} with a label {?is/are} counted in
       {.field {name}}: {shown}.",
      if (is.environment(call) && rlang::env_has(call, "missing_codes")) {
        c(
          "i" = "Name them in {.arg missing_codes} if they mean missing, or take such rows out
                 with {.fn ioi_subset}.",
          "i" = "If they are answers, {.code missing_codes = character()} says so."
        )
      } else {
        c("i" = "Make them {.code NA} in the data if they mean missing, as {.fn ioi_read_survey}
                 does with those that its {.arg missing_codes} name.")
      }
    ),
    "missing_code",
    column = name, codes = codes, labels = labels
  )
}

# Answers given as text or as codes, as text.
labels_of <- function(wanted, x) {
  codes <- attr(x, "codes", exact = TRUE)
  if (is.null(codes) || is.null(wanted)) {
    return(wanted)
  }
  text <- answer_text(wanted)
  coded <- !text %in% levels(x) & text %in% names(codes)
  text[coded] <- codes[text[coded]]
  text
}

# Which rows have no value, user-defined missing values counted.
is_missing <- function(x, missing_codes = NULL) {
  if (is_labelled(x)) {
    book <- labelled_book(x)
    gone <- named_codes(book, missing_codes, FALSE, NULL)
    return(is.na(book$at) | gone[book$at])
  }
  text <- answer_text(x)
  is.na(text) | text %in% answer_text(missing_codes)
}

# Those of `missing_codes` that name a refusal of a labelled column in `data`.
refusals_named <- function(data, missing_codes) {
  found <- lapply(Filter(is_labelled, as.list(data)), function(x) {
    book <- labelled_book(x)
    c(book$text[book$refusal], answer_text(book$value[book$refusal]))
  })
  text <- answer_text(missing_codes)
  text[text %in% unlist(found)]
}

# A column for the design: labels are taken off, long integers become numbers.
plain_column <- function(x, arg, call = rlang::caller_env()) {
  if (is_labelled(x)) {
    return(labelled_codes(x))
  }
  if (inherits(x, "integer64")) {
    return(integer64_numbers(x, arg, call))
  }
  x
}

# Integers of 64 bits lie in the bits of doubles. They are read as two halves, which
# is exact up to 2^53; more is an error.
integer64_numbers <- function(x, arg, call = rlang::caller_env()) {
  bits <- writeBin(as.vector(unclass(x)), raw(), endian = "little")
  half <- readBin(bits, "integer", 2 * length(x), endian = "little")
  high <- half[2 * seq_along(x)]
  low <- as.double(half[2 * seq_along(x) - 1])
  low[is.na(low)] <- -2^31
  value <- ifelse(low < 0, low + 2^32, low) + as.double(high) * 2^32
  large <- which((is.na(high) & low != 0) | abs(value) > 2^53)
  if (length(large)) {
    abort_ioi(
      c(
        "{.arg {arg}} holds integers beyond 2^53, which numbers of R cannot tell apart.",
        "x" = "{length(large)} value{?s}, the first in row {large[1]}.",
        "i" = "Turn the column into text first."
      ),
      "input",
      arg = arg, where = large[1], count = length(large), call = call
    )
  }
  value
}

# Says that a class is not kept.
inform_converted <- function(x, name) {
  inform_ioi(
    "{.field {name}} is {.cls {class(x)[1]}}: its numbers are taken, without the class.",
    "converted",
    column = name
  )
}
