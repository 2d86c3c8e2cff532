# Calibrated designs of the survey package: the steps that its field postStrata
# records, as those of calibrate.R.

# What a design was calibrated to: list(before (the first weights), weight (the
# last), final (the weights in use: 0 outside a subset), steps: list(label, method,
# blocks, weight)), or NULL.
survey_calibration <- function(x, call) {
  if (!length(x$postStrata)) {
    return(NULL)
  }
  final <- as.double(1 / x$prob)
  design <- as.double(1 / Reduce(`*`, as.list(as.data.frame(x$allprob))))
  last <- length(x$postStrata)
  after <- NULL
  steps <- vector("list", last)
  for (k in rev(seq_len(last))) {
    first <- if (k == 1) design
    steps[[k]] <- survey_step(x$postStrata[[k]], after, final, first, call)
    if (is.null(after)) weight <- steps[[k]]$after
    after <- steps[[k]]$weight
  }
  used <- final != 0
  if (any(abs(final - weight)[used] > 1e-8 * abs(weight)[used])) {
    refuse_design("prob", "weights were changed after the calibration", call)
  }
  list(
    before = survey_first(steps[[1]], design), weight = weight, final = final,
    steps = steps
  )
}

# Weights for the checks of a design: those before all calibrations.
survey_first <- function(step, design) {
  if (is.null(step$divided)) step$weight else design
}

# One element of postStrata. `after`: the weights after it where known from the
# step that follows; `final`: those in use, 0 outside a subset; `first`: those
# before the first step.
survey_step <- function(element, after, final, first, call) {
  if (inherits(element, "greg_calibration")) {
    survey_regression(element, after, final, first, call)
  } else if (inherits(element, "raking")) {
    survey_raking(element, first, call)
  } else if (is.null(attr(element, "oldweights"))) {
    refuse_design("postStrata", "one of its elements is not understood", call)
  } else {
    list(
      label = "cells", method = "post-stratification",
      blocks = list(survey_factor(element, "cells", call)),
      weight = as.double(attr(element, "oldweights")),
      after = as.double(attr(element, "weights"))
    )
  }
}

# The level of each row in a post-stratum, as a block.
survey_factor <- function(element, name, call) {
  column <- key_column(as.integer(as.vector(element)), "postStrata", call)
  list(
    name = name, labels = as.character(column$labels), keys = list(column$key), at = 1L,
    levels = column$key$levels, value = NULL, centre = 0, target = NULL
  )
}

# Margins of rake(). The weights before it are not kept: they are those of the
# design, if the ratio to them is a product over the margins, as raking makes it.
survey_raking <- function(element, first, call) {
  margins <- unclass(element)
  after <- as.double(attr(margins[[length(margins)]], "weights"))
  if (is.null(first)) {
    refuse_design("postStrata", "raking after another calibration is not understood", call)
  }
  blocks <- lapply(seq_along(margins), function(m) {
    survey_factor(margins[[m]], paste("margin", m), call)
  })
  cell <- do.call(paste, lapply(margins, as.vector))
  ratio <- (after / first)[first != 0]
  cell <- cell[first != 0]
  if (any(abs(ratio / ratio[match(cell, cell)] - 1) > 1e-8, na.rm = TRUE)) {
    refuse_design("allprob", "the weights before raking are not those of the design", call)
  }
  list(
    label = vapply(blocks, function(b) b$name, ""), method = "raking", blocks = blocks,
    weight = first, after = after
  )
}

# A regression: qr holds x sqrt(d / variance), w = g sqrt(d variance). The constant
# among x gives the root; else the weights after the step do.
survey_regression <- function(element, after, final, first, call) {
  if (!identical(element$stage, 0) || !is.qr(element$qr)) {
    refuse_design("postStrata", "calibration within clusters is not understood", call)
  }
  x <- qr.X(element$qr, ncol = length(element$qr$pivot))
  g <- as.double(element$w)
  constant <- match("(Intercept)", colnames(x))
  if (!is.na(constant)) {
    root <- as.double(x[, constant])
  } else {
    known <- if (is.null(after)) final else after
    root <- ifelse(g != 0 & known != 0, known / g, if (is.null(first)) 0 else sqrt(first))
  }
  if (is.null(after)) after <- root * g
  x <- x / root
  x[root == 0, ] <- 0
  names <- if (is.null(colnames(x))) paste("column", seq_len(ncol(x))) else colnames(x)
  list(
    label = names, method = "regression", weight = root^2, after = after, divided = TRUE,
    blocks = lapply(seq_len(ncol(x)), function(j) {
      centred <- !is.na(constant) && j != constant
      list(
        name = names[j], labels = names[j], keys = list(key_constant()), at = 1L,
        levels = 1, value = x[, j], target = NULL,
        centre = if (centred) stats::weighted.mean(x[, j], root^2) else 0
      )
    })
  )
}

# The design with the calibration of another.
take_calibration <- function(design, calibration) {
  design <- set_weight(design, calibration$final)
  design$calibration <- list(
    weight = calibration$weight,
    steps = lapply(calibration$steps, function(step) {
      step[c("label", "method", "blocks", "weight")]
    })
  )
  design$calibration <- calibration_sums(design)
  design
}
