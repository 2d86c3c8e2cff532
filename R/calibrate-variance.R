# What a calibration changes in a variance: scores lose what the auxiliary variables
# explain. The sums here run over all rows and do not depend on what is estimated,
# but for those of the scores (calibration_residual()).

# Sums of weight x x' between two lists of blocks, over all rows: a matrix.
# `weight` are multiplied (kind "w") or squared ("ww").
block_products <- function(a, b, rows, weight, kind = "w") {
  same <- identical(a, b)
  keys <- splice_blocks(list(), c(a, b))
  values <- lapply(c(a, b), function(block) block$value)
  column <- cumsum(!vapply(values, is.null, TRUE))
  column[vapply(values, is.null, TRUE)] <- NA
  pairs <- expand.grid(i = seq_along(a), j = seq_along(b))
  if (same) pairs <- pairs[pairs$i <= pairs$j, ]
  all <- keys$keys
  sums <- lapply(seq_len(nrow(pairs)), function(p) {
    i <- pairs$i[p]
    j <- length(a) + pairs$j[p]
    product <- add_product(all, keys$at[c(i, j)], rows, Inf)
    all <<- product$keys
    list(kind = kind, over = product$at, x = column[i], y = column[j])
  })
  names(sums) <- paste0("p", seq_along(sums))
  centre <- vapply(c(a, b), function(block) block$centre, 0)
  found <- tally_rows(
    all, rows, weight, values[!is.na(column)], sums, centre[!is.na(column)]
  )
  fill_products(found, pairs, block_columns(a), block_columns(b), same)
}

# The matrix from the sums of its parts.
fill_products <- function(found, pairs, of_a, of_b, same) {
  first_a <- cumsum(c(0, of_a))
  first_b <- cumsum(c(0, of_b))
  out <- matrix(0, sum(of_a), sum(of_b))
  for (p in seq_along(found)) {
    i <- pairs$i[p]
    j <- pairs$j[p]
    part <- matrix(found[[p]], of_a[i], of_b[j], byrow = TRUE)
    out[first_a[i] + seq_len(of_a[i]), first_b[j] + seq_len(of_b[j])] <- part
    if (same) out[first_a[j] + seq_len(of_a[j]), first_b[i] + seq_len(of_b[i])] <- t(part)
  }
  out
}

# All that the variance needs of a calibration and not of an estimate.
calibration_sums <- function(design) {
  calibration <- design$calibration
  blocks <- lapply(calibration$steps, function(step) step$blocks)
  for (k in seq_along(blocks)) {
    step <- calibration$steps[[k]]
    step$columns <- sum(block_columns(blocks[[k]]))
    step$inverse <- calibration_inverse(
      block_products(blocks[[k]], blocks[[k]], design$rows, step$weight), blocks[[k]]
    )
    step$cross <- lapply(blocks[seq_along(blocks) > k], function(later) {
      block_products(blocks[[k]], later, design$rows, step$weight)
    })
    calibration$steps[[k]] <- step
  }
  all <- unlist(blocks, recursive = FALSE)
  calibration$stages <- lapply(design$stages, function(stage) {
    unit_totals(design, stage, all, calibration$weight)
  })
  last <- design$stages[[length(design$stages)]]
  calibration$square <- if (is.null(last$core$psu_first)) {
    squared <- record_weight(design, last, calibration$weight)
    block_products(all, all, design$rows, squared$weight, "ww") * squared$factor
  }
  calibration
}

# A single factor has a diagonal matrix.
calibration_inverse <- function(m, blocks) {
  if (length(blocks) > 1) {
    return(.Call(ioi_r_semidefinite_inverse, m))
  }
  diagonal <- m[cbind(seq_len(nrow(m)), seq_len(nrow(m)))]
  diag(ifelse(diagonal > 0, 1 / diagonal, 0), nrow(m))
}

# Sums of w x in the units of a stage: list(first, column, total), unit by unit.
unit_totals <- function(design, stage, blocks, weight) {
  units <- keys_needed(design$keys, stage$unit)
  found <- lapply(blocks, function(block) block_totals(design, units, block, weight))
  .Call(
    ioi_r_unit_totals, lapply(found, function(x) x$total), lapply(found, function(x) x$code),
    block_columns(blocks), units$keys[[units$at]]$levels
  )
}

# Those of one block: list(total, code), code = unit * levels + column; NULL for all there are.
block_totals <- function(design, units, block, weight) {
  spliced <- splice_blocks(units$keys, list(block))
  product <- add_product(
    spliced$keys, c(units$at, spliced$at), design$rows, max(2^16, design$rows / 2)
  )
  measured <- !is.null(block$value)
  sum <- list(kind = "w", over = product$at, x = if (measured) 1L else NA_integer_)
  found <- tally_rows(
    product$keys, design$rows, weight, if (measured) list(block$value) else list(),
    list(w = sum), if (measured) block$centre else numeric()
  )
  list(total = found$w, code = product$code)
}

# Records that are their own units have squares that sum to a variance: those of `weight`
# times `factor`, list(weight, factor). Where the factor differs between strata its root is
# in the weight.
record_weight <- function(design, stage, weight) {
  factor <- .Call(ioi_r_stratum_factors, stage$core)
  if (length(factor) == 1) {
    return(list(weight = weight, factor = factor))
  }
  scaled <- scale_weights(design$keys, stage$unit, design$rows, weight, sqrt(factor))
  list(weight = scaled, factor = 1)
}

# What the calibration takes off the scores of an estimate, for ioi_r_variance():
# the coefficients of each step, the last calibration first, and where records are
# their own units the sums of products with the scores.
calibration_residual <- function(design, cells, influence, rows) {
  steps <- design$calibration$steps
  beta <- vector("list", length(steps))
  for (k in rev(seq_along(steps))) {
    step <- steps[[k]]
    weight <- in_sample(step$weight, design)
    sums <- block_projection(design, cells, influence, rows, step$blocks, weight, "w")
    for (later in seq_along(step$cross)) {
      sums <- sums - tcrossprod(beta[[k + later]], step$cross[[later]])
    }
    beta[[k]] <- sums %*% step$inverse
  }
  cross <- NULL
  if (!is.null(design$calibration$square)) {
    blocks <- unlist(lapply(steps, function(step) step$blocks), recursive = FALSE)
    last <- design$stages[[length(design$stages)]]
    squared <- record_weight(design, last, design$weight)
    cross <- block_projection(design, cells, influence, rows, blocks, squared$weight, "ww")
    cross <- cross * squared$factor
  }
  list(
    beta = do.call(cbind, beta), stages = design$calibration$stages, cross = cross,
    square = design$calibration$square
  )
}

# Weights before calibration, 0 for the rows that have none after it: their scores
# are 0.
in_sample <- function(weight, design) {
  if (design$some_zero) .Call(ioi_r_weights_within, weight, design$weight) else weight
}

# Sums of weight x s over the records: estimates x columns of the blocks.
block_projection <- function(design, cells, influence, rows, blocks, weight, kind) {
  base <- keys_needed(cells$keys, cells$at)
  keys <- splice_blocks(base$keys, blocks)
  all <- keys$keys
  values <- c(cells$values, Filter(Negate(is.null), lapply(blocks, function(b) b$value)))
  column <- length(cells$values)
  sums <- list()
  for (f in seq_along(blocks)) {
    product <- add_product(all, c(base$at, keys$at[f]), design$rows, Inf)
    all <- product$keys
    measured <- !is.null(blocks[[f]]$value)
    column <- column + measured
    sums <- c(sums, lapply(seq_len(cells$variables), function(a) {
      list(
        kind = kind, over = product$at, x = variable_column(a),
        y = if (measured) column else NA_integer_
      )
    }))
  }
  measured <- !vapply(blocks, function(b) is.null(b$value), TRUE)
  centre <- vapply(blocks, function(b) b$centre, 0)[measured]
  found <- tally_rows(all, design$rows, weight, values, sums, c(cells$centre, centre))
  of_block <- rep(seq_along(blocks), each = cells$variables)
  do.call(cbind, lapply(seq_along(blocks), function(f) {
    .Call(
      ioi_r_residual_project, influence, rows, unname(found[of_block == f]),
      as.integer(blocks[[f]]$levels)
    )
  }))
}
