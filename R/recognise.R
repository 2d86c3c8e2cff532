# Known variables: columns of surveys that are recognised by name or label. The list
# is inst/catalogue/variables.csv.

# Rows of the list for an indicator, those of its repeats too.
known_outcomes <- function(id) {
  table <- read_catalogue("variables")
  table[table$role == "outcome" & vapply(
    strsplit(table$ids, ";", fixed = TRUE), function(ids) id %in% ids, NA
  ), ]
}

# The design and the arguments of an estimator of answers: what was given, and what
# is recognised, which is said. list(design, given).
answers_source <- function(data, recipe, given, call, by = rlang::quo(NULL)) {
  columns <- columns_of(data, call)
  found <- recognise_answers(columns, recipe, given, call)
  if (length(found)) {
    groups <- columns[resolve_columns(by, columns, "by", call = call)]
    refusals <- unlist(lapply(Filter(has_value_labels, as.list(groups)), refusals_in))
    found$missing_codes <- unique(c(found$missing_codes, refusals))
  }
  own <- given[names(given) %in% design_arguments]
  given <- given[!names(given) %in% design_arguments]
  found <- found[setdiff(names(found), names(given))]
  if (!is.data.frame(data)) {
    check_no_design_arguments(own, call)
    inform_recognised(recipe$id, found)
    return(list(design = data, given = c(given, found)))
  }
  sampling <- recognise_design(data, own)
  inform_recognised(recipe$id, c(found, sampling))
  own <- Filter(Negate(is_null_quo), c(own, sampling))
  list(
    design = if (length(own)) rlang::inject(ioi_design(data, !!!own)) else data,
    given = c(given, found)
  )
}

# What is recognised of the answer: all of it, or what counts as yes where the user
# named the column.
recognise_answers <- function(columns, recipe, given, call) {
  found <- list()
  own <- given_column(given, columns, call)
  if (!length(own)) {
    found <- recognise_outcome(columns, recipe$variables)
  } else if (!"success" %in% names(given)) {
    found <- recognise_outcome(columns[own], recipe$variables)
    found$outcome <- NULL
  }
  if (!recipe$routine %in% share_routines) found$success <- NULL
  found
}

# The column that the user named as the answer; none for a mean.
given_column <- function(given, columns, call) {
  if ("x" %in% names(given)) {
    return(resolve_columns(given[["x"]], columns, "x", call = call))
  }
  if ("outcome" %in% names(given)) {
    resolve_columns(given[["outcome"]], columns, "outcome", call = call)
  }
}

share_routines <- c("proportion", "weighted_proportion")

is_null_quo <- function(x) is.null(x) || (rlang::is_quosure(x) && rlang::quo_is_null(x))

check_no_design_arguments <- function(own, call) {
  if (length(own)) {
    abort_ioi(
      c(
        "{.arg {names(own)}} cannot be given for a design, which says how people were
         sampled.",
        "i" = "Give the data frame, or say it in {.fn ioi_design}."
      ),
      "input",
      arg = names(own)[1], call = call
    )
  }
}

# The columns of a data frame or of a design.
columns_of <- function(data, call) {
  if (is.data.frame(data)) check_data(data, call = call) else as_ioi_design(data)$data
}

# Columns of `data` that a row of the list means: by name, else by label.
match_variable <- function(data, variable) {
  names <- strsplit(variable$variable, "|", fixed = TRUE)[[1]]
  by_name <- names(data)[tolower(names(data)) %in% tolower(names)]
  if (length(by_name) || is.na(variable$label)) {
    return(by_name)
  }
  label <- vapply(data, column_label, "")
  names(data)[grepl(variable$label, label, ignore.case = TRUE)]
}

column_label <- function(x) {
  label <- attr(x, "label", exact = TRUE)
  if (is.character(label) && length(label) == 1) label else ""
}

# The first known variable that the data have, with the answers that count: list(
# outcome, success, missing_codes), empty where there is none.
recognise_outcome <- function(data, variables) {
  for (row in seq_len(nrow(variables))) {
    one <- variables[row, ]
    for (column in match_variable(data, one)) {
      answers <- column_answers(data[[column]])
      yes <- answers[is_answer(answers, one$yes)]
      if (length(yes) || is.na(one$yes)) {
        outside <- c(answers[is_answer(answers, one$outside)], refusals_in(data[[column]]))
        return(Filter(length, list(
          outcome = column, success = yes, missing_codes = outside
        )))
      }
    }
  }
  list()
}

# The answers of a column as text: levels, labels of values, or what occurs.
column_answers <- function(x) {
  if (has_value_labels(x)) {
    return(labelled_book(x)$text)
  }
  if (is.factor(x)) levels(x) else unique(answer_text(x[!is.na(x)]))
}

# Which answers are among those of the list, whatever the case, a number in front
# ("1. Yes") and the kind of apostrophe.
is_answer <- function(answers, wanted) {
  plain <- function(x) {
    x <- gsub("\u2019", "'", tolower(x), fixed = TRUE)
    trimws(sub("^[[:space:]]*[0-9]+[.):]?[[:space:]]+", "", x))
  }
  plain(answers) %in% plain(split_cell(wanted, "|"))
}

refusal_words <- paste(
  "refused|refusal|prefer not to say|don't know|dont know|do not know|not stated",
  "no answer|not applicable|schedule not applicable|item not applicable|missing",
  "not answered|no code required",
  sep = "|"
)

# Codes or answers that are refusals: negative codes with a label, and answers that
# say so.
refusals_in <- function(x) {
  if (has_value_labels(x)) {
    book <- labelled_book(x)
    said <- is_answer(book$text, refusal_words)
    return(answer_text(book$value[book$refusal | said]))
  }
  answers <- column_answers(x)
  answers[is_answer(answers, refusal_words)]
}

# Weights, strata and sampling units of a data frame that nobody named.
recognise_design <- function(data, own) {
  if ("repweights" %in% names(own)) {
    return(list())
  }
  table <- read_catalogue("variables")
  found <- list()
  for (role in setdiff(c("weights", "strata", "psu"), names(own))) {
    at <- match_variable(data, table[table$role == role, ])
    if (length(at)) found[[role]] <- at[1]
  }
  # strata alone are no design, and sampling units without weights are rare
  if (is.null(found$weights) && !"weights" %in% names(own)) list() else found
}

# Says what was recognised, as the code that would have done the same.
inform_recognised <- function(id, found) {
  if (!length(found)) {
    return(invisible())
  }
  value <- vapply(found, function(x) {
    text <- paste0("\"", x, "\"", collapse = ", ")
    if (length(x) > 1) paste0("c(", text, ")") else text
  }, "")
  inform_ioi(
    c(
      "Recognised for {.strong {id}}:",
      stats::setNames(
        gsub("}", "}}", gsub("{", "{{", paste(names(found), "=", value), fixed = TRUE),
          fixed = TRUE
        ),
        rep("*", length(found))
      )
    ),
    "recognised",
    indicator_id = id, found = found
  )
}

# Are the variables of every part of an indicator there? Not for one whose parts are
# about different people.
knows_parts <- function(data, recipe) {
  columns <- if (is.data.frame(data)) {
    data
  } else if (inherits(data, "ioi_design")) {
    data$data
  } else {
    return(FALSE)
  }
  is.na(recipe$within) && all(vapply(recipe$part_ids, function(id) {
    length(recognise_outcome(columns, known_outcomes(id))) > 0
  }, NA))
}

# ---- breakdowns ---------------------------------------------------------------

# The breakdowns that the framework asks for, and the columns that hold them: a list
# named by breakdown.
recognise_breakdowns <- function(data) {
  table <- read_catalogue("variables")
  table <- table[table$role == "breakdown", ]
  found <- lapply(seq_len(nrow(table)), function(row) match_variable(data, table[row, ]))
  stats::setNames(found, table$ids)
}

# ---- whom an indicator is about -----------------------------------------------

# The design restricted to those whom a recipe is about ("women; age 16 to 64"), where
# sex and age are recognised, which is said; what is not is said too.
restrict_population <- function(design, recipe) {
  if (is.na(recipe$within)) {
    return(design)
  }
  design <- as_ioi_design(design)
  wanted <- trimws(split_cell(recipe$within))
  rows <- lapply(wanted, population_rows, design$data)
  known <- !vapply(rows, is.null, NA)
  if (any(known)) {
    inside <- Reduce(`&`, rows[known])
    design <- rlang::inject(ioi_subset(design, !!inside))
    inform_ioi(
      "Kept for {.strong {recipe$id}}: {wanted[known]}.", "population",
      indicator_id = recipe$id
    )
  }
  inform_population(recipe, wanted[!known])
  design
}

# What the data must be restricted to by the user.
inform_population <- function(recipe, wanted) {
  if (length(wanted)) {
    inform_ioi(
      c(
        "{.strong {recipe$id}} is about {wanted}: the data must hold no others.",
        "i" = "Restrict the design with {.fn ioi_subset} if they do."
      ),
      "population",
      indicator_id = recipe$id
    )
  }
}

# The rows of "women", "men" or "age 16 to 64"; NULL where no column tells.
population_rows <- function(wanted, data) {
  columns <- recognise_breakdowns(data)
  if (startsWith(wanted, "age")) {
    limits <- as.numeric(regmatches(wanted, gregexpr("[0-9]+", wanted))[[1]])
    return(first_known(data[columns$age], age_rows, limits))
  }
  first_known(data[columns$gender], sex_rows, wanted)
}

first_known <- function(columns, rows_of, wanted) {
  for (column in columns) {
    rows <- rows_of(column, wanted)
    if (!is.null(rows)) {
      return(rows)
    }
  }
  NULL
}

sex_rows <- function(x, wanted) {
  pattern <- c(women = "^(f|female|females|w|woman|women)$", men = "^(m|male|males|man|men)$")
  answers <- column_answers(x)
  yes <- grepl(pattern[[wanted]], trimws(answers), ignore.case = TRUE)
  if (any(yes)) answer_of(x) %in% answers[yes]
}

# Ages in years, or bands none of which crosses a limit.
age_rows <- function(x, limits) {
  if (is.numeric(x) && !has_value_labels(x)) {
    return(!is.na(x) & x >= limits[1] & x <= limits[2])
  }
  answers <- column_answers(x)
  band <- vapply(answers, age_band_limits, c(0, 0))
  inside <- band[1, ] >= limits[1] & band[2, ] <= limits[2]
  outside <- band[2, ] < limits[1] | band[1, ] > limits[2]
  if (all(inside | outside) && any(inside)) answer_of(x) %in% answers[inside]
}

# First and last age of a band such as "16 to 24", "75 and over", "under 16".
age_band_limits <- function(text) {
  number <- as.numeric(regmatches(text, gregexpr("[0-9]+", text))[[1]])
  if (!length(number)) {
    return(c(-1, Inf)) # crosses any limit
  }
  if (length(number) > 1) {
    return(number[1:2])
  }
  if (grepl("under|less|below", text, ignore.case = TRUE)) c(0, number - 1) else c(number, Inf)
}

# The answer of each row as text.
answer_of <- function(x) {
  if (has_value_labels(x)) {
    book <- labelled_book(x)
    return(book$text[book$at])
  }
  answer_text(x)
}
