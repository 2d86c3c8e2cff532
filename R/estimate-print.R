# How an estimate table looks: in the console, in a report, and as text.
#
# Every number is formatted here and nothing is left to the default printing of
# R: shares as percentages to one decimal, limits as "41.2 to 47.9", counts with
# commas, p-values down to "<0.001", flags in words under the table.

# ---- numbers as text ----------------------------------------------------------

# `x` with `digits` decimals and commas; never "-0.0".
format_number <- function(x, digits) {
  x <- as.double(x)
  finite <- is.finite(x)
  out <- rep("NA", length(x))
  out[finite] <- formatC(x[finite], digits = digits, format = "f", big.mark = ",")
  out[x %in% Inf] <- "Inf"
  out[x %in% -Inf] <- "-Inf"
  zero <- grepl("^-[0.,]+$", out)
  out[zero] <- substring(out[zero], 2)
  out
}

# Decimals that leave about three figures in the largest value, none in whole numbers.
digits_for <- function(x) {
  x <- abs(x[is.finite(x)])
  if (!length(x) || all(x == round(x))) {
    return(0)
  }
  min(max(2 - floor(log10(max(x))), 0), 6)
}

format_supporting <- function(x) {
  format_number(x, digits_for(x))
}

format_df <- function(x) {
  whole <- all(x == round(x), na.rm = TRUE)
  format_number(x, if (whole) 0 else 1)
}

format_p <- function(x) {
  out <- format_number(x, 3)
  out[!is.na(x) & x < 0.001] <- "<0.001"
  out
}

# Text of a label column; a year is "2011", not "2,011".
format_label <- function(x) {
  if (is.numeric(x) && is.null(attr(x, "class"))) {
    out <- formatC(x, digits = 15, format = "fg", width = 1)
    out[is.infinite(x)] <- as.character(x[is.infinite(x)]) # beside others they are padded
    out[is.na(x)] <- NA
  } else if (is.list(x)) {
    out <- vapply(x, function(value) paste(format(value), collapse = ", "), "")
  } else {
    out <- as.character(x)
  }
  ifelse(is.na(out), "NA", out)
}

# ---- units --------------------------------------------------------------------

# Measures that compare two estimates and have no unit.
ratio_measures <- c(
  "ratio", "odds_ratio", "relative_difference", "parity_index", "four_fifths"
)

# Per row: "proportion", "points" (a difference of proportions), "index", "ratio"
# or "number". `info$unit` is one unit, or one for each value of `measure`.
row_units <- function(x) {
  unit <- attr(x, "info")$unit
  if (is.null(unit)) {
    unit <- "number"
  }
  measure <- as.character(x[["measure"]])
  if (!is.null(names(unit))) {
    out <- unname(unit[measure])
    out[is.na(out)] <- "number"
    return(out)
  }
  out <- rep(unit, nrow(x))
  if (length(measure)) {
    out[measure %in% ratio_measures] <- "ratio"
    out[measure %in% "difference" & out == "proportion"] <- "points"
  }
  out
}

unit_factor <- function(unit) {
  ifelse(unit %in% c("proportion", "points"), 100, 1)
}

# Decimals of each row in its unit, the same for all rows of a unit.
unit_digits <- function(x, units, digits = NULL) {
  if (!is.null(digits)) {
    return(rep(digits, length(units)))
  }
  usual <- c(proportion = 1, points = 1, index = 3, ratio = 2)
  out <- unname(usual[units])
  other <- is.na(out)
  for (unit in unique(units[other])) {
    out[units == unit] <- digits_for(x[["estimate"]][units == unit])
  }
  out
}

# Each value with the decimals and unit of its row.
format_rows <- function(value, units, digits, suffix = FALSE) {
  value <- value * unit_factor(units)
  out <- character(length(value))
  for (d in unique(digits)) {
    out[digits == d] <- format_number(value[digits == d], d)
  }
  if (suffix) {
    end <- ifelse(units == "proportion", "%", ifelse(units == "points", " pp", ""))
    out <- ifelse(is.na(value), out, paste0(out, end))
  }
  out
}

format_limits <- function(low, high, units, digits) {
  out <- paste(
    format_rows(low, units, digits), "to", format_rows(high, units, digits)
  )
  out[is.na(low) & is.na(high)] <- "NA"
  out
}

# ---- the table as text --------------------------------------------------------

# What to give up when the window is narrow, in this order: further columns and the
# first of these, then the ends of long labels, then the last of these.
drop_first <- c("deff", "n.effective", "df", "statistic", "std.error")
drop_last <- c("n", "p.value", "direction", "reliability", "flag")

# The first `shown` rows as text: a list with one element per column, each a list
# of `name` (as shown), `column`, `text`, `right` (aligned) and `keep` (never
# dropped). Label columns that say the same in every row go to the header instead;
# decimals are chosen for all rows together.
display_columns <- function(x, shown, digits = NULL) {
  units <- row_units(x)
  digits <- unit_digits(x, units, digits)
  labels <- union(attr(x, "info")$by, intersect(label_columns, names(x)))
  names <- setdiff(names(x), c("conf.high", names(constant_labels(x))))
  names <- setdiff(names, empty_columns(x))
  lapply(names, function(name) {
    value <- x[[name]]
    text <- switch(name,
      estimate = format_rows(value, units, digits, suffix = TRUE),
      std.error = format_rows(value, units, digits + 1),
      bias = format_rows(value, units, digits + 1),
      conf.low = format_limits(value, x[["conf.high"]], units, digits),
      n.effective = format_number(value, 0),
      df = format_df(value),
      p.value = format_p(value),
      statistic = format_number(value, 2),
      deff = format_number(value, 2),
      if (name %in% labels || !is.numeric(value)) {
        format_label(value)
      } else {
        format_supporting(value)
      }
    )
    list(
      name = if (name == "conf.low") limits_title(x) else name,
      column = name,
      text = text[seq_len(shown)],
      right = is.numeric(value) && !name %in% labels,
      keep = name %in% c(labels, "estimate", "conf.low")
    )
  })
}

# Columns with nothing in any row: no flag, no limits, no standard errors, ...
empty_columns <- function(x) {
  numbers <- Filter(function(name) is.numeric(x[[name]]), names(x))
  numbers <- setdiff(numbers, c("estimate", label_columns, attr(x, "info")$by))
  bare <- vapply(unclass(x)[numbers], function(value) all(is.na(value)), NA)
  out <- if (nrow(x)) numbers[bare] else character()
  if (!all(c("conf.low", "conf.high") %in% out)) {
    out <- setdiff(out, c("conf.low", "conf.high"))
  }
  c(out, if (all(x[["flag"]] == "")) "flag")
}

# Says that what a reader may look for was not computed.
empty_words <- function(x) {
  words <- c(std.error = "standard errors", conf.low = "limits")
  empty <- words[intersect(empty_columns(x), names(words))]
  if (length(empty)) paste0("No ", paste(empty, collapse = " or "), " in any row.")
}

limits_title <- function(x) {
  level <- attr(x, "info")$level
  if (is.null(level)) "limits" else paste0(format_label(100 * level), "% limits")
}

# Label columns (not `by`) with one value in all of two or more rows.
constant_labels <- function(x) {
  names <- setdiff(intersect(label_columns, names(x)), attr(x, "info")$by)
  if (nrow(x) < 2) {
    return(list())
  }
  constant <- vapply(names, function(name) {
    length(unique(x[[name]])) == 1 && !is.na(x[[name]][1])
  }, NA)
  lapply(unclass(x)[names[constant]], function(value) format_label(value[1]))
}

text_width <- function(x) {
  nchar(x, type = "width")
}

pad_text <- function(x, width, right) {
  space <- strrep(" ", pmax(width - text_width(x), 0))
  if (right) paste0(space, x) else paste0(x, space)
}

# Cut to `width`, ending in "..." where something was cut.
cut_text <- function(x, width) {
  x <- as.character(x)
  long <- text_width(x) > width
  x[long] <- paste0(strtrim(x[long], width - 3), "...")
  x
}

column_width <- function(column) {
  max(text_width(c(column$name, column$text)))
}

table_width <- function(columns) {
  sum(vapply(columns, column_width, 1)) + 2 * (length(columns) - 1)
}

# list(columns, dropped): the columns that fit in `width`, labels shortened if need be,
# and the names of those left out.
fit_columns <- function(columns, width) {
  names <- vapply(columns, `[[`, "", "column")
  extra <- names[!vapply(columns, `[[`, NA, "keep")]
  first <- c(setdiff(extra, c(drop_first, drop_last)), intersect(drop_first, extra))
  fit <- drop_columns(columns, first, width)
  fit <- cut_labels(fit, 20, width)
  fit <- drop_columns(fit, intersect(drop_last, extra), width)
  fit <- cut_labels(fit, 8, width)
  list(columns = fit, dropped = setdiff(names, vapply(fit, `[[`, "", "column")))
}

drop_columns <- function(columns, names, width) {
  for (name in names) {
    if (table_width(columns) <= width) break
    columns <- Filter(function(column) column$column != name, columns)
  }
  columns
}

# Shortens the widest label column, again and again, to `least` characters at most.
cut_labels <- function(columns, least, width) {
  label <- which(!vapply(columns, `[[`, NA, "right"))
  while (table_width(columns) > width && length(label)) {
    widths <- vapply(columns[label], column_width, 1)
    at <- label[which.max(widths)]
    if (max(widths) <= least) break
    to <- max(least, max(widths) - (table_width(columns) - width))
    columns[[at]]$text <- cut_text(columns[[at]]$text, to)
    columns[[at]]$name <- cut_text(columns[[at]]$name, to)
  }
  columns
}

# ---- words above and below ----------------------------------------------------

#' @importFrom tibble tbl_sum
#' @export
tbl_sum.ioi_estimate <- function(x, ...) {
  info <- attr(x, "info")
  what <- if (is.null(info$what)) "Estimate" else info$what
  constant <- constant_labels(x)
  if (!is.null(indicator_words(x))) constant$indicator_id <- NULL # said above
  rows <- format_number(nrow(x), 0)
  first <- c(
    paste(c(
      rows, if (nrow(x) == 1) "row" else "rows",
      if (length(info$by)) paste("by", paste(info$by, collapse = ", "))
    ), collapse = " "),
    paste(names(constant), cut_text(unlist(constant), 60), sep = " = ", recycle0 = TRUE)
  )
  out <- stats::setNames(paste(first, collapse = "; "), what)
  c(
    Indicator = indicator_words(x), out, Limits = limits_words(x), Base = base_words(x),
    Unit = unit_words(x)
  )
}

# The indicator that the rows measure and which way is better; NULL without one, and
# for comparisons, where the direction is another.
indicator_words <- function(x) {
  one <- attr(x, "info")[["indicator"]]
  if (is.null(one)) {
    return(NULL)
  }
  paste0(one$id, " ", one$name, " (", direction_words(one$direction), ")")
}

limits_words <- function(x) {
  info <- attr(x, "info")
  if (is.null(info$level) || all(is.na(x[["conf.low"]]) & is.na(x[["conf.high"]]))) {
    return(NULL)
  }
  rule <- c(
    domain = "degrees of freedom of each row's own domain",
    design = "degrees of freedom of the design",
    number = "degrees of freedom as given"
  )
  parts <- c(
    paste0(format_label(100 * info$level), "%"),
    if (length(info$ci)) ci_words(info$ci),
    if (length(info$df_rule) && !identical(info$design$type, "counts")) {
      rule[info$df_rule]
    }
  )
  paste(parts, collapse = ", ")
}

# "logit method", "t and log methods".
ci_words <- function(ci) {
  paste(paste(ci, collapse = " and "), if (length(ci) == 1) "method" else "methods")
}

count_words <- function(n, one, many = paste0(one, "s")) {
  if (!length(n) || is.na(n)) {
    return(NULL)
  }
  paste(format_number(n, 0), if (n == 1) one else many)
}

base_words <- function(x) {
  design <- attr(x, "info")$design
  if (is.null(design)) {
    return(NULL)
  }
  kind <- c(
    linearised = "survey design", replicate = "survey design", srs = "simple random sample",
    counts = "counts"
  )
  strata <- design$strata
  parts <- c(
    if (length(design$type)) kind[design$type],
    count_words(design$rows, "row"),
    if (!is.null(design$subset)) paste(count_words(design$subset, "row"), "in the subset"),
    if (isTRUE(strata > 1)) count_words(strata, "stratum", "strata"),
    if (design$type %in% "replicate") {
      count_words(design$replicates, "replicate")
    } else if (!isTRUE(all.equal(design$psus, design$rows))) {
      count_words(design$psus, "PSU")
    },
    if (isTRUE(design$weights)) "weighted",
    if (isTRUE(design$fpc)) "finite population correction",
    if (!is.null(design$lonely_psu) && !design$lonely_psu %in% "fail") {
      paste("lonely PSUs:", design$lonely_psu)
    }
  )
  if (length(parts)) paste(parts, collapse = ", ") else NULL
}

unit_words <- function(x) {
  if ("points" %in% row_units(x)) "pp = percentage points" else NULL
}

flag_words <- c(
  empty = "nobody to count, or a group without members",
  single = "all members are in one unit",
  ci_nchs = "limits by the nchs method, as the method asked for has none here",
  ci_xlogit = "limits by the xlogit method, as logit is undefined in a replicate",
  df = "no limits: fewer than one degree of freedom",
  boundary = "no limits: the standard error is 0",
  range = "no limits: negative weights have brought the share below 0 or above 1",
  lonely = "no standard error: no stratum is left to estimate it from",
  reference = "the reference itself",
  c = "suppressed for confidentiality",
  low = "rounds to zero but is not zero",
  u = "low reliability",
  x = "not available",
  z = "not applicable",
  b = "break in series",
  p = "provisional", r = "revised", e = "estimated", f = "forecast",
  ns = "not significant",
  s = "significant at 5%", ss = "significant at 1%", sss = "significant at 0.1%"
)

# The single flags in `flag`, in order of first appearance.
flags_in <- function(flag) {
  out <- unique(unlist(strsplit(as.character(flag), ";", fixed = TRUE)))
  setdiff(trimws(out), "")
}

# Which of `flag` hold the single flag `one`.
has_flag <- function(flag, one) {
  vapply(strsplit(flag, ";", fixed = TRUE), function(all) one %in% trimws(all), NA)
}

# Words for flags; `info$flags` adds to them or replaces them.
words_for_flags <- function(x) {
  words <- flag_words
  own <- unlist(attr(x, "info")$flags)
  words[names(own)] <- own
  words
}

# "Flag empty: nobody ... (2 rows)." for each flag in the table.
flag_lines <- function(x) {
  words <- words_for_flags(x)
  vapply(flags_in(x[["flag"]]), function(flag) {
    rows <- sum(has_flag(x[["flag"]], flag))
    meaning <- if (flag %in% names(words)) paste0(": ", words[[flag]]) else ""
    paste0("Flag ", flag, meaning, " (", count_words(rows, "row"), ").")
  }, "", USE.NAMES = FALSE)
}

# What stands under a table: flags, what was left out, notes, source.
footer_lines <- function(x, flags = TRUE) {
  info <- attr(x, "info")
  c(
    if (flags) flag_lines(x),
    if (isTRUE(info$missing > 0)) {
      paste0(count_words(info$missing, "row"), " left out: outcome missing.")
    },
    dropped_words(info$dropped),
    info$notes,
    if (length(info$source)) paste0("Source: ", info$source)
  )
}

# Numbers named by what they count ("rows without a group"), or names of what was
# left out.
dropped_words <- function(dropped) {
  if (is.character(dropped) && length(dropped)) {
    return(paste0("Left out: ", paste(dropped, collapse = ", "), "."))
  }
  dropped <- dropped[dropped > 0]
  if (length(dropped)) {
    paste0("Left out: ", format_number(dropped, 0), " ", names(dropped), ".")
  }
}

hash_lines <- function(lines, width) {
  lines <- lines[nzchar(lines)]
  unlist(lapply(lines, strwrap, width = max(width, 20), prefix = "# ", exdent = 2))
}

# ---- format and print ---------------------------------------------------------

#' Print estimates
#'
#' Shows a table of class `ioi_estimate` in words and figures: shares as
#' percentages, the two limits in one column ("41.2 to 47.9"), counts with commas,
#' p-values down to "<0.001", and the flags explained under the table. Only the
#' printing is rounded; the columns keep all digits, and shares stay fractions
#' from 0 to 1. Limits and standard errors are in the unit of the estimate beside
#' them: percentage points for a percentage.
#'
#' Columns that say the same in every row (the outcome, the reference) stand in the
#' header. In a narrow window supporting columns give way first (they are named
#' under the table), then long labels are shortened.
#'
#' @param x A table of class `ioi_estimate`.
#' @param n Rows to show; `Inf` for all. `NULL`: all of them up to 20, otherwise 20.
#' @param width Width in characters; `NULL` takes `getOption("width")`.
#' @param digits Decimals of the estimate and its limits, in the unit shown
#'   (percentages count as percentages). `NULL`: one for percentages and percentage
#'   points, three for an index, two for a ratio, about three figures otherwise.
#'   Standard errors get one more.
#' @param ... Must be empty.
#' @return `print()` returns `x` invisibly; `format()` a character vector, one
#'   element per line.
#' @section Errors: `ioi_error_input` for a bad `n`, `width` or `digits`.
#' @examples
#' gap <- ioi_parity(
#'   data.frame(sex = c("men", "women"), hired = c(45, 38), asked = c(120, 131)),
#'   sex, "men", events = hired, population = asked
#' )
#' gap
#' print(gap, digits = 2)
#' @name print.ioi_estimate
NULL

#' @rdname print.ioi_estimate
#' @export
format.ioi_estimate <- function(x, ..., n = NULL, width = NULL, digits = NULL) {
  check_dots_empty_ioi(...)
  n <- check_print_number(n, "n")
  width <- check_print_number(width, "width")
  digits <- check_print_number(digits, "digits", least = 0)
  if (!is_intact(x)) {
    return(format(plain_tibble(x)))
  }
  shown <- shown_rows(x, n)
  width <- if (is.null(width)) getOption("width") else width
  fit <- fit_columns(display_columns(x, shown, digits), width)
  body <- table_lines(fit$columns)
  header <- tbl_sum(x)
  more <- c(
    if (shown < nrow(x)) more_words(x, shown),
    empty_words(x),
    if (length(fit$dropped)) {
      paste0("Columns not shown: ", paste(fit$dropped, collapse = ", "), ".")
    }
  )
  c(
    hash_lines(paste0(names(header), ": ", header), width),
    body,
    hash_lines(c(more, footer_lines(x)), width)
  )
}

#' @rdname print.ioi_estimate
#' @export
print.ioi_estimate <- function(x, ..., n = NULL, width = NULL, digits = NULL) {
  check_dots_empty_ioi(...)
  lines <- format(x, n = n, width = width, digits = digits)
  comment <- startsWith(lines, "#")
  lines[comment] <- cli::col_grey(lines[comment])
  writeLines(lines)
  invisible(x)
}

check_print_number <- function(x, arg, least = 1, call = rlang::caller_env()) {
  if (is.null(x)) {
    return(NULL)
  }
  if (!is.numeric(x) || length(x) != 1 || is.na(x) || x < least) {
    abort_ioi(
      c(
        "{.arg {arg}} must be one number of {least} or more.",
        "x" = "It is {.val {as_shown(x)}}."
      ),
      "input",
      arg = arg, call = call
    )
  }
  x
}

shown_rows <- function(x, n) {
  n <- if (is.null(n)) 20 else n
  min(n, nrow(x))
}

more_words <- function(x, shown) {
  left <- nrow(x) - shown
  paste0("... and ", count_words(left, "more row"), "; print(x, n = Inf) shows all.")
}

# Heading and rows, each a line; columns two spaces apart.
table_lines <- function(columns) {
  cells <- lapply(columns, function(column) {
    pad_text(c(column$name, column$text), column_width(column), column$right)
  })
  sub(" +$", "", do.call(paste, c(cells, list(sep = "  "))))
}

# ---- reports ------------------------------------------------------------------

# A table in a knitted report: HTML with caption and scopes where the output is
# HTML, a pipe table elsewhere. Registered when knitr is loaded.
#' @exportS3Method knitr::knit_print
knit_print.ioi_estimate <- function(x, ..., n = NULL, digits = NULL) {
  if (!is_intact(x)) {
    return(knitr::knit_print(plain_tibble(x), ...))
  }
  shown <- shown_rows(x, n)
  columns <- display_columns(x, shown, digits)
  header <- tbl_sum(x)
  caption <- paste0(names(header), ": ", header)
  notes <- c(
    if (shown < nrow(x)) more_words(x, shown), empty_words(x), footer_lines(x)
  )
  html <- knitr::is_html_output(excludes = c("markdown", "gfm", "epub", "epub2"))
  build <- if (html) html_table else pipe_table
  knitr::asis_output(build(columns, shown, caption, notes))
}

html_text <- function(x) {
  x <- gsub("&", "&amp;", x, fixed = TRUE)
  x <- gsub("<", "&lt;", x, fixed = TRUE)
  gsub(">", "&gt;", x, fixed = TRUE)
}

html_table <- function(columns, rows, caption, notes) {
  style <- vapply(columns, function(column) {
    if (column$right) ' style="text-align:right"' else ' style="text-align:left"'
  }, "")
  heads <- paste0(
    '<th scope="col"', style, ">",
    html_text(vapply(columns, `[[`, "", "name")), "</th>"
  )
  body <- vapply(seq_len(rows), function(row) {
    text <- html_text(vapply(columns, function(column) column$text[row], ""))
    head <- seq_along(text) == 1 & !columns[[1]]$right
    cells <- ifelse(
      head,
      paste0('<th scope="row"', style, ">", text, "</th>"),
      paste0("<td", style, ">", text, "</td>")
    )
    paste0("<tr>", paste(cells, collapse = ""), "</tr>")
  }, "")
  paste(c(
    "\n\n<table>",
    paste0("<caption>", paste(html_text(caption), collapse = "<br>"), "</caption>"),
    paste0("<thead><tr>", paste(heads, collapse = ""), "</tr></thead>"),
    "<tbody>", body, "</tbody>", "</table>",
    if (length(notes)) paste0("<p>", paste(html_text(notes), collapse = "<br>"), "</p>"),
    "\n"
  ), collapse = "\n")
}

pipe_table <- function(columns, rows, caption, notes) {
  escape <- function(x) gsub("([|\\\\`*_<>])", "\\\\\\1", x)
  names <- escape(vapply(columns, `[[`, "", "name"))
  rule <- ifelse(vapply(columns, `[[`, NA, "right"), "---:", ":---")
  body <- vapply(seq_len(rows), function(row) {
    text <- escape(vapply(columns, function(column) column$text[row], ""))
    paste0("| ", paste(text, collapse = " | "), " |")
  }, "")
  paste(c(
    "\n", paste0(escape(caption), "  "), "",
    paste0("| ", paste(names, collapse = " | "), " |"),
    paste0("|", paste(rule, collapse = "|"), "|"),
    body, "", paste0(escape(notes), "  ", recycle0 = TRUE), "\n"
  ), collapse = "\n")
}
