# Gaps in life expectancy by age and cause.

#' A gap in life expectancy, split by age and by cause
#'
#' The difference in life expectancy between a group and a reference, and how many
#' years of it come from different death rates at each age, or from each cause of
#' death at each age.
#'
#' @inheritParams ioi_life_expectancy
#' @param group Column that names the groups.
#' @param reference The group to compare with, as text.
#' @param by Columns within whose combinations groups are compared.
#' @param cause Column with the cause of death. `data` then has a row per group, band
#'   and cause, and repeats the population of the band.
#' @return A tibble of class [ioi_estimate], a row per group other than the reference
#'   and age band (and cause): the `by` columns, `group`, `reference`, `age` (and
#'   `cause`), `estimate` (years that the band, or cause, adds to the life expectancy
#'   of the group over the reference), `std.error`, `conf.low`, `conf.high` (not for
#'   causes), `gap` (the whole difference in years, group less reference), `gap_se`, and
#'   `flag`. The estimates of a group add up to `gap`.
#' @section Formula: Arriaga's (1984): the part of a closed band is
#'   \eqn{l_1 (L_2/l_2 - L_1/l_1) + T_2'(l_1/l_2 - l_1'/l_2')}, with table 1 the
#'   reference, table 2 the group and a dash for the next band; that of the open band is
#'   \eqn{l_1(e_2 - e_1)}. Standard errors are the delta method's, with the covariance
#'   of the bands in [vcov()]; they add up to the variance of the gap. Within a band a
#'   cause gets the share of the change in its death rate.
#' @section Missing and empty: Where either life table is undefined the row is `NA` and
#'   flagged as in [ioi_life_expectancy()]. Where the rates of a band agree but their
#'   causes do not, the split is undefined: 0, flagged `split undefined`.
#' @section Errors: as in [ioi_life_expectancy()]; `ioi_error_input` for a reference that
#'   is not a group.
#' @references Arriaga, E. E. (1984). Measuring and explaining the change in life
#'   expectancies. *Demography* 21, 83-96. \doi{10.2307/2061029}
#' @examples
#' # the same area, with death rates a fifth lower from age 50
#' better <- transform(
#'   area_deaths,
#'   deaths = ifelse(age >= 50, 0.8 * deaths, deaths), area = "better"
#' )
#' both <- rbind(transform(area_deaths, area = "now"), better)
#' ioi_life_gap(both, age, deaths, population, area, reference = "now")
#' @export
ioi_life_gap <- function(data, age, deaths, population, group, reference, by = NULL,
                         cause = NULL, level = 0.95, ..., ax = NULL,
                         variance = c("silcocks", "chiang"), person_time = FALSE) {
  check_dots_empty_ioi(...)
  check_data(data)
  columns <- life_columns(
    data, rlang::enquo(age), rlang::enquo(deaths), rlang::enquo(population),
    rlang::enquo(ax)
  )
  columns$cause <- resolve_columns(rlang::enquo(cause), data, "cause", most = 1)
  group <- resolve_column(rlang::enquo(group), data, "group")
  by <- setdiff(table_by(rlang::enquo(by), data, c(columns, recursive = TRUE)), group)
  check_by_names(by, gap_columns)
  rule <- list(
    level = check_level(level), by = by,
    variance = check_choice(variance, life_rules$variance, "variance"),
    person_time = check_flag(person_time, "person_time")
  )
  groups <- group_rows(data, c(by, group))
  rule$left_out <- report_ungrouped(groups)
  pairs <- gap_pairs(groups, group, by, reference)
  cells <- gap_cells(data, columns, groups, rule)
  check_life(cells, rule, rlang::current_env())
  sides <- lapply(pairs[c("one", "two")], function(at) {
    list(
      ax = cells$ax[, at, drop = FALSE], deaths = cells$deaths[, at, drop = FALSE],
      population = life_population(cells)[, at, drop = FALSE]
    )
  })
  out <- .Call(
    ioi_r_life_gap, cells$bands$start, sides$one, sides$two,
    as.integer(rule$variance == "silcocks")
  )
  result <- gap_result(groups, group, pairs, cells, out, rule)
  if (length(columns$cause)) gap_by_cause(
    result, data, columns, groups, pairs, cells
  ) else result
}

# Columns of the reference (one) and of the group (two) of each comparison.
gap_pairs <- function(groups, group, by, reference, call = rlang::caller_env()) {
  label <- as.character(groups$labels[[group]])
  if (length(reference) != 1 || !as.character(reference) %in% label) {
    abort_ioi(
      c(
        "{.arg reference} must be one of the groups.",
        "x" = "It is {.val {as.character(reference)}}.",
        "i" = "The groups are {.val {unique(label)}}."
      ),
      "input",
      arg = "reference", call = call
    )
  }
  block <- parity_block(groups$labels[by], groups$size)
  is_reference <- label == as.character(reference)
  one <- which(is_reference)[match(block, block[is_reference])]
  two <- which(!is_reference & !is.na(one))
  list(one = one[two], two = two, block = block[two], reference = as.character(reference))
}

# Cells with causes added up; their population counts once.
gap_cells <- function(data, columns, groups, rule, call = rlang::caller_env()) {
  if (!length(columns$cause)) {
    return(life_cells(data, columns, groups, rule, call = call))
  }
  cells <- life_cells(data, columns, groups, rule, repeats = TRUE, call = call)
  population <- count_column(data[[columns$population]], "population", call)
  once <- cell_sums(
    groups, cells$bands$code, length(cells$bands$start),
    count_column(data[[columns$deaths]], "deaths", call), population,
    rep(1, nrow(data)), call
  )
  cells$population <- once$population
  cells
}

gap_result <- function(groups, group, pairs, cells, out, rule) {
  k <- length(cells$bands$start)
  count <- length(pairs$two)
  at <- rep(seq_len(count), each = k)
  variance <- as.vector(apply(array(out$covariance, c(k, k, count)), 3, diag))
  se <- sqrt(pmax(variance, 0))
  estimate <- as.vector(out$gap)
  limits <- normal_limits(estimate, se, rule$level)
  total <- out$total
  note <- bitwOr(out$note[1, ], out$note[2, ])
  absent <- list(absent = cells$absent[pairs$one] | cells$absent[pairs$two])
  flag <- join_flags(life_flags(note, absent, at))
  columns <- c(
    lapply(groups$labels[rule$by], function(x) x[pairs$two][at]),
    list(
      group = groups$labels[[group]][pairs$two][at],
      reference = rep(pairs$reference, length(at)), age = rep(cells$bands$start, count),
      estimate = estimate, std.error = se, conf.low = limits$conf.low,
      conf.high = limits$conf.high, gap = (total[2, ] - total[1, ])[at],
      gap_se = sqrt(total[3, ] + total[4, ])[at], flag = flag
    )
  )
  alone <- !anyDuplicated(pairs$block)
  vcov <- if (alone && length(at) <= most_diagonal_rows) gap_block_vcov(
    out$covariance, k, count
  )
  new_ioi_estimate(
    tibble::new_tibble(columns, nrow = length(at)),
    vcov = vcov,
    info = list(
      what = "Years of the gap in life expectancy by age", unit = "number",
      by = c(rule$by, "age"), level = rule$level, ci = "normal", limits = "wald",
      flags = words_for(flag), notes = gap_notes(groups, group, pairs, total, rule),
      dropped = c("rows without a value of by or group" = rule$left_out),
      no_vcov = if (is.null(vcov)) {
        "Gaps to the same reference vary together; this is not kept."
      }
    )
  )
}

# "London less England: -2.7 years (95% limits -4.0 to -1.3)" for a few gaps.
gap_notes <- function(groups, group, pairs, total, rule) {
  few <- utils::head(seq_along(pairs$two), 5)
  se <- sqrt(total[3, ] + total[4, ])
  gap <- total[2, ] - total[1, ]
  limits <- normal_limits(gap, se, rule$level)
  label <- format_label(groups$labels[[group]][pairs$two])
  text <- paste0(
    label, " less ", pairs$reference, ": ", format_number(gap, 2), " years (",
    format_label(100 * rule$level), "% limits ", format_number(
      limits$conf.low, 2
    ), " to ",
    format_number(limits$conf.high, 2), ")."
  )
  text[few[!is.na(gap[few])]]
}

gap_block_vcov <- function(covariance, k, count) {
  out <- matrix(0, k * count, k * count)
  cells <- array(covariance, c(k, k, count))
  for (i in seq_len(count)) {
    at <- (i - 1) * k + seq_len(k)
    out[at, at] <- cells[, , i]
  }
  missing_rows(out, is.na(diag(out)))
}

# Each band's part shared out to causes by the change in their rates.
gap_by_cause <- function(result, data, columns, groups, pairs, cells,
                         call = rlang::caller_env()) {
  cause <- age_free_codes(data[[columns$cause]], call)
  k <- length(cells$bands$start)
  causes <- length(cause$labels)
  deaths <- count_column(data[[columns$deaths]], "deaths", call)
  band <- cells$bands$code + k * (cause$code - 1L)
  sums <- cell_sums(groups, band, k * causes, deaths, rep(0, length(deaths)), call = call)
  rate <- function(at) {
    population <- cells$population[rep(seq_len(k), causes), at, drop = FALSE]
    sums$events[, at, drop = FALSE] / population
  }
  all <- function(at) {
    m <- (cells$deaths / cells$population)[, at, drop = FALSE]
    m[rep(seq_len(k), causes), , drop = FALSE]
  }
  split <- .Call(
    ioi_r_cause_share, as.vector(rate(pairs$one)), as.vector(rate(pairs$two)),
    as.vector(all(pairs$one)), as.vector(all(pairs$two))
  )
  count <- length(pairs$two)
  row <- as.vector(vapply(seq_len(count), function(i) {
    rep((i - 1L) * k + seq_len(k), causes)
  }, integer(k * causes)))
  table <- unclass(plain_tibble(result))[names(result)]
  table <- lapply(table, function(x) x[row])
  label <- rep(rep(cause$labels, each = k), count)
  table$estimate <- table$estimate * split$share
  table$std.error <- table$conf.low <- table$conf.high <- rep(NA_real_, length(row))
  undefined <- split$undefined
  table$flag[undefined] <- paste_flags(
    table$flag[undefined], rep("split undefined", sum(undefined))
  )
  table <- append(table, list(cause = label), match("age", names(table)))
  info <- attr(result, "info")
  info$what <- "Years of the gap in life expectancy by age and cause"
  info$flags <- words_for(table$flag)
  info$limits <- "fixed"
  info$by <- c(info$by, "cause")
  info$no_vcov <- "No standard errors are given for causes."
  new_ioi_estimate(tibble::new_tibble(table, nrow = length(row)), info = info)
}

# The values of a column that occur, and the code of each row.
age_free_codes <- function(x, call) {
  column <- key_column(x, "cause", call)
  code <- column_code(column$key) + 1L
  if (anyNA(code)) {
    abort_ioi("{.arg cause} must not be missing.", "data",
      arg = "cause", where = which(is.na(code)), call = call
    )
  }
  list(code = code, labels = column$labels)
}
