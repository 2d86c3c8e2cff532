# The road that every measure of a design travels: rows are summed into cells by
# sampling unit, a measure turns cell totals into estimates and the influence of
# each cell, and the variance engine turns influence into covariance.
#
# A measure is a function of the totals of all cells (cells x variables) that
# gives a list: estimate, and influence as list(row, at, value) of variance.h; `size`
# where rounding in the scores is not of the size of the estimate, `nobody` where a
# replicate without any record of a domain has an estimate all the same, as a total has.

# Up to this many cells for each row, every cell of every unit has its sums. More would
# mostly be empty: then rows are sorted by unit, which takes less time and memory.
dense_share <- 1

# Cells by sampling unit: for each stage of the design the product of its unit and
# the keys at `parts`. list(keys, at, stages, variables): `at` is the key of the
# cells themselves; a stage is the key of its product, or NA where its rows are sorted.
# `values` and `centre` are the columns of the tally that make variables 2 and on.
road_cells <- function(keys, design, parts, variables = 1L, call = rlang::caller_env(),
                       values = list(), centre = rep(0, length(values))) {
  base <- add_product(keys, parts, design$rows, Inf, call)
  keys <- base$keys
  dense <- max(2^16, dense_share * design$rows) / keys[[base$at]]$levels
  stages <- rep(NA_integer_, length(design$stages))
  for (s in seq_along(stages)) {
    unit <- design$stages[[s]]$unit
    if (keys[[unit]]$levels > dense) next
    product <- add_product(keys, c(unit, base$at), design$rows, Inf, call)
    keys <- product$keys
    stages[s] <- product$at
  }
  list(
    keys = keys, at = base$at, stages = stages, variables = as.integer(variables),
    values = values, centre = centre
  )
}

# Pairs a <= b of variables, in the order of variance.h.
variable_pairs <- function(variables) {
  unlist(lapply(seq_len(variables), function(a) {
    lapply(seq(a, variables), function(b) c(a, b))
  }), recursive = FALSE)
}

# Column of the values that makes variable a: the first is 1.
variable_column <- function(a) {
  ifelse(a == 1L, NA_integer_, a - 1L)
}

# What the variance of a design needs of a tally, as sums for tally_rows(): for each
# stage those of its cells, or its rows sorted by unit.
road_sums <- function(cells, design) {
  sums <- lapply(seq_along(design$stages), function(s) {
    numbers <- stage_numbers(cells, design, s)
    if (is.na(cells$stages[s])) {
      sorted <- c(list(over = cells$at, unit = design$stages[[s]]$unit), numbers)
      return(stats::setNames(list(sorted), paste0("stage", s)))
    }
    out <- lapply(seq_along(numbers$kind), function(i) {
      c(list(over = cells$stages[s]), lapply(numbers, `[`, i))
    })
    stats::setNames(out, paste0("stage", s, ".", seq_along(out)))
  })
  unlist(sums, recursive = FALSE)
}

# The numbers that a stage adds up: w z of every variable z and, where records are their
# own units, w^2 z z of every pair.
stage_numbers <- function(cells, design, s) {
  each <- seq_len(cells$variables)
  pairs <- if (is.null(design$stages[[s]]$core$psu_first)) variable_pairs(cells$variables)
  list(
    kind = rep(c("w", "ww"), c(length(each), length(pairs))),
    x = variable_column(c(each, vapply(pairs, `[`, 0L, 1L))),
    y = variable_column(c(rep(1L, length(each)), vapply(pairs, `[`, 0L, 2L)))
  )
}

# Rows by domain, and rows and n (rows with a positive weight) by what is measured;
# without weights of 0 the two are the same.
base_sums <- function(domain_at, pair_at, design) {
  c(
    list(
      domain_rows = list(kind = "rows", over = domain_at),
      rows = list(kind = "rows", over = pair_at)
    ),
    if (design$some_zero) list(n = list(kind = "n", over = pair_at))
  )
}

# The tally of a measure: its own sums and those the variance needs. `values` are
# the columns of the cells' variables after the first, `centre` what is taken off.
road_tally <- function(cells, design, sums, values = list(), centre = rep(0, length(values)),
                       range = c(0, design$rows), chunk = NULL) {
  columns <- design$replicates$columns
  tally <- tally_rows(
    cells$keys, design$rows, design$weight, c(values, columns),
    c(sums, road_sums(cells, design), replicate_sums(cells, design, length(values))),
    centre = c(centre, rep(0, length(columns))), range = range, chunk = chunk
  )
  if (is.null(tally$n)) tally$n <- tally$rows
  tally
}

# Cell totals by sampling unit of one stage, as the engine reads them.
road_totals <- function(cells, design, tally, s = 1L) {
  sorted <- tally[[paste0("stage", s)]]
  values <- sorted$value
  if (is.null(sorted)) values <- unname(tally[startsWith(names(tally), paste0("stage", s, "."))])
  of_records <- seq_along(values) > cells$variables
  list(
    units = cells$keys[[design$stages[[s]]$unit]]$levels, cells = cells$keys[[cells$at]]$levels,
    first = sorted$first, cell = sorted$cell,
    w = values[!of_records], ww = if (any(of_records)) values[of_records]
  )
}

# Estimates and their variance. `domain_of_cell` and `domain_of_row` count from 0.
# `covariance`: TRUE, "later" or FALSE, as when_covariance() has it.
# list(estimate, v, sums, influence, psu, stratum, theta): theta holds the estimates by
# replicate, rows x replicates.
road_estimate <- function(cells, design, tally, measure, domain_of_cell, domain_of_row,
                          domains, covariance) {
  totals <- lapply(seq_along(design$stages), function(s) road_totals(cells, design, tally, s))
  sums <- .Call(ioi_r_collapse, totals[[1]])
  found <- measure(sums)
  residual <- if (!is.null(design$calibration) && is.null(design$replicates)) {
    calibration_residual(design, cells, found$influence, length(found$estimate))
  }
  engine <- list(
    stages = lapply(design$stages, function(stage) stage$core), totals = totals,
    influence = found$influence,
    size = if (is.null(found$size)) found$estimate else found$size,
    domain_of_row = as.integer(domain_of_row), domain_of_cell = as.integer(domain_of_cell),
    domains = as.integer(domains), residual = residual
  )
  variance <- covariance_found(engine, if (is.null(design$replicates)) covariance else FALSE)
  variance$records <- function() domain_records(cells, design$rows, domain_of_cell, domains)
  if (!is.null(design$replicates)) {
    nobody <- if (is.null(found$nobody)) NaN else found$nobody
    variance$theta <- replicate_estimates(design, totals[[1]], tally, measure, nobody)
    variance$v <- replicate_variance(
      design, found$estimate, variance$theta, !isFALSE(covariance)
    )
  }
  c(list(estimate = found$estimate, sums = sums, influence = found$influence), variance)
}

# The variance engine: list(v (a matrix where `covariance`, else variances), psu, stratum).
road_variance <- function(engine, covariance) {
  .Call(
    ioi_r_variance, engine$stages, engine$totals, engine$influence, engine$size,
    engine$domain_of_row, engine$domain_of_cell, engine$domains, covariance, engine$residual
  )
}
