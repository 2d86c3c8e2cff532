# Intersections: cells of crossed characteristics as the groups of ioi_parity(), and what
# the characteristics add beyond each other.

# What the result can hold, in its order.
intersection_measures <- c("difference", "ratio")

#' Gaps where characteristics cross
#'
#' Crosses characteristics, such as sex and ethnic group, and gives for each cell its
#' level, its gap from a reference cell and from everybody, and how far it is from what
#' its characteristics would add up to one by one.
#'
#' @param x Estimates with a row per cell, or counts, as in [ioi_parity()]. Rows of counts
#'   in the same cell are added up; estimates are not.
#' @param groups Two or more columns to cross (see [ioi_columns]).
#' @param reference The cell to compare with: a value for each of `groups`, named by them
#'   (`c(sex = "Male", ethnic = "White")`), or "largest", "best" or "worst".
#' @param measure "difference", "ratio", or both: which gaps, and which excess.
#' @param by Columns within whose combinations cells are compared.
#' @param ... Must be empty.
#' @param events,population,ci,adjust,favourable,level As in [ioi_parity()].
#' @return A tibble of class [ioi_estimate]: the `by` columns and `groups`, then `measure`,
#'   `group` (the cell in words), `reference`, `estimate`, `std.error`, `conf.low`,
#'   `conf.high`, `n`, `df`, `statistic`, `p.value`, with `favourable` also `direction`, and
#'   `flag`. `measure` is
#'   * "level": the cell itself;
#'   * "difference", "ratio": from the reference cell and, with `reference` "overall", from
#'     all cells together;
#'   * "excess_difference", "excess_ratio": the excess over additivity, and over
#'     multiplication, of the cells that differ from the reference in two characteristics
#'     or more.
#'
#'   `vcov()` is the covariance of all rows, for up to 500 cells.
#' @section Excess: Let `y0` be the reference cell, `y1`, ..., `ym` the cells that differ
#'   from it in one of the m characteristics in which the cell `y` does. If the gaps added
#'   up, `y` would be `y0` plus those m gaps. The excess is `y - (y1 + ... + ym) + (m - 1)
#'   y0`, and `y y0^(m - 1)/(y1 ... ym)` on the scale of ratios: 0, and 1, where the
#'   characteristics do not interact on that scale. An excess on one scale can go with none,
#'   or the opposite, on the other.
#'
#'   Its limits from counts are MOVER's for a sum, from Wilson's limits of each cell (Zou and
#'   Donner 2008); from estimates t limits with the covariance of the cells; for the ratio
#'   those of its logarithm. `statistic` is the excess, or its logarithm, over its standard
#'   error. It needs large cells: its variance is the sum of those of m + 2.
#' @section Missing and empty: As in [ioi_parity()]. An excess that needs a cell that is not
#'   there is `NA` with the flag "no_reference". A person counted in several cells, as with
#'   more than one ethnic group, would be counted in "overall" several times: give such
#'   groups rows of their own that do not overlap first.
#' @section Errors: As in [ioi_parity()], and `ioi_error_input` for fewer than two `groups`
#'   or a `reference` that does not name a value of each.
#' @references
#' Zou, G. Y. and Donner, A. (2008). Construction of confidence limits about effect
#' measures: a general approach. *Stat. Med.* 27, 1693-1702. \doi{10.1002/sim.3095}
#' @seealso [ioi_parity()]
#' @examples
#' # very good health by sex and where people were born, Census 2011 teaching file
#' people <- subset(census_2011_people, !is.na(health) & country_of_birth != "No code")
#' health <- ioi_proportion(people, health,
#'   by = c(sex, country_of_birth), success = "Very good health"
#' )
#' ioi_intersections(health, c(sex, country_of_birth),
#'   reference = c(sex = "Male", country_of_birth = "UK")
#' )
#' @export
ioi_intersections <- function(x, groups, reference = "largest", measure = "difference",
                              by = NULL, ..., events = NULL, population = NULL, ci = NULL,
                              adjust = "none", favourable = NULL, level = NULL) {
  call <- rlang::current_env()
  check_dots_empty_ioi(...)
  check_data(x, "x")
  columns <- list(
    by = union(existing_groups(x), resolve_columns(rlang::enquo(by), x, "by")),
    groups = resolve_columns(rlang::enquo(groups), x, "groups"),
    events = resolve_columns(rlang::enquo(events), x, "events", most = 1),
    population = resolve_columns(rlang::enquo(population), x, "population", most = 1)
  )
  columns$by <- setdiff(columns$by, columns$groups)
  intersection_check(columns, measure, call)
  rule <- parity_rule(measure, adjust, favourable, "within", "test", FALSE, call)
  if (!is.null(level)) check_level(level)
  source <- parity_source(columns, ci, call)
  crossed <- intersection_cells(x, columns, source, ci, level, call)
  cells <- parity_drop_missing(crossed$cells, FALSE)
  rule$level <- cells$info$level
  if (source != "estimates") cells <- parity_count_limits(cells)
  name <- intersection_reference(cells, crossed$traits, reference, call)
  to_cell <- parity_parts(cells, name, source, ci, rule, call)
  to_all <- parity_parts(cells, "overall", source, ci, rule, call)
  excess <- intersection_excess(cells, crossed$traits, to_cell, source, rule)
  intersection_result(cells, crossed, list(to_cell, to_all), excess, rule)
}

intersection_check <- function(columns, measure, call) {
  if (length(columns$groups) < 2) {
    abort_ioi(
      c(
        "{.arg groups} must name two columns or more.",
        "i" = "For one characteristic use {.fn ioi_parity}."
      ),
      "input",
      arg = "groups", call = call
    )
  }
  reserved <- c("measure", "group", "reference", core_columns, base_columns)
  clash <- intersect(columns$groups, reserved)
  if (length(clash)) {
    abort_ioi(
      c(
        "{.arg groups} must not name a column that the result makes.",
        "x" = "It names {.val {clash}}."
      ),
      "input",
      arg = "groups", call = call
    )
  }
  if (!is.character(measure) || !length(measure) ||
    !all(measure %in% intersection_measures)) {
    abort_ioi(
      c(
        "{.arg measure} must be {.or {.val {intersection_measures}}}.",
        "x" = "It is {.val {as_shown(measure)}}."
      ),
      "input",
      arg = "measure", call = call
    )
  }
}

# ---- cells --------------------------------------------------------------------

# list(cells, traits): the crossed characteristics as one group, and each by itself. The
# limits of the cells are those of their level.
intersection_cells <- function(x, columns, source, ci, level, call) {
  if (source != "estimates") {
    x <- intersection_sums(x, columns, call)
    columns$events <- "events"
    columns$population <- "population"
  }
  known <- Reduce(`&`, lapply(columns$groups, function(name) !is.na(x[[name]])))
  text <- lapply(columns$groups, function(name) format_label(x[[name]]))
  cell <- do.call(paste, c(text, list(sep = ", ")))
  cell[!known] <- NA
  x[[".cell"]] <- cell
  columns$group <- ".cell"
  columns$fixed <- TRUE
  cells <- if (source != "estimates") {
    parity_counts(x, columns, level, source == "rates", call)
  } else if (is_estimate(x)) {
    columns$by <- union(columns$by, setdiff(attr(x, "info")$by, columns$groups))
    parity_estimates(x, columns, level, TRUE, call)
  } else {
    parity_table(x, columns, level, FALSE, call)
  }
  traits <- lapply(stats::setNames(nm = columns$groups), function(name) {
    x[[name]][cells$kept]
  })
  list(cells = cells, traits = traits)
}

# Counts added up by cell.
intersection_sums <- function(x, columns, call) {
  by <- c(columns$by, columns$groups)
  groups <- group_rows(x, by, call)
  report_ungrouped(groups)
  sums <- cell_sums(
    groups, rep(1L, nrow(x)), 1L,
    count_column(x[[columns$events]], "events", call),
    count_column(x[[columns$population]], "population", call)
  )
  tibble::new_tibble(
    c(groups$labels, list(
      events = as.vector(sums$events), population = as.vector(sums$population)
    )),
    nrow = groups$size
  )
}

# The reference cell as parity_ask() takes it.
intersection_reference <- function(cells, traits, reference, call) {
  if (length(reference) == 1 && is.null(names(reference)) &&
    reference %in% parity_choices) {
    return(reference)
  }
  complete <- length(reference) == length(traits) && !is.null(names(reference)) &&
    setequal(names(reference), names(traits))
  if (!complete) {
    abort_ioi(
      c(
        "{.arg reference} must be {.or {.val {parity_choices}}}, or have a value for each of
         {.val {names(traits)}}, named by them.",
        "x" = "It is {.val {as_shown(reference)}}, named {.val {names(reference)}}."
      ),
      "input",
      arg = "reference", call = call
    )
  }
  is <- Reduce(`&`, lapply(names(traits), function(name) {
    as.character(traits[[name]]) == as.character(reference[[name]])
  }))
  if (!any(is)) {
    abort_ioi(
      c(
        "{.arg reference} must be a cell of {.arg x}.",
        "x" = "No row has {.val {reference}}."
      ),
      "input",
      arg = "reference", call = call
    )
  }
  cells$group[which(is)[1]]
}

# ---- excess -------------------------------------------------------------------

# The excess of every cell that differs from its reference in two characteristics or more:
# list(cell, measure, numbers (a list of columns), j (its derivatives by the cells)).
intersection_excess <- function(cells, traits, made, source, rule) {
  base <- ifelse(
    made$parts[[1]]$reference$has, made$parts[[1]]$reference$at, NA
  )
  codes <- vapply(traits, function(x) match(x, unique(x)), integer(length(base)))
  dim(codes) <- c(length(base), length(traits))
  key <- function(codes, block) do.call(paste, c(list(block), as.data.frame(codes)))
  known <- key(codes, cells$block)
  differs <- codes != codes[base, , drop = FALSE]
  at <- which(rowSums(differs) >= 2)
  weights <- matrix(0, length(at), length(base))
  missing <- rep(FALSE, length(at))
  for (trait in seq_along(traits)) {
    # the cell that differs from the reference in this characteristic alone
    one <- codes[base[at], , drop = FALSE]
    one[, trait] <- codes[at, trait]
    of <- match(key(one, cells$block[at]), known)
    counts <- differs[at, trait]
    missing <- missing | counts & is.na(of)
    use <- which(counts & !is.na(of))
    weights[cbind(use, of[use])] <- weights[cbind(use, of[use])] - 1
  }
  rows <- seq_along(at)
  weights[cbind(rows, at)] <- weights[cbind(rows, at)] + 1
  weights[cbind(rows, base[at])] <- weights[cbind(rows, base[at])] +
    rowSums(differs)[at] - 1
  parts <- lapply(rule$measure, function(m) {
    intersection_sum(cells, weights, missing, m == "ratio", source, rule)
  })
  list(
    cell = rep(at, length(parts)), base = rep(base[at], length(parts)),
    measure = rep(paste0("excess_", rule$measure), each = length(at)),
    numbers = lapply(
      stats::setNames(nm = names(parts[[1]]$numbers)),
      function(name) unlist(lapply(parts, function(part) part$numbers[[name]]))
    ),
    j = do.call(rbind, lapply(parts, `[[`, "j"))
  )
}

# Weighted sums of cells (`ratio`: of their logarithms, taken back) with limits and test.
intersection_sum <- function(cells, weights, missing, ratio, source, rule) {
  used <- weights != 0
  value <- if (ratio) log(cells$value) else cells$value
  lost <- missing | as.vector(used %*% is.na(cells$value)) > 0
  infinite <- as.vector(used %*% !(is.finite(value) | is.na(cells$value))) > 0
  value[!is.finite(value)] <- 0
  sum <- as.vector(weights %*% value)
  sum[lost | infinite] <- NA
  slope <- if (ratio) t(t(weights) / cells$value) else weights
  slope[!used] <- 0
  slope[lost | infinite, ] <- NA
  se <- sqrt(pmax(0, rowSums((slope %*% intersection_variance(cells)) * slope)))
  together <- intersection_together(cells, used)
  t <- .Call(
    ioi_r_interval_t, rep(0, length(sum)), rep(1, length(sum)), as.double(together$df),
    rule$level
  )$conf.high
  reach <- list(low = t * se, high = t * se)
  if (!ratio && source != "estimates") {
    reach <- intersection_mover(cells, weights, lost)
  }
  statistic <- ifelse(se > 0, sum / se, NA)
  back <- function(x) if (ratio) exp(x) else x
  list(
    numbers = list(
      estimate = back(sum), std.error = se * (if (ratio) exp(sum) else 1),
      conf.low = back(sum - reach$low), conf.high = back(sum + reach$high),
      n = together$n, df = together$df, statistic = statistic,
      p.value = p_value_t(statistic, together$df),
      flag = ifelse(lost, "no_reference", ifelse(infinite, "no_log", ""))
    ),
    j = slope * (if (ratio) exp(sum) else 1)
  )
}

# V of the cells, 0 where a cell has none (it is not used then).
intersection_variance <- function(cells) {
  v <- cells$covariance
  if (is.null(v)) v <- diag(cells$variance, nrow = length(cells$variance))
  v[is.na(v)] <- 0
  v
}

# MOVER for a sum of independent cells.
intersection_mover <- function(cells, weights, lost) {
  down <- cells$value - cells$low
  up <- cells$high - cells$value
  down[is.na(down)] <- up[is.na(up)] <- 0
  part <- function(with, against) {
    square <- pmax(weights, 0)^2 %*% with^2 + pmin(weights, 0)^2 %*% against^2
    ifelse(lost, NA, sqrt(as.vector(square)))
  }
  list(low = part(down, up), high = part(up, down))
}

# Degrees of freedom and people of the cells of each sum.
intersection_together <- function(cells, used) {
  members <- lapply(seq_len(nrow(used)), function(i) which(used[i, ]))
  total <- function(x, of) vapply(members, function(at) of(x[at]), 1)
  if (is.null(cells$domains) || !cells$counted) {
    return(list(df = total(cells$df, min), n = total(cells$n, sum)))
  }
  ids <- lapply(members, function(at) unique(cells$domains$id[at]))
  n <- vapply(ids, function(at) sum(cells$domains$n[at]), 1)
  joined <- parity_join_domains(cells$domains, ids, n)
  list(df = parity_union_df(joined, seq_along(ids), seq_along(ids), n), n = n)
}

# ---- result -------------------------------------------------------------------

intersection_result <- function(cells, crossed, made, excess, rule) {
  size <- length(cells$value)
  tables <- lapply(made, function(m) tidy(parity_result(m$cells, m$parts, m$rule)))
  at <- lapply(made, function(m) parity_row_order(cells$block, length(m$parts))$cell)
  level <- list(
    measure = rep("level", size), group = cells$group, reference = rep(NA_character_, size),
    estimate = cells$value, std.error = sqrt(cells$variance), conf.low = cells$low,
    conf.high = cells$high, n = cells$n, df = cells$df,
    statistic = rep(NA_real_, size), p.value = rep(NA_real_, size),
    flag = ifelse(is.na(cells$value) & cells$n %in% 0, "empty", cells$flag)
  )
  over <- c(
    list(
      measure = excess$measure, group = cells$group[excess$cell],
      reference = cells$group[excess$base]
    ),
    excess$numbers
  )
  parts <- c(list(level), tables, list(over))
  cell <- c(seq_len(size), unlist(at), excess$cell)
  names <- c(names(level)[1:11], if (!is.null(rule$favourable)) "direction", "flag")
  numbers <- lapply(stats::setNames(nm = names), function(name) {
    unlist(lapply(parts, function(part) {
      if (is.null(part[[name]])) rep(NA, length(part$estimate)) else part[[name]]
    }), use.names = FALSE)
  })
  labels <- c(cells$labels, crossed$traits)
  labels <- lapply(labels, `[`, cell)
  ids <- c(numbers["measure"], labels[intersect(label_columns, names(labels))])
  table <- c(
    labels[setdiff(names(labels), names(ids))], ids,
    numbers[setdiff(names(numbers), "measure")]
  )
  rows <- order(cells$block[cell], seq_along(cell))
  vcov <- intersection_vcov(cells, made, excess)
  new_ioi_estimate(
    tibble::new_tibble(lapply(table, `[`, rows), nrow = length(rows)),
    vcov = if (!is.null(vcov)) vcov[rows, rows],
    info = intersection_info(cells, crossed, made, rule)
  )
}

# Covariance of all rows: J V J'.
intersection_vcov <- function(cells, made, excess) {
  size <- length(cells$value)
  if (size > 500) {
    return(NULL)
  }
  gaps <- lapply(made, function(m) {
    rows <- parity_row_order(cells$block, length(m$parts))
    parity_jacobian(m$cells, m$parts, rows, m$rule)
  })
  j <- do.call(rbind, c(list(diag(size)), gaps, list(excess$j)))
  lost <- rowSums(is.na(j)) > 0
  j[lost, ] <- 0
  lost <- lost | as.vector((j != 0) %*% is.na(cells$variance)) > 0
  out <- j %*% intersection_variance(cells) %*% t(j)
  missing_rows(out, lost)
}

intersection_info <- function(cells, crossed, made, rule) {
  info <- parity_info(made[[1]]$cells, made[[1]]$parts, made[[1]]$rule)
  unit <- cells$info$unit
  if (is.null(unit)) unit <- "number"
  own <- parity_units(unit)
  info$unit <- c(
    level = unname(unit)[1], own[rule$measure],
    stats::setNames(own[rule$measure], paste0("excess_", rule$measure))
  )
  info$what <- "Intersections"
  info$by <- c(setdiff(names(cells$labels), label_columns), names(crossed$traits))
  info$limits <- "fixed"
  if (length(cells$value) > 500) {
    info$no_vcov <- "There are too many cells for a covariance matrix of all rows."
  }
  info
}
