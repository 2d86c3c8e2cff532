# Prints what lintr finds in the project's R code, as .lintr sets it, and exits 1
# if there is anything. usage: Rscript tools/lint.R

folders <- c("R", "tests", "inst", "data-raw", "bench", "vignettes", "tools")
root <- paste0(getwd(), "/")
files <- list.files(folders, "\\.(R|Rmd)$", recursive = TRUE, full.names = TRUE)

# How branched a function may be is asked of the package; in tests, where it takes most
# of the time, a test is as long as what it proves.
linters <- eval(parse(text = read.dcf(".lintr", "linters")), asNamespace("lintr"))
plain <- linters[names(linters) != "cyclocomp_linter"]
lint_file <- function(file) {
  lintr::lint(file, linters = if (startsWith(file, "R/")) linters else plain)
}
lints <- parallel::mclapply(files, lint_file,
  mc.cores = parallel::detectCores(), mc.preschedule = FALSE
)
broken <- vapply(lints, inherits, NA, "try-error")
for (lint in unlist(lints[!broken], recursive = FALSE)) {
  cat(sprintf(
    "%s:%d:%d %s [%s]\n", sub(root, "", lint$filename, fixed = TRUE),
    lint$line_number, lint$column_number, lint$message, lint$linter
  ))
}
if (any(broken)) cat("lintr itself failed on:", files[broken], sep = "\n")
cat(length(files), "files,", sum(lengths(lints)), "findings\n")
if (any(broken) || any(lengths(lints) > 0)) quit(status = 1)
