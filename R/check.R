# Checks of plain arguments, shared by all functions. Each returns its value or
# raises `ioi_error_input` that names the argument.

# A wrong argument as a message shows it: functions and lists by their class.
as_shown <- function(x) {
  if (is.atomic(x)) x else paste0("<", class(x)[1], ">")
}

# One of `choices`; the first is the default when the whole vector is given.
check_choice <- function(x, choices, arg, call = rlang::caller_env()) {
  if (identical(x, choices)) {
    return(choices[1])
  }
  if (!is.character(x) || length(x) != 1 || is.na(x) || !x %in% choices) {
    hint <- if (rlang::is_string(x)) meant_choice(x, choices)
    abort_ioi(
      c(
        "{.arg {arg}} must be one of {.or {.val {choices}}}.",
        "x" = if (length(x)) "It is {.val {as_shown(x)}}." else "It is empty.",
        "i" = if (length(hint)) "Did you mean {.val {hint}}?"
      ),
      "input",
      arg = arg, call = call
    )
  }
  x
}

# Answers of a column, or none.
check_answers <- function(x, arg, call = rlang::caller_env()) {
  if (!is.null(x) && !is.atomic(x)) {
    abort_ioi(
      c("{.arg {arg}} must hold answers of the column.", "x" = "It is {.val {as_shown(x)}}."),
      "input",
      arg = arg, call = call
    )
  }
  x
}

# What choices of other packages are called here.
choices_elsewhere <- c(
  asin = "arcsine", mean = "wald", clopper_pearson = "beta", kg_nchs = "nchs",
  subbootstrap = "bootstrap", greg = "linear", rake = "raking"
)

# The choice that was meant, as far as can be told.
meant_choice <- function(given, choices) {
  elsewhere <- choices_elsewhere[given]
  if (elsewhere %in% choices) {
    return(unname(elsewhere))
  }
  distance <- utils::adist(given, choices, ignore.case = TRUE)[1, ]
  if (nchar(given) > 2 && min(distance) <= 1 + (nchar(given) > 5)) choices[which.min(distance)]
}

# TRUE or FALSE.
check_flag <- function(x, arg, call = rlang::caller_env()) {
  if (!is.logical(x) || length(x) != 1 || is.na(x)) {
    abort_ioi("{.arg {arg}} must be TRUE or FALSE.", "input", arg = arg, call = call)
  }
  x
}

# A confidence level: one number strictly between 0 and 1; 95 is not 0.95.
check_level <- function(x, arg = "level", call = rlang::caller_env()) {
  if (!is.numeric(x) || length(x) != 1 || is.na(x) || x <= 0 || x >= 1) {
    abort_ioi(
      c(
        "{.arg {arg}} must be one number between 0 and 1, such as 0.95.",
        "x" = "It is {.val {as_shown(x)}}."
      ),
      "input",
      arg = arg, call = call
    )
  }
  as.double(x)
}

# No further arguments: a mistyped or unsupported name is an error, not silence.
check_dots_empty_ioi <- function(..., call = rlang::caller_env()) {
  n <- ...length()
  if (!n) {
    return(invisible())
  }
  names <- ...names()
  shown <- if (is.null(names)) rep("", n) else ifelse(is.na(names), "", names)
  shown[shown == ""] <- "(unnamed)"
  hint <- meant_argument(shown, names(formals(rlang::caller_fn())))
  abort_ioi(
    c(
      "{cli::qty(n)}Argument{?s} not known here: {.arg {shown}}.",
      "i" = if (length(hint)) {
        "Did you mean {.arg {hint}}?"
      } else {
        "See the help page for the arguments this version supports."
      }
    ),
    "input",
    arg = shown, call = call
  )
}

# What arguments of other packages for surveys are called here.
arguments_elsewhere <- c(
  id = "psu", ids = "psu", cluster = "psu", clusters = "psu", probs = "weights",
  combined.weights = "combined_weights", scale = "rep_scale", rscales = "rep_rscales",
  type = "rep_type", rho = "fay_rho", fay.rho = "fay_rho", replicates = "reps",
  na.rm = "na", method = "ci", interval.type = "ci", conf.level = "level",
  conf_level = "level", deff = "deff_wor", quantiles = "probs", qrule = "rule",
  calfun = "method", age = "over", population = "totals"
)

# The arguments among `known` that were meant by unknown names, as far as can be told.
meant_argument <- function(given, known) {
  known <- setdiff(known, "...")
  one <- function(name) {
    elsewhere <- arguments_elsewhere[name]
    if (elsewhere %in% known) {
      return(unname(elsewhere))
    }
    distance <- utils::adist(name, known)[1, ]
    near <- length(known) && nchar(name) > 2 && min(distance) <= 1 + (nchar(name) > 5)
    if (near) known[which.min(distance)]
  }
  unique(unlist(lapply(given, one)))
}
