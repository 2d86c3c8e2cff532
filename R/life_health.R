# Shares in good health for ioi_life_expectancy(), from a column or from a table by
# age, in the bands of the life table.

# Where the shares come from: list(column, n) of the data, or list(table).
healthy_source <- function(quo, n, data, call = rlang::caller_env()) {
  n <- resolve_columns(n, data, "healthy_n", most = 1, call = call)
  expr <- rlang::quo_get_expr(quo)
  if (is.null(expr)) {
    return(list(none = TRUE))
  }
  is_column <- (
    is.symbol(expr) && as.character(expr) %in% names(data)
  ) || is.character(expr)
  if (!is_column) {
    value <- tryCatch(rlang::eval_tidy(quo), error = function(e) NULL)
    if (is.null(value)) {
      value <- tryCatch(
        rlang::eval_bare(expr, rlang::quo_get_env(quo)), error = function(e) NULL
      )
    }
    if (is.data.frame(value)) {
      return(list(table = value, n = n))
    }
  }
  list(column = resolve_column(quo, data, "healthy", call), n = n)
}

# Shares of band x group with their variances: list(share, variance, covariance: band
# x band x group, or NULL), or NULL.
healthy_cells <- function(source, data, cells, groups, rule, call = rlang::caller_env()) {
  if (isTRUE(source$none)) {
    return(NULL)
  }
  if (!is.null(source$table)) {
    return(healthy_from_table(source$table, cells, groups, rule, call))
  }
  share <- healthy_shares(data[[source$column]], call)[cells$row]
  n <- if (length(source$n)) {
    count_column(data[[source$n]], "healthy_n", call)[cells$row]
  } else {
    rep(NA_real_, length(share))
  }
  list(
    share = matrix(share, nrow(cells$row)),
    variance = matrix(share_variance(share, n, rule$healthy), nrow(cells$row))
  )
}

healthy_shares <- function(x, call) {
  bad <- if (is.numeric(x)) which(!is.na(x) & !(x >= 0 & x <= 1))
  if (!is.numeric(x) || length(bad)) {
    abort_ioi(
      c(
        "{.arg healthy} must hold shares from 0 to 1.",
        "x" = "The first that is not: {.val {x[bad[1]]}}."
      ),
      "data",
      arg = "healthy", where = bad, call = call
    )
  }
  as.double(x)
}

# p(1 - p)/n, or the same after Wilson's shift of z^2/2 at 95%.
share_variance <- function(p, n, kind) {
  n[n %in% 0] <- NA
  if (kind == "wilson") {
    z2 <- stats::qnorm(0.975)^2
    p <- (n * p + z2 / 2) / (n + z2)
    n <- n + z2
  }
  p * (1 - p) / n
}

# From a data frame or an estimate by age.
healthy_from_table <- function(x, cells, groups, rule, call) {
  age <- healthy_age(x, rule$by, call)
  if (!"estimate" %in% names(x)) {
    abort_ioi("{.arg healthy} must have a column {.field estimate}.", "input",
      arg = "healthy", call = call
    )
  }
  share <- healthy_shares(x[["estimate"]], call)
  from <- healthy_rows(x, age, cells$bands, groups, rule$by, call)
  k <- nrow(from)
  covariance <- healthy_covariance(x, share, rule, call)
  out <- list(share = matrix(share[from], k))
  shared <- any(apply(from, 2, function(r) anyDuplicated(r[!is.na(r)]) > 0))
  if (!shared && is_diagonal(covariance)) {
    variance <- if (is.matrix(covariance)) diag(covariance) else covariance
    out$variance <- matrix(variance[from], k)
    return(out)
  }
  out$covariance <- array(
    apply(from, 2, function(r) {
      if (is.matrix(covariance)) covariance[r, r] else ifelse(
        outer(r, r, `==`), covariance[r], 0
      )
    }),
    c(k, k, groups$size)
  )
  out
}

# Variances alone, or a matrix with nothing off its diagonal.
is_diagonal <- function(covariance) {
  !is.matrix(covariance) ||
    all(covariance[row(covariance) != col(covariance)] %in% c(0, NA))
}

# The column with the age of a table of shares.
healthy_age <- function(x, by, call) {
  candidates <- setdiff(
    union(intersect("age", names(x)), union(attr(x, "info")$by, names(x))),
    c(by, core_columns, base_columns, label_columns, "flag")
  )
  for (name in candidates) {
    value <- x[[name]]
    if (!is.list(value) && !anyNA(
      parse_ages(if (is.numeric(value)) value else as.character(value))$start
    )) {
      return(name)
    }
  }
  abort_ioi(
    c(
      "{.arg healthy} must have a column of ages or age bands.",
      "i" = "It has: {.val {names(x)}}."
    ),
    "input",
    arg = "healthy", call = call
  )
}

# The row of the table for each band and group: the band its middle lies in.
healthy_rows <- function(x, age, bands, groups, by, call) {
  value <- x[[age]]
  start <- parse_ages(if (is.numeric(value)) value else as.character(value))$start
  shared <- intersect(by, names(x))
  key <- function(columns) {
    if (!length(columns)) "" else do.call(
      paste, c(lapply(unname(columns), as.character), sep = "\r")
    )
  }
  ours <- rep_len(key(groups$labels[shared]), groups$size)
  theirs <- rep_len(key(lapply(shared, function(name) x[[name]])), length(start))
  if (anyDuplicated(data.frame(theirs, start))) {
    abort_ioi(
      c(
        "{.arg healthy} must have one row for each
         {if (length(shared)) 'age and group' else 'age'}.",
        "i" = "Choose the rows of the share in good health first."
      ),
      "data",
      arg = "healthy", call = call
    )
  }
  k <- length(bands$start)
  ends <- c(bands$start[-1], NA)
  middle <- ifelse(is.na(ends), bands$start, (bands$start + ends) / 2)
  rows_of <- split(seq_along(start), factor(theirs, unique(theirs)))
  found <- lapply(rows_of, function(rows) {
    rows <- rows[order(start[rows])]
    place <- findInterval(middle, start[rows])
    rows[ifelse(place == 0, NA, place)]
  })
  matrix(unlist(lapply(match(ours, names(found)), function(i) {
    if (is.na(i)) rep(NA_integer_, k) else found[[i]]
  })), k)
}

# The covariance of the shares, or their variances when they are independent.
healthy_covariance <- function(x, share, rule, call) {
  if (is_estimate(x) && !is.null(attr(x, "vcov"))) {
    return(covariance_matrix(x, call = call))
  }
  if ("std.error" %in% names(x)) {
    return(count_column(x[["std.error"]], "healthy$std.error", call)^2)
  }
  if ("n" %in% names(x)) {
    return(share_variance(share, count_column(x[["n"]], "healthy$n", call), rule$healthy))
  }
  rep(NA_real_, length(share))
}
