# Corrections of segregation indices for chance.

check_correct <- function(correct, index, call) {
  if (correct == "none") {
    return(invisible())
  }
  has <- vapply(index, function(name) {
    correct %in% segregation_indices[[name]]$correct
  }, NA)
  if (all(has)) {
    return(invisible())
  }
  able <- Filter(function(name) {
    correct %in% segregation_indices[[name]]$correct
  }, names(segregation_indices))
  without <- index[!has]
  abort_ioi(
    c(
      "{.val {without}} {?has/have} no correction {.val {correct}}.",
      "i" = "There is one for {.val {able}}."
    ),
    "input",
    arg = "correct", index = without, call = call
  )
}

# After "none" in the order in which the core counts them.
correct_choices <- c(
  "none", "bootstrap", "carrington_troske", "density", "unbiased", "chance"
)
by_chance <- c("carrington_troske", "chance") # by the mean when all totals are kept

# What was done, under the table.
correct_words <- c(
  bootstrap = "Corrected by the exact mean of the bootstrap.",
  carrington_troske = paste(
    "Corrected as Carrington and Troske do, by the exact mean under chance",
    "with the totals of units and groups kept."
  ),
  chance = paste(
    "Measured from the exact mean under chance, with the totals of units and groups kept."
  ),
  density = "Corrected by the density of each unit's difference (Allen et al. 2015).",
  unbiased = "From moments that are unbiased in units of two people or more."
)

# Estimates, limits and errors less what chance adds; `bias` is what was taken off. The
# error is that of the plain index, times the slope of the correction.
correct_estimate <- function(out, layout, table, plan, options, call) {
  check_correctable(table, plan, options$correct, call)
  how <- match(options$correct, correct_choices) - 2L
  found <- .Call(
    ioi_r_segregation_correct, table, layout$first, plan, out$estimate, how
  )
  plain <- out$estimate
  drawn <- out$bias # of the bootstrap, which its limits have taken off already
  out$estimate <- na_if_nan(found$value)
  out$status[is.na(found$value) & out$status == "ok"] <- "undefined"
  out$bias <- plain - found$value
  out$v <- out$v * found$slope^2
  if (!is.null(out$vcov)) out$vcov <- out$vcov * outer(found$slope, found$slope)
  if (!is.null(out$low)) {
    out$low <- found$value + (out$low - plain + drawn) * found$slope
    out$high <- found$value + (out$high - plain + drawn) * found$slope
  }
  out$null <- if (options$correct %in% by_chance) found$chance
  out
}

check_correctable <- function(table, plan, correct, call) {
  broken <- sum(table != floor(table))
  if (broken) {
    abort_ioi(
      c(
        "{.arg correct} needs whole numbers of people.",
        "x" = "{broken} cell{?s} of unit and group {?is/are} not whole; the first is
               {table[table != floor(table)][1]}."
      ),
      "data",
      arg = "correct", rows = broken, call = call
    )
  }
  of_many <- correct %in% by_chance |
    (correct == "bootstrap" & plan$name %in% c("theil", "mutual_information"))
  if (any(plan$kind == 0 & !of_many)) {
    abort_ioi(
      c(
        "{.code correct = \"{correct}\"} is for two groups.",
        "i" = "Use {.code compare = \"pairwise\"} or {.code compare = \"rest\"}."
      ),
      "input",
      arg = "correct", call = call
    )
  }
}
