# Designs: which rows were sampled how. A design holds the data frame itself, not
# a copy, and keys that let the core find the PSU of a row.

lonely_rules <- c("fail", "adjust", "average", "certainty", "remove")

#' Declare how the data were sampled
#'
#' Says which columns hold the weights, strata and primary sampling units (PSUs)
#' of a survey, checks them, and gives an object that every estimator takes. The
#' data are not copied.
#'
#' @param data A data frame with a row per respondent; or a lazy table of a database
#'   (package dbplyr), which is read into memory with a message of class
#'   `ioi_message_read`. Take only the columns you need with `dplyr::select()` before.
#' @param weights Column of weights, finite and not negative. Without it every
#'   weight is 1, or the population count over the sample count where `fpc` is
#'   given.
#' @param strata Column of strata, or a column for each stage. Without it there is
#'   one.
#' @param psu Column of PSUs (clusters), or a column for each stage, the first stage
#'   first. Without it every row is its own PSU.
#' @param fpc Column for the finite population correction, or a column for each
#'   stage: the number of units in the population of the stratum, or the fraction of
#'   them that was sampled. Constant within a stratum. A column in which every value
#'   is above 0 and not above 1 holds fractions; 1 means that all were sampled. At the
#'   second stage units are counted within each PSU (and stratum, if that stage has
#'   some): the households of the village, not of the country. At the first stage
#'   fractions may differ between the PSUs of a stratum: they are then the chance of each
#'   to be in the sample, see "Variance". Without `fpc` the population is taken as
#'   infinite.
#' @param nest `TRUE` when PSU labels start again in each stratum.
#' @param lonely_psu What a stratum with one sampled PSU (and a sampling fraction
#'   below 1) does: `"fail"` is an error; `"adjust"` centres the PSU at the mean
#'   of all PSUs; `"average"` gives the stratum the average contribution of the
#'   others; `"certainty"` and `"remove"` add nothing.
#' @param lonely_domain `TRUE` applies `"adjust"` and `"average"` also where a
#'   domain is left with one PSU in a stratum that has more.
#' @param repweights Columns of replicate weights, in place of `strata`, `psu` and
#'   `fpc`. A helper such as `tidyselect::starts_with("rw")` names them all.
#' @param rep_type How the replicates were made: `"JK1"`, `"JKn"`, `"BRR"`, `"Fay"`,
#'   `"bootstrap"`, `"ACS"`, `"successive-difference"` or `"other"`. It sets
#'   `rep_scale` unless that is given, see "Replicate weights".
#' @param rep_scale,rep_rscales The number \eqn{c} and the numbers \eqn{s_r} of the
#'   variance, see "Replicate weights". The documentation of the file gives them.
#' @param fay_rho For `"Fay"` alone: weights were multiplied by 2 - rho and rho.
#' @param combined_weights `TRUE`: each column holds whole weights, to be used in place
#'   of `weights`; `FALSE`: it holds factors (such as 0 and 2), by which `weights` are
#'   multiplied.
#' @param mse `TRUE` takes deviations of the replicates from the estimate of the whole
#'   sample, `FALSE` from their own mean.
#' @param df Degrees of freedom, in place of those counted for each group. A number for
#'   `df` in the call of an estimator comes before it.
#' @param ... Must be empty: an argument that is not known is an error.
#' @return An object of class `ioi_design`: a list with the data, the number of
#'   rows, and what the core needs to know of the design.
#' @section Variance: Without `fpc` the variance between PSU totals within strata
#'   ("ultimate cluster") covers the later stages too. With it each later stage adds
#'   the variance between its units within the units of the stage before, times the
#'   fractions sampled before it. Labels of later stages need be unique only within
#'   the unit of the stage before. Where PSUs of a stratum were drawn with unequal chances
#'   \eqn{\pi_j} and without replacement, the square of each counts
#'   \eqn{(1 - \pi_j)n/(n - 1)} times (Brewer's approximation), which is said in a
#'   message of class `ioi_message_chances`.
#' @section Replicate weights: With \eqn{t_r} the estimate from the r-th of R columns, and
#'   t that of the whole sample under `mse = TRUE`, else the mean of the \eqn{t_r}, the
#'   variance is
#'   \deqn{c \sum_r s_r (t_r - t)^2.}
#'   By default c is
#'
#'   | `rep_type` | c |
#'   |---|---|
#'   | `"JK1"` | \eqn{(R - 1)/R} |
#'   | `"JKn"` | 1; `rep_rscales` must be given, \eqn{(n_h - 1)/n_h} for a unit of stratum h |
#'   | `"BRR"` | \eqn{1/R} |
#'   | `"Fay"` | \eqn{1/(R(1 - \rho)^2)} |
#'   | `"bootstrap"` | \eqn{1/(R - 1)} |
#'   | `"ACS"`, `"successive-difference"` | \eqn{4/R} |
#'   | `"other"` | `rep_scale` must be given |
#'
#'   and every \eqn{s_r} is 1. The type says no more than that: a file with its own
#'   numbers may be read as `"other"`. Producers that give \eqn{c} for deviations from
#'   the estimate, as the US Census Bureau does, mean `mse = TRUE`.
#'
#'   A replicate in which an estimate does not exist, as the mean of a group all of
#'   whose records have weight 0, is left out of that variance, with a warning of class
#'   `ioi_warning_replicates`. Degrees of freedom are the rank of the matrix of
#'   replicate weights of the records used, less 1. Where the columns multiply all
#'   records of a PSU by one factor, as most files have it, this is found, the factors
#'   are kept by PSU, and the records are read once, whatever the number of columns.
#' @section Missing and zero: Missing, negative or infinite weights, and missing
#'   strata or PSUs, are errors that say how many rows and where the first is.
#'   Rows with weight 0 stay in the design and out of every base `n`.
#' @section Subgroups: Estimate for a subgroup with `by` or of an [ioi_subset()] of
#'   the design, which keep every sampled PSU. Do not filter the data first: a
#'   filtered data frame has lost the PSUs and strata in which the subgroup does not
#'   occur, and nothing in it says so. Estimates are the same, but standard errors
#'   are wrong, in either direction. They are often too small, most of all of totals,
#'   since the size of the subgroup then varies only between the PSUs that are left;
#'   they can be too large as well, since the sum of squares is divided among fewer
#'   PSUs and strata with one PSU appear. With `fpc` the fractions sampled come out
#'   too small. Degrees of freedom are those of the PSUs left either way. What cannot
#'   be used at all (rows without a weight, people outside the population of the
#'   survey) is left out before.
#' @section Labelled files: Labels of values (class `haven_labelled`) are taken off
#'   weights, strata, PSUs and population counts. For answers see
#'   [ioi_proportion()].
#' @section Errors: `ioi_error_input` (a column that is not there, text where
#'   numbers are needed, arguments that contradict each other), `ioi_error_data`
#'   (values that cannot be used), `ioi_error_design` (a PSU in two strata, a
#'   stratum with one PSU, an `fpc` that contradicts the sample).
#' @references Binder, D. A. (1983). On the variances of asymptotically normal
#'   estimators from complex surveys. *International Statistical Review* 51(3),
#'   279-292. \doi{10.2307/1402588}
#'
#'   Brewer, K. R. W. (2002). *Combined Survey Sampling Inference: Weighing Basu's
#'   Elephants*. Arnold.
#'
#'   Lumley, T. (2004). Analysis of complex survey samples. *Journal of
#'   Statistical Software* 9(8). \doi{10.18637/jss.v009.i08}
#' @seealso [ioi_proportion()], [ioi_subset()], [ioi_replicate()], [as_ioi_design()]
#' @examples
#' survey <- subset(crime_survey_2008, !is.na(weight))
#' design <- ioi_design(survey, weights = weight)
#' design
#'
#' # strata and sampling units
#' people <- ioi_example_survey(800)
#' ioi_design(people, weight, strata = region, psu = psu)
#'
#' # replicate weights in columns: here four groups of the sample, each left out once
#' part <- rep_len(1:4, nrow(survey))
#' columns <- sapply(1:4, function(r) ifelse(part == r, 0, survey$weight * 4 / 3))
#' survey[paste0("rw", 1:4)] <- as.data.frame(columns)
#' replicated <- ioi_design(
#'   survey, weight,
#'   repweights = tidyselect::starts_with("rw"), rep_type = "JK1"
#' )
#' ioi_mean(replicated, age)
#' @export
ioi_design <- function(data, weights = NULL, strata = NULL, psu = NULL, fpc = NULL,
                       nest = FALSE,
                       lonely_psu = c("fail", "adjust", "average", "certainty", "remove"),
                       lonely_domain = FALSE, repweights = NULL, rep_type = NULL,
                       rep_scale = NULL, rep_rscales = NULL, fay_rho = 0,
                       combined_weights = TRUE, mse = FALSE, df = NULL, ...) {
  check_dots_empty_ioi(...)
  data <- check_data(in_memory(data))
  check_flag(nest, "nest")
  check_flag(lonely_domain, "lonely_domain")
  columns <- list(
    weights = resolve_columns(rlang::enquo(weights), data, "weights", most = 1),
    strata = resolve_columns(rlang::enquo(strata), data, "strata"),
    psu = resolve_columns(rlang::enquo(psu), data, "psu"),
    fpc = resolve_columns(rlang::enquo(fpc), data, "fpc"),
    repweights = resolve_columns(rlang::enquo(repweights), data, "repweights")
  )
  check_stages(columns)
  df <- if (!is.null(df)) check_design_df(df)
  call <- rlang::current_env()
  vectors <- function(name) {
    lapply(as.list(data)[columns[[name]]], plain_column, name, call)
  }
  weight <- if (length(columns$weights)) plain_column(data[[columns$weights]], "weights")
  if (length(columns$repweights)) {
    check_only_replicates(columns)
    check_distinct_replicates(columns)
    given <- check_replicates(
      rep_type, rep_scale, rep_rscales, fay_rho, combined_weights, mse, df
    )
    return(build_replicate_design(data, columns, weight, vectors("repweights"), given))
  }
  check_no_replicates(
    list(
      rep_type = rep_type, rep_scale = rep_scale, rep_rscales = rep_rscales,
      fay_rho = if (!isTRUE(fay_rho == 0)) fay_rho, mse = if (!isFALSE(mse)) mse
    ),
    named = is.call(rlang::quo_get_expr(rlang::enquo(repweights)))
  )
  build_design(
    data,
    columns = columns,
    parts = list(
      weights = weight, strata = vectors("strata"), psu = vectors("psu"), fpc = vectors("fpc")
    ),
    nest = nest,
    lonely_psu = check_choice(lonely_psu, lonely_rules, "lonely_psu"),
    lonely_domain = lonely_domain,
    df = df
  )
}

check_design_df <- function(df, call = rlang::caller_env()) {
  if (!is.numeric(df) || length(df) != 1 || is.na(df)) {
    abort_ioi("{.arg df} must be one number.", "input", arg = "df", call = call)
  }
  as.double(df)
}

# Replicate weights stand in place of strata, PSUs and population counts.
check_only_replicates <- function(columns, call = rlang::caller_env()) {
  also <- intersect(c("strata", "psu", "fpc"), names(columns)[lengths(columns) > 0])
  if (length(also)) {
    abort_ioi(
      c(
        "{.arg {also}} cannot go with {.arg repweights}.",
        "i" = "The replicates hold what the design adds to the variance."
      ),
      "input",
      arg = also[1], call = call
    )
  }
}

# A helper that names the replicates by how their names start may take in the weights.
check_distinct_replicates <- function(columns, call = rlang::caller_env()) {
  if (any(columns$weights %in% columns$repweights)) {
    abort_ioi(
      c(
        "{.arg repweights} must not hold the column of {.arg weights}.",
        "x" = "Both name {.val {columns$weights}}.",
        "i" = "Leave it out, such as by {.code c(starts_with(\"rw\"), -{columns$weights})}."
      ),
      "input",
      arg = "repweights", call = call
    )
  }
  if (length(columns$repweights) < 2) {
    abort_ioi(
      c(
        "{.arg repweights} must name two columns or more.",
        "x" = "It names {.val {columns$repweights}} alone."
      ),
      "input",
      arg = "repweights", call = call
    )
  }
}

# `named`: has the user written a helper for them, which found none?
check_no_replicates <- function(given, named, call = rlang::caller_env()) {
  set <- names(given)[!vapply(given, is.null, NA)]
  if (length(set)) {
    abort_ioi(
      c(
        "{.arg {set}} need{?s/} {.arg repweights}.",
        "x" = if (named) "{.arg repweights} names no column of the data."
      ),
      "input",
      arg = set[1], call = call
    )
  }
}

# What is said about replicate weights: see build_replicate_design().
check_replicates <- function(type, scale, rscales, rho, combined, mse, df,
                             call = rlang::caller_env()) {
  if (is.null(type)) {
    abort_ioi(
      "{.arg rep_type} must say how the replicates were made: {.or {.val {replicate_types}}}.",
      "input",
      arg = "rep_type", call = call
    )
  }
  check_share(rho, "fay_rho", call)
  type <- check_choice(type, replicate_types, "rep_type", call)
  if (rho > 0 && type != "Fay") {
    abort_ioi(
      c(
        "{.arg fay_rho} goes with {.code rep_type = \"Fay\"} alone.",
        "x" = "{.arg rep_type} is {.val {type}}."
      ),
      "input",
      arg = "fay_rho", call = call
    )
  }
  list(
    type = type, scale = scale,
    rscales = rscales, rho = rho,
    combined = check_flag(combined, "combined_weights", call),
    mse = check_flag(mse, "mse", call), df = df
  )
}

# Strata and population counts of a stage need the PSUs of that stage.
check_stages <- function(columns, call = rlang::caller_env()) {
  stages <- max(1, length(columns$psu))
  for (arg in c("strata", "fpc")) {
    if (length(columns[[arg]]) > stages) {
      abort_ioi(
        c(
          "{.arg {arg}} must not name more stages than {.arg psu}.",
          "x" = "It names {length(columns[[arg]])}, {.arg psu} {length(columns$psu)}.",
          "i" = if (arg == "strata") {
            "Several columns are those of several stages. Where columns together make the
             strata of one, join them to one column, such as by {.fn interaction}."
          }
        ),
        "input",
        arg = arg, call = call
      )
    }
  }
}

# The design from the vectors in `parts`: weights, and for strata, psu and fpc a
# list with a vector a stage; also `sampled` where more units were sampled than
# occur: a list with their number in the stratum of each row.
build_design <- function(data, columns, parts, nest = FALSE, lonely_psu = "fail",
                         lonely_domain = FALSE, df = NULL, call = rlang::caller_env()) {
  rows <- nrow(data)
  if (rows == 0) {
    abort_ioi("{.arg data} has no rows.", "data", arg = "data", call = call)
  }
  scan <- check_weights(parts$weights, call)
  weight <- parts$weights
  lonely <- list(
    lonely = match(lonely_psu, lonely_rules) - 1L, lonely_domain = lonely_domain,
    rule = lonely_psu
  )
  if (lonely_domain && !length(parts$psu)) {
    parts$psu <- list(seq_len(rows))
  }
  merge <- !lonely_domain && (length(parts$psu) < 2 || !length(parts$fpc))
  first <- function(x) if (length(x)) x[[1]]
  sampling <- sampling_keys(first(parts$strata), first(parts$psu), nest, rows, merge, call)
  fpc <- first(parts$fpc)
  by_stratum <- constant_fpc(fpc, sampling, rows)
  unequal <- has_chances(fpc, by_stratum)
  if (unequal && is.null(sampling$psu_first)) {
    parts$psu <- list(seq_len(rows))
    sampling <- sampling_keys(first(parts$strata), parts$psu[[1]], nest, rows, FALSE, call)
  }
  sampling$sampled <- all_sampled(sampling, 1L, first(parts$sampled), rows)
  if (unequal) {
    sampling[c("chance", "fraction")] <- sampling_chances(fpc, sampling, rows, call)
  } else {
    sampling$fraction <- sampling_fraction(fpc, sampling, call, by_stratum)
  }
  check_lonely(sampling, lonely_psu, call)
  found <- design_stages(sampling, parts, rows, lonely, call)
  if (is.null(weight) && length(parts$fpc)) {
    weight <- implied_weights(found$keys, found$stages, rows)
  }
  structure(
    list(
      data = data, rows = rows, columns = columns, weight = weight,
      some_zero = scan$zero > 0, keys = found$keys,
      strata = sampling$strata, stages = found$stages, df = df,
      groups = existing_groups(data)
    ),
    class = "ioi_design"
  )
}

# What a scan of the weights found, or an error that says what is wrong with them.
check_weights <- function(weight, call) {
  if (is.null(weight)) {
    return(list(zero = 0))
  }
  scan <- check_amounts(weight, "weights", call = call)
  if (scan$zero == length(weight)) {
    abort_ioi("{.arg weights} are all 0.", "data", arg = "weights", call = call)
  }
  scan
}

# Checks that a column holds finite numbers of 0 or more; gives what the scan of
# it found. `what` names the column where `arg` has several.
check_amounts <- function(x, arg, what = NULL, call = rlang::caller_env()) {
  of <- column_named(what)
  check_numbers(x, arg, what, call)
  scan <- scan_numbers(x)
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

# The same for weights of replicates that calibration may have made negative.
check_finite <- function(x, arg, what = NULL, call = rlang::caller_env()) {
  bad <- which(!is.finite(x))
  if (length(bad)) {
    abort_ioi(
      c(
        "{.arg {arg}} must be finite in every row.",
        "x" = paste0("{length(bad)} value{?s}", column_named(what), " {?is/are} not. The first ",
          "is in row {bad[1]}.")
      ),
      "data",
      arg = arg, where = bad[1], count = length(bad), call = call
    )
  }
}

column_named <- function(what) {
  if (is.null(what)) "" else " of column {.val {what}}"
}

# A column of plain numbers, or an error.
check_numbers <- function(x, arg, what = NULL, call = rlang::caller_env()) {
  if (is.numeric(x) && !is.object(x) && length(dim(x)) < 2) {
    return(invisible())
  }
  abort_ioi(
    c(
      paste0("{.arg {arg}} must be a column of numbers."),
      "x" = paste0("The class", column_named(what), " is {.cls {class(x)}}.")
    ),
    "input",
    arg = arg, call = call
  )
}

# A key column without missing values, or an error that counts them.
complete_key <- function(x, arg, call) {
  column <- key_column(x, arg, call)
  missing <- if (is.null(column$missing)) anyNA(x) else column$missing > 0
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
  column
}

# Keys of the sampling units: list(keys, unit, strata, psu_first, sampled).
# Without PSUs, or with a row in each PSU, records are their own PSUs and `unit`
# is the key of the strata; but not unless `merge`: the rule for lonely PSUs of a
# domain has to see the PSUs.
sampling_keys <- function(strata, psu, nest, rows, merge, call) {
  stratum <- if (is.null(strata)) {
    list(key = key_constant(), labels = "all", occur = TRUE)
  } else {
    complete_key(strata, "strata", call)
  }
  units <- if (!is.null(psu)) psu_key(stratum, complete_key(psu, "psu", call), nest, rows, call)
  if (is.null(units) || (merge && units$psus == rows)) {
    return(record_keys(stratum, rows))
  }
  list(
    keys = units$keys, unit = units$unit, strata = units$strata,
    psu_first = units$first, sampled = as.double(diff(units$first))
  )
}

# The same where records are their own PSUs.
record_keys <- function(stratum, rows) {
  n <- rows_of_levels(stratum, rows)
  stratum <- keep_levels(stratum, n > 0)
  list(
    keys = list(stratum$key), unit = 1L, strata = stratum$labels,
    psu_first = NULL, sampled = n[n > 0]
  )
}

# Units sampled in each stratum (level of the key at `at`): those that occur, or the
# number that the rows give.
all_sampled <- function(sampling, at, given, rows) {
  if (is.null(given)) {
    return(sampling$sampled)
  }
  constant_within(sampling, at, as.double(given), rows)$value
}

# The same key with levels only for values that occur.
occurring_levels <- function(column, rows) {
  if (isTRUE(column$occur)) {
    return(column)
  }
  keep_levels(column, rows_of_levels(column, rows) > 0)
}

rows_of_levels <- function(column, rows) {
  if (is.null(column$key$value)) {
    return(as.double(rows))
  }
  tally_rows(list(column$key), rows, sums = list(n = list(kind = "rows", over = 1)))$n
}

keep_levels <- function(column, keep) {
  if (all(keep)) {
    return(column)
  }
  map <- ifelse(keep, cumsum(keep) - 1L, -1L)
  list(key = key_remap(column$key, map, sum(keep)), labels = column$labels[keep])
}

# The PSU key with PSUs numbered stratum by stratum, and only strata that occur:
# list(keys, unit, first, psus, strata).
psu_key <- function(stratum, psu, nest, rows, call) {
  if (nest) {
    return(psu_key_nested(occurring_levels(stratum, rows), psu, rows, call))
  }
  of_psu <- stratum_of_psu(list(stratum$key, psu$key), rows, call)
  occurs <- of_psu >= 0
  of_psu <- of_psu[occurs]
  rank <- rep(-1L, length(occurs))
  rank[occurs] <- rank(of_psu, ties.method = "first") - 1L
  n <- tabulate(of_psu + 1L, stratum$key$levels)
  stratum <- keep_levels(stratum, n > 0)
  list(
    keys = list(stratum$key, key_remap(psu$key, rank, sum(occurs))), unit = 2L,
    psus = sum(occurs), first = c(0L, cumsum(n[n > 0])), strata = stratum$labels
  )
}

# The same where labels of PSUs start again in each stratum.
psu_key_nested <- function(stratum, psu, rows, call) {
  product <- add_product(list(stratum$key, psu$key), 1:2, rows, dense = 0, call = call)
  of_psu <- split_codes(product$code, c(stratum$key$levels, psu$key$levels))[[1]]
  list(
    keys = product$keys, unit = product$at, psus = length(of_psu),
    first = first_of(of_psu, length(stratum$labels)), strata = stratum$labels
  )
}

# The stratum (from 0) of each level of the PSU key, -1 for one without rows.
stratum_of_psu <- function(keys, rows, call) {
  nested <- .Call(ioi_r_nest, keys, 2L, 1L, as.double(rows), getOption("ioi.threads"))
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
  nested$of_psu
}

# Positions (from 0) at which each of `levels` runs of sorted codes starts.
first_of <- function(code, levels) {
  c(0L, cumsum(tabulate(code + 1L, levels)))
}

# What a column is in each level of the key at `at`: list(value, row), the first row
# that differs from those before it in its level, or is missing; NA for none.
constant_within <- function(sampling, at, column, rows) {
  .Call(
    ioi_r_constant, sampling$keys, at, column, as.double(rows), getOption("ioi.threads")
  )
}

# The same of an `fpc` in each stratum; NULL for what is no column of numbers.
constant_fpc <- function(fpc, sampling, rows, at = 1L) {
  if (is.numeric(fpc) && !is.object(fpc) && length(dim(fpc)) < 2) {
    constant_within(sampling, at, fpc, rows)
  }
}

# The sampling fraction of each stratum, or NULL for an infinite population. `found`:
# what the `fpc` is in each.
sampling_fraction <- function(fpc, sampling, call, found, arg = "fpc") {
  if (is.null(fpc)) {
    return(NULL)
  }
  if (is.null(found)) {
    abort_ioi(
      c("{.arg {arg}} must be a column of numbers.", "x" = "It is {.cls {class(fpc)}}."),
      "input",
      arg = arg, call = call
    )
  }
  if (!is.na(found$row)) {
    abort_ioi(
      c(
        "{.arg {arg}} must be a number that is the same in all rows of a stratum.",
        "x" = "Row {found$row} differs from the rows of its stratum before it, or is missing."
      ),
      "design",
      arg = arg, where = found$row, call = call
    )
  }
  fraction_of(found$value, sampling, call)
}

# Fractions that differ within strata are the chance of each PSU to be in the sample.
has_chances <- function(fpc, found) {
  !is.null(found) && !is.na(found$row) && !anyNA(fpc) && all(fpc > 0 & fpc <= 1)
}

# list(chance of each PSU, fraction of each stratum: 1 where all its PSUs are certain).
sampling_chances <- function(fpc, sampling, rows, call) {
  found <- constant_within(sampling, sampling$unit, fpc, rows)
  if (!is.na(found$row)) {
    abort_ioi(
      c(
        "{.arg fpc} must be a number that is the same in all rows of a stratum, or of a PSU.",
        "x" = "Row {found$row} differs from the rows of its PSU before it.",
        "i" = "Fractions that differ within strata are taken as the chance of each PSU to
               be in the sample."
      ),
      "design",
      arg = "fpc", where = found$row, call = call
    )
  }
  inform_ioi(
    "Fractions in {.arg fpc} differ within strata: taken as the chance of each PSU to be in
     the sample (Brewer's approximation).",
    "chances"
  )
  of_psu <- rep(seq_along(sampling$sampled), diff(sampling$psu_first))
  list(found$value, as.double(tapply(found$value, of_psu, min) > 1 - 1e-7))
}

# Population counts or fractions to fractions.
fraction_of <- function(value, sampling, call) {
  if (all(value > 0 & value <= 1)) {
    return(value)
  }
  few <- which(!(value >= sampling$sampled))
  if (length(few)) {
    stratum <- stratum_name(sampling, few[1])
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

# What the user calls the strata `at`; those of a later stage are units of the one before.
stratum_name <- function(sampling, at) {
  if (is.null(sampling$name)) as.character(sampling$strata[at]) else sampling$name(at)
}

# Strata with one sampled PSU are an error under the rule "fail".
check_lonely <- function(sampling, lonely_psu, call) {
  rest <- if (is.null(sampling$fraction)) 1 else 1 - sampling$fraction
  lonely <- which(sampling$sampled <= 1 & rest >= 1e-7)
  if (lonely_psu != "fail" || !length(lonely)) {
    return(invisible())
  }
  strata <- stratum_name(sampling, lonely)
  later <- !is.null(sampling$name)
  what <- if (later) "unit{?s} of a stage {?has/have}" else "strat{?um has/a have}"
  abort_ioi(
    c(
      paste0(
        "{cli::qty(length(lonely))}{length(lonely)} ", what, " one sampled ",
        if (later) "unit within" else "PSU",
        ", so that {?its/their} variance cannot be estimated."
      ),
      "x" = paste0(
        "{cli::qty(length(lonely))}", if (later) "Unit{?s}" else "Strat{?um/a}",
        ": {.val {head(strata, 5)}}{if (length(strata) > 5) ', ...'}."
      ),
      "i" = if (later) {
        "Choose a rule with {.arg lonely_psu}, or leave later stages out of {.arg psu}, which
         leaves out their finite population correction."
      } else {
        "Choose a rule with {.arg lonely_psu}, or join each such stratum with a neighbour."
      }
    ),
    "design",
    arg = "lonely_psu", strata = strata, call = call
  )
}

# Number of PSUs (records where they are their own PSUs).
design_psus <- function(design) {
  sum(design$stages[[1]]$core$sampled)
}

# PSUs less strata over the records with a positive weight.
design_df <- function(design) {
  if (!is.null(design$replicates)) {
    return(replicate_df(design, replicate_everybody(design)))
  }
  n <- tally_rows(
    design$keys, design$rows, design$weight,
    sums = list(n = list(kind = "n", over = design$stages[[1]]$unit))
  )$n
  first <- design$stages[[1]]$core$psu_first
  if (is.null(first)) {
    return(sum(n) - sum(n > 0))
  }
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
  if (!is.null(x$replicates)) {
    return(format_replicates(x, count))
  }
  psus <- if (is.null(x$stages[[1]]$core$psu_first)) {
    "each row its own PSU"
  } else {
    paste(count(design_psus(x)), "PSUs")
  }
  strata <- length(x$strata)
  c(
    paste("# A survey design of", count_words(length(x$stages), "stage")),
    paste0("Rows:    ", count(x$rows), ", ", psus),
    if (!is.null(x$subset)) {
      paste0("Subset:  ", count(design_rows(x)), " rows, which estimates are of")
    },
    paste0("Strata:  ", count(strata)),
    paste0("Weights: ", design_weight_text(x)),
    if (!is.null(x$calibration)) paste0("Calibrated: ", calibration_text(x)),
    if (!is.null(x$stages[[1]]$core$fraction)) paste("Finite population correction:", fpc_text(x)),
    paste0("A stratum with one PSU: ", lonely_rules[x$stages[[1]]$core$lonely + 1])
  )
}

fpc_text <- function(x) {
  if (is.null(x$stages[[1]]$core$chance)) "yes" else "the chance of each PSU"
}

format_replicates <- function(x, count) {
  replicates <- x$replicates
  c(
    paste0(
      "# A survey design with ", count(length(replicates$rscales)), " replicate weights (",
      replicates$type, ")"
    ),
    paste0("Rows:    ", count(x$rows)),
    if (!is.null(x$subset)) {
      paste0("Subset:  ", count(design_rows(x)), " rows, which estimates are of")
    },
    paste0("Weights: ", design_weight_text(x)),
    if (!is.null(x$calibration)) paste0("Calibrated: ", calibration_text(x)),
    paste("Deviations from", if (replicates$mse) "the estimate" else "the mean of the replicates")
  )
}

design_weight_text <- function(x) {
  if (length(x$columns$weights)) {
    return(x$columns$weights)
  }
  if (is.null(x$weight)) {
    return("1 for every row")
  }
  if (length(x$columns$fpc)) "from the population counts" else "those of the design taken over"
}

#' @export
weights.ioi_design <- function(object, ...) {
  if (is.null(object$weight)) rep(1, object$rows) else as.double(object$weight)
}

#' @export
nobs.ioi_design <- function(object, ...) {
  object$rows
}

#' @exportS3Method survey::degf
degf.ioi_design <- function(design, ...) {
  check_dots_empty_ioi(...)
  if (is.null(design$df)) design_df(design) else design$df
}

#' Take a design made by another package
#'
#' Turns a data frame or a design of the survey package into an [ioi_design].
#'
#' @param x A data frame or lazy table (a simple random sample: no weights, strata or
#'   PSUs), a `survey.design2` as made by `survey::svydesign()`, a `svyrep.design` of replicate
#'   weights, either of these as a `tbl_svy` of the srvyr package, or an [ioi_design],
#'   which is given back.
#' @param ... For a data frame or table: arguments of [ioi_design()].
#' @return An object of class `ioi_design`.
#' @section What is understood of a survey design: weights, strata, PSUs, the
#'   finite population correction of every stage and the numbers of sampled PSUs, also
#'   after `subset()`; unequal chances by Brewer's approximation; replicate weights,
#'   compressed or not; and what `postStratify()`, `rake()` and `calibrate()` did to it
#'   (see [ioi_calibrate()] for the variance). A design calibrated within its clusters or
#'   trimmed after calibration, one with joint probabilities of inclusion and a two-phase
#'   design are refused with an error of class `ioi_error_design` that names the field.
#'   The option `survey.lonely.psu` is read as `lonely_psu`.
#' @section Groups: What `srvyr::group_by()` or `dplyr::group_by()` grouped by is
#'   part of `by` in every estimate, which is said each time. A design that was
#'   filtered with `srvyr::filter()` or `subset()` is taken over as it is: of the
#'   rows that are left, with all the PSUs that were sampled.
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
as_ioi_design.tbl_lazy <- function(x, ...) {
  ioi_design(x, ...)
}

# The data themselves: a table in a database is read.
in_memory <- function(data, call = rlang::caller_env()) {
  if (!inherits(data, "tbl_lazy")) {
    return(data)
  }
  need_package("dplyr", "A table in a database", call)
  data <- dplyr::collect(data)
  inform_ioi(
    "Read from the database: {nrow(data)} row{?s} and {ncol(data)} column{?s}.", "read",
    rows = nrow(data)
  )
  data
}

#' @export
as_ioi_design.default <- function(x, ...) {
  # estimators call their own argument so
  arg <- if (identical(substitute(x), quote(design))) "design" else "x"
  abort_ioi(
    c(
      "{.arg {arg}} must be a data frame, a design of {.fn ioi_design} or a survey design.",
      "x" = "It is {.cls {class(x)}}."
    ),
    "input",
    arg = arg
  )
}

#' @export
as_ioi_design.twophase2 <- function(x, ...) {
  refuse_design("phase1", "two-phase designs are not supported")
}

#' @export
as_ioi_design.twophase <- as_ioi_design.twophase2

#' @export
as_ioi_design.DBIsvydesign <- function(x, ...) {
  refuse_design("db", "designs in a database are not supported by this version")
}

#' @export
as_ioi_design.tbl_lazy_svy <- function(x, ...) {
  refuse_design(
    "variables",
    "designs in a database are not supported by this version: read its columns first"
  )
}

#' @export
as_ioi_design.survey.design2 <- function(x, ..., call = rlang::current_env()) {
  check_dots_empty_ioi(...)
  check_survey_design(x, call)
  stratified <- isTRUE(x$has.strata)
  columns <- function(y) lapply(seq_len(NCOL(y)), function(s) as.vector(y[, s]))
  calibration <- survey_calibration(x, call)
  design <- build_design(
    x$variables,
    columns = list(),
    parts = list(
      weights = if (is.null(calibration)) 1 / x$prob else calibration$before,
      strata = columns(x$strata),
      psu = columns(x$cluster),
      fpc = if (!is.null(x$fpc$popsize)) survey_fpc(x, columns(x$fpc$popsize)),
      sampled = columns(x$fpc$sampsize)
    ),
    nest = stratified,
    lonely_psu = check_choice(
      getOption("survey.lonely.psu", "fail"), lonely_rules, "survey.lonely.psu", call
    ),
    lonely_domain = isTRUE(getOption("survey.adjust.domain.lonely")),
    call = call
  )
  if (is.null(calibration)) design else take_calibration(design, calibration)
}

# Refuses what this version would compute wrongly.
check_survey_design <- function(x, call) {
  known <- c(
    "cluster", "strata", "has.strata", "prob", "allprob", "call", "variables",
    "fpc", "postStrata", "pps", "groups"
  )
  unknown <- setdiff(names(x), known)
  if (length(unknown)) {
    refuse_design(unknown[1], "it is not understood", call)
  }
}

# Population counts; in a design by Brewer's approximation the chances of inclusion. Such a
# design keeps all rows after subset().
survey_fpc <- function(x, fpc) {
  if (is.null(x$pps) || identical(x$pps, FALSE)) {
    return(fpc)
  }
  lapply(seq_along(fpc), function(s) x$fpc$sampsize[, s] / fpc[[s]])
}

#' @export
as_ioi_design.pps <- function(x, ...) {
  refuse_design("pps", "joint probabilities of inclusion are not supported")
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
