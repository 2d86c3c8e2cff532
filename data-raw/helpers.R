# What the data-raw scripts share: finding the source files, reading them,
# stopping when a file is not the one described in README.md, and writing the
# data set. Run the scripts from the root of the package.

# The folder of the published source files: first argument of the script, or the
# environment variable IOI_SOURCE_DATA.
source_folder <- function() {
  given <- c(commandArgs(trailingOnly = TRUE), Sys.getenv("IOI_SOURCE_DATA"))
  given <- given[nzchar(given)]
  if (!length(given)) {
    stop("Name the folder of the source files: as the first argument, or in the ",
         "environment variable IOI_SOURCE_DATA. See data-raw/README.md.")
  }
  if (!dir.exists(given[1])) stop("There is no folder ", given[1], ".")
  given[1]
}

# One source table, every column as text: each script says what is a number.
# An empty field is missing; any other marker stays as it is, to be dealt with.
read_source <- function(..., md5) {
  path <- file.path(source_folder(), ...)
  if (!file.exists(path)) stop("There is no source file ", path, ".")
  found <- unname(tools::md5sum(path))
  if (found != md5) {
    stop(path, " is not the file this script was written for: its MD5 is ", found,
         ", expected ", md5, ".")
  }
  connection <- if (endsWith(path, ".xz")) xzfile(path) else file(path)
  utils::read.csv(connection, colClasses = "character", na.strings = "",
                  check.names = FALSE, encoding = "UTF-8")
}

# Stops with `what` unless every element of `ok` is TRUE; NA counts as failure.
check <- function(ok, what) {
  if (!isTRUE(all(ok))) stop("Check failed: ", what, ".", call. = FALSE)
}

# Text to counts. A value in `missing` becomes NA, never zero; anything else that
# is not a whole number of 0 or more is an error.
as_count <- function(x, name, missing = character()) {
  x[x %in% missing] <- NA_character_
  check(grepl("^[0-9]+$", x) | is.na(x), paste(name, "holds whole numbers of 0 or more"))
  as.integer(x)
}

# Codes to a factor by the rows of a codebook (columns code and label, in code
# order). A value in `missing` becomes NA; a code that the codebook lacks stops.
as_labelled <- function(x, name, code, label, missing = character()) {
  x[x %in% missing] <- NA_character_
  check(x %in% c(code, NA), paste("every code of", name, "is in the codebook"))
  keep <- !code %in% missing
  factor(x, levels = code[keep], labels = label[keep])
}

# The regions of England in the order of their codes E12000001 to E12000009, then
# Wales, which is a country and not a region but has that place in most tables.
regions <- c(
  "North East", "North West", "Yorkshire and The Humber", "East Midlands",
  "West Midlands", "East of England", "London", "South East", "South West", "Wales"
)

as_region <- function(x, levels = regions) {
  check(x %in% levels, "every region is known")
  factor(x, levels = levels)
}

# Writes data/<name>.rda and says what was written. Format 2 keeps no word on the
# locale, so that the same source gives the same file everywhere.
write_data <- function(data, name) {
  check(dir.exists("data-raw"), "the script runs in the root of the package")
  check(!anyDuplicated(names(data)), "column names differ")
  dir.create("data", showWarnings = FALSE)
  assign(name, tibble::as_tibble(data))
  path <- file.path("data", paste0(name, ".rda"))
  save(list = name, file = path, version = 2, compress = "xz", compression_level = 9)
  message(path, ": ", nrow(data), " rows, ", ncol(data), " columns, ",
          file.size(path), " bytes.")
}
