# The R packages that DESCRIPTION asks for and no library has in the version
# asked for. usage: Rscript tools/cran.R list|install runtime|test|proof
# `list` prints their names; `install` gets them from CRAN into the project's
# own library, which is the first in R_LIBS.

arguments <- commandArgs(trailingOnly = TRUE)

# Data frame of package and least version, from the fields of DESCRIPTION.
asked_for <- function(level) {
  fields <- c("Depends", "Imports", "LinkingTo", if (level != "runtime") "Suggests")
  text <- read.dcf("DESCRIPTION", fields = fields)
  entries <- trimws(unlist(strsplit(text[!is.na(text)], ",")))
  found <- data.frame(
    package = sub("[ (].*", "", gsub("\\s+", " ", entries)),
    version = ifelse(grepl(">=", entries), gsub(".*>=\\s*|\\s*\\)", "", entries), "0")
  )
  found <- found[!found$package %in% c("", "R"), ]
  rbind(found, data.frame(package = "ggplot2", version = "0")) # the demo's charts
}

is_missing <- function(package, version) {
  !nzchar(system.file(package = package)) || packageVersion(package) < version
}

missing_packages <- function(level) {
  asked <- asked_for(level)
  unique(asked$package[mapply(is_missing, asked$package, asked$version)])
}

install <- function(packages) {
  if (identical(getOption("repos")[["CRAN"]], "@CRAN@")) {
    utils::chooseCRANmirror(graphics = FALSE, ind = 1)
  }
  install.packages(packages, lib = .libPaths()[1], Ncpus = parallel::detectCores())
}

needed <- missing_packages(arguments[2])
if (arguments[1] == "install") {
  if (length(needed)) install(needed)
  needed <- missing_packages(arguments[2])
  if (length(needed)) stop("not to be had from CRAN: ", toString(needed))
} else {
  cat(needed)
}
