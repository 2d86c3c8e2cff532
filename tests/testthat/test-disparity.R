# ioi_disparity(): open cases, formulas written out in R, draws, identities, edges.

read_compare <- function(name) {
  utils::read.csv(test_path("cases", paste0("compare_", name, ".csv")))
}

# Passes when two numbers agree to `tol` of max(1, the expected).
expect_case <- function(object, expected, tol, what) {
  expect_true(
    isTRUE(abs(object - expected) <= tol * max(1, abs(expected))),
    info = paste0(what, ": ", format(object, digits = 15), " is not ", expected)
  )
}

case_measure <- function(name) {
  renamed <- c(
    range_diff = "range_difference", idisp_ref = "idisp", sii_lin = "sii",
    rii_ratio = "rii", sii_logit = "sii", rii_logit = "rii"
  )
  ifelse(name %in% names(renamed), renamed[name], name)
}

case_disparity <- function(d, measure, ...) {
  names(d)[names(d) == "se"] <- "std.error"
  if (!"group" %in% names(d)) d$group <- paste0("g", d$row)
  ref <- d$group[d$is_reference == 1]
  ioi_disparity(
    d, group, measure,
    weights = population,
    order = if (!anyNA(d$order)) "order", reference = if (length(ref)) ref,
    favourable = d$favourable[1] == 1, ...
  )
}

test_that("values and standard errors equal the open cases", {
  inputs <- read_compare("disparity_inputs")
  cases <- subset(read_compare("disparity_expected"), measure != "mu")
  for (k in seq_len(nrow(cases))) {
    case <- cases[k, ]
    d <- inputs[inputs$case_id == case$case_id, ]
    got <- case_disparity(d, case_measure(case$measure))
    what <- paste(case$case_id, case$measure)
    expect_case(got$estimate, case$estimate, case$tol, what)
    if (!is.na(case$se_quadratic_form)) {
      expect_case(got$std.error, case$se_quadratic_form, case$tol, what)
      got <- case_disparity(d, "bgv", second_order = FALSE)
    }
    if (!is.na(case$se_delta)) expect_case(got$std.error, case$se_delta, case$tol, what)
  }
})

test_that("values are those of WHO's package, and standard errors where those are right", {
  inputs <- read_compare("disparity_inputs")
  peer <- subset(read_compare("healthequal"), !measure %in% c("sii", "rii"))
  scale <- ifelse(peer$measure %in% c("theil", "mld"), 1000, 1)
  got <- do.call(rbind, lapply(seq_len(nrow(peer)), function(k) {
    d <- inputs[inputs$case_id == peer$case_id[k], ]
    as.data.frame(case_disparity(d, peer$measure[k]))[c("estimate", "std.error")]
  }))
  expect_equal(scale * got$estimate, peer$estimate, tolerance = 1e-10)
  right <- peer$measure == "bgv"
  expect_equal(got$std.error[right], peer$se[right], tolerance = 1e-10)
  # not multiplied with the estimate: limits 1,000 and 100 times too narrow
  times <- scale * got$std.error / peer$se
  expect_equal(times[scale == 1000], rep(1000, 6), tolerance = 1e-8)
  expect_true(all(times[peer$measure == "paf"] > 45))
  # made from the population alone, not from the standard errors of the groups
  own <- peer$measure %in% c("par", "aci", "rci")
  expect_true(all(abs(times[own] - 1) > 0.005))
})

test_that("the standard errors that differ from WHO's package are those of draws", {
  inputs <- read_compare("disparity_inputs")
  set.seed(3)
  check <- function(id, measure) {
    d <- inputs[inputs$case_id == id, ]
    d$se <- d$se / 10 # where the delta method is exact
    draws <- replicate(400, {
      again <- d
      again$estimate <- rnorm(nrow(d), d$estimate, d$se)
      case_disparity(again, measure)$estimate
    })
    got <- case_disparity(d, measure)
    expect_equal(apply(draws, 1, sd), got$std.error, tolerance = 0.12)
    v <- cov(t(draws))
    expect_equal(unname(cov2cor(v)), unname(cov2cor(vcov(got))), tolerance = 0.12)
  }
  check("o_eth5", c("theil", "mld", "mdmw", "par", "paf"))
  check("o_quint", c("aci", "rci", "sii", "rii"))
})

test_that("logit slope indices of counts equal the binomial model", {
  inputs <- read_compare("sii_logit_inputs")
  cases <- read_compare("sii_logit_expected")
  for (id in unique(inputs$case_id)) {
    d <- inputs[inputs$case_id == id, ]
    fit <- function(variance) {
      ioi_disparity(d, row, c("sii", "rii"),
        order = order, events = x, population = n, model = "logit", variance = variance
      )
    }
    model <- fit("model")
    hc1 <- fit("hc1")
    want <- with(cases[cases$case_id == id, ], setNames(expected, quantity))
    expect_equal(model$estimate, unname(want[c("sii", "rii")]), tolerance = 1e-8)
    expect_equal(hc1$estimate, model$estimate)
    expect_case(model$std.error[1], want[["se_sii_model"]], 1e-8, id)
    expect_case(hc1$std.error[1], want[["se_sii_hc1"]], 1e-8, id)
    expect_case(model$std.error[2] / model$estimate[2], want[["se_lnrii_model"]], 1e-8, id)
    expect_case(hc1$std.error[2] / hc1$estimate[2], want[["se_lnrii_hc1"]], 1e-8, id)
    # WHO's package weighs the counts by population a second time: another curve
    peer <- subset(read_compare("healthequal"), case_id == id)$estimate
    expect_gt(abs(100 * model$estimate[1] - peer[1]), 0.5)
    # the limits of the ratio are symmetric about its logarithm
    expect_equal(log(model$conf.high[2] * model$conf.low[2]) / 2, log(want[["rii"]]))
    # a second route: glm()
    d$r <- (cumsum(d$n) - d$n / 2) / sum(d$n)
    glm <- stats::glm(cbind(x, n - x) ~ r, binomial, d)
    ends <- stats::predict(glm, data.frame(r = 0:1), type = "response")
    expect_equal(unname(diff(ends)), model$estimate[1], tolerance = 1e-7)
  }
})

test_that("slope indices equal those of OHID's package, and closed limits its draws", {
  inputs <- read_compare("ohid_run_sii_inputs")
  cases <- read_compare("ohid_run_sii_expected")
  for (k in seq_len(nrow(cases))) {
    case <- cases[k, ]
    d <- inputs[inputs$case_id == case$case_id, ]
    names(d)[match(c("value", "lower95", "upper95"), names(d))] <-
      c("estimate", "conf.low", "conf.high")
    model <- c(none = "linear", log = "log", logit = "logit")[[case$transform]]
    got <- ioi_disparity(d, quantile, c("sii", "rii"),
      weights = population, order = quantile, model = model
    )
    expect_case(got$estimate[1], case$sii, case$tol_point, case$case_id)
    expect_case(got$estimate[2], case$rii, case$tol_point, case$case_id)
    if (!is.na(case$sii_closed_form_se)) {
      expect_case(got$std.error[1], case$sii_closed_form_se, 1e-8, case$case_id)
    }
    # rates are drawn on the log scale there, so their limits are not symmetric
    reach <- (case$sii_sim_upper95 - case$sii_sim_lower95) / 2
    expect_lt(abs(got$conf.low[1] - case$sii_sim_lower95), 0.04 * reach)
    expect_lt(abs(got$conf.high[1] - case$sii_sim_upper95), 0.04 * reach)
  }
})

# Every measure, written out.
by_hand <- function(y, w, ref, fav, r = NULL) {
  w <- w / sum(w)
  mu <- sum(w * y)
  k <- length(y)
  best <- if (fav) max(y) else min(y)
  bgv <- sum(w * (y - mu)^2)
  out <- c(
    range_difference = max(y) - min(y), range_ratio = max(y) / min(y), bgv = bgv,
    bgsd = sqrt(bgv), cov = 100 * sqrt(bgv) / mu, mdmw = sum(w * abs(y - mu)),
    mdmu = mean(abs(y - mu)), mdbw = sum(w * abs(y - best)), mdbu = mean(abs(y - best)),
    mdrw = sum(w * abs(y - y[ref])), mdru = mean(abs(y - y[ref])),
    idisw = 100 * sum(w * abs(y - mu)) / mu, idisu = 100 * mean(abs(y - mu)) / mu,
    idisp = 100 * sum(abs(y - y[ref])) / (k - 1) / y[ref],
    theil = sum(w * y / mu * log(y / mu)), mld = -sum(w * log(y / mu))
  )
  if (!is.null(r)) {
    fit <- stats::lm(y ~ r, weights = w)
    ends <- unname(stats::predict(fit, data.frame(r = 0:1)))
    top <- y[k]
    aci <- 2 * sum(w * (y - mu) * (r - 0.5))
    out <- c(out,
      aci = aci, rci = aci / mu, sii = ends[2] - ends[1], rii = ends[2] / ends[1],
      rii_mean = (ends[2] - ends[1]) / mu, par = top - mu, paf = 100 * (top - mu) / mu
    )
  }
  out
}

test_that("23 measures and their covariance equal formulas and finite differences", {
  set.seed(8)
  y <- c(0.31, 0.42, 0.40, 0.55, 0.68, 0.77)
  w <- c(40, 70, 55, 90, 60, 35)
  r <- (cumsum(w) - w / 2) / sum(w)
  root <- matrix(rnorm(36, 0, 0.01), 6)
  v <- crossprod(root) + diag(1e-4, 6)
  x <- new_ioi_estimate(
    tibble::tibble(
      g = letters[1:6], rank = 1:6, w = w, estimate = y, std.error = sqrt(diag(v)),
      conf.low = NA_real_, conf.high = NA_real_
    ),
    vcov = v, info = list(by = "g", level = 0.95)
  )
  hand <- by_hand(y, w, 2, TRUE, r)
  got <- ioi_disparity(x, g, names(hand),
    weights = w, order = rank, reference = "b", favourable = TRUE, second_order = FALSE
  )
  expect_identical(sort(got$measure), sort(disparity_measures))
  expect_equal(got$estimate, unname(hand))
  step <- 1e-6
  jacobian <- sapply(1:6, function(j) {
    up <- down <- y
    up[j] <- y[j] + step
    down[j] <- y[j] - step
    (by_hand(up, w, 2, TRUE, r) - by_hand(down, w, 2, TRUE, r)) / (2 * step)
  })
  want <- jacobian %*% v %*% t(jacobian)
  expect_equal(unname(vcov(got)), unname(want), tolerance = 1e-6)
  expect_equal(got$std.error, unname(sqrt(diag(want))), tolerance = 1e-6)
})

test_that("log, logit and bounded indices equal formulas and finite differences", {
  y <- c(0.12, 0.2, 0.22, 0.4)
  w <- c(3, 4, 2, 5)
  s <- c(0.01, 0.02, 0.03, 0.01)
  r <- (cumsum(w) - w / 2) / sum(w)
  ends <- function(y, f, back) {
    fit <- stats::lm(f(y) ~ r, weights = w)
    back(unname(stats::predict(fit, data.frame(r = 0:1))))
  }
  check <- function(value, got) {
    slope <- sapply(1:4, function(j) {
      up <- down <- y
      up[j] <- y[j] + 1e-6
      down[j] <- y[j] - 1e-6
      (value(up) - value(down)) / 2e-6
    })
    expect_equal(got$estimate, value(y))
    expect_equal(got$std.error, sqrt(sum(slope^2 * s^2)), tolerance = 1e-6)
  }
  d <- data.frame(g = 1:4, w = w, estimate = y, std.error = s)
  ask <- function(measure, ...) ioi_disparity(d, g, measure, weights = w, order = g, ...)
  check(function(y) diff(ends(y, log, exp)), ask("sii", model = "log"))
  check(function(y) diff(ends(y, qlogis, plogis)), ask("sii", model = "logit"))
  check(function(y) exp(diff(log(ends(y, log, exp)))), ask("rii", model = "log"))
  aci <- function(y) sum(w / sum(w) * y * (2 * r - 1))
  mu <- function(y) sum(w * y) / sum(w)
  check(function(y) 4 * aci(y) / 0.8, ask("rci", rci = "erreygers", bounds = c(0.1, 0.9)))
  check(
    function(y) 0.8 * aci(y) / ((0.9 - mu(y)) * (mu(y) - 0.1)),
    ask("rci", rci = "wagstaff", bounds = c(0.1, 0.9))
  )
})

test_that("no unit of weight; order reversed; a group split in two alike", {
  d <- data.frame(
    g = letters[1:4], w = c(10, 20, 5, 30), k = 1:4,
    estimate = c(3, 5, 4, 8), std.error = c(0.2, 0.1, 0.3, 0.2)
  )
  weighted <- c("bgv", "bgsd", "cov", "mdmw", "theil", "mld", "aci", "rci", "sii", "rii")
  ask <- function(d) ioi_disparity(d, g, weighted, weights = w, order = k)
  one <- ask(d)
  expect_equal(ask(transform(d, w = w * 1e9))$estimate, one$estimate)
  expect_equal(ask(transform(d, w = w * 1e9))$std.error, one$std.error)
  expect_equal(ask(d[4:1, ])$estimate, one$estimate)
  split <- rbind(d, transform(d[2, ], g = "e"))
  split$w[split$g %in% c("b", "e")] <- 10
  expect_equal(ask(split)$estimate, one$estimate)
  turned <- ask(transform(d, k = -k))
  expect_equal(turned$estimate[7:9], -one$estimate[7:9])
  expect_equal(turned$estimate[10], 1 / one$estimate[10])
  expect_equal(turned$std.error[7:9], one$std.error[7:9])
  # in parts by `by`, the parts are as alone
  both <- ioi_disparity(rbind(cbind(d, at = "x"), cbind(split, at = "y")), g, weighted,
    weights = w, order = k, by = at
  )
  expect_equal(both$estimate, c(one$estimate, ask(split)$estimate))
  expect_equal(unname(vcov(both)[1:10, 1:10]), unname(vcov(one)))
  expect_true(all(vcov(both)[1:10, 11:20] == 0))
})

test_that("estimates of a survey bring their covariance and degrees of freedom", {
  skip_if_not_installed("survey")
  data("api", package = "survey", envir = environment())
  design <- ioi_design(apiclus1, weights = pw, psu = dnum)
  x <- ioi_mean(design, api00, by = stype)
  x$people <- c(300, 100, 80)
  got <- ioi_disparity(x, stype, c("mdmw", "bgsd"), weights = people)
  w <- x$people / sum(x$people)
  y <- x$estimate
  mu <- sum(w * y)
  s <- sign(y - mu)
  g <- w * (s - sum(w * s))
  other <- survey::svydesign(ids = ~dnum, weights = ~pw, data = apiclus1)
  v <- vcov(survey::svyby(~api00, ~stype, other, survey::svymean, covmat = TRUE))
  expect_equal(got$std.error[1], sqrt(drop(g %*% v %*% g)))
  expect_equal(got$df, rep(survey::degf(other), 2))
  # without a column the shares are those of the weights
  shares <- ioi_disparity(ioi_mean(design, api00, by = stype), stype, "mdmw")
  own <- tapply(apiclus1$pw, apiclus1$stype, sum)[as.character(x$stype)]
  x$own <- as.double(own)
  expect_equal(shares$estimate, ioi_disparity(x, stype, "mdmw", weights = own)$estimate)
  expect_gt(abs(got$std.error[1] / sqrt(sum(g^2 * x$std.error^2)) - 1), 0.05)
})

test_that("rates of the package and counts are taken", {
  d <- data.frame(g = 1:3, x = c(30, 50, 20), n = c(100, 400, 250))
  counts <- ioi_disparity(d, g, c("bgv", "sii"), order = g, events = x, population = n)
  p <- d$x / d$n
  same <- data.frame(g = 1:3, n = d$n, estimate = p, std.error = sqrt(p * (1 - p) / d$n))
  table <- ioi_disparity(same, g, c("bgv", "sii"), order = g, weights = n)
  expect_equal(counts$estimate, table$estimate)
  expect_equal(counts$std.error, table$std.error)
  rates <- ioi_rate(d, x, n, by = g)
  got <- ioi_disparity(rates, g, "range_difference")
  expect_equal(got$estimate, 1e5 * (0.3 - 0.08))
  own <- ioi_disparity(d, g, "range_difference", events = x, population = n, rate = TRUE)
  expect_equal(own$std.error, sqrt(30 / 100^2 + 20 / 250^2))
  many <- ioi_disparity(transform(d, x = x * 20), g, "range_difference",
    events = x, population = n, rate = TRUE
  )
  expect_equal(many$estimate, 20 * own$estimate)
})

test_that("what chance adds to the variance between groups is taken off", {
  y <- c(10, 12, 9, 15)
  s <- c(1, 2, 1.5, 0.5)
  w <- c(0.1, 0.2, 0.3, 0.4)
  d <- data.frame(g = 1:4, w = w, estimate = y, std.error = s)
  got <- ioi_disparity(d, g, c("bgv", "bgsd", "cov", "mdmw"), weights = w, correct = "bias")
  mu <- sum(w * y)
  raw <- sum(w * (y - mu)^2)
  right <- raw - sum(w * (1 - w) * s^2)
  expect_equal(got$estimate[1:3], c(right, sqrt(right), 100 * sqrt(right) / mu))
  expect_equal(got$raw[1:2], c(raw, sqrt(raw)))
  expect_equal(got$raw[4], got$estimate[4])
  d$std.error <- 5 * s
  none <- ioi_disparity(d, g, c("bgv", "bgsd"), weights = w, correct = "bias")
  expect_equal(none$estimate, c(0, 0))
  expect_equal(none$flag, c("clamped", "clamped"))
  expect_equal(none$raw[1], raw)
  # unbiased in draws
  set.seed(4)
  many <- data.frame(
    at = rep(1:4000, each = 4), g = rep(1:4, 4000), w = rep(w, 4000),
    estimate = rnorm(16000, y, s / 2), std.error = s / 2
  )
  draws <- ioi_disparity(many, g, "bgv", weights = w, by = at, correct = "bias")
  se <- sd(draws$estimate) / sqrt(4000)
  expect_lt(abs(mean(draws$estimate) - raw), 4 * se)
  expect_gt(mean(draws$raw) - raw, 4 * se)
  # and the variance of second order is that of the draws
  exact <- ioi_disparity(transform(d, std.error = s / 2), g, "bgv", weights = w)
  expect_equal(sd(draws$raw), exact$std.error, tolerance = 0.05)
})

test_that("draws are repeatable, level is kept, and close to the delta method", {
  d <- data.frame(g = 1:5, w = 5:1, estimate = c(1, 3, 4, 7, 9), std.error = 0.2)
  ask <- function(...) {
    ioi_disparity(d, g, c("mdbw", "range_ratio", "sii"),
      weights = w, order = g, favourable = TRUE, ...
    )
  }
  set.seed(1)
  one <- ask(ci = "simulation", draws = 20000)
  set.seed(1)
  expect_identical(ask(ci = "simulation", draws = 20000), one)
  exact <- ask()
  expect_equal(one$std.error[c(1, 3)], exact$std.error[c(1, 3)], tolerance = 0.03)
  expect_equal(one$conf.low[3], exact$conf.low[3], tolerance = 0.03)
  set.seed(1)
  narrow <- ask(ci = "simulation", draws = 20000, level = 0.5)
  ratio <- (narrow$conf.high - narrow$conf.low) / (one$conf.high - one$conf.low)
  expect_equal(ratio[3], qnorm(0.75) / qnorm(0.975), tolerance = 0.05)
  expect_ioi_error(ask(ci = "simulation", draws = 100), "input", arg = "draws")
})

test_that("one group: no inequality, and no line", {
  d <- data.frame(g = "a", w = 10, k = 1, estimate = 4, std.error = 1)
  got <- ioi_disparity(d, g, disparity_measures,
    weights = w, order = k, reference = "a", favourable = TRUE
  )
  value <- setNames(got$estimate, got$measure)
  expect_equal(value[["range_ratio"]], 1)
  none <- c("sii", "rii", "rii_mean", "idisp")
  expect_true(all(is.na(value[none])))
  expect_equal(got$flag[got$measure %in% none], rep("single", 4))
  zero <- setdiff(disparity_measures, c(none, "range_ratio"))
  expect_true(all(value[zero] == 0))
})

test_that("equal groups: 0 or 1, no standard error of the root, 0 of the variance", {
  d <- data.frame(g = 1:3, w = c(1, 2, 3) / 7, estimate = 0.1, std.error = 0.01)
  got <- ioi_disparity(d, g, disparity_measures,
    weights = w, order = g, reference = "1", favourable = TRUE
  )
  value <- setNames(got$estimate, got$measure)
  ones <- c("range_ratio", "rii")
  expect_equal(unname(value[ones]), c(1, 1))
  expect_equal(unname(value[setdiff(names(value), ones)]), rep(0, 21), tolerance = 1e-12)
  se <- setNames(got$std.error, got$measure)
  expect_true(all(is.na(se[c("bgsd", "cov")])))
  expect_equal(se[["bgv"]], 0)
})

test_that("a mean of 0, a group at 0, values below 0", {
  d <- data.frame(g = 1:3, w = 1, estimate = 0, std.error = 0.1)
  ask <- function(d, ...) {
    got <- ioi_disparity(d, g, disparity_measures,
      weights = w, order = g, reference = "3", favourable = TRUE, ...
    )
    list(value = setNames(got$estimate, got$measure), se = setNames(got$std.error, got$measure),
      flag = setNames(got$flag, got$measure))
  }
  zero <- ask(d)
  undefined <- c("cov", "idisw", "idisu", "theil", "mld", "rci", "paf", "range_ratio")
  expect_true(all(is.na(zero$value[undefined])))
  expect_true(all(zero$flag[undefined] == "no_mean"))
  expect_equal(unname(zero$value[c("bgv", "mdmw", "range_difference", "aci")]), rep(0, 4))

  at_zero <- ask(transform(d, estimate = c(0, 2, 4)))
  expect_equal(at_zero$value[["theil"]], sum(c(1, 2) / 3 * log(c(1, 2))))
  expect_equal(at_zero$value[["mld"]], Inf)
  expect_true(is.na(at_zero$se[["mld"]]))
  expect_equal(at_zero$value[["range_ratio"]], Inf)
  expect_equal(unname(at_zero$flag[c("mld", "range_ratio")]), c("zero", "zero"))
  put <- ask(transform(d, estimate = c(0, 2, 4)), zero = 1e-6)
  expect_equal(put$value[["mld"]], -mean(log(c(1e-6, 2, 4) / mean(c(1e-6, 2, 4)))))

  below <- ask(transform(d, estimate = c(-1, 2, 4)))
  none <- c("theil", "mld", "rii", "cov", "idisw", "idisu")
  expect_true(all(is.na(below$value[none])))
  expect_true(all(below$flag[none] == "negative"))
  expect_equal(below$value[["range_difference"]], 5)

  steep <- ask(transform(d, estimate = c(0.001, 0.001, 4)))
  expect_true(is.na(steep$value[["rii"]]))
  expect_equal(steep$flag[["rii"]], "fitted")
  expect_gt(steep$value[["sii"]], 0)
})

test_that("tied ranks share a ridit; all tied, no line", {
  d <- data.frame(g = 1:3, k = c(1, 2, 2), w = c(2, 1, 1), estimate = c(1, 4, 6), std.error = 1)
  line <- c("aci", "rci", "sii", "rii", "rii_mean")
  got <- ioi_disparity(d, g, line, weights = w, order = k)
  pooled <- data.frame(g = 1:2, w = c(2, 2), estimate = c(1, 5), std.error = 1)
  want <- ioi_disparity(pooled, g, line, weights = w, order = g)
  expect_equal(got$estimate, want$estimate)
  one <- ioi_disparity(transform(d, k = 1), g, line, weights = w, order = k)
  expect_equal(one$estimate, c(0, 0, NA, NA, NA))
  expect_equal(one$flag[3:5], rep("tied_ranks", 3))
  # the top rank of par is the pool
  par <- ioi_disparity(d, g, "par", weights = w, order = k, favourable = TRUE)
  expect_equal(par$estimate, 5 - 3)
})

test_that("par and paf keep their sign; ties go to the largest group", {
  d <- data.frame(g = 1:3, w = c(1, 2, 3), estimate = c(5, 3, 2), std.error = c(1, 2, 3) / 9)
  top <- ioi_disparity(d, g, c("par", "paf"), weights = w, order = g, favourable = TRUE)
  expect_equal(top$estimate, c(0, 0))
  expect_true(all(is.na(top$std.error)))
  expect_equal(top$flag, c("clamped", "clamped"))
  bad <- ioi_disparity(d, g, c("par", "paf"), weights = w, favourable = FALSE)
  mu <- sum(c(1, 2, 3) * c(5, 3, 2)) / 6
  expect_equal(bad$estimate, c(2 - mu, 100 * (2 - mu) / mu))
  tied <- transform(d, estimate = c(5, 5, 2))
  got <- ioi_disparity(tied, g, "range_difference", weights = w)
  expect_equal(got$std.error, sqrt(d$std.error[2]^2 + d$std.error[3]^2))
  expect_equal(got$flag, "tied")
  # a group at the mean has sign 0
  mid <- data.frame(g = 1:3, w = 1, estimate = 1:3, std.error = c(0.1, 5, 0.1))
  got <- ioi_disparity(mid, g, "mdmw", weights = w)
  expect_equal(got$std.error, sqrt(2) * 0.1 / 3)
})

test_that("one bad block never stops the others", {
  d <- data.frame(
    at = rep(c("fine", "gap", "nobody", "no se"), each = 3), g = rep(1:3, 4),
    w = c(1:3, 1:3, 0, 0, 0, 1:3), estimate = c(1:3, 1, NA, 3, 1:3, 1:3), std.error = 0.1
  )
  d$std.error[10] <- NA
  ask <- function(...) ioi_disparity(d, g, c("bgv", "mdrw"), weights = w, by = at, ...)
  got <- ask(reference = "2")
  expect_equal(got$flag[c(1, 3, 5, 7)], c("", "missing", "empty", "no_se"))
  expect_equal(is.na(got$estimate), rep(c(FALSE, TRUE, TRUE, FALSE), each = 2))
  expect_equal(is.na(got$std.error), rep(c(FALSE, TRUE, TRUE, TRUE), each = 2))
  expect_message(less <- ask(reference = "2", na.rm = TRUE), class = "ioi_message_missing")
  expect_equal(less$dropped[3], 1)
  expect_equal(less$groups[3], 2)
  w <- c(1, 3) / 4
  expect_equal(less$estimate[3], sum(w * (c(1, 3) - 2.5)^2))
  expect_equal(less$flag[4], "no_reference")
  expect_identical(names(less)[-match("dropped", names(less))], names(got))
  # empty groups take no part
  e <- data.frame(g = 1:4, x = c(1, 5, 9, 0), n = c(10, 10, 10, 0))
  counts <- ioi_disparity(e, g, c("bgv", "mdbu"), favourable = TRUE, events = x, population = n)
  expect_equal(counts$groups, c(3, 3))
  expect_equal(counts$estimate[2], (0.8 + 0.4) / 3)
})

test_that("counts without a finite logit line, and logs of 0", {
  d <- data.frame(g = 1:2, x = c(0, 10), n = c(10, 10))
  got <- ioi_disparity(d, g, c("sii", "bgv"),
    order = g, events = x, population = n, model = "logit"
  )
  expect_equal(got$flag[1], "no_fit")
  expect_equal(got$estimate[2], 0.25)
  log <- ioi_disparity(d, g, "sii", order = g, events = x, population = n, model = "log")
  expect_equal(log$flag, "zero")
  cross <- data.frame(g = 1:3, x = c(2, 5, 7), n = 10)
  got <- ioi_disparity(cross, g, c("sii", "rii", "bgv"),
    order = g, events = x, population = n, model = "logit"
  )
  expect_equal(unname(is.na(vcov(got)[3, ])), c(TRUE, TRUE, FALSE))
  expect_false(is.na(vcov(got)[1, 2]))
})

test_that("per_1000 scales the standard error too", {
  d <- data.frame(g = 1:3, w = 1:3, estimate = 1:3, std.error = 0.1)
  one <- ioi_disparity(d, g, c("theil", "mld", "bgv"), weights = w)
  got <- ioi_disparity(d, g, c("theil", "mld", "bgv"), weights = w, per_1000 = TRUE)
  for (name in c("estimate", "std.error", "conf.low", "conf.high")) {
    expect_equal(got[[name]], one[[name]] * c(1000, 1000, 1))
  }
  expect_equal(unname(sqrt(diag(vcov(got)))), got$std.error)
})

test_that("errors name the argument", {
  d <- data.frame(g = 1:3, w = 1:3, estimate = 1:3, std.error = 0.1)
  expect_ioi_error(ioi_disparity(d, g, "gini"), "input", arg = "measure")
  expect_ioi_error(ioi_disparity(d, g, "bgv"), "input", arg = "weights")
  expect_ioi_error(ioi_disparity(d, g, "sii", weights = w), "input", arg = "order")
  expect_ioi_error(ioi_disparity(d, g, "par", weights = w), "input", arg = "favourable")
  expect_ioi_error(ioi_disparity(d, g, "mdru"), "input", arg = "reference")
  expect_ioi_error(ioi_disparity(d, g, "mdru", reference = "x"), "input", arg = "reference")
  expect_ioi_error(ioi_disparity(d, g, "bgv", weights = w, level = 95), "input", arg = "level")
  expect_ioi_error(ioi_disparity(d, g, "bgv", w, bounds = 1), "input", arg = "bounds")
  expect_ioi_error(ioi_disparity(rbind(d, d), g, "bgv", w), "data", arg = "group")
  expect_ioi_error(ioi_disparity(transform(d, w = -1), g, "bgv", w), "data", arg = "w")
  expect_ioi_error(ioi_disparity(transform(d, w = Inf), g, "bgv", w), "data", arg = "w")
  expect_ioi_error(
    ioi_disparity(transform(d, k = letters[1:3]), g, "sii", w, order = k), "input",
    arg = "order"
  )
  expect_ioi_error(
    ioi_disparity(transform(d, k = c(1, NA, 3)), g, "sii", w, order = k), "data",
    arg = "order"
  )
  expect_ioi_error(ioi_disparity(d, g, "bgv", w, spam = 1), "input")
  x <- data.frame(g = 1:2, x = c(5, 1), n = c(2, 4))
  expect_ioi_error(ioi_disparity(x, g, "bgv", events = x, population = n), "data", arg = "events")
})

test_that("an ordered factor brings its order; huge populations are exact", {
  d <- data.frame(
    g = factor(c("low", "mid", "high"), c("low", "mid", "high"), ordered = TRUE),
    w = c(3e9, 4e9, 5e9), estimate = c(1, 2, 4), std.error = 0.1
  )
  got <- ioi_disparity(d[c(3, 1, 2), ], g, "sii", weights = w)
  small <- ioi_disparity(transform(d, w = w / 1e9, k = 1:3), g, "sii", weights = w, order = k)
  expect_equal(got$estimate, small$estimate)
  expect_equal(got$std.error, small$std.error)
})

test_that("simulation keeps what cannot be below 0 there, and says where it has no limits", {
  x <- data.frame(g = 1:3, estimate = c(0.2, 0.4, 0.6), std.error = 0.1, people = 1)
  set.seed(4)
  got <- ioi_disparity(x, g, c("bgv", "range_ratio"), weights = people, ci = "simulation")
  expect_identical(got$conf.low[1], 0)
  expect_identical(got$flag, c("", "undrawn"))
  expect_identical(got$conf.low[2], NA_real_)
})

test_that("no rows and groups of nobody", {
  x <- data.frame(g = 1:3, estimate = c(0.2, 0.4, 0.6), std.error = 0.1, n = c(5, 5, 0))
  expect_equal(ioi_disparity(x, g, "range_difference")$estimate, 0.2)
  none <- ioi_disparity(x[0, ], g, c("range_difference", "mdbu"), favourable = TRUE)
  expect_identical(nrow(none), 0L)
  expect_type(none$conf.low, "double")
})
