# Memory that a call takes beyond the data frame it is given: 2,000 PSUs in 50 strata,
# 100 domains, 24 bytes a row. First ioi_design() and ioi_proportion() with beta limits
# and 100 x 100 covariances; the same with quantiles of a column of doubles; then, beyond
# a design that is ready, subsets and weights that are calibrated. Each case is a fresh
# process of its own:
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

# ---- one case, in a process of its own: bench/memory.R what rows threads --------

survey_design <- function(data) ioi_design(data, weights = weight, strata = stratum, psu = psu)

# Made totals of the population: 101 for each row.
people <- function(data, column) {
  count <- tabulate(data[[column]])
  stats::setNames(data.frame(seq_along(count), 101 * count), c(column, "population"))
}

# What is measured of `data`, of a design of them and of totals of the population.
cases <- list(
  proportion = function(data, design, domains, strata) {
    design <- survey_design(data)
    ioi_proportion(design, outcome, by = domain, success = 1, ci = "beta")
  },
  "median by domain" = function(data, design, domains, strata) {
    ioi_quantile(survey_design(data), weight, by = domain)
  },
  "median of all" = function(data, design, domains, strata) {
    ioi_quantile(survey_design(data), weight)
  },
  "nine deciles by domain" = function(data, design, domains, strata) {
    ioi_quantile(survey_design(data), weight, 1:9 / 10, by = domain)
  },
  subset = function(data, design, domains, strata) ioi_subset(design, domain <= 50),
  "second subset" = function(data, design, domains, strata) {
    ioi_subset(ioi_subset(design, domain <= 50), outcome == 1)
  },
  poststratify = function(data, design, domains, strata) {
    ioi_poststratify(design, domain, domains)
  },
  rake = function(data, design, domains, strata) {
    ioi_calibrate(design, list(domain = domains, stratum = strata))
  },
  formula = function(data, design, domains, strata) {
    totals <- c(101 * nrow(data), 101 * sum(data$outcome))
    names(totals) <- c("(Intercept)", "outcome")
    ioi_calibrate(design, formula = ~outcome, totals = totals, method = "linear")
  }
)

# A function without arguments that runs a case.
prepare <- function(what, data) {
  force(data)
  design <- survey_design(data)
  domains <- people(data, "domain")
  strata <- people(data, "stratum")
  function() cases[[what]](data, design, domains, strata)
}

# The largest single piece that `run` asks R for, in bytes.
largest_piece <- function(run) {
  log <- tempfile()
  utils::Rprofmem(log, threshold = 10000)
  run()
  utils::Rprofmem(NULL)
  pieces <- grep("^[0-9]", readLines(log), value = TRUE)
  max(as.numeric(sub(" .*", "", pieces)))
}

one_case <- function(what, rows, threads) {
  options(ioi.threads = threads)
  for (i in 1:4) prepare(what, make_survey(20000))()
  data <- make_survey(rows)
  input <- sum(vapply(data, function(x) as.double(object.size(x)), 0))
  run <- prepare(what, data)
  cat("bytes", input, peak(run), largest_piece(run), "\n")
}

# ---- all cases ---------------------------------------------------------------------

# `target`: the share of the data that is asked for at most; NA where the call has to
# give as much as the data have.
report_case <- function(what, rows, threads, target = NA, times = 3) {
  bytes <- vapply(seq_len(times), function(i) {
    ask_case("memory", shQuote(what), rows, threads)
  }, numeric(3))
  name <- sprintf(
    "%s: %s rows, %d thread%s", what, format(rows, big.mark = ",", scientific = FALSE),
    threads, if (threads > 1) "s" else ""
  )
  cat(sprintf(
    "%s: input %.1f MB, peak %.2f MB, largest piece %.2f MB\n",
    name, bytes[1, 1] / 1e6, median(bytes[2, ]) / 1e6, median(bytes[3, ]) / 1e6
  ))
  share <- bytes[2, ] / bytes[1, ]
  record(
    paste0(name, ": peak beyond the data frame"), "of the data", min(share), median(share),
    target = target, best = "less"
  )
  whole <- bytes[3, ] / (4 * rows)
  record(
    paste0(name, ": largest piece"), "of a column", min(whole), median(whole),
    target = if (is.na(target)) NA else 1, best = "less"
  )
}

if (length(arguments)) {
  one_case(arguments[1], as.numeric(arguments[2]), as.integer(arguments[3]))
} else if (!file.exists("/proc/self/clear_refs")) {
  cat("memory is measured on Linux only\n")
} else {
  for (rows in c(1e6, 1e7)) for (threads in 1:2) report_case("proportion", rows, threads, 0.1)
  for (what in names(cases)[2:4]) report_case(what, 5e6, 1, 0.1)
  for (what in names(cases)[-(1:4)]) report_case(what, 5e6, 1)
  finish("memory")
}
