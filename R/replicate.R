# Replicate weights: the variance of a design by what its replicates give. Where
# the weights of a replicate are one factor for all records of a PSU, the design
# keeps PSU totals and a small matrix of factors; else each replicate is a column
# that the tally reads in place.

replicate_types <- c(
  "JK1", "JKn", "BRR", "Fay", "bootstrap", "ACS", "successive-difference", "other"
)

# The design from its replicate weights in `columns`, a list of vectors. `given`:
# list(type, scale, rscales, rho, combined, mse, df), and `signed` where linear
# calibration may have left replicates with weights below 0. `groups`: those of
# replicate_groups(), where they are known; there are no columns then.
build_replicate_design <- function(data, names, weight, columns, given, groups = NULL,
                                   call = rlang::caller_env()) {
  rows <- nrow(data)
  if (rows == 0) {
    abort_ioi("{.arg data} has no rows.", "data", arg = "data", call = call)
  }
  scan <- check_weights(weight, call)
  if (given$combined && is.null(weight)) {
    abort_ioi(
      c(
        "{.arg weights} must name the weights of the whole sample.",
        "i" = "Replicate factors without weights go with {.code combined_weights = FALSE}."
      ),
      "input",
      arg = "weights", call = call
    )
  }
  for (name in names(columns)) check_numbers(columns[[name]], "repweights", name, call)
  # grouping has seen every number to be usable, unless it gives up
  if (is.null(groups)) groups <- replicate_groups(columns, if (given$combined) weight, rows)
  if (is.null(groups)) {
    check <- if (isTRUE(given$signed)) check_finite else check_amounts
    for (name in names(columns)) check(columns[[name]], "repweights", name, call)
  }
  replicate_design(data, names, weight, scan$zero > 0, columns, groups, given, call)
}

# Groups of records with the same factors: list(group, factor); NULL where there
# are too many to be PSUs.
replicate_groups <- function(columns, weight, rows) {
  most <- most_groups(rows, length(columns))
  .Call(ioi_r_resample_groups, unname(columns), weight, as.double(rows), floor(most))
}

most_groups <- function(rows, replicates) {
  min(rows, max(1000, rows / 10), 4e6 / replicates)
}

replicate_design <- function(data, names, weight, some_zero, columns, groups, given, call) {
  unit <- if (is.null(groups)) {
    key_constant()
  } else {
    key_read(groups$group, 0L, ncol(groups$factor), NULL)$key
  }
  units <- as.integer(unit$levels)
  replicates <- if (is.null(groups)) length(columns) else nrow(groups$factor)
  structure(
    list(
      data = data, rows = nrow(data), columns = names, weight = weight,
      some_zero = some_zero,
      keys = list(unit), strata = "all",
      stages = list(list(unit = 1L, stratum = NA_integer_, core = list(
        psu_first = c(0L, units), sampled = units + 0, fraction = NULL, multiplier = NULL,
        group_first = NULL, lonely = 3L, lonely_domain = FALSE
      ))),
      replicates = c(
        list(
          factor = groups$factor,
          columns = if (is.null(groups)) unname(columns),
          combined = given$combined, type = given$type, mse = given$mse
        ),
        replicate_scales(given, replicates, call)
      ),
      df = given$df, groups = existing_groups(data)
    ),
    class = "ioi_design"
  )
}

# c and the s_r of the variance, by type unless given.
replicate_scales <- function(given, replicates, call) {
  rscales <- if (is.null(given$rscales)) rep(1, replicates) else given$rscales
  scale <- if (is.null(given$scale)) default_scale(given, replicates, call) else given$scale
  check_scales(scale, rscales, replicates, call)
  list(scale = as.double(scale), rscales = as.double(rscales))
}

check_scales <- function(scale, rscales, replicates, call) {
  usable <- function(x, n) is.numeric(x) && length(x) == n && !anyNA(x) && all(x >= 0)
  if (!usable(rscales, replicates)) {
    abort_ioi(
      "{.arg rep_rscales} must be {replicates} numbers, one a replicate, none negative.",
      "input",
      arg = "rep_rscales", call = call
    )
  }
  if (!usable(scale, 1)) {
    abort_ioi("{.arg rep_scale} must be one number of 0 or more.", "input",
      arg = "rep_scale", call = call
    )
  }
}

default_scale <- function(given, replicates, call) {
  type <- given$type
  if (type == "other" || (type == "JKn" && is.null(given$rscales))) {
    arg <- if (type == "JKn") "rep_rscales" else "rep_scale"
    abort_ioi(
      c(
        "{.arg {arg}} is needed for replicates of type {.val {type}}.",
        "i" = "The documentation of the survey gives it."
      ),
      "input",
      arg = arg, call = call
    )
  }
  switch(type,
    JK1 = (replicates - 1) / replicates,
    JKn = 1,
    BRR = 1 / replicates,
    Fay = 1 / (replicates * (1 - given$rho)^2),
    bootstrap = 1 / (replicates - 1),
    4 / replicates
  )
}

# Sums by replicate, where the tally reads replicates as columns; `offset` values
# stand before them.
replicate_sums <- function(cells, design, offset) {
  columns <- seq_along(design$replicates$columns)
  if (!length(columns)) {
    return(list())
  }
  kind <- if (design$replicates$combined) "one" else "w"
  sums <- lapply(seq_len(cells$variables), function(a) {
    lapply(columns, function(r) {
      list(kind = kind, over = cells$at, x = offset + r, y = variable_column(a))
    })
  })
  sums <- unlist(sums, recursive = FALSE)
  names(sums) <- paste0("replicate", seq_along(sums))
  sums
}

# Totals of each variable in each cell by replicate: (cells x variables) x
# replicates.
replicate_totals <- function(design, totals, tally) {
  factor <- design$replicates$factor
  if (!is.null(factor)) {
    by_variable <- lapply(seq_along(totals$w), function(a) {
      .Call(ioi_r_resample_totals, totals, a, factor)
    })
    return(do.call(rbind, by_variable))
  }
  sums <- tally[startsWith(names(tally), "replicate")]
  replicates <- length(design$replicates$columns)
  by_variable <- lapply(seq_along(totals$w), function(a) {
    do.call(cbind, unname(sums[(a - 1) * replicates + seq_len(replicates)]))
  })
  do.call(rbind, by_variable)
}

# Estimates of every replicate: rows x replicates. `nobody`: what they are where a
# replicate has left out all records of a domain.
replicate_estimates <- function(design, totals, tally, measure, nobody = NaN) {
  sums <- replicate_totals(design, totals, tally)
  out <- lapply(seq_len(ncol(sums)), function(r) measure(sums[, r])$estimate)
  out <- matrix(unlist(out), ncol = length(out))
  out[is.nan(out)] <- nobody
  out
}

# The covariance of rows x replicates estimates, or the variances.
replicate_variance <- function(design, estimate, theta, covariance) {
  replicates <- design$replicates
  out <- .Call(
    ioi_r_resample_variance, as.double(estimate), replicates$mse, theta, replicates$scale,
    replicates$rscales, covariance
  )
  lost <- out$missing > 0 & out$missing < ncol(theta) & !is.na(estimate)
  if (any(lost)) {
    warn_ioi(
      "{sum(lost)} estimate{?s} {?has/have} no value in some replicates, which are left
       out of {?its/their} variance.",
      "replicates",
      rows = which(lost)
    )
  }
  out$v
}

# The standard error of the logit of proportions, turned to the scale of the
# proportion as the logit limits take it; NA where a replicate has no logit.
replicate_logit_se <- function(design, p, theta) {
  inside <- p > 0 & p < 1
  logit <- suppressWarnings(stats::qlogis(theta))
  v <- suppressWarnings(replicate_variance(design, stats::qlogis(p), logit, FALSE))
  se <- sqrt(v) * p * (1 - p)
  se[!inside | rowSums(!is.finite(logit)) > 0] <- NA
  se
}

# Degrees of freedom: the rank of the analysis weights of the records in each
# domain, less 1; 0 for nobody. presence: bits of the units that have the same
# factors, `psu`, or `records`, a function that gives record and first for the
# replicates as columns.
replicate_df <- function(design, presence) {
  replicates <- design$replicates
  rank <- if (!is.null(replicates$factor)) {
    .Call(ioi_r_resample_ranks, replicates$factor, presence$psu)
  } else {
    at <- presence$records()
    weight <- if (!replicates$combined) design$weight
    .Call(ioi_r_resample_record_ranks, replicates$columns, weight, at$record, at$first)
  }
  pmax(rank - 1, 0)
}

# The records of each domain, from 0, one domain after the other; `first` is where
# each starts.
domain_records <- function(cells, rows, domain_of_cell, domains) {
  cell <- .Call(ioi_r_levels, cells$keys, cells$at, as.double(rows))
  domain <- domain_of_cell[cell + 1L]
  list(
    record = order(domain, na.last = NA, method = "radix") - 1L,
    first = c(0L, cumsum(tabulate(domain + 1L, domains)))
  )
}

# Presence of everybody with a positive weight.
replicate_everybody <- function(design) {
  units <- ncol(design$replicates$factor)
  if (is.null(units)) {
    return(list(records = function() {
      list(record = seq_len(design$rows) - 1L, first = c(0L, design$rows))
    }))
  }
  n <- tally_rows(
    design$keys, design$rows, design$weight,
    sums = list(n = list(kind = "n", over = design$stages[[1]]$unit))
  )$n
  list(psu = matrix(packBits(c(n > 0, logical(-units %% 8)))))
}

# The same for the records of two domains together.
replicate_union_df <- function(domains, a, b) {
  both <- domains$psu[, a, drop = FALSE] | domains$psu[, b, drop = FALSE]
  .Call(ioi_r_resample_ranks, domains$factor, both) - 1
}

#' Make replicate weights
#'
#' Turns a design with strata and PSUs into one with replicate weights. Each replicate is
#' the sample with some PSUs left out and the others weighted up; how much an estimate
#' changes between them is its variance. For means, ratios and shares this is near the
#' variance that the design gives by itself; it also serves measures that have no formula
#' for theirs. For replicate weights that a file brings with it see [ioi_design()].
#'
#' @param design An [ioi_design()] of one stage, without replicate weights.
#' @param type `"JK1"` leaves out one PSU at a time (designs without strata); `"JKn"` the
#'   same within strata; `"BRR"` takes one of the two PSUs of every stratum, balanced by a
#'   Hadamard matrix; `"bootstrap"` draws n - 1 of the n PSUs of each stratum with
#'   replacement (Rao, Wu and Yue).
#' @param reps Number of bootstrap replicates. The other types have as many as they need.
#' @param fay_rho For `"BRR"`: weights are multiplied by 2 - rho and rho in place of
#'   2 and 0 (Fay's method), so that no replicate loses a group.
#' @param mse `TRUE` takes deviations of the replicates from the estimate of the whole
#'   sample, `FALSE` from their own mean.
#' @param ... Not used.
#' @return An [ioi_design()] with replicate weights: a factor for each PSU and
#'   replicate, not a column for each replicate.
#' @section Replicates: With \eqn{t_r} the estimate of replicate r, and t that of the whole
#'   sample or the mean of the \eqn{t_r} (see `mse`), the variance is
#'   \eqn{c \sum_r s_r (t_r - t)^2}. With n PSUs, \eqn{n_h} of them in stratum h, and
#'   the fraction f sampled, a replicate multiplies the weights of
#'   * `"JK1"`: one PSU by 0 and of the others by \eqn{n/(n - 1)}. R = n,
#'     \eqn{c = (1 - f)(n - 1)/n}, \eqn{s_r = 1}.
#'   * `"JKn"`: one PSU by 0 and of the others of its stratum by \eqn{n_h/(n_h - 1)}.
#'     R = n, c = 1, \eqn{s_r = (1 - f_h)(n_h - 1)/n_h}.
#'   * `"BRR"`: one PSU of each stratum by \eqn{2 - \rho} and of the other by
#'     \eqn{\rho}, which is `fay_rho`. R is the power of 2 above the number of strata,
#'     \eqn{c = 1/(R(1 - \rho)^2)}, \eqn{s_r = 1}.
#'   * `"bootstrap"`: each PSU by \eqn{n_h/(n_h - 1)} times how often it was drawn.
#'     R = `reps`, \eqn{c = 1/(R - 1)}, \eqn{s_r = 1}.
#'
#'   They are the types `"JK1"`, `"JKn"`, `"BRR"` or `"Fay"`, and `"subbootstrap"` of
#'   `survey::as.svrepdesign()`. Degrees of freedom are the rank of the replicate weights
#'   of the records used, less 1: for the whole sample PSUs less strata, if there are
#'   enough replicates.
#' @section Strata with one PSU: Under the rules `"certainty"` and `"remove"` of the
#'   design such a PSU is never left out, so that its stratum adds nothing; under
#'   `"average"` the variance is multiplied by the number of strata over the number of
#'   those with more PSUs; `"adjust"` is an error here.
#' @section Finite populations: The jackknife scales by 1 - f; `"BRR"` and
#'   `"bootstrap"` ignore sampling fractions.
#' @section Calibration: Make the replicates first and calibrate the result: then every
#'   replicate is calibrated, as it must be.
#' @section Random numbers: The bootstrap follows [set.seed()].
#' @section Errors: `ioi_error_design` for a design that has replicate weights already, is
#'   calibrated, or has several stages with an `fpc`, for strata under `"JK1"`, for
#'   strata that do not have two PSUs under `"BRR"`, where all have one under a jackknife,
#'   and for so many PSUs and replicates that their factors take more than 2 GB, as the
#'   jackknife of many rows that are their own PSUs does; `ioi_error_input` for arguments
#'   that are not usable.
#' @references Rao, J. N. K., Wu, C. F. J. and Yue, K. (1992). Some recent work on
#'   resampling methods for complex surveys. *Survey Methodology* 18, 209-217.
#'
#'   Wolter, K. M. (2007). *Introduction to Variance Estimation*, 2nd edition.
#'   Springer.
#' @seealso [ioi_design()] for replicate weights of a file, [ioi_calibrate()]
#' @examples
#' schools <- subset(school_census_2023, region == "London" & !is.na(headcount))
#' design <- ioi_design(schools, psu = la_code)
#' jackknife <- ioi_replicate(design, "JK1")
#' ioi_ratio(jackknife, fsm_eligible, headcount)
#' ioi_ratio(design, fsm_eligible, headcount)
#' @export
ioi_replicate <- function(design, type = c("JK1", "JKn", "BRR", "bootstrap"), reps = 500,
                          fay_rho = 0, mse = FALSE, ...) {
  check_dots_empty_ioi(...)
  design <- as_ioi_design(design)
  if (identical(type, "Fay")) {
    abort_ioi("For Fay's method {.arg type} must be {.val BRR}, with {.arg fay_rho}.", "input",
      arg = "type"
    )
  }
  type <- check_choice(type, c("JK1", "JKn", "BRR", "bootstrap"), "type")
  check_flag(mse, "mse")
  check_share(fay_rho, "fay_rho")
  if (fay_rho > 0 && type != "BRR") {
    abort_ioi(
      "{.arg fay_rho} goes with type {.val BRR} alone, not with {.val {type}}.", "input",
      arg = "fay_rho"
    )
  }
  check_replicable(design, type)
  units <- replicate_units(design)
  check_factors(units, type, reps)
  made <- switch(type,
    JK1 = jackknife_one(units),
    JKn = jackknife_strata(units),
    BRR = balanced_half(units, fay_rho),
    bootstrap = rao_wu(units, check_reps(reps))
  )
  replicated <- replicate_design(
    design$data, design$columns, design$weight, design$some_zero, NULL,
    list(group = units$group, factor = t(made$factor)),
    list(
      type = type, scale = made$scale, rscales = made$rscales, rho = fay_rho,
      combined = FALSE, mse = mse, df = NULL
    ),
    rlang::current_env()
  )
  within_subset(replicated, design$subset)
}

check_share <- function(x, arg, call = rlang::caller_env()) {
  if (!is.numeric(x) || length(x) != 1 || is.na(x) || x < 0 || x >= 1) {
    abort_ioi("{.arg {arg}} must be one number from 0 to below 1.", "input", arg = arg, call = call)
  }
}

# Factors of PSUs and replicates that take more than 2 GB come from rows as PSUs.
most_factors <- 2^28

check_factors <- function(units, type, reps, call = rlang::caller_env()) {
  psus <- length(units$stratum)
  replicates <- switch(type,
    JK1 = ,
    JKn = psus,
    BRR = 2 * length(units$sampled),
    bootstrap = check_reps(reps, call)
  )
  if (psus * replicates > most_factors) {
    abort_ioi(
      c(
        "{format(psus, big.mark = \",\")} PSUs by {format(replicates, big.mark = \",\")}
         replicates are too many to keep a factor for each.",
        "i" = "Use type {.val bootstrap}, or fewer {.arg reps}. For estimates alone the design
               as it is needs no replicates."
      ),
      "design",
      arg = "design", call = call
    )
  }
}

check_reps <- function(reps, call = rlang::caller_env()) {
  if (!is_number(reps) || reps < 2 || reps > .Machine$integer.max) {
    abort_ioi("{.arg reps} must be one whole number of 2 or more.", "input",
      arg = "reps", call = call
    )
  }
  as.integer(reps)
}

check_replicable <- function(design, type, call = rlang::caller_env()) {
  core <- design$stages[[1]]$core
  lonely_adjust <- lonely_rules[core$lonely + 1] == "adjust" && any(core$sampled <= 1)
  uneven <- which(core$sampled != 2)
  reasons <- c(
    if (!is.null(design$replicates)) "{.arg design} already has replicate weights.",
    if (length(design$stages) > 1) {
      "{.arg design} has several stages with an {.arg fpc}, which no replicates here follow:
       estimates follow the design as it is."
    },
    if (!is.null(design$calibration)) {
      "{.arg design} is calibrated: make the replicates first, then calibrate the result."
    },
    if (!is.null(core$chance)) {
      "{.arg design} has PSUs of unequal chances, which no replicates here follow: estimates
       follow the design as it is."
    },
    if (type == "JK1" && length(core$sampled) > 1) {
      "{.arg design} has strata: use type {.val JKn}."
    },
    if (type %in% c("JK1", "JKn") && all(core$sampled <= 1)) {
      "No stratum of {.arg design} has two PSUs, so that one could be left out."
    },
    if (type == "BRR" && length(uneven)) {
      "Type {.val BRR} needs two PSUs in every stratum. {cli::qty(length(uneven))}
       {length(uneven)} strat{?um has/a have} more or fewer, the first
       {.val {as.character(design$strata[uneven[1]])}} with {core$sampled[uneven[1]]}: use type
       {.val JKn} or {.val bootstrap}."
    },
    if (lonely_adjust) {
      "Strata with one PSU cannot follow {.val adjust} here: declare the design with another
       rule of {.arg lonely_psu}."
    }
  )
  if (length(reasons)) {
    abort_ioi(reasons[1], "design", arg = "design", call = call)
  }
}

# The PSUs: group of each row (from 0), stratum of each PSU (from 1), PSUs in each
# stratum, 1 - f, and the rule for lonely ones.
replicate_units <- function(design) {
  stage <- design$stages[[1]]
  core <- stage$core
  keys <- design$keys
  unit <- stage$unit
  if (is.null(core$psu_first)) {
    keys <- c(keys, list(key_read(seq_len(design$rows), 1L, design$rows, NULL)$key))
    product <- add_product(keys, c(unit, length(keys)), design$rows, dense = 0)
    keys <- product$keys
    unit <- product$at
  }
  list(
    group = .Call(ioi_r_levels, keys, unit, as.double(design$rows)),
    stratum = rep(seq_along(core$sampled), core$sampled),
    sampled = core$sampled,
    rest = if (is.null(core$fraction)) rep(1, length(core$sampled)) else 1 - core$fraction,
    rule = lonely_rules[core$lonely + 1]
  )
}

# Each maker gives factor (PSUs x replicates), scale and rscales.
jackknife_one <- function(units) {
  n <- length(units$stratum)
  factor <- matrix(n / (n - 1), n, n)
  diag(factor) <- 0
  list(factor = factor, scale = units$rest * (n - 1) / n, rscales = rep(1, n))
}

jackknife_strata <- function(units) {
  n <- units$sampled[units$stratum]
  used <- which(n > 1)
  same <- outer(units$stratum, units$stratum[used], `==`)
  factor <- 1 + sweep(same, 2, 1 / (n[used] - 1), `*`)
  factor[cbind(used, seq_along(used))] <- 0
  average <- if (units$rule == "average") length(units$sampled) / sum(units$sampled > 1) else 1
  list(
    factor = factor, scale = average,
    rscales = (units$rest[units$stratum] * (n - 1) / n)[used]
  )
}

balanced_half <- function(units, rho) {
  strata <- length(units$sampled)
  signs <- sylvester(strata + 1)
  replicates <- nrow(signs)
  second <- duplicated(units$stratum)
  side <- signs[units$stratum + 1, , drop = FALSE] * ifelse(second, -1, 1)
  list(
    factor = ifelse(side > 0, 2 - rho, rho),
    scale = 1 / (replicates * (1 - rho)^2), rscales = rep(1, replicates)
  )
}

# A Hadamard matrix of an order of at least n, a power of 2 (Sylvester 1867). Its
# first row is constant.
sylvester <- function(n) {
  h <- matrix(1)
  while (nrow(h) < n) h <- rbind(cbind(h, h), cbind(h, -h))
  h
}

rao_wu <- function(units, reps) {
  parts <- lapply(units$sampled, function(n) {
    if (n < 2) {
      return(matrix(1, n, reps))
    }
    stats::rmultinom(reps, n - 1, rep(1, n)) * n / (n - 1)
  })
  list(factor = do.call(rbind, parts), scale = 1 / (reps - 1), rscales = rep(1, reps))
}

#' @export
as_ioi_design.svyrep.design <- function(x, ..., call = rlang::current_env()) {
  check_dots_empty_ioi(...)
  check_svyrep(x, call)
  groups <- compressed_groups(x$repweights, isTRUE(x$combined.weights))
  columns <- if (is.null(groups)) replicate_columns(as.matrix(x$repweights))
  design <- build_replicate_design(
    x$variables, list(), as.double(x$pweights), columns,
    list(
      type = if (x$type %in% replicate_types) x$type else "other",
      scale = x$scale, rscales = x$rscales, rho = 0,
      combined = isTRUE(x$combined.weights), mse = isTRUE(x$mse), df = NULL, signed = TRUE
    ),
    groups, call
  )
  # survey keeps a number of its own too, which calibration leaves as it was
  if ("degf" %in% names(x$call) && is_number(x$degf)) design$df <- as.double(x$degf)
  design
}

replicate_columns <- function(weights) {
  columns <- lapply(seq_len(ncol(weights)), function(r) as.double(weights[, r]))
  names(columns) <- paste("replicate", seq_along(columns))
  columns
}

# Factors that survey keeps once for each sort of record are taken as they are, not made
# a column for each replicate; NULL where they are whole weights or of too many sorts.
compressed_groups <- function(x, combined) {
  if (combined || !inherits(x, "repweights_compressed")) {
    return(NULL)
  }
  there <- sort(unique(x$index))
  factor <- t(unname(x$weights[there, , drop = FALSE]))
  storage.mode(factor) <- "double"
  usable <- all(is.finite(factor)) && all(factor >= 0)
  if (usable && length(there) <= most_groups(length(x$index), nrow(factor))) {
    list(group = match(x$index, there) - 1L, factor = factor)
  }
}

check_svyrep <- function(x, call) {
  known <- c(
    "repweights", "pweights", "type", "rho", "scale", "rscales", "call", "variables",
    "combined.weights", "selfrep", "mse", "degf", "groups"
  )
  unknown <- setdiff(names(x), known)
  if (length(unknown)) {
    refuse_design(unknown[1], "it is not understood", call)
  }
}
