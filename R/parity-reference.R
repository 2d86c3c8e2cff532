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
    published = parity_to_published(cells, ask$figure, call)
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
  is <- x == suppressWarnings(as.numeric(name))
  is & !is.na(is)
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
    flag = if (length(cells$flag) == 1) cells$flag else cells$flag[r],
    label = cells$group[label]
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
