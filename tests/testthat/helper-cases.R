# Runs a row of a table of open cases of survey estimates: the columns of
# cases/survey.csv, which cases/survey.md describes.

# Names of interval methods in the cases, where they differ from ours.
case_ci <- c(
  wald_z = "wald", asin = "arcsine", kg_nchs = "nchs", wilson_kg = "wilson_adjusted",
  agresti_coull_kg = "agresti_coull", jeffreys_kg = "jeffreys", uniform_kg = "uniform",
  mover_kg_nchs = "nchs", mover_wilson = "wilson", none = "logit", log = "logit"
)
case_gap_ci <- c(wald = "t", log = "log", mover_wilson = "mover", mover_kg_nchs = "mover")

read_cases <- function(path) {
  utils::read.csv(path, colClasses = "character", na.strings = character())
}

read_case_data <- function(path) {
  utils::read.csv(path, na.strings = "")
}

case_number <- function(case, name) as.numeric(case[[name]])

case_design <- function(case, data) {
  column <- function(name) if (nzchar(case[[name]])) case[[name]]
  ioi_design(data,
    weights = !!column("weights"), strata = !!column("strata"), psu = !!column("psu"),
    fpc = !!column("fpc"), nest = case$nest == "TRUE", lonely_psu = case$lonely,
    lonely_domain = case$adjust_domain == "TRUE"
  )
}

# Rows in a domain written as "variable=value,value;variable=value".
in_domain <- function(data, domain) {
  inside <- rep(TRUE, nrow(data))
  for (term in strsplit(domain, ";")[[1]]) {
    part <- strsplit(term, "=")[[1]]
    inside <- inside & as.character(data[[part[1]]]) %in% strsplit(part[2], ",")[[1]]
  }
  inside
}

# A column that says which of the two domains of a case a row belongs to. A row in
# both is there twice, in the same PSU, so that nothing but n changes.
with_domains <- function(case, data) {
  one <- in_domain(data, case$domain)
  two <- if (nzchar(case$domain2)) in_domain(data, case$domain2) else !one
  data$domain <- ifelse(one, "one", ifelse(two, "two", "rest"))
  both <- data[one & two, ]
  both$domain <- rep("two", nrow(both))
  rbind(data, both)
}

case_levels <- function(case) strsplit(case$level, "|", fixed = TRUE)[[1]]

# The estimates that a case rests on, of both domains.
case_proportion <- function(case, data) {
  data <- with_domains(case, data)
  levels <- case_levels(case)
  known <- case$ci_method %in% names(case_ci)
  ci <- if (known) case_ci[[case$ci_method]] else case$ci_method
  asked_df <- case$topic == "df_override" || case$ci_method == "wald_z"
  quiet(ioi_proportion(
    case_design(case, data), !!case$outcome,
    by = "domain", success = if (length(levels) == 1) levels, ci = ci,
    level = if (nzchar(case$conf)) case_number(case, "conf") else 0.95,
    df = if (asked_df) case_number(case, "df") else "domain", deff_wor = TRUE
  ))
}

# What a case gives, by the names of the case table.
run_case <- function(case, data) {
  table <- case_proportion(case, data)
  one <- table[table$domain == "one", ]
  if (case$estimator == "prop") {
    c(case_values(one), list(deff_wr = one$deff, deff = one$deff.wor))
  } else if (case$estimator == "cov") {
    at <- match(c("one", "two"), table$domain)
    list(estimate = vcov(table)[at[1], at[2]])
  } else if (case$estimator == "cov_levels") {
    at <- match(case_levels(case), one$category)
    list(estimate = vcov(one)[at[1], at[2]])
  } else {
    gap <- ioi_parity(table, "domain", "two",
      measure = c(diff = "difference", risk_ratio = "ratio")[[case$estimator]],
      ci = case_gap_ci[[case$ci_method]]
    )
    case_values(gap[gap$group == "one", ])
  }
}

case_values <- function(row) {
  list(
    estimate = row$estimate, se = row$std.error, ci_low = row$conf.low,
    ci_high = row$conf.high, df = row$df, n = row$n
  )
}

# The fields of a case that are not met, in words: character(0) when all are. A
# standard error below 1e-10 of the estimate, and a covariance of 0, mean 0.
case_misses <- function(case, got) {
  overlap <- nzchar(case$domain2) && case$estimator != "prop" && isTRUE(case$overlap)
  fields <- intersect(names(got), names(case))
  fields <- fields[nzchar(unlist(case[fields])) & !(overlap & fields == "n")]
  want <- vapply(fields, function(name) case_number(case, name), 0)
  have <- vapply(
    got[fields], function(x) if (length(x) == 1) as.double(x) else NA_real_, 0
  )
  is_zero <- fields == "se" & want < 1e-10 * abs(want["estimate"])
  want[is_zero] <- 0
  slack <- pmax(case_number(case, "tol") * abs(want), ifelse(want == 0, 1e-18, 0))
  met <- !is.na(have) & (have == want | abs(have - want) <= slack)
  sprintf(
    "%s %s: %.15g, not %.15g", case$case_id, fields[!met], have[!met], want[!met]
  )
}

# All misses of a table of cases; `data`: a list of data sets by name.
all_misses <- function(cases, data) {
  unlist(lapply(seq_len(nrow(cases)), function(i) {
    case <- as.list(cases[i, ])
    rows <- data[[case$dataset]]
    case$overlap <- any(in_domain(rows, case$domain) & in_domain(rows, case$domain2))
    case_misses(case, run_case(case, rows))
  }))
}
