# Segregation indices as their definitions read, slow and apart from the package: sums
# over units, double sums over pairs of units, integrals of step functions.

slow_diversity <- function(p) {
  p <- p[p > 0]
  -sum(p * log(p))
}

# x and y: members of two groups by unit.
slow_two <- function(index, x, y, shape = 0.5, everybody = x + y) {
  keep <- x + y > 0
  x <- x[keep]
  y <- y[keep]
  everybody <- everybody[keep]
  t <- x + y
  x_all <- sum(x)
  y_all <- sum(y)
  everyone <- sum(t)
  p <- x / t
  overall <- x_all / everyone
  uneven <- sum(abs(x / x_all - y / y_all)) / 2
  own <- sum(x / x_all * x / t)
  switch(index,
    dissimilarity = sum(t * abs(p - overall)) / (2 * everyone * overall * (1 - overall)),
    gini = sum(outer(t, t) * abs(outer(p, p, "-"))) / (2 * everyone^2 * overall * (1 - overall)),
    theil = {
      mixed <- slow_diversity(c(overall, 1 - overall))
      sum(t * (mixed - vapply(p, function(p) slow_diversity(c(p, 1 - p)), 0))) / (everyone * mixed)
    },
    mutual_information = slow_diversity(c(overall, 1 - overall)) + slow_diversity(t / everyone) -
      slow_diversity(c(x, y) / everyone),
    atkinson = 1 - overall / (1 - overall) *
      abs(sum((1 - p)^(1 - shape) * p^shape * t / (overall * everyone)))^(1 / (1 - shape)),
    isolation = own,
    isolation_exact = {
      more <- t > 1
      sum(x[more] / sum(x[more]) * (x[more] - 1) / (t[more] - 1))
    },
    exposure = sum(x / x_all * y / everybody),
    normalised_exposure = ,
    relative_diversity = ,
    squared_cv = ,
    correlation_ratio = (own - overall) / (1 - overall),
    atkinson_symmetric = ,
    hutchens = 1 - sum(sqrt(x / x_all * y / y_all)),
    gorard = sum(abs(x / x_all - t / everyone)) / 2,
    min_max = 1 - sum(pmin(x / x_all, y / y_all)) / sum(pmax(x / x_all, y / y_all)),
    karmel_maclachlan =
      sum(abs(x - t * overall) + abs(y - t * (1 - overall))) / everyone,
    cutler_glaeser_vigdor = (own - overall) / (min(1, x_all / min(t)) - overall),
    concentration_profile = slow_profile(x, p, overall),
    diversity = slow_diversity(c(overall, 1 - overall)),
    simpson = 2 * overall * (1 - overall)
  )
}

# The share of x in units with p of s or more, integrated over s piece by piece.
slow_profile <- function(x, p, overall) {
  at <- sort(unique(c(0, p, overall, 1)))
  middle <- (at[-1] + at[-length(at)]) / 2
  v <- vapply(middle, function(s) sum(x[p >= s]) / sum(x), 0) * diff(at)
  (overall - sum(v[middle < overall]) + sum(v[middle > overall])) / (1 - overall)
}

# n: units x groups.
slow_many <- function(index, n) {
  n <- n[rowSums(n) > 0, colSums(n) > 0, drop = FALSE]
  t <- rowSums(n)
  everyone <- sum(n)
  overall <- colSums(n) / everyone
  p <- n / t
  apart <- sum(overall * (1 - overall))
  mixed <- slow_diversity(overall)
  off <- sweep(p, 2, overall)
  mutual <- mixed - sum(t / everyone * apply(p, 1, slow_diversity))
  switch(index,
    dissimilarity = sum(t * abs(off)) / (2 * everyone * apart),
    gini = sum(vapply(seq_along(overall), function(g) {
      sum(outer(t, t) * abs(outer(p[, g], p[, g], "-")))
    }, 0)) / (2 * everyone^2 * apart),
    theil = mutual / mixed,
    mutual_information = mutual,
    normalised_exposure = sum(colSums(t / everyone * off^2) / (1 - overall)),
    relative_diversity = sum(t * off^2) / (everyone * apart),
    squared_cv = sum(colSums(t / everyone * off^2) / ((length(overall) - 1) * overall)),
    atkinson_symmetric =
      1 - sum(apply(sweep(n, 2, colSums(n), "/"), 1, prod)^(1 / length(overall))),
    karmel_maclachlan = sum(abs(n / everyone - outer(t / everyone, overall))),
    diversity = mixed,
    simpson = apart
  )
}

two_group_indices <- c(
  "dissimilarity", "gini", "theil", "mutual_information", "atkinson", "isolation",
  "isolation_exact", "exposure", "normalised_exposure", "correlation_ratio", "hutchens",
  "gorard", "relative_diversity", "squared_cv", "atkinson_symmetric", "min_max",
  "karmel_maclachlan", "cutler_glaeser_vigdor", "concentration_profile", "diversity", "simpson"
)
many_group_indices <- c(
  "dissimilarity", "gini", "theil", "mutual_information", "normalised_exposure",
  "relative_diversity", "squared_cv", "atkinson_symmetric", "karmel_maclachlan",
  "diversity", "simpson"
)

# One row of a result, from the table it was made of.
slow_row <- function(n, index, group, other, shape = 0.5) {
  if (is.na(group)) {
    return(slow_many(index, n))
  }
  x <- n[, group]
  y <- if (other == "rest") rowSums(n) - x else n[, other]
  if (index == "exposure") {
    t <- rowSums(n)
    return(sum((x / sum(x) * y / t)[t > 0]))
  }
  slow_two(index, x, y, shape)
}

slow_rows <- function(n, table, shape = 0.5) {
  mapply(
    function(index, group, other) slow_row(n, index, group, other, shape),
    table$index, table$group, table$other,
    USE.NAMES = FALSE
  )
}

# Derivatives of all rows of a result by each cell, by central differences:
# cells x rows.
slow_slopes <- function(n, table, shape = 0.5) {
  h <- 1e-4
  t(vapply(seq_along(n), function(cell) {
    up <- down <- n
    up[cell] <- n[cell] + h
    down[cell] <- n[cell] - h
    (slow_rows(up, table, shape) - slow_rows(down, table, shape)) / (2 * h)
  }, numeric(nrow(table))))
}

# A table of counts without empty cells.
full_table <- function(units, groups, most = 60) {
  n <- matrix(sample(most, units * groups, replace = TRUE) + 0, units, groups)
  colnames(n) <- letters[seq_len(groups)]
  n
}
