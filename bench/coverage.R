# How often the limits of a proportion contain the truth, and how wide they are, by
# method: Rscript bench/coverage.R [replicates] [level]
# The table that the package keeps for its vignette on surveys, from the root of the
# sources: Rscript bench/coverage.R table
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
store <- identical(commandArgs(TRUE), "table")
arguments <- if (store) numeric() else as.numeric(commandArgs(TRUE))
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

# The stored table: each p, n and design effect. A design effect above 1 comes from
# clusters of b people with intraclass correlation (deff - 1)/(b - 1).
coverage_table <- function() {
  size_of <- c("30" = 5, "100" = 10, "1000" = 20)
  grid <- expand.grid(p = c(0.02, 0.1, 0.5, 0.9), n = c(30, 100, 1000), deff = c(1, 1.6, 3))
  rows <- lapply(seq_len(nrow(grid)), function(i) {
    at <- grid[i, ]
    b <- if (at$deff == 1) 1 else size_of[[as.character(at$n)]]
    result <- if (b == 1) {
      simple(at$n, at$p)
    } else {
      clustered(at$n / b, b, (at$deff - 1) / (b - 1), at$p)
    }
    all <- c(methods, "xlogit") # logit, where there are no replicates
    result <- cbind(result, xlogit = result[, "logit"])[, all]
    data.frame(
      at,
      psus = at$n / b, method = all, coverage = round(result["coverage", ], 2),
      width = round(result["width", ], 2), row.names = NULL
    )
  })
  do.call(rbind, rows)
}

write_coverage <- function(path, seed) {
  lines <- c(
    "# How often 95% limits of a proportion hold the true share, and their mean width, per cent.",
    paste0(
      "# Made by bench/coverage.R, seed ", seed, ". deff 1: simple random samples, exact; else ",
      format(replicates, big.mark = ",", scientific = FALSE), " draws of n people"
    ),
    "# in clusters of n/psus with intraclass correlation (deff - 1)/(n/psus - 1)."
  )
  writeLines(lines, path)
  suppressWarnings(utils::write.table(
    coverage_table(), path,
    append = TRUE, sep = ",", quote = FALSE, row.names = FALSE
  ))
}

show_coverage <- function() {
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
}

seed <- 20190601
set.seed(seed)
if (store) write_coverage("inst/extdata/coverage_proportion.csv", seed) else show_coverage()
