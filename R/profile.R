# Several indicators, for everyone and for each group, in one pass: the keys of the
# sampling units, of each answer and of each breakdown are coded once, the sums of all
# indicators are one tally, and each indicator then goes its way as ioi_proportion().

#' A profile: several indicators for everyone and for each group
#'
#' Computes a set of indicators that are shares of survey answers, for everyone and for
#' each group of one or more characteristics, and says which of the breakdowns that the
#' framework asks for the data hold.
#'
#' @inheritParams ioi_measure
#' @param data Survey answers: a data frame or a design, see [as_ioi_design()].
#' @param indicators Ids of indicators, such as `c("6.6", "7.8")`, whose variables are
#'   recognised (see [ioi_measure()]); or a list named by id with `outcome` and
#'   `success` as text for each: `list("12.3" = list(outcome = "worry", success =
#'   c("a lot", "a little")))`. An element `NULL` is recognised.
#' @param by Columns that define groups: each on its own, unless `cross = TRUE`.
#' @param everyone `TRUE` adds the rows for everyone. In the `by` columns they are
#'   called "Everyone", as are the rows of one characteristic in the columns of the
#'   others.
#' @param cross `TRUE` takes the combinations of all `by` columns in place of each.
#' @param ... Arguments of [ioi_design()] for a data frame (`weights`, `strata`, `psu`,
#'   ...).
#' @inheritParams ioi_proportion
#' @return A tibble of class [ioi_estimate], a row per indicator, group and, where an
#'   indicator is a distribution, category: the `by` columns, `indicator_id`, `outcome`,
#'   `category`, and the columns of [ioi_proportion()], with its values. Covariances are
#'   those within an indicator and a breakdown, and of its groups with everyone, so that
#'   `ioi_parity(profile, sex, "Everyone")` has limits; the others, and those with everyone
#'   where somebody is in no group, were not estimated and are `NA`.
#'
#'   The attribute `breakdowns` is a data frame with a row for each breakdown that the
#'   framework asks for (gender, age, ethnicity, place, country of birth, length of
#'   residence, disability): `columns` that hold it, if it is `present`, and if it is
#'   `used` in `by`. A message of class `ioi_message_breakdowns` says the same.
#' @section One pass: All rows are read once for all indicators and groups. A design
#'   with replicate weights that are not factors of its sampling units, and calibrated
#'   ones, read them again where [ioi_proportion()] does.
#' @section Errors: `ioi_error_input` for an unknown indicator, one that is not a share
#'   of answers, or one whose variable is neither given nor recognised.
#' @examples
#' survey <- ioi_example_survey(1000)
#' profile <- ioi_profile(survey, c("6.6", "7.8", "13.8"), by = c(sex, country_of_birth))
#' profile
#' attr(profile, "breakdowns")
#' @seealso [ioi_measure()], [ioi_parity()]
#' @export
ioi_profile <- function(data, indicators, by = NULL, ..., everyone = TRUE, cross = FALSE,
                        ci = "logit", level = 0.95, df = c("domain", "design"),
                        missing_codes = NULL) {
  call <- rlang::current_env()
  given <- measure_arguments(rlang::enquos(...))
  check_flag(everyone, "everyone")
  check_flag(cross, "cross")
  rule <- list(
    ci = check_choice(ci, interval_methods, "ci"), level = check_level(level),
    df = check_df(df)
  )
  wanted <- profile_indicators(indicators, call)
  own <- list(id = "the design", routine = "none", variables = known_outcomes("none"))
  design <- as_ioi_design(answers_source(data, own, given, call)$design)
  asked <- lapply(wanted, profile_answers, design$data, missing_codes, call)
  check_one_population(asked, call)
  by <- resolve_by(rlang::enquo(by), design, vapply(asked, `[[`, "", "outcome"))
  check_by_names(by, c("indicator_id", proportion_columns))
  breakdowns <- report_breakdowns(design$data, by)
  sets <- unique(c(if (everyone || !length(by)) list(character()), by_sets(by, cross)))
  layout <- profile_layout(design, asked, sets, call)
  made <- profile_tables(layout, rule)
  out <- profile_result(made$tables, layout, by, sets, profile_cross(layout, made))
  attr(out, "breakdowns") <- breakdowns
  out
}

by_sets <- function(by, cross) {
  if (cross && length(by)) list(by) else as.list(by)
}

# ---- what is asked ------------------------------------------------------------

# A list of list(recipe, outcome, success): what the user gave for each indicator.
profile_indicators <- function(indicators, call) {
  if (is.character(indicators)) {
    indicators <- stats::setNames(vector("list", length(indicators)), indicators)
  }
  if (!is.list(indicators) || !length(indicators) || is.null(names(indicators))) {
    abort_ioi(
      "{.arg indicators} must be ids as text, or a list named by ids.",
      "input",
      arg = "indicators", call = call
    )
  }
  unname(Map(function(id, own) {
    recipe <- find_recipe(id, call)
    if (!recipe$routine %in% c(share_routines, "category_distribution")) {
      abort_ioi(
        c(
          "{.arg indicators} must be shares of survey answers.",
          "x" = "{.val {id}} is computed as {.val {recipe$routine}}.",
          "i" = "Use {.fn ioi_measure} for it."
        ),
        "input",
        arg = "indicators", call = call
      )
    }
    c(list(recipe = recipe), as.list(own))
  }, names(indicators), indicators))
}

# The same with outcome, success and missing_codes found where they were not given.
profile_answers <- function(asked, data, missing_codes, call) {
  if (is.null(asked$outcome)) {
    found <- recognise_outcome(data, asked$recipe$variables)
    if (!asked$recipe$routine %in% share_routines) found$success <- NULL
    need_arguments(asked$recipe, found, "outcome", call)
    inform_recognised(asked$recipe$id, found)
    asked[names(found)] <- found
  } else if (!isTRUE(asked$outcome %in% names(data))) {
    abort_ioi(
      c(
        "{.arg indicators} must name columns of the data.",
        "x" = "{.val {asked$outcome}}, for {.val {asked$recipe$id}}, is not one."
      ),
      "input",
      arg = "indicators", call = call
    )
  }
  if (asked$recipe$routine %in% share_routines) need_arguments(asked$recipe, asked, "success", call)
  asked$missing_codes <- unique(c(asked$missing_codes, answer_text(missing_codes)))
  asked
}

# Indicators about men or women alone do not go with the others in one pass; those of
# an age do if the data hold no others, which is said.
check_one_population <- function(asked, call) {
  for (one in asked) {
    within <- trimws(split_cell(one$recipe$within))
    if (any(within %in% c("women", "men"))) {
      abort_ioi(
        c(
          "{.arg indicators} must be about the same people.",
          "x" = "{.val {one$recipe$id}} is about {within}.",
          "i" = "Use {.fn ioi_measure} for it, or the whole indicator with {.arg by}."
        ),
        "input",
        arg = "indicators", call = call
      )
    }
    inform_population(one$recipe, within)
  }
}

# Which of the framework's breakdowns the data hold, as a table and as a message.
report_breakdowns <- function(data, by) {
  columns <- recognise_breakdowns(data)
  present <- lengths(columns) > 0
  used <- vapply(columns, function(names) any(names %in% by), NA)
  absent <- names(columns)[!present]
  unused <- names(columns)[present & !used]
  inform_ioi(
    c(
      "Breakdowns that the framework asks for:",
      "*" = if (any(used)) "used: {names(columns)[used]}",
      "*" = if (length(unused)) "in the data, not used: {unused}",
      "*" = if (length(absent)) "not found in the data: {absent}"
    ),
    "breakdowns",
    present = names(columns)[present], missing = absent
  )
  tibble::tibble(
    breakdown = names(columns),
    columns = vapply(columns, paste, "", collapse = ", ", USE.NAMES = FALSE),
    present = unname(present), used = unname(used)
  )
}

# ---- one pass -----------------------------------------------------------------

# The layouts of all indicators in all sets of `by`, over one list of keys: list(
# design, keys, layouts: list(asked, set, layout as of proportion_layout())).
profile_layout <- function(design, asked, sets, call) {
  keys <- design$keys
  domains <- list()
  for (s in seq_along(sets)) {
    codes <- unlist(lapply(design$data[sets[[s]]], refusals_in))
    domains[[s]] <- domain_key(keys, design$data, sets[[s]], design$rows, call, codes)
    keys <- domains[[s]]$keys
  }
  layouts <- list()
  for (a in seq_along(asked)) {
    one <- asked[[a]]
    category <- category_key(
      design$data[[one$outcome]], one$success, one$missing_codes, "drop", call,
      one$outcome, design$subset
    )
    keys <- c(keys, list(category$key))
    category$at <- length(keys)
    for (s in seq_along(sets)) {
      check_categories(category, domains[[s]], call)
      product <- add_product(keys, c(domains[[s]]$at, category$at), design$rows, Inf, call)
      cells <- road_cells(product$keys, design, product$at, call = call)
      keys <- cells$keys
      layouts <- c(layouts, list(list(
        asked = a, set = s, design = design, keys = keys, category = category,
        domain = domains[[s]], pair_at = product$at, cells = cells
      )))
    }
  }
  list(design = design, keys = keys, asked = asked, layouts = layouts)
}

# list(tables, tallies): the estimate table of each layout, and the part of the one tally
# that it is made from.
profile_tables <- function(profile, rule) {
  design <- profile$design
  columns <- as.list(design$replicates$columns)
  sums <- lapply(profile$layouts, function(layout) {
    c(
      base_sums(layout$domain$at, layout$pair_at, design),
      road_sums(layout$cells, design), replicate_sums(layout$cells, design, 0)
    )
  })
  named <- Map(function(sum, i) {
    stats::setNames(sum, paste0(i, ":", names(sum)))
  }, sums, seq_along(sums))
  tally <- tally_rows(
    profile$keys, design$rows, design$weight, columns, unlist(named, recursive = FALSE)
  )
  of <- rep(seq_along(sums), lengths(sums))
  tallies <- lapply(seq_along(sums), function(i) {
    own <- stats::setNames(tally[of == i], names(sums[[i]]))
    if (is.null(own$n)) own$n <- own$rows
    own
  })
  tables <- Map(function(layout, own) {
    unanswered <- sum(own$domain_rows) - sum(own$rows)
    proportion_table(
      layout, proportion_estimate(layout, own, NULL), profile$asked[[layout$asked]]$outcome,
      rule$ci, rule$level, rule$df, FALSE, FALSE, unanswered
    )
  }, profile$layouts, tallies)
  list(tables = tables, tallies = tallies)
}

# ---- groups and everyone ------------------------------------------------------

# The covariance of each table of groups with that of everyone for the same indicator: a
# list of list(groups, everyone (places of the tables), cross), without those not known.
profile_cross <- function(profile, made) {
  layouts <- profile$layouts
  asked <- vapply(layouts, `[[`, 0L, "asked")
  whole <- vapply(layouts, function(layout) !length(layout$domain$labels), NA)
  if (!keeps_covariance(sum(vapply(made$tables, nrow, 0L)))) {
    return(list())
  }
  out <- lapply(which(!whole), function(i) {
    everyone <- which(whole & asked == asked[i])
    if (!length(everyone) ||
      sum(made$tallies[[i]]$rows) != sum(made$tallies[[everyone]]$rows)) {
      return(NULL) # somebody is in no group
    }
    cross <- everyone_covariance(layouts[[i]], made$tallies[[i]], made$tables[[everyone]])
    if (!is.null(cross)) list(groups = i, everyone = everyone, cross = cross)
  })
  out[lengths(out) > 0]
}

# Covariance of the proportions of groups with those of everyone, who are all groups
# together: groups x everyone, or NULL where the variance of everyone does not come out
# this way, as with lonely sampling units.
everyone_covariance <- function(layout, tally, everyone) {
  domains <- as.integer(layout$keys[[layout$domain$at]]$levels)
  categories <- as.integer(layout$category$key$levels)
  wanted <- categories - layout$category$first
  of_row <- rep(seq_len(domains) - 1L, each = wanted)
  measure <- function(w) {
    groups <- .Call(ioi_r_proportion, w, domains, categories, layout$category$first)
    sums <- rowSums(matrix(w, categories))
    all <- .Call(ioi_r_proportion, sums, 1L, categories, layout$category$first)
    shared <- full_influence(all, wanted)[, rep(seq_len(categories), domains), drop = FALSE]
    value <- rbind(full_influence(groups, length(of_row)), shared)
    list(estimate = c(groups$p, all$p), influence = list(
      row = integer(ncol(value)), at = seq(0L, by = nrow(value), length.out = ncol(value) + 1L),
      value = as.double(value)
    ))
  }
  v <- road_estimate(
    layout$cells, layout$design, tally, measure, rep(seq_len(domains) - 1L, each = categories),
    c(of_row, rep(0L, wanted)), domains, TRUE
  )$v
  whole <- length(of_row) + seq_len(wanted)
  if (!isTRUE(all.equal(sqrt(variances(v)[whole]), everyone$std.error))) {
    return(NULL)
  }
  v[which(tally$domain_rows[of_row + 1L] > 0), whole, drop = FALSE]
}

# The influence of every cell on every one of `rows` estimates, as a matrix.
full_influence <- function(found, rows) {
  count <- diff(found$at)
  cell <- rep(seq_along(count), count)
  out <- matrix(0, rows, length(count))
  out[cbind(found$row[cell] + sequence(count), cell)] <- found$value
  out
}

# ---- one table ----------------------------------------------------------------

profile_result <- function(tables, profile, by, sets, crosses) {
  asked <- profile$asked
  ids <- vapply(profile$layouts, function(layout) asked[[layout$asked]]$recipe$id, "")
  info <- attr(tables[[1]], "info")
  info$by <- by
  info$missing <- NULL
  info$indicators <- tibble::tibble(
    id = vapply(asked, function(one) one$recipe$id, ""),
    name = vapply(asked, function(one) one$recipe$name, ""),
    unit = vapply(asked, function(one) one$recipe$unit, ""),
    direction = vapply(asked, function(one) one$recipe$direction, ""),
    definition = vapply(asked, function(one) one$recipe$definition, "")
  )
  info$notes <- c(
    paste0(info$indicators$id, ": ", cut_text(info$indicators$name, 70)),
    report_unanswered(tables, profile)
  )
  several <- length(sets) > 1
  rows <- Map(function(table, id) {
    columns <- as.list(plain_tibble(table))
    groups <- lapply(by, function(name) {
      everyone_column(columns[[name]], profile$design$data[[name]], several, nrow(table))
    })
    columns$category <- answer_text(columns$category)
    c(
      stats::setNames(groups, by), list(indicator_id = rep(id, nrow(table))),
      columns[setdiff(names(columns), by)]
    )
  }, tables, ids)
  joined <- join_columns(rows, by)
  new_ioi_estimate(
    tibble::new_tibble(joined, nrow = length(joined$estimate)),
    vcov = block_covariance(tables, crosses), domains = joined_domains(tables), info = info
  )
}

# The tables' columns one under another; factors of a `by` column have the same levels.
join_columns <- function(rows, by) {
  out <- lapply(names(rows[[1]]), function(name) {
    parts <- lapply(rows, `[[`, name)
    if (is.factor(parts[[1]])) {
      factor(unlist(lapply(parts, as.character)), unique(unlist(lapply(parts, levels))))
    } else {
      do.call(c, parts)
    }
  })
  stats::setNames(out, names(rows[[1]]))
}

# A `by` column of the result: as it is, or where it stands beside others, as a factor
# with the level "Everyone" first.
everyone_column <- function(value, data, several, rows) {
  if (!several) {
    return(value)
  }
  all <- key_column(data, "by", missing_codes = refusals_in(data))$labels
  text <- if (is.null(value)) rep("Everyone", rows) else as.character(value)
  factor(text, unique(c("Everyone", as.character(all))))
}

# Covariances within each table, and of groups with everyone; what was not estimated is NA.
block_covariance <- function(tables, crosses) {
  size <- vapply(tables, nrow, 0L)
  known <- vapply(tables, function(table) is_covariance(attr(table, "vcov")), NA)
  if (!all(known) || sum(size) > most_covariance_rows) {
    return(NULL)
  }
  vcov <- lapply(tables, covariance_matrix)
  out <- matrix(NA_real_, sum(size), sum(size))
  last <- cumsum(size)
  rows <- function(i) seq_len(size[i]) + last[i] - size[i]
  for (i in seq_along(size)) {
    out[rows(i), rows(i)] <- vcov[[i]]
  }
  for (one in crosses) {
    out[rows(one$groups), rows(one$everyone)] <- one$cross
    out[rows(one$everyone), rows(one$groups)] <- t(one$cross)
  }
  out
}

# The domains of all tables, numbered on.
joined_domains <- function(tables) {
  domains <- lapply(tables, attr, "domains")
  size <- vapply(domains, function(one) length(one$n), 0L)
  bits <- function(name) {
    parts <- lapply(domains, `[[`, name)
    if (any(vapply(parts, is.null, NA))) NULL else do.call(cbind, parts)
  }
  list(
    id = unlist(Map(function(one, shift) one$id + shift, domains, cumsum(size) - size)),
    n = unlist(lapply(domains, `[[`, "n")), psu = bits("psu"), stratum = bits("stratum"),
    factor = domains[[1]]$factor, df = domains[[1]]$df
  )
}

# Says once how many rows have no answer to each question; gives the same as a note.
report_unanswered <- function(tables, profile) {
  first <- !duplicated(vapply(profile$layouts, `[[`, 0L, "asked"))
  missing <- vapply(tables[first], function(table) attr(table, "info")$missing, 0)
  outcome <- vapply(profile$asked, `[[`, "", "outcome")
  if (!any(missing > 0)) {
    return(NULL)
  }
  shown <- paste(outcome, format_number(missing, 0))[missing > 0]
  inform_ioi(
    "Left out of the estimates, kept in the design: rows without an answer ({shown}).",
    "missing",
    unanswered = stats::setNames(missing, outcome)
  )
  paste0("Rows without an answer: ", paste(shown, collapse = ", "), ".")
}
