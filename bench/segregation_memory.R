# Memory that ioi_segregation() takes beyond its data: M and H of 14 groups, wide data of
# made counts, alone and with a bootstrap of persons. Bytes for each cell of units and groups
# must not grow with the units, and the peak not with the replicates. Each case is a process
# of its own, without a progress bar. Linux only.

arguments <- as.integer(commandArgs(TRUE))
source("bench/common.R")

# ---- one case: bench/segregation_memory.R units replicates --------------------------

made_counts <- function(units) {
  set.seed(21)
  data <- replicate(14, rpois(units, rexp(1, 1 / 20)), simplify = FALSE)
  as.data.frame(data, col.names = paste0("group", 1:14))
}

one_case <- function(units, reps) {
  options(cli.progress_show_after = Inf)
  run <- function(data, reps) {
    ioi_segregation(data,
      group = group1:group14, index = c("mutual_information", "theil"),
      compare = "multigroup", se = if (reps > 0) "bootstrap" else "none", reps = max(reps, 2)
    )
  }
  for (i in 1:4) run(made_counts(20000), reps = 2)
  data <- made_counts(units)
  cat("bytes", peak(function() run(data, reps)), "\n")
}

# ---- all cases ------------------------------------------------------------------------

peak_of <- function(units, reps) {
  ask_case("segregation_memory", units, reps)
}

if (length(arguments)) {
  one_case(arguments[1], arguments[2])
} else if (!file.exists("/proc/self/clear_refs")) {
  cat("memory is measured on Linux only\n")
} else {
  units <- c(200000, 400000, 800000)
  alone <- vapply(units, peak_of, 0, reps = 0) / (14 * units)
  few <- vapply(units, peak_of, 0, reps = 2) / (14 * units)
  many <- peak_of(units[1], 50) / (14 * units[1])
  cat("bytes a cell of", paste(units, collapse = ", "), "units:", format_number(alone),
    "; with 2 replicates:", format_number(few), "; with 50:", format_number(many), "\n"
  )
  line <- function(what, unit, x, target) record(what, unit, x, x, target, best = "less")
  line(
    "M and H: memory of a cell, 800,000 units against 200,000", "times", alone[3] / alone[1], 1.2
  )
  line("the same with a bootstrap", "times", few[3] / few[1], 1.2)
  line("50 replicates against 2: peak", "times", many / few[1], 1.1)
  line("M and H of 800,000 units: memory of a cell", "bytes", alone[3], NA)
  line("the same with a bootstrap", "bytes", few[3], NA)
  finish("segregation_memory")
}
