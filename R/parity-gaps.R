# Parity gaps, third part: cells and their references go to the core, and come back as
# numbers and flags.

# The measures, in the order of the core, and the base whose limits each is made from.
parity_bases <- c(
  difference = "difference", ratio = "ratio", odds_ratio = "odds_ratio",
  relative_difference = "ratio", shortfall = "difference",
  people_per_outcome = "difference", four_fifths = "ratio", parity_index = "ratio"
)

# What the core calls the methods, in its order.
parity_estimate_methods <- c("t", "log", "mover")
parity_count_methods <- c(
  "newcombe", "newcombe_cc", "miettinen_nurminen", "mee", "koopman", "agresti_caffo",
  "katz", "walter", "mover", "woolf", "haldane", "cornfield", "wald",
  "exact", "midp", "log", "score"
)
parity_rate_methods <- c("score", "exact", "midp", "log")

# What can be asked, by what the gap is made from. First is the default.
parity_methods <- list(
  estimates = list(
    difference = c("t", "mover"), ratio = c("log", "mover", "t"),
    odds_ratio = c("log", "mover")
  ),
  counts = list(
    difference = c(
      "newcombe", "newcombe_cc", "miettinen_nurminen", "mee", "agresti_caffo", "mover",
      "wald"
    ),
    ratio = c("miettinen_nurminen", "koopman", "katz", "walter", "mover"),
    odds_ratio = c("miettinen_nurminen", "cornfield", "woolf", "haldane", "mover")
  ),
  rates = list(
    difference = "score", ratio = c("score", "exact", "midp", "log"),
    odds_ratio = character()
  ),
  figures = list(difference = "mover", ratio = "mover", odds_ratio = "mover")
)

# What the core notes about a gap, as a flag.
parity_flags <- c("", "ci_mover", "se_zero", "df", "no_log", "")

parity_flag_words <- list(
  ci_mover = "limits by MOVER, as the standard error is 0",
  se_zero = "no test and no width: the standard error is 0",
  one_se_zero = "limits and test leave out the chance of an estimate with standard error 0",
  no_log = "no limits: the logarithm of this ratio is undefined",
  missing = "the group has no estimate",
  no_reference = "the reference has no estimate here",
  no_limits = "no limits: a standard error or a limit they need is missing or below 0",
  "includes no difference" = "no upper limit: there may be no difference",
  "below four fifths" = "less than four fifths of the best rate"
)

# A list with the numbers of each cell's gap for one measure, and `flag`.
parity_gaps <- function(cells, reference, measure, ci, sign) {
  counted <- !is.null(cells$events) && !all(is.na(reference$n))
  from_counts <- counted && ci %in% parity_count_methods &&
    !(parity_bases[[measure]] == "odds_ratio" && ci == "mover")
  out <- if (from_counts) {
    parity_count_gaps(cells, reference, measure, ci, sign)
  } else {
    parity_estimate_gaps(cells, reference, measure, ci, sign)
  }
  if (!from_counts && counted) {
    test <- parity_count_gaps(cells, reference, "difference", "newcombe", sign)
    out[c("statistic", "p.value")] <- test[c("statistic", "p.value")]
  }
  parity_edges(out, reference, reference$same & !is.na(cells$value), measure)
}

parity_count_gaps <- function(cells, reference, measure, ci, sign) {
  rows <- length(cells$value)
  all <- function(x) parity_every(x, rows)
  .Call(
    ioi_r_parity_counts, match(measure, names(parity_bases)) - 1L,
    match(ci, parity_count_methods) - 1L,
    list(
      cells$value, reference$value, cells$variance, reference$variance,
      all(reference$covariance), cells$people, cells$events, cells$n, all(reference$x),
      all(reference$n), all(reference$share)
    ),
    sign, cells$info$level
  )
}

parity_estimate_gaps <- function(cells, reference, measure, ci, sign) {
  rows <- length(cells$value)
  all <- function(x) parity_every(x, rows)
  call <- function(variance) {
    .Call(
      ioi_r_parity_estimates, match(measure, names(parity_bases)) - 1L,
      match(ci, parity_estimate_methods) - 1L,
      list(
        cells$value, reference$value, variance, reference$variance,
        all(reference$covariance), cells$people, cells$low, cells$high,
        all(reference$low), all(reference$high), all(reference$df)
      ),
      sign, cells$info$level
    )
  }
  out <- call(cells$variance)
  if (!is.null(cells$events)) {
    # the score test: the variance that the reference itself would give
    score <- call(parity_variance(reference$value, cells$n, cells$rate))
    out[c("statistic", "p.value")] <- score[c("statistic", "p.value")]
  }
  out
}

# A number for every row, from one for all or one for each.
parity_every <- function(x, rows) {
  if (length(x) == rows) as.double(x) else rep_len(as.double(x), rows)
}

# The variance of a proportion, or of a rate.
parity_variance <- function(p, n, rate) {
  if (rate) p / n else p * (1 - p) / n
}

# The reference against itself, and cells without a reference.
parity_edges <- function(out, reference, self, measure) {
  at <- switch(parity_bases[[measure]],
    difference = 0,
    1
  )
  if (measure == "relative_difference") at <- 0
  if (measure == "people_per_outcome") at <- NA_real_
  noted <- out$note > 0L
  out$flag <- if (any(noted)) parity_flags[out$note + 1L] else ""
  if (any(self)) {
    for (name in c("estimate", "conf.low", "conf.high")) out[[name]][self] <- at
    out$std.error[self] <- if (is.na(at)) NA else 0
    out$statistic[self] <- out$p.value[self] <- NA
  }
  if (!all(reference$has)) {
    numbers <- setdiff(names(out), c("note", "flag"))
    for (name in numbers) out[[name]][!reference$has] <- NA
  }
  if (any(noted)) out$flag[self | !reference$has] <- ""
  out
}

# ---- flags --------------------------------------------------------------------

# Why a number is missing, and what the cells' own flags say.
parity_row_flags <- function(cells, reference, gap, measure, ci) {
  marks <- parity_marks(cells, reference, gap)
  reads <- marks$reads
  marks$reads <- NULL
  if (is.null(cells$events) && ci != "mover") {
    marks$one_se_zero <- reads & gap$std.error > 0 & (is_none(cells$variance) |
      (reference$kind != "published" & is_none(reference$variance)))
  }
  if (measure == "people_per_outcome") {
    marks[["includes no difference"]] <- reads & gap$conf.high == Inf
  }
  if (measure == "four_fifths") {
    marks[["below four fifths"]] <- reads & gap$estimate < 0.8
  }
  own <- parity_marked(marks)
  noted <- gap$flag
  if (any(nzchar(noted))) noted[marks$empty | marks$missing | marks$no_reference] <- ""
  words <- c(list(noted), parity_own_words(cells, reference, ci))
  if (!any(vapply(words, function(w) any(nzchar(w)), NA))) {
    return(own)
  }
  parity_join(c(list(own), words))
}

# Which rows lack what; `reads`: those that compare one value with another.
parity_marks <- function(cells, reference, gap) {
  gone <- is.na(cells$value)
  empty <- gone & is_none(cells$n)
  if (any(nzchar(cells$flag))) empty <- empty | gone & grepl("(^|;)empty($|;)", cells$flag)
  there <- !(gone | reference$same)
  reads <- there & reference$has & !is.na(reference$value)
  list(
    reference = reference$same, empty = empty, missing = gone & !empty,
    no_reference = there & !reads,
    no_limits = reads & is.na(gap$conf.low) & !nzchar(gap$flag), reads = reads
  )
}

# What the flags of group and reference say of the gap.
parity_own_words <- function(cells, reference, ci) {
  if (!any(nzchar(cells$flag)) && !any(nzchar(reference$flag))) {
    return(NULL)
  }
  carried <- parity_carried(reference$flag, ci)
  list(
    parity_carried(cells$flag, ci),
    ifelse(reference$has & !reference$same, carried, "")
  )
}

# Known to be 0.
is_none <- function(x) {
  !is.na(x) & x == 0
}

# Names of the marks that are set in each row, joined.
parity_marked <- function(marks) {
  set <- vapply(marks, any, NA, na.rm = TRUE)
  out <- rep("", length(marks[[1]]))
  for (name in names(marks)[set]) {
    at <- which(marks[[name]])
    out[at] <- ifelse(nzchar(out[at]), paste(out[at], name, sep = ";"), name)
  }
  out
}

# The flags of an estimate that hold for its gaps too; those about its limits only
# where the gap's limits are made from them.
parity_carried <- function(flag, ci) {
  for (local in c("empty", "df", if (ci != "mover") c("ci_nchs", "ci_xlogit"))) {
    flag <- gsub(paste0("(^|;)", local, "(?=$|;)"), "", flag, perl = TRUE)
  }
  sub("^;", "", flag)
}

# Joins flags by ";", each once.
parity_join <- function(words) {
  all <- do.call(paste, c(words, list(sep = ";")))
  seen <- unique(all)
  short <- vapply(strsplit(seen, ";", fixed = TRUE), function(w) {
    paste(unique(w[nzchar(w)]), collapse = ";")
  }, "")
  short[match(all, seen)]
}
