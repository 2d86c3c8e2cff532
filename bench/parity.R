# Limits of many gaps from counts in one call, against the package ratesci of CRAN where it
# is installed: equal first, then time per interval, and time against rows. ioi_parity()
# gives estimate, standard error, limits, test and flag of each row as a table; ratesci's
# moverci() and scoreci() give estimate and limits.

source("bench/common.R")

# Groups 2, 3, ... are compared with group 1.
make_counts <- function(groups) {
  set.seed(20)
  n <- sample(10:500, groups, replace = TRUE)
  data.frame(group = seq_len(groups), x = rbinom(groups, n, runif(groups)), n = n)
}
gaps <- function(d, ...) ioi_parity(d, group, 1, events = x, population = n, ...)

few <- make_counts(1001)
million <- make_counts(1000001)
many <- million[1:200001, ]
contrasts <- c(difference = "RD", ratio = "RR", odds_ratio = "OR")

if (requireNamespace("ratesci", quietly = TRUE)) {
  mover <- function(d) {
    ratesci::moverci(d$x[-1], d$n[-1], d$x[1], d$n[1], type = "wilson")$estimates
  }
  score <- function(d, measure, precis = 6) {
    k <- rep(1, nrow(d) - 1)
    ratesci::scoreci(d$x[-1], d$n[-1], d$x[k], d$n[k],
      contrast = contrasts[[measure]], skew = FALSE, or_bias = FALSE, precis = precis
    )$estimates
  }
  limits <- function(x) c(x$conf.low[-1], x$conf.high[-1])
  theirs <- mover(few)
  show_equal("Newcombe limits", limits(gaps(few)), c(theirs[, "lower"], theirs[, "upper"]))
  inner <- few[few$x > 0 & few$x < few$n, ]
  for (measure in names(contrasts)) {
    ours <- gaps(inner, measure = measure, ci = "miettinen_nurminen")
    theirs <- score(inner, measure, precis = 10)
    both <- c(theirs[, "lower"], theirs[, "upper"])
    show_equal(
      paste("Miettinen-Nurminen limits,", measure), limits(ours) / both, both / both, 1e-6
    )
  }

  # seconds an interval: ours over the large table, the peer over what it is given
  per_interval <- function(what, ours, rows, peer, peer_rows, target = NA) {
    spent <- take_turns(list(ours, peer), 3)
    record_race(what, spent[, 1] / rows, spent[, 2] / peer_rows, target = target)
  }
  for (measure in names(contrasts)) {
    per_interval(
      paste0("200,000 Miettinen-Nurminen, ", measure, "; peer scoreci() of 1,000"),
      function() gaps(many, measure = measure, ci = "miettinen_nurminen"), 200000,
      function() score(few, measure), 1000, 50
    )
  }
  per_interval(
    "a million Newcombe; peer moverci(), a call for each table",
    function() gaps(million), 1e6,
    function() for (i in 1:200) mover(few[c(1, i + 1), ]), 200, 50
  )
  per_interval(
    "a million Newcombe; peer moverci(), all in one call",
    function() gaps(million), 1e6, function() mover(million), 1e6, 50
  )
} else {
  cat("the package ratesci is not installed: not compared\n")
}

# ---- linear in rows -----------------------------------------------------------

growth <- function(what, run, rows) {
  spent <- take_turns(lapply(rows, function(r) function() run(million[seq_len(r + 1), ])), 3)
  per_row <- t(t(spent) / rows)
  low <- apply(per_row, 2, min)
  middle <- apply(per_row, 2, median)
  record(what, "times a row", low[2] / low[1], middle[2] / middle[1], 1.2, "less")
}
growth("Newcombe, a row of a million against a row of 100,000", gaps, c(1e5, 1e6))
growth(
  "Miettinen-Nurminen, a row of 200,000 against a row of 20,000",
  function(d) gaps(d, ci = "miettinen_nurminen"), c(2e4, 2e5)
)
finish("parity")
