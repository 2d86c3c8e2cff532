# GSS codes of areas: what kind of area a column holds, and of which years its codes are.

gss_pattern <- "^[EWSNKJ][0-9]{8}$"

is_area_code <- function(x) {
  if (!is.character(x) && !is.factor(x)) {
    return(FALSE)
  }
  seen <- unique(as.character(x[!is.na(x)]))
  length(seen) > 0 && mean(grepl(gss_pattern, seen)) >= 0.9
}

#' Codes of areas in a table
#'
#' Which columns hold codes of the Government Statistical Service, for what kind of area,
#' and from which years the codes are: boundaries change, and tables with codes of
#' different years do not match.
#'
#' @param x A data frame.
#' @return A tibble with a row for each column and kind of area: `column`, `level`
#'   ("LSOA", "local authority", ...), `codes` (how many different), `first` (the year
#'   from which a code in it exists, `NA` where none tells) and `last` (the last year in
#'   which all codes were in use).
#' @section Vintage: LSOAs and MSOAs are told by codes that were new in 2021, local
#'   authorities by the reorganisations of 2019 to 2023. A table whose `first` is after
#'   its `last` mixes years: the readers warn of it (class `ioi_warning_areas`).
#' @section Missing: missing codes are left out.
#' @section Errors: `ioi_error_input` where `x` is no data frame.
#' @source Office for National Statistics, code history and look-ups between areas, Open
#'   Government Licence v3.0.
#' @examples
#' ioi_area_codes(census_2011_lsoa)
#' @export
ioi_area_codes <- function(x) {
  check_data(x, "x")
  columns <- names(x)[vapply(x, is_area_code, NA)]
  parts <- lapply(columns, function(name) column_areas(name, unique(as.character(x[[name]]))))
  out <- do.call(rbind, parts)
  if (is.null(out)) {
    out <- data.frame(
      column = character(), level = character(), codes = integer(), first = integer(),
      last = integer()
    )
  }
  tibble::as_tibble(out)
}

column_areas <- function(name, codes) {
  book <- read_catalogue("area_codes")
  codes <- codes[!is.na(codes)]
  kinds <- book[!is.na(book$pattern), ]
  level <- rep(NA_character_, length(codes))
  for (i in seq_len(nrow(kinds))) {
    level[grepl(kinds$pattern[i], codes)] <- kinds$level[i]
  }
  level[is.na(level)] <- "other area"
  parts <- lapply(unique(level), function(kind) {
    own <- codes[level == kind]
    years <- code_years(own, book[book$level == kind & !is.na(book$from), ])
    data.frame(
      column = name, level = kind, codes = length(own), first = years[1], last = years[2]
    )
  })
  do.call(rbind, parts)
}

# c(first, last): years in which all of these codes were in use, as far as they tell.
code_years <- function(codes, ranges) {
  hit <- vapply(seq_len(nrow(ranges)), function(i) {
    any(codes >= ranges$from[i] & codes <= ranges$to[i])
  }, NA)
  first <- as.integer(ranges$first[hit])
  last <- as.integer(ranges$last[hit])
  c(
    if (any(!is.na(first))) max(first, na.rm = TRUE) else NA_integer_,
    if (any(!is.na(last))) min(last, na.rm = TRUE) else NA_integer_
  )
}

# Warns of mixed years; gives the table.
note_areas <- function(x) {
  areas <- ioi_area_codes(x)
  mixed <- which(areas$first > areas$last)
  for (i in mixed) {
    warn_ioi(
      c(
        "Column {.field {areas$column[i]}} mixes codes of different years.",
        "x" = "One is new in {areas$first[i]}, another was last used in {areas$last[i]}.",
        "i" = "Bring all to one year with a look-up before comparing areas."
      ),
      "areas",
      column = areas$column[i]
    )
  }
  x
}
