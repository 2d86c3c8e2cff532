# Standardised rates and life tables of many areas against PHEindicatormethods, the R
# package of England's public health body: results equal first, then time per table
# and how it grows with the number of tables.
#
#   Rscript bench/rates.R [areas]
#
# PHEindicatormethods asks for R 4.3. Where it is not installed its algorithm's time per
# table is taken from the lines marked "stored": version 2.1.2 run under R 4.2.2 (its
# declared minimum lowered) with dplyr 1.2.1 on two cores, for 2,000 areas of 20 bands.

library(ioi)

stored <- c(rate = 230e-6, life_table = 2200e-6) # seconds a table
arguments <- as.numeric(commandArgs(TRUE))
areas <- if (length(arguments)) arguments[1] else 20000
starts <- c(0L, 1L, seq(5L, 90L, by = 5L))

# Deaths that follow a Gompertz curve, at least one a band so that both packages give a
# result for every area.
make_areas <- function(count) {
  set.seed(20)
  d <- data.frame(
    area = rep(sprintf("E%08d", seq_len(count)), each = length(starts)),
    age = rep(starts, count),
    population = round(runif(count * length(starts), 500, 9000))
  )
  rate <- rep(pmin(0.3, 0.0003 * exp(0.075 * starts)), count)
  d$deaths <- rpois(nrow(d), d$population * rate) + 1
  d
}

rates <- function(d) ioi_standardise(d, deaths, population, age, "esp2013", by = area)
tables <- function(d) ioi_life_expectancy(d, age, deaths, population, by = area)

seconds <- function(run, times = 3) {
  min(vapply(seq_len(times), function(i) system.time(run())[["elapsed"]], 0))
}

# ---- equal --------------------------------------------------------------------

installed <- requireNamespace("PHEindicatormethods", quietly = TRUE) &&
  requireNamespace("dplyr", quietly = TRUE)
few <- make_areas(200)

# The same quantities written out in plain R, an area at a time.
by_hand <- function(d) {
  weight <- esp2013$population / 1e5
  n <- c(diff(d$age), NA)
  a <- ifelse(d$age == 0, 0.1, 0.5)
  m <- d$deaths / d$population
  q <- pmin(n * m / (1 + (1 - a) * n * m), 1)
  k <- nrow(d)
  l <- c(1, cumprod(1 - q[-k]))
  years <- c(n[-k] * (l[-1] + a[-k] * (l * q)[-k]), l[k] / m[k])
  c(rate = 1e5 * sum(weight * m), e0 = sum(years))
}
hand <- t(vapply(split(few, few$area), by_hand, c(rate = 0, e0 = 0)))
ours <- cbind(rate = rates(few)$estimate, e0 = tables(few)$estimate)
gap <- max(abs(hand / ours - 1))
cat("Largest relative difference from plain R:", format(gap, digits = 2), "\n")
stopifnot(gap < 1e-12)

if (installed) {
  few$weight <- esp2013$population[match(few$age, esp2013$start)]
  grouped <- dplyr::group_by(few, area)
  suppressMessages({
    rate <- PHEindicatormethods::calculate_dsr(grouped, deaths, population, weight)
    life <- PHEindicatormethods::phe_life_expectancy(
      grouped, deaths, population, age, le_age = 0L
    )
  })
  theirs <- rates(few)
  gaps <- c(
    rate = max(abs(rate$value / theirs$estimate - 1)),
    lower = max(abs(rate$lowercl / theirs$conf.low - 1)),
    upper = max(abs(rate$uppercl / theirs$conf.high - 1)),
    life = max(abs(life$value / tables(few)$estimate - 1)),
    life_lower = max(abs(life$lowercl / tables(few)$conf.low - 1))
  )
  cat("Largest relative difference from PHEindicatormethods:\n")
  print(signif(gaps, 2))
  stopifnot(all(gaps < 1e-9))
}

# ---- timed --------------------------------------------------------------------

peer <- stored
if (installed) {
  some <- make_areas(2000)
  some$weight <- esp2013$population[match(some$age, esp2013$start)]
  grouped <- dplyr::group_by(some, area)
  peer <- suppressMessages(c(
    rate = seconds(function() {
      PHEindicatormethods::calculate_dsr(grouped, deaths, population, weight)
    }) / 2000,
    life_table = seconds(function() {
      PHEindicatormethods::phe_life_expectancy(grouped, deaths, population, age)
    }, 1) / 2000
  ))
}
sizes <- unique(round(areas * c(0.25, 0.5, 1)))
timed <- t(vapply(sizes, function(count) {
  d <- make_areas(count)
  c(
    rate = seconds(function() rates(d)), life_table = seconds(function() tables(d)),
    whole_table = seconds(function() {
      ioi_life_expectancy(d, age, deaths, population, by = area, at = NULL)
    })
  )
}, c(rate = 0, life_table = 0, whole_table = 0)))
rownames(timed) <- paste(format(sizes, big.mark = ","), "areas")
cat("\nSeconds in one call:\n")
print(round(timed, 3))
each <- timed[nrow(timed), ] / areas
cat("\nMicroseconds a table:\n")
print(round(1e6 * rbind(
  ioi = each, peer = c(peer, whole_table = peer[["life_table"]])
), 1))
cat("Peer:", if (installed) "timed here.\n" else "stored timings, see above.\n")
cat("Times as fast:", paste0(
  names(peer), " ", round(peer / each[names(peer)]),
  collapse = ", "
), "\n")
