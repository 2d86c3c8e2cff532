# Degrees of freedom and people of the cells that a gap compares, counted once each.

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
  list(df = parity_union_df(domains, a, b, n), n = n)
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
  df <- parity_union_df(all, seq_along(members), seq_along(members), n)
  list(df = df[block], n = n[block])
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
