# Official files as published: a table of text, found among titles and notes, and the
# numbers in it. A marker in place of a number becomes NA with its reason, never 0.

#' Read official files
#'
#' Tables as their publishers put them out: titles and notes left aside, markers such as
#' `x`, `c` or `!` made `NA` with their reason, area codes kept as text with their
#' vintage noticed.
#'
#' @param path One file: `.csv`, `.tsv` or `.txt`, also compressed (`.gz`, `.bz2`, `.xz`,
#'   or the first such file in a `.zip`); or a sheet of an `.xlsx` or `.xls` workbook,
#'   which needs the package readxl.
#' @param sheet For a workbook: name or number of the sheet.
#' @param header Number of the line or row that holds the column names. `NULL`: the
#'   first one as wide as the table below it.
#' @param markers Further markers, as a named vector: `c("n<5" = "suppressed")`.
#' @param long For a census table: `TRUE` gives a row for each area and category with
#'   columns `category` and `count`.
#' @param ... Must be empty.
#' @return A tibble. Columns whose every value is a number or a marker are numbers
#'   (commas, pound signs and per cent signs taken off, a per cent not divided);
#'   all others are text, and so are codes (names that end in `code`, `urn`, `laestab`,
#'   `ukprn`, or values that look like GSS codes). Names are small letters and
#'   underscores. The last column is `flag`: `""`, or what the markers of the row mean
#'   (`c` suppressed, `u` unreliable, `x` not available, `z` not applicable, `low`
#'   above 0 but rounded to it), with the column where a row has several numbers.
#'   [ioi_markers()] and [ioi_area_codes()] tell the rest.
#'
#'   * `ioi_read_census()`: tables of Nomis and of the Office for National Statistics,
#'     wide or long, with `area_code` and `area_name`.
#'   * `ioi_read_dfe()`: files of the Department for Education, one row a school or a row
#'     for each characteristic; school years such as 202223 become "2022/23".
#'   * `ioi_read_aps()`: Annual Population Survey, with a column `std.error` beside each
#'     confidence interval: the interval is plus or minus 1.96 standard errors.
#'   * `ioi_read_ethnicity_facts()`: downloads of Ethnicity facts and figures.
#' @section Missing: an empty cell of a number is `NA` without a flag. A marker that is
#'   not known makes its column text; name it in `markers`. A message of class
#'   `ioi_message_missing` counts the markers found.
#' @section Errors: `ioi_error_io` for a file that is not there, is empty, or cannot be
#'   read; `ioi_error_input` for a wrong argument; `ioi_error_data` where no table is
#'   found or rows do not fit it.
#' @examples
#' path <- tempfile(fileext = ".csv")
#' writeLines(c(
#'   "time_period,la_name,new_la_code,headcount,suspensions",
#'   "202223,Leicester,E06000016,61200,2310", "202223,Rutland,E06000017,5900,x"
#' ), path)
#' ioi_read_dfe(path)
#' unlink(path)
#' @name ioi_read
NULL

# ---- from a file to rows of text ----------------------------------------------

# A character matrix of all cells.
read_cells <- function(path, sheet, call) {
  check_path(path, call)
  kind <- tolower(sub(".*[.]", "", sub("[.](gz|bz2|xz)$", "", path)))
  if (kind %in% c("xlsx", "xls")) {
    return(read_sheet(path, sheet, call))
  }
  if (kind == "ods") {
    abort_ioi(
      c(
        "{.arg path} is an .ods workbook, which is not read here.",
        "i" = "Save it as .xlsx or .csv."
      ),
      "io",
      arg = "path", call = call
    )
  }
  text <- read_text(path, kind, call)
  split_cells(text, if (kind == "tsv") "\t" else likely_separator(text), call)
}

check_path <- function(path, call) {
  if (!is.character(path) || length(path) != 1 || is.na(path)) {
    abort_ioi("{.arg path} must be one file name.", "input", arg = "path", call = call)
  }
  if (!file.exists(path) || dir.exists(path)) {
    abort_ioi("There is no file {.file {path}}.", "io", arg = "path", call = call)
  }
}

read_sheet <- function(path, sheet, call) {
  need_package("readxl", "Reading a workbook", call)
  cells <- tryCatch(
    suppressMessages(readxl::read_excel(
      path,
      sheet = sheet, col_names = FALSE, col_types = "text", trim_ws = TRUE
    )),
    error = function(e) {
      abort_ioi(
        c("{.file {path}} cannot be read.", "x" = "{conditionMessage(e)}"),
        "io",
        arg = "path", call = call
      )
    }
  )
  as.matrix(cells)
}

# Lines as UTF-8: files of councils are often in the code page of Windows.
read_text <- function(path, kind, call) {
  connection <- if (kind == "zip") first_in_zip(path, call) else path
  lines <- tryCatch(
    readLines(connection, warn = FALSE, encoding = "bytes"),
    error = function(e) {
      abort_ioi(
        c("{.file {path}} cannot be read.", "x" = "{conditionMessage(e)}"),
        "io",
        arg = "path", call = call
      )
    }
  )
  if (inherits(connection, "connection")) close(connection)
  if (!length(lines)) {
    abort_ioi("{.file {path}} is empty.", "io", arg = "path", call = call)
  }
  Encoding(lines) <- "unknown"
  valid <- validUTF8(lines)
  lines[!valid] <- iconv(lines[!valid], "windows-1252", "UTF-8")
  Encoding(lines) <- "UTF-8"
  lines[1] <- sub("^\ufeff", "", lines[1])
  lines
}

first_in_zip <- function(path, call) {
  inside <- utils::unzip(path, list = TRUE)$Name
  inside <- inside[grepl("[.](csv|tsv|txt)$", inside, ignore.case = TRUE)]
  if (!length(inside)) {
    abort_ioi("{.file {path}} holds no .csv file.", "io", arg = "path", call = call)
  }
  unz(path, inside[1], open = "r")
}

likely_separator <- function(lines) {
  few <- utils::head(lines, 200)
  marks <- c(",", "\t", ";")
  totals <- vapply(marks, function(mark) {
    sum(lengths(regmatches(few, gregexpr(mark, few, fixed = TRUE))))
  }, 1L)
  marks[which.max(totals)]
}

# Rows as wide as the widest; short ones end in empty cells.
split_cells <- function(lines, separator, call) {
  width <- max(utils::count.fields(
    textConnection(lines), separator,
    quote = "\"", comment.char = "", blank.lines.skip = FALSE
  ), 1, na.rm = TRUE)
  cells <- tryCatch(
    utils::read.table(
      text = lines, sep = separator, quote = "\"", comment.char = "", fill = TRUE,
      colClasses = "character", na.strings = character(), header = FALSE,
      col.names = sprintf("V%d", seq_len(width)), blank.lines.skip = FALSE,
      strip.white = TRUE, encoding = "UTF-8"
    ),
    error = function(e) {
      abort_ioi(
        c("The rows do not make a table.", "x" = "{conditionMessage(e)}"),
        "data",
        arg = "path", call = call
      )
    }
  )
  as.matrix(cells)
}

# ---- the table among titles and notes -----------------------------------------

# list(names, cells): the table under its header.
find_table <- function(cells, header, call) {
  cells[is.na(cells)] <- ""
  filled <- rowSums(cells != "")
  at <- header_row(filled, header, call)
  names <- cells[at, ]
  used <- names != "" | colSums(cells[-seq_len(at), , drop = FALSE] != "") > 0
  body <- without_notes(cells[-seq_len(at), used, drop = FALSE])
  kept <- rowSums(body != "") > if (sum(used) > 2) 1 else 0
  body <- body[kept & !repeats_header(body, names[used]), , drop = FALSE]
  if (!nrow(body)) {
    abort_ioi("There is no row below the header.", "data", arg = "path", call = call)
  }
  list(names = table_names(names[used]), cells = body)
}

# Rows up to a blank one below which no row is more than half full: notes.
without_notes <- function(body) {
  filled <- rowSums(body != "")
  last <- max(which(filled > ncol(body) / 2), 1)
  blank <- which(filled == 0)
  end <- blank[blank > last]
  if (length(end)) body[seq_len(end[1] - 1), , drop = FALSE] else body
}

# The first row that is as full as most of the rows below.
header_row <- function(filled, header, call) {
  if (!is.null(header)) {
    if (!is.numeric(header) || length(header) != 1 || !header %in% seq_along(filled)) {
      abort_ioi(
        "{.arg header} must be the number of a row of the file, 1 to {length(filled)}.",
        "input",
        arg = "header", call = call
      )
    }
    return(header)
  }
  wide <- stats::quantile(filled[filled > 0], 0.75, names = FALSE, type = 1)
  at <- which(filled >= max(2, 0.7 * wide))
  if (!length(at)) {
    abort_ioi(
      "No table of two columns or more is found in the file.", "data",
      arg = "path", call = call
    )
  }
  at[1]
}

repeats_header <- function(body, names) {
  rowSums(body == rep(names, each = nrow(body))) == ncol(body)
}

# Small letters, underscores, each once.
table_names <- function(x) {
  out <- snake_name(x)
  out[out == ""] <- paste0("column_", which(out == ""))
  make.unique(out, sep = "_")
}

# ---- numbers and markers ------------------------------------------------------

marker_table <- function(publisher) {
  all <- read_catalogue("markers")
  all[all$publisher == publisher, ]
}

# Known markers and those the user names: data frame marker, flag, reason.
known_markers <- function(publisher, markers, call) {
  known <- marker_table(publisher)[c("marker", "flag", "reason")]
  if (is.null(markers)) {
    return(known)
  }
  if (!is.character(markers) || is.null(names(markers)) || anyNA(markers)) {
    abort_ioi(
      c(
        "{.arg markers} must be a named vector of reasons.",
        "i" = "Such as {.code c(\"n<5\" = \"suppressed\")}."
      ),
      "input",
      arg = "markers", call = call
    )
  }
  own <- data.frame(marker = names(markers), flag = "x", reason = unname(markers))
  rbind(own, known[!known$marker %in% own$marker, ])
}

# Text with commas, signs of pounds and per cent taken off, or NA.
as_plain_number <- function(x) {
  text <- gsub("[,\u00a3%\\s]", "", x, perl = TRUE)
  number <- grepl("^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]+)?$", text)
  out <- rep(NA_real_, length(x))
  out[number] <- as.double(text[number])
  out
}

# Square brackets round a marker, as in workbooks, are no part of it.
bare_marker <- function(x) tolower(gsub("^\\[|\\]$", "", trimws(x)))

code_names <- "(^|_)(code|codes|id|urn|ukprn|laestab|estab|postcode|[a-z]+cd)$"

# A column: list(value, marker = row of `known`, or NA). Text stays text.
read_column <- function(x, name, known) {
  seen <- unique(x)
  number <- as_plain_number(seen)
  marker <- match(bare_marker(seen), tolower(known$marker))
  fits <- !is.na(number) | !is.na(marker) | seen == ""
  is_code <- grepl(code_names, name) || any(grepl("^0[0-9]", seen))
  if (!all(fits) || is_code || !any(!is.na(number))) {
    seen[seen == ""] <- NA
    return(list(value = seen[match(x, unique(x))], marker = NULL))
  }
  marker[!is.na(number)] <- NA
  at <- match(x, seen)
  list(value = number[at], marker = marker[at])
}

# The table with numbers as numbers and the column `flag`.
read_values <- function(table, known) {
  columns <- lapply(seq_along(table$names), function(j) {
    read_column(table$cells[, j], table$names[j], known)
  })
  names(columns) <- table$names
  values <- lapply(columns, function(x) unname(x$value))
  found <- found_markers(columns, known)
  numbers <- names(columns)[!vapply(columns, function(x) is.null(x$marker), NA)]
  several <- length(setdiff(numbers, time_names)) > 1
  values$flag <- marker_flags(found, nrow(table$cells), several)
  out <- tibble::new_tibble(values, nrow = nrow(table$cells))
  attr(out, "markers") <- found
  out
}

time_names <- c("time", "time_period", "year", "date", "period")

found_markers <- function(columns, known) {
  parts <- lapply(names(columns), function(name) {
    at <- which(!is.na(columns[[name]]$marker))
    which_marker <- columns[[name]]$marker[at]
    data.frame(
      row = at, column = rep(name, length(at)), marker = known$marker[which_marker],
      flag = known$flag[which_marker], reason = known$reason[which_marker]
    )
  })
  out <- do.call(rbind, parts)
  tibble::as_tibble(out[order(out$row), ])
}

marker_flags <- function(found, rows, several) {
  out <- rep("", rows)
  if (nrow(found)) {
    text <- if (several) paste(found$column, found$flag, sep = "=") else found$flag
    joined <- vapply(split(text, found$row), paste, "", collapse = ";")
    out[as.integer(names(joined))] <- joined
  }
  out
}

say_markers <- function(found) {
  if (!nrow(found)) {
    return(invisible())
  }
  counts <- sort(table(paste0("\"", found$marker, "\" (", found$reason, ")")), decreasing = TRUE)
  words <- paste(format_number(as.integer(counts), 0), names(counts), collapse = "; ")
  inform_ioi(
    "Markers read as NA, with their reason in {.field flag}: {words}.", "missing",
    count = nrow(found)
  )
}

#' What the markers of a file mean
#'
#' @param x A tibble from one of the readers, [ioi_read].
#' @return A tibble with a row for each cell that held a marker: `row`, `column`,
#'   `marker` as printed, `flag` and `reason`. Choosing rows of `x` loses it.
#' @section Errors: `ioi_error_input` for anything that a reader did not make.
#' @examples
#' path <- tempfile(fileext = ".csv")
#' writeLines(c("area,people,confidence", "Leeds,1200,3.1", "Ripon,300,*"), path)
#' ioi_markers(suppressMessages(ioi_read_aps(path)))
#' unlink(path)
#' @export
ioi_markers <- function(x) {
  found <- attr(x, "markers")
  if (is.null(found)) {
    abort_ioi(
      "{.arg x} must be a table just as one of the {.fn ioi_read_*} functions gave it.",
      "input",
      arg = "x"
    )
  }
  found
}
