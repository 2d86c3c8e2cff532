# How often do the 95% limits of `ioi_segregation(se = "analytic")` hold the true D?
#
# Two simulations, both seeded. `persons`: people drawn at random from a known table
# of 50 units. `survey`: a stratified cluster sample of a made population of 20 units.
# For each setting: the mean of the estimates less the truth (bias), their standard
# deviation (sd), the mean standard error over that (se_ratio, 1 is right), the share
# of limits that hold the truth, the shares that lie all above and all below it, and
# the share of samples that give no limits.
#
# Run with `Rscript bench/coverage_segregation.R [repetitions]`; 2,000 take minutes.

library(ioi)

argument <- commandArgs(trailingOnly = TRUE)
repetitions <- if (length(argument)) as.integer(argument[1]) else 2000L

dissimilarity <- function(a, b) sum(abs(a / sum(a) - b / sum(b))) / 2

# The share of the minority in each of `units` units of one size: the quantiles of a
# beta distribution, with the spread that gives dissimilarity `d`.
shares <- function(units, d, minority) {
  at <- (seq_len(units) - 0.5) / units
  if (d == 0) {
    return(rep(minority, units))
  }
  share <- function(log_size) {
    size <- exp(log_size)
    stats::qbeta(at, minority * size, (1 - minority) * size)
  }
  gap <- function(log_size) {
    p <- share(log_size)
    dissimilarity(p, 1 - p) - d
  }
  share(stats::uniroot(gap, c(-6, 12), tol = 1e-10)$root)
}

summarise <- function(estimate, std_error, low, high, truth) {
  known <- !is.na(low)
  data.frame(
    truth = truth,
    bias = mean(estimate) - truth,
    sd = stats::sd(estimate),
    se_ratio = mean(std_error[known]) / stats::sd(estimate),
    coverage = mean(low[known] <= truth & truth <= high[known]),
    above = mean(low[known] > truth),
    below = mean(high[known] < truth),
    no_limits = mean(!known)
  )
}

# People drawn at random into the cells of a table: `people` a unit on average.
persons <- function(d, minority, people, units = 50) {
  p <- shares(units, d, minority)
  draws <- stats::rmultinom(repetitions, units * people, c(p, 1 - p) / units)
  data <- data.frame(
    draw = rep(seq_len(repetitions), each = units),
    unit = rep(seq_len(units), repetitions),
    a = as.vector(draws[seq_len(units), ]), b = as.vector(draws[units + seq_len(units), ])
  )
  got <- ioi_segregation(data, c(a, b), unit,
    by = draw, compare = "pairwise", se = "analytic"
  )
  got <- got[!is.na(got$estimate), ]
  cbind(
    minority = minority, people = people,
    summarise(
      got$estimate, got$std.error, got$conf.low, got$conf.high,
      dissimilarity(p, 1 - p)
    )
  )
}

# 20 units of 100 PSUs of 50 people; the PSUs of a unit differ (intraclass correlation
# 0.05 within units), so that a cluster sample knows less than one of persons.
population <- function(d, minority = 0.3, units = 20, psus = 100, size = 50) {
  p <- rep(sample(shares(units, d, minority)), each = psus)
  local <- stats::rbeta(units * psus, p * 19, (1 - p) * 19)
  minority_members <- stats::rbinom(units * psus, size, local)
  data.frame(
    unit = rep(seq_len(units), each = psus), psu = seq_len(units * psus),
    stratum = rep(1:4, each = psus * units / 4), size = size, minority = minority_members
  )
}

# 10 people in each of the PSUs sampled, more PSUs in the first stratum.
draw_survey <- function(frame, psus, take = 10) {
  part <- round(psus * c(0.4, 0.2, 0.2, 0.2))
  chosen <- unlist(lapply(1:4, function(h) {
    rows <- which(frame$stratum == h)
    sample(rows, part[h])
  }))
  sampled <- frame[chosen, ]
  members <- stats::rhyper(
    nrow(sampled), sampled$minority, sampled$size - sampled$minority, take
  )
  rows <- rep(seq_len(nrow(sampled)), each = take)
  place <- rep(seq_len(take), nrow(sampled))
  data.frame(
    sampled[rows, c("unit", "psu", "stratum")],
    group = ifelse(place <= members[rows], "a", "b"),
    weight = (tabulate(frame$stratum) / part)[sampled$stratum[rows]]
  )
}

survey <- function(d, psus) {
  frame <- population(d)
  members <- rowsum(cbind(frame$minority, frame$size - frame$minority), frame$unit)
  truth <- dissimilarity(members[, 1], members[, 2])
  got <- vapply(seq_len(repetitions), function(draw) {
    data <- draw_survey(frame, psus)
    design <- ioi_design(data, weights = weight, strata = stratum, psu = psu)
    naive <- ioi_design(data, weights = weight)
    of <- function(design) {
      out <- ioi_segregation(design, group, unit,
        groups = c("a", "b"), se = "analytic"
      )
      c(out$estimate, out$std.error, out$conf.low, out$conf.high)
    }
    c(of(design), of(naive))
  }, numeric(8))
  row <- function(at, design) {
    cbind(psus = psus, design = design, summarise(
      got[at, ], got[at + 1, ], got[at + 2, ], got[at + 3, ], truth
    ))
  }
  rbind(row(1, "followed"), row(5, "ignored"))
}

show <- function(title, table) {
  numbers <- vapply(table, is.numeric, NA)
  table[numbers] <- lapply(table[numbers], round, 3)
  cat("\n", title, "\n", sep = "")
  print(table, row.names = FALSE)
}

set.seed(20191)
settings <- expand.grid(
  people = c(5, 20, 100, 500), minority = c(0.5, 0.1), d = c(0, 0.1, 0.3, 0.6)
)
show("Persons at random, 50 units", do.call(rbind, Map(
  persons, settings$d, settings$minority, settings$people
)))

set.seed(20192)
settings <- expand.grid(psus = c(40, 120, 400), d = c(0.1, 0.3, 0.6))
show("Stratified cluster sample, 20 units, 10 people a PSU", do.call(rbind, Map(
  survey, settings$d, settings$psus
)))
