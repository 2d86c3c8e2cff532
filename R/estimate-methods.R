# What R's generics give for an estimate table: coefficients, covariance, limits
# at another level, tidy and glance, and the export styles.

#' Tables of estimates
#'
#' @description
#' Every measure of the package returns a tibble of class `ioi_estimate`: one row
#' per estimate, plain columns, and the covariance of the rows carried along, so
#' that differences between groups or years can use it.
#'
#' @section Columns:
#' The `by` columns with their types kept; then those of `indicator_id`, `measure`,
#' `outcome`, `category`, `index`, `group`, `reference`, `other` and `time` that
#' apply; then
#'
#' * `estimate`: in the unit of the measure; a share is a fraction from 0 to 1,
#' * `std.error`: its standard error, same unit,
#' * `conf.low`, `conf.high`: its limits, same unit,
#' * and those the call gives of `n` (unweighted base), `n.effective`, `df`
#'   (degrees of freedom), `deff` (design effect), `statistic`, `p.value` and
#'   `flag` (text, `""` where there is nothing to say, several joined by `;`).
#'
#' @section Rows and covariance:
#' Choosing rows with `[`, `subset()`, [head()] or the row verbs of dplyr
#' (`filter()`, `slice()`, `arrange()`, `distinct()`) subsets the covariance too.
#' Adding, renaming or recoding other columns leaves it. What breaks the match
#' gives a plain tibble: adding rows (`rbind()`, `bind_rows()`), changing or
#' dropping `estimate`, `std.error`, `conf.low` or `conf.high`, changing `n`,
#' `n.effective` or `df`, grouping and summarising.
#'
#' @section Covariance of many rows:
#' Of more than 200 rows, [ioi_proportion()], [ioi_mean()], [ioi_total()],
#' [ioi_ratio()] and [ioi_quantile()] compute the covariance when it is asked for, by
#' `vcov()` or a comparison, and each time that it is. They compute it at once with
#' replicate weights, with `covariance = TRUE`, and where it would have to be computed
#' from more than 64 MB. The digits are the same, and those of chosen rows are those of
#' all rows. Squared standard errors differ from its diagonal by no more than
#' a square root rounds. A table whose covariance is still to be computed holds the
#' totals of its cells by sampling unit: before such a table goes to readers who may
#' not see them, set `covariance` to `TRUE` or `FALSE`, or take the columns alone with
#' `tidy()`.
#'
#' @param object,x A table of class `ioi_estimate`.
#' @param parm Rows wanted: numbers, or names as in `names(coef(object))`. All
#'   rows when missing.
#' @param level Confidence level, such as 0.95. `NULL`: the level of the table.
#' @param conf.int Keep the limits?
#' @param conf.level Their level. `NULL`: that of the table.
#' @param ... Must be empty.
#' @return
#' * `coef()`: the estimates, a double per row, named by what the rows are about.
#' * `vcov()`: their covariance, rows x rows, in row order, in the unit squared.
#' * `confint()`: a matrix of two columns. At the table's own level these are
#'   `conf.low` and `conf.high`; at another level they are computed again by the
#'   method of the table.
#' * `nobs()`: unweighted number of records in the domains of the rows, a record in
#'   one domain counted once; `NA` where the table does not know it.
#' * `summary()`: a list of class `summary.ioi_estimate` with what was done, to whom,
#'   what was left out, and flags; its print method puts it in words.
#' * `tidy()`: a bare tibble with the same columns, without limits or with those of another
#'   level where that is asked for.
#' * `SE()`, `cv()` and `deff()` of the package survey: named vectors; `degf()` of a design
#'   too.
#' * `glance()`: a tibble of one row: `nobs`, `strata`, `psus`, `df` (of the design:
#'   PSUs less strata, or the number that the design was given; `NA` for replicate weights,
#'   as are strata and PSUs), `method` (of the limits) and `level`.
#' @section Missing: a row without an estimate has `NA` in `coef()` and `confint()`,
#'   and `NA` in its row and column of `vcov()`.
#' @section Errors: `ioi_error_input` when the table carries no covariance, when
#'   limits at another level cannot be computed from it, and for a bad `level` or
#'   `parm`; `ioi_error_data` when another version of the package left the covariance
#'   to be computed.
#' @examples
#' workers <- census_2011_people
#' born <- ioi_proportion(workers, health, by = sex)
#' coef(born)
#' confint(born, level = 0.90)
#' round(vcov(born[1:2, ]), 8)
#' glance(born)
#' @seealso [print.ioi_estimate()], [as.data.frame.ioi_estimate()],
#'   [autoplot.ioi_estimate()]
#' @name ioi_estimate
#' @aliases ioi_estimate-class
NULL

# A name per row from the columns that tell the rows apart.
row_names_of <- function(x) {
  labels <- union(attr(x, "info")$by, intersect(label_columns, names(x)))
  varying <- setdiff(labels, names(constant_labels(x)))
  if (!length(varying)) {
    return(rep("estimate", nrow(x)))
  }
  text <- lapply(unclass(x)[varying], format_label)
  make.unique(do.call(paste, c(unname(text), list(sep = ":"))), sep = "_")
}

#' @rdname ioi_estimate
#' @importFrom stats coef
#' @export
coef.ioi_estimate <- function(object, ...) {
  check_dots_empty_ioi(...)
  stats::setNames(as.double(object[["estimate"]]), row_names_of(object))
}

#' @rdname ioi_estimate
#' @importFrom stats vcov
#' @export
vcov.ioi_estimate <- function(object, ...) {
  check_dots_empty_ioi(...)
  check_intact(object, "object")
  out <- covariance_matrix(object)
  if (is.null(out)) {
    abort_no_vcov(object)
  }
  names <- row_names_of(object)
  dimnames(out) <- list(names, names)
  out
}

# Says why there is no covariance and what to do about it.
abort_no_vcov <- function(object, call = rlang::caller_env()) {
  bare <- all(is.na(object[["std.error"]]))
  why <- attr(object, "info")$no_vcov
  if (is.null(why)) {
    why <- if (bare) {
      "The table has no standard errors, so there is nothing to relate."
    } else {
      "Its rows have standard errors, but how they vary together is not known."
    }
  }
  todo <- if (bare) {
    "Ask for standard errors in the call that made it (see {.arg se} there)."
  } else {
    "Estimate all rows in one call on an {.fn ioi_design}, which gives their
     covariance; or use {.field std.error} for rows that share no records."
  }
  abort_ioi(
    c("{.arg object} carries no covariance of its rows.", "x" = "{why}", "i" = todo),
    "input",
    arg = "object", call = call
  )
}

#' @rdname ioi_estimate
#' @importFrom stats confint
#' @export
confint.ioi_estimate <- function(object, parm, level = NULL, ...) {
  check_dots_empty_ioi(...)
  own <- attr(object, "info")$level
  level <- if (is.null(level)) own else check_level(level)
  limits <- if (is.null(level) || isTRUE(all.equal(level, own))) {
    unclass(object)[c("conf.low", "conf.high")]
  } else {
    limits_at(object, level)
  }
  out <- cbind(as.double(limits[[1]]), as.double(limits[[2]]))
  rows <- row_names_of(object)
  dimnames(out) <- list(rows, limit_names(level))
  if (missing(parm)) out else out[check_parm(parm, rows), , drop = FALSE]
}

# "2.5 %" and "97.5 %", as other confint() methods name them.
limit_names <- function(level) {
  if (is.null(level)) {
    return(c("lower", "upper"))
  }
  tails <- c((1 - level) / 2, 1 - (1 - level) / 2)
  paste(vapply(100 * tails, formatC, "", digits = 3, format = "fg", width = 1), "%")
}

check_parm <- function(parm, rows, call = rlang::caller_env()) {
  known <- if (is.character(parm)) {
    parm %in% rows
  } else {
    is.numeric(parm) & parm %in% c(seq_along(rows), -seq_along(rows))
  }
  if (!all(known)) {
    abort_ioi(
      c(
        "{.arg parm} must name rows of {.arg object} or give their numbers.",
        "x" = "Not found: {.val {parm[!known]}}."
      ),
      "input",
      arg = "parm", where = which(!known), call = call
    )
  }
  parm
}

# Limits at another level, by the rule the table was made with.
limits_at <- function(x, level, call = rlang::caller_env()) {
  info <- attr(x, "info")
  df <- if ("df" %in% names(x)) as.double(x[["df"]]) else Inf
  switch(if (is.null(info$limits)) "fixed" else info$limits,
    proportion = interval_proportion(
      x[["estimate"]], x[["std.error"]], x[["n"]], df, info$ci, level
    ),
    wald = interval_t(x[["estimate"]], x[["std.error"]], df, level),
    abort_ioi(
      c(
        "Limits at level {level} cannot be computed from this table.",
        "x" = if (all(is.na(x[["conf.low"]]) & is.na(x[["conf.high"]]))) {
          "It has no limits at any level."
        } else {
          "Its limits are known at level {info$level} only."
        },
        "i" = "Repeat the call that made it, with {.code level = {level}}."
      ),
      "input",
      arg = "level", call = call
    )
  )
}

#' @rdname ioi_estimate
#' @importFrom stats nobs
#' @export
nobs.ioi_estimate <- function(object, ...) {
  check_dots_empty_ioi(...)
  domains <- attr(object, "domains")
  if (!is.null(domains) && is_intact(object)) {
    return(sum(domains$n[unique(domains$id)]))
  }
  own <- attr(object, "info")$nobs
  if (!is.null(own)) {
    return(own)
  }
  if (nrow(object) == 1 && "n" %in% names(object)) object[["n"]] else NA_real_
}

#' @rdname ioi_estimate
#' @export
summary.ioi_estimate <- function(object, ...) {
  check_dots_empty_ioi(...)
  info <- attr(object, "info")
  flags <- flags_in(object[["flag"]])
  out <- list(
    header = tbl_sum(object),
    rows = nrow(object),
    estimated = sum(!is.na(object[["estimate"]])),
    nobs = nobs(object),
    covariance = !is.null(attr(object, "vcov")),
    level = info$level, ci = info$ci, df_rule = info$df_rule, seed = info$seed,
    design = info$design, missing = info$missing, dropped = info$dropped,
    flags = flags, notes = footer_lines(object), source = info$source,
    call_words = info$call_words, version = info$version
  )
  structure(out, class = "summary.ioi_estimate")
}

#' @export
print.summary.ioi_estimate <- function(x, ...) {
  lines <- c(
    paste0(names(x$header), ": ", x$header),
    paste0(
      "Estimated: ", format_number(x$estimated, 0), " of ", count_words(x$rows, "row"),
      if (!is.na(x$nobs)) paste0(", from ", count_words(x$nobs, "record"))
    ),
    paste0("Covariance of the rows: ", if (x$covariance) "yes" else "no"),
    if (length(x$seed)) paste0("Random seed: ", paste(x$seed, collapse = " ")),
    if (length(x$call_words)) paste0("Call: ", paste(x$call_words, collapse = " ")),
    if (length(x$version)) paste0("Package version: ", x$version),
    x$notes
  )
  writeLines(strwrap(lines, getOption("width"), exdent = 2))
  invisible(x)
}

#' @importFrom generics tidy
#' @export
generics::tidy

#' @importFrom generics glance
#' @export
generics::glance

#' @rdname ioi_estimate
#' @export
tidy.ioi_estimate <- function(x, conf.int = TRUE, conf.level = NULL, ...) {
  check_dots_empty_ioi(...)
  check_flag(conf.int, "conf.int")
  out <- plain_tibble(x)
  if (!conf.int) {
    return(out[setdiff(names(out), c("conf.low", "conf.high"))])
  }
  if (!is.null(conf.level)) {
    limits <- unname(confint(x, level = check_level(conf.level, "conf.level")))
    out$conf.low <- limits[, 1]
    out$conf.high <- limits[, 2]
  }
  out
}

#' @exportS3Method survey::deff
deff.ioi_estimate <- function(object, quietly = FALSE, ...) {
  check_dots_empty_ioi(...)
  if (!"deff" %in% names(object)) {
    abort_ioi("{.arg object} must have its column {.field deff}.", "input", arg = "object")
  }
  stats::setNames(object[["deff"]], row_names_of(object))
}

#' @rdname ioi_estimate
#' @export
glance.ioi_estimate <- function(x, ...) {
  check_dots_empty_ioi(...)
  info <- attr(x, "info")
  number <- function(value) if (length(value)) as.double(value) else NA_real_
  psus <- number(info$design$psus)
  strata <- number(info$design$strata)
  tibble::tibble(
    nobs = as.double(nobs(x)),
    strata = strata,
    psus = psus,
    df = if (is.null(info$design$df)) psus - strata else info$design$df,
    method = method_name(info),
    level = number(info$level)
  )
}

# The method of the limits; several in one text.
method_name <- function(info) {
  if (length(info$ci)) paste(info$ci, collapse = ", ") else NA_character_
}

#' @importFrom tibble as_tibble
#' @export
as_tibble.ioi_estimate <- function(x, ...) {
  tibble::as_tibble(plain_tibble(x), ...)
}

#' Estimates in other people's column names
#'
#' A plain data frame with the column names that a reader of the file expects.
#'
#' | style | estimate | limits | standard error |
#' |---|---|---|---|
#' | "broom" | `estimate` | `conf.low`, `conf.high` | `std.error` |
#' | "snake" | `estimate` | `conf_low`, `conf_high` | `std_error` |
#' | "ohid" | `value` | `lowercl`, `uppercl` | none |
#' | "srvyr" | `x` | `x_low`, `x_upp` | `x_se` |
#'
#' "snake" writes all names in small letters without dots or spaces (`p_value`,
#' `n_effective`), and `time` becomes `time_period`. "ohid" adds `confidence` ("95%"),
#' `statistic` (what was measured) and `method` (of the limits); a test statistic is
#' called `test_statistic` there. "broom" and "srvyr" leave other columns alone.
#'
#' "broom" is the usual naming inside R, "snake" suits open data and databases,
#' "ohid" follows the tables of the Office for Health Improvement and Disparities,
#' "srvyr" those of the package of that name.
#'
#' @param x A table of class `ioi_estimate`.
#' @param row.names,optional As in [as.data.frame()].
#' @param ... Must be empty.
#' @param style One of "broom", "snake", "ohid" and "srvyr".
#' @param name With `style = "srvyr"`, the name that takes the place of `x`.
#' @param stringsAsFactors Ignored: [data.frame()] passes it on.
#' @return A data frame with the rows of `x`, all digits kept, shares as fractions
#'   from 0 to 1, without covariance.
#' @section Errors: `ioi_error_input` for an unknown style, a bad `name`, or two
#'   columns that would get the same name.
#' @examples
#' hired <- data.frame(sex = c("men", "women"), hired = c(45, 38), asked = c(120, 131))
#' gap <- ioi_parity(hired, sex, "men", events = hired, population = asked)
#' as.data.frame(gap, style = "snake")
#' @export
as.data.frame.ioi_estimate <- function(x, row.names = NULL, optional = FALSE, ...,
                                       style = c("broom", "snake", "ohid", "srvyr"),
                                       name = "x",
                                       stringsAsFactors = FALSE) { # nolint
  check_dots_empty_ioi(...)
  style <- check_choice(style, c("broom", "snake", "ohid", "srvyr"), "style")
  out <- plain_tibble(x)
  info <- attr(x, "info")
  out <- switch(style,
    broom = out,
    snake = style_snake(out),
    ohid = style_ohid(out, info),
    srvyr = style_srvyr(out, name)
  )
  check_style_names(names(out), style)
  as.data.frame(out, row.names = row.names, optional = optional)
}

snake_name <- function(x) {
  x <- gsub("([a-z0-9])([A-Z])", "\\1_\\2", x)
  tolower(gsub("^_+|_+$", "", gsub("[^[:alnum:]]+", "_", x)))
}

style_snake <- function(x) {
  names(x)[names(x) == "time"] <- "time_period"
  names(x) <- snake_name(names(x))
  x
}

style_ohid <- function(x, info) {
  x[["std.error"]] <- NULL
  renamed <- c(
    estimate = "value", conf.low = "lowercl", conf.high = "uppercl",
    statistic = "test_statistic", n.effective = "n_effective", p.value = "p_value"
  )
  found <- names(x) %in% names(renamed)
  names(x)[found] <- renamed[names(x)[found]]
  level <- info$level
  x[["confidence"]] <- if (length(level)) paste0(format_label(100 * level), "%") else NA
  x[["statistic"]] <- if (length(info$what)) tolower(info$what) else NA_character_
  x[["method"]] <- method_name(info)
  x
}

style_srvyr <- function(x, name, call = rlang::caller_env(2)) {
  if (!is.character(name) || length(name) != 1 || is.na(name) || !nzchar(name)) {
    abort_ioi(
      c("{.arg name} must be one name, such as \"x\".", "x" = "It is {.val {as_shown(name)}}."),
      "input",
      arg = "name", call = call
    )
  }
  at <- match(core_columns, names(x))
  names(x)[at] <- paste0(name, c("", "_se", "_low", "_upp"))
  x
}

check_style_names <- function(names, style, call = rlang::caller_env()) {
  twice <- unique(names[duplicated(names)])
  if (length(twice)) {
    abort_ioi(
      c(
        "Two columns would both be called {.field {twice}} in style {.val {style}}.",
        "i" = "Rename one of them first."
      ),
      "input",
      arg = "style", columns = twice, call = call
    )
  }
}
