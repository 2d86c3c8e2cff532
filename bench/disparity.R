# How often the limits of ioi_disparity() hold the truth, and how its standard errors
# compare with the spread of repeated draws. By hand: Rscript bench/disparity.R
# Five groups of unequal size; standard errors are a half, a fifth and a tenth of the
# standard deviation between groups. 20,000 draws each, all in one call.
library(ioi)

set.seed(20)
reps <- 20000
share <- c(0.4, 0.25, 0.15, 0.12, 0.08)
truth <- c(0.42, 0.47, 0.55, 0.60, 0.70)
size <- c(1, 1.2, 1.5, 1.6, 2) / 1.25
measures <- c(
  "range_difference", "range_ratio", "bgv", "bgsd", "cov", "mdmw", "mdbw", "theil", "mld",
  "rci", "sii", "rii", "par"
)
spread <- sqrt(sum(share * (truth - sum(share * truth))^2))

measure <- function(data, ...) {
  ioi_disparity(data, group, measures,
    weights = share, order = group, favourable = TRUE, by = draw, ...
  )
}

for (part in c(2, 5, 10)) {
  se <- size * spread / part
  draws <- data.frame(
    draw = rep(seq_len(reps), each = 5), group = rep(1:5, reps), share = rep(share, reps),
    estimate = rnorm(5 * reps, truth, se), std.error = rep(se, reps)
  )
  fixed <- data.frame(draw = 0, group = 1:5, share = share, estimate = truth, std.error = se)
  right <- measure(fixed)
  seconds <- system.time(got <- measure(draws))[["elapsed"]]
  of <- function(x) matrix(x, length(measures))
  held <- rowMeans(of(got$conf.low) <= right$estimate & of(got$conf.high) >= right$estimate)
  cat("\nstandard errors about 1/", part, " of the spread between groups; ",
    round(1e6 * seconds / reps), " microseconds for the ", length(measures),
    " measures of a draw\n",
    sep = ""
  )
  print(data.frame(
    measure = measures, truth = signif(right$estimate, 3),
    bias = signif(rowMeans(of(got$estimate)) - right$estimate, 2),
    sd = signif(apply(of(got$estimate), 1, sd), 3),
    mean_se = signif(rowMeans(of(got$std.error)), 3), held = round(100 * held, 1)
  ), row.names = FALSE)

  less <- draws[draws$draw <= 400, ]
  simulated <- measure(less, ci = "simulation", draws = 1000)
  held <- rowMeans(
    of(simulated$conf.low) <= right$estimate & of(simulated$conf.high) >= right$estimate
  )
  cat("held by simulation (400 draws of 1,000):", paste(measures, round(100 * held)), "\n",
    fill = 90
  )
}
