# Stages of a design after the first: units sampled within the units of the stage
# before. Each adds the variance between its units within their strata, times the
# fractions sampled at the stages before it.

# The stages that count: without an `fpc` the first covers the rest.
# list(keys, stages): the first stage and those after it.
design_stages <- function(sampling, parts, rows, lonely, call) {
  stage <- first_stage(sampling, lonely)
  keys <- sampling$keys
  stages <- list(stage)
  for (s in seq_along(parts$psu)[-1]) {
    if (is.null(sampling$fraction) || is.null(stage$core$psu_first)) {
      break
    }
    part <- function(name) if (length(parts[[name]]) >= s) parts[[name]][[s]]
    found <- later_stage(keys, stage, part, s, rows, lonely, call)
    keys <- found$keys
    stage <- found$stage
    stages <- c(stages, list(stage))
  }
  list(keys = keys, stages = stages)
}

first_stage <- function(sampling, lonely) {
  list(
    unit = sampling$unit,
    stratum = 1L,
    core = c(
      sampling[c("psu_first", "sampled", "fraction")],
      list(multiplier = NULL, group_first = NULL, chance = sampling$chance), lonely
    )
  )
}

# The stage within `before`. `part("psu")` and so on give the columns of stage `s`.
later_stage <- function(keys, before, part, s, rows, lonely, call) {
  name <- function(arg) paste0(arg, "[", s, "]")
  parts <- before$unit
  if (!is.null(part("strata"))) {
    keys <- c(keys, list(complete_key(part("strata"), name("strata"), call)$key))
    parts <- c(parts, length(keys))
  }
  stratum <- add_product(keys, parts, rows, dense = 0, call = call)
  keys <- c(stratum$keys, list(complete_key(part("psu"), name("psu"), call)$key))
  unit <- add_product(keys, c(stratum$at, length(keys)), rows, dense = 0, call = call)
  keys <- unit$keys
  parent <- stratum$code %/% prod(vapply(keys[parts[-1]], function(k) k$levels, 0))
  of_unit <- unit$code %/% keys[[unit$at - 1L]]$levels
  first <- first_of(of_unit, length(stratum$code))
  stage <- list(
    keys = keys, sampled = as.double(diff(first)),
    name = function(at) {
      row <- match(parent[at], .Call(ioi_r_levels, keys, before$unit, as.double(rows)))
      paste("the unit of row", row, "at stage", s - 1)
    }
  )
  stage$sampled <- all_sampled(stage, stratum$at, part("sampled"), rows)
  by_stratum <- constant_fpc(part("fpc"), stage, rows, stratum$at)
  fraction <- sampling_fraction(part("fpc"), stage, call, by_stratum, name("fpc"))
  check_lonely(c(stage, list(fraction = fraction)), lonely$rule, call)
  # the rule for lonely units of a domain has to see the units
  records <- length(unit$code) == rows && !lonely$lonely_domain
  list(
    keys = keys,
    stage = list(
      unit = if (records) stratum$at else unit$at,
      stratum = stratum$at,
      core = c(
        list(
          psu_first = if (!records) first, sampled = stage$sampled, fraction = fraction,
          multiplier = parent_fraction(before)[parent + 1],
          group_first = first_of(parent, keys[[before$unit]]$levels)
        ),
        lonely
      )
    )
  )
}

# For each unit of a stage the product of the fractions down to it.
parent_fraction <- function(stage) {
  core <- stage$core
  strata <- length(core$sampled)
  own <- if (is.null(core$fraction)) rep(0, strata) else core$fraction
  above <- if (is.null(core$multiplier)) rep(1, strata) else core$multiplier
  if (!is.null(core$chance)) {
    return(core$chance)
  }
  rep(own * above, diff(core$psu_first))
}

# Weights of 1 / fraction (or chance), multiplied over the stages that have fractions.
implied_weights <- function(keys, stages, rows) {
  weight <- rep(1, rows)
  for (stage in stages) {
    chances <- !is.null(stage$core$chance)
    share <- if (chances) stage$core$chance else stage$core$fraction
    if (!is.null(share)) {
      at <- if (chances) stage$unit else stage$stratum
      weight <- weight / share[.Call(ioi_r_levels, keys, at, as.double(rows)) + 1L]
    }
  }
  weight
}
