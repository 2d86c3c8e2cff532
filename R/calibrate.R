# Calibration: weights that reproduce known totals of the population, and what
# they change in a variance.
#
# The auxiliary variables x of a calibration stand in blocks. A block is a factor
# (a column a level) or a measurement (one column): list(name, labels, keys, at,
# levels, value, centre, target). `keys` with position `at` give the level of a
# row; `value` less `centre` is the measurement or NULL; `target` is the known
# total of each column.
#
# A calibrated design has `calibration`: list(weight, steps, stages, square).
# `weight` are the final weights of all records. A step is list(label, method,
# blocks, weight (before it; NULL for 1), columns, inverse, cross): inverse of
# sum d x x', and for each later step sum d x x_later'. See src/core/calibrate.h.

calibration_methods <- c("raking", "linear", "logit")

#' Calibrate weights to known totals of the population
#'
#' Changes the weights as little as possible so that weighted totals equal numbers
#' known from a census or register. Estimates afterwards use the new weights, and
#' their standard errors gain from what the totals explain.
#'
#' @param design An [ioi_design()], or anything that [as_ioi_design()] takes.
#' @param margins A named list of data frames. Each has a column of the design, or
#'   several that are crossed, with a row per level, and `population`, the number
#'   (or share, if in all) of people. A single column that has another name than in
#'   the design is found by the name in the list. Levels match as text, those of a labelled
#'   column by labels or codes.
#' @param method How weights may change. `"raking"` multiplies them by
#'   \eqn{\exp(x'\lambda)}: never negative; with margins alone this is raking by
#'   iterative proportional fitting. `"linear"` multiplies by \eqn{1 + x'\lambda}
#'   (generalised regression, GREG); a weight may become negative, with a warning.
#'   `"logit"` stays strictly between two `bounds`.
#' @param formula,totals A one-sided formula and the population totals of the
#'   columns of its model matrix, named as [stats::model.matrix()] names them
#'   (`"(Intercept)"` is the number of people). For measurements, or both kinds;
#'   may be given beside `margins`.
#' @param bounds The smallest and largest factor by which a weight may change, such
#'   as `c(0.5, 2)`. For `"logit"` they are needed and hold 1 between them.
#' @param tolerance How far a total may stay from its population, as a share of it.
#'   Much better is reached where possible.
#' @param ... Not used; must be empty.
#' @return The design, with new weights, by which every total is met within `tolerance`
#'   (otherwise there is an error); that of an [ioi_subset()] is calibrated as a whole.
#'   Calibrating a calibrated design is allowed; only the totals of the last calibration
#'   are then met exactly.
#' @section Variance: Scores are replaced by their residuals from the regression on
#'   the auxiliary variables with the weights before calibration, over all records,
#'   and multiplied by the final weights (Deville and Särndal 1992). A total that was
#'   calibrated to has the standard error 0. Standard errors equal those of
#'   `survey::postStratify()` and `survey::calibrate()`, with two exceptions. After
#'   `survey::rake()`, `survey` takes off unweighted means of the margins, which is the
#'   same only for equal weights. Where a design is calibrated several times, the
#'   residuals here begin with the last calibration, as its weights depend on all
#'   before it; `survey` begins with the first, and gives totals that it has just
#'   calibrated a standard error. Records outside a domain have residuals too, so all
#'   strata count in the rules for lonely PSUs. Replicate weights are calibrated one
#'   by one instead.
#' @section Errors: `ioi_error_data`: a level in the sample that has no population, a
#'   level with a population but no sample (no weight can represent it: join it with
#'   another), margins whose totals differ by more than one in a million, missing
#'   values. `ioi_error_convergence`: no weights found, with the margin that is
#'   furthest off, by how much, and the likely reason. `ioi_error_input`: anything
#'   wrong with the arguments.
#' @references Deville, J.-C. and Särndal, C.-E. (1992). Calibration estimators in
#'   survey sampling. *Journal of the American Statistical Association* 87(418),
#'   376-382. \doi{10.1080/01621459.1992.10475217}
#'
#'   Deville, J.-C., Särndal, C.-E. and Sautory, O. (1993). Generalized raking
#'   procedures in survey sampling. *Journal of the American Statistical
#'   Association* 88(423), 1013-1020. \doi{10.1080/01621459.1993.10476369}
#' @seealso [ioi_poststratify()], [ioi_trim_weights()]
#' @examples
#' # The teaching file of the census of 2011 is a sample of 1 per cent. Its regions
#' # and ethnic groups are brought to the published counts of all residents.
#' people <- subset(census_2011_people, !is.na(ethnic_group))
#' design <- ioi_design(people)
#' lsoa <- census_2011_lsoa
#' regions <- aggregate(cbind(population = persons) ~ region, lsoa, sum)
#' white <- c("white_british", "irish", "other_white")
#' asian <- c("indian", "pakistani", "bangladeshi", "other_asian")
#' black <- c("african", "caribbean", "other_black")
#' counted <- c(
#'   Mixed = sum(lsoa$mixed), Asian = sum(lsoa[asian]), Black = sum(lsoa[black]),
#'   Other = sum(lsoa[c("chinese", "arab", "other")])
#' )
#' # Gypsy or Irish Traveller is not in the file: the rest of all persons is White.
#' groups <- data.frame(
#'   ethnic_group = levels(people$ethnic_group),
#'   population = c(White = sum(lsoa$persons) - sum(counted), counted)
#' )
#' calibrated <- ioi_calibrate(design, list(region = regions, ethnic_group = groups))
#' ioi_proportion(calibrated, country_of_birth, by = ethnic_group, success = "UK")
#' ioi_total(calibrated, by = ethnic_group)
#' @export
ioi_calibrate <- function(design, margins = NULL, method = calibration_methods,
                          formula = NULL, totals = NULL, bounds = NULL,
                          tolerance = 1e-8, ...) {
  check_dots_empty_ioi(...)
  design <- as_ioi_design(design)
  method <- check_choice(method, calibration_methods, "method")
  bounds <- check_bounds(bounds, method)
  check_tolerance(tolerance)
  blocks <- c(
    margin_blocks(design, margins),
    formula_blocks(design, formula, totals, margins)
  )
  if (!length(blocks)) {
    abort_ioi("Give {.arg margins}, or {.arg formula} with {.arg totals}.", "input",
      arg = "margins"
    )
  }
  calibrated_design(design, blocks, method, bounds, tolerance)
}

#' Post-stratify a survey
#'
#' Changes the weights so that the weighted number of people in each cell equals a
#' known population.
#'
#' @inheritParams ioi_calibrate
#' @param strata Columns that define the cells.
#' @param population A data frame with these columns and `population`, a row per
#'   cell. Levels match as text.
#' @return The design, with new weights.
#' @inheritSection ioi_calibrate Variance
#' @section Errors: `ioi_error_data` for a cell in the sample without population, a
#'   cell with population without sample, and missing values; `ioi_error_input` for
#'   anything wrong with the arguments.
#' @references Holt, D. and Smith, T. M. F. (1979). Post stratification. *Journal of
#'   the Royal Statistical Society A* 142(1), 33-46. \doi{10.2307/2344652}
#' @seealso [ioi_calibrate()]
#' @examples
#' # The teaching file of the census of 2011, a sample of 1 per cent, post-stratified
#' # to the published number of residents of each region.
#' people <- subset(census_2011_people, !is.na(ethnic_group))
#' regions <- aggregate(cbind(population = persons) ~ region, census_2011_lsoa, sum)
#' design <- ioi_poststratify(ioi_design(people), region, regions)
#' ioi_total(design, by = region)
#' ioi_proportion(design, health, success = c("Very good health", "Good health"))
#' @export
ioi_poststratify <- function(design, strata, population, ...) {
  check_dots_empty_ioi(...)
  design <- as_ioi_design(design)
  columns <- resolve_columns(rlang::enquo(strata), design$data, "strata")
  if (!length(columns)) {
    abort_ioi("{.arg strata} must name at least one column.", "input", arg = "strata")
  }
  block <- margin_block(design, population, columns, "population", rlang::current_env())
  calibrated_design(
    design, list(block), "post-stratification", c(-Inf, Inf), 1e-8,
    label = paste(columns, collapse = " by ")
  )
}

#' Trim extreme weights
#'
#' Cuts weights outside a range and shares what is cut among the others, again and
#' again until all are inside. The sum of the weights stays.
#'
#' @inheritParams ioi_calibrate
#' @param lower,upper The range.
#' @param share `"equal"`: each of the others gets the same
#'   (`survey::trimWeights(strict = TRUE)`); `"proportional"`: in proportion to its
#'   weight.
#' @return The design, with new weights; says in a message of class
#'   `ioi_message_trimmed` how many were cut. Rows of weight 0 keep it.
#' @section Variance: As before trimming, with the new weights: which weights are trimmed,
#'   and by how much, is taken as fixed. Every replicate is multiplied by what trimming did
#'   to the weights of the sample. (`survey::trimWeights()` trims each replicate at the same
#'   range, which cuts the doubled weights of half-samples.) Totals that the
#'   design was calibrated to are no longer met exactly; `bounds` in
#'   [ioi_calibrate()] keep them.
#' @section Errors: `ioi_error_input` where `lower` is above `upper`;
#'   `ioi_error_convergence` where the mean weight is not between them.
#' @examples
#' survey <- subset(crime_survey_2008, !is.na(weight))
#' design <- ioi_design(survey, weights = weight)
#' range(weights(design))
#' range(weights(ioi_trim_weights(design, lower = 0.3, upper = 3)))
#' @export
ioi_trim_weights <- function(design, lower = -Inf, upper = Inf,
                             share = c("equal", "proportional"), ...) {
  check_dots_empty_ioi(...)
  design <- as_ioi_design(design)
  share <- check_choice(share, c("equal", "proportional"), "share")
  if (!is_number(lower) || !is_number(upper) || lower > upper) {
    abort_ioi(
      c(
        "{.arg lower} and {.arg upper} must be two numbers, the first not above the second.",
        "x" = "They are {.val {lower}} and {.val {upper}}."
      ),
      "input",
      arg = "lower"
    )
  }
  found <- .Call(ioi_r_trim, weights(design), lower, upper, share == "proportional")
  if (found$status != "ok") {
    mean <- mean(weights(design)[weights(design) != 0])
    abort_ioi(
      c(
        "The weights cannot be trimmed to [{lower}, {upper}].",
        "x" = "Their mean is {signif(mean, 4)}, and trimming keeps their sum.",
        "i" = "Choose bounds with room around the mean."
      ),
      "convergence",
      arg = "upper"
    )
  }
  inform_ioi("{found$trimmed} weight{?s} trimmed.", "trimmed")
  trimmed_design(design, found$weight)
}

# The design with trimmed weights. Replicates that are factors of the weights follow by
# themselves; whole weights are multiplied as those of the sample are.
trimmed_design <- function(design, weight) {
  if (isTRUE(design$replicates$combined) && length(design$replicates$columns)) {
    change <- ifelse(weights(design) == 0, 1, weight / weights(design))
    columns <- lapply(design$replicates$columns, function(x) as.double(x) * change)
    design$replicates$columns <- columns
  }
  design <- set_weight(design, weight)
  if (!is.null(design$calibration)) {
    design$calibration$weight <- weight
    if (is.null(design$replicates)) design$calibration <- calibration_sums(design)
  }
  design
}

is_number <- function(x) {
  is.numeric(x) && length(x) == 1 && !is.na(x)
}

# Bounds as two numbers.
check_bounds <- function(bounds, method, call = rlang::caller_env()) {
  if (is.null(bounds) && method != "logit") {
    return(c(-Inf, Inf))
  }
  if (is_range(bounds) && (method != "logit" || holds_one(bounds))) {
    return(as.double(bounds))
  }
  abort_ioi(
    c(
      "{.arg bounds} must be two numbers, the smallest and largest factor on a weight.",
      "x" = if (is.null(bounds)) "There are none." else "They are {.val {bounds}}.",
      "i" = if (method == "logit") {
        "For {.val logit} they hold 1 between them, such as {.code c(0.5, 2)}."
      }
    ),
    "input",
    arg = "bounds", call = call
  )
}

is_range <- function(x) {
  is.numeric(x) && length(x) == 2 && !anyNA(x) && x[1] < x[2]
}

holds_one <- function(x) {
  all(is.finite(x)) && x[1] < 1 && x[2] > 1
}

check_tolerance <- function(x, call = rlang::caller_env()) {
  if (!is_number(x) || !(x > 0 && x < 1)) {
    abort_ioi("{.arg tolerance} must be a small share, such as 1e-8.", "input",
      arg = "tolerance", call = call
    )
  }
}

# Columns of each block.
block_columns <- function(blocks) {
  vapply(blocks, function(block) as.integer(block$levels), 0L)
}

# The design with weights calibrated to the blocks.
calibrated_design <- function(design, blocks, method, bounds, tolerance,
                              label = vapply(blocks, function(block) block$name, ""),
                              call = rlang::caller_env()) {
  before <- design$weight
  weight <- calibrated_weights(design, blocks, method, bounds, tolerance, call)
  negative <- scan_numbers(weight)$negative
  if (negative > 0) {
    warn_ioi(
      c(
        "{negative} calibrated weight{?s} {?is/are} negative.",
        "i" = "Use {.code method = \"raking\"}, or {.arg bounds} with a lower bound of 0
               or more."
      ),
      "weights"
    )
  }
  if (!is.null(design$replicates)) {
    columns <- calibrated_replicates(design, blocks, method, bounds, tolerance, call)
    design <- with_replicates(design, weight, columns, call)
  }
  design <- set_weight(design, weight)
  design$calibration$weight <- weight
  design$calibration$steps <- c(
    design$calibration$steps,
    list(list(label = label, method = method, blocks = blocks, weight = before))
  )
  if (is.null(design$replicates)) {
    design$calibration <- calibration_sums(design)
  }
  design
}

# The design with other weights.
set_weight <- function(design, weight) {
  design$weight <- weight
  design$some_zero <- scan_numbers(weight)$zero > 0
  design
}

# The weights of every replicate, calibrated to the same totals.
calibrated_replicates <- function(design, blocks, method, bounds, tolerance, call) {
  replicates <- design$replicates
  weight <- weights(design)
  group <- if (!is.null(replicates$factor)) {
    .Call(ioi_r_levels, design$keys, design$stages[[1]]$unit, as.double(design$rows)) + 1L
  }
  lapply(seq_along(replicates$rscales), function(r) {
    design$weight <- if (!is.null(group)) {
      weight * replicates$factor[r, group]
    } else if (replicates$combined) {
      as.double(replicates$columns[[r]])
    } else {
      weight * replicates$columns[[r]]
    }
    tryCatch(
      calibrated_weights(design, blocks, method, bounds, tolerance, call),
      ioi_error_convergence = function(e) {
        abort_ioi(
          c(
            "Replicate {r} cannot be calibrated.",
            "x" = "Its margin {.val {e$margin}}, level {.val {e$level}}, stays
                   {format(e$misfit)} off.",
            "i" = "A replicate may have lost all rows of a level: join small levels."
          ),
          "convergence",
          replicate = r, margin = e$margin, level = e$level, misfit = e$misfit, call = call
        )
      }
    )
  })
}

# The design with other weights and replicates, which are whole weights now.
with_replicates <- function(design, weight, columns, call) {
  old <- design$replicates
  made <- replicate_design(
    design$data, design$columns, weight, scan_numbers(weight)$zero > 0, columns,
    replicate_groups(columns, weight, design$rows),
    list(
      type = old$type, scale = old$scale, rscales = old$rscales, rho = 0, combined = TRUE,
      mse = old$mse, df = design$df
    ),
    call
  )
  made$calibration <- design$calibration
  within_subset(made, design$subset)
}

# The calibrated weights, or an error that says which total cannot be met.
calibrated_weights <- function(design, blocks, method, bounds, tolerance, call) {
  factors <- all(vapply(blocks, function(block) is.null(block$value), TRUE))
  unbounded <- all(is.infinite(bounds))
  if (length(blocks) == 1 && factors && unbounded) {
    return(scaled_weights(design, blocks[[1]]))
  }
  x <- if (factors) crossed_records(design, blocks, call) else all_records(design, blocks)
  first <- cumsum(c(0L, block_columns(blocks)))[seq_along(blocks)]
  target <- unlist(lapply(blocks, function(block) block$target))
  start <- 1
  if (method == "raking" && is.null(blocks[[1]]$value)) {
    start <- sum(blocks[[1]]$target) / sum(x$weight)
  }
  found <- .Call(
    ioi_r_calibrate, x$level, first, lapply(blocks, function(block) block$value),
    vapply(blocks, function(block) block$centre, 0), x$weight, target,
    match(method, c("linear", "raking", "logit")) - 1L, bounds, start, tolerance, !factors
  )
  if (found$status != "ok") {
    abort_misfit(found$misfit, target, blocks, bounds, call)
  }
  if (factors) scale_weights(x$keys, x$at, design$rows, design$weight, found$g) else found$g
}

# Weights times a factor for each level of the key at `at`; rows without a level, which have
# the weight 0 or do not take part, keep theirs.
scale_weights <- function(keys, at, rows, weight, factor) {
  .Call(ioi_r_scale_weights, keys, at, as.double(rows), weight, factor)
}

# One factor: a ratio of totals.
scaled_weights <- function(design, block) {
  total <- tally_rows(block$keys, design$rows, design$weight,
    sums = list(w = list(kind = "w", over = block$at))
  )$w
  g <- ifelse(total == 0, 1, block$target / total)
  scale_weights(block$keys, block$at, design$rows, design$weight, g)
}

# Records alike in all factors, as one: list(level (of each block), weight, keys, at), where
# the key at `at` says which record a row is.
crossed_records <- function(design, blocks, call) {
  all <- splice_blocks(list(), blocks)
  cells <- add_product(all$keys, all$at, design$rows, dense = 0, call = call)
  w <- tally_rows(cells$keys, design$rows, design$weight,
    sums = list(w = list(kind = "w", over = cells$at))
  )$w
  level <- lapply(split_codes(cells$code, block_columns(blocks)), as.integer)
  list(level = level, weight = w, keys = cells$keys, at = cells$at)
}

# Every row as a record; a block of one level that all rows have needs none.
all_records <- function(design, blocks) {
  level <- lapply(blocks, function(block) {
    if (!identical(block$keys, list(key_constant()))) {
      .Call(ioi_r_levels, block$keys, block$at, as.double(design$rows))
    }
  })
  list(level = level, weight = weights(design))
}

# The keys of blocks after others: list(keys, at (position of each block)).
splice_blocks <- function(keys, blocks) {
  at <- integer()
  for (block in blocks) {
    offset <- length(keys)
    added <- lapply(block$keys, function(key) {
      if (!is.null(key$parts)) key$parts <- key$parts + offset
      key
    })
    at <- c(at, offset + block$at)
    keys <- c(keys, added)
  }
  list(keys = keys, at = at)
}

# The keys that the key at `at` needs: list(keys, at).
keys_needed <- function(keys, at) {
  needed <- function(k) c(unlist(lapply(keys[[k]]$parts, needed)), k)
  keep <- sort(unique(needed(at)))
  keys <- lapply(keys[keep], function(key) {
    if (!is.null(key$parts)) key$parts <- match(key$parts, keep)
    key
  })
  list(keys = keys, at = length(keep))
}

abort_misfit <- function(misfit, target, blocks, bounds, call) {
  size <- pmax(abs(target), 1e-300)
  worst <- which.max(ifelse(is.finite(misfit), abs(misfit) / size, Inf))
  block <- rep(seq_along(blocks), block_columns(blocks))[worst]
  name <- blocks[[block]]$name
  level <- unlist(lapply(blocks, function(b) b$labels))[worst]
  shown <- function(x) format(x, digits = 7, big.mark = ",")
  abort_ioi(
    c(
      "No weights were found that meet all totals.",
      "x" = "Margin {.val {name}}, level {.val {level}}, is furthest off: {shown(target[worst] +
             misfit[worst])} in place of {shown(target[worst])}.",
      "i" = if (any(is.finite(bounds))) {
        "The bounds {.val {bounds}} may be too narrow for the changes that are needed."
      } else {
        "Margins may contradict each other in cells that the sample leaves empty: join
         small levels, or use fewer margins."
      }
    ),
    "convergence",
    margin = name, level = level, misfit = misfit[worst], target = target[worst], call = call
  )
}

# What a calibrated design was calibrated to, in words.
calibration_text <- function(design) {
  vapply(design$calibration$steps, function(step) {
    paste0(step$method, " to ", paste(step$label, collapse = ", "))
  }, "")
}
