# Runs a row of an open case table of survey estimates (columns as in
# cases/survey.csv, described in tests/README.md).

# Names of interval methods in the case tables, where they differ from ours.
case_ci <- c(
  wald_z = "wald", asin = "arcsine", kg_nchs = "nchs", wilson_kg = "wilson_adjusted",
  agresti_coull_kg = "agresti_coull", jeffreys_kg = "jeffreys",
  uniform_kg = "uniform", mover_kg_nchs = "nchs", mover_wilson = "wilson", none = "wald"
)

read_cases <- function(path) {
  utils::read.csv(path, colClasses = "character", na.strings = character())
}

read_case_data <- function(path) {
  utils::read.csv(path, stringsAsFactors = FALSE, na.strings = "")
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

# Rows in a domain written as "var=value,value;var=value".
in_domain <- function(data, domain) {
  inside <- rep(TRUE, nrow(data))
  for (term in strsplit(domain, ";")[[1]]) {
    part <- strsplit(term, "=")[[1]]
    values <- strsplit(part[2], ",(?![^(]*\\])", perl = TRUE)[[1]]
    inside <- inside & as.character(data[[part[1]]]) %in% values
  }
  inside
}

# A column that says which of the two domains a row belongs to. A row in both is
# stacked twice: it stays in its PSU, so that nothing else changes.
with_domains <- function(case, data) {
  one <- in_domain(data, case$domain)
  two <- if (nzchar(case$domain2)) in_domain(data, case$domain2) else !one
  data$domain <- ifelse(one, "one", ifelse(two, "two", NA))
  both <- data[one & two, ]
  both$domain <- rep("two", nrow(both))
  rbind(data, both)
}

# The estimate table a case asks for, and the row or pair of rows in it.
case_proportion <- function(case, data) {
  data <- with_domains(case, data)
  levels <- strsplit(case$level, "|", fixed = TRUE)[[1]]
  ci <- if (case$ci_method %in% names(case_ci)) case_ci[[case$ci_method]] else case$ci_method
  if (!ci %in% ioi:::interval_methods) ci <- "logit"
  own_df <- case$topic == "df_override" || case$ci_method == "wald_z"
  arguments <- list(
    case_design(case, data), case$outcome,
    by = "domain", success = if (length(levels) == 1) levels, ci = ci,
    level = if (nzchar(case$conf)) case_number(case, "conf") else 0.95,
    df = if (own_df) case_number(case, "df") else "domain", deff_wor = TRUE
  )
  suppressMessages(do.call(ioi_proportion, arguments), classes = "ioi_message_missing")
}

# What a case gives, by the names of the case table.
run_case <- function(case, data) {
  table <- case_proportion(case, data)
  switch(case$estimator,
    prop = case_values(table[table$domain == "one", ], deff = TRUE),
    cov = list(estimate = vcov(table)[1, 2]),
    cov_levels = {
      one <- table[table$domain == "one", ]
      at <- match(strsplit(case$level, "|", fixed = TRUE)[[1]], one$category)
      list(estimate = vcov(one)[at[1], at[2]])
    },
    case_values(case_gap(case, table), deff = FALSE)
  )
}

case_values <- function(row, deff) {
  out <- list(
    estimate = row$estimate, se = row$std.error, ci_low = row$conf.low,
    ci_high = row$conf.high, df = row$df, n = row$n
  )
  if (deff) c(out, list(deff_wr = row$deff, deff = row$deff.wor)) else out
}

case_gap <- function(case, table) {
  gap <- ioi_parity(
    table, "domain", "two",
    measure = c(diff = "difference", risk_ratio = "ratio")[[case$estimator]],
    ci = c(wald = "t", log = "log", mover_wilson = "mover", mover_kg_nchs = "mover")[[
      case$ci_method
    ]]
  )
  gap[gap$group == "one", ]
}

# Fields of a case that do not agree: character(0) when all is well. An expected
# standard error below 1e-10 of the estimate means 0.
case_misses <- function(case, got, overlap = FALSE) {
  tol <- case_number(case, "tol")
  fields <- intersect(names(got), names(case))
  if (overlap) fields <- setdiff(fields, "n")
  missed <- vapply(fields, function(name) {
    if (!nzchar(case[[name]])) {
      return(FALSE)
    }
    want <- case_number(case, name)
    if (name == "se" && want < 1e-10 * abs(case_number(case, "estimate"))) want <- 0
    have <- got[[name]]
    floor <- if (name == "estimate" && case$estimator == "cov") 1e-18 else 0
    !(length(have) == 1 && !is.na(have) &&
      (have == want || abs(have - want) <= max(tol * abs(want), floor)))
  }, NA)
  sprintf(
    "%s %s: %s not %s", case$case_id, fields[missed],
    vapply(got[fields[missed]], function(x) paste(format(x, digits = 15), collapse = " "), ""),
    unlist(case[fields[missed]])
  )
}

case_overlaps <- function(case, data) {
  nzchar(case$domain2) && any(in_domain(data, case$domain) & in_domain(data, case$domain2))
}
