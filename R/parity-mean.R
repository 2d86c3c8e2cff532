# Means of cells as the reference of a parity gap: all groups together, the rest, and the
# unweighted mean of the others.

# "overall": with weight w of the group in its block, r = m. "rest": r = (m - w
# y)/(1 - w). "others_mean": the same with equal weights.
parity_to_mean <- function(cells, how, need_limits, call) {
  share <- parity_shares(cells, how, call)
  mean <- parity_block_mean(cells, share)
  block <- cells$block
  rest <- if (how == "overall") 0 else share$w
  alpha <- 1 / (1 - rest)
  beta <- -rest / (1 - rest)
  own <- cells$variance
  out <- list(
    at = length(cells$value) + block, alpha = alpha, beta = beta,
    value = alpha * mean$value[block] + beta * cells$value,
    variance = pmax(0, alpha^2 * mean$variance[block] + beta^2 * own +
      2 * alpha * beta * mean$covariance),
    covariance = alpha * mean$covariance + beta * own,
    low = NA_real_, high = NA_real_, x = NA_real_, n = NA_real_, share = 0,
    flag = "", label = rep(how, length(block))
  )
  out <- parity_mean_counts(cells, out, share, how)
  if (need_limits) {
    out[c("low", "high")] <- parity_mean_limits(cells, share$w, rest, out)
  }
  together <- parity_together_block(cells)
  known <- share$count[block] > 0 & !is.na(out$value)
  alone <- !(share$w < 1)
  out$has <- known & (how == "overall" | !alone)
  out$same <- out$has & how == "overall" & alone
  together$df[!out$has] <- NA
  c(out, list(df = together$df, people = together$n, anchors = mean))
}

# The weight of each cell in its block: list(w, count of cells that take part, basis).
parity_shares <- function(cells, how, call) {
  people <- cells$people
  if (how == "others_mean") {
    people <- as.double(!cells$n %in% 0)
  } else if (length(people) && all(is.na(people))) {
    abort_ioi(
      c(
        "The reference {.val {how}} needs the people of each group.",
        "i" = "Name their column in {.arg population}, or give {.arg x} a column
               {.field n}."
      ),
      "input",
      arg = "population", call = call
    )
  }
  people[cells$out] <- 0
  total <- as.vector(rowsum(people, cells$block, reorder = FALSE))
  takes_part <- !is.na(people) & people > 0
  list(
    w = people / total[cells$block],
    count = as.vector(rowsum(as.integer(takes_part), cells$block, reorder = FALSE))
  )
}

# The weighted mean of each block: value and variance by block, its covariance with each
# cell, and what a matrix of all needs.
parity_block_mean <- function(cells, share) {
  w <- share$w
  part <- !is.na(w) & w > 0
  times <- function(x) {
    x <- w * x
    x[!part] <- 0
    x
  }
  sums <- function(x) as.vector(rowsum(x, cells$block, reorder = FALSE))
  weighed <- times(cells$value)
  weighed[is.na(w)] <- NA
  value <- sums(weighed)
  if (is.null(cells$covariance)) {
    covariance <- times(cells$variance)
    return(list(
      value = value, variance = sums(times(covariance)), covariance = covariance, w = w
    ))
  }
  with_all <- rowsum(parity_weigh(cells$covariance, ifelse(part, w, 0)), cells$block,
    reorder = FALSE
  )
  all <- rowsum(parity_weigh(t(with_all), ifelse(part, w, 0)), cells$block, reorder = FALSE)
  list(
    value = value, variance = diag(all),
    covariance = with_all[cbind(cells$block, seq_along(w))], with_all = with_all, all = all,
    w = w
  )
}

# Rows of a matrix times their weights; a row of weight 0 adds nothing, missing or not.
parity_weigh <- function(v, w) {
  v <- v * w
  v[w %in% 0, ] <- 0
  v
}

# Counts of the reference, where it is a set of people.
parity_mean_counts <- function(cells, out, share, how) {
  if (is.null(cells$events) || how == "others_mean") {
    return(out)
  }
  total <- function(x) {
    x[cells$out | cells$n %in% 0] <- 0
    as.vector(rowsum(x, cells$block, reorder = FALSE))[cells$block]
  }
  inside <- !(cells$out | cells$n %in% 0)
  inner <- function(x) replace(x, !inside, 0)
  out$x <- total(cells$events) - inner(cells$events)
  out$n <- total(cells$n) - inner(cells$n)
  if (how == "overall") {
    out$share <- inner(share$w)
  } else {
    out$value <- replace(out$x / out$n, !out$n > 0, NA)
  }
  out
}

# Limits of a mean from those of its cells: MOVER for a sum, with the correlations. The
# cell itself is taken out where the reference is the rest.
parity_mean_limits <- function(cells, w, rest, reference) {
  part <- !is.na(w) & w > 0
  side <- function(distance) {
    d <- w * distance
    d[!part] <- 0
    rho <- if (is.null(cells$covariance)) NULL else parity_correlation(cells$covariance)
    sums <- function(x) as.vector(rowsum(x, cells$block, reorder = FALSE))[cells$block]
    with_all <- if (is.null(rho)) d else parity_block_product(rho, d, cells$block)
    own <- (rest > 0) * d
    square <- sums(d * with_all) - 2 * own * with_all + own^2
    sqrt(pmax(0, square)) * reference$alpha
  }
  list(
    low = reference$value - side(cells$value - cells$low),
    high = reference$value + side(cells$high - cells$value)
  )
}

parity_correlation <- function(v) {
  scale <- sqrt(diag(v))
  rho <- v / outer(scale, scale)
  rho[!is.finite(rho)] <- 0
  diag(rho) <- 1
  rho
}

# rho d within blocks.
parity_block_product <- function(rho, d, block) {
  d[is.na(d)] <- 0
  as.vector(rowSums(rho * outer(block, block, `==`) * rep(d, each = length(d))))
}
