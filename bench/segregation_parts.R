# Five nested levels over the 181,408 output areas of England and Wales, Census 2011 (see
# data.md), 14 groups, against segregation::mutual_total_nested(). The data have two real
# levels, authority and output area; those between are made of neighbours in the order of
# the codes (which follows the authorities): areas of 5, of 25 and of 125 output areas.

source("bench/common.R")
if (!requireNamespace("segregation", quietly = TRUE)) {
  cat("the package segregation is not installed: not compared\n")
  quit()
}

oa <- read.csv(xzfile("bench/ethnicity_oa_2011.csv.xz"))
groups <- names(oa)[3:16]
stopifnot(nrow(oa) == 181408, sum(oa[groups]) == 56018232)
place <- ave(seq_len(nrow(oa)), oa$LAD, FUN = seq_along) - 1
oa$large <- paste(oa$LAD, place %/% 125)
oa$middle <- paste(oa$LAD, place %/% 25)
oa$small <- paste(oa$LAD, place %/% 5)
long <- data.frame(
  oa[rep(seq_len(nrow(oa)), length(groups)), c("LAD", "large", "middle", "small", "OA")],
  group = rep(groups, each = nrow(oa)), people = unlist(oa[groups], use.names = FALSE),
  row.names = NULL
)
levels <- c("LAD", "large", "middle", "small", "OA")

wide <- function() {
  ioi_segregation_within(oa,
    group = tidyselect::all_of(groups), unit = "OA", within = levels[1:4],
    index = c("mutual_information", "theil")
  )
}
ours <- function() {
  ioi_segregation_within(long,
    group = "group", unit = "OA", count = "people", within = levels[1:4],
    index = c("mutual_information", "theil")
  )
}
peer <- function() {
  segregation::mutual_total_nested(long, "group", levels, weight = "people")
}

found <- ours()
theirs <- as.data.frame(peer())
m <- theirs$est[theirs$stat == "M"]
h <- theirs$est[theirs$stat == "H"]
show_equal("M of five levels", found$estimate[found$index == "mutual_information"], m)
show_equal("H of five levels", found$estimate[found$index == "theil"], h)
show_equal("the same from wide data", wide()$estimate, found$estimate)
race("M and H of five nested levels, long data; peer mutual_total_nested", ours, peer,
  times = 3, target = 10
)
race("the same, wide data; peer from long data", wide, peer, times = 3, target = 10)
finish("segregation_parts")
