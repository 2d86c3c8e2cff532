# How often the limits of a proportion contain the truth, and how wide they are, by
# method: Rscript bench/coverage.R [replicates] [level]
#
# Simple random samples: exact, by adding up the binomial distribution.
# Clustered samples: simulated. Each of m PSUs has its own share, drawn from a beta
# distribution with mean p and intraclass correlation rho; b of its people are asked.
# The estimate, its standard error (between PSUs, with replacement) and its m - 1
# degrees of freedom are those of the linearised one-stage design without weights.
# The seed is fixed; 10,000 replicates give coverages to about 0.2 points (one
# standard error at 95%).

library(ioi)
options(width = 120)
arguments <- as.numeric(commandArgs(TRUE))
replicates <- if (length(arguments) >= 1) arguments[1] else 10000
level <- if (length(arguments) >= 2) arguments[2] else 0.95
methods <- setdiff(ioi:::interval_methods, "xlogit") # logit here

# Coverage and mean width of each method, in per cent; `weight` of each sample.
performance <- function(p, truth, se, n, df, weight) {
  vapply(methods, function(method) {
    limits <- ioi:::interval_proportion(p, se, n, df, method, level)
    inside <- limits$conf.low <= truth & truth <= limits$conf.high
    width <- pmin(limits$conf.high, 1) - pmax(limits$conf.low, 0)
    100 * c(sum(weight * inside), sum(weight * width)) / sum(weight)
  }, c(coverage = 0, width = 0))
}

simple <- function(n, truth) {
  x <- 0:n
  p <- x / n
  performance(
    p, truth, sqrt(p * (1 - p) / (n - 1)), rep(n, n + 1), rep(n - 1, n + 1),
    stats::dbinom(x, n, truth)
  )
}

clustered <- function(m, b, rho, truth) {
  a <- (1 - rho) / rho
  share <- stats::rbeta(m * replicates, a * truth, a * (1 - truth))
  x <- matrix(stats::rbinom(m * replicates, b, share), m)
  total <- colSums(x)
  between <- colSums((x - rep(total / m, each = m))^2)
  p <- total / (m * b)
  se <- sqrt(m / (m - 1) * between) / (m * b)
  all <- rep(1, replicates)
  performance(p, truth, se, m * b * all, (m - 1) * all, all)
}

show <- function(title, settings, results) {
  cat("\n", title, "\n", sep = "")
  for (what in c("coverage", "width")) {
    values <- do.call(rbind, lapply(results, function(result) result[what, ]))
    text <- formatC(values, digits = 1, format = "f")
    dimnames(text) <- list(settings, abbreviate(methods, 9))
    cat("\n", what, ", per cent\n", sep = "")
    print(text, quote = FALSE, right = TRUE)
  }
}

set.seed(20190601)
truths <- c(0.01, 0.1, 0.5)
grid <- expand.grid(p = truths, n = c(10, 30, 100, 1000))
show(
  paste0("Simple random samples of n, exact, level ", level),
  paste0("n=", grid$n, " p=", grid$p),
  Map(simple, grid$n, grid$p)
)
grid <- expand.grid(p = truths, rho = c(0.02, 0.1), m = c(5, 15, 40))
show(
  paste0("m PSUs of 20 people, ", replicates, " samples, level ", level),
  paste0("m=", grid$m, " rho=", grid$rho, " p=", grid$p),
  Map(function(m, rho, p) clustered(m, 20, rho, p), grid$m, grid$rho, grid$p)
)
