# Segregation split over nested areas and over supergroups.

#' Split segregation over nested areas or supergroups
#'
#' How much of segregation lies between regions, how much between the districts of a
#' region, and so on down to units; or how much lies between supergroups and how much
#' among the groups of each. The parts add up to the index.
#'
#' @inheritParams ioi_segregation
#' @param within Columns of the areas in which units lie, largest first, such as
#'   `c(region, la_code)`. A name that occurs in two larger areas is two areas, and a
#'   unit name that occurs in two areas is two units.
#' @param index One or more of
#'   * `"mutual_information"`: M;
#'   * `"theil"`: H, every part over the entropy of the whole;
#'   * `"relative_diversity"`: R;
#'   * `"hutchens"`: the square root index of two groups;
#'   * `"atkinson_symmetric"`: the symmetric Atkinson index of all groups.
#'
#'   Dissimilarity, Gini and other Atkinson indices have no such parts.
#' @param compare What is compared: `"multigroup"` all groups at once, `"pairwise"` every
#'   pair of groups or those in `groups`, `"rest"` each group against all others. Two
#'   groups are a pair unless said otherwise. `"hutchens"` needs one of the last two.
#' @param supergroups A named list such as `list(white = c("british", "irish"),
#'   asian = c("indian", "chinese"))`, or a vector that gives for each group, by name,
#'   its supergroup. For M and H of all groups at once; every group that is kept must be
#'   in one.
#' @param base Base of the logarithm in M.
#' @param parts `TRUE` gives a row per area instead of one per level.
#' @param se `"none"`, or `"analytic"`: standard errors of the levels by influence
#'   functions. They follow an [ioi_design()]; for counts, people are taken as drawn at
#'   random. Not for `parts` nor `supergroups`.
#' @return A tibble of class [ioi_estimate] with a row per level: the `by` columns,
#'   `level` (named by its column; the last is the unit), with `supergroups` also
#'   `supergroup` (`"between"`, then the supergroups), `index`, `group`, `other`,
#'   `estimate` (the level's part: their sum is the index), `std.error`, `conf.low`,
#'   `conf.high`, `share` (of the index), `units` (areas, or units, of the level with
#'   members), `n` (people compared, unweighted) and `flag`.
#'
#'   With `parts = TRUE`, a row per area: the `within` columns say which (`NA` below the
#'   area; all `NA` is the whole), `level` is the level of the areas or units it is
#'   divided into, `estimate` is the index among these, `weight` times `estimate` is
#'   `contribution`, and the contributions of a level add up to its part. An area in
#'   which the index has no value, having one group or one unit, has an `NA` estimate
#'   and a contribution of 0.
#' @section Formula: Each index is \eqn{I = I(\mathrm{areas}) + \sum_k w_k I_k} with
#'   \eqn{I_k} the index inside area \eqn{k}, and weights: M \eqn{T_k/T}; H
#'   \eqn{T_k E_k/(T E)}; R \eqn{T_k I_k/(T I)} with the interaction index; Hutchens
#'   \eqn{\sqrt{X_k Y_k/(X Y)}}; symmetric Atkinson
#'   \eqn{\prod_g (N_{gk}/N_g)^{1/G}}. Weights of H are not population shares: an area
#'   counts for its size and its diversity. Supergroups:
#'   \eqn{M = M(\mathrm{supergroups}) + \sum_s P_s M_s}, and all over \eqn{E} for H. With
#'   both, each level is split over the supergroups.
#' @section Missing and empty: Rows without group, unit or area are left out, and
#'   counted in a message of class `ioi_message_missing`. A place in which the index has
#'   no value is `NA` with flag `empty` or `single`.
#' @section Errors: `ioi_error_input` for a wrong column, index, group or supergroup, or
#'   an index that has no such comparison; `ioi_error_data` for negative, missing or
#'   infinite counts.
#' @references Frankel, D. M. and Volij, O. (2011). Measuring school segregation.
#'   *Journal of Economic Theory* 146(1), 1-38. \doi{10.1016/j.jet.2010.10.008}
#'
#'   Hutchens, R. (2004). One measure of segregation. *International Economic Review*
#'   45(2), 555-578. \doi{10.1111/j.1468-2354.2004.00136.x}
#'
#'   Mora, R. and Ruiz-Castillo, J. (2011). Entropy-based segregation indices.
#'   *Sociological Methodology* 41(1), 159-194. \doi{10.1111/j.1467-9531.2011.01237.x}
#'
#'   Reardon, S. F., Yun, J. T. and Eitle, T. M. (2000). The changing structure of school
#'   segregation. *Demography* 37(3), 351-364. \doi{10.2307/2648047}
#' @seealso [ioi_segregation()], [ioi_segregation_local()], [ioi_plot_decomposition()]
#' @examples
#' groups <- names(census_2011_lsoa)[7:20]
#' ioi_segregation_within(
#'   census_2011_lsoa, group = white_british:other, unit = lsoa_code,
#'   within = c(region, la_code, msoa_code), index = c("mutual_information", "theil")
#' )
#'
#' # the areas behind it
#' london <- subset(census_2011_lsoa, region == "London")
#' ioi_segregation_within(
#'   london, group = c(bangladeshi, white_british), unit = lsoa_code, within = la_name,
#'   index = "hutchens", parts = TRUE
#' )
#'
#' # between broad groups, and within each
#' ioi_segregation_within(
#'   london, group = white_british:other, unit = lsoa_code,
#'   supergroups = list(
#'     white = groups[1:3], mixed = "mixed", asian = groups[5:9],
#'     black = groups[10:12], other = groups[13:14]
#'   )
#' )
#' @export
ioi_segregation_within <- function(data, group, unit, count = NULL, within = NULL, by = NULL,
                                   index = "mutual_information",
                                   compare = c("multigroup", "pairwise", "rest"),
                                   groups = NULL, supergroups = NULL, base = exp(1),
                                   parts = FALSE, se = c("none", "analytic"),
                                   level = 0.95, ...) {
  check_dots_empty_ioi(...)
  index <- check_choices(index, names(nest_indices), "index")
  check_groups(groups)
  compare <- if (!missing(compare)) check_choice(compare, compare_choices, "compare")
  base <- check_base(base)
  check_flag(parts, "parts")
  se <- check_choice(se, c("none", "analytic"), "se")
  level <- check_level(level)
  check_within_options(se, parts, supergroups)
  source <- segregation_source(data)
  columns <- segregation_columns(
    source,
    rlang::enquo(group), rlang::enquo(unit), rlang::enquo(count), rlang::enquo(by)
  )
  within <- within_columns(source, rlang::enquo(within), columns)
  levels <- c(within, if (length(columns$unit)) paste(columns$unit, collapse = "+") else "unit")
  read <- nest_read(source, columns, within, groups)
  maps <- if (is.null(supergroups)) {
    comparison_maps(choose_within(compare, index, groups, read$layout$labels), groups,
      read$layout$labels
    )
  } else {
    supergroup_maps(supergroups, read$layout$labels, index, compare)
  }
  found <- nest_estimate(read, maps, index, base, se)
  if (parts) {
    nest_parts_table(read, found, maps, index, levels, base)
  } else {
    nest_table(read, found, maps, index, levels, base, se, level)
  }
}

# The numbers of ioi_nest_index.
nest_indices <- c(
  mutual_information = 0L, theil = 1L, relative_diversity = 2L, hutchens = 3L,
  atkinson_symmetric = 3L
)

nest_columns_out <- c(
  "level", "supergroup", "index", "group", "other", core_columns, "share", "weight",
  "contribution", "units", "n", "flag"
)

check_within_options <- function(se, parts, supergroups, call = rlang::caller_env()) {
  if (se != "none" && (parts || !is.null(supergroups))) {
    abort_ioi(
      c(
        "Standard errors are given for levels only.",
        "i" = "Leave out {.arg {if (parts) 'parts' else 'supergroups'}}; for one area
               use {.fn ioi_segregation} with {.arg by}."
      ),
      "input",
      arg = "se", call = call
    )
  }
}

# The columns of nested areas; one that is the unit itself is not an area.
within_columns <- function(source, quo, columns, call = rlang::caller_env()) {
  within <- resolve_columns(quo, source$data, "within", call = call)
  if (length(within) && source$matrix) {
    abort_ioi("A matrix has no columns for {.arg within}; give a data frame.", "input",
      arg = "within", call = call
    )
  }
  within <- setdiff(within, columns$unit)
  clash <- intersect(within, c(columns$by, columns$group, columns$count))
  if (length(clash)) {
    abort_ioi("{.arg within} must not hold {.val {clash}}, which has another part.", "input",
      arg = "within", call = call
    )
  }
  taken <- intersect(within, nest_columns_out)
  if (length(taken)) {
    abort_ioi(
      c(
        "{.arg within} must not hold {.val {taken}}: the result has a column of that name.",
        "i" = "Rename it in the data first."
      ),
      "input",
      arg = "within", call = call
    )
  }
  check_by_names(columns$by, nest_columns_out, call)
  within
}

# ---- units in the order of the areas ---------------------------------------------

# The table with units in the order of the areas they lie in. list(..., areas, row):
# `areas` numbers for each level the area of each unit; `row` is a row of the data for
# each unit; `within` are the columns.
nest_read <- function(source, columns, within, groups, call = rlang::caller_env()) {
  nest <- if (length(within)) nest_order(source$data, within, columns$unit, call)
  if (length(within)) {
    name <- spare_name("unit", names(source$data))
    source$data[[name]] <- nest$code
    columns$unit <- name
  }
  read <- segregation_read(source, columns, groups, call)
  read$within <- within
  read$areas <- list()
  if (length(within)) {
    known <- !is.null(nest$row) && !length(columns$by) &&
      length(nest$row) == nrow(read$table)
    read$row <- if (known) nest$row else rows_of_units(read$layout)
    read$areas <- nest_areas(read, if (known) nest$area, call)
  }
  read
}

spare_name <- function(name, taken) {
  while (name %in% taken) name <- paste0(".", name)
  name
}

# list(code, row, area): a number for each row, which is its unit in the order of the areas
# from the largest down; a row for each unit, and numbers for its areas (or NULL).
nest_order <- function(data, within, unit, call) {
  for (name in within) {
    check_key_type(data[[name]], "within", call)
  }
  nest <- nest_by_unit(data, within, unit)
  if (is.null(nest)) list(code = nest_code(data, within, unit, call), row = NULL) else nest
}

# The short way, where each unit name is in one area only: the areas of a unit are read
# from one of its rows. NULL where that is not so, or a column is of another kind.
nest_by_unit <- function(data, within, unit) {
  plain <- function(name) is.factor(data[[name]]) || !is.object(data[[name]])
  if (length(unit) != 1 || !all(vapply(c(within, unit), plain, NA))) {
    return(NULL)
  }
  coded <- unit_codes(data[[unit]])
  if (is.null(coded)) {
    return(NULL)
  }
  for (name in within) {
    if (!.Call(ioi_r_code_constant, coded$code, coded$first, data[[name]])) {
      return(NULL)
    }
  }
  area <- lapply(within, function(name) {
    seen_order(data[[name]][coded$first])
  })
  sorted <- do.call(order, area)
  sorted <- sorted[!Reduce(`|`, lapply(area, is.na))[sorted]]
  rank <- rep(NA_integer_, length(coded$first))
  rank[sorted] <- seq_along(sorted)
  list(
    code = rank[coded$code + 1L], row = coded$first[sorted],
    area = lapply(area, function(id) id[sorted])
  )
}

# The number of each value in the order of appearance, NA for a missing one.
seen_order <- function(x) {
  coded <- if (is_plain_text(x)) .Call(ioi_r_code_text, x)
  if (isTRUE(coded$apart)) coded$code + 1L else match(x, unique(x[!is.na(x)]))
}

# The codes of units from 0 and a row of each: list(code, first); NULL for other types.
unit_codes <- function(x) {
  if (is.factor(x)) {
    code <- as.integer(x) - 1L
  } else if (is.character(x)) {
    coded <- .Call(ioi_r_code_text, x)
    # one text in two encodings has two codes
    return(if (coded$apart) coded)
  } else if (is.integer(x)) {
    code <- seen_order(x) - 1L
  } else {
    return(NULL)
  }
  level <- unique(code[!is.na(code)])
  list(code = match(code, level) - 1L, first = match(level, code))
}

# The long way, for any columns: the product of one level after the other.
nest_code <- function(data, within, unit, call) {
  rows <- nrow(data)
  keys <- list()
  at <- NULL
  for (name in c(within, unit)) {
    keys <- c(keys, list(nest_column(data[[name]], name, name %in% unit, call)))
    product <- add_product(keys, c(at, length(keys)), rows, dense = 0, call = call)
    keys <- product$keys
    at <- product$at
  }
  code <- .Call(ioi_r_levels, keys, at, as.double(rows))
  if (length(unit)) {
    return(code)
  }
  rank <- order(order(code)) # wide data without unit: each row is one
  rank[is.na(code)] <- NA
  rank
}

# The order of units says nothing, so that text need not be sorted.
nest_column <- function(x, name, is_unit, call) {
  if (is_unit && is.character(x) && !is.object(x)) {
    level <- seen_order(x)
    return(key_read(level, 1L, max(level, 0L, na.rm = TRUE), NULL)$key)
  }
  key_column(x, if (is_unit) "unit" else "within", call, name)$key
}

# A new area starts where any column so far changes, or the place. `id`: numbers for the
# values of each column by unit, or NULL.
nest_areas <- function(read, id, call) {
  place <- unit_places(read$layout)
  if (is.null(id)) {
    id <- lapply(read$within, function(name) {
      x <- readable_key(read$layout$data[[name]], "within", call, name)[read$row]
      match(x, unique(x))
    })
  }
  starts <- changes(place)
  areas <- list()
  for (x in id) {
    starts <- starts | changes(x)
    areas <- c(areas, list(cumsum(starts)))
  }
  areas
}

# Where a vector differs from the value before; the first always does.
changes <- function(x) {
  c(TRUE, x[-1] != x[-length(x)])[seq_along(x)]
}

# ---- what is compared --------------------------------------------------------------

choose_within <- function(compare, index, groups, labels, call = rlang::caller_env()) {
  compare <- choose_compare(compare, groups, labels, call)
  if (compare == "multigroup" && "hutchens" %in% index) {
    abort_ioi(
      c(
        "{.val hutchens} compares two groups.",
        "i" = "Use {.arg compare} {.val pairwise} or {.val rest}, or the index
               {.val atkinson_symmetric} for all groups at once."
      ),
      "input",
      arg = "compare", call = call
    )
  }
  compare
}

# list(column, all, group, other, compare): a column of `column` says for each group in
# which column it counts, from 0, or -1.
comparison_maps <- function(compare, groups, labels, call = rlang::caller_env()) {
  of <- segregation_comparisons(compare, groups, labels, call)
  n <- length(labels)
  column <- switch(compare,
    multigroup = matrix(seq_len(n) - 1L, ncol = 1),
    rest = matrix(1L - diag(1L, n), n),
    pairwise = vapply(seq_along(of$a), function(k) {
      out <- rep(-1L, n)
      out[c(of$a[k], of$b[k])] <- 0:1
      out
    }, integer(n))
  )
  storage.mode(column) <- "integer"
  list(
    column = column, all = rep(compare != "multigroup", ncol(column)), group = of$group,
    other = of$other, compare = compare
  )
}

# Maps for supergroups: between them, then among the groups of each.
supergroup_maps <- function(supergroups, labels, index, compare, call = rlang::caller_env()) {
  wrong <- setdiff(index, c("mutual_information", "theil"))
  if (length(wrong) || !is.null(compare) && compare != "multigroup") {
    abort_ioi(
      c(
        "{.arg supergroups} is for {.val mutual_information} and {.val theil} of all groups.",
        "i" = "Leave out {.arg {if (length(wrong)) 'supergroups' else 'compare'}}."
      ),
      "input",
      arg = "supergroups", call = call
    )
  }
  of <- read_supergroups(supergroups, labels, call)
  name <- unique(of)
  number <- match(of, name)
  inside <- vapply(seq_along(name), function(s) {
    out <- rep(-1L, length(labels))
    out[number == s] <- seq_len(sum(number == s)) - 1L
    out
  }, integer(length(labels)))
  column <- cbind(number - 1L, matrix(inside, length(labels)))
  storage.mode(column) <- "integer"
  list(
    column = column, all = rep(FALSE, ncol(column)), supergroup = c("between", name),
    group = NA_character_, other = NA_character_, compare = "multigroup"
  )
}

# The supergroup of each label.
read_supergroups <- function(supergroups, labels, call) {
  named <- !is.null(names(supergroups)) && all(nzchar(names(supergroups)))
  if (!named || !(is.list(supergroups) || is.atomic(supergroups))) {
    abort_ioi(
      "{.arg supergroups} must be a named list of groups, or a vector named by groups.",
      "input",
      arg = "supergroups", call = call
    )
  }
  group <- if (is.list(supergroups)) {
    as.character(unlist(supergroups))
  } else {
    names(supergroups)
  }
  super <- if (is.list(supergroups)) {
    rep(names(supergroups), lengths(supergroups))
  } else {
    as.character(supergroups)
  }
  unknown <- setdiff(group, labels)
  homeless <- setdiff(labels, group)
  twice <- unique(group[duplicated(group)])
  problem <- c(
    if (length(unknown)) "{.val {unknown}} {?is/are} not among the groups.",
    if (length(homeless)) "{.val {homeless}} {?is/are} in no supergroup.",
    if (length(twice)) "{.val {twice}} {?is/are} in more than one."
  )
  if (length(problem)) {
    abort_ioi(
      c(
        "Each group must be in one supergroup.",
        stats::setNames(problem, rep("x", length(problem)))
      ),
      "input",
      arg = "supergroups", call = call
    )
  }
  super[match(labels, group)]
}

# ---- estimates -----------------------------------------------------------------------

# What the core gives, as arrays: level and units (step, index, map, place), status and
# n (index, map, place), estimate, weight and contribution (area, index, map). The
# logarithm's base is in M alone.
nest_estimate <- function(read, maps, index, base, se, call = rlang::caller_env()) {
  which <- unname(nest_indices[index])
  if (!is.null(maps$supergroup)) which <- rep(0L, length(which))
  first <- read$layout$first
  args <- list(read$table, first, read$areas, maps$column, maps$all, which)
  found <- .Call(
    ioi_r_segregation_within, read$table, read$people, first, read$areas, maps$column,
    maps$all, which
  )
  places <- length(first) - 1L
  dims <- c(length(index), ncol(maps$column), places)
  found$scale <- array(1, dims)
  found$scale[index == "mutual_information", , ] <- 1 / log(base)
  if (!is.null(maps$supergroup)) found$scale <- supergroup_scale(read, maps, index, base)
  if (se == "none") {
    return(found)
  }
  c(found, if (is.null(read$layout$design)) {
    nest_count_covariance(read, maps, which)
  } else {
    nest_design_covariance(read, maps, which)
  })
}

# M_s counts P_s, and H is over the entropy of everybody.
supergroup_scale <- function(read, maps, index, base) {
  places <- length(read$layout$first) - 1L
  place <- unit_places(read$layout)
  total <- rowsum(read$table, place, reorder = FALSE)
  super <- rowsum(t(total), maps$column[, 1], reorder = TRUE)
  share <- rbind(1, t(t(super) / colSums(super)))
  entropy <- run_local(read, 0L)[[6]][2 * seq_len(places) - 1]
  by <- rbind(mutual_information = rep(log(base), places), theil = entropy)[index, , drop = FALSE]
  out <- array(0, c(length(index), nrow(share), places))
  for (k in seq_along(index)) out[k, , ] <- share / rep(by[k, ], each = nrow(share))
  out
}

nest_count_covariance <- function(read, maps, which) {
  rows <- ncol(maps$column) * length(which) * (length(read$areas) + 1L) *
    (length(read$layout$first) - 1L)
  full <- rows <= most_covariance_rows
  blocks <- .Call(
    ioi_r_segregation_within_covariance, read$table, read$layout$first, read$areas,
    maps$column, maps$all, which, full
  )
  if (!length(blocks)) {
    return(list(v = numeric(), df = numeric()))
  }
  vcov <- if (full) block_diagonal(blocks, rows)
  list(v = if (full) variances(vcov) else unlist(blocks), vcov = vcov, df = rep(Inf, rows))
}

nest_design_covariance <- function(read, maps, which) {
  layout <- read$layout
  design <- layout$design
  groups <- ncol(read$table)
  influence <- .Call(
    ioi_r_segregation_within_influence, read$table, layout$first, read$areas, maps$column,
    maps$all, which
  )
  measure <- function(w) {
    found <- .Call(
      ioi_r_segregation_within, matrix(w, ncol = groups), read$people, layout$first,
      read$areas, maps$column, maps$all, which
    )
    list(estimate = found$level, influence = influence)
  }
  places <- length(layout$first) - 1L
  each <- ncol(maps$column) * length(which) * (length(read$areas) + 1L)
  place_of_row <- rep(seq_len(places), each = each)
  cells <- road_cells(layout$keys, design, layout$table_at)
  tally <- road_tally(cells, design, list())
  found <- road_estimate(
    cells, design, tally, measure, rep(unit_places(layout), groups) - 1L,
    place_of_row - 1L, places, keeps_covariance(length(place_of_row))
  )
  respondents <- diff(c(0, cumsum(rowSums(read$people)))[layout$first + 1])
  df <- domain_df(design, list(n = respondents, presence = found), "domain")[place_of_row]
  list(
    v = variances(found$v), vcov = if (is.matrix(found$v)) found$v, df = df,
    domains = domain_list(design, place_of_row, respondents, found)
  )
}

# ---- tables ---------------------------------------------------------------------------

# The rows of a result: all combinations of the names, the first fastest.
nest_rows <- function(...) {
  expand.grid(..., KEEP.OUT.ATTRS = FALSE, stringsAsFactors = FALSE)
}

nest_table <- function(read, found, maps, index, levels, base, se, level) {
  places <- length(read$layout$first) - 1L
  at <- nest_rows(
    step = seq_along(levels), index = seq_along(index), map = seq_len(ncol(maps$column)),
    place = seq_len(places)
  )
  outer <- as.integer(interaction_number(at, length(index), ncol(maps$column)))
  scale <- found$scale[outer]
  status <- nest_status(found, maps, index, outer)
  estimate <- found$level * scale
  estimate[status != "ok"] <- NA
  estimate <- fill_supergroups(estimate, status, found, maps, outer)
  rows <- nrow(at)
  v <- if (se == "none") rep(NA_real_, rows) else found$v * scale^2
  std_error <- na_if_nan(sqrt(v))
  std_error[is.na(estimate)] <- NA
  df <- if (se == "none") rep(Inf, rows) else found$df
  limits <- interval_t(estimate, ifelse(std_error > 0, std_error, NA), df, level)
  top <- ifelse(index[at$index] == "mutual_information", Inf, 1)
  flag <- segregation_flags(status, v, std_error, df)
  labels <- place_labels(read$layout, at$place)
  table <- c(labels, list(level = levels[at$step]), nest_labels(maps, index, at), list(
    estimate = estimate, std.error = std_error, conf.low = pmax(0, limits$conf.low),
    conf.high = pmin(top, limits$conf.high), share = nest_share(estimate, at, maps),
    units = found$units, n = found$n[outer], flag = flag
  ))
  vcov <- if (!is.null(found$vcov)) {
    known_covariance(found$vcov * tcrossprod(scale), std_error)
  }
  new_ioi_estimate(
    tibble::new_tibble(table, nrow = rows),
    vcov = vcov, domains = found$domains,
    info = nest_info(read, maps, index, c(names(labels), "level"), base, level, se)
  )
}

# The position of (index, map, place) in arrays of that shape.
interaction_number <- function(at, indices, maps) {
  at$index + indices * (at$map - 1L) + indices * maps * (at$place - 1L)
}

# H needs two groups though M does not: with supergroups M stands in for it.
nest_status <- function(found, maps, index, outer) {
  status <- found$status[outer]
  if (!is.null(maps$supergroup)) {
    status[status == "ok" & !is.finite(found$scale[outer])] <- "empty"
  }
  status
}

# A supergroup without members adds 0 in a place that has members.
fill_supergroups <- function(estimate, status, found, maps, outer) {
  if (!is.null(maps$supergroup)) {
    estimate[status == "empty" & is.finite(found$scale[outer])] <- 0
  }
  estimate
}

nest_labels <- function(maps, index, at) {
  if (!is.null(maps$supergroup)) {
    none <- rep(NA_character_, nrow(at))
    return(list(
      supergroup = maps$supergroup[at$map], index = index[at$index], group = none, other = none
    ))
  }
  list(
    index = index[at$index], group = maps$group[at$map], other = maps$other[at$map]
  )
}

# The part of each row in its index.
nest_share <- function(estimate, at, maps) {
  of <- at$index + (max(at$index, 0) + 1) * at$place
  if (is.null(maps$supergroup)) of <- paste(of, at$map)
  whole <- rowsum(estimate, of, reorder = FALSE)[as.character(of), 1]
  na_if_nan(unname(estimate / whole))
}

nest_parts_table <- function(read, found, maps, index, levels, base) {
  area <- nest_area_rows(read)
  areas <- nrow(area)
  at <- nest_rows(
    area = seq_len(areas), index = seq_along(index), map = seq_len(ncol(maps$column))
  )
  at$place <- area$place[at$area]
  outer <- as.integer(interaction_number(at, length(index), ncol(maps$column)))
  status <- nest_status(found, maps, index, outer)
  scale <- found$scale[outer]
  contribution <- found$contribution * scale
  contribution[status != "ok"] <- NA
  contribution <- fill_supergroups(contribution, status, found, maps, outer)
  share <- if (is.null(maps$supergroup)) 1 else supergroup_weight(read, maps, at)
  weight <- found$weight * share
  weight[is.na(contribution)] <- NA
  estimate <- na_if_nan(found$estimate * scale / share)
  estimate[is.na(contribution)] <- NA
  flag <- ifelse(status != "ok" & is.na(contribution), status,
    ifelse(is.na(estimate), ifelse(found$part_units == 1, "single", "empty"), "")
  )
  labels <- c(
    place_labels(read$layout, at$place),
    lapply(stats::setNames(nm = read$within), function(name) nest_area_label(read, name, area, at))
  )
  none <- rep(NA_real_, nrow(at))
  table <- c(labels, list(level = levels[area$step[at$area]]), nest_labels(maps, index, at), list(
    estimate = estimate, std.error = none, conf.low = none, conf.high = none,
    weight = na_if_nan(weight), contribution = contribution, units = found$part_units,
    n = found$part_n, flag = flag
  ))
  table <- tibble::new_tibble(table, nrow = nrow(at))
  within <- lapply(read$within, function(name) table[[name]])
  step <- area$step[at$area]
  table <- table[do.call(order, c(
    list(at$place, at$map, at$index, step), within, list(at$area)
  )), ]
  new_ioi_estimate(table, info = nest_info(
    read, maps, index, c(names(labels), "level"), base, 0.95, "none"
  ))
}

# P_s of the supergroup of a row; 1 between them.
supergroup_weight <- function(read, maps, at) {
  scale <- supergroup_scale(read, maps, "mutual_information", exp(1))
  scale[1L + (at$map - 1L) + dim(scale)[2] * (at$place - 1L)]
}

# The areas above the units in the order of the core: list(place, step, unit), `unit`
# being the first in the area and `step` the level it is divided into.
nest_area_rows <- function(read) {
  first <- read$layout$first
  place <- unit_places(read$layout)
  places <- length(first) - 1L
  out <- data.frame(place = seq_len(places), step = 1L, unit = first[seq_len(places)] + 1L)
  for (l in seq_along(read$areas)) {
    unit <- which(!duplicated(read$areas[[l]]))
    out <- rbind(out, data.frame(place = place[unit], step = l + 1L, unit = unit))
  }
  out[order(out$place, out$step, out$unit), ]
}

# The values of one column of `within`: NA for areas above it.
nest_area_label <- function(read, name, area, at) {
  deep <- match(name, read$within)
  row <- read$row[area$unit]
  row[area$step <= deep] <- NA
  readable_key(read$layout$data[[name]], "within", rlang::caller_env(), name)[row][at$area]
}

nest_info <- function(read, maps, index, by, base, level, se) {
  parts_info(
    read, "Segregation by level", by, level, se,
    notes = c(
      if ("mutual_information" %in% index) base_note(base),
      if (length(intersect(index, c("mutual_information", "theil", "relative_diversity")))) {
        "Small units have a high index by chance alone, which falls on the finest level."
      }
    ),
    compare = maps$compare, parts = "within"
  )
}
