# The class `ioi_estimate`: rows and covariance never part, and the generics.

# Five rows with distinct numbers, a full covariance and two `by` columns.
example_estimate <- function() {
  se <- c(0.01, 0.02, 0.03, 0.015, 0.025)
  root <- matrix(
    c(5, 1, 2, 0, 1, 0, 4, 1, 1, 0, 0, 0, 6, 2, 1, 0, 0, 0, 3, 1, 0, 0, 0, 0, 2), 5
  )
  vcov <- stats::cov2cor(crossprod(root)) * outer(se, se)
  estimate <- c(0.2, 0.5, 0.35, 0.8, 0.65)
  new_ioi_estimate(
    tibble::tibble(
      sex = factor(c("men", "men", "women", "women", "women"), c("women", "men")),
      band = c("young", "old", "young", "middle", "old"),
      outcome = "works",
      estimate = estimate, std.error = se,
      conf.low = estimate - 2 * se, conf.high = estimate + 2 * se,
      n = c(100, 200, 300, 400, 500), df = c(10, 20, 30, 40, 50),
      flag = c("", "", "u", "", "")
    ),
    vcov = vcov,
    domains = list(id = c(3L, 1L, 2L, 5L, 4L), n = c(200, 300, 100, 500, 400)),
    info = list(
      what = "Proportion", unit = "proportion", by = c("sex", "band"), level = 0.95,
      ci = "wald", limits = "wald", df_rule = "domain",
      design = list(type = "linearised", strata = 4, psus = 60, rows = 1600)
    )
  )
}

# `got` holds rows `rows` of `x` with their covariance and domains.
expect_rows <- function(got, x, rows) {
  expect_s3_class(got, "ioi_estimate")
  expect_identical(got$estimate, x$estimate[rows])
  expect_identical(attr(got, "vcov"), attr(x, "vcov")[rows, rows, drop = FALSE])
  expect_identical(attr(got, "domains")$id, attr(x, "domains")$id[rows])
  expect_identical(attr(got, "domains")$n, attr(x, "domains")$n)
}

# `got` is data without the class and without anything it carried.
expect_plain <- function(got) {
  expect_false(inherits(got, "ioi_estimate"))
  expect_s3_class(got, "data.frame")
  expect_null(attr(got, "vcov"))
  expect_null(attr(got, "domains"))
  expect_null(attr(got, "info"))
}

test_that("the constructor checks what it is given", {
  x <- example_estimate()
  expect_identical(
    class(x), c("ioi_estimate", "tbl_df", "tbl", "data.frame")
  )
  plain <- tidy(x)
  expect_error(new_ioi_estimate(plain, vcov = diag(4)), "rows x rows")
  expect_error(new_ioi_estimate(plain, domains = list(id = 1:3)), "one per row")
  expect_error(new_ioi_estimate(plain[-4]), "core columns are missing")
  expect_error(new_ioi_estimate(plain, info = list(by = "region")), "names no column")
  plain$flag[2] <- NA
  expect_error(new_ioi_estimate(plain), "flag")
  plain$flag <- NULL
  plain$estimate <- as.character(plain$estimate)
  expect_error(new_ioi_estimate(plain), "not numeric")
})

test_that("`[` takes rows together with their covariance", {
  x <- example_estimate()
  expect_rows(x[c(4, 1), ], x, c(4, 1))
  expect_rows(x[-(2:3), ], x, c(1, 4, 5))
  expect_rows(x[x$estimate > 0.4, ], x, c(2, 4, 5))
  expect_rows(x[c("2", "5"), ], x, c(2, 5))
  expect_rows(x[c(2, 2, 1), ], x, c(2, 2, 1))
  expect_rows(x[0, ], x, integer())
  expect_rows(x[integer(), , drop = FALSE], x, integer())
  expect_rows(x[rep(FALSE, 5), ], x, integer())
  expect_rows(x[], x, 1:5)
  expect_rows(x[, ], x, 1:5)
  expect_rows(x[3, -1], x, 3)
  expect_rows(x[2:1, names(x)], x, 2:1)
  expect_rows(x[2:1, , drop = TRUE], x, 2:1)
  expect_rows(x[4:1, ][c(2, 4), ], x, c(3, 1))
})

test_that("`[` with columns keeps the class only with the core columns", {
  x <- example_estimate()
  core <- c("estimate", "std.error", "conf.low", "conf.high")
  kept <- x[c("sex", core)]
  expect_rows(kept, x, 1:5)
  expect_identical(attr(kept, "info")$by, "sex")
  expect_rows(x[rev(names(x))], x, 1:5)
  expect_plain(x["estimate"])
  expect_plain(x[, "estimate"])
  expect_plain(x[c("sex", core[-2])])
  expect_plain(x[c(core, "estimate")])
  expect_plain(x[c(1, NA), ])
  expect_identical(x[, "n", drop = TRUE], x$n)
  expect_identical(x[["estimate"]][2], 0.5)
  expect_length(x[is.na(x)], 0)
})

test_that("base functions keep rows and covariance together or drop the class", {
  x <- example_estimate()
  expect_rows(subset(x, sex == "women"), x, 3:5)
  expect_rows(head(x, 2), x, 1:2)
  expect_rows(tail(x, 2), x, 4:5)
  expect_rows(x[order(x$estimate), ], x, c(1, 3, 2, 5, 4))
  expect_rows(unique(x[c(1, 1, 2), ]), x, 1:2)
  expect_rows(na.omit(x)[2:3, ], x, 2:3)
  expect_rows(split(x, x$sex)$men, x, 1:2)
  expect_rows(within(x, n.squared <- n^2), x, 1:5)

  other <- data.frame(band = c("young", "old"), pay = 1:2)
  expect_plain(rbind(x, x))
  expect_plain(rbind(x[1, ], tidy(x)[2, ]))
  expect_plain(rbind(tidy(x), x))
  expect_plain(do.call(rbind, list(x[1, ], x[2, ])))
  expect_identical(rbind(x[1:2, ], x[3, ]), tidy(x)[1:3, ])
  expect_false(inherits(c(x, x), "ioi_estimate"))
  expect_plain(cbind(x, new = 1))
  expect_plain(merge(x, other))
  expect_plain(transform(x, band = toupper(band)))
  expect_plain(transform(x, estimate = estimate * 100))
  expect_plain(within(x, std.error <- 0))
})

test_that("assignment keeps the class unless a number or the rows change", {
  x <- example_estimate()
  keep <- list(
    function(y) `$<-`(y, "note", "a"),
    function(y) `$<-`(y, "band", toupper(y$band)),
    function(y) `[[<-`(y, "flag", value = rep("p", 5)),
    function(y) `[<-`(y, 2, "band", value = "elderly"),
    function(y) `$<-`(y, "sex", NULL),
    function(y) `$<-`(y, "n", NULL),
    function(y) `$<-`(y, "estimate", c(0.2, 0.5, 0.35, 0.8, 0.65)),
    function(y) `[<-`(y, "estimate", value = x["estimate"])
  )
  for (change in keep) {
    expect_rows(change(x), x, 1:5)
  }
  lose <- list(
    function(y) `$<-`(y, "estimate", y$estimate * 100),
    function(y) `$<-`(y, "estimate", c(NA, y$estimate[-1])),
    function(y) `[[<-`(y, "std.error", value = 0),
    function(y) `$<-`(y, "conf.low", NULL),
    function(y) `[<-`(y, 3, "conf.high", value = 1),
    function(y) `$<-`(y, "n", c(5, y$n[-1])),
    function(y) `[[<-`(y, "df", value = rep(Inf, 5)),
    function(y) `[<-`(y, 6, seq_along(y), value = y[1, ]),
    function(y) `[<-`(y, 2:1, seq_along(y), value = y[1:2, ]),
    function(y) stats::setNames(y, sub("estimate", "share", names(y))),
    function(y) stats::setNames(y, sub("^n$", "base", names(y)))
  )
  for (change in lose) {
    expect_plain(change(x))
  }
})

test_that("renaming a `by` column renames it everywhere", {
  x <- example_estimate()
  names(x)[1] <- "gender"
  expect_rows(x, example_estimate(), 1:5)
  expect_identical(attr(x, "info")$by, c("gender", "band"))
})

test_that("rows with equal numbers cannot change places unseen", {
  x <- example_estimate()
  same <- tidy(x)
  for (name in c("estimate", "std.error", "conf.low", "conf.high", "n", "df")) {
    same[[name]] <- rep(same[[name]][1], 5)
  }
  x <- new_ioi_estimate(
    same, attr(x, "vcov"),
    info = attr(x, "info")
  )
  moved <- tidy(x)[5:1, ]
  expect_plain(restore_estimate(moved, x))
  expect_s3_class(restore_estimate(tidy(x), x), "ioi_estimate")
  expect_rows(x[5:1, ], x, 5:1)
})

test_that("dplyr's row verbs carry the covariance along", {
  skip_if_not_installed("dplyr")
  x <- example_estimate()
  expect_rows(dplyr::filter(x, sex == "women", n > 300), x, 4:5)
  expect_rows(dplyr::filter(x, n > 1e6), x, integer())
  expect_rows(dplyr::arrange(x, dplyr::desc(estimate)), x, c(4, 5, 2, 3, 1))
  expect_rows(dplyr::slice(x, c(5, 1, 1)), x, c(5, 1, 1))
  expect_rows(dplyr::slice(x, -1), x, 2:5)
  expect_rows(dplyr::slice_max(x, estimate, n = 2), x, c(4, 5))
  expect_rows(dplyr::distinct(x), x, 1:5)
  expect_rows(dplyr::distinct(x, sex, .keep_all = TRUE), x, c(1, 3))
  other <- data.frame(band = c("young", "old"), pay = 1:2)
  expect_rows(dplyr::semi_join(x, other, by = "band"), x, c(1, 2, 3, 5))
  expect_rows(dplyr::anti_join(x, other, by = "band"), x, 4)
})

test_that("dplyr's column verbs keep the class while the numbers stand", {
  skip_if_not_installed("dplyr")
  x <- example_estimate()
  expect_rows(dplyr::mutate(x, wide = n > 200), x, 1:5)
  expect_rows(dplyr::mutate(x, band = toupper(band)), x, 1:5)
  expect_rows(dplyr::select(x, -outcome, -flag), x, 1:5)
  expect_rows(dplyr::relocate(x, n), x, 1:5)
  expect_identical(
    attr(dplyr::select(x, age = band, estimate:conf.high), "info")$by, "age"
  )
  expect_identical(
    attr(dplyr::rename(x, gender = sex), "info")$by, c("gender", "band")
  )
  expect_plain(dplyr::mutate(x, estimate = estimate * 100))
  expect_plain(dplyr::mutate(x, n = 1))
  expect_plain(dplyr::transmute(x, sex, estimate))
  expect_plain(dplyr::select(x, sex, estimate))
  expect_plain(dplyr::rename(x, share = estimate))
})

test_that("what dplyr makes of other rows is a plain tibble", {
  skip_if_not_installed("dplyr")
  x <- example_estimate()
  expect_plain(dplyr::bind_rows(x, x))
  expect_plain(dplyr::bind_rows(x[1, ], x[2, ]))
  expect_plain(dplyr::bind_rows(list(x, tidy(x))))
  expect_plain(dplyr::summarise(x, mean = mean(estimate)))
  expect_plain(dplyr::count(x, sex))
  expect_plain(
    dplyr::summarise(dplyr::group_by(x, sex), mean = mean(estimate), .groups = "drop")
  )
  expect_plain(dplyr::ungroup(dplyr::group_by(x, sex)))
  grouped <- dplyr::filter(dplyr::group_by(x, sex), estimate == max(estimate))
  expect_false(inherits(grouped, "ioi_estimate"))
  expect_plain(dplyr::ungroup(grouped))
  expect_false(inherits(dplyr::rowwise(x), "ioi_estimate"))

  one <- data.frame(band = c("young", "old", "middle"), pay = 1:3)
  two <- data.frame(band = c("young", "young", "old"), pay = 1:3)
  expect_rows(dplyr::left_join(x, one, by = "band"), x, 1:5)
  expect_plain(dplyr::left_join(x[!duplicated(x$band), ], two, by = "band"))
  expect_plain(dplyr::right_join(x, one[3:1, ], by = "band")[0, ][1, ])
  expect_plain(dplyr::full_join(x, data.frame(band = "new"), by = "band"))
})

test_that("no join leaves a covariance of other rows", {
  skip_if_not_installed("dplyr")
  x <- example_estimate()
  joins <- list(
    dplyr::left_join, dplyr::right_join, dplyr::inner_join, dplyr::full_join
  )
  tables <- list(
    data.frame(band = c("middle", "old", "young")), data.frame(band = "old"),
    data.frame(band = c("old", "old", "young")), data.frame(band = character())
  )
  for (join in joins) {
    for (table in tables) {
      got <- suppressWarnings(join(x, table, by = "band"))
      if (inherits(got, "ioi_estimate")) {
        expect_rows(got, x, match(got$estimate, x$estimate))
      } else {
        expect_plain(got)
      }
    }
  }
})

test_that("vctrs gives the class back only for the same rows", {
  skip_if_not_installed("vctrs")
  x <- example_estimate()
  expect_plain(vctrs::vec_slice(x, c(2, 1)))
  expect_plain(vctrs::vec_rbind(x, x))
  expect_plain(vctrs::vec_c(x, x))
  expect_plain(vctrs::vec_rep(x, 2))
  expect_rows(vctrs::vec_slice(x, 1:5), x, 1:5)
  expect_rows(tibble::add_column(x, new = 1:5), x, 1:5)
})

test_that("coef, vcov and nobs speak of the rows", {
  x <- example_estimate()
  names <- c("men:young", "men:old", "women:young", "women:middle", "women:old")
  expect_identical(coef(x), stats::setNames(x$estimate, names))
  expect_identical(dimnames(vcov(x)), list(names, names))
  expect_equal(sqrt(unname(diag(vcov(x)))), x$std.error)
  expect_identical(unname(vcov(x[4:3, ])), attr(x, "vcov")[4:3, 4:3])
  expect_identical(nobs(x), 1500)
  expect_identical(nobs(x[c(1, 1, 2), ]), 300)
  one <- new_ioi_estimate(tidy(x)[1, ], info = attr(x, "info"))
  expect_identical(nobs(one), 100)
  expect_identical(nobs(new_ioi_estimate(tidy(x), info = attr(x, "info"))), NA_real_)
})

test_that("a contrast from vcov equals the same contrast by hand", {
  x <- example_estimate()
  v <- attr(x, "vcov")
  expect_equal(
    v[1, 1] + v[4, 4] - 2 * v[1, 4],
    drop(c(1, -1) %*% vcov(x[c(1, 4), ]) %*% c(1, -1))
  )
})

test_that("vcov without a covariance says why and what to do", {
  x <- example_estimate()
  separate <- new_ioi_estimate(tidy(x), info = attr(x, "info"))
  expect_error(vcov(separate), class = "ioi_error_input")
  expect_error(vcov(separate), "how they vary together is not known")
  bare <- tidy(x)
  bare$std.error <- NA_real_
  expect_error(vcov(new_ioi_estimate(bare)), "no standard errors")
  expect_error(
    vcov(new_ioi_estimate(bare, info = list(no_vcov = "Too many rows."))),
    "Too many rows"
  )
})

test_that("a covariance copied onto other rows is noticed", {
  x <- example_estimate()
  stale <- x
  attr(stale, "vcov") <- diag(3)
  expect_error(vcov(stale), "no longer matches", class = "ioi_error_input")
  expect_plain(stale[1:2, ])
  expect_match(format(stale)[1], "tibble")
  # add_row() copies the attributes of the table it was given
  longer <- tibble::add_row(x, sex = "men", estimate = 0.1)
  expect_error(vcov(longer), "no longer matches", class = "ioi_error_input")
  expect_plain(longer[1:2, ])
  expect_plain(rbind(data.frame(), x, x)[1:2, ])
})

test_that("confint gives the limits of the table at its own level", {
  x <- example_estimate()
  got <- confint(x)
  expect_identical(unname(got), cbind(x$conf.low, x$conf.high))
  expect_identical(colnames(got), c("2.5 %", "97.5 %"))
  expect_identical(rownames(got), names(coef(x)))
  expect_identical(confint(x, level = 0.95), got)
  expect_identical(confint(x, parm = c(4, 1)), got[c(4, 1), ])
  expect_identical(confint(x, "men:old"), got[2, , drop = FALSE])
  expect_identical(confint(x[2, ]), got[2, , drop = FALSE], ignore_attr = TRUE)
})

test_that("confint computes t limits at another level", {
  x <- example_estimate()
  reach <- stats::qt(0.95, x$df) * x$std.error
  got <- confint(x, level = 0.9)
  expect_equal(unname(got), cbind(x$estimate - reach, x$estimate + reach))
  expect_identical(colnames(got), c("5 %", "95 %"))
  normal <- x
  normal$df <- NULL
  expect_error(confint(normal, level = 0.9), class = "ioi_error_input")
  expect_error(confint(x, level = 90), class = "ioi_error_input")
  expect_error(confint(x, parm = "nobody"), class = "ioi_error_input")
  expect_error(confint(x, parm = 6), class = "ioi_error_input")
  expect_error(confint(x, levels = 0.9), class = "ioi_error_input")
})

test_that("confint at another level equals the call at that level", {
  methods <- c(
    "logit", "xlogit", "wald", "arcsine", "likelihood", "beta", "nchs", "wilson",
    "wilson_adjusted", "agresti_coull", "jeffreys", "uniform"
  )
  people <- census_2011_people[seq(1, 10000, 20), ]
  for (method in methods) {
    at <- function(level) {
      ioi_proportion(people, sex, by = age_band, ci = method, level = level)
    }
    eighty <- at(0.8)
    got <- confint(at(0.95), level = 0.8)
    expect_equal(
      unname(got), cbind(eighty$conf.low, eighty$conf.high),
      tolerance = 1e-12, info = method
    )
  }
})

test_that("confint of a proportion equals survey at another level", {
  skip_if_not_installed("survey")
  data("api", package = "survey", envir = environment())
  clusters <- survey::svydesign(ids = ~dnum, weights = ~pw, data = apiclus1)
  expected <- attr(
    survey::svyciprop(~ sch.wide == "Yes", clusters, method = "logit", level = 0.9), "ci"
  )
  design <- ioi_design(apiclus1, weights = pw, psu = dnum)
  x <- ioi_proportion(design, sch.wide, success = "Yes", ci = "logit")
  expect_equal(
    as.double(confint(x, level = 0.9)), as.double(expected),
    tolerance = 1e-8
  )
})

test_that("limits that are known at one level only say so", {
  x <- example_estimate()
  fixed <- new_ioi_estimate(
    tidy(x),
    info = list(by = "sex", level = 0.95, limits = "fixed")
  )
  expect_error(confint(fixed, level = 0.9), "0.95 only", class = "ioi_error_input")
  bare <- tidy(x)
  bare$conf.low <- bare$conf.high <- NA_real_
  bare <- new_ioi_estimate(bare, info = list(level = 0.95))
  expect_error(confint(bare, level = 0.9), "no limits", class = "ioi_error_input")
})

test_that("tidy and as_tibble give a bare tibble, glance one row", {
  x <- example_estimate()
  expect_identical(class(tidy(x)), c("tbl_df", "tbl", "data.frame"))
  expect_plain(tidy(x))
  expect_identical(names(tidy(x)), names(x))
  expect_identical(tibble::as_tibble(x), tidy(x))
  expect_identical(
    glance(x),
    tibble::tibble(
      nobs = 1500, strata = 4, psus = 60, df = 56, method = "wald", level = 0.95
    )
  )
  nothing <- glance(new_ioi_estimate(tidy(x)))
  expect_identical(dim(nothing), c(1L, 6L))
  expect_identical(nothing$method, NA_character_)
  expect_error(tidy(x, exponentiate = TRUE), class = "ioi_error_input")
})

test_that("export styles name the columns as their readers expect", {
  x <- example_estimate()
  style <- function(style, ...) as.data.frame(x, style = style, ...)
  expect_identical(class(style("broom")), "data.frame")
  expect_identical(style("broom"), as.data.frame(x))
  expect_identical(names(style("broom")), names(x))
  expect_identical(
    names(style("snake")),
    c(
      "sex", "band", "outcome", "estimate", "std_error", "conf_low", "conf_high",
      "n", "df", "flag"
    )
  )
  ohid <- style("ohid")
  expect_identical(
    names(ohid),
    c(
      "sex", "band", "outcome", "value", "lowercl", "uppercl", "n", "df", "flag",
      "confidence", "statistic", "method"
    )
  )
  expect_identical(ohid$value, x$estimate)
  expect_identical(unique(ohid$confidence), "95%")
  expect_identical(unique(ohid$statistic), "proportion")
  expect_identical(unique(ohid$method), "wald")
  srvyr <- style("srvyr")
  expect_identical(srvyr$x, x$estimate)
  expect_identical(srvyr$x_se, x$std.error)
  expect_identical(srvyr$x_low, x$conf.low)
  expect_identical(srvyr$x_upp, x$conf.high)
  expect_true("works_low" %in% names(style("srvyr", name = "works")))
  expect_null(attr(style("snake"), "vcov"))
})

test_that("export styles handle tests, times and clashes", {
  y <- tidy(example_estimate())
  y$time <- 2011L
  y$statistic <- 1.5
  y$p.value <- 0.2
  y <- new_ioi_estimate(y, info = list(what = "Change", level = 0.9))
  snake <- as.data.frame(y, style = "snake")
  expect_true(all(c("time_period", "p_value", "statistic") %in% names(snake)))
  ohid <- as.data.frame(y, style = "ohid")
  expect_identical(unique(ohid$statistic), "change")
  expect_identical(ohid$test_statistic, y$statistic)
  expect_identical(unique(ohid$confidence), "90%")
  expect_identical(unique(ohid$method), NA_character_)

  y$Conf_Low <- 1
  expect_error(as.data.frame(y, style = "snake"), class = "ioi_error_input")
  expect_error(as.data.frame(y, style = "stata"), class = "ioi_error_input")
  expect_error(as.data.frame(y, style = "srvyr", name = ""), class = "ioi_error_input")
})

test_that("real estimates keep their covariance through a pipeline", {
  x <- suppressMessages(ioi_proportion(census_2011_people, health, by = sex))
  keep <- x$category %in% levels(census_2011_people$health)[1:2]
  expect_rows(x[keep, ], x, which(keep))
  expect_equal(sqrt(diag(attr(x, "vcov"))), x$std.error)
})
