# Dissimilarity over the 181,408 output areas of England and Wales, Census 2011 (see
# data.md), against base R written over whole columns and, where it is installed,
# against the package segregation of CRAN.

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

if (requireNamespace("segregation", quietly = TRUE)) {
  long <- data.frame(
    unit = rep(oa$OA, 2),
    group = rep(c("Bangladeshi", "WhiteBrit"), each = nrow(oa)),
    people = c(oa$Bangladeshi, oa$WhiteBrit)
  )
  ours_long <- function() {
    ioi_segregation(long, group, unit, people, compare = "pairwise")
  }
  package <- function() segregation::dissimilarity(long, "group", "unit", "people")
  show_equal("D of long data, by the package segregation", ours_long()$estimate, package()$est)
  race("D of two groups, long data, units as text; peer segregation", ours_long, package)
} else {
  cat("the package segregation is not installed: not compared\n")
}

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
