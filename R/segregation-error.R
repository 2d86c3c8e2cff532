# Standard errors of segregation indices: by influence, by a survey's design, by the
# bootstrap of persons or units, by the jackknife of units.

# list(v, vcov, df, bias, low, high): variances, their matrix where few enough rows,
# degrees of freedom; what resampling says of bias and limits, or NULL. Limits are around
# the estimate less `bias`.
segregation_error <- function(layout, table, people, out, plan, options) {
  if (options$se == "none") {
    return(list(v = rep(NA_real_, length(out$estimate)), df = rep(Inf, length(out$estimate))))
  }
  if (!out$areas) {
    return(list(v = numeric(), df = numeric()))
  }
  if (!is.null(layout$design)) {
    return(design_covariance(layout, table, people, out, plan))
  }
  switch(options$se,
    analytic = count_covariance(layout, table, out, plan, options),
    bootstrap = bootstrap_covariance(layout, table, out, plan, options),
    jackknife = jackknife_covariance(layout, table, out, plan, options)
  )
}

# People drawn at random, or those of each group: areas are independent.
count_covariance <- function(layout, table, out, plan, options) {
  rows <- length(out$estimate)
  keep <- rows <= most_covariance_rows
  apart <- options$resample == "groups"
  blocks <- .Call(ioi_r_segregation_covariance, table, layout$first, plan, apart, keep)
  c(blocks_covariance(blocks, rows, keep), list(df = rep(Inf, rows)))
}

blocks_covariance <- function(blocks, rows, keep, factor = rep(1, rows)) {
  if (!keep) {
    return(list(v = unlist(blocks) * factor))
  }
  vcov <- block_diagonal(blocks, rows) * outer(sqrt(factor), sqrt(factor))
  list(v = variances(vcov), vcov = vcov)
}

block_diagonal <- function(blocks, rows) {
  v <- matrix(0, rows, rows)
  size <- nrow(blocks[[1]])
  for (area in seq_along(blocks)) {
    at <- (area - 1) * size + seq_len(size)
    v[at, at] <- blocks[[area]]
  }
  v
}

# In the order in which the core counts them.
resample_choices <- c("persons", "units", "groups")

# Persons, units or the persons of each group of an area drawn again and again.
bootstrap_covariance <- function(layout, table, out, plan, options) {
  rows <- length(out$estimate)
  keep <- rows <= most_covariance_rows
  found <- .Call(
    ioi_r_segregation_bootstrap, table, layout$first, plan, out$estimate,
    match(options$resample, resample_choices) - 1L, options$reps, draw_seed(), options$level, keep
  )
  kept <- options$reps - found$lost
  factor <- ifelse(kept > 1, (options$reps - 1) / (kept - 1), NA) * options$rest
  units <- options$resample == "units"
  c(
    blocks_covariance(found$v, rows, keep, factor),
    list(
      df = if (units) occupied_units(layout, table)[out$area] - 1 else rep(Inf, rows),
      bias = (found$mean - out$estimate) * options$rest, lost = found$lost
    ),
    if (!units) found[c("low", "high")]
  )
}

# What the core's streams of random numbers start from: two numbers that set.seed() fixes.
draw_seed <- function() {
  floor(stats::runif(2) * 2^32)
}

# Units with members in each area.
occupied_units <- function(layout, table) {
  diff(c(0, cumsum(rowSums(table) > 0))[layout$first + 1])
}

# Every unit of an area left out in turn.
jackknife_covariance <- function(layout, table, out, plan, options) {
  rows <- length(out$estimate)
  keep <- rows <= most_covariance_rows
  found <- .Call(ioi_r_segregation_jackknife, table, layout$first, plan, keep)
  occupied <- occupied_units(layout, table)[out$area]
  c(
    blocks_covariance(found$v, rows, keep, rep(options$rest, rows)),
    list(
      df = occupied - 1, bias = (occupied - 1) * (found$mean - out$estimate),
      lost = found$lost
    )
  )
}

# A survey: the influence of each cell goes to the PSUs.
design_covariance <- function(layout, table, people, out, plan) {
  check_influences(length(table), length(plan$index))
  influence <- .Call(ioi_r_segregation_influence, table, layout$first, plan)
  measure <- function(w) {
    found <- segregation_values(matrix(w, ncol = ncol(table)), people, layout$first, plan)
    list(estimate = found$estimate, influence = influence)
  }
  cells_covariance(layout, people, out, ncol(table), measure)
}

# Variances, covariance and degrees of freedom of a measure of the cells of units and
# groups, as a design gives them. `measure`: a measure of R/road.R.
cells_covariance <- function(layout, people, out, groups, measure) {
  design <- layout$design
  area_of_unit <- rep(seq_len(out$areas), diff(layout$first)) - 1L
  cells <- road_cells(layout$keys, design, layout$table_at)
  tally <- road_tally(cells, design, list())
  found <- road_estimate(
    cells, design, tally, measure,
    rep(area_of_unit, groups), out$area - 1L, out$areas,
    keeps_covariance(length(out$estimate))
  )
  respondents <- diff(c(0, cumsum(rowSums(people)))[layout$first + 1])
  df <- domain_df(design, list(n = respondents, presence = found), "domain")[out$area]
  list(
    v = variances(found$v), vcov = if (is.matrix(found$v)) found$v, df = df,
    bias = if (!is.null(found$theta)) {
      replicate_bias(design$replicates, found$theta, out$estimate)
    },
    domains = domain_list(design, out$area, respondents, found)
  )
}

# The bias of estimates, from the replicates: the sum of their differences, scaled as
# their squares are for a variance.
replicate_bias <- function(replicates, theta, estimate) {
  away <- theta - estimate
  if (identical(replicates$type, "bootstrap")) {
    return(rowMeans(away, na.rm = TRUE))
  }
  away[is.na(away)] <- 0
  drop(away %*% (replicates$scale * replicates$rscales))
}

check_influences <- function(cells, results, call = rlang::caller_env(3)) {
  if (cells * results > most_influences) {
    abort_ioi(
      c(
        "{.arg index}: {results} result{?s} for {cells} cells of unit and group are too many
         for one call with standard errors of a design.",
        "i" = "Ask for fewer indices or groups at a time."
      ),
      "input",
      arg = "index", call = call
    )
  }
}

# A design resampled as `se` asks, which the road then takes as replicate weights.
resampled_design <- function(design, se, reps) {
  if (is.null(design) || !se %in% c("bootstrap", "jackknife")) {
    return(design)
  }
  have <- design$replicates$type
  if (length(have)) {
    same <- if (se == "bootstrap") "bootstrap" else c("JK1", "JKn")
    if (have %in% same) {
      return(design)
    }
  }
  stratified <- length(design$stages[[1]]$core$sampled) > 1
  type <- if (se == "bootstrap") "bootstrap" else if (stratified) "JKn" else "JK1"
  ioi_replicate(design, type, reps = reps)
}
