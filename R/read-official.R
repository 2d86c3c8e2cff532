# Readers of official files, one for each publisher: R/read.R reads the table, here its
# columns get the meaning the publisher gives them.

# What all readers do: the table, its numbers, what is to be said of it.
read_official <- function(path, sheet, header, publisher, markers, call) {
  cells <- read_cells(path, sheet, call)
  table <- find_table(cells, header, call)
  out <- read_values(table, known_markers(publisher, markers, call))
  attr(out, "source") <- basename(path)
  out
}

# Says what was found; the last step of a reader.
read_done <- function(x) {
  say_markers(attr(x, "markers"))
  note_areas(x)
}

# `x` with other columns but the attributes that readers give.
with_columns <- function(x, columns) {
  out <- tibble::new_tibble(columns, nrow = nrow(x))
  attributes(out)[c("markers", "source")] <- attributes(x)[c("markers", "source")]
  out
}

# Columns with new names; markers follow them.
rename_columns <- function(x, from, to) {
  found <- match(from, names(x))
  known <- !is.na(found) & !to %in% names(x)
  names(x)[found[known]] <- to[known]
  markers <- attr(x, "markers")
  at <- match(markers$column, from[known])
  markers$column[!is.na(at)] <- to[known][at[!is.na(at)]]
  attr(x, "markers") <- markers
  x
}

#' @rdname ioi_read
#' @export
ioi_read_census <- function(path, ..., sheet = 1, header = NULL, markers = NULL, long = FALSE) {
  call <- rlang::current_env()
  check_dots_empty_ioi(...)
  check_flag(long, "long")
  out <- read_official(path, sheet, header, "nomis", markers, call)
  out <- name_areas(out)
  if (long) out <- census_long(out, call)
  read_done(out)
}

# The first columns of codes and names of areas under one name each.
name_areas <- function(x) {
  code <- names(x)[vapply(x, is_area_code, NA)]
  if (!length(code)) code <- grep("(geography|area).*code$|^mnemonic$", names(x), value = TRUE)
  if (length(code)) x <- rename_columns(x, code[1], "area_code")
  stem <- if (length(code)) sub("_code$", "", code[1]) else "geography"
  likely <- c(
    stem, paste0(stem, "s"), paste0(stem, "_name"), "geography", "geography_name", "area",
    "area_name"
  )
  name <- intersect(likely, names(x))
  name <- name[vapply(name, function(n) is.character(x[[n]]), NA)]
  if (length(name)) rename_columns(x, name[1], "area_name") else x
}

# A row for each area and category of a wide table.
census_long <- function(x, call) {
  counts <- setdiff(names(x)[vapply(x, is.numeric, NA)], c("date", "year"))
  if (!length(counts)) {
    abort_ioi(
      "{.arg path} has no columns of counts to put one below the other.", "data",
      arg = "long", call = call
    )
  }
  if ("observation" %in% counts) {
    return(rename_columns(x, "observation", "count"))
  }
  rows <- rep(seq_len(nrow(x)), each = length(counts))
  column <- rep(counts, nrow(x))
  found <- attr(x, "markers")
  flag <- rep("", length(rows))
  at <- (found$row - 1L) * length(counts) + match(found$column, counts)
  flag[at] <- found$flag
  found$row <- at
  found$column <- rep("count", nrow(found))
  keep <- setdiff(names(x), c(counts, "flag"))
  out <- tibble::new_tibble(
    c(
      lapply(unclass(x)[keep], `[`, rows),
      list(category = column, count = as.vector(t(as.matrix(x[counts]))), flag = flag)
    ),
    nrow = length(rows)
  )
  attr(out, "markers") <- found
  attr(out, "source") <- attr(x, "source")
  out
}

#' @rdname ioi_read
#' @export
ioi_read_dfe <- function(path, ..., sheet = 1, header = NULL, markers = NULL) {
  call <- rlang::current_env()
  check_dots_empty_ioi(...)
  out <- read_official(path, sheet, header, "dfe", markers, call)
  for (name in intersect(c("time_period", "year", "academic_year"), names(out))) {
    out[[name]] <- school_year(out[[name]])
  }
  read_done(out)
}

# 202223 is the school year 2022/23; other periods stay as they are.
school_year <- function(x) {
  text <- if (is.numeric(x)) format_label(x) else as.character(x)
  start <- suppressWarnings(as.integer(substr(text, 1, 4)))
  end <- suppressWarnings(as.integer(substr(text, 5, 6)))
  school <- !is.na(text) & nchar(text) == 6 & !is.na(start) & !is.na(end) &
    end == (start + 1L) %% 100L
  text[is.na(x)] <- NA
  text[school] <- sprintf("%d/%02d", start[school], end[school])
  text
}

#' @rdname ioi_read
#' @export
ioi_read_aps <- function(path, ..., sheet = 1, header = NULL, markers = NULL) {
  call <- rlang::current_env()
  check_dots_empty_ioi(...)
  out <- read_official(path, sheet, header, "aps", markers, call)
  read_done(aps_errors(name_areas(out)))
}

# A standard error beside each confidence interval, in the unit of the interval.
aps_errors <- function(x) {
  width <- names(x)[grepl("(^|_)(conf|confidence|ci)(_|$)", names(x)) & vapply(x, is.numeric, NA)]
  for (name in width) {
    error <- if (length(width) == 1) "std.error" else paste0(name, "_std.error")
    columns <- unclass(x)
    at <- match(name, names(x))
    columns <- append(columns, stats::setNames(list(x[[name]] / stats::qnorm(0.975)), error), at)
    x <- with_columns(x, columns)
  }
  x
}

#' @rdname ioi_read
#' @export
ioi_read_ethnicity_facts <- function(path, ..., sheet = 1, header = NULL, markers = NULL) {
  call <- rlang::current_env()
  check_dots_empty_ioi(...)
  out <- read_official(path, sheet, header, "eff", markers, call)
  if (!"ethnicity" %in% names(out)) {
    abort_ioi(
      c(
        "{.arg path} has no column {.field ethnicity}.",
        "i" = "Downloads of Ethnicity facts and figures have one; see {.fn ioi_read_census}
               for other tables."
      ),
      "data",
      arg = "path", call = call
    )
  }
  read_done(rename_columns(out, "geography_code", "area_code"))
}
