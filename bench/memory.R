# Memory that ioi_design() and ioi_proportion() take beyond the data frame they are
# given: 2,000 PSUs in 50 strata, 100 domains, beta limits, 100 x 100 covariance, 24
# bytes a row. Each case is a fresh process of its own:
#
#   peak      how far resident memory rises above what is held before the call, as the
#             kernel counts it (VmHWM of /proc/self/status, Linux only);
#   largest   the largest piece that R was asked for, from Rprofmem(). A column of
#             integers as long as the data, or rows x domains, would show here.
#
# The case's functions have run on a small data frame before, so that loading code does
# not count. Freed memory goes back to the kernel at once (MALLOC_MMAP_THRESHOLD_), so
# that what is taken is seen.

arguments <- commandArgs(TRUE)
source("bench/common.R")

# ---- one case, in a process of its own: bench/memory.R rows threads -------------

run <- function(data) {
  design <- ioi_design(data, weights = weight, strata = stratum, psu = psu)
  ioi_proportion(design, outcome, by = domain, success = 1, ci = "beta")
}

# The largest single piece that `run` asks R for, in bytes.
largest_piece <- function(data) {
  log <- tempfile()
  utils::Rprofmem(log, threshold = 10000)
  run(data)
  utils::Rprofmem(NULL)
  pieces <- grep("^[0-9]", readLines(log), value = TRUE)
  max(as.numeric(sub(" .*", "", pieces)))
}

one_case <- function(rows, threads) {
  options(ioi.threads = threads)
  for (i in 1:4) run(make_survey(20000))
  data <- make_survey(rows)
  input <- sum(vapply(data, function(x) as.double(object.size(x)), 0))
  cat("bytes", input, peak(function() run(data)), largest_piece(data), "\n")
}

# ---- all cases ---------------------------------------------------------------------

report_case <- function(rows, threads, times = 3) {
  bytes <- vapply(seq_len(times), function(i) ask_case("memory", rows, threads), numeric(3))
  name <- sprintf(
    "%s rows, %d thread%s", format(rows, big.mark = ",", scientific = FALSE), threads,
    if (threads > 1) "s" else ""
  )
  cat(sprintf(
    "%s: input %.1f MB, peak %.2f MB, largest piece %.2f MB\n",
    name, bytes[1, 1] / 1e6, median(bytes[2, ]) / 1e6, median(bytes[3, ]) / 1e6
  ))
  share <- bytes[2, ] / bytes[1, ]
  record(
    paste0(name, ": peak beyond the data frame"), "of the data", min(share), median(share),
    target = 0.1, best = "less"
  )
  whole <- bytes[3, ] / (4 * rows)
  record(
    paste0(name, ": largest piece"), "of a column", min(whole), median(whole),
    target = 1, best = "less"
  )
}

if (length(arguments)) {
  one_case(as.numeric(arguments[1]), as.integer(arguments[2]))
} else if (!file.exists("/proc/self/clear_refs")) {
  cat("memory is measured on Linux only\n")
} else {
  for (rows in c(1e6, 1e7)) for (threads in 1:2) report_case(rows, threads)
  finish("memory")
}
