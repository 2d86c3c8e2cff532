# How often do the 95% limits of segregation indices hold the truth, and how near 0 are
# corrected indices when people are put into units at random?
#
#   Rscript bench/coverage_segregation.R [share]    prints the tables
#   Rscript bench/coverage_segregation.R write      and writes
#                                                   inst/extdata/coverage_segregation.csv
#
# A row for each way of sampling, index and error. `sampling`:
#   persons  people drawn at random into the cells of a known table of 50 units
#   groups   the same, each group by itself, with totals that are known
#   units    whole units drawn from a law of units
#   design   a stratified cluster sample of 10,000 PSUs in 20 units, 10 people of each
#   chance   no segregation: people dealt to units at random, all totals kept
# `people`: members of a unit on average; of a design, PSUs sampled. `truth`: the index that
# is sampled from. `mean`, `sd`: of the estimates. `se_ratio`: mean standard error over sd.
# `coverage`: share of limits that hold the truth; `above`, `below`: that lie all above or all
# below it. `seed` and the number of samples, `draws`, stand in the first line.

library(ioi)

argument <- commandArgs(trailingOnly = TRUE)
store <- identical(argument, "write")
share <- if (store || !length(argument)) 1 else as.numeric(argument[1])
seed <- 20191
draws_of <- function(n) max(20, round(n * share))

two_groups <- c(
  "dissimilarity", "gini", "theil", "mutual_information", "hutchens", "atkinson",
  "isolation", "correlation_ratio", "gorard"
)
many_groups <- c(
  "dissimilarity", "gini", "theil", "mutual_information", "relative_diversity",
  "normalised_exposure"
)

# ---- tables to sample from -----------------------------------------------------------

dissimilarity <- function(a, b) sum(abs(a / sum(a) - b / sum(b))) / 2

# The share of the minority in each of `units` units of one size: the quantiles of a
# beta law, with the spread that gives dissimilarity `d`.
shares <- function(units, d, minority) {
  at <- (seq_len(units) - 0.5) / units
  share <- function(log_size) {
    size <- exp(log_size)
    stats::qbeta(at, minority * size, (1 - minority) * size)
  }
  gap <- function(log_size) {
    p <- share(log_size)
    dissimilarity(p, 1 - p) - d
  }
  share(stats::uniroot(gap, c(-6, 12), tol = 1e-10)$root)
}

# Probabilities of the cells, units x groups; three groups where `three`: the majority is
# parted by shares in another order.
cell_shares <- function(d, minority, units = 50, three = FALSE) {
  p <- shares(units, d, minority)
  if (!three) {
    return(cbind(a = p, b = 1 - p) / units)
  }
  other <- p[c(seq(1, units, 2), rev(seq(2, units, 2)))]
  cbind(a = p, b = (1 - p) * other, c = (1 - p) * (1 - other)) / units
}

# ---- samples -------------------------------------------------------------------------

# Tables below each other, from a matrix with a table a column, group by group.
stack_tables <- function(tables, units, groups) {
  counts <- lapply(seq_along(groups), function(g) {
    as.vector(tables[(g - 1) * units + seq_len(units), ])
  })
  names(counts) <- groups
  draws <- ncol(tables)
  data.frame(
    draw = rep(seq_len(draws), each = units), unit = rep(seq_len(units), draws), counts
  )
}

draw_persons <- function(cells, people, draws) {
  tables <- stats::rmultinom(draws, nrow(cells) * people, cells)
  stack_tables(tables, nrow(cells), colnames(cells))
}

draw_groups <- function(cells, people, draws) {
  sizes <- round(nrow(cells) * people * colSums(cells))
  tables <- do.call(rbind, lapply(seq_len(ncol(cells)), function(g) {
    stats::rmultinom(draws, sizes[g], cells[, g])
  }))
  stack_tables(tables, nrow(cells), colnames(cells))
}

# Units of 50 to 500 people, with the shares of a beta law, without sampling error.
draw_units <- function(units, law, draws) {
  p <- sample(law, units * draws, replace = TRUE)
  size <- stats::runif(units * draws, 50, 500)
  data.frame(
    draw = rep(seq_len(draws), each = units), unit = rep(seq_len(units), draws),
    a = size * p, b = size * (1 - p)
  )
}

# People dealt to units of one size, `minority` of all in the first group.
draw_chance <- function(units, people, minority, draws) {
  all <- units * people
  x <- stats::r2dtable(draws, rep(people, units), round(all * c(minority, 1 - minority)))
  stack_tables(vapply(x, as.vector, numeric(2 * units)), units, c("a", "b"))
}

# ---- what they give ------------------------------------------------------------------

# The first row of an index in each sample: isolation and others also have the other order.
first_rows <- function(found) {
  found <- found[!duplicated(as.data.frame(found)[c("draw", "index")]), ]
  split(as.data.frame(found), factor(found$index, unique(found$index)))
}

summarise_one <- function(x, truth, index) {
  known <- !is.na(x$conf.low)
  low <- x$conf.low[known]
  high <- x$conf.high[known]
  data.frame(
    index = index, truth = truth, mean = mean(x$estimate, na.rm = TRUE),
    sd = stats::sd(x$estimate, na.rm = TRUE),
    se_ratio = mean(x$std.error[known]) / stats::sd(x$estimate, na.rm = TRUE),
    coverage = mean(low <= truth & truth <= high), above = mean(low > truth),
    below = mean(high < truth), draws = nrow(x)
  )
}

summarise <- function(found, truth) {
  rows <- first_rows(found)
  do.call(rbind, Map(summarise_one, rows, truth[names(rows)], names(rows)))
}

# The indices of a table, by name.
true_values <- function(table, index, compare) {
  found <- ioi_segregation(as.matrix(table), index = index, compare = compare)
  found <- found[!duplicated(found$index), ]
  stats::setNames(found$estimate, found$index)
}

tables_with <- function(data, groups, ...) {
  ioi_segregation(data, tidyselect::all_of(groups), unit, by = draw, ...)
}

labelled <- function(sampling, se, units, people, minority, d, table, correct = "none") {
  data.frame(
    sampling = sampling, se = se, correct = correct, groups = attr(table, "groups"),
    units = units, people = people, minority = minority, d = d, table, row.names = NULL
  )
}

# One setting of persons or groups: analytic limits, and those of the bootstrap.
people_setting <- function(sampling, d, people, minority = 0.3, three = FALSE) {
  cells <- cell_shares(d, minority, three = three)
  index <- if (three) many_groups else two_groups
  compare <- if (three) "multigroup" else "pairwise"
  truth <- true_values(1e6 * cells, index, compare)
  draw <- if (sampling == "persons") draw_persons else draw_groups
  run <- function(se, draws, index, correct = "none") {
    found <- tables_with(draw(cells, people, draws_of(draws)), colnames(cells),
      index = index, compare = compare, se = se, resample = sampling, reps = 300,
      correct = correct
    )
    out <- structure(summarise(found, truth), groups = ncol(cells))
    labelled(sampling, se, 50, people, minority, d, out, correct)
  }
  rbind(
    run("analytic", 4000, index), run("bootstrap", 1000, index),
    if (!three) run("analytic", 2000, "dissimilarity", "bootstrap")
  )
}

units_setting <- function(units, d, minority = 0.3) {
  law <- shares(2000, d, minority)
  truth <- true_values(cbind(a = law, b = 1 - law), two_groups, "pairwise")
  data <- draw_units(units, law, draws_of(1000))
  run <- function(se) {
    found <- tables_with(data, c("a", "b"),
      index = two_groups, compare = "pairwise", se = se, resample = "units", reps = 300
    )
    out <- structure(summarise(found, truth), groups = 2)
    labelled("units", se, units, 275, minority, d, out)
  }
  rbind(run("jackknife"), run("bootstrap"))
}

# 20 units of 500 PSUs of 50 people; the PSUs of a unit differ (intraclass correlation
# 0.05 within units), so that a cluster sample knows less than one of persons.
population <- function(d, minority = 0.3, units = 20, psus = 500, size = 50) {
  p <- rep(sample(shares(units, d, minority)), each = psus)
  local <- stats::rbeta(units * psus, p * 19, (1 - p) * 19)
  data.frame(
    unit = rep(seq_len(units), each = psus), psu = seq_len(units * psus),
    stratum = rep(1:4, each = psus * units / 4), size = size,
    minority = stats::rbinom(units * psus, size, local)
  )
}

# 10 people in each of the PSUs sampled, more PSUs in the first stratum.
draw_survey <- function(frame, psus, take = 10) {
  part <- round(psus * c(0.4, 0.2, 0.2, 0.2))
  chosen <- unlist(lapply(1:4, function(h) sample(which(frame$stratum == h), part[h])))
  sampled <- frame[chosen, ]
  members <- stats::rhyper(
    nrow(sampled), sampled$minority, sampled$size - sampled$minority, take
  )
  rows <- rep(seq_len(nrow(sampled)), each = take)
  place <- rep(seq_len(take), nrow(sampled))
  data.frame(
    sampled[rows, c("unit", "psu", "stratum")],
    group = ifelse(place <= members[rows], "a", "b"),
    weight = (tabulate(frame$stratum) / part)[sampled$stratum[rows]]
  )
}

# `ignored`: the weights alone, as if people had been drawn one by one.
design_setting <- function(d, psus) {
  frame <- population(d)
  members <- rowsum(cbind(a = frame$minority, b = frame$size - frame$minority), frame$unit)
  index <- setdiff(two_groups, "atkinson")
  truth <- true_values(members, index, "pairwise")
  run <- function(data, how) {
    design <- if (how == "ignored") {
      ioi_design(data, weights = weight)
    } else {
      ioi_design(data, weights = weight, strata = stratum, psu = psu)
    }
    se <- if (how == "jackknife") "jackknife" else "analytic"
    as.data.frame(ioi_segregation(design, group, unit,
      groups = c("a", "b"), index = index, se = se
    ))
  }
  ways <- list(analytic = 800, jackknife = 300, ignored = 200)
  found <- lapply(names(ways), function(how) {
    many <- do.call(rbind, lapply(seq_len(draws_of(ways[[how]])), function(k) {
      cbind(draw = k, run(draw_survey(frame, psus), how))
    }))
    out <- structure(summarise(many, truth), groups = 2)
    labelled("design", how, 20, psus, 0.3, d, out)
  })
  do.call(rbind, found)
}

corrected <- list(
  c("none", "dissimilarity"), c("none", "theil"), c("none", "hutchens"),
  c("none", "correlation_ratio"), c("carrington_troske", "dissimilarity"),
  c("carrington_troske", "theil"), c("carrington_troske", "hutchens"),
  c("carrington_troske", "correlation_ratio"), c("chance", "dissimilarity"),
  c("chance", "theil"), c("chance", "hutchens"), c("chance", "correlation_ratio"),
  c("bootstrap", "dissimilarity"),
  c("density", "dissimilarity"), c("unbiased", "correlation_ratio")
)

# H, M and Hutchens' index with the bias that is computed taken off.
corrected_setting <- function(d, people, minority = 0.3) {
  cells <- cell_shares(d, minority)
  index <- c("theil", "mutual_information", "hutchens")
  found <- tables_with(draw_persons(cells, people, draws_of(2000)), c("a", "b"),
    index = index, compare = "pairwise", se = "analytic", correct = "bootstrap"
  )
  out <- summarise(found, true_values(1e6 * cells, index, "pairwise"))
  labelled("persons", "analytic", 50, people, minority, d, structure(out, groups = 2), "bootstrap")
}

chance_setting <- function(units, people, minority, corrections = corrected) {
  data <- draw_chance(units, people, minority, draws_of(2000))
  rows <- lapply(corrections, function(what) {
    found <- tables_with(data, c("a", "b"), index = what[2], correct = what[1])
    out <- structure(summarise(found, c(stats::setNames(0, what[2]))), groups = 2)
    out[c("se_ratio", "coverage", "above", "below")] <- NA
    labelled("chance", "none", units, people, minority, 0, out, what[1])
  })
  do.call(rbind, rows)
}

# ---- the table -----------------------------------------------------------------------

settings <- function(run, ...) {
  grid <- expand.grid(...)
  do.call(rbind, do.call(Map, c(list(run), grid)))
}

set.seed(seed)
table <- rbind(
  settings(function(d, people) people_setting("persons", d, people),
    d = c(0.1, 0.3, 0.6), people = c(20, 100, 500)
  ),
  settings(function(d, people) people_setting("persons", d, people, three = TRUE),
    d = c(0.3, 0.6), people = 500
  ),
  settings(function(d, people) people_setting("groups", d, people),
    d = 0.3, people = c(100, 500)
  ),
  settings(units_setting, units = c(30, 100), d = c(0.3, 0.6)),
  settings(design_setting, d = c(0.3, 0.6), psus = c(120, 400)),
  settings(chance_setting, units = 100, people = c(10, 25, 100), minority = c(0.5, 0.1))
)
set.seed(seed + 1)
also <- list(c("bootstrap", "theil"), c("bootstrap", "hutchens"))
table <- rbind(
  table,
  settings(corrected_setting, d = c(0.1, 0.3, 0.6), people = c(20, 100, 500)),
  settings(function(people, minority) chance_setting(100, people, minority, also),
    people = c(10, 25, 100), minority = c(0.5, 0.1)
  )
)
numbers <- vapply(table, is.double, NA)
table[numbers] <- lapply(table[numbers], signif, 4)

if (store) {
  file <- file("inst/extdata/coverage_segregation.csv", "w")
  writeLines(c(
    paste0(
      "# How often 95% limits of segregation indices hold the truth, and corrected indices",
      " when people are put into units at random."
    ),
    paste0(
      "# Made by bench/coverage_segregation.R, seed ", seed, "; the script says what the",
      " columns are."
    )
  ), file)
  utils::write.csv(table, file, row.names = FALSE, quote = FALSE)
  close(file)
}
options(width = 160)
print(table, row.names = FALSE)
