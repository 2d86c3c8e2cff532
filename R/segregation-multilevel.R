# Multilevel models of segregation, fitted by lme4; see segregation-model.R.

# Rows of every `by` area and comparison.
multilevel_rows <- function(layout, table, plan, options, call = rlang::caller_env()) {
  need_package("lme4", "A multilevel model of segregation", call)
  area <- rep(seq_along(layout$first[-1]), diff(layout$first))
  labels <- layout$area$labels
  places <- if (length(options$by)) {
    match(text_key(labels[options$by]), unique(text_key(labels[options$by])))
  } else {
    rep(1L, max(length(layout$first) - 1L, 1L))
  }
  fit <- if (options$model == "multilevel") logit_rows else difference_rows
  parts <- list()
  for (place in unique(places)) {
    inside <- which(places[area] == place)
    for (result in seq_along(plan$index)) {
      units <- model_units(table[inside, , drop = FALSE], plan, result)
      units <- cbind(units, nested_levels(labels[options$within], area[inside]))
      one <- fit(units, options)
      one$area <- match(place, places)
      one$group <- plan$group[result]
      one$other <- plan$other[result]
      one$units <- sum(units$k > 0)
      one$n <- sum(units$k)
      parts <- c(parts, list(one))
    }
  }
  bind_model_rows(parts)
}

text_key <- function(columns) {
  do.call(paste, c(lapply(columns, as.character), sep = "\r"))
}

# x of k in every unit, for one comparison.
model_units <- function(table, plan, result) {
  x <- table[, plan$a[result]]
  k <- if (plan$kind[result] == 1) x + table[, plan$b[result]] else rowSums(table)
  data.frame(x = x, k = k, unit = factor(seq_along(x)))
}

# Areas of every level, a narrower one within each wider one.
nested_levels <- function(labels, area) {
  out <- lapply(seq_along(labels), function(depth) {
    factor(text_key(labels[seq_len(depth)])[area])
  })
  if (!length(out)) {
    return(data.frame(row.names = seq_along(area)))
  }
  names(out) <- paste0("level", seq_along(out))
  as.data.frame(out)
}

bind_model_rows <- function(parts) {
  each <- lengths(lapply(parts, `[[`, "index"))
  take <- function(name) unlist(lapply(parts, `[[`, name))
  spread <- function(name) rep(take(name), each)
  list(
    area = spread("area"), index = take("index"), component = take("component"),
    group = spread("group"), other = spread("other"), estimate = take("estimate"),
    std.error = take("std.error"), units = spread("units"), n = spread("n"),
    flag = take("flag"), vcov = if (length(parts) == 1) parts[[1]]$vcov
  )
}

# The names of levels in a formula, and what rows call them.
level_names <- function(options) {
  inner <- paste0(rep("level", length(options$within)), seq_along(options$within))
  stats::setNames(c(inner, "unit"), c(options$within, "unit"))
}

# A fit without its messages: list(model, converged).
quiet_fit <- function(expr) {
  converged <- TRUE
  model <- withCallingHandlers(
    tryCatch(expr, error = function(e) NULL),
    warning = function(w) {
      if (grepl("converge", conditionMessage(w))) converged <<- FALSE
      invokeRestart("muffleWarning")
    },
    message = function(m) invokeRestart("muffleMessage")
  )
  list(model = model, converged = converged && !is.null(model))
}

# ---- multilevel logit ----------------------------------------------------------

# Rows of one fit: intercept, variances, their shares, indices of the fitted law.
logit_rows <- function(units, options) {
  levels <- level_names(options)
  units <- units[units$k > 0, ]
  what <- c("intercept", rep(c("variance", "variance_share"), each = length(levels)),
            options$index)
  where <- c("all", names(levels), names(levels), rep("all", length(options$index)))
  why <- logit_trouble(units, levels)
  fit <- if (why == "") fit_logit(units, levels)
  if (why == "" && !fit$converged) why <- "converge"
  if (why != "") {
    none <- rep(NA_real_, length(what))
    return(list(
      index = what, component = where, estimate = none, std.error = none,
      flag = rep(why, length(what))
    ))
  }
  at <- c(unname(lme4::getME(fit$model, "theta")), unname(lme4::fixef(fit$model)))
  names(at) <- c(sub("[.].*$", "", names(lme4::getME(fit$model, "theta"))), "intercept")
  value <- function(at) logit_values(at, levels, options)
  v <- logit_covariance(fit$model, length(at))
  jacobian <- numeric_jacobian(value, at)
  vcov <- jacobian %*% v %*% t(jacobian)
  list(
    index = what, component = where, estimate = value(at),
    std.error = na_if_nan(suppressWarnings(sqrt(diag(vcov)))),
    flag = rep(if (lme4::isSingular(fit$model)) "boundary" else "", length(what)),
    vcov = if (all(is.finite(vcov))) (vcov + t(vcov)) / 2
  )
}

logit_trouble <- function(units, levels) {
  if (sum(units$x) == 0 || sum(units$x) == sum(units$k)) {
    return("empty")
  }
  if (nrow(units) < 3) {
    return("few")
  }
  areas <- vapply(units[setdiff(levels, "unit")], function(x) length(unique(x)), 0L)
  if (any(areas < 2 | areas >= nrow(units))) "levels" else ""
}

fit_logit <- function(units, levels) {
  formula <- stats::reformulate(paste0("(1 | ", levels, ")"), "cbind(x, k - x)")
  quiet_fit(lme4::glmer(
    formula,
    data = units, family = stats::binomial(),
    control = lme4::glmerControl(
      calc.derivs = TRUE, optimizer = "bobyqa",
      check.conv.grad = lme4::.makeCC("ignore", tol = 1, relTol = NULL)
    )
  ))
}

# From standard deviations and intercept to all rows.
logit_values <- function(at, levels, options) {
  variance <- unname(at[levels]^2)
  index <- law_values(TRUE, at[["intercept"]], sum(variance), options)
  c(at[["intercept"]], variance, variance / sum(variance), index)
}

# Twice the inverse of the Hessian of the deviance, in the order of theta and beta.
logit_covariance <- function(model, size) {
  hessian <- model@optinfo$derivs$Hessian
  out <- tryCatch(2 * solve(hessian), error = function(e) NULL)
  if (is.null(out)) matrix(NA_real_, size, size) else out
}

numeric_jacobian <- function(f, at) {
  vapply(seq_along(at), function(j) {
    h <- 1e-5 * max(1, abs(at[j]))
    up <- down <- at
    up[j] <- at[j] + h
    down[j] <- at[j] - h
    (f(up) - f(down)) / (2 * h)
  }, f(at))
}

# ---- multilevel dissimilarity ----------------------------------------------------

# Rows of one fit: dissimilarity, shares of the variance of x/X - y/Y, holdback.
difference_rows <- function(units, options) {
  levels <- level_names(options)
  inner <- setdiff(levels, "unit")
  what <- c("dissimilarity", rep(c("variance_share", "holdback"), each = length(levels)))
  where <- c("all", names(levels), names(levels))
  units <- units[units$k > 0, ]
  why <- logit_trouble(units, levels)
  e <- units$x / sum(units$x) - (units$k - units$x) / sum(units$k - units$x)
  units$e <- e * nrow(units) # of the size of 1, as the optimiser expects
  fit <- if (why == "") {
    quiet_fit(lme4::lmer(
      stats::reformulate(c("0", paste0("(1 | ", inner, ")")), "e"),
      data = units
    ))
  }
  if (why == "" && !fit$converged) why <- "converge"
  estimate <- rep(NA_real_, length(what))
  if (why == "") {
    estimate <- difference_values(fit$model, units, levels)
    if (lme4::isSingular(fit$model)) why <- "boundary"
  } else if (why != "empty") {
    estimate[1] <- sum(abs(e)) / 2
  }
  list(
    index = what, component = where, estimate = estimate,
    std.error = rep(NA_real_, length(what)), flag = rep(why, length(what))
  )
}

difference_values <- function(model, units, levels) {
  inner <- setdiff(levels, "unit")
  found <- as.data.frame(lme4::VarCorr(model))
  variance <- found$vcov[match(c(inner, "Residual"), found$grp)]
  effects <- lme4::ranef(model)
  part <- vapply(inner, function(level) {
    effects[[level]][as.character(units[[level]]), 1]
  }, units$e)
  part <- cbind(part, units$e - rowSums(matrix(part, nrow(units))))
  all <- sum(abs(units$e))
  without <- unname(colSums(abs(units$e - part)))
  c(all / nrow(units) / 2, variance / sum(variance), without / all - 1)
}
