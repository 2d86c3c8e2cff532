# Standard errors of local scores: the delta method for people drawn at random into the
# cells of a place. A score looks at its own unit, or group, and at the margins of the place,
# so that its variance needs no more than one pass.

# Variances of the rows of `out`, in their order. `table`: people, units x groups.
local_variance <- function(read, out, score, normalise, base, of) {
  m <- local_margins(read)
  v <- switch(score,
    unit = unit_variance(m, normalise),
    group = group_variance(m, normalise),
    location_quotient = quotient_variance(m),
    diversity = own_variance(m, -log_of(m$p)),
    simpson = own_variance(m, -2 * m$p),
    unlist(Map(function(a, b) pair_variance(m, of$kind, a, b), of$a, of$b))
  )
  if (score %in% c("unit", "group") && !normalise) v <- v / log(base)^2
  if (score == "diversity") {
    scale <- if (normalise) log(present_groups(read, m$place))[m$place] else log(base)
    v <- v / scale^2
  }
  v[is.na(out$estimate)] <- NA
  v
}

# Table, shares and totals, of the place of each unit where they are of a place.
local_margins <- function(read) {
  place <- unit_places(read$layout)
  x <- read$table
  groups <- rowsum(x, place, reorder = FALSE)
  all <- rowSums(groups)
  of_group <- groups / all
  entropy <- -rowSums(of_group * log_of(of_group))
  list(
    x = x, place = place, t = rowSums(x), p = x / rowSums(x), in_place = unname(groups),
    group = unname(groups)[place, , drop = FALSE], all = unname(all)[place],
    share = unname(of_group)[place, , drop = FALSE], entropy = unname(entropy)[place],
    of_entropy = (-log_of(unname(of_group)) - unname(entropy))[place, , drop = FALSE] /
      unname(all)[place]
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

# Derivatives inside the unit and outside it, by the group of a member.
unit_variance <- function(m, normalise) {
  term <- log_of(over(m$p, m$share))
  score <- rowSums(m$p * term)
  outside <- 1 / m$all - over(m$p, m$group)
  inside <- outside + (term - score) / m$t
  if (normalise) {
    shift <- score / m$entropy * m$of_entropy
    inside <- (inside - shift) / m$entropy
    outside <- (outside - shift) / m$entropy
  }
  rowSums(m$x * inside^2 + (m$group - m$x) * outside^2)
}

# The same with units and groups in each other's place; one group after the other.
group_variance <- function(m, normalise) {
  each <- vapply(seq_len(ncol(m$x)), function(g) {
    q <- over(m$x[, g], m$group[, g])
    term <- log_of(over(q, m$t / m$all))
    in_place <- function(v) as.vector(rowsum(v, m$place, reorder = FALSE))
    score <- in_place(q * term)
    k <- if (normalise) (score[m$place] / m$entropy) else 0
    outside <- 1 / m$all - over(q, m$t)
    of_entropy <- m$of_entropy * k
    inside <- outside + over(term - score[m$place], m$group[, g])
    v <- rowSums(m$x * (outside - of_entropy)^2) +
      m$x[, g] * ((inside - of_entropy[, g])^2 - (outside - of_entropy[, g])^2)
    v <- in_place(v)
    if (normalise) v / m$entropy[!duplicated(m$place)]^2 else v
  }, numeric(nrow(m$in_place)))
  as.vector(t(matrix(each, nrow(m$in_place))))
}

# Units in order, groups within. The logarithm of the quotient has derivatives that differ
# between the cell, its unit, its group and everybody else.
quotient_variance <- function(m) {
  x <- m$x
  of_log <- x * (over(1, x) - 1 / m$t - over(1, m$group) + 1 / m$all)^2 +
    (m$t - x) * (1 / m$all - 1 / m$t)^2 +
    (m$group - x) * (1 / m$all - over(1, m$group))^2 +
    (m$all - m$t - m$group + x) / m$all^2
  as.vector(t(of_log * (m$p / m$share)^2))
}

# A score of the shares in a unit alone; `slope`: its derivatives by the shares.
own_variance <- function(m, slope) {
  rowSums(m$x * (slope - rowSums(m$p * slope))^2) / m$t^2
}

# Extremes; or a part of dissimilarity, half the difference of two shares.
pair_variance <- function(m, kind, a, b) {
  if (kind == 3L) {
    slope <- matrix(0, nrow(m$x), ncol(m$x))
    slope[, a] <- 1
    slope[, b] <- -1
    return(own_variance(m, slope))
  }
  one <- m$x[, a]
  all_one <- m$group[, a]
  two <- if (kind == 5L) m$t - one else m$x[, b]
  all_two <- if (kind == 5L) m$all - all_one else m$group[, b]
  of_share <- function(x, all) (x / all) * (1 - x / all) / all
  (of_share(one, all_one) + of_share(two, all_two)) / 4
}

check_local_error <- function(se, area, design, call = rlang::caller_env()) {
  if (se == "none") {
    return(invisible())
  }
  if (!is.null(design)) {
    abort_ioi("Standard errors of local scores are for counts, not for a design.", "input",
      arg = "se", call = call
    )
  }
  if (length(area)) {
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
