# The covariance that a table of estimates carries in its attribute `vcov`, for which
# `v` stands here. It is one of
#   NULL      not known, or of too many rows
#   a matrix  rows x rows, in row order, without dimnames
#   a list    what the matrix is computed from when somebody asks: see later_covariance()
# Whoever needs its numbers asks covariance_matrix(); all else carries it as it is. In the
# engine `v` may also be a vector, of variances alone.

# More rows than this keep their variances but not their covariances, unless the
# user asks for them: 2,000 rows take 32 MB.
most_covariance_rows <- 2000

# Up to so many rows the matrix is made at once: it takes no more room (320 kB) or time
# (2,000 PSUs: 1/100 s) than what it would be made from later.
most_rows_at_once <- 200

# More bytes than this are not kept for later: twice what 2,000 rows take.
most_bytes_later <- 2^26

# The list below as it is laid out now: what a file of another layout holds is not given
# to the engine, which trusts it. One more whenever a stage, totals, influence or residual
# (src/r/r_variance.c) changes.
later_layout <- 1L

# Keep the covariance of this many rows?
keeps_covariance <- function(rows, covariance = NULL) {
  if (is.null(covariance)) rows <= most_covariance_rows else covariance
}

# When it is computed, as road_estimate() takes it: TRUE at once, "later" if what it takes
# is not too large, FALSE never.
when_covariance <- function(rows, covariance) {
  keeps <- keeps_covariance(rows, covariance)
  if (keeps && is.null(covariance) && rows > most_rows_at_once) "later" else keeps
}

# A covariance that is computed later: plain data, so that tables can be compared and
# saved. `engine`: the arguments of the variance engine; `row`: the estimate of the engine
# that each row of the table is; `variance`: their variances, NA where not known;
# `std.error`: NULL, or what the rows are scaled to, as rescale_covariance() does.
later_covariance <- function(engine, variance) {
  list(layout = later_layout, engine = engine, row = seq_along(variance), variance = variance)
}

is_later <- function(v) is.list(v)

# The covariance of these estimates as a matrix (`covariance` TRUE), computed later, or
# their variances (FALSE): list(v, psu, stratum).
covariance_found <- function(engine, covariance) {
  later <- identical(covariance, "later") &&
    utils::object.size(engine) <= most_bytes_later
  out <- road_variance(engine, !later && !isFALSE(covariance))
  if (later) out$v <- later_covariance(engine, out$v)
  out
}

# Is more known than variances?
is_covariance <- function(v) is_later(v) || (is.matrix(v) && is.numeric(v))

covariance_size <- function(v) {
  if (is_later(v)) length(v$row) else dim(v)
}

# The diagonal of a covariance, or the variances as they are.
variances <- function(v) {
  if (is_later(v)) {
    v$variance
  } else if (is.matrix(v)) {
    v[cbind(seq_len(nrow(v)), seq_len(nrow(v)))]
  } else {
    v
  }
}

# The covariance of some of its rows; a matrix without a copy where these are all.
covariance_rows <- function(v, rows) {
  if (is_later(v)) {
    by_row <- intersect(c("row", "variance", "std.error"), names(v))
    v[by_row] <- lapply(v[by_row], `[`, rows)
    v
  } else if (is.matrix(v)) {
    if (identical(rows, seq_len(nrow(v)))) v else v[rows, rows, drop = FALSE]
  } else {
    v[rows]
  }
}

# A covariance with NA in the rows and columns of estimates that have no variance.
known_covariance <- function(v, variance) {
  if (is_later(v)) {
    v$variance <- variance
    return(v)
  }
  unknown <- is.na(variance)
  if (any(unknown)) {
    v[unknown, ] <- NA_real_
    v[, unknown] <- NA_real_
  }
  v
}

# A covariance with these standard errors and the correlations of `v`.
rescale_covariance <- function(v, se) {
  if (is_later(v)) {
    v[c("variance", "std.error")] <- list(se^2, se)
    return(v)
  }
  scale <- se / sqrt(variances(v))
  scale[se %in% 0] <- 0
  out <- v * outer(scale, scale)
  diag(out) <- se^2
  na_if_nan(out)
}

# What a table of the rows `keep` carries, with their variances there.
table_covariance <- function(v, keep, variance) {
  if (is_covariance(v)) known_covariance(covariance_rows(v, keep), variance)
}

# ---- asked for ----------------------------------------------------------------

# The covariance of the rows of a table, or of some of them, as a matrix; or NULL.
covariance_matrix <- function(x, rows = seq_len(nrow(x)), call = rlang::caller_env()) {
  v <- attr(x, "vcov")
  if (is.null(v)) NULL else covariance_now(covariance_rows(v, rows), call)
}

# The same numbers, to the last bit, as if it had been computed at once.
covariance_now <- function(v, call = rlang::caller_env()) {
  if (!is_later(v)) {
    return(v)
  }
  check_later(v, call)
  once <- covariance_rows(v, which(!duplicated(v$row)))
  out <- covariance_rows(road_variance(engine_of(once), TRUE)$v, once$row)
  if (!is.null(once$std.error)) out <- rescale_covariance(out, once$std.error)
  covariance_rows(known_covariance(out, once$variance), match(v$row, once$row))
}

check_later <- function(v, call) {
  if (!identical(v$layout, later_layout)) {
    abort_ioi(
      c(
        "The covariance of these rows was left for later, and cannot be computed any more.",
        "x" = "The table was made by another version of the package.",
        "i" = "Estimate it again, or with {.code covariance = TRUE} before you save it."
      ),
      "data",
      call = call
    )
  }
}

# The engine's arguments for the rows that are asked for. The others stay in their places
# with the influence 0: zeros are passed over, and the sums of the rest keep their order.
engine_of <- function(v) {
  engine <- v$engine
  asked <- seq_along(engine$size) %in% v$row
  if (all(asked)) {
    return(engine)
  }
  u <- engine$influence
  count <- diff(u$at)
  row <- rep(u$row, count) + sequence(count)
  variables <- length(u$value) / length(row)
  engine$influence$value[rep(!asked[row], each = variables)] <- 0
  if (!is.null(engine$residual)) engine$residual$beta[!asked, ] <- 0
  engine
}
