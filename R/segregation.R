# Segregation: from rows of any shape to a table of units x groups, then an index
# for each area and comparison.

#' Measure segregation
#'
#' How unevenly groups are spread over schools, neighbourhoods or workplaces, for
#' everywhere or for each area.
#'
#' @param data One of
#'   * long: a row per unit and group with the number of people in `count`;
#'   * microdata: a row per person, without `count`;
#'   * wide: a row per unit with a column of counts for each group;
#'   * a matrix or table of units by groups, which needs no other argument;
#'   * an [ioi_design()]: microdata with survey weights.
#' @param group Column that names the group; or, for wide data, the columns of
#'   counts (see [how to name columns][ioi_columns]).
#' @param unit Columns that name the unit. A unit name that occurs in two areas of
#'   `by` is two units. Wide data may leave it out: each row is then a unit.
#' @param count Column of people, finite and not negative; need not be whole.
#'   Rows of the same unit and group are added.
#' @param by Columns that define areas: one result for each.
#' @param index Only `"dissimilarity"` in this version.
#' @param compare What is compared. `"multigroup"`: all groups at once, one
#'   number. `"pairwise"`: every pair of groups, or those in `groups`. `"rest"`:
#'   each group against all others together.
#' @param groups The groups to keep, matched as text; all others are left out as
#'   if they did not live there. Two groups are a pair unless `compare` says
#'   otherwise. For `"pairwise"` also a list of pairs, such as
#'   `list(c("white", "asian"), c("white", "black"))`.
#' @param se `"none"`, or `"analytic"`: standard errors by influence functions.
#' @param level Confidence level, between 0 and 1.
#' @param ... Not used. Other indices, resampling and corrections are not
#'   supported by this version: asking for them is an error.
#' @return A tibble of class [ioi_estimate], a row per area and comparison: the
#'   `by` columns, `index`, `group` and `other` (`NA` for multigroup, `"rest"`
#'   under `"rest"`), `estimate` (0 to 1, no unit), `std.error`, `conf.low`,
#'   `conf.high` (`NA` without `se`), `bias` (`NA` in this version), `units` (with
#'   members of a compared group), `n` (people compared, unweighted) and `flag`.
#' @section Formula: For two groups with \eqn{x_i} and \eqn{y_i} members in unit
#'   \eqn{i}, \eqn{D = \frac12 \sum_i |x_i/X - y_i/Y|}: the share of either group
#'   that would have to move for both to be spread alike. `"rest"` takes everybody
#'   else as \eqn{y}. The multigroup form is
#'   \eqn{\sum_i \sum_g |n_{ig} - t_i P_g| / (2 T I)} with
#'   \eqn{I = \sum_g P_g (1 - P_g)}; with two groups it is the same number.
#' @section Pair or rest: A pair looks only at the two groups, `"rest"` also at
#'   everybody else. With more than two groups the two numbers differ, and both are
#'   published under the same name.
#' @section Chance: With few people spread over many units D is far above 0 by
#'   chance alone: look at `n` and at `units` before comparing places.
#' @section Standard errors: For counts, people are taken as drawn at random into
#'   units and groups. For an [ioi_design()], the influence of each cell is carried
#'   to the PSUs and follows the design; degrees of freedom count the PSUs of all
#'   groups kept in the area. Limits are estimate plus or minus
#'   t times the standard error, cut at 0 and 1. Where the standard error is 0, as at
#'   D of 1, there are no limits and `flag` says `boundary`.
#' @section What the limits cover: Sampling error, not the upward bias of D. In
#'   simulations (`bench/coverage_segregation.R`) 95% limits held 95% of the time
#'   where D was at least eight times its chance level, which is about
#'   \eqn{0.4 \sqrt{n (1/X + 1/Y)}}{0.4 sqrt(n (1/X + 1/Y))} for \eqn{n} units and
#'   \eqn{X} and \eqn{Y} people, about 91% at four times, and almost never where D
#'   was near that level.
#' @section Missing and empty: Rows without group, unit or area are left out, and
#'   counted in a message of class `ioi_message_missing`. An area in which a group
#'   has no members has no D: its row is `NA` with flag `empty`; likewise `single`
#'   where all members are in one unit. Units without members add nothing.
#' @section Errors: `ioi_error_input` for a wrong column, index or group;
#'   `ioi_error_data` for negative, missing or infinite counts.
#' @references Duncan, O. D. and Duncan, B. (1955). A methodological analysis of
#'   segregation indexes. *American Sociological Review* 20(2), 210-217.
#'   \doi{10.2307/2088328}
#'
#'   Reardon, S. F. and Firebaugh, G. (2002). Measures of multigroup segregation.
#'   *Sociological Methodology* 32, 33-67. \doi{10.1111/1467-9531.00110}
#' @examples
#' # Bangladeshi and White British residents over LSOAs, by region
#' ioi_segregation(
#'   census_2011_lsoa,
#'   group = c(bangladeshi, white_british), unit = lsoa_code, by = region,
#'   compare = "pairwise"
#' )
#'
#' # a matrix of units by groups
#' ioi_segregation(cbind(a = c(10, 20, 30), b = c(30, 20, 10)))
#' @export
ioi_segregation <- function(data, group, unit, count = NULL, by = NULL,
                            index = "dissimilarity",
                            compare = c("multigroup", "pairwise", "rest"),
                            groups = NULL, se = c("none", "analytic"),
                            level = 0.95, ...) {
  check_dots_empty_ioi(...)
  check_choice(index, "dissimilarity", "index")
  check_groups(groups)
  compare <- if (!missing(compare)) check_choice(compare, compare_choices, "compare")
  se <- check_choice(se, c("none", "analytic"), "se")
  level <- check_level(level)
  source <- segregation_source(data)
  columns <- segregation_columns(
    source,
    rlang::enquo(group), rlang::enquo(unit), rlang::enquo(count), rlang::enquo(by)
  )
  layout <- segregation_layout(source, columns, groups)
  compare <- choose_compare(compare, groups, layout$labels)
  tally <- segregation_tally(layout)
  lost <- report_left_out(layout, tally)
  estimate <- segregation_estimate(layout, tally, compare, groups, se)
  segregation_table(layout, estimate, compare, index, se, level, lost)
}

compare_choices <- c("multigroup", "pairwise", "rest")

# Columns of the result, which `by` columns may not be called.
segregation_columns_out <- c(
  "index", "group", "other", core_columns, "bias", "units", "n", "flag"
)

# Groups by name, or a list of pairs of names.
check_groups <- function(groups, call = rlang::caller_env()) {
  named <- function(x) is.atomic(x) && length(x) > 0 && !anyNA(x)
  ok <- if (is.list(groups)) {
    length(groups) > 0 && all(vapply(groups, named, NA))
  } else {
    is.null(groups) || named(groups)
  }
  if (!ok) {
    abort_ioi(
      "{.arg groups} must name groups of the data, or be a list of pairs of them.",
      "input",
      arg = "groups", call = call
    )
  }
}

# The comparison: as given; unless it is, two groups are a pair.
choose_compare <- function(compare, groups, labels, call = rlang::caller_env()) {
  if (is.null(compare)) {
    return(if (is.list(groups) || length(labels) == 2) "pairwise" else "multigroup")
  }
  compare
}

# What the rows are: list(data, design): a design, a data frame, or a matrix
# turned into wide data.
segregation_source <- function(data, call = rlang::caller_env()) {
  if (inherits(data, c("ioi_design", "survey.design2", "svyrep.design"))) {
    design <- as_ioi_design(data)
    return(list(data = design$data, design = design, matrix = FALSE))
  }
  if (is.matrix(data)) {
    return(list(data = matrix_as_wide(data, call), design = NULL, matrix = TRUE))
  }
  check_data(data, call = call)
  if (nrow(data) == 0) {
    abort_ioi("{.arg data} has no rows.", "data", arg = "data", call = call)
  }
  list(data = data, design = NULL, matrix = FALSE)
}

matrix_as_wide <- function(x, call) {
  if (!is.numeric(x) || nrow(x) == 0 || ncol(x) < 2) {
    abort_ioi(
      "A matrix must hold numbers and have a row per unit and at least two groups.",
      "input",
      arg = "data", call = call
    )
  }
  names <- if (is.null(colnames(x))) character(ncol(x)) else colnames(x)
  nameless <- is.na(names) | names == ""
  names[nameless] <- paste0("group", seq_len(ncol(x)))[nameless]
  colnames(x) <- names
  check_data(as.data.frame(unclass(x)), call = call)
}

# The names of the columns: list(group, unit, count, by), group of length 1 for
# long data and microdata, more for wide.
segregation_columns <- function(source, group, unit, count, by, call = rlang::caller_env()) {
  data <- source$data
  if (source$matrix) {
    check_matrix_alone(list(group = group, unit = unit, count = count, by = by), call)
    return(list(group = names(data), unit = character(), count = character(), by = character()))
  }
  groups <- if (inherits(data, "grouped_df")) existing_groups(data)
  out <- list(
    group = if (!rlang::quo_is_missing(group)) resolve_columns(group, data, "group", call = call),
    unit = if (!rlang::quo_is_missing(unit)) resolve_columns(unit, data, "unit", call = call),
    count = resolve_columns(count, data, "count", most = 1, call = call),
    by = unique(c(groups, resolve_columns(by, data, "by", call = call)))
  )
  check_segregation_columns(out, source, call)
  out
}

# A matrix says by itself what its rows and columns are.
check_matrix_alone <- function(columns, call) {
  given <- vapply(columns, function(quo) {
    !rlang::quo_is_missing(quo) && !rlang::quo_is_null(quo)
  }, NA)
  if (any(given)) {
    abort_ioi(
      c(
        "A matrix of units by groups takes no {.arg {names(columns)[given]}}.",
        "i" = "Give a data frame to name columns."
      ),
      "input",
      arg = names(columns)[given][1], call = call
    )
  }
}

check_segregation_columns <- function(columns, source, call) {
  check_by_names(columns$by, segregation_columns_out, call)
  wide <- length(columns$group) > 1
  if (!length(columns$group)) {
    abort_ioi("{.arg group} must name a column, or the columns of counts.", "input",
      arg = "group", call = call
    )
  }
  if (!wide && !length(columns$unit)) {
    abort_ioi("{.arg unit} must name a column.", "input", arg = "unit", call = call)
  }
  if (wide && (length(columns$count) || !is.null(source$design))) {
    abort_ioi(
      c(
        "{.arg group} names several columns, which is for wide data.",
        "i" = "With {.arg count} or a design it must be the one column that names the group."
      ),
      "input",
      arg = "group", call = call
    )
  }
  if (!is.null(source$design) && length(columns$count)) {
    abort_ioi("{.arg count} is not for a design: its weights count people.", "input",
      arg = "count", call = call
    )
  }
  twice <- intersect(columns$by, c(columns$group, columns$count))
  if (length(twice)) {
    abort_ioi("{.arg by} must not hold {.val {twice}}.", "input", arg = "by", call = call)
  }
}

# Where every row goes. `area_at`: key of the areas; `unit_at`: key of the units,
# sorted by area; `table_at`: key of units within groups (long data only).
segregation_layout <- function(source, columns, groups, call = rlang::caller_env()) {
  data <- source$data
  rows <- nrow(data)
  start <- if (is.null(source$design)) list() else source$design$keys
  area <- occurring_areas(domain_key(start, data, columns$by, rows, call), rows, call)
  units <- unit_key(area, data, columns$unit, rows, call)
  layout <- list(
    data = data, rows = rows, design = source$design, columns = columns,
    keys = units$keys, area = area, unit_at = units$at, first = units$first,
    wide = length(columns$group) > 1, values = list(),
    counts = if (source$matrix) "data" else "group"
  )
  if (layout$wide) {
    layout_wide(layout, groups, call)
  } else {
    layout_long(layout, groups, call)
  }
}

# The areas that have rows: unused levels and combinations give no result.
occurring_areas <- function(area, rows, call) {
  if (!length(area$labels)) {
    return(area)
  }
  n <- tally_rows(area$keys, rows, sums = list(n = list(kind = "rows", over = area$at)))$n
  if (all(n > 0)) {
    return(area)
  }
  found <- add_product(area$keys, area$at, rows, dense = 0, call = call)
  list(
    keys = found$keys, at = found$at,
    labels = lapply(area$labels, function(x) x[found$code + 1])
  )
}

# The key of the units that occur within each area: list(keys, at, first), first
# being the positions at which the areas start.
unit_key <- function(area, data, unit, rows, call) {
  for (name in unit) {
    check_key_type(data[[name]], "unit", call)
  }
  column <- if (length(unit)) {
    domain_key(area$keys, data, unit, rows, call)
  } else {
    list(keys = c(area$keys, list(key_read(seq_len(rows), 1L, rows, NULL)$key)),
         at = length(area$keys) + 1L)
  }
  product <- add_product(column$keys, c(area$at, column$at), rows, dense = 0, call = call)
  of_area <- product$code %/% column$keys[[column$at]]$levels
  list(
    keys = product$keys, at = product$at,
    first = first_of(of_area, area$keys[[area$at]]$levels)
  )
}

# Wide data: the counts are columns.
layout_wide <- function(layout, groups, call) {
  layout$labels <- keep_groups(layout$columns$group, groups, call)
  layout$left_out <- setdiff(layout$columns$group, layout$labels)
  layout$values <- lapply(layout$labels, function(name) {
    check_amounts(layout$data[[name]], layout$counts, name, call)
    layout$data[[name]]
  })
  layout$weight <- NULL
  layout
}

# Long data, microdata and designs: the group is a column.
layout_long <- function(layout, groups, call) {
  columns <- layout$columns
  group <- occurring_levels(key_column(layout$data[[columns$group]], "group", call), layout$rows)
  text <- as.character(group$labels)
  layout$labels <- keep_groups(text, groups, call)
  layout$left_out <- setdiff(text, layout$labels)
  layout$in_group_at <- length(layout$keys) + 1L
  layout$keys <- c(layout$keys, list(group$key))
  map <- match(text, layout$labels, nomatch = 0L) - 1L
  kept_at <- length(layout$keys) + 1L
  layout$keys <- c(layout$keys, list(key_remap(group$key, map, length(layout$labels))))
  table <- add_product(layout$keys, c(kept_at, layout$unit_at), layout$rows, Inf, call)
  known <- add_product(table$keys, c(layout$in_group_at, layout$unit_at), layout$rows, Inf, call)
  layout$keys <- known$keys
  layout$table_at <- table$at
  layout$known_at <- known$at
  layout$weight <- if (!is.null(layout$design)) layout$design$weight else long_counts(layout, call)
  layout
}

long_counts <- function(layout, call) {
  count <- layout$columns$count
  if (!length(count)) {
    return(NULL)
  }
  check_amounts(layout$data[[count]], "count", call = call)
  layout$data[[count]]
}

# The groups to keep, in the order asked for; an unknown one is an error.
keep_groups <- function(text, groups, call) {
  if (!length(text)) {
    abort_ioi("{.arg group} has no values.", "data", arg = "group", call = call)
  }
  wanted <- unique(as.character(unlist(groups)))
  if (!length(wanted)) {
    return(text)
  }
  unknown <- setdiff(wanted, text)
  if (length(unknown)) {
    abort_ioi(
      c(
        "{.arg groups} must name groups of the data.",
        "x" = "{.val {unknown}} {?is/are} not among them.",
        "i" = "There are: {.val {text}}."
      ),
      "input",
      arg = "groups", call = call
    )
  }
  wanted
}

# The tally: people by unit and group, and the rows that took part; `n` counts
# respondents where rows are people.
segregation_tally <- function(layout, range = c(0, layout$rows), chunk = NULL) {
  if (layout$wide) {
    sums <- lapply(seq_along(layout$values), function(v) {
      list(kind = "w", over = layout$unit_at, x = v)
    })
    names(sums) <- layout$labels
    sums <- c(list(known = list(kind = "rows", over = layout$unit_at)), sums)
  } else {
    sums <- list(
      known = list(kind = "rows", over = layout$known_at),
      table = list(kind = "w", over = layout$table_at)
    )
    if (!length(layout$columns$count)) {
      sums$n <- list(kind = "n", over = layout$table_at)
    }
  }
  tally_rows(
    layout$keys, layout$rows, layout$weight, layout$values, sums,
    range = range, chunk = chunk
  )
}

# Says how many rows lack group, unit or area; gives the number.
report_left_out <- function(layout, tally) {
  rows <- if (is.null(layout$design)) layout$rows else design_rows(layout$design)
  lost <- rows - sum(tally$known)
  if (lost > 0) {
    inform_ioi(
      "{lost} row{?s} without group, unit or area {?is/are} left out.",
      "missing",
      left_out = lost
    )
  }
  lost
}

# People in a units x groups matrix.
tally_table <- function(layout, tally) {
  x <- if (layout$wide) unlist(tally[layout$labels], use.names = FALSE) else tally$table
  matrix(x, ncol = length(layout$labels))
}

# The comparisons: kind (0 multigroup, 1 pair, 2 rest) and the groups a and b, by
# position.
segregation_comparisons <- function(compare, groups, labels, call = rlang::caller_env()) {
  n <- length(labels)
  kind <- match(compare, compare_choices) - 1L
  if (compare == "multigroup") {
    return(list(kind = kind, a = 1L, b = 1L, group = NA_character_, other = NA_character_))
  }
  if (compare == "rest") {
    return(list(
      kind = kind, a = seq_len(n), b = seq_len(n), group = labels, other = rep("rest", n)
    ))
  }
  pairs <- if (is.list(groups)) listed_pairs(groups, call) else all_pairs(labels, call)
  list(
    kind = kind, a = match(pairs[, 1], labels), b = match(pairs[, 2], labels),
    group = pairs[, 1], other = pairs[, 2]
  )
}

all_pairs <- function(labels, call) {
  if (length(labels) < 2) {
    abort_ioi(
      c("A pair needs two groups.", "x" = "The data have one: {.val {labels}}."),
      "data",
      arg = "group", call = call
    )
  }
  t(utils::combn(labels, 2))
}

listed_pairs <- function(groups, call) {
  if (!all(lengths(groups) == 2) || any(vapply(groups, anyDuplicated, 0L) > 0)) {
    abort_ioi("Each element of {.arg groups} must name two different groups.", "input",
      arg = "groups", call = call
    )
  }
  do.call(rbind, lapply(groups, as.character))
}

# Indices and, where asked, their covariance; areas in order, comparisons within.
segregation_estimate <- function(layout, tally, compare, groups, se) {
  of <- segregation_comparisons(compare, groups, layout$labels)
  table <- tally_table(layout, tally)
  people <- if (is.null(tally$n)) table else matrix(tally$n, ncol = ncol(table))
  out <- .Call(ioi_r_dissimilarity, table, people, layout$first, of$kind, of$a, of$b)
  areas <- length(layout$first) - 1L
  area <- rep(seq_len(areas), each = length(of$a))
  out <- c(out, list(comparisons = of, areas = areas, area = area))
  if (se == "none") {
    out
  } else if (!areas) {
    c(out, list(v = numeric(), df = numeric()))
  } else if (is.null(layout$design)) {
    c(out, count_covariance(layout, table, out))
  } else {
    c(out, design_covariance(layout, table, people, out))
  }
}

# People drawn at random: areas are independent.
count_covariance <- function(layout, table, out) {
  rows <- length(out$estimate)
  keep <- rows <= most_covariance_rows
  of <- out$comparisons
  blocks <- .Call(
    ioi_r_dissimilarity_covariance, table, layout$first, of$kind, of$a, of$b, keep
  )
  vcov <- if (keep) block_diagonal(blocks, rows)
  list(v = if (keep) variances(vcov) else unlist(blocks), vcov = vcov, df = rep(Inf, rows))
}

block_diagonal <- function(blocks, rows) {
  v <- matrix(0, rows, rows)
  size <- nrow(blocks[[1]])
  for (area in seq_along(blocks)) {
    at <- (area - 1) * size + seq_len(size)
    v[at, at] <- blocks[[area]]
  }
  v
}

# A survey: the influence of each cell goes to the PSUs.
design_covariance <- function(layout, table, people, out) {
  design <- layout$design
  of <- out$comparisons
  influence <- .Call(
    ioi_r_dissimilarity_influence, table, layout$first, of$kind, of$a, of$b
  )
  measure <- function(w) {
    found <- .Call(
      ioi_r_dissimilarity, matrix(w, ncol = ncol(table)), people, layout$first, of$kind,
      of$a, of$b
    )
    list(estimate = found$estimate, influence = influence)
  }
  area_of_unit <- rep(seq_len(out$areas), diff(layout$first)) - 1L
  cells <- road_cells(layout$keys, design, layout$table_at)
  tally <- road_tally(cells, design, list())
  found <- road_estimate(
    cells, design, tally, measure,
    rep(area_of_unit, ncol(table)), out$area - 1L, out$areas,
    keeps_covariance(length(out$estimate))
  )
  respondents <- diff(c(0, cumsum(rowSums(people)))[layout$first + 1])
  df <- domain_df(design, list(n = respondents, presence = found), "domain")[out$area]
  list(
    v = variances(found$v), vcov = if (is.matrix(found$v)) found$v, df = df,
    domains = domain_list(design, out$area, respondents, found)
  )
}

# The estimate table.
segregation_table <- function(layout, estimate, compare, index, se, level, lost) {
  rows <- length(estimate$estimate)
  comparisons <- estimate$comparisons
  times <- estimate$areas
  v <- if (se == "none") rep(NA_real_, rows) else estimate$v
  std_error <- na_if_nan(sqrt(v))
  std_error[estimate$status != "ok"] <- NA
  df <- if (se == "none") rep(Inf, rows) else estimate$df
  limits <- index_limits(estimate$estimate, std_error, df, level)
  labels <- lapply(layout$area$labels, function(x) x[estimate$area])
  flag <- segregation_flags(estimate$status, v, std_error, df)
  table <- c(labels, list(
    index = rep(index, rows), group = rep(comparisons$group, times),
    other = rep(comparisons$other, times), estimate = estimate$estimate,
    std.error = std_error, conf.low = limits$low, conf.high = limits$high,
    bias = rep(NA_real_, rows), units = estimate$units, n = estimate$n, flag = flag
  ))
  new_ioi_estimate(
    tibble::new_tibble(table, nrow = rows),
    vcov = if (!is.null(estimate$vcov)) known_covariance(estimate$vcov, std_error),
    domains = estimate$domains,
    info = segregation_info(layout, compare, se, level, names(labels), lost)
  )
}

# Estimate plus or minus t times the error, within 0 and 1; none where the error
# is 0 or there are no degrees of freedom.
index_limits <- function(estimate, std_error, df, level) {
  limits <- interval_t(estimate, ifelse(std_error > 0, std_error, NA), df, level)
  list(low = pmax(0, limits$conf.low), high = pmin(1, limits$conf.high))
}

# Why a row has no value, no standard error or no limits.
segregation_flags <- function(status, v, std_error, df) {
  flag <- ifelse(!is.na(std_error) & df <= 0, "df", "")
  flag[which(std_error == 0)] <- "boundary"
  flag[is.nan(v)] <- "lonely"
  flag[status != "ok"] <- status[status != "ok"]
  flag
}

segregation_info <- function(layout, compare, se, level, by, lost) {
  list(
    what = "Dissimilarity", unit = "index", by = by, level = level,
    ci = if (se == "none") "none" else "t", limits = "fixed",
    df_rule = if (!is.null(layout$design)) "domain",
    design = if (is.null(layout$design)) {
      list(type = "counts", rows = layout$rows)
    } else {
      design_info(layout$design)
    },
    compare = compare,
    dropped = if (length(layout$left_out)) layout$left_out,
    notes = c(
      if (lost > 0) paste(count_words(lost, "row"), "without group, unit or area left out."),
      "Small groups spread over many units have a high index by chance alone."
    )
  )
}
