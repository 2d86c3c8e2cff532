# Random designs of every kind, from fixed seeds: with and without strata and PSUs, one
# stage to four, population counts or fractions, strata sampled in full, lonely PSUs under
# every rule, keys of every type, weights of any size and of 0, answers that are missing,
# groups that are empty. Each is held against the variance as the formula has it, against
# the package survey, and against itself written in another way.

fuzz_pick <- function(...) sample(list(...), 1)[[1]]

# list(data, strata, psu, fpc (names of columns, or NULL), nest, rule, domain).
fuzz_sample <- function(seed) {
  set.seed(seed)
  strata <- fuzz_pick(1L, 2L, 4L, 6L)
  clusters <- stats::runif(1) < 0.75
  lonely <- clusters && strata > 1 && stats::runif(1) < 0.5
  data <- do.call(rbind, lapply(seq_len(strata), function(h) {
    psus <- if (lonely && stats::runif(1) < 0.4) 1 else sample(2:5, 1)
    more <- if (stats::runif(1) < 0.15) 0 else sample(20, 1)
    do.call(rbind, lapply(seq_len(psus), function(j) {
      n <- sample(2:8, 1)
      data.frame(
        h = h, j = j, units = psus + more, inside = n + sample(0:9, 1), taken = n,
        psus = psus
      )[rep(1, n), ]
    }))
  }))
  fuzz_columns(data, strata > 1, clusters, lonely)
}

fuzz_columns <- function(data, stratified, clusters, lonely) {
  n <- nrow(data)
  if (!clusters) {
    data$psus <- as.vector(table(data$h)[as.character(data$h)])
    data$units <- data$psus + 10 * data$h
  }
  nest <- stratified && stats::runif(1) < 0.3
  label <- if (nest) data$j else 1e12 + 1e6 * data$h + data$j
  data$psu <- fuzz_pick(label, as.character(label), factor(label, rev(c(0, unique(label)))))
  data$stratum <- fuzz_pick(data$h, factor(data$h, 9:0), paste("s", data$h))
  data$id <- sample(n)
  data$w <- fuzz_pick(
    1, stats::rexp(n) + 0.1, 1e9 * stats::rexp(n), 1e-7 * stats::rexp(n),
    ifelse(stats::runif(n) < 0.25, 0, sample(9, n, TRUE))
  )
  share <- stats::runif(1) < 0.5
  data$fpc1 <- if (share) data$psus / data$units else data$units
  data$fpc2 <- if (share) data$taken / data$inside else data$inside
  fpc <- stats::runif(1) < 0.6
  stages <- if (clusters && fpc && stats::runif(1) < 0.5) 1:2 else 1
  data$x <- round(stats::rnorm(n, fuzz_pick(4, 1e6), 2), 1)
  data$y <- stats::rexp(n) + 0.5
  data$x[stats::runif(n) < 0.1] <- NA
  data$yes <- as.integer(stats::runif(n) < fuzz_pick(0.05, 0.4, 0.95))
  data$g <- factor(sample(c("a", "b", "c"), n, TRUE, c(6, 3, 1)), c("c", "none", "a", "b"))
  data$x[data$g == "c" & stats::runif(1) < 0.3] <- NA
  rule <- if (lonely || 2 %in% stages) {
    fuzz_pick("adjust", "average", "certainty", "remove")
  } else {
    "fail"
  }
  list(
    data = data, strata = if (stratified) "stratum", nest = nest, rule = rule,
    psu = if (clusters) c("psu", "id")[stages], fpc = if (fpc) c("fpc1", "fpc2")[stages],
    domain = rule %in% c("adjust", "average") && stats::runif(1) < 0.4
  )
}

fuzz_design <- function(s, data = s$data) {
  ioi_design(data, w, !!s$strata, !!s$psu, !!s$fpc,
    nest = s$nest, lonely_psu = s$rule, lonely_domain = s$domain
  )
}

# The variance of a total of scores, stage by stage, as the help of ioi_design() has it.
# `here`: rows of the domain. `rows`: those of the unit of the stage before.
fuzz_variance <- function(score, here, s, rows = seq_along(score), stage = 1) {
  data <- s$data[rows, ]
  stratum <- if (stage == 1 && length(s$strata)) data$h else rep(1, nrow(data))
  unit <- if (!length(s$psu)) rows else if (stage == 1) paste(data$h, data$j) else data$id
  parts <- lapply(split(seq_along(rows), stratum), function(at) {
    list(
      rows = split(rows[at], unit[at]), total = tapply(score[rows[at]], unit[at], sum),
      here = tapply(here[rows[at]], unit[at], any),
      f = if (length(s$fpc)) data[[s$fpc[stage]]][at[1]] else 0
    )
  })
  occurs <- vapply(parts, function(part) any(part$here), NA)
  sampled <- vapply(parts, function(part) length(part$total), 0L)
  centre <- if (any(occurs)) sum(score[rows]) / sum(sampled[occurs]) else 0
  found <- vapply(parts, fuzz_stratum, numeric(3), s, centre)
  scale <- if (s$rule == "average" && any(occurs)) sum(occurs) / sum(found[2, occurs]) else 1
  below <- 0
  if (stage < length(s$psu)) {
    for (h in seq_along(parts)) for (inner in parts[[h]]$rows) {
      below <- below + found[3, h] * fuzz_variance(score, here, s, inner, stage + 1)
    }
  }
  if (is.infinite(scale)) NA else sum(found[1, ]) * scale + below
}

# What a stratum adds, whether it is not lonely, and its sampling fraction.
fuzz_stratum <- function(part, s, centre) {
  n <- length(part$total)
  f <- if (part$f > 1) n / part$f else part$f
  rules <- c("adjust", "average")
  lonely <- f < 1 && (n == 1 || (s$domain && sum(part$here) == 1 && s$rule %in% rules))
  spread <- (1 - f) * if (n > 1) n / (n - 1) else 1
  own <- if (!lonely) {
    if (n > 1) spread * sum((part$total - mean(part$total))^2) else 0
  } else if (s$rule == "adjust" && any(part$here)) {
    spread * sum((part$total - centre)^2)
  } else {
    0
  }
  c(own, !lonely, f)
}

fuzz_kinds <- list(
  mean = function(design) ioi_mean(design, x, by = g),
  total = function(design) ioi_total(design, x, by = g),
  people = function(design) ioi_total(design, by = g),
  ratio = function(design) ioi_ratio(design, x, y, by = g),
  share = function(design) ioi_proportion(design, yes, by = g, success = 1)
)
fuzz_run <- function(design, kind) suppressWarnings(quiet(fuzz_kinds[[kind]](design)))

# Two kinds of estimates for each seed.
fuzz_some <- function(seed) names(fuzz_kinds)[(seed + 0:1) %% 5 + 1]

# list(estimate, score, here) of a kind in one group.
fuzz_scores <- function(kind, data, group) {
  here <- data$g == group & data$w > 0
  if (kind %in% c("mean", "total", "ratio")) here <- here & !is.na(data$x)
  w <- ifelse(here, data$w, 0)
  y <- switch(kind, people = 1, share = data$yes, ifelse(here, data$x, 0))
  z <- if (kind == "ratio") data$y else 1
  if (kind %in% c("total", "people")) {
    return(list(estimate = sum(w * y), score = w * y, here = here))
  }
  at <- sum(w * y) / sum(w * z)
  list(estimate = at, score = w * (y - at * z) / sum(w * z), here = here)
}

fuzz_df <- function(s, here) {
  data <- s$data[here, ]
  units <- if (length(s$psu)) unique(data[c("h", "j")]) else data
  nrow(units) - if (length(s$strata)) length(unique(data$h)) else 1
}

# Which of the numbers differ, as text: none where all are equal or missing in both.
fuzz_off <- function(got, expected, what, size = abs(expected), tolerance = 1e-7) {
  missing <- is.na(got) | is.na(expected)
  slack <- tolerance * pmax(abs(expected), size)
  off <- ifelse(missing, is.na(got) != is.na(expected), !(abs(got - expected) <= slack))
  sprintf("%s: %.15g, not %.15g", rep_len(what, length(got)), got, expected)[off]
}

test_that("estimates, errors, n and df are those of the formula, written out", {
  for (seed in 1:20) {
    s <- fuzz_sample(seed)
    design <- fuzz_design(s)
    for (kind in fuzz_some(seed)) {
      got <- fuzz_run(design, kind)
      off <- lapply(seq_len(nrow(got)), function(i) {
        own <- fuzz_scores(kind, s$data, got$g[i])
        if (!any(own$here)) {
          return(fuzz_off(c(got$estimate[i], got$n[i]), c(NA, 0), kind))
        }
        se <- sqrt(fuzz_variance(own$score, own$here, s))
        c(
          fuzz_off(got$estimate[i], own$estimate, kind),
          fuzz_off(got$std.error[i], se, paste(kind, "SE"), 1e-6 * abs(own$estimate)),
          fuzz_off(got$n[i], sum(own$here), paste(kind, "n")),
          fuzz_off(got$df[i], fuzz_df(s, own$here), paste(kind, "df"))
        )
      })
      expect_identical(unlist(off), character(), info = paste("seed", seed))
    }
  }
})

# ---- three and four stages, with strata at each ---------------------------------

# A design of so many stages: columns s1, u1, f1, s2, ... of strata, units and population
# counts (or fractions, a column at a time); labels start again within each unit.
deep_sample <- function(seed) {
  set.seed(seed)
  stages <- fuzz_pick(3, 4)
  path <- data.frame(row = 1)
  for (k in seq_len(stages)) {
    path <- do.call(rbind, lapply(seq_len(nrow(path)), function(i) {
      do.call(rbind, lapply(seq_len(fuzz_pick(1, 2)), function(h) {
        units <- sample(1:3, 1, prob = c(1, 3, 2))
        more <- if (stats::runif(1) < 0.3) 0 else sample(9, 1)
        new <- data.frame(h, seq_len(units), units, units + more)
        names(new) <- paste0(c("s", "u", "n", "f"), k)
        cbind(path[rep(i, units), , drop = FALSE], new, row.names = NULL)
      }))
    }))
    f <- paste0("f", k)
    if (stats::runif(1) < 0.5) path[[f]] <- path[[paste0("n", k)]] / path[[f]]
  }
  rows <- path[rep(seq_len(nrow(path)), sample(2, nrow(path), TRUE)), ]
  n <- nrow(rows)
  data <- data.frame(
    rows, w = stats::rexp(n), x = stats::rnorm(n, 5),
    g = sample(c("a", "b", "c"), n, TRUE, c(6, 3, 0.5))
  )
  list(
    data = data, stages = stages, rule = fuzz_pick("adjust", "average", "certainty"),
    domain = stats::runif(1) < 0.4
  )
}

# As fuzz_variance(), of any number of stages.
deep_variance <- function(score, here, s, rows = seq_along(score), stage = 1) {
  data <- s$data[rows, ]
  column <- function(name) data[[paste0(name, stage)]]
  fpc <- s$data[[paste0("f", stage)]]
  parts <- lapply(split(seq_along(rows), column("s")), function(at) {
    unit <- column("u")[at]
    n <- length(unique(unit))
    list(
      rows = split(rows[at], unit), total = tapply(score[rows[at]], unit, sum),
      here = tapply(here[rows[at]], unit, any),
      f = if (all(fpc <= 1)) column("f")[at[1]] else n / column("f")[at[1]]
    )
  })
  occurs <- vapply(parts, function(part) any(part$here), NA)
  sampled <- vapply(parts, function(part) length(part$total), 0L)
  centre <- if (any(occurs)) sum(score[rows]) / sum(sampled[occurs]) else 0
  found <- vapply(parts, fuzz_stratum, numeric(3), s, centre)
  scale <- if (s$rule == "average" && any(occurs)) sum(occurs) / sum(found[2, occurs]) else 1
  if (is.infinite(scale)) {
    return(NA)
  }
  below <- vapply(seq_along(parts), function(h) {
    if (stage == s$stages) {
      return(0)
    }
    found[3, h] * sum(vapply(parts[[h]]$rows, function(inner) {
      deep_variance(score, here, s, inner, stage + 1)
    }, 0))
  }, 0)
  sum(found[1, ]) * scale + sum(below)
}

test_that("designs of three and four stages with strata at each", {
  for (seed in 140:149) {
    s <- deep_sample(seed)
    columns <- function(name) paste0(name, seq_len(s$stages))
    design <- ioi_design(s$data, w, !!columns("s"), !!columns("u"), !!columns("f"),
      nest = TRUE, lonely_psu = s$rule, lonely_domain = s$domain
    )
    kind <- c("mean", "total")[seed %% 2 + 1]
    got <- fuzz_run(design, kind)
    se <- vapply(got$g, function(g) {
      own <- fuzz_scores(kind, s$data, g)
      sqrt(deep_variance(own$score, own$here, s))
    }, 0)
    off <- fuzz_off(got$std.error, se, kind, 1e-6 * abs(got$estimate))
    expect_identical(off, character(), info = paste("seed", seed))
  }
})

# ---- the package survey -------------------------------------------------------

fuzz_theirs <- function(s) {
  column <- function(name) if (length(name)) stats::reformulate(name)
  survey::svydesign(if (length(s$psu)) column(s$psu) else ~1,
    strata = column(s$strata), weights = ~w, fpc = column(s$fpc), data = s$data,
    nest = s$nest
  )
}

# Estimates and errors of survey by group, those without a measurement left out.
fuzz_their_estimates <- function(theirs, kind) {
  measured <- kind %in% c("mean", "total", "ratio")
  if (measured) theirs <- theirs[!is.na(theirs$variables$x), ]
  # in a calibrated design the rows stay, with a weight of 0
  theirs$variables$x[is.na(theirs$variables$x)] <- 0
  theirs$variables$one <- 1
  suppressWarnings(switch(kind,
    mean = survey::svyby(~x, ~g, theirs, survey::svymean),
    total = survey::svyby(~x, ~g, theirs, survey::svytotal),
    people = survey::svyby(~one, ~g, theirs, survey::svytotal),
    ratio = survey::svyby(~x, ~g, theirs, survey::svyratio, denominator = ~y),
    share = survey::svyby(~yes, ~g, theirs, survey::svymean)
  ))
}

fuzz_their_off <- function(mine, theirs, kind) {
  got <- fuzz_run(mine, kind)
  expected <- fuzz_their_estimates(theirs, kind)
  at <- match(expected$g, got$g)
  n <- got$n[at] > 0
  estimate <- as.vector(stats::coef(expected))[n]
  c(
    fuzz_off(got$estimate[at][n], estimate, kind),
    fuzz_off(got$std.error[at][n], unlist(survey::SE(expected))[n],
      paste(kind, "SE"), 1e-6 * abs(estimate), 1e-6)
  )
}

test_that("estimates and errors are those of survey, declared here or taken over", {
  skip_if_not_installed("survey")
  for (seed in 31:40) {
    s <- fuzz_sample(seed)
    if (any(s$data$w == 0)) s$data$w <- s$data$w + 1 # survey counts PSUs of weight 0
    if (s$rule == "adjust") s$rule <- "average" # centred at 0 by survey before 4.4
    withr::local_options(
      survey.lonely.psu = s$rule, survey.adjust.domain.lonely = s$domain
    )
    theirs <- fuzz_theirs(s)
    kind <- fuzz_some(seed)
    off <- c(
      fuzz_their_off(fuzz_design(s), theirs, kind[1]),
      fuzz_their_off(theirs, theirs, kind[2])
    )
    expect_identical(off, character(), info = paste("seed", seed))
  }
})

test_that("quantiles by every rule are those of survey", {
  skip_if_not_installed("survey")
  for (seed in 46:53) {
    s <- fuzz_sample(seed)
    s$data <- s$data[!is.na(s$data$x) & s$data$w > 0, ]
    s[c("psu", "strata", "fpc")] <- NULL
    rule <- rep(c("math", "school", "hf4", "hf5", "hf6", "hf7", "hf8", "hf9"), 2)[seed - 45]
    ci <- if (seed %% 2) c("wald", "mean") else c("xlogit", "xlogit")
    expected <- survey::svyquantile(~x, fuzz_theirs(s), c(0.4, 0.6),
      qrule = rule, interval.type = ci[2]
    )$x
    got <- ioi_quantile(fuzz_design(s), x, c(0.4, 0.6), rule = rule, ci = ci[1])
    off <- fuzz_off(
      unlist(got[c("estimate", "conf.low", "conf.high", "std.error")]),
      as.vector(expected[, 1:4]), rule
    )
    expect_identical(off, character(), info = paste("seed", seed))
  }
})

test_that("calibrated designs are those of survey", {
  skip_if_not_installed("survey")
  for (seed in 54:61) {
    s <- fuzz_sample(seed)
    s$data$w <- s$data$w + 1
    s$data$k <- rep_len(c("p", "q", "r"), nrow(s$data))
    if (s$rule == "adjust") s$rule <- "average"
    s$domain <- FALSE
    withr::local_options(survey.lonely.psu = s$rule)
    known <- tapply(s$data$w, s$data$k, sum) * c(0.9, 1.2, 1)
    totals <- c(sum(known), known[-1], 1.02 * sum(s$data$w * s$data$y))
    names(totals) <- c("(Intercept)", "kq", "kr", "y")
    method <- c("linear", "raking", "logit")[seed %% 3 + 1]
    bounds <- if (method == "logit") c(0.3, 4)
    mine <- suppressWarnings(ioi_calibrate(fuzz_design(s),
      formula = ~ k + y, totals = totals, method = method, bounds = bounds, tolerance = 1e-12
    ), classes = "ioi_warning_weights")
    theirs <- survey::calibrate(fuzz_theirs(s), ~ k + y, totals,
      calfun = method, bounds = if (is.null(bounds)) c(-Inf, Inf) else bounds,
      epsilon = 1e-12, maxit = 100
    )
    kind <- fuzz_some(seed)
    off <- c(fuzz_their_off(mine, theirs, kind[1]), fuzz_their_off(theirs, theirs, kind[2]))
    expect_identical(off, character(), info = paste("seed", seed))
  }
})

test_that("replicate weights are those of survey", {
  skip_if_not_installed("survey")
  # replicates of units taken for certain are not left out of totals
  withr::local_options(survey.drop.replicates = FALSE, survey.lonely.psu = "remove")
  for (seed in 62:69) {
    s <- fuzz_sample(seed)
    s$rule <- "remove"
    s$psu <- s$psu[1]
    s$fpc <- s$fpc[1]
    type <- if (seed %% 2) "bootstrap" else if (length(s$strata)) "JKn" else "JK1"
    theirs <- survey::as.svrepdesign(fuzz_theirs(s),
      type = type, compress = seed %% 4 > 1, mse = seed %% 3 == 0, replicates = 25
    )
    kind <- fuzz_some(seed)
    off <- fuzz_their_off(theirs, theirs, kind[1])
    if (type != "bootstrap") {
      mine <- ioi_replicate(fuzz_design(s), type, mse = seed %% 3 == 0)
      off <- c(off, fuzz_their_off(mine, theirs, kind[2]))
    }
    expect_identical(off, character(), info = paste("seed", seed))
  }
})

# ---- the same said in another way ----------------------------------------------

test_that("rows twice, in another order, other labels, and parts of the whole", {
  columns <- c("estimate", "std.error", "n", "df")
  numbers_of <- function(design, kind) unlist(fuzz_run(design, kind)[columns])
  for (seed in 70:77) {
    s <- fuzz_sample(seed)
    kind <- fuzz_some(seed)[1]
    if (length(s$psu) == 1) {
      twice <- transform(s$data, w = w * ifelse(seq_along(w) %% 3 == 0, 2, 1))
      rows <- s$data[sort(c(seq_len(nrow(s$data)), seq(3, nrow(s$data), 3))), ]
      n <- seq(2 * nrow(fuzz_run(fuzz_design(s), kind)))
      expect_equal(
        numbers_of(fuzz_design(s, twice), kind)[n], numbers_of(fuzz_design(s, rows), kind)[n]
      )
    }
    as_is <- numbers_of(fuzz_design(s), kind)
    other <- s$data[sample(nrow(s$data)), ]
    other$psu <- match(other$psu, unique(other$psu))
    other$id <- paste("row", other$id)
    other$stratum <- -as.integer(factor(other$stratum))
    expect_equal(numbers_of(fuzz_design(s, other), kind), as_is, tolerance = 1e-9)
    one <- as.character(s$data$g[1])
    alone <- fuzz_run(ioi_subset(fuzz_design(s), g == .env$one), kind)
    whole <- fuzz_run(fuzz_design(s), kind)
    expect_identical(alone[columns], whole[whole$g == one, columns], ignore_attr = TRUE)
    total <- fuzz_run(fuzz_design(s), "total")
    expect_equal(
      sum(total$estimate, na.rm = TRUE), quiet(ioi_total(fuzz_design(s), x))$estimate
    )
  }
})
