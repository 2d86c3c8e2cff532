# Reads and runs the open cases of the parts of segregation (cases/segregation_parts.md),
# and slow routes to the same numbers.

parts_cases <- function(index) {
  cases <- read_cases(test_path("cases", "segregation_parts.csv"))
  cases <- cases[cases$index %in% index, ]
  cases$expected <- as.numeric(cases$expected)
  cases$tol_abs <- as.numeric(cases$tol_abs)
  cases
}

# The table of an input, with a column `row`: how a case names its units.
parts_input <- function(input) {
  if (input == "census_2011_lsoa") {
    x <- ioi::census_2011_lsoa
    x <- x[x$la_name %in% c("Leicester", "Oadby and Wigston", "Luton", "Watford"), ]
    x$row <- x$lsoa_code
    return(x)
  }
  x <- utils::read.csv(test_path("cases", paste0("segregation_", input)))
  x$row <- paste0("row", seq_len(nrow(x)))
  x
}

census_groups <- function() names(ioi::census_2011_lsoa)[7:20]

case_args <- function(args) {
  parts <- strsplit(strsplit(args, ";", fixed = TRUE)[[1]], "=", fixed = TRUE)
  out <- lapply(parts, function(p) strsplit(p[2], "[+>|]")[[1]])
  names(out) <- vapply(parts, function(p) p[1], "")
  if (identical(out$groups, "all14")) out$groups <- census_groups()
  out
}

# The ids of the cases that `got` (a function of case and arguments) does not meet.
parts_misses <- function(cases, got) {
  misses <- lapply(seq_len(nrow(cases)), function(i) {
    case <- as.list(cases[i, ])
    value <- got(case, case_args(case$args))
    near <- length(value) == 1 && !is.na(value) && abs(value - case$expected) <= case$tol_abs
    if (!near) sprintf("%s: %s, not %s", case$case_id, format(value), format(case$expected))
  })
  unlist(misses)
}

# ---- slow routes: a units x groups matrix -----------------------------------------

slow_m <- function(x) {
  p <- x / sum(x)
  expected <- outer(rowSums(p), colSums(p))
  sum(ifelse(p > 0, p * log(p / expected), 0))
}

slow_entropy <- function(x) {
  p <- x[x > 0] / sum(x)
  -sum(p * log(p))
}

slow_h <- function(x) slow_m(x) / slow_entropy(colSums(x))

slow_r <- function(x) {
  x <- x[rowSums(x) > 0, , drop = FALSE]
  share <- colSums(x) / sum(x)
  apart <- sum(rowSums(x) * rowSums(sweep(x / rowSums(x), 2, share)^2))
  apart / (sum(x) * sum(share * (1 - share)))
}

slow_a <- function(x) {
  q <- sweep(x, 2, colSums(x), "/")
  1 - sum(apply(q, 1, prod)^(1 / ncol(x)))
}

slow_nested <- list(
  mutual_information = slow_m, theil = slow_h, relative_diversity = slow_r,
  hutchens = slow_a, atkinson_symmetric = slow_a
)

# The index at each level less that at the level above.
slow_steps <- function(x, levels, index) {
  at <- vapply(levels, function(area) slow_nested[[index]](rowsum(x, area)), 0)
  at - c(0, at[-length(at)])
}

# Units in districts in regions; the names of districts and units repeat.
nested_table <- function(groups = 3, mean = 40) {
  units <- expand.grid(unit = 1:4, district = c("north", "south"), region = c("a", "b", "c"))
  x <- matrix(stats::rnbinom(nrow(units) * groups, mu = mean, size = 2) + 1, nrow(units))
  colnames(x) <- letters[seq_len(groups)]
  out <- cbind(units, as.data.frame(x))
  out$district <- as.character(out$district)
  out$region <- as.character(out$region)
  out
}

# The numbers of a table of parts.
parts_numbers <- function(x) {
  numbers(x, intersect(c("estimate", "std.error", "conf.low", "share", "units", "n"), names(x)))
}
