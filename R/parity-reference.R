# Parity gaps, second half of what is compared: the reference of each cell.
#
# Every reference r of a cell with value y is made from one *anchor* m: r = alpha m +
# beta y. The anchor is a cell (a named group, the best, worst or largest), the mean of
# a block of cells, or a published figure, so that one covariance matrix, that of the
# cells and the anchors, serves all gaps. A reference is a list with an element per cell:
#   at         the anchor: a cell; or cells + block; or cells + 1 (published)
#   alpha, beta
#   value, variance, covariance (with the cell), low, high
#   x, n       counts of the reference, NA where it has none; `share`: what part of it
#              the group is, by people, where the group is inside it, otherwise 0
#   df, people degrees of freedom and people of the two together
#   has, same  whether there is a reference, and whether it is the cell itself
#   label      what the column `reference` shows

# Ways to choose a reference from the data, and ways to make one.
parity_choices <- c("best", "worst", "largest")
parity_means <- c("overall", "rest", "others_mean")

#' A published figure to compare with
#'
#' A reference for [ioi_parity()] that is not a group of the data: a national figure, the
#' result of another survey, a target.
#'
#' @param estimate The figure, in the unit of the estimates it is compared with: a share
#'   is a fraction from 0 to 1.
#' @param conf.low,conf.high Its published limits.
#' @param std.error Its standard error. Where it is missing and the limits are given, it
#'   is worked out from them.
#' @param n People it rests on. For counts the figure is then compared like a group of
#'   n people, of whom the fraction `estimate` have the outcome.
#' @param level Confidence level of the limits.
#' @param name What the column `reference` of the result calls it.
#' @param ... Must be empty.
#' @return A list of class `ioi_published` for the argument `reference`.
#' @section Standard error from limits: limits are symmetric on the scale they were made
#'   on. Of the plain, the logarithmic and the logit scale the one is taken on which the
#'   middle of the limits is nearest to the estimate, in units of their width (the plain
#'   one when there is no choice); the standard error is the width of the limits over 2z,
#'   carried back to the plain scale by its derivative at the estimate.
#' @section Without any uncertainty: with neither `std.error`, limits nor `n` the figure
#'   is taken as exact, as a target is. Counts are then tested against it by the score
#'   test of one proportion, whose limits are Wilson's.
#' @section Errors: `ioi_error_input` for an argument that is not one number, limits the
#'   wrong way round or only one of them, and a negative standard error or `n`.
#' @seealso [ioi_parity()]
#' @examples
#' exclusions <- subset(exclusions_2017, level == "minor")
#' ioi_parity(exclusions, ethnic_group, ioi_published(0.0010, name = "all pupils"),
#'   measure = "ratio", events = permanent, population = pupils
#' )
#' # a survey's share with its limits
#' ioi_published(0.62, conf.low = 0.58, conf.high = 0.66)
#' @export
ioi_published <- function(estimate, conf.low = NULL, conf.high = NULL, std.error = NULL,
                          n = NULL, level = 0.95, name = "published", ...) {
  check_dots_empty_ioi(...)
  given <- list(
    estimate = estimate, conf.low = conf.low, conf.high = conf.high,
    std.error = std.error, n = n
  )
  least <- c(-Inf, -Inf, -Inf, 0, 0)
  number <- Map(check_published, given, names(given), least, list(rlang::current_env()))
  level <- check_level(level)
  if (is.na(number$estimate)) {
    abort_ioi("{.arg estimate} must be one finite number.", "input", arg = "estimate")
  }
  if (!is.character(name) || length(name) != 1 || is.na(name)) {
    abort_ioi("{.arg name} must be one text.", "input", arg = "name")
  }
  limits <- c(number$conf.low, number$conf.high)
  if (sum(is.na(limits)) == 1 || isTRUE(limits[1] > limits[2])) {
    abort_ioi(
      "{.arg conf.low} and {.arg conf.high} must be given together, the lower one first.",
      "input",
      arg = "conf.low"
    )
  }
  number$known <- !is.na(number$std.error) || !is.na(limits[1])
  if (is.na(number$std.error) && !is.na(limits[1])) {
    number$std.error <- parity_se_from_limits(number$estimate, limits[1], limits[2], level)
  }
  structure(c(number, level = level, name = name), class = "ioi_published")
}

check_published <- function(x, arg, least, call) {
  if (is.null(x)) {
    return(NA_real_)
  }
  if (!is.numeric(x) && !all(is.na(x)) || length(x) != 1 || isTRUE(is.infinite(x)) ||
    isTRUE(x < least)) {
    abort_ioi(
      c(
        paste0("{.arg {arg}} must be one finite number", if (least == 0) " of 0 or more", "."),
        "x" = "It is {.val {x}}."
      ),
      "input",
      arg = arg, call = call
    )
  }
  as.double(x)
}

# Standard errors from published limits.
parity_se_from_limits <- function(estimate, low, high, level) {
  .Call(
    ioi_r_parity_published, as.double(estimate), as.double(low), as.double(high),
    as.double(level)
  )
}

#' @export
format.ioi_published <- function(x, ...) {
  text <- c(estimate = x$estimate, std.error = x$std.error, n = x$n)
  text <- text[!is.na(text)]
  paste0(x$name, ": ", paste(names(text), signif(text, 4), sep = " = ", collapse = ", "))
}

#' @export
print.ioi_published <- function(x, ...) {
  cat("Published figure, ", format(x), "\n", sep = "")
  invisible(x)
}

# ---- which reference ----------------------------------------------------------

# What `reference` asks for: list(kind = "cell", "mean" or "published", how, label).
# A group of that name comes before a word of ours.
parity_ask <- function(cells, reference, call) {
  if (inherits(reference, "ioi_published")) {
    return(list(kind = "published", figure = reference))
  }
  if (!is.atomic(reference) || length(reference) != 1 || is.na(reference)) {
    abort_ioi(
      c(
        "{.arg reference} must be one group, {.or {.val {c(parity_choices, parity_means)}}},
         or an {.fn ioi_published}.",
        "x" = "It is {.cls {class(reference)}} of length {length(reference)}."
      ),
      "input",
      arg = "reference", call = call
    )
  }
  reference <- as.character(reference)
  if (any(parity_is_level(cells$group, reference))) {
    return(list(kind = "cell", how = "named", name = reference))
  }
  if (!reference %in% c(parity_choices, parity_means)) {
    abort_ioi(
      c(
        "{.arg reference} must be a group of {.arg x}, or
         {.or {.val {c(parity_choices, parity_means)}}}.",
        "x" = "No row has the group {.val {reference}}.",
        "i" = if (length(cells$group)) {
          "The groups are {.val {unique(as.character(cells$group))}}."
        } else {
          "{.arg x} has no rows."
        }
      ),
      "input",
      arg = "reference", call = call
    )
  }
  kind <- if (reference %in% parity_means) "mean" else "cell"
  list(kind = kind, how = reference)
}

# The reference of every cell, as asked.
parity_reference <- function(cells, ask, favourable, need_limits, call) {
  out <- switch(ask$kind,
    cell = parity_to_cell(cells, ask, favourable, call),
    mean = parity_to_mean(cells, ask$how, need_limits, call),
    published = parity_to_published(cells, ask$figure)
  )
  out$kind <- ask$kind
  out$chosen <- if (ask$kind == "cell" && ask$how %in% parity_choices[1:2]) ask$how
  out
}

# ---- a cell as the reference --------------------------------------------------

parity_to_cell <- function(cells, ask, favourable, call) {
  if (ask$how == "named") {
    candidates <- which(parity_is_level(cells$group, ask$name))
    label <- rep(candidates[1], length(cells$block))
  } else {
    candidates <- parity_ranked(cells, ask$how, favourable, call)
    label <- NULL
  }
  at <- candidates[match(cells$block, cells$block[candidates])]
  parity_cell_reference(cells, at, if (is.null(label)) at else label)
}

# Which values are this text.
parity_is_level <- function(x, name) {
  if (is.factor(x)) {
    return(as.integer(x) %in% which(levels(x) == name))
  }
  if (is.character(x) || is.object(x) || is.logical(x)) {
    return(as.character(x) == name)
  }
  # numbers: few are equal, and those are compared as text
  is <- x == suppressWarnings(as.numeric(name))
  is[is.na(is)] <- FALSE
  is[is] <- as.character(x[is]) == name
  is
}

# The reference `at`, a cell for each cell; NA where there is none.
parity_cell_reference <- function(cells, at, label) {
  g <- seq_along(cells$value)
  has <- !is.na(at)
  r <- at
  r[!has] <- g[!has]
  together <- parity_together(cells, g, r)
  together$df[!has] <- NA
  together$n[!has] <- cells$n[!has]
  variance <- cells$variance[r]
  same <- has & r == g
  covariance <- if (is.null(cells$covariance)) {
    variance * same
  } else {
    cells$covariance[cbind(g, r)]
  }
  list(
    at = r, alpha = 1, beta = 0, value = cells$value[r], variance = variance,
    covariance = covariance, low = cells$low[r], high = cells$high[r],
    x = cells$events[r], n = cells$n[r], share = 0, df = together$df,
    people = together$n, has = has, same = same,
    flag = cells$flag[r], label = cells$group[label]
  )
}

# Cells from the most wanted to the least: the first of a combination of `by` is
# its reference.
parity_ranked <- function(cells, how, favourable, call) {
  if (how != "largest" && is.null(favourable)) {
    abort_ioi(
      "{.arg favourable} must be given for the reference {.val {how}}: is a high
       value good?",
      "input",
      arg = "favourable", call = call
    )
  }
  if (how == "largest" && length(cells$n) && all(is.na(cells$n))) {
    abort_ioi(
      "The reference {.val largest} needs a column {.field n} in {.arg x}.",
      "input",
      arg = "reference", call = call
    )
  }
  sign <- if (identical(how == "best", isTRUE(favourable))) -1 else 1
  key <- if (how == "largest") rep(0, length(cells$n)) else sign * cells$value
  able <- !is.na(key) & !(cells$n %in% 0)
  ranked <- order(key, -cells$people, na.last = TRUE)
  ranked[able[ranked]]
}

# ---- a mean of cells as the reference -----------------------------------------

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

# ---- a published figure as the reference --------------------------------------

parity_to_published <- function(cells, figure) {
  rows <- length(cells$value)
  as_count <- !is.null(cells$events) && !is.na(figure$n) && !figure$known
  se <- if (is.na(figure$std.error)) 0 else figure$std.error
  if (!figure$known && !is.na(figure$n) && isTRUE(cells$info$unit == "proportion")) {
    se <- sqrt(figure$estimate * (1 - figure$estimate) / figure$n)
  }
  limits <- c(figure$conf.low, figure$conf.high)
  if (anyNA(limits) || !isTRUE(all.equal(figure$level, cells$info$level))) {
    limits <- figure$estimate + c(-1, 1) * stats::qnorm((1 + cells$info$level) / 2) * se
  }
  list(
    at = rep(rows + 1L, rows), alpha = 1, beta = 0,
    value = rep(figure$estimate, rows), variance = rep(se^2, rows), covariance = 0,
    low = limits[1], high = limits[2],
    x = if (as_count) figure$estimate * figure$n else NA_real_,
    n = if (as_count) figure$n else NA_real_, share = 0,
    df = cells$df, people = cells$n + if (is.na(figure$n)) 0 else figure$n,
    has = rep(TRUE, rows), same = rep(FALSE, rows), flag = "",
    label = rep(figure$name, rows),
    anchors = list(value = figure$estimate, variance = se^2)
  )
}

# ---- together -----------------------------------------------------------------

# Degrees of freedom and people of two cells together.
parity_together <- function(cells, g, r) {
  domains <- cells$domains
  if (is.null(domains)) {
    n <- cells$n[g] + cells$n[r] * (g != r)
    if (all(is.infinite(cells$df))) {
      return(list(df = cells$df[g], n = n))
    }
    chosen <- !is.null(cells$info$df_rule)
    df <- if (chosen) pmin(cells$df[g], cells$df[r]) else parity_welch(cells, g, r)
    return(list(df = df, n = n))
  }
  a <- domains$id[g]
  b <- domains$id[r]
  n <- domains$n[a] + ifelse(a == b, 0, domains$n[b])
  if (!cells$counted) {
    return(list(df = pmin(cells$df[g], cells$df[r]), n = n))
  }
  df <- parity_union_df(domains, a, b, n)
  df[cells$df[g] <= 0 | cells$df[r] <= 0] <- 0 # a variance that was not estimated
  list(df = df, n = n)
}

# The same of all cells of a block together, for each cell.
parity_together_block <- function(cells) {
  block <- cells$block
  domains <- cells$domains
  least <- function(x) {
    as.vector(vapply(split(x, block), min, 1, na.rm = TRUE))[match(block, sort(unique(block)))]
  }
  if (is.null(domains)) {
    n <- cells$n
    n[is.na(n)] <- 0
    n <- as.vector(rowsum(n, block, reorder = FALSE))[block]
    return(list(df = if (all(is.infinite(cells$df))) cells$df else least(cells$df), n = n))
  }
  members <- lapply(split(domains$id, block), unique)
  n <- vapply(members, function(at) sum(domains$n[at]), 1, USE.NAMES = FALSE)
  if (!cells$counted) {
    return(list(df = least(cells$df), n = n[block]))
  }
  all <- parity_join_domains(domains, members, n)
  df <- parity_union_df(all, seq_along(members), seq_along(members), n)[block]
  df[cells$df <= 0] <- 0
  list(df = df, n = n[block])
}

# Domains that are unions of others: `members` has a vector of columns for each.
parity_join_domains <- function(domains, members, n) {
  join <- function(bits) {
    if (is.null(bits)) {
      return(NULL)
    }
    either <- function(at) Reduce(`|`, lapply(at, function(i) bits[, i]), raw(nrow(bits)))
    matrix(unlist(lapply(members, either)), ncol = length(members))
  }
  domains$psu <- join(domains$psu)
  domains$stratum <- join(domains$stratum)
  domains$n <- n
  domains
}

# Degrees of freedom of the records of two domains together.
parity_union_df <- function(domains, a, b, n) {
  if (!is.null(domains$df)) {
    return(rep(domains$df, length(a)))
  }
  if (!is.null(domains$factor)) {
    return(replicate_union_df(domains, a, b))
  }
  psus <- if (is.null(domains$psu)) n else .Call(ioi_r_parity_union, domains$psu, a, b)
  psus - .Call(ioi_r_parity_union, domains$stratum, a, b)
}

# Welch and Satterthwaite for independent groups.
parity_welch <- function(cells, g, r) {
  v <- cells$variance
  df <- (v[g] + v[r])^2 / (v[g]^2 / cells$df[g] + v[r]^2 / cells$df[r])
  least <- pmin(cells$df[g], cells$df[r])
  ifelse(is.na(df) | least <= 0 | g == r, least, df)
}
