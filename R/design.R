# Designs: which rows were sampled how. A design holds the data frame itself, not
# a copy, and keys that let the core find the PSU of a row.

lonely_rules <- c("fail", "adjust", "average", "certainty", "remove")

#' Declare how the data were sampled
#'
#' Says which columns hold the weights, strata and primary sampling units (PSUs)
#' of a survey, checks them, and gives an object that every estimator takes. The
#' data are not copied.
#'
#' @param data A data frame with a row per respondent.
#' @param weights Column of weights, finite and not negative. Without it every
#'   weight is 1, or the population count over the sample count where `fpc` is
#'   given.
#' @param strata Column of strata. Without it there is one.
#' @param psu Column of PSUs (clusters). Without it every row is its own PSU.
#' @param fpc Column for the finite population correction: the number of PSUs in
#'   the population of the stratum, or the fraction of them that was sampled.
#'   Constant within a stratum. Without it the population is taken as infinite.
#' @param nest `TRUE` when PSU labels start again in each stratum.
#' @param lonely_psu What a stratum with one sampled PSU (and a sampling fraction
#'   below 1) does: `"fail"` is an error; `"adjust"` centres the PSU at the mean
#'   of all PSUs; `"average"` gives the stratum the average contribution of the
#'   others; `"certainty"` and `"remove"` add nothing.
#' @param lonely_domain `TRUE` applies `"adjust"` and `"average"` also where a
#'   domain is left with one PSU in a stratum that has more.
#' @param ... Not used. Replicate weights, several stages and a fixed number of
#'   degrees of freedom are not supported by this version: naming them is an
#'   error.
#' @return An object of class `ioi_design`: a list with the data, the number of
#'   rows, and what the core needs to know of the design.
#' @section Variance: One stage ("ultimate cluster"): the variance between PSU
#'   totals within strata. Where there are further stages of sampling and the
#'   first-stage fractions are small, it covers them too.
#' @section Missing and zero: Missing, negative or infinite weights, and missing
#'   strata or PSUs, are errors that say how many rows and where the first is.
#'   Rows with weight 0 stay in the design and out of every base `n`.
#' @section Subgroups: Estimate for a subgroup with `by`, not by filtering the
#'   data first. A filtered data frame has lost the PSUs in which the subgroup
#'   does not occur, and its standard errors are too small.
#' @section Errors: `ioi_error_input` (a column that is not there, text where
#'   numbers are needed, an argument of a later version), `ioi_error_data`
#'   (values that cannot be used), `ioi_error_design` (a PSU in two strata, a
#'   stratum with one PSU, an `fpc` that contradicts the sample).
#' @references Binder, D. A. (1983). On the variances of asymptotically normal
#'   estimators from complex surveys. *International Statistical Review* 51(3),
#'   279-292. \doi{10.2307/1402588}
#'
#'   Lumley, T. (2004). Analysis of complex survey samples. *Journal of
#'   Statistical Software* 9(8). \doi{10.18637/jss.v009.i08}
#' @seealso [ioi_proportion()], [as_ioi_design()]
#' @examples
#' survey <- subset(crime_survey_2008, !is.na(weight))
#' design <- ioi_design(survey, weights = weight)
#' design
#' @export
ioi_design <- function(data, weights = NULL, strata = NULL, psu = NULL,
                       fpc = NULL, nest = FALSE, lonely_psu = lonely_rules,
                       lonely_domain = FALSE, ...) {
  check_dots_empty_ioi(...)
  check_data(data)
  columns <- list(
    weights = resolve_columns(rlang::enquo(weights), data, "weights", most = 1),
    strata = resolve_columns(rlang::enquo(strata), data, "strata", most = 1),
    psu = resolve_columns(rlang::enquo(psu), data, "psu", most = 1),
    fpc = resolve_columns(rlang::enquo(fpc), data, "fpc", most = 1)
  )
  build_design(
    data,
    columns = columns,
    parts = lapply(columns, function(name) if (length(name)) data[[name]]),
    nest = check_flag(nest, "nest"),
    lonely_psu = check_choice(lonely_psu, lonely_rules, "lonely_psu"),
    lonely_domain = check_flag(lonely_domain, "lonely_domain")
  )
}

# The design from the vectors in `parts` (weights, strata, psu, fpc, each a vector
# or NULL). `sampled`: PSUs sampled by stratum label, where more were than occur.
build_design <- function(data, columns, parts, nest = FALSE, lonely_psu = "fail",
                         lonely_domain = FALSE, sampled = NULL,
                         call = rlang::caller_env()) {
  rows <- nrow(data)
  if (rows == 0) {
    abort_ioi("{.arg data} has no rows.", "data", arg = "data", call = call)
  }
  weight <- check_weights(parts$weights, call)
  sampling <- sampling_keys(parts$strata, parts$psu, nest, rows, call)
  if (!is.null(sampled)) {
    sampling$sampled <- as.double(sampled[as.character(sampling$strata)])
  }
  sampling$fraction <- sampling_fraction(parts$fpc, sampling, rows, call)
  if (is.null(weight) && !is.null(parts$fpc)) {
    weight <- implied_weights(sampling, rows)
  }
  check_lonely(sampling, lonely_psu, call)
  structure(
    list(
      data = data,
      rows = rows,
      columns = columns,
      weight = weight,
      keys = sampling$keys,
      unit = sampling$unit,
      strata = sampling$strata,
      core = list(
        psu_first = sampling$psu_first,
        sampled = sampling$sampled,
        fraction = sampling$fraction,
        lonely = match(lonely_psu, lonely_rules) - 1L,
        lonely_domain = lonely_domain
      ),
      groups = existing_groups(data)
    ),
    class = "ioi_design"
  )
}

# The weights as they are, or an error that says what is wrong with them.
check_weights <- function(weight, call) {
  if (is.null(weight)) {
    return(NULL)
  }
  scan <- check_amounts(weight, "weights", call = call)
  if (scan$sum == 0) {
    abort_ioi("{.arg weights} are all 0.", "data", arg = "weights", call = call)
  }
  weight
}

# Checks that a column holds finite numbers of 0 or more; gives what the scan of
# it found. `what` names the column where `arg` has several.
check_amounts <- function(x, arg, what = NULL, call = rlang::caller_env()) {
  of <- if (is.null(what)) "" else " of column {.val {what}}"
  if (!is.numeric(x) || is.object(x) || !is.null(dim(x))) {
    abort_ioi(
      c(
        paste0("{.arg {arg}} must be a column of numbers."),
        "x" = paste0("The class", of, " is {.cls {class(x)}}.")
      ),
      "input",
      arg = arg, call = call
    )
  }
  scan <- .Call(ioi_r_scan, x)
  bad <- scan$missing + scan$infinite + scan$negative
  if (bad > 0) {
    abort_ioi(
      c(
        "{.arg {arg}} must be finite and not negative in every row.",
        "x" = paste0(
          "{bad} value{?s}", of, " {?is/are} not: {scan$missing} missing, ",
          "{scan$negative} negative, {scan$infinite} infinite. ",
          "The first is in row {scan$first_bad}."
        ),
        "i" = "Correct these rows, or leave them out only if they do not belong."
      ),
      "data",
      arg = arg, where = scan$first_bad, count = bad, call = call
    )
  }
  scan
}

# A key column without missing values, or an error that counts them.
complete_key <- function(x, arg, call) {
  missing <- anyNA(x)
  if (missing) {
    where <- which(is.na(x))
    abort_ioi(
      c(
        "{.arg {arg}} must not be missing.",
        "x" = "{length(where)} row{?s} {?has/have} no value. The first is row {where[1]}."
      ),
      "data",
      arg = arg, where = where[1], count = length(where), call = call
    )
  }
  key_column(x, arg, call)
}

# Keys of the sampling units: list(keys, unit, strata, psu_first, sampled).
# Without PSUs, or with a row in each PSU, records are their own PSUs and `unit`
# is the key of the strata.
sampling_keys <- function(strata, psu, nest, rows, call) {
  stratum <- if (is.null(strata)) {
    list(key = key_constant(), labels = "all")
  } else {
    occurring_levels(complete_key(strata, "strata", call), rows)
  }
  units <- if (!is.null(psu)) psu_key(stratum, complete_key(psu, "psu", call), nest, rows, call)
  if (is.null(units) || units$psus == rows) {
    sampled <- tally_rows(list(stratum$key), rows, sums = list(n = list(kind = "rows", over = 1)))
    return(list(
      keys = list(stratum$key), unit = 1L, strata = stratum$labels,
      psu_first = NULL, sampled = sampled$n
    ))
  }
  list(
    keys = units$keys, unit = units$unit, strata = stratum$labels,
    psu_first = units$first, sampled = as.double(diff(units$first))
  )
}

# The same key with levels only for values that occur.
occurring_levels <- function(column, rows) {
  n <- tally_rows(list(column$key), rows, sums = list(n = list(kind = "rows", over = 1)))$n
  keep <- n > 0
  if (all(keep)) {
    return(column)
  }
  map <- ifelse(keep, cumsum(keep) - 1L, -1L)
  list(key = key_remap(column$key, map, sum(keep)), labels = column$labels[keep])
}

# The PSU key with PSUs numbered stratum by stratum: list(keys, unit, first, psus).
psu_key <- function(stratum, psu, nest, rows, call) {
  keys <- list(stratum$key, psu$key)
  if (nest) {
    product <- add_product(keys, 1:2, rows, dense = 0, call = call)
    of_psu <- split_codes(product$code, c(stratum$key$levels, psu$key$levels))[[1]]
    keys <- product$keys
    return(list(
      keys = keys, unit = product$at, psus = length(of_psu),
      first = first_of(of_psu, length(stratum$labels))
    ))
  }
  nested <- .Call(ioi_r_nest, keys, 2L, 1L, as.double(rows))
  if (!is.na(nested$row)) {
    abort_ioi(
      c(
        "Each PSU must lie in one stratum.",
        "x" = "The PSU of row {nested$row} has been seen in another stratum before.",
        "i" = "If PSU labels start again in each stratum, use {.code nest = TRUE}."
      ),
      "design",
      arg = "psu", where = nested$row, call = call
    )
  }
  occurs <- nested$of_psu >= 0
  rank <- rep(-1L, length(occurs))
  rank[occurs] <- rank(nested$of_psu[occurs], ties.method = "first") - 1L
  keys[[2]] <- key_remap(psu$key, rank, sum(occurs))
  list(
    keys = keys, unit = 2L, psus = sum(occurs),
    first = first_of(nested$of_psu[occurs], length(stratum$labels))
  )
}

# Positions (from 0) at which each of `levels` runs of sorted codes starts.
first_of <- function(code, levels) {
  c(0L, cumsum(tabulate(code + 1L, levels)))
}

# The sampling fraction of each stratum, or NULL for an infinite population.
sampling_fraction <- function(fpc, sampling, rows, call) {
  if (is.null(fpc)) {
    return(NULL)
  }
  if (!is.numeric(fpc)) {
    abort_ioi(
      c("{.arg fpc} must be a column of numbers.", "x" = "It is {.cls {class(fpc)}}."),
      "input",
      arg = "fpc", call = call
    )
  }
  found <- .Call(ioi_r_constant, sampling$keys, 1L, fpc, as.double(rows))
  if (!is.na(found$row)) {
    abort_ioi(
      c(
        "{.arg fpc} must be a number that is the same in all rows of a stratum.",
        "x" = "Row {found$row} differs from the rows of its stratum before it, or is missing."
      ),
      "design",
      arg = "fpc", where = found$row, call = call
    )
  }
  fraction_of(found$value, sampling, call)
}

# Population counts or fractions to fractions.
fraction_of <- function(value, sampling, call) {
  if (all(value > 0 & value <= 1)) {
    return(value)
  }
  few <- which(!(value >= sampling$sampled))
  if (length(few)) {
    stratum <- as.character(sampling$strata[few[1]])
    abort_ioi(
      c(
        "{.arg fpc} must be the number of PSUs in the population, or the fraction sampled.",
        "x" = "Stratum {.val {stratum}} has {sampling$sampled[few[1]]} sampled PSU{?s} but
               {.arg fpc} says {value[few[1]]}.",
        "i" = "Fractions must be above 0 and not above 1 in every stratum."
      ),
      "design",
      arg = "fpc", stratum = stratum, call = call
    )
  }
  sampling$sampled / value
}

# Weights of 1 / fraction, for samples of equal probability within strata.
implied_weights <- function(sampling, rows) {
  key <- sampling$keys[[1]]
  if (is.null(key$value)) {
    return(rep(1 / sampling$fraction, rows))
  }
  level <- as.integer(key$value) - key$first + 1L
  if (!is.null(key$map)) level <- key$map[level] + 1L
  (1 / sampling$fraction)[level]
}

# Strata with one sampled PSU are an error under the rule "fail".
check_lonely <- function(sampling, lonely_psu, call) {
  rest <- if (is.null(sampling$fraction)) 1 else 1 - sampling$fraction
  lonely <- which(sampling$sampled <= 1 & rest >= 1e-7)
  if (lonely_psu != "fail" || !length(lonely)) {
    return(invisible())
  }
  strata <- as.character(sampling$strata[lonely])
  abort_ioi(
    c(
      "{cli::qty(lonely)}{length(lonely)} strat{?um has/a have} one sampled PSU, so that
       {?its/their} variance cannot be estimated.",
      "x" = "{cli::qty(lonely)}Strat{?um/a}: {.val {head(strata, 5)}}{if (length(strata) > 5) ', ...'}.",
      "i" = "Choose a rule with {.arg lonely_psu}, or join each such stratum with a neighbour."
    ),
    "design",
    arg = "lonely_psu", strata = strata, call = call
  )
}

# Number of PSUs (records where they are their own PSUs).
design_psus <- function(design) {
  sum(design$core$sampled)
}

# PSUs less strata over the records with a positive weight.
design_df <- function(design) {
  n <- tally_rows(
    design$keys, design$rows, design$weight,
    sums = list(n = list(kind = "n", over = design$unit))
  )$n
  if (is.null(design$core$psu_first)) {
    return(sum(n) - sum(n > 0))
  }
  first <- design$core$psu_first
  occupied <- c(0, cumsum(n > 0))
  in_stratum <- diff(occupied[first + 1])
  sum(in_stratum) - sum(in_stratum > 0)
}

#' @export
print.ioi_design <- function(x, ...) {
  cat(format(x), sep = "\n")
  invisible(x)
}

#' @export
format.ioi_design <- function(x, ...) {
  count <- function(n) formatC(n, format = "d", big.mark = ",")
  psus <- if (is.null(x$core$psu_first)) {
    "each row its own PSU"
  } else {
    paste(count(design_psus(x)), "PSUs")
  }
  strata <- length(x$strata)
  c(
    "# A survey design of one stage",
    paste0("Rows:    ", count(x$rows), ", ", psus),
    paste0("Strata:  ", count(strata)),
    paste0("Weights: ", design_weight_text(x)),
    if (!is.null(x$core$fraction)) "Finite population correction: yes",
    paste0("A stratum with one PSU: ", lonely_rules[x$core$lonely + 1])
  )
}

design_weight_text <- function(x) {
  if (length(x$columns$weights)) {
    return(x$columns$weights)
  }
  if (is.null(x$weight)) "1 for every row" else "from the population counts"
}

#' @export
weights.ioi_design <- function(object, ...) {
  if (is.null(object$weight)) rep(1, object$rows) else as.double(object$weight)
}

#' @export
nobs.ioi_design <- function(object, ...) {
  object$rows
}

#' Take a design made by another package
#'
#' Turns a data frame or a design of the survey package into an [ioi_design].
#'
#' @param x A data frame (a simple random sample: no weights, strata or PSUs), a
#'   `survey.design2` of one stage as made by `survey::svydesign()`, or an
#'   [ioi_design], which is given back.
#' @param ... For a data frame: arguments of [ioi_design()].
#' @return An object of class `ioi_design`.
#' @section What is understood of a survey design: weights, strata, PSUs, the
#'   finite population correction of the first stage and the numbers of sampled
#'   PSUs, also after `subset()`. A design of several stages with population
#'   counts at each, a calibrated or post-stratified design, one with unequal
#'   probabilities without replacement, a two-phase design and replicate weights
#'   are refused with an error of class `ioi_error_design` that names the field.
#'   The option `survey.lonely.psu` is read as `lonely_psu`.
#' @seealso [ioi_design()]
#' @examples
#' as_ioi_design(census_2011_people)
#' @export
as_ioi_design <- function(x, ...) {
  UseMethod("as_ioi_design")
}

#' @export
as_ioi_design.ioi_design <- function(x, ...) {
  check_dots_empty_ioi(...)
  x
}

#' @export
as_ioi_design.data.frame <- function(x, ...) {
  ioi_design(x, ...)
}

#' @export
as_ioi_design.default <- function(x, ...) {
  abort_ioi(
    c(
      "{.arg x} must be a data frame, a design of {.fn ioi_design} or a survey design.",
      "x" = "It is {.cls {class(x)}}."
    ),
    "input",
    arg = "x"
  )
}

#' @export
as_ioi_design.svyrep.design <- function(x, ...) {
  refuse_design("repweights", "replicate weights are not supported by this version")
}

#' @export
as_ioi_design.twophase2 <- function(x, ...) {
  refuse_design("phase1", "two-phase designs are not supported")
}

#' @export
as_ioi_design.DBIsvydesign <- function(x, ...) {
  refuse_design("db", "designs in a database are not supported by this version")
}

#' @export
as_ioi_design.survey.design2 <- function(x, ..., call = rlang::current_env()) {
  check_dots_empty_ioi(...)
  check_survey_design(x, call)
  stratified <- isTRUE(x$has.strata)
  clusters <- x$cluster[[1]]
  strata <- x$strata[[1]]
  sampled <- tapply(x$fpc$sampsize[, 1], as.character(strata), function(n) n[1])
  build_design(
    x$variables,
    columns = list(),
    parts = list(
      weights = 1 / x$prob,
      strata = strata,
      psu = if (anyDuplicated(clusters)) clusters,
      fpc = if (!is.null(x$fpc$popsize)) x$fpc$popsize[, 1]
    ),
    nest = stratified,
    lonely_psu = getOption("survey.lonely.psu", "fail"),
    lonely_domain = isTRUE(getOption("survey.adjust.domain.lonely")),
    sampled = sampled,
    call = call
  )
}

# Refuses what this version would compute wrongly.
check_survey_design <- function(x, call) {
  if (!is.null(x$postStrata)) {
    refuse_design("postStrata", "calibrated designs are not supported by this version", call)
  }
  if (!is.null(x$pps) && !identical(x$pps, FALSE)) {
    refuse_design("pps", "unequal probabilities without replacement are not supported", call)
  }
  if (ncol(x$cluster) > 1 && !is.null(x$fpc$popsize)) {
    refuse_design("fpc", "several stages with population counts are not supported by this version", call)
  }
  known <- c(
    "cluster", "strata", "has.strata", "prob", "allprob", "call", "variables",
    "fpc", "postStrata", "pps", "groups"
  )
  unknown <- setdiff(names(x), known)
  if (length(unknown)) {
    refuse_design(unknown[1], "it is not understood", call)
  }
}

refuse_design <- function(field, why, call = rlang::caller_env()) {
  abort_ioi(
    c(
      "This survey design cannot be taken over.",
      "x" = "Its field {.field {field}}: {why}."
    ),
    "design",
    field = field, call = call
  )
}
