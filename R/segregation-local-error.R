# Standard errors of local scores, by the delta method. A score feels its own unit and the
# margins of its place. So its slopes by the cells are two numbers for each group: by members
# of the unit (`inside`) and by members elsewhere in the place (`outside`); those of the score
# of a group are one for each cell.

# list(v, df, vcov): of people drawn at random into the cells of a place, or as a design
# has it. `run` gives the scores of a table that is read.
local_error <- function(read, out, score, normalise, base, of, run) {
  m <- local_margins(read)
  blocks <- if (score == "group") {
    group_slopes(m, normalise)
  } else {
    local_slopes(m, score, normalise, of)
  }
  scale <- local_scale(read, m, score, normalise, base)
  if (!is.null(read$layout$design)) {
    return(local_design_error(read, out, m, score, blocks, scale, run))
  }
  v <- lapply(blocks, if (score == "group") group_variance else unit_variance, m = m)
  v <- local_order(v, score) / local_order(rep(list(scale), length(blocks)), score)^2
  v[is.na(out$estimate)] <- NA
  list(v = v, df = rep(Inf, length(v)))
}

# Blocks of rows in the order of the scores: units (or places) with the groups within for
# quotients and groups, else one block after the other.
local_order <- function(blocks, score) {
  x <- unlist(blocks, use.names = FALSE)
  if (score %in% c("group", "location_quotient")) {
    x <- as.vector(t(matrix(x, ncol = length(blocks))))
  }
  x
}

# What scores are divided by, for the rows of a block.
local_scale <- function(read, m, score, normalise, base) {
  place <- if (score == "group") seq_len(nrow(m$in_place)) else m$place
  if (score == "diversity" && normalise) {
    return(log(present_groups(read, m$place))[place])
  }
  logs <- score %in% c("unit", "group", "diversity") && !normalise
  rep(if (logs) log(base) else 1, length(place))
}

# Table, shares and totals, of the place of each unit where they are of a place.
local_margins <- function(read) {
  place <- unit_places(read$layout)
  x <- read$table
  groups <- unname(rowsum(x, place, reorder = FALSE))
  all <- rowSums(groups)
  of_group <- groups / all
  entropy <- -rowSums(of_group * log_of(of_group))
  list(
    x = x, place = place, t = rowSums(x), p = x / rowSums(x), in_place = groups,
    group = groups[place, , drop = FALSE], all = all[place],
    share = of_group[place, , drop = FALSE], entropy = entropy[place],
    of_entropy = ((-log_of(of_group) - entropy) / all)[place, , drop = FALSE]
  )
}

# Cells without people have no weight, so that their logarithm may be 0.
log_of <- function(x) {
  x[which(x == 0)] <- 1
  log(x)
}

over <- function(x, y) {
  out <- x / y
  out[which(y == 0)] <- 0
  out
}

# list(list(inside, outside), ...): units x groups.
local_slopes <- function(m, score, normalise, of) {
  switch(score,
    unit = list(unit_slopes(m, normalise)),
    diversity = list(own_slopes(m, -log_of(m$p))),
    simpson = list(own_slopes(m, -2 * m$p)),
    location_quotient = lapply(seq_len(ncol(m$x)), function(g) quotient_slopes(m, g)),
    extremes = Map(function(a, b) extreme_slopes(m, a, b), of$a, of$b),
    Map(function(a, b) pair_slopes(m, of$kind, a, b), of$a, of$b)
  )
}

unit_slopes <- function(m, normalise) {
  term <- log_of(over(m$p, m$share))
  score <- rowSums(m$p * term)
  outside <- 1 / m$all - over(m$p, m$group)
  inside <- outside + (term - score) / m$t
  if (normalise) {
    shift <- score / m$entropy * m$of_entropy
    inside <- (inside - shift) / m$entropy
    outside <- (outside - shift) / m$entropy
  }
  list(inside = inside, outside = outside)
}

# A score of the shares in a unit alone; `slope`: its derivatives by the shares.
own_slopes <- function(m, slope) {
  list(inside = (slope - rowSums(m$p * slope)) / m$t, outside = 0 * m$x)
}

extreme_slopes <- function(m, a, b) {
  slope <- matrix(0, nrow(m$x), ncol(m$x))
  slope[, a] <- 1
  slope[, b] <- -1
  own_slopes(m, slope)
}

quotient_slopes <- function(m, g) {
  quotient <- m$p[, g] / m$share[, g]
  outside <- matrix(quotient / m$all, nrow(m$x), ncol(m$x))
  outside[, g] <- outside[, g] - quotient / m$group[, g]
  inside <- outside - quotient / m$t
  inside[, g] <- inside[, g] + m$all / (m$t * m$group[, g])
  list(inside = inside, outside = outside)
}

# Half the difference of two shares, of a group and of another or of all others (5).
pair_slopes <- function(m, kind, a, b) {
  two <- if (kind == 5L) setdiff(seq_len(ncol(m$x)), a) else b
  share <- function(g) {
    list(
      all = rowSums(m$group[, g, drop = FALSE]),
      q = rowSums(m$x[, g, drop = FALSE]) / rowSums(m$group[, g, drop = FALSE])
    )
  }
  x <- share(a)
  y <- share(two)
  sign <- sign(x$q - y$q) / 2
  inside <- outside <- matrix(0, nrow(m$x), ncol(m$x))
  outside[, a] <- -sign * x$q / x$all
  inside[, a] <- sign * (1 - x$q) / x$all
  outside[, two] <- sign * y$q / y$all
  inside[, two] <- -sign * (1 - y$q) / y$all
  list(inside = inside, outside = outside)
}

unit_variance <- function(slopes, m) {
  rowSums(m$x * slopes$inside^2 + (m$group - m$x) * slopes$outside^2)
}

# The score of a group with units and groups in each other's place: list(u, ...), units x
# groups, of the score of the group in the place of each unit.
group_slopes <- function(m, normalise) {
  in_place <- function(v) as.vector(rowsum(v, m$place, reorder = FALSE))[m$place]
  lapply(seq_len(ncol(m$x)), function(g) {
    q <- over(m$x[, g], m$group[, g])
    term <- log_of(over(q, m$t / m$all))
    score <- in_place(q * term)
    u <- matrix(1 / m$all - over(q, m$t), nrow(m$x), ncol(m$x))
    u[, g] <- u[, g] + over(term - score, m$group[, g])
    if (normalise) (u - score / m$entropy * m$of_entropy) / m$entropy else u
  })
}

group_variance <- function(slopes, m) {
  as.vector(rowsum(rowSums(m$x * slopes^2), m$place, reorder = FALSE))
}

# ---- designs -------------------------------------------------------------------------

# A survey: the slopes go to the PSUs.
local_design_error <- function(read, out, m, score, blocks, scale, run) {
  rows <- length(out$estimate)
  check_influences(length(read$table), rows)
  dense <- lapply(blocks, if (score == "group") dense_group else dense_unit, m = m, scale = scale)
  order <- local_order(split(seq_len(rows), rep(seq_along(blocks), each = length(scale))), score)
  u <- do.call(rbind, dense)[order, , drop = FALSE]
  u[!is.finite(u)] <- 0 # of units without members
  influence <- list(
    row = integer(ncol(u)), at = as.integer(seq(0, length(u), by = rows)), value = as.vector(u)
  )
  measure <- function(w) {
    read$table <- matrix(w, ncol = ncol(read$table))
    list(estimate = run(read)$estimate, influence = influence)
  }
  places <- list(
    estimate = out$estimate, area = out$place, areas = nrow(m$in_place)
  )
  found <- cells_covariance(read$layout, read$people, places, ncol(m$x), measure)
  found$v[is.na(out$estimate)] <- NA
  found
}

# Slopes of the rows of a block by every cell: rows x (groups of units).
dense_unit <- function(slopes, m, scale) {
  units <- nrow(m$x)
  near <- outer(m$place, m$place, "==")
  do.call(cbind, lapply(seq_len(ncol(m$x)), function(g) {
    u <- near * (slopes$outside[, g] / scale)
    diag(u) <- slopes$inside[, g] / scale
    matrix(u, units)
  }))
}

dense_group <- function(slopes, m, scale) {
  near <- outer(seq_along(scale), m$place, "==")
  do.call(cbind, lapply(seq_len(ncol(m$x)), function(g) {
    near * rep(slopes[, g], each = length(scale)) / scale
  }))
}

check_local_error <- function(se, area, call = rlang::caller_env()) {
  if (se != "none" && length(area)) {
    abort_ioi("Standard errors are of units and groups, not of {.arg area}.", "input",
      arg = "se", call = call
    )
  }
}

# Smallest and largest values of the scores.
local_range <- function(score) {
  list(
    least = if (score == "extremes") -1 else 0,
    most = switch(score, extremes = 1, simpson = 1, dissimilarity = 0.5, Inf)
  )
}
