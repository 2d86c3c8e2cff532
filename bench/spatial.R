# Segregation of local environments over the 34,753 LSOAs of England and Wales, Census
# 2011 (see data.md), and how its cost grows with the number of units. The peer is the
# definition in base R over all pairs of units, held as a matrix, which is how the
# packages seg and segregr go about it; they too are compared where they are installed.

source("bench/common.R")

lsoa <- merge(census_2011_lsoa, read.csv(xzfile("bench/lsoa_centroids_2011.csv.xz")))
groups <- names(census_2011_lsoa)[7:20]
stopifnot(nrow(lsoa) == 34753, length(groups) == 14)
widths <- c(500, 1000, 2000, 4000)

profile <- function(data, bandwidth = widths, ...) {
  ioi_segregation_spatial(
    data, white_british:other, lsoa_code,
    coords = c(easting, northing), bandwidth = bandwidth, ...
  )
}

# ---- equal to the definition over all pairs -------------------------------------

# H, D, R and the matrix of exposures of one bandwidth, all pairs in memory.
dense <- function(data, bandwidth, phi) {
  people <- as.matrix(data[groups])
  d <- as.matrix(dist(data[c("easting", "northing")]))
  around <- phi(d, bandwidth) %*% people
  p <- around / rowSums(around)
  t <- rowSums(people)
  share <- colSums(people) / sum(people)
  entropy <- -sum(share * log(share))
  mixing <- sum(share * (1 - share))
  c(
    1 + sum(t * rowSums(ifelse(p > 0, p * log(p), 0))) / (sum(t) * entropy),
    sum(t * abs(sweep(p, 2, share))) / (2 * sum(t) * mixing),
    1 - sum(t * rowSums(p * (1 - p))) / (sum(t) * mixing),
    t(crossprod(sweep(people, 2, colSums(people), "/"), p))
  )
}
biweight <- function(d, h) ifelse(d <= h, (1 - (d / h)^2)^2, 0)
gaussian <- function(d, h) exp(-(d / h)^2 / 2)

london <- lsoa[lsoa$region == "London", ]
some <- london[seq(1, nrow(london), length.out = 2000), ]
show_equal(
  "2,000 LSOAs of London, biweight kernel of 2 km, by base R",
  profile(some, 2000)$estimate, dense(some, 2000, biweight), 1e-10
)
show_equal(
  "the same, gaussian kernel", profile(some, 2000, kernel = "gaussian")$estimate,
  dense(some, 2000, gaussian), 1e-10
)

ours <- function() profile(some)
base <- function() for (h in widths) dense(some, h, biweight)
race("2,000 LSOAs, four bandwidths; peer base R, matrix of all pairs", ours, base, times = 5,
     target = 50)

if (requireNamespace("seg", quietly = TRUE) && requireNamespace("sp", quietly = TRUE)) {
  at <- as.matrix(some[c("easting", "northing")])
  people <- as.matrix(some[groups])
  weights <- function() {
    environment <- seg::localenv(at, data = people, power = 1 / 2000, maxdist = 4000)
    seg::spatseg(environment)
  }
  ours <- function() profile(some, 2000, kernel = "exponential", max_distance = 4000)
  show_equal("exponential kernel, by the package seg", ours()$estimate[1], weights()@h, 1e-6)
  race("2,000 LSOAs, one bandwidth; peer seg", ours, weights, times = 5, target = 50)
} else {
  cat("the package seg is not installed: not compared\n")
}

# ---- the whole country -----------------------------------------------------------

spent <- take_turns(list(function() profile(lsoa)), 3)
record(
  "34,753 LSOAs x 14 groups, 500 m to 4 km, all indices", "seconds of CPU", min(spent),
  median(spent), 5, "less"
)

# Resident memory above what is held before, as the kernel counts it (Linux only).
memory <- function(entry) {
  lines <- readLines("/proc/self/status")
  as.numeric(gsub("[^0-9]", "", grep(paste0("^", entry), lines, value = TRUE))) / 1024
}
if (file.exists("/proc/self/clear_refs")) {
  gc(full = TRUE)
  writeLines("5", "/proc/self/clear_refs")
  before <- memory("VmRSS")
  profile(lsoa)
  peak <- memory("VmHWM")
  record("the same, memory of the whole process at its peak", "MB", peak, peak, 300, "less")
  cat(sprintf("of which above what was held before: %.0f MB\n", peak - before))
}

# ---- cost grows with the number of units ------------------------------------------

# Squares of one density: 150 units within 4 km of each.
made <- function(units) {
  set.seed(7)
  side <- 4000 * sqrt(pi * units / 150)
  people <- matrix(rpois(units * 4, c(600, 200, 100, 50)), units)
  colnames(people) <- c("a", "b", "c", "d")
  data.frame(unit = seq_len(units), x = runif(units, 0, side), y = runif(units, 0, side), people)
}
size <- c(31250, 125000, 500000)
each <- vapply(size, function(units) {
  data <- made(units)
  run <- function() {
    ioi_segregation_spatial(data, a:d, unit, coords = c(x, y), bandwidth = c(1000, 4000))
  }
  seconds(run, "cpu", 1)
}, 0)
cat(sprintf("%7d units: %.2f s of CPU, %.1f microseconds a unit\n", size, each, 1e6 * each / size))
growth <- (each[3] / size[3]) / (each[1] / size[1])
record("cost of a unit among 500,000 over that among 31,250", "times", growth, growth, 1.5, "less")
finish("spatial")
