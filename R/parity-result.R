# Parity gaps, last part: the table, its covariance, and what it remembers.

parity_result <- function(cells, parts, rule) {
  measure <- names(parts)
  rows <- parity_row_order(cells$block, length(measure))
  take <- function(name) parity_stack(lapply(parts, function(part) part$gap[[name]]), rows$at)
  reference <- function(name) {
    parity_stack(lapply(parts, function(part) part$reference[[name]]), rows$at)
  }
  numbers <- list(
    estimate = take("estimate"), std.error = take("std.error"),
    conf.low = take("conf.low"), conf.high = take("conf.high"),
    n = reference("people"), df = reference("df"), statistic = take("statistic"),
    p.value = take("p.value")
  )
  if (rule$adjust != "none") {
    family <- if (rule$family == "all") rows$of else rows$of + cells$block[rows$cell] * 16
    numbers$p.value <- parity_adjust(numbers$p.value, family, rule$adjust)
  }
  if (!is.null(rule$favourable)) {
    gap <- cells$value[rows$cell] - reference("value")
    numbers$direction <- parity_direction(numbers$p.value, gap, rule)
  }
  if (rule$flag == "overlap") {
    numbers$overlap <- cells$high[rows$cell] >= reference("low") &
      cells$low[rows$cell] <= reference("high")
  }
  numbers$flag <- parity_stack(lapply(measure, function(m) {
    parity_row_flags(cells, parts[[m]]$reference, parts[[m]]$gap, m, rule$ci[[m]])
  }), rows$at)
  table <- c(
    parity_label_columns(cells, measure[rows$of], reference("label"), rows$cell), numbers
  )
  new_ioi_estimate(
    tibble::new_tibble(table, nrow = length(rows$cell)),
    vcov = parity_vcov(cells, parts, rows, rule),
    info = parity_info(cells, parts, rule)
  )
}

# Rows by block, then measure, then cell: list(at, of (measure), cell).
parity_row_order <- function(block, measures) {
  cells <- length(block)
  cell <- if (measures == 1) seq_len(cells) else rep(seq_len(cells), times = measures)
  of <- rep(seq_len(measures), each = cells)
  if (all(block == 1L)) {
    return(list(at = NULL, of = of, cell = cell))
  }
  at <- order(block[cell], of, cell)
  list(at = at, of = of[at], cell = cell[at])
}

# The values of all measures joined, in the order `at` (NULL: as they are). Of different
# types they are joined as text.
parity_stack <- function(values, at) {
  same <- vapply(values, function(x) identical(class(x), class(values[[1]])), NA)
  if (!all(same)) values <- lapply(values, as.character)
  all <- if (length(values) == 1) values[[1]] else do.call(c, unname(values))
  if (is.null(at)) all else all[at]
}

# The columns before the estimate: `by`, then those of `label_columns` in order.
parity_label_columns <- function(cells, measure, reference, cell) {
  columns <- lapply(cells$labels, `[`, cell)
  columns$measure <- measure
  columns$group <- cells$group[cell]
  columns$reference <- reference
  own <- intersect(label_columns, names(columns))
  columns[c(setdiff(names(columns), own), own)]
}

# Adjusted within each family; the reference has no p value and does not count.
parity_adjust <- function(p, family, adjust) {
  if (adjust == "none") {
    return(p)
  }
  as.double(stats::ave(p, family, FUN = function(p) stats::p.adjust(p, adjust)))
}

# In words: which side of the reference, where that is clear of chance.
parity_direction <- function(p, gap, rule) {
  out <- ifelse(
    p < 1 - rule$level, ifelse((gap > 0) == rule$favourable, "better", "worse"),
    "no clear difference"
  )
  as.character(out)
}

# ---- covariance ---------------------------------------------------------------

# Covariance of the gaps, J V J': V of the cells and the anchors of their references, J
# the derivatives of each gap by its cell and by its anchor.
parity_vcov <- function(cells, parts, rows, rule) {
  if (parity_too_many(cells, parts)) {
    return(NULL)
  }
  slopes <- lapply(names(parts), function(m) {
    parity_slopes(cells, parts[[m]]$reference, m, rule)
  })
  bind <- function(name) parity_stack(lapply(slopes, `[[`, name), rows$at)
  .Call(
    ioi_r_parity_covariance, parity_anchored(cells, parts), rows$cell,
    as.integer(bind("at")), as.double(bind("group")), as.double(bind("anchor"))
  )
}

# Of cells without covariance between them so many gaps are not laid out as a matrix.
parity_too_many <- function(cells, parts) {
  is.null(cells$covariance) && length(cells$value) * length(parts) > most_covariance_rows
}

# J as a dense matrix over the cells, a row for each row of the table.
parity_jacobian <- function(cells, parts, rows, rule) {
  size <- length(cells$value)
  all <- lapply(names(parts), function(m) {
    slope <- parity_slopes(cells, parts[[m]]$reference, m, rule)
    weights <- parts[[m]]$reference$anchors$w
    j <- matrix(0, size, size)
    if (is.null(weights)) {
      j[cbind(seq_len(size), slope$at)] <- slope$anchor
    } else {
      weights[is.na(weights)] <- 0
      j <- slope$anchor * outer(cells$block, cells$block, `==`) * rep(weights, each = size)
    }
    diag(j) <- diag(j) + slope$group
    j
  })
  all <- do.call(rbind, all)
  if (is.null(rows$at)) all else all[rows$at, , drop = FALSE]
}

# Derivatives of one measure by the cell (`group`) and by the anchor (`anchor`).
parity_slopes <- function(cells, reference, measure, rule) {
  flip <- parity_flips(measure, rule$favourable)
  value <- if (flip) 1 - cells$value else cells$value
  to <- if (flip) 1 - reference$value else reference$value
  d <- .Call(
    ioi_r_parity_gradient, match(measure, names(parity_bases)) - 1L,
    as.double(value), as.double(to), as.double(cells$people), rule$sign
  )
  turn <- if (flip) -1 else 1
  by_cell <- turn * (d$group + d$reference * reference$beta)
  by_anchor <- turn * d$reference * reference$alpha
  unknown <- !reference$has | is.na(value) | is.na(to) | !is.finite(by_anchor)
  by_cell[unknown] <- NA
  self <- reference$same & !is.na(value)
  by_cell[self] <- by_anchor[self] <- if (measure == "people_per_outcome") NA else 0
  list(at = reference$at, group = by_cell, anchor = by_anchor)
}

# Covariance of the cells and of the anchors that are not cells.
parity_anchored <- function(cells, parts) {
  v <- cells$covariance
  if (is.null(v)) v <- diag(cells$variance, nrow = length(cells$value))
  kinds <- vapply(parts, function(part) part$reference$kind, "")
  outer <- which(kinds != "cell")
  if (!length(outer)) {
    return(v)
  }
  anchors <- parts[[outer[1]]]$reference$anchors
  size <- nrow(v)
  if (kinds[[outer[1]]] == "published") {
    return(rbind(cbind(v, rep(0, size)), c(rep(0, size), anchors$variance)))
  }
  cross <- anchors$with_all
  all <- anchors$all
  if (is.null(cross)) {
    cross <- matrix(0, length(anchors$value), size)
    cross[cbind(cells$block, seq_len(size))] <- anchors$covariance
    all <- diag(anchors$variance, nrow = length(anchors$value))
  }
  rbind(cbind(v, t(cross)), cbind(cross, all))
}

# ---- what it remembers --------------------------------------------------------

# How the result was made.
parity_info <- function(cells, parts, rule) {
  info <- cells$info
  used <- lapply(parts, function(part) part$gap$flag)
  simple <- identical(unname(rule$ci), "t") && identical(names(parts), "difference") &&
    !any(used[[1]] %in% c("ci_mover", "se_zero"))
  chosen <- unique(unlist(lapply(parts, function(part) part$reference$chosen)))
  notes <- c(
    info$notes,
    if (length(chosen)) {
      paste0(
        "The data chose the reference (", paste(chosen, collapse = ", "),
        "); limits and tests do not allow for that."
      )
    },
    parity_people_note(cells, names(parts), rule),
    if (rule$adjust != "none") {
      family <- if (rule$family == "all") {
        "; the family is all gaps of a measure)."
      } else {
        "; the family is the groups but the reference, within each set compared)."
      }
      paste0("p-values adjusted for the number of groups (", rule$adjust, family)
    }
  )
  info$by <- setdiff(info$by, label_columns)
  if (identical(info$df_rule, "domain")) info$df_rule <- NULL # two domains, not one
  info$unit <- parity_units(info$unit)
  info[c("what", "ci", "limits", "flags", "notes")] <- list(
    "Parity gap", unique(unname(rule$ci)), if (simple) "wald" else "fixed",
    parity_flag_words, notes
  )
  if (parity_too_many(cells, parts)) {
    info$no_vcov <- "There are too many rows for a covariance matrix of all."
  }
  info[!vapply(info, is.null, NA)]
}

parity_people_note <- function(cells, measure, rule) {
  c(
    if ("shortfall" %in% measure && isTRUE(cells$sampled)) {
      "The shortfall is of the people asked (n); with `population` it is of the people
       they stand for."
    },
    if ("four_fifths" %in% measure && is.null(rule$favourable)) {
      "Four fifths: the values are read as rates of a favourable outcome."
    }
  )
}

# The unit of each measure, given that of the estimates.
parity_units <- function(unit) {
  if (is.null(unit)) unit <- "number"
  unit <- unname(unit)[1]
  c(
    difference = if (unit == "proportion") "points" else unit, ratio = "ratio",
    odds_ratio = "ratio", relative_difference = "proportion", shortfall = "number",
    people_per_outcome = "number", four_fifths = "ratio", parity_index = "ratio"
  )
}
