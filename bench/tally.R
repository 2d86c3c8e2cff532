# Ten million rows, 2,000 PSUs in 50 strata, 100 domains, and a design that is ready:
# weighted proportions with standard errors, beta limits and the 100 x 100 covariance,
# against collapse::fmean(), which gives the weighted means alone.
#
# Both read the same columns: the domain as a factor, for the peer grouped beforehand
# with GRP(), the outcome as whole numbers 0 and 1. fmean() with weights turns those
# into doubles first; so it is also timed with an outcome made double beforehand.

source("bench/common.R")
library(collapse, warn.conflicts = FALSE, quietly = TRUE)

# The races for one data frame. `order`: words for the order of its rows.
compare <- function(data, order, target) {
  design <- ioi_design(data, weights = weight, strata = stratum, psu = psu)
  group <- GRP(data$domain)
  doubled <- as.double(data$outcome)
  ours <- function() {
    ioi_proportion(design, outcome, by = domain, success = 1, ci = "beta")
  }
  as_stored <- function(threads = 1) {
    function() fmean(data$outcome, group, data$weight, nthreads = threads)
  }
  prepared <- function(threads = 1) {
    function() fmean(doubled, group, data$weight, nthreads = threads)
  }
  one <- ours()
  show_equal(paste("weighted means,", order), one$estimate, as_stored()())
  options(ioi.threads = 2)
  stopifnot(identical(ours(), one))
  cat("equal: one thread and two, to the last bit\n")
  options(ioi.threads = 1)
  race(
    sprintf("1 thread, %s; peer fmean() of the same columns", order),
    ours, as_stored(),
    target = target
  )
  race(sprintf("1 thread, %s; peer fmean() of a double made before", order), ours, prepared())
  options(ioi.threads = 2)
  race(
    sprintf("2 threads, by the clock, %s; peer fmean() of the same columns", order),
    ours, as_stored(2),
    clock = "elapsed", target = target
  )
  race(
    sprintf("2 threads, by the clock, %s; peer fmean() of a double", order),
    ours, prepared(2),
    clock = "elapsed"
  )
  options(ioi.threads = 1)
}

data <- make_survey(1e7, coded = TRUE)
compare(data, "rows in any order", target = 0.5)
data <- data[order(data$psu), ]
compare(data, "rows by PSU", target = 0.5)
finish("tally")
