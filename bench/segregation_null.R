# Exact expectation and standard deviation of segregation under chance in 24,000
# schools, against simulation with r2dtable(). Equality first.

source("bench/common.R")

schools <- as.data.frame(school_census_2023)
groups <- c("white_british", "pakistani", "indian", "bangladeshi", "african")
schools$others <- schools$headcount - rowSums(schools[groups])
table <- as.matrix(schools[schools$others >= 0, c(groups, "others")])
set.seed(1)
table <- rbind(table, table[sample(nrow(table), 24000 - nrow(table)), ])
cat(nrow(table), "schools,", format(sum(table), big.mark = ","), "pupils,",
    length(unique(rowSums(table))), "sizes,", ncol(table), "groups\n")

# equality: 30 tables drawn by r2dtable()
two <- cbind(pakistani = table[, "pakistani"], rest = rowSums(table) - table[, "pakistani"])
of_drawn <- function(n) {
  vapply(
    stats::r2dtable(n, rowSums(two), colSums(two)),
    function(t) sum(abs(t[, 1] / sum(t[, 1]) - t[, 2] / sum(t[, 2]))) / 2, 0
  )
}
drawn <- of_drawn(30)
exact <- ioi_segregation_null(two)
cat(sprintf("D under chance: exact %.6f (sd %.6f), 30 draws %.6f (sd %.6f)\n",
            exact$expected, exact$std.deviation, mean(drawn), stats::sd(drawn)))
stopifnot(abs(mean(drawn) - exact$expected) < 5 * exact$std.deviation / sqrt(30))

report <- function(what, run, target = NA) {
  spent <- take_turns(list(run), 3)
  record(what, "seconds of CPU", min(spent), median(spent), target, best = "less")
}
report("30 draws of r2dtable(), D of a pair in 24,000 schools", function() of_drawn(30))
report("99 draws of the package, D of a pair", function() ioi_segregation_null(two, reps = 99))
report("exact mean and variance of D of a pair", function() ioi_segregation_null(two), 1)
report("the same of D of all groups", function() ioi_segregation_null(table), 1)
report("the same of H of all groups",
  function() ioi_segregation_null(table, index = "theil"), 1
)
finish("segregation_null")
