# Exact expectation and standard deviation of segregation under chance in 24,000
# schools, against simulation with r2dtable(). Equality first.
#   Rscript bench/segregation_null.R
library(ioi)

schools <- as.data.frame(school_census_2023)
groups <- c("white_british", "pakistani", "indian", "bangladeshi", "african")
schools$others <- schools$headcount - rowSums(schools[groups])
table <- as.matrix(schools[schools$others >= 0, c(groups, "others")])
set.seed(1)
table <- rbind(table, table[sample(nrow(table), 24000 - nrow(table)), ])
cat(nrow(table), "schools,", format(sum(table), big.mark = ","), "pupils,",
    length(unique(rowSums(table))), "sizes,", ncol(table), "groups\n")

cpu <- function(expr) sum(system.time(expr)[c("user.self", "sys.self")])

# equality: 30 tables drawn by r2dtable()
two <- cbind(pakistani = table[, "pakistani"], rest = rowSums(table) - table[, "pakistani"])
drawn_cpu <- cpu(drawn <- vapply(
  stats::r2dtable(30, rowSums(two), colSums(two)),
  function(t) sum(abs(t[, 1] / sum(t[, 1]) - t[, 2] / sum(t[, 2]))) / 2, 0
))
two_cpu <- cpu(exact <- ioi_segregation_null(two))
cat(sprintf("D under chance: exact %.6f (sd %.6f), 30 draws %.6f (sd %.6f)\n",
            exact$expected, exact$std.deviation, mean(drawn), stats::sd(drawn)))
stopifnot(abs(mean(drawn) - exact$expected) < 5 * exact$std.deviation / sqrt(30))

result <- data.frame(
  what = c("30 draws of r2dtable(), D of a pair", "exact D of a pair, with variance",
           "exact D, all groups, with variance", "exact H, all groups, with variance",
           "99 draws of the package, D of a pair"),
  seconds = c(
    drawn_cpu, two_cpu, cpu(ioi_segregation_null(table)),
    cpu(ioi_segregation_null(table, index = "theil")),
    cpu(ioi_segregation_null(two, reps = 99)) - two_cpu
  )
)
print(result, row.names = FALSE, digits = 3)
