# What the benchmarks share. A benchmark first shows that both sides give the same
# numbers, then times them in turns within one run, and reports ratios: seconds say
# something of the machine, ratios of the code.

library(ioi)
options(ioi.threads = 1, width = 120)

results <- list()

# Adds a line to the results. `low`, `middle`: a number at the best and at the median
# repetition; `target`: the number asked for; `best`: is "more" or "less" better?
record <- function(what, unit, low, middle, target = NA, best = "more") {
  met <- if (best == "more") middle >= target else middle <= target
  line <- data.frame(what, unit, low, middle, target, best, met)
  results[[length(results) + 1]] <<- line
  cat(format_line(line), sep = "\n")
}

format_line <- function(line) {
  sign <- ifelse(line$best == "more", ">=", "<=")
  aim <- ifelse(is.na(line$target), "", sprintf(
    "  target %s %s: %s", sign, format_number(line$target), ifelse(line$met, "met", "NOT MET")
  ))
  sprintf(
    "%-77s %8s %8s  %s%s", line$what, format_number(line$low), format_number(line$middle),
    line$unit, aim
  )
}

format_number <- function(x) {
  vapply(x, function(v) format(signif(v, 3), drop0trailing = TRUE), "")
}

# Stops unless `ours` and `peer` agree to `tolerance` of the peer's largest value.
show_equal <- function(what, ours, peer, tolerance = 1e-8) {
  ours <- as.vector(ours)
  peer <- as.vector(peer)
  stopifnot(length(ours) == length(peer), length(ours) > 0, identical(is.na(ours), is.na(peer)))
  apart <- max(abs(ours - peer), na.rm = TRUE) / max(abs(peer), na.rm = TRUE)
  cat(sprintf("equal: %s (%d numbers, largest difference %.1e)\n", what, length(ours), apart))
  if (!(apart <= tolerance)) stop(what, ": not equal")
}

# Seconds of one call: of CPU, all threads and system calls counted, or of the clock.
# Short calls are repeated until the clock can see them.
seconds <- function(run, clock, calls) {
  time <- system.time(for (i in seq_len(calls)) run())
  spent <- if (clock == "cpu") time[["user.self"]] + time[["sys.self"]] else time[["elapsed"]]
  spent / calls
}

calls_needed <- function(run) {
  once <- system.time(run(), gcFirst = FALSE)[["elapsed"]]
  max(1, ceiling(0.2 / max(once, 1e-3)))
}

# Times functions without arguments in turns, `times` times: seconds, a column each.
take_turns <- function(runs, times, clock = "cpu") {
  calls <- vapply(runs, calls_needed, 0)
  spent <- vapply(seq_len(times), function(i) {
    mapply(seconds, runs, calls, MoreArgs = list(clock = clock))
  }, numeric(length(runs)))
  t(spent)
}

# Records how many times as fast ours is than the peer: the peer's seconds over ours,
# least over least and median over median.
record_race <- function(what, ours, peer, clock = "cpu", target = NA) {
  low <- c(min(ours), min(peer))
  middle <- c(median(ours), median(peer))
  cat(sprintf(
    "seconds of %s, least and median of %d: ours %s, peer %s\n",
    if (clock == "cpu") "CPU" else "the clock", length(ours),
    paste(format_number(c(low[1], middle[1])), collapse = ", "),
    paste(format_number(c(low[2], middle[2])), collapse = ", ")
  ))
  record(what, "times as fast", low[2] / low[1], middle[2] / middle[1], target)
}

race <- function(what, ours, peer, times = 7, clock = "cpu", target = NA) {
  spent <- take_turns(list(ours, peer), times, clock)
  record_race(what, spent[, 1], spent[, 2], clock, target)
}

# ---- memory, on Linux --------------------------------------------------------------

# Bytes of an entry of /proc/self/status, which is in kB.
memory <- function(entry) {
  lines <- readLines("/proc/self/status")
  1024 * as.numeric(gsub("[^0-9]", "", grep(paste0("^", entry), lines, value = TRUE)))
}

# How far resident memory rises above what is held before the call, in bytes.
peak <- function(run) {
  for (i in 1:2) gc(full = TRUE)
  writeLines("5", "/proc/self/clear_refs") # the peak starts again from here
  before <- memory("VmRSS")
  run()
  memory("VmHWM") - before
}

# The numbers that a script prints after "bytes" when it is run with these arguments, in a
# process of its own. Freed memory goes back to the kernel at once, so that what is taken is
# seen.
ask_case <- function(script, ...) {
  answer <- system2(
    file.path(R.home("bin"), "Rscript"),
    c(paste0("bench/", script, ".R"), format(c(...), scientific = FALSE, trim = TRUE)),
    env = "MALLOC_MMAP_THRESHOLD_=65536", stdout = TRUE
  )
  as.numeric(strsplit(grep("^bytes", answer, value = TRUE), " ")[[1]][-1])
}

# Writes the results where bench/run.R looks for them.
finish <- function(name) {
  folder <- Sys.getenv("IOI_BENCH_RESULTS")
  if (nzchar(folder)) {
    saveRDS(do.call(rbind, results), file.path(folder, paste0(name, ".rds")))
  }
}

# A survey with what an analyst has: stratum, psu, weight, domain, outcome; 24 bytes a
# row. Shares differ between PSUs, so that clustering shows. The columns hold whole
# numbers, the domain also as a factor where `coded`.
make_survey <- function(rows, psus = 2000L, strata = 50L, domains = 100L, coded = FALSE) {
  set.seed(20)
  psu <- sample.int(psus, rows, replace = TRUE)
  share <- rbeta(psus, 3, 7)
  data <- data.frame(
    stratum = (psu - 1L) %/% (psus %/% strata) + 1L,
    psu = psu,
    weight = runif(rows, 0.5, 2),
    domain = sample.int(domains, rows, replace = TRUE),
    outcome = as.integer(runif(rows) < share[psu])
  )
  if (coded) data$domain <- factor(data$domain)
  data
}
