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
    weight <- record_weight(design, last, calibration$weight)
    block_products(all, all, design$rows, weight, "ww")
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
  levels <- block_columns(blocks)
  offset <- cumsum(c(0L, levels))
  found <- lapply(seq_along(blocks), function(f) {
    block <- blocks[[f]]
    spliced <- splice_blocks(units$keys, list(block))
    product <- add_product(
      spliced$keys, c(units$at, spliced$at), design$rows, max(2^16, design$rows / 2)
    )
    total <- tally_rows(
      product$keys, design$rows, weight, Filter(Negate(is.null), list(block$value)),
      list(w = list(
        kind = "w", over = product$at, x = if (is.null(block$value)) NA_integer_ else 1L
      )),
      if (is.null(block$value)) numeric() else block$centre
    )$w
    code <- if (is.null(product$code)) seq_along(total) - 1 else product$code
    keep <- which(total != 0)
    list(
      unit = code[keep] %/% levels[f], column = code[keep] %% levels[f] + offset[f],
      total = total[keep]
    )
  })
  part <- function(name) unlist(lapply(found, function(x) x[[name]]), use.names = FALSE)
  unit <- as.integer(part("unit"))
  order <- order(unit, part("column"))
  list(
    first = first_of(unit[order], units$keys[[units$at]]$levels),
    column = as.integer(part("column"))[order], total = as.double(part("total"))[order]
  )
}

# Weights times the root of the factor of the stratum, where records are their own
# units: their squares sum to a variance.
record_weight <- function(design, stage, weight) {
  root <- sqrt(.Call(ioi_r_stratum_factors, stage$core))
  if (length(root) > 1) {
    level <- .Call(ioi_r_levels, design$keys, stage$unit, as.double(design$rows))
    root <- root[level + 1L]
  }
  if (is.null(weight)) rep_len(root, design$rows) else weight * root
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
    weight <- record_weight(design, last, design$weight)
    cross <- block_projection(design, cells, influence, rows, blocks, weight, "ww")
  }
  list(
    beta = do.call(cbind, beta), stages = design$calibration$stages, cross = cross,
    square = design$calibration$square
  )
}

# Weights before calibration, 0 for the rows that have none after it: their scores
# are 0.
in_sample <- function(weight, design) {
  if (!design$some_zero) {
    return(weight)
  }
  if (is.null(weight)) weight <- rep(1, design$rows)
  replace(as.double(weight), design$weight == 0, 0)
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
