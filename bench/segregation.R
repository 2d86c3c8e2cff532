# Segregation over the 181,408 output areas of England and Wales, Census 2011 (see
# data.md), 14 groups, against base R written over whole columns and, where it is
# installed, against the package segregation of CRAN.

source("bench/common.R")

oa <- read.csv(xzfile("bench/ethnicity_oa_2011.csv.xz"))
oa$LAD <- factor(oa$LAD)
groups <- names(oa)[3:16]
stopifnot(nrow(oa) == 181408, groups[1] == "WhiteBrit", sum(oa[groups]) == 56018232)

# ---- Bangladeshi and White British, the whole country --------------------------

ours <- function() {
  ioi_segregation(oa, group = c(Bangladeshi, WhiteBrit), compare = "pairwise")
}
base <- function() {
  a <- oa$Bangladeshi
  b <- oa$WhiteBrit
  sum(abs(a / sum(a) - b / sum(b))) / 2
}
d <- ours()$estimate
show_equal("D of Bangladeshi and White British is 0.852212", round(d, 6), 0.852212, 0)
show_equal("the same by base R", d, base())
race("D of two groups over 181,408 areas; peer base R, the formula alone", ours, base)

# ---- long data, against the package segregation ---------------------------------

# M and H, D of a pair in every authority, and the bootstrap. Units, groups and
# authorities are text, the rows group by group in the order of the units, as published.
against_package <- function() {
  long <- data.frame(
    LAD = rep(as.character(oa$LAD), length(groups)), unit = rep(oa$OA, length(groups)),
    group = rep(groups, each = nrow(oa)), people = unlist(oa[groups], use.names = FALSE)
  )
  both <- c("mutual_information", "theil")
  m_and_h <- function(data) {
    ioi_segregation(data, group, unit, people, index = both, compare = "multigroup")
  }
  wide <- function() {
    ioi_segregation(oa, group = WhiteBrit:Other, unit = OA, index = both, compare = "multigroup")
  }
  total <- function(data) segregation::mutual_total(data, "group", "unit", weight = "people")
  m <- total(long)$est
  show_equal("M and H, by the package segregation", m_and_h(long)$estimate, m)
  show_equal("the same from wide data", wide()$estimate, m)
  race("M and H, long data, units as text; peer mutual_total()",
    function() m_and_h(long), function() total(long), target = 10
  )
  race("the same, wide data; peer from long data", wide, function() total(long), target = 10)
  set.seed(1)
  mixed <- long[sample(nrow(long)), ]
  race("the same, long data, rows shuffled on both sides",
    function() m_and_h(mixed), function() total(mixed), times = 3
  )
  rm(mixed)
  pair_in_authorities(long[long$group %in% c("Bangladeshi", "WhiteBrit"), ])
  bootstrap(long, m_and_h)
}

pair_in_authorities <- function(pair) {
  one_by_one <- split(pair, pair$LAD)
  ours <- function() ioi_segregation(pair, group, unit, people, by = LAD, compare = "pairwise")
  loop <- function() {
    vapply(one_by_one, function(area) {
      segregation::dissimilarity(area, "group", "unit", "people")$est
    }, 0)
  }
  d <- ours()$estimate
  theirs <- unname(loop())
  theirs[is.na(d)] <- NA # no Bangladeshi residents: 0 there, no value here
  show_equal("D of a pair in 348 authorities, by a loop over dissimilarity()", d, theirs)
  race("D of a pair in 348 authorities, long data; peer a loop over dissimilarity()",
    ours, loop, times = 5, target = 50
  )
  whole <- function() ioi_segregation(pair, group, unit, people, compare = "pairwise")
  package <- function() segregation::dissimilarity(pair, "group", "unit", "people")
  show_equal("D of long data, by the package segregation", whole()$estimate, package()$est)
  race("D of two groups, long data, units as text; peer dissimilarity()", whole, package)
}

# Once each: the peer takes minutes, and the memory of all replicates at once.
bootstrap <- function(long, m_and_h) {
  set.seed(1)
  ours <- peer <- NULL
  spent <- c(ours = NA, peer = NA)
  spent[["ours"]] <- seconds(clock = "cpu", calls = 1, run = function() {
    ours <<- ioi_segregation(long, group, unit, people,
      index = c("mutual_information", "theil"), compare = "multigroup", se = "bootstrap",
      reps = 100
    )
  })
  spent[["peer"]] <- seconds(clock = "cpu", calls = 1, run = function() {
    peer <<- segregation::mutual_total(long, "group", "unit",
      weight = "people", se = TRUE, n_bootstrap = 100
    )
  })
  show_equal("standard errors of M and H, each of 100 draws", ours$std.error, peer$se, 0.35)
  show_equal("M and H less their bias", ours$estimate - ours$bias, peer$est, 1e-4)
  record_race("M and H with 100 bootstrap replicates of persons; peer mutual_total(se = TRUE)",
    spent[["ours"]], spent[["peer"]], target = 10
  )
}

if (requireNamespace("segregation", quietly = TRUE)) {
  against_package()
} else {
  cat("the package segregation is not installed: not compared\n")
}

# ---- Gini of all pairs -----------------------------------------------------------

# By the area under the segregation curve, units in the order of their shares.
gini <- function(x, y) {
  o <- order(x / (x + y))
  x <- x[o] / sum(x)
  y <- y[o] / sum(y)
  sum(x * (2 * cumsum(y) - y)) - 1
}
ours <- function() {
  ioi_segregation(oa, group = WhiteBrit:Other, index = "gini", compare = "pairwise")
}
from_base <- combn(groups, 2, function(pair) gini(oa[[pair[1]]], oa[[pair[2]]]))
show_equal("Gini of 91 pairs, by base R", ours()$estimate, from_base)
spent <- take_turns(list(ours), 3)
record("Gini of all 91 pairs", "seconds of CPU", min(spent), median(spent), 3, best = "less")

# ---- each group from White British, in each of 348 authorities ------------------

pairs <- lapply(groups[-1], c, groups[1])
ours <- function() {
  ioi_segregation(oa, group = WhiteBrit:Other, by = LAD, compare = "pairwise", groups = pairs)
}
people <- as.matrix(oa[groups])
base <- function() {
  total <- rowsum(people, oa$LAD)
  share <- people / total[oa$LAD, ]
  rowsum(abs(share[, -1] - share[, 1]), oa$LAD) / 2
}
from_base <- base()
from_base[is.nan(from_base)] <- NA # authorities without members of a group
show_equal("D of 13 groups in 348 authorities, by base R", ours()$estimate, t(from_base))
race("D of 13 groups in 348 authorities; peer base R", ours, base)

# ---- all groups at once in each authority ---------------------------------------

ours <- function() {
  ioi_segregation(oa, group = WhiteBrit:Other, by = LAD, compare = "multigroup")
}
base <- function() {
  all <- rowsum(people, oa$LAD)
  share <- all / rowSums(all)
  diversity <- rowSums(share * (1 - share))
  expected <- rowSums(people) * share[oa$LAD, ]
  apart <- rowsum(rowSums(abs(people - expected)), oa$LAD)[, 1]
  apart / (2 * rowSums(all) * diversity)
}
show_equal("multigroup D in 348 authorities, by base R", ours()$estimate, base())
race("multigroup D of 14 groups in 348 authorities; peer base R", ours, base)
finish("segregation")
