# How often the limits of ioi_decompose() hold the truth, and whether samples of the size
# that ioi_sample_size() gives have the power asked for. By hand:
#
#   Rscript bench/coverage_decompose.R
#
# Kitagawa: three strata, shares of 120 and 150 people sampled. Oaxaca and Blinder: simple
# samples of 80 and 120, and clustered ones, 15 areas that each hold both groups. Power:
# 20,000 draws of two counts, or of two waves of two groups, tested as ioi_parity(),
# ioi_change() and ioi_gap_change() do.
library(ioi)

set.seed(31)
reps <- 3000
held <- function(x, truth) x$conf.low <= truth & x$conf.high >= truth
show <- function(what, measure, hits, estimates, errors, truth) {
  print(data.frame(
    what = what, measure = measure, truth = round(truth, 4),
    bias = signif(rowMeans(estimates) - truth, 2), sd = signif(apply(estimates, 1, sd), 3),
    mean_se = signif(rowMeans(errors), 3), held = round(100 * rowMeans(hits), 1)
  ), row.names = FALSE)
}
repeated <- function(what, draw, truth, parts) {
  runs <- replicate(reps, {
    x <- draw()
    x <- x[match(parts, x$measure), ]
    c(held(x, truth), x$estimate, x$std.error)
  })
  take <- function(k) runs[length(parts) * (k - 1) + seq_along(parts), , drop = FALSE]
  show(what, parts, take(1), take(2), take(3), truth)
}

# ---- rates by stratum ---------------------------------------------------------

a <- list(share = c(0.5, 0.3, 0.2), rate = c(0.45, 0.6, 0.7), people = 120)
b <- list(share = c(0.2, 0.4, 0.4), rate = c(0.55, 0.65, 0.8), people = 150)
parts <- c("gap", "rate", "composition")
truth <- c(
  sum(a$share * a$rate) - sum(b$share * b$rate),
  sum((a$share + b$share) / 2 * (a$rate - b$rate)),
  sum((a$rate + b$rate) / 2 * (a$share - b$share))
)
side <- function(of) {
  n <- as.vector(rmultinom(1, of$people, of$share))
  data.frame(stratum = 1:3, n = n, rate = rbinom(3, n, of$rate) / n)
}
repeated("Kitagawa, sampled", function() {
  ioi_decompose(side(a), side(b), stratum, rate, n, composition = "sampled")
}, truth, parts)

# ---- records ------------------------------------------------------------------

# y = 1 + 0.5 x + e in group b, 0.7 + 0.4 x + e in a; x has mean 1 in a, 2 in b. With areas
# these add to x and to e.
parts <- c("gap", "explained", "unexplained")
records <- function(n, areas) {
  group <- rep(c("a", "b"), n)
  area <- if (areas) sample(rep_len(seq_len(areas), sum(n))) else seq_len(sum(n))
  spread <- if (areas) 0.5 else 0
  of_area <- function() rnorm(max(area), 0, spread)[area]
  x <- rnorm(sum(n), ifelse(group == "a", 1, 2)) + of_area()
  e <- rnorm(sum(n)) + of_area()
  y <- ifelse(group == "a", 0.7 + 0.4 * x, 1 + 0.5 * x) + e
  data.frame(group, area, x, y)
}
# a has the mean 1.1 and b 2; with the coefficients of b 0.5 (1 - 2) is explained
truth <- c(-0.9, -0.5, -0.4)
decomposed <- function(design) {
  ioi_decompose(design, y ~ x, group, reference = "b", coefficients = "B")
}
repeated("Oaxaca, simple", function() decomposed(records(c(80, 120), 0)), truth, parts)
repeated("Oaxaca, 15 areas", function() {
  decomposed(ioi_design(records(c(150, 150), 15), psu = area))
}, truth, parts)

# ---- power --------------------------------------------------------------------

draws <- 20000
shares <- function(p, n) rbinom(draws, n, p) / n
table_of <- function(p, n, ...) {
  data.frame(
    draw = rep(seq_len(draws), length(p)), ..., estimate = unlist(Map(shares, p, n)),
    n = rep(n, each = draws)
  )
}
counts <- function(d) transform(d, x = round(estimate * n))
found <- function(what, plan, p_value) {
  cat(sprintf("%-34s n = %d, power planned %.3f, found %.3f\n",
    what, as.integer(plan$n), plan$power, mean(p_value < 0.05)
  ))
}
plan <- ioi_sample_size("gap", c(0.6, 0.7), ratio = 3)
size <- c(plan$n, plan$n_reference)
gap <- counts(table_of(c(0.6, 0.7), size, g = rep(c("a", "b"), each = draws)))
got <- ioi_parity(gap, g, "b", by = draw, events = x, population = n)
found("gap, 3 in the reference for each", plan, got$p.value[got$group == "a"])

plan <- ioi_sample_size("change", c(0.30, 0.36))
change <- counts(table_of(c(0.30, 0.36), c(plan$n, plan$n), t = rep(1:2, each = draws)))
got <- ioi_change(change, t, by = draw, events = x, population = n)
found("change between two waves", plan, got$p.value[got$time == 2])

p <- c(0.5, 0.6, 0.7, 0.7)
plan <- ioi_sample_size("gap_change", p, ratio = 2)
size <- c(plan$n, plan$n, plan$n_reference, plan$n_reference)
waves <- counts(table_of(p, size,
  g = rep(c("a", "b"), each = 2 * draws), t = rep(c(1, 2, 1, 2), each = draws)
))
some <- waves[waves$draw <= 2000, ]
got <- ioi_gap_change(some, g, "b", t, by = draw, events = x, population = n)
found("change of a gap (2,000 draws)", plan, got$p.value[got$measure == "difference"])
