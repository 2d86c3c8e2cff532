# Why segregation differs between two times: structure, margins, units that come and go.

#' Decompose a change in segregation
#'
#' How much of a change in segregation is a change in how people are spread, how much
#' follows from groups or units that grew or shrank, and how much from units or groups
#' that came or went.
#'
#' @inheritParams ioi_segregation
#' @param group,unit As in [ioi_segregation()]; `unit` must be named, for units are
#'   matched across times by it. Units and groups with members at one time only are
#'   additions or removals.
#' @param time Column of the time. Each time is compared with the one before it in the
#'   order of its values, or of the levels of a factor.
#' @param method `"shapley"`, symmetric in everything; `"karmel_maclachlan"`, which takes
#'   the earlier time as base and has an interaction; `"mora_ruiz_castillo"`, which keeps
#'   the entropies of units rather than odds ratios.
#' @param index `"mutual_information"`; or `"theil"`, not for `"mora_ruiz_castillo"`.
#' @param parts `TRUE` gives what each unit adds to each component; they add up.
#' @param base Base of the logarithm in M.
#' @param se `"none"`; or `"bootstrap"`: the people of each time are drawn again `reps` times,
#'   from cells of unit and group as likely as they are large. For counts, and not for `parts`.
#' @param reps Bootstrap replicates, 2 or more.
#' @param tolerance Margins are fitted until none is further from its target than this
#'   share of everybody.
#' @param iterations Rounds of fitting at most.
#' @return A tibble of class [ioi_estimate] with a row per component: the `by` columns,
#'   `from`, `to`, with `parts` also `unit`, `index`, `component`, `estimate`,
#'   `std.error`, `conf.low`, `conf.high` and `bias` (mean of the replicates less the estimate;
#'   all `NA` without `se`), `before` and `after` (the index of everybody at the two times),
#'   `units` (in both), `units_added`,
#'   `units_removed` and `flag`. Components:
#'   * `"structural"`: people spread differently over units and groups of the same size;
#'   * `"group_marginal"`, `"unit_marginal"`: groups, or units, of another size;
#'   * `"interaction"`, for `"karmel_maclachlan"` only: what remains;
#'   * `"additions"`, `"removals"`: units and groups that came and went;
#'   * `"difference"`: `after` less `before`, the sum of all others.
#' @section Formula: Write \eqn{M(S; r, c)} for the index of the table with the odds
#'   ratios of \eqn{S} and margins \eqn{r} of units and \eqn{c} of groups, as proportions,
#'   found by iterative proportional fitting. Before is A, after is B, both cut to units
#'   and groups with members in both. Shapley: structural is
#'   \eqn{\frac12\sum_{m \in \{A, B\}} [M(B; r_m, c_m) - M(A; r_m, c_m)]}; group marginal
#'   is the mean of \eqn{M(S; r, c_B) - M(S; r, c_A)} over the four choices of \eqn{S} and
#'   \eqn{r}; unit marginal likewise. Karmel and Maclachlan: structural
#'   \eqn{M(B) - M(A; r_B, c_B)}, group marginal M(A with columns scaled once by
#'   \eqn{c_B/c_A}) less M(A), unit marginal likewise. Mora and Ruiz-Castillo: group
#'   marginal \eqn{E(c_B) - E(c_A)}, structural
#'   \eqn{-\frac12\sum_i (r_i^A + r_i^B)(E_i^B - E_i^A)}, unit marginal
#'   \eqn{-\frac12\sum_i (E_i^A + E_i^B)(r_i^B - r_i^A)}. Additions are M(B whole) less
#'   M(B), removals M(A) less M(A whole). For H each \eqn{M(S; r, c)} is divided by the
#'   entropy of its \eqn{c}.
#' @section Empty cells: A cell that is empty at one time stays empty when the margins
#'   change, exactly; nothing is put in its place. Where the empty cells make the other
#'   time's margins impossible to reach, there is no such decomposition: without `by` and
#'   with two times this is an error that names the margin; otherwise the row is `NA` with
#'   flag `convergence`.
#' @section Standard errors: Times are independent samples of people; changes that share a
#'   time use its draws, so that [vcov()] holds for several changes in turn. Limits are 2
#'   estimate less the upper and lower quantile of the replicates, which takes the bias out. A
#'   replicate in which the margins cannot be reached is left out, and the row flagged
#'   `replicates`. A unit that no one of a draw lives in is gone from that draw: with small
#'   units, join some first. Follows [set.seed()].
#' @section Missing and empty: Rows without group, unit, time or area are left out, and
#'   counted in a message of class `ioi_message_missing`. A place with people at one time
#'   only, or without units in common, is `NA` with flag `empty`.
#' @section Errors: `ioi_error_input` for a wrong column or method; `ioi_error_data` for
#'   negative, missing or infinite counts or fewer than two times;
#'   `ioi_error_convergence` as above.
#' @references Deutsch, J., Flueckiger, Y. and Silber, J. (2009). Analyzing changes in
#'   occupational segregation: the case of Switzerland (1970-2000). *Research on Economic
#'   Inequality* 17, 171-202. \doi{10.1108/S1049-2585(2009)0000017010}
#'
#'   Elbers, B. (2023). A method for studying differences in segregation across time and
#'   space. *Sociological Methods and Research* 52(1), 5-42.
#'   \doi{10.1177/0049124121986204}
#'
#'   Karmel, T. and Maclachlan, M. (1988). Occupational sex segregation: increasing or
#'   decreasing? *Economic Record* 64(3), 187-195.
#'   \doi{10.1111/j.1475-4932.1988.tb02057.x}
#'
#'   Mora, R. and Ruiz-Castillo, J. (2009). The invariance properties of the mutual
#'   information index of multigroup segregation. *Research on Economic Inequality* 17,
#'   33-53. \doi{10.1108/S1049-2585(2009)0000017005}
#' @seealso [ioi_segregation_compare()] for any index and two places.
#' @examples
#' # Bangladeshi, Black African and White British people over the MSOAs of Tower Hamlets
#' columns <- c("msoa_code", "la_name", "bangladeshi", "african", "white_british")
#' before <- aggregate(cbind(bangladeshi, african, white_british) ~ msoa_code + la_name,
#'   data = census_2011_lsoa, FUN = sum
#' )
#' both <- rbind(
#'   data.frame(year = 2011, before[columns]),
#'   data.frame(year = 2021, census_2021_msoa[columns])
#' )
#' both <- both[both$la_name == "Tower Hamlets", ]
#' ioi_segregation_change(
#'   both, group = c(bangladeshi, african, white_british), unit = msoa_code, time = year
#' )
#' @export
ioi_segregation_change <- function(data, group, unit, count = NULL, time = NULL, by = NULL,
                                   method = c(
                                     "shapley", "karmel_maclachlan", "mora_ruiz_castillo"
                                   ),
                                   index = c("mutual_information", "theil"), groups = NULL,
                                   parts = FALSE, base = exp(1), tolerance = 1e-10,
                                   iterations = 10000, se = c("none", "bootstrap"),
                                   reps = 200, level = 0.95, ...) {
  check_dots_empty_ioi(...)
  method <- check_choice(method, names(change_methods), "method")
  index <- check_choice(index, c("mutual_information", "theil"), "index")
  check_groups(groups)
  check_flag(parts, "parts")
  base <- check_base(base)
  check_change_options(method, index, tolerance, iterations)
  se <- check_choice(se, c("none", "bootstrap"), "se")
  reps <- check_reps(reps)
  level <- check_level(level)
  source <- segregation_source(data)
  check_change_error(se, parts, source$design)
  time <- resolve_column(rlang::enquo(time), source$data, "time")
  columns <- segregation_columns(
    source,
    rlang::enquo(group), rlang::enquo(unit), rlang::enquo(count), rlang::enquo(by)
  )
  check_change_columns(columns, time)
  by <- columns$by
  columns$by <- c(by, time)
  read <- segregation_read(source, columns, groups)
  spans <- change_spans(read, by, time)
  unit_row <- rows_of_units(read$layout)
  id <- change_ids(read$layout, unit_row)
  run <- function(read) {
    lapply(seq_along(spans$from), function(k) {
      change_one(read, id, spans$from[k], spans$to[k], method, index, tolerance, iterations)
    })
  }
  found <- run(read)
  failed <- vapply(found, function(x) identical(x$status, "converge"), NA)
  if (any(failed) && length(found) == 1) abort_margin(read, found[[1]], unit_row, iterations)
  scale <- if (index == "theil") 1 else 1 / log(base)
  error <- if (se == "bootstrap") change_error(read, found, run, method, scale, reps, level)
  change_table(read, found, spans, by, time, unit_row, method, index, base, parts, error, level)
}

# The numbers of ioi_change_method, and the components in the order of the core.
change_methods <- c(shapley = 0L, karmel_maclachlan = 1L, mora_ruiz_castillo = 2L)
change_components <- c(
  "structural", "group_marginal", "unit_marginal", "interaction", "additions", "removals",
  "difference"
)

change_columns_out <- c(
  "from", "to", "unit", "index", "component", core_columns, "bias", "before", "after", "units",
  "units_added", "units_removed", "flag"
)

check_change_options <- function(method, index, tolerance, iterations,
                                 call = rlang::caller_env()) {
  if (method == "mora_ruiz_castillo" && index == "theil") {
    abort_ioi(
      "{.val mora_ruiz_castillo} decomposes {.val mutual_information}, not {.val theil}.",
      "input",
      arg = "index", call = call
    )
  }
  positive <- function(x) is.numeric(x) && length(x) == 1 && is.finite(x) && x > 0
  if (!positive(tolerance)) {
    abort_ioi("{.arg tolerance} must be one positive number.", "input",
      arg = "tolerance", call = call
    )
  }
  if (!positive(iterations) || iterations != round(iterations)) {
    abort_ioi("{.arg iterations} must be one positive whole number.", "input",
      arg = "iterations", call = call
    )
  }
}

check_change_error <- function(se, parts, design, call = rlang::caller_env()) {
  if (se == "none") {
    return(invisible())
  }
  if (parts || !is.null(design)) {
    abort_ioi(
      c(
        "Standard errors of a change are for components and counts.",
        "x" = if (parts) "{.arg parts} asks for units." else "{.arg data} is a design."
      ),
      "input",
      arg = "se", call = call
    )
  }
}

check_change_columns <- function(columns, time, call = rlang::caller_env()) {
  check_by_names(columns$by, change_columns_out, call)
  if (!length(columns$unit)) {
    abort_ioi("{.arg unit} must name a column: units are matched across times.", "input",
      arg = "unit", call = call
    )
  }
  if (time %in% c(columns$by, columns$unit, columns$group, columns$count)) {
    abort_ioi("{.arg time} must be a column of its own, not {.val {time}}.", "input",
      arg = "time", call = call
    )
  }
}

# Which areas of the layout follow each other in time: list(from, to), both positions of
# areas, place by place.
change_spans <- function(read, by, time, call = rlang::caller_env()) {
  labels <- read$layout$area$labels
  n <- length(labels[[time]])
  place <- if (length(by)) match_rows(labels[by]) else rep(1L, n)
  when <- xtfrm(labels[[time]])
  if (length(unique(when)) < 2) {
    abort_ioi(
      c("{.arg time} must have at least two values.", "x" = "There is {length(unique(when))}."),
      "data",
      arg = "time", call = call
    )
  }
  sorted <- order(place, when)
  first <- sorted[!duplicated(place[sorted])]
  follows <- c(FALSE, place[sorted][-1] == place[sorted][-n])
  alone <- setdiff(place, place[sorted][follows])
  lone <- first[place[first] %in% alone] # at one time only
  from <- c(sorted[which(follows) - 1], lone)
  to <- c(sorted[follows], lone)
  keep <- order(place[to], when[to])
  list(from = from[keep], to = to[keep])
}

# The same number for rows of a list of columns with the same values.
match_rows <- function(columns) {
  code <- lapply(columns, function(x) match(x, unique(x)))
  text <- if (length(code) == 1) code[[1]] else do.call(paste, code)
  match(text, unique(text))
}

# A number for each unit of the table, the same at all times.
change_ids <- function(layout, unit_row) {
  match_rows(lapply(layout$columns$unit, function(name) {
    readable_key(layout$data[[name]], "unit", rlang::caller_env(), name)[unit_row]
  }))
}

# The decomposition between two areas of the layout; `row` gives for each unit of the
# union its row in the table.
change_one <- function(read, id, from, to, method, index, tolerance, iterations) {
  rows <- function(area) {
    first <- read$layout$first
    seq_len(first[area + 1] - first[area]) + first[area]
  }
  a <- rows(from)
  b <- if (from == to) integer() else rows(to)
  union <- unique(c(id[a], id[b]))
  lay <- function(at) {
    out <- matrix(0, length(union), ncol(read$table))
    out[match(id[at], union), ] <- read$table[at, ]
    out
  }
  before <- lay(a)
  after <- lay(b)
  found <- .Call(
    ioi_r_segregation_change, before, after, change_methods[[method]], index == "theil",
    as.double(tolerance), as.double(iterations)
  )
  there <- cbind(rowSums(before) > 0, rowSums(after) > 0)
  found$added <- sum(there[, 2] & !there[, 1])
  found$removed <- sum(there[, 1] & !there[, 2])
  found$row <- c(a, b)[match(union, c(id[a], id[b]))]
  found
}

# The components that a method has.
change_kept <- function(method) {
  if (method == "karmel_maclachlan") change_components else change_components[-4]
}

# Components, or what units add to them, of all changes.
change_values <- function(found, method, scale, parts = FALSE) {
  at <- match(change_kept(method), change_components)
  unlist(lapply(found, function(x) {
    value <- if (parts) as.vector(t(x$part[, at, drop = FALSE])) else x$component[at]
    if (x$status == "ok") value * scale else rep(NA_real_, length(value))
  }))
}

# The people of each area and time drawn again.
redraw_people <- function(read) {
  read$table <- .Call(ioi_r_segregation_draw, read$table, read$layout$first, draw_seed())
  read
}

# list(std_error, low, high, bias, vcov, lost) of the components, from replicates.
change_error <- function(read, found, run, method, scale, reps, level) {
  estimate <- change_values(found, method, scale)
  theta <- vapply(cli::cli_progress_along(seq_len(reps)), function(k) {
    change_values(run(redraw_people(read)), method, scale)
  }, estimate)
  theta <- matrix(theta, length(estimate))
  limits <- apply(theta, 1, stats::quantile, c((1 + level) / 2, (1 - level) / 2), na.rm = TRUE)
  kept <- rowSums(!is.na(theta))
  few <- is.na(estimate) | kept < 2
  v <- stats::cov(t(theta), use = "pairwise.complete.obs")
  v[few, ] <- v[, few] <- NA
  std_error <- sqrt(variances(v))
  list(
    std_error = std_error, low = 2 * estimate - limits[1, ], high = 2 * estimate - limits[2, ],
    bias = ifelse(few, NA, rowMeans(theta, na.rm = TRUE) - estimate), vcov = v,
    lost = !few & kept < reps
  )
}

# The fitting did not end: says which margin is furthest from its target.
abort_margin <- function(read, found, unit_row, iterations, call = rlang::caller_env()) {
  where <- if (found$in_column) {
    paste0("group \"", read$layout$labels[found$at], "\"")
  } else {
    row <- unit_row[found$row[found$at]]
    unit <- vapply(read$layout$columns$unit, function(name) {
      format_label(read$layout$data[[name]][row])
    }, "")
    paste0("unit \"", paste(unit, collapse = " / "), "\"")
  }
  apart <- format(signif(found$error, 2))
  abort_ioi(
    c(
      "The margins of one time cannot be put on the table of the other.",
      "x" = "After {iterations} round{?s} {where} is {apart} of everybody from its target.",
      "i" = "Cells that are empty at one time only stand in the way: join small units or
             groups, or use {.arg method} {.val mora_ruiz_castillo}."
    ),
    "convergence",
    margin = if (found$in_column) "group" else "unit", error = found$error,
    iterations = found$rounds, call = call
  )
}

change_table <- function(read, found, spans, by, time, unit_row, method, index, base, parts,
                         error, level) {
  kept <- change_kept(method)
  ok <- vapply(found, function(x) x$status == "ok", NA)
  scale <- if (index == "theil") 1 else 1 / log(base)
  each <- if (parts) {
    length(kept) * vapply(found, function(x) length(x$row), 0L)
  } else {
    rep(length(kept), length(found))
  }
  estimate <- change_values(found, method, scale, parts)
  span <- rep(seq_along(found), each)
  rows <- length(span)
  number <- function(f) vapply(found, f, 0)[span]
  labels <- read$layout$area$labels
  none <- rep(NA_real_, rows)
  by_labels <- lapply(labels[by], function(x) x[spans$to[span]])
  unit <- if (parts) {
    row <- unlist(lapply(found, function(x) rep(x$row, each = length(kept))))
    list(unit = unit_labels(read$layout, unit_row[row]))
  }
  status <- vapply(found, function(x) x$status, "")
  flag <- ifelse(ok, "", ifelse(status == "converge", "convergence", status))[span]
  if (!is.null(error)) flag[error$lost] <- "replicates"
  or_none <- function(x) if (is.null(x)) none else x
  moment <- function(k) number(function(x) if (x$status == "ok") x$index[k] * scale else NA_real_)
  table <- c(
    by_labels,
    list(from = labels[[time]][spans$from[span]], to = labels[[time]][spans$to[span]]), unit,
    list(
      index = rep(index, rows), component = rep(kept, length.out = rows),
      estimate = estimate, std.error = or_none(error$std_error),
      conf.low = or_none(error$low), conf.high = or_none(error$high),
      bias = or_none(error$bias), before = moment(1), after = moment(2),
      units = number(function(x) x$common[1]),
      units_added = number(function(x) as.double(x$added)),
      units_removed = number(function(x) as.double(x$removed)), flag = flag
    )
  )
  new_ioi_estimate(
    tibble::new_tibble(table, nrow = rows),
    vcov = if (!is.null(error)) known_covariance(error$vcov, error$std_error),
    info = parts_info(
      read, "Change in segregation", c(by, "from", "to", names(unit), "component"), level,
      if (is.null(error)) "none" else "basic bootstrap",
      notes = if (index == "mutual_information") base_note(base),
      method = method, parts = "change",
      flags = c(
        convergence = "the margins of one time cannot be put on the table of the other",
        replicates = "some replicates have no value and are left out"
      )
    )
  )
}
