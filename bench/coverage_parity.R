# How often the limits of ioi_parity() hold the true gap between two proportions: exactly,
# by adding up the probabilities of all tables whose limits hold it, over a grid of small
# samples.
#
#   Rscript bench/coverage_parity.R          prints the summary
#   Rscript bench/coverage_parity.R write    and writes inst/extdata/parity_coverage.csv
#
# inst/extdata/parity_coverage.csv has a row for each measure, method and pair of sample
# sizes: the mean and the least coverage over the shares, where the least is, how many of
# the pairs of shares are below 92%, and how many of those another method of the measure
# covers better.

library(ioi)

sizes <- list(
  c(5, 5), c(5, 20), c(10, 10), c(10, 30), c(10, 100), c(20, 20), c(20, 50), c(30, 30),
  c(50, 50), c(20, 200), c(100, 100)
)
shares <- c(0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.98, 0.99)
methods <- list(
  difference = c(
    "newcombe", "newcombe_cc", "miettinen_nurminen", "mee", "agresti_caffo", "wald"
  ),
  ratio = c("miettinen_nurminen", "koopman", "katz", "walter", "mover"),
  odds_ratio = c("miettinen_nurminen", "cornfield", "woolf", "haldane", "mover")
)
truth <- list(
  difference = function(p1, p2) p1 - p2, ratio = function(p1, p2) p1 / p2,
  odds_ratio = function(p1, p2) p1 * (1 - p2) / (p2 * (1 - p1))
)

# Limits of all tables of one pair of sizes. A table without limits (log methods) holds
# nothing.
all_limits <- function(n, measure, ci) {
  tables <- expand.grid(x1 = 0:n[1], x2 = 0:n[2])
  rows <- nrow(tables)
  long <- data.frame(
    table = rep(seq_len(rows), 2), group = rep(c("A", "B"), each = rows),
    x = c(tables$x1, tables$x2), n = rep(n, each = rows)
  )
  gaps <- ioi_parity(long, group, "B",
    by = table, measure = measure, ci = ci, events = x, population = n
  )
  gaps <- gaps[gaps$group == "A", ]
  cbind(tables, low = gaps$conf.low, high = gaps$conf.high)
}

# Coverage at each pair of shares: a data frame of p1, p2, coverage.
coverage <- function(n, measure, ci) {
  limits <- all_limits(n, measure, ci)
  grid <- expand.grid(p1 = shares, p2 = shares)
  grid$coverage <- vapply(seq_len(nrow(grid)), function(i) {
    at <- truth[[measure]](grid$p1[i], grid$p2[i])
    room <- 1e-12 * abs(at)
    holds <- limits$low <= at + room & limits$high >= at - room
    chance <- dbinom(limits$x1, n[1], grid$p1[i]) * dbinom(limits$x2, n[2], grid$p2[i])
    sum(chance[holds %in% TRUE])
  }, 0)
  grid
}

# One line of the table; `best`: the highest coverage of any method at each pair.
one_line <- function(grid, best, n, measure, ci) {
  low <- grid$coverage < 0.92
  least <- which.min(grid$coverage)
  data.frame(
    measure = measure, ci = ci, n1 = n[1], n2 = n[2],
    mean = round(mean(grid$coverage), 4), least = round(min(grid$coverage), 4),
    p1 = grid$p1[least], p2 = grid$p2[least], below_92 = sum(low),
    better = sum(low & best > grid$coverage + 1e-9)
  )
}

lines <- list()
for (measure in names(methods)) {
  for (n in sizes) {
    grids <- lapply(stats::setNames(nm = methods[[measure]]), function(ci) {
      coverage(n, measure, ci)
    })
    best <- do.call(pmax, lapply(grids, `[[`, "coverage"))
    lines <- c(lines, lapply(names(grids), function(ci) {
      one_line(grids[[ci]], best, n, measure, ci)
    }))
  }
}
table <- do.call(rbind, lines)

summary <- do.call(rbind, lapply(
  split(table, interaction(table$ci, table$measure, drop = TRUE)), function(part) {
    data.frame(
      measure = part$measure[1], ci = part$ci[1], mean = mean(part$mean),
      least = min(part$least), below_92 = sum(part$below_92), better = sum(part$better)
    )
  }
))
rownames(summary) <- NULL
cat(length(shares)^2, "pairs of shares,", length(sizes), "pairs of sizes, 95% limits\n")
print(summary, digits = 3)
if (identical(commandArgs(TRUE), "write")) {
  dir.create("inst/extdata", showWarnings = FALSE)
  write.csv(table, "inst/extdata/parity_coverage.csv", row.names = FALSE, quote = FALSE)
}
