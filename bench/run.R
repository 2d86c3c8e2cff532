# Runs the benchmarks, each in a process of its own, and prints one table of ratios.
# usage, from the project's root, with ioi installed: Rscript bench/run.R [name ...]

suite <- c(
  "survey", "survey-scale", "tally", "segregation", "segregation_parts",
  "segregation_null", "segregation_memory", "spatial", "parity", "memory"
)
asked <- commandArgs(TRUE)
if (length(asked)) suite <- match.arg(asked, suite, several.ok = TRUE)

folder <- tempfile("bench")
dir.create(folder)
rscript <- file.path(R.home("bin"), "Rscript")
status <- vapply(suite, function(name) {
  cat("\n==", name, "\n")
  environment <- paste0("IOI_BENCH_RESULTS=", shQuote(folder))
  system2(rscript, file.path("bench", paste0(name, ".R")), env = environment)
}, 0L)

source("bench/common.R")
cpu <- if (file.exists("/proc/cpuinfo")) {
  sub(".*: *", "", grep("^model name", readLines("/proc/cpuinfo"), value = TRUE)[1])
}
cat(
  "\n== all, on ", parallel::detectCores(), " cores; ",
  paste(c(cpu, R.version.string, paste("ioi", packageVersion("ioi"))), collapse = "; "), "\n\n",
  sprintf("%-77s %8s %8s\n", "", "best", "median"),
  sep = ""
)
for (file in file.path(folder, paste0(suite, ".rds"))) {
  if (file.exists(file)) writeLines(format_line(readRDS(file)))
}
if (any(status != 0)) {
  cat("\nfailed:", suite[status != 0], "\n")
  quit(status = 1)
}
